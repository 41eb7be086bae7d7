"""Codes for no answer, numbers and times: declared in sources.yaml, made plain while a file is staged, counted; or suggested."""

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from cx_helpers.config.sources import Source
from cx_helpers.config.usage import FieldUse
from cx_helpers.errors import DataError
from cx_helpers.ingest.missing_codes import beside_scale, missing_rows
from cx_helpers.ingest.readers import file_hash
from cx_helpers.ingest.staging import stage
from cx_helpers.tables.lake import to_contract
from cx_helpers.tables.result_contracts import ALL


def staged(tmp_path, text, **settings):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return stage(path, Source(file="a.csv", **settings), "a.csv", tmp_path / ".parsed", file_hash(path))


def column(found, name):
    return pq.read_table(found.path)[name].to_pylist()


def test_declared_codes_become_missing_and_are_counted(tmp_path):
    text = "score,seen,why\n5,1900-01-01,-\n99, 1900-01-01 ,fine\n0,2026-03-01,\n99,-,99\n"
    found = staged(tmp_path, text, missing={"*": ["-", "1900-01-01"], "score": [99, 0]})
    assert column(found, "score") == ["5", None, None, None] and column(found, "seen") == [None, None, "2026-03-01", None]
    assert column(found, "why") == [None, "fine", None, "99"]
    assert found.missing == [("score", "0", 1), ("score", "99", 2), ("seen", "-", 1), ("seen", "1900-01-01", 2), ("why", "-", 1)]
    assert found.rows == found.rows_in == 4


def test_a_code_of_a_time_is_known_however_its_time_is_written(tmp_path):
    found = staged(tmp_path, "at,n\n01/01/1900,1\n02/03/2026,2\n", dates={"at": "%d/%m/%Y"}, missing={"at": ["1900-01-01 00:00:00"]})
    assert column(found, "at") == [None, "2026-03-02 00:00:00"] and found.missing == [("at", "1900-01-01 00:00:00", 1)]


def test_decimal_commas_become_points_and_other_cells_stay(tmp_path):
    found = staged(tmp_path, "v;id;text\n3,5;1.234;a, b\n-0,25;12;3,4,5\nx;1,5x;\n", numbers={"decimal": ","})
    assert column(found, "v") == ["3.5", "-0.25", "x"] and column(found, "id") == ["1.234", "12", "1,5x"]
    assert column(found, "text") == ["a, b", "3,4,5", None]


def test_thousands_and_currency_signs_go_in_the_columns_named(tmp_path):
    text = "price;no\n€ 1.234,50;1.234\n12;7\n1.234.567;8\n12,5 kg;9\n-3,10 €;1\n1.23;2\n"
    found = staged(tmp_path, text, numbers={"decimal": ",", "thousands": ".", "columns": ["price"]})
    assert column(found, "price") == ["1234.50", "12", "1234567", "12,5 kg", "-3.10", "1.23"]
    assert column(found, "no") == ["1.234", "7", "8", "9", "1", "2"]


def test_mixed_ways_to_write_a_time_are_told_and_what_fits_none_stays(tmp_path):
    text = "at\n31/12/2026 23:05\n2026-03-01T10:00:00\n5-Mar-26\n32/12/2026 10:00\n2026-03-01 10:00:00.250\n"
    found = staged(tmp_path, text, dates={"at": ["%d/%m/%Y %H:%M", "%d-%b-%y", "ISO"]})
    expected = ["2026-12-31 23:05:00", "2026-03-01 10:00:00", "2026-03-05 00:00:00", "32/12/2026 10:00", "2026-03-01 10:00:00.250000"]
    assert column(found, "at") == expected


def test_times_of_a_named_zone_become_utc_in_summer_and_winter(tmp_path):
    text = "at,other\n2026-07-01 10:00,2026-07-01 10:00\n2026-01-01 10:00,\n2026-07-01 10:00:00+00:00,x\n29/03/2026 02:30,y\n"
    found = staged(tmp_path, text, dates={"at": ["ISO", "%d/%m/%Y %H:%M"]}, zone="Europe/Madrid")
    assert column(found, "at")[:3] == ["2026-07-01 08:00:00Z", "2026-01-01 09:00:00Z", "2026-07-01 10:00:00+00:00"]
    assert column(found, "at")[3] in ("2026-03-29 00:30:00Z", "2026-03-29 01:30:00Z") and column(found, "other")[0] == "2026-07-01 10:00"


@pytest.mark.parametrize(
    "settings", [{"dates": {"gone": "ISO"}}, {"missing": {"gone": ["-"]}}, {"numbers": {"decimal": ",", "columns": ["gone"]}}]
)
def test_a_column_declared_and_not_there_is_one_line(tmp_path, settings):
    with pytest.raises(DataError, match=r"^a.csv: no column gone for dates, numbers or missing; it has at, n. Mend sources.yaml.$"):
        staged(tmp_path, "at,n\n1,2\n", **settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"numbers": {"thousands": "."}}, "`thousands` needs `columns`"),
        ({"numbers": {"decimal": ",", "thousands": ",", "columns": ["a"]}}, "are the same mark"),
        ({"dates": {"at": "dd/mm/yyyy"}}, "is not a way to write times, such as %d/%m/%Y %H:%M, or ISO"),
        ({"zone": "Madrid"}, "is not a time zone, such as Europe/Madrid"),
        ({"encoding": "utf-9"}, "is not an encoding, such as utf-8 or cp1252"),
        ({"url": "sqlite://", "query": "SELECT 1"}, "needs `file` .* or `url` with `query` .*, one of the two"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Source(file="a.csv", **settings)


def test_codes_seen_and_not_declared_are_suggested_and_left(tmp_path):
    scores = [*"12345" * 4, "6", "0", "0", "6"]
    rows = [f"{score},{nps},{age},{seen},word {place}" for place, (score, nps, age, seen) in enumerate(zip(
        scores, [*map(str, range(11)), "11", "11", *["9"] * 11], range(20, 44), ["1900-01-01", "-", "n/a", *["2026-03-01"] * 21], strict=True))]  # fmt: skip
    found = staged(tmp_path, "q1,nps,age,seen,text\n" + "\n".join(rows) + "\n")
    assert sorted(found.suggested) == [("nps", "11", 2), ("q1", "0", 2), ("q1", "6", 2), ("seen", "-", 1), ("seen", "1900-01-01", 1), ("seen", "n/a", 1)]
    assert column(found, "q1")[-3:] == ["0", "0", "6"] and found.missing == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (range(11), []), (range(12), [11]), (range(1, 8), []), ([*range(1, 8), 99], [99]), (range(0, 7), [0, 6]), ([1, 2, 3, 4, 5, 6, 8, 9], [6, 8, 9]),
        (range(1, 11), []), (range(1, 10), []), ([1, 2, 3, 4], []), ([1, 2, 3, 4, 5, 12], []), ([1, 2, 3, 4, 5, -9], [-9]), (range(0, 30), []),
    ],
)  # fmt: skip
def test_a_number_beside_a_whole_scale_is_told_from_the_scale(values, expected):
    assert sorted(map(int, beside_scale([str(value) for value in values]))) == expected


def test_times_of_day_on_a_spreadsheets_first_day_are_no_codes(tmp_path):
    rows = [f"12/31/1899 {hour}:30:00 AM" for hour in (10, 11) for _ in range(9)]
    assert staged(tmp_path, "departs\n" + "\n".join(rows) + "\n").suggested == []
    many = [f"12/31/1899 {place // 60}:{place % 60:02}:00" for place in range(60)]
    assert staged(tmp_path, "departs\n" + "\n".join(many) + "\n").suggested == []


def test_a_list_of_kinds_and_a_comment_hold_no_codes():
    fields = {"region": FieldUse(kind="descriptive"), "q1": FieldUse(kind="attitude"), "said": FieldUse(kind="attitude", personal="free_text")}
    seen = [("region", "6", 3), ("region", "-", 1), ("q1", "6", 2), ("said", ".", 4), ("new", "9", 1), ("known", "6", 5)]
    found = missing_rows("a", "a.csv", [], seen, Source(file="a.csv", fields=fields, known={"known": ["6"]}))
    assert [(row["column"], row["value"]) for row in found] == [("region", "-"), ("q1", "6"), ("new", "9")]


def test_the_ledger_of_codes_fits_its_contract():
    rows = missing_rows("survey", "a.csv", [("q", "99", 3)], [("q", "0", 1)])
    table = to_contract(pd.DataFrame(rows), ALL["missing_codes"], "missing_codes")
    assert [(row["value"], row["rows"], row["about"]) for row in table.to_pylist()] == [("99", 3.0, "declared"), ("0", 1.0, "suggested")]


def test_the_sfo_survey_suggests_the_codes_of_its_field_guide(shared, tmp_path):
    path = shared / "data" / "sfo_2017" / "2017_SFO_Customer_Survey.csv"
    found = stage(path, Source(file=path.name), path.name, tmp_path / ".parsed", file_hash(path))
    seen = {(name, value): rows for name, value, rows in found.suggested}
    assert (found.rows, found.rows_in) == (2831, 2831)
    assert seen["NETPRO", "11"] == 84 and {("Q7FOOD", "0"), ("Q7FOOD", "6"), ("Q7ALL", "Blank")} <= set(seen)


def test_the_olist_files_are_staged_whole(shared, tmp_path):
    folder = shared / "data" / "olist_sample"
    rows = {path.name: stage(path, Source(file=path.name), path.name, tmp_path / ".parsed", file_hash(path)) for path in sorted(folder.glob("*.csv"))}
    assert len(rows) == 8 and all(found.rows == found.rows_in > 0 and not found.aside for found in rows.values())
    assert max(len(text or "") for text in column(rows["olist_order_reviews_dataset.csv"], "review_comment_message")) > 100
