"""Series by month against what is usual for them: band, target, breaks, and the months that stand out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import POINT, kept_rows, measured, month_ticks, need, value_ticks
from cx_helpers.reports.cells import FEW, missing
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import PALETTE, wrap
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, all_hidden, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences

MOST_MONTHS = 25  # two years, and the month that the first of them is compared with
MOST_PANELS = 6


def trend(monthly: pd.DataFrame, role: str = "lived", beside: tuple[str, pd.DataFrame, str] | None = None, began: Collection[str] = ()) -> Drawing:
    """Series by month, a panel for each touchpoint and metric, the first six; each on the scale of its own usual movement.

    Parameters
    ----------
    monthly : DataFrame
        touchpoint, metric, label, month, value, low, high, n, shown; where known usual, usual_low and usual_high (grey
        band), signal (True or a rule's name: drawn filled), reworded (True: asked otherwise than the month before; the
        line breaks there), target (dashed), unit_of_measure, better ("lower": the axis is turned, so that up is
        better). Drawn are the last 25 months at most, from the first with answers enough on; the twin has all.
    role : str
        lived (circles) or delivered (squares).
    beside : (heading message, frame, layout), optional
        A table more, folded under the figure; an empty one is left out.
    began : months in which something began, such as an action: dotted lines
    """
    need(monthly, ("label", "month", "value", "low", "high", "n"), "control_charts.trend")
    panels = _panels(monthly)[:MOST_PANELS]
    twins = [("twin.numbers", monthly, layout("control"))] + ([(beside[0], beside[1], layout(beside[2]))] if beside and len(beside[1]) else [])
    return Drawing(
        draw=lambda say, narrow, name: _draw(panels, say, narrow, role, began),
        title=lambda say: say.say("chart.trend.title", labels=[p["label"].iloc[0] for p in panels]),
        desc=lambda say: " ".join(_desc(p, say) for p in panels),
        tables=tuple(twins),
        marks="marks.control" if "usual_low" in monthly else "marks.began" if len(began) else "marks.chart",
    )


def _panels(monthly: pd.DataFrame) -> list[pd.DataFrame]:
    """A frame a panel, all of them over the same months; a month without a row is a gap."""
    keys = [c for c in ("touchpoint", "metric", "label") if c in monthly.columns]
    enough = monthly["month"][monthly["n"].fillna(0) >= FEW]
    months = sorted(set(monthly["month"]))
    first = max(enough.min() if len(enough) else months[0], months[-MOST_MONTHS:][0])
    drawn = monthly[monthly["month"] >= first]
    calendar = [str(month) for month in pd.period_range(first, months[-1], freq="M")]
    panels = [panel.set_index("month").reindex(calendar).rename_axis("month").reset_index() for _, panel in drawn.groupby(keys, sort=False)]
    filled = ["label", *(c for c in ("unit_of_measure", "better") if c in drawn)]
    return [panel.assign(**{c: panel[c].ffill().bfill() for c in filled}) for panel in panels]


def _desc(panel: pd.DataFrame, say: Sentences) -> str:
    rows = kept_rows(panel)
    label = panel["label"].iloc[0]
    if not rows:
        return say.say("chart.trend.hidden", label=label)
    low, high = min(rows, key=lambda r: r["value"]), max(rows, key=lambda r: r["value"])
    ends = {name: measured(say, row, part) for name, row, part in (("last", rows[-1], ""), ("low", low, "bare"), ("high", high, "bare"))}
    said = [say.say("chart.trend.desc", label=label, month=rows[-1]["month"], low_month=low["month"], high_month=high["month"], **ends)]
    beyond = [say.numbers.month(r["month"], short=True) for r in rows if _outside(r)]
    said += [say.say("chart.trend.beyond", months=beyond)] if beyond else []
    return " ".join([*said, *(say.say("chart.trend.reworded", month=month) for month in _reworded(panel))])


def _outside(row: dict[str, Any]) -> bool:
    return row.get("signal") == "beyond"


def _reworded(panel: pd.DataFrame) -> list[str]:
    """The months from which the question is another."""
    return sorted(panel.loc[panel["reworded"].fillna(False).astype(bool), "month"]) if "reworded" in panel else []


def _draw(panels: list[pd.DataFrame], say: Sentences, narrow: bool, role: str, began: Collection[str] = ()) -> Figure:
    columns = 1 if narrow or len(panels) == 1 else 2
    rows = max(-(-len(panels) // columns), 1)
    each = 210 if narrow or len(panels) > 1 else 300
    words = len(panels) > 1 or any(_reworded(panel) for panel in panels)
    figure, axes = canvas(NARROW if narrow else WIDE, each * rows, rows, columns, left=46, right=70, top=40 if words else 14, bottom=44,
                          hspace=92 / (each - 84), wspace=0.42)  # fmt: skip
    for i, ax in enumerate(axes.flat):
        if i >= len(panels):
            ax.set_visible(False)
            continue
        plot_trend(panels[i], ax, say, labels=4 if narrow or columns > 1 else 9, role=role, titled=len(panels) > 1)
        for place in (place for place, month in enumerate(sorted(set(panels[i]["month"]))) if month in began):
            ax.axvline(place - 0.5, color=PALETTE["ink-2"], linewidth=0.9, linestyle=(0, (1, 2)), zorder=0)
        if len(panels) > 1:
            ax.set_title(wrap(panels[i]["label"].iloc[0], 330 if columns > 1 else 290, lines=1, bold=True)[0], loc="left", fontsize=9.75, fontweight="bold", pad=12)
    return figure


def limits(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Ends of the axis: every value, and the intervals and usual ranges of months with answers enough."""
    ends = [row["value"] for row in rows] + [row["target"] for row in rows if not missing(row.get("target"))]
    for row in rows:
        if row["n"] >= FEW:
            ends += [row[k] for k in ("low", "high", "usual_low", "usual_high") if not missing(row.get(k))]
    low, high = min(ends), max(ends)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    bottom = 0.0 if low >= 0 and low - room < 0 and rows[0].get("unit_of_measure") == "share" else low - room
    return bottom, high + room


def plot_trend(monthly: pd.DataFrame, ax: Axes, say: Sentences, labels: int = 9, role: str = "lived", titled: bool = False) -> Axes:
    """One series by month: intervals, the usual band and the target where known, the last value named at its point."""
    months = sorted(set(monthly["month"]))
    at = {month: i for i, month in enumerate(months)}
    rows = kept_rows(monthly)
    if not rows:
        return all_hidden(ax, say)
    bottom, top = limits(rows)
    breaks = [at[month] for month in _reworded(monthly)]
    _stretches(ax, rows, at, breaks, role)
    for start in breaks:
        mark_month(ax, start, len(months), say.say("chart.reworded"), within=titled)
    for r in rows:
        clear = missing(r.get("usual_low")) and missing(r.get("signal")) or bool(r.get("signal"))
        interval(ax, at[r["month"]], max(r["low"], bottom), min(r["high"], top), role, clear)
        dot(ax, at[r["month"]], r["value"], role, clear)
    last = rows[-1]
    ax.annotate(measured(say, last, "bare"), (at[last["month"]], last["value"]), xytext=(8, 0), textcoords="offset points", va="center", fontweight="bold", annotation_clip=False)  # fmt: skip
    value_ticks(ax, (bottom, top), say, share=last.get("unit_of_measure") == "share")
    _target(ax, last, say, top - bottom)
    month_ticks(ax, months, say, labels)
    ax.set_xlim(-0.5, len(months) - 0.5)
    if last.get("better") == "lower":
        ax.invert_yaxis()
    return ax


def _stretches(ax: Axes, rows: list[dict[str, Any]], at: dict[str, int], breaks: list[int], role: str) -> None:
    """Line and band of each wording, apart from the others; a month without a number leaves a gap."""
    by_place = {at[r["month"]]: r for r in rows}
    for start, end in zip([0, *breaks], [*breaks, len(at)], strict=True):
        places = range(start, end)
        line = [by_place[p]["value"] if p in by_place else float("nan") for p in places]
        ax.plot(places, line, color=PALETTE["quiet"] if role == "delivered" else PALETTE["ink-2"], linewidth=1.2, zorder=1)
        known = [p for p in places if p in by_place and not missing(by_place[p].get("usual_low"))]
        if known:
            low, high = ([by_place[p][name] for p in known] for name in ("usual_low", "usual_high"))
            # Half a month of room on both sides: the band belongs to whole months.
            ends = [known[0] - 0.5, *known, known[-1] + 0.5]
            ax.fill_between(ends, [low[0], *low, low[-1]], [high[0], *high, high[-1]], color=PALETTE["quiet-tint"], linewidth=0, zorder=0)


def _target(ax: Axes, row: dict[str, Any], say: Sentences, reach: float) -> None:
    """The dashed line of the target, named beside it unless the last value stands there."""
    if missing(row.get("target")):
        return
    ax.axhline(row["target"], color=PALETTE["ink"], linewidth=1.05, linestyle=(0, (3, 2)), zorder=1)
    if abs(row["target"] - row["value"]) > 0.14 * reach:
        ax.annotate(say.say("chart.target", target=row["target"]), (1, row["target"]), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
                    va="center", color=PALETTE["ink-2"], annotation_clip=False)  # fmt: skip


def mark_month(ax: Axes, place: int, count: int, words: str, within: bool = False) -> None:
    """A dashed line before a month, and what begins there: above the plot, or `within` it at its foot."""
    ax.axvline(place - 0.5, color=PALETTE["ink"], linewidth=1, linestyle=(0, (3, 2)), zorder=0)
    side = "right" if place > count / 2 else "left"
    ax.annotate(words, (place - 0.5, 0 if within else 1), xycoords=("data", "axes fraction"), xytext=(-4 if side == "right" else 4, 4 * POINT), textcoords="offset points", ha=side, annotation_clip=False)  # fmt: skip
