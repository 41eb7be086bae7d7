"""The brand's SQL over its raw tables, cast to the contracts; a cell that does not cast is told, never lost."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.ingest.rules import TEXT_OF, named
from cx_helpers.ingest.zones import local_month, moment
from cx_helpers.tables.contracts import CANONICAL, FLAG, NUMBER, TIME, Column, Contract

MEMORY_LIMIT = "1200MB"  # beyond it DuckDB works on disk; the writers of Parquet and Delta need as much again
_DUCK = {TIME: "TIMESTAMPTZ", NUMBER: "DOUBLE", FLAG: "BOOLEAN"}
_OFFSET = r"(Z|[+-]\d\d(:?\d\d)?)$"


@dataclass(frozen=True)
class Mapped:
    """What the brand's SQL gives for one canonical table.

    Attributes
    ----------
    select : str
        SQL over ``_mapped``: columns of the contract and of the brand, `source`, `month`, and for each column cast from
        text ``_text_<name>``, what stood there where it could not be cast.
    types : dict of stored column to its DuckDB type, in the order of the contract; the brand's own columns after it
    texts : columns that were cast from text
    """

    contract: Contract
    place: str
    select: str
    types: dict[str, str]
    texts: tuple[str, ...]


def connect(work: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection in UTC, without a network, that spills to `work` beyond `MEMORY_LIMIT`."""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(work / "spill"),
            "threads": min(os.cpu_count() or 1, 8),
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def map_table(connection: duckdb.DuckDBPyConnection, brand: Brand, name: str) -> Mapped:
    """Makes ``sql/<name>.sql`` the view ``_mapped``, and says how its columns are cast.

    Text becomes a number, a time or a flag; a time without an offset is read in the brand's zone, a day stays the day
    that is written; `month` is the brand's local month of the contract's time.

    Raises
    ------
    DataError
        SQL that does not run, or that leaves out a required column or `source`.
    """
    contract = CANONICAL[name]
    place = f"{brand.name}/sql/{name}.sql"
    try:
        connection.execute(f"CREATE OR REPLACE VIEW _mapped AS {brand.sql[name].rstrip().rstrip(';')}")
        given = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE _mapped)").fetchall())
    except duckdb.Error as error:
        raise DataError(f"{place}: DuckDB refuses it ({first_line(error)}). Mend the SELECT.") from None
    required = [column.name for column in contract.columns if column.required] + ["source"]
    lacking = [column for column in required if column not in given]
    if lacking:
        raise DataError(f"{place}: the SELECT gives no {', '.join(lacking)}. Add it (source is a raw table's _source).")
    zone = brand.journey.time_zone
    texts = tuple(c.name for c in contract.columns if c.type in _DUCK and given.get(c.name) == "VARCHAR")
    columns = [_given(column, given.get(column.name), zone) for column in contract.columns]
    known = {column.name for column in contract.columns} | {"source", "month"}
    own = {extra: _plain(kind) for extra, kind in given.items() if extra not in known and not extra.startswith("_")}
    columns += [f"CAST({named(extra)} AS {kind}) AS {named(extra)}" for extra, kind in own.items()]
    types = {column.name: _DUCK.get(column.type, "VARCHAR") for column in contract.columns}
    select = f"SELECT {', '.join(columns)}, CAST(source AS VARCHAR) AS source FROM _mapped"
    days = {column.name for column in contract.columns if column.day}
    select = _cast(select, texts, types, zone, days) if texts else select
    month = "" if "month" in types else f", {_month(contract, zone)} AS month"
    select = f"SELECT *{month} FROM ({select})"
    return Mapped(contract, place, select, types | {"source": "VARCHAR", "month": "VARCHAR"} | own, texts)


def _given(column: Column, given: str | None, zone: str) -> str:
    """SQL for one column as it is given; text that is to be cast is only trimmed, as ``_text_<name>``."""
    name, target = f'"{column.name}"', _DUCK.get(column.type, "VARCHAR")
    if given is None:
        return f"CAST(NULL AS {target}) AS {name}"
    if target == "VARCHAR":
        return f"{_trimmed(name if given == 'VARCHAR' else f'CAST({name} AS VARCHAR)')} AS {name}"
    if given == "VARCHAR":
        return f"{_trimmed(name)} AS \"{TEXT_OF}{column.name}\""
    if target == "TIMESTAMPTZ" and "TIME ZONE" not in given:
        if column.day:
            return f"{_midnight(f'CAST({name} AS TIMESTAMP)')} AS {name}"
        return f"timezone('{zone}', CAST({name} AS TIMESTAMP)) AS {name}"
    return f"CAST({name} AS {target}) AS {name}"


def _trimmed(text: str) -> str:
    """SQL for ``nullif(trim(text), '')``; plain text without a blank at its ends is not decoded to find that out."""
    plain = f"{text} >= '!' AND {text} < chr(127) AND NOT ends_with({text}, ' ') AND strlen({text}) = length({text})"
    return f"CASE WHEN {plain} THEN {text} ELSE nullif(trim({text}), '') END"


def _cast(select: str, texts: Sequence[str], types: Mapping[str, str], zone: str, days: Collection[str]) -> str:
    """`select` with its trimmed texts cast beside them, each kept only where it could not be.

    Each step names what the next asks of twice: DuckDB would work out an expression inside a CASE again each time.
    """
    here = [f'TRY_CAST({_written(named(TEXT_OF + name), name in days)} AS TIMESTAMP) AS "_here_{name}"' for name in texts if types[name] == "TIMESTAMPTZ"]
    select = f"SELECT *, {', '.join(here)} FROM ({select})" if here else select
    values = [f'{_value(name, types[name], zone, name in days)} AS "{name}"' for name in texts]
    whole = [f'CASE WHEN isfinite("{name}") THEN "{name}" END AS "{name}"' for name in texts if types[name] != "BOOLEAN"]
    told = [f'CASE WHEN "{name}" IS NULL THEN "{TEXT_OF}{name}" END AS "{TEXT_OF}{name}"' for name in texts]
    no_more = f" EXCLUDE ({', '.join(named('_here_' + name) for name in texts if types[name] == 'TIMESTAMPTZ')})" if here else ""
    select = f"SELECT *{no_more}, {', '.join(values)} FROM ({select})"
    select = f"SELECT * REPLACE ({', '.join(whole)}) FROM ({select})" if whole else select  # "nan" and "infinity" would cast
    return f"SELECT * REPLACE ({', '.join(told)}) FROM ({select})"


def _value(name: str, target: str, zone: str, day: bool) -> str:
    """SQL for the value of a trimmed text; a time without an offset is read in the brand's zone, a day is that written."""
    text, here = named(TEXT_OF + name), named("_here_" + name)
    if target != "TIMESTAMPTZ":
        return f"TRY_CAST({text} AS {target})"
    if day:
        return _midnight(here)
    return f"CASE WHEN {_has_offset(text)} THEN TRY_CAST({text} AS {target}) ELSE {moment(here, zone)} END"


def _has_offset(text: str) -> str:
    return f"length({text}) > 10 AND regexp_matches({text}, '{_OFFSET}')"


def _written(text: str, day: bool) -> str:
    """The text of a time; of a day without its offset, which would move it."""
    return f"CASE WHEN {_has_offset(text)} THEN regexp_replace({text}, '{_OFFSET}', '') ELSE {text} END" if day else text


def _midnight(local: str) -> str:
    """SQL for the day of a local time as UTC midnight."""
    return f"timezone('UTC', date_trunc('day', {local}))"


def _month(contract: Contract, zone: str) -> str:
    if not contract.month_of:
        return "CAST(NULL AS VARCHAR)"
    zone = "UTC" if any(column.day for column in contract.columns if column.name in contract.month_of) else zone
    times = ", ".join(map(named, contract.month_of))
    return local_month(f"coalesce({times})" if len(contract.month_of) > 1 else times, zone)


def _plain(kind: str) -> str:
    """Brand columns travel as text, numbers, flags or times; anything else as text."""
    if kind in ("BOOLEAN", "DOUBLE", "TIMESTAMP WITH TIME ZONE", "VARCHAR"):
        return kind
    numeric = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DECIMAL", "UINTEGER", "UBIGINT")
    return "DOUBLE" if kind.startswith(numeric) else "VARCHAR"


def first_line(error: Exception) -> str:
    """What an error says first, cut to a line."""
    return str(error).splitlines()[0][:200]
