"""The action log: every version stays, unchanged ones write nothing, and many may write at once."""

import datetime as dt
import subprocess
import sys

import pandas as pd
import pytest

from cx_helpers.errors import DataError, UsageError
from cx_helpers.follow_up.actions import ActionLog, import_actions

LINE = {"solution": "second_line", "measure": "counter.wait", "units": ["Soho", "Bank"], "effective_from": "2026-03-01"}


@pytest.fixture
def log(tmp_path) -> ActionLog:
    return ActionLog.of(tmp_path)


def test_an_edit_is_a_new_version_and_the_old_one_stays(log):
    assert log.record("A1", changed_by="ana", **LINE) == 1
    assert log.record("A1", changed_by="ben", **{**LINE, "units": ["Soho"]}) == 2
    history = log.history("A1")
    assert history[["version", "changed_by"]].to_numpy().tolist() == [[1, "ana"], [2, "ben"]]
    assert history["units"].tolist() == [["Bank", "Soho"], ["Soho"]]
    (current,) = log.actions().to_dict("records")
    assert (current["version"], current["status"], current["effective_from"]) == (2, "running", pd.Timestamp("2026-03-01"))


def test_an_unchanged_action_writes_nothing_whatever_the_form_of_its_values(log):
    log.record("A1", changed_by="ana", **LINE)
    again = {**LINE, "units": ["Bank", "Soho", "Soho"], "effective_from": dt.date(2026, 3, 1), "status": "running"}
    assert log.record("A1", changed_by="ben", **again) == 1 and len(log.history()) == 1


def test_actions_are_seen_once_in_force(log):
    log.record("B", changed_by="x", **{**LINE, "effective_from": "2026-04-01"})
    log.record("A", changed_by="x", **LINE)
    assert log.actions()["action_id"].tolist() == ["A", "B"]
    assert log.actions("2026-03")["action_id"].tolist() == ["A"] and len(log.actions("2026-04")) == 2
    assert ActionLog("sqlite://").actions().empty


def test_everything_wrong_with_an_action_is_one_line(log):
    with pytest.raises(UsageError) as caught:
        log.record("A1", changed_by="x", solution="", units=["a"], effective_from="soon", status="begun", where="b", measure="m.n")
    said = str(caught.value)
    assert said.startswith("action A1: ") and "\n" not in said
    for part in ("where is not known (known: solution,", "solution is missing", "status 'begun' is not one of planned, running, stopped, done", "effective_from 'soon' is not a day (YYYY-MM-DD)"):
        assert part in said


def test_a_list_of_actions_is_taken_in_once(log, tmp_path):
    path = tmp_path / "actions.csv"
    path.write_text("action_id,solution,measure,units,effective_from,description\nA1,line,counter.wait, Soho ; Bank,2026-03-01,Málaga\n", encoding="utf-8")
    assert import_actions(path, log) == 1 and import_actions(path, log) == 1
    (row,) = log.history().to_dict("records")
    assert row["units"] == ["Bank", "Soho"] and row["description"] == "Málaga" and row["changed_by"] == "actions.csv"


def test_what_is_wrong_with_a_list_is_told_with_its_rows(log, tmp_path):
    path = tmp_path / "actions.csv"
    path.write_text("action_id,solution,measure,units,effective_from\nA1,line,m.n,Soho,1 sometime\nA2,,m.n,Soho,2026-03-01\nA3,line,m.n,Soho,2026-03-01\n")
    with pytest.raises(DataError, match=r"^actions.csv: row 1: action A1: effective_from .*; row 2: action A2: solution is missing.$"):
        import_actions(path, log)
    assert log.actions()["action_id"].tolist() == ["A3"]
    path.write_text("action_id,units\nA1,Soho\n")
    with pytest.raises(DataError, match="actions.csv: column solution, measure, effective_from is missing; it has action_id, units. Add it."):
        import_actions(path, log)


def test_two_writers_at_once_lose_nothing(tmp_path):
    ActionLog.of(tmp_path)
    code = (
        "import sys, pathlib\nfrom cx_helpers.follow_up.actions import ActionLog\nlog = ActionLog.of(pathlib.Path(sys.argv[1]))\n"
        "for n in range(20):\n    log.record('A', changed_by=sys.argv[2], solution='s', measure='m.n', units=[sys.argv[2] + str(n)], effective_from='2026-03-01')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("x", "y")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    history = ActionLog.of(tmp_path).history()
    assert history["version"].tolist() == list(range(1, 41)) and history["units"].map(tuple).nunique() == 40
