"""What tables are made from, as the last publication remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cx_helpers.config import Brand
from cx_helpers.ingest.persons.privacy import brand_key, fingerprint

FORMAT = 3  # raise it when the same files would give other tables


def state_of(brand: Brand, hashes: Mapping[str, str]) -> dict[str, Any]:
    """The same state gives the same tables: code, configuration, the key of the pseudonyms and the files' contents."""
    return {"format": FORMAT, "configuration": brand.fingerprint, "key": fingerprint(brand_key(brand.folder)), "files": hashes}
