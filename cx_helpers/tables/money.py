"""What followed each journey: whether its customer came back in the months after it, and what they brought and cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers.errors import DataError
from cx_helpers.tables import frames

CUSTOMER_MONTH = ("customer_id", "month", "revenue", "cost", "active")
GONE = ("cancelled", "abandoned")
HISTORY = "active_before"
EARLIER = ("in no month", "in one month", "in more months")


def following(
    journeys: pd.DataFrame, months: pd.DataFrame, *, horizon_months: int = 6, discount_rate_a_year: float = 0.0,
    first: str | None = None, last: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Each journey with what its customer did in the months after the month it ended in.

    Parameters
    ----------
    journeys : DataFrame
        customer_id and month (YYYY-MM in which the journey ended); other columns travel along.
    months : DataFrame, a row a customer and month in which there was anything
        customer_id, month; revenue and cost (currency) and active (true, false) where known. A customer's month that
        is missing between `first` and `last` is one in which nothing was bought.
    horizon_months : int
        How many months after the journey's own are counted.
    discount_rate_a_year : float
        Money of the j-th month after counts (1 + rate) ** (-j / 12).
    first, last : YYYY-MM, optional
        The months that `months` observes; by default the first and last it has.

    Returns
    -------
    DataFrame, the rows and columns of `journeys` and: first_counted, last_counted (YYYY-MM); returned (1 where the
    customer was active in one of the months counted, else 0); revenue, cost (currency over the horizon, discounted). All
    three NaN where unknown: a month counted is not observed yet, the journey ended before the first month observed, or
    nothing is known of its customer's money. attrs: horizon_months, discount_rate_a_year, first, last.

    Raises
    ------
    DataError
        A column is missing, a horizon below one month, a rate outside 0 to 1.

    Notes
    -----
    Money of the journey's own month, or of one before it, is never counted: it may be a cause of the journey as well as its consequence.
    A customer with two journeys in the horizon is followed from each: sums over journeys are not sums over customers.

    >>> journeys = pd.DataFrame({"customer_id": ["a", "b", "a"], "month": ["2026-01", "2026-01", "2026-03"]})
    >>> months = pd.DataFrame({"customer_id": ["a", "a", "b"], "month": ["2026-01", "2026-03", "2026-01"], "revenue": [5.0, 7.0, 9.0]})
    >>> following(journeys, months, horizon_months=2)[["returned", "revenue"]].to_numpy().tolist()
    [[1.0, 7.0], [0.0, 0.0], [nan, nan]]
    """
    _checked(journeys, months, horizon_months, discount_rate_a_year)
    at, seen = _index(journeys["month"]), _index(months["month"])
    start = _index(pd.Series([first]))[0] if first else np.nanmin(seen, initial=np.inf)
    end = _index(pd.Series([last]))[0] if last else np.nanmax(seen, initial=-np.inf)
    people = pd.Index(months["customer_id"].dropna().unique())
    who = people.get_indexer(journeys["customer_id"])
    known = (who >= 0) & journeys["customer_id"].notna().to_numpy() & (at >= start) & (at + horizon_months <= end)
    sums = _sums(months, people.get_indexer(months["customer_id"]), seen, who, at, horizon_months, discount_rate_a_year)
    found = {name: np.where(known, value, np.nan) for name, value in sums.items()}
    counted = {"first_counted": _text(at + 1), "last_counted": _text(at + horizon_months)}
    out = journeys.assign(**counted, **found)
    edges = dict(zip(("first", "last"), _text(np.array([start, end], float)), strict=True))
    out.attrs = {"horizon_months": horizon_months, "discount_rate_a_year": discount_rate_a_year, **edges}
    return out


def _checked(journeys: pd.DataFrame, months: pd.DataFrame, horizon: int, rate: float) -> None:
    problems = [f"journeys lack the column {name!r}" for name in ("customer_id", "month") if name not in journeys]
    problems += [f"months lack the column {name!r}" for name in ("customer_id", "month") if name not in months]
    if not (horizon >= 1 and horizon == int(horizon)):
        problems.append(f"horizon_months is {horizon}, a whole number of 1 or more is needed")
    if not 0 <= rate <= 1:
        problems.append(f"discount_rate_a_year is {rate}, from 0 to 1 is allowed (0.08 is 8 % a year)")
    if problems:
        raise DataError(f"following: {'; '.join(problems)}.")


def _index(months: pd.Series) -> np.ndarray:
    """Months counted from year 0; NaN where none is told."""
    text = months.astype("string")
    number = pd.to_numeric(text.str[:4], errors="coerce") * 12 + pd.to_numeric(text.str[5:7], errors="coerce") - 1
    return number.to_numpy(dtype=float, na_value=np.nan)


def _text(index: np.ndarray) -> np.ndarray:
    known = np.isfinite(index)
    whole = np.where(known, index, 0).astype(int)
    values, place = np.unique(whole, return_inverse=True)
    names = np.array([f"{v // 12:04}-{v % 12 + 1:02}" for v in values], object)[place]
    return np.where(known, names, None)


def _sums(months, whose, seen, who, at, horizon: int, rate: float) -> dict[str, np.ndarray]:
    """Sums from the month after to the horizon: differences of each customer's running totals, discounted back to the journey."""
    rows, base, spans = _spans(whose, seen, who, at, (0, horizon))
    fade = (1 + rate) ** (-(seen[rows] - base) / 12)
    out = {"returned": (_between(_active(months)[rows].astype(float), spans) > 0).astype(float)}
    for name in ("revenue", "cost"):
        values = _numbers(months, name)
        money = _between(np.nan_to_num(values[rows]) * fade, spans) * (1 + rate) ** (np.where(np.isnan(at), -1.0, at - base) / 12)
        out[name] = money if not np.isnan(values).all() else np.full(len(at), np.nan)
    return out


def active_before(customers: pd.Series, began: pd.Series, months: pd.DataFrame, *, months_back: int, first: str | None = None) -> np.ndarray:
    """In how many of the months before the one a journey began in its customer was active.

    Parameters
    ----------
    customers, began : of each journey, the months as YYYY-MM
    months, first : as in `following`
    months_back : int
        How many months are looked back on: the same for all journeys, or those of the first months would seem to have no past.

    Returns
    -------
    array of float, 0 to `months_back`; NaN where a month looked back on was not observed, or nobody is named.

    >>> months = pd.DataFrame({"customer_id": ["a", "a", "b"], "month": ["2026-01", "2026-02", "2026-03"], "active": True})
    >>> active_before(pd.Series(["a", "b", "a"]), pd.Series(["2026-03", "2026-03", "2026-02"]), months, months_back=2).tolist()
    [2.0, 0.0, nan]
    """
    at, seen = _index(began), _index(months["month"])
    start = _index(pd.Series([first]))[0] if first else np.nanmin(seen, initial=np.inf)
    people = pd.Index(months["customer_id"].dropna().unique())
    who = people.get_indexer(customers)
    rows, _, spans = _spans(people.get_indexer(months["customer_id"]), seen, who, at, (-months_back - 1, -1))
    found = np.where(who >= 0, _between(_active(months)[rows].astype(float), spans), 0.0)
    return np.where((at - months_back >= start) & customers.notna().to_numpy(), found, np.nan)


def _active(months: pd.DataFrame) -> np.ndarray:
    """Whether a customer bought in a month: as told, else where they brought money."""
    active = _numbers(months, "active")
    return np.where(np.isnan(active), np.nan_to_num(_numbers(months, "revenue")) > 0, active > 0)


def _spans(whose: np.ndarray, seen: np.ndarray, who: np.ndarray, at: np.ndarray, steps: tuple[int, int]) -> tuple[np.ndarray, float, list[np.ndarray]]:
    """Rows of customers' months, ordered; the first month; and of each journey the first row after the month `steps[0]` away, and after `steps[1]`."""
    known = np.flatnonzero((whose >= 0) & ~np.isnan(seen))
    base = float(seen[known].min()) if len(known) else 0.0
    rows = known[np.lexsort((seen[known], whose[known]))]
    # Far enough apart that a month before the first is no other customer's.
    key = (whose[rows] + 1) * 100_000.0 + (seen[rows] - base)
    journey = np.where(np.isnan(at), -1.0, at - base)
    return rows, base, [np.searchsorted(key, (who + 1) * 100_000.0 + journey + step, side="right") for step in steps]


def _numbers(months: pd.DataFrame, name: str) -> np.ndarray:
    given = months[name] if name in months else pd.Series(np.nan, months.index)
    return pd.to_numeric(given, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _between(values: np.ndarray, spans: list[np.ndarray]) -> np.ndarray:
    total = np.append(0.0, np.cumsum(values))
    return total[spans[1]] - total[spans[0]]


def lived_and_followed(study: Any, *, horizon_months: int, discount_rate_a_year: float) -> pd.DataFrame:
    """Every journey of a study that has ended, as it was lived in the end, with what followed it.

    Parameters
    ----------
    study : Study
        Journeys in the audience's scope, up to its month; customers are followed wherever they go.

    Returns
    -------
    DataFrame in the order of the journeys: journey_id, customer_id, unit, month (in which it ended, by the brand's clock), the
    segments, active_before (its customer was active in as many months before it began as are counted after it: "in no month", "in one month", "in more
    months"; missing where those are not observed, or no customer is named), a column an input (as it stood in the end), current (bool: ended in the window), and what `following` adds.
    attrs: as of `following`; money ("outcomes", or "journeys" where the brand has no money by month and the value of later
    journeys stands for it); gone and open (int: journeys of the scope that were broken off, or have not ended: neither is among the rows).

    Notes
    -----
    Who came often comes again, and is often treated better: without their past held equal, what only frequent customers meet would seem to keep them.
    """
    names, brand = study.inputs(), study.brand.journey
    every = study.table("journeys")
    rows = every.filter(every.ended_at.notnull() & every.status.notin(GONE))
    ends = frames.inputs_at_end(study.table("inputs"), names, [n for n, item in brand.inputs.items() if item.counts == "ever"])
    wide = rows.select("journey_id", "customer_id", "unit", "started_at", "ended_at", *study.segments).left_join(ends, "journey_id").drop("journey_id_right")
    lived = frames.plain(wide.order_by("journey_id").execute())
    began, ended = (pd.to_datetime(lived.pop(name), utc=True).dt.tz_convert(brand.time_zone).dt.strftime("%Y-%m").astype(object) for name in ("started_at", "ended_at"))
    lived.insert(3, "month", ended)
    lived["current"] = lived["month"].isin(study.window)
    months, source = customer_months(study.table("outcomes", scoped=False), study.table("journeys", scoped=False))
    before = active_before(lived["customer_id"], began, months, months_back=horizon_months)
    lived.insert(4, HISTORY, pd.Categorical.from_codes(np.where(np.isnan(before), -1, np.minimum(before, 2)).astype(int), list(EARLIER)))
    last = study.month if source == "journeys" else None
    out = following(lived, months, horizon_months=horizon_months, discount_rate_a_year=discount_rate_a_year, last=last)
    left = frames.plain(every.aggregate(gone=every.status.isin(GONE).sum(), every=every.count()).execute())
    gone = int(left["gone"].fillna(0)[0])
    out.attrs |= {"money": source, "gone": gone, "open": int(left["every"][0]) - gone - len(out)}
    return out


def customer_months(outcomes: ir.Table, journeys: ir.Table) -> tuple[pd.DataFrame, str]:
    """Customers by month as `following` takes them, and where they come from: table outcomes, else journeys that began."""
    rows, source = outcomes.filter(outcomes.customer_id.notnull()), "outcomes"
    if not rows.count().execute():
        begun = journeys.filter(journeys.customer_id.notnull() & journeys.status.notin(GONE))
        rows, source = begun.select("customer_id", "month", revenue=begun.value, active=begun.journey_id.notnull()), "journeys"
    sums: dict[str, Any] = {"active": rows.active.cast("int64").max()} | {name: rows[name].sum() for name in ("revenue", "cost") if name in rows.columns}
    found = rows.group_by(["customer_id", "month"]).aggregate(**sums).order_by(["customer_id", "month"]).execute()
    return frames.plain(found).reindex(columns=list(CUSTOMER_MONTH)), source


def answered_before(answers: pd.DataFrame, journeys: pd.DataFrame, columns: Sequence[str] = ("month", "returned", "revenue", "cost", HISTORY)) -> pd.DataFrame:
    """Answers with what followed their journey; those given after counting began are left out.

    Parameters
    ----------
    answers : DataFrame with journey_id and month (of answering)
    journeys : DataFrame of `following`, with journey_id

    Returns
    -------
    DataFrame: rows of `answers` whose journey has ended and was answered for no later than in the month it ended in, with
    ended_month, returned, revenue, cost and active_before where known; attrs["late"]: how many were left out.
    """
    followed = journeys[["journey_id", *(name for name in columns if name in journeys)]].rename(columns={"month": "ended_month"})
    found = answers.merge(followed, on="journey_id", validate="many_to_one")
    late = (found["month"] > found["ended_month"]).to_numpy()
    found = found[~late].reset_index(drop=True)
    found.attrs["late"] = int(late.sum())
    return found
