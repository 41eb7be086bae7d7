"""What the page says of opportunities: the table, what changed since last month, and the findings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers.findings import Finding

LINK = "#opportunities"
TOLD = 3
Message = tuple[str, dict]


def opportunity_findings(table: pd.DataFrame, importance: pd.DataFrame, outcome_label: str) -> list[Finding]:
    """What the opportunities say, in the order of their rank.

    Returns
    -------
    Findings ``opportunities.first``, then ``opportunities.also`` for the next two; ``opportunities.none`` where no
    usable driver is off its standard (nothing at all where no driver could be asked); ``drivers.lowest_not_first``
    where the driver that is most often off its standard is not the one that would lift most; ``opportunities.no_standard`` for usable drivers without one. The
    argument `labels` names all that may be first.
    """
    if importance.empty:
        return []
    worth = table[table["reason"] == ""]
    level = list(worth.loc[worth["rank_low"] == 1, "label"])
    found = [
        Finding(("opportunities.first" if r.rank == 1 else "opportunities.also") + ("_share" if r.statistic == "share" else ""),
                {"input": r.label, "touchpoint": r.touchpoint, "outcome": outcome_label, "off_standard_share": float(r.off_standard_share),
                 "mean_gap": float(r.mean_gap), "unit_of_measure": r.unit_of_measure, "standard": float(r.standard), "challenge": r.challenge, "labels": level, "count": len(level)},
                r.lift, r.lift_low, r.lift_high, int(r.n), r.method, r.grade, weight=float(r.lift * r.n))
        for r in worth.head(TOLD).itertuples()
    ]  # fmt: skip
    if worth.empty:
        n = int(table["n"].max()) if len(table) else 0
        args = {"outcome": outcome_label, "drivers_tested": len(table), "usable": int(importance["usable"].sum())}
        found.append(Finding("opportunities.none", args, math.nan, math.nan, math.nan, n, "", "associated"))
    return found + _worst_is_not_first(table, worth, outcome_label) + _without_standard(table, outcome_label)


def leading(told: list[Finding], worth: list[Finding]) -> Finding:
    """The finding that may head a page: the first opportunity; but a leader whose rank is not settled is not crowned.

    Parameters
    ----------
    told : findings of `told_importance.importance_findings`
    worth : findings of `opportunity_findings`
    """
    tied = next((finding for finding in told if finding.message in ("drivers.alike", "drivers.tied")), None)
    return tied or next((finding for finding in worth if finding.message.startswith("opportunities.first")), told[0])


def page_lede(importance: pd.DataFrame, n: int, outcome_label: str) -> tuple[str, dict]:
    """How many inputs were asked, how many are beyond noise, and what they explain; or that none could be asked."""
    if importance.empty:
        return ("drivers.lede_none", {"n": n, "outcome": outcome_label})
    args = {"outcome": outcome_label, "r_squared": importance.attrs["r_squared"], "count": int(importance["usable"].sum())}
    return ("drivers.lede", {**args, "tested": len(importance), "n": n - importance.attrs["n_dropped"]})


def _worst_is_not_first(table: pd.DataFrame, worth: pd.DataFrame, outcome_label: str) -> list[Finding]:
    measured = table.dropna(subset=["off_standard_share"])
    if worth.empty or len(measured) < 2:
        return []
    lowest, first = measured.loc[measured["off_standard_share"].idxmax()], worth.iloc[0]
    # Shares whose intervals overlap do not say which is the lowest.
    others = measured[measured["input"] != lowest["input"]]
    if lowest["input"] == first["input"] or lowest["off_standard_low"] <= others["off_standard_high"].max():
        return []
    args = {"lowest": lowest["label"], "first": first["label"], "outcome": outcome_label,
            "first_off_standard_share": float(first["off_standard_share"]), "reason": lowest["reason"]}  # fmt: skip
    return [Finding("drivers.lowest_not_first", args, lowest["off_standard_share"], lowest["off_standard_low"],
                    lowest["off_standard_high"], int(lowest["n"]), "Wilson", "associated")]  # fmt: skip


def _without_standard(table: pd.DataFrame, outcome_label: str) -> list[Finding]:
    return [
        Finding("opportunities.no_standard",
                {"input": r.label, "touchpoint": r.touchpoint, "outcome": outcome_label, "unit_of_measure": r.unit_of_measure},
                r.effect, r.effect_low, r.effect_high, int(r.n), r.method, "associated")
        for r in table[table["reason"] == "no_standard"].itertuples()
    ]  # fmt: skip
