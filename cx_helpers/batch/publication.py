"""Pages of one month and audience change places in one step: a reader sees the old set or the new, never a mixture."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from cx_helpers.config import reports_folder

MANIFEST = "run.json"


def set_folder(brand: str, month: str, audience: str) -> Path:
    """Where the pages of a month and audience are read."""
    return reports_folder() / brand / month / audience


def log_file(brand: str, month: str, audience: str, notebook: str) -> Path:
    """Where a failed page's traceback is kept: apart from the pages, since it may quote data."""
    return reports_folder() / ".logs" / brand / month / audience / f"{notebook}.log"


def staging_folder(brand: str) -> Path:
    """Where the runs of a brand build; everything in it belongs to the run under way."""
    return reports_folder() / ".staging" / brand


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a published set; empty where nothing was published or the file cannot be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def publish(staged: Path, target: Path, manifest: dict[str, Any], kept: list[str]) -> None:
    """Makes `staged` the set at `target` in one step.

    Parameters
    ----------
    staged : Path
        Folder on the same disk with the new pages.
    manifest : dict
        Written last into the new set.
    kept : list of str
        Files of the old set that stay, byte for byte.
    """
    for name in kept:
        _same_file(target / name, staged / name)
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)
    write_through(staged / MANIFEST, text + "\n")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        os.rename(staged, target)
    elif not _exchange(staged, target):
        _replace_in_two_steps(staged, target)
    shutil.rmtree(staged, ignore_errors=True)


def sweep(brand: str) -> None:
    """Clears what a killed run left, putting back a set it had taken aside and not yet replaced."""
    staging = staging_folder(brand)
    for aside in staging.glob("*/aside/*/*"):
        target = set_folder(brand, aside.parent.name, aside.name)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.rename(aside, target)
    shutil.rmtree(staging, ignore_errors=True)


def write_through(path: Path, text: str) -> None:
    """Writes a file whole or not at all, and down to the disk."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _same_file(old: Path, new: Path) -> None:
    """A second name for the file where the disk allows it: takes no room, so a full disk does not matter."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)


def _exchange(one: Path, other: Path) -> bool:
    """Lets two folders change names in one step; False where the system cannot (Windows, some file systems)."""
    try:
        if sys.platform == "linux":
            here, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
            done = ctypes.CDLL(None, use_errno=True).renameat2(here, os.fsencode(one), here, os.fsencode(other), swap)
        elif sys.platform == "darwin":
            done = ctypes.CDLL(None, use_errno=True).renamex_np(os.fsencode(one), os.fsencode(other), 2)  # RENAME_SWAP
        else:
            return False
    except (AttributeError, OSError):
        return False
    return done == 0


def _replace_in_two_steps(staged: Path, target: Path) -> None:
    """Without an exchange there is a moment with no set at all; `sweep` mends it after a kill in that moment."""
    run = staged.parents[2]
    aside = run / "aside" / target.parent.name / target.name
    aside.parent.mkdir(parents=True, exist_ok=True)
    os.rename(target, aside)
    os.rename(staged, target)
    shutil.rmtree(aside, ignore_errors=True)
