"""Ways and scores: only what was lived before answering; found where it is, and silent where it is not."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import DataError
from cx_helpers.journeys.intents import completion
from cx_helpers.journeys.micro import REST, micro_journeys, way_scores, ways_lived

AT = pd.Timestamp("2026-03-02", tz="UTC")
EVENTS = pd.DataFrame(
    [("j1", "book", 0), ("j1", "pay", 1), ("j1", "call", 5), ("j2", "book", 0), ("j2", "pay", 9), ("j3", "book", 4)],
    columns=["journey_id", "touchpoint", "hours"],
).assign(started_at=lambda t: AT + pd.to_timedelta(t.pop("hours"), "h"))
ANSWERS = pd.DataFrame({
    "journey_id": ["j1", "j1", "j2", "j3", "j9"], "customer_id": ["c1", "c1", "c2", None, "c4"], "points": [1.0, 5.0, 3.0, 2.0, 4.0],
    "answered_at": [AT + pd.Timedelta(hours=h) for h in (2, 3, 6, 4, 1)],
})  # fmt: skip


def test_a_way_holds_only_the_steps_begun_before_the_answer_and_the_last_answer_counts():
    found = ways_lived(EVENTS, ANSWERS).set_index("journey_id")
    assert found["variant"].to_dict() == {"j1": "book > pay", "j2": "book"}, "j3 answered as the step began, j9 has no step"
    assert found.loc["j1", "points"] == 5.0
    with pytest.raises(DataError, match="columns points are missing"):
        ways_lived(EVENTS, ANSWERS.drop(columns="points"))


WAYS = ["a > b > c", "a > c", "a > b > d > c", "a > b > c > d", "a > d > c > d"]


def world(seed: int, worse: float = 0.0, answers: int = 1500) -> pd.DataFrame:
    """Answers of customers who come more than once and are content each in their own way; `worse` where d comes after b."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, answers // 2, answers)
    content = rng.normal(0, 1.0, answers)[customer]
    variant = rng.choice(WAYS, answers, p=[0.45, 0.2, 0.15, 0.12, 0.08])
    points = np.clip(np.round(4 + content + rng.normal(0, 1, answers) - worse * (variant == WAYS[2])), 1, 7)
    return pd.DataFrame({"journey_id": np.arange(answers).astype(str), "customer_id": customer.astype(str), "variant": variant, "points": points})


def test_a_stretch_that_costs_is_found_with_an_interval_around_its_cost():
    found = micro_journeys(world(1, worse=1.0))
    planted = found.set_index("micro_journey").loc["b > d"]
    assert found.loc[0, "micro_journey"] in ("b > d", "d > c") and planted["clear"] and planted["low"] < -0.95 < planted["high"] < 0
    assert found["clear"].tolist() == sorted(found["clear"], reverse=True) and found.attrs["called"] == found["clear"].sum()
    assert ((found["low"] > 0) | (found["high"] < 0)).tolist() == found["clear"].tolist(), "an interval excludes 0 just where it is called"
    rarer = np.where(found["share"] <= 0.5, found["share"], found["share"] - 1)
    np.testing.assert_allclose(found["pull_points"], rarer * found["value"])


def test_a_stretch_that_divides_the_answers_like_another_is_looked_at_once():
    ways = pd.DataFrame({"journey_id": range(200), "variant": ["a > b > c"] * 100 + ["a > c"] * 100, "points": np.tile([1.0, 2.0], 100)})
    assert micro_journeys(ways).attrs["tested"] == 1, "a > b, b > c, a > b > c and not a > c are one question"
    assert micro_journeys(ways, minimum=101).empty
    few = way_scores(ways.assign(variant=[f"v{i}" for i in range(200)]))
    assert few["variant"].tolist() == [REST] and np.isnan(few.attrs["p"])


def test_means_of_ways_are_exact_and_told_apart():
    ways = pd.DataFrame({"journey_id": range(80), "variant": ["x"] * 40 + ["y"] * 40, "points": [3.0, 5.0] * 20 + [1.0, 3.0] * 20})
    found = way_scores(ways).set_index("variant")
    assert found["value"].to_dict() == {"x": 4.0, "y": 2.0} and found["n"].tolist() == [40, 40]
    assert found.attrs["p"] < 1e-6 and way_scores(world(3)).attrs["p"] > 0.01


def calls(seeds: int) -> tuple[float, float]:
    """Share of data sets without anything in them where ways are said to differ, and where any stretch is called."""
    made = [world(seed) for seed in range(seeds)]
    return np.mean([way_scores(w).attrs["p"] < 0.05 for w in made]), np.mean([micro_journeys(w)["clear"].any() for w in made])


def test_nothing_is_found_in_noise_in_a_few_data_sets():
    apart, called = calls(40)
    assert apart <= 0.2 and called <= 0.2
    assert np.mean([micro_journeys(world(seed, worse=1.0))["clear"].any() for seed in range(10)]) >= 0.8


@pytest.mark.long
def test_nothing_is_found_in_noise(promised):
    apart, called = calls(1000)
    promised("ways in noise: said to differ", "false calls", apart * 1000, 1000)
    promised("stretches of ways in noise: any called", "false calls", called * 1000, 1000)


TRIPS = pd.DataFrame(
    [("1", "completed", "leisure"), ("2", "cancelled", "leisure"), ("3", "open", "leisure"), ("4", "open", "refund"), ("5", "completed", "refund"), ("6", "completed", None)],
    columns=["journey_id", "status", "intent"],
)  # fmt: skip


def test_completion_leaves_open_journeys_out_and_names_what_is_unknown():
    found = completion(TRIPS).set_index("intent")
    assert found.loc["leisure", ["n", "open", "fulfilled", "share"]].tolist() == [2, 1, 1, 0.5]
    assert found.loc["unknown", "share"] == 1.0 and found.loc["leisure", "low"] < 0.5 < found.loc["leisure", "high"]


def test_an_intent_that_is_a_touchpoint_is_fulfilled_by_reaching_it():
    events = pd.DataFrame({"journey_id": ["4", "4"], "touchpoint": ["refund", "refund"]})
    found = completion(TRIPS, events, touchpoints=["refund"]).set_index("intent")
    assert found.loc["refund", ["n", "open", "fulfilled", "share"]].tolist() == [2, 0, 1, 0.5], "4 has it though still open; 5 ended without it"
