"""Small drawings by hand: marks, dot-and-interval strips that share one axis, the ladder of evidence.

Shape carries the role and colour repeats it: circles are lived by customers, squares delivered by us,
triangles a harm or a standard missed, diamonds a moment of truth. Units are CSS pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

import matplotlib

from cx_helpers.findings import GRADES
from cx_helpers.reports.numbers import known

PALETTE = {
    "paper": "#fdfcf9", "wash": "#f4f1ea", "rule": "#d9d5cc",
    "ink": "#1a1d21", "ink-2": "#454b52", "ink-3": "#5d636a",
    "lived": "#124e78", "lived-mid": "#4f8bb0", "lived-tint": "#cfe0ea",
    "delivered": "#8f5200", "delivered-mid": "#b3741c", "delivered-tint": "#f1e1c8",
    "harm": "#a01f4d", "harm-tint": "#f3d9e1", "quiet": "#84898f", "quiet-tint": "#e6e3dc",
}  # fmt: skip
LINE = {"lived": "lived-mid", "delivered": "delivered-mid", "harm": "harm", "ink": "ink-2", "quiet": "quiet"}


def colour(token: str) -> str:
    """The page's variable, with the light colour for places without the page's stylesheet."""
    return f"var(--{token},{PALETTE[token]})"


def mark(x: float, y: float, role: str = "lived", clear: bool = True, size: float = 4.6) -> str:
    """A mark of a role; one within noise (`clear` False) is hollow and grey."""
    if role == "diamond":
        return f'<path d="M{x:.1f} {y - size:.1f}l{size:.1f} {size:.1f}l{-size:.1f} {size:.1f}l{-size:.1f} {-size:.1f}z" fill="{colour("ink")}"/>'
    edge = colour(role if clear else "quiet")
    style = f'fill="{edge if clear else colour("paper")}" stroke="{edge}" stroke-width="1.6"'
    if role == "delivered":
        side = size * 1.83
        return f'<rect x="{x - side / 2:.1f}" y="{y - side / 2:.1f}" width="{side:.1f}" height="{side:.1f}" {style}/>'
    if role == "harm":
        return f'<path d="M{x:.1f} {y + size:.1f}l{size:.1f} {-1.83 * size:.1f}h{-2 * size:.1f}z" {style}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {style}/>'


def line(path: str, token: str, width: float = 1.0, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour(token)}" stroke-width="{width:g}"{dashed}/>'


def text(x: float, y: float, words: str, *, token: str = "ink", size: float = 13, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="700"' if bold else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{weight}{place} fill="{colour(token)}">{escape(words)}</text>'


@dataclass(frozen=True)
class Axis:
    """Where values fall on a strip of 150 px; one axis serves a whole column.

    Attributes
    ----------
    low, high : float
        Ends of the axis in the values' own unit.
    ticks : tuple of (value, label)
        Drawn once, in the column's header.
    reversed : bool
        True where a lower number is better: right is always better.
    """

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    reversed: bool = False
    width: float = 150.0
    pad: float = 6.0

    def x(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        share = 1 - share if self.reversed else share
        return self.pad + share * (self.width - 2 * self.pad)


def nice_axis(values: Iterable[float], label: Callable[[float], str], *, include: Iterable[float] = (0.0,), upside_down: bool = False) -> Axis:
    """An axis over all values, with two to four round ticks."""
    found = [float(v) for v in [*values, *include] if known(v)] or [0.0, 1.0]
    low, high = min(found), max(found)
    if high <= low:
        high = low + (abs(low) or 1.0)
    step = nice_step((high - low) / 3)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Axis(low, high, tuple((t, label(t)) for t in steps(low, high, step)), upside_down)


def rank_axis(ranks: Iterable[float], label: Callable[[float], str]) -> Axis:
    """An axis of ranks, the first at the right."""
    last = max([2.0, *(r for r in ranks if known(r))])
    ticks = dict.fromkeys((1.0, float(round((1 + last) / 2)), last))
    return Axis(1.0, last, tuple((t, label(t)) for t in ticks), True)


def nice_step(rough: float) -> float:
    power = 10 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough - 1e-12)


def steps(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def strip_axis(axis: Axis) -> str:
    """The axis of a column of strips, for its header; labels that would touch are left out."""
    out = [line(f"M{axis.pad} 19H{axis.width - axis.pad}", "quiet")]
    taken: list[tuple[float, float]] = []
    for value, label in axis.ticks:
        x, half = axis.x(value), text_width(label) / 2
        out.append(line(f"M{x:.1f} 19v4", "quiet"))
        at = min(max(x, half), axis.width - half)
        if all(at + half + 6 < left or at - half - 6 > right for left, right in taken):
            out.append(text(at, 14, label, token="ink-2", anchor="middle"))
            taken.append((at - half, at + half))
    return f'<svg viewBox="0 0 {axis.width:g} 23" aria-hidden="true" focusable="false">{"".join(out)}</svg>'


def strip(value: float, low: float, high: float, axis: Axis, *, role: str = "lived", clear: bool = True, at: float | None = None, standard: float | None = None, height: float = 24, ends: bool = False) -> str:  # fmt: skip
    """A dot and its interval on the column's axis; empty where the value is hidden or unknown.

    `at` draws the thin line of no change, `standard` the dashed line of a standard, `ends` the scale itself
    where no header draws the axis.
    """
    middle = height / 2
    left, right = axis.pad, axis.width - axis.pad
    out = [line(f"M{left:g} {middle:g}H{right:g}M{left:g} {middle - 4:g}v8M{right:g} {middle - 4:g}v8", "rule")] if ends else []
    if at is not None:
        out.append(line(f"M{axis.x(at):.1f} 0V{height:g}", "ink"))
    if standard is not None and known(standard):
        out.append(line(f"M{axis.x(standard):.1f} 1V{height - 1:g}", "ink", 1.4, "3 2"))
    if known(value):
        token = LINE[role] if clear else "quiet"
        if known(low) and known(high):
            out.append(line(f"M{axis.x(low):.1f} {middle:g}H{axis.x(high):.1f}", token, 2.4))
        out.append(mark(axis.x(value), middle, role, clear))
    return f'<svg viewBox="0 0 {axis.width:g} {height:g}" aria-hidden="true" focusable="false">{"".join(out)}</svg>'


def ladder(grade: str) -> str:
    """Four rungs, filled up to the grade; the caller prints the word beside it."""
    rungs = []
    for i in range(len(GRADES)):
        filled = i <= GRADES.index(grade)
        height = 2.0 + 2.3 * i
        ink = colour("ink") if filled else colour("quiet")
        fill = ink if filled else "none"
        rungs.append(f'<rect x="{6 * i}" y="{9 - height:.1f}" width="4" height="{height:.1f}" fill="{fill}" stroke="{ink}" stroke-width=".8"/>')
    return f'<svg viewBox="0 0 22 9.5" aria-hidden="true" focusable="false">{"".join(rungs)}</svg>'


@lru_cache(maxsize=2)
def _widths(bold: bool) -> dict[int, float]:
    """Widths of Helvetica's letters, in thousandths, from the metrics that matplotlib ships."""
    file = Path(matplotlib.get_data_path()) / "fonts/pdfcorefonts" / ("Helvetica-Bold.afm" if bold else "Helvetica.afm")
    rows = (row.split() for row in file.read_text("latin-1").splitlines() if row.startswith("C "))
    return {int(row[1]): float(row[4]) for row in rows if int(row[1]) > 0}


def text_width(words: str, size: float = 13, bold: bool = False) -> float:
    """Pixels a text takes, a little generously: the reader's sans is not known."""
    widths = _widths(bold)
    letters = sum(widths.get(ord(c), 1000 if ord(c) > 0x2E80 else 600) for c in words.replace("\N{NO-BREAK SPACE}", " "))
    return letters * size / 1000 * 1.05


def wrap(words: str, width: float, *, lines: int = 2, size: float = 13, bold: bool = False) -> list[str]:
    """Words in at most `lines` lines of a width; what does not fit ends in an ellipsis."""
    out: list[str] = []
    for word in words.split(" "):
        if out and text_width(f"{out[-1]} {word}", size, bold) <= width:
            out[-1] += f" {word}"
        else:
            out.append(word)
    cut = out[:lines]
    if len(out) > lines:
        cut[-1] += "…"
    return [_shorten(row, width, size, bold) for row in cut]


def unbroken(words: str, width: float) -> list[str]:
    """A number with its interval in one line, or two where it would not fit; never shortened."""
    if text_width(words) <= width or "\N{NO-BREAK SPACE}" not in words:
        return [words]
    pieces = words.split("\N{NO-BREAK SPACE}")
    return [" ".join(pieces[:-1]), pieces[-1]]


def _shorten(row: str, width: float, size: float, bold: bool) -> str:
    if text_width(row, size, bold) <= width:
        return row
    while len(row) > 1 and text_width(row + "…", size, bold) > width:
        row = row[:-1]
    return row.rstrip(" …") + "…"
