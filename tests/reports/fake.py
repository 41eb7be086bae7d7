"""Made-up frames and a made-up study in the shapes the rooms give, for tests of the pages."""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd

from cx_helpers.findings import Finding
from cx_helpers.reports import Page, charts, control_charts, journey_map

NAMES = [
    ("book", "Book", "Book online"), ("prepare", "Prepare", "Online check-in"), ("pickup", "Pick up", "Counter"),
    ("pickup", "Pick up", "Hand-over"), ("drive", "Drive", "On the road"), ("drive", "Drive", "Road assistance"),
    ("return", "Return", "Return check"), ("settle", "Settle", "Invoice & deposit <refund>"),
    ("after", "Afterwards", "Complaint handling by the customer care team"), ("after", "Afterwards", "Review"),
]  # fmt: skip
INPUTS = ["Page load time", "Failed attempts", "Wait at the counter", "Inspection done", "Cars past their service date", "Time until help arrives", "Check time", "Days until deposit released", "First answer", "Share answered"]


def study(language: str = "en") -> SimpleNamespace:
    return SimpleNamespace(
        brand=SimpleNamespace(label={"en": "Sample Rentals", "es": "Alquileres Muestra"}, currency="EUR"),
        audience=SimpleNamespace(label="Executive, all 46 locations"), month="2026-10", language=language, notebook="02_journeys",
        data_line="9 of 9 tables; 99.6% of rows accepted; 17% answered",
        provenance=lambda: {"tables": {"events": 212, "responses": 188}, "parameters": {"window_months": 12, "seed": 0}, "versions": {"pandas": "3.1.1"}},
    )  # fmt: skip


def steps(k: int) -> pd.DataFrame:
    volume = [round(61_900 * 0.93**i) for i in range(k)]
    return pd.DataFrame({
        "stage": [n[0] for n in NAMES[:k]], "stage_label": [n[1] for n in NAMES[:k]], "touchpoint": [f"t{i}" for i in range(k)],
        "label": [n[2] for n in NAMES[:k]], "owner": (["Digital", "Digital", "Airport Operations", "Fleet"] * 3)[:k],
        "moment_of_truth": [i in (2, 5, 6, 8) for i in range(k)], "volume": volume, "volume_share": [v / 61_900 for v in volume],
        "drop_off_share": [0.07, 0.0, 0.12, 0.013, 0.0, 0.04, 0.2, 0.01, 0.02][: k - 1] + [np.nan],
        "drop_off_low": [0.06, 0.0, 0.11, 0.012, 0.0, 0.03, 0.18, 0.008, 0.01][: k - 1] + [np.nan],
        "drop_off_high": [0.08, 0.0, 0.13, 0.014, 0.0, 0.05, 0.22, 0.012, 0.03][: k - 1] + [np.nan], "n": volume,
        "hours_median": [np.nan, 3.2, 20.1, 0.4, 70.0, 30.0, 96.0, 0.2, 50.0, 12.0][:k],
        "hours_low": [np.nan, 3.1, 19.0, 0.38, 69.0, 25.0, 95.0, 0.19, 45.0, 11.5][:k],
        "hours_high": [np.nan, 3.3, 21.2, 0.42, 71.5, 34.0, 97.0, 0.21, 55.0, 12.5][:k],
        "hours_n": volume, "shown": True,
    })  # fmt: skip


def inputs(k: int, two: bool = True) -> pd.DataFrame:
    rows = []
    for i in range(k):
        if i == 4 and k > 5:
            continue
        unit = ["seconds", "share", "minutes", "share", "share", "minutes", "minutes", "days", "hours", "share"][i]
        value, standard = ([1.9, 0.11, 17.0, 0.83, 0.03, 58, 6.1, 9.2, 5, 0.9][i], [2.5, 0.05, 12, 0.95, 0.04, 60, 7, 5, 4, np.nan][i])
        standing = ["meets", "misses", "misses", "misses", "meets", "unclear", "meets", "misses", "unclear", "no standard"][i]
        row = {"touchpoint": f"t{i}", "input": f"t{i}.x", "label": INPUTS[i], "unit_of_measure": unit, "better": "higher" if i in (3, 9) else "lower", "standard": standard, "statistic": "median", "value": value, "low": value * 0.97, "high": value * 1.03, "n": 5000 - 300 * i, "method": "bootstrap", "standing": standing, "shown": i != 8}
        rows.append(row)
        if two and i % 3 == 0:
            rows.append({**row, "input": f"t{i}.y", "label": "Answered within the promised time", "unit_of_measure": "share", "better": "higher", "standard": 0.9, "value": 0.931, "low": 0.925, "high": 0.937, "standing": "meets", "shown": True})
    return pd.DataFrame(rows)


def scores(k: int, asked: bool = True) -> pd.DataFrame:
    rows = []
    for i in range(k if asked else 0):
        if i in (4, 8):
            continue
        value = [4.31, 3.52, 3.84, 4.12, 4.44, 3.71, 4.21, 3.93, 4, 4.05][i]
        half = 0.16 if i == 5 else 0.05
        rows.append({"touchpoint": f"t{i}", "metric": "csat", "kind": "rating", "label": "Satisfaction", "scale_min": 1, "scale_max": 5, "target": 4.2 if i in (2, 6) else np.nan, "value": value, "low": value - half, "high": value + half, "n": 21 if i == 5 else 8120 - 700 * i, "method": "t, clustered by customer", "shown": i != 9})
    if asked:
        rows.append({**rows[-1], "touchpoint": "t1", "metric": "ces", "kind": "ces", "label": "Effort", "scale_min": 1, "scale_max": 7, "value": 5.2, "low": 5.1, "high": 5.3, "n": 1400, "target": np.nan, "shown": True})
    rows.append({"touchpoint": "overall", "metric": "nps", "kind": "nps", "label": "NPS", "scale_min": 0, "scale_max": 10, "target": 35, "value": 31.2, "low": 28.1, "high": 34.2, "n": 4812, "method": "adjusted Wald", "shown": True})
    return pd.DataFrame(rows)


def monthly(panels: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for p in range(panels):
        for m in range(24):
            value = 4.05 + 0.03 * rng.standard_normal() - (0.05 * max(0, m - 19) if p == 0 else 0)
            rows.append({"touchpoint": f"t{p}", "metric": "csat", "label": f"Satisfaction with {NAMES[p + 2][2]}", "month": f"{2024 + (10 + m) // 12}-{(10 + m) % 12 + 1:02d}", "value": value, "low": value - 0.06, "high": value + 0.06, "n": 600, "method": "t", "shown": m != 4})
    return pd.DataFrame(rows)


def importance() -> pd.DataFrame:
    rows = [("Wait at the counter", 0.31, "minutes", -0.9), ("Dispute at return", 0.19, "yes_no", -24.0), ("Wait for the deposit", 0.14, "days", -0.8), ("Car as booked", 0.11, "yes_no", 11.0), ("=Online check-in failed", 0.07, "yes_no", -0.4)]
    return pd.DataFrame([{"driver": f"d{i}", "label": name, "importance": s * 0.29, "low": s * 0.25, "high": s * 0.33, "share": s, "share_low": s * 0.8, "share_high": s * 1.2, "rank": i + 1, "rank_low": max(1, i), "rank_high": min(5, i + 2), "effect": e, "effect_low": e - 0.5, "effect_high": e + 0.5, "n": 9340, "method": "LMG", "usable": True, "unit_of_measure": u} for i, (name, s, u, e) in enumerate(rows)])


def opportunities() -> pd.DataFrame:
    return pd.DataFrame([{"input": f"d{i}", "label": f"Bring {n.lower()} to standard", "touchpoint": "t2", "off_standard_share": 0.58 - 0.1 * i, "standard": 12.0, "lift": 4.2 - 2 * i, "lift_low": 2.1 - 2 * i, "lift_high": 6.3 - 2 * i, "rank": i + 1, "n": 9340, "grade": "associated", "unit_of_measure": "minutes"} for i, n in enumerate(INPUTS[2:5])])


def states() -> pd.DataFrame:
    rows = [("Received on time", 4.28, 13350, False), ("Received late", 3.86, 480, False), ("Still waiting past the promise, came later", 1.69, 650, False), ("Never delivered", 1.74, 426, False), ("late against on time, whenever answered", 2.60, 1130, True)]
    return pd.DataFrame([{"label": n, "value": v, "low": v - 1.9 / k**0.5, "high": v + 1.9 / k**0.5, "n": k, "method": "t", "shown": True, "naive": naive} for n, v, k, naive in rows])


def effects() -> pd.DataFrame:
    rows = [("Call complainants back", 0.06, 0.02, 0.10, "quasi-experimental", "works", "share", "higher"), ("Remind to check in online", 1.0, -2.0, 4.0, "randomised", "no clear effect", "points", "higher"), ("Skip the inspection", 2.9, 1.6, 4.2, "associated", "backfires", "points", "lower")]
    return pd.DataFrame([{"label": a, "since": "14 July 2026", "estimate": e, "low": lo, "high": hi, "n": 1124, "design": "difference in differences", "grade": g, "verdict": v, "unit_of_measure": u, "better": b} for a, e, lo, hi, g, v, u, b in rows])


def series() -> pd.DataFrame:
    rows = []
    for i, month in enumerate([f"2026-{m:02d}" for m in range(1, 11)]):
        rows += [{"period": month, "group": "treated", "value": 0.19 + 0.006 * max(0, i - 5) + 0.004 * (i % 3), "n": 110}, {"period": month, "group": "control", "value": 0.195 + 0.003 * (i % 2), "n": 900}]
    return pd.DataFrame(rows).assign(unit_of_measure="share", shown=True)


def finding(i: int = 0, **more) -> Finding:
    return Finding("chart.states.desc", {"label": f"Counter {i} & <b>"}, 3.84, 3.79, 3.89, 6204, "t", "associated", weight=float(i), **more)


def notebook(k: int = 8, language: str = "en", asked: bool = True) -> nbformat.NotebookNode:
    """A page with every kind of part, as if a notebook had been run."""
    page = Page(study(language))
    md, cell = nbformat.v4.new_markdown_cell, _cell
    cells = [
        md("# How do customers live the journey?\n\nFor the analyst: this stays in the notebook."),
        _cell(None, source="month: str = 'latest'", tags=["parameters"]),
        cell(page.headline("chart.began", month="2026-10")),
        cell(page.lede(finding(3), ("portal.latest", {"month": "2026-10", "count": 12}))),
        cell(page.findings([finding(i, link="#over-time" if i else "#nowhere") for i in range(4)])),
        md("## The journey, in two lanes\n\n*What we delivered is kept apart from what customers lived.*"),
        cell(page.figure(journey_map.journey_map(steps(k), inputs(k), scores(k, asked)), name="map", headline=finding(1), subtitle=("page.programme", {"month": "2026-10"}), source="marks.chart")),
        md("## Over time\n\n*Signals only: a month outside its usual range.*\n\nScores move from month to month by chance, so a *single* month says little."),
        cell(page.figure(control_charts.trend(monthly()), name="trend", headline=finding(2), subtitle=("page.programme", {"month": "2026-10"}))),
        cell(page.figure(control_charts.trend(monthly(1)), name="trend-one", headline=finding(2))),
        cell(page.methods("provenance.how")),
        md("## What moves what is remembered\n\n*Priority by weight, not by the lowest score.*"),
        cell(page.table(importance(), "importance", headline=finding(1), source="provenance.how")),
        cell(page.table(opportunities(), "opportunities", headline=("chart.began", {"month": "2026-09"}))),
        md("## As lived when answering"),
        cell(page.figure(charts.states(states(), scale=(1, 5)), name="states", headline=finding(1))),
        md("## What we did, and whether it worked"),
        cell(page.table(effects(), "effects", headline=finding(0))),
        cell(page.figure(charts.before_after(series(), at="2026-07"), name="before-after", headline=finding(0))),
        cell(page.table(scores(k, asked), "scores")),
        cell(page.note("marks.all")),
        cell(page.warning("map.nobody_asked", finding(2))),
        cell(page.provenance()),
    ]  # fmt: skip
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def _cell(shown, source: str = "page.show()", tags: list[str] | None = None) -> nbformat.NotebookNode:
    outputs = [] if shown is None else [nbformat.v4.new_output("display_data", data=shown._repr_mimebundle_())]
    outputs.append(nbformat.v4.new_output("stream", name="stderr", text="a warning nobody should read"))
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata={"tags": tags or []})


NAV = [{"label": n, "href": f"{i:02d}.html", "current": i == 2} for i, n in enumerate(["Data", "Journeys", "Drivers", "Follow-up"], start=1)]
PUBLISHED = "2026-11-04T06:10Z"
