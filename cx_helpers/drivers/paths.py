"""Many regressions from one cross-product: the effect of each input on one affected variable, each with its own earlier inputs held equal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.drivers.columns import checked_weights, column, dummies, numbered_groups

# Customers on each side of a yes-or-no input (or in all, of a measured one) below which nothing is told.
FEWEST = 20
MOST_HELD = 0.99


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of one equation, those in which the affected variable is known, with the controls already taken out (Frisch, Waugh, Lovell).

    Attributes
    ----------
    columns : array (n, inputs and more)
        Each input (0 where unknown), then, of inputs unknown somewhere, their being unknown (0/1).
    unknown : array of int, the column of each input's being unknown; -1 where it is known in all rows, or in none
    controls : array (n, controls), constant first
    inverse : array, of the controls' cross-products
    weights : array (n,)
    starts : array of int
        First row of each cluster; rows are ordered by cluster.
    products : array
        Weighted cross-products of `columns`: every regression on these rows is a solution of a part of it.
    raw : array
        Sums of squares before the controls were taken out.
    taken : int
        How many controls were taken out.
    """

    columns: np.ndarray
    unknown: np.ndarray
    controls: np.ndarray
    inverse: np.ndarray
    weights: np.ndarray
    starts: np.ndarray
    products: np.ndarray
    raw: np.ndarray
    taken: int

    @property
    def n(self) -> int:
        return len(self.columns)

    def after_controls(self, values: np.ndarray) -> np.ndarray:
        """What the controls leave of columns (or of one)."""
        return values - self.controls @ (self.inverse @ (self.controls.T @ (self.weights * values.T).T))

    def done(self) -> Rows:
        """The same without the controls, for outcomes from which they are taken out already: a fraction of the memory."""
        return replace(self, controls=self.controls[:, :0], inverse=self.inverse[:0, :0])


def rows(controls: np.ndarray, x: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> Rows:
    """Rows for any affected variable known in all of them; `groups` in order, x NaN where unknown."""
    missing = np.isnan(x)
    whole = missing.all(axis=0)
    some = np.flatnonzero(missing.any(axis=0) & ~whole)
    unknown = np.full(x.shape[1], -1)
    unknown[some] = x.shape[1] + np.arange(len(some))
    columns = np.column_stack([np.where(missing, 0.0, x), missing[:, some].astype(float)])
    raw = ((columns**2).T * weights).sum(axis=1)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    inverse = _inverse((controls.T * weights) @ controls)
    found = Rows(columns, unknown, controls, inverse, weights, starts, np.empty(0), raw, controls.shape[1])
    # Inputs that all came later are nothing but zeros: half of all columns, over a journey.
    left, live = np.zeros_like(columns), np.r_[np.flatnonzero(~whole), np.arange(x.shape[1], columns.shape[1])]
    left[:, live] = found.after_controls(columns[:, live])
    return replace(found, columns=left, products=(left.T * weights) @ left)


@dataclass(frozen=True, eq=False)
class Asked:
    """Inputs asked of one set of rows: what is left of each once the earlier ones are taken out.

    Attributes
    ----------
    inputs : array of int
    held : list of arrays of int, columns held equal for each
    inverses : list of arrays, of the cross-products of each `held`
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
    m = found.products
    held, inverses = [], []
    left, size = np.zeros((len(m), len(inputs))), np.zeros(len(inputs))
    for at, j in enumerate(inputs):
        earlier = np.flatnonzero(before[:, j])
        kept = np.r_[earlier, found.unknown[np.r_[earlier, j]]]
        kept = kept[kept >= 0]
        kept = kept[m[kept, kept] > 1e-10 * np.maximum(found.raw[kept], 1e-300)]
        inverse = _inverse(m[np.ix_(kept, kept)])
        slope = inverse @ m[kept, j]
        rest = m[j, j] - m[kept, j] @ slope
        size[at] = rest if rest > 1e-9 * max(found.raw[j], 1e-300) else 0.0
        left[j, at] = 1.0
        left[kept, at] = -slope
        held.append(kept)
        inverses.append(inverse)
    return Asked(inputs, held, inverses, left, found.columns @ left, size)


def influences(found: Rows, of: Asked, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effect of each input asked on `y`, what each cluster gave to its error (clusters, inputs; CR1 widened by what the cluster holds of the input), and the degrees of freedom left by the columns."""
    y = found.after_controls(y)
    outcome = found.columns.T @ (found.weights * y)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(of.size > 0, of.left.T @ outcome / of.size, np.nan)
    fitted = np.zeros_like(of.left)
    for at, (j, kept, inverse) in enumerate(zip(of.inputs, of.held, of.inverses, strict=True)):
        slope = np.nan_to_num(effect[at])
        fitted[kept, at] = inverse @ outcome[kept] + of.left[kept, at] * slope
        fitted[j, at] = slope
    free = found.n - found.taken - 1 - np.array([len(kept) for kept in of.held])
    scores = of.residuals * (y[:, None] - found.columns @ fitted) * found.weights[:, None]
    sums = np.add.reduceat(scores, found.starts, axis=0)
    # What a customer holds of all that tells an effect is what the line bends to it: left out, it would be off by so much more.
    with np.errstate(divide="ignore", invalid="ignore"):
        held = np.add.reduceat(of.residuals**2 * found.weights[:, None], found.starts, axis=0) / np.where(of.size > 0, of.size, np.nan)
    sums = sums / (1 - np.minimum(held, MOST_HELD))
    g = len(found.starts)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = g / (g - 1) * (found.n - 1) / np.where(free > 0, free, np.nan)
        return effect, sums * np.sqrt(scale) / np.where(of.size > 0, of.size, np.nan), free


def effects(found: Rows, of: Asked, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effect of each input asked on `y`, its cluster-robust error (see `influences`), and the degrees of freedom left by the columns."""
    effect, given, free = influences(found, of, y)
    return effect, np.sqrt((given**2).sum(axis=0)), free


def enough(x: np.ndarray, practice: bool, groups: np.ndarray) -> bool:
    """Whether enough customers stand on each side of a yes-or-no input, or enough are known in a measured one that differs; `groups` in order."""
    sides = [x == 0, x == 1] if practice else [~np.isnan(x)]
    return min(_clusters(groups[side]) for side in sides) >= FEWEST and np.ptp(x[~np.isnan(x)]) > 0


def _clusters(groups: np.ndarray) -> int:
    """How many there are, in order."""
    return int((groups[1:] != groups[:-1]).sum()) + 1 if len(groups) else 0


def _same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


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
        self.rows, self.values, self.weights, self.groups = place, values[place], w[place], groups[order]
        self.names, self.moments, self.clustered, self.weighted = names, {name: at[place] for name, at in moments.items()}, ids is not None, weights is not None
        self.ready: tuple = ()
        self.ways: tuple = ()

    @property
    def method(self) -> str:
        return "least squares on what came before" + (", weighted" if self.weighted else "") + (", clustered" if self.clustered else "")

    def effects(self, name: str, inputs: list[int], p: int, before: np.ndarray, practices: set[str], confidence: float, *, apart: bool = False) -> list[dict]:
        """A row an input asked of the affected variable `name` (`apart`: with another `before` than all others): input, affected, effect, reach (half of its interval), per_sd, p, df, n, method."""
        y = self.values[:, self.names.index(name)]
        kept = ~np.isnan(y)
        y, spread = y[kept], float(y[kept].std()) if kept.any() else 0.0
        if spread == 0 or not inputs:
            return []
        of, ways, scale, known = self._equation(kept, self.late(name, p), p, before, practices, inputs if apart else None)
        inputs = [j for j in inputs if j in ways.inputs]
        effect, error, free = effects(of, ways.only(inputs), (y - y.mean()) / spread)
        df = np.maximum(np.minimum(len(of.starts) - 1, free) if self.clustered else free, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            p_value = 2 * special.stdtr(df, -np.abs(effect / error))
        reach = special.stdtrit(df, (1 + confidence) / 2) * error
        return [
            {"input": self.names[j], "affected": name, "effect": effect[i] * spread / scale[j], "reach": reach[i] * spread / scale[j], "per_sd": spread,
             "p": p_value[i], "df": float(df[i]), "n": int(known[j]), "method": self.method}
            for i, j in enumerate(inputs) if np.isfinite(error[i])
        ]  # fmt: skip

    def given(self, name: str, inputs: list[int], p: int, before: np.ndarray, practices: set[str]) -> pd.DataFrame:
        """What each cluster gave to the effect of each input asked on `name`, per unit of it: a row a cluster, its index a row of
        the data that belongs to the cluster."""
        y = self.values[:, self.names.index(name)]
        kept = ~np.isnan(y)
        if not inputs or not kept.any() or y[kept].std() == 0:
            return pd.DataFrame()
        of, ways, scale, _ = self._equation(kept, self.late(name, p), p, before, practices)
        inputs = [j for j in inputs if j in ways.inputs]
        _, found, _ = influences(of, ways.only(inputs), y[kept] - y[kept].mean())
        return pd.DataFrame(found / scale[inputs], columns=[self.names[j] for j in inputs], index=self.rows[kept][of.starts])

    def late(self, name: str, p: int) -> np.ndarray | None:
        """Inputs that came to be after the affected variable was known: to it they are unknown."""
        if name not in self.moments:
            return None
        late = np.zeros((len(self.values), p), dtype=bool)
        for j, one in enumerate(self.names[:p]):
            if one in self.moments and one != name:
                late[:, j] = self.moments[one] > self.moments[name]
        return late if late.any() else None

    def _equation(self, kept: np.ndarray, late: np.ndarray | None, p: int, before: np.ndarray, practices: set[str], inputs: list[int] | None = None) -> tuple:
        """Set up once for all variables that follow one another and are known in the same rows, with one `before`; for some `inputs`, with any."""
        if not (self.ready and _same(self.ready[0], late) and _same(self.ready[1], kept)):
            self.ready, self.ways = (late, kept, *self.equation(kept, late, p, practices)), ()
        of, usable, scale, known = self.ready[2:]
        if inputs is not None:
            return of, asked(of, np.array([j for j in inputs if j in usable], dtype=int), before), scale, known
        if not self.ways:
            self.ways = (asked(of, usable, before),)
        return of, self.ways[0], scale, known

    def equation(self, kept: np.ndarray, late: np.ndarray | None, p: int, practices: set[str]) -> tuple[Rows, np.ndarray, np.ndarray, np.ndarray]:
        """The rows kept with their inputs standardised; which inputs can be asked; the scale of each; in how many rows it is known."""
        x = self.values[:, :p] if late is None else np.where(late, np.nan, self.values[:, :p])
        x = x[kept]
        usable = [j for j in range(p) if enough(x[:, j], self.names[j] in practices, self.groups[kept])]
        middle, scale = np.zeros(p), np.ones(p)
        if usable:
            middle[usable], scale[usable] = np.nanmean(x[:, usable], axis=0), np.nanstd(x[:, usable], axis=0)
        w = self.weights[kept]
        of = rows(self.controls[kept], (x - middle) / scale, w / w.mean(), self.groups[kept])
        return of, np.array(usable, dtype=int), scale, (~np.isnan(x)).sum(axis=0)
