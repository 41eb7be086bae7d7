"""What was delivered by month: counted on the right clock, judged when it is over, and late parcels where they were late."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import Study
from cx_helpers.config.journey import Journey
from cx_helpers.journeys import delivery, moves, told_trends
from cx_helpers.reports.sentences import Sentences

JOURNEY = Journey.model_validate({
    "label": "Shop",
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [{"id": "desk", "label": "Desk", "inputs": [
        {"id": "wait", "label": "Wait", "unit": "minutes", "better": "lower", "standard": 10},
        {"id": "price", "label": "Price", "unit": "EUR", "better": "lower"},
        {"id": "helped", "label": "Helped", "unit": "share", "better": "higher", "statistic": "share"},
        {"id": "late", "label": "Late", "ever": "Ever late", "unit": "share", "better": "lower", "statistic": "share", "standard": 0, "counts": "ever"},
        {"id": "told", "label": "Told", "unit": "share", "better": "lower", "shown": False}]}]}],
})  # fmt: skip


def found(rows, journeys) -> pd.DataFrame:
    inputs = pd.DataFrame(rows, columns=["journey_id", "input", "value", "month"]).assign(touchpoint="desk")
    inputs = inputs.assign(measured_at=pd.to_datetime(inputs["month"] + "-05", utc=True)).astype({"value": float})
    schema = {**dict.fromkeys(["journey_id", "input", "month", "touchpoint"], "string"), "value": "float64", "measured_at": "timestamp('UTC')"}
    return delivery.by_month(ibis.memtable(inputs, schema=schema), ibis.memtable(journeys), JOURNEY)


JOURNEYS = pd.DataFrame({"journey_id": [f"j{i}" for i in range(40)], "month": ["2026-01"] * 20 + ["2026-02"] * 20, "status": ["completed"] * 20 + ["open"] * 3 + ["completed"] * 17})


def test_an_input_counts_by_its_standard_its_share_or_its_median():
    rows = [(f"j{i}", "wait", 5.0 + i, "2026-01") for i in range(20)] + [(f"j{i}", "price", float(i), "2026-01") for i in range(20)]
    rows += [(f"j{i}", "helped", float(i < 15), "2026-01") for i in range(20)] + [("j0", "told", 1.0, "2026-01")]
    table = found(rows, JOURNEYS).set_index("metric")
    assert table["measure"].to_dict() == {"desk.wait": "off_standard", "desk.price": "median", "desk.helped": "share"}
    assert table["value"].to_dict() == pytest.approx({"desk.wait": 14 / 20, "desk.price": 9.5, "desk.helped": 0.75})
    assert table["better"].to_dict() == {"desk.wait": "lower", "desk.price": "lower", "desk.helped": "higher"}
    assert set(table["n"]) == {20} and set(table["share_of_all"]) == {1.0} and table.loc["desk.wait", "low"] < 0.7 < table.loc["desk.wait", "high"]


def test_one_measurement_counts_when_it_was_made_and_one_that_changes_when_the_journey_began():
    rows = [(f"j{i}", "wait", 20.0, "2026-02") for i in range(12)]
    rows += [(f"j{i}", "late", 0.0, "2026-01") for i in range(20)] + [(f"j{i}", "late", 1.0, "2026-02") for i in range(5)] + [(f"j{i}", "late", 0.0, "2026-03") for i in range(5)]
    table = found(rows, JOURNEYS).set_index("metric")
    assert table.loc["desk.wait", ["clock", "month"]].tolist() == ["measured", "2026-02"]
    assert table.loc["desk.late", ["clock", "month", "value", "label"]].tolist() == ["begun", "2026-01", 0.25, "Ever late"], "ever, though it was 0 again in the end"


def test_a_month_still_under_way_is_left_out_where_its_end_is_not_known():
    rows = [(f"j{i}", "late", 0.0, "2026-01" if i < 20 else "2026-02") for i in range(40)] + [("j0", "late", 1.0, "2026-02")]
    assert found(rows, JOURNEYS)["month"].tolist() == ["2026-01"], "3 of 20 are open in February"
    assert found(rows, JOURNEYS.assign(status="completed"))["month"].tolist() == ["2026-01", "2026-02"]


def work(values, n=500, **more) -> pd.DataFrame:
    rows = pd.DataFrame({"month": [f"{2025 + m // 12}-{m % 12 + 1:02}" for m in range(len(values))], "value": values, "n": n})
    facts = {"metric": "desk.wait", "touchpoint": "desk", "label": "Wait", "measure": "off_standard", "clock": "measured", "method": "Wilson", "unit_of_measure": "share", "better": "lower", "share_of_all": 1.0}
    return rows.assign(low=rows["value"] - 0.02, high=rows["value"] + 0.02, **{**facts, **more})


STEADY = [0.20, 0.22, 0.19, 0.21, 0.20, 0.22, 0.19, 0.21, 0.20, 0.22, 0.19, 0.21]


def left(charts) -> pd.DataFrame:
    (newest,) = moves.judged(delivery.newest(charts))
    return delivery.left_usual(charts, newest, sorted(set(charts["month"])))


def test_a_month_far_from_the_usual_is_told_with_its_side():
    charts = delivery.with_usual(pd.concat([
        work([*STEADY, 0.20, 0.45]), work([*STEADY, 0.21, 0.05], metric="desk.check", label="Check"), work([*STEADY, 0.2, 0.21], metric="desk.calm", label="Calm"),
        work([*STEADY, 0.40, 0.2], metric="desk.once", label="Once"),
    ], ignore_index=True))  # fmt: skip
    table = left(charts)
    assert table["metric"].tolist() == ["desk.wait", "desk.check", "desk.once"], "outside now first, the worse before the better; what never left is not listed"
    assert table["worse"].tolist() == [True, False, True] and table["outside"].tolist() == [["2026-02"], ["2026-02"], ["2026-01"]]
    worse, better = told_trends.delivery_findings(table)
    assert (worse.message, better.message) == ("trends.off_standard_worse", "trends.off_standard_better")
    assert worse.weight == pytest.approx(0.45 - worse_usual(charts)) and "Wait: 45%" in Sentences("en").sentence(worse)
    assert told_trends.delivery_headline(table, charts) == ("delivery.now", {"count": 3, "of": 4, "labels": ["Wait", "Check"], "now": 2})


def worse_usual(charts) -> float:
    return charts[charts["metric"] == "desk.wait"]["usual"].iloc[-1]


def test_what_lies_within_the_usual_is_no_finding():
    charts = delivery.with_usual(work([*STEADY, 0.2, 0.22]))
    assert left(charts).empty and told_trends.delivery_findings(left(charts)) == []
    assert told_trends.delivery_headline(left(charts), charts)[0] == "delivery.none"
    before = delivery.with_usual(work([*STEADY, 0.5, 0.21]))
    assert told_trends.delivery_findings(left(before)) == [] and told_trends.delivery_headline(left(before), before)[0] == "delivery.before"


def test_medians_are_judged_by_their_own_spread():
    charts = delivery.with_usual(work([v * 100 for v in STEADY] + [90.0], measure="median", unit_of_measure="minutes"))
    (told,) = told_trends.delivery_findings(left(charts))
    assert told.message == "trends.median_worse" and told.weight == 1.0 and "median 90" in Sentences("en").sentence(told)


def test_hidden_months_are_passed_over():
    charts = delivery.with_usual(work([*STEADY, np.nan, 0.21], shown=True))
    assert charts["signal"].iloc[12] == "" and np.isnan(charts["p"].iloc[12])


def test_a_brand_without_inputs_has_nothing_to_chart():
    empty = delivery.with_usual(found([], JOURNEYS))
    assert left(empty).empty and delivery.newest(empty).empty


def test_late_deliveries_stand_out_in_november_february_and_march(olist_data):
    study = Study.open("olist", "2018-06", notebook="02_journeys")
    rows = delivery.by_month(study.table("inputs"), study.table("journeys"), study.brand.journey)
    charts = delivery.with_usual(study.disclosure.small(rows, within=["metric"]))
    late = charts[charts["metric"] == "delivered.received_late"].set_index("month")
    assert late.index[late["signal"] == "beyond"].tolist() == ["2017-11", "2018-02", "2018-03"]
    assert (late.loc[["2017-11", "2018-02", "2018-03"], "value"] > 0.1).all() and late["usual"].iloc[-1] < 0.06
    assert "2018-06" not in late.index, "most of June's orders are still on their way"
    waiting = charts[charts["metric"] == "delivered.waiting_past_promise"].set_index("month")["signal"]
    assert waiting.index[waiting == "beyond"].tolist() == ["2017-11", "2018-02", "2018-03"]
