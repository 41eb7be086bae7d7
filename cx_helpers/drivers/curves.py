"""The outcome along one driver, all else held equal: groups, a restricted cubic spline, and the line with its bend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.robust import by_cluster, freedom, small_sample
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile

KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
SHAPES = ("groups", "bend", "spline")
MOST_GROUPS, LEAST_IN_GROUP, POINTS = 11, 30, 40
NICE = (1, 2, 2.5, 3, 5, 10)


def curve(
    data: pd.DataFrame, outcome: str, driver: str, *, shape: str = "spline", bend: float | None = None, others: Sequence[str] = (), controls=(),
    weights=None, cluster=None, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """What the outcome is along a driver, were all that is held equal at its mean.

    Parameters
    ----------
    data : DataFrame
        A row a journey.
    outcome, driver : column names
    shape : {"spline", "groups", "bend"}
        A restricted cubic spline with five knots (Harrell 2015); means of up to 11 groups of like values; or the straight line
        that bends at `bend`.
    others, controls : column names
        Other drivers and controls, held equal.
    weights, cluster
        As `design.design`.

    Returns
    -------
    DataFrame, a row a point or group, by x: x (unit of the driver; of a group its mean), from_x, to_x (a group holds from_x and what
    is below to_x; NaN where it is open, and off groups), value, low, high (outcome), share (0-1, of journeys in the group; NaN elsewhere), n (of a group its
    rows, else all), shape, method, grade ("associated").

    Raises
    ------
    DataError
        An unknown shape; a bend without a place, or with all rows on one side; all that `design` refuses.

    Notes
    -----
    Pointwise intervals, robust to clusters; those of the bent line take its place as given. Drawn between the 2nd and
    98th percentile, for beyond them a curve is guesswork; the first and last group hold all that is beyond.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"wait": rng.integers(0, 31, 900)})
    >>> frame["score"] = 8 - 0.2 * (frame["wait"] - 12).clip(lower=0) + rng.normal(size=900)
    >>> along = curve(frame, "score", "wait", bend=12, shape="bend")
    >>> bool(along["value"].iloc[0] > along["value"].iloc[-1] + 2)
    True
    """
    return curves(data, outcome, driver, shapes=[shape], bend=bend, others=others, controls=controls, weights=weights, cluster=cluster, confidence=confidence)


def curves(
    data: pd.DataFrame, outcome: str, driver: str, *, shapes: Sequence[str] = SHAPES, bend: float | None = None, others: Sequence[str] = (), controls=(),
    weights=None, cluster=None, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Several shapes of `curve` along one driver, one after the other, at the cost of taking out once what is held equal.

    Parameters
    ----------
    shapes : sequence of str, see `curve`, as are all others

    Returns
    -------
    DataFrame of `curve`.
    """
    if unknown := [shape for shape in shapes if shape not in SHAPES]:
        raise DataError(f"curves: shape {unknown[0]!r} is unknown. Choose one of {', '.join(SHAPES)}.")
    d = design(data, outcome, [driver, *others], controls, weights, cluster)
    held = np.column_stack([d.basis, np.linalg.qr(d.rest[:, 2:])[0]])
    drawn = [_groups(d, held, confidence) if shape == "groups" else _line(d, held, shape, bend, confidence) for shape in shapes]
    return pd.concat(drawn, ignore_index=True)


def _line(d: Design, held: np.ndarray, shape: str, bend: float | None, confidence: float) -> pd.DataFrame:
    x = d.x[:, 0]
    points = np.linspace(*np.quantile(x, [0.02, 0.98]), POINTS)
    if shape == "bend":
        if bend is None or not x.min() < bend < x.max():
            raise DataError(f"curves: bend {bend!r} is not between {x.min():g} and {x.max():g}. Give the place that `thresholds.bends` found.")
        points = np.unique(np.append(points, bend))
        rows, at = (np.column_stack([v, np.maximum(v - bend, 0.0)]) for v in (x, points))
    else:
        knots = np.unique(np.quantile(x, KNOTS))
        rows, at = spline(x, knots), spline(points, knots)
    found = _adjusted(d, held, rows, at, confidence)
    return found.assign(x=points, from_x=np.nan, to_x=np.nan, share=np.nan, n=d.n, shape=shape, method=_method(d, shape), grade="associated")[COLUMNS]


COLUMNS = ["x", "from_x", "to_x", "value", "low", "high", "share", "n", "shape", "method", "grade"]


def _method(d: Design, shape: str) -> str:
    return f"{shape}, adjusted, robust" + (", weighted" if d.weighted else "") + (", clustered" if d.clustered else "")


def spline(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Columns of a restricted cubic spline: straight beyond the outer knots; a straight line where there are fewer than three."""
    columns = [x]
    span = (knots[-1] - knots[0]) ** 2 or 1.0

    def cube(t: float) -> np.ndarray:
        return np.maximum(x - t, 0.0) ** 3

    last, before = knots[-1], knots[-2] if len(knots) > 1 else knots[-1]
    for t in knots[:-2]:
        ends = cube(before) * (last - t) / (last - before) - cube(last) * (before - t) / (last - before)
        columns.append((cube(t) - ends) / span)
    return np.column_stack(columns)


def _adjusted(d: Design, held: np.ndarray, rows: np.ndarray, at: np.ndarray, confidence: float) -> pd.DataFrame:
    """Value with interval at each row of `at`, for columns whose values at the data are `rows`; `held`: orthonormal, all that is held equal."""
    root = np.sqrt(d.weights)[:, None]
    centre = np.average(rows, axis=0, weights=d.weights)
    scale = np.where(rows.std(axis=0) > 0, rows.std(axis=0), 1.0)
    rows, at = (rows - centre) / scale, (at - centre) / scale
    both = root * np.column_stack([d.y, rows])
    for _ in range(2):  # what one pass leaves of a large mean is noise that a second removes
        both = both - held @ (held.T @ both)
    y, b = both[:, 0], both[:, 1:]
    inverse = np.linalg.pinv(b.T @ b, hermitian=True)
    columns = d.controls.shape[1] + d.x.shape[1] - 1 + b.shape[1]
    theta = inverse @ (b.T @ y)
    rest = (y - b @ theta)[:, None]
    # The mean of the outcome, and what the curve adds to it, move together in each cluster.
    influence = by_cluster(root * rest / d.weights.sum(), d)[:, :1] + by_cluster(b * rest, d) @ (inverse @ at.T)
    error = np.sqrt((influence**2).sum(axis=0) * small_sample(d, columns))
    value = np.average(d.y, weights=d.weights) + at @ theta
    half = quantile(confidence, freedom(d, columns)) * error
    return pd.DataFrame({"value": value, "low": value - half, "high": value + half})


def _groups(d: Design, held: np.ndarray, confidence: float) -> pd.DataFrame:
    x = d.x[:, 0]
    edges = group_edges(x)
    member = np.searchsorted(edges, x, side="right")
    codes = np.arange(len(edges) + 1)
    counts = np.bincount(member, minlength=len(codes))
    weight = np.bincount(member, weights=d.weights, minlength=len(codes))
    dummies = (member[:, None] == codes[1:]).astype(float)
    found = _adjusted(d, held, dummies, np.vstack([np.zeros(len(edges)), np.eye(len(edges))]), confidence)
    low, high = np.append(np.nan, edges), np.append(edges, np.nan)
    centre = np.bincount(member, weights=d.weights * x, minlength=len(codes)) / weight
    return found.assign(x=centre, from_x=low, to_x=high, share=weight / weight.sum(), n=counts, shape="groups", method=_method(d, "groups"), grade="associated")[COLUMNS]


def group_edges(x: np.ndarray) -> np.ndarray:
    """Where groups of like values begin: round steps of equal width, thin groups joined to their neighbour."""
    low, high = np.quantile(x, [0.01, 0.97])
    if high <= low:
        return np.array([])
    rough = (high - low) / (MOST_GROUPS - 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(m * power for m in NICE if m * power >= rough - 1e-12)
    edges = list(np.arange(np.ceil(low / step + 1e-9) * step, high + step / 2, step))
    return np.array(thick(edges, x, LEAST_IN_GROUP))


def thick(edges: list[float], x: np.ndarray, least: int) -> list[float]:
    """The edges that are left when each group with fewer than `least` values is taken in by its thinner neighbour.

    >>> thick([1.0, 2.0], np.array([0.0, 0.5, 1.5, 2.5, 2.6, 2.7]), 2)
    [2.0]
    """
    edges = list(edges)
    while edges:
        counts = np.bincount(np.searchsorted(edges, x, side="right"), minlength=len(edges) + 1)
        thin = int(counts.argmin())
        if counts[thin] >= least:
            break
        left = thin > 0 and (thin == len(edges) or counts[thin - 1] <= counts[thin + 1])
        edges.pop(thin - 1 if left else thin)
    return edges
