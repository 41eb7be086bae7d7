"""The columns of a driver model as numbers: what is refused, and what categories, weights and clusters become."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.errors import DataError


def names_known(data: pd.DataFrame, outcome: str, drivers: list[str], controls: list[str]) -> None:
    """Refuses names that are unknown, given twice or none at all, all in one line."""
    names = [outcome, *drivers, *controls]
    problems = [f"{name!r} is given twice" for name in dict.fromkeys(n for n in names if names.count(n) > 1)]
    problems += [f"column {name!r} is not in the data" for name in dict.fromkeys(names) if name not in data.columns]
    problems += [f"the data has two columns {n!r}" for n in dict.fromkeys(names) if list(data.columns).count(n) > 1]
    if not drivers:
        problems.append("no driver is named")
    if problems:
        raise DataError(f"drivers: {'; '.join(problems)}. Name each column once, as the data does.")


def column(data: pd.DataFrame, given, what: str) -> np.ndarray | None:
    """A column by name, or the array given; None stays None."""
    if given is None:
        return None
    if isinstance(given, str):
        if given not in data.columns:
            raise DataError(f"drivers: {what} column {given!r} is not in the data. Name a column or give an array.")
        given = data[given]
    values = np.asarray(pd.Series(given), dtype=object)
    if len(values) != len(data):
        raise DataError(f"drivers: {what} has {len(values)} entries, data has {len(data)} rows. Give one a row.")
    return values


def floats(data: pd.DataFrame, names: list[str]) -> np.ndarray:
    """The columns as numbers, a column each; infinite is unknown."""
    out, problems = np.empty((len(data), len(names))), []
    for j, name in enumerate(names):
        try:
            out[:, j] = data[name].to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            problems.append(f"{name!r} is not numeric ({data[name].dtype})")
    if problems:
        raise DataError(f"drivers: {'; '.join(problems)}. Give numbers, or name a category as a control.")
    out[np.isinf(out)] = np.nan
    return out


def checked_weights(given: np.ndarray) -> np.ndarray:
    """Weights as numbers, none negative or missing."""
    w = pd.to_numeric(pd.Series(given), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(w >= 0) | np.isinf(w)
    if wrong.any():
        raise DataError(
            f"drivers: {int(wrong.sum())} weights are negative or missing (first: row {int(np.argmax(wrong))}). "
            "Mend these rows or leave them out."
        )
    return w


def dummies(table: pd.DataFrame) -> list[np.ndarray]:
    """Numbers as they are; a category as one column a level but the first met."""
    columns = []
    for name in table.columns:
        values = table[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            columns.append(values.to_numpy(dtype=float))
        else:
            codes, levels = pd.factorize(values)
            columns += [(codes == level).astype(float) for level in range(1, len(levels))]
    return columns


def numbered_groups(ids: np.ndarray) -> np.ndarray:
    """Clusters numbered by first appearance; a row without one stands alone."""
    codes, names = pd.factorize(ids)
    alone = codes < 0
    return pd.factorize(np.where(alone, len(names) + np.cumsum(alone) - 1, codes))[0]
