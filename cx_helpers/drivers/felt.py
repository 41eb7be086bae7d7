"""Where each input starts to hurt: in what is remembered, and in the score of the touchpoint where it was lived."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from cx_helpers.config.journey import Journey
from cx_helpers.drivers.curves import curves as along
from cx_helpers.drivers.design import screen
from cx_helpers.drivers.held_equal import held_equal
from cx_helpers.drivers.thresholds import LEAST_VALUES, bends, judged


def felt_bends(
    answers_of: Callable[..., pd.DataFrame], journey: Journey, primary: str | None, inputs: Sequence[str], held: Sequence[str], *, weights=None,
    cluster: str | None = "customer_id", confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """`thresholds.bends` of every input with many values: for the score that drivers explain, and for its own touchpoint's scores.

    Parameters
    ----------
    answers_of : callable
        ``answers_of(metric, inputs=[...])`` gives the answers to a metric with inputs as of the answer and `points`: `Study.answers`.
    journey : Journey
    primary : full name of the remembered score, or None
    inputs : full names
        Inputs that were measured; of a score, those known often enough when it was given are held equal.
    held : column names
        Unit, month and segments to hold equal.

    Returns
    -------
    DataFrame, a row an input and score, the remembered ones first: the columns of `bends`, with input, metric (full name), own (bool: the score of
    the input's own touchpoint), weight (0-1: the mean loss beyond the bend over all journeys, as a share of the scale of
    the score; 0 without one). Holm's correction is over all rows together. attrs: curves (DataFrame: metric, driver, and the columns
    of `curves.curve` for groups, the bent line and the spline, of every row with a bend), controls (names held equal).
    """
    rows, curves, controls = [], [], []
    tables = {}
    for metric in [name for name in [primary, *_own(journey, primary, inputs)] if name]:
        answers = answers_of(metric, inputs=list(inputs))
        equal = held_equal(answers, list(held))
        answers = answers.assign(**equal)
        asked = screen(answers, "points", list(inputs), list(equal))
        kept = list(asked.loc[asked["kept"], "driver"])
        chosen = [name for name in kept if _many(answers[name]) and (metric == primary or name.split(".")[0] == metric.split(".")[0])]
        if chosen:
            given = {"controls": list(equal), "weights": weights, "cluster": cluster, "confidence": confidence}
            better = {name: journey.inputs[name].better for name in kept}
            tables[metric] = (answers, kept, given)
            controls = list(dict.fromkeys([*controls, *equal]))
            rows.append(bends(answers, "points", kept, asked=chosen, better=better, seed=seed, **given).assign(metric=metric))
    table = judged(pd.concat(rows, ignore_index=True), confidence) if rows else bends(pd.DataFrame(), "points", []).assign(metric=pd.Series(dtype=str))
    table = table.assign(input=table["driver"], own=table["metric"] != primary)
    for row in table[table["bend"]].itertuples():
        answers, kept, given = tables[row.metric]
        others = [name for name in kept if name != row.driver]
        drawn = along(answers, "points", row.driver, bend=row.value, others=others, **given)
        curves.append(drawn.assign(metric=row.metric, driver=row.driver))
    table["weight"] = [_weight(row, tables, journey) if row.bend else 0.0 for row in table.itertuples()]
    table.attrs = {"curves": pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(), "controls": controls}
    return table


def _own(journey: Journey, primary: str | None, inputs: Sequence[str]) -> list[str]:
    """Scores asked at touchpoints with one of the inputs."""
    points = {name.split(".")[0] for name in inputs}
    return [name for name in journey.metrics if name.split(".")[0] in points and name != primary]


def _many(values: pd.Series) -> bool:
    return values.nunique() >= LEAST_VALUES


def _weight(row, tables: dict, journey: Journey) -> float:
    """What all journeys lose beyond the bend, of the whole scale."""
    low, high = journey.metrics[row.metric].span
    sign = -1.0 if journey.inputs[row.driver].better == "higher" else 1.0
    beyond = (sign * (tables[row.metric][0][row.driver] - row.value)).clip(lower=0).mean()
    return float(max(-row.after, 0.0) * beyond / (high - low))
