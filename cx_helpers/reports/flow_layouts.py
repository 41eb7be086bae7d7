"""The tables on how journeys run."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")

FLOW: dict[str, tuple[Column, ...]] = {
    "steps_run": (
        Column("label", "head", title="touchpoint", small=("message:flow.again_by",)),
        Column("share", "share", ("share", "low", "high"), title="reached", strip=True, role="ink", small=("message:flow.in_order",)),
        Column("now", "measure", ("now", "now_low", "now_high"), title="next_after", small=("message:flow.usually",)),
        Column("verdict", "verdict", title="says"),
        N,
    ),
    "stretches": (
        Column("label", "head", title="stretch"),
        Column("value", "change", ("value", "low", "high"), title="score_beside", strip=True, zero=0.0),
        Column("share", "share", title="share_of_answers"),
        N,
    ),
    "completion": (
        Column("intent", "head", title="intent"),
        Column("share", "share", ("share", "low", "high"), title="fulfilled_share", strip=True, role="ink"),
        Column("fulfilled", "count", minor=True),
        Column("open", "count", title="still_open"),
        N,
    ),
    "transitions": (
        Column("from_label", "head", title="from_step"),
        Column("to_label", title="to_step"),
        Column("share", "share", ("share", "low", "high"), title="of_leaving"),
        Column("wait", "measure", ("wait", "wait_low", "wait_high"), title="next_after"),
        Column("tied_share", "share", title="tied", minor=True),
        N,
    ),
}
