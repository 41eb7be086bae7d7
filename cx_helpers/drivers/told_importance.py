"""What the ranking of drivers says, as findings and as arguments of sentences."""

from __future__ import annotations

import math

import pandas as pd

from cx_helpers.findings import Finding


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
                     "associated", weight=float(first["importance"]))]  # fmt: skip
    if first["rank_high"] > first["rank"] and not alike:
        args = {"driver": name, "rank_low": int(first["rank_low"]), "rank_high": int(first["rank_high"])}
        found.append(Finding("drivers.tied", args, first["rank"], first["rank_low"], first["rank_high"], n, method, "associated"))
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
                r.effect, r.effect_low, r.effect_high, int(r.n), r.method, "associated", weight=float(r.importance))
        for r in usable.itertuples()
        if r.effect * expected.get(better.get(r.driver), 0) < 0
    ]  # fmt: skip
