"""The what-if as an analyst uses it, in JupyterLab and in Voilà: a number changed, the standard, a scenario saved and listed."""

import importlib.util
import os
from pathlib import Path

import nbformat
import pytest

HERE = Path(__file__).resolve()


def loaded(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


explorer = loaded("explorer_in_browser", HERE.with_name("test_explorer.py"))
PATIENCE = explorer.PATIENCE


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    """The tea rooms, ingested, and the notebook of the what-if set to them: folder and environment of a server."""
    explored = loaded("explored", HERE.parents[1] / "widgets" / "explored.py")
    root = tmp_path_factory.mktemp("what_if")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_DATA", str(root / "data"))
        explored.ingest(root / "data")
    notebook = nbformat.read(HERE.parents[2] / "notebooks" / "what_if.ipynb", as_version=4)
    notebook.cells[1].source = notebook.cells[1].source.replace('"sample"', '"tea"')
    (root / "served").mkdir()
    nbformat.write(notebook, root / "served" / "what_if.ipynb")
    places = {name: str(root / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")}
    return root / "served", {**os.environ, **places, "CX_DATA": str(root / "data"), "JUPYTER_PREFER_ENV_PATH": "1"}


@pytest.fixture(scope="module")
def voila(workbench):
    pytest.importorskip("voila", reason="voila is not installed")
    yield from explorer.served(workbench, ["voila"], "what_if.ipynb")


@pytest.fixture(scope="module")
def lab(workbench):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    yield from explorer.served(
        workbench, ["jupyter", "lab"], "--allow-root", "--IdentityProvider.token=", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
    )  # fmt: skip


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
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.close()


def test_in_jupyterlab(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    page.goto(f"{lab}/lab/tree/what_if.ipynb", timeout=PATIENCE)
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for(timeout=PATIENCE)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    used(page, "From the lab")
    page.close()
