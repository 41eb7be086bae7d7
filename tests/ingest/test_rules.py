"""The contract as SQL, at ingest, and as a pandera schema, for analysts: one declaration, one verdict."""

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from cx_helpers.config.journey import Journey
from cx_helpers.ingest.rules import MOST, Rule, table_rules, verdict
from cx_helpers.tables.contracts import CANONICAL, FLAG, NUMBER, TIME, pandera_schema

TIMES = [None, *pd.to_datetime(["2026-03-01 10:00", "2026-03-01 11:00", "2026-03-02 10:00"], utc=True)]
PER_BRAND = ("journey.yaml", "its scale", "time of answer", " is below ", " is above ")


class Brand:
    """As much of a brand as rules ask for."""

    journey = Journey.model_validate({"label": "b", "stages": [{"id": "s", "label": "s", "touchpoints": [{"id": "t", "label": "t"}]}]})


def cells(column):
    if column.type == TIME:
        return st.sampled_from(TIMES)
    if column.type == NUMBER:
        return st.sampled_from([None, -1.0, 0.0, 2.5, 1e9])
    if column.type == FLAG:
        return st.sampled_from([None, True, False])
    if column.allowed:
        return st.sampled_from([None, *column.allowed, "other"])
    if column.pattern:
        return st.sampled_from([None, "2026-03", "2026-13", "26-03", " 2026-03", "2026-030"])
    return st.sampled_from([None, "a", "b"])


def by_sql(name, frame):
    contract = CANONICAL[name]
    rules = [rule for rule in table_rules(contract, Brand, (), {}) if not any(words in rule.reason for words in PER_BRAND)]
    connection = duckdb.connect()
    kinds = {TIME: "TIMESTAMPTZ", NUMBER: "DOUBLE", FLAG: "BOOLEAN"}
    cast = ", ".join(f'CAST("{c.name}" AS {kinds.get(c.type, "VARCHAR")}) AS "{c.name}"' for c in contract.columns)
    rows = connection.execute(f"SELECT row, {verdict(rules)} FROM (SELECT row_number() OVER () - 1 AS row, {cast} FROM frame)").fetchall()
    return {(row, rule.reason) for row, bits in rows for place, rule in enumerate(rules) if int(bits) >> place & 1}


def by_pandera(name, frame):
    schema = pandera_schema(name)
    schema.unique = None  # keys are judged between rows, by files: see test_contract_rows
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        return {(int(case.index), case.check) for case in error.failure_cases.itertuples(index=False)}
    return set()


def typed(name, rows):
    kinds = {TIME: "datetime64[us, UTC]", NUMBER: "float64", FLAG: "object"}
    return pd.DataFrame(rows).astype({column.name: kinds.get(column.type, "str") for column in CANONICAL[name].columns})


@pytest.mark.parametrize("name", sorted(CANONICAL))
def test_sql_and_pandera_give_the_same_verdict_on_made_up_rows(name):
    row = st.fixed_dictionaries({column.name: cells(column) for column in CANONICAL[name].columns})

    @settings(max_examples=15, deadline=None, database=None)
    @given(st.lists(row, min_size=1, max_size=8))
    def same(rows):
        frame = typed(name, rows)
        assert by_sql(name, frame) == by_pandera(name, frame)

    same()


def test_each_reason_is_told_by_both():
    rows = [
        {"journey_id": None, "customer_id": None, "intent": None, "started_at": TIMES[2], "ended_at": TIMES[1], "status": "done", "unit": None, "value": -1.0},
        {"journey_id": "a", "customer_id": None, "intent": None, "started_at": TIMES[1], "ended_at": None, "status": "open", "unit": None, "value": 0.0},
    ]  # fmt: skip
    told = {(0, reason) for reason in (
        "journey_id is missing", "ended_at is before started_at", "status is not one of open, completed, cancelled, abandoned", "value is outside 0 to inf",
    )}  # fmt: skip
    frame = typed("journeys", rows)
    assert by_sql("journeys", frame) == by_pandera("journeys", frame) == told


def test_a_key_twice_is_refused_by_the_schema():
    month = {"customer_id": "a", "month": "2026-03", "revenue": 1.0, "cost": 1.0, "active": True}
    frame = typed("outcomes", [month, month])
    with pytest.raises(SchemaErrors, match="customer_id"):
        pandera_schema("outcomes").validate(frame, lazy=True)


@pytest.mark.parametrize("name", sorted(CANONICAL))
def test_every_rule_of_a_table_has_a_bit_of_its_own(name):
    columns = {column.name for column in CANONICAL[name].columns}
    texts = [column.name for column in CANONICAL[name].columns if column.type in (TIME, NUMBER, FLAG)]
    assert len(table_rules(CANONICAL[name], Brand, texts, dict.fromkeys(columns & {"journey_id", "customer_id"}, "journeys"))) <= MOST
    rules = [Rule("x", "one", "false", ""), Rule("x", "two", "true", "")]
    assert duckdb.sql(f"SELECT {verdict(rules)}").fetchone() == (2,)
