"""One writer a brand at a time: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from cx_helpers.config import brand_folder
from cx_helpers.errors import UsageError


@contextmanager
def writing(brand: str, doing: str) -> Iterator[None]:
    """Holds the brand while its tables or pages are written.

    Raises
    ------
    UsageError
        At once when another process holds it, naming that process and what it does.
    """
    folder = brand_folder(brand) / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _taken(descriptor):
            holder = os.pread(descriptor, 200, 1).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            raise UsageError(f"{brand}: {holder or 'another process'} is still at work. Wait for it, then run again.")
        os.ftruncate(descriptor, 0)
        started = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        os.lseek(descriptor, 1, os.SEEK_SET)
        os.write(descriptor, f"`{doing}` (process {os.getpid()}, since {started})".encode())
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Takes the lock on the first byte; the holder's name stands after it, so that it can still be read."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
