"""A raw file or query as a Parquet file of text beside the tables: read once, by content, counted by a second parser."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cx_helpers.config.reading import kind_of_name
from cx_helpers.config.sources import Source
from cx_helpers.errors import CxError, DataError
from cx_helpers.ingest.cells import Cells
from cx_helpers.ingest.lost_digits import LostDigits
from cx_helpers.ingest.missing_codes import seen_codes
from cx_helpers.ingest.readers.containers import refuse_other_kinds, unpacked
from cx_helpers.ingest.readers.csv_files import open_csv
from cx_helpers.ingest.readers.databases import opened_query
from cx_helpers.ingest.readers.json_records import open_json, open_jsonl, open_zendesk
from cx_helpers.ingest.readers.opened import ROW, Opened, first_line
from cx_helpers.ingest.readers.typed_files import open_excel, open_parquet, open_spss

FORMAT = 2  # raise it when the same file would be staged otherwise
OPEN: dict[str, Callable[[Path, Source, str, str], Opened]] = {
    "csv": open_csv, "qualtrics": open_csv, "surveymonkey": open_csv, "typeform": open_csv, "google_forms": open_csv,
    "parquet": open_parquet, "excel": open_excel, "spss": open_spss, "json": open_json, "jsonl": open_jsonl, "zendesk": open_zendesk,
}  # fmt: skip


@dataclass
class Staged:
    """A raw file, staged.

    Attributes
    ----------
    path : Path
        Parquet: every column as text with blanks empty, in the file's order, and `_row` (1 is the first record).
    rows, rows_in : int
        Rows in it, and records counted by a parser that is not the one that read them; with `aside` they add up.
    aside : list of (row, reason)
        Records that are no rows: they do not fit the header, or are previews, tests or deleted tickets.
    questions, answers : dict
        Column to its question in words; column to its codes and their labels. Where the file carries them.
    missing, suggested : list of (column, value, rows)
        Codes for no answer turned into missing because declared; and those seen and not declared, left as they are.
    columns : list of str
        Names as the file has them, repeated ones told apart.
    notes : list of str
        What was found and not declared, such as a header below a title.
    content : str
        SHA-256 of the file, or of the rows of a query.
    """

    path: Path
    rows: int
    rows_in: int
    columns: list[str]
    content: str
    aside: list[tuple[int, str]] = field(default_factory=list)
    questions: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: list[tuple[str, str, int]] = field(default_factory=list)
    suggested: list[tuple[str, str, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def stage(path: Path, source: Source, name: str, folder: Path, content_hash: str) -> Staged:
    """Reads one raw file into `folder`, or finds it there by content and settings.

    Parameters
    ----------
    name : what the file is called in messages and in the lineage of its rows
    folder : the brand's ``tables/.parsed``; only its owner may look into it

    Raises
    ------
    DataError
        One line: the file, what is wrong with it, and what to do.
    """
    ready = _prepared(folder)
    settings = hashlib.sha256(f"{FORMAT} {path.name if source.reader is None else ''} {source.reading}".encode()).hexdigest()[:16]
    kept = ready / f"{content_hash[:32]}-{settings}.parquet"
    if kept.exists():
        return _kept(kept)
    with unpacked(path, source, ready, name) as (file, inside):
        kind = source.reader or kind_of_name(inside)
        refuse_other_kinds(file, kind, name)
        with _one_line(name, kind):
            opened = OPEN[kind](file, source, kind, name)
            _check_columns(opened.columns, source, name)
            return _write(opened, source, name, kept, content_hash)


def stage_query(source: Source, name: str, folder: Path) -> Staged:
    """Reads the rows of a database source; they are asked for anew each time, and known by their content.

    Rows are numbered in the order of their values, so that the same rows have the same numbers whatever order the
    database gives them in. Results of former queries are removed.
    """
    ready = _prepared(folder)
    asked = ready / f"query-{name}-{os.getpid()}.part"
    with opened_query(source, name) as opened, _one_line(name, "sql"):
        _check_columns(opened.columns, source, name)
        first = _write(opened, source, name, asked, "", suggest=False)
    try:
        ordered = _in_order(first, name)
        first.content = hashlib.sha256(ordered.read_bytes()).hexdigest()
        first.path = ready / f"query-{name}-{first.content[:32]}.parquet"
        first.suggested = seen_codes(ordered, first.columns, {})
        _save(ordered, first)
    finally:
        asked.unlink(missing_ok=True)
    for former in ready.glob(f"query-{name}-*.parquet"):
        if former != first.path and len(former.name) == len(first.path.name):
            former.unlink()
    return first


def _prepared(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    for left in folder.glob("*.part*"):  # of a process that was killed
        owner = left.name.split(".part")[0].rsplit("-", 2)
        if not any(part.isdigit() and int(part) == os.getpid() for part in owner):
            left.unlink(missing_ok=True)
    return folder


OWN_FAULTS = (NameError, AttributeError, TypeError, AssertionError, NotImplementedError)


class _one_line:
    """Whatever a damaged file makes of a parser becomes one line; a fault of the reader itself is called so, with its place."""

    def __init__(self, name: str, kind: str):
        self.name, self.kind = name, kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, _, error, __) -> None:
        if isinstance(error, OWN_FAULTS) and (place := _own_place(error)):
            raise DataError(
                f"{self.name}: the {self.kind} reader fails on it ({type(error).__name__}: {first_line(error)}; {place}), which is a fault of the reader "
                "and not of the file. Report it with these words; a CSV export may be read meanwhile."
            ) from error
        if isinstance(error, Exception) and not isinstance(error, CxError):
            raise DataError(f"{self.name}: not readable as {self.kind} ({first_line(error)}). Export it again, or mend sources.yaml.") from None


def _own_place(error: BaseException) -> str:
    """File and line where the error arose, where that is in this package; "" where it is in a parser's."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name} line {last.lineno}" if Path(last.filename).is_relative_to(Path(__file__).parent) else ""


def _write(opened: Opened, source: Source, name: str, kept: Path, content: str, suggest: bool = True) -> Staged:
    """Writes the batches while another thread counts; the file is there whole or not at all."""
    part = kept.with_name(f"{kept.stem}-{os.getpid()}.part1")
    schema = pa.schema([*((column, pa.string()) for column in opened.columns), (ROW, pa.int64())])
    cells, digits, rows = Cells(source, opened, name), LostDigits(source, opened.columns, name), 0
    with ThreadPoolExecutor(1) as beside:
        counting = beside.submit(opened.count)
        try:
            batches = iter(opened.batches)
            first = next(batches, None)
            with pq.ParquetWriter(part, schema, compression="lz4", use_dictionary=_repeating(first), write_statistics=False) as writer:
                for batch in chain([first] if first else [], batches):
                    digits.watch(batch)
                    writer.write_batch(cells.clean(batch))
                    rows += batch.num_rows
            digits.refuse()
        except BaseException:
            part.unlink(missing_ok=True)
            counting.result()  # the counter says more clearly where a file breaks off
            raise
    staged = Staged(kept, rows, 0, opened.columns, content, sorted(opened.aside), opened.questions, opened.answers, notes=opened.notes)
    staged.missing = [(column, value, times) for (column, value), times in sorted(opened.missing.items())]
    try:
        staged.rows_in = counting.result()
        _adds_up(staged, name)
        staged.suggested = seen_codes(part, opened.columns, opened.answers) if suggest else []
        _save(part, staged)
    finally:
        part.unlink(missing_ok=True)
    return staged


def _repeating(batch: pa.RecordBatch | None) -> list[str]:
    """Columns whose values repeat in this batch: only for them a dictionary pays, it is slow to build for the others."""
    return [name for name in batch.schema.names if 8 * pc.count_distinct(batch[name]).as_py() <= batch.num_rows] if batch else []


def _adds_up(staged: Staged, name: str) -> None:
    told = staged.rows + len(staged.aside)
    if told != staged.rows_in:
        raise DataError(
            f"{name}: {staged.rows_in:,} records counted, {told:,} read: two parsers disagree where a record ends. "
            "The file is damaged; export it again."
        )


def _save(part: Path, staged: Staged) -> None:
    """Puts the file in its place with all that is known of it beside it."""
    part.chmod(0o600)
    about = {key: value for key, value in asdict(staged).items() if key != "path"}
    said = staged.path.with_suffix(".json")
    said.write_text(json.dumps(about), encoding="utf-8")
    said.chmod(0o600)
    part.replace(staged.path)


def _kept(path: Path) -> Staged:
    about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    for pairs in ("aside", "missing", "suggested"):
        about[pairs] = [tuple(item) for item in about[pairs]]
    return Staged(path=path, **about)


def _in_order(staged: Staged, name: str) -> Path:
    """The rows of a query sorted by all their values, numbered anew."""
    target = staged.path.with_name(f"{staged.path.stem}-ordered.part2")
    quoted = ['"' + column.replace('"', '""') + '"' for column in staged.columns]
    connection = duckdb.connect(config={"threads": 1})
    ordered = connection.execute(
        f"SELECT {', '.join(quoted)}, row_number() OVER (ORDER BY {', '.join(quoted)}) AS {ROW} "
        f"FROM read_parquet('{str(staged.path).replace(chr(39), chr(39) * 2)}') ORDER BY {ROW}"
    )
    with ordered.to_arrow_reader(100_000) as batches, pq.ParquetWriter(target, batches.schema, compression="lz4") as writer:
        for batch in batches:
            writer.write_batch(batch)
    connection.close()
    return target


def _check_columns(columns: list[str], source: Source, name: str) -> None:
    missing = [wanted for wanted in source.columns or [] if wanted not in columns]
    if not missing:
        return
    new = [column for column in columns if column not in (source.columns or [])]
    lower = {column.lower(): column for column in new}
    near = {wanted: difflib.get_close_matches(wanted.lower(), list(lower), 1, 0.6) for wanted in missing}
    renamed = ", ".join(f"{wanted} is now {lower[found[0]]}" for wanted, found in near.items() if found)
    raise DataError(
        f"{name}: column {', '.join(missing)} is missing; it has {', '.join(columns[:60])}. "
        + (f"Perhaps renamed: {renamed}. " if renamed else "")
        + "Export it again with that column, or mend columns in sources.yaml and the SQL."
    )
