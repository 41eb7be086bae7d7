"""What was set aside beside rows, each told once and as it is."""

import pandas as pd

from cx_helpers.ingest.baseline.aside import (
    aside_findings, codes_message, drift, personal, personal_message, refused_message, telling_codes, telling_refusals, with_pages,
)  # fmt: skip
from cx_helpers.reports.sentences import Sentences

SAY = Sentences("en")
FIELDS = pd.DataFrame([
    ("calls", "duration_min", "declared", None, None, "as it is", "events.ended_at", None),
    ("calls", "queue", "declared", None, None, "as it is", None, None),
    ("orders", "customer_id", "declared", "id", None, "as it is", "journeys.customer_id", None),
    ("orders", "comment", "declared", "free_text", None, "as it is", "comments.text", None),
    ("orders", "phone", "declared", "phone", None, "not at all", None, None),
    ("orders", "old_id", "declared", "id", None, "as it is", None, None),
], columns=["raw_source", "field", "about", "personal", "looks_like", "seen_by_sql", "used_in", "joins_in"])  # fmt: skip
NOTHING = pd.DataFrame()


def test_a_renamed_column_that_the_sql_reads_is_mapped_and_no_finding():
    columns = pd.DataFrame([("calls", "c.csv", name, "renamed") for name in ("duration_min", "queue")], columns=["raw_source", "file", "column", "status"])
    changed = drift(columns, FIELDS)
    assert changed["status"].tolist() == ["mapped", "renamed"]
    told = aside_findings(NOTHING, changed, NOTHING)
    assert [(f.message, f.args["labels"], f.n) for f in told] == [("ingest.schema_finding", ["queue"], 0)]
    assert aside_findings(NOTHING, changed.head(1), NOTHING) == []


def test_what_became_of_each_personal_field_is_told_pseudonyms_and_cleaned_texts_too():
    found = personal(FIELDS).set_index("field")["became"]
    assert found.to_dict() == {"phone": "not at all", "old_id": "not at all", "customer_id": "as a pseudonym", "comment": "cleaned"}
    assert personal(FIELDS.head(2)).empty


def test_a_refused_use_is_told_in_customers_and_journeys_both_reasons_together():
    rows = [("care", table, n, of, why) for table, n, of, why in (
        ("journeys", 9179, 99985, "never given"), ("journeys", 3197, 99985, "withdrawn"), ("customers", 3314, 36605, "never given"),
        ("customers", 1127, 36605, "withdrawn"), ("inputs", 99685, 1089147, "never given"))]  # fmt: skip
    refused = pd.DataFrame(rows, columns=["purpose", "table", "rows", "of_rows", "reason"])
    (told,) = aside_findings(refused, NOTHING, NOTHING)
    assert told.n == 36605 and SAY.sentence(told).startswith("4,441 of 36,605 customers (12%")
    assert "12,376 of 99,985" in SAY.sentence(told) and refused_message(refused)[1] == told.args
    assert refused_message(refused[refused["table"] == "inputs"]) == ("ingest.refused", {"count": 1, "labels": ["care"]})


def test_declared_codes_and_values_that_only_look_like_one_are_counted_apart():
    rows = [("s", f, c, v, a) for f, c, v, a in (("a", "q1", "99", "declared"), ("b", "q1", "99", "declared"), ("a", "q2", "0", "suggested"), ("a", "q2", "6", "suggested"))]
    codes = pd.DataFrame(rows, columns=["raw_source", "file", "column", "value", "about"])
    told = [SAY.say(name, **args) for name, args in (codes_message(codes), codes_message(codes.tail(2)), codes_message(codes.head(2)))]
    assert told == [
        "In one column a code was turned into no answer; in 1 a value that only looks like one was left.",
        "In one column a value looks like a code for no answer; none was turned.", "In one column a code was turned into no answer.",
    ]  # fmt: skip


def test_a_field_declared_to_become_something_that_no_sql_reads_says_so():
    used = with_pages(FIELDS.assign(result="score", insight=None, purpose=None))
    assert used.set_index("field")["unread"].dropna().to_dict() == {"queue": "unread", "phone": "unread", "old_id": "unread"}


def test_a_finding_that_counts_things_tells_no_n():
    (told,) = aside_findings(NOTHING, pd.DataFrame({"column": ["x"], "status": ["gone"]}), NOTHING)
    assert SAY.n(told.n) == "" and "n\N{NO-BREAK SPACE}=" not in SAY.word(told)


def test_the_first_rows_of_folded_tables_are_the_most_telling_ones():
    codes = pd.DataFrame({"value": ["99", "6", "-"], "rows": [500.0, 3, 8], "about": ["declared", "suggested", "declared"]})
    assert telling_codes(codes)["value"].tolist() == ["6", "99", "-"], "what is to be decided, then the commonest"
    refused = pd.DataFrame({"table": ["inputs", "journeys", "customers"], "rows": [900.0, 50, 7]})
    assert telling_refusals(refused)["table"].tolist() == ["customers", "journeys", "inputs"]
    used = with_pages(FIELDS.assign(result=None, insight=None, purpose=[None if name == "comment" else "x" for name in FIELDS["field"]]))
    assert used["field"].iloc[0] == "comment", "a field that nobody said what for"


def test_a_refused_use_speaks_the_brands_word_for_a_journey():
    rows = [("care", "journeys", 3, 9, "withdrawn"), ("care", "customers", 2, 4, "withdrawn")]
    refused = pd.DataFrame(rows, columns=["purpose", "table", "rows", "of_rows", "reason"])
    message, args = refused_message(refused, "rentals")
    assert SAY.say(message, **args).endswith("their 3 of 9 rentals are held out.")


def test_a_personal_field_that_a_table_holds_as_it_is_stands_in_the_headline():
    found = pd.DataFrame({"became": ["as it is", "not at all"]})
    assert [personal_message(rows)[0] for rows in (found, found.tail(1))] == ["ingest.personal_bare", "ingest.personal"]
