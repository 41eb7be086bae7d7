"""The checks beside the ranking: order, other methods, the yardstick of noise, entangled drivers, usual good against bad."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import variance_inflation_factor

from cx_helpers.drivers.design import design, screen
from cx_helpers.drivers.draws import beside_noise, of_data, of_draws
from cx_helpers.drivers.entangled import entangled
from cx_helpers.drivers.good_and_bad import good_and_bad
from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.ranking import noise_yardstick, ranking
from cx_helpers.drivers.shares import gain_by_size, shares_of_correlations, subset_r_squared
from cx_helpers.errors import DataError

NAMES = ["wait", "queue", "clean", "price"]


@pytest.fixture
def journeys():
    rng = np.random.default_rng(2)
    n = 900
    frame = pd.DataFrame(rng.normal(size=(n, 4)), columns=NAMES).assign(
        unit=rng.choice(list("abcd"), n), customer=rng.integers(0, 500, n), w=rng.uniform(0.5, 2, n))  # fmt: skip
    frame["queue"] += 0.5 * frame["wait"]
    frame["score"] = 5 - 0.9 * frame["wait"] + 0.3 * frame["clean"] + frame["unit"].map({"a": 0, "b": 1, "c": 2, "d": 0}) + rng.normal(size=n)
    return frame


def test_conditional_dominance_is_that_of_azen_and_budescu(reference):
    folder, expected = reference("dominance_azen_budescu_2003")
    matrix = pd.read_csv(folder / "data.csv", index_col=0)
    gains = pd.DataFrame(gain_by_size(matrix), index=matrix.columns[1:])
    for size in range(4):
        entry = expected[f"conditional_level{size}"]
        assert gains[size].to_dict() == pytest.approx(entry["value"], abs=entry["tol"])
    assert gains.mean(axis=1).to_numpy() == pytest.approx(shares_of_correlations(matrix), abs=1e-12)


def test_complete_dominance_is_that_of_azen_and_budescu(reference):
    folder, expected = reference("dominance_azen_budescu_2003")
    matrix = pd.read_csv(folder / "data.csv", index_col=0)
    names, r2 = list(matrix.columns[1:]), subset_r_squared(matrix.to_numpy()[None])[:, 0]

    def dominates(i, j):
        others = [s for s in range(16) if not s & (1 << i | 1 << j)]
        return all(r2[s | 1 << i] > r2[s | 1 << j] for s in others)

    pairs = [(names[i], names[j]) for i in range(4) for j in range(4) if i != j and dominates(i, j)]
    assert expected["complete_dominance"]["value"] == "x1 over x2,x3,x4; no other pair"
    assert pairs == [("x1", "x2"), ("x1", "x3"), ("x1", "x4")]


def test_the_signs_are_those_of_rwa(reference):
    folder, expected = reference("rwa_mtcars")
    cars = pd.read_csv(folder / "data.csv", index_col=0)
    signs = {d: relative_importance(cars, "mpg", [d], bootstrap=0)["effect"].iloc[0] > 0 for d in ("cyl", "disp", "hp", "gear")}
    assert {d: "+" if up else "-" for d, up in signs.items()} == expected["signs"]["value"]


def test_methods_disagree_on_mtcars_and_the_table_says_which_put_whom_first(reference):
    folder, expected = reference("rwa_mtcars")
    cars = pd.read_csv(folder / "data.csv", index_col=0)
    ways = ranking(cars, "mpg", ["cyl", "disp", "hp", "gear"], bootstrap=100).ways
    assert ways.attrs["first"]["lmg"] == "cyl" and ways.attrs["first"]["johnson"] == "hp"
    for method, case in (("lmg", "lmg_same_model"), ("johnson", "raw_relative_weights")):
        assert dict(zip(ways["driver"], ways[method], strict=True)) == pytest.approx(expected[case]["value"], abs=expected[case]["tol"])


def test_last_is_the_gain_of_a_driver_over_all_others(journeys):
    ways = ranking(journeys, "score", NAMES, controls=["unit"], bootstrap=100).ways.set_index("driver")
    fixed = sm.add_constant(pd.get_dummies(journeys["unit"], drop_first=True).astype(float))

    def r_squared(names):
        return sm.OLS(journeys["score"], fixed.join(journeys[list(names)])).fit().rsquared

    for name in NAMES:
        assert ways.loc[name, "last"] == pytest.approx(r_squared(NAMES) - r_squared([n for n in NAMES if n != name]), abs=1e-9)
        assert ways.loc[name, "first"] == pytest.approx(r_squared([name]) - r_squared([]), abs=1e-9)


def test_controls_taken_out_once_give_the_intervals_of_controls_fitted_anew(journeys, monkeypatch):
    d = design(journeys, "score", NAMES, ["unit"], "w", "customer")
    once = of_draws(d, 400, 3).importances("lmg")
    monkeypatch.setattr("cx_helpers.drivers.draws.ROWS_A_CONTROL", 10**9)
    anew = of_draws(d, 400, 3).importances("lmg")
    assert of_data(d).importances("lmg") == pytest.approx(of_data(design(journeys, "score", NAMES, ["unit"], "w")).importances("lmg"), abs=1e-10)
    assert np.abs(once - anew).max() < 0.03 * anew.max() and once.std(axis=0) == pytest.approx(anew.std(axis=0), rel=0.05)


def test_a_clear_leader_is_ahead_and_two_alike_are_not_settled(journeys):
    pairs = ranking(journeys, "score", NAMES, controls=["unit"], bootstrap=200).pairs
    assert pairs["driver"].iloc[0] == "wait" and bool(pairs["ahead"].iloc[0])
    assert pairs["low"].iloc[0] > 0 and list(pairs["rank"]) == [1, 2, 3]
    rng = np.random.default_rng(0)
    alike = pd.DataFrame(rng.normal(size=(500, 2)), columns=["a", "b"])
    alike["score"] = alike["a"] + alike["b"] + rng.normal(size=500)
    assert not ranking(alike, "score", ["a", "b"], bootstrap=200).pairs["ahead"].any()


def test_a_driver_of_noise_stays_below_the_yardstick_and_a_real_one_above(journeys):
    table = ranking(journeys, "score", NAMES, controls=["unit"], cluster="customer", bootstrap=100).table.set_index("driver")
    assert table.loc["wait", "beyond_yardstick"] and table.loc["clean", "beyond_yardstick"]
    assert not table.loc["price", "beyond_yardstick"]


def test_the_yardstick_knows_that_customers_repeat():
    rng = np.random.default_rng(0)
    ids = np.repeat(np.arange(60), 10)
    frame = pd.DataFrame({"habit": rng.normal(size=60)[ids], "who": ids, "score": 2 * rng.normal(size=60)[ids] + rng.normal(size=600)})
    honest, naive = (noise_yardstick(design(frame, "score", ["habit"], cluster=c), "lmg")["high"].iloc[0] for c in ("who", None))
    assert honest > 4 * naive


def test_a_twin_of_noise_is_as_spread_as_its_driver_and_tied_to_nothing(journeys):
    d = design(journeys, "score", NAMES, ["unit"], cluster="customer")
    made = beside_noise(d, 400, 0).matrices
    ties = made[:, -1, :-1] / d.n
    assert made[:, -1, -1] == pytest.approx(np.full(400, d.n), rel=1e-9)
    assert np.abs(ties.mean(axis=0)).max() < 0.02 and 0.01 < ties.std(axis=0).max() < 0.1


def test_variance_inflation_is_that_of_statsmodels(journeys):
    table = entangled(journeys.assign(queue=journeys["wait"] + 0.1 * journeys["clean"] + 0.2 * journeys["queue"]), "score", NAMES, bootstrap=100)
    other = journeys.assign(queue=journeys["wait"] + 0.1 * journeys["clean"] + 0.2 * journeys["queue"])
    x = sm.add_constant(other[NAMES]).to_numpy()
    assert dict(zip(table["driver"], table["vif"], strict=True)) == pytest.approx({n: variance_inflation_factor(x, i + 1) for i, n in enumerate(NAMES)}, rel=1e-9)
    first = table.iloc[0]
    assert {first["driver"], first["twin"]} == {"wait", "queue"} and first["tangled"] and first["low"] < first["value"] < first["high"]
    assert not entangled(journeys, "score", NAMES, bootstrap=100)["tangled"].any()


def test_auto_takes_lmg_to_20_drivers_and_johnson_beyond():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 22)), columns=[f"x{i}" for i in range(22)])
    frame["score"] = frame["x0"] + rng.normal(size=300)
    few, many = (relative_importance(frame, "score", [f"x{i}" for i in range(p)], method="auto", bootstrap=0) for p in (8, 22))
    assert few["method"].iloc[0] == "lmg" and many["method"].iloc[0] == "johnson" and many["driver"].iloc[0] == "x0"
    assert "lmg" not in ranking(frame, "score", [f"x{i}" for i in range(22)], bootstrap=100).ways


def test_without_drivers_every_part_is_empty(journeys):
    found = ranking(journeys, "score", [])
    assert found.table.empty and found.pairs.empty and found.ways.empty and found.yardstick.empty and entangled(journeys, "score", []).empty


IMPORTANCE = pd.DataFrame({
    "driver": ["minutes", "dispute", "mostly"], "effect": [-0.5, -2.0, 1.0], "effect_low": [-0.7, -3.0, -1.0], "effect_high": [-0.3, -1.0, 3.0],
    "usable": [True, True, False], "n": [11] * 3, "method": ["lmg"] * 3, "grade": ["associated"] * 3})  # fmt: skip
DATA = pd.DataFrame({"minutes": range(11), "dispute": [0] * 9 + [1, 1], "mostly": [0.0] * 10 + [4.0]})
BETTER = pd.DataFrame({"driver": ["minutes", "dispute", "mostly"], "better": ["lower", "lower", "higher"]})


def test_usual_good_against_usual_bad():
    table = good_and_bad(IMPORTANCE, DATA, BETTER)
    assert table[["driver", "bad", "good", "yes_no", "value"]].to_numpy().tolist() == [
        ["minutes", 9.0, 1.0, False, 4.0], ["mostly", 0.0, 4.0, False, 4.0], ["dispute", 1.0, 0.0, True, 2.0]]
    assert table[["low", "high"]].to_numpy() == pytest.approx(np.array([[2.4, 5.6], [-4.0, 12.0], [1.0, 3.0]]))
    with pytest.raises(DataError, match="'dispute' is not described; 'mostly' is not in the data"):
        good_and_bad(IMPORTANCE, DATA.drop(columns="mostly"), BETTER.drop(index=1))


def test_a_driver_that_hardly_ever_differs_is_not_asked(journeys):
    table = screen(journeys.assign(rare=[1.0] * 9 + [0.0] * 891, seldom=[1.0] * 10 + [0.0] * 890), "score", ["wait", "rare", "seldom"])
    assert list(table["reason"]) == ["", "too_rare", ""]
