"""What a notebook hands on: result tables, staged beside its page until the batch commits them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cx_helpers.errors import UsageError
from cx_helpers.tables.lake import Lake, to_contract
from cx_helpers.tables.result_contracts import RESULTS

STAGED = "CX_RESULTS"
UPSTREAM = "CX_UPSTREAM"


def keep_results(results: Mapping[str, pd.DataFrame], run: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """The result tables in the shape of their contracts; written where the batch waits for them, by hand nowhere.

    Parameters
    ----------
    run : mapping with month, audience, notebook

    Raises
    ------
    UsageError
        A table that is not a result table.
    """
    kept = {}
    for name, frame in results.items():
        if name not in RESULTS:
            raise UsageError(f"result table {name!r} is not one of {', '.join(RESULTS)}.")
        kept[name] = to_contract(frame.assign(**run), RESULTS[name], f"{run['notebook']}: {name}").to_pandas()
        if os.environ.get(STAGED):
            kept[name].to_parquet(Path(os.environ[STAGED]) / f"{name}.parquet", index=False)
    return kept


def learnt_results(lake: Lake, name: str, run: Mapping[str, str], *, this_run: bool) -> pd.DataFrame:
    """What a page wrote: as staged by this very run where it did, else as last committed."""
    staged = Path(os.environ.get(UPSTREAM, "")) / run["notebook"] / f"{name}.parquet"
    if this_run and os.environ.get(UPSTREAM) and staged.is_file():
        return pd.read_parquet(staged)
    rows = lake.frame(name)
    return rows[(rows[list(run)] == pd.Series(run)).all(axis=1)].reset_index(drop=True)
