"""Many comparisons looked at together: which stand out beyond chance, and intervals that say the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm, t

from cx_helpers.errors import DataError


def adjusted(p) -> np.ndarray:
    """P-values of a family after Benjamini and Hochberg (1995, JRSS B 57); an unknown one (NaN) is no member.

    Parameters
    ----------
    p : array of numbers from 0 to 1

    Returns
    -------
    array: the smallest share of false discoveries at which each would be called; NaN where p is.

    Notes
    -----
    Holds for independent or positively dependent tests. Not for a few decisions of which none may be wrong: use Holm.

    >>> adjusted([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    given = np.asarray(p, dtype=float)
    tested = ~np.isnan(given)
    wrong = tested & ~((given >= 0) & (given <= 1))
    if wrong.any():
        raise DataError(f"adjusted: {int(wrong.sum())} p-values are not between 0 and 1 (first: {given[wrong][0]:g}). Give probabilities.")
    out = np.full(len(given), np.nan)
    if tested.any():
        out[tested] = false_discovery_control(given[tested], method="bh")
    return out


def holm_adjusted(p) -> np.ndarray:
    """P-values of a family after Holm (1979, Scandinavian Journal of Statistics 6); an unknown one (NaN) is no member.

    Parameters
    ----------
    p : array of numbers from 0 to 1

    Returns
    -------
    array: at most alpha just where the comparison may be called and none of the family is called falsely in more than alpha of
    data sets, whatever hangs together; NaN where p is.

    >>> holm_adjusted([0.03, 0.01, float("nan"), 0.5]).tolist()
    [0.06, 0.03, nan, 0.5]
    """
    given = np.asarray(p, dtype=float)
    out = np.full(len(given), np.nan)
    order = np.argsort(given, kind="stable")[: int((~np.isnan(given)).sum())]
    out[order] = np.minimum(np.maximum.accumulate(given[order] * np.arange(len(order), 0, -1)), 1.0)
    return out


def p_of(found: pd.DataFrame, confidence: float = 0.95) -> np.ndarray:
    """The p-value of no difference that each interval stands for (Student's t with n - 2 degrees of freedom).

    Parameters
    ----------
    found : DataFrame
        value, low, high (at `confidence`, around 0 where there is no difference), n.
    """
    df = np.maximum(found["n"].to_numpy(dtype=float) - 2, 1)
    value, low, high = (found[name].to_numpy(dtype=float) for name in ("value", "low", "high"))
    reach = np.where(value > 0, value - low, high - value)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.abs(value) / np.where(reach > 0, reach, np.nan) * t.ppf((1 + confidence) / 2, df)
    return 2 * t.sf(times, df)


def chance(value: float, low: float, high: float, n: float, confidence: float = 0.95, *, null: float = 0.0, looks: int = 1) -> float:
    """The p-value that one interval stands for, of a number that is no other than `null`, corrected for how many were looked at (Bonferroni).

    Parameters
    ----------
    value, low, high : the number with its interval at `confidence`
    n : what it rests on
    looks : how many numbers like it were looked at

    Returns
    -------
    float from 0 to 1; NaN where the interval is not known.

    >>> round(chance(2.0, 0.0, 4.0, 1000), 3)
    0.05
    """
    row = pd.DataFrame({"value": [value - null], "low": [low - null], "high": [high - null], "n": [n]})
    return float(np.minimum(looks * p_of(row, confidence)[0], 1.0))


def several(confidence: float, looks: int) -> float:
    """The confidence of each of several looks that keeps all of them together at `confidence` (Bonferroni)."""
    return 1 - (1 - confidence) / max(looks, 1)


def for_several(found: pd.DataFrame, looks: int, confidence: float = 0.95) -> pd.DataFrame:
    """low and high of `found`, which stand at `confidence`, widened so that all of `looks` hold together (Bonferroni, by the
    normal distribution; each side keeps its own length).

    Parameters
    ----------
    found : DataFrame
        value, low, high.

    >>> for_several(pd.DataFrame({"value": [0.0], "low": [-1.0], "high": [2.0]}), 10).round(2).to_numpy().tolist()
    [[-1.43, 2.86]]
    """
    times = norm.ppf((1 + several(confidence, looks)) / 2) / norm.ppf((1 + confidence) / 2)
    return pd.DataFrame({side: found["value"] + times * (found[side] - found["value"]) for side in ("low", "high")})


def widened(found: pd.DataFrame, p_adjusted, confidence: float = 0.95) -> pd.DataFrame:
    """`found` with low and high widened for the family, so that an interval excludes 0 just where the comparison is called.

    False coverage rate intervals (Benjamini and Yekutieli 2005, JASA 100): of R called among m tested, each stands at
    1 - max(R, 1) (1 - confidence) / m.

    Parameters
    ----------
    found : DataFrame
        value, low, high (at `confidence`), n; the whole family.
    p_adjusted : array
        As `adjusted` gives it for the whole family, which may be larger than `found`.
    """
    family = np.asarray(p_adjusted, dtype=float)
    tested, called = int((~np.isnan(family)).sum()), int((family <= 1 - confidence).sum())
    if not tested:
        return found
    alpha = max(called, 1) * (1 - confidence) / tested
    df = np.maximum(found["n"].to_numpy(dtype=float) - 2, 1)
    times = t.ppf(1 - alpha / 2, df) / t.ppf((1 + confidence) / 2, df)
    return found.assign(**{side: found["value"] + (found[side] - found["value"]) * times for side in ("low", "high")})
