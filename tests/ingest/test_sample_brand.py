"""The made-up brand through the whole ingest: every planted defect has the fate that TRUTH.md states."""

import re

import pytest

from cx_helpers.config import load_brand
from cx_helpers.ingest import ingest
from cx_helpers.sample.plan import DEFECTS
from cx_helpers.tables.lake import Lake


@pytest.fixture
def ledgers(sample_data):
    lake = Lake(sample_data / "sample" / "tables")
    return lake.frame("reconciliation").set_index("file"), lake.frame("quarantine")


FATES = {"quarantined": "quarantined", "superseded": "superseded", "quarantined in part": "in_part"}


def test_each_file_loses_exactly_what_was_planted(ledgers):
    rows, _ = ledgers
    for file in {item.file for item in DEFECTS.values()}:
        for fate, column in FATES.items():
            planted = sum(item.rows for item in DEFECTS.values() if item.file == file and item.fate == fate)
            assert rows.loc[file, column] == planted, f"{file} {fate}"
    assert {item.fate for item in DEFECTS.values()} == set(FATES)
    assert (rows["rows_in"] == rows[["accepted", "quarantined", "superseded"]].sum(axis=1)).all()


def test_the_page_of_truths_states_these_numbers(repo):
    stated = re.findall(r"\| (\S+) \| .* \| (\d+) \| (.*) \|", (repo / "data/sample/TRUTH.md").read_text(encoding="utf-8").split("## Planted defects")[1])
    assert sorted(stated) == sorted((item.file, str(item.rows), item.fate) for item in DEFECTS.values())


def test_the_corrected_file_replaces_the_rows_it_corrects(ledgers, sample_data):
    rows, _ = ledgers
    assert list(rows.loc["operations_corrected.csv", ["rows_in", "accepted", "superseded"]]) == [11, 11, 0]
    inputs = Lake(sample_data / "sample" / "tables").frame("inputs")
    mended = inputs[inputs["source"].str.startswith("operations_corrected.csv:") & (inputs["input"] == "wait_minutes")]
    assert len(mended) == 11 and (mended["value"] < 60).all()


def test_one_cell_is_one_reason(ledgers):
    _, told = ledgers
    assert not (told.duplicated(["file", "row", "table", "column", "reason"]) & (told["table"] == "journeys")).any()
    dates = told[(told["table"] == "journeys") & (told["column"] == "started_at")]
    assert dates["reason"].tolist() == ["started_at is not a time"] * 4 and dates["found"].str.contains("-02-30").all()


def test_names_with_accents_come_through_another_encoding(sample_data):
    events = Lake(sample_data / "sample" / "tables").frame("events")
    assert set(events.loc[events["source"].str.startswith("operations"), "unit"]) <= set(events.loc[events["source"].str.startswith("bookings"), "unit"])
    assert events["unit"].str.contains("Málaga").any()


def test_nothing_changed_means_nothing_is_done(sample_data):
    before = (sample_data / "sample" / "tables" / "current.json").read_bytes()
    assert ingest(load_brand("sample")).lines == ["sample: 9 raw files unchanged, nothing to do."]
    assert (sample_data / "sample" / "tables" / "current.json").read_bytes() == before
