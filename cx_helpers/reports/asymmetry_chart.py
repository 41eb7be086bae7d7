"""What a driver costs where it is bad and pays where it is good: two marks a row around no change."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import need
from cx_helpers.reports.marks import PALETTE, nice_step, steps, text_width, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records
from cx_helpers.reports.threshold_layouts import ASYMMETRY

SIDES = (("penalty", "harm", 0.17), ("reward", "lived", -0.17))


def contrasts(table: pd.DataFrame) -> Drawing:
    """A row a driver: a triangle where it is bad, a circle where it is good, each against the middle.

    Parameters
    ----------
    table : DataFrame
        label, kano, penalty and reward with low and high, penalty_told, reward_told, n.
    """
    need(table, ("label", "kano", "penalty", "penalty_low", "reward", "reward_low", "n"), "asymmetry_chart.contrasts")
    return Drawing(
        draw=lambda say, narrow, name: _draw(table, say, narrow),
        title=lambda say: say.say("chart.asymmetry.title", labels=[row["label"] for row in records(table)]),
        desc=lambda say: " ".join(_desc(row, say) for row in records(table)),
        tables=(("twin.numbers", table, ASYMMETRY),),
        marks="marks.asymmetry",
    )


def _of(row: dict[str, Any], side: str) -> dict[str, float]:
    return {"value": row[side], "low": row[f"{side}_low"], "high": row[f"{side}_high"]}


def _desc(row: dict[str, Any], say: Sentences) -> str:
    return say.say("chart.asymmetry.desc", label=row["label"], penalty=_of(row, "penalty"), reward=_of(row, "reward"), kano=row["kano"])


def _draw(table: pd.DataFrame, say: Sentences, narrow: bool) -> Figure:
    each = 76 if narrow else 56
    figure, axes = canvas(NARROW if narrow else WIDE, each * len(table) + 62, left=8 if narrow else 250, right=12 if narrow else _room(table, say), top=26, bottom=36)
    plot_contrasts(table, axes[0][0], say, narrow)
    return figure


def _numbers(row: dict[str, Any], say: Sentences) -> str:
    return say.say("chart.asymmetry.numbers", penalty=_of(row, "penalty"), reward=_of(row, "reward"))


def _room(table: pd.DataFrame, say: Sentences) -> float:
    """Pixels at the right that hold every row's words."""
    widest = (max(text_width(say.term(row["kano"]), bold=True), text_width(_numbers(row, say), 12)) for row in records(table))
    return max(250.0, 13 + max(widest, default=0.0) + 4)


def plot_contrasts(table: pd.DataFrame, ax: Axes, say: Sentences, narrow: bool = False) -> Axes:
    """Marks with intervals on one axis; hollow and grey where the contrast is within noise."""
    rows = records(table)
    ends = [row[f"{side}_{end}"] for row in rows for side, _, _ in SIDES for end in ("low", "high") if known(row[f"{side}_{end}"])]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = (high - low) * 0.06 or 1.0
    ax.set_xlim(low - room, high + room)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(False)
    ax.grid(True, axis="x")
    ax.set_yticks([])
    ticks = steps(low - room, high + room, nice_step((high - low) / (3 if narrow else 5)))
    ax.set_xticks(ticks, [say.numbers.change(tick) for tick in ticks])
    ax.axvline(0, color=PALETTE["ink"], linewidth=0.9, zorder=1)
    for i, row in enumerate(rows):
        for side, role, shift in SIDES:
            clear = row.get(f"{side}_told", "yes") in ("yes", "against")
            interval(ax, i - shift, row[f"{side}_low"], row[f"{side}_high"], role, clear, upright=False)
            dot(ax, row[side], i - shift, role, clear)
        _words(ax, i, row, say, narrow)
    _heads(ax, say, narrow)
    return ax


def _heads(ax: Axes, say: Sentences, narrow: bool) -> None:
    """Above the plot, which mark is which: on both sides of no change, on a phone at the edges."""
    for words, edge, side, token in (("chart.asymmetry.bad", 0, "right", "harm"), ("chart.asymmetry.good", 1, "left", "lived")):
        where = {"xy": (edge, 1), "xycoords": "axes fraction", "ha": "right" if edge else "left", "xytext": (0, 6)} if narrow else {
            "xy": (0, 1), "xycoords": ("data", "axes fraction"), "ha": side, "xytext": (6 if edge else -6, 6)}  # fmt: skip
        ax.annotate(say.say(words), textcoords="offset points", color=PALETTE[token], fontweight="bold", annotation_clip=False, **where)


def _words(ax: Axes, i: int, row: dict[str, Any], say: Sentences, narrow: bool) -> None:
    told = row["kano"] not in ("too_few_to_tell", "indifferent")
    ink, weight = (PALETTE["ink"], "bold") if told else (PALETTE["ink-3"], "normal")
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
    kano = say.term(row["kano"])
    if narrow:
        ax.annotate(wrap(str(row["label"]), 320, lines=1, bold=told)[0], (0, i), xytext=(0, 17), va="bottom", color=ink, weight=weight, **where)
        ax.annotate(kano, (1, i), xytext=(0, -22), ha="right", va="top", color=ink, **where)
        return
    ax.annotate("\n".join(wrap(str(row["label"]), 226, lines=2, bold=told)), (0, i), xytext=(-181, 0), va="center", color=ink, weight=weight, **where)
    ax.annotate(kano, (1, i), xytext=(10, 7), va="center", color=ink, weight=weight, **where)
    ax.annotate(_numbers(row, say), (1, i), xytext=(10, -7), va="center", color=PALETTE["ink-3"], fontsize=9, **where)
