"""What stands beside scores so that a reader can follow them: when actions began, and through which channel was asked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cx_helpers.config.journey import label_in
from cx_helpers.config.solutions import Solutions
from cx_helpers.tables.disclosure import UNKNOWN

MOST_PLACES = 3
Message = tuple[str, dict]


def begun(actions: pd.DataFrame, solutions: Solutions, months: Sequence[str], units: Sequence[str], language: str = "en") -> pd.DataFrame:
    """The actions that began in these months at these units, with the words of the brand.

    Parameters
    ----------
    actions : DataFrame
        solution, units (lists), effective_from, status, owner; the log of actions as it stands.
    months : YYYY-MM
    units : of the audience's scope, as the scores name them

    Returns
    -------
    DataFrame, in the order of their dates: label, where (message: the units, or how many), effective_from, month, owner, status.
    """
    rows = []
    for action in actions.to_dict("records"):
        month, here = f"{action['effective_from']:%Y-%m}", [unit for unit in action["units"] if unit in set(units)]
        if month in set(months) and here and action["status"] != "planned":
            solution = solutions.solutions.get(action["solution"])
            rows.append({
                "label": label_in(solution.label, language) if solution else action["solution"], "where": _places(here, len(set(units))),
                "effective_from": action["effective_from"], "month": month, "owner": action["owner"], "status": action["status"],
            })  # fmt: skip
    columns = ["label", "where", "effective_from", "month", "owner", "status"]
    return pd.DataFrame(rows, columns=columns).sort_values(["effective_from", "label"], kind="stable", ignore_index=True)


def _places(here: list[str], of: int) -> Message:
    if len(here) == of:
        return ("actions.everywhere", {})
    return ("actions.places", {"labels": here}) if len(here) <= MOST_PLACES else ("actions.places_count", {"count": len(here), "of": of})


def over_time_headline(label: str, segment: str, actions: pd.DataFrame) -> Message:
    """What the months of a segment show, and how many actions began in them."""
    return ("segments.over_time_actions" if len(actions) else "segments.over_time", {"label": label, "segment": segment, "count": len(actions)})


def by_channel(rows: pd.DataFrame) -> pd.DataFrame:
    """Scores by the channel they were asked through, of questions asked through two channels or more.

    Parameters
    ----------
    rows : DataFrame
        As `scores.scores` gives it by asked_channel, disclosed.
    """
    known = rows[rows["asked_channel"] != UNKNOWN]
    several = known.groupby("metric")["asked_channel"].transform("nunique") > 1
    return known[several].reset_index(drop=True)


def moved_causes(monthly: pd.DataFrame, causes: pd.DataFrame) -> pd.DataFrame:
    """The months of the causes that more or fewer customers speak of lately than before, as a control chart takes them.

    Parameters
    ----------
    monthly : as `voice.causes_by_month` gives it, disclosed
    causes : as `voice.causes` gives it, disclosed
    """
    moved = causes.loc[causes["shown"].astype(bool) & causes["trend"].isin(["more", "fewer"]), "challenge"]
    rows = monthly[monthly["challenge"].isin(moved)]
    return rows.assign(touchpoint="", metric=rows["challenge"], unit_of_measure="share", better="lower")
