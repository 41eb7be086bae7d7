"""Scores over time: which months are unusual, and what is the same every month."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from cx_helpers.journeys.control import BASELINE, control_chart
from cx_helpers.journeys.mix import mix_shift

__all__ = ["control_chart", "eras", "in_order", "mix_shift", "stale", "unusual_first", "with_usual"]

STALE_MONTHS = 6


def eras(monthly: pd.DataFrame) -> pd.Series:
    """The number of wordings or programmes of its metric that each month comes after (see `scores.with_breaks`)."""
    anew = monthly["reworded"] if "reworded" in monthly else pd.Series(False, monthly.index)
    return anew.astype(int).groupby(monthly["metric"]).cumsum()


def with_usual(monthly: pd.DataFrame, confidence: float = 0.95, baseline: int = BASELINE) -> pd.DataFrame:
    """Each score by month against its usual range: an XmR chart that follows each month's own sampling error.

    Parameters
    ----------
    monthly : DataFrame
        metric, month, value, low, high (at `confidence`), reworded where known; in the order of months.
    baseline : int
        Months of each wording by which the usual is known.

    Returns
    -------
    DataFrame: `monthly` with usual, usual_low, usual_high (in the unit of the score, kept within its scale; NaN where
    fewer than six months are known), signal ("beyond", "run" or ""), baseline (bool) and p, as `control_chart` gives them.
    """
    half = (monthly["high"] - monthly["low"]) / 2 / norm.ppf((1 + confidence) / 2)
    parts = []
    for _, rows in monthly.groupby("metric", sort=False):
        chart = control_chart(rows["value"], error=half[rows.index], baseline=baseline, eras=eras(rows).tolist())
        names = {"centre": "usual", "low": "usual_low", "high": "usual_high"}
        parts.append(chart[["centre", "low", "high", "signal", "baseline", "p"]].rename(columns=names))
    found = monthly.join(pd.concat(parts)) if parts else monthly.reindex(columns=[*monthly, "usual", "usual_low", "usual_high", "signal", "baseline", "p"])
    if "scale_min" in found:
        nps = found["kind"] == "nps"
        found["usual_low"] = found["usual_low"].clip(lower=found["scale_min"].where(~nps, -100.0))
        found["usual_high"] = found["usual_high"].clip(upper=found["scale_max"].where(~nps, 100.0))
    return found


def unusual_first(monthly: pd.DataFrame, window: Sequence[str]) -> pd.DataFrame:
    """`monthly` with the metrics first of which most months of the window lie outside the usual range."""
    outside = monthly["month"].isin(list(window)) & (monthly["signal"] == "beyond")
    most = outside.groupby(monthly["metric"], sort=False).sum().sort_values(ascending=False, kind="stable")
    return in_order(monthly, most.index)


def in_order(monthly: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """`monthly` with its metrics in this order, months as they are."""
    place = {metric: i for i, metric in enumerate(metrics)}
    return monthly.sort_values("metric", key=lambda column: column.map(place), kind="stable", ignore_index=True)


def stale(monthly: pd.DataFrame, months: int = STALE_MONTHS, confidence: float = 0.95) -> pd.DataFrame:
    """Metrics that give the same result every month: no change beyond noise in the last `months` months.

    Parameters
    ----------
    monthly : DataFrame
        metric, month, value, low, high (at `confidence`), n; where known shown and reworded.
    months : int
        How many of a metric's last months are looked at; another wording begins anew.

    Returns
    -------
    DataFrame, a row a metric: metric, months (how many could be looked at), value, low, high (mean of these months,
    weighed by their precision), n (answers), spread (largest less smallest month, points), detectable (points: how far
    two of these months must lie apart for it to be more than noise), p (of as much spread under noise alone: Cochran's
    Q), stale (bool: all `months` known, and no more spread than noise gives). Where `detectable` is wide, sameness says little: few answers look stale too.
    """
    rows = []
    for name, mine in monthly.groupby("metric", sort=False):
        era = eras(mine)
        mine = mine[(era == era.max()) & mine["value"].notna() & mine["low"].notna()].tail(months)
        error = ((mine["high"] - mine["low"]) / 2 / norm.ppf((1 + confidence) / 2)).to_numpy()
        rows.append({"metric": name, "months": len(mine), **_sameness(mine["value"].to_numpy(), error, confidence), "n": int(mine["n"].sum())})
    found = pd.DataFrame(rows, columns=["metric", "months", "value", "low", "high", "n", "spread", "detectable", "p"])
    return found.assign(stale=(found["months"] >= max(months, 2)) & (found["p"] > 1 - confidence))


def _sameness(values: np.ndarray, error: np.ndarray, confidence: float) -> dict[str, float]:
    """Months against their common mean."""
    if len(values) < 2 or not (error > 0).all():
        return dict.fromkeys(("value", "low", "high", "spread", "detectable", "p"), np.nan)
    weight, times = 1 / error**2, norm.ppf((1 + confidence) / 2)
    mean, half = float(np.average(values, weights=weight)), times / np.sqrt(weight.sum())
    p = float(chi2.sf((weight * (values - mean) ** 2).sum(), len(values) - 1))
    return {"value": mean, "low": mean - half, "high": mean + half, "spread": float(np.ptp(values)),
            "detectable": float(times * np.sqrt(2) * np.median(error)), "p": p}  # fmt: skip
