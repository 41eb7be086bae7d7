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
    context = {"language": "en", "brand": "Olist", "audience": "Everyone", "published": fake.PUBLISHED, "expected": "2018-05", "months": [
        {"month": "2018-03", "published": fake.PUBLISHED, "data_through": "2018-03-31", "pages": [
            {"label": "Journeys", "href": "j.html", "status": "failed", "headline": "A sentence.", "published": fake.PUBLISHED, "reason": "model: 12 rows."}]}]}  # fmt: skip
    found["portal"] = folder / "portal.html"
    found["portal"].write_text(html.render_portal(context), "utf-8")
    return found
