"""Local times to moments and back as plain arithmetic: DuckDB's `timezone` asks its calendar for every value."""

from __future__ import annotations

from functools import lru_cache

import duckdb

SINCE, UNTIL = "TIMESTAMP '1990-01-01'", "TIMESTAMP '2045-01-01'"  # beyond it `timezone` is asked
_DAY, _MINUTE = 86_400_000_000, 60_000_000


def moment(local: str, zone: str) -> str:
    """SQL for the moment (TIMESTAMPTZ) of a local time (TIMESTAMP); the same as ``timezone(zone, local)``.

    Parameters
    ----------
    local : SQL of a column: an expression would be worked out more than once
    """
    off = _steps(f"epoch_us({local})", _offsets(zone, "us - epoch_us(timezone({zone}, make_timestamp(us)))"))
    fast = f"make_timestamptz(epoch_us({local}) - ({off}))"
    return f"CASE WHEN {local} >= {SINCE} AND {local} < {UNTIL} THEN {fast} ELSE timezone('{zone}', {local}) END"


def local_month(instant: str, zone: str) -> str:
    """SQL for the local month ("2018-03") of a moment (TIMESTAMPTZ), as ``strftime(timezone(zone, instant), '%Y-%m')`` gives it."""
    off = _steps(f"epoch_us({instant})", _offsets(zone, "epoch_us(timezone({zone}, make_timestamptz(us))) - us"))
    fast = f"strftime(make_timestamp(epoch_us({instant}) + ({off})), '%Y-%m')"
    known = f"{instant} >= make_timestamptz(epoch_us({SINCE})) AND {instant} < make_timestamptz(epoch_us({UNTIL}))"
    return f"CASE WHEN {known} THEN {fast} ELSE strftime(timezone('{zone}', {instant}), '%Y-%m') END"


def _steps(us: str, offsets: tuple[tuple[int, int], ...]) -> str:
    """SQL of the offset in force: halves the steps again and again, so that a value is compared a few times only."""
    if len(offsets) == 1:
        return str(offsets[0][1])
    middle = len(offsets) // 2
    return f"CASE WHEN {us} < {offsets[middle][0]} THEN {_steps(us, offsets[:middle])} ELSE {_steps(us, offsets[middle:])} END"


@lru_cache(maxsize=64)
def _offsets(zone: str, asked: str) -> tuple[tuple[int, int], ...]:
    """(from, offset), in microseconds: what DuckDB itself gives between `SINCE` and `UNTIL`, to the minute."""
    asked = asked.format(zone=f"'{zone}'")
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        days = f"SELECT us, {asked} AS off FROM (SELECT unnest(range(epoch_us({SINCE}), epoch_us({UNTIL}) + 1, {_DAY})) AS us)"
        changed = f"SELECT us AS day FROM (SELECT us, off <> lead(off) OVER (ORDER BY us) AS other FROM ({days})) WHERE other"
        minutes = f"SELECT us, {asked} AS off FROM (SELECT unnest(range(day, day + {_DAY + 1}, {_MINUTE})) AS us FROM ({changed}))"
        rows = connection.execute(
            f"SELECT us, off FROM (SELECT us, off, lag(off) OVER (ORDER BY us) AS former FROM "
            f"((FROM ({days}) ORDER BY us LIMIT 1) UNION ({minutes}))) WHERE off IS DISTINCT FROM former ORDER BY us"
        ).fetchall()
    return tuple(rows)
