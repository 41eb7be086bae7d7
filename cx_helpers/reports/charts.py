"""Charts over time and between groups: scores by month, by what the customer had lived, before and after.

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
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import PALETTE, nice_step, steps, text_width, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

# scores over months


def trend(monthly: pd.DataFrame) -> Drawing:
    """Scores by month, a panel for each touchpoint and metric; panels of the same scale share their axis.

    Parameters
    ----------
    monthly : DataFrame
        touchpoint, metric, label, month, value, low, high, n, shown; where known usual_low and usual_high
        (grey band: the usual month-to-month range), signal (True: outside the usual, drawn filled) and reworded (True:
        asked otherwise than the month before; the line breaks there).
    """
    need(monthly, ("label", "month", "value", "low", "high", "n"), "charts.trend")
    return Drawing(
        draw=lambda say, narrow, name: _trend(monthly, say, narrow),
        title=lambda say: say.say("chart.trend.title", labels=list(dict.fromkeys(monthly["label"]))),
        desc=lambda say: " ".join(_trend_desc(p, say) for p in _panels(monthly)),
        tables=(("twin.numbers", monthly, layout("monthly")),),
    )


def _panels(monthly: pd.DataFrame) -> list[pd.DataFrame]:
    keys = [c for c in ("touchpoint", "metric", "label") if c in monthly.columns]
    return [panel.sort_values("month", kind="stable") for _, panel in monthly.groupby(keys, sort=False)]


def _trend_desc(panel: pd.DataFrame, say: Sentences) -> str:
    rows = kept_rows(panel)
    label = panel["label"].iloc[0]
    if not rows:
        return say.say("chart.trend.hidden", label=label)
    low, high = min(rows, key=lambda r: r["value"]), max(rows, key=lambda r: r["value"])
    anew = [say.say("chart.trend.reworded", month=month) for month in _reworded(panel)]
    return " ".join([_levels(label, rows, low, high, say), *anew])


def _reworded(panel: pd.DataFrame) -> list[str]:
    """The months from which the question is another."""
    return sorted(panel.loc[panel["reworded"].fillna(False).astype(bool), "month"]) if "reworded" in panel else []


def _levels(label: str, rows: list[dict[str, Any]], low: dict[str, Any], high: dict[str, Any], say: Sentences) -> str:
    return say.say("chart.trend.desc", label=label, last=rows[-1], month=rows[-1]["month"], low=low, low_month=low["month"], high=high, high_month=high["month"])  # fmt: skip


def _trend(monthly: pd.DataFrame, say: Sentences, narrow: bool) -> Figure:
    panels = _panels(monthly)
    columns = 1 if narrow or len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    width, each = (NARROW, 210) if narrow else (WIDE, 300 if len(panels) == 1 else 220)
    height = each * rows
    figure, axes = canvas(width, height, rows, columns, left=40, right=56, top=34 if len(panels) > 1 or _reworded(monthly) else 10, bottom=44, hspace=90 / (each - 78), wspace=0.3)
    scales = _shared_limits(panels)
    for i, ax in enumerate(axes.flat):
        if i >= len(panels):
            ax.set_visible(False)
            continue
        if scales[i]:
            ax.set_ylim(*scales[i])
        plot_trend(panels[i], ax, say, labels=5 if narrow or columns > 1 else 9)
        if len(panels) > 1:
            ax.set_title(wrap(panels[i]["label"].iloc[0], 290, lines=1, bold=True)[0], loc="left", fontsize=9.75, fontweight="bold", pad=10)
    return figure


def _shared_limits(panels: list[pd.DataFrame]) -> list[tuple[float, float] | None]:
    """Panels of one metric share their ends, so that a small movement looks small."""
    metric = ["" if "metric" not in p else str(p["metric"].iloc[0]) for p in panels]
    found: dict[str, tuple[float, float] | None] = {}
    for name in dict.fromkeys(metric):
        rows = [row for panel, m in zip(panels, metric, strict=True) if m == name for row in kept_rows(panel)]
        found[name] = limits_of(rows) if rows else None
    return [found[name] for name in metric]


def plot_trend(monthly: pd.DataFrame, ax: Axes, say: Sentences, labels: int = 9) -> Axes:
    """One score by month: intervals, the usual band where known, the last value named at its point."""
    months = sorted(set(monthly["month"]))
    at = {month: i for i, month in enumerate(months)}
    rows = kept_rows(monthly)
    if not rows:
        ax.set_axis_off()
        ax.text(0, 0.5, say.say("number.hidden_all"), transform=ax.transAxes, color=PALETTE["ink-3"])
        return ax
    limits = ax.get_ylim() if ax.get_ylim() != (0.0, 1.0) else limits_of(rows)
    if all(not missing(r.get("usual_low")) for r in rows):
        ax.fill_between([at[r["month"]] for r in rows], [r["usual_low"] for r in rows], [r["usual_high"] for r in rows], color=PALETTE["quiet-tint"], linewidth=0, zorder=0)  # fmt: skip
    line = [next((r["value"] for r in rows if r["month"] == m), float("nan")) for m in months]
    breaks = [at[month] for month in _reworded(monthly)]
    for start, end in zip([0, *breaks], [*breaks, len(months)], strict=True):
        ax.plot(range(start, end), line[start:end], color=PALETTE["ink-2"], linewidth=1.2, zorder=1)
    for start in breaks:
        _mark(ax, start, len(months), say.say("chart.reworded"))
    for r in rows:
        clear = bool(r["signal"]) if not missing(r.get("signal")) else True
        interval(ax, at[r["month"]], r["low"], r["high"], "lived", clear)
        dot(ax, at[r["month"]], r["value"], "lived", clear)
    last = rows[-1]
    ax.annotate(measured(say, last, "bare"), (at[last["month"]], last["value"]), xytext=(8, 0), textcoords="offset points", va="center", fontweight="bold", annotation_clip=False)  # fmt: skip
    value_ticks(ax, limits, say)
    month_ticks(ax, months, say, labels)
    ax.set_xlim(-0.5, len(months) - 0.5)
    return ax


def _mark(ax: Axes, place: int, count: int, words: str) -> None:
    """A dashed line before a month, and what begins there."""
    ax.axvline(place - 0.5, color=PALETTE["ink"], linewidth=1, linestyle=(0, (3, 2)), zorder=0)
    side = "right" if place > count / 2 else "left"
    ax.annotate(words, (place - 0.5, 1), xycoords=("data", "axes fraction"), xytext=(-4 if side == "right" else 4, 6), textcoords="offset points", ha=side, annotation_clip=False)  # fmt: skip


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
    figure, axes = canvas(width, each * len(frame) + 44, left=8 if narrow else 240, right=12 if narrow else 226, top=8, bottom=36)
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
        ax.set_axis_off()
        ax.text(0, 0.5, say.say("number.hidden_all"), transform=ax.transAxes, color=PALETTE["ink-3"])
        return ax
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
        _mark(ax, place[at], len(months), say.say("chart.began", month=at))
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
