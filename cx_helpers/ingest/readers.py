"""Raw files as tables of text: every record with its file and row, broken records apart, nothing dropped."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError

LINEAGE = ("_source", "_file", "_row")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    quote: str
    skip: int


@dataclass
class RawFile:
    """One raw file, read.

    Attributes
    ----------
    table : pyarrow.Table
        Every column as text, blanks empty, with `_source` ("file:row"), `_file` and `_row` (1 is the first record).
    broken : list of (row, reason)
        Records that do not fit the header.
    """

    path: Path
    table: pa.Table
    broken: list[tuple[int, str]] = field(default_factory=list)
    dialect: Dialect | None = None


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_file(path: Path, source: Source) -> RawFile:
    """Reads one raw file by its source's reader.

    Raises
    ------
    DataError
        One line: the file, what is wrong with it, and what to do.
    """
    reader = {"csv": _read_csv, "parquet": _read_parquet, "excel": _read_excel}[source.kind]
    if path.stat().st_size == 0:
        raise DataError(f"{path.name}: the file is empty (0 bytes). Export it again.")
    try:
        found = reader(path, source)
    except (pa.ArrowInvalid, duckdb.Error, csv.Error, ValueError, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise DataError(f"{path.name}: not readable as {source.kind} ({reason}). Export it again, or mend sources.yaml.") from None
    _check_columns(path, source, found.table)
    return found


def csv_dialect(path: Path, source: Source) -> Dialect:
    """Encoding, delimiter and quote of a CSV file: as declared, else as detected from its bytes."""
    data = path.read_bytes()
    head = data[:2048].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise DataError(f"{path.name}: this is an HTML page, not a CSV file. Download the export itself.")
    encoding = source.encoding or _encoding(data)
    if b"\0" in data and not encoding.startswith("utf-16"):
        row = data[: data.index(b"\0")].count(b"\n") + 1
        raise DataError(f"{path.name}: a NUL byte in line {row}. The file is damaged; export it again.")
    if source.delimiter and source.quote:
        return Dialect(encoding, source.delimiter, source.quote, source.header_row - 1)
    text = data.decode(encoding, errors="replace")
    first = next(csv.reader(io.StringIO(text)), None)
    if first is None:
        raise DataError(f"{path.name}: no header row found. Export it again.")
    heading = "\n".join(text.splitlines()[source.header_row - 1 : source.header_row + 20])
    counts = {mark: _outside_quotes(heading.splitlines()[0], mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=counts.get)
    delimiter = source.delimiter or (best if counts[best] else ",")
    return Dialect(encoding, delimiter, source.quote or '"', source.header_row - 1)


def _outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _encoding(data: bytes) -> str:
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return name
    for name in ("utf-8", "cp1252"):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def _read_csv(path: Path, source: Source) -> RawFile:
    dialect = csv_dialect(path, source)
    text = path.read_bytes().decode(dialect.encoding)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote)
    header = next((row for index, row in enumerate(rows) if index == dialect.skip), None)
    if not header:
        raise DataError(f"{path.name}: no header in row {dialect.skip + 1}. Set header_row in sources.yaml.")
    names = _unique([name.strip() for name in header])
    broken: list[tuple[int, str]] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        broken.append((row.number - 1 - dialect.skip, f"{row.actual_columns} cells where the header has {row.expected_columns}"))
        return "skip"

    table = pacsv.read_csv(
        io.BytesIO(text.encode("utf-8")),
        read_options=pacsv.ReadOptions(use_threads=False, column_names=names, skip_rows=dialect.skip + 1, block_size=1 << 24),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter, quote_char=dialect.quote, newlines_in_values=True, invalid_row_handler=set_aside
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
        ),
    )
    bad = {row for row, _ in broken}
    total = table.num_rows + len(bad)
    good = [row for row in range(1, total + 1) if row not in bad] if bad else range(1, total + 1)
    return RawFile(path, _with_lineage(table, path.name, list(good)), broken, dialect)


def _read_parquet(path: Path, source: Source) -> RawFile:
    table = pq.read_table(path)
    columns = [_as_text(table[name]) for name in table.column_names]
    table = pa.Table.from_arrays(columns, names=_unique(table.column_names))
    return RawFile(path, _with_lineage(table, path.name, list(range(1, table.num_rows + 1))))


def _read_excel(path: Path, source: Source) -> RawFile:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    if isinstance(source.sheet, str) and source.sheet not in book.sheet_names:
        raise DataError(f"{path.name}: no sheet {source.sheet!r}; it has {', '.join(book.sheet_names)}. Mend sheet in sources.yaml.")
    sheet = book.get_sheet_by_name(source.sheet) if isinstance(source.sheet, str) else book.get_sheet_by_index(source.sheet)
    rows = sheet.to_python(skip_empty_area=False)[source.header_row - 1 :]
    if not rows:
        raise DataError(f"{path.name}: sheet {sheet.name!r} has no row {source.header_row}. Set header_row in sources.yaml.")
    header, body = rows[0], [row for row in rows[1:] if any(cell not in ("", None) for cell in row)]
    names = _unique([_cell(cell) or f"column_{place}" for place, cell in enumerate(header, start=1)])
    columns = [pa.array([_cell(row[place]) for row in body], pa.string()) for place in range(len(names))]
    return RawFile(path, _with_lineage(pa.Table.from_arrays(columns, names=names), path.name, list(range(1, len(body) + 1))))


def _cell(value: object) -> str | None:
    """A spreadsheet's cell as the text a CSV export would hold."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value).strip() or None


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_floating(kind):  # 3.0 was an integer with blanks beside it
        texts = [None if value is None or value != value else _cell(value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return pa.chunked_array([pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())])
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), None, text)


def _unique(names: list[str]) -> list[str]:
    """Column names made different: a repeated `score` becomes `score_2`."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def _with_lineage(table: pa.Table, name: str, rows: list[int]) -> pa.Table:
    number = pa.array(rows, pa.int64())
    file = pa.array([name] * len(rows), pa.string())
    source = pc.binary_join_element_wise(file, number.cast(pa.string()), ":")
    for label, column in zip(LINEAGE, (source, file, number), strict=True):
        table = table.append_column(label, column)
    return table


def _check_columns(path: Path, source: Source, table: pa.Table) -> None:
    missing = [name for name in source.columns or [] if name not in table.column_names]
    if missing:
        have = ", ".join(name for name in table.column_names if name not in LINEAGE)
        raise DataError(
            f"{path.name}: column {', '.join(missing)} is missing; it has {have}. "
            "Export it again with that column, or mend columns in sources.yaml and the SQL."
        )
