"""The rules of the audit: the package's own, what a brand changes, and every problem at once."""

import pytest

from cx_helpers.config.metric_rules import KINDS, metric_rules
from cx_helpers.errors import ConfigError


def test_without_a_file_of_its_own_a_brand_has_the_rules_of_the_package(shop):
    rules = metric_rules(shop.load())
    assert list(rules)[0] == "nps_of_a_step" and set(rules) == set(KINDS)
    assert rules["nps_of_a_step"].verdict == "replace" and all(rule.on for rule in rules.values())
    assert rules["asked_too_early"].limit == 0.02


def test_a_brand_changes_only_what_it_names(shop):
    shop.write("metric_rules.yaml", "asked_too_early: {limit: 0.1}\ncostly: {on: false}\nnothing_to_do: {touchpoints: [counter]}\n")
    rules = metric_rules(shop.load())
    assert (rules["asked_too_early"].limit, rules["asked_too_early"].verdict) == (0.1, "move")
    assert not rules["costly"].on and rules["nothing_to_do"].touchpoints == ["counter"] and rules["stale"].limit == 6


def test_every_problem_is_told_at_once_with_its_line(shop):
    shop.write("metric_rules.yaml", "stail: {limit: 3}\nasked_too_early: {limit: 2}\nblind: {limit: 1}\nstale: {verdict: burn}\nnothing_to_do: {touchpoints: [cellar]}\n")
    with pytest.raises(ConfigError) as problem:
        metric_rules(shop.load())
    told = problem.value.problems
    assert told[0] == "shop/metric_rules.yaml:1: stail: is not a rule; did you mean 'stale'?"
    assert any("metric_rules.yaml:2: asked_too_early.limit: 2 is outside 0 to 1 (share)." in line for line in told)
    assert any("blind.limit: this rule has no limit; remove it." in line for line in told)
    assert any("stale.verdict" in line and "'burn'" in line for line in told)
    assert any("'cellar' is not a touchpoint; known: counter." in line for line in told) and len(told) == 5
