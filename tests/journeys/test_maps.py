"""The journey as it runs: volumes, times, drop-off and standards, on journeys typed out by hand."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey
from cx_helpers.journeys import maps

JOURNEY = Journey.model_validate({
    "label": "Shop",
    "stages": [
        {"id": "one", "label": "One", "touchpoints": [
            {"id": "a", "label": "A", "inputs": [
                {"id": "wait", "label": "Wait", "unit": "minutes", "better": "lower", "standard": 10},
                {"id": "done", "label": "Done", "unit": "share", "better": "higher", "standard": 0.5, "statistic": "share"},
                {"id": "open", "label": "Open", "unit": "days", "better": "lower"},
                {"id": "told", "label": "Told", "unit": "share", "better": "lower", "shown": False},
            ]},
            {"id": "b", "label": "B"},
        ]},
        {"id": "two", "label": "Two", "touchpoints": [{"id": "c", "label": "C", "moment_of_truth": True}]},
    ],
})  # fmt: skip


def t(hour: float) -> pd.Timestamp:
    return pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(hours=hour)


TIMES = pd.DataFrame(
    [
        ("completed", t(0), t(1), t(5)), ("completed", t(0), pd.NaT, t(3)), ("cancelled", t(0), t(2), pd.NaT), ("open", t(0), t(0), pd.NaT),
        ("abandoned", t(0), pd.NaT, pd.NaT), ("completed", t(4), t(1), t(9)), ("cancelled", pd.NaT, pd.NaT, pd.NaT),
    ],
    columns=["status", "a", "b", "c"],
)  # fmt: skip


@pytest.fixture
def steps():
    return maps.steps(TIMES, JOURNEY).set_index("touchpoint")


def test_volumes_count_all_who_reach_a_step_also_those_still_open(steps):
    assert steps["volume"].tolist() == [6, 4, 3] and steps["volume_share"].tolist() == pytest.approx([6 / 7, 4 / 7, 3 / 7])
    assert steps["moment_of_truth"].tolist() == [False, False, True]


def test_only_those_who_left_drop_off_and_where_they_were_last_seen(steps):
    assert steps["drop_off_share"].tolist() == pytest.approx([1 / 6, 1 / 4, 0])
    assert (steps["drop_off_low"] <= steps["drop_off_share"]).all() and (steps["drop_off_share"] <= steps["drop_off_high"]).all()


def test_times_run_from_the_last_step_reached_and_reversed_ones_are_counted_apart(steps):
    assert np.isnan(steps.loc["a", "hours_median"])
    assert (steps.loc["b", "hours_median"], steps.loc["b", "hours_n"]) == (1, 3), "1, 2 and 0 hours; the reversed one left out"
    assert (steps.loc["b", "tied_share"], steps.loc["b", "reversed_share"]) == (0.25, 0.25)
    assert (steps.loc["c", "hours_median"], steps.loc["c", "hours_n"]) == (4, 3), "4 and 8 since b, 3 since a"


def test_inputs_stand_against_their_standard_only_beyond_noise():
    rng = np.random.default_rng(0)
    values = pd.DataFrame({"a.wait": rng.normal(20, 2, 80), "a.done": [1.0, 0.0] * 40, "a.open": [3.0, np.nan] * 40, "a.told": 1.0}).assign(journey_id=range(80), customer_id=None)
    found = maps.delivered(values, JOURNEY).set_index("input")
    assert found["standing"].to_dict() == {"a.wait": "misses", "a.done": "unclear", "a.open": "no standard"}
    assert found.loc["a.wait", "off_standard_share"] == 1 and found.loc["a.done", ["value", "off_standard_share"]].tolist() == [0.5, 0.5]
    assert found["n"].tolist() == [80, 80, 40]
    assert maps.delivered(values.assign(**{"a.wait": 5.0}), JOURNEY).set_index("input").loc["a.wait", "standing"] == "meets"


def test_an_input_never_measured_has_no_value_and_no_standing():
    found = maps.delivered(pd.DataFrame({"a.wait": [np.nan, np.nan], "journey_id": ["1", "2"], "customer_id": ["a", "a"]}), JOURNEY).iloc[0]
    assert np.isnan(found["value"]) and found["n"] == 0 and found["standing"] not in ("meets", "misses")


def test_a_step_recorded_for_none_is_not_called_a_step_nobody_took():
    found = maps.steps(TIMES.assign(b=TIMES["b"].where(TIMES["a"].isna())), JOURNEY).set_index("touchpoint")
    assert np.isnan(found.loc["b", "volume"]) and np.isnan(found.loc["b", "volume_share"]) and found.loc["c", "volume"] == 3
