"""Small groups stay hidden, and cannot be worked out from the total of the cells beside them."""

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cx_helpers.tables.disclosure import Disclosure, answer_cells, decide, nested_cells, without_naive


def cells(**n: int) -> pd.DataFrame:
    return pd.DataFrame({"audience": "all", "breakdown": "unit", "metric": "overall.nps", "month": "2026-03", "level": list(n), "n": list(n.values())})


def shown(frame: pd.DataFrame, minimum: int = 10) -> dict[str, bool]:
    return decide(frame, minimum).set_index("level")["shown"].to_dict()


def test_enough_answers_are_shown():
    assert shown(cells(a=10, b=300)) == {"a": True, "b": True}


def test_the_smallest_neighbour_is_hidden_with_a_single_hidden_cell():
    assert shown(cells(a=4, b=50, c=12)) == {"a": False, "b": True, "c": False}


def test_hidden_cells_together_hold_the_minimum():
    assert shown(cells(a=3, b=4, c=90, d=15)) == {"a": False, "b": False, "c": True, "d": False}
    assert shown(cells(a=6, b=4, c=90, d=15)) == {"a": False, "b": False, "c": True, "d": True}


def test_cells_without_answers_hide_nobody_and_help_nobody_hide():
    assert shown(cells(a=0, b=20)) == {"a": True, "b": True}
    assert shown(cells(a=4, b=0, c=20)) == {"a": False, "b": True, "c": False}


def test_groups_are_judged_apart():
    both = pd.concat([cells(a=4, b=20, c=30), cells(a=40, b=20, c=30).assign(month="2026-04")])
    found = decide(both, 10).set_index(["month", "level"])["shown"]
    assert found["2026-03"].to_dict() == {"a": False, "b": False, "c": True} and found["2026-04"].all()


counts = st.lists(st.integers(0, 60), min_size=1, max_size=12)


@given(counts, st.integers(5, 30))
def test_no_hidden_cell_can_be_worked_out(n, minimum):
    found = decide(cells(**{f"u{place}": value for place, value in enumerate(n)}), minimum)
    hidden, seen = found[~found["shown"]], found[found["shown"] & (found["n"] > 0)]
    assert (seen["n"] >= minimum).all() and (hidden["n"] > 0).all()
    assert hidden.empty or seen.empty or (len(hidden) >= 2 and hidden["n"].sum() >= minimum)


@given(counts, st.randoms())
def test_the_decision_does_not_depend_on_the_order_of_rows(n, random):
    frame = cells(**{f"u{place:02}": value for place, value in enumerate(n)})
    order = list(frame.index)
    random.shuffle(order)
    assert shown(frame) == shown(frame.loc[order])


def disclosure() -> Disclosure:
    return Disclosure(decide(pd.concat([cells(a=4, b=50, c=12), cells(a=4, b=50, c=12).assign(month="window")]), 10), 10, 30)


def test_hidden_numbers_are_blank_with_their_n():
    frame = pd.DataFrame({"metric": "overall.nps", "month": "2026-03", "unit": ["a", "b", "c"], "value": [1.0, 2.0, 3.0], "low": 0.0, "high": 9.0, "n": [4, 50, 12]})
    found = disclosure().hide(frame, "unit").set_index("unit")
    assert found["shown"].to_dict() == {"a": False, "b": True, "c": False}
    assert found.loc["b", ["value", "n"]].tolist() == [2, 50]
    assert found.loc[["a", "c"], ["value", "low", "high", "n"]].isna().all(axis=None)


def test_a_part_of_a_shown_cell_is_still_judged_by_its_own_n():
    part = pd.DataFrame({"metric": "overall.nps", "month": "2026-03", "unit": ["b"], "value": [2.0], "n": [9]})
    assert not disclosure().hide(part, "unit")["shown"].any()


def test_groups_of_one_page_alone_are_hidden_the_same_way():
    frame = pd.DataFrame({"state": ["x", "y", "z"], "naive": [False, False, True], "value": [1.0, 2.0, 3.0], "n": [3, 40, 50]})
    assert disclosure().small(frame, within=["naive"])["shown"].tolist() == [False, False, True]
    assert disclosure().small(frame.iloc[:0])["shown"].empty
    unknown = disclosure().small(frame.assign(n=[np.nan, 40, 50]))
    assert pd.isna(unknown.loc[0, "n"])


def test_a_breakdown_by_month_is_judged_over_the_window():
    months = pd.DataFrame({"audience": "all", "breakdown": "month", "metric": "overall.nps", "month": "window", "level": ["2026-02", "2026-03"], "n": [3, 90]})
    decided = Disclosure(decide(months, 10), 10, 30)
    frame = pd.DataFrame({"metric": "overall.nps", "month": ["2026-02", "2026-03"], "value": [1.0, 2.0], "n": [3, 90]})
    assert decided.hide(frame, "month")["shown"].tolist() == [False, False]


@pytest.mark.parametrize("minimum", [5, 10])
def test_nothing_to_decide_decides_nothing(minimum):
    assert decide(cells().astype({"n": int}), minimum).empty


ANSWERS = pd.DataFrame(
    [("overall", "nps", "2026-03", unit, 9.0) for unit, n in (("Soho", 12), ("Bank", 30), ("Kew", 4)) for _ in range(n)],
    columns=["touchpoint", "metric", "month", "unit", "score"],
).assign(asked_channel=lambda rows: rows["unit"].map({"Soho": "email", "Bank": "email", "Kew": "sms"}))
SCOPES = {"all": {}, "most": {"unit": ["Soho", "Bank"]}, "soho": {"unit": ["Soho"]}}


def decided(audience: str, engine: str = "duckdb") -> Disclosure:
    answers = getattr(ibis, engine).connect().create_table("answers", ibis.memtable(ANSWERS).to_pyarrow())
    own = [answer_cells(answers.filter(answers.unit.isin(list(units))) if units else answers, [], name)
           for name, units in ((name, scope.get("unit")) for name, scope in SCOPES.items())]  # fmt: skip
    return Disclosure(decide(pd.concat([*own, nested_cells(answers, SCOPES)], ignore_index=True), 10), 10, 30, audience)


def test_an_audience_whose_total_would_give_away_those_left_out_is_hidden():
    month = pd.DataFrame({"metric": ["overall.nps"], "month": ["2026-03"], "value": [50.0], "n": [42]})
    assert decided("all").hide(month.assign(n=46), "month")["shown"].all()
    assert not decided("most").hide(month, "month")["shown"].any(), "46 less 42 leaves 4"
    assert decided("soho").hide(month.assign(n=12), "month")["shown"].all(), "12 of 46 leave 34"


def test_a_channel_with_few_answers_is_hidden_with_the_next_smallest():
    frame = pd.DataFrame({"metric": "overall.nps", "month": "window", "asked_channel": ["email", "sms"], "value": 1.0, "n": [42, 4]})
    assert decided("all").hide(frame, "asked_channel")["shown"].tolist() == [False, False], "46 in all less 42 leave 4"


def test_months_before_the_window_are_decided_between_audiences_but_are_no_part_of_its_sum():
    answers = pd.concat([ANSWERS, ANSWERS.assign(month="2025-03")])
    table = ibis.duckdb.connect().create_table("answers", ibis.memtable(answers).to_pyarrow())
    found = nested_cells(table, SCOPES, "2026-01").query("audience == 'most' and level == 'out' and breakdown == 'within all'").set_index("month")["n"]
    assert found.to_dict() == {"2025-03": 4, "2026-03": 4, "window": 4}


def test_cells_are_the_same_on_a_second_engine():
    first, second = (decided("all", engine).cells for engine in ("duckdb", "polars"))
    assert len(first) and first.to_numpy().tolist() == second.to_numpy().tolist()


def test_a_unit_hidden_for_one_audience_is_hidden_for_all():
    unit = pd.DataFrame({"metric": "overall.nps", "month": "window", "unit": ["Soho", "Bank", "Kew"], "value": 1.0, "n": [12, 30, 4]})
    for audience in SCOPES:
        assert decided(audience).hide(unit, "unit")["shown"].tolist() == [False, True, False], audience


def test_the_naive_reading_is_hidden_where_it_would_give_a_hidden_state_away():
    states = pd.DataFrame({"state": ["x", "y", "y"], "naive": [False, False, True], "value": [3.0, 4.0, 4.1], "n": [5, 50, 55]})
    small = disclosure().small(states.iloc[1:], within=["naive"])
    assert without_naive(small)["shown"].all()
    assert without_naive(disclosure().small(states.assign(n=[9, 50, 59]), within=["naive"]))["shown"].tolist() == [False, False, False]
