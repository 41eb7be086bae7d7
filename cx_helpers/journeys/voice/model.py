"""Emotion learnt from labels: TF-IDF of the words and the hits of the word lists, by a logistic model.

Learnt from what people say is in the comments, never from the score: a model of the score would only say again what
the score says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from cx_helpers.journeys.voice.lexicon import EMOTIONS, fold

LEAST_TAUGHT = 300  # labels a language, above which a model is tried
LEAST_POSITIVES = 15
STRENGTHS = (0.3, 1.0, 3.0, 10.0)  # values of C that are tried inside the folds
FOLDS, INNER = 5, 3
CUTS = np.linspace(0.15, 0.85, 29)


@dataclass(frozen=True, eq=False)
class Reader:
    """A fitted model of one emotion in one language."""

    vectoriser: TfidfVectorizer
    model: LogisticRegression
    cut: float

    def score(self, texts: Sequence[str], hits: pd.DataFrame) -> np.ndarray:
        """Probability of each text, by the model; only its order and its side of `cut` count."""
        return self.model.predict_proba(_features(self.vectoriser, texts, hits))[:, 1]


def fit(texts: Sequence[str], hits: pd.DataFrame, truth: Sequence[bool], seed: int = 0) -> Reader:
    """A reader whose strength of penalty and cut are those of the highest Matthews correlation in cross-validation.

    Parameters
    ----------
    texts : sequence of str
    hits : DataFrame
        What the word lists find, as `Lexicon.hits` gives it.
    truth : sequence of bool
        What people say.
    """
    texts, truth = np.asarray(texts, object), np.asarray(truth, bool)
    best = (-2.0, STRENGTHS[0], 0.5)
    scores = {strength: np.zeros(len(texts)) for strength in STRENGTHS}
    for taught, asked in _splits(texts, truth, INNER, seed):
        vectoriser = _vectoriser().fit(texts[taught])
        learnt, given = _features(vectoriser, texts[taught], hits.iloc[taught]), _features(vectoriser, texts[asked], hits.iloc[asked])
        for strength in STRENGTHS:
            scores[strength][asked] = _logistic(strength).fit(learnt, truth[taught]).predict_proba(given)[:, 1]
    for strength in STRENGTHS:
        for cut in CUTS:
            best = max(best, (_mcc(truth, scores[strength] >= cut), strength, float(cut)), key=lambda found: found[0])
    vectoriser = _vectoriser().fit(texts)
    return Reader(vectoriser, _logistic(best[1]).fit(_features(vectoriser, texts, hits), truth), best[2])


def out_of_fold(texts: Sequence[str], hits: pd.DataFrame, truth: Sequence[bool], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What a reader says of texts that it was not taught: scores and present, each from a fold that had not seen them.

    Texts that are the same word for word share a fold; strength and cut are chosen within the other folds.
    """
    texts, truth = np.asarray(texts, object), np.asarray(truth, bool)
    score, present = np.zeros(len(texts)), np.zeros(len(texts), bool)
    for taught, asked in _splits(texts, truth, FOLDS, seed):
        reader = fit(texts[taught], hits.iloc[taught], truth[taught], seed)
        score[asked] = reader.score(texts[asked], hits.iloc[asked])
        present[asked] = score[asked] >= reader.cut
        score[asked] -= reader.cut  # folds have cuts of their own: what counts is how far beyond them
    return score, present


def teachable(truth: Sequence[bool]) -> bool:
    """Whether there are labels enough to try a model."""
    truth = np.asarray(truth, bool)
    return len(truth) > LEAST_TAUGHT and min(truth.sum(), (~truth).sum()) >= LEAST_POSITIVES


def _splits(texts: np.ndarray, truth: np.ndarray, folds: int, seed: int):
    same = pd.factorize(pd.Series([fold(text) for text in texts]))[0]
    return StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(texts, truth, same)


def _vectoriser() -> TfidfVectorizer:
    return TfidfVectorizer(preprocessor=fold, token_pattern=r"[\w']+|!{1,2}", ngram_range=(1, 2), min_df=2, sublinear_tf=True)


def _logistic(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=1000, solver="liblinear", random_state=0)


def _features(vectoriser: TfidfVectorizer, texts: Sequence[str], hits: pd.DataFrame) -> sparse.csr_matrix:
    listed = hits[[*EMOTIONS, "negative", "positive"]].to_numpy(float) > 0
    return sparse.hstack([vectoriser.transform(texts), sparse.csr_matrix(listed.astype(float))]).tocsr()


def _mcc(truth: np.ndarray, present: np.ndarray) -> float:
    tp, fp = float((truth & present).sum()), float((~truth & present).sum())
    fn, tn = float((truth & ~present).sum()), float((~truth & ~present).sum())
    below = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / below**0.5 if below else 0.0
