"""Which month a study looks from."""

from __future__ import annotations

import ibis
import pandas as pd

from cx_helpers.config import Brand, load_brand
from cx_helpers.errors import DataError, UsageError
from cx_helpers.tables.lake import Lake

FIRST_TABLES = {"journeys": "started_at", "responses": "answered_at"}


def resolve_month(brand: Brand | str, month: str, lake: Lake | None = None) -> str:
    """`month`, or the newest with enough answers (journeys, where nobody is asked) for ``latest``.

    Raises
    ------
    UsageError
        A month without data, with the months there are; DataError where nothing was ingested.
    """
    brand = load_brand(brand) if isinstance(brand, str) else brand
    lake = lake or Lake(brand.folder / "tables")
    table = next((name for name in ("responses", "journeys") if lake.has(name)), None)
    if table is None:
        raise DataError(f"{brand.name}: no tables yet. Run `cx ingest {brand.name}` first.")
    rows = lake.table(table, ibis.duckdb.connect())
    rows = rows.filter(rows[FIRST_TABLES[table]].notnull() & rows.month.notnull())
    counts = rows.group_by("month").aggregate(n=rows.count()).order_by("month").execute().set_index("month")["n"]
    enough = counts[counts >= brand.journey.minimum_n]
    if month == "latest" and len(enough):
        return enough.index[-1]
    if month in counts.index:
        return month
    if month == "latest" and len(counts):
        raise UsageError(
            f"{brand.name}: no month has {brand.journey.minimum_n} rows of {table} yet; name one of {', '.join(counts.index)}."
        )
    raise UsageError(
        f"{brand.name}: month {month} has no data; there are months {counts.index[0]} to {counts.index[-1]}."
        if len(counts)
        else f"{brand.name}: no month has data."
    )


def months_back(lake: Lake, month: str, count: int) -> list[str]:
    """The last `count` months up to `month`, oldest first, from the first month with data on."""
    table = next((name for name in FIRST_TABLES if lake.has(name)), None)
    first = lake.table(table, ibis.duckdb.connect()).month.min().execute() if table else month
    last = pd.Period(month, "M")
    return [str(last - back) for back in range(count - 1, -1, -1) if str(last - back) >= min(first, month)]
