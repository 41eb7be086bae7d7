"""One thing's association with another, other things held equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t

from cx_helpers.estimates import Estimate

METHOD = "OLS, held equal, clustered"
UNKNOWN = "unknown"
FEWEST = 30


def association(
    outcome: pd.Series, of: pd.Series, held: pd.DataFrame, cluster: pd.Series, *, weights: pd.Series | None = None, confidence: float = 0.95
) -> Estimate:
    """How much `outcome` differs by one more of `of`, between rows alike in everything held equal.

    Parameters
    ----------
    outcome, of : numbers; rows where either is missing are left out
    held : DataFrame of categories; the missing is a category of its own, one with a single level or nearly as many
        levels as rows is left out
    cluster : whose row it is; rows of one customer hang together

    Returns
    -------
    Estimate in units of the outcome per unit of `of`; NaN where fewer than 30 rows or 10 customers, or nothing varies. The
    interval is Student's t on customers less one, of the cluster-robust (CR1) variance of least squares on `of` and a
    dummy a level (Liang and Zeger 1986, Biometrika 73). An association: what differs beside is not all held equal.

    Examples
    --------
    >>> import pandas as pd
    >>> y = pd.Series([float(i % 2) for i in range(40)])
    >>> round(association(y, 2 * y, pd.DataFrame(index=y.index), pd.Series(range(40))).value, 3)
    0.5
    """
    known = outcome.notna() & of.notna()
    y, x, who = outcome[known].to_numpy(float), of[known].to_numpy(float), pd.factorize(cluster[known])[0]
    people = who.max() + 1 if len(who) else 0
    unknown = Estimate(np.nan, np.nan, np.nan, len(y), METHOD)
    if len(y) < FEWEST or people < 10 or np.ptp(x) == 0:
        return unknown
    w = np.ones(len(y)) if weights is None else weights[known].to_numpy(float)
    others = _dummies(held[known])
    x, y = _residual(x, others, w), _residual(y, others, w)
    spread = float((w * x * x).sum())
    if spread <= 1e-12 * len(x):
        return unknown
    slope = float((w * x * y).sum()) / spread
    scores = np.bincount(who, w * x * (y - slope * x))
    correction = people / (people - 1) * (len(y) - 1) / max(len(y) - others.shape[1] - 1, 1)
    error = float(np.sqrt(correction * (scores**2).sum())) / spread
    reach = float(t.ppf(0.5 + confidence / 2, people - 1)) * error
    return Estimate(slope, slope - reach, slope + reach, len(y), METHOD)


def _dummies(held: pd.DataFrame) -> np.ndarray:
    """A constant and a 0/1 column a level, the first of each left out."""
    columns = [np.ones((len(held), 1))]
    for name in held:
        level = held[name].astype(object).where(held[name].notna(), UNKNOWN).astype(str)
        codes, levels = pd.factorize(level, sort=True)
        if 1 < len(levels) < len(held) / 5:
            columns.append(np.eye(len(levels))[codes][:, 1:])
    return np.hstack(columns)


def _residual(values: np.ndarray, others: np.ndarray, w: np.ndarray) -> np.ndarray:
    weighted = others * w[:, None]
    return values - others @ (np.linalg.pinv(weighted.T @ others) @ (weighted.T @ values))


def columns_held(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Those of `names` that the frame has."""
    return frame[[name for name in names if name in frame]]
