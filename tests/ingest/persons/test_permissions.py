"""The permission gate: nothing of a customer without permission is used, everything is counted, and it comes back."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from cx_helpers.errors import ConfigError

NOW = datetime(2026, 4, 1, tzinfo=UTC)
GIVEN = """who,purpose,granted_at,withdrawn_at
c1,care,2026-01-01 00:00,
c2,care,2026-01-01 00:00,2026-03-15 00:00
c2,marketing,2026-01-01 00:00,
"""
SQL = "SELECT who AS customer_id, purpose, granted_at, withdrawn_at, _source AS source FROM permits"


@pytest.fixture
def asked(shop):
    def made(use="{purpose: care}", given=GIVEN):
        shop.write("sources.yaml", (shop.folder / "sources.yaml").read_text() + f"  permits:\n    file: permits.csv\nuse: {use}\n")
        shop.write("raw/permits.csv", given)
        shop.write("sql/permissions.sql", SQL)
        return shop

    return made


def held(shop) -> pd.DataFrame:
    rows = shop.lake.frame("refused_use")
    return rows[["table", "rows", "of_rows", "customers", "reason"]].sort_values("table", ignore_index=True)


def test_what_belongs_to_a_customer_who_withdrew_is_in_no_table_and_counted(asked):
    shop = asked()
    shop.ingest(now=NOW)
    assert list(shop.lake.frame("journeys")["journey_id"]) == ["o1", "o3"]
    assert set(shop.lake.frame("responses")["journey_id"]) == {"o1", "o3"} and set(shop.lake.frame("inputs")["journey_id"]) == {"o1"}
    assert held(shop).to_dict("records") == [
        {"table": "inputs", "rows": 1, "of_rows": 2, "customers": 1, "reason": "withdrawn"},
        {"table": "journeys", "rows": 1, "of_rows": 3, "customers": 1, "reason": "withdrawn"},
        {"table": "responses", "rows": 1, "of_rows": 3, "customers": 1, "reason": "withdrawn"},
    ]


def test_nothing_is_lost_and_nothing_of_its_content_is_told(asked):
    shop = asked()
    shop.ingest(now=NOW)
    ledger = shop.lake.frame("reconciliation").set_index("file")
    assert (ledger["rows_in"] == ledger["accepted"] + ledger["quarantined"] + ledger["superseded"]).all()
    assert ledger["not_permitted"].equals(ledger["quarantined"]), "nothing here was set aside for a fault"
    assert ledger.loc["orders.csv", "quarantined"] == 1 and ledger.loc["permits.csv", "accepted"] == 3
    told = shop.lake.frame("quarantine")
    assert set(told["reason"]) == {"no permission for care"} and told["found"].isna().all() and len(told) == 3


def test_a_permission_that_is_given_again_brings_the_rows_back(asked):
    shop = asked()
    shop.ingest(now=NOW)
    shop.write("raw/permits.csv", GIVEN + "c2,care,2026-03-20 00:00,\n")
    shop.ingest(now=NOW)
    assert len(shop.lake.frame("journeys")) == 3 and shop.lake.frame("refused_use").empty and shop.lake.frame("quarantine").empty


def test_a_withdrawal_that_is_still_to_come_holds_nothing_out(asked):
    shop = asked()
    shop.ingest(now=datetime(2026, 3, 14, tzinfo=UTC))
    assert len(shop.lake.frame("journeys")) == 3 and shop.lake.frame("refused_use").empty


def test_permissions_follow_the_calendar_without_a_new_file(asked):
    """A withdrawal counts from its own moment on, and a permission from the moment it begins."""
    shop = asked(given=GIVEN + "c3,care,2026-03-18 09:00,\n")
    shop.change("raw/orders.csv", "o3,c1,", "o3,c3,")
    shop.ingest(now=datetime(2026, 3, 1, tzinfo=UTC))
    assert list(shop.lake.frame("journeys")["journey_id"]) == ["o1", "o2"]
    withdrawn = datetime(2026, 3, 14, 23, tzinfo=UTC)  # midnight in Madrid
    assert not shop.ingest(now=withdrawn - timedelta(seconds=1)).changed
    assert shop.ingest(now=withdrawn).changed and list(shop.lake.frame("journeys")["journey_id"]) == ["o1"]
    assert not shop.ingest(now=datetime(2026, 3, 18, 7, tzinfo=UTC)).changed
    assert shop.ingest(now=datetime(2026, 3, 18, 8, tzinfo=UTC)).changed and list(shop.lake.frame("journeys")["journey_id"]) == ["o1", "o3"]
    assert not shop.ingest(now=NOW).changed


def test_a_customer_never_asked_follows_the_brands_default(asked):
    shop = asked(given=GIVEN.replace("c1,care,2026-01-01 00:00,\n", ""))
    shop.ingest(now=NOW)
    assert list(shop.lake.frame("journeys")["journey_id"]) == ["o1", "o3"]
    shop.change("sources.yaml", "{purpose: care}", "{purpose: care, default: refused}")
    shop.change("raw/permits.csv", "2026-03-15 00:00", "")
    shop.ingest(now=NOW)
    assert list(shop.lake.frame("journeys")["journey_id"]) == ["o2"]
    assert set(held(shop)["reason"]) == {"never given"} and held(shop).set_index("table").loc["journeys", "rows"] == 2


def test_what_belongs_to_no_known_customer_is_used(asked):
    shop = asked("{purpose: care, default: refused}")
    shop.change("raw/orders.csv", "o3,c1,", "o3,,")
    shop.ingest(now=NOW)
    assert list(shop.lake.frame("journeys")["journey_id"]) == ["o1", "o3"]


def test_permission_for_another_purpose_is_none(asked):
    shop = asked("{purpose: profiling, default: refused}", GIVEN + "c1,profiling,2026-01-01 00:00,\n")
    shop.ingest(now=NOW)
    assert list(shop.lake.frame("journeys")["journey_id"]) == ["o1", "o3"]


def test_a_brand_that_declares_no_use_holds_nothing_out(asked):
    shop = asked()
    shop.change("sources.yaml", "use: {purpose: care}\n", "")
    shop.ingest(now=NOW)
    assert len(shop.lake.frame("journeys")) == 3 and shop.lake.frame("refused_use").empty


def test_a_field_that_is_not_permitted_is_empty_and_counted(asked):
    shop = asked()
    shop.change("sources.yaml", "    columns: [order_id, customer, started_at]\n",
                "    columns: [order_id, customer, started_at]\n    fields:\n      region: {kind: descriptive, permitted: marketing}\n")
    shop.ingest(now=NOW)
    assert shop.lake.frame("journeys")["region"].isna().all()
    row = shop.lake.frame("refused_use").query("column == 'region'").iloc[0]
    assert (row["table"], row["rows"], row["of_rows"], row["reason"]) == ("orders", 3, 3, "field not permitted")
    assert shop.lake.frame("fields").set_index("field").loc["region", "seen_by_sql"] == "not at all"


def test_a_use_without_permissions_is_refused_in_one_line(shop):
    shop.write("sources.yaml", (shop.folder / "sources.yaml").read_text() + "use: {purpose: care}\n")
    with pytest.raises(ConfigError, match=r"use: care asks for permissions, and there is no sql/permissions\.sql\. Write it, or remove `use`\."):
        shop.ingest(now=NOW)
