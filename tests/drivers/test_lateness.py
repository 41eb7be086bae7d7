"""Lateness and the moment of asking: days typed out by hand, planted causes told apart, and Olist against its raw files."""

import math

import duckdb
import numpy as np
import pandas as pd
import pytest

from cx_helpers import Study
from cx_helpers.config.promise import Promise
from cx_helpers.drivers import lateness
from cx_helpers.drivers.hands import hands
from cx_helpers.drivers.told_thresholds import lateness_findings, lateness_headline, promise_told
from cx_helpers.errors import ConfigError

PROMISE = Promise(days="order.promised", late="home.late", parts=["shop.days", "road.days"])
ZONE = "America/Sao_Paulo"


def at(*times: str) -> pd.Series:
    return pd.Series([pd.Timestamp(time, tz=ZONE).tz_convert("UTC") for time in times])


def by_hand() -> pd.DataFrame:
    """Ordered on the 1st at noon, promised for the 11th (its first moment); the clock goes forward on the 15th."""
    return pd.DataFrame({
        "started_at": at(*["2017-10-01 12:00"] * 5),
        "asked_at": at("2017-10-10 00:00", "2017-10-12 00:00", "2017-10-13 00:00", "2017-10-13 00:00", "2017-10-20 00:00"),
        "answered_at": at("2017-10-10 20:00", "2017-10-12 09:00", "2017-10-18 01:00", "2017-10-16 23:00", "2017-10-20 10:00"),
        "order.promised": [9.5] * 5,
        "home.late": [-1.3, 0.6, 6.5, math.nan, math.nan], "home.late@end": [-1.3, 0.6, 6.5, 9.2, math.nan],
        "shop.days": [2.0, 3, 4, 5, math.nan], "road.days": [4.0, 7, 9, math.nan, math.nan], "shop.days@end": [2.0, 3, 4, 5, math.nan],
        "road.days@end": [4.0, 7, 9, 12, math.nan], "points": [5.0, 4, 4, 1, 1],
    })  # fmt: skip


def test_days_are_counted_by_the_calendar_from_the_promised_day():
    frame = lateness.lived(by_hand(), PROMISE, ZONE)
    assert frame["promise_state"].tolist() == ["received", "received", "received", "waiting", "waiting"]
    assert frame["promise_days"].tolist() == [-2, 0, 6, 5, 9], "of those waiting: the day they answered"
    assert frame["promise_end_days"].tolist()[:4] == [-2, 0, 6, 9] and math.isnan(frame["promise_end_days"].iloc[4])
    assert frame["promise_late"].tolist() == [False, False, True, True, True], "the promised day itself is in time"
    assert frame["promise_asked_before"].tolist() == [False, False, True, True, True]
    assert frame["promise_held_by"].tolist() == ["", "", "", "road.days", "shop.days"]


def test_an_answer_without_a_known_promise_is_left_out():
    assert len(lateness.lived(by_hand().assign(**{"order.promised": [9.5, math.nan, 9.5, 9.5, 9.5]}), PROMISE, ZONE)) == 4


def planted(seed, step=0.0, waiting=0.0, n=3000):
    """Late in one of four; of the late two in three answer while waiting. `step`: lived lateness; `waiting`: not having it."""
    rng = np.random.default_rng(seed)
    late = rng.random(n) < 0.25
    still = late & (rng.random(n) < 0.66)
    days = np.where(late, rng.integers(1, 8, n), rng.integers(-12, 1, n)).astype(float)
    score = 4.2 - step * (late & ~still) - step * still - waiting * still + rng.normal(0, 1, n)
    return pd.DataFrame({
        "promise_state": np.where(still, "waiting", "received"), "promise_days": days, "promise_late": late, "points": score,
        "promise_end_days": np.where(still, days + rng.integers(0, 5, n), days), "promise_asked_before": late & (rng.random(n) < 0.5),
        "promise_held_by": np.where(still, np.where(rng.random(n) < 0.3, "shop.days", "road.days"), ""), "customer": np.arange(n) // 2,
        "shop.days": np.where(still, np.nan, 3 + 1.0 * late + rng.normal(0, 1, n)), "shop.days@end": 3 + 1.0 * late + rng.normal(0, 1, n),
        "road.days": np.where(still, np.nan, 8 + 6.0 * late + rng.normal(0, 1, n)), "road.days@end": 8 + 6.0 * late + rng.normal(0, 1, n),
    })  # fmt: skip


@pytest.mark.parametrize(("step", "waiting", "verdict"), [(0.8, 0, "lateness"), (0, 1.5, "timing"), (0.8, 1.5, "both"), (0, 0, "neither")])
def test_the_verdict_is_what_was_planted(step, waiting, verdict):
    assert lateness.verdict(lateness.compared(planted(1, step, waiting), "points", cluster="customer")) == verdict


def test_comparisons_hold_what_was_planted():
    rows = lateness.compared(planted(2, 0.8, 1.5), "points", cluster="customer").set_index("comparison")
    assert rows.index.tolist() == list(lateness.COMPARISONS)
    for name, truth in {"all_late": -(0.8 + 0.66 * 1.5), "received_late": -0.8, "step": -0.8, "waiting": -1.5, "asked_before": 0.0, "day_more": 0.0}.items():
        assert rows.loc[name, "low"] - 0.05 <= truth <= rows.loc[name, "high"] + 0.05, name


def test_parts_of_the_fall_add_up_to_it():
    frame = planted(3, 0.8, 1.5)
    parts = lateness.split(frame, "points", cluster="customer").set_index("part")
    in_time, late = frame.loc[~frame["promise_late"], "points"].mean(), frame.loc[frame["promise_late"], "points"].mean()
    assert parts["value"].sum() == pytest.approx(late - in_time) and parts["share"].sum() == pytest.approx(1)
    still = frame[frame["promise_state"] == "waiting"]
    assert parts.loc["waiting", "value"] == pytest.approx(len(still) / frame["promise_late"].sum() * (still["points"].mean() - in_time))
    assert parts.loc["waiting", "share_low"] < parts.loc["waiting", "share"] < parts.loc["waiting", "share_high"]


def test_groups_by_days_hold_every_answer_once():
    frame = planted(4)
    table = lateness.by_days(frame, "points", cluster="customer")
    sums = table.groupby("state")["n"].sum()
    assert sums["received"] == (frame["promise_state"] == "received").sum() and sums["waiting"] == (frame["promise_state"] == "waiting").sum()
    assert sums["naive"] == frame["promise_end_days"].notna().sum() and table["n"].min() >= lateness.LEAST_IN_GROUP


def test_days_of_each_hand_are_those_planted():
    table = hands(planted(5, 0.5, 1.0), "points", PROMISE.parts, cluster="customer").set_index("part")
    assert table.loc["shop.days", "low"] <= 1 <= table.loc["shop.days", "high"] and table.loc["road.days", "low"] <= 6 <= table.loc["road.days", "high"]
    assert table["share"].sum() == pytest.approx(1) and table.loc["road.days", "share"] == pytest.approx(6 / 7, abs=0.03)
    assert table["waiting_share"].sum() == pytest.approx(1) and table.loc["shop.days", "waiting_share"] == pytest.approx(0.3, abs=0.06)


def test_too_few_late_answers_are_not_judged():
    few = planted(6, 0.8, 1.5, n=60)
    assert lateness.verdict(lateness.compared(few, "points")) == "not_told" and lateness.split(few.head(20), "points").empty


def test_a_promise_names_inputs_that_are_there(shop):
    shop.change("journey.yaml", "states:", "promise: {days: counter.promised, late: counter.wait_minutes}\nstates:")
    with pytest.raises(ConfigError) as caught:
        shop.load()
    assert "'counter.promised' is not an input of this journey" in caught.value.problems[0] and len(caught.value.problems) == 1


# --- Olist, against its own files ------------------------------------------------------------------------------------

RAW = """
SELECT CAST(r.review_score AS DOUBLE) AS score, CAST(r.review_answer_timestamp AS TIMESTAMP) AS answered,
       CAST(o.order_delivered_customer_date AS TIMESTAMP) AS came, CAST(CAST(o.order_estimated_delivery_date AS TIMESTAMP) AS DATE) AS promised,
       CAST(o.order_approved_at AS TIMESTAMP) AS approved, CAST(o.order_delivered_carrier_date AS TIMESTAMP) AS handed
FROM read_csv('{raw}/olist_order_reviews_dataset.csv', all_varchar=true) r
JOIN read_csv('{raw}/olist_orders_dataset.csv', all_varchar=true) o USING (order_id)
WHERE CAST(r.review_answer_timestamp AS TIMESTAMP) >= '2017-04-01' AND CAST(r.review_answer_timestamp AS TIMESTAMP) < '2018-04-01'
"""


@pytest.fixture(scope="module")
def olist(ingested_olist, shared):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_DATA", str(ingested_olist))
        patch.setenv("OLIST_RAW", str(shared / "data" / "olist_sample"))
        study = Study.open("olist", "2018-03", notebook="03_drivers")
        frame = lateness.promised(study.answers, study.brand.journey, study.primary, study.inputs(), ["unit", "journey_month", *study.controls])
        raw = duckdb.sql(RAW.format(raw=shared / "data" / "olist_sample")).df()
    days = (raw["came"].dt.normalize() - raw["promised"]).dt.days
    received = raw["came"].notna() & (raw["came"] <= raw["answered"])
    waited = (raw["answered"].dt.normalize() - raw["promised"]).dt.days
    return study, frame, raw.assign(received=received, days=days.where(received, waited))


def test_olist_counts_by_day_are_those_of_the_raw_files(olist):
    _, frame, raw = olist
    assert len(frame) == len(raw)
    for state, here in (("received", raw[raw["received"]]), ("waiting", raw[~raw["received"]])):
        mine = frame[frame["promise_state"] == state].groupby("promise_days")["points"].agg(["size", "mean"])
        theirs = here.groupby("days")["score"].agg(["size", "mean"])
        pd.testing.assert_frame_equal(mine, theirs, check_names=False, check_index_type=False, check_dtype=False)


def test_olist_includes_orders_that_never_came(olist):
    _, frame, raw = olist
    assert frame["promise_end_days"].isna().sum() >= raw["came"].isna().sum() > 200
    assert set(frame.loc[frame["promise_end_days"].isna(), "promise_state"]) == {"waiting"}


def test_olist_falls_at_the_promise_mostly_because_customers_are_asked_while_they_wait(olist):
    study, frame, raw = olist
    told = promise_told(frame, study.brand.journey, cluster="customer_id")
    in_time, late = raw[raw["received"] & (raw["days"] < 1)], raw[raw["days"] >= 1]
    fall = late["score"].mean() - in_time["score"].mean()
    still = late[~late["received"]]
    share = len(still) / len(late) * (still["score"].mean() - in_time["score"].mean()) / fall
    part = told.split.set_index("part").loc["waiting"]
    assert part["share"] == pytest.approx(share) and 0.9 < share < 0.97 and len(late) == told.split["n"].sum()
    rows = told.compared.set_index("comparison")
    assert rows.loc["step", "high"] < 0 and rows.loc["waiting", "high"] < -1.5 and not rows.loc["day_more", "clear"]
    facts = pd.DataFrame({"measure": study.brand.journey.promise.parts, "label": ["seller", "carrier"]})
    found = lateness_findings(told, "Review score", facts, (1, 5))
    assert [finding.message for finding in found] == ["lateness.both", "lateness.hands"] and found[1].args["hand"] == "carrier"
    assert lateness_headline(found) is found[0] and lateness_headline([]) == ("lateness.not_told", {})


def test_olist_carriers_took_more_days_of_the_late_orders_than_sellers(olist):
    study, frame, raw = olist
    table = hands(frame, "points", study.brand.journey.promise.parts, cluster="customer_id").set_index("part")
    came = raw[raw["came"] < pd.Timestamp("2018-04-01")]
    came = came.assign(late=(came["came"].dt.normalize() - came["promised"]).dt.days >= 1, road=(came["came"] - came["handed"]).dt.total_seconds() / 86400)
    means = came[came["road"] >= 0].groupby("late")["road"].mean()
    assert table.loc["delivered.transit_days", "late_days"] == pytest.approx(means[True], rel=1e-3)
    assert table.loc["delivered.transit_days", "in_time_days"] == pytest.approx(means[False], rel=1e-3)
    assert table.loc["delivered.transit_days", "low"] > table.loc["handed.handling_days", "high"] > 0
