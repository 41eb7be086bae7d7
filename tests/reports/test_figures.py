"""Figures: two drawings, alternative text, a table, text as text, the same bytes each time."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from cx_helpers.errors import UsageError
from cx_helpers.reports import Page, charts, control_charts, cross_chart, journey_map
from cx_helpers.reports.journey import arrange
from cx_helpers.reports.sentences import Sentences

SAY = Sentences("en", "EUR")


def drawings(fake):
    return {
        "map": journey_map.journey_map(fake.steps(8), fake.inputs(8), fake.scores(8)),
        "trend": control_charts.trend(fake.monthly()),
        "states": charts.states(fake.states(), scale=(1, 5)),
        "change": charts.before_after(fake.series(), at="2026-07"),
    }


@pytest.mark.parametrize("which", ["map", "trend", "states", "change"])
def test_a_figure_is_two_drawings_with_alternative_text_and_no_metadata(fake, which):
    html = drawings(fake)[which].html(SAY, which)
    wide, narrow = html.split('<div class="narrow')
    assert wide.count('role="img"') == (3 if which == "map" else 1) and ("jlist" if which == "map" else 'role="img"') in narrow
    for svg in re.findall(r"<svg[^>]*role=.*?</svg>", html, re.S):
        root = ET.fromstring(svg)
        assert root.find("title").text and root.find("desc").text
        assert root.findall(".//text")
    assert "<style" not in html and "metadata" not in html and "http" not in html and "DejaVu" not in html


@pytest.mark.parametrize("which", ["map", "trend", "states", "change"])
def test_the_same_frame_gives_the_same_bytes(fake, which):
    assert drawings(fake)[which].html(SAY, which) == drawings(fake)[which].html(SAY, which)


@pytest.mark.parametrize("which", ["trend", "states", "change"])
def test_ids_carry_the_figures_name_so_that_two_figures_share_a_page(fake, which):
    html = drawings(fake)[which].html(SAY, "own")
    assert all(i.startswith("own-") for i in re.findall(r'\bid="([^"]+)"', html))
    assert len(re.findall(r'\bid="([^"]+)"', html)) == len(set(re.findall(r'\bid="([^"]+)"', html)))
    assert all(i.startswith("own-") for i in re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', html) for i in i if i)


def test_colours_are_the_pages_variables_so_that_dark_readers_see_the_figure(fake):
    for drawing in drawings(fake).values():
        html = drawing.html(SAY, "x")
        assert not re.findall(r'(?<!,)#[0-9a-f]{6}\b', html)


def test_the_map_names_what_nobody_is_asked_about_and_hides_what_is_hidden(fake):
    html = journey_map.journey_map(fake.steps(10), fake.inputs(10), fake.scores(10)).html(SAY, "map")
    wide, narrow = html.split('<div class="narrow')
    screen, paper = re.findall('class="onscreen">(.*?)</svg></div>', wide), re.findall('class="onpaper">(.*?)</svg></div>', wide)
    assert "".join(screen).count(">not asked<") == 2 == "".join(paper).count(">not asked<") and narrow.count(">not asked<") == 2
    assert ">4.05<" not in html and "hidden" in wide and "hidden" in narrow
    assert "Not asked about: On the road and Complaint handling" in wide


def test_a_tall_map_has_a_sheet_a_lane_on_paper_and_a_low_one_stays_whole(fake):
    tall, low = (journey_map.journey_map(fake.steps(k), fake.inputs(k), scores).html(SAY, "map") for k, scores in ((8, fake.scores(8)), (3, fake.scores(3, asked=False))))
    (sheets,) = re.findall('class="onpaper">(.*?)</div>', tall)
    delivered, lived = sheets.split("</svg>")[:2]
    assert "What we delivered" in delivered and "What we delivered" not in lived and "Book" in delivered and "Book" in lived
    assert "What customers lived" in lived and ">Remembered<" in lived and "What customers lived" not in delivered and ">Remembered<" not in delivered
    heights = [float(height) for height in re.findall(r'viewBox="0 0 1200 (\d+)', tall)]
    assert heights[0] > 800 and max(heights[1:]) < heights[0] and "onpaper" not in low
    ids = re.findall(r'\bid="([^"]+)"', tall)
    assert len(ids) == len(set(ids))


def test_the_map_without_any_touchpoint_score_says_so(fake):
    html = journey_map.journey_map(fake.steps(3), fake.inputs(3), fake.scores(3, asked=False)).html(SAY, "map")
    assert "No touchpoint is asked about" in html and "Remembered" in html


def test_misses_are_drawn_first_and_at_most_two(fake):
    many = pd.concat([fake.inputs(1)] * 2 + [fake.inputs(3)[lambda d: d["touchpoint"] == "t2"].assign(touchpoint="t0", label="Worst")])
    journey = arrange(fake.steps(3), many, fake.scores(3))
    assert [i["label"] for i in journey.steps[0].inputs][0] == "Worst" and len(journey.steps[0].inputs) == 2


def test_scores_on_another_scale_are_said_in_words_not_drawn_on_the_axis(fake):
    journey = arrange(fake.steps(8), fake.inputs(8), fake.scores(8))
    assert journey.scale == (1.0, 5.0)
    assert [s["label"] for step in journey.steps for s in step.also] == ["Effort"]


def test_nps_lies_on_its_own_scale_whatever_the_survey_offered(fake):
    scores = fake.scores(3, asked=False).assign(touchpoint="t0")
    assert arrange(fake.steps(3), fake.inputs(3), scores).scale == (-100.0, 100.0)


def test_a_naive_comparison_is_named_so(fake):
    html = charts.states(fake.states()).html(SAY, "s")
    assert "Naive: late against on time" in html


def test_a_hidden_month_leaves_a_gap_and_a_wholly_hidden_series_says_so(fake):
    hidden = fake.monthly(1).assign(shown=False)
    assert "Hidden: fewer answers" in control_charts.trend(hidden).html(SAY, "t")
    assert "3.9" not in control_charts.trend(hidden).html(SAY, "t")


def test_plot_functions_take_and_return_axes(fake):
    from matplotlib.figure import Figure

    for plot, frame, more in ((control_charts.plot_trend, fake.monthly(1), {}), (charts.plot_states, fake.states(), {}), (charts.plot_before_after, fake.series(), {"at": "2026-07"})):
        ax = Figure().subplots()
        assert plot(frame, ax, SAY, **more) is ax


def test_a_missing_column_is_told(fake):
    with pytest.raises(UsageError, match="control_charts.trend: columns month are missing"):
        control_charts.trend(fake.monthly().drop(columns="month"))


def test_every_figure_on_a_page_has_its_table_and_csv(fake):
    page = Page(fake.study())
    html = page.figure(drawings(fake)["map"], name="map", headline="map.owner").html
    assert html.count("<table") == 3 and html.count("data:text/csv") == 3


def test_where_it_was_done_is_drawn_strong_whatever_the_order_of_the_rows(fake):
    control_first = fake.series().sort_values("group")
    assert list(control_first["group"])[0] == "control"
    html = charts.before_after(control_first, at="2026-07").html(SAY, "c")
    strong = re.search(r'<text[^>]*(?:700|bold)[^>]*>([^<]*)<', html).group(1)
    assert strong == "where it was done"


def test_a_line_breaks_where_the_question_changed_and_says_so():
    months = ["2026-01", "2026-02", "2026-03", "2026-04"]
    frame = pd.DataFrame({"label": "NPS", "metric": "overall.nps", "month": months, "value": [10.0, 11, 40, 41], "low": [5.0, 6, 35, 36], "high": [15.0, 16, 45, 46], "n": 50})
    say = SAY

    def lines(frame) -> list[int]:
        ax = Figure().add_subplot()
        control_charts.plot_trend(frame.assign(shown=True), ax, say)
        words = [text.get_text() for text in ax.texts]
        assert ("asked otherwise from here" in words) == ("reworded" in frame and frame["reworded"].any())
        return [len(line.get_xdata()) for line in ax.lines if line.get_linewidth() == 1.2]

    assert lines(frame) == [4] and lines(frame.assign(reworded=False)) == [4]
    assert lines(frame.assign(reworded=[False, False, True, False])) == [2, 2]
    told = control_charts.trend(frame.assign(reworded=[False, False, True, False], shown=True)).desc(say)
    assert "From March 2026 the question is another" in told
    assert "another" not in control_charts.trend(frame.assign(shown=True)).desc(say)


def test_the_twin_of_a_figure_speaks_in_words_where_its_cells_are_messages(fake):
    cells = pd.DataFrame({
        "label": "Satisfaction", "row": ["", "app"], "column": "", "row_label": ["explorer.all", "explorer.made_up"], "column_label": "",
        "value": [4.1, 4.3], "low": [4.0, 4.1], "high": [4.2, 4.5], "n": [90, 40], "shown": True,
    })  # fmt: skip
    shown = Page(fake.study()).figure(cross_chart.crossed(cells), name="explored", headline="map.owner")
    assert "explorer.all" not in shown.html and ">All" in shown.html
    assert "explorer.made_up" in shown.html, "what the catalogue does not hold is the brand's own text"


def test_a_split_in_which_a_column_is_hidden_altogether_is_drawn_by_its_rows_as_wholes(fake):
    cells = pd.DataFrame({
        "label": "Satisfaction", "row": ["late"] * 3 + ["in time"] * 3, "column": ["card", "cash", ""] * 2, "row_label": ["Late"] * 3 + ["In time"] * 3,
        "column_label": ["Card", "Cash", ""] * 2, "value": [1.6, np.nan, 1.7, 4.3, np.nan, 4.2], "low": [1.5, np.nan, 1.6, 4.2, np.nan, 4.1],
        "high": [1.7, np.nan, 1.8, 4.4, np.nan, 4.3], "n": [50, np.nan, 60, 500, np.nan, 600], "shown": [True, False, True] * 2,
    })  # fmt: skip
    told = cross_chart.crossed(cells).desc(Sentences("en"))
    assert "1.7" in told and "4.2" in told and "4.3 (4.2" not in told, "what the headline names is what is drawn"
    both = cells.assign(shown=True, value=cells["value"].fillna(3), low=cells["low"].fillna(2), high=cells["high"].fillna(4), n=cells["n"].fillna(40))
    assert "Card" in cross_chart.crossed(both).desc(Sentences("en"))
