"""What `audiences.yaml` says of segments by behaviour: steps that customers take one after the other."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from cx_helpers.config.journey import Journey, Label, Name, Part
from cx_helpers.config.yaml_lines import YamlFile

KINDS = ("case", "event", "answer", "input", "left")


class Between(Part):
    """Limits of a score or an input, both included."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _says_something(self):
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class Step(Part):
    """One step: what happened, or did not, and within how many days of the step before."""

    case: str | list[str] | None = Field(None, description="a case was opened: `any`, or the causes that count")
    event: Name | None = Field(None, description="a touchpoint was met")
    channel: str | list[str] | None = Field(None, description="of an event: the channels that count")
    answer: str | None = Field(None, description="a metric was answered, by its full name; with `between`")
    input: str | None = Field(None, description="an input was measured, by its full name; with `between`")
    between: Between | None = None
    left: Literal[True] | None = Field(None, description="nothing was begun any more")
    denied: Literal[True, "resolved"] | None = Field(None, alias="not", description="true: it did not happen; resolved: the case was not closed")
    within_days: float | None = Field(None, gt=0, le=3650)
    label: Label | None = Field(None, description="what readers call it, such as: called within a month")

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @property
    def kind(self) -> str:
        """Which of `KINDS` the step is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _is_one_thing(self):
        named = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(f"a step is one of {', '.join(KINDS)}; found {' and '.join(named) or 'none'}")
        if self.denied == "resolved" and self.kind != "case":
            raise ValueError("`not: resolved` belongs to a case; write `not: true` for what did not happen")
        if self.denied is True and self.kind == "left":
            raise ValueError("`left` cannot be denied; leave the step out")
        if self.channel is not None and self.kind != "event":
            raise ValueError("`channel` belongs to an event")
        if (self.between is not None) != (self.kind in ("answer", "input")):
            raise ValueError("`between` belongs to an answer or an input, and they need it, such as {min: 0, max: 6}")
        if self.within_days is None and (self.denied is not None or self.kind == "left"):
            raise ValueError("what did not happen, and leaving, need within_days: when it is known")
        return self


class Behaviour(Part):
    """Customers who took the steps in order."""

    id: Name
    label: Label
    steps: list[Step] = Field(min_length=3)
    same: Literal["customer", "journey"] = Field("customer", description="whose steps they are")
    quiet_days: int = Field(120, ge=14, le=1095, description="days without anything begun, after which a customer counts as having left")

    @model_validator(mode="after")
    def _steps_follow(self):
        first, *later = self.steps
        if first.denied is True or first.kind == "left":
            raise ValueError("the first step must be something that happened")
        if first.within_days is not None and first.denied != "resolved":
            raise ValueError("the first step has nothing before it: leave within_days out")
        if any(step.within_days is None for step in later):
            raise ValueError("every step after the first needs within_days, counted from the step before")
        if any(step.kind == "left" for step in self.steps[:-1]):
            raise ValueError("`left` can only be the last step")
        return self

    @property
    def days(self) -> float:
        """Days from the first step until every later one is known."""
        return sum(step.within_days for step in self.steps[1:]) + (self.quiet_days if self.steps[-1].kind == "left" else 0)


def behaviour_problems(behaviours: Sequence[Behaviour], journey: Journey, file: YamlFile) -> list[str]:
    """Touchpoints, metrics and inputs that `journey.yaml` does not declare, and ids that stand twice."""
    known = {"event": [point.id for point in journey.touchpoints], "answer": list(journey.metrics), "input": list(journey.inputs)}
    problems = [
        file.problem(("behaviours",), f"{name!r} stands {times} times among the behaviours; ids must differ.")
        for name, times in Counter(one.id for one in behaviours).items()
        if times > 1
    ]
    for place, one in enumerate(behaviours):
        for number, step in enumerate(one.steps):
            word = getattr(step, step.kind)
            if step.kind in known and word not in known[step.kind]:
                near = difflib.get_close_matches(word, known[step.kind], 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known[step.kind]) or 'none'}."
                problems.append(file.problem(("behaviours", place, "steps", number, step.kind), f"{word!r} is not declared in journey.yaml; {hint}"))
    return problems
