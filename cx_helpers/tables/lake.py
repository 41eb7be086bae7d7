"""The lake: alone reads and writes tables. Readers see all of one publication, or all of the next.

Delta commits one table at a time, so a publication commits every table and then replaces ``current.json``, which
names the version of each; a kill in between leaves versions that nobody reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import ibis
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from filelock import FileLock, Timeout
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem

from cx_helpers.errors import DataError, UsageError
from cx_helpers.tables.contracts import CANONICAL, TEXT, Contract
from cx_helpers.tables.result_contracts import ALL, RESULTS
from cx_helpers.tables.rows import Rows, writing

NEXT = "tables.next"
"""Beside the tables: those that are about to take their place (see renewal)."""
RUN_KEY = ("month", "audience", "notebook")


class Lake:
    """The tables of one brand.

    Parameters
    ----------
    folder : Path
        The brand's ``tables`` folder; made when something is first published.
    versions : mapping of table to version, optional
        Reads these versions instead of the current ones, to reproduce a past report.
    """

    def __init__(self, folder: Path, versions: Mapping[str, int] | None = None):
        self.folder = folder
        self._versions = dict(versions) if versions is not None else None

    def current(self) -> dict[str, Any]:
        """The publication in force: published_at, tables {name: {version, rows, columns, months}}, and the ingest's record.

        `months` is a digest of the rows of each month ("" of those without one): what changed has another.
        """
        path = self.folder / "current.json"
        heal(self.folder)
        if not path.is_file():
            return {"published_at": None, "tables": {}, "ingest": {}}
        return json.loads(path.read_text(encoding="utf-8"))

    @cached_property
    def versions(self) -> dict[str, int]:
        """Table to the version this lake reads, settled at the first read."""
        if self._versions is not None:
            return self._versions
        return {name: entry["version"] for name, entry in self.current()["tables"].items()}

    def lock(self, wait_seconds: float = 600) -> FileLock:
        """The one writer's lock; a second writer waits, then is refused in one line."""
        heal(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks(self.folder) / "tables.lock")
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout:
            raise UsageError(
                f"{self.folder}: another ingest or run is writing here since over {wait_seconds:.0f} s. Let it end first."
            ) from None
        return lock

    def publish(self, tables: Mapping[str, pa.Table | Rows], *, ingest: dict[str, Any] | None = None) -> dict[str, Any]:
        """Commits each table, then names them all current in one step.

        Months that did not change are not written again, and a table of which none changed keeps its version.

        Parameters
        ----------
        tables : mapping of table name to Arrow table, or to `Rows` that are read as they are written
            Each in the shape of its contract, with brand columns beside.
        ingest : dict, optional
            The ingest's record (files and fingerprints); kept from the last publication when left out. An ingest gives
            every table it knows of: a table that its brand no longer fills is current no more.
        """
        record = self.current()
        entries = {name: entry for name, entry in record["tables"].items() if ingest is None or name in RESULTS}
        for name, table in tables.items():
            rows = table if isinstance(table, Rows) else Rows.of(name, table)
            entries[name] = self._commit(name, rows, record["tables"].get(name))
        record = {
            "published_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "tables": entries,
            "ingest": record.get("ingest", {}) if ingest is None else ingest,
        }
        staged = self.folder / f".current.{os.getpid()}.json"
        with staged.open("w", encoding="utf-8") as file:
            json.dump(record, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staged, self.folder / "current.json")
        self.__dict__.pop("versions", None)
        return record

    def commit_results(
        self, results: Mapping[str, pd.DataFrame], *, month: str, audience: str, notebook: str
    ) -> None:
        """Replaces what one page wrote in the result tables, and publishes in one step.

        Parameters
        ----------
        results : mapping of result table to DataFrame
            Columns of its contract; month, audience and notebook are set here.
        """
        key = dict(zip(RUN_KEY, (month, audience, notebook), strict=True))
        lock = self.lock()
        try:
            merged = {}
            for name in RESULTS:
                before = Lake(self.folder).frame(name)
                stays = before[~(before[list(RUN_KEY)] == pd.Series(key)).all(axis=1)]
                fresh = results.get(name, before.iloc[:0]).assign(**key)
                if len(stays) == len(before) and fresh.empty:
                    continue
                both = pd.concat([part for part in (stays, fresh) if len(part)] or [fresh], ignore_index=True)
                merged[name] = to_contract(both, RESULTS[name], f"{notebook} wrote {name}")
            if merged:
                self.publish(merged)
        finally:
            lock.release()

    def table(self, name: str, connection: ibis.BaseBackend) -> ibis.Table:
        """The table as an Ibis expression on a DuckDB connection; empty, in its contract's shape, where it has no rows.

        `month` stays text, and a column that an older file lacks is empty there.
        """
        files = self.files(name)
        contract = ALL[name]
        if not files:
            return ibis.memtable(contract.schema.empty_table().to_pandas(), schema=ibis.Schema.from_pyarrow(contract.schema))
        found = connection.read_parquet(
            files, union_by_name=True, hive_partitioning=True, hive_types_autocast=0, table_name=self._view(name)
        )
        missing = {
            field.name: ibis.null(ibis.dtype(ibis.Schema.from_pyarrow(pa.schema([field]))[field.name]))
            for field in contract.schema
            if field.name not in found.columns
        }
        return found.mutate(**missing) if missing else found

    def frame(self, name: str) -> pd.DataFrame:
        """The whole table as pandas, for small tables only: results, ledgers."""
        version = self.versions.get(name)
        if version is None:
            return ALL[name].schema.empty_table().to_pandas()
        path = self.folder / name
        # Arrow's own file system: threads still letting go of a Python one while the process ends would abort it
        files = SubTreeFileSystem(str(path), LocalFileSystem())
        return DeltaTable(path, version=version).to_pyarrow_table(filesystem=files).to_pandas()

    def has(self, name: str) -> bool:
        """Whether the table was published with at least one row."""
        return bool(self.files(name))

    def files(self, name: str) -> list[str]:
        version = self.versions.get(name)
        if version is None:
            return []
        return DeltaTable(self.folder / name, version=version).file_uris()

    def _view(self, name: str) -> str:
        """A name of this table in this version and folder alone: a connection may hold several."""
        place = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:8]
        return f"{name}_{self.versions[name]}_{place}"

    def _commit(self, name: str, rows: Rows, before: dict[str, Any] | None) -> dict[str, Any]:
        """Writes what changed; gives the table's entry in ``current.json``."""
        path = self.folder / name
        shape = hashlib.sha256(str(rows.schema).encode()).hexdigest()[:12]
        months = {month: f"{shape}-{digest}" for month, digest in rows.months.items()}
        known = (before or {}).get("months") if (path / "_delta_log").is_dir() else None
        if known is not None and months == known:
            return before
        path.mkdir(parents=True, exist_ok=True)
        partition = ["month"] if name in CANONICAL else None
        if (path / "_delta_log").is_dir() and DeltaTable(path).metadata().partition_columns != (partition or []):
            raise DataError(
                f"{path}: these tables were laid out by another version of the workbench. Remove {self.folder} "
                "(the raw files stay, and all is made from them), then run again."
            )
        changed = sorted(month for month in {*months, *(known or {})} if months.get(month) != (known or {}).get(month))
        if partition and known and len(changed) < len({*months, *known}):
            table = DeltaTable(path)
            if table.version() != before["version"]:  # a killed run left a version that was never published
                table.restore(before["version"])
            fresh = rows.batches([month for month in changed if month in months])
            write_deltalake(path, fresh, mode="overwrite", predicate=_of_months(changed), writer_properties=writing(rows.schema))
        else:
            write_deltalake(
                path, rows.batches(None), mode="overwrite", schema_mode="overwrite", partition_by=partition,
                writer_properties=writing(rows.schema),
            )  # fmt: skip
        columns = [field.name for field in rows.schema]
        return {"version": DeltaTable(path).version(), "rows": rows.rows, "columns": columns, "months": months}

    def sweep(self) -> None:
        """Removes what killed runs left: half-written files that no version names. Call it under the lock."""
        current = self.folder / "current.json"
        for left in (*self.folder.glob(".current.*.json"), *self.folder.glob(".parsed/*.part")):
            left.unlink(missing_ok=True)
        for log in self.folder.glob("*/_delta_log"):
            if not current.is_file():
                shutil.rmtree(log.parent)
                continue
            since = current.stat().st_mtime_ns
            young = [path for path in log.parent.rglob("*.parquet") if path.stat().st_mtime_ns >= since]
            named = _named_files(log) if young else set()
            for path in young:
                if path.relative_to(log.parent).as_posix() not in named and log not in path.parents:
                    path.unlink()


def locks(folder: Path) -> Path:
    """Where the locks of a brand's tables lie: beside them, since the folder of tables itself may be changed for another."""
    beside = folder.parent / ".locks"
    beside.mkdir(parents=True, exist_ok=True)
    return beside


def heal(folder: Path) -> None:
    """Finishes a change of folders (see renewal) that was killed between its two steps: whoever comes first, reader or writer."""
    beside = folder.parent / NEXT
    if not folder.exists() and (beside / "current.json").is_file():
        with suppress(FileNotFoundError):
            beside.rename(folder)


def _of_months(months: Sequence[str]) -> str:
    """The predicate of a partition column that holds these months."""
    words = ", ".join("'" + month.replace("'", "''") + "'" for month in months if month)
    parts = [f"month IN ({words})"] * bool(words) + ["month IS NULL"] * ("" in months)
    return " OR ".join(parts)


def _named_files(log: Path) -> set[str]:
    """Data files that any version in a Delta log names."""
    named = set()
    for path in log.glob("*.json"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if found := json.loads(line).get("add"):
                named.add(unquote(found["path"]))
    return named


def to_contract(frame: pd.DataFrame | pa.Table, contract: Contract, what: str) -> pa.Table:
    """`frame` in the contract's columns and types, brand columns beside; nothing is rounded or cut to fit.

    Raises
    ------
    DataError
        Where a value does not fit its column's type: Delta itself would store 3.7 as 3 without a word.
    """
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    columns, fields, wrong = [], [], []
    for field in contract.schema:
        if field.name in table.column_names:
            try:
                columns.append(table[field.name].cast(field.type, safe=True))
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                wrong.append(f"{field.name}: {str(error).splitlines()[0]}")
                continue
        else:
            columns.append(pa.nulls(table.num_rows, field.type))
        fields.append(field)
    if wrong:
        raise DataError(f"{what}: {'; '.join(wrong)}. Allowed types are in tables/contracts.py.")
    known = {field.name for field in contract.schema}
    for name in (name for name in table.column_names if name not in known):
        column = table[name]
        columns.append(column.cast(TEXT) if pa.types.is_null(column.type) else column)
        fields.append(pa.field(name, columns[-1].type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))
