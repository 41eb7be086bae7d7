"""The map of importance and performance: every driver drawn, those beyond noise named, on a phone as a list."""

import pandas as pd

from cx_helpers.reports.importance_map import importance_map
from cx_helpers.reports.sentences import Sentences

SAY = Sentences("en")
ROWS = pd.DataFrame({
    "label": ["Wait", "Dispute", "Walk"], "share": [0.5, 0.4, 0.01], "share_low": [0.4, 0.3, 0.0], "share_high": [0.6, 0.5, 0.02],
    "value": [0.7, 0.93, 0.72], "low": [0.69, 0.92, 0.71], "high": [0.71, 0.94, 0.73], "usable": [True, True, False], "n": 4000,
})  # fmt: skip


def test_names_of_noise_are_left_to_the_table_and_the_phone():
    drawing = importance_map(ROWS)
    wide, narrow = (drawing.draw(SAY, phone, "m") for phone in (False, True))
    body = wide[wide.index("</desc>") :]
    assert ">Wait<" in body and ">Dispute<" in body and ">Walk<" not in body
    assert body.count("<rect") == 3, "every driver has its mark"
    assert all(f">{name}<" in narrow for name in ROWS["label"])
    assert "Wait: 50% (40 to 60) of what the measures explain, 70% (69 to 71) of journeys at standard" in drawing.desc(SAY).replace("\N{NO-BREAK SPACE}", " ")


def test_names_of_neighbours_do_not_cover_each_other():
    close = ROWS.assign(share=[0.4, 0.401, 0.402], value=[0.8, 0.8, 0.8], usable=True)
    body = importance_map(close).draw(SAY, False, "m")
    heights = [line.split('y="')[1].split('"')[0] for line in body.split("<text ")[1:] if 'font-weight="700"' in line]
    anchors = ["end" in line.split(">")[0] for line in body.split("<text ")[1:] if 'font-weight="700"' in line]
    assert len(set(zip(heights, anchors, strict=True))) == 3


def test_hidden_drivers_are_not_drawn():
    hidden = ROWS.assign(shown=[False, True, True], value=[None, 0.93, 0.72])
    assert ">Wait<" not in importance_map(hidden).draw(SAY, False, "m") and "Hidden" in importance_map(ROWS.assign(shown=False)).draw(SAY, False, "m")
