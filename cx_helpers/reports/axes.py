"""What charts share: rows that may be told, ends of an axis, ticks worded in the reader's language."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cx_helpers.errors import UsageError
from cx_helpers.reports.cells import missing, shown
from cx_helpers.reports.marks import nice_step, steps
from cx_helpers.reports.numbers import known
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

POINT = 0.75  # points in a CSS pixel

def need(frame: pd.DataFrame, columns: tuple[str, ...], what: str) -> None:
    lacking = [c for c in columns if c not in frame.columns]
    if lacking:
        raise UsageError(f"{what}: columns {', '.join(lacking)} are missing, found {', '.join(map(str, frame.columns))}.")


def kept_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [row for row in records(frame) if shown(row) and known(row["value"])]


def measured(say: Sentences, row: dict, part: str = "") -> str:
    unit = row.get("unit_of_measure")
    return say.numbers.measure(row, "" if missing(unit) else str(unit), part)


def limits_of(rows: list[dict], share: float = 0.12) -> tuple[float, float]:
    ends = [row[k] for row in rows for k in ("value", "low", "high", "usual_low", "usual_high", "target") if not missing(row.get(k))]
    low, high = min(ends), max(ends)
    room = (high - low) * share or abs(high) * share or 1.0
    return low - room, high + room


def value_ticks(ax: Axes, limits: tuple[float, float], say: Sentences, share: bool = False) -> None:
    ticks = steps(*limits, nice_step((limits[1] - limits[0]) / 5))
    label = (lambda v: say.numbers.share(v, "bare")) if share else say.numbers.number
    places = max((len(f"{t:g}".partition(".")[2]) for t in ticks), default=0)
    ax.set_yticks(ticks, [label(t) if share else say.numbers.number(t, places=places) for t in ticks])
    ax.set_ylim(*limits)


def month_ticks(ax: Axes, months: list[str], say: Sentences, most: int) -> None:
    """The last month always has its label; the year stands below where it begins."""
    every = max(1, -(-len(months) // most))
    chosen = list(range(len(months) - 1, -1, -every))[::-1]
    texts, year = [], ""
    for i in chosen:
        name, _, y = say.numbers.month(months[i], short=True).rpartition(" ")
        texts.append(name if y == year else f"{name}\n{y}")
        year = y
    ax.set_xticks(chosen, texts)
