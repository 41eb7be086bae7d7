"""A kill at any moment of an ingest leaves the old state or the new across all tables, and the next run finishes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("killing.py")
ERASURE = Path(__file__).with_name("killing_erasure.py")
MANY, HALVES, FEW = 200, 2, 10


def killing(folder: Path, *how: str, program: Path = PROGRAM) -> dict:
    """What `killing.py` counts; the children's own words only matter where something is wrong."""
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    done = subprocess.run([sys.executable, str(program), str(folder), *how], capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1]) | {"stderr": done.stderr[-3000:]}


def counted(found: dict, record_property) -> None:
    record_property("count of kills", found["kills"])
    for state in ("old", "new"):
        record_property(f"count of kills that left the {state} state", found[state])
    record_property("count of kills that left anything else", len(found["wrong"]))


def test_a_few_kills_at_random_leave_the_old_state_or_the_new(tmp_path, record_property):
    found = killing(tmp_path, "random", str(FEW))
    counted(found, record_property)
    assert found["wrong"] == [] and found["kills"] == FEW, found


def test_a_kill_at_steps_on_disk_leaves_the_old_state_or_the_new(tmp_path, record_property):
    found = killing(tmp_path, "points", "13")
    counted(found, record_property)
    assert found["wrong"] == [], found
    assert found["old"] and found["new"], f"kills fell on one side of the switch only: {found}"


@pytest.mark.long
@pytest.mark.parametrize("half", range(HALVES))
def test_many_kills_at_random_leave_the_old_state_or_the_new(tmp_path, record_property, half):
    found = killing(tmp_path, "random", str(MANY // HALVES), str(half + 1))
    counted(found, record_property)
    assert found["wrong"] == [] and found["kills"] == MANY // HALVES, found


@pytest.mark.long
def test_a_kill_before_and_after_every_step_on_disk_leaves_the_old_state_or_the_new(tmp_path, record_property):
    found = killing(tmp_path, "points", "1")
    counted(found, record_property)
    assert found["wrong"] == [] and found["old"] and found["new"], found


@pytest.mark.parametrize("how", ["forget", "retention"])
@pytest.mark.parametrize("every", [29, pytest.param(1, marks=pytest.mark.long)])
def test_a_kill_while_people_or_old_rows_fall_leaves_old_or_new_and_nothing_of_them_once_it_is_done(tmp_path, record_property, how, every):
    found = killing(tmp_path, how, str(every), program=ERASURE)
    counted(found, record_property)
    assert found["wrong"] == [] and found["old"], found
    assert every > 1 or found["new"], f"kills fell on one side of the switch only: {found}"


def test_two_ingests_at_once_damage_nothing_and_a_reader_sees_the_old_or_the_new(tmp_path):
    found = killing(tmp_path, "together")
    assert found["strange"] == [] and found["after"] == "new", found
    assert found["ends"] == [0, 0, 0], found
