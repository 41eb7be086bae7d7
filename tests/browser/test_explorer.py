"""The explorer as an analyst uses it, in JupyterLab and in Voilà: choose, click, drill; errors seen; small cells shut."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

HERE = Path(__file__).resolve()
PATIENCE = 90_000  # milliseconds: a kernel starts and imports
TOOLTIP = "Show the orders behind {}:"


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    """The tea rooms, ingested, and the explorer's notebook set to them: folder and environment of a server."""
    spec = importlib.util.spec_from_file_location("explored", HERE.parents[1] / "widgets" / "explored.py")
    explored = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(explored)
    root = tmp_path_factory.mktemp("explorer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_DATA", str(root / "data"))
        explored.ingest(root / "data")
    notebook = nbformat.read(HERE.parents[2] / "notebooks" / "explore.ipynb", as_version=4)
    notebook.cells[1].source = notebook.cells[1].source.replace('"sample"', '"tea"')
    (root / "served").mkdir()
    nbformat.write(notebook, root / "served" / "explore.ipynb")
    places = {name: str(root / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")}
    return root / "served", {**os.environ, **places, "CX_DATA": str(root / "data"), "JUPYTER_PREFER_ENV_PATH": "1"}


def served(workbench, command, *options):
    """A server on a free port, awaited; ended when the test is over."""
    folder, environment = workbench
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    log = (folder.parent / f"{command[-1]}.log").open("w+")
    server = subprocess.Popen([sys.executable, "-m", *command, f"--port={port}", "--no-browser", *options], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(240):
            if server.poll() is not None:
                log.seek(0)
                pytest.fail(f"{command[-1]} did not start: {log.read()[-600:]}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/static/", timeout=1)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
        log.close()


@pytest.fixture(scope="module")
def voila(workbench):
    pytest.importorskip("voila", reason="voila is not installed")
    yield from served(workbench, ["voila"], "explore.ipynb")


@pytest.fixture(scope="module")
def lab(workbench):
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    yield from served(
        workbench, ["jupyter", "lab"], "--allow-root", "--IdentityProvider.token=", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
    )  # fmt: skip


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
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.close()


def test_in_jupyterlab(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 2400})
    page.goto(f"{lab}/lab/tree/explore.ipynb", timeout=PATIENCE)
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for(timeout=PATIENCE)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    used(page)
    page.close()
    assert json.loads(urllib.request.urlopen(f"{lab}/api/kernels").read()), "the kernel that answered is this server's"
