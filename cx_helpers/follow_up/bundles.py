"""Actions with one aim at the same places: only what followed all of them together can be told, so they are judged as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

JOINED, IDS = " + ", "+"


def bundled(started: Sequence[Mapping]) -> list[dict]:
    """The actions as they can be judged: places with two or more actions of one aim apart, those actions as one.

    Parameters
    ----------
    started : sequence of mapping
        action_id, solution, measure (the aim), units, effective_from, description; in the order of the log.

    Returns
    -------
    list of dict, each as an action with members (action ids), and settled: the day from which all of them were in place
    (effective_from is that of the first). An action that shares some of its places comes twice: alone where it is alone.
    """
    at: dict[tuple[str, str], list[Mapping]] = {}
    for action in started:
        for unit in action["units"]:
            at.setdefault((action["measure"], unit), []).append(action)
    parts: dict[tuple[str, ...], list[str]] = {}
    for (_, unit), here in at.items():
        parts.setdefault(tuple(dict.fromkeys(action["action_id"] for action in here)), []).append(unit)
    by_id = {action["action_id"]: action for action in started}
    empty = [(action["action_id"],) for action in started if not len(action["units"])]
    return [_one([by_id[name] for name in members], parts.get(members, [])) for members in [*parts, *empty]]


def _one(actions: list[Mapping], units: list[str]) -> dict:
    starts = [action["effective_from"] for action in actions]
    return {
        **actions[0],
        "action_id": IDS.join(action["action_id"] for action in actions),
        "solution": JOINED.join(dict.fromkeys(action["solution"] for action in actions)),
        "description": JOINED.join(dict.fromkeys(action["description"] or action["solution"] for action in actions)),
        "units": units,
        "members": tuple(action["action_id"] for action in actions),
        "effective_from": min(starts),
        "settled": max(starts),
    }


def partly_in_place(part: Mapping) -> tuple[list[str], str]:
    """Months that are neither before nor after (YYYY-MM), and the first month with all of it in place."""
    first, last = (pd.Period(part[name], "M") for name in ("effective_from", "settled"))
    whole = last if part["settled"].day == 1 else last + 1
    whole = max(whole, first if part["effective_from"].day == 1 else first + 1)
    return [str(month) for month in pd.period_range(first, whole, freq="M")[:-1]], str(whole)


def begun(actions: pd.DataFrame) -> list[dict]:
    """`bundled` of the actions that are more than planned."""
    return bundled(actions[actions["status"] != "planned"].to_dict("records"))


def told_together(actions: pd.DataFrame) -> list[tuple[str, dict]]:
    """A message for each set of actions that could only be judged together."""
    return [
        ("effects.together", {"action": part["description"], "count": len(part["units"])})
        for part in begun(actions)
        if len(part["members"]) > 1
    ]
