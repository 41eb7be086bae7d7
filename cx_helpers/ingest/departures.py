"""Rows that left the source: what the last publication held of a file that was delivered again without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from cx_helpers.ingest.contract_rows import Split
from cx_helpers.ingest.rules import named, quoted
from cx_helpers.tables.lake import Lake


def left_rows(
    connection: duckdb.DuckDBPyConnection, lake: Lake, splits: Mapping[str, Split], months: Mapping[str, Mapping[str, str]], changed: Sequence[str]
) -> pd.Series:
    """How many raw rows of each file are in the export no more.

    A raw row has left where none of the keys it gave to the last publication stands in the rows mapped now, be they
    accepted or not. Only months whose rows changed are looked at: in the others every row is the same.

    Parameters
    ----------
    months : mapping of table to the digests of its months, as they will be published
    changed : labels of files whose content is not that of the last ingest

    Returns
    -------
    Series by file: rows.
    """
    before, parts = lake.current()["tables"], []
    for name, split in splits.items():
        known = before.get(name, {}).get("months") or {}
        touched = [month for month in known if not _same(known[month], months[name].get(month))]
        files = lake.files(name)
        if not changed or not touched or not files:
            continue
        key = ", ".join(map(named, split.contract.key))
        now = ", ".join(f"{split.stored[column]} AS {named(column)}" for column in split.contract.key)
        old = (
            f"SELECT {key}, source FROM read_parquet({files!r}, union_by_name = true, hive_partitioning = true, hive_types_autocast = 0) "
            f"WHERE coalesce(month, '') IN ({', '.join(map(quoted, touched))}) "
            f"AND left(source, length(source) - length(split_part(source, ':', -1)) - 1) IN ({', '.join(map(quoted, changed))})"
        )
        same = " AND ".join(f"o.{named(c)} IS NOT DISTINCT FROM n.{named(c)}" for c in split.contract.key)
        parts.append(
            f"SELECT o.source, n.found IS NOT NULL AS stays FROM ({old}) o "
            f"LEFT JOIN (SELECT DISTINCT {now}, true AS found FROM {split.judged} r {split.joins}) n ON {same}"
        )
    if not parts:
        return pd.Series(dtype=float)
    rows = connection.execute(
        f"SELECT left(source, length(source) - length(split_part(source, ':', -1)) - 1) AS file, count(*) AS n "
        f"FROM (SELECT source FROM ({' UNION ALL '.join(parts)}) GROUP BY source HAVING NOT bool_or(stays)) GROUP BY 1"
    ).fetchall()
    return pd.Series(dict(rows), dtype=float)


def _same(published: str, digest: str | None) -> bool:
    """A published digest has the shape of its table before it."""
    return digest is not None and published.endswith(f"-{digest}")
