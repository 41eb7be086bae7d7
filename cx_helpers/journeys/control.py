"""Control charts: which months of a series lie outside what is usual for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.stats import t

from cx_helpers.errors import DataError, UsageError

Kind = Literal["xmr", "p", "ewma"]
BASELINE = 12
FEWEST = 6  # points below which nothing is called usual
RUN = 8
D2 = 1.128  # expected range of two normal values, in standard deviations
RANGE_DF = 0.62  # degrees of freedom of an average moving range, a point beyond the first


def control_chart(
    series, kind: Kind = "xmr", n=None, *, error=None, baseline: int | Collection = BASELINE, eras: Sequence | None = None,
    weight: float = 0.2, sigmas: float = 3.0,
) -> pd.DataFrame:  # fmt: skip
    """A series against its usual range.

    Parameters
    ----------
    series : pandas Series, sequence of numbers in order of time, or Ibis table with month, value and (for "p") n
        NaN: not known; such a point is passed over.
    kind : {"xmr", "p", "ewma"}
        xmr: single values, spread from the moving range. p: shares (0-1) of varying `n`; where they spread more than
        chance would, limits are widened (Laney's p'). ewma: limits for the exponentially weighted mean, which sees
        small lasting shifts.
    n : sequence, optional
        Number behind each share; needed for "p".
    error : sequence, optional
        For "xmr": standard error of each value. Limits then follow it from month to month, and are widened by what the
        values spread beyond it: the same idea as Laney's, for means and NPS.
    baseline : int or collection of labels
        The first so many known points of each era, or the labels (months) declared to be usual. Frozen: later points
        never move the limits; points of the baseline that lie outside are taken out of it, one round after another.
    eras : sequence, optional
        One mark a point; where it changes (another wording) the chart begins anew.
    weight : float
        Of the newest value in "ewma".
    sigmas : float
        Distance of the limits from the centre.

    Returns
    -------
    DataFrame with the labels of `series` as index: value; centre, low, high (the usual range; NaN where an era has
    fewer than six points to know it by); baseline (bool: the limits rest on it); signal: "beyond" (outside the limits:
    Western Electric rule 1), "run" (the eighth or a later point in a row on one side of the centre), else ""; p (chance
    of a distance like this under noise alone: Student's t with 0.62 degrees of freedom a baseline point, from the
    larger of moving range and standard deviation); n. For "ewma" also smoothed, which the limits and "beyond" are for.

    Raises
    ------
    UsageError
        An unknown kind, or "p" without n. DataError: lengths that differ, shares outside 0-1, a baseline without points.

    Notes
    -----
    Sources: Shewhart (1931); Western Electric (1956); NIST/SEMATECH e-Handbook 6.3.2.2 and 6.3.2.4; Laney (2002),
    Quality Engineering 14. With limits known exactly both rules together mark about 1 month in 150 on noise alone
    (Champ and Woodall 1987, Technometrics 29); with limits from twelve months about 1 in 30, see docs/methods.md. Not
    for series with a season or a drift of their own: those are marked because they move, not because something happened.

    Examples
    --------
    >>> chart = control_chart([50, 52, 49, 51, 50, 48, 51, 70])
    >>> chart["signal"].tolist()[-1], float(round(chart["centre"].iloc[-1], 1))
    ('beyond', 50.1)
    """
    series, n = _columns(series, n)
    if kind not in ("xmr", "p", "ewma"):
        raise UsageError(f"control_chart: kind {kind!r} is unknown. Choose xmr, p or ewma.")
    if kind == "p" and n is None:
        raise UsageError("control_chart: kind 'p' needs n, the number behind each share. Pass n=, or use xmr.")
    points = _points(series, kind, n, error, eras)
    parts = [_era(part, kind, baseline, weight, sigmas) for _, part in points.groupby("era", sort=False)]
    found = pd.concat(parts) if parts else _era(points, kind, baseline, weight, sigmas)
    if not isinstance(baseline, int) and not found["baseline"].any() and found["value"].notna().sum() >= FEWEST:
        raise DataError(f"control_chart: fewer than {FEWEST} of the points declared as baseline are known. Declare others, or a number of points.")
    columns = ["value", "centre", "low", "high", "baseline", "signal", "p", "n"]
    return found[[*columns[:1], "smoothed", *columns[1:]] if kind == "ewma" else columns]


def _columns(series, n) -> tuple[pd.Series, Sequence | None]:
    """A series, from whatever was given."""
    if isinstance(series, ir.Table):
        rows = series.order_by("month").execute().set_index("month")
        return rows["value"].astype(float), rows["n"].to_numpy() if "n" in rows else n
    return pd.Series(series, dtype=float), n


def _points(series: pd.Series, kind: Kind, n, error, eras) -> pd.DataFrame:
    """A row a point: value, n, the error limits follow, its weight in the centre, era."""
    given = {"n": n, "error": error, "eras": eras}
    wrong = [f"{name} has {len(column)}" for name, column in given.items() if column is not None and len(column) != len(series)]
    if wrong:
        raise DataError(f"control_chart: the series has {len(series)} points, {', '.join(wrong)}. Give one a point.")
    points = pd.DataFrame({"value": series, "n": np.nan if n is None else np.asarray(n, float)}, index=series.index)
    mark = pd.Series(0 if eras is None else list(eras), index=series.index)
    points["era"] = mark.ne(mark.shift()).cumsum()
    if kind == "p":
        outside = points["value"].notna() & ~points["value"].between(0, 1)
        if outside.any():
            raise DataError(f"control_chart: {int(outside.sum())} shares are outside 0-1 (first: {points['value'][outside].iloc[0]:g}). Give shares.")
        points["value"] = points["value"].where(points["n"] > 0)
    points["error"] = 1.0 if error is None else np.asarray(error, float)
    points["value"] = points["value"].where(points["error"] > 0)
    return points


def _era(points: pd.DataFrame, kind: Kind, baseline: int | Collection, weight: float, sigmas: float) -> pd.DataFrame:
    """The chart of one stretch in which the question, or the way of counting, was the same."""
    known = points["value"].notna()
    usual = known & (known.cumsum() <= baseline) if isinstance(baseline, int) else known & points.index.isin(list(baseline))
    own = kind == "p" or points["error"].ne(1).any()
    while usual.sum() >= FEWEST:
        centre, error, spread = _limits(points, usual, kind, own)
        outside = usual & ((points["value"] - centre).abs() > sigmas * spread * error)
        if not outside.any() or (usual & ~outside).sum() < FEWEST:
            break
        usual &= ~outside
    out = points.assign(centre=np.nan, low=np.nan, high=np.nan, baseline=False, signal="", p=np.nan, smoothed=points["value"])
    if usual.sum() < FEWEST:
        return out
    level = points["value"]
    if kind == "ewma":
        level, error = _smoothed(points["value"], centre, weight), error * _ewma_error(known, weight)
    low, high = centre - sigmas * spread * error, centre + sigmas * spread * error
    if kind == "p":
        low, high = low.clip(0, 1), high.clip(0, 1)
    beyond = known & ((level < low) | (level > high))
    run = pd.Series(False, points.index) if kind == "ewma" else _runs(points["value"] - centre)
    return out.assign(
        centre=centre, low=low, high=high, baseline=usual, smoothed=level, p=_chance(points, centre, error if kind != "ewma" else points["error"], spread, usual),
        signal=np.select([beyond, run], ["beyond", "run"], ""),
    )  # fmt: skip


def _limits(points: pd.DataFrame, usual: pd.Series, kind: Kind, own: bool) -> tuple[float, pd.Series, float]:
    """Centre, the error of each point, and the spread of the usual ones in units of it."""
    rows = points[usual]
    error = points["error"]
    if kind == "p":
        hits, of = (rows["value"] * rows["n"]).sum(), rows["n"].sum()
        centre, safe = hits / of, (hits + 0.5) / (of + 1)
        error = np.sqrt(safe * (1 - safe) / points["n"])
    else:
        centre = float(np.average(rows["value"], weights=1 / rows["error"] ** 2))
    apart = ((points["value"] - centre) / error)[usual]
    spread = apart.diff().abs().mean() / D2
    return float(centre), error, float(max(spread, 1.0) if own else spread)


def _chance(points: pd.DataFrame, centre: float, error: pd.Series, spread: float, usual: pd.Series) -> pd.Series:
    """How likely a point as far from the centre is under noise alone; slow movements count as noise too."""
    apart = (points["value"] - centre) / error
    count = int(usual.sum())
    noise = max(spread, float(apart[usual].std(ddof=1)))
    df = RANGE_DF * (count - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return pd.Series(2 * t.sf(np.abs(apart) / (noise * np.sqrt(1 + 1 / count)), df), points.index)


def _runs(apart: pd.Series) -> pd.Series:
    """Whether a known point is at least the eighth in a row on its side of the centre."""
    side = np.sign(apart.dropna())
    long = side.groupby(side.ne(side.shift()).cumsum()).cumcount() + 1 >= RUN
    return (long & (side != 0)).reindex(apart.index, fill_value=False)


def _smoothed(values: pd.Series, centre: float, weight: float) -> pd.Series:
    level, out = centre, []
    for value in values:
        level = level if np.isnan(value) else weight * value + (1 - weight) * level
        out.append(np.nan if np.isnan(value) else level)
    return pd.Series(out, values.index)


def _ewma_error(known: pd.Series, weight: float) -> np.ndarray:
    """What the weighted mean of so many values keeps of their standard deviation."""
    return np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * known.cumsum().to_numpy())))
