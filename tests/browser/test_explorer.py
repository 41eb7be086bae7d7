"""The explorer as an analyst uses it, in JupyterLab and in Voilà: choose, click, drill; errors seen; small cells shut."""

import json
import sys
import urllib.request
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from servers import PATIENCE, all_cells_run, in_lab, in_voila, sideways, tea_rooms  # noqa: E402

TOOLTIP = "Show the orders behind {}:"


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    return tea_rooms(tmp_path_factory.mktemp("explorer"), "explore.ipynb")


@pytest.fixture(scope="module")
def voila(workbench):
    yield from in_voila(workbench, "explore.ipynb")


@pytest.fixture(scope="module")
def lab(workbench):
    yield from in_lab(workbench)


def cell(page, place):
    return page.locator(f'button.cx-cell[title^="{TOOLTIP.format(place)}"]')


def used(page):
    """What an analyst does, the same wherever the widget stands."""
    cell(page, "north, Waited long").wait_for(timeout=PATIENCE)
    assert page.locator(".cx-explorer figure svg:visible").count() == 1
    page.get_by_label("Touchpoint").select_option(label="Counter")
    page.locator("figcaption, h3.hd", has_text="Satisfaction with the counter").wait_for(timeout=PATIENCE)
    page.get_by_label("Touchpoint").select_option(label="the whole journey")
    page.locator("figcaption, h3.hd", has_text="Would recommend").wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1000)  # the buttons of the table before are taken away
    cell(page, "north, Waited long").click(timeout=PATIENCE)
    page.get_by_text("Behind north, Waited long: 1 to 20 of 20 orders").wait_for(timeout=PATIENCE)
    worst = page.locator("li.card").first.inner_text()
    assert "Would recommend 2 of 10" in worst and "standard missed" in worst and "took for ever" in worst
    cell(page, "north, No long wait").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Behind north, No long wait: 1 to 20 of 40 orders").wait_for(timeout=PATIENCE)
    assert page.locator("li.card").count() == 20 and page.locator("li.card").first.inner_text() != worst
    hidden = page.locator('button.cx-cell[title="island: hidden, too few answers"]')
    assert hidden.is_disabled() and hidden.inner_text() == "hidden"
    hidden.click(force=True)
    assert page.get_by_text("Behind north, No long wait").is_visible(), "a hidden cell opens nothing"
    page.get_by_label("Columns").select_option(label="Region")
    page.locator(".cx-problem [role=alert]").wait_for(timeout=PATIENCE)
    assert "Choose two different ones" in page.locator(".cx-problem [role=alert]").inner_text() and page.locator("li.card").count() == 0
    page.get_by_label("Columns").select_option(label="none")
    cell(page, "south").wait_for(timeout=PATIENCE)
    assert page.locator(".cx-problem [role=alert]").count() == 0


def test_in_voila(browser, voila):
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.goto(voila, timeout=PATIENCE)
    used(page)
    page.set_viewport_size({"width": 390, "height": 900})
    cell(page, "south").wait_for(timeout=PATIENCE)
    assert sideways(page) <= 0
    page.close()


def test_in_jupyterlab(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    all_cells_run(page, lab, "explore.ipynb")
    used(page)
    page.close()
    assert json.loads(urllib.request.urlopen(f"{lab}/api/kernels").read()), "the kernel that answered is this server's"
