"""The raw rows of an ingest: every file staged, counted twice, and shown to SQL as one view a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.ingest.persons.forgotten import forgotten_rows, read_marks
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.readers import file_order
from cx_helpers.ingest.persons.retention import Kept, hidden_by_age, leave_out
from cx_helpers.ingest.rules import named, quoted
from cx_helpers.ingest.staging import Staged, stage

LINEAGE = ("_source", "_file", "_row")


@dataclass(frozen=True)
class RawFile:
    """One staged file, and where its rows stand among all raw rows of the ingest.

    Attributes
    ----------
    label : str
        What its rows call it: its path inside the raw folder, and the source where two sources read it.
    key : str
        What the ingest's record knows it by.
    rank : int
        Its place in the order of files; of two rows with one key, that of the higher rank holds.
    start : int
        Row r of the file is raw row ``start + r`` of the ingest.
    repeated : bool
        The same content was read before under another name: its rows count as superseded.
    empty_without : tuple of str
        Columns without which a row says nothing, and is accepted though no table has it.
    """

    raw_source: str
    label: str
    key: str
    staged: Staged
    rank: int
    start: int
    repeated: bool
    lookup: bool
    empty_without: tuple[str, ...] = ()


def stage_all(
    brand: Brand, files: Mapping[str, Sequence[Path]], queries: Mapping[str, Staged], hashes: Mapping[str, str], folder: Path
) -> list[RawFile]:
    """Every file, staged; in the order of files, in which later ones correct earlier ones.

    Parameters
    ----------
    queries : sources that are queries, staged already
    hashes : mapping of ``source/file`` to the hash of its content

    Raises
    ------
    DataError
        Every file that cannot be read, at once; a file whose rows are not those that a second parser counts.
    """
    times = Counter(path for paths in files.values() for path in paths)
    found = [(name, name, f"{name}/{name}", staged, False) for name, staged in queries.items()]
    problems: list[str] = []
    for name, paths in files.items():
        source, seen = brand.sources.sources[name], set()
        for path in paths:
            inside = path.relative_to(brand.raw).as_posix()
            key, label = f"{name}/{inside}", inside if times[path] == 1 else f"{inside}[{name}]"
            try:
                staged = stage(path, source, label, folder, hashes[key])
            except DataError as error:
                problems.append(f"{brand.name}: {error}")
                continue
            found.append((name, label, key, staged, hashes[key] in seen))
            seen.add(hashes[key])
    if problems:
        raise DataError("\n".join(problems))
    _all_there(found)
    raw, start = [], 0
    for rank, (name, label, key, staged, repeated) in enumerate(sorted(found, key=lambda item: (file_order(item[1]), item[0]))):
        source = brand.sources.sources[name]
        raw.append(RawFile(name, label, key, staged, rank, start, repeated, source.lookup, tuple(source.empty_without)))
        start += staged.rows_in
    return raw


def _all_there(found: Sequence[tuple[str, str, str, Staged, bool]]) -> None:
    lost = [
        f"{label}: {staged.rows_in:,} rows in, {staged.rows + len(staged.aside):,} accounted for"
        for _, label, _, staged, _ in found
        if staged.rows + len(staged.aside) != staged.rows_in
    ]
    if lost:
        raise DataError(f"reconciliation fails: {'; '.join(lost)}. The file is probably damaged; export it again.")


def show(connection: duckdb.DuckDBPyConnection, brand: Brand, raw: Sequence[RawFile], today: date, kept: Kept) -> Guard:
    """Makes each source a view of text columns with `_source` ("file:row"), `_file` and `_row`, personal cells hidden.

    Rows kept too long, and those of people who were forgotten, are not in the view; they stand in ``_quarantine``.

    Parameters
    ----------
    kept : filled with what was left out

    Returns
    -------
    Guard
        What tables may hold of a person, by the fields and patterns of these files.
    """
    files = pa.table(
        {
            "file": pa.array([file.label for file in raw], pa.string()),
            "rank": pa.array([file.rank for file in raw], pa.int32()),
            "start": pa.array([file.start for file in raw], pa.int64()),
            "size": pa.array([0 if file.repeated else file.staged.rows_in for file in raw], pa.int64()),
            "raw_source": pa.array([file.raw_source for file in raw], pa.string()),
        }
    )
    connection.register("_files_given", files)
    connection.execute("CREATE TABLE _files AS SELECT * FROM _files_given")
    columns: dict[str, list[str]] = {}
    for name, source in brand.sources.sources.items():
        own = [file for file in raw if file.raw_source == name and not file.repeated]
        parts = [_select(file) for file in own] or [_absent(source.columns or [])]
        columns[name] = list(dict.fromkeys(c for file in own for c in file.staged.columns)) or list(source.columns or [])
        connection.execute(f"CREATE VIEW {named('_raw_' + name)} AS {' UNION ALL BY NAME '.join(parts)}")
    guard = Guard.over(brand, connection, {name: named("_raw_" + name) for name in columns}, columns)
    marks = read_marks(brand.folder)
    for name in columns:
        seen = guard.hidden(name)
        for column, sql in hidden_by_age(guard, name, today).items():
            seen[column] = sql.format(seen.get(column, named(column)))
        hidden = ", ".join(f"{sql} AS {named(column)}" for column, sql in seen.items())
        replaced = f" REPLACE ({hidden})" if hidden else ""
        left_out = leave_out(connection, guard, name, today, kept, forgotten_rows(connection, guard, name, marks))
        where = f" WHERE NOT ({left_out})" if left_out else ""
        connection.execute(f"CREATE VIEW {named(name)} AS SELECT *{replaced} FROM {named('_raw_' + name)}{where}")
    return guard


def _select(file: RawFile) -> str:
    return (
        f"SELECT * EXCLUDE (_row), {quoted(file.label + ':')} || _row AS _source, {quoted(file.label)} AS _file, _row "
        f"FROM read_parquet({quoted(str(file.staged.path))})"
    )


def _absent(columns: Sequence[str]) -> str:
    """An optional source without a file: its declared columns, no rows."""
    texts = [f"NULL::VARCHAR AS {named(column)}" for column in (*columns, *LINEAGE[:2])]
    return f"SELECT {', '.join(texts)}, NULL::BIGINT AS _row WHERE false"
