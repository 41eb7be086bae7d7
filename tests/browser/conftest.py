"""A browser without a network of its own, and the made-up page as a file."""

import importlib.util
import shutil
from pathlib import Path

import pytest

TOUCHPOINTS = (3, 5, 8, 10)


@pytest.fixture(scope="session")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no chromium on this machine: pages are not looked at in a browser")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with api.sync_playwright() as play:
        made = play.chromium.launch(executable_path=chromium, args=flags)
        yield made
        made.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Pages of journeys with three to ten touchpoints, and a portal, as files: name to path."""
    from cx_helpers.reports import html

    spec = importlib.util.spec_from_file_location("fake_reports", Path(__file__).parents[1] / "reports" / "fake.py")
    fake = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fake)
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for k in TOUCHPOINTS:
        found[f"map{k}"] = folder / f"map{k}.html"
        found[f"map{k}"].write_text(html.render(fake.notebook(k), nav=fake.NAV, published=fake.PUBLISHED), "utf-8")
    for name, k in (("lived", 9), ("lived14", 14)):
        found[name] = folder / f"{name}.html"
        found[name].write_text(html.render(_lived_notebook(fake, k), nav=fake.NAV, published=fake.PUBLISHED), "utf-8")
    found["unasked"] = folder / "unasked.html"
    found["unasked"].write_text(html.render(fake.notebook(5, asked=False), nav=fake.NAV, published=fake.PUBLISHED), "utf-8")
    found["data"] = folder / "data.html"
    found["data"].write_text(html.render(_data_notebook(fake), nav=fake.NAV, published=fake.PUBLISHED), "utf-8")
    context = {"language": "en", "brand": "Olist", "audience": "Everyone", "published": fake.PUBLISHED, "expected": "2018-05", "months": [
        {"month": "2018-03", "published": fake.PUBLISHED, "data_through": "2018-03-31", "pages": [
            {"label": "Journeys", "href": "j.html", "status": "failed", "headline": "A sentence.", "published": fake.PUBLISHED, "reason": "model: 12 rows."}]}]}  # fmt: skip
    found["portal"] = folder / "portal.html"
    found["portal"].write_text(html.render_portal(context), "utf-8")
    return found


def _many(frame, k, column="touchpoint"):
    """Rows of ten touchpoints, again under other names until there are `k`."""
    import pandas as pd

    again = frame.iloc[: k - 10].assign(**{column: [f"t{10 + place}" for place in range(k - 10)]})
    return pd.concat([frame, again], ignore_index=True)


def _lived_notebook(fake, k):
    """Page 02's map with all that is known of what customers lived, and the tables under it that are widest."""
    import nbformat
    import pandas as pd

    from cx_helpers.reports import Page
    from cx_helpers.reports.journey_map import journey_map

    page, order = Page(fake.study()), [f"t{place}" for place in range(k)]
    steps = _many(fake.steps(min(k, 10)).fillna({"drop_off_share": 0.01, "drop_off_low": 0.0, "drop_off_high": 0.02}), k) if k > 10 else fake.steps(k)
    if k > 10:
        steps.loc[10:, "stage"], steps.loc[10:, "stage_label"] = "club", "Loyalty programme"
    scores = fake.scores(min(k, 10))
    half = {"low": 0.12, "high": 0.18, "n": 412, "shown": True}
    lived = {
        "felt": pd.DataFrame([{"touchpoint": name, "emotion": feeling, "value": 0.15, **half} for name in order[::2] for feeling in ("negative", "positive")]),
        "spoken": pd.DataFrame([{"touchpoint": name, "label": "Damage disputed when the car came back", "value": 1.0, "low": 0.85, "high": 1.0, "n": 22, "of": 22, "shown": True} for name in order[1::3]]),
        "quotes": pd.DataFrame([{"touchpoint": order[2], "text": "we waited for the keys for an hour and nobody came", "n": 31}]),
        "moments": pd.DataFrame([{"touchpoint": order[1], "moment": "lowest"}, {"touchpoint": order[0], "moment": "highest"}, {"touchpoint": order[6], "moment": "end"}]),
        "memory": pd.DataFrame([{"part": part, "value": share, "low": share - 0.1, "high": share + 0.1} for part, share in (("mean", 0.42), ("worst", 0.26), ("end", 0.32))]),
        "intents": pd.DataFrame([{"intent": "leisure", "n": 900, "shown": True}, {"intent": "business", "n": 500, "shown": True}]),
    }  # fmt: skip
    long = pd.DataFrame({
        "level": [f"a segment whose name is long, number {n}" for n in range(12)], "segment_label": "What the customer looks for", "value": 31.0, "low": 28.0, "high": 34.0, "others": -23.0,
        "others_low": -28.0, "others_high": -17.0, "verdict": "no clear difference", "change": -2.0, "change_low": -10.0, "change_high": 6.0, "n": 3247, "shown": True,
    })  # fmt: skip
    audit = pd.DataFrame({"verdict": ["replace"], "label": ["Would recommend (asked at the hand-over)"], "touchpoint_label": ["Hand-over of the car"], "reason": ["A recommendation is about the whole. " * 3],
                          "also": ["Who scores higher comes back hardly more. " * 2], "instead": ["Ask here how satisfied they are with this step. " * 2], "response": [0.18], "requests": [22346]})  # fmt: skip
    shown = [
        page.headline("chart.began", month="2026-10"), page.figure(journey_map(steps, fake.inputs(min(k, 10)), scores, lived), name="journey-map", headline="flow.transitions"),
        page.table(long, "segments", headline="flow.transitions", subtitle="segments.over_time_how", first=6), page.table(audit, "audit", headline="flow.transitions"),
        page.note("voice.none"), page.warning("map.nobody_asked"), page.provenance(),
    ]  # fmt: skip
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# How do customers live the journey?\n\n## The journey in two lanes"), *(fake._cell(one) for one in shown)])


def _data_notebook(fake):
    """Page 01 in small: questions, a folded table with its note, gaps, months by source, weights, columns left out on a phone."""
    import nbformat
    import pandas as pd

    from cx_helpers.ingest.baseline.questions import RULES, answered, tally
    from cx_helpers.reports import Page
    from cx_helpers.reports.arrival_chart import arrivals

    page = Page(fake.study())
    asked = pd.DataFrame([{"question": f"question.{name}", "page": f"page.{where}", "answer": ("partly", "no", "yes", "there")[place % 4],
                           "missing": ("lacks.unasked", {"labels": ["Counter", "Return"]}), "bring": ("bring.unasked", {})}
                          for place, (name, where, _) in enumerate(RULES)])  # fmt: skip
    months = pd.DataFrame({"source": ["Bookings"] * 3, "month": ["2026-08", "2026-09", "2026-10"], "n": [90, 20, 99], "late": [0, 0, 7], "usual": [95.0, 94, 90],
                           "gap": [False, True, False]})  # fmt: skip
    sources = pd.DataFrame({"source": ["Bookings"], "files": [2], "months": [3], "last": ["2026-10-31"], "last_month": ["2026-10"], "behind": [1], "late": [7],
                            "standing": ["behind"]})  # fmt: skip
    covered = pd.DataFrame({"label": ["Counter", ""], "stage_label": ["Pick up", ""], "moment": ["map.moment_of_truth", ""], "inputs": [["Wait"], []],
                            "outputs": [[], ["Net Promoter Score"]], "n": [900, None], "measurements": [890, None], "answers": [None, 120]})  # fmt: skip
    problems = pd.DataFrame({"table_of": "table_of.inputs", "reason": [f"wait is below {n}" for n in range(5)], "rows": range(5), "first": "yard.csv:7", "suggestion": "Mend."})
    weights = pd.DataFrame({"label": ["Net Promoter Score"], "plain": [39.8], "plain_low": [37.0], "plain_high": [42.0], "value": [40.4], "low": [38.0], "high": [43.0],
                            "n": [2746], "n_effective": [2267.0], "design_effect": [1.21]})  # fmt: skip
    shown = [
        page.headline(tally(asked)[0], **tally(asked)[1]), page.findings([]), page.table(asked, "questions", headline=tally(asked), subtitle="questions.how"),
        page.table(answered(asked), "answered", headline="questions.where"), page.figure(arrivals(months, sources), name="arrival", headline="arrival.sources"),
        page.table(covered, "coverage", headline=("ingest.coverage", {"count": 1, "of": 2})), page.table(problems, "problems", headline="ingest.files", first=3),
        page.table(weights, "weights", headline="weighting.headline"), page.table(problems, "problems", name="more", headline="fields.all", source="fields.how", first=0),
        page.provenance(),
    ]  # fmt: skip
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Can we trust these data?\n\n## What came"), *(fake._cell(one) for one in shown)])
