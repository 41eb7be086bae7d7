"""Transitions, ways and loops: equal to a published example, and exact on journeys typed out by hand."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import estimates
from cx_helpers.errors import DataError
from cx_helpers.journeys import maps
from cx_helpers.journeys.flow import shape
from cx_helpers.journeys.steps_taken import median_of, tied_share

ibis = pytest.importorskip("ibis")
NOON = pd.Timestamp("2026-03-02 12:00", tz="UTC")


def steps(*rows: tuple, **columns) -> pd.DataFrame:
    """journey, touchpoint, hours after noon of a Monday."""
    made = pd.DataFrame(rows, columns=["journey_id", "touchpoint", "hours"])
    return made.assign(started_at=NOON + pd.to_timedelta(made.pop("hours"), "h"), **columns)


SHOP = steps(
    ("j1", "book", 0), ("j1", "call", 1), ("j1", "call", 4), ("j1", "pay", 6),
    ("j2", "book", 0), ("j2", "pay", 3), ("j3", "pay", 0), ("j3", "book", 5), ("j4", "book", 2),
)  # fmt: skip


@pytest.fixture(scope="module")
def example(reference):
    folder, expected = reference("process_running_example")
    rows = pd.read_csv(folder / "data.csv").rename(columns={"case_id": "journey_id", "activity": "touchpoint", "timestamp": "started_at"})
    return rows.assign(started_at=pd.to_datetime(rows["started_at"], utc=True)), {name: entry["value"] for name, entry in expected.items()}


def test_the_running_example_gives_the_published_graph_with_its_mean_times(example):
    events, expected = example
    found = maps.transitions(events)
    pairs = found["from_touchpoint"] + ">" + found["to_touchpoint"]
    assert dict(zip(pairs, found["n"], strict=True)) == expected["dfg"]
    assert dict(zip(pairs, found["mean_hours"] * 3600, strict=True)) == pytest.approx(expected["dfg_mean_seconds"])


def test_the_running_example_gives_the_published_ways_ends_and_rework(example):
    events, expected = example
    ways, ends, again = maps.variants(events), maps.ends(events).set_index("touchpoint"), maps.loops(events).set_index("touchpoint")
    assert (len(ways), ways.attrs["journeys"], len(events)) == (expected["variants"], expected["cases"], expected["events"])
    assert sorted(ways["median_hours"] * 3600) == pytest.approx(expected["case_duration_seconds"])
    assert ends["starts"][ends["starts"] > 0].to_dict() == expected["start"] and ends["ends"][ends["ends"] > 0].to_dict() == expected["end"]
    assert again["repeats"][again["repeats"] > 0].to_dict() == expected["rework_cases"]


def test_transitions_count_journeys_customers_and_the_share_of_what_leaves_a_step():
    found = maps.transitions(SHOP.assign(customer_id=["c1"] * 6 + ["c2"] * 3)).set_index(["from_touchpoint", "to_touchpoint"])
    assert found["n"].to_dict() == {("book", "call"): 1, ("book", "pay"): 1, ("call", "call"): 1, ("call", "pay"): 1, ("pay", "book"): 1}
    assert found.loc[("book", "call"), ["share", "customers", "median_hours"]].tolist() == [0.5, 1, 1.0]
    assert found.loc[("call", "call"), ["share", "median_hours"]].tolist() == [0.5, 3.0]
    assert found.attrs["hours"] == "hours of the calendar" and found.attrs["tied_share"] == 0


def test_pandas_and_an_ibis_table_give_the_same(tmp_path):
    table = ibis.duckdb.connect().create_table("events", SHOP)
    for call in (maps.transitions, maps.variants, maps.loops, maps.ends):
        pd.testing.assert_frame_equal(call(SHOP), call(table))


def test_ways_are_told_with_shares_and_shapes_and_open_journeys_apart():
    status = pd.DataFrame({"journey_id": ["j1", "j2", "j3", "j4"], "status": ["completed", "completed", "cancelled", "open"]})
    found = maps.variants(SHOP, journeys=status, order=["book", "call", "pay"]).set_index("variant")
    assert found["shape"].to_dict() == {"book > call > call > pay": "again", "book > pay": "straight", "pay > book": "otherwise"}
    assert found["share"].tolist() == pytest.approx([1 / 3] * 3) and found.attrs["open"] == 1 and found.attrs["journeys"] == 3
    assert maps.variants(SHOP).attrs["journeys"] == 4
    assert shape("a > zz > b", ["a", "b"]) == "straight", "a step that is not declared is no disorder"


def test_tied_steps_keep_the_declared_order_whatever_the_order_of_rows():
    tied = steps(("j1", "pay", 0), ("j1", "book", 0), ("j1", "call", 1))
    for rows in (tied, tied.iloc[::-1], tied.sample(frac=1, random_state=1)):
        assert maps.variants(rows, order=["book", "pay", "call"])["variant"].tolist() == ["book > pay > call"]
    assert maps.variants(tied.assign(event_id=["2", "1", "3"]))["variant"].tolist() == ["book > pay > call"], "then by event_id"
    assert maps.variants(tied)["variant"].tolist() == ["pay > book > call"], "then as the rows lie"
    assert tied_share(tied) == pytest.approx(2 / 3) and maps.transitions(tied).attrs["tied_share"] == 0.5


def test_medians_have_intervals_no_narrower_than_order_statistics_and_close_to_them():
    rng = np.random.default_rng(0)
    for n in (6, 25, 400, 5000):
        values = np.sort(rng.exponential(10, n))
        rows = steps(*[(f"j{i}", name, at) for i, v in enumerate(values) for name, at in (("a", 0), ("b", v))])
        found, exact = maps.transitions(rows).iloc[0], estimates.median(values)
        assert found["median_hours"] == pytest.approx(exact.value, abs=1e-6)
        assert found["low_hours"] <= exact.low + 1e-6 and found["high_hours"] >= exact.high - 1e-6
        assert n < 400 or found["high_hours"] - found["low_hours"] <= 2.1 * (exact.high - exact.low)
    assert np.isnan(median_of([1.0] * 21, 5, 0.95)[1]), "five values have no such interval"


def test_a_frame_without_the_columns_is_refused_in_one_line():
    with pytest.raises(DataError, match="columns started_at are missing, found journey_id, touchpoint"):
        maps.transitions(SHOP[["journey_id", "touchpoint"]])


def test_without_a_single_step_every_table_is_empty():
    none = SHOP.iloc[:0]
    assert [len(call(none)) for call in (maps.transitions, maps.variants, maps.loops, maps.ends)] == [0, 0, 0, 0]
    assert np.isnan(tied_share(none))
