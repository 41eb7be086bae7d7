"""What data can answer: by rule from what is published; one kind alone says so."""

from pathlib import Path

import pandas as pd
import pytest

from cx_helpers.ingest.baseline.questions import NOWHERE, RULES, answered, lacking, one_kind, questions, tally
from cx_helpers.reports.sentences import Sentences

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
FULL = {
    "rows": {name: 100 for name in ("journeys", "events", "responses", "inputs", "outcomes", "cases", "comments", "unit_measures", "context", "permissions")},
    "steps": 4, "asked": 4, "measured": 4, "both": 4, "unasked": [], "unmeasured": [], "drivers": 4, "answers": 900, "silence": True, "blanks": False, "months": 12,
    "units": 9, "statuses": 3, "returning": True, "valued": True, "groups": 5, "origins": 3,
}  # fmt: skip


def answers(**changed) -> dict[str, str]:
    found = questions({**FULL, **changed})
    return {row.question.removeprefix("question."): row.answer for row in found.itertuples()}


def without(*tables: str) -> dict:
    return {name: n for name, n in FULL["rows"].items() if name not in tables}


UNCOMPUTED = {f"question.{name}" for name, page, _ in RULES if page == NOWHERE}


def test_data_that_hold_everything_answer_what_a_page_computes():
    found = questions(FULL).set_index("question")
    assert set(found.loc[found["page"] != "page.none", "answer"]) == {"yes"} and set(found.loc[found["page"] == "page.none", "answer"]) == {"there"}
    assert UNCOMPUTED == set(found.index[found["answer"] == "there"]) and lacking(found.reset_index()).empty
    where = answered(found.reset_index())
    assert where["n"].sum() == len(RULES) and set(where["questions"].iloc[-1]) == UNCOMPUTED, "what no page computes comes last and names no page"


@pytest.mark.parametrize(("question", "table"), [
    ("words", "comments"), ("complaints", "cases"), ("worth", "outcomes"), ("leaves", "outcomes"), ("employees", "unit_measures"), ("outside", "context")])
def test_a_page_is_named_only_where_it_reads_what_the_question_takes(question, table):
    page = {name: page for name, page, _ in RULES}[question]
    assert page == NOWHERE or table in (NOTEBOOKS / f"{page}.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize(("changed", "question", "answer"), [
    ({"asked": 2, "unasked": ["A", "B"]}, "perceived", "partly"), ({"answers": 0, "asked": 0}, "perceived", "no"), ({"asked": 0}, "perceived", "no"),
    ({"measured": 3, "unmeasured": ["A"]}, "delivered", "partly"), ({"measured": 0, "drivers": 0}, "delivered", "no"),
    ({"measured": 0, "drivers": 0}, "explained", "no"), ({"measured": 1}, "explained", "partly"), ({"answers": 0}, "explained", "no"),
    ({"statuses": 1}, "way", "partly"), ({"rows": without("events")}, "way", "no"), ({"months": 5}, "change", "partly"), ({"months": 1}, "change", "no"),
    ({"units": 1}, "places", "no"), ({"units": 1}, "worked", "no"), ({"months": 6}, "worked", "no"), ({"blanks": True, "silence": False}, "heard", "no"),
    ({"rows": without("comments")}, "words", "no"), ({"rows": without("cases")}, "complaints", "no"), ({"rows": without("outcomes")}, "worth", "no"), ({"rows": without("outcomes")}, "leaves", "no"), ({"returning": False}, "leaves", "no"),
    ({"rows": without("outcomes"), "valued": False}, "worth", "no"), ({"rows": without("outcomes"), "returning": False}, "leaves", "no"),
    ({"silence": False}, "heard", "no"), ({"groups": 0}, "heard", "partly"), ({"rows": without("unit_measures")}, "employees", "no"),
    ({"rows": without("context")}, "outside", "no"), ({"rows": without("permissions")}, "permitted", "no"),
])  # fmt: skip
def test_what_is_missing_changes_the_answer_and_says_what_to_bring(changed, question, answer):
    assert answers(**changed)[question] == answer
    row = questions({**FULL, **changed}).set_index("question").loc[f"question.{question}"]
    say = Sentences("en")
    for message, args in (row["missing"], row["bring"]):
        assert say.say(message, **args)


def test_every_question_and_its_page_are_worded():
    say = Sentences("en")
    assert all(say.has(name) for column in ("question", "page") for name in questions(FULL)[column])


def test_perceptions_without_operations_and_the_reverse_say_so_first():
    assert [f.message for f in one_kind({**FULL, "measured": 0})] == ["questions.surveys_only"]
    assert [f.message for f in one_kind({**FULL, "answers": 0})] == ["questions.operations_only"]
    assert [f.message for f in one_kind({**FULL, "measured": 1})] == ["questions.few_measured"] and one_kind(FULL) == []


def test_the_tally_counts_each_answer():
    say = lambda *answers: Sentences("en").say(tally(pd.DataFrame({"answer": answers}))[0], **tally(pd.DataFrame({"answer": answers}))[1])  # noqa: E731
    assert say("yes", "no", "no", "partly") == "These data answer one of 4 questions in full, one in part, and 2 not at all."
    assert say("yes", "yes", "there") == "These data answer 2 of 3 questions in full and one not yet, though the data are there."
    assert say("no", "no") == "These data answer none of 2 questions in full and 2 not at all."


def test_questions_that_lack_something_come_before_any_other_partly_first():
    found = questions({**FULL, "asked": 2, "unasked": ["A"], "statuses": 1, "units": 1})
    assert lacking(found)["answer"].tolist() == ["partly", "partly", "no", "no"] and (lacking(found)["missing"] != "").all()
