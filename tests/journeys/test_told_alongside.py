"""What stands beside scores: actions that began, channels asked through, causes that moved."""

import pandas as pd

from cx_helpers.config.solutions import Solutions
from cx_helpers.estimates.families import for_several
from cx_helpers.journeys import told_alongside

SOLUTIONS = Solutions.model_validate({"challenges": {"queue": {"label": "Queue"}}, "solutions": {"lane": {"label": "Express lane", "kind": "asset", "solves": ["queue"]}}})
ACTIONS = pd.DataFrame({
    "solution": ["lane", "lane", "lane", "other"], "units": [["Soho"], ["Soho", "Kew"], ["Hull"], ["Kew"]],
    "effective_from": pd.to_datetime(["2026-03-02", "2025-01-01", "2026-03-01", "2026-02-01"]), "owner": "Ops", "status": ["running", "done", "running", "planned"],
})  # fmt: skip


def test_actions_of_the_window_and_of_the_scope_are_told_with_the_words_of_the_brand():
    found = told_alongside.begun(ACTIONS, SOLUTIONS, ["2026-02", "2026-03"], ["Soho", "Kew"])
    assert found[["label", "month", "where"]].to_numpy().tolist() == [["Express lane", "2026-03", ("actions.places", {"labels": ["Soho"]})]]
    everywhere = told_alongside.begun(ACTIONS, SOLUTIONS, ["2025-01"], ["Soho", "Kew"])
    assert everywhere["where"].tolist() == [("actions.everywhere", {})]
    assert told_alongside.begun(ACTIONS.iloc[:0], SOLUTIONS, ["2026-03"], ["Soho"]).empty


def test_the_headline_counts_actions_only_where_some_began():
    found = told_alongside.begun(ACTIONS, SOLUTIONS, ["2026-03"], ["Soho"])
    assert told_alongside.over_time_headline("NPS", "Region", found)[0] == "segments.over_time_actions"
    assert told_alongside.over_time_headline("NPS", "Region", found.iloc[:0])[0] == "segments.over_time"


def test_only_questions_asked_through_two_channels_are_laid_side_by_side():
    rows = pd.DataFrame({"metric": ["a", "a", "b", "b"], "asked_channel": ["sms", "email", "sms", "\N{EM DASH}"], "value": [1.0, 2, 3, 4]})
    assert told_alongside.by_channel(rows)["value"].tolist() == [1, 2]


def test_only_causes_that_moved_are_shown_by_month():
    causes = pd.DataFrame({"challenge": ["queue", "dirt", "few"], "trend": ["more", "", "fewer"], "shown": [True, True, False]})
    months = pd.DataFrame({"challenge": ["queue", "dirt", "few"], "month": "2026-03", "value": 0.1})
    assert told_alongside.moved_causes(months, causes)["metric"].tolist() == ["queue"]


def test_an_interval_for_several_looks_is_wider_on_both_sides():
    one = pd.DataFrame({"value": [1.0], "low": [0.0], "high": [3.0]})
    assert for_several(one, 1).to_numpy().round(9).tolist() == [[0, 3]]
    assert for_several(one, 10).to_numpy().round(2).tolist() == [[-0.43, 3.86]]
