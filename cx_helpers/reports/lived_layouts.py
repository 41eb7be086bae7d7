"""The tables of page 02 about remembering and about who lives the journey."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")

LIVED: dict[str, tuple[Column, ...]] = {
    "memory": (
        Column("label", "head", title="part", said=True),
        Column("value", "share", ("value", "low", "high"), title="remembered_share", strip=True, zero=0.0),
        N,
    ),
    "memory_models": (
        Column("label", "head", title="model", said=True),
        Column("explained", "share"),
        Column("value", "share_change", ("value", "low", "high"), title="adds", strip=True, role="ink", zero=0.0),
        Column("says", "verdict"),
        N,
    ),
    "segments": (
        Column("level", "head", title="segment", small=("segment_label",)),
        Column("value", "number", ("value", "low", "high")),
        Column("others", "change", ("others", "others_low", "others_high"), title="beside_all_others", strip=True, zero=0.0),
        Column("verdict", "verdict", title="says"),
        Column("change", "change", ("change", "change_low", "change_high"), title="change_in_window", zero=0.0, minor=True),
        N,
    ),
    "begun": (
        Column("label", "head", title="action"),
        Column("effective_from", "date", title="from_date"),
        Column("where", said=True, title="where"),
        Column("owner", minor=True),
        Column("status", "word"),
    ),
    "channel_scores": (
        Column("label", "head", title="score", small=("touchpoint_label",)),
        Column("asked_channel", "word", title="asked_through"),
        Column("value", "number", ("value", "low", "high"), strip=True, own_scale=True),
        N,
    ),
    "behaviour": (
        Column("name", "head", title="customers_who", small=("label",), said=True),
        Column("n", "count", title="customers"),
        Column("share", "share", ("share", "low", "high"), title="of_first_step"),
        Column("last_share", "share", ("last_share", "last_low", "last_high"), title="took_last"),
        Column("score", "number", ("score", "score_low", "score_high")),
        Column("score_n", "count", title="answers"),
        Column("revenue", "money", ("revenue", "revenue_low", "revenue_high"), title="revenue_before", minor=True),
    ),
    "personas": (
        Column("name", "head", title="persona", small=("trait_1", "trait_2", "trait_3"), said=True),
        Column("n", "count", title="customers"),
        Column("share", "share", title="of_all_customers"),
        Column("revenue", "money", ("revenue", "revenue_low", "revenue_high"), title="revenue_each"),
        Column("revenue_share", "share", title="of_all_revenue", minor=True),
        Column("new_share", "share", ("new_share", "new_low", "new_high"), title="new_customers", minor=True),
        Column("influence_share", "share", ("influence_share", "influence_low", "influence_high"), title="spoke_in_public", gap="gap.not_known", minor=True),
        Column("score", "number", ("score", "score_low", "score_high")),
        Column("score_n", "count", title="answers"),
    ),
}
