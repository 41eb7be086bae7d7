"""San Francisco airport: what the brand publishes equals what the file says when asked in another way."""

from __future__ import annotations

import csv

import pytest

from cx_helpers.config import load_brand
from cx_helpers.study import Study
from cx_helpers.tables.lake import Lake


@pytest.fixture(scope="module")
def rows(airport):
    with airport.open(newline="", encoding="utf-8") as open_file:
        return list(csv.DictReader(open_file))


@pytest.fixture(scope="module")
def lake(airport):
    return Lake(load_brand("sfo_airport").folder / "tables")


def test_net_promoter_score_without_weights_is_39_8_on_2746_answers(rows, lake):
    told = [int(row["NETPRO"]) for row in rows if row["NETPRO"] not in ("", "11")]
    by_hand = 100 * (sum(score >= 9 for score in told) - sum(score <= 6 for score in told)) / len(told)
    answers = lake.frame("responses").query("metric == 'nps'")["score"].dropna()
    assert (len(told), round(by_hand, 1)) == (2746, 39.8)
    assert len(answers) == 2746 and 100 * ((answers >= 9).mean() - (answers <= 6).mean()) == pytest.approx(by_hand)


def test_the_pages_weigh_answers_by_the_files_weight(rows, lake):
    told = [(int(row["NETPRO"]), float(row["WEIGHT"])) for row in rows if row["NETPRO"] not in ("", "11")]
    all_weights = sum(weight for _, weight in told)
    by_hand = 100 * (sum(w for s, w in told if s >= 9) - sum(w for s, w in told if s <= 6)) / all_weights
    answers = Study.open("sfo_airport", "2017-05").answers("overall.nps")
    share = lambda rows: answers.loc[rows, "weight"].sum() / answers["weight"].sum()  # noqa: E731
    assert round(by_hand, 1) == 40.4
    assert 100 * (share(answers["score"] >= 9) - share(answers["score"] <= 6)) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("column", "touchpoint", "metric"),
    [("Q7FOOD", "food", "rating"), ("Q9RESTROOM", "restrooms", "cleanliness"), ("Q14PASSTHRU", "security", "ease"), ("Q7ALL", "overall", "whole")],
)
def test_a_rating_counts_only_what_was_used_and_answered(rows, lake, column, touchpoint, metric):
    told = [int(row[column]) for row in rows if row[column] in "12345" and row[column]]
    blank = sum(row[column] in ("0", "Blank") for row in rows)
    found = lake.frame("responses").query(f"touchpoint == '{touchpoint}' and metric == '{metric}'")
    assert found["score"].count() == len(told) and found["score"].sum() == sum(told)
    assert found["score"].isna().sum() == blank


def test_no_row_is_lost_and_minutes_lead_from_arrival_to_departure(rows, lake):
    assert len(lake.frame("journeys")) == len(rows) == 2831 and len(lake.frame("quarantine")) == 0
    minutes = [float(row["HOWLONG"]) for row in rows if row["HOWLONG"]]
    measured = lake.frame("inputs").query("input == 'airport_minutes'")["value"]
    assert (len(measured), measured.sum()) == (len(minutes), sum(minutes))
    journeys = lake.frame("journeys")
    lived = (journeys["ended_at"] - journeys["started_at"]).dt.total_seconds().sum() / 60
    assert lived == sum(minutes)


def test_codes_for_no_answer_are_declared_turned_and_counted(rows, lake):
    codes = lake.frame("missing_codes")
    turned = codes[codes["about"] == "declared"].set_index("column")["rows"]
    assert turned["NETPRO"] == sum(row["NETPRO"] == "11" for row in rows) == 84 and turned["Q7ALL"] == 143
    assert turned["Q7FOOD"] == sum(row["Q7FOOD"] == "0" for row in rows)
    assert set(codes["about"]) == {"declared"}, "never used is an answer and is declared known; times, regions and ages hold no code"


def test_each_weakness_that_the_readme_lists_is_counted(rows, lake):
    found = dict(zip(lake.frame("checks")["check"], lake.frame("checks")["rows"], strict=True))
    assert found["nps_blank"] == sum(row["NETPRO"] in ("", "11") for row in rows) == 85
    assert found["blank_in_words"] == 143 and found["no_arrival_time"] == 101 and found["weekday_differs"] == 2
    assert found["no_year_in_time"] == 2831 and found["empty_column"] == found["misspelt_column"] == 1
