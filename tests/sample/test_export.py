"""Raw files: the same bytes for the same seed, each in its vendor's manner, every defect as often as stated."""

import csv
import gzip
import json
import re

import numpy as np
import openpyxl
import pandas as pd
import pytest

from cx_helpers.config import load_brand
from cx_helpers.errors import UsageError
from cx_helpers.sample import export, make
from cx_helpers.sample.defects import DEFECTS
from cx_helpers.sample.people import KINDS, PLANTED_SHARE, identities, planted, with_personal_data
from cx_helpers.sample.words import texts

RENTALS = 4_000
PULSE = ("2024H2", "2025H1", "2025H2", "2026H1", "2026H2")


@pytest.fixture(scope="module")
def frames():
    return make(seed=1, rentals=RENTALS)


@pytest.fixture(scope="module")
def folder(frames, tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    export(frames, folder)
    return folder


def text(path, **options):
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""], **options)


def qualtrics(path):
    return text(path, skiprows=[1, 2])


def yard(folder, name):
    return text(folder / name, sep=";", encoding="cp1252")


def moment(column, form=None):
    return pd.to_datetime(column, format=form)


def rows(name):
    return DEFECTS[name].rows


def test_files_are_the_same_for_the_same_seed(frames, folder, tmp_path):
    written = export(frames, tmp_path)
    assert {path.name for path in written} == {path.name for path in folder.iterdir()}
    for path in written:
        if path.suffix in (".csv", ".jsonl", ".gz"):
            assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "finance.parquet"), pd.read_parquet(folder / "finance.parquet"))


def test_export_leaves_the_frames_as_they_were(tmp_path):
    mine = make(seed=2, rentals=RENTALS)
    before = {name: frame.copy() for name, frame in mine.items()}
    export(mine, tmp_path)
    for name, frame in mine.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_an_earlier_export_leaves_nothing_behind(frames, folder, tmp_path):
    (tmp_path / "reviews_2019.jsonl").write_text("{}")
    (tmp_path / "operations_corrected.csv").write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    export(frames, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in folder.iterdir()} | {"mine.txt"}


@pytest.mark.parametrize("seed", range(3, 9))
def test_any_seed_has_room_for_every_defect(seed, tmp_path):
    assert len(export(make(seed=seed, rentals=3_000), tmp_path)) >= 34


def test_too_few_rentals_for_the_mess_are_told_in_one_line(tmp_path):
    with pytest.raises(UsageError, match=r"^sample: .* has \d+ rows for the defect .*; make at least 3,000 rentals\.$"):
        export(make(seed=1, rentals=1_000), tmp_path)
    assert not list(tmp_path.iterdir())


def test_every_vendor_writes_in_its_own_manner(folder):
    packed = gzip.decompress((folder / "bookings_2024.csv.gz").read_bytes()).decode().splitlines()
    assert packed[0].startswith("booking_no,customer_no,channel") and re.search(r",2024-1[12]-\d\d \d\d:\d\d:\d\d,", packed[1])
    line = (folder / "operations_2026.csv").read_bytes().split(b"\r\n")[1].decode("cp1252")
    assert re.search(r";\d\d/\d\d/2026 \d\d:\d\d:\d\d;\d+,\d;", line)
    review = json.loads((folder / "reviews_2025.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert review["author_handle"].startswith("@") and review["posted_at"].endswith("Z")
    sheet = list(openpyxl.load_workbook(folder / "locations_by_month.xlsx").active.iter_rows(values_only=True))
    assert sheet[0][0].startswith("Sample Rentals") and sheet[3][:2] == ("Location", "Month") and len(sheet) == 4 + 40 * 24
    assert text(folder / "tickets.csv")["Solved at"].eq("-").any()
    assert "minutes" in text(folder / "calls_2025.csv") and "duration_min" in text(folder / "calls_2026.csv")


def test_survey_exports_have_three_header_rows_and_a_column_a_question(folder, frames):
    with (folder / "pulse_2025H1.csv").open(encoding="utf-8", newline="") as file:
        names, words, ids = (row for row, _ in zip(csv.reader(file), range(3), strict=False))
    place = names.index("Q2")
    assert words[place] == "How satisfied are you with the counter?" and json.loads(ids[place]) == {"ImportId": "QID2"}
    assert json.loads(ids[0]) == {"ImportId": "startDate"}
    whole = pd.concat([qualtrics(folder / f"pulse_{half}.csv") for half in PULSE])
    asked = whole[[f"Q{number}" for number in range(1, 8)]].notna()
    assert (asked.sum(axis=1) == 1).all()
    given = frames["responses"].query("survey == 'return' and score.notna()")
    assert abs(asked["Q6"].sum() - (given["question_version"] == "v2").sum()) <= rows("pulse_twice") + rows("pulse_previews") + rows("pulse_tests")
    assert set(whole.loc[asked["Q6"], "wording"]) == {"v2"} and set(whole.loc[asked["Q5"], "wording"].dropna()) == {"v1"}


def test_answers_and_silent_invitations_are_all_the_invitations(folder, frames):
    answers = [qualtrics(path) for path in sorted(folder.glob("[pr]*_20*H*.csv"))]
    silent = [text(path) for path in sorted(folder.glob("invitations_*.csv"))]
    numbers = pd.concat([*(part["invitation_no"] for part in answers), *(part["Invitation"] for part in silent)]).dropna()
    lost = rows("pulse_no_id")
    assert numbers.nunique() == len(frames["responses"]) - lost
    assert numbers.duplicated().sum() == rows("pulse_twice") + rows("invitations_answered_later")


def test_defects_of_the_bookings_are_as_many_as_stated(folder):
    early, late = text(folder / "bookings_2025.csv"), text(folder / "bookings_2026.csv")
    assert early.duplicated().sum() == rows("bookings_twice") == 14
    assert late["booking_no"].isna().sum() == rows("bookings_no_id") == 5
    assert late["booked_at"].str.contains("-02-30").sum() == rows("bookings_bad_date") == 4
    again = late[late["booking_no"].notna() & late["booking_no"].duplicated(keep=False)]
    assert len(again) == rows("bookings_two_prices") == 6 and not again.duplicated().any()


def test_defects_of_the_operations_are_as_many_as_stated(folder):
    table, later = yard(folder, "operations_2026.csv"), yard(folder, "operations_2026_corrected.csv")
    form = "%d/%m/%Y %H:%M:%S"
    handed, back = moment(table["handover_at"], form), moment(table["returned_at"].where(~table["returned_at"].str.contains("1900", na=False)), form)
    assert table["booking"].isna().sum() == rows("operations_no_id") == 4
    assert (table["wait_min"] == "n/d").sum() == rows("operations_not_a_number") == 7
    assert (table["wait_min"] == "-").sum() == rows("operations_no_wait") == 8
    assert (table["handover_min"] == "-5,0").sum() == rows("operations_below_zero") == 6
    assert (back < handed).sum() == rows("operations_back_in_time") == 9
    both = table.merge(later, on="booking", suffixes=("", "_right"))
    wrong, right = (both[name].str.replace(",", ".").astype(float) for name in ("wait_min", "wait_min_right"))
    assert len(both) == rows("operations_corrected") == rows("operations_mended") == 11 == (wrong - right).round(6).eq(60).sum()
    late = yard(folder, "operations_2026_late.csv")
    assert len(late) == rows("operations_late") == 12 and late["called_at"].str.contains("/07/2026").all()
    assert not late["booking"].isin(table["booking"]).any()


def test_defects_of_the_surveys_are_as_many_as_stated(folder, frames):
    half = {name: qualtrics(folder / f"pulse_{name}.csv") for name in PULSE}
    assert [half[name].duplicated().sum() for name in PULSE] == [0, 0, rows("pulse_twice"), 0, 0]
    assert half["2026H2"]["Q2"].isin(["0", "6"]).sum() == rows("pulse_out_of_range") == 8
    assert (half["2026H2"]["RecordedDate"] < half["2026H2"]["invited_at"]).sum() == rows("pulse_before_asked") == 5
    assert (half["2026H1"]["Q2"] == "99").sum() == rows("pulse_no_answer") == 9
    status = half["2025H1"]["Status"].value_counts()
    assert status["Survey Preview"] == rows("pulse_previews") == 7 and status["Survey Test"] == rows("pulse_tests") == 4
    assert half["2025H1"].query("Status == 'IP Address'")["invitation_no"].isna().sum() == rows("pulse_no_id") == 3
    known = set(frames["rentals"]["booking_no"])
    assert (~half["2026H1"]["booking_no"].isin(known)).sum() == rows("pulse_orphan") == 6
    assert (qualtrics(folder / "relationship_2026H1.csv")["Q1"] == "11").sum() == rows("relationship_out_of_range") == 5


def test_defects_of_the_other_files_are_as_many_as_stated(folder, frames):
    tickets, finance = text(folder / "tickets.csv"), pd.read_parquet(folder / "finance.parquet")
    assert tickets["Id"].eq("-").sum() + tickets["Id"].isna().sum() == rows("tickets_no_id") == 2
    solved = tickets[tickets["Solved at"] != "-"]
    assert (solved["Solved at"] < solved["Created at"]).sum() == rows("tickets_back_in_time") == 3
    assert finance.duplicated().sum() == rows("finance_twice") == 6 and finance["month"].isna().sum() == rows("finance_no_month") == 3
    calls = text(folder / "calls_2025.csv")
    assert (~calls["booking_no"].isin(frames["rentals"]["booking_no"])).sum() == rows("calls_orphan") == 4
    old, new = ({json.loads(line)["review_id"] for line in (folder / f"reviews_{year}.jsonl").read_text(encoding="utf-8").splitlines()} for year in (2025, 2026))
    assert len(old & new) == rows("reviews_edited") == 5
    people, moved = text(folder / "customers.csv"), text(folder / "customers_changed.csv")
    assert people["customer_no"].isna().sum() == rows("customers_no_number") == 2
    assert (people["birth_year"] == "1900").sum() == rows("customers_born_1900") == 15
    both = people.merge(moved, on="customer_no", suffixes=("", "_now"))
    assert len(both) == rows("customers_changed") == 12 and (both["home_country"] != both["home_country_now"]).all()
    given = text(folder / "permissions.csv")
    assert (given["withdrawn_at"] < given["granted_at"]).sum() == rows("permissions_back_in_time") == 3
    sheet = pd.read_excel(folder / "locations_by_month.xlsx", skiprows=3, engine="calamine", dtype=str)
    assert (sheet["Engagement (1-10)"] == "n/d").sum() == rows("measures_not_a_number") == 2
    assert (text(folder / "context.csv")["date"] == "2026-06-31").sum() == rows("context_bad_date") == 1


def test_every_planted_string_stands_in_a_raw_file(folder, frames):
    everything = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir() if path.name.startswith(("pulse", "relationship", "reviews", "tickets")))
    strings = planted(frames)
    assert {kind for kind, _ in strings} == set(KINDS)
    for kind, string in strings:
        assert string in everything, (kind, string)
    said = sum(frames[name][column].notna().sum() for name, column in (("responses", "comment"), ("tickets", "text"), ("reviews", "text")))
    assert len(strings) / said == pytest.approx(PLANTED_SHARE, rel=0.3)


def test_a_planted_name_is_the_writers_own(frames):
    people = frames["customers"].set_index("customer_no")
    after = with_personal_data(frames)["responses"]
    names = [string for kind, string in planted(frames) if kind == "name"]
    mine = after[after["comment"].fillna("").str.contains(names[0], regex=False)].iloc[0]
    assert names[0] == f"{people.loc[mine.customer_no, 'first_name']} {people.loc[mine.customer_no, 'last_name']}"


def test_planted_cards_pass_the_check_of_payment_cards(frames):
    for _, card in [item for item in planted(frames) if item[0] == "card"]:
        digits = [int(digit) for digit in card if digit.isdigit()][::-1]
        assert (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0, card


def test_addresses_are_nobodys_and_differ():
    people = identities(np.random.default_rng(1), ["en", "es", "pt"] * 1_000)
    assert people["email"].is_unique and people["email"].str.fullmatch(r"[a-z.]+\d+@example\.(com|org|net)").all()
    assert people["phone"].str.startswith(("+44 7", "+34 6", "+351 9")).all()


def test_words_are_varied_in_three_languages_and_feel_only_at_the_extremes():
    rng, many = np.random.default_rng(1), 9_000
    found = {tone: texts(rng, ["en", "es", "pt"] * (many // 3), ["counter"] * many, [tone] * many) for tone in (-2.0, 0.0, 2.0)}
    assert all(len(set(some)) > 1_000 for some in found.values())
    feeling = re.compile("furious|angry|delighted|love it|thrilled|furios|rabia|encantado|alegría|raiva|alegria|adorei", re.I)
    shares = {tone: np.mean([bool(feeling.search(one)) for one in some]) for tone, some in found.items()}
    assert shares[0.0] == 0 and shares[-2.0] > 0.3 and shares[2.0] > 0.3
    assert any("\n" in one for one in found[0.0])


def test_actions_name_places_and_solutions_the_brand_declares(folder, repo, monkeypatch):
    monkeypatch.setenv("CX_DATA", str(repo / "data"))
    brand, actions = load_brand("sample"), text(folder / "actions.csv")
    places = set(text(folder / "locations.csv")["name"])
    assert actions["units"].str.split(";").map(lambda names: set(names) <= places).all()
    for row in actions.itertuples():
        assert row.challenge in brand.solutions.solutions[row.solution].solves
        assert row.measure in {**brand.journey.inputs, **brand.journey.metrics}


def test_the_ledger_names_every_field_of_every_file(folder, repo, monkeypatch):
    monkeypatch.setenv("CX_DATA", str(repo / "data"))
    for name, source in load_brand("sample").sources.sources.items():
        found = set()
        for path in folder.glob(source.file):
            if path.suffix == ".xlsx":
                found |= set(pd.read_excel(path, skiprows=3, engine="calamine"))
            elif path.suffix in (".parquet", ".jsonl"):
                found |= set(pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_json(path, lines=True))
            else:
                found |= set(text(path, sep=source.delimiter or ",", encoding=source.encoding or "utf-8", nrows=0))
        assert found == set(source.fields), name
        assert all(field.purpose and field.result and (field.origin or source.held.origin) for field in source.fields.values()), name
