"""Free text without persons: e-mails, phones, cards, accounts, handles, links and names become [e-mail], [phone], …

What is recognised: patterns (cards by their check digit, accounts by theirs), names that the brand's own declared
name fields hold, and people who introduce themselves or sign in English, Spanish or Portuguese. A person named by
somebody else, who is no customer of the brand, is not recognised: see `docs/your_data.md`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from cx_helpers.ingest.persons.folding import composed, fold
from cx_helpers.ingest.persons.introductions import SAID, without_introductions
from cx_helpers.ingest.persons.numbers_of_persons import SEPARATORS, without_numbers

LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']+", re.I)
EMAIL = re.compile(r"[\w.+%-]+(?:@|\s?[\[(](?:at|arroba)[\])]\s?)[\w-]+(?:\.[\w-]+)+", re.I)
HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_]\w{1,29}")
WORD = re.compile(r"[^\W\d_]+")
SUSPECT = rf"(?i)@|https?:|www\.|[\[(](at|arroba)[\])]|\d([{SEPARATORS}]{{0,3}}\d){{6}}|[A-Z]{{2}}\d{{2}} ?[A-Z0-9]{{4}}|{SAID}"
PARTICLES = frozenset("de da do dos das del la las los van von der den e y di du le san santa".split())
WORDS_TOO = frozenset(
    # Names that are also words: hidden only where they are written as names.
    "will mark rose grace may june april august hope faith joy bill rich art frank grant drew pat sue don ray jack summer dawn "
    "young green brown white black long short king price wood cook baker hill park field stone day best good page case "
    "sol luz paz cruz rey reyes flores dolores mercedes pilar rosa blanca angel santos leon toro vega campo campos bueno "
    "costa pinto leite lima rios branco moreno delgado calvo rubio casas torres ramos castillo fuentes prado leal marin "
    "victoria gloria soledad esperanza socorro remedios vera clara serena alegria franco domingo salvador nova bella "
    "guerra mar rocha serra ribeiro pereira oliveira carneiro coelho machado ferro monte barros matos neves mata".split()
)


def name_words(names: Iterable[str | None]) -> frozenset[str]:
    """The words of a brand's declared names, folded, without particles."""
    return frozenset(word for name in names if name for word in WORD.findall(fold(composed(name)))) - PARTICLES


class Cleaner:
    """Cleans the free text of one brand.

    Parameters
    ----------
    names : set of str
        As `name_words` gives them.
    vocabulary : iterable of str
        Texts of the brand itself (labels, places): a name that is one of its words is hidden only where it is written
        as a name.

    Examples
    --------
    >>> Cleaner(name_words(["Ana Pérez"])).clean_one("Soy ana perez, llámame al +34 600 123 456")
    'Soy [name], llámame al [phone]'
    """

    def __init__(self, names: frozenset[str] = frozenset(), vocabulary: Iterable[str] = ()):
        self.names = names
        self.own_words = frozenset(word for text in vocabulary for word in WORD.findall(fold(text)))
        self.words_too = WORDS_TOO | self.own_words

    def clean(self, texts: pa.Array | pa.ChunkedArray) -> pa.Array:
        """`texts` cleaned, missing ones staying missing; 300,000 comments in a few seconds.

        A known name that these texts write in small letters far more often than with a capital is a word to them.
        """
        coded = pc.dictionary_encode(texts)
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        given = [composed(text) for text in coded.dictionary.to_pylist()]
        suspect = pc.match_substring_regex(pa.array(given, pa.string()), SUSPECT).to_pylist()
        named = [bool(self.names) and not self.names.isdisjoint(WORD.findall(fold(text))) for text in given]
        everyday = self._everyday(text for text, hit in zip(given, named, strict=True) if hit)
        cleaned = [
            self._cleaned(text, everyday) if odd or hit else text for text, odd, hit in zip(given, suspect, named, strict=True)
        ]
        return pa.array(cleaned, pa.string()).take(coded.indices)

    def clean_one(self, text: str) -> str:
        """One text cleaned."""
        return self._cleaned(composed(text), self.words_too)

    def _everyday(self, texts: Iterable[str]) -> frozenset[str]:
        small, capital = Counter(), Counter()
        for text in texts:
            for word in WORD.findall(text):
                folded = fold(word)
                if folded in self.names:
                    (small if word[0].islower() else capital)[folded] += 1
        return frozenset(self.words_too) | {word for word, n in small.items() if n >= 20 and n >= 10 * capital[word]}

    def _cleaned(self, text: str, everyday) -> str:
        text = LINK.sub("[link]", text)
        text = EMAIL.sub("[e-mail]", text)
        text = HANDLE.sub("[handle]", without_numbers(text))
        text = self._without_names(text, everyday) if self.names else text
        return without_introductions(text, self.own_words)

    def _without_names(self, text: str, everyday) -> str:
        words = list(WORD.finditer(text))
        folded = [fold(word[0]) for word in words]
        sure = [word in self.names and len(word) > 2 and word not in everyday for word in folded]
        written = [word in self.names and found[0][0].isupper() for word, found in zip(folded, words, strict=True)]
        hidden = [
            sure[i] or (written[i] and (_inside_a_sentence(text, words[i].start()) or _beside(i, sure, written, folded, words, text)))
            for i in range(len(words))
        ]
        parts, at, i = [], 0, 0
        while i < len(words):
            if not hidden[i]:
                i += 1
                continue
            last = i
            while (following := _next_name(last, hidden, folded, words, text)) is not None:
                last = following
            parts += [text[at : words[i].start()], "[name]"]
            at, i = words[last].end(), last + 1
        return "".join([*parts, text[at:]])


def _next_name(i: int, hidden: list[bool], folded: list[str], words: list[re.Match], text: str) -> int | None:
    """The hidden word that goes on with the name at `i`, particles between them passed over."""
    j = i + 1
    while j < len(words) and _joined(words[j - 1], words[j], text) and (hidden[j] or folded[j] in PARTICLES):
        if hidden[j]:
            return j
        j += 1
    return None


def _joined(one: re.Match, other: re.Match, text: str) -> bool:
    return text[one.end() : other.start()] in (" ", "\u00a0", "-", "'", "’")


def _beside(i: int, sure: list[bool], written: list[bool], folded: list[str], words: list[re.Match], text: str) -> bool:
    """Whether a word stands beside another that is a name."""
    for step in (-1, 1):
        j = i + step
        while 0 <= j < len(words) and folded[j] in PARTICLES:
            j += step
        if 0 <= j < len(words) and (sure[j] or written[j]) and (abs(j - i) > 1 or _joined(words[min(i, j)], words[max(i, j)], text)):
            return True
    return False


def _inside_a_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return bool(before) and before[-1] not in ".!?¡¿:\n\"«("
