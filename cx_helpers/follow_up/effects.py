"""Did a solution work: before and after, with control, graded no higher than it deserves."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile
from cx_helpers.findings import Finding
from cx_helpers.follow_up.panel import Panel, panel_of, unit_changes

MIN_UNITS = 6
FEW_UNITS = 3
MIN_MONTHS_BEFORE = 4
MIN_MONTHS_AFTER = 3


@dataclass(frozen=True, eq=False)
class Effect:
    """An estimate of what an action did, with the lines it rests on and the checks it passed or failed.

    Attributes
    ----------
    table : DataFrame, one row an estimate
        estimate, low, high, n, design, grade, verdict, method, and what the design adds.
    series : DataFrame
        period, group ("treated", "control"), value, low, high, n, units: what is drawn.
    checks : DataFrame
        check, value, low, high, passed (True, False, or None where it could not be made), n, note.
    """

    table: pd.DataFrame
    series: pd.DataFrame
    checks: pd.DataFrame


def before_after(
    panel: pd.DataFrame, outcome: str, unit: str, period: str, treated_units: Collection, from_period: str, *,
    weights: str | None = None, better: str = "higher", confidence: float = 0.95, check_confidence: float | None = None,
) -> Effect:  # fmt: skip
    """Change of the treated units less change of the others, before and from `from_period` (2 x 2).

    Parameters
    ----------
    panel : DataFrame
        A row a unit and month. Rows whose outcome is unknown or hidden are left out.
    outcome, unit, period : column names
        Months as text ("2018-03").
    treated_units : collection
        Units where the action was put in place. All other units of the panel are controls: leave out those that
        got something of the same kind, or that the action may have spilled over to.
    from_period : str
        First month with the action.
    weights : column name, optional
        Answers behind each cell; a unit's change then weighs n_before x n_after / (n_before + n_after).
    better : {"higher", "lower"}
        Which direction of the outcome is good.
    check_confidence : float, optional
        Of the intervals of the checks, where that of the estimate is widened for many comparisons: checks must not
        get easier by it.

    Returns
    -------
    Effect. table has one row: estimate, low, high (unit of the outcome), n (answers, or cells without weights),
    design ("difference in differences", "before and after"), grade, verdict ("works", "backfires",
    "no clear effect", "too early"), method, units_treated, units_control, months_before, months_after,
    treated_before, treated_after, control_before, control_after.
    checks: months_before, months_after, units_treated, units_control, pre_trend (slope a month, treated less
    control, before), placebo (the same comparison at the middle month of the time before), baseline_gap (treated
    less control before: fails where the treated were worse), baseline_adjusted (the estimate with each unit's
    level before held equal), units_left_out.

    Raises
    ------
    DataError
        Columns missing, a cell given twice, treated units not in the panel, a month that no row precedes.

    Notes
    -----
    Each unit is reduced to one change (Bertrand, Duflo, Mullainathan 2004), so months of one unit never count as
    independent; units are compared by Welch's t; with three units or fewer on a side by the wider of Welch's and the
    pooled t, with one by the pooled t, which lends it the spread of the others. Grade: "quasi-experimental" with at least 6 units on both sides, 4 months before, 3 after, and pre-trend,
    placebo and baseline passed; "associated" otherwise; "described" without controls. Where the treated were worse
    to begin with they improve by themselves (regression to the mean): the verdict then also needs the
    baseline-adjusted interval to exclude 0 on the same side. Not for staggered starts, nor where the outcome of
    controls depends on the treated (shared staff, moved customers).
    """
    if better not in ("higher", "lower"):
        raise DataError(f"effects: better is {better!r}. Choose higher or lower.")
    p = panel_of(panel, outcome, unit, period, treated_units, from_period, weights)
    changes = unit_changes(p, p.start)
    estimate = compare(changes, confidence)
    checks = _checks(p, changes, better, confidence if check_confidence is None else check_confidence)
    return Effect(_table(p, changes, estimate, checks, better, confidence), _series(p, confidence), checks)


def compare(changes: pd.DataFrame, confidence: float) -> estimates.Estimate:
    """Mean change of treated units less that of controls; of treated units alone where there are no controls."""
    sides = [changes[changes["treated"] == t] for t in (True, False)]
    y, w = [s["change"].to_numpy() for s in sides], [s["weight"].to_numpy() for s in sides]
    equal = np.ptp(changes["weight"].to_numpy()) == 0 if len(changes) else True
    if len(y[1]) == 0:
        return estimates.mean(y[0], None if equal else w[0], confidence=confidence)
    welch = estimates.difference(y[0], y[1], "mean", weights=None if equal else w, confidence=confidence)
    if min(len(y[0]), len(y[1])) > FEW_UNITS:
        return welch
    pooled = _pooled(y, w, confidence)
    # Two or three changes are too few to show their own spread: on half of such samples Welch is far too narrow.
    return pooled if math.isnan(welch.low) or pooled.high - pooled.low > welch.high - welch.low else welch


def _pooled(y, w, confidence: float) -> estimates.Estimate:
    """Pooled t: spread shared by both sides, so that a unit alone is as unsure as the others are spread."""
    means = [float(np.average(a, weights=b)) if len(a) else math.nan for a, b in zip(y, w, strict=True)]
    value, n, method = means[0] - means[1], len(y[0]) + len(y[1]), "pooled t (few units)"
    if n < 3 or math.isnan(value):
        return estimates.Estimate(value, math.nan, math.nan, n, method)
    squares = sum(float((b / b.mean() * (a - m) ** 2).sum()) for a, b, m in zip(y, w, means, strict=True))
    error = math.sqrt(squares / (n - 2) * sum(1 / estimates.kish_n(b) for b in w))
    half = quantile(confidence, n - 2) * error if error > 0 else math.nan
    return estimates.Estimate(value, value - half, value + half, n, method)


def _table(p: Panel, changes: pd.DataFrame, e: estimates.Estimate, checks: pd.DataFrame, better: str, confidence: float) -> pd.DataFrame:
    treated = changes["treated"]
    controlled = bool((~treated).any())
    passed = dict(zip(checks["check"], checks["passed"], strict=True))
    row = {
        "estimate": e.value, "low": e.low, "high": e.high, "n": p.answers,
        "design": "difference in differences" if controlled else "before and after",
        "grade": _grade(controlled, passed), "verdict": _verdict(p, e, checks, better),
        "method": f"unit changes, {e.method}", "units_treated": int(treated.sum()), "units_control": int((~treated).sum()),
        "months_before": p.start, "months_after": p.months - p.start, "confidence": confidence,
    }  # fmt: skip
    for name, side in (("treated", treated), ("control", ~treated)):
        for when in ("before", "after"):
            part = changes[side]
            row[f"{name}_{when}"] = float(np.average(part[when], weights=part["weight"])) if len(part) else math.nan
    return pd.DataFrame([row])


def _grade(controlled: bool, passed: dict) -> str:
    if not controlled:
        return "described"
    needed = ("months_before", "months_after", "units_treated", "units_control", "pre_trend", "placebo", "baseline_gap")
    return "quasi-experimental" if all(passed[name] is True for name in needed) else "associated"


def _verdict(p: Panel, e: estimates.Estimate, checks: pd.DataFrame, better: str) -> str:
    if p.months - p.start < MIN_MONTHS_AFTER:
        return "too early"
    sign = _side(e.low, e.high)
    named = checks.set_index("check")
    if "baseline_gap" in named.index and named.loc["baseline_gap", "passed"] is False:
        adjusted = named.loc["baseline_adjusted"]
        sign = sign if sign == _side(adjusted["low"], adjusted["high"]) else 0
    sign = sign if better == "higher" else -sign
    return {1: "works", -1: "backfires", 0: "no clear effect"}[sign]


def _side(low: float, high: float) -> int:
    """1 above nothing, -1 below it, 0 where the interval holds it or is unknown."""
    return 1 if low > 0 else -1 if high < 0 else 0


def _checks(p: Panel, changes: pd.DataFrame, better: str, confidence: float) -> pd.DataFrame:
    treated, control = int(changes["treated"].sum()), int((~changes["treated"]).sum())
    rows = [
        _count("months_before", p.start, MIN_MONTHS_BEFORE), _count("months_after", p.months - p.start, MIN_MONTHS_AFTER),
        _count("units_treated", treated, MIN_UNITS), _count("units_control", control, MIN_UNITS),
        {"check": "units_left_out", "value": float(p.units - len(changes)), "low": math.nan, "high": math.nan,
         "passed": len(changes) == p.units, "n": p.units, "note": "no_cell_before_or_after"},
    ]  # fmt: skip
    if control:
        rows += [_includes_zero("pre_trend", compare(_slopes(p), confidence)), _includes_zero("placebo", _placebo(p, confidence))]
        rows += _regression_to_the_mean(changes, better, confidence)
    out = pd.DataFrame(rows)
    out["passed"] = pd.Series([row["passed"] for row in rows], dtype=object)
    return out


def _count(check: str, value: int, needed: int) -> dict:
    return {"check": check, "value": float(value), "low": math.nan, "high": math.nan, "passed": value >= needed, "n": value,
            "note": f"at_least_{needed}"}  # fmt: skip


def _includes_zero(check: str, e: estimates.Estimate, note: str = "") -> dict:
    known = not math.isnan(e.low)
    return {"check": check, "value": e.value, "low": e.low, "high": e.high, "n": e.n,
            "passed": (e.low <= 0 <= e.high) if known else None, "note": note if known else "too_few_units_or_months"}  # fmt: skip


def _slopes(p: Panel) -> pd.DataFrame:
    """Slope a month of each unit before the action, from at least three months; its weight is what its months know."""
    cells = p.cells[p.cells["month"] < p.start]
    w, x, y = cells["weight"], cells["month"] - (p.start - 1) / 2, cells["value"]
    parts = cells[["unit", "treated"]].assign(months=1, w=w, wx=w * x, wy=w * y, wxx=w * x * x, wxy=w * x * y)
    sums = parts.groupby(["unit", "treated"], sort=False).sum().reset_index()
    sums["weight"] = sums["wxx"] - sums["wx"] ** 2 / sums["w"]
    sums["change"] = (sums["wxy"] - sums["wx"] * sums["wy"] / sums["w"]) / sums["weight"]
    return sums.loc[sums["months"] >= 3, ["unit", "treated", "change", "weight"]]


def _placebo(p: Panel, confidence: float) -> estimates.Estimate:
    """The same comparison inside the time before, as if the action had begun at its middle month."""
    before = p.cells[p.cells["month"] < p.start]
    if p.start < 4:
        return estimates.Estimate(math.nan, math.nan, math.nan, 0, "")
    return compare(unit_changes(p.with_cells(before), p.start // 2), confidence)


def _regression_to_the_mean(changes: pd.DataFrame, better: str, confidence: float) -> list[dict]:
    """Were the treated worse to begin with, and what is left of the effect at an equal level before."""
    gap = compare(changes.assign(change=changes["before"]), confidence)
    worse = gap.high < 0 if better == "higher" else gap.low > 0
    known = not math.isnan(gap.low)
    row = _includes_zero("baseline_gap", gap, "regression_to_the_mean" if worse else "")
    return [row | {"passed": not worse if known else None}, _includes_zero("baseline_adjusted", _adjusted(changes, confidence))
            | {"passed": None, "note": "estimate_at_equal_baseline"}]  # fmt: skip


def _adjusted(changes: pd.DataFrame, confidence: float) -> estimates.Estimate:
    """Effect of treatment on the level after, at an equal level before (analysis of covariance)."""
    n, fewest = len(changes), min(changes["treated"].sum(), (~changes["treated"]).sum())
    # A unit that is alone on its side is fitted exactly: its uncertainty is the spread of the others.
    method = "analysis of covariance, " + ("HC3" if fewest > 1 else "spread of the others")
    x = np.column_stack([np.ones(n), changes["treated"].astype(float), changes["before"] - changes["before"].mean()])
    root = np.sqrt(changes["weight"].to_numpy() / changes["weight"].mean())
    if n < 5 or np.linalg.matrix_rank(x) < 3:
        return estimates.Estimate(math.nan, math.nan, math.nan, n, method)
    x, y = x * root[:, None], changes["after"].to_numpy() * root
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ (x.T @ y)
    rest = y - x @ beta
    leverage = np.clip(np.einsum("ij,jk,ik->i", x, bread, x), 0, 1 - 1e-9)
    scores = x * (rest / (1 - leverage))[:, None]
    variance = bread @ (scores.T @ scores) @ bread if fewest > 1 else bread * float(rest @ rest) / (n - 3)
    half = quantile(confidence, n - 3) * math.sqrt(variance[1, 1])
    return estimates.Estimate(float(beta[1]), float(beta[1] - half), float(beta[1] + half), n, method)


def _series(p: Panel, confidence: float) -> pd.DataFrame:
    rows = []
    for (month, treated), cells in p.cells.sort_values("month", kind="stable").groupby(["month", "treated"]):
        e = estimates.mean(cells["value"], None if p.equal_weights else cells["weight"], confidence=confidence)
        rows.append((p.periods[month], "treated" if treated else "control", e.value, e.low, e.high, int(round(cells["weight"].sum())), len(cells)))
    return pd.DataFrame(rows, columns=["period", "group", "value", "low", "high", "n", "units"])


def effect_finding(effect: Effect, action: str, outcome_label: str) -> Finding:
    """The verdict on an action as a finding; `action` and `outcome_label` are the brand's own words.

    Returns
    -------
    Finding ``effects.works``, ``effects.backfires``, ``effects.unclear`` or ``effects.too_early``.
    """
    row = effect.table.iloc[0]
    message = {"works": "works", "backfires": "backfires", "no clear effect": "unclear", "too early": "too_early"}[row["verdict"]]
    checks = effect.checks
    failed = [str(check) for check, passed in zip(checks["check"], checks["passed"], strict=True) if passed is False]
    args = {"action": action, "outcome": outcome_label, "design": row["design"], "units_treated": int(row["units_treated"]),
            "units_control": int(row["units_control"]), "months_after": int(row["months_after"]), "checks_failed": ", ".join(failed)}  # fmt: skip
    return Finding(f"effects.{message}", args, row["estimate"], row["low"], row["high"], int(row["n"]), row["method"], row["grade"],
                   weight=abs(float(row["estimate"])) * int(row["n"]) if message in ("works", "backfires") else 0.0)  # fmt: skip


def result_row(effect: Effect, action: str, solution: str, outcome: str) -> pd.DataFrame:
    """The effect as the `effects` result table holds it.

    Returns
    -------
    DataFrame of one row: action, solution, outcome, design, verdict, value, low, high, n, method, grade.
    """
    named = effect.table.rename(columns={"estimate": "value"}).assign(action=action, solution=solution, outcome=outcome)
    return named[["action", "solution", "outcome", "design", "verdict", "value", "low", "high", "n", "method", "grade"]]
