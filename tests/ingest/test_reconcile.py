"""Rows in = accepted + quarantined + superseded for whatever mess comes in, and a reader that loses a row is found out."""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cx_helpers.errors import DataError
from cx_helpers.ingest import raw_rows
from cx_helpers.ingest.raw_rows import RawFile
from cx_helpers.ingest.reconcile import ACCEPTED, NOT_PERMITTED, QUARANTINED, SUPERSEDED, Fates
from cx_helpers.ingest.staging import Staged

HEADER = "order_id,customer,started_at,ended_at,status,unit,value,region"
CELLS = {
    "order_id": st.sampled_from(["o1", "o2", "o3", "o4", ""]),
    "started_at": st.sampled_from(["2026-03-01 10:00", "2026-03-02T10:00:00Z", "yesterday", ""]),
    "status": st.sampled_from(["open", "completed", "gone"]),
    "unit": st.sampled_from(["Soho", '"So\nho"', '"a,b"', '"say ""hi"""', ""]),
    "value": st.sampled_from(["1", "-1", "x", ""]),
}
good = st.fixed_dictionaries(CELLS).map(lambda c: f"{c['order_id']},c1,{c['started_at']},,{c['status']},{c['unit']},{c['value']},north")
ragged = st.sampled_from(["o1,c1", "o1,c1,2026-03-01,,open,Soho,1,north,more,and more", "   ", "x"])
lines = st.lists(st.one_of(good, good, ragged, st.just("")), max_size=12)
ending = st.sampled_from(["\n", "\r\n"])


def records(rows: list[str]) -> int:
    """What a person would count: every line that is not blank, cells over two lines once."""
    return sum(1 for row in rows if row)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=lines, second=lines, again=st.booleans(), ending=ending)
@example(first=[], second=["   "], again=False, ending="\n")
def test_every_row_of_any_mess_is_accounted_for(shop, first, second, again, ending):
    kept = "keep,c1,2026-03-05 10:00,,open,Soho,1,north"
    files = {"orders.csv": [kept, *first], "orders_corrected.csv": second} | ({"orders_copy.csv": [kept, *first]} if again else {})
    for path in shop.raw.glob("orders*"):
        path.unlink()
    for name, rows in files.items():
        shop.write(f"raw/{name}", ending.join([HEADER, *rows]) + ending)
    shutil.rmtree(shop.folder / "tables", ignore_errors=True)
    shop.ingest()
    ledger = shop.lake.frame("reconciliation").set_index("file")
    for name, rows in files.items():
        assert ledger.loc[name, "rows_in"] == records(rows), name
    assert (ledger["rows_in"] == ledger[["accepted", "quarantined", "superseded"]].sum(axis=1)).all()
    assert (ledger["in_part"] <= ledger["accepted"]).all()
    journeys = shop.lake.frame("journeys")
    assert journeys["journey_id"].is_unique and set(journeys["status"]) <= {"open", "completed"} and "keep" in set(journeys["journey_id"])
    told = shop.lake.frame("quarantine")
    sources = set(told["file"] + ":" + told["row"].astype(int).astype(str))
    assert not sources & set(journeys["source"])


def staged_with(change):
    """The staging of a file, `change` rows off: as a reader would that loses or makes up rows without a word."""
    real = raw_rows.stage

    def stage(path, *given):
        staged = real(path, *given)
        return replace(staged, rows=staged.rows + change) if path.name == "orders.csv" else staged

    return stage


@pytest.mark.parametrize(("change", "held"), [(-1, 2), (1, 4)])
def test_a_reader_that_loses_or_makes_up_a_row_makes_the_ingest_refuse(shop, monkeypatch, change, held):
    monkeypatch.setattr(raw_rows, "stage", staged_with(change))
    with pytest.raises(DataError) as caught:
        shop.ingest()
    assert str(caught.value) == f"reconciliation fails: orders.csv: 3 rows in, {held} accounted for. The file is probably damaged; export it again."
    assert not shop.tables
    monkeypatch.undo()
    monkeypatch.setenv("CX_DATA", str(shop.folder.parent))
    assert shop.ingest().changed


def raw_file(name, label, rows, start, *, repeated=False, lookup=False):
    staged = Staged(Path(label), rows, rows, [], "")
    return RawFile(name, label, f"{name}/{label}", staged, start, start, repeated, lookup)


def test_a_row_counts_once_and_its_best_fate_is_told():
    files = [raw_file("a", "a.csv", 5, 0), raw_file("b", "b.csv", 3, 5, repeated=True), raw_file("c", "c.csv", 2, 8, lookup=True)]
    fates, connection = Fates(files), duckdb.connect()
    for fate, places in ((ACCEPTED, (1, 2, 2)), (SUPERSEDED, (1, 3, 4)), (QUARANTINED, (2, 4, 5, 5, 9)), (NOT_PERMITTED, (2, 5))):
        fates.mark(connection, f"SELECT unnest({list(places)})::BIGINT AS _place", fate)
    found = fates.reconciliation().set_index("file")
    columns = ["rows_in", "accepted", "in_part", "quarantined", "superseded", "not_permitted"]
    assert found[columns].to_dict("split")["data"] == [[5, 2, 1, 2, 1, 1], [3, 0, 0, 0, 3, 0], [2, 1, 0, 1, 0, 0]]


def test_a_row_without_a_fate_is_idle_and_unless_told_does_not_add_up():
    fates, connection = Fates([raw_file("a", "a.csv", 3, 0), raw_file("c", "c.csv", 2, 3, lookup=True)]), duckdb.connect()
    fates.mark(connection, "SELECT 2::BIGINT AS _place", ACCEPTED)
    assert [batch["_place"].to_pylist() for batch in fates.idle()] == [[1, 3]]
    with pytest.raises(DataError, match="^reconciliation fails: a.csv: 3 rows in, 1 accounted for"):
        fates.reconciliation()


def test_a_row_that_says_nothing_as_declared_is_accepted_and_others_that_no_sql_uses_are_not(shop):
    (shop.folder / "raw" / "orders.csv").write_text(HEADER + "\no1,c1,2026-03-01 10:00,,open,Soho,1,north\n,c1,2026-03-01 10:00,,,,,\no3,c1,2026-03-01 10:00,,open,Soho,1,\n")
    (shop.folder / "sql" / "journeys.sql").write_text("SELECT order_id AS journey_id, customer AS customer_id, started_at, status, unit, value, region, _source AS source FROM orders WHERE region IS NOT NULL")
    shop.change("sources.yaml", "    columns: [order_id, customer, started_at]\n", "    columns: [order_id, customer, started_at]\n    empty_without: [status, value]\n")
    shop.ingest()
    row = shop.lake.frame("reconciliation").set_index("file").loc["orders.csv"]
    assert (row["rows_in"], row["accepted"], row["quarantined"], row["in_part"]) == (3, 2, 1, 0)
    assert list(shop.lake.frame("quarantine").query("file == 'orders.csv'")["row"]) == [3]
