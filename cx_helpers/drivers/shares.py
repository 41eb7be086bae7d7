"""The arithmetic of importance: R2 of every subset of drivers, and the shares made of them."""

from __future__ import annotations

import math

import numpy as np

from cx_helpers.errors import DataError

METHODS = ("lmg", "johnson", "first", "last")


def shares_of_correlations(correlations, method: str = "lmg") -> np.ndarray:
    """Importance of each driver from a correlation (or covariance) matrix whose first row is the outcome.

    Returns
    -------
    Array, share of the outcome's variance a driver, in the order of the matrix.

    >>> shares_of_correlations([[1, 0.6, 0], [0.6, 1, 0], [0, 0, 1]]).round(2).tolist()
    [0.36, 0.0]
    """
    matrix = np.asarray(correlations, dtype=float)
    if method not in METHODS:
        raise DataError(f"drivers: method {method!r} is unknown. Choose one of {', '.join(METHODS)}.")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T):
        raise DataError(f"drivers: the correlation matrix is not square and symmetric (shape {matrix.shape}). Give outcome and drivers in both.")
    return importance_shares(matrix[None], matrix[None, 0, 0], method)[0]


def importance_shares(products: np.ndarray, variance: np.ndarray, method: str) -> np.ndarray:
    """A row a matrix of cross-products (outcome first), a column a driver; `variance` is the whole to share."""
    outcome = products[:, 0, 0]
    # A share of what the controls leave becomes a share of the whole.
    part = np.divide(outcome, variance, out=np.zeros_like(variance), where=variance > 0)[:, None]
    found = {"johnson": _johnson, "first": _first, "last": _last}
    if method in found:
        return part * found[method](_correlations(products))
    p = products.shape[1] - 1
    step = max(1, 2**18 >> p)
    return part * np.concatenate([_lmg(subset_r_squared(products[i : i + step]), p) for i in range(0, len(products), step)])


def subset_r_squared(products: np.ndarray) -> np.ndarray:
    """R2 of every subset of drivers: row s holds the subset whose driver j is in where bit j of s is set.

    One driver after the other is either left out or swept out of the rest, so each of the 2^p subsets costs a
    rank-one update of an ever smaller matrix instead of a regression. Only the upper triangle is kept, a row of
    the matrix as (columns, subsets, draws), so that each step runs over contiguous memory.
    """
    outcome, q = products[:, 0, 0], products.shape[1]
    order = [*range(1, q), 0]
    left = [np.ascontiguousarray(np.moveaxis(products[:, order[i], order[i:]], 0, 1))[:, None, :] for i in range(q)]
    for j in range(q - 1):
        pivot, *rest = left
        # What others determine exactly (which a draw may bring about) adds nothing.
        free = pivot[0] > 1e-9 * products[:, j + 1, j + 1]
        scaled = pivot[1:] * np.divide(1.0, pivot[0], out=np.zeros_like(pivot[0]), where=free)
        left = []
        for i, row in enumerate(rest):
            both = np.empty((row.shape[0], 2, *row.shape[1:]))
            both[:, 0] = row
            np.multiply(pivot[1 + i :], scaled[i], out=both[:, 1])
            np.subtract(row, both[:, 1], out=both[:, 1])
            left.append(both.reshape(row.shape[0], -1, row.shape[2]))
    residual = left[0][0]
    ratio = np.divide(residual, outcome, out=np.ones_like(residual), where=outcome > 0)
    return np.clip(1 - ratio, 0.0, 1.0)


def gain_by_size(correlations) -> np.ndarray:
    """Mean gain in R2 of each driver when it joins k others: a row a driver, a column a k from 0 to drivers - 1.

    The conditional dominance of Azen and Budescu (2003); the mean over the columns is the LMG share.
    """
    matrix = np.asarray(correlations, dtype=float)
    p = len(matrix) - 1
    r2, size = subset_r_squared(matrix[None])[:, 0], _sizes(p)
    out = np.empty((p, p))
    for j in range(p):
        parts = r2.reshape(2 ** (p - 1 - j), 2, 2**j)
        begun = size.reshape(parts.shape)[:, 0].ravel()
        out[j] = np.bincount(begun, (parts[:, 1] - parts[:, 0]).ravel(), p) / np.bincount(begun, minlength=p)
    return out


def _sizes(p: int) -> np.ndarray:
    size = np.zeros(1, dtype=int)
    for _ in range(p):
        size = np.concatenate([size, size + 1])
    return size


def _lmg(r2: np.ndarray, p: int) -> np.ndarray:
    """Gain of each driver over all subsets of the others, weighted by how many orders of entry begin so.

    A subset's R2 counts for the drivers in it and against those outside, so a sum over halves of the subsets, folded
    driver by driver, gives all shares in one pass.
    """
    factorial = [math.factorial(i) for i in range(p + 1)]
    within = np.array([0.0, *(factorial[s - 1] * factorial[p - s] / factorial[p] for s in range(1, p + 1))])
    outside = np.append(within[1:], 0.0)
    size = _sizes(p)
    against = outside[size] @ r2
    part = (within + outside)[size][:, None] * r2
    out = np.empty((r2.shape[1], p))
    for j in range(p - 1, -1, -1):
        half = 2**j
        out[:, j] = part[half:].sum(axis=0) - against
        part = part[:half] + part[half:]
    return out


def _correlations(products: np.ndarray) -> np.ndarray:
    spread = np.sqrt(np.einsum("bii->bi", products))
    spread = np.where(spread > 0, spread, 1.0)
    return products / (spread[:, :, None] * spread[:, None, :])


def _first(r: np.ndarray) -> np.ndarray:
    return r[:, 0, 1:] ** 2


def _last(r: np.ndarray) -> np.ndarray:
    """Gain of each driver when it enters last: its squared coefficient over its diagonal in the inverse."""
    inner, p = r[:, 1:, 1:].copy(), r.shape[1] - 1
    # A draw may hold a driver that does not vary, or two that say the same: neither adds anything.
    inner[:, range(p), range(p)] = 1 + 1e-12
    inverse = np.linalg.inv(inner)
    slopes = (inverse @ r[:, 1:, :1])[:, :, 0]
    return np.clip(slopes**2 / np.einsum("bii->bi", inverse), 0.0, 1.0)


def _johnson(r: np.ndarray) -> np.ndarray:
    """Relative weights: R2 of the nearest orthogonal drivers, carried back to the drivers (Johnson 2000)."""
    values, vectors = np.linalg.eigh(r[:, 1:, 1:])
    root = np.sqrt(np.clip(values, 0.0, None))
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=values > 1e-9)
    nearest = (vectors * root[:, None, :]) @ vectors.transpose(0, 2, 1)
    back = (vectors * inverse[:, None, :]) @ vectors.transpose(0, 2, 1) @ r[:, 1:, :1]
    return (nearest**2 @ back**2)[:, :, 0]
