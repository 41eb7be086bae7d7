"""Scores along an input: groups with intervals, the line with its bend, a diamond where it turns, and how many journeys stand where."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import measured, need
from cx_helpers.reports.cells import missing, shown
from cx_helpers.reports.marks import PALETTE, nice_step, steps, text_width, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, all_hidden, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records
from cx_helpers.reports.threshold_layouts import BENDS, GROUPS

MOST_PANELS = 4
TALL, SMALL_TALL = 370, 350
FOOT = 0.24  # share of the plot that the bars have to themselves


def bends(table: pd.DataFrame, curves: pd.DataFrame) -> Drawing:
    """A panel an input and score whose line bends, the first four: points with intervals, the bent line, bars of shares beneath.

    Parameters
    ----------
    table : DataFrame
        A row a panel: driver, metric, label, outcome_label, unit_of_measure, standard, better, kind, value, low, high, before, after with their low
        and high, n.
    curves : DataFrame
        driver, metric, shape ("groups", "bend", "spline"), x, value, low, high, share, n, shown.
    """
    need(table, ("driver", "metric", "label", "outcome_label", "value", "low", "high"), "threshold_charts.bends")
    need(curves, ("driver", "metric", "shape", "x", "value"), "threshold_charts.bends")
    panels = [(row, curves[(curves["driver"] == row["driver"]) & (curves["metric"] == row["metric"])]) for row in records(table.head(MOST_PANELS))]
    groups = curves[curves["shape"] == "groups"].merge(table[["driver", "metric", "label", "outcome_label", "unit_of_measure"]], on=["driver", "metric"])
    return Drawing(
        draw=lambda say, narrow, name: _draw(panels, say, narrow),
        title=lambda say: say.say("chart.bends.title", labels=[f"{row['label']} ({row['outcome_label']})" for row, _ in panels]),
        desc=lambda say: " ".join(_desc(row, say) for row, _ in panels),
        tables=(("twin.bends", table, BENDS), ("twin.numbers", groups, GROUPS)),
        marks="marks.bends",
    )


def _desc(row: dict[str, Any], say: Sentences) -> str:
    place = measured(say, row)
    sides = {name: {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]} for name in ("before", "after")}
    return say.say("chart.bends.desc", label=row["label"], outcome=row["outcome_label"], place=place, unit_of_measure=row["unit_of_measure"], **sides)


def _draw(panels: list, say: Sentences, narrow: bool) -> Figure:
    columns = 1 if narrow or len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    each = SMALL_TALL if narrow or columns > 1 else TALL
    figure, axes = canvas(NARROW if narrow else WIDE, each * rows, rows, columns, left=46, right=16, top=64, bottom=44,
                          hspace=112 / (each - 112), wspace=0.16)  # fmt: skip
    for i, ax in enumerate(axes.flat):
        if i >= len(panels):
            ax.set_visible(False)
            continue
        row, lines = panels[i]
        plot_bend(row, lines, ax, say)
        width = NARROW - 62 if narrow else 800 if columns == 1 else 380
        title, under = wrap(row["label"], width, lines=1, bold=True)[0], wrap(say.say("chart.bends.of", outcome=row["outcome_label"]), width, lines=1)[0]
        ax.annotate(title, (0, 1), xycoords="axes fraction", xytext=(-26, 38), textcoords="offset points", fontweight="bold", annotation_clip=False)
        ax.annotate(under, (0, 1), xycoords="axes fraction", xytext=(-26, 25), textcoords="offset points", color=PALETTE["ink-3"], annotation_clip=False)
    return figure


def plot_bend(row: dict[str, Any], lines: pd.DataFrame, ax: Axes, say: Sentences) -> Axes:
    """One panel: `row` tells of the bend, `lines` holds its groups, bent line and spline."""
    groups = [r for r in records(lines[lines["shape"] == "groups"]) if shown(r) and known(r["value"])]
    if not groups:
        return all_hidden(ax, say)
    bent, spline = (lines[lines["shape"] == shape] for shape in ("bend", "spline"))
    on_the_line = float(bent["value"].iloc[(bent["x"] - row["value"]).abs().argmin()])
    ends = [v for r in groups for v in (r["low"], r["high"])] + list(bent["value"])
    low, high = min(ends), max(ends)
    room = (high - low) or 1.0
    bottom, top = low - room * (FOOT / (1 - FOOT) + 0.08), high + room * 0.3
    ax.set_ylim(bottom, top)
    left, right = min(bent["x"].min(), groups[0]["x"]), max(bent["x"].max(), groups[-1]["x"])
    ax.set_xlim(left - (right - left) * 0.05, right + (right - left) * 0.05)
    ax.plot(spline["x"], spline["value"], color=PALETTE["quiet"], linewidth=0.9, zorder=1)
    ax.plot(bent["x"], bent["value"], color=PALETTE["ink"], linewidth=1.3, zorder=2)
    for r in groups:
        interval(ax, r["x"], r["low"], r["high"], "lived")
        dot(ax, r["x"], r["value"], "lived")
    _bars(ax, groups, row, say, (right - left) / 26)
    ticks = [tick for tick in steps(low, high, nice_step(room / 3)) if tick > low - room * 0.05]
    places = max((len(f"{t:g}".partition(".")[2]) for t in ticks), default=0)
    ax.set_yticks(ticks, [say.numbers.number(tick, places=places) for tick in ticks])
    _x_ticks(ax, left, right, row, say)
    _turn(ax, row, on_the_line, say, top - room * 0.08)
    _standard(ax, row, say, top - room * 0.08)
    _slopes(ax, row, say)
    return ax


def _bars(ax: Axes, groups: list[dict], row: dict, say: Sentences, half: float) -> None:
    """How many journeys stand in each group: bars from the foot, strong beyond the bend."""
    most = max(r["share"] for r in groups)
    beyond = (lambda x: x < row["value"]) if row.get("better") == "higher" else (lambda x: x > row["value"])
    for before, r, after in zip([None, *groups[:-1]], groups, [*groups[1:], None], strict=True):
        near = min([abs(r["x"] - other["x"]) for other in (before, after) if other] or [4 * half])
        wide = min(half, near * 0.42)
        tall = FOOT * 0.62 * r["share"] / most
        strong = beyond(r["x"])
        ax.bar(r["x"], tall, width=2 * wide, bottom=0, transform=ax.get_xaxis_transform(), color=PALETTE["delivered-mid" if strong else "delivered-tint"],
               edgecolor=PALETTE["delivered-mid"], linewidth=0.75, zorder=1)  # fmt: skip
        words = say.numbers.share(r["share"], "bare")
        ax.text(r["x"], tall + 0.012, words, transform=ax.get_xaxis_transform(), ha="center", va="bottom", fontsize=8.25, color=PALETTE["ink-3"])
    _thin(ax)


def _thin(ax: Axes) -> None:
    """Leaves out words of bars that would touch the one before them."""
    width = ax.get_position().width * ax.figure.get_size_inches()[0] * 96
    low, high = ax.get_xlim()
    last = -1e9
    for words in ax.texts:
        at, half = (words.get_position()[0] - low) / (high - low) * width, text_width(words.get_text()) * 0.45
        if at - half < last + 3:
            words.set_visible(False)
        else:
            last = at + half


def _x_ticks(ax: Axes, left: float, right: float, row: dict, say: Sentences) -> None:
    ticks = steps(left, right, nice_step((right - left) / 6))
    texts = [say.numbers.share(t, "bare") if row.get("unit_of_measure") == "share" else say.numbers.number(t) for t in ticks]
    if texts and row.get("unit_of_measure") not in ("share", "", None):
        texts[-1] = say.numbers.unit(texts[-1], row["unit_of_measure"])
    ax.set_xticks(ticks, texts)


def _turn(ax: Axes, row: dict, on_the_line: float, say: Sentences, y: float) -> None:
    """The diamond where the line turns, its interval through it, and the words on the side with room."""
    low, high = ax.get_xlim()
    ax.plot([max(row["low"], low), min(row["high"], high)], [y, y], color=PALETTE["ink-2"], linewidth=1.8, zorder=2, clip_on=False)
    ax.plot([row["value"]], [y], "D", color=PALETTE["ink"], markersize=6, zorder=3, clip_on=False)
    ax.plot([row["value"]] * 2, [y, on_the_line], color=PALETTE["ink-3"], linewidth=0.75, zorder=1)
    words = say.say("chart.bends.turns", place=measured(say, row))
    width = ax.get_position().width * ax.figure.get_size_inches()[0] * 96
    room = (high - min(row["high"], high)) / (high - low) * width
    right = room > text_width(words, bold=True) * 0.95 + 10
    at = min(row["high"], high) if right else max(row["low"], low)
    if not right and (at - low) / (high - low) * width < text_width(words, bold=True) * 0.95 + 10:
        ax.annotate(words, (1, y), xycoords=("axes fraction", "data"), xytext=(0, 6), textcoords="offset points", ha="right", fontweight="bold", annotation_clip=False)
        return
    ax.annotate(words, (at, y), xytext=(8 if right else -8, 0), textcoords="offset points", va="center", ha="left" if right else "right", fontweight="bold", annotation_clip=False)


def _standard(ax: Axes, row: dict, say: Sentences, y: float) -> None:
    low, high = ax.get_xlim()
    if missing(row.get("standard")) or not low < row["standard"] < high:
        return
    ax.plot([row["standard"]] * 2, [ax.get_ylim()[0], y], color=PALETTE["ink"], linewidth=1.05, linestyle=(0, (3, 2)), zorder=1)
    side = "left" if (row["standard"] - low) / (high - low) < 0.5 else "right"
    ax.annotate(say.say("chart.bends.standard", standard=row["standard"]), (row["standard"], 1), xycoords=("data", "axes fraction"), xytext=(0, 8), textcoords="offset points",
                ha="center" if side == "left" else "right", color=PALETTE["ink-2"], annotation_clip=False)  # fmt: skip


def _slopes(ax: Axes, row: dict, say: Sentences) -> None:
    """What the slope is on each side: beneath the line on the better side, above it on the worse; within noise in grey."""
    worse_right = row.get("better") != "higher"
    for name, at_left, y, side in (("before", worse_right, FOOT + 0.06, "bottom"), ("after", not worse_right, 0.84, "top")):
        clear = row[f"{name}_low"] > 0 or row[f"{name}_high"] < 0
        number = {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
        words = say.say("chart.bends.slope" if clear else "chart.bends.no_slope", slope=number, unit_of_measure=row["unit_of_measure"])
        lines = "\n".join(wrap(words, 185, lines=3, bold=clear))
        ax.text(0.01 if at_left else 0.99, y, lines, transform=ax.transAxes, ha="left" if at_left else "right", multialignment="left" if at_left else "right", va=side, fontsize=9,
                color=PALETTE["lived" if clear else "ink-3"], fontweight="bold" if clear else "normal")  # fmt: skip
