"""Words of customers that are safe to show, and a search over what was said."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from cx_helpers.journeys.voice.heard import KEPT, Heard
from cx_helpers.journeys.voice.lexicon import EMOTIONS, NEGATIVE, POSITIVE, Lexicon, fold, languages, lexicon

SHORTEST, LONGEST, LETTERS = 4, 14, 80  # words, words and letters of an excerpt
ALIKE = 0.35  # cosine of two clauses that say much the same
_BREAK = re.compile(r"[.!?;:\n\r…,¡¿]+|\s[-–—]\s")
_UNSAFE = re.compile(r"[\d@\[\]#/\\<>{}()*_=+|~$€£%\"“”«»]")
_INNER_CAPITAL = re.compile(r"(?<=\S\s)[^\W\d_]*[A-ZÀ-ÖØ-ÞА-ЯЁ]")
_LONG = re.compile(r"[^\W\d_]{4,}")
_JOINED = re.compile(r"^(and|but|y|e|mas|pero|и|а|но)\s+", re.I)
MOST_CLAUSES = 2000
EXCERPT = ["touchpoint", "tone", "language", "text", "n", "of"]


def excerpts(heard: Heard, *, minimum_n: int | None = None, language: str | None = None) -> pd.DataFrame:
    """One clause a touchpoint and tone, the one that says best what many say.

    Parameters
    ----------
    minimum_n : int
        Customers who must say much the same; the brand's minimum when left out.
    language : str
        The reader's; clauses in it come first where enough say so, else the language in which most do.

    Returns
    -------
    DataFrame: touchpoint, tone ("negative" or "positive"), language, text (4 to 14 words, at most 80 letters), n
    (customers who say much the same), of (customers heard there in that tone).

    Notes
    -----
    Safe to show: texts were cleaned when they were read in; a clause with a digit, a sign, a bracket (something was
    taken out) or a capital within is passed over, for it may name somebody; notes that employees wrote of customers are
    never quoted; and nobody is quoted alone: at least `minimum_n` customers say much the same. Clauses say much the same
    where the cosine of their TF-IDF is 0.35 or more.
    """
    minimum = heard.minimum if minimum_n is None else minimum_n
    said = heard.comments[heard.comments["touchpoint"].notna()]
    rows = []
    for tone in ("negative", "positive"):
        for (touchpoint, code), part in said[said[tone] == 1].groupby(["touchpoint", "language"], sort=True):
            if code in languages():
                rows += _typical(part, tone, touchpoint, code, minimum)
    found = pd.DataFrame(rows, columns=EXCERPT)
    found = found.assign(mine=found["language"] == language).sort_values(["touchpoint", "tone", "mine", "n", "text"], ascending=[True, True, False, False, True], kind="stable")
    return found.drop_duplicates(["touchpoint", "tone"])[EXCERPT].reset_index(drop=True)


def _typical(part: pd.DataFrame, tone: str, touchpoint: str, language: str, minimum: int) -> list[dict[str, Any]]:
    customer = part["customer_id"].astype(object).where(part["customer_id"].notna(), "\0" + part["comment_id"])
    of = customer.nunique()
    if of < minimum:
        return []
    clauses = pd.DataFrame([(who, clause) for who, text in zip(customer, part["text"], strict=True) for clause in clauses_of(text)], columns=["who", "clause"])
    clauses = clauses[_fits(clauses["clause"], tone, language)].drop_duplicates().head(MOST_CLAUSES).reset_index(drop=True)
    if clauses["who"].nunique() < minimum:
        return []
    matter = TfidfVectorizer(preprocessor=fold, token_pattern=r"[^\W\d_]{3,}").fit_transform(clauses["clause"]) if clauses["clause"].str.contains(r"[^\W\d_]{3,}").any() else None
    if matter is None:
        return []
    alike = (matter @ matter.T).toarray() >= ALIKE
    codes = pd.factorize(clauses["who"])[0]
    sharing = np.array([len(set(codes[row])) for row in alike])
    best = max(range(len(clauses)), key=lambda i: (sharing[i], -len(clauses["clause"][i]), clauses["clause"][i]))
    if sharing[best] < minimum:
        return []
    return [{"touchpoint": touchpoint, "tone": tone, "language": language, "text": clauses["clause"][best], "n": int(sharing[best]), "of": of}]


def clauses_of(text: str) -> list[str]:
    """The clauses of a text that could be shown: of fit length, without anything that may name somebody."""
    found = []
    for part in _BREAK.split(text):
        clause = _JOINED.sub("", part.strip(" '’`-–—"))
        short = SHORTEST <= len(clause.split()) <= LONGEST and len(clause) <= LETTERS
        if short and not _UNSAFE.search(clause) and not _INNER_CAPITAL.search(clause):
            found.append(clause)
    return found


def _fits(clauses: pd.Series, tone: str, language: str) -> np.ndarray:
    """Clauses that say something, and not the contrary of the tone they stand for."""
    words = lexicon(language)
    contrary, judged = (POSITIVE, "praise") if tone == "negative" else (NEGATIVE, "blame")
    hits = words.hits(clauses.tolist())
    against = hits[list(contrary)].sum(axis=1).to_numpy() > 0
    return ~against & np.array([not words.found(folded, judged)[0] and _says_what(folded, words) for folded in map(fold, clauses)], dtype=bool)


def _says_what(folded: str, words: Lexicon) -> bool:
    """Whether two words are left when those of feeling are taken out: "which is a pity" tells nobody anything."""
    for emotion in EMOTIONS:
        folded = words.terms[emotion].sub(" ", folded)
    return len(_LONG.findall(folded)) >= 2


def search(heard: Heard | Any, words: str, *, minimum_n: int | None = None) -> pd.DataFrame:
    """Comments in which all the words stand.

    Parameters
    ----------
    heard : Heard or Study
        What was said, already read; a study reads nothing but the texts.
    words : str
        Words with blanks between, in any case and with or without accents; ``*`` at the end of one stands for any
        ending; words in "quotation marks" stand together.
    minimum_n : int
        Customers who must have said it; the brand's minimum when left out.

    Returns
    -------
    DataFrame: comment_id, journey_id, customer_id (pseudonyms), touchpoint, origin, month, text (cleaned), and what a
    `Heard` knows beside, newest first. Empty where fewer customers than the minimum said it; `attrs` tells
    ``customers`` (0 where hidden), ``comments`` and ``hidden`` (bool).

    Notes
    -----
    For an analyst's own eyes: a page shows `excerpts`, never these rows.
    """
    rows, minimum = _rows(heard, minimum_n)
    terms = [term.strip('"') for term in re.findall(r'"[^"]+"|\S+', words)]
    patterns = [pattern for pattern in (_pattern(term) for term in terms) if pattern is not None]
    folded = rows["text"].map(fold)
    hit = np.logical_and.reduce([folded.str.contains(pattern).to_numpy(bool) for pattern in patterns]) if patterns else np.zeros(len(rows), bool)
    found = rows[hit]
    customers = int(found["customer_id"].nunique() + found["customer_id"].isna().sum())
    hidden = 0 < customers < minimum
    found = (found.iloc[:0] if hidden else found).sort_values(["month", "comment_id"], ascending=[False, True], ignore_index=True)
    found.attrs.update(customers=0 if hidden else customers, comments=0 if hidden else len(found), hidden=hidden)
    return found


def _rows(heard: Heard | Any, minimum_n: int | None) -> tuple[pd.DataFrame, int]:
    if isinstance(heard, Heard):
        return heard.comments, heard.minimum if minimum_n is None else minimum_n
    window = heard.table("comments", "window")
    rows = window.filter(window.text.notnull()).select(*[name for name in KEPT if name in window.columns]).execute()
    return rows, heard.brand.journey.minimum_n if minimum_n is None else minimum_n


def _pattern(term: str) -> re.Pattern | None:
    plain = fold(term.rstrip("*"))
    if not re.search(r"\w", plain):
        return None
    return re.compile(r"(?<!\w)" + r"\s+".join(map(re.escape, plain.split())) + ("" if term.endswith("*") else r"(?!\w)"))
