"""The audit: each rule speaks where it should and is silent elsewhere; the first in the table gives the verdict."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey
from cx_helpers.config.metric_rules import Rule
from cx_helpers.estimates import Estimate
from cx_helpers.journeys import ask_plan, channels, fatigue, fit_rules, foretelling, metric_fit, told_audit
from cx_helpers.reports.sentences import Sentences

JOURNEY = Journey.model_validate({
    "label": "Shop",
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [
        {"id": "counter", "label": "Counter", "moment_of_truth": True, "metrics": [{"id": "nps", "kind": "nps", "label": "Would recommend (counter)"}]},
        {"id": "lounge", "label": "Lounge", "metrics": [{"id": "ces", "kind": "ces", "label": "Effort"}]},
        {"id": "settle", "label": "Invoice", "moment_of_truth": True}, {"id": "review", "label": "Review", "asking": True}]}],
    "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}, {"id": "csat", "kind": "csat", "label": "All in all"}],
})  # fmt: skip
UNTIL = pd.Timestamp("2026-07-01", tz="UTC")
NONE = Estimate(np.nan, np.nan, np.nan, 0, "")


def asked(**changes) -> metric_fit.Asked:
    names = ["counter.nps", "lounge.ces", "overall.nps"]
    n = 120
    rows = pd.DataFrame({"response_id": range(3 * n), "journey_id": np.repeat(range(n), 3), "customer": np.repeat([f"c{i:03d}" for i in range(n)], 3), "person": True, "name": names * n,
                         "asked_by": ["sms", "sms", "email"] * n, "answered": True, "due": True, "earlier": 0.0})  # fmt: skip
    start = pd.Timestamp("2026-06-01", tz="UTC")
    rows["asked_at"] = rows["put"] = [start + pd.Timedelta(days=day) for day in (0, 1, 9)] * n
    rows["ended_at"] = start + pd.Timedelta(days=5)
    costs = pd.DataFrame({"metric": names, "touchpoint": ["counter", "lounge", "overall"], "label": ["Would recommend (counter)", "Effort", "NPS"], "touchpoint_label": "",
                          "value": 0.2, "low": 0.18, "high": 0.22, "n": [100, 100, 200], "method": "x", "answers": [20, 20, 40], "per_answer": 5.0, "customers": 90})  # fmt: skip
    early = pd.DataFrame({"metric": ["overall.nps"], "value": 0.0, "low": 0.0, "high": 0.01, "n": 200, "method": "x", "early_score": [NONE], "later_score": [NONE], "early": 0, "by_day": False,
                          "unended": 0, "hours": 72.0})  # fmt: skip
    given = {
        "requests": rows, "questionnaires": pd.DataFrame({"questions": [1, 1, 1]}), "costs": costs, "early": early, "foretold": pd.DataFrame(columns=foretelling.COLUMNS),
        "channels": pd.DataFrame(columns=channels.CHANNELS), "delays": pd.DataFrame(columns=channels.DELAYS), "curve": pd.DataFrame(columns=fatigue.CURVE), "weary": NONE,
        "heard": True, "ends_at": "settle", "persons": 1.0, "measured": ["settle.wait"],
    }  # fmt: skip
    return metric_fit.Asked(**{**given, **changes})


def rules(**changes) -> dict[str, Rule]:
    given = {"nps_of_a_step": Rule(verdict="replace"), "csat_of_whole": Rule(verdict="replace"), "nothing_to_do": Rule(verdict="replace"), "asked_too_early": Rule(verdict="move", limit=0.02),
             "foretells_nothing": Rule(verdict="replace", limit=0.02), "unlike_remembered": Rule(verdict="replace", limit=0.1), "stale": Rule(verdict="drop", limit=6),
             "wrong_channel": Rule(verdict="move", limit=0.03), "late_differs": Rule(verdict="move", limit=0.03), "costly": Rule(verdict="move", limit=20),
             "moment_unmeasured": Rule(verdict="add"), "blind": Rule(verdict="add"), "asked_too_often": Rule(verdict="drop"), "all_at_once": Rule(verdict="move", limit=10),
             "valuable_unheard": Rule(verdict="add", limit=0.03)}  # fmt: skip
    return {**given, **changes}


def verdicts(put: metric_fit.Asked, **changes) -> dict[str, str]:
    found = metric_fit.audit(put, JOURNEY, rules(**changes))
    return {row.subject: f"{row.verdict} {row.rule}".strip() for row in found.itertuples()}


def foretold(metric: str, kind: str, low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame([{"metric": metric, "foretells": kind, "value": (low + high) / 2, "low": low, "high": high, "n": 500, "method": "x", "grade": "associated", "share": 0.4,
                          "strength": (low + high) / 2, "strength_low": low, "strength_high": high}])  # fmt: skip


def test_a_recommendation_at_a_step_is_replaced_and_an_unasked_moment_of_truth_added():
    assert verdicts(asked()) == {"counter.nps": "replace nps_of_a_step", "settle": "add moment_unmeasured", "lounge.ces": "keep", "overall.nps": "keep"}
    frame = metric_fit.audit(asked(), JOURNEY, rules()).set_index("subject")
    assert frame.loc["counter.nps", "reason"][1]["early"] == 1.0 and frame.loc["counter.nps", "instead"] == ("audit.nps_of_a_step.instead", frame.loc["counter.nps", "args"])
    assert frame.loc["settle", "reason"][0] == "audit.moment_unmeasured.reason"  # its wait is measured


def test_a_rule_switched_off_is_silent_and_the_next_gives_the_verdict():
    changes = {"foretold": foretold("counter.nps", "back", -0.01, 0.01)}
    assert verdicts(asked(**changes))["counter.nps"] == "replace nps_of_a_step"
    assert verdicts(asked(**changes), nps_of_a_step=Rule(verdict="replace", on=False))["counter.nps"] == "replace foretells_nothing"


@pytest.mark.parametrize(("low", "high", "told"), [(-0.01, 0.015, True), (-0.05, 0.05, False), (0.01, 0.03, False), (-0.2, -0.1, True)])
def test_nothing_is_called_worthless_for_want_of_data(low, high, told):
    found = verdicts(asked(foretold=foretold("overall.nps", "back", low, high)))
    assert (found["overall.nps"] == "replace foretells_nothing") is told


def test_a_steady_score_is_dropped_only_where_it_foretells_nothing():
    idle = foretold("overall.nps", "back", -0.05, 0.05)
    assert verdicts(asked(stale={"overall.nps": 6}, foretold=idle))["overall.nps"] == "drop stale"
    assert verdicts(asked(stale={"overall.nps": 5}, foretold=idle))["overall.nps"] == "keep"
    assert verdicts(asked(stale={"overall.nps": 6}))["overall.nps"] == "keep"  # few answers look steady, and nothing is known of them
    assert verdicts(asked(stale={"overall.nps": 6}, foretold=foretold("overall.nps", "back", -0.3, 0.5)))["overall.nps"] == "keep"
    assert verdicts(asked(stale={"overall.nps": 12}, foretold=foretold("overall.nps", "back", 0.01, 0.05)))["overall.nps"] == "keep"


def test_early_late_dear_and_through_the_wrong_channel():
    early = asked().early.assign(value=0.06, low=0.04, high=0.08, early=12)
    assert verdicts(asked(early=early))["overall.nps"] == "move asked_too_early"
    assert verdicts(asked(early=early.assign(low=0.019)))["overall.nps"] == "keep"
    channel = pd.DataFrame([("overall.nps", "email", "other channels", 0.1, 0.2, -0.1, -0.12, -0.08, 500, "x")], columns=channels.CHANNELS)
    assert verdicts(asked(channels=channel))["overall.nps"] == "move wrong_channel"
    assert verdicts(asked(channels=channel.assign(value=-0.02, high=-0.01)))["overall.nps"] == "keep"
    late = pd.DataFrame([("overall.nps", "answered", 2.0, 70.0, -0.1, -0.12, -0.08, 500, "x")], columns=channels.DELAYS)
    assert verdicts(asked(delays=late))["overall.nps"] == "move late_differs"
    assert verdicts(asked(delays=late.assign(what="score")))["overall.nps"] == "keep"
    dear = asked().costs.assign(value=0.02, low=0.01, high=0.03)
    assert verdicts(asked(costs=dear))["overall.nps"] == "move costly" and verdicts(asked(costs=dear, heard=False))["overall.nps"] == "keep"


def test_effort_and_satisfaction_out_of_place():
    assert verdicts(asked(), nothing_to_do=Rule(verdict="replace", touchpoints=["lounge"]))["lounge.ces"] == "replace nothing_to_do"
    costs = asked().costs.assign(metric=["counter.nps", "lounge.ces", "overall.csat"])
    assert verdicts(asked(costs=costs))["overall.csat"] == "replace csat_of_whole"


def test_a_step_of_which_nothing_is_known_is_blind_and_one_that_is_the_asking_never():
    costs = asked().costs.iloc[2:]
    found = verdicts(asked(costs=costs, measured=[]))
    assert found == {"overall.nps": "keep", "counter": "add moment_unmeasured", "settle": "add moment_unmeasured", "lounge": "add blind"}


def test_asking_too_often_needs_tiring_or_a_cap_of_the_brand():
    curve = pd.DataFrame({"earlier_from": [0, 4, 7], "earlier_to": [3, 6, np.inf], "value": [0.2, 0.2, 0.1], "low": 0.1, "high": 0.3, "n": 100, "method": "x", "alike": [0.2, 0.2, 0.1],
                          "alike_low": 0.1, "alike_high": 0.2, "less": [False, False, True]})  # fmt: skip
    rows = asked().requests.assign(earlier=[0.0, 5.0, 9.0] * 120)
    tired = asked(requests=rows, curve=curve, weary=Estimate(-0.1, -0.12, -0.08, 500, "x"))
    assert verdicts(tired)[""] == "drop asked_too_often" and tired.cap == 7
    (row,) = metric_fit.audit(tired, JOURNEY, rules()).query("subject == ''").itertuples()
    assert row.args["share"] == pytest.approx(1 / 3) and (row.args["first"], row.args["last"], row.told_by) == (0.2, 0.1, 300)
    fresh = asked(requests=rows, curve=curve.assign(less=False), weary=Estimate(-0.01, -0.03, 0.01, 500, "x"))
    assert "" not in verdicts(fresh)
    own = metric_fit.audit(fresh, JOURNEY, rules(asked_too_often=Rule(verdict="drop", limit=3))).set_index("subject").loc[""]
    assert own["reason"][0] == "audit.asked_too_often.reason_own" and own["args"]["cap"] == 3


def test_persons_and_not_requests_tell_whether_the_most_valuable_are_heard():
    who = np.repeat(np.arange(200), np.where(np.arange(200) < 20, 10, 2))
    answered = np.zeros(len(who), bool)
    answered[[np.flatnonzero(who == one)[0] for one in range(0, 200) if one < 18 or one % 2]] = True
    put = pd.DataFrame({"customer": who, "answered": answered})
    worth = pd.Series(np.where(np.arange(200) < 20, 900.0, 10.0), np.arange(200))
    found = metric_fit.persons_heard(put, worth)
    rates = put["answered"].groupby(put["customer"] < 20).mean()
    assert rates[True] < rates[False]  # the trap: of their requests they answer a smaller part
    assert found.attrs["difference"].low > 0 and found["value"].tolist() == pytest.approx([0.95, 0.5], abs=0.06)
    assert metric_fit.persons_heard(put, pd.Series(dtype=float)).empty
    quiet = found.copy()
    quiet.attrs = {"difference": Estimate(-0.2, -0.3, -0.1, 200, "x"), "money_heard": 0.4}
    assert verdicts(asked(worth=quiet))[""] == "add valuable_unheard" and "" not in verdicts(asked(worth=found))


def test_too_many_questions_at_once_are_told():
    rows = asked().requests.assign(put=UNTIL)
    long = pd.DataFrame({"questions": [21, 22, 20]})
    assert verdicts(asked(requests=rows, questionnaires=long))[""] == "move all_at_once"
    assert "" not in verdicts(asked(requests=rows, questionnaires=long - 15))


def test_every_sentence_of_every_rule_is_in_the_catalogue():
    say = Sentences("en", "EUR")
    variants = {"nps_of_a_step": ["", "_nowhere"], "asked_too_early": ["", "_day", "_end"], "wrong_channel": ["", "_elsewhere"], "moment_unmeasured": ["", "_either"], "asked_too_often": ["", "_own"]}
    for rule in fit_rules.PUT:
        assert say.has(f"audit.{rule}")
        for variant in variants.get(rule, [""]):
            assert all(say.has(f"audit.{part}{variant}") for part in (f"{rule}.reason", f"{rule}.instead", f"found_{rule}")), (rule, variant)


def test_findings_are_worded_and_noise_is_none():
    say = Sentences("en", "EUR")
    frame = metric_fit.audit(asked(), JOURNEY, rules())
    found = {f.message: say.sentence(f) for f in told_audit.audit_findings(frame)}
    assert set(found) == {"audit.found_nps_of_a_step", "audit.found_moment_unmeasured"}
    assert found["audit.found_moment_unmeasured"] == "Nobody is asked at a moment of truth: Invoice."
    assert told_audit.audit_headline(frame) == ("audit.headline_otherwise_add", {"count": 1, "of": 3, "added": 1})
    assert not {"args", "variant"} & set(told_audit.rows(frame)) and len(told_audit.rows(frame)) == len(frame)
    kept = metric_fit.audit(asked(costs=asked().costs.iloc[2:]), JOURNEY, rules(moment_unmeasured=Rule(verdict="add", on=False), blind=Rule(verdict="add", on=False)))
    assert told_audit.audit_findings(kept) == [] and told_audit.audit_headline(kept)[0] == "audit.headline_one_well_alone"


def test_the_rules_table_counts_what_was_looked_at():
    put = asked()
    table = metric_fit.rules_table(rules(), metric_fit.evidence(put, JOURNEY, rules())).set_index("rule")
    assert table.loc["audit.nps_of_a_step", ["looked_at", "called"]].tolist() == [2, 1]
    assert table.loc["audit.asked_too_early", "limit"] == ("audit.limit_share", {"value": 0.02}) and table.loc["audit.blind", "limit"] is None


def test_the_ask_plan_spreads_the_questions_and_leaves_alone_who_was_asked_enough():
    put = asked()
    verdict = metric_fit.audit(put, JOURNEY, rules())
    plan = ask_plan.ask_plan(put, verdict, UNTIL, limit=4)
    assert len(plan) == 120 and plan["customer_id"].is_monotonic_increasing and set(plan["ask_from"]) == {"2026-07-01"}
    assert plan.groupby(["touchpoint", "metric"]).size().to_dict() == {("counter", "new"): 30, ("lounge", "ces"): 30, ("overall", "nps"): 30, ("settle", "new"): 30}
    assert plan.loc[plan["touchpoint"] == "overall", ["channel", "delay_hours", "because"]].iloc[0].tolist() == ["email", 72.0, "keep"]
    full = ask_plan.ask_plan(put, verdict, UNTIL, limit=3)
    assert set(full["ask_from"]) == {"2026-08-30"} and set(full["asked_in_90_days"]) == {3}  # ninety days after the first of the three
    table = ask_plan.summary(plan, UNTIL, JOURNEY)
    assert table["n"].sum() == 120 and "customer_id" not in table


def test_nobody_without_permission_and_no_question_to_drop_is_in_the_plan():
    put = asked(stale={"lounge.ces": 6}, foretold=foretold("lounge.ces", "remembered", -0.05, 0.05))
    drops = rules(unlike_remembered=Rule(verdict="replace", on=False))
    plan = ask_plan.ask_plan(put, metric_fit.audit(put, JOURNEY, drops), UNTIL, allowed={"c001", "c002"})
    assert plan["customer_id"].tolist() == ["c001", "c002"] and "lounge" not in set(plan["touchpoint"]) and set(plan["cap"]) == {ask_plan.CAREFUL_CAP}
    assert ask_plan.ask_plan(put, metric_fit.audit(put, JOURNEY, rules()), UNTIL, allowed=set()).empty


def test_a_customer_is_asked_through_the_channel_they_answer():
    rows = pd.concat([asked().requests] * 6, ignore_index=True)
    both = rows["name"].eq("overall.nps")
    rows.loc[both, "asked_by"] = np.where(np.arange(both.sum()) // 120 % 2 == 0, "sms", "email")
    rows["answered"] = rows["asked_by"].eq("email") | rows["customer"].ne("c000")
    rows["put"] = rows["put"] + pd.to_timedelta(np.arange(len(rows)), unit="s")
    put = asked(requests=rows)
    only = metric_fit.audit(put, JOURNEY, rules()).query("subject == 'overall.nps'")
    plan = ask_plan.ask_plan(put, only, UNTIL, limit=90).set_index("customer_id")
    assert plan.loc["c000", "channel"] == "email"


def test_the_plan_is_written_for_its_owner_alone_in_the_place_of_the_one_before(tmp_path):
    put = asked()
    plan = ask_plan.ask_plan(put, metric_fit.audit(put, JOURNEY, rules()), UNTIL)
    (tmp_path / ask_plan.FILE).write_text("old")
    path = ask_plan.write(plan, tmp_path)
    assert path.read_text().splitlines()[0] == ",".join(ask_plan.PLAN) and path.stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == [ask_plan.FILE]
