"""What a notebook calls to put a sentence, a figure or a table on its page.

Every call returns an object that shows itself: as HTML in JupyterLab, and with its role
(``application/vnd.cx+json``) for the page that `html.render` builds. Nothing else a cell displays reaches
a report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from cx_helpers.errors import UsageError
from cx_helpers.findings import Finding
from cx_helpers.reports.cells import Column, grade
from cx_helpers.reports.layouts import layout as find_layout
from cx_helpers.reports.phone import folded
from cx_helpers.reports.plots import Drawing
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import csv_link, table_html
from cx_helpers.reports.workbook import sheet

MIME = "application/vnd.cx+json"
MOST_FINDINGS = 7
OPEN = ("map",)  # kinds of figures that a phone does not fold: they are lists there
TEMPLATES = Path(__file__).parent / "templates" / "cx"

Said = Finding | str | tuple


def label(words: str | Mapping[str, str], language: str) -> str:
    """A brand's label, plain or by language: the reader's, else English, else the first."""
    if isinstance(words, Mapping):
        return str(words.get(language) or words.get("en") or next(iter(words.values()), ""))
    return str(words)


class Shown:
    """One piece of a page.

    Attributes
    ----------
    role : str
        headline, lede, findings, figure, table, note, warning, methods or provenance.
    html : str
        The fragment, without stylesheet.
    """

    def __init__(self, role: str, html: str, text: str, page: dict[str, Any], items: list[dict] | None = None, tables: list[dict] | None = None):
        self.role, self.html, self.text, self.page, self.items, self.tables = role, html, text, page, items or [], tables or []

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        data = {"role": self.role, "html": self.html, "items": self.items, "page": self.page, "tables": self.tables}
        lab = f'<style>{lab_style()}</style><div class="cx" lang="{escape(self.page["language"])}">{self.html}</div>'
        return {"text/html": lab, "text/plain": self.text, MIME: data}

    def __repr__(self) -> str:
        return self.text


@lru_cache(maxsize=1)
def lab_style() -> str:
    """The page's stylesheet, held inside `.cx` so that it leaves JupyterLab as it is."""
    css = (TEMPLATES / "tokens.css").read_text("utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = css[: css.index("@media print")]
    css = css.replace(":root", ":scope").replace("html {", ":scope {").replace("body {", ":scope {")
    return "@scope (.cx) {" + re.sub(r"\s+", " ", css) + "}"


class Page:
    """The page of one notebook.

    Parameters
    ----------
    study : Study
        Brand, month, audience, language and provenance of what is shown.

    Examples
    --------
    >>> page = Page(study)                                     # doctest: +SKIP
    >>> page.headline("journeys.headline", label="Counter")    # doctest: +SKIP
    """

    def __init__(self, study: Any):
        self.study = study
        self.language = getattr(study, "language", None) or "en"
        self.sentences = Sentences(self.language, getattr(study.brand, "currency", None))

    def headline(self, said: Said, **args: Any) -> Shown:
        """The one display sentence of the page; a finding is told in its shorter form (``<id>.headline``), if it has one."""
        if isinstance(said, Finding) and self.sentences.has(f"{said.message}.headline"):
            number = {"value": said.value, "low": said.low, "high": said.high}
            said = (f"{said.message}.headline", {"value": number, "n": said.n, **said.args})
        words = self._plain(said, args)
        return self._shown("headline", f"<h1>{escape(words)}</h1>", words)

    def lede(self, *said: Said) -> Shown:
        """The state of things in one paragraph; a finding in it carries its grade and n."""
        return self._shown("lede", f'<p class="lede">{" ".join(self._html(s) for s in said)}</p>', self._all(said))

    def findings(self, findings: Iterable[Finding]) -> Shown:
        """At most seven findings by consequence, each with its n, its evidence grade and where it comes from."""
        chosen = sorted(findings, key=lambda f: -f.weight)[:MOST_FINDINGS]
        say = self.sentences
        items = [
            {"say": escape(self._plain(f, {})), "n": escape(say.n(f.n)), "grade": grade(f.grade, say), "link": f.link} for f in chosen
        ]
        rows = "".join(
            f'<li><div><p class="say">{i["say"]}</p><p class="facts">{"<span>" + i["n"] + "</span>" if i["n"] else ""}{i["grade"]}</p></div></li>' for i in items
        )
        html = f'<ol class="findings">{rows}</ol>' if items else f"<p>{escape(say.say('findings.none'))}</p>"
        return self._shown("findings", html, "\n".join(say.word(f) for f in chosen), items)

    def figure(self, drawing: Drawing, *, name: str, headline: Said, subtitle: Said | None = None, source: Said | None = None) -> Shown:
        """A figure: headline sentence, what was measured, two drawings, source, and its table and CSV."""
        say, slug = self.sentences, _slug(name)
        drawing = replace(drawing, tables=tuple((heading, self._worded(frame, columns), columns) for heading, frame, columns in drawing.tables))
        marks = say.say(drawing.marks)
        note = " ".join([self._html(source)] if source else []) + (" " if source else "") + escape(marks)
        seen, behind = f"{self._sub(headline, subtitle)}{drawing.html(say, slug)}", f'<p class="note">{note}</p>{self._twin(drawing, slug)}'
        inside = seen + folded(behind, slug, say, "phone.behind") if drawing.kind in OPEN else folded(seen + behind, slug, say)
        body = f'<figure class="fig f-{drawing.kind}" id="{slug}" aria-labelledby="{slug}-h">{self._caption(headline, slug)}{inside}</figure>'
        title, notes = self._plain(headline, {}), [self._plain(s, {}) for s in (subtitle, source) if s]
        several = len(drawing.tables) > 1
        sheets = [
            sheet(frame, columns, say, f"{slug}-{i + 1}" if several else slug, f"{title} {say.say(heading)}" if several else title, [*notes, marks])
            for i, (heading, frame, columns) in enumerate(drawing.tables) if not frame.empty
        ]  # fmt: skip
        return self._shown("figure", body, title, tables=sheets)

    def table(self, frame: pd.DataFrame, layout: str | Sequence[Column], *, name: str | None = None, headline: Said | None = None, subtitle: Said | None = None, source: Said | None = None, first: int | None = None) -> Shown:  # fmt: skip
        """A table with its strips, its caption and its CSV; a layout is a name or a list of columns.

        Of more than `first` rows the first stand open and all of them are folded beneath; the CSV has them all. With
        `first` 0 the whole table is folded under its headline.
        """
        slug = _slug(name or (layout if isinstance(layout, str) else "table"))
        say, columns = self.sentences, find_layout(layout)
        caption = self._plain(headline, {}) if headline else say.say("table.caption", name=slug.replace("-", " "))
        head = self._caption(headline, slug) if headline and first != 0 else ""
        frame = self._worded(frame, columns)
        sheets = [] if frame.empty else [sheet(frame, columns, say, slug, caption, [self._plain(s, {}) for s in (subtitle, source) if s])]
        opened = frame if first is None else frame.head(first)
        table = "" if first == 0 else f'<div class="draw">{table_html(opened, columns, say, slug, caption)}</div>'
        note = f'<p class="note">{self._html(source)}</p>' if source else ""
        link = "" if frame.empty else csv_link(frame, say, slug)
        if len(opened) < len(frame):
            table += self._rest(frame, columns, slug, caption, "" if first else note + link)
            note, link = (note, link) if first else ("", "")
        inside = f"{self._sub(headline, subtitle) if head else ''}{table}{note}{link}"
        inside = folded(inside, slug, say, "phone.table", count=len(opened)) if head else inside
        return self._shown("table", f'<div class="fig f-table{" folded" * (first == 0)}" id="{slug}">{head}{inside}</div>', caption, tables=sheets)

    def note(self, said: Said, **args: Any) -> Shown:
        """Small print in its place."""
        words = self._html(said, args)
        return self._shown("note", f'<p class="note">{words}</p>', self._plain(said, args))

    def warning(self, *said: Said) -> Shown:
        """What this study cannot say; the page gathers all of it in one section."""
        rows = [{"say": self._html(s)} for s in said]
        listed = "".join(f"<li>{row['say']}</li>" for row in rows)
        return self._shown("warning", f'<ul class="cannot">{listed}</ul>', self._all(said), rows)

    def methods(self, *said: Said) -> Shown:
        """How it was done, folded; it prints."""
        rows = "".join(f"<p>{self._html(s)}</p>" for s in said)
        title = escape(self.sentences.say("page.methods"))
        return self._shown("methods", f'<details class="methods"><summary>{title}</summary>{rows}</details>', self._all(said))

    def provenance(self) -> Shown:
        """Tables, parameters and versions behind the page, and how to read its marks."""
        say, found = self.sentences, self.study.provenance()
        rows = [
            (say.say("provenance.tables"), ", ".join(f"{k} v{v}" for k, v in found.get("tables", {}).items())),
            (say.say("provenance.parameters"), ", ".join(f"{k} {v}" for k, v in found.get("parameters", {}).items())),
            (say.say("provenance.versions"), ", ".join(f"{k} {v}" for k, v in found.get("versions", {}).items())),
            (say.say("provenance.marks"), say.say("marks.all")),
            (say.say("provenance.methods"), say.say("provenance.how")),
        ]
        inside = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows if v)
        return self._shown("provenance", f"<dl>{inside}</dl>", say.say("provenance.title"))

    def _shown(self, role: str, html: str, text: str, items: list[dict] | None = None, tables: list[dict] | None = None) -> Shown:
        study = self.study
        data = getattr(study, "data_line", None) or ""
        page = {
            "brand": label(study.brand.label, self.language), "month": str(study.month),
            "audience": label(study.audience.label, self.language), "language": self.language,
            "notebook": str(study.notebook), "data_line": self.sentences.say("page.data_line", rows=rows_line(data), **data) if isinstance(data, Mapping) else str(data),
        }  # fmt: skip
        return Shown(role, html, text, page, items, tables)

    def _caption(self, headline: Said, slug: str) -> str:
        return f'<div class="cap"><h3 class="hd" id="{slug}-h">{escape(self._plain(headline, {}))}</h3></div>'

    def _sub(self, headline: Said, subtitle: Said | None) -> str:
        """What was measured, under a headline; a finding's n and grade beside it."""
        graded = isinstance(headline, Finding) and not isinstance(subtitle, Finding)
        under = [self._html(subtitle)] if subtitle else []
        under += [self._behind(headline)] if graded else []
        return f'<p class="sub">{" ".join(under)}</p>' if under else ""

    def _twin(self, drawing: Drawing, slug: str) -> str:
        say, out = self.sentences, []
        for i, (heading, frame, columns) in enumerate(drawing.tables):
            if frame.empty:
                continue
            name = slug if len(drawing.tables) == 1 else f"{slug}-{i + 1}"
            words = escape(say.say(heading))
            table = table_html(frame, columns, say, f"{name}-table", say.say(heading), stack=False)
            out.append(
                f'<details class="twin"><summary>{words}<span class="vh">: {escape(slug)}</span></summary>'
                f'<div class="scroll" role="region" aria-label="{words}: {escape(name)}" tabindex="0">{table}</div>{csv_link(frame, say, name)}</details>'
            )
        return "".join(out) + f'<p class="inprint">{escape(say.say("print.table"))}</p>'

    def _worded(self, frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
        """Columns that hold messages, in words; a message nobody wrote is the brand's own text."""
        said = [c.id for c in columns if c.said and c.id in frame]
        small = [name for c in columns for name in c.small if name in frame and any(isinstance(cell, tuple) or self._is_message(cell) for cell in frame[name])]
        return frame.assign(**{name: [self._told(cell) for cell in frame[name]] for name in (*said, *small)})

    def _is_message(self, cell: Any) -> bool:
        return isinstance(cell, str) and "." in cell and self.sentences.has(cell)

    def _told(self, cell: Any) -> Any:
        if isinstance(cell, list):
            return [self._told(part) for part in cell]
        if isinstance(cell, tuple):
            return self._plain(cell, {})
        return self._plain(cell, {}) if self._is_message(cell) else cell

    def _rest(self, frame: pd.DataFrame, columns: Sequence[Column], slug: str, caption: str, link: str) -> str:
        """The whole table, folded; on paper a line says where it is."""
        say = self.sentences
        words = escape(caption.rstrip(".") if link else say.say("table.all_rows", count=len(frame)))
        printed = f"{words} ({escape(say.say('print.folded'))})." if link else escape(_capital(say.say("print.rest", count=len(frame))))
        table = table_html(frame, columns, say, f"{slug}-all", caption, stack=False)
        return (
            f'<details class="twin"><summary>{words}<span class="vh">: {escape(slug)}</span></summary>'
            f'<div class="scroll" role="region" aria-label="{words}: {escape(slug)}" tabindex="0">{table}</div>{link}</details>'
            f'<p class="inprint">{printed}</p>'
        )

    def _split(self, said: Said, args: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        if isinstance(said, str):
            return said, args
        if isinstance(said, tuple) and len(said) == 2 and isinstance(said[0], str):
            return said[0], {**said[1], **args}
        raise UsageError(f"page: found {said!r}, allowed are a Finding, a message id or (message id, arguments).")

    def _plain(self, said: Said, args: Mapping[str, Any]) -> str:
        if isinstance(said, Finding):
            return _capital(self.sentences.sentence(said))
        message, args = self._split(said, args)
        return _capital(self.sentences.say(message, **args))

    def _html(self, said: Said, args: Mapping[str, Any] | None = None) -> str:
        behind = f" {self._behind(said)}" if isinstance(said, Finding) else ""
        return escape(self._plain(said, args or {})) + behind

    def _behind(self, finding: Finding) -> str:
        """The finding's n and grade, beside its sentence."""
        return f'<span class="behind">{escape(self.sentences.n(finding.n))} {grade(finding.grade, self.sentences)}</span>'

    def _all(self, said: Iterable[Said]) -> str:
        return " ".join(self.sentences.word(s) if isinstance(s, Finding) else self._plain(s, {}) for s in said)


def _capital(words: str) -> str:
    """A sentence that begins with a brand's own word begins with a capital, unless the brand spells it iLike so."""
    return words if words[1:2].isupper() else words[:1].upper() + words[1:]


def rows_line(data: Mapping[str, int]) -> list[tuple[str, dict]]:
    """What became of the raw rows, as clauses; what befell none is not said."""
    told = [("page.rows_accepted", dict(data))]
    if data["quarantined"]:
        told.append(("page.rows_aside_permission" if data.get("not_permitted") else "page.rows_aside", dict(data)))
    return told + ([("page.rows_replaced", dict(data))] if data["superseded"] else [])


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-")
