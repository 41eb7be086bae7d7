"""The list of people who were forgotten: keyed HMACs alone, so that no later export brings them back."""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from cx_helpers.errors import DataError
from cx_helpers.ingest.persons.privacy import Guard, brand_key, fingerprint
from cx_helpers.ingest.rules import named

FILE = "forgotten.json"
PERSON, JOURNEY = "person", "journey"


def same(value: str | None) -> str:
    """An id or an address as it is compared: without blanks around it, an address in small letters; K1 and k1 are two ids."""
    value = (value or "").strip()
    return value.lower() if "@" in value else value


def mark(kind: str, value: str, key: bytes) -> str:
    """What the list holds of an id, an address or a journey; no table holds the same."""
    return hmac.digest(key, f"forgotten {kind}\0{same(value)}".encode(), "sha256")[:16].hex()


def read_marks(folder: Path) -> set[str]:
    """The marks of a brand's list; empty where nobody was forgotten.

    Raises
    ------
    DataError
        A list made with another key: people on it would come back unseen.
    """
    path = folder / FILE
    if not path.is_file():
        return set()
    found = json.loads(path.read_text(encoding="utf-8"))
    if found["key"] != fingerprint(brand_key(folder)):
        raise DataError(
            f"{folder.name}/{FILE}: made with another key than the brand has now, so people on it would come back unseen. "
            "Put the old key back, or remove the list and run `cx forget` again for each of them."
        )
    return set(found["marks"])


def add_marks(folder: Path, marks: Iterable[str]) -> None:
    """Adds to the list, whole or not at all."""
    path = folder / FILE
    content = {"key": fingerprint(brand_key(folder)), "marks": sorted(read_marks(folder) | set(marks))}
    staged = path.with_suffix(".new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staged, path)


def person_columns(guard: Guard, source: str) -> list[str]:
    """Columns of a raw table that lead to one person: ids, declared so or made into customer ids; where there is none, addresses
    that one person has (an e-mail, a handle). A phone may be a family's."""
    fed = {field for read in guard.reads.values() for field in read.feeds.get("customer_id", ())}
    kinds = {column: guard.personal(source, column) for column in guard.columns[source]}
    ids = [column for column, kind in kinds.items() if kind == "id" or (kind is None and (source, column) in fed)]
    return ids or [column for column, kind in kinds.items() if kind in ("email", "handle")]


def journey_columns(guard: Guard, source: str) -> list[str]:
    """Columns of a raw table that name a journey: what journey ids are made from, and columns called the same."""
    fed = {field for read in guard.reads.values() for field in read.feeds.get("journey_id", ())}
    people = set(person_columns(guard, source))
    names = {column for _, column in fed}
    return [column for column in guard.columns[source] if column in names and column not in people and not guard.personal(source, column)]


def forgotten_rows(connection: duckdb.DuckDBPyConnection, guard: Guard, source: str, marks: set[str]) -> str:
    """SQL that is true of raw rows of people on the list, or "" where there are none."""
    if not marks:
        return ""
    parts = []
    for kind, columns in ((PERSON, person_columns(guard, source)), (JOURNEY, journey_columns(guard, source))):
        for column in columns:
            values = connection.execute(f"SELECT DISTINCT {named(column)} FROM {named('_raw_' + source)} WHERE {named(column)} IS NOT NULL").fetchall()
            found = [value for (value,) in values if mark(kind, value, guard.key) in marks]
            if found:
                table = named(f"_forgotten_{source}_{kind}_{column}")
                connection.register("_found", pa.table({"value": found}))
                connection.execute(f"CREATE TEMP TABLE {table} AS SELECT value FROM _found")
                parts.append(f"coalesce({named(column)} IN (SELECT value FROM {table}), false)")
    return " OR ".join(parts)
