"""Readers: raw files of every kind become the same text; every record keeps its row, nothing is dropped."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cx_helpers.ingest.readers.opened import LINEAGE, file_order

__all__ = ["LINEAGE", "file_hash", "file_order"]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
