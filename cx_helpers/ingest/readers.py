"""Raw files as tables of text: every record with its file and row, broken records apart, nothing dropped."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

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


def file_order(name: str) -> tuple:
    """Sorts files as people number them, `part_9` before `part_10`; of two, the later one corrects the earlier."""
    numbered = re.split(r"(\d+)", str(PurePosixPath(name).with_suffix("")))
    return [int(part) if place % 2 else part for place, part in enumerate(numbered)], name


def read_file(path: Path, source: Source, name: str | None = None) -> RawFile:
    """Reads one raw file by its source's reader.

    Parameters
    ----------
    name : str, optional
        What the file is called in the lineage of its rows; its own name when left out.

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
    except (pa.ArrowInvalid, CalamineError, csv.Error, ValueError, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise DataError(f"{path.name}: not readable as {source.kind} ({reason}). Export it again, or mend sources.yaml.") from None
    _check_columns(path, source, found.table)
    found.table = _with_lineage(found.table, name or path.name, found.broken)
    return found


def csv_dialect(path: Path, source: Source) -> Dialect:
    """Encoding, delimiter and quote of a CSV file: as declared, else as detected from its bytes."""
    data = path.read_bytes()
    head = data[:2048].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise DataError(f"{path.name}: this is an HTML page, not a CSV file. Download the export itself.")
    encoding = _encoding(data) if source.encoding in (None, "utf-8") else source.encoding
    if b"\0" in data and not encoding.startswith("utf-16"):
        row = data[: data.index(b"\0")].count(b"\n") + 1
        raise DataError(f"{path.name}: a NUL byte in line {row}. The file is damaged; export it again.")
    if source.delimiter and source.quote:
        return Dialect(encoding, source.delimiter, source.quote, (source.header_row or 1) - 1)
    text = data.decode(encoding, errors="replace")
    heading = next(islice(io.StringIO(text), (source.header_row or 1) - 1, None), "")
    counts = {mark: _outside_quotes(heading, mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=counts.get)
    delimiter = source.delimiter or (best if counts[best] else ",")
    return Dialect(encoding, delimiter, source.quote or '"', (source.header_row or 1) - 1)


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


def _header(text: str, dialect: Dialect) -> tuple[list[str], int]:
    """The header's cells, and where the records after it begin; a heading may run over several lines."""
    read = 0

    def lines():
        nonlocal read
        for line in io.StringIO(text, newline=""):
            read += len(line)
            yield line

    rows = csv.reader(lines(), delimiter=dialect.delimiter, quotechar=dialect.quote)
    return next(islice(rows, dialect.skip, None), []), read


def _read_csv(path: Path, source: Source) -> RawFile:
    dialect = csv_dialect(path, source)
    text = path.read_bytes().decode(dialect.encoding)
    header, begins = _header(text, dialect)
    if not any(name.strip() for name in header):
        raise DataError(f"{path.name}: no header in row {dialect.skip + 1}. Set header_row in sources.yaml.")
    names = _unique(header)
    body = text[begins:].encode("utf-8")
    if not body.strip(b"\r\n"):  # Arrow refuses a body without a line
        return RawFile(path, pa.table({name: pa.array([], pa.string()) for name in names}), [], dialect)
    broken: list[tuple[int, str]] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        broken.append((row.number, f"{row.actual_columns} cells where the header has {row.expected_columns}"))
        return "skip"

    table = pacsv.read_csv(
        io.BytesIO(body),
        read_options=pacsv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 24),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.delimiter, quote_char=dialect.quote, newlines_in_values=True, invalid_row_handler=set_aside
        ),
        convert_options=pacsv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=True, null_values=[""]
        ),
    )
    return RawFile(path, table, broken, dialect)


def _read_parquet(path: Path, source: Source) -> RawFile:
    table = pq.ParquetFile(path).read()
    columns = [_as_text(table[place]) for place in range(table.num_columns)]
    return RawFile(path, pa.Table.from_arrays(columns, names=_unique(table.column_names)))


def _read_excel(path: Path, source: Source) -> RawFile:
    if path.suffix.lower() == ".xls":
        raise DataError(f"{path.name}: an old workbook (.xls) cannot be counted by a second parser. Save it as .xlsx or CSV.")
    book = CalamineWorkbook.from_path(str(path))
    there = book.sheet_names if isinstance(source.sheet, str) else range(len(book.sheet_names))
    if source.sheet not in there:
        raise DataError(f"{path.name}: no sheet {source.sheet!r}; it has {', '.join(book.sheet_names)}. Mend sheet in sources.yaml.")
    sheet = book.get_sheet_by_name(source.sheet) if isinstance(source.sheet, str) else book.get_sheet_by_index(source.sheet)
    rows = sheet.to_python(skip_empty_area=False)[(source.header_row or 1) - 1 :]
    if not rows or not any(_cell(cell) for cell in rows[0]):
        raise DataError(f"{path.name}: no header in row {source.header_row or 1} of sheet {sheet.name!r}. Set header_row in sources.yaml.")
    header, body = rows[0], [row for row in rows[1:] if any(cell not in ("", None) for cell in row)]
    names = _unique([_cell(cell) or "" for cell in header])
    columns = [pa.array([_cell(row[place]) for row in body], pa.string()) for place in range(len(names))]
    return RawFile(path, pa.Table.from_arrays(columns, names=names))


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
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = column.cast(pa.string())
    elif pa.types.is_nested(kind):
        return pa.chunked_array([pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())])
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), None, text)


def _unique(names: list[str]) -> list[str]:
    """Column names, made different as SQL tells them apart: a repeated `score` becomes `score_2`, a blank one `column_3`."""
    out: list[str] = []
    taken = set(LINEAGE)
    for place, given in enumerate(names, start=1):
        base = name = given.strip() or f"column_{place}"
        times = 1
        while name.lower() in taken:
            times += 1
            name = f"{base}_{times}"
        taken.add(name.lower())
        out.append(name)
    return out


def _with_lineage(table: pa.Table, name: str, broken: list[tuple[int, str]]) -> pa.Table:
    bad = {row for row, _ in broken}
    number = pa.array([row for row in range(1, table.num_rows + len(bad) + 1) if row not in bad], pa.int64())
    file = pa.array([name] * table.num_rows, pa.string())
    source = pc.binary_join_element_wise(file, number.cast(pa.string()), ":")
    for label, column in zip(LINEAGE, (source, file, number), strict=True):
        table = table.append_column(label, column)
    return table


def _check_columns(path: Path, source: Source, table: pa.Table) -> None:
    missing = [name for name in source.columns or [] if name not in table.column_names]
    if missing:
        have = ", ".join(table.column_names)
        raise DataError(
            f"{path.name}: column {', '.join(missing)} is missing; it has {have}. "
            "Export it again with that column, or mend columns in sources.yaml and the SQL."
        )
