"""Drivers worth acting on: how far practice is from its standard, and what meeting it would go with."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.errors import DataError
from cx_helpers.findings import Finding

NEEDED = ("input", "label", "better", "standard", "touchpoint")
COLUMNS = (
    "input", "label", "touchpoint", "unit_of_measure", "statistic", "standard", "off_standard_share", "off_standard_low", "off_standard_high",
    "mean_gap", "effect", "effect_low", "effect_high", "lift", "lift_low", "lift_high", "rank", "n", "n_off", "method", "grade",
    "reason", "challenge",
)  # fmt: skip

TEXT = ("input", "label", "touchpoint", "unit_of_measure", "method", "grade", "reason", "challenge")


def opportunities(
    importance: pd.DataFrame, frame: pd.DataFrame, inputs: pd.DataFrame, *, weights=None, cluster=None, confidence: float = 0.95
) -> pd.DataFrame:
    """Expected difference in the outcome if every journey off standard had met its standard, a row a driver.

    Parameters
    ----------
    importance : DataFrame
        From `relative_importance`, at the same confidence.
    frame : DataFrame
        A row a journey in scope, answered or not, with a column an input.
    inputs : DataFrame
        input, label, better ("lower" or "higher"), standard (NaN where none), touchpoint; where known unit_of_measure,
        challenge, and statistic ("share" where the input is 0/1 and its standard a share of journeys).
    weights, cluster : column name or array, optional
        Survey weights; the customer of each journey.

    Returns
    -------
    DataFrame, opportunities first, by lift:
    input, label, touchpoint, unit_of_measure, statistic, standard; off_standard_share with its low and high (0-1, of journeys
    with the input known); mean_gap (mean excess over the standard of the journeys off it, unit of the input, 0 or
    more); effect, effect_low, effect_high (outcome per unit of the input); lift, lift_low, lift_high (outcome, over
    all journeys); rank (1 first; NaN where it is no opportunity); n (journeys with the input known), n_off; method;
    grade ("associated"); reason ("" or why there is no lift: "not_usable", "no_standard", "no_data",
    "on_standard", "against_direction"); challenge.

    Raises
    ------
    DataError
        Columns missing, a driver without a row in inputs or in the frame, better neither lower nor higher.

    Notes
    -----
    lift = effect x mean change over all journeys. Its interval joins the interval of the effect and that of the
    mean change (delta method, taken as independent). It supposes a straight line and that the association is the
    effect: an order of magnitude for choosing what to try, never a forecast. Not for inputs that customers choose
    themselves.

    >>> importance = pd.DataFrame({"driver": ["pickup.wait"], "effect": [-0.1], "effect_low": [-0.14],
    ...     "effect_high": [-0.06], "usable": [True], "method": ["lmg"]})
    >>> inputs = pd.DataFrame({"input": ["pickup.wait"], "label": ["Wait"], "better": ["lower"], "standard": [10.0],
    ...     "touchpoint": ["pickup"]})
    >>> table = opportunities(importance, pd.DataFrame({"pickup.wait": [5.0, 8, 20, 30]}), inputs)
    >>> float(table["off_standard_share"][0]), float(table["mean_gap"][0]), round(float(table["lift"][0]), 2)
    (0.5, 15.0, 0.75)
    """
    described = _described(importance, frame, inputs)
    weights, cluster = (frame[given] if isinstance(given, str) else given for given in (weights, cluster))
    if importance.empty:
        return pd.DataFrame({name: pd.Series(dtype=str if name in TEXT else float) for name in COLUMNS})
    rows = []
    for driver in importance.itertuples():
        facts = described.loc[driver.driver]
        row = {"input": driver.driver, **{k: facts.get(k, default) for k, default in
               (("label", ""), ("touchpoint", ""), ("unit_of_measure", ""), ("statistic", ""), ("standard", math.nan), ("challenge", ""))}}  # fmt: skip
        row |= {"effect": driver.effect, "effect_low": driver.effect_low, "effect_high": driver.effect_high}
        rows.append(row | _gap(driver, facts, frame[driver.driver], weights, cluster, confidence))
    table = pd.DataFrame(rows).assign(grade="associated")
    table["_known"] = table["reason"] == ""
    table = table.sort_values(["_known", "lift"], ascending=False, kind="stable", na_position="last").reset_index(drop=True)
    table["rank"] = np.where(table["_known"], np.arange(1.0, len(table) + 1), np.nan)
    return table[list(COLUMNS)]


def _described(importance: pd.DataFrame, frame: pd.DataFrame, inputs: pd.DataFrame) -> pd.DataFrame:
    problems = [f"inputs lack the column {name!r}" for name in NEEDED if name not in inputs]
    if not problems:
        drivers = list(importance["driver"])
        problems += [f"driver {d!r} has no row in inputs" for d in drivers if d not in set(inputs["input"])]
        problems += [f"driver {d!r} is not a column of the journeys" for d in drivers if d not in frame]
        problems += [f"input {i!r} is described twice" for i in inputs.loc[inputs["input"].duplicated(), "input"]]
        odd = inputs[~inputs["better"].isin(["lower", "higher"]) & inputs["input"].isin(drivers) & inputs["standard"].notna()]
        problems += [f"better of {r.input!r} is {r.better!r}, not lower or higher" for r in odd.itertuples()]
    if problems:
        raise DataError(f"opportunities: {'; '.join(problems)}. Describe each driver once in journey.yaml.")
    return inputs.set_index("input")


def _gap(driver, facts: pd.Series, values: pd.Series, weights, cluster, confidence: float) -> dict:
    """Journeys off standard, by how much, and the lift with its interval."""
    standard, sign = facts["standard"], -1.0 if facts["better"] == "lower" else 1.0
    x = values.to_numpy(dtype=float, na_value=np.nan)
    known = int((~np.isnan(x)).sum())
    unknown = {"off_standard_share": math.nan, "off_standard_low": math.nan, "off_standard_high": math.nan, "mean_gap": math.nan,
               "lift": math.nan, "lift_low": math.nan, "lift_high": math.nan, "n": known, "n_off": 0, "method": driver.method}  # fmt: skip
    if pd.isna(standard) or known == 0:
        reason = "no_standard" if pd.isna(standard) else "no_data"
        return unknown | {"reason": reason if driver.usable else "not_usable"}
    given = {"weights": weights, "cluster": cluster, "confidence": confidence}
    yes_or_no = facts.get("statistic") == "share"
    # Change each journey would need, signed as the input: towards the standard, 0 where it is met. The standard of a
    # 0/1 input is a share of journeys: no single journey is at 5%, all of them together are.
    target = (0.0 if sign < 0 else 1.0) if yes_or_no else float(standard)
    change = np.where(np.isnan(x), np.nan, sign * np.maximum(sign * (target - x), 0.0))
    off = np.where(np.isnan(x), np.nan, change != 0)
    mean_change = estimates.mean(change, **given)
    if yes_or_no:
        mean_change = _down_to(mean_change, sign, abs(float(standard) - target))
    share = estimates.share(off, **given)
    gap = estimates.mean(np.abs(change[off == 1]), None if weights is None else np.asarray(weights)[off == 1])
    row = unknown | {"off_standard_share": share.value, "off_standard_low": share.low, "off_standard_high": share.high,
                     "mean_gap": gap.value, "n": share.n, "n_off": gap.n}  # fmt: skip
    lift = driver.effect * mean_change.value
    if not driver.usable:
        return row | {"reason": "not_usable"}
    if gap.n == 0 or mean_change.value == 0:
        return row | {"reason": "on_standard"}
    if lift < 0:
        return row | {"reason": "against_direction"}
    low, high = _lift_interval(driver, mean_change)
    return row | {"lift": lift, "lift_low": low, "lift_high": high, "method": f"{driver.method}; delta method", "reason": ""}


def _down_to(full: estimates.Estimate, sign: float, allowed: float) -> estimates.Estimate:
    """The mean change that leaves the share that the standard allows; none where it is met already."""
    value, low, high = (part - sign * allowed for part in (full.value, full.low, full.high))
    if sign * value <= 0:
        return replace(full, value=0.0, low=0.0, high=0.0)
    return replace(full, value=value, low=low, high=high)


def _lift_interval(driver, change: estimates.Estimate) -> tuple[float, float]:
    half_effect = (driver.effect_high - driver.effect_low) / 2
    half_change = 0.0 if math.isnan(change.high) else change.high - change.value
    half = math.hypot(change.value * half_effect, driver.effect * half_change)
    lift = driver.effect * change.value
    return lift - half, lift + half


def opportunity_findings(table: pd.DataFrame, importance: pd.DataFrame, outcome_label: str) -> list[Finding]:
    """What the opportunities say, largest lift first.

    Returns
    -------
    Findings ``opportunities.first``, then ``opportunities.also`` for the others; ``opportunities.none`` where no
    usable driver is off its standard (nothing at all where no driver could be asked); ``drivers.lowest_not_first``
    where the driver that is most often off its standard is not the one that would lift most; ``opportunities.no_standard`` for usable drivers without one. The
    argument `labels` names all whose lift cannot be told from the largest.
    """
    if importance.empty:
        return []
    worth = table[table["reason"] == ""]
    level = list(worth.loc[worth["lift_high"] >= worth["lift_low"].iloc[0], "label"]) if len(worth) else []
    found = [
        Finding(("opportunities.first" if r.rank == 1 else "opportunities.also") + ("_share" if r.statistic == "share" else ""),
                {"input": r.label, "touchpoint": r.touchpoint, "outcome": outcome_label, "off_standard_share": float(r.off_standard_share),
                 "mean_gap": float(r.mean_gap), "unit_of_measure": r.unit_of_measure, "standard": float(r.standard), "challenge": r.challenge, "labels": level, "count": len(level)},
                r.lift, r.lift_low, r.lift_high, int(r.n), r.method, r.grade, weight=float(r.lift * r.n))
        for r in worth.itertuples()
    ]  # fmt: skip
    if worth.empty:
        n = int(table["n"].max()) if len(table) else 0
        args = {"outcome": outcome_label, "drivers_tested": len(table), "usable": int(importance["usable"].sum())}
        found.append(Finding("opportunities.none", args, math.nan, math.nan, math.nan, n, "", "associated"))
    return found + _worst_is_not_first(table, worth, outcome_label) + _without_standard(table, outcome_label)


def leading(told: list[Finding], worth: list[Finding]) -> Finding:
    """The finding that may head a page: the first opportunity; but a leader whose rank is not settled is not crowned.

    Parameters
    ----------
    told : findings of `told_importance.importance_findings`
    worth : findings of `opportunity_findings`
    """
    tied = next((finding for finding in told if finding.message in ("drivers.alike", "drivers.tied")), None)
    return tied or next((finding for finding in worth if finding.message.startswith("opportunities.first")), told[0])


def page_lede(importance: pd.DataFrame, n: int, outcome_label: str) -> tuple[str, dict]:
    """How many inputs were asked, how many are beyond noise, and what they explain; or that none could be asked."""
    if importance.empty:
        return ("drivers.lede_none", {"n": n, "outcome": outcome_label})
    args = {"outcome": outcome_label, "r_squared": importance.attrs["r_squared"], "count": int(importance["usable"].sum())}
    return ("drivers.lede", {**args, "tested": len(importance), "n": n - importance.attrs["n_dropped"]})


def _worst_is_not_first(table: pd.DataFrame, worth: pd.DataFrame, outcome_label: str) -> list[Finding]:
    measured = table.dropna(subset=["off_standard_share"])
    if worth.empty or len(measured) < 2:
        return []
    lowest, first = measured.loc[measured["off_standard_share"].idxmax()], worth.iloc[0]
    # Shares whose intervals overlap do not say which is the lowest.
    others = measured[measured["input"] != lowest["input"]]
    if lowest["input"] == first["input"] or lowest["off_standard_low"] <= others["off_standard_high"].max():
        return []
    args = {"lowest": lowest["label"], "first": first["label"], "outcome": outcome_label,
            "first_off_standard_share": float(first["off_standard_share"]), "reason": lowest["reason"]}  # fmt: skip
    return [Finding("drivers.lowest_not_first", args, lowest["off_standard_share"], lowest["off_standard_low"],
                    lowest["off_standard_high"], int(lowest["n"]), "Wilson", "associated")]  # fmt: skip


def _without_standard(table: pd.DataFrame, outcome_label: str) -> list[Finding]:
    return [
        Finding("opportunities.no_standard",
                {"input": r.label, "touchpoint": r.touchpoint, "outcome": outcome_label, "unit_of_measure": r.unit_of_measure},
                r.effect, r.effect_low, r.effect_high, int(r.n), r.method, "associated")
        for r in table[table["reason"] == "no_standard"].itertuples()
    ]  # fmt: skip


def result_rows(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The opportunities as the `opportunities` result table holds them: value, low and high are the lift.

    Returns
    -------
    DataFrame with columns input, label, touchpoint, challenge, outcome, rank, effect, effect_low, effect_high,
    off_standard_share, value, low, high, n, method, grade; only rows that are opportunities.
    """
    names = {"lift": "value", "lift_low": "low", "lift_high": "high"}
    kept = table[table["reason"] == ""].rename(columns=names).assign(outcome=outcome)
    return kept[["input", "label", "touchpoint", "challenge", "outcome", "rank", "effect", "effect_low", "effect_high",
                 "off_standard_share", "value", "low", "high", "n", "method", "grade"]]  # fmt: skip
