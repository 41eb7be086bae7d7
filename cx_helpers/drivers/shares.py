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
    if method == "johnson":
        return part * _johnson(products)
    r2 = subset_r_squared(products)
    p = products.shape[1] - 1
    if method == "first":
        return part * np.stack([r2[1 << j] for j in range(p)], axis=1)
    if method == "last":
        return part * np.stack([r2[-1] - r2[~(1 << j)] for j in range(p)], axis=1)
    return part * _lmg(r2, p)


def subset_r_squared(products: np.ndarray) -> np.ndarray:
    """R2 of every subset of drivers: row s holds the subset whose driver j is in where bit j of s is set.

    One driver after the other is either left out or swept out of the rest, so each of the 2^p subsets costs a
    rank-one update of an ever smaller matrix instead of a regression.
    """
    outcome = products[:, 0, 0]
    diagonal = np.einsum("bii->bi", products)
    left = np.concatenate([products[:, 1:, :], products[:, :1, :]], axis=1)
    left = np.concatenate([left[:, :, 1:], left[:, :, :1]], axis=2)[None]
    for j in range(products.shape[1] - 1):
        pivot, row, rest = left[:, :, 0, 0], left[:, :, 0, 1:], left[:, :, 1:, 1:]
        # What others determine exactly (which a draw may bring about) adds nothing.
        free = pivot > 1e-9 * diagonal[None, :, j + 1]
        inverse = np.divide(1.0, pivot, out=np.zeros_like(pivot), where=free)
        swept = rest - row[..., :, None] * (row * inverse[..., None])[..., None, :]
        left = np.concatenate([rest, swept])
    residual = left[:, :, 0, 0]
    ratio = np.divide(residual, outcome, out=np.ones_like(residual), where=outcome > 0)
    return np.clip(1 - ratio, 0.0, 1.0)


def _lmg(r2: np.ndarray, p: int) -> np.ndarray:
    """Gain of each driver over all subsets of the others, weighted by how many orders of entry begin so."""
    subsets = np.arange(2**p)
    size = np.zeros(2**p, dtype=int)
    for j in range(p):
        size += (subsets >> j) & 1
    order = np.array([math.factorial(s) * math.factorial(p - s - 1) / math.factorial(p) for s in range(p)])
    out = np.empty((r2.shape[1], p))
    for j in range(p):
        without = r2.reshape(2 ** (p - 1 - j), 2, 2**j, -1)
        gain = (without[:, 1] - without[:, 0]).reshape(2 ** (p - 1), -1)
        out[:, j] = order[size.reshape(2 ** (p - 1 - j), 2, 2**j)[:, 0].ravel()] @ gain
    return out


def _johnson(products: np.ndarray) -> np.ndarray:
    """Relative weights: R2 of the nearest orthogonal drivers, carried back to the drivers (Johnson 2000)."""
    spread = np.sqrt(np.einsum("bii->bi", products))
    spread = np.where(spread > 0, spread, 1.0)
    r = products / (spread[:, :, None] * spread[:, None, :])
    values, vectors = np.linalg.eigh(r[:, 1:, 1:])
    root = np.sqrt(np.clip(values, 0.0, None))
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=values > 1e-9)
    nearest = (vectors * root[:, None, :]) @ vectors.transpose(0, 2, 1)
    back = (vectors * inverse[:, None, :]) @ vectors.transpose(0, 2, 1) @ r[:, 1:, :1]
    return (nearest**2 @ back**2)[:, :, 0]
