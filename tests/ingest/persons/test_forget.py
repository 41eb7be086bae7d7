"""A forgotten person is in no byte of the brand's folder and reports, and does not come back."""

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime

import pandas as pd
import pytest

from cx_helpers.errors import DataError, UsageError
from cx_helpers.ingest.persons.forget import forget
from cx_helpers.ingest.persons.forgotten import read_marks
from cx_helpers.ingest.persons.privacy import brand_key, pseudonym
from cx_helpers.ingest.persons.traces import traces

NOW = datetime(2026, 4, 5, tzinfo=UTC)
ANA = ["K-00017", "Ana Pérez", "ana.perez@x.org", "600123456"]
SOURCES = """
sources:
  people:
    file: people.csv
    lookup: true
    fields:
      customer: {kind: identity, personal: id, purpose: join, reason: one person}
      first: {kind: identity, personal: name, purpose: cleaning, reason: named in comments}
      last: {kind: identity, personal: name, purpose: cleaning, reason: named in comments}
      email: {kind: identity, personal: email, purpose: join, reason: joins two systems}
      phone: {kind: identity, personal: phone, purpose: none, reason: in the export}
  orders:
    file: orders*.csv
    fields:
      customer: {kind: identity, personal: id, purpose: join, reason: one person}
  answers:
    file: answers.jsonl.gz
    fields:
      said: {kind: attitude, personal: free_text, purpose: what customers say}
  waits:
    file: waits.parquet
"""
PEOPLE = """customer,first,last,email,phone
K-00017,Ana,Pérez,ana.perez@x.org,600123456
K-00018,Bo,Li,bo@x.org,600999999
"""
ORDERS = """order_id,customer,started_at,ended_at,status,unit,value,region
o1,K-00017,2026-02-01 10:00,2026-02-01 11:00,completed,Soho,10,north
o2,K-00018,2026-03-02 10:00,2026-03-02 11:00,completed,Soho,20,north
o3,K-00017,2026-03-31 23:30,,open,Bank,xx,south
o4,K-00018,2026-01-02 10:00,2026-01-02 11:00,completed,Soho,20,north
"""
ANSWERS = [
    {"id": "a1", "order_id": "o1", "score": 9, "answered_at": "2026-02-01 13:00", "said": "Ana Pérez here, ana.perez@x.org"},
    {"id": "a2", "order_id": "o2", "score": 3, "answered_at": "2026-03-02 13:00", "said": "I stood behind Ana Pérez (K-00017), phone 600123456"},
]
COMMENTS = """SELECT id AS comment_id, order_id AS journey_id, 'survey' AS origin, said AS text, answered_at AS written_at, _source AS source
FROM answers"""
RESPONSES = """SELECT id AS response_id, order_id AS journey_id, 'overall' AS touchpoint, 'nps' AS metric, score, answered_at, _source AS source
FROM answers"""


@pytest.fixture
def town(shop, tmp_path, monkeypatch):
    """The shop with people, comments and pages of four months."""
    monkeypatch.setenv("CX_REPORTS", str(tmp_path / "reports"))
    shop.write("sources.yaml", SOURCES)
    shop.write("sql/comments.sql", COMMENTS)
    shop.write("sql/responses.sql", RESPONSES)
    for old in shop.raw.iterdir():
        old.unlink()
    shop.write("raw/people.csv", PEOPLE.encode("cp1252"))
    shop.write("raw/orders.csv", ORDERS)
    shop.write("raw/answers.jsonl.gz", gzip.compress("\n".join(json.dumps(row, ensure_ascii=False) for row in ANSWERS).encode()))
    waits = pd.DataFrame({"order_id": ["o1", "o2"], "seen": ["2026-02-01 10:05", "2026-03-02 10:40"], "minutes": ["5", "40"]})
    waits.to_parquet(shop.raw / "waits.parquet", compression="zstd")
    for month in ("2026-01", "2026-02", "2026-03"):
        page = tmp_path / "reports" / "shop" / month / "all" / "01_ingest.html"
        page.parent.mkdir(parents=True)
        page.write_text("a page")
    log = tmp_path / "reports" / ".logs" / "shop" / "2026-03" / "all" / "01_ingest.log"
    log.parent.mkdir(parents=True)
    log.write_text("KeyError: 'K-00017'")
    shop.ingest(now=NOW)
    finding = pd.DataFrame({"position": [1.0], "message": ["m"], "grade": ["described"]})
    for month in ("2026-01", "2026-03"):
        shop.lake.commit_results({"findings": finding}, month=month, audience="all", notebook="01_ingest")
    return shop


def standing(town, words) -> list[str]:
    reports = town.folder.parent.parent / "reports"
    return traces([town.folder, reports], [*words, pseudonym("K-00017", brand_key(town.folder))])


def test_what_is_to_be_forgotten_stands_there_before(town):
    """The search sees packed pages and archives: without that, its silence would prove nothing."""
    found = standing(town, ANA)
    assert "shop/raw/people.csv" in found and "shop/raw/answers.jsonl.gz" in found and any(".parquet" in place for place in found)
    assert any(place.startswith("reports/.logs/") for place in found)
    held = [place for place in standing(town, []) if place.startswith("shop/tables/journeys/")]
    assert held, "the pseudonym is in the tables"


def test_a_forgotten_person_is_in_no_byte_of_folder_and_reports(town):
    lines = forget(town.load(), ["K-00017"], now=NOW)
    assert standing(town, ANA) == [] and lines[-1] == "shop: found in no file of the brand's folder and reports any more."
    assert list(town.lake.frame("journeys")["journey_id"].sort_values()) == ["o2", "o4"]
    assert len(town.lake.frame("responses")) == 1 and len(town.lake.frame("inputs")) == 1
    assert town.lake.frame("comments")["text"].tolist() == ["I stood behind [forgotten] ([forgotten]), phone [forgotten]"]


def test_what_was_read_in_their_comments_goes_and_what_was_read_in_others_stays(town):
    labels = town.folder / "labels.csv"
    labels.write_text("comment_id,label,drawn\na1,joy,random\na2,none,random\n")
    assert "  labels.csv: 1 labels taken out." in forget(town.load(), ["K-00017"], now=NOW)
    assert labels.read_text() == "comment_id,label,drawn\na2,none,random\n"


def test_others_and_their_files_stay_as_they_were(town):
    forget(town.load(), ["K-00017"], now=NOW)
    assert (town.raw / "people.csv").read_bytes() == "customer,first,last,email,phone\nK-00018,Bo,Li,bo@x.org,600999999\n".encode("cp1252")
    assert (town.raw / "orders.csv").read_text() == "".join(line for line in ORDERS.splitlines(keepends=True) if "K-00017" not in line)
    assert pd.read_parquet(town.raw / "waits.parquet")["order_id"].tolist() == ["o2"]
    assert [json.loads(line)["id"] for line in gzip.decompress((town.raw / "answers.jsonl.gz").read_bytes()).decode().splitlines()] == ["a2"]


def test_the_tables_begin_a_new_log_and_months_from_the_first_on_are_restated(town, tmp_path):
    assert town.lake.versions["findings"] == 1
    forget(town.load(), ["K-00017"], now=NOW)
    assert set(town.lake.versions.values()) == {0}
    assert set(town.lake.current()["ingest"]["restated"]) == {"2026-02", "2026-03"}
    assert town.lake.frame("findings")["month"].tolist() == ["2026-01"]
    assert sorted(path.name for path in (tmp_path / "reports" / "shop").iterdir()) == ["2026-01"]
    assert not (tmp_path / "reports" / ".logs" / "shop").exists()
    assert not list((town.folder / "tables").glob(".parsed/*")) and not list(town.folder.glob("tables.*"))


def test_rows_in_are_accounted_for_afterwards(town):
    forget(town.load(), ["K-00017"], now=NOW)
    ledger = town.lake.frame("reconciliation")
    assert (ledger["rows_in"] == ledger["accepted"] + ledger["quarantined"] + ledger["superseded"]).all() and ledger["rows_in"].sum() == 5


def test_a_later_export_does_not_bring_the_person_back(town):
    forget(town.load(), ["K-00017"], now=NOW)
    town.write("raw/orders_2.csv", ORDERS.replace("o3,", "o9,"))
    town.write("raw/people.csv", PEOPLE.encode("cp1252"))
    town.ingest(now=NOW)
    hidden = pseudonym("K-00017", brand_key(town.folder))
    assert hidden not in set(town.lake.frame("journeys")["customer_id"]) and len(town.lake.frame("journeys")) == 2
    told = town.lake.frame("quarantine").query("reason == 'of a person who was forgotten'")
    assert len(told) == 3 and told["found"].isna().all()
    assert not [place for place in standing(town, ["600123456"]) if place.startswith("shop/tables/")], "no parsed copy is kept either"


def test_files_that_lie_elsewhere_stay_and_are_named_and_not_read_again(town, tmp_path, monkeypatch):
    elsewhere = tmp_path / "export"
    town.raw.rename(elsewhere)
    town.write("sources.yaml", f"raw: {elsewhere}\n" + SOURCES)
    lines = forget(town.load(), ["K-00017"], now=NOW)
    assert (elsewhere / "orders.csv").read_text() == ORDERS
    assert "  orders.csv: lies outside the brand's folder and stays as it is; its rows are not read again." in lines
    assert standing(town, ANA) == []
    assert sorted(town.lake.frame("journeys")["journey_id"]) == ["o2", "o4"] and "[name]" in town.lake.frame("comments")["text"].iloc[0]


def test_a_dry_run_tells_what_would_go_and_changes_nothing(town):
    before = {path: path.read_bytes() for path in town.raw.iterdir()}
    tables = town.tables
    lines = forget(town.load(), ["K-00017"], dry_run=True, now=NOW)
    assert lines[0] == "shop: 5 raw rows in 4 files, 2 journeys; pages and results of months 2026-02 to 2026-03." and lines[-1] == "Nothing was changed."
    assert {path: path.read_bytes() for path in town.raw.iterdir()} == before and town.tables == tables
    assert not read_marks(town.folder)


def test_an_unknown_id_is_refused_and_nothing_is_changed(town):
    tables = town.tables
    with pytest.raises(UsageError, match=r"shop: K-99999: no raw file holds this customer id\."):
        forget(town.load(), ["K-00017", "K-99999"], now=NOW)
    assert town.tables == tables and standing(town, ["K-00017"])


def test_the_list_of_marks_holds_neither_id_nor_pseudonym_and_needs_its_key(town):
    forget(town.load(), ["K-00017"], now=NOW)
    listed = (town.folder / "forgotten.json").read_text()
    assert "K-00017" not in listed and pseudonym("K-00017", brand_key(town.folder)) not in listed
    assert (town.folder / "forgotten.json").stat().st_mode & 0o777 == 0o600
    (town.folder / "key").unlink()
    with pytest.raises(DataError, match=r"shop/forgotten\.json: made with another key"):
        town.ingest(force=True, now=NOW)


def test_the_command_forgets_and_renews_the_contents_pages(town):
    done = subprocess.run([sys.executable, "-m", "cx_helpers.cli", "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    code = "import sys; sys.argv = ['cx', 'forget', 'shop', 'K-00017']; from cx_helpers.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and "K-00017" not in done.stdout
    assert standing(town, ANA) == []


AGENTS = SOURCES.replace("      customer: {kind: identity, personal: id, purpose: join, reason: one person}\n  answers", """      customer: {kind: identity, personal: id, purpose: join, reason: one person}
      agent: {kind: identity, personal: id, purpose: service, reason: who served}
  answers""")  # fmt: skip


@pytest.fixture
def served(town):
    """K-00017 and K-00018 were both served by one agent, whose column SQL reads."""
    town.write("sources.yaml", AGENTS)
    lines = ORDERS.splitlines()
    town.write("raw/orders.csv", "\n".join([lines[0] + ",agent", *(line + ",AG-00001" for line in lines[1:])]) + "\n")
    town.change("sql/journeys.sql", "FROM orders", "FROM orders WHERE agent IS NOT NULL")
    return town


def test_an_agent_of_two_customers_does_not_draw_the_other_in(served):
    lines = forget(served.load(), ["K-00017"], now=NOW)
    assert lines[0].startswith("shop: 5 raw rows") and any("orders.agent: AG-00001 stands beside others too" in line for line in lines)
    kept = (served.raw / "orders.csv").read_text()
    assert "K-00017" not in kept and kept.count("K-00018") == 2 and kept.count("AG-00001") == 2
    assert sorted(served.lake.frame("journeys")["journey_id"]) == ["o2", "o4"]


def test_an_id_that_leads_to_several_customers_is_refused_and_names_them(served):
    before = (served.raw / "orders.csv").read_text()
    with pytest.raises(UsageError, match=r"shop: AG-00001: stands beside 2 customers in orders\.customer \(K-00017, K-00018\)\. Name each customer"):
        forget(served.load(), ["AG-00001"], now=NOW)
    assert (served.raw / "orders.csv").read_text() == before


def test_rows_keyed_by_an_address_go_however_it_is_written(town):
    town.write("sources.yaml", SOURCES + "  letters:\n    file: letters.jsonl\n    fields:\n      mail: {kind: identity, personal: email, purpose: join, reason: joins}\n")
    rows = [{"mail": " ANA.Perez@X.org ", "said": "lovely secret"}, {"mail": "bo@x.org", "said": "fine"}]
    town.write("raw/letters.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    town.write("sql/context.sql", "SELECT '2026-02-01' AS date, 'all' AS region, 'letters' AS factor, count(*) AS value, min(_source) AS source FROM letters")
    forget(town.load(), ["K-00017"], now=NOW)
    assert [json.loads(line)["mail"] for line in (town.raw / "letters.jsonl").read_text().splitlines()] == ["bo@x.org"]
    assert standing(town, ["lovely secret"]) == []


def test_ids_that_differ_in_capitals_only_are_two_people(town):
    raw = town.folder / "raw"
    (raw / "people.csv").write_text(PEOPLE + "k-00017,Cleo,Ruiz,cleo@x.org,600777777\n")
    (raw / "orders.csv").write_text(ORDERS + "o5,k-00017,2026-03-05 10:00,2026-03-05 11:00,completed,Bank,30,south\n")
    town.ingest(now=NOW)
    lines = forget(town.load(), ["K-00017"], now=NOW)
    assert lines[-1] == "shop: found in no file of the brand's folder and reports any more."
    assert "k-00017,Cleo" in (raw / "people.csv").read_text() and "o5,k-00017" in (raw / "orders.csv").read_text()
    assert "o5" in set(town.lake.frame("journeys")["journey_id"]) and "o1" not in set(town.lake.frame("journeys")["journey_id"])
    (raw / "orders_2026-05.csv").write_text(ORDERS.splitlines()[0] + "\no6,k-00017,2026-04-01 10:00,,open,Bank,1,south\no7,K-00017,2026-04-01 11:00,,open,Bank,1,south\n")
    town.ingest(now=NOW)
    assert {"o6"} <= set(town.lake.frame("journeys")["journey_id"]) and "o7" not in set(town.lake.frame("journeys")["journey_id"])


def test_an_id_typed_in_other_capitals_goes_where_nobody_else_has_it(town):
    (town.folder / "raw" / "waits_note.txt").write_text("k-00017 called")
    assert traces([town.folder], ["K-00017"]) and not traces([town.folder / "raw" / "waits_note.txt"], ["K-00017"], ["K-00017"])
    assert [place for place in traces([town.folder], ["K-00017"], ["K-00017"]) if "note" in place] == []
