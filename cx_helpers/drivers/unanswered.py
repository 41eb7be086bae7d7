"""Means and covariances of ratings of which many are unanswered, from all that was answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Pattern:
    """Rows in which the same ratings are unanswered: places of those, of the others, and the rows."""

    gone: np.ndarray
    there: np.ndarray
    rows: np.ndarray


def moments(columns: np.ndarray, weights: np.ndarray, start: np.ndarray | None = None, *, most: int = 200, close: float = 1e-7) -> np.ndarray:
    """Second moments about zero of a constant and the columns, by maximum likelihood under a normal model.

    Parameters
    ----------
    columns : array (n, q)
        NaN is unanswered; scaled to a spread of about 1.
    weights : array (draws, n)
        A row a draw: how often each row counts in it.
    start : array (q + 1, q + 1), optional
        Where to begin; the ratings as if unrelated when left out.
    most, close : int, float
        Rounds at most, and the change below which they end.

    Returns
    -------
    array (draws, q + 1, q + 1), the constant first.

    Notes
    -----
    The EM algorithm (Dempster, Laird, Rubin 1977; Little, Rubin 2019, chapter 11): unanswered ratings are replaced by what the
    answered ones of the row foretell, and their uncertainty is added to the covariances. Right where whether a rating was answered
    depends on nothing but what was answered and on chance; covariances need no normal ratings.
    """
    rows = np.column_stack([np.ones(len(columns)), columns])
    known = ~np.isnan(rows)
    filled = np.where(known, rows, 0.0)
    patterns = _patterns(known)
    total = weights.sum(axis=1)
    base, parts = np.zeros((len(weights), rows.shape[1], rows.shape[1])), []
    for pattern in patterns:
        z = filled[pattern.rows]
        z = z[:, pattern.there]
        size = len(pattern.there)
        upper = np.triu_indices(size)
        flat = weights[:, pattern.rows] @ (z[:, upper[0]] * z[:, upper[1]])
        sums = np.empty((len(weights), size, size))
        sums[:, upper[0], upper[1]] = flat
        sums[:, upper[1], upper[0]] = flat
        base[:, pattern.there[:, None], pattern.there] += sums
        if len(pattern.gone):
            parts.append((pattern, sums))
    found = np.repeat((_begin(filled, known) if start is None else start)[None], len(weights), axis=0)
    for _ in range(most if parts else 1):
        new = _round(found, base, parts) / total[:, None, None]
        moved = np.abs(new - found).max()
        found = new
        if moved < close:
            break
    return found


def _patterns(known: np.ndarray) -> list[Pattern]:
    """Rows by which columns they lack."""
    packed = np.packbits(known, axis=1)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    edges = np.searchsorted(which.ravel()[order], np.arange(len(first) + 1))
    return [
        Pattern(np.flatnonzero(~known[at]), np.flatnonzero(known[at]), order[edges[k] : edges[k + 1]]) for k, at in enumerate(first)
    ]


def _begin(filled: np.ndarray, known: np.ndarray) -> np.ndarray:
    n = np.maximum(known.sum(axis=0), 1)
    mean = filled.sum(axis=0) / n
    spread = np.maximum((filled**2).sum(axis=0) / n - mean**2, 1e-6)
    spread[0] = 0.0
    return np.outer(mean, mean) + np.diag(spread)


def _round(found: np.ndarray, base: np.ndarray, parts: list) -> np.ndarray:
    """What is expected of the unanswered under the moments found so far, added to what was answered."""
    precision = np.linalg.inv(found + 1e-10 * np.eye(found.shape[1]))
    out = base.copy()
    for pattern, sums in parts:
        gone, there = pattern.gone, pattern.there
        left = np.linalg.inv(precision[:, gone[:, None], gone])
        slopes = -left @ precision[:, gone[:, None], there]
        cross = slopes @ sums
        out[:, gone[:, None], there] += cross
        out[:, there[:, None], gone] += cross.transpose(0, 2, 1)
        out[:, gone[:, None], gone] += cross @ slopes.transpose(0, 2, 1) + sums[:, :1, :1] * left
    return out
