"""The lake stores what it was given or refuses it: nothing is rounded, guessed or lost, and old versions stay readable."""

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from cx_helpers.errors import DataError, UsageError
from cx_helpers.tables.contracts import CANONICAL, Column, Contract
from cx_helpers.tables.lake import Lake, to_contract
from cx_helpers.tables.result_contracts import ALL

UTC = "2026-03-01 10:00+00:00"


def journeys(**columns) -> pa.Table:
    size = len(next(iter(columns.values())))
    given = {"journey_id": [f"o{n}" for n in range(size)], "started_at": [pd.Timestamp(UTC)] * size, "status": ["open"] * size, "month": ["2026-03"] * size}
    return to_contract(pd.DataFrame({**given, **columns}), CANONICAL["journeys"], "test")


def test_a_value_that_does_not_fit_its_column_is_refused_not_cut():
    whole = Contract("t", "a row", (Column("n", pa.int64(), "a count"),), ())
    assert to_contract(pd.DataFrame({"n": [3.0]}), whole, "shop: t")["n"].to_pylist() == [3]
    with pytest.raises(DataError, match=r"^shop: t: n: Float value 3.7.* was truncated.*Allowed types are in tables/contracts.py.$"):
        to_contract(pd.DataFrame({"n": [3.7]}), whole, "shop: t")


def test_every_column_that_does_not_fit_is_told():
    with pytest.raises(DataError, match="started_at: .*; value: "):
        to_contract(pd.DataFrame({"started_at": ["soon"], "value": ["ten"]}), CANONICAL["journeys"], "shop")


def test_months_stay_text_and_rows_without_a_month_are_kept(tmp_path):
    lake = Lake(tmp_path)
    lake.publish({"journeys": journeys(month=["201803", "2018-04", None])})
    table = lake.table("journeys", ibis.duckdb.connect())
    assert table.schema()["month"] == ibis.dtype("string")
    assert table.order_by("journey_id").execute()["month"].fillna("none").tolist() == ["201803", "2018-04", "none"]


def test_a_column_that_older_files_lack_is_empty_there(tmp_path):
    lake = Lake(tmp_path)
    lake.publish({"journeys": journeys(value=[1.0]).drop_columns(["unit", "intent"])})
    table = lake.table("journeys", ibis.duckdb.connect())
    assert set(table.columns) >= set(CANONICAL["journeys"].schema.names)
    assert table.unit.execute().isna().all() and table.schema()["unit"].is_string()


def test_columns_of_the_brand_travel_along(tmp_path):
    lake = Lake(tmp_path)
    lake.publish({"journeys": journeys(region=["north"], floor=[2.0])})
    assert lake.table("journeys", ibis.duckdb.connect()).select("region", "floor").execute().to_dict("records") == [{"region": "north", "floor": 2.0}]


def test_a_table_is_read_without_a_file_system_of_python(tmp_path, monkeypatch):
    """Arrow's threads that let go of one while the process ends abort it: a command that did all would end with a signal."""
    lake = Lake(tmp_path)
    lake.publish({"journeys": journeys(region=["north"])})
    monkeypatch.setattr("pyarrow.fs.PyFileSystem", None)
    assert lake.frame("journeys")["region"].tolist() == ["north"]


@pytest.mark.parametrize("name", sorted(ALL))
def test_an_empty_table_has_the_shape_of_its_contract(tmp_path, name):
    lake = Lake(tmp_path)
    expected = ibis.Schema.from_pyarrow(ALL[name].schema)
    never = lake.table(name, ibis.duckdb.connect())
    lake.publish({name: ALL[name].schema.empty_table()})
    emptied = lake.table(name, ibis.duckdb.connect())
    for table in (never, emptied):
        assert dict(table.schema()) == dict(expected) and table.count().execute() == 0
    assert list(lake.frame(name).columns) == ALL[name].schema.names and not lake.has(name)


def test_rows_keep_their_order_whatever_their_chunks(tmp_path):
    lake, contract = Lake(tmp_path), ALL["checks"]
    parts = [to_contract(pd.DataFrame({"check": [str(n)], "label": ["x"], "rows": [float(n)]}), contract, "t") for n in range(12)]
    lake.publish({"checks": pa.concat_tables(parts)})
    assert lake.frame("checks")["rows"].tolist() == list(range(12))


def test_a_reader_keeps_its_publication_while_the_next_is_made(tmp_path):
    lake, connection = Lake(tmp_path), ibis.duckdb.connect()
    lake.publish({"journeys": journeys(value=[1.0])})
    reader = Lake(tmp_path, lake.versions)
    old = reader.table("journeys", connection)
    lake.publish({"journeys": journeys(value=[2.0, 3.0])})
    new = lake.table("journeys", connection)
    assert (old.value.sum().execute(), new.value.sum().execute()) == (1, 5)
    assert reader.table("journeys", connection).value.sum().execute() == 1
    assert Lake(tmp_path, {"journeys": 0}).frame("journeys")["value"].tolist() == [1]


def findings(**columns) -> pd.DataFrame:
    return pd.DataFrame({"position": [1], "message": ["m"], "grade": ["described"], "value": [1.0], **columns})


def test_results_replace_those_of_the_same_page_and_leave_the_others(tmp_path):
    lake = Lake(tmp_path)
    lake.publish({"journeys": journeys(value=[1.0])}, ingest={"files": {}})
    for month, value in (("2026-02", 1.0), ("2026-03", 2.0), ("2026-03", 3.0)):
        lake.commit_results({"findings": findings(value=[value])}, month=month, audience="all", notebook="03_drivers")
    lake.commit_results({"findings": findings(value=[9.0])}, month="2026-03", audience="north", notebook="03_drivers")
    found = lake.frame("findings").sort_values(["month", "audience"])
    assert found[["month", "audience", "value"]].to_numpy().tolist() == [["2026-02", "all", 1.0], ["2026-03", "all", 3.0], ["2026-03", "north", 9.0]]
    lake.commit_results({}, month="2026-03", audience="all", notebook="03_drivers")
    assert sorted(lake.frame("findings")["value"]) == [1.0, 9.0], "a page that finds nothing more takes back what it said"
    assert lake.current()["ingest"] == {"files": {}} and lake.frame("journeys")["value"].tolist() == [1]


def test_a_second_writer_is_refused_in_one_line(tmp_path):
    held = Lake(tmp_path).lock()
    with pytest.raises(UsageError, match="another ingest or run is writing here since over 0 s. Let it end first.$"):
        Lake(tmp_path).lock(wait_seconds=0.1)
    held.release()
    Lake(tmp_path).lock(wait_seconds=0.1).release()


def test_only_months_that_changed_are_written_again_and_a_table_without_change_keeps_its_version(tmp_path):
    lake, months = Lake(tmp_path), ["2026-03", "2026-04", None]
    first = lake.publish({"journeys": journeys(value=[1.0, 2.0, 3.0], month=months)})["tables"]["journeys"]
    old = {path.parent.name: path for path in tmp_path.rglob("*.parquet")}
    assert set(first["months"]) == {"", "2026-03", "2026-04"}
    assert lake.publish({"journeys": journeys(value=[1.0, 2.0, 3.0], month=months)})["tables"]["journeys"] == first
    entry = lake.publish({"journeys": journeys(value=[1.0, 9.0, 8.0], month=months)})["tables"]["journeys"]
    assert entry["version"] == 1 and [m for m in entry["months"] if entry["months"][m] != first["months"][m]] == ["", "2026-04"]
    assert lake.frame("journeys").sort_values("journey_id")["value"].tolist() == [1, 9, 8]
    files = {path.split("journeys/")[1] for path in lake.files("journeys")}
    assert str(old["month=2026-03"].relative_to(tmp_path / "journeys")) in files, "March lies where it lay"
    lake.publish({"journeys": journeys(value=[1.0, 8.0], month=["2026-03", None])})
    assert sorted(lake.frame("journeys")["value"]) == [1, 8], "a month without rows is gone"
    assert sorted(Lake(tmp_path, {"journeys": 0}).frame("journeys")["value"]) == [1, 2, 3]


def test_a_column_more_makes_every_month_be_written_again(tmp_path):
    lake = Lake(tmp_path)
    lake.publish({"journeys": journeys(value=[1.0, 2.0], month=["2026-03", "2026-04"])})
    lake.publish({"journeys": journeys(value=[1.0, 2.0], month=["2026-03", "2026-04"], floor=[1.0, 2.0])})
    table = lake.table("journeys", ibis.duckdb.connect())
    assert sorted(table.floor.execute()) == [1, 2] and lake.versions["journeys"] == 1


def test_tables_laid_out_by_another_version_are_told_in_one_line(tmp_path):
    lake = Lake(tmp_path / "tables")
    write_deltalake(tmp_path / "tables" / "journeys", pa.table({"journey_id": ["a"], "unit": ["N"]}), partition_by=["unit"])
    with pytest.raises(DataError, match="journeys: these tables were laid out by another version of the workbench. Remove .*tables"):
        lake.publish({"journeys": CANONICAL["journeys"].schema.empty_table()})


def test_the_lock_outlives_a_change_of_folders(tmp_path):
    lake = Lake(tmp_path / "tables")
    held = lake.lock()
    (tmp_path / "tables").rename(tmp_path / "tables.gone")
    with pytest.raises(UsageError, match="another ingest or run is writing here"):
        Lake(tmp_path / "tables").lock(wait_seconds=0)
    held.release()
