"""Whether answers are a scale: numbers from 1 to 5, words from very bad to very good, codes whose labels say so."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

NO_ANSWER = {
    "", "-", ".", "?", "blank", "n/a", "na", "n.a.", "none", "null", "nan", "no answer", "not applicable", "not applicable to me", "don't know",
    "dont know", "i don't know", "i don’t know", "don’t know", "dk", "unsure", "not sure", "i'm not sure", "no opinion", "prefer not to say",
    "prefer not to answer", "i prefer not to answer", "refused", "missing", "skip", "skipped", "not used", "offered", "unoffered", "not offered",
    "k.a.", "keine angabe", "weiß nicht", "no aplica", "sin respuesta", "no sé", "no sabe", "ns/nc", "não sei", "não se aplica", "ne sait pas",
}  # fmt: skip
NO_ANSWER_LABEL = re.compile(
    r"don.?t know|refus|no answer|missing|applicable|not apply|^\(?vol\b|undesignated|^n/?a\b|prefer not|not sure|unsure|^blank|no opinion|"
    r"not asked|skipped|no sabe|no contesta|não sei|keine angabe|weiß nicht", re.I,
)  # fmt: skip
CODES = {77, 88, 97, 98, 99, 997, 998, 999, -1, -9, -97, -98, -99}
NPS = re.compile(r"nps|netpro|net.?prom|recom|empfehl", re.I)
EFFORT = re.compile(r"ces\b|effort|eas[ey]", re.I)
SIGN = r"(?:[€$£] ?| ?[€$£]|(?:EUR|USD|GBP|BRL|R\$) | (?:EUR|USD|GBP|BRL|R\$))?"
READINGS = (
    ("plain", "", ""),
    ("comma", r"^(-?\d+),(\d+)$", r"\1.\2"),
    ("comma", rf"^{SIGN}(-?\d{{1,3}})(?:\.(\d{{3}}))?(?:\.(\d{{3}}))?,(\d\d){SIGN}$", r"\1\2\3.\4"),
    ("point", rf"^{SIGN}(-?\d{{1,3}})(?:,(\d{{3}}))?(?:,(\d{{3}}))?(\.\d\d)?{SIGN}$", r"\1\2\3\4"),
    ("leading", r"^(-?\d{1,2})\s*[-–—:=.(]?\s*[A-Za-z].*$", r"\1"),
)
MOSTLY = 0.95
PERHAPS = {"maybe", "possibly", "perhaps", "partly", "sometimes", "talvez", "quizás", "vielleicht", "peut-être"}
YES, NO = {"yes", "y", "true", "1", "sí", "si", "sim", "ja", "oui"}, {"no", "n", "false", "0", "não", "nao", "nein", "non"}

# In order, worst first; words of one place are alternatives. How often and how much are no judgement: which end is good
# depends on the question, so such answers stay groups.
LADDERS = (
    ("poor|bad", "fair|ok|okay|average", "good", "very good", "excellent"),
    ("very poor|terrible|awful", "poor|bad", "fair|average|ok|okay|acceptable", "good", "very good|excellent|great"),
    ("muy malo|muy mala|pésimo|muito ruim|péssimo", "malo|mala|ruim", "regular|normal", "bueno|buena|bom|boa", "muy bueno|muy buena|excelente|muito bom|ótimo"),
    ("bad|dissatisfied", "good|satisfied"),
    ("negatively|negative", "no change|neutral|no effect", "positively|positive"),
    ("worse", "the same|same|about the same|unchanged", "better"),
)  # fmt: skip
POLES = (
    ("satisfied|happy|pleased|satisfecho|satisfecha|satisfeito|satisfeita|zufrieden|satisfait", "dissatisfied|unsatisfied|unhappy|displeased|insatisfecho|insatisfecha|insatisfeito|insatisfeita|unzufrieden|insatisfait"),
    ("agree|de acuerdo|concordo|stimme zu|d'accord", "disagree|en desacuerdo|discordo|stimme nicht zu|pas d'accord"),
    ("easy|fácil|facil|einfach|leicht|facile", "difficult|hard|difícil|dificil|schwierig|schwer|difficile"),
    ("likely|probable|provável|wahrscheinlich", "unlikely|improbable|improvável|unwahrscheinlich"),
    ("important|importante|wichtig", "unimportant"), ("good|well|gut|bien", "bad|badly|poor|poorly|schlecht|mal"),
    ("helpful|useful", "unhelpful|useless"), ("comfortable", "uncomfortable"), ("willing", "unwilling"), ("clean", "dirty"), ("safe", "unsafe"),
    ("friendly", "unfriendly"), ("fast|quick", "slow"), ("clear", "unclear|confusing"), ("concerned|interested|confident|supportive", "unsupportive"),
    ("positive", "negative"),
)  # fmt: skip
STRENGTHS = (
    (r"extremely|completely|totally|strongly|totalmente|completamente|voll(?: und ganz)?|tout à fait|extremadamente|extremamente", 4.0),
    (r"very|muy|muito|sehr|très", 3.0), (r"quite|mostly|generally|bastante", 1.5),
    (r"somewhat|fairly|rather|moderately|reasonably|algo|eher|plutôt", 1.0), (r"slightly|a little|un poco|um pouco|etwas|un peu", 0.5),
)  # fmt: skip
MIDDLE = re.compile(r"^(neutral|neither\b.*|undecided|indifferent|no feelings.*|ni .+ ni .+|nem .+ nem .+|weder .+ noch .+|neutro|average|so so|medium)$")


def as_numbers(values: pd.Series) -> tuple[pd.Series | None, str, tuple[str, ...]]:
    """Numbers, how they are written, and the texts among them that mean no answer; None where it is not a number."""
    odd = tuple(sorted({value for value in values.unique() if value.lower() in NO_ANSWER}))
    real = values[~values.isin(odd)]
    for reading, rule, written in READINGS:
        text = real.str.replace(rule, written, regex=True) if rule else real
        numbers = pd.to_numeric(text, errors="coerce")
        if len(real) and numbers.notna().mean() >= MOSTLY:
            return numbers.dropna(), reading, odd
    return None, "plain", odd


def scored(numbers: pd.Series, name: str, odd: tuple[str, ...], declared: tuple[str, ...], top: int = 0) -> dict | None:
    """Kind, scale and no-answer codes, where the numbers can be a scale of 5, 7 or 10 (or a battery's `top`)."""
    counts = Counter(int(number) for number in numbers)
    given = {int(value) for value in declared if re.fullmatch(r"-?\d+", value)}
    nps = bool(NPS.search(name))
    known = {v for v in counts if (v in CODES or v < 0 or v in given) and not (nps and 0 <= v <= 10)}
    left = set(counts) - known
    if not left or max(left) > 11 or max(left) < 4:
        return None
    if nps and max(left) in (9, 10, 11) or (0 in left and max(left) in (10, 11) and len(left) >= 9):
        known |= left & {11}
        return _score("nps" if nps else "rating", (0, 10), known, odd, "its name says NPS" if nps else "values from 0 to 10")
    end = top or next((end for end in (5, 7, 10) if max(left) <= end + (end == 5 and 0 in left)), 0)
    if not end or end not in left or len(left & set(range(1, end + 1))) < min(end, 4):
        return None
    known |= {v for v in left if v == 0 or v > end}
    kind = "ces" if EFFORT.search(name) and end == 7 else "csat" if re.search("csat|satis|zufried", name, re.I) and end == 5 else "rating"
    return _score(kind, (1, end), known, odd, f"values from 1 to {end}")


def _score(kind: str, scale: tuple[int, int], known: set[int], odd: tuple[str, ...], why: str) -> dict:
    return {"kind": kind, "scale": scale, "blanks": (*map(str, sorted(known)), *odd), "why": why}


def worded(texts: list[str], name: str = "") -> dict | None:
    """The scale that these words are, with the place of each from 1 (worst), and those that are no answer; else None.

    Returns
    -------
    dict with kind, scale, places (pairs of text and place), blanks, why, good; None where the words have no order.
    Of two words the good one counts 100 and the bad one 0, so that the mean is the percentage who say `good`.
    """
    odd = tuple(sorted(text for text in texts if text.lower() in NO_ANSWER))
    said = {text: re.sub(r"\s+", " ", re.sub(r"^\(.*?\)|^\d+\s*[-–=:.)]\s*", "", text.lower())).strip(" .,!") for text in texts if text not in odd}
    found = _ladder(said) or _poles(said)
    if not found:
        return None
    places, top = found
    if top == 2:
        good = next((text for text, place in places.items() if place == 2), "")
        return {"kind": "rating", "scale": (0, 100), "places": tuple((text, 100 * (place - 1)) for text, place in places.items()), "blanks": odd,
                "why": f"two words, shown as the percentage who say {good}", "good": good}  # fmt: skip
    kind = "csat" if top == 5 and re.search("satis|zufried", f"{name} {' '.join(said.values())}") else "rating"
    return {"kind": kind, "scale": (1, top), "places": tuple(places.items()), "blanks": odd, "why": f"its words are a scale of {top}", "good": ""}


def _ladder(said: dict[str, str]) -> tuple[dict[str, int], int] | None:
    for ladder in LADDERS:
        place = {word: number for number, words in enumerate(ladder, start=1) for word in words.split("|")}
        known = {place.get(word, 0) for word in said.values()}
        if 0 not in known and len(known) == len(said) >= min(len(ladder), 3):
            return {text: place[word] for text, word in said.items()}, len(ladder)
    return None


def _poles(said: dict[str, str]) -> tuple[dict[str, int], int] | None:
    """Very satisfied, satisfied, neither: strength times direction; a pole that nobody chose is filled in by its mirror."""
    for good, bad in POLES:
        ranks = {text: _rank(word, good, bad) for text, word in said.items()}
        values = set(ranks.values())
        if None in values or len(values) != len(ranks) or len(ranks) < 3:
            continue
        one_way = any(re.match("not at all|not ", word) for word in said.values())
        even = len(values) > 3 and sum(value > 0 for value in values) == sum(value < 0 for value in values)
        levels = sorted(values if one_way or even else values | {-value for value in values})
        return {text: levels.index(rank) + 1 for text, rank in ranks.items()}, len(levels)
    return None


def _rank(word: str, good: str, bad: str) -> float | None:
    if MIDDLE.match(word):
        return 0.0
    if re.fullmatch(rf"not at all(?: (?:{good}))?|nada(?: (?:{good}))?|no,? not at all|überhaupt nicht.*", word):
        return -4.0
    if re.fullmatch(rf"not (?:too|very|so|that)(?: much)?(?: (?:{good}))?", word):
        return -1.0
    for pole, sign in ((bad, -1), (good, 1)):
        found = re.fullmatch(rf"(?:(.+) )?(?:{pole})", word)
        if found:
            strength = 2.0 if not found[1] else next((value for rule, value in STRENGTHS if re.fullmatch(rule, found[1])), None)
            return strength and sign * strength
    return None


def yes_or_no(texts: set[str]) -> tuple[tuple[tuple[str, int], ...], tuple[str, ...]] | None:
    """The answers that mean yes (1) and those that do not (0), and those that are no answer; None where there are others."""
    odd = tuple(sorted(text for text in texts if text.lower() in NO_ANSWER))
    left = {text: text.lower() for text in texts if text not in odd}
    first = {text: re.split(r"[,;:(]", word)[0].strip() for text, word in left.items()}
    places = tuple((text, int(word in YES)) for text, word in sorted(first.items()))
    good = bool(left) and all(word in YES | NO | PERHAPS for word in first.values()) and len({place for _, place in places}) == 2
    return (places, odd) if good else None
