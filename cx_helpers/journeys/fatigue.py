"""Whether customers answer less the more often they are asked: the same customer beside themselves, so that who is asked often plays no part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm, t

from cx_helpers import estimates
from cx_helpers.estimates.families import several

LAGS = (1, 2, 4, 8, 16, 32)
BANDS = (0, 1, 2, 4, 7, 10, 15, 20)
METHOD = "pairwise conditional logit, clustered"
FEWEST_PAIRS = 100
CURVE = ["earlier_from", "earlier_to", "value", "low", "high", "n", "method", "alike", "alike_low", "alike_high", "less"]


def weariness(
    asked: pd.DataFrame, held: Sequence[str] = (), *, free: float = 0.0, most: float = 30.0, confidence: float = 0.95
) -> estimates.Estimate:
    """What one further request in 90 days does to the log odds of an answer, within the same customer.

    Parameters
    ----------
    asked : DataFrame
        As `asking.questionnaires` gives it: customer, put, answered, earlier, name and the columns of `held`.
    held : names of columns held equal beside the questionnaire, such as segments that change within a customer
    free, most : float
        Requests before that count as none, and beyond which a further one counts no more.

    Returns
    -------
    Estimate: log odds (negative: fewer answers); n is the number of pairs. NaN below 100 pairs or 10 customers.

    Notes
    -----
    Requests of one customer are taken in pairs that lie 1, 2, 4, 8, 16 and 32 apart; of a pair of which one was answered, it is told which
    (Chamberlain 1980, Review of Economic Studies 47; all pairs together a composite likelihood, Varin, Reid and Firth 2011,
    Statistica Sinica 21). What is a customer's own for good drops out: those who are asked most may be those who never answer.
    The interval is clustered by customer. Not where silence was not recorded, or customers are not known.
    """
    counted = np.clip(asked["earlier"].to_numpy(float) - free, 0, most)
    slopes, variance, pairs, people = _pairwise(asked, counted[:, None], held)
    if slopes is None:
        return estimates.Estimate(np.nan, np.nan, np.nan, pairs, METHOD)
    reach = float(t.ppf(0.5 + confidence / 2, people - 1) * np.sqrt(variance[0, 0]))
    return estimates.Estimate(float(slopes[0]), float(slopes[0] - reach), float(slopes[0] + reach), pairs, METHOD)


def curve(asked: pd.DataFrame, held: Sequence[str] = (), *, minimum: int = 10, confidence: float = 0.95) -> pd.DataFrame:
    """The share answered by how often the customer had been asked in the 90 days before.

    Returns
    -------
    DataFrame: earlier_from, earlier_to (requests before; the last band has no end: infinity), value (share answered as it is, 0 to 1), low, high, n (requests), method,
    alike (the share if the same customers had been asked that often: odds within customers, set on the share of the first band), alike_low, alike_high
    (Bonferroni over the bands), less (bool: clearly fewer answers than at the first band). Bands below `minimum` requests are joined to the one before.
    """
    earlier = asked["earlier"].to_numpy(float)
    starts = [band for band in BANDS if band == 0 or (earlier >= band).sum() >= 10 * minimum]
    band = np.searchsorted(starts, earlier, side="right") - 1
    rows = []
    for place, start in enumerate(starts):
        each = asked[band == place].groupby("customer")["answered"].agg(["sum", "size"])
        found = estimates.share_from_cluster_counts(each["sum"].to_numpy(float), each["size"].to_numpy(float), confidence)
        end = starts[place + 1] - 1 if place + 1 < len(starts) else np.inf
        rows.append({"earlier_from": start, "earlier_to": end, "value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method})
    frame = pd.DataFrame(rows).assign(alike=np.nan, alike_low=np.nan, alike_high=np.nan, less=False)
    slopes, variance, _, _ = _pairwise(asked, np.eye(len(starts))[band][:, 1:], held) if len(starts) > 1 else (None,) * 4
    if slopes is not None:
        more = slopes[: len(starts) - 1]
        reach = norm.ppf(0.5 + several(confidence, len(more)) / 2) * np.sqrt(np.diag(variance)[: len(more)])
        base = logit(np.clip(frame["value"].iloc[0], 1e-6, 1 - 1e-6))
        for name, way in (("alike", 0.0), ("alike_low", -1.0), ("alike_high", 1.0)):
            frame.loc[1:, name] = expit(base + more + way * reach)
        frame.loc[0, "alike"] = frame.loc[0, "value"]
        frame.loc[1:, "less"] = more + reach < 0
    return frame[CURVE]


def cap(weary: estimates.Estimate, bands: pd.DataFrame) -> float:
    """The most requests in 90 days at which the same customers still answer as before; NaN where no further request is seen to do harm."""
    if not weary.high < 0 or not bands["less"].any():
        return np.nan
    return float(max(bands.loc[bands["less"].idxmax(), "earlier_from"], 1))


def _pairwise(asked: pd.DataFrame, of: np.ndarray, held: Sequence[str]):
    """Slopes of `of` and of what is held equal, their clustered variance, pairs and customers; slopes None where there are too few."""
    place = np.lexsort((asked["put"].to_numpy(), pd.factorize(asked["customer"])[0]))
    who, answered = pd.factorize(asked["customer"])[0][place], asked["answered"].to_numpy(float)[place]
    columns = [of, *(_levels(asked[name]) for name in ("name", *held) if name in asked and asked[name].nunique() > 1)]
    x = np.hstack(columns)[place]
    differences, outcome, whose = [], [], []
    for lag in LAGS:
        told = (who[lag:] == who[:-lag]) & (answered[lag:] != answered[:-lag])
        differences.append((x[lag:] - x[:-lag])[told])
        outcome.append(answered[lag:][told])
        whose.append(who[lag:][told])
    d, y, people = np.vstack(differences), np.concatenate(outcome), pd.factorize(np.concatenate(whose))[0]
    groups = int(people.max()) + 1 if len(people) else 0
    if len(y) < FEWEST_PAIRS or groups < 10 or not (np.ptp(d[:, : of.shape[1]], axis=0) > 0).all():
        return None, None, len(y), groups
    return *_logit(d, y, people, groups), len(y), groups


def _levels(column: pd.Series) -> np.ndarray:
    codes, levels = pd.factorize(column.astype(object).where(column.notna(), "unknown").astype(str), sort=True)
    return np.eye(len(levels))[codes][:, 1:]


def _logit(d: np.ndarray, y: np.ndarray, people: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression without a constant by Newton's method, and its variance clustered by customer."""
    slopes = np.zeros(d.shape[1])
    for _ in range(30):
        chance = expit(d @ slopes)
        bread = np.linalg.pinv((d * (chance * (1 - chance))[:, None]).T @ d)
        step = bread @ (d.T @ (y - chance))
        slopes = slopes + step
        if np.abs(step).max() < 1e-6:
            break
    rest = y - expit(d @ slopes)
    scores = np.column_stack([np.bincount(people, d[:, k] * rest, groups) for k in range(d.shape[1])])
    return slopes, groups / (groups - 1) * bread @ (scores.T @ scores) @ bread
