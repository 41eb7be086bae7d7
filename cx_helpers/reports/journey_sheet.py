"""The sheet the wide journey map is drawn on: columns, rows as high as their longest label, measured text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cx_helpers.reports.journey import Journey, Step
from cx_helpers.reports.marks import text, text_width, unbroken, wrap
from cx_helpers.reports.sentences import Sentences

WIDTH, GUTTER, RIGHT, GAP, ROW = 1200, 126, 128, 14, 17


def whole_words(words: str, width: float, size: float = 13, bold: bool = False) -> list[str]:
    """Words in as many lines as they take; one that is wider than a line is broken with a hyphen."""
    pieces = []
    for word in words.split(" "):
        while len(word) > 4 and text_width(word, size, bold) > width:
            cut = next((i for i in range(len(word) - 2, 2, -1) if text_width(word[:i] + "-", size, bold) <= width), 2)
            pieces.append(word[:cut] + ("" if word[cut - 1] == "-" else "-"))
            word = word[cut:]
        pieces.append(word)
    return wrap(" ".join(pieces), width, lines=len(pieces), size=size, bold=bold)


class Sheet:
    """Where the columns are, and what has been drawn so far."""

    def __init__(self, journey: Journey, say: Sentences):
        self.journey, self.say = journey, say
        self.end = WIDTH - (RIGHT + 12 if journey.remembered else 0)
        self.step = (self.end - GUTTER) / len(journey.steps)
        self.inner = self.step - GAP
        self.y = 0.0
        self.out: list[str] = []

    def x(self, i: int) -> float:
        return GUTTER + i * self.step

    def put(self, x: float, y: float, words: str, **style: Any) -> None:
        self.out.append(text(x, y, words, **style))

    def block(self, x: float, y: float, rows: list[str], **style: Any) -> float:
        """Lines of text below one another; gives the height they took."""
        for i, words in enumerate(rows):
            self.put(x, y + ROW * i, words, **style)
        return ROW * len(rows)

    def interval(self, x: float, y: float, words: str) -> float:
        """An interval, in two lines where the column is too narrow: a number is never cut."""
        return self.block(x, y, unbroken(words, self.inner + 8), token="ink-2")

    def words(self, x: float, y: float, words: str, **style: Any) -> float:
        """A text in as many lines as its column needs: nothing is cut off."""
        return self.block(x, y, whole_words(words, self.inner, bold=bool(style.get("bold"))), **style)

    def gutter(self, y: float, words: str, lines: int = 6) -> float:
        return self.block(9, y, wrap(words, GUTTER - 20, lines=lines), token="ink-2")

    def row(self, name: str, draw: Callable[[float, float, Step], float], after: float = 10) -> None:
        """One row over all columns, as high as the highest of them."""
        top = self.y + 13
        heights = [self.gutter(top, name)] if name else [0.0]
        heights += [draw(self.x(i), top, step) for i, step in enumerate(self.journey.steps)]
        self.y += max(heights) + after
