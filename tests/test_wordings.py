"""A question that changed its wording: scores, trend and caveats of a study, and its twin in which nothing changed."""

import pandas as pd
import pytest

from cx_helpers import Study
from cx_helpers.journeys import moves, scores

SQL = """
SELECT id AS response_id, order_id AS journey_id, 'overall' AS touchpoint, 'nps' AS metric, score, asked_at, answered_at,
       wording AS question_version, _source AS source
FROM answers
"""


def answers(wording_of) -> str:
    """Twenty answers a month: detractors until February, promoters from March on."""
    lines = ["id,order_id,score,asked_at,answered_at,wording"]
    for month in (1, 2, 3):
        score = (3, 10) if month < 3 else (10, 10)
        lines += [
            f"a{month}{n:02},p{n},{score[n == 7]},2026-{month:02}-10 12:00,2026-{month:02}-10 13:{n:02},{wording_of(month)}" for n in range(20)
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def study_of(shop):
    def build(wording_of, comparable: str = "") -> Study:
        orders = "".join(f"p{n},d{n},2026-01-01 10:00,2026-01-01 11:00,completed,Soho,10,north\n" for n in range(20))
        shop.write("raw/orders.csv", (shop.raw / "orders.csv").read_text() + orders)
        shop.write("sql/responses.sql", SQL)
        shop.write("raw/answers.csv", answers(wording_of))
        if comparable:
            shop.change("journey.yaml", "label: Would recommend}", f"label: Would recommend, comparable: {comparable}}}")
        shop.ingest()
        return Study.open("shop", "2026-03", notebook="02_journeys")

    return build


def monthly(study) -> pd.DataFrame:
    sums = study.group_sums(["touchpoint", "metric", "month"])
    return scores.with_breaks(study.disclosure.hide(scores.scores(sums, study.brand.journey, ["month"]), "month"), study.reworded)


def moved(study, found) -> dict:
    sums = study.group_sums(["touchpoint", "metric", "month"], customers=True)
    return moves.since(moves.moves(sums, study.brand.journey, study.month, found))


def test_a_reworded_question_starts_anew(study_of):
    study = study_of(lambda month: "v1" if month < 3 else "v2")
    whole = scores.scores(study.group_sums(["touchpoint", "metric"]), study.brand.journey)
    assert whole[["value", "n"]].to_numpy().tolist() == [[100, 20]], "answers to the old wording are in no score"
    assert set(study.answers()["month"]) == {"2026-03"} and set(study.unit_panel()["month"].dropna()) >= {"2026-03"}
    found = monthly(study)
    assert found[["month", "value", "reworded"]].to_numpy().tolist() == [["2026-01", -90, False], ["2026-02", -90, False], ["2026-03", 100, True]]
    assert moved(study, found) == {}
    assert ("wordings.apart", {"label": "Would recommend", "month": "2026-03"}) in study.caveats
    assert study.counts("responses", ["touchpoint", "metric"]) == {"overall.nps": 60}


@pytest.mark.parametrize(("wording_of", "comparable"), [
    (lambda month: "v1", ""), (lambda month: "", ""), (lambda month: "v1" if month < 3 else "v2", "{wordings: [[v1, v2]]}"),
], ids=["one wording", "no wording named", "declared to compare"])  # fmt: skip
def test_where_nothing_changed_nothing_is_said(study_of, wording_of, comparable):
    study = study_of(wording_of, comparable)
    whole = scores.scores(study.group_sums(["touchpoint", "metric"]), study.brand.journey)
    assert whole["n"].tolist() == [60]
    found = monthly(study)
    assert not found["reworded"].any()
    assert {metric: change.value for metric, change in moved(study, found).items()} == {"overall.nps": pytest.approx(190)}
    assert not [message for message, _ in study.caveats if message == "wordings.apart"]


def test_an_earlier_month_is_reported_as_it_was_asked(study_of):
    study_of(lambda month: "v1" if month < 3 else "v2")
    before = Study.open("shop", "2026-02", notebook="02_journeys")
    assert set(before.answers()["month"]) == {"2026-01", "2026-02"} and before.caveats == []


def test_few_answers_to_the_old_wording_stay_hidden(study_of, shop):
    study = study_of(lambda month: "v1" if month < 3 else "v2")
    found = study.disclosure.cells
    months = found[found["breakdown"] == "month"].groupby("level")["n"].max()
    assert months.to_dict() == {"2026-01": 20, "2026-02": 20, "2026-03": 20}, "months of the old wording are decided too"


def test_what_is_kept_apart_is_in_a_ledger(study_of):
    found = study_of(lambda month: "v1" if month < 3 else "v2").ledger("kept_apart")
    assert found[["metric", "question_version", "rows"]].to_numpy().tolist() == [["overall.nps", "v1", 40]]
    assert str(found["until"].iloc[0]) == "2026-02-10 11:00:00+00:00" and found["pooled_with"].isna().all()


def test_nothing_is_kept_apart_where_nothing_changed(study_of):
    assert study_of(lambda month: "v1").ledger("kept_apart").empty


SCALED = """
SELECT 's' || id AS response_id, order_id AS journey_id, 'counter' AS touchpoint, 'csat' AS metric, score, asked_at, answered_at,
       wording AS question_version, _source AS source
FROM answers
"""


def test_a_score_is_judged_on_the_scale_that_its_wording_was_asked_on(shop):
    """The old wording went to 7: a 7 is a good answer, an 8 is none, and a 7 to the new wording is none either."""
    shop.change("journey.yaml", "label: Satisfaction with the counter}", "label: x, comparable: {wordings: [[v1, v2]], scales: {v1: [1, 7]}}}")
    shop.write("sql/responses.sql", SCALED)
    rows = [("a", 7, "v1"), ("b", 8, "v1"), ("c", 7, "v2"), ("d", 5, "v2"), ("e", 4, "v1")]
    lines = [f"{name},o1,{score},2026-03-01 12:00,2026-03-01 13:00,{wording}" for name, score, wording in rows]
    shop.write("raw/answers.csv", "id,order_id,score,asked_at,answered_at,wording\n" + "\n".join(lines) + "\n")
    shop.ingest()
    study = Study.open("shop", "2026-03")
    assert dict(study.answers()[["response_id", "score"]].to_numpy().tolist()) == {"sa": 5.0, "sd": 5.0, "se": 3.0}
    assert sorted(study.ledger("quarantine")["row"]) == [2, 3]
