"""Importance beside performance: how much each driver weighs, and how often its standard is met."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from cx_helpers.reports.axes import kept_rows, need
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import Axis, line, mark, nice_axis, text, text_width, wrap
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, svg_open
from cx_helpers.reports.sentences import Sentences

HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460.0, 56.0, 24.0, 58.0, 58.0
ROOTS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
EACH, NAME = 84.0, 190.0  # pixels: a row on a phone; the longest name drawn
SIDES = tuple((dx, dy, anchor) for dy in (4, -9, 18, -24, 33) for dx, anchor in ((10, "start"), (-10, "end")))


def importance_map(frame: pd.DataFrame) -> Drawing:
    """A mark a driver: right is oftener at standard, up is more weight; each with both of its intervals. On a phone, a list.

    Parameters
    ----------
    frame : DataFrame
        label, share, share_low, share_high (0-1, of what the drivers explain), value, low, high (0-1, of journeys at standard), usable, n; shown where some may be hidden.
        Hollow, grey and without its name where not usable.
    """
    need(frame, ("label", "share", "share_low", "share_high", "value", "low", "high", "usable", "n"), "importance_map.importance_map")
    return Drawing(
        draw=lambda say, narrow, name: _narrow(frame, say, name) if narrow else _wide(frame, say, name),
        title=lambda say: say.say("chart.map.title"),
        desc=lambda say: _desc(frame, say),
        tables=(("twin.numbers", frame, layout("importance_map")),),
        marks="marks.map_of_drivers",
    )


def _desc(frame: pd.DataFrame, say: Sentences) -> str:
    told = [say.say("chart.map.desc", label=row["label"], share=_weight(row), value=row, n=row["n"]) for row in kept_rows(frame)]
    return " ".join(told) or say.say("number.hidden_all")


def _weight(row: dict[str, Any]) -> dict[str, float]:
    return {"value": row["share"], "low": row["share_low"], "high": row["share_high"]}


def _axes(rows: list[dict[str, Any]], say: Sentences, width: float, height: float) -> tuple[Axis, Axis]:
    """At standard from left to right; weight from below to above."""
    out = []
    for names, size, include in ((("low", "high"), width, (1.0,)), (("share_low", "share_high"), height, (0.0,))):
        plain = nice_axis([row[name] for row in rows for name in names], lambda v: say.numbers.share(v, "bare"), include=include)
        out.append(Axis(plain.low, plain.high, plain.ticks, False, size))
    return out[0], out[1]


def _wide(frame: pd.DataFrame, say: Sentences, name: str) -> str:
    rows = kept_rows(frame)
    out = [svg_open(name, WIDE, HEIGHT, say.say("chart.map.title"), _desc(frame, say), "plot")]
    if not rows:
        return "".join(out) + text(0, 40, say.say("number.hidden_all"), token="ink-3") + "</svg>"
    width, height = WIDE - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    across, up = _axes(rows, say, width, height)
    floor = TOP + height

    def at(x: float, y: float) -> tuple[float, float]:
        # Weights differ by tens of times: by their roots the small ones stand apart.
        return LEFT + across.x(x), floor - up.pad - math.sqrt(max(y, 0.0) / up.high) * (height - 2 * up.pad)

    for value, label in [(value, say.numbers.share(value, "bare")) for value in ROOTS if value <= up.high]:
        y = at(0, value)[1]
        out += [line(f"M{LEFT:g} {y:.1f}H{LEFT + width:.1f}", "rule"), text(LEFT - 8, y + 4, label, token="ink-2", anchor="end")]
    for value, label in across.ticks:
        x = at(value, 0)[0]
        out += [line(f"M{x:.1f} {floor:.1f}v5", "quiet"), text(x, floor + 20, label, token="ink-2", anchor="middle")]
    out += [text(0, 16, say.say("chart.map.up"), token="ink-2"), text(LEFT + width, floor + 44, say.say("chart.map.across"), token="ink-2", anchor="end")]
    out.append(text(LEFT + 8, TOP - 12, say.say("chart.map.corner"), token="ink-3"))
    taken = [(*at(row["value"], row["share"]), 0.0) for row in rows]
    boxes = [(x - 7, y - 7, x + 7, y + 7) for x, y, _ in taken]
    for row in sorted(rows, key=lambda row: -row["share"]):
        out += _driver(row, at, boxes, LEFT + width)
    return "".join(out) + "</svg>"


def _driver(row: dict[str, Any], at: Any, boxes: list[tuple[float, float, float, float]], right: float) -> list[str]:
    """Both intervals, the mark and, of one beyond noise, the name where it covers no other."""
    x, y = at(row["value"], row["share"])
    sure = bool(row["usable"])
    token = "delivered-mid" if sure else "quiet"
    out = [
        line(f"M{at(row['low'], 0)[0]:.1f} {y:.1f}H{at(row['high'], 0)[0]:.1f}", token, 2.0),
        line(f"M{x:.1f} {at(0, row['share_low'])[1]:.1f}V{at(0, row['share_high'])[1]:.1f}", token, 2.0),
        mark(x, y, "delivered", sure),
    ]
    if not sure:
        return out
    words = wrap(str(row["label"]), NAME + 60, lines=1, bold=True)[0]
    size = text_width(words, bold=True)
    places = []
    for dx, dy, anchor in SIDES:
        start = x + dx if anchor == "start" else x + dx - size
        box = (start - 2, y + dy - 12, start + size + 2, y + dy + 4)
        inside = box[0] >= LEFT and box[2] <= right + RIGHT
        clash = sum(box[0] < b[2] and box[2] > b[0] and box[1] < b[3] and box[3] > b[1] for b in boxes)
        places.append((clash + 10 * (not inside), len(places), dx, dy, anchor, box))
    _, _, dx, dy, anchor, box = min(places)
    boxes.append(box)
    return [*out, text(x + dx, y + dy, words, bold=True, anchor=anchor)]


def _narrow(frame: pd.DataFrame, say: Sentences, name: str) -> str:
    """A list by weight: name, weight and share at standard, each with its strip."""
    rows = sorted(kept_rows(frame), key=lambda row: -row["share"])
    out = [svg_open(name, NARROW, EACH * max(len(rows), 1), say.say("chart.map.title"), _desc(frame, say), "plot")]
    if not rows:
        return "".join(out) + text(0, 20, say.say("number.hidden_all"), token="ink-3") + "</svg>"
    across, up = _axes(rows, say, 110.0, 110.0)
    for place, row in enumerate(rows):
        top, sure = EACH * place, bool(row["usable"])
        out += [line(f"M0 {top:.1f}H{NARROW}", "rule"), text(0, top + 19, wrap(str(row["label"]), NARROW, lines=1, bold=sure)[0], token="ink" if sure else "ink-3", bold=sure)]
        pieces = (("chart.map.weight", up, row["share"], row["share_low"], row["share_high"]), ("chart.map.kept", across, row["value"], row["low"], row["high"]))
        for i, (message, axis, value, low, high) in enumerate(pieces):
            y = top + 43 + 24 * i
            words = say.say(message, value={"value": value, "low": low, "high": high})
            out += [text(NARROW - 118, y, words, token="ink-2" if sure else "ink-3", anchor="end"),
                    line(f"M{NARROW - 110 + axis.x(low):.1f} {y - 4:.1f}H{NARROW - 110 + axis.x(high):.1f}", "delivered-mid" if sure else "quiet", 2.4),
                    mark(NARROW - 110 + axis.x(value), y - 4, "delivered", sure)]  # fmt: skip
    return "".join(out) + "</svg>"
