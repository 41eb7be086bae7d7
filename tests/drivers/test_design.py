"""Design matrix, weights and groups come from the same rows; inputs that tell nothing are left out by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers.design import design, screen
from cx_helpers.errors import DataError


@pytest.fixture
def frame():
    return pd.DataFrame({
        "score": [1.0, 2, np.nan, 4, 5, 6, 7, 2, 8], "pickup.wait": [1.0, 3, 2, np.nan, 2, 8, 1, 0, 5],
        "damage": pd.array([True, False, True, True, False, False, True, None, True], dtype="boolean"),
        "unit": ["b", "a", "a", "b", "b", "a", "b", "a", "a"], "w": [1.0, 3, 1, 1, 1, 2, 1, 1, 2], "who": ["z", "y", "z", "z", "z", None, "x", "y", "y"]})  # fmt: skip


def test_rows_weights_groups_and_controls_are_those_of_the_complete_cases(frame):
    d = design(frame, "score", ["pickup.wait", "damage"], ["unit"], "w", "who")
    assert list(d.kept) == [True, True, False, False, True, True, True, False, True]
    assert list(d.y) == [1, 2, 5, 6, 7, 8]
    assert d.x.tolist() == [[1, 1], [3, 0], [2, 0], [8, 0], [1, 1], [5, 1]]
    assert d.controls.tolist() == [[1, 0], [1, 1], [1, 0], [1, 1], [1, 0], [1, 1]], "constant, then unit a against b, the first met"
    assert (d.weights * 10 / 6).tolist() == pytest.approx([1, 3, 1, 2, 1, 2])
    assert list(d.groups) == [0, 1, 0, 2, 3, 1], "by first appearance; a row without a customer stands alone"
    assert d.dropped_by == {"score": 1, "pickup.wait": 1, "damage": 1} and d.n_groups == 4


def test_order_of_names_of_groups_does_not_matter(frame):
    renamed = frame.assign(who=frame["who"].map({"z": "a", "y": "b", "x": "c"}))
    one, two = (design(f, "score", ["pickup.wait", "damage"], [], None, "who") for f in (frame, renamed))
    assert list(one.groups) == list(two.groups)


def test_a_row_of_weight_nothing_is_left_out(frame):
    d = design(frame.assign(w=[0.0, 1, 1, 1, 1, 1, 1, 1, 1]), "score", ["pickup.wait"], (), "w")
    assert d.n == 6 and not d.kept[0]


@pytest.fixture
def many():
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(size=(200, 3)), columns=["wait", "clean", "noise"]).assign(unit=rng.choice(list("abc"), 200))
    x["score"] = x["wait"] + rng.normal(size=200)
    x["rate"] = x["unit"].map({"a": 1.0, "b": 2.0, "c": 4.0})
    return x.assign(flat=1.0, both=x["wait"] + x["clean"], copy=10 * x["score"], rare=np.where(np.arange(200) < 150, np.nan, 1.0 * np.arange(200)))


def test_screen_keeps_what_can_tell_and_names_why_the_rest_cannot(many):
    given = ["wait", "flat", "clean", "both", "rate", "copy", "rare"]
    table = screen(many, "score", given, ["unit"]).set_index("driver")
    assert table["reason"].to_dict() == {"wait": "", "flat": "constant", "clean": "", "both": "repeats", "rate": "within_controls",
                                         "copy": "is_outcome", "rare": "rarely_known"}
    assert table.loc["rare", "known_share"] == 0.25 and set(table["n"]) == {200}
    kept = list(table.index[table["kept"]])
    assert design(many, "score", kept, ["unit"]).n == 200
    with pytest.raises(DataError, match="'flat' is constant; 'both' is an exact combination"):
        design(many, "score", ["wait", "flat", "clean", "both"])


def test_screen_of_too_few_rows_keeps_nothing(many):
    table = screen(many.head(45), "score", ["wait", "clean"], ["unit"])
    assert set(table["reason"]) == {"too_few_rows"} and not table["kept"].any()
    assert screen(many.head(60), "score", ["wait", "clean"], ["unit"])["kept"].all()
    assert set(screen(many.assign(score=np.nan), "score", ["wait"])["reason"]) == {"rarely_known"}
