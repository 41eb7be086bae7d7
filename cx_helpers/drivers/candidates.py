"""What a brand's data offer as drivers of its score, and what the guards say of each: inputs first, then what customers said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cx_helpers.config.journey import OVERALL, Journey
from cx_helpers.drivers.guards import allowed, guards
from cx_helpers.drivers.halo import halo
from cx_helpers.drivers.perceived import askable
from cx_helpers.tables import same_survey

EMOTION = "emotion.present"


@dataclass(frozen=True, eq=False)
class Perceptions:
    """What else the customers of some answers had said.

    Attributes
    ----------
    data : DataFrame
        The answers with a column a rating under its full name, and `emotion.present` (0 or 1) where page 02 found any.
    names : list of str
        These columns, in the order of the journey.
    not_used : DataFrame of bool
        Where there was nothing to rate.
    same_survey : list of str
        Put in the same survey as the score.
    """

    data: pd.DataFrame
    names: list[str]
    not_used: pd.DataFrame
    same_survey: list[str]


def guarded_inputs(study: Any, answers: pd.DataFrame, inputs: list[str]) -> pd.DataFrame:
    """The guards on operational inputs.

    Parameters
    ----------
    answers : DataFrame of `Study.answers` to the study's primary score, with the inputs as of answering

    Returns
    -------
    DataFrame of `guards.guards`.
    """
    journey, metric = study.brand.journey, study.primary
    scored = same_survey.scored(study.table("responses", "window"), metric)
    rows = study.table("inputs")
    firsts = same_survey.first_measured(scored, rows, inputs).execute().set_index("response_id").reindex(answers["response_id"])
    told = same_survey.told_with(scored, rows).execute().set_index("name")["told_share"]
    return guards(
        answers, "score", inputs, cluster="customer_id", answered_at="answered_at", measured_at=firsts[inputs].reset_index(drop=True),
        moments=_moments(journey, [*inputs], metric), same_survey=told.index[told >= 0.5], confidence=study.parameters.confidence, seed=study.parameters.seed,
    )  # fmt: skip


def perceptions(study: Any, answers: pd.DataFrame) -> Perceptions:
    """What was said beside the study's primary score, as known when it was given.

    A rating is missing because there was nothing to rate (its touchpoint was not lived, or a survey that puts it left it out), or because it was not answered.
    """
    metrics = [name for name in study.brand.journey.metrics if name != study.primary]
    scored = same_survey.scored(study.table("responses", "window"), study.primary)
    beside = same_survey.rated_beside(scored, study.table("responses"), study.primary).execute()
    index = pd.Index(answers["response_id"])
    beside = beside[beside["name"].isin(metrics)]
    wide = beside.pivot(index="response_id", columns="name", values="score").reindex(index=index, columns=metrics).astype(float)
    put = beside.assign(put=1.0).pivot(index="response_id", columns="name", values="put").reindex(index=index, columns=metrics).notna()
    same = beside.groupby("name")["same_survey"].mean()
    together = [name for name in metrics if same.get(name, 0.0) >= 0.5]
    unused = pd.DataFrame(False, index=index, columns=metrics)
    unused[together] = ~put[together]
    lived, seen = _lived(study, scored, index)
    for name in metrics:
        point = name.split(".")[0]
        if name not in together and point in seen:
            unused[name] = ~(lived[point] | put[name])
    felt = _emotion(study, answers)
    wide = wide.assign(**{EMOTION: felt.to_numpy()}) if felt is not None else wide
    rated = [name for name in wide.columns if wide[name].notna().any()]
    data = pd.concat([answers.reset_index(drop=True), wide[rated].reset_index(drop=True)], axis=1)
    return Perceptions(data, rated, unused.reindex(columns=rated, fill_value=False).reset_index(drop=True), [n for n in together if n in rated])


def guarded_perceptions(study: Any, said: Perceptions) -> pd.DataFrame:
    """The guards on perceptions, and whether each was given often enough.

    Returns
    -------
    DataFrame of `guards.guards`, with kept (bool): not refused, and askable; where too few gave a rating, that is its reason.
    """
    journey, metric = study.brand.journey, study.primary
    kinds = {name: item.kind for name, item in journey.metrics.items()}
    again = [n for n in said.names if metric.startswith(OVERALL) and n.startswith(OVERALL) or kinds.get(n) == kinds[metric] == "nps"]
    found = guards(
        said.data, "score", said.names, cluster="customer_id", moments=_moments(journey, said.names, metric), same_question=again,
        same_survey=said.same_survey, same_voice=[EMOTION], bridged=said.names, confidence=study.parameters.confidence, seed=study.parameters.seed,
    )  # fmt: skip
    able = askable(said.data, "points", allowed(found)).set_index("driver")
    kept = found["driver"].map(able["kept"]).eq(True)
    return found.assign(kept=kept, reason=found["reason"].where(kept | ~found["driver"].isin(able.index), found["driver"].map(able["reason"])))


def mood(study: Any, said: Perceptions, kept: list[str]) -> dict[str, float]:
    """How much of the ratings put in the score's own survey is one factor: first_factor_share, chance_share, items; empty for fewer than three."""
    items = [name for name in said.same_survey if name in kept]
    if len(items) < 3:
        return {}
    settings = study.parameters
    found = halo(said.data, items, weights=study.weights, cluster="customer_id", confidence=settings.confidence, seed=settings.seed).attrs
    return {name: found[name] for name in ("first_factor_share", "first_factor_low", "first_factor_high", "chance_share", "items")}


def _moments(journey: Journey, names: list[str], outcome: str) -> dict[str, float]:
    """The place of each touchpoint in the journey; what is asked of the whole comes after all."""
    order = {point.id: float(place) for place, point in enumerate(journey.touchpoints)}
    return {name: order.get(name.split(".")[0], math.inf) for name in [*names, outcome] if name != EMOTION}


def _lived(study: Any, scored: Any, index: pd.Index) -> tuple[pd.DataFrame, list[str]]:
    events = study.table("events")
    seen = same_survey.touchpoints_seen(events)
    rows = same_survey.steps_lived(scored, events).execute().assign(lived=True)
    wide = rows.pivot(index="response_id", columns="touchpoint", values="lived").reindex(index=index, columns=seen)
    return wide.notna(), seen


def _emotion(study: Any, answers: pd.DataFrame) -> pd.Series | None:
    """Whether the customer had shown a negative emotion in writing by then; None where page 02 found none."""
    signals = study.learnt("signals", "02_journeys")
    felt = signals[signals["signal"] == "emotion"].dropna(subset=["seen_at"])
    if felt.empty:
        return None
    first = pd.to_datetime(felt["seen_at"], utc=True).groupby(felt["journey_id"]).min()
    return (answers["journey_id"].map(first) <= pd.to_datetime(answers["answered_at"], utc=True)).astype(float)
