"""One bend: found where it was planted, with its place and slopes; a straight line stays straight; turned inputs; curves."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cx_helpers.drivers.curves import curve, group_edges, spline
from cx_helpers.drivers.thresholds import bends, judged
from cx_helpers.errors import DataError


def waits(seed, slope=-0.15, place=12.0, before=0.0, n=3000):
    """Whole minutes with a heavy tail, of customers who come twice; a control that goes with the wait."""
    rng = np.random.default_rng(seed)
    customer = np.repeat(np.arange(n // 2), 2)
    wait = np.round(np.clip(np.exp(rng.normal(2.2, 0.6, n)), 1, 120))
    frame = pd.DataFrame({"wait": wait, "queue": rng.normal(size=n) + 0.05 * wait, "place": rng.choice(["a", "b", "c"], n), "customer": customer})
    frame["score"] = 8 + before * wait + slope * np.maximum(wait - place, 0) + 0.3 * frame["queue"] + (frame["place"] == "a") + rng.normal(size=n // 2)[customer] + rng.normal(size=n)
    return frame


def asked(frame, **options):
    return bends(frame, "score", ["wait", "queue"], controls=["place"], cluster="customer", **options).set_index("driver")


def test_a_planted_bend_is_found_with_its_place_and_slopes():
    row = asked(waits(1)).loc["wait"]
    assert row["bend"] and row["kind"] == "starts" and row["reason"] == ""
    assert row["low"] <= 12 <= row["high"] and row["high"] - row["low"] < 5
    assert row["after_low"] <= -0.15 <= row["after_high"] < 0 and row["before_low"] <= 0 <= row["before_high"]
    assert row["share_beyond"] == pytest.approx((waits(1)["wait"] > row["value"]).mean())


def test_the_slopes_at_the_place_are_those_of_least_squares():
    frame = waits(2)
    row = asked(frame).loc["wait"]
    x = pd.DataFrame({"wait": frame["wait"], "beyond": (frame["wait"] - row["value"]).clip(lower=0), "queue": frame["queue"]}).join(pd.get_dummies(frame["place"], dtype=float))
    fit = sm.OLS(frame["score"], x).fit()
    assert row["before"] == pytest.approx(fit.params["wait"], abs=1e-8) and row["after"] == pytest.approx(fit.params["wait"] + fit.params["beyond"], abs=1e-8)
    others = [sm.OLS(frame["score"], x.assign(beyond=(frame["wait"] - place).clip(lower=0))).fit().ssr for place in np.linspace(4, 30, 60)]
    assert fit.ssr <= min(others) + 1e-6, "no other place leaves less unexplained"


def test_a_straight_line_stays_straight():
    row = asked(waits(3, slope=0.0, before=-0.1)).loc["wait"]
    assert not row["bend"] and row["kind"] == "straight" and np.isnan([row["value"], row["low"], row["share_beyond"]]).all()
    assert row["before"] == row["after"] == row["straight"] and row["straight_low"] <= -0.1 <= row["straight_high"]


@pytest.mark.parametrize(("before", "slope", "kind"), [(-0.1, -0.25, "worsens"), (-0.2, 0.2, "eases"), (0.2, -0.4, "peaks"), (0.0, 0.2, "bends_otherwise")])
def test_bends_of_other_kinds_are_named(before, slope, kind):
    assert asked(waits(4, slope=slope, before=before)).loc["wait", "kind"] == kind


def test_an_input_that_is_better_when_higher_is_turned():
    frame = waits(5)
    turned = frame.assign(wait=100 - frame["wait"])
    there, here = asked(turned, better={"wait": "higher"}).loc["wait"], asked(frame).loc["wait"]
    assert there["kind"] == "starts" and there["value"] == pytest.approx(100 - here["value"], abs=1e-6)
    assert (there["low"], there["high"]) == (pytest.approx(100 - here["high"], abs=1e-6), pytest.approx(100 - here["low"], abs=1e-6))
    assert there["after"] == pytest.approx(here["after"], abs=1e-8)


def test_controls_and_weights_are_held():
    frame = waits(6)
    shifted = frame.assign(score=frame["score"] + 5 * (frame["place"] == "b"))
    assert asked(shifted).loc["wait", "value"] == pytest.approx(asked(frame).loc["wait", "value"], abs=1e-6)
    twice = pd.concat([frame, frame[frame["place"] == "a"]], ignore_index=True)
    weighted = bends(frame.assign(w=np.where(frame["place"] == "a", 2.0, 1.0)), "score", ["wait"], controls=["place"], weights="w").iloc[0]
    plain = bends(twice, "score", ["wait"], controls=["place"]).iloc[0]
    assert weighted["straight"] == pytest.approx(plain["straight"]) and weighted["value"] == pytest.approx(plain["value"], abs=0.5)


def test_few_values_are_not_asked_and_only_those_asked_have_a_row():
    frame = waits(7).assign(yes=lambda f: (f["queue"] > 0).astype(float))
    table = bends(frame, "score", ["wait", "yes"], asked=["yes"])
    assert table["driver"].tolist() == ["yes"] and table["kind"].tolist() == ["not_asked"] and table["reason"].tolist() == ["few_values"]
    assert bends(frame, "score", []).empty


def test_rows_of_several_calls_are_judged_together():
    table = bends(waits(8, slope=-0.03), "score", ["wait"], controls=["place"])
    table = table.assign(p_value=0.03)
    assert judged(table)["bend"].tolist() == [True]
    assert judged(pd.concat([table, table.assign(p_value=0.9)], ignore_index=True))["bend"].tolist() == [False, False]


def test_the_same_seed_gives_the_same_numbers():
    pd.testing.assert_frame_equal(asked(waits(9)), asked(waits(9)))


def test_better_must_be_a_direction():
    with pytest.raises(DataError, match="better of 'wait' is 'less', allowed are lower and higher"):
        asked(waits(0), better={"wait": "less"})


def test_curves_tell_the_adjusted_mean_of_each_group():
    frame = waits(1, slope=0.0, n=2000)
    frame["score"] = np.where(frame["wait"] < 10, 9.0, 7.0) + 3.0 * (frame["place"] == "a") + np.random.default_rng(0).normal(0, 0.1, len(frame))
    groups = curve(frame, "score", "wait", shape="groups", controls=["place"])
    share = (frame["place"] == "a").mean()
    near = groups[groups["to_x"] <= 10]
    assert np.allclose(near["value"], 9 + 3 * share, atol=0.05) and groups["n"].sum() == len(frame) and groups["share"].sum() == pytest.approx(1)
    assert groups["n"].min() >= 30 and (groups["low"] < groups["value"]).all()


def test_the_curve_of_a_straight_line_is_straight_in_every_shape():
    frame = waits(2, slope=0.0, before=-0.1).assign(queue=0.0)
    frame["score"] = 8 - 0.1 * frame["wait"] + np.where(np.arange(len(frame)) % 2, 1e-4, -1e-4)
    for options in ({"shape": "spline"}, {"shape": "bend", "bend": 12.0}):
        line = curve(frame, "score", "wait", **options)
        assert np.allclose(line["value"], 8 - 0.1 * line["x"], atol=1e-3)


def test_a_restricted_spline_is_straight_beyond_its_outer_knots():
    knots = np.array([2.0, 5.0, 9.0, 14.0, 20.0])
    for points in (np.array([-3.0, -2.0, -1.0]), np.array([21.0, 22.0, 23.0])):
        assert np.allclose(np.diff(spline(points, knots), n=2, axis=0), 0, atol=1e-9)


def test_thin_groups_join_their_neighbour():
    x = np.append(np.repeat(np.arange(10.0), 40), [50.0, 60.0])
    counts = np.bincount(np.searchsorted(group_edges(x), x, side="right"))
    assert counts.min() >= 30 and counts.sum() == len(x)


def test_a_bend_needs_its_place_and_a_shape_its_name():
    with pytest.raises(DataError, match="bend None is not between"):
        curve(waits(0), "score", "wait", shape="bend")
    with pytest.raises(DataError, match="shape 'wavy' is unknown"):
        curve(waits(0), "score", "wait", shape="wavy")
