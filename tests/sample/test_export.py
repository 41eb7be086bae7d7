"""Raw files: the same bytes for the same seed, every defect as often as TRUTH.md says, and the brand's SQL reads them."""

import csv

import duckdb
import openpyxl
import pandas as pd
import pytest

from cx_helpers.config import load_brand
from cx_helpers.sample import make, write
from cx_helpers.sample.plan import DEFECTS

YEARS = (2024, 2025, 2026)


def text(path, **options):
    return pd.read_csv(path, dtype=str, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    write(folder, seed=1, rentals=6_000)
    return folder


@pytest.fixture(scope="module")
def operations(folder):
    return text(folder / "operations.csv", sep=";", encoding="cp1252")


def test_files_are_the_same_for_the_same_seed(folder, tmp_path):
    written = write(tmp_path, seed=1, rentals=6_000)
    assert {path.name for path in written} == {path.name for path in folder.iterdir()}
    for path in written:
        if path.suffix == ".csv":
            assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "finance.parquet"), pd.read_parquet(folder / "finance.parquet"))
    pd.testing.assert_frame_equal(pd.read_excel(tmp_path / "tickets.xlsx", engine="calamine"), pd.read_excel(folder / "tickets.xlsx", engine="calamine"))


def test_defects_of_the_bookings_are_as_many_as_stated(folder):
    rows = text(folder / "bookings.csv")
    assert rows.duplicated().sum() == DEFECTS["bookings_twice"].rows == 14
    assert rows["booking_no"].isna().sum() == DEFECTS["bookings_no_id"].rows == 5
    assert rows["booked_at"].str.contains("-02-30").sum() == DEFECTS["bookings_bad_date"].rows == 4


def test_defects_of_the_operations_are_as_many_as_stated(folder, operations):
    later = text(folder / "operations_corrected.csv", sep=";", encoding="cp1252")
    handed, back = (pd.to_datetime(operations[name], format="%d/%m/%Y %H:%M:%S") for name in ("handover_at", "returned_at"))
    assert operations["booking"].isna().sum() == DEFECTS["operations_no_id"].rows == 4
    assert (operations["wait_min"] == "n/d").sum() == DEFECTS["operations_not_a_number"].rows == 7
    assert (back < handed).sum() == DEFECTS["operations_back_in_time"].rows == 9
    both = operations.merge(later, on="booking", suffixes=("", "_right"))
    wrong, right = (both[name].str.replace(",", ".").astype(float) for name in ("wait_min", "wait_min_right"))
    assert len(both) == DEFECTS["operations_corrected"].rows == 11 == (wrong - right).round(6).eq(60).sum()
    assert operations["office"].str.contains("Málaga").any()


def test_defects_of_the_surveys_are_as_many_as_stated(folder):
    rows = {year: text(folder / f"surveys_{year}.csv") for year in YEARS}
    assert [rows[year].duplicated().sum() for year in YEARS] == [0, DEFECTS["surveys_twice"].rows, 0]
    score, csat = rows[2026]["score"].astype(float), rows[2026]["question"] == "csat"
    outside = (score > 10) | (csat & ((score > 5) | (score < 1)))
    assert outside.sum() == DEFECTS["surveys_out_of_range"].rows == 8
    assert (rows[2026]["answered_at"] < rows[2026]["asked_at"]).sum() == DEFECTS["surveys_before_asked"].rows == 5
    assert [rows[year]["response_id"].isna().sum() for year in YEARS] == [DEFECTS["surveys_no_id"].rows, 0, 0]
    assert rows[2025]["comment"].str.contains("\n").any() and rows[2025]["comment"].str.contains('"').any()


def test_defects_of_tickets_and_finance_are_as_many_as_stated(folder):
    tickets, finance = pd.read_excel(folder / "tickets.xlsx", engine="calamine"), pd.read_parquet(folder / "finance.parquet")
    assert (tickets["closed_at"] < tickets["opened_at"]).sum() == DEFECTS["tickets_back_in_time"].rows == 3
    assert tickets["ticket_id"].isna().sum() == DEFECTS["tickets_no_id"].rows == 2
    assert finance.duplicated().sum() == DEFECTS["finance_twice"].rows == 6
    assert finance["month"].isna().sum() == DEFECTS["finance_no_month"].rows == 3


def test_actions_name_places_and_solutions_the_brand_declares(folder, brand):
    actions = text(folder / "actions.csv")
    places = set(text(folder / "locations.csv")["name"])
    assert actions["units"].str.split(";").map(lambda names: set(names) <= places).all()
    for row in actions.itertuples():
        assert row.challenge in brand.solutions.solutions[row.solution].solves
        assert row.measure in {**brand.journey.inputs, **brand.journey.metrics}


@pytest.fixture()
def brand(repo, monkeypatch):
    monkeypatch.setenv("CX_DATA", str(repo / "data"))
    return load_brand("sample")


def as_view(connection, brand, folder, name):
    """A source as ingest gives it: all text, with _source, _file and _row; read by other means than ingest's."""
    source, parts = brand.sources.sources[name], []
    for path in sorted(folder.glob(source.file)):
        if path.suffix == ".parquet":
            part = pd.read_parquet(path).astype(object)
            part = part.map(lambda cell: None if cell is None or cell != cell else str(cell))
        elif path.suffix == ".xlsx":
            header, *body = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
            part = pd.DataFrame([[None if cell is None else str(cell) for cell in row] for row in body], columns=header)
        else:
            with path.open(encoding=source.encoding or "utf-8", newline="") as file:
                header, *body = csv.reader(file, delimiter=source.delimiter or ",")
            part = pd.DataFrame([[cell or None for cell in row] for row in body], columns=header)
        rows = [str(row) for row in range(1, len(part) + 1)]
        parts.append(part.assign(_source=[f"{path.name}:{row}" for row in rows], _file=path.name, _row=rows))
    connection.register(name, pd.concat(parts, ignore_index=True).astype("str"))


def test_the_brands_sql_loses_no_row_and_agrees_with_the_frames(folder, brand):
    connection = duckdb.connect()
    for name in brand.sources.sources:
        as_view(connection, brand, folder, name)
    tables = {name: connection.execute(query).df() for name, query in brand.sql.items()}
    frames = make(seed=1, rentals=6_000)
    assert len(tables["journeys"]) == 6_000 + 14
    assert len(tables["responses"]) == len(frames["responses"]) + 10
    assert len(tables["outcomes"]) == len(frames["finance"]) + 6
    used = set().union(*(table["source"] for table in tables.values()))
    for name, source in brand.sources.sources.items():
        rows = {row for (row,) in connection.execute(f"SELECT _source FROM {name}").fetchall()}
        assert source.lookup or rows <= used, name
    inputs = tables["inputs"]
    waits = pd.to_numeric(inputs.query("touchpoint == 'counter'")["value"], errors="coerce")
    assert waits.isna().sum() == 7
    disputes = inputs.query("touchpoint == 'return' and input == 'dispute'").drop_duplicates(["journey_id", "measured_at"])
    assert disputes["value"].astype(float).sum() == pytest.approx(frames["rentals"]["dispute"].sum(), abs=4)
    assert set(inputs["touchpoint"] + "." + inputs["input"]) == set(brand.journey.inputs)
    assert set(tables["responses"]["touchpoint"] + "." + tables["responses"]["metric"]) == set(brand.journey.metrics)
    assert set(tables["journeys"]["unit"]) <= set(frames["locations"]["name"])
