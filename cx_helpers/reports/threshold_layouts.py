"""Tables of bends, of penalties and rewards, and of a broken promise: which columns, in which order."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

VALUE = ("value", "low", "high")
N = Column("n", "count")

BENDS = (
    Column("label", "head", title="input", small=("outcome_label",)),
    Column("kind", "word", title="bend_kind"),
    Column("value", "measure", VALUE, title="turns_at", gap="gap.no_bend"),
    Column("standard", "measure"),
    Column("before", "change", ("before", "before_low", "before_high"), title="slope_before", zero=0.0, small=("message:table.per_unit",)),
    Column("after", "change", ("after", "after_low", "after_high"), title="slope_after", zero=0.0),
    Column("share_beyond", "share"),
    N,
)
GROUPS = (
    Column("label", "head", title="input", small=("outcome_label",)),
    Column("x", "measure", title="group_mean"),
    Column("value", "number", VALUE, title="score"),
    Column("share", "share", title="share_of_journeys"),
    N,
)
ASYMMETRY = (
    Column("label", "head", title="driver", small=("touchpoint_label",)),
    Column("kano", "word", title="kano"),
    Column("penalty", "change", ("penalty", "penalty_low", "penalty_high"), zero=0.0),
    Column("reward", "change", ("reward", "reward_low", "reward_high"), zero=0.0),
    Column("low_until", "measure", title="bad_from"),
    Column("high_from", "measure", title="good_from"),
    Column("n_low", "count", title="n_bad"),
    Column("n_high", "count", title="n_good"),
    N,
)
PROMISE = (
    Column("state", "headword", title="promise_state"),
    Column("from_days", "number", title="days_from", gap="gap.open"),
    Column("to_days", "number", title="days_to", gap="gap.open"),
    Column("value", "number", VALUE, title="score"),
    N,
)
COMPARED = (
    Column("label", "head", title="comparison", said=True),
    Column("value", "change", VALUE, title="score_difference", strip=True, zero=0.0),
    Column("says", "word", title="says"),
    Column("n_with", "count", title="n_first", minor=True),
    N,
)
HANDS = (
    Column("label", "head", title="part_of_the_way", small=("touchpoint_label",)),
    Column("value", "measure_change", VALUE, title="days_more_when_late", strip=True, role="delivered", zero=0.0),
    Column("effect", "change", ("effect", "effect_low", "effect_high"), title="score_a_day", zero=0.0),
    Column("waiting", "number", ("waiting", "waiting_low", "waiting_high"), title="score_waiting", small=("message:small.waited_there",)),
    N,
)
THRESHOLDS: dict[str, tuple[Column, ...]] = {"bends": BENDS, "asymmetry": ASYMMETRY, "promise": PROMISE, "promise_compared": COMPARED, "hands": HANDS}
