"""The explorer: choose a score, split and filter it, and go from a cell to the journeys behind it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
import pandas as pd
from ipywidgets import Layout

from cx_helpers.config.journey import OVERALL
from cx_helpers.errors import CxError, UsageError
from cx_helpers.journeys.behind import FIRST, ORDERS, Behind, journeys_behind
from cx_helpers.journeys.cross_table import WHOLE, Choice, cross_table, dimensions, explored_answers, headline, starting_choice
from cx_helpers.reports import Page
from cx_helpers.reports.cross_chart import crossed
from cx_helpers.reports.journey_cards import journey_cards
from cx_helpers.reports.page import lab_style

STYLE = """
.cx-explorer .widget-dropdown, .cx-explorer .widget-text { width: auto; max-width: 100%; margin: 2px 16px 2px 0; }
.cx-explorer .widget-label { width: auto !important; }
.cx-cell { width: auto !important; height: auto !important; min-height: 36px; white-space: normal; line-height: 1.3; padding: 4px 8px;
  text-align: right; background: #fdfcf9; color: #1a1d21; border: 0; border-bottom: 1px solid #d9d5cc; }
.cx-cell:hover:enabled { background: #f4f1ea; } .cx-cell:focus-visible { outline: 3px solid #124e78; outline-offset: -3px; }
.cx-cell.cx-chosen { box-shadow: inset 4px 0 0 #124e78; font-weight: bold; } .cx-explorer .cx-cell:disabled { color: #5d636a; opacity: 1; }
.cx-head p { margin: 0; font-weight: bold; line-height: 1.3; } .cx-head { align-self: center; }
.cx ol.cards { padding: 0; margin: 0; list-style: none; } .cx li.card { border-top: 1px solid #d9d5cc; padding: 8px 0; }
.cx li.card h4, .cx li.card p { margin: 4px 0; } .cx li.card .miss { color: #a01f4d; } .cx li.card blockquote { margin: 4px 0; padding-left: 12px; border-left: 3px solid #cfe0ea; }
.cx-problem p { color: #a01f4d; font-weight: bold; margin: 8px 0; }
"""


def _wrap() -> Layout:
    """One layout a box: a layout that boxes share hides them together."""
    return Layout(flex_flow="row wrap", align_items="center")


class JourneyExplorer(ipywidgets.VBox):
    """A score split and filtered, and the journeys behind each of its cells.

    Parameters
    ----------
    study : Study

    Attributes
    ----------
    touchpoint, metric, rows, columns, segment, level, period, order : Dropdown
    words : Text
    cells : dict of (row level, column level) to Button
        "" is all of them; a hidden cell cannot be clicked.
    table : DataFrame
        What is shown (see `cross_table`).
    behind : Behind or None
        What is listed; its `journeys` carry the ids that the study's tables use.
    problem : HTML
        The last error, in one line.
    """

    def __init__(self, study: Any):
        self.study, self.page = study, Page(study)
        self.say = self.page.sentences
        start = starting_choice(study)
        if start is None:
            raise UsageError(f"explorer: {study.brand.name} asks customers nothing, so there is no score to explore. Name a metric in journey.yaml.")
        self.names = dimensions(study)
        self.table, self.behind, self.cells = pd.DataFrame(), None, {}
        self._answers: dict[str, pd.DataFrame] = {}
        self._at: tuple[str, str] | None = None
        self._from, self._quiet = 0, False
        self._make_controls(start)
        self.figure, self.problem, self.title, self.list = (ipywidgets.HTML() for _ in range(4))
        self.problem.add_class("cx-problem")
        self.grid = ipywidgets.GridBox([], layout=Layout(grid_gap="0 12px", overflow="auto", max_height="640px"))
        self.more, self.back = (ipywidgets.Button(description=self._word(name)) for name in ("more", "back"))
        self.more.on_click(lambda _: self._turn(FIRST))
        self.back.on_click(lambda _: self._turn(-FIRST))
        self.reading = ipywidgets.HBox([self.order, self.words, self.back, self.more], layout=_wrap())
        many = study.label(study.brand.journey.journey.many)
        name = escape(self.say.say("explorer.region", many=many))
        style = ipywidgets.HTML(f"<style>{lab_style()}{STYLE}</style><p><b>{name}</b></p>")
        controls = ipywidgets.HBox([self.touchpoint, self.metric, self.rows, self.columns, self.segment, self.level, self.period], layout=_wrap())
        super().__init__([style, controls, self.problem, self.figure, self.grid, self.title, self.reading, self.list])
        self.add_class("cx-explorer")
        self._show()

    def _word(self, name: str, **args: Any) -> str:
        return self.say.say(f"explorer.{name}", **args)

    def _make_controls(self, start: Choice) -> None:
        study, journey = self.study, self.study.brand.journey
        asked = study.counts("responses", ["touchpoint", "metric"], "known")
        labels = {OVERALL: self._word("whole"), **{point.id: study.label(point) for point in journey.touchpoints}}
        self._metrics: dict[str, list[tuple[str, str]]] = {}
        for name in (name for name in journey.metrics if name in asked or name == start.metric):
            self._metrics.setdefault(name.split(".")[0], []).append((study.label(journey.metrics[name]), name))
        named = [(label[:1].upper() + label[1:], name) for name, label in ((name, self.say.term(label)) for name, label in self.names.items())]
        none = (self._word("none"), "")
        window = (self._word("window", count=len(study.window)), "")
        where = start.metric.split(".")[0]
        self.touchpoint = self._dropdown("touchpoint", [(labels[name], name) for name in self._metrics], where)
        self.metric = self._dropdown("metric", self._metrics[where], start.metric)
        self.rows = self._dropdown("rows", named, start.rows)
        self.columns = self._dropdown("columns", [none, *named], start.columns)
        self.segment = self._dropdown("filter", [none, *((label, name) for label, name in named if name != "month")], "")
        self.level = self._dropdown("level", [none], "")
        self.period = self._dropdown("period", [window, *((self.say.numbers.month(month), month) for month in study.window[::-1])], "")
        self.order = self._dropdown("order", [(self._word(name), name) for name in ORDERS], ORDERS[0])
        self.words = ipywidgets.Text(description=self._word("words"), placeholder=self._word("words_hint"), continuous_update=False, style={"description_width": "initial"})
        self.touchpoint.observe(lambda _: self._refill(self.metric, self._metrics[self.touchpoint.value]), "value")
        self.segment.observe(lambda _: self._refill(self.level, self._levels()), "value")
        for control in (self.metric, self.rows, self.columns, self.level, self.period):
            control.observe(lambda _: self._show(), "value")
        for control in (self.order, self.words):
            control.observe(lambda _: self._turn(None), "value")

    def _dropdown(self, name: str, options: list[tuple[str, str]], value: str) -> ipywidgets.Dropdown:
        return ipywidgets.Dropdown(options=options, value=value, description=self._word(name), style={"description_width": "initial"})

    def _refill(self, control: ipywidgets.Dropdown, options: list[tuple[str, str]]) -> None:
        """Other options, the first of them chosen; shown once, not once a change."""
        self._quiet = True
        try:
            control.options = options
            control.value = options[0][1]
        finally:
            self._quiet = False
        self._show()

    def _levels(self) -> list[tuple[str, str]]:
        if not self.segment.value:
            return [(self._word("none"), "")]
        states = {state.id: self.study.label(state) for state in self.study.brand.journey.states}
        found = sorted(self._given()[self.segment.value].unique())
        return [(self._word("all"), ""), *((states.get(level, level) if self.segment.value == "state" else level, level) for level in found)]

    def _given(self) -> pd.DataFrame:
        """Answers to the chosen metric, read once."""
        name = self.metric.value
        if name not in self._answers:
            self._answers[name] = explored_answers(self.study, name)
        return self._answers[name]

    @property
    def choice(self) -> Choice:
        """What the controls say."""
        return Choice(self.metric.value, self.rows.value, self.columns.value, self.segment.value, self.level.value, self.period.value)

    def _do(self, step: Callable[[], None], clear: Callable[[], None]) -> None:
        """One step; what goes wrong is told in its place, and nothing old stays beside it."""
        self.problem.value = ""
        try:
            step()
        except Exception as error:  # a callback's error is seen by nobody: here it is told, whatever it is
            clear()
            told = str(error) if isinstance(error, CxError) else self._word("wrong", error=f"{type(error).__name__}: {error}")
            self.problem.value = f'<p role="alert">{escape(" ".join(told.split()))}</p>'
            if not isinstance(error, CxError):
                self.log.error("explorer", exc_info=error)

    def _show(self) -> None:
        if not self._quiet:
            self._do(self._draw, self._clear)

    def _clear(self) -> None:
        self.figure.value, self.grid.children, self.cells, self.table = "", (), {}, pd.DataFrame()
        self._forget()

    def _forget(self) -> None:
        self._at, self._from, self.behind = None, 0, None
        self.title.value, self.list.value, self.reading.layout.display = "", "", "none"

    def _draw(self) -> None:
        self._forget()
        study, journey, choice = self.study, self.study.brand.journey, self.choice
        confidence = study.parameters.confidence
        self.table = cross_table(self._given(), journey, choice, study.disclosure, language=study.language, confidence=confidence)
        if self.table.empty:
            raise UsageError("explorer: there are no answers here. Choose another period or filter.")
        self._fill()
        window = [choice.month] if choice.month else study.window
        shown = self.page.figure(
            crossed(self.table), name="explored", headline=headline(self.table, choice, self.names, confidence), subtitle=("explorer.how", {"window": window}),
        )  # fmt: skip
        self.figure.value = f'<div class="cx" lang="{escape(study.language)}">{shown.html}</div>'
        self.title.value = f"<p>{escape(self._word('choose', many=study.label(journey.journey.many)))}</p>"

    def _fill(self) -> None:
        """The table, each cell a button."""
        columns = list(dict.fromkeys(column for column in self.table["column"] if column != WHOLE)) + [WHOLE]
        heads = dict(zip(self.table["column"], self.table["column_label"], strict=True))
        kept = {(row["row"], row["column"]): row for row in self.table.to_dict("records")}
        children, self.cells = [self._head("")] + [self._head(heads[column] or self._word("all")) for column in columns], {}
        for row, label in dict(zip(self.table["row"], self.table["row_label"], strict=True)).items():
            children.append(self._head(self._word("all") if row == WHOLE else label))
            for column in columns:
                cell = kept.get((row, column))
                children.append(self._head("") if cell is None else self._button(cell))
        self.grid.layout.grid_template_columns = f"minmax(120px, 220px) repeat({len(columns)}, minmax(112px, 1fr))"
        self.grid.children = children

    def _head(self, words: str) -> ipywidgets.HTML:
        made = ipywidgets.HTML(f"<p>{escape(words)}</p>" if words else "")
        made.add_class("cx-head")
        return made

    def _button(self, cell: dict[str, Any]) -> ipywidgets.Button:
        place = self._place(cell)
        if cell["shown"]:
            value, n = self.say.numbers.number(cell), self.say.n(cell["n"])
            few = "\u00a0\u2020" if cell["n"] < self.study.disclosure.few else ""
            many = self.study.label(self.study.brand.journey.journey.many)
            button = ipywidgets.Button(description=f"{value} {n}{few}", tooltip=self._word("open", many=many, place=place, value=value, n=n))
            button.on_click(lambda _, at=(cell["row"], cell["column"]): self.drill(*at))
        else:
            button = ipywidgets.Button(description=self.say.say("number.hidden"), tooltip=self._word("hidden", place=place), disabled=True)
        button.add_class("cx-cell")
        self.cells[cell["row"], cell["column"]] = button
        return button

    def _place(self, cell: dict[str, Any]) -> str:
        row = self._word("all") if cell["row"] == WHOLE else cell["row_label"]
        return ", ".join(part for part in (row, cell["column_label"]) if part)

    def drill(self, row: str, column: str = WHOLE) -> None:
        """Lists the journeys behind a cell, as a click on it does; an error is told in `problem`.

        Parameters
        ----------
        row, column : str
            Levels of the rows and columns chosen; "" is all of them.
        """
        self._at, self._from = (row, column), 0
        self._do(self._list, self._unlist)

    def _turn(self, by: int | None) -> None:
        """The next journeys, those before, or the first."""
        if self._at is not None:
            self._from = 0 if by is None else max(0, self._from + by)
            self._do(self._list, self._unlist)

    def _unlist(self) -> None:
        self.behind, self.title.value, self.list.value = None, "", ""

    def _list(self) -> None:
        at, journey = self._at, self.study.brand.journey
        rows = self.table[(self.table["row"] == at[0]) & (self.table["column"] == at[1])]
        if not rows["shown"].any():
            raise UsageError(f"explorer: the cell {at[0]!r}, {at[1]!r} is hidden or not in the table, so nothing behind it is listed. Choose a cell with a number.")
        answers = self.choice.cell(self._given(), *at)
        self.reading.layout.display = ""
        self.behind: Behind | None = journeys_behind(self.study, answers, order=self.order.value, words=self.words.value, start=self._from)
        many, one = self.study.label(journey.journey.many), self.study.label(journey.journey.one)
        found = self.behind
        told = self._word("behind", place=self._place(rows.iloc[0].to_dict()), first=found.first, last=found.last, total=found.total, many=many)
        self.title.value = f'<h3 role="status" style="margin:16px 0 4px">{escape(told)}</h3>'
        self.list.value = f'<div class="cx" lang="{escape(self.study.language)}">{journey_cards(found, self.say, one)}</div>'
        self.back.disabled, self.more.disabled = found.first == 1, found.last == found.total
        for key, button in self.cells.items():
            (button.add_class if key == at else button.remove_class)("cx-chosen")


def journey_explorer(study: Any) -> JourneyExplorer:
    """The explorer of a study, for JupyterLab and Voilà.

    Parameters
    ----------
    study : Study
        Of 02_journeys; its disclosure decides what can be shown and opened.

    Raises
    ------
    UsageError
        The brand asks customers nothing.

    Examples
    --------
    >>> journey_explorer(study)    # doctest: +SKIP
    """
    return JourneyExplorer(study)
