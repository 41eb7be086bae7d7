"""The tables the four pages show, by name: which columns, in which order, how each is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from cx_helpers.errors import UsageError
from cx_helpers.reports.cells import Column

VALUE = ("value", "low", "high")
N = Column("n", "count")

LAYOUTS: dict[str, tuple[Column, ...]] = {
    "importance": (
        Column("label", "head", title="driver"),
        Column("share", "share", ("share", "share_low", "share_high"), strip=True, role="delivered"),
        Column("rank", "rank", ("rank", "rank_low", "rank_high"), strip=True, role="ink"),
        Column("effect", "change", ("effect", "effect_low", "effect_high"), zero=0.0, small=("message:table.per_unit",)),
        N,
    ),
    "opportunities": (
        Column("label", "head", title="opportunity", small=("touchpoint_label",)),
        Column("off_standard_share", "share"),
        Column("standard", "measure"),
        Column("lift", "change", ("lift", "lift_low", "lift_high"), strip=True, role="lived", zero=0.0),
        Column("grade", "grade"),
        N,
    ),
    "scores": (
        Column("label", "head", title="score", small=("touchpoint_label",)),
        Column("value", "number", VALUE, strip=True, own_scale=True),
        Column("target", "number"),
        Column("scale_min", "number"),
        Column("scale_max", "number"),
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
    "monthly": (
        Column("label", "head", title="score"),
        Column("month", "month"),
        Column("value", "number", VALUE),
        N,
        Column("method"),
    ),
    "states": (
        Column("label", "head", title="state"),
        Column("naive", "word"),
        Column("value", "measure", VALUE),
        N,
        Column("method"),
    ),
    "effects": (
        Column("label", "head", title="action", small=("since", "where")),
        Column("verdict", "word"),
        Column("estimate", "measure_change", ("estimate", "low", "high"), title="effect", strip=True, own_scale=True, zero=0.0),
        Column("grade", "grade"),
        Column("design", "word"),
        Column("side_effects"),
        N,
    ),
    "series": (
        Column("period", "head"),
        Column("group", "word"),
        Column("value", "measure", VALUE),
        N,
    ),
    "checks": (
        Column("check", "head"),
        Column("value", "number", VALUE),
        Column("found"),
        Column("allowed"),
        Column("passed", "word"),
        Column("verdict", "word"),
        N,
    ),
    "coverage": (
        Column("label", "head", title="touchpoint", small=("stage_label",)),
        Column("inputs", "list", gap="gap.not_measured"),
        Column("outputs", "list", gap="gap.not_asked"),
        Column("events", "count", title="events"),
        Column("n", "count", title="events"),
    ),
    "reconciliation": (
        Column("source", "head", small=("file",)),
        Column("rows_in", "count"),
        Column("accepted", "count"),
        Column("in_part", "count"),
        Column("quarantined", "count"),
        Column("superseded", "count"),
        Column("difference", "count"),
    ),
    "problems": (
        Column("reason", "head"),
        Column("table"),
        Column("source"),
        Column("rows", "count"),
        Column("first"),
        Column("suggestion"),
    ),
    "actions": (
        Column("label", "head", title="action"),
        Column("action", "head"),
        Column("solution"),
        Column("where"),
        Column("unit"),
        Column("from_date"),
        Column("since"),
        Column("owner"),
        Column("status", "word"),
    ),
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
