"""Emotion present or absent by word lists of our own, in English, Spanish, Portuguese and Russian.

An emotion is present where the writer says a feeling or unmistakably shows it; a judgement of quality ("good", "slow")
and a fact ("not delivered") are none. Five are told apart:

- anger: indignation, reproach, insult, a demand in heat
- disappointment: sadness, frustration, regret, dislike said as felt
- worry: fear, distrust, not knowing what to do
- joy: delight, liking, satisfaction said as felt
- gratitude: thanks and congratulations that are more than a closing formula

`negative` is any of the first three, `positive` any of the last two. Never a degree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

NEGATIVE = ("anger", "disappointment", "worry")
POSITIVE = ("joy", "gratitude")
EMOTIONS = (*NEGATIVE, *POSITIVE)
TOLD = ("negative", "positive", *EMOTIONS)
WORDS = Path(__file__).parent / "words"
REACH = 3  # words before a term within which a negation counts
_WORD = re.compile(r"[\w'’]+")
_CLAUSE = re.compile(r"[.,;:!?¡¿()\n\"«»…]| - ")
_LOUD = re.compile(r"!\s?!|([^\W\d_])\1\1", re.I)
_TWICE = re.compile(r"(\D)\1+")


def fold(text: str) -> str:
    """Small letters without accents, no letter twice in a row: "Amééii!!" and "amei!" are one."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("`", "'"))
    return _TWICE.sub(r"\1", "".join(c for c in plain if not unicodedata.combining(c)))


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The word lists of one language, ready to be matched against folded texts.

    Attributes
    ----------
    language : str
    terms : dict of section to compiled pattern, or None where a section is empty
    negations : frozenset of str
    signs : dict of emotion to signs such as emoji, matched in the text as written
    """

    language: str
    terms: dict[str, re.Pattern | None]
    negations: frozenset[str]
    signs: dict[str, tuple[str, ...]]

    def hits(self, texts: Sequence[str]) -> pd.DataFrame:
        """How many terms of each emotion stand in each text, negated ones left out.

        A negated word of joy ("not happy", "no me gustó") counts as disappointment; a negated bad feeling counts as
        nothing. Praise or blame written loudly (two exclamation marks, a letter three times) counts as joy or anger.

        Returns
        -------
        DataFrame of whole numbers: a column an emotion, then negative and positive, their sums.
        """
        codes, whole = pd.factorize(pd.Series(list(texts), dtype=object).fillna(""))
        rows = np.array([self._count(text) for text in whole], dtype=float).reshape(-1, len(EMOTIONS))
        frame = pd.DataFrame(rows[codes] if len(whole) else rows, columns=list(EMOTIONS))
        return frame.assign(negative=frame[list(NEGATIVE)].sum(axis=1), positive=frame[list(POSITIVE)].sum(axis=1))

    def _count(self, text: str) -> list[int]:
        folded = fold(text)
        count = {emotion: sum(sign in text for sign in self.signs[emotion]) for emotion in EMOTIONS}
        for emotion in EMOTIONS:
            plain, negated = self.found(folded, emotion)
            count[emotion] += plain
            if emotion == "joy":
                count["disappointment"] += negated
        if _LOUD.search(text):
            count["joy"] += self.found(folded, "praise")[0] > 0 and not self.found(folded, "blame")[0]
            count["anger"] += self.found(folded, "blame")[0] > 0
        return [count[emotion] for emotion in EMOTIONS]

    def found(self, folded: str, section: str) -> tuple[int, int]:
        """Terms of a section in a folded text: as they stand, and negated."""
        pattern = self.terms.get(section)
        return counted(folded, pattern, self.negations) if pattern else (0, 0)


def counted(folded: str, pattern: re.Pattern, negations: frozenset[str]) -> tuple[int, int]:
    """Matches of `pattern` in a folded text: as they stand, and negated within the clause."""
    plain = negated = 0
    for match in pattern.finditer(folded):
        before = _CLAUSE.split(folded[max(0, match.start() - 60) : match.start()])[-1]
        if negations.isdisjoint(_WORD.findall(before)[-REACH:]):
            plain += 1
        else:
            negated += 1
    return plain, negated


def pattern_of(terms: Sequence[str]) -> re.Pattern | None:
    """One pattern for terms as people write them; ``*`` stands for any ending; longer terms win."""
    folded = sorted({fold(term.strip()) for term in terms if term.strip()}, key=lambda term: (-len(term), term))
    if not folded:
        return None
    parts = [r"\s+".join(map(re.escape, term.rstrip("*").split())) + (r"\w*" if term.endswith("*") else r"(?!\w)") for term in folded]
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


def languages() -> list[str]:
    """Languages that have word lists."""
    return sorted(file.stem for file in WORDS.glob("??.txt"))


@lru_cache(maxsize=8)
def lexicon(language: str) -> Lexicon | None:
    """The word lists of a language; None where there are none.

    >>> lexicon("en").hits(["I was not happy", "Delighted!"])[["negative", "positive"]].to_numpy().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if language not in languages():
        return None
    sections = _sections(WORDS / f"{language}.txt", ",")
    signs = _sections(WORDS / "any.txt", None)
    negations = frozenset(word for term in sections.pop("not") for word in fold(term).split())
    return Lexicon(language, {name: pattern_of(terms) for name, terms in sections.items()}, negations,
                   {emotion: tuple(signs.get(emotion, ())) for emotion in EMOTIONS})  # fmt: skip


def _sections(file: Path, separator: str | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            terms = found.setdefault(line.strip("[] "), [])
        elif line.strip() and not line.startswith("#"):
            terms += [term.strip() for term in line.split(separator) if term.strip()]
    return found
