"""What the brand's SQL gives becomes the contract's types: days stay the days that were written."""

CONTEXT_SQL = "SELECT {date} AS date, region, factor, value, _source AS source FROM weather"
WEATHER = """day,region,factor,value
2026-03-01,north,rain_mm,1
2026-03-02 00:00:00,north,rain_mm,2
2026-03-03T00:00:00+02:00,north,rain_mm,3
2026-03-04 23:30,north,rain_mm,4
soon,north,rain_mm,5
"""
DAYS = {1.0: "2026-03-01", 2.0: "2026-03-02", 3.0: "2026-03-03", 4.0: "2026-03-04"}


def weather(shop, date):
    shop.write("raw/weather.csv", WEATHER)
    shop.change("sources.yaml", "sources:\n", "sources:\n  weather:\n    file: weather.csv\n")
    shop.write("sql/context.sql", CONTEXT_SQL.format(date=date))
    shop.ingest()
    return shop.lake.frame("context").set_index("value")


def test_a_day_is_stored_as_the_day_that_was_written(shop):
    found = weather(shop, "day")
    assert {value: row.date.isoformat() for value, row in found.iterrows()} == {v: f"{day}T00:00:00+00:00" for v, day in DAYS.items()}
    assert set(found["month"]) == {"2026-03"}
    assert list(shop.lake.frame("quarantine")["reason"]) == ["date is not a time"]


def test_a_day_that_the_sql_casts_is_the_same_day(shop):
    found = weather(shop, "TRY_CAST(left(day, 10) AS DATE)")
    assert {value: row.date.isoformat() for value, row in found.iterrows()} == {v: f"{day}T00:00:00+00:00" for v, day in DAYS.items()}


def test_blanks_of_every_kind_around_a_text_fall(shop):
    shop.change("raw/orders.csv", "Soho,10", "\u00a0Soho ,10")
    shop.ingest()
    assert set(shop.lake.frame("journeys")["unit"]) == {"Soho", "Bank"}


def test_a_download_under_way_and_a_lock_of_a_spreadsheet_are_no_exports(shop):
    shop.change("sources.yaml", "orders*.csv", '"*orders*"')
    for name in ("~$orders.csv", "orders_2.csv.part", "orders_2.csv.crdownload"):
        shop.write(f"raw/{name}", "half")
    shop.ingest()
    assert len(shop.lake.frame("journeys")) == 3


def test_what_a_reader_noticed_is_told(shop):
    shop.write("raw/answers.csv", "Answers of March,,,,\n" + (shop.raw / "answers.csv").read_text())
    assert any(line.startswith("  answers.csv: ") for line in shop.ingest().lines)
