"""How long customers wait for the next step, with those who still wait and those who left both in the count.

The time to the next step is known of those who took it; of the others only that it had not come by now. Kaplan and
Meier's estimate uses both. Who left will never take the step, so they stay in the denominator to the end: the curve
levels off at the share that goes on, and the wait of the typical customer is not that of the lucky ones alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.errors import UsageError
from cx_helpers.journeys.flow import CALENDAR, WORKING
from cx_helpers.journeys.steps_taken import keys, taken
from cx_helpers.journeys.working_hours import HOUR, WorkingHours

METHOD = "Kaplan-Meier, log-log"
LEFT, DONE = ("cancelled", "abandoned"), ("completed",)


def waits(
    events: pd.DataFrame | ir.Table, until: pd.Timestamp, *, to: str | Sequence[str] | None = None,
    journeys: ir.Table | pd.DataFrame | None = None, order: Sequence[str] = (), working: WorkingHours | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Each journey's first visit to each touchpoint, and how long after it the next step came.

    Parameters
    ----------
    events : pandas or Ibis with journey_id, touchpoint, started_at; customer_id and event_id where known
    until : the moment looked from; later steps are not seen
    to : touchpoint or touchpoints waited for; left out, whatever comes next
    journeys : with journey_id and status (as of `until`), optional
        Tells who left from who still waits.

    Returns
    -------
    DataFrame: journey_id, customer_id, touchpoint, started_at, hours (to the next step; else to `until`: how long it
    has not come), moved (True where it came), and where it did not: left (True where the journey was cancelled or
    abandoned), done (True where it is completed); both missing without `journeys`.
    """
    until = pd.Timestamp(until)
    until = until.tz_localize("UTC") if until.tzinfo is None else until
    naive = isinstance(events, pd.DataFrame) and getattr(events["started_at"].dtype, "tz", None) is None
    steps = taken(events, order=order, working=working, until=until.tz_convert("UTC").tz_localize(None) if naive else until)
    after = ibis.window(group_by=steps.journey_id, order_by=keys(steps), rows=(1, None))
    wanted = steps.clock if to is None else ibis.ifelse(steps.touchpoint.isin([to] if isinstance(to, str) else list(to)), steps.clock, None)
    visit = ibis.row_number().over(ibis.window(group_by=[steps.journey_id, steps.touchpoint], order_by=keys(steps)))
    rows = steps.mutate(next_clock=wanted.min().over(after), visit=visit)
    rows = rows.filter(rows.visit == 0).select("journey_id", "customer_id", "touchpoint", "started_at", "clock", "next_clock")
    if journeys is not None:
        journeys = ibis.memtable(journeys) if isinstance(journeys, pd.DataFrame) else journeys
        rows = rows.left_join(journeys.select("journey_id", "status"), "journey_id").drop("journey_id_right")
    found = rows.order_by("touchpoint", "started_at", "journey_id").execute()
    moved = found["next_clock"].notna()
    hours = np.where(moved, (found["next_clock"] - found["clock"]) / HOUR, _since(found["started_at"], until, working))
    ended = {"left": LEFT, "done": DONE}
    over = {name: (found["status"].isin(kinds) & ~moved) if journeys is not None else np.nan for name, kinds in ended.items()}
    found = found.assign(hours=hours.astype(float), moved=moved, **over)
    found = found[["journey_id", "customer_id", "touchpoint", "started_at", "hours", "moved", "left", "done"]]
    found.attrs = {"hours": WORKING if working else CALENDAR, "until": str(until)}
    return found


def _since(started: pd.Series, until: pd.Timestamp, working: WorkingHours | None) -> np.ndarray:
    at = pd.DatetimeIndex(pd.to_datetime(started, utc=True))
    if working is None or not len(at):
        return (until - at).total_seconds().to_numpy() / 3600
    clock = working.hours(at.append(pd.DatetimeIndex([until.tz_convert("UTC")])))
    return clock[-1] - clock[:-1]


def time_to_next(
    events: pd.DataFrame | ir.Table, touchpoint: str | Sequence[str], until: pd.Timestamp, *, to: str | Sequence[str] | None = None,
    journeys: ir.Table | pd.DataFrame | None = None, order: Sequence[str] = (), working: WorkingHours | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """How long after a touchpoint the next step comes, of all who reached it (Kaplan-Meier).

    Parameters
    ----------
    touchpoint : one or some, each from its first visit in a journey
    events, until, to, journeys, order, working : as `waits` takes them

    Returns
    -------
    DataFrame, a row a touchpoint: touchpoint, n (journeys that reached it), customers, moved (took the next step), left
    and done (cancelled or abandoned, and completed, without it; NaN without `journeys`), open (not yet, and may), share (0-1, of all who reached it: those who
    ever go on, as far as can be seen) with low and high, median_hours with low_hours and high_hours (half of all who
    reached it have gone on; NaN where fewer than half ever do), method. ``attrs``: hours (which clock), until.

    Raises
    ------
    UsageError
        No journey reached a touchpoint.

    Notes
    -----
    Open journeys are censored at `until`; those that left stay at risk until then, since their wait would be seen no
    longer either (Kaplan and Meier 1958; Fine and Gray 1999 for the risk set with known follow-up). Variance by
    Greenwood, limits on the log-log scale (Kalbfleisch and Prentice 1980), the median's by inverting them (Brookmeyer
    and Crowley 1982). Not where the follow-up depends on how quickly steps come; journeys are taken as independent.

    >>> at = pd.to_datetime(["2026-03-01 10:00", "2026-03-01 12:00", "2026-03-02 09:00"])
    >>> steps = pd.DataFrame({"journey_id": [1, 1, 2], "touchpoint": ["book", "pay", "book"], "started_at": at})
    >>> time_to_next(steps, "book", pd.Timestamp("2026-03-02 10:00"))[["n", "moved", "open", "share"]].values.tolist()
    [[2.0, 1.0, 1.0, 1.0]]
    """
    points = [touchpoint] if isinstance(touchpoint, str) else list(touchpoint)
    seen = waits(events, until, to=to, journeys=journeys, order=order, working=working)
    unknown = sorted(set(points) - set(seen["touchpoint"]))
    if unknown:
        raise UsageError(f"time_to_next: no journey reached {', '.join(unknown)}; there are {', '.join(sorted(set(seen['touchpoint'])))}.")
    found = pd.DataFrame([summary(seen[seen["touchpoint"] == point], confidence) for point in points])
    found.insert(0, "touchpoint", points)
    found.attrs = seen.attrs
    return found


def summary(rows: pd.DataFrame, confidence: float = 0.95) -> dict[str, float | int | str]:
    """One row of `time_to_next` from rows of `waits`."""
    curve = waiting_curve(rows["hours"], rows["moved"], confidence)
    known = rows["left"].notna().all()
    left, done = (int(rows[name].sum()) if known else np.nan for name in ("left", "done"))
    moved = int(rows["moved"].sum())
    last = curve.iloc[-1] if len(curve) else {"share": 0.0 if len(rows) else np.nan, "low": np.nan, "high": np.nan}
    middle, low, high = median_wait(curve, confidence)
    return {
        "n": len(rows), "customers": rows["customer_id"].nunique(), "moved": moved, "left": left, "done": done,
        "open": len(rows) - moved - (left + done if known else 0), "share": last["share"], "low": last["low"], "high": last["high"],
        "median_hours": middle, "low_hours": low, "high_hours": high, "method": METHOD,
    }  # fmt: skip


def waiting_curve(hours, moved, confidence: float = 0.95) -> pd.DataFrame:
    """The share that has gone on, by hours since the touchpoint.

    Parameters
    ----------
    hours : to the next step, or to the end of what was seen
    moved : True where the step came

    Returns
    -------
    DataFrame, a row each time at which someone went on: hours, share (0-1, gone on by then) with low and high
    (log-log), error (standard error of the share), at_risk (not gone on just before), n.
    """
    hours, moved = np.asarray(hours, float), np.asarray(moved, bool)
    times, gone = np.unique(hours[moved], return_counts=True)
    at_risk = len(hours) - np.searchsorted(np.sort(hours), times, side="left")
    stay = np.cumprod(1 - gone / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(gone / (at_risk * (at_risk - gone)))
        error = stay * np.sqrt(greenwood)
        half = special.ndtri((1 + confidence) / 2) * np.sqrt(greenwood) / np.abs(np.log(stay))
        low, high = 1 - stay ** np.exp(-half), 1 - stay ** np.exp(half)
    ends = stay <= 0  # all have gone on: Greenwood's variance says nothing of it
    return pd.DataFrame({
        "hours": times, "share": 1 - stay, "low": np.where(ends, np.nan, low), "high": np.where(ends, np.nan, high),
        "error": np.where(ends, np.nan, error), "at_risk": at_risk, "n": len(hours),
    })  # fmt: skip


def median_wait(curve: pd.DataFrame, confidence: float = 0.95, share: float = 0.5) -> tuple[float, float, float]:
    """Hours by which `share` of all have gone on, with its interval (Brookmeyer and Crowley, log-log); NaN where not
    reached. Where exactly `share` has gone on for a while, the middle of that while."""
    hours, gone = curve["hours"].to_numpy(), curve["share"].to_numpy()
    past = np.flatnonzero(gone >= share - 1e-12)
    if not len(past):
        value = np.nan
    else:
        first = past[0]
        exact = abs(gone[first] - share) <= 1e-12 and first + 1 < len(hours)
        value = (hours[first] + hours[first + 1]) / 2 if exact else hours[first]
    reached = np.flatnonzero(curve["high"].to_numpy() >= share)
    surely = np.flatnonzero(curve["low"].to_numpy() >= share)
    low = hours[reached[0]] if len(reached) else np.nan
    high = hours[surely[0]] if len(surely) else np.nan
    return float(value), float(low), float(high)


def differ(hours, moved, group) -> float:
    """p-value of the log-rank test that two groups wait alike (Mantel 1966).

    Parameters
    ----------
    group : True for one of the two

    Returns
    -------
    float, 0-1; NaN where a group is empty or nobody goes on.

    >>> round(differ([1, 2, 3, 4, 5, 6], [True] * 6, [True, True, True, False, False, False]), 4)
    0.0246
    """
    hours, moved, group = np.asarray(hours, float), np.asarray(moved, bool), np.asarray(group, bool)
    times, gone = np.unique(hours[moved], return_counts=True)
    if not len(times) or group.all() or not group.any():
        return np.nan
    risk = len(hours) - np.searchsorted(np.sort(hours), times, side="left")
    inside = group.sum() - np.searchsorted(np.sort(hours[group]), times, side="left")
    own = hours[moved & group]
    gone_inside = np.bincount(np.searchsorted(times, own), minlength=len(times))
    share = inside / risk
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(risk > 1, gone * share * (1 - share) * (risk - gone) / (risk - 1), 0.0)
    total = variance.sum()
    return float(special.chdtrc(1, (gone_inside - gone * share).sum() ** 2 / total)) if total > 0 else np.nan
