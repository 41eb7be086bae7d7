"""How far a scenario moves each input, and what is left of a move once the earlier ones have reached it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.drivers.carried import summed
from cx_helpers.errors import UsageError

SEEN = (1, 99)
MOVED = ("input", "before", "after", "target", "moved", "n", "low_seen", "high_seen")


@dataclass(frozen=True)
class Move:
    """One input moved.

    Attributes
    ----------
    input : str
    to : float or None
        The mean wanted in the places moved (of a yes-or-no input the share of journeys), all journeys there moving alike; None brings each journey that
        is off standard to its standard (of a share: the share down or up to it).
    where : str
        Column of places (unit, a segment); "" everywhere.
    levels : tuple of str
        Which of them.
    """

    input: str
    to: float | None = None
    where: str = ""
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Shocks:
    """What each input is pushed by from outside, earlier ones first.

    Attributes
    ----------
    size : array (inputs,)
        Mean over all journeys, unit of the input.
    influence : array (customers, inputs)
        What each customer gave to its error.
    each : array (journeys, inputs)
    moves : DataFrame
        A row a move (see `what_if.Scenario`).
    cost : float, cost_influence : array (customers,)
        What moving costs, currency for the journeys of the data; NaN where an input moved declares none.
    uncosted : list of str
    """

    size: np.ndarray
    influence: np.ndarray
    each: np.ndarray
    moves: pd.DataFrame
    cost: float
    cost_influence: np.ndarray
    uncosted: list[str]

    def share(self, lived: Any, name: str) -> np.ndarray:
        """How much more each shock is in the journeys that know `name` than in all of them."""
        known = ~np.isnan(lived.values[:, lived.names.index(name)])
        inside = self.each[known].mean(axis=0) if known.any() else np.zeros(len(self.size))
        return np.divide(inside, self.size, out=np.ones(len(self.size)), where=np.abs(self.size) > 1e-12)


def shocks(lived: Any, moved: Sequence[Move]) -> Shocks:
    """The shocks that bring about the moves, given in the order of the journey.

    Parameters
    ----------
    lived : what_if.Lived
    """
    inputs, n = [move.input for move in moved], len(lived.data)
    out = Shocks(np.zeros(0), np.zeros((lived.people, 0)), np.zeros((n, 0)), pd.DataFrame(columns=list(MOVED)), 0.0, np.zeros(lived.people), [])
    rows = []
    for at, move in enumerate(moved):
        x, fact = lived.values[:, lived.names.index(move.input)], lived.facts.loc[move.input]
        there = ~np.isnan(x) & _inside(lived.data, move)
        if not there.any():
            raise UsageError(f"what if: no journey with {move.input!r} known in the places chosen. Choose other places, or leave the input as it is.")
        alike, wanted = _wanted(x, there, move, fact)
        influence = _of_customers(lived, wanted)
        out = _priced(out, lived, move, fact, x, there, wanted, influence)
        earlier = [k for k in range(at) if lived.reaches(inputs[k], move.input, "input")]
        left, of = _left(lived, out, [inputs[k] for k in earlier], earlier, move.input, there, alike, influence) if earlier else (alike, influence)
        if move.to is None and left.mean() * wanted.mean() <= 0:
            left, of = np.zeros(n), np.zeros(lived.people)  # the earlier moves have brought it to its standard already
        out = replace(
            out, size=np.append(out.size, left.mean()), influence=np.column_stack([out.influence, of]), each=np.column_stack([out.each, left]),
        )  # fmt: skip
        low, high = np.percentile(x[~np.isnan(x)], SEEN)
        after = float(x[there].mean() + wanted[there].mean())
        target = float(fact["standard"]) if move.to is None and fact["statistic"] != "share" and wanted.any() else after
        rows.append({"input": move.input, "before": float(x[there].mean()), "after": after, "target": target, "moved": int((np.abs(alike) > 1e-12).sum()),
                     "n": int(there.sum()), "low_seen": float(low), "high_seen": float(high)})  # fmt: skip
    return replace(out, moves=pd.DataFrame(rows, columns=list(MOVED)))


def _inside(data: pd.DataFrame, move: Move) -> np.ndarray:
    return data[move.where].isin(move.levels).to_numpy() if move.where else np.ones(len(data), dtype=bool)


def _wanted(x: np.ndarray, there: np.ndarray, move: Move, fact: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """How far each journey is pushed, and what its own value gives to the mean of that (the same mean, another spread)."""
    sign = -1.0 if fact["better"] == "lower" else 1.0
    if move.to is None and fact["statistic"] != "share":
        gap = np.where(there, sign * np.maximum(sign * (float(fact["standard"]) - x), 0.0), 0.0)
        return gap, gap
    to = float(fact["standard"]) if move.to is None else float(move.to)
    gap = np.where(there, to - x, 0.0)
    if move.to is None and sign * gap.mean() <= 0:
        gap = np.zeros(len(x))  # the share keeps its standard already
    return np.where(there, gap.sum() / there.sum(), 0.0), gap


def _of_customers(lived: Any, wanted: np.ndarray) -> np.ndarray:
    """What each customer gave to the error of the mean of a column over all journeys."""
    off = summed(((wanted - wanted.mean()) / len(wanted))[:, None], lived.codes[0], lived.people)[:, 0]
    groups = len(np.unique(lived.codes[0]))
    return off * math.sqrt(groups / max(groups - 1, 1)) if wanted.any() else np.zeros(lived.people)


def _left(lived: Any, out: Shocks, names: list[str], earlier: list[int], name: str, there: np.ndarray, wanted: np.ndarray, influence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is left of a move once the earlier shocks have reached it, with what each customer gave to its error."""
    effect, error, _, _ = lived.effects(name, names)
    effect = np.nan_to_num(effect)
    inside = out.each[:, earlier] * there[:, None]
    size = inside.mean(axis=0)
    share = np.divide(size, out.size[earlier], out=np.ones(len(earlier)), where=np.abs(out.size[earlier]) > 1e-12)
    return wanted - inside @ effect, influence - error @ size - out.influence[:, earlier] @ (effect * share)


def _priced(out: Shocks, lived: Any, move: Move, fact: pd.Series, x: np.ndarray, there: np.ndarray, wanted: np.ndarray, influence: np.ndarray) -> Shocks:
    """With what this move costs: the declared cost of a journey brought to standard, in proportion to how far it goes."""
    size = wanted.mean()
    if size == 0:
        return out
    full = size
    if move.to is not None:
        full = _wanted(x, there, replace(move, to=None), fact)[1].mean() if not pd.isna(fact["standard"]) else 0.0
    if pd.isna(fact["cost_to_move"]) or size * full <= 0:
        return replace(out, cost=math.nan, uncosted=[*out.uncosted, move.input])
    price = float(fact["cost_to_move"]) * there.sum()
    of = np.zeros(lived.people) if move.to is None else price * influence / full
    return replace(out, cost=out.cost + price * size / full, cost_influence=out.cost_influence + of)
