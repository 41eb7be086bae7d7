"""Bends of the remembered and of the touchpoint's own score, and what the page says of them."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey
from cx_helpers.drivers import told_thresholds as turns
from cx_helpers.drivers.asymmetry import penalty_reward
from cx_helpers.drivers.felt import felt_bends
from cx_helpers.drivers.lateness import promised
from cx_helpers.reports.sentences import Sentences
from cx_helpers.tables.measures import measures

SAY = Sentences("en")
JOURNEY = Journey.model_validate({
    "label": "Shop", "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [
        {"id": "counter", "label": "Counter", "metrics": [{"id": "csat", "kind": "csat", "label": "Satisfaction"}], "inputs": [
            {"id": "wait", "label": "Minutes waited", "unit": "minutes", "better": "lower", "standard": 20},
            {"id": "staff", "label": "Staff there", "unit": "people", "better": "higher"},
            {"id": "failed", "label": "Failed", "unit": "share", "better": "lower", "statistic": "share"}]},
        {"id": "desk", "label": "Desk", "inputs": [{"id": "walk", "label": "Metres", "unit": "metres", "better": "lower"}]}]}],
})  # fmt: skip
INPUTS = list(JOURNEY.inputs)


class Brand:
    journey, name = JOURNEY, "shop"

    class solutions:
        challenges = {}


FACTS = measures(Brand)


def answers_of(metric, inputs=(), felt=10.0, remembered=20.0, n=2400):
    """The counter's own score turns at `felt` minutes, the remembered one at `remembered`."""
    rng = np.random.default_rng(1 if metric == "overall.nps" else 4)
    frame = pd.DataFrame({"counter.wait": rng.integers(0, 36, n), "counter.staff": rng.uniform(0, 10, n), "counter.failed": rng.integers(0, 2, n), "desk.walk": rng.uniform(0, 99, n)})
    own = metric == "counter.csat"
    place, slope, noise = (felt, -0.08, 0.5) if own else (remembered, -4.0, 25.0)
    points = (4.5 if own else 50) + slope * np.maximum(frame["counter.wait"] - place, 0) + rng.normal(0, noise, n)
    return frame.assign(points=points, customer_id=np.arange(n) // 2, unit=rng.choice(["x", "y"], n))


@pytest.fixture(scope="module")
def told():
    return turns.bends_told(felt_bends(answers_of, JOURNEY, "overall.nps", INPUTS, ["unit"]), FACTS)


def test_every_input_with_many_values_is_asked_of_the_scores_that_concern_it(told):
    pairs = {(row.input, row.metric) for row in told.itertuples()}
    assert pairs == {("counter.wait", "overall.nps"), ("counter.staff", "overall.nps"), ("desk.walk", "overall.nps"), ("counter.wait", "counter.csat"), ("counter.staff", "counter.csat")}
    assert told.loc[told["metric"] == "counter.csat", "own"].all() and not told.loc[told["metric"] == "overall.nps", "own"].any()


def test_what_is_felt_and_what_is_remembered_have_their_own_place(told):
    rows = told[told["bend"]].set_index("metric")
    assert rows.index.tolist() and set(rows["input"]) == {"counter.wait"}
    assert rows.loc["counter.csat", "low"] <= 10 <= rows.loc["counter.csat", "high"] and rows.loc["overall.nps", "low"] <= 20 <= rows.loc["overall.nps", "high"]
    assert rows.loc["counter.csat", "standing"] == "standard_beyond" and rows.loc["overall.nps", "standing"] == "standard_at"
    curves = told.attrs["curves"]
    assert set(curves["shape"]) == {"groups", "bend", "spline"} and set(curves["metric"]) == {"counter.csat", "overall.nps"}


def test_findings_say_where_it_starts_and_that_it_is_remembered_later(told):
    found = turns.bend_findings(told)
    assert [finding.message for finding in found] == ["thresholds.starts", "thresholds.starts", "thresholds.remembered_later", "thresholds.loose_standard"]
    assert all(finding.grade == "associated" and 0 < finding.weight < 1 for finding in found)
    sentences = [SAY.sentence(finding) for finding in found]
    assert any(s.startswith("Minutes waited: up to ") and "Satisfaction does not clearly change; beyond, it falls by" in s and s.endswith("a minute.") for s in sentences)
    assert sentences[3].startswith("Minutes waited: the standard of 20 min allows what hurts; Satisfaction turns at")
    assert turns.bend_headline(told) is not None and turns.bend_headline(told).message == "thresholds.starts"


def test_nothing_is_said_where_nothing_bends():
    straight = turns.bends_told(felt_bends(lambda metric, inputs: answers_of(metric).assign(points=np.random.default_rng(0).normal(size=2400)), JOURNEY, "overall.nps", INPUTS, ["unit"]), FACTS)
    assert turns.bend_findings(straight) == [] and turns.bend_headline(straight) == ("thresholds.none", {"count": 3, "n": 2400})
    assert "none is beyond chance" in SAY.say(turns.bend_headline(straight)[0], **turns.bend_headline(straight)[1])
    assert straight.attrs["curves"].empty


def test_a_brand_without_waits_or_scores_is_told_so():
    nothing = turns.bends_told(felt_bends(answers_of, JOURNEY, None, [], ["unit"]), FACTS)
    assert nothing.empty and turns.bend_headline(nothing) == ("thresholds.none_asked", {})
    assert promised(answers_of, JOURNEY, "overall.nps", INPUTS, []).empty


def test_contrasts_are_told_by_their_class():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.choice(["low", "mid", "high"], 3000) for name in ("counter.wait", "desk.walk")})
    frame["points"] = 30 - 20 * (frame["counter.wait"] == "low") + rng.normal(0, 30, 3000)
    sides = turns.asymmetry_told(penalty_reward(frame, "points", ["counter.wait", "desk.walk"]), FACTS)
    found = turns.asymmetry_findings(sides, "NPS", (-100, 100))
    assert [finding.message for finding in found] == ["asymmetry.must_be"] and found[0].args["driver"] == "Minutes waited"
    assert SAY.sentence(found[0]).startswith("Minutes waited only costs: where it is bad NPS is lower by ")
    few = turns.asymmetry_told(penalty_reward(frame.head(90), "points", ["counter.wait", "desk.walk"]), FACTS)
    assert turns.asymmetry_headline(few, "NPS", (-100, 100))[0] == "asymmetry.not_told" and set(few["kano"]) == {"too_few_to_tell"}
    assert turns.asymmetry_headline(few.head(0), "NPS", (-100, 100)) == ("asymmetry.none_asked", {})
