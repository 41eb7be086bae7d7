"""The ordinal model against R and statsmodels, and the test of proportional odds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.miscmodels.ordinal_model import OrderedModel

from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.ordinal import beside_linear, proportional_odds
from cx_helpers.errors import DataError

DRIVERS = ["pared", "public", "gpa"]


@pytest.fixture
def students(reference):
    folder, expected = reference("ologit_ucla")
    frame = pd.read_csv(folder / "data.csv")
    return frame.assign(level=frame["apply"].map({"unlikely": 0, "somewhat likely": 1, "very likely": 2})), expected


def close(found, entry):
    return found == pytest.approx(entry["value"], abs=entry["tol"])


def test_the_model_equals_polr_and_the_test_nominal_test(students):
    frame, expected = students
    table = proportional_odds(frame, "level", DRIVERS)
    by = table.set_index("driver")
    assert close(by["value"].to_dict(), expected["logit.coef"]) and close(by["odds_ratio"].to_dict(), expected["logit.odds_ratio"])
    assert close(((by["high"] - by["low"]) / 2 / 1.959963985).to_dict(), expected["logit.se"])
    assert close(table.attrs["cutpoints"], expected["logit.cutpoints"]) and close(table.attrs["log_likelihood"], expected["logit.loglik"])
    assert close(by["p_proportional"].to_dict(), expected["proportional_odds_LRT_p"])
    assert by["proportional"].all(), "one in three at p 0.049 is not refuted after Holm"


def test_the_probit_model_equals_clm(students):
    frame, expected = students
    table = proportional_odds(frame, "level", DRIVERS, link="probit").set_index("driver")
    assert close(table["value"].to_dict(), expected["probit.coef"]) and table["odds_ratio"].isna().all()


def test_two_levels_are_a_logistic_regression(students):
    frame, expected = students
    table = proportional_odds(frame.assign(level=frame["level"] >= 1).astype({"level": float}), "level", DRIVERS)
    wanted = dict(expected["binary_logit_ge_somewhat"]["value"])
    assert -table.attrs["cutpoints"][0] == pytest.approx(wanted.pop("Intercept"), abs=1e-6)
    assert table.set_index("driver")["value"].to_dict() == pytest.approx(wanted, abs=1e-6)
    assert table["p_proportional"].isna().all() and table["proportional"].all()


@pytest.fixture
def journeys():
    rng = np.random.default_rng(3)
    ids = np.repeat(np.arange(300), 3)
    frame = pd.DataFrame({"wait": rng.gamma(2, 5, 900), "clean": rng.normal(size=900), "unit": rng.choice(list("abc"), 900), "who": ids})
    lived = 2 - 0.1 * frame["wait"] + frame["unit"].map({"a": 0, "b": 0.5, "c": 1}) + rng.normal(0, 1, 300)[ids]
    return frame.assign(score=np.digitize(lived + rng.logistic(size=900), [-1, 0, 1, 2]) + 1.0)


def test_controls_enter_as_in_statsmodels_and_errors_know_the_customer(journeys):
    x = journeys[["wait", "clean"]].join(pd.get_dummies(journeys["unit"], drop_first=True).astype(float))
    fit = OrderedModel(journeys["score"], x, distr="logit").fit(method="bfgs", disp=False, gtol=1e-8)
    plain, clustered = (proportional_odds(journeys, "score", ["wait", "clean"], controls=["unit"], cluster=c) for c in (None, "who"))
    assert plain["value"].to_numpy() == pytest.approx(fit.params[["wait", "clean"]].to_numpy(), abs=1e-5)
    assert clustered["value"].to_numpy() == pytest.approx(plain["value"].to_numpy(), abs=1e-8)
    width = (clustered["high"] - clustered["low"]) / (plain["high"] - plain["low"])
    assert (abs(width - 1) > 0.001).all() and "clustered" in clustered["method"].iloc[0]


def test_every_answer_written_down_twice_knows_no_more(journeys):
    twice = pd.concat([journeys, journeys], ignore_index=True).assign(row=np.tile(np.arange(900), 2))
    once = proportional_odds(journeys, "score", ["wait"], weights=np.ones(900))
    honest = proportional_odds(twice, "score", ["wait"], cluster="row")
    assert honest["low"].iloc[0] == pytest.approx(once["low"].iloc[0], rel=0.02)
    assert honest["p_proportional"].iloc[0] == pytest.approx(once["p_proportional"].iloc[0], abs=1e-3)


def test_a_driver_that_keeps_customers_from_the_top_only_is_told():
    rng = np.random.default_rng(1)
    x = rng.normal(size=2000)
    level = np.where(rng.random(2000) < 0.3, 0, np.where(rng.random(2000) < 1 / (1 + np.exp(1.2 * x)), 2, 1))
    frame = pd.DataFrame({"x": x, "level": level, "who": np.arange(2000)})
    for cluster in (None, "who"):
        table = proportional_odds(frame, "level", ["x"], cluster=cluster)
        assert table["p_proportional"].iloc[0] < 1e-4 and not table["proportional"].iloc[0] and table.attrs["p_proportional"] < 1e-4


def test_both_models_side_by_side(journeys):
    linear = relative_importance(journeys, "score", ["clean", "wait"], bootstrap=0)
    both = beside_linear(linear, proportional_odds(journeys, "score", ["clean", "wait"])).set_index("driver")
    assert list(both.index) == ["wait", "clean"] and both["agrees"].all()
    assert both.loc["wait", "effect_high"] < 0 and both.loc["wait", "odds_high"] < 1
    flipped = beside_linear(linear.assign(effect=-linear["effect"]), proportional_odds(journeys, "score", ["clean", "wait"])).set_index("driver")
    assert not flipped.loc["wait", "agrees"] and flipped.loc["clean", "agrees"], "the sign of noise is not compared"


def test_many_answers_are_taken_by_lot_in_whole_customers(journeys):
    table = proportional_odds(journeys, "score", ["wait"], cluster="who", most_rows=300)
    assert 300 <= table["n"].iloc[0] <= 302 and "of 900 answers by lot" in table["method"].iloc[0]
    pd.testing.assert_frame_equal(table, proportional_odds(journeys, "score", ["wait"], cluster="who", most_rows=300))


def test_an_outcome_of_many_values_is_taken_in_ordered_groups(journeys):
    rng = np.random.default_rng(0)
    table = proportional_odds(journeys.assign(score=-journeys["wait"] + rng.normal(size=900)), "score", ["wait"])
    assert "10 levels" in table["method"].iloc[0] and table["high"].iloc[0] < 0


def test_an_unknown_link_is_refused_and_no_driver_is_no_row(journeys):
    with pytest.raises(DataError, match="link 'cloglog' is unknown. Choose one of logit, probit."):
        proportional_odds(journeys, "score", ["wait"], link="cloglog")
    assert proportional_odds(journeys, "score", []).empty
