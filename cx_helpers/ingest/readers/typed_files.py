"""Files whose cells have types: Parquet, Excel and SPSS, read as the text a CSV export would hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
from python_calamine import CalamineWorkbook

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.counting import count_parquet, workbook_extent
from cx_helpers.ingest.counting_spss import count_spss
from cx_helpers.ingest.readers.containers import check_workbook
from cx_helpers.ingest.readers.opened import ROW, Opened, batches_of_cells, cell_text, column_text, unique_names

MOST_CELLS = 50_000_000
HEADER_WITHIN = 30


def open_parquet(path: Path, source: Source, kind: str, name: str) -> Opened:
    """A Parquet file; nested cells become JSON-like text."""
    file = pq.ParquetFile(path, page_checksum_verification=True)
    columns = unique_names(file.schema_arrow.names)

    def batches() -> Iterator[pa.RecordBatch]:
        read = 0
        with file:
            for batch in file.iter_batches(batch_size=1 << 17):
                batch.validate(full=True)
                rows = pa.array(np.arange(read + 1, read + 1 + batch.num_rows, dtype=np.int64))
                read += batch.num_rows
                yield pa.RecordBatch.from_arrays([*(column_text(column) for column in batch.columns), rows], names=[*columns, ROW])

    return Opened(columns, batches(), lambda: count_parquet(path))


def open_excel(path: Path, source: Source, kind: str, name: str) -> Opened:
    """One sheet of a workbook; the header is the first row that is filled as wide as the table below it."""
    check_workbook(path, name)
    book = CalamineWorkbook.from_path(str(path))
    there = book.sheet_names if isinstance(source.sheet, str) else range(len(book.sheet_names))
    if source.sheet not in there:
        raise DataError(f"{name}: no sheet {source.sheet!r}; it has {', '.join(book.sheet_names)}. Mend sheet in sources.yaml.")
    filled = workbook_extent(path, source.sheet, MOST_CELLS, name)
    sheet = book.get_sheet_by_name(source.sheet) if isinstance(source.sheet, str) else book.get_sheet_by_index(source.sheet)
    rows = sheet.to_python(skip_empty_area=False)
    place = _workbook_header(rows, source)
    if place >= len(rows) or not any(cell_text(cell) for cell in rows[place]):
        raise DataError(f"{name}: no header in row {place + 1} of sheet {sheet.name!r}. Set header_row in sources.yaml.")
    names = [cell_text(cell) or "" for cell in rows[place]]
    body = (row for row in rows[place + 1 :] if any(cell not in ("", None) for cell in row))
    columns = unique_names(names)
    cells = ((number, [cell_text(cell) for cell in row]) for number, row in enumerate(body, start=1))
    notes = [f"{name}: the header was found in row {place + 1} of sheet {sheet.name!r}, below a title."] if place and not source.header_row else []
    return Opened(columns, batches_of_cells(columns, cells), lambda: sum(map(bool, filled[place + 1 :])), notes=notes)


def _workbook_header(rows: list[list], source: Source) -> int:
    if source.header_row:
        return source.header_row - 1
    filled = [sum(cell not in ("", None) for cell in row) for row in rows[:HEADER_WITHIN]]
    first = next((place for place, count in enumerate(filled) if count), 0)
    widest = Counter(count for count in filled[first + 1 :] if count).most_common(1)
    if filled[first:] and filled[first] > 1 or not widest or widest[0][0] < 2:
        return first
    for place in range(first + 1, len(filled)):
        words = [cell for cell in rows[place] if cell not in ("", None)]
        if filled[place] >= max(filled[place:]) and all(isinstance(cell, str) for cell in words):
            return place
        if filled[place] > 1 and not all(isinstance(cell, str) for cell in words):
            break
    return first


def open_spss(path: Path, source: Source, kind: str, name: str) -> Opened:
    """An SPSS file: codes stay codes with their labels beside them, codes declared missing are missing and counted."""
    read = {"apply_value_formats": False, "user_missing": True}
    _, about = pyreadstat.read_sav(str(path), metadataonly=True, apply_value_formats=False)
    columns = unique_names(list(about.column_names))
    opened = Opened(columns, iter(()), lambda: count_spss(path, name))
    named = dict(zip(about.column_names, columns, strict=True))
    opened.questions = {named[column]: text for column, text in about.column_names_to_labels.items() if text}
    opened.answers = {
        named[column]: {cell_text(code): str(label) for code, label in labels.items()} for column, labels in about.variable_value_labels.items()
    }

    def batches() -> Iterator[pa.RecordBatch]:
        frame, told = pyreadstat.read_sav(str(path), **read)
        declared = {column: [(part["lo"], part["hi"]) for part in ranges] for column, ranges in told.missing_ranges.items()}
        arrays = []
        for column in frame.columns:
            cells = frame[column].tolist()
            gone = [_declared(cell, declared.get(column, ())) for cell in cells]
            opened.missing.update((named[column], cell_text(cell)) for cell, missing in zip(cells, gone, strict=True) if missing)
            arrays.append(pa.array([None if missing else _spss_text(cell) for cell, missing in zip(cells, gone, strict=True)], pa.string()))
        yield pa.RecordBatch.from_arrays([*arrays, pa.array(np.arange(1, len(frame) + 1, dtype=np.int64))], names=[*columns, ROW])

    opened.batches = batches()
    return opened


def _declared(cell: object, ranges: list[tuple[object, object]] | tuple) -> bool:
    for low, high in ranges:
        if isinstance(cell, str) != isinstance(low, str) or cell is None:
            continue
        if (cell.strip() == low.strip()) if isinstance(cell, str) else (low <= cell <= high if isinstance(cell, int | float) else False):
            return True
    return False


def _spss_text(cell: object) -> str | None:
    """Blanks of padded text are no answer, and NaT is no day."""
    return None if cell is None or cell != cell else re.sub(r" 00:00:00$", "", text) if (text := cell_text(cell)) else None
