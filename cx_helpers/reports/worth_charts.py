"""How risks told from earlier months held in later ones: what happened beside what was told."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import POINT, kept_rows, need
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import PALETTE, nice_step, steps
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, all_hidden, canvas, dot, interval
from cx_helpers.reports.sentences import Sentences


def calibration(curve: pd.DataFrame, judged: pd.DataFrame | None = None) -> Drawing:
    """Tenths of risk: the share that did not come back over the risk that was told; on the line both are the same.

    Parameters
    ----------
    curve : DataFrame
        tenth, told, value, low, high (shares 0-1), n; shown where some may be hidden.
    judged : DataFrame, optional
        measure, value, low, high, n, reading: a table more, folded under the figure.
    """
    need(curve, ("tenth", "told", "value", "low", "high", "n"), "worth_charts.calibration")
    twins = [("twin.numbers", curve, layout("calibration"))] + ([("twin.judged", judged, layout("judged"))] if judged is not None else [])
    return Drawing(
        draw=lambda say, narrow, name: _draw(curve, say, narrow),
        title=lambda say: say.say("chart.calibration.title"),
        desc=lambda say: _desc(curve, say),
        tables=tuple(twins),
        marks="marks.calibration",
    )


def _desc(curve: pd.DataFrame, say: Sentences) -> str:
    rows = kept_rows(curve)
    if not rows:
        return say.say("number.hidden_all")
    first, last = rows[0], rows[-1]
    held = sum(row["low"] <= row["told"] <= row["high"] for row in rows)
    return say.say("chart.calibration.desc", count=held, of=len(rows), first_told=first["told"], first=first, last_told=last["told"], last=last)


def _draw(curve: pd.DataFrame, say: Sentences, narrow: bool) -> Figure:
    figure, axes = canvas(NARROW if narrow else WIDE, 330 if narrow else 360, left=52, right=14 if narrow else 230, top=44, bottom=56)
    plot_calibration(curve, axes[0][0], say, narrow=narrow)
    return figure


def plot_calibration(curve: pd.DataFrame, ax: Axes, say: Sentences, narrow: bool = False) -> Axes:
    """One dot a tenth with its interval, and the line on which what was told happened."""
    rows = kept_rows(curve)
    if not rows:
        return all_hidden(ax, say)
    ends = [row[name] for row in rows for name in ("told", "low", "high")]
    room = (max(ends) - min(ends)) * 0.08 or 0.05
    low, high = max(0.0, min(ends) - room), min(1.0, max(ends) + room)
    ax.plot([low, high], [low, high], color=PALETTE["ink-2"], linewidth=1.0, zorder=1)
    for row in rows:
        interval(ax, row["told"], row["low"], row["high"], "lived")
        dot(ax, row["told"], row["value"], "lived")
    ticks = steps(low, high, nice_step((high - low) / 5))
    words = [say.numbers.share(tick, "bare") for tick in ticks]
    ax.set_xticks(ticks, words)
    ax.set_yticks(ticks, words)
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    where = {"textcoords": "offset points", "annotation_clip": False, "color": PALETTE["ink-2"]}
    ax.annotate(say.say("chart.calibration.happened"), (0, 1), xycoords="axes fraction", xytext=(-44 * POINT, 22 * POINT), ha="left", **where)
    ax.annotate(say.say("chart.calibration.told"), (1, 0), xycoords="axes fraction", xytext=(0, -46 * POINT), ha="right", **where)
    at, place = ((1, 1), {"xytext": (0, 6 * POINT), "ha": "right"}) if narrow else ((1, 1), {"xytext": (10 * POINT, -3), "ha": "left"})
    ax.annotate(say.say("chart.calibration.line"), at, xycoords="axes fraction", va="bottom" if narrow else "center", **place, **where)
    return ax
