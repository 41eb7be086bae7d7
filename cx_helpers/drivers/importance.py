"""Which drivers explain the outcome, how surely they rank, and what a unit of each goes with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.draws import Products, of_data, of_draws, ranks, share_interval, to_shares
from cx_helpers.drivers.partial import partial_effects
from cx_helpers.drivers.shares import METHODS
from cx_helpers.errors import DataError

MOST_DRIVERS = 20
COLUMNS = {
    "driver": str, "importance": float, "low": float, "high": float, "share": float, "share_low": float, "share_high": float,
    "rank": int, "rank_low": float, "rank_high": float, "effect": float, "effect_low": float, "effect_high": float,
    "p": float, "usable": bool, "n": int, "method": str, "grade": str,
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
    drivers : column names, at most 20 for lmg
        Numbers or booleans.
    method : {"lmg", "johnson", "first", "last", "auto"}
        lmg: gain in R2 averaged over all orders of entry (Lindeman, Merenda, Gold 1980; Groemping 2006), exact.
        johnson: relative weights (Johnson 2000). first: R2 of the driver alone. last: its gain when it enters last.
        auto: lmg up to 20 drivers, johnson beyond.
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
    effect_high (outcome per unit of the driver, from the full regression, robust to clusters); p (0-1, of an effect of 0,
    after Holm's correction over the drivers); usable (bool: beyond noise, p at most 1 - confidence); n; method; grade ("associated").
    attrs: r_squared (whole model), r_squared_controls (what the controls explain before any driver), n_dropped,
    n_dropped_by, n_clusters, confidence, outcome. Importances add up to r_squared - r_squared_controls.
    Without any driver (none passed `design.screen`): the columns without rows, and attrs n_answers.

    Raises
    ------
    DataError
        Unknown method, too many drivers, and all that `design` refuses. One line.

    Notes
    -----
    An importance is never negative, so its interval cannot tell a driver from noise: that is told by `usable`. Intervals
    hold true importances of 0.03 and more; those of weaker drivers do not cover. Not for drivers measured in the same
    survey as the outcome (halo inflates all of them), nor as the gain to expect from acting: it is an association.
    With fewer than about 30 clusters intervals are too narrow. `ranking.ranking` gives what belongs beside it.

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
    drivers = list(drivers)
    method = chosen(method, len(drivers))
    if not drivers:
        return nothing(data, outcome, confidence)
    d = design(data, outcome, drivers, controls, weights, cluster)
    return weighed(d, of_data(d), of_draws(d, bootstrap, seed) if bootstrap else None, method, outcome, confidence, len(data))


def chosen(method: str, drivers: int) -> str:
    """The method by name; of "auto" the one that this number of drivers allows.

    Raises
    ------
    DataError
        Unknown method, or more drivers than exact lmg takes.
    """
    if method == "auto":
        return "lmg" if drivers <= MOST_DRIVERS else "johnson"
    if method not in METHODS:
        raise DataError(f"drivers: method {method!r} is unknown. Choose one of {', '.join(METHODS)}, auto.")
    if method == "lmg" and drivers > MOST_DRIVERS:
        raise DataError(f"drivers: {drivers} drivers, exact lmg takes at most {MOST_DRIVERS}. Take fewer or method 'johnson'.")
    return method


def weighed(d: Design, data: Products, draws: Products | None, method: str, outcome: str, confidence: float, rows: int) -> pd.DataFrame:
    """The table of `relative_importance` from products already made; `rows` is how many the data had."""
    values = data.importances(method)[0]
    drawn = draws.importances(method) if draws else np.full((1, len(values)), np.nan)
    table = pd.DataFrame({"driver": d.drivers, "importance": values})
    table["low"], table["high"] = share_interval(drawn, values, confidence, d)
    table["share"] = shares = to_shares(values[None])[0]
    table["share_low"], table["share_high"] = share_interval(to_shares(drawn), shares, confidence, d)
    table["rank"] = own = ranks(values[None])[0].astype(int)
    table["rank_low"], table["rank_high"] = rank_interval(drawn, own, confidence)
    table = table.join(partial_effects(d, confidence)).assign(n=d.n, method=method_name(method, d, len(drawn) if draws else 0), grade="associated")
    table = table[list(COLUMNS)].sort_values("rank", kind="stable").reset_index(drop=True)
    matrix = data.matrices[0]
    left = float(matrix[0, 0] / data.whole[0])
    explained = float(matrix[0, 1:] @ np.linalg.solve(matrix[1:, 1:], matrix[1:, 0]) / matrix[0, 0])
    table.attrs = {
        "r_squared": 1 - left * (1 - explained), "r_squared_controls": max(0.0, 1 - left), "n_dropped": rows - d.n,
        "n_dropped_by": d.dropped_by, "n_clusters": d.n_groups, "confidence": confidence, "outcome": outcome,
    }  # fmt: skip
    return table


def nothing(data: pd.DataFrame, outcome: str, confidence: float) -> pd.DataFrame:
    """No driver to ask: the same columns without rows, so that a page can say so."""
    if outcome not in data:
        raise DataError(f"drivers: column {outcome!r} is not in the data. Name a column of the data.")
    table = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    table.attrs = {"r_squared": math.nan, "r_squared_controls": math.nan, "n_dropped": 0, "n_dropped_by": {}, "n_clusters": 0,
                   "confidence": confidence, "outcome": outcome, "n_answers": int(data[outcome].notna().sum())}  # fmt: skip
    return table


def method_name(method: str, d: Design, bootstrap: int) -> str:
    """How it was found, as rows carry it."""
    kind = f"{method}, {bootstrap} bootstrap draws" if bootstrap else method
    return kind + (", weighted" if d.weighted else "") + (", clustered" if d.clustered else "")


def rank_interval(draws: np.ndarray, own: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Percentiles of the ranks over the draws, the rank itself always within."""
    if np.isnan(draws).all():
        return draws[0], draws[0]
    tail, drawn = 50 * (1 - confidence), ranks(draws)
    low = np.percentile(drawn, tail, axis=0, method="lower")
    return np.minimum(low, own), np.maximum(np.percentile(drawn, 100 - tail, axis=0, method="higher"), own)
