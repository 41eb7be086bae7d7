"""Pseudonyms: customers are known by a keyed HMAC, and the key stays outside the tables."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc


def brand_key(folder: Path) -> bytes:
    """The brand's secret, made on first use in ``<brand>/key``, readable by its owner alone."""
    path = folder / "key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return bytes.fromhex(path.read_text().strip())


def pseudonymise(table: pa.Table, key: bytes, column: str = "customer_id") -> pa.Table:
    """`table` with each value of `column` replaced by its HMAC-SHA256, cut to 128 bits (32 hexadecimal digits)."""
    if column not in table.column_names:
        return table
    values = table[column].combine_chunks()
    distinct = pc.unique(values)
    names = [None if v is None else hmac.new(key, v.encode(), hashlib.sha256).hexdigest()[:32] for v in distinct.to_pylist()]
    coded = pc.index_in(values, value_set=distinct)
    replaced = pa.array(names, pa.string()).take(coded)
    return table.set_column(table.column_names.index(column), column, replaced)
