"""What page 03 says of bends, of penalties and rewards, and of a broken promise: findings, headlines and tables for readers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey
from cx_helpers.drivers import hands, lateness
from cx_helpers.estimates.families import chance
from cx_helpers.findings import Finding

LINK = "#where-it-starts-to-hurt"
TOLD = ("starts", "worsens", "peaks")
Message = tuple[str, dict]


def bends_told(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """`felt.felt_bends` with the words readers know: label, unit_of_measure, standard, outcome_label, standing, by weight.

    Parameters
    ----------
    facts : `tables.measures.measures`

    Returns
    -------
    DataFrame with standing: "standard_beyond" (the standard lies on the harmful side of the bend's interval), "standard_before", or "standard_at"; empty without
    a standard or a bend.
    """
    words = facts.set_index("measure")
    of = {name: words[name].to_dict() for name in ("label", "unit_of_measure", "standard", "touchpoint_label", "better")}
    told = table.assign(
        label=table["input"].map(of["label"]), unit_of_measure=table["input"].map(of["unit_of_measure"]), standard=table["input"].map(of["standard"]).astype(float),
        touchpoint_label=table["input"].map(of["touchpoint_label"]), better=table["input"].map(of["better"]), outcome_label=table["metric"].map(of["label"]),
    )  # fmt: skip
    lower = told["better"] != "higher"
    beyond = told["bend"] & np.where(lower, told["standard"] > told["high"], told["standard"] < told["low"])
    before = told["bend"] & np.where(lower, told["standard"] < told["low"], told["standard"] > told["high"])
    known = told["bend"] & told["standard"].notna()
    told["standing"] = np.select([beyond, before, known], ["standard_beyond", "standard_before", "standard_at"], "")
    told["p"] = (told["p_value"] * told["p_value"].notna().sum()).clip(upper=1.0)
    return told.sort_values(["bend", "weight"], ascending=False, kind="stable", ignore_index=True)


def bend_findings(told: pd.DataFrame) -> list[Finding]:
    """One finding an input and score with a harmful bend, heaviest first; that it is remembered only later, where the two are apart.

    Returns
    -------
    Findings ``thresholds.starts``, ``thresholds.worsens`` or ``thresholds.peaks`` (value, low, high: the place), with ``_below`` where higher is better;
    ``thresholds.remembered_later`` where the remembered score turns beyond the interval of the touchpoint's own;
    ``thresholds.loose_standard`` where the standard allows what hurts.
    """
    harmful = told[told["kind"].isin(TOLD)]
    return [_bend_finding(row) for row in harmful.itertuples()] + _later(harmful) + _loose(harmful)


def _bend_finding(row) -> Finding:
    args = {"input": row.label, "outcome": row.outcome_label, "unit_of_measure": row.unit_of_measure, "share_beyond": float(row.share_beyond),
            "after": {"value": row.after, "low": row.after_low, "high": row.after_high}, "before": {"value": row.before, "low": row.before_low, "high": row.before_high}}  # fmt: skip
    message = f"thresholds.{row.kind}" + ("_below" if row.better == "higher" else "")
    return Finding(message, args, row.value, row.low, row.high, int(row.n), row.method, "associated", weight=row.weight, link=LINK, p=row.p)


def _later(harmful: pd.DataFrame) -> list[Finding]:
    found = []
    for own in harmful[harmful["own"]].itertuples():
        for late in harmful[(harmful["input"] == own.input) & ~harmful["own"]].itertuples():
            apart = late.low > own.high if own.better != "higher" else late.high < own.low
            if apart:
                args = {"input": own.label, "own": own.outcome_label, "outcome": late.outcome_label, "unit_of_measure": own.unit_of_measure,
                        "felt": {"value": own.value, "low": own.low, "high": own.high}}  # fmt: skip
                found.append(Finding("thresholds.remembered_later", args, late.value, late.low, late.high, int(late.n), late.method, "associated",
                                     weight=min(own.weight, late.weight) / 2, link=LINK, p=max(own.p, late.p)))  # fmt: skip
    return found


def _loose(harmful: pd.DataFrame) -> list[Finding]:
    """Standards that lie on the harmful side of the bend, the heaviest bend of each input."""
    loose = harmful[harmful["standing"] == "standard_beyond"].drop_duplicates("input")
    return [
        Finding("thresholds.loose_standard", {"input": row.label, "outcome": row.outcome_label, "unit_of_measure": row.unit_of_measure, "standard": {"value": row.standard}},
                row.value, row.low, row.high, int(row.n), row.method, "associated", weight=row.weight / 2, link=LINK, p=row.p)
        for row in loose.itertuples()
    ]  # fmt: skip


def bend_headline(told: pd.DataFrame) -> Finding | Message:
    """The heaviest bend; that there is none; or that nothing could be asked."""
    found = bend_findings(told)
    if found:
        return found[0]
    asked = told[told["kind"] != "not_asked"]
    if asked.empty:
        return ("thresholds.none_asked", {})
    return ("thresholds.only_other" if told["bend"].any() else "thresholds.none", {"count": int(asked["input"].nunique()), "n": int(asked["n"].max())})


def asymmetry_told(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """`asymmetry.penalty_reward` with label, touchpoint_label and unit_of_measure, the largest penalty first; the class not_told is worded too_few_to_tell."""
    words = facts.rename(columns={"measure": "driver"})[["driver", "label", "touchpoint_label", "unit_of_measure"]]
    told = table.merge(words, on="driver", how="left", validate="one_to_one").replace({"kano": {"not_told": "too_few_to_tell"}})
    return told.sort_values("penalty", kind="stable", ignore_index=True)


def asymmetry_findings(told: pd.DataFrame, outcome_label: str, span: tuple[float, float], confidence: float = 0.95) -> list[Finding]:
    """``asymmetry.must_be``, ``asymmetry.performance``, ``asymmetry.delighter`` a driver of that class; nothing for the others."""
    found = []
    for row in told[told["kano"].isin(["must_be", "performance", "delighter"])].itertuples():
        side = "reward" if row.kano == "delighter" else "penalty"
        value, low, high = (getattr(row, f"{side}{end}") for end in ("", "_low", "_high"))
        share = (row.n_high if side == "reward" else row.n_low) / row.n
        args = {"driver": row.label, "outcome": outcome_label, "unit_of_measure": row.unit_of_measure, "low_until": row.low_until, "high_from": row.high_from,
                "reward": {"value": row.reward, "low": row.reward_low, "high": row.reward_high}}  # fmt: skip
        found.append(Finding(f"asymmetry.{row.kano}", args, value, low, high, int(row.n), row.method, "associated",
                             weight=abs(value) * share / (span[1] - span[0]) / 2, link=LINK,
                             p=chance(value, low, high, row.n, confidence, looks=2 * len(told))))  # fmt: skip
    return found


def asymmetry_headline(told: pd.DataFrame, outcome_label: str, span: tuple[float, float]) -> Finding | Message:
    """The heaviest class; that no contrast is beyond noise; that nothing could be asked."""
    found = asymmetry_findings(told, outcome_label, span)
    if found:
        return max(found, key=lambda finding: finding.weight)
    if told.empty:
        return ("asymmetry.none_asked", {})
    return ("asymmetry.not_told" if (told["kano"] == "too_few_to_tell").any() else "asymmetry.none", {"count": len(told), "outcome": outcome_label})


@dataclass(frozen=True, eq=False)
class Promised:
    """All that is known of a promise: `lateness.by_days`, `.compared`, `.split`, and `hands.hands`; empty frames without one."""

    days: pd.DataFrame
    compared: pd.DataFrame
    split: pd.DataFrame
    hands: pd.DataFrame


def promise_told(kept: pd.DataFrame, journey: Journey, *, seed: int = 0, **model) -> Promised:
    """Every table of a promise, from the answers that `lateness.promised` gives (weights, cluster and confidence in `model`)."""
    if kept.empty:
        return Promised(*(pd.DataFrame(),) * 4)
    controls, parts = kept.attrs["controls"], journey.promise.parts
    return Promised(
        lateness.by_days(kept, "points", **model), lateness.compared(kept, "points", controls=controls, **model),
        lateness.split(kept, "points", seed=seed, **model), hands.hands(kept, "points", parts, controls=controls, **model),
    )  # fmt: skip


def lateness_findings(told: Promised, outcome_label: str, facts: pd.DataFrame, span: tuple[float, float]) -> list[Finding]:
    """What the fall at the promise is made of, and whose hands the days were in.

    Returns
    -------
    Findings ``lateness.timing``, ``lateness.lateness``, ``lateness.both`` (``lateness.both_late`` where waiting is the smaller part) or ``lateness.neither`` (value: share of the fall that comes from those
    still waiting), and ``lateness.hands`` (the part that took most more days) where its days are beyond noise and the parts can be told apart.
    """
    if told.split.empty or (kind := lateness.verdict(told.compared)) == "not_told":
        return []
    rows, part = told.compared.set_index("comparison"), told.split.set_index("part")
    waiting = part.loc["waiting"]
    args = {"outcome": outcome_label, "fall": _number(rows.loc["all_late"]), "step": _number(rows.loc["step"]), "at_once": _number(rows.loc["waiting"]),
            "mean": float(waiting["mean"]), "late_mean": float(part.loc["received_late", "mean"])}  # fmt: skip
    n = int(told.split["n"].sum())
    size = abs(rows.loc["all_late", "value"]) / (span[1] - span[0])
    p = min(float(rows.loc["all_late", "p_value"]) * int(rows["p_value"].notna().sum()), 1.0)
    share_late = n / max(int(rows.loc["all_late", "n"]), 1)
    kind += "_late" if kind == "both" and waiting["share"] <= 0.5 else ""
    found = [Finding(f"lateness.{kind}", args, waiting["share"], waiting["share_low"], waiting["share_high"], n, waiting["method"], "associated", weight=size * share_late, link=LINK, p=p)]
    return found + _hands_finding(told.hands, dict(zip(facts["measure"], facts["label"], strict=True)), size * share_late / 2)


def _hands_finding(table: pd.DataFrame, words: dict[str, str], weight: float) -> list[Finding]:
    clear = table[(table["low"] > 0) & table["share"].notna()]
    if clear.empty or len(table) < 2:
        return []
    most = clear.loc[clear["value"].idxmax()]
    others = table[table["part"] != most["part"]]
    if most["low"] <= others["high"].max():
        return []
    args = {"hand": words.get(most["part"], most["part"]), "others": [words.get(p, p) for p in others["part"]], "share": float(most["share"]),
            "rest": _number(others.iloc[0]) if len(others) == 1 else float(others["value"].sum())}  # fmt: skip
    return [Finding("lateness.hands", args, most["value"], most["low"], most["high"], int(most["n"]), most["method"], "associated", weight=weight * float(most["share"]), link=LINK)]


def hands_headline(found: list[Finding]) -> Finding | Message:
    """Whose hands took most more days, or only what the table shows."""
    return next((finding for finding in found if finding.message == "lateness.hands"), ("lateness.hands_caption", {}))


def lateness_headline(found: list[Finding]) -> Finding | Message:
    """The first finding, or that these data do not tell the two apart."""
    return found[0] if found else ("lateness.not_told", {})


def _number(row) -> dict[str, float]:
    return {"value": float(row["value"]), "low": float(row["low"]), "high": float(row["high"])}


def comparisons_told(compared: pd.DataFrame) -> pd.DataFrame:
    """`lateness.compared` with label (a message) and says ("lower", "higher" or "no clear change")."""
    says = np.select([~compared["clear"].astype(bool), compared["value"] < 0], ["no clear change", "lower"], "higher")
    return compared.assign(label=[f"lateness.{name}" for name in compared["comparison"]], says=says if len(compared) else [])


def hands_told(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """`hands.hands` with label, touchpoint_label and unit_of_measure."""
    words = facts.set_index("measure")
    return table.assign(label=table["part"].map(words["label"].to_dict()), touchpoint_label=table["part"].map(words["touchpoint_label"].to_dict()),
                        unit_of_measure="days")  # fmt: skip
