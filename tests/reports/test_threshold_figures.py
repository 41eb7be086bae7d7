"""Figures of section 3 of the drivers page: two drawings, alternative text, the marks where the numbers say, hidden groups not drawn."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.reports import asymmetry_chart, promise_chart, threshold_charts
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.plots import canvas
from cx_helpers.reports.sentences import Sentences

SAY = Sentences("en")


def bent(better="lower"):
    row = {"driver": "counter.wait", "metric": "overall.nps", "label": "Minutes waited", "outcome_label": "NPS", "unit_of_measure": "minutes", "standard": 12.0,
           "better": better, "kind": "starts", "value": 15.0, "low": 13.0, "high": 17.0, "before": -0.1, "before_low": -0.4, "before_high": 0.1,
           "after": -1.4, "after_low": -1.8, "after_high": -1.0, "share_beyond": 0.4, "n": 900, "shown": True}  # fmt: skip
    x = np.arange(3.0, 31, 3)
    value = 37 - 1.4 * np.maximum(x - 15, 0)
    groups = pd.DataFrame({"x": x, "value": value, "low": value - 3, "high": value + 3, "share": 0.1, "n": 90, "shape": "groups"})
    line = pd.DataFrame({"x": [3.0, 15, 30], "value": [37.0, 37, 16], "low": [36.0, 36, 15], "high": [38.0, 38, 17], "share": np.nan, "n": 900, "shape": "bend"})
    curves = pd.concat([groups, line, line.assign(shape="spline")]).assign(driver="counter.wait", metric="overall.nps", shown=True)
    return pd.DataFrame([row]), curves


def sides():
    return pd.DataFrame({
        "driver": ["a", "b"], "label": ["Wait", "Walk"], "touchpoint_label": "Counter", "kano": ["must_be", "indifferent"], "penalty": [-7.0, -1], "penalty_low": [-11.0, -5],
        "penalty_high": [-3.0, 3], "reward": [0.0, 1], "reward_low": [-4.0, -3], "reward_high": [4.0, 5], "penalty_told": ["yes", "no"], "reward_told": ["no", "no"],
        "unit_of_measure": "minutes", "low_until": 12.0, "high_from": 6.0, "n_low": 90, "n_mid": 90, "n_high": 90, "n": 270,
    })  # fmt: skip


def days():
    rows = [("received", -10, 4.3), ("received", 0, 4.2), ("received", 2, 3.6), ("waiting", 2, 1.6), ("waiting", 6, 1.7), ("naive", 2, 3.0), ("naive", 6, 1.8)]
    table = pd.DataFrame(rows, columns=["state", "days", "value"])
    return table.assign(low=table["value"] - 0.2, high=table["value"] + 0.2, n=50, from_days=table["days"], to_days=table["days"], shown=True)


DRAWINGS = {
    "bends": lambda: threshold_charts.bends(*bent()), "contrasts": lambda: asymmetry_chart.contrasts(sides()), "promise": lambda: promise_chart.promise(days(), "Review score"),
}  # fmt: skip


@pytest.mark.parametrize("which", DRAWINGS)
def test_a_figure_is_two_drawings_with_alternative_text_and_the_same_bytes(which):
    html = DRAWINGS[which]().html(SAY, which)
    assert html == DRAWINGS[which]().html(SAY, which) and html.count('role="img"') == 2
    for svg in re.findall(r"<svg[^>]*role=.*?</svg>", html, re.S):
        root = ET.fromstring(svg)
        assert root.find("title").text and re.search(r"\d", root.find("desc").text) and root.findall(".//text")
    assert not re.findall(r"(?<!,)#[0-9a-f]{6}\b", html), "colours are the page's variables"


@pytest.mark.parametrize("which", DRAWINGS)
def test_the_twin_has_every_row(which):
    for _, frame, columns in DRAWINGS[which]().tables:
        assert len(frame) and {name for column in columns for name in column.columns} <= set(frame.columns)


def test_the_diamond_stands_at_the_bend_and_its_line_is_the_interval():
    table, curves = bent()
    ax = canvas(880, 400)[1][0][0]
    threshold_charts.plot_bend(table.iloc[0].to_dict(), curves, ax, SAY)
    diamond = [line for line in ax.lines if line.get_marker() == "D"]
    assert len(diamond) == 1 and diamond[0].get_xdata()[0] == 15
    assert any(list(line.get_xdata()) == [13, 17] for line in ax.lines) and any(list(line.get_xdata()) == [12, 12] and line.get_linestyle() != "-" for line in ax.lines)
    said = " ".join(text.get_text() for text in ax.texts)
    assert "turns at 15" in said and "standard 12" in said and "no clear change" in said


@pytest.mark.parametrize(("better", "strong"), [("lower", 5), ("higher", 4)])
def test_bars_beyond_the_bend_are_strong_on_the_side_that_is_worse(better, strong):
    table, curves = bent(better)
    ax = canvas(880, 400)[1][0][0]
    threshold_charts.plot_bend(table.iloc[0].to_dict(), curves, ax, SAY)
    shades = [bar.get_facecolor() for bar in ax.patches]
    worse = shades[-1] if better == "lower" else shades[0]
    assert shades.count(worse) == strong and len(shades) == 10


def test_a_hidden_group_is_not_drawn():
    table, curves = bent()
    hidden = (curves["shape"] == "groups") & (curves["x"] == 30)
    ax = canvas(880, 400)[1][0][0]
    threshold_charts.plot_bend(table.iloc[0].to_dict(), curves.assign(shown=~hidden), ax, SAY)
    assert len(ax.patches) == 9


def test_contrasts_within_noise_are_hollow():
    ax = canvas(880, 300)[1][0][0]
    asymmetry_chart.plot_contrasts(sides(), ax, SAY)
    marks = {(line.get_marker(), float(line.get_xdata()[0])): line for line in ax.lines if line.get_marker() in "ov" and len(line.get_xdata()) == 1}
    filled = [key for key, line in marks.items() if line.get_markerfacecolor() == line.get_markeredgecolor()]
    assert filled == [("v", -7.0)] and len(marks) == 4


def test_each_state_of_a_promise_has_its_own_line_and_name():
    ax = canvas(880, 400)[1][0][0]
    promise_chart.plot_promise(days(), ax, SAY)
    said = [text.get_text().replace("\n", " ") for text in ax.texts]
    assert {"had received it when answering", "still waiting when answering", "naive: all, by when it came in the end", "promised day"} <= set(said)


def test_layouts_of_the_section_are_known_by_name():
    assert all(layout(name) for name in ("bends", "asymmetry", "promise", "promise_compared", "hands"))


def test_a_frame_that_lacks_a_column_is_refused():
    with pytest.raises(UsageError, match="columns low, high are missing"):
        threshold_charts.bends(bent()[0].drop(columns=["low", "high"]), bent()[1])
