"""A disk that is full or may not be written is told as that, whichever library met it first."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cx_helpers.errors import DataError

WHAT_TO_DO = {
    errno.ENOSPC: "is full. Free some space",
    errno.EDQUOT: "is full (your quota). Free some space",
    errno.EFBIG: "takes no file as large as this. Raise the limit (`ulimit -f`)",
    errno.EROFS: "may only be read. Make it writable",
}


@contextmanager
def disk_told(brand: str, folder: Path) -> Iterator[None]:
    """Whatever fails within because of the disk is raised as one line.

    Raises
    ------
    DataError
        Naming the folder, what is wrong with its disk, and what to do; anything else is raised as it came.
    """
    try:
        yield
    except Exception as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        raise DataError(f"{brand}: the disk of {folder} {WHAT_TO_DO[trouble]}, then run again; the last publication stays.") from error


def _trouble(error: BaseException | None) -> int | None:
    """The system's number for what is wrong with the disk; libraries in other languages only hand on its words."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in WHAT_TO_DO:
            return error.errno
        for number in WHAT_TO_DO:
            if os.strerror(number) in str(error):
                return number
        error = error.__cause__ or error.__context__
    return None
