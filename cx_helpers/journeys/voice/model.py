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
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from cx_helpers.journeys.voice.lexicon import TOLD, fold

LEAST_TAUGHT = 300  # labels a language, above which a model is tried
LEAST_POSITIVES = 15
LEAST_TEXTS = 2  # texts a word stands in to count
STRENGTHS = (0.5, 2.0, 8.0)  # values of C that are tried inside the folds
FOLDS, INNER = 5, 3
CUTS = np.linspace(0.15, 0.85, 29)


@dataclass(frozen=True, eq=False)
class Matter:
    """Texts as the model sees them: counts of words and pairs of words, which lists they hit, and which are the same."""

    counts: sparse.csr_matrix
    listed: np.ndarray
    same: np.ndarray

    def at(self, rows: np.ndarray) -> Matter:
        return Matter(self.counts[rows], self.listed[rows], self.same[rows])


class Words:
    """The words and pairs of words of some texts."""

    def __init__(self, texts: Sequence[str]):
        self._counter = CountVectorizer(token_pattern=r"[\w']+|!{1,2}", ngram_range=(1, 2), lowercase=False)
        folded = [fold(text) for text in texts]
        self._counter.fit(folded if any(text.strip() for text in folded) else ["-a-"])

    def matter(self, texts: Sequence[str], hits: pd.DataFrame) -> Matter:
        """Texts with what the word lists find in them (see `Lexicon.hits`)."""
        codes, whole = pd.factorize(pd.Series([fold(text) for text in texts], dtype=object))
        counts = self._counter.transform(whole) if len(whole) else sparse.csr_matrix((0, len(self._counter.vocabulary_)))
        return Matter(counts[codes].tocsr(), (hits[list(TOLD)].to_numpy(float) > 0).astype(float), codes)


@dataclass(frozen=True, eq=False)
class Reader:
    """A fitted model of one emotion in one language."""

    kept: np.ndarray
    weigher: TfidfTransformer
    model: LogisticRegression
    cut: float

    def score(self, matter: Matter) -> np.ndarray:
        """Probability of each text, by the model; only its order and its side of `cut` count."""
        return self.model.predict_proba(_features(self.kept, self.weigher, matter))[:, 1]


def fit(matter: Matter, truth: np.ndarray, seed: int = 0) -> Reader:
    """A reader whose strength of penalty and cut are those of the highest Matthews correlation in cross-validation.

    Parameters
    ----------
    matter : Matter
        The labelled texts.
    truth : array of bool
        What people say.
    """
    scores = {strength: np.zeros(len(truth)) for strength in STRENGTHS}
    for taught, asked in _splits(matter, truth, INNER, seed):
        kept, weigher = _weigher(matter.at(taught))
        learnt, given = _features(kept, weigher, matter.at(taught)), _features(kept, weigher, matter.at(asked))
        for strength in STRENGTHS:
            scores[strength][asked] = _logistic(strength).fit(learnt, truth[taught]).predict_proba(given)[:, 1]
    tried = [(_mcc(truth, scores[strength] >= cut), strength, float(cut)) for strength in STRENGTHS for cut in CUTS]
    _, strength, cut = max(tried, key=lambda found: found[0])
    kept, weigher = _weigher(matter)
    return Reader(kept, weigher, _logistic(strength).fit(_features(kept, weigher, matter), truth), cut)


def out_of_fold(matter: Matter, truth: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What a reader says of texts that it was not taught: scores and present, each from a fold that had not seen them.

    Texts that are the same word for word share a fold; strength and cut are chosen within the other folds.
    """
    score, present = np.zeros(len(truth)), np.zeros(len(truth), bool)
    for taught, asked in _splits(matter, truth, FOLDS, seed):
        reader = fit(matter.at(taught), truth[taught], seed)
        found = reader.score(matter.at(asked))
        present[asked] = found >= reader.cut
        score[asked] = found - reader.cut  # folds have cuts of their own: what counts is how far beyond them
    return score, present


def teachable(truth: np.ndarray) -> bool:
    """Whether there are labels enough to try a model."""
    return len(truth) > LEAST_TAUGHT and min(truth.sum(), (~truth).sum()) >= LEAST_POSITIVES


def _splits(matter: Matter, truth: np.ndarray, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to teach and rows to ask; texts that are the same stay together, and each fold gets its part of the positives."""
    groups, first, inverse = np.unique(matter.same, return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(groups))
    order = order[np.argsort(truth[first][order], kind="stable")]
    fold_of = np.empty(len(groups), int)
    fold_of[order] = np.arange(len(groups)) % folds
    rows = fold_of[inverse]
    return [(np.flatnonzero(rows != fold), np.flatnonzero(rows == fold)) for fold in range(folds)]


def _weigher(matter: Matter) -> tuple[np.ndarray, TfidfTransformer]:
    kept = np.flatnonzero(np.asarray((matter.counts > 0).sum(axis=0)).ravel() >= LEAST_TEXTS)
    return kept, TfidfTransformer(sublinear_tf=True).fit(matter.counts[:, kept])


def _features(kept: np.ndarray, weigher: TfidfTransformer, matter: Matter) -> sparse.csr_matrix:
    return sparse.hstack([weigher.transform(matter.counts[:, kept]), sparse.csr_matrix(matter.listed)]).tocsr()


def _logistic(strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, class_weight="balanced", max_iter=1000, solver="liblinear", random_state=0)


def _mcc(truth: np.ndarray, present: np.ndarray) -> float:
    tp, fp = float((truth & present).sum()), float((~truth & present).sum())
    fn, tn = float((truth & ~present).sum()), float((~truth & ~present).sum())
    below = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return (tp * tn - fp * fn) / below**0.5 if below else 0.0
