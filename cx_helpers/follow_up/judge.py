"""Every action of the log, judged on the unit panel: before and after, against units that did nothing of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cx_helpers.findings import Finding
from cx_helpers.follow_up.effects import Effect, before_after, effect_finding, result_row


@dataclass(frozen=True, eq=False)
class Judged:
    """The actions with what followed them.

    Attributes
    ----------
    table : DataFrame
        A row an action and outcome: action, label, where, since, outcome, outcome_label, unit_of_measure, estimate, low,
        high, n, design, grade, verdict, checks_failed.
    effects : dict of (action_id, outcome) to Effect
    findings : list of Finding
    """

    table: pd.DataFrame
    effects: dict[tuple[str, str], Effect]
    findings: list[Finding]

    def results(self, actions: pd.DataFrame) -> pd.DataFrame:
        """The `effects` result table."""
        solutions = dict(zip(actions["action_id"], actions["solution"], strict=True))
        rows = [result_row(effect, action, solutions[action], outcome) for (action, outcome), effect in self.effects.items()]
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def judge(
    actions: pd.DataFrame, panel: pd.DataFrame, measures: pd.DataFrame, primary: str | None, confidence: float = 0.95
) -> Judged:
    """Judges each running or ended action on what it should move, and on the remembered score.

    Parameters
    ----------
    actions : DataFrame
        action_id, solution, measure, units (list), effective_from, status, description.
    panel : DataFrame
        unit, month, and a column and ``<name>.n`` for each measure.
    measures : DataFrame
        measure (full name of an input or metric), label, better, unit_of_measure.
    primary : str or None
        The remembered metric.

    Notes
    -----
    Units that got any other action on the same measure, or on the remembered score's units at overlapping time, are
    left out of the controls, so that no action is credited with another's work.
    """
    facts = measures.set_index("measure")
    rows, effects, findings = [], {}, []
    for action in actions[actions["status"] != "planned"].to_dict("records"):
        others = _busy_elsewhere(actions, action)
        for outcome in dict.fromkeys([action["measure"], primary]):
            if outcome not in panel or outcome not in facts.index:
                continue
            effect = before_after(
                panel[~panel["unit"].isin(others)], outcome, "unit", "month", action["units"],
                action["effective_from"].strftime("%Y-%m"), weights=f"{outcome}.n", better=facts.loc[outcome, "better"],
                confidence=confidence,
            )  # fmt: skip
            label, name = action["description"] or action["solution"], facts.loc[outcome, "label"]
            effects[action["action_id"], outcome] = effect
            finding = effect_finding(effect, label, name)
            findings.append(finding)
            rows.append(_row(action, label, outcome, facts.loc[outcome], effect, finding))
    return Judged(pd.DataFrame(rows, columns=COLUMNS), effects, findings)


COLUMNS = ["action", "label", "where", "since", "outcome", "outcome_label", "unit_of_measure", "estimate", "low", "high", "n",
           "design", "grade", "verdict", "checks_failed"]  # fmt: skip


def _busy_elsewhere(actions: pd.DataFrame, action: Mapping) -> set[str]:
    """Units with another action, that are not this action's own."""
    units = {unit for other in actions.to_dict("records") if other["action_id"] != action["action_id"] for unit in other["units"]}
    return units - set(action["units"])


def _row(action: Mapping, label: str, outcome: str, facts: pd.Series, effect: Effect, finding: Finding) -> dict:
    first = effect.table.iloc[0]
    return {
        "action": action["action_id"], "label": label, "where": len(action["units"]), "since": action["effective_from"],
        "outcome": outcome, "outcome_label": facts["label"], "unit_of_measure": facts["unit_of_measure"],
        **{name: first[name] for name in ("estimate", "low", "high", "n", "design", "grade", "verdict")},
        "checks_failed": finding.args["checks_failed"],
    }  # fmt: skip
