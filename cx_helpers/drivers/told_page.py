"""What page 03 tells of all that its sections found: a gate for the page as a whole, and a choice by consequence."""

from __future__ import annotations

from collections.abc import Iterable

from cx_helpers.config.journey import Journey
from cx_helpers.findings import Finding, beyond_chance

FAMILIES = (
    "drivers", "perceived", "thresholds", "asymmetry", "lateness", "side_effects", "worth", "leaving", "teams", "days", "diagnosis", "opportunities", "advice",
)  # fmt: skip
"""What page 03 looks at for something beyond chance: the families of its findings (see `findings.beyond_chance`)."""
MOST = 7
MOST_OF_A_SECTION = 2
NOTHING = ("drivers.not_enough", "drivers.none_usable", "drivers.tied", "opportunities.none", "opportunities.none_standard", "perceived.none")
"""What a section says where it found nothing, or of what it found: no finding of the page beside one."""
TIMING = ("lateness.timing", "lateness.both")


def page_findings(found: Iterable[Finding], confidence: float = 0.95) -> list[Finding]:
    """The findings that the page tells, by consequence: beyond chance all together, every section heard, none more than twice.

    Parameters
    ----------
    found : findings of all sections, each with its p corrected within its family, its section as link, and a weight from 0 to 1
        (share of customers or journeys touched times size as a share of the scale)

    Returns
    -------
    list of at most seven Finding, largest weight first: the heaviest of each section, then the second ones as far as there is
    room. What only says that nothing was found stands where there is nothing else.

    >>> wait, also, more, late = (Finding(f"drivers.{i}", {}, 1.0, 0.5, 1.5, 40, "", "associated", w, link) for i, w, link in
    ...     (("a", 0.3, "#a"), ("b", 0.2, "#a"), ("c", 0.15, "#a"), ("d", 0.1, "#b")))
    >>> [finding.message for finding in page_findings([wait, also, more, late])]
    ['drivers.a', 'drivers.b', 'drivers.d']
    """
    found = list(found)
    said = beyond_chance([finding for finding in found if finding.message not in NOTHING], FAMILIES, confidence)
    if not said:
        return [finding for finding in found if finding.message in NOTHING][:1]
    by_weight = sorted(said, key=lambda finding: -finding.weight)
    chosen: list[Finding] = []
    for round_ in range(1, MOST_OF_A_SECTION + 1):
        for finding in by_weight:
            heard = sum(other.link == finding.link for other in chosen)
            if heard < round_ and len(chosen) < MOST and not any(other is finding for other in chosen):
                chosen.append(finding)
    return sorted(chosen, key=lambda finding: -finding.weight)


def heading(lead: Finding, told: Iterable[Finding], journey: Journey) -> Finding:
    """What heads the page: `lead`; but where it is an opportunity at the promised step, and scores fall there for the moment of
    asking, that comes first, for keeping the promise and asking later look alike in the score.

    Parameters
    ----------
    lead : of `told_guards.leading`
    told : of `page_findings`
    """
    timing = [finding for finding in told if finding.message in TIMING]
    step = journey.promise.late.partition(".")[0] if journey.promise else None
    return timing[0] if timing and lead.args.get("touchpoint") == step else lead
