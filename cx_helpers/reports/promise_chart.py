"""The score by days after the promise: of those who had it, of those still waiting, and naively of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import kept_rows, limits_of, need, value_ticks
from cx_helpers.reports.marks import LINE, PALETTE, wrap
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, all_hidden, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.threshold_layouts import PROMISE

ROLES = {"received": "lived", "waiting": "harm", "naive": "ink"}
TICKS = (-21, -14, -7, -3, 0, 1, 2, 3, 5, 7, 14, 21)


def promise(table: pd.DataFrame, outcome: str) -> Drawing:
    """Days after the promise across, the score up; the scale of days is wide around the promise and narrow far from it.

    Parameters
    ----------
    table : DataFrame
        As `drivers.lateness.by_days` gives it, with shown.
    outcome : label of the score
    """
    need(table, ("state", "days", "value", "low", "high", "n"), "promise_chart.promise")
    return Drawing(
        draw=lambda say, narrow, name: _draw(table, say, narrow),
        title=lambda say: say.say("chart.promise.title", outcome=outcome),
        desc=lambda say: _desc(table, say),
        tables=(("twin.numbers", table, PROMISE),),
        marks="marks.promise",
    )


def _desc(table: pd.DataFrame, say: Sentences) -> str:
    said = []
    for state in ROLES:
        rows = sorted((r for r in kept_rows(table) if r["state"] == state), key=lambda r: r["days"])
        if rows:
            said.append(say.say("chart.promise.desc", label=say.say(f"chart.promise.{state}"), first=rows[0], last=rows[-1], first_days=rows[0]["days"], last_days=rows[-1]["days"]))
    return " ".join(said)


def _place(days: Any) -> Any:
    """Days near the promise apart, days far from it close together."""
    days = np.asarray(days, dtype=float)
    return np.sign(days) * np.log1p(np.abs(days) / 2)


def _draw(table: pd.DataFrame, say: Sentences, narrow: bool) -> Figure:
    figure, axes = canvas(NARROW if narrow else WIDE, 400 if narrow else 380, left=36, right=14 if narrow else 186, top=64 if narrow else 30, bottom=60)
    plot_promise(table, axes[0][0], say, narrow)
    return figure


def plot_promise(table: pd.DataFrame, ax: Axes, say: Sentences, narrow: bool = False) -> Axes:
    """Three lines named at their ends; the dashed line is the promised day's end."""
    kept = kept_rows(table)
    if not kept:
        return all_hidden(ax, say)
    limits = limits_of(kept)
    left, right = min(r["days"] for r in kept), max(r["days"] for r in kept)
    value_ticks(ax, limits, say)
    ax.set_xlim(_place(left) - 0.15, _place(right) + 0.15)
    ax.axvline(_place(0.5), color=PALETTE["ink"], linewidth=1.05, linestyle=(0, (3, 2)), zorder=1)
    ax.annotate(say.say("chart.promise.line"), (_place(0.5), 0), xycoords=("data", "axes fraction"), xytext=(-5, 5), textcoords="offset points", ha="right", color=PALETTE["ink-2"])
    ends = []
    # The naive marks first, so that what was lived lies over them.
    for state, role in reversed(ROLES.items()):
        rows = sorted((r for r in kept if r["state"] == state), key=lambda r: r["days"])
        if not rows:
            continue
        naive = state == "naive"
        x, ink = _place([r["days"] for r in rows]), PALETTE["quiet" if naive else LINE[role]]
        ax.plot(x, [r["value"] for r in rows], color=ink, linewidth=1.2, linestyle=(0, (1, 2)) if naive else "-", zorder=1)
        for at, r in zip(x, rows, strict=True):
            interval(ax, at, r["low"], r["high"], role, not naive)
            dot(ax, at, r["value"], role, not naive)
        ends.append((rows, role, state, x[-1]))
    _names(ax, ends, say, narrow, limits)
    # A label that would touch the one before it is left out; the promised day always has its own.
    chosen: list[float] = [0.0]
    for tick in sorted((t for t in TICKS if left <= t <= right and t), key=abs):
        if all(abs(_place(tick) - _place(other)) > (0.5 if narrow else 0.24) for other in chosen):
            chosen.append(float(tick))
    ax.set_xticks([float(_place(t)) for t in sorted(chosen)], [say.numbers.change(t) if t else say.numbers.number(0) for t in sorted(chosen)])
    ax.set_xlabel(say.say("chart.promise.axis"), labelpad=8)
    return ax


def _names(ax: Axes, ends: list, say: Sentences, narrow: bool, limits: tuple[float, float]) -> None:
    """Names of the lines: at their ends, moved apart; stacked above the plot on a phone."""
    gap, placed = (limits[1] - limits[0]) * 0.13, []
    for order, (rows, role, state, _) in enumerate(sorted(ends, key=lambda e: e[0][-1]["value"])):
        token = "ink-3" if state == "naive" else role
        words = say.say(f"chart.promise.{state}")
        if narrow:
            ax.annotate(words, (0, 1), xycoords="axes fraction", xytext=(-24, 8 + 14 * order), textcoords="offset points", color=PALETTE[token], fontweight="bold", annotation_clip=False)
            continue
        at = max([rows[-1]["value"], *(other + gap for other in placed[-1:])])
        placed.append(at)
        ax.annotate("\n".join(wrap(words, 168, lines=2, bold=True)), (1, at), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", va="center",
                    color=PALETTE[token], fontweight="bold", annotation_clip=False)  # fmt: skip
