"""How good a reading of emotions is, beside people's labels, and a share corrected for its errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from cx_helpers.errors import DataError
from cx_helpers.estimates import Estimate, share_from_counts

MEASURES = ("precision", "recall", "mcc", "auc")
LEAST_LABELS = 30  # labels drawn by lot, a language, below which nothing is said of quality
LEAST_OF_EACH = 5  # with the emotion, and without it


def quality(truth: Sequence[bool], present: Sequence[bool], score: Sequence[float], *, draws: int = 1000, seed: int = 0, confidence: float = 0.95) -> dict[str, float]:
    """Precision, recall, Matthews correlation and area under the curve of a reading, with intervals.

    Parameters
    ----------
    truth, present : sequences of bool
        What people say and what the reading says, of comments drawn by lot.
    score : sequence of float
        What the reading goes by; only its order counts.

    Returns
    -------
    dict: n, positives (labelled so), base_rate, base_rate_low, base_rate_high (0 to 1); precision, recall (0 to 1), mcc
    (-1 to 1) and auc (0 to 1), each with _low and _high; better_than_chance (bool): the interval of MCC lies above 0.

    Notes
    -----
    Precision, recall and base rate by Wilson; MCC and AUC by percentile bootstrap of comments. MCC: Matthews (1975), with
    0 where a margin is empty; no F1 and no accuracy, for
    saying "always" or "never" can win both. Not for labels that were chosen because they were doubtful.

    >>> quality([True, False] * 40, [True, False] * 40, [1.0, 0.0] * 40)["mcc"]
    1.0
    """
    truth, present, score = np.asarray(truth, bool), np.asarray(present, bool), np.asarray(score, float)
    if not len(truth) == len(present) == len(score):
        raise DataError(f"quality: {len(truth)} labels, {len(present)} readings and {len(score)} scores: give as many of each.")
    n, positives = len(truth), int(truth.sum())
    base = share_from_counts(positives, n, confidence) if n else Estimate(math.nan, math.nan, math.nan, 0, "none")
    found = {"n": n, "positives": positives, "base_rate": base.value, "base_rate_low": base.low, "base_rate_high": base.high}
    empty = {f"{name}{end}": math.nan for name in MEASURES for end in ("", "_low", "_high")}
    if n < LEAST_LABELS or min(positives, n - positives) < LEAST_OF_EACH:
        return {**found, **empty, "better_than_chance": False}
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), draws)
    tail = 50 * (1 - confidence)
    for name, (right, of) in {"precision": (truth & present, present), "recall": (truth & present, truth)}.items():
        part = share_from_counts(int(right.sum()), int(of.sum()), confidence) if of.any() else Estimate(math.nan, math.nan, math.nan, 0, "none")
        found |= {name: part.value, f"{name}_low": part.low, f"{name}_high": part.high}
    for name in MEASURES[2:]:
        resampled = _measure(name, truth, present, score, drawn)
        low, high = np.nanpercentile(resampled, [tail, 100 - tail]) if np.isfinite(resampled).any() else (math.nan, math.nan)
        value = float(_measure(name, truth, present, score, np.ones((1, n)))[0])
        found |= {name: value, f"{name}_low": float(low), f"{name}_high": float(high)}
    return {**found, "better_than_chance": bool(found["mcc_low"] > 0)}


def _measure(name: str, truth: np.ndarray, present: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under the curve or Matthews correlation, under each row of weights."""
    if name == "auc":
        with_it, without = weights[:, truth], weights[:, ~truth]
        above = np.sign(score[truth][:, None] - score[~truth][None, :]) / 2 + 0.5
        return _ratio(((with_it @ above) * without).sum(axis=1), with_it.sum(axis=1) * without.sum(axis=1))
    tp, fp, fn, tn = ((weights[:, cell]).sum(axis=1) for cell in (truth & present, ~truth & present, truth & ~present, ~truth & ~present))
    return np.nan_to_num(_ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def counts(truth: Sequence[bool], present: Sequence[bool]) -> dict[str, int]:
    """What a correction needs: positives and those of them found, negatives and those of them left alone."""
    truth, present = np.asarray(truth, bool), np.asarray(present, bool)
    return {"positives": int(truth.sum()), "found": int((truth & present).sum()), "negatives": int((~truth).sum()), "left": int((~truth & ~present).sum())}


def corrected_share(observed: float, n: float, judged: dict[str, int], confidence: float = 0.95) -> Estimate:
    """The share of comments with an emotion, from the share the reading found and how often the reading errs.

    Parameters
    ----------
    observed : float
        Share read as present, 0 to 1.
    n : float
        Comments read; fewer where customers wrote several (the effective number).
    judged : dict
        As `counts` gives it, of labels drawn by lot.

    Returns
    -------
    Estimate, 0 to 1. The value is that of Rogan and Gladen (1978); the interval that of Lang and Reiczigel (2014),
    which counts the uncertainty of sensitivity and specificity too. n is rounded down.

    Notes
    -----
    It takes the reading to err as often in every group and month as in the labels. NaN where the reading is not better
    than chance (sensitivity and specificity do not add up to more than 1).

    >>> round(corrected_share(0.2, 1000, {"positives": 50, "found": 40, "negatives": 250, "left": 240}).value, 3)
    0.211
    """
    z = norm.ppf(0.5 + confidence / 2)
    positives, negatives = judged["positives"], judged["negatives"]
    sensitivity, specificity = judged["found"] / positives if positives else math.nan, judged["left"] / negatives if negatives else math.nan
    method = "Rogan-Gladen, Lang-Reiczigel"
    if not sensitivity + specificity > 1 or n <= 0:
        return Estimate(math.nan, math.nan, math.nan, int(n), method)
    value = (observed + specificity - 1) / (sensitivity + specificity - 1)
    size = n + z**2
    seen = (n * observed + z**2 / 2) / size
    yes, no = positives + 2, negatives + 2
    se, sp = (judged["found"] + 1) / yes, (judged["left"] + 1) / no
    centre = (seen + sp - 1) / (se + sp - 1)
    shift = 2 * z**2 * (centre * se * (1 - se) / yes - (1 - centre) * sp * (1 - sp) / no)
    error = math.sqrt(seen * (1 - seen) / size + centre**2 * se * (1 - se) / yes + (1 - centre) ** 2 * sp * (1 - sp) / no) / (se + sp - 1)
    bound = [min(max(x, 0.0), 1.0) for x in (value, centre + shift - z * error, centre + shift + z * error)]
    return Estimate(bound[0], min(bound[0], bound[1]), max(bound[0], bound[2]), int(n), method)


def weighted_together(parts: Sequence[tuple[float, Estimate]], method: str) -> Estimate:
    """Estimates of parts with their weights, which add up to 1, as one; the interval by MOVER (Zou and Donner 2008)."""
    weights = np.array([weight for weight, _ in parts])
    value, low, high = (np.array([getattr(part, name) for _, part in parts]) for name in ("value", "low", "high"))
    total = float(weights @ value)
    below, above = (float(np.sqrt(((weights * (value - bound)) ** 2).sum())) for bound in (low, high))
    return Estimate(total, max(0.0, total - below), min(1.0, total + above), sum(part.n for _, part in parts), method)


def effective_n(present: pd.Series, customers: pd.Series) -> float:
    """How many independent comments the comments of a group are worth: customers who wrote several repeat themselves."""
    n, share = len(present), float(present.mean()) if len(present) else 0.0
    known = customers.fillna(pd.Series([f"\0{i}" for i in range(n)], index=customers.index))
    alone = known.nunique()
    if alone == n or share in (0.0, 1.0):
        return float(alone)
    sums = (present - share).groupby(known.to_numpy()).sum()
    variance = float((sums**2).sum()) / n**2 * alone / max(alone - 1, 1)
    return float(min(n, share * (1 - share) / variance)) if variance > 0 else float(alone)
