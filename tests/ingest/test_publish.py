"""A publication is all or nothing: whatever goes wrong, readers see the last one whole, and the next ingest mends it."""

import json
import os
import subprocess
import sys

import pytest

from cx_helpers.errors import DataError
from cx_helpers.tables.lake import Lake
from cx_helpers.tables.result_contracts import LEDGERS

CODE = """
import sys
from cx_helpers.config import load_brand
from cx_helpers.ingest import ingest
{before}
print(ingest(load_brand("shop")).lines[0])
"""
KILLED = """
import os
from cx_helpers.tables.lake import Lake
from cx_helpers.tables.result_contracts import LEDGERS
commit = Lake._commit
def first_only(self, *given):
    commit(self, *given)
    os._exit(9)
Lake._commit = first_only
"""


def separately(shop, before="", **environment) -> subprocess.Popen:
    env = {**os.environ, "CX_DATA": str(shop.folder.parent), **environment}
    return subprocess.Popen([sys.executable, "-c", CODE.format(before=before)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def values(shop) -> dict[str, float]:
    return shop.lake.frame("journeys").set_index("journey_id")["value"].to_dict()


def test_an_ingest_says_what_became_of_the_rows(shop):
    assert shop.ingest().lines == [
        "shop: 8 rows in 3 files = 8 accepted + 0 quarantined + 0 superseded.",
        "  journeys: 3 rows", "  inputs: 2 rows", "  responses: 3 rows",
    ]  # fmt: skip
    assert shop.lake.versions.keys() == {"journeys", "inputs", "responses", *LEDGERS}


def test_unchanged_files_are_skipped_and_nothing_is_written(shop):
    shop.ingest()
    before = shop.tables
    for path in shop.raw.iterdir():
        os.utime(path, (1, 1))
    again = shop.ingest()
    assert (again.changed, again.lines) == (False, ["shop: 3 raw files unchanged, nothing to do."])
    assert shop.tables == before


def test_the_same_file_under_another_name_changes_no_row(shop):
    shop.ingest()
    before = {name: shop.lake.frame(name) for name in ("journeys", "responses", "inputs")}
    shop.write("raw/orders_again.csv", (shop.raw / "orders.csv").read_bytes())
    assert shop.ingest().lines[0] == "shop: 11 rows in 4 files = 8 accepted + 0 quarantined + 3 superseded."
    for name, frame in before.items():
        assert shop.lake.frame(name).sort_values("source", ignore_index=True).equals(frame.sort_values("source", ignore_index=True)), name


def test_a_corrected_file_replaces_its_rows(shop):
    shop.ingest()
    shop.change("raw/orders.csv", "Soho,10,north", "Soho,11,north")
    shop.change("raw/orders.csv", "o3,c1,2026-03-31 23:30,,open,Bank,30,south\n", "")
    shop.change("raw/answers.csv", "a3,o3,,2026-04-01 12:00,\n", "")
    shop.ingest()
    assert values(shop) == {"o1": 11, "o2": 20}


def test_months_are_those_of_the_brands_own_clock(shop):
    shop.ingest()
    journeys = shop.lake.frame("journeys").set_index("journey_id")
    assert journeys["month"].to_dict() == {"o1": "2026-03", "o2": "2026-03", "o3": "2026-03"}
    assert str(journeys.loc["o3", "started_at"]) == "2026-03-31 21:30:00+00:00", "Madrid is two hours ahead after the clock change"
    assert str(journeys.loc["o1", "started_at"]) == "2026-03-01 09:00:00+00:00"


def test_customers_are_stored_under_pseudonyms_that_hold_together(shop):
    shop.change("raw/orders.csv", ",c1,", ",Ana Example,")
    shop.ingest()
    people = shop.lake.frame("journeys").set_index("journey_id")["customer_id"]
    assert people["o1"] == people["o3"] != people["o2"] and all(len(name) == 32 for name in people)
    parquet = b"".join(content for name, content in shop.tables.items() if "journeys/" in name)
    assert people["o1"].encode() in parquet and b"Ana Example" not in parquet
    assert oct((shop.folder / "key").stat().st_mode)[-3:] == "600"


WRONG = {
    "a missing file": (lambda s: (s.raw / "answers.csv").unlink(), "shop: source answers: no file answers\\*.csv in .*Put it there, or mend file or raw in sources.yaml."),
    "an optional file that was there": (lambda s: (s.raw / "waits.csv").unlink(), "shop: waits.csv was read by the last ingest and is gone from"),
    "a broken file": (lambda s: s.write("raw/answers.csv", 'id,order_id,score\na1,o1,"9'), "shop: answers.csv: "),
    "an emptied file": (lambda s: s.write("raw/answers.csv", ""), r"shop: answers.csv: the file is empty \(0 bytes\). Export it again."),
    "a file of its header": (lambda s: s.write("raw/answers.csv", "id,order_id,score,asked_at,answered_at\n"), "shop: table responses would be empty. Check the files of its sources; the last publication stays."),
    "rows that all fall": (lambda s: s.change("raw/waits.csv", "2026-03-0", "March "), r"shop: table inputs would be empty; set aside: measured_at is not a time \(2 rows\)."),
    "SQL that DuckDB refuses": (lambda s: s.change("sql/inputs.sql", "minutes AS value", "minuts AS value"), r"shop/sql/inputs.sql: DuckDB refuses it \(Binder Error: .*Mend the SELECT."),
    "SQL without a needed column": (lambda s: s.change("sql/inputs.sql", "minutes AS value, ", ""), r"shop/sql/inputs.sql: the SELECT gives no value. Add it"),
    "SQL that fails on a row": (lambda s: s.change("sql/inputs.sql", "minutes AS value", "CAST(order_id AS DOUBLE) AS value"), r"shop/sql/inputs.sql: failed on these rows \(Conversion Error: .*Use TRY_CAST"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_goes_wrong_is_one_line_and_the_last_publication_stays(shop, name):
    shop.ingest()
    before = shop.tables
    spoil, said = WRONG[name]
    spoil(shop)
    with pytest.raises(DataError, match=said) as caught:
        shop.ingest()
    assert "\n" not in str(caught.value)
    assert shop.tables == before


def test_every_unreadable_file_is_told_at_once(shop):
    shop.write("raw/orders.csv", "")
    shop.write("raw/answers.csv", "<html>")
    with pytest.raises(DataError) as caught:
        shop.ingest()
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == ["orders.csv", "answers.csv"]


def test_a_brand_whose_sources_are_all_optional_and_absent_is_told(shop):
    for name in ("orders", "answers"):
        shop.change("sources.yaml", f"file: {name}*.csv", f"file: {name}*.csv\n    optional: true")
    for path in shop.raw.iterdir():
        path.unlink()
    with pytest.raises(DataError, match="shop: no raw file at all in .*Put the exports there"):
        shop.ingest()


def test_an_optional_source_without_a_file_leaves_its_table_empty(shop):
    (shop.raw / "waits.csv").unlink()
    shop.ingest()
    assert shop.lake.frame("inputs").empty and len(shop.lake.frame("journeys")) == 3


def test_a_table_that_the_brand_no_longer_fills_is_current_no_more(shop):
    shop.ingest()
    (shop.folder / "sql" / "inputs.sql").unlink()
    shop.change("sources.yaml", "optional: true", "lookup: true")
    shop.ingest()
    assert "inputs" not in shop.lake.versions and shop.lake.frame("inputs").empty


def test_two_sheets_of_a_workbook_are_two_sources_whose_rows_are_told_apart(shop):
    import openpyxl

    book = openpyxl.Workbook()
    for sheet, name in ((book.active, "orders"), (book.create_sheet("answers"), "answers")):
        for line in (shop.raw / f"{name}.csv").read_text().splitlines():
            sheet.append(line.split(","))
    book.active.append(["o9", "c1", "never", None, "open", "Soho", 1, "north"])
    book.save(shop.raw / "all.xlsx")
    shop.change("sources.yaml", "file: orders*.csv", "file: all.xlsx")
    shop.change("sources.yaml", "file: answers*.csv", "file: all.xlsx\n    sheet: answers")
    shop.ingest()
    ledger = shop.lake.frame("reconciliation").set_index("file")
    assert list(ledger.loc["all.xlsx[orders]", ["rows_in", "accepted", "quarantined"]]) == [4, 3, 1]
    assert list(ledger.loc["all.xlsx[answers]", ["rows_in", "accepted", "quarantined"]]) == [3, 3, 0]


def test_files_of_one_name_in_two_folders_are_told_apart(shop):
    header = (shop.raw / "orders.csv").read_text().splitlines()[0]
    shop.write("raw/2027/orders.csv", f"{header}\no4,c4,2027-01-05 10:00,,open,Soho,1,north\n")
    shop.change("sources.yaml", "file: orders*.csv", "file: '**/orders.csv'")
    shop.ingest()
    assert shop.lake.frame("journeys").set_index("journey_id")["source"].to_dict()["o4"] == "2027/orders.csv:1"
    assert set(shop.lake.frame("reconciliation")["file"]) >= {"orders.csv", "2027/orders.csv"}


def test_a_kill_between_two_commits_shows_the_old_publication_and_the_next_ingest_mends_it(shop):
    shop.ingest()
    current = (shop.folder / "tables" / "current.json").read_bytes()
    shop.change("raw/orders.csv", "Soho,10,north", "Soho,11,north")
    shop.change("raw/answers.csv", "a1,o1,9", "a1,o1,0")
    killed = separately(shop, KILLED)
    assert killed.wait(120) == 9, killed.stderr.read()
    assert (shop.folder / "tables" / "current.json").read_bytes() == current
    assert values(shop)["o1"] == 10 and shop.lake.frame("responses")["score"].max() == 9
    from deltalake import DeltaTable

    assert DeltaTable(shop.folder / "tables" / "journeys").version() == shop.lake.versions["journeys"] + 1, "the kill came after a commit"
    shop.ingest()
    assert values(shop)["o1"] == 11 and shop.lake.frame("responses")["score"].max() == 3


def test_two_ingests_at_once_do_no_damage(shop):
    runs = [separately(shop), separately(shop)]
    said = sorted(run.communicate(timeout=120)[0].strip() for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert said == ["shop: 3 raw files unchanged, nothing to do.", "shop: 8 rows in 3 files = 8 accepted + 0 quarantined + 0 superseded."]
    assert set(shop.lake.versions.values()) == {0} and len(shop.lake.frame("journeys")) == 3


def test_an_old_publication_can_be_read_again(shop):
    shop.ingest()
    old = shop.lake.versions
    shop.change("raw/orders.csv", "Soho,10,north", "Soho,11,north")
    shop.ingest()
    frame = Lake(shop.folder / "tables", old).frame("journeys").set_index("journey_id")
    assert frame.loc["o1", "value"] == 10 and values(shop)["o1"] == 11


def test_a_full_disk_is_one_line_and_the_old_state_stays(shop, tmp_path):
    shop.ingest()
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        subprocess.run(["cp", "-a", f"{shop.folder}/.", disk], check=True)
        os.rename(shop.folder, shop.folder.with_name("kept"))
        shop.folder.symlink_to(disk)
        before, seen = (disk / "tables" / "current.json").read_bytes(), values(shop)
        shop.change("raw/orders.csv", "Soho,10,north", "Soho,11,north")
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1024)):
                    pass
            except OSError:
                pass
        env = {**os.environ, "CX_DATA": str(shop.folder.parent)}
        command = [sys.executable, "-c", "from cx_helpers.cli import main; main()", "ingest", "shop"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 1 and "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "No space left" in done.stderr or "full" in done.stderr
        assert (disk / "tables" / "current.json").read_bytes() == before and values(shop) == seen
        filler.unlink()
        shop.ingest()
        assert values(shop)["o1"] == 11
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_the_record_names_each_file_by_its_content(shop):
    shop.ingest()
    record = json.loads((shop.folder / "tables" / "current.json").read_text())
    assert set(record["ingest"]["files"]) == {"orders/orders.csv", "answers/answers.csv", "waits/waits.csv"}
    assert record["tables"]["journeys"]["rows"] == 3


def files_of(shop, table, month):
    return sorted(name for name in shop.tables if name.startswith(f"{table}/month={month}/"))


def april(shop):
    header = (shop.raw / "orders.csv").read_text().splitlines()[0]
    shop.write("raw/orders_april.csv", f"{header}\no4,c2,2026-04-05 10:00,,open,Soho,40,north\n")


def test_a_month_that_arrives_late_is_added_and_the_others_are_not_written_again(shop):
    shop.ingest()
    march, versions = files_of(shop, "journeys", "2026-03"), shop.lake.versions
    april(shop)
    shop.ingest()
    assert files_of(shop, "journeys", "2026-03") == march and files_of(shop, "journeys", "2026-04")
    assert values(shop) == {"o1": 10, "o2": 20, "o3": 30, "o4": 40}
    assert shop.lake.versions["journeys"] == versions["journeys"] + 1
    assert {name for name, version in shop.lake.versions.items() if version == versions[name]} >= {"inputs", "responses", "quarantine", "checks"}


def test_rows_that_left_the_export_leave_the_tables_and_are_counted(shop):
    april(shop)
    shop.ingest()
    assert shop.lake.frame("reconciliation")["left"].sum() == 0
    shop.change("raw/orders.csv", "o2,c2,2026-03-02 10:00,2026-03-02 11:00,completed,Bank,20,north\n".replace("Bank", "Soho"), "")
    shop.change("raw/answers.csv", "a2,o2,3,2026-03-02 12:00,2026-03-02 13:00\n", "")
    shop.change("raw/orders.csv", "Soho,10,north", "Soho,11,north")
    lines = shop.ingest().lines
    assert "  orders.csv: 1 rows left the export, and the tables with it." in lines
    assert shop.lake.frame("reconciliation").set_index("file")["left"].to_dict() == {"orders.csv": 1, "orders_april.csv": 0, "answers.csv": 1, "waits.csv": 0}
    assert values(shop) == {"o1": 11, "o3": 30, "o4": 40}
    assert sorted(shop.lake.frame("responses")["response_id"]) == ["a1", "a3"]


def test_a_row_that_falls_by_its_content_has_not_left_the_export(shop):
    shop.ingest()
    shop.change("raw/orders.csv", "o2,c2,2026-03-02 10:00", "o2,c2,2 March")
    shop.ingest()
    assert values(shop) == {"o1": 10, "o3": 30} and shop.lake.frame("reconciliation")["left"].sum() == 0


def test_a_version_that_a_killed_run_left_is_not_built_on(shop):
    april(shop)
    shop.ingest()
    shop.change("raw/orders.csv", "Soho,10,north", "Soho,11,north")
    killed = separately(shop, KILLED)
    assert killed.wait(240) == 9, killed.stderr.read()
    shop.change("raw/orders.csv", "Soho,11,north", "Soho,10,north")
    shop.change("raw/orders_april.csv", "Soho,40,north", "Soho,41,north")
    shop.ingest()
    assert values(shop) == {"o1": 10, "o2": 20, "o3": 30, "o4": 41}, "March is as published, not as the killed run wrote it"


def test_what_killed_runs_leave_is_swept_by_the_next(shop):
    shop.ingest()
    tables = shop.folder / "tables"
    half = tables / "journeys" / "month=2026-03" / "part-half.parquet"
    for path in (half, tables / ".work" / "journeys.parquet", tables / ".current.99.json"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"cut")
    shop.ingest()
    assert not half.exists() and not (tables / ".work").exists() and not (tables / ".current.99.json").exists()
    assert values(shop) == {"o1": 10, "o2": 20, "o3": 30}


KILLED_AT = """
import os, threading, time
def strike():
    time.sleep({moment})
    os._exit(9)
threading.Thread(target=strike, daemon=True).start()
"""
MOMENTS = [0.05, 0.2, 0.4]


@pytest.mark.parametrize("moment", [*MOMENTS, *(pytest.param(0.03 * n, marks=pytest.mark.long) for n in range(1, 41))])
def test_a_kill_at_any_moment_leaves_the_old_state_or_the_new_in_all_tables(shop, moment):
    april(shop)
    shop.ingest()
    shop.change("raw/orders.csv", "Soho,10,north", "Soho,11,north")
    shop.change("raw/answers.csv", "a1,o1,9", "a1,o1,0")
    separately(shop, "import cx_helpers.ingest.publish, duckdb, deltalake" + KILLED_AT.format(moment=moment)).wait(240)
    scores = shop.lake.frame("responses").set_index("response_id")["score"]
    assert (values(shop)["o1"], scores["a1"]) in {(10, 9), (11, 0)}
    shop.ingest()
    scores = shop.lake.frame("responses").set_index("response_id")["score"]
    assert (values(shop), scores["a1"]) == ({"o1": 11, "o2": 20, "o3": 30, "o4": 40}, 0)
