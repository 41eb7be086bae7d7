"""Side effects: what is held equal, what is refused, which verdict follows, and the same numbers as statsmodels gives."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cx_helpers.drivers.side_effects import DETAIL, SUMMARY, side_effects
from cx_helpers.errors import DataError

ORDER = ["book", "keys", "back"]
INPUTS = {"book.price": "lower", "keys.skipped": "lower", "back.dispute": "lower"}


def journeys(n=4000, seed=0, local=0.5, harm=0.6, felt=-1.0):
    """Skipping at the keys gains `local` there and raises what spoils the end; a price before moves everything."""
    rng = np.random.default_rng(seed)
    price = rng.normal(size=n)
    skipped = (rng.normal(size=n) + 0.5 * price > 0).astype(float)
    dispute = harm * skipped + 0.3 * price + rng.normal(size=n)
    data = pd.DataFrame({"book.price": price, "keys.skipped": skipped, "back.dispute": dispute})
    data["keys.csat"] = local * skipped - 0.2 * price + rng.normal(size=n)
    data["back.csat"] = felt * dispute + rng.normal(size=n)
    data["nps"] = 8 + felt * dispute - 0.5 * price + rng.normal(size=n)
    data["unit"], data["customer"] = rng.choice(list("abc"), n), rng.integers(0, n // 2, n)
    return data


def asked(data, **options):
    return side_effects(data, INPUTS, ["keys.csat", "back.csat"], total="nps", order=ORDER, **options)


def row(table, name, affected=None):
    mine = table[table["input"] == name]
    return (mine if affected is None else mine[mine["affected"] == affected]).iloc[0]


def test_effect_error_and_interval_are_those_of_statsmodels():
    data = journeys(800)
    weights = np.random.default_rng(1).uniform(0.5, 2, 800)
    found = asked(data, controls=["unit"], cluster="customer", weights=weights)
    x = sm.add_constant(np.column_stack([data["keys.skipped"], data["book.price"], pd.get_dummies(data["unit"], drop_first=True, dtype=float)]))
    for affected in ("nps", "back.dispute", "keys.csat"):
        model = sm.WLS(data[affected], x, weights=weights).fit(cov_type="cluster", cov_kwds={"groups": data["customer"]}, use_t=True)
        told, sign = row(found.detail, "keys.skipped", affected), 1.0 if row(found.summary, "keys.skipped")["towards"] == "higher" else -1.0
        low, high = sorted(sign * model.conf_int().iloc[1])
        assert told["effect"] == pytest.approx(sign * model.params.iloc[1], rel=1e-9)
        # A little wider, never narrower: no customer holds much of the input here.
        assert 1 <= (told["high"] - told["low"]) / (high - low) < 1.01
        assert told["n"] == 800


def test_what_only_one_large_customer_met_is_not_told():
    rng = np.random.default_rng(0)
    who = np.r_[np.zeros(300, int), np.arange(1, 1001)]
    data = pd.DataFrame({"keys.skipped": (who == 0).astype(float), "keys.csat": 3.0 * (who == 0), "nps": -3.0 * (who == 0), "who": who})
    data[["keys.csat", "nps"]] += rng.normal(size=(1300, 2)) + rng.normal(size=(1001, 2))[who]
    assert side_effects(data, {"keys.skipped": "lower"}, ["keys.csat"], total="nps", order=["keys"]).summary["verdict"].tolist() == ["backfires"]
    assert side_effects(data, {"keys.skipped": "lower"}, ["keys.csat"], total="nps", order=["keys"], cluster="who").summary["verdict"].tolist() == ["not told"]


def test_waits_and_money_with_long_tails_make_nothing_of_noise():
    called = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame({"keys.wait": rng.pareto(1.2, 2000), "keys.csat": rng.normal(size=2000), "money": rng.pareto(1.2, 2000)})
        called += side_effects(data, {"keys.wait": "lower"}, ["keys.csat"], total="money", order=["keys"]).detail["usable"].any()
    # Without widening 12 of these are called.
    assert called <= 6


def test_only_what_came_before_is_held_equal():
    data = journeys(20000)
    table = asked(data).summary
    # Held equal, the dispute would take the whole loss away: it is how the skipping harms.
    assert row(table, "keys.skipped")["total"] == pytest.approx(-0.6, abs=0.08)
    x = sm.add_constant(data[["keys.skipped", "book.price", "back.dispute"]])
    assert abs(sm.OLS(data["nps"], x).fit().params["keys.skipped"]) < 0.05


def test_a_gain_here_and_a_loss_in_the_end_backfires():
    told = row(asked(journeys()).summary, "keys.skipped")
    assert (told["towards"], told["local_on"], told["verdict"], told["grade"]) == ("higher", "keys.csat", "backfires", "associated")
    assert told["local"] == pytest.approx(0.5, abs=0.1) and told["local_low"] > 0 > told["total_high"]
    assert told["harmed"] == ["back.dispute", "back.csat"] and told["lifted"] == []
    assert told["towards_share"] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("options", "verdict", "towards"), [
    ({"local": 0.5, "harm": 0.0}, "helps here, nothing later", "higher"),
    ({"local": -0.5, "harm": 0.6}, "lifts throughout", "lower"),
    ({"local": 0.5, "harm": -0.6}, "lifts throughout", "higher"),
    ({"local": 0.0, "harm": 0.6}, "lifts later", "lower"),
    ({"local": 0.0, "harm": -0.6}, "harms later", "lower"),
    ({"local": 0.0, "harm": 0.0}, "no clear effect", "lower"),
])  # fmt: skip
def test_verdicts(options, verdict, towards):
    told = row(asked(journeys(**options)).summary, "keys.skipped")
    assert (told["verdict"], told["towards"]) == (verdict, towards)


def beside(along, seed=3):
    """A second practice at the keys that does nothing, done `along` with the skipping: at its rate, in all others by a coin."""
    data, rng = journeys(seed=seed), np.random.default_rng(seed + 100)
    copied = rng.random(len(data)) < along
    data["keys.smile"] = np.where(copied, data["keys.skipped"], rng.integers(0, 2, len(data))).astype(float)
    return side_effects(data, {**INPUTS, "keys.smile": "higher"}, ["keys.csat", "back.csat"], total="nps", order=ORDER).summary


def test_a_bystander_of_the_same_moment_does_not_backfire_with_the_culprit():
    found = beside(0.7)
    assert row(found, "keys.skipped")["verdict"] == "backfires" and row(found, "keys.skipped")["alike"] == []
    told = row(found, "keys.smile")
    assert told["verdict"] == "not told apart" and told["alike"] == ["keys.skipped"] and told["total_high"] < 0


def test_of_two_always_done_together_neither_is_blamed_and_what_is_done_on_its_own_is_not_doubted():
    together = beside(1.0)
    assert [row(together, name)["verdict"] for name in ("keys.skipped", "keys.smile")] == ["not told apart"] * 2
    apart = beside(0.0)
    assert row(apart, "keys.skipped")["verdict"] == "backfires" and row(apart, "keys.smile")["verdict"] == "no clear effect"


def test_without_an_output_here_the_gain_is_not_told_but_the_end_is():
    data = journeys()
    found = side_effects(data, INPUTS, ["back.csat"], total="nps", order=ORDER)
    told = row(found.summary, "keys.skipped")
    assert told["verdict"] == "not told" and told["local_on"] == "" and np.isnan(told["local"]) and told["local_n"] == 0
    assert told["total_low"] > 0, "told in the declared direction: less skipping"


def test_minutes_saved_are_a_gain_where_nobody_was_asked():
    data = journeys()
    data["keys.minutes"] = 14 - 6 * data["keys.skipped"] + np.random.default_rng(2).normal(size=len(data))
    found = side_effects(data, {**INPUTS, "keys.minutes": "lower"}, ["back.csat"], total="nps", order=ORDER)
    told = row(found.summary, "keys.skipped")
    assert (told["local_on"], told["verdict"]) == ("keys.minutes", "backfires") and told["local"] == pytest.approx(-6, abs=0.2)
    # What was done comes before how long it took: the minutes themselves do no harm once it is held equal.
    assert row(found.summary, "keys.minutes")["verdict"] == "not told"
    assert abs(row(found.summary, "keys.minutes")["total"]) < 0.15


def test_an_input_that_is_not_asked_is_no_gain_but_is_told_further_on():
    data = journeys().assign(**{"keys.minutes": lambda d: -6 * d["keys.skipped"]})
    found = side_effects(data, {"keys.skipped": "lower"}, [], total="nps", order=ORDER, also={"keys.minutes": "lower", "back.dispute": "lower"})
    assert row(found.summary, "keys.skipped")["verdict"] == "not told"
    assert set(found.detail["affected"]) == {"keys.minutes", "back.dispute", "nps"} and list(found.summary["input"]) == ["keys.skipped"]


def test_a_control_that_came_later_is_refused_by_its_touchpoint_and_by_its_time():
    data = journeys()
    with pytest.raises(DataError) as refused:
        side_effects(data, {"keys.skipped": "lower"}, ["keys.csat"], total="nps", order=ORDER, controls=["back.dispute", "unit"])
    assert str(refused.value) == (
        "side effects: 'back.dispute' lies after 'keys.skipped' in the journey. Hold equal only what came before: leave it out, or name it as an output."
    )  # fmt: skip
    data = data.assign(charged=data["back.dispute"], **{"charged@time": 5.0, "keys@time": 3.0})
    times = {"keys.skipped": "keys@time", "charged": "charged@time"}
    with pytest.raises(DataError, match="'charged' is measured after 'keys.skipped' in 100% of 4000 journeys"):
        side_effects(data, {"keys.skipped": "lower"}, ["keys.csat"], total="nps", order=ORDER, controls=["charged"], times=times)
    earlier = side_effects(data.assign(**{"charged@time": 1.0}), {"keys.skipped": "lower"}, ["keys.csat"], total="nps", order=ORDER, controls=["charged"], times=times)
    assert len(earlier.summary) == 1


def test_an_input_that_its_moments_put_later_is_not_held_equal():
    data = journeys(20000)
    times = {"book.price": "a", "keys.skipped": "b"}
    late = asked(data.assign(a=9.0, b=3.0), times=times).summary
    assert row(late, "keys.skipped")["total"] == pytest.approx(row(side_effects(data, {"keys.skipped": "lower"}, ["keys.csat"], total="nps", order=ORDER).summary, "keys.skipped")["total"])
    assert row(late, "keys.skipped")["total"] < row(asked(data).summary, "keys.skipped")["total"] - 0.1


def test_the_order_can_come_from_the_moments_alone():
    data = journeys()
    starts = np.random.default_rng(3).uniform(0, 1e6, len(data))
    days = {name: starts + day for name, day in (("book.price", 0), ("keys.skipped", 2), ("keys.csat", 3), ("back.dispute", 5), ("back.csat", 6))}
    timed = data.assign(**{f"{name}@time": at for name, at in days.items()})
    found = side_effects(timed, INPUTS, ["keys.csat", "back.csat"], total="nps", times={name: f"{name}@time" for name in days})
    pd.testing.assert_frame_equal(found.summary, asked(data).summary)


def test_what_was_not_known_yet_is_unknown_to_the_answer():
    data = journeys()
    early = np.arange(len(data)) < 3000
    lie = data["keys.skipped"].where(~early, 1 - data["keys.skipped"])
    data = data.assign(**{"keys.skipped": lie, "t": 5.0, "u": np.where(early, 4.0, 6.0), "keys.csat": 2 * data["keys.skipped"]})
    found = side_effects(data, {"keys.skipped": "lower"}, ["keys.csat"], total="nps", order=ORDER, times={"keys.skipped": "t", "keys.csat": "u"})
    told = row(found.detail, "keys.skipped", "keys.csat")
    assert told["n"] == 1000 and told["effect"] == pytest.approx(2)


def test_each_equation_has_its_own_complete_rows():
    data = journeys()
    data.loc[:2999, "nps"] = np.nan
    data.loc[3500:, "keys.skipped"] = np.nan
    found = asked(data)
    assert row(found.detail, "keys.skipped", "nps")["n"] == 500 and row(found.detail, "keys.skipped", "keys.csat")["n"] == 3500
    assert row(found.summary, "book.price")["n"] == 1000


def test_an_input_hardly_ever_other_than_usual_is_not_told():
    data = journeys(2000)
    data["keys.skipped"] = (np.arange(2000) < 19).astype(float)
    told = row(asked(data).summary, "keys.skipped")
    assert np.isnan(told["total"]) and told["n"] == 0 and told["verdict"] == "not told"


def test_a_part_of_an_earlier_state_is_told_among_those_in_it():
    data = journeys()
    late = data["back.dispute"] > 1
    data = data.assign(**{"back.late": late.astype(float), "back.found": (late & (data["book.price"] > 0)).astype(float), "a": 1.0, "b": 2.0})
    found = side_effects(data, {"back.late": "lower", "back.found": "lower"}, [], total="nps", order=ORDER, times={"back.late": "a", "back.found": "b"})
    assert found.summary["given"].tolist() == [[], ["back.late"]]


def test_joint_intervals_leave_out_no_effect_just_where_it_is_beyond_noise():
    for seed in range(20):
        table = asked(journeys(300, seed, local=0.15, harm=0.1)).detail
        outside = (table["joint_low"] > 0) | (table["joint_high"] < 0)
        assert (outside == table["usable"]).all()
        assert (table["joint_high"] - table["joint_low"] >= table["high"] - table["low"] - 1e-12).all()
        turned = np.sign(table["size"]) * np.sign(table["effect"])
        better = table["affected"].map({"keys.skipped": -1, "back.dispute": -1}).fillna(1)
        assert (turned == better).all()


def test_nothing_asked_gives_the_columns_without_rows():
    found = side_effects(journeys(), {}, ["keys.csat"], total="nps", order=ORDER)
    assert list(found.summary) == list(SUMMARY) and list(found.detail) == list(DETAIL) and found.summary.empty and found.summary.attrs["tested"] == 0


def test_a_score_nobody_gave_leaves_the_end_unknown():
    told = row(asked(journeys().assign(nps=np.nan)).summary, "keys.skipped")
    assert np.isnan(told["total"]) and told["verdict"] == "not told" and told["n"] == 0 and told["local"] > 0.3


def test_every_problem_is_told_at_once():
    with pytest.raises(DataError) as refused:
        side_effects(journeys(), {"keys.skipped": "lower", "keys.lost": "higher"}, ["keys.csat", "keys.csat"], total="gone", order=ORDER)
    assert str(refused.value) == (
        "side effects: column 'keys.lost' is not in the data; column 'gone' is not in the data; 'keys.csat' is given twice. Name each column once, as the data does."
    )
    with pytest.raises(DataError, match="better of 'keys.skipped' is 'less', not lower or higher"):
        side_effects(journeys(), {"keys.skipped": "less"}, [], total="nps", order=ORDER)
    with pytest.raises(DataError, match=r"'back.dispute' \(touchpoint 'back'\) has no place in the order book, keys"):
        side_effects(journeys(), INPUTS, [], total="nps", order=["book", "keys"])
    with pytest.raises(DataError, match="nothing tells when 'keys.skipped'"):
        side_effects(journeys(), {"keys.skipped": "lower"}, [], total="nps")


def test_the_order_of_rows_does_not_matter():
    data = journeys(1000)
    mixed = data.sample(frac=1, random_state=1)
    one, other = (asked(frame, controls=["unit"], cluster="customer").summary for frame in (data, mixed))
    pd.testing.assert_frame_equal(one, other, rtol=1e-8)
