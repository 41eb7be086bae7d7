"""What came and when: months by source, gaps, rows that came late, and sources that stopped."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers.ingest.baseline.arrival import arrival_findings, arrival_message, arrivals, by_month, sources

MONTHS = pd.period_range("2025-01", "2025-12", freq="M").astype(str)


def arrived(source: str = "visits", files: dict | None = None) -> pd.DataFrame:
    """Rows by file and month, as `arrivals` gives them."""
    rows = [(source, file, place, "journeys", month, n) for place, (file, months) in enumerate((files or {}).items()) for month, n in months.items()]
    frame = pd.DataFrame(rows, columns=["source", "file", "place", "table", "month", "n"])
    return frame.assign(first=pd.to_datetime(frame["month"], utc=True), last=pd.to_datetime(frame["month"], utc=True))


def test_a_raw_row_counts_once_under_the_table_that_tells_its_source():
    journeys = pd.DataFrame({"source": ["a.csv:1", "a.csv:2", "a.csv:3"], "month": ["2025-01", "2025-01", "2025-02"], "started_at": pd.to_datetime(["2025-01-01", "2025-01-09", "2025-02-03"], utc=True)})
    events = pd.DataFrame({"source": ["a.csv:1", "a.csv:1", "a.csv:2", "a.csv:3"], "month": ["2025-01", "2025-02", "2025-03", "2025-03"], "started_at": pd.to_datetime(["2025-01-01"] * 4, utc=True)})
    files = pd.DataFrame({"raw_source": ["visits", "places"], "file": ["a.csv", "p.csv"]})
    found = arrivals({"events": ibis.memtable(events), "journeys": ibis.memtable(journeys)}, files)
    assert found[["source", "table", "month", "n"]].to_numpy().tolist() == [["visits", "journeys", "2025-01", 2], ["visits", "journeys", "2025-02", 1]]
    assert found["last"].max() == "2025-02-03"


def test_a_raw_row_speaks_of_its_first_time_whatever_came_of_it_later():
    events = pd.DataFrame({"source": ["a.csv:1", "a.csv:1", "a.csv:2"], "month": ["2024-12", "2025-01", "2024-12"],
                           "started_at": pd.to_datetime(["2024-12-30 10:00", "2025-01-09 10:00", "2024-12-31 23:30"], utc=True)})  # fmt: skip
    found = arrivals({"events": ibis.memtable(events)}, pd.DataFrame({"raw_source": ["visits"], "file": ["a.csv"]}))
    assert found[["month", "n"]].to_numpy().tolist() == [["2024-12", 2]], "a deposit paid back in January is no row of January"


def test_days_are_told_in_the_brands_zone_and_a_day_of_the_world_outside_stays_that_day():
    events = pd.DataFrame({"source": ["a.csv:1"], "month": ["2018-03"], "started_at": pd.to_datetime(["2018-04-01 02:52:42"], utc=True)})
    context = pd.DataFrame({"source": ["w.csv:1"], "month": ["2018-03"], "date": pd.to_datetime(["2018-03-31"], utc=True)})
    files = pd.DataFrame({"raw_source": ["visits", "weather"], "file": ["a.csv", "w.csv"]})
    found = arrivals({"events": ibis.memtable(events), "context": ibis.memtable(context)}, files, "America/Sao_Paulo")
    assert found["last"].tolist() == ["2018-03-31", "2018-03-31"]
    ledger = pd.DataFrame({"raw_source": ["visits", "weather"], "file": ["a.csv", "w.csv"], "rows_in": [1.0, 1.0]})
    whole = sources(found, ledger, "2018-03")
    assert whole["last"].tolist() == ["2018-03-31", "2018-03-31"] and arrival_message(whole, "2018-03")[0] == "arrival.both_here"


def test_a_month_with_clearly_fewer_than_half_the_usual_is_a_gap_and_a_small_series_has_none():
    n = dict.fromkeys(MONTHS, 400) | {"2025-06": 90, "2025-01": 3}
    found = by_month(arrived(files={"a.csv": n})).set_index("month")
    assert found.index[found["gap"]].tolist() == ["2025-06"] and found.loc["2025-06", "usual"] == 400, "a first month is seldom whole"
    few = dict.fromkeys(MONTHS, 8) | {"2025-06": 3}
    assert not by_month(arrived(files={"a.csv": few}))["gap"].any(), "3 beside 8 is chance"
    missing = {month: 400 for month in MONTHS if month != "2025-06"}
    assert by_month(arrived(files={"a.csv": missing})).set_index("month").loc["2025-06", ["n", "gap"]].tolist() == [0, True]


def test_noise_alone_makes_no_gap():
    draw = np.random.default_rng(0)
    wrong = sum(by_month(arrived(files={"a.csv": dict(zip(MONTHS, draw.poisson(60, 12), strict=True))}))["gap"].any() for _ in range(200))
    assert wrong <= 2


def test_rows_of_a_month_that_an_earlier_file_had_closed_came_late():
    files = {"a1.csv": {"2025-01": 500, "2025-02": 500, "2025-03": 200}, "a2.csv": {"2025-02": 7, "2025-03": 300, "2025-04": 500}}
    found = by_month(arrived(files=files)).set_index("month")
    assert found["late"].to_dict() == {"2025-01": 0, "2025-02": 7, "2025-03": 0, "2025-04": 0}, "March was under way"
    assert found.loc["2025-03", "n"] == 500


def test_a_file_that_stops_at_the_end_of_a_month_or_hardly_past_it_has_not_closed_it():
    old, new = {"2024-11": 500, "2024-12": 500, "2025-01": 20}, {"2024-12": 9, "2025-01": 480, "2025-02": 500}
    found = by_month(arrived(files={"2024.csv": old, "2025.csv": new, "late.csv": {"2024-12": 3}})).set_index("month")
    assert found["late"].to_dict() == {"2024-11": 0, "2024-12": 3, "2025-01": 0, "2025-02": 0}, "the later file goes on past December"


def test_a_source_that_stopped_is_told_first_and_one_without_months_is_named():
    ledger = pd.DataFrame({"raw_source": ["visits", "calls", "places"], "file": ["a.csv", "c.csv", "p.csv"], "rows_in": [1200.0, 900.0, 40.0]})
    both = pd.concat([arrived(files={"a.csv": dict.fromkeys(MONTHS, 100)}), arrived("calls", {"c.csv": dict.fromkeys(MONTHS[:9], 100)})], ignore_index=True)
    found = sources(both, ledger, "2025-12").set_index("source")
    assert found["standing"].to_dict() == {"visits": "arriving", "calls": "behind", "places": "undated"} and found.loc["calls", "behind"] == 3
    assert arrival_message(found.reset_index(), "2025-12")[0] == "arrival.some_behind"
    told = arrival_findings(found.reset_index(), by_month(both), list(MONTHS))
    assert [(f.message, f.args["label"], f.args["count"]) for f in told] == [("arrival.behind", "calls", 3)]


def test_a_month_reported_on_that_is_hardly_there_weighs_more_than_an_old_gap():
    n = dict.fromkeys(MONTHS, 400) | {"2025-12": 5, "2025-04": 20}
    rows = arrived(files={"a.csv": n})
    ledger = pd.DataFrame({"raw_source": ["visits"], "file": ["a.csv"], "rows_in": [4000.0]})
    told = arrival_findings(sources(rows, ledger, "2025-12"), by_month(rows), list(MONTHS))
    assert [f.message for f in told] == ["arrival.thin", "arrival.gap"] and told[0].weight > told[1].weight
    assert told[0].args["usual"] == 400 and told[0].value == 5
    assert not arrival_findings(sources(rows, ledger, "2025-03"), by_month(rows), ["2025-02", "2025-03"]), "gaps outside the window are not news"


@pytest.mark.parametrize("frame", [pd.DataFrame(columns=["raw_source", "file"])])
def test_nothing_that_came_has_no_months(frame):
    found = arrivals({}, frame)
    assert found.empty and by_month(found).empty
