"""The three funnels differ where customers come and go; all who set out are in the denominator."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.journeys import maps

AT = pd.Timestamp("2026-03-02", tz="UTC")
ROWS = [
    ("straight", "a", 0), ("straight", "b", 1), ("straight", "c", 2),
    ("early", "b", 0), ("early", "a", 1), ("early", "b", 2), ("early", "c", 3),
    ("skips", "a", 0), ("skips", "c", 1), ("never", "x", 0), ("tied", "b", 0), ("tied", "a", 0),
]  # fmt: skip
EVENTS = pd.DataFrame(ROWS, columns=["journey_id", "touchpoint", "hours"]).assign(started_at=lambda t: AT + pd.to_timedelta(t["hours"], "h"))


@pytest.mark.parametrize(("kind", "n"), [("open", [4, 3, 3]), ("ordered", [4, 3, 2]), ("first", [4, 2, 1])])
def test_each_kind_counts_as_it_says(kind, n):
    found = maps.funnel(EVENTS, ["a", "b", "c"], kind)
    assert found["n"].tolist() == n and found["share"].tolist() == pytest.approx([k / 5 for k in n])
    assert found.attrs["kind"] == kind and found.attrs["definition"] and found.attrs["entrants"] == 5
    assert (found["low"] <= found["share"]).all() and (found["share"] <= found["high"]).all()


def test_those_without_any_event_are_in_the_denominator_when_all_who_set_out_are_given():
    everyone = pd.DataFrame({"journey_id": ["straight", "early", "silent1", "silent2"]})
    found = maps.funnel(EVENTS, ["a", "b", "c"], "ordered", journeys=everyone)
    assert found["n"].tolist() == [2, 2, 2] and found["share"].tolist() == [0.5, 0.5, 0.5]


def test_the_step_before_is_the_base_of_the_next_and_an_open_funnel_has_none():
    assert maps.funnel(EVENTS, ["a", "b", "c"], "ordered")["of_previous_share"].tolist() == pytest.approx([4 / 5, 3 / 4, 2 / 3])
    assert maps.funnel(EVENTS, ["a", "b"], "open")["of_previous_share"].isna().all()
    assert maps.funnel(EVENTS, ["b", "nobody", "a"], "ordered")["n"].tolist() == [3, 0, 0]


def test_a_step_twice_or_an_unknown_kind_is_refused():
    with pytest.raises(UsageError, match="a stand twice"):
        maps.funnel(EVENTS, ["a", "b", "a"])
    with pytest.raises(UsageError, match="'closed' is unknown, allowed are open, ordered, first"):
        maps.funnel(EVENTS, ["a"], "closed")


@pytest.mark.parametrize("seed", range(3))
def test_an_ordered_funnel_equals_each_journey_followed_by_hand_whoever_came_too_early(seed):
    draws, steps = np.random.default_rng(seed), list("abcd")
    rows = pd.DataFrame({"journey_id": draws.integers(0, 40, 300).astype(str), "touchpoint": draws.choice([*steps, "x"], 300), "hours": draws.integers(0, 12, 300)})
    rows = rows.assign(started_at=AT + pd.to_timedelta(rows["hours"], "h"), customer_id="c" + (rows["journey_id"].astype(int) // 3).astype(str))
    reached = {step: set() for step in steps}
    for journey, mine in rows.groupby("journey_id"):
        since = 0
        for step in steps:
            due = mine.loc[(mine["touchpoint"] == step) & (mine["hours"] >= since), "hours"]
            if due.empty:
                break
            since = due.min()
            reached[step].add(journey)
    found, first = maps.funnel(rows, steps), maps.funnel(rows, steps, "first")
    assert found["n"].tolist() == [len(reached[step]) for step in steps]
    assert found["customers"].tolist() == [len({int(journey) // 3 for journey in reached[step]}) for step in steps]
    assert found["n"].iloc[-1] > first["n"].iloc[-1], "some came too early and came again"
