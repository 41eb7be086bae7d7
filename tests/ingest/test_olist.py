"""Olist, real and messy: what the pages say against queries written by hand over the raw files."""

import duckdb
import pytest

from cx_helpers import Study
from cx_helpers.config import load_brand
from cx_helpers.ingest import ingest
from cx_helpers.journeys.scores import by_state
from cx_helpers.tables.lake import Lake

STATES_BY_HAND = """
WITH answers AS (
    SELECT CAST(r.review_score AS INTEGER) AS score,
           CAST(r.review_answer_timestamp AS TIMESTAMP) AS answered,
           CAST(o.order_delivered_customer_date AS TIMESTAMP) AS delivered,
           CAST(o.order_estimated_delivery_date AS TIMESTAMP) AS promised
    FROM reviews r JOIN orders o USING (order_id)
)
SELECT CASE WHEN delivered IS NULL THEN 'never_delivered'
            WHEN answered < delivered AND delivered > promised THEN 'waiting_late'
            WHEN answered < delivered THEN 'waiting'
            WHEN delivered > promised THEN 'received_late'
            ELSE 'received_on_time' END AS state,
       avg(score), count(*)
FROM answers GROUP BY state
"""


@pytest.fixture(scope="module")
def raw(shared):
    connection = duckdb.connect()
    folder = shared / "data" / "olist_sample"
    names = {"orders": "olist_orders", "reviews": "olist_order_reviews", "items": "olist_order_items", "payments": "olist_order_payments",
             "customers": "olist_customers", "products": "olist_products"}  # fmt: skip
    for name, file in names.items():
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{folder}/{file}_dataset.csv', all_varchar=true, nullstr='', quote='\"', escape='\"')")
    return connection


@pytest.fixture
def states(olist_data):
    study = Study.open("olist", "2018-08", window_months=120)
    answers = study.states(span="everything")
    labels = {state.id: state.id for state in study.brand.journey.states}
    return by_state(answers, labels, study.brand.journey.metrics["overall.rating"])


def test_scores_by_what_customers_had_lived_agree_with_a_query_by_hand(states, raw):
    by_hand = {state: (mean, n) for state, mean, n in raw.execute(STATES_BY_HAND).fetchall()}
    lived = states[~states["naive"]].set_index("state")
    assert lived["value"].to_dict() == pytest.approx({state: mean for state, (mean, _) in by_hand.items()})
    assert lived["n"].to_dict() == {state: n for state, (_, n) in by_hand.items()}
    told = {state: (round(row["value"], 2), row["n"]) for state, row in lived.iterrows()}
    assert told["received_on_time"] == (4.28, 13_346) and told["received_late"] == (3.86, 477)
    assert told["waiting_late"] == (1.69, 658) and told["never_delivered"] == (1.74, 426)
    assert lived["n"].sum() == 14_944


def test_the_naive_reading_blames_late_parcels_and_is_marked_naive(states, raw):
    naive = states[states["naive"]].set_index("state").loc["received_late"]
    by_hand = raw.execute("""
        SELECT avg(CAST(review_score AS INTEGER)), count(*) FROM reviews JOIN orders USING (order_id)
        WHERE CAST(order_delivered_customer_date AS TIMESTAMP) > CAST(order_estimated_delivery_date AS TIMESTAMP)
    """).fetchone()
    assert (naive["value"], naive["n"]) == pytest.approx(by_hand)
    assert (round(naive["value"], 2), naive["n"]) == (2.60, 1_135)


CHECKS = {
    "reviews_shared": (20, "SELECT count(*) - count(DISTINCT review_id) FROM reviews"),
    "reviewed_twice": (71, "SELECT count(*) FROM (SELECT order_id FROM reviews GROUP BY 1 HAVING count(*) > 1)"),
    "not_reviewed": (128, "SELECT count(*) FROM orders WHERE order_id NOT IN (SELECT order_id FROM reviews)"),
    "without_items": (115, "SELECT count(*) FROM orders WHERE order_id NOT IN (SELECT order_id FROM items)"),
    "without_payment": (1, "SELECT count(*) FROM orders WHERE order_id NOT IN (SELECT order_id FROM payments)"),
    "not_approved": (31, "SELECT count(*) - count(order_approved_at) FROM orders"),
    "not_handed": (278, "SELECT count(*) - count(order_delivered_carrier_date) FROM orders"),
    "not_delivered": (448, "SELECT count(*) - count(order_delivered_customer_date) FROM orders"),
    "handed_before_approval": (206, "SELECT count(*) FROM orders WHERE order_delivered_carrier_date < order_approved_at"),
    "delivered_before_handed": (2, "SELECT count(*) FROM orders WHERE order_delivered_customer_date < order_delivered_carrier_date"),
    "on_the_promised_day": (
        199,
        "SELECT count(*) FROM orders WHERE order_delivered_customer_date > order_estimated_delivery_date"
        " AND order_delivered_customer_date[:10] = order_estimated_delivery_date[:10]",
    ),
    "asked_before_delivery": (735, "SELECT count(*) FROM reviews JOIN orders USING (order_id) WHERE review_creation_date[:10] < order_delivered_customer_date[:10]"),
    "no_title": (13_198, "SELECT count(*) - count(review_comment_title) FROM reviews"),
    "no_comment": (8_768, "SELECT count(*) - count(review_comment_message) FROM reviews"),
    "comment_over_lines": (570, "SELECT count(*) FROM reviews WHERE review_comment_message SIMILAR TO '(.|\\s)*[\\r\\n](.|\\s)*'"),
    "no_category": (156, "SELECT count(*) - count(product_category_name) FROM products"),
    "misspelt_column": (1, "SELECT count(*) FROM (DESCRIBE products) WHERE column_name = 'product_name_lenght'"),
    "ordered_again": (96, "SELECT count(*) - count(DISTINCT customer_unique_id) FROM customers"),
    "no_time_of_asking": (14_936, "SELECT count(*) FROM reviews WHERE review_creation_date[12:] = '00:00:00'"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_each_known_problem_is_a_check_with_its_count(olist_data, raw, name):
    ledger = Lake(olist_data / "olist" / "tables").frame("checks").set_index("check")
    stated, by_hand = CHECKS[name]
    assert ledger.loc[name, "rows"] == stated == raw.execute(by_hand).fetchone()[0]
    assert ledger.loc[name, "handling"] and set(ledger.index) == set(CHECKS)


def test_impossible_times_are_set_aside_alone_and_their_orders_stay(olist_data):
    lake = Lake(olist_data / "olist" / "tables")
    told = lake.frame("quarantine").groupby(["table", "reason"]).size().to_dict()
    assert told[("inputs", "handed.handling_days is below 0")] == 206 and told[("inputs", "delivered.transit_days is below 0")] == 2
    rows = lake.frame("reconciliation").set_index("file")
    assert rows.loc["olist_orders_dataset.csv", ["rows_in", "accepted", "in_part", "quarantined"]].tolist() == [15_000, 15_000, 208, 0]
    assert rows["rows_in"].sum() == 88_978 and rows["superseded"].sum() == 0


def test_times_of_the_shop_are_those_of_its_zone(olist_data, raw):
    journeys = Lake(olist_data / "olist" / "tables").frame("journeys").set_index("journey_id")
    order, local = raw.execute("SELECT order_id, order_purchase_timestamp FROM orders WHERE order_purchase_timestamp LIKE '2018-02-1%' LIMIT 1").fetchone()
    assert str(journeys.loc[order, "started_at"].tz_convert("America/Sao_Paulo"))[:19] == local


def test_an_unchanged_export_is_skipped(olist_data):
    assert ingest(load_brand("olist")).lines == ["olist: 8 raw files unchanged, nothing to do."]
