"""What was said, each comment with its language and the emotions present in it, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.journeys.voice import labels as labelled
from cx_helpers.journeys.voice import model
from cx_helpers.journeys.voice.languages import UNKNOWN, identified
from cx_helpers.journeys.voice.lexicon import TOLD, lexicon
from cx_helpers.journeys.voice.quality import MEASURES, counts, quality

KEPT = ["comment_id", "journey_id", "customer_id", "touchpoint", "origin", "directness", "month", "text"]
EMPLOYEE = "employee"
LANGUAGE_WORDS = frozenset({"en", "es", "pt", "ru", "fr", "de", "it"})  # languages that the catalogue names
MEASURED = [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
COLUMNS = ["language", "emotion", "reading", "used", "verdict", "n", "positives", "base_rate", "base_rate_low", "base_rate_high", *MEASURED]


@dataclass(frozen=True, eq=False)
class Heard:
    """What was said in the window of a study.

    Attributes
    ----------
    comments : DataFrame
        A row a comment, ordered by comment_id: comment_id, journey_id, customer_id, touchpoint, origin, directness,
        month, text, language, and a column (1 present, 0 absent, NaN unknown) each for negative, positive and the five
        emotions.
    quality : DataFrame
        A row a language, emotion and way of reading (words, model): language, emotion, reading, used (bool), verdict
        ("better than chance", "no better than chance", "too few labels", "not read"), n (labels drawn by lot),
        positives, base_rate, precision, recall, mcc and auc with _low and _high.
    judged : dict
        (language, emotion) to the counts that correct a share (see `quality.counts`), of the reading in use.
    doubt : Series
        By comment_id, 0 (decided) to 1 (undecided): what labelling would teach most.
    taught : int
        Labels there are.
    """

    comments: pd.DataFrame
    quality: pd.DataFrame
    judged: dict[tuple[str, str], dict[str, int]]
    doubt: pd.Series
    taught: int
    minimum: int = 10
    confidence: float = 0.95

    @property
    def readable(self) -> list[str]:
        """What can be told in at least one language, negative and positive first."""
        return [emotion for emotion in TOLD if any(name == emotion for _, name in self.judged)]


def heard(study: Any, *, seed: int = 0, confidence: float = 0.95) -> Heard:
    """What customers said in the window of a study, read; what employees noted of them is left out.

    Labels of the whole brand teach and judge, whoever the audience and whenever the comment was written: they measure
    the reading, and say nothing of a month.

    Parameters
    ----------
    study : Study

    Examples
    --------
    >>> heard(study).comments["negative"].mean()    # doctest: +SKIP
    """
    brand = study.brand
    known = labelled.labels(brand)
    window = study.table("comments", "window")
    rows = window.filter(window.text.notnull(), window.origin.fill_null("") != EMPLOYEE).order_by("comment_id").execute()
    taught = _labelled_rows(study, known)
    languages = brand.journey.comment_languages
    return read(rows, taught, languages, seed=seed, confidence=confidence, minimum=brand.journey.minimum_n)


def _labelled_rows(study: Any, known: pd.DataFrame) -> pd.DataFrame:
    everything = study.table("comments", "everything", scoped=False)
    if known.empty:
        return everything.limit(0).execute().merge(known, on="comment_id")
    found = everything.filter(everything.comment_id.isin(known["comment_id"].tolist())).execute()
    return found[found["text"].notna()].merge(known, on="comment_id").sort_values("comment_id", ignore_index=True)


def read(
    rows: pd.DataFrame, taught: pd.DataFrame, languages: Sequence[str] = (), *, seed: int = 0, confidence: float = 0.95, minimum: int = 10
) -> Heard:
    """`heard` of frames.

    Parameters
    ----------
    rows : DataFrame
        Comments, as the table of that name; `language` where the export declares it.
    taught : DataFrame
        Labelled comments: comment_id, text, drawn, and a column (bool) an emotion; `language` likewise.
    languages : sequence of str
        The brand's languages; any when empty.
    """
    told = rows.reindex(columns=KEPT).assign(language=_languages(rows, languages)).reset_index(drop=True)
    taught = taught.assign(language=_languages(taught, languages)).reset_index(drop=True)
    present = pd.DataFrame(np.nan, index=told.index, columns=list(TOLD))
    doubt, judgements, judged = pd.Series(0.0, index=told.index), [], {}
    for language in sorted({*told["language"], *taught["language"]} - {UNKNOWN}):
        here, lessons = told.index[told["language"] == language], taught[taught["language"] == language].reset_index(drop=True)
        found = _Readings(language, told.loc[here, "text"], lessons, seed, confidence)
        judgements += found.judgements
        for emotion, (flags, counted) in found.used.items():
            present.loc[here, emotion] = flags.astype(float)
            judged[language, emotion] = counted
        doubt.loc[here] = found.doubt
    doubt.index = told["comment_id"]
    return Heard(pd.concat([told, present], axis=1), pd.DataFrame(judgements, columns=COLUMNS), judged, doubt, len(taught), minimum, confidence)


def _languages(rows: pd.DataFrame, plausible: Sequence[str]) -> np.ndarray:
    return identified(rows["text"].tolist(), plausible, rows["language"].tolist() if "language" in rows else None)


class _Readings:
    """One language read: by word lists, by a model where there are labels enough, and judged by those drawn by lot."""

    def __init__(self, language: str, texts: pd.Series, lessons: pd.DataFrame, seed: int, confidence: float):
        self.language, self.texts, self.lessons, self.seed, self.confidence = language, texts.tolist(), lessons, seed, confidence
        self.words = lexicon(language)
        self.hits = self._listed(self.texts)
        self.taught_hits = self._listed(lessons["text"].tolist())
        self.lot = (lessons["drawn"] == labelled.LOT).to_numpy()
        self.judgements: list[dict[str, Any]] = []
        self.used: dict[str, tuple[np.ndarray, dict[str, int]]] = {}
        self.doubt = 1 / (1 + self.hits[["negative", "positive"]].sum(axis=1).to_numpy()) if len(texts) else np.empty(0)
        self.words_known = model.Words(lessons["text"]) if len(lessons) else None
        self.lessons_seen = self.words_known.matter(lessons["text"], self.taught_hits) if len(lessons) else None
        for emotion in TOLD:
            self._emotion(emotion)

    @cached_property
    def seen(self) -> model.Matter:
        return self.words_known.matter(self.texts, self.hits)

    def _listed(self, texts: Sequence[str]) -> pd.DataFrame:
        return self.words.hits(texts) if self.words else pd.DataFrame(0.0, index=range(len(texts)), columns=list(TOLD))

    def _emotion(self, emotion: str) -> None:
        truth = self.lessons[emotion].to_numpy(bool) if len(self.lessons) else np.empty(0, bool)
        ways = {}
        if self.words:
            listed = self.taught_hits[emotion].to_numpy()
            ways["words"] = (self._judge(truth, listed > 0, listed), listed > 0)
        if model.teachable(truth):
            score, present = model.out_of_fold(self.lessons_seen, truth, self.seed)
            ways["model"] = (self._judge(truth, present, score), present)
        good = {name: way for name, way in ways.items() if way[0]["better_than_chance"]}
        best = max(good, key=lambda name: good[name][0]["mcc"], default=None)
        for name, (measured, _) in ways.items():
            self.judgements.append({"language": self.language, "emotion": emotion, "reading": name, "used": name == best,
                                    "verdict": _verdict(measured), **measured})  # fmt: skip
        if not ways:
            self.judgements.append({"language": self.language, "emotion": emotion, "reading": "none", "used": False, "verdict": "not read", "n": int(self.lot.sum())})
        if best:
            self.used[emotion] = (self._present(best, emotion, truth), counts(truth[self.lot], good[best][1][self.lot]))

    def _judge(self, truth: np.ndarray, present: np.ndarray, score: np.ndarray) -> dict[str, float]:
        return quality(truth[self.lot], present[self.lot], score[self.lot], seed=self.seed, confidence=self.confidence)

    def _present(self, way: str, emotion: str, truth: np.ndarray) -> np.ndarray:
        if way == "words" or not self.texts:
            return self.hits[emotion].to_numpy() > 0
        reader = model.fit(self.lessons_seen, truth, self.seed)
        score = reader.score(self.seen)
        if emotion == "negative":
            self.doubt = 1 - np.abs(score - reader.cut) / np.maximum(reader.cut, 1 - reader.cut)
        return score >= reader.cut


def _verdict(measured: dict[str, float]) -> str:
    if np.isnan(measured["mcc"]):
        return "too few labels"
    return "better than chance" if measured["better_than_chance"] else "no better than chance"
