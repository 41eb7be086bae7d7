"""What came and when: a row of months for each source, bars from zero, each source on its own scale."""

from __future__ import annotations

import pandas as pd

from cx_helpers.reports.axes import need
from cx_helpers.reports.cells import missing
from cx_helpers.reports.layouts import layout
from cx_helpers.reports.marks import colour, line, text, text_width, wrap
from cx_helpers.reports.plots import NARROW, WIDE, Drawing, svg_open
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records

MOST_MONTHS = 36
TALL = 26


def arrivals(months: pd.DataFrame, sources: pd.DataFrame) -> Drawing:
    """Rows by source and month; a month with conspicuously few keeps the outline of what is usual.

    Parameters
    ----------
    months : DataFrame
        source, month, n, late, usual, gap. Of more than 36 months the last 36 are drawn; the twin has all.
    sources : DataFrame
        source, last (local day) or last_month, files, late, behind, standing.
    """
    need(months, ("source", "month", "n"), "arrival_chart.arrivals")
    need(sources, ("source", "files", "standing"), "arrival_chart.arrivals")
    dated = sources[sources["source"].isin(months["source"])]
    return Drawing(
        draw=lambda say, narrow, name: _draw(months, dated, say, narrow, name),
        title=lambda say: say.say("chart.arrivals.title", labels=list(dated["source"])),
        desc=lambda say: _desc(dated, say),
        tables=(("twin.numbers", months, layout("arrivals")),),
        kind="arrivals",
        marks="marks.arrivals",
    )


def _desc(sources: pd.DataFrame, say: Sentences) -> str:
    return " ".join(
        say.say("chart.arrivals.desc", label=row["source"], count=int(row["months"]), last=_until(row, say)) for row in records(sources)
    )


def _until(row: dict, say: Sentences) -> str:
    return say.numbers.month(row["last_month"]) if missing(row.get("last")) else say.numbers.date(str(row["last"])[:10])


def _draw(months: pd.DataFrame, sources: pd.DataFrame, say: Sentences, narrow: bool, name: str) -> str:
    shown = sorted(set(months["month"]))[-MOST_MONTHS:]
    width, each, left, right = (NARROW, 84, 0, NARROW) if narrow else (WIDE, 52, 196, 664)
    step = (right - left) / len(shown)
    height = each * len(sources) + 34
    out = [svg_open(name, width, height, say.say("chart.arrivals.title", labels=list(sources["source"])), _desc(sources, say), "plot")]
    for place, row in enumerate(records(sources)):
        base = each * (place + 1) - 8
        mine = months[(months["source"] == row["source"]) & months["month"].isin(shown)]
        out += _bars(mine, shown, left, step, base)
        out.append(line(f"M{left} {base}H{right}", "quiet", 0.75))
        out += _words(row, base, width, say, narrow)
    out += _month_names(shown, left, step, height - 18, say, narrow)
    return "".join(out) + "</svg>"


def _bars(rows: pd.DataFrame, shown: list[str], left: float, step: float, base: float) -> list[str]:
    """Bars from zero; the usual height of a thin month as an empty outline."""
    most = max([float(v) for v in rows["n"]] + [float(v) for v in rows.get("usual", pd.Series(dtype=float)).dropna()] + [1.0])
    out, wide = [], max(step * 0.72, 2.0)
    for row in records(rows):
        x = left + step * shown.index(row["month"]) + (step - wide) / 2
        tall = TALL * row["n"] / most
        if tall > 0:
            out.append(f'<rect x="{x:.1f}" y="{base - max(tall, 0.8):.1f}" width="{wide:.1f}" height="{max(tall, 0.8):.1f}" fill="{colour("quiet")}"/>')
        if row.get("late"):
            late = max(TALL * row["late"] / most, 2.0)
            out.append(f'<rect x="{x:.1f}" y="{base - late:.1f}" width="{wide:.1f}" height="{late:.1f}" fill="{colour("ink")}"/>')
        if row.get("gap"):
            usual = TALL * row["usual"] / most
            out.append(f'<rect x="{x:.1f}" y="{base - usual:.1f}" width="{wide:.1f}" height="{usual:.1f}" fill="none" stroke="{colour("harm")}" stroke-width="1.2" stroke-dasharray="3 2"/>')
    return out


def _words(row: dict, base: float, width: float, say: Sentences, narrow: bool) -> list[str]:
    """The source's name, its last day, and what is wrong with it, in words."""
    behind = row["standing"] == "behind"
    last = say.say("arrival.until", last=_until(row, say))
    state = say.say("arrival.months_behind", count=int(row["behind"])) if behind else ""
    late = say.say("arrival.late_rows", count=int(row["late"])) if row.get("late") else ""
    files = say.say("arrival.files", count=int(row["files"]))
    more = f"▼ {state}" if behind else late
    token = "harm" if behind else "ink-3"
    if narrow:
        top = base - 58
        return [text(0, top, wrap(row["source"], 190, lines=1, bold=True)[0], bold=True), text(width, top, last, token="ink-2", anchor="end"),
                text(0, top + 17, files, token="ink-3"), text(width, top + 17, more, token=token, anchor="end")]  # fmt: skip
    return [text(0, base - 20, wrap(row["source"], 180, lines=1, bold=True)[0], bold=True), text(0, base - 2, files, token="ink-3"),
            text(684, base - 20, last, token="ink-2"), text(684, base - 2, more, token=token)]  # fmt: skip


def _month_names(shown: list[str], left: float, step: float, y: float, say: Sentences, narrow: bool) -> list[str]:
    """The first, the last and each January; a name that would touch another is left out."""
    out, taken = [], []
    wanted = [len(shown) - 1, 0, *(i for i, month in enumerate(shown) if month.endswith("-01")), *(i for i, month in enumerate(shown) if month.endswith("-07"))]
    right = left + step * len(shown)
    for i in dict.fromkeys(wanted):
        words = say.numbers.month(shown[i], short=True)
        half = text_width(words) / 2
        x = min(max(left + step * (i + 0.5), left + half), right - half)
        if all(abs(x - other) > half + room + 10 for other, room in taken):
            taken.append((x, half))
            out.append(text(x, y, words, token="ink-2", anchor="middle"))
    return out
