"""Kills ingests of a small brand of eleven tables, and looks at what they leave; a program of its own.

The table engine does not survive a fork once it was used, so this process only imports it, and forks a child for each
ingest and for each look: no child pays for an import, and 200 kills take minutes.

    python killing.py FOLDER random COUNT     kills at moments spread over the whole ingest
    python killing.py FOLDER points EVERY     kills before and after every EVERY-th step on disk
    python killing.py FOLDER together         two ingests at once, and a reader beside them
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

JOURNEY = """
label: Kill
stages:
  - id: buy
    label: Buy
    touchpoints:
      - id: counter
        label: Counter
        inputs:
          - {id: wait, label: Waited, unit: minutes, better: lower, minimum: 0}
remembered:
  - {id: nps, kind: nps, label: Would recommend}
"""
SOURCES = """
sources:
  orders:
    file: orders*.csv
checks:
  long: {label: Long waits, sql: SELECT _source FROM orders WHERE TRY_CAST(wait AS DOUBLE) > 20, handling: told}
"""
AT = "TRY_CAST(day AS TIMESTAMP)"
KEYS = "id AS journey_id, 'c' || id AS customer_id"
SQL = {
    "customers": "SELECT 'c' || id AS customer_id, kind",
    "journeys": f"SELECT {KEYS}, {AT} AS started_at, 'completed' AS status, unit, wait AS value",
    "permissions": f"SELECT 'c' || id AS customer_id, 'service' AS purpose, kind AS basis, {AT} AS granted_at",
    "events": f"SELECT 'e' || id AS event_id, {KEYS}, 'counter' AS touchpoint, {AT} AS started_at, kind AS channel, unit",
    "inputs": f"SELECT id AS journey_id, 'counter' AS touchpoint, 'wait' AS input, wait AS value, {AT} AS measured_at, unit",
    "responses": f"SELECT 'r' || id AS response_id, {KEYS}, 'overall' AS touchpoint, 'nps' AS metric, score, {AT} AS asked_at, {AT} AS answered_at",
    "comments": f"SELECT 't' || id AS comment_id, {KEYS}, 'survey' AS origin, 'text ' || kind AS text, {AT} AS written_at",
    "cases": f"SELECT 'k' || id AS case_id, {KEYS}, kind AS cause, {AT} AS opened_at",
    "outcomes": "SELECT 'c' || id AS customer_id, strftime(TRY_CAST(day AS TIMESTAMP), '%Y-%m') AS month, wait AS revenue",
    "unit_measures": "SELECT unit || id AS unit, strftime(TRY_CAST(day AS TIMESTAMP), '%Y-%m') AS month, 'staff' AS measure, wait AS value",
    "context": f"SELECT date_trunc('day', {AT}) AS date, id AS region, 'rain' AS factor, wait AS value",
}
HEADER = "id,day,unit,wait,score,kind"


def orders(first: int, last: int, kind: str) -> str:
    """Rows of three months; the last has a wait below zero, which is set aside."""
    rows = [f"o{n},2026-0{1 + n % 3}-{1 + n % 27:02} 10:00,Soho,{n % 30 if n < last else -1},{n % 11},{kind}" for n in range(first, last + 1)]
    return "\n".join([HEADER, *rows]) + "\n"


OLD = {"orders_1.csv": orders(1, 24, "old")}
NEW = {"orders_1.csv": orders(1, 24, "new"), "orders_2.csv": orders(25, 36, "more")}


def lay_out(root: Path) -> Path:
    brand = root / "data" / "kill"
    (brand / "sql").mkdir(parents=True)
    (brand / "journey.yaml").write_text(JOURNEY)
    (brand / "sources.yaml").write_text(SOURCES)
    for table, select in SQL.items():
        (brand / "sql" / f"{table}.sql").write_text(f"{select}, _source AS source FROM orders")
    (brand / "raw").mkdir()
    put(brand, OLD)
    return brand


def put(brand: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (brand / "raw" / name).write_text(text)


def ingest_once() -> list[str]:
    from cx_helpers.config import load_brand
    from cx_helpers.ingest import ingest

    return ingest(load_brand("kill")).lines


def content(folder: Path) -> dict[str, str]:
    """Each table of the publication in force to a digest of its rows, whatever their order."""
    from cx_helpers.tables.lake import Lake

    lake = Lake(folder / "tables")
    found = {}
    for name in sorted(lake.current()["tables"]):
        frame = lake.frame(name)
        rows = sorted("\x1f".join(f"{column}={row[place]!r}" for place, column in enumerate(frame.columns)) for row in frame.to_numpy())
        found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def apart(call, *arguments) -> tuple[int, object]:
    """Runs a call in a fork of its own to its end: exit code (negative: the signal it died of) and what it returned."""
    ends = os.pipe()
    child = begin(call, *arguments, ends=ends)
    os.close(ends[1])
    with os.fdopen(ends[0]) as pipe:
        text = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, json.loads(text) if text else None


def begin(call, *arguments, ends=None) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        result = call(*arguments)
        if ends:
            with os.fdopen(ends[1], "w") as pipe:
                json.dump(result, pipe)
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def finish(brand: Path) -> dict:
    """What a kill left, and what the next ingest makes of it."""
    left = content(brand)
    ingest_once()
    return {"left": left, "then": content(brand)}


class Scene:
    """The two states of the brand, known, and a place to ruin it in."""

    def __init__(self, root: Path):
        self.root, self.brand = root, root / "data" / "kill"
        os.environ["CX_DATA"] = str(root / "data")
        lay_out(root)
        self.old = self._ingested()
        shutil.copytree(self.brand, root / "old")
        put(self.brand, NEW)
        began = time.monotonic()
        self.new = self._ingested()
        self.seconds = time.monotonic() - began
        same = sorted(name for name in SQL if self.old[name] == self.new[name])
        if same or set(SQL) - set(self.new):
            raise SystemExit(f"not every table differs between the two states: {same}")

    def _ingested(self) -> dict[str, str]:
        code, found = apart(finish_new, self.brand)
        if code:
            raise SystemExit("the brand of the kills cannot be ingested")
        return found

    def reset(self) -> None:
        shutil.rmtree(self.brand, ignore_errors=True)
        shutil.copytree(self.root / "old", self.brand)
        put(self.brand, NEW)

    def judged(self) -> str:
        """old or new, as the kill left it; else what is wrong."""
        code, found = apart(finish, self.brand)
        if code or found is None:
            return "the lake does not open, or the next ingest fails"
        if found["then"] != self.new:
            return f"the next ingest does not finish: {differing(found['then'], self.new)}"
        for name, known in (("old", self.old), ("new", self.new)):
            if found["left"] == known:
                return name
        return f"neither old nor new: not old in {differing(found['left'], self.old)}, not new in {differing(found['left'], self.new)}"


def finish_new(brand: Path) -> dict[str, str]:
    ingest_once()
    return content(brand)


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def at_random(scene: Scene, count: int, seed: int = 0) -> dict:
    """Kills spread over the whole of an ingest, one in each of `count` equal parts of it; those that came too late are done again."""
    draw, found, late, whole = random.Random(seed), [], 0, scene.seconds
    while len(found) < count:
        scene.reset()
        moment = (len(found) + draw.random()) / count * whole
        child = begin(ingest_once)
        began = time.monotonic()
        while time.monotonic() - began < moment and os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.002)
        if time.monotonic() - began < moment:  # it ended first
            late, whole = late + 1, max(0.05, (time.monotonic() - began) * 0.98)
            if late > 3 * count:
                break
            continue
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found.append(scene.judged())
    return tally(found)


def deadly(target: int) -> None:
    """Makes this process die before or after its target-th step on disk."""
    steps = {"left": target}

    def strike() -> None:
        steps["left"] -= 1
        if steps["left"] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def kill_at(original):
        @functools.wraps(original)
        def step(*arguments, **options):
            strike()
            done = original(*arguments, **options)
            strike()
            return done

        return step

    for name in ("rename", "replace", "link", "fsync", "unlink", "rmdir", "mkdir"):
        setattr(os, name, kill_at(getattr(os, name)))
    for module in [module for name, module in sys.modules.items() if name.startswith("cx_helpers")]:
        if hasattr(module, "write_deltalake"):
            module.write_deltalake = kill_at(module.write_deltalake)


def ingest_deadly(target: int) -> list[str]:
    deadly(target)
    return ingest_once()


def at_points(scene: Scene, every: int) -> dict:
    """Kills before and after every `every`-th step on disk, until an ingest gets through."""
    found, target = [], 1
    while True:
        scene.reset()
        child = begin(ingest_deadly, target)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            break
        found.append(scene.judged())
        target += every
    return tally(found)


def look(brand: Path, seconds: float) -> list[dict[str, str]]:
    found, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        seen = content(brand)
        if seen not in found:
            found.append(seen)
    return found


def together(scene: Scene) -> dict:
    """Two ingests begun at one moment while a reader looks on."""
    scene.reset()
    writers = [begin(ingest_once) for _ in range(2)]
    code, seen = apart(look, scene.brand, 2.5 * scene.seconds)
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in writers]
    strange = [differing(state, scene.new) for state in seen or [] if state not in (scene.old, scene.new)]
    return {"ends": [*ends, code], "states_seen": len(seen or []), "strange": strange, "after": scene.judged()}


def tally(found: list[str]) -> dict:
    wrong = [f"kill {place}: {what}" for place, what in enumerate(found, 1) if what not in ("old", "new")]
    return {"kills": len(found), "old": found.count("old"), "new": found.count("new"), "wrong": wrong}


def main() -> None:
    import cx_helpers.config  # noqa: F401  imported, and not used: see above
    import cx_helpers.ingest  # noqa: F401
    import cx_helpers.tables.lake  # noqa: F401

    folder, how, *more = sys.argv[1:]
    ways = {"random": at_random, "points": at_points, "together": together}
    print(json.dumps(ways[how](Scene(Path(folder)), *map(int, more))))


if __name__ == "__main__":
    main()
