"""Scenarios that people saved: which inputs they moved, where, and why. Rows are added and never changed."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from cx_helpers.errors import UsageError
from cx_helpers.tables.store import opened

LONGEST = {"name": 80, "author": 80, "note": 500}
COLUMNS = ("scenario_id", "name", "author", "note", "month", "audience", "moves", "saved_at")
MOVE = ("input", "to", "where", "levels")

_KEPT = sa.MetaData()
_SCENARIOS = sa.Table(
    "scenarios",
    _KEPT,
    sa.Column("scenario_id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(LONGEST["name"]), nullable=False),
    sa.Column("author", sa.String(LONGEST["author"]), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("audience", sa.String(80), nullable=False),
    sa.Column("moves", sa.Text, nullable=False),
    sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
)


def save_scenario(folder: Path, *, name: str, author: str, moves: Iterable[Mapping[str, Any]], month: str, audience: str, note: str = "") -> str:
    """Adds a scenario to a brand's list; one of the same name stands beside it.

    Parameters
    ----------
    folder : Path
        The brand's, where actions are kept too.
    name, author, note : str
        Up to 80, 80 and 500 characters; a note is not needed.
    moves : mappings with input, to (number, or None for its standard), where ("" everywhere) and levels
    month : YYYY-MM that was looked at
    audience : str

    Returns
    -------
    str : its id.

    Raises
    ------
    UsageError
        No name, no author, nothing moved, or a text too long; one line for all of it.
    """
    given = {key: " ".join(text.split()) for key, text in (("name", name), ("author", author), ("note", note))}
    problems = [f"{key} is missing" for key in ("name", "author") if not given[key]]
    problems += [f"{key} has {len(text)} characters, at most {LONGEST[key]} are kept" for key, text in given.items() if len(text) > LONGEST[key]]
    rows = [{key: list(move[key]) if key == "levels" else move[key] for key in MOVE} for move in moves]
    if problems or not rows:
        raise UsageError(f"scenario: {'; '.join([*problems, *([] if rows else ['nothing is moved'])])}. Complete it and save again.")
    found = uuid.uuid4().hex
    engine = opened(_url(folder), _KEPT)
    with engine.begin() as connection:
        connection.execute(_SCENARIOS.insert().values(
            scenario_id=found, **given, month=month, audience=audience, moves=json.dumps(rows, ensure_ascii=False), saved_at=datetime.now(UTC)
        ))  # fmt: skip
    engine.dispose()
    return found


def saved_scenarios(folder: Path, month: str, audience: str) -> pd.DataFrame:
    """Scenarios saved for an audience, when the month looked at was this one or an earlier one.

    Returns
    -------
    DataFrame, oldest first: scenario_id, name, author, note, month, audience, moves (list of mappings), saved_at. A brand without any has no rows, and no store
    is made for it.
    """
    file = folder / "actions.db"
    rows: list[tuple] = []
    if file.is_file():
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as store:
            if store.execute("SELECT 1 FROM sqlite_master WHERE name = 'scenarios'").fetchone():
                asked = f"SELECT {', '.join(COLUMNS)} FROM scenarios WHERE month <= ? AND audience = ? ORDER BY saved_at, scenario_id"
                rows = store.execute(asked, (month, audience)).fetchall()
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(moves=[json.loads(text) for text in frame["moves"]], saved_at=pd.to_datetime(frame["saved_at"]))


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'actions.db'}"
