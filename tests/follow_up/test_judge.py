"""Each action is judged against places that did nothing of the kind; side effects only beyond noise of all looked at."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.follow_up.bundles import bundled, partly_in_place, told_together
from cx_helpers.follow_up.judge import counts, follow_up_findings, judge, put_in_place, unknown_units

MONTHS = [str(pd.Period("2025-01", "M") + n) for n in range(16)]
UNITS = [f"u{n:02}" for n in range(20)]
TREATED = UNITS[:8]
MEASURES = pd.DataFrame({
    "measure": ["counter.wait", "return.check", "overall.nps"], "label": ["Wait", "Check", "NPS"], "touchpoint": ["counter", "return", "overall"],
    "role": ["input", "input", "output"], "better": ["lower", "lower", "higher"], "unit_of_measure": ["minutes", "minutes", "points"],
})  # fmt: skip
SECOND = {"action_id": "A2", "solution": "training", "description": "Training"}


def panel(wait: float = 0.0, check: float = 0.0) -> pd.DataFrame:
    """Sixteen months of twenty units; from the ninth on, treated units wait `wait` and are checked `check` more."""
    rng = np.random.default_rng(3)
    rows = pd.MultiIndex.from_product([UNITS, MONTHS], names=["unit", "month"]).to_frame(index=False)
    after = rows["unit"].isin(TREATED) & (rows["month"] >= MONTHS[8])
    moved = {"counter.wait": 20 + wait * after, "return.check": 10 + check * after, "overall.nps": 30 + 0 * after}
    for name, level in moved.items():
        rows[name] = level + rng.normal(0, 0.5, len(rows))
        rows[f"{name}.n"] = 50
    return rows


def actions(**changes) -> pd.DataFrame:
    row = {"action_id": "A1", "solution": "second_line", "measure": "counter.wait", "units": TREATED, "effective_from": pd.Timestamp("2025-09-01"), "status": "running", "description": "A second line"}
    return pd.DataFrame([{**row, **changes}])


def verdicts(judged) -> dict:
    return judged.table.set_index("outcome")["verdict"].to_dict()


def test_what_an_action_moved_is_found_and_what_it_did_not_is_not():
    judged = judge(actions(), panel(wait=-5), MEASURES, "overall.nps")
    assert verdicts(judged) == {"counter.wait": "works", "overall.nps": "no clear effect"}
    row = judged.table.set_index("outcome").loc["counter.wait"]
    assert row["estimate"] == pytest.approx(-5, abs=0.5) and row["low"] < -4 and row["high"] < -4 and row["where"] == 8
    assert judged.checked == 1 and judged.table["role"].tolist() == ["aim", "remembered"]


def test_no_action_is_graded_as_if_it_had_been_randomised():
    judged = judge(actions(), panel(wait=-5), MEASURES, "overall.nps")
    assert set(judged.table["grade"]) <= {"described", "associated", "quasi-experimental"}


def test_harm_further_on_is_a_side_effect():
    judged = judge(actions(), panel(wait=-5, check=3), MEASURES, "overall.nps")
    assert verdicts(judged)["return.check"] == "backfires"
    found = {finding.message for finding in judged.findings}
    assert "effects.side_backfires" in found
    assert judged.strongest(2)[0].series["unit_of_measure"].eq("minutes").all()


def test_a_planned_action_and_one_without_places_are_not_judged():
    assert judge(actions(status="planned"), panel(), MEASURES, "overall.nps").table.empty
    assert judge(actions(units=["elsewhere"]), panel(), MEASURES, "overall.nps").table.empty


def test_places_busy_with_another_action_are_no_controls():
    """Without the remedy, a control that got better by an action of its own hides what this one did."""
    busy = UNITS[8:18]
    rows = panel(wait=-5)
    rows.loc[rows["unit"].isin(busy) & (rows["month"] >= MONTHS[8]), "counter.wait"] -= 5
    both = pd.concat([actions(), actions(action_id="A2", units=busy, measure="return.check")], ignore_index=True)
    fair = judge(both, rows, MEASURES, None).table.set_index(["action", "outcome"]).loc[("A1", "counter.wait"), "estimate"]
    naive = judge(actions(), rows, MEASURES, None).table.set_index("outcome").loc["counter.wait", "estimate"]
    assert fair == pytest.approx(-5, abs=0.6) and naive > -2


def test_results_name_action_solution_and_outcome():
    judged = judge(actions(), panel(wait=-5), MEASURES, "overall.nps")
    rows = judged.results(actions())
    assert rows[["action", "solution", "outcome"]].to_numpy().tolist() == [["A1", "second_line", "counter.wait"], ["A1", "second_line", "overall.nps"]]
    assert counts(judged, actions())["works"] == 1 and counts(judged, actions())["count"] == 1


def test_where_nothing_was_recorded_that_is_what_is_said():
    none = actions().iloc[:0]
    judged = judge(none, panel(), MEASURES, "overall.nps")
    (elsewhere,) = follow_up_findings(judged, panel(), 3, "overall.nps", 30)
    assert elsewhere.message == "effects.none_here" and elsewhere.args == {"recorded": 3}
    (finding,) = follow_up_findings(judged, panel(), 0, "overall.nps", 30)
    assert finding.message == "effects.none_recorded" and finding.args == {"units": 20, "months": 16} and finding.n == 20 * 16 * 50
    thin = panel().assign(**{"overall.nps.n": 1})
    assert follow_up_findings(judged, thin, 0, "overall.nps", 30)[0].message == "effects.none_recorded_short"


def test_an_action_belongs_to_the_places_where_it_was_put():
    assert list(put_in_place(actions(), ["u03", "elsewhere"])["action_id"]) == ["A1"]
    assert put_in_place(actions(), ["u19"]).empty and put_in_place(actions().iloc[:0], UNITS).empty


def test_no_effect_is_graded_higher_than_that_on_the_actions_aim():
    """Placed where waits were longest, the action spoils its own aim; another outcome is then no trial of it either."""
    level = panel(wait=-5)
    place, month = level["unit"].str[1:].astype(int), level["month"].map(MONTHS.index)
    level["overall.nps"] = 30 + (7 * place + 3 * month) % 5  # moves, but alike where the action was and elsewhere
    level["counter.wait"] = 20 + (3 * place + 2 * month) % 5 - 5 * (level["unit"].isin(TREATED) & (month >= 8))
    worst = level.copy()
    worst.loc[worst["unit"].isin(TREATED) & (worst["month"] < MONTHS[8]), "counter.wait"] += 6
    grades = judge(actions(), worst, MEASURES, "overall.nps").table.set_index("outcome")["grade"]
    assert grades["counter.wait"] == "associated" and grades["overall.nps"] == "associated"
    fair = judge(actions(), level, MEASURES, "overall.nps").table.set_index("outcome")["grade"]
    assert fair["counter.wait"] == fair["overall.nps"] == "quasi-experimental", "the twin"


def test_actions_that_share_places_are_associated_at_most():
    both = pd.concat([actions(), actions(action_id="A2", measure="return.check", units=TREATED[:2])], ignore_index=True)
    table = judge(both, panel(wait=-5), MEASURES, None).table.set_index(["action", "outcome"])
    assert table.loc[("A1", "counter.wait"), "grade"] == "associated"


def test_a_month_begun_before_the_action_is_left_out():
    rows = panel()
    rows.loc[rows["unit"].isin(TREATED) & (rows["month"] == MONTHS[8]), "counter.wait"] += 100
    inside = judge(actions(effective_from=pd.Timestamp("2025-09-20")), rows, MEASURES, None).table.iloc[0]
    assert abs(inside["estimate"]) < 1, "the month of the start, half before and half after, is not counted"
    assert judge(actions(), rows, MEASURES, None).table.iloc[0]["estimate"] > 10


def test_a_planned_action_elsewhere_takes_no_controls_away():
    planned = actions(action_id="A2", units=UNITS[8:], status="planned")
    every = pd.concat([actions(), planned], ignore_index=True)
    assert judge(actions(), panel(wait=-5), MEASURES, None, every=every).table.iloc[0]["verdict"] == "works"


def test_a_misspelt_place_is_told():
    assert unknown_units(actions(), panel()) == []
    (message,) = unknown_units(actions(units=["u00", "U01", "u999"]), panel())
    assert message == ("effects.unknown_units", {"action": "A second line", "labels": ["U01", "u999"], "count": 2})


def test_actions_of_one_aim_at_the_same_places_are_one():
    both = pd.concat([actions(), actions(**SECOND, effective_from=pd.Timestamp("2025-10-20"))], ignore_index=True)
    (part,) = bundled(both.to_dict("records"))
    assert part["action_id"] == "A1+A2" and part["description"] == "A second line + Training" and part["units"] == TREATED
    assert partly_in_place(part) == (["2025-09", "2025-10"], "2025-11")
    table = judge(both, panel(wait=-5), MEASURES, None).table
    assert table["action"].tolist() == ["A1+A2"] and table.iloc[0]["estimate"] == pytest.approx(-5, abs=0.6)
    assert table.iloc[0]["grade"] == "associated" and table.iloc[0]["where"] == len(TREATED)
    assert judge(both, panel(wait=-5), MEASURES, None).results(both)["solution"].tolist() == ["second_line + training"]
    assert [message for message, _ in told_together(both)] == ["effects.together"]


def test_an_action_is_judged_alone_where_it_is_alone():
    both = pd.concat([actions(), actions(**SECOND, units=TREATED[:3])], ignore_index=True)
    rows = panel(wait=-5)
    rows.loc[rows["unit"].isin(TREATED[:3]) & (rows["month"] >= MONTHS[8]), "counter.wait"] -= 7
    table = judge(both, rows, MEASURES, None).table.set_index("action")
    assert table["where"].to_dict() == {"A1+A2": 3, "A1": 5}
    assert table.loc["A1", "estimate"] == pytest.approx(-5, abs=0.6) and table.loc["A1+A2", "estimate"] == pytest.approx(-12, abs=0.8)


def test_actions_apart_in_place_or_aim_stay_apart():
    waves = pd.concat([actions(), actions(**SECOND, units=UNITS[8:12])], ignore_index=True)
    assert [part["action_id"] for part in bundled(waves.to_dict("records"))] == ["A1", "A2"]
    aims = pd.concat([actions(), actions(**SECOND, measure="return.check")], ignore_index=True)
    assert [part["action_id"] for part in bundled(aims.to_dict("records"))] == ["A1", "A2"] and told_together(aims) == []
    planned = pd.concat([actions(), actions(**SECOND, status="planned")], ignore_index=True)
    assert judge(planned, panel(wait=-5), MEASURES, None).table["action"].tolist() == ["A1"]
