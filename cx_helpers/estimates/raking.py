"""Weights that bring a sample to margins known from elsewhere: raking, or iterative proportional fitting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import numbers

TRIM = (0.2, 5.0)
TOLERANCE = 1e-9
MOST_CYCLES = 500


@dataclass(frozen=True, eq=False)
class Raked:
    """What raking gives.

    Attributes
    ----------
    factors : array, one a row of the frame
        What each answer of the row counts; their mean over answers is 1.
    n, n_effective : float
        Answers, and Kish's number of equally weighted answers that would know as much.
    design_effect : float
        n / n_effective, 1 or more: by how much unequal weights widen a variance.
    cycles : int
        Rounds over all margins until they fitted.
    trimmed : int
        Answers whose factor stands at a limit.
    converged : bool
        Whether every margin is met; not where limits stand in the way.
    margins : DataFrame
        column, level, wanted, before, after (shares, 0 to 1), n (answers).
    """

    factors: np.ndarray
    n: float
    n_effective: float
    design_effect: float
    cycles: int
    trimmed: int
    converged: bool
    margins: pd.DataFrame


def rake(
    frame: pd.DataFrame, margins: Mapping[str, Mapping[object, float]], weight: str | None = None, count: str | None = None, *,
    trim: tuple[float, float] | None = TRIM, tolerance: float = TOLERANCE, most: int = MOST_CYCLES,
) -> Raked:  # fmt: skip
    """Weights under which the sample has the margins given, as near to the weights it began with as can be.

    Parameters
    ----------
    frame : DataFrame
        A row an answer, or a row a cell of answers with their number in `count`; the columns named in `margins`.
    margins : mapping of column to mapping of level to its share or number in the population
    weight : column of weights to begin with, as from the survey's design; 1 when left out
    count : column with the answers a row stands for; 1 when left out
    trim : (lowest, highest) factor beside the mean of 1, or None for no limits

    Returns
    -------
    Raked. With limits the margins may be missed: `converged` is then False and `margins` tells by how much.

    Raises
    ------
    DataError
        One line with every problem: a column missing, a level of a margin that nobody in the sample has (no weight can
        stand for nobody) or of the sample that the margin lacks, a share that is not above 0, or margins that
        contradict one another, so that no weights can meet them.

    Notes
    -----
    Weights mend the part of non-response that the margins explain, and nothing else: where those who answer differ from
    those who do not *within* a level, the weighted score is as wrong as the plain one. Not with margins that answering
    itself changes (complaints made), nor with many small cells: see `n_effective`.
    Source: Deming and Stephan (1940), Annals of Mathematical Statistics 11; limits and their order as in DeBell and
    Krosnick (2009), ANES Technical Report; effective n: Kish (1965), section 11.7.

    Examples
    --------
    >>> cells = pd.DataFrame({"tenure": ["new", "old"], "n": [20, 80]})
    >>> found = rake(cells, {"tenure": {"new": 0.5, "old": 0.5}}, count="n")
    >>> [float(f) for f in found.factors], round(found.n_effective)
    ([2.5, 0.625], 64)
    """
    if trim is not None and not 0 <= trim[0] < 1 < trim[1]:
        raise DataError(f"rake: limits {trim} must lie on both sides of 1, such as {TRIM}. Mend trim.")
    start, answers = _start(frame, weight, count)
    codes, targets = _checked(frame, margins, start)
    total = start.sum()
    factors, trimmed_before = np.ones(len(frame)), None
    cycles = worst = 0
    while cycles < most:
        cycles += 1
        for code, target in zip(codes, targets, strict=True):
            now = np.bincount(code, weights=start * factors, minlength=len(target)) / total
            factors = factors * (target / now)[code]
        factors, limited = _trimmed(factors, start, trim)
        worst = max(_miss(code, target, start * factors, total) for code, target in zip(codes, targets, strict=True))
        if worst < tolerance or (limited.any() and cycles > 1 and trimmed_before is not None and np.allclose(factors, trimmed_before, rtol=1e-10, atol=0)):
            break
        trimmed_before = factors
    met = worst < max(tolerance, 1e-6)
    if not met and not limited.any():
        raise DataError(f"rake: the margins {', '.join(margins)} cannot be met together (off by {worst:.2%} after {cycles} rounds). Leave one out, or join rare levels.")
    effective = start * factors
    kish = float(effective.sum() ** 2 / (effective**2 / answers).sum())
    return Raked(factors, float(answers.sum()), kish, float(answers.sum() / kish), cycles, int(answers[limited].sum()), met,
                 _fit(frame, margins, start, factors, answers))  # fmt: skip


def _start(frame: pd.DataFrame, weight: str | None, count: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Weight that each row begins with, and its answers."""
    lacking = [name for name in (weight, count) if name and name not in frame]
    if lacking:
        raise DataError(f"rake: no column {', '.join(lacking)} in the frame. Name a column it has.")
    answers = np.ones(len(frame)) if count is None else numbers(frame[count], "rake", "counts")
    each = np.ones(len(frame)) if weight is None else numbers(frame[weight], "rake", "weights")
    if not len(frame) or (~(each > 0)).any() or (~(answers > 0)).any():
        raise DataError("rake: no rows, or weights or counts that are not above 0. Leave such rows out.")
    return each * answers, answers


def _checked(frame: pd.DataFrame, margins: Mapping[str, Mapping[object, float]], start: np.ndarray):
    """Level numbers of each margin and its shares; every problem in one line."""
    problems, codes, targets = [], [], []
    for column, wanted in margins.items():
        if column not in frame:
            problems.append(f"no column {column}")
            continue
        shares = pd.Series(dict(wanted), dtype=float)
        found = set(frame[column].dropna())
        unknown, nobody = sorted(map(str, found - set(shares.index))), sorted(map(str, set(shares.index) - found))
        problems += [f"{column}: {', '.join(nobody)} has a share but no answer"] if nobody else []
        problems += [f"{column}: {', '.join(unknown)} has answers but no share"] if unknown else []
        problems += [f"{column}: {int(frame[column].isna().sum())} rows have no level"] if frame[column].isna().any() else []
        problems += [f"{column}: shares are not above 0"] if not (shares > 0).all() else []
        codes.append(shares.index.get_indexer(frame[column]))
        targets.append((shares / shares.sum()).to_numpy())
    if problems or not margins:
        raise DataError(f"rake: {'; '.join(problems) or 'no margin is given'}. Join rare levels, or leave the margin out.")
    return codes, targets


def _trimmed(factors: np.ndarray, start: np.ndarray, trim: tuple[float, float] | None) -> tuple[np.ndarray, np.ndarray]:
    """Factors of mean 1 within the limits, and which stand at one."""
    total = start.sum()
    factors = factors * total / (start * factors).sum()
    if trim is None:
        return factors, np.zeros(len(factors), dtype=bool)
    limited = (factors <= trim[0]) | (factors >= trim[1])
    below, above = 0.0, 1.0 / max(factors.min(), 1e-300) * trim[1]
    for _ in range(100 if limited.any() else 0):  # the multiple under which the clipped factors have mean 1
        middle = (below + above) / 2
        heavy = (start * np.clip(middle * factors, *trim)).sum() > total
        below, above = (below, middle) if heavy else (middle, above)
    return np.clip(factors * (above if limited.any() else 1.0), *trim), limited


def _miss(code: np.ndarray, target: np.ndarray, weights: np.ndarray, total: float) -> float:
    return float(np.abs(np.bincount(code, weights=weights, minlength=len(target)) / total - target).max())


def _fit(frame: pd.DataFrame, margins: Mapping, start: np.ndarray, factors: np.ndarray, answers: np.ndarray) -> pd.DataFrame:
    rows = []
    for column, wanted in margins.items():
        sums = pd.DataFrame({"level": frame[column].to_numpy(), "before": start, "after": start * factors, "n": answers}).groupby("level").sum()
        shares = pd.Series(dict(wanted), dtype=float)
        rows.append(pd.DataFrame({
            "column": column, "level": shares.index, "wanted": (shares / shares.sum()).to_numpy(),
            "before": (sums["before"] / start.sum()).reindex(shares.index).to_numpy(),
            "after": (sums["after"] / (start * factors).sum()).reindex(shares.index).to_numpy(), "n": sums["n"].reindex(shares.index).to_numpy(),
        }))  # fmt: skip
    return pd.concat(rows, ignore_index=True)
