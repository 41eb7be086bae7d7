"""The arithmetic of cumulative link models: likelihood, its first two derivatives, and Newton's way to the top."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from cx_helpers.errors import DataError

STEPS = 60


@dataclass(frozen=True, eq=False)
class Cumulative:
    """Chance of a level at most k: F(cut_k - x b - z_j c_jk), with c only for the columns that each cut may weigh in its own way.

    Attributes
    ----------
    levels : array of int (n,)
        0, 1, ... up to the highest; each is there.
    x : array (n, columns)
    weights : array (n,)
    own : tuple of int
        Columns of x whose coefficient differs from cut to cut (the model without proportional odds for these).
    link : {"logit", "probit"}
    """

    levels: np.ndarray
    x: np.ndarray
    weights: np.ndarray
    own: tuple[int, ...] = ()
    link: str = "logit"

    @property
    def cuts(self) -> int:
        return int(self.levels.max())

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Columns of the upper and the lower cut of each row; zero where the row has none (the ends of the scale)."""
        return self._rows(self.levels), self._rows(self.levels - 1)

    def _rows(self, cut: np.ndarray) -> np.ndarray:
        n, extra = len(cut), self.cuts - 1
        out = np.zeros((n, self.cuts + self.x.shape[1] + extra * len(self.own)))
        there = (cut >= 0) & (cut < self.cuts)
        out[np.flatnonzero(there), cut[there]] = 1.0
        out[:, self.cuts : self.cuts + self.x.shape[1]] = np.where(there[:, None], -self.x, 0.0)
        for place, column in enumerate(self.own):
            start = self.cuts + self.x.shape[1] + place * extra
            later = there & (cut > 0)
            out[np.flatnonzero(later), start + cut[later] - 1] = -self.x[later, column]
        return out

    def start(self) -> np.ndarray:
        """Cuts of the levels' shares, all else 0."""
        below = np.cumsum(np.bincount(self.levels, weights=self.weights))[:-1] / self.weights.sum()
        cuts = special.logit(below) if self.link == "logit" else special.ndtri(below)
        return np.append(cuts, np.zeros(self.x.shape[1] + (self.cuts - 1) * len(self.own)))

    def parts(self, beta: np.ndarray, rows: tuple[np.ndarray, np.ndarray]) -> tuple[float, np.ndarray, np.ndarray]:
        """Log-likelihood, a row of scores an observation (unweighted), and the information (minus the second derivatives)."""
        upper, lower = rows
        f, density, slope = zip(*(self._curve(side @ beta, end) for side, end in ((upper, self.levels == self.cuts), (lower, self.levels == 0))), strict=True)
        chance = np.where(self.levels == self.cuts, 1.0, f[0]) - np.where(self.levels == 0, 0.0, f[1])
        if not (chance > 0).all():
            return -np.inf, np.empty(0), np.empty(0)
        scores = (density[0] / chance)[:, None] * upper - (density[1] / chance)[:, None] * lower
        w = self.weights
        curved = upper.T @ (upper * (w * slope[0] / chance)[:, None]) - lower.T @ (lower * (w * slope[1] / chance)[:, None])
        return float(w @ np.log(chance)), scores, scores.T @ (scores * w[:, None]) - curved

    def _curve(self, at: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distribution, density and slope of the density; no density beyond an end of the scale."""
        if self.link == "probit":
            density = np.where(end, 0.0, np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi))
            return special.ndtr(at), density, -at * density
        f = special.expit(at)
        density = np.where(end, 0.0, f * (1 - f))
        return f, density, density * (1 - 2 * f)


@dataclass(frozen=True, eq=False)
class Fit:
    """Where the likelihood is highest: coefficients (cuts first), log-likelihood, scores by row, inverse of the information."""

    beta: np.ndarray
    log_likelihood: float
    scores: np.ndarray
    inverse: np.ndarray


def fitted(model: Cumulative) -> Fit:
    """Newton's steps, halved where they overshoot.

    Raises
    ------
    DataError
        The likelihood has no top that 60 steps reach.
    """
    rows, beta = model.rows(), model.start()
    here, scores, information = model.parts(beta, rows)
    for _ in range(STEPS):
        slope = scores.T @ model.weights
        inverse = np.linalg.pinv(information, rcond=1e-12, hermitian=True)
        step = inverse @ slope
        # Half the expected gain: below this the likelihood does not move in any digit that is told.
        if slope @ step < 1e-9:
            return Fit(beta, here, scores, inverse)
        for _ in range(STEPS):
            there = model.parts(beta + step, rows)
            if there[0] >= here - 1e-9:
                break
            step = step / 2
        beta, (here, scores, information) = beta + step, there
    raise DataError(f"drivers: the ordinal model did not settle in {STEPS} steps on {len(model.levels)} rows. Take fewer drivers or controls.")
