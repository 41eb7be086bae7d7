"""What `journey.yaml` says: stages, touchpoints, their inputs and metrics, segments and states."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from cx_helpers.config.business_hours import BusinessHours
from cx_helpers.config.promise import Promise

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Label = Annotated[str, StringConstraints(min_length=1)] | dict[str, str]
OVERALL = "overall"


def label_in(label: Label, language: str) -> str:
    """A label in `language`, else in English, else in whichever language it has."""
    if isinstance(label, str):
        return label
    return label.get(language) or label.get("en") or next(iter(label.values()))


class Part(BaseModel):
    """A piece of configuration: a key that is not known is a problem, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(Part):
    """An operational measure at a touchpoint."""

    id: Name
    label: Label
    unit: str = Field(description="unit of measure, such as minutes; `share` for 0/1 values")
    better: Literal["lower", "higher"]
    standard: float | None = None
    statistic: Literal["median", "mean", "share"] = "median"
    counts: Literal["last", "ever"] = Field(
        "last", description="over a journey: its last value, or (of 0/1 values) whether it was ever 1"
    )
    ever: Label | None = Field(None, description="its label where it counts whether it was ever 1 over a journey")
    shown: bool = Field(True, description="in tables and on the map; an input that only tells states apart is not")
    driver: bool = Field(True, description="offered to the driver analysis")
    minimum: float | None = Field(None, description="lowest value that can be true; rows below are set aside")
    maximum: float | None = Field(None, description="highest value that can be true; rows above are set aside")
    cost_to_move: float | None = Field(None, ge=0, description="money a journey to move it to standard")

    @model_validator(mode="after")
    def _share_of_yes(self):
        if self.statistic == "share" and self.standard is not None and not 0 <= self.standard <= 1:
            raise ValueError(f"standard {self.standard:g} of a share must be between 0 and 1")
        return self


SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "rating": (1, 5)}
Version = Annotated[str, BeforeValidator(str)]


class Comparable(Part):
    """Which wordings and programmes of one metric measure the same thing; answers to others are never pooled."""

    wordings: list[list[Version]] = Field([], description="groups of question_version whose answers may be pooled")
    programmes: list[list[Version]] = Field([], description="groups of programme whose answers may be pooled")
    scales: dict[Version, tuple[float, float]] = Field(
        {}, description="wording or programme to the scale it was asked on, where the rows do not say it"
    )

    @field_validator("wordings", "programmes")
    @classmethod
    def _groups_are_apart(cls, value: list[list[str]]) -> list[list[str]]:
        names = [name for group in value for name in group]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} stands twice; a name belongs to one group")
        if any(len(group) < 2 for group in value):
            raise ValueError("a group needs two names or more, such as [[v1, v2]]")
        return value

    @field_validator("scales")
    @classmethod
    def _scales_in_order(cls, value: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for name, (low, high) in value.items():
            if low >= high:
                raise ValueError(f"scale [{low:g}, {high:g}] of {name!r} must run from low to high")
        return value

    @staticmethod
    def group(name: str, groups: list[list[str]]) -> str:
        """What a wording or programme is pooled under: the first of its group, else itself."""
        return next((group[0] for group in groups if name in group), name)


class Metric(Part):
    """A question put to customers: NPS, CSAT, CES or a rating."""

    id: Name
    kind: Literal["nps", "csat", "ces", "rating"]
    label: Label
    scale: tuple[float, float] | None = None
    target: float | None = None
    asked: Label | None = Field(None, description="when and how it is asked, in words")
    primary: bool = Field(False, description="the remembered score that drivers explain")
    comparable: Comparable = Comparable()

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest score that can be given."""
        return self.scale or SCALES[self.kind]

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and highest value the score itself can take: -100 to 100 points for an NPS."""
        return (-100.0, 100.0) if self.kind == "nps" else self.limits

    @model_validator(mode="after")
    def _scale_in_order(self):
        low, high = self.limits
        if low >= high:
            raise ValueError(f"scale [{low:g}, {high:g}] must run from low to high")
        if self.kind == "nps" and (low, high) != (0, 10):
            raise ValueError(f"scale [{low:g}, {high:g}] of an NPS must be [0, 10]; call it a rating otherwise")
        if self.kind == "nps" and self.comparable.scales:
            raise ValueError("an NPS is not carried over from another scale; leave `scales` out, or call it a rating")
        return self


class Touchpoint(Part):
    """A step of the journey."""

    id: Name
    label: Label
    owner: str | None = None
    moment_of_truth: bool = False
    asking: bool = Field(False, description="the step is the asking for feedback itself: nobody leaves there")
    inputs: list[Input] = []
    metrics: list[Metric] = []

    @field_validator("id")
    @classmethod
    def _not_overall(cls, value: str) -> str:
        if value == OVERALL:
            raise ValueError("`overall` is kept for the remembered score; give the touchpoint another id")
        return value


class Stage(Part):
    """A stretch of the journey with its touchpoints in order."""

    id: Name
    label: Label
    touchpoints: list[Touchpoint] = Field(min_length=1)


class Segment(Part):
    """A column of `journeys` by which results are split."""

    id: Name
    label: Label
    control: bool = Field(False, description="held constant in the driver analysis")


class Condition(Part):
    """What an input must be: equal to `is`, or between `min` and `max`; `known: at_end` looks past the answer."""

    equals: float | None = Field(None, alias="is")
    min: float | None = None
    max: float | None = None
    missing: bool | None = None
    known: Literal["at_answer", "at_end"] = "at_answer"

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="after")
    def _says_something(self):
        if all(value is None for value in (self.equals, self.min, self.max, self.missing)):
            raise ValueError("a condition needs one of is, min, max, missing")
        return self


class State(Part):
    """What a customer had lived when answering: the first state whose conditions all hold."""

    id: Name
    label: Label
    when: dict[str, Condition] = {}


class Trait(Part):
    """A column of `customers`: what is known of a person beside their journeys."""

    id: Name
    label: Label
    kind: Literal["demographic", "psychographic", "transactional", "behavioural"]


class Weighting(Part):
    """What the answers are weighted to: journeys as they ran, or shares known from elsewhere."""

    to: Literal["journeys"] = "journeys"
    by: list[Name] = Field([], description="unit or segments whose shares among journeys the answers shall have")
    margins: dict[Name, dict[str, float]] = Field({}, description="unit or segment to the share of each level, from elsewhere")
    trim: tuple[float, float] = Field((0.2, 5.0), description="lowest and highest an answer may count beside the mean of 1")

    @model_validator(mode="after")
    def _says_to_what(self):
        if not self.columns:
            raise ValueError("weighting needs `by` (columns of journeys) or `margins` (shares known from elsewhere)")
        if set(self.by) & set(self.margins):
            raise ValueError(f"{sorted(set(self.by) & set(self.margins))[0]!r} stands in `by` and in `margins`; keep one")
        for column, shares in self.margins.items():
            if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 0.005:
                raise ValueError(f"margins of {column!r} must be above 0 and add up to 1 (they add up to {sum(shares.values()):g})")
        if not 0 <= self.trim[0] < 1 < self.trim[1]:
            raise ValueError(f"trim [{self.trim[0]:g}, {self.trim[1]:g}] must lie on both sides of 1, such as [0.2, 5]")
        return self

    @property
    def columns(self) -> list[str]:
        """Every column the answers are weighted by."""
        return [*self.by, *self.margins]


class UnitWords(Part):
    """What one unit, and many, are called."""

    one: Label = "unit"
    many: Label = "units"


class JourneyWords(Part):
    """What one journey, and many, are called."""

    one: Label = "journey"
    many: Label = "journeys"


class Journey(Part):
    """The whole of `journey.yaml`."""

    label: Label = Field(description="the brand's name as readers know it")
    language: str = "en"
    time_zone: str = "UTC"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"
    journey: JourneyWords = JourneyWords()
    unit: UnitWords | None = None
    minimum_n: int = Field(10, ge=5, description="below it a value is hidden")
    few_n: int = Field(30, description="below it a value is marked")
    stages: list[Stage] = Field(min_length=1)
    remembered: list[Metric] = Field([], description="asked of the whole journey: `overall.<id>`")
    segments: list[Segment] = []
    traits: list[Trait] = []
    weighting: Weighting | None = None
    business_hours: BusinessHours | None = None
    states: list[State] = []
    promise: Promise | None = None
    comment_languages: list[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]] = Field([], description="in which comments are written; any when left out")
    beside: dict[str, Label] = Field({}, description="what readers call measures of units and factors of the context, by name, such as `rain_mm: Rain in mm`")
    caveats: list[Label] = Field([], description="what a reader must know of these data, printed on every page")

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not an IANA time zone, such as America/Sao_Paulo")
        return value

    @property
    def touchpoints(self) -> list[Touchpoint]:
        """Every touchpoint, in the order of the journey."""
        return [touchpoint for stage in self.stages for touchpoint in stage.touchpoints]

    @property
    def inputs(self) -> dict[str, Input]:
        """Every input by its full name, ``touchpoint.input``."""
        return {f"{point.id}.{item.id}": item for point in self.touchpoints for item in point.inputs}

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric by its full name: ``touchpoint.metric``, remembered ones ``overall.metric``."""
        lived = {f"{point.id}.{item.id}": item for point in self.touchpoints for item in point.metrics}
        return {**{f"{OVERALL}.{item.id}": item for item in self.remembered}, **lived}

    def called(self, name: str, language: str = "en") -> str:
        """What readers call a measure of units or a factor of the context."""
        return label_in(self.beside[name], language) if name in self.beside else name.replace("_", " ")

    @property
    def primary(self) -> str | None:
        """The metric that drivers explain: the one marked so, else the first remembered, else the last lived."""
        marked = [name for name, metric in self.metrics.items() if metric.primary]
        remembered = [name for name in self.metrics if name.startswith(f"{OVERALL}.")]
        return next(iter(marked or remembered or list(self.metrics)[::-1]), None)
