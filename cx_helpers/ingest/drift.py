"""How the columns of a source change from file to file: what is new, gone or renamed, named before SQL trips over it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pandas as pd

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.ingest.lineage import reads, used
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.raw_rows import RawFile
from cx_helpers.ingest.rules import named, quoted

LOOKED_AT = 2_000
ALIKE = 0.65  # of 1: a name counts one third, what stands in the cells two thirds
FEWEST = 30  # numbers; the median of fewer may be the number of one person
_SIZE = "round(sign(median(TRY_CAST({} AS DOUBLE))) * log10(1 + abs(median(TRY_CAST({} AS DOUBLE)))))"
ALONE = 0.85  # of 1, cells only: where one column went and one came
Profile = Mapping[str, Sequence[float | None]]


@dataclass
class Drift:
    """The columns of every raw file, and what is remembered of them for the next ingest.

    Attributes
    ----------
    ledger : DataFrame: raw_source, file, column, status (known, new, gone, renamed), was, since
    record : dict of source to its last file's columns and their profiles
    lines : what a person should read: one line a change
    """

    ledger: pd.DataFrame
    record: dict[str, Any]
    lines: list[str] = field(default_factory=list)


def drift(connection: duckdb.DuckDBPyConnection, brand: Brand, raw: Sequence[RawFile], before: Mapping[str, Any], guard: Guard) -> Drift:
    """Compares each file with the file before it, and the first with the last ingest's copy.

    What is remembered of a column holds no value of it: shares, a mean length, and of 30 numbers or more that are neither
    personal nor refused to the brand's purpose the order of magnitude.

    Parameters
    ----------
    before : the `record` of the last ingest; empty at the first

    Raises
    ------
    DataError
        A column that SQL needs was renamed (the line names the likely new name) or is gone, and its source does not list it
        under `optional_columns`. All at once.
    """
    found = Drift(pd.DataFrame(), {})
    rows, problems = [], []
    for name in dict.fromkeys(file.raw_source for file in raw):
        own = [file for file in raw if file.raw_source == name and not file.repeated]
        known: Profile = before.get(name, {}).get(own[0].label, {}) if own else {}
        since: dict[str, str] = {}
        for file in own:
            profile = _profile(connection, file, guard)
            changes = _changes(known or profile, profile)
            problems += _refused(brand, file, changes, guard, known)
            for column, status, was in changes:
                since[column] = file.label if status != "known" else since.get(column, file.label)
                rows.append((name, file.label, column, status, was, since[column]))
                if status != "known":
                    found.lines.append(f"  {file.label}: column {column} is {status}" + (f" (it was {was})." if was else "."))
            found.record.setdefault(name, {})[file.label] = known = profile
    if problems:
        raise DataError("\n".join(problems))
    found.ledger = pd.DataFrame(rows, columns=["raw_source", "file", "column", "status", "was", "since"])
    return found


def _profile(connection: duckdb.DuckDBPyConnection, file: RawFile, guard: Guard) -> dict[str, list[float | None]]:
    """What the first rows of each column look like, without a value of theirs: shares filled, numbers, times and
    distinct; the mean length; the order of magnitude of the numbers, where there are many and nobody's."""
    columns = file.staged.columns
    if not columns:
        return {}
    parts = []
    for column in columns:
        c = named(column)
        sized = guard.personal(file.raw_source, column) is None and not guard.refused(file.raw_source, column)
        size = f"CASE WHEN count(TRY_CAST({c} AS DOUBLE)) >= {FEWEST} THEN {_SIZE.replace('{}', c)} END" if sized else "NULL"
        parts.append(
            f"[count({c}) / greatest(count(*), 1), count(TRY_CAST({c} AS DOUBLE)) / greatest(count({c}), 1), "
            f"count(TRY_CAST({c} AS TIMESTAMP)) / greatest(count({c}), 1), count(DISTINCT {c}) / greatest(count({c}), 1), "
            f"avg(length({c})), {size}]"
        )
    query = f"SELECT {', '.join(parts)} FROM (SELECT * FROM read_parquet({quoted(str(file.staged.path))}) LIMIT {LOOKED_AT})"
    found = connection.execute(query).fetchone()
    return {column: [None if v is None or v != v or abs(v) == float("inf") else round(v, 6) for v in values] for column, values in zip(columns, found, strict=True)}


def _changes(before: Profile, now: Profile) -> list[tuple[str, str, str | None]]:
    """(column, status, was): the columns of a file in their order, then those that are gone."""
    gone, fresh = [c for c in before if c not in now], [c for c in now if c not in before]
    pairs = [((_names(old, new) + 2 * (cells := _cells(before[old], now[new]))) / 3, cells, old, new) for old in gone for new in fresh]
    renamed: dict[str, str] = {}
    for score, cells, old, new in sorted(pairs, key=lambda pair: (-pair[0], *pair[2:])):
        likely = score >= ALIKE or (len(pairs) == 1 and cells >= ALONE)
        if likely and new not in renamed and old not in renamed.values():
            renamed[new] = old
    status = [(c, "renamed", renamed[c]) if c in renamed else (c, "new" if c in fresh else "known", None) for c in now]
    return status + [(c, "gone", None) for c in gone if c not in renamed.values()]


def _names(old: str, new: str) -> float:
    """How alike two names are, 0 to 1, by their letters and digits."""
    return difflib.SequenceMatcher(None, *[re.sub(r"[^a-z0-9]", "", name.lower()) for name in (old, new)]).ratio()


def _cells(before: Sequence[float | None], now: Sequence[float | None]) -> float:
    """How alike what stands in two columns is, 0 to 1: shares filled, numbers, times and distinct, length, median."""
    shares = [1 - abs((a or 0) - (b or 0)) for a, b in zip(before[:4], now[:4], strict=True)]
    median = [_ratio(before[5], now[5])] if (before[5] is None) == (now[5] is None) else []  # one file may be too short for it
    alike = [*shares, _ratio(before[4], now[4]), *median]
    return sum(alike) / len(alike)


def _ratio(a: float | None, b: float | None) -> float:
    if a is None or b is None:
        return float(a is b)
    low, high = sorted((abs(a), abs(b)))
    return 1.0 if high == 0 else (low / high if a * b >= 0 else 0.0)


def _refused(brand: Brand, file: RawFile, changes: list[tuple[str, str, str | None]], guard: Guard, earlier: Profile) -> list[str]:
    """A renamed column that SQL reads by its old name only, and one that it reads and that is gone."""
    if not any(status in ("renamed", "gone") for _, status, _ in changes):
        return []
    name, source = file.raw_source, brand.sources.sources[file.raw_source]
    columns = {**guard.columns, name: list(dict.fromkeys([*guard.columns[name], *earlier]))}
    read = [reads(query, columns) for query in (*brand.sql.values(), *(check.sql for check in brand.sources.checks.values()))]
    needed = {column.lower() for place, column in used(read) if place == name} - {c.lower() for c in source.optional_columns}
    there = {column.lower() for column, status, _ in changes if status != "gone"}
    together = [{column for place, column in fed if place == name} for part in read for fed in part.feeds.values()]
    fresh = {column for column, status, _ in changes if status in ("new", "renamed")}
    replaced = {column for fed in together for column in fed if fed & (fresh - {column})}  # coalesce(old, new) in the SQL
    renamed = [
        f"{brand.name}: {file.label}: column {was} is gone and {column} is new and looks like it; the SQL over {name} needs {was}. "
        f"Rename {column} back in the export, or read both in the SQL: coalesce({was}, {column})."
        for column, status, was in changes
        if status == "renamed" and was.lower() in needed and column.lower() not in needed
    ]
    return renamed + [
        f"{brand.name}: {file.label}: column {column} is gone, and the SQL over {name} reads it. Put it back into the export, or say in "
        f"sources.yaml that files of {name} may lack it: optional_columns: [{column}]."
        for column, status, _ in changes
        if status == "gone" and column.lower() in needed - there and column not in replaced
    ]
