"""The level of one sample: NPS, share, mean, median, each with its interval."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import (
    KINDS,
    Estimate,
    Moments,
    Totals,
    moments_of_clusters,
    moments_of_counts,
    moments_of_rows,
    moments_of_totals,
    numbers,
    quantile,
)

METHODS = {"nps": "adjusted Wald", "share": "Wilson", "mean": "t"}


def nps(scores, weights=None, cluster=None, confidence: float = 0.95) -> Estimate:
    """Net Promoter Score: share scoring 9-10 less share scoring 0-6, in points from -100 to 100.

    Parameters
    ----------
    scores : array of whole numbers 0 to 10
        NaN is an unanswered request and is left out of n.
    weights : array, optional
        Survey weights, 0 or more; only their ratios matter.
    cluster : array, optional
        Customer of each answer. Names do not matter; an answer without a customer stands alone.
    confidence : float
        Of the interval, between 0 and 1.

    Returns
    -------
    Estimate in points. Independent answers: adjusted Wald (3 answers added, 3/4 promoter, 3/2 passive,
    3/4 detractor). With weights or clusters: the same with the number of independent answers that the linearised
    variance implies (at most n) and Student's t with clusters - 1 degrees of freedom. Intervals stay within
    -100 and 100, and are NaN below two answers or two clusters.

    Raises
    ------
    DataError
        Scores outside 0-10, weights negative or missing, lengths that differ: one line.

    Notes
    -----
    Not for another scale squeezed into 0-10, nor for ranking units with few answers: their intervals overlap.
    Source: Rocks (2016), The American Statistician 70(4); formula of the adjusted Wald as printed by MeasuringU.

    Examples
    --------
    >>> e = nps([10] * 8 + [7] + [3])
    >>> round(e.value), round(e.low, 1), round(e.high, 1), e.n
    (70, 14.7, 93.0, 10)
    """
    return _estimate("nps", *moments_of_rows("nps", [scores], [weights], [cluster]), confidence)


def share(successes, weights=None, cluster=None, confidence: float = 0.95) -> Estimate:
    """Share of ones among zeros and ones, 0 to 1; parameters, NaN rules and errors as in `nps`.

    Returns
    -------
    Estimate with Wilson's interval (Wilson 1927, JASA 22); with weights or clusters Wilson's interval at the
    effective n with Student's t (Dean and Pavlou 2015 call it modified Wilson). Never of zero width.

    Notes
    -----
    Not for a share of an amount (money, minutes): that is a ratio, use `mean` with weights.

    >>> e = share([1] * 81 + [0] * 182)
    >>> round(e.low, 4), round(e.high, 4)
    (0.2553, 0.3662)
    """
    return _estimate("share", *moments_of_rows("share", [successes], [weights], [cluster]), confidence)


def top_box(scores, at_least: float, weights=None, cluster=None, confidence: float = 0.95) -> Estimate:
    """Share of answers of `at_least` or more (CSAT: 4 on a scale of 5); otherwise as `share`.

    The threshold belongs to the question, fixed before looking: choosing it afterwards invents changes.

    >>> top_box([5, 4, 3, 2], at_least=4).value
    0.5
    """
    return _estimate("share", *moments_of_rows("share", [scores], [weights], [cluster], box=at_least), confidence)


def mean(values, weights=None, cluster=None, confidence: float = 0.95) -> Estimate:
    """Mean of numbers in their own unit; parameters, NaN rules and errors as in `nps`.

    Returns
    -------
    Estimate with Student's t interval: n - 1 degrees of freedom, or clusters - 1 with the linearised (sandwich)
    standard error where weights or clusters are given. A sample without any spread says nothing of its own
    uncertainty: its interval is NaN, not of zero width.

    Notes
    -----
    Not for long-tailed waits or amounts in small samples: use `median`.

    >>> e = mean([4, 5, 3, 4])
    >>> e.value, round(e.low, 2), round(e.high, 2)
    (4.0, 2.7, 5.3)
    """
    return _estimate("mean", *moments_of_rows("mean", [values], [weights], [cluster]), confidence)


def median(values, confidence: float = 0.95) -> Estimate:
    """Median with an order-statistic (binomial) interval, for waits, delays and amounts of independent journeys.

    Returns
    -------
    Estimate in the unit of the values. The interval runs between two observed values and covers at least
    `confidence`; below six values no such pair reaches 95% and it is NaN. With many ties it may be one value wide,
    which is then what the data say.

    Notes
    -----
    Not for journeys repeated by the same customers: use `bootstrap` with their cluster.
    Source: David and Nagaraja (2003), Order Statistics, section 7.1.

    >>> e = median([1, 2, 3, 4, 5, 6, 7, 8, 9, 30])
    >>> e.value, e.low, e.high
    (5.5, 2.0, 9.0)
    """
    y = numbers(values, "median", "values")
    y = np.sort(y[~np.isnan(y)])
    n, tail = len(y), (1 - confidence) / 2
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0, "order statistics")
    below = special.bdtr(np.arange(n // 2 + 1), n, 0.5)
    drop = int((below <= tail).sum())
    low, high = (float(y[drop - 1]), float(y[n - drop])) if drop else (math.nan, math.nan)
    return Estimate(float(np.median(y)), low, high, n, "order statistics")


def nps_from_counts(promoters: int, passives: int, detractors: int, confidence: float = 0.95) -> Estimate:
    """`nps` of independent answers, from counts already grouped.

    >>> round(nps_from_counts(50, 30, 20).low, 2)
    14.05
    """
    return _estimate("nps", counted("nps", (promoters, passives, detractors)), confidence)


def share_from_counts(successes: int, n: int, confidence: float = 0.95) -> Estimate:
    """`share` of independent answers, from counts already grouped.

    >>> round(share_from_counts(0, 20).high, 4)
    0.1611
    """
    return _estimate("share", counted("share", (successes, n)), confidence)


def mean_from_sums(n: int, total: float, total_squares: float, confidence: float = 0.95) -> Estimate:
    """`mean` of independent values, from their number, sum and sum of squares.

    Sums of squares of values far from zero lose digits: take a constant off before summing.

    >>> mean_from_sums(4, 16, 66).value
    4.0
    """
    return _estimate("mean", counted("mean", (n, total, total_squares)), confidence)


def nps_from_cluster_counts(promoters, passives, detractors, confidence: float = 0.95) -> Estimate:
    """`nps` clustered by customer, from one count of each kind a customer (arrays, same order).

    >>> nps_from_cluster_counts([2, 0, 1], [0, 1, 0], [0, 0, 1]).value
    40.0
    """
    return _estimate("nps", counted("nps", (promoters, passives, detractors)), confidence)


def share_from_cluster_counts(successes, counts, confidence: float = 0.95) -> Estimate:
    """`share` clustered by customer, from each customer's successes and answers.

    >>> share_from_cluster_counts([2, 0, 1], [2, 1, 2]).value
    0.6
    """
    return _estimate("share", counted("share", (successes, counts)), confidence)


def mean_from_cluster_sums(sums, counts, confidence: float = 0.95) -> Estimate:
    """`mean` clustered by customer, from each customer's sum and number of values.

    >>> mean_from_cluster_sums([9.0, 3.0, 4.0], [2, 1, 1]).value
    4.0
    """
    return _estimate("mean", counted("mean", (sums, counts)), confidence)


def level_from_totals(totals: Totals, kind: str = "nps", confidence: float = 0.95) -> Estimate:
    """`nps`, `share` or `mean` clustered by customer, from sums over the customers: nothing of a size with the answers moves.

    Parameters
    ----------
    totals : Totals
        Made by the engine that holds the answers (`frames.group_sums`). Weighted answers may come in any scale.
    kind : {"nps", "share", "mean"}

    Returns
    -------
    Estimate, equal to that of the rows to about ten digits; more are lost to sums of squares where scores lie far from
    zero beside their spread (take a constant off before summing).

    Raises
    ------
    DataError
        An unknown kind. One line.

    Notes
    -----
    Not for a difference of two periods in which the same customers answered: that needs each customer in both.

    >>> level_from_totals(Totals(6, 3, 6.0, 4.0, 4.0, 12.0, 8.0, 6.0), "share").n
    6
    """
    if kind not in KINDS:
        raise DataError(f"level_from_totals: kind {kind!r} is unknown. Choose one of {', '.join(KINDS)}.")
    return _estimate(kind, moments_of_totals(totals, ", clustered"), confidence)


def counted(kind: str, parts: tuple) -> Moments:
    """Moments from counts: numbers for independent answers, arrays (one a customer) for clustered ones."""
    columns = [np.atleast_1d(numbers(np.atleast_1d(part), kind, "counts")) for part in parts]
    single = all(np.ndim(part) == 0 for part in parts)
    if kind == "mean" and single != (len(parts) == 3):
        raise DataError("mean: give (n, total, total of squares) as numbers, or (sums, counts) as one entry a customer.")
    if len({len(column) for column in columns}) > 1:
        raise DataError(f"{kind}: counts differ in length ({', '.join(str(len(c)) for c in columns)}). Give one a customer.")
    whole = columns if kind != "mean" else columns[:1] if single else columns[1:]
    if any((~(column >= 0) | np.isinf(column)).any() for column in whole):
        raise DataError(f"{kind}: counts are negative, missing or infinite. Give counts of 0 or more.")
    if kind == "nps":
        promoters, passives, detractors = columns
        total, first, second = promoters + passives + detractors, promoters - detractors, promoters + detractors
    elif kind == "share":
        first, total = columns
        second = first
        if (first > total).any():
            raise DataError("share: more successes than answers. Give successes first, then the number of answers.")
    elif single:
        total, first, second = columns
    else:
        (first, total), second = columns, np.zeros_like(columns[0])
        second = np.divide(first**2, total, out=second, where=total > 0)
    n = int(round(float(total.sum())))
    if single:
        return moments_of_counts(n, float(first[0]), float(second[0]))
    return moments_of_clusters(total, first, second, n, ", clustered")


def _estimate(kind: str, m: Moments, confidence: float) -> Estimate:
    scale = 100.0 if kind == "nps" else 1.0
    q = quantile(confidence, math.inf if m.plain and kind != "mean" else max(m.groups - 1, 1))
    low, high = interval(kind, m, q) if m.enough else (math.nan, math.nan)
    return Estimate(scale * m.value, scale * low, scale * high, m.n, METHODS[kind] + m.label)


def interval(kind: str, m: Moments, q: float) -> tuple[float, float]:
    """Low and high at the critical value q, on the scale -1..1, 0..1 or the unit's own."""
    if kind == "mean":
        half = q * math.sqrt(m.variance) if m.variance > 0 else math.nan
        return m.value - half, m.value + half
    if kind == "share":
        return wilson(m.value, m.n_effective, q)
    centre, variance = adjusted_nps(m)
    half = q * math.sqrt(variance)
    # At low confidence three added answers can move the centre past the estimate itself.
    return max(-1.0, min(m.value, centre - half)), min(1.0, max(m.value, centre + half))


def wilson(p: float, n: float, q: float) -> tuple[float, float]:
    centre = (p + q**2 / (2 * n)) / (1 + q**2 / n)
    half = q / (1 + q**2 / n) * math.sqrt(p * (1 - p) / n + q**2 / (4 * n**2))
    return max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half))


def adjusted_nps(m: Moments) -> tuple[float, float]:
    """Centre and variance after three answers are added: 3/4 promoter, 3/2 passive, 3/4 detractor."""
    n = m.n_effective
    centre = n * m.value / (n + 3)
    return centre, ((n * m.second + 1.5) / (n + 3) - centre**2) / (n + 3)
