"""Journeys one by one, as the explorer lists them: steps, what was delivered, what was answered and said."""

from __future__ import annotations

from html import escape
from typing import Any

from cx_helpers.reports.cells import missing
from cx_helpers.reports.numbers import known
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

HOUR, DAY = 60, 1440


def journey_cards(behind: Any, say: Sentences, one: str) -> str:
    """The journeys of a list as HTML.

    Parameters
    ----------
    behind : as `journeys.behind.journeys_behind` gives it
        journeys (number, score), steps, inputs, answers, comments, first, last, total.
    one : str
        What the brand calls a journey.
    """
    shown = [row for row in records(behind.journeys) if behind.first <= row["number"] <= behind.last]
    parts = {name: _by_number(getattr(behind, name)) for name in ("steps", "inputs", "answers", "comments")}
    cards = "".join(_card(int(row["number"]), parts, say, one) for row in shown)
    return f'<ol class="cards" start="{behind.first}">{cards}</ol>'


def _by_number(frame: Any) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in records(frame):
        found.setdefault(int(row["number"]), []).append(row)
    return found


def _card(number: int, parts: dict[str, dict[int, list[dict[str, Any]]]], say: Sentences, one: str) -> str:
    inside = [
        _list(say.say("explorer.steps"), [_step(row, say) for row in parts["steps"].get(number, [])]),
        _list(say.say("explorer.delivered"), [_input(row, say) for row in parts["inputs"].get(number, [])]),
        _list(say.say("explorer.answered"), [_answer(row, say) for row in parts["answers"].get(number, [])]),
    ]
    said = "".join(f"<blockquote>{escape(str(row['text']))}{_where(row)}</blockquote>" for row in parts["comments"].get(number, []))
    title = escape(say.say("explorer.card", one=one[:1].upper() + one[1:], number=number))
    return f'<li class="card"><h4>{title}</h4>{"".join(inside)}{said}</li>'


def _list(heading: str, items: list[str]) -> str:
    return f"<p><b>{escape(heading)}</b> {' · '.join(items)}</p>" if items else ""


def _step(row: dict[str, Any], say: Sentences) -> str:
    minutes = row["minutes"]
    words = escape(str(row["touchpoint_label"]))
    if not known(minutes) or minutes <= 0:
        return words
    unit, size = ("days", DAY) if minutes >= 2 * DAY else ("hours", HOUR) if minutes >= 2 * HOUR else ("minutes", 1)
    return f"{words} <small>+{escape(say.numbers.unit(say.numbers.number(minutes / size, places=int(size > 1)), unit))}</small>"


def _input(row: dict[str, Any], say: Sentences) -> str:
    value, unit = row["value"], str(row["unit_of_measure"])
    yes_no = unit in ("share", "yes_no") and value in (0, 1)
    told = say.say("explorer.yes" if value else "explorer.no") if yes_no else say.numbers.measure(value, unit)
    words = escape(f"{row['label']}: {told}")
    if not row["missed"]:
        return words
    beside = "" if yes_no else " " + say.say("explorer.standard", standard=say.numbers.measure(row["standard"], unit))
    return f'<span class="miss">\u25bc {words} <small>{escape(say.say("explorer.missed") + beside)}</small></span>'


def _answer(row: dict[str, Any], say: Sentences) -> str:
    return escape(say.say("explorer.answer", label=row["label"], score=row["score"], top=row["scale_max"]))


def _where(row: dict[str, Any]) -> str:
    where = row.get("touchpoint_label")
    return f" <small>{escape(str(where))}</small>" if not missing(where) and where else ""
