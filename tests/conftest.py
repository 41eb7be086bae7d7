"""Fixtures every room's tests share."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repo() -> Path:
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and reference numbers; tests that need it skip where it is missing."""
    folder = Path(os.environ.get("CX_SHARED", REPO.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} is missing (set CX_SHARED)")
    return folder


@pytest.fixture(scope="session")
def reference(shared):
    """Reads one reference case: `reference("nps_intervals")` gives its folder and {id: entry}."""

    def read(case: str):
        folder = shared / "references" / case
        if not folder.is_dir():
            pytest.skip(f"no reference case: {folder} is missing")
        expected = json.loads((folder / "expected.json").read_text())
        return folder, {entry["id"]: entry for entry in expected["values"]}

    return read
