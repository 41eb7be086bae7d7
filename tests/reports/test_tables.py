"""Tables: hidden cells, few answers, strips on one axis, and CSV that cannot become a formula."""

import csv
import io
import re
from urllib.parse import unquote

import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.reports import Column
from cx_helpers.reports.layouts import LAYOUTS, layout
from cx_helpers.reports.marks import Axis, nice_axis, rank_axis, text_width, wrap
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import csv_link, csv_text, table_html

SAY = Sentences("en", "EUR")


def scores(**change):
    row = {"label": "NPS", "kind": "nps", "scale_min": 0, "scale_max": 10, "value": 31.2, "low": 28.1, "high": 34.2, "n": 4812, "method": "t", "shown": True}
    return pd.DataFrame([{**row, **change}])


def test_a_hidden_row_shows_no_number_anywhere():
    html = table_html(scores(shown=False), layout("scores"), SAY, "scores", "Scores")
    assert "hidden" in html and "31" not in html and "4,812" not in html
    assert "31.2" not in csv_text(scores(shown=False)) and "4812" not in csv_text(scores(shown=False))
    assert "<circle" not in html


def test_few_answers_are_marked_with_the_words():
    html = table_html(scores(n=21), layout("scores"), SAY, "scores", "Scores")
    assert "21 †" in html and "few answers" in html
    assert "†" not in table_html(scores(n=30), layout("scores"), SAY, "scores", "Scores")


def test_labels_are_escaped():
    html = table_html(scores(label='<b>&"x"</b>'), layout("scores"), SAY, "scores", 'a "caption" <i>')
    assert "<b>&" not in html and "&lt;b&gt;&amp;&quot;x&quot;&lt;/b&gt;" in html and "<i>" not in html


@pytest.mark.parametrize("label", ["=1+1", "+44", "-x", "@SUM(A1)", "\tx"])
def test_text_cannot_become_a_formula_in_a_spreadsheet(label):
    rows = list(csv.reader(io.StringIO(csv_text(scores(label=label)))))
    assert rows[1][0] == "'" + label


def test_numbers_in_csv_keep_ten_digits_and_negative_numbers_stay_numbers():
    rows = list(csv.reader(io.StringIO(csv_text(pd.DataFrame({"label": ["a"], "value": [-1 / 3]})))))
    assert rows[1] == ["a", "-0.3333333333"]


def test_the_csv_link_holds_the_same_frame_and_nothing_outside():
    link = csv_link(scores(), SAY, "scores")
    assert 'download="scores.csv"' in link and 'href="data:text/csv;charset=utf-8,' in link
    assert csv_text(scores()) in unquote(link)


def test_every_cell_says_its_column_on_a_phone_and_keeps_its_role():
    html = table_html(scores(), layout("scores"), SAY, "scores", "Scores")
    assert html.count('role="columnheader"') == html.count('role="cell"') + html.count('role="rowheader"')
    assert 'data-l="n"' in html and "gt_" not in html


def test_an_interval_that_includes_no_change_is_hollow_and_grey(fake):
    html = table_html(fake.effects(), layout("effects"), SAY, "effects", "Effects")
    works, unclear, backfires = html.split("<tbody")[1].split('<tr role="row">')[1:]
    assert "--lived-mid" in works and "backfires" not in works
    assert "--quiet" in unclear and "--lived-mid" not in unclear
    assert "--harm" in backfires and "▼" in backfires


def test_right_is_better_even_where_a_lower_number_is():
    axis = Axis(0, 10, (), reversed=True)
    assert axis.x(1) > axis.x(9)
    assert rank_axis([1, 8], SAY.numbers.count).x(1) > rank_axis([1, 8], SAY.numbers.count).x(8)


def test_an_axis_covers_its_values_with_round_ticks():
    axis = nice_axis([0.25, 0.37], lambda v: f"{v:g}")
    assert axis.low == 0 and axis.high >= 0.37 and [t for t, _ in axis.ticks][0] == 0


def test_wrapped_text_fits_and_says_where_it_was_cut():
    rows = wrap("Complaint handling by the customer care team abroad", 90, lines=2)
    assert len(rows) == 2 and rows[-1].endswith("…") and all(text_width(r) <= 90 for r in rows)


def test_an_unknown_layout_or_a_frame_without_its_columns_is_refused():
    with pytest.raises(UsageError, match=r"found 'heat', allowed are \w+"):
        layout("heat")
    with pytest.raises(UsageError, match=r"found columns \['a'\]"):
        table_html(pd.DataFrame({"a": [1]}), layout("scores"), SAY, "x", "x")


def test_an_empty_frame_says_so():
    assert "Nothing to list here." in table_html(scores().iloc[:0], layout("scores"), SAY, "x", "x")


def test_own_columns_need_only_a_heading_in_the_catalogue():
    html = table_html(pd.DataFrame({"label": ["a"], "share": [0.5]}), [Column("label", "head", title="driver"), Column("share", "share", strip=True)], SAY, "own", "own")
    assert "50%" in html and "What we do" in html


def test_each_named_layout_draws_with_its_heading_first():
    assert {columns[0].kind for columns in LAYOUTS.values()} <= {"head", "headword", "month", "number"}


def test_what_works_lies_on_the_better_side_even_where_the_number_fell(fake):
    """Right is better: fewer minutes are drawn right of no change, declared so or judged so."""
    for known in ({"better": "lower"}, {}):
        row = {"label": "a", "estimate": -3.8, "low": -4.7, "high": -2.9, "n": 900, "verdict": "works", "grade": "associated", "design": "x", "unit_of_measure": "minutes", **known}
        html = table_html(pd.DataFrame([row]), layout("effects"), SAY, "e", "e")
        middle = float(re.search(r'd="M([\d.]+) 0V24"', html).group(1))
        assert float(re.search(r'<circle cx="([\d.]+)"', html).group(1)) > middle
