"""What a change is worth: the arithmetic by hand, what is refused, and what is unknown."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers import value
from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.opportunities import opportunities
from cx_helpers.errors import DataError
from cx_helpers.tables.money import HISTORY

sys.path.insert(0, str(Path(__file__).parent))
from following_brand import FACTS, lived  # noqa: E402

INPUTS = list(FACTS["input"])


def worth(frame, answers=None, asked=None, **more):
    asked = value.changes(FACTS, INPUTS) if asked is None else asked
    given = {"answers": answers, "outcome": "score"} if answers is not None else {}
    return value.worth(frame, asked, **given, answer_controls=["unit"] if answers is not None else [], journey_controls=["unit", "month"], **{"bootstrap": 200, **more})


def test_each_number_is_slope_times_move():
    frame, answers = lived(0)
    found = worth(frame, answers, a_year=2.0).set_index("input")
    for outcome, column, scale in (("returned", "returns", 1), ("revenue", "revenue_a_year", 2 * len(frame))):
        slopes = relative_importance(frame, outcome, INPUTS, controls=["unit", "month"], cluster="customer_id", bootstrap=0).set_index("driver")["effect"]
        wait = -np.maximum(frame["counter.wait"] - 10, 0).mean()
        dispute = -(frame["return.dispute"].mean() - 0.05)
        assert found.loc["counter.wait", column] == pytest.approx(slopes["counter.wait"] * wait * scale)
        assert found.loc["return.dispute", column] == pytest.approx(slopes["return.dispute"] * dispute * scale), "a share is moved to what its standard allows"
    row = found.loc["counter.wait"]
    assert row["move_cost_a_year"] == 2.0 * len(frame) * 2 and row["n"] == len(frame) and row["n_off"] == (frame["counter.wait"] > 10).sum()
    assert row["net_a_year"] == pytest.approx(row["revenue_a_year"] - row["cost_a_year"])


def test_experience_is_the_lift_that_the_opportunities_tell():
    frame, answers = lived(1)
    found = worth(answers.assign(returned=np.nan), answers).set_index("input")
    shares = relative_importance(answers, "score", INPUTS, controls=["unit"], cluster="customer_id", bootstrap=0)
    lifts = opportunities(shares, answers, FACTS, cluster="customer_id").set_index("input")
    assert found.loc["counter.wait", "experience"] == pytest.approx(lifts.loc["counter.wait", "lift"])
    assert found.loc["return.dispute", "experience"] == pytest.approx(lifts.loc["return.dispute", "lift"])


def test_what_only_frequent_customers_meet_does_not_seem_to_keep_them():
    """They come again anyway, and wait less: with their earlier journeys held equal the wait keeps nobody."""
    frame, _ = lived(3, strength=0.0)
    rng = np.random.default_rng(3)
    frequent = rng.random(len(frame)) < 0.3
    frame["returned"] = np.where(frequent, rng.random(len(frame)) < 0.9, frame["returned"]).astype(float)
    frame["counter.wait"] = np.where(frequent, 0.4 * frame["counter.wait"], frame["counter.wait"])
    frame = frame.assign(**{HISTORY: np.where(frequent, "in more months", "in no month")})
    usable = [value.worth(frame, value.changes(FACTS, INPUTS), journey_controls=["unit", "month", *more], bootstrap=200).set_index("input")["usable"]
              for more in ([], [HISTORY])]  # fmt: skip
    assert usable[0]["counter.wait"] and not usable[1].any()


def test_levels_of_a_segment_add_up_to_the_whole():
    frame, answers = lived(2)
    asked = value.changes(FACTS, ["counter.wait"], frame, by=["kind"])
    found = worth(frame, answers, asked, drivers=INPUTS)
    assert asked["change"].iloc[1][0] == "worth.change_lower_in" and asked["change"].iloc[1][1]["level"] == "airport"
    for column in ("experience", "returns", "revenue_a_year", "cost_a_year"):
        assert found[column].iloc[0] == pytest.approx(found[column].iloc[1:].sum())
    assert found["revenue_a_year"].iloc[1] > found["revenue_a_year"].iloc[2], "airports wait longer"
    assert len(value.changes(FACTS, ["counter.wait"], frame.assign(kind=np.arange(len(frame)) % 9), by=["kind"])) == 1, "a segment of many levels is left whole"


def test_intervals_of_money_and_of_experience_come_of_the_same_draws():
    frame, answers = lived(3)
    one, two = worth(frame, answers, seed=5), worth(frame, answers, seed=5)
    pd.testing.assert_frame_equal(one, two)
    assert not np.allclose(one["revenue_a_year_low"], worth(frame, answers, seed=6)["revenue_a_year_low"])
    inside = (one["net_a_year_high"] - one["net_a_year_low"]).iloc[0]
    apart = np.hypot(*(one[f"{part}_high"].iloc[0] - one[f"{part}_low"].iloc[0] for part in ("revenue_a_year", "cost_a_year")))
    assert inside < 0.6 * apart, "revenue and cost err together, so their difference is known better than either"


def test_what_is_not_known_is_not_told():
    frame, answers = lived(4)
    found = worth(frame, answers).set_index("input")
    assert np.isnan(found.loc["return.dispute", "cost_a_year"]) and np.isnan(found.loc["return.dispute", "net_a_year"]), "moving has no declared cost"
    only = worth(frame.drop(columns=["revenue", "cost"]), None).set_index("input")
    assert only["revenue_a_year"].isna().all() and only["experience"].isna().all() and only.loc["return.dispute", "returns"] > 0
    facts = FACTS.assign(standard=[100.0, np.nan, 200.0], statistic=["median", "", "median"])
    plain = worth(frame, None, value.changes(facts, [*INPUTS, "nothing"])).set_index("input")
    assert plain["reason"].to_dict() == {"counter.wait": "on_standard", "return.dispute": "no_standard", "drive.walk": ""}
    odd = worth(frame.assign(**{"drive.walk": 1.0}), None, value.changes(FACTS.assign(standard=[10.0, 0.05, 0.0]), INPUTS)).set_index("input")
    assert odd.loc["drive.walk", "reason"] == "not_in_model" and odd.loc["counter.wait", "reason"] == ""


def test_nothing_asked_gives_the_columns_without_rows():
    frame, answers = lived(5)
    found = worth(frame, answers, value.changes(FACTS, []))
    assert found.empty and list(found.columns) == list(value.COLUMNS)


def test_planted_changes_are_usable_and_the_others_are_not():
    frame, answers = lived(6)
    found = worth(frame, answers).set_index("input")
    assert found["usable"].to_dict() == {"counter.wait": True, "return.dispute": True, "drive.walk": False}
    assert set(found["grade"]) == {"associated"}


@pytest.mark.parametrize(("change", "said"), [
    (lambda f: f.assign(first_counted=f["month"]), "count money from"),
    (lambda f: f.assign(**{"drive.walk": f["revenue"]}), "input 'drive.walk' tells"),
    (lambda f: f.assign(**{"drive.walk": f["returned"] + np.linspace(0, 1e-3, len(f))}), "tells who comes back too well"),
    (lambda f: f.assign(returned=(np.arange(len(f)) < 40).astype(float)), "40 customers who come back among 3000 journeys"),
    (lambda f: f.assign(returned=1 - (np.arange(len(f)) < 40).astype(float)), "40 leavers among 3000 journeys"),
], ids=["money of the month itself", "an input made of revenue", "an input made of coming back", "too few who come back", "too few leavers"])  # fmt: skip
def test_what_cannot_be_told_is_refused_in_one_line(change, said):
    frame, _ = lived(7)
    with pytest.raises(DataError, match="value: ") as told:
        worth(change(frame))
    assert said in str(told.value) and "\n" not in str(told.value)
    assert len(worth(frame)) == 3, "and the twin in which nothing is wrong is told"


def test_ten_leavers_a_column_are_needed_and_enough():
    frame, _ = lived(8)
    columns = 3 + 3 + 17
    for events, enough in ((10 * columns - 1, False), (10 * columns, True)):
        mine = frame.assign(returned=1 - np.isin(np.arange(len(frame)), np.random.default_rng(1).permutation(len(frame))[:events]).astype(float))
        if enough:
            assert len(worth(mine)) == 3
        else:
            with pytest.raises(DataError, match=f"{events} leavers among 3000 journeys, {10 * columns} are needed for {columns} columns"):
                worth(mine)


def test_a_hundred_thousand_journeys_are_told_in_seconds():
    import time

    frame, answers = lived(9, n=100_000, customers=40_000)
    before = time.process_time()
    worth(frame, answers, value.changes(FACTS, INPUTS, frame, by=["kind"]), bootstrap=500)
    assert time.process_time() - before < 20


def test_what_only_one_large_customer_lived_is_worth_nothing_clear():
    called = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        who = np.r_[np.zeros(300, int), np.arange(1, 1201)]
        back = np.where(who == 0, float(rng.random() < 0.4), rng.random(1500) < 0.4)
        rows = pd.DataFrame({"wait": np.where(who == 0, 30, rng.gamma(3, 5, 1500)), "customer_id": who, "month": "2026-01", "first_counted": "2026-02", "returned": back})
        asked = pd.DataFrame({"input": ["wait"], "label": ["Wait"], "touchpoint": ["counter"], "better": ["lower"], "standard": [10.0]})
        found = value.worth(rows.assign(revenue=100 * back, cost=60 * back), value.changes(asked, ["wait"]), bootstrap=100).iloc[0]
        called += found["usable"]
    # Summed within customers but not left out, 8 of these are called.
    assert called <= 3
