"""Declared weights: each metric to the journeys it speaks for, joined to every answer, refused in words."""

import ibis
import pandas as pd
import pytest
from pydantic import ValidationError

from cx_helpers.config.journey import Weighting
from cx_helpers.tables import frames
from cx_helpers.tables.weighting import weighted, weights_of

JOURNEYS = ibis.memtable(pd.DataFrame({
    "journey_id": [f"j{i}" for i in range(100)], "customer_id": [f"c{i}" for i in range(100)], "month": "2026-01", "unit": "u", "status": "completed",
    "started_at": pd.Timestamp("2026-01-01", tz="UTC"), "ended_at": pd.Timestamp("2026-01-02", tz="UTC"), "value": 1.0,
    "kind": ["new"] * 50 + ["old"] * 50,
}))  # fmt: skip
EVENTS = ibis.memtable(pd.DataFrame({"journey_id": ["j0", "j0", "j50", "j51", "j52"], "touchpoint": "desk"}))


def responses(kinds: dict[str, list[int]]) -> ibis.Table:
    rows = [(f"{metric}{j}", f"j{j}", metric) for metric, numbers in kinds.items() for j in numbers]
    frame = pd.DataFrame(rows, columns=["response_id", "journey_id", "metric"])
    when = pd.Timestamp("2026-01-03", tz="UTC")
    return ibis.memtable(frame.assign(customer_id=frame["journey_id"], touchpoint=["overall" if m == "nps" else "desk" for m in frame["metric"]],
                                      score=9.0, weight=1.0, asked_at=when, answered_at=when, month="2026-01", channel="email"))  # fmt: skip


def test_the_whole_is_weighted_to_all_journeys_and_a_touchpoint_to_those_that_reached_it():
    given = frames.answers(responses({"nps": [0, *range(50, 54)], "csat": [0, 50]}), JOURNEYS, ["kind"])
    found = weights_of(Weighting(by=["kind"], trim=(0.1, 9)), given, JOURNEYS, EVENTS)
    factor = found.cells.set_index(["metric", "kind"])["factor"]
    assert factor["nps", "new"] == pytest.approx(0.5 / 0.2) and factor["nps", "old"] == pytest.approx(0.5 / 0.8)
    assert factor["csat", "new"] == pytest.approx(0.25 / 0.5) and factor["csat", "old"] == pytest.approx(0.75 / 0.5), "one of four reached it new"
    joined = weighted(given, found).order_by("response_id").execute()
    assert len(joined) == 7 and joined.groupby("metric")["weight"].sum().to_dict() == pytest.approx({"nps": 5, "csat": 2})
    assert list(joined.columns) == list(given.columns)


def test_shares_known_from_elsewhere_serve_every_metric():
    given = frames.answers(responses({"nps": [0, 1, 50, 51]}), JOURNEYS, ["kind"])
    found = weights_of(Weighting(margins={"kind": {"new": 0.8, "old": 0.2}}), given, JOURNEYS, EVENTS)
    assert found.cells.set_index("kind")["factor"].to_dict() == pytest.approx({"new": 1.6, "old": 0.4})
    assert found.metrics.loc[0, "n_effective"] == pytest.approx(16 / (2 * 1.6**2 + 2 * 0.4**2))


def test_a_metric_without_answers_of_a_level_stays_as_it_is_and_says_why():
    given = frames.answers(responses({"nps": [0, 1]}), JOURNEYS, ["kind"])
    found = weights_of(Weighting(by=["kind"]), given, JOURNEYS, EVENTS)
    assert found.cells.empty and "old has a share but no answer" in found.metrics.loc[0, "refused"]
    assert (weighted(given, found).execute()["weight"] == 1).all() and weighted(given, None) is given


def test_an_answer_whose_level_is_not_known_keeps_its_own_weight():
    kinds = JOURNEYS.mutate(kind=ibis.ifelse(JOURNEYS.journey_id == "j99", ibis.null("string"), JOURNEYS.kind))
    given = frames.answers(responses({"nps": [0, 50, 51, 99]}), kinds, ["kind"])
    found = weights_of(Weighting(by=["kind"]), given, kinds, EVENTS)
    joined = weighted(given, found).execute().set_index("journey_id")["weight"]
    assert joined["j99"] == 1 and joined["j0"] > 1 > joined["j50"]


@pytest.mark.parametrize(("given", "says"), [
    ({}, "needs `by`"), ({"by": ["kind"], "margins": {"kind": {"a": 1.0}}}, "keep one"), ({"margins": {"kind": {"a": 0.5, "b": 0.6}}}, "add up to 1"),
    ({"by": ["kind"], "trim": [2, 5]}, "both sides of 1"),
])  # fmt: skip
def test_a_declaration_that_says_nothing_or_two_things_is_refused(given, says):
    with pytest.raises(ValidationError, match=says):
        Weighting.model_validate(given)
