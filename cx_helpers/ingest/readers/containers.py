"""What a file is packed in, and what it really is: gzip and zip are unpacked with care, a file of another kind is told."""

from __future__ import annotations

import gzip
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers.opened import head_of

BLOCK = 1 << 20
FREE_BYTES = 1 << 28
"""Up to here no ratio is asked about: 256 MB do no harm."""
RATIO = 200
"""Text packs ten to fifty times; a bomb a thousand times."""
PACKED = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@contextmanager
def unpacked(path: Path, source: Source, folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The file itself, or what is packed in it as a file that is removed afterwards; with the name it has inside.

    Raises
    ------
    DataError
        One line: damaged, a password, several members and none named, a name that climbs out of the archive, an archive
        inside an archive, or far more bytes than a packed export has.
    """
    head = head_of(path, 8)
    plain = path.name.lower().removesuffix(".gz")
    if head.startswith(b"\x1f\x8b"):
        inside, stream = plain, gzip.open(path)
    elif head.startswith(PACKED[:2]) and not _is_workbook(path, source, name):
        inside, stream = _zip_member(path, source, name)
    elif path.name.lower().endswith((".gz", ".zip")):
        raise DataError(f"{name}: not a {path.suffix[1:].lower()} archive, though its name says so. Export it again.")
    else:
        yield path, path.name
        return
    target = folder / f"unpacked-{os.getpid()}-{abs(hash(str(path)))}.part"
    try:
        with stream:
            _copy(stream, path, target, name)
        if head_of(target, 8).startswith(PACKED) and not inside.lower().endswith((".xlsx", ".xlsm")):
            raise DataError(f"{name}: an archive inside an archive. Unpack it, and put the export itself there.")
        yield target, inside
    finally:
        target.unlink(missing_ok=True)


def _is_workbook(path: Path, source: Source, name: str) -> bool:
    """A workbook is a zip archive too."""
    if source.kind == "excel" and not path.name.lower().endswith(".zip"):
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise DataError(f"{name}: a damaged zip archive. Export it again.") from None


def _zip_member(path: Path, source: Source, name: str):
    archive = zipfile.ZipFile(path)
    members = [item for item in archive.infolist() if not item.is_dir() and not item.filename.startswith("__MACOSX/")]
    climbing = [item.filename for item in members if _climbs(item.filename)]
    if climbing:
        raise DataError(f"{name}: its member {climbing[0][:80]!r} climbs out of the archive. It is not read; export it again.")
    names = [item.filename for item in members]
    if source.member is not None and source.member not in names:
        raise DataError(f"{name}: no member {source.member!r}; it has {_listed(names)}. Mend member in sources.yaml.")
    if source.member is None and len(names) != 1:
        raise DataError(f"{name}: {len(names)} files in the archive ({_listed(names)}). Name one as member in sources.yaml.")
    item = members[names.index(source.member)] if source.member else members[0]
    if item.flag_bits & 1:
        raise DataError(f"{name}: its member {item.filename!r} needs a password. Pack it without one.")
    if item.filename.lower().endswith((".zip", ".gz", ".7z", ".rar", ".bz2", ".xz")):
        raise DataError(f"{name}: an archive inside an archive. Unpack it, and put the export itself there.")
    _not_a_bomb(item.file_size, item.compress_size, name)
    try:
        return PurePosixPath(item.filename).name, archive.open(item)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        raise DataError(f"{name}: a damaged zip archive. Export it again.") from None


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "") or "none"


def _climbs(inside: str) -> bool:
    pure = PurePosixPath(inside.replace("\\", "/"))
    return pure.is_absolute() or ".." in pure.parts or ":" in inside[:3]


def _not_a_bomb(large: int, small: int, name: str) -> None:
    if large > FREE_BYTES and large > RATIO * max(small, 1):
        raise DataError(
            f"{name}: {small:,} bytes unpack to {large:,} or more, over {RATIO} times as many. It is not unpacked; export it again, without packing."
        )


def _copy(stream, path: Path, target: Path, name: str) -> None:
    size, written = path.stat().st_size, 0
    target.touch(mode=0o600)
    try:
        with target.open("wb") as out:
            while block := stream.read(BLOCK):
                written += len(block)
                _not_a_bomb(written, size, name)
                out.write(block)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, OSError, NotImplementedError) as error:
        raise DataError(f"{name}: a damaged or cut-off archive ({_reason(error)}). Export it again.") from None


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:100] if str(error) else type(error).__name__


def check_workbook(path: Path, name: str) -> None:
    """Refuses a workbook that is no zip archive, holds far more than it weighs, or declares entities of its own."""
    head = head_of(path, 8)
    if head == OLD_OFFICE:
        raise DataError(f"{name}: protected by a password, or an old workbook (.xls). Save it as .xlsx without a password, or as CSV.")
    if not head.startswith(PACKED[:2]):
        raise DataError(f"{name}: not a workbook, though reader or ending says excel. Mend reader in sources.yaml, or export it again.")
    try:
        with zipfile.ZipFile(path) as archive:
            items = archive.infolist()
            _not_a_bomb(sum(item.file_size for item in items), path.stat().st_size, name)
            for item in items:
                if item.filename.endswith((".xml", ".rels")):
                    with archive.open(item) as part:
                        if b"<!DOCTYPE" in part.read(2048).upper():
                            raise DataError(f"{name}: its {item.filename} declares a document type, which no workbook does. It is not read.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, OSError, ValueError) as error:
        raise DataError(f"{name}: a damaged workbook ({_reason(error)}). Export it again.") from None


WHAT_IT_IS = (
    (b"PAR1", "a Parquet file", "parquet"),
    (b"$FL2", "an SPSS file", "spss"),
    (b"$FL3", "an SPSS file", "spss"),
    (b"PK\x03\x04", "a workbook", "excel"),
    (OLD_OFFICE, "an old or protected workbook", "excel"),
    (b"%PDF", "a PDF", ""),
    (b"SQLite format 3", "a SQLite database", "sql"),
)


def refuse_other_kinds(path: Path, kind: str, name: str) -> None:
    """A file that is empty, a web page, or of another kind than its reader expects: one line."""
    if path.stat().st_size == 0:
        raise DataError(f"{name}: the file is empty (0 bytes). Export it again.")
    head = head_of(path, 4096)
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        raise DataError(f"{name}: this is an HTML page, not a {_called(kind)} file. Download the export itself.")
    for mark, what, reader in WHAT_IT_IS:
        if head.startswith(mark) and reader != kind:
            mend = f"Set reader: {reader} in sources.yaml, or export" if reader in ("parquet", "spss", "excel") else "Export"
            raise DataError(f"{name}: this is {what}, not a {_called(kind)} file. {mend} it as {_called(kind)}.")


def _called(kind: str) -> str:
    return {"csv": "CSV", "json": "JSON", "jsonl": "JSON lines", "spss": "SPSS", "parquet": "Parquet", "excel": "Excel"}.get(kind, f"{kind} export")
