"""Every problem of a brand's files is told at once, each with its file and line, and what to do."""

import re

import pytest

from cx_helpers.config import load_brand
from cx_helpers.config.yaml_lines import expand
from cx_helpers.errors import ConfigError, UsageError


def problems(shop) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        shop.load()
    return caught.value.problems


def line_of(shop, file: str, text: str) -> int:
    lines = (shop.folder / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_good_brand_has_no_problems_and_reads_as_written(shop):
    brand = shop.load()
    assert (brand.label, brand.journey.primary, list(brand.sql)) == ("Shop", "overall.nps", ["journeys", "inputs", "responses"])
    assert list(brand.journey.inputs) == ["counter.wait_minutes"] and set(brand.journey.metrics) == {"overall.nps", "counter.csat"}
    assert list(brand.audiences) == ["all"] and brand.raw == shop.raw


@pytest.mark.parametrize("name", ["sample", "olist"])
def test_the_brands_of_this_repository_are_good(repo, monkeypatch, name):
    monkeypatch.setenv("CX_DATA", str(repo / "data"))
    assert load_brand(name).journey.primary


def test_wrong_keys_and_values_of_every_file_are_told_at_once(shop):
    shop.change("journey.yaml", "label: Shop", "lable: Shop")
    shop.change("journey.yaml", "better: lower", "better: smaller")
    shop.change("sources.yaml", "optional: true", "optonal: true")
    shop.write("audiences.yaml", "audiences:\n  all: {label: All, pages: [05_more]}\n")
    shop.write("solutions.yaml", "solutions:\n  desk: {label: Desk, kind: gadget, solves: [x]}\n")
    told = problems(shop)
    assert told[:3] == [
        "shop/journey.yaml:1: label: is missing. Add it.",
        "shop/journey.yaml:12: stages.0.touchpoints.0.inputs.0.better: Input should be 'lower' or 'higher' (found 'smaller')",
        "shop/journey.yaml:2: lable: 'lable' is not a known key here (did you mean 'label'?). Mend or remove it.",
    ]
    assert told[3] == "shop/sources.yaml:10: sources.waits.optonal: 'optonal' is not a known key here (did you mean 'optional'?). Mend or remove it."
    assert told[4].startswith("shop/solutions.yaml:2: solutions.desk.kind: Input should be 'training', 'procedure' or 'asset'")
    assert told[5].startswith("shop/audiences.yaml:2: audiences.all.pages.0: Input should be '01_ingest', ")
    assert len(told) == 6


WRONG = {
    "a label that is a number": ("label: Counter", "label: 3", r"journey.yaml:10: stages.0.touchpoints.0.label: Input should be a valid string \(found 3\)"),
    "an unknown time zone": ("Europe/Madrid", "Europe/Madird", r"journey.yaml:3: time_zone: 'Europe/Madird' is not an IANA time zone"),
    "a touchpoint called overall": ("- id: counter", "- id: overall", r"journey.yaml:9: .*id: `overall` is kept for the remembered score"),
    "an id with a blank": ("- id: counter", "- id: the counter", r"journey.yaml:9: .*pattern .*found 'the counter'"),
    "an NPS on another scale": ("kind: nps,", "kind: nps, scale: [1, 5],", r"journey.yaml:16: remembered.0: scale \[1, 5\] of an NPS must be \[0, 10\]"),
    "a scale upside down": ("kind: csat,", "kind: csat, scale: [5, 1],", r"journey.yaml:14: .*scale \[5, 1\] must run from low to high"),
    "a share's standard in percent": ("standard: 12", "standard: 12, statistic: share", r"journey.yaml:12: .*standard 12 of a share must be between 0 and 1"),
    "a condition that says nothing": ("{min: 12}", "{}", r"journey.yaml:20: .*a condition needs one of is, min, max, missing"),
    "a state of an unknown input": ("{counter.wait_minutes:", "{counter.wait_minuts:", r"journey.yaml:20: .*'counter.wait_minuts' is not an input of this journey; did you mean 'counter.wait_minutes'\?"),
    "an id that stands twice": ("id: smooth", "id: waited", r"journey.yaml:19: states: 'waited' stands 2 times among the states; ids must differ"),
    "a segment named like a column of every frame": ("{id: region,", "{id: status,", r"journey.yaml:18: segments.0.id: 'status' is a column that every frame has"),
    "a minimum that hides nobody": ("label: Shop\n", "label: Shop\nminimum_n: 1\n", r"journey.yaml:3: minimum_n: Input should be greater than or equal to 5 \(found 1\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRONG))
def test_each_wrong_value_is_one_line_with_its_place(shop, name):
    old, new, said = WRONG[name]
    shop.change("journey.yaml", old, new)
    (told,) = problems(shop)
    assert re.match("shop/" + said, told), told


def test_source_settings_that_no_file_can_have_are_told(shop):
    shop.change("sources.yaml", "    file: answers*.csv", "    file: answers*.csv\n    delimiter: ',,'\n    encoding: utf-99\n    header_row: 0")
    told = problems(shop)
    assert [line.split(": ", 1)[0] for line in told] == ["shop/sources.yaml:8", "shop/sources.yaml:9", "shop/sources.yaml:10"]
    assert "is not an encoding, such as utf-8 or cp1252 (found 'utf-99')" in told[1]


def test_an_identifier_needs_its_reason(shop):
    shop.change("sources.yaml", "    columns: [order_id, customer, started_at]", "    fields:\n      customer: {kind: identity}")
    assert problems(shop) == ["shop/sources.yaml:6: sources.orders.fields.customer: an identity field needs a `reason` (why this identifier)"]


SQL = {
    "an unknown table": ("SELECT id AS journey_id\nFROM ordres", "shop/sql/journeys.sql:2: 'ordres' is not a source in sources.yaml; did you mean 'orders'?"),
    "words that are no SQL": ("SELECT *\nFROM orders\nWHERE WHERE x", "shop/sql/journeys.sql:3: not valid SQL"),
    "a quote left open": ("SELECT 1,\n 'abc FROM orders", "shop/sql/journeys.sql:2: not valid SQL: a quote or comment is not closed. Close it."),
    "two statements": ("SELECT * FROM orders; SELECT 1", "shop/sql/journeys.sql:1: expected one SELECT, found SELECT, SELECT."),
    "a statement that changes data": ("DELETE FROM orders", "shop/sql/journeys.sql:1: expected one SELECT, found DELETE."),
    "nothing": ("-- later\n", "shop/sql/journeys.sql:1: expected one SELECT, found nothing."),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SQL))
def test_sql_that_cannot_run_is_told_before_anything_is_read(shop, name):
    text, said = SQL[name]
    shop.write("sql/journeys.sql", text)
    (told,) = problems(shop)
    assert told.startswith(said), told


def test_sql_may_name_its_own_parts_and_sources_in_any_case(shop):
    shop.write("sql/journeys.sql", "WITH Parts AS (SELECT * FROM ORDERS) SELECT * FROM parts")
    assert shop.load().sql["journeys"]


def test_a_quality_check_over_an_unknown_table_is_told(shop):
    with (shop.folder / "sources.yaml").open("a") as file:
        file.write("checks:\n  odd:\n    label: Odd rows\n    sql: SELECT _source FROM order\n    handling: kept\n")
    (told,) = problems(shop)
    assert told == "shop/sources.yaml:15: checks.odd.sql: 'order' is not a source in sources.yaml; did you mean 'orders'?"


def test_sql_files_must_fill_a_table_there_is(shop):
    shop.write("sql/journey.sql", "SELECT 1")
    assert problems(shop) == ["shop/sql/journey.sql:1: 'journey' is not a canonical table; did you mean 'journeys'?"]


def test_without_any_sql_it_says_where_to_begin(shop):
    for path in (shop.folder / "sql").iterdir():
        path.unlink()
    assert problems(shop) == ["shop/sql:1: no SQL file found. Write sql/journeys.sql or sql/responses.sql to begin."]


def test_names_across_files_are_held_together(shop):
    shop.write("audiences.yaml", "audiences:\n  north:\n    label: North\n    scope: {regoin: [north]}\n")
    shop.write("solutions.yaml", "challenges:\n  waits: {label: Waits, inputs: [counter.wait]}\nsolutions:\n  desk: {label: Desk, kind: asset, solves: [wait]}\n")
    assert problems(shop) == [
        "shop/solutions.yaml:2: challenges.waits.inputs.0: 'counter.wait' is not an input; did you mean 'counter.wait_minutes'?",
        "shop/solutions.yaml:4: solutions.desk.solves.0: 'wait' is not a challenge; did you mean 'waits'?",
        "shop/audiences.yaml:4: audiences.north.scope.regoin: 'regoin' is not unit or a declared segment; did you mean 'region'?",
    ]


def test_missing_files_are_told_and_only_the_needed_ones(shop):
    (shop.folder / "sources.yaml").unlink()
    assert problems(shop) == ["shop/sources.yaml:1: the file is missing. `cx init` writes one to begin with."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"label: [Shop\nstages: 1\n", r"shop/journey.yaml:2: not valid YAML \(.*\). Mend this line."),
        (b"- label\n", "shop/journey.yaml:1: expected `key: value` lines, found a CommentedSeq."),
        ("label: Café".encode("cp1252"), "shop/journey.yaml:1: not readable as UTF-8 YAML"),
        (b"", "shop/journey.yaml:1: label: is missing. Add it."),
        (b"label: a\nlabel: b\n", "shop/journey.yaml:2: not valid YAML"),
    ],
)
def test_a_file_that_is_not_yaml_is_told_with_its_line(shop, text, said):
    shop.write("journey.yaml", text)
    assert re.match(said, problems(shop)[0]), problems(shop)


def test_an_unknown_brand_names_those_there_are(shop):
    with pytest.raises(UsageError, match=r"brand 'shopp': no journey.yaml .*Did you mean shop\? Brands here: shop\."):
        load_brand("shopp")


def test_paths_may_come_from_the_environment(shop, monkeypatch, tmp_path):
    with (shop.folder / "sources.yaml").open("a") as file:
        file.write("raw: ${SHOP_RAW:-raw}\n")
    assert shop.load().raw == shop.raw
    monkeypatch.setenv("SHOP_RAW", str(tmp_path / "elsewhere"))
    assert shop.load().raw == tmp_path / "elsewhere"
    monkeypatch.setenv("A", "x")
    assert [expand(text) for text in ("${A}/b", "${NOT_SET_HERE:-c}/b", "${NOT_SET_HERE}b", "$A")] == ["x/b", "c/b", "b", "$A"]


def test_the_fingerprint_follows_what_decides_the_tables(shop):
    before = shop.load().fingerprint
    assert shop.load().fingerprint == before
    shop.write("audiences.yaml", "audiences:\n  all: {label: All}\n")
    assert shop.load().fingerprint == before
    shop.change("sql/journeys.sql", "FROM orders", "FROM orders WHERE true")
    assert shop.load().fingerprint != before
