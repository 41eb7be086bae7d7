"""The tables of page 03 about what may be asked as a driver, and about ratings as drivers."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")

GUARDED: dict[str, tuple[Column, ...]] = {
    "guards": (
        Column("label", "headword", title="candidate", small=("touchpoint_label",)),
        Column("verdict", "word", title="asked_as_driver"),
        Column("reason", "word", title="because"),
        Column("auc", "number"),
        Column("function_share", "share", title="determined"),
        Column("known_share", "share"),
        Column("missing_gap", "change", ("missing_gap", "missing_gap_low", "missing_gap_high"), title="where_unknown", zero=0.0),
        N,
    ),
    "perceived": (
        Column("label", "headword", title="rating", small=("touchpoint_label", "usable", "mark")),
        Column("share", "share", ("share", "share_low", "share_high"), strip=True, role="lived", sure="usable"),
        Column("rank", "rank", ("rank", "rank_low", "rank_high"), sure="usable"),
        Column("effect", "change", ("effect", "effect_low", "effect_high"), zero=0.0, small=("step",), sure="usable"),
        Column("not_used_share", "share", title="not_used", minor=True),
        N,
    ),
}
