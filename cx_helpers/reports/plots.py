"""The theme of every chart, and how matplotlib's drawing becomes part of a page.

A figure is two drawings of the same frame, wide (880 px) and narrow (350 px), as inline SVG whose text stays
text and whose colours are the page's variables, so that dark and high-contrast readers see them too.
Layout is measured in DejaVu Sans, which matplotlib ships: the same bytes on every machine, and room to
spare for the reader's own, narrower sans.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cx_helpers.reports.cells import Column
from cx_helpers.reports.marks import LINE, PALETTE, colour
from cx_helpers.reports.sentences import Sentences

WIDE, NARROW = 880, 350
PX = 1 / 96

RC = {
    "svg.fonttype": "none", "svg.hashsalt": "cx", "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.75, "axes.labelsize": 9.75, "xtick.labelsize": 9.75, "ytick.labelsize": 9.75,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.transparent": True,
    "text.color": PALETTE["ink"], "axes.labelcolor": PALETTE["ink-2"],
    "xtick.color": PALETTE["ink-2"], "ytick.color": PALETTE["ink-2"],
    "axes.edgecolor": PALETTE["quiet"], "axes.linewidth": 0.75,
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "axes.grid": True, "axes.grid.axis": "y", "grid.color": PALETTE["rule"], "grid.linewidth": 0.75, "axes.axisbelow": True,
    "xtick.major.size": 3, "ytick.major.size": 0, "lines.linewidth": 1.5, "lines.markersize": 5.5,
    "lines.solid_capstyle": "butt", "errorbar.capsize": 0, "legend.frameon": False, "axes.unicode_minus": True,
}  # fmt: skip
SERIES = [PALETTE["lived"], PALETTE["delivered"], PALETTE["quiet"], PALETTE["harm"]]


def theme() -> Any:
    """A context in which seaborn and matplotlib draw in our language: ``with theme(): ...``."""
    style = sns.axes_style(None, rc=RC)
    cycle = mpl.cycler(color=SERIES)
    return mpl.rc_context({**{k: v for k, v in style.items() if k in mpl.rcParams}, **RC, "axes.prop_cycle": cycle})


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure before it is on a page: how to draw it wide and narrow, what it says to who cannot see it.

    Attributes
    ----------
    draw : callable
        ``draw(sentences, narrow, name)`` gives a matplotlib Figure, or HTML of its own.
    title, desc : callable
        Given the sentences, the alternative text: what it plots; shape and extremes, in numbers.
    tables : tuple of (heading message, frame, columns)
        The twin, from the same frames.
    kind : str
        CSS class of the figure.
    """

    draw: Callable[[Sentences, bool, str], Figure | str]
    title: Callable[[Sentences], str]
    desc: Callable[[Sentences], str]
    tables: tuple[tuple[str, pd.DataFrame, Sequence[Column]], ...]
    kind: str = "chart"
    marks: str = field(default="marks.chart")

    def html(self, say: Sentences, name: str) -> str:
        """Both drawings, each with its own title and description."""
        out = []
        for narrow in (False, True):
            place = "narrow" if narrow else "wide"
            made = self.draw(say, narrow, f"{name}-{place[0]}")
            if isinstance(made, Figure):
                made = svg(made, f"{name}-{place[0]}", self.title(say), self.desc(say))
            out.append(f'<div class="{place} {self.kind}">{made}</div>')
        return f'<div class="draw">{"".join(out)}</div>'


def svg_open(name: str, width: float, height: float, title: str, desc: str, kind: str = "") -> str:
    """The opening of an SVG that has a name and a description."""
    shape = f' class="{kind}"' if kind else ""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="{name}-t {name}-d"{shape}>'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(desc)}</desc>'
    )


def svg(figure: Figure, name: str, title: str, desc: str) -> str:
    """A matplotlib figure as inline SVG: no metadata, no stylesheet, ids of its own, the page's colours."""
    out = io.StringIO()
    blank = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with theme():
        figure.savefig(out, format="svg", metadata=blank)
    root = ET.fromstring(out.getvalue())
    _lean(root)
    _own_ids(root, name)
    _, _, width, height = root.attrib["viewBox"].split()
    inside = "".join(_plain(child) for child in root)
    return svg_open(name, float(width), float(height), title, desc, "plot") + inside + "</svg>"


def _lean(root: ET.Element) -> None:
    """Leaves out what matplotlib adds for files: metadata, style sheets and the empty page behind the drawing."""
    for parent in list(root.iter()):
        for child in list(parent):
            kind = child.tag.rpartition("}")[2]
            invisible = kind == "path" and child.get("style") in ("fill: none", "fill: none; opacity: 0")
            empty = kind in ("defs", "g") and len(child) == 0
            if kind in ("metadata", "style") or (invisible and not child.get("id")) or empty:
                parent.remove(child)


def _own_ids(root: ET.Element, name: str) -> None:
    """Ids that something points to are prefixed with the figure's name; the others go."""
    text = ET.tostring(root, encoding="unicode")
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
    for element in root.iter():
        if "id" in element.attrib:
            if element.attrib["id"] in used:
                element.attrib["id"] = f"{name}-{element.attrib['id']}"
            else:
                del element.attrib["id"]
        for key, value in list(element.attrib.items()):
            value = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", value)
            if key.endswith("href"):
                del element.attrib[key]
                key, value = "href", f"#{name}-{value[1:]}"
            element.attrib[key] = _own_colours(value) if key in ("style", "fill", "stroke") else value


def _own_colours(style: str) -> str:
    for token, shade in PALETTE.items():
        style = style.replace(shade, colour(token))
    style = re.sub(r"(font(?:-family)?:[^;]*?)'?DejaVu Sans'?[^;]*", r"\1var(--sans,sans-serif)", style)
    return style


def _plain(element: ET.Element) -> str:
    text = ET.tostring(element, encoding="unicode")
    text = re.sub(r'\s*xmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(r"<(/?)\w+:", r"<\1", text)
    return re.sub(r"(?<=>)\s+(?=<)", "", re.sub(r"[ \t]*\n[ \t]*", " ", text))


def canvas(width: float, height: float, rows: int = 1, columns: int = 1, **places: float) -> tuple[Figure, Any]:
    """A figure in CSS pixels with its axes, margins in pixels: left, right, top, bottom, wspace, hspace."""
    with theme():
        figure = Figure(figsize=(width * PX, height * PX))
        grid = {
            "left": places.get("left", 40) / width, "right": 1 - places.get("right", 20) / width,
            "top": 1 - places.get("top", 10) / height, "bottom": places.get("bottom", 30) / height,
        }  # fmt: skip
        spaces = {k: places[k] for k in ("wspace", "hspace") if k in places}
        axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw={**grid, **spaces})
    return figure, axes


def interval(ax: Axes, x: float, low: float, high: float, role: str, clear: bool = True, upright: bool = True) -> None:
    """The line that says how well a number is known: through its mark, no caps."""
    token = LINE[role] if clear else "quiet"
    ends = ([x, x], [low, high]) if upright else ([low, high], [x, x])
    ax.plot(*ends, color=PALETTE[token], linewidth=1.8, zorder=2)


def all_hidden(ax: Axes, say: Sentences) -> Axes:
    """A panel of which nothing may be shown says so."""
    ax.set_axis_off()
    ax.text(0, 0.5, say.say("number.hidden_all"), transform=ax.transAxes, color=PALETTE["ink-3"])
    return ax


def dot(ax: Axes, x: float, y: float, role: str, clear: bool = True) -> None:
    """A mark of a role; hollow and grey where the interval leaves no clear change."""
    shape = {"lived": "o", "delivered": "s", "harm": "v"}.get(role, "o")
    edge = PALETTE[role if clear else "quiet"]
    ax.plot([x], [y], shape, markerfacecolor=edge if clear else PALETTE["paper"], markeredgecolor=edge, markeredgewidth=1.1, markersize=6.5, zorder=3, clip_on=False)
