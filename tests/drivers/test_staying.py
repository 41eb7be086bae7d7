"""When staying can be told at all, and what a point of an experienced score goes with."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import mannwhitneyu

from cx_helpers.drivers import staying
from cx_helpers.errors import DataError

sys.path.insert(0, str(Path(__file__).parent))
from following_brand import lived  # noqa: E402

SCORES = pd.DataFrame({"metric": ["counter.csat", "return.csat"], "label": ["Counter", "Return"], "touchpoint_label": ["", ""]})


def rated(seed=0, slope=0.05):
    rng = np.random.default_rng(seed)
    frame, _ = lived(seed, strength=0.0)
    score = rng.integers(1, 6, len(frame)).astype(float)
    frame["returned"] = (rng.random(len(frame)) < 0.4 + slope * score).astype(float)
    one = frame.assign(name="counter.csat", score=score)
    return pd.concat([one, frame.assign(name="return.csat", score=rng.integers(1, 6, len(frame)).astype(float))], ignore_index=True)


def test_a_point_of_a_score_goes_with_the_planted_share():
    found = staying.score_worth(rated(), SCORES, controls=["unit"]).set_index("score")
    row = found.loc["counter.csat"]
    assert row["returns_low"] <= 0.05 <= row["returns_high"] and row["usable"] and not found.loc["return.csat", "usable"]


def test_it_agrees_with_statsmodels_clustered_by_customer():
    answers = rated(3)
    row = staying.score_worth(answers, SCORES, controls=["unit"]).iloc[0]
    mine = answers[answers["name"] == "counter.csat"].assign(who=lambda f: pd.factorize(f["customer_id"])[0])
    fit = smf.ols("returned ~ score + C(unit)", mine).fit(cov_type="cluster", cov_kwds={"groups": mine["who"]}, use_t=True)
    low, high = fit.conf_int().loc["score"]
    assert row["returns"] == pytest.approx(fit.params["score"], rel=1e-9)
    # Customers are left out, not only summed: a little wider, never narrower.
    assert 1 <= (row["returns_high"] - row["returns_low"]) / (high - low) < 1.01


@pytest.mark.parametrize(("metric", "kind"), [("overall.nps", "nps"), ("overall.rating", "rating"), ("handover.nps", "nps")])
def test_one_factor_from_a_score_to_money_is_refused_with_the_reason(metric, kind):
    asked = pd.DataFrame({"metric": [metric], "label": ["x"], "touchpoint_label": [""], "kind": [kind]})
    with pytest.raises(DataError, match=f"one factor from {metric} to money is refused: it mixes everything") as told:
        staying.score_worth(rated(), asked)
    assert "value.worth" in str(told.value)
    assert len(staying.score_worth(rated(), SCORES.assign(kind="csat"))) == 2


def test_a_score_of_few_answers_is_not_told():
    few = rated().groupby("name").head(25)
    found = staying.score_worth(few, SCORES, controls=["unit"])
    assert set(found["reason"]) == {"too_few_rows"} and not found["usable"].any() and found["returns"].isna().all()
    assert staying.score_worth(few, SCORES.iloc[:0]).empty


def test_the_auc_counts_pairs_and_ties_half():
    rng = np.random.default_rng(0)
    score, event = rng.integers(0, 5, 200), (rng.random(200) < 0.3).astype(float)
    u = mannwhitneyu(score[event == 1], score[event == 0]).statistic
    assert staying.rank_auc(score, event) == pytest.approx(u / event.sum() / (200 - event.sum()))
    assert np.isnan(staying.rank_auc(score, np.ones(200)))


@pytest.mark.parametrize(("change", "message"), [
    (lambda f: f.assign(customer_id=None), "worth.no_customers"),
    (lambda f: f.assign(returned=np.nan), "worth.no_later_months"),
    (lambda f: f.assign(**{"counter.wait": f["revenue"] + f["returned"]}), "worth.leaks"),
    (lambda f: f.assign(returned=(np.arange(len(f)) < 20).astype(float)), "worth.hardly_return"),
    (lambda f: f.head(150), "worth.few_leavers"),
    (lambda f: f, None),
], ids=["no customers", "no later months", "leaks", "hardly return", "few leavers", "all is there"])  # fmt: skip
def test_a_page_says_in_one_sentence_why_nothing_is_told(change, message):
    frame, _ = lived(0)
    found = staying.silence(change(frame), ["counter.wait", "return.dispute"], ["unit", "month"])
    assert (found and found[0]) == message


def test_nothing_is_claimed_of_customers_who_hardly_return_and_the_number_is_told():
    frame, _ = lived(0)
    message, args = staying.silence(frame.assign(returned=(np.arange(len(frame)) < 20).astype(float)), ["counter.wait"])
    assert args["value"].value == pytest.approx(20 / 3000) and args["n"] == 3000 and args["count"] == 6
    assert any("hardly come back (0.7% of 3000 journeys" in line for line in staying.staying_problems(frame.assign(returned=(np.arange(3000) < 20).astype(float)), [], []))


def test_no_input_measured_is_said():
    frame, _ = lived(0)
    assert staying.silence(frame, [])[0] == "worth.no_input"
