"""The journey as it runs: who reaches each touchpoint, how long it takes, what is delivered there, and who leaves."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, label_in
from cx_helpers.journeys.flow import ends, loops, transitions, variants
from cx_helpers.journeys.funnels import funnel
from cx_helpers.journeys.waiting import time_to_next

__all__ = ["delivered", "ends", "first_times", "funnel", "loops", "steps", "time_to_next", "transitions", "variants"]

LEFT = ("cancelled", "abandoned")
MOST_TIED = 0.5


def first_times(events: ir.Table, journeys: ir.Table, touchpoints: Sequence[str]) -> ir.Table:
    """When each journey first reached each touchpoint.

    Parameters
    ----------
    events : Ibis table with journey_id, touchpoint, started_at
    journeys : Ibis table with journey_id and status; journeys without events stay in

    Returns
    -------
    Ibis table: journey_id, status, and a time (UTC) for each touchpoint, missing where it was not reached.
    """
    reached = events.group_by("journey_id").aggregate(
        **{point: events.started_at.min(where=events.touchpoint == point) for point in touchpoints}
    )
    return journeys.select("journey_id", "status").left_join(reached, "journey_id").drop("journey_id_right")


def steps(times: pd.DataFrame, journey: Journey, language: str = "en", confidence: float = 0.95) -> pd.DataFrame:
    """A row a touchpoint: how many reach it, how long after the step before, and how many leave there.

    Parameters
    ----------
    times : DataFrame
        As `first_times` gives it, executed.

    Returns
    -------
    DataFrame: stage, stage_label, touchpoint, label, owner, moment_of_truth, volume (journeys that reach it; NaN where
    the step is recorded for none: it may have been met all the same), volume_share (0-1, of all journeys), drop_off_share with drop_off_low and drop_off_high (0-1, Wilson: journeys
    cancelled or abandoned that reached this touchpoint and none further on, of those that reached it; open journeys
    are never drop-offs), open_share (0-1, of those that reached it: still under way, and no further as yet), n (journeys that reached it), hours_median with hours_low and hours_high (time since the
    last earlier touchpoint that the journey reached; order-statistic interval), hours_n, tied_share (0-1, of these,
    at the very same moment).

    Notes
    -----
    Where every journey has the same status, leaving was not recorded and drop_off_share is missing. Where most steps
    carry the time of the step before, times between are missing. Nobody leaves at a step that is the asking itself. Steps are taken in the order of journey.yaml, first occurrence each; a step that came before its predecessor has
    a negative time, which is left out of the median and counted in `reversed_share`.
    """
    points = journey.touchpoints
    reached = times[[point.id for point in points]].notna()
    lived = reached.to_numpy() & ~np.array([point.asking for point in points])
    furthest = np.where(lived.any(axis=1), lived.shape[1] - 1 - lived[:, ::-1].argmax(axis=1), -1)
    left, under_way = times["status"].isin(LEFT).to_numpy(), (times["status"] == "open").to_numpy()
    seen = times["status"].nunique() > 1  # where every journey is completed, those who left were never recorded
    rows = []
    for stage in journey.stages:
        for point in stage.touchpoints:
            place = [p.id for p in points].index(point.id)
            volume = int(reached[point.id].sum())
            drop = estimates.share_from_counts(int((left & (furthest == place)).sum()), volume * (seen and not point.asking), confidence)
            rows.append(
                {
                    "stage": stage.id, "stage_label": label_in(stage.label, language),
                    "touchpoint": point.id, "label": label_in(point.label, language),
                    "owner": point.owner, "moment_of_truth": point.moment_of_truth,
                    "volume": volume or np.nan, "volume_share": volume / len(times) if volume else np.nan,
                    "drop_off_share": drop.value, "drop_off_low": drop.low, "drop_off_high": drop.high, "n": volume,
                    "open_share": float((under_way & (furthest == place)).sum() / volume) if volume and seen else np.nan,
                    **_hours(times, [p.id for p in points[: place + 1]], confidence),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _hours(times: pd.DataFrame, points: list[str], confidence: float) -> dict[str, float]:
    """Time since the last earlier touchpoint that was reached."""
    *earlier, here = points
    before = times[earlier].max(axis=1) if len(earlier) == 1 else _last_reached(times, earlier)
    hours = (times[here] - before).dt.total_seconds() / 3600 if earlier else pd.Series(dtype=float)
    hours = hours.dropna()
    tied = float((hours == 0).mean()) if len(hours) else np.nan
    # Most steps at one moment: the source keeps one time for all of them, and the time between is not known.
    forward = hours[hours >= 0] if tied <= MOST_TIED else hours.iloc[:0]
    middle = estimates.median(forward.to_numpy(), confidence)
    backwards = float((hours < 0).mean()) if len(hours) else np.nan
    return {"hours_median": middle.value, "hours_low": middle.low, "hours_high": middle.high, "hours_n": len(forward),
            "tied_share": tied, "reversed_share": backwards}  # fmt: skip


def _last_reached(times: pd.DataFrame, earlier: list[str]) -> pd.Series:
    """The time of the nearest earlier touchpoint in the journey's order that was reached."""
    last = pd.Series(pd.NaT, times.index, dtype="datetime64[us, UTC]")
    for point in earlier:
        last = times[point].astype("datetime64[us, UTC]").fillna(last)
    return last


def delivered(values: pd.DataFrame, journey: Journey, language: str = "en", confidence: float = 0.95) -> pd.DataFrame:
    """A row an input: what was delivered, against its standard.

    Parameters
    ----------
    values : DataFrame
        A row a journey: journey_id, customer_id, and a column for each input, under its full name.

    Returns
    -------
    DataFrame: touchpoint, input (full name), label, unit_of_measure, better, standard, statistic (median, mean or
    share), value, low, high, n, method, off_standard_share (0-1), standing: "meets" or "misses" where the whole
    interval is on one side of the standard, else "unclear"; "no standard" where there is none.
    """
    rows = []
    for name, item in journey.inputs.items():
        if name not in values or not item.shown:
            continue
        seen = values[values[name].notna()]
        known = seen[name].to_numpy()
        found = _statistic(known, item.statistic, seen["customer_id"].fillna(seen["journey_id"]).to_numpy(), confidence)
        off = np.nan
        if item.standard is not None and len(known):
            off = float(np.mean(known > item.standard if item.better == "lower" else known < item.standard))
        rows.append(
            {
                "touchpoint": name.split(".")[0], "input": name, "label": label_in(item.ever or item.label, language),
                "unit_of_measure": item.unit, "better": item.better,
                "standard": np.nan if item.standard is None else item.standard, "statistic": item.statistic,
                "value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method,
                "off_standard_share": off, "standing": _standing(found, item.standard, item.better),
            }
        )  # fmt: skip
    columns = ["touchpoint", "input", "label", "unit_of_measure", "better", "standard", "statistic", "value", "low", "high",
               "n", "method", "off_standard_share", "standing"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _statistic(known: np.ndarray, statistic: str, customers: np.ndarray, confidence: float) -> estimates.Estimate:
    if statistic == "median":
        return estimates.median(known, confidence)
    return (estimates.share if statistic == "share" else estimates.mean)(known, cluster=customers, confidence=confidence)


def _standing(found: estimates.Estimate, standard: float | None, better: str) -> str:
    if standard is None:
        return "no standard"
    best, worst = (found.low, found.high) if better == "lower" else (-found.high, -found.low)
    limit = standard if better == "lower" else -standard
    if worst <= limit:
        return "meets"
    return "misses" if best > limit else "unclear"
