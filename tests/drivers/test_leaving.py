"""Who does not come back: the model beside statsmodels, its judgement by hand, months it has not seen, and reasons that are counted."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special

from cx_helpers.drivers import leaving as room
from cx_helpers.drivers import logistic, told_value
from cx_helpers.errors import DataError

sys.path.insert(0, str(Path(__file__).parent))
from following_brand import FACTS, MONTHS, lived  # noqa: E402


def brand(seed=0, strength=1.0, **more):
    """Eighteen months that were followed and six that are not over yet."""
    frame, _ = lived(seed, n=6000, customers=2500, strength=strength, months=MONTHS, **more)
    return frame.assign(returned=frame["returned"].where(frame["month"] < MONTHS[18]), current=frame["month"] >= MONTHS[12])


def left(frame, **more):
    return room.leaving(frame, FACTS, **{"controls": ["unit", "month"], **more})


def test_the_fit_is_that_of_statsmodels_clustered_by_customer():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(2000), rng.normal(size=(2000, 3))])
    who = rng.integers(0, 300, 2000)
    y = (rng.random(2000) < special.expit(x @ [-0.5, 0.4, 0.0, -0.8] + rng.normal(0, 0.5, 300)[who])).astype(float)
    mine, theirs = logistic.fit_logistic(x, y, who), sm.Logit(y, x).fit(disp=0, cov_type="cluster", cov_kwds={"groups": who, "use_correction": False})
    assert mine.beta == pytest.approx(theirs.params, rel=1e-4)
    assert mine.covariance * 299 / 300 == pytest.approx(theirs.cov_params(), rel=1e-3), "G / (G - 1) is the small-sample factor"


def test_a_level_without_any_event_does_not_stop_the_fit():
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(500), rng.normal(size=500), np.arange(500) < 20])
    y = (rng.random(500) < 0.4).astype(float) * (np.arange(500) >= 20)
    fit = logistic.fit_logistic(x, y, np.arange(500))
    assert np.isfinite(fit.beta).all() and fit.risk(x)[:20].max() < 0.01


def test_levels_that_the_fit_has_not_met_count_as_the_average():
    seen = pd.DataFrame({"unit": list("aabc"), "kind": ["x"] * 4})
    code = logistic.coding(seen, ["unit", "kind"])
    assert code.names == ("unit",)
    assert code.columns(pd.DataFrame({"unit": ["a", "b", "c", "new"]})).tolist() == [[0, 0], [1, 0], [0, 1], [0.25, 0.25]]


def test_the_judgement_by_hand():
    risk, event = np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 1.0, 0.0, 1.0])
    found = logistic.judged(risk, event, np.arange(4), base=0.5).set_index("measure")["value"]
    assert found["base_rate"] == 0.5 and found["auc"] == 0.75
    assert found["brier"] == pytest.approx((0.01 + 0.64 + 0.64 + 0.01) / 4) and found["brier_gain"] == pytest.approx(0.25 - found["brier"])


def test_a_forecast_that_is_right_is_calibrated_and_one_too_sure_is_told():
    rng = np.random.default_rng(2)
    odds = rng.normal(0, 1, 20_000)
    event = (rng.random(20_000) < special.expit(odds)).astype(float)
    right, sure = (logistic.judged(special.expit(k * odds), event, np.arange(20_000), 0.5).set_index("measure") for k in (1, 2))
    assert right.loc["calibration_slope", "low"] < 1 < right.loc["calibration_slope", "high"]
    assert right.loc["calibration_intercept", "low"] < 0 < right.loc["calibration_intercept", "high"]
    assert sure.loc["calibration_slope", "value"] == pytest.approx(0.5, abs=0.03)
    curve = logistic.calibration(special.expit(odds), event, np.arange(20_000))
    assert len(curve) == 10 and ((curve["low"] < curve["told"]) & (curve["told"] < curve["high"])).sum() >= 8 and curve["n"].sum() == 20_000


def test_equal_risks_stay_in_one_group():
    curve = logistic.calibration(np.repeat([0.2, 0.6], 50), np.tile([0.0, 1.0], 50), np.arange(100))
    assert curve["told"].tolist() == pytest.approx([0.2, 0.6]) and curve["n"].tolist() == [50, 50]


def test_the_months_judged_begin_when_those_of_the_fit_were_known():
    found = left(brand())
    assert found.months == {"fitted": (MONTHS[0], MONTHS[7]), "judged": (MONTHS[14], MONTHS[17])}, "outcomes of the eighth month end in the fourteenth"
    assert found.foretells and found.untold == "" and found.judged.set_index("measure").loc["auc", "low"] > 0.5


def test_planted_reasons_are_found_and_counted():
    frame = brand()
    found = left(frame)
    reasons = found.reasons.set_index("input")
    assert reasons["usable"].to_dict() == {"return.dispute": True, "counter.wait": True, "drive.walk": False}
    assert reasons.loc["return.dispute", "adds_low"] < 0.25 < reasons.loc["return.dispute", "adds_high"]
    known = frame[frame["returned"].notna()]
    assert reasons.loc["return.dispute", "n_lived"] == known["return.dispute"].sum() and reasons.loc["counter.wait", "lived_share"] == (known["counter.wait"] > 10).mean()
    risk = found.at_risk.set_index("input")
    now = int(frame["returned"].isna().sum())
    assert risk["n"].sum() == risk["of"].iloc[0] and 0.1 * now <= risk["of"].iloc[0] <= 0.1 * now + 2, "each journey of the tenth has one main reason"
    assert risk["value"].sum() == pytest.approx(1) and risk["everywhere"].sum() == pytest.approx(1)
    assert risk.loc["return.dispute", "value"] > 4 * risk.loc["return.dispute", "everywhere"] and "drive.walk" not in risk.index


def test_where_nothing_is_planted_nothing_is_foretold():
    found = left(brand(5, strength=0.0))
    assert not found.reasons["usable"].any() and not found.foretells and found.at_risk.empty


def test_no_person_is_listed():
    found = left(brand())
    for frame in (found.reasons, found.judged, found.calibration, found.at_risk):
        assert not {"customer_id", "journey_id"} & set(frame.columns) and len(frame) <= 10


def test_few_months_or_few_leavers_leave_the_risk_unjudged():
    frame = brand()
    assert left(frame[frame["month"].isin(MONTHS[10:18])]).untold == "too_few_months"
    few = frame[~frame["month"].isin(MONTHS[:8]) | (np.arange(len(frame)) % 12 == 0)]
    short = left(few)
    assert short.untold == "too_few_leavers" and short.judged.empty and short.calibration.empty and not short.foretells
    assert len(short.reasons) == 3


@pytest.mark.parametrize(("change", "said"), [
    (lambda f: f.assign(first_counted=f["month"]), "count money from"), (lambda f: f.head(200), "are needed for"),
    (lambda f: f.assign(**{"drive.walk": 500 * f["returned"].fillna(0)}), "'drive.walk' tells who comes back too well"),
], ids=["money of the month itself", "too few", "made of coming back"])  # fmt: skip
def test_what_cannot_be_told_is_refused(change, said):
    with pytest.raises(DataError, match="leaving: .*" + said):
        left(change(brand()))


def test_an_input_that_cannot_be_asked_is_named_and_the_others_are_asked():
    found = left(brand().assign(**{"drive.walk": np.nan})).reasons.set_index("input")
    assert found.loc["drive.walk", "reason"] == "rarely_known" and np.isnan(found.loc["drive.walk", "adds"]) and found.loc["return.dispute", "usable"]


def test_without_a_standard_an_input_is_held_equal_and_is_no_reason():
    facts = FACTS.assign(standard=[np.nan, 0.05, 200.0])
    found = room.leaving(brand(), facts, controls=["unit", "month"]).reasons.set_index("input")
    assert found.loc["counter.wait", "odds_low"] > 1 and np.isnan(found.loc["counter.wait", "adds"])


@pytest.mark.parametrize(("shift", "said"), [(0.0, "leaving.foretells"), (-0.1, "leaving.foretells_low"), (0.1, "leaving.foretells_high")])
def test_a_level_that_was_not_told_rightly_is_said(shift, said):
    """Later customers come back by `shift` more than those of the fit."""
    frame, rng = brand(strength=2.0), np.random.default_rng(5)
    months = sorted(frame.loc[frame["returned"].notna(), "month"].unique())
    turned = (frame["month"] >= months[-5]) & frame["returned"].notna() & (rng.random(len(frame)) < abs(shift) / (0.65 if shift < 0 else 0.35))
    frame["returned"] = frame["returned"].mask(turned, 0.0 if shift < 0 else 1.0)
    message, told = told_value.judged_headline(left(frame))
    assert message == said and told["last"]["value"] > told["first"]["value"]
    assert (told["came"] - told["told"]) * shift <= 0
