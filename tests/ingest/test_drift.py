"""A column that is new, gone or renamed between two files of a source is noticed and named; one that SQL needs is refused."""

import json

import pytest

from cx_helpers.errors import DataError


def answers(shop, file, header, *rows):
    shop.write(f"raw/{file}", "\n".join([header, *rows]) + "\n")


OLD = "id,order_id,score,asked_at,answered_at"
ROWS = ("a4,o1,9,2026-03-05 12:00,2026-03-05 13:00", "a5,o2,4,2026-03-06 12:00,2026-03-06 13:00")


def changes(shop):
    rows = shop.lake.frame("columns")
    return [(r.file, r.column, r.status, r.was if isinstance(r.was, str) else None, r.since) for r in rows[rows["status"] != "known"].itertuples()]


def test_columns_that_stay_are_known_since_their_first_file(shop):
    answers(shop, "answers_2.csv", OLD, *ROWS)
    shop.ingest()
    rows = shop.lake.frame("columns")
    assert not changes(shop) and len(rows[rows["raw_source"] == "answers"]) == 10
    assert set(rows.loc[rows["file"] == "answers_2.csv", "since"]) == {"answers.csv"}


def test_a_new_and_a_gone_column_are_named_and_the_ingest_goes_on_where_files_may_lack_it(shop):
    shop.change("sources.yaml", "    file: answers*.csv\n", "    file: answers*.csv\n    optional_columns: [asked_at]\n")
    answers(shop, "answers_2.csv", "id,order_id,score,answered_at,device_model_name", *(f"a{n},o1,9,2026-03-05 13:00,phone of kind {n} from a shop" for n in (4, 5)))
    lines = shop.ingest().lines
    assert changes(shop) == [
        ("answers_2.csv", "device_model_name", "new", None, "answers_2.csv"), ("answers_2.csv", "asked_at", "gone", None, "answers_2.csv"),
    ]  # fmt: skip
    assert "  answers_2.csv: column device_model_name is new." in lines and "  answers_2.csv: column asked_at is gone." in lines
    assert set(shop.lake.frame("responses")["response_id"]) == {"a1", "a2", "a3", "a4", "a5"}


@pytest.mark.parametrize("name", ["Score", "rating", "nps_score", "Q1"])
def test_a_renamed_column_that_sql_needs_is_refused_with_its_likely_new_name(shop, name):
    shop.ingest()
    before = shop.tables
    answers(shop, "answers_2.csv", OLD.replace("score", name), *ROWS)
    if name == "Score":
        shop.ingest()  # DuckDB reads names in small letters and in large ones alike
        return
    with pytest.raises(DataError) as caught:
        shop.ingest()
    assert str(caught.value) == (
        f"shop: answers_2.csv: column score is gone and {name} is new and looks like it; the SQL over answers needs score. "
        f"Rename {name} back in the export, or read both in the SQL: coalesce(score, {name})."
    )
    assert shop.tables == before


def test_a_renamed_column_that_sql_reads_by_both_names_is_mapped_and_told(shop):
    answers(shop, "answers_2.csv", OLD.replace("score", "rating"), *ROWS)
    shop.change("sql/responses.sql", "score, asked_at", "coalesce(score, rating) AS score, asked_at")
    shop.ingest()
    assert changes(shop) == [("answers_2.csv", "rating", "renamed", "score", "answers_2.csv")]
    assert shop.lake.frame("responses").set_index("response_id")["score"].dropna().to_dict() == {"a1": 9, "a2": 3, "a4": 9, "a5": 4}


def test_a_column_renamed_when_the_same_file_is_delivered_again_is_refused_too(shop):
    shop.ingest()
    shop.change("raw/answers.csv", "score", "rating")
    with pytest.raises(DataError, match="answers.csv: column score is gone and rating is new and looks like it"):
        shop.ingest()


def test_a_gone_column_that_sql_reads_is_refused_and_the_way_out_is_named(shop):
    shop.ingest()
    before = shop.tables
    answers(shop, "answers_2.csv", "id,order_id,answered_at", "a4,o1,2026-03-05 13:00")
    with pytest.raises(DataError) as caught:
        shop.ingest()
    assert str(caught.value).splitlines() == [
        f"shop: answers_2.csv: column {name} is gone, and the SQL over answers reads it. Put it back into the export, or say in "
        f"sources.yaml that files of answers may lack it: optional_columns: [{name}]." for name in ("score", "asked_at")
    ]  # fmt: skip
    assert shop.tables == before


def test_a_gone_column_that_no_sql_reads_is_told_and_the_ingest_goes_on(shop):
    shop.change("raw/answers.csv", "answered_at\n", "answered_at,region\n")  # another source has a region that SQL reads
    answers(shop, "answers_2.csv", OLD, *ROWS)
    assert "  answers_2.csv: column region is gone." in shop.ingest().lines


def test_a_gone_column_is_replaced_where_the_sql_makes_one_value_of_it_and_a_new_one(shop):
    answers(shop, "answers_2.csv", "id,order_id,points_of_ten,noted,asked_at,answered_at", "a4,o1,09.0000,x,2026-03-05 12:00,2026-03-05 13:00")
    shop.change("sql/responses.sql", "score, asked_at", "coalesce(score, points_of_ten) AS score, asked_at")
    shop.ingest()
    assert shop.lake.frame("responses").set_index("response_id")["score"].dropna().to_dict() == {"a1": 9, "a2": 3, "a4": 9}


def test_of_two_new_columns_alike_to_one_old_one_is_its_new_name_and_the_other_is_new(shop):
    answers(shop, "answers_2.csv", "id,order_id,scores,score2,asked_at,answered_at", *(row.replace(",9,", ",9,9,").replace(",4,", ",4,4,") for row in ROWS))
    shop.change("sql/responses.sql", "score, asked_at", "coalesce(score, score2) AS score, asked_at")
    shop.ingest()
    assert [(column, status, was) for _, column, status, was, _ in changes(shop)] == [("scores", "new", None), ("score2", "renamed", "score")]


def test_what_is_remembered_of_columns_holds_no_value_of_a_cell(shop):
    """Neither of a file of one row, whose median is the row's, nor of many rows."""
    answers(shop, "answers_2.csv", OLD + ",phone", "a4,o1,9,2026-03-05 12:00,2026-03-05 13:00,612345678")
    answers(shop, "answers_3.csv", OLD + ",phone", *(f"b{n},o1,9,2026-03-05 12:00,2026-03-05 13:00,712345678" for n in range(40)))
    answers(shop, "answers_4.csv", OLD + ",phone,fee", *(f"c{n},o1,9,2026-03-05 12:00,2026-03-05 13:00,712345678,777" for n in range(40)))
    held = "    fields:\n      fee: {kind: descriptive, permitted: billing}\n      order_id: {kind: identity, personal: id, reason: joins}\n"
    shop.change("sources.yaml", "    file: answers*.csv\n", "    file: answers*.csv\n" + held)
    shop.write("sources.yaml", (shop.folder / "sources.yaml").read_text() + "use: {purpose: care}\n")
    shop.write("sql/permissions.sql", "SELECT 'c1' AS customer_id, 'care' AS purpose, '2026-01-01' AS granted_at, _source AS source FROM orders LIMIT 1")
    shop.ingest()
    record = json.loads((shop.folder / "tables" / "current.json").read_text())["ingest"]["columns"]["answers"]
    assert record["answers_2.csv"]["phone"][-1] is None and record["answers_3.csv"]["phone"][-1] is None, "personal by its form"
    assert record["answers_4.csv"]["fee"][-1] is None, "refused to the brand's purpose"
    assert record["answers_4.csv"]["score"][-1] == 1.0, "an order of magnitude"
    assert not {"612345678", "712345678"} & {str(int(value)) for columns in record.values() for profile in columns.values() for value in profile if value is not None}
