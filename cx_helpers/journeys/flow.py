"""How journeys run: which step follows which, which ways are taken, and which steps are taken again."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.journeys.steps_taken import ARROW, keys, median_of, middle, numbered, paths, taken, tied_share
from cx_helpers.journeys.working_hours import HOUR, WorkingHours

CALENDAR, WORKING = "hours of the calendar", "working hours"
STRAIGHT, AGAIN, OTHERWISE = "straight", "again", "otherwise"


def transitions(
    events: pd.DataFrame | ir.Table, *, order: Sequence[str] = (), working: WorkingHours | None = None, confidence: float = 0.95
) -> pd.DataFrame:  # fmt: skip
    """Which step directly follows which, how often, and after how long.

    Parameters
    ----------
    events : pandas or Ibis with journey_id, touchpoint, started_at; customer_id and event_id where known
    order : touchpoints in their declared order, which settles steps at the same moment
    working : hours in which the brand works; times are then counted within them

    Returns
    -------
    DataFrame, most frequent first: from_touchpoint, to_touchpoint, n (transitions), journeys, customers, share (0-1, of
    all transitions out of from_touchpoint) with low and high (Wilson), mean_hours, median_hours with low_hours and
    high_hours (order statistics, at least `confidence`), tied_share (0-1, at the very same moment).
    ``attrs``: hours (which clock), tied_share (of all transitions).

    Raises
    ------
    DataError
        journey_id, touchpoint or started_at is missing.

    Notes
    -----
    The directly-follows graph of process mining (van der Aalst 2016, Process Mining, section 6.2). Journeys still open
    count with the steps they have taken: for how long a step is waited for, use `time_to_next`. Intervals take
    journeys as independent.

    >>> at = pd.to_datetime(["2026-03-01 10:00", "2026-03-01 12:00", "2026-03-02 09:00"])
    >>> found = transitions(pd.DataFrame({"journey_id": [1, 1, 2], "touchpoint": ["book", "pay", "book"], "started_at": at}))
    >>> found[["from_touchpoint", "to_touchpoint", "n", "median_hours"]].values.tolist()
    [['book', 'pay', 1, 2.0]]
    """
    steps, names = numbered(taken(events, order=order, working=working))
    within = ibis.window(group_by=steps.journey_id, order_by=keys(steps))
    moves = steps.select(
        "journey_id", "customer_id", from_touchpoint=steps.touchpoint.lag().over(within), to_touchpoint=steps.touchpoint,
        took=steps.clock - steps.clock.lag().over(within), tied=steps.started_at == steps.started_at.lag().over(within),
    )  # fmt: skip
    if working is None:
        moves = moves.mutate(tied=moves.took == 0)  # the window need not look at the times a second time
    moves = moves.filter(moves.from_touchpoint.notnull())
    found = moves.group_by(["from_touchpoint", "to_touchpoint"]).aggregate(
        n=moves.took.count(), journeys=moves.journey_id.nunique(), customers=moves.customer_id.nunique(),
        mean_hours=moves.took.mean() / HOUR, middle=middle(moves.took), tied_share=moves.tied.cast("float64").mean(),
    ).execute()  # fmt: skip
    found = found.assign(**{side: names[found[side].astype(int)] for side in ("from_touchpoint", "to_touchpoint")})
    found["middle"] = [np.asarray(quantiles) / HOUR for quantiles in found["middle"]]
    found = found.sort_values(["n", "from_touchpoint", "to_touchpoint"], ascending=[False, True, True], ignore_index=True)
    leaving = found.groupby("from_touchpoint")["n"].transform("sum")
    found = found.assign(**_shares(found["n"], leaving, confidence), **_medians(found, "hours", confidence))
    columns = ["from_touchpoint", "to_touchpoint", "n", "journeys", "customers", "share", "low", "high",
               "mean_hours", "median_hours", "low_hours", "high_hours", "tied_share"]  # fmt: skip
    ties = float((found["tied_share"] * found["n"]).sum() / found["n"].sum()) if len(found) else np.nan
    found = found[columns]
    found.attrs = {"hours": WORKING if working else CALENDAR, "tied_share": ties}
    return found


def _shares(n: pd.Series, of: pd.Series, confidence: float) -> dict[str, list[float]]:
    found = [estimates.share_from_counts(int(k), int(m), confidence) for k, m in zip(n, of, strict=True)]
    return {"share": [e.value for e in found], "low": [e.low for e in found], "high": [e.high for e in found]}


def _medians(found: pd.DataFrame, unit: str, confidence: float) -> dict[str, list[float]]:
    rows = [median_of(q, int(n), confidence) for q, n in zip(found["middle"], found["n"], strict=True)]
    return {f"{name}_{unit}": [row[i] for row in rows] for i, name in enumerate(("median", "low", "high"))}


def variants(
    events: pd.DataFrame | ir.Table, *, journeys: ir.Table | pd.DataFrame | None = None, order: Sequence[str] = (), confidence: float = 0.95
) -> pd.DataFrame:  # fmt: skip
    """The ways customers take: each sequence of touchpoints with its share. A rare way is no error.

    Parameters
    ----------
    events : pandas or Ibis with journey_id, touchpoint, started_at; customer_id and event_id where known
    journeys : with journey_id and status, optional
        Given: journeys still open are left out, because their way is not over, and counted in ``attrs["open"]``.
    order : touchpoints in their declared order: settles steps at the same moment, and says which ways are straight

    Returns
    -------
    DataFrame, most frequent first: variant (text "a > b > c"), n (journeys), customers, share (0-1, of all journeys
    counted) with low and high (Wilson), steps, shape ("straight"; "again" where a touchpoint is taken twice or more;
    "otherwise" where one comes after a later one of `order`, none twice), median_hours from first step to last with
    low_hours and high_hours. ``attrs``: journeys (counted), open (left out), tied_share (of steps).

    Raises
    ------
    DataError
        A needed column is missing.

    >>> at = pd.to_datetime(["2026-03-01 10:00", "2026-03-01 12:00", "2026-03-02 09:00"])
    >>> found = variants(pd.DataFrame({"journey_id": [1, 1, 2], "touchpoint": ["book", "pay", "book"], "started_at": at}))
    >>> found[["variant", "n", "share"]].values.tolist()
    [['book', 1, 0.5], ['book > pay', 1, 0.5]]
    """
    ways = paths(events, order=order)
    still_open = 0
    if journeys is not None:
        journeys = ibis.memtable(journeys) if isinstance(journeys, pd.DataFrame) else journeys
        waiting = journeys.filter(journeys.status == "open")
        still_open = int(ways.semi_join(waiting, "journey_id").count().execute())
        ways = ways.anti_join(waiting, "journey_id")
    found = ways.group_by(["variant", "steps"]).aggregate(
        n=ways.journey_id.count(), customers=ways.customer_id.nunique(), middle=middle(ways.hours)
    ).execute()  # fmt: skip
    found = found.sort_values(["n", "variant"], ascending=[False, True], ignore_index=True)
    total = pd.Series(int(found["n"].sum()), found.index)
    found = found.assign(
        **_shares(found["n"], total, confidence), **_medians(found, "hours", confidence),
        shape=[shape(variant, order) for variant in found["variant"]],
    )  # fmt: skip
    found = found[["variant", "n", "customers", "share", "low", "high", "steps", "shape", "median_hours", "low_hours", "high_hours"]]
    found.attrs = {"journeys": int(found["n"].sum()), "open": still_open, "tied_share": tied_share(events)}
    return found


def shape(variant: str, order: Sequence[str] = ()) -> str:
    """Whether a way is straight, takes a touchpoint again, or runs otherwise than `order`."""
    steps = variant.split(ARROW)
    if len(set(steps)) < len(steps):
        return AGAIN
    places = [list(order).index(step) for step in steps if step in order]
    return OTHERWISE if places != sorted(places) else STRAIGHT


def loops(events: pd.DataFrame | ir.Table, *, confidence: float = 0.95) -> pd.DataFrame:
    """Touchpoints that journeys take again.

    Returns
    -------
    DataFrame, most often repeated first: touchpoint, n (journeys that took it), customers, repeats (journeys that took
    it twice or more), share (0-1, repeats of n) with low and high (Wilson), visits (mean of those that repeat).

    Notes
    -----
    A repeat is a fact, not a fault: a second call may be good service. Whether it costs anything is `micro_journeys`.

    >>> at = pd.to_datetime(["2026-03-01 10:00", "2026-03-01 12:00", "2026-03-02 09:00"])
    >>> found = loops(pd.DataFrame({"journey_id": [1, 1, 2], "touchpoint": ["call", "call", "call"], "started_at": at}))
    >>> found[["touchpoint", "n", "repeats", "share", "visits"]].values.tolist()
    [['call', 2, 1, 0.5, 2.0]]
    """
    steps = taken(events)
    visits = steps.group_by(["journey_id", "touchpoint"]).aggregate(visits=steps.clock.count(), customer_id=steps.customer_id.min())
    again = visits.visits > 1
    found = visits.group_by("touchpoint").aggregate(
        n=visits.journey_id.count(), customers=visits.customer_id.nunique(), repeats=again.sum(), visits=visits.visits.mean(where=again)
    ).execute()  # fmt: skip
    found = found.assign(repeats=found["repeats"].fillna(0).astype(int), **_shares(found["repeats"].fillna(0), found["n"], confidence))
    found = found.sort_values(["repeats", "touchpoint"], ascending=[False, True], ignore_index=True)
    return found[["touchpoint", "n", "customers", "repeats", "share", "low", "high", "visits"]]


def ends(events: pd.DataFrame | ir.Table, *, order: Sequence[str] = ()) -> pd.DataFrame:
    """Where journeys begin and where they were last seen: touchpoint, starts, ends (journeys)."""
    ways = paths(events, order=order)
    counted = ways.group_by("variant").aggregate(n=ways.journey_id.count()).execute()
    steps = counted["variant"].str.split(ARROW, regex=False)
    first, last = (counted.groupby(steps.str[i])["n"].sum() for i in (0, -1))
    found = pd.DataFrame({"starts": first, "ends": last}).fillna(0).astype(int).rename_axis("touchpoint")
    return found.sort_values(["starts", "ends"], ascending=False, kind="stable").reset_index()
