"""The ranking of drivers and what belongs beside it: is the lead real, do other methods agree, what would noise weigh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.drivers import importance
from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.draws import Products, beside_noise, moved_percentiles, of_data, of_draws, ranks, share_interval, to_shares
from cx_helpers.drivers.robust import holm
from cx_helpers.drivers.shares import METHODS
from cx_helpers.estimates.families import holm_adjusted

NOISE = "noise"
TWINS = 200
MOST_BESIDE_NOISE = 14
PAIR_COLUMNS = ("rank", "driver", "next", "value", "low", "high", "p", "ahead", "n", "method", "grade")


@dataclass(frozen=True, eq=False)
class Ranking:
    """Importance with its checks, all from the same rows and the same draws.

    Attributes
    ----------
    table : DataFrame
        As `importance.relative_importance`, with beyond_yardstick (bool): more than pure noise would carry.
    pairs : DataFrame
        A row a pair of neighbours in the ranking: rank (of the first), driver, next, value (difference of their shares of what
        the drivers explain, 0-1), low, high, p (after Holm's correction over the pairs), ahead (bool: beyond noise), n, method, grade.
    ways : DataFrame
        A row a driver in the order of the ranking; for each method that can be had (lmg up to 20 drivers, johnson, first, last) its
        importance (0-1), <method>_low, <method>_high and <method>_rank; n. attrs: first, the leading driver by method.
    yardstick : DataFrame
        One row, driver "noise": importance, low, high, share, share_low, share_high that a column of pure noise shows
        (percentiles over 200 such columns; high is what it stays below in all but 2.5 of 100), n, method.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    ways: pd.DataFrame
    yardstick: pd.DataFrame


def ranking(
    data: pd.DataFrame, outcome: str, drivers: Sequence[str], *, method: str = "auto", controls=(), weights=None,
    cluster=None, bootstrap: int = 1000, confidence: float = 0.95, seed: int = 0,
) -> Ranking:  # fmt: skip
    """The drivers by importance, with the tests of the order, the other methods and the yardstick of noise.

    Parameters
    ----------
    data, outcome, drivers, controls, weights, cluster, bootstrap, confidence, seed
        As `importance.relative_importance`; at least 100 draws.
    method : {"auto", "lmg", "johnson", "first", "last"}

    Returns
    -------
    Ranking

    Raises
    ------
    DataError
        As `importance.relative_importance`.

    Notes
    -----
    Order: the difference of two shares against its spread over the draws (normal), Holm over the pairs of neighbours; the
    pairs are chosen by the same data, which makes the test cautious where many drivers are alike. Yardstick: a driver's
    column with the signs of whole clusters thrown by a coin enters beside all drivers, by the same method (beyond 14 drivers by
    Johnson's, which gives noise a little more). A driver below it carries no more than noise would; one above it need not be
    usable, since drivers that go with a usable one get a share of their own. Not without draws.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"wait": rng.normal(size=300), "price": rng.normal(size=300)})
    >>> frame["score"] = 8 - frame["wait"] + rng.normal(size=300)
    >>> found = ranking(frame, "score", ["wait", "price"], bootstrap=100)
    >>> bool(found.pairs["ahead"].iloc[0]), found.ways.attrs["first"]["johnson"], list(found.table["beyond_yardstick"])
    (True, 'wait', [True, False])
    """
    drivers = list(drivers)
    method = importance.chosen(method, len(drivers))
    if not drivers:
        empty = importance.nothing(data, outcome, confidence).assign(beyond_yardstick=pd.Series(dtype=bool))
        return Ranking(empty, pd.DataFrame({name: [] for name in PAIR_COLUMNS}), pd.DataFrame({"driver": pd.Series(dtype=str)}), pd.DataFrame({"driver": pd.Series(dtype=str)}))
    d = design(data, outcome, drivers, controls, weights, cluster)
    real, drawn = of_data(d), of_draws(d, max(bootstrap, 100), seed)
    table = importance.weighed(d, real, drawn, method, outcome, confidence, len(data))
    yardstick = noise_yardstick(d, method, seed=seed, confidence=confidence)
    table = table.assign(beyond_yardstick=table["importance"] > yardstick["high"].iloc[0])
    return Ranking(table, _pairs(d, real, drawn, table, method, confidence), _ways(d, real, drawn, table, confidence), yardstick)


def noise_yardstick(d: Design, method: str = "lmg", *, columns: int = TWINS, confidence: float = 0.95, seed: int = 0) -> pd.DataFrame:
    """What columns of pure noise would carry beside the drivers, as `Ranking.yardstick`."""
    by = method if d.x.shape[1] <= MOST_BESIDE_NOISE or method != "lmg" else "johnson"
    found = beside_noise(d, columns, seed).importances(by)
    shares = to_shares(found)[:, -1]
    tail = 50 * (1 - confidence)
    ends = [50, tail, 100 - tail]
    row = dict(zip(("importance", "low", "high"), np.percentile(found[:, -1], ends), strict=True))
    row |= dict(zip(("share", "share_low", "share_high"), np.percentile(shares, ends), strict=True))
    return pd.DataFrame([{"driver": NOISE, **row, "n": d.n, "method": f"{by}, {columns} columns of noise"}])


def _pairs(d: Design, real: Products, drawn: Products, table: pd.DataFrame, method: str, confidence: float) -> pd.DataFrame:
    if len(table) < 2:
        return pd.DataFrame({name: [] for name in PAIR_COLUMNS})
    order = [d.drivers.index(name) for name in table["driver"]]
    shares, draws = to_shares(real.importances(method))[0][order], to_shares(drawn.importances(method))[:, order]
    value, steps = shares[:-1] - shares[1:], draws[:, :-1] - draws[:, 1:]
    low, high = (np.clip(end, -1, 1) for end in moved_percentiles(steps, value, confidence))
    error = steps.std(axis=0, ddof=1)
    chance = 2 * special.ndtr(-np.divide(value, error, out=np.zeros_like(value), where=error > 0))
    return pd.DataFrame({
        "rank": table["rank"].to_numpy()[:-1], "driver": table["driver"].to_numpy()[:-1], "next": table["driver"].to_numpy()[1:],
        "value": value, "low": low, "high": high, "p": holm_adjusted(chance), "ahead": holm(chance, 1 - confidence), "n": d.n,
        "method": importance.method_name(method, d, len(draws)), "grade": "associated",
    })[list(PAIR_COLUMNS)]  # fmt: skip


def _ways(d: Design, real: Products, drawn: Products, table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    ways, first = pd.DataFrame({"driver": d.drivers}), {}
    for method in METHODS:
        if method == "lmg" and len(d.drivers) > importance.MOST_DRIVERS:
            continue
        values = real.importances(method)[0]
        low, high = share_interval(drawn.importances(method), values, confidence, d)
        ways[method], ways[f"{method}_low"], ways[f"{method}_high"] = values, low, high
        ways[f"{method}_rank"] = ranks(values[None])[0].astype(int)
        first[method] = d.drivers[int(np.argmax(values))]
    ways = ways.set_index("driver").loc[list(table["driver"])].reset_index().assign(n=d.n)
    ways.attrs = {"first": first}
    return ways
