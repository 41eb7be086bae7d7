"""What a driver model holds equal: unit, month and segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from cx_helpers.config.journey import Journey, label_in
from cx_helpers.tables.money import HISTORY


def held_equal(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Unit, month and segments as categories, the unknown a category of its own.

    A control with one level, or with nearly as many levels as answers, is left out.
    """
    held = {name: frame[name].astype(object).where(frame[name].notna(), "unknown").astype(str) for name in names if name in frame}
    return pd.DataFrame({name: level for name, level in held.items() if 1 < level.nunique() < len(frame) / 5}, index=frame.index)


def held_words(names: Iterable[str], journey: Journey, language: str = "en") -> list[str]:
    """What readers call the columns held equal."""
    words = {segment.id: label_in(segment.label, language) for segment in journey.segments}
    words[HISTORY] = f"earlier {label_in(journey.journey.many, language)}"
    if journey.unit:
        words["unit"] = label_in(journey.unit.one, language)
    return [words.get(name, name.rsplit("_", 1)[-1]) for name in names]
