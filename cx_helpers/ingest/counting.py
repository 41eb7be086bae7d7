"""How many records a raw file holds, counted by a parser that is not the one that reads it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import openpyxl

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers import Dialect


def count_records(path: Path, source: Source, dialect: Dialect | None) -> int:
    """Records after the header: CSV by Python's csv (read by Arrow), Parquet by DuckDB's reading of the
    footer (read by Arrow), Excel by openpyxl (read by calamine).

    Raises
    ------
    DataError
        A CSV file that ends inside a quoted cell.
    """
    if source.kind == "parquet":
        return duckdb.sql("SELECT num_rows FROM parquet_file_metadata($path)", params={"path": str(path)}).fetchone()[0]
    if source.kind == "excel":
        return _count_excel(path, source)
    rows = csv.reader(
        io.StringIO(path.read_bytes().decode(dialect.encoding), newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        strict=True,
    )
    csv.field_size_limit(1 << 27)
    counted = -dialect.skip - 1
    try:
        for row in rows:
            counted += bool(row) or counted < 0
    except csv.Error as error:
        raise DataError(
            f"{path.name}: broken after record {max(counted, 0):,} (line {rows.line_num:,}: {error}). "
            "The file is cut off or a quote is not closed; export it again."
        ) from None
    return counted


def _count_excel(path: Path, source: Source) -> int:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book[source.sheet] if isinstance(source.sheet, str) else book.worksheets[source.sheet]
        rows = sheet.iter_rows(min_row=(source.header_row or 1) + 1, values_only=True)
        return sum(any(cell not in ("", None) for cell in row) for row in rows)
    finally:
        book.close()
