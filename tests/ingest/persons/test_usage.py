"""The data-use ledger: declared, made, used by which pages, read by whom."""

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from cx_helpers.errors import ConfigError
from cx_helpers.ingest.lineage import reads
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.persons.usage import field_ledger, field_uses

COLUMNS = {
    "orders": ["order_id", "customer", "started_at", "ended_at", "status", "unit", "value", "region", "spare"],
    "answers": ["id", "order_id", "score", "asked_at", "answered_at"],
    "waits": ["order_id", "seen", "minutes"],
}
LEDGER = """    held: {origin: till, captured: bought, stored: warehouse, permitted: care, consent: contract, keep_days: 700, by: started_at}
    fields:
      order_id: {kind: identity, purpose: join, result: the journey, reason: the order is the journey}
      customer: {kind: identity, personal: id, purpose: whose order it is, reason: answers of one customer are not independent}
      region: {kind: descriptive, origin: shop list}
      colour: {kind: descriptive, purpose: none any more}
"""


@pytest.fixture
def fields(shop) -> pd.DataFrame:
    shop.change("sources.yaml", "    columns: [order_id, customer, started_at]\n", "    columns: [order_id, customer, started_at]\n" + LEDGER)
    connection = duckdb.connect()
    for name, columns in COLUMNS.items():
        connection.register(f"_{name}", pa.table({column: pa.array(["x"], pa.string()) for column in columns}))
    guard = Guard.over(shop.load(), connection, {name: f"_{name}" for name in COLUMNS}, COLUMNS)
    return field_ledger(guard).set_index(["raw_source", "field"], drop=False)


def test_a_field_is_followed_from_its_file_to_the_columns_made_of_it(fields):
    row = fields.loc[("orders", "region")]
    assert row["used_in"] == "journeys.region" and row["about"] == "declared" and row["kind"] == "descriptive"
    assert fields.loc[("waits", "minutes"), "used_in"] == "inputs.value[counter.wait_minutes]"
    assert fields.loc[("answers", "score"), "used_in"] == "responses.score[overall.nps]"


def test_what_holds_of_a_source_holds_of_its_fields_unless_they_say_otherwise(fields):
    row = fields.loc[("orders", "region")]
    assert (row["origin"], row["captured"], row["permitted"], row["consent"], row["keep_days"]) == ("shop list", "bought", "care", "contract", 700)
    assert fields.loc[("orders", "order_id"), "origin"] == "till" and pd.isna(fields.loc[("answers", "score"), "origin"])


def test_fields_that_files_and_ledger_do_not_share_are_told_apart(fields):
    assert fields.loc[("orders", "spare"), "about"] == "undeclared" and fields.loc[("orders", "colour"), "about"] == "absent"


def uses(*rows, month="2026-03", audience="all", notebook="03_drivers"):
    frame = pd.DataFrame(rows, columns=["table", "column", "name"])
    return frame.assign(month=month, audience=audience, notebook=notebook)


def test_insight_and_destination_are_what_pages_read(fields):
    read = pd.concat([
        uses(("inputs", "value", "counter.wait_minutes"), ("inputs", "journey_id", "")),
        uses(("responses", "score", "*"), audience="board", notebook="02_journeys"),
    ])  # fmt: skip
    used = field_uses(fields, read, "2026-03")
    assert tuple(used.loc[("waits", "minutes"), ["insight", "destination", "pages"]]) == ("03_drivers", "all", 1)
    assert tuple(used.loc[("answers", "score"), ["insight", "destination", "pages"]]) == ("02_journeys", "board", 1)
    assert pd.isna(used.loc[("orders", "region"), "insight"]) and used.loc[("orders", "region"), "pages"] == 0


def test_an_input_that_no_page_read_by_name_is_not_used(fields):
    used = field_uses(fields, uses(("inputs", "value", "counter.staff"), ("inputs", "touchpoint", "")), "2026-03")
    assert used.loc[("waits", "minutes"), "pages"] == 0
    assert field_uses(fields, uses(("inputs", "value", "*")), "2026-03").loc[("waits", "minutes"), "pages"] == 1


def test_the_newest_run_of_a_page_counts_and_later_months_do_not(fields):
    read = pd.concat([
        uses(("journeys", "region", ""), month="2026-01"),
        uses(("journeys", "unit", ""), month="2026-02"),
        uses(("journeys", "region", ""), month="2026-03"),
    ])  # fmt: skip
    used = field_uses(fields, read, "2026-02")
    assert used.loc[("orders", "region"), "pages"] == 0 and used.loc[("orders", "unit"), "pages"] == 1


def test_before_any_page_ran_nothing_is_used(fields):
    used = field_uses(fields, uses().iloc[:0], "2026-03")
    assert used["insight"].isna().all() and (used["pages"] == 0).all()


def test_a_field_that_only_joins_is_used_where_its_table_is():
    read = reads("SELECT o.id AS journey_id, c.person AS customer_id FROM o JOIN c USING (cid) WHERE o.kind = 'x'",
                 {"o": ["id", "cid", "kind"], "c": ["cid", "person"]})  # fmt: skip
    assert read.feeds["customer_id"] == {("c", "person")}
    assert read.other == {("o", "cid"), ("c", "cid"), ("o", "kind")}


def test_columns_carried_through_a_star_are_not_used():
    read = reads("WITH t AS (SELECT * FROM o) SELECT id AS journey_id FROM t", {"o": ["id", "kind"]})
    assert read.feeds["journey_id"] == {("o", "id")} and not read.other


def test_sql_that_cannot_be_followed_uses_its_sources_whole():
    read = reads("SELECT FROM WHERE o", {"o": ["id", "kind"], "p": ["x"]})
    assert read.whole == {"o"} and read.other == {("o", "id"), ("o", "kind")}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{kind: identity}", "needs a `reason`"),
        ("{kind: descriptive, personal: email}", "is of kind identity"),
        ("{kind: behaviour, keep_days: 0}", "greater than or equal to 1"),
        ("{kind: feeling}", "'identity', 'descriptive', 'attitude' or 'behaviour'"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(shop, entry, said):
    shop.change("sources.yaml", "    columns: [order_id, customer, started_at]\n", f"    fields:\n      customer: {entry}\n")
    with pytest.raises(ConfigError, match=said):
        shop.load()


def test_days_to_keep_a_source_need_the_column_they_count_from(shop):
    shop.change("sources.yaml", "    columns: [order_id, customer, started_at]\n", "    held: {keep_days: 30}\n")
    with pytest.raises(ConfigError, match="needs `by`"):
        shop.load()
