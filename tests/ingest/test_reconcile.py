"""Rows in = accepted + quarantined + superseded for whatever mess comes in, and a reader that loses a row is found out."""

import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cx_helpers.errors import DataError
from cx_helpers.ingest import publish, readers
from cx_helpers.ingest.reconcile import reconciliation

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
    with tempfile.TemporaryDirectory() as folder:
        brand = shop.load()
        lake = publish.Lake(Path(folder))
        found = publish.raw_files(brand, {})
        hashes = {f"{name}/{path.name}": publish.file_hash(path) for name, paths in found.items() for path in paths}
        tables = publish._build(brand, lake, found, hashes)
    ledger = tables["reconciliation"].to_pandas().set_index("file")
    for name, rows in files.items():
        assert ledger.loc[name, "rows_in"] == records(rows), name
    assert (ledger["rows_in"] == ledger[["accepted", "quarantined", "superseded"]].sum(axis=1)).all()
    assert (ledger["in_part"] <= ledger["accepted"]).all()
    journeys = tables["journeys"].to_pandas()
    assert journeys["journey_id"].is_unique and set(journeys["status"]) <= {"open", "completed"} and "keep" in set(journeys["journey_id"])
    told = tables["quarantine"].to_pandas()
    sources = set(told["file"] + ":" + told["row"].astype(int).astype(str))
    assert not sources & set(journeys["source"])


def drops_one(real):
    def read(path, source, name=None):
        found = real(path, source, name)
        if path.name == "orders.csv":
            found.table = found.table.slice(0, found.table.num_rows - 1)
        return found

    return read


def test_a_reader_that_loses_a_row_makes_the_ingest_refuse(shop, monkeypatch):
    monkeypatch.setattr(publish, "read_file", drops_one(readers.read_file))
    with pytest.raises(DataError) as caught:
        shop.ingest()
    assert str(caught.value) == "reconciliation fails: orders.csv: 3 rows in, 2 accounted for. The file is probably damaged; export it again."
    assert not shop.tables
    monkeypatch.undo()
    monkeypatch.setenv("CX_DATA", str(shop.folder.parent))
    (shop.folder / "tables").rename(shop.folder / "old_tables")
    assert shop.ingest().changed


def test_a_reader_that_makes_up_a_row_is_refused_too(shop, monkeypatch):
    real = readers.read_file

    def twice(path, source, name=None):
        found = real(path, source, name)
        extra = found.table.slice(0, 1).set_column(found.table.column_names.index("_source"), "_source", pa.array([f"{path.name}:99"]))
        found.table = pa.concat_tables([found.table, extra])
        return found

    monkeypatch.setattr(publish, "read_file", twice)
    with pytest.raises(DataError, match="orders.csv: 3 rows in, 4 accounted for"):
        shop.ingest()


def test_a_row_counts_once_and_its_best_fate_is_told():
    counted = pd.DataFrame({"raw_source": ["a", "b"], "file": ["a.csv", "b.csv"], "rows_in": [5, 3], "repeated": [0, 3]})
    raw = pd.DataFrame({"raw_source": "a", "file": "a.csv", "source": [f"a.csv:{row}" for row in range(1, 6)], "lookup": False})
    accepted = pd.Series(["a.csv:1", "a.csv:2", "a.csv:2"])
    superseded = pd.Series(["a.csv:1", "a.csv:3", "a.csv:4"])
    quarantined = pd.DataFrame({"source": ["a.csv:2", "a.csv:4", "a.csv:5", "a.csv:5"]})
    found = reconciliation(counted, raw, accepted, superseded, quarantined).set_index("file")
    assert list(found.loc["a.csv", ["rows_in", "accepted", "in_part", "quarantined", "superseded"]]) == [5, 2, 1, 2, 1]
    assert list(found.loc["b.csv", ["rows_in", "accepted", "superseded"]]) == [3, 0, 3]
