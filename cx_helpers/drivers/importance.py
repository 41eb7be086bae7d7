"""Which drivers explain the outcome, how surely they rank, and what a unit of each goes with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.shares import METHODS, importance_shares
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile
from cx_helpers.findings import Finding

MOST_DRIVERS = 20
COLUMNS = {
    "driver": str, "importance": float, "low": float, "high": float, "share": float, "share_low": float, "share_high": float,
    "rank": int, "rank_low": float, "rank_high": float, "effect": float, "effect_low": float, "effect_high": float,
    "usable": bool, "n": int, "method": str, "grade": str,
}  # fmt: skip


def relative_importance(
    data: pd.DataFrame, outcome: str, drivers: Sequence[str], *, method: str = "lmg", controls=(), weights=None,
    cluster=None, bootstrap: int = 1000, confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Share of the outcome's variance that each driver explains, and the effect of a unit of it.

    Parameters
    ----------
    data : DataFrame
        A row a journey.
    outcome : str
    drivers : column names, at most 20 for lmg, first and last
        Numbers or booleans.
    method : {"lmg", "johnson", "first", "last"}
        lmg: gain in R2 averaged over all orders of entry (Lindeman, Merenda, Gold 1980; Groemping 2006), exact.
        johnson: relative weights (Johnson 2000). first: R2 of the driver alone. last: its gain when it enters last.
    controls : column names or a DataFrame
        Always in the model, entered before every driver: unit, month, segment. Categories become dummies.
    weights, cluster : column name or array, optional
        Survey weights; the customer of each journey.
    bootstrap : int
        Draws of whole clusters for the intervals of importance, share and rank; 0 leaves them NaN.
    confidence, seed : float, int

    Returns
    -------
    DataFrame, a row a driver, largest importance first:
    driver; importance, low, high (share of the outcome's variance, 0-1, bootstrap percentiles moved onto the estimate); share, share_low,
    share_high (of what the drivers explain, 0-1); rank, rank_low, rank_high (1 is first); effect, effect_low,
    effect_high (outcome per unit of the driver, from the full regression, robust to clusters); usable (bool: the
    effect is beyond noise after Holm's correction over the drivers); n; method; grade ("associated").
    attrs: r_squared (whole model), r_squared_controls (what the controls explain before any driver), n_dropped,
    n_dropped_by, n_clusters, confidence, outcome. Importances add up to r_squared - r_squared_controls.
    Without any driver (none passed `design.screen`): the columns without rows, and attrs n_answers.

    Raises
    ------
    DataError
        Unknown method, too many drivers, and all that `design` refuses. One line.

    Notes
    -----
    An importance is never negative, so its interval cannot tell a driver from noise: that is told by `usable`. Not for drivers measured in the same survey as the outcome (halo inflates all of them), nor as the
    gain to expect from acting: it is an association. With fewer than about 30 clusters intervals are too narrow.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"wait": rng.normal(size=300), "price": rng.normal(size=300)})
    >>> frame["score"] = 8 - frame["wait"] + rng.normal(size=300)
    >>> table = relative_importance(frame, "score", ["wait", "price"], bootstrap=100)
    >>> list(table["driver"]), list(table["usable"])
    (['wait', 'price'], [True, False])
    """
    drivers = list(drivers)
    if method not in METHODS:
        raise DataError(f"drivers: method {method!r} is unknown. Choose one of {', '.join(METHODS)}.")
    if method != "johnson" and len(drivers) > MOST_DRIVERS:
        raise DataError(
            f"drivers: {len(drivers)} drivers, exact {method} takes at most {MOST_DRIVERS}. Take fewer or method 'johnson'."
        )
    if not drivers:
        return _nothing(data, outcome, confidence)
    d = design(data, outcome, drivers, controls, weights, cluster)
    rows = _standardised(d)
    p, k = d.x.shape[1], d.controls.shape[1]
    total = (rows.T * d.weights) @ rows
    after = _after_controls(total[None], k)
    variance = total[k, k] - total[0, k] ** 2 / total[0, 0]
    values = importance_shares(after, np.array([variance]), method)[0]
    draws = _draws(d, rows, bootstrap, seed, method) if bootstrap else np.full((1, p), np.nan)
    effects = _effects(d, confidence)
    table = pd.DataFrame({"driver": d.drivers, "importance": values})
    table["low"], table["high"] = _centred_percentiles(draws, values, confidence)
    table["share"] = shares = _to_shares(values[None])[0]
    table["share_low"], table["share_high"] = _centred_percentiles(_to_shares(draws), shares, confidence)
    table["rank"] = ranks = _ranks(values[None])[0].astype(int)
    table["rank_low"], table["rank_high"] = _rank_interval(draws, ranks, confidence)
    table = table.join(effects).assign(n=d.n, method=_method_name(method, d, bootstrap), grade="associated")[list(COLUMNS)]
    table = table.sort_values("rank", kind="stable").reset_index(drop=True)
    left = float(after[0, 0, 0] / variance)
    explained = float(after[0, 0, 1:] @ np.linalg.solve(after[0, 1:, 1:], after[0, 1:, 0]) / after[0, 0, 0])
    table.attrs = {
        "r_squared": 1 - left * (1 - explained), "r_squared_controls": max(0.0, 1 - left), "n_dropped": len(data) - d.n,
        "n_dropped_by": d.dropped_by, "n_clusters": d.n_groups, "confidence": confidence, "outcome": outcome,
    }  # fmt: skip
    return table


def _nothing(data: pd.DataFrame, outcome: str, confidence: float) -> pd.DataFrame:
    """No driver to ask: the same columns without rows, so that a page can say so."""
    if outcome not in data:
        raise DataError(f"drivers: column {outcome!r} is not in the data. Name a column of the data.")
    table = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    table.attrs = {"r_squared": math.nan, "r_squared_controls": math.nan, "n_dropped": 0, "n_dropped_by": {}, "n_clusters": 0,
                   "confidence": confidence, "outcome": outcome, "n_answers": int(data[outcome].notna().sum())}  # fmt: skip
    return table


def _method_name(method: str, d: Design, bootstrap: int) -> str:
    kind = f"{method}, {bootstrap} bootstrap draws" if bootstrap else method
    return kind + (", weighted" if d.weighted else "") + (", clustered" if d.clustered else "")


def _standardised(d: Design) -> np.ndarray:
    """Controls, outcome and drivers, centred and scaled so that cross-products keep their digits."""
    columns = np.column_stack([d.controls[:, 1:], d.y, d.x])
    spread = columns.std(axis=0)
    columns = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(d.n), columns])


def _after_controls(products: np.ndarray, k: int) -> np.ndarray:
    """Cross-products of outcome and drivers once the first k columns are taken out (Frisch, Waugh, Lovell)."""
    cc, cd, dd = products[:, :k, :k], products[:, :k, k:], products[:, k:, k:]
    if k == 1:
        return dd - cd.transpose(0, 2, 1) @ cd / cc
    return dd - cd.transpose(0, 2, 1) @ (np.linalg.pinv(cc, rcond=1e-10, hermitian=True) @ cd)


def _draws(d: Design, rows: np.ndarray, draws: int, seed: int, method: str) -> np.ndarray:
    """Importances of each bootstrap draw; controls are fitted anew in each."""
    products = _drawn_products(rows, d.weights, d.groups, d.n_groups, draws, seed)
    k, p = d.controls.shape[1], d.x.shape[1]
    variance = products[:, k, k] - products[:, 0, k] ** 2 / products[:, 0, 0]
    after = _after_controls(products, k)
    step = draws if method == "johnson" else max(1, 2**21 // 2**p)
    parts = [importance_shares(after[i : i + step], variance[i : i + step], method) for i in range(0, draws, step)]
    return np.concatenate(parts)


def _drawn_products(rows, weights, groups, n_groups: int, draws: int, seed: int, chunk: int = 4096) -> np.ndarray:
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


def _centred_percentiles(draws: np.ndarray, values: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Percentiles of the draws moved onto the estimate: importances are never negative, so noise drivers gain in
    every draw, and unmoved the interval of a strong driver's share may miss its own estimate."""
    tail = 50 * (1 - confidence)
    low, high = np.percentile(draws - draws.mean(axis=0) + values, [tail, 100 - tail], axis=0)
    return np.clip(np.minimum(low, values), 0, 1), np.clip(np.maximum(high, values), 0, 1)


def _rank_interval(draws: np.ndarray, ranks: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    if np.isnan(draws).all():
        return draws[0], draws[0]
    tail, drawn = 50 * (1 - confidence), _ranks(draws)
    low = np.percentile(drawn, tail, axis=0, method="lower")
    return np.minimum(low, ranks), np.maximum(np.percentile(drawn, 100 - tail, axis=0, method="higher"), ranks)


def _to_shares(values: np.ndarray) -> np.ndarray:
    total = values.sum(axis=1, keepdims=True)
    return np.divide(values, total, out=np.full_like(values, np.nan), where=total > 0)


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1, kind="stable") + 1.0


def _effects(d: Design, confidence: float) -> pd.DataFrame:
    """Full regression with cluster-robust (HC1 without clusters) errors, Student's t, and Holm over the drivers."""
    root = np.sqrt(d.weights)[:, None]
    both = root * np.column_stack([d.y, d.x])
    fixed = root * d.controls
    both = both - fixed @ np.linalg.lstsq(fixed, both, rcond=None)[0]
    y, x = both[:, 0], both[:, 1:]
    scale = np.sqrt((x**2).mean(axis=0))
    x = x / scale
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    scores = x * (y - x @ beta)[:, None]
    sums = np.stack([np.bincount(d.groups, weights=column, minlength=d.n_groups) for column in scores.T])
    g, n, k = d.n_groups, d.n, np.linalg.matrix_rank(d.controls) + x.shape[1]
    covariance = bread @ (sums @ sums.T) @ bread * (g / (g - 1) * (n - 1) / (n - k))
    error = np.sqrt(np.diag(covariance))
    df = min(g - 1, n - k) if d.clustered else n - k
    q = quantile(confidence, df)
    with np.errstate(divide="ignore"):
        probability = 2 * special.stdtr(df, -np.abs(beta / error))
    usable = _beyond_noise(probability, 1 - confidence)
    return pd.DataFrame({
        "effect": beta / scale, "effect_low": (beta - q * error) / scale, "effect_high": (beta + q * error) / scale,
        "usable": usable,
    })  # fmt: skip


def _beyond_noise(probability: np.ndarray, alpha: float) -> np.ndarray:
    """Holm (1979): smallest first against alpha / number left, until one fails; alpha is for all drivers together."""
    order = np.argsort(probability, kind="stable")
    passed = np.cumprod(probability[order] <= alpha / np.arange(len(order), 0, -1)).astype(bool)
    return passed[np.argsort(order, kind="stable")]


def importance_findings(importance: pd.DataFrame, inputs: pd.DataFrame, outcome_label: str) -> list[Finding]:
    """What the ranking says: which driver comes first, whether any is usable, where the first is not alone.

    Parameters
    ----------
    importance : DataFrame
        From `relative_importance`.
    inputs : DataFrame with columns input, label
    outcome_label : str

    Returns
    -------
    Findings: ``drivers.not_enough`` (no driver could be asked) or ``drivers.none_usable`` alone, or ``drivers.alike`` (others may weigh as much as
    the leader) or ``drivers.first``, then ``drivers.tied`` (its rank interval is wider than one, no usable other reaches it) and ``drivers.against_expectation`` where a usable effect runs against `better`.
    """
    if importance.empty:
        n = int(importance.attrs.get("n_answers", 0))
        return [Finding("drivers.not_enough", {"outcome": outcome_label}, math.nan, math.nan, math.nan, n, "", "described")]
    labels = dict(zip(inputs["input"], inputs["label"], strict=True))
    r_squared, n = importance.attrs.get("r_squared", math.nan), int(importance["n"].iloc[0])
    usable = importance[importance["usable"]]
    method = str(importance["method"].iloc[0])
    if usable.empty:
        args = {"outcome": outcome_label, "drivers_tested": len(importance), "r_squared": float(r_squared)}
        return [Finding("drivers.none_usable", args, math.nan, math.nan, math.nan, n, method, "associated")]
    first = usable.iloc[0]
    name = labels.get(first["driver"], first["driver"])
    args = {"driver": name, "outcome": outcome_label, "drivers_tested": len(importance), "usable": len(usable)}
    others = [labels.get(r.driver, r.driver) for r in usable.iloc[1:].itertuples() if r.rank_low <= first["rank"]]
    alike = first["rank_high"] > first["rank"] and bool(others)
    args |= {"others": others, "labels": [name, *others], "count": len(others)} if alike else {}
    found = [Finding("drivers.alike" if alike else "drivers.first", args, first["share"], first["share_low"], first["share_high"], n, method,
                     "associated", weight=float(first["importance"]))]  # fmt: skip
    if first["rank_high"] > first["rank"] and not alike:
        args = {"driver": name, "rank_low": int(first["rank_low"]), "rank_high": int(first["rank_high"])}
        found.append(Finding("drivers.tied", args, first["rank"], first["rank_low"], first["rank_high"], n, method, "associated"))
    return found + _unexpected(usable, inputs, labels, outcome_label)


def _unexpected(usable: pd.DataFrame, inputs: pd.DataFrame, labels: dict, outcome_label: str) -> list[Finding]:
    """Usable effects whose sign is not the one that `better` declares (where declared)."""
    if "better" not in inputs:
        return []
    better = dict(zip(inputs["input"], inputs["better"], strict=True))
    units = dict(zip(inputs["input"], inputs["unit_of_measure"], strict=True)) if "unit_of_measure" in inputs else {}
    expected = {"higher": 1, "lower": -1}
    return [
        Finding("drivers.against_expectation", {"driver": labels.get(r.driver, r.driver), "outcome": outcome_label, "better": better[r.driver],
                 "unit_of_measure": units.get(r.driver, "")},
                r.effect, r.effect_low, r.effect_high, int(r.n), r.method, "associated", weight=float(r.importance))
        for r in usable.itertuples()
        if r.effect * expected.get(better.get(r.driver), 0) < 0
    ]  # fmt: skip
