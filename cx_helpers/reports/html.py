"""From an executed notebook to a self-contained page, and from a run's pages to an audience's portal.

The template `cx` stands on nbconvert's `base` and takes nothing of its look: code, plain output and errors
never reach a reader. The page runs no script and asks for nothing outside itself.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import mistune
import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.preprocessors import Preprocessor

from cx_helpers.errors import DataError
from cx_helpers.reports.page import MIME, TEMPLATES, Page
from cx_helpers.reports.phone import folded
from cx_helpers.reports.sentences import Sentences, catalogue
from cx_helpers.reports.workbook import TYPE, book

__all__ = ["Page", "render", "render_portal", "title"]

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_markdown = mistune.create_markdown(escape=True)


class PageExporter(TemplateExporter):
    """The nbconvert exporter of the template `cx`."""

    template_name = "cx"
    file_extension = ".html"
    output_mimetype = "text/html"

    def __init__(self, **options: Any):
        super().__init__(extra_template_basedirs=[str(TEMPLATES.parent)], **options)
        self.register_preprocessor(ReadPage, enabled=True)

    def _template_file_default(self) -> str:
        return "index.html.j2"


class ReadPage(Preprocessor):
    """Reads cells into the parts of a page: sections with their matter, and what is hoisted to its place."""

    def preprocess(self, nb: Any, resources: dict) -> tuple[Any, dict]:
        found = {**read(nb), **resources.get("cx_run", {})}
        listed = "".join(f"<li>{words}</li>" for words in found["cannot"])
        resources["cx"] = {**found, "workbook": workbook_link(found), "folded": folded, "cannot_list": f'<ul class="cannot">{listed}</ul>'}
        return nb, resources


def render(notebook: str | Path | Any, *, nav: Sequence[Mapping[str, Any]] = (), published: str, status_line: str | None = None) -> str:
    """The page of an executed notebook, as one HTML text.

    Parameters
    ----------
    notebook : path or NotebookNode
        Executed, its outputs made by `Page`.
    nav : sequence of {label, href, current}
        The pages of the month.
    published : str
        ISO time, such as ``2026-11-04T06:10Z``: the only part that differs between two renders.
    status_line : str, optional
        Said beside the brand, such as that the data is made up.

    Raises
    ------
    DataError
        A cell ended in an error, or nothing was shown by a `Page`.
    """
    node = notebook if hasattr(notebook, "cells") else nbformat.read(Path(notebook), as_version=4)
    run = {"nav": list(nav), "published": published, "status_line": status_line}
    body, _ = PageExporter().from_notebook_node(node, resources={"cx_run": {**run, **_frame()}})
    return body


def workbook_link(found: Mapping[str, Any]) -> str:
    """The page's tables as a workbook within the page: it goes wherever the page goes, and can never be another month's."""
    if not found["tables"]:
        return ""
    made = book(found["tables"], found["page"], found["question"] or found["page"]["notebook"], found["say"])
    return f"data:{TYPE};base64,{base64.b64encode(made).decode()}"


def page_name(notebook: str | Path, language: str = "en") -> str:
    """What a page is called in navigation: its short name, or the question it asks where it has none."""
    say = Sentences(language)
    message = f"page.{Path(notebook).stem}"
    return say.say(message) if say.has(message) else title(notebook)


def title(notebook: str | Path | Any) -> str:
    """The question a notebook asks: its first heading."""
    node = notebook if hasattr(notebook, "cells") else nbformat.read(Path(notebook), as_version=4)
    return read(node, strict=False)["question"]


def render_portal(context: Mapping[str, Any]) -> str:
    """The portal of an audience, or the index over audiences, from plain data.

    Parameters
    ----------
    context : mapping
        language, brand, published; then audience and months, or audiences. A month has month, published,
        data_through and pages (label, href, status, headline, published, reason); `expected` is the newest
        month that should be there.
    """
    say = Sentences(context.get("language") or "en")
    months = sorted(context.get("months", ()), key=lambda m: m["month"], reverse=True)
    return _jinja().get_template("portal.html.j2").render(**{**context, "months": months}, say=say, **_frame())


def _frame() -> dict[str, Any]:
    """What every page carries: the stylesheet, the policy, and words for its months behind."""
    return {"css": (TEMPLATES / "tokens.css").read_text("utf-8"), "csp": CSP, "behind": months_behind, "css_text": css_text}


def css_text(words: str) -> str:
    """Text for a CSS string: nothing in it can end the string or the style."""
    return re.sub(r'[\\"<>\n\r]', " ", words)


def months_behind(latest: str | None, expected: str | None) -> int:
    """Whole months between the newest page and the newest that should be there."""
    if not latest or not expected or latest >= expected:
        return 0
    return 12 * (int(expected[:4]) - int(latest[:4])) + int(expected[5:7]) - int(latest[5:7])


@lru_cache(maxsize=1)
def _jinja() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


# reading the notebook


def read(nb: Any, strict: bool = True) -> dict[str, Any]:
    """The parts of the page.

    Returns
    -------
    dict with question, page (brand, month ...), headline, ledes, findings, cannot, provenance, and sections:
    slug, title, note, body (HTML), full (a wide figure takes the whole width).
    """
    found: dict[str, Any] = {"question": "", "page": None, "headline": "", "ledes": [], "findings": None, "cannot": [], "provenance": "", "tables": []}
    sections: list[dict[str, Any]] = []
    for number, cell in enumerate(nb.cells, start=1):
        if cell.cell_type == "markdown":
            _prose(cell.source, found, sections)
        elif cell.cell_type == "code":
            _outputs(cell, number, found, sections)
    if found["page"] is None and strict:
        raise DataError("notebook: no cell shows anything of a Page, allowed is at least page.headline(...); add it, then run the notebook.")
    language = (found["page"] or {}).get("language", "en")
    found["sections"] = [_translated(s, found["page"], language) for s in sections if s["body"]]
    found["say"] = Sentences(language)
    inside = {name: s["title"] for s in found["sections"] for name in re.findall(r'class="fig [^"]*" id="([\w-]+)"', s["body"])}
    anchors = inside | {s["slug"]: s["title"] for s in found["sections"]}
    for item in found["findings"] or ():
        _resolve(item, anchors)
    return found


def _prose(source: str, found: dict, sections: list[dict]) -> None:
    """A heading of the first level is the question, one of the second opens a section; italics go to the rail."""
    for block in re.split(r"\n\s*\n", source.strip()):
        heading, _, rest = block.partition("\n")
        if heading.startswith("# "):
            found["question"] = found["question"] or heading[2:].strip()
            continue
        if heading.startswith("## "):
            sections.append(_section(heading[3:].strip()))
            block = rest.strip()
        if not sections or not block:
            continue
        section = sections[-1]
        italic = re.fullmatch(r"([*_])(?!\1)(.+?)\1", block, flags=re.S)
        if italic and not section["note"] and not section["body"]:
            section["note"] = " ".join(italic.group(2).split())
        else:
            section["body"].append(_markdown(block.replace("\n### ", "\n\n### ")).replace("<h3>", '<h3 class="hd">'))


def _section(name: str) -> dict[str, Any]:
    return {"slug": re.sub(r"[^\w]+", "-", name.lower()).strip("-"), "title": name, "note": "", "body": [], "full": False}


def _outputs(cell: Any, number: int, found: dict, sections: list[dict]) -> None:
    tags = cell.metadata.get("tags", [])
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            raise DataError(f"notebook cell {number}: {output.ename}: {' '.join(str(output.evalue).split())[:300]}; mend the cell and run it again.")
        data = output.get("data", {}).get(MIME)
        if data is None or {"parameters", "injected-parameters"} & set(tags):
            continue
        found["page"] = found["page"] or data["page"]
        _place(data, found, sections)


def _place(data: Mapping[str, Any], found: dict, sections: list[dict]) -> None:
    role = data["role"]
    found["tables"] += data.get("tables", [])
    if role == "headline":
        found["headline"] = data["html"]
    elif role == "lede":
        found["ledes"].append(data["html"])
    elif role == "findings":
        found["findings"] = (found["findings"] or []) + [dict(item) for item in data["items"]]
    elif role == "warning":
        found["cannot"] += [item["say"] for item in data["items"]]
    elif role == "provenance":
        found["provenance"] = data["html"]
    else:
        if not sections:
            sections.append(_section(found["question"] or found["page"]["notebook"]))
        sections[-1]["body"].append(data["html"])
        sections[-1]["full"] |= "f-map" in data["html"][:200]


def _resolve(item: dict[str, Any], anchors: Mapping[str, str]) -> None:
    """A link names the section it leads to; one that leads nowhere on this page is dropped."""
    link = item.get("link") or ""
    file, _, anchor = link.partition("#")
    item["target"] = anchors.get(anchor, "")
    if not re.fullmatch(r"[\w./-]*(#[\w-]+)?", link) or ":" in link or (not file and anchor not in anchors):
        item["link"] = ""


def _translated(section: dict, page: Mapping[str, str] | None, language: str) -> dict[str, Any]:
    """A section's heading and note in the reader's language, where its catalogue has them."""
    key = f"{(page or {}).get('notebook', '')}.{section['slug']}"
    out = {**section, "body": "".join(section["body"])}
    if language == "en":
        return out
    for field, message in (("title", f"{key}.title"), ("note", f"{key}.note")):
        told = catalogue(language).get(message)
        out[field] = told.string if told and told.string else section[field]
    return out


