"""The brand's SQL over its raw tables, cast to the contracts; a cell that does not cast is told, never lost."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.tables.contracts import CANONICAL, FLAG, NUMBER, TIME, Column, Contract

_DUCK = {TIME: "TIMESTAMPTZ", NUMBER: "DOUBLE", FLAG: "BOOLEAN"}
_OFFSET = r"(Z|[+-]\d\d(:?\d\d)?)$"


@dataclass
class Canonical:
    """Rows of one canonical table, cast, before its contract is applied.

    Attributes
    ----------
    table : pyarrow.Table
        Columns of the contract and of the brand, `source`, `month`, and for each cast column `_text_<name>`:
        what stood there where it could not be cast.
    """

    contract: Contract
    table: pa.Table


def raw_connection(raw: dict[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection, in UTC and without a network, that sees each source as a view."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in raw.items():
        connection.register(name, table)
    return connection


def map_table(connection: duckdb.DuckDBPyConnection, brand: Brand, name: str) -> Canonical:
    """Runs ``sql/<name>.sql`` and casts its columns.

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
        connection.execute(f"CREATE OR REPLACE TEMP VIEW _mapped AS {brand.sql[name].rstrip().rstrip(';')}")
        given = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE _mapped)").fetchall())
    except duckdb.Error as error:
        raise DataError(f"{place}: DuckDB refuses it ({_first_line(error)}). Mend the SELECT.") from None
    required = [column.name for column in contract.columns if column.required] + ["source"]
    lacking = [column for column in required if column not in given]
    if lacking:
        raise DataError(f"{place}: the SELECT gives no {', '.join(lacking)}. Add it (source is a raw table's _source).")
    zone = brand.journey.time_zone
    columns = [part for column in contract.columns for part in _cast(column, given.get(column.name), zone)]
    known = {column.name for column in contract.columns} | {"source", "month"}
    columns += [f'CAST("{extra}" AS {_plain(kind)}) AS "{extra}"' for extra, kind in given.items() if extra not in known]
    try:
        table = connection.execute(
            f"SELECT *, {_month(contract, zone)} FROM (SELECT {', '.join(columns)}, CAST(source AS VARCHAR) AS source FROM _mapped)"
        ).to_arrow_table()
    except duckdb.Error as error:
        raise DataError(f"{place}: failed on these rows ({_first_line(error)}). Use TRY_CAST or leave cells as text.") from None
    return Canonical(contract, table)


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
    return [f"{value} AS {name}", f'CASE WHEN ({value}) IS NULL THEN {text} END AS "_text_{column.name}"']


def _month(contract: Contract, zone: str) -> str:
    if any(column.name == "month" for column in contract.columns):
        return "1 AS _unused"
    if not contract.month_of:
        return "CAST(NULL AS VARCHAR) AS month"
    return f"strftime(timezone('{zone}', coalesce({', '.join(contract.month_of)})), '%Y-%m') AS month"


def _plain(kind: str) -> str:
    """Brand columns travel as text, numbers, flags or times; anything else as text."""
    if kind in ("BOOLEAN", "DOUBLE", "TIMESTAMP WITH TIME ZONE", "VARCHAR"):
        return kind
    numeric = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DECIMAL", "UINTEGER", "UBIGINT")
    return "DOUBLE" if kind.startswith(numeric) else "VARCHAR"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
