"""From raw files to published tables: read, map, split, reconcile, publish in one step."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cx_helpers.config import Brand
from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.contract_rows import split_rows
from cx_helpers.ingest.counting import count_records
from cx_helpers.ingest.mapping import map_table, raw_connection
from cx_helpers.ingest.privacy import brand_key, pseudonymise
from cx_helpers.ingest.readers import LINEAGE, Dialect, RawFile, file_hash, file_order, read_file
from cx_helpers.ingest.reconcile import reconciliation, unused_rows
from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.lake import Lake, to_contract
from cx_helpers.tables.result_contracts import ALL

FORMAT = 1  # raise it when the same files would give other tables


@dataclass
class IngestReport:
    """What an ingest did."""

    changed: bool
    lines: list[str] = field(default_factory=list)


def ingest(brand: Brand, *, force: bool = False) -> IngestReport:
    """Brings the brand's tables up to its raw files.

    Files are known by their content: nothing changed means nothing is done, the same file twice changes nothing, a
    file that was corrected replaces its own rows. The lake shows all of the new publication, or all of the old one.

    Raises
    ------
    DataError
        Before anything is published; the last publication stays.
    """
    lake = Lake(brand.folder / "tables")
    lock = lake.lock()
    try:
        before = lake.current()["ingest"]
        files = raw_files(brand, before.get("files", {}))
        hashes = {f"{name}/{_inside(brand, path)}": file_hash(path) for name, paths in files.items() for path in paths}
        state = {"format": FORMAT, "configuration": brand.fingerprint, "files": hashes}
        if state == before and not force:
            return IngestReport(False, [f"{brand.name}: {len(hashes)} raw files unchanged, nothing to do."])
        tables = _build(brand, lake, files, hashes)
        lake.publish(tables, ingest=state)
        return IngestReport(True, _report(brand, tables))
    finally:
        lock.release()


def raw_files(brand: Brand, known: dict[str, str]) -> dict[str, list[Path]]:
    """Source to its files, in the order of their names and numbers; a source without a file is a problem, all told at once."""
    found = {
        name: sorted(brand.raw.glob(source.file), key=lambda path: file_order(_inside(brand, path)))
        for name, source in brand.sources.sources.items()
    }
    problems = [
        f"{brand.name}: source {name}: no file {source.file} in {brand.raw}. Put it there, or mend file or raw in sources.yaml."
        for name, source in brand.sources.sources.items()
        if not found[name] and not source.optional
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
    if not problems and not any(found.values()):
        problems = [f"{brand.name}: no raw file at all in {brand.raw}. Put the exports there, or mend raw in sources.yaml."]
    if problems:
        raise DataError("\n".join(problems))
    return found


def _inside(brand: Brand, path: Path) -> str:
    """A raw file as its rows name it: its path inside the raw folder."""
    return path.relative_to(brand.raw).as_posix()


def _build(brand: Brand, lake: Lake, files: dict[str, list[Path]], hashes: dict[str, str]) -> dict[str, pa.Table]:
    raw, counted, raw_rows, broken = _read_all(brand, lake, files, hashes)
    connection = raw_connection(raw)
    accepted, superseded, quarantined = {}, [], [broken]
    journeys = None
    for name in sorted(brand.sql, key=lambda table: table != "journeys"):
        canonical = map_table(connection, brand, name)
        _from_raw_rows(canonical.table, raw_rows, f"{brand.name}/sql/{name}.sql")
        split = split_rows(canonical.table.to_pandas(types_mapper=_text_as_text), canonical.contract, brand, journeys)
        if name == "journeys":
            journeys = pd.Index(split.accepted["journey_id"])
        accepted[name] = split.accepted
        superseded.append(split.superseded)
        quarantined.append(split.quarantined)
    _nothing_emptied(brand, lake, accepted, quarantined)
    quarantine = pd.concat(quarantined, ignore_index=True)
    good = pd.concat([frame["source"] for frame in accepted.values()])
    old = pd.concat(superseded)
    idle = unused_rows(raw_rows, pd.concat([good, old, quarantine["source"]]), brand)
    quarantine = pd.concat([quarantine, idle[["source", *_REASON]]], ignore_index=True)
    tables = {name: _canonical(name, frame, brand) for name, frame in accepted.items()}
    tables["reconciliation"] = _ledger("reconciliation", reconciliation(counted, raw_rows, good, old, quarantine))
    tables["quarantine"] = _ledger("quarantine", _placed(quarantine, raw_rows))
    tables["checks"] = _ledger("checks", run_checks(connection, brand))
    return tables


def _from_raw_rows(table: pa.Table, raw_rows: pd.DataFrame, place: str) -> None:
    """Every canonical row names the raw row it comes from: without that, rows cannot be reconciled."""
    sources = table["source"].to_pandas()
    unknown = sources[~sources.isin(raw_rows["source"])]
    if len(unknown):
        raise DataError(
            f"{place}: the source of {len(unknown):,} rows is no raw row (the first: {unknown.iloc[0]!r}). "
            "Select a raw table's _source AS source."
        )


_REASON = ["table", "reason", "column", "found", "suggestion"]


def _text_as_text(kind: pa.DataType):
    return pd.StringDtype("pyarrow", na_value=float("nan")) if pa.types.is_string(kind) else None


def _read_all(brand: Brand, lake: Lake, files: dict[str, list[Path]], hashes: dict[str, str]):
    """Each source as one table, the second parser's counts, every raw row, and the records that are broken."""
    raw, counted, rows, broken, problems = {}, [], [], [], []
    times = Counter(path for paths in files.values() for path in paths)
    for name, paths in files.items():
        source, parts, seen = brand.sources.sources[name], [], set()
        for path in paths:
            inside = _inside(brand, path)
            key, label = hashes[f"{name}/{inside}"], inside if times[path] == 1 else f"{inside}[{name}]"
            try:
                found = _read_or_cached(path, source, lake.folder / ".parsed", key, label)
                rows_in = count_records(path, source, found.dialect)
            except DataError as error:
                problems.append(f"{brand.name}: {error}")
                continue
            again = key in seen
            seen.add(key)
            counted.append((name, label, rows_in, rows_in if again else 0))
            if again:
                continue
            parts.append(found.table)
            rows.append(found.table.select(LINEAGE).to_pandas().assign(raw_source=name, lookup=source.lookup))
            for row, reason in found.broken:
                broken.append({"source": f"{label}:{row}", "reason": reason, "file": label, "raw_source": name})
        if parts:
            raw[name] = pa.concat_tables(parts, promote_options="default")
        elif source.optional and not paths:
            raw[name] = _absent(source)
    if problems:
        raise DataError("\n".join(problems))
    raw_rows = pd.concat(rows, ignore_index=True).rename(columns={"_source": "source", "_file": "file"})
    cut = pd.DataFrame(broken, columns=["source", "reason", "file", "raw_source"])
    raw_rows = pd.concat([raw_rows, cut.drop(columns="reason").assign(lookup=False)], ignore_index=True).astype({"lookup": bool})
    cut = cut.drop(columns=["file", "raw_source"]).assign(
        table=None, column=None, found=None, suggestion="Mend the record in the export: a delimiter inside a cell needs quotes."
    )
    return raw, pd.DataFrame(counted, columns=["raw_source", "file", "rows_in", "repeated"]), raw_rows, cut


def _absent(source: Source) -> pa.Table:
    """An optional source without a file: its declared columns, no rows."""
    names = [*(source.columns or []), *LINEAGE]
    return pa.table({name: pa.array([], pa.int64() if name == "_row" else pa.string()) for name in names})


def _read_or_cached(path: Path, source: Source, folder: Path, content: str, name: str) -> RawFile:
    """A file parsed before, by content and reader settings, is not parsed again."""
    settings = source.model_dump_json(include={"reader", "delimiter", "encoding", "quote", "sheet", "header_row", "columns", "file"})
    kept = folder / f"{content[:32]}-{hashlib.sha256(settings.encode() + name.encode()).hexdigest()[:16]}.parquet"
    if kept.exists():
        table = pq.read_table(kept)
        extra = json.loads(table.schema.metadata[b"cx"])
        dialect = Dialect(**extra["dialect"]) if extra["dialect"] else None
        return RawFile(path, table.replace_schema_metadata(None), [tuple(item) for item in extra["broken"]], dialect)
    found = read_file(path, source, name)
    extra = {"broken": found.broken, "dialect": found.dialect.__dict__ if found.dialect else None}
    folder.mkdir(parents=True, exist_ok=True)
    staged = kept.with_suffix(".part")
    pq.write_table(found.table.replace_schema_metadata({b"cx": json.dumps(extra).encode()}), staged)
    staged.replace(kept)
    return found


def _nothing_emptied(brand: Brand, lake: Lake, accepted: dict[str, pd.DataFrame], quarantined: list[pd.DataFrame]) -> None:
    before = lake.current()["tables"]
    for name, frame in accepted.items():
        if frame.empty and (name in ("journeys", "responses") and not _any_perception(accepted) or before.get(name, {}).get("rows")):
            reasons = pd.concat(quarantined).query("table == @name")["reason"].value_counts()
            why = f"; set aside: {reasons.index[0]} ({reasons.iloc[0]:,} rows)" if len(reasons) else ""
            raise DataError(
                f"{brand.name}: table {name} would be empty{why}. Check the files of its sources; the last publication stays."
            )


def _any_perception(accepted: dict[str, pd.DataFrame]) -> bool:
    return any(len(accepted.get(name, ())) for name in ("journeys", "responses"))


def _canonical(name: str, frame: pd.DataFrame, brand: Brand) -> pa.Table:
    table = to_contract(pa.Table.from_pandas(frame, preserve_index=False), CANONICAL[name], f"{brand.name}: {name}")
    return pseudonymise(table, brand_key(brand.folder))


def _ledger(name: str, frame: pd.DataFrame) -> pa.Table:
    return to_contract(frame.reset_index(drop=True), ALL[name], name)


def _placed(quarantine: pd.DataFrame, raw_rows: pd.DataFrame) -> pd.DataFrame:
    """Quarantine rows with the raw source, file and row they come from, in the order of the files."""
    names = dict(zip(raw_rows["source"], raw_rows["raw_source"], strict=True))
    split = quarantine["source"].str.rsplit(":", n=1)
    placed = quarantine.assign(
        file=split.str[0], row=split.str[1].astype(float), raw_source=quarantine["source"].map(names).fillna("unknown")
    )
    return placed.sort_values(["raw_source", "file", "row", "reason"], ignore_index=True)


def run_checks(connection: duckdb.DuckDBPyConnection, brand: Brand) -> pd.DataFrame:
    """The brand's own quality checks: id, label, rows found, the first of them, and how they are handled."""
    rows = []
    for name, check in brand.sources.checks.items():
        try:
            found = connection.execute(f"SELECT _source FROM ({check.sql.rstrip().rstrip(';')})").fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0][:200]
            raise DataError(f"{brand.name}/sources.yaml: check {name}: DuckDB refuses it ({reason}). Mend its sql.") from None
        first = min((source for (source,) in found), default=None, key=_by_row)
        rows.append({"check": name, "label": check.label, "rows": len(found), "first": first, "handling": check.handling})
    return pd.DataFrame(rows, columns=["check", "label", "rows", "first", "handling"])


def _by_row(source: str) -> tuple[str, int]:
    file, row = source.rsplit(":", 1)
    return file, int(row)


def _report(brand: Brand, tables: dict[str, pa.Table]) -> list[str]:
    ledger = tables["reconciliation"].to_pandas()
    sums = ledger[["rows_in", "accepted", "quarantined", "superseded"]].sum()
    lines = [
        f"{brand.name}: {sums.rows_in:,.0f} rows in {len(ledger)} files = {sums.accepted:,.0f} accepted + "
        f"{sums.quarantined:,.0f} quarantined + {sums.superseded:,.0f} superseded."
    ]
    return lines + [f"  {name}: {table.num_rows:,} rows" for name, table in tables.items() if name in CANONICAL]
