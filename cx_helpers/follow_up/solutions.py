"""Challenges and solutions, both ways; which solutions fit this month's opportunities, and where the library has gaps."""

from __future__ import annotations

import pandas as pd

from cx_helpers.config.journey import label_in
from cx_helpers.config.solutions import Solutions


def library(solutions: Solutions, language: str = "en") -> pd.DataFrame:
    """A row a pair of challenge and solution; a challenge that nothing solves has one row without a solution.

    Returns
    -------
    DataFrame: challenge, challenge_label, inputs (list of full names), solution, solution_label, kind, origin, cost.
    """
    rows = []
    for name, challenge in solutions.challenges.items():
        facts = {"challenge": name, "challenge_label": label_in(challenge.label, language), "inputs": challenge.inputs}
        fitting = [(key, item) for key, item in solutions.solutions.items() if name in item.solves] or [(None, None)]
        for key, item in fitting:
            rows.append(
                {**facts, "solution": key, "solution_label": label_in(item.label, language) if item else None,
                 "kind": item.kind if item else None, "origin": item.origin if item else None, "cost": item.cost if item else None}
            )  # fmt: skip
    columns = ["challenge", "challenge_label", "inputs", "solution", "solution_label", "kind", "origin", "cost"]
    return pd.DataFrame(rows, columns=columns)


def named(actions: pd.DataFrame, solutions: Solutions, language: str = "en") -> pd.DataFrame:
    """The actions with the label of their solution in place of its id; a solution that is not in the library keeps it."""
    labels = {name: label_in(item.label, language) for name, item in solutions.solutions.items()}
    return actions.assign(solution=actions["solution"].map(lambda name: labels.get(name, name)))


def fitting(opportunities: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """The opportunities with the solutions that fit them, an opportunity without one kept and named as a gap.

    Parameters
    ----------
    opportunities : DataFrame
        The result table: input, label, rank, value, low, high, n, method, grade.
    pairs : DataFrame
        As `library` gives it.

    Returns
    -------
    DataFrame: the columns of `opportunities`, challenge_label and solutions (list of labels; empty is a gap in the
    library), in the order of rank.
    """
    by_input = pairs.explode("inputs").dropna(subset=["inputs"])
    rows = []
    for row in opportunities.sort_values("rank").to_dict("records"):
        mine = by_input[by_input["inputs"] == row["input"]]
        named = list(dict.fromkeys(mine["challenge_label"]))
        rows.append({**row, "challenge_label": ", ".join(named), "solutions": list(dict.fromkeys(mine["solution_label"].dropna()))})
    return pd.DataFrame(rows, columns=[*opportunities.columns, "challenge_label", "solutions"])
