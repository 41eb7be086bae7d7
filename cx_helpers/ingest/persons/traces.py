"""Where words still stand: in the bytes of files, and in the cells of Parquet files, whose pages are packed."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def traces(folders: Sequence[Path], words: Sequence[str], exact: Collection[str] = ()) -> list[str]:
    """Files below `folders` that hold any of the words, in any case but for those that are `exact`; names relative to the folder's parent.

    Links are not followed: what they lead to is not in the folder.
    """
    sought = [(word, False) if word in exact else (word.lower(), True) for word in words if word]
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and _holds(path, sought):
                found.append(path.relative_to(folder.parent).as_posix())
    return found


def _holds(path: Path, words: Sequence[tuple[str, bool]]) -> bool:
    content = path.read_bytes()
    texts = [content, *_inside(path, content)]
    if any(word.encode(code) in (text.lower() if any_case else text) for text in texts for word, any_case in words for code in ("utf-8", "utf-16-le")):
        return True
    return content[:4] == b"PAR1" and _in_cells(path, words)


def _inside(path: Path, content: bytes) -> list[bytes]:
    if content[:2] == b"\x1f\x8b":
        return [gzip.decompress(content)]
    if content[:2] == b"PK" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [archive.read(name) for name in archive.namelist()]
    return []


def _in_cells(path: Path, words: Sequence[tuple[str, bool]]) -> bool:
    table = pq.ParquetFile(path).read()
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            distinct = pc.unique(column)
            if any(pc.any(pc.match_substring(distinct, word, ignore_case=any_case)).as_py() for word, any_case in words):
                return True
    return False
