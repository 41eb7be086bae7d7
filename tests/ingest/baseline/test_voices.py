"""Other voices by origin, measures of places and the world outside, with how much of it is filled."""

import ibis
import pandas as pd
import pytest

from cx_helpers.ingest.baseline import aside
from cx_helpers.ingest.baseline.voices import outside, unit_measures, voices


def test_voices_are_counted_by_where_they_were_said_and_how_they_reached_us():
    comments = ibis.memtable(pd.DataFrame({
        "origin": ["survey", "survey", "review", "ticket"], "directness": [None, None, None, "inferred"], "journey_id": ["j1", "j2", None, "j1"],
        "customer_id": ["a", "b", None, "a"], "month": ["2025-01", "2025-03", "2025-02", "2025-02"],
    }), schema=dict.fromkeys(["origin", "directness", "journey_id", "customer_id", "month"], "string"))  # fmt: skip
    found = voices(comments).set_index("origin")
    assert found["directness"].to_dict() == {"survey": "direct", "review": "indirect", "ticket": "inferred"}
    assert found.loc["survey", ["n", "journey_share", "customers", "first", "last"]].tolist() == [2, 1.0, 2, "2025-01", "2025-03"]
    assert found.loc["review", ["n", "journey_share", "customers"]].tolist() == [1, 0.0, 0]


def test_a_measure_of_places_tells_how_much_of_places_and_months_it_fills():
    rows = [("A", "2025-01", "engagement", 7.0), ("A", "2025-02", "engagement", 7.0), ("B", "2025-02", "engagement", 6.0), ("A", "2025-01", "sick", None)]
    found = unit_measures(ibis.memtable(pd.DataFrame(rows, columns=["unit", "month", "measure", "value"])), 4)
    assert found[["measure", "units", "of_units", "months", "first", "last", "n"]].to_numpy().tolist() == [["engagement", 2, 4, 2, "2025-01", "2025-02", 3]]
    assert found.loc[0, "filled_share"] == pytest.approx(3 / 8)


def test_the_world_outside_tells_its_regions_days_and_holes():
    days = pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-04", "2025-01-01"], utc=True)
    found = outside(ibis.memtable(pd.DataFrame({"date": days, "region": ["N", "N", "N", "S"], "factor": "rain", "value": [1.0, 0.0, 3.0, 2.0]}))).iloc[0]
    assert found[["factor", "regions", "days", "first_day", "last_day", "n"]].tolist() == ["rain", 2, 3, "2025-01-01", "2025-01-04", 4]
    assert found["filled_share"] == pytest.approx(4 / 8)


def test_nothing_there_gives_no_rows():
    empty = ibis.memtable(pd.DataFrame({"unit": [], "month": [], "measure": [], "value": []}), schema={"unit": "string", "month": "string", "measure": "string", "value": "float64"})
    assert unit_measures(empty, 3).empty


FIELDS = pd.DataFrame({
    "raw_source": "s", "field": ["email", "phone_no", "score", "id", "old"], "about": ["declared", "undeclared", "declared", "declared", "absent"],
    "kind": ["identity", None, "attitude", "identity", "attitude"], "personal": ["email", None, None, "id", None], "looks_like": [None, "phone", None, None, None],
    "seen_by_sql": ["not at all", "not at all", "as it is", "as a pseudonym", "as it is"], "purpose": ["reach them", None, None, "join", None],
    "used_in": [None, None, "responses.score", None, None], "joins_in": [None, None, None, "responses", None], "reason": None,
})  # fmt: skip


def test_personal_fields_are_told_with_what_tables_hold_of_them():
    found = aside.personal(FIELDS)
    assert found[["field", "personal", "became"]].to_numpy().tolist() == [["id", "id", "as a pseudonym"], ["email", "email", "not at all"], ["phone_no", "phone", "not at all"]]


def test_the_ledger_counts_fields_without_purpose_and_unused_by_kind():
    found = aside.kinds(FIELDS).set_index("kind")
    assert found.to_dict("index") == {
        "identity": {"fields": 2, "without_purpose": 0, "unused": 1}, "attitude": {"fields": 1, "without_purpose": 1, "unused": 0},
        "undeclared": {"fields": 1, "without_purpose": 1, "unused": 1},
    }  # fmt: skip
    pages = aside.with_pages(pd.DataFrame({"insight": ["01_ingest, 03_drivers", None], "used_in": None, "joins_in": None, "result": None, "purpose": None}))["insight"].tolist()
    assert pages == [["page.01_ingest", "page.03_drivers"], []]
    assert aside.fields_message(found.reset_index())[1] == {"count": 4, "without_purpose": 2}


def test_refused_uses_drifted_columns_and_fields_without_purpose_are_findings_and_nothing_is_none():
    refused = pd.DataFrame({"purpose": ["profiling", "marketing"], "table": "responses", "rows": [40.0, 0], "of_rows": [100.0, 100], "reason": "withdrawn"})
    columns = pd.DataFrame({"raw_source": "s", "column": ["a", "b"], "file": "f", "status": ["known", "renamed"], "was": [None, "c"]})
    told = aside.aside_findings(refused, aside.drift(columns, FIELDS), FIELDS)
    assert [(f.message, f.value) for f in told] == [("ingest.refused", 1.0), ("ingest.schema_finding", 1.0), ("fields.finding", pytest.approx(1 / 3))]
    nothing = pd.DataFrame()
    assert aside.aside_findings(nothing, nothing, nothing) == [] and aside.kinds(nothing).empty and aside.personal(nothing).empty and aside.drift(nothing, nothing).empty
