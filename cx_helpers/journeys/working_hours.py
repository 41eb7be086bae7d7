"""Hours within which the brand works: a request of Friday evening answered on Monday morning waited no weekend."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey

DAY = pd.Timedelta(days=1)
HOUR = 3.6e9  # microseconds
_EPOCH = pd.Timestamp("1970-01-01")


@dataclass(frozen=True)
class WorkingHours:
    """When the brand works, by its own clock.

    Attributes
    ----------
    days : collection of int
        Days of the week, Monday is 0.
    opens, closes : time
        Of each of these days; it closes after it opens, on the same day.
    zone : str
        IANA time zone of the clock.
    holidays : collection of date
        Days on which nobody works.

    Examples
    --------
    >>> office = WorkingHours((0, 1, 2, 3, 4), time(9), time(17), "Europe/Madrid")
    >>> friday, monday = pd.Timestamp("2026-03-06 16:00", tz="Europe/Madrid"), pd.Timestamp("2026-03-09 10:00", tz="Europe/Madrid")
    >>> float(office.hours([monday, friday]) @ [1, -1])
    2.0
    """

    days: Collection[int]
    opens: time
    closes: time
    zone: str
    holidays: Collection[date] = ()

    def calendar(self, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
        """A row a working day from some days before `first` to `last`: opens_at, closes_at (UTC), length and before
        (hours worked on the day, and on all days before it)."""
        days = pd.date_range(_local(first, self.zone) - 14 * DAY, _local(last, self.zone) + DAY, freq="D")
        held = [day for day in days if day.weekday() in set(self.days) and day.date() not in set(self.holidays)]
        opens, closes = (_moments(held, at, self.zone) for at in (self.opens, self.closes))
        length = (closes - opens).total_seconds().to_numpy() / 3600
        return pd.DataFrame({"opens_at": opens.as_unit("us"), "length": length, "before": np.cumsum(length) - length})

    def hours(self, moments) -> np.ndarray:
        """Hours worked up to each moment, counted from a moment before the first: only differences
        within one call mean something."""
        at = pd.DatetimeIndex(pd.to_datetime(moments, utc=True)).as_unit("us")
        days = self.calendar(at.min(), at.max())
        opens = pd.DatetimeIndex(days["opens_at"])
        row = np.searchsorted(opens.asi8, at.asi8, side="right") - 1
        since = (at.asi8 - opens.asi8[row]) / 3.6e9
        return days["before"].to_numpy()[row] + np.minimum(since, days["length"].to_numpy()[row])


def brand_hours(journey: Journey, context: ir.Table | None = None) -> WorkingHours | None:
    """The brand's declared business hours with its holidays; None where it declares none.

    Parameters
    ----------
    context : Ibis table `context`, optional
        Holidays: dates on which the declared factor is not 0 everywhere (rows without a region, or all regions).
    """
    declared = journey.business_hours
    if declared is None:
        return None
    free: list[date] = []
    if declared.holidays and context is not None:
        rows = context.filter(context.factor == declared.holidays)
        days = rows.group_by("date").aggregate(least=rows.value.min()).execute()
        free = sorted(pd.to_datetime(days.loc[days["least"] != 0, "date"]).dt.date)
    return WorkingHours(tuple(declared.weekdays), declared.opens, declared.closes, journey.time_zone, tuple(free))


def _local(at: pd.Timestamp, zone: str) -> pd.Timestamp:
    at = at if at.tzinfo else at.tz_localize("UTC")
    return at.tz_convert(zone).tz_localize(None).normalize()


def _moments(days: list[pd.Timestamp], at: time, zone: str) -> pd.DatetimeIndex:
    local = pd.DatetimeIndex(days) + pd.Timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    return local.tz_localize(zone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")


@ibis.udf.scalar.builtin
def epoch_us(at) -> int:
    """DuckDB's microseconds since 1970: whole numbers, and quicker than any difference of times with a zone."""


def worked(steps: ir.Table, working: WorkingHours | None) -> ir.Table:
    """`steps` with `clock`: microseconds since a fixed moment, of the calendar or within working hours.

    Parameters
    ----------
    steps : Ibis table with started_at
    working : WorkingHours, optional
        Left out: hours of the calendar.
    """
    if working is None:
        return steps.mutate(clock=epoch_us(steps.started_at))
    ends = steps.aggregate(first=steps.started_at.min(), last=steps.started_at.max()).execute().iloc[0]
    first, last = (_EPOCH, _EPOCH) if pd.isna(ends["first"]) else (ends["first"], ends["last"])
    days = working.calendar(first, last)
    days = ibis.memtable(days.assign(opens_us=pd.DatetimeIndex(days["opens_at"]).asi8).drop(columns="opens_at"))
    found = steps.mutate(at_=epoch_us(steps.started_at))
    found = found.asof_join(days, found.at_ >= days.opens_us)
    since = ibis.least((found.at_ - found.opens_us).cast("float64"), found.length * HOUR)
    return found.mutate(clock=found.before * HOUR + since).drop("at_", "opens_us", "length", "before")
