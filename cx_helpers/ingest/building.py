"""Every table and ledger of an ingest, judged and reconciled, ready to be published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pyarrow as pa

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.ingest.contract_rows import QUARANTINE, Split, split_table, tell_quarantine
from cx_helpers.ingest.departures import left_rows
from cx_helpers.ingest.drift import Drift, drift
from cx_helpers.ingest.mapping import connect, first_line
from cx_helpers.ingest.missing_codes import missing_rows
from cx_helpers.ingest.persons.permissions import WANTING, gate, next_change
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.persons.retention import Kept
from cx_helpers.ingest.persons.usage import field_ledger
from cx_helpers.ingest.raw_rows import RawFile, show
from cx_helpers.ingest.reconcile import ACCEPTED, NOT_PERMITTED, QUARANTINED, SUPERSEDED, Fates
from cx_helpers.ingest.rules import quoted
from cx_helpers.tables.harmonised import kept_apart
from cx_helpers.tables.lake import Lake, to_contract
from cx_helpers.tables.result_contracts import ALL
from cx_helpers.tables.rows import Rows

PARENTS = {"customers": "customer_id", "journeys": "journey_id"}
"""A row that names one of these must name an accepted one: of journeys always, of customers where sources.yaml calls them complete."""
NO_SQL = "no table's SQL uses this row"


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
    splits = _splits(connection, brand, work, guard)
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


def _splits(connection: duckdb.DuckDBPyConnection, brand: Brand, work: Path, guard: Guard) -> dict[str, Split]:
    """Each table, judged after those that its rows must name; a permission stands for itself, whoever gave it."""
    whole = [table for table in PARENTS if table == "journeys" or table in brand.sources.complete]
    splits: dict[str, Split] = {}
    for name in sorted(brand.sql, key=lambda table: whole.index(table) if table in whole else len(whole)):
        parents = {PARENTS[table]: splits[table] for table in whole if table in splits and name != "permissions"}
        splits[name] = split_table(connection, brand, name, work, guard, parents)
    return splits


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
