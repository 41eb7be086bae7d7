"""Each canonical row is accepted, superseded or set aside with its reason, once."""

import pytest

QUARANTINE = ["file", "row", "table", "reason", "column", "found"]


def quarantined(shop, table=None):
    rows = shop.lake.frame("quarantine")
    rows = rows if table is None else rows[rows["table"] == table]
    return [(r.file, int(r.row), r.reason, r.column, r.found) for r in rows.itertuples()]


def frame(shop, name):
    return shop.lake.frame(name)


def more(shop, file, rows):
    shop.write(f"raw/{file}", (shop.raw / file).read_text() + rows)


BAD_ORDERS = {
    ",c9,2026-03-05 10:00,,open,Soho,1,north": ("journey_id is missing", "journey_id", None),
    "o9,c9,,,open,Soho,1,north": ("started_at is missing", "started_at", None),
    "o9,c9,30/02/2026,,open,Soho,1,north": ("started_at is not a time", "started_at", "30/02/2026"),
    "o9,c9,infinity,,open,Soho,1,north": ("started_at is not a time", "started_at", "infinity"),
    "o9,c9,2026-03-05 10:00,2026-03-05 09:59,open,Soho,1,north": ("ended_at is before started_at", "ended_at", "2026-03-05 08:59:00+00:00"),
    "o9,c9,2026-03-05 10:00,,done,Soho,1,north": ("status is not one of open, completed, cancelled, abandoned", "status", "done"),
    "o9,c9,2026-03-05 10:00,,open,Soho,ten,north": ("value is not a number", "value", "ten"),
    "o9,c9,2026-03-05 10:00,,open,Soho,nan,north": ("value is not a number", "value", "nan"),
    "o9,c9,2026-03-05 10:00,,open,Soho,-1,north": ("value is outside 0 to inf", "value", "-1.0"),
}


@pytest.mark.parametrize("row", sorted(BAD_ORDERS))
def test_a_journey_that_breaks_its_contract_is_set_aside_with_one_reason(shop, row):
    more(shop, "orders.csv", row + "\n")
    shop.ingest()
    ((file, number, reason, column, found),) = quarantined(shop, "journeys")
    assert (file, number) == ("orders.csv", 4)
    assert (reason, column) == BAD_ORDERS[row][:2]
    assert BAD_ORDERS[row][2] is None or found == BAD_ORDERS[row][2]
    assert sorted(frame(shop, "journeys")["journey_id"]) == ["o1", "o2", "o3"]


BAD_ANSWERS = {
    "a9,o9,5,2026-03-05 10:00,2026-03-05 11:00": ("the journey is not among the accepted journeys", "journey_id", "o9"),
    "a9,o1,11,2026-03-05 10:00,2026-03-05 11:00": ("score is outside its scale", "score", "11.0"),
    "a9,o1,good,2026-03-05 10:00,2026-03-05 11:00": ("score is not a number", "score", "good"),
    "a9,o1,5,2026-03-05 10:00,": ("score has no time of answer", "answered_at", None),
    "a9,o1,5,2026-03-05 10:00,soon": ("answered_at is not a time", "answered_at", "soon"),
    "a9,o1,5,2026-03-05 10:00,2026-03-05 09:00": ("answered_at is before asked_at", "answered_at", None),
}


@pytest.mark.parametrize("row", sorted(BAD_ANSWERS))
def test_an_answer_that_breaks_its_contract_is_set_aside_with_one_reason(shop, row):
    more(shop, "answers.csv", row + "\n")
    shop.ingest()
    ((file, number, reason, column, found),) = quarantined(shop)
    assert (file, number, reason, column) == ("answers.csv", 4, *BAD_ANSWERS[row][:2])
    assert BAD_ANSWERS[row][2] is None or found == BAD_ANSWERS[row][2]


def test_what_the_journey_file_does_not_declare_is_set_aside(shop):
    shop.change("sql/responses.sql", "'nps' AS metric", "CASE id WHEN 'a1' THEN 'npss' ELSE 'nps' END AS metric")
    shop.change("sql/inputs.sql", "'wait_minutes' AS input", "CASE order_id WHEN 'o1' THEN 'wait' ELSE 'wait_minutes' END AS input")
    more(shop, "waits.csv", "o3,2026-03-31 23:40,-1\no3,2026-03-31 23:50,601\n")
    shop.ingest()
    assert quarantined(shop) == [
        ("answers.csv", 1, "metric is not in journey.yaml", "metric", "npss"),
        ("waits.csv", 1, "input is not in journey.yaml", "input", "wait"),
        ("waits.csv", 3, "counter.wait_minutes is below 0", "value", "-1.0"),
        ("waits.csv", 4, "counter.wait_minutes is above 600", "value", "601.0"),
    ]
    shop.change("sql/inputs.sql", "'counter' AS touchpoint", "'desk' AS touchpoint")
    more(shop, "waits.csv", "o1,2026-03-01 10:06,nan\n")
    with pytest.raises(Exception, match="table inputs would be empty; set aside: "):
        shop.ingest()


def test_every_reason_of_a_row_is_told(shop):
    more(shop, "orders.csv", "o9,c9,yesterday,,done,Soho,-1,north\n")
    shop.ingest()
    assert [reason for _, _, reason, _, _ in quarantined(shop, "journeys")] == [
        "started_at is not a time", "status is not one of open, completed, cancelled, abandoned", "value is outside 0 to inf",
    ]  # fmt: skip


def test_the_same_row_twice_in_a_file_counts_once_and_the_first_stays(shop):
    more(shop, "orders.csv", "o1,c1,2026-03-01 10:00,2026-03-01 11:00,completed,Soho,10,north\n")
    shop.ingest()
    journeys = frame(shop, "journeys").set_index("journey_id")["source"]
    assert journeys["o1"] == "orders.csv:1" and len(journeys) == 3
    ledger = shop.lake.frame("reconciliation").set_index("file").loc["orders.csv"]
    assert (ledger["rows_in"], ledger["accepted"], ledger["superseded"], ledger["quarantined"]) == (4, 3, 1, 0)


def test_the_later_file_wins_with_its_own_content_and_with_the_same(shop):
    header = (shop.raw / "orders.csv").read_text().splitlines()[0]
    shop.write("raw/orders_2.csv", f"{header}\no2,c2,2026-03-02 10:00,2026-03-02 11:00,completed,Bank,25,north\no1,c1,2026-03-01 10:00,2026-03-01 11:00,completed,Soho,10,north\n")
    shop.ingest()
    journeys = frame(shop, "journeys").set_index("journey_id")
    assert dict(journeys["source"]) == {"o1": "orders_2.csv:2", "o2": "orders_2.csv:1", "o3": "orders.csv:3"}
    assert (journeys.loc["o2", "unit"], journeys.loc["o2", "value"]) == ("Bank", 25)
    ledger = shop.lake.frame("reconciliation").set_index("file")
    assert list(ledger.loc["orders.csv", ["rows_in", "accepted", "superseded"]]) == [3, 1, 2]
    assert list(ledger.loc["orders_2.csv", ["rows_in", "accepted", "superseded"]]) == [2, 2, 0]
    assert not quarantined(shop)


def test_file_ten_corrects_file_nine(shop):
    header = (shop.raw / "orders.csv").read_text().splitlines()[0]
    for number in (9, 10):
        shop.write(f"raw/orders_{number}.csv", f"{header}\no2,c2,2026-03-02 10:00,,open,Soho,{number},north\n")
    shop.ingest()
    assert frame(shop, "journeys").set_index("journey_id").loc["o2", "value"] == 10


def test_a_clash_within_one_file_is_set_aside_on_both_sides(shop):
    more(shop, "answers.csv", "a1,o1,2,2026-03-01 12:00,2026-03-01 13:00\n")
    shop.ingest()
    reason = "response_id stands twice in one file with different content"
    assert quarantined(shop) == [("answers.csv", 1, reason, "response_id", "a1"), ("answers.csv", 4, reason, "response_id", "a1")]
    assert sorted(frame(shop, "responses")["response_id"]) == ["a2", "a3"]


def test_a_clash_in_the_newest_file_leaves_the_last_good_row_in_force(shop):
    header = (shop.raw / "orders.csv").read_text().splitlines()[0]
    rows = [f"o2,c2,2026-03-02 10:00,2026-03-02 11:00,completed,Bank,{value},north\n" for value in (25, 25, 26)]
    shop.write("raw/orders_2.csv", f"{header}\n{''.join(rows)}")
    shop.ingest()
    journeys = frame(shop, "journeys").set_index("journey_id")
    assert journeys.loc["o2", "source"] == "orders.csv:2"
    assert [(row[0], row[1]) for row in quarantined(shop)] == [("orders_2.csv", 1), ("orders_2.csv", 3)]
    ledger = shop.lake.frame("reconciliation").set_index("file").loc["orders_2.csv"]
    assert (ledger["rows_in"], ledger["accepted"], ledger["superseded"], ledger["quarantined"]) == (3, 0, 1, 2)


def test_a_row_set_aside_comes_back_once_its_cause_is_mended(shop):
    shop.change("raw/orders.csv", "o1,c1,2026-03-01 10:00", "o1,c1,1 March")
    shop.ingest()
    assert [row[2] for row in quarantined(shop)] == [
        "the journey is not among the accepted journeys", "started_at is not a time", "the journey is not among the accepted journeys",
    ]  # fmt: skip
    assert set(frame(shop, "responses")["response_id"]) == {"a2", "a3"}
    shop.change("raw/orders.csv", "o1,c1,1 March", "o1,c1,2026-03-01 10:00")
    shop.ingest()
    assert not quarantined(shop) and set(frame(shop, "responses")["response_id"]) == {"a1", "a2", "a3"}


def test_a_rule_that_cannot_be_judged_stops_the_ingest_instead_of_passing(shop, monkeypatch):
    from cx_helpers.errors import DataError
    from cx_helpers.ingest import contract_rows
    from cx_helpers.ingest.rules import Rule

    rules = contract_rows.table_rules
    bad = Rule("journey_id", "a rule", "CAST(journey_id AS INTEGER) > 2", "")
    monkeypatch.setattr(contract_rows, "table_rules", lambda *given: [*rules(*given), bad])
    with pytest.raises(DataError, match="journeys: the rule 'a rule' cannot be judged"):
        shop.ingest()


def test_a_raw_row_that_no_select_uses_is_named(shop):
    shop.change("sql/inputs.sql", "FROM waits", "FROM waits WHERE order_id = 'o1'")
    shop.ingest()
    assert [row[:3] for row in quarantined(shop)] == [("waits.csv", 2, "no table's SQL uses this row")]


def test_a_source_that_is_no_raw_row_is_refused(shop):
    from cx_helpers.errors import DataError

    shop.change("sql/journeys.sql", "_source AS source", "order_id AS source")
    with pytest.raises(DataError, match=r"shop/sql/journeys.sql: the source of 3 rows is no raw row \(the first: 'o1'\)"):
        shop.ingest()


def with_customers(shop, complete="complete: [customers]", rows="c1\nc2\n"):
    """A brand whose customers are in a table of their own; o9 and a9 are of one whom only the test may add."""
    shop.write("raw/people.csv", "customer\n" + rows)
    shop.write("sql/customers.sql", "SELECT customer AS customer_id, _source AS source FROM people")
    shop.write("sources.yaml", (shop.folder / "sources.yaml").read_text() + "  people:\n    file: people.csv\n" + complete + "\n")
    more(shop, "orders.csv", "o9,c9,2026-03-05 10:00,,open,Soho,10,north\no8,,2026-03-05 10:00,,open,Soho,10,north\n")
    more(shop, "answers.csv", "a9,o9,5,2026-03-05 10:00,2026-03-05 11:00\n")


def test_where_customers_are_complete_a_journey_of_an_unknown_one_waits_with_all_that_hangs_on_it(shop):
    with_customers(shop)
    shop.ingest()
    answer, order = quarantined(shop)
    assert answer == ("answers.csv", 4, "the journey is not among the accepted journeys", "journey_id", "o9")
    assert order[:4] == ("orders.csv", 4, "the customer is not among the accepted customers", "customer_id") and order[4] != "c9"
    assert sorted(frame(shop, "journeys")["journey_id"]) == ["o1", "o2", "o3", "o8"]
    shop.write("raw/people.csv", "customer\nc1\nc2\nc9\n")
    shop.ingest()
    assert not quarantined(shop)
    assert "o9" in set(frame(shop, "journeys")["journey_id"]) and "a9" in set(frame(shop, "responses")["response_id"])


def test_where_customers_are_not_called_complete_an_unknown_one_is_nothing_wrong(shop):
    with_customers(shop, complete="")
    shop.ingest()
    assert not quarantined(shop)
    assert sorted(frame(shop, "journeys")["journey_id"]) == ["o1", "o2", "o3", "o8", "o9"]


def test_to_call_customers_complete_later_judges_the_same_files_anew(shop):
    with_customers(shop, complete="")
    shop.ingest()
    with (shop.folder / "sources.yaml").open("a") as file:
        file.write("complete: [customers]\n")
    assert shop.ingest().changed
    assert len(quarantined(shop)) == 2


def test_a_permission_of_an_unknown_customer_stays_as_the_proof(shop):
    with_customers(shop)
    shop.write("raw/consents.csv", "customer,given\nc9,2026-01-01\n")
    shop.change("sources.yaml", "sources:\n", "sources:\n  consents:\n    file: consents.csv\n")
    shop.write("sql/permissions.sql", "SELECT customer AS customer_id, 'service' AS purpose, given AS granted_at, _source AS source FROM consents")
    shop.ingest()
    assert "consents.csv" not in {row[0] for row in quarantined(shop)} and len(frame(shop, "permissions")) == 1


def test_customers_called_complete_without_a_table_of_them_are_refused(shop):
    from cx_helpers.errors import ConfigError

    shop.write("sources.yaml", (shop.folder / "sources.yaml").read_text() + "complete: [customers]\n")
    with pytest.raises(ConfigError) as told:
        shop.load()
    assert "'customers' is called complete, and there is no sql/customers.sql" in str(told.value)
