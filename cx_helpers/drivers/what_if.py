"""What if inputs were moved: experience, staying, money and side effects of several moves together, nothing counted twice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.drivers import paths
from cx_helpers.drivers.carried import numbered
from cx_helpers.drivers.columns import floats
from cx_helpers.drivers.earlier import places, precedence, refuse_later
from cx_helpers.drivers.robust import holm, p_values
from cx_helpers.drivers.shocks import Move, Shocks, shocks
from cx_helpers.drivers.side_effects import SIGN, seconds
from cx_helpers.errors import DataError, UsageError
from cx_helpers.estimates.families import adjusted
from cx_helpers.estimates.moments import quantile

MONEY = ("returned", "revenue", "cost")
COLUMNS = ("kind", "measure", "value", "low", "high", "usable", "gain", "n", "method", "grade")
HELD = 6e7  # numbers kept of what was asked already


@dataclass(frozen=True, eq=False)
class Scenario:
    """What a scenario goes with.

    Attributes
    ----------
    table : DataFrame
        See `scenario`.
    moves : DataFrame
        A row a move: input, before and after (mean, or share of a yes-or-no input, in the places moved), target (the value wanted: after, or the standard), moved (journeys), n (journeys there with the input
        known), low_seen, high_seen (1st and 99th percentile of what was seen).
    warnings : list of (message id, arguments)
    """

    table: pd.DataFrame
    moves: pd.DataFrame
    warnings: list[tuple[str, dict[str, Any]]]


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
    """Journeys as they were lived, ready to be asked what moves would go with (see `scenario`).

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


def scenario(lived: Lived, moves: Sequence[Move]) -> Scenario:
    """What moving inputs together would go with, each number with its interval.

    Parameters
    ----------
    lived : Lived
    moves : sequence of Move
        Each input once.

    Returns
    -------
    Scenario
        table, first the ends, then what moves on the way: kind ("experience": points of the score, mean over all journeys; "returns": share followed by
        another, 0-1; "revenue", "cost", "net": currency for a year's journeys over the horizon, cost with what moving costs; "output", "input": change of
        the mean of a touchpoint's score or of a later input that is not moved itself), measure, value, low, high, usable (bool: ends, beyond noise; on the
        way, Benjamini-Hochberg over all of them), gain (True better, False worse), n (rows behind it), method, grade ("associated").
        warnings: ``what_if.outside``, ``what_if.not_usable``, ``what_if.not_known``, ``what_if.no_cost``, ``what_if.nothing_moves``.

    Raises
    ------
    UsageError
        An input unknown, not movable or moved twice; no standard where one is needed; nobody in the places chosen. One line, all problems.

    Notes
    -----
    Total effects (`side_effects.side_effects`) carried on as shocks: a later input that is moved too gets only what is left of its move once the earlier ones have
    reached it, so that no path is counted twice (the g-formula of a straight-line recursive system; Robins 1986, Mathematical Modelling 7).
    Two inputs of one moment, moved together, are held equal to each other. The interval joins the errors of all effects and of the means, by
    customer (delta method on influence functions, Student's t). Straight lines and associations: an order of magnitude for choosing what to try. Not for moves far
    outside what was seen, nor where an input follows from what customers said.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"desk.wait": rng.gamma(3, 5, 4000)})
    >>> frame["keys.minutes"] = 10 + 0.5 * frame["desk.wait"] + rng.normal(0, 2, 4000)
    >>> frame["nps"] = 9 - 0.1 * frame["keys.minutes"] + rng.normal(size=4000)
    >>> facts = pd.DataFrame({"input": ["desk.wait", "keys.minutes"], "better": "lower", "standard": [10.0, np.nan]})
    >>> found = scenario(Lived(frame, facts, "nps", order=["desk", "keys"]), [Move("desk.wait", to=5.0)])
    >>> found.table["kind"].tolist(), bool(abs(found.table["value"][0] - 0.5) < 0.15)
    (['experience', 'input'], True)
    """
    moved = _ordered(lived, moves)
    if not moved:
        return Scenario(pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS}), shocks(lived, []).moves, [("what_if.nothing_moves", {})])
    given = shocks(lived, moved)
    inputs = [move.input for move in moved]
    rows = [_row(lived, given, inputs, kind, name) for kind, name in lived.affected if not (kind == "input" and name in inputs)]
    rows = [row for row in rows if row]
    table = pd.DataFrame(_with_money(lived, given, rows))
    method = "total effects carried on, delta method by customer"
    table = table.assign(method=method, grade="associated", usable=_beyond(table, lived.confidence))
    return Scenario(table[list(COLUMNS)], given.moves, _warnings(lived, given, table))


def _ordered(lived: Lived, moves: Sequence[Move]) -> list[Move]:
    """The moves, earlier inputs first; refuses what cannot be moved."""
    problems = []
    for move in moves:
        known = move.input in lived.names
        if not known or not lived.facts.loc[move.input, "movable"]:
            problems.append(f"{move.input!r} cannot be moved (there are {', '.join(n for n in lived.names if lived.facts.loc[n, 'movable'])})")
        elif move.to is None and pd.isna(lived.facts.loc[move.input, "standard"]):
            problems.append(f"{move.input!r} has no standard to be moved to; give a value")
        if known and sum(other.input == move.input for other in moves) > 1:
            problems.append(f"{move.input!r} is moved twice")
        if move.where and move.where not in lived.data:
            problems.append(f"places are chosen by {move.where!r}, which the journeys do not have")
    if problems:
        raise UsageError(f"what if: {'; '.join(dict.fromkeys(problems))}.")
    return sorted(moves, key=lambda move: (int(lived.before[:, lived.names.index(move.input)].sum()), lived.place[move.input]))


def _row(lived: Lived, given: Shocks, inputs: list[str], kind: str, name: str) -> dict | None:
    """The change of one affected measure: total effects times shocks."""
    at = [i for i, one in enumerate(inputs) if lived.reaches(one, name, kind)]
    if not at:
        return None
    effect, error, df, n = lived.effects(name, [inputs[i] for i in at])
    if not np.isfinite(effect).any():
        return None
    effect = np.nan_to_num(effect)
    share = given.share(lived, name)[at] if kind == "input" else np.ones(len(at))
    value = float(effect @ (given.size[at] * share))
    influence = error @ (given.size[at] * share) + given.influence[:, at] @ (effect * share)
    many = len(lived.data) * lived.a_year if kind in ("revenue", "cost") else 1.0
    sign = SIGN[lived.facts.loc[name, "better"]] if kind == "input" else -1.0 if kind == "cost" else 1.0
    return {"kind": kind, "measure": name, "n": n, "df": df, "sign": sign, "influence": many * influence} | _interval(many * value, many * influence, df, lived.confidence)


def _interval(value: float, influence: np.ndarray, df: float, confidence: float) -> dict[str, float]:
    error = float(np.sqrt((influence**2).sum()))
    half = quantile(confidence, df) * error
    p = float(p_values(np.array(value / error), df)) if error else math.nan
    return {"value": value, "low": value - half, "high": value + half, "p": p}


def _with_money(lived: Lived, given: Shocks, rows: list[dict]) -> list[dict]:
    """What moving costs goes into cost; what is left of revenue is net."""
    at = {row["kind"]: place for place, row in enumerate(rows) if row["kind"] in ("revenue", "cost")}
    if "cost" in at:
        row = rows[at["cost"]]
        total, influence = row["value"] + given.cost * lived.a_year, row["influence"] + given.cost_influence * lived.a_year
        rows[at["cost"]] = row | {"influence": influence} | _interval(total, influence, row["df"], lived.confidence)
        if "revenue" in at:
            revenue, cost = rows[at["revenue"]], rows[at["cost"]]
            influence = revenue["influence"] - cost["influence"]
            net = _interval(revenue["value"] - cost["value"], influence, revenue["df"], lived.confidence)
            rows.insert(max(at.values()) + 1, revenue | {"kind": "net", "measure": "net", "sign": 1.0, "influence": influence} | net)
    return [{name: value for name, value in row.items() if name != "influence"} | {"gain": bool(row["value"] * row["sign"] > 0)} for row in rows]


def _beyond(table: pd.DataFrame, confidence: float) -> np.ndarray:
    """Ends each by its own interval; what moves on the way by the family of all of it."""
    on_the_way = table["kind"].isin(["input", "output"]).to_numpy()
    p = table["p"].to_numpy(dtype=float)
    usable = p <= 1 - confidence
    usable[on_the_way] = adjusted(p[on_the_way]) <= 1 - confidence
    return usable


def _warnings(lived: Lived, given: Shocks, table: pd.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    """What a reader must know of this scenario before trusting it."""
    usable, moves = lived.usable(), given.moves
    told = []
    for row in moves.to_dict("records"):
        if not row["low_seen"] <= row["target"] <= row["high_seen"]:
            told.append(("what_if.outside", {"input": row["input"], "target": row["target"], "low": row["low_seen"], "high": row["high_seen"]}))
    here = [name for name in moves["input"] if not usable.get(name, False)]
    told += [("what_if.not_usable", {"inputs": here, "count": len(here)})] if here else []
    told += [("what_if.not_known", {})] if "experience" not in set(table["kind"]) else []
    told += [("what_if.no_cost", {"inputs": given.uncosted, "count": len(given.uncosted)})] if given.uncosted and "cost" in set(table["kind"]) else []
    still = list(moves.loc[moves["moved"] == 0, "input"])
    return told + ([("what_if.nothing_moves", {})] if len(still) == len(moves) else [])
