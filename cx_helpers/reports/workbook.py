"""All tables of a page as one Excel workbook, for who reads with a screen reader or goes on reckoning.

A table becomes a plain sheet when it is shown (`sheet`), travels with the notebook's outputs, and is written into the
workbook when the page is rendered (`book`). What a page hides is hidden here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from cx_helpers.reports.cells import NUMBER_KINDS, Column, missing, shown, unit_of
from cx_helpers.reports.numbers import known
from cx_helpers.reports.sentences import Sentences

HEAD = 6  # row of the headings: title, what was measured, source and how to read it stand above
WIDEST, NARROWEST = 60, 9
FORMATS = {"count": "#,##0", "rank": "0", "money": "#,##0.00", "share": "0.0%", "number": "#,##0.00"}
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sheet(frame: pd.DataFrame, columns: Sequence[Column], say: Sentences, name: str, title: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """A table as plain data.

    Returns
    -------
    dict: name, title, notes (texts), head (texts, all different), rows (lists of a text, None, or [number, format]);
    hidden numbers are the word for hidden.
    """
    found = [column for column in columns if column.columns[0] in frame.columns]
    parts = [part for column in found for part in _parts(column, frame, say)]
    rows = frame.to_dict(orient="records")
    parts += _more(frame, {key for _, key, _ in parts}, say)
    head = _different([heading for heading, _, _ in parts])
    return {"name": name, "title": title, "notes": [note for note in notes if note], "head": head,
            "rows": [[_plain(key, column, row, say) for _, key, column in parts] for row in rows]}  # fmt: skip


def _parts(column: Column, frame: pd.DataFrame, say: Sentences) -> list[tuple[str, str, Column]]:
    """Heading, frame column and layout column of everything that one column of a page shows."""
    heading = say.say(column.heading)
    out = [(heading, column.columns[0], column)]
    if len(column.columns) == 3:
        out += [(say.say(f"book.{end}", heading=heading), name, column) for end, name in zip(("low", "high"), column.columns[1:], strict=True) if name in frame]
    text = Column("small")
    worded = [(say.say("book.beside", heading=heading), name, text) for name in column.small if name.startswith("message:")]
    return out + worded + [(_name(name, say), name, text) for name in column.small if name in frame]


def _more(frame: pd.DataFrame, told: set[str], say: Sentences) -> list[tuple[str, str, Column]]:
    """Unit and method, where the page says them beside the number or not at all."""
    more = [name for name in ("unit_of_measure", "method") if name in frame and name not in told and frame[name].map(lambda v: not missing(v)).any()]
    return [(_name(name, say), name, Column(name, "word" if name == "unit_of_measure" else "text")) for name in more]


def _name(column: str, say: Sentences) -> str:
    return say.say(f"column.{column}") if say.has(f"column.{column}") else column.replace("_", " ").capitalize()


def _different(names: list[str]) -> list[str]:
    """Headings of which none is said twice: Excel wants it, and so does an ear."""
    out: list[str] = []
    for name in names:
        again = sum(one == name or one.startswith(f"{name} (") for one in out)
        out.append(f"{name} ({again + 1})" if again else name)
    return out


def _plain(key: str, column: Column, row: Mapping[str, Any], say: Sentences) -> Any:
    """One cell: a text, nothing, or a number with its format."""
    if key.startswith("message:"):
        message = key.removeprefix("message:")
        told = shown(row) and all(not missing(row.get(need)) for need in say.needs(message))
        return say.say(message, **row) if told else None
    value = row.get(key)
    number = column.kind in (*NUMBER_KINDS, "count")
    if number and not shown(row):
        return say.say("number.hidden")
    if missing(value):
        return say.say(column.gap) if column.gap and not number else None
    if number and not isinstance(value, str):
        return [float(value), _format(column.kind, unit_of(row))] if known(float(value)) else None
    if column.kind == "months" or isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    if column.kind in ("text", "head", "list", "month", "date") and not isinstance(value, (bool, float, int)):
        return say.term(value) if key != column.id and isinstance(value, str) else str(value)
    if isinstance(value, (float, int)) and not isinstance(value, bool):
        return [float(value), FORMATS["number"] if float(value) % 1 else "0"]
    return say.term({True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value)


def _format(kind: str, unit: str) -> str:
    base = kind.removesuffix("_change").replace("change", "number")
    base = ("share" if unit in ("share", "yes_no") else "number") if base == "measure" else base
    plain = FORMATS[base]
    return f"+{plain};-{plain};{plain}" if kind.endswith("change") else plain


def book(sheets: Sequence[Mapping[str, Any]], page: Mapping[str, Any], question: str, say: Sentences) -> bytes:
    """The workbook: what is in it, then a sheet a table. The same tables give the same bytes: it is dated by its month."""
    made = Workbook()
    first = made.active
    first.title = say.say("book.contents")[:31]
    names = _sheet_names(sheets, {first.title.casefold()})
    _contents(first, sheets, names, page, question, say)
    for place, (one, name) in enumerate(zip(sheets, names, strict=True), start=1):
        _table(made.create_sheet(name), one, f"t{place}", say)
    at = datetime.strptime(page["month"], "%Y-%m")
    made.properties.title, made.properties.creator, made.properties.language = question, str(page["brand"]), str(page["language"])
    made.properties.description = say.say("book.about", count=len(sheets))
    made.properties.created = at
    raw = io.BytesIO()
    made.save(raw)
    return _fixed(raw.getvalue(), at)


def _sheet_names(sheets: Sequence[Mapping[str, Any]], taken: set[str]) -> list[str]:
    out = []
    for one in sheets:
        stem = re.sub(r"[\[\]:*?/\\']", " ", str(one["name"]))[:28] or "table"
        name, again = stem, 2
        while name.casefold() in taken:
            name, again = f"{stem[:26]} {again}", again + 1
        taken.add(name.casefold())
        out.append(name)
    return out


def _contents(place: Worksheet, sheets: Sequence[Mapping[str, Any]], names: Sequence[str], page: Mapping[str, Any], question: str, say: Sentences) -> None:
    """What the workbook holds, with a way to each sheet."""
    lines = [question, f"{page['brand']}, {say.numbers.month(page['month'])}, {page['audience']}", say.say("book.about", count=len(sheets)), say.say("book.read")]
    for number, words in enumerate(lines, start=1):
        _write(place.cell(number, 1), words)
    place["A1"].font = Font(bold=True, size=14)
    for column, message in enumerate(("book.sheet", "book.title", "book.rows"), start=1):
        _write(place.cell(HEAD, column), say.say(message)).font = Font(bold=True)
    for number, (one, name) in enumerate(zip(sheets, names, strict=True), start=HEAD + 1):
        cell = _write(place.cell(number, 1), name)
        cell.hyperlink = f"#'{name}'!A1"
        cell.font = Font(underline="single", color="124E78")
        _write(place.cell(number, 2), one["title"])
        place.cell(number, 3, len(one["rows"])).number_format = FORMATS["count"]
    for letter, width in zip("ABC", (30, 100, 10), strict=True):
        place.column_dimensions[letter].width = width
    place.freeze_panes = f"A{HEAD + 1}"


def _table(place: Worksheet, one: Mapping[str, Any], name: str, say: Sentences) -> None:
    """One table from row `HEAD` on: title and notes above, a header row that stays, widths, formats, no merged cell."""
    above = [one["title"], *one["notes"][: HEAD - 3]]
    for number, words in enumerate(above, start=1):
        _write(place.cell(number, 1), words)
    place["A1"].font = Font(bold=True, size=14)
    for column, heading in enumerate(one["head"], start=1):
        cell = _write(place.cell(HEAD, column), heading)
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for number, row in enumerate(one["rows"], start=HEAD + 1):
        for column, value in enumerate(row, start=1):
            _write(place.cell(number, column), value)
    for column in range(1, len(one["head"]) + 1):
        longest = max([len(str(one["head"][column - 1])) // 2, *(len(v) for row in one["rows"] if isinstance(v := row[column - 1], str))], default=0)
        place.column_dimensions[get_column_letter(column)].width = min(max(longest + 2, NARROWEST), WIDEST)
    place.freeze_panes = place.cell(HEAD + 1, 2)
    reach = f"A{HEAD}:{get_column_letter(len(one['head']))}{HEAD + max(len(one['rows']), 1)}"
    table = Table(displayName=name, ref=reach, comment=" ".join(above)[:250])
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showFirstColumn=True, showRowStripes=False)
    place.add_table(table)
    place.print_title_rows, place.page_setup.orientation, place.page_setup.fitToHeight = f"{HEAD}:{HEAD}", "landscape", 0
    place.sheet_properties.pageSetUpPr.fitToPage = True


def _write(cell: Cell, value: Any) -> Cell:
    """A number with its format, or a text that can never become a formula."""
    if isinstance(value, (list, tuple)):
        cell.value, cell.number_format = value[0], value[1]
    elif value is not None:
        cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", str(value))
        cell.data_type, cell.quotePrefix = "s", str(value)[:1] in ("=", "+", "-", "@")
    return cell


def _fixed(raw: bytes, at: datetime) -> bytes:
    """The same file with one time in all its parts: openpyxl stamps it with the clock."""
    stamp, out = at.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            part = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, data)
    return out.getvalue()
