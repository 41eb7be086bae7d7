"""The brand's SQL over its raw tables, cast to the contracts; a cell that does not cast is told, never lost."""

from __future__ import annotations

import os
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
    columns = [part for column in contract.columns for part in _cast(column, given.get(column.name), zone)]
    known = {column.name for column in contract.columns} | {"source", "month"}
    own = {extra: _plain(kind) for extra, kind in given.items() if extra not in known and not extra.startswith("_")}
    columns += [f"CAST({named(extra)} AS {kind}) AS {named(extra)}" for extra, kind in own.items()]
    types = {column.name: _DUCK.get(column.type, "VARCHAR") for column in contract.columns}
    month = "" if "month" in types else f", {_month(contract, zone)} AS month"
    select = f"SELECT *{month} FROM (SELECT {', '.join(columns)}, CAST(source AS VARCHAR) AS source FROM _mapped)"
    texts = tuple(c.name for c in contract.columns if c.type in _DUCK and given.get(c.name) == "VARCHAR")
    return Mapped(contract, place, select, types | {"source": "VARCHAR", "month": "VARCHAR"} | own, texts)


def _cast(column: Column, given: str | None, zone: str) -> list[str]:
    """SQL for one column, and for the text that could not be cast."""
    name, target = f'"{column.name}"', _DUCK.get(column.type, "VARCHAR")
    if given is None:
        return [f"CAST(NULL AS {target}) AS {name}"]
    if target == "VARCHAR":
        return [f"nullif(trim(CAST({name} AS VARCHAR)), '') AS {name}"]
    if given != "VARCHAR":
        value = f"CAST({name} AS {target})"
        if target == "TIMESTAMPTZ" and "TIME ZONE" not in given:
            value = f"timezone('{zone}', CAST({name} AS TIMESTAMP))"
        return [f"{value} AS {name}"]
    text = f"nullif(trim({name}), '')"
    value = f"TRY_CAST({text} AS {target})"
    if target == "DOUBLE":  # "nan" and "inf" would cast
        value = f"CASE WHEN isfinite({value}) THEN {value} END"
    if target == "TIMESTAMPTZ":
        local = f"timezone('{zone}', TRY_CAST({text} AS TIMESTAMP))"
        value = f"CASE WHEN regexp_matches({text}, '{_OFFSET}') AND length({text}) > 10 THEN {value} ELSE {local} END"
        value = f"CASE WHEN isfinite({value}) THEN {value} END"
    return [f"{value} AS {name}", f'CASE WHEN ({value}) IS NULL THEN {text} END AS "{TEXT_OF}{column.name}"']


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
