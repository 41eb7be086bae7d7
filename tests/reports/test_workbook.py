"""The workbook of a page, opened again: every table, nothing hidden told, no formula, the same bytes twice."""

import base64
import io
import re
import zipfile

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest

from cx_helpers.reports import Page, html
from cx_helpers.reports.cells import Column
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.workbook import HEAD, book, sheet

SAY = Sentences("en", "EUR")
PAGE = {"brand": "Sample", "month": "2026-10", "audience": "Everyone", "language": "en"}
COLUMNS = (
    Column("label", "head", title="driver", small=("verdict",)), Column("value", "share", ("value", "low", "high")), Column("gap", "change", title="change", zero=0.0),
    Column("cost", "measure", title="standard"), Column("n", "count"),
)  # fmt: skip


@pytest.fixture
def frame():
    return pd.DataFrame({
        "label": ["Wait", '=HYPERLINK("x")', "Rare"], "verdict": ["no clear change", "lower", "lower"], "value": [0.123456789, 0.5, 0.9], "low": [0.1, 0.4, 0.8],
        "high": [0.15, 0.6, 1.0], "gap": [-1.5, np.nan, 2.0], "cost": [0.25, 3.0, 4.0], "unit_of_measure": ["share", "minutes", "minutes"], "n": [1200, 40, 3],
        "method": "Wilson", "shown": [True, True, False],
    })  # fmt: skip


def opened(frame, name="drivers"):
    made = book([sheet(frame, COLUMNS, SAY, name, "What moves it.", ["Of all.", "Source: answers."])], PAGE, "Why?", SAY)
    return openpyxl.load_workbook(io.BytesIO(made))


def test_a_table_is_a_sheet_with_title_notes_one_header_row_and_whole_numbers(frame):
    place = opened(frame)["drivers"]
    assert [place.cell(row, 1).value for row in (1, 2, 3)] == ["What moves it.", "Of all.", "Source: answers."]
    head = [cell.value for cell in place[HEAD]]
    assert head[2:5] == ["Value", "Value, from", "Value, to"] and len(head) == len(set(head)) == 10
    row = [cell.value for cell in place[HEAD + 1]]
    assert row == ["Wait", "no clear change", 0.123456789, 0.1, 0.15, -1.5, 0.25, 1200, SAY.term("share"), "Wilson"]
    assert place.freeze_panes == f"B{HEAD + 1}" and not place.merged_cells.ranges
    table = next(iter(place.tables.values()))
    assert table.ref.startswith(f"A{HEAD}:") and table.comment.startswith("What moves it.")


def test_numbers_have_the_format_of_their_unit(frame):
    place = opened(frame)["drivers"]
    formats = {cell.value: cell.number_format for cell in place[HEAD + 1] if isinstance(cell.value, float | int)}
    assert formats[0.123456789] == "0.0%" and formats[0.25] == "0.0%" and formats[1200] == "#,##0" and formats[-1.5].startswith("+")


def test_what_the_page_hides_is_hidden_and_an_unknown_number_is_empty(frame):
    place = opened(frame)["drivers"]
    last = [cell.value for cell in place[HEAD + 3]]
    assert last[0] == "Rare" and not any(isinstance(value, int | float) for value in last) and "hidden" in last
    assert None in [cell.value for cell in place[HEAD + 2]]


def test_no_text_becomes_a_formula(frame):
    cell = opened(frame)["drivers"].cell(HEAD + 2, 1)
    assert cell.value == '=HYPERLINK("x")' and cell.data_type == "s" and cell.quotePrefix


def test_names_of_sheets_are_short_and_none_is_taken_twice(frame):
    name = "a very long name of a table / with signs [x] and more"
    one = sheet(frame, COLUMNS, SAY, name, "T")
    made = openpyxl.load_workbook(io.BytesIO(book([one, one, one], PAGE, "Why?", SAY)))
    assert len(set(made.sheetnames)) == 4 and all(len(found) <= 31 for found in made.sheetnames)
    assert [made["Contents"].cell(HEAD + row, 1).hyperlink.location or made["Contents"].cell(HEAD + row, 1).hyperlink.target for row in (1, 2, 3)]


def test_the_same_tables_give_the_same_bytes_and_no_part_tells_the_clock(frame):
    one = [sheet(frame, COLUMNS, SAY, "drivers", "T")]
    first, again = book(one, PAGE, "Why?", SAY), book(one, PAGE, "Why?", SAY)
    assert first == again
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert parts.read("docProps/core.xml").count(b"2026-10-01T00:00:00Z") == 2


def test_a_page_carries_all_its_tables_and_needs_no_other_file(fake):
    page = html.render(fake.notebook(5), nav=fake.NAV, published=fake.PUBLISHED)
    found = re.search(r'download="02_journeys-2026-10\.xlsx" href="data:[^;]+;base64,([^"]+)"', page)
    made = openpyxl.load_workbook(io.BytesIO(base64.b64decode(found[1])))
    csvs = len(re.findall(r'href="data:text/csv', page))
    assert len(made.sheetnames) == csvs + 1 and made.sheetnames[0] == "Contents"


def test_a_page_without_a_table_has_no_workbook(fake):
    page = Page(fake.study())
    cells = [nbformat.v4.new_markdown_cell("# Q?"), fake._cell(page.headline("chart.began", month="2026-10")), fake._cell(page.provenance())]
    assert ".xlsx" not in html.render(nbformat.v4.new_notebook(cells=cells), published=fake.PUBLISHED)
