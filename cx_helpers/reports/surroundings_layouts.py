"""The tables of page 03 about employees and the world outside."""

from __future__ import annotations

from cx_helpers.reports.cells import Column

N = Column("n", "count")
VALUE = ("value", "low", "high")


def _month(when: str, strip: bool = False) -> Column:
    return Column(when, "change", (when, f"{when}_low", f"{when}_high"), title=f"month_{when}", strip=strip, role="lived", zero=0.0, sure=f"{when}_clear")


SURROUNDINGS: dict[str, tuple[Column, ...]] = {
    "employees": (Column("label", "head", title="measure", small=("message:small.usual_step",)), _month("before", strip=True), _month("same"), _month("after"), N),
    "employees_by_score": (
        Column("label", "head", title="measure"),
        Column("score_label", title="score"),
        Column("value", "change", VALUE, title="month_before", strip=True, zero=0.0),
        N,
    ),
    "outside": (
        Column("label", "head", title="factor", small=("not_told",), said=True),
        Column("step", "number", title="usual_step"),
        Column("value", "change", VALUE, title="hundredths_a_step", strip=True, zero=0.0, sure="clear"),
        Column("days", "count"),
        N,
    ),
    "drivers_beside": (
        Column("label", "head", title="driver"),
        Column("without", "change", title="effect_without"),
        Column("with_context", "change", title="effect_with_context"),
        N,
    ),
}
