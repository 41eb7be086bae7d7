"""A page is made anew when something it reads changed, and only then."""

from pathlib import Path

import pytest

from cx_helpers.batch.fingerprints import tables_read
from cx_helpers.batch.plan import Task


def task(notebook: str, month: str = "2018-02") -> Task:
    return Task("tiny", month, "all", notebook, Path("x.ipynb"), {})


TABLES = {
    "responses": {"version": 4, "columns": ["score"], "months": {"2018-01": "a", "2018-02": "b", "2018-03": "c", "": "z"}},
    "customers": {"version": 2, "columns": ["customer_id"]},
    "quarantine": {"version": 9, "columns": ["reason"]},
    "findings": {"version": 7, "columns": ["message"]},
}


def changed(**responses) -> dict:
    return {**TABLES, "responses": {**TABLES["responses"], "version": 5, **responses}}


CHANGES = {
    "a later month": (changed(months={**TABLES["responses"]["months"], "2018-03": "new"}), False, True),
    "its own month": (changed(months={**TABLES["responses"]["months"], "2018-02": "new"}), True, True),
    "an earlier month": (changed(months={**TABLES["responses"]["months"], "2018-01": "new"}), True, True),
    "rows of no month": (changed(months={**TABLES["responses"]["months"], "": "new"}), True, True),
    "a new column": (changed(columns=["score", "weight"]), True, True),
    "only the version": (changed(), False, False),
    "a table without months": ({**TABLES, "customers": {**TABLES["customers"], "version": 3}}, True, True),
    "what was set aside": ({**TABLES, "quarantine": {**TABLES["quarantine"], "version": 10}}, False, True),
    "what pages wrote": ({**TABLES, "findings": {**TABLES["findings"], "version": 8}}, False, False),
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_page_is_stale_when_what_it_reads_changed(name):
    tables, later_pages, first_page = CHANGES[name]
    assert (tables_read(task("02_journeys"), tables) != tables_read(task("02_journeys"), TABLES)) == later_pages
    assert (tables_read(task("01_ingest"), tables) != tables_read(task("01_ingest"), TABLES)) == first_page


def test_a_label_makes_the_page_on_journeys_stale_and_no_other(shop):
    from cx_helpers.batch.fingerprints import page_fingerprint
    from cx_helpers.journeys.voice.labels import keep

    brand, path = shop.load(), Path(__file__).parents[2] / "notebooks" / "02_journeys.ipynb"
    pages = {name: Task("shop", "2026-03", "all", name, path, {}) for name in ("02_journeys", "03_drivers")}
    before = {name: page_fingerprint(page, brand, TABLES, {}) for name, page in pages.items()}
    keep(brand, "k1", ["joy"], "random")
    after = {name: page_fingerprint(page, brand, TABLES, {}) for name, page in pages.items()}
    assert after["02_journeys"] != before["02_journeys"] and after["03_drivers"] == before["03_drivers"]


def test_a_rule_of_the_audit_makes_the_pages_stale(shop):
    from cx_helpers.batch.fingerprints import configuration_digest

    before = configuration_digest(shop.load())
    shop.write("metric_rules.yaml", "costly: {on: false}\n")
    assert configuration_digest(shop.load()) != before
