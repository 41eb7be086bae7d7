"""The action log: which solution was put in place, where, from when, by whom. No edit is ever lost."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from cx_helpers.errors import DataError, UsageError
from cx_helpers.tables.store import opened

STATUSES = ("planned", "running", "stopped", "done")
FIELDS = ("solution", "challenge", "measure", "units", "effective_from", "owner", "status", "description")

_METADATA = sa.MetaData()
_VERSIONS = sa.Table(
    "action_versions",
    _METADATA,
    sa.Column("action_id", sa.String(80), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("solution", sa.String(80), nullable=False),
    sa.Column("challenge", sa.String(80)),
    sa.Column("measure", sa.String(160), nullable=False),
    sa.Column("units", sa.Text, nullable=False),
    sa.Column("effective_from", sa.Date, nullable=False),
    sa.Column("owner", sa.String(160)),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
)


class ActionLog:
    """The brand's actions in a small relational store, append-only.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; ``sqlite:///<brand>/actions.db`` by default, PostgreSQL where many people write.
    """

    def __init__(self, url: str):
        self._engine = opened(url, _METADATA)

    @classmethod
    def of(cls, folder: Path) -> ActionLog:
        """The log in a brand's folder."""
        return cls(f"sqlite:///{folder / 'actions.db'}")

    def record(self, action_id: str, *, changed_by: str, **fields: Any) -> int:
        """Writes an action, or a new version of it; an unchanged one writes nothing.

        Parameters
        ----------
        fields
            solution, measure (the input, ``touchpoint.input``, or metric it should move), units (list of unit names),
            effective_from (date) are required; challenge, owner, status (planned, running, stopped, done),
            description as known.

        Returns
        -------
        int : the version now in force.

        Raises
        ------
        UsageError
            A field that is missing, unknown or not allowed; one line for all of them.
        """
        row = _checked(action_id, fields)
        with self._engine.begin() as connection:
            last = connection.execute(
                sa.select(_VERSIONS).where(_VERSIONS.c.action_id == action_id).order_by(_VERSIONS.c.version.desc()).limit(1)
            ).mappings().first()  # fmt: skip
            if last and all(last[name] == row[name] for name in FIELDS):
                return last["version"]
            version = last["version"] + 1 if last else 1
            connection.execute(
                _VERSIONS.insert().values(
                    action_id=action_id, version=version, **row, changed_at=datetime.now(UTC), changed_by=changed_by
                )
            )
        return version

    def history(self, action_id: str | None = None) -> pd.DataFrame:
        """Every version ever written, oldest first: the columns of `actions`, version, changed_at, changed_by."""
        query = sa.select(_VERSIONS).order_by(_VERSIONS.c.action_id, _VERSIONS.c.version)
        if action_id:
            query = query.where(_VERSIONS.c.action_id == action_id)
        with self._engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        frame = pd.DataFrame(rows, columns=[column.name for column in _VERSIONS.columns])
        return frame.assign(units=frame["units"].map(json.loads), effective_from=pd.to_datetime(frame["effective_from"]))

    def actions(self, month: str | None = None) -> pd.DataFrame:
        """The action log as it stands: a row an action, its latest version.

        Parameters
        ----------
        month : str, optional
            YYYY-MM: only actions in force by its last day, in their latest version.

        Returns
        -------
        DataFrame: action_id, version, solution, challenge, measure, units (list of text), effective_from (day), owner,
        status, description, changed_at, changed_by; in the order of effective_from.
        """
        latest = self.history().drop_duplicates("action_id", keep="last")
        if month is not None:
            latest = latest[latest["effective_from"] < (pd.Period(month, "M") + 1).to_timestamp()]
        return latest.sort_values(["effective_from", "action_id"], ignore_index=True)


def import_actions(path: Path, log: ActionLog) -> int:
    """Takes a brand's list of actions (CSV) into its log; rows already there unchanged write nothing.

    Parameters
    ----------
    path : Path
        Columns action_id, solution, measure, units (separated by semicolons), effective_from (YYYY-MM-DD), and where
        known challenge, owner, status, description.

    Returns
    -------
    int : actions in the file.
    """
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path.name}: not readable as UTF-8 CSV ({str(error).splitlines()[0]}). Save it as CSV UTF-8.") from None
    lacking = [name for name in ("action_id", "solution", "measure", "units", "effective_from") if name not in rows]
    if lacking:
        raise DataError(f"{path.name}: column {', '.join(lacking)} is missing; it has {', '.join(rows.columns)}. Add it.")
    problems = []
    for place, row in enumerate(rows.to_dict("records"), start=1):
        units = [unit.strip() for unit in row.pop("units").split(";") if unit.strip()]
        given = {name: row[name] for name in FIELDS if row.get(name)}
        try:
            log.record(row["action_id"], changed_by=path.name, **given, units=units)
        except UsageError as error:
            problems.append(f"row {place}: {error}")
    if problems:
        raise DataError(f"{path.name}: {'; '.join(problems)}")
    return len(rows)


def _checked(action_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    problems = [f"{name} is not known (known: {', '.join(FIELDS)})" for name in fields if name not in FIELDS]
    problems += [f"{name} is missing" for name in ("solution", "measure", "units", "effective_from") if not fields.get(name)]
    status = fields.get("status", "running")
    if status not in STATUSES:
        problems.append(f"status {status!r} is not one of {', '.join(STATUSES)}")
    day = fields.get("effective_from")
    try:
        day = day if not day or isinstance(day, date) and not isinstance(day, datetime) else pd.Timestamp(day).date()
    except ValueError:
        problems.append(f"effective_from {day!r} is not a day (YYYY-MM-DD)")
    if problems:
        raise UsageError(f"action {action_id}: {'; '.join(problems)}.")
    row = {name: fields.get(name) for name in FIELDS}
    return {**row, "status": status, "effective_from": day, "units": json.dumps(_listed(fields["units"]), ensure_ascii=False)}


def _listed(units: str | Iterable[str]) -> list[str]:
    return [units] if isinstance(units, str) else sorted(set(units))
