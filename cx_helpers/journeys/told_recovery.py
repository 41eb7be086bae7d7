"""What the page says of signals and of getting back on track: findings and headlines, as messages."""

from __future__ import annotations

import pandas as pd

from cx_helpers.config.journey import Metric
from cx_helpers.estimates.families import chance, several
from cx_helpers.findings import Finding
from cx_helpers.journeys.metric_fit import Message

LINK = "#back-on-track"
DAYS = 7.0


def recovery_headline(counts: pd.DataFrame, times: pd.DataFrame) -> Message:
    """How many complaints are put right, and how soon; where none are recorded, that it is not known."""
    complaints = counts[(counts["signal"] == "complaint") & counts["shown"]]
    if complaints.empty:
        return ("recovery.headline_unknown", {"count": int(counts["n"].fillna(0).sum())})
    row = complaints.iloc[0]
    args = {"value": {"value": row["value"], "low": row["low"], "high": row["high"]}, "days": DAYS, "unit_of_measure": "days"}
    within = times[times["days"] == DAYS]
    return ("recovery.headline", args | {"within": {name: float(within[name].iloc[0]) for name in ("value", "low", "high")}})


def waiting_headline(waiting: pd.DataFrame) -> Message:
    """How many complaints are open and other signals are not taken up, of what may be told."""
    seen = waiting[waiting["shown"]]
    complaint = seen["signal"] == "complaint"
    counts = {"complaints": int(seen.loc[complaint, "n"].sum()), "others": int(seen.loc[~complaint, "n"].sum())}
    parts = [(f"recovery.waiting_{name}", {"count": count}) for name, count in counts.items() if count]
    return ("recovery.waiting_told" if waiting["shown"].all() else "recovery.waiting_least", {"parts": parts}) if parts else ("recovery.waiting_head", {})


def afterwards_headline(after: pd.DataFrame) -> Message:
    """Whether those not put right come back less, or remember less, than those put right."""
    told = _clear(after, "not_recovered")
    if told.empty:
        return ("recovery.after_none", {})
    row = told.iloc[0]
    return (f"recovery.after_{row['outcome']}_{_way(row['difference'])}", {"value": {"value": row["difference"], "low": row["difference_low"], "high": row["difference_high"]}})


def _clear(after: pd.DataFrame, group: str) -> pd.DataFrame:
    """Rows of a group that differ from those put right beyond noise."""
    shown = after[after["shown"]] if "shown" in after else after
    return shown[(shown["group"] == group) & ((shown["difference_high"] < 0) | (shown["difference_low"] > 0))]


def _way(difference: float) -> str:
    return "less" if difference < 0 else "more"


def recovery_findings(counts: pd.DataFrame, after: pd.DataFrame, waiting: pd.DataFrame, journeys: int, metric: Metric | None = None, confidence: float = 0.95) -> list[Finding]:
    """Complaints that are not put right, what goes with it, and what waits longest; nothing that is noise.

    Parameters
    ----------
    counts, after, waiting : DataFrames of `recovery.how_many`, `recovery.afterwards` and `recovery.still_open`, disclosed
    journeys : of the window
    metric : the remembered score
    """
    low, high = metric.span if metric else (-100.0, 100.0)
    findings, looks = [], int(after["difference"].notna().sum()) if len(after) else 0
    for row in counts[(counts["signal"] == "complaint") & counts["shown"] & counts["value"].notna()].itertuples():
        touched = row.n / max(journeys, 1)
        args = {"count": int(row.n)}
        findings.append(Finding("recovery.put_right", args, row.value, row.low, row.high, int(row.n), row.method, "described", touched * (1 - row.value), LINK))
        for told in _clear(after, "not_recovered").itertuples():
            span = (high - low) / 10 if told.outcome == "remembered" else 1.0  # as wide as a score lies apart elsewhere on the page
            p = chance(told.difference, told.difference_low, told.difference_high, told.n, several(confidence, looks), looks=looks)
            findings.append(Finding(f"recovery.found_{told.outcome}_{_way(told.difference)}", {}, told.difference, told.difference_low, told.difference_high,
                                    int(told.n), "OLS, held equal, clustered", "associated", touched * abs(told.difference) / span, LINK, p))  # fmt: skip
    late = waiting[waiting["shown"] & (waiting["signal"] == "complaint") & waiting["owner"].notna()]
    if len(late):
        row = late.loc[late["n"].idxmax()]
        args = {"owner": row["owner"], "label": row["label"], "count": int(row["n"]), "median": row["median_days"], "unit_of_measure": "days"}
        findings.append(Finding("recovery.waiting", args, row["value"], row["low"], row["high"], int(row["n"]), row["method"], "described",
                                row["n"] / max(journeys, 1) * row["value"], LINK))  # fmt: skip
    return findings
