"""What is said beside the ranking, and that a study without any driver is told in sentences as well."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers import entangled, good_and_bad, ordinal, ranking, told_importance
from cx_helpers.reports.sentences import Sentences

SAY = Sentences("en")
WORDS = pd.DataFrame({
    "driver": ["wait", "walk", "clean"], "label": ["Wait", "Walk", "Clean car"], "touchpoint_label": ["Counter"] * 3,
    "unit_of_measure": ["minutes"] * 3, "better": ["lower", "lower", "higher"]})  # fmt: skip
LABELS = dict(zip(WORDS["driver"], WORDS["label"], strict=True))


@pytest.fixture(scope="module")
def journeys():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(600, 3)), columns=["wait", "walk", "clean"])
    return frame.assign(points=np.clip(np.round(7 - frame["wait"] + 0.4 * frame["clean"] + rng.normal(size=600)), 0, 10))


@pytest.fixture(scope="module")
def found(journeys):
    return ranking.ranking(journeys, "points", ["wait", "walk", "clean"], bootstrap=100)


def said(message) -> str:
    return SAY.say(message[0], **message[1]).replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_names_the_method_and_who_differs(found):
    assert said(told_importance.ways_said(found, LABELS)) == "The ranking is by LMG shares; the 3 other ways of counting put Wait first too."
    found.ways.attrs["first"] = {"lmg": "wait", "johnson": "clean", "first": "wait", "last": "clean"}
    differ = said(told_importance.ways_said(found, LABELS))
    assert differ == "The ranking is by LMG shares, which put Wait first; Johnson's relative weights put Clean car first and the gains of each measure entered last put Clean car first."


def test_the_subtitle_names_the_method_the_answers_and_what_is_explained(found):
    words = said(told_importance.how_said(found.table, "NPS", 600, ["2018-03"]))
    assert "explain of NPS (LMG shares), March 2018, n = 600 answers" in words


def test_the_order_is_told_with_its_difference(found):
    words = said(told_importance.order_said(found, LABELS))
    assert words.startswith("Wait is ahead of Clean car beyond chance: ") and "points (" in words
    one = ranking.Ranking(found.table.head(1), found.pairs.head(0), found.ways.head(1), found.yardstick)
    assert said(told_importance.order_said(one, LABELS)) == "There is one measure only, so there is no order to settle."


def test_the_table_ends_with_noise_and_each_row_has_one_remark_at_most(found):
    table = told_importance.with_yardstick(found, WORDS)
    assert list(table["label"]) == ["Wait", "Clean car", "Walk", "drivers.noise"]
    assert table["usable"].tolist() == [True, True, None, None] and table["beyond_yardstick"].tolist()[:3] == [True, True, False]
    assert "one measure carries no more than that" in said(told_importance.strips_said(found, ["month"]))


def test_models_that_agree_and_models_that_do_not(journeys, found):
    both = ordinal.beside_linear(found.table, ordinal.proportional_odds(journeys, "points", ["wait", "walk", "clean"]))
    assert said(told_importance.ordinal_said(both, LABELS)) == "A model of the answers in their order says the same of every measure."
    other = both.assign(agrees=[True, False, True])
    assert said(told_importance.ordinal_said(other, LABELS)) == "A model of the answers in their order says otherwise of one measure: Clean car."
    assert said(told_importance.steps_said(both.assign(proportional=[False, True, True]), LABELS)).startswith("Wait weighs more at some steps")


def test_the_pair_that_cannot_be_told_apart_is_named(journeys):
    table = entangled.entangled(journeys.assign(walk=journeys["wait"] + 0.2 * journeys["walk"]), "points", ["wait", "walk", "clean"], bootstrap=100)
    words = said(told_importance.entangled_said(table, LABELS))
    assert "hard to tell apart: inflation" in words and "Wait" in words and "Walk" in words
    apart = entangled.entangled(journeys, "points", ["wait", "walk", "clean"], bootstrap=100)
    assert said(told_importance.entangled_said(apart, LABELS)).startswith("All measures can be told apart")


def test_what_is_left_out_is_told_by_what_was_unknown(journeys):
    gaps = journeys.copy()
    gaps.loc[:4, "wait"], gaps.loc[3:5, "points"] = np.nan, np.nan
    table = ranking.ranking(gaps, "points", ["wait", "walk"], bootstrap=100).table
    gone = told_importance.dropped(table, WORDS, 600)
    assert gone[["label", "dropped", "n"]].to_numpy().tolist() == [["Wait", 5, 600], ["drivers.the_score", 3, 600]]
    assert said(told_importance.dropped_said(table, 600)) == "594 of 600 answers are in the model; 6 lack an input and are left out."


def test_without_any_driver_every_part_is_empty_and_said(journeys):
    none = ranking.ranking(journeys, "points", [])
    forest = good_and_bad.good_and_bad(none.table, journeys, WORDS).merge(WORDS, on="driver")
    both = ordinal.beside_linear(none.table, ordinal.proportional_odds(journeys, "points", []))
    assert forest.empty and both.empty and entangled.entangled(journeys, "points", []).empty
    assert told_importance.dropped(none.table, WORDS, 600).empty and "No answer is in a model" in said(told_importance.dropped_said(none.table, 600))


def test_the_largest_difference_is_that_of_a_usable_driver(journeys, found):
    forest = good_and_bad.good_and_bad(found.table, journeys, WORDS).merge(WORDS, on="driver")
    assert said(told_importance.forest_said(forest)).startswith("Wait makes the largest difference: +")
    assert said(told_importance.forest_said(forest.assign(usable=False))).startswith("No measure makes a difference beyond chance")
