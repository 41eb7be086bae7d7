"""What if: move inputs to values or to their standard, see what it would go with, and save the scenario."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
from ipywidgets import Layout

from cx_helpers.drivers import told_what_if as told
from cx_helpers.drivers.shocks import Move
from cx_helpers.drivers.what_if import Scenario, scenario
from cx_helpers.errors import CxError, UsageError
from cx_helpers.reports import Page
from cx_helpers.reports.page import lab_style
from cx_helpers.reports.what_if_layouts import ON_THE_WAY, SAVED, SCENARIO
from cx_helpers.tables.scenarios import LONGEST, save_scenario, saved_scenarios

STYLE = """
.cx-what-if .widget-label { width: auto !important; } .cx-what-if .widget-slider { width: min(560px, 100%); }
.cx-what-if .widget-slider .widget-label { flex: 0 0 260px; white-space: normal; line-height: 1.25; height: auto; text-align: left; }
.cx-what-if .widget-readout { min-width: 64px; } .cx-what-if .widget-button { width: auto; min-height: 32px; }
.cx-what-if .cx-now p { margin: 0 8px; color: #5d636a; } .cx-what-if .cx-moved .widget-label { font-weight: bold; }
.cx-problem p { color: #a01f4d; font-weight: bold; margin: 8px 0; } .cx-what-if .cannot { margin: 8px 0; }
@media (max-width: 640px) { .cx-what-if .widget-slider { flex-wrap: wrap; height: auto; } .cx-what-if .widget-slider .widget-label { flex-basis: 100%; } }
"""
WIDER = 0.25
STEPS = 100


def _wrap() -> Layout:
    """One layout a box: a layout that boxes share hides them together."""
    return Layout(flex_flow="row wrap", align_items="center")


class WhatIf(ipywidgets.VBox):
    """Inputs to move, what moving them would go with, and the list of saved scenarios.

    Parameters
    ----------
    study : Study

    Attributes
    ----------
    sliders : dict of input to FloatSlider
        The mean (or share) in the places chosen; moving one moves the input there.
    nows : dict of input to HTML
        Where each stands now, in the places chosen.
    standards, resets : dict of input to Button
        To its standard; as it is. An input without a standard has its button disabled.
    where : Dropdown; levels : SelectMultiple
        Everywhere, or the units or segments in which inputs are moved.
    every, none : Button
        All to standard; all as it is.
    name, author, note : Text; save : Button
    goals : dict of input to float or None
        What is moved: to a mean, or (None) to its standard.
    result : Scenario
    problem : HTML
        The last error, in one line.
    """

    def __init__(self, study: Any):
        self.study, self.page = study, Page(study)
        self.say, self.named = self.page.sentences, told.words(study)
        self.lived = told.lived(study)
        self.places = told.places(study, self.lived)
        self.goals: dict[str, float | None] = {}
        self.sliders, self.standards, self.resets, self.nows = {}, {}, {}, {}
        self.result: Scenario = scenario(self.lived, [])
        self._quiet = False
        self.movable = [name for name in self.lived.names if self.lived.facts.loc[name, "movable"] and np.isfinite(self._column(name)).sum() >= study.disclosure.minimum]
        self.problem, self.shown, self.list = (ipywidgets.HTML() for _ in range(3))
        self.problem.add_class("cx-problem")
        rows = [self._input(name) for name in self.movable]
        everywhere = self._places()
        self.every, self.none = self._button("all_standard", self._all_standard), self._button("all_reset", self._all_reset)
        self.name, self.author, self.note = (ipywidgets.Text(description=self._word(key), style={"description_width": "initial"}) for key in LONGEST)
        self.save = self._button("save", self._save)
        title = f"<style>{lab_style()}{STYLE}</style><p><b>{escape(self._word('title'))}</b></p>"
        keeping = ipywidgets.HBox([self.name, self.author, self.note, self.save], layout=_wrap())
        buttons = ipywidgets.HBox([self.every, self.none], layout=_wrap())
        super().__init__([ipywidgets.HTML(title), everywhere, *rows, buttons, self.problem, self.shown, keeping, self.list])
        self.add_class("cx-what-if")
        self._reset()
        self._listed()

    def _word(self, name: str, **args: Any) -> str:
        return self.say.say(f"what_if.{name}", **args)

    def _button(self, name: str, then: Callable[[], None], **args: Any) -> ipywidgets.Button:
        made = ipywidgets.Button(description=self._word(name), tooltip=self._word(f"{name}_tip", **args) if args else "")
        made.on_click(lambda _: self._do(then))
        return made

    def _column(self, name: str) -> np.ndarray:
        return self.lived.values[:, self.lived.names.index(name)]

    def _input(self, name: str) -> ipywidgets.HBox:
        """A row: the slider, where it stands now, to its standard, as it is."""
        words, fact = self.named.loc[name], self.lived.facts.loc[name]
        low, high, step = self._range(name)
        share = name in self.lived.practices
        form = ".0%" if share else f".{max(0, -math.floor(math.log10(step)))}f"
        slider = ipywidgets.FloatSlider(
            value=float(np.nanmean(self._column(name))), min=low, max=high, step=step, description=words["label"], continuous_update=False,
            readout_format=form, style={"description_width": "initial"},
        )  # fmt: skip
        slider.observe(lambda change: self._do(lambda: self._to(name, float(change["new"]))), "value")
        self.sliders[name], self.nows[name] = slider, ipywidgets.HTML()
        self.nows[name].add_class("cx-now")
        self.standards[name] = self._button("standard", lambda: self._to(name, None), label=words["label"])
        self.standards[name].disabled = bool(np.isnan(fact["standard"]))
        self.resets[name] = self._button("reset", lambda: self._back(name), label=words["label"])
        return ipywidgets.HBox([slider, self.nows[name], self.standards[name], self.resets[name]], layout=_wrap())

    def _range(self, name: str) -> tuple[float, float, float]:
        """From where to where the slider goes, somewhat beyond what was seen, and its step."""
        if name in self.lived.practices:
            return 0.0, 1.0, 0.01
        x, item = self._column(name), self.study.brand.journey.inputs[name]
        low, high = np.nanpercentile(x, [1, 99])
        low, high = low - WIDER * (high - low), high + WIDER * (high - low)
        if not np.isnan(standard := self.lived.facts.loc[name, "standard"]):
            low, high = min(low, standard), max(high, standard)
        step = 10.0 ** math.floor(math.log10(max(high - low, 1e-9) / STEPS))
        low = max(low, -math.inf if item.minimum is None else item.minimum)
        high = min(high, math.inf if item.maximum is None else item.maximum)
        return math.floor(low / step) * step, math.ceil(high / step) * step, step

    def _places(self) -> ipywidgets.HBox:
        journey = self.study.brand.journey
        labels = {"unit": self.study.label(journey.unit.one) if journey.unit else "unit", **{segment.id: self.study.label(segment) for segment in journey.segments}}
        options = [(self._word("everywhere"), ""), *((labels[name][:1].upper() + labels[name][1:], name) for name in self.places)]
        self.where = ipywidgets.Dropdown(options=options, value="", description=self._word("where"), style={"description_width": "initial"})
        self.levels = ipywidgets.SelectMultiple(options=[], description=self._word("levels"), style={"description_width": "initial"}, layout=Layout(display="none"))
        self.where.observe(lambda _: self._do(self._choose), "value")
        self.levels.observe(lambda _: self._do(self._reset), "value")
        return ipywidgets.HBox([self.where, self.levels], layout=_wrap())

    @property
    def moves(self) -> list[Move]:
        """What the controls say."""
        levels = tuple(self.levels.value) if self.where.value else ()
        return [Move(name, to, self.where.value if levels else "", levels) for name, to in self.goals.items()]

    def _do(self, step: Callable[[], None]) -> None:
        """One step; what goes wrong is told in its place, and no number that it does not fit stays beside it."""
        if self._quiet:
            return
        self.problem.value = ""
        try:
            step()
        except Exception as error:  # a callback's error is seen by nobody: here it is told, whatever it is
            self.shown.value = self.shown.value if step == self._save else ""
            own = str(error) if isinstance(error, CxError) else self._word("wrong", error=f"{type(error).__name__}: {error}")
            self.problem.value = f'<p role="alert">{escape(" ".join(own.split()))}</p>'
            if not isinstance(error, CxError):
                self.log.error("what if", exc_info=error)

    def _choose(self) -> None:
        """Other places: all of them chosen."""
        self._quiet = True
        try:
            self.levels.options = self.places.get(self.where.value, [])
            self.levels.value = tuple(self.levels.options)
            self.levels.layout.display = "" if self.where.value else "none"
        finally:
            self._quiet = False
        self._reset()

    def _to(self, name: str, goal: float | None) -> None:
        self.goals[name] = goal
        self._ask()

    def _back(self, name: str) -> None:
        self.goals.pop(name, None)
        self._ask()

    def _all_standard(self) -> None:
        self.goals = {name: None for name in self.movable if not self.standards[name].disabled}
        self._ask()

    def _all_reset(self) -> None:
        self.goals = {}
        self._ask()

    def _reset(self) -> None:
        if self.where.value and not self.levels.value:
            raise UsageError(self._word("no_place"))
        self._ask()

    def _ask(self) -> None:
        """The scenario as the controls stand, and the sliders as it has them."""
        told.refused_places(self.study, self.lived, self.moves)
        self.result = scenario(self.lived, self.moves)
        self._stand()
        self.shown.value = f'<div class="cx" role="status" lang="{escape(self.study.language)}">{self._told()}</div>'

    def _stand(self) -> None:
        """Each slider where its input would be, and beside it where it is now."""
        inside = self.lived.data[self.where.value].isin(self.levels.value).to_numpy() if self.where.value else np.ones(len(self.lived.data), dtype=bool)
        after = dict(zip(self.result.moves["input"], self.result.moves["after"], strict=True))
        self._quiet = True
        try:
            for name, slider in self.sliders.items():
                x = self._column(name)[inside]
                x = x[~np.isnan(x)]
                enough = len(x) >= self.study.disclosure.minimum
                slider.disabled = not enough
                row = self.named.loc[name]
                now = self.say.numbers.measure(float(x.mean()), "share" if name in self.lived.practices else row["unit_of_measure"], "bare") if enough else ""
                self.nows[name].value = f"<p>{escape(self._word('now', value=now) if enough else self.say.say('number.hidden'))}</p>"
                slider.value = min(max(after.get(name, float(x.mean()) if enough else slider.min), slider.min), slider.max)
                (slider.add_class if name in self.goals else slider.remove_class)("cx-moved")
        finally:
            self._quiet = False

    def _told(self) -> str:
        """Ends, what moves on the way, and what must be known."""
        if not self.goals:
            return f'<p class="note">{escape(self._word("start"))}</p>'
        found, disclosure = self.result, self.study.disclosure
        row = pd.DataFrame([{"moves": told.said_moves(found, self.named, self.moves), **told.ends(found)}])
        outcome = self.study.label(self.study.brand.journey.metrics[self.study.primary])
        ends = "what_if.ends" if "revenue" in row else "what_if.ends_alone"
        out = [self.page.table(row, SCENARIO, name="what-if", headline=(ends, {"outcome": outcome}), subtitle=told.how(self.study, row)).html]
        way = told.on_the_way(found, self.named, disclosure.minimum)
        if len(way):
            rest = ("what_if.silent", {"count": way.attrs["silent"]}) if way.attrs["silent"] else "what_if.average"
            out.append(self.page.table(way, ON_THE_WAY, name="on-the-way", headline=self._way_headline(way), subtitle=rest).html)
        else:
            out.append(self.page.note("what_if.nothing_on_the_way").html)
        warned = told.warnings(found, self.named)
        return "".join(out) + (self.page.warning(*warned).html if warned else "")

    def _way_headline(self, way: pd.DataFrame) -> tuple[str, dict[str, Any]]:
        worse = list(way.loc[way["says"] == "worse", "label"])
        return ("what_if.harms", {"labels": worse, "count": len(worse)}) if worse else ("what_if.lifts", {"count": len(way)})

    def _save(self) -> None:
        rows = [{"input": move.input, "to": move.to, "where": move.where, "levels": list(move.levels)} for move in self.moves]
        told.refused_places(self.study, self.lived, self.moves)
        save_scenario(
            self.study.brand.folder, name=self.name.value, author=self.author.value, note=self.note.value, moves=rows, month=self.study.month,
            audience=self.study.audience_name,
        )  # fmt: skip
        self._listed()
        self.name.value, self.note.value = "", ""

    def _listed(self) -> None:
        """The scenarios saved for this audience, as page 03 lists them."""
        saved = saved_scenarios(self.study.brand.folder, self.study.month, self.study.audience_name)
        if len(saved):
            rows = told.scenario_rows(self.study, saved, self.lived)
            html = self.page.table(rows, SAVED, name="scenarios", headline=("what_if.saved", {"count": len(rows)})).html
            self.list.value = f'<div class="cx" lang="{escape(self.study.language)}">{html}</div>'


def what_if(study: Any) -> WhatIf:
    """The what-if of a study, for JupyterLab and Voilà.

    Parameters
    ----------
    study : Study
        Of 03_drivers; its disclosure decides which places may be chosen.

    Raises
    ------
    UsageError
        Nothing is measured, or customers are asked nothing that is remembered.

    Examples
    --------
    >>> what_if(study)    # doctest: +SKIP
    """
    return WhatIf(study)
