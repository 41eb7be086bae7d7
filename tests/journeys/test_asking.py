"""Requests for feedback: what was asked before, what was not over yet, what an answer costs."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey
from cx_helpers.estimates import Estimate
from cx_helpers.journeys import asking, channels, foretelling

JOURNEY = Journey.model_validate({
    "label": "Shop", "time_zone": "America/Sao_Paulo",
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [
        {"id": "counter", "label": "Counter", "metrics": [{"id": "csat", "kind": "csat", "label": "Satisfaction"}]}]}],
    "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
})  # fmt: skip
UNTIL = pd.Timestamp("2026-07-01", tz="UTC")


def at(*words: str) -> list:
    return [pd.Timestamp(word, tz="UTC") if word else pd.NaT for word in words]


def tables(**changes):
    responses = pd.DataFrame({
        "response_id": ["r1", "r2", "r3", "r4", "r5"], "journey_id": ["j1", "j1", "j2", "j3", "j3"], "customer_id": ["c1", None, "c1", None, None],
        "touchpoint": ["counter", "overall", "counter", "counter", "overall"], "metric": ["csat", "nps", "csat", "csat", "nps"],
        "score": [4.0, np.nan, 5.0, 3.0, 9.0], "asked_at": at("2026-01-10 10:00", "2026-01-12", "2026-04-09 10:00", "2026-05-01", "2026-05-01"),
        "answered_at": at("2026-01-10 11:00", "", "2026-04-09 12:00", "2026-05-02", "2026-07-02"), "channel": ["sms", "email", "sms", "sms", "sms"],
    }).assign(**changes)  # fmt: skip
    journeys = pd.DataFrame({"journey_id": ["j1", "j2", "j3"], "customer_id": ["c1", "c1", None], "ended_at": at("2026-01-11", "", "2026-05-03"),
                             "status": ["completed", "open", "completed"], "unit": "u", "region": "n"})  # fmt: skip
    events = pd.DataFrame({"journey_id": ["j1", "j1", "j2"], "touchpoint": "counter", "started_at": at("2026-01-10 09:00", "2026-01-10 09:30", "2026-04-09 11:00"),
                           "ended_at": at("2026-01-10 09:20", "", ""), "channel": ["web", "shop", "shop"]})  # fmt: skip
    return [ibis.memtable(frame) for frame in (responses, responses, journeys, events)]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return asking.requests(*tables(), ["region"], "2026-01", UNTIL).set_index("response_id")


def test_a_request_knows_what_was_asked_in_the_ninety_days_before(rows):
    assert rows["earlier"].to_dict() == {"r1": 0, "r2": 1, "r3": 2, "r4": 0, "r5": 0}
    later = asking.requests(*tables(asked_at=at("2026-01-08 09:59", "2026-01-12", "2026-04-09 10:00", "2026-05-01", "2026-05-01")), [], "2026-01", UNTIL)
    assert later.set_index("response_id").loc["r3", "earlier"] == 1  # ninety-one days ago no longer counts


def test_customers_answers_and_steps_are_as_known(rows):
    assert rows["customer"].to_dict() == {"r1": "c1", "r2": "c1", "r3": "c1", "r4": "j3", "r5": "j3"}
    assert rows["person"].tolist() == [True, True, True, False, False]
    assert rows["answered"].to_dict() == {"r1": True, "r2": False, "r3": True, "r4": True, "r5": False}  # r5 came after the month
    assert np.isnan(rows.loc["r5", "score"]) and rows.loc["r1", "lived"] == "web" and rows.loc["r1", "step_over"] == at("2026-01-10 09:20")[0]
    assert rows["asked_by"].tolist()[:2] == ["sms", "email"] and rows["region"].tolist()[0] == "n"


def test_questions_put_at_one_moment_are_one_questionnaire(rows):
    put = asking.questionnaires(rows.reset_index())
    assert len(put) == 4 and put.loc[put["customer"] == "j3", "questions"].tolist() == [2] and put["answered"].tolist() == [True, False, True, True]
    assert put.attrs["heard"]


def test_what_an_answer_costs(rows):
    found = asking.costs(rows.reset_index(), JOURNEY).set_index("metric")
    assert found.loc["counter.csat", ["answers", "per_answer", "n"]].tolist() == [3, 1.0, 3]
    assert found.loc["overall.nps", "answers"] == 0 and np.isnan(found.loc["overall.nps", "per_answer"])


def test_asked_before_the_end_is_told_apart_from_no_end_at_all(rows):
    found = asking.too_early(rows.reset_index(), JOURNEY.metrics, "UTC").set_index("metric")
    assert found.loc["overall.nps", ["early", "n", "unended"]].tolist() == [1, 2, 0]
    assert found.loc["counter.csat", ["early", "n"]].tolist() == [1, 2] and found.loc["counter.csat", "hours"] == pytest.approx(40 / 60)
    assert isinstance(found.loc["counter.csat", "early_score"], Estimate) and found.loc["counter.csat", "early_score"].value == 5.0


def test_where_only_the_day_of_asking_is_kept_the_same_day_is_not_early():
    # Midnight of São Paulo; on the second day the clocks left midnight out.
    rows = pd.DataFrame({"name": "overall.nps", "asked_at": at("2017-10-14 03:00", *["2017-10-16 02:00"] * 200), "customer": range(201), "answered": True, "score": 9.0,
                         "ended_at": at("2017-10-15 12:00", *["2017-10-16 20:00"] * 200), "step_over": pd.NaT})  # fmt: skip
    found = asking.too_early(rows, JOURNEY.metrics, "America/Sao_Paulo").iloc[0]
    assert found["by_day"] and found["early"] == 1
    by_moment = asking.too_early(rows.assign(asked_at=rows["asked_at"] + pd.Timedelta(hours=1)), JOURNEY.metrics, "America/Sao_Paulo").iloc[0]
    assert not by_moment["by_day"] and by_moment["early"] == 201


def test_the_735_reviews_asked_before_the_day_of_delivery_are_found_and_moved(olist_data, shared):
    import duckdb

    from cx_helpers import Study
    from cx_helpers.config.metric_rules import metric_rules
    from cx_helpers.journeys import metric_fit, told_audit

    raw = shared / "data" / "olist_sample"
    (known,) = duckdb.sql(
        f"""SELECT count(*) FROM '{raw}/olist_order_reviews_dataset.csv' JOIN '{raw}/olist_orders_dataset.csv' USING (order_id)
        WHERE CAST(review_creation_date AS DATE) < CAST(order_delivered_customer_date AS DATE)"""
    ).fetchone()
    study = Study.open("olist", notebook="02_journeys", window_months=60)
    put = metric_fit.how_asked(study)
    assert known == 735 and put.early.iloc[0]["early"] == known and put.early.iloc[0]["by_day"] and not put.heard
    audit = metric_fit.audit(put, study.brand.journey, metric_rules(study.brand)).set_index("subject")
    assert audit["verdict"].to_dict() == {"overall.rating": "move", "delivered": "add"}
    message, args = audit.loc["overall.rating", "instead"]
    assert message == "audit.asked_too_early.instead_day" and args["end"] == "Delivered"
    assert audit.loc["overall.rating", "reason"][1]["early_score"].high < audit.loc["overall.rating", "reason"][1]["later_score"].low - 1.5
    (first, *_) = [f for f in told_audit.audit_findings(audit.reset_index()) if f.message.startswith("audit.found_asked_too_early")]
    assert first.args["count"] == 735 and first.weight > 0


def test_who_came_back_needs_time_to_have_come_back():
    journeys = pd.DataFrame({"customer_id": ["a", "a", "b", "c", None], "started_at": at("2025-01-01", "2025-03-01", "2025-01-01", "2026-06-01", "2025-01-01"),
                             "ended_at": at("2025-01-02", "2025-03-02", "2025-01-02", "2026-06-02", "2025-01-02")})  # fmt: skip
    assert foretelling.came_back(journeys, UNTIL).fillna(-1).tolist() == [1, 0, 0, -1, -1]
    soon = journeys.assign(started_at=at("2025-01-01", "2025-01-20", "2025-01-01", "2026-06-01", "2025-01-01"))
    assert foretelling.came_back(soon, UNTIL)[0] == 0  # three weeks after is too soon to be another journey


def foretold(later: bool) -> pd.DataFrame:
    rng, n = np.random.default_rng(1), 200
    felt = rng.normal(0, 1, n)
    one = pd.DataFrame({"journey_id": range(n), "customer_id": [f"c{i}" for i in range(n)], "response_id": range(n), "unit": "u", "journey_month": "2026-01",
                        "name": "counter.csat", "score": np.round(3 + felt), "answered_at": at("2026-01-02")[0]})  # fmt: skip
    whole = one.assign(name="overall.nps", score=np.round(7 + felt), answered_at=at("2026-01-05" if later else "2026-01-02")[0])
    answers = pd.concat([one, whole], ignore_index=True).assign(points=lambda f: f["score"])
    journeys = pd.DataFrame({"journey_id": range(n), "customer_id": one["customer_id"], "started_at": at("2025-01-01")[0], "ended_at": at("2025-01-02")[0]})
    return foretelling.foretelling(answers, journeys, JOURNEY.metrics, "overall.nps", UNTIL).set_index("metric")


def test_a_score_foretells_only_what_is_answered_later():
    assert foretold(True).loc["counter.csat", "foretells"] == "remembered" and foretold(True).loc["counter.csat", "low"] > 0.5
    assert foretold(False).loc["counter.csat", "foretells"] == "" and np.isnan(foretold(False).loc["counter.csat", "low"])
    assert foretold(True).loc["overall.nps", "foretells"] == ""  # nobody ever came back


def test_a_channel_answered_less_is_found_and_one_channel_says_nothing():
    rng, n = np.random.default_rng(2), 4000
    by = rng.choice(["sms", "email"], n)
    rows = pd.DataFrame({"name": "counter.csat", "asked_by": by, "lived": None, "due": True, "customer": np.arange(n), "unit": "u", "month": "2026-01", "journey_id": np.arange(n),
                         "answered": rng.random(n) < np.where(by == "sms", 0.3, 0.2)})  # fmt: skip
    found = channels.by_channel(rows).set_index("asked_by")
    assert found.loc["email", "high"] < 0 < found.loc["sms", "low"] and found.loc["email", "beside"] == "other channels"
    assert channels.by_channel(rows[rows["asked_by"] == "sms"]).empty


def test_who_lives_a_step_elsewhere_is_set_beside_their_other_answers():
    rng, n = np.random.default_rng(3), 3000
    phone = rng.random(n) < 0.4
    one = pd.DataFrame({"name": "counter.csat", "asked_by": "app", "lived": np.where(phone, "phone", "app"), "due": True, "customer": np.arange(n), "unit": "u", "month": "m",
                        "journey_id": np.arange(n), "answered": rng.random(n) < np.where(phone, 0.15, 0.3)})  # fmt: skip
    alike = one.assign(name="overall.nps", asked_by="email", lived=None, answered=rng.random(n) < np.where(phone, 0.15, 0.3))
    assert channels.by_channel(pd.concat([one, alike], ignore_index=True))["high"].iloc[0] > 0  # they answer everything less
    other = alike.assign(answered=rng.random(n) < 0.3)
    assert channels.by_channel(pd.concat([one, other], ignore_index=True))["high"].iloc[0] < 0
