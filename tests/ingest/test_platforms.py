"""Exports of survey platforms, SPSS and help desks: header rows, previews, labels, codes for no answer, times."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers import file_hash
from cx_helpers.ingest.staging import stage


def staged(path, tmp_path, **settings):
    return stage(path, Source(file=path.name, **settings), path.name, tmp_path / ".parsed", file_hash(path))


def rows_of(found):
    return pq.read_table(found.path).drop(["_row"]).to_pylist()


def write(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    return path


@pytest.fixture
def exports(shared):
    folder = shared / "data" / "survey_platform_exports"
    if not folder.is_dir():
        pytest.skip(f"no exports of survey platforms: {folder} is missing")
    return folder


def test_the_qualtrics_export_loses_its_two_previews_and_keeps_its_questions(exports, tmp_path):
    found = staged(exports / "qualtrics_3header_tutorial.csv", tmp_path, reader="qualtrics")
    assert (found.rows, found.rows_in) == (23, 25)
    assert found.aside == [(3, "a preview of the survey, not an answer"), (4, "a preview of the survey, not an answer")]
    assert found.questions["age_1"] == "What is your age? - Age (years)" and len(found.questions) == 17
    first = rows_of(found)[0]
    assert first["ResponseId"] == "R_5rYfeErcBsS3nsJ" and first["education"] == "Master's degree"
    assert first["StartDate"] == "2025-07-01 15:13:44Z"  # 11:13:44 in New York, as the import id says
    assert pq.read_table(found.path)["_row"].to_pylist()[:4] == [1, 2, 5, 6]


def test_the_typeform_export_keeps_repeated_columns_apart_and_has_no_html(exports, tmp_path):
    found = staged(exports / "typeform_osmi_2018.csv", tmp_path, reader="typeform")
    assert (found.rows, found.rows_in, len(found.columns)) == (417, 417, 123)
    assert len({name.lower() for name in found.columns}) == 123 and not any("<" in name for name in found.columns)
    assert {"Why or why not?", "Why or why not?_2", "Other_4", "Are you self-employed?"} <= set(found.columns)
    first = rows_of(found)[0]
    assert first["Submit Date (UTC)"] == "2018-12-30 00:00:00Z" and first["Why or why not?"] != first["Why or why not?_2"]


def test_both_spss_files_are_labelled(exports, tmp_path):
    staff = staged(exports / "spss_employee_data.sav", tmp_path)
    assert (staff.rows, staff.rows_in) == (474, 474)
    assert staff.questions["EDUC"] == "Educational Level (years)"
    assert staff.answers["JOBCAT"] == {"0": "0 (Missing)", "1": "Clerical", "2": "Custodial", "3": "Manager"}
    assert rows_of(staff)[0] | {"BDATE": "1952-02-03", "SALARY": "57000", "GENDER": "m"} == rows_of(staff)[0]
    people = staged(exports / "pew_2004_selective_exposure.sav", tmp_path)
    assert (people.rows, people.rows_in, len(people.columns)) == (1510, 1510, 192)
    assert people.answers["census"] == {"1": "NORTHEAST", "2": "MIDWEST", "3": "SOUTH", "4": "WEST"}
    ages = [int(row["age"]) for row in rows_of(people) if row["age"]]
    gone = {value: rows for column, value, rows in people.missing if column == "age"}
    assert max(ages) == 94 and set(gone) == {"98", "99"} and len(ages) + sum(gone.values()) == 1510


def test_codes_declared_missing_in_spss_become_missing_by_value_and_by_range(tmp_path):
    frame = pd.DataFrame({"score": [1.0, 5.0, 99.0, None], "age": [30.0, -1.0, -9.0, 40.5], "place": ["Soho", "Bank", "none", ""]})
    frame["seen"] = pd.to_datetime(["2026-03-01 09:30:15", None, "2026-03-02", "1982-10-15"], format="mixed")
    pyreadstat.write_sav(
        frame, str(tmp_path / "a.sav"), column_labels={"score": "How was it?"}, variable_value_labels={"score": {1.0: "Bad", 5.0: "Good", 8.0: "Don't know"}},
        missing_ranges={"score": [99], "age": [{"lo": -9, "hi": -1}], "place": ["none"]},
    )  # fmt: skip
    found = staged(tmp_path / "a.sav", tmp_path)
    assert [list(row.values())[:3] for row in rows_of(found)] == [["1", "30", "Soho"], ["5", None, "Bank"], [None, None, None], [None, "40.5", None]]
    assert found.missing == [("age", "-1", 1), ("age", "-9", 1), ("place", "none", 1), ("score", "99", 1)]
    assert found.rows_in == 4 and found.questions == {"score": "How was it?"}
    assert [row["seen"] for row in rows_of(found)][:3] == ["2026-03-01 09:30:15", None, "2026-03-02"]


def test_an_spss_file_cut_off_is_one_line(exports, tmp_path):
    whole = (exports / "spss_employee_data.sav").read_bytes()
    path = tmp_path / "cut.sav"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(DataError, match=r"^cut.sav: (its header tells 474 cases, its data hold \d|the dictionary of this SPSS file is damaged)"):
        staged(path, tmp_path)


QUALTRICS = '''StartDate,Status,Finished,Q1,Q1_TEXT
Start Date,Response Type,Finished,How was the <b>wait</b>?,Why?
"{""ImportId"":""startDate"",""timeZone"":""Europe/Madrid""}","{""ImportId"":""status""}","{""ImportId"":""finished""}","{""ImportId"":""QID1""}","{""ImportId"":""QID1_TEXT""}"
2026-07-01 10:00:00,0,True,5,"two
lines"
2026-07-01 10:05:00,1,True,3,
2026-07-01 10:06:00,Survey Test,True,2,
2026-07-01 10:07:00,IP Address,True,4,fine
'''


def test_qualtrics_tests_are_set_aside_by_word_and_by_number(tmp_path):
    found = staged(write(tmp_path, "q.csv", QUALTRICS), tmp_path, reader="qualtrics")
    assert found.aside == [(2, "a preview of the survey, not an answer"), (3, "a test of the survey, not an answer")]
    assert [row["Q1_TEXT"] for row in rows_of(found)] == ["two\nlines", "fine"] and found.rows_in == 4
    assert found.questions["Q1"] == "How was the wait ?" and rows_of(found)[0]["StartDate"] == "2026-07-01 08:00:00Z"


@pytest.mark.parametrize(
    ("drop", "said"),
    [
        (1, r"^q.csv: one of the three header rows of Qualtrics is missing \(import ids stand in row 2\)"),
        (2, r"^q.csv: no row of import ids below the questions, so not a Qualtrics export. Mend reader in sources.yaml.$"),
    ],
)
def test_a_qualtrics_header_row_removed_by_hand_is_one_line(tmp_path, drop, said):
    lines = QUALTRICS.splitlines(keepends=True)
    with pytest.raises(DataError, match=said):
        staged(write(tmp_path, "q.csv", "".join(lines[:drop] + lines[drop + 1 :])), tmp_path, reader="qualtrics")


SURVEYMONKEY = '''Respondent ID,Start Date,End Date,Email Address,How was each step?,,,Which did you use?,,,Anything else?
,,,,Pick-up,Return,Return,App,Counter,Other (please specify),Open-Ended Response
118212,03/04/2026 09:12:33 PM,03/14/2026 09:20:00 PM,a@b.example,4,5,1,App,,,"Slow, but
kind"
118213,03/05/2026 01:00:00 AM,03/15/2026 01:02:00 AM,,2,,,,Counter,fax,
'''


def test_surveymonkey_spreads_one_question_over_columns_with_readable_names(tmp_path):
    found = staged(write(tmp_path, "sm.csv", SURVEYMONKEY), tmp_path, reader="surveymonkey")
    assert found.columns == [
        "Respondent ID", "Start Date", "End Date", "Email Address", "How was each step?: Pick-up", "How was each step?: Return",
        "How was each step?: Return_2", "Which did you use?: App", "Which did you use?: Counter", "Which did you use?: Other (please specify)", "Anything else?",
    ]  # fmt: skip
    assert found.questions["How was each step?: Pick-up"] == "How was each step? (Pick-up)" and (found.rows, found.rows_in) == (2, 2)
    first, second = rows_of(found)
    assert first["Start Date"] == "2026-03-04 21:12:33" and first["Anything else?"] == "Slow, but\nkind"
    assert second["Which did you use?: Other (please specify)"] == "fax" and second["How was each step?: Return"] is None


def test_surveymonkey_times_in_a_named_zone_become_utc(tmp_path):
    dates = {"Start Date": "%m/%d/%Y %I:%M:%S %p"}
    found = staged(write(tmp_path, "sm.csv", SURVEYMONKEY), tmp_path, reader="surveymonkey", zone="America/New_York", dates=dates)
    assert rows_of(found)[0]["Start Date"] == "2026-03-05 02:12:33Z"


@pytest.mark.parametrize(
    ("stamp", "cells", "expected"),
    [
        ("Timestamp", ["3/1/2026 9:12:33", "3/13/2026 10:00:00"], "2026-03-01 09:12:33"),
        ("Timestamp", ["01/03/2026 9:12:33", "13/03/2026 10:00:00"], "2026-03-01 09:12:33"),
        ("Marca temporal", ["1/3/2026 9:12:33", "2/3/2026 10:00:00"], "2026-03-01 09:12:33"),
        ("Carimbo de data/hora", ["01/03/2026 09:12:33", "02/03/2026 10:00:00"], "2026-03-01 09:12:33"),
        ("Timestamp", ["2026/03/01 9:12:33 pm GMT+1", "2026/03/02 9:12:33 am GMT+1"], "2026-03-01 20:12:33Z"),
        ("Zeitstempel", ["01.03.2026 09:12:33", "02.03.2026 10:00:00"], "2026-03-01 09:12:33"),
    ],
)
def test_a_google_form_is_read_in_the_locale_of_its_time_stamp(tmp_path, stamp, cells, expected):
    text = f"{stamp},How likely is it that you recommend us?,Why?\n" + "".join(f"{cell},9,good\n" for cell in cells)
    found = staged(write(tmp_path, "g.csv", text), tmp_path, reader="google_forms")
    assert rows_of(found)[0][stamp] == expected and found.rows_in == 2


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1/3/2026 9:12:33", "2/3/2026 9:12:33"], r"^g.csv: day and month could be swapped in Timestamp. Say how it is written: dates: \{Timestamp: '%d/%m"),
        (["13/3/2026 9:12:33", "2/13/2026 9:12:33"], r"^g.csv: both day and month stand first in Timestamp. Say how"),
    ],
)
def test_a_google_form_whose_days_and_months_could_be_swapped_is_one_line_and_goes_once_declared(tmp_path, cells, said):
    path = write(tmp_path, "g.csv", "Timestamp,Q\n" + "".join(f"{cell},9\n" for cell in cells))
    with pytest.raises(DataError, match=said):
        staged(path, tmp_path, reader="google_forms")
    found = staged(path, tmp_path, reader="google_forms", dates={"Timestamp": ["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"]})
    assert rows_of(found)[1]["Timestamp"] in ("2026-03-02 09:12:33", "2026-02-13 09:12:33")


TICKETS = [
    {"id": 35436, "status": "solved", "created_at": "2026-03-01T10:00:00Z", "via": {"channel": "web", "source": {"rel": None}}, "tags": ["deposit", "late"],
     "satisfaction_rating": {"score": "offered"}, "custom_fields": [{"id": 27642, "value": "745"}, {"id": 27648, "value": None}]},
    {"id": 35437, "status": "deleted", "created_at": "2026-03-02T10:00:00Z", "via": {"channel": "email"}, "tags": []},
    {"id": 35438, "status": "open", "created_at": "2026-03-03T10:00:00Z", "via": {"channel": "email"}, "tags": [], "priority": "high"},
]  # fmt: skip


@pytest.mark.parametrize("form", ["lines", "page", "list"])
def test_zendesk_tickets_are_read_from_json_lines_a_page_of_the_api_and_a_list(tmp_path, form):
    text = {"lines": "\n".join(map(json.dumps, TICKETS)) + "\n", "page": json.dumps({"tickets": TICKETS, "count": 3, "next_page": None}, indent=1),
            "list": json.dumps(TICKETS)}[form]  # fmt: skip
    found = staged(write(tmp_path, "tickets.json", text), tmp_path, reader="zendesk")
    assert found.aside == [(2, "a deleted ticket")] and (found.rows, found.rows_in) == (2, 3)
    first, second = rows_of(found)
    assert first["id"] == "35436" and first["via.channel"] == "web" and first["tags"] == '["deposit", "late"]'
    assert first["custom_fields.27642"] == "745" and second["priority"] == "high" and second["tags"] is None
    assert ("satisfaction_rating.score", "offered", 1) in found.suggested


def test_one_zendesk_ticket_alone_is_a_ticket(tmp_path):
    found = staged(write(tmp_path, "tickets.json", json.dumps(TICKETS[0]) + "\n"), tmp_path, reader="zendesk")
    assert [row["id"] for row in rows_of(found)] == ["35436"]


def test_zendesk_csv_is_read_with_its_satisfaction_offered_made_missing_when_declared(tmp_path):
    text = "Summation column,Id,Satisfaction Score,Created at\n1,7,Offered,2026-03-01 10:00\n1,8,Good,2026-03-02 11:00\n1,9,Not Offered,2026-03-03 11:00\n"
    path = write(tmp_path, "t.csv", text)
    found = staged(path, tmp_path, reader="zendesk", missing={"Satisfaction Score": ["Offered", "Not Offered"]}, zone="Europe/Madrid", dates={"Created at": "ISO"})
    assert [row["Satisfaction Score"] for row in rows_of(found)] == [None, "Good", None]
    assert found.missing == [("Satisfaction Score", "Not Offered", 1), ("Satisfaction Score", "Offered", 1)]
    assert rows_of(found)[0]["Created at"] == "2026-03-01 09:00:00Z"


def test_json_lines_with_different_keys_are_one_table_and_a_line_that_is_none_is_set_aside(tmp_path):
    path = write(tmp_path, "a.jsonl", '\ufeff{"a": 1, "b": {"c": true}}\n\n{"a": 2.0, "d": "x\\ny"}\n{"a": \n[1]\n{"a": null, "A": "é"}\n')
    found = staged(path, tmp_path)
    assert found.columns == ["a", "b.c", "d", "A_2"]
    assert [list(row.values()) for row in rows_of(found)] == [["1", "true", None, None], ["2", None, "x\ny", None], [None, None, None, "é"]]
    assert found.aside == [(3, "not readable as JSON"), (4, "not a JSON object")] and found.rows_in == 5


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        ('{"a": [1], "b": [2]}', {}, r"^a.json: expected one list of records, found a, b. Name it as records in sources.yaml.$"),
        ('{"a": 1}', {}, r"^a.json: expected one list of records, found none."),
        ("[1, 2]", {}, r"^a.json: its list holds no JSON objects. Name the list of records as records in sources.yaml.$"),
        ('{"a": {"b": []}}', {"records": "a.c"}, r"^a.json: no list of records under 'a.c'. Mend records in sources.yaml.$"),
        ('[{"a": 1}, {"a"', {}, r"^a.json: not readable as JSON \(.*\). It is damaged or cut off; export it again.$"),
        ("[" * 100_000, {}, r"^a.json: not readable as JSON"),
    ],
)
def test_json_without_one_list_of_records_is_one_line(tmp_path, text, settings, said):
    with pytest.raises(DataError, match=said):
        staged(write(tmp_path, "a.json", text), tmp_path, **settings)


def test_json_records_are_found_under_a_key_of_keys(tmp_path):
    path = write(tmp_path, "a.json", '{"data": {"calls": [{"id": "c1"}, 7]}, "more": []}')
    found = staged(path, tmp_path, records="data.calls")
    assert [row["id"] for row in rows_of(found)] == ["c1"] and found.aside == [(2, "not a JSON object")] and found.rows_in == 2


def test_a_workbook_with_a_title_above_the_table_is_read_and_said(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in ([], ["Complaints, March 2026"], [], ["ticket", "opened", "text"], ["t1", "2026-03-01", "slow"], ["t2", None, "late"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    found = staged(tmp_path / "a.xlsx", tmp_path)
    assert found.columns == ["ticket", "opened", "text"] and (found.rows, found.rows_in) == (2, 2)
    assert found.notes == ["a.xlsx: the header was found in row 4 of sheet 'Sheet', below a title."]


@pytest.mark.parametrize(("status", "why"), [("Spam", "marked as spam by the survey tool"), ("8", "marked as spam by the survey tool"), ("Imported Spam", "marked as spam by the survey tool"),
                                            ("Offline Survey Preview", "a preview of the survey, not an answer"), ("17", "a preview of the survey, not an answer")])  # fmt: skip
def test_what_qualtrics_marks_as_spam_or_preview_is_no_answer(tmp_path, status, why):
    found = staged(write(tmp_path, "q.csv", QUALTRICS.replace("Survey Test", status)), tmp_path, reader="qualtrics")
    assert (3, why) in found.aside and found.rows == 2 and found.rows_in == 4


@pytest.mark.parametrize("rows", [1, 700])
def test_a_zsav_is_counted_in_its_own_bytes(tmp_path, rows):
    frame = pd.DataFrame({"score": [float(i % 5) for i in range(rows)], "said": [f"answer {i} of many" for i in range(rows)]})
    path = tmp_path / "a.zsav"
    pyreadstat.write_sav(frame, str(path), compress=True)
    assert path.read_bytes()[:4] == b"$FL3" and staged(path, tmp_path).rows_in == rows
    data = bytearray(path.read_bytes())
    data[80:84] = (rows + 3).to_bytes(4, "little")  # the header tells three cases more than there are
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"^a.zsav: its header tells {rows + 3:,} cases, its data hold {rows:,}\. The file is damaged"):
        staged(path, tmp_path)


def test_a_zsav_cut_off_is_one_line(tmp_path):
    path = tmp_path / "a.zsav"
    pyreadstat.write_sav(pd.DataFrame({"score": [float(i) for i in range(900)]}), str(path), compress=True)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"^a.zsav: ") as caught:
        staged(path, tmp_path)
    assert "\n" not in str(caught.value) and "reader fails" not in str(caught.value)


def test_a_fault_of_a_reader_is_called_so_and_not_laid_on_the_file(tmp_path, monkeypatch):
    from cx_helpers.ingest import staging

    def broken(path, source, kind, name):
        return None.columns

    path = write(tmp_path, "a.csv", "id\n1\n")
    own = compile("def broken(path, source, kind, name):\n    return None.columns\n", staging.__file__, "exec")
    found = {}
    exec(own, found)
    monkeypatch.setitem(staging.OPEN, "csv", found["broken"])
    with pytest.raises(DataError, match=r"^a.csv: the csv reader fails on it \(AttributeError: .*; staging.py line 2\), which is a fault of the reader and not of the file\."):
        staged(path, tmp_path)
    monkeypatch.setitem(staging.OPEN, "csv", broken)
    with pytest.raises(DataError, match=r"^a.csv: not readable as csv"):
        staged(path, tmp_path)
