"""A reader sees the old set of pages or the new one, whenever the batch is killed."""

from __future__ import annotations

import ctypes
import json
import os
import signal

import pytest

from cx_helpers.batch import publication

OLD = {"01_ingest.html": "old one", "02_journeys.html": "old two", "run.json": '{"run": "old"}'}
NEW_PAGES = {"01_ingest.html": "new one", "02_journeys.html": "new two"}


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("CX_REPORTS", str(tmp_path / "reports"))
    target = publication.set_folder("tiny", "2018-03", "all")
    staged = publication.staging_folder("tiny") / "run-1" / "sets" / "2018-03" / "all"

    def lay_out():
        for folder, files in ((target, OLD), (staged, NEW_PAGES)):
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / name).write_text(text)
        return staged, target

    return lay_out


def read(folder) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(folder.glob("*"))} if folder.is_dir() else {}


def new(**more) -> dict[str, str]:
    return {**NEW_PAGES, "run.json": json.dumps({"run": "new"}, indent=1) + "\n", **more}


def killed_at(count: int, call) -> bool:
    """Forks; the child dies by SIGKILL at the count-th step on disk. True when it died so, False when it got through."""
    child = os.fork()
    if child == 0:
        steps = {"left": count}

        def deadly(original):
            def step(*arguments, **options):
                steps["left"] -= 1
                if steps["left"] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return original(*arguments, **options)

            return step

        for name in ("rename", "replace", "link", "fsync", "unlink", "rmdir", "mkdir"):
            setattr(os, name, deadly(getattr(os, name)))
        publication._exchange = deadly(publication._exchange)
        call()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_published_set_is_the_new_pages_with_their_manifest(folders):
    staged, target = folders()
    publication.publish(staged, target, {"run": "new"}, kept=[])
    assert read(target) == new()
    assert not staged.exists()


def test_kept_pages_stay_byte_for_byte(folders):
    staged, target = folders()
    (staged / "02_journeys.html").unlink()
    publication.publish(staged, target, {"run": "new"}, kept=["02_journeys.html"])
    assert read(target) == new(**{"02_journeys.html": "old two"})


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_kill_at_any_step_leaves_the_old_set_or_the_new(folders, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(publication, "_exchange", lambda one, other: False)
    elif not getattr(ctypes.CDLL(None), "renameat2", None):
        pytest.skip("this system cannot exchange two folders")
    seen = []
    for count in range(1, 60):
        staged, target = folders()
        died = killed_at(count, lambda: publication.publish(staged, target, {"run": "new"}, kept=[]))
        if not can_exchange:
            publication.sweep("tiny")
        assert read(target) in (OLD, new()), f"killed at step {count}: {read(target)}"
        seen.append(read(target) == OLD)
        publication.sweep("tiny")
        if not died:
            break
    assert seen[0] and not seen[-1] and len(seen) > 4
    assert not publication.staging_folder("tiny").exists()


def test_a_failing_disk_leaves_the_old_set(folders, monkeypatch):
    staged, target = folders()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        publication.publish(staged, target, {"run": "new"}, kept=[])
    assert read(target) == OLD
    assert [file.name for file in staged.glob(".*")] == []


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_a_manifest_that_cannot_be_read_counts_as_none(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert publication.read_manifest(tmp_path) == {}
