"""Gaps and lifts by hand, on a planted truth, and where there is nothing to gain."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.opportunities import opportunities, result_rows
from cx_helpers.drivers.told_opportunities import opportunity_findings
from cx_helpers.errors import DataError


@pytest.fixture
def importance():
    return pd.DataFrame({
        "driver": ["pickup.wait", "clean", "price", "idle", "met", "odd"],
        "effect": [-0.1, 2.0, -0.5, 0.01, -1.0, 0.2], "effect_low": [-0.14, 1.0, -0.7, -0.1, -1.2, 0.1],
        "effect_high": [-0.06, 3.0, -0.3, 0.12, -0.8, 0.3], "usable": [True, True, True, False, True, True], "method": "lmg"})  # fmt: skip


@pytest.fixture
def inputs():
    return pd.DataFrame({
        "input": ["pickup.wait", "clean", "price", "idle", "met", "odd"], "label": ["Wait", "Clean", "Price", "Idle", "Met", "Odd"],
        "better": ["lower", "higher", "lower", "lower", "lower", "lower"], "standard": [10.0, 1.0, math.nan, 5.0, 9.0, 1.0],
        "touchpoint": ["pickup", "pickup", "booking", "return", "return", "return"],
        "unit_of_measure": ["minutes", "", "", "", "", ""], "challenge": ["queues", "quality", "", "", "", ""]})  # fmt: skip


@pytest.fixture
def journeys():
    return pd.DataFrame({
        "pickup.wait": [5.0, 8, 10, 20, 30, np.nan], "clean": [1.0, 1, 1, 0, 1, 1], "price": [1.0, 2, 3, 4, 5, 6],
        "idle": [9.0, 9, 9, 9, 9, 9], "met": [1.0, 2, 3, 4, 5, 6], "odd": [0.0, 3, 0, 3, 0, 0]})  # fmt: skip


def test_gap_and_lift_by_hand(importance, journeys, inputs):
    table = opportunities(importance, journeys, inputs).set_index("input")
    wait = table.loc["pickup.wait"]
    assert (wait["off_standard_share"], wait["mean_gap"], wait["n"], wait["n_off"]) == (0.4, 15, 5, 2)
    assert wait["lift"] == pytest.approx(0.1 * 30 / 5)
    # Mean change -6 with a t interval of half-width 2.776445 x 4; effect's half-width 0.04.
    assert wait["lift_high"] - wait["lift"] == pytest.approx(math.hypot(6 * 0.04, 0.1 * 11.10578), rel=1e-5)
    assert table.loc["clean", "lift"] == pytest.approx(2 / 6) and table.loc["clean", "mean_gap"] == 1
    assert list(table.index[:2]) == ["pickup.wait", "clean"] and list(table["rank"][:2]) == [1, 2]


def test_drivers_that_are_no_opportunity_say_why(importance, journeys, inputs):
    table = opportunities(importance, journeys, inputs).set_index("input")
    assert table["reason"].to_dict() == {
        "pickup.wait": "", "clean": "", "price": "no_standard", "idle": "not_usable", "met": "on_standard", "odd": "against_direction"}
    assert table.loc[["price", "idle", "met", "odd"], ["lift", "lift_low", "rank"]].isna().all().all()
    assert table.loc["idle", "off_standard_share"] == 1 and table.loc["odd", "n_off"] == 2
    nothing = opportunities(importance, journeys.assign(**{"pickup.wait": np.nan}), inputs).set_index("input")
    assert nothing.loc["pickup.wait", "reason"] == "no_data" and nothing.loc["pickup.wait", "n"] == 0


def test_findings_put_the_largest_lift_first_and_note_that_the_worst_kept_standard_is_not_it(importance, inputs):
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"pickup.wait": rng.uniform(0, 20, 400), "clean": (rng.random(400) < 0.8) * 1.0, "price": 1.0, "idle": 9.0, "met": 1.0, "odd": 0.0})
    table = opportunities(importance, many, inputs)
    findings = opportunity_findings(table, importance, "NPS")
    assert [f.message for f in findings] == ["opportunities.first", "opportunities.also", "drivers.lowest_not_first", "opportunities.no_standard"]
    first, lowest = findings[0], findings[2]
    assert first.args["input"] == table["label"][0] and first.value == table["lift"][0] and first.grade == "associated"
    assert lowest.args["lowest"] == "Idle" and lowest.args["first"] == first.args["input"] and lowest.args["reason"] == "not_usable"
    kept = result_rows(table, "overall.nps")
    assert list(kept["value"]) == list(table["lift"][:2]) and set(kept["outcome"]) == {"overall.nps"}


def test_nothing_usable_is_no_opportunity(importance, journeys, inputs):
    none = importance.assign(usable=False)
    table = opportunities(none, journeys, inputs)
    assert set(table["reason"]) == {"not_usable"} and table["lift"].isna().all()
    assert [f.message for f in opportunity_findings(table, none, "NPS")] == ["opportunities.none"]
    assert result_rows(table, "overall.nps").empty


def test_what_has_no_standard_is_no_opportunity_and_the_page_says_so(importance, journeys, inputs):
    only = importance[importance["driver"] == "price"]
    table = opportunities(only, journeys, inputs)
    assert [f.message for f in opportunity_findings(table, only, "NPS")] == ["opportunities.none_standard", "opportunities.no_standard"]


def test_the_lift_planted_is_found_within_its_interval():
    """Waits above 10 minutes brought down to 10 would raise the score by 0.08 x mean excess, exactly."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"pickup.wait": rng.gamma(2, 6, 3000), "other": rng.normal(size=3000)})
    frame["score"] = 8 - 0.08 * frame["pickup.wait"] + rng.normal(0, 2, 3000)
    inputs = pd.DataFrame({"input": ["pickup.wait", "other"], "label": ["Wait", "Other"], "better": "lower", "standard": [10.0, 0.0], "touchpoint": "pickup"})
    table = opportunities(relative_importance(frame, "score", ["pickup.wait", "other"], bootstrap=0), frame, inputs).set_index("input")
    truth = 0.08 * np.maximum(rng.gamma(2, 6, 1_000_000) - 10, 0).mean()
    assert table.loc["pickup.wait", "lift_low"] < truth < table.loc["pickup.wait", "lift_high"]
    assert table.loc["pickup.wait", "lift_low"] > 0 and table.loc["other", "reason"] == "not_usable"


def test_wrong_descriptions_are_told_together(importance, journeys, inputs):
    wrong = inputs[inputs["input"] != "price"].replace({"better": {"higher": "up"}})
    with pytest.raises(DataError, match="driver 'price' has no row in inputs; better of 'clean' is 'up', not lower or higher"):
        opportunities(importance, journeys, wrong)
    with pytest.raises(DataError, match="inputs lack the column 'standard'"):
        opportunities(importance, journeys, inputs.drop(columns="standard"))
    with pytest.raises(DataError, match="driver 'met' is not a column"):
        opportunities(importance, journeys.drop(columns="met"), inputs)


def test_without_any_driver_there_is_no_opportunity_and_it_is_told(importance, journeys, inputs):
    table = opportunities(importance.head(0), journeys, inputs)
    assert table.empty and list(table.columns) == list(opportunities(importance, journeys, inputs).columns)
    assert opportunity_findings(table, importance.head(0), "NPS") == []
    assert result_rows(table, "overall.nps").empty


def test_the_standard_of_a_yes_or_no_input_is_a_share_of_journeys():
    importance = pd.DataFrame(
        {"driver": ["return.dispute"], "effect": [-50.0], "effect_low": [-60.0], "effect_high": [-40.0], "usable": [True], "method": ["lmg"]}
    )
    inputs = pd.DataFrame(
        {"input": ["return.dispute"], "label": ["Dispute"], "better": ["lower"], "standard": [0.05], "touchpoint": ["return"], "statistic": ["share"]}
    )
    disputed = pd.DataFrame({"return.dispute": [1.0] * 8 + [0.0] * 92})
    table = opportunities(importance, disputed, inputs).iloc[0]
    assert table["off_standard_share"] == pytest.approx(0.08) and table["lift"] == pytest.approx(50 * (0.08 - 0.05))
    assert table["lift_low"] < 0 < table["lift_high"], "8 in 100 are not clearly above 5 in 100"
    met = opportunities(importance, pd.DataFrame({"return.dispute": [1.0] * 4 + [0.0] * 96}), inputs).iloc[0]
    assert met["reason"] == "on_standard" and np.isnan(met["lift"])
    better_high = inputs.assign(better="higher", standard=0.95)
    helped = opportunities(importance.assign(effect=20.0, effect_low=10.0, effect_high=30.0), 1 - disputed, better_high).iloc[0]
    assert helped["lift"] == pytest.approx(20 * (0.95 - 0.92))


def test_opportunities_that_cannot_be_told_apart_are_named_together():
    importance = pd.DataFrame(
        {"driver": ["a.x", "b.y", "c.z"], "effect": [-1.0, -0.9, -0.01], "effect_low": [-1.4, -1.3, -0.011], "effect_high": [-0.6, -0.5, -0.009],
         "usable": True, "method": "lmg"}
    )  # fmt: skip
    inputs = pd.DataFrame({"input": ["a.x", "b.y", "c.z"], "label": ["X", "Y", "Z"], "better": "lower", "standard": 1.0, "touchpoint": ["a", "b", "c"]})
    frame = pd.DataFrame({name: [0.0, 4.0] * 100 for name in importance["driver"]})
    first = opportunity_findings(opportunities(importance, frame, inputs), importance, "NPS")[0]
    assert first.args["labels"] == ["X", "Y"] and first.args["count"] == 2
    alone = importance.assign(effect=[-1.0, -0.1, -0.01], effect_low=[-1.1, -0.11, -0.011], effect_high=[-0.9, -0.09, -0.009])
    assert opportunity_findings(opportunities(alone, frame, inputs), alone, "NPS")[0].args["labels"] == ["X"]
