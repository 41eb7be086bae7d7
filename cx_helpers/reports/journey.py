"""The journey as it is drawn: inputs and scores at their touchpoints, and how each is worded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from cx_helpers.reports.cells import FEW, missing, shown, unit_of
from cx_helpers.reports.numbers import known
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.tables import records, scale_of

MOST_INPUTS = 2
REMEMBERED = "overall"
FEELINGS = ("negative", "positive")
LIVED = ("felt", "spoken", "quotes", "moments")
URGENCY = {"misses": 0, "unclear": 1, "meets": 2, "no standard": 3}


@dataclass
class Step:
    """One touchpoint with what is drawn at it."""

    row: dict[str, Any]
    inputs: list[dict[str, Any]] = field(default_factory=list)
    score: dict[str, Any] | None = None
    also: list[dict[str, Any]] = field(default_factory=list)
    felt: dict[str, dict[str, Any]] = field(default_factory=dict)
    spoken: dict[str, Any] | None = None
    quotes: list[dict[str, Any]] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)

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
    weights: list[dict[str, Any]] = field(default_factory=list)
    intents: list[dict[str, Any]] = field(default_factory=list)

    @property
    def scores(self) -> list[dict[str, Any]]:
        return [s.score for s in self.steps if s.score and told(s.score)]


def told(row: dict[str, Any] | None) -> bool:
    """Whether a row has a value that may be told."""
    return row is not None and shown(row) and known(row["value"])


def arrange(steps: pd.DataFrame, inputs: pd.DataFrame, scores: pd.DataFrame, lived: Mapping[str, pd.DataFrame] | None = None) -> Journey:
    """Puts inputs, scores and what else was lived at their touchpoints and finds the scale most scores share."""
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
    more = {name: records(frame) for name, frame in (lived or {}).items()}
    _lived(found, more)
    return Journey(list(found.values()), scale, kind, remembered, more.get("memory", []), more.get("intents", []))


def _lived(found: dict[str, Step], more: Mapping[str, list[dict[str, Any]]]) -> None:
    """Feelings, what is spoken of, words of customers and the moments that stand out, each at its touchpoint."""
    for name in LIVED:
        for row in more.get(name, []):
            step = found.get(str(row["touchpoint"]))
            if step is None:
                continue
            if name == "felt" and row["emotion"] in FEELINGS:
                step.felt[row["emotion"]] = row
            elif name == "spoken":
                step.spoken = step.spoken or row
            elif name == "quotes":
                step.quotes.append(row)
            elif name == "moments":
                step.moments.append(str(row["moment"]))


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


def open_share(row: dict[str, Any]) -> float | None:
    """The share that has come as far as here and is still under way, where any is."""
    share = row.get("open_share")
    return None if not shown(row) or missing(share) or share == 0 else float(share)


def intents_words(journey: Journey, say: Sentences) -> str:
    """What customers set out for, the commonest first; or that nobody wrote it down."""
    seen = [row for row in journey.intents if shown(row) and not missing(row["n"]) and row["intent"] != "unknown"]
    total = sum(float(row["n"]) for row in journey.intents if shown(row) and not missing(row["n"]))
    if not seen:
        return say.say("map.intent.none")
    told_ones = [("map.intent.one", {"label": str(row["intent"]), "share": row["n"] / total}) for row in seen[:3]]
    return say.say("map.intent", parts=told_ones)


def quote_words(row: dict[str, Any], say: Sentences) -> str:
    """Words that many share, and how many."""
    return say.say("map.quote", text=row["text"], n=row["n"])


def cause_words(row: dict[str, Any], say: Sentences) -> tuple[str, str]:
    """What is spoken of most at a touchpoint, and how often of all who spoke there."""
    if row["value"] == 1:
        return str(row["label"]), say.say("map.spoken.all", n=row["of"])
    return str(row["label"]), say.say("map.spoken.share", share={k: row[k] for k in ("value", "low", "high")}, n=row["of"])
