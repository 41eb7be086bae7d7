"""The what-if as an analyst uses it, in JupyterLab and in Voilà: a number changed, the standard, a scenario saved and listed."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from servers import PATIENCE, all_cells_run, in_lab, in_voila, sideways, tea_rooms  # noqa: E402


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    return tea_rooms(tmp_path_factory.mktemp("what_if"), "what_if.ipynb")


@pytest.fixture(scope="module")
def voila(workbench):
    yield from in_voila(workbench, "what_if.ipynb")


@pytest.fixture(scope="module")
def lab(workbench):
    yield from in_lab(workbench)


def used(page, name):
    """What an analyst does, the same wherever the widget stands."""
    widget = page.locator(".cx-what-if")
    widget.get_by_text("Nothing is moved yet").wait_for(timeout=PATIENCE)
    number = widget.locator(".widget-readout").first
    before = number.inner_text()
    number.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    moved = widget.locator(".t-what-if tbody tr")
    moved.filter(has_text="→ 8").wait_for(timeout=PATIENCE)
    to_eight = moved.inner_text()
    widget.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("told => document.querySelector('.cx-what-if .t-what-if tbody tr')?.innerText !== told", arg=to_eight, timeout=PATIENCE)
    widget.get_by_title("To standard: Minutes waited").click()
    moved.filter(has_text="to standard").wait_for(timeout=PATIENCE)
    assert "+" in moved.inner_text() and number.inner_text() not in (before, "8")
    widget.get_by_role("button", name="Save to the list").click()
    widget.locator(".cx-problem [role=alert]").wait_for(timeout=PATIENCE)
    assert "name is missing; author is missing" in widget.locator(".cx-problem [role=alert]").inner_text()
    for field, text in (("Name", name), ("Author", "Ana"), ("Note", "for spring")):
        widget.get_by_label(field, exact=True).fill(text)
        page.keyboard.press("Tab")
    widget.get_by_role("button", name="Save to the list").click()
    listed = widget.locator(".t-scenarios tbody tr").filter(has_text=name)
    listed.wait_for(timeout=PATIENCE)
    assert "scenario by Ana" in listed.inner_text() and "to standard" in listed.inner_text() and widget.locator(".cx-problem [role=alert]").count() == 0
    widget.get_by_role("button", name="All as it is").click()
    widget.get_by_text("Nothing is moved yet").wait_for(timeout=PATIENCE)


def test_in_voila(browser, voila):
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.goto(voila, timeout=PATIENCE)
    used(page, "From Voila")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_timeout(500)
    assert sideways(page) <= 0
    page.close()


def test_in_jupyterlab(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    all_cells_run(page, lab, "what_if.ipynb")
    used(page, "From the lab")
    page.close()
