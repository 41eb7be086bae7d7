"""Intervals by resampling, for statistics that have no formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import Estimate


def bootstrap(
    statistic: Callable[..., float],
    arrays: Sequence,
    cluster=None,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Estimate:
    """Percentile bootstrap of any statistic, whole customers at a time (Efron and Tibshirani 1993, chapter 13).

    Parameters
    ----------
    statistic : callable
        Takes the arrays in order and returns a number.
    arrays : sequence of arrays of equal length
    cluster : array, optional
        Customer of each row; drawn with all their rows. Names do not matter.
    draws, seed : int
        The same seed and rows give the same interval.

    Returns
    -------
    Estimate of the statistic; n is the rows. NaN interval below two clusters, or where a draw gives no number.

    Raises
    ------
    DataError
        No array, or lengths that differ.

    Notes
    -----
    Not for maxima, nor below about 20 clusters, where it is too narrow.

    >>> e = bootstrap(np.median, [np.arange(101.0)], seed=1)
    >>> e.value, e.n
    (50.0, 101)
    """
    columns = [np.asarray(array) for array in arrays]
    ids = None if cluster is None else np.asarray(pd.Series(cluster), dtype=object)
    lengths = {len(column) for column in columns} | (set() if ids is None else {len(ids)})
    if len(lengths) != 1:
        raise DataError(f"bootstrap: arrays differ in length ({sorted(lengths)}). Give one entry a row in each.")
    n = lengths.pop()
    method = f"percentile bootstrap, {draws} draws" + ("" if cluster is None else ", clustered")
    value = float(statistic(*columns)) if n else math.nan
    members = _members(ids, n)
    if len(members) < 2:
        return Estimate(value, math.nan, math.nan, n, method)
    rng = np.random.default_rng(seed)
    results = np.empty(draws)
    for draw in range(draws):
        chosen = rng.integers(0, len(members), len(members))
        rows = chosen if ids is None else np.concatenate([members[i] for i in chosen])
        results[draw] = statistic(*(column[rows] for column in columns))
    tail = 50 * (1 - confidence)
    low, high = np.percentile(results, [tail, 100 - tail])
    return Estimate(value, float(low), float(high), n, method)


def _members(ids: np.ndarray | None, n: int) -> Sequence:
    """Rows of each customer, by first appearance; a row without a customer stands alone."""
    if ids is None:
        return range(n)
    codes, names = pd.factorize(ids)
    alone = codes < 0
    codes = np.where(alone, len(names) + np.cumsum(alone) - 1, codes)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes))[:-1]) if n else []
