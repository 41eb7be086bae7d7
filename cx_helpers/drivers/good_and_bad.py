"""Effects that can be laid side by side: from a usual bad value of each driver to a usual good one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.errors import DataError

TENTH = 0.1


def good_and_bad(importance: pd.DataFrame, data: pd.DataFrame, inputs: pd.DataFrame) -> pd.DataFrame:
    """What the outcome differs by between a usual bad and a usual good value of each driver.

    Parameters
    ----------
    importance : DataFrame
        From `importance.relative_importance`.
    data : DataFrame
        The journeys it was found on, with a column a driver.
    inputs : DataFrame
        driver and better ("lower" or "higher"; anything else is taken as higher).

    Returns
    -------
    DataFrame, largest difference first, whatever its sign: driver; bad, good (unit of the driver: the tenth of the
    journeys with the worst values begins at bad, that with the best at good; of a driver with two values, the two); yes_no (bool: these are 0 and 1);
    value, low, high (outcome at good less outcome at bad: above 0 as expected); usable; n; method; grade.

    Raises
    ------
    DataError
        A driver is not described, or is no column of the data.

    Notes
    -----
    value = effect x (good - bad), the two values taken as known. A driver of which nine tenths of the values are one is taken from
    this value to the mean of the others. A straight line between the two: not for drivers with a threshold between them.

    Examples
    --------
    >>> importance = pd.DataFrame({"driver": ["wait"], "effect": [-0.5], "effect_low": [-0.7], "effect_high": [-0.3],
    ...                            "usable": [True], "n": [11], "method": ["lmg"], "grade": ["associated"]})
    >>> inputs = pd.DataFrame({"driver": ["wait"], "better": ["lower"]})
    >>> good_and_bad(importance, pd.DataFrame({"wait": range(11)}), inputs)[["bad", "good", "value"]].to_numpy().tolist()
    [[9.0, 1.0, 4.0]]
    """
    better = dict(zip(inputs["driver"], inputs["better"], strict=True))
    problems = [f"{d!r} is not described" for d in importance["driver"] if d not in better]
    problems += [f"{d!r} is not in the data" for d in importance["driver"] if d not in data]
    if problems:
        raise DataError(f"drivers: {'; '.join(problems)}. Describe each driver once and give the journeys with all of them.")
    rows = []
    for r in importance.itertuples():
        small, large = _usual(data[r.driver].to_numpy(dtype=float, na_value=np.nan))
        bad, good = (large, small) if better[r.driver] == "lower" else (small, large)
        ends = sorted(((good - bad) * r.effect_low, (good - bad) * r.effect_high))
        rows.append({"driver": r.driver, "bad": bad, "good": good, "yes_no": (small, large) == (0.0, 1.0), "value": (good - bad) * r.effect,
                     "low": ends[0], "high": ends[1], "usable": bool(r.usable), "n": int(r.n), "method": r.method, "grade": r.grade})  # fmt: skip
    names = ["driver", "bad", "good", "yes_no", "value", "low", "high", "usable", "n", "method", "grade"]
    return pd.DataFrame(rows, columns=names).astype({"driver": str, "value": float, "usable": bool}).sort_values("value", key=lambda v: -v.abs(), kind="stable", ignore_index=True)


def _usual(values: np.ndarray) -> tuple[float, float]:
    """The lower and the upper of the two values of a driver that are compared."""
    values = values[~np.isnan(values)]
    found, counts = np.unique(values, return_counts=True)
    if len(found) <= 2:
        return float(found[0]), float(found[-1])
    low, high = np.quantile(values, [TENTH, 1 - TENTH])
    if low < high:
        return float(low), float(high)
    most = found[counts.argmax()]
    other = float(values[values != most].mean())
    return (float(most), other) if other > most else (other, float(most))
