"""In which language something was said, or that it cannot be told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.errors import ConfigError

UNKNOWN = "unknown"
SURE = 0.7  # least probability, among the plausible languages, at which a language is told
LEAST_LETTERS = 8  # shorter texts are the same in several languages: "ok", "top", "super"
_LETTER = re.compile(r"[^\W\d_]")
_PLACEHOLDER = re.compile(r"\[[a-z-]+\]")


def identified(texts: Sequence[str], plausible: Sequence[str] = (), declared: Sequence[str | None] | None = None) -> np.ndarray:
    """The language of each text, as a code of two letters, or ``unknown``.

    Parameters
    ----------
    texts : sequence of str
    plausible : sequence of str
        The brand's languages (`comment_languages` of journey.yaml). Left out, any of some ninety. Of one alone nothing
        is left to tell: every text with letters is in it.
    declared : sequence of str or None, optional
        The language as the export gives it; it decides only where the text itself does not.

    Raises
    ------
    ConfigError
        A code that is no language known here.

    Notes
    -----
    Source: langid (Lui and Baldwin 2012) in the package py3langid, its probability renormalised over the plausible
    languages. How often it is right on the brand's own texts is told by `agreement`. Not for texts that mix languages.

    >>> identified(["The queue did not move at all", "No nos gustó nada la espera", "ok"], ["en", "es"]).tolist()
    ['en', 'es', 'unknown']
    """
    given = [""] * len(texts) if declared is None else [code.strip().lower()[:2] if isinstance(code, str) else "" for code in declared]
    codes, whole = pd.factorize(pd.Series(list(texts), dtype=object).fillna(""))
    found = np.array([_language(text, tuple(sorted(plausible))) for text in whole], dtype=object)
    found = found[codes] if len(whole) else np.empty(0, dtype=object)
    return np.array([own or known or UNKNOWN for own, known in zip(found, given, strict=True)], dtype=object)


def _language(text: str, plausible: tuple[str, ...]) -> str:
    """The language that the text itself tells, empty where it tells none."""
    words = _PLACEHOLDER.sub(" ", text)
    letters = len(_LETTER.findall(words))
    if len(plausible) == 1:
        return plausible[0] if letters else ""
    if letters < LEAST_LETTERS:
        return ""
    code, probability = _identifier(plausible).classify(words)
    return code if probability >= SURE else ""


@lru_cache(maxsize=8)
def _identifier(plausible: tuple[str, ...]):
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    strange = sorted(set(plausible) - set(identifier.labels))
    if strange:
        raise ConfigError([f"journey.yaml: comment_languages: {', '.join(strange)} is no language known here; give codes of two letters, such as pt."])
    identifier.set_languages(plausible or None)
    return identifier


def agreement(texts: Sequence[str], declared: Sequence[str | None], plausible: Sequence[str] = (), confidence: float = 0.95) -> pd.DataFrame:
    """How often the identified language is the one the export declares, where it declares one.

    Returns
    -------
    DataFrame: language (declared), value, low, high (share right of those told, 0 to 1), n (texts told),
    unknown_share (0 to 1: of all, told from the text alone to be unknown), of (texts), method.
    """
    truth = pd.Series([code.strip().lower()[:2] if isinstance(code, str) and code.strip() else None for code in declared], dtype=object)
    found = pd.Series(identified(texts, plausible), dtype=object)
    rows = []
    for language in sorted(truth.dropna().unique()):
        told = found[truth == language]
        known = told[told != UNKNOWN]
        right = estimates.share_from_counts(int((known == language).sum()), len(known), confidence)
        rows.append({"language": language, "value": right.value, "low": right.low, "high": right.high, "n": len(known),
                     "unknown_share": 1 - len(known) / len(told), "of": len(told), "method": right.method})  # fmt: skip
    return pd.DataFrame(rows, columns=["language", "value", "low", "high", "n", "unknown_share", "of", "method"])
