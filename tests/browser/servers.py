"""A notebook on the tea rooms, served by JupyterLab or Voilà as an analyst has it, and opened there."""

import importlib.util
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
PLACES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")


def tea_rooms(root, name):
    """The tea rooms, ingested below `root`, and the notebook set to them: folder and environment of a server."""
    spec = importlib.util.spec_from_file_location("explored", HERE.parents[1] / "widgets" / "explored.py")
    explored = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(explored)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_DATA", str(root / "data"))
        explored.ingest(root / "data")
    notebook = nbformat.read(HERE.parents[2] / "notebooks" / name, as_version=4)
    notebook.cells[1].source = notebook.cells[1].source.replace('"sample"', '"tea"')
    (root / "served").mkdir()
    nbformat.write(notebook, root / "served" / name)
    places = {place: str(root / place) for place in PLACES}
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


def in_voila(workbench, name):
    """The address of the notebook in Voilà."""
    pytest.importorskip("voila", reason="voila is not installed")
    yield from served(workbench, ["voila"], name)


def in_lab(workbench):
    """The address of a JupyterLab in the folder."""
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    yield from served(
        workbench, ["jupyter", "lab"], "--allow-root", "--IdentityProvider.token=", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
    )  # fmt: skip


def all_cells_run(page, lab, name):
    """Opens the notebook in JupyterLab and runs it from the menu."""
    page.goto(f"{lab}/lab/tree/{name}", timeout=PATIENCE)
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).wait_for(timeout=PATIENCE)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def sideways(page):
    """How far the page scrolls sideways, in pixels."""
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
