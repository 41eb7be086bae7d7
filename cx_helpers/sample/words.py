"""Comments, complaints, reviews and notes of calls, put together from `phrases`: thousands of different ones, some of several lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample.phrases import CLOSINGS, DETAILS, NOTED, NOTES, OPENINGS, TOPICS
from cx_helpers.sample.plan import LANGUAGES

COMMENTED_SHARE = 0.35
NOTED_SHARE = 0.6
TOPIC_OF = {
    "booking": "booking", "checkin": "booking", "counter": "waiting", "handover": "handover", "drive": "vehicle",
    "assistance": "assistance", "return": "return", "settle": "deposit", "overall": "rental", "care": "staff",
}  # fmt: skip
TONE_LIMITS = (-1.6, -0.6, 0.2, 1.0)  # standard deviations from the usual; between them lie the five tones of `phrases`
_SEED = 20261102



def _capital(texts: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda text: f"{text[:1].upper()}{text[1:]}", otypes=[object])(texts)


_DETAIL = np.array(DETAILS, dtype=object)
_SENTENCE = _capital(_DETAIL)
_OPENING = np.array(OPENINGS, dtype=object)
_ENDS = np.vectorize(lambda text: text.rstrip()[-1] in ".!")(_OPENING)
_CLOSING = np.array(CLOSINGS, dtype=object)
_NOTE = np.array([text.split("|") for text in NOTES.values()], dtype=object)


def texts(rng: np.random.Generator, language, topic, tone) -> np.ndarray:
    """One text a row.

    Parameters
    ----------
    language : sequence of str
        ``en``, ``es`` or ``pt``; any other is written in English.
    topic : sequence of str
        One of `phrases.TOPICS`, or a touchpoint; any other speaks of the rental as a whole.
    tone : sequence of float
        Standard deviations from the usual; NaN is as usual.
    """
    rows = len(language)
    language = np.maximum(pd.Categorical(language, LANGUAGES).codes, 0)
    topic = _topic_codes(topic)
    level = np.searchsorted(TONE_LIMITS, np.nan_to_num(np.asarray(tone, float)))
    pick = rng.integers(0, [[5], [3], [5], [3], [len(TOPICS)], [100]], (6, rows))
    praise = np.where(level == 2, pick[5] % 2, level > 2).astype(int)
    opening, detail = (language, level, pick[0]), (topic, language, praise, pick[1])
    text = _OPENING[opening] + np.where(_ENDS[opening], _SENTENCE[detail], _DETAIL[detail])
    more = np.where((pick[5] < 45) & (pick[4] != topic), _AND[language] + _DETAIL[pick[4], language, praise, pick[3]], "")
    return text + more + _CLOSING[language, level, pick[2]]


_AND = np.array([", and ", ", y ", ", e "], dtype=object)


def _topic_codes(topic) -> np.ndarray:
    known = pd.Series(topic, dtype=object).replace(TOPIC_OF)
    codes = pd.Categorical(known, TOPICS).codes
    return np.where(codes < 0, TOPICS.index("rental"), codes)


def comments(rng: np.random.Generator, asked: pd.DataFrame) -> np.ndarray:
    """A comment for about a third of the answers, None for the others.

    Parameters
    ----------
    asked : DataFrame with language, survey, score, tone and, where what is spoken of is known, topic
    """
    said = asked["score"].notna().to_numpy() & (rng.random(len(asked)) < COMMENTED_SHARE)
    given = asked[said]
    topic = given["topic"].fillna(given["survey"]) if "topic" in given else given["survey"]
    result = np.full(len(asked), None, dtype=object)
    result[said] = texts(rng, given["language"], topic, given["tone"])
    return result


def complaints(tickets: pd.DataFrame, rng: np.random.Generator | None = None) -> np.ndarray:
    """What a complaint says, by topic and language; as strong as its `tone`, else as complaints are."""
    rng = rng or np.random.default_rng(_SEED)
    tone = tickets["tone"] if "tone" in tickets else rng.normal(-1.7, 0.6, len(tickets))
    return texts(rng, tickets["language"], tickets["topic"], np.minimum(tone, -0.7))


def reviews(rng: np.random.Generator, posted: pd.DataFrame) -> np.ndarray:
    """What a review says: language, topic, tone."""
    return texts(rng, posted["language"], posted["topic"], posted["tone"])


def notes(reason: pd.Series) -> np.ndarray:
    """What the agent noted of a call, for more than half of them; None for the others."""
    rng = np.random.default_rng(_SEED + 1)
    rows = len(reason)
    about = reason.map(NOTED).fillna("el alquiler").to_numpy(object)
    upset = rng.random(rows) < np.where(reason == "complaint", 0.8, 0.1)
    form = _NOTE[upset.astype(int), rng.integers(0, _NOTE.shape[1], rows)]
    noted = rng.random(rows) < NOTED_SHARE
    return np.array([f.format(a) if n else None for f, a, n in zip(form, about, noted, strict=True)], dtype=object)
