"""What a column of an unknown export probably is, told from its name and its values; a guess always says why."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y",
        "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y%m%d")  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
ISO = "ISO"
NO_ANSWER = {
    "", "-", ".", "?", "blank", "n/a", "na", "n.a.", "none", "null", "nan", "no answer", "not applicable", "don't know", "dont know",
    "dk", "refused", "missing", "skip", "skipped", "not used", "k.a.", "keine angabe", "no aplica", "sin respuesta",
}  # fmt: skip
CODES = {77, 88, 97, 98, 99, 997, 998, 999, -1, -9, -97, -98, -99}
WORDS = (
    ("very dissatisfied", "dissatisfied", "neutral", "satisfied", "very satisfied"),
    ("very dissatisfied", "dissatisfied", "neither satisfied nor dissatisfied", "satisfied", "very satisfied"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("strongly disagree", "disagree", "neither agree nor disagree", "agree", "strongly agree"),
    ("very poor", "poor", "fair", "good", "excellent"),
    ("very poor", "poor", "average", "good", "very good"),
    ("very difficult", "difficult", "neutral", "easy", "very easy"),
)
NPS = re.compile(r"nps|netpro|net.?prom|recom|likelihood|empfehl", re.I)
SCORE = re.compile(r"score|rat(e|ing)|sat(is|$|_)|csat|ces\b|effort|easy|ease|clean|safe|quality|stars?\b|nota|puntua|valora|bewert|zufried|overall|happy|friendl|"
                   r"\b[01] ?(-|–|to|bis|a|à) ?(5|7|10)\b", re.I)  # fmt: skip
EFFORT = re.compile(r"ces\b|effort|eas[ey]", re.I)
GROUP = re.compile(
    r"age|gender|sex\b|income|country|nation|region|state|city|home|live|lang|segment|type|class|tier|plan|channel|method|purpose|purp|"
    r"first|times|product|category|peak|strata|day\b|weekday|season|loyal|member|device", re.I,
)  # fmt: skip
KEY = re.compile(r"(^|_|\b)(id|no|nr|num|number|key|ref|uuid|token)$|id$|num$|^#$|respon[ds]|ticket|order|booking|case", re.I)
CUSTOMER = re.compile(r"(customer|client|member|user|guest|passenger|patient|account|person|kunde|cliente).{0,4}(id|no|nr|num|number|key|code)$", re.I)
PERSONAL = re.compile(r"e.?mail|phone|mobile|(first|last|sur|full|family|contact).?name|^name$|address|street|zip|post.?code|birth|dob|ip.?addr|passport|latitude|longitude", re.I)
UNIT = re.compile(r"branch|store|location|site\b|office|agent|team|restaurant|hotel|outlet|depot|clinic|station|terminal|barea|boarding.?area|seller|shop\b|unit\b|filiale|sucursal", re.I)
MONEY = re.compile(r"amount|price|revenue|value|spen[dt]|fare|fee\b|paid|payment|total|umsatz|importe|basket", re.I)
INPUT = re.compile(r"min(ute)?s?(_|\b)|hours?|days|seconds|secs?(_|\b)|wait|delay|duration|how.?long|length|distance|(_|\b)late|(_|\b)count|calls|contacts|attempts|queue|lead.?time", re.I)
CODE_NAME = re.compile(r"zip|post|code|gate|flight|year|index|batch|run|(^|_)(lat|lon|row|day|month)$|int.?date", re.I)
WEIGHT = re.compile(r"^(weight|wt|wgt|gewicht|peso|poids)$|_(weight|wt|wgt)$|^weight_?(final|adj\w*)$", re.I)
COMMENT = re.compile(r"comment|verbatim|feedback|reason|why\b|suggest|free.?text|remark|kommentar|comentario|message|review.?text", re.I)
DATE_LIKE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(\D.*)?|\d{1,2}[ -][A-Za-z]{3,}[ -]\d{2,4}.*|[A-Za-z]{3,} \d{1,2},? \d{4}.*|(19|20)\d{6}"
)
READINGS = (
    ("plain", "", ""),
    ("comma", r"^(-?\d+),(\d+)$", r"\1.\2"),
    ("leading", r"^(-?\d{1,2})\s*[-–—:=.(]?\s*[A-Za-z].*$", r"\1"),
)
FEW, MANY_UNITS, MOSTLY, QUESTION = 12, 200, 0.95, 40


def _says(pattern: re.Pattern, name: str) -> bool:
    """Whether a name says so; a whole question holds too many words to judge by one of them."""
    return len(name) <= QUESTION and bool(pattern.search(name))


@dataclass(frozen=True)
class Guess:
    """What a column is taken for.

    Attributes
    ----------
    role : "score", "time", "key", "customer", "weight", "unit", "money", "input", "segment", "comment", "personal", "unused"
    why : what in the name or the values says so
    blanks : values read as no answer
    pattern : of a time, the strptime format, or "ISO"; ambiguous: day and month could stand either way
    scale, kind : of a score
    reading : how its cells become numbers: "plain", "comma" (decimal comma), "leading" ("9 - likely"), "words"
    """

    column: str
    role: str
    why: str
    blanks: tuple[str, ...] = ()
    pattern: str = ""
    ambiguous: bool = False
    scale: tuple[int, int] = (0, 0)
    kind: str = ""
    reading: str = "plain"
    words: tuple[str, ...] = ()
    distinct: int = 0
    filled: float = 0.0


def guess_columns(table: pd.DataFrame, no_answer: tuple[str, ...] = ()) -> list[Guess]:
    """A guess for each column.

    Parameters
    ----------
    table : DataFrame of text, blanks missing
    no_answer : values declared to be no answer, in every question

    Returns
    -------
    list of Guess, in the order of the columns; exactly one key (or none), at most one weight, unit, money and customer.
    """
    table = table.astype(object).where(table.notna(), None)
    guesses = [_column(name, table[name], len(table), no_answer) for name in table.columns]
    guesses = _lone_eleven(_batteries(guesses, table, no_answer))
    guesses = [_key_found(guess, table) for guess in guesses]
    for role in ("key", "customer", "weight", "unit", "money"):
        guesses = _only_one(guesses, role)
    return guesses


def _column(name: str, cells: pd.Series, rows: int, no_answer: tuple[str, ...]) -> Guess:
    """One column by itself."""
    values = cells.dropna().str.strip()
    values = values[values != ""]
    facts = {"distinct": values.nunique(), "filled": len(values) / max(rows, 1)}
    if len(values) == 0 or values.nunique() == 1:
        return Guess(name, "unused", "it is empty" if len(values) == 0 else "every row says the same", **facts)
    if _says(PERSONAL, name) or values.head(200).str.fullmatch(r"[^@\s]+@[^@\s]+\.\w+").mean() > 0.5:
        return Guess(name, "personal", "personal data by its name or values: not used", **facts)
    pattern, ambiguous = time_pattern(values)
    if pattern:
        return Guess(name, "time", "its values are dates" + (", day and month could be swapped" if ambiguous else ""),
                     pattern=pattern, ambiguous=ambiguous, **facts)  # fmt: skip
    if _says(CUSTOMER, name):
        return Guess(name, "customer", "its name says who answered", **facts)
    numbers, reading, odd = as_numbers(values)
    if numbers is None:
        return _wordy(name, values, facts)
    if _says(WEIGHT, name) and (numbers > 0).all():
        return Guess(name, "weight", "its name, and its values are above zero", reading=reading, **facts)
    whole = (numbers % 1 == 0).all()
    score = scored(numbers, name, odd, no_answer) if whole and facts["filled"] >= 0.1 else None
    if score and (NPS.search(name) or SCORE.search(name)) and not _says(GROUP, name):
        return Guess(name, "score", score.pop("why"), reading=reading, **score, **facts)
    if _says(MONEY, name) and values.nunique() > FEW and (numbers >= 0).all():
        return Guess(name, "money", "its name, and many different amounts", reading=reading, blanks=odd, **facts)
    flag = set(numbers.unique()) == {0, 1}
    if _says(INPUT, name) and not _says(CODE_NAME, name) and (flag or values.nunique() > FEW):
        return Guess(name, "input", "its name says an operational measure", blanks=odd, reading=reading, kind="share" if flag else "", **facts)
    if _says(UNIT, name) and values.nunique() <= MANY_UNITS:
        return Guess(name, "unit", "its name says a place or a team", **facts)
    if values.nunique() <= FEW and facts["filled"] >= 0.5:
        return Guess(name, "segment", f"{values.nunique()} different values", **facts)
    return Guess(name, "unused", "numbers whose meaning the name does not tell", reading=reading, **facts)


def _wordy(name: str, values: pd.Series, facts: dict) -> Guess:
    """A column of text."""
    said = set(values.str.lower()) - NO_ANSWER
    scale = next((words for words in WORDS if said <= set(words) and len(said) >= 3), None)
    if scale:
        odd = tuple(sorted({v for v in values.unique() if v.lower() in NO_ANSWER}))
        return Guess(name, "score", "its words are a scale of five", kind="rating", scale=(1, 5), reading="words", words=scale, blanks=odd, **facts)
    words = values.str.split().str.len().mean()
    if facts["distinct"] > FEW and (words >= 4 or (COMMENT.search(name) and words >= 2)):
        return Guess(name, "comment", f"text of {words:.0f} words on average", **facts)
    if _says(UNIT, name) and facts["distinct"] <= min(MANY_UNITS, len(values) / 2):
        return Guess(name, "unit", "its name says a place or a team", **facts)
    if facts["distinct"] <= FEW and facts["filled"] >= 0.5:
        return Guess(name, "segment", f"{facts['distinct']} different values", **facts)
    return Guess(name, "unused", f"{facts['distinct']:,} different texts", **facts)


def time_pattern(values: pd.Series) -> tuple[str, bool]:
    """The format that reads these texts as times after 1970, and whether day and month could be swapped; else ("", False)."""
    some = values.drop_duplicates().head(2000)
    if some.str.fullmatch(DATE_LIKE).mean() < MOSTLY:
        return "", False
    sane = "BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01'"
    formats = [day + clock for day in DAYS for clock in CLOCKS]
    read = ["TRY_CAST(v AS TIMESTAMP)", *(f"try_strptime(v, '{form}')" for form in formats)]
    counts = f"SELECT {', '.join(f'count(*) FILTER ({one} {sane})' for one in read)} FROM _some"
    with duckdb.connect(config={"autoload_known_extensions": "false", "autoinstall_known_extensions": "false"}) as connection:
        connection.register("_some", pd.DataFrame({"v": some.astype(object)}))
        found = dict(zip([ISO, *formats], connection.execute(counts).fetchone(), strict=True))
    best = max(found, key=found.get)
    if found[best] < MOSTLY * len(some):
        return "", False
    rivals = [form for form, count in found.items() if count == found[best]]
    american = [form for form in rivals if form.startswith("%m") and "%p" in form]
    swapped = any(r.startswith("%m") for r in rivals) and any(r.startswith("%d") for r in rivals)
    return (american or rivals)[0], swapped


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
    kind = "ces" if EFFORT.search(name) else "csat" if re.search("csat|satis", name, re.I) and end == 5 else "rating"
    return _score(kind, (1, end), known, odd, f"values from 1 to {end}")


def _score(kind: str, scale: tuple[int, int], known: set[int], odd: tuple[str, ...], why: str) -> dict:
    return {"kind": kind, "scale": scale, "blanks": (*map(str, sorted(known)), *odd), "why": why}


def _batteries(guesses: list[Guess], table: pd.DataFrame, no_answer: tuple[str, ...]) -> list[Guess]:
    """Columns that share a beginning and a scale are one battery of questions, whatever their names say."""
    found: dict[tuple[str, int], list[int]] = {}
    for place, guess in enumerate(guesses):
        if guess.role not in ("segment", "unused", "score", "unit") or guess.filled < 0.1 or guess.kind == "nps" or guess.reading == "words":
            continue
        numbers, reading, odd = as_numbers(table[guess.column].dropna().str.strip())
        if numbers is None or (numbers % 1 != 0).any() or not len(numbers):
            continue
        score = scored(numbers, guess.column, odd, no_answer)
        if score and score["kind"] != "nps":
            found.setdefault((prefix(guess.column), score["scale"][1]), []).append(place)
            guesses[place] = replace(guess, reading=reading) if guess.role != "score" else guess
    for (beginning, top), places in found.items():
        for place in places if len(places) >= 2 and beginning else ():
            numbers, reading, odd = as_numbers(table[guesses[place].column].dropna().str.strip())
            score = scored(numbers, guesses[place].column, odd, no_answer, top)
            why = f"one of {len(places)} questions {beginning}... with {score.pop('why')}"
            guesses[place] = replace(guesses[place], role="score", why=why, reading=reading, **score)
    return guesses


def _lone_eleven(guesses: list[Guess]) -> list[Guess]:
    """Where no name says NPS, the only question from 0 to 10 is taken for it."""
    from_zero = [guess for guess in guesses if guess.role == "score" and guess.scale == (0, 10)]
    if len(from_zero) != 1 or from_zero[0].kind == "nps":
        return guesses
    return [replace(g, kind="nps", why="the only question from 0 to 10") if g is from_zero[0] else g for g in guesses]


def prefix(name: str) -> str:
    """What a battery's columns begin with: `Q7FOOD` gives Q7, `counter_csat` gives nothing, `rate_food` gives rate_."""
    found = re.match(r"^(q[_ .-]?\d+)(?=[_a-z. ])|^(rat(?:e|ing)|sat|csat|score)[_ .-]", name, re.I)
    return found[0] if found else ""


def _key_found(guess: Guess, table: pd.DataFrame) -> Guess:
    """A column without blanks or repeats whose name or values can be a key."""
    unique = guess.filled == 1 and guess.distinct == len(table) and len(table) > 1
    if not unique or guess.role in ("time", "comment", "personal", "weight", "input", "money", "score"):
        return guess
    whole = table[guess.column].str.fullmatch(r"[\w#/-]+").all()
    return replace(guess, role="key", why="no value stands twice") if whole else guess


def _only_one(guesses: list[Guess], role: str) -> list[Guess]:
    """Keeps the likeliest column of a role: a key by its name, else the first."""
    mine = [guess for guess in guesses if guess.role == role]
    best = next((guess for guess in mine if role == "key" and KEY.search(guess.column)), mine[0] if mine else None)
    second = f"{best.column} is taken for the {role} already" if best else ""
    return [replace(g, role="unused", why=second) if g.role == role and g is not best else g for g in guesses]
