"""Peak and end: what is remembered beyond the average, on truths that are known and where there is none."""

import ibis
import numpy as np
import pandas as pd
import pytest
import yaml

from cx_helpers.config.journey import Journey
from cx_helpers.journeys import memory
from cx_helpers.journeys.told_memory import memory_findings, memory_headline
from cx_helpers.sample import plan
from cx_helpers.sample.brand import make
from cx_helpers.sample.recoverable import RECOVERABLE

JOURNEY = Journey.model_validate(
    {
        "label": "Hotel",
        "stages": [{"id": "stay", "label": "Stay", "touchpoints": [
            {"id": "arrive", "label": "Arrival", "metrics": [{"id": "csat", "kind": "csat", "label": "Arrival"}, {"id": "nps", "kind": "nps", "label": "Early"}]},
            {"id": "sleep", "label": "Night", "metrics": [{"id": "csat", "kind": "csat", "label": "Night"}]},
            {"id": "leave", "label": "Departure", "metrics": [{"id": "ces", "kind": "ces", "label": "Departure"}]},
        ]}],
        "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    }
)  # fmt: skip


def asked(rows):
    """Requests: journey, touchpoint, metric, score, hour asked, hour answered (None: never), wording."""
    frame = pd.DataFrame(rows, columns=["journey_id", "touchpoint", "metric", "score", "asked", "answered", "question_version"])
    start = pd.Timestamp("2026-03-01", tz="UTC")
    times = {name + "_at": start + pd.to_timedelta(frame[name].astype(float), unit="h") for name in ("asked", "answered")}
    frame = frame.assign(**times, score=frame["score"].astype(float), customer_id="c" + frame["journey_id"], programme="one", month="2026-03")
    return ibis.memtable(frame.drop(columns=["asked", "answered"]))


STAY = asked([
    ("a", "arrive", "csat", 5, 1, 2, "v1"), ("a", "arrive", "nps", 0, 1, 2, "v1"), ("a", "sleep", "csat", 2, 9, 10, "v1"),
    ("a", "leave", "ces", 7, 20, 21, "v1"), ("a", "overall", "nps", 5, 30, 40, "v1"),
    ("b", "arrive", "csat", 3, 1, 2, "v1"), ("b", "sleep", "csat", 4, 9, 50, "v2"), ("b", "leave", "ces", None, 20, None, "v1"),
    ("b", "overall", "nps", 10, 30, 40, "v1"), ("c", "arrive", "csat", 4, 1, 2, "v1"),
])  # fmt: skip


def test_experiences_are_places_on_their_scale_from_the_usual_answer_in_the_same_words():
    rows = memory.experienced(STAY, JOURNEY, "overall.nps").execute().set_index(["journey_id", "touchpoint"]).sort_index()
    assert sorted(rows.index) == [("a", "arrive"), ("a", "leave"), ("a", "sleep"), ("b", "arrive"), ("b", "leave"), ("b", "sleep")]
    # arrivals 5, 3 and 4 are places 1, 0.5 and 0.75; the usual one is 0.75
    assert rows["lived"].loc[("a", "arrive")] == pytest.approx(0.25)
    assert rows["lived"].loc[("b", "arrive")] == pytest.approx(-0.25)
    # the only answer in its own words is the usual one
    assert rows["lived"].loc[("a", "sleep")] == 0
    assert rows["remembered"].loc[("a", "sleep")] == 0.5 and rows["remembered"].loc[("b", "sleep")] == 1


def test_an_answer_given_after_the_journey_was_remembered_is_not_used():
    rows = memory.experienced(STAY, JOURNEY, "overall.nps").execute().set_index(["journey_id", "touchpoint"])
    assert np.isnan(rows["lived"].loc[("b", "sleep")])


def test_the_end_is_unknown_where_the_last_request_was_not_answered():
    whole = memory.whole_journeys(memory.experienced(STAY, JOURNEY, "overall.nps").execute()).set_index("journey_id")
    assert whole.loc["a", ["steps", "end", "worst", "best"]].tolist() == [3, 0, 0, 0.25]
    assert np.isnan(whole.loc["b", "end"]) and whole.loc["b", "steps"] == 1
    assert whole.loc["a", "days"] == pytest.approx(19 / 24)


def test_touchpoints_may_count_differently_in_the_mean():
    rows = memory.experienced(STAY, JOURNEY, "overall.nps").execute()
    whole = memory.whole_journeys(rows, touchpoint_weights={"arrive": 2.0}).set_index("journey_id")
    assert whole.loc["a", "mean"] == pytest.approx(2 * 0.25 / 4)


def stays(seed, weights=(0.30, 0.35, 0.35), journeys=500, noise=0.12):
    """Journeys of three to seven experiences, every one known, remembered by the weights given to mean, worst and end."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, journeys * 2 // 3, journeys)
    own = rng.normal(0, 0.08, journeys)[customer]
    steps = rng.integers(3, 8, journeys)
    lived = np.where(np.arange(7) < steps[:, None], own[:, None] + rng.normal(0, 0.2, (journeys, 7)), np.nan)
    mean, worst, best = np.nanmean(lived, axis=1), np.nanmin(lived, axis=1), np.nanmax(lived, axis=1)
    end = lived[np.arange(journeys), steps - 1]
    grudge = rng.normal(0, noise / 2, journeys)[customer]
    remembered = 0.7 + 0.8 * (np.column_stack([mean, worst, end]) @ weights) + grudge + rng.normal(0, noise, journeys)
    return pd.DataFrame({
        "journey_id": np.arange(journeys).astype(str), "customer_id": customer.astype(str), "unit": "", "remembered": remembered, "mean": mean,
        "worst": worst, "best": best, "end": end, "steps": steps, "days": steps * 1.5, "spread": np.nanvar(lived, axis=1, ddof=1),
    })  # fmt: skip


def covered(seeds):
    """Share of draws whose intervals hold the planted weights, and of draws with only a mean in which more is claimed."""
    inside, claimed = [], []
    for seed in seeds:
        found = memory.peak_end(stays(seed)).weights
        truth = np.array([0.30, 0.35, 0.35])
        inside.append(((found["low"] <= truth) & (truth <= found["high"])).to_numpy())
        claimed.append(memory.peak_end(stays(seed, (1.0, 0.0, 0.0))).verdict != "mean")
    return np.mean(inside, axis=0), np.mean(claimed)


def test_planted_weights_lie_within_their_intervals_and_a_mere_mean_claims_nothing():
    inside, claimed = covered(range(60))
    assert (inside >= 0.85).all() and claimed <= 0.1


@pytest.mark.long
def test_planted_weights_are_covered_over_a_thousand_seeds(promised):
    inside, claimed = covered(range(1000))
    for part, rate in zip(memory.PARTS, inside, strict=True):
        promised(f"peak-end: weight of the {part}", "coverage", rate * 1000, 1000)
    promised("peak-end: more than the mean claimed where only it counts", "false calls", claimed * 1000, 1000)


def test_the_order_of_journeys_and_the_names_of_customers_change_nothing():
    frame = stays(5)
    renamed = frame.assign(customer_id="x" + frame["customer_id"].str[::-1])
    one, other = memory.peak_end(frame), memory.peak_end(renamed)
    pd.testing.assert_frame_equal(one.weights, other.weights)
    pd.testing.assert_frame_equal(one.comparison, other.comparison)


def test_more_answers_make_a_worse_worst_and_are_held():
    """The worst of seven is worse than that of three: where remembering falls with the number alone, no peak is found."""
    frame = stays(8, (1.0, 0.0, 0.0), journeys=3000)
    frame["remembered"] = 0.9 - 0.05 * frame["steps"] + 0.5 * frame["mean"] + np.random.default_rng(8).normal(0, 0.1, 3000)
    assert memory.peak_end(frame).verdict == "mean"


def test_few_journeys_are_not_enough_and_say_so():
    found = memory.peak_end(stays(1, journeys=150))
    assert found.verdict == "too_few" and found.weights.empty and found.journeys == 150
    assert memory_headline(found)[0] == "memory.too_few" and memory_findings(found, "NPS") == []


def test_journeys_of_two_answers_do_not_count():
    frame = stays(1, journeys=600)
    frame["steps"] = 2
    assert memory.peak_end(frame).journeys == 0


def test_the_finding_is_told_where_peak_and_end_add_something_and_not_where_they_do_not():
    on, off = memory.peak_end(stays(2)), memory.peak_end(stays(2, (1.0, 0.0, 0.0)))
    (told,) = memory_findings(on, "NPS")
    assert told.message == "memory.peak_end.finding" and told.grade == "associated" and 0 < told.weight < 1
    assert memory_findings(off, "NPS") == [] and memory_headline(off)[0] == "memory.mean"


def rentals(frames, journey):
    """Frames of the sample as `experienced` reads them."""
    rows = frames["responses"].rename(columns={"booking_no": "journey_id", "customer_no": "customer_id", "survey": "touchpoint", "question": "metric"})
    rows = rows[["journey_id", "customer_id", "touchpoint", "metric", "score", "asked_at", "answered_at", "question_version"]]
    store = ibis.duckdb.connect()
    rows = store.create_table("responses", rows.assign(programme="", month="2026-01"))
    counts = {name: weight for name, (_, weight) in plan.EXPERIENCES.items()}
    units = frames["rentals"][["booking_no", "unit"]].rename(columns={"booking_no": "journey_id"})
    lived = memory.experienced(rows, journey, "overall.nps").execute()
    store.disconnect()  # hundreds of brands would fill the memory
    return memory.peak_end(memory.whole_journeys(lived, units, counts)), memory.peak_end(memory.whole_journeys(lived, units))


@pytest.fixture(scope="module")
def sample_journey(repo):
    return Journey.model_validate(yaml.safe_load((repo / "data/sample/journey.yaml").read_text("utf-8")))


def recovered(seeds, journey, rentals_made=30_000):
    inside = []
    for seed in seeds:
        found = rentals(make(seed, rentals_made), journey)[0].weights.set_index("part")
        # points of 0-10 a point of 1-5, as the yardsticks have them
        for part, name in (("worst", "peak_remembered"), ("end", "end_remembered")):
            low, high = (found.loc[part, f"effect_{side}"] * 10 / 4 for side in ("low", "high"))
            inside.append(low <= RECOVERABLE[name].value <= high)
    return np.reshape(inside, (-1, 2)).mean(axis=0)


def test_the_sample_remembers_its_worst_moment_and_its_end(sample_journey):
    on, plain = rentals(make(11, 60_000), sample_journey)
    assert plain.verdict == "peak_end" and on.verdict == "peak_end"


@pytest.mark.long
def test_the_recoverable_weights_of_the_sample_are_covered_over_400_seeds(sample_journey, promised):
    for part, rate in zip(("worst", "end"), recovered(range(400), sample_journey), strict=True):
        promised(f"peak-end: weight of the {part}, sample brand", "coverage", rate * 400, 400)


@pytest.mark.long
def test_with_the_truth_switched_off_the_sample_is_remembered_by_its_mean(sample_journey, promised):
    said = [rentals(make(seed, 60_000, plan.ALL - {"peak_end"}), sample_journey)[1].verdict for seed in range(2, 52)]
    promised("peak-end switched off, sample brand", "false calls", 50 - said.count("mean"), 50)


@pytest.mark.long
def test_peak_and_end_are_found_in_four_of_five_seeds(sample_journey, promised):
    said = [rentals(make(seed, 60_000), sample_journey)[1].verdict for seed in range(2, 52)]
    promised("peak-end, sample brand", "planted", said.count("peak_end"), 50)
