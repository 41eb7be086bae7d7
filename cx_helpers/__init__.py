"""The CX workbench: what customers perceive and what operations deliver, joined over the whole journey."""

from __future__ import annotations

__all__ = ["Study", "estimates"]


def __getattr__(name: str):
    # Study brings the table engines with it; a notebook that only wants an estimate should not wait for them.
    if name == "Study":
        from cx_helpers.study import Study

        return Study
    if name == "estimates":
        import importlib

        return importlib.import_module("cx_helpers.estimates")
    raise AttributeError(f"module 'cx_helpers' has no attribute {name!r}")
