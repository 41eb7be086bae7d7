"""A person leaves: raw files the brand keeps here, tables, old versions, parsed copies, quarantine and pages.

What cannot be rewritten (files that lie elsewhere, databases, SPSS) is named, and a list of keyed marks keeps it from coming back.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb

from cx_helpers.config import Brand, reports_folder
from cx_helpers.ingest import publish
from cx_helpers.ingest.building import build
from cx_helpers.ingest.contract_rows import QUARANTINE
from cx_helpers.ingest.persons.erasing import WORK, Person, read_note, remove_note, rewritten, without_labels, without_pages, write_note
from cx_helpers.ingest.persons.forgotten import JOURNEY, PERSON, add_marks, mark
from cx_helpers.ingest.persons.known_by import known_by
from cx_helpers.ingest.mapping import connect
from cx_helpers.ingest.persons.privacy import Guard, pseudonym
from cx_helpers.ingest.raw_rows import RawFile, show, stage_all
from cx_helpers.ingest.readers import file_hash
from cx_helpers.ingest.persons.retention import Kept
from cx_helpers.ingest.rules import quoted
from cx_helpers.ingest.staging import stage_query
from cx_helpers.ingest.state import state_of
from cx_helpers.ingest.persons.traces import traces
from cx_helpers.tables.lake import Lake
from cx_helpers.tables.renewal import clear


def forget(brand: Brand, customers: Collection[str], *, dry_run: bool = False, now: datetime | None = None) -> list[str]:
    """Forgets customers, and says in lines what was done.

    Raw files in the brand's own folder are written again without their rows, and without their ids, addresses and
    full names in the rows of others; the tables begin a new log without them, and the old folder is removed with its versions and
    parsed copies; pages and results of every month from their first on are removed, for each page looks back; those
    months are marked as no longer reproducible. A list of keyed marks keeps later exports from bringing them back.
    What is to be done is noted first: a kill half-way is finished by the next forgetting or ingest.

    Parameters
    ----------
    customers : ids as the raw files write them
    dry_run : says what would go, and changes nothing

    Raises
    ------
    UsageError
        An id that no raw file holds, or one that stands beside several customers (an agent's); nothing is changed.
    """
    now = now or datetime.now(UTC)
    begun = read_note(brand.folder)
    lines = finish(brand, now=now) if begun and not dry_run else []
    left = [customer for customer in customers if not begun or dry_run or customer.strip() not in begun.ids]
    if lines and not left:
        return lines
    with _raw_tables(brand, now) as (lake, raw, guard, connection):
        person = known_by(connection, guard, left)
        person.months, person.comments = _months(lake, person, guard), _comments(lake, person, guard)
        lines += _planned(brand, person)
        if dry_run:
            return [*lines, "Nothing was changed."]
        write_note(brand.folder, person)
        return lines + _erased(brand, lake, raw, guard, person, now)


def finish(brand: Brand, *, now: datetime | None = None) -> list[str]:
    """Finishes a forgetting that was stopped half-way, from its note; does nothing where there is none.

    Returns
    -------
    list of str : lines that say what was done.
    """
    now = now or datetime.now(UTC)
    if read_note(brand.folder) is None:
        return []
    with _raw_tables(brand, now) as (lake, raw, guard, _):
        person = read_note(brand.folder)
        if person is None:  # another process finished it while this one waited
            return []
        return [f"{brand.name}: finishing a `cx forget` that was stopped half-way.", *_erased(brand, lake, raw, guard, person, now)]


@contextmanager
def _raw_tables(brand: Brand, now: datetime) -> Iterator[tuple[Lake, list[RawFile], Guard, duckdb.DuckDBPyConnection]]:
    """The brand's raw files as tables, under the writer's lock."""
    folder = brand.folder / "tables"
    lake = Lake(folder)
    lock = lake.lock()
    try:
        clear(folder)
        work = folder / WORK
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700, parents=True)
        raw = _staged(brand, lake)
        connection = connect(work)
        connection.execute(f"CREATE TABLE _quarantine ({QUARANTINE})")
        try:
            yield lake, raw, show(connection, brand, raw, now.date(), Kept()), connection
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder / WORK, ignore_errors=True)
        lock.release()


def _erased(brand: Brand, lake: Lake, raw: list[RawFile], guard: Guard, person: Person, now: datetime) -> list[str]:
    """Every step may be done twice: a kill in between leaves the note, and `finish` does them all again."""
    add_marks(brand.folder, _marks(person, guard.key))
    lines = rewritten(brand, raw, person, guard)
    lines += _anew(brand, lake, person, now)
    lines += without_labels(brand, person.comments) + without_pages(brand, person.months)
    remove_note(brand.folder)
    hidden = [pseudonym(word, guard.key) for word in sorted(person.ids)]
    left = traces([brand.folder, reports_folder() / brand.name, reports_folder() / ".logs" / brand.name], [*person.words, *hidden], person.exact)
    return [*lines, *(f"  still in {place}: remove it there by hand." for place in left)] + (
        [] if left else [f"{brand.name}: found in no file of the brand's folder and reports any more."]
    )


def _staged(brand: Brand, lake: Lake) -> list[RawFile]:
    parsed = lake.folder / ".parsed"
    files = publish.raw_files(brand, {})
    queries = {name: stage_query(source, name, parsed) for name, source in brand.sources.sources.items() if source.url}
    hashes = {f"{name}/{path.relative_to(brand.raw).as_posix()}": file_hash(path) for name, paths in files.items() for path in paths}
    hashes |= {f"{name}/{name}": staged.content for name, staged in queries.items()}
    return stage_all(brand, files, queries, hashes, parsed)


def _marks(person: Person, key: bytes) -> list[str]:
    people = [mark(PERSON, value, key) for value in person.ids | {address for address in person.addresses if "@" in address}]
    return people + [mark(JOURNEY, value, key) for value in person.journeys]


def _months(lake: Lake, person: Person, guard: Guard) -> set[str]:
    """Months of the tables from the person's first on: pages look back."""
    hidden = ", ".join(quoted(pseudonym(value, guard.key)) for value in sorted(person.ids))
    connection, theirs, every = duckdb.connect(), set(), set()
    for name, entry in lake.current()["tables"].items():
        files = lake.files(name) if {"customer_id", "month"} <= set(entry["columns"]) else []
        if files:
            read = f"read_parquet({[str(file) for file in files]!r}, hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
            rows = connection.execute(f"SELECT DISTINCT month, customer_id IN ({hidden}) FROM {read} WHERE month IS NOT NULL").fetchall()
            every |= {month for month, _ in rows}
            theirs |= {month for month, found in rows if found}
    made = {path.name for path in (reports_folder() / guard.brand.name).glob("????-??")}
    return {month for month in every | made if theirs and month >= min(theirs)}


def _comments(lake: Lake, person: Person, guard: Guard) -> set[str]:
    """What they said, by the ids of the tables: labels are kept by them."""
    hidden = [pseudonym(value, guard.key) for value in sorted(person.ids)]
    said, journeys = lake.frame("comments"), lake.frame("journeys")
    theirs = journeys.loc[journeys["customer_id"].isin(hidden), "journey_id"]
    return set(said.loc[said["customer_id"].isin(hidden) | said["journey_id"].isin(theirs), "comment_id"])


def _planned(brand: Brand, person: Person) -> list[str]:
    months = f"{min(person.months)} to {max(person.months)}" if person.months else "none"
    rows = sum(person.rows.values())
    lines = [f"{brand.name}: {rows:,} raw rows in {len(person.rows)} files, {len(person.journeys):,} journeys; pages and results of months {months}."]
    lines += [f"  {file}: {count:,} rows" for file, count in sorted(person.rows.items())]
    return lines + [f"  {place} stands beside others too and is not followed; name those customers as well if it is this person's." for place in sorted(person.shared)]


def _anew(brand: Brand, lake: Lake, person: Person, now: datetime) -> list[str]:
    """The tables under a new log, without the person; parsed copies and old versions go with the old folder."""
    raw = _staged(brand, lake)
    work = lake.folder / WORK / "anew"
    work.mkdir(parents=True)
    hashes = {file.key: file.staged.content for file in raw}
    built = build(brand, lake, raw, work, now)
    publish.publish_built(lake, built, state_of(brand, hashes), anew=True, without_months=person.months)
    return [f"  tables: a new log without them; the old one and its versions are removed. Months restated: {len(person.months)}."]
