"""The ways through the journey: a row a way, a column a touchpoint, a dot where customers went."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import need
from cx_helpers.reports.cells import Column
from cx_helpers.reports.marks import PALETTE, nice_step, steps, text_width, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

ROW, HEAD, LINE = 46, 62, 15
SHARE_AT, SCORE_AT, WORDS_AT = 640, 692, 786
NUMBERS = (
    Column("path", "head", title="way"),
    Column("share", "share", ("share", "low", "high"), title="share_of_journeys"),
    Column("n", "count"),
    Column("score", "number", ("score", "score_low", "score_high"), title="score"),
    Column("score_n", "count", title="answers"),
    Column("median", "measure", ("median", "median_low", "median_high"), title="from_first_to_last"),
)


def ways(frame: pd.DataFrame, touchpoints: dict[str, str], score: str = "") -> Drawing:
    """The commonest ways through the journey with their shares, and the score of those who had lived them.

    Parameters
    ----------
    frame : DataFrame
        As `journeys.running.main_ways` gives it.
    touchpoints : id to label, in order
        Columns; one that none of the ways takes is left out.
    score : label of the score, where there is one
    """
    need(frame, ("label", "path", "touchpoints", "share", "n", "score"), "ways_chart.ways")
    kept = {id: name for id, name in touchpoints.items() if any(id in way for way in frame["touchpoints"])}
    return Drawing(
        draw=lambda say, narrow, name: _narrow(frame, say) if narrow else _wide(frame, kept, say, score),
        title=lambda say: say.say("chart.ways.title", count=len(frame)),
        desc=lambda say: " ".join(say.say("chart.ways.desc", path=row["path"], share=row["share"], n=row["n"]) for row in records(frame)),
        tables=(("twin.numbers", _twin(frame), NUMBERS),),
        marks="marks.ways",
    )


def worded(label: Any, say: Sentences) -> str:
    """What sets a way apart, in the reader's words."""
    message, args = label
    if "more" in args:
        args = {**args, "more": say.say("flow.more", parts=[say.say(name, **more) for name, more in args["more"]]) if args["more"] else ""}
    return say.say(message, **args)


def _twin(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with times in days or hours."""
    days = np.where(frame["median_hours"] >= 72, 24.0, 1.0)
    times = {name: frame[column] / days for name, column in (("median", "median_hours"), ("median_low", "low_hours"), ("median_high", "high_hours"))}
    return frame.drop(columns=["label", "touchpoints"]).assign(unit_of_measure=np.where(days > 1, "days", "hours"), **times)


def _wide(frame: pd.DataFrame, touchpoints: dict[str, str], say: Sentences, score: str) -> Figure:
    height = HEAD + ROW * len(frame) + 8
    figure, axes = canvas(WIDE, height, left=0, right=0, top=0, bottom=0)
    ax = axes[0][0]
    ax.set(xlim=(0, WIDE), ylim=(height, 0))
    ax.set_axis_off()
    room = min((SHARE_AT - 16) / len(touchpoints), 92)
    at = {id: room * (i + 0.5) for i, id in enumerate(touchpoints)}
    for id, name in touchpoints.items():
        _head(ax, at[id], name, room, "center")
    _head(ax, SHARE_AT, say.say("chart.ways.share"), 60, "left")
    if frame["score"].notna().any():
        _head(ax, SCORE_AT, score, WIDE - SCORE_AT - 4, "left")
    words_at = min(WORDS_AT, WIDE - 2 - max(text_width(_score(row, say)) for row in records(frame)))
    place = _scale(frame, words_at)
    for i, row in enumerate(records(frame)):
        middle = HEAD + ROW * (i + 0.5) - 4
        ax.plot([0, WIDE], [HEAD + ROW * i - 4] * 2, color=PALETTE["rule"], linewidth=0.75, zorder=0)
        _chain(ax, row["touchpoints"], at, middle)
        ax.text(SHARE_AT, middle, say.numbers.share(row["share"], "bare"), va="center", fontweight="bold", color=PALETTE["ink"])
        if known(row["score"]):
            interval(ax, middle, place(row["score_low"]), place(row["score_high"]), "lived", upright=False)
            dot(ax, place(row["score"]), middle, "lived")
        if frame["score"].notna().any():
            ax.text(words_at, middle, _score(row, say), va="center", color=PALETTE["ink" if known(row["score"]) else "ink-3"])
    _ticks(ax, frame, place, height, say)
    return figure


def _head(ax: Axes, x: float, words: str, width: float, side: str) -> None:
    lines = wrap(words, width, lines=3, size=12)
    ax.text(x, HEAD - 16, "\n".join(lines), ha=side, va="bottom", fontsize=9, color=PALETTE["ink-2"], linespacing=1.15)


def _score(row: dict[str, Any], say: Sentences) -> str:
    if not known(row["score"]):
        return say.say("chart.ways.few")
    return say.numbers.number({"value": row["score"], "low": row["score_low"], "high": row["score_high"]})


def _scale(frame: pd.DataFrame, end: float) -> Any:
    ends = frame[["score", "score_low", "score_high"]].to_numpy(float)
    low, high = (np.nanmin(ends), np.nanmax(ends)) if np.isfinite(ends).any() else (0.0, 1.0)
    span = (high - low) or 1.0
    return lambda value: SCORE_AT + 6 + (value - low) / span * (end - SCORE_AT - 24)


def _ticks(ax: Axes, frame: pd.DataFrame, place: Any, height: float, say: Sentences) -> None:
    """Light lines of the score, named once at the top."""
    ends = frame[["score", "score_low", "score_high"]].to_numpy(float)
    if not np.isfinite(ends).any():
        return
    low, high = np.nanmin(ends), np.nanmax(ends)
    for tick in steps(low, high, nice_step(((high - low) or 1.0) / 2)):
        ax.plot([place(tick)] * 2, [HEAD, height - 8], color=PALETTE["rule"], linewidth=0.75, zorder=0)
        ax.text(place(tick), HEAD - 8, say.numbers.number(tick), ha="center", va="center", fontsize=9, color=PALETTE["ink-3"])


def _chain(ax: Axes, way: list[str], at: dict[str, float], y: float) -> None:
    """Straight from step to step; a step out of its place hangs on a curve below."""
    columns = list(at)
    known_steps = [step for step in way if step in at]
    astray = [i for i, step in enumerate(known_steps[:-1]) if columns.index(known_steps[i + 1]) < columns.index(step)]
    line = [step for i, step in enumerate(known_steps) if i not in astray]
    ax.plot([at[step] for step in line], [y] * len(line), color=PALETTE["ink-3"], linewidth=1.4, zorder=1)
    for i in astray:
        for other in (known_steps[i - 1] if i else None, known_steps[i + 1]):
            if other is not None and other != known_steps[i]:
                _curve(ax, at[other], at[known_steps[i]], y)
    for step in dict.fromkeys(known_steps):
        ax.plot([at[step]], [y], "o", color=PALETTE["ink"], markersize=7, zorder=3)
        times = known_steps.count(step)
        if times > 1:
            ax.text(at[step] + 7, y - 9, f"×{times}", fontsize=9, color=PALETTE["ink"])


def _curve(ax: Axes, start: float, end: float, y: float) -> None:
    along = np.linspace(0, 1, 40)
    ax.plot(start + (end - start) * along, y + 13 * np.sin(np.pi * along), color=PALETTE["ink-3"], linewidth=1.1, linestyle=(0, (3, 2)), zorder=1)


def _narrow(frame: pd.DataFrame, say: Sentences) -> Figure:
    """A list: what the way is, its share and its score."""
    rows = []
    for row in records(frame):
        words = worded(row["label"], say)
        rows.append((row, wrap(words[:1].upper() + words[1:], NARROW - 8, lines=3, bold=True)))
    height = sum(LINE * len(lines) + 34 for _, lines in rows) + 4
    figure, axes = canvas(NARROW, height, left=0, right=0, top=0, bottom=0)
    ax = axes[0][0]
    ax.set(xlim=(0, NARROW), ylim=(height, 0))
    ax.set_axis_off()
    y = 4.0
    for row, lines in rows:
        ax.text(0, y, "\n".join(lines), va="top", fontweight="bold", color=PALETTE["ink"])
        y += LINE * len(lines) + 5
        share = say.say("chart.ways.of_all", share=row["share"])
        ax.text(0, y, share, va="top", color=PALETTE["ink-2"])
        if known(row["score"]):
            score = {"value": row["score"], "low": row["score_low"], "high": row["score_high"]}
            ax.text(max(150, text_width(share) + 12), y, say.say("chart.ways.score", score=score), va="top", color=PALETTE["lived"])
        y += 20
        ax.plot([0, NARROW], [y, y], color=PALETTE["rule"], linewidth=0.75)
        y += 9
    return figure
