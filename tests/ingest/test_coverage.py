"""What the data cover, gap by gap, and what was set aside, most rows first."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey
from cx_helpers.ingest.coverage import answered_share, coverage, problems

JOURNEY = Journey.model_validate({
    "label": "Shop", "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    "stages": [{"id": "s", "label": "S", "touchpoints": [
        {"id": "both", "label": "Both", "inputs": [{"id": "x", "label": "X", "unit": "u", "better": "lower"}], "metrics": [{"id": "csat", "kind": "csat", "label": "C"}]},
        {"id": "felt", "label": "Felt", "metrics": [{"id": "csat", "kind": "csat", "label": "C"}]},
        {"id": "done", "label": "Done", "inputs": [{"id": "x", "label": "X", "unit": "u", "better": "lower"}]},
        {"id": "asked", "label": "Asked in vain", "metrics": [{"id": "csat", "kind": "csat", "label": "C"}]},
    ]}],
})  # fmt: skip


def test_each_touchpoint_names_its_gap():
    found = coverage(JOURNEY, {"both": 9}, ["both.x", "done.x"], {"both.csat": 4, "felt.csat": 3, "asked.csat": 0, "overall.nps": 7}).set_index("touchpoint")
    assert found["gap"].to_dict() == {"both": "", "felt": "no_input", "done": "no_output", "asked": "blind", "overall": ""}
    assert found.loc["both", ["n", "inputs", "outputs", "answers"]].tolist() == [9, ["X"], ["C"], 4] and np.isnan(found.loc["asked", "answers"])


def test_problems_are_counted_by_table_and_reason_with_their_first_row():
    told = pd.DataFrame({
        "file": ["a.csv", "a.csv", "a.csv", "b.csv"], "row": [3.0, 2, 9, 1], "raw_source": ["a", "a", "a", "b"], "table": ["inputs", "inputs", None, "inputs"],
        "reason": ["bad", "worse", "ragged", "worse"], "suggestion": ["mend"] * 4,
    })  # fmt: skip
    found = problems(told)
    assert found[["table", "reason", "rows"]].to_numpy().tolist() == [["inputs", "worse", 2], ["a", "ragged", 1], ["inputs", "bad", 1]]
    assert found.loc[0, "first"] == "a.csv:2" and problems(told.iloc[:0]).empty


def test_the_share_who_answered_counts_all_who_had_time_to():
    until = pd.Timestamp("2026-04-01", tz="UTC")
    ended = pd.to_datetime(["2026-01-05", "2026-02-01", "2026-02-20", "2026-03-01", "2026-03-25", None], utc=True)
    journeys = pd.DataFrame({"overall.nps": [9.0, np.nan, np.nan, 3.0, np.nan, np.nan], "ended_at": ended})
    found = answered_share(journeys, "overall.nps", until)
    assert found.value == pytest.approx(0.5) and found.n == 4 and 0 < found.low < 0.5 < found.high < 1
