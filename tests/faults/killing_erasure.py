"""Kills forgettings and retentions of a small brand at steps on disk, and looks at what they leave; a program of its own.

    python killing_erasure.py FOLDER forget EVERY      kills `forget` before and after every EVERY-th step on disk
    python killing_erasure.py FOLDER retention EVERY   kills an ingest on the day on which rows fall
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from killing import JOURNEY, apart, begin, content, deadly, differing, tally  # noqa: E402

EARLY, LATE = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)
GONE = "K-00017"
THEIRS = [GONE, "Ana Pérez", "ana.perez@x.org", "600123456"]
FALLEN = ["order-10007", "order-10008"]
SOURCES = """
sources:
  people:
    file: people.csv
    lookup: true
    fields:
      customer: {kind: identity, personal: id, purpose: join, reason: one person}
      first: {kind: identity, personal: name, purpose: cleaning, reason: named in comments}
      last: {kind: identity, personal: name, purpose: cleaning, reason: named in comments}
      email: {kind: identity, personal: email, purpose: join, reason: joins two systems}
      phone: {kind: identity, personal: phone, purpose: none, reason: in the export}
  orders:
    file: orders.csv
    held: {keep_days: 48, by: day}
    fields:
      customer: {kind: identity, personal: id, purpose: join, reason: one person}
  answers:
    file: answers.csv.gz
    fields:
      said: {kind: attitude, personal: free_text, purpose: what customers say}
"""
AT = "TRY_CAST(day AS TIMESTAMP)"
SQL = {
    "journeys": f"SELECT id AS journey_id, customer AS customer_id, {AT} AS started_at, 'completed' AS status, unit, _source AS source FROM orders",
    "responses": f"SELECT 'r' || id AS response_id, id AS journey_id, 'overall' AS touchpoint, 'nps' AS metric, score, {AT} AS answered_at, _source AS source FROM answers",
    "comments": f"SELECT 't' || id AS comment_id, id AS journey_id, 'survey' AS origin, said AS text, {AT} AS written_at, _source AS source FROM answers",
}
RAW = {
    "people.csv": f"customer,first,last,email,phone\n{GONE},Ana,Pérez,ana.perez@x.org,600123456\nK-00018,Bo,Li,bo@x.org,600999999\n".encode("cp1252"),
    "orders.csv": f"id,customer,day,unit\norder-10001,{GONE},2026-03-20 10:00,Soho\norder-10002,K-00018,2026-03-21 10:00,Soho\n"
    f"order-10003,{GONE},2026-03-31 10:00,Bank\norder-10007,K-00018,2026-02-20 10:00,Bank\norder-10008,K-00018,2026-02-21 10:00,Bank\n".encode(),
    "answers.csv.gz": gzip.compress(
        "id,day,score,said\norder-10001,2026-03-20 12:00,9,I am Ana Pérez\n"
        f"order-10002,2026-03-21 12:00,3,\"behind Ana Pérez ({GONE}), phone 600123456\"\n".encode()
    ),
}  # fmt: skip
MONTHS = ("2026-02", "2026-03")


def lay_out(root: Path) -> Path:
    brand = root / "data" / "leave"
    for folder in ("sql", "raw"):
        (brand / folder).mkdir(parents=True)
    (brand / "journey.yaml").write_text(JOURNEY)
    (brand / "sources.yaml").write_text(SOURCES)
    for table, select in SQL.items():
        (brand / "sql" / f"{table}.sql").write_text(select)
    for name, text in RAW.items():
        (brand / "raw" / name).write_bytes(text)
    for month in MONTHS:
        page = root / "reports" / "leave" / month / "all" / "01_ingest.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<p>{GONE}</p>" if month == MONTHS[-1] else "<p>before their time</p>")
    log = root / "reports" / ".logs" / "leave" / "01_ingest.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"KeyError: '{GONE}'")
    return brand


def ingest_on(day: datetime) -> None:
    from cx_helpers.config import load_brand
    from cx_helpers.ingest import ingest

    ingest(load_brand("leave"), now=day)


def forgetting(day: datetime) -> None:
    from cx_helpers.config import load_brand
    from cx_helpers.errors import UsageError
    from cx_helpers.ingest.persons.forget import forget

    try:
        forget(load_brand("leave"), [GONE], now=day)
    except UsageError as error:  # the kill came after the last step: nobody is there any more
        if "no raw file holds this customer id" not in str(error):
            raise


class Scene:
    """The brand before and after, known, and a place to ruin it in."""

    def __init__(self, root: Path, how: str):
        self.root, self.brand = root, root / "data" / "leave"
        os.environ |= {"CX_DATA": str(root / "data"), "CX_REPORTS": str(root / "reports")}
        self.step, self.day, self.words = (forgetting, EARLY, THEIRS) if how == "forget" else (ingest_on, LATE, FALLEN)
        lay_out(root)
        self.old = self._known(ingest_on, EARLY)
        for part in ("data", "reports"):
            shutil.copytree(root / part, root / "old" / part)
        if not self.traces():
            raise SystemExit("nothing of what is to go stands there before: its absence would prove nothing")
        self.new = self._known(self.step, self.day)
        if self.old == self.new or self.traces():
            raise SystemExit(f"an undisturbed {how} leaves what was to go: {self.traces()}")

    def _known(self, call, day: datetime) -> dict[str, str]:
        code, _ = apart(call, day)
        found = apart(content, self.brand)[1]
        if code or not found:
            raise SystemExit("the brand of the kills cannot be made")
        return found

    def reset(self) -> None:
        for part in ("data", "reports"):
            shutil.rmtree(self.root / part)
            shutil.copytree(self.root / "old" / part, self.root / part)

    def traces(self) -> list[str]:
        from cx_helpers.ingest.persons.traces import traces

        folders = [self.brand, self.root / "reports"] if self.step is forgetting else [self.brand / "tables"]
        left = traces([folder for folder in folders if folder.exists()], self.words)
        return left + [place.name for place in self.brand.iterdir() if place.name.startswith((".forgetting", "tables."))]

    def raw(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.brand / "raw").iterdir()}

    def judged(self, again: bool) -> str:
        """old or new, as the kill left it; else what is wrong. `again`: the next run is the same, else an ingest."""
        code, left = apart(content, self.brand)
        if code or left not in (self.old, self.new):
            return f"neither old nor new: not old in {differing(left or {}, self.old)}, not new in {differing(left or {}, self.new)}"
        if not again and self.step is forgetting:
            ended, _ = apart(ingest_on, self.day)
            if ended or apart(content, self.brand)[1] == self.old and (self.raw() != RAW or left == self.new):
                return "the next ingest neither finishes it nor finds it not begun"
        ended, _ = apart(self.step, self.day)
        then = apart(content, self.brand)[1]
        wrong = differing(then or {}, self.new)
        if left == self.new:  # it counts the rows that left since the last publication, which was the new one already
            wrong = [name for name in wrong if name != "reconciliation"]
        if ended or wrong:
            return f"the next run does not finish: {wrong}"
        if self.traces():
            return f"still there after it finished: {self.traces()}"
        return "old" if left == self.old else "new"


def deadly_run(call, day: datetime, target: int) -> None:
    deadly(target)
    call(day)


def at_points(scene: Scene, every: int) -> dict:
    """Kills before and after every `every`-th step on disk, until one gets through."""
    found, target = [], 1
    while True:
        scene.reset()
        child = begin(deadly_run, scene.step, scene.day, target)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            break
        what = scene.judged(again=len(found) % 2 == 0)
        found.append(what if what in ("old", "new") else f"step {target}: {what}")
        target += every
    return tally(found)


def main() -> None:
    import cx_helpers.config  # noqa: F401  imported, and not used: no child pays for it
    import cx_helpers.ingest.persons.forget  # noqa: F401

    folder, how, every = sys.argv[1:]
    print(json.dumps(at_points(Scene(Path(folder), how), int(every))))


if __name__ == "__main__":
    main()
