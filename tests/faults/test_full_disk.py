"""A disk that is full, or may not be written: one line, exit code 1, and the old state stays."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import killing  # noqa: E402

from cx_helpers.ingest.disk import WHAT_TO_DO  # noqa: E402

CX = "import sys; sys.argv = ['cx', 'ingest', 'kill']; from cx_helpers.cli import main; main()"
LOOK = "import json, pathlib, sys; sys.path.insert(0, sys.argv[2]); import killing; print(json.dumps(killing.content(pathlib.Path(sys.argv[1]))))"


def ingest(root: Path, **options) -> subprocess.CompletedProcess:
    environment = {**os.environ, "CX_DATA": str(root / "data"), "CX_KEY": "k" * 64}
    return subprocess.run([sys.executable, "-c", CX], env=environment, capture_output=True, text=True, timeout=120, **options)


def content(root: Path) -> str:
    command = [sys.executable, "-c", LOOK, str(root / "data" / "kill"), str(Path(__file__).parent)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def refused(done: subprocess.CompletedProcess) -> None:
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and len(lines) == 1 and "Traceback" not in done.stderr, done.stderr[-2000:]
    assert any(words in lines[0] for words in ("is full", "as large as this", "may only be read", *map(os.strerror, WHAT_TO_DO))), lines


@pytest.fixture
def ready(tmp_path) -> Path:
    """The brand of the kills in its old state, with the new files beside."""
    root = tmp_path / "bench"
    brand = killing.lay_out(root)
    assert ingest(root).returncode == 0
    killing.put(brand, killing.NEW)
    return root


@pytest.mark.parametrize("most_bytes", [300, 3_000])
def test_files_that_cannot_grow_are_one_line_and_the_old_state_stays(ready, most_bytes):
    """The limit of a user's file size stands for a full disk: writes fail in the middle of a file."""
    before = content(ready)
    refused(ingest(ready, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))))
    assert content(ready) == before
    assert ingest(ready).returncode == 0 and content(ready) != before


@pytest.fixture
def mounted(ready):
    """The workbench on a small disk of its own; mounted again with other options by calling it."""
    if os.geteuid() or sys.platform != "linux":
        pytest.skip("only root on Linux can mount a small disk")
    place = ready.parent / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    shutil.copytree(ready / "data", place / "data")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("free", [0, 8_192])
def test_a_full_disk_is_one_line_and_the_old_state_stays(mounted, free):
    before = content(mounted)
    filler = mounted / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    os.truncate(filler, max(0, filler.stat().st_size - free))
    refused(ingest(mounted))
    assert content(mounted) == before
    filler.unlink()
    assert ingest(mounted).returncode == 0 and content(mounted) != before


def test_a_folder_that_may_only_be_read_is_one_line_and_can_still_be_read(mounted):
    before = content(mounted)
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    refused(ingest(mounted))
    assert content(mounted) == before
    subprocess.run(["mount", "-o", "remount,rw", str(mounted)], check=True)
    assert ingest(mounted).returncode == 0
