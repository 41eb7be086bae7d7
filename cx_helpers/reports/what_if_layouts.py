"""The tables of scenarios: what one goes with in the end, what it moves on the way, and those that were saved."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")
ENDS = (
    Column("experience", "change", ("experience", "experience_low", "experience_high"), title="experience_gain", zero=0.0),
    Column("returns", "share_change", ("returns", "returns_low", "returns_high"), title="back_more", zero=0.0),
    Column("revenue", "money_change", ("revenue", "revenue_low", "revenue_high"), title="revenue_a_year", zero=0.0),
    Column("cost", "money_change", ("cost", "cost_low", "cost_high"), title="cost_a_year", zero=0.0),
    Column("net", "money_change", ("net", "net_low", "net_high"), title="net_a_year", zero=0.0),
)  # fmt: skip
SCENARIO = (Column("moves", "list", title="moved", said=True), *ENDS, N)
ON_THE_WAY = (
    Column("label", "head", title="measure", small=("touchpoint_label",)),
    Column("value", "measure_change", ("value", "low", "high"), title="moves_by", sure="usable", zero=0.0),
    Column("says", "word"),
    N,
)  # fmt: skip
SAVED = (
    Column("name", "head", title="scenario", small=("note", "message:what_if.by", "reason")),
    Column("moves", "list", title="moved", said=True),
    *ENDS,
    Column("grade", "grade"),
    N,
)  # fmt: skip
