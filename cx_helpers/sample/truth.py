"""What was planted, in words and numbers: `TRUTH.md` is generated from the constants that `make` uses."""

from __future__ import annotations

import math

from cx_helpers.sample import plan
from cx_helpers.sample.defects import DEFECTS
from cx_helpers.sample.recoverable import RECOVERABLE
from cx_helpers.sample.yardsticks import DRAWS, DRAWS_OFF, FIRST_SEED, RENTALS, YARDSTICKS

KINDS = {
    "effect": "power {:.2f}",
    "nothing": "nothing there; falsely found in {:.2f}",
    "trap": "nothing there; found by this trap in {:.2f}",
    "hidden": "there, but found in {:.2f} only: the data cannot tell the two apart",
}


def truth_words() -> dict[str, str]:
    """Each truth in words, in the order of `TRUTH.md`."""
    first, last = plan.AIRPORT_SHARE
    quick, scan, locker, photos, training = plan.QUICK_HANDOVER, plan.SCANNERS, plan.LOCKERS, plan.PHOTOS, plan.TRAINING
    waves = "; ".join(f"{wave.action_id}, {len(wave.units)} locations from {wave.effective_from}" for wave in plan.SECOND_LINE_WAVES)
    memory = ", ".join(f"{name} {weight:g}" for name, weight in plan.MEMORY.items())
    silent = ", ".join(f"{name} {share:.0%}" for name, share in plan.SILENT_SHARE.items())
    after = plan.LEAVES_AFTER
    return {
        "wait_threshold": (
            f"Up to {plan.WAIT_THRESHOLD_MINUTES:g} minutes a wait at the counter is not felt; each minute beyond moves the "
            f"lived experience of the counter by {plan.WAIT_SLOPE:g} points (1-5), and through it what is remembered."
        ),
        "skipped_inspection": (
            f"{quick.action_id}, at {len(quick.units)} locations from {quick.effective_from}: the car is inspected together in "
            f"{plan.INSPECTION_SHARE_QUICK:.0%} of rentals instead of {plan.INSPECTION_SHARE:.0%}. A skipped inspection saves "
            f"{plan.SKIP_SAVES_MINUTES:g} minutes and raises the chance of a dispute at return from {plan.DISPUTE_SHARE:.0%} to "
            f"{plan.DISPUTE_SHARE + plan.SKIP_ADDS_DISPUTE:.0%}; a dispute spoils return, settlement and memory."
        ),
        "second_line_works": (
            f"In three waves ({waves}) waits fall to {plan.SECOND_LINE_FACTOR:.0%} of what they would have been "
            f"(logarithm: {math.log(plan.SECOND_LINE_FACTOR):.3f})."
        ),
        "scanners_do_nothing": (
            f"{scan.action_id}, from {scan.effective_from}, at the {plan.SCANNER_SITES} locations (of those without another "
            f"action) with the slowest return checks in the {plan.SCANNER_BASELINE_MONTHS} months before. The effect is zero: "
            "checks drift up and down by themselves, so the slowest get better anyway. Switched off, the locations are drawn by lot."
        ),
        "walk_without_effect": (
            "The walk from counter to car has no effect on anything, though airports have both longer walks and longer waits. "
            "It is the yardstick: a method that finds it important is wrong. Switched off, "
            f"100 metres move the hand-over by {100 * plan.WALK_SLOPE_IF_OFF:g} points."
        ),
        "mix_shift": (
            f"The share of airports rises from {first:.0%} to {last:.0%} over the 24 months; airports score lower, so the "
            "headline falls a little though no kind of location changes by it."
        ),
        "peak_end": (
            f"The overall score remembers what was lived, each touchpoint taken from its usual level, with weights {memory} (peak: "
            f"the worst moment; end: the settlement), {plan.REMEMBERED_SLOPE:g} points of 0-10 a point lived. Switched off, the mean "
            f"alone. {plan.PANEL_SHARE:.0%} of customers have agreed to answer, so that thousands of rentals have three experienced "
            "scores and the remembered one. What can be recovered is less than was planted: answers are rounded, and the worst "
            "moment is not always one that was asked about."
        ),
        "locker_harms_later": (
            f"{locker.action_id}, at {len(locker.units)} locations from {locker.effective_from}: keys from a locker cut waits to "
            f"{plan.LOCKER_WAIT_FACTOR:.0%} (logarithm: {math.log(plan.LOCKER_WAIT_FACTOR):.3f}), but nobody explains fuel and terms: "
            f"an unexpected charge stands on {plan.EXTRA_CHARGE_SHARE_LOCKER:.0%} of invoices instead of "
            f"{plan.EXTRA_CHARGE_SHARE:.0%} and moves the settlement by {plan.EXTRA_CHARGE_FELT:g} points."
        ),
        "two_overlap": (
            f"{photos.action_id} ({photos.effective_from}) and {training.action_id} ({training.effective_from}) began at the same "
            f"{len(photos.units)} locations within weeks. The first leaves {plan.PHOTOS_FACTOR:.0%} of the chance of a dispute, the "
            f"second {plan.TRAINING_FACTOR:.0%} of that; only the two together ({plan.PHOTOS_FACTOR * plan.TRAINING_FACTOR:.0%}) can be told."
        ),
        "nps_too_early": (
            f"{plan.EARLY_ASKED_SHARE:.0%} of customers are asked an NPS minutes after the hand-over, an unfinished step. It tells of the "
            "hand-over and foretells nothing of who rents again; the NPS at the end does. Switched off, the early one is not asked."
        ),
        "over_surveyed": (
            f"Each request beyond {plan.REQUESTS_ENOUGH} within {plan.REQUESTS_WITHIN_DAYS} days moves the log odds of answering by "
            f"{plan.REQUEST_WEARIES:g} (at most {plan.REQUESTS_AT_MOST} of them): those who rent often answer less and less."
        ),
        "complaint_call_leave": (
            f"Of complaints not resolved within {plan.RESOLVED_WITHIN_DAYS} days, {plan.CALLS_UNRESOLVED:.0%} lead to a call (switched off, "
            f"{plan.CALLS_UNRESOLVED_IF_OFF:.0%}), and {plan.LEAVES_AFTER_CALL:.0%} of those callers never book again. "
            f"{plan.STUCK_SHARE:.0%} of complaints lie that long."
        ),
        "employee_lead": (
            f"A point of a location's employee engagement moves counter, hand-over and return of the next month by "
            f"{plan.ENGAGEMENT_SLOPE:g} points; engagement in the same month moves nothing."
        ),
        "churn_components": (
            f"After a rental a customer leaves for good with {plan.LEAVES_ANYWAY:.0%}; with {after['dispute']:.0%} more after a dispute, "
            f"{after['long_wait']:.0%} after a wait of more than {plan.LONG_WAIT_MINUTES:g} minutes, {after['late_deposit']:.0%} after a "
            f"deposit that took more than {plan.LATE_DEPOSIT_DAYS:g} days; beside unresolved complaints nothing else in the rental matters to it. Who has left books no "
            "more; newcomers take their place. Renting again: a booking from 21 to 201 days after the settlement."
        ),
        "wording_change": (
            f"From {plan.REWORDED_ON} the question about the return has another wording (v2), which lifts answers by "
            f"{plan.WORDING_LIFT:g} points before rounding; what is lived does not change."
        ),
        "silent_differ": (
            f"Some customers never answer ({silent}, by attitude). They live every touchpoint {-plan.SILENT_LIVED:g} points lower and "
            f"leave with {plan.SILENT_LEAVES:.0%} more after a rental. The {plan.VALUABLE_SHARE:.0%} who rent most answer less "
            f"({plan.VALUABLE_ANSWERS:g} in log odds). Switched off they still never answer, but are like the others."
        ),
        "missing_permissions": (
            f"{plan.NO_PERMISSION_SHARE:.0%} of customers never permitted the use of their answers to improve the service, and "
            f"{plan.WITHDRAWN_SHARE:.0%} of the others took it back. Switched off, all permit it."
        ),
    }  # fmt: skip


def _figures(truth: str) -> list[str]:
    """The table of a truth: a row a yardstick."""
    rows = ["| recovered as | recoverable | one draw | off | how surely |", "|---|---|---|---|---|"]
    for name, yardstick in YARDSTICKS.items():
        if yardstick.truth == truth:
            figures = RECOVERABLE[name]
            off = "" if math.isnan(figures.off) else f"{figures.off:.3g}"
            rows.append(
                f"| {yardstick.about} | {figures.value:.4g} ± {figures.error:.2g} | {figures.one_draw:.2g} | {off} | "
                f"{KINDS[yardstick.kind].format(figures.found)} |"
            )
    return rows


def truth_markdown() -> str:
    """The whole of `TRUTH.md`: planted truths, what can be recovered of them and how surely, planted defects."""
    lines = [
        "# What is true of Sample Rentals",
        "",
        "Generated from the constants of `cx_helpers/sample/`; do not edit. Each truth can be switched off alone: "
        "`make(truths=ALL - {\"mix_shift\"})`.",
        "",
        "Scores are rounded and clipped, and only some customers answer, so what can be recovered differs from what was "
        f"planted. *Recoverable* is what a plain regression or difference finds on average over {DRAWS} draws of {RENTALS:,} rentals "
        f"(seeds {FIRST_SEED} to {FIRST_SEED + DRAWS - 1}; ± standard error), *one draw* the standard deviation from draw to draw, "
        f"*off* the mean of {DRAWS_OFF} draws in which no truth holds. *Power* is the share of the {DRAWS} draws of {RENTALS:,} "
        "rentals in which its test at 5 % finds it with the right sign. `python -m cx_helpers.sample.yardsticks` finds the figures anew.",
    ]  # fmt: skip
    for name, words in truth_words().items():
        lines += ["", f"## {name}", "", words, "", *_figures(name)]
    lines += [
        "", "## Planted defects", "",
        "In every export, whatever the seed. *In part*: only the facts named are set aside, the row's others are good and stay.", "",
        "| file | what | rows | fate |", "|---|---|---|---|",
    ]  # fmt: skip
    lines += [f"| {item.file} | {item.what} | {item.rows or 'all'} | {item.fate} |" for item in DEFECTS.values()]
    return "\n".join(lines) + "\n"
