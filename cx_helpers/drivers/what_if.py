"""What if inputs were moved: experience, staying, money and side effects of several moves together, nothing counted twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.drivers.lived import Lived
from cx_helpers.drivers.robust import p_values
from cx_helpers.drivers.shocks import Move, Shocks, shocks
from cx_helpers.drivers.side_effects import SIGN
from cx_helpers.errors import UsageError
from cx_helpers.estimates.families import adjusted
from cx_helpers.estimates.moments import quantile

COLUMNS = ("kind", "measure", "value", "low", "high", "usable", "gain", "n", "method", "grade")


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
