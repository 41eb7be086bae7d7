"""Which canonical rows keep the contract: accepted, superseded by a better row, or quarantined with a reason.

Everything is judged where the rows lie: each table is mapped, cast and judged once into a Parquet file of the ingest,
and only the rows that fall are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.ingest.mapping import Mapped, first_line, map_table
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.rules import Rule, named, quoted, table_rules, verdict
from cx_helpers.tables.contracts import Contract
from cx_helpers.tables.rows import Rows

SHOWN_CHARACTERS = 60
BATCH_ROWS = 122_880
DICTIONARY_VALUES = 1_000  # of a column with more, none is built: that takes longer than writing the values
QUARANTINE = "_place BIGINT, \"table\" VARCHAR, reason VARCHAR, \"column\" VARCHAR, found VARCHAR, suggestion VARCHAR"
_TIME = "strftime({}, CASE WHEN microsecond({}) % 1000000 = 0 THEN '%Y-%m-%d %H:%M:%S+00:00' ELSE '%Y-%m-%d %H:%M:%S.%f+00:00' END)"


@dataclass
class Split:
    """What became of the rows of one canonical table.

    Attributes
    ----------
    judged : str
        View of all its rows: stored columns as the SQL gave them, `_id`, `_place` (raw row), `_file` (rank), `_broken`.
    conditions : list of str
        SQL over `judged`, true of accepted rows; a further gate adds its own.
    stored : dict of column to the SQL over `judged` that stores it
    """

    connection: duckdb.DuckDBPyConnection
    contract: Contract
    judged: str
    stored: dict[str, str]
    joins: str = ""
    conditions: list[str] = field(default_factory=lambda: ["_broken = 0"])

    @property
    def accepted(self) -> str:
        """SQL of the accepted rows, with `_place` and `_id`; columns as they are stored."""
        columns = ", ".join(f"{sql} AS {named(name)}" for name, sql in self.stored.items())
        return f"SELECT {columns}, r._place, r._id FROM {self.judged} r {self.joins} WHERE {' AND '.join(self.conditions)}"

    @property
    def places(self) -> str:
        """SQL of the raw rows of the accepted rows."""
        return f"SELECT _place FROM {self.judged} r WHERE {' AND '.join(self.conditions)}"

    def count(self) -> int:
        """Accepted rows."""
        return self.connection.execute(f"SELECT count(*) FROM {self.judged} r WHERE {' AND '.join(self.conditions)}").fetchone()[0]

    def rows(self) -> Rows:
        """The accepted rows as the lake takes them: by month, read when they are written."""
        kind = self.connection.execute(f"SELECT * EXCLUDE (_place, _id) FROM ({self.accepted}) LIMIT 0").to_arrow_table().schema
        hashed = ", ".join(named(name) for name in self.stored)
        found = self.connection.execute(
            f"SELECT coalesce(month, ''), count(*), sum(hash({hashed})::HUGEINT)::VARCHAR, bit_xor(hash({hashed})) "
            f"FROM ({self.accepted}) GROUP BY 1 ORDER BY 1"
        ).fetchall()
        months = {month: f"{rows}-{total}-{mixed}" for month, rows, total, mixed in found}
        return Rows(_as_stored(kind, self.contract), months, sum(row[1] for row in found), self._read)

    def _read(self, months: Sequence[str] | None) -> pa.RecordBatchReader:
        chosen = "" if months is None else f" WHERE coalesce(month, '') IN ({', '.join(map(quoted, months)) or 'NULL'})"
        return self.connection.execute(f"SELECT * EXCLUDE (_place, _id) FROM ({self.accepted}){chosen}").to_arrow_reader(BATCH_ROWS)


def _as_stored(given: pa.Schema, contract: Contract) -> pa.Schema:
    kinds = {item.name: item.type for item in contract.schema}
    return pa.schema([pa.field(item.name, kinds.get(item.name, item.type)) for item in given])


def split_table(
    connection: duckdb.DuckDBPyConnection, brand: Brand, name: str, work: Path, guard: Guard, parents: Mapping[str, Split]
) -> Split:
    """Maps, casts and judges one table; what falls stands in ``_quarantine`` and ``_superseded``.

    Parameters
    ----------
    parents : mapping of column to the split whose accepted rows it must name

    Raises
    ------
    DataError
        SQL that fails, a `source` that is no raw row, a rule that cannot be judged.
    """
    mapped = map_table(connection, brand, name)
    parents = {column: split for column, split in parents.items() if column in mapped.types and split.contract.table != name}
    rules = table_rules(mapped.contract, brand, mapped.texts, {column: split.contract.table for column, split in parents.items()})
    judged = _judge(connection, mapped, rules, work, parents)
    _from_raw_rows(connection, mapped, judged)
    split = Split(connection, mapped.contract, judged, {column: f"r.{named(column)}" for column in mapped.types})
    _keep(split, mapped, guard)
    _set_aside(connection, split, rules)
    _same_key(connection, split, mapped)
    return split


def _judge(connection, mapped: Mapped, rules: list[Rule], work: Path, parents: Mapping[str, Split]) -> str:
    table, path = mapped.contract.table, work / f"{mapped.contract.table}.parquet"
    joins, flags = "", ""
    for place, (column, split) in enumerate(parents.items()):
        key = named(split.contract.key[0])
        known = f"SELECT DISTINCT {key} AS id FROM {split.judged} r WHERE {' AND '.join(split.conditions)}"
        joins += f" LEFT JOIN ({known}) p{place} ON c.{named(column)} = p{place}.id"
        flags += f", c.{named(column)} IS NOT NULL AND p{place}.id IS NULL AS {named('_no_' + column)}"
    placed = (
        f"SELECT c.* EXCLUDE (_cut, _number){flags}, f.rank AS _file, CASE WHEN c._number BETWEEN 1 AND f.size THEN f.start + c._number END AS _place "
        f"FROM (SELECT *, TRY_CAST(_cut AS BIGINT) AS _number FROM (SELECT *, split_part(source, ':', -1) AS _cut FROM ({mapped.select}))) c "
        f"LEFT JOIN _files f ON f.file = left(c.source, length(c.source) - length(c._cut) - 1){joins}"
    )
    try:
        written = f"{quoted(str(path))} (FORMAT parquet, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT {DICTIONARY_VALUES})"
        connection.execute(f"COPY (SELECT *, {verdict(rules)} AS _broken FROM ({placed})) TO {written}")
    except duckdb.Error as error:
        for rule in rules:
            _can_be_judged(connection, mapped, rule, placed)
        raise DataError(f"{mapped.place}: failed on these rows ({first_line(error)}). Use TRY_CAST or leave cells as text.") from None
    view = named(f"_judged_{table}")
    connection.execute(f"CREATE VIEW {view} AS SELECT *, file_row_number AS _id FROM read_parquet({quoted(str(path))}, file_row_number = true)")
    return view


def _can_be_judged(connection, mapped: Mapped, rule: Rule, placed: str) -> None:
    """Raises where it is this rule that fails, and not the brand's SQL."""
    try:
        connection.execute(f"SELECT count(*) FROM ({mapped.select}) WHERE hash(COLUMNS(*)) IS NOT NULL").fetchall()
    except duckdb.Error:
        return
    try:
        connection.execute(f"SELECT count(*) FROM ({placed}) WHERE {rule.broken}").fetchall()
    except duckdb.Error as error:
        raise DataError(f"{mapped.contract.table}: the rule {rule.reason!r} cannot be judged ({first_line(error)}).") from None


def _from_raw_rows(connection, mapped: Mapped, judged: str) -> None:
    """Every canonical row names the raw row it comes from: without that, rows cannot be reconciled."""
    rows, first = connection.execute(f"SELECT count(*), min_by(source, _id) FROM {judged} WHERE _place IS NULL").fetchone()
    if rows:
        raise DataError(
            f"{mapped.place}: the source of {rows:,} rows is no raw row (the first: {first!r}). Select a raw table's _source AS source."
        )


def _keep(split: Split, mapped: Mapped, guard: Guard) -> None:
    """Columns are stored as privacy says; a pseudonym is worked out once a person, not once a row."""
    table = split.contract.table
    texts = [column for column, kind in mapped.types.items() if kind == "VARCHAR"]
    guard.learn(table, split.judged, texts)
    for place, (column, sql) in enumerate(guard.kept(table, texts).items()):
        if not sql.startswith("cx_pseudonym("):
            split.stored[column] = f"({sql.replace(named(column), 'r.' + named(column))})"
            continue
        known = named(f"_kept_{table}_{column}")
        distinct = f"SELECT DISTINCT {named(column)} FROM {split.judged} WHERE {named(column)} IS NOT NULL"
        split.connection.execute(f"CREATE TABLE {known} AS SELECT {named(column)} AS given, {sql} AS kept FROM ({distinct})")
        split.joins += f" LEFT JOIN {known} k{place} ON r.{named(column)} = k{place}.given"
        split.stored[column] = f"k{place}.kept"


def _set_aside(connection, split: Split, rules: list[Rule]) -> None:
    """A quarantine row for each rule that a row breaks."""
    seen = connection.execute(f"SELECT DISTINCT _broken FROM {split.judged} WHERE _broken <> 0").fetchall()
    broken = 0
    for (bits,) in seen:
        broken |= int(bits)
    kinds = dict(connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {split.judged})").fetchall())
    for place, rule in enumerate(rules):
        if broken >> place & 1:
            column = rule.found or rule.column
            found = _TIME.format(*[named(column)] * 2) if "TIME ZONE" in kinds[column] else f"CAST({named(column)} AS VARCHAR)"
            reason = quoted(rule.reason) if rule.worded else rule.reason
            connection.execute(
                f"INSERT INTO _quarantine SELECT _place, ?, {reason}, ?, left({found}, {SHOWN_CHARACTERS}), ? "
                f"FROM {split.judged} WHERE _broken & {1 << place}::UBIGINT <> 0",
                [split.contract.table, rule.column, rule.suggestion],
            )


def _same_key(connection, split: Split, mapped: Mapped) -> None:
    """Rows that share a key: those of earlier files give way to the latest file, a row repeated in it to its first.

    What then still clashes stands in one file with different content, and is set aside; the last good row of an
    earlier file stays in force.
    """
    table, names = split.contract.table, split.contract.key
    key = ", ".join(map(named, names))
    content = ", ".join(named(column) for column in mapped.types if column != "source")
    twice = f"SELECT hash({key}) AS k FROM {split.judged} WHERE _broken = 0 GROUP BY k HAVING count(*) > 1"
    connection.execute("CREATE OR REPLACE TABLE _twice AS " + twice)
    if not connection.execute("SELECT count(*) FROM _twice").fetchone()[0]:
        return
    lost = named(f"_lost_{table}")
    connection.execute(
        f"""CREATE TABLE {lost} AS
        WITH twice AS (SELECT _id, _file, _place, {key}, hash({content}) AS _content FROM {split.judged} WHERE _broken = 0 AND hash({key}) IN (FROM _twice)),
        copies AS (SELECT *, row_number() OVER (PARTITION BY {key}, _file, _content ORDER BY _place, _id) AS _copy FROM twice),
        contents AS (SELECT *, count(*) FILTER (_copy = 1) OVER (PARTITION BY {key}, _file) AS _contents FROM copies),
        settled AS (SELECT *, max(_file) FILTER (_contents = 1) OVER (PARTITION BY {key}) AS _holds FROM contents)
        SELECT _id, _place, _copy = 1 AND _file > coalesce(_holds, -1) AS clash, {key} FROM settled
        WHERE _copy > 1 OR _file IS DISTINCT FROM _holds"""
    )
    split.conditions.append(f"r._id NOT IN (SELECT _id FROM {lost})")
    connection.execute(f"INSERT INTO _superseded SELECT _place FROM {lost} WHERE NOT clash")
    connection.execute(
        f"INSERT INTO _quarantine SELECT _place, ?, ?, ?, left(CAST({named(names[0])} AS VARCHAR), {SHOWN_CHARACTERS}), ? FROM {lost} WHERE clash",
        [table, f"{' + '.join(names)} stands twice in one file with different content", names[0], "Remove the wrong row from the export."],
    )


def tell_quarantine(connection: duckdb.DuckDBPyConnection, told: Callable[[str, str | None, str | None], str | None]) -> None:
    """Rewords what the quarantine found, cell by cell, to what it may say of a person."""
    cells = connection.execute('SELECT DISTINCT "table", "column", found FROM _quarantine WHERE found IS NOT NULL').fetchall()
    changed = [(*cell, said) for cell in cells if (said := told(*cell)) != cell[2]]
    if changed:
        columns = dict(zip(("t", "c", "f", "said"), map(list, zip(*changed, strict=True)), strict=True))
        connection.register("_said", pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}))
        connection.execute('UPDATE _quarantine SET found = said FROM _said WHERE "table" = t AND "column" = c AND found = f')
