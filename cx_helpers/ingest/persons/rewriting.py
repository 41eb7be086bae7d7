"""Raw files written again without some rows: whole or not at all, everything else as it was."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers.config.sources import Source
from cx_helpers.ingest.readers.containers import unpacked
from cx_helpers.ingest.readers.csv_files import HEADINGS
from cx_helpers.ingest.readers.dialects import FIELD, dialect_of, header_place, heading_of
from cx_helpers.ingest.readers.json_records import flat
from cx_helpers.ingest.readers.opened import cell_text, unique_names

Falls = Callable[[Mapping[str, str | None]], bool]
Redact = Callable[[str], str]


def rewrite(path: Path, source: Source, inside: str, work: Path, falls: Falls, redact: Redact) -> int | None:
    """Takes rows out of a raw file, and words out of the rows that stay.

    Parameters
    ----------
    inside : the file's name in messages
    work : a folder for what is packed in it, outside the raw files
    falls : says of a row, column to text, whether it goes
    redact : applied to the text that stays

    Returns
    -------
    int : rows taken out; None where files of this kind cannot be written again (SPSS).
    """
    with unpacked(path, source, work, inside) as (plain, name):
        kind = source.kind
        write = {"json": _json, "zendesk": _json, "jsonl": _json_lines, "parquet": _parquet, "excel": _workbook, "spss": None}.get(kind, _csv)
        if write is None:
            return None
        target = path.with_name(f".{path.name}.new")
        try:
            gone, content = write(plain, source, inside, falls, redact)
            if content is not None:
                _packed(path, plain, name, content, target)
                os.chmod(target, path.stat().st_mode & 0o777)
                os.replace(target, path)
        finally:
            target.unlink(missing_ok=True)
    return gone


def _packed(path: Path, plain: Path, name: str, content: bytes, target: Path) -> None:
    """The content as the file had it: plain, or packed as it was."""
    if plain == path:
        target.write_bytes(content)
    elif path.name.lower().endswith(".gz"):
        target.write_bytes(gzip.compress(content))
    else:
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            for item in old.infolist():
                new.writestr(item, content if item.filename == name or Path(item.filename).name == Path(name).name else old.read(item))


def _csv(path: Path, source: Source, inside: str, falls: Falls, redact: Redact) -> tuple[int, bytes | None]:
    dialect = dialect_of(path, source, inside)
    heading = heading_of(path, dialect, inside)
    place, _ = header_place(heading.records, source, inside)
    head = HEADINGS[source.kind](heading.records[place:], inside)
    with path.open(encoding=dialect.encoding, newline="") as file:
        text = file.read()
    begins = heading.ends[place + head.rows - 1]
    lines = list(io.StringIO(text[begins:], newline=""))
    csv.field_size_limit(FIELD)
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
    kept, gone, at = [], 0, 0
    for cells in reader:
        record, at = "".join(lines[at : reader.line_num]), reader.line_num
        row = {name: cell.strip() or None for name, cell in zip(head.names, cells, strict=False)}
        if falls(row):
            gone += 1
        else:
            kept.append(redact(record))
    whole = text[:begins] + "".join(kept)
    return gone, None if whole == text else whole.encode(dialect.encoding)


def _json_lines(path: Path, source: Source, inside: str, falls: Falls, redact: Redact) -> tuple[int, bytes | None]:
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    kept, gone = [], 0
    for line in lines:
        record = json.loads(line) if line.strip() else None
        if isinstance(record, dict) and falls(flat(record)):
            gone += 1
        else:
            kept.append(redact(line))
    return gone, None if kept == lines else "".join(kept).encode()


def _json(path: Path, source: Source, inside: str, falls: Falls, redact: Redact) -> tuple[int, bytes | None]:
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    lists = [document] if isinstance(document, list) else [value for value in document.values() if isinstance(value, list)]
    before = json.dumps(document, ensure_ascii=False)
    gone = 0
    for records in lists:
        kept = [record for record in records if not (isinstance(record, dict) and falls(flat(record)))]
        gone += len(records) - len(kept)
        records[:] = kept
    whole = redact(json.dumps(document, ensure_ascii=False))
    return gone, None if whole == before else whole.encode()


def _parquet(path: Path, source: Source, inside: str, falls: Falls, redact: Redact) -> tuple[int, bytes | None]:
    table = pq.read_table(path)
    texts = {name: [cell_text(cell) for cell in table[name].to_pylist()] for name in table.column_names}
    rows = (dict(zip(texts, cells, strict=True)) for cells in zip(*texts.values(), strict=True))
    stays = [not falls(row) for row in rows]
    changed = not all(stays)
    left = table.filter(pa.array(stays, pa.bool_()))
    for place, part in enumerate(left.schema):
        if pa.types.is_string(part.type) or pa.types.is_large_string(part.type):
            old = left[part.name].to_pylist()
            new = [cell if cell is None else redact(cell) for cell in old]
            if new != old:
                changed, left = True, left.set_column(place, part, pa.array(new, part.type))
    if not changed:
        return 0, None
    sink = io.BytesIO()
    pq.write_table(left, sink)
    return stays.count(False), sink.getvalue()


def _workbook(path: Path, source: Source, inside: str, falls: Falls, redact: Redact) -> tuple[int, bytes | None]:
    import openpyxl  # a second that only this kind needs

    book = openpyxl.load_workbook(path)
    gone, changed = 0, False
    for sheet in book.worksheets:
        names: list[str] = []
        fallen = []
        for number, row in enumerate(sheet.iter_rows(), start=1):
            cells = [cell_text(cell.value) for cell in row]
            if names and falls(dict(zip(names, cells, strict=False))):
                fallen.append(number)
                continue
            if not names or len([cell for cell in cells if cell]) > len([name for name in names if not name.startswith("column_")]):
                names = unique_names([cell or "" for cell in cells])  # the fullest row so far: titles stand above the header
            for cell in row:
                if isinstance(cell.value, str) and (new := redact(cell.value)) != cell.value:
                    cell.value, changed = new, True
        for number in reversed(fallen):
            sheet.delete_rows(number)
        gone += len(fallen)
    if not gone and not changed:
        return 0, None
    sink = io.BytesIO()
    book.save(sink)
    return gone, sink.getvalue()
