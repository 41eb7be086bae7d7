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

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of the stored table: the columns, `source` and the partition `month`."""
        fields = [pa.field(column.name, column.type) for column in self.columns]
        names = {column.name for column in self.columns}
        return pa.schema(fields + [pa.field(name, TEXT) for name in ("source", "month") if name not in names])


def _text(name: str, about: str, required: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    return Column(name, TEXT, about, required, allowed=allowed)


def _time(name: str, about: str, required: bool = False) -> Column:
    return Column(name, TIME, about, required)


def _number(name: str, about: str, required: bool = False, low: float | None = None, high: float | None = None):
    return Column(name, NUMBER, about, required, low, high)


JOURNEY_ID = _text("journey_id", "the journey", True)
CUSTOMER_ID = _text("customer_id", "pseudonym of the customer")
TOUCHPOINT = _text("touchpoint", "touchpoint id of journey.yaml; `overall` is the whole journey", True)
UNIT = _text("unit", "the place or team that delivered")
STATUSES = ("open", "completed", "cancelled", "abandoned")

CANONICAL: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract("customers", "a customer", (_text("customer_id", "pseudonym", True),), ("customer_id",)),
        Contract(
            "journeys",
            "one instance of the whole",
            (
                JOURNEY_ID,
                CUSTOMER_ID,
                _text("intent", "what the customer set out to do"),
                _time("started_at", "UTC", True),
                _time("ended_at", "UTC"),
                _text("status", "where the journey stands", True, STATUSES),
                UNIT,
                _number("value", "money of the journey, in the brand's currency", low=0),
            ),
            ("journey_id",),
            ("started_at",),
            (("started_at", "ended_at"),),
        ),
        Contract(
            "permissions",
            "a consent given or withdrawn",
            (
                _text("customer_id", "pseudonym", True),
                _text("purpose", "what it is for", True),
                _text("basis", "the legal basis"),
                _time("granted_at", "UTC", True),
                _time("withdrawn_at", "UTC"),
            ),
            ("customer_id", "purpose", "granted_at"),
            ("granted_at",),
            (("granted_at", "withdrawn_at"),),
        ),
        Contract(
            "events",
            "a step taken",
            (
                _text("event_id", "the step", True),
                JOURNEY_ID,
                CUSTOMER_ID,
                TOUCHPOINT,
                _time("started_at", "UTC", True),
                _time("ended_at", "UTC"),
                _text("channel", "how it was lived"),
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
                _text("input", "input id of journey.yaml", True),
                _number("value", "in the input's own unit", True),
                _time("measured_at", "UTC: when it became true", True),
                UNIT,
            ),
            ("journey_id", "touchpoint", "input", "measured_at"),
            ("measured_at",),
        ),
        Contract(
            "responses",
            "a request for feedback, answered or not",
            (
                _text("response_id", "the request", True),
                _text("journey_id", "the journey asked about"),
                CUSTOMER_ID,
                TOUCHPOINT,
                _text("metric", "metric id of journey.yaml", True),
                _number("score", "on the scale of the metric; empty when not answered"),
                _number("scale_min", "lowest score that can be given"),
                _number("scale_max", "highest score that can be given"),
                _time("asked_at", "UTC"),
                _time("answered_at", "UTC; empty when not answered"),
                _text("channel", "how it was asked"),
                _number("weight", "survey weight", low=0),
                _text("programme", "measurement programme"),
                _text("question_version", "wording"),
            ),
            ("response_id",),
            ("answered_at", "asked_at"),
            (("asked_at", "answered_at"),),
        ),
        Contract(
            "comments",
            "something said",
            (
                _text("comment_id", "the comment", True),
                _text("journey_id", "the journey it is about"),
                CUSTOMER_ID,
                _text("touchpoint", "touchpoint id, where known"),
                _text("origin", "where it was said", True, ("survey", "ticket", "review", "social", "employee")),
                _text("directness", "how it reached us", False, ("direct", "indirect", "inferred")),
                _text("text", "what was said", True),
                _time("written_at", "UTC"),
            ),
            ("comment_id",),
            ("written_at",),
        ),
        Contract(
            "cases",
            "a complaint or ticket",
            (
                _text("case_id", "the case", True),
                _text("journey_id", "the journey it is about"),
                CUSTOMER_ID,
                _text("touchpoint", "touchpoint id, where known"),
                _text("cause", "in the brand's taxonomy"),
                _time("opened_at", "UTC", True),
                _time("closed_at", "UTC"),
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
                _text("customer_id", "pseudonym", True),
                _text("month", "YYYY-MM", True),
                _number("revenue", "in the brand's currency"),
                _number("cost", "in the brand's currency"),
                Column("active", FLAG, "a customer in that month"),
            ),
            ("customer_id", "month"),
        ),
        Contract(
            "unit_measures",
            "a unit's month: employee experience, staffing, cost",
            (
                _text("unit", "the unit", True),
                _text("month", "YYYY-MM", True),
                _text("measure", "what is measured", True),
                _number("value", "in the measure's own unit", True),
            ),
            ("unit", "month", "measure"),
        ),
        Contract(
            "context",
            "the world outside: weather, holidays, market, events",
            (
                _time("date", "local day, as UTC midnight", True),
                _text("region", "where"),
                _text("factor", "which factor", True),
                _number("value", "in the factor's own unit", True),
            ),
            ("date", "region", "factor"),
            ("date",),
        ),
    )
}

_RUN = (_text("audience", "who the page is for", True), _text("notebook", "which page wrote it", True))
_ESTIMATE = (
    _number("value", "the estimate"),
    _number("low", "lower limit of its interval"),
    _number("high", "upper limit of its interval"),
    _number("n", "answers or journeys behind it"),
    _text("method", "how the interval was made"),
    _text("grade", "evidence grade", True, ("described", "associated", "quasi-experimental", "randomised")),
)
_MONTH = _text("month", "YYYY-MM of the report", True)

RESULTS: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract(
            "findings",
            "a finding of a page",
            (*_RUN, _MONTH, _number("position", "1 is first"), _text("message", "message id", True),
             _text("args", "arguments of the message, JSON"), *_ESTIMATE),
            ("month", "audience", "notebook", "position"),
        ),
        Contract(
            "opportunities",
            "a driver worth acting on",
            (*_RUN, _MONTH, _text("input", "touchpoint.input", True), _text("label", "its name"),
             _text("touchpoint", "where"), _text("challenge", "its name in the taxonomy"),
             _text("outcome", "the score it would lift", True), _number("rank", "1 is first"),
             _number("effect", "score points per unit of the input"), _number("effect_low", "lower limit"),
             _number("effect_high", "upper limit"), _number("off_standard_share", "0-1"), *_ESTIMATE),
            ("month", "audience", "notebook", "input"),
        ),
        Contract(
            "effects",
            "what an action was followed by, judged",
            (*_RUN, _MONTH, _text("action", "action id", True), _text("solution", "solution id"),
             _text("outcome", "what was judged", True), _text("design", "how it was judged"),
             _text("verdict", "works, backfires, no clear effect, or too early"), *_ESTIMATE),
            ("month", "audience", "notebook", "action", "outcome"),
        ),
        Contract(
            "signals",
            "a detected negative: low score, complaint, emotion present",
            (*_RUN, _MONTH, _text("signal", "its kind", True), JOURNEY_ID, _text("touchpoint", "where"),
             _time("seen_at", "UTC")),
            ("month", "audience", "notebook", "signal", "journey_id"),
        ),
    )
}  # fmt: skip

LEDGERS: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract(
            "quarantine",
            "a row set aside, with its reason",
            (_text("file", "raw file", True), _number("row", "record in the file, 1 is the first", True),
             _text("raw_source", "source of sources.yaml", True), _text("table", "canonical table it was meant for"),
             _text("reason", "what is wrong, in words", True), _text("column", "where"), _text("found", "what stood there"),
             _text("suggestion", "what to do")),
            (),
        ),
        Contract(
            "reconciliation",
            "a raw file: every row accounted for",
            (_text("raw_source", "source of sources.yaml", True), _text("file", "raw file", True),
             _number("rows_in", "records counted by a second parser", True), _number("accepted", "rows used", True),
             _number("in_part", "of these, with some of their content set aside", True),
             _number("quarantined", "rows set aside", True), _number("superseded", "rows replaced or repeated", True)),
            (),
        ),
        Contract(
            "checks",
            "a quality check of the brand, and the rows it found",
            (_text("check", "its id", True), _text("label", "what it looks for", True), _number("rows", "found", True),
             _number("of_rows", "rows looked at"), _text("first", "file and row of the first"),
             _text("handling", "what the workbench does about it")),
            (),
        ),
    )
}  # fmt: skip

ALL = {**CANONICAL, **RESULTS, **LEDGERS}
