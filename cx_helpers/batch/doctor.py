"""What an installation has and what it lacks, for a person who wants to know why something does not work."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cx_helpers.batch.fingerprints import versions
from cx_helpers.batch.plan import cell_problems, notebooks_folder
from cx_helpers.config import data_folder, load_brand, reports_folder
from cx_helpers.config.parameters import PARAMETERS
from cx_helpers.errors import CxError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def examine() -> Iterator[tuple[bool, str]]:
    """(good, line) of each thing looked at: Python, packages, kernel, folders, brands, notebooks, browser."""
    yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} at {sys.executable} (3.11 or later)"
    for name, version in versions().items():
        if name != "python":
            yield True, f"{name} {version}"
    yield _kernel()
    for what, folder in (("data", data_folder()), ("reports", reports_folder())):
        yield _writable(folder), f"{what} folder {folder} can be written"
    for path in sorted(data_folder().glob("*/journey.yaml")):
        yield _brand(path.parent.name)
    for name in PARAMETERS:
        problems = cell_problems(notebooks_folder() / f"{name}.ipynb")
        yield not problems, problems[0] if problems else f"notebook {name}: its parameters agree with its model"
    found = next((shutil.which(name) for name in BROWSERS if shutil.which(name)), None)
    yield True, f"browser {found}" if found else "no Chromium: only the browser tests need one"


def _kernel() -> tuple[bool, str]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return False, "kernel python3: none. Run `make install` in this environment."
    # A bare `python` is replaced by the interpreter that starts it.
    bare = re.fullmatch(r"python3?(\.\d+)?", spec.argv[0])
    same = bare or Path(spec.argv[0]).resolve() == Path(sys.executable).resolve()
    return bool(same), f"kernel python3 starts {sys.executable if bare else spec.argv[0]}"


def _writable(folder: Path) -> bool:
    there = next((parent for parent in (folder, *folder.resolve().parents) if parent.is_dir()), None)
    try:
        with tempfile.TemporaryFile(dir=there):
            return True
    except OSError:
        return False


def _brand(name: str) -> tuple[bool, str]:
    try:
        load_brand(name)
    except CxError as error:
        lines = str(error).splitlines()
        return False, f"brand {name}: {len(lines)} problem(s), first {lines[0]} `cx check {name}` tells all."
    return True, f"brand {name}: its configuration is good"
