"""The forest of drivers: what the score differs by between a usual bad and a usual good value of each."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import POINT, kept_rows, limits_of, need
from cx_helpers.reports.cells import missing, shown
from cx_helpers.reports.driver_layouts import DRIVERS
from cx_helpers.reports.marks import PALETTE, nice_step, steps, text_width, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, all_hidden, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

LEFT, RIGHT = 292, 214


def forest(frame: pd.DataFrame, outcome: str) -> Drawing:
    """One row a driver in the order given: difference of the score, interval, and the two values it lies between.

    Parameters
    ----------
    frame : DataFrame
        label, bad, good, yes_no, unit_of_measure, value, low, high, usable, n, method; shown where some may be hidden. Hollow and grey
        where not usable, a triangle where a usable one is below 0.
    outcome : str
        What readers call the score.
    """
    need(frame, ("label", "bad", "good", "yes_no", "value", "low", "high", "usable", "n"), "driver_charts.forest")
    return Drawing(
        draw=lambda say, narrow, name: _forest(frame, outcome, say, narrow),
        title=lambda say: say.say("chart.forest.title", outcome=outcome),
        desc=lambda say: " ".join(say.say("chart.forest.desc", label=r["label"], step=_step(r, say), value=r, verdict=_verdict(r), n=r["n"]) for r in kept_rows(frame)),
        tables=(("twin.numbers", frame, DRIVERS["forest"]),),
        marks="marks.forest",
    )


def _number(row: dict[str, Any], say: Sentences, drawn: bool) -> str:
    return say.numbers.change({k: row[k] for k in ("value", "low", "high")}) if drawn else say.say("number.hidden")


def _room(frame: pd.DataFrame, say: Sentences) -> float:
    """Pixels at the right that hold every row's number and n."""
    kept = kept_rows(frame)
    widest = (max((text_width(words, bold=True) for words in (_number(row, say, True) for row in kept)), default=0.0), max((text_width(say.n(row["n"])) for row in kept), default=0.0))
    return max(float(RIGHT), 14 + widest[0] + 14 + widest[1] + 6)


def _forest(frame: pd.DataFrame, outcome: str, say: Sentences, narrow: bool) -> Figure:
    long = any(len(wrap(str(label), LEFT - 22, lines=2, bold=True)) > 1 for label in frame["label"])
    each = 74 if narrow else 56 if long else 48
    places = {"left": 8, "right": 12} if narrow else {"left": LEFT, "right": _room(frame, say)}
    figure, axes = canvas(NARROW if narrow else WIDE, each * len(frame) + 72, top=8, bottom=64, **places)
    plot_forest(frame, axes[0][0], say, outcome=outcome, narrow=narrow)
    return figure


def plot_forest(frame: pd.DataFrame, ax: Axes, say: Sentences, outcome: str, narrow: bool = False) -> Axes:
    """The forest on one Axes; right is better."""
    rows, kept, room = records(frame), kept_rows(frame), _room(frame, say)
    if not kept:
        return all_hidden(ax, say)
    low, high = limits_of(kept, share=0.06)
    low, high = min(low, 0.0), max(high, 0.0)
    ax.set_xlim(low, high)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(False)
    ax.grid(True, axis="x")
    ax.set_yticks([])
    ticks = steps(low, high, nice_step((high - low) / (3 if narrow else 5)))
    ax.set_xticks(ticks, [say.numbers.number(t, signed=bool(t)) for t in ticks])
    ax.axvline(0, color=PALETTE["ink"], linewidth=1, zorder=1)
    for i, row in enumerate(rows):
        drawn = shown(row) and known(row["value"])
        if drawn:
            role = "harm" if row["value"] < 0 and row["usable"] else "delivered"
            interval(ax, i, row["low"], row["high"], role, bool(row["usable"]), upright=False)
            dot(ax, row["value"], i, role, bool(row["usable"]))
        _words(ax, i, row, say, drawn, narrow, room)
    words = say.say("chart.forest.axis", outcome=outcome)
    ax.annotate("\n".join(wrap(words, 320 if narrow else 370, lines=2)), (0 if narrow else 0.5, 0), xycoords="axes fraction", xytext=(0, -22), textcoords="offset points",
                ha="left" if narrow else "center", va="top", color=PALETTE["ink-2"], annotation_clip=False)  # fmt: skip
    return ax


def _words(ax: Axes, i: int, row: dict[str, Any], say: Sentences, drawn: bool, narrow: bool, room: float) -> None:
    """Name and step at the left, number and n at the right; above the line on a phone."""
    sure = drawn and bool(row["usable"])
    ink, weight = (PALETTE["ink"], "bold") if sure else (PALETTE["ink-3"], "normal")
    number = _number(row, say, drawn)
    under = _step(row, say) if drawn else ""
    under = say.say("chart.forest.against", step=under) if sure and row["value"] < 0 else under
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
    if narrow:
        ax.annotate(wrap(str(row["label"]), 326, lines=1, bold=sure)[0], (0, i), xytext=(0, 24), ha="left", va="center", color=ink, weight=weight, **where)
        ax.annotate(wrap(under, 190, lines=1)[0], (0, i), xytext=(0, 11), ha="left", va="center", color=PALETTE["ink-3"], **where)
        ax.annotate(number, (1, i), xytext=(0, 11), ha="right", va="center", color=ink, weight=weight, **where)
        return
    name = wrap(str(row["label"]), LEFT - 22, lines=2, bold=sure)
    ax.annotate("\n".join(name), (0, i), xytext=(-(LEFT - 8) * POINT, 6), ha="left", va="center", color=ink, weight=weight, **where)
    ax.annotate(wrap(under, LEFT - 22, lines=1)[0], (0, i), xytext=(-(LEFT - 8) * POINT, -7 * len(name)), ha="left", va="center", color=PALETTE["ink-3"], **where)
    ax.annotate(number, (1, i), xytext=(14 * POINT, 0), ha="left", va="center", color=ink, weight=weight, **where)
    ax.annotate(say.n(row["n"]) if drawn else "", (1, i), xytext=((room - 6) * POINT, 0), ha="right", va="center", color=PALETTE["ink-3"], **where)


def _step(row: dict[str, Any], say: Sentences) -> str:
    """``4.0 min instead of 25.0 min``; ``no instead of yes``."""
    if row["yes_no"]:
        return say.say("chart.forest.yes" if row["good"] > row["bad"] else "chart.forest.no")
    unit = row.get("unit_of_measure")
    return say.say("chart.forest.step", good=row["good"], bad=row["bad"], unit_of_measure="" if missing(unit) else str(unit))


def _verdict(row: dict[str, Any]) -> str:
    if not row["usable"]:
        return "no_clear_difference"
    return "higher" if row["value"] > 0 else "lower"
