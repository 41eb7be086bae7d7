"""A row a journey with the value and the moment of everything in it, on hand-typed rows."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import DataError
from cx_helpers.tables.timed import AT, journeys_in_time

WAIT, LATE, WAITING = "counter.wait", "parcel.late", "parcel.waiting"


def at(day: int) -> pd.Timestamp:
    return pd.Timestamp(2026, 3, day, tz="UTC")


JOURNEYS = pd.DataFrame({"journey_id": ["j2", "j1", "j3"], "customer_id": ["c2", "c1", None], "unit": ["Bank", "Soho", "Soho"], "month": "2026-03", "region": ["s", "n", "s"]})
INPUTS = pd.DataFrame(
    [
        ("j1", "counter", "wait", 12.0, at(2)), ("j2", "counter", "wait", 5.0, at(3)),
        ("j1", "parcel", "late", 0.0, at(1)), ("j1", "parcel", "late", 1.0, at(6)), ("j2", "parcel", "late", 0.0, at(1)),
        ("j1", "parcel", "waiting", 0.0, at(1)), ("j1", "parcel", "waiting", 1.0, at(4)), ("j1", "parcel", "waiting", 0.0, at(6)), ("j2", "parcel", "waiting", 0.0, at(1)),
        ("elsewhere", "counter", "wait", 99.0, at(2)), ("j1", "counter", "other", 7.0, at(2)),
    ],
    columns=["journey_id", "touchpoint", "input", "value", "measured_at"],
)  # fmt: skip
ANSWERS = pd.DataFrame(
    [("r1", "overall.nps", "j1", 100.0, at(8), 2.0), ("r2", "overall.nps", "j1", -100.0, at(9), 4.0), ("r3", "counter.csat", "j2", 4.0, at(4), 1.0), ("r4", "counter.csat", "elsewhere", 1.0, at(4), 1.0)],
    columns=["response_id", "name", "journey_id", "points", "answered_at", "weight"],
)


@pytest.fixture(scope="module")
def frame():
    return journeys_in_time(ibis.memtable(JOURNEYS), ibis.memtable(INPUTS), [WAIT, LATE, WAITING], ANSWERS, ever=[WAITING], columns=["region"])


def test_a_row_a_journey_in_order_with_its_own_columns(frame):
    assert frame["journey_id"].tolist() == ["j1", "j2", "j3"]
    assert frame[["unit", "journey_month", "region"]].to_numpy().tolist() == [["Soho", "2026-03", "n"], ["Bank", "2026-03", "s"], ["Soho", "2026-03", "s"]]


def test_inputs_as_they_ended_with_their_moment(frame):
    assert frame[WAIT].tolist()[:2] == [12, 5] and np.isnan(frame[WAIT][2])
    assert frame[WAIT + AT].tolist()[:2] == [at(2), at(3)] and pd.isna(frame[WAIT + AT][2])


def test_what_stayed_as_it_was_from_the_start_came_to_be_at_no_moment(frame):
    assert frame[LATE].tolist()[:2] == [1, 0]
    assert frame[LATE + AT][0] == at(6) and pd.isna(frame[LATE + AT][1])


def test_an_input_that_counts_whether_it_ever_was_has_the_moment_it_first_was(frame):
    assert frame[WAITING].tolist()[:2] == [1, 0]
    assert frame[WAITING + AT][0] == at(4) and pd.isna(frame[WAITING + AT][1])


def test_the_last_answer_counts_with_its_moment_and_the_mean_weight(frame):
    assert frame["overall.nps"][0] == -100 and frame["overall.nps" + AT][0] == at(9)
    assert frame["counter.csat"].tolist()[1] == 4 and frame["counter.csat"].isna().tolist() == [True, False, True]
    assert frame["weight"].tolist() == [3, 1, 1]


def test_an_input_nobody_measured_and_no_answers_at_all_are_columns_of_unknowns():
    found = journeys_in_time(ibis.memtable(JOURNEYS), ibis.memtable(INPUTS), ["drive.car"])
    assert found["drive.car"].isna().all() and found["drive.car" + AT].isna().all() and found["weight"].tolist() == [1, 1, 1]


def test_a_journey_that_stands_twice_is_refused():
    with pytest.raises(DataError, match="journeys: 'j1' stands twice. Keep one row a journey."):
        journeys_in_time(ibis.memtable(pd.concat([JOURNEYS, JOURNEYS[1:2]])), ibis.memtable(INPUTS), [WAIT])
