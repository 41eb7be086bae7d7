"""Which canonical rows keep the contract: accepted, superseded by a better row, or quarantined with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa_
from pandera.errors import SchemaErrors

from cx_helpers.config import Brand
from cx_helpers.config.journey import OVERALL
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers import file_order
from cx_helpers.tables.contracts import Column, Contract

SHOWN_CHARACTERS = 60


@dataclass
class Split:
    """What became of each canonical row.

    Attributes
    ----------
    accepted : DataFrame
        Rows that keep the contract, without the helper columns.
    superseded : Series of str
        `source` of rows repeated or replaced by a later file.
    quarantined : DataFrame
        source, table, reason, column, found, suggestion; a row may have several.
    """

    accepted: pd.DataFrame
    superseded: pd.Series
    quarantined: pd.DataFrame


def split_rows(frame: pd.DataFrame, contract: Contract, brand: Brand, journeys: pd.Index | None) -> Split:
    """Splits the rows of one canonical table.

    Parameters
    ----------
    frame : DataFrame
        As `mapping.map_table` gives it.
    journeys : Index of accepted journey ids, or None where the brand has no journeys (yet).
    """
    frame = frame.reset_index(drop=True)
    problems = [*_uncast(frame, contract), *_broken(frame, contract, brand)]
    if journeys is not None and contract.table != "journeys" and "journey_id" in frame:
        orphans = frame["journey_id"].notna() & ~frame["journey_id"].isin(journeys)
        problems.append(
            _problem(frame, orphans, "journey_id", "the journey is not among the accepted journeys",
                     "Load the journey's file, or mend the id.")
        )  # fmt: skip
    bad = pd.concat([*problems, _empty_problems()])
    keep = frame.drop(index=bad.index.unique())
    superseded, clashing = _same_key(keep, contract)
    bad = pd.concat([bad, clashing])
    keep = keep.drop(index=superseded.union(clashing.index.unique()))
    quarantined = bad.assign(source=frame.loc[bad.index, "source"], table=contract.table)
    helpers = [name for name in frame if name.startswith("_")]
    return Split(keep.drop(columns=helpers), frame.loc[superseded, "source"], quarantined.reset_index(drop=True))


def _empty_problems() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=str) for name in ("reason", "column", "found", "suggestion")})


def _problem(frame: pd.DataFrame, where: pd.Series, column: str, reason: str, suggestion: str) -> pd.DataFrame:
    found = frame.loc[where, column].astype(str).str.slice(0, SHOWN_CHARACTERS) if column in frame else ""
    rows = pd.DataFrame({"found": found}, index=frame.index[where])
    return rows.assign(reason=reason, column=column, suggestion=suggestion)


def _uncast(frame: pd.DataFrame, contract: Contract) -> list[pd.DataFrame]:
    kinds = {"double": "a number", "bool": "true or false"}
    problems = []
    for column in contract.columns:
        text = f"_text_{column.name}"
        if text in frame and frame[text].notna().any():
            kind = kinds.get(str(column.type), "a time")
            problem = _problem(frame, frame[text].notna(), text, f"{column.name} is not {kind}",
                               "Mend the cell in the export, or cast it in the SQL.")  # fmt: skip
            problems.append(problem.assign(column=column.name))
    return problems


def _broken(frame: pd.DataFrame, contract: Contract, brand: Brand) -> list[pd.DataFrame]:
    """Every rule of the contract at once, by pandera; its failure cases are split by our own row index."""
    rules = {**_column_rules(frame, contract), **_brand_rules(frame, contract, brand)}
    schema = pa_.DataFrameSchema(
        {name: pa_.Column(nullable=True, checks=checks) for name, checks in _by_column(rules, frame).items()}
    )
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        if cases["index"].isna().any():
            failed = cases[cases["index"].isna()].iloc[0]
            raise DataError(f"{contract.table}: the rule {failed['check']!r} cannot be judged ({failed['failure_case']}).") from None
        return [
            _problem(frame, frame.index.isin(rows["index"].astype(int)), rules[rule][0], rule, rules[rule][2])
            for rule, rows in cases.groupby("check", sort=True)
        ]
    return []


Rules = dict[str, tuple[str, Callable[[pd.Series], pd.Series], str]]


def _by_column(rules: Rules, frame: pd.DataFrame) -> dict[str, list]:
    checks: dict[str, list] = {}
    for reason, (column, holds, _) in rules.items():
        if column in frame:
            checks.setdefault(column, []).append(pa_.Check(holds, name=reason, error=reason, ignore_na=False))
    return checks


def _uncastable(frame: pd.DataFrame, name: str) -> pd.Series:
    """Where something stands that could not be cast: told as such, and as nothing else."""
    text = f"_text_{name}"
    return frame[text].notna() if text in frame else pd.Series(False, frame.index)


def _column_rules(frame: pd.DataFrame, contract: Contract) -> Rules:
    rules: Rules = {}
    for column in contract.columns:
        name = column.name
        if column.required:
            rules[f"{name} is missing"] = (
                name, lambda s, told=_uncastable(frame, name): s.notna() | told, "Fill it in the export, or mend the SQL.",
            )  # fmt: skip
        if column.low is not None or column.high is not None:
            low, high = _limits(column)
            rules[f"{name} is outside {low:g} to {high:g}"] = (
                name, lambda s, low=low, high=high: s.isna() | s.between(low, high), "Mend the export.",
            )  # fmt: skip
        if column.allowed:
            rules[f"{name} is not one of {', '.join(column.allowed)}"] = (
                name, lambda s, allowed=column.allowed: s.isna() | s.isin(allowed), "Map it in the SQL.",
            )  # fmt: skip
    return rules


def _limits(column: Column) -> tuple[float, float]:
    return (-float("inf") if column.low is None else column.low, float("inf") if column.high is None else column.high)


def _brand_rules(frame: pd.DataFrame, contract: Contract, brand: Brand) -> Rules:
    """Rules that need the other columns or what `journey.yaml` declares."""
    rules: Rules = {}
    for earlier, later in contract.not_before:
        rules[f"{later} is before {earlier}"] = (
            later, lambda s, e=earlier: s.isna() | frame[e].isna() | (s >= frame[e]), "Check the clocks of the export.",
        )  # fmt: skip
    points = {OVERALL, *(point.id for point in brand.journey.touchpoints)}
    if "touchpoint" in frame:
        rules["touchpoint is not in journey.yaml"] = (
            "touchpoint", lambda s: s.isna() | s.isin(points), "Declare it under stages, or map it in the SQL.",
        )  # fmt: skip
    if contract.table == "responses":
        name = frame["touchpoint"] + "." + frame["metric"]
        metrics = brand.journey.metrics
        low = frame["scale_min"].fillna(name.map({key: metric.limits[0] for key, metric in metrics.items()}))
        high = frame["scale_max"].fillna(name.map({key: metric.limits[1] for key, metric in metrics.items()}))
        rules["metric is not in journey.yaml"] = (
            "metric", lambda s: name.isna() | name.isin(list(metrics)), "Declare it at its touchpoint.",
        )  # fmt: skip
        rules["score is outside its scale"] = (
            "score", lambda s: s.isna() | low.isna() | s.between(low, high), "Fix the export, or set the scale.",
        )  # fmt: skip
        rules["score has no time of answer"] = (
            "answered_at", lambda s: s.notna() | frame["score"].isna() | _uncastable(frame, "answered_at"), "Map answered_at in the SQL.",
        )  # fmt: skip
    if contract.table == "inputs":
        full = frame["touchpoint"] + "." + frame["input"]
        declared = brand.journey.inputs
        rules["input is not in journey.yaml"] = (
            "input", lambda s: full.isna() | full.isin(list(declared)), "Declare it at its touchpoint.",
        )  # fmt: skip
        for key, item in declared.items():
            if item.minimum is not None:
                rules[f"{key} is below {item.minimum:g}"] = (
                    "value", lambda s, k=key, m=item.minimum: s.isna() | (full != k) | (s >= m), "Check the clocks of the export.",
                )  # fmt: skip
            if item.maximum is not None:
                rules[f"{key} is above {item.maximum:g}"] = (
                    "value", lambda s, k=key, m=item.maximum: s.isna() | (full != k) | (s <= m), "Check the export.",
                )  # fmt: skip
    return rules


def _same_key(frame: pd.DataFrame, contract: Contract) -> tuple[pd.Index, pd.DataFrame]:
    """Rows that share a key: those of earlier files give way to the latest file, a row repeated in it to its first.

    What then still clashes stands in one file with different content, and is set aside; the last good row of an
    earlier file stays in force.
    """
    key = list(contract.key)
    twice = frame[frame.duplicated(key, keep=False)]
    if twice.empty:
        return twice.index, _empty_problems()
    placed = twice["source"].str.rsplit(":", n=1)
    ranks = {name: rank for rank, name in enumerate(sorted(placed.str[0].unique(), key=file_order))}
    twice = twice.assign(_rank=placed.str[0].map(ranks), _row=placed.str[1].astype(int)).sort_values(["_rank", "_row"], kind="stable")
    content = [name for name in twice if name != "source" and not name.startswith("_")]
    latest = twice[twice["_rank"] == twice.groupby(key, dropna=False)["_rank"].transform("max")]
    kept = latest[~latest.duplicated(content)]
    clash = kept.duplicated(key, keep=False)
    problem = _problem(
        kept, clash, key[0], f"{' + '.join(key)} stands twice in one file with different content", "Remove the wrong row from the export.",
    )  # fmt: skip
    if not clash.any():
        return twice.index.difference(kept.index), problem
    keys = pd.MultiIndex.from_frame(twice[key])
    unsettled = latest.index[pd.MultiIndex.from_frame(latest[key]).isin(pd.MultiIndex.from_frame(kept.loc[clash, key]))]
    older = twice.index[keys.isin(pd.MultiIndex.from_frame(kept.loc[clash, key]))].difference(unsettled)
    superseded, problems = _same_key(frame.loc[older], contract)
    gone = twice.index.difference(kept.index).difference(older).union(superseded)
    return gone, pd.concat([problem, problems])
