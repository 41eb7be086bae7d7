"""How much of a questionnaire's answers is one general mood, told with numbers; a single factor alone proves nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers.drivers.columns import checked_weights, column, floats, names_known, numbered_groups
from cx_helpers.errors import DataError


def halo(
    data: pd.DataFrame, items: Sequence[str], outcome: str | None = None, *, marker: str | None = None, weights=None, cluster=None,
    bootstrap: int = 200, confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Correlation of each item with the outcome, before and after a marker; and the share of one factor in all items.

    Parameters
    ----------
    data : DataFrame
        A row a respondent; NaN is not answered.
    items : column names, two or more
        Asked in one survey.
    outcome : column name, optional
    marker : column name, optional
        An item of the same survey that has nothing to do with the outcome by its content, such as a rating of something
        the respondent did not meet. What it shares with the others is the survey's own.
    weights, cluster : column name or array, optional

    Returns
    -------
    DataFrame, a row an item: item, correlation (with the outcome, -1 to 1), adjusted (the same with the marker's smallest correlation with items and outcome taken
    out, NaN without a marker), n (answers with both). attrs: first_factor_share, first_factor_low, first_factor_high (0-1, of the items'
    variance, bootstrap by cluster), chance_share (0-1, what a first factor takes of unrelated items), items, marker_correlation, method, n.

    Raises
    ------
    DataError
        Fewer than two items; a marker that is an item or the outcome; items never answered together.

    Notes
    -----
    first_factor_share is Harman's single-factor test (Podsakoff and others 2003, J. Appl. Psych. 88). It is described and decides nothing: items that measure
    good service truly go together, so a large share does not prove a halo, and a small one does not rule it out. The marker
    correction is that of Lindell and Whitney (2001, J. Appl. Psych. 86): (r - m) / (1 - m), with m of a marker named beforehand; the
    smallest correlation found afterwards is not taken for one. Correlations are of those who answered both items.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> mood = rng.normal(size=500)
    >>> frame = pd.DataFrame({name: mood + rng.normal(size=500) for name in ("food", "shops", "nps")})
    >>> found = halo(frame, ["food", "shops"], "nps", bootstrap=50)
    >>> bool(found.attrs["first_factor_share"] > 0.7)
    True
    """
    items = list(items)
    given = [*items, *([outcome] if outcome else []), *([marker] if marker else [])]
    if len(items) < 2 or marker in items or (marker is not None and marker == outcome) or len(set(given)) < len(given):
        raise DataError(f"halo: found items {', '.join(items) or 'none'} and marker {marker!r}; allowed are two items or more, each once, and a marker that is neither item nor outcome.")
    values, weight, groups = _answers(data, given, weights, cluster)
    r, n = _correlations(values, weight[None])
    k = len(items)
    if not np.isfinite(r[0, :k, :k]).all():
        raise DataError("halo: two items were never answered together, or one is the same for all. Leave it out.")
    rng = np.random.default_rng(seed)
    counts = np.stack([np.bincount(rng.integers(0, groups.max() + 1, groups.max() + 1), minlength=groups.max() + 1) for _ in range(bootstrap)])
    drawn, _ = _correlations(values[:, :k], counts[:, groups] * weight)
    share, shares = _first(r[:, :k, :k])[0], _first(drawn[np.isfinite(drawn).all(axis=(1, 2))])
    tail = 50 * (1 - confidence)
    low, high = np.percentile(shares, [tail, 100 - tail]) if len(shares) else (math.nan, math.nan)
    rng = np.random.default_rng(seed)
    lone = np.where(np.isnan(values[:, :k]), np.nan, rng.normal(size=(len(values), k)))
    table = pd.DataFrame({"item": items, "correlation": r[0, :k, k] if outcome else math.nan, "adjusted": math.nan, "n": n[:k, k] if outcome else n.diagonal()[:k]})
    common = math.nan
    if marker:
        common = max(0.0, float(np.nanmin(r[0, -1, :-1])))
        table["adjusted"] = (table["correlation"] - common) / (1 - common)
    table.attrs = {
        "first_factor_share": float(share), "first_factor_low": float(min(low, share)), "first_factor_high": float(max(high, share)),
        "chance_share": float(_first(_correlations(lone, weight[None])[0])[0]), "items": k, "marker_correlation": common, "n": len(values),
        "method": f"principal component of pairwise correlations, {bootstrap} bootstrap draws",
    }  # fmt: skip
    return table


def _answers(data: pd.DataFrame, names: list[str], weights, cluster) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with any answer and a weight, their weights and groups."""
    names_known(data, names[0], names[1:], [])
    values, w, ids = floats(data, names), column(data, weights, "weights"), column(data, cluster, "cluster")
    weight = np.ones(len(values)) if w is None else checked_weights(w)
    kept = ~np.isnan(values).all(axis=1) & (weight > 0)
    if not kept.any():
        raise DataError("halo: no row has an answer. Give the ratings of those who answered.")
    return values[kept], weight[kept], np.arange(int(kept.sum())) if ids is None else numbered_groups(ids[kept])


def _correlations(values: np.ndarray, weights: np.ndarray, chunk: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Pairwise correlations of each draw, of those who answered both; and how many did."""
    k = values.shape[1]
    spread, mean = np.nanstd(values, axis=0), np.nanmean(values, axis=0)
    left, right = (place.ravel() for place in np.indices((k, k)))
    sums = np.zeros((4, len(weights), k * k))
    for first in range(0, len(values), chunk):
        rows = slice(first, first + chunk)
        known = (~np.isnan(values[rows])).astype(float)
        z = np.nan_to_num((values[rows] - mean) / np.where(spread > 0, spread, 1.0))
        for kind, (a, b) in enumerate(((known, known), (z, known), (z**2, known), (z, z))):
            sums[kind] += weights[:, rows] @ (a[:, left] * b[:, right])
    n, one, square, cross = sums.reshape(4, len(weights), k, k)
    with np.errstate(divide="ignore", invalid="ignore"):
        m = one / n  # of the first of each pair, among those who answered both
        v = square / n - m**2
        found = (cross / n - m * m.transpose(0, 2, 1)) / np.sqrt(v * v.transpose(0, 2, 1))
    known = (~np.isnan(values)).astype(float)
    return found, (known.T @ known).astype(int)


def _first(correlations: np.ndarray) -> np.ndarray:
    """Share of the largest eigenvalue."""
    return np.linalg.eigvalsh(correlations)[:, -1] / correlations.shape[1] if len(correlations) else np.empty(0)
