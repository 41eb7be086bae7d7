"""From raw files to published tables: stage, show, map, judge, reconcile, publish in one step."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import pyarrow as pa

from cx_helpers.config import Brand
from cx_helpers.config.reading import unfinished
from cx_helpers.errors import DataError
from cx_helpers.ingest.contract_rows import QUARANTINE, Split, split_table, tell_quarantine
from cx_helpers.ingest.departures import left_rows
from cx_helpers.ingest.drift import Drift, drift
from cx_helpers.ingest.mapping import connect, first_line
from cx_helpers.ingest.missing_codes import missing_rows
from cx_helpers.ingest.persons.permissions import WANTING, gate, next_change
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.raw_rows import RawFile, show, stage_all
from cx_helpers.ingest.readers import file_hash, file_order
from cx_helpers.ingest.reconcile import ACCEPTED, NOT_PERMITTED, QUARANTINED, SUPERSEDED, Fates
from cx_helpers.ingest.persons.retention import Kept, due
from cx_helpers.ingest.rules import quoted
from cx_helpers.ingest.staging import stage_query
from cx_helpers.ingest.state import state_of
from cx_helpers.ingest.persons.usage import field_ledger
from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.harmonised import kept_apart
from cx_helpers.tables.lake import Lake, to_contract
from cx_helpers.tables.renewal import changed_months, clear, fresh_lake, kept_results, take_over
from cx_helpers.tables.result_contracts import ALL
from cx_helpers.tables.rows import Rows

PARENTS = {"journey_id": "journeys"}  # a row that names one of these must name an accepted one
NO_SQL = "no table's SQL uses this row"


@dataclass
class IngestReport:
    """What an ingest did."""

    changed: bool
    lines: list[str] = field(default_factory=list)


def ingest(brand: Brand, *, force: bool = False, now: datetime | None = None) -> IngestReport:
    """Brings the brand's tables up to its raw files.

    Files are known by their content: nothing changed means nothing is done, the same file twice changes nothing, a
    file that was corrected replaces its own rows, rows that left it leave the tables. The lake shows all of the new
    publication, or all of the old one; months that did not change are not written again. Where rows fall by their age, the
    tables begin a new log, and the old one is removed.

    Parameters
    ----------
    now : datetime, optional
        UTC: the day that days to keep and permissions count to; today when left out.

    Raises
    ------
    DataError
        Before anything is published; the last publication stays.
    """
    from cx_helpers.ingest.persons.forget import finish  # it ends in a publication itself

    now = now or datetime.now(UTC)
    finished = finish(brand, now=now)
    lake = Lake(brand.folder / "tables")
    lock = lake.lock()
    work, parsed = lake.folder / ".work", lake.folder / ".parsed"
    try:
        clear(lake.folder)
        lake.sweep()
        before = lake.current()["ingest"]
        files = raw_files(brand, before.get("files", {}))
        queries = {name: stage_query(source, name, parsed) for name, source in brand.sources.sources.items() if source.url}
        with ThreadPoolExecutor(2) as beside:
            paths = {f"{name}/{_inside(brand, path)}": path for name, own in files.items() for path in own}
            hashes = dict(zip(paths, beside.map(file_hash, paths.values()), strict=True))
        hashes |= {f"{name}/{name}": staged.content for name, staged in queries.items()}
        state = state_of(brand, hashes)
        if all(before.get(key) == value for key, value in state.items()) and not force and not due(before, now):
            _not_kept(parsed, before)
            return IngestReport(bool(finished), [*finished, f"{brand.name}: {len(hashes)} raw files unchanged, nothing to do."])
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700, parents=True)
        raw = stage_all(brand, files, queries, hashes, parsed)
        built = build(brand, lake, raw, work, now)
        not_kept = sorted(file.staged.path.name for file in raw if file.label in built.kept.files)
        publish_built(lake, built, {**state, "not_kept": not_kept})
        _not_kept(parsed, lake.current()["ingest"])
        notes = [f"  {note}" for file in raw for note in file.staged.notes]
        notes += [f"  {brand.name}: another key than the last ingest had: every pseudonym is new."] if before.get("key", state["key"]) != state["key"] else []
        return IngestReport(True, [*finished, *_report(brand, built.tables), *notes, *built.drift.lines, *built.guard.warnings])
    finally:
        shutil.rmtree(work, ignore_errors=True)  # raw ids and free text stand in it
        lock.release()


def _not_kept(parsed: Path, record: Mapping[str, Any]) -> None:
    """Removes parsed copies of files with rows that nobody may keep; again by the next ingest where a kill came first."""
    for path in (parsed / name for name in record.get("not_kept", ())):
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)  # what is known of it


def raw_files(brand: Brand, known: dict[str, str]) -> dict[str, list[Path]]:
    """Source to its files, in the order of their names and numbers; a source without a file is a problem, all told at once."""
    found = {
        name: sorted((path for path in brand.raw.glob(source.file) if not unfinished(path.name)), key=lambda path: file_order(_inside(brand, path)))
        for name, source in brand.sources.sources.items()
        if source.file
    }
    problems = [
        f"{brand.name}: source {name}: no file {source.file} in {brand.raw}. Put it there, or mend file or raw in sources.yaml."
        for name, source in brand.sources.sources.items()
        if source.file and not found[name] and not source.optional
    ]
    here = {f"{name}/{_inside(brand, path)}" for name, paths in found.items() for path in paths}
    gone = [
        key for key in known
        if key not in here and (name := key.split("/")[0]) in found and (found[name] or brand.sources.sources[name].optional)
    ]  # fmt: skip
    problems += [
        f"{brand.name}: {key.split('/', 1)[1]} was read by the last ingest and is gone from {brand.raw}. Put it back "
        "(an emptied copy with its header removes its rows)."
        for key in gone
    ]
    if not problems and found and not any(found.values()) and len(found) == len(brand.sources.sources):
        problems = [f"{brand.name}: no raw file at all in {brand.raw}. Put the exports there, or mend raw in sources.yaml."]
    if problems:
        raise DataError("\n".join(problems))
    return found


def _inside(brand: Brand, path: Path) -> str:
    """A raw file as its rows name it: its path inside the raw folder."""
    return path.relative_to(brand.raw).as_posix()


@dataclass
class Built:
    """Tables ready to be published, and what there is to say of them."""

    tables: dict[str, Rows | pa.Table]
    drift: Drift
    guard: Guard
    kept: Kept


def build(brand: Brand, lake: Lake, raw: list[RawFile], work: Path, now: datetime) -> Built:
    """Every table and ledger of an ingest, judged and reconciled; canonical rows are read when they are written."""
    connection = connect(work)
    for table, columns in (("_quarantine", QUARANTINE), ("_superseded", "_place BIGINT")):
        connection.execute(f"CREATE TABLE {table} ({columns})")
    before = lake.current()["ingest"]
    kept = Kept()
    guard = show(connection, brand, raw, now.date(), kept)
    changes = drift(connection, brand, raw, before.get("columns", {}), guard)
    splits: dict[str, Split] = {}
    for name in sorted(brand.sql, key=lambda table: table not in PARENTS.values()):
        parents = {column: splits[table] for column, table in PARENTS.items() if table in splits}
        splits[name] = split_table(connection, brand, name, work, guard, parents)
    refused = gate(connection, brand, splits, guard, now)
    kept.permissions_change = next_change(connection, brand, splits, now)
    rows = {name: split.rows() for name, split in splits.items()}
    if not kept.files and refused.empty:  # what a person or an age asks for may empty a table
        _nothing_emptied(connection, brand, lake, rows)
    fates = _fates(connection, raw, splits)
    tell_quarantine(connection, guard.told)
    changed = [file.label for file in raw if before.get("files", {}).get(file.key) != file.staged.content]
    left = left_rows(connection, lake, splits, {name: table.months for name, table in rows.items()}, changed)
    ledger = fates.reconciliation()
    codes = [row for file in raw for row in missing_rows(file.raw_source, file.label, file.staged.missing, file.staged.suggested, brand.sources.sources[file.raw_source])]
    ledgers = {
        "reconciliation": ledger.assign(left=ledger["file"].map(left).fillna(0.0)),
        "checks": run_checks(connection, brand),
        "columns": changes.ledger,
        "missing_codes": pd.DataFrame(codes, columns=[column.name for column in ALL["missing_codes"].columns]),
        "fields": field_ledger(guard),
        "refused_use": refused,
        "kept_apart": _kept_apart(connection, splits, brand),
    }
    tables = {name: to_contract(frame, ALL[name], name) for name, frame in ledgers.items()}
    return Built({**rows, **tables, "quarantine": _quarantine(connection)}, changes, guard, kept)


def publish_built(lake: Lake, built: Built, state: Mapping[str, Any], *, anew: bool = False, without_months: Collection[str] = ()) -> dict[str, Any]:
    """Publishes in place; or, where something falls that old versions still hold, under a new log without them.

    Parameters
    ----------
    anew : a new log in any case
    without_months : months that people were taken out of: their result tables are not taken along

    Returns
    -------
    dict : the record of ``current.json``. Its ingest's `restated` names the months that can no longer be reproduced.
    """
    before = lake.current()
    record = {**state, "columns": built.drift.record, **built.kept.record, "restated": before["ingest"].get("restated", {})}
    if not before["tables"] or not (anew or built.kept.drops_more(before["ingest"])):
        return lake.publish(built.tables, ingest=record)
    fresh = fresh_lake(lake.folder)
    tables = {**built.tables, **kept_results(lake, without_months)}
    written = fresh.publish(tables, ingest=record)
    changed = without_months if anew else changed_months(before, written)  # rows of files written again have other numbers
    restated = record["restated"] | dict.fromkeys(sorted(changed), "erasure" if anew else "retention")
    after = fresh.publish(tables, ingest=record | {"restated": restated})  # the tables are as they were: none is written again
    take_over(fresh, lake.folder)
    return after


def _kept_apart(connection: duckdb.DuckDBPyConnection, splits: Mapping[str, Split], brand: Brand) -> pd.DataFrame:
    """Answers under wordings and programmes that are not read together with those in force."""
    if "responses" not in splits:
        return pd.DataFrame()
    return kept_apart(ibis.duckdb.from_connection(connection).sql(splits["responses"].accepted), brand.journey)


def _nothing_emptied(connection: duckdb.DuckDBPyConnection, brand: Brand, lake: Lake, tables: Mapping[str, Rows]) -> None:
    before = lake.current()["tables"]
    heard = any(tables[name].rows for name in ("journeys", "responses") if name in tables)
    for name, table in tables.items():
        if table.rows == 0 and (name in ("journeys", "responses") and not heard or before.get(name, {}).get("rows")):
            reason = connection.execute(
                'SELECT reason, count(*) AS n FROM _quarantine WHERE "table" = ? GROUP BY 1 ORDER BY n DESC, reason LIMIT 1', [name]
            ).fetchone()
            why = f"; set aside: {reason[0]} ({reason[1]:,} rows)" if reason else ""
            raise DataError(
                f"{brand.name}: table {name} would be empty{why}. Check the files of its sources; the last publication stays."
            )


def _fates(connection: duckdb.DuckDBPyConnection, raw: list[RawFile], splits: Mapping[str, Split]) -> Fates:
    """What became of each raw row; those cut off by their reader and those that no SQL uses join the quarantine."""
    fates = Fates(raw)
    aside = [(file.start + row, reason) for file in raw if not file.repeated for row, reason in file.staged.aside]
    connection.register("_aside", pa.table({"place": pa.array([p for p, _ in aside], pa.int64()), "why": pa.array([w for _, w in aside], pa.string())}))
    connection.execute(
        "INSERT INTO _quarantine SELECT place, NULL, why, NULL, NULL, 'Mend the record in the export, where it is meant to count.' FROM _aside"
    )
    for split in splits.values():
        fates.mark(connection, split.places, ACCEPTED)
    fates.mark(connection, "SELECT _place FROM _quarantine", QUARANTINED)
    fates.mark(connection, f"SELECT _place FROM _quarantine WHERE starts_with(reason, '{WANTING}')", NOT_PERMITTED)
    fates.mark(connection, "SELECT _place FROM _superseded", SUPERSEDED)
    for batch in fates.idle():
        connection.register("_idle", batch)
        connection.execute(
            f"INSERT INTO _quarantine SELECT _place, NULL, {quoted(NO_SQL)}, NULL, NULL, "
            "'Use it in a SELECT, or mark its source `lookup: true`.' FROM _idle"
        )
        fates.mark(connection, "SELECT _place FROM _idle", QUARANTINED)
    return fates


def _quarantine(connection: duckdb.DuckDBPyConnection) -> Rows:
    """The quarantine with file and row, in the order of the files."""
    columns = 'f.file, (q._place - f.start)::DOUBLE AS "row", f.raw_source, q."table", q.reason, q."column", q.found, q.suggestion'
    connection.execute(
        f'CREATE TABLE _told AS SELECT {columns} FROM _quarantine q ASOF JOIN (SELECT * FROM _files WHERE size > 0) f ON q._place > f.start '
        'ORDER BY f.raw_source, f.file, "row", reason, "table", "column"'
    )
    count, total = connection.execute("SELECT count(*), coalesce(sum(hash(t)::HUGEINT), 0)::VARCHAR FROM _told t").fetchone()
    return Rows(ALL["quarantine"].schema, {"": f"{count}-{total}"}, count, lambda months: connection.execute("FROM _told").to_arrow_reader(100_000))


def run_checks(connection: duckdb.DuckDBPyConnection, brand: Brand) -> pd.DataFrame:
    """The brand's own quality checks: id, label, rows found, the first of them, and how they are handled."""
    rows = []
    row = "split_part(_source, ':', -1)"
    first = f"min_by(_source, {{'f': left(_source, length(_source) - length({row}) - 1), 'r': {row}::BIGINT}})"
    for name, check in brand.sources.checks.items():
        try:
            found, where = connection.execute(f"SELECT count(*), {first} FROM ({check.sql.rstrip().rstrip(';')})").fetchone()
        except duckdb.Error as error:
            raise DataError(f"{brand.name}/sources.yaml: check {name}: DuckDB refuses it ({first_line(error)}). Mend its sql.") from None
        rows.append({"check": name, "label": check.label, "rows": found, "first": where, "handling": check.handling})
    return pd.DataFrame(rows, columns=["check", "label", "rows", "first", "handling"])


def _report(brand: Brand, tables: Mapping[str, Any]) -> list[str]:
    ledger = tables["reconciliation"].to_pandas()
    sums = ledger[["rows_in", "accepted", "quarantined", "superseded"]].sum()
    lines = [
        f"{brand.name}: {sums.rows_in:,.0f} rows in {len(ledger)} files = {sums.accepted:,.0f} accepted + "
        f"{sums.quarantined:,.0f} quarantined + {sums.superseded:,.0f} superseded."
    ]
    lines += [f"  {row.file}: {row.left:,.0f} rows left the export, and the tables with it." for row in ledger[ledger["left"] > 0].itertuples()]
    return lines + [f"  {name}: {table.rows:,} rows" for name, table in tables.items() if name in CANONICAL]
