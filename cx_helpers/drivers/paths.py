"""Many regressions from one cross-product: the effect of each input on one affected variable, each with its own earlier inputs held equal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.drivers.columns import checked_weights, column, dummies, numbered_groups

# Journeys on each side of a yes-or-no input (or in all, of a measured one) below which nothing is told.
FEWEST = 20


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of one equation: those in which the affected variable is known.

    Attributes
    ----------
    columns : array (n, controls + 2 inputs)
        Controls with their constant, each input (0 where unknown), each input's being unknown (0/1).
    n_controls : int
    weights : array (n,)
    starts : array of int
        First row of each cluster; rows are ordered by cluster.
    products : array
        Weighted cross-products of `columns`: every regression on these rows is a solution of a part of it.
    """

    columns: np.ndarray
    n_controls: int
    weights: np.ndarray
    starts: np.ndarray
    products: np.ndarray

    @property
    def n(self) -> int:
        return len(self.columns)


def rows(controls: np.ndarray, x: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> Rows:
    """Rows for any affected variable known in all of them; `groups` in order, x NaN where unknown."""
    unknown = np.isnan(x)
    columns = np.column_stack([controls, np.where(unknown, 0.0, x), unknown.astype(float)])
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return Rows(columns, controls.shape[1], weights, starts, (columns.T * weights) @ columns)


@dataclass(frozen=True, eq=False)
class Asked:
    """Inputs asked of one set of rows: what is left of each once the earlier ones are taken out (Frisch, Waugh, Lovell).

    Attributes
    ----------
    inputs : array of int
    held : list of arrays of int, columns held equal for each (controls aside)
    inverses : list of arrays, of each `held` after the controls
    left : array (columns, inputs), how each residual is made of the columns
    residuals : array (n, inputs)
    size : array, sum of squares of each residual; 0 where nothing is left
    """

    inputs: np.ndarray
    held: list[np.ndarray]
    inverses: list[np.ndarray]
    left: np.ndarray
    residuals: np.ndarray
    size: np.ndarray

    def only(self, inputs: list[int]) -> Asked:
        """Some of them."""
        at = [int(np.flatnonzero(self.inputs == j)[0]) for j in inputs]
        return Asked(self.inputs[at], [self.held[i] for i in at], [self.inverses[i] for i in at], self.left[:, at], self.residuals[:, at], self.size[at])


def _inverse(matrix: np.ndarray) -> np.ndarray:
    return np.linalg.pinv(matrix, rcond=1e-10, hermitian=True) if len(matrix) else matrix


def asked(found: Rows, inputs: np.ndarray, before: np.ndarray) -> Asked:
    """Each input with what came `before` it (and whether it was known) held equal."""
    c, p = found.n_controls, before.shape[0]
    own = _inverse(found.products[:c, :c])
    across = own @ found.products[:c, c:]
    after = found.products[c:, c:] - found.products[c:, :c] @ across
    held, inverses = [], []
    left, size = np.zeros((c + 2 * p, len(inputs))), np.zeros(len(inputs))
    for at, j in enumerate(inputs):
        earlier = np.flatnonzero(before[:, j])
        kept = np.r_[earlier, earlier + p, j + p]
        kept = kept[after[kept, kept] > 1e-10 * np.maximum(found.products[c + kept, c + kept], 1e-300)]
        inverse = _inverse(after[np.ix_(kept, kept)])
        slope = inverse @ after[kept, j]
        rest = after[j, j] - after[kept, j] @ slope
        size[at] = rest if rest > 1e-9 * max(found.products[c + j, c + j], 1e-300) else 0.0
        left[c + j, at] = 1.0
        left[c + kept, at] = -slope
        held.append(kept)
        inverses.append(inverse)
    left[:c] = -across @ left[c:]
    return Asked(inputs, held, inverses, left, found.columns @ left, size)


def effects(found: Rows, of: Asked, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effect of each input asked on `y`, its cluster-robust error (CR1), and the degrees of freedom left by the columns."""
    c = found.n_controls
    outcome = found.columns.T @ (found.weights * y)
    own = _inverse(found.products[:c, :c])
    after = outcome[c:] - found.products[c:, :c] @ (own @ outcome[:c])
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(of.size > 0, of.left.T @ outcome / of.size, np.nan)
    fitted = np.zeros_like(of.left)
    free = np.empty(len(of.inputs))
    for at, (j, kept, inverse) in enumerate(zip(of.inputs, of.held, of.inverses, strict=True)):
        slope = np.nan_to_num(effect[at])
        fitted[c + kept, at] = inverse @ after[kept] + of.left[c + kept, at] * slope
        fitted[c + j, at] = slope
        free[at] = found.n - c - len(kept) - 1
    fitted[:c] = own @ (outcome[:c, None] - found.products[:c, c:] @ fitted[c:])
    scores = of.residuals * (y[:, None] - found.columns @ fitted) * found.weights[:, None]
    sums = np.add.reduceat(scores, found.starts, axis=0)
    g = len(found.starts)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = g / (g - 1) * (found.n - 1) / np.where(free > 0, free, np.nan)
        error = np.sqrt((sums**2).sum(axis=0) * scale) / of.size
    return effect, np.where(of.size > 0, error, np.nan), free


def enough(x: np.ndarray, practice: bool) -> bool:
    """Whether enough journeys stand on each side of a yes-or-no input, or enough differ in a measured one."""
    seen = x[~np.isnan(x)]
    return int(min((seen == 0).sum(), (seen == 1).sum())) >= FEWEST if practice else len(seen) >= FEWEST and np.ptp(seen) > 0


class Sample:
    """All rows, in order of their cluster, and the equations already set up on some of them."""

    def __init__(self, data: pd.DataFrame, values: np.ndarray, table: pd.DataFrame, weights, cluster, names: list[str], moments):
        w, ids = column(data, weights, "weights"), column(data, cluster, "cluster")
        w = np.ones(len(data)) if w is None else checked_weights(w)
        table = table.reset_index(drop=True)
        kept = (w > 0) & ~table.isna().to_numpy().any(axis=1)
        groups = np.arange(int(kept.sum())) if ids is None else numbered_groups(ids[kept])
        order = np.argsort(groups, kind="stable")
        place = np.flatnonzero(kept)[order]
        self.controls = np.column_stack([np.ones(len(place)), *dummies(table.iloc[place])])
        # Standardised, so that what counts as nothing left does not depend on a unit.
        spread = self.controls[:, 1:].std(axis=0)
        self.controls[:, 1:] = (self.controls[:, 1:] - self.controls[:, 1:].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        self.values, self.weights, self.groups = values[place], w[place], groups[order]
        self.names, self.moments, self.clustered, self.weighted = names, {name: at[place] for name, at in moments.items()}, ids is not None, weights is not None
        self.ready: tuple = ()

    @property
    def method(self) -> str:
        return "least squares on what came before" + (", weighted" if self.weighted else "") + (", clustered" if self.clustered else "")

    def effects(self, name: str, inputs: list[int], p: int, before: np.ndarray, practices: set[str], confidence: float) -> list[dict]:
        """A row an input asked of the affected variable `name`: input, affected, effect, reach (half of its interval), per_sd, p, df, n, method."""
        y = self.values[:, self.names.index(name)]
        kept = ~np.isnan(y)
        x, spread = self._as_known(name, p)[kept], float(y[kept].std()) if kept.any() else 0.0
        inputs = [j for j in inputs if enough(x[:, j], self.names[j] in practices)]
        if not inputs or spread == 0:
            return []
        y, n = y[kept], (~np.isnan(x)).sum(axis=0)
        of, ways, scale = self._equation(kept, x, before, practices)
        effect, error, free = effects(of, ways.only(inputs), (y - y.mean()) / spread)
        df = np.maximum(np.minimum(len(of.starts) - 1, free) if self.clustered else free, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            p_value = 2 * special.stdtr(df, -np.abs(effect / error))
        reach = special.stdtrit(df, (1 + confidence) / 2) * error
        return [
            {"input": self.names[j], "affected": name, "effect": effect[i] * spread / scale[j], "reach": reach[i] * spread / scale[j], "per_sd": spread,
             "p": p_value[i], "df": float(df[i]), "n": int(n[j]), "method": self.method}
            for i, j in enumerate(inputs) if np.isfinite(error[i])
        ]  # fmt: skip

    def _as_known(self, name: str, p: int) -> np.ndarray:
        """Inputs as far as they were known when the affected variable was: what came later is unknown to it."""
        x = self.values[:, :p]
        if name not in self.moments:
            return x
        late = np.zeros(x.shape, dtype=bool)
        for j, one in enumerate(self.names[:p]):
            if one in self.moments and one != name:
                late[:, j] = self.moments[one] > self.moments[name]
        return np.where(late, np.nan, x) if late.any() else x

    def _equation(self, kept: np.ndarray, x: np.ndarray, before: np.ndarray, practices: set[str]) -> tuple[Rows, Asked, np.ndarray]:
        """Set up once for all variables that follow one another and are known in the same rows."""
        key = (kept.tobytes(), np.isnan(x).tobytes())
        if not self.ready or self.ready[0] != key:
            usable = [j for j in range(x.shape[1]) if enough(x[:, j], self.names[j] in practices)]
            middle, scale = np.zeros(x.shape[1]), np.ones(x.shape[1])
            middle[usable], scale[usable] = np.nanmean(x[:, usable], axis=0), np.nanstd(x[:, usable], axis=0)
            w = self.weights[kept]
            of = rows(self.controls[kept], (x - middle) / scale, w / w.mean(), self.groups[kept])
            self.ready = (key, of, asked(of, np.array(usable), before), scale)
        return self.ready[1:]
