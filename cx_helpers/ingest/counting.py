"""How many records a raw file holds, counted by a parser that is not the one that reads it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import openpyxl

from cx_helpers.errors import DataError
from cx_helpers.ingest.readers.dialects import OVER_ASCII

if TYPE_CHECKING:
    from cx_helpers.ingest.readers.dialects import Dialect

BLOCK = 1 << 22


def count_csv(path: Path, dialect: Dialect, skip: int, name: str) -> int:
    """Records after the first `skip`, blank lines left out: by Python's csv, and where no cell is quoted by the line ends alone.

    Raises
    ------
    DataError
        A file that ends inside a quoted cell, or text after a closing quote.
    """
    if dialect.encoding in OVER_ASCII and (lines := _unquoted_lines(path, dialect.quote.encode("latin-1"))) is not None:
        return lines - _filled_above(path, dialect, skip)
    csv.field_size_limit(1 << 27)
    with path.open(encoding=dialect.encoding, newline="") as file:
        records = csv.reader(file, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
        counted = -skip
        try:
            for record in records:
                counted += bool(record) or counted < 0
        except csv.Error as error:
            raise DataError(
                f"{name}: broken after record {max(counted, 0):,} (line {records.line_num:,}: {error}). "
                "The file is cut off or a quote is not closed; export it again."
            ) from None
    return counted


def _unquoted_lines(path: Path, quote: bytes) -> int | None:
    """Lines that are not empty; None where a quote stands anywhere."""
    filled, inside = 0, False
    with path.open("rb") as file:
        first = file.read(3)
        file.seek(3 if first == b"\xef\xbb\xbf" else 0)
        while block := file.read(BLOCK):
            if quote in block:
                return None
            marks = np.frombuffer(block, np.uint8)
            text = (marks != 10) & (marks != 13)
            filled += int(np.count_nonzero(text[1:] & ~text[:-1])) + int(text[0] and not inside)
            inside = bool(text[-1])
    return filled


def _filled_above(path: Path, dialect: Dialect, skip: int) -> int:
    with path.open(encoding=dialect.encoding) as file:
        return sum(bool(file.readline().strip("\r\n")) for _ in range(skip))


def count_parquet(path: Path) -> int:
    """Rows by DuckDB's reading of the footer (Arrow reads the rows)."""
    return duckdb.sql("SELECT num_rows FROM parquet_file_metadata($path)", params={"path": str(path)}).fetchone()[0]


def workbook_extent(path: Path, sheet: str | int, most_cells: int, name: str) -> list[int]:
    """For each row of a sheet how many cells are filled, by openpyxl (calamine reads the rows).

    Raises
    ------
    DataError
        A sheet whose outermost cell spans more cells than memory should hold.
    """
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        chosen = book[sheet] if isinstance(sheet, str) else book.worksheets[sheet]
        chosen.reset_dimensions()
        filled, widest = [], 0
        for cells in chosen.iter_rows(values_only=True):
            filled.append(sum(cell not in ("", None) for cell in cells))
            widest = max(widest, len(cells))
            if len(filled) * widest > most_cells:
                raise DataError(f"{name}: sheet {chosen.title!r} spans over {most_cells:,} cells. Save only the table, or as CSV.")
        return filled
    finally:
        book.close()


def count_lines(path: Path) -> int:
    """Lines that hold more than blanks."""
    with path.open("rb") as file:
        return sum(bool(line.strip()) for line in file)


def count_json(path: Path, key: str | None) -> int:
    """Entries of a JSON list, by DuckDB's parser (Python's reads them)."""
    steps = "$" if key is None else "$." + ".".join(f'"{step}"' for step in key.split("."))
    found = duckdb.sql(
        "SELECT json_array_length(content, $steps) FROM read_text($path)", params={"path": str(path), "steps": steps}
    ).fetchone()
    return found[0] or 0
