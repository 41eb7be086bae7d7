"""A brand that is watched: what arrives reaches the pages within a minute, what is bad costs a line, and it stops cleanly."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from types import SimpleNamespace

import pytest

from cx_helpers.batch import watch

MINUTE = 60


class Watched:
    """The small brand under `cx run --watch`, with what it says line by line."""

    def __init__(self, small, *options: str):
        self.small, self.out, self.err = small, [], []
        command = small.command("run", "tiny", "--watch", "--audience", "desk", *options)
        self.process = subprocess.Popen(command, env=small.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for stream, kept in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            threading.Thread(target=lambda s=stream, k=kept: k.extend(iter(s.readline, "")), daemon=True).start()

    def says(self, kept: list[str], pattern: str, times: int = 1, seconds: float = MINUTE) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = [line for line in list(kept) if re.search(pattern, line)]
            if len(found) >= times:
                return found[-1]
            time.sleep(0.1)
        pytest.fail(f"{pattern!r} was not said {times} times in {seconds} s; stdout: {self.out}, stderr: {self.err}")

    def drop(self, name: str, text: str) -> None:
        (self.small.folder / "raw" / name).write_text(text)

    def page(self) -> bytes:
        return self.small.pages(audience="desk")["01_ingest.html"]


@pytest.fixture
def watched(small):
    """Watched with a notebook that counts the answers."""
    small.notebooks(p01_ingest="counts_answers")
    found = Watched(small)
    yield found
    if found.process.poll() is None:
        found.process.kill()
    found.process.wait(timeout=20)


def more(rows: int) -> str:
    return "id,day,score\n" + "".join(f"n{n},2018-03-05 10:00:00,{n % 11}\n" for n in range(rows))


def test_what_arrives_reaches_the_page_and_what_is_bad_costs_a_line(watched):
    """One process through it all: a new file, a download under way, a file of no source, a broken one, its cure, the end."""
    (watched.small.folder / "sources.yaml").write_text((watched.small.folder / "sources.yaml").read_text().replace("answers.csv", "answers*.csv"))
    watched.says(watched.out, r"^tiny: up to date after")
    assert b"36 answers" in watched.page()

    began = time.monotonic()
    watched.drop("answers_2.csv.part", more(5)[:40])
    watched.drop("answers_2.csv", more(30))
    watched.says(watched.out, r"^tiny: answers_2\.csv is new\.$")
    watched.says(watched.out, r"^tiny: up to date after", 2)
    took = time.monotonic() - began
    second = watched.page()
    assert watched.err == [] and took < MINUTE and b"66 answers" in second, "what came is on the page"
    assert re.search(r"^tiny: 66 rows in 2 files", "".join(watched.out), re.M), watched.out
    assert "part" not in "".join(watched.out)

    watched.drop("notes.txt", "hello")
    watched.says(watched.out, r"^tiny: notes\.txt is new; no source of sources\.yaml reads it\.$")
    watched.drop("answers_3.csv", "")
    said = watched.says(watched.err, r"answers_3\.csv")
    assert "Traceback" not in "".join(watched.err) and said.startswith("tiny: ") and len(watched.err) == 1
    assert watched.page() == second, "the last good page stays"

    watched.drop("answers_3.csv", more(40).replace("n", "m"))
    watched.says(watched.out, r"^tiny: answers_3\.csv is changed\.$")
    watched.says(watched.out, r"^tiny: up to date after", 3)
    assert b"106 answers" in watched.page()

    again = watched.small.cx("run", "tiny", "--watch")
    assert again.returncode == 2 and re.search(rf"^tiny: `cx run tiny --watch` \(process {watched.process.pid}, .* still at work", again.stderr)
    by_hand = watched.small.cx("run", "tiny", "--audience", "desk")
    assert by_hand.returncode == 0, "the brand is held only while something is done"
    os.kill(watched.process.pid, signal.SIGTERM)
    assert watched.process.wait(timeout=20) == 0
    watched.says(watched.out, r"^tiny: stopped watching\.$")


def test_ctrl_c_in_the_midst_of_a_page_leaves_the_old_one(made):
    before = made.pages(audience="desk")
    made.notebooks(p01_ingest="slow")
    found = Watched(made, "--set", "window_months=6")
    until = time.monotonic() + MINUTE
    while not (made.reports / "slow.pid").is_file() and time.monotonic() < until:
        time.sleep(0.1)
    os.kill(found.process.pid, signal.SIGINT)
    assert found.process.wait(timeout=30) == 0
    found.says(found.out, r"^tiny: stopped watching\.$", seconds=10)
    assert made.pages(audience="desk") == before


def test_another_writer_is_waited_for(small):
    from filelock import FileLock

    (small.folder / ".locks").mkdir(exist_ok=True)
    lock = FileLock(small.folder / ".locks" / "run.lock")
    with lock:
        found = Watched(small)
        found.says(found.err, r"^tiny: .*is still at work")
        assert not any("up to date" in line for line in found.out)
    found.says(found.out, r"^tiny: up to date after")
    assert len(found.err) == 1, "told once"
    os.kill(found.process.pid, signal.SIGTERM)
    assert found.process.wait(timeout=20) == 0


def test_a_folder_that_is_missing_is_one_line(small):
    (small.folder / "raw" / "answers.csv").unlink()
    (small.folder / "raw").rmdir()
    done = small.cx("run", "tiny", "--watch")
    assert done.returncode == 2 and re.fullmatch(r"tiny: no folder .*raw to watch\. Make it, or mend raw in sources\.yaml\.\n", done.stderr)


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.crdownload", "~$a.xlsx", ".a.csv.swp", "a.CSV.TMP", "a.csv~", ".hidden/a.csv"])
def test_downloads_under_way_are_not_seen(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("x")
    (tmp_path / "a.csv").write_text("x")
    assert list(watch.state(tmp_path)) == ["a.csv"]


def test_a_file_that_still_grows_is_waited_for(tmp_path):
    found, stop = [], time.monotonic() + 6
    growing = threading.Thread(target=grow, args=(tmp_path / "a.csv", 12, 0.2))
    seen = watch.state(tmp_path)
    growing.start()
    for changed in watch.arrivals(tmp_path, seen, settled_seconds=1.0):
        if changed:
            found.append((changed, (tmp_path / "a.csv").stat().st_size))
        if found or time.monotonic() > stop:
            break
    growing.join()
    assert found == [({"a.csv": "new"}, 12)]


def grow(path, times: int, pause: float) -> None:
    for _ in range(times):
        with path.open("a") as file:
            file.write("x")
        time.sleep(pause)


def test_what_became_of_each_file_is_told():
    before, now = {"a": (1, 1), "b": (1, 1), "c": (1, 1)}, {"b": (1, 1), "c": (2, 1), "d": (1, 1)}
    assert watch.differences(before, now) == {"a": "gone", "c": "changed", "d": "new"}


@pytest.mark.parametrize("pattern", ["orders*.csv", "**/orders*.csv", "2026/*.csv", "20??/**/o*.csv"])
def test_a_source_is_woken_by_the_files_that_an_ingest_would_find_and_by_no_other(tmp_path, pattern):
    for name in ("orders.csv", "orders_2.csv", "2026/orders.csv", "2026/05/orders.csv", "old/2026/x.csv", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    brand = SimpleNamespace(sources=SimpleNamespace(sources={"orders": SimpleNamespace(file=pattern)}))
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob(pattern)}
    assert {name for name in names if watch.reads(brand)(name)} == found and found
