"""What an interval needs to know of a sample: its value, spread, effective n and each customer's influence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.errors import DataError

KINDS = ("nps", "share", "mean")


@dataclass(frozen=True)
class Estimate:
    """A number that never travels alone.

    Attributes
    ----------
    value, low, high : float
        The estimate and its interval; NaN where the sample cannot say.
    n : int
        Answers behind it.
    method : str
        How the interval was made.
    """

    value: float
    low: float
    high: float
    n: int
    method: str


@dataclass(frozen=True)
class Totals:
    """A clustered sample as sums over its customers, made where the answers lie: all that the interval of a level needs.

    Of each customer w is the sum of weights and y the sum of weight times what an answer gives: the score (mean), 0 or 1
    (share), or 1, 0, -1 of a promoter, passive, detractor (NPS). Customers without any weight are left out.

    Attributes
    ----------
    n : int
        Answers.
    customers : int
    weight, first : float
        Sums of w and of y.
    second : float
        Sum of weight times the square of what an answer gives; not needed of a mean.
    weight_squares, products, first_squares : float
        Sums of w squared, of w times y, and of y squared.
    """

    n: int
    customers: int
    weight: float
    first: float
    second: float
    weight_squares: float
    products: float
    first_squares: float


@dataclass(frozen=True, eq=False)
class Moments:
    """A sample reduced to what its interval needs; `influence` is a row a cluster, None for independent answers, empty
    where only sums over clusters are known."""

    value: float
    second: float
    variance: float
    n: int
    groups: int
    kish: float
    label: str
    influence: np.ndarray | None = None

    @property
    def plain(self) -> bool:
        """Independent answers of equal weight: the textbook forms apply."""
        return self.influence is None

    @property
    def enough(self) -> bool:
        return self.n > 1 and self.groups > 1

    @property
    def n_effective(self) -> float:
        """Independent answers that would know as much, never more than were given."""
        if self.plain:
            return float(self.n)
        spread = self.second - self.value**2
        if spread <= 1e-12 * max(self.second, 1e-300):
            return self.kish
        return min(float(self.n), spread / self.variance) if self.variance > 0 else float(self.n)


def moments_of_counts(n: int, first: float, second: float, label: str = "") -> Moments:
    """From the number of answers, their sum and their sum of squares."""
    if n == 0:
        return Moments(math.nan, math.nan, math.nan, 0, 0, 0.0, label)
    value, square = first / n, second / n
    spread = square - value**2
    spread = spread if spread > 1e-13 * square else 0.0
    variance = spread / (n - 1) if n > 1 else math.nan
    return Moments(value, square, variance, n, n, float(n), label)


def moments_of_clusters(total, first, second, n: int, label: str) -> Moments:
    """From each cluster's sums of weights, of weight x score and of weight x score squared (ratio, linearised)."""
    weight, groups = float(total.sum()), int((total > 0).sum())
    if weight == 0:
        return Moments(math.nan, math.nan, math.nan, 0, 0, 0.0, label, np.zeros_like(total))
    value, square = float(first.sum()) / weight, float(second.sum()) / weight
    influence = (first - value * total) / weight
    scatter = float((influence**2).sum())
    # Rounding alone leaves a scatter of about 1e-32; it must not pass for knowledge.
    scatter = scatter if scatter > 1e-26 * max(square, 1e-300) else 0.0
    variance = scatter * groups / (groups - 1) if groups > 1 else math.nan
    kish = weight**2 / float((total**2).sum())
    return Moments(value, square, variance, n, groups, kish, label, influence)


def moments_of_totals(t: Totals, label: str) -> Moments:
    """`moments_of_clusters` from sums over the clusters."""
    alone = np.zeros(0)
    if not t.weight > 0:
        return Moments(math.nan, math.nan, math.nan, 0, 0, 0.0, label, alone)
    value = t.first / t.weight
    scatter = t.first_squares - 2 * value * t.products + value**2 * t.weight_squares
    # What is left when sums of squares cancel is no knowledge: it is a millionth of a millionth of them.
    scatter = scatter / t.weight**2 if scatter > 1e-12 * t.first_squares else 0.0
    variance = scatter * t.customers / (t.customers - 1) if t.customers > 1 else math.nan
    return Moments(value, t.second / t.weight, variance, t.n, t.customers, t.weight**2 / t.weight_squares, label, alone)


def moments_of_rows(kind: str, samples, weights, cluster, box=None) -> list[Moments]:
    """One `Moments` a sample, clusters numbered across all of them by first appearance (names do not matter)."""
    weights = [None] * len(samples) if weights is None else list(weights)
    cluster = [None] * len(samples) if cluster is None else list(cluster)
    if not len(weights) == len(cluster) == len(samples):
        raise DataError(f"{kind}: weights and cluster must come as one array a sample ({len(samples)} samples).")
    if len({c is None for c in cluster}) > 1 or len({w is None for w in weights}) > 1:
        raise DataError(f"{kind}: give weights and cluster for both samples or for neither.")
    rows = [_checked(kind, *parts, box) for parts in zip(samples, weights, cluster, strict=True)]
    label = (", weighted" if weights[0] is not None else "") + (", clustered" if cluster[0] is not None else "")
    if not label:
        return [moments_of_counts(len(y), math.fsum(y), math.fsum(y * y)) if kind != "mean" else _spread(y) for y, *_ in rows]
    codes, groups = _codes([ids for *_, ids in rows], [len(y) for y, *_ in rows])
    out = []
    for (y, w, _), code in zip(rows, codes, strict=True):
        sums = [np.bincount(code, weights=part, minlength=groups) for part in (w, w * y, w * y * y)]
        out.append(moments_of_clusters(*sums, n=len(y), label=label))
    return out


def _spread(y: np.ndarray) -> Moments:
    """Mean and variance from deviations: sums of squares lose digits on large values."""
    n = len(y)
    if n == 0:
        return moments_of_counts(0, 0.0, 0.0)
    value, square = float(y.mean()), float((y * y).mean())
    scatter = float(((y - value) ** 2).sum())
    scatter = scatter if scatter > 1e-24 * n * max(square, 1e-300) else 0.0
    return Moments(value, square, scatter / (n - 1) / n if n > 1 else math.nan, n, n, float(n), "")


def _codes(ids: list, lengths: list[int]) -> tuple[list[np.ndarray], int]:
    """Cluster numbers over all samples; an answer without a customer stands alone."""
    if ids[0] is None:
        stacked = np.arange(sum(lengths))
    else:
        stacked, names = pd.factorize(pd.concat([pd.Series(part, dtype=object) for part in ids], ignore_index=True))
        alone = stacked < 0
        stacked = np.where(alone, len(names) + np.cumsum(alone) - 1, stacked)
    return np.split(stacked, np.cumsum(lengths)[:-1]), int(stacked.max(initial=-1)) + 1


def _checked(kind: str, scores, weights, cluster, box) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Answered rows of positive weight, recoded for the kind; every problem told in one line."""
    y = numbers(scores, kind, "scores")
    w = np.ones(len(y)) if weights is None else numbers(weights, kind, "weights")
    ids = None if cluster is None else np.asarray(pd.Series(cluster), dtype=object)
    lengths = {"scores": len(y), "weights": len(w), "cluster": len(y) if ids is None else len(ids)}
    if len(set(lengths.values())) > 1:
        raise DataError(f"{kind}: lengths differ ({', '.join(f'{k} {v}' for k, v in lengths.items())}). Give one a row.")
    answered = ~np.isnan(y)
    problems = []
    if kind == "nps":
        problems += _told(answered & ~(np.isin(y, np.arange(11))), y, "scores are not whole numbers from 0 to 10")
    if kind == "share" and box is None:
        problems += _told(answered & ~np.isin(y, (0, 1)), y, "values are not 0 or 1")
    problems += _told(np.isinf(y), y, "scores are infinite")
    problems += _told(~(w >= 0) | np.isinf(w), w, "weights are negative, missing or infinite")
    if problems:
        raise DataError(f"{kind}: {'; '.join(problems)}. Mend these rows or leave them out.")
    kept = answered & (w > 0)
    y, w, ids = y[kept], w[kept], None if ids is None else ids[kept]
    if kind == "nps":
        y = np.where(y >= 9, 1.0, np.where(y <= 6, -1.0, 0.0))
    if box is not None:
        y = (y >= box).astype(float)
    return y, w, ids


def numbers(values, where: str, what: str) -> np.ndarray:
    """Numbers as float64, unknown as NaN; text is refused."""
    try:
        return pd.Series(values).to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: {what} are not numbers ({error}). Give numbers, NaN where unknown.") from None


def _told(wrong: np.ndarray, values: np.ndarray, what: str) -> list[str]:
    if not wrong.any():
        return []
    first = int(np.argmax(wrong))
    return [f"{int(wrong.sum())} {what} (first: row {first}, value {values[first]:g})"]


def kish_n(weights) -> float:
    """Kish's effective number of answers, (sum w)^2 / sum w^2 (Kish 1965, Survey Sampling, section 11.7).

    What unequal weights alone leave of the sample; it knows nothing of clusters.

    >>> round(kish_n([0.8, 1.2, 1.5, 0.6] * 8), 5)
    28.67377
    """
    w = numbers(weights, "kish_n", "weights")
    if (~(w >= 0)).any():
        raise DataError("kish_n: weights are negative or missing. Mend these rows or leave them out.")
    return float(w.sum() ** 2 / (w**2).sum()) if (w > 0).any() else 0.0


def quantile(confidence: float, df: float = math.inf) -> float:
    """Two-sided critical value, normal or Student's t."""
    if not 0 < confidence < 1:
        raise DataError(f"confidence: {confidence!r} is not between 0 and 1. Give 0.95 for a 95% interval.")
    p = (1 + confidence) / 2
    return float(special.ndtri(p) if math.isinf(df) else special.stdtrit(df, p))
