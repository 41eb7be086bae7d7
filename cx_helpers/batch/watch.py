"""Watches a brand's raw folder: what arrives is ingested, and the pages it touches are made anew."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from watchfiles import watch as woken

from cx_helpers.batch.lock import Busy, stoppable
from cx_helpers.config import Brand
from cx_helpers.config.reading import unfinished
from cx_helpers.errors import CxError, UsageError

SETTLED_SECONDS = 2.0
LOOK_MILLISECONDS = 500
AGAIN_SECONDS = 10.0
State = dict[str, tuple[int, int]]


def state(folder: Path) -> State:
    """Every finished file of the folder to its size and time of change."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if any(unfinished(part) for part in path.relative_to(folder).parts):
            continue
        try:
            known = path.stat()
        except OSError:  # gone while we looked
            continue
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = (known.st_size, known.st_mtime_ns)
    return found


def differences(before: State, now: State) -> dict[str, str]:
    """File to what became of it: new, changed or gone."""
    found = {name: "new" if name not in before else "changed" for name in now if before.get(name) != now[name]}
    return dict(sorted({**found, **{name: "gone" for name in before if name not in now}}.items()))


def arrivals(folder: Path, seen: State, settled_seconds: float = SETTLED_SECONDS) -> Iterator[dict[str, str]]:
    """What changed in the folder since `seen`, and then since the last time, each once no file grew for a while.

    The system wakes it; it also looks twice a second by itself, since network folders wake nobody.
    """
    last, since = seen, time.monotonic()
    waking = woken(folder, watch_filter=None, step=100, rust_timeout=LOOK_MILLISECONDS, yield_on_timeout=True, debounce=LOOK_MILLISECONDS)
    for _ in waking:
        now = state(folder)
        if now != last:
            last, since = now, time.monotonic()
        elif now != seen and time.monotonic() - since >= settled_seconds:
            found, seen = differences(seen, now), now
            yield found
        else:
            yield {}


def reads(brand: Brand) -> Callable[[str], bool]:
    """Whether a source of the brand, or its list of actions, reads a file of this name."""
    patterns = [source.file for source in brand.sources.sources.values() if source.file]
    return lambda name: name == "actions.csv" or any(_named(PurePosixPath(name).parts, PurePosixPath(pattern).parts) for pattern in patterns)


def _named(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether `Path.glob`, by which an ingest finds its files, would find the name: `**` is any number of folders, none as well.

    `PurePath.match` is another thing: it takes `**` for one folder and compares from the right; and a file that is gone can no longer be globbed.
    """
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_named(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _named(parts[1:], pattern[1:])


def watch(
    brand: str, folder: Path, refresh: Callable[[], None], read: Callable[[str], bool], *, settled_seconds: float = SETTLED_SECONDS
) -> None:
    """Brings tables and pages up to date, now and whenever a file has come, until it is stopped.

    What goes wrong costs a line on stderr: the last good tables and pages stay, and the watch goes on. While another
    command writes the brand, it waits and tries again.

    Parameters
    ----------
    folder : Path
        The brand's raw folder.
    refresh : callable
        Ingests, and makes the pages that are no longer up to date.
    read : callable
        Whether any source reads a file of this name (its path inside the folder).

    Raises
    ------
    UsageError
        Where the folder is missing.
    """
    if not folder.is_dir():
        raise UsageError(f"{brand}: no folder {folder} to watch. Make it, or mend raw in sources.yaml.")
    with stoppable():
        try:
            seen = state(folder)
            due, waiting = time.monotonic(), ""
            print(f"{brand}: watching {folder}. Ctrl-C ends it.", flush=True)
            for found in _now_and(arrivals(folder, seen, settled_seconds)):
                for name, what in found.items():
                    print(_noticed(brand, name, what, read(name)), flush=True)
                if any(read(name) for name in found):
                    due = min(due, time.monotonic())
                if time.monotonic() >= due:
                    due, waiting = _refreshed(brand, refresh, waiting)
        except KeyboardInterrupt:
            print(f"{brand}: stopped watching.", flush=True)


def _now_and(found: Iterator[dict[str, str]]) -> Iterator[dict[str, str]]:
    yield {}
    yield from found


def _noticed(brand: str, name: str, what: str, is_read: bool) -> str:
    return f"{brand}: {name} is {what}{'' if is_read else '; no source of sources.yaml reads it'}."


def _refreshed(brand: str, refresh: Callable[[], None], waiting: str) -> tuple[float, str]:
    """Runs `refresh` once; when it is next due by itself, and what it waits for (told once)."""
    began = time.monotonic()
    try:
        refresh()
        print(f"{brand}: up to date after {time.monotonic() - began:.0f} s.", flush=True)
    except Busy as error:
        if str(error) != waiting:
            print(error, file=sys.stderr, flush=True)
        return time.monotonic() + AGAIN_SECONDS, str(error)
    except CxError as error:
        print(error, file=sys.stderr, flush=True)
    except Exception as error:  # a watch left alone for months must outlive what nobody foresaw
        said = next(iter(str(error).splitlines()), "")[:300]
        print(f"{brand}: {type(error).__name__}: {said}. The last pages stay; `cx run {brand}` with CX_DEBUG=1 tells more.", file=sys.stderr, flush=True)
    return float("inf"), ""
