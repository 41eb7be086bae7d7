"""What every reader gives: names, batches of text with their row, records set aside, and what the file says of itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from cx_helpers.errors import DataError

LINEAGE = ("_source", "_file", "_row")
ROW = "_row"
MOST_ASIDE = 1_000_000


@dataclass
class Opened:
    """A raw file, opened; nothing of its records is in memory yet.

    Attributes
    ----------
    columns : list of str
        Names, told apart as SQL tells them apart.
    batches : iterator of pyarrow.RecordBatch
        Every column as text, blanks empty, and `_row` (1 is the first record).
    aside : list of (row, reason)
        Records that do not belong among the rows; grows while the batches are read.
    missing : Counter of (column, value)
        Codes that the file itself declares missing; grows while the batches are read.
    dates, zones : column to the ways its times are written, and to the zone they are in, as the file says
    count : callable
        Records of the file by a parser that is not the one that reads them.
    """

    columns: list[str]
    batches: Iterator[pa.RecordBatch]
    count: callable
    aside: list[tuple[int, str]] = field(default_factory=list)
    missing: Counter = field(default_factory=Counter)
    questions: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    dates: dict[str, list[str]] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def unique_names(names: list[str]) -> list[str]:
    """Column names, made different as SQL tells them apart: a repeated `score` becomes `score_2`, a blank one `column_3`."""
    out: list[str] = []
    taken = set(LINEAGE)
    for place, given in enumerate(names, start=1):
        base = name = given.replace("\0", "").strip() or f"column_{place}"
        times = 1
        while name.lower() in taken:
            times += 1
            name = f"{base}_{times}"
        taken.add(name.lower())
        out.append(name)
    return out


def cell_text(value: object) -> str | None:
    """A typed cell as the text a CSV export would hold: 3.0 was an integer with blanks beside it."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return None if value != value else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value).strip() or None


def column_text(column: pa.Array) -> pa.Array:
    """A typed Arrow column as text."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_floating(kind):
        return pa.array([cell_text(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_nested(kind):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def batches_of_cells(columns: list[str], rows: Iterator[tuple[int, list[str | None]]], size: int = 20_000) -> Iterator[pa.RecordBatch]:
    """Batches out of single records (row, cells)."""
    schema = pa.schema([*((name, pa.string()) for name in columns), (ROW, pa.int64())])
    numbers: list[int] = []
    kept: list[list[str | None]] = []

    def batch() -> pa.RecordBatch:
        cells = zip(*kept, strict=True) if kept else [[] for _ in columns]
        return pa.RecordBatch.from_arrays([*(pa.array(column, pa.string()) for column in cells), pa.array(numbers, pa.int64())], schema=schema)

    for row, cells in rows:
        numbers.append(row)
        kept.append(cells)
        if len(kept) == size:
            yield batch()
            numbers, kept = [], []
    yield batch()


def set_aside(opened_aside: list[tuple[int, str]], row: int, reason: str, name: str) -> None:
    """Notes one record; a file where a million do not fit is read in the wrong way."""
    opened_aside.append((row, reason))
    if len(opened_aside) > MOST_ASIDE:
        raise DataError(
            f"{name}: over {MOST_ASIDE:,} records do not fit ({reason} in record {row:,}). Mend delimiter, quote or header_row in sources.yaml."
        )


def file_order(name: str) -> tuple:
    """Sorts files as people number them, `part_9` before `part_10`; of two, the later one corrects the earlier."""
    numbered = re.split(r"(\d+)", str(PurePosixPath(name).with_suffix("")))
    return [int(part) if place % 2 else part for place, part in enumerate(numbered)], name


def first_line(error: BaseException) -> str:
    """The first line of an error, without the folders of this machine."""
    text = str(error).strip() or type(error).__name__
    line = re.sub(r"(?<![\w.])/(?:[^/\s'\":]+/)+", "", text.splitlines()[0])
    return line[:200].rstrip(". ")


def head_of(path: Path, size: int = 1 << 16) -> bytes:
    with path.open("rb") as file:
        return file.read(size)
