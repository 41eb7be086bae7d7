"""From raw files to published tables: stage, show, map, judge, reconcile, publish in one step."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cx_helpers.config import Brand
from cx_helpers.config.reading import unfinished
from cx_helpers.errors import DataError
from cx_helpers.ingest.building import Built, build
from cx_helpers.ingest.persons.retention import due
from cx_helpers.ingest.raw_rows import stage_all
from cx_helpers.ingest.readers import file_hash, file_order
from cx_helpers.ingest.staging import stage_query
from cx_helpers.ingest.state import state_of
from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.lake import Lake
from cx_helpers.tables.renewal import changed_months, clear, fresh_lake, kept_results, take_over


@dataclass
class IngestReport:
    """What an ingest did."""

    changed: bool
    lines: list[str] = field(default_factory=list)


def ingest(brand: Brand, *, force: bool = False, now: datetime | None = None) -> IngestReport:
    """Brings the brand's tables up to its raw files.

    Files are known by their content: nothing changed means nothing is done, the same file twice changes nothing, a
    file that was corrected replaces its own rows, rows that left it leave the tables. The lake shows all of the new
    publication, or all of the old one; months that did not change are not written again. Where rows fall by their age, the
    tables begin a new log, and the old one is removed.

    Parameters
    ----------
    now : datetime, optional
        UTC: the day that days to keep and permissions count to; today when left out.

    Raises
    ------
    DataError
        Before anything is published; the last publication stays.
    """
    from cx_helpers.ingest.persons.forget import finish  # it ends in a publication itself

    now = now or datetime.now(UTC)
    finished = finish(brand, now=now)
    lake = Lake(brand.folder / "tables")
    lock = lake.lock()
    work, parsed = lake.folder / ".work", lake.folder / ".parsed"
    try:
        clear(lake.folder)
        lake.sweep()
        before = lake.current()["ingest"]
        files = raw_files(brand, before.get("files", {}))
        queries = {name: stage_query(source, name, parsed) for name, source in brand.sources.sources.items() if source.url}
        with ThreadPoolExecutor(2) as beside:
            paths = {f"{name}/{_inside(brand, path)}": path for name, own in files.items() for path in own}
            hashes = dict(zip(paths, beside.map(file_hash, paths.values()), strict=True))
        hashes |= {f"{name}/{name}": staged.content for name, staged in queries.items()}
        state = state_of(brand, hashes)
        if all(before.get(key) == value for key, value in state.items()) and not force and not due(before, now):
            _not_kept(parsed, before)
            return IngestReport(bool(finished), [*finished, f"{brand.name}: {len(hashes)} raw files unchanged, nothing to do."])
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700, parents=True)
        raw = stage_all(brand, files, queries, hashes, parsed)
        built = build(brand, lake, raw, work, now)
        not_kept = sorted(file.staged.path.name for file in raw if file.label in built.kept.files)
        publish_built(lake, built, {**state, "not_kept": not_kept})
        _not_kept(parsed, lake.current()["ingest"])
        notes = [f"  {note}" for file in raw for note in file.staged.notes]
        notes += [f"  {brand.name}: another key than the last ingest had: every pseudonym is new."] if before.get("key", state["key"]) != state["key"] else []
        return IngestReport(True, [*finished, *_report(brand, built.tables), *notes, *built.drift.lines, *built.guard.warnings])
    finally:
        shutil.rmtree(work, ignore_errors=True)  # raw ids and free text stand in it
        lock.release()


def _not_kept(parsed: Path, record: Mapping[str, Any]) -> None:
    """Removes parsed copies of files with rows that nobody may keep; again by the next ingest where a kill came first."""
    for path in (parsed / name for name in record.get("not_kept", ())):
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)  # what is known of it


def raw_files(brand: Brand, known: dict[str, str]) -> dict[str, list[Path]]:
    """Source to its files, in the order of their names and numbers; a source without a file is a problem, all told at once."""
    found = {
        name: sorted((path for path in brand.raw.glob(source.file) if not unfinished(path.name)), key=lambda path: file_order(_inside(brand, path)))
        for name, source in brand.sources.sources.items()
        if source.file
    }
    problems = [
        f"{brand.name}: source {name}: no file {source.file} in {brand.raw}. Put it there, or mend file or raw in sources.yaml."
        for name, source in brand.sources.sources.items()
        if source.file and not found[name] and not source.optional
    ]
    here = {f"{name}/{_inside(brand, path)}" for name, paths in found.items() for path in paths}
    gone = [
        key for key in known
        if key not in here and (name := key.split("/")[0]) in found and (found[name] or brand.sources.sources[name].optional)
    ]  # fmt: skip
    problems += [
        f"{brand.name}: {key.split('/', 1)[1]} was read by the last ingest and is gone from {brand.raw}. Put it back "
        "(an emptied copy with its header removes its rows)."
        for key in gone
    ]
    if not problems and found and not any(found.values()) and len(found) == len(brand.sources.sources):
        problems = [f"{brand.name}: no raw file at all in {brand.raw}. Put the exports there, or mend raw in sources.yaml."]
    if problems:
        raise DataError("\n".join(problems))
    return found


def _inside(brand: Brand, path: Path) -> str:
    """A raw file as its rows name it: its path inside the raw folder."""
    return path.relative_to(brand.raw).as_posix()


def publish_built(lake: Lake, built: Built, state: Mapping[str, Any], *, anew: bool = False, without_months: Collection[str] = ()) -> dict[str, Any]:
    """Publishes in place; or, where something falls that old versions still hold, under a new log without them.

    Parameters
    ----------
    anew : a new log in any case
    without_months : months that people were taken out of: their result tables are not taken along

    Returns
    -------
    dict : the record of ``current.json``. Its ingest's `restated` names the months that can no longer be reproduced.
    """
    before = lake.current()
    record = {**state, "columns": built.drift.record, **built.kept.record, "restated": before["ingest"].get("restated", {})}
    if not before["tables"] or not (anew or built.kept.drops_more(before["ingest"])):
        return lake.publish(built.tables, ingest=record)
    fresh = fresh_lake(lake.folder)
    tables = {**built.tables, **kept_results(lake, without_months)}
    written = fresh.publish(tables, ingest=record)
    changed = without_months if anew else changed_months(before, written)  # rows of files written again have other numbers
    restated = record["restated"] | dict.fromkeys(sorted(changed), "erasure" if anew else "retention")
    after = fresh.publish(tables, ingest=record | {"restated": restated})  # the tables are as they were: none is written again
    take_over(fresh, lake.folder)
    return after


def _report(brand: Brand, tables: Mapping[str, Any]) -> list[str]:
    ledger = tables["reconciliation"].to_pandas()
    sums = ledger[["rows_in", "accepted", "quarantined", "superseded"]].sum()
    lines = [
        f"{brand.name}: {sums.rows_in:,.0f} rows in {len(ledger)} files = {sums.accepted:,.0f} accepted + "
        f"{sums.quarantined:,.0f} quarantined + {sums.superseded:,.0f} superseded."
    ]
    lines += [f"  {row.file}: {row.left:,.0f} rows left the export, and the tables with it." for row in ledger[ledger["left"] > 0].itertuples()]
    return lines + [f"  {name}: {table.rows:,} rows" for name, table in tables.items() if name in CANONICAL]
