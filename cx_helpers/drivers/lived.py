"""Journeys as they were lived, ready to be asked what moves would go with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cx_helpers.drivers import paths
from cx_helpers.drivers.carried import numbered
from cx_helpers.drivers.columns import floats
from cx_helpers.drivers.earlier import places, precedence, refuse_later
from cx_helpers.drivers.robust import holm, p_values
from cx_helpers.drivers.side_effects import SIGN, seconds
from cx_helpers.errors import DataError

MONEY = ("returned", "revenue", "cost")
HELD = 6e7  # numbers kept of what was asked already


@dataclass(frozen=True, eq=False)
class Equation:
    """One affected measure with all inputs, the controls taken out: rows (None where it never differs), y, inputs that can be asked, their scale, customers, n."""

    rows: paths.Rows | None
    y: np.ndarray
    usable: np.ndarray
    scale: np.ndarray
    who: np.ndarray
    n: int

    @property
    def size(self) -> int:
        return self.rows.columns.size if self.rows else 0


class Lived:
    """Journeys as they were lived, ready to be asked what moves would go with (see `what_if.scenario`).

    Parameters
    ----------
    data : DataFrame
        A row a journey; NaN is unknown.
    inputs : DataFrame, a row an input
        input (``touchpoint.input``), better; where known standard, statistic ("share" where the standard is a share of journeys), cost_to_move (currency a
        journey brought to standard), and movable (bool; all, where the column is missing).
    outcome : column name
        The remembered score.
    outputs, order, times, controls, weights, cluster, confidence
        As `side_effects.side_effects`; outputs are scores asked at touchpoints.
    money : DataFrame, optional
        Journeys whose following months are known: the inputs, the `cluster` column and returned (0/1), revenue, cost (currency over the horizon; NaN unknown).
    money_controls : column names of `money`
    a_year : float
        A year's journeys for each row of `data`: 12 / months it covers.

    Raises
    ------
    DataError
        As `side_effects.side_effects`.
    """

    def __init__(
        self, data: pd.DataFrame, inputs: pd.DataFrame, outcome: str, *, outputs: Sequence[str] = (), order: Sequence[str] | None = None,
        times: Mapping[str, str] | None = None, controls: Sequence[str] = (), weights: str | None = None, cluster: str | None = None,
        money: pd.DataFrame | None = None, money_controls: Sequence[str] = (), a_year: float = 1.0, confidence: float = 0.95,
    ):  # fmt: skip
        self.data, self.outcome, self.outputs, self.a_year, self.confidence = data, outcome, list(outputs), a_year, confidence
        plain = {"standard": math.nan, "statistic": "", "cost_to_move": math.nan, "movable": True}
        self.facts = inputs.assign(**{name: value for name, value in plain.items() if name not in inputs}).set_index("input")
        self.names = list(self.facts.index)
        asked = [*self.names, *self.outputs, outcome]
        lost = [name for name in dict.fromkeys([*asked, *controls, *(times or {}).values()]) if name not in data]
        odd = [name for name in self.names if self.facts.loc[name, "better"] not in SIGN]
        if lost or odd or self.facts.index.has_duplicates:
            told = [f"column {name!r} is not in the data" for name in lost] + [f"better of {name!r} is neither lower nor higher" for name in odd]
            raise DataError(f"what if: {'; '.join(told or ['an input is described twice'])}. Describe each input once, as the data name it.")
        moments = {name: seconds(data[column]) for name, column in (times or {}).items()}
        points = {name: name.partition(".")[0] for name in [*self.names, *self.outputs]}
        self.place = places(data, points, order, moments)
        refuse_later(list(controls), self.names, self.place, {points[n]: p for n, p in self.place.items()}, moments)
        self.values = floats(data, asked)
        inside = self.values[:, : len(self.names)]
        self.practices = {name for name, x in zip(self.names, inside.T, strict=True) if np.isin(x[~np.isnan(x)], (0, 1)).all()}
        self.before = precedence(self.names, self.place, moments, self.practices)
        frames = [frame[cluster] if cluster else pd.Series([None] * len(frame)) for frame in ([data] if money is None else [data, money])]
        self.codes, self.people = numbered(*frames)
        self._samples = {name: paths.Sample(data, self.values, data[list(controls)], weights, self.codes[0], asked, moments) for name in asked}
        self._samples |= {} if money is None else self._follow(money, list(money_controls))
        self._kept: dict[tuple, tuple] = {}
        self._equations: dict[str, Equation] = {}

    def _follow(self, money: pd.DataFrame, controls: list[str]) -> dict[str, paths.Sample]:
        """One sample of the journeys whose following months are known, for each of what followed."""
        named = [name for name in MONEY if name in money and money[name].notna().any()]
        values = floats(money.reindex(columns=[*self.names, *named]), [*self.names, *named])
        sample = paths.Sample(money, values, money[controls], None, self.codes[1], [*self.names, *named], {})
        return dict.fromkeys(named, sample)

    @property
    def affected(self) -> list[tuple[str, str]]:
        """What a scenario tells of, with its kind: the score, what followed, then scores and inputs on the way."""
        kinds = {self.outcome: "experience", "returned": "returns", "revenue": "revenue", "cost": "cost"}
        ends = [(kind, name) for name, kind in kinds.items() if name in self._samples]
        on_the_way = sorted([("output", name) for name in self.outputs] + [("input", name) for name in self.names], key=lambda one: self.place[one[1]])
        return ends + on_the_way

    def reaches(self, one: str, name: str, kind: str) -> bool:
        """Whether an input can act on what is affected: only on what comes after it."""
        if kind == "input":
            return one != name and bool(self.before[self.names.index(one), self.names.index(name)])
        return name not in self.place or self.place[name] >= self.place[one]

    def effects(self, name: str, moved: Sequence[str]) -> tuple[np.ndarray, np.ndarray, float, int]:
        """Total effect of each moved input on `name`, a unit of each; what every customer gave to its error (customers, moved); degrees of freedom; rows.

        What came before an input is held equal, and of those moved also what neither came before nor after it. NaN where too few journeys tell it.
        """
        key = (name, tuple(moved))
        if key not in self._kept:
            if sum(part[1].size for part in self._kept.values()) > HELD:
                self._kept.clear()
            self._kept[key] = self._asked(name, list(moved))
        return self._kept[key]

    def _asked(self, name: str, moved: list[str]) -> tuple[np.ndarray, np.ndarray, float, int]:
        at, before = [self.names.index(one) for one in moved], self.before.copy()
        alongside = np.ix_(at, at)
        free = ~(before[alongside] | before[alongside].T)
        before[alongside] |= free & ~np.eye(len(at), dtype=bool)
        if name not in self._equations:
            if sum(one.size for one in self._equations.values()) > HELD:
                self._equations.clear()
            self._equations[name] = self._equation(name)
        equation = self._equations[name]
        effect, given = np.full(len(moved), np.nan), np.zeros((self.people, len(moved)))
        these = [j for j in at if j in equation.usable]
        if not these:
            return effect, given, 1.0, equation.n
        slope, error, free_df = paths.influences(equation.rows, paths.asked(equation.rows, np.array(these), before), equation.y)
        columns = [at.index(j) for j in these]
        effect[columns] = slope / equation.scale[these]
        given[np.ix_(equation.who, columns)] = error / equation.scale[these]
        return effect, given, float(max(min(len(equation.who) - 1, *free_df), 1)), equation.n

    def _equation(self, name: str) -> Equation:
        """What every scenario asks of `name`, with the controls taken out; once."""
        sample, money = self._samples[name], name not in (*self.names, *self.outputs, self.outcome)
        y = sample.values[:, sample.names.index(name)]
        kept = ~np.isnan(y)
        spread = float(y[kept].std()) if kept.any() else 0.0
        if not spread:
            return Equation(None, np.zeros(0), np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=int), int(kept.sum()))
        of, usable, scale, _ = sample.equation(kept, None if money else sample.late(name, len(self.names)), len(self.names), self.practices)
        who = self.codes[int(money)][sample.rows[kept][of.starts]]
        left = of.after_controls((y[kept] - y[kept].mean()) / spread)
        return Equation(of.done(), left, usable, scale / spread, who, of.n)

    def usable(self) -> dict[str, bool]:
        """Movable inputs, and whether the total effect of each on the score is beyond noise (Holm over all of them)."""
        movable = [name for name in self.names if bool(self.facts.loc[name, "movable"]) and self.reaches(name, self.outcome, "total")]
        if not movable:
            return {}
        p = []
        for one in movable:
            effect, given, df, _ = self.effects(self.outcome, [one])
            with np.errstate(divide="ignore", invalid="ignore"):
                p.append(float(p_values(effect / np.sqrt((given**2).sum(axis=0)), df)[0]))
        return dict(zip(movable, holm(np.array(p), 1 - self.confidence).tolist(), strict=True))
