"""Scores from sums a customer: the same as from the answers themselves, with changes and states told apart."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, Metric
from cx_helpers.journeys import scores
from cx_helpers.tables import frames

NPS, CSAT = Metric(id="nps", kind="nps", label="Recommend"), Metric(id="csat", kind="csat", label="Counter", target=4)
JOURNEY = Journey.model_validate({
    "label": "Shop", "remembered": [NPS.model_dump()],
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [{"id": "counter", "label": "Counter", "metrics": [CSAT.model_dump()]}]}],
})  # fmt: skip
METRICS = JOURNEY.metrics
RNG = np.random.default_rng(7)
N = 240
ANSWERS = pd.DataFrame({
    "response_id": [f"r{n}" for n in range(N)], "customer_id": [f"c{n // 3}" for n in range(N)], "name": "overall.nps", "weight": 1.0,
    "score": RNG.integers(0, 11, N).astype(float), "month": ["2026-02"] * (N // 2) + ["2026-03"] * (N // 2),
})  # fmt: skip


def sums(answers: pd.DataFrame, metric: str = "overall.nps", by: tuple = ()) -> pd.DataFrame:
    w, s = answers["weight"], answers["score"]
    rows = answers.assign(n=1, total=w * s, promoters=w * (s >= 9), detractors=w * (s <= 6))
    kept = rows.groupby([*by, "customer_id"], as_index=False)[["n", "weight", "total", "promoters", "detractors"]].sum()
    touchpoint, name = metric.split(".")
    return kept.assign(touchpoint=touchpoint, metric=name)


def groups(answers: pd.DataFrame, metric: str = "overall.nps", by: tuple = ()) -> pd.DataFrame:
    touchpoint, name = metric.split(".")
    given = ibis.memtable(answers.assign(touchpoint=touchpoint, metric=name))
    return frames.group_sums(given, ["touchpoint", "metric", *by]).execute()


def test_sums_a_customer_give_the_score_of_the_answers():
    found = scores.score(sums(ANSWERS), NPS)
    direct = estimates.nps(ANSWERS["score"].to_numpy(), cluster=ANSWERS["customer_id"].to_numpy())
    assert (found.value, found.low, found.high, found.n) == pytest.approx((direct.value, direct.low, direct.high, N))
    mean = scores.score(sums(ANSWERS.assign(score=ANSWERS["score"] % 5 + 1)), CSAT)
    assert mean.value == pytest.approx((ANSWERS["score"] % 5 + 1).mean())


def test_weights_move_the_score_and_are_named():
    heavy = ANSWERS.assign(weight=np.where(ANSWERS["score"] >= 9, 3.0, 1.0))
    found = scores.score(sums(heavy), NPS)
    share = heavy["weight"] / heavy["weight"].sum()
    points = 100 * ((heavy["score"] >= 9).astype(float) - (heavy["score"] <= 6))
    assert found.value == pytest.approx((share * points).sum()) and found.n == N and found.method.endswith(", weighted")


@pytest.mark.parametrize("kind", ["nps", "csat"])
@pytest.mark.parametrize("weights", ["none", "raked", "some none"])
@pytest.mark.parametrize("customers", ["repeated", "unknown", "one each"])
def test_sums_over_customers_give_the_same_numbers_as_a_row_a_customer_and_as_the_answers(kind, weights, customers):
    draws = np.random.default_rng(3)
    metric = METRICS["overall.nps" if kind == "nps" else "counter.csat"]
    given = ANSWERS.assign(score=ANSWERS["score"] if kind == "nps" else ANSWERS["score"] % 5 + 1)
    if weights != "none":
        given["weight"] = draws.uniform(0.2, 3, N).round(3) * (draws.random(N) > (0.1 if weights == "some none" else 0))
    if customers != "repeated":
        given["customer_id"] = None if customers == "unknown" else given["response_id"]
    given["customer_id"] = given["customer_id"].astype("str")
    for month, mine in given.groupby("month"):
        group = groups(given, "overall.nps" if kind == "nps" else "counter.csat", ("month",)).set_index("month", drop=False).loc[month]
        found, people = scores.score_of_group(group, metric), mine.assign(customer_id=mine["customer_id"].fillna(mine["response_id"]))
        old = scores.score(sums(people), metric)
        assert (found.n, found.method) == (old.n, old.method)
        assert (found.value, found.low, found.high) == pytest.approx((old.value, old.low, old.high), rel=1e-12)
        if weights != "some none":
            direct = (estimates.nps if kind == "nps" else estimates.mean)(mine["score"], mine["weight"], people["customer_id"])
            assert (found.value, found.low, found.high) == pytest.approx((direct.value, direct.low, direct.high), rel=1e-9)


def test_a_row_a_metric_and_group_in_the_order_of_the_brand():
    both = pd.concat([groups(ANSWERS.assign(score=4.0), "counter.csat", ("month",)), groups(ANSWERS, by=("month",))])
    found = scores.scores(both, JOURNEY, ["month"])
    assert found[["metric", "month"]].to_numpy().tolist() == [[m, month] for m in METRICS for month in ("2026-02", "2026-03")]
    assert found["scale_max"].tolist() == [10, 10, 5, 5] and found["target"].iloc[2] == 4
    assert (found.loc[found["metric"] == "counter.csat", "value"] == 4).all()
    assert found["low"].isna().tolist() == [False, False, True, True], "answers all alike do not know their spread"
    assert set(scores.scores(both, JOURNEY, metrics=["overall.nps"])["metric"]) == {"overall.nps"}
    assert scores.scores(both.iloc[:0], JOURNEY).empty


def test_units_are_called_apart_only_beyond_noise_of_many():
    units = pd.DataFrame({"unit": list("abcde"), "value": [80.0, 31, 30, 29, 0], "n": [100] * 4 + [3], "shown": [True] * 4 + [False]})
    units = units.assign(low=units["value"] - 10, high=units["value"] + 10)
    units.loc[4, ["value", "low", "high"]] = np.nan
    found = scores.apart(units, 42.5).set_index("unit")
    assert found.loc["a", "verdict"] == "higher" and found.loc["e", "verdict"] == "" and not found.loc["e", "apart"]
    assert found.index[-1] == "e" and found.loc["a", "difference"] == pytest.approx(37.5)


def test_states_are_compared_as_lived_and_as_they_ended():
    answers = ANSWERS.assign(state=["x"] * 100 + ["y"] * 140, naive_state=["x"] * 60 + ["y"] * 180)
    found = scores.by_state(answers, {"x": "X", "y": "Y", "z": "Z"}, CSAT)
    assert found[["state", "naive", "n"]].to_numpy().tolist() == [["x", False, 100], ["y", False, 140], ["x", True, 60], ["y", True, 180]]
    assert found["value"].iloc[0] == pytest.approx(ANSWERS["score"].iloc[:100].mean())
    same = scores.by_state(answers.assign(naive_state=answers["state"]), {"x": "X", "y": "Y"}, CSAT)
    assert not same["naive"].any(), "a naive reading that moves nobody is not shown"


def test_a_month_asked_otherwise_than_the_one_before_is_marked():
    months = ["2026-01", "2026-02", "2026-03"]
    monthly = pd.DataFrame({"metric": ["overall.nps"] * 3 + ["counter.csat"] * 3, "month": months * 2, "value": [0.0, 50, 51] * 2, "shown": True})
    monthly = monthly.assign(low=monthly["value"] - 5, high=monthly["value"] + 5)
    reworded = pd.DataFrame({"metric": ["overall.nps"], "month": ["2026-02"]})
    found = scores.with_breaks(monthly, reworded)
    assert found["reworded"].tolist() == [False, True, False, False, False, False]
    assert not scores.with_breaks(monthly, reworded.iloc[:0])["reworded"].any()
    later = scores.with_breaks(monthly[monthly["month"] != "2026-02"], reworded)
    assert later["reworded"].tolist() == [False, True, False, False], "the month of the change has no row in this scope"


def test_of_a_brand_that_asks_for_no_score_there_is_a_table_without_rows():
    found = scores.scores(groups(ANSWERS).head(0), JOURNEY, metrics=[None])
    assert found.empty and {"metric", "value", "low", "high", "n"} <= set(found)
