"""The whole journey map of ten million events beside hand-written SQL, pandas, pm4py and retentioneering, in one run.

    python benchmarks/journey_map.py [--events 10000000] [--runs 3] [--folder FOLDER] [--peers PYTHON] [--renew]

The script makes a lake of events in ten steps a journey, answers and segments. Ours: `journeys.maps.transitions` (with
medians and their intervals) and `journeys.maps.funnel` on the published tables. By hand: journey_map.sql, the same
counts and medians without intervals, checks or a choice of tables, written for these files. Peers: what each library
offers for the same, in a Python of their own (--peers; they are no dependencies); with --renew theirs stay as they stand
in journey_map.md, marked as of an earlier run. Then scores by touchpoint, month and
segment of a tenth of the data and of all: ours and plain SQL, by how much each grows. Writes journey_map.md beside this
file. Promises: at most 1.2 times the SQL, at most 1,500 MB, and growth at most twice DuckDB's own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import duckdb
import pyarrow as pa
from measure import peak_and_seconds

from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.lake import Lake

RATIO, MEGABYTES, GROWTH = 1.2, 1_500, 2.0
STEPS = ("booking", "checkin", "counter", "handover", "drive", "return", "settle", "care")
A_JOURNEY = 10
CODE = {  # imports, then what is timed
    "ours": """
import sys, ibis
from pathlib import Path
from cx_helpers.journeys import maps
from cx_helpers.tables.lake import Lake
###
engine = ibis.duckdb.connect(autoinstall_known_extensions=False)
events = Lake(Path(sys.argv[1]) / "tables").table("events", engine)
found, steps = maps.transitions(events), maps.funnel(events, sys.argv[2].split(","))
print("RESULT", int(found["n"].sum()), int(steps["n"].iloc[-1]))
""",
    "DuckDB, SQL written by hand": """
import sys, duckdb, pandas
from pathlib import Path
###
view, *queries = Path(sys.argv[3]).read_text().split(";")[:3]
engine = duckdb.connect()
engine.execute(view.replace("FILES", str(Path(sys.argv[1]) / "tables" / "events" / "*" / "*.parquet")))
found, steps = (engine.execute(query).fetchdf() for query in queries)
print("RESULT", int(found["n"].sum()), int(steps.iloc[-1, 1]))
""",
    "pandas": """
import sys, pandas as pd
###
events = pd.read_parquet(sys.argv[4], columns=["journey_id", "customer_id", "event_id", "touchpoint", "started_at"])
events = events.sort_values(["journey_id", "started_at", "event_id"])
same = events["journey_id"] == events["journey_id"].shift()
moves = pd.DataFrame({"a": events["touchpoint"].shift()[same], "b": events["touchpoint"][same], "customer": events["customer_id"][same],
    "journey": events["journey_id"][same], "hours": (events["started_at"] - events["started_at"].shift())[same].dt.total_seconds() / 3600})
found = moves.groupby(["a", "b"], observed=True).agg(n=("hours", "size"), journeys=("journey", "nunique"), customers=("customer", "nunique"), median=("hours", "median"))
at, n = None, 0
for step in sys.argv[2].split(","):
    here = events.loc[events["touchpoint"] == step, ["journey_id", "started_at"]]
    if at is not None:
        here = here[here["started_at"] >= here["journey_id"].map(at)]
    at = here.groupby("journey_id", observed=True)["started_at"].min()
print("RESULT", int(found["n"].sum()), len(at))
""",
    "pm4py": """
import sys, pandas as pd, pm4py
###
log = pd.read_parquet(sys.argv[4], columns=["journey_id", "touchpoint", "started_at"])
log = log.rename(columns={"journey_id": "case:concept:name", "touchpoint": "concept:name", "started_at": "time:timestamp"})
graph, _, _ = pm4py.discover_dfg(log)
times, _, _ = pm4py.discover_performance_dfg(log)
print("RESULT", sum(graph.values()), 0)
""",
    "retentioneering": """
import sys, pandas as pd
from retentioneering.eventstream import Eventstream
###
events = pd.read_parquet(sys.argv[4], columns=["journey_id", "touchpoint", "started_at"])
events = events.rename(columns={"journey_id": "user_id", "touchpoint": "event", "started_at": "timestamp"})
stream = Eventstream(events)
found = stream.transition_matrix() if hasattr(stream, "transition_matrix") else stream.transition_graph()
print("RESULT", 0, 0)
""",
}
PEERS = ("pandas", "pm4py", "retentioneering")
OFFERS = {
    "ours": "transitions with medians, their intervals, journeys and customers; ordered funnel",
    "DuckDB, SQL written by hand": "the same without intervals",
    "pandas": "the same without intervals and customers of the funnel",
    "pm4py": "transitions with counts and mean times; no medians, no funnel",
    "retentioneering": "transition matrix; no medians, no funnel",
}
SCORES = {
    "ours": """
import sys, ibis, pandas
from pathlib import Path
from cx_helpers.config.journey import Metric
from cx_helpers.journeys.scores import score_of_group
from cx_helpers.tables import frames
from cx_helpers.tables.lake import Lake
###
engine, by = ibis.duckdb.connect(autoinstall_known_extensions=False), ["touchpoint", "month", "region"]
lake = Lake(Path(sys.argv[1]) / "tables")
given = frames.answers(lake.table("responses", engine), lake.table("journeys", engine), ["region"])
sums = frames.group_sums(given, by).order_by(by).execute()
cells = [score_of_group(row, Metric(id="csat", kind="csat", label="CSAT")) for row in sums.to_dict("records")]
print("RESULT", int(sums["n"].sum()), len(cells))
""",
    "DuckDB": """
import sys, duckdb, pandas
from pathlib import Path
###
place = Path(sys.argv[1]) / "tables"
found = duckdb.sql(f\"\"\"SELECT touchpoint, r.month, region, count(*) AS n, avg(score) AS value, stddev(score) AS spread
    FROM read_parquet('{place}/responses/*/*.parquet', hive_partitioning=true, hive_types_autocast=0) r
    JOIN read_parquet('{place}/journeys/*/*.parquet', hive_partitioning=true, hive_types_autocast=0) j USING (journey_id)
    WHERE score IS NOT NULL GROUP BY ALL\"\"\").fetchdf()
print("RESULT", int(found["n"].sum()), len(found))
""",
}


def make(folder: Path, events: int) -> Path:
    """A lake of `events` steps, ten a journey (eight in order, two anywhere), with an answer to two in five steps; and
    the events again as one plain file for the peers."""
    folder.mkdir()
    engine = duckdb.connect()
    journeys = events // A_JOURNEY
    at = "TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds((hash(j) % 60000000 + k * 7000 + hash(i) % 6000)::BIGINT)"
    customer = f"'C' || lpad((hash(j) % {max(journeys * 2 // 5, 1)})::VARCHAR, 7, '0')"
    made = {
        "events": f"SELECT 'E' || lpad(i::VARCHAR, 9, '0') AS event_id, 'J' || lpad(j::VARCHAR, 8, '0') AS journey_id, {customer} AS customer_id, "
        f"{list(STEPS)}[(CASE WHEN k < 8 THEN k ELSE hash(i) % 8 END)::INTEGER + 1] AS touchpoint, {at} AS started_at, "
        f"'E.csv:' || i AS source FROM (SELECT i, i // {A_JOURNEY} AS j, i % {A_JOURNEY} AS k FROM range({journeys * A_JOURNEY}) r(i))",
        "responses": f"SELECT 'R' || i AS response_id, 'J' || lpad(j::VARCHAR, 8, '0') AS journey_id, {customer} AS customer_id, {list(STEPS)}[k + 1] AS touchpoint, "
        f"'csat' AS metric, (1 + hash(i) % 5)::DOUBLE AS score, 1.0 AS scale_min, 5.0 AS scale_max, {at} AS asked_at, {at} AS answered_at, 'R.csv:' || i AS source "
        f"FROM (SELECT i, i // 4 AS j, i % 4 * 2 AS k FROM range({journeys * 4}) r(i))",
        "journeys": f"SELECT 'J' || lpad(j::VARCHAR, 8, '0') AS journey_id, {customer} AS customer_id, TIMESTAMPTZ '2024-01-01 00:00:00+00' "
        "+ to_seconds((hash(j) % 60000000)::BIGINT) AS started_at, 'completed' AS status, ['north', 'south', 'east', 'west'][(hash(j) % 4)::INTEGER + 1] AS region, "
        f"'J.csv:' || j AS source FROM range({journeys}) r(j)",
    }
    clock = {"events": "started_at", "responses": "answered_at", "journeys": "started_at"}
    lake = Lake(folder / "tables")
    for name, query in made.items():
        rows = engine.sql(f"SELECT *, strftime({clock[name]}, '%Y-%m') AS month FROM ({query}) ORDER BY {clock[name]}").to_arrow_table()
        if name == "events":
            engine.sql(f"COPY (SELECT journey_id, customer_id, event_id, touchpoint, started_at FROM ({query}) ORDER BY started_at) TO '{folder}/events.parquet'")
        lake.publish({name: _in_shape(rows, name)})
    return folder


def _in_shape(rows: pa.Table, name: str) -> pa.Table:
    """The columns of the contract, in its types; those the script does not make are empty."""
    fields = [*CANONICAL[name].schema, *(rows.schema.field(extra) for extra in rows.column_names if extra not in CANONICAL[name].schema.names)]
    columns = [rows[f.name].cast(f.type) if f.name in rows.column_names else pa.nulls(len(rows), f.type) for f in fields]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def timed(python: str, code: str, arguments: list[str]) -> tuple[float, float, float]:
    """Seconds of the work, imports apart, its seconds of processor, and the largest MB of the whole process."""
    imports, work = code.split("###")
    with tempfile.NamedTemporaryFile("r") as told:
        whole = f"{imports}\nimport time as clock\nstart = clock.perf_counter(), clock.process_time()\n{work}\n"
        whole += f"open({told.name!r}, 'w').write(f'{{clock.perf_counter() - start[0]}} {{clock.process_time() - start[1]}}')"
        _, peak = peak_and_seconds([python, "-c", whole, *arguments], {**os.environ, "RETENTIONEERING_NO_TRACK": "1"})
        return (*map(float, told.read().split()), peak)


def measured(folder: Path, runs: int, peers: str | None, renew: bool) -> dict[str, list[tuple[float, float, float]]]:
    """Seconds, seconds of processor and peak MB of each way, in turn; a way that cannot run, or is not renewed, has none."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in CODE}
    for turn in range(runs):
        for name, code in CODE.items():
            apart = name in PEERS[1:]
            if (apart and peers is None) or (name in PEERS and (turn or renew)):
                continue
            given = [str(folder), ",".join(STEPS[:7]), str(Path(__file__).with_suffix(".sql")), str(folder / "events.parquet")]
            try:
                found[name].append(timed(peers if apart else sys.executable, code, given))
            except SystemExit as error:
                print(f"{name}: {str(error)[-300:]}")
    return found


def grown(small: Path, large: Path, runs: int) -> dict[str, tuple[float, ...]]:
    """Seconds on a tenth and on all, and seconds of processor on both, of each way to the scores: medians of the runs, in turn."""
    took = {(name, place): [] for name in SCORES for place in (small, large)}
    for _ in range(runs):
        for name, code in SCORES.items():
            for place in (small, large):
                took[name, place].append(timed(sys.executable, code, [str(place)]))
    return {name: tuple(statistics.median(run[part] for run in took[name, place]) for part in (0, 1) for place in (small, large)) for name in SCORES}


def as_they_stood(page: Path) -> dict[str, str]:
    """The peers' rows of the page as last written, marked; each tells its ratio to the SQL of its own run."""
    lines = page.read_text().splitlines() if page.is_file() else []
    rows = {name: next((line for line in lines if line.startswith(f"| {name} ")), "") for name in PEERS}
    return {name: line if f"{name} (earlier run)" in line else line.replace(f"| {name} ", f"| {name} (earlier run) ", 1) for name, line in rows.items() if line}


def table(found: dict[str, list[tuple[float, float, float]]], scores: dict[str, tuple[float, ...]], kept_rows: dict[str, str], events: int, runs: int) -> str:
    """The page of results."""
    middle, processor = ({name: statistics.median(run[part] for run in rows) for name, rows in found.items() if rows} for part in (0, 1))
    peak = {name: max(run[2] for run in rows) for name, rows in found.items() if rows}
    hand = "DuckDB, SQL written by hand"
    lines = [
        f"# The journey map of {events:,} events, {events // A_JOURNEY:,} journeys", "",
        f"Written by `python benchmarks/journey_map.py`: from files to results, imports apart, peak of the whole process; medians of {runs} runs of ours and the SQL, in turn, "
        f"one of the others; {os.cpu_count()} cores. Machines differ and are noisy: read the ratios; those of processor time are not moved by what else runs. "
        "A row of an earlier run tells its ratio to the SQL of that run.", "",
        "| way | what it gives | seconds | times the SQL | of processor | times the SQL | peak MB |", "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name in CODE:
        if name in middle:
            row = f"{middle[name]:.1f} | {middle[name] / middle[hand]:.2f} | {processor[name]:.1f} | {processor[name] / processor[hand]:.2f} | {peak[name]:,.0f}"
            lines.append(f"| {name} | {OFFERS[name]} | {row} |")
        else:
            lines.append(kept_rows.get(name, f"| {name} | {OFFERS[name]} | could not be run here | | | | |"))
    kept = "kept" if middle["ours"] / middle[hand] <= RATIO and peak["ours"] <= MEGABYTES else "NOT kept"
    lines += ["", f"Promise: at most {RATIO} times the SQL and {MEGABYTES:,} MB: {kept}.", "",
              "## Scores by touchpoint, month and segment", "",
              f"Of {events // 10:,} events' journeys and of all; ours with intervals that count customers, DuckDB's own means alone.", "",
              "| way | seconds on a tenth | on all | grows by | of processor on a tenth | on all | grows by |", "|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [f"| {name} | {a:.1f} | {b:.1f} | {b / a:.2f} | {c:.2f} | {d:.2f} | {d / c:.2f} |" for name, (a, b, c, d) in scores.items()]
    ours, theirs = (scores[name][1] / scores[name][0] for name in ("ours", "DuckDB"))
    lines += ["", f"Promise: growth at most {GROWTH:g} times DuckDB's own: {'kept' if ours <= GROWTH * theirs else 'NOT kept'} ({ours / theirs:.2f})."]
    return "\n".join(lines) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--folder", type=Path, default=None, help="where the lake is made; a temporary folder when left out")
    options.add_argument("--peers", default=None, help="a Python that has pm4py and retentioneering")
    options.add_argument("--renew", action="store_true", help="measure ours and the SQL again; the other rows stay as they stand")
    chosen, page = options.parse_args(), Path(__file__).with_suffix(".md")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as box:
        places = [make(Path(box) / name, size) for name, size in (("small", chosen.events // 10), ("large", chosen.events))]
        found = measured(places[1], chosen.runs, chosen.peers, chosen.renew)
        text = table(found, grown(*places, chosen.runs), as_they_stood(page) if chosen.renew else {}, chosen.events, chosen.runs)
    page.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
