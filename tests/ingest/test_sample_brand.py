"""The made-up brand through the whole ingest: every planted defect has the fate that TRUTH.md states."""

import csv
import gzip
import io
import re

import openpyxl
import pyarrow.parquet as pq
import pytest

from cx_helpers.config import load_brand
from cx_helpers.ingest import ingest
from cx_helpers.sample import make
from cx_helpers.sample.defects import DEFECTS
from cx_helpers.sample.export import permitted
from cx_helpers.tables.lake import Lake

RENTALS = 3_000
REFUSED = "no permission for service_improvement"
FATES = {"quarantined": "quarantined", "superseded": "superseded", "quarantined in part": "in_part"}


@pytest.fixture
def lake(sample_data):
    return Lake(sample_data / "sample" / "tables")


@pytest.fixture
def told(lake):
    return lake.frame("quarantine")


@pytest.fixture
def files(lake, told):
    """A row a file: its fates, rows held out for lack of permission counted apart."""
    rows = lake.frame("reconciliation").set_index("file")
    held_out = told[told["reason"] == REFUSED].groupby("file")["row"].nunique().reindex(rows.index).fillna(0)
    return rows.assign(held_out=held_out, quarantined=rows["quarantined"] - held_out)


@pytest.fixture(scope="module")
def frames():
    return make(rentals=RENTALS)


@pytest.fixture(scope="module")
def free(frames):
    """Customers who permit the use of their data, and a frame's rows of them."""
    known = set(permitted(frames["permissions"]))
    return lambda name: frames[name][frames[name]["customer_no"].isin(known)]


def counted(path) -> int:
    """Records of a raw file, by means that the ingest does not use."""
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).metadata.num_rows
    if path.suffix == ".xlsx":
        return sum(1 for row in openpyxl.load_workbook(path).active.iter_rows(min_row=5, values_only=True) if any(row))
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.suffix == ".jsonl":
        return len(data.decode().splitlines())
    yard = path.name.startswith("operations")
    lines = csv.reader(io.StringIO(data.decode("cp1252" if yard else "utf-8"), newline=""), delimiter=";" if yard else ",")
    return sum(1 for _ in lines) - (3 if path.name.startswith(("pulse", "relationship")) else 1)


def test_rows_in_are_the_rows_that_another_counter_finds(files, sample_data):
    raw = sample_data / "sample" / "raw"
    assert set(files.index) == {path.name for path in raw.iterdir()} - {"actions.csv", "labels.csv"}  # read by other rooms
    for file, row in files.iterrows():
        assert row["rows_in"] == counted(raw / file), file
    whole = files[["accepted", "quarantined", "superseded", "held_out"]].sum(axis=1)
    assert (files["rows_in"] == whole).all()


def test_each_file_loses_exactly_what_was_planted(files):
    assert {item.fate for item in DEFECTS.values()} == {*FATES, "accepted"}
    for file in files.index:
        for fate, column in FATES.items():
            planted = sum(item.rows for item in DEFECTS.values() if item.file == file and item.fate == fate)
            assert files.loc[file, column] == planted, f"{file} {fate}"
    for item in DEFECTS.values():
        if item.fate == "accepted":
            assert files.loc[item.file, "accepted"] >= (item.rows or files.loc[item.file, "rows_in"] - files.loc[item.file, "held_out"]), item


def test_each_defect_is_told_by_its_own_reason(told):
    """And nothing else is told: a reason that no defect explains would be a fault of the brand's SQL."""
    given = told[told["reason"] != REFUSED]
    for name, item in DEFECTS.items():
        if item.reason:
            mine = given[(given["file"] == item.file) & given["reason"].str.startswith(item.reason)]
            assert mine["row"].nunique() >= item.rows, name
    planted = {(item.file, row) for item in DEFECTS.values() if item.reason for row in given.loc[given["file"] == item.file, "row"]}
    assert len(planted) == sum(item.rows for item in DEFECTS.values() if item.reason)


def test_one_cell_is_one_reason(told):
    assert not (told.duplicated(["file", "row", "table", "column", "reason"]) & (told["table"] == "journeys")).any()
    dates = told[(told["table"] == "journeys") & (told["column"] == "started_at")]
    assert dates["reason"].tolist() == ["started_at is not a time"] * 4 and dates["found"].str.contains("-02-30").all()


def test_the_page_of_truths_states_these_numbers(repo):
    stated = re.findall(r"\| (\S+) \| .* \| (\d+|all) \| (.*) \|", (repo / "data/sample/TRUTH.md").read_text(encoding="utf-8").split("## Planted defects")[1])
    assert sorted(stated) == sorted((item.file, str(item.rows or "all"), item.fate) for item in DEFECTS.values())


def test_the_corrected_file_replaces_the_rows_it_corrects(files, lake):
    assert list(files.loc["operations_2026_corrected.csv", ["rows_in", "accepted", "superseded"]]) == [11, 11, 0]
    inputs = lake.frame("inputs")
    mended = inputs[inputs["source"].str.startswith("operations_2026_corrected.csv:") & (inputs["input"] == "wait_minutes")]
    assert len(mended) == 11 and (mended["value"] < 60).all()


def test_late_rows_are_stored_under_the_month_they_speak_of(lake):
    inputs = lake.frame("inputs")
    late = inputs[inputs["source"].str.startswith("operations_2026_late.csv:") & (inputs["input"] == "wait_minutes")]
    assert len(late) == 12 and set(late["month"]) == {"2026-07"}


def test_codes_for_nothing_are_turned_into_nothing_and_counted(lake):
    codes = lake.frame("missing_codes").query("about == 'declared'").set_index(["file", "column"])["rows"]
    for name, column in (("operations_no_wait", "wait_min"), ("pulse_no_answer", "Q2"), ("customers_born_1900", "birth_year")):
        assert codes[(DEFECTS[name].file, column)] == DEFECTS[name].rows
    responses = lake.frame("responses")
    assert (responses["score"].isna() & responses["answered_at"].notna()).sum() == DEFECTS["pulse_no_answer"].rows
    assert lake.frame("customers")["birth_year"].min() > 1900


def test_a_column_by_another_name_is_noticed_and_its_values_are_kept(lake, free):
    drift = lake.frame("columns").query("raw_source == 'calls' and status == 'renamed'")
    assert drift[["column", "was"]].to_numpy().tolist() == [["duration_min", "minutes"]]
    events = lake.frame("events")
    calls = events[events["source"].str.startswith("calls_")]
    lasted = (calls["ended_at"] - calls["started_at"]).dt.total_seconds() / 60
    assert len(calls) == len(free("calls")) - DEFECTS["calls_orphan"].rows and lasted.notna().all()
    assert lasted.median() == pytest.approx(free("calls")["minutes"].median(), abs=0.3)


def test_an_answer_that_came_after_the_list_of_invitations_counts_once(lake, free):
    responses = lake.frame("responses")
    lost = sum(DEFECTS[name].rows for name in ("pulse_no_id", "pulse_out_of_range", "pulse_before_asked", "pulse_orphan", "relationship_out_of_range"))
    assert responses["response_id"].is_unique and len(responses) == len(free("responses")) - lost
    answered = free("responses")["score"].notna().sum()
    assert responses["score"].notna().sum() == answered - lost - DEFECTS["pulse_no_answer"].rows


def test_tables_agree_with_what_was_made(lake, free, frames):
    lost = DEFECTS["bookings_no_id"].rows + DEFECTS["bookings_bad_date"].rows + DEFECTS["bookings_two_prices"].rows
    assert len(lake.frame("journeys")) == len(free("rentals")) - lost
    assert len(lake.frame("outcomes")) == len(free("finance")) - DEFECTS["finance_no_month"].rows
    assert lake.frame("outcomes")["revenue"].sum() == pytest.approx(free("finance")["revenue"].sum(), rel=0.01)
    assert len(lake.frame("cases")) == len(free("tickets")) - DEFECTS["tickets_no_id"].rows - DEFECTS["tickets_back_in_time"].rows
    assert len(lake.frame("unit_measures")) == len(frames["unit_measures"]) - DEFECTS["measures_not_a_number"].rows
    assert len(lake.frame("context")) == len(frames["context"]) - 4 * DEFECTS["context_bad_date"].rows
    inputs = lake.frame("inputs")
    brand = load_brand("sample")
    assert set(inputs["touchpoint"] + "." + inputs["input"]) == set(brand.journey.inputs)
    disputes = inputs.query("touchpoint == 'return' and input == 'dispute'")["value"].sum()
    assert disputes == pytest.approx(free("rentals")["dispute"].sum(), abs=DEFECTS["operations_no_id"].rows)
    responses = lake.frame("responses")
    assert set(responses["touchpoint"] + "." + responses["metric"]) == set(brand.journey.metrics)
    moments = free("rentals")["called_at"].dropna().sort_values().to_numpy()
    counters = lake.frame("events").query("touchpoint == 'counter'")["started_at"].dt.tz_localize(None).sort_values().to_numpy()
    assert abs(len(moments) - len(counters)) == DEFECTS["operations_no_id"].rows and set(counters) <= set(moments.astype(counters.dtype))


def test_every_kind_of_voice_is_heard(lake):
    comments = lake.frame("comments")
    assert set(comments["origin"]) == {"survey", "ticket", "review", "social", "employee"}
    assert set(comments["directness"]) == {"direct", "indirect", "inferred"}
    assert set(comments["language"].dropna()) == {"en", "es", "pt"}
    assert comments.loc[comments["origin"].isin(["review", "social"]), "journey_id"].isna().mean() > 0.5


def test_names_with_accents_come_through_another_encoding(lake):
    events = lake.frame("events")
    assert set(events.loc[events["source"].str.startswith("operations"), "unit"]) <= set(events.loc[events["source"].str.startswith("bookings"), "unit"])
    assert events["unit"].str.contains("Málaga").any()


def test_nobody_who_refused_is_in_a_table(lake, frames, free, sample_data):
    from cx_helpers.ingest.persons.privacy import brand_key, pseudonym

    key = brand_key(sample_data / "sample")
    refused = set(frames["customers"]["customer_no"]) - set(permitted(frames["permissions"]))
    hidden = {pseudonym(number, key) for number in refused}
    assert len(hidden) > 50
    for name in ("journeys", "events", "responses", "comments", "cases", "outcomes", "customers"):
        assert not set(lake.frame(name)["customer_id"].dropna()) & hidden, name
    assert lake.frame("refused_use")["rows"].sum() > len(refused)


def test_nothing_changed_means_nothing_is_done(sample_data, files):
    before = (sample_data / "sample" / "tables" / "current.json").read_bytes()
    assert ingest(load_brand("sample")).lines == [f"sample: {len(files)} raw files unchanged, nothing to do."]
    assert (sample_data / "sample" / "tables" / "current.json").read_bytes() == before


def test_the_brands_own_checks_find_what_was_planted(lake):
    found = lake.frame("checks").set_index("check")["rows"]
    assert found["mended_waits"] == DEFECTS["operations_corrected"].rows
    assert found["answered_later"] == DEFECTS["invitations_answered_later"].rows
