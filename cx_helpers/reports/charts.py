"""Charts between groups: scores by what the customer had lived, before and after an action.

Each ``plot_<table>`` takes a frame and an Axes and returns the Axes, for notebooks of one's own; the function
of the same name without ``plot_`` gives the drawing that ``page.figure`` shows, wide and narrow.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import POINT, kept_rows, limits_of, measured, month_ticks, need, value_ticks
from cx_helpers.reports.cells import missing, shown
from cx_helpers.reports.control_charts import mark_month
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import PALETTE, nice_step, steps, text_width, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, all_hidden, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

# states


def states(frame: pd.DataFrame, scale: tuple[float, float] | None = None) -> Drawing:
    """The mean score by what the customer had lived when answering; a naive comparison is hollow and named so.

    Parameters
    ----------
    frame : DataFrame
        label, value, low, high, n, method, shown; naive (bool) where a row is a naive comparison.
    scale : (low, high), optional
        Ends of the axis; by default around the values.
    """
    need(frame, ("label", "value", "low", "high", "n"), "charts.states")
    return Drawing(
        draw=lambda say, narrow, name: _states(frame, say, narrow, scale),
        title=lambda say: say.say("chart.states.title", labels=[r["label"] for r in records(frame)]),
        desc=lambda say: " ".join(say.say("chart.states.desc", label=r["label"], value=r, n=r["n"]) for r in kept_rows(frame)),
        tables=(("twin.numbers", frame, layout("states")),),
    )


def _states(frame: pd.DataFrame, say: Sentences, narrow: bool, scale: tuple[float, float] | None) -> Figure:
    each = 62 if narrow else 46
    width = NARROW if narrow else WIDE
    figure, axes = canvas(width, each * len(frame) + 44, left=18 if narrow else 240, right=18 if narrow else 226, top=8, bottom=36)
    ax = axes[0][0]
    if scale:
        ax.set_xlim(*scale)
    plot_states(frame, ax, say, narrow=narrow)
    return figure


def plot_states(frame: pd.DataFrame, ax: Axes, say: Sentences, narrow: bool = False) -> Axes:
    """One row a state, best known at the top as given: dot, interval, number and n."""
    rows, kept = records(frame), kept_rows(frame)
    limits = ax.get_xlim() if ax.get_xlim() != (0.0, 1.0) else (limits_of(kept) if kept else (0.0, 1.0))
    ax.set_xlim(*limits)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(False)
    ax.grid(True, axis="x")
    ax.set_yticks([])
    ticks = steps(*limits, nice_step((limits[1] - limits[0]) / 4))
    ax.set_xticks(ticks, [say.numbers.number(t) for t in ticks])
    for i, row in enumerate(rows):
        naive = not missing(row.get("naive")) and bool(row["naive"])
        is_shown = shown(row) and known(row["value"])
        if is_shown:
            interval(ax, i, row["low"], row["high"], "lived", not naive, upright=False)
            dot(ax, row["value"], i, "lived", not naive)
        label = say.say("chart.naive", label=row["label"]) if naive else str(row["label"])
        number = measured(say, row) if is_shown else say.say("number.hidden")
        _row_words(ax, i, label, number, say.n(row["n"]) if is_shown else "", naive, narrow)
    return ax


def _row_words(ax: Axes, i: int, label: str, number: str, n: str, naive: bool, narrow: bool) -> None:
    ink, weight = (PALETTE["ink-3"], "normal") if naive else (PALETTE["ink"], "bold")
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
    if narrow:
        lines = wrap(label, 200, lines=2, bold=not naive)
        ax.annotate("\n".join(lines), (0, i), xytext=(0, 9), ha="left", va="bottom", color=ink, weight=weight, **where)
        ax.annotate(number, (1, i), xytext=(0, 13), ha="right", color=ink, **where)
        return
    lines = wrap(label, 222, lines=2, bold=not naive)
    ax.annotate("\n".join(lines), (0, i), xytext=(-232 * POINT, 0), ha="left", va="center", color=ink, weight=weight, **where)
    ax.annotate(number, (1, i), xytext=(14 * POINT, 0), ha="left", va="center", color=ink, weight=weight, **where)
    ax.annotate(n, (1, i), xytext=(220 * POINT, 0), ha="right", va="center", color=PALETTE["ink-3"], **where)


# before and after


def before_after(series: pd.DataFrame, at: str) -> Drawing:
    """Months before and after an action: where it was done (strong) beside where it was not (grey).

    Parameters
    ----------
    series : DataFrame
        period (month), group, value, n; low, high and shown where known. The group named treated, else the first,
        is drawn strong.
    at : str
        Month from which the action ran.
    """
    need(series, ("period", "group", "value", "n"), "charts.before_after")
    return Drawing(
        draw=lambda say, narrow, name: _before_after(series, at, say, narrow),
        title=lambda say: say.say("chart.before_after.title", month=at, labels=[say.term(g) for g in dict.fromkeys(series["group"])]),
        desc=lambda say: " ".join(_group_desc(g, rows, at, say) for g, rows in series.groupby("group", sort=False)),
        tables=(("twin.numbers", series, layout("series")),),
        marks="marks.chart" if "low" in series.columns else "marks.series",
    )


def _group_desc(group: str, rows: pd.DataFrame, at: str, say: Sentences) -> str:
    kept = kept_rows(rows.sort_values("period", kind="stable"))
    if not kept:
        return say.say("chart.trend.hidden", label=say.term(group))
    before = [r for r in kept if str(r["period"]) < at] or kept[:1]
    return say.say("chart.before_after.desc", label=say.term(group), first=before[0]["value"], before=before[-1]["value"], last=kept[-1]["value"])


def _groups(series: pd.DataFrame) -> list[str]:
    """Groups in the order they are drawn: where it was done first."""
    return sorted(dict.fromkeys(series["group"]), key=lambda group: group != "treated")


def _before_after(series: pd.DataFrame, at: str, say: Sentences, narrow: bool) -> Figure:
    groups = [say.term(g) for g in dict.fromkeys(series["group"])]
    right = 12 if narrow else max(90, 16 + max(text_width(w, bold=True) for g in groups for w in wrap(g, 130, lines=2, bold=True)))
    figure, axes = canvas(NARROW if narrow else WIDE, 280, left=48, right=right, top=58 if narrow else 34, bottom=44)
    plot_before_after(series, axes[0][0], say, at=at, narrow=narrow)
    return figure


def plot_before_after(series: pd.DataFrame, ax: Axes, say: Sentences, at: str, narrow: bool = False) -> Axes:
    """Two lines by month, named at their ends, and the month the action began."""
    months = sorted({str(p) for p in series["period"]})
    place = {month: i for i, month in enumerate(months)}
    kept = kept_rows(series)
    if not kept:
        return all_hidden(ax, say)
    ends = []
    for order, group in enumerate(_groups(series)):
        rows = sorted((r for r in kept if r["group"] == group), key=lambda r: str(r["period"]))
        ink = PALETTE["lived"] if order == 0 else PALETTE["quiet"]
        ax.plot([place[str(r["period"])] for r in rows], [r["value"] for r in rows], color=ink, linewidth=1.8 if order == 0 else 1.4, zorder=3 - order)
        for r in rows:
            if not missing(r.get("low")):
                interval(ax, place[str(r["period"])], r["low"], r["high"], "lived", order == 0)
            dot(ax, place[str(r["period"])], r["value"], "lived", order == 0)
        if rows:
            ends.append([rows[-1]["value"], say.term(group), PALETTE["lived"] if order == 0 else PALETTE["ink-3"], order])
    if at in place:
        mark_month(ax, place[at], len(months), say.say("chart.began", month=at))
    limits = limits_of(kept)
    value_ticks(ax, limits, say, share=kept[0].get("unit_of_measure") == "share")
    month_ticks(ax, months, say, 5 if narrow else 9)
    ax.set_xlim(-0.5, len(months) - 0.5)
    _end_names(ax, ends, limits, narrow)
    return ax


def _end_names(ax: Axes, ends: list[list[Any]], limits: tuple[float, float], narrow: bool) -> None:
    """Names beside the last points, moved apart where they would touch; above the plot on a phone."""
    room = (limits[1] - limits[0]) * 0.17
    ends.sort(key=lambda e: e[0])
    for lower, upper in zip(ends, ends[1:], strict=False):
        upper[0] = max(upper[0], lower[0] + room)
    for at, name, ink, order in ends:
        style = {"color": ink, "weight": "bold" if order == 0 else "normal", "annotation_clip": False, "textcoords": "offset points"}
        if narrow:
            ax.annotate(name, (0, 1), xycoords="axes fraction", xytext=(0, 34 - 14 * order), ha="left", **style)
        else:
            ax.annotate("\n".join(wrap(name, 130, lines=2, bold=True)), (1, at), xycoords=("axes fraction", "data"), xytext=(4, 0), va="center", **style)
