"""Damaged exports of every kind: each is read whole, row for row, or refused in one line; never a traceback, never a lost row.

Rows are counted a third time here, by the simplest means each kind allows, beside the reader and the workbench's own
second parser. How many files were tried stands at the end of the tests' output.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers import file_hash
from cx_helpers.ingest.readers.dialects import dialect_of
from cx_helpers.ingest.staging import stage

ROWS = 40
OUR_OWN = re.compile(r"Traceback|NoneType|has no attribute|object is not|unsupported operand|positional argument|list index")


def frame_of(rows: int = ROWS) -> pd.DataFrame:
    words = ["fine", "too slow, really", 'a "late" car', "two\nlines", "Málaga; señor", ""]
    return pd.DataFrame({
        "booking_no": [f"tok{row}x" for row in range(rows)],
        "when": [f"2026-03-{row % 28 + 1:02d} 10:{row % 60:02d}:00" for row in range(rows)],
        "score": [row % 11 for row in range(rows)],
        "text": [words[row % len(words)] for row in range(rows)],
        "office": [f"O{row % 5}" for row in range(rows)],
    })  # fmt: skip


def csv_bytes(frame: pd.DataFrame, encoding: str = "utf-8", above: str = "", **how) -> bytes:
    return (above + frame.to_csv(index=False, **how)).encode(encoding)


def qualtrics_bytes(frame: pd.DataFrame) -> bytes:
    frame = frame.assign(Status=["IP Address", "Survey Preview", "0", "2"] * (len(frame) // 4) + ["0"] * (len(frame) % 4))
    texts = pd.DataFrame([[f"What is {name}?" for name in frame], [json.dumps({"ImportId": name, "timeZone": "Europe/Madrid"}) for name in frame]], columns=frame.columns)
    return csv_bytes(pd.concat([texts, frame.astype(object)]))


def surveymonkey_bytes(frame: pd.DataFrame) -> bytes:
    heads = ["Respondent ID", "Start Date", "How was it?", "", "Where?"][: frame.shape[1]]
    below = pd.DataFrame([["", "", "Pick-up", "Return", "Response"][: frame.shape[1]]], columns=heads)
    return csv_bytes(pd.concat([below, frame.astype(object).set_axis(heads, axis=1)]))


def sav_bytes(frame: pd.DataFrame, folder: Path) -> bytes:
    path = folder / "made.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels={"score": {0: "bad", 10: "good"}} if "score" in frame else None, row_compress=False)
    return path.read_bytes()


def built(save) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", data)
    return out.getvalue()


KINDS = {
    "csv": ("a.csv", {}, lambda f, _: csv_bytes(f)),
    "csv, columns declared": ("a.csv", {"columns": ["booking_no", "score"], "delimiter": ","}, lambda f, _: csv_bytes(f)),
    "csv, semicolons in cp1252": ("a.csv", {}, lambda f, _: csv_bytes(f, "cp1252", sep=";")),
    "csv, utf-16": ("a.csv", {}, lambda f, _: csv_bytes(f, "utf-16", sep="\t")),
    "csv, all quoted, a title above": ("a.csv", {}, lambda f, _: csv_bytes(f, above="Export of March\n\n", quoting=1, lineterminator="\r\n")),
    "csv, cells made plain": ("a.csv", {"missing": {"*": ["-", "5"]}, "dates": {"when": ["ISO", "%d/%m/%Y"]}, "zone": "Europe/Madrid"}, lambda f, _: csv_bytes(f)),
    "csv without a quote": ("a.csv", {}, lambda f, _: csv_bytes(f.drop(columns="text", errors="ignore"))),
    "gz": ("a.csv.gz", {}, lambda f, _: gzip.compress(csv_bytes(f), mtime=0)),
    "zip": ("a.zip", {}, lambda f, _: zipped(csv_bytes(f))),
    "qualtrics": ("a.csv", {"reader": "qualtrics"}, lambda f, _: qualtrics_bytes(f)),
    "surveymonkey": ("a.csv", {"reader": "surveymonkey"}, lambda f, _: surveymonkey_bytes(f)),
    "typeform": ("a.csv", {"reader": "typeform"}, lambda f, _: csv_bytes(f.rename(columns={"text": "<b>Why?</b>", "when": "Submit Date (UTC)"}))),
    "google_forms": ("a.csv", {"reader": "google_forms"}, lambda f, _: csv_bytes(f[[c for c in ("when", *f) if c in f]].T.drop_duplicates().T.rename(columns={"when": "Timestamp"}))),
    "parquet": ("a.parquet", {}, lambda f, _: built(lambda out: f.to_parquet(out, index=False))),
    "excel": ("a.xlsx", {}, lambda f, _: built(lambda out: f.to_excel(out, index=False))),
    "spss": ("a.sav", {}, sav_bytes),
    "json lines": ("a.jsonl", {}, lambda f, _: f.to_json(orient="records", lines=True, force_ascii=False).encode()),
    "json": ("a.json", {}, lambda f, _: f.to_json(orient="records", force_ascii=False).encode()),
    "zendesk": ("a.json", {"reader": "zendesk"}, lambda f, _: json.dumps({"tickets": f.to_dict("records"), "count": len(f)}).encode()),
}  # fmt: skip
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "cp037", "utf-7")


def changed_frame(change: tuple[str, int]) -> pd.DataFrame:
    """Columns dropped or repeated, rows cut, before the file is made."""
    what, place = change
    frame = frame_of()
    if what == "drop":
        return frame.drop(columns=frame.columns[place % frame.shape[1]])
    if what == "rows":
        return frame.head(place % (ROWS + 1))
    if what == "rename":
        return frame.rename(columns={frame.columns[place % frame.shape[1]]: "Renamed"})
    return frame


def changed_bytes(data: bytes, changes: list[tuple[str, int, int]]) -> bytes:
    """Bytes flipped, put in, taken out, repeated; the end cut off; the text written in another encoding."""
    for what, place, value in changes:
        at = place % max(len(data), 1)
        span = 1 + value % 64
        if what == "flip" and data:
            data = data[:at] + bytes([data[at] ^ (1 << value % 8)]) + data[at + 1 :]
        elif what == "insert":
            data = data[:at] + b'\n\r",;\t\0\xff\xe9=<{['[value % 13 : value % 13 + 1] + data[at:]
        elif what == "delete":
            data = data[:at] + data[at + span :]
        elif what == "repeat":
            data = data[:at] + data[at : at + span * 8] + data[at:]
        elif what == "cut":
            data = data[:at]
        elif what == "encode":
            data = data.decode("utf-8", errors="replace").encode(ENCODINGS[value % len(ENCODINGS)], errors="replace")
    return data


def third_count(name: str, reader: str, path: Path, source: Source, notes: list[str], header_rows: int) -> int:
    """Records of a file, by the simplest means."""
    data = path.read_bytes()
    if name.endswith(".gz"):
        data = gzip.decompress(data)
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            data = archive.read(archive.namelist()[0])
    if name.endswith(".parquet"):
        return pl.read_parquet(path).height
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(path) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        return len(re.findall(r"<row\b(?:(?!</row>).)*?<(?:v|t)\b", sheet, flags=re.S)) - 1
    if name.endswith(".sav"):
        return struct_cases(data)
    if name.endswith((".jsonl", ".json")):
        return sum(bool(line.strip()) for line in data.split(b"\n")) if name.endswith("l") else json_entries(data.decode("utf-8-sig"))
    plain = path.with_name("plain.csv")
    plain.write_bytes(data)
    dialect = dialect_of(plain, source, name)
    above = int(re.search(r"found in row (\d+)", notes[0])[1]) - 1 if notes else 0
    return csv_records(data.decode(dialect.encoding), dialect.delimiter, above + header_rows)


def csv_records(text: str, delimiter: str, skip: int) -> int:
    """Characters one by one: a quote at the start of a cell opens it, the next one that is not doubled closes it."""
    records, inside, start, filled, place, blank_above = 0, False, True, False, 0, 0
    while place < len(text):
        mark = text[place]
        if inside:
            if mark == '"' and text[place + 1 : place + 2] == '"':
                place += 1
            elif mark == '"':
                inside = False
        elif mark in "\r\n":
            if mark == "\r" and text[place + 1 : place + 2] == "\n":
                place += 1
            blank_above += not filled and records + blank_above < skip
            records += filled
            filled, start = False, True
        elif mark == '"' and start:
            inside, filled, start = True, True, False
        else:
            start, filled = mark == delimiter, True
        place += 1
    return records + filled - (skip - blank_above)


def json_entries(text: str) -> int:
    """Objects and values at the level of the records, by depth alone."""
    depth, inside, entries, fresh, wanted, place = 0, False, 0, False, 1 if text.lstrip().startswith("[") else 2, 0
    while place < len(text):
        mark = text[place]
        if inside:
            place += mark == "\\"
            inside = mark != '"'
        elif mark == '"':
            inside = True
            entries, fresh = (entries + fresh, False) if depth == wanted else (entries, fresh)
        elif mark in "[{":
            entries, fresh = (entries + fresh, False) if depth == wanted else (entries, fresh)
            depth += 1
            fresh = depth == wanted and mark == "["
        elif mark in "]}":
            depth -= 1
        elif mark == "," and depth == wanted:
            fresh = True
        elif not mark.isspace() and depth == wanted and fresh:
            entries, fresh = entries + 1, False
        place += 1
    return entries


def struct_cases(data: bytes) -> int:
    """An SPSS file that is not packed: bytes after its dictionary, by the width of a case."""
    begins = data.index(b"\xe7\x03\x00\x00\x00\x00\x00\x00") + 8
    width = int(np.frombuffer(data[68:72], "<i4")[0])
    return (len(data) - begins) // (8 * width)


def tried(kind: str, folder: Path, frame_change: tuple[str, int], changes: list[tuple[str, int, int]]) -> str:
    """Stages one damaged file; what came of it."""
    name, declared, make = KINDS[kind]
    path = folder / name
    path.write_bytes(changed_bytes(make(changed_frame(frame_change), folder), changes))
    source = Source(file=name, **declared)
    try:
        found = stage(path, source, name, folder / ".parsed", file_hash(path))
    except DataError as error:
        said = str(error)
        assert said.startswith(f"{name}: ") and "\n" not in said and said.endswith((".", "sources.yaml", "SQL.")), said
        assert not OUR_OWN.search(said) and str(folder) not in said, said
        assert not any((folder / ".parsed").glob("*.part*"))
        return "refused"
    heads = {"qualtrics": 3, "surveymonkey": 2}.get(source.reader, 1)
    assert found.rows + len(found.aside) == found.rows_in == third_count(name, source.reader, path, source, found.notes, heads)
    table = pq.read_table(found.path)
    assert table.num_rows == found.rows
    assert sorted([*table["_row"].to_pylist(), *(row for row, _ in found.aside)]) == list(range(1, found.rows_in + 1))
    if not found.aside and name == "a.csv" and not declared:
        text = path.read_bytes().decode(dialect_of(path, source, name).encoding)
        cells = " ".join(str(cell) for column in table.itercolumns() for cell in column.to_pylist())
        assert set(re.findall(r"tok\d+x", text)) <= set(re.findall(r"tok\d+x", cells + " ".join(found.columns)))
    found.path.unlink()
    return "read"


def record_counts(record_property, ends: list[str]) -> None:
    """Every file under one outcome, so that both outcomes add up to all that were tried."""
    outcomes = {"read whole": ends.count("read"), "refused in one line": ends.count("refused")}
    assert sum(outcomes.values()) == len(ends)
    for name, count in {"damaged files": len(ends), **{f"damaged files {outcome}": count for outcome, count in outcomes.items()}}.items():
        record_property(f"count of {name}", count)


def some(rng: random.Random) -> tuple[tuple[str, int], list[tuple[str, int, int]]]:
    frame_change = rng.choice([("none", 0)] * 3 + [("drop", rng.randrange(5)), ("rows", rng.randrange(41)), ("rename", rng.randrange(5))])
    whats = rng.choices(["flip", "insert", "delete", "repeat", "cut", "encode"], [6, 3, 2, 1, 2, 1], k=rng.choice([0, 1, 1, 1, 2, 4]))
    return frame_change, [(what, rng.randrange(1 << 16), rng.randrange(1 << 16)) for what in whats]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unharmed_file_is_read_whole(kind, tmp_path):
    assert tried(kind, tmp_path, ("none", 0), []) == "read"


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_damaged_files_of_each_kind_are_read_whole_or_refused(kind, tmp_path, record_property):
    rng = random.Random(f"few {kind}")
    ends = [tried(kind, tmp_path, *some(rng)) for _ in range(6)]
    record_counts(record_property, ends)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_of_each_kind_are_read_whole_or_refused(kind, tmp_path, record_property):
    ends = []
    change = st.tuples(st.sampled_from(["flip", "insert", "delete", "repeat", "cut", "encode"]), st.integers(0, 1 << 16), st.integers(0, 1 << 16))
    before = st.tuples(st.sampled_from(["none", "drop", "rows", "rename"]), st.integers(0, 40))

    @settings(max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(before, st.lists(change, max_size=4))
    def search(frame_change, changes):
        ends.append(tried(kind, tmp_path, frame_change, changes))

    search()
    rng = random.Random(kind)
    ends += [tried(kind, tmp_path, *some(rng)) for _ in range(25)]
    record_counts(record_property, ends)
    assert len(ends) >= 60 and {"read", "refused"} == set(ends)
