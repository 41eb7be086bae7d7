"""What else a customer had rated, and what was told in the very survey of a score, as Ibis expressions."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

WITHIN_SECONDS = 3600


def scored(responses: ir.Table, metric: str) -> ir.Table:
    """The answers to one metric: response_id, journey_id, at (answered), asked, programme_of, source_of."""
    touchpoint, name = metric.split(".", 1)
    given = responses.filter((responses.touchpoint == touchpoint) & (responses.metric == name))
    given = given.filter(given.score.notnull() & given.answered_at.notnull())
    return given.select("response_id", "journey_id", at=given.answered_at, asked=given.asked_at, programme_of=given.programme, source_of=given.source)


def rated_beside(answers: ir.Table, responses: ir.Table, metric: str) -> ir.Table:
    """What the customer of each answer had been asked, and had rated, up to then.

    Parameters
    ----------
    answers : as `scored` gives it
    responses : Ibis table `responses`, requests without an answer too
    metric : the metric of `answers`, left out of the result

    Returns
    -------
    Ibis table, a row an answer and metric: response_id, name (full), score (the latest known when answering; missing where none), same_survey (0 to 1:
    whether it was put in the same survey: the same row of the export, or the same programme within an hour).
    """
    beside = responses.mutate(name=responses.touchpoint + "." + responses.metric)
    beside = beside.filter(beside.name != metric).select("journey_id", "name", "score", "asked_at", "answered_at", "programme", "source")
    both = answers.inner_join(beside, "journey_id")
    both = both.filter(both.asked_at.isnull() | (both.asked_at <= both["at"]))
    near = (both.asked_at.epoch_seconds() - both.asked.epoch_seconds()).abs() <= WITHIN_SECONDS
    alike = both.programme.fill_null("") == both.programme_of.fill_null("")
    same = (both.source == both.source_of) | (near & alike)
    known = both.score.notnull() & (both.answered_at <= both["at"])
    return both.group_by(["response_id", "name"]).aggregate(
        score=both.score.argmax(both.answered_at, where=known), same_survey=same.fill_null(False).cast("float64").max()
    )


def told_with(answers: ir.Table, inputs: ir.Table) -> ir.Table:
    """Which inputs came with the answer itself.

    Returns
    -------
    Ibis table, a row an input: name (full), told_share (0 to 1: of the answers whose journey has it, in the same row of the export), n (those answers).
    """
    both = answers.inner_join(inputs.mutate(name=inputs.touchpoint + "." + inputs.input).select("journey_id", "name", "source"), "journey_id")
    each = both.group_by(["response_id", "name"]).aggregate(told=(both.source == both.source_of).cast("float64").max())
    return each.group_by("name").aggregate(told_share=each.told.mean(), n=each.told.count())


def first_measured(answers: ir.Table, inputs: ir.Table, names: Sequence[str]) -> ir.Table:
    """When each input was first measured in the journey of each answer, before it or after: response_id and a column a name."""
    both = answers.inner_join(inputs.select("journey_id", "touchpoint", "input", "measured_at"), "journey_id")
    firsts = {name: both.measured_at.min(where=(both.touchpoint + "." + both.input) == name) for name in names}
    return both.group_by("response_id").aggregate(**firsts) if firsts else both.select("response_id").distinct()


def steps_lived(answers: ir.Table, events: ir.Table) -> ir.Table:
    """The touchpoints that each answer's journey had come to by then: response_id, touchpoint; touchpoints without an event are in no row."""
    both = answers.inner_join(events.select("journey_id", "touchpoint", "started_at"), "journey_id")
    return both.filter(both.started_at.isnull() | (both.started_at <= both["at"])).select("response_id", "touchpoint").distinct()


def touchpoints_seen(events: ir.Table) -> list[str]:
    """Touchpoints that have events at all."""
    return sorted(events.select("touchpoint").distinct().execute()["touchpoint"])
