"""Every input and metric of a brand in one table, with the words readers know them by."""

from __future__ import annotations

import pandas as pd

from cx_helpers.config import Brand
from cx_helpers.config.journey import OVERALL, label_in


def measures(brand: Brand, language: str = "en") -> pd.DataFrame:
    """A row an input or metric that pages show, in the order of the journey, the remembered ones last.

    Returns
    -------
    DataFrame: measure (full name), input (the same, for inputs), role ("input" or "output"), label, touchpoint,
    touchpoint_label, unit_of_measure, better ("lower" or "higher"), standard (NaN where none; a metric's target), statistic (of inputs: median, mean or share),
    challenge (its names in the taxonomy), cost_to_move (of inputs: money a journey; NaN where not declared).
    """
    journey = brand.journey
    points = {point.id: label_in(point.label, language) for point in journey.touchpoints} | {OVERALL: ""}
    challenges: dict[str, list[str]] = {}
    for challenge in brand.solutions.challenges.values():
        for name in challenge.inputs:
            challenges.setdefault(name, []).append(label_in(challenge.label, language))
    rows = [
        {"measure": name, "input": name, "role": "input", "label": label_in(item.label, language), "unit_of_measure": item.unit,
         "better": item.better, "standard": item.standard, "statistic": item.statistic, "challenge": ", ".join(challenges.get(name, [])), "cost_to_move": item.cost_to_move}
        for name, item in journey.inputs.items()
        if item.shown
    ] + [
        {"measure": name, "input": None, "role": "output", "label": label_in(item.label, language), "unit_of_measure": "points",
         "better": "higher", "standard": item.target, "statistic": "", "challenge": "", "cost_to_move": None}
        for name, item in journey.metrics.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows).astype({"standard": float, "cost_to_move": float})
    point = frame["measure"].str.split(".").str[0]
    frame = frame.assign(touchpoint=point, touchpoint_label=point.map(points))
    return frame.sort_values("touchpoint", key=lambda p: p.map({name: place for place, name in enumerate(points)}), kind="stable", ignore_index=True)
