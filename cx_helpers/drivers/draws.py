"""Cross-products of a driver model in the data, in draws of whole clusters, and beside columns of pure noise."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cx_helpers.drivers.design import Design
from cx_helpers.drivers.robust import small_sample
from cx_helpers.drivers.shares import importance_shares

ROWS_A_CONTROL = 100


@dataclass(frozen=True, eq=False)
class Products:
    """All that importances need to know of some rows.

    Attributes
    ----------
    matrices : array (draws, 1 + drivers, 1 + drivers)
        Weighted cross-products of outcome and drivers after the controls; one entry for the data themselves.
    whole : array (draws,)
        Variance of the outcome before the controls, on the same scale.
    """

    matrices: np.ndarray
    whole: np.ndarray
    _made: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def importances(self, method: str) -> np.ndarray:
        """Share of the outcome's variance, a row a draw, a column a driver; made once a method."""
        if method not in self._made:
            self._made[method] = importance_shares(self.matrices, self.whole, method)
        return self._made[method]

    def correlations(self) -> np.ndarray:
        """Correlations of the drivers after the controls, a matrix a draw."""
        inner = self.matrices[:, 1:, 1:]
        spread = np.sqrt(np.maximum(np.einsum("bii->bi", inner), 1e-300))
        return inner / (spread[:, :, None] * spread[:, None, :])


def of_data(d: Design) -> Products:
    """The products of the rows as they are."""
    rows, fixed = _columns(d)
    return _split(((rows.T * d.weights) @ rows)[None], fixed)


def of_draws(d: Design, draws: int, seed: int) -> Products:
    """The products of draws of whole clusters with replacement (Efron and Tibshirani 1993).

    With fewer than 100 rows a control column the controls are fitted anew in each draw. With more they are taken out
    once: what is left is orthogonal to them, so fitting anew would move the products by the square of their error only.
    """
    rows, fixed = _columns(d)
    return _split(drawn_products(rows, d.weights, d.groups, d.n_groups, draws, seed), fixed)


def beside_noise(d: Design, draws: int, seed: int) -> Products:
    """The products of the data with one more driver, last, that is pure noise: in each draw a twin of one of the drivers.

    A twin is the driver after the controls with the sign of each cluster's rows thrown by a coin: as spread, as skewed
    and as alike within a cluster as a driver of this brand, and tied to nothing (Rademacher signs, Wu 1986).
    """
    rng = np.random.default_rng([seed, 1])
    real = of_data(d)
    scaled = d.rest / np.sqrt((d.rest**2).mean(axis=0))
    p = scaled.shape[1] - 1
    out = np.empty((draws, p + 2, p + 2))
    out[:, :-1, :-1] = scaled.T @ scaled
    for j in range(min(p, draws)):
        mine = np.arange(j, draws, p)
        signs = rng.integers(0, 2, (len(mine), d.n_groups), dtype=np.int8) * 2.0 - 1
        out[mine, -1, :-1] = out[mine, :-1, -1] = (signs[:, d.groups] * scaled[:, j + 1]) @ scaled
        out[mine, -1, -1] = scaled[:, j + 1] @ scaled[:, j + 1]
    share = real.whole[0] / real.matrices[0, 0, 0]
    return Products(out, out[:, 0, 0] * share)


def _columns(d: Design) -> tuple[np.ndarray, int]:
    """Columns whose products are drawn (a constant, controls, outcome and drivers, the bare outcome), and how many come out first."""
    both = np.column_stack([d.y, d.x])
    if d.controls.shape[1] > 1 and d.n >= ROWS_A_CONTROL * d.controls.shape[1]:
        fixed, both = np.empty((d.n, 0)), d.rest / np.sqrt(d.weights)[:, None]
    else:
        fixed = d.controls[:, 1:]
    # The bare outcome and what is left of it share one scale: one is a share of the other.
    spread = d.y.std()
    rows = np.column_stack([fixed, both[:, 0] / spread, both[:, 1:], d.y / spread])
    exempt = [fixed.shape[1], rows.shape[1] - 1]
    return np.column_stack([np.ones(d.n), _scaled(rows, exempt)]), 1 + fixed.shape[1]


def _scaled(columns: np.ndarray, exempt=()) -> np.ndarray:
    """Centred, and scaled but for the columns exempt, so that products keep their digits."""
    spread = columns.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    spread[list(exempt)] = 1.0
    return (columns - columns.mean(axis=0)) / spread


def _split(products: np.ndarray, fixed: int) -> Products:
    whole = products[:, -1, -1] - products[:, 0, -1] ** 2 / products[:, 0, 0]
    return Products(after_controls(products[:, :-1, :-1], fixed), whole)


def after_controls(products: np.ndarray, k: int) -> np.ndarray:
    """Cross-products once the first k columns are taken out (Frisch, Waugh, Lovell)."""
    cc, cd, dd = products[:, :k, :k], products[:, :k, k:], products[:, k:, k:]
    if k == 1:
        return dd - cd.transpose(0, 2, 1) @ cd / cc
    return dd - cd.transpose(0, 2, 1) @ (np.linalg.pinv(cc, rcond=1e-10, hermitian=True) @ cd)


def drawn_products(rows, weights, groups, n_groups: int, draws: int, seed: int, chunk: int = 4096) -> np.ndarray:
    """Weighted cross-products of every draw of whole clusters, from each cluster's own products."""
    rng = np.random.default_rng(seed)
    q = rows.shape[1]
    upper = np.triu_indices(q)
    order = np.argsort(groups, kind="stable")
    rows, weights, starts = rows[order], weights[order], np.searchsorted(groups[order], np.arange(n_groups + 1))
    edges = np.append(np.arange(0, n_groups, chunk), n_groups)
    # How many of a draw's clusters fall into each chunk, then which: the same as drawing them all at once.
    falls = rng.multinomial(n_groups, np.diff(edges) / n_groups, size=draws)
    sums = np.zeros((draws, len(upper[0])))
    for number, (first, last) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        part = slice(starts[first], starts[last])
        z = rows[part]
        each = np.add.reduceat(z[:, upper[0]] * z[:, upper[1]] * weights[part, None], starts[first:last] - starts[first])
        size = last - first
        counts = np.stack([np.bincount(rng.integers(0, size, k), minlength=size) for k in falls[:, number]])
        sums += counts.astype(float) @ each
    products = np.empty((draws, q, q))
    products[:, upper[0], upper[1]] = sums
    products[:, upper[1], upper[0]] = sums
    return products


def moved_percentiles(draws: np.ndarray, values: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Percentiles of the draws moved onto the estimate: importances are never negative, so noise drivers gain in
    every draw, and unmoved the interval of a strong driver's share may miss its own estimate."""
    tail = 50 * (1 - confidence)
    # The k-th of b draws stands at k / (b + 1): with few draws other conventions give too narrow an interval.
    low, high = np.percentile(draws - draws.mean(axis=0) + values, [tail, 100 - tail], axis=0, method="weibull")
    return np.minimum(low, values), np.maximum(high, values)


def share_interval(draws: np.ndarray, values: np.ndarray, confidence: float, d: Design) -> tuple[np.ndarray, np.ndarray]:
    """`moved_percentiles` of numbers from 0 to 1 on the scale of arcsin of their root, on which their spread does not hang on
    their size (Bartlett 1947): an importance found too small would otherwise get too short an interval as well. The draws are spread by the factor that robust errors of effects have (draws, as
    residuals, vary less than what they stand for by the columns fitted)."""
    turned, value = (np.arcsin(np.sqrt(np.clip(part, 0, 1))) for part in (draws, values))
    low, high = moved_percentiles(turned * np.sqrt(small_sample(d, d.rank + d.x.shape[1])), value, confidence)
    return np.sin(np.clip(low, 0, np.pi / 2)) ** 2, np.sin(np.clip(high, 0, np.pi / 2)) ** 2


def to_shares(values: np.ndarray) -> np.ndarray:
    """Importances of each draw as shares of what the drivers explain together."""
    total = values.sum(axis=1, keepdims=True)
    return np.divide(values, total, out=np.full_like(values, np.nan), where=total > 0)


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks within each draw, the largest importance first; ties in the order of the drivers."""
    return np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1, kind="stable") + 1.0
