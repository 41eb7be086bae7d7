"""What was planted, in words and numbers: `TRUTH.md` is generated from the constants that `make` uses."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cx_helpers.sample import plan


@dataclass(frozen=True)
class Recoverable:
    """What a yardstick finds on large draws.

    Attributes
    ----------
    value : float
        Mean over 12 draws of 200,000 rentals (seeds 1001 to 1012).
    error : float
        Standard error of that mean.
    one_draw : float
        Standard deviation from draw to draw of 24,000 rentals (30 draws).
    """

    about: str
    value: float
    error: float
    one_draw: float


RECOVERABLE = {
    "wait_counter_beyond": Recoverable("CSAT of the counter, points a minute beyond the threshold", -0.0751, 0.0003, 0.0034),
    "wait_counter_below": Recoverable("CSAT of the counter, points a minute below it", -0.0020, 0.0003, 0.0059),
    "wait_overall_beyond": Recoverable("overall score (0-10), points a minute beyond it", -0.0453, 0.0006, 0.0063),
    "skip_handover_minutes": Recoverable("minutes of the hand-over, inspection skipped against done", -5.994, 0.005, 0.043),
    "skip_dispute_share": Recoverable("share of disputes, inspection skipped against done", 0.1787, 0.0012, 0.0083),
    "dispute_overall": Recoverable("overall score, dispute against none", -1.524, 0.006, 0.099),
    "skip_overall": Recoverable("overall score, inspection skipped against done", -0.280, 0.011, 0.094),
    "second_line_log_wait": Recoverable("log of the wait, difference in differences", -0.3535, 0.0025, 0.019),
    "scanners_naive_minutes": Recoverable("change of the return check, three months before against after", -1.40, 0.15, 0.73),
    "scanners_fair_minutes": Recoverable("the same, against November 2024 to June 2025", 0.15, 0.18, 0.68),
    "walk_overall": Recoverable("overall score, points every 100 metres walked", -0.003, 0.003, 0.028),
    "mix_nps_points": Recoverable("NPS, mix part of the change, first to last twelve months", -2.11, 0.06, 0.40),
}


def _planted() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each truth in words, with the yardsticks that recover it."""
    first, last = plan.AIRPORT_SHARE
    line, quick, scan = plan.SECOND_LINE, plan.QUICK_HANDOVER, plan.SCANNERS
    return {
        "wait_threshold": (
            f"Up to {plan.WAIT_THRESHOLD_MINUTES:g} minutes a wait at the counter is not felt; each minute beyond moves the "
            f"lived experience of the counter by {plan.WAIT_SLOPE:g} points (1-5), and through it what is remembered.",
            ("wait_counter_beyond", "wait_counter_below", "wait_overall_beyond"),
        ),
        "skipped_inspection": (
            f"{quick.action_id}, at {len(quick.units)} locations from {quick.effective_from}: the car is inspected together in "
            f"{plan.INSPECTION_SHARE_QUICK:.0%} of rentals instead of {plan.INSPECTION_SHARE:.0%}. A skipped inspection saves "
            f"{plan.SKIP_SAVES_MINUTES:g} minutes and raises the chance of a dispute at return from {plan.DISPUTE_SHARE:.0%} to "
            f"{plan.DISPUTE_SHARE + plan.SKIP_ADDS_DISPUTE:.0%}; a dispute spoils return, settlement and memory.",
            ("skip_handover_minutes", "skip_dispute_share", "dispute_overall", "skip_overall"),
        ),
        "second_line_works": (
            f"{line.action_id}, at {len(line.units)} locations from {line.effective_from}: waits fall to "
            f"{plan.SECOND_LINE_FACTOR:.0%} of what they would have been (logarithm: {math.log(plan.SECOND_LINE_FACTOR):.3f}).",
            ("second_line_log_wait",),
        ),
        "scanners_do_nothing": (
            f"{scan.action_id}, from {scan.effective_from}, at the {plan.SCANNER_SITES} locations (of those without another "
            f"action) with the slowest return checks in the {plan.SCANNER_BASELINE_MONTHS} months before. The effect is zero: "
            "checks drift up and down by themselves, so the slowest get better anyway.",
            ("scanners_naive_minutes", "scanners_fair_minutes"),
        ),
        "walk_without_effect": (
            "The walk from counter to car has no effect on anything, though airports have both longer walks and longer waits. "
            "It is the yardstick: a method that finds it important is wrong.",
            ("walk_overall",),
        ),
        "mix_shift": (
            f"The share of airports rises from {first:.0%} to {last:.0%} over the 24 months; airports score lower, so the "
            "headline falls a little though no location changes by it.",
            ("mix_nps_points",),
        ),
    }  # fmt: skip


def truth_markdown() -> str:
    """The whole of `TRUTH.md`: planted truths, what can be recovered of them, how memory works, planted defects."""
    lines = [
        "# What is true of Sample Rentals",
        "",
        "Generated from the constants of `cx_helpers/sample/plan.py` and `truth.py`; do not edit. Each truth can be "
        "switched off alone: `make(truths=ALL - {\"mix_shift\"})`.",
        "",
        "Scores are rounded and clipped, and only some customers answer, so what can be recovered differs from what was "
        "planted: *recoverable* is the mean over 12 draws of 200,000 rentals (± standard error), *one draw* the standard "
        "deviation from draw to draw at 24,000 rentals. `cx_helpers/sample/yardsticks.py` says how.",
    ]  # fmt: skip
    for name, (words, yardsticks) in _planted().items():
        lines += ["", f"## {name}", "", words, "", "| recovered as | recoverable | one draw |", "|---|---|---|"]
        found = [RECOVERABLE[yardstick] for yardstick in yardsticks]
        lines += [f"| {item.about} | {item.value:g} ± {item.error:g} | {item.one_draw:g} |" for item in found]
    weights = ", ".join(f"{name} {weight:g}" for name, weight in plan.MEMORY.items())
    lines += [
        "", "## What is remembered", "",
        "The overall score (0-10) is asked after the end. It remembers the lived experiences, each taken from its usual level, "
        f"with weights {weights} (peak: the worst moment; end: the settlement), {plan.REMEMBERED_SLOPE:g} points a point lived.",
        "", "## Planted defects", "",
        "In every export, whatever the seed. *In part*: only the facts named are set aside, the row's others are good and stay.", "",
        "| file | what | rows | fate |", "|---|---|---|---|",
    ]  # fmt: skip
    lines += [f"| {item.file} | {item.what} | {item.rows} | {item.fate} |" for item in plan.DEFECTS.values()]
    return "\n".join(lines) + "\n"
