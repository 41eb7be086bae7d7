"""Tables in the language of the page: hairlines, strips that share one axis, every row with its n.

Great Tables lays the table out; its own stylesheet is left behind, because the page has one. A table of
estimates is its own figure: the strip is drawn beside the numbers, and is not read out.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import pandas as pd
from great_tables import GT, html

from cx_helpers.errors import UsageError
from cx_helpers.reports.cells import RIGHT, Column, cell, estimate, is_clear, missing, shown
from cx_helpers.reports.marks import Axis, nice_axis, rank_axis, strip, strip_axis
from cx_helpers.reports.numbers import known
from cx_helpers.reports.sentences import Sentences

ON_ONE_SHEET = 6  # rows that paper keeps together
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings of plain Python values."""
    return [
        {str(k): (v.item() if hasattr(v, "item") else v) for k, v in row.items()}
        for row in frame.to_dict(orient="records")
    ]


def present(frame: pd.DataFrame, columns: Sequence[Column]) -> list[Column]:
    """The layout's columns that the frame has.

    Raises
    ------
    UsageError
        The frame has none of them.
    """
    found = [c for c in columns if c.columns[0] in frame.columns]
    if not found:
        wanted = ", ".join(c.columns[0] for c in columns)
        raise UsageError(f"table: found columns {list(frame.columns)}, allowed are {wanted}: pass the room's frame or own Columns.")
    return found


def great(frame: pd.DataFrame, columns: Sequence[Column], say: Sentences, name: str) -> GT:
    """The table as a Great Tables object, one column a number and one a strip; for analysts who restyle it."""
    columns = present(frame, columns)
    rows = records(frame)
    cells: dict[str, list[str]] = {}
    labels: dict[str, Any] = {}
    right = []
    for column in columns:
        heading = escape(say.say(column.heading))
        if column.strip:
            axis = _axis(column, rows, say)
            cells[f"{column.id}~"] = [_strip(column, row, axis) for row in rows]
            labels[f"{column.id}~"] = html(f"{heading}<br>{strip_axis(axis)}")
            heading = f'<span class="vh">{escape(say.say("column.in_figures", heading=say.say(column.heading)))}</span>'
        cells[column.id] = [cell(column, row, say) for row in rows]
        labels[column.id] = html(heading)
        right += [column.id] if column.kind in RIGHT else []
    shape = pd.DataFrame(cells, columns=list(cells))
    table = GT(shape, rowname_col=columns[0].id, id=name).fmt_passthrough(columns=list(shape.columns), escape=False)
    first = labels.pop(columns[0].id)
    table = table.cols_label(**labels).tab_stubhead(first).cols_align("left", columns=list(labels))
    return table.cols_align("right", columns=[c for c in right if c in labels]) if right else table


def table_html(frame: pd.DataFrame, columns: Sequence[Column], say: Sentences, name: str, caption: str, *, stack: bool = True) -> str:
    """The table as HTML in the page's language.

    Parameters
    ----------
    stack : bool
        Rows become lists on a phone; a folded twin scrolls instead.
    """
    columns = present(frame, columns)
    if frame.empty:
        return f'<p class="note">{escape(say.say("table.empty"))}</p>'
    raw = great(frame, columns, say, name).as_raw_html()
    body = raw[raw.index("<thead>") : raw.index("</table>")]
    short = [escape(say.say(c.heading), quote=True) for c in columns for _ in range(1 + c.strip)]
    strips = [kind for c in columns for kind in ([True, False] if c.strip else [False])]
    minor = [c.minor for c in columns for _ in range(1 + c.strip)]
    body = _own_tags(body, short, strips, minor)
    kind = "twin" if not stack else "stack short" if len(frame) <= ON_ONE_SHEET else "stack"
    return f'<table role="table" class="{kind} t-{escape(name)}"><caption class="vh">{escape(caption)}</caption>{body}</table>'


def _own_tags(body: str, short: list[str], strips: list[bool], minor: list[bool]) -> str:
    """Great Tables' tags with our roles instead of its classes; each cell says its column on a phone."""
    body = re.sub(r"\s*\n\s*", "", body)
    body = body.replace("<thead>", '<thead role="rowgroup">')
    body = re.sub(r"<tbody[^>]*>", '<tbody role="rowgroup">', body)
    out = []
    for row in re.split(r"(?=<tr)", body):
        at = -1

        def tag(found: re.Match[str]) -> str:
            nonlocal at
            at += 1
            kind, attributes = found.group(1), found.group(2)
            if "gt_col_heading" in attributes:
                classes = "strip" if strips[at] else "num" if "gt_right" in attributes else ""
                return f'<th role="columnheader" scope="col"{_class(classes)}>'
            if kind == "th":
                return '<th role="rowheader" scope="row">'
            if strips[at]:
                return f'<td role="cell" class="strip" data-l="{short[at]}"><span>'
            said = "" if strips[at - 1] else short[at]
            names = ["num"] * ("gt_right" in attributes) + ["minor"] * minor[at]
            return f'<td role="cell"{_class(" ".join(names))} data-l="{said}"><span>'

        row = re.sub(r"<(th|td)((?: [^>]*)?)>", tag, row)
        row = row.replace("</td>", "</span></td>")
        out.append(re.sub(r'<td role="cell"(?: class="([^"]*)")?( data-l="[^"]*"><span>—</span></td>)', _left_out, row))  # left out on a phone
    return re.sub(r"<tr[^>]*>", '<tr role="row">', "".join(out))


def _left_out(found: re.Match[str]) -> str:
    return f'<td role="cell"{_class(" ".join(filter(None, (found[1], "none"))))}{found[2]}'


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""


def _axis(column: Column, rows: list[dict], say: Sentences) -> Axis:
    if column.own_scale:
        ends = ((-0.62, say.say("axis.worse")), (0.0, "0"), (0.62, say.say("axis.better")))
        if column.zero is None:
            ends = ((0.0, say.say("axis.worst")), (1.0, say.say("axis.best")))
        return Axis(-1.0 if column.zero is not None else 0.0, 1.0, ends)
    values = [v for row in rows if shown(row) for v in estimate(row, column.columns).values()]
    kind = "share" if column.kind == "share" else "number"
    if column.kind == "rank":
        return rank_axis(values, say.numbers.count)
    if column.kind == "number":
        scale = [row.get(c) for row in rows for c in ("scale_min", "scale_max")]
        return nice_axis(values, say.numbers.number, include=[s for s in scale if not missing(s)])
    include = () if column.zero is None and column.kind not in ("share", "money") else (column.zero or 0.0,)
    label = (lambda v: getattr(say.numbers, kind)(v, "bare")) if kind == "share" else (lambda v: say.numbers.number(v, signed=column.zero is not None))
    if column.kind == "share_change":  # told in points
        label = lambda v: say.numbers.number(round(100 * v, 10), signed=True)  # noqa: E731
    return nice_axis(values, label, include=include, upside_down=column.upside_down)


def _strip(column: Column, row: Mapping[str, Any], axis: Axis) -> str:
    found = estimate(row, column.columns) if shown(row) else {"value": math.nan, "low": math.nan, "high": math.nan}
    clear = is_clear(column, row, found)
    standard = None
    if column.own_scale:
        found, standard = _on_own_scale(column, row, found)
    elif "standard" in row and column.kind == "measure":
        standard = row["standard"]
    harmed = row.get("standing") == "misses" or row.get("verdict") == "backfires"
    role = "harm" if harmed and clear else column.role
    at = axis.low if column.zero is None and column.kind in ("share", "money") else column.zero
    return strip(found["value"], found["low"], found["high"], axis, role=role, clear=clear, at=at, standard=standard)


def _on_own_scale(column: Column, row: Mapping[str, Any], found: dict) -> tuple[dict, float | None]:
    """A row's numbers on its own scale: about no change, from worst to best, or about its standard."""
    if column.zero is not None:
        size = max((abs(v - column.zero) for v in found.values() if known(v)), default=1.0) or 1.0
        turn = -1.0 if column.upside_down or _lower_is_better(row, found["value"]) else 1.0
        return {k: turn * (v - column.zero) / size * 0.9 for k, v in found.items()}, None
    low, high = scale_of(row)
    return {k: (v - low) / (high - low) for k, v in found.items()}, None


def _lower_is_better(row: Mapping[str, Any], value: float) -> bool:
    """As declared; where the row does not say, its verdict does: what works has moved the better way."""
    if not missing(row.get("better")):
        return row["better"] == "lower"
    return (row.get("verdict") == "works" and value < 0) or (row.get("verdict") == "backfires" and value > 0)


def scale_of(row: Mapping[str, Any]) -> tuple[float, float]:
    """Ends of a score's own scale: NPS from -100 to 100, a share from 0 to 1, else what the survey offered."""
    if row.get("kind") == "nps":
        return -100.0, 100.0
    ends = [row.get("scale_min"), row.get("scale_max")]
    value = row.get("value")
    if any(missing(e) for e in ends) or (known(value or 0) and value is not None and value < float(ends[0])):
        return 0.0, 1.0
    return float(ends[0]), float(ends[1])


def csv_text(frame: pd.DataFrame) -> str:
    """The shown frame as CSV: hidden rows are blank, text cannot become a formula, numbers have ten digits."""
    names = [str(c) for c in frame.columns if c != "shown"]
    labels = {"label", "touchpoint", "stage_label", "stage", "driver", "input", "metric", "month", "period", "group"}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for row in records(frame):
        blank = not shown(row)
        writer.writerow(["" if blank and name not in labels else _csv_cell(row[name]) for name in names])
    return out.getvalue()


def _csv_cell(value: Any) -> str:
    if missing(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, int):
        return str(value)
    words = "; ".join(str(v) for v in value) if isinstance(value, (list, tuple)) else str(value)
    return f"'{words}" if words.startswith(FORMULA) else words


def csv_link(frame: pd.DataFrame, say: Sentences, name: str) -> str:
    data = quote("\ufeff" + csv_text(frame), safe="")
    described = escape(say.say("table.csv"))
    return f'<a class="csv" download="{escape(name)}.csv" href="data:text/csv;charset=utf-8,{data}">{described}<span class="vh">: {escape(name)}</span></a>'
