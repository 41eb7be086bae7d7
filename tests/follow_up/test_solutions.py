"""Challenges and solutions both ways; an opportunity without a solution is a gap that is named."""

import pandas as pd

from cx_helpers.config.solutions import Solutions
from cx_helpers.follow_up.solutions import fitting, library

LIBRARY = Solutions.model_validate({
    "challenges": {
        "waits": {"label": {"en": "Waits", "es": "Esperas"}, "inputs": ["counter.wait"]},
        "slow": {"label": "Slow", "inputs": ["counter.wait", "return.check"]},
        "noise": {"label": "Noise"},
    },
    "solutions": {
        "line": {"label": "Second line", "kind": "asset", "solves": ["waits", "slow"], "cost": 10},
        "course": {"label": "Course", "kind": "training", "solves": ["slow"]},
    },
})  # fmt: skip


def test_each_pair_is_a_row_and_an_unsolved_challenge_stays():
    found = library(LIBRARY)
    assert found[["challenge", "solution"]].fillna("-").to_numpy().tolist() == [
        ["waits", "line"], ["slow", "line"], ["slow", "course"], ["noise", "-"],
    ]  # fmt: skip
    assert library(LIBRARY, "es")["challenge_label"].tolist()[:2] == ["Esperas", "Slow"] and library(Solutions()).empty


def test_opportunities_get_each_fitting_solution_once_and_gaps_stay():
    chances = pd.DataFrame({"input": ["drive.car", "counter.wait"], "rank": [2, 1], "value": [0.1, 0.4]})
    found = fitting(chances, library(LIBRARY))
    assert found["input"].tolist() == ["counter.wait", "drive.car"]
    assert found["solutions"].tolist() == [["Second line", "Course"], []] and found["challenge_label"].tolist() == ["Waits, Slow", ""]
    assert fitting(chances.iloc[:0], library(LIBRARY)).empty
