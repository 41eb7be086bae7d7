"""What page 02 says of a brand that lacks a score, units, segments or months; and that what it calls takes None."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey, Metric
from cx_helpers.journeys import fit_rules, memory, personas, recovery, running, segments, told_absent, told_audit, told_segments, told_trends
from cx_helpers.reports.sentences import Sentences
from cx_helpers.tables.disclosure import UNKNOWN

NPS = Metric(id="nps", kind="nps", label="Recommendation")
JOURNEY = Journey(label="No score", stages=[{"id": "all", "label": "All", "touchpoints": [{"id": "visit", "label": "Visit"}]}], segments=[{"id": "region", "label": "Region"}])
NONE = pd.DataFrame({name: pd.Series(dtype=object) for name in ("name", "journey_id", "customer_id", "response_id", "touchpoint", "unit", "month", "region")})
ANSWERS = NONE.assign(**{name: pd.Series(dtype=float) for name in ("score", "weight", "points")}, answered_at=pd.Series(dtype="datetime64[us, UTC]"))


@pytest.mark.parametrize(("said", "holds"), [
    (told_absent.trend(None), "No score"), (told_absent.trend(NPS), "month before"),
    (told_absent.segments(None, "", ["region"]), "No score"), (told_absent.segments(NPS, "Recommendation", []), "No segment"),
    (told_absent.segments(NPS, "Recommendation", ["region"]), "differs from the others in Recommendation"),
    (told_absent.units(None, pd.DataFrame({"unit": ["Hill"]})), "No score"), (told_absent.units(NPS, pd.DataFrame({"unit": [UNKNOWN]})), "No unit"),
    (told_absent.units(NPS, pd.DataFrame({"unit": ["Hill"]})), "one unit"),
])  # fmt: skip
def test_what_is_missing_is_said_in_one_line(said, holds):
    message, args = said
    line = Sentences().say(message, **args)
    assert holds in line and "\n" not in line and "{" not in line


def test_without_a_score_nothing_is_remembered_and_no_way_or_segment_has_one():
    columns = {name: "string" for name in ("journey_id", "customer_id", "touchpoint", "metric", "month", "programme", "question_version")}
    asked = ibis.table({**columns, "score": "float64", "asked_at": "timestamp('UTC')", "answered_at": "timestamp('UTC')"}, name="responses")
    con = ibis.duckdb.connect()
    con.create_table("responses", schema=asked.schema())
    rows = memory.experienced(con.table("responses"), JOURNEY, None).execute()
    assert rows.empty and memory.peak_end(memory.whole_journeys(rows)).verdict == "too_few"
    found = running.variant_answers(ANSWERS.assign(variant=pd.Series(dtype=str)), None)
    assert found.empty and {"variant", "value", "low", "high", "n"} <= set(found)
    by_segment = segments.segment_rows(ANSWERS, JOURNEY, None, ["region"], ["2026-01"])
    assert by_segment.empty and "verdict" in by_segment and told_segments.segment_findings(by_segment, None, "") == []


def test_without_an_answer_or_a_case_there_is_no_signal():
    cases = NONE[["journey_id", "customer_id", "touchpoint"]].assign(
        **{name: pd.Series(dtype="datetime64[us, UTC]") for name in ("opened_at", "closed_at")}, recovered=pd.Series(dtype="boolean")
    )
    lived = pd.DataFrame({"journey_id": ["a"], "customer_id": [None], "unit": [None]})
    assert recovery.signals(ANSWERS, cases, lived, {}, pd.Timestamp("2026-02-01", tz="UTC")).empty


def test_one_month_gives_no_change_and_no_finding_but_a_level():
    moved = pd.DataFrame(columns=["metric", "label", "kind", "scale_min", "scale_max", "comparison", "value", "low", "high", "n", "method", "tested", "verdict", "p"])
    left = pd.DataFrame(columns=["signal", "verdict", "worse", "label"])
    latest = pd.DataFrame([{"metric": "overall.nps", "touchpoint": "overall", "label": "Recommendation", "kind": "nps", "value": 10.0, "low": 0.0, "high": 20.0, "n": 60, "method": "", "shown": True}])
    assert [one.message for one in told_trends.over_time_findings(moved, moved, left, latest)] == ["scores.level"]


def test_nothing_asked_is_nothing_to_judge():
    class Asked:
        questionnaires = pd.DataFrame({"questions": pd.Series(dtype=float)})

    assert fit_rules.all_at_once(Asked, JOURNEY, None, "en") == []
    empty = pd.DataFrame(columns=["subject", "verdict", "requests", "rule"])
    assert told_audit.audit_headline(empty)[0] == "audit.headline_none_asked"


def test_journeys_a_year_of_two_values_are_still_a_number():
    trait = personas.TraitColumn("journeys_a_year", "personas.journeys_a_year", "behavioural")
    found = personas.Personas("found", pd.Series([0, 0, 1, 1]), pd.DataFrame(), 0.0, (trait,), 4)
    told = personas.telling(pd.DataFrame({"journeys_a_year": [6.0, 6.0, 12.0, 12.0]}), found)
    assert set(told["level"]) == {""} and list(told["inside"]) == [6.0, 12.0]
