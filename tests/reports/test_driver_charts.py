"""The forest of drivers: what is drawn, what is said, what looks like noise."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.reports import driver_charts
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import PALETTE
from cx_helpers.reports.plots import canvas
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import table_html

SAY = Sentences("en")
FRAME = pd.DataFrame({
    "driver": ["a", "b", "c"], "label": ["Damage disputed", "Minutes waited", "Photos of the product"], "touchpoint_label": ["Return", "Counter", "Booking"],
    "unit_of_measure": ["share", "minutes", "photos"], "bad": [1.0, 25.0, 1.0], "good": [0.0, 4.0, 6.0], "yes_no": [True, False, False],
    "value": [40.0, 12.0, -3.0], "low": [30.0, 2.0, -8.0], "high": [50.0, 22.0, 2.0], "usable": [True, True, False], "n": [900, 900, 900],
    "method": ["lmg"] * 3})  # fmt: skip


def colours(ax) -> list[str]:
    return [line.get_markeredgecolor() for line in ax.lines if line.get_marker() in ("s", "v", "o")]


def drawn(frame, narrow=False):
    _, axes = canvas(880, 300)
    return driver_charts.plot_forest(frame, axes[0][0], SAY, outcome="NPS", narrow=narrow)


def test_noise_is_hollow_and_grey_and_a_clear_difference_filled():
    ax = drawn(FRAME)
    faces = [line.get_markerfacecolor() for line in ax.lines if line.get_marker() in ("s", "v", "o")]
    assert colours(ax) == [PALETTE["delivered"], PALETTE["delivered"], PALETTE["quiet"]]
    assert faces == [PALETTE["delivered"], PALETTE["delivered"], PALETTE["paper"]]


def test_a_usable_driver_that_runs_the_wrong_way_is_a_triangle_with_words():
    ax = drawn(FRAME.assign(usable=True))
    assert [line.get_marker() for line in ax.lines if line.get_marker() in ("s", "v", "o")] == ["s", "s", "v"]
    assert colours(ax)[2] == PALETTE["harm"]
    assert any(text.get_text().startswith("worse with") for text in ax.texts)


@pytest.mark.parametrize("narrow", [False, True])
def test_each_row_says_name_step_and_number(narrow):
    words = " ".join(text.get_text() for text in drawn(FRAME, narrow).texts).replace("\N{NO-BREAK SPACE}", " ")
    for part in ("Damage disputed", "no instead of yes", "4 min instead of 25 min", "+40 (+30 to +50)", "−3 (−8 to +2)", "right is better"):
        assert part in words, part


def test_no_change_is_always_on_the_axis():
    low, high = drawn(FRAME.head(1)).get_xlim()
    assert low <= 0 < 50 <= high


def test_the_words_of_the_drawing_tell_every_row_and_the_twin_has_them():
    made = driver_charts.forest(FRAME, "NPS")
    said = made.desc(SAY).replace("\N{NO-BREAK SPACE}", " ")
    assert said.count("n = 900") == 3 and "no clear difference" in said and "Minutes waited, 4 min instead of 25 min: +12 (+2 to +22)" in said
    assert len(made.tables[0][1]) == 3 and "Difference in NPS" in made.title(SAY)


def test_a_hidden_row_shows_no_number_and_all_hidden_says_so():
    ax = drawn(FRAME.assign(shown=[True, False, True]))
    assert len(colours(ax)) == 2
    none = drawn(FRAME.assign(shown=False))
    assert [text.get_text() for text in none.texts] == [SAY.say("number.hidden_all")]


def test_a_frame_without_its_columns_is_refused():
    with pytest.raises(UsageError, match="driver_charts.forest: columns good, usable are missing"):
        driver_charts.forest(FRAME.drop(columns=["good", "usable"]), "NPS")


def test_the_importance_table_is_hollow_where_not_usable_and_has_the_row_of_noise():
    rows = pd.DataFrame({
        "label": ["Wait", "Walk", "Noise"], "share": [0.6, 0.1, 0.01], "share_low": [0.5, 0.05, 0.0], "share_high": [0.7, 0.2, 0.03],
        "rank": [1.0, 2.0, None], "rank_low": [1.0, 2.0, None], "rank_high": [1.0, 2.0, None], "effect": [-2.0, -1.0, None], "effect_low": [-3.0, -1.9, None],
        "effect_high": [-1.0, -0.1, None], "unit_of_measure": ["minutes", "metres", None], "usable": [True, False, None], "beyond_yardstick": [True, True, None],
        "n": [90.0] * 3}).astype({"usable": object, "beyond_yardstick": object})  # fmt: skip
    html = table_html(rows, layout("importance"), SAY, "importance", "x")
    body = re.split(r"<tr", html)[2:]
    fills = [re.search(r'<rect [^>]*fill="([^"]+)"', row)[1] for row in body]
    assert ["paper" in fill for fill in fills] == [False, True, True]
    assert "not told from chance" in body[1] and "not told from chance" not in body[0] + body[2]
    assert 'class="quiet">−1' in body[1], "an interval without 0 that does not pass Holm's test is not bold"
