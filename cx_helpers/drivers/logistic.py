"""Logistic regression that can be carried to other months: fit, customer-robust errors, risks of new rows, and how they are judged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers import estimates
from cx_helpers.drivers.carried import summed
from cx_helpers.drivers.staying import rank_auc
from cx_helpers.estimates.moments import quantile

STEPS, ENOUGH, RIDGE = 30, 1e-7, 1e-4


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted model.

    Attributes
    ----------
    beta, covariance : array (p,), array (p, p)
        Log odds a column; the constant first. Robust to rows of one customer (CR1).
    n, clusters : int
    """

    beta: np.ndarray
    covariance: np.ndarray
    n: int
    clusters: int

    def risk(self, x: np.ndarray) -> np.ndarray:
        """Probability of the event in rows of the same columns, constant included."""
        return special.expit(x @ self.beta)

    def error(self, gradient: np.ndarray) -> float:
        """Standard error of a smooth function of the coefficients (delta method)."""
        return float(np.sqrt(gradient @ self.covariance @ gradient))


def fit_logistic(x: np.ndarray, y: np.ndarray, customers: np.ndarray, offset: np.ndarray | None = None) -> Logistic:
    """Maximum likelihood by Newton's steps; a level without any event, whose odds have no end, is held by a trace of ridge.

    Parameters
    ----------
    x : array (n, p)
        The constant first.
    y : array of 0 and 1 (n,)
    customers : array of int (n,)
    offset : array (n,), optional
        Log odds that are given.
    """
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    z, offset = x / scale, np.zeros(len(y)) if offset is None else offset
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[0, 0] = 0.0
    beta = np.zeros(x.shape[1])
    beta[0] = special.logit(np.clip(y.mean(), 1e-6, 1 - 1e-6)) * scale[0] - offset.mean()
    for _ in range(STEPS):
        p = special.expit(z @ beta + offset)
        hessian = z.T @ (z * (p * (1 - p))[:, None]) + penalty
        step = np.linalg.solve(hessian, z.T @ (y - p) - penalty @ beta)
        beta = beta + step
        if np.abs(z @ step).max() < ENOUGH:
            break
    p = special.expit(z @ beta + offset)
    bread = np.linalg.inv(z.T @ (z * (p * (1 - p))[:, None]) + penalty)
    who, place = np.unique(customers, return_inverse=True)
    influence = summed(z * (y - p)[:, None], place, len(who)) @ bread / scale * np.sqrt(len(who) / max(len(who) - 1, 1))
    return Logistic(beta / scale, influence.T @ influence, len(y), len(who))


@dataclass(frozen=True)
class Coding:
    """How controls become columns, so that other rows are coded alike: a level not met in the fit counts as their average."""

    names: tuple[str, ...]
    levels: dict[str, tuple]
    means: np.ndarray

    def columns(self, frame: pd.DataFrame) -> np.ndarray:
        """A column a level but the first of each control."""
        blocks, place = [np.empty((len(frame), 0))], 0
        for name in self.names:
            code = pd.Index(self.levels[name]).get_indexer(frame[name])
            width = len(self.levels[name]) - 1
            block = (code[:, None] == np.arange(1, width + 1)).astype(float)
            blocks.append(np.where((code >= 0)[:, None], block, self.means[place : place + width]))
            place += width
        return np.column_stack(blocks)


def coding(frame: pd.DataFrame, names: Sequence[str]) -> Coding:
    """The coding of the controls of a frame; one with a single level is left out."""
    levels, means = {}, [np.empty(0)]
    for name in names:
        code, met = pd.factorize(frame[name])
        if len(met) > 1:
            levels[name] = tuple(met)
            means.append(np.bincount(code[code >= 0], minlength=len(met))[1:] / len(frame))
    return Coding(tuple(levels), levels, np.concatenate(means))


def judged(risk: np.ndarray, event: np.ndarray, customers: np.ndarray, base: float, confidence: float = 0.95) -> pd.DataFrame:
    """How well risks foretold what happened to rows that the model has not seen.

    Parameters
    ----------
    risk, event : arrays (n,)
        Probability told, and what happened (0 or 1).
    base : float
        Share of events where the model was fitted: what a forecast without a model would tell everyone.

    Returns
    -------
    DataFrame, a row a measure: measure, value, low, high, n. ``base_rate`` (share of events, 0-1), ``auc`` (0-1; 0.5 is chance; clustered, Obuchowski 1997), ``brier``
    (mean squared error, 0 is best), ``brier_gain`` (error of telling everyone the base less the model's; above 0 the model helps),
    ``calibration_slope`` (1 is right, below 1 too sure of itself) and ``calibration_intercept`` (log odds; 0 is right; Cox 1958).
    """
    place = np.unique(customers, return_inverse=True)[1]
    model, plain = (risk - event) ** 2, (base - event) ** 2
    told = np.clip(risk, 1e-6, 1 - 1e-6)
    odds = special.logit(told)
    rows = {
        "base_rate": estimates.share(event, cluster=place, confidence=confidence), "auc": auc(risk, event, place, confidence),
        "brier": estimates.mean(model, cluster=place, confidence=confidence), "brier_gain": estimates.mean(plain - model, cluster=place, confidence=confidence),
    }  # fmt: skip
    constant = np.ones((len(event), 1))
    slope = fit_logistic(np.column_stack([constant, odds]), event, place) if np.ptp(odds) > 0 else None
    fits = {"calibration_slope": (slope, 1), "calibration_intercept": (fit_logistic(constant, event, place, odds), 0)}
    table = [{"measure": name, "value": e.value, "low": e.low, "high": e.high, "n": e.n} for name, e in rows.items()]
    for name, (fit, j) in fits.items():
        half = quantile(confidence, fit.clusters - 1) * math.sqrt(fit.covariance[j, j]) if fit else math.nan
        value = float(fit.beta[j]) if fit else math.nan
        table.append({"measure": name, "value": value, "low": value - half, "high": value + half, "n": len(event)})
    return pd.DataFrame(table)


def auc(risk: np.ndarray, event: np.ndarray, place: np.ndarray, confidence: float = 0.95) -> estimates.Estimate:
    """Area under the curve with an interval on the logit scale, from each customer's placements (DeLong and others 1988; Obuchowski 1997)."""
    value = rank_auc(risk, event)
    if math.isnan(value):
        return estimates.Estimate(value, math.nan, math.nan, len(event), "DeLong, clustered")
    order = {kind: np.sort(risk[event == kind]) for kind in (0, 1)}
    other = np.where(event == 1, 0, 1)
    below = np.empty(len(risk))
    for kind in (0, 1):
        mine = other == kind
        left, right = (np.searchsorted(order[kind], risk[mine], side) for side in ("left", "right"))
        below[mine] = (left + right) / 2 / len(order[kind])
    placed = np.where(event == 1, below, 1 - below)
    share = (placed - value) / np.where(event == 1, event.sum(), len(event) - event.sum())
    spread = np.sqrt((np.bincount(place, weights=share) ** 2).sum())
    half = quantile(confidence) * spread / max(value * (1 - value), 1e-9)
    low, high = special.expit(special.logit(np.clip(value, 1e-9, 1 - 1e-9)) + np.array([-half, half]))
    return estimates.Estimate(value, float(low), float(high), len(event), "DeLong, clustered")


def calibration(risk: np.ndarray, event: np.ndarray, customers: np.ndarray, groups: int = 10, confidence: float = 0.95) -> pd.DataFrame:
    """What happened beside what was told, by tenths of the risk told.

    Returns
    -------
    DataFrame, lowest risk first: tenth (1 to groups), told (mean risk, 0-1), value, low, high (share of events, 0-1; by customer), n, method. Rows of equal risk
    stay together, so that there may be fewer groups.
    """
    edges = np.unique(np.quantile(risk, np.linspace(0, 1, groups + 1)[1:-1]))
    tenth, rows = np.searchsorted(edges, risk, side="right"), []
    for number, mine in enumerate((tenth == t for t in np.unique(tenth)), start=1):
        e = estimates.share(event[mine], cluster=customers[mine], confidence=confidence)
        rows.append({"tenth": number, "told": float(risk[mine].mean()), "value": e.value, "low": e.low, "high": e.high, "n": e.n, "method": e.method})
    return pd.DataFrame(rows)
