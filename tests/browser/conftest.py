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
