"""The difference between two samples, periods or groups, also where the same customers are in both."""

from __future__ import annotations

import math

import numpy as np

from cx_helpers.errors import DataError
from cx_helpers.estimates.levels import adjusted_nps, counted, wilson
from cx_helpers.estimates.moments import KINDS, Estimate, Moments, moments_of_rows, quantile

METHODS = {"nps": "adjusted Wald difference", "share": "Newcombe", "mean": "Welch t"}


def difference(a, b, kind: str = "nps", *, weights=None, cluster=None, at_least=None, confidence: float = 0.95) -> Estimate:
    """Value of `a` less value of `b`: give the later period, or the group of interest, first.

    Parameters
    ----------
    a, b : arrays of scores
        As `nps`, `share` or `mean` take them.
    kind : {"nps", "share", "mean"}
    weights, cluster : pair of arrays (for a, for b), optional
        Clusters are matched across both samples: a customer who answered in both makes them dependent, which
        narrows the interval of a change and widens nothing.
    at_least : float, optional
        With kind "share": the top-box threshold.
    confidence : float

    Returns
    -------
    Estimate in points (nps), as a share from -1 to 1, or in the unit of the values; n is the answers of both.
    Shares: Newcombe (1998) method 10 from Wilson limits. NPS: adjusted Wald, centred on the adjusted difference.
    Means: Welch. With weights or clusters each side keeps its linearised variance, the correlation of the two
    estimates comes from the customers in both (Zou and Donner 2008 for shares), and Student's t has Welch's
    degrees of freedom, at most clusters - 1.

    Raises
    ------
    DataError
        As `nps`; also an unknown kind. One line.

    Notes
    -----
    Not for picking the largest of many differences: correct for the number looked at.

    >>> e = difference([1] * 56 + [0] * 14, [1] * 48 + [0] * 32, "share")
    >>> round(e.value, 3), round(e.low, 4), round(e.high, 4), e.n
    (0.2, 0.0524, 0.3339, 150)
    """
    _known(kind)
    return _difference(kind, *moments_of_rows(kind, [a, b], weights, cluster, at_least), confidence)


def difference_from_counts(a: tuple, b: tuple, kind: str = "nps", confidence: float = 0.95) -> Estimate:
    """`difference` from counts already grouped.

    Parameters
    ----------
    a, b : tuples
        nps: (promoters, passives, detractors); share: (successes, n); mean: (n, total, total of squares).
        Numbers for independent answers. Arrays, one entry a customer and the same customers in the same order in
        both (0 where absent), for clustered ones; for means these are (sums, counts).

    >>> e = difference_from_counts((120, 50, 30), (100, 60, 40), "nps")
    >>> round(e.value, 1), round(e.low, 2), round(e.high, 2)
    (15.0, -0.03, 29.59)
    """
    _known(kind)
    first, second = counted(kind, a), counted(kind, b)
    if first.plain != second.plain or (not first.plain and len(first.influence) != len(second.influence)):
        raise DataError(f"{kind}: both samples must list the same customers in the same order, 0 where absent.")
    return _difference(kind, first, second, confidence)


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise DataError(f"difference: kind {kind!r} is unknown. Choose one of {', '.join(KINDS)}.")


def _difference(kind: str, a: Moments, b: Moments, confidence: float) -> Estimate:
    scale = 100.0 if kind == "nps" else 1.0
    value, method, n = a.value - b.value, METHODS[kind] + a.label, a.n + b.n
    if not (a.enough and b.enough):
        return Estimate(scale * value, math.nan, math.nan, n, method)
    q = quantile(confidence, math.inf if a.plain and kind != "mean" else _degrees(a, b))
    overlap = _correlation(a, b)
    if kind == "share":
        low, high = _newcombe(a, b, q, overlap)
    else:
        (centre_a, var_a), (centre_b, var_b) = (
            (adjusted_nps(m) if kind == "nps" else (m.value, m.variance)) for m in (a, b)
        )
        variance = var_a + var_b - 2 * overlap * math.sqrt(var_a * var_b)
        half = q * math.sqrt(variance) if variance > 0 else math.nan
        low, high = centre_a - centre_b - half, centre_a - centre_b + half
        if kind == "nps":
            low, high = max(-2.0, min(low, value)), min(2.0, max(high, value))
    return Estimate(scale * value, scale * low, scale * high, n, method)


def _correlation(a: Moments, b: Moments) -> float:
    """Of the two estimates, from the customers who are in both."""
    if a.plain or a.variance == 0 or b.variance == 0:
        return 0.0
    shared = float((a.influence * b.influence).sum())
    # An exact 1 (the same answers twice) would claim perfect knowledge of the change.
    return float(np.clip(shared / math.sqrt(float((a.influence**2).sum() * (b.influence**2).sum())), -0.999, 0.999))


def _degrees(a: Moments, b: Moments) -> float:
    """Welch's degrees of freedom, at most the customers of both samples less one."""
    va, vb = a.variance, b.variance
    if va + vb == 0:
        return max(min(a.groups, b.groups) - 1, 1)
    welch = (va + vb) ** 2 / (va**2 / (a.groups - 1) + vb**2 / (b.groups - 1))
    if a.plain:
        return welch
    together = int(((a.influence != 0) | (b.influence != 0)).sum())
    return max(min(welch, max(together, a.groups, b.groups) - 1), 1)


def _newcombe(a: Moments, b: Moments, q: float, overlap: float) -> tuple[float, float]:
    (low_a, high_a), (low_b, high_b) = (wilson(m.value, m.n_effective, q) for m in (a, b))
    value = a.value - b.value

    def reach(x: float, y: float) -> float:
        return math.sqrt(max(x**2 + y**2 - 2 * overlap * x * y, 0.0))

    return (
        max(-1.0, value - reach(a.value - low_a, high_b - b.value)),
        min(1.0, value + reach(high_a - a.value, b.value - low_b)),
    )
