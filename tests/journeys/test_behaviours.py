"""Segments by behaviour: steps within their days, only where their time has passed, and the planted one found."""

import ibis
import pandas as pd
import pytest

from cx_helpers.config.behaviours import Behaviour
from cx_helpers.config.journey import Metric
from cx_helpers.journeys import behaviours, told_segments
from cx_helpers.journeys.segments import told_groups
from cx_helpers.sample import plan
from cx_helpers.sample.brand import make
from cx_helpers.tables.disclosure import Disclosure

NPS = Metric.model_validate({"id": "nps", "kind": "nps", "label": "NPS"})
UNHEARD = Behaviour.model_validate({"id": "unheard", "label": "Unheard", "quiet_days": 100, "steps": [
    {"case": "any", "not": "resolved", "within_days": 7}, {"event": "care", "channel": "phone", "within_days": 30}, {"left": True, "within_days": 60},
]})  # fmt: skip
START = pd.Timestamp("2026-01-01", tz="UTC")
UNTIL = (START + pd.Timedelta(days=400)).to_pydatetime()
TIME = pd.DatetimeTZDtype("us", "UTC")


def day(number):
    return START + pd.Timedelta(days=float(number)) if pd.notna(number) else pd.NaT


def table(rows, **columns):
    """Rows as an Ibis table; times are days since the start."""
    frame = pd.DataFrame(rows, columns=list(columns))
    for name, kind in columns.items():
        frame[name] = pd.Series([day(one) for one in frame[name]], dtype=TIME) if kind == "time" else frame[name].astype(kind)
    return ibis.memtable(frame)


def tables(cases=(), events=(), journeys=(), inputs=(), responses=(), outcomes=()):
    return {
        "journeys": table(journeys, journey_id="str", customer_id="str", started_at="time", value="float", month="str"),
        "cases": table(cases, case_id="str", journey_id="str", customer_id="str", cause="str", opened_at="time", closed_at="time"),
        "events": table(events, journey_id="str", customer_id="str", touchpoint="str", channel="str", started_at="time"),
        "inputs": table(inputs, journey_id="str", touchpoint="str", input="str", value="float", measured_at="time"),
        "responses": table(responses, journey_id="str", customer_id="str", touchpoint="str", metric="str", score="float", answered_at="time"),
        "outcomes": table(outcomes, customer_id="str", month="str", revenue="float", active="bool"),
    }


OWN = [(f"j{name}", name, 0, 100.0, "2026-01") for name in "abcdefg"]


def found(given, behaviour=UNHEARD):
    return behaviours.followed(behaviours.chains(given, behaviour, UNTIL).execute()).set_index("customer_id").sort_index()


def test_each_step_counts_within_its_days_of_the_step_before():
    given = tables(
        cases=[("1", "ja", "a", "x", 10, None), ("2", "jb", "b", "x", 10, 30), ("3", "jc", "c", "x", 10, 16), ("4", "jd", "d", "x", 10, None), ("5", "je", "e", "x", 10, None)],
        events=[("ja", "a", "care", "phone", 20), ("jb", "b", "care", "help desk", 20), ("jd", "d", "care", "phone", 48), ("je", "e", "care", "phone", 12),
                ("jc", "c", "care", "phone", 20)],
        journeys=OWN,
    )  # fmt: skip
    rows = found(given)
    # c was resolved in six days; b wrote and did not call; d called 31 days after the seven were over; e called before
    assert rows["depth"].to_dict() == {"a": 3, "b": 1, "d": 1, "e": 1}
    assert rows.loc["a", "at_1"] == day(17) and rows.loc["a", "at_2"] == day(20) and rows.loc["a", "at_3"] == day(80)


def test_who_begins_something_in_the_quiet_days_has_not_left():
    given = tables(
        cases=[(str(n), f"j{name}", name, "x", 10, None) for n, name in enumerate("abc")],
        events=[(f"j{name}", name, "care", "phone", 20) for name in "abc"],
        journeys=[*OWN, ("n1", "a", 79, 1.0, "2026-03"), ("n2", "b", 81, 1.0, "2026-03"), ("n3", "c", 181, 1.0, "2026-06")],
    )
    # 60 days after the call may still be booked; then a hundred quiet days, to day 180
    assert found(given)["depth"].to_dict() == {"a": 3, "b": 2, "c": 3}


def test_first_steps_whose_time_has_not_passed_are_left_out():
    late = 400 - 7 - 30 - 60 - 100
    given = tables(cases=[("1", "ja", "a", "x", late, None), ("2", "jb", "b", "x", late + 1, None)], journeys=OWN)
    assert list(found(given).index) == ["a"]


def test_steps_may_be_asked_of_the_same_journey():
    given = tables(cases=[("1", "ja", "a", "x", 10, None)], events=[("other", "a", "care", "phone", 20)], journeys=OWN)
    assert found(given).loc["a", "depth"] == 3
    assert found(given, UNHEARD.model_copy(update={"same": "journey"})).loc["a", "depth"] == 1


def test_answers_inputs_causes_and_what_did_not_happen_are_steps():
    steps = [{"input": "till.wait", "between": {"min": 10}}, {"answer": "overall.nps", "between": {"max": 6}, "within_days": 5}, {"case": ["late"], "not": True, "within_days": 20}]
    silent = Behaviour.model_validate({"id": "s", "label": "Silent", "steps": steps})
    given = tables(
        inputs=[("ja", "till", "wait", 12, 1), ("jb", "till", "wait", 9, 1), ("jc", "till", "wait", 12, 1), ("jd", "till", "wait", 12, 1)],
        responses=[("ja", "a", "overall", "nps", 3, 3), ("jc", "c", "overall", "nps", 3, 3), ("jd", "d", "overall", "nps", 9, 3)],
        cases=[("1", "jc", "c", "late", 5, None), ("2", "ja", "a", "other", 5, None)], journeys=OWN,
    )  # fmt: skip
    assert found(given, silent)["depth"].to_dict() == {"a": 3, "c": 2, "d": 1}


def test_inactive_months_tell_who_left_where_they_are_recorded():
    months = [("a", "2026-01", 5.0, True), ("a", "2026-04", 0.0, False), ("b", "2026-01", 5.0, True), ("b", "2026-04", 5.0, True)]
    given = tables(
        cases=[("1", "ja", "a", "x", 10, None), ("2", "jb", "b", "x", 10, None)], journeys=OWN, outcomes=months,
        events=[("ja", "a", "care", "phone", 20), ("jb", "b", "care", "phone", 20)],
    )  # fmt: skip
    assert found(given)["depth"].to_dict() == {"a": 3, "b": 2}


def test_a_customer_counts_once_by_the_time_most_steps_were_taken():
    given = tables(
        cases=[("1", "ja", "a", "x", 10, None), ("2", "ja", "a", "x", 60, None)], events=[("ja", "a", "care", "phone", 70)], journeys=OWN
    )
    rows = behaviours.followed(behaviours.chains(given, UNHEARD, UNTIL).execute())
    assert len(rows) == 1 and rows["at_1"].iloc[0] == day(67)


def people(depths, alone):
    size = len(depths)
    return pd.DataFrame({
        "customer_id": [str(n) for n in range(size)], "journey_id": [f"j{n}" for n in range(size)], "depth": depths,
        "at_1": pd.date_range("2026-01-01", periods=size, tz="UTC"), "alone": [day(1) if one else pd.NaT for one in alone],
    })  # fmt: skip


GROUPS = people([3] * 40 + [2] * 10 + [1] * 50, [False] * 50 + [True] * 20 + [False] * 30)
ANSWERS = pd.DataFrame({"journey_id": [f"j{n}" for n in range(100)], "customer_id": [str(n) for n in range(100)], "score": [0.0] * 50 + [10.0] * 50})


def test_groups_are_compared_with_those_who_took_only_the_first_step():
    money = pd.DataFrame({"customer_id": ["0", "0", "0", "1"], "month": ["2025-01", "2024-12", "2026-01", "2025-12"], "revenue": [50.0, 900.0, 900.0, 30.0]})
    rows = behaviours.group_rows(GROUPS, UNHEARD, ANSWERS, NPS, money)
    group = rows.set_index("group")
    assert group["n"].to_dict() == {"first": 100, "only_first": 50, "until_last": 50, "whole": 40}
    assert group.loc["until_last", "last_share"] == 0.8 and group.loc["only_first", "last_share"] == 0.4
    assert group.loc["whole", "score"] == -100 and group.loc["only_first", "score"] == 100
    assert group.loc["whole", "revenue"] == 2.0  # 50 and 30 in the twelve months before, over forty customers
    assert rows.attrs["apart"].value == pytest.approx(0.4) and rows.attrs["apart"].low > 0.2
    assert rows.attrs["change"].value < 0  # all who took every step began early


def test_a_group_of_few_is_hidden_with_the_one_that_would_give_it_away():
    disclosure = Disclosure(pd.DataFrame(columns=["audience", "breakdown", "metric", "month", "level", "n", "shown"]), 10, 30)
    few = people([3] * 45 + [2] * 5 + [1] * 50, [False] * 100)
    (rows,) = told_groups([behaviours.group_rows(few, UNHEARD, ANSWERS, NPS, None)], disclosure)
    shown = rows.set_index("group")["shown"].to_dict()
    assert shown["first"] and not shown["whole"] and rows.set_index("group")["n"].isna()["whole"]
    assert told_segments.behaviour_findings([rows], 1000) == [] and told_segments.behaviour_headline([rows])[0] == "behaviours.few"


def test_the_finding_is_told_only_where_the_last_step_follows_the_others():
    disclosure = Disclosure(pd.DataFrame(columns=["audience", "breakdown", "metric", "month", "level", "n", "shown"]), 10, 30)
    apart = told_groups([behaviours.group_rows(GROUPS, UNHEARD, ANSWERS, NPS, None)], disclosure)
    (told,) = told_segments.behaviour_findings(apart, 1000)
    assert told.message.startswith("behaviours.finding") and told.grade == "associated" and told.weight == pytest.approx(0.04 * 0.4)
    alike = people([3] * 20 + [2] * 30 + [1] * 50, [False] * 50 + [True] * 20 + [False] * 30)
    assert told_segments.behaviour_findings(told_groups([behaviours.group_rows(alike, UNHEARD, ANSWERS, NPS, None)], disclosure), 1000) == []


def rentals(seed, truths=plan.ALL, count=60_000):
    """The declared behaviour on the sample's own frames."""
    frames = make(seed, count, truths)
    utc = {}
    own = frames["rentals"]
    utc["journeys"] = pd.DataFrame({"journey_id": own["booking_no"], "customer_id": own["customer_no"], "started_at": own["booked_at"].dt.tz_localize("UTC"), "value": 1.0, "month": "2026-01"})
    cases = frames["tickets"]
    utc["cases"] = pd.DataFrame({"journey_id": cases["booking_no"], "customer_id": cases["customer_no"], "cause": "x", "opened_at": cases["opened_at"].dt.tz_localize("UTC"), "closed_at": cases["closed_at"].dt.tz_localize("UTC")})
    calls = frames["calls"]
    owner = own.set_index("booking_no")["customer_no"]
    utc["events"] = pd.DataFrame({"journey_id": calls["booking_no"], "customer_id": calls["booking_no"].map(owner), "touchpoint": "care", "channel": "phone", "started_at": calls["called_at"].dt.tz_localize("UTC")})
    store = ibis.duckdb.connect()
    given = {name: store.create_table(name, frame) for name, frame in utc.items()}
    declared = UNHEARD.model_copy(update={"quiet_days": 120})
    customers = behaviours.followed(behaviours.chains(given, declared, pd.Timestamp("2026-10-31 23:00", tz="UTC").to_pydatetime()).execute())
    store.disconnect()  # dozens of brands would fill the memory
    none = pd.DataFrame({"journey_id": [], "customer_id": [], "score": pd.Series(dtype=float)})
    return behaviours.group_rows(customers, declared, none, NPS, None).attrs["apart"]


def test_the_planted_complaint_call_and_leaving_is_found_in_the_sample():
    assert rentals(7).low > 0


@pytest.mark.long
def test_the_planted_behaviour_is_found_in_four_of_five_seeds(promised):
    promised("complained in vain, called, left: sample brand", "planted", sum(rentals(seed).low > 0 for seed in range(2, 52)), 50)


@pytest.mark.long
def test_with_the_truth_switched_off_it_is_falsely_found_in_few_seeds(promised):
    called = sum(rentals(seed, plan.ALL - {"complaint_call_leave"}).low > 0 for seed in range(2, 52))
    # wrongly on this side in 2.5 % of data sets: at most 6 of 50 at the 99.9 % limit
    promised("complained in vain, called, left: switched off", "false calls of one side", called, 50, allowed=(0.0, 0.12))
