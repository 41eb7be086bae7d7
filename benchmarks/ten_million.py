"""Ten million event rows from CSV to a published lake, beside DuckDB's bare COPY and pandas on the same file in one run.

    python benchmarks/ten_million.py [--rows 10000000] [--runs 3] [--folder FOLDER]

Ours: `cx ingest` of a fresh brand: the file hashed, its records counted by a second parser, customers under pseudonyms,
every rule of the contract, keys, journeys looked up, each raw row accounted for, Delta by month. Bare: DuckDB's
``COPY (FROM read_csv(...)) TO parquet``. Pandas: ``read_csv(...).to_parquet(...)``, nothing checked. Writes
ten_million.md beside this file. Promise: at most 8 times the bare COPY, and at most 3 GB.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import duckdb
from measure import REPO, peak_and_seconds

PROMISED_RATIO, PROMISED_MB = 8, 3_000
STEPS = ("booking", "checkin", "counter", "handover", "drive", "return", "settle", "care")
JOURNEY_YAML = "label: Ten million\ntime_zone: Europe/Madrid\nstages:\n  - id: all\n    label: All\n    touchpoints:\n" + "".join(
    f"      - {{id: {step}, label: {step}}}\n" for step in STEPS
)
SOURCES_YAML = "sources:\n  steps:\n    file: events.csv\n  rentals:\n    file: rentals.csv\n"
EVENTS_SQL = "SELECT event_id, journey_id, customer AS customer_id, step AS touchpoint, started_at, ended_at, channel, unit, _source AS source FROM steps"
JOURNEYS_SQL = "SELECT journey_id, customer AS customer_id, started_at, 'completed' AS status, _source AS source FROM rentals"
PLAIN = {
    "DuckDB's bare COPY": "import duckdb, sys; duckdb.execute(f\"COPY (FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet)\")",
    "pandas, read_csv and to_parquet": "import pandas, sys; pandas.read_csv(sys.argv[1]).to_parquet(sys.argv[2])",
}


def make(folder: Path, rows: int) -> Path:
    """A brand of `rows` events in eight steps a rental, over two years; a customer rents two to three times."""
    raw = folder / "data" / "million" / "raw"
    raw.mkdir(parents=True)
    (raw.parent / "sql").mkdir()
    for name, text in {
        "journey.yaml": JOURNEY_YAML, "sources.yaml": SOURCES_YAML, "sql/events.sql": EVENTS_SQL, "sql/journeys.sql": JOURNEYS_SQL,
    }.items():  # fmt: skip
        (raw.parent / name).write_text(text)
    connection = duckdb.connect()
    rentals = rows // len(STEPS)
    at = f"TIMESTAMP '2024-01-01' + to_seconds(({{0}} * 63072000 // {rentals})::BIGINT + {{1}})"
    customer = f"'customer-' || (hash({{0}}) % {max(rentals * 2 // 5, 1)})"
    connection.execute(
        f"COPY (SELECT 'E' || lpad(i::VARCHAR, 9, '0') AS event_id, 'J' || lpad(j::VARCHAR, 8, '0') AS journey_id, {customer.format('j')} AS customer, "
        f"{list(STEPS)}[k + 1] AS step, {at.format('j', 'k * 4000 + (hash(i) % 3600)::BIGINT')} AS started_at, "
        f"{at.format('j', 'k * 4000 + 3600 + (hash(i) % 300)::BIGINT')} AS ended_at, ['location', 'online', 'road'][(hash(i) % 3)::INTEGER + 1] AS channel, "
        f"'Location ' || (hash(j) % 40) AS unit FROM (SELECT i, i // 8 AS j, i % 8 AS k FROM range({rentals * len(STEPS)}) r(i))) TO '{raw / 'events.csv'}'"
    )
    connection.execute(
        f"COPY (SELECT 'J' || lpad(j::VARCHAR, 8, '0') AS journey_id, {customer.format('j')} AS customer, {at.format('j', '0')} AS started_at "
        f"FROM range({rentals}) r(j)) TO '{raw / 'rentals.csv'}'"
    )
    return raw / "events.csv"


def measured(folder: Path, events: Path, runs: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds and peak MB of each way, in turn, `runs` times."""
    environment = {**os.environ, "CX_DATA": str(folder / "data")}
    out = folder / "plain.parquet"
    found: dict[str, list[tuple[float, float]]] = {"ours": [], **{name: [] for name in PLAIN}}
    for _ in range(runs):
        for name, code in PLAIN.items():
            found[name].append(peak_and_seconds([sys.executable, "-c", code, str(events), str(out)], environment))
            out.unlink()
        shutil.rmtree(folder / "data" / "million" / "tables", ignore_errors=True)
        command = "from cx_helpers.cli import main; main()"
        found["ours"].append(peak_and_seconds([sys.executable, "-c", command, "ingest", "million"], environment))
    return found


def table(found: dict[str, list[tuple[float, float]]], rows: int, size: int, runs: int) -> str:
    bare = statistics.median(seconds for seconds, _ in found["DuckDB's bare COPY"])
    lines = [
        f"# {rows:,} event rows ({size / 1e9:.2f} GB of CSV) to a published lake", "",
        f"Written by `python benchmarks/ten_million.py`: medians of {runs} runs of each, in turn; {os.cpu_count()} cores. Machines differ and are "
        "noisy: read the ratios. Ours reads, beside the events, an eighth as many rentals, to look each event's journey up.", "",
        "| way | seconds | times the bare COPY | peak MB |", "|---|---|---|---|",
    ]  # fmt: skip
    for name, runs_of in found.items():
        seconds, memory = statistics.median(s for s, _ in runs_of), max(m for _, m in runs_of)
        lines.append(f"| {name} | {seconds:.1f} | {seconds / bare:.1f} | {memory:,.0f} |")
    ours = statistics.median(seconds for seconds, _ in found["ours"]) / bare
    memory = max(peak for _, peak in found["ours"])
    kept = "kept" if ours <= PROMISED_RATIO and memory <= PROMISED_MB else "NOT kept"
    return "\n".join([*lines, "", f"Promise: at most {PROMISED_RATIO} times the bare COPY and {PROMISED_MB:,} MB: {kept}."]) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--folder", type=Path, default=None, help="where the files are made; a temporary folder when left out")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as box:
        events = make(Path(box), chosen.rows)
        text = table(measured(Path(box), events, chosen.runs), chosen.rows, events.stat().st_size, chosen.runs)
    Path(__file__).with_name("ten_million.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
