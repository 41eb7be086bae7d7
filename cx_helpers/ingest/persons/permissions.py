"""The permission gate: what belongs to a customer without permission for the brand's purpose is not used, and is counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from cx_helpers.config import Brand
from cx_helpers.errors import ConfigError
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.rules import named, quoted

WANTING = "no permission for "  # begins the reason of every row held out
NEVER, WITHDRAWN, FIELD = "never given", "withdrawn", "field not permitted"
COLUMNS = ["purpose", "table", "column", "rows", "of_rows", "customers", "reason"]
ALWAYS = ("permissions",)


def gate(connection: duckdb.DuckDBPyConnection, brand: Brand, splits: Mapping[str, Any], guard: Guard, today: datetime) -> pd.DataFrame:
    """Holds out the rows of customers without permission for the brand's purpose (`use` in sources.yaml).

    A permission holds when it was given by `today` and has not been withdrawn by then. Rows held out are set aside with the
    reason "no permission for <purpose>", nothing of their content being told; the raw row counts as quarantined, and comes
    back by itself when permission is given. Rows that belong to no known customer are not held out. The `permissions` table
    itself stays: it is the proof.

    Parameters
    ----------
    splits : canonical table to its `contract_rows.Split`; each affected one gets a further condition
    today : UTC

    Returns
    -------
    DataFrame: purpose, table (canonical; a raw source where a whole field is not used), column, rows, of_rows, customers,
    reason ("never given", "withdrawn", "field not permitted"). Empty where the brand declares no use.

    Raises
    ------
    ConfigError
        A use whose permissions are nowhere: no sql/permissions.sql.
    """
    use = brand.sources.use
    if use is None:
        return pd.DataFrame(columns=COLUMNS)
    if "permissions" not in splits:
        raise ConfigError([f"{brand.name}/sources.yaml: use: {use.purpose} asks for permissions, and there is no sql/permissions.sql. Write it, or remove `use`."])
    _refuse(connection, splits, use.purpose, use.default, today)
    rows = _refused_fields(connection, guard, use.purpose)
    conditions = {name: _condition(name, split) for name, split in splits.items() if name not in ALWAYS}
    for name, condition in conditions.items():
        if condition:
            rows += _hold_out(connection, splits[name], name, condition, use.purpose)
    for name, condition in conditions.items():
        if condition:
            splits[name].conditions.append(f"NOT {condition}")
    return pd.DataFrame(rows, columns=COLUMNS)


def next_change(connection: duckdb.DuckDBPyConnection, brand: Brand, splits: Mapping[str, Any], now: datetime) -> str | None:
    """The next moment at which a permission for the brand's purpose begins or ends, in ISO 8601; None where none is known."""
    if brand.sources.use is None or "permissions" not in splits:
        return None
    moments = " UNION ALL ".join(f"SELECT {column} AS moment, purpose FROM {splits['permissions'].judged}" for column in ("granted_at", "withdrawn_at"))
    first = "strftime(timezone('UTC', min(moment)), '%Y-%m-%dT%H:%M:%S.%f+00:00')"
    where = f"purpose = {quoted(brand.sources.use.purpose)} AND moment > TIMESTAMPTZ {quoted(now.isoformat())}"
    return connection.execute(f"SELECT {first} FROM ({moments}) WHERE {where}").fetchone()[0]


def _refuse(connection: duckdb.DuckDBPyConnection, splits: Mapping[str, Any], purpose: str, default: str, today: datetime) -> None:
    """Makes ``_refused`` (customers, with the reason) and ``_refused_journeys``."""
    moment = f"TIMESTAMPTZ {quoted(today.isoformat())}"
    connection.execute(
        f"""CREATE TEMP TABLE _asked AS
        SELECT customer_id, bool_or(granted_at <= {moment} AND (withdrawn_at IS NULL OR withdrawn_at > {moment})) AS holds,
               bool_or(granted_at <= {moment}) AS given
        FROM {splits['permissions'].judged} r WHERE {' AND '.join(splits['permissions'].conditions)} AND purpose = {quoted(purpose)} GROUP BY 1"""
    )
    known = " UNION ".join(
        f"SELECT customer_id FROM {split.judged} WHERE customer_id IS NOT NULL" for split in splits.values() if "customer_id" in split.stored
    )
    never = "" if default == "allowed" else f" UNION ALL SELECT customer_id, {quoted(NEVER)} FROM ({known}) WHERE customer_id NOT IN (SELECT customer_id FROM _asked)"
    connection.execute(
        f"""CREATE TEMP TABLE _refused AS
        SELECT customer_id, CASE WHEN given THEN {quoted(WITHDRAWN)} ELSE {quoted(NEVER)} END AS why FROM _asked WHERE NOT holds{never}"""
    )
    connection.execute("CREATE TEMP TABLE _refused_journeys(journey_id VARCHAR, customer_id VARCHAR, why VARCHAR)")
    if "journeys" in splits:
        connection.execute(
            f"INSERT INTO _refused_journeys SELECT DISTINCT r.journey_id, r.customer_id, f.why FROM {splits['journeys'].judged} r JOIN _refused f USING (customer_id)"
        )


def _condition(table: str, split: Any) -> str:
    """SQL, never NULL, that is true of a row of a refused customer."""
    parts = []
    if "customer_id" in split.stored:
        parts.append("coalesce(r.customer_id IN (SELECT customer_id FROM _refused), false)")
    if "journey_id" in split.stored and table != "journeys":
        parts.append("coalesce(r.journey_id IN (SELECT journey_id FROM _refused_journeys), false)")
    return f"({' OR '.join(parts)})" if parts else ""


def _hold_out(connection: duckdb.DuckDBPyConnection, split: Any, table: str, condition: str, purpose: str) -> list[dict]:
    accepted = " AND ".join(split.conditions)
    of_rows = split.count()
    customer = "r.customer_id" if "customer_id" in split.stored else "CAST(NULL AS VARCHAR)"
    journey = "r.journey_id" if "journey_id" in split.stored else "CAST(NULL AS VARCHAR)"
    held = named(f"_held_{table}")
    connection.execute(
        f"""CREATE TEMP TABLE {held} AS
        SELECT r._place, coalesce(f.customer_id, j.customer_id) AS customer_id, coalesce(f.why, j.why) AS why
        FROM {split.judged} r LEFT JOIN _refused f ON f.customer_id = {customer} LEFT JOIN _refused_journeys j ON j.journey_id = {journey}
        WHERE {accepted} AND {condition}"""
    )
    connection.execute(
        f"INSERT INTO _quarantine SELECT DISTINCT _place, ?, ?, 'customer_id', NULL, ? FROM {held}",
        [table, f"{WANTING}{purpose}", "Nothing to mend: it returns by itself once permission is given."],
    )
    counted = connection.execute(f"SELECT why, count(*), count(DISTINCT customer_id) FROM {held} GROUP BY 1 ORDER BY 1").fetchall()
    return [
        {"purpose": purpose, "table": table, "column": None, "rows": float(n), "of_rows": float(of_rows), "customers": float(people), "reason": why}
        for why, n, people in counted
    ]


def _refused_fields(connection: duckdb.DuckDBPyConnection, guard: Guard, purpose: str) -> list[dict]:
    """Fields that may not be used for the purpose: SQL saw nothing in them."""
    rows = []
    for name, columns in guard.columns.items():
        for column in columns:
            if guard.refused(name, column):
                n, of = connection.execute(f"SELECT count({named(column)}), count(*) FROM {named('_raw_' + name)}").fetchone()
                rows.append({"purpose": purpose, "table": name, "column": column, "rows": float(n), "of_rows": float(of), "customers": None, "reason": FIELD})
    return rows
