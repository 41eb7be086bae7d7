"""The whole page of drivers on 100,000 journeys with 30 inputs, all of them answered, beside one plain fit of the same matrix.

    python benchmarks/drivers_page.py [--journeys 100000] [--runs 1] [--folder FOLDER]

The script publishes a made-up brand: ten touchpoints with three inputs each (30), a remembered score of every journey,
five scores of touchpoints from every fifth, twelve months, forty locations, money by month, employees and weather. Ours:
notebook 03 by plain papermill, with its default parameters. Peer: one linear model by statsmodels of that score on the
30 inputs, months, locations and kinds with errors by customer, read from a Parquet file: what a page that says only
"these go with it" would cost. Writes drivers_page.md beside this file. Promise: at most 60 s and 2,000 MB on 2 cores.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from measure import REPO, peak_and_seconds

from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.lake import Lake, to_contract

SECONDS, MEGABYTES = 60, 2_000
STEPS, MEASURES, RATED, UNITS = 10, ("minutes", "failed", "metres"), 5, 40
TIMES = {"journeys": "started_at", "inputs": "measured_at", "responses": "answered_at"}
MONTHS = [str(p) for p in pd.period_range("2025-01", "2025-12", freq="M")]
PEER = """
import sys, pandas as pd, statsmodels.api as sm
frame = pd.read_parquet(sys.argv[1])
inputs = [c for c in frame if "." in c]
x = pd.concat([frame[inputs], pd.get_dummies(frame[["month", "unit", "kind"]], drop_first=True, dtype=float)], axis=1)
fit = sm.OLS(frame["points"], sm.add_constant(x)).fit(cov_type="cluster", cov_kwds={"groups": frame["customer_id"].astype("category").cat.codes})
print(fit.bse[inputs])
"""


def journey_yaml() -> str:
    """Ten touchpoints in five stages, the first five of them rated."""
    lines = ["label: Hundred thousand", "time_zone: Europe/Madrid", "currency: EUR", "stages:"]
    kinds = {"minutes": "unit: minutes, better: lower, standard: 12, minimum: 0", "failed": "unit: share, better: lower, standard: 0.05, statistic: share",
             "metres": "unit: metres, better: lower, standard: 200, minimum: 0"}  # fmt: skip
    for stage in range(STEPS // 2):
        lines += [f"  - id: stage{stage}", f"    label: Stage {stage}", "    touchpoints:"]
        for step in (2 * stage, 2 * stage + 1):
            lines += [f"      - id: step{step}", f"        label: Step {step}", "        inputs:"]
            lines += [f"          - {{id: {name}, label: {name} of step {step}, {kinds[name]}, cost_to_move: 1}}" for name in MEASURES]
            if step < RATED:
                lines += ["        metrics:", f"          - {{id: csat, kind: csat, label: Satisfaction with step {step}}}"]
    lines += ["remembered:", "  - {id: nps, kind: nps, label: Would recommend, primary: true}"]
    lines += ["segments:", "  - {id: region, label: Region}", "  - {id: kind, label: Kind of location, control: true}"]
    lines += ["states:", "  - {id: failed, label: Failed at step 3, when: {step3.failed: {is: 1}}}", "  - {id: smooth, label: Not failed}"]
    return "\n".join(lines) + "\n"


def lived(rng: np.random.Generator, place: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs by name, a busy day making all of them worse and a failure the next wait longer, and what was felt in the end."""
    n = len(place)
    found, felt = {}, rng.normal(0, 1.2, n) + rng.normal(0, 0.4, UNITS)[place]
    busy, before = rng.normal(0, 1, n), np.zeros(n)
    for step in range(STEPS):
        wait = rng.gamma(2, 6, n) * np.exp(0.2 * busy + 0.1 * before)
        before = (rng.random(n) < 0.06 + 0.05 * (wait > 20)).astype(float)
        found |= {f"step{step}.minutes": np.rint(wait), f"step{step}.failed": before, f"step{step}.metres": np.rint(rng.gamma(4, 45, n))}
        felt -= (step % 3 == 0) * 0.03 * np.maximum(wait - 12, 0) + (step % 2) * 0.5 * before
    return found, felt


def long(base: pd.DataFrame, names: list[str], second: str, values: dict[str, object]) -> pd.DataFrame:
    """A row a journey and name of what is told of each, the name split into touchpoint and `second`."""
    parts = [base.assign(touchpoint=name.split(".")[0], **{second: name.split(".")[1]}, **values[name]) for name in names]
    return pd.concat(parts, ignore_index=True)


def responses(rng: np.random.Generator, base: pd.DataFrame, found: dict[str, np.ndarray], felt: np.ndarray, start: pd.Series) -> pd.DataFrame:
    """The remembered score of all, and five experienced ones of a fifth each."""
    said = {"overall.nps": {"score": np.rint(8.5 + felt).clip(0, 10), "scale_min": 0.0, "scale_max": 10.0, "asked_at": start + pd.Timedelta(days=7)}}
    for step in range(RATED):
        local = 4.3 - 0.04 * np.maximum(found[f"step{step}.minutes"] - 12, 0) - 0.7 * found[f"step{step}.failed"] + rng.normal(0, 0.8, len(base))
        given = np.where(rng.random(len(base)) < 0.2, np.rint(local).clip(1, 5), np.nan)
        said[f"step{step}.csat"] = {"score": given, "scale_min": 1.0, "scale_max": 5.0, "asked_at": start + pd.Timedelta(days=1 + step // 2, hours=3)}
    frame = long(base[["journey_id", "customer_id"]], list(said), "metric", said)
    frame["answered_at"] = (frame["asked_at"] + pd.Timedelta(hours=1)).where(frame["score"].notna())
    return frame.assign(response_id=[f"R{i:07}" for i in range(len(frame))], channel="e-mail")


def money(rng: np.random.Generator, base: pd.DataFrame, felt: np.ndarray) -> pd.DataFrame:
    """Months in which a customer bought: the better it felt, the more of them."""
    people = base.assign(felt=felt).groupby("customer_id", as_index=False)["felt"].mean().merge(pd.Series(MONTHS, name="month"), how="cross")
    bought = people[rng.random(len(people)) < 0.12 + 0.03 * people.pop("felt")]
    return bought.assign(revenue=rng.gamma(4, 50, len(bought)), cost=rng.gamma(4, 30, len(bought)), active=True)


def surroundings(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Employees by location and month, rain by region and day."""
    panel = pd.DataFrame({"unit": [f"Location {i:02}" for i in range(UNITS)]}).merge(pd.Series(MONTHS, name="month"), how="cross")
    panel = panel.merge(pd.Series(["engagement", "sickness", "turnover"], name="measure"), how="cross")
    days = pd.DataFrame({"date": pd.date_range(f"{MONTHS[0]}-01", f"{MONTHS[-1]}-31", tz="UTC").astype("datetime64[us, UTC]")})
    days = days.merge(pd.Series(["north", "south"], name="region"), how="cross").assign(factor="rain")
    return {"unit_measures": panel.assign(value=rng.normal(7, 1, len(panel))), "context": days.assign(value=rng.gamma(1, 3, len(days)))}


def tables(n: int, seed: int = 0) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The canonical tables, and the matrix that the peer reads."""
    rng = np.random.default_rng(seed)
    place, who, month = rng.integers(0, UNITS, n), rng.integers(0, n * 2 // 5, n), rng.integers(0, len(MONTHS), n)
    start = pd.to_datetime(np.array(MONTHS)[month]) + pd.to_timedelta(rng.integers(0, 20 * 1440, n), unit="min")
    start = pd.Series(start).astype("datetime64[us]").dt.tz_localize("UTC")
    base = pd.DataFrame({"journey_id": [f"J{i:07}" for i in range(n)], "customer_id": [f"C{i:06}" for i in who], "unit": [f"Location {i:02}" for i in place]})
    found, felt = lived(rng, place)
    moments = {name: {"value": value, "measured_at": start + pd.Timedelta(days=1 + at // 6, minutes=at)} for at, (name, value) in enumerate(found.items())}
    kind = np.where(place % 2, "airport", "city")
    made = {
        "journeys": base.assign(started_at=start, ended_at=start + pd.Timedelta(days=7), status="completed", value=rng.gamma(4, 50, n),
                                region=np.where(place < UNITS // 2, "north", "south"), kind=kind),
        "inputs": long(base[["journey_id", "unit"]], list(found), "input", moments), "responses": responses(rng, base, found, felt, start),
        "outcomes": money(rng, base, felt), **surroundings(rng),
    }  # fmt: skip
    for name, column in TIMES.items():
        made[name]["month"] = made[name][column].dt.tz_convert("Europe/Madrid").dt.strftime("%Y-%m")
    score = made["responses"]["score"].to_numpy()[:n]
    matrix = pd.DataFrame(found).assign(points=np.select([score >= 9, score <= 6], [100.0, -100.0], 0.0), month=np.array(MONTHS)[month], kind=kind)
    return {name: frame.assign(source="made") for name, frame in made.items()}, matrix.assign(unit=base["unit"], customer_id=base["customer_id"])


def make(folder: Path, n: int) -> dict[str, str]:
    """Publishes the brand under `folder`, with the peer's file; returns the environment that finds it."""
    brand = folder / "data" / "hundred"
    (brand / "sql").mkdir(parents=True)
    made, matrix = tables(n)
    for name in made:
        (brand / "sql" / f"{name}.sql").write_text("SELECT * FROM made\n")
    (brand / "journey.yaml").write_text(journey_yaml())
    (brand / "sources.yaml").write_text("sources:\n  made:\n    file: matrix.parquet\n")
    Lake(brand / "tables").publish({name: to_contract(frame, CANONICAL[name], name) for name, frame in made.items()})
    matrix.to_parquet(folder / "matrix.parquet")
    return {**os.environ, "CX_DATA": str(folder / "data"), "CX_REPORTS": str(folder / "reports"), "CX_NOTEBOOKS": str(REPO / "notebooks")}


def measured(folder: Path, environment: dict[str, str], runs: int) -> tuple[dict[str, list[tuple[float, ...]]], list[tuple[float, str]]]:
    """Seconds, peak MB and processor seconds of page and peer, in turn, and the seconds of each cell of the last page."""
    out, notebook = folder / "out.ipynb", REPO / "notebooks" / "03_drivers.ipynb"
    page = [sys.executable, "-m", "papermill", "-p", "brand", "hundred", str(notebook), str(out), "--cwd", str(notebook.parent)]
    peer = [sys.executable, "-c", PEER, str(folder / "matrix.parquet")]
    found: dict[str, list[tuple[float, ...]]] = {"the whole page": [], "one model by statsmodels": []}
    for _ in range(runs):
        for name, command in zip(found, (page, peer), strict=True):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            both = peak_and_seconds(command, environment)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            found[name].append((*both, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    section, cells = "", []
    for cell in nbformat.read(out, 4).cells:
        if cell.cell_type == "markdown":
            section = cell.source.splitlines()[0].lstrip("# ")
        else:
            cells.append((cell.metadata.papermill.duration or 0.0, section))
    return found, cells


def table(found: dict[str, list[tuple[float, ...]]], cells: list[tuple[float, str]], n: int, runs: int) -> str:
    middle = {name: (statistics.median(run[0] for run in of), statistics.median(run[2] for run in of), max(run[1] for run in of)) for name, of in found.items()}
    lines = [
        f"# The page of drivers on {n:,} journeys with {STEPS * len(MEASURES)} inputs", "",
        f"Written by `python benchmarks/drivers_page.py`: medians of {runs} run{'s' * (runs > 1)} of each, in turn; {os.cpu_count()} cores, load of the machine "
        f"{os.getloadavg()[1]:.1f} when it ended. Every journey is answered: the model has {n:,} rows. The peer is one linear model with errors by customer.", "",
        "| way | seconds | processor seconds | peak MB |", "|---|---|---|---|",
        *[f"| {name} | {seconds:.1f} | {busy:.1f} | {memory:,.0f} |" for name, (seconds, busy, memory) in middle.items()],
    ]  # fmt: skip
    seconds, _, memory = middle["the whole page"]
    kept = "kept" if seconds <= SECONDS and memory <= MEGABYTES else "NOT kept"
    lines += ["", f"Promise: at most {SECONDS} s and {MEGABYTES:,} MB: {kept}. Where others use the machine, seconds are theirs too; processor seconds on both cores "
              "say what an idle machine would take at most.", "", "| section | seconds |", "|---|---|"]
    sections = pd.DataFrame(cells, columns=["seconds", "section"]).groupby("section", sort=False)["seconds"].sum()
    return "\n".join([*lines, *[f"| {name} | {took:.1f} |" for name, took in sections.items()]]) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--journeys", type=int, default=100_000)
    options.add_argument("--runs", type=int, default=1)
    options.add_argument("--folder", type=Path, default=None, help="where the files are made; a temporary folder when left out")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as box:
        environment = make(Path(box), chosen.journeys)
        text = table(*measured(Path(box), environment, chosen.runs), chosen.journeys, chosen.runs)
    Path(__file__).with_name("drivers_page.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
