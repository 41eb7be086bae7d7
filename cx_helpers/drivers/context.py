"""The world outside: do weather, holidays or the market move scores, and do the drivers stand with them held equal?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cx_helpers.drivers.design import design, screen
from cx_helpers.drivers.partial import coefficients
from cx_helpers.drivers.robust import holm
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile

TENTH, FEWEST_DAYS, FEWEST_ROWS, KNOWN = 0.1, 60, 100, 0.5
METHOD = "within place and month, clustered by week"
COLUMNS = ("factor", "step", "value", "low", "high", "p", "clear", "days", "n", "method", "grade", "reason")


def with_context(answers: pd.DataFrame, context: pd.DataFrame, *, at: str, places: Sequence[str], time_zone: str = "UTC") -> tuple[pd.DataFrame, list[str]]:
    """Answers with what the day was like where the journey took place.

    Parameters
    ----------
    answers : DataFrame
        With a time `at` (UTC) and the columns `places`.
    context : DataFrame
        date, region, factor, value: a row a day, region and factor; a region left empty holds everywhere.
    places : column names
        The first one that holds a region of the context decides where an answer belongs (a segment, the unit).
    time_zone : str
        The brand's: which day a moment falls on.

    Returns
    -------
    (answers with a column a factor, NaN where unknown, and `place` and `day`; the factors).

    Raises
    ------
    DataError
        A day's factor of a region is given twice. One line.
    """
    rows = context.dropna(subset=["value", "date", "factor"]).assign(region=context["region"].fillna("").astype(str), day=lambda r: pd.to_datetime(r["date"]).dt.strftime("%Y-%m-%d"))
    twice = rows.duplicated(["day", "region", "factor"])
    if twice.any():
        first = rows[twice].iloc[0]
        raise DataError(f"context: {int(twice.sum())} rows repeat a day, region and factor (first: {first['day']}, {first['region']}, {first['factor']}). Give one each.")
    regions = set(rows["region"])
    where = next((name for name in places if name in answers and set(answers[name].dropna().astype(str)) & regions), None)
    place = answers[where].astype(object).where(answers[where].notna(), "").astype(str) if where else pd.Series("", index=answers.index)
    day = pd.to_datetime(answers[at]).dt.tz_convert(time_zone).dt.strftime("%Y-%m-%d")
    out, factors = answers.assign(place=place, day=day), sorted(rows["factor"].unique())
    for factor in factors:
        mine = rows[rows["factor"] == factor].set_index(["day", "region"])["value"]
        own = mine.reindex(pd.MultiIndex.from_arrays([day, place])).to_numpy(dtype=float)
        everywhere = mine.reindex(pd.MultiIndex.from_arrays([day, np.full(len(day), "")])).to_numpy(dtype=float)
        out[factor] = np.where(np.isnan(own), everywhere, own)
    return out, factors


def context_effects(
    data: pd.DataFrame, outcome: str, factors: Sequence[str], *, day: str = "day", place: str = "place", within: Sequence[str] = (),
    weights=None, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """How an outcome goes with what a day is like, between days of the same month at the same place.

    Parameters
    ----------
    data : DataFrame
        A row an answer: the outcome, a column a factor, the day (YYYY-MM-DD) and the place it was at.
    within : column names
        What is held equal beside place and month: the unit, which score it is.
    weights : column name, optional

    Returns
    -------
    DataFrame, a row a factor: factor; step (from a usual low to a usual high day of the same month and place: 10th to 90th
    percentile, or a standard deviation where that is more; 1 for a 0/1 factor); value, low, high (change of the outcome a step); p (0-1); clear (bool: beyond noise after
    Holm over the factors); days; n; method; grade ("associated"); reason ("" or why there is none: "few_days",
    "constant").

    Raises
    ------
    DataError
        Columns that the data lack.

    Notes
    -----
    Answers of one week share its weather, and places share holidays and whatever else the day brings, so errors are clustered by week
    whatever the place. Seasons go out with the month: what is told is a wet day beside the dry days around it. A factor that hardly moves
    within a month cannot be told; one that is known for fewer than half of the answers is left out, for it would take the others' answers with it.
    """
    names = [outcome, day, place, *within, *factors, *([weights] if weights else [])]
    lacking = [name for name in names if name not in data]
    if lacking:
        raise DataError(f"context: column {', '.join(map(repr, lacking))} is not in the data. Name columns of the data.")
    answered = data[names].dropna(subset=[outcome, day, *within])
    known = [name for name in factors if answered[name].notna().mean() >= KNOWN]
    rows = answered.dropna(subset=known).reset_index(drop=True)
    asked, days = [name for name in known if rows[name].nunique() > 1], rows[day].nunique()
    nothing = {"step": np.nan, "value": np.nan, "low": np.nan, "high": np.nan, "p": np.nan, "clear": False, "days": days, "n": len(rows), "method": METHOD, "grade": "associated"}
    enough = days >= FEWEST_DAYS and len(rows) >= FEWEST_ROWS
    found = _within(rows, outcome, asked, day, place, list(within), weights, confidence) if enough and asked else {}
    told = [{"factor": f, **nothing, **found.get(f, {"reason": "constant" if enough and f in known else "few_days"})} for f in factors]
    return pd.DataFrame(told, columns=list(COLUMNS))


def _within(rows: pd.DataFrame, outcome: str, factors: list[str], day: str, place: str, within: list[str], weights, confidence: float) -> dict[str, dict]:
    """Least squares between days of the same cell (place, month and what is held equal); a factor that never moves there is left out."""
    month = rows[day].str.slice(0, 7)
    cell = pd.factorize(pd.MultiIndex.from_frame(pd.concat([rows[[place, *within]].astype(str), month.rename("_month")], axis=1)))[0]
    w = np.ones(len(rows)) if weights is None else rows[weights].to_numpy(dtype=float)
    total = np.bincount(cell, w)
    table = rows[[outcome, *factors]].to_numpy(dtype=float)
    table = table - np.column_stack([np.bincount(cell, w * column) / np.where(total > 0, total, 1.0) for column in table.T])[cell]
    moves = [j for j in range(1, table.shape[1]) if table[:, j].std() > 1e-9 * max(rows[factors[j - 1]].std(), 1e-300)]
    frame = pd.DataFrame(table[:, [0, *moves]], columns=["_outcome", *[factors[j - 1] for j in moves]])
    week = pd.to_datetime(rows[day]).dt.strftime("%G-%V").to_numpy()
    kept = [factors[j - 1] for j in moves]
    if not kept:
        return {}
    d = design(frame, "_outcome", kept, weights=w, cluster=week)
    fitted = coefficients(d)
    # The months' means take a week's freedom each, and what is left of a week is smaller for it.
    weeks, months = d.n_groups, month.nunique()
    fitted = replace(fitted, covariance=fitted.covariance * weeks / (weeks - months), df=float(weeks - months))
    steps = np.array([_step(rows[name], frame[name]) for name in kept])
    half, clear = quantile(confidence, fitted.df) * fitted.error * steps, holm(fitted.p_value, 1 - confidence)
    return {
        name: {"step": step, "value": value * step, "low": value * step - reach, "high": value * step + reach, "p": p, "clear": bool(sure), "reason": ""}
        for name, step, value, reach, p, sure in zip(kept, steps, fitted.value, half, fitted.p_value, clear, strict=True)
    }


def _step(values: pd.Series, away: pd.Series) -> float:
    """1 for yes or no; else from the 10th to the 90th percentile of what moves within a cell, where most days are alike a standard deviation."""
    usual = float(away.quantile(1 - TENTH) - away.quantile(TENTH))
    return 1.0 if set(values.unique()) <= {0.0, 1.0} else max(usual, float(away.std()))


def drivers_beside(data: pd.DataFrame, outcome: str, drivers: Sequence[str], factors: Sequence[str], *, controls=(), weights=None, cluster=None) -> pd.DataFrame:
    """The effect of each driver without and with what the day was like held equal, on the same answers.

    Returns
    -------
    DataFrame, a row a driver: driver, without, with_context (outcome per unit of the driver), errors (how many standard errors
    the two lie apart), stands (bool: less than one), n. Drivers that cannot be asked beside the factors (see `design.screen`) are left out.
    """
    nothing = pd.DataFrame({"driver": [], "without": [], "with_context": [], "errors": [], "stands": pd.Series(dtype=bool), "n": []})
    if not len(drivers) or not len(factors):
        return nothing
    rows = data.dropna(subset=list(factors))
    moving = [name for name in factors if rows[name].nunique() > 1]
    asked = screen(rows, outcome, drivers, [*controls, *moving])
    drivers = list(asked.loc[asked["kept"], "driver"])
    if not drivers:
        return nothing
    plain = design(rows, outcome, drivers, controls, weights, cluster)
    beside = design(rows, outcome, drivers, [*controls, *moving], weights, cluster)
    first, second = coefficients(plain), coefficients(beside)
    apart = np.abs(second.value - first.value) / first.error
    return pd.DataFrame({"driver": list(drivers), "without": first.value, "with_context": second.value, "errors": apart, "stands": apart < 1, "n": plain.n})
