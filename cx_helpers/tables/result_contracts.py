"""The contracts of what the workbench itself writes: result tables, the only way from one question room to the next,
and the ledgers of an ingest.
"""

from __future__ import annotations

from cx_helpers.tables.contracts import CANONICAL, JOURNEY_ID, TEXT, Column, Contract, number_column, text_column, time_column

_RUN = (text_column("audience", "who the page is for", True), text_column("notebook", "which page wrote it", True))
_ESTIMATE = (
    number_column("value", "the estimate"),
    number_column("low", "lower limit of its interval"),
    number_column("high", "upper limit of its interval"),
    number_column("n", "answers or journeys behind it"),
    text_column("method", "how the interval was made"),
    text_column("grade", "evidence grade", True, ("described", "associated", "quasi-experimental", "randomised")),
)
_MONTH = text_column("month", "YYYY-MM of the report", True)

RESULTS: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract(
            "findings",
            "a finding of a page",
            (*_RUN, _MONTH, number_column("position", "1 is first"), text_column("message", "message id", True),
             text_column("args", "arguments of the message, JSON"), *_ESTIMATE),
            ("month", "audience", "notebook", "position"),
            stored_with=(),
        ),
        Contract(
            "opportunities",
            "a driver worth acting on",
            (*_RUN, _MONTH, text_column("input", "touchpoint.input", True), text_column("label", "its name"),
             text_column("touchpoint", "where"), text_column("challenge", "its name in the taxonomy"),
             text_column("outcome", "the score it would lift", True), number_column("rank", "1 is first, by gain for effort"),
             number_column("rank_low", "lower limit"), number_column("rank_high", "upper limit"),
             number_column("effect", "score points per unit of the input"), number_column("effect_low", "lower limit"),
             number_column("effect_high", "upper limit"), text_column("effect_kind", "total or partial"),
             number_column("off_standard_share", "0-1"), number_column("cost_to_move", "money a journey; empty where not declared"),
             text_column("flag", "what else the move does"), text_column("diagnosis", "design, execution, both, fine or not told"),
             number_column("revenue_a_year", "money that goes with it"), number_column("revenue_low", "lower limit"),
             number_column("revenue_high", "upper limit"), *_ESTIMATE),
            ("month", "audience", "notebook", "input"),
            stored_with=(),
        ),
        Contract(
            "effects",
            "what an action was followed by, judged",
            (*_RUN, _MONTH, text_column("action", "action id", True), text_column("solution", "solution id"),
             text_column("outcome", "what was judged", True), text_column("design", "how it was judged"),
             text_column("verdict", "works, backfires, no clear effect, or too early"), *_ESTIMATE),
            ("month", "audience", "notebook", "action", "outcome"),
            stored_with=(),
        ),
        Contract(
            "signals",
            "a detected negative: low score, complaint, emotion present",
            (*_RUN, _MONTH, Column("signal", TEXT, "its kind", True, allowed=("low_score", "complaint", "emotion")), JOURNEY_ID,
             text_column("touchpoint", "where; empty where not known", True), text_column("unit", "who delivered"),
             time_column("seen_at", "UTC: when the customer showed it", True), time_column("responded_at", "UTC: when it was taken up"),
             time_column("closed_at", "UTC: when its case was closed"), time_column("recovered_at", "UTC: when it was put right"),
             Column("state", TEXT, "where it stands", True, allowed=("recovered", "not_recovered", "open", "unanswered", "unknown"))),
            ("month", "audience", "notebook", "signal", "journey_id", "touchpoint"),
            stored_with=(),
        ),
        Contract(
            "uses",
            "a column, input or metric that a notebook really read",
            (*_RUN, _MONTH, text_column("table", "canonical table", True), text_column("column", "its column", True),
             text_column("name", "of values of inputs and scores of responses: touchpoint.input or touchpoint.metric; `*` is any")),
            ("month", "audience", "notebook", "table", "column", "name"),
            stored_with=(),
        ),
    )
}  # fmt: skip

LEDGERS: dict[str, Contract] = {
    contract.table: contract
    for contract in (
        Contract(
            "quarantine",
            "a row set aside, with its reason",
            (text_column("file", "raw file", True), number_column("row", "record in the file, 1 is the first", True),
             text_column("raw_source", "source of sources.yaml", True), text_column("table", "canonical table it was meant for"),
             text_column("reason", "what is wrong, in words", True), text_column("column", "where"), text_column("found", "what stood there"),
             text_column("suggestion", "what to do")),
            (),
            stored_with=(),
        ),
        Contract(
            "reconciliation",
            "a raw file: every row accounted for",
            (text_column("raw_source", "source of sources.yaml", True), text_column("file", "raw file", True),
             number_column("rows_in", "records counted by a second parser", True), number_column("accepted", "rows used", True),
             number_column("in_part", "of these, with some of their content set aside", True),
             number_column("quarantined", "rows set aside", True), number_column("superseded", "rows replaced or repeated", True),
             number_column("not_permitted", "of those set aside, held out for want of permission"),
             number_column("left", "rows of the last ingest's copy of the file that are in the export no more")),
            (),
            stored_with=(),
        ),
        Contract(
            "columns",
            "a column of a raw file, beside the file before it",
            (text_column("raw_source", "source of sources.yaml", True), text_column("file", "raw file", True),
             text_column("column", "its name in the file", True), text_column("status", "beside the file before, or the last copy", True,
             ("known", "new", "gone", "renamed")), text_column("was", "the name it had before, where it was renamed"),
             text_column("since", "the first file that has (or lacks) it")),
            (),
            stored_with=(),
        ),
        Contract(
            "checks",
            "a quality check of the brand, and the rows it found",
            (text_column("check", "its id", True), text_column("label", "what it looks for", True), number_column("rows", "found", True),
             number_column("of_rows", "rows looked at"), text_column("first", "file and row of the first"),
             text_column("handling", "what the workbench does about it")),
            (),
            stored_with=(),
        ),
        Contract(
            "missing_codes",
            "a code for no answer in a column of a raw file",
            (text_column("raw_source", "source of sources.yaml", True), text_column("file", "raw file", True),
             text_column("column", "where", True), text_column("value", "the code", True), number_column("rows", "cells that hold it", True, low=0),
             text_column("about", "declared, and made missing; or suggested, and left as it is", True, ("declared", "suggested"))),
            ("raw_source", "file", "column", "value"),
            stored_with=(),
        ),
        Contract(
            "fields",
            "a field of a raw source: the data-use ledger up to where it is used",
            (text_column("raw_source", "source of sources.yaml", True), text_column("field", "its column", True),
             text_column("about", "declared and there, in a file and not declared, or declared and in no file", True,
                         ("declared", "undeclared", "absent")),
             text_column("kind", "what it is", allowed=("identity", "descriptive", "attitude", "behaviour")),
             text_column("personal", "declared: id, name, email, ..."), text_column("looks_like", "personal kind its cells look like"),
             text_column("origin", "where it comes from"), text_column("captured", "how"), text_column("stored", "where"),
             text_column("permitted", "purposes it may be used for; empty is any"), text_column("consent", "legal basis"),
             text_column("regulated", "rule it falls under"), number_column("keep_days", "days it is kept"),
             text_column("purpose", "what it is held for"), text_column("result", "what it becomes"),
             text_column("reason", "why this identifier"),
             text_column("seen_by_sql", "how SQL sees it", True, ("as it is", "as a pseudonym", "not at all")),
             text_column("used_in", "canonical columns made from it, table.column, by commas"),
             text_column("joins_in", "canonical tables whose rows it joins or chooses, by commas")),
            ("raw_source", "field"),
            stored_with=(),
        ),
        Contract(
            "kept_apart",
            "answers under another wording or programme than the one in force: in no score of the latest month",
            (text_column("metric", "touchpoint.metric", True), text_column("programme", "measurement programme"),
             text_column("question_version", "wording"), number_column("rows", "answers", True, low=0),
             time_column("since", "UTC: the first question put"), time_column("until", "UTC: the last question put"),
             text_column("pooled_with", "wordings they may be read with, by commas")),
            (),
            stored_with=(),
        ),
        Contract(
            "refused_use",
            "rows or a field not used, for want of permission",
            (text_column("purpose", "what they would have been used for", True), text_column("table", "canonical table, or raw source", True),
             text_column("column", "the field, where a whole field is not used"), number_column("rows", "not used", True),
             number_column("of_rows", "rows looked at", True), number_column("customers", "of these, with a known customer"),
             text_column("reason", "never given, withdrawn, or field not permitted", True)),
            (),
            stored_with=(),
        ),
    )
}  # fmt: skip

ALL = {**CANONICAL, **RESULTS, **LEDGERS}
