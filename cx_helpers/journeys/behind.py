"""From a score to the journeys behind it: their steps, what was delivered, what was answered and said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey, label_in
from cx_helpers.errors import DataError
from cx_helpers.journeys.voice.excerpts import search
from cx_helpers.journeys.voice.heard import EMPLOYEE

FIRST = 20  # journeys listed at a time
ORDERS = ("lowest", "highest")


@dataclass(frozen=True, eq=False)
class Behind:
    """Some of the journeys behind a score.

    Attributes
    ----------
    journeys : DataFrame
        journey_id, number (1 is first in the list), score (the journey's lowest answer, or highest): all of them.
    steps : DataFrame
        number, touchpoint_label, channel, minutes (since the first step), in the order lived.
    inputs : DataFrame
        number, label, value (at the end of the month), standard, unit_of_measure, missed (bool).
    answers : DataFrame
        number, label, score, scale_max, in the order answered.
    comments : DataFrame
        number, touchpoint_label, text (cleaned).
    total : int
        Journeys behind the score; the frames but `journeys` tell `first` to `last`.

    Notes
    -----
    Journeys are numbered anew in each list, and neither day nor unit is told: lists that overlap must not tell who is
    in a cell that is hidden.
    """

    journeys: pd.DataFrame
    steps: pd.DataFrame
    inputs: pd.DataFrame
    answers: pd.DataFrame
    comments: pd.DataFrame
    first: int
    last: int

    @property
    def total(self) -> int:
        return len(self.journeys)


def journeys_behind(study: Any, answers: pd.DataFrame, *, order: str = "lowest", words: str = "", start: int = 0) -> Behind:
    """The journeys in which some answers were given, the worst (or best) answered first.

    Parameters
    ----------
    study : Study
    answers : DataFrame
        Answers in a cell that is shown: journey_id, response_id, score.
    order : {"lowest", "highest"}
    words : str
        Only journeys in which these words were said (see `voice.search`).
    start : int
        How many to pass over.

    Raises
    ------
    DataError
        Fewer journeys than the brand's minimum are left: they are not listed.

    Examples
    --------
    >>> journeys_behind(study, choice.cell(answers, "north", "")).steps    # doctest: +SKIP
    """
    given = answers[answers["journey_id"].notna()]
    if words.strip():
        given = given[given["journey_id"].isin(set(search(study, words)["journey_id"]))]
    lowest = order == "lowest"
    listed = given.groupby("journey_id", sort=True)["score"].agg("min" if lowest else "max").reset_index()
    minimum = study.brand.journey.minimum_n
    if len(listed) < minimum:
        said = f" in which {words.strip()!r} was said" if words.strip() else ""
        raise DataError(f"explorer: there are fewer than {minimum} journeys{said} behind this score, so none is listed. Choose a wider cell{' or other words' if said else ''}.")
    listed = listed.sort_values(["score", "journey_id"], ascending=[lowest, True], kind="stable", ignore_index=True)
    listed["number"] = np.arange(1, len(listed) + 1)
    start = max(0, min(start, (len(listed) - 1) // FIRST * FIRST))
    page = listed.iloc[start : start + FIRST]
    journey, language = study.brand.journey, study.language
    return Behind(
        listed, _steps(study, page, journey, language), _inputs(study, page, journey, language), _answers(study, page, journey, language),
        _comments(study, page, journey, language), start + 1, start + len(page),
    )  # fmt: skip


def _rows(study: Any, table: str, page: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The rows of a table that belong to the journeys of a page, numbered like these."""
    found = study.table(table)
    found = found.filter(found.journey_id.isin(page["journey_id"].tolist())).execute()
    rows = found.merge(page[["journey_id", "number"]], on="journey_id")
    return rows.sort_values(["number", *by], kind="stable", ignore_index=True)


def _touchpoints(journey: Journey, language: str) -> dict[str, str]:
    return {point.id: label_in(point.label, language) for point in journey.touchpoints}


def _steps(study: Any, page: pd.DataFrame, journey: Journey, language: str) -> pd.DataFrame:
    rows = _rows(study, "events", page, ["started_at", "event_id"])
    since = rows["started_at"] - rows.groupby("number")["started_at"].transform("min")
    labels = rows["touchpoint"].map(_touchpoints(journey, language))
    found = rows.assign(touchpoint_label=labels.fillna(rows["touchpoint"]), minutes=since.dt.total_seconds() / 60)
    return found[["number", "touchpoint_label", "channel", "minutes"]]


def _inputs(study: Any, page: pd.DataFrame, journey: Journey, language: str) -> pd.DataFrame:
    rows = _rows(study, "inputs", page, ["measured_at"])
    rows["name"] = rows["touchpoint"].astype(str) + "." + rows["input"].astype(str)
    ever = rows["name"].map({name: item.counts == "ever" for name, item in journey.inputs.items()}).eq(True)
    grouped = rows.groupby(["number", "name"], sort=False)["value"]
    rows["value"] = rows["value"].where(~ever, grouped.transform("max"))
    told = []
    for row in rows.drop_duplicates(["number", "name"], keep="last").itertuples():
        item = journey.inputs.get(row.name)
        if item is not None and item.shown:
            standard = np.nan if item.standard is None else item.standard
            missed = bool(row.value > standard) if item.better == "lower" else bool(row.value < standard)
            told.append({"number": row.number, "name": row.name, "label": label_in(item.label, language), "value": row.value, "standard": standard, "unit_of_measure": item.unit, "missed": missed})
    order = {name: place for place, name in enumerate(journey.inputs)}
    found = pd.DataFrame(told, columns=["number", "name", "label", "value", "standard", "unit_of_measure", "missed"])
    return found.sort_values(["number", "name"], key=lambda c: c.map(order) if c.name == "name" else c, kind="stable", ignore_index=True)


def _answers(study: Any, page: pd.DataFrame, journey: Journey, language: str) -> pd.DataFrame:
    rows = _rows(study, "responses", page, ["answered_at", "response_id"])
    rows = rows[rows["score"].notna()]
    names = rows["touchpoint"].astype(str) + "." + rows["metric"].astype(str)
    known = names.isin(list(journey.metrics)).to_numpy()
    rows, names = rows[known], names[known]
    labels = names.map({name: label_in(metric.label, language) for name, metric in journey.metrics.items()})
    tops = names.map({name: metric.limits[1] for name, metric in journey.metrics.items()})
    return rows.assign(label=labels, scale_max=tops)[["number", "label", "score", "scale_max"]].reset_index(drop=True)


def _comments(study: Any, page: pd.DataFrame, journey: Journey, language: str) -> pd.DataFrame:
    rows = _rows(study, "comments", page, ["written_at", "comment_id"])
    rows = rows[rows["text"].notna() & (rows["origin"].fillna("") != EMPLOYEE)]
    labels = rows["touchpoint"].map(_touchpoints(journey, language)).fillna("")
    return rows.assign(touchpoint_label=labels)[["number", "touchpoint_label", "text"]].reset_index(drop=True)
