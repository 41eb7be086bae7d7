"""Means and covariances of ratings of which many are missing, and what the given ones foretell of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Pattern:
    """Rows in which the same columns are missing: places of those, of the others, and the rows."""

    gone: np.ndarray
    there: np.ndarray
    rows: np.ndarray


def moments(columns: np.ndarray, weights: np.ndarray, *, most: int = 500, close: float = 1e-4) -> np.ndarray:
    """Second moments about zero of a constant and the columns, by maximum likelihood under a normal model.

    Parameters
    ----------
    columns : array (n, q)
        NaN is missing; of a spread of about 1.
    weights : array (n,)
    most, close : int, float
        Rounds at most, and the change below which they end.

    Returns
    -------
    array (q + 1, q + 1), the constant first.

    Notes
    -----
    The EM algorithm (Dempster, Laird, Rubin 1977; Little, Rubin 2019, chapter 11): what is missing is replaced by what the
    given values of the row foretell, and its uncertainty is added to the covariances. Right where whether a value is missing
    depends on nothing but what was given and on chance; the ratings need not be normal where it depends on chance alone.
    """
    rows, patterns = _rows(columns)
    base, parts = np.zeros((rows.shape[1],) * 2), []
    for pattern in patterns:
        z = rows[pattern.rows][:, pattern.there]
        sums = (z.T * weights[pattern.rows]) @ z
        base[np.ix_(pattern.there, pattern.there)] += sums
        if len(pattern.gone):
            parts.append((pattern, sums))
    found = _begin(rows, weights)
    for _ in range(most if parts else 1):
        new = _round(found, base, parts) / weights.sum()
        moved = np.abs(new - found).max()
        found = new
        if moved < close:
            break
    return found


def foretold(columns: np.ndarray, found: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns with what is missing and wanted filled by what the given values of its row foretell.

    Parameters
    ----------
    found : array of `moments`
    wanted : array of bool (n, q)
        Which of the missing to fill.

    Returns
    -------
    The filled columns, what was not wanted 0; and the weighted mean over all rows of the covariance that the filling leaves out.
    """
    rows, patterns = _rows(columns)
    q = columns.shape[1]
    filled, left_out = np.where(np.isnan(columns), 0.0, columns), np.zeros((q, q))
    wanted = np.column_stack([np.zeros(len(columns), dtype=bool), wanted])
    for pattern in patterns:
        mine = wanted[pattern.rows][:, pattern.gone]
        if not mine.any():
            continue
        slopes, spread = _conditional(found, pattern)
        z = rows[pattern.rows][:, pattern.there]
        filled[np.ix_(pattern.rows, pattern.gone - 1)] = np.where(mine, z @ slopes.T, 0.0)
        both = (mine.T * weights[pattern.rows]) @ mine
        left_out[np.ix_(pattern.gone - 1, pattern.gone - 1)] += both * spread
    return filled, left_out / weights.sum()


def _rows(columns: np.ndarray) -> tuple[np.ndarray, list[Pattern]]:
    """A constant and the columns, missing as 0, and the rows by what they lack."""
    rows = np.column_stack([np.ones(len(columns)), columns])
    known = ~np.isnan(rows)
    packed = np.packbits(known, axis=1)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    edges = np.searchsorted(which.ravel()[order], np.arange(len(first) + 1))
    patterns = [
        Pattern(np.flatnonzero(~known[at]), np.flatnonzero(known[at]), order[edges[k] : edges[k + 1]]) for k, at in enumerate(first)
    ]
    return np.where(known, rows, 0.0), patterns


def _begin(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """As if the columns were unrelated, of mean 0 and their own spread."""
    held = (rows != 0) * weights[:, None]
    return np.diag(np.maximum((held * rows**2).sum(axis=0) / np.maximum(held.sum(axis=0), 1e-9), 1e-6))


def _conditional(found: np.ndarray, pattern: Pattern) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the missing on the given, and their covariance given those."""
    given, across = found[np.ix_(pattern.there, pattern.there)], found[np.ix_(pattern.gone, pattern.there)]
    slopes = np.linalg.solve(given + 1e-10 * np.eye(len(given)), across.T).T
    return slopes, found[np.ix_(pattern.gone, pattern.gone)] - slopes @ across.T


def _round(found: np.ndarray, base: np.ndarray, parts: list) -> np.ndarray:
    """What is expected of the missing under the moments found so far, added to what was given."""
    out = base.copy()
    for pattern, sums in parts:
        slopes, spread = _conditional(found, pattern)
        cross = slopes @ sums
        out[np.ix_(pattern.gone, pattern.there)] += cross
        out[np.ix_(pattern.there, pattern.gone)] += cross.T
        out[np.ix_(pattern.gone, pattern.gone)] += cross @ slopes.T + sums[0, 0] * spread
    return out
