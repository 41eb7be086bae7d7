"""Intervals carried from end to end: every step of a chain is drawn by the same customers, so that errors that go together stay together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.drivers.design import Design
from cx_helpers.drivers.robust import leaving_out
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile

CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Step:
    """Numbers of one step of a chain, and what each customer gave to their error.

    Attributes
    ----------
    value : array (p,)
    influence : array (customers of the step, p)
        What the number would move by if the customer were drawn once more; the columns add up to about 0.
    customers : array of int
        Who the rows of `influence` are, in the numbering that all steps share.
    n : int
        Rows behind it.
    """

    value: np.ndarray
    influence: np.ndarray
    customers: np.ndarray
    n: int

    @property
    def error(self) -> np.ndarray:
        """Standard errors, robust to rows of one customer that go together."""
        return np.sqrt((self.influence**2).sum(axis=0))

    def interval(self, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Low and high by Student's t with one degree of freedom less than customers."""
        half = quantile(confidence, len(self.customers) - 1) * self.error
        return self.value - half, self.value + half

    def p(self) -> np.ndarray:
        """Two-sided p of each number being 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return 2 * special.stdtr(len(self.customers) - 1, -np.abs(self.value / self.error))


def numbered(*columns: Sequence) -> tuple[list[np.ndarray], int]:
    """One numbering of the customers of several frames, by first appearance; a row without a customer stands alone."""
    codes, names = pd.factorize(np.concatenate([np.asarray(column, dtype=object) for column in columns]))
    alone = codes < 0
    codes = np.where(alone, len(names) + np.cumsum(alone) - 1, codes)
    cuts = np.cumsum([len(column) for column in columns])[:-1]
    return np.split(codes, cuts), len(names) + int(alone.sum())


def slopes(d: Design, outcomes: np.ndarray, customers: np.ndarray) -> list[Step]:
    """Partial slope of each driver on each outcome, controls held equal: least squares with the scores of each customer.

    Parameters
    ----------
    d : Design
        Its rows; its own outcome is not used.
    outcomes : array (n, outcomes)
    customers : array of int (n,), of `numbered`, of the same rows

    Returns
    -------
    A `Step` an outcome, numbers in the order of ``d.drivers``. Errors by leaving out each customer (CV3; MacKinnon, Nielsen and Webb
    2023); NaN for a driver that would not vary without one of them.
    """
    root = np.sqrt(d.weights)[:, None]
    fixed, both = root * d.controls, root * np.column_stack([d.x, outcomes])
    both = both - fixed @ (np.linalg.pinv(fixed.T @ fixed, rcond=1e-12, hermitian=True) @ (fixed.T @ both))
    x, y = both[:, : d.x.shape[1]], both[:, d.x.shape[1] :]
    scale = np.sqrt((x**2).mean(axis=0))
    x = x / scale
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    who, place = np.unique(customers, return_inverse=True)
    basis = np.column_stack([d.basis, x @ np.linalg.inv(np.linalg.cholesky(x.T @ x)).T])
    people, factor, steps = replace(d, groups=place, clustered=True), np.sqrt((len(who) - 1) / len(who)), []
    for j in range(y.shape[1]):
        lost = leaving_out(x @ bread, y[:, j] - x @ beta[:, j], basis, people) / scale * factor
        alone = np.isinf(lost).any(axis=0)
        steps.append(Step(np.where(alone, np.nan, beta[:, j] / scale), np.where(alone, 0.0, lost), who, d.n))
    return steps


def means(values: np.ndarray, customers: np.ndarray, weights: np.ndarray | None = None) -> Step:
    """Mean of each column over the rows that know it."""
    counted = ~np.isnan(values) * (np.ones(len(values)) if weights is None else weights)[:, None]
    size = counted.sum(axis=0)
    size = np.where(size > 0, size, 1.0)
    value = (counted * np.nan_to_num(values)).sum(axis=0) / size
    who, place = np.unique(customers, return_inverse=True)
    off = counted * np.nan_to_num(values - value) / size
    return Step(value, summed(off, place, len(who)) * np.sqrt(len(who) / max(len(who) - 1, 1)), who, len(values))


def summed(rows: np.ndarray, place: np.ndarray, size: int) -> np.ndarray:
    """Sums of rows by customer."""
    return np.stack([np.bincount(place, weights=column, minlength=size) for column in rows.T], axis=1)


def drawn(steps: Sequence[Step], customers: int, draws: int, seed: int) -> list[np.ndarray]:
    """Numbers of each step in each draw; in a draw a customer counts as often in one step as in all others.

    Parameters
    ----------
    customers : int
        How many there are in the numbering.

    Returns
    -------
    An array (draws, p) a step.

    Notes
    -----
    Score bootstrap (Kline and Santos 2012, Journal of Econometric Methods 1): each customer's score is weighted by how often
    the draw holds them (Poisson, mean 1) and no regression is fitted anew. Not below about 30 customers.
    """
    if draws < 1:
        raise DataError(f"value: {draws} bootstrap draws, at least 1 is needed. Give 500 or more.")
    rng = np.random.default_rng(seed)
    out = [np.tile(step.value, (draws, 1)) for step in steps]
    for first in range(0, customers, CHUNK):
        size = min(CHUNK, customers - first)
        often = rng.poisson(1.0, (draws, size)) - 1.0
        for step, numbers in zip(steps, out, strict=True):
            inside = slice(*np.searchsorted(step.customers, [first, first + size]))
            numbers += often[:, step.customers[inside] - first] @ step.influence[inside]
    return out
