"""Raw files of every kind become the same text; what cannot be read is told in one line; nothing is dropped unseen."""

import datetime as dt
import importlib
import re

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers import file_hash, file_order
from cx_helpers.ingest.staging import stage


def staged(path, **settings):
    return stage(path, Source(file=path.name, **settings), path.name, path.parent / ".parsed", file_hash(path))


def read(path, **settings):
    """Rows as lists of text, the broken records, and the count of the second parser."""
    found = staged(path, **settings)
    frame = pq.read_table(found.path).to_pandas()
    rows = frame.drop(columns=["_row"]).astype(object).where(frame.notna(), None)
    assert sorted([*frame["_row"], *(row for row, _ in found.aside)]) == list(range(1, found.rows_in + 1))
    assert list(rows.columns) == found.columns
    return found.columns, rows.to_numpy().tolist(), found.aside, found.rows_in


def csv(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path, mark):
    path = csv(tmp_path, f'id{mark}"a, b; c"{mark}n\n1{mark}"x;y,z\t|"{mark}2,5\n'.replace("2,5", "2.5"))
    assert read(path) == (["id", "a, b; c", "n"], [["1", "x;y,z\t|", "2.5"]], [], 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(tmp_path, encoding):
    path = csv(tmp_path, "id,place\n1,Málaga €\n".encode(encoding))
    assert read(path) == (["id", "place"], [["1", "Málaga €"]], [], 1)


def test_a_byte_order_mark_is_no_part_of_the_first_column_though_utf_8_is_declared(tmp_path):
    assert read(csv(tmp_path, "id,n\n1,2\n".encode("utf-8-sig")), encoding="utf-8")[0] == ["id", "n"]


def test_a_declared_encoding_that_is_wrong_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"^a.csv: line 2 has bytes that ascii does not have. Export it again, or mend encoding in sources.yaml.$"):
        read(csv(tmp_path, "id,place\n1,Málaga\n"), encoding="ascii")


def test_cells_may_hold_lines_quotes_and_delimiters_and_blanks_are_missing(tmp_path):
    path = csv(tmp_path, 'id,text,n\r\n1,"two\nlines, ""quoted""",\r\n2,,3\r\n')
    assert read(path) == (["id", "text", "n"], [["1", 'two\nlines, "quoted"', None], ["2", None, "3"]], [], 2)


def test_a_heading_over_two_lines_is_one_header(tmp_path):
    path = csv(tmp_path, 'id,"score\n(1-5)"\n1,4\n2,5\n')
    assert read(path) == (["id", "score\n(1-5)"], [["1", "4"], ["2", "5"]], [], 2)


def test_repeated_and_blank_headers_are_told_apart_as_sql_does(tmp_path):
    path = csv(tmp_path, "score,Score,score_2,,score,_row\n1,2,3,4,5,6\n")
    assert read(path)[:2] == (["score", "Score_2", "score_2_2", "column_4", "score_3", "_row_2"], [["1", "2", "3", "4", "5", "6"]])


def test_the_header_may_stand_further_down(tmp_path):
    path = csv(tmp_path, 'Export of 1 March\n"by ""us"", again"\n\nid;n\n1;2\n')
    assert read(path, header_row=4) == (["id", "n"], [["1", "2"]], [], 1)


def test_blank_lines_are_no_records_and_a_missing_last_newline_loses_nothing(tmp_path):
    assert read(csv(tmp_path, "id,n\n\n1,2\n\n\n3,4"))[1:] == ([["1", "2"], ["3", "4"]], [], 2)


def test_broken_records_are_set_aside_with_their_row(tmp_path):
    path = csv(tmp_path, 'Title\nid,n\n1,2\n\n"a\nb",3\n4,5,6\n7,8\n9\n10,11\n')
    _, rows, broken, counted = read(path, header_row=2)
    assert rows == [["1", "2"], ["a\nb", "3"], ["7", "8"], ["10", "11"]]
    assert broken == [(3, "3 cells where the header has 2"), (5, "1 cells where the header has 2")]
    assert counted == len(rows) + len(broken) == 6
    found = pq.read_table(staged(path, header_row=2).path)["_row"].to_pylist()
    assert found == [1, 2, 4, 6]


def test_one_damaged_byte_does_not_turn_the_rest_into_another_encoding(tmp_path):
    said = r"^a.csv: line 3 has bytes that are not UTF-8, while the rest is. The file is damaged; export it again.$"
    with pytest.raises(DataError, match=said):
        read(csv(tmp_path, "id,place\n1,Málaga\n2,Le\xf3n\n3,Cádiz\n".encode().replace("Le\xf3n".encode(), b"Le\xf3n")))


def test_a_title_above_the_table_is_passed_over_and_said(tmp_path):
    path = csv(tmp_path, "Export of March;;\n;;\nid;when;n\n1;2026-03-01;2\n2;2026-03-02;5\n")
    assert read(path) == (["id", "when", "n"], [["1", "2026-03-01", "2"], ["2", "2026-03-02", "5"]], [], 2)
    assert staged(path).notes == ["a.csv: the header was found in row 3, below a title."]


def test_a_blank_heading_is_no_title(tmp_path):
    assert read(csv(tmp_path, "id,,\n1,x,2\n2,y,3\n"))[:2] == (["id", "column_2", "column_3"], [["1", "x", "2"], ["2", "y", "3"]])


def test_a_file_cut_off_in_a_record_is_refused_and_a_short_record_with_its_line_end_is_set_aside(tmp_path):
    said = r"^a.csv: cut off in record 2, the last: 2 cells where the header has 3, and no line end. Export it again; if it is a line of totals"
    with pytest.raises(DataError, match=said):
        read(csv(tmp_path, "id,n,t\n1,2,x\n3,4"))
    with pytest.raises(DataError, match=said):
        read(csv(tmp_path, "id,n,t\n1,2,x\n3,4".encode("utf-16"), "a.csv"))
    assert read(csv(tmp_path, "id,n,t\n1,2,x\n3,4\n"))[2] == [(2, "2 cells where the header has 3")]


def test_a_file_is_parsed_once_by_content_and_settings(tmp_path, monkeypatch):
    path = csv(tmp_path, "id,n\n1,2\n3\n")
    first = staged(path)
    monkeypatch.setattr("cx_helpers.ingest.staging.OPEN", {})
    again = staged(path)
    assert again == first and again.aside == [(2, "1 cells where the header has 2")]
    with pytest.raises(DataError):
        staged(path, missing={"n": ["2"]})
    assert oct(first.path.parent.stat().st_mode & 0o777) == "0o700" and oct(first.path.stat().st_mode & 0o777) == "0o600"


def test_a_refused_file_leaves_nothing_behind_and_what_a_killed_process_left_is_removed(tmp_path):
    path = csv(tmp_path, 'id,n\n1,2\n3,"4')
    (tmp_path / ".parsed").mkdir()
    (tmp_path / ".parsed" / "0123-1.part1").write_text("left by a killed process")
    with pytest.raises(DataError):
        staged(path)
    assert list((tmp_path / ".parsed").iterdir()) == []


RENAMED = r"a.csv: column score, when is missing; it has id, Score, n. Perhaps renamed: score is now Score. Export it again with that column"


def test_a_renamed_column_is_told_with_its_likely_new_name(tmp_path):
    with pytest.raises(DataError, match=RENAMED):
        read(csv(tmp_path, "id,Score,n\n1,2,3\n"), columns=["id", "score", "when"])


@pytest.mark.parametrize(("column", "cell"), [("order_id", "1.23457E+12"), ("customerNo", "4.9E+11"), ("Ticket ID", "1,23457E+12")])
def test_ids_in_scientific_notation_are_refused(tmp_path, column, cell):
    path = csv(tmp_path, f'n,{column}\n1,77\n2,"{cell}"\n')
    with pytest.raises(DataError, match=rf"^a.csv: ids in {column} lost digits in a spreadsheet \(record 2: {re.escape(cell)}\). Export it from"):
        read(path)
    assert read(csv(tmp_path, f'n,amount\n2,"{cell}"\n', "b.csv"))[3] == 1


def test_ids_with_zeros_after_the_fifteenth_digit_are_refused_unless_one_has_none(tmp_path):
    spoilt = ["4012345678901230", "4012345678907650", "40123456789012300"]
    with pytest.raises(DataError, match=r"^a.csv: ids in card_no lost digits in a spreadsheet \(record 1: 4012345678901230\)"):
        read(csv(tmp_path, "\n".join(["card_no", *spoilt])))
    assert read(csv(tmp_path, "\n".join(["card_no", *spoilt, "4012345678901231"]), "b.csv"))[3] == 4
    assert read(csv(tmp_path, "\n".join(["card_no", *spoilt[:2]]), "c.csv"))[3] == 2


def test_only_a_header_is_a_file_without_rows(tmp_path):
    assert read(csv(tmp_path, "id,n\n")) == (["id", "n"], [], [], 0)
    assert read(csv(tmp_path, "id,n")) == (["id", "n"], [], [], 0)


UNREADABLE = {
    "an HTML page": (b"\n<!DOCTYPE html><html>Log in</html>", {}, r"a.csv: this is an HTML page, not a CSV file. Download the export itself."),
    "a NUL byte": (b"id,n\n1,\0\n", {}, r"a.csv: a NUL byte in line 2. The file is damaged; export it again."),
    "an empty file": (b"", {}, r"a.csv: the file is empty \(0 bytes\). Export it again."),
    "blanks alone": (b"  \n\n", {}, r"a.csv: no header in row 1. Set header_row in sources.yaml."),
    "no such header row": (b"id\n1\n", {"header_row": 9}, r"a.csv: no header in row 9. Set header_row in sources.yaml."),
    "a file cut inside a quote": (b'id,t\n1,ok\n2,"cut off', {}, r"a.csv: .*(unexpected end of data|quote is not closed|not readable)"),
    "a missing column": (b"id,n\n1,2\n", {"columns": ["id", "score", "when"]}, r"a.csv: column score, when is missing; it has id, n. Export it again with that column, or mend columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_what_cannot_be_read_is_one_clear_line(tmp_path, name):
    content, settings, said = UNREADABLE[name]
    with pytest.raises(DataError) as caught:
        read(csv(tmp_path, content), **settings)
    assert re.match(said, str(caught.value)) and "\n" not in str(caught.value), caught.value


@pytest.fixture
def workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Tickets"
    sheet.append(["Weekly export"])
    sheet.append(["id", "opened", "day", "hours", "done", "text", "n", "n"])
    sheet.append([7, dt.datetime(2026, 3, 1, 9, 30), dt.date(2026, 3, 2), 1.5, True, " wait, please ", None, 3.0])
    sheet.append([None] * 8)
    sheet.append(["008", None, None, 2, False, "", "x", None])
    book.create_sheet("Other").append(["a"])
    book.save(tmp_path / "t.xlsx")
    return tmp_path / "t.xlsx"


def test_a_workbook_gives_its_types_as_a_csv_export_would(workbook):
    header, rows, broken, counted = read(workbook, sheet="Tickets", header_row=2)
    assert header == ["id", "opened", "day", "hours", "done", "text", "n", "n_2"] and not broken
    assert rows[0] == ["7", "2026-03-01 09:30:00", "2026-03-02", "1.5", "true", "wait, please", None, "3"]
    assert rows[1] == ["008", None, None, "2", "false", None, "x", None]
    assert counted == 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"sheet": "Ticket"}, r"t.xlsx: no sheet 'Ticket'; it has Tickets, Other. Mend sheet in sources.yaml."),
        ({"sheet": 5}, r"t.xlsx: no sheet 5; it has Tickets, Other."),
        ({"sheet": "Other", "header_row": 3}, r"t.xlsx: no header in row 3 of sheet 'Other'."),
    ],
)
def test_a_sheet_that_is_not_there_is_one_line(workbook, settings, said):
    with pytest.raises(DataError, match=said):
        read(workbook, **settings)


def test_a_workbook_that_is_none_and_one_of_the_old_kind_are_one_line(tmp_path):
    with pytest.raises(DataError, match=r"^a.xlsx: not a workbook, though reader or ending says excel. Mend reader in sources.yaml, or export it again.$"):
        read(csv(tmp_path, b"id,n\n1,2\n", "a.xlsx"))
    with pytest.raises(DataError, match=r"^a.xls: protected by a password, or an old workbook \(.xls\). Save it as .xlsx without a password, or as CSV.$"):
        read(csv(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls"))


def test_parquet_gives_its_types_as_text(tmp_path):
    at = dt.datetime(2026, 7, 1, 10, 0, tzinfo=dt.UTC)
    table = pa.table({
        "whole": pa.array([1, None]), "rated": pa.array([4.0, float("nan")]), "half": pa.array([1.5, -2.25]),
        "day": pa.array([dt.date(2026, 7, 1), None]), "at": pa.array([at, None], pa.timestamp("us", "UTC")),
        "madrid": pa.array([at, None], pa.timestamp("us", "Europe/Madrid")), "flag": pa.array([True, None]), "text": pa.array(["", "b"]),
        "bytes": pa.array([b"caf\xc3\xa9", None]), "kind": pa.array(["x", "y"]).dictionary_encode(), "none": pa.nulls(2),
    })  # fmt: skip
    (tmp_path / "year=2026").mkdir()
    path = tmp_path / "year=2026" / "a.parquet"
    pq.write_table(table, path)
    header, rows, _, counted = read(path)
    assert dict(zip(header, rows[0], strict=True)) == {
        "whole": "1", "rated": "4", "half": "1.5", "day": "2026-07-01", "at": "2026-07-01 10:00:00.000000Z", "flag": "true",
        "madrid": "2026-07-01 12:00:00.000000+0200", "text": None, "bytes": "café", "kind": "x", "none": None,
    }  # fmt: skip
    assert rows[1] == [None, None, "-2.25", None, None, None, None, "b", None, "y", None] and counted == 2


def test_a_damaged_parquet_file_is_one_line(tmp_path):
    pd.DataFrame({"a": range(100)}).to_parquet(tmp_path / "a.parquet")
    path = csv(tmp_path, (tmp_path / "a.parquet").read_bytes()[:-20], "a.parquet")
    with pytest.raises(DataError, match=r"^a.parquet: not readable as parquet \(.*\). Export it again"):
        read(path)


def test_files_are_ordered_as_people_number_them():
    names = ["part_10.csv", "part_9.csv", "surveys2.csv", "surveys.csv", "ops_corrected.csv", "ops.csv", "a (1).csv", "a.csv"]
    assert sorted(names, key=file_order) == ["a.csv", "a (1).csv", "ops.csv", "ops_corrected.csv", "part_9.csv", "part_10.csv", "surveys.csv", "surveys2.csv"]


@pytest.mark.parametrize(("place", "kind"), [
    ("cx_helpers.ingest.counting.count_parquet", "parquet"), ("cx_helpers.ingest.counting.workbook_extent", "excel"),
    ("cx_helpers.ingest.counting.count_csv", "csv"), ("cx_helpers.ingest.counting.count_lines", "jsonl"), ("cx_helpers.ingest.counting.count_json", "json"),
])  # fmt: skip
def test_a_row_that_only_one_of_two_parsers_sees_is_refused(tmp_path, monkeypatch, place, kind):
    frame = pd.DataFrame({"a": range(7), "b": ["x"] * 7})
    path = tmp_path / {"excel": "a.xlsx"}.get(kind, f"a.{kind}")
    {"parquet": frame.to_parquet, "excel": lambda p: frame.to_excel(p, index=False), "csv": lambda p: frame.to_csv(p, index=False),
     "jsonl": lambda p: frame.to_json(p, orient="records", lines=True), "json": lambda p: frame.to_json(p, orient="records")}[kind](path)  # fmt: skip
    module, name = place.rsplit(".", 1)
    real = getattr(importlib.import_module(module), name)
    users = ("csv_files", "typed_files", "json_records")
    for user in (importlib.import_module(f"cx_helpers.ingest.readers.{user}") for user in users):
        if hasattr(user, name):
            found = (lambda *given: [*real(*given), 1]) if kind == "excel" else (lambda *given: real(*given) + 1)
            monkeypatch.setattr(user, name, found)
    with pytest.raises(DataError, match=f"^{path.name}: 8 records counted, 7 read: two parsers disagree where a record ends"):
        staged(path)
