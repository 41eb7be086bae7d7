"""What kind of export a file is, how several hang together, and that each makes a brand whose rows are all accounted for."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

from cx_helpers.config import load_brand
from cx_helpers.errors import UsageError
from cx_helpers.ingest import ingest
from cx_helpers.ingest.proposing.proposal import propose
from cx_helpers.ingest.proposing.files import look, platform_of
from cx_helpers.tables.lake import Lake


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("CX_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path


def table(brand: str, name: str) -> pd.DataFrame:
    return Lake(load_brand(brand).folder / "tables").frame(name)


def written(folder, name: str, frame: pd.DataFrame):
    frame.to_csv(folder / name, index=False)
    return folder / name


def day(number: int, hour: int = 9) -> str:
    return str(pd.Timestamp("2026-03-01") + pd.Timedelta(days=number % 60, hours=hour))


def exports(folder, n: int = 120) -> dict:
    """One of each kind, joined by order and customer."""
    chance = random.Random(3)
    orders = pd.DataFrame({
        "order_id": [f"O{i:04d}" for i in range(n)], "customer_id": [f"C{i % 70}" for i in range(n)], "store": [("Hill", "Port")[i % 2] for i in range(n)],
        "ordered_at": [day(i) for i in range(n)], "delivered_at": [day(i, 40 + i % 5) for i in range(n)], "promised_date": [day(i, 42) for i in range(n)],
        "status": [("delivered", "cancelled", "processing")[i % 10 % 3 if i % 10 < 3 else 0] for i in range(n)], "amount": [f"{chance.uniform(9, 90):.2f}" for _ in range(n)],
    })  # fmt: skip
    return {
        "orders": written(folder, "orders.csv", orders),
        "survey": written(folder, "survey.csv", pd.DataFrame({
            "Order": [f"O{i:04d}" for i in range(0, n, 2)], "answered": [day(i, 60) for i in range(0, n, 2)], "nps": [str(i % 11) for i in range(0, n, 2)],
            "food_rating": [str(i % 5 + 1) for i in range(0, n, 2)], "Last name": ["Doe"] * (n // 2),
        })),
        "answers": written(folder, "answers.csv", pd.DataFrame({
            "respondent_id": [f"R{i // 3}" for i in range(n * 3)], "question": ["nps", "staff_csat", "comment"] * n,
            "answer": [str(i // 3 % 11) if i % 3 == 0 else str(i // 3 % 5 + 1) if i % 3 == 1 else "a word or two more" for i in range(n * 3)],
            "date": [day(i // 3) for i in range(n * 3)],
        })),
        "events": written(folder, "log.csv", pd.DataFrame({
            "case_id": [f"K{i // 3}" for i in range(n * 3)], "activity": ["Called", "Visited", "Paid"] * n, "timestamp": [day(i // 3, 9 + i % 3) for i in range(n * 3)],
        })),
        "tickets": written(folder, "tickets.csv", pd.DataFrame({
            "Ticket ID": [str(900 + i) for i in range(40)], "Order": [f"O{i:04d}" for i in range(40)], "Created at": [day(i, 70) for i in range(40)],
            "Solved at": [day(i, 80 + i) for i in range(40)], "Subject": [f"My parcel {i} has not come yet" for i in range(40)],
            "Reason": [("late", "broken")[i % 2] for i in range(40)], "Satisfaction": [("good", "bad", "offered")[i % 3] for i in range(40)],
        })),
        "reviews": written(folder, "reviews.csv", pd.DataFrame({
            "review_id": [f"V{i}" for i in range(60)], "author": [f"@somebody{i}" for i in range(60)], "stars": [str(i % 5 + 1) for i in range(60)],
            "posted_at": [day(i) for i in range(60)], "review_text": [f"I liked visit {i} very much, thanks" for i in range(60)],
        })),
        "money": written(folder, "money.csv", pd.DataFrame({
            "customer_id": [f"C{i % 70}" for i in range(210)], "month": [f"2026-0{3 + i // 70}" for i in range(210)],
            "revenue": [f"{chance.uniform(0, 90):.2f}" for _ in range(210)], "cost": [f"{chance.uniform(0, 30):.2f}" for _ in range(210)],
        })),
        "permissions": written(folder, "permissions.csv", pd.DataFrame({
            "customer_id": [f"C{i}" for i in range(70)], "purpose": ["service_improvement"] * 35 + ["marketing"] * 35, "basis": ["consent"] * 70,
            "granted_at": [day(0)] * 70, "withdrawn_at": ["" if i % 9 else day(50) for i in range(70)],
        })),
        "customers": written(folder, "customers.csv", pd.DataFrame({
            "customer_id": [f"C{i}" for i in range(70)], "loyalty": [("gold", "none")[i % 2] for i in range(70)], "email": [f"p{i}@example.org" for i in range(70)],
        })),
        "lookup": written(folder, "stores.csv", pd.DataFrame({"store": ["Hill", "Port"], "region": ["up", "down"]})),
    }  # fmt: skip


def test_each_kind_of_export_is_told_apart(data):
    for kind, file in exports(data).items():
        assert look([file], ())[0].kind == kind, kind


def test_files_of_six_systems_become_one_brand_joined_by_the_values_they_share(data):
    files = exports(data)
    chosen = [files[kind] for kind in ("survey", "orders", "tickets", "money", "permissions", "customers", "lookup")]
    _, lines = propose("shop", chosen)
    assert "survey.csv: a survey, a row a questionnaire; Order is the order_id of orders.csv (100% of its values are found there)" in lines
    ingest(load_brand("shop"))
    journeys, responses = table("shop", "journeys"), table("shop", "responses")
    assert len(journeys) == 120 and dict(journeys["status"].value_counts()) == {"completed": 96, "cancelled": 12, "open": 12}
    assert set(responses["journey_id"]) <= set(journeys["journey_id"]) and responses["customer_id"].notna().all()
    assert responses.query("metric == 'nps'")["score"].sum() == sum(i % 11 for i in range(0, 120, 2))
    assert len(table("shop", "cases")) == 40 and len(table("shop", "comments")) == 40
    assert table("shop", "outcomes")["revenue"].notna().sum() == 210 and len(table("shop", "permissions")) == 70
    assert len(table("shop", "customers")) == 70 and set(table("shop", "customers")["customer_id"]) >= set(journeys["customer_id"])
    late = table("shop", "inputs").query("input == 'hours_past_promise'")["value"]
    assert sorted(late.unique()) == [0, 1, 2]
    assert len(table("shop", "quarantine")) == 0 and load_brand("shop").sources.sources["stores"].lookup
    assert not [name for name in ("Doe", "example.org") if name in responses.to_csv() + table("shop", "customers").to_csv()]


def test_a_row_an_answer_becomes_scores_by_question(data):
    propose("panel", [exports(data)["answers"]])
    ingest(load_brand("panel"))
    responses = table("panel", "responses")
    assert len(table("panel", "journeys")) == 120 and sorted(load_brand("panel").journey.metrics) == ["overall.nps", "staff.csat"]
    assert responses.query("metric == 'nps'")["score"].sum() == sum(i % 11 for i in range(120))
    assert responses.query("metric == 'csat'")["score"].sum() == sum(i % 5 + 1 for i in range(120))


def test_a_log_alone_becomes_journeys_and_steps_in_their_order(data):
    propose("log", [exports(data)["events"]])
    ingest(load_brand("log"))
    assert [point.id for point in load_brand("log").journey.touchpoints] == ["called", "visited", "paid"]
    assert len(table("log", "journeys")) == 120 and len(table("log", "events")) == 360


def test_reviews_and_tickets_alone_make_brands_of_their_own(data):
    files = exports(data)
    for kind in ("reviews", "tickets"):
        propose(kind, [files[kind]])
        ingest(load_brand(kind))
    assert len(table("reviews", "responses")) == 60 and set(table("reviews", "comments")["origin"]) == {"review"}
    assert "somebody" not in table("reviews", "comments").to_csv()
    hours = table("tickets", "inputs").query("input == 'hours_to_close'").set_index("journey_id")["value"]
    assert hours["900"] == 10 and hours["905"] == 15
    scores = table("tickets", "responses")["score"]
    assert scores.isna().sum() == 13 and set(scores.dropna()) == {0, 100}
    metric = load_brand("tickets").journey.metrics["contact.rating"]
    assert (metric.label, metric.limits) == ("Tickets (% good)", (0, 100))


def test_money_alone_says_what_it_lacks(data):
    with pytest.raises(UsageError, match=r"no file says what customers went through or answered: money\.csv \(money\)\. Add orders"):
        propose("money", [exports(data)["money"]])


def test_platforms_are_known_by_their_headers(data):
    monkey = data / "monkey.csv"
    rows = [["Respondent ID", "Collector ID", "Start Date", "How satisfied are you with the room?", "Which did you use?", "", "Email Address"],
            ["", "", "", "Response", "Pool", "Bar", ""]]  # fmt: skip
    rows += [[str(100 + i), "7", f"03/{1 + i % 28:02d}/2026 10:00:00 AM", ("Very satisfied", "Neutral", "Dissatisfied")[i % 3], "Pool" if i % 2 else "", "", f"a{i}@example.org"] for i in range(40)]
    monkey.write_text("\n".join(",".join(row) for row in rows) + "\n")
    desk = data / "desk.json"
    tickets = [{"id": 1 + i, "subject": f"Where is my order number {i}", "created_at": day(i), "requester_id": i, "status": "solved", "satisfaction_rating": {"score": "good"}} for i in range(40)]
    desk.write_text(json.dumps({"tickets": tickets, "next_page": None}))
    form = written(data, "form.csv", pd.DataFrame({"Timestamp": [f"3/{13 + i % 15}/2026 9:00:00" for i in range(40)], "How easy was it to book?": [str(i % 5 + 1) for i in range(40)]}))
    assert [platform_of(path) for path in (monkey, desk, form)] == ["surveymonkey", "zendesk", "google_forms"]
    for name, path in (("monkey", monkey), ("desk", desk), ("form", form)):
        propose(name, [path])
        ingest(load_brand(name))
        assert len(table(name, "journeys")) == 40, name
    assert list(load_brand("monkey").journey.metrics) == ["room.csat"]
    assert set(table("form", "journeys")["month"]) == {"2026-03"} and len(table("form", "responses")) == 40


def test_next_months_file_is_found_by_the_pattern_and_other_files_are_not(data):
    file = written(data, "answers_2026-03.csv", pd.read_csv(exports(data)["survey"], dtype=str))
    folder, _ = propose("monthly", [file, exports(data)["orders"]])
    sources = load_brand("monthly").sources.sources
    assert sources["answers"].file == "answers_*.csv" and sources["orders"].file == "orders.csv"
    ingest(load_brand("monthly"))
    written(folder / "raw", "answers_2026-04.csv", pd.DataFrame({"Order": ["O0001"], "answered": [day(40, 60)], "nps": ["10"], "food_rating": ["5"], "Last name": ["Doe"]}))
    ingest(load_brand("monthly"))
    assert len(table("monthly", "responses").query("metric == 'nps'")) == 61


def codes(rows: int = 200) -> pd.DataFrame:
    chance = random.Random(5)
    mood = [chance.gauss(0, 1) for _ in range(rows)]
    rate = lambda m: str(min(5, max(1, round(3.4 + m + chance.gauss(0, 0.7)))))  # noqa: E731
    return pd.DataFrame({
        "respno": [str(i) for i in range(rows)], "when": [day(i) for i in range(rows)], "v1": [rate(m) for m in mood], "v2": [rate(m) for m in mood],
        "v3": [str(chance.randrange(1, 6)) for _ in range(rows)],
    })  # fmt: skip


def test_codes_that_rise_and_fall_together_are_scores_and_a_lone_code_stays_a_group(data):
    guesses = {guess.column: guess for guess in look([written(data, "coded.csv", codes())], ())[0].guesses}
    assert guesses["v1"].role == guesses["v2"].role == "score" and re.search(r"it moves with v2 \(r = 0\.\d\d\)", guesses["v1"].why)
    assert guesses["v3"].role == "segment"


def test_what_spss_labels_say_is_taken_for_scales_groups_and_no_answer(data):
    pyreadstat = pytest.importorskip("pyreadstat")
    n = 60
    frame = pd.DataFrame({"id": range(n), "q1": [1 + i % 4 for i in range(n)], "q2": [(1, 2, 9)[i % 3] for i in range(n)], "sex": [1 + i % 2 for i in range(n)]}, dtype=float)
    labels = {"q1": {1: "Very satisfied", 2: "Satisfied", 3: "Dissatisfied", 4: "Very dissatisfied"}, "q2": {1: "Yes", 2: "No", 9: "Don't know"}, "sex": {1: "Female", 2: "Male"}}
    pyreadstat.write_sav(frame, str(data / "wave_2024.sav"), variable_value_labels=labels, column_labels={"q1": "How satisfied are you with the clinic?", "q2": "Was a doctor there?"})
    propose("wave", [data / "wave_2024.sav"])
    ingest(load_brand("wave"))
    scores = table("wave", "responses").set_index("journey_id")["score"]
    assert load_brand("wave").journey.metrics["clinic.rating"].limits == (1, 4) and scores.iloc[0] in (1, 2, 3, 4) and scores["0"] == 4 and scores["3"] == 1
    assert set(table("wave", "journeys")["sex"]) == {"Female", "Male"} and set(table("wave", "inputs")["value"]) == {0, 1} and len(table("wave", "inputs")) == 40
    assert load_brand("wave").journey.inputs["survey.q2"].driver is False


REAL = {
    "sfo": "sfo_2017/2017_SFO_Customer_Survey.csv", "typeform": "survey_platform_exports/typeform_osmi_2018.csv",
    "qualtrics": "survey_platform_exports/qualtrics_3header_tutorial.csv", "pew": "survey_platform_exports/pew_2004_selective_exposure.sav",
    "employees": "survey_platform_exports/spss_employee_data.sav",
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_exports_are_proposed_and_ingested_without_an_edit(data, shared, name):
    file = shared / "data" / REAL[name]
    if not file.is_file():
        pytest.skip(f"{file.name} is not here")
    _, lines = propose(name, [file])
    ingest(load_brand(name))
    journeys, metrics = table(name, "journeys"), load_brand(name).journey.metrics
    assert len(journeys) == {"sfo": 2831, "typeform": 417, "qualtrics": 21, "pew": 1510, "employees": 474}[name]
    if name == "sfo":
        nps = table(name, "responses").query("metric == 'nps'")["score"].dropna()
        assert len(nps) == 2746 and round(100 * ((nps >= 9).mean() - (nps <= 6).mean()), 1) == 39.8
    if name == "typeform":
        assert metrics and "nps" not in {metric.kind for metric in metrics.values()} and any("Jun-25" in line for line in lines)
    if name == "qualtrics":
        assert not metrics and {"name_confidential", "number_confidential"} <= {c for c, f in load_brand(name).sources.sources["answers"].fields.items() if f.personal}
        everything = "".join(table(name, each).to_csv() for each in ("journeys", "events", "inputs"))
        assert "Hermione" not in everything and "555-555" not in everything and any("2 of 25 rows set aside: a preview" in line for line in lines)
    if name == "pew":
        assert set(journeys["month"]) <= {"2004-06", "2004-07"} and metrics["survey.rating"].limits == (0, 100) and "(% satisfied)" in metrics["survey.rating"].label and load_brand(name).journey.primary == "survey.rating"
        assert not [text for text in (item.label for item in load_brand(name).journey.inputs.values()) if text.startswith(("PAR ", "VOTE "))]
    if name == "employees":
        assert not metrics and any("no column holds dates" in line for line in lines) and set(journeys["gender"]) == {"Female", "Male"}


def test_question_and_answer_are_never_groups_and_open_questions_are_comments(data):
    frame = pd.DataFrame({
        "answer_id": [str(i) for i in range(400)], "respondent": [f"R{i // 4}" for i in range(400)], "store": [("E", "N")[i // 4 % 2] for i in range(400)],
        "submitted": [day(i // 4) for i in range(400)], "question": ["How likely are you to recommend us? (0-10)", "Staff (1-5)", "Speed (1-5)", "What could we do better?"] * 100,
        "answer": [(str(i // 4 % 11), str(i // 4 % 5 + 1), str(i // 4 % 4 + 2), ("more tills", "nothing")[i % 2])[i % 4] for i in range(400)],
    })  # fmt: skip
    _, lines = propose("panel", [written(data, "panel.csv", frame)])
    assert not any("segment" in line for line in lines) and "  comment:   What could we do better?" in lines
    assert next(line for line in lines if "score:" in line).count("(") == 3
    assert load_brand("panel").journey.segments == []
    ingest(load_brand("panel"))
    assert len(table("panel", "responses")) == 300 and len(table("panel", "comments")) == 100


def test_a_survey_that_was_sent_to_all_and_answered_by_some_keeps_its_silent(data):
    """The answers' own middle lies before that of the visits, since the first to come answered most."""
    chance, first = random.Random(5), pd.Timestamp("2026-01-01")
    start = [first + pd.Timedelta(hours=i) for i in range(300)]
    gave = [i % 10 < (6 if i < 150 else 1) for i in range(300)]
    frame = pd.DataFrame({
        "visit_id": [f"V{i}" for i in range(300)], "customer_id": [f"C{i % 200}" for i in range(300)], "visit_date": [str(s) for s in start],
        "wait_minutes": [f"{chance.uniform(0, 30):.1f}" for _ in range(300)], "survey_sent": [str(s + pd.Timedelta(hours=2)) if i % 30 else "" for i, s in enumerate(start)],
        "survey_answered": [str(s + pd.Timedelta(hours=30)) if g and i % 30 else "" for i, (s, g) in enumerate(zip(start, gave, strict=True))],
        "nps": [str(i % 11) if g and i % 30 else "" for i, g in enumerate(gave)],
    })  # fmt: skip
    propose("noise", [written(data, "noise.csv", frame)])
    ingest(load_brand("noise"))
    assert len(table("noise", "quarantine")) == 0 and len(table("noise", "journeys")) == 300
    assert table("noise", "journeys")["started_at"].min() == pd.Timestamp("2026-01-01", tz="UTC")
    asked = table("noise", "responses")
    given = asked["answered_at"].notna()
    assert len(asked) == 290 and given.sum() == sum(g and i % 30 > 0 for i, g in enumerate(gave))
    assert set(asked.loc[given, "answered_at"] - asked.loc[given, "asked_at"]) == {pd.Timedelta(hours=28)}
    assert "survey_answered" not in load_brand("noise").journey.touchpoints


def test_options_of_a_question_with_several_answers_are_ticked_or_not(data):
    head = "Respondent ID,Collector ID,Start Date,End Date,How likely is it that you would recommend us?,Which services did you use?,,Which town are you from?\n,,,,,Windows,Carpet,Open-Ended Response\n"
    rows = "".join(f"{i},4,0{1 + i % 9}/0{1 + i % 9}/2026 10:00 AM,0{1 + i % 9}/0{1 + i % 9}/2026 10:05 AM,{i % 11},{'Windows' if i % 3 else ''},{'' if i % 4 else 'Carpet'},{('from York', 'near Leeds')[i % 2]}\n" for i in range(60))
    (data / "sm.csv").write_text(head + rows)
    propose("sm", [data / "sm.csv"])
    ingest(load_brand("sm"))
    ticked = table("sm", "inputs").groupby("input")["value"].agg(["sum", "size"])
    assert ticked.to_numpy().tolist() == [[15, 60], [40, 60]] and not any(item.driver for item in load_brand("sm").journey.inputs.values())
    assert set(table("sm", "comments")["text"]) == {"from York", "near Leeds"}


def test_a_database_is_told_from_a_damaged_file(data):
    import sqlite3

    with sqlite3.connect(data / "shop.db") as base:
        base.execute("CREATE TABLE orders (id TEXT)")
    with pytest.raises(UsageError, match=r"^shop.db is a database.*`url` and `query` in sources.yaml"):
        propose("shop", [data / "shop.db"])


def labels(brand: str) -> dict[str, str]:
    return {name: metric.label for name, metric in load_brand(brand).journey.metrics.items()}


def test_a_surveymonkey_matrix_is_touchpoints_and_its_ticked_options_are_called_by_their_words(data):
    heads = [["Respondent ID", "Collector ID", "Date Created", "Please rate the following", "", "Which of these did you use? (check all that apply)", "", "First Name"],
             ["", "", "", "Cleanliness of the room", "Breakfast", "Pool", "Restaurant", ""]]  # fmt: skip
    rows = [[str(900 + i), "7", f"03/{1 + i % 28:02d}/2026 10:00:00 AM", ("Poor", "Fair", "Good", "Excellent")[i % 4], ("Good", "Poor", "Very good")[i % 3], "Pool" if i % 2 else "", "Restaurant" if i % 3 else "", ""] for i in range(60)]
    (data / "monkey.csv").write_text("\n".join(",".join(row) for row in heads + rows) + "\n")
    propose("monkey", [data / "monkey.csv"])
    assert labels("monkey") == {"cleanliness_of_the_room.rating": "Cleanliness of the room", "breakfast.rating": "Breakfast"}
    inputs = load_brand("monkey").journey.inputs
    assert {name: one.label for name, one in inputs.items()} == {"survey.pool": "Which of these did you use? Pool", "survey.restaurant": "Which of these did you use? Restaurant"}
    assert load_brand("monkey").sources.sources["answers"].fields["First Name"].personal == "name", "personal by its name, though empty this month"


@pytest.mark.parametrize(("question", "point", "label"), [
    ("¿Cómo valora la atención recibida? (1-5)", "atencion_recibida", "Atención recibida"), ("¿Qué tan satisfecho está con su compra? (1 a 5)", "compra", "Compra"),
    ("Wie zufrieden waren Sie mit der Beratung? (1 bis 5)", "beratung", "Beratung"), ("Como avalia o atendimento? [1-5]", "atendimento", "Atendimento"),
    ("Speed of service (1-5)", "speed_of_service", "Speed of service"), ("How satisfied were you with the check-in?", "check_in", "Satisfaction with the check-in"),
])  # fmt: skip
def test_what_a_question_is_about_is_found_in_four_languages_without_its_scale(data, question, point, label):
    propose("form", [written(data, "form.csv", pd.DataFrame({"id": [f"a{i}" for i in range(50)], "date": [day(i) for i in range(50)], question: [str(i % 5 + 1) for i in range(50)]}))])
    assert [(name.split(".")[0], text) for name, text in labels("form").items()] == [(point, label)]


def test_a_german_workshop_is_asked_of_the_whole_and_measured_in_minutes(data):
    frame = pd.DataFrame({
        "Auftragsnr": [f"A{i}" for i in range(90)], "Annahme": [f"{1 + i % 28:02d}.03.2026 09:15" for i in range(90)], "Filiale": [("Köln", "Bonn")[i % 2] for i in range(90)],
        "Wartezeit (Min.)": [f"{10 + i % 37},5" for i in range(90)], "Zufriedenheit (1-5)": [str(i % 5 + 1) if i % 9 else "k.A." for i in range(90)],
    })  # fmt: skip
    propose("werkstatt", [written(data, "werkstatt.csv", frame)])
    journey = load_brand("werkstatt").journey
    assert labels("werkstatt") == {"overall.csat": "Zufriedenheit"} and journey.inputs["visit.wartezeit_min"].unit == "minutes" and journey.inputs["visit.wartezeit_min"].label == "Wartezeit"
    assert not [text for text in journey.caveats if "neither a willingness" in text] and journey.journey.one == "order"


def test_tickets_are_compared_by_team_and_open_ones_are_not_completed(data):
    tickets = [{"id": 1 + i, "subject": f"Order {i}", "created_at": day(i), "solved_at": day(i, 30) if i % 4 else None, "requester_id": i, "assignee_id": 70 + i % 5, "group_id": 30 + i % 2,
                "tags": ["web", "vip"][: 1 + i % 2], "status": "solved" if i % 4 else "open", "satisfaction_rating": {"score": ("good", "bad")[i % 2]}} for i in range(60)]  # fmt: skip
    (data / "desk.json").write_text(json.dumps({"tickets": tickets, "next_page": None}))
    propose("desk", [data / "desk.json"])
    ingest(load_brand("desk"))
    journeys = table("desk", "journeys")
    assert dict(journeys["status"].value_counts()) == {"completed": 45, "open": 15} and set(journeys["unit"]) == {"30", "31"}
    assert not {"assignee_id", "tags"} & set(journeys.columns)


def test_open_questions_left_blank_are_no_rows_set_aside(data):
    frame = pd.DataFrame({
        "respondent": [f"R{i // 2}" for i in range(200)], "submitted": [day(i // 2) for i in range(200)], "question": ["Staff (1-5)", "What could we do better?"] * 100,
        "answer": [str(i // 2 % 5 + 1) if i % 2 == 0 else "more tills please" if i % 3 == 0 else "" for i in range(200)],
    })  # fmt: skip
    propose("panel", [written(data, "panel.csv", frame)])
    ingest(load_brand("panel"))
    row = table("panel", "reconciliation").iloc[0]
    assert (row["rows_in"], row["accepted"], row["quarantined"]) == (200, 200, 0) and len(table("panel", "comments")) == 33


def test_scores_called_as_their_columns_are_told_with_the_line_to_edit(data):
    file = written(data, "coded.csv", pd.DataFrame({"id": [f"a{i}" for i in range(90)], "date": [day(i) for i in range(90)], "Q7ART": [str(i % 5 + 1) for i in range(90)], "Q7FOOD": [str(i % 5 + 1) for i in range(90)]}))
    _, lines = propose("coded", [file])
    assert "check: 2 scores are called as their columns are (Q7ART, Q7FOOD); write what was asked as their `label` in journey.yaml." in lines


@pytest.mark.long
@pytest.mark.parametrize(("name", "month", "pages"), [("pew", "2004-07", 4), ("employees", "2004-05", 2)])
def test_spss_files_make_their_pages_without_an_edit(data, monkeypatch, repo, shared, name, month, pages):
    file = shared / "data" / REAL[name]
    if not file.is_file():
        pytest.skip(f"{file.name} is not here")
    monkeypatch.setenv("CX_REPORTS", str(data / "reports"))
    monkeypatch.setenv("CX_NOTEBOOKS", str(repo / "notebooks"))
    propose(name, [file], day=date(2004, 5, 1))
    done = subprocess.run([sys.executable, "-c", "from cx_helpers.cli import main; main()", "run", name], capture_output=True, text=True, env=os.environ, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    made = sorted(path.name for path in (data / f"reports/{name}/{month}/all").glob("0*.html"))
    assert made == ["01_ingest.html", "02_journeys.html", "03_drivers.html", "04_follow_up.html"][:pages]
