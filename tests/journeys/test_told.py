"""What the page on journeys says: which standards are missed, how scores moved, and nothing that is within noise."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.estimates import Estimate
from cx_helpers.findings import Finding
from cx_helpers.journeys import told

WORK = pd.DataFrame({
    "label": ["Wait", "Walk", "Check"], "standing": ["misses", "meets", "misses"], "off_standard_share": [0.5, 0.0, 0.9], "n": [100, 100, 20],
    "standard": [12.0, 200, 10], "unit_of_measure": "minutes", "statistic": "median", "value": [15.0, 150, 12], "low": [14.0, 140, 11],
    "high": [16.0, 160, 13], "method": "median", "touchpoint": "counter", "shown": True,
})  # fmt: skip
LATEST = pd.DataFrame({
    "metric": ["overall.nps", "counter.csat"], "touchpoint": ["overall", "counter"], "label": ["NPS", "Counter"], "kind": ["nps", "csat"],
    "scale_min": [0.0, 1], "scale_max": [10.0, 5], "value": [30.0, 4.2], "low": [20.0, 4.1], "high": [40.0, 4.3], "n": [90, 80],
    "method": "x", "shown": True,
})  # fmt: skip


def moved(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, 170, "x")


@pytest.mark.parametrize(("low", "high", "way"), [(1, 9, "up"), (-9, -1, "down"), (-1, 9, "unclear"), (np.nan, np.nan, "unclear")])
def test_a_change_has_a_direction_only_beyond_its_interval(low, high, way):
    assert told.direction(moved(4, low, high)) == way


def test_missed_standards_are_ordered_by_the_journeys_they_touch():
    assert told.missed(WORK)["label"].tolist() == ["Wait", "Check"]
    message, args = told.map_headline(WORK, LATEST)
    assert message == "map.headline_misses" and args["count"] == 2 and args["of"] == 3 and args["labels"] == ["Wait", "Check"]
    assert told.map_headline(WORK[WORK["standing"] == "meets"], LATEST)[0] == "map.headline_meets"
    assert told.map_headline(WORK.assign(standing="no standard"), LATEST)[0] == "map.headline_no_standard"


def test_each_finding_weighs_what_it_touches():
    steps = pd.DataFrame({"label": ["A", "B"], "volume": [100, 50], "shown": True, "drop_off_share": [0.1, 0.3], "drop_off_low": [0.05, 0.2], "drop_off_high": [0.2, 0.4], "n": [100, 50]})
    found = told.map_findings(steps, WORK)
    assert [(f.message, f.args["label"]) for f in found] == [("map.misses_median", "Wait"), ("map.misses_median", "Check"), ("map.leave", "B")]
    assert [f.weight for f in found] == pytest.approx([0.5, 0.18, 0.15]) and {f.grade for f in found} == {"described"}


def test_headlines_follow_the_remembered_score():
    changes = {"overall.nps": moved(-20, -35, -5)}
    assert told.page_headline(WORK, LATEST, LATEST, changes, "overall.nps", "2026-03")[0] == "journeys.headline_down_misses"


def test_where_the_month_is_unclear_the_headline_tells_the_clear_change_of_twelve_months():
    changes = {"overall.nps": moved(-2, -9, 5)}
    longer = pd.DataFrame({"metric": ["overall.nps"] * 2, "comparison": ["month", "twelve"], "verdict": ["unclear", "down"]})
    message, args = told.page_headline(WORK, LATEST, LATEST, changes, "overall.nps", "2026-03", (), longer)
    assert (message, args["moved"]) == ("journeys.headline_longer_misses", "lower")
    noise = longer.assign(verdict="unclear")
    assert told.page_headline(WORK, LATEST, LATEST, changes, "overall.nps", "2026-03", (), noise)[0] == "journeys.headline_unclear_misses"


def test_a_page_tells_no_measure_twice_and_at_most_two_findings_of_a_section():
    def one(message, weight, link, **args):
        return Finding(message, args, 1.0, 0.0, 2.0, 50, "x", "described", weight=weight, link=link)

    given = [one("map.misses_share", 0.3, "#map", label="Wait", unit_of_measure="share"), one("trends.share_worse", 0.4, "#time", label="Wait", unit_of_measure="share"),
             one("a", 0.2, "#time", label="NPS"), one("b", 0.1, "#time", label="NPS"), one("c", 0.05, "#map", label="NPS")]  # fmt: skip
    assert [f.message for f in told.telling(given)] == ["trends.share_worse", "a", "c"]


def test_the_lowest_state_is_set_against_the_one_most_customers_are_in():
    states = pd.DataFrame({"label": ["X", "Y", "Z"], "value": [4.0, 2.0, 1.0], "low": 0.0, "high": 5.0, "n": [60, 30, 90], "method": "x", "shown": [True, True, True], "naive": [False, False, True]})
    message, args = told.state_headline(states, "NPS")
    assert message == "states.apart" and (args["low_label"], args["most_label"]) == ("Y", "X")
    assert told.state_headline(states.iloc[:1], "NPS")[0] == "states.one"


def test_a_reworded_score_is_neither_the_highest_nor_the_lowest():
    lived = pd.DataFrame({
        "touchpoint": ["booking", "counter", "return"], "metric": ["booking.csat", "counter.csat", "return.csat"], "label": ["B", "C", "R"],
        "kind": "csat", "scale_min": 1, "scale_max": 5, "value": [4.2, 3.9, 4.6], "low": [4.1, 3.8, 4.5], "high": [4.3, 4.0, 4.7], "n": 500,
        "method": "clustered", "shown": True,
    })  # fmt: skip
    (plain,) = told.extremes_finding(lived)
    assert plain.args["best"] == ["R"] and plain.args["of"] == 3
    (fair,) = told.extremes_finding(lived, {"return.csat"})
    assert fair.args["best"] == ["B"] and fair.args["labels"] == ["C"] and fair.args["of"] == 2
