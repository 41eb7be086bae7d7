"""The tables of how feedback is asked for, and of getting back on track."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

_VALUE = ("value", "low", "high")
_N = Column("n", "count")

AUDIT: dict[str, tuple[Column, ...]] = {
    "audit": (
        Column("verdict", "headword", title="verdict_of_metric"),
        Column("label", said=True, title="question_asked", small=("touchpoint_label",)),
        Column("reason", said=True, title="why", small=("also",)),
        Column("instead", said=True, title="instead"),
        Column("response", "share", title="answered_share"),
        Column("requests", "count", title="requests", minor=True),
    ),
    "foretold": (
        Column("label", "head", title="question_asked", small=("touchpoint_label",)),
        Column("foretells", "word", title="foretells"),
        Column("strength", "change", ("strength", "strength_low", "strength_high"), strip=True, zero=0.0, title="goes_with"),
        _N,
    ),
    "metric_rules": (
        Column("rule", "head", said=True, title="rule"),
        Column("limit", said=True, title="limit"),
        Column("verdict", "word", title="verdict_of_metric"),
        Column("looked_at", "count", title="looked_at", minor=True),
        Column("called", "count", title="speaks_of"),
    ),
    "weariness": (
        Column("band", "head", said=True, title="asked_before"),
        Column("alike", "share", ("alike", "alike_low", "alike_high"), strip=True, title="same_customers"),
        Column("value", "share", _VALUE, title="as_it_is", minor=True),
        Column("n", "count", title="requests"),
    ),
    "ask_plan": (
        Column("label", "head", said=True, title="touchpoint"),
        Column("metric", "word", title="question_asked"),
        Column("channel", title="asked_through"),
        Column("delay_hours", "number", title="hours_after", minor=True),
        Column("value", "share", title="at_once"),
        Column("n", "count", title="customers"),
    ),
    "signals": (
        Column("signal", "headword", title="signal_seen"),
        Column("answered_share", "share", ("answered_share", "answered_low", "answered_high"), title="taken_up"),
        Column("value", "share", _VALUE, title="put_right"),
        _N,
    ),
    "recovery_times": (
        Column("days", "number", title="within_days"),
        Column("value", "share", _VALUE, strip=True, title="put_right"),
        _N,
    ),
    "afterwards": (
        Column("group", "headword", title="after_signal"),
        Column("outcome", "word", title="what_followed"),
        Column("value", "measure", _VALUE, title="as_it_is"),
        Column("difference", "measure_change", ("difference", "difference_low", "difference_high"), strip=True, own_scale=True, zero=0.0, title="beside_put_right"),
        Column("grade", "grade", minor=True),
        _N,
    ),
    "waiting": (
        Column("label", "head", said=True, title="touchpoint", small=("owner",)),
        Column("signal", "word", title="signal_seen"),
        Column("median_days", "number", title="median_age"),
        Column("oldest_days", "number", title="oldest_age", minor=True),
        Column("value", "share", _VALUE, title="older_than_week"),
        _N,
    ),
}  # fmt: skip
