"""Where an input starts to hurt: one bend in an otherwise straight line, with intervals for its place and both slopes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.hinges import Held, Sums, held_equal_to, sums_beyond
from cx_helpers.drivers.robust import by_cluster, freedom, holm, small_sample
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile

PLACES, FINE, TESTED_EVERY = 60, 41, 3
TRIMMED = 0.05
LEAST_VALUES, LEAST_SIDE = 6, 30
TEST_DRAWS = 4000
SIDES = ("before", "before_low", "before_high", "after", "after_low", "after_high")
COLUMNS = {
    "driver": str, "bend": bool, "kind": str, "value": float, "low": float, "high": float, "before": float, "before_low": float, "before_high": float,
    "after": float, "after_low": float, "after_high": float, "straight": float, "straight_low": float, "straight_high": float,
    "share_beyond": float, "p_value": float, "reason": str, "n": int, "method": str, "grade": str,
}  # fmt: skip


def bends(
    data: pd.DataFrame, outcome: str, drivers: Sequence[str], *, asked: Sequence[str] | None = None, better: Mapping[str, str] | None = None,
    controls=(), weights=None, cluster=None, confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Whether the outcome bends along each driver, and where: a straight line with one bend at an unknown place.

    Parameters
    ----------
    data : DataFrame
        A row a journey.
    outcome, drivers : column names
        Every driver is held equal while another is asked, as are the controls.
    asked : drivers to ask, optional
        All when left out.
    better : mapping of driver to "lower" or "higher", optional
        Which way is worse: there the slope `after` is. A driver that is not named is taken as better when lower.
    controls, weights, cluster
        As `design.design`.
    confidence, seed : float, int
        Of the intervals and, after Holm's correction over the drivers, of the claim that there is a bend; of the
        4,000 draws of the test.

    Returns
    -------
    DataFrame, a row a driver asked: driver; bend (bool: beyond noise); kind ("starts": no clear slope before and a harmful
    one after, "worsens": harmful before and more so after, "peaks": gaining before and harmful after, "eases": harmful before and less so or not after, "bends_otherwise",
    "straight", "not_asked"); value, low, high (place of the bend, unit of the driver; NaN without one); before, after
    with their low and high (outcome per unit of the driver towards worse, on the better and on the worse side; the same
    straight slope on both where there is no bend); straight with low and high (the slope without a bend); share_beyond (0-1, of journeys on the worse side); p_value (of the
    test, uncorrected); reason ("" or "few_values"); n; method; grade ("associated"). attrs: confidence, outcome, n_dropped.

    Raises
    ------
    DataError
        All that `design` refuses; better neither lower nor higher.

    Notes
    -----
    Test: the largest robust score statistic over 20 places between the 5th and 95th percentile against its Gaussian
    law under a straight line (Hansen 1996; Lee, Seo, Shin 2011), exact multiplier draws by cluster. Place: least
    squares; its interval holds every place that a quasi-likelihood-ratio test scaled by the robust variance does not
    reject (Muggeo 2017; Hansen 2017). Slopes: the robust covariance of slopes and place together, so that they know
    that the place is estimated. Not for inputs of few values, for jumps (a step is told as a steep bend), nor to set a
    standard by itself: it is an association. Below about 40 clusters intervals are too narrow.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"wait": rng.integers(0, 31, 2000)})
    >>> frame["score"] = 8 - 0.2 * (frame["wait"] - 12).clip(lower=0) + rng.normal(size=2000)
    >>> row = bends(frame, "score", ["wait"]).iloc[0]
    >>> row["kind"], bool(row["low"] <= 12 <= row["high"])
    ('starts', True)
    """
    drivers, better = list(drivers), dict(better or {})
    odd = [f"{name!r} is {way!r}" for name, way in better.items() if name in drivers and way not in ("lower", "higher")]
    if odd:
        raise DataError(f"thresholds: better of {', '.join(odd)}, allowed are lower and higher. Say which way is better.")
    if not drivers:
        return _table([], data, outcome, confidence)
    d = design(data, outcome, drivers, controls, weights, cluster)
    signs = [-1.0 if better.get(name) == "higher" else 1.0 for name in drivers]
    held = held_equal_to(d, np.array(signs))
    rows = [_asked(d, held, j, signs[j], confidence, seed) for j, name in enumerate(drivers) if asked is None or name in asked]
    return judged(_table(rows, data, outcome, confidence), confidence)


def judged(table: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """The table with Holm's correction over all its rows, which may come from several calls: a bend within noise is a straight line.

    Parameters
    ----------
    table : rows of `bends`, before or after their own correction
    """
    table = table.assign(bend=holm(table["p_value"], 1 - confidence))
    for side in SIDES:
        table[side] = table[side].where(table["bend"], table[f"straight{side.removeprefix('before').removeprefix('after')}"])
    for name in ("value", "low", "high", "share_beyond"):
        table[name] = table[name].where(table["bend"])
    return table.assign(kind=[_kind(row._asdict()) for row in table.itertuples()])


def _kind(row: dict) -> str:
    if not row["bend"]:
        return "not_asked" if row["reason"] else "straight"
    harm_before, harm_after = row["before_high"] < 0, row["after_high"] < 0
    if harm_after and row["before"] > row["after"]:
        return "worsens" if harm_before else "starts" if row["before_low"] <= 0 else "peaks"
    return "eases" if harm_before and row["after"] > row["before"] else "bends_otherwise"


def _table(rows: list[dict], data: pd.DataFrame, outcome: str, confidence: float) -> pd.DataFrame:
    table = pd.DataFrame({name: pd.Series([row.get(name, kind()) for row in rows], dtype=kind) for name, kind in COLUMNS.items()})
    table.attrs = {"confidence": confidence, "outcome": outcome, "n_dropped": len(data) - rows[0]["n"] if rows else 0}
    return table


def _asked(d: Design, held: Held, j: int, sign: float, confidence: float, seed: int) -> dict:
    """One driver: the test, the place, the slopes; everything in the driver's own unit."""
    x, scale = held.x[:, j], held.scale[j]
    row = {"driver": d.drivers[j], "n": d.n, "grade": "associated", "reason": "", "p_value": math.nan,
           "method": "one bend, robust" + (", weighted" if d.weighted else "") + (", clustered" if d.clustered else "")}  # fmt: skip
    row |= dict.fromkeys(("value", "low", "high", *SIDES, "share_beyond"), math.nan)
    row |= dict(zip(("straight", "straight_low", "straight_high"), _straight_slope(d, held, j, confidence) / scale, strict=True))
    places = _places(x)
    if not len(places):
        return row | {"reason": "few_values"}
    row["p_value"] = _p_value(d, held, held.hinges(x, places[::TESTED_EVERY]), seed)
    own = held.z @ held.inverse[j]
    sums = sums_beyond(held, x, own)
    gains = _gains(sums, places)
    place, top = _best(sums, places, gains)
    every = np.append(places, place)
    fits = _fits(held, j, own, sums, every)
    robust = _robust(d, held, j, own, place)
    df = freedom(d, held.z.shape[1] + 2)
    rest = (float(held.y @ held.y) - top) / (d.n - held.z.shape[1] - 2)
    ratio = np.maximum(top - np.append(gains, top), 0.0) / rest
    limit = quantile(confidence, df) ** 2
    middle = d.x[:, j].mean()
    low, high = sorted(middle + sign * scale * end for end in _accepted(every, ratio / robust[2], limit))
    row |= {"value": middle + sign * scale * place, "low": low, "high": high, "share_beyond": float(np.average(x > place, weights=d.weights))}
    for side, (values, sizes), times in zip(("before", "after"), fits, robust, strict=False):
        half = np.sqrt(np.maximum(limit * times - ratio, 0.0) * rest * sizes)[ratio <= limit * times]
        inside = values[ratio <= limit * times]
        row |= {side: values[-1] / scale, f"{side}_low": (inside - half).min() / scale, f"{side}_high": (inside + half).max() / scale}
    return row


def _places(x: np.ndarray) -> np.ndarray:
    """Where a bend is looked for: evenly between the 5th and 95th percentile, with rows enough on both sides."""
    if len(np.unique(x[:100_000])) < LEAST_VALUES:
        return np.empty(0)
    ordered = np.sort(x)
    low, high = np.quantile(ordered, [TRIMMED, 1 - TRIMMED])
    places = np.linspace(low, high, PLACES) if high > low else np.empty(0)
    above = len(x) - np.searchsorted(ordered, places, side="right")
    below = np.searchsorted(ordered, places, side="left")
    return places[(np.minimum(above, below) >= LEAST_SIDE) & (places > ordered[0]) & (places < ordered[-1])]


def _p_value(d: Design, held: Held, hinges: np.ndarray, seed: int) -> float:
    """Chance of a score statistic as large, were the line straight: its law over the places is Gaussian."""
    sums = by_cluster(hinges * held.y[:, None], d)
    spread = sums.T @ sums * small_sample(d, held.z.shape[1])
    error = np.sqrt(np.diag(spread))
    error = np.where(error > 1e-12 * error.max(), error, np.inf)
    found = np.max(np.abs(sums.sum(axis=0)) / error)
    values, vectors = np.linalg.eigh(spread / np.outer(error, error))
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(TEST_DRAWS, len(values))) * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    # Divided by the root of a chi-square: few clusters know their own spread badly, as in Student's t.
    df = freedom(d, held.z.shape[1])
    drawn = np.abs(drawn).max(axis=1) / np.sqrt(rng.chisquare(df, TEST_DRAWS) / df)
    return float((1 + (drawn >= found).sum()) / (1 + TEST_DRAWS))


def _best(sums: Sums, places: np.ndarray, gains: np.ndarray) -> tuple[float, float]:
    """The place that leaves least unexplained, looked for again more finely around the best, and what it explains."""
    around = int(gains.argmax())
    fine = np.linspace(places[max(around - 1, 0)], places[min(around + 1, len(places) - 1)], FINE)
    again = _gains(sums, fine)
    return float(fine[again.argmax()]), float(max(again.max(), gains.max()))


def _left(sums: Sums, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each place's hinge, what is held equal taken out: its size, its product with the outcome, and with the driver's own part."""
    products = sums.products(places)
    whole = sums.squares(places)
    size = whole - (products[:, :-2] ** 2).sum(axis=1)
    return np.where(size > 1e-10 * whole, size, np.inf), products[:, -2], products[:, -1]


def _gains(sums: Sums, places: np.ndarray) -> np.ndarray:
    size, with_y, _ = _left(sums, places)
    return with_y**2 / size


def _straight_slope(d: Design, held: Held, j: int, confidence: float) -> np.ndarray:
    """The slope without a bend, low and high."""
    own = held.z @ held.inverse[j]
    value = float(own @ held.full)
    error = float(_errors(d, own[:, None], held.leverage, held.y)[0])
    half = quantile(confidence, freedom(d, held.z.shape[1])) * error
    return np.array([value, value - half, value + half])


def _errors(d: Design, reach: np.ndarray, leverage: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Robust errors of coefficients; residuals are widened by leverage (HC3), for far values fit themselves."""
    influence = by_cluster(reach * (rest / (1 - np.minimum(leverage, 0.9)))[:, None], d)
    return np.sqrt((influence**2).sum(axis=0) * (d.n_groups / (d.n_groups - 1) if d.clustered else 1.0))


def _fits(held: Held, j: int, own: np.ndarray, sums: Sums, places: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """At every place the slope before and after, and its naive variance for errors of size 1."""
    size, with_y, with_x = _left(sums, places)
    straight, bend = float(own @ held.full), with_y / size
    return [(straight + (side - with_x) * bend, held.inverse[j, j] + (side - with_x) ** 2 / size) for side in (0.0, 1.0)]


def _robust(d: Design, held: Held, j: int, own: np.ndarray, place: float) -> np.ndarray:
    """Robust over naive variance of the slope before, the slope after and the place."""
    x = held.x[:, j]
    hinge = held.root * np.maximum(x - place, 0.0)
    left = held.out(hinge[:, None])[:, 0]
    bend = float(left @ held.y / (left @ left))
    # The place is estimated too: its direction is a step of the size of the bend.
    step = -bend * held.root * (x > place)
    both = np.column_stack([left, held.out(step[:, None])[:, 0]])
    inverse = np.linalg.pinv(both.T @ both, hermitian=True)
    reach, on_x = both @ inverse, own @ np.column_stack([hinge, step])
    before = own - reach @ on_x
    wanted = np.array([-on_x, np.array([1.0, 0]) - on_x, [0.0, 1]])
    naive = np.einsum("ij,jk,ik->i", wanted, inverse, wanted) + np.array([1.0, 1, 0]) * held.inverse[j, j]
    rest = held.y - bend * left
    error = _errors(d, np.column_stack([before, before + reach[:, 0], reach[:, 1]]), held.leverage + (reach * both).sum(axis=1), rest)
    naive = naive * float(rest @ rest) / (d.n - held.z.shape[1] - 2)
    return np.divide(error**2, naive, out=np.full(3, np.inf), where=naive > 0)


def _accepted(places: np.ndarray, ratio: np.ndarray, limit: float) -> tuple[float, float]:
    """From the first to the last place that the likelihood ratio does not reject, ends interpolated between places."""
    order = np.argsort(places)
    at, ratio = places[order], ratio[order]
    inside = np.flatnonzero(ratio <= limit)
    first, last = inside[0], inside[-1]
    low = at[0] if first == 0 else np.interp(limit, ratio[[first, first - 1]], at[[first, first - 1]])
    high = at[-1] if last == len(at) - 1 else np.interp(limit, ratio[[last, last + 1]], at[[last, last + 1]])
    return float(low), float(high)
