"""What goes wrong in a run costs one clear line and the right exit code, and leaves the published pages as they were."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

CHANGED = ("--set", "window_months=6")


def lines(done) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.strip()]


def window(page: bytes) -> str:
    return re.search(rb"over (\d+) months", page)[1].decode()


@pytest.mark.parametrize(
    ("body", "said", "reason"),
    [
        ("raises", r"cell 5 \(raise ValueError.*\): ValueError: no rows for the counter\.", "cell 5: ValueError"),
        ("kills_kernel", r"cell 5 \(import os\): the kernel died \(out of memory, or killed from outside\)\.", "the kernel died"),
        ("kills_worker", r"its process was killed \(out of memory\?\)\.", "its process was killed"),
        ("says_nothing", r"the page says nothing", "the check of its cells"),
        ("no_provenance", r"the page has no provenance", "the check of its cells"),
    ],
)
def test_a_failing_notebook_keeps_its_last_good_page_and_hides_no_other(made, body, said, reason):
    before = made.pages()
    made.notebooks(p02_journeys=body)
    done = made.cx("run", "tiny", "--audience", "all", *CHANGED)
    assert done.returncode == 1
    assert len(lines(done)) == 1 and re.search(rf"^2018-03 all 02_journeys.*{said}", lines(done)[0]), done.stderr
    after = made.pages()
    assert after["02_journeys.html"] == before["02_journeys.html"]
    assert [window(after[name]) for name in ("01_ingest.html", "03_drivers.html", "04_follow_up.html")] == ["6"] * 3
    portal = (made.reports / "tiny" / "all" / "index.html").read_text()
    assert "the last good one is kept" in portal and reason in portal
    log = made.reports / ".logs" / "tiny" / "2018-03" / "all" / "02_journeys.log"
    assert body == "kills_worker" or "Traceback" in log.read_text()
    everything = b"".join(after.values()) + portal.encode()
    assert b"Traceback" not in everything and b"no rows for the counter" not in everything


def test_a_mended_page_is_made_and_its_log_removed(made):
    made.notebooks(p01_ingest="raises")
    assert made.cx("run", "tiny", "--audience", "desk", *CHANGED).returncode == 1
    log = made.reports / ".logs" / "tiny" / "2018-03" / "desk" / "01_ingest.log"
    assert "ValueError: no rows for the counter" in log.read_text()
    made.notebooks()
    assert made.cx("run", "tiny", "--audience", "desk", *CHANGED).returncode == 0
    assert window(made.pages(audience="desk")["01_ingest.html"]) == "6"
    assert not log.exists()


def test_a_page_that_was_never_made_gets_a_notice_and_no_dead_link(small):
    small.notebooks(p03_drivers="raises")
    done = small.cx("run", "tiny", "--audience", "all")
    assert done.returncode == 1
    pages = small.pages()
    assert b"This page could not be made." in pages["03_drivers.html"]
    for name, page in pages.items():
        for link in re.findall(rb'href="([\w.]+\.html)', page) if name.endswith(".html") else ():
            assert link.decode() in pages, f"{name} leads to {link}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--month", "2019-07"), "tiny: month 2019-07 has no data; there are months 2018-01 to 2018-03."),
        (("--month", "2018-3"), "write YYYY-MM, latest, or a range"),
        (("--audience", "dsk"), "Did you mean desk?"),
        (("--set", "windw_months=6"), "did you mean window_months?"),
        (("--set", "window_months=six"), "parameter window_months"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2_before_anything_runs(small, arguments, said):
    done = small.cx("run", "tiny", *arguments)
    assert done.returncode == 2 and said in done.stderr
    assert "Traceback" not in done.stderr and not small.reports.exists()
    assert len(lines(done)) == (1 if arguments[0] != "--set" or "six" not in arguments[1] else 4)


def test_a_misspelt_parameter_in_one_notebook_stops_all_before_the_first(made):
    before = made.pages()
    made.notebooks(p04_follow_up="misspelt_parameter")
    done = made.cx("run", "tiny", *CHANGED)
    assert done.returncode == 2 and "windw_months is not in its model; did you mean window_months?" in done.stderr
    assert made.pages() == before


def test_broken_raw_files_leave_pages_and_tables(made):
    before, tables = made.pages(), (made.folder / "tables" / "current.json").read_bytes()
    (made.folder / "raw" / "answers.csv").write_text("")
    done = made.cx("run", "tiny")
    assert done.returncode == 1 and "answers.csv" in done.stderr and "Traceback" not in done.stderr
    assert (made.pages(), (made.folder / "tables" / "current.json").read_bytes()) == (before, tables)


def test_a_second_run_of_the_brand_is_refused_in_one_line(made):
    made.notebooks(p01_ingest="slow")
    with subprocess.Popen(made.command("run", "tiny", "--audience", "desk", *CHANGED), env=made.environment, stdout=subprocess.DEVNULL) as first:
        wait_for(made.reports / "slow.pid")
        second = made.cx("run", "tiny", "--audience", "desk")
        first.send_signal(signal.SIGTERM)
    assert second.returncode == 2 and len(lines(second)) == 1
    assert re.search(rf"tiny: `cx run tiny --month latest` \(process {first.pid}, since .*\) is still at work", second.stderr)


def wait_for(path, seconds=60):
    until = time.monotonic() + seconds
    while not (path.is_file() and path.read_text()):
        if time.monotonic() > until:
            pytest.fail(f"{path} did not appear in {seconds} s")
        time.sleep(0.05)


def gone(pid: int, seconds=10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            state = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] if os.path.isdir("/proc/self") else ""
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_ends_its_children_and_leaves_every_page(made, how):
    before = made.pages(audience="desk")
    made.notebooks(p01_ingest="slow")
    command = made.command("run", "tiny", "--audience", "desk", *CHANGED)
    with subprocess.Popen(command, env=made.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        wait_for(made.reports / "slow.pid")
        kernel = int((made.reports / "slow.pid").read_text())
        run.send_signal(how)
        stderr = run.communicate(timeout=30)[1]
    assert run.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
    if how != signal.SIGKILL:
        assert stderr.splitlines() == ["Stopped. What was published before stays as it was; run again to go on."]
    assert gone(kernel)
    assert made.pages(audience="desk") == before
    made.notebooks()
    assert made.cx("run", "tiny", "--audience", "desk", *CHANGED).returncode == 0
    assert list((made.reports / ".staging").glob("*/*")) == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_a_publication_leaves_whole_sets(made, moment):
    """Killed just before or just after the first of two sets changes places: each set is all old or all new."""
    before = {audience: made.pages(audience=audience) for audience in ("all", "desk")}
    code = (
        "import os, signal\n"
        "from cx_helpers.batch import publication\n"
        "from cx_helpers.cli import main\n"
        "def deadly(one, other, exchange=publication._exchange):\n"
        f"    done = exchange(one, other) if {moment == 'after'} else False\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "publication._exchange = deadly\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, "run", "tiny", *CHANGED], env=made.environment, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    changed = [audience for audience in before if made.pages(audience=audience) != before[audience]]
    assert len(changed) == (1 if moment == "after" else 0)
    for audience in changed:
        pages = {name: page for name, page in made.pages(audience=audience).items() if name.endswith(".html")}
        assert pages.keys() == before[audience].keys() - {"run.json"}
        assert {window(page) for page in pages.values()} == {"6"}
    assert made.cx("run", "tiny", *CHANGED).returncode == 0
    assert {window(page) for name, page in made.pages().items() if name.endswith(".html")} == {"6"}


@pytest.fixture
def small_disk(made, tmp_path):
    """The published reports on a disk of 4 MB."""
    if os.geteuid() or sys.platform != "linux":
        pytest.skip("only root on Linux can mount a small disk")
    kept = made.root / "kept"
    made.reports.rename(kept)
    made.reports.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(made.reports)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    subprocess.run(["cp", "-a", f"{kept}/.", str(made.reports)], check=True)
    yield made
    subprocess.run(["umount", "-l", str(made.reports)], check=True)


def test_a_notebook_that_fills_the_disk_is_one_line_and_the_pages_stay(small_disk):
    before = small_disk.pages()
    small_disk.notebooks(p02_journeys="fills_disk")
    done = small_disk.cx("run", "tiny", "--audience", "all", "--workers", "1", *CHANGED)
    assert done.returncode == 1
    assert len(lines(done)) == 1 and re.search(r"02_journeys.* is full\. Free some space", done.stderr), done.stderr
    assert small_disk.pages()["02_journeys.html"] == before["02_journeys.html"]


def test_a_full_disk_leaves_every_page_as_it_was(small_disk):
    before = small_disk.pages()
    filler = small_disk.reports / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    done = small_disk.cx("run", "tiny", "--audience", "all", *CHANGED)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert all("is full" in line or "No space left" in line for line in lines(done)), done.stderr
    assert 1 <= len(lines(done)) <= 5
    assert small_disk.pages() == before
    filler.unlink()
    assert small_disk.cx("run", "tiny", "--audience", "all", *CHANGED).returncode == 0
