"""Whether customers tire: the same customer beside themselves, whatever the mix of those who are asked often."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.conditional_models import ConditionalLogit

from cx_helpers.estimates import Estimate
from cx_helpers.journeys import fatigue
from cx_helpers.sample import make, plan
from cx_helpers.sample.perceptions import requests_before


def asked(customer, earlier, answered, name="overall.nps") -> pd.DataFrame:
    n = len(customer)
    put = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(n), unit="h")
    return pd.DataFrame({"customer": customer, "put": put, "earlier": np.asarray(earlier, float), "answered": np.asarray(answered, bool), "name": name})


def drawn(seed: int, slope: float, tied: bool = False, people: int = 500) -> pd.DataFrame:
    """Customers asked 1 to 30 times; with `tied` those who are asked most answer least, whatever they were asked before."""
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 31, people)
    who = np.repeat(np.arange(people), times)
    earlier = np.concatenate([np.arange(n) for n in times])
    own = rng.normal(-0.5, 1, people) - 0.1 * times * tied
    chance = 1 / (1 + np.exp(-(own[who] + slope * earlier)))
    return asked(who, earlier, rng.random(len(who)) < chance)


def sample_requests(seed: int, truths=plan.ALL, rentals: int = 12_000) -> pd.DataFrame:
    rows = make(seed, rentals, truths)["responses"]
    return pd.DataFrame({"customer": rows["customer_no"], "put": rows["asked_at"], "earlier": requests_before(rows).astype(float),
                         "answered": rows["score"].notna(), "name": rows["survey"]})  # fmt: skip


def test_with_two_requests_a_customer_it_is_the_conditional_logit():
    rng = np.random.default_rng(3)
    rows = asked(np.repeat(np.arange(400), 2), rng.integers(0, 9, 800), rng.random(800) < 0.4)
    known = ConditionalLogit(rows["answered"].astype(float), rows[["earlier"]], groups=rows["customer"]).fit(disp=False)
    assert fatigue.weariness(rows).value == pytest.approx(known.params.iloc[0], abs=1e-5)


def test_who_is_asked_most_answering_least_is_not_taken_for_tiring():
    rows = drawn(1, 0.0, tied=True, people=800)
    naive = rows["answered"].groupby(rows["earlier"] >= 10).mean()
    assert naive[True] < 0.6 * naive[False]  # the trap
    found = fatigue.weariness(rows)
    assert found.low < 0 < found.high


def test_tiring_is_found_with_the_request_from_which_on_it_shows():
    rows = drawn(2, 0.0, people=900)
    rng = np.random.default_rng(5)
    tired = rows["answered"] & (rng.random(len(rows)) < np.where(rows["earlier"] >= 10, 0.35, 1.0))
    rows = rows.assign(answered=tired)
    weary, bands = fatigue.weariness(rows), fatigue.curve(rows)
    assert weary.high < 0 and fatigue.cap(weary, bands) == 10
    assert bands["n"].sum() == len(rows) and bands.loc[0, "alike"] == bands.loc[0, "value"]
    assert not bands.loc[bands["earlier_from"] < 10, "less"].any()


def test_without_tiring_there_is_no_cap():
    rows = drawn(4, 0.0)
    assert np.isnan(fatigue.cap(Estimate(-0.01, -0.03, 0.01, 500, "x"), fatigue.curve(rows)))


def test_too_few_requests_say_nothing():
    found = fatigue.weariness(asked([1, 1, 2, 2], [0, 1, 0, 1], [True, False, False, True]))
    assert np.isnan(found.value) and np.isnan(found.low) and found.n == 2


def _holds(seed: int) -> bool:
    found = fatigue.weariness(sample_requests(seed), free=plan.REQUESTS_ENOUGH, most=plan.REQUESTS_AT_MOST)
    return found.low <= plan.REQUEST_WEARIES <= found.high


def _called(seed: int) -> bool:
    rows = sample_requests(seed, plan.ALL - {"over_surveyed"})
    return not np.isnan(fatigue.cap(fatigue.weariness(rows), fatigue.curve(rows)))


def test_the_planted_tiring_is_covered_and_found():
    assert sum(_holds(seed) for seed in range(3)) >= 2
    rows = sample_requests(0)
    assert 7 <= fatigue.cap(fatigue.weariness(rows), fatigue.curve(rows)) <= 15


def test_made_up_customers_who_do_not_tire_are_not_called_tired():
    rates = [fatigue.weariness(drawn(seed, 0.0, tied=True, people=200)).high < 0 for seed in range(60)]
    assert np.mean(rates) <= 0.11


@pytest.mark.long
def test_tiring_over_many_seeds(promised):
    covered = sum(_within(fatigue.weariness(drawn(seed, -0.05, tied=True, people=250)), -0.05) for seed in range(400))
    promised("what a further request does", "coverage", covered, 400)
    promised("tiring where nobody tires", "false calls", sum(fatigue.weariness(drawn(seed, 0.0, tied=True, people=250)).high < 0 for seed in range(400)), 400)
    promised("what a further request does, sample brand", "coverage", sum(_holds(seed) for seed in range(50)), 50)
    promised("a cap where nobody tires, sample brand", "false calls", sum(_called(seed) for seed in range(50)), 50)


def _within(found: Estimate, truth: float) -> bool:
    return found.low <= truth <= found.high
