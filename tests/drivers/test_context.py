"""Weather, holidays and the market beside the scores: within month and place, and whether drivers stand with them held equal."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from cx_helpers.drivers.context import context_effects, drivers_beside, with_context
from cx_helpers.errors import DataError

DAYS = pd.date_range("2026-01-01", "2026-04-30", tz="UTC")
PLACES = ["north", "south", "east"]


def days_of(rng):
    """Rain by place and day, a holiday that all share."""
    rain = pd.DataFrame([(day, place, "rain", value) for day in DAYS for place, value in zip(PLACES, rng.gamma(0.6, 5, 3), strict=True)],
                        columns=["date", "region", "factor", "value"])  # fmt: skip
    free = pd.DataFrame({"date": DAYS, "region": None, "factor": "holiday", "value": (rng.random(len(DAYS)) < 0.08).astype(float)})
    return pd.concat([rain, free], ignore_index=True)


def answers_of(seed, wet=0.0, n=3000):
    rng = np.random.default_rng(seed)
    days = days_of(rng)
    rows = pd.DataFrame({
        "asked_at": pd.Series(DAYS[rng.integers(0, len(DAYS), n)]) + pd.to_timedelta(rng.integers(0, 24, n), unit="h"),
        "region": rng.choice(PLACES, n), "wait": rng.gamma(2, 5, n), "customer": rng.integers(0, n // 2, n),
    })  # fmt: skip
    rows, factors = with_context(rows, days, at="asked_at", places=["region"])
    # a rough week is rough for all who answered in it
    week = (rows["place"] + rows["asked_at"].dt.strftime("%V")).map({w: rng.normal(0, 2) for w in sorted(set(rows["place"] + rows["asked_at"].dt.strftime("%V")))})
    season = rows["asked_at"].dt.month * 5.0
    return rows.assign(score=70 - 0.4 * rows["wait"] + wet * rows["rain"] + week + season + rng.normal(0, 12, n)), factors


def test_each_answer_gets_its_own_day_and_place():
    rows, factors = answers_of(0)
    assert factors == ["holiday", "rain"]
    days = days_of(np.random.default_rng(0)).assign(day=lambda d: d["date"].dt.strftime("%Y-%m-%d"))
    row = rows.iloc[7]
    mine = days[(days["day"] == row["day"]) & (days["region"] == row["region"]) & (days["factor"] == "rain")]
    assert row["rain"] == mine["value"].iloc[0]


def test_a_moment_falls_on_the_day_of_the_brands_clock():
    late = pd.DataFrame({"asked_at": [pd.Timestamp("2026-01-01 23:30", tz="UTC")], "region": ["north"]})
    days = days_of(np.random.default_rng(1))
    assert with_context(late, days, at="asked_at", places=["region"], time_zone="Europe/Madrid")[0]["day"].iloc[0] == "2026-01-02"


def test_a_day_given_twice_is_refused():
    days = days_of(np.random.default_rng(1))
    with pytest.raises(DataError, match="1 rows repeat a day, region and factor"):
        with_context(answers_of(1)[0], pd.concat([days, days.head(1)]), at="asked_at", places=["region"])


def test_effects_are_those_of_least_squares_within_month_and_place():
    rows, factors = answers_of(2, wet=-0.5)
    found = context_effects(rows, "score", factors).set_index("factor")
    plain = smf.ols("score ~ rain + holiday + C(place) : C(month)", rows.assign(month=rows["day"].str.slice(0, 7))).fit()
    assert found.loc["rain", "value"] / found.loc["rain", "step"] == pytest.approx(plain.params["rain"], rel=1e-6)
    assert found.loc["holiday", "step"] == 1 and found.loc["rain", "clear"] and found.loc["rain", "high"] < 0


def test_a_factor_that_never_moves_within_a_month_is_not_told():
    rows, _ = answers_of(3)
    rows["fuel"] = rows["day"].str.slice(0, 7).map({m: i for i, m in enumerate(sorted(rows["day"].str.slice(0, 7).unique()))}).astype(float)
    found = context_effects(rows, "score", ["rain", "fuel"]).set_index("factor")
    assert found.loc["fuel", "reason"] == "constant" and np.isnan(found.loc["fuel", "value"]) and found.loc["rain", "reason"] == ""


def test_few_days_tell_nothing():
    rows, factors = answers_of(4)
    assert set(context_effects(rows[rows["day"] < "2026-01-20"], "score", factors)["reason"]) == {"few_days"}


def days_shared(seed, places=10, days=360, each=4):
    """Places that share holidays and good and bad days, without anything that comes of a holiday."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), places * each)
    names = pd.date_range("2025-01-01", periods=days).strftime("%Y-%m-%d").to_numpy()
    return pd.DataFrame({
        "day": names[day], "place": np.tile(np.repeat(np.arange(places), each), days).astype(str), "holiday": (rng.random(days) < 0.1).astype(float)[day],
        "score": rng.normal(0, 5, days)[day] + rng.normal(0, 20, len(day)),
    })  # fmt: skip


def test_a_bad_day_that_all_places_share_makes_no_effect_of_a_holiday():
    called = sum(context_effects(days_shared(seed), "score", ["holiday"])["clear"].iloc[0] for seed in range(30))
    # Clustered by place as well, nearly a quarter are called.
    assert called <= 4


def test_a_factor_known_for_few_answers_does_not_take_the_others_with_it():
    rows, _ = answers_of(6, wet=-0.8)
    rows["strike"] = np.where(rows["day"] == rows["day"].min(), 1.0, np.nan)
    found = context_effects(rows, "score", ["rain", "strike"]).set_index("factor")
    assert found.loc["strike", "reason"] == "few_days" and found.loc["rain", "clear"]


def test_a_step_of_what_hardly_ever_happens_is_not_next_to_nothing():
    rows = days_shared(0)
    snow = np.where(np.random.default_rng(1).random(360) < 0.03, 10.0, 0.0)
    rows["snow"] = rows["day"].map(dict(zip(sorted(rows["day"].unique()), snow, strict=True))) * 1.5
    assert context_effects(rows, "score", ["snow"])["step"].iloc[0] > 1.5


def test_too_few_answers_for_drivers_beside_the_day_give_an_empty_table():
    rows, factors = answers_of(5)
    assert drivers_beside(rows.head(5), "score", ["wait"], factors).empty


def test_a_driver_that_only_stood_for_the_rain_no_longer_stands():
    rows, factors = answers_of(5, wet=-1.5)
    rows["wait"] = rows["wait"] + 3 * rows["rain"]
    found = drivers_beside(rows, "score", ["wait"], factors, cluster="customer")
    assert not found["stands"].iloc[0] and found["with_context"].iloc[0] > found["without"].iloc[0]
    assert drivers_beside(answers_of(5)[0], "score", ["wait"], factors, cluster="customer")["stands"].iloc[0]


@pytest.mark.parametrize("seeds", [pytest.param(40, id="40 seeds"), pytest.param(1000, marks=pytest.mark.long, id="1000 seeds")])
def test_weather_without_effect_is_hardly_called_and_weather_with_one_is_found(seeds, promised):
    def told(seed, wet):
        rows, factors = answers_of(seed, wet)
        return context_effects(rows, "score", factors).set_index("factor")

    promised("days without effect", "false calls", sum(told(seed, 0.0)["clear"].any() for seed in range(seeds)), seeds)
    rainy = [told(seed, -0.4).loc["rain"] for seed in range(seeds)]
    promised("rain that moves scores", "found", sum(r["clear"] for r in rainy), seeds)
    promised("rain's slope", "coverage", sum(r["low"] <= -0.4 * r["step"] <= r["high"] for r in rainy), seeds)
