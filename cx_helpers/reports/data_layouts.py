"""The tables of the page on the data itself: what came, what it holds, who is heard, what it is used for."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

_VALUE = ("value", "low", "high")
_N = Column("n", "count")
_FROM_TO = (Column("first", "month", title="first_month", minor=True), Column("last", "month", title="last_month", minor=True))
_FILLED = Column("filled_share", "share")

DATA: dict[str, tuple[Column, ...]] = {
    "questions": (
        Column("question", "head", said=True),
        Column("answer", "answer"),
        Column("missing", said=True, small=("bring",)),
    ),
    "answered": (
        Column("page", "head", said=True, title="on_page"),
        Column("questions", said=True, title="questions_answered"),
    ),
    "sources": (
        Column("source", "head", small=("about",)),
        Column("files", "count"),
        Column("rows", "count"),
        Column("first", "date", title="first_row"),
        Column("last", "date", title="last_row"),
        Column("behind", "count"),
        Column("late", "count", title="late_rows"),
        Column("gaps", "months", title="thin_months"),
    ),
    "arrivals": (
        Column("source", "head"),
        Column("month", "month"),
        Column("n", "number", title="rows"),
        Column("late", "number", title="late_rows"),
        Column("usual", "number"),
        Column("gap", "word", title="thin"),
    ),
    "schema": (
        Column("column", "head", small=("raw_source",)),
        Column("file"),
        Column("status", "word"),
        Column("was"),
        Column("since"),
    ),
    "missing_codes": (
        Column("value", "head", title="code", small=("raw_source",)),
        Column("column", title="in_column"),
        Column("rows", "count"),
        Column("about", "word", title="standing_of_code"),
    ),
    "refused_use": (
        Column("purpose", "headword"),
        Column("table_of", said=True, title="table"),
        Column("column", title="in_column"),
        Column("rows", "count", title="rows_of_table"),
        Column("of_rows", "count"),
        Column("customers", "count"),
        Column("reason", "word", title="why_not"),
    ),
    "kept_apart": (
        Column("label", "head", title="score"),
        Column("programme", minor=True),
        Column("question_version", title="wording", minor=True),
        Column("rows", "count", title="answers"),
        Column("since", "date"),
        Column("until", "date"),
    ),
    "personal": (
        Column("field", "head", small=("raw_source",)),
        Column("personal", "word", title="kind_of_field"),
        Column("became", "word", title="in_tables"),
        Column("reason", title="reason_for"),
    ),
    "rates": (
        Column("label", "head", title="score", small=("touchpoint_label", "asked_by")),
        Column("value", "share", _VALUE, title="answered_share", strip=True),
        Column("n", "count", title="requests"),
    ),
    "heard": (
        Column("told", "head", said=True, title="group", small=("trait_label",)),
        Column("value", "share", _VALUE, title="answered_share"),
        Column("difference", "share_change", ("difference", "difference_low", "difference_high"), title="beside_others", strip=True, zero=0.0),
        Column("never_share", "share", minor=True),
        Column("n", "count", title="requests"),
        Column("verdict", "word", title="says", minor=True),
    ),
    "delays": (
        Column("third", "headword", title="answered_when"),
        Column("days", "number", title="median_days"),
        Column("value", "number", _VALUE),
        _N,
    ),
    "bounds": (
        Column("supposed", "headword"),
        Column("value", "number", _VALUE),
        _N,
    ),
    "weights": (
        Column("label", "head", title="score", small=("message:weighting.exact",)),
        Column("plain", "number", ("plain", "plain_low", "plain_high")),
        Column("value", "number", _VALUE, title="weighted"),
        _N,
        Column("n_effective", "count"),
        Column("design_effect", "number"),
    ),
    "margins": (
        Column("level", "head", title="group", small=("column_label",)),
        Column("before", "share", title="among_answers"),
        Column("after", "share", title="after_weighting"),
        Column("wanted", "share", title="among_journeys"),
        _N,
    ),
    "voices": (
        Column("origin", "headword"),
        Column("directness", "word"),
        Column("n", "count", title="comments"),
        Column("journey_share", "share"),
        *_FROM_TO,
    ),
    "unit_measures": (
        Column("label", "head", title="measure"),
        Column("units", "count"),
        Column("of_units", "count"),
        _FILLED,
        *_FROM_TO,
    ),
    "outside": (
        Column("label", "head", title="factor"),
        Column("regions", "count"),
        Column("days", "count"),
        _FILLED,
        Column("first_day", "date", title="first_row"),
        Column("last_day", "date", title="last_row"),
    ),
    "fields": (
        Column("field", "head", small=("raw_source",)),
        Column("kind", "word", title="kind_of_field"),
        Column("origin"),
        Column("purpose", gap="gap.no_purpose"),
        Column("result", title="result_of", small=("unread",)),
        Column("insight", "list", said=True),
        Column("destination"),
    ),
    "field_kinds": (
        Column("kind", "headword", title="kind_of_field"),
        Column("fields", "count"),
        Column("without_purpose", "count"),
        Column("unused", "count"),
    ),
}
