"""Figures with wide numbers, as a browser sets them: nothing over its neighbour, nothing outside."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from cx_helpers.reports import asymmetry_chart, driver_charts, ways_chart
from cx_helpers.reports.sentences import Sentences

sys.path.insert(0, str(Path(__file__).parent))
from test_pages import OUTSIDE, OVERLAPS  # noqa: E402

SAY = Sentences("en")
FIGURES = {
    "forest": driver_charts.forest(pd.DataFrame([{
        "label": "Still waiting past the promise", "unit_of_measure": "share", "bad": 1.0, "good": 0.0, "yes_no": True, "value": 2.573, "low": 2.481, "high": 2.672,
        "usable": True, "n": 10_845_000}]), "NPS"),
    "contrasts": asymmetry_chart.contrasts(pd.DataFrame([{
        "label": "Price", "kano": "performance", "n": 10_845, "penalty": -0.2013, "penalty_low": -0.2641, "penalty_high": -0.1382, "reward": 0.1612, "reward_low": 0.0921,
        "reward_high": 0.2283}])),
    "ways": ways_chart.ways(pd.DataFrame([{
        "label": ("flow.way_common", {}), "path": "a > b", "touchpoints": ["a", "b"], "share": 0.4, "low": 0.3, "high": 0.5, "n": 900, "score": score, "score_low": score - 0.025,
        "score_high": score + 0.025, "score_n": 500, "median_hours": 3.0, "low_hours": 2.0, "high_hours": 4.0} for score in (4.268, 1.636)]), {"a": "Order", "b": "Delivery"}, "Review score"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_wide_numbers_have_room(browser, name):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    drawing = FIGURES[name]
    page.set_content(f"<body style='font-family:Arial,sans-serif'>{drawing.html(SAY, name)}</body>")
    page.evaluate("() => document.querySelectorAll('.narrow').forEach(e => e.remove())")
    assert page.evaluate(OVERLAPS) == [] and page.evaluate(OUTSIDE) == []
    page.close()
