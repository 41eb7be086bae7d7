"""What was advised a year ago: as kept then, or as it would have been, from what was known at the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from cx_helpers.drivers import candidates, design, guards
from cx_helpers.drivers.advice import COLUMNS as ADVICE
from cx_helpers.drivers.advice import advice_checked
from cx_helpers.drivers.held_equal import held_equal
from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.opportunities import opportunities
from cx_helpers.drivers.side_effects import SideEffects
from cx_helpers.drivers.told_side_effects import counted_ever, of_journeys
from cx_helpers.tables.timed import journeys_in_time

YEAR = 12
COLUMNS = ["input", "label", "unit_of_measure", "outcome", "effect", "effect_low", "effect_high"]


def study_then(study: Any, months_back: int = YEAR) -> Any | None:
    """The study as of so many months ago (or of the window, where that is longer: periods must not overlap); None where nothing
    was known then, or where the score was asked otherwise.

    Parameters
    ----------
    study : Study
    """
    back = max(months_back, len(study.window))
    then = replace(study, month=str(pd.Period(study.month, "M") - back), results={})
    changed = study.selection.reworded_since.get(study.primary, "")
    return then if then.window and then.window[-1] == then.month and changed <= then.month else None


def advice_given(study: Any, then: Any, facts: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """The opportunities of `then`: as its page kept them, else as they are found in what was known at that time.

    Parameters
    ----------
    study, then : Study
        Of today, and as `study_then` gives it.
    facts : DataFrame
        As `tables.measures.measures` gives it.

    Returns
    -------
    DataFrame, a row an opportunity and score: input, label, unit_of_measure, outcome (the remembered score, and the score of the input's own
    touchpoint where it went with that beyond noise), effect, effect_low, effect_high. attrs: kept (bool), month.
    """
    back = (pd.Period(study.month, "M") - pd.Period(then.month, "M")).n
    kept = study.learnt("opportunities", study.notebook, months_back=back)
    kept = kept[kept["outcome"] == study.primary] if len(kept) else kept
    found, spread = _as_known_then(then, facts, confidence)
    found = kept if len(kept) else found.assign(outcome=study.primary)
    words = facts.dropna(subset=["input"]).set_index("input")
    found = found[found["input"].isin(words.index)].sort_values("rank", kind="stable")
    found = pd.concat([found.reindex(columns=["input", "outcome", "effect", "effect_low", "effect_high"]), _at_hand(spread, list(found["input"]))], ignore_index=True)
    found = found.assign(label=found["input"].map(words["label"]), unit_of_measure=found["input"].map(words["unit_of_measure"]))[COLUMNS]
    found.attrs = {"kept": bool(len(kept)), "month": then.month}
    return found


def _at_hand(spread: SideEffects | None, names: list[str]) -> pd.DataFrame:
    """The effect of each input on the score of its own touchpoint, per unit of the input, where it is beyond noise."""
    if spread is None or not names:
        return pd.DataFrame()
    own = spread.detail[spread.detail["input"].isin(names) & spread.detail["here"] & spread.detail["usable"] & (spread.detail["kind"] == "output")]
    sign = (own["towards"] == "higher") * 2.0 - 1
    ends = pd.DataFrame({"a": sign * own["low"], "b": sign * own["high"]})
    return pd.DataFrame({"input": own["input"], "outcome": own["affected"], "effect": sign * own["effect"], "effect_low": ends.min(axis=1), "effect_high": ends.max(axis=1)})


def _as_known_then(then: Any, facts: pd.DataFrame, confidence: float) -> tuple[pd.DataFrame, SideEffects | None]:
    """The analysis of page 03 on the months up to then: opportunities, and what each input did at its own touchpoint."""
    inputs = then.inputs(drivers=True)
    answers = then.answers(then.primary, inputs=inputs)
    nothing = pd.DataFrame(columns=[*COLUMNS, "rank"])
    if answers.empty or not inputs:
        return nothing, None
    held = held_equal(answers, ["unit", "journey_month", *then.controls])
    answers = answers.assign(**held)
    allowed = guards.allowed(candidates.guarded_inputs(then, answers, inputs))
    asked = design.screen(answers, "points", allowed, list(held))
    drivers = list(asked.loc[asked["kept"], "driver"])
    if not drivers:
        return nothing, None
    options = {"weights": then.weights, "cluster": "customer_id", "confidence": confidence}
    ranked = relative_importance(answers, "points", drivers, controls=list(held), bootstrap=0, method="last", **options)
    journey = then.brand.journey
    lived = journeys_in_time(
        then.table("journeys", "window"), then.table("inputs"), inputs, then.answers(span="known"), ever=counted_ever(journey), columns=then.controls
    )
    same = held_equal(lived, ["unit", "journey_month", *then.controls])
    spread = of_journeys(lived.assign(**same), facts, journey, inputs, then.primary, controls=list(same), **options)
    found = opportunities(ranked, lived, facts.dropna(subset=["input"]), effects=spread, cluster="customer_id", confidence=confidence, bootstrap=1)
    return found[found["reason"] == ""], spread


def _beyond(answers: pd.DataFrame, facts: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Inputs as their distance beyond the standard, 0 where it is met: what the advice was about. Yes-or-no inputs, and those without a standard, as they are."""
    words = facts.dropna(subset=["input"]).set_index("input")
    measured = [name for name in names if pd.notna(words.loc[name, "standard"]) and words.loc[name, "statistic"] != "share"]
    limit = {"lower": {"lower": 0.0}, "higher": {"upper": 0.0}}
    return answers.assign(**{name: (answers[name] - words.loc[name, "standard"]).clip(**limit[words.loc[name, "better"]]) for name in measured})


def checked(study: Any, then: Any | None, facts: pd.DataFrame, spread: SideEffects, confidence: float = 0.95) -> pd.DataFrame:
    """`advice.advice_checked` of a brand, for the remembered score and for the scores of the inputs' own touchpoints.

    Parameters
    ----------
    study, then : Study
        Of today, and as `study_then` gives it.
    spread : SideEffects
        Of today: says which inputs move through which.

    Returns
    -------
    DataFrame as `advice_checked` with outcome and outcome_label, scores asked otherwise since then left out; empty where there is no earlier
    advice. attrs: month, kept, window (months of then), looks, confidence.
    """
    given = advice_given(study, then, facts, confidence) if then is not None else pd.DataFrame(columns=COLUMNS)
    reworded = study.selection.reworded_since
    given = given[[reworded.get(name, "") <= then.month for name in given["outcome"]]] if len(given) else given
    if given.empty:
        return pd.DataFrame(columns=["outcome", "outcome_label", *ADVICE])
    names = list(given["input"].unique())
    before, now = (_beyond(frame, facts, names) for frame in (then.answers(inputs=names), study.answers(inputs=names)))
    moved = spread.detail[(spread.detail["kind"] == "input") & spread.detail["usable"]]
    through = {name: list(part["affected"]) for name, part in moved.groupby("input", sort=False)}
    options = {"through": through, "weights": study.weights, "cluster": "customer_id", "minimum": study.brand.journey.minimum_n, "looks": len(given), "confidence": confidence}
    words = facts.set_index("measure")["label"]
    tables = [
        advice_checked(part, before[before["name"] == name], now[now["name"] == name], "points", **options).assign(outcome=name, outcome_label=words[name])
        for name, part in given.groupby("outcome", sort=False)
    ]  # fmt: skip
    table = pd.concat(tables, ignore_index=True).sort_values("input", key=lambda part: part.map(names.index), kind="stable", ignore_index=True)
    table.attrs = {**given.attrs, "window": list(then.window), "looks": len(given), "confidence": confidence}
    return table
