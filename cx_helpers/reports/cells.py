"""What one cell of a table says: a label, a number with its interval, a grade, or that it is hidden."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from cx_helpers.findings import GRADES
from cx_helpers.reports.marks import ladder
from cx_helpers.reports.numbers import known
from cx_helpers.reports.sentences import Sentences

FEW = 30
UNKNOWN = "\N{EM DASH}"  # the level of what nobody recorded
HARM = ("misses", "backfires", "slower", "harms later")
QUIET = ("unclear", "no standard", "no clear", "not told")  # how verdicts begin that tell nothing
NUMBER_KINDS = ("number", "change", "share", "share_change", "money", "money_change", "measure", "measure_change", "rank")
RIGHT = (*NUMBER_KINDS, "count")


@dataclass(frozen=True)
class Column:
    """One column of a table as readers see it.

    Attributes
    ----------
    id : str
        Frame column of the value; the heading is the message ``column.<id>`` unless `title` names another.
    kind : str
        head, text, list, number, change, share, share_change, money, money_change, measure, measure_change,
        count, month, months (a list), date, rank, grade, standing, verdict, answer (partly, no), word; headword is a head worded by the catalogue.
    of : tuple of str
        Value, low and high columns, for an interval.
    strip : bool
        Draw dot and interval in a column of its own before the numbers.
    role : str
        lived, delivered, ink: shape and colour of the strip's mark.
    zero : float or None
        Value of no change: drawn as a line; an interval that includes it is hollow and grey.
    own_scale : bool
        Each row on its own scale, because the rows' units differ.
    small : tuple of str
        Frame columns printed small under the value; one may be ``message:<id>``, worded with the row.
    upside_down : bool
        A lower number is better, so the axis is reversed: right is always better.
    gap : str
        Message said where the cell is empty.
    said : bool
        Cells are messages, or (message, arguments), and are worded before they are drawn; other text stays.
    sure : str
        Frame column (bool): where it is not true, the mark is hollow and grey, and so is the number.
    minor : bool
        Left out where a row is a list, on a phone; wider screens, paper and the CSV have it.
    """

    id: str
    kind: str = "text"
    of: tuple[str, ...] = ()
    title: str = ""
    strip: bool = False
    role: str = "lived"
    zero: float | None = None
    own_scale: bool = False
    small: tuple[str, ...] = ()
    upside_down: bool = False
    gap: str = ""
    said: bool = False
    minor: bool = False
    sure: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.of or (self.id,)

    @property
    def heading(self) -> str:
        return f"column.{self.title or self.id}"


def shown(row: Mapping[str, Any]) -> bool:
    """Whether the row may be told; a row without `shown` may."""
    flag = row.get("shown", True)
    return True if missing(flag) else bool(flag)


def missing(value: Any) -> bool:
    """None, NaN, NaT or an empty list or text."""
    if value is None or (isinstance(value, (str, list, tuple)) and len(value) == 0):
        return True
    return not isinstance(value, (str, list, tuple, Mapping)) and bool(pd.isna(value))


def estimate(row: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, float]:
    """Value, low and high of a row as a mapping; NaN where a column is missing."""
    values = [float(row[c]) if c in row and not missing(row[c]) else math.nan for c in columns]
    return dict(zip(("value", "low", "high"), [*values, math.nan, math.nan], strict=False))


def cell(column: Column, row: Mapping[str, Any], say: Sentences) -> str:
    """The cell as HTML."""
    value = row.get(column.id)
    if column.kind in ("head", "headword"):
        return _head(column, row, say)
    if not shown(row) and column.kind in RIGHT:
        return quiet(say.say("number.hidden"))
    if column.kind in NUMBER_KINDS:
        return _number(column, row, say)
    if missing(value):
        return f'<span class="gapname">{escape(say.say(column.gap))}</span>' if column.gap else "—"
    if column.kind == "count":
        return _count(column, float(value), say)
    if column.kind in ("standing", "verdict"):
        return standing(str(value), say, harm=bool(row.get("worse", False))) + _small(column, row, say)
    return _words(column, value, say) + _small(column, row, say)


def quiet(words: str) -> str:
    return f'<span class="quiet">{escape(words)}</span>'


def grade(word: str, say: Sentences) -> str:
    """Ladder and word of an evidence grade."""
    return f'<span class="grade">{ladder(word)}{escape(say.term(word))}</span>'


def _words(column: Column, value: Any, say: Sentences) -> str:
    if column.kind == "grade" and value in GRADES:
        return grade(value, say)
    if column.kind == "answer":
        word = escape(say.term(value))
        return word if value == "partly" else quiet(say.term(value))
    if column.kind == "date":
        return escape(say.numbers.date(value))
    if column.kind == "months":
        return escape(", ".join(say.numbers.month(str(month), short=True) for month in value))
    if isinstance(value, (list, tuple)):
        words = [str(v) for v in value]
        return escape((" " if all(word.endswith(("?", ".")) for word in words) else ", ").join(words))
    if column.kind == "month":
        return escape(say.numbers.month(str(value)))
    if column.kind == "word" or isinstance(value, bool):
        return escape(say.term({True: "yes", False: "no"}.get(value, value)))
    return escape(str(value))


def standing(word: str, say: Sentences, harm: bool = False) -> str:
    """A verdict in words: what tells nothing is quiet, what is clear is bold, harm (a standard missed, worse than usual)
    carries its triangle and the word."""
    if word.startswith(QUIET):
        return quiet(say.term(word))
    if harm or word in HARM:
        return f'<span class="harm"><span aria-hidden="true">▼ </span>{escape(say.term(word))}</span>'
    return escape(say.term(word)) if word == "meets" else f'<span class="clear">{escape(say.term(word))}</span>'


def _head(column: Column, row: Mapping[str, Any], say: Sentences) -> str:
    name = row.get(column.id)
    if missing(name) or name == UNKNOWN:
        words = say.say(column.gap or ("gap.not_known" if name == UNKNOWN else "gap.none"))
    else:
        words = say.term(name) if column.kind == "headword" else str(name)
    return escape(words) + _small(column, row, say)


def _small(column: Column, row: Mapping[str, Any], say: Sentences) -> str:
    rows = []
    for name in column.small:
        message = name.removeprefix("message:")
        if message != name:
            told = all(not missing(row.get(need)) for need in say.needs(message))
            rows.append(say.say(message, **row) if told else "")
        elif isinstance(row.get(name), bool):
            rows.append("" if row[name] else say.say(f"small.not_{name}"))
        elif row.get(name) == UNKNOWN:
            rows.append(say.say("gap.not_known"))
        elif not missing(row.get(name)):
            rows.append(_plain(row[name], say))
    rows = [r for r in rows if r]
    return f"<br><small>{escape('; '.join(rows))}</small>" if rows else ""


def _plain(value: Any, say: Sentences) -> str:
    """A count, a day or a word, as printed small."""
    if isinstance(value, (int, float)):
        return say.numbers.count(value)
    return say.numbers.date(value) if re.fullmatch(r"\d{4}-\d\d-\d\d.*", str(value)) else say.term(value)


def _number(column: Column, row: Mapping[str, Any], say: Sentences) -> str:
    found = estimate(row, column.columns)
    if not known(found["value"]):
        return "—"
    unit = unit_of(row)
    if column.kind == "rank":
        value, rest = _rank(found, say)
    elif column.kind.startswith("measure"):
        signed = column.kind.endswith("change")
        value = say.numbers.measure(found, unit, "bare", signed)
        rest = say.numbers.measure(found, unit, "interval", signed)
    else:
        call = getattr(say.numbers, column.kind)
        value, rest = call(found, "bare"), call(found, "interval")
    name = "plain" if not rest else "clear" if is_clear(column, row, found) else "quiet"
    return f'<span class="{name}">{escape(value)}</span> <span class="ci">{escape(rest)}</span>{_small(column, row, say)}'


def unit_of(row: Mapping[str, Any]) -> str:
    """Unit of a row's value: a share where it is counted as one, else its unit of measure."""
    if row.get("statistic") == "share":
        return "share"
    unit = row.get("unit_of_measure", "")
    return "" if missing(unit) else str(unit)


def is_clear(column: Column, row: Mapping[str, Any], found: Mapping[str, float]) -> bool:
    """Whether a row's number stands out: by the column that says so, else by an interval that leaves no change out."""
    if column.sure and column.sure in row:
        return row[column.sure] is True
    return column.zero is None or not is_noise(found, column.zero)


def is_noise(found: Mapping[str, float], zero: float) -> bool:
    """Whether the interval includes no change."""
    return known(found["low"]) and known(found["high"]) and found["low"] <= zero <= found["high"]


def _rank(found: Mapping[str, float], say: Sentences) -> tuple[str, str]:
    value = say.numbers.count(found["value"])
    if not known(found["low"]):
        return value, ""
    return value, say.say("number.interval", low=say.numbers.count(found["low"]), high=say.numbers.count(found["high"]))


def _count(column: Column, value: float, say: Sentences) -> str:
    words = escape(say.numbers.count(value))
    if column.id in ("n", "answers") and value < FEW:
        return f"{words}{escape(say.say('number.few_mark'))}<br><small>{escape(say.say('number.few'))}</small>"
    return words
