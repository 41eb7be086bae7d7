"""What a notebook really read: columns that the result needs, inputs and metrics by name, and nothing else."""

import ibis
import pandas as pd
import pytest

from cx_helpers import Study
from cx_helpers.tables.frames import answers_with_inputs, inputs_at_end
from cx_helpers.tables.uses import Uses, columns_read, watch

RUN = {"month": "2026-03", "audience": "all", "notebook": "03_drivers"}


@pytest.fixture
def tables():
    connection = ibis.duckdb.connect()
    responses = pd.DataFrame({"response_id": ["r1"], "journey_id": ["j1"], "touchpoint": ["overall"], "metric": ["nps"], "score": [9.0],
                              "answered_at": pd.to_datetime(["2026-03-02"]), "channel": ["web"]})  # fmt: skip
    inputs = pd.DataFrame({"journey_id": ["j1"], "touchpoint": ["counter"], "input": ["wait"], "value": [5.0],
                           "measured_at": pd.to_datetime(["2026-03-01"])})  # fmt: skip
    return {
        "responses": connection.create_table("responses_3_0a1b2c3d", responses),
        "inputs": connection.create_table("inputs_3_0a1b2c3d", inputs),
        "other": connection.create_table("notes", responses),
    }


def test_only_the_columns_that_the_result_needs_count(tables):
    rows = tables["responses"].mutate(month=ibis.literal("2026-03")).filter(lambda t: t.touchpoint == "overall")
    assert columns_read(rows.select("response_id")) == {("responses", "response_id", ""), ("responses", "touchpoint", "")}


def test_a_score_asked_for_by_name_is_told_by_name(tables):
    rows = tables["responses"]
    read = columns_read(rows.filter((rows.touchpoint == "overall") & (rows.metric == "nps")).score.mean())
    assert ("responses", "score", "overall.nps") in read and ("responses", "score", "*") not in read


def test_scores_of_all_metrics_are_told_as_any(tables):
    assert ("responses", "score", "*") in columns_read(tables["responses"].group_by("metric").aggregate(m=lambda t: t.score.mean()))


def test_a_score_that_is_only_counted_is_not_a_value_read(tables):
    rows = tables["responses"]
    read = columns_read(rows.filter(rows.score.notnull()).group_by("metric").aggregate(n=lambda t: t.count()))
    assert {name for _, _, name in read} == {""} and ("responses", "metric", "") in read


def test_inputs_are_told_by_name_and_only_those_wanted(tables):
    wide = inputs_at_end(tables["inputs"], ["counter.wait", "counter.staff"])
    assert {name for _, column, name in columns_read(wide) if column == "value"} == {"counter.wait", "counter.staff"}
    assert {name for _, column, name in columns_read(wide.select("counter.wait")) if column == "value"} == {"counter.wait"}


def test_joins_reach_both_tables(tables):
    given = answers_with_inputs(tables["responses"], tables["inputs"], ["counter.wait"])
    read = columns_read(given.select("score", "counter.wait"))
    assert {table for table, _, _ in read} == {"responses", "inputs"}
    assert ("inputs", "value", "counter.wait") in read and ("inputs", "measured_at", "") in read and ("responses", "channel", "") not in read


def test_what_is_no_canonical_table_is_not_told(tables):
    assert columns_read(tables["other"]) == set()


def test_every_way_to_run_an_expression_is_noticed(tables):
    noticed = []
    connection = tables["responses"].op().source
    watch(connection, lambda expression: noticed.append(columns_read(expression)))
    tables["responses"].response_id.execute()
    tables["responses"].select("response_id").to_pyarrow()
    assert noticed and all(read == {("responses", "response_id", "")} for read in noticed)


def test_uses_are_kept_for_the_batch_as_they_come(tables, tmp_path, monkeypatch):
    monkeypatch.setenv("CX_RESULTS", str(tmp_path))
    uses = Uses(RUN)
    uses.note(tables["responses"].select("response_id"))
    uses.note(tables["responses"].select("channel"))
    kept = pd.read_parquet(tmp_path / "uses.parquet")
    assert kept["column"].tolist() == ["channel", "response_id"] and set(kept["notebook"]) == {"03_drivers"}


def test_a_study_notes_what_is_read_through_it_and_not_what_disclosure_reads(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("CX_RESULTS", str(tmp_path))
    shop.ingest()
    study = Study.open("shop", "2026-03", notebook="03_drivers")
    study.disclosure  # noqa: B018
    kept = pd.read_parquet(tmp_path / "uses.parquet") if (tmp_path / "uses.parquet").exists() else pd.DataFrame({"name": []})
    assert not set(kept["name"]) - {""}
    study.answers("overall.nps", inputs=["counter.wait_minutes"])
    kept = pd.read_parquet(tmp_path / "uses.parquet")
    assert set(kept["name"]) == {"", "overall.nps", "counter.wait_minutes"}


def test_by_hand_nothing_is_written(shop, tmp_path, monkeypatch):
    monkeypatch.delenv("CX_RESULTS", raising=False)
    shop.ingest()
    before = shop.tables
    Study.open("shop", "2026-03", notebook="03_drivers").answers("overall.nps")
    assert shop.tables == before


def test_a_page_sees_what_others_read_and_what_it_has_read_itself(tables):
    uses = Uses({**RUN, "notebook": "01_ingest"})
    uses.note(tables["responses"].select("channel"))
    columns = ["month", "audience", "notebook", "table", "column", "name"]
    known = pd.DataFrame([("2026-03", "south", "02_journeys", "journeys", "unit", ""), ("2026-03", "south", "01_ingest", "cases", "cause", "")], columns=columns)
    seen = uses.beside(known)[columns]
    assert seen.values.tolist() == [["2026-03", "south", "02_journeys", "journeys", "unit", ""], ["2026-03", "all", "01_ingest", "responses", "channel", ""]]
