"""The rules by which it is judged whether a metric is asked well: the package's own, and a brand's changes to them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from cx_helpers.config.brand import Brand
from cx_helpers.config.journey import Name, Part
from cx_helpers.config.yaml_lines import YamlFile
from cx_helpers.errors import ConfigError

FILE = "metric_rules.yaml"


@dataclass(frozen=True)
class Kind:
    """What a rule's limit means: its unit, and the lowest and highest it may be; no unit, no limit."""

    unit: str = ""
    low: float = 0.0
    high: float = 1.0


KINDS: dict[str, Kind] = {
    "nps_of_a_step": Kind(),
    "csat_of_whole": Kind(),
    "nothing_to_do": Kind(),
    "asked_too_early": Kind("share"),
    "foretells_nothing": Kind("share"),
    "unlike_remembered": Kind("deviations"),
    "stale": Kind("months", 3, 60),
    "wrong_channel": Kind("share"),
    "late_differs": Kind("share"),
    "costly": Kind("requests", 1, 10_000),
    "moment_unmeasured": Kind(),
    "blind": Kind(),
    "asked_too_often": Kind("requests", 1, 1_000),
    "all_at_once": Kind("questions", 1, 1_000),
    "valuable_unheard": Kind("share"),
}


class Rule(Part):
    """One rule.

    Attributes
    ----------
    verdict : str
        What a metric deserves of which the rule speaks.
    limit : float or None
        What is still good. Of `asked_too_often`, requests in 90 days; left out, the data say it.
    on : bool
        Whether the rule is asked at all.
    touchpoints : list of str
        Of `nothing_to_do`: touchpoints where the customer has nothing to do, so that effort is no question.
    """

    verdict: Literal["keep", "move", "replace", "add", "drop"]
    limit: float | None = None
    on: bool = True
    touchpoints: list[Name] = Field([], description="touchpoints the rule is about, where the brand must say it")


def metric_rules(brand: Brand) -> dict[str, Rule]:
    """Rule by name, in the order in which they are weighed: the package's, with what the brand's own file changes.

    Raises
    ------
    ConfigError
        Every problem of ``data/<brand>/metric_rules.yaml``: an unknown rule, key or touchpoint, a limit outside its range.
    """
    own = YamlFile(Path(__file__).with_name(FILE)).content
    changed = brand.folder / FILE
    if not changed.is_file():
        return {name: Rule.model_validate(given) for name, given in own.items()}
    file = YamlFile(changed)
    problems, rules = [], {}
    for name in file.content:
        if name not in own:
            near = difflib.get_close_matches(name, list(own), 1)
            problems.append(file.problem((name,), f"is not a rule; {f'did you mean {near[0]!r}?' if near else 'known: ' + ', '.join(own) + '.'}"))
    for name, given in own.items():
        more = file.content.get(name, {})
        try:
            rules[name] = Rule.model_validate({**given, **more} if isinstance(more, dict) else more)
        except ValidationError as error:
            problems += [file.problem((name, *item["loc"]), f"{item['msg']} (found {item.get('input')!r}).") for item in error.errors()]
            continue
        problems += [file.problem((name, *place), text) for place, text in _wrong(name, rules[name], brand)]
    if problems:
        raise ConfigError(problems)
    return rules


def _wrong(name: str, rule: Rule, brand: Brand) -> list[tuple[tuple, str]]:
    kind, found = KINDS[name], []
    if rule.limit is not None and not kind.unit:
        found.append((("limit",), "this rule has no limit; remove it."))
    elif rule.limit is not None and not kind.low <= rule.limit <= kind.high:
        found.append((("limit",), f"{rule.limit:g} is outside {kind.low:g} to {kind.high:g} ({kind.unit})."))
    known = [point.id for point in brand.journey.touchpoints]
    found += [(("touchpoints",), f"{point!r} is not a touchpoint; known: {', '.join(known)}.") for point in rule.touchpoints if point not in known]
    return found
