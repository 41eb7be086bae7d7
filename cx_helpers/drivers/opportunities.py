"""Drivers worth acting on, ranked by what meeting the standard would go with for what it takes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.drivers.carried import Step, drawn, means, numbered
from cx_helpers.drivers.columns import checked_weights, column
from cx_helpers.drivers.importance import rank_interval
from cx_helpers.drivers.side_effects import APART, SideEffects
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile

NEEDED = ("input", "label", "better", "standard", "touchpoint")
COLUMNS = (
    "input", "label", "touchpoint", "unit_of_measure", "statistic", "standard", "off_standard_share", "off_standard_low", "off_standard_high",
    "mean_gap", "effect", "effect_low", "effect_high", "effect_kind", "lift", "lift_low", "lift_high", "cost_to_move", "for_effort", "for_effort_low",
    "for_effort_high", "effort", "rank", "rank_low", "rank_high", "flag", "n", "n_off", "method", "grade", "reason", "challenge",
)  # fmt: skip
TEXT = ("input", "label", "touchpoint", "unit_of_measure", "statistic", "effect_kind", "effort", "flag", "method", "grade", "reason", "challenge")
# What a verdict told of the change that looks better at once says of the change towards the standard, where that is the other way.
OTHER_WAY = {
    "backfires": "pays later", "lifts throughout": "against direction", "helps here, nothing later": "costs here, nothing later",
    "lifts later": "harms later", "harms later": "lifts later", APART: APART,
}  # fmt: skip


def opportunities(
    importance: pd.DataFrame, frame: pd.DataFrame, inputs: pd.DataFrame, *, effects: SideEffects | None = None, weights=None, cluster=None,
    confidence: float = 0.95, bootstrap: int = 1000, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Expected difference in the outcome if every journey off standard had met it, a row a driver, ranked by gain for effort.

    Parameters
    ----------
    importance : DataFrame
        From `relative_importance`, at the same confidence.
    frame : DataFrame
        A row a journey in scope, answered or not, with a column an input.
    inputs : DataFrame
        input, label, better ("lower" or "higher"), standard (NaN where none), touchpoint; where known unit_of_measure, challenge, cost_to_move
        (currency a journey), and statistic ("share" where the input is 0/1 and its standard a share of journeys).
    effects : SideEffects, optional
        Of the very rows of `frame`: its total effects take the place of the partial ones, with their joint errors.
    weights, cluster : column name or array, optional
        Survey weights; the customer of each journey.

    Returns
    -------
    DataFrame, opportunities first, by rank:
    input, label, touchpoint, unit_of_measure, statistic, standard; off_standard_share with its low and high (0-1, of journeys
    with the input known); mean_gap (mean excess over the standard of the journeys off it, unit of the input, 0 or
    more); effect, effect_low, effect_high (outcome per unit of the input); effect_kind ("total": with all that follows from it; "partial": the others held equal);
    lift, lift_low, lift_high (outcome, over all journeys); cost_to_move (currency a journey, NaN where not declared); for_effort with low and high
    (lift by unit of currency a journey; NaN where not declared or free); effort ("declared", "free", "not declared"); rank, rank_low, rank_high (1 first; NaN where it is no opportunity);
    flag (what else the move does: "" or "backfires", "pays later", "harms later", "costs here, nothing later", "lifts throughout", "lifts later",
    "helps here, nothing later", "not told apart": its effect may be that of another input of its moment); n (journeys with the input known), n_off; method; grade ("associated"); reason ("" or why there is no lift: "not_usable",
    "no_standard", "no_data", "on_standard", "part_of_earlier": it is there only where an earlier input is, which has the gain; "against_direction"); challenge. attrs: ranked_by ("effort" where any cost is declared, else "lift").

    Raises
    ------
    DataError
        Columns missing, a driver without a row in inputs or in the frame, better neither lower nor higher.

    Notes
    -----
    lift = effect x mean change over all journeys; its interval by the delta method, with the covariance of effect and gap where `effects` gives it (else taken as
    independent). Rank: lift / cost to move; a cost that is not declared is taken as the middle of those that are. Rank intervals: percentiles over draws of customers in which all
    effects and gaps move together (Kline and Santos 2012, score bootstrap; effects without joint errors are drawn alone). It supposes a straight line and that the association is the
    effect: an order of magnitude for choosing what to try, never a forecast. Lifts do not add up: an early input moves later ones. Not for inputs that customers choose.

    >>> importance = pd.DataFrame({"driver": ["pickup.wait"], "effect": [-0.1], "effect_low": [-0.14],
    ...     "effect_high": [-0.06], "usable": [True], "method": ["lmg"]})
    >>> inputs = pd.DataFrame({"input": ["pickup.wait"], "label": ["Wait"], "better": ["lower"], "standard": [10.0],
    ...     "touchpoint": ["pickup"]})
    >>> table = opportunities(importance, pd.DataFrame({"pickup.wait": [5.0, 8, 20, 30]}), inputs)
    >>> float(table["off_standard_share"][0]), float(table["mean_gap"][0]), round(float(table["lift"][0]), 2)
    (0.5, 15.0, 0.75)
    """
    described = _described(importance, frame, inputs)
    if importance.empty:
        return pd.DataFrame({name: pd.Series(dtype=str if name in TEXT else float) for name in COLUMNS})
    asked = _effects(importance, effects)
    gaps = _Gaps(asked, described, frame, weights, cluster, confidence)
    joint = _Joint(asked, gaps, effects, confidence)
    rows = []
    for place, driver in enumerate(asked.itertuples()):
        facts = described.loc[driver.driver]
        row = {"input": driver.driver, **{k: facts.get(k, default) for k, default in
               (("label", ""), ("touchpoint", ""), ("unit_of_measure", ""), ("statistic", ""), ("standard", math.nan), ("cost_to_move", math.nan), ("challenge", ""))}}  # fmt: skip
        row |= {name: getattr(driver, name) for name in ("effect", "effect_low", "effect_high", "effect_kind")} | {"flag": _flag(driver, facts)}
        rows.append(row | _lift(driver, place, facts, gaps, joint))
    table = pd.DataFrame(rows).assign(grade="associated")
    return _ranked(table, joint, bootstrap, seed, confidence)


def _described(importance: pd.DataFrame, frame: pd.DataFrame, inputs: pd.DataFrame) -> pd.DataFrame:
    problems = [f"inputs lack the column {name!r}" for name in NEEDED if name not in inputs]
    if not problems:
        drivers = list(importance["driver"])
        problems += [f"driver {d!r} has no row in inputs" for d in drivers if d not in set(inputs["input"])]
        problems += [f"driver {d!r} is not a column of the journeys" for d in drivers if d not in frame]
        problems += [f"input {i!r} is described twice" for i in inputs.loc[inputs["input"].duplicated(), "input"]]
        odd = inputs[~inputs["better"].isin(["lower", "higher"]) & inputs["input"].isin(drivers) & inputs["standard"].notna()]
        problems += [f"better of {r.input!r} is {r.better!r}, not lower or higher" for r in odd.itertuples()]
    if problems:
        raise DataError(f"opportunities: {'; '.join(problems)}. Describe each driver once in journey.yaml.")
    return inputs.set_index("input")


def _effects(importance: pd.DataFrame, effects: SideEffects | None) -> pd.DataFrame:
    """The effect of each driver by unit of it: the total one where it is known, else the partial one."""
    table = importance[["driver", "effect", "effect_low", "effect_high", "usable", "method"]].assign(effect_kind="partial", verdict="", towards="", part=False)
    if effects is None:
        return table
    ends = effects.detail[effects.detail["kind"] == "total"].set_index("input")
    told = effects.summary.set_index("input")
    rows = []
    for row in table.to_dict("records"):
        if row["driver"] in ends.index:
            end = ends.loc[row["driver"]]
            sign = 1.0 if end["towards"] == "higher" else -1.0
            low, high = sorted((sign * end["low"], sign * end["high"]))
            row |= {"effect": sign * end["effect"], "effect_low": low, "effect_high": high, "usable": bool(end["usable"]), "method": end["method"],
                    "effect_kind": "total", "verdict": told.loc[row["driver"], "verdict"], "towards": end["towards"], "part": bool(told.loc[row["driver"], "given"])}  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def _flag(driver, facts: pd.Series) -> str:
    """What else the move towards the standard does, seen from that move."""
    if driver.verdict in ("", "no clear effect", "not told") or facts["better"] not in ("lower", "higher"):
        return ""
    return driver.verdict if driver.towards == facts["better"] else OTHER_WAY.get(driver.verdict, "")


class _Gaps:
    """How far journeys are from the standard of each driver: the share off it, and the mean change that meeting it takes."""

    def __init__(self, asked: pd.DataFrame, described: pd.DataFrame, frame: pd.DataFrame, weights, cluster, confidence: float):
        ids, w = column(frame, cluster, "cluster"), column(frame, weights, "weights")
        self.weights, self.customers = None if w is None else checked_weights(w), _customers(ids, len(frame))
        self.given = {"weights": self.weights, "cluster": ids, "confidence": confidence}
        moved = np.column_stack([_moves(frame[driver].to_numpy(dtype=float, na_value=np.nan), described.loc[driver]) for driver in asked["driver"]])
        self.moved = moved
        found = [estimates.mean(column, **self.given) for column in moved.T]
        self.signs = np.where(described.loc[asked["driver"], "better"] == "lower", -1.0, 1.0)
        shares = (described["statistic"] if "statistic" in described else pd.Series("", described.index)).loc[asked["driver"]] == "share"
        standard = described.loc[asked["driver"], "standard"].to_numpy(dtype=float)
        # What the standard of a share allows; a single journey meets it or not.
        self.allowed = np.where(shares, np.where(self.signs < 0, standard, 1 - standard), 0.0)
        self.value = self.kept_to(np.array([level.value for level in found]))
        self.half = np.array([level.high - level.value for level in found])

    def kept_to(self, change: np.ndarray) -> np.ndarray:
        """The mean change that leaves the share that the standard allows; none where it is met already."""
        return self.signs * np.maximum(self.signs * change - self.allowed, 0.0)

    def shares(self, place: int) -> dict:
        """Share off standard and mean excess of the journeys off it."""
        change = self.moved[:, place]
        off = np.where(np.isnan(change), np.nan, change != 0)
        share = estimates.share(off, **self.given)
        gap = estimates.mean(np.abs(change[off == 1]), None if self.weights is None else self.weights[off == 1])
        return {"off_standard_share": share.value, "off_standard_low": share.low, "off_standard_high": share.high, "mean_gap": gap.value, "n": share.n, "n_off": gap.n}


def _customers(ids: np.ndarray | None, rows: int) -> np.ndarray:
    """The customer of each row; a row without one is a customer of its own, the same wherever it is met."""
    alone = np.array([f"row {row}" for row in range(rows)], dtype=object)
    return alone if ids is None else np.where(pd.isna(ids), alone, ids)


def _moves(x: np.ndarray, facts: pd.Series) -> np.ndarray:
    """The change each journey would need, signed as the input: towards the standard, 0 where it is met; NaN where unknown."""
    if pd.isna(facts["standard"]):
        return np.full(len(x), np.nan)
    sign = -1.0 if facts["better"] == "lower" else 1.0
    # The standard of a 0/1 input is a share of journeys: no single journey is at 5%, all of them together are.
    target = (0.0 if sign < 0 else 1.0) if facts.get("statistic") == "share" else float(facts["standard"])
    return np.where(np.isnan(x), np.nan, sign * np.maximum(sign * (target - x), 0.0))


class _Joint:
    """Effects and gaps with the errors they share: both numbered by the same customers."""

    def __init__(self, asked: pd.DataFrame, gaps: _Gaps, effects: SideEffects | None, confidence: float):
        self.value, self.gaps = asked["effect"].to_numpy(dtype=float), gaps
        self.half = ((asked["effect_high"] - asked["effect_low"]) / 2).to_numpy(dtype=float)
        self.error = self.half / quantile(confidence, math.inf)
        own = (asked["effect_kind"] == "total").to_numpy()
        given = effects.given if effects is not None else pd.DataFrame()
        self.known = np.flatnonzero(own & asked["driver"].isin(given.columns).to_numpy())
        rows = given.index.to_numpy(dtype=int)
        codes, self.people = numbered(gaps.customers[rows], gaps.customers)
        order = np.argsort(codes[0], kind="stable")
        influence = given[list(asked["driver"].iloc[self.known])].to_numpy(dtype=float)[order] if len(self.known) else np.empty((0, 0))
        self.effects = Step(self.value[self.known], influence, codes[0][order], len(rows))
        self.change = means(gaps.moved, codes[1], gaps.weights)

    def interval(self, place: int) -> tuple[float, float]:
        """Low and high of effect x change (delta method)."""
        effect, change = self.value[place], self.gaps.value[place]
        pieces = (change * self.half[place]) ** 2 + (effect * self.gaps.half[place]) ** 2 + 2 * effect * change * self._shared(place)
        half = math.sqrt(max(pieces, 0.0)) if not math.isnan(self.gaps.half[place]) else abs(change) * self.half[place]
        return effect * change - half, effect * change + half

    def _shared(self, place: int) -> float:
        """Covariance of effect and mean change, on the scale of their half-widths."""
        if place not in self.known or not self.effects.error.all():
            return 0.0
        at = int(np.flatnonzero(self.known == place)[0])
        where = np.searchsorted(self.change.customers, self.effects.customers)
        covariance = float(self.effects.influence[:, at] @ self.change.influence[where, place])
        return covariance * (self.half[place] / self.effects.error[at]) * (self.gaps.half[place] / max(self.change.error[place], 1e-300))

    def draws(self, count: int, seed: int) -> np.ndarray:
        """Lifts in draws of customers, a column a driver."""
        alone = np.random.default_rng([seed, 1]).normal(self.value, self.error, (count, len(self.value)))
        moved, change = drawn([self.effects, self.change], self.people, count, seed) if len(self.known) else (None, drawn([self.change], self.people, count, seed)[0])
        if moved is not None:
            alone[:, self.known] = moved
        return alone * self.gaps.kept_to(change)


def _lift(driver, place: int, facts: pd.Series, gaps: _Gaps, joint: _Joint) -> dict:
    """Journeys off standard, by how much, and the lift with its interval."""
    known = int((~np.isnan(gaps.moved[:, place])).sum())
    unknown = {"off_standard_share": math.nan, "off_standard_low": math.nan, "off_standard_high": math.nan, "mean_gap": math.nan,
               "lift": math.nan, "lift_low": math.nan, "lift_high": math.nan, "n": known, "n_off": 0, "method": driver.method}  # fmt: skip
    if pd.isna(facts["standard"]) or known == 0:
        reason = "no_standard" if pd.isna(facts["standard"]) else "no_data"
        return unknown | {"reason": reason if driver.usable else "not_usable"}
    row = unknown | gaps.shares(place)
    lift = driver.effect * gaps.value[place]
    if not driver.usable:
        return row | {"reason": "not_usable"}
    if row["n_off"] == 0 or gaps.value[place] == 0:
        return row | {"reason": "on_standard"}
    if driver.part:
        return row | {"reason": "part_of_earlier"}
    if lift < 0:
        return row | {"reason": "against_direction"}
    low, high = joint.interval(place)
    return row | {"lift": lift, "lift_low": low, "lift_high": high, "method": f"{driver.method}; delta method", "reason": ""}


def _ranked(table: pd.DataFrame, joint: _Joint, bootstrap: int, seed: int, confidence: float) -> pd.DataFrame:
    """Opportunities first, by gain for effort, with the interval of each rank."""
    cost = table["cost_to_move"].to_numpy(dtype=float)
    table["effort"] = np.where(np.isnan(cost), "not declared", np.where(cost == 0, "free", "declared"))
    for end in ("", "_low", "_high"):
        table[f"for_effort{end}"] = np.divide(table[f"lift{end}"], cost, out=np.full(len(cost), np.nan), where=cost > 0)
    worth = np.flatnonzero(table["reason"] == "")
    paid = cost[worth][cost[worth] > 0]
    effort = np.where(np.isnan(cost), np.median(paid) if len(paid) else 1.0, np.maximum(cost, paid.min() / 1000 if len(paid) else 1.0))
    table["rank"] = table["rank_low"] = table["rank_high"] = np.nan
    if len(worth):
        value = table["lift"].to_numpy()[worth] / effort[worth]
        own = np.argsort(np.argsort(-value, kind="stable"), kind="stable") + 1.0
        draws = joint.draws(bootstrap, seed)[:, worth] / effort[worth]
        low, high = rank_interval(draws, own, confidence)
        for name, numbers in (("rank", own), ("rank_low", low), ("rank_high", high)):
            table.loc[worth, name] = numbers
    table = table.sort_values("rank", kind="stable", na_position="last", ignore_index=True)[list(COLUMNS)]
    table.attrs = {"ranked_by": "effort" if len(paid) else "lift", "confidence": confidence}
    return table


def result_rows(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The opportunities as the `opportunities` result table holds them: value, low and high are the lift.

    Parameters
    ----------
    table : DataFrame
        From `opportunities`; with diagnosis, revenue_a_year, revenue_low, revenue_high where they are known.

    Returns
    -------
    DataFrame with columns input, label, touchpoint, challenge, outcome, rank, rank_low, rank_high, effect, effect_low, effect_high, effect_kind,
    off_standard_share, cost_to_move, flag, diagnosis, revenue_a_year, revenue_low, revenue_high, value, low, high, n, method, grade; only rows that are opportunities.
    """
    names = {"lift": "value", "lift_low": "low", "lift_high": "high", "revenue_a_year_low": "revenue_low", "revenue_a_year_high": "revenue_high"}
    kept = table[table["reason"] == ""].rename(columns=names).assign(outcome=outcome)
    columns = ["input", "label", "touchpoint", "challenge", "outcome", "rank", "rank_low", "rank_high", "effect", "effect_low", "effect_high", "effect_kind",
               "off_standard_share", "cost_to_move", "flag", "diagnosis", "revenue_a_year", "revenue_low", "revenue_high", "value", "low", "high", "n", "method", "grade"]  # fmt: skip
    return kept.reindex(columns=columns)
