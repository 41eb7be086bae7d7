"""What changed: only what compares is compared, all of it as one family, and the words follow the verdicts."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import estimates
from cx_helpers.config.journey import Journey
from cx_helpers.estimates.families import adjusted, p_of, widened
from cx_helpers.journeys import moves, scores, told_trends
from cx_helpers.reports.sentences import Sentences
from cx_helpers.tables import frames

JOURNEY = Journey.model_validate({
    "label": "Shop", "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [
        {"id": "counter", "label": "Counter", "metrics": [{"id": "csat", "kind": "csat", "label": "Counter", "target": 4}]}]}],
})  # fmt: skip
MONTHS = [f"{2024 + m // 12}-{m % 12 + 1:02}" for m in range(24)]
LAST = MONTHS[-1]


def given(fall=0.0, airports=False, each=120, seed=3) -> pd.DataFrame:
    """Answers of 24 months; the last may fall, airports (which score lower) may grow from a third to two thirds."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, month in enumerate(MONTHS):
        airport = rng.random(each) < (1 / 3 + place / 69 if airports else 0.4)
        latent = 8.3 + 1.7 * rng.normal(0, 1, each) - 1.5 * airport - fall * (month == LAST)
        rows.append(pd.DataFrame({"month": month, "score": np.clip(np.round(latent), 0, 10), "kind": np.where(airport, "airport", "city"),
                                  "customer_id": rng.integers(0, 900, each)}))  # fmt: skip
    rows = pd.concat(rows, ignore_index=True).assign(weight=1.0)
    return rows.assign(points=100.0 * ((rows["score"] >= 9).astype(int) - (rows["score"] <= 6).astype(int)))


def sums(answers: pd.DataFrame, metric="overall.nps") -> pd.DataFrame:
    w = answers["weight"]
    rows = answers.assign(n=1, total=w * answers["score"], promoters=w * (answers["score"] >= 9), detractors=w * (answers["score"] <= 6))
    found = rows.groupby(["month", "customer_id"], as_index=False)[["n", "weight", "total", "promoters", "detractors"]].sum()
    touchpoint, name = metric.split(".")
    return found.rename(columns={"customer_id": "customer"}).assign(touchpoint=touchpoint, metric=name)


def monthly(answers: pd.DataFrame) -> pd.DataFrame:
    by_month = frames.over_customers(ibis.memtable(sums(answers)), ["touchpoint", "metric", "month"]).execute()
    return scores.scores(by_month, JOURNEY, ["month"]).assign(shown=True, reworded=False)


def moved(answers: pd.DataFrame, months: pd.DataFrame | None = None) -> pd.DataFrame:
    return moves.moves(sums(answers), JOURNEY, LAST, monthly(answers) if months is None else months)


def test_p_values_are_corrected_as_published(reference):
    folder, expected = reference("bh_15_pvalues")
    p = pd.read_csv(folder / "data.csv")["p"]
    assert adjusted(p) == pytest.approx(expected["BH"]["value"], abs=1e-9)
    assert (adjusted(p) <= 0.05).sum() == expected["rejected_BH_5pct"]["value"]
    with_unknown = adjusted([np.nan, *p])
    assert np.isnan(with_unknown[0]) and with_unknown[1:] == pytest.approx(expected["BH"]["value"], abs=1e-9), "an unknown one is no member"


def test_widened_intervals_exclude_nothing_just_where_the_comparison_is_called():
    rng = np.random.default_rng(0)
    family = pd.DataFrame({"value": rng.normal(0, 2.2, 40), "n": rng.integers(12, 400, 40)})
    family = family.assign(low=family["value"] - 2, high=family["value"] + 2.1)
    p = adjusted(p_of(family))
    wide = widened(family, p)
    assert 0 < (p <= 0.05).sum() < (p_of(family) <= 0.05).sum(), "some are called, some only without the correction"
    assert ((wide["low"] > 0) | (wide["high"] < 0)).tolist() == (p <= 0.05).tolist()


def test_a_month_is_compared_with_the_one_before_the_year_before_and_twelve_with_twelve():
    answers = given(fall=2.5)
    found = moved(answers).set_index("comparison")
    nps = answers.groupby("month")["points"].mean()
    assert found["value"].to_dict() == pytest.approx({
        "month": nps[LAST] - nps[MONTHS[-2]], "year": nps[LAST] - nps["2024-12"],
        "twelve": answers["points"][answers["month"] >= "2025"].mean() - answers["points"][answers["month"] < "2025"].mean(),
    })  # fmt: skip
    direct = estimates.difference(*(answers[answers["month"] == m]["score"] for m in (LAST, "2025-11")), cluster=tuple(answers[answers["month"] == m]["customer_id"] for m in (LAST, "2025-11")))
    assert found.loc["month", ["value", "low", "high", "n"]].tolist() == pytest.approx([direct.value, direct.low, direct.high, direct.n])


def test_weights_count_in_a_change():
    answers = given(fall=1.0)
    heavy = answers.assign(weight=np.where(answers["kind"] == "airport", 3.0, 1.0))
    found = moves.change(*(sums(heavy[heavy["month"] == m]) for m in (LAST, "2025-11")), JOURNEY.metrics["overall.nps"])
    whole = [np.average(rows["points"], weights=rows["weight"]) for m in (LAST, "2025-11") for rows in [heavy[heavy["month"] == m]]]
    assert found.value == pytest.approx(whole[0] - whole[1]) and found.n == 240 and found.method.endswith("weighted")


def test_nothing_is_compared_with_a_month_that_is_hidden_missing_or_asked_otherwise():
    answers = given()
    months = monthly(answers)
    hidden = months.assign(shown=months["month"] != "2025-11")
    assert moved(answers, hidden)["comparison"].tolist() == ["year"], "the hidden month is in the twelve too"
    assert moved(answers, months.assign(reworded=months["month"] == "2025-06"))["comparison"].tolist() == ["month"]
    assert moved(answers, months.assign(reworded=months["month"] == LAST)).empty
    assert moved(answers, months[months["month"] > "2025-03"])["comparison"].tolist() == ["month"]
    rolled = moves.pooled(sums(answers), JOURNEY, LAST, hidden)
    assert rolled.empty and moves.pooled(sums(answers), JOURNEY, LAST, months)["span"].tolist() == ["quarter", "year"]


def test_rolling_scores_are_those_of_all_answers_of_their_months():
    answers = given()
    rolled = moves.pooled(sums(answers), JOURNEY, LAST, monthly(answers)).set_index("span")
    assert rolled.loc["quarter", "value"] == pytest.approx(answers["points"][answers["month"] >= "2025-10"].mean()) and rolled.loc["quarter", "n"] == 360
    assert rolled.loc["year", "n"] == 1440 and rolled.loc["year", "low"] < rolled.loc["year", "value"] < rolled.loc["year", "high"]


def judged(answers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    changes = moved(answers)
    return tuple(moves.judged(changes, moves.mixes(answers, changes, {"kind": "Kind of location"})))


def test_all_comparisons_are_one_family():
    changes, mixed = judged(given(fall=3.0))
    assert set(changes["tested"]) == {6} and set(mixed["tested"]) == {6}
    assert changes["verdict"].tolist() == ["down"] * 3 and (changes["high"] < 0).all()
    calm, _ = judged(given())
    assert (calm["verdict"] == "no clear change").all() and ((calm["low"] < 0) & (calm["high"] > 0)).all()
    assert (mixed["verdict"] == "no clear change").all()
    assert all(frame.empty for frame in moves.judged(changes.iloc[:0], mixed.iloc[:0]))


def test_a_growing_share_of_a_low_scoring_group_is_told_though_no_group_moved():
    changes, mixed = judged(given(airports=True, each=400))
    (told,) = told_trends.mix_findings(mixed)
    assert told.message == "trends.mix_alone" and told.args["level"] == "airport" and told.value < 0 and told.high < 0
    assert told.args["level_before"] == pytest.approx(0.42, abs=0.03) and told.args["level_after"] == pytest.approx(0.59, abs=0.03)
    said = Sentences("en").sentence(told)
    assert "airport went from" in said and "no clear change is left" in said
    assert told.weight == pytest.approx(10 * max(abs(told.value), abs(told.args["change"].value)) / 200), "as much as the whole change, which is clear"
    assert told_trends.mix_headline(mixed)[0] == "mix.down" and len(told_trends.shifts(mixed)) == 1
    assert told_trends.mix_findings(judged(given(each=400))[1]) == []


def test_a_change_that_is_split_is_told_once():
    changes, mixed = judged(given(airports=True, each=400, seed=4).pipe(lambda rows: rows.assign(
        points=rows["points"] - 15 * (rows["month"] >= "2025"), score=(rows["score"] - 1.2 * (rows["month"] >= "2025")).clip(lower=0).round())))  # fmt: skip
    latest = pd.DataFrame([{"metric": "overall.nps", "touchpoint": "overall", "label": "NPS", "value": 1.0, "low": 0.0, "high": 2.0, "n": 90, "method": "x", "shown": True}])
    told = told_trends.over_time_findings(changes, mixed, pd.DataFrame(columns=["signal", "verdict", "worse"]), latest)
    kinds = [finding.message for finding in told]
    assert "trends.mix_and_down" in kinds and "trends.down_twelve" not in kinds
    (split,) = (finding for finding in told if finding.message == "trends.mix_and_down")
    assert split.weight > 10 * abs(split.value) / 200, "it weighs what the whole change does"


def test_a_grouping_with_one_level_or_too_few_answers_gives_no_split():
    answers = given().assign(one="x", many=lambda rows: [f"u{i % 200}" for i in range(len(rows))])
    assert moves.mixes(answers, moved(answers).query("comparison == 'month'"), {"one": "One", "many": "Many"}).empty


def test_only_clear_changes_are_findings_each_score_once():
    answers = given(fall=3.0)
    changes, _ = judged(answers)
    months = monthly(answers)
    latest = months[months["month"] == LAST]
    (told,) = told_trends.change_findings(changes, latest)
    assert told.message == "trends.down_month" and told.weight == pytest.approx(min(-told.value / 20, 1)) and told.high < 0
    assert "lower" in Sentences("en").sentence(told)
    assert told_trends.change_findings(judged(given())[0], latest) == []
    assert told_trends.change_findings(changes, latest.assign(shown=False)) == []


def test_the_months_table_has_changes_and_rolling_scores_beside_the_score():
    answers = given(fall=3.0)
    months = monthly(answers)
    latest = months[months["month"] == LAST]
    row = moves.with_moves(latest, judged(answers)[0], moves.pooled(sums(answers), JOURNEY, LAST, months)).iloc[0]
    assert row["change_verdict"] == "down" and row["year_change"] < 0 and row["twelve_low"] < row["twelve"] and row["three"]["value"] < row["twelve"]
    alone = moves.with_moves(latest, moved(answers).iloc[:0], pd.DataFrame(columns=["metric", "span", "value", "low", "high"]))
    assert list(alone.columns) == list(latest.columns)


def chart(values, signals, **more) -> pd.DataFrame:
    rows = pd.DataFrame({"month": MONTHS[: len(values)], "value": values, "signal": signals, "metric": "overall.nps", "label": "NPS", "kind": "nps"})
    rows = rows.assign(low=rows["value"] - 3, high=rows["value"] + 3, usual=30.0, usual_low=20.0, usual_high=40.0, n=200, method="x", shown=True, target=np.nan)
    return rows.assign(**more)


@pytest.mark.parametrize(("values", "signals", "more", "message"), [
    ([31.0, 29], ["", ""], {}, "trend.usual"), ([31.0, 29], ["", ""], {"target": 40.0}, "trend.usual_below"), ([31.0, 29], ["", ""], {"target": 20.0}, "trend.usual_above"),
    ([31.0, 45], ["", "beyond"], {}, "trend.beyond_up"), ([31.0, 12], ["", "beyond"], {}, "trend.beyond_down"), ([31.0, 25], ["", "run"], {}, "trend.run_down"),
    ([31.0, 25], ["", ""], {"usual": np.nan}, "trend.short"), ([31.0, 25], ["", ""], {"reworded": [False, True]}, "trend.reworded"),
    ([31.0], [""], {}, "trend.unknown"), ([31.0, 25], ["", ""], {"shown": False}, "trend.unknown"),
])  # fmt: skip
def test_the_trend_is_told_against_what_is_usual(values, signals, more, message):
    rows = chart(values, signals, **more)
    found, args = told_trends.trend_headline(rows, rows["month"].iloc[-1])
    assert found == message and Sentences("en").say(found, **args)


def test_a_row_of_months_on_one_side_is_told_from_its_first():
    rows = chart([31.0, 29, 28, 27], ["", "", "", "run"])
    assert told_trends.trend_headline(rows, rows["month"].iloc[-1])[1]["since"] == "2024-02"


def test_a_score_asked_otherwise_is_told_as_a_break_and_never_as_a_change():
    row = {"metric": "overall.nps", "touchpoint": "overall", "label": "NPS", "value": 30.0, "low": 20.0, "high": 40.0, "n": 90, "method": "x", "shown": True}
    latest, none = pd.DataFrame([{**row, "reworded": True}, {**row, "metric": "counter.csat", "touchpoint": "counter", "reworded": False}]), moved(given()).iloc[:0]
    assert [f.message for f in told_trends.level_findings(latest, none)] == ["scores.reworded"]
    assert [f.message for f in told_trends.level_findings(latest.assign(reworded=False), none)] == ["scores.level"]
    assert told_trends.level_findings(latest.assign(reworded=False), moved(given())) == [], "compared, and no clear change: nothing to tell"
    assert told_trends.moved_headline(none, LAST)[0] == "moves.alone"
    assert told_trends.moved_headline(judged(given())[0], LAST)[0] == "moves.none"
    assert told_trends.moved_headline(judged(given(fall=3.0))[0], LAST) == ("moves.only", {"month": LAST, "count": 1, "labels": ["NPS"], "of": 1})
