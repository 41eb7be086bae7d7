"""The brand's SQL over its raw tables, cast to the contracts; a cell that does not cast is told, never lost."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.ingest.rules import TEXT_OF, named
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

    Text becomes a number, a time or a flag; a time without an offset is read in the brand's zone; `month` is the
    brand's local month of the contract's time.

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
    select = _cast(select, texts, types, zone) if texts else select
    month = "" if "month" in types else f", {_month(contract, zone)} AS month"
    select = f"SELECT *{month} FROM ({select})"
    return Mapped(contract, place, select, types | {"source": "VARCHAR", "month": "VARCHAR"} | own, texts)


def _given(column: Column, given: str | None, zone: str) -> str:
    """SQL for one column as it is given; text that is to be cast is only trimmed, as ``_text_<name>``."""
    name, target = f'"{column.name}"', _DUCK.get(column.type, "VARCHAR")
    if given is None:
        return f"CAST(NULL AS {target}) AS {name}"
    if target == "VARCHAR":
        return f"nullif(trim(CAST({name} AS VARCHAR)), '') AS {name}"
    if given == "VARCHAR":
        return f"nullif(trim({name}), '') AS \"{TEXT_OF}{column.name}\""
    if target == "TIMESTAMPTZ" and "TIME ZONE" not in given:
        return f"timezone('{zone}', CAST({name} AS TIMESTAMP)) AS {name}"
    return f"CAST({name} AS {target}) AS {name}"


def _cast(select: str, texts: Sequence[str], types: Mapping[str, str], zone: str) -> str:
    """`select` with its trimmed texts cast beside them, each kept only where it could not be.

    Each step names what the next asks of twice: DuckDB would work out an expression inside a CASE again each time.
    """
    values = [f'{_value(named(TEXT_OF + name), types[name], zone)} AS "{name}"' for name in texts]
    whole = [f'CASE WHEN isfinite("{name}") THEN "{name}" END AS "{name}"' for name in texts if types[name] != "BOOLEAN"]
    told = [f'CASE WHEN "{name}" IS NULL THEN "{TEXT_OF}{name}" END AS "{TEXT_OF}{name}"' for name in texts]
    select = f"SELECT *, {', '.join(values)} FROM ({select})"
    select = f"SELECT * REPLACE ({', '.join(whole)}) FROM ({select})" if whole else select  # "nan" and "infinity" would cast
    return f"SELECT * REPLACE ({', '.join(told)}) FROM ({select})"


def _value(text: str, target: str, zone: str) -> str:
    """SQL for the value of a trimmed text; a time without an offset is read in the brand's zone."""
    if target != "TIMESTAMPTZ":
        return f"TRY_CAST({text} AS {target})"
    local = f"timezone('{zone}', TRY_CAST({text} AS TIMESTAMP))"
    return f"CASE WHEN length({text}) > 10 AND regexp_matches({text}, '{_OFFSET}') THEN TRY_CAST({text} AS {target}) ELSE {local} END"


def _month(contract: Contract, zone: str) -> str:
    if not contract.month_of:
        return "CAST(NULL AS VARCHAR)"
    return f"strftime(timezone('{zone}', coalesce({', '.join(contract.month_of)})), '%Y-%m')"


def _plain(kind: str) -> str:
    """Brand columns travel as text, numbers, flags or times; anything else as text."""
    if kind in ("BOOLEAN", "DOUBLE", "TIMESTAMP WITH TIME ZONE", "VARCHAR"):
        return kind
    numeric = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DECIMAL", "UINTEGER", "UBIGINT")
    return "DOUBLE" if kind.startswith(numeric) else "VARCHAR"


def first_line(error: Exception) -> str:
    """What an error says first, cut to a line."""
    return str(error).splitlines()[0][:200]
