"""How a text file is written: encoding, delimiter, quote, and where its header stands."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers.opened import head_of

BLOCK = 1 << 22
MARKS = (",", ";", "\t", "|")
LOOKED_AT = 60
FIELD = 1 << 27
OVER_ASCII = ("utf-8", "utf-8-sig", "cp1252", "latin-1", "iso8859-1", "ascii")
"""Encodings in which a byte below 128 is always that character of ASCII."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    quote: str


@dataclass
class Heading:
    """The first records of a CSV file, and where each one ends, in characters."""

    records: list[list[str]]
    ends: list[int]


def text_encoding(path: Path, source: Source, name: str) -> str:
    """The encoding declared, else the one that all bytes of the file fit.

    Raises
    ------
    DataError
        A NUL byte; a file that is UTF-8 but for some damaged bytes; bytes that the declared encoding does not have.
    """
    head = head_of(path)
    marked = _by_mark(head)
    if source.encoding and source.encoding != "utf-8":
        encoding = marked if marked and marked.startswith(source.encoding[:6]) else source.encoding
    else:
        encoding = marked or _wide(head)
    if encoding and encoding.startswith("utf-16"):
        return encoding
    if any(b"\0" in block for block in blocks(path)):
        raise DataError(f"{name}: a NUL byte in line {_line_of_nul(path):,}. The file is damaged; export it again.")
    wrong = _misfit(path, encoding or "utf-8")
    if wrong is None:
        return encoding or "utf-8"
    place, valid, invalid = wrong
    if encoding or source.encoding:
        raise DataError(
            f"{name}: line {place:,} has bytes that {source.encoding or encoding} does not have. Export it again, or mend encoding in sources.yaml."
        )
    if valid > invalid:
        raise DataError(f"{name}: line {place:,} has bytes that are not UTF-8, while the rest is. The file is damaged; export it again.")
    return "cp1252" if _misfit(path, "cp1252") is None else "latin-1"


def _by_mark(head: bytes) -> str | None:
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return name
    return None


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark has a NUL in every other byte of plain text."""
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = head[first:4096:2]
        if len(half) > 8 and half.count(0) > 0.8 * len(half) and head[1 - first : 4096 : 2].count(0) == 0:
            return name
    return None


def blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _line_of_nul(path: Path) -> int:
    line = 1
    for block in blocks(path):
        place = block.find(b"\0")
        line += block.count(b"\n", 0, place if place >= 0 else len(block))
        if place >= 0:
            break
    return line


def _misfit(path: Path, encoding: str) -> tuple[int, int, int] | None:
    """None where all bytes fit; else the line of the first that does not, and how many characters beyond ASCII do and do not."""
    if encoding == "latin-1":
        return None
    strict, ascii_fits = codecs.getincrementaldecoder(encoding)(), encoding in OVER_ASCII
    line, before = 1, 0
    try:
        for block in blocks(path):
            if not (ascii_fits and block.isascii() and not strict.getstate()[0]):
                strict.decode(block)
            before += 1
        strict.decode(b"", final=True)
        return None
    except UnicodeDecodeError as error:
        line += sum(block.count(b"\n") for block in islice(blocks(path), before)) + bytes(error.object).count(b"\n", 0, error.start)
    loose, valid, invalid = codecs.getincrementaldecoder(encoding)(errors="replace"), 0, 0
    for block in blocks(path):
        text = loose.decode(block)
        bad = text.count("\ufffd")
        valid += len(text) - len(text.encode("ascii", "ignore")) - bad
        invalid += bad
    return line, valid, invalid


def dialect_of(path: Path, source: Source, name: str) -> Dialect:
    """Encoding, delimiter and quote: as declared, else as the file shows."""
    encoding = text_encoding(path, source, name)
    if source.delimiter:
        return Dialect(encoding, source.delimiter, source.quote or '"')
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = [line for line in islice(file, source.header_row - 1 if source.header_row else 0, LOOKED_AT) if line.strip()]
    asked = lines[: 1 if source.header_row else None]
    for line in asked:  # the first line that holds a mark at all, so that a title above the table decides nothing
        counts = {mark: _outside_quotes(line, mark) for mark in MARKS}
        best = max(counts, key=counts.get)
        if counts[best] and (line is lines[0] or sum(_outside_quotes(other, best) == counts[best] for other in lines) > 1):
            return Dialect(encoding, best, source.quote or '"')
    return Dialect(encoding, ",", source.quote or '"')


def _outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, newline="")


def heading_of(path: Path, dialect: Dialect, name: str) -> Heading:
    """The first records of a file, blank lines included as empty lists."""
    csv.field_size_limit(FIELD)
    read = 0
    with open_text(path, dialect.encoding) as file:

        def lines():
            nonlocal read
            for line in file:
                read += len(line)
                yield line

        found = Heading([], [])
        try:
            for record in islice(csv.reader(lines(), delimiter=dialect.delimiter, quotechar=dialect.quote), LOOKED_AT):
                found.records.append(record)
                found.ends.append(read)
        except csv.Error as error:
            raise DataError(f"{name}: a quote in its first lines is not closed ({error}). Export it again, or mend quote in sources.yaml.") from None
    return found


def header_place(records: list[list[str]], source: Source, name: str) -> tuple[int, str]:
    """Which record names the columns (from 0), and a note where that was found and not declared.

    A row with one cell above rows that all have the same number of cells is a title.
    """
    if source.header_row:
        place = source.header_row - 1
        if place >= len(records) or not any(cell.strip() for cell in records[place]):
            raise DataError(f"{name}: no header in row {source.header_row}. Set header_row in sources.yaml.")
        return place, ""
    filled = [place for place, record in enumerate(records) if any(cell.strip() for cell in record)]
    if not filled:
        raise DataError(f"{name}: no header in row 1. Set header_row in sources.yaml.")
    first, later = filled[0], filled[1:]
    width, times = Counter(len(records[place]) for place in later).most_common(1)[0] if later else (1, 0)
    if _named(records[first]) > 1 or width == 1 or times < 2:
        return first, ""
    place = next(place for place in later if len(records[place]) == width)
    if _named(records[place]) < width or any(_is_number(cell) for cell in records[place]):
        return first, ""
    return place, f"{name}: the header was found in row {place + 1}, below a title."


def _named(record: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)


def _is_number(text: str) -> bool:
    return text.strip().lstrip("+-").replace(",", "").replace(".", "").isdigit()
