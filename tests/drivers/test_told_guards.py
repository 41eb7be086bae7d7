"""What the page says of guards and ratings: the refused first, noise is no finding, a survey alone is headed by its ratings."""

import math

import pandas as pd
import pytest

from cx_helpers.drivers import told_guards
from cx_helpers.drivers.candidates import EMOTION
from cx_helpers.findings import Finding
from cx_helpers.reports.sentences import Sentences

FACTS = pd.DataFrame({"measure": ["food.rating", "shops.rating", "gate.wait"], "label": ["Restaurants", "Shops", "Minutes waited"], "touchpoint_label": ["Food", "Shops", "Gate"]})


def guarded(**reasons):
    rows = []
    for driver, reason in reasons.items():
        verdict = "asked" if not reason else "marked" if reason in ("same_survey", "missing_some") else "refused"
        rows.append({"driver": driver.replace("_", ".", 1), "verdict": verdict, "reason": reason, "known_share": 0.99, "missing_gap": -1.0, "missing_gap_low": -2.0,
                     "missing_gap_high": 0.0, "missing_auc": 0.7, "missing_shift": 0.02, "n": 500})  # fmt: skip
    return pd.DataFrame(rows)


def ratings(usable=(True, False), rank_high=(1, 2)):
    table = pd.DataFrame({"driver": ["food.rating", "shops.rating"], "importance": [0.2, 0.1], "low": [0.15, 0.05], "high": [0.25, 0.15], "p": [0.001, 0.3], "share": [0.6, 0.4], "share_low": [0.5, 0.3], "share_high": [0.7, 0.5],
                          "rank": [1, 2], "rank_low": [1, 1 if rank_high[0] > 1 else 2], "rank_high": list(rank_high), "usable": list(usable), "method": "johnson, 200 bootstrap draws"})  # fmt: skip
    table.attrs = {"n": 400, "r_squared": 0.3}
    return table


def say(message, args):
    return Sentences("en").say(message, **args)


def test_refused_candidates_stand_first_and_gaps_of_few_are_hidden():
    rows = told_guards.guard_rows([guarded(gate_wait=""), guarded(food_rating="same_survey", shops_rating="made_from_outcome")], FACTS, minimum=10)
    assert rows["label"].tolist() == ["Shops", "Restaurants", "Minutes waited"]
    assert rows["missing_gap"].isna().all(), "five unknown answers are fewer than ten"
    assert told_guards.guard_rows([guarded(gate_wait="")], FACTS, minimum=5)["missing_gap"].notna().all()
    assert say(*told_guards.guards_headline(rows)) == "Of 3 candidates one is refused as a driver and one is marked."
    assert say(*told_guards.guards_headline(rows[rows["verdict"] == "asked"])) == "Of 1 candidates none is refused as a driver and none is marked."
    assert told_guards.guard_rows([], FACTS).empty
    assert "0.97" in say(*told_guards.guards_how(rows))


@pytest.mark.parametrize(("found", "words"), [
    (guarded(gate_wait="missing_tells", food_rating="same_survey"), "Refused as a driver before any model: Minutes waited. Why stands with the ratings below."),
    (guarded(gate_wait="missing_some"), "Unknown for a few answers whose scores differ clearly: Minutes waited. These answers are in no driver model; none of these gaps alone moves the mean score by more than 0.02 standard deviations."),
    (guarded(gate_wait="same_survey"), "Told by customers in the survey of the score itself, and so no measure of operations: Minutes waited. What follows may be mood as much as work."),
    (guarded(gate_wait="", food_rating=""), "All 2 inputs were looked at before they were asked: none gives the score away, or comes after it."),
    (guarded(), "No operational measure is offered as a driver."),
], ids=["refused", "missing", "told", "clean", "none"])  # fmt: skip
def test_one_sentence_before_the_model(found, words):
    assert say(*told_guards.before_model(found, FACTS)) == words


def test_a_rating_beyond_noise_is_a_finding_and_noise_is_none():
    (finding,) = told_guards.perceived_findings(ratings(), FACTS, "NPS", ["food.rating"])
    assert (finding.message, finding.value, finding.low, finding.high, finding.n, finding.grade) == ("perceived.first_together", 0.6, 0.5, 0.7, 400, "associated")
    assert Sentences("en").sentence(finding).replace("\xa0", " ") == "Of 2 ratings in the same survey, “Restaurants” goes with NPS most: 60% (50 to 70) of what they explain. No cause in operations is claimed."
    assert told_guards.perceived_findings(ratings(usable=(False, False)), FACTS, "NPS") == []
    assert told_guards.perceived_headline(ratings(usable=(False, False)), FACTS, "NPS").message == "perceived.none"
    assert told_guards.perceived_findings(pd.DataFrame(), FACTS, "NPS") == []


def test_a_single_rating_is_told_by_what_it_explains_of_the_score():
    one = ratings().head(1)
    one.attrs = {"n": 400, "r_squared": 0.2}
    finding = told_guards.perceived_headline(one, FACTS, "NPS")
    assert (finding.message, finding.value, finding.p) == ("perceived.only", 0.2, 0.001)
    assert Sentences("en").sentence(finding).replace("\xa0", " ") == "“Restaurants” goes with NPS and explains 20% (15 to 25) of its differences. It is a customer's word, not a measure of what was done."


def test_a_feeling_is_worded_in_the_readers_language():
    feeling = ratings().head(1).assign(driver=EMOTION)
    feeling.attrs = {"n": 400, "r_squared": 0.2}
    assert Sentences("en").sentence(told_guards.perceived_headline(feeling, FACTS, "NPS")).startswith("“Showed a negative emotion in writing” goes with NPS")


def test_ratings_that_may_carry_as_much_are_named():
    finding = told_guards.perceived_headline(ratings(usable=(True, True), rank_high=(2, 2)), FACTS, "NPS")
    assert finding.message == "perceived.alike" and [args["label"] for _, args in finding.args["labels"]] == ["Restaurants", "Shops"]
    assert "“Shops” may carry as much" in Sentences("en").sentence(finding)


def test_a_survey_alone_is_headed_by_its_ratings():
    told = Finding("drivers.first", {}, 0.5, 0.4, 0.6, 400, "", "associated")
    nothing = Finding("drivers.none_usable", {}, math.nan, math.nan, math.nan, 400, "", "associated")
    felt = told_guards.perceived_findings(ratings(), FACTS, "NPS")
    alone, measured = guarded(gate_wait="same_survey"), guarded(gate_wait="")
    assert told_guards.leading(told, felt, measured) is told and told_guards.leading(told, felt, alone) is felt[0]
    assert told_guards.leading(nothing, felt, measured) is felt[0] and told_guards.leading(nothing, [], measured) is nothing
    usual = ("drivers.lede", {})
    assert told_guards.lede(usual, ratings(), measured, "NPS") is usual
    assert told_guards.lede(usual, ratings(), alone, "NPS") == ("perceived.lede", {"outcome": "NPS", "tested": 2, "count": 1, "n": 400, "r_squared": 0.3})


def test_a_mark_is_said_once_where_all_are_marked_alike():
    alike = told_guards.marked(ratings(), guarded(food_rating="same_survey", shops_rating="same_survey"))
    apart = told_guards.marked(ratings(), guarded(food_rating="same_survey", shops_rating=""))
    assert set(alike["step"]) == {"for_one_more_point"} and told_guards.marked(ratings().assign(driver=EMOTION), guarded(food_rating=""))["step"].iloc[0] == "yes_instead_of_no"
    assert alike["mark"].isna().all() and apart["mark"].fillna("").tolist() == ["same_survey", ""]


def test_the_halo_is_told_with_its_number_and_what_it_does_not_prove():
    words = say(*told_guards.perceived_source({"first_factor_share": 0.47, "first_factor_low": 0.44, "first_factor_high": 0.48, "chance_share": 0.06, "items": 22}))
    assert "One factor takes 47% of the differences among 22 ratings (unrelated ones would leave it 6%). That proves neither mood nor good service" in words
    assert told_guards.perceived_source({})[0] == "perceived.apart"
    assert told_guards.perceived_how(ratings(), "NPS", ["2026-03"])[0] == "perceived.how_johnson"
