"""The made-up frames and study of this folder, for its tests."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fake():
    spec = importlib.util.spec_from_file_location("fake_reports", Path(__file__).with_name("fake.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
