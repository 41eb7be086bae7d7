"""What robust errors share: sums by cluster, small-sample factors, degrees of freedom, and Holm's correction."""

from __future__ import annotations

import numpy as np
from scipy import special

from cx_helpers.drivers.design import Design


def by_cluster(columns: np.ndarray, d: Design) -> np.ndarray:
    """Sums of each column within clusters; the rows themselves where there are none."""
    if not d.clustered:
        return columns
    return np.stack([np.bincount(d.groups, weights=column, minlength=d.n_groups) for column in np.ascontiguousarray(columns.T)], axis=1)


def small_sample(d: Design, columns: int) -> float:
    """Factor on a sandwich covariance of a model with so many columns (HC1; CR1 with clusters)."""
    return d.n_groups / (d.n_groups - 1) * (d.n - 1) / (d.n - columns)


def freedom(d: Design, columns: int) -> int:
    """Degrees of freedom of Student's t: clusters less one, or rows less columns."""
    return min(d.n_groups - 1, d.n - columns) if d.clustered else d.n - columns


def p_values(ratio: np.ndarray, df: float) -> np.ndarray:
    """Two-sided chance of so large a ratio of an estimate to its error, were there nothing."""
    return 2 * special.stdtr(df, -np.abs(ratio))


def holm(p, alpha: float) -> np.ndarray:
    """Which of a family are beyond noise (Holm 1979): smallest first against alpha / number left; NaN is no member.

    >>> holm([0.02, 0.01, float("nan"), 0.3], 0.05).tolist()
    [True, True, False, False]
    """
    p = np.asarray(p, dtype=float)
    beyond = np.zeros(len(p), dtype=bool)
    order = np.argsort(p, kind="stable")[: int((~np.isnan(p)).sum())]
    beyond[order] = np.cumprod(p[order] <= alpha / np.arange(len(order), 0, -1)).astype(bool)
    return beyond
