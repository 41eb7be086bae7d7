"""The tables of page 03 about design and execution, opportunities, and advice that was checked."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")
SHARE = ("share", "share_low", "share_high")
OFF = ("off_share", "off_low", "off_high")

OPPORTUNITIES: dict[str, tuple[Column, ...]] = {
    "opportunities": (
        Column("label", "head", title="opportunity", small=("touchpoint_label", "aside")),
        Column("rank", "rank", ("rank", "rank_low", "rank_high"), small=("since",)),
        Column("lift", "change", ("lift", "lift_low", "lift_high"), strip=True, role="lived", zero=0.0, small=("taking",)),
        Column("off_standard_share", "share", ("off_standard_share", "off_standard_low", "off_standard_high"), small=("diagnosis",)),
        Column("revenue_a_year", "money_change", ("revenue_a_year", "revenue_a_year_low", "revenue_a_year_high"), zero=0.0),
        N,
    ),
    "importance_map": (
        Column("label", "head", title="driver", small=("touchpoint_label",)),
        Column("share", "share", SHARE),
        Column("value", "share", ("value", "low", "high"), title="at_standard"),
        N,
    ),
    "diagnosis": (
        Column("label", "head", title="input", small=("touchpoint_label", "lacks")),
        Column("verdict", "verdict", title="says"),
        Column("off_share", "share", OFF, title="off_standard_share", strip=True, role="delivered", small=("rule",)),
        Column("score", "number", ("score", "score_low", "score_high"), title="score_at_standard", small=("score_label", "beside")),
        N,
    ),
    "diagnosis_units": (
        Column("unit", "head", small=("label",)),
        Column("verdict", "verdict", title="says"),
        Column("off_share", "share", OFF, title="off_standard_share", strip=True, role="delivered"),
        Column("score", "number", ("score", "score_low", "score_high"), title="score_at_standard", small=("score_label",)),
        N,
    ),
    "advice": (
        Column("label", "head", title="advice", small=("outcome_label",)),
        Column("moved", "measure_change", ("moved", "moved_low", "moved_high"), title="input_moved", zero=0.0),
        Column("expected", "change", title="score_expected"),
        Column("value", "share", ("value", "low", "high"), title="of_what_was_told", strip=True, role="ink", zero=0.0),
        Column("says", "text", said=True),
        N,
    ),
}  # fmt: skip
