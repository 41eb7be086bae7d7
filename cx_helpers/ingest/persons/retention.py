"""What is kept too long is dropped: rows by the days their source is kept, values by the days their field is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from cx_helpers.config.usage import SourceHeld
from cx_helpers.errors import DataError
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.rules import named, quoted


@dataclass
class Kept:
    """What was left out by age or by erasure, for the ingest's record.

    Attributes
    ----------
    expired : dict of source (or source.field) to the rows (or values) dropped for their age
    expires : the first day on which something more falls, or None
    files : labels of files with rows that SQL did not see: their parsed copies are not kept
    forgotten : source to the rows of people who were forgotten
    permissions_change : the next moment at which a permission begins or ends, in ISO 8601, or None
    """

    expired: dict[str, int] = field(default_factory=dict)
    expires: date | None = None
    files: set[str] = field(default_factory=set)
    forgotten: dict[str, int] = field(default_factory=dict)
    permissions_change: str | None = None

    @property
    def record(self) -> dict[str, Any]:
        """For ``current.json``."""
        expires = self.expires and self.expires.isoformat()
        return {"expired": self.expired, "expires": expires, "permissions_change": self.permissions_change}

    def drops_more(self, before: Mapping[str, Any]) -> bool:
        """Whether something falls that the last publication, by its record, still held."""
        known = before.get("expired", {})
        return any(rows > known.get(name, 0) for name, rows in self.expired.items())


def too_old(guard: Guard, source: str, days: int, today: date) -> str:
    """SQL, never NULL, that is true of rows older than `days`, and of rows whose time cannot be read.

    Raises
    ------
    DataError
        Where the column that days count from is not in the files.
    """
    held: SourceHeld = guard.brand.sources.sources[source].held
    if held.by not in guard.columns[source]:
        raise DataError(
            f"{guard.brand.name}/sources.yaml: {source}: days to keep count from {held.by!r}, which is no column of its files "
            f"({', '.join(guard.columns[source])}). Name one of them under held: by."
        )
    by = named(held.by)
    return f"coalesce(TRY_CAST({by} AS TIMESTAMP) < TIMESTAMP {quoted(str(today - timedelta(days=days)))}, {by} IS NOT NULL)"


def hidden_by_age(guard: Guard, source: str, today: date) -> dict[str, str]:
    """Columns with values older than their field is kept, with the SQL that shows the others alone."""
    fields = guard.brand.sources.sources[source].fields
    return {
        column: f"CASE WHEN {too_old(guard, source, entry.keep_days, today)} THEN NULL ELSE {{}} END"
        for column, entry in fields.items()
        if entry.keep_days and column in guard.columns[source]
    }


def leave_out(connection: duckdb.DuckDBPyConnection, guard: Guard, source: str, today: date, kept: Kept, forgotten: str = "") -> str:
    """SQL that is true of raw rows that SQL may not see; they join the quarantine, with nothing told of their content.

    Parameters
    ----------
    kept : filled with what is left out
    forgotten : SQL that is true of rows of people who were forgotten, or ""

    Returns
    -------
    str : a condition over the source's raw table, or "" where nothing is left out.
    """
    held, raw = guard.brand.sources.sources[source].held, named(f"_raw_{source}")
    parts = []
    _readable(connection, guard, source, raw)
    if held.keep_days:
        condition = too_old(guard, source, held.keep_days, today)
        unread = f"TRY_CAST({named(held.by)} AS TIMESTAMP) IS NULL"
        why = f"older than the {held.keep_days} days that {source} is kept"
        kept.expired[source] = _set_aside(connection, raw, f"{condition} AND NOT ({unread})", why, "Nothing to mend; remove it from the export too.", kept)
        kept.expired[source] += _set_aside(connection, raw, f"{condition} AND {unread}", f"its age cannot be told: {held.by} is no time", "Write it as 2026-01-31 10:00.", kept)
        _next(connection, guard, source, raw, held.keep_days, today, kept)
        parts.append(condition)
    if forgotten:
        seen = f"({forgotten}) AND NOT ({parts[0]})" if parts else forgotten
        kept.forgotten[source] = _set_aside(connection, raw, seen, "of a person who was forgotten", "Remove it from the export too.", kept)
        parts.append(forgotten)
    for column, entry in guard.brand.sources.sources[source].fields.items():
        if entry.keep_days and column in guard.columns[source]:
            old = too_old(guard, source, entry.keep_days, today)
            kept.expired[f"{source}.{column}"] = connection.execute(f"SELECT count({named(column)}) FROM {raw} WHERE {old}").fetchone()[0]
            _next(connection, guard, source, raw, entry.keep_days, today, kept)
    return " OR ".join(f"({part})" for part in parts)


def _readable(connection: duckdb.DuckDBPyConnection, guard: Guard, source: str, raw: str) -> None:
    """Refuses a source of which most times cannot be read: its days to keep would mean nothing."""
    entry = guard.brand.sources.sources[source]
    by = entry.held.by
    if by not in guard.columns[source] or not (entry.held.keep_days or any(kept.keep_days for kept in entry.fields.values())):
        return
    cells, read = connection.execute(f"SELECT count({named(by)}), count(TRY_CAST({named(by)} AS TIMESTAMP)) FROM {raw}").fetchone()
    if 2 * read < cells:
        raise DataError(
            f"{guard.brand.name}: {source}.{by}: {cells - read:,} of {cells:,} cells are no time as 2026-01-31 10:00, so days to keep cannot be counted. "
            "Let the export write times so, or name another column under held: by."
        )


def _set_aside(connection: duckdb.DuckDBPyConnection, raw: str, condition: str, why: str, suggestion: str, kept: Kept) -> int:
    found = connection.execute(f"SELECT _file, count(*) FROM {raw} WHERE {condition} GROUP BY 1").fetchall()
    kept.files |= {file for file, _ in found}
    connection.execute(
        f"INSERT INTO _quarantine SELECT f.start + r._row, NULL, ?, NULL, NULL, ? FROM {raw} r "
        f"JOIN (SELECT * FROM _files WHERE size > 0) f ON f.file = r._file WHERE {condition}",
        [why, suggestion],
    )
    return sum(rows for _, rows in found)


def _next(connection: duckdb.DuckDBPyConnection, guard: Guard, source: str, raw: str, days: int, today: date, kept: Kept) -> None:
    by = f"TRY_CAST({named(guard.brand.sources.sources[source].held.by)} AS TIMESTAMP)"
    oldest = connection.execute(f"SELECT CAST(min({by}) AS DATE) FROM {raw} WHERE NOT {too_old(guard, source, days, today)}").fetchone()[0]
    if oldest:
        falls = oldest + timedelta(days=days + 1)
        kept.expires = min(falls, kept.expires or falls)


def due(before: Mapping[str, Any], now: datetime) -> bool:
    """Whether something falls by now that the last publication, by its record, still held, or a permission began or ended."""
    change = before.get("permissions_change")
    falls = bool(before.get("expires")) and before["expires"] <= now.date().isoformat()
    return falls or (change is not None and datetime.fromisoformat(change) <= now)
