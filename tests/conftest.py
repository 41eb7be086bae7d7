"""Fixtures every room's tests share."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings
from scipy.stats import binom

REPO = Path(__file__).resolve().parents[1]

# No test is timed: a loaded machine is not a defect. Examples are the same in every run.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


def pytest_terminal_summary(terminalreporter) -> None:
    """Counts that tests record as `count of ...` (damaged files, kills), added up at the end of the output; those of a
    full run, in which every one of these tests passed, are written beside the simulations."""
    sums: dict[str, int] = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name.startswith("count of "):
                sums[name] = sums.get(name, 0) + value
    for name, value in sorted(sums.items()):
        terminalreporter.write_line(f"{name}: {value:,}")
    keep_rows([json.loads(value) for name in ("passed", "failed") for report in terminalreporter.stats.get(name, [])
               for key, value in report.user_properties if key == "simulation"])  # fmt: skip
    if sums.get("count of kills", 0) >= 200 and sums.get("count of damaged files", 0) >= 1000:
        rows = [f"| {name.removeprefix('count of ')} | {value:,} |" for name, value in sorted(sums.items())]
        keep_section("Faults", ["Written by `make test-long` (tests/faults).", "", "| what | count |", "| --- | --- |", *rows])


def keep_section(title: str, lines: list[str]) -> None:
    """Replaces one section of benchmarks/simulations.md, what other tests wrote stays."""
    file = REPO / "benchmarks" / "simulations.md"
    before, kept = _sections(file)
    kept[title] = "\n".join([title, "", *lines, ""])
    file.write_text("\n## ".join([before.rstrip("\n") + "\n", *(kept[name] for name in sorted(kept))]))


def _sections(file: Path) -> tuple[str, dict[str, str]]:
    before, *sections = file.read_text().split("\n## ")
    return before, {section.partition("\n")[0]: section for section in sections}


def keep_rows(rows: list[dict[str, str]]) -> None:
    """Writes the simulations of each room into its section of benchmarks/simulations.md; rows of tests that did not run stay."""
    for title in sorted({row["section"] for row in rows}):
        section = _sections(REPO / "benchmarks" / "simulations.md")[1].get(title, "")
        known = {line.split(" | ")[0]: line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| case", "| ---"))}
        known |= {row["line"].split(" | ")[0]: row["line"] for row in rows if row["section"] == title}
        head = ["Written by `make test-long` (tests marked long); seeds count from the first and are never chosen.", "",
                "| case | promise | rate | seeds | allowed | kept |", "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
        keep_section(title, [*head, *(known[name] for name in sorted(known))])


@pytest.fixture(scope="session")
def limits():
    """Shares of seeds that keep a promise, by the promise and the number of seeds: the 99.9% binomial limits around it."""

    def shares(promise: str, seeds: int) -> tuple[float, float]:
        if promise == "coverage":
            return tuple((binom.ppf([0.0005, 0.9995], seeds, 0.95) / seeds).tolist())
        if promise == "coverage at least":
            return shares("coverage", seeds)[0], 1.0
        if promise == "false calls":
            return 0.0, float(binom.ppf(0.999, seeds, 0.05) / seeds)
        # A trap has to be one: clearly worse than the promise that the remedy keeps.
        return {"found": (0.9, 1.0), "planted": (0.8, 1.0), "missed": (0.0, 0.90), "falls for it": (0.15, 1.0)}[promise]

    return shares


@pytest.fixture
def promised(request, record_property, limits):
    """Judges and writes down a simulation: `promised("waits", "coverage", hits, seeds)`, of promises that `limits` knows
    (planted: found in four of five brands); `allowed` (low, high) where it is another. Written down of tests marked long."""

    def judge(case: str, promise: str, hits: float, seeds: int, allowed: tuple[float, float] | None = None) -> None:
        low, high = limits(promise, seeds) if allowed is None else allowed
        rate = float(hits) / seeds
        kept = low <= rate <= high
        row = f"| {case} | {promise} | {rate:.1%} | {seeds:,} | {low:.1%} to {high:.1%} | {'yes' if kept else 'NO'} |"
        if request.node.get_closest_marker("long"):  # a few seeds of a daily test are not worth writing down
            record_property("simulation", json.dumps({"section": request.path.relative_to(REPO / "tests").parts[0].capitalize(), "line": row}))
        wrong.extend([row] * (not kept))

    wrong: list[str] = []
    yield judge
    assert not wrong, wrong


@pytest.fixture(scope="session")
def repo() -> Path:
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and reference numbers; tests that need it skip where it is missing."""
    folder = Path(os.environ.get("CX_SHARED", REPO.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is missing (set CX_SHARED)")
    return folder


@pytest.fixture(scope="session")
def reference(shared):
    """Reads one reference case: `reference("nps_intervals")` gives its folder and {id: entry}."""

    def read(case: str):
        folder = shared / "references" / case
        if not folder.is_dir():
            pytest.skip(f"no reference case: {folder} is missing")
        expected = json.loads((folder / "expected.json").read_text())
        return folder, {entry["id"]: entry for entry in expected["values"]}

    return read


JOURNEY_YAML = """
label: Shop
time_zone: Europe/Madrid
unit: {one: branch, many: branches}
stages:
  - id: buy
    label: Buy
    touchpoints:
      - id: counter
        label: Counter
        inputs:
          - {id: wait_minutes, label: Minutes waited, unit: minutes, better: lower, standard: 12, minimum: 0, maximum: 600}
        metrics:
          - {id: csat, kind: csat, label: Satisfaction with the counter}
remembered:
  - {id: nps, kind: nps, label: Would recommend}
segments:
  - {id: region, label: Region}
states:
  - {id: waited, label: Waited long, when: {counter.wait_minutes: {min: 12}}}
  - {id: smooth, label: No long wait}
"""
SOURCES_YAML = """
sources:
  orders:
    file: orders*.csv
    columns: [order_id, customer, started_at]
  answers:
    file: answers*.csv
  waits:
    file: waits*.csv
    optional: true
    columns: [order_id, seen, minutes]
"""
SHOP_SQL = {
    "journeys": """
SELECT order_id AS journey_id, customer AS customer_id, started_at, ended_at, status, unit, value, region, _source AS source
FROM orders
""",
    "responses": """
SELECT id AS response_id, order_id AS journey_id, 'overall' AS touchpoint, 'nps' AS metric, score, asked_at, answered_at, _source AS source
FROM answers
""",
    "inputs": """
SELECT order_id AS journey_id, 'counter' AS touchpoint, 'wait_minutes' AS input, minutes AS value, seen AS measured_at, _source AS source
FROM waits
""",
}
SHOP_RAW = {
    "orders.csv": """order_id,customer,started_at,ended_at,status,unit,value,region
o1,c1,2026-03-01 10:00,2026-03-01 11:00,completed,Soho,10,north
o2,c2,2026-03-02 10:00,2026-03-02 11:00,completed,Soho,20,north
o3,c1,2026-03-31 23:30,,open,Bank,30,south
""",
    "answers.csv": """id,order_id,score,asked_at,answered_at
a1,o1,9,2026-03-01 12:00,2026-03-01 13:00
a2,o2,3,2026-03-02 12:00,2026-03-02 13:00
a3,o3,,2026-04-01 12:00,
""",
    "waits.csv": """order_id,seen,minutes
o1,2026-03-01 10:05,5
o2,2026-03-02 10:40,40
""",
}


class Shop:
    """A brand of three orders in a temporary workbench; its files can be written anew."""

    def __init__(self, root: Path):
        self.folder = root / "data" / "shop"
        self.raw = self.folder / "raw"
        for place in (self.folder / "sql", self.raw):
            place.mkdir(parents=True)
        self.write("journey.yaml", JOURNEY_YAML)
        self.write("sources.yaml", SOURCES_YAML)
        for table, text in SHOP_SQL.items():
            self.write(f"sql/{table}.sql", text)
        for name, text in SHOP_RAW.items():
            self.write(f"raw/{name}", text)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{name} has no {old!r}")
        self.write(name, text.replace(old, new))

    def load(self):
        from cx_helpers.config import load_brand

        return load_brand("shop")

    def ingest(self, **options):
        from cx_helpers.ingest import ingest

        return ingest(self.load(), **options)

    @property
    def lake(self):
        from cx_helpers.tables.lake import Lake

        return Lake(self.folder / "tables")

    @property
    def tables(self) -> dict[str, bytes]:
        """Every file of the tables folder but locks and parsed copies."""
        root = self.folder / "tables"
        files = (path for path in root.rglob("*") if path.is_file())
        return {str(path.relative_to(root)): path.read_bytes() for path in files if not path.relative_to(root).parts[0].startswith(".")}


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Shop:
    monkeypatch.setenv("CX_DATA", str(tmp_path / "data"))
    return Shop(tmp_path)


def _copied(name: str, folder: Path) -> Path:
    made = ("tables", "raw", "actions.db", "key", "quarantine")
    shutil.copytree(REPO / "data" / name, folder / name, ignore=shutil.ignore_patterns(*made))
    return folder


def _ingested(name: str, data: Path, **environment: str) -> Path:
    """Ingests a brand in a temporary workbench as the command line does."""
    from cx_helpers.cli import _ingest
    from cx_helpers.config import load_brand

    with pytest.MonkeyPatch.context() as patch:
        for key, value in {"CX_DATA": str(data), **environment}.items():
            patch.setenv(key, value)
        _ingest(load_brand(name))
    return data


@pytest.fixture(scope="session")
def ingested_sample(tmp_path_factory) -> Path:
    """A data folder with the sample brand at 3,000 rentals, ingested; read it, never change it."""
    from cx_helpers.sample import write

    data = _copied("sample", tmp_path_factory.mktemp("sample") / "data")
    write(data / "sample" / "raw", rentals=3_000)
    return _ingested("sample", data, SAMPLE_RAW="raw")


@pytest.fixture(scope="session")
def ingested_olist(tmp_path_factory, shared) -> Path:
    """A data folder with Olist, ingested from the shared sample; read it, never change it."""
    data = _copied("olist", tmp_path_factory.mktemp("olist") / "data")
    return _ingested("olist", data, OLIST_RAW=str(shared / "data" / "olist_sample"))


@pytest.fixture
def sample_data(ingested_sample, monkeypatch) -> Path:
    monkeypatch.setenv("CX_DATA", str(ingested_sample))
    return ingested_sample


@pytest.fixture
def olist_data(ingested_olist, shared, monkeypatch) -> Path:
    monkeypatch.setenv("CX_DATA", str(ingested_olist))
    monkeypatch.setenv("OLIST_RAW", str(shared / "data" / "olist_sample"))
    return ingested_olist


@pytest.fixture(scope="module")
def airport(shared, repo, tmp_path_factory):
    """The airport's configuration over the survey of 2017, ingested in a folder of its own; gives the survey's file."""
    from cx_helpers.config import load_brand
    from cx_helpers.ingest import ingest

    file = shared / "data" / "sfo_2017" / "2017_SFO_Customer_Survey.csv"
    if not file.is_file():
        pytest.skip(f"no survey of the airport: {file} is missing")
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("sfo")
        (folder / "sfo_airport").mkdir()
        for name in ("journey.yaml", "sources.yaml", "audiences.yaml", "solutions.yaml", "sql"):
            (folder / "sfo_airport" / name).symlink_to(repo / "data" / "sfo_airport" / name)
        patch.setenv("CX_DATA", str(folder))
        patch.setenv("SFO_RAW", str(file.parent))
        ingest(load_brand("sfo_airport"))
        yield file
