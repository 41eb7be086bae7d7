"""What a driver model holds equal: columns with levels to compare, the unknown one of them."""

import pandas as pd

from cx_helpers.config.journey import Journey
from cx_helpers.drivers.held_equal import held_equal, held_words

FRAME = pd.DataFrame({"unit": ["x", "y"] * 10, "region": ["n"] * 8 + [None] * 12, "alone": "z", "each": [str(n) for n in range(20)]})
JOURNEY = Journey.model_validate({
    "label": "Shop", "unit": {"one": {"en": "branch", "es": "sucursal"}},
    "stages": [{"id": "a", "label": "A", "touchpoints": [{"id": "b", "label": "B"}]}], "segments": [{"id": "region", "label": "Region of the branch"}],
})  # fmt: skip


def test_controls_have_levels_to_compare_and_the_unknown_is_one():
    held = held_equal(FRAME, ["unit", "region", "alone", "each", "not_there"])
    assert list(held.columns) == ["unit", "region"] and set(held["region"]) == {"n", "unknown"}
    assert held_equal(FRAME.iloc[:8], ["unit"]).shape == (8, 0), "two levels on eight answers"


def test_they_are_named_in_the_readers_words():
    assert held_words(["unit", "journey_month", "region"], JOURNEY, "es") == ["sucursal", "month", "Region of the branch"]
