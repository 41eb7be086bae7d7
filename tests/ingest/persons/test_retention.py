"""What is kept too long falls: from tables, old versions and parsed copies; the months are named."""

from datetime import UTC, datetime

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cx_helpers.errors import DataError
from cx_helpers.ingest.persons.privacy import brand_key, pseudonym
from cx_helpers.ingest.persons.traces import traces

HELD = "    columns: [order_id, customer, started_at]\n"
EARLY, LATE = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)


@pytest.fixture
def kept(shop):
    shop.change("sources.yaml", HELD, HELD + "    held: {keep_days: 48, by: started_at}\n")
    return shop


def everything(folder) -> str:
    """Every byte, and every cell of every Parquet file."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            found.append(path.read_bytes().decode("latin-1"))
            if path.suffix == ".parquet":
                found += [str(cell) for column in pq.ParquetFile(path).read().to_pydict().values() for cell in column]
    return "\n".join(found)


def test_rows_fall_on_their_day_without_a_new_file(kept):
    kept.ingest(now=EARLY)
    assert len(kept.lake.frame("journeys")) == 3
    assert not kept.ingest(now=datetime(2026, 4, 18, tzinfo=UTC)).changed
    assert kept.ingest(now=LATE).changed
    assert list(kept.lake.frame("journeys")["journey_id"]) == ["o3"]
    assert not kept.ingest(now=LATE).changed


def test_what_fell_is_counted_and_told_without_its_content(kept):
    kept.ingest(now=LATE)
    row = kept.lake.frame("reconciliation").set_index("file").loc["orders.csv"]
    assert (row["rows_in"], row["accepted"], row["quarantined"]) == (3, 1, 2)
    told = kept.lake.frame("quarantine").query("file == 'orders.csv'")
    assert set(told["reason"]) == {"older than the 48 days that orders is kept"} and told["found"].isna().all()


def test_old_versions_and_parsed_copies_go_too_and_their_months_are_named(kept):
    kept.ingest(now=EARLY)
    assert "o2" in everything(kept.folder / "tables" / "journeys")
    kept.ingest(now=LATE)
    assert kept.lake.versions["journeys"] == 0, "a new log"
    left = everything(kept.folder / "tables" / "journeys") + everything(kept.folder / "tables" / "responses")
    assert "o2" not in left and "o3" in left
    assert not [path for path in (kept.folder / "tables" / ".parsed").rglob("*.parquet") if "o2" in pq.read_table(path).to_pydict().get("order_id", []) and "started_at" in pq.read_table(path).column_names]
    parsed = kept.folder / "tables" / ".parsed"
    assert {path.stem for path in parsed.rglob("*.json")} == {path.stem for path in parsed.rglob("*.parquet")}, "nor is what is known of them"
    assert kept.lake.current()["ingest"]["restated"] == {"2026-03": "retention"}
    assert sorted(path.name for path in kept.folder.iterdir() if path.name.startswith("tables")) == ["tables"]


def test_nothing_falls_before_its_day(kept):
    kept.ingest(now=EARLY)
    kept.write("raw/orders_2.csv", "order_id,customer,started_at,ended_at,status,unit,value,region\no4,c3,2026-03-30 10:00,,open,Bank,1,south\n")
    kept.ingest(now=EARLY)
    assert kept.lake.current()["ingest"]["restated"] == {} and len(kept.lake.frame("journeys")) == 4
    assert kept.lake.versions["journeys"] > 0


def test_results_of_pages_stay(kept):
    kept.ingest(now=EARLY)
    finding = pd.DataFrame({"position": [1.0], "message": ["m"], "grade": ["described"]})
    kept.lake.commit_results({"findings": finding}, month="2026-03", audience="all", notebook="01_ingest")
    kept.ingest(now=LATE)
    assert len(kept.lake.frame("findings")) == 1


def test_values_of_a_field_fall_and_their_rows_stay(shop):
    shop.change("sources.yaml", HELD, HELD + "    held: {by: started_at}\n    fields:\n      region: {kind: descriptive, keep_days: 48}\n")
    shop.ingest(now=EARLY)
    assert shop.lake.frame("journeys")["region"].notna().all()
    shop.ingest(now=LATE)
    assert dict(zip(shop.lake.frame("journeys")["journey_id"], shop.lake.frame("journeys")["region"].notna(), strict=True)) == {"o1": False, "o2": False, "o3": True}


def test_a_column_to_count_from_that_is_not_there_is_refused(shop):
    shop.change("sources.yaml", HELD, HELD + "    held: {keep_days: 48, by: begun}\n")
    with pytest.raises(DataError, match=r"orders: days to keep count from 'begun', which is no column of its files"):
        shop.ingest(now=EARLY)


def test_a_change_of_folders_that_was_killed_is_finished(kept):
    kept.ingest(now=LATE)
    before = kept.tables
    (kept.folder / "tables").rename(kept.folder / "tables.next")
    (kept.folder / "tables.gone").mkdir()
    assert not kept.ingest(now=LATE).changed
    assert kept.tables == before and not (kept.folder / "tables.gone").exists()


def test_a_row_whose_age_cannot_be_told_is_not_kept(kept):
    kept.change("raw/orders.csv", "2026-03-31 23:30", "31/03/2026 23:30")
    kept.ingest(now=EARLY)
    assert "o3" not in set(kept.lake.frame("journeys")["journey_id"])
    assert "its age cannot be told: started_at is no time" in set(kept.lake.frame("quarantine")["reason"])


def test_times_that_cannot_be_read_are_refused_where_days_to_keep_count_from_them(kept):
    for day in ("01", "02", "31"):
        kept.change("raw/orders.csv", f",2026-03-{day} ", f",{day}/03/2026 ")
    with pytest.raises(DataError, match=r"shop: orders\.started_at: 3 of 3 cells are no time as 2026-01-31 10:00, so days to keep cannot be counted\."):
        kept.ingest(now=EARLY)


COMMENTS = "SELECT order_id AS comment_id, order_id AS journey_id, 'survey' AS origin, said AS text, started_at AS written_at, _source AS source FROM orders"
PLANTED = ["cust-old-771", "the violet umbrella", "seven-hundred-ish", "unheard-of-status"]


def test_what_is_too_old_is_in_no_byte_of_tables_quarantine_logs_and_reports(shop, monkeypatch):
    """Raw exports are their owner's, and say what they say; nothing that was made of them does any more."""
    reports = shop.folder.parent.parent / "reports"
    monkeypatch.setenv("CX_REPORTS", str(reports))
    raw = shop.folder / "raw" / "orders.csv"
    header, *rows = raw.read_text().splitlines()
    old = "o8,cust-old-771,2026-01-05 10:00,,unheard-of-status,Soho,seven-hundred-ish,north,I left the violet umbrella"
    raw.write_text("\n".join([f"{header},said", *(f"{row},fine" for row in rows), old]) + "\n")
    (shop.folder / "sql" / "comments.sql").write_text(COMMENTS)
    entry = "{kind: attitude, personal: free_text, purpose: hear them}"
    shop.change("sources.yaml", HELD, HELD + f"    held: {{keep_days: 100, by: started_at}}\n    fields: {{said: {entry}}}\n")
    shop.ingest(now=EARLY)
    made = [path for path in shop.folder.iterdir() if path.name != "raw"]
    before = "".join(everything(path) if path.is_dir() else path.read_bytes().decode("latin-1") for path in made)
    assert "violet umbrella" in before and "seven-hundred-ish" in before, "it stood there before"
    shop.ingest(now=datetime(2026, 5, 1, tzinfo=UTC))
    hidden = [pseudonym("cust-old-771", brand_key(shop.folder))]
    found = traces([path for path in shop.folder.iterdir() if path.is_dir() and path.name != "raw"] + [reports], [*PLANTED, *hidden])
    assert found == []
    assert traces([shop.folder / "raw"], PLANTED[:1]) == ["raw/orders.csv"], "the search finds what is there"
