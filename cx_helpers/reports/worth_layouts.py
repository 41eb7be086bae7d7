"""The tables of page 03 about staying and what a change is worth."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")

WORTH: dict[str, tuple[Column, ...]] = {
    "worth": (
        Column("change", "head", title="change_made", small=("not_told",), said=True),
        Column("experience", "change", ("experience", "experience_low", "experience_high"), title="experience_gain", zero=0.0, sure="felt"),
        Column("returns", "share_change", ("returns", "returns_low", "returns_high"), title="back_more", zero=0.0, sure="usable"),
        Column("revenue_a_year", "money_change", ("revenue_a_year", "revenue_a_year_low", "revenue_a_year_high"), zero=0.0, sure="usable"),
        Column("cost_a_year", "money_change", ("cost_a_year", "cost_a_year_low", "cost_a_year_high"), zero=0.0),
        Column("net_a_year", "money_change", ("net_a_year", "net_a_year_low", "net_a_year_high"), zero=0.0, sure="usable"),
        N,
    ),
    "score_worth": (
        Column("label", "head", title="score", small=("touchpoint_label",)),
        Column("returns", "share_change", ("returns", "returns_low", "returns_high"), title="back_a_point", strip=True, zero=0.0),
        Column("revenue", "money_change", ("revenue", "revenue_low", "revenue_high"), title="revenue_a_point", strip=True, role="ink", zero=0.0),
        N,
    ),
    "leaving": (
        Column("label", "head", title="lived", small=("usable",)),
        Column("adds", "share_change", ("adds", "adds_low", "adds_high"), title="adds_to_leaving", strip=True, zero=0.0, upside_down=True, role="delivered"),
        Column("lived_share", "share", title="lived_by"),
        Column("value", "share", ("value", "low", "high"), title="main_reason"),
        N,
    ),
    "calibration": (
        Column("tenth", "head", title="tenth"),
        Column("told", "share", title="told_risk"),
        Column("value", "share", ("value", "low", "high"), title="not_back"),
        N,
        Column("method"),
    ),
    "judged": (
        Column("measure", "headword", title="measure"),
        Column("value", "number", ("value", "low", "high")),
        Column("reading", "text", title="says", said=True),
        N,
    ),
}  # fmt: skip
