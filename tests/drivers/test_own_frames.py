"""What a newcomer reads about drivers of a frame of their own is what comes out, and what goes wrong is told in one line."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest

from cx_helpers.drivers import value
from cx_helpers.errors import DataError

FACTS = pd.DataFrame({"input": ["wait"], "label": ["Wait"], "touchpoint": ["counter"], "better": ["lower"], "standard": [10.0]})


def test_the_page_on_frames_of_ones_own_shows_what_comes_out(repo):
    failed, tried = doctest.testfile(str(repo / "docs" / "own_frames.md"), module_relative=False)
    assert tried > 20 and failed == 0


@pytest.mark.parametrize(("given", "words"), [
    ({"asked": None}, "not a table of changes"),
    ({"cluster": "who"}, "journeys lack the column 'who'"),
    ({"answers": pd.DataFrame({"wait": [1.0]}), "outcome": "score"}, "answers lack the column 'score'; answers lack the column 'customer_id'"),
    ({"answers": pd.DataFrame({"customer_id": ["a"]})}, "without the name of their outcome"),
])  # fmt: skip
def test_worth_names_every_column_it_lacks(given, words):
    journeys = pd.DataFrame({"customer_id": ["a", "b"], "wait": [5.0, 20.0]})
    with pytest.raises(DataError, match=words) as caught:
        value.worth(journeys, **{"asked": value.changes(FACTS, ["wait"]), **given})
    assert "\n" not in str(caught.value)
