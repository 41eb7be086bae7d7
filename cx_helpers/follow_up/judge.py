"""Every action of the log, judged on the unit panel: before and after, against units that did nothing of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cx_helpers.findings import GRADES, Finding
from cx_helpers.follow_up.bundles import IDS, begun, partly_in_place
from cx_helpers.follow_up.effects import MIN_MONTHS_AFTER, MIN_MONTHS_BEFORE, Effect, before_after, effect_finding, result_row


@dataclass(frozen=True, eq=False)
class Pictured:
    """An effect to draw: its name, first month, lines (period, group, value, low, high, n), finding, and outcome."""

    name: str
    since: str
    series: pd.DataFrame
    finding: Finding
    outcome_label: str


@dataclass(frozen=True, eq=False)
class Judged:
    """The actions with what followed them.

    Attributes
    ----------
    table : DataFrame
        A row an action and outcome: action, label, where (number of units), since (day), outcome, outcome_label, role
        (aim, remembered or side effect), unit_of_measure, better, estimate, low, high, n, design, grade, verdict, checks_failed.
    effects : dict of (action_id, outcome) to Effect
    findings : list of Finding
    checked : int
        Side effects looked for.
    """

    table: pd.DataFrame
    effects: dict[tuple[str, str], Effect]
    findings: list[Finding]
    checked: int = 0

    def strongest(self, most: int = 3) -> list[Pictured]:
        """The effects worth a picture: the clear ones first, each with its lines and its finding."""
        order = sorted(range(len(self.findings)), key=lambda place: -self.findings[place].weight)[:most]
        rows = [self.table.iloc[place] for place in sorted(order)]
        return [
            Pictured(f"effect-{row.action}-{row.outcome}".replace(".", "-").replace(IDS, "-"), row.since.strftime("%Y-%m"),
                     _drawn(self.effects[row.action, row.outcome].series, row.unit_of_measure),
                     self.findings[place], row.outcome_label)
            for place, row in zip(sorted(order), rows, strict=True)
        ]  # fmt: skip

    def results(self, actions: pd.DataFrame) -> pd.DataFrame:
        """The `effects` result table."""
        solutions = {part["action_id"]: part["solution"] for part in begun(actions)}
        rows = [result_row(effect, action, solutions[action], outcome) for (action, outcome), effect in self.effects.items()]
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def judge(
    actions: pd.DataFrame, panel: pd.DataFrame, measures: pd.DataFrame, primary: str | None, confidence: float = 0.95,
    *, every: pd.DataFrame | None = None,
) -> Judged:  # fmt: skip
    """Judges each running or ended action on what it should move and on the remembered score, and looks for side effects.

    Parameters
    ----------
    actions : DataFrame
        action_id, solution, measure, units (list), effective_from, status, description.
    panel : DataFrame
        unit, month, and a column and ``<name>.n`` for each measure.
    measures : DataFrame
        measure (full name of an input or metric), label, touchpoint, better, unit_of_measure, in the order of the journey.
    primary : str or None
        The remembered metric.
    every : DataFrame, optional
        All actions of the log, where `actions` are only some of them: their units are no controls either.

    Notes
    -----
    Actions with the same aim in the same units are judged there as one (see `bundles`). Units with any other action are
    left out of the controls, so that no action is credited with another's work; an
    action that shares units with another is graded "associated" at most, and none of an action's effects is graded
    higher than that on its aim. A month that the action began within is left out. Side
    effects are looked for in what customers lived at the action's own touchpoint and in every measure of the
    touchpoints after it; their intervals are widened for the number looked at (Bonferroni),
    and only those beyond noise get a row.
    """
    facts = measures.set_index("measure")
    rows, effects, findings = [], {}, []
    every = (actions if every is None else every).query("status != 'planned'")
    started = begun(actions)
    aimed = [[name for name in dict.fromkeys([a["measure"], primary]) if name in panel and name in facts.index] for a in started]
    beside = [
        [name for name in _downstream(facts, a["measure"]) if name in panel and name not in aims]
        for a, aims in zip(started, aimed, strict=True)
    ]
    checked = sum(map(len, beside))
    wide = 1 - (1 - confidence) / max(checked, 1)
    for action, aims, others in zip(started, aimed, beside, strict=True):
        cap = GRADES[1] if _shares_units(action, every) else GRADES[-1]
        tried = [(name, "aim" if name == action["measure"] else "remembered", confidence) for name in aims]
        tried += [(name, "side effect", wide) for name in others]
        for outcome, role, level in tried:
            effect = _effect(action, every, panel, outcome, facts.loc[outcome, "better"], level, confidence)
            if effect is None or (role == "side effect" and effect.table.iloc[0]["verdict"] not in ("works", "backfires")):
                continue
            label = action["description"] or action["solution"]
            effect = _capped(effect, cap)
            cap = effect.table.iloc[0]["grade"] if role == "aim" else cap
            finding = _told(effect, label, facts.loc[outcome], role)
            effects[action["action_id"], outcome] = effect
            findings.append(finding)
            rows.append(_row(action, label, outcome, role, facts.loc[outcome], effect, finding))
    return Judged(pd.DataFrame(rows, columns=COLUMNS), effects, findings, checked)


def _shares_units(action: Mapping, every: pd.DataFrame) -> bool:
    """Whether another action was put in place in some of the same units: neither can be told from the other there."""
    others = every[~every["action_id"].isin(action["members"])]
    return len(action["members"]) > 1 or any(set(units) & set(action["units"]) for units in others["units"])


def _capped(effect: Effect, grade: str) -> Effect:
    """The effect graded no higher than `grade`: an action chosen in a way that spoils its aim is no trial of anything."""
    own = effect.table.iloc[0]["grade"]
    return replace(effect, table=effect.table.assign(grade=min(own, grade, key=GRADES.index)))


def _downstream(facts: pd.DataFrame, measure: str) -> list[str]:
    """Measures that an action on `measure` may disturb: scores of its touchpoint, and all of the later ones."""
    if measure not in facts.index:
        return list(facts.index)
    own = facts.loc[measure, "touchpoint"]
    order = list(dict.fromkeys(facts["touchpoint"]))
    later = facts["touchpoint"].isin(order[order.index(own) + 1 :])
    return list(facts.index[later | ((facts["touchpoint"] == own) & (facts["role"] == "output"))])


def _effect(
    action: Mapping, actions: pd.DataFrame, panel: pd.DataFrame, outcome: str, better: str, level: float,
    confidence: float,
) -> Effect | None:  # fmt: skip
    """Before and after with control; None where the panel cannot hold the comparison."""
    neither, month = partly_in_place(action)
    known = panel[~panel["unit"].isin(_busy_elsewhere(actions, action)) & panel[outcome].notna() & ~panel["month"].isin(neither)]
    mine = known[known["unit"].isin(action["units"])]
    if mine.empty or not (known["month"] < month).any() or not (mine["month"] >= month).any():
        return None
    units = [unit for unit in action["units"] if unit in set(mine["unit"])]
    return before_after(known, outcome, "unit", "month", units, month, weights=f"{outcome}.n", better=better, confidence=level,
                        check_confidence=confidence)  # fmt: skip


def _told(effect: Effect, label: str, facts: pd.Series, role: str) -> Finding:
    """The verdict as a finding, its weight in shares of the usual level so that minutes and points compare."""
    finding = effect_finding(effect, label, facts["label"])
    row = effect.table.iloc[0]
    message = f"effects.side_{row['verdict']}" if role == "side effect" else finding.message
    base = abs(float(row.get("treated_before", np.nan))) if facts["unit_of_measure"] != "points" else 100.0
    clear = row["verdict"] in ("works", "backfires")
    weight = abs(float(row["estimate"])) / base if clear and base else 0.0
    args = {**finding.args, "unit_of_measure": facts["unit_of_measure"]}
    return replace(finding, message=message, args=args, weight=weight, link="#what-we-did-and-whether-it-worked")


def _drawn(series: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The lines of an effect with their unit; an interval of a share stays between none and all."""
    inside = series.assign(low=series["low"].clip(0, 1), high=series["high"].clip(0, 1)) if unit == "share" else series
    return inside.assign(unit_of_measure=unit)


def put_in_place(actions: pd.DataFrame, units: list[str]) -> pd.DataFrame:
    """The actions that were put in place in at least one of these units."""
    here = actions["units"].map(lambda where: bool(set(where) & set(units)))
    return actions[here.astype(bool)].reset_index(drop=True)


def unknown_units(actions: pd.DataFrame, panel: pd.DataFrame) -> list[tuple[str, dict]]:
    """A message for each action that names units the data do not have: a misspelt one is compared with nothing."""
    known = set(panel["unit"])
    lacking = [(a["description"] or a["solution"], sorted(set(a["units"]) - known)) for a in actions.to_dict("records")]
    return [("effects.unknown_units", {"action": action, "labels": units, "count": len(units)}) for action, units in lacking if units]


def follow_up_findings(judged: Judged, panel: pd.DataFrame, recorded: int, primary: str | None, few: int) -> list[Finding]:
    """The verdicts, clear ones first; where nothing was recorded, or nothing here, that.

    Parameters
    ----------
    recorded : int
        Actions in the log, wherever they were put in place.
    primary, few : str, int
        The remembered metric, and the answers below which a unit could not stand in a comparison.
    """
    if judged.findings:
        return sorted(judged.findings, key=lambda finding: -finding.weight)
    if recorded:
        return [Finding("effects.none_here", {"recorded": recorded}, np.nan, np.nan, np.nan, recorded, "none", "described", weight=1)]
    answers = panel.groupby("unit")[f"{primary}.n"].sum() if f"{primary}.n" in panel else pd.Series(dtype=float)
    units, months = int((answers >= few).sum()), panel["month"].nunique()
    enough = months >= MIN_MONTHS_BEFORE + MIN_MONTHS_AFTER and units >= 2
    return [Finding("effects.none_recorded" if enough else "effects.none_recorded_short", {"units": units, "months": months}, np.nan, np.nan,
                    np.nan, int(answers.sum()), "none", "described", weight=1, link="#what-we-did-and-whether-it-worked")]  # fmt: skip


def counts(judged: Judged, actions: pd.DataFrame) -> dict[str, int]:
    """How many actions there are, and how many effects of each verdict."""
    verdicts = judged.table["verdict"].value_counts()
    names = {"works": "works", "backfires": "backfires", "no clear effect": "unclear", "too early": "too_early"}
    return {"count": len(actions), "effects": len(judged.table), "checked": judged.checked, **{key: int(verdicts.get(word, 0)) for word, key in names.items()}}


COLUMNS = ["action", "label", "where", "since", "outcome", "outcome_label", "role", "unit_of_measure", "better", "estimate", "low", "high", "n",
           "design", "grade", "verdict", "checks_failed"]  # fmt: skip


def _busy_elsewhere(actions: pd.DataFrame, action: Mapping) -> set[str]:
    """Units with any action, that are not those judged here."""
    return {unit for other in actions.to_dict("records") for unit in other["units"]} - set(action["units"])


def _row(action: Mapping, label: str, outcome: str, role: str, facts: pd.Series, effect: Effect, finding: Finding) -> dict:
    first = effect.table.iloc[0]
    return {
        "action": action["action_id"], "label": label, "where": len(action["units"]), "since": action["effective_from"],
        "outcome": outcome, "outcome_label": facts["label"], "role": role, "unit_of_measure": facts["unit_of_measure"], "better": facts["better"],
        **{name: first[name] for name in ("estimate", "low", "high", "n", "design", "grade", "verdict")},
        "checks_failed": finding.args["checks_failed"],
    }  # fmt: skip
