"""What page 03 tells of all its sections, and what heads it."""

from types import SimpleNamespace

from cx_helpers.drivers.told_page import FAMILIES, heading, page_findings
from cx_helpers.findings import Finding

BRAND = SimpleNamespace(promise=SimpleNamespace(late="delivered.days_late"))
SURE = 1e-6


def finding(message: str, weight: float = 0.1, link: str = "#a", p: float = SURE, **args) -> Finding:
    return Finding(message, args, 1.0, 0.5, 1.5, 100, "mean", "associated", weight, link, p)


def messages(found) -> list[str]:
    return [one.message for one in found]


def test_no_section_drowns_another():
    many = [finding(f"drivers.{i}", 0.9 - i / 100, "#score") for i in range(6)]
    told = page_findings([*many, finding("worth.found", 0.01, "#worth"), finding("teams.found_higher", 0.02, "#employees")])
    assert messages(told) == ["drivers.0", "drivers.1", "teams.found_higher", "worth.found"]


def test_every_section_is_heard_once_before_one_is_heard_twice_and_seven_are_told_at_most():
    sections = [finding("drivers.first", 0.01 * i, f"#{i}") for i in range(7)]
    told = page_findings([finding("drivers.alike", 0.9, "#6"), *sections])
    assert len(told) == 7 and {one.link for one in told} == {f"#{i}" for i in range(7)} and told[0].message == "drivers.alike"
    assert [one.weight for one in told] == sorted((one.weight for one in told), reverse=True)


def test_what_chance_gives_once_on_a_page_is_not_told():
    assert page_findings([finding("drivers.first", p=0.02)]) == []
    assert messages(page_findings([finding("drivers.first", p=0.04 / len(FAMILIES))])) == ["drivers.first"]


def test_that_nothing_was_found_is_told_only_where_nothing_else_is():
    nothing = finding("opportunities.none", p=float("nan"))
    assert messages(page_findings([nothing, finding("worth.found")])) == ["worth.found"]
    assert messages(page_findings([finding("drivers.none_usable", p=float("nan")), nothing])) == ["drivers.none_usable"]


def test_a_fall_for_the_moment_of_asking_heads_the_page_before_the_work_it_would_be_taken_for():
    timing, work = finding("lateness.both"), finding("opportunities.first_share", touchpoint="delivered")
    assert heading(work, [work, timing], BRAND) is timing
    assert heading(work, [work], BRAND) is work and heading(work, [work, finding("lateness.lateness")], BRAND) is work
    elsewhere = finding("opportunities.first", touchpoint="counter")
    assert heading(elsewhere, [timing], BRAND) is elsewhere
    assert heading(work, [timing], SimpleNamespace(promise=None)) is work
