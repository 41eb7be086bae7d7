"""What one more unit of a driver goes with, all other drivers and the controls held equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers.drivers.design import Design
from cx_helpers.drivers.robust import freedom, holm, leaving_out, p_values
from cx_helpers.estimates.families import holm_adjusted
from cx_helpers.estimates.moments import quantile


@dataclass(frozen=True, eq=False)
class Coefficients:
    """A full regression: a value a driver, in its own unit, with the covariance of them all.

    Attributes
    ----------
    value : array (drivers,)
    covariance : array (drivers, drivers)
        Robust to clusters, or to unequal spread where no cluster is named.
    df : float
        Degrees of freedom of Student's t: clusters - 1, at most rows - columns.
    """

    value: np.ndarray
    covariance: np.ndarray
    df: float

    @property
    def error(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    @property
    def p_value(self) -> np.ndarray:
        """Two-sided chance of a value so far from 0, were there nothing."""
        with np.errstate(divide="ignore"):
            return p_values(self.value / self.error, self.df)


def coefficients(d: Design) -> Coefficients:
    """Least squares of the outcome on all drivers after the controls (Frisch, Waugh, Lovell).

    Errors: the jackknife of whole clusters, CV3 (MacKinnon, Nielsen and Webb 2023); HC3 where each row is its own. Infinite for a
    driver that would not vary without one of the clusters.
    """
    y, x = d.rest[:, 0], d.rest[:, 1:]
    scale = np.sqrt((x**2).mean(axis=0))
    x = x / scale
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    basis = np.column_stack([d.basis, x @ np.linalg.inv(np.linalg.cholesky(x.T @ x)).T])
    lost = leaving_out(x @ bread, y - x @ beta, basis, d) / scale
    alone = np.isinf(lost).any(axis=0)
    lost[:, alone] = 0.0
    covariance = lost.T @ lost * ((d.n_groups - 1) / d.n_groups if d.clustered else 1.0)
    covariance[alone, alone] = np.inf
    return Coefficients(beta / scale, covariance, float(freedom(d, d.rank + x.shape[1])))


def partial_effects(d: Design, confidence: float) -> pd.DataFrame:
    """A row a driver: effect, effect_low, effect_high (outcome per unit of the driver), p (0-1), usable (bool).

    p is that of an effect of 0, after Holm's correction over the drivers; usable where it is below 1 - confidence.
    """
    found = coefficients(d)
    half = quantile(confidence, found.df) * found.error
    return pd.DataFrame({
        "effect": found.value, "effect_low": found.value - half, "effect_high": found.value + half,
        "p": holm_adjusted(found.p_value), "usable": holm(found.p_value, 1 - confidence),
    })  # fmt: skip
