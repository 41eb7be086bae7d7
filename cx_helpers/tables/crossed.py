"""Which cells of a line or a two-way table may be shown, where its totals are known too."""

from __future__ import annotations

import numpy as np


def crossed(n: np.ndarray, minimum: int, shown: np.ndarray | None = None) -> np.ndarray:
    """Primary and complementary suppression of a two-way table, or of one line.

    Parameters
    ----------
    n : array of rows x columns, or of one line
        Answers in each cell, 0 or more. Totals of rows, of columns, of the line are taken as known to readers.
    minimum : int
        Fewest answers a shown cell rests on.
    shown : array of bool, optional
        Cells that nothing else hides.

    Returns
    -------
    array of bool
        Cells without answers stay shown. The hidden cells of a line hold `minimum` answers together where the line has
        as many, and no hidden cell can be worked out from the totals, not even by putting several lines together.

    Notes
    -----
    A cell is worked out from totals where every solution of the totals' equations gives it the same number: where its
    row in a basis of their null space is zero. The rule of `disclosure` is this for one line.

    Examples
    --------
    >>> crossed(np.array([[4, 20], [30, 40]]), 10).tolist()
    [[False, False], [False, False]]
    """
    n = np.asarray(n, dtype=float)
    lines, flat = _lines(n.shape), n.ravel()
    kept = (flat == 0) | ((flat >= minimum) & (True if shown is None else np.ravel(shown)))
    while (place := _next(flat, kept, lines, minimum)) is not None:
        kept[place] = False
    return kept.reshape(n.shape)


def _lines(shape: tuple[int, ...]) -> np.ndarray:
    """Which cells each total adds up: a row a line, a column a cell."""
    if len(shape) == 1:
        return np.ones((1, shape[0]), dtype=bool)
    row, column = np.indices(shape)
    return np.array([*(row.ravel() == i for i in range(shape[0])), *(column.ravel() == j for j in range(shape[1]))])


def _next(n: np.ndarray, kept: np.ndarray, lines: np.ndarray, minimum: int) -> int | None:
    """The smallest cell that must be hidden too; None where what is hidden is hidden well."""
    for line in lines:
        hidden = line & ~kept
        if hidden.any() and (hidden.sum() == 1 or n[hidden].sum() < minimum):
            place = _smallest(n, line & kept)
            if place is not None:
                return place
    at = np.flatnonzero(~kept)
    if not len(at):
        return None
    _, sizes, right = np.linalg.svd(lines[:, at].astype(float), full_matrices=True)
    free = right[(sizes > 1e-9).sum() :]
    for cell in at[(np.abs(free) < 1e-9).all(axis=0)]:
        place = _smallest(n, lines[lines[:, cell]].any(axis=0) & kept)
        if place is not None:
            return place
    return None


def _smallest(n: np.ndarray, among: np.ndarray) -> int | None:
    candidates = np.flatnonzero(among & (n > 0))
    return int(candidates[n[candidates].argmin()]) if len(candidates) else None
