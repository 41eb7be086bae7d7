"""What changes go with, on three strips side by side; and how risks told from earlier months held in later ones."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.axes import POINT, kept_rows, need
from cx_helpers.reports.cells import missing, shown
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import LINE, PALETTE, Axis, line, mark, nice_axis, nice_step, steps, text, text_width, wrap
from cx_helpers.reports.numbers import known
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, all_hidden, canvas, dot, interval, svg_open
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

MOST_CHANGES = 12
STRIPS = (("experience", "lived", False, "experience_gain"), ("revenue_a_year", "ink", False, "revenue_a_year"), ("cost_a_year", "delivered", True, "cost_a_year"))
SURE = {"experience": "felt", "revenue_a_year": "usable"}  # whether a column is beyond noise with all rows looked at
EACH, NARROW_EACH, TOP, LEFT, GAP = 62, 48, 64, 232, 20  # pixels: a row, a strip on a phone, the heads, the names, between strips


def worth(rows: pd.DataFrame, everywhere: int | None = None) -> Drawing:
    """A row a change: what it goes with in experience, revenue and cost, three dots with their intervals on three axes.

    Parameters
    ----------
    rows : DataFrame
        change (message and arguments), experience, revenue_a_year, cost_a_year, each with _low and _high; n; shown where some are hidden;
        felt and usable (bool) where not all are beyond noise.
    everywhere : int, optional
        The first so many rows are drawn, twelve at most; the twin has all.
    """
    need(rows, ("change", *(strip[0] for strip in STRIPS), "n"), "worth_charts.worth")
    drawn = rows.head(min(len(rows) if everywhere is None else everywhere, MOST_CHANGES))
    return Drawing(
        draw=lambda say, narrow, name: _worth(drawn, len(rows) - len(drawn), say, narrow, name),
        title=lambda say: say.say("chart.worth.title"),
        desc=lambda say: _worth_desc(drawn, say),
        tables=(("twin.numbers", rows, layout("worth")),),
        kind="worth",
        marks="marks.worth",
    )


def _worth_desc(rows: pd.DataFrame, say: Sentences) -> str:
    told = []
    for row in records(rows):
        if shown(row):
            numbers = {name: _of(row, column) for name, column in (("experience", "experience"), ("revenue", "revenue_a_year"), ("cost", "cost_a_year"))}
            told.append(say.say("chart.worth.desc" if known(numbers["cost"]["value"]) else "chart.worth.desc_no_cost", label=_name(row, say), **numbers))
    return " ".join(told) or say.say("number.hidden_all")


def _name(row: dict, say: Sentences) -> str:
    message, args = row["change"]
    return say.say(message, **args)


def _of(row: dict, column: str) -> dict[str, float]:
    names = {"value": column, "low": f"{column}_low", "high": f"{column}_high"}
    return {part: float("nan") if missing(row.get(name)) else float(row[name]) for part, name in names.items()}


def _axes(rows: list[dict], say: Sentences, width: float) -> list[Axis]:
    out = []
    for column, _, turned, _ in STRIPS:
        values = [v for row in rows if shown(row) for v in _of(row, column).values()]
        label = say.numbers.number if column == "experience" else lambda v: say.numbers.money(v, "bare")
        plain = nice_axis(values, label, upside_down=turned)
        out.append(Axis(plain.low, plain.high, plain.ticks, turned, width))
    return out


def _worth(rows: pd.DataFrame, more: int, say: Sentences, narrow: bool, name: str) -> str:
    found = records(rows)
    width, each = (NARROW, 62 + 3 * NARROW_EACH) if narrow else (WIDE, EACH)
    strip_width = float(NARROW) if narrow else (WIDE - LEFT - 2 * GAP) / 3
    axes = _axes(found, say, strip_width)
    height = (8 if narrow else TOP) + each * len(found) + (24 if more else 4)
    out = [svg_open(name, width, height, say.say("chart.worth.title"), _worth_desc(rows, say), "plot")]
    out += [] if narrow else _heads(axes, strip_width, say)
    for place, row in enumerate(found):
        top = (8 if narrow else TOP) + each * place
        out.append(line(f"M0 {top}H{width}", "rule"))
        out += _row_narrow(row, axes, top, say) if narrow else _row_wide(row, axes, strip_width, top, say)
    if more:
        out.append(text(0, height - 6, say.say("chart.worth.more", count=more), token="ink-3"))
    return "".join(out) + "</svg>"


def _heads(axes: list[Axis], width: float, say: Sentences) -> list[str]:
    """What each strip measures, and its axis."""
    out = []
    for j, (axis, (_, _, _, title)) in enumerate(zip(axes, STRIPS, strict=True)):
        x = LEFT + j * (width + GAP)
        out += [text(x, 14, say.say(f"column.{title}"), token="ink-2", bold=True), line(f"M{x + axis.pad:.1f} 50H{x + width - axis.pad:.1f}", "quiet")]
        taken: list[tuple[float, float]] = []
        for value, label in axis.ticks:
            at, half = x + axis.x(value), text_width(label) / 2
            out.append(line(f"M{at:.1f} 50v5", "quiet"))
            at = min(max(at, x + half), x + width - half)
            if all(at + half + 6 < left or at - half - 6 > right for left, right in taken):
                out.append(text(at, 44, label, token="ink-2", anchor="middle"))
                taken.append((at - half, at + half))
    return out


def _row_wide(row: dict, axes: list[Axis], width: float, top: float, say: Sentences) -> list[str]:
    names = wrap(_name(row, say), LEFT - 20, lines=2, bold=True)
    out = [text(0, top + 19 + 16 * i, words, bold=True) for i, words in enumerate(names)]
    out += [text(0, top + 52, say.n(row["n"]), token="ink-3")] if shown(row) else []
    for j, (axis, (column, role, _, _)) in enumerate(zip(axes, STRIPS, strict=True)):
        out += _mark(row, column, role, axis, LEFT + j * (width + GAP), top, EACH, say)
    return out


def _row_narrow(row: dict, axes: list[Axis], top: float, say: Sentences) -> list[str]:
    out = [text(0, top + 20 + 16 * i, words, bold=True) for i, words in enumerate(wrap(_name(row, say), NARROW, lines=2, bold=True))]
    out += [text(NARROW, top + 20 + 16 * 2, say.n(row["n"]), token="ink-3", anchor="end")] if shown(row) else []
    for j, (axis, (column, role, _, title)) in enumerate(zip(axes, STRIPS, strict=True)):
        at = top + 54 + NARROW_EACH * j
        out += [text(0, at + 18, say.say(f"column.{title}"), token="ink-2"), *_mark(row, column, role, axis, 0, at, NARROW_EACH, say, NARROW)]
    return out


def _mark(row: dict, column: str, role: str, axis: Axis, x: float, top: float, each: float, say: Sentences, end: float | None = None) -> list[str]:
    """The number over its dot and interval, ending at `end` where given; the thin line is no change."""
    value, place = _of(row, column), {"anchor": "end"} if end else {}
    at = end or x + axis.pad
    if not shown(row) or not known(value["value"]):
        return [text(at, top + 18, say.say("number.hidden" if not shown(row) else "chart.worth.not_known"), token="ink-3", **place)]
    clear = not value["low"] <= 0 <= value["high"] and bool(row.get(SURE.get(column, ""), True))
    middle, words = top + each - 17, say.numbers.change(value) if column == "experience" else say.numbers.money_change(value)
    token = LINE[role] if clear else "quiet"
    return [
        text(at, top + 18, words, token="ink" if clear else "ink-3", **place),
        line(f"M{x + axis.x(0.0):.1f} {middle - 9:.1f}v18", "ink"),
        line(f"M{x + axis.x(value['low']):.1f} {middle:.1f}H{x + axis.x(value['high']):.1f}", token, 2.4),
        mark(x + axis.x(value["value"]), middle, role, clear),
    ]


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
    ticks = steps(low, high, nice_step((high - low) / 6))
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
