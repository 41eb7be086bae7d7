"""The truth of page 02 as a whole: on made-up brands, what was planted is among its findings, and where nothing is they are silent.

Each seed is a brand of its own (`planted_brand`), and the notebook's own statements work out its findings. Seeds are 2, 3, 4, ...
(1 is the committed brand) and never chosen. Limits are the 99.9 % binomial limits around a page that is wrong in 5 %.
"""

from __future__ import annotations

import ast
import sys
from math import isnan
from pathlib import Path

import pandas as pd
import pytest

from cx_helpers.findings import Finding, beyond_chance
from cx_helpers.journeys import personas, told, told_audit, told_segments, told_trends
from cx_helpers.sample import make, plan

sys.path.insert(0, str(Path(__file__).parent))
from planted_brand import canonical, needed_for, reopened, study_of, without_anything, worked_out  # noqa: E402

FIVE = ("nps_too_early", "over_surveyed", "mix_shift", "wording_change", "complaint_call_leave")
REWORDED_IN = str(plan.REWORDED_ON)[:7]
RETURN = "Satisfaction with the return"
# No false calls on a brand without anything: that a score foretells nothing is true there.
TRUE_OF_NOTHING = ("audit.found_foretells_nothing", "audit.found_unlike_remembered", "audit.found_stale")


# What counts and compares with nothing that chance could make.
COUNTED = ("map.", "flow.again", "recovery.put_right", "recovery.waiting", "scores.reworded", "scores.level", "voice.cause_first", "audit.found_nps_of_a_step",
           "audit.found_csat_of_whole", "audit.found_nothing_to_do", "audit.found_moment_unmeasured", "audit.found_blind", "audit.found_all_at_once")  # fmt: skip
# A brand in which nothing goes with anything has kinds of customers all the same (who rents often rented lately), and they are not looked for.
NO_KINDS = personas.Personas("no_groups", pd.Series(dtype=int), pd.DataFrame(), 1.0, (), 0)


def claims(folder: Path, seed: int, truths: frozenset[str], rentals: int) -> dict[str, bool]:
    """Which of the five truths the page of the newest month claims; of the wording, the page of the month in which it changed.

    Only the sections that may speak of one of the five are worked out: with fewer families found, the gate lets through less.
    """
    space = worked_out(study_of(folder, canonical(make(seed, rentals, truths))), "left", "latest", "behaved", "people", "audit")
    newest = _over_time(space) + told_segments.behaviour_findings(space["behaved"], len(space["people"])) + told_audit.audit_findings(space["audit"])
    return claimed(beyond_chance(newest, told.FAMILIES), folder)


def claimed(newest: list[Finding], folder: Path) -> dict[str, bool]:
    """Which of the five truths these findings claim, and those of the months in the month of the new wording."""
    then = beyond_chance(_over_time(worked_out(reopened(folder, REWORDED_IN), "left", "latest")), told.FAMILIES)
    risen = [f for f in (*newest, *then) if f.args.get("label") == RETURN and f.message.startswith("trends.up")]
    return {
        "nps_too_early": any(f.message.startswith("audit.found_nps_of_a_step") for f in newest),
        "over_surveyed": any(f.message == "audit.found_asked_too_often" for f in newest),
        "mix_shift": any(f.message.startswith("trends.mix_") and f.args["by"] == "Kind of location" for f in newest),
        "wording_change": any(f.message == "scores.reworded" and f.args["label"] == RETURN for f in then) and not risen,
        "complaint_call_leave": any(f.message.startswith("behaviours.finding.") for f in newest),
    }


def _over_time(space: dict) -> list[Finding]:
    return told_trends.over_time_findings(*(space[name] for name in ("moved", "mixed", "left", "latest")))


def false_calls(folder: Path, seed: int, rentals: int, month: str = "2026-04") -> list[str]:
    """What the page of a brand without anything tells beyond counting."""
    tables = canonical(without_anything(make(seed, rentals, frozenset()), seed))
    findings = worked_out(study_of(folder, tables, month), "findings", kinds=NO_KINDS)["findings"]
    return [f.message for f in findings if not isnan(f.p) and f.message not in TRUE_OF_NOTHING]


SEEDS, MANY = range(2, 52), range(2, 102)
OFF = plan.ALL - set(FIVE)


def test_the_page_rests_on_the_notebooks_own_lines_and_leaves_out_what_is_drawn():
    lines = [ast.unparse(statement) for statement in needed_for("findings")]
    assert lines[-1].startswith("findings = beyond_chance(findings, told.FAMILIES") and not any("page." in line for line in lines)
    assert sum(line.startswith("findings ") for line in lines) >= 7 and any(line.startswith("audit = metric_fit.audit(") for line in lines)


def test_the_planted_truths_are_told_and_only_what_was_counted_passes_without_a_test(tmp_path):
    findings = worked_out(study_of(tmp_path, canonical(make(SEEDS[0], 60_000))), "findings")["findings"]
    assert claimed(findings, tmp_path) == dict.fromkeys(FIVE, True)
    untested = {f.message for f in findings if isnan(f.p) and not f.message.startswith(COUNTED)}
    assert not untested and sum(not isnan(f.p) for f in findings) >= 5


def test_where_nothing_is_the_page_is_silent(tmp_path):
    assert false_calls(tmp_path / "data", SEEDS[0], 4_000) == []


@pytest.mark.long
def test_each_planted_truth_is_found_in_four_of_five_brands(tmp_path, promised):
    """As large as the committed brand: of half as many rentals, those who complained, called and stayed are too few to be shown."""
    found = pd.DataFrame([claims(tmp_path / "data", seed, plan.ALL, 100_000) for seed in SEEDS])
    for name, hits in found.sum().items():
        promised(f"page 02, planted: {name.replace('_', ' ')}", "planted", hits, len(SEEDS))


@pytest.mark.long
def test_a_page_seldom_tells_a_truth_that_is_switched_off(tmp_path, promised):
    said = [claims(tmp_path / "data", seed, OFF, 20_000) for seed in MANY[:60]]
    promised("page 02, five truths switched off: any of them told", "false calls", sum(any(one.values()) for one in said), len(said))


@pytest.mark.long
def test_the_page_of_a_brand_without_anything_is_silent(tmp_path, promised):
    said = [false_calls(tmp_path / "data", seed, 4_000) for seed in MANY]
    promised("page 02, a brand without anything: something told", "false calls", sum(map(bool, said)), len(MANY))
