"""What a study sees: nothing after its month, and journeys as they stood then, whatever a later export says."""

from datetime import UTC, datetime

import pandas as pd

from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.lake import Lake, to_contract
from cx_helpers.tables.selection import Selection

JOURNEYS = pd.DataFrame(
    {
        "journey_id": ["before", "after", "left", "later"],
        "started_at": pd.to_datetime(["2026-02-01", "2026-03-20", "2026-03-21", "2026-04-02"], utc=True),
        "ended_at": pd.to_datetime(["2026-02-03", "2026-04-05", None, "2026-04-09"], utc=True),
        "status": ["completed", "completed", "cancelled", "completed"],
        "unit": ["Soho", "Bank", "Bank", "Bank"],
        "month": ["2026-02", "2026-03", "2026-03", "2026-04"],
    }
)


def selection(folder, scope=None) -> Selection:
    lake = Lake(folder)
    lake.publish({"journeys": to_contract(JOURNEYS, CANONICAL["journeys"], "test")})
    return Selection(lake, "2026-03", "2026-03", datetime(2026, 4, 1, tzinfo=UTC), scope or {})


def test_a_journey_that_ended_after_the_month_was_still_open(tmp_path):
    known = selection(tmp_path).table("journeys").execute().set_index("journey_id")
    assert known["status"].to_dict() == {"before": "completed", "after": "open", "left": "cancelled"}
    assert pd.isna(known.loc["after", "ended_at"]) and known.loc["before", "ended_at"] == JOURNEYS["ended_at"][0]


def test_everything_ingested_is_told_as_it_ended(tmp_path):
    everything = selection(tmp_path).table("journeys", "everything").execute().set_index("journey_id")
    assert everything.loc["after", "status"] == "completed" and len(everything) == 4


def test_scope_and_window_leave_out_the_rest(tmp_path):
    seen = selection(tmp_path, {"unit": ["Bank"]})
    assert sorted(seen.table("journeys", "window").execute()["journey_id"]) == ["after", "left"]
    assert sorted(seen.table("journeys", scoped=False).execute()["journey_id"]) == ["after", "before", "left"]
    assert seen.units() == ["Bank"]
