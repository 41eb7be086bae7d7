"""What customers speak of, found in the words themselves: topics that come back when they are looked for anew."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer

from cx_helpers import estimates
from cx_helpers.journeys.voice.causes import RECENT_MONTHS, alone, changed, way
from cx_helpers.journeys.voice.heard import Heard
from cx_helpers.journeys.voice.lexicon import fold, languages, lexicon

NUMBERS_SHOWN = ("value", "low", "high", "n", "negative_share", "positive_share", "change", "change_low", "change_high", "stability")
LEAST_TEXTS = 300
NUMBERS = (5, 8)
RESEEDS = 3
STABLE = 0.5  # least overlap (Jaccard) of a topic's words with those found again in other halves of the texts
TOP = 8
NAMED_BY = 4
MOST_TEXTS = 1500  # of a language, that topics are looked for in
LEAST_WEIGHT = 0.25  # of the strongest text of a topic, below which a text has none
_TOKEN = r"[^\W\d_]{3,}"
_TAKEN_OUT = re.compile(r"\[[a-z-]+\]")


def topics(heard: Heard, *, seed: int = 0, confidence: float = 0.95) -> pd.DataFrame:
    """Topics of each language, named by their words.

    Returns
    -------
    DataFrame: topic (its words), language, value, low, high (0 to 1: share of the customers who wrote in the language),
    n (customers), of, negative_share, positive_share (0 to 1, as read), change, change_low, change_high, trend ("more",
    "fewer" or ""), stability (0 to 1), method. Most customers first. A language with fewer than 300 comments has none,
    and a topic that does not come back in other halves of the comments is not shown. A comment has one topic, its strongest.

    Notes
    -----
    Non-negative matrix factorisation of TF-IDF (Lee and Seung 1999); how many topics, and which, by what comes back in
    random halves with other seeds (Greene, O'Callaghan and Cunningham 2014), words matched by the Hungarian method.
    Topics are words that go together, named by nobody: read them beside the taxonomy, not in its place.
    """
    rows = []
    for language, part in heard.comments.groupby("language", sort=True):
        if language in languages():
            rows += _of_language(part.reset_index(drop=True), language, seed, confidence)
    columns = ["topic", "language", "value", "low", "high", "n", "of", "negative_share", "positive_share", "change", "change_low", "change_high", "trend", "stability", "method"]
    return pd.DataFrame(rows, columns=columns).sort_values(["n", "topic"], ascending=[False, True], kind="stable", ignore_index=True)


def _of_language(part: pd.DataFrame, language: str, seed: int, confidence: float) -> list[dict]:
    texts = part["text"].map(_plain)
    if len(texts) < LEAST_TEXTS:
        return []
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(len(texts))[:MOST_TEXTS])
    counter = TfidfVectorizer(token_pattern=_TOKEN, min_df=max(5, len(some) // 300), max_df=0.4, max_features=800, stop_words=_stop_words(texts, language), sublinear_tf=True)
    try:
        counter.fit(texts.iloc[some])
    except ValueError:  # no word is common enough
        return []
    matter, vocabulary = counter.transform(texts), counter.get_feature_names_out()
    sample = matter[some]
    found = max((_stable(sample, number, rng) for number in NUMBERS if number < sample.shape[1]), key=lambda f: f[1].mean(), default=None)
    if found is None:
        return []
    model, stability = found
    weights = model.transform(matter)
    weights = weights / np.maximum(weights.max(axis=0), 1e-12)
    mine, strong, written = weights.argmax(axis=1), weights.max(axis=1) >= LEAST_WEIGHT, _spellings(part["text"])
    rows = [
        _row(part, strong & (mine == k), _name(model.components_[k], vocabulary, written), language, float(stability[k]), confidence, len(stability))
        for k in range(len(stability)) if stability[k] >= STABLE
    ]  # fmt: skip
    return [row for row in rows if row["n"]]


def _plain(text: str) -> str:
    """Small letters, without what was taken out of the text (`[name]`), accents folded."""
    return fold(_TAKEN_OUT.sub(" ", text))


def _stop_words(texts: pd.Series, language: str) -> list[str]:
    """Words without a topic: the commonest short ones, and those that negate."""
    counts = texts.str.findall(_TOKEN).explode().value_counts()
    common = [word for word in counts.head(60).index if len(word) <= 4]
    return sorted({*common, *(word for word in lexicon(language).negations if len(word) >= 3 and "'" not in word)})


def _stable(matter, number: int, rng: np.random.Generator) -> tuple[NMF, np.ndarray]:
    """A factorisation, and of each topic the mean overlap with its like in random halves."""
    whole = _factorised(matter, number, int(rng.integers(1 << 30)))
    overlaps = []
    for _ in range(RESEEDS):
        half = rng.permutation(matter.shape[0])[: matter.shape[0] // 2]
        again = _factorised(matter[half], number, int(rng.integers(1 << 30)))
        alike = np.array([[_jaccard(a, b) for b in again.components_] for a in whole.components_])
        overlaps.append(alike[linear_sum_assignment(-alike)])
    return whole, np.mean(overlaps, axis=0)


def _factorised(matter, number: int, seed: int) -> NMF:
    with warnings.catch_warnings():
        # What matters is whether topics come back, which is looked at; not the last digit of their weights.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return NMF(number, init="nndsvda", random_state=seed, max_iter=100, tol=1e-3).fit(matter)


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    one, other = set(np.argsort(-a, kind="stable")[:TOP]), set(np.argsort(-b, kind="stable")[:TOP])
    return len(one & other) / len(one | other)


def _name(weights: np.ndarray, vocabulary: np.ndarray, written: dict[str, str]) -> str:
    """The heaviest words, as people most often write them."""
    words = [str(word) for word in vocabulary[np.argsort(-weights, kind="stable")[:NAMED_BY]]]
    return ", ".join(written.get(word, word) for word in words)


def _spellings(texts: pd.Series) -> dict[str, str]:
    """Folded words as they are most often written."""
    counts = texts.head(MOST_TEXTS).str.lower().str.findall(_TOKEN).explode().dropna().value_counts()
    return {fold(word): word for word in reversed(counts.index)}


def _row(part: pd.DataFrame, hit: np.ndarray, name: str, language: str, stability: float, confidence: float, family: int) -> dict:
    customer = alone(part["customer_id"], part["comment_id"])
    share = estimates.share_from_counts(int(customer[hit].nunique()), int(customer.nunique()), confidence)
    months = sorted(part["month"].dropna().unique())
    recent = set(months[-RECENT_MONTHS:]) if len(months) > RECENT_MONTHS else set()
    said = pd.DataFrame({"customer": customer, "month": part["month"], "challenge": np.where(hit, "topic", "")})
    change = changed(said, "topic", recent, 1 - (1 - confidence) / family)
    return {"topic": name, "language": language, "value": share.value, "low": share.low, "high": share.high, "n": int(customer[hit].nunique()),
            "of": share.n, "negative_share": part.loc[hit, "negative"].mean(), "positive_share": part.loc[hit, "positive"].mean(), "change": change.value,
            "change_low": change.low, "change_high": change.high, "trend": way(change), "stability": stability, "method": share.method}  # fmt: skip
