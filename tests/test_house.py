"""The house rules: arrows between rooms, sizes, notebooks' cells, quiet imports, one list of dependencies."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from packaging.requirements import Requirement

from cx_helpers.batch.plan import cell_problems
from cx_helpers.config.audiences import PAGES

REPO = Path(__file__).resolve().parents[1]
PACKAGE = REPO / "cx_helpers"
MODULES = sorted(PACKAGE.rglob("*.py"))

GROUND = {"errors", "estimates", "findings"}
ROOMS = {"ingest", "journeys", "drivers", "follow_up"}
MAY_IMPORT = {
    "errors": set(),
    "findings": {"errors", "estimates"},
    "estimates": {"errors"},
    "config": GROUND,
    "tables": GROUND | {"config"},
    **{room: GROUND | {"config", "tables"} for room in ROOMS},
    "study": GROUND | {"config", "tables"},
    "sample": {"errors"},
    "reports": GROUND | {"config"},
    "widgets": GROUND | {"config", "tables", "reports"} | ROOMS,
    "batch": {"errors", "config", "tables", "reports"},
    "__init__": {"study", "estimates"},
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(path: Path, source: str | None = None) -> set[str]:
    """Rooms that a file imports anywhere, functions and type checks included."""
    package = ["cx_helpers", *path.relative_to(PACKAGE).parent.parts]
    found = set()
    for node in ast.walk(ast.parse(source if source is not None else path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
            start = base if node.level else node.module
            names = [f"{start}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module" and node.args:
            names = [node.args[0].value] if isinstance(node.args[0], ast.Constant) else []
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("cx_helpers.")}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_one_way(path):
    room = room_of(path)
    if room.startswith("cli"):
        return
    reached = {name for name in rooms_imported(path) - {room} if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()}
    assert reached <= MAY_IMPORT[room], f"{room} may not import {sorted(reached - MAY_IMPORT[room])}"


def test_an_arrow_inside_a_function_or_type_check_is_seen():
    path = PACKAGE / "drivers" / "importance.py"
    sources = (
        "def f():\n    from cx_helpers.journeys import maps",
        "if TYPE_CHECKING:\n    from cx_helpers import journeys",
        "import cx_helpers.journeys.maps",
        "from ..journeys import maps",
        "importlib.import_module('cx_helpers.journeys')",
    )
    assert [rooms_imported(path, source) for source in sources] == [{"journeys"}] * 5


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_is_a_chapter(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_package_raises_and_never_asserts(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("page", PAGES)
def test_a_notebook_is_thin(page):
    notebook = nbformat.read(REPO / "notebooks" / f"{page}.ipynb", as_version=4)
    assert cell_problems(REPO / "notebooks" / f"{page}.ipynb") == []
    assert notebook.cells[0].cell_type == "markdown" and notebook.cells[0].source.startswith("# ")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "parameters" in code[0].metadata.get("tags", [])
    for line in code[0].source.splitlines():
        assert re.match(r"\w+: (str|int|float|bool) = .+  # .+", line), f"not `name: type = value  # help`: {line}"
    for cell in code:
        assert len(cell.source.splitlines()) <= 12, cell.source
        assert cell.outputs == [] and cell.execution_count is None, f"outputs committed: {cell.source[:60]}"
        forbidden = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While)
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, forbidden)], cell.source


def test_importing_everything_prints_nothing_and_asks_no_network():
    names = [
        ".".join(path.relative_to(REPO).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
    ]
    code = (
        "import importlib, socket\n"
        "def refuse(*args, **kwargs): raise SystemExit('network at import')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPO, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [REPO / name for name in listed.stdout.decode().split("\0") if name and (REPO / name).is_file()]


def test_no_path_of_a_machine_and_no_registry_is_committed():
    folders = "|".join(("work", "root", "home", "tmp"))
    machine = re.compile(rf"(?<![\w.$)}}])/({folders})/[\w.]")
    indexes = [os.environ.get(name, "") for name in ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX")]
    indexes += subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout.split("'")
    hosts = {urlsplit(index).hostname for index in indexes if "://" in index} | {"pypi" + ".org", "python" + "hosted.org"}
    wrong = []
    for path in committed():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = machine.search(text)
        wrong += [f"{path.relative_to(REPO)}: {found[0]}"] if found else []
        wrong += [f"{path.relative_to(REPO)}: {host}" for host in hosts if host and host in text]
    assert wrong == []


def pinned() -> dict[str, list[tuple[str, str]]]:
    """Package to its (version, marker) lines in the lock; universal locks may hold more than one."""
    lines = re.findall(r"^([\w.-]+)==(\S+?)(?: ; (.+?))? \\$", (REPO / "requirements.lock").read_text(), flags=re.M)
    found: dict[str, list[tuple[str, str]]] = {}
    for name, version, marker in lines:
        found.setdefault(name, []).append((version, marker))
    return found


def test_lock_holds_every_dependency_inside_its_range():
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    lock, wrong = pinned(), []
    for text in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        need = Requirement(text)
        name = re.sub(r"[-_.]+", "-", need.name).lower()
        versions = [version for version, _ in lock.get(name, [])]
        if not versions or not all(need.specifier.contains(version) for version in versions):
            wrong.append(f"{text}: {versions or 'not in requirements.lock'}; run `make lock`")
    assert wrong == []


def test_every_locked_package_has_hashes_and_no_index_is_named():
    text = (REPO / "requirements.lock").read_text()
    assert len(pinned()) > 100
    assert not re.search(r"--(extra-)?index.url|--find.links", text)
    assert all("--hash=sha256:" in block for block in re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:])


def test_environment_asks_for_the_python_of_pyproject_and_nothing_else():
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    text = (REPO / "environment.yml").read_text()
    asked = re.findall(r"^  - (.+)$", text.partition("dependencies:")[2], flags=re.M)
    assert asked == [f"python{project['requires-python']}", "pip"]


def test_installed_package_knows_its_dependencies():
    """Versions in run.json come from the installed metadata: it must be that of this pyproject."""
    import importlib.metadata

    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    installed = {Requirement(text).name for text in importlib.metadata.requires("cx-helpers") if "extra ==" not in text}
    assert installed == {Requirement(text).name for text in project["dependencies"]}
