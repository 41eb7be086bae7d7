"""What the map tells beside scores: moments that stand apart, and what is spoken of where."""

from types import SimpleNamespace

import pandas as pd
import pytest

from cx_helpers.journeys import told_map


def lived(*rows):
    found = pd.DataFrame(rows, columns=["touchpoint", "value", "low", "high"])
    return found.assign(metric=found["touchpoint"] + ".csat", kind="rating", scale_min=1, scale_max=5, shown=True)


@pytest.fixture
def journey():
    return SimpleNamespace(touchpoints=[SimpleNamespace(id=name) for name in ("book", "pickup", "return")])


def pairs(found):
    return set(found.itertuples(index=False, name=None))


def test_the_lowest_the_highest_and_the_last_are_named_where_they_stand_apart(journey):
    apart = lived(("book", 4.0, 3.9, 4.1), ("pickup", 3.0, 2.9, 3.1), ("return", 4.5, 4.4, 4.6))
    assert pairs(told_map.moments(apart, journey)) == {("pickup", "lowest"), ("return", "highest"), ("return", "end")}


def test_scores_within_each_others_noise_are_neither_lowest_nor_highest(journey):
    close = lived(("book", 4.0, 3.8, 4.2), ("pickup", 3.95, 3.8, 4.1), ("return", 4.1, 3.9, 4.3))
    assert pairs(told_map.moments(close, journey)) == {("return", "end")}


def test_a_reworded_score_is_compared_with_none_and_one_score_alone_is_no_moment(journey):
    apart = lived(("book", 4.0, 3.9, 4.1), ("pickup", 3.0, 2.9, 3.1), ("return", 4.5, 4.4, 4.6))
    assert pairs(told_map.moments(apart, journey, {"pickup.csat"})) == {("book", "lowest"), ("return", "highest"), ("return", "end")}
    assert told_map.moments(apart.iloc[:1], journey).empty and told_map.moments(apart.assign(shown=False), journey).empty


def test_causes_of_complaints_are_told_at_their_touchpoint_by_customers_not_by_complaints():
    solutions = SimpleNamespace(challenges={"wait": SimpleNamespace(label="Waiting", causes=["queue"])})
    spoken = pd.DataFrame({"customer": ["a", "b"], "comment_id": ["c1", "c2"], "challenge": ["wait", None]})
    comments = pd.DataFrame({"comment_id": ["c1", "c2"], "touchpoint": ["pickup", "pickup"]})
    cases = pd.DataFrame({"case_id": ["k1", "k2", "k3"], "customer_id": ["a", "d", "d"], "touchpoint": ["pickup", "return", "return"], "cause": ["Queue", "damage", "damage"]})
    found = told_map.spoken_at(spoken, comments, cases, solutions)
    assert [(row.touchpoint, row.label, row.n, row.of, row.value) for row in found.itertuples()] == [("pickup", "Waiting", 1, 2, 0.5), ("return", "damage", 1, 1, 1.0)]


def test_the_map_speaks_of_standards_and_of_leaving_only_where_they_are_known():
    work, steps = pd.DataFrame({"standing": ["no standard"]}), pd.DataFrame({"drop_off_share": [float("nan")]})
    assert told_map.map_how(3, "orders", ["2026-03"], "2026-03", work)[0] == "map.how_plain" and told_map.map_source(steps) == "map.source_ended"
    work, steps = pd.DataFrame({"standing": ["misses"]}), pd.DataFrame({"drop_off_share": [0.1]})
    assert told_map.map_how(3, "orders", ["2026-03"], "2026-03", work)[0] == "map.how" and told_map.map_source(steps) == "map.source"
