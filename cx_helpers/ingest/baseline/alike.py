"""Like with like: groups of customers set beside others who were asked as often, and groups that are the same people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers import estimates

BINS = 20
ENOUGH_ALIKE = 0.5  # of a group's requests must have others asked as often beside them
SAME_PEOPLE = 0.3  # phi


def asked_as_often(sums: pd.DataFrame) -> np.ndarray:
    """For each row of `sums` a number: the same for customers asked about as often over the whole window, finer where requests are many."""
    times = sums.groupby("customer")["times"].transform("sum").to_numpy(dtype=float)
    if not len(times):
        return np.zeros(0, dtype=int)
    order = np.argsort(times, kind="stable")
    reached = np.cumsum(sums["n"].to_numpy(dtype=float)[order])
    at = np.searchsorted(reached, np.arange(1, BINS) / BINS * reached[-1])
    return np.searchsorted(np.unique(times[order][np.minimum(at, len(order) - 1)]), times)


def like_for_like(often: np.ndarray, n: np.ndarray, mine: np.ndarray, fewest: int) -> np.ndarray:
    """Factor a row that lets all others count as if they had been asked as often as `mine` (direct standardisation).

    0 for rows that have none, or fewer than `fewest` requests, of the other side beside them.
    """
    size = int(often.max()) + 1 if len(often) else 1
    here, there = (np.bincount(often[side], n[side], size) for side in (mine, ~mine))
    both = (here >= fewest) & (there >= fewest)
    factor = np.divide(here, there, out=np.zeros(size), where=both)
    if both.any():
        factor *= there[both].sum() / here[both].sum()
    return np.where(mine, both[often], factor[often])


def difference(codes: np.ndarray, sums: pd.DataFrame, mine: np.ndarray, often: np.ndarray | None, fewest: int, confidence: float) -> estimates.Estimate:
    """Share of its requests that a group answered less that of all others asked as often; `often` None compares as they are.

    Low and high are NaN where less than half of the group's requests have others asked as often beside them.
    """
    n = sums["n"].to_numpy(dtype=float)
    factor = np.ones(len(n)) if often is None else like_for_like(often, n, mine, fewest)
    sides = [tuple(np.bincount(codes[side], (factor * sums[column].to_numpy(dtype=float))[side], codes.max() + 1) for column in ("answered", "n"))
             for side in (mine, ~mine)]  # fmt: skip
    # A factor's rounding must not make more answers than requests.
    sides = [(np.minimum(answered, asked), asked) for answered, asked in sides]
    if sides[0][1].sum() < ENOUGH_ALIKE * n[mine].sum() or not sides[1][1].sum():
        return estimates.Estimate(np.nan, np.nan, np.nan, int(n.sum()), "Newcombe, clustered")
    return estimates.difference_from_counts(*sides, "share", confidence)


def same_people(masks: Sequence[np.ndarray], n: np.ndarray, gaps: Sequence[float]) -> list[int]:
    """For each group the place of the one that tells most of what it tells: its own, or a group of largely the same customers.

    Parameters
    ----------
    masks : one a group: the rows of its requests
    n : requests a row
    gaps : the group's difference from all others

    Returns
    -------
    list of int, one a group. What a group tells is the variance of answering that it accounts for, gap² p (1 - p); two
    groups are largely the same where their phi (correlation of belonging, over requests) is 0.3 or more.
    """
    shares = [n[mine].sum() / n.sum() for mine in masks]
    told = [gap**2 * p * (1 - p) for gap, p in zip(gaps, shares, strict=True)]
    lead = list(range(len(masks)))
    leaders: list[int] = []
    for place in sorted(lead, key=lambda i: -told[i]):
        alike = [first for first in leaders if _phi(masks[first], masks[place], n) >= SAME_PEOPLE]
        lead[place] = alike[0] if alike else place
        leaders += [] if alike else [place]
    return lead


def _phi(a: np.ndarray, b: np.ndarray, n: np.ndarray) -> float:
    total = n.sum()
    p, q, both = n[a].sum() / total, n[b].sum() / total, n[a & b].sum() / total
    spread = p * (1 - p) * q * (1 - q)
    return float((both - p * q) / np.sqrt(spread)) if spread > 0 else 0.0
