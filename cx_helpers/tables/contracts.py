"""The contract of every table: columns, types, units, ranges, keys and the order of times."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")
TEXT, NUMBER, FLAG = pa.string(), pa.float64(), pa.bool_()


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type, what it holds, and what it may hold."""

    name: str
    type: pa.DataType
    about: str
    required: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    day: bool = False  # a local day, stored as UTC midnight

    @property
    def limited(self) -> bool:
        """Whether it may not hold every number."""
        return self.low is not None or self.high is not None

    @property
    def outside(self) -> str:
        """The reason of a value outside its range."""
        low, high = (-float("inf") if self.low is None else self.low, float("inf") if self.high is None else self.high)
        return f"{self.name} is outside {low:g} to {high:g}"

    @property
    def not_allowed(self) -> str:
        """The reason of a value that is none of those allowed."""
        return f"{self.name} is not one of {', '.join(self.allowed)}"

    @property
    def not_matching(self) -> str:
        """The reason of a text that is not written as it must be."""
        return f"{self.name} is not written as {self.about}"


@dataclass(frozen=True)
class Contract:
    """One table: what a row is, its key, and the column whose month it is stored under.

    Attributes
    ----------
    not_before : tuple of (earlier, later)
        Pairs of time columns; the later may not stand before the earlier.
    """

    table: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    month_of: tuple[str, ...] = ()
    not_before: tuple[tuple[str, str], ...] = ()
    stored_with: tuple[str, ...] = ("source", "month")

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of the stored table: the columns and, of canonical tables, `source` and the partition `month`."""
        fields = [pa.field(column.name, column.type) for column in self.columns]
        names = {column.name for column in self.columns}
        return pa.schema(fields + [pa.field(name, TEXT) for name in self.stored_with if name not in names])


def text_column(name: str, about: str, required: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    return Column(name, TEXT, about, required, allowed=allowed)


def time_column(name: str, about: str, required: bool = False) -> Column:
    return Column(name, TIME, about, required)


def number_column(name: str, about: str, required: bool = False, low: float | None = None, high: float | None = None):
    return Column(name, NUMBER, about, required, low, high)


MONTH = Column("month", TEXT, "YYYY-MM", True, pattern="[0-9]{4}-(0[1-9]|1[0-2])")
JOURNEY_ID = text_column("journey_id", "the journey", True)
CUSTOMER_ID = text_column("customer_id", "pseudonym of the customer")
TOUCHPOINT = text_column("touchpoint", "touchpoint id of journey.yaml; `overall` is the whole journey", True)
UNIT = text_column("unit", "the place or team that delivered")
STATUSES = ("open", "completed", "cancelled", "abandoned")

CANONICAL: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract("customers", "a customer", (text_column("customer_id", "pseudonym", True),), ("customer_id",)),
        Contract(
            "journeys",
            "one instance of the whole",
            (
                JOURNEY_ID,
                CUSTOMER_ID,
                text_column("intent", "what the customer set out to do"),
                time_column("started_at", "UTC", True),
                time_column("ended_at", "UTC"),
                text_column("status", "where the journey stands", True, STATUSES),
                UNIT,
                number_column("value", "money of the journey, in the brand's currency", low=0),
            ),
            ("journey_id",),
            ("started_at",),
            (("started_at", "ended_at"),),
        ),
        Contract(
            "permissions",
            "a consent given or withdrawn",
            (
                text_column("customer_id", "pseudonym", True),
                text_column("purpose", "what it is for", True),
                text_column("basis", "the legal basis"),
                time_column("granted_at", "UTC", True),
                time_column("withdrawn_at", "UTC"),
            ),
            ("customer_id", "purpose", "granted_at"),
            ("granted_at",),
            (("granted_at", "withdrawn_at"),),
        ),
        Contract(
            "events",
            "a step taken",
            (
                text_column("event_id", "the step", True),
                JOURNEY_ID,
                CUSTOMER_ID,
                TOUCHPOINT,
                time_column("started_at", "UTC", True),
                time_column("ended_at", "UTC"),
                text_column("channel", "how it was lived"),
                UNIT,
            ),
            ("event_id",),
            ("started_at",),
            (("started_at", "ended_at"),),
        ),
        Contract(
            "inputs",
            "an operational measure, valid from measured_at until the next row of the same input",
            (
                JOURNEY_ID,
                TOUCHPOINT,
                text_column("input", "input id of journey.yaml", True),
                number_column("value", "in the input's own unit", True),
                time_column("measured_at", "UTC: when it became true", True),
                UNIT,
            ),
            ("journey_id", "touchpoint", "input", "measured_at"),
            ("measured_at",),
        ),
        Contract(
            "responses",
            "a request for feedback, answered or not",
            (
                text_column("response_id", "the request", True),
                text_column("journey_id", "the journey asked about"),
                CUSTOMER_ID,
                TOUCHPOINT,
                text_column("metric", "metric id of journey.yaml", True),
                number_column("score", "on the scale of the metric; empty when not answered"),
                number_column("scale_min", "lowest score that can be given"),
                number_column("scale_max", "highest score that can be given"),
                time_column("asked_at", "UTC"),
                time_column("answered_at", "UTC; empty when not answered"),
                text_column("channel", "how it was asked"),
                number_column("weight", "survey weight", low=0),
                text_column("programme", "measurement programme"),
                text_column("question_version", "wording"),
            ),
            ("response_id",),
            ("answered_at", "asked_at"),
            (("asked_at", "answered_at"),),
        ),
        Contract(
            "comments",
            "something said",
            (
                text_column("comment_id", "the comment", True),
                text_column("journey_id", "the journey it is about"),
                CUSTOMER_ID,
                text_column("touchpoint", "touchpoint id, where known"),
                text_column("origin", "where it was said", True, ("survey", "ticket", "review", "social", "employee")),
                text_column("directness", "how it reached us", False, ("direct", "indirect", "inferred")),
                text_column("text", "what was said", True),
                time_column("written_at", "UTC"),
            ),
            ("comment_id",),
            ("written_at",),
        ),
        Contract(
            "cases",
            "a complaint or ticket",
            (
                text_column("case_id", "the case", True),
                text_column("journey_id", "the journey it is about"),
                CUSTOMER_ID,
                text_column("touchpoint", "touchpoint id, where known"),
                text_column("cause", "in the brand's taxonomy"),
                time_column("opened_at", "UTC", True),
                time_column("closed_at", "UTC"),
                Column("recovered", FLAG, "put right, by the brand's own rule"),
            ),
            ("case_id",),
            ("opened_at",),
            (("opened_at", "closed_at"),),
        ),
        Contract(
            "outcomes",
            "a customer's month in money",
            (
                text_column("customer_id", "pseudonym", True),
                MONTH,
                number_column("revenue", "in the brand's currency"),
                number_column("cost", "in the brand's currency"),
                Column("active", FLAG, "a customer in that month"),
            ),
            ("customer_id", "month"),
        ),
        Contract(
            "unit_measures",
            "a unit's month: employee experience, staffing, cost",
            (
                text_column("unit", "the unit", True),
                MONTH,
                text_column("measure", "what is measured", True),
                number_column("value", "in the measure's own unit", True),
            ),
            ("unit", "month", "measure"),
        ),
        Contract(
            "context",
            "the world outside: weather, holidays, market, events",
            (
                Column("date", TIME, "local day, as UTC midnight", True, day=True),
                text_column("region", "where"),
                text_column("factor", "which factor", True),
                number_column("value", "in the factor's own unit", True),
            ),
            ("date", "region", "factor"),
            ("date",),
        ),
    )
}


def pandera_schema(table: str):
    """The contract of a canonical table as a pandera schema, for analysts' own frames; an ingest judges the same by SQL.

    Parameters
    ----------
    table : str
        A name in `CANONICAL`.

    Returns
    -------
    pandera.DataFrameSchema
        Validate with ``lazy=True``: failure cases name the same reasons as the quarantine. Brand columns may stand beside.

    Notes
    -----
    What `journey.yaml` asks (declared touchpoints, inputs, scales) is not in it: that differs from brand to brand.

    Examples
    --------
    >>> pandera_schema("journeys").validate(study.lake.frame("journeys"), lazy=True)  # doctest: +SKIP
    """
    import pandera.pandas as pandera

    def judged(reason: str, holds, **options):
        return pandera.Check(holds, name=reason, error=reason, **options)

    contract, columns = CANONICAL[table], {}
    for column in contract.columns:
        checks = [judged(f"{column.name} is missing", lambda s: s.notna(), ignore_na=False)] * column.required
        if column.limited:
            low, high = (column.low if column.low is not None else -float("inf"), column.high if column.high is not None else float("inf"))
            checks.append(judged(column.outside, lambda s, low=low, high=high: s.between(low, high)))
        if column.allowed:
            checks.append(judged(column.not_allowed, lambda s, allowed=column.allowed: s.isin(allowed)))
        if column.pattern:
            checks.append(judged(column.not_matching, lambda s, pattern=column.pattern: s.str.fullmatch(pattern)))
        columns[column.name] = pandera.Column(nullable=True, required=column.required, checks=checks)
    order = [
        judged(f"{later} is before {earlier}", lambda frame, a=earlier, b=later: ~(frame[b] < frame[a]), ignore_na=False)
        for earlier, later in contract.not_before
    ]
    return pandera.DataFrameSchema(columns, checks=order, unique=list(contract.key))
