"""What the log of actions says decides whether a page is made anew, not the file it stands in."""

from datetime import date
from types import SimpleNamespace

from cx_helpers.batch.fingerprints import actions_digest
from cx_helpers.follow_up.actions import ActionLog


def test_a_log_without_a_row_is_as_good_as_none_and_a_row_changes_the_digest(tmp_path):
    brand = SimpleNamespace(folder=tmp_path)
    none = actions_digest(brand)
    log = ActionLog.of(tmp_path)
    assert actions_digest(brand) == none
    log.record("A1", changed_by="me", solution="lane", measure="counter.wait", units=["Soho"], effective_from=date(2026, 3, 1), status="running")
    assert actions_digest(brand) != none
