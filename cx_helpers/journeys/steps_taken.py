"""The steps customers took, in their order: what every count of transitions, variants and waits starts from.

Steps of one journey are ordered by time; of two at the same moment by the declared order of touchpoints where one is
given, then by event_id (in pandas without one: by the order of the rows). The order is the same in every run, and the
share of steps that share their moment is told.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.errors import DataError, UsageError
from cx_helpers.journeys.working_hours import HOUR, WorkingHours, worked

NEEDED = ("journey_id", "touchpoint", "started_at")
ARROW = " > "
_STEPS_OF_GRID = 11


def taken(
    events: pd.DataFrame | ir.Table, *, order: Sequence[str] = (), working: WorkingHours | None = None, until: pd.Timestamp | None = None
) -> ir.Table:  # fmt: skip
    """Events as one Ibis table that can be put in order.

    Parameters
    ----------
    events : pandas or Ibis with journey_id, touchpoint, started_at; customer_id and event_id where known
    order : touchpoints in their declared order, which settles steps at the same moment
    working : hours in which the brand works; hours are then counted within them, else by the calendar
    until : only steps before this moment

    Returns
    -------
    Ibis table: journey_id, customer_id (the journey where unknown), touchpoint, started_at, place (rank in `order`, where given),
    event (what settles the rest), clock (microseconds since a fixed moment).

    Raises
    ------
    DataError
        A needed column is missing.
    """
    lacking = [name for name in NEEDED if name not in events.columns]
    if lacking:
        raise DataError(f"events: columns {', '.join(lacking)} are missing, found {', '.join(map(str, events.columns))}. Give {', '.join(NEEDED)}.")
    if isinstance(events, pd.DataFrame):
        kept = events[[name for name in (*NEEDED, "customer_id", "event_id") if name in events]]
        kept = kept if "event_id" in kept else kept.assign(event_id=np.arange(len(kept)))
        events = ibis.memtable(kept.astype({"started_at": _stamp(kept["started_at"])}))
    known = events.filter(events.started_at.notnull() & events.touchpoint.notnull() & events.journey_id.notnull())
    if until is not None:
        known = known.filter(known.started_at < ibis.literal(until.to_pydatetime(), known.started_at.type()))
    journey = known.journey_id
    place = {"place": known.touchpoint.cases(*[(name, i) for i, name in enumerate(order)], else_=len(order))} if order else {}
    found = known.select(
        journey_id=journey,
        customer_id=ibis.coalesce(known.customer_id, journey) if "customer_id" in known.columns else journey,
        touchpoint=known.touchpoint, started_at=known.started_at, **place,
        event=known.event_id if "event_id" in known.columns else known.touchpoint,
    )  # fmt: skip
    return worked(found, working)


def _stamp(times: pd.Series) -> str:
    """Microseconds, with the zone the times have: one kind of time for the engine."""
    zone = getattr(times.dtype, "tz", None)
    return f"datetime64[us, {zone}]" if zone is not None else "datetime64[us]"


def keys(steps: ir.Table) -> list[ir.Value]:
    """What steps of a journey are ordered by."""
    return [steps[name] for name in ("started_at", "place", "event") if name in steps.columns]


def numbered(steps: ir.Table) -> tuple[ir.Table, pd.Index]:
    """Steps with a number in place of the touchpoint's name, and the names by number: what an engine puts in order is
    then narrow, and ten million steps fit in a third less memory."""
    names = pd.Index(steps.select("touchpoint").distinct().execute()["touchpoint"]).sort_values()
    codes = pd.DataFrame({"touchpoint": names, "number": np.arange(len(names), dtype="int32")})
    found = steps.inner_join(ibis.memtable(codes, schema={"touchpoint": "string", "number": "int32"}), "touchpoint")
    return found.drop("touchpoint").rename(touchpoint="number"), names


def paths(events: pd.DataFrame | ir.Table, *, order: Sequence[str] = (), before: ir.Table | None = None) -> ir.Table:
    """Each journey's touchpoints in the order they were taken.

    Parameters
    ----------
    before : Ibis table with journey_id and `at`, optional
        Of these journeys only, the steps begun before a moment: what a customer had lived when answering.

    Returns
    -------
    Ibis table: journey_id, customer_id, variant (text "a > b > c"), steps (number), hours (first step to last).
    """
    steps = taken(events, order=order)
    if before is not None:
        steps = steps.inner_join(before.select("journey_id", "at"), "journey_id")
        steps = steps.filter(steps.started_at < steps["at"])
    return steps.group_by("journey_id").aggregate(
        customer_id=steps.customer_id.min(),
        variant=steps.touchpoint.group_concat(ARROW, order_by=keys(steps)),
        steps=steps.touchpoint.count(),
        hours=(steps.clock.max() - steps.clock.min()) / HOUR,
    )


def tied_share(events: pd.DataFrame | ir.Table) -> float:
    """Share of steps (0-1) that share journey and moment with another: their order is not in the data."""
    steps = taken(events)
    moments = steps.group_by(["journey_id", "started_at"]).aggregate(n=steps.touchpoint.count())
    found = moments.aggregate(tied=moments.n.sum(where=moments.n > 1), n=moments.n.sum()).execute().iloc[0]
    return float(found["tied"] or 0) / float(found["n"]) if found["n"] else np.nan


def known_steps(steps: Sequence[str]) -> list[str]:
    """`steps`, or a UsageError where a name stands twice or there is none."""
    twice = sorted({name for name in steps if list(steps).count(name) > 1})
    if twice or not len(steps):
        raise UsageError(f"steps: {', '.join(twice) + ' stand twice' if twice else 'none given'}; name each touchpoint once, in order.")
    return list(steps)


def middle(values: ir.Value) -> ir.Value:
    """An array of quantiles of a group, from which `median_of` reads the median and its interval: one pass, no rows moved."""
    return values.quantile(_grid())


def _grid() -> list[float]:
    away = 0.5 ** np.arange(1, _STEPS_OF_GRID)
    return [*(0.5 - away), 0.5, *(0.5 + away)[::-1]]


def median_of(quantiles: Sequence[float] | None, n: int, confidence: float) -> tuple[float, float, float]:
    """Median with its order-statistic interval from `middle`, taken outward to the grid: at least `confidence`."""
    if quantiles is None or not n:
        return np.nan, np.nan, np.nan
    found = dict(zip(_grid(), quantiles, strict=True))
    tail = (1 - confidence) / 2
    drop = int(special.bdtrik(tail, n, 0.5)) + 1
    while drop > 0 and special.bdtr(drop - 1, n, 0.5) > tail:
        drop -= 1
    if drop < 1 or n < 2:
        return found[0.5], np.nan, np.nan
    edge = (drop - 1) / (n - 1)
    low = max(p for p in found if p <= edge)
    high = min(p for p in found if p >= 1 - edge)
    return found[0.5], found[low], found[high]
