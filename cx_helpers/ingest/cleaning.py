"""Free text without persons: e-mails, phones, cards, accounts, handles, links and names become [e-mail], [phone], …

What is recognised: patterns (cards by their check digit, accounts by theirs), names that the brand's own declared
name fields hold, and people who introduce themselves or sign in English, Spanish or Portuguese. A person named by
somebody else, who is no customer of the brand, is not recognised: see `docs/your_data.md`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']+", re.I)
EMAIL = re.compile(r"[\w.+%-]+(?:@|\s?[\[(](?:at|arroba)[\])]\s?)[\w-]+(?:\.[\w-]+)+", re.I)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
NUMBER = re.compile(r"(?<!\w)\+?\(?\d(?:[\s().\-/]{0,3}\d){6,18}(?!\w)")
HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_]\w{1,29}")
DATE = re.compile(r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?:[\s.T]+\d.*)?$")
AMOUNT = re.compile(r"\d{1,3}(?:[.]\d{3})+$")
PHONE_WORD = re.compile(r"(?:phone|tel|call|mobile|cell|whats|móvil|movil|teléfono|telefono|llam|telemóvel|celular|lig)\w*\W*\w*\W*$", re.I)

_CAP = r"[A-ZÀ-ÖØ-Þ][\w'’-]*"
_MORE = rf"(?:\s+(?:(?:de|da|do|dos|das|del|la|van|von|e|y)\s+){{0,2}}{_CAP}){{0,3}}"
INTRODUCED = re.compile(
    r"\b(?P<said>(?i:my name is|my name's|me llamo|mi nombre es|o meu nome é|meu nome é|me chamo|chamo-me))\s+"
    rf"(?!(?i:not|on|in|no|is|was|wrong|mal|está|esta|errado|não|nao|the|el|la)\b)(?P<name>[^\W\d_][\w'’-]*{_MORE})"
)
I_AM = re.compile(rf"\b(?P<said>(?i:i am|i'm|this is|soy|sou|sou o|sou a))\s+(?P<name>{_CAP}{_MORE})(?P<after>\s*(?:[,;]|$|(?i:speaking|here|from)\b))?")
SIGNED = re.compile(
    r"(?P<said>(?i:regards|sincerely|thanks|thank you|cheers|saludos|un saludo|atentamente|gracias|cordialmente|"
    rf"atenciosamente|obrigado|obrigada|cumprimentos|abraços|abraço))(?P<gap>\s*[,.!–-]*\s+)(?P<name>{_CAP}{_MORE})(?P<end>\s*[.!]?\s*)$"
)
WORD = re.compile(r"[^\W\d_]+")
SUSPECT = r"(?i)@|https?:|www\.|[\[(](at|arroba)[\])]|\d([\s().\-/]{0,3}\d){6}|[A-Z]{2}\d{2} ?[A-Z0-9]{4}|name is|name's|llamo|nombre es|nome é|chamo|\bi am |i'm |this is |\bsoy |\bsou |regards|sincerely|thank|cheers|saludo|atentamente|gracias|cordialmente|atenciosamente|obrigad|cumprimentos|abraço"
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


def fold(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def name_words(names: Iterable[str | None]) -> frozenset[str]:
    """The words of a brand's declared names, folded, without particles."""
    return frozenset(word for name in names if name for word in WORD.findall(fold(name))) - PARTICLES


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
        self.words_too = WORDS_TOO | {word for text in vocabulary for word in WORD.findall(fold(text))}

    def clean(self, texts: pa.Array | pa.ChunkedArray) -> pa.Array:
        """`texts` cleaned, missing ones staying missing; 300,000 comments in a few seconds.

        A known name that these texts write in small letters far more often than with a capital is a word to them.
        """
        coded = pc.dictionary_encode(texts)
        coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
        distinct = coded.dictionary
        suspect = pc.match_substring_regex(distinct, SUSPECT).to_pylist()
        given = distinct.to_pylist()
        named = [bool(self.names) and not self.names.isdisjoint(WORD.findall(fold(text))) for text in given]
        everyday = self._everyday(text for text, hit in zip(given, named, strict=True) if hit)
        cleaned = [
            self._cleaned(text, everyday) if odd or hit else text for text, odd, hit in zip(given, suspect, named, strict=True)
        ]
        return pa.array(cleaned, pa.string()).take(coded.indices)

    def clean_one(self, text: str) -> str:
        """One text cleaned."""
        return self._cleaned(text, self.words_too)

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
        text = IBAN.sub(lambda found: "[account]" if is_iban(found[0]) else found[0], text)
        text = NUMBER.sub(_number, text)
        text = HANDLE.sub("[handle]", text)
        text = self._without_names(text, everyday) if self.names else text
        text = INTRODUCED.sub(lambda found: f"{found['said']} [name]", text)
        text = I_AM.sub(_i_am, text)
        return SIGNED.sub(lambda found: f"{found['said']}{found['gap']}[name]{found['end']}", text)

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
    return text[one.end() : other.start()] in (" ", "-", "'", "’")


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


def _i_am(found: re.Match) -> str:
    many = len(found["name"].split()) > 1
    spoken = fold(found["said"]).startswith("so")
    if found["name"].startswith("[") or not (many or spoken or found["after"]) or (found["said"].lower() == "this is" and not found["after"]):
        return found[0]
    return f"{found['said']} [name]{found['after'] or ''}"


def _number(found: re.Match) -> str:
    text = found[0]
    digits = re.sub(r"\D", "", text)
    if 13 <= len(digits) <= 19 and luhn(digits):
        return "[card]"
    if DATE.match(text) or AMOUNT.match(text):
        return text
    told = text.startswith(("+", "00", "(")) or PHONE_WORD.search(found.string[max(0, found.start() - 30) : found.start()])
    if 9 <= len(digits) <= 15 or (told and len(digits) >= 7):
        return "[phone]"
    return "[number]" if len(digits) > 15 else text


def luhn(digits: str) -> bool:
    """Whether a card number's check digit is right."""
    doubled = [int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 1


def is_iban(text: str) -> bool:
    """Whether an account number's check digits are right (ISO 7064, remainder of 97)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
