"""San Francisco airport: a driver analysis on a survey alone, weighted, marked for halo; its numbers against the file itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers import candidates, guards, told_guards
from cx_helpers.drivers.perceived import perceived_importance
from cx_helpers.study import Study
from cx_helpers.tables.measures import measures

COLUMNS = {
    "security.ease": "Q14PASSTHRU", "boarding.cleanliness": "Q9BOARDING", "wayfinding.ease": "Q14FIND", "food.rating": "Q7FOOD",
    "parking.shuttle": "Q7LTPARKING", "rental.center": "Q7RENTAL", "wifi.rating": "Q7WIFI", "art.rating": "Q7ART",
}  # fmt: skip


@pytest.fixture(scope="module")
def file(airport):
    rows = pd.read_csv(airport, dtype=str)
    return rows[rows["NETPRO"].notna() & (rows["NETPRO"] != "11")]


@pytest.fixture(scope="module")
def study(airport):
    return Study.open("sfo_airport", "2017-05", notebook="03_drivers")


@pytest.fixture(scope="module")
def answers(study):
    return study.answers(study.primary, inputs=study.inputs(drivers=True))


@pytest.fixture(scope="module")
def said(study, answers):
    return candidates.perceptions(study, answers)


@pytest.fixture(scope="module")
def looked_at(study, said):
    return candidates.guarded_perceptions(study, said)


def test_what_the_passenger_told_at_the_gate_is_no_measure_of_operations(study, answers):
    found = candidates.guarded_inputs(study, answers, study.inputs(drivers=True))
    assert found["reason"].tolist() == ["same_survey"] * 2 and told_guards.survey_alone(found)


def test_every_rating_is_marked_and_the_whole_asked_again_is_refused(looked_at):
    refused = looked_at[looked_at["verdict"] == "refused"]
    assert refused["driver"].tolist() == ["overall.whole", "overall.cleanliness", "overall.safety"] and set(refused["reason"]) == {"same_question"}
    others = looked_at[looked_at["verdict"] != "refused"]
    assert len(others) == 22 and set(others["reason"]) == {"same_survey"} and others["kept"].all()


def test_never_used_and_left_blank_are_told_apart_as_the_file_does(file, said):
    for name, column in COLUMNS.items():
        assert said.data[name].notna().sum() == file[column].isin(list("12345")).sum()
        assert said.not_used[name].sum() == (file[column] == "6").sum(), name


def test_the_first_factor_is_that_of_the_file(study, said, looked_at, file):
    kept = guards.allowed(looked_at)
    found = candidates.mood(study, said, kept)
    assert found["items"] == 22 and 0.4 < found["first_factor_low"] < found["first_factor_share"] < found["first_factor_high"] < 0.55
    unweighted = candidates.halo(said.data, list(COLUMNS), bootstrap=50).attrs["first_factor_share"]
    plain = file[list(COLUMNS.values())].apply(lambda c: pd.to_numeric(c.where(c.isin(list("12345"))))).corr()
    assert unweighted == pytest.approx(np.linalg.eigvalsh(plain)[-1] / len(COLUMNS), abs=1e-9)


def test_security_and_the_boarding_area_lead_and_no_cause_is_claimed(study, answers, said, looked_at):
    """Beside a regression that keeps only those who rated all four things that nearly everybody rates."""
    table = perceived_importance(said.data, "points", guards.allowed(looked_at), not_used=said.not_used, weights=study.weights, cluster="customer_id", bootstrap=50)
    assert table.attrs["n"] == 2746 and (table["method"] == "johnson, 50 bootstrap draws, weighted, clustered").all()
    assert set(table["driver"].head(3)) == {"security.ease", "boarding.cleanliness", "wayfinding.ease"}
    told = told_guards.perceived_headline(table, measures(study.brand), "NPS", said.same_survey)
    assert told.message == "perceived.alike_together" and told.grade == "associated"


def test_complete_answers_give_the_effects_of_a_weighted_regression(said):
    """Those who rated all eight: nothing to bridge, nothing unused."""
    import statsmodels.api as sm

    whole = said.data.dropna(subset=list(COLUMNS))
    found = perceived_importance(whole, "points", list(COLUMNS), weights="weight", bootstrap=50).set_index("driver")["effect"]
    plain = sm.WLS(whole["points"], sm.add_constant(whole[list(COLUMNS)]), weights=whole["weight"]).fit().params
    assert len(whole) > 200 and found.to_dict() == pytest.approx(plain[list(COLUMNS)].to_dict(), abs=1e-9)
