"""The tables of page 03 about what moves the score: the ranking, its checks, and the ordinal model beside the linear one."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")
VALUE = ("value", "low", "high")


def _way(method: str) -> Column:
    return Column(method, "share", (method, f"{method}_low", f"{method}_high"), title=f"way_{method}", small=(f"message:drivers.rank_{method}",))


DRIVERS: dict[str, tuple[Column, ...]] = {
    "importance": (
        Column("label", "head", title="driver", small=("usable", "beyond_yardstick"), said=True),
        Column("share", "share", ("share", "share_low", "share_high"), strip=True, role="delivered", sure="usable"),
        Column("rank", "rank", ("rank", "rank_low", "rank_high"), strip=True, role="ink", sure="usable"),
        Column("effect", "change", ("effect", "effect_low", "effect_high"), zero=0.0, small=("message:table.per_unit",), sure="usable"),
        N,
    ),
    "forest": (
        Column("label", "head", title="driver", small=("touchpoint_label", "usable")),
        Column("bad", "measure", title="usual_bad"),
        Column("good", "measure", title="usual_good"),
        Column("value", "change", VALUE, title="good_against_bad", strip=True, role="delivered", zero=0.0, sure="usable"),
        N,
    ),
    "ways": (Column("label", "head", title="driver"), _way("lmg"), _way("johnson"), _way("first"), _way("last"), N),
    "order": (
        Column("label", "head", title="ahead_of", small=("message:drivers.next",)),
        Column("value", "share_change", VALUE, title="share_ahead", strip=True, role="delivered", zero=0.0),
        Column("ahead", "word", title="settled"),
        N,
    ),
    "ordinal": (
        Column("label", "head", title="driver"),
        Column("effect", "change", ("effect", "effect_low", "effect_high"), zero=0.0, small=("message:table.per_unit",)),
        Column("odds_ratio", "number", ("odds_ratio", "odds_low", "odds_high"), strip=True, role="ink", zero=1.0, small=("message:table.per_unit",)),
        Column("agrees", "word", title="models_agree"),
        Column("proportional", "word", title="same_at_all_steps"),
        N,
    ),
    "entangled": (
        Column("label", "head", title="driver"),
        Column("vif", "number", title="inflation"),
        Column("twin_label", title="goes_most_with"),
        Column("value", "number", VALUE, title="correlation", strip=True, role="ink", zero=0.0),
        N,
    ),
    "dropped": (
        Column("label", "head", title="unknown_measure", said=True),
        Column("dropped", "count", title="answers_without"),
        Column("dropped_share", "share", title="of_answers"),
        N,
    ),
}
