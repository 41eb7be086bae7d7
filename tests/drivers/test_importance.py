"""Importance against R, against regressions in every order, on a planted truth and on noise."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.told_importance import importance_findings
from cx_helpers.drivers.shares import shares_of_correlations
from cx_helpers.errors import DataError


@pytest.fixture
def mtcars(reference):
    folder, expected = reference("rwa_mtcars")
    return pd.read_csv(folder / "data.csv", index_col=0), expected


def by_driver(table, column="importance"):
    return dict(zip(table["driver"], table[column], strict=True))


def test_lmg_equals_relaimpo(mtcars):
    cars, expected = mtcars
    table = relative_importance(cars, "mpg", ["cyl", "disp", "hp", "gear"], bootstrap=0)
    assert by_driver(table) == pytest.approx(expected["lmg_same_model"]["value"], abs=1e-9)
    assert table.attrs["r_squared"] == pytest.approx(expected["R2"]["value"], abs=5e-7)
    assert table["importance"].sum() == pytest.approx(table.attrs["r_squared"], abs=1e-12)
    assert list(table["driver"]) == ["cyl", "disp", "hp", "gear"] and list(table["rank"]) == [1, 2, 3, 4]


def test_johnson_equals_rwa_and_names_another_leader_than_lmg(mtcars):
    cars, expected = mtcars
    table = relative_importance(cars, "mpg", ["cyl", "disp", "hp", "gear"], method="johnson", bootstrap=0)
    assert by_driver(table) == pytest.approx(expected["raw_relative_weights"]["value"], abs=5e-7)
    percent = {k: v / 100 for k, v in expected["rescaled_pct"]["value"].items()}
    assert by_driver(table, "share") == pytest.approx(percent, abs=5e-7)
    assert table["driver"].iloc[0] == "hp" and table["method"].iloc[0] == "johnson"


def test_weighted_johnson_equals_rwa(mtcars):
    cars, expected = mtcars
    cars = cars.assign(w=[0.8, 1.2, 1.5, 0.6] * 8)
    for weights in ("w", cars["w"].to_numpy()):
        table = relative_importance(cars, "mpg", ["cyl", "disp", "hp"], method="johnson", weights=weights, bootstrap=0)
        assert by_driver(table) == pytest.approx(expected["weighted_raw_cyl_disp_hp"]["value"], abs=5e-7)


def test_lmg_of_a_correlation_matrix_equals_azen_and_budescu(reference):
    folder, expected = reference("dominance_azen_budescu_2003")
    matrix = pd.read_csv(folder / "data.csv", index_col=0)
    shares = dict(zip(matrix.columns[1:], shares_of_correlations(matrix), strict=True))
    assert shares == pytest.approx(expected["general"]["value"], abs=1e-9)
    assert sorted(shares, key=shares.get, reverse=True) == expected["general_order"]["value"]
    assert sum(shares.values()) == pytest.approx(expected["R2"]["value"], abs=1e-9)
    first = dict(zip(matrix.columns[1:], shares_of_correlations(matrix, "first"), strict=True))
    last = dict(zip(matrix.columns[1:], shares_of_correlations(matrix, "last"), strict=True))
    assert first == pytest.approx(expected["conditional_level0"]["value"], abs=0.002)
    assert last == pytest.approx(expected["conditional_level3"]["value"], abs=0.002)


@pytest.fixture
def journeys():
    rng = np.random.default_rng(5)
    n = 400
    frame = pd.DataFrame({
        "pickup.wait": rng.gamma(2, 5, n), "return.check": rng.gamma(2, 3, n), "damage": rng.random(n) < 0.1,
        "unit": rng.choice(list("abcde"), n), "customer": rng.integers(0, 250, n), "w": rng.uniform(0.5, 2, n)})  # fmt: skip
    frame["pickup.wait"] += frame["unit"].map({"a": 0, "b": 3, "c": 6, "d": 9, "e": 2})
    frame["score"] = 8 - 0.1 * frame["pickup.wait"] - 2.0 * frame["damage"] + rng.normal(0, 1.5, n)
    return frame


DRIVERS = ["pickup.wait", "return.check", "damage"]


def test_lmg_with_controls_and_weights_is_the_mean_gain_over_all_orders(journeys):
    fixed = sm.add_constant(pd.get_dummies(journeys["unit"], drop_first=True).astype(float))

    def r_squared(names):
        return sm.WLS(journeys["score"], fixed.join(journeys[list(names)].astype(float)), weights=journeys["w"]).fit().rsquared

    gains = {name: [] for name in DRIVERS}
    for order in itertools.permutations(DRIVERS):
        for position, name in enumerate(order):
            gains[name].append(r_squared(order[: position + 1]) - r_squared(order[:position]))
    table = relative_importance(journeys, "score", DRIVERS, controls=["unit"], weights="w", bootstrap=0)
    assert by_driver(table) == pytest.approx({name: np.mean(g) for name, g in gains.items()}, abs=1e-10)
    assert table.attrs["r_squared"] == pytest.approx(r_squared(DRIVERS), abs=1e-10)
    assert table.attrs["r_squared_controls"] == pytest.approx(r_squared([]), abs=1e-10)
    as_frame = relative_importance(journeys, "score", DRIVERS, controls=journeys[["unit"]], weights="w", bootstrap=0)
    pd.testing.assert_frame_equal(table, as_frame)


def test_effects_are_those_of_the_regression_and_their_errors_those_of_leaving_customers_out(journeys):
    model = sm.add_constant(pd.get_dummies(journeys["unit"], drop_first=True).join(journeys[DRIVERS]).astype(float))

    def fitted(rows):
        return sm.WLS(journeys.loc[rows, "score"], model[rows], weights=journeys.loc[rows, "w"]).fit().params[DRIVERS].to_numpy()

    who = journeys["customer"]
    whole, without = fitted(who.notna()), np.array([fitted(who != one) for one in who.unique()])
    half = stats.t.ppf(0.975, len(without) - 1) * np.sqrt(((without - whole) ** 2).sum(axis=0) * (len(without) - 1) / len(without))
    table = relative_importance(journeys, "score", DRIVERS, controls=["unit"], weights="w", cluster="customer", bootstrap=0).set_index("driver")
    assert table.loc[DRIVERS, "effect"].to_numpy() == pytest.approx(whole, rel=1e-9)
    assert table.loc[DRIVERS, ["effect_low", "effect_high"]].to_numpy() == pytest.approx(np.column_stack([whole - half, whole + half]), rel=1e-7)


def test_without_customers_errors_are_hc3(journeys):
    model = sm.add_constant(journeys[DRIVERS].astype(float))
    fit = sm.OLS(journeys["score"], model).fit(cov_type="HC3", use_t=True)
    table = relative_importance(journeys, "score", DRIVERS, bootstrap=0).set_index("driver")
    assert table.loc[DRIVERS, ["effect_low", "effect_high"]].to_numpy() == pytest.approx(fit.conf_int().loc[DRIVERS].to_numpy(), rel=1e-9)


def test_waits_with_a_long_tail_do_not_make_drivers_of_noise():
    called = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"wait": rng.pareto(1.5, 300), "score": np.clip(np.round(8 + 2 * rng.normal(size=300)), 0, 10)})
        called += relative_importance(frame, "score", ["wait"], bootstrap=0)["usable"].iloc[0]
    # With the usual sandwich 13 of these are called: the few longest waits fit themselves.
    assert called <= 9


def test_what_only_one_large_customer_lived_is_no_driver():
    rng = np.random.default_rng(0)
    who = np.r_[np.zeros(300, int), np.arange(1, 1001)]
    frame = pd.DataFrame({"lane": (who == 0).astype(float), "wait": rng.normal(size=1300), "who": who})
    frame["score"] = rng.normal(size=1001)[who] + rng.normal(size=1300)
    table = relative_importance(frame, "score", ["lane", "wait"], cluster="who", bootstrap=0).set_index("driver")
    assert not table["usable"].any() and table.loc["lane", "p"] == 1 and np.isinf(table.loc["lane", "effect_low"]) and np.isfinite(table.loc["wait", "effect_low"])


def test_the_planted_drivers_are_usable_and_the_idle_one_is_not(journeys):
    table = relative_importance(journeys, "score", DRIVERS, cluster="customer", bootstrap=200).set_index("driver")
    assert dict(table["usable"]) == {"pickup.wait": True, "damage": True, "return.check": False}
    assert table.loc["damage", "effect_low"] < -2 < table.loc["damage", "effect_high"]
    assert (table["low"] <= table["importance"]).all() and (table["importance"] <= table["high"]).all()
    assert (table["share_low"] <= table["share"]).all() and (table["share"] <= table["share_high"]).all()
    assert (table["rank_low"]["return.check"], table["rank_high"]["return.check"]) == (3, 3)
    assert set(table["rank_high"].drop("return.check")) <= {1, 2}


def test_bootstrap_redraws_customers_with_all_their_rows_and_fits_controls_anew(journeys):
    """Each draw of the fast path equals the importance computed on the rows that the draw holds."""
    from cx_helpers.drivers.design import design
    from cx_helpers.drivers.draws import of_draws

    d = design(journeys, "score", DRIVERS, ["unit"], "w", "customer")
    fast = of_draws(d, 3, 11).importances("lmg")
    size, found = d.n_groups, []
    rng = np.random.default_rng(11)
    rng.multinomial(size, [1.0], size=3)
    for draw in range(3):
        chosen = rng.integers(0, size, size)
        rows = np.concatenate([np.flatnonzero(d.groups == g) for g in chosen])
        again = relative_importance(journeys.iloc[rows], "score", DRIVERS, controls=["unit"], weights="w", bootstrap=0)
        found.append(again.set_index("driver").loc[DRIVERS, "importance"])
    assert fast == pytest.approx(np.array(found), abs=1e-9)


def test_intervals_need_the_customer_where_customers_repeat(journeys):
    """Every journey written down twice knows no more than once."""
    twice = pd.concat([journeys, journeys], ignore_index=True).assign(journey=np.tile(np.arange(400), 2))
    once = relative_importance(journeys, "score", DRIVERS, bootstrap=400)
    naive = relative_importance(twice, "score", DRIVERS, bootstrap=400)
    honest = relative_importance(twice, "score", DRIVERS, cluster="journey", bootstrap=400)

    def width(table):
        return float((table["high"] - table["low"]).iloc[0]), float((table["effect_high"] - table["effect_low"]).iloc[0])

    assert width(honest) == pytest.approx(width(once), rel=0.12)
    assert max(np.divide(width(naive), width(once))) < 0.85


def test_same_seed_same_numbers_and_names_of_customers_do_not_matter(journeys):
    renamed = journeys.assign(customer=[f"{c * 7919 % 104729:x}" for c in journeys["customer"]])
    one, two = (relative_importance(f, "score", DRIVERS, cluster="customer", bootstrap=50) for f in (journeys, renamed))
    pd.testing.assert_frame_equal(one, two)
    other = relative_importance(journeys, "score", DRIVERS, cluster="customer", bootstrap=50, seed=1)
    assert list(other["low"]) != list(one["low"]) and list(other["importance"]) == list(one["importance"])


def test_rows_with_something_missing_are_left_out_and_told(journeys):
    journeys.loc[[3, 4], "score"] = np.nan
    journeys.loc[[4, 5], "pickup.wait"] = np.nan
    journeys.loc[9, "unit"] = None
    table = relative_importance(journeys, "score", DRIVERS, controls=["unit"], bootstrap=0)
    assert set(table["n"]) == {396} and table.attrs["n_dropped"] == 4
    assert table.attrs["n_dropped_by"] == {"score": 2, "pickup.wait": 2, "unit": 1}


@pytest.mark.parametrize("change, drivers, options, told", [
    ({"flat": 3.0}, ["pickup.wait", "flat"], {}, "'flat' is constant"),
    ({"flat": 3.0, "copy": lambda f: 2 * f["score"] + 1}, ["flat", "copy"], {}, "'flat' is constant; 'copy' is the outcome 'score' itself (correlation 1 or -1)"),
    ({}, ["pickup.wait", "pickup.wait"], {}, "'pickup.wait' is given twice"),
    ({}, ["score"], {}, "'score' is given twice"),
    ({}, ["pickup.wiat"], {}, "column 'pickup.wiat' is not in the data"),
    ({}, ["unit"], {}, "'unit' is not numeric"),
    ({"both": lambda f: f["pickup.wait"] + f["return.check"]}, ["pickup.wait", "return.check", "both"], {}, "'both' is an exact combination"),
    ({"rate": lambda f: f["unit"].map(dict(zip("abcde", range(5), strict=True)))}, ["rate"], {"controls": ["unit"]}, "'rate' does not vary within the controls"),
    ({"w": -1.0}, DRIVERS, {"weights": "w"}, "400 weights are negative or missing (first: row 0)"),
    ({"score": np.nan}, DRIVERS, {}, "0 complete rows in 0 clusters, at least 6 rows and 2 clusters are needed for 3 drivers"),
    ({"score": 5.0}, DRIVERS, {}, "outcome 'score' is constant (5)"),
    ({}, DRIVERS, {"method": "shapley"}, "method 'shapley' is unknown. Choose one of lmg, johnson, first, last, auto"),
    ({}, [f"x{i}" for i in range(21)], {}, "21 drivers, exact lmg takes at most 20"),
    ({}, DRIVERS, {"cluster": [1, 2]}, "cluster has 2 entries, data has 400 rows"),
])
def test_a_model_that_cannot_be_is_refused_in_one_line(journeys, change, drivers, options, told):
    with pytest.raises(DataError) as refusal:
        relative_importance(journeys.assign(**change), "score", drivers, **options)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_drivers_are_corrected_for_their_number_as_statsmodels_does():
    from cx_helpers.estimates.families import holm_adjusted
    from cx_helpers.drivers.robust import holm

    rng = np.random.default_rng(0)
    for _ in range(12):
        p = rng.random(6) ** 4
        assert list(holm(p, 0.05)) == list(sm.stats.multipletests(p, method="holm")[0])
        assert holm_adjusted(p) == pytest.approx(sm.stats.multipletests(p, method="holm")[1])


def test_noise_has_no_usable_driver_and_says_so():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 5)), columns=["y", "a", "b", "c", "d"])
    table = relative_importance(frame, "y", list("abcd"), bootstrap=200)
    inputs = pd.DataFrame({"input": list("abcd"), "label": ["A", "B", "C", "D"]})
    findings = importance_findings(table, inputs, "NPS")
    assert not table["usable"].any()
    assert [f.message for f in findings] == ["drivers.none_usable"]
    assert findings[0].args["drivers_tested"] == 4 and findings[0].n == 300 and math.isnan(findings[0].value)


def test_findings_name_the_first_driver_with_its_share_and_who_ties_with_it(journeys):
    inputs = pd.DataFrame({"input": DRIVERS, "label": ["Wait", "Check", "Damage"], "better": ["lower", "lower", "higher"]})
    table = relative_importance(journeys, "score", DRIVERS, bootstrap=200)
    table.loc[0, "rank_high"], table.loc[1, "rank_low"] = 1, 2
    findings = {f.message: f for f in importance_findings(table, inputs, "NPS")}
    first = findings["drivers.first"]
    assert first.args == {"driver": "Wait", "outcome": "NPS", "drivers_tested": 3, "usable": 2}
    assert first.low < first.value < first.high and first.n == 400 and first.grade == "associated"
    assert findings["drivers.against_expectation"].args["driver"] == "Damage"
    table.loc[0, "rank_high"], table.loc[1, "rank_low"] = 2, 1
    findings = {f.message: f for f in importance_findings(table, inputs, "NPS")}
    alike = findings["drivers.alike"]
    assert alike.args["labels"] == ["Wait", "Damage"] and alike.args["others"] == ["Damage"] and alike.value == first.value
    assert not {"drivers.first", "drivers.tied"} & set(findings), "nobody is crowned"
    table.loc[1, "rank_low"] = 2
    assert "drivers.tied" in {f.message for f in importance_findings(table, inputs, "NPS")}


def test_without_any_driver_to_ask_the_table_is_empty_and_the_finding_says_so(journeys):
    table, full = (relative_importance(journeys, "score", names, bootstrap=0) for names in ([], DRIVERS))
    assert table.empty and list(table.columns) == list(full.columns)
    (finding,) = importance_findings(table, pd.DataFrame({"input": [], "label": []}), "NPS")
    assert (finding.message, finding.n, finding.grade) == ("drivers.not_enough", 400, "described")


def test_a_unit_with_a_single_answer_tells_nothing_and_disturbs_nothing():
    rng, n = np.random.default_rng(0), 600
    data = pd.DataFrame({"a": rng.normal(size=n), "b": rng.integers(0, 2, n).astype(float), "unit": rng.choice(list("xyz"), n), "who": rng.integers(0, 200, n)})
    data["score"] = data["a"] + rng.normal(size=n)
    data.loc[0, "unit"], data.loc[1, ["unit", "who"]] = "lonely", ["lonely too", 999]
    found, without = (
        relative_importance(rows, "score", ["a", "b"], controls=["unit"], cluster="who", bootstrap=0).set_index("driver") for rows in (data, data.iloc[2:])
    )
    assert found["effect"].to_numpy() == pytest.approx(without["effect"].to_numpy(), rel=1e-9)
    wide, narrow = ((one["effect_high"] - one["effect_low"]).to_numpy() for one in (found, without))
    assert wide == pytest.approx(narrow, rel=0.02)
