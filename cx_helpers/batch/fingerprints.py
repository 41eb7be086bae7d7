"""What a page was made from, as one hash: equal hashes mean that running again would change nothing."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

import cx_helpers
from cx_helpers.batch.plan import LEDGER_PAGE, Task
from cx_helpers.config import Brand
from cx_helpers.config.parameters import MONTH
from cx_helpers.tables.lake import Lake
from cx_helpers.tables.result_contracts import LEDGERS, RESULTS
from cx_helpers.tables.scenarios import saved_scenarios


def page_fingerprint(task: Task, brand: Brand, tables: dict[str, dict[str, Any]], results_read: dict[str, str]) -> str:
    """Changes whenever something the page shows may change; what the page itself writes is left out.

    Parameters
    ----------
    tables : dict
        Table to its entry in the publication in force; result tables do not count here.
    results_read : dict
        Result table to the hash of the rows that this page reads from an earlier notebook.
    """
    parts = {
        "notebook": notebook_digest(task.path),
        "parameters": task.parameters,
        "tables": tables_read(task, tables),
        "configuration": configuration_digest(brand),
        "package": package_digest(),
        "versions": versions(),
        "results_read": results_read,
        "actions": actions_digest(brand) if task.notebook in ("02_journeys", "04_follow_up") else "",
        "scenarios": scenarios_digest(brand, task) if task.notebook == "03_drivers" else "",
        "labels": labels_digest(brand) if task.notebook == "02_journeys" else "",
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def tables_read(task: Task, tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a page reads of the tables: the first notebook all that was ingested, the others the months up to theirs.

    Of a table that is kept by month, the digests of the months read; of another its version. So a page of March stays
    as it is when April arrives, and is made anew when a late row of March does. What its masthead says of the last
    ingest is as of its making.
    """
    everything, found = task.notebook == LEDGER_PAGE, {}
    for name, entry in tables.items():
        if name in RESULTS or (name in LEDGERS and not everything):
            continue
        months = entry.get("months")
        if not months:
            found[name] = entry["version"]
            continue
        seen = {month: digest for month, digest in months.items() if everything or not MONTH.match(month) or month <= task.month}
        found[name] = [entry["columns"], seen]
    return found


def notebook_digest(path: Path) -> str:
    """Of the cells' sources only: opening and saving a notebook changes nothing that a page shows."""
    cells = nbformat.read(path, as_version=4).cells
    content = [[cell.cell_type, cell.source, sorted(cell.metadata.get("tags", []))] for cell in cells]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def configuration_digest(brand: Brand) -> str:
    """Of all the brand's files; all audiences count, since what may be shown is decided once for all of them."""
    parts = [brand.fingerprint, brand.journey.model_dump_json(), brand.solutions.model_dump_json()]
    parts.append(brand.sources.model_dump_json(exclude={"raw"}))
    parts += [f"{name}{audience.model_dump_json()}" for name, audience in sorted(brand.audiences.items())]
    rules = brand.folder / "metric_rules.yaml"
    parts += [rules.read_text(encoding="utf-8")] if rules.is_file() else []
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def actions_digest(brand: Brand) -> str:
    """Of the log of actions, which people write beside the tables: of what it says, so that a log without a row is as good as none."""
    file = brand.folder / "actions.db"
    rows: list[tuple] = []
    if file.is_file():
        with closing(sqlite3.connect(file)) as log:
            tables = {name for (name,) in log.execute("SELECT name FROM sqlite_master")}
            rows = log.execute("SELECT * FROM action_versions ORDER BY action_id, version").fetchall() if "action_versions" in tables else []
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def scenarios_digest(brand: Brand, task: Task) -> str:
    """Of the scenarios that people saved and the page of drivers lists."""
    rows = saved_scenarios(brand.folder, task.month, task.audience)
    return hashlib.sha256(rows.to_json(date_format="iso").encode()).hexdigest()


def labels_digest(brand: Brand) -> str:
    """Of what people say of comments, which decides how the others are read."""
    return hashlib.sha256("".join(file_digest(file) for file in brand.label_files if file.is_file()).encode()).hexdigest()


def uses_digest(folder: Path, month: str) -> str:
    """Of what the other pages read up to a month, which the page of the data shows."""
    uses = Lake(folder).frame("uses")
    read = uses[(uses["month"] <= month) & (uses["notebook"] != LEDGER_PAGE)]
    rows = sorted(read.fillna("").astype(str).itertuples(index=False, name=None))
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def package_digest() -> str:
    """Of the package's own code, templates and catalogues."""
    root = Path(cx_helpers.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(root).as_posix()}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def versions() -> dict[str, Any]:
    """Python and every direct dependency to its installed version."""
    found = {"python": platform.python_version(), "cx-helpers": importlib.metadata.version("cx-helpers")}
    for requirement in importlib.metadata.requires("cx-helpers") or []:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)[0]
        if "extra ==" not in requirement:
            found[name] = importlib.metadata.version(name)
    return dict(sorted(found.items()))
