"""What robust errors share: sums by cluster, leaving clusters out, small-sample factors, degrees of freedom, and Holm's correction."""

from __future__ import annotations

import numpy as np
from scipy import special

from cx_helpers.drivers.design import Design
from cx_helpers.estimates.families import holm_adjusted

# Clusters that hold more than this of the columns of a model are left out one by one, others all at once.
LIGHT = 0.5


def by_cluster(columns: np.ndarray, d: Design) -> np.ndarray:
    """Sums of each column within clusters; the rows themselves where there are none."""
    if not d.clustered:
        return columns
    return np.stack([np.bincount(d.groups, weights=column, minlength=d.n_groups) for column in np.ascontiguousarray(columns.T)], axis=1)


def leaving_out(reach: np.ndarray, rest: np.ndarray, basis: np.ndarray, d: Design) -> np.ndarray:
    """What each coefficient would lose were a cluster left out (the rows themselves where there are none).

    Parameters
    ----------
    reach : array (n, p), what a unit of each row's residual adds to the coefficients
    rest : array (n,), residuals
    basis : array (n, columns), orthonormal, of all columns of the model

    Returns
    -------
    array (clusters, p); infinite where without the cluster there would be no coefficient.

    Notes
    -----
    Exact: fitting anew without the cluster (MacKinnon, Nielsen and Webb 2023, J. of Econometrics 232). A cluster that the model bends
    to fit has small residuals, and the usual sandwich takes it for a sure one.
    """
    held = np.einsum("ij,ij->i", basis, basis)
    groups = d.groups if d.clustered else np.arange(d.n)
    heavy = np.bincount(groups, weights=held) > LIGHT
    light = ~heavy[groups]
    alone = light & (np.bincount(groups)[groups] == 1)
    left = np.where(alone, rest / np.where(alone, 1 - held, 1.0), 0.0)
    several = np.flatnonzero(light & ~alone)
    several = several[np.argsort(groups[several], kind="stable")]
    if len(several):
        left[several] = _series(basis[several], rest[several], groups[several])
    lost, size = by_cluster(reach * left[:, None], d), np.sqrt((reach**2).sum(axis=0))
    for cluster in np.flatnonzero(heavy):
        mine = np.flatnonzero(groups == cluster)
        lost[cluster] = _without(reach[mine], rest[mine], basis[mine], size)
    return lost


def _series(basis: np.ndarray, rest: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Residuals of light clusters, in order, had each been left out: (I - H)^-1 e = e + H e + H^2 e + ..., less by half each time at least."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    sizes = np.diff(np.r_[starts, len(rest)])
    left, more = rest.copy(), rest
    for _ in range(40):
        more = np.einsum("ij,ij->i", basis, np.repeat(np.add.reduceat(basis * more[:, None], starts, axis=0), sizes, axis=0))
        left += more
        if np.abs(more).max() <= 1e-10 * np.abs(rest).max():
            break
    return left


def _without(reach: np.ndarray, rest: np.ndarray, basis: np.ndarray, size: np.ndarray) -> np.ndarray:
    """One heavy cluster left out; directions that it alone holds carry nothing, unless a coefficient rests on them."""
    u, s, _ = np.linalg.svd(basis, full_matrices=False)
    alone = 1 - s**2 < 1e-8
    turned = u.T @ rest
    left = rest + u @ (np.where(alone, 0.0, 1 / np.where(alone, 1.0, 1 - s**2)) * turned - turned)
    rests_on = (np.abs(u.T @ reach)[alone] > 1e-6 * size).any(axis=0)
    return np.where(rests_on, np.inf, reach.T @ left)


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
    """Which of a family are beyond noise, none falsely in more than alpha of data sets (Holm 1979); NaN is no member.

    >>> holm([0.02, 0.01, float("nan"), 0.3], 0.05).tolist()
    [True, True, False, False]
    """
    return holm_adjusted(p) <= alpha
