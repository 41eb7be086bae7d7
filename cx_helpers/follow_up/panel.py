"""A unit's months around an action, checked, and each unit's change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cx_helpers.errors import DataError


@dataclass(frozen=True, eq=False)
class Panel:
    """Known cells of a unit x month panel.

    `cells` holds unit, treated, month (0 is the first of `periods`), value, weight; `start` is the number of months
    before the action; `answers` is the sum of weights, or the cells where none were given.
    """

    cells: pd.DataFrame
    periods: tuple[str, ...]
    start: int
    units: int
    equal_weights: bool

    @property
    def months(self) -> int:
        return len(self.periods)

    @property
    def answers(self) -> int:
        return int(round(float(self.cells["weight"].sum())))

    def with_cells(self, cells: pd.DataFrame) -> Panel:
        return replace(self, cells=cells)


def panel_of(
    panel: pd.DataFrame, outcome: str, unit: str, period: str, treated_units: Collection, from_period: str, weights: str | None
) -> Panel:
    """The panel's known cells, or one line with everything that is wrong with it."""
    names = [outcome, unit, period] + ([weights] if weights else [])
    problems = [f"column {name!r} is not in the panel" for name in names if name not in panel]
    treated = [treated_units] if isinstance(treated_units, str) else list(treated_units)
    if not problems:
        doubled = panel.duplicated([unit, period])
        if doubled.any():
            first = panel.loc[doubled, [unit, period]].iloc[0]
            problems.append(f"{int(doubled.sum())} cells are given twice (first: {first[unit]}, {first[period]})")
        here = set(panel[unit])
        problems += [f"treated unit {name!r} is not in the panel" for name in treated if name not in here]
        if not treated:
            problems.append("no treated unit is named")
        w = pd.to_numeric(panel[weights], errors="coerce") if weights else None
        if w is not None and ((w < 0) | np.isinf(w)).any():
            problems.append(f"weights {weights!r} are negative or infinite")
    if problems:
        raise DataError(f"effects: {'; '.join(problems)}. Give one row a unit and month.")
    cells = pd.DataFrame({
        "unit": panel[unit].to_numpy(), "treated": panel[unit].isin(treated).to_numpy(), "period": panel[period].astype(str).to_numpy(),
        "value": panel[outcome].to_numpy(dtype=float, na_value=np.nan),
        "weight": np.ones(len(panel)) if w is None else w.to_numpy(dtype=float, na_value=np.nan),
    })  # fmt: skip
    periods = tuple(sorted(set(cells["period"])))
    start = sum(p < str(from_period) for p in periods)
    if start == 0:
        raise DataError(f"effects: no month of the panel is before {from_period} (first: {periods[0] if periods else 'none'}). Give earlier months.")
    cells["month"] = cells["period"].map({p: i for i, p in enumerate(periods)})
    units = cells["unit"].nunique()
    cells = cells[cells["value"].notna() & (cells["weight"] > 0)].reset_index(drop=True)
    return Panel(cells, periods, start, units, weights is None)


def unit_changes(p: Panel, start: int) -> pd.DataFrame:
    """Each unit's level before and after month `start`: unit, treated, before, after, change, weight.

    Units without a known cell on both sides are left out. The weight of a change is what two means of n_before and
    n_after answers know of their difference; without weights every unit weighs the same.
    """
    cells = p.cells.assign(total=p.cells["value"] * p.cells["weight"], late=p.cells["month"] >= start)
    sums = cells.groupby(["unit", "treated", "late"], sort=False)[["total", "weight"]].sum()
    level = (sums["total"] / sums["weight"]).unstack("late").reindex(columns=[False, True])
    n = sums["weight"].unstack("late").reindex(columns=[False, True])
    out = pd.DataFrame({"before": level[False], "after": level[True]})
    out["change"] = out["after"] - out["before"]
    out["weight"] = 1.0 if p.equal_weights else n[False] * n[True] / (n[False] + n[True])
    return out.dropna(subset=["change"]).reset_index()
