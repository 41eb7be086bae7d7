"""What the page on the data draws: months by source, a table's first rows, messages in cells."""

import re

import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.reports import Page
from cx_helpers.reports.arrival_chart import arrivals
from cx_helpers.reports.cells import Column, cell
from cx_helpers.reports.page import rows_line
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import table_html

MONTHS = pd.DataFrame({
    "source": ["visits"] * 3 + ["calls"] * 2, "month": ["2025-01", "2025-02", "2025-03", "2025-01", "2025-02"], "n": [100, 20, 110, 9, 8],
    "late": [0, 0, 5, 0, 0], "usual": [100.0, 105, 100, 8, 9], "gap": [False, True, False, False, False],
})  # fmt: skip
SOURCES = pd.DataFrame({
    "source": ["visits", "calls", "places"], "files": [2, 1, 1], "months": [3, 2, 0], "last": pd.to_datetime(["2025-03-31", "2025-02-27", None], utc=True),
    "last_month": ["2025-03", "2025-02", None], "behind": [0.0, 1.0, None], "late": [5, 0, 0], "standing": ["arriving", "behind", "undated"],
})  # fmt: skip
SAY = Sentences("en")


def test_a_source_is_a_row_of_bars_with_its_last_day_and_what_is_wrong_in_words():
    drawn = arrivals(MONTHS, SOURCES).draw(SAY, False, "arrival-w").replace("\N{NO-BREAK SPACE}", " ")
    assert "to 31 March 2025" in drawn and "▼ one month behind" in drawn and "5 rows came late" in drawn and "places" not in drawn
    assert drawn.count("stroke-dasharray") == 1, "the thin month keeps the outline of the usual"
    assert drawn.count("<rect") == 5 + 1 + 1, "a bar a month, one late part, one outline"


def test_bars_begin_at_zero_and_are_as_tall_as_their_rows():
    drawn = arrivals(MONTHS, SOURCES).draw(SAY, True, "arrival-n")
    tall = [float(h) for h in re.findall(r'height="([\d.]+)" fill="var\(--quiet', drawn)][:3]
    assert tall[1] / tall[2] == pytest.approx(20 / 110, rel=0.03) and tall[0] / tall[2] == pytest.approx(100 / 110, rel=0.02)


def test_who_cannot_see_the_figure_reads_it_and_its_twin_has_every_month():
    drawing = arrivals(MONTHS, SOURCES)
    told = drawing.desc(SAY).replace("\N{NO-BREAK SPACE}", " ")
    assert told.startswith("visits: 3 months with rows, to 31 March 2025.") and len(drawing.tables[0][1]) == 5
    with pytest.raises(UsageError, match="months|source"):
        arrivals(MONTHS.drop(columns="n"), SOURCES)


@pytest.fixture
def page():
    import importlib.util
    from pathlib import Path

    spec = importlib.util.spec_from_file_location("fake_reports", Path(__file__).with_name("fake.py"))
    fake = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fake)
    return Page(fake.study())


ROWS = pd.DataFrame({"reason": [f"reason {i}" for i in range(9)], "rows": range(9)})


def test_thin_months_are_told_as_months(page):
    html = page.table(pd.DataFrame({"source": ["visits"], "gaps": [["2016-11", "2017-01"]]}), "sources").html
    assert "2016-11" not in html.split("<details")[0].split("href")[0] and "2016" in html and "Nov" in html


def test_a_long_table_opens_with_its_first_rows_and_folds_the_whole(page):
    html = page.table(ROWS, "problems", headline="ingest.no_problems", first=3).html
    opened, folded = html.split("<details", 1)
    assert "reason 2" in opened and "reason 3" not in opened and "reason 8" in folded and "All 9 rows" in folded and "reason%208" in folded
    assert "<details" not in page.table(ROWS.head(3), "problems", first=3).html
    assert 'class="inprint"' in html, "on paper a line says where the rest is"


def test_a_table_that_is_folded_whole_is_called_by_its_headline(page):
    html = page.table(ROWS, "problems", headline="fields.all", first=0).html
    assert html.index("<details") < html.index("<table") and "<h3" not in html and "Each field, from where it comes" in html


def test_cells_that_hold_messages_are_worded_on_the_page_and_in_its_file(page):
    frame = pd.DataFrame({"told": ["level.top_tenth", ("level.times", {"range": "2-3"}), "Gold"], "pages": [["page.01_ingest", "page.03_drivers"], [], ["x.y"]]})
    html = page.table(frame, [Column("told", "head", said=True, title="group"), Column("pages", "list", said=True, title="insight")]).html
    assert "Most valuable tenth" in html and "Asked 2-3 times" in html and "Gold" in html and "The data, Drivers" in html and "x.y" in html
    assert "level.top_tenth" not in html and "Most%20valuable%20tenth" in html


def test_a_table_folded_whole_keeps_its_note_inside_and_prints_one_line(page):
    html = page.table(ROWS, "problems", headline="fields.all", source="fields.how", first=0).html
    assert html.index('class="note"') < html.index("</details>") and "from where it comes to where it goes (on the page online)." in html


def test_a_minor_column_is_marked_for_phones_and_an_empty_cell_keeps_its_side():
    columns = [Column("label", "head", title="group"), Column("n", "count", minor=True), Column("rows", "count")]
    html = table_html(pd.DataFrame({"label": ["A"], "n": [40], "rows": [None]}), columns, Sentences("en"), "t", "T")
    assert '<td role="cell" class="num minor"' in html and '<td role="cell" class="num none"' in html


def test_the_masthead_says_nothing_of_what_befell_no_row(page):
    sums = {"tables": 2, "of": 3, "rows_in": 10, "accepted": 10, "in_part": 0, "quarantined": 0, "superseded": 0, "not_permitted": 0}
    say = lambda **more: Sentences("en").say("page.data_line", rows=rows_line({**sums, **more}), **sums)  # noqa: E731
    assert say() == "2 of 3 tables; 10 of 10 raw rows accepted"
    assert say(quarantined=4, not_permitted=3, superseded=1).endswith("4 set aside (3 of them for want of permission), and 1 replaced")


def test_clauses_are_worded_and_joined_and_questions_follow_one_another():
    parts = [("questions.yes", {"count": 2, "of": 5}), ("questions.no", {"count": 3})]
    assert Sentences("en").say("questions.tally", parts=parts) == "These data answer 2 of 5 questions in full and 3 not at all."
    cells = [cell(Column("q", "list"), {"q": words}, Sentences("en")) for words in (["Why?", "How?"], ["Why", "How"])]
    assert cells == ["Why? How?", "Why, How"]
