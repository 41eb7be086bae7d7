"""What a brand offers as drivers: one survey is recognised, what was not used is told from what was not answered."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import Study
from cx_helpers.drivers import candidates, told_guards
from cx_helpers.drivers.perceived import perceived_importance
from cx_helpers.tables.measures import measures

JOURNEY = """
label: Shop
unit: {one: branch, many: branches}
stages:
  - id: buy
    label: Buy
    touchpoints:
      - id: counter
        label: Counter
        inputs:
          - {id: wait_minutes, label: Minutes waited, unit: minutes, better: lower}
          - {id: told_minutes, label: Minutes told, unit: minutes, better: lower}
        metrics:
          - {id: csat, kind: csat, label: Counter}
          - {id: nps, kind: nps, label: Recommends the counter}
      - id: fitting
        label: Fitting room
        metrics:
          - {id: csat, kind: csat, label: Fitting room}
      - id: tailor
        label: Tailor
        metrics:
          - {id: csat, kind: csat, label: Tailor}
remembered:
  - {id: nps, kind: nps, label: Would recommend, primary: true}
  - {id: whole, kind: rating, label: The shop as a whole}
"""
SQL = {
    "journeys": "SELECT id AS journey_id, id AS customer_id, begun AS started_at, begun AS ended_at, 'completed' AS status, 'Soho' AS unit, _source AS source FROM visits",
    "events": """SELECT id || '-' || place AS event_id, id AS journey_id, place AS touchpoint, begun AS started_at, _source AS source
FROM visits, (VALUES ('counter'), ('tailor')) t(place) WHERE place = 'counter' OR tailored = '1'""",
    "inputs": """SELECT id AS journey_id, 'counter' AS touchpoint, 'wait_minutes' AS input, wait AS value, seen AS measured_at, _source AS source FROM visits
UNION ALL SELECT id, 'counter', 'told_minutes', told, asked, _source FROM answers""",
    "responses": """SELECT id || name AS response_id, id AS journey_id, touchpoint, metric, score, asked AS asked_at,
CASE WHEN score <> '' THEN asked END AS answered_at, 'exit' AS programme, _source AS source
FROM answers, LATERAL (VALUES ('n', 'overall', 'nps', nps), ('w', 'overall', 'whole', whole), ('f', 'fitting', 'csat', fitting)) t(name, touchpoint, metric, score)
WHERE name <> 'f' OR score IS DISTINCT FROM '6'
UNION ALL SELECT id || 'c', id, 'counter', 'csat', counter, sent, CASE WHEN counter <> '' THEN sent END, 'text', _source FROM texts
UNION ALL SELECT id || 'm', id, 'counter', 'nps', '7', sent, sent, 'text', _source FROM texts
UNION ALL SELECT id || 't', id, 'tailor', 'csat', tailor, sent, CASE WHEN tailor <> '' THEN sent END, 'text', _source FROM texts WHERE tailor <> 'none'""",
}


@pytest.fixture
def study(shop):
    rng = np.random.default_rng(0)
    n = 300
    told, fitting = rng.integers(1, 20, n), rng.integers(1, 7, n)
    counter, tailored, tailor = rng.integers(1, 6, n), rng.integers(0, 2, n), rng.integers(1, 6, n)
    nps = np.clip(2 * np.minimum(fitting, 5) + rng.integers(-1, 2, n), 0, 10)
    visits = pd.DataFrame({"id": [f"v{i:03}" for i in range(n)], "begun": "2026-03-01 10:00", "wait": rng.integers(1, 30, n), "seen": "2026-03-01 10:05", "tailored": tailored})
    answers = visits[["id"]].assign(nps=nps, whole=np.clip(nps // 2, 1, 5), fitting=fitting, told=told, asked="2026-03-05 12:00")
    texts = visits[["id"]].assign(counter=np.where(rng.random(n) < 0.5, counter.astype(str), ""), tailor=np.where(tailored == 0, "none", np.where(rng.random(n) < 0.7, tailor.astype(str), "")), sent="2026-03-01 11:00")
    shop.write("journey.yaml", JOURNEY)
    shop.write("sources.yaml", "sources:\n  visits: {file: visits.csv}\n  answers: {file: answers.csv}\n  texts: {file: texts.csv}\n")
    for name, frame in (("visits", visits), ("answers", answers), ("texts", texts)):
        shop.write(f"raw/{name}.csv", frame.to_csv(index=False))
    for name, sql in SQL.items():
        shop.write(f"sql/{name}.sql", sql)
    shop.ingest()
    return Study.open("shop", "2026-03", notebook="03_drivers")


@pytest.fixture
def answers(study):
    return study.answers("overall.nps", inputs=study.inputs(drivers=True))


def by_driver(table, column):
    return dict(zip(table["driver"], table[column], strict=True))


def test_an_input_told_in_the_survey_of_the_score_is_marked_and_a_measured_one_is_not(study, answers):
    found = candidates.guarded_inputs(study, answers, study.inputs(drivers=True))
    assert by_driver(found, "reason") == {"counter.wait_minutes": "", "counter.told_minutes": "same_survey"}
    assert told_guards.before_model(found, measures(study.brand))[0] == "guards.inputs_told"
    assert not told_guards.survey_alone(found)


def test_ratings_stand_beside_the_score_they_were_given_with(study, answers):
    said = candidates.perceptions(study, answers)
    assert said.names == ["overall.whole", "counter.csat", "counter.nps", "fitting.csat", "tailor.csat"]
    assert said.same_survey == ["overall.whole", "fitting.csat"] and len(said.data) == len(answers) == 300
    raw = study.table("responses").filter(lambda t: t.touchpoint == "fitting").execute().set_index("journey_id")["score"]
    assert said.data.set_index("journey_id")["fitting.csat"].dropna().to_dict() == raw.dropna().to_dict()


def test_what_was_not_used_is_told_from_what_was_not_answered(study, answers):
    said = candidates.perceptions(study, answers)
    fitting, tailor, counter = (said.data[f"{name}.csat"].isna() for name in ("fitting", "tailor", "counter"))
    assert (said.not_used["fitting.csat"] == fitting).all() and fitting.any(), "code 6 of the same survey: nothing to rate"
    asked = study.table("events").filter(lambda t: t.touchpoint == "tailor").execute()["journey_id"]
    assert (said.not_used["tailor.csat"] == ~said.data["journey_id"].isin(asked)).all(), "no tailor in the journey: nothing to rate"
    assert (tailor & ~said.not_used["tailor.csat"]).any(), "texts about the tailor that nobody answered"
    assert counter.any() and not said.not_used["counter.csat"].any(), "a text that nobody answered"


def test_the_whole_asked_again_is_refused_and_ratings_are_kept(study, answers):
    said = candidates.perceptions(study, answers)
    found = candidates.guarded_perceptions(study, said)
    assert by_driver(found, "reason") == {
        "overall.whole": "same_question", "counter.csat": "", "counter.nps": "same_question", "fitting.csat": "same_survey", "tailor.csat": "too_few_rows",
    }  # fmt: skip
    assert by_driver(found, "kept") == {"overall.whole": False, "counter.csat": True, "counter.nps": False, "fitting.csat": True, "tailor.csat": False}


def test_the_page_names_the_rating_that_was_planted_and_its_survey(study, answers):
    said = candidates.perceptions(study, answers)
    table = perceived_importance(said.data, "points", ["counter.csat", "fitting.csat"], not_used=said.not_used, cluster="customer_id", bootstrap=50)
    facts = measures(study.brand)
    told = told_guards.perceived_headline(table, facts, "Would recommend", said.same_survey)
    assert told.message == "perceived.first_together" and told.args["driver"] == "Fitting room" and told.n == 300
    assert told_guards.perceived_headline(table, facts, "Would recommend", []).message == "perceived.first"
    assert candidates.mood(study, said, ["counter.csat", "fitting.csat"]) == {}, "one factor of fewer than three ratings says nothing"


def test_an_emotion_shown_before_the_answer_is_a_driver_in_the_same_voice(study, answers, monkeypatch):
    seen = pd.to_datetime(["2026-03-02", "2026-03-02", "2026-03-09"] * 40, utc=True)
    signals = pd.DataFrame({"signal": ["emotion", "low_score", "emotion"] * 40, "journey_id": answers["journey_id"].head(120), "seen_at": seen})
    monkeypatch.setattr(type(study), "learnt", lambda self, name, notebook, **_: signals if (name, notebook) == ("signals", "02_journeys") else None)
    said = candidates.perceptions(study, answers)
    assert said.data[candidates.EMOTION].tolist() == ([1.0, 0.0, 0.0] * 40) + [0.0] * 180, "a low score is no emotion, and what is felt later explains nothing"
    found = candidates.guarded_perceptions(study, said).set_index("driver")
    assert found.loc[candidates.EMOTION, ["verdict", "reason", "kept"]].tolist() == ["marked", "same_voice", True]
    assert told_guards.named(pd.DataFrame({"driver": [candidates.EMOTION]}), measures(study.brand))["label"].tolist() == ["emotion_shown"]
