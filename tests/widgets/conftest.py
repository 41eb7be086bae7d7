"""A study of the tea rooms, opened once: the tests read it and never change it."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tea(tmp_path_factory):
    from cx_helpers import Study

    spec = importlib.util.spec_from_file_location("explored", Path(__file__).with_name("explored.py"))
    explored = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(explored)
    root = tmp_path_factory.mktemp("tea") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_DATA", str(root))
        explored.ingest(root)
        return Study.open("tea", "2026-02", notebook="02_journeys", interactive=True)
