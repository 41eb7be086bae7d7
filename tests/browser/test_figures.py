"""Figures with wide numbers, long names or marks on one side alone, as a browser sets them: nothing over its neighbour, nothing outside."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from cx_helpers.reports import asymmetry_chart, charts, driver_charts, side_effect_chart, ways_chart
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
    "contrasts without a cost": asymmetry_chart.contrasts(pd.DataFrame([{
        "label": "Minutes from arrival to departure", "kano": "indifferent", "n": 900, "penalty": 1.0, "penalty_low": -0.5, "penalty_high": 9.0, "reward": 4.0, "reward_low": -0.2,
        "reward_high": 12.0}])),
    "side effects that only harm": side_effect_chart.side_effects(pd.DataFrame([{
        "input": "a", "input_label": "Freight as a share of the payment", "step": ("side_effects.share_less", {}), "label": label, "stage_label": "Deliver", "role": "delivered",
        "effect": 3.0, "low": 0.5, "high": 6.0, "unit_of_measure": "hours", "statistic": "", "size": -0.1, "size_low": -0.2, "size_high": -0.02, "usable": True, "says": "worse", "n": 900}
        for label in ("Hours to approve the payment", "Days after the promise")])),
    "states of an NPS": charts.states(pd.DataFrame([{
        "label": "Told of a problem", "value": 20.0, "low": 10.0, "high": 29.0, "n": 359, "shown": True, "naive": False, "method": ""}]), scale=(-100.0, 100.0)),
}  # fmt: skip


@pytest.mark.parametrize("other", ["narrow", "wide"])
@pytest.mark.parametrize("name", sorted(FIGURES))
def test_words_have_room(browser, name, other):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_content(f"<body style='font-family:Arial,sans-serif'>{FIGURES[name].html(SAY, name.replace(' ', '-'))}</body>")
    page.evaluate("other => document.querySelectorAll(`.${other}`).forEach(e => e.remove())", other)
    assert page.evaluate(OVERLAPS) == [] and page.evaluate(OUTSIDE) == []
    page.close()
