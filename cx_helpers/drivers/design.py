"""Design matrix, controls, weights and groups of a driver model, built together from the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cx_helpers.config import Brand
from cx_helpers.config.journey import Metric
from cx_helpers.drivers.columns import checked_weights, column, dummies, floats, names_known, numbered_groups
from cx_helpers.errors import DataError, UsageError


def explained(brand: Brand, outcome: str | None) -> Metric:
    """The metric that the drivers are asked to explain.

    Parameters
    ----------
    outcome : ``touchpoint.metric``; None where the brand asks for no score

    Raises
    ------
    DataError, UsageError
        One line: the brand asks for no score at all; or not for this one.
    """
    metrics = brand.journey.metrics
    if outcome is None:
        raise DataError(
            f"{brand.name}/journey.yaml: no score is declared, and drivers explain one. Add a metric to a touchpoint or under remembered, "
            "or leave 03_drivers out of pages in audiences.yaml."
        )
    if outcome not in metrics:
        raise UsageError(f"outcome {outcome!r}: no metric of {brand.name}/journey.yaml. Known: {', '.join(metrics)}.")
    return metrics[outcome]


@dataclass(frozen=True, eq=False)
class Design:
    """The rows a model sees; every array has one entry (or row) a kept row, in the order of the data.

    Attributes
    ----------
    y : array (n,)
    x : array (n, drivers)
    controls : array (n, 1 + control columns)
        The first column is the constant.
    weights : array (n,)
        Scaled to a mean of 1.
    groups : array of int (n,)
        Cluster of each row, numbered by first appearance.
    drivers : tuple of str
    kept : array of bool
        Which rows of the data these are.
    dropped_by : dict
        Rows left out for each column that was missing there (a row may count under several).
    """

    y: np.ndarray
    x: np.ndarray
    controls: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    drivers: tuple[str, ...]
    kept: np.ndarray
    dropped_by: dict[str, int]
    clustered: bool
    weighted: bool

    @property
    def n(self) -> int:
        return len(self.y)

    @property
    def n_groups(self) -> int:
        return int(self.groups.max(initial=-1)) + 1

    @cached_property
    def rest(self) -> np.ndarray:
        """Outcome and drivers (n, 1 + drivers) times the root of the weight, the controls taken out of them."""
        root = np.sqrt(self.weights)[:, None]
        fixed, both = root * self.controls, root * np.column_stack([self.y, self.x])
        vectors, values = self._span
        # Twice, because what one pass leaves of a large mean is noise that a second removes.
        for _ in range(2):
            both = both - fixed @ (vectors / values @ (vectors.T @ (fixed.T @ both)))
        return both

    @property
    def rank(self) -> int:
        """Control columns that say something of their own, the constant included."""
        return len(self._span[1])

    @property
    def basis(self) -> np.ndarray:
        """Orthonormal columns (n, rank) that span the controls times the root of the weight."""
        vectors, values = self._span
        return np.sqrt(self.weights)[:, None] * (self.controls @ (vectors / np.sqrt(values)))

    @cached_property
    def _span(self) -> tuple[np.ndarray, np.ndarray]:
        """Directions of the controls' cross-products that are not zero, scaled back, and their size."""
        gram = self.controls.T @ (self.controls * self.weights[:, None])
        size = np.sqrt(np.maximum(np.diag(gram), 1e-300))
        values, vectors = np.linalg.eigh(gram / np.outer(size, size))
        kept = values > 1e-10 * values[-1]
        return vectors[:, kept] / size[:, None], values[kept]


def design(data: pd.DataFrame, outcome: str, drivers: Sequence[str], controls=(), weights=None, cluster=None) -> Design:
    """Complete cases of outcome, drivers and controls, with their weights and groups.

    Parameters
    ----------
    data : DataFrame
        A row a journey; names may hold dots.
    outcome, drivers : column names
        Numbers or booleans; NaN is unknown.
    controls : column names, or a DataFrame with a row a row of data
        Numbers, or categories (unit, month, segment), which become dummies.
    weights, cluster : column name or array, optional
        A row of weight 0 is left out; a row without a cluster stands alone.

    Raises
    ------
    DataError
        One line with every problem: names unknown or given twice, text among the drivers, weights negative or
        missing, too few rows, a driver that is constant, is the outcome itself, does not vary within the controls
        or repeats other drivers exactly.

    Notes
    -----
    Rows with any value missing are left out: where that is many, or not by chance, the model describes the
    journeys that were measured, not all journeys.
    """
    drivers = list(drivers)
    named = [controls] if isinstance(controls, str) else [] if isinstance(controls, pd.DataFrame) else list(controls)
    names_known(data, outcome, drivers, named)
    table = controls if isinstance(controls, pd.DataFrame) else data[named]
    if len(table) != len(data):
        raise DataError(f"drivers: controls have {len(table)} rows, data has {len(data)}. Give one row a row of data.")
    made = _built(data, outcome, drivers, table, column(data, weights, "weights"), column(data, cluster, "cluster"))
    _refuse(made, outcome)
    return made


def _built(data: pd.DataFrame, outcome: str, drivers: list[str], table: pd.DataFrame, w, ids) -> Design:
    """Everything from the same rows: those where nothing is missing and the weight is above 0."""
    table, weighted = table.reset_index(drop=True), w is not None
    y, x = floats(data, [outcome])[:, 0], floats(data, drivers)
    w = np.ones(len(y)) if w is None else checked_weights(w)
    missing = {outcome: np.isnan(y), **{d: np.isnan(x[:, j]) for j, d in enumerate(drivers)}}
    missing |= {str(name): table[name].isna().to_numpy() for name in table.columns}
    kept = ~np.logical_or.reduce(list(missing.values())) & (w > 0)
    constant = np.column_stack([np.ones(int(kept.sum())), *dummies(table[kept])])
    groups = np.arange(int(kept.sum())) if ids is None else numbered_groups(ids[kept])
    return Design(
        y=y[kept], x=x[kept], controls=constant, weights=w[kept] / w[kept].mean() if kept.any() else w[kept],
        groups=groups, drivers=tuple(drivers), kept=kept, clustered=ids is not None, weighted=weighted,
        dropped_by={name: int(gone.sum()) for name, gone in missing.items() if gone.any()},
    )  # fmt: skip


def _refuse(d: Design, outcome: str) -> None:
    needed = d.controls.shape[1] + d.x.shape[1] + 2
    if d.n < needed or d.n_groups < 2:
        raise DataError(
            f"drivers: {d.n} complete rows in {d.n_groups} clusters, at least {needed} rows and 2 clusters are needed "
            f"for {d.x.shape[1]} drivers and {d.controls.shape[1] - 1} control columns. Take fewer drivers or more months."
        )
    if np.ptp(d.y) == 0:
        raise DataError(f"drivers: outcome {outcome!r} is constant ({d.y[0]:g}) in {d.n} rows. Nothing varies to explain.")
    words = {
        "constant": "is constant", "within_controls": "does not vary within the controls",
        "is_outcome": f"is the outcome {outcome!r} itself (correlation 1 or -1)",
        "repeats": "is an exact combination of the drivers before it",
    }  # fmt: skip
    problems = [f"{name!r} {words[reason]}" for name, reason in _empty_drivers(d).items()]
    if problems:
        raise DataError(f"drivers: {'; '.join(problems)}. Leave these drivers out.")


def _empty_drivers(d: Design) -> dict[str, str]:
    """Drivers that can tell nothing of the outcome, with the reason, in their order."""
    flat = np.ptp(d.x, axis=0) == 0
    # Against the spread of each, so that what counts as zero does not depend on the unit.
    spread = np.column_stack([d.y, d.x]).std(axis=0)
    rest = d.rest / np.where(spread > 0, spread, 1.0)
    gram = rest.T @ rest / d.n
    size = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    left = gram / np.outer(size, size)
    with_outcome, left = left[0, 1:].copy(), left[1:, 1:]
    reasons: dict[str, str] = {}
    for j, name in enumerate(d.drivers):
        if flat[j]:
            reasons[name] = "constant"
        elif size[j + 1] ** 2 < 1e-10:
            reasons[name] = "within_controls"
        elif abs(with_outcome[j]) > 1 - 1e-10:
            reasons[name] = "is_outcome"
        elif left[j, j] < 1e-10:
            reasons[name] = "repeats"
        else:
            left = left - np.outer(left[:, j], left[j]) / left[j, j]
    return reasons


def screen(data: pd.DataFrame, outcome: str, drivers: Sequence[str], controls=(), *, min_known: float = 0.5, min_rows: int = 30, min_other: int = 10) -> pd.DataFrame:
    """Which of a brand's inputs a driver model can hold this month, so that one idle input does not stop a page.

    Parameters
    ----------
    data, outcome, drivers, controls
        As `design`.
    min_known : float
        An input known for a smaller share of the answers is left out: it would take all other rows with it.
    min_rows : int
        Complete rows below which no driver is kept; also, ten rows a driver and control column are needed.
    min_other : int
        Rows that differ from an input's most frequent value; with fewer, its effect would be told of a handful of customers.

    Returns
    -------
    DataFrame, a row a driver in the order given: driver, kept (bool), reason ("" or "rarely_known", "constant",
    "within_controls", "is_outcome", "repeats", "too_rare", "too_few_rows"), known_share (0-1, of rows with an outcome), n (those
    rows). Give `relative_importance` the drivers kept, and tell the reader of the others.

    Raises
    ------
    DataError
        Names unknown or given twice, text among the drivers.
    """
    if not len(drivers):
        return pd.DataFrame({"driver": [], "kept": pd.Series(dtype=bool), "reason": [], "known_share": [], "n": []})
    named = [controls] if isinstance(controls, str) else list(controls)
    names_known(data, outcome, list(drivers), named)
    answered = data[~np.isnan(floats(data, [outcome])[:, 0])]
    known = ~np.isnan(floats(answered, list(drivers)))
    share = known.mean(axis=0) if len(answered) else np.zeros(len(drivers))
    reasons = {d: "rarely_known" for d, part in zip(drivers, share, strict=True) if part < min_known}
    while kept := [d for d in drivers if d not in reasons]:
        made = _built(answered, outcome, kept, answered[named], None, None)
        width = len(kept) + made.controls.shape[1]
        if made.n < max(min_rows, 10 * width) or np.ptp(made.y) == 0:
            reasons |= dict.fromkeys(kept, "too_few_rows")
        elif found := _empty_drivers(made) or _rare(made, min_other):
            reasons |= found
        else:
            break
    return pd.DataFrame({
        "driver": list(drivers), "kept": [d not in reasons for d in drivers], "reason": [reasons.get(d, "") for d in drivers],
        "known_share": share, "n": len(answered),
    })  # fmt: skip


def _rare(d: Design, fewest: int) -> dict[str, str]:
    """Drivers of which fewer rows than `fewest` differ from the most frequent value."""
    others = [d.n - np.unique(values, return_counts=True)[1].max() for values in d.x.T]
    return {name: "too_rare" for name, count in zip(d.drivers, others, strict=True) if count < fewest}
