"""A study as scenarios ask it: its journeys, the places that may be chosen, and what a scenario says in rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from cx_helpers.config.journey import OVERALL
from cx_helpers.drivers.held_equal import held_equal
from cx_helpers.drivers.lived import Lived
from cx_helpers.drivers.shocks import Move
from cx_helpers.drivers.staying import silence
from cx_helpers.drivers.told_side_effects import AT, as_ended, counted_ever
from cx_helpers.drivers.what_if import Scenario, scenario
from cx_helpers.errors import CxError, UsageError
from cx_helpers.tables.measures import measures
from cx_helpers.tables.money import HISTORY, lived_and_followed
from cx_helpers.tables.timed import journeys_in_time

Message = tuple[str, dict[str, Any]]
ENDS = ("experience", "returns", "revenue", "cost", "net")


def words(study: Any) -> pd.DataFrame:
    """Inputs and scores with their labels, as journeys have them in the end; a row a measure, by its name."""
    return as_ended(measures(study.brand, study.language), study.brand.journey, study.language).drop_duplicates("measure").set_index("measure")


def askable(study: Any) -> bool:
    """Whether a scenario can be asked: something is measured that can be moved, and customers are asked something that is remembered."""
    return study.primary is not None and len(study.inputs(drivers=True)) > 0


def lived(study: Any) -> Lived:
    """The journeys of a study's window, ready to be asked what moves would go with.

    Parameters
    ----------
    study : Study
        Of 03_drivers: its horizon and discount are those of the money.

    Raises
    ------
    UsageError
        Nothing is measured, or customers are asked nothing that is remembered.
    """
    journey, names = study.brand.journey, study.inputs()
    if not askable(study):
        lacks = "score that customers remember" if study.primary is None else "operational input"
        raise UsageError(f"what if: {study.brand.name} has no {lacks}, so no scenario can be asked. Name one in journey.yaml.")
    facts = measures(study.brand, study.language)
    whole = journeys_in_time(
        study.table("journeys", "window"), study.table("inputs"), names, study.answers(span="known"), ever=counted_ever(journey), columns=study.segments,
    )  # fmt: skip
    same = held_equal(whole, ["unit", "journey_month", *study.controls])
    whole = whole.assign(**{f"held_{name}": column for name, column in same.items()})
    scores = facts.loc[(facts["role"] == "output") & (facts["touchpoint"] != OVERALL), "measure"]
    inputs = facts[(facts["role"] == "input") & facts["input"].isin(names)]
    inputs = inputs.assign(movable=inputs["input"].isin(study.inputs(drivers=True)))
    money, alike = _followed(study, names)
    return Lived(
        whole if study.primary in whole else whole.assign(**{study.primary: float("nan")}), inputs, study.primary,
        outputs=[name for name in scores if name in whole and name != study.primary], order=[point.id for point in journey.touchpoints],
        times={name.removesuffix(AT): name for name in whole if name.endswith(AT)}, controls=[f"held_{name}" for name in same], weights=study.weights,
        cluster="customer_id", money=money, money_controls=alike, a_year=12 / len(study.window), confidence=study.parameters.confidence,
    )  # fmt: skip


def _followed(study: Any, names: Sequence[str]) -> tuple[pd.DataFrame | None, list[str]]:
    """Journeys whose following months are known, and what is held equal among them; None where nothing can be told of money."""
    given = study.parameters
    ended = lived_and_followed(study, horizon_months=given.horizon_months, discount_rate_a_year=given.discount_rate_a_year)
    alike = held_equal(ended, ["unit", "month", HISTORY, *study.controls])
    ended = ended.assign(**alike)
    return (None, []) if silence(ended, names, list(alike), given.confidence) else (ended, list(alike))


def places(study: Any, journeys: Lived) -> dict[str, list[str]]:
    """Column of places to those of its levels that may be chosen: none so small, or left over so small, that its mean would tell of few."""
    found = {}
    for column in ("unit", *study.segments):
        n = journeys.data[column].value_counts(dropna=False).rename_axis("level").reset_index(name="n")
        shown = study.disclosure.small(n.sort_values("level", ignore_index=True))
        levels = list(shown.loc[shown["shown"] & shown["level"].notna(), "level"])
        found |= {column: levels} if levels else {}
    return found


def refused_places(study: Any, journeys: Lived, moves: Iterable[Move]) -> None:
    """Refuses places that may not be chosen, in one line."""
    allowed = places(study, journeys)
    small = sorted({level for move in moves if move.where for level in move.levels if level not in allowed.get(move.where, [])})
    if small:
        raise UsageError(f"what if: too few journeys in {', '.join(small)} to tell of them alone. Choose larger places.")


def said_moves(found: Scenario, named: pd.DataFrame, moves: Sequence[Move]) -> list[Message]:
    """Each move in words, in the order of the journey: to its standard or to what, and where; what stands there already is told only where nothing moves."""
    by = {move.input: move for move in moves}
    out, going = [], found.moves[found.moves["moved"] > 0]
    for row in (going if len(going) else found.moves).to_dict("records"):
        move, label = by[row["input"]], named.loc[row["input"]]
        args = {"label": label["label"], "before": row["before"], "after": row["after"], "unit_of_measure": label["unit_of_measure"], "statistic": label["statistic"]}
        kind = "standard" if move.to is None else "value"
        out.append((f"what_if.to_{kind}_in", {**args, "places": list(move.levels)}) if move.where else (f"what_if.to_{kind}", args))
    return out


def ends(found: Scenario) -> dict[str, float]:
    """A scenario's ends side by side: experience, returns, revenue, cost and net, each with _low and _high; n of the score."""
    row: dict[str, Any] = {}
    for one in found.table[found.table["kind"].isin(ENDS)].to_dict("records"):
        row |= {f"{one['kind']}{end}": one[column] for end, column in (("", "value"), ("_low", "low"), ("_high", "high"))}
    told = found.table[found.table["kind"] == "experience"]
    return row | {"n": int(told["n"].iloc[0]) if len(told) else 0}


def on_the_way(found: Scenario, named: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """What moves on the way beyond noise, harm first: label, touchpoint_label, value, low, high, unit_of_measure, statistic, says, usable, n; attrs["silent"] counts the rest."""
    rows = found.table[found.table["kind"].isin(["input", "output"]) & (found.table["n"] >= minimum)]
    clear = rows[rows["usable"].astype(bool)]
    known = named.reindex(clear["measure"])
    columns = {name: known[name].to_numpy() for name in ("label", "touchpoint_label", "unit_of_measure", "statistic")}
    told = clear.assign(**columns, says=["better" if gain else "worse" for gain in clear["gain"]])
    told = told.sort_values("gain", kind="stable", ignore_index=True)
    told.attrs["silent"] = len(rows) - len(clear)
    return told


def warnings(found: Scenario, named: pd.DataFrame) -> list[Message]:
    """The warnings with the labels readers know inputs by."""
    out = []
    for message, args in found.warnings:
        if "input" in args:
            one = named.loc[args["input"]]
            args = {**args, "label": one["label"], "unit_of_measure": one["unit_of_measure"], "statistic": one["statistic"]}
        if "inputs" in args:
            args = {**args, "labels": [named.loc[name, "label"] for name in args["inputs"]]}
        out.append((message, args))
    return out


def how(study: Any, rows: pd.DataFrame) -> Message:
    """How the ends of scenarios are to be read; `rows` hold one or several."""
    kind = "how_money" if "revenue" in rows and rows["revenue"].notna().any() else "how"
    return (f"what_if.{kind}", {"many": study.label(study.brand.journey.journey.many), "count": study.parameters.horizon_months})


def beside(opportunities: pd.DataFrame, scenarios: pd.DataFrame) -> pd.DataFrame:
    """The list of opportunities with saved scenarios under it, marked as such and without a rank: several moves are no single one."""
    told = scenarios[scenarios["experience"].notna()]
    if told.empty:
        return opportunities
    rows = pd.DataFrame({
        "label": told["name"], "aside": [("what_if.marked", {"author": author}) for author in told["author"]], "grade": told["grade"], "n": told["n"],
        **{f"lift{end}": told[f"experience{end}"] for end in ("", "_low", "_high")}, **{f"revenue_a_year{end}": told[f"revenue{end}"] for end in ("", "_low", "_high")},
    })  # fmt: skip
    return pd.concat([opportunities, rows[[name for name in rows if name in opportunities or name == "aside"]]], ignore_index=True)


def moves_of(rows: Iterable[Mapping[str, Any]]) -> list[Move]:
    """Moves as they were saved."""
    return [Move(row["input"], row["to"], row["where"], tuple(row["levels"])) for row in rows]


def scenario_rows(study: Any, saved: pd.DataFrame, journeys: Lived | None = None) -> pd.DataFrame:
    """Saved scenarios as rows of the list of opportunities, asked anew of this month's data.

    Parameters
    ----------
    saved : DataFrame of `tables.scenarios.saved_scenarios`
    journeys : Lived, optional
        Of `lived`, where it is at hand.

    Returns
    -------
    DataFrame: name, author, note, saved_at (day), moves (list of messages), experience, returns, revenue, cost and net with their _low and _high, n, reason ("" or,
    where it can no longer be asked, why), grade; most experience first.
    """
    rows = []
    if len(saved):
        journeys, named = journeys or lived(study), words(study)
    for one in saved.to_dict("records"):
        row = {**{name: one[name] for name in ("name", "author", "note")}, "saved_at": str(one["saved_at"])[:10], "grade": "associated", "reason": "", "moves": []}
        moves = moves_of(one["moves"])
        try:
            refused_places(study, journeys, moves)
            found = scenario(journeys, moves)
            row |= {"moves": said_moves(found, named, moves)} | ends(found)
        except CxError:
            row |= {"reason": ("what_if.no_longer", {}), "n": 0}
        rows.append(row)
    numbers = [f"{name}{end}" for name in ENDS for end in ("", "_low", "_high")]
    table = pd.DataFrame(rows, columns=["name", "author", "note", "saved_at", "moves", *numbers, "n", "reason", "grade"])
    return table.sort_values("experience", ascending=False, kind="stable", na_position="last", ignore_index=True)
