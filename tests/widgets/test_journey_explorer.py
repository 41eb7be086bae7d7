"""The explorer: what is chosen is what is shown, cells open, small ones do not, errors are seen."""

import re

import pandas as pd
import pytest

from cx_helpers.journeys import behind
from cx_helpers.journeys.cross_table import Choice, cross_table, explored_answers, headline, starting_choice
from cx_helpers.widgets.journey_explorer import journey_explorer


@pytest.fixture
def explorer(tea):
    return journey_explorer(tea)


def cell(explorer, row, column=""):
    return explorer.cells[row, column].description.replace("\u00a0", " ")


def test_it_starts_with_the_score_that_drivers_explain_by_segment_and_by_what_was_lived(explorer):
    assert explorer.choice == Choice("overall.nps", "region", "state") and explorer.problem.value == ""
    assert cell(explorer, "north", "waited").endswith("n = 20 †") and cell(explorer, "north", "smooth").endswith("n = 40")
    assert "Would recommend runs from" in explorer.figure.value and "<svg" in explorer.figure.value


def test_what_hides_the_reading_hides_no_control(explorer):
    """Boxes that shared a layout were hidden together."""
    boxes = [child for child in explorer.children if hasattr(child, "children")]
    assert explorer.reading.layout.display == "none" and [box.layout.display for box in boxes if box is not explorer.reading] == [None, None]


def test_a_hidden_cell_says_so_and_opens_nothing(explorer):
    small = explorer.cells["island", ""]
    assert small.disabled and small.description == "hidden" and not re.search(r"n.=.4\b", explorer.figure.value)
    explorer.drill("island")
    assert "is hidden or not in the table" in explorer.problem.value and 'role="alert"' in explorer.problem.value
    assert explorer.behind is None and explorer.list.value == ""


def test_a_click_lists_the_journeys_behind_the_score_the_worst_first(explorer):
    explorer.cells["north", "waited"].click()
    assert explorer.problem.value == "" and "1 to 20 of 20 orders" in explorer.title.value
    shown = explorer.list.value
    assert shown.count('<li class="card">') == 20 and "Counter" in shown and re.search(r"At the table <small>\+30\smin</small>", shown)
    assert "Minutes waited: 25" in shown and "standard missed" in shown and "Would recommend 2 of 10" in shown and "took for ever" in shown
    assert explorer.behind.journeys["score"].is_monotonic_increasing
    for secret in ("north", "o0", "2026-01", *explorer.behind.journeys["journey_id"].head(3)):
        assert f">{secret}" not in shown and f" {secret} " not in shown
    explorer.order.value = "highest"
    assert explorer.behind.journeys["score"].is_monotonic_decreasing


def test_what_was_said_is_shown_as_text(explorer):
    explorer.cells["north", "smooth"].click()
    explorer.words.value = "scones"
    assert explorer.problem.value == "" or "fewer than 10" in explorer.problem.value
    explorer.columns.value = ""
    explorer.words.value = ""
    explorer.cells["", ""].click()
    explorer.words.value = "scones"
    assert "&lt;b&gt;scones&lt;/b&gt;" in explorer.list.value and "<b>scones" not in explorer.list.value


def test_journeys_are_searched_by_what_was_said_and_few_are_not_listed(explorer):
    explorer.cells["", ""].click()
    explorer.words.value = "queue counter"
    told = explorer.behind.total
    assert 40 < told < 60 and "took for ever" in explorer.list.value
    explorer.words.value = "parrots"
    assert "fewer than 10 journeys in which &#x27;parrots&#x27; was said" in explorer.problem.value and explorer.list.value == ""
    explorer.words.value = ""
    assert explorer.problem.value == "" and explorer.behind.total > told


def test_the_list_is_turned_page_by_page(explorer):
    explorer.cells["", ""].click()
    total = explorer.behind.total
    assert explorer.back.disabled and explorer.behind.last == behind.FIRST
    while not explorer.more.disabled:
        explorer.more.click()
    assert explorer.behind.last == total and not explorer.back.disabled
    explorer.back.click()
    assert explorer.behind.last < total


def test_controls_change_what_is_shown_and_what_stood_open_is_gone(explorer):
    explorer.cells["north", ""].click()
    before = explorer.figure.value
    explorer.touchpoint.value = "counter"
    assert explorer.metric.value == "counter.csat" and explorer.figure.value != before and explorer.list.value == "" and explorer.behind is None
    explorer.rows.value, explorer.columns.value = "asked_channel", ""
    assert set(explorer.cells) == {("email", ""), ("text", ""), ("", "")}
    explorer.segment.value = "region"
    explorer.level.value = "north"
    assert cell(explorer, "").endswith("n = 60")
    explorer.period.value = "2026-01"
    assert cell(explorer, "").endswith("n = 30")


def test_an_error_stands_alone_and_goes_with_its_cause(explorer):
    explorer.columns.value = "region"
    assert "Choose two different ones" in explorer.problem.value and explorer.cells == {} and explorer.figure.value == ""
    explorer.columns.value = "state"
    assert explorer.problem.value == "" and explorer.cells


def test_an_error_of_ours_is_not_swallowed(explorer, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("one <by> nought")

    monkeypatch.setattr("cx_helpers.widgets.journey_explorer.journeys_behind", broken)
    explorer.cells["north", ""].click()
    assert "ZeroDivisionError: one &lt;by&gt; nought" in explorer.problem.value


def test_what_is_a_filter_leaves_over_is_never_too_little(tea):
    """Of 154 answers four are from the island: all but these must not be chosen together, nor these alone."""
    answers = explored_answers(tea, "overall.nps")
    answers["away"] = (answers["region"] != "island").map({True: "mainland", False: "island"})
    table = cross_table(answers, tea.brand.journey, Choice("overall.nps", "state", "", "away", "mainland"), tea.disclosure)
    assert not table.set_index("row").loc["", "shown"], "150 of 154 would tell of the four"
    assert cross_table(answers, tea.brand.journey, Choice("overall.nps", "state"), tea.disclosure)["shown"].all()


def test_the_headline_names_ends_only_where_they_are_apart(tea):
    answers, journey = explored_answers(tea, "overall.nps"), tea.brand.journey
    names = {"region": "Region", "state": "s", "asked_channel": "c"}
    apart = cross_table(answers, journey, start := starting_choice(tea), tea.disclosure)
    assert headline(apart, start, names)[0] == "explorer.headline_apart"
    alike = Choice("overall.nps", "asked_channel")
    assert headline(cross_table(answers, journey, alike, tea.disclosure), alike, names)[0] == "explorer.headline"


def test_the_headline_names_no_ends_where_a_whole_column_is_hidden():
    cells = pd.DataFrame({
        "row": ["a", "a", "b", "b"], "column": ["late", "in time"] * 2, "row_label": ["A", "A", "B", "B"], "column_label": ["Late", "In time"] * 2,
        "label": "NPS", "value": [-40.0, 50, 20, 55], "low": [-50.0, 45, 10, 50], "high": [-30.0, 55, 30, 60], "shown": True,
    })  # fmt: skip
    two, names = Choice("overall.nps", "region", "state"), {"region": "Region", "state": "State"}
    assert headline(cells, two, names)[0] == "explorer.headline_apart"
    hidden = cells.assign(shown=cells["column"] == "late")
    assert headline(hidden, two, names)[0] == "explorer.headline_two", "who was served in time may score best"
