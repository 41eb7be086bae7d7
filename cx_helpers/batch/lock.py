"""One writer a brand at a time: a lock that the system gives back when its holder dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from cx_helpers.config import brand_folder
from cx_helpers.errors import UsageError
from cx_helpers.tables.lake import locks


class Busy(UsageError):
    """Another process holds the brand."""


@contextmanager
def writing(brand: str, doing: str, what: str = "run") -> Iterator[None]:
    """Holds the brand while its tables and pages are written (or, under another name, for what only one may do).

    Raises
    ------
    Busy
        At once when another process holds it, naming that process and what it does.
    """
    folder = locks(brand_folder(brand) / "tables")
    holder = folder / f"{what}.holder"
    try:
        with FileLock(folder / f"{what}.lock", timeout=0):
            holder.write_text(f"`{doing}` (process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC)")
            yield
            holder.unlink(missing_ok=True)
    except Timeout:
        who = holder.read_text() if holder.is_file() else "another process"
        raise Busy(f"{brand}: {who} is still at work. Wait for it, then run again.") from None


@contextmanager
def stoppable() -> Iterator[None]:
    """Lets the request to stop of a scheduler or service manager end the work as Ctrl-C does: children ended, old pages left."""

    def stop(signum, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
