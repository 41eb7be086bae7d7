"""Tables under a new log: what an erasure or a retention dropped is then in no old version, and the old folder is gone."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from cx_helpers.tables.lake import NEXT, Lake, to_contract
from cx_helpers.tables.result_contracts import RESULTS

GONE = "tables.gone"


def fresh_lake(folder: Path) -> Lake:
    """An empty lake beside `folder`, to become it by `take_over`."""
    beside = folder.parent / NEXT
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    return Lake(beside)


def kept_results(lake: Lake, without_months: Collection[str] = ()) -> dict[str, pa.Table]:
    """What pages wrote into result tables, but for these months."""
    kept = {}
    for name in lake.current()["tables"]:
        if name in RESULTS:
            frame = lake.frame(name)
            kept[name] = to_contract(frame[~frame["month"].isin(list(without_months))].reset_index(drop=True), RESULTS[name], name)
    return kept


def take_over(fresh: Lake, folder: Path) -> None:
    """Puts `fresh` in the place of `folder` and removes what was there; `heal` finishes it after a kill."""
    gone = folder.parent / GONE
    shutil.rmtree(gone, ignore_errors=True)
    if folder.exists():
        folder.rename(gone)
    with suppress(FileNotFoundError):  # a reader may have healed it meanwhile
        fresh.folder.rename(folder)
    shutil.rmtree(gone, ignore_errors=True)


def clear(folder: Path) -> None:
    """Removes what a killed change of folders left. Call it under the lock."""
    for name in (NEXT, GONE):
        shutil.rmtree(folder.parent / name, ignore_errors=True)


def changed_months(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """Months of `before` whose rows are others in `after`, two records of ``current.json``, in any table that has months."""
    found = set()
    for name in set(before["tables"]) - set(RESULTS):
        old, new = (record["tables"].get(name, {}).get("months", {}) for record in (before, after))
        found |= {month for month in old if month and old[month] != new.get(month)}
    return found


def restated(lake: Lake, month: str) -> list[tuple[str, dict[str, str]]]:
    """What a reader of this month must know: rows were erased since, so that an earlier page cannot be made again."""
    why = lake.current()["ingest"].get("restated", {}).get(month)
    return [(f"restated.{why}", {})] if why else []
