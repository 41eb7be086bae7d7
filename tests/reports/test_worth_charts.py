"""Worth and calibration as figures: two drawings, every number in words, hidden rows hidden, right is better."""

import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.reports import worth_charts
from cx_helpers.reports.sentences import Sentences

SAY = Sentences("en", "EUR")


def changes(count=3, **more):
    rows = [
        {"change": ("worth.change_lower", {"label": f"Wait {i}", "standard": 12.0, "unit_of_measure": "minutes", "statistic": ""}), "not_told": None,
         "experience": 1.4, "experience_low": 0.9, "experience_high": 1.8, "returns": 0.01, "returns_low": 0.0, "returns_high": 0.02,
         "revenue_a_year": 79_000.0, "revenue_a_year_low": 55_000.0, "revenue_a_year_high": 104_000.0,
         "cost_a_year": 160_000.0, "cost_a_year_low": 144_000.0, "cost_a_year_high": 176_000.0,
         "net_a_year": -81_000.0, "net_a_year_low": -90_000.0, "net_a_year_high": -70_000.0, "n": 42_000}
        for i in range(count)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**more)


def curve(**more):
    rows = [{"tenth": t, "told": 0.3 + 0.04 * t, "value": 0.3 + 0.04 * t, "low": 0.27 + 0.04 * t, "high": 0.33 + 0.04 * t, "n": 900, "method": "Wilson"} for t in range(1, 11)]
    return pd.DataFrame(rows).assign(**more)


@pytest.mark.parametrize("drawing", [worth_charts.worth(changes()), worth_charts.calibration(curve())], ids=["worth", "calibration"])
def test_a_figure_is_two_drawings_with_alternative_text_and_the_pages_colours(drawing):
    html = drawing.html(SAY, "own")
    assert html.count('role="img"') == 2 and html == drawing.html(SAY, "own")
    for svg in re.findall(r"<svg[^>]*role=.*?</svg>", html, re.S):
        root = ET.fromstring(svg)
        assert root.find("title").text and root.find("desc").text and root.findall(".//text")
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and all(i.startswith("own-") for i in ids)
    assert not re.findall(r'(?<!,)#[0-9a-f]{6}\b', html)


def test_each_change_tells_its_three_numbers_and_its_n_in_the_drawing_and_to_those_who_do_not_see_it():
    html = worth_charts.worth(changes(1)).html(SAY, "w")
    for words in ("Wait 0: at most 12 min", "+1.4 (+0.9 to +1.8)", "+€79k (+55k to +104k)", "+€160k (+144k to +176k)", "42,000"):
        assert html.replace("\N{NO-BREAK SPACE}", " ").count(words) >= 2, words
    assert "revenue +€79k" in worth_charts.worth(changes(1)).desc(SAY).replace("\N{NO-BREAK SPACE}", " ")


def test_right_is_better_on_every_strip():
    rows = pd.concat([changes(1), changes(1, cost_a_year=20_000.0, cost_a_year_low=19_000.0, cost_a_year_high=21_000.0)], ignore_index=True)
    html = worth_charts.worth(rows).draw(SAY, False, "w")
    squares = [float(x) for x in re.findall(r'<rect x="([\d.]+)"', html)]
    assert len(squares) == 2 and squares[0] < squares[1], "the cheaper change stands further right"


def test_noise_is_hollow_and_a_hidden_change_tells_nothing():
    noise = worth_charts.worth(changes(1, experience_low=-0.2)).draw(SAY, False, "w")
    assert noise.count("var(--quiet") > worth_charts.worth(changes(1)).draw(SAY, False, "w").count("var(--quiet")
    hidden = worth_charts.worth(changes(1, shown=False)).html(SAY, "w")
    assert "79k" not in hidden and "1.4" not in hidden and "hidden" in hidden
    unknown = worth_charts.worth(changes(1, cost_a_year=float("nan"), cost_a_year_low=float("nan"), cost_a_year_high=float("nan"))).html(SAY, "w")
    assert "not known" in unknown


def test_twelve_changes_at_most_are_drawn_and_the_others_are_named():
    drawing = worth_charts.worth(changes(15), everywhere=14)
    assert drawing.draw(SAY, False, "w").count("Wait ") == 12 + 12 and "3 more changes are in the table." in drawing.draw(SAY, False, "w")
    assert len(drawing.tables[0][1]) == 15


def test_the_curve_says_how_many_groups_hold_what_was_told():
    assert "In 10 of 10 groups" in worth_charts.calibration(curve()).desc(SAY)
    assert "In 0 of 10 groups" in worth_charts.calibration(curve(told=0.9)).desc(SAY)
    assert "Hidden" in worth_charts.calibration(curve(shown=False)).html(SAY, "c")


def test_what_is_missing_is_named():
    with pytest.raises(UsageError, match="columns revenue_a_year"):
        worth_charts.worth(changes().drop(columns="revenue_a_year"))


def test_what_chance_makes_among_many_is_hollow_though_its_own_interval_is_clear():
    drawn = [worth_charts.worth(changes(1, **more)).draw(SAY, False, "w").count("var(--quiet") for more in ({"felt": True, "usable": True}, {"felt": True, "usable": False}, {"felt": False, "usable": False})]
    assert drawn[0] < drawn[1] < drawn[2]
