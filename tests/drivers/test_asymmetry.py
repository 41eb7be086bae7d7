"""Penalties and rewards: against R on simulated data with known truth, by hand, on noise, and where the data could not tell."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers.drivers.asymmetry import askable, of_inputs, penalty_reward
from cx_helpers.errors import DataError

KANO = {"basic": "must_be", "performance": "performance", "excitement": "delighter", "indifferent": "indifferent"}


@pytest.fixture
def kano(reference):
    folder, expected = reference("penalty_reward_kano_sim")
    return pd.read_csv(folder / "data.csv"), {name: entry["value"] for name, entry in expected.items()}


def test_contrasts_errors_and_classes_are_those_of_r(kano):
    data, expected = kano
    found = penalty_reward(data, "csat", list(data.columns[:4]))
    table = found.set_index("driver")
    q = stats.t.ppf(0.975, 2000 - 9)
    for name, row in table.iterrows():
        for side, band in (("penalty", "low"), ("reward", "high")):
            assert row[side] == pytest.approx(expected["coef"][f"{name}[{band}]"], abs=1e-8)
            assert (row[f"{side}_high"] - row[side]) / q == pytest.approx(expected["se_hc3"][f"{name}[{band}]"], abs=1e-8)
        assert row["kano"] == KANO[expected["kano_class"][name]]
    assert found.attrs["r_squared"] == pytest.approx(expected["R2"], abs=1e-9)


def made(seed, penalty=0.0, reward=0.0, n=1200, customers=None):
    rng = np.random.default_rng(seed)
    ids = np.arange(n) if customers is None else np.repeat(np.arange(customers), n // customers)
    frame = pd.DataFrame({name: rng.choice(["low", "mid", "high"], n) for name in ("a", "b", "c")}).assign(customer=ids)
    score = 8 + penalty * (frame["a"] == "low") + reward * (frame["a"] == "high") + rng.normal(size=n)
    return frame.assign(score=score + (0 if customers is None else rng.normal(size=customers)[ids]))


@pytest.mark.parametrize(("penalty", "reward", "kano"), [
    (-0.6, 0, "must_be"), (-0.6, 0.6, "performance"), (0, 0.6, "delighter"), (0, 0, "indifferent"), (0.6, 0, "reversed"),
])  # fmt: skip
def test_each_class_is_told_from_what_was_planted(penalty, reward, kano):
    table = penalty_reward(made(3, penalty, reward, n=3000), "score", ["a", "b", "c"]).set_index("driver")
    assert table["kano"].tolist() == [kano, "indifferent", "indifferent"]


def test_where_answers_are_too_few_nothing_is_called_indifferent():
    few = penalty_reward(made(1, n=150), "score", ["a", "b", "c"])
    assert set(few["kano"]) == {"not_told"} and set(few["penalty_told"]) == {"unknown"}


def test_bands_are_those_declared_and_thirds_without():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"wait": rng.permutation(np.arange(900.0))}).assign(score=rng.normal(size=900))
    row = penalty_reward(frame, "score", ["wait"], better={"wait": "lower"}).iloc[0]
    assert (row["low_until"], row["high_from"], row["n_low"], row["n_mid"], row["n_high"]) == (600, 299, 300, 300, 300)
    row = penalty_reward(frame, "score", ["wait"], better={"wait": "lower"}, low={"wait": 800}, high={"wait": 99}).iloc[0]
    assert (row["low_until"], row["high_from"], row["n_low"], row["n_mid"], row["n_high"]) == (800, 99, 100, 700, 100)


def test_lower_is_better_turns_the_sides():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"wait": rng.uniform(0, 30, 2000)})
    frame["score"] = 8 - 1.0 * (frame["wait"] > 20) + rng.normal(size=2000)
    row = penalty_reward(frame, "score", ["wait"], better={"wait": "lower"}, low={"wait": 20}, high={"wait": 10}).iloc[0]
    assert row["kano"] == "must_be" and -1.2 < row["penalty"] < -0.8 and abs(row["reward"]) < 0.2


def test_clusters_widen_what_repeats_within_customers():
    data = made(5, n=1200, customers=100)
    data["a"] = np.repeat(np.random.default_rng(5).choice(["low", "mid", "high"], 100), 12)
    wide = penalty_reward(data, "score", ["a"], cluster="customer").iloc[0]
    thin = penalty_reward(data, "score", ["a"]).iloc[0]
    assert wide["penalty"] == pytest.approx(thin["penalty"]) and wide["penalty_high"] - wide["penalty_low"] > 2 * (thin["penalty_high"] - thin["penalty_low"])
    assert wide["method"] == "penalty-reward contrasts, clustered"


def test_weights_count_rows_as_often_as_they_say():
    data = made(6, -0.5)
    twice = pd.concat([data, data[data["b"] == "low"]], ignore_index=True)
    weighted = penalty_reward(data.assign(w=np.where(data["b"] == "low", 2.0, 1.0)), "score", ["a"], controls=["c"], weights="w").iloc[0]
    assert weighted["penalty"] == pytest.approx(penalty_reward(twice, "score", ["a"], controls=["c"]).iloc[0]["penalty"])


def test_bands_of_inputs_come_from_the_standard():
    frame = pd.DataFrame({"wait": np.arange(1.0, 201.0), "yes": np.arange(200) % 2, "plenty": np.arange(200.0), "flat": np.ones(200)})
    kept, low, high = askable(frame, ["wait", "yes", "plenty", "flat"], {"wait": "lower", "yes": "lower", "plenty": "higher", "flat": "lower"}, {"wait": 120})
    assert kept == ["wait", "plenty"]
    assert (low["wait"], high["wait"]) == (121, 60.5) and (low["plenty"], high["plenty"]) == (66, 133)


def test_inputs_without_a_middle_are_not_asked():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"t.yes": rng.integers(0, 2, 300), "t.wait": rng.uniform(0, 9, 300), "score": rng.normal(size=300)})
    facts = pd.DataFrame({"input": ["t.yes", "t.wait"], "better": "lower", "standard": [0.1, 3.0]})
    assert of_inputs(frame, "score", ["t.yes", "t.wait"], facts)["driver"].tolist() == ["t.wait"]
    assert of_inputs(frame, "score", ["t.yes"], facts).empty and of_inputs(frame, "score", [], facts).columns.tolist()[:2] == ["driver", "kano"]


@pytest.mark.parametrize(("change", "options", "words"), [
    ({"a": "so-so"}, {}, "'a' holds 'so-so', allowed are numbers or low, mid and high"),
    ({"a": 5.0}, {}, "'a' has no middle between 5 and 5"),
    ({}, {"better": {"a": "more"}}, "better of 'a' is 'more', allowed are lower and higher"),
    ({"a": ["low"] * 5 + ["mid"] * 600 + ["high"] * 595}, {}, "'a' has 5 rows in its low band, at least 10 are needed"),
])  # fmt: skip
def test_what_cannot_be_asked_is_told_in_one_line(change, options, words):
    with pytest.raises(DataError) as caught:
        penalty_reward(made(0).assign(**change), "score", ["a"], **options)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_bad_band_of_one_customer_is_not_told():
    rng = np.random.default_rng(0)
    who = np.r_[np.zeros(200, int), np.arange(1, 801)]
    frame = pd.DataFrame({"clean": np.where(who == 0, "low", rng.choice(["mid", "high"], 1000)), "who": who})
    frame["score"] = 8 - 3.0 * (who == 0) + rng.normal(size=1000)
    assert penalty_reward(frame, "score", ["clean"])["kano"].tolist() == ["must_be"]
    assert penalty_reward(frame, "score", ["clean"], cluster="who")["kano"].tolist() == ["not_told"]
