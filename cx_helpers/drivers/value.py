"""What a change is worth: experience, customers who come back, revenue and cost, each with an interval carried from end to end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cx_helpers.drivers.carried import Step, drawn, means, numbered, slopes
from cx_helpers.drivers.design import Design, design, screen
from cx_helpers.drivers.robust import holm
from cx_helpers.drivers.staying import MONEY, staying_problems
from cx_helpers.errors import DataError

MOST_LEVELS = 8
PARTS = ("experience", "returns", "revenue_a_year", "cost_a_year", "net_a_year")
TEXT = ("input", "label", "touchpoint", "better", "statistic", "unit_of_measure", "where", "level", "method", "grade", "reason")
CHANGE = ("input", "label", "touchpoint", "better", "standard", "statistic", "unit_of_measure", "cost_to_move", "where", "level")
NUMBERS = (*(f"{part}{end}" for part in PARTS for end in ("", "_low", "_high")), "move_cost_a_year", "n", "n_off")
COLUMNS = (
    *CHANGE, "change", *(f"{part}{end}" for part in PARTS for end in ("", "_low", "_high")), "move_cost_a_year", "usable", "felt", "n", "n_off",
    "n_followed", "n_answers", "method", "grade", "reason",
)  # fmt: skip


def changes(facts: pd.DataFrame, drivers: Sequence[str], journeys: pd.DataFrame | None = None, by: Sequence[str] = ()) -> pd.DataFrame:
    """The changes whose worth is asked: each driver to its standard everywhere and, with `by`, in each level of a segment.

    Parameters
    ----------
    facts : DataFrame
        input, label, touchpoint, better ("lower", "higher"), standard; where known statistic, unit_of_measure and
        cost_to_move (currency a journey).
    drivers : names of inputs
    journeys : DataFrame with the columns `by`, segments of at most 8 levels; others are left out

    Returns
    -------
    DataFrame, a row a change: input, label, touchpoint, better, standard, statistic, unit_of_measure, cost_to_move, where (column
    of a segment, "" everywhere), level (of it), change (message id and arguments).

    >>> facts = pd.DataFrame({"input": ["counter.wait"], "label": ["Wait"], "touchpoint": ["counter"], "better": ["lower"], "standard": [12.0]})
    >>> places = pd.DataFrame({"kind": ["airport", "city", "airport"]})
    >>> changes(facts, ["counter.wait"], places, by=["kind"])[["where", "level"]].to_numpy().tolist()
    [['', ''], ['kind', 'airport'], ['kind', 'city']]
    """
    missing = [name for name in ("input", "label", "touchpoint", "better", "standard") if name not in facts]
    if missing:
        raise DataError(f"value: inputs lack the columns {', '.join(missing)}. Describe each input once.")
    described = facts.set_index("input")
    plain = {"statistic": "", "unit_of_measure": "", "cost_to_move": math.nan}
    rows = []
    for name in (name for name in drivers if name in described.index):
        fact = {"input": name, **{key: described.loc[name].get(key, plain.get(key)) for key in CHANGE[1:8]}}
        rows.append(fact | {"where": "", "level": ""})
        for column in (column for column in by if journeys[column].nunique() <= MOST_LEVELS):
            rows += [fact | {"where": column, "level": level} for level in sorted(journeys[column].dropna().unique())]
    table = pd.DataFrame(rows, columns=list(CHANGE))
    return table.assign(change=[_worded(row) for row in table.to_dict("records")])


def _worded(row: Mapping) -> tuple[str, dict]:
    kept = ("label", "level", "standard", "unit_of_measure", "statistic")
    kind = "none" if pd.isna(row["standard"]) else row["better"]
    return (f"worth.change_{kind}" + ("_in" if row["level"] else ""), {name: row[name] for name in kept})


def _known(journeys: pd.DataFrame, asked: pd.DataFrame, answers: pd.DataFrame | None, outcome: str | None, cluster: str) -> None:
    """Refuses frames that lack what is asked of them, all in one line."""
    if not isinstance(asked, pd.DataFrame) or not {"input", "where", "level"} <= set(asked):
        raise DataError("value: the second argument is not a table of changes. Give what `value.changes(facts, drivers)` returns.")
    problems = [f"journeys lack the column {cluster!r}"] if cluster not in journeys else []
    if answers is not None:
        problems += [f"answers lack the column {name!r}" for name in (outcome, cluster) if name is not None and name not in answers]
        problems += ["answers are given without the name of their outcome"] if outcome is None else []
    if problems:
        raise DataError(f"value: {'; '.join(problems)}. Name the column of customers as cluster, and the score as outcome.")


def worth(
    journeys: pd.DataFrame, asked: pd.DataFrame, *, answers: pd.DataFrame | None = None, outcome: str | None = None, drivers: Sequence[str] = (),
    answer_controls: Sequence[str] = (), journey_controls: Sequence[str] = (), weights: str | None = None, cluster: str = "customer_id",
    a_year: float = 1.0, bootstrap: int = 500, confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """What bringing each input to its standard would go with: points of the score, customers who come back, revenue and cost.

    Parameters
    ----------
    journeys : DataFrame
        A row a journey that has ended: a column an input; returned (0/1), revenue, cost (currency over the horizon), month and
        first_counted as `tables.money.following` gives them (NaN where unknown; without them only experience is told);
        current (bool) marks the journeys whose gap to standard is asked (all, where the column is missing).
    asked : DataFrame
        From `changes`.
    answers, outcome : DataFrame and its column, optional
        A row an answer, inputs as they stood when answering.
    drivers : names of inputs, optional
        What enters the models together; by default all inputs of `asked`. Those that cannot be asked are left out
        (see `design.screen`) and have no worth.
    answer_controls, journey_controls : column names
        Held equal in the model of the answers, and in those of staying and money.
    weights : column of `answers`, optional
    cluster : column of both frames
    a_year : float
        A year's journeys for each current one: 12 / months of the window.
    bootstrap, confidence, seed

    Returns
    -------
    DataFrame, a row a change, in the order asked: its columns and change; experience (points of the outcome over all current journeys),
    returns (share of journeys followed by another, 0-1), revenue_a_year, cost_a_year (what moving costs and what those who come back
    cost) and net_a_year (revenue less cost), each with its _low and _high: currency, for a year's journeys, each followed over the horizon;
    move_cost_a_year (declared cost to move, all journeys with the input); usable (bool: staying is beyond noise, Holm over inputs); felt (bool: the score is, likewise);
    n (current journeys with the input in the change's scope), n_off (of these off standard), n_followed, n_answers; method; grade
    ("associated"); reason ("", "no_standard", "no_data", "on_standard", "not_in_model"). attrs: those of `journeys`, and left_out.

    Raises
    ------
    DataError
        A column that is missing; leakage (money counted in or before the month of the journey; an input made from the money); too few journeys that were not,
        or were, followed by another; customers who hardly return. See `staying.staying_problems`. One line, all problems.

    Notes
    -----
    Four models (score, staying, revenue, cost), straight lines with the same inputs, and the mean distance from standard; all are
    drawn by the same customers at once (`carried.drawn`), and each draw is carried to the end, so that low and high hold the error of every step.
    The effect is taken to be the same in each level of a segment; distances differ. It supposes that the associations are effects: an
    order of magnitude for choosing what to try. Not for inputs that customers choose, nor for one score's worth in money:
    there is no such factor (`staying.score_worth`).

    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"wait": rng.gamma(3, 5, 2000), "customer_id": range(2000), "month": "2026-01", "first_counted": "2026-02"})
    >>> rows["returned"] = (rng.random(2000) < 0.6 - 0.01 * rows["wait"]).astype(float)
    >>> rows["revenue"], rows["cost"] = 100 * rows["returned"], 60 * rows["returned"]
    >>> facts = pd.DataFrame({"input": ["wait"], "label": ["Wait"], "touchpoint": ["counter"], "better": ["lower"], "standard": [10.0]})
    >>> table = worth(rows, changes(facts, ["wait"]), bootstrap=200)
    >>> bool(table["usable"][0]), bool(table["revenue_a_year_low"][0] > 0)
    (True, True)
    """
    _known(journeys, asked, answers, outcome, cluster)
    drivers = list(drivers) or list(dict.fromkeys(asked["input"]))
    current = journeys[journeys["current"].to_numpy(dtype=bool)] if "current" in journeys else journeys
    followed = journeys[journeys["returned"].notna()] if "returned" in journeys else journeys.iloc[:0]
    models, left_out = [], {}
    if asked.empty:
        return pd.DataFrame({name: pd.Series(dtype=object if name in ("change", *TEXT) else float) for name in COLUMNS})
    if answers is not None and outcome is not None and len(answers):
        models.append(_model("experience", answers, [outcome], drivers, answer_controls, weights, cluster, left_out))
    if len(followed):
        problems = staying_problems(followed, drivers, journey_controls)
        if problems:
            raise DataError(f"value: {'; '.join(problems)}.")
        money = [name for name in MONEY if name in followed and followed[name].notna().any()]
        models.append(_model("money", followed, money, drivers, journey_controls, None, cluster, left_out))
    moved, known = _moves(asked, current)
    models = [part for part in models if part]
    frames = [part["rows"][cluster] for part in models] + [current[cluster]]
    codes, people = numbered(*frames)
    steps = [step for part, who in zip(models, codes, strict=False) for step in slopes(part["design"], part["y"], who)]
    steps.append(means(moved, codes[-1]))
    draws = drawn(steps, people, bootstrap, seed)
    named, chance = _named(models, steps, draws)
    table = _table(asked, named, chance, (steps[-1].value, draws[-1]), known, a_year, confidence)
    sizes = {part["name"]: part["design"].n for part in models}
    method = f"least squares, {bootstrap} draws of customers carried through" + (", weighted" if weights else "")
    table = table.assign(n_followed=sizes.get("money", 0), n_answers=sizes.get("experience", 0), method=method, grade="associated")[list(COLUMNS)]
    table.attrs = {**journeys.attrs, "left_out": left_out, "confidence": confidence}
    return table


def _model(name, data, outcomes, drivers, controls, weights, cluster, left_out) -> dict | None:
    """One design for one or more outcomes of the same rows; inputs that cannot be asked are left out and told. None where none can."""
    found = screen(data, outcomes[0], [d for d in drivers if d in data], list(controls))
    left_out[name] = dict(zip(found["driver"], found["reason"], strict=True)) | {d: "not_measured" for d in drivers if d not in data}
    left_out[name] = {driver: reason for driver, reason in left_out[name].items() if reason}
    kept = list(found.loc[found["kept"], "driver"])
    if not kept:
        return None
    d: Design = design(data, outcomes[0], kept, list(controls), weights, cluster)
    rows = data[d.kept]
    y = rows[outcomes].to_numpy(dtype=float)
    # A month without a number in a table that has the column brought nothing.
    return {"name": name, "design": d, "rows": rows, "outcomes": outcomes, "y": np.nan_to_num(y)}


def _moves(asked: pd.DataFrame, current: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """How far each journey would move, a column a change (NaN outside its scope or unknown); and counts of each."""
    moved, rows = np.full((len(current), len(asked)), np.nan), []
    for j, change in enumerate(asked.itertuples()):
        x = current[change.input].to_numpy(dtype=float, na_value=np.nan) if change.input in current else np.full(len(current), np.nan)
        inside = (current[change.where] == change.level).to_numpy(dtype=bool) if change.where else np.ones(len(current), bool)
        sign = -1.0 if change.better == "lower" else 1.0
        target = (0.0 if sign < 0 else 1.0) if change.statistic == "share" else float(change.standard)
        moved[:, j] = np.where(inside, sign * np.maximum(sign * (target - x), 0.0), np.nan)
        rows.append({"n": int((~np.isnan(x) & inside).sum()), "n_everywhere": int((~np.isnan(x)).sum()), "n_off": int((np.nan_to_num(moved[:, j]) != 0).sum())})
    return moved, pd.DataFrame(rows, columns=["n", "n_everywhere", "n_off"])


def _named(models: list[dict], steps: list[Step], draws: list[np.ndarray]) -> tuple[dict[str, dict[str, tuple[float, np.ndarray]]], dict[str, dict[str, float]]]:
    """Slope of each outcome by input, its value and its draws; and how easily chance gives so large a slope on coming back, and on the score."""
    out, place, chance = {}, 0, {}
    for part in models:
        for outcome in part["outcomes"]:
            name = "experience" if part["name"] == "experience" else outcome
            names = part["design"].drivers
            out[name] = {driver: (float(steps[place].value[i]), draws[place][:, i]) for i, driver in enumerate(names)}
            chance |= {name: dict(zip(names, steps[place].p(), strict=True))} if name in ("returned", "experience") else {}
            place += 1
    return out, chance


def _table(asked, named, chance, gaps, known: pd.DataFrame, a_year: float, confidence: float) -> pd.DataFrame:
    rows = []
    for j, change in enumerate(asked.itertuples()):
        gap = [_allowed(part[..., j], change) for part in gaps]
        n, everywhere = int(known["n"][j]), int(known["n_everywhere"][j])
        reason = "no_standard" if pd.isna(change.standard) else "no_data" if n == 0 else "on_standard" if gap[0] == 0 else ""
        row = {"n": n, "n_off": int(known["n_off"][j]), "reason": reason, "move_cost_a_year": math.nan}
        if not reason:
            row |= _carried(named, change, gap, n, everywhere, a_year, confidence)
        rows.append(row)
    table = pd.concat([asked.reset_index(drop=True), pd.DataFrame(rows).reindex(columns=[*COLUMNS[len(CHANGE) + 1 : -5], "n", "n_off", "reason"])], axis=1)
    table = table.loc[:, ~table.columns.duplicated()]
    return table.assign(usable=_beyond(table, chance.get("returned", {}), confidence), felt=_beyond(table, chance.get("experience", {}), confidence))


def _beyond(table: pd.DataFrame, chance: Mapping[str, float], confidence: float) -> list[bool]:
    """One question an input, however many levels its worth is told for: does the outcome move with it?"""
    told = list(dict.fromkeys(table.loc[(table["reason"] == "") & table["input"].isin(list(chance)), "input"]))
    beyond = dict(zip(told, holm(np.array([chance[name] for name in told]), 1 - confidence), strict=True)) if told else {}
    return [bool(beyond.get(name, False)) for name in table["input"]]


def _allowed(mean_move, change):
    """The mean move that leaves what the standard of a share allows; no more than that is asked of all journeys together."""
    if change.statistic != "share" or pd.isna(change.standard):
        return mean_move
    return np.minimum(mean_move + change.standard, 0.0) if change.better == "lower" else np.maximum(mean_move - (1 - change.standard), 0.0)


def _carried(named, change, gap, n: int, everywhere: int, a_year: float, confidence: float) -> dict:
    """Every number of one change: slope times move, in the data and in each draw."""
    scale = {"experience": n / everywhere, "returned": n / everywhere, "revenue": n * a_year, "cost": n * a_year}
    slope = {name: part[change.input] for name, part in named.items() if change.input in part}
    if not slope:
        return {"reason": "not_in_model"}
    found = {name: tuple(beta * g * scale[name] for beta, g in zip(both, gap, strict=True)) for name, both in slope.items()}
    row = {"move_cost_a_year": change.cost_to_move * n * a_year}
    if "cost" in found:
        found["cost"] = tuple(part + row["move_cost_a_year"] for part in found["cost"])
        found["net"] = tuple(a - b for a, b in zip(found["revenue"], found["cost"], strict=True)) if "revenue" in found else None
    names = {"experience": "experience", "returned": "returns", "revenue": "revenue_a_year", "cost": "cost_a_year", "net": "net_a_year"}
    for name, both in found.items():
        if both is not None:
            row |= _interval(names[name], *both, confidence)
    return row


def _interval(name: str, value: float, draws: np.ndarray, confidence: float) -> dict[str, float]:
    if math.isnan(value):
        return {}
    tail = 50 * (1 - confidence)
    low, high = np.percentile(draws, [tail, 100 - tail])
    return {name: float(value), f"{name}_low": min(float(low), float(value)), f"{name}_high": max(float(high), float(value))}
