"""Every raw row accounted for: rows in = accepted + quarantined + superseded, file by file."""

from __future__ import annotations

import pandas as pd

from cx_helpers.config import Brand
from cx_helpers.errors import DataError


def unused_rows(raw_rows: pd.DataFrame, used: pd.Series, brand: Brand) -> pd.DataFrame:
    """Quarantine rows for raw rows that no canonical row names as its source.

    Parameters
    ----------
    raw_rows : DataFrame with raw_source, source ("file:row")
    used : Series of source, over all canonical tables
    """
    lookups = [name for name, source in brand.sources.sources.items() if source.lookup]
    idle = raw_rows[~raw_rows["source"].isin(used) & ~raw_rows["raw_source"].isin(lookups)]
    return idle.assign(
        table=None,
        column=None,
        found=None,
        reason="no table's SQL uses this row",
        suggestion="Use it in a SELECT, or mark its source `lookup: true`.",
    )


def reconciliation(
    counted: pd.DataFrame, raw_rows: pd.DataFrame, accepted: pd.Series, superseded: pd.Series, quarantined: pd.DataFrame
) -> pd.DataFrame:
    """What became of every row of every raw file.

    Parameters
    ----------
    counted : DataFrame with raw_source, file, rows_in (by the second parser), repeated (rows of a file read before)
    raw_rows : DataFrame with raw_source, file, source, lookup
    accepted, superseded : Series of source, one entry a canonical row
    quarantined : DataFrame with source, and raw_source and file of broken records

    Returns
    -------
    DataFrame: raw_source, file, rows_in, accepted, in_part, quarantined, superseded. A raw row counts once: accepted
    if any of its canonical rows is (in_part where another was set aside), else quarantined, else superseded.

    Raises
    ------
    DataError
        Where a file's rows do not add up; nothing is then published.
    """
    set_aside = set(quarantined["source"])
    good, old = set(accepted), set(superseded)
    fate = raw_rows.assign(
        accepted=raw_rows["source"].isin(good) | (raw_rows["lookup"] & ~raw_rows["source"].isin(set_aside)),
        quarantined=raw_rows["source"].isin(set_aside),
        superseded=raw_rows["source"].isin(old),
    )
    fate["in_part"] = fate["accepted"] & fate["quarantined"]
    fate["quarantined"] &= ~fate["accepted"]
    fate["superseded"] &= ~fate["accepted"] & ~fate["quarantined"]
    sums = fate.groupby(["raw_source", "file"], sort=False)[["accepted", "in_part", "quarantined", "superseded"]].sum()
    result = counted.merge(sums.reset_index(), on=["raw_source", "file"], how="left").fillna(0)
    result["superseded"] += result.pop("repeated")
    gap = result["rows_in"] - result[["accepted", "quarantined", "superseded"]].sum(axis=1)
    if gap.any():
        wrong = "; ".join(
            f"{row.file}: {row.rows_in:,.0f} rows in, {row.accepted + row.quarantined + row.superseded:,.0f} accounted for"
            for row in result[gap != 0].itertuples()
        )
        raise DataError(f"reconciliation fails: {wrong}. The file is probably damaged; export it again.")
    return result
