"""Time and memory of the main jobs, each beside a plain peer on the same work, as medians and ratios of one run.

    python benchmarks/measure.py [--runs 3] [--olist FOLDER]

Pages: `cx run sample --audience all --force` (checked, parallel, published) beside plain papermill, one notebook after
the other. Ingest: `cx ingest` of fresh copies beside plain DuckDB that runs the same SELECTs over the same files and
writes Parquet, without counting, contracts, quarantine or versions. Writes results.md beside this file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
PLAIN_INGEST = """
import pathlib, sys, duckdb
from cx_helpers.config import load_brand
brand, out = load_brand(sys.argv[1]), pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
connection = duckdb.connect()
for name, source in brand.sources.sources.items():
    path = brand.raw / source.file
    connection.execute(f'''CREATE VIEW {name} AS SELECT *, '{source.file}:' || row_number() OVER () AS _source,
        '{source.file}' AS _file, row_number() OVER () AS _row FROM read_csv('{path}', all_varchar=true, quote='"', escape='"')''')
for table, sql in brand.sql.items():
    connection.execute(f"COPY ({sql.rstrip().rstrip(';')}) TO '{out / table}.parquet'")
"""


def peak_and_seconds(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds, and the largest resident set (MB) of the command and all below it, together, sampled each 0.1 s."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=REPO, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {process.stderr.read().decode()[-500:]}")
    return time.perf_counter() - start, peak


def resident(pid: int) -> float:
    """Proportional resident memory (MB) of a process and its descendants, shared pages counted once."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(resident(int(child)) for child in (task / "children").read_text().split())
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass
    return total


def alternate(ours, plain, runs: int) -> list[dict[str, float]]:
    """A B A B …, after one run of each that is not counted."""
    rows = []
    for turn in range(runs + 1):
        (seconds, memory), (plain_seconds, plain_memory) = ours(), plain()
        if turn:
            rows.append({"seconds": seconds, "memory": memory, "plain_seconds": plain_seconds, "plain_memory": plain_memory})
    return rows


def pages(box: Path, runs: int) -> list[dict[str, float]]:
    environment = prepared(box, "sample", {})
    run = [str(REPO / ".venv/bin/cx")]
    subprocess.run([*run, "sample"], cwd=REPO, env=environment, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*run, "ingest", "sample"], cwd=REPO, env=environment, check=True, stdout=subprocess.DEVNULL)
    notebooks = sorted((REPO / "notebooks").glob("*.ipynb"))
    steps = "; ".join(f"{sys.executable} -m papermill -p brand sample {n} {box / n.name} --cwd {n.parent}" for n in notebooks)
    return alternate(
        lambda: peak_and_seconds([*run, "run", "sample", "--audience", "all", "--force"], environment),
        lambda: peak_and_seconds(["sh", "-e", "-c", steps], environment),
        runs,
    )


def ingest(box: Path, runs: int, olist: Path) -> list[dict[str, float]]:
    environment = prepared(box, "olist", {"OLIST_RAW": str(olist.resolve())})
    tables = box / "data" / "olist" / "tables"

    def ours():
        shutil.rmtree(tables, ignore_errors=True)
        return peak_and_seconds([str(REPO / ".venv/bin/cx"), "ingest", "olist"], environment)

    return alternate(
        ours, lambda: peak_and_seconds([sys.executable, "-c", PLAIN_INGEST, "olist", str(box / "plain")], environment), runs
    )


def prepared(box: Path, brand: str, more: dict[str, str]) -> dict[str, str]:
    """A copy of a brand's configuration in a folder of its own, and the environment that points at it."""
    keep_out = shutil.ignore_patterns("raw", "tables", "quarantine", "key", "actions.db*")
    shutil.copytree(REPO / "data" / brand, box / "data" / brand, ignore=keep_out)
    if not (box / "notebooks").exists():
        (box / "notebooks").symlink_to(REPO / "notebooks")
    return {**os.environ, "CX_DATA": str(box / "data"), "CX_REPORTS": str(box / "reports"), **more}


def table(found: dict[str, tuple[str, list[dict[str, float]]]], runs: int) -> str:
    lines = [
        "# Time and memory beside plain peers",
        "",
        f"Written by `python benchmarks/measure.py`: medians of {runs} run{'s' * (runs > 1)} of each, in turn, after one that is not counted; "
        f"{os.cpu_count()} cores. Machines differ and are noisy: read the ratios, not the seconds. Memory is the largest sum "
        "over all processes of a job, shared pages counted once.",
        "",
        "| job | peer | seconds | peer's seconds | ratio (min to max) | peak MB | peer's peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for job, (peer, rows) in found.items():
        middle = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        ratios = sorted(row["seconds"] / row["plain_seconds"] for row in rows)
        lines.append(
            f"| {job} | {peer} | {middle['seconds']:.1f} | {middle['plain_seconds']:.1f} | "
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) | {middle['memory']:.0f} | {middle['plain_memory']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--olist", type=Path, default=os.environ.get("OLIST_RAW"))
    chosen = options.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as box:
        found["four pages of the sample, one audience"] = ("plain papermill, the same four notebooks", pages(Path(box), chosen.runs))
    if chosen.olist:
        with tempfile.TemporaryDirectory() as box:
            found["ingest of Olist, 89,000 rows"] = ("plain DuckDB, the same SELECTs to Parquet", ingest(Path(box), chosen.runs, chosen.olist))
    Path(__file__).with_name("results.md").write_text(table(found, chosen.runs))
    print(table(found, chosen.runs))


if __name__ == "__main__":
    main()
