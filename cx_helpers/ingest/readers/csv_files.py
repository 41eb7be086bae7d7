"""CSV and the surveys exported as CSV, read by Arrow in blocks: a file larger than memory is no matter."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.counting import count_csv
from cx_helpers.ingest.readers.dialects import Dialect, dialect_of, header_place, heading_of
from cx_helpers.ingest.readers.opened import ROW, Opened, set_aside
from cx_helpers.ingest.readers.surveys import HEADINGS, Head

BLOCK = 1 << 24


def open_csv(path: Path, source: Source, kind: str, name: str) -> Opened:
    """A CSV file of records under one header, or under the header rows of a survey platform."""
    dialect = dialect_of(path, source, name)
    heading = heading_of(path, dialect, name)
    place, note = header_place(heading.records, source, name)
    head: Head = HEADINGS[kind](heading.records[place:], name)
    last = place + head.rows - 1
    opened = Opened(
        head.names, iter(()), lambda: count_csv(path, dialect, last + 1, name), questions=head.questions, dates=head.dates, zones=head.zones,
        notes=[note] if note else [],
    )  # fmt: skip
    begins = heading.ends[last]
    opened.batches = _batches(path, dialect, begins, head, opened, name)
    return opened


def _batches(path: Path, dialect: Dialect, begins: int, head: Head, opened: Opened, name: str) -> Iterator[pa.RecordBatch]:
    """Batches of the records after the header; those with another number of cells are set aside."""
    broken: list[int] = []
    cells: dict[int, int] = {}

    def misfit(row: pacsv.InvalidRow) -> str:
        broken.append(row.number)
        cells[row.number] = row.actual_columns
        set_aside(opened.aside, row.number, f"{row.actual_columns} cells where the header has {row.expected_columns}", name)
        return "skip"

    with _body(path, dialect, begins) as body:
        if body is None:
            return
        reader = pacsv.open_csv(
            body,
            read_options=pacsv.ReadOptions(use_threads=False, column_names=head.names, block_size=BLOCK),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter, quote_char=dialect.quote, newlines_in_values=True, invalid_row_handler=misfit
            ),
            convert_options=pacsv.ConvertOptions(
                column_types={column: pa.string() for column in head.names}, strings_can_be_null=True, null_values=[""]
            ),
        )
        read = 0
        for batch in _read_ahead(reader):
            rows = _numbers(read, batch.num_rows, broken)
            read = int(rows[-1]) if len(rows) else read
            yield head.keep(batch.append_column(ROW, pa.array(rows)), opened, name)
    _refuse_cut(path, dialect, cells, max([read, *broken], default=0), len(head.names), name)


def _read_ahead(reader: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The next block is read while this one is cleaned and written."""
    with ThreadPoolExecutor(1) as beside:
        following = beside.submit(next, reader, None)
        while (batch := following.result()) is not None:
            following = beside.submit(next, reader, None)
            yield batch


def _numbers(before: int, count: int, broken: list[int]) -> np.ndarray:
    """Numbers of the next `count` records after record `before`, leaving out those that are broken."""
    out = np.arange(before + 1, before + 1 + count, dtype=np.int64)
    for row in (row for row in broken if row > before):
        if not len(out) or row > out[-1]:
            break
        out[out >= row] += 1
    return out


def _refuse_cut(path: Path, dialect: Dialect, cells: dict[int, int], last: int, expected: int, name: str) -> None:
    """A last record that is too short and has no line end is where a file was cut off; how much is gone nobody knows."""
    if not last or cells.get(last, expected) >= expected:
        return
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4))
        tail = file.read()
    ends = tuple(mark.encode("utf-16-le" if dialect.encoding.startswith("utf-16") else "ascii") for mark in "\r\n")
    if not tail.endswith((*ends, "\n".encode("utf-16-be"))):
        raise DataError(
            f"{name}: cut off in record {last:,}, the last: {cells[last]} cells where the header has {expected}, and no line end. "
            "Export it again; if it is a line of totals, remove it."
        )


class _body:
    """The bytes after the header as UTF-8: the file itself where it is UTF-8, else decoded block by block.

    Gives None where nothing but line ends is left, which Arrow refuses.
    """

    def __init__(self, path: Path, dialect: Dialect, begins: int):
        self.path, self.encoding, self.begins = path, dialect.encoding, begins

    def __enter__(self):
        self.text = self.path.open(encoding=self.encoding, newline="")
        skipped = self.text.read(self.begins)
        rest = self.text.read(1 << 16)
        while rest and not rest.strip("\r\n"):
            rest = self.text.read(1 << 16)
        if not rest:
            return None
        if self.encoding in ("utf-8", "utf-8-sig"):
            mark = 3 if self.encoding == "utf-8-sig" else 0
            self.file = pa.OSFile(str(self.path))
            self.file.seek(mark + len(skipped.encode("utf-8")))
            return self.file
        self.text.seek(0)
        self.text.read(self.begins)
        return pa.PythonFile(_Recoded(self.text), mode="r")

    def __exit__(self, *_):
        self.text.close()


class _Recoded(io.RawIOBase):
    """Text as a stream of UTF-8 bytes."""

    def __init__(self, text: io.TextIOWrapper):
        self.text, self.left = text, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self.left) < size and (more := self.text.read(1 << 20)):
            self.left += more.encode("utf-8")
        out, self.left = self.left[:size], self.left[size:]
        return out
