"""The tables the four pages show, by name: which columns, in which order, how each is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from cx_helpers.errors import UsageError
from cx_helpers.reports.audit_layouts import AUDIT
from cx_helpers.reports.cells import Column
from cx_helpers.reports.data_layouts import DATA
from cx_helpers.reports.driver_layouts import DRIVERS
from cx_helpers.reports.flow_layouts import FLOW
from cx_helpers.reports.guard_layouts import GUARDED
from cx_helpers.reports.lived_layouts import LIVED
from cx_helpers.reports.opportunity_layouts import OPPORTUNITIES
from cx_helpers.reports.surroundings_layouts import SURROUNDINGS
from cx_helpers.reports.threshold_layouts import THRESHOLDS
from cx_helpers.reports.voice_layouts import VOICE
from cx_helpers.reports.worth_layouts import WORTH

VALUE = ("value", "low", "high")
N = Column("n", "count")

LAYOUTS: dict[str, tuple[Column, ...]] = {
    "scores": (
        Column("label", "head", title="score", small=("touchpoint_label", "message:table.scale")),
        Column("value", "number", VALUE, strip=True, own_scale=True),
        Column("target", "number"),
        N,
        Column("method"),
    ),
    "inputs": (
        Column("label", "head", title="input", small=("touchpoint_label",)),
        Column("statistic", "word"),
        Column("value", "measure", VALUE),
        Column("standard", "measure"),
        Column("standing", "standing"),
        N,
        Column("method"),
    ),
    "steps": (
        Column("label", "head", title="touchpoint"),
        Column("stage_label", title="stage"),
        Column("moment_of_truth", "word"),
        Column("owner"),
        Column("volume", "count"),
        Column("volume_share", "share"),
        Column("hours_median", "number", ("hours_median", "hours_low", "hours_high")),
        Column("hours_n", "count"),
        Column("drop_off_share", "share", ("drop_off_share", "drop_off_low", "drop_off_high")),
        N,
    ),
    "states": (
        Column("label", "head", title="state"),
        Column("naive", "word"),
        Column("value", "measure", VALUE),
        N,
        Column("method"),
    ),
    "effects": (
        Column("label", "head", title="action", small=("outcome_label", "since")),
        Column("role", "word"),
        Column("verdict", "verdict"),
        Column("estimate", "measure_change", ("estimate", "low", "high"), title="difference_made", strip=True, own_scale=True, zero=0.0),
        Column("grade", "grade"),
        N,
    ),
    "series": (
        Column("period", "head"),
        Column("group", "word"),
        Column("value", "measure", VALUE),
        N,
    ),
    "checks": (
        Column("check", "headword"),
        Column("value", "number", VALUE),
        Column("found"),
        Column("allowed"),
        Column("passed", "word", gap="gap.not_made"),
        Column("verdict", "word"),
        Column("note", "word"),
        N,
    ),
    "coverage": (
        Column("label", "head", title="touchpoint", small=("stage_label", "moment"), gap="map.remembered"),
        Column("inputs", "list", gap="gap.not_measured"),
        Column("outputs", "list", gap="gap.not_asked"),
        Column("events", "count", title="events"),
        Column("n", "count", title="events", minor=True),
        Column("measurements", "count", minor=True),
        Column("answers", "count", title="answers", minor=True),
    ),
    "reconciliation": (
        Column("source", "head", small=("file",)),
        Column("rows_in", "count"),
        Column("accepted", "count"),
        Column("in_part", "count", minor=True),
        Column("quarantined", "count"),
        Column("not_permitted", "count", minor=True),
        Column("superseded", "count", minor=True),
        Column("difference", "count"),
    ),
    "problems": (
        Column("reason", "head"),
        Column("table_of", said=True, title="table", minor=True),
        Column("source"),
        Column("rows", "count"),
        Column("first", minor=True),
        Column("suggestion"),
    ),
    "quality": (
        Column("label", "head", title="problem"),
        Column("rows", "count"),
        Column("first"),
        Column("handling", "word"),
    ),
    "actions": (
        Column("label", "head", title="action"),
        Column("description", "head", title="action"),
        Column("action", "head"),
        Column("solution"),
        Column("where"),
        Column("units", "list", title="where"),
        Column("unit", title="where"),
        Column("from_date", "date"),
        Column("effective_from", "date", title="from_date"),
        Column("since", "date"),
        Column("owner"),
        Column("status", "word"),
    ),
    "month_scores": (
        Column("label", "head", title="score", small=("touchpoint_label", "message:scores.three_months")),
        Column("value", "number", VALUE, small=("message:chart.target",)),
        Column("change", "change", ("change", "change_low", "change_high"), zero=0.0, small=("change_verdict",)),
        Column("year_change", "change", ("year_change", "year_change_low", "year_change_high"), zero=0.0, small=("year_change_verdict",), minor=True),
        Column("twelve", "number", ("twelve", "twelve_low", "twelve_high"), small=("message:scores.twelve_moved",)),
        N,
    ),
    "control": (
        Column("label", "head", title="series"),
        Column("month", "month"),
        Column("value", "measure", VALUE),
        Column("usual", "measure", ("usual", "usual_low", "usual_high")),
        Column("signal", "word"),
        Column("target", "number"),
        N,
        Column("method"),
    ),
    "mixes": (
        Column("by_label", "head", title="grouped_by"),
        Column("level", title="most_moved"),
        Column("level_before", "share"),
        Column("level_after", "share"),
        Column("value", "change", VALUE, title="mix", strip=True, zero=0.0, small=("verdict",)),
        Column("rate", "change", ("rate", "rate_low", "rate_high"), zero=0.0),
        N,
    ),
    "left_usual": (
        Column("label", "head", title="input", small=("measure",)),
        Column("month", "month"),
        Column("value", "measure", VALUE),
        Column("usual", "measure", ("usual", "usual_low", "usual_high")),
        Column("outside", "months"),
        Column("verdict", "verdict", title="says"),
        N,
    ),
    "units": (
        Column("unit", "head"),
        Column("value", "number", VALUE),
        Column("difference", "change", ("difference", "difference_low", "difference_high"), title="compared", strip=True, zero=0.0),
        Column("verdict", "verdict", title="says"),
        N,
    ),
    "left_out": (
        Column("label", "head", title="input", small=("touchpoint_label",)),
        Column("known_share", "share"),
        Column("reason", "word", title="why_not"),
        N,
    ),
    "next_steps": (
        Column("label", "head", title="opportunity"),
        Column("value", "change", VALUE, title="lift", strip=True, zero=0.0),
        Column("challenge_label", title="challenge"),
        Column("solutions", "list", gap="gap.no_solution"),
        Column("grade", "grade"),
        N,
    ),
    **DATA,
    **DRIVERS,
    **AUDIT,
    **LIVED,
    **GUARDED,
    **FLOW,
    **VOICE,
    **THRESHOLDS,
    **WORTH,
    **SURROUNDINGS,
    **OPPORTUNITIES,
}


def layout(which: str | Sequence[Column]) -> tuple[Column, ...]:
    """A layout by name, or the columns given.

    Raises
    ------
    UsageError
        No layout has that name.
    """
    if not isinstance(which, str):
        return tuple(which)
    if which not in LAYOUTS:
        raise UsageError(f"table layout: found {which!r}, allowed are {', '.join(LAYOUTS)}; or pass a list of Column.")
    return LAYOUTS[which]
