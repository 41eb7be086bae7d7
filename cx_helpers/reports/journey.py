"""The journey as it is drawn: inputs and scores at their touchpoints, and how each is worded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from cx_helpers.reports.cells import FEW, missing, shown, unit_of
from cx_helpers.reports.numbers import known
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records, scale_of

MOST_INPUTS = 2
REMEMBERED = "overall"
URGENCY = {"misses": 0, "unclear": 1, "meets": 2, "no standard": 3}


@dataclass
class Step:
    """One touchpoint with what is drawn at it."""

    row: dict[str, Any]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    score: dict[str, Any] | None = None
    also: list[dict[str, Any]] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(self.row["label"])


@dataclass
class Journey:
    """The whole map, as drawn: steps in order, the scale most scores share, what is remembered."""

    steps: list[Step]
    scale: tuple[float, float] | None
    kind: str
    remembered: list[dict[str, Any]]

    @property
    def scores(self) -> list[dict[str, Any]]:
        return [s.score for s in self.steps if s.score and told(s.score)]


def told(row: dict[str, Any] | None) -> bool:
    """Whether a row has a value that may be told."""
    return row is not None and shown(row) and known(row["value"])


def arrange(steps: pd.DataFrame, inputs: pd.DataFrame, scores: pd.DataFrame) -> Journey:
    """Puts inputs and scores at their touchpoints and finds the scale most scores share."""
    found = {row["touchpoint"]: Step(row) for row in records(steps)}
    for row in sorted(records(inputs), key=lambda r: URGENCY.get(str(r.get("standing")), 3)):
        if row["touchpoint"] in found and len(found[row["touchpoint"]].inputs) < MOST_INPUTS:
            found[row["touchpoint"]].inputs.append(row)
    rows = records(scores)
    experienced = [r for r in rows if r["touchpoint"] in found]
    scales = Counter((scale_of(r), str(r.get("kind"))) for r in experienced if told(r))
    scale, kind = max(scales, key=lambda s: (scales[s], s[1])) if scales else (None, "")
    for row in experienced:
        step = found[row["touchpoint"]]
        if step.score is None and (not told(row) or (scale_of(row), str(row.get("kind"))) == (scale, kind)):
            step.score = row
        else:
            step.also.append(row)
    remembered = [r for r in rows if r["touchpoint"] == REMEMBERED]
    return Journey(list(found.values()), scale, kind, remembered)


def few(row: dict[str, Any], say: Sentences) -> str:
    """The n of a row in short, marked where answers are few."""
    mark = say.say("number.few_mark") if row["n"] < FEW else ""
    return f"n {say.numbers.count(row['n'])}{mark}"


def value_of(row: dict[str, Any], say: Sentences, part: str = "") -> str:
    """A score or input as printed on the map: a share as such, else in its unit."""
    unit = unit_of(row) or ("share" if "kind" in row and scale_of(row) == (0.0, 1.0) else "")
    return say.numbers.measure(row, unit, part)


def time_since(row: dict[str, Any], say: Sentences, part: str) -> str:
    """Hours as minutes, hours or days, whichever reads best."""
    keys = ("hours_median", "hours_low", "hours_high")
    hours = [float(row[k]) if not missing(row.get(k)) else float("nan") for k in keys]
    unit, factor = ("minutes", 60) if abs(hours[0]) < 1 else ("hours", 1) if abs(hours[0]) < 48 else ("days", 1 / 24)
    found = dict(zip(("value", "low", "high"), [h * factor for h in hours], strict=True))
    return say.numbers.measure(found, unit, part)


def standing_words(row: dict[str, Any], say: Sentences) -> str:
    """meets 12, misses 95%, or that there is no standard."""
    if missing(row.get("standard")):
        return say.say("map.standard.none")
    is_share = unit_of(row) in ("share", "yes_no")
    number = say.numbers.share(row["standard"], "bare") if is_share else say.numbers.number(row["standard"])
    message = str(row.get("standing"))
    message = message if message in ("meets", "misses") else "unclear"
    return say.say(f"map.standard.{message}", standard=number)
