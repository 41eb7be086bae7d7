"""What page 03 says of employees and of the world outside: rows to show, headlines and findings, as messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL, Journey, Metric
from cx_helpers.drivers.employees import FEWEST_MONTHS, FEWEST_UNITS, SHIFTS, beyond_noise, lead_lag
from cx_helpers.estimates.families import chance
from cx_helpers.findings import Finding

LINK, LINK_OUTSIDE = "#employees", "#outside"
HUNDREDTHS = 100.0
TENTH = 0.1
Message = tuple[str, dict[str, Any]]


def employees(panel: pd.DataFrame, measures: pd.DataFrame, metrics: Mapping[str, Metric], labels: Mapping[str, str], confidence: float = 0.95) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What employees' months go with, in the words and steps of a reader.

    Parameters
    ----------
    panel : DataFrame of `Study.unit_panel`
    measures : DataFrame with unit, month, measure, value
        The table `unit_measures`.
    metrics : the brand's, by full name
    labels : what readers call the scores and the measures, by full name or name

    Returns
    -------
    (a row a measure: label, step (10th to 90th percentile of what it moves within a unit), before, same, after with their low
    and high (hundredths of the scale a step; the experienced scores together), and of each whether it is clear; units, months,
    n, method, grade, reason; a row a measure and score, with before alone).
    """
    names = sorted(measures["measure"].unique())
    spans = {name: item.span[1] - item.span[0] for name, item in metrics.items() if name in panel and not name.startswith(f"{OVERALL}.")}
    spans = spans or {name: item.span[1] - item.span[0] for name, item in metrics.items() if name in panel}
    wide = measures.pivot_table(index=["unit", "month"], columns="measure", values="value").reset_index()
    table = lead_lag(panel.merge(wide, on=["unit", "month"], how="outer"), spans, names, confidence=confidence) if spans and names else lead_lag(panel.assign(_=np.nan), {}, [])
    clear = beyond_noise(table, confidence)
    steps = {name: _step(wide, name) for name in names}
    each = [_measure(name, labels.get(name, name), part, steps[name]) for name, part in clear.groupby("measure", sort=False)]
    detail = table[(table["when"] == "before") & (table["score"] != "") & (table["reason"] == "")].copy()
    for part in ("value", "low", "high"):
        detail[part] = detail[part] * detail["measure"].map(steps)
    detail = detail.assign(label=[labels.get(name, name) for name in detail["measure"]], score_label=detail["score"].map(labels))
    return pd.DataFrame(each), detail.reset_index(drop=True)


def _step(wide: pd.DataFrame, name: str) -> float:
    away = (wide[name] - wide.groupby("unit")[name].transform("mean")).dropna()
    return float(away.quantile(1 - TENTH) - away.quantile(TENTH)) if len(away) else np.nan


def _measure(name: str, label: str, part: pd.DataFrame, step: float) -> dict:
    first = part.iloc[0]
    row = {"measure": name, "label": label, "step": step, "units": int(first["units"]), "months": int(first["months"]), "n": int(first["n"]),
           "method": first["method"], "grade": first["grade"], "reason": first["reason"]}  # fmt: skip
    for when in SHIFTS:
        mine = part[part["when"] == when].iloc[0]
        row |= {when: mine["value"] * step, f"{when}_low": mine["low"] * step, f"{when}_high": mine["high"] * step, f"{when}_clear": bool(mine["clear"])}
    return row


def employees_headline(rows: pd.DataFrame) -> Message:
    """Which measures go before customers' scores; or that none does; or what is missing."""
    told = rows[rows["reason"] == ""] if len(rows) else rows
    if told.empty:
        few = rows["reason"].iloc[0] if len(rows) else "none"
        return (f"teams.{few}", {"units": FEWEST_UNITS, "months": FEWEST_MONTHS})
    ahead, both = told[told["before_clear"] & ~told["after_clear"]], told[told["before_clear"] & told["after_clear"]]
    if ahead.empty and len(both):
        return ("teams.headline_both", {"labels": list(both["label"]), "count": len(both)})
    if ahead.empty:
        return ("teams.headline_none", {"count": len(told)})
    ahead = ahead.sort_values("before", key=lambda v: -v.abs(), kind="stable")
    row = ahead.iloc[0]
    return ("teams.headline" + _way(row["before"]), {"labels": list(ahead["label"]), "count": len(ahead), "label": row["label"], "value": _estimate(row, "before")})


def _way(value: float) -> str:
    return "_higher" if value > 0 else "_lower"


def _estimate(row: pd.Series, name: str) -> dict:
    low, high = (f"{name}_low", f"{name}_high") if name != "value" else ("low", "high")
    return {"value": row[name], "low": row[low], "high": row[high]}


def employees_how(rows: pd.DataFrame) -> Message:
    """How many units, months and answers the slopes rest on."""
    row = rows.iloc[0]
    return ("teams.how", {"units": int(row["units"]), "months": int(row["months"]), "n": int(row["n"])})


def employees_findings(rows: pd.DataFrame, confidence: float = 0.95) -> list[Finding]:
    """The measure that goes before the scores beyond noise, the largest; what follows the scores, alone or as well, is no finding."""
    if rows.empty:
        return []
    ahead = rows[(rows["reason"] == "") & rows["before_clear"] & ~rows["after_clear"].astype(bool)].sort_values("before", key=lambda v: -v.abs(), kind="stable")
    return [
        Finding("teams.found" + _way(r["before"]), {"label": r["label"], "step": r["step"], "units": int(r["units"])}, r["before"], r["before_low"], r["before_high"],
                int(r["n"]), r["method"], "associated", weight=abs(r["before"]) / HUNDREDTHS, link=LINK,
                p=chance(r["before"], r["before_low"], r["before_high"], r["units"], confidence, looks=len(rows)))
        for _, r in ahead.head(1).iterrows()
    ]  # fmt: skip


def stacked(answers: pd.DataFrame, metrics: Mapping[str, Metric]) -> pd.DataFrame:
    """Answers of the experienced scores (of the remembered one where there are no others) with `hundredths` of their scale."""
    names = [name for name in answers["name"].unique() if not name.startswith(f"{OVERALL}.")] or list(answers["name"].unique())
    rows = answers[answers["name"].isin(names)]
    span = rows["name"].map({name: metrics[name].span[1] - metrics[name].span[0] for name in names})
    return rows.assign(hundredths=rows["points"] / span * HUNDREDTHS)


def outside_rows(effects: pd.DataFrame, journey: Journey, language: str = "en") -> pd.DataFrame:
    """The factors as a reader sees them, with why one is not told."""
    why = effects["reason"].map({"few_days": "small.few_days", "constant": "small.constant_day"})
    return effects.assign(label=[journey.called(name, language) for name in effects["factor"]], not_told=why.where(why.notna(), None))


def outside_headline(effects: pd.DataFrame) -> Message:
    """Of `outside_rows`, which factors scores go with from day to day; or that none does."""
    told = effects[effects["reason"] == ""]
    if told.empty:
        return ("days.untold", {"count": len(effects)})
    clear = told[told["clear"]]
    if clear.empty:
        return ("days.headline_none", {"labels": list(told["label"]), "count": len(told)})
    return ("days.headline", {"labels": list(clear["label"]), "count": len(clear)})


def drivers_stand(beside: pd.DataFrame, labels: Mapping[str, str]) -> Message:
    """Whether the drivers' effects are the same with the day held equal."""
    moved = beside[~beside["stands"]]
    if moved.empty:
        return ("days.drivers_stand", {"count": len(beside)})
    return ("days.drivers_move", {"labels": [labels.get(name, name) for name in moved["driver"]], "count": len(moved)})


def outside_findings(effects: pd.DataFrame) -> list[Finding]:
    """Factors of the world outside beyond noise: the reader must know of them before crediting anybody with a good month."""
    clear = effects[(effects["reason"] == "") & effects["clear"]]
    return [
        Finding("days.found" + _way(r["value"]), {"label": r["label"]}, r["value"], r["low"], r["high"], int(r["n"]), r["method"], "associated",
                weight=abs(r["value"]) / HUNDREDTHS, link=LINK_OUTSIDE, p=min(float(r["p"]) * len(effects), 1.0))
        for _, r in clear.iterrows()
    ]  # fmt: skip
