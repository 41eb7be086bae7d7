"""What the ranking of drivers says, as findings and as arguments of sentences."""

from __future__ import annotations

import math

import pandas as pd

from cx_helpers.drivers.ranking import Ranking
from cx_helpers.findings import Finding

LINK = "#what-moves-the-score"
Said = tuple[str, dict]


def importance_findings(importance: pd.DataFrame, inputs: pd.DataFrame, outcome_label: str) -> list[Finding]:
    """What the ranking says: which driver comes first, whether any is usable, where the first is not alone.

    Parameters
    ----------
    importance : DataFrame
        From `relative_importance`.
    inputs : DataFrame with columns input, label
    outcome_label : str

    Returns
    -------
    Findings: ``drivers.not_enough`` (no driver could be asked) or ``drivers.none_usable`` alone, or ``drivers.alike`` (others may weigh as much as
    the leader) or ``drivers.first``, then ``drivers.tied`` (its rank interval is wider than one, no usable other reaches it) and ``drivers.against_expectation`` where a usable effect runs against `better`.
    """
    if importance.empty:
        n = int(importance.attrs.get("n_answers", 0))
        return [Finding("drivers.not_enough", {"outcome": outcome_label}, math.nan, math.nan, math.nan, n, "", "described")]
    labels = dict(zip(inputs["input"], inputs["label"], strict=True))
    r_squared, n = importance.attrs.get("r_squared", math.nan), int(importance["n"].iloc[0])
    usable = importance[importance["usable"]]
    method = str(importance["method"].iloc[0])
    if usable.empty:
        args = {"outcome": outcome_label, "drivers_tested": len(importance), "r_squared": float(r_squared)}
        return [Finding("drivers.none_usable", args, math.nan, math.nan, math.nan, n, method, "associated")]
    first = usable.iloc[0]
    name = labels.get(first["driver"], first["driver"])
    args = {"driver": name, "outcome": outcome_label, "drivers_tested": len(importance), "usable": len(usable)}
    others = [labels.get(r.driver, r.driver) for r in usable.iloc[1:].itertuples() if r.rank_low <= first["rank"]]
    alike = first["rank_high"] > first["rank"] and bool(others)
    args |= {"others": others, "labels": [name, *others], "count": len(others)} if alike else {}
    found = [Finding("drivers.alike" if alike else "drivers.first", args, first["share"], first["share_low"], first["share_high"], n, method,
                     "associated", weight=float(first["importance"]), link=LINK, p=float(first["p"]))]  # fmt: skip
    if first["rank_high"] > first["rank"] and not alike:
        args = {"driver": name, "rank_low": int(first["rank_low"]), "rank_high": int(first["rank_high"])}
        found.append(Finding("drivers.tied", args, first["rank"], first["rank_low"], first["rank_high"], n, method, "associated", link=LINK, p=float(first["p"])))
    return found + _unexpected(usable, inputs, labels, outcome_label)


def _unexpected(usable: pd.DataFrame, inputs: pd.DataFrame, labels: dict, outcome_label: str) -> list[Finding]:
    """Usable effects whose sign is not the one that `better` declares (where declared)."""
    if "better" not in inputs:
        return []
    better = dict(zip(inputs["input"], inputs["better"], strict=True))
    units = dict(zip(inputs["input"], inputs["unit_of_measure"], strict=True)) if "unit_of_measure" in inputs else {}
    expected = {"higher": 1, "lower": -1}
    return [
        Finding("drivers.against_expectation", {"driver": labels.get(r.driver, r.driver), "outcome": outcome_label, "better": better[r.driver],
                 "unit_of_measure": units.get(r.driver, "")},
                r.effect, r.effect_low, r.effect_high, int(r.n), r.method, "associated", weight=float(r.importance), link=LINK, p=float(r.p))
        for r in usable.itertuples()
        if r.effect * expected.get(better.get(r.driver), 0) < 0
    ]  # fmt: skip


def with_yardstick(found: Ranking, words: pd.DataFrame) -> pd.DataFrame:
    """The ranking as a page shows it: described by `words` (driver, label, ...), and the column of pure noise below it."""
    table = found.table.merge(words, on="driver", validate="one_to_one")
    noise = found.yardstick[["share", "share_low", "share_high", "n", "method"]].assign(label="drivers.noise")
    shown = pd.concat([table.astype({"usable": object, "beyond_yardstick": object}), noise.astype(object)], ignore_index=True)
    # One remark a row: what carries no more than noise is not told from chance either.
    shown["usable"] = shown["usable"].where(shown["usable"].eq(True) | shown["beyond_yardstick"].eq(True), None)
    return shown.astype({name: float for name in ("share", "share_low", "share_high", "rank", "rank_low", "rank_high", "n")})


def how_said(importance: pd.DataFrame, outcome_label: str, answers: int, window: list[str]) -> Said:
    """What was measured, by which method, on how many of the answers, in which months."""
    method = str(importance["method"].iloc[0]).split(",")[0]
    n, explained = answers - int(importance.attrs["n_dropped"]), float(importance.attrs["r_squared"])
    return ("drivers.how", {"outcome": outcome_label, "method": method, "n": n, "r_squared": explained, "window": window})


def yardstick_said(found: Ranking) -> Said:
    """How much a column of pure noise would carry, and how many drivers carry no more."""
    below = int((~found.table["beyond_yardstick"]).sum())
    return ("drivers.below_noise" if below else "drivers.above_noise", {"count": below, "share": float(found.yardstick["share_high"].iloc[0])})


def strips_said(found: Ranking, held: list[str]) -> Said:
    """How to read the ranking: what noise would carry, where intervals do not cover, what is held equal."""
    return ("drivers.strips", {"parts": [yardstick_said(found)], "controls": held})


def order_said(found: Ranking, labels: dict[str, str]) -> Said:
    """Whether the first driver is ahead of the second beyond noise."""
    if found.pairs.empty:
        return ("drivers.alone", {})
    pair = found.pairs.iloc[0]
    args = {"driver": labels[pair["driver"]], "other": labels[pair["next"]], "value": {end: float(pair[end]) for end in ("value", "low", "high")}}
    return ("drivers.ahead" if pair["ahead"] else "drivers.not_ahead", args)


def ways_said(found: Ranking, labels: dict[str, str]) -> Said:
    """The method of the ranking, and which others name another first driver."""
    method = str(found.table["method"].iloc[0]).split(",")[0]
    first = found.ways.attrs["first"]
    differ = [("drivers.way_first", {"method": way, "driver": labels[name]}) for way, name in first.items() if name != first[method]]
    args = {"method": method, "driver": labels[first[method]], "count": len(first) - 1, "parts": differ}
    return ("drivers.ways_differ" if differ else "drivers.ways_agree", args)


def ordinal_said(both: pd.DataFrame, labels: dict[str, str]) -> Said:
    """Whether the ordinal model says the same of which drivers go with the score."""
    differ = [labels[name] for name in both.loc[~both["agrees"], "driver"]]
    args = {"count": len(differ), "tested": len(both), "labels": differ}
    return ("drivers.ordinal_differs" if differ else "drivers.ordinal_agrees", args)


def steps_said(both: pd.DataFrame, labels: dict[str, str]) -> Said:
    """Which drivers weigh more at some steps of the scale than at others."""
    uneven = [labels[name] for name in both.loc[~both["proportional"].astype(bool), "driver"]]
    return ("drivers.steps_differ" if uneven else "drivers.steps_alike", {"count": len(uneven), "labels": uneven})


def entangled_said(table: pd.DataFrame, labels: dict[str, str]) -> Said:
    """The pair of drivers that is told apart worst; or that all can be told apart."""
    if len(table) < 2:
        return ("drivers.alone", {})
    row = table.iloc[0]
    args = {"driver": labels[row["driver"]], "other": labels[row["twin"]], "vif": float(row["vif"]), "value": {end: float(row[end]) for end in ("value", "low", "high")}}
    return ("drivers.entangled" if row["tangled"] else "drivers.untangled", args)


def named(table: pd.DataFrame, words: pd.DataFrame) -> pd.DataFrame:
    """A table by driver with its words; the drivers named in next and twin too."""
    labels = dict(zip(words["driver"], words["label"], strict=True))
    table = table.merge(words, on="driver", validate="many_to_one")
    return table.assign(**{f"{name}_label": table[name].map(labels) for name in ("next", "twin") if name in table})


def dropped(importance: pd.DataFrame, words: pd.DataFrame, answers: int) -> pd.DataFrame:
    """Why answers are not in the model: a row a column that was unknown, the most frequent first.

    Returns
    -------
    DataFrame: label (the driver's, or a message for the score), dropped (answers without it; one answer may lack several),
    dropped_share (0-1, of `answers`), n (the answers).
    """
    labels = dict(zip(words["driver"], words["label"], strict=True)) | {importance.attrs["outcome"]: "drivers.the_score"}
    rows = [{"label": labels.get(name, name), "dropped": gone, "dropped_share": gone / answers, "n": answers}
            for name, gone in sorted(importance.attrs["n_dropped_by"].items(), key=lambda item: (-item[1], item[0]))]  # fmt: skip
    return pd.DataFrame(rows, columns=["label", "dropped", "dropped_share", "n"])


def dropped_said(importance: pd.DataFrame, answers: int) -> Said:
    """How many answers the model holds, and what was done with the others."""
    if importance.empty:
        return ("drivers.no_model", {"n": answers})
    gone = int(importance.attrs["n_dropped"])
    return ("drivers.dropped" if gone else "drivers.none_dropped", {"count": gone, "kept": answers - gone, "n": answers})


def forest_said(frame: pd.DataFrame) -> Said:
    """The driver that makes the largest difference beyond chance between a usual bad and a usual good value."""
    usable = frame[frame["usable"].astype(bool)]
    if usable.empty:
        return ("drivers.forest_none", {})
    row = usable.iloc[0]
    return ("drivers.forest_headline", {"driver": row["label"], "value": {end: float(row[end]) for end in ("value", "low", "high")}})
