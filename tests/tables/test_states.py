"""A customer is in the first state whose conditions all held when answering; the naive reading looks at the end."""

import numpy as np
import pandas as pd

from cx_helpers.config.journey import State
from cx_helpers.tables.states import needed_inputs, states

DECLARED = [
    State(id="never", label="Never", when={"a.here": {"is": 0, "known": "at_end"}}),
    State(id="waiting", label="Waiting", when={"a.here": {"is": 0}}),
    State(id="slow", label="Slow", when={"a.days": {"min": 3, "max": 9}, "a.here": {"is": 1}}),
    State(id="unknown", label="Days unknown", when={"a.days": {"missing": True}}),
    State(id="fine", label="Fine"),
]
FRAME = pd.DataFrame({
    "a.here": [0, 0, 1, 1, 1, 1], "a.here@end": [0, 1, 1, 1, 1, 1],
    "a.days": [np.nan, np.nan, 3, 9.1, np.nan, 2], "a.days@end": [np.nan, 5, 3, 9.1, np.nan, 2],
})  # fmt: skip


def test_the_first_state_that_holds_is_taken():
    assert states(FRAME, DECLARED).tolist() == ["never", "waiting", "slow", "fine", "unknown", "fine"]


def test_the_naive_reading_moves_those_for_whom_things_changed_after_the_answer():
    assert states(FRAME, DECLARED, naive=True).tolist() == ["never", "slow", "slow", "fine", "unknown", "fine"]


def test_where_nothing_holds_there_is_no_state():
    assert states(FRAME, DECLARED[1:2]).isna().tolist() == [False, False, True, True, True, True]


def test_it_tells_which_inputs_it_needs():
    assert needed_inputs(DECLARED) == (["a.days", "a.here"], ["a.days", "a.here"])
