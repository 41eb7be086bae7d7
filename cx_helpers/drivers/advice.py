"""Advice of a year ago, checked: where an input has really moved since, did the score move as was told?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from cx_helpers import estimates
from cx_helpers.drivers.columns import floats
from cx_helpers.drivers.robust import holm
from cx_helpers.errors import DataError
from cx_helpers.estimates.families import several
from cx_helpers.estimates.moments import quantile

FEWEST_UNITS = 8
TOLD_AT = 0.95
VERDICTS = ("as told", "less than told", "more than told", "not as told", "cannot tell", "moved alike", "did not move", "too few units")
COLUMNS = (
    "input", "label", "unit_of_measure", "told", "told_low", "told_high", "moved", "moved_low", "moved_high", "expected", "found", "found_low", "found_high",
    "value", "low", "high", "verdict", "held", "units", "n", "method", "grade",
)  # fmt: skip


def advice_checked(
    advice: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame, outcome: str, *, unit: str = "unit", through: Mapping[str, Sequence[str]] | None = None,
    weights: str | None = None, cluster: str | None = None, minimum: int = 10, looks: int = 1,
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Whether the score followed the inputs as was told: across units, change of the score on change of the input.

    Parameters
    ----------
    advice : DataFrame
        input, label, effect, effect_low, effect_high (outcome per unit of the input, 95 % interval), as told at the end of `before`.
    before, now : DataFrame
        Rows of two periods apart, a row an answer: the outcome, the inputs as they stood when answering, the unit.
    through : mapping of input to the inputs it moves, optional
        What an input changes on its way is part of its effect; changes of all other inputs of the advice are held equal.
    weights, cluster : columns of both frames
    minimum : int
        Answers of a unit in each period.
    looks : int
        How many pieces of advice are looked at together: value, low and high, and the verdict, hold for all of them (Bonferroni).

    Returns
    -------
    DataFrame, a row an input, in the order of the advice: input, label, unit_of_measure; told, told_low, told_high (the effect told then); moved with low and high (mean change of the
    input over all answers, its unit); expected (told x moved, outcome); found, found_low, found_high (outcome per unit of the input, across units); value, low, high (found as a share of what was told: 1
    is as told, 0 not at all); verdict ("as told", "less than told", "more than told", "not as told", "cannot tell"; "moved alike": all units moved
    as one, so nothing tells the input from all else that changed; "did not move"; "too few units"); held (inputs whose changes were held equal); units; n (answers of both periods);
    method; grade ("associated"). attrs: units, confidence.

    Raises
    ------
    DataError
        Columns missing. One line.

    Notes
    -----
    Judged only where the changes of units differ by more than their answers would by chance (Cochran's Q, Holm over inputs). Least squares of the units' changes of the
    score, weighted by answers, on their changes of the inputs and on their score before: units that were low by chance come back by
    themselves, and with the score before held equal that is no success (analysis of covariance; Barnett, van der Pols and Dobson 2005, Int J Epidemiol 34).
    Errors HC3, Student's t with units less columns; the share of what was told has the error of both (delta method). Both means of a unit are of the same answers, so chance in
    who answered does not weaken the slope. What else changed in the units that moved, and is not among the inputs, is taken for the input. Not below 8 units.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"unit": np.repeat(np.arange(20), 100), "wait": rng.gamma(4, 5, 2000)})
    >>> later = rows.assign(wait=rows["wait"] - rows["unit"] / 2)
    >>> rows["points"], later["points"] = (50 - frame["wait"] + rng.normal(0, 20, 2000) for frame in (rows, later))
    >>> advice = pd.DataFrame({"input": ["wait"], "label": ["Wait"], "effect": [-1.0], "effect_low": [-1.2], "effect_high": [-0.8]})
    >>> advice_checked(advice, rows, later, "points")["verdict"].tolist()
    ['as told']
    """
    _known(advice, before, now, outcome, [unit, *([weights] if weights else []), *([cluster] if cluster else [])])
    names = list(advice["input"])
    if not names:
        return pd.DataFrame(columns=list(COLUMNS))
    sums = [_by_unit(frame, [*names, outcome], unit, weights) for frame in (before, now)]
    enough = [level["n"][outcome] >= minimum for level in sums]
    units = sums[0]["n"].index[enough[0]].intersection(sums[1]["n"].index[enough[1]])
    change = (sums[1]["mean"].loc[units] - sums[0]["mean"].loc[units]).dropna()
    spread = (sums[1]["error"].loc[change.index] ** 2 + sums[0]["error"].loc[change.index] ** 2)[names]
    size = 1 / (1 / sums[0]["n"].loc[change.index, outcome] + 1 / sums[1]["n"].loc[change.index, outcome])
    differ = _differ(change[names], spread, confidence)
    rows = []
    for row in advice.to_dict("records"):
        name = row["input"]
        found = _moved(before, now, name, weights, cluster, confidence)
        out = {"input": name, "label": row["label"], "unit_of_measure": row.get("unit_of_measure", ""), "told": row["effect"], "told_low": row["effect_low"],
               "told_high": row["effect_high"], **found, "expected": row["effect"] * found["moved"], "units": len(change), "n": int(before[name].notna().sum() + now[name].notna().sum())}  # fmt: skip
        if len(change) < FEWEST_UNITS or not differ[name]:
            still = found["moved_low"] <= 0 <= found["moved_high"]
            rows.append(out | {"verdict": "too few units" if len(change) < FEWEST_UNITS else "did not move" if still else "moved alike", "held": []})
            continue
        held = [other for other in names if other != name and differ[other] and other not in (through or {}).get(name, ())]
        rows.append(out | {"held": held} | _slope(change, size, sums[0]["mean"].loc[change.index, outcome], name, held, outcome, row, several(confidence, looks)))
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS)).assign(method="changes of units, score before held equal, HC3", grade="associated")
    table.attrs = {"units": len(change), "confidence": confidence}
    return table


def _known(advice: pd.DataFrame, before: pd.DataFrame, now: pd.DataFrame, outcome: str, others: list[str]) -> None:
    problems = [f"advice lacks the column {name!r}" for name in ("input", "label", "effect", "effect_low", "effect_high") if name not in advice]
    if not problems:
        asked = [outcome, *others, *advice["input"]]
        problems += [f"{what} lacks the column {name!r}" for what, frame in (("before", before), ("now", now)) for name in asked if name not in frame]
    if problems:
        raise DataError(f"advice: {'; '.join(problems)}. Give the answers of both periods with the inputs that the advice names.")


def _by_unit(frame: pd.DataFrame, names: list[str], unit: str, weights: str | None) -> dict[str, pd.DataFrame]:
    """Means of each unit over the rows in which all is known, their number, and the error of each mean."""
    values = floats(frame, names)
    kept = ~np.isnan(values).any(axis=1) & frame[unit].notna().to_numpy()
    w = np.ones(len(frame)) if weights is None else frame[weights].to_numpy(dtype=float)
    kept &= w > 0
    codes, units = pd.factorize(frame.loc[kept, unit], sort=True)
    values, w = values[kept], w[kept]
    total = np.bincount(codes, weights=w, minlength=len(units))
    mean = np.column_stack([np.bincount(codes, weights=w * y, minlength=len(units)) / total for y in values.T])
    scatter = np.column_stack([np.bincount(codes, weights=(w * y) ** 2, minlength=len(units)) for y in (values - mean[codes]).T])
    n = np.bincount(codes, minlength=len(units))
    error = np.sqrt(scatter * (n / np.maximum(n - 1, 1))[:, None]) / total[:, None]
    # A yes-or-no input that is alike in a whole unit is not known without error: its spread over all units stands in.
    error = np.maximum(error, values.std(axis=0) / np.sqrt(np.maximum(n, 1))[:, None] / 10)
    make = {"mean": mean, "error": error, "n": np.repeat(n[:, None], len(names), axis=1)}
    return {kind: pd.DataFrame(part, index=units, columns=names) for kind, part in make.items()}


def _differ(change: pd.DataFrame, variance: pd.DataFrame, confidence: float) -> dict[str, bool]:
    """Whether units moved differently, beyond what their answers would by chance (Cochran's Q, Holm)."""
    if len(change) < 2:
        return dict.fromkeys(change, False)
    p = []
    for name in change:
        w = 1 / np.maximum(variance[name].to_numpy(), 1e-300)
        y = change[name].to_numpy()
        p.append(float(stats.chi2.sf((w * (y - (w @ y) / w.sum()) ** 2).sum(), len(y) - 1)))
    return dict(zip(change, holm(np.array(p), 1 - confidence), strict=True))


def _moved(before: pd.DataFrame, now: pd.DataFrame, name: str, weights: str | None, cluster: str | None, confidence: float) -> dict[str, float]:
    """Mean change of an input over all answers."""
    rows = [frame[frame[name].notna()] for frame in (now, before)]
    values = [part[name].to_numpy(dtype=float) for part in rows]
    given = {kind: [part[column].to_numpy() for part in rows] if column else None for kind, column in (("weights", weights), ("cluster", cluster))}
    found = estimates.difference(*values, "mean", **given, confidence=confidence)
    return {"moved": found.value, "moved_low": found.low, "moved_high": found.high}


def _slope(change: pd.DataFrame, size: pd.Series, before: pd.Series, name: str, held: list[str], outcome: str, told: Mapping, confidence: float) -> dict:
    """The slope across units, what share it is of what was told, and the verdict."""
    held = held[: max(len(change) - 3 - FEWEST_UNITS // 2, 0)]
    root = np.sqrt(size.to_numpy() / size.mean())[:, None]
    columns = np.column_stack([change[name], np.ones(len(change)), before - before.mean(), change[held]])
    scale = np.sqrt((columns**2).mean(axis=0))
    x, y = root * columns / np.where(scale > 0, scale, 1), root[:, 0] * change[outcome].to_numpy()
    bread = np.linalg.pinv(x.T @ x, rcond=1e-10)
    beta = bread @ x.T @ y
    lever = np.einsum("ij,jk,ik->i", x, bread, x)
    scores = x * ((y - x @ beta) / np.maximum(1 - lever, 1e-6))[:, None]
    error = math.sqrt((bread @ (scores.T @ scores) @ bread)[0, 0]) / scale[0]
    found, t = beta[0] / scale[0], quantile(confidence, max(len(change) - x.shape[1], 1))
    error_told = (told["effect_high"] - told["effect_low"]) / 2 / quantile(TOLD_AT, math.inf)
    share = found / told["effect"]
    reach = t * math.hypot(error, share * error_told) / abs(told["effect"])
    low, high = share - reach, share + reach
    row = {"found": found, "found_low": found - t * error, "found_high": found + t * error, "value": share, "low": low, "high": high}
    return row | {"verdict": verdict(low, high), "held": held}


def verdict(low: float, high: float) -> str:
    """What the share of what was told says; 1 is as told, 0 is nothing.

    >>> [verdict(0.4, 1.3), verdict(0.2, 0.8), verdict(1.1, 2.0), verdict(-0.4, 0.7), verdict(-0.3, 1.4)]
    ['as told', 'less than told', 'more than told', 'not as told', 'cannot tell']
    """
    if low > 0:
        return "less than told" if high < 1 else "more than told" if low > 1 else "as told"
    return "not as told" if high < 1 else "cannot tell"
