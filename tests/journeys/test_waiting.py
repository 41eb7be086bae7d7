"""Time to the next step: who left and who still waits are in the count, and told apart; checked against statsmodels."""

from datetime import date, time

import numpy as np
import pandas as pd
import pytest
from scipy.stats import CensoredData, logrank
from statsmodels.duration.survfunc import SurvfuncRight

from cx_helpers.config.journey import Journey
from cx_helpers.errors import UsageError
from cx_helpers.journeys import maps
from cx_helpers.journeys.waiting import differ, median_wait, waiting_curve, waits
from cx_helpers.journeys.working_hours import WorkingHours, brand_hours

START = pd.Timestamp("2026-03-02", tz="UTC")


def at(hours: float) -> pd.Timestamp:
    return START + pd.Timedelta(hours=hours)


EVENTS = pd.DataFrame(
    [("went", "a", at(0)), ("went", "b", at(2)), ("again", "a", at(0)), ("again", "a", at(3)), ("again", "b", at(9)),
     ("left", "a", at(1)), ("open", "a", at(7)), ("done", "a", at(0)), ("late", "a", at(0)), ("late", "b", at(50))],
    columns=["journey_id", "touchpoint", "started_at"],
)  # fmt: skip
STATUS = pd.DataFrame({"journey_id": ["went", "again", "left", "open", "done", "late"],
                       "status": ["completed", "completed", "cancelled", "open", "completed", "open"]})  # fmt: skip


def test_those_who_left_are_told_apart_from_those_who_still_wait():
    found = maps.time_to_next(EVENTS, "a", at(10), journeys=STATUS).iloc[0]
    assert found[["n", "moved", "left", "done", "open"]].tolist() == [6, 2, 1, 1, 2], "late's step came after the moment looked from"
    assert maps.time_to_next(EVENTS, "a", at(10))["open"].tolist() == [4], "without their status all others may yet come"
    rows = waits(EVENTS, at(10), journeys=STATUS).set_index(["journey_id", "touchpoint"])
    assert rows.loc[("again", "a"), "hours"] == 3 and rows.loc[("open", "a"), "hours"] == 3 and rows.loc[("left", "a"), "hours"] == 9


def test_waiting_for_a_named_step_passes_over_the_others():
    rows = waits(EVENTS, at(60), to="b").query("touchpoint == 'a'").set_index("journey_id")
    assert rows.loc["again", "hours"] == 9 and rows.loc["late", "hours"] == 50 and not rows.loc["left", "moved"]
    with pytest.raises(UsageError, match="no journey reached z"):
        maps.time_to_next(EVENTS, "z", at(10))


def test_those_who_left_stay_in_the_denominator_to_the_end():
    """Ten reach a step at once; five go on after an hour, five leave: half ever go on, not all of those known."""
    rows = [(f"j{i}", "a", at(0)) for i in range(10)] + [(f"j{i}", "b", at(1)) for i in range(5)]
    events = pd.DataFrame(rows, columns=["journey_id", "touchpoint", "started_at"])
    status = pd.DataFrame({"journey_id": [f"j{i}" for i in range(10)], "status": ["completed"] * 5 + ["cancelled"] * 5})
    found = maps.time_to_next(events, "a", at(100), journeys=status).iloc[0]
    assert (found["share"], found["left"], found["open"]) == (0.5, 5, 0)


@pytest.fixture
def sample():
    rng = np.random.default_rng(4)
    wait, seen = np.round(rng.exponential(10, 203), 1) + 0.1, rng.uniform(5, 40, 203)
    return np.minimum(wait, seen), wait <= seen, rng.random(203) < 0.4


def test_curve_median_and_interval_are_those_of_statsmodels(sample):
    hours, moved, _ = sample
    ours, theirs = waiting_curve(hours, moved), SurvfuncRight(hours, moved.astype(int))
    np.testing.assert_allclose(1 - ours["share"], theirs.surv_prob, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours["error"], theirs.surv_prob_se, rtol=0, atol=1e-12)
    assert ours["at_risk"].tolist() == list(theirs.n_risk)
    assert median_wait(ours) == pytest.approx((theirs.quantile(0.5), *theirs.quantile_ci(0.5, method="cloglog")))


def test_log_rank_is_that_of_scipy(sample):
    hours, moved, group = sample
    sides = [CensoredData.right_censored(hours[side], ~moved[side]) for side in (group, ~group)]
    assert differ(hours, moved, group) == pytest.approx(logrank(*sides).pvalue, rel=1e-9)
    assert np.isnan(differ(hours, moved, np.ones(len(hours), bool)))


OFFICE = WorkingHours((0, 1, 2, 3, 4), time(9), time(17), "Europe/Madrid", (date(2026, 4, 3),))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-06 16:00", "2026-03-09 10:00", 2), ("2026-03-07 11:00", "2026-03-08 20:00", 0), ("2026-03-04 08:00", "2026-03-04 20:00", 8),
        ("2026-03-27 16:00", "2026-03-30 10:00", 2), ("2026-04-02 12:00", "2026-04-06 12:00", 8), ("2026-03-04 10:15", "2026-03-04 10:45", 0.5),
    ],
)  # fmt: skip
def test_working_hours_pass_over_nights_weekends_holidays_and_the_change_of_the_clock(start, end, hours):
    moments = [pd.Timestamp(text, tz="Europe/Madrid") for text in (start, end)]
    assert np.diff(OFFICE.hours(moments))[0] == pytest.approx(hours)
    events = pd.DataFrame({"journey_id": "j", "touchpoint": ["a", "b"], "started_at": [m.tz_convert("UTC") for m in moments]})
    assert maps.transitions(events, working=OFFICE)["median_hours"].tolist() == pytest.approx([hours])
    found = waits(events, moments[1] - pd.Timedelta(minutes=1), working=OFFICE)
    assert not found["moved"].any() and found["hours"].iloc[0] == pytest.approx(hours, abs=1 / 59)


def test_the_brand_declares_its_hours_and_its_holidays():
    stages = [{"id": "s", "label": "S", "touchpoints": [{"id": "a", "label": "A"}]}]
    declared = {"days": "mon-thu,sat", "from": "08:30", "to": 1080, "holidays": "closed"}
    journey = Journey.model_validate({"label": "B", "stages": stages, "time_zone": "Europe/Madrid", "business_hours": declared})
    import ibis

    days = pd.DataFrame({"date": [date(2026, 5, 1), date(2026, 5, 2), date(2026, 5, 2)], "factor": "closed", "value": [1.0, 1.0, 0.0]})
    hours = brand_hours(journey, ibis.memtable(days))
    assert (hours.days, hours.opens, hours.closes, hours.zone) == ((0, 1, 2, 3, 5), time(8, 30), time(18), "Europe/Madrid")
    assert hours.holidays == (date(2026, 5, 1),), "a holiday of one region alone is none of the brand"
    assert brand_hours(journey.model_copy(update={"business_hours": None})) is None
    for wrong, said in (({"days": "fri-mon"}, "days of the week"), ({"from": "19:00"}, "must open before they close")):
        with pytest.raises(ValueError, match=said):
            Journey.model_validate({"label": "B", "stages": stages, "business_hours": declared | wrong})


def covered(seeds: int) -> float:
    """Share of data sets whose interval holds the median wait of all, with a third who never go on and staggered starts."""
    true = -10 * np.log(1 - 0.5 / 0.7)
    hits = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        wait = np.where(rng.random(300) < 0.7, rng.exponential(10, 300), np.inf)
        seen = rng.uniform(5, 60, 300)
        _, low, high = median_wait(waiting_curve(np.minimum(wait, seen), wait <= seen))
        hits += low <= true and not high < true
    return hits / seeds


def test_the_interval_covers_the_median_wait_in_a_few_data_sets():
    assert covered(60) >= 0.85


@pytest.mark.long
def test_the_interval_covers_the_median_wait(promised):
    promised("median wait where some never go on", "coverage", covered(1000) * 1000, 1000)
