"""What a column of an unknown export probably is, told from its name, its question and its values; a guess says why."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pandas as pd

from cx_helpers.ingest.proposing.scales import NO_ANSWER, NO_ANSWER_LABEL, NPS, as_numbers, scored, worded, yes_or_no
from cx_helpers.ingest.proposing.times import time_pattern
from cx_helpers.ingest.proposing.words import (
    AGE, ASKED_PERSONAL, CALLED, CODE_NAME, COMMENT, CONSENT, CUSTOMER, GROUP, ID_LIKE, INPUT, KEY,
    MONEY, PERSON_OF_STAFF, PERSONAL, SAID, SCORE, SENSITIVE, SURVEY_OWN, TAGS, UNIT, WEIGHT,
)  # fmt: skip

FEW, MANY_UNITS, MOSTLY, QUESTION, HALO = 12, 200, 0.95, 40, 0.25


def _says(pattern: re.Pattern, name: str) -> bool:
    """Whether a name says so; a whole question holds too many words to judge by one of them."""
    return len(name) <= QUESTION and bool(pattern.search(name))


@dataclass(frozen=True)
class Guess:
    """What a column is taken for.

    Attributes
    ----------
    role : "score", "told", "time", "key", "customer", "weight", "unit", "money", "input", "segment", "comment", "consent",
        "personal", "sensitive", "unused"
    why : what in the name, the question or the values says so
    blanks : values read as no answer
    pattern : of a time, the strptime format, or "ISO"; ambiguous: day and month could stand either way
    scale, kind : of a score; of a segment, kind "age" is cut into bands
    reading : how its cells become numbers: "plain", "comma" (12,5), "point" (1,234.50), "leading" ("9 - likely"), "words", "ticked"
    places : cell and number, where words or codes are a scale; labels : cell and label, where codes are groups
    text : the question, where the export carries it
    good : of a scale of two words, the good one; the score is then the percentage who say it
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
    places: tuple[tuple[str, int], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    text: str = ""
    distinct: int = 0
    filled: float = 0.0
    good: str = ""

    @property
    def name(self) -> str:
        """What it is called in words: the question, else the column."""
        return self.text or self.column


def guess_columns(table: pd.DataFrame, no_answer: tuple[str, ...] = (), questions: dict[str, str] | None = None,
                  answers: dict[str, dict[str, str]] | None = None, survey: bool = False) -> list[Guess]:  # fmt: skip
    """A guess for each column.

    Parameters
    ----------
    table : DataFrame of text, blanks missing
    no_answer : values declared to be no answer, in every question
    questions : column to the question in full, where the export carries it
    answers : column to code to label, where the export carries it
    survey : a survey tool wrote it: numbers and yes-or-no answers were told by customers, not measured

    Returns
    -------
    list of Guess, in the order of the columns; exactly one key (or none), at most one weight, unit, money and customer.
    """
    table = table.astype(object).where(table.notna(), None)
    said, labels = questions or {}, answers or {}
    guesses = [_column(name, table[name], len(table), no_answer, said.get(name, ""), labels.get(name) or {}, survey) for name in table.columns]
    guesses = [replace(guess, text=said.get(guess.column, "")) for guess in guesses]
    guesses = _lone_eleven(_halo(_batteries(guesses, table, no_answer), table, no_answer))
    guesses = [_key_found(guess, table) for guess in guesses]
    for role in ("key", "customer", "weight", "unit", "money"):
        guesses = _only_one(guesses, role)
    return guesses


def _column(column: str, cells: pd.Series, rows: int, no_answer: tuple[str, ...], question: str, labels: dict[str, str], survey: bool) -> Guess:
    """One column by itself."""
    values = cells.dropna().str.strip()
    values = values[values != ""]
    facts = {"distinct": values.nunique(), "filled": len(values) / max(rows, 1)}
    name = question if 0 < len(question) <= 3 * QUESTION else column
    if _says(PERSONAL, column) or ASKED_PERSONAL.search(question or column) or len(values) and _personal_values(values):
        return Guess(column, "personal", "personal data by its name, question or values: kept out", **facts)
    if len(values) == 0:
        return Guess(column, "unused", "it is empty", **facts)
    if SENSITIVE.search(f"{column} {question}"):
        return Guess(column, "sensitive", "health, origin or belief by its words: kept out until somebody declares why it is needed", **facts)
    if CONSENT.search(column) and yes_or_no(set(values)):
        return Guess(column, "consent", "its name says consent; rows that say no are not used", places=yes_or_no(set(values))[0], **facts)
    if values.nunique() == 1 and not SAID.search(name):
        return _alone(column, question, values, facts)
    pattern, ambiguous = time_pattern(values, f"{column} {question}")
    if pattern:
        return Guess(column, "time", "its values are dates" + (", day and month could be swapped" if ambiguous else ""),
                     pattern=pattern, ambiguous=ambiguous, **facts)  # fmt: skip
    if _says(CUSTOMER, column) or CALLED.match(column) and values.str.fullmatch(ID_LIKE).mean() > MOSTLY:
        return Guess(column, "customer", "its name says who answered", **facts)
    if PERSON_OF_STAFF.search(column):
        return Guess(column, "unused", "it tells one employee from another: pages compare teams, not people", **facts)
    if TAGS.search(column):
        return Guess(column, "unused", "several tags in one cell", **facts)
    if survey and SURVEY_OWN.search(column):
        return Guess(column, "unused", "it is about the survey, not about the journey", **facts)
    if labels and not all(re.fullmatch(r"\d+", label) for label in labels.values()):
        found = _labelled(column, values, labels, name, facts)
        if found:
            return found
    numbers, reading, odd = as_numbers(values)
    return _wordy(column, values, facts, name) if numbers is None else _numeric(column, name, values, (numbers, reading, odd), no_answer, facts, survey)


def _alone(column: str, question: str, values: pd.Series, facts: dict) -> Guess:
    """One value, or none: an option of a question with several answers where the header names it, else nothing to compare."""
    value = values.iloc[0]
    if facts["filled"] < 1 and any(" ".join(text.split()).lower().rstrip(")").endswith(value.lower()) for text in (column, question) if text and len(value) > 1):
        return Guess(column, "told", "an option, ticked or left empty", kind="share", reading="ticked", places=((value, 1),), **facts)
    return Guess(column, "unused", "every row that is filled says the same", **facts)


def _personal_values(values: pd.Series) -> bool:
    some = values.head(200)
    mail = some.str.fullmatch(r"[^@\s]+@[^@\s]+\.\w+")
    phone = some.str.fullmatch(r"(?=.*[() -])\+?\(?\d[\d() -]{7,16}\d") & ~some.str.fullmatch(r"\d{4}-\d\d-\d\d.*")
    return mail.mean() > 0.5 or phone.mean() > 0.5


def _labelled(column: str, values: pd.Series, labels: dict[str, str], name: str, facts: dict) -> Guess | None:
    """Codes whose labels the file carries: a scale, a yes or no, or groups."""
    blanks = tuple(code for code, label in labels.items() if NO_ANSWER_LABEL.search(label) or label.lower() in NO_ANSWER)
    named = {code: label for code, label in labels.items() if code not in blanks}
    if not set(values) <= set(labels) or len(named) < 2:
        return None
    scale = worded(list(named.values()), name)
    if scale:
        place = dict(scale["places"])
        places = tuple((code, place[label]) for code, label in named.items() if label in place)
        why = scale["why"] if scale["good"] else f"its labels are a scale of {scale['scale'][1]}"
        return Guess(column, "score", why, kind=scale["kind"], scale=scale["scale"], reading="words", places=places, blanks=blanks, good=scale["good"], **facts)
    told = yes_or_no(set(named.values()))
    if told:
        place = dict(told[0])
        return Guess(column, "told", "a yes or no that was told", kind="share", reading="words", blanks=blanks,
                     places=tuple((code, place[label]) for code, label in named.items()), **facts)  # fmt: skip
    role = "segment" if len(named) <= FEW and facts["filled"] >= 0.5 else "unused"
    return Guess(column, role, f"{len(named)} groups named in the file", labels=tuple(named.items()), blanks=blanks, **facts)


def _numeric(column: str, name: str, values: pd.Series, read: tuple, no_answer: tuple[str, ...], facts: dict, survey: bool) -> Guess:
    """A column of numbers."""
    numbers, reading, odd = read
    if _says(WEIGHT, column) and (numbers > 0).all():
        return Guess(column, "weight", "its name, and its values are above zero", reading=reading, **facts)
    if AGE.search(name) and numbers.between(5, 110).mean() > MOSTLY and values.nunique() > FEW:
        return Guess(column, "segment", "ages, cut into bands", kind="age", **facts)
    whole = (numbers % 1 == 0).all()
    score = scored(numbers, f"{column} {name}" if len(name) <= QUESTION else name, odd, no_answer) if whole and facts["filled"] >= 0.1 else None
    if score and (NPS.search(column) or NPS.search(name) or SCORE.search(column) or SCORE.search(name)) and not _says(GROUP, column):
        return Guess(column, "score", score.pop("why"), reading=reading, **score, **facts)
    if _says(MONEY, column) and values.nunique() > FEW and (numbers >= 0).all():
        return Guess(column, "money", "its name, and many different amounts", reading=reading, blanks=odd, **facts)
    flag = set(numbers.unique()) == {0, 1}
    if flag and survey:
        return Guess(column, "told", "a yes or no that was told", kind="share", blanks=odd, reading=reading, **facts)
    if _says(INPUT, column) and not _says(CODE_NAME, column) and (flag or values.nunique() > FEW):
        return Guess(column, "input", "its name says an operational measure", blanks=odd, reading=reading, kind="share" if flag else "", **facts)
    if _says(UNIT, column) and values.nunique() <= MANY_UNITS:
        return Guess(column, "unit", "its name says a place or a team", **facts)
    if values.nunique() <= FEW and facts["filled"] >= 0.5:
        return Guess(column, "segment", f"{values.nunique()} different values", **facts)
    if survey and not _says(CODE_NAME, f"{column} {name}") and facts["distinct"] < 0.9 * len(values) and not _says(KEY, column):
        return Guess(column, "told", "a number that was told", blanks=odd, reading=reading, **facts)
    return Guess(column, "unused", "numbers whose meaning the name does not tell", reading=reading, **facts)


def _wordy(column: str, values: pd.Series, facts: dict, name: str) -> Guess:
    """A column of text."""
    distinct = list(values.unique()) if facts["distinct"] <= 2 * FEW else []
    scale = worded(distinct, name)
    if scale and facts["filled"] >= 0.05:
        return Guess(column, "score", scale.pop("why"), reading="words", **scale, **facts)
    words = values.str.split().str.len().mean()
    if facts["distinct"] > FEW and (words >= 4 or (COMMENT.search(column) and words >= 2)):
        return Guess(column, "comment", f"text of {words:.0f} words on average", **facts)
    told = yes_or_no(set(distinct))
    if told and facts["filled"] >= 0.1 and (len(column) > QUESTION or column != name or " " in column):
        return Guess(column, "told", "a yes or no that was told", kind="share", reading="words", places=told[0], blanks=told[1], **facts)
    if SAID.search(name) and not told:
        return Guess(column, "comment", "its name says that customers write here", **facts)
    if _says(UNIT, column) and facts["distinct"] <= min(MANY_UNITS, len(values) / 2):
        return Guess(column, "unit", "its name says a place or a team", **facts)
    if facts["distinct"] <= FEW and facts["filled"] >= 0.5:
        return Guess(column, "segment", f"{facts['distinct']} different values", **facts)
    return Guess(column, "unused", f"{facts['distinct']:,} different texts", **facts)


def _batteries(guesses: list[Guess], table: pd.DataFrame, no_answer: tuple[str, ...]) -> list[Guess]:
    """Columns that share a beginning and a scale are one battery of questions, whatever their names say."""
    found: dict[tuple[str, int], list[int]] = {}
    for place, guess in enumerate(guesses):
        if guess.role not in ("segment", "unused", "score", "unit") or guess.filled < 0.1 or guess.kind == "nps" or guess.reading == "words" or guess.labels:
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


def _halo(guesses: list[Guess], table: pd.DataFrame, no_answer: tuple[str, ...]) -> list[Guess]:
    """Codes from 1 to 5 without a telling name are scores where they rise and fall with other questions of the same scale.

    Answers of one person go together (halo); codes of regions, products or weekdays do not.
    """
    scales, columns = {}, {}
    for guess in guesses:
        maybe = guess.role == "segment" and not guess.kind and not guess.labels and not _says(GROUP, guess.column)
        if not maybe and not (guess.role == "score" and guess.reading != "words"):
            continue
        numbers, _, odd = as_numbers(table[guess.column].dropna().str.strip())
        score = scored(numbers, guess.column, odd, no_answer) if numbers is not None and (numbers % 1 == 0).all() else None
        if score:
            scales[guess.column], columns[guess.column] = score, numbers.where(~numbers.isin([float(b) for b in score["blanks"] if re.fullmatch(r"-?\d+", b)]))
    together = pd.DataFrame(columns).corr("spearman", min_periods=30) if len(columns) > 1 else pd.DataFrame()
    out = []
    for guess in guesses:
        if guess.role == "segment" and guess.column in together.columns:
            peers = together[guess.column].drop(guess.column)
            peers = peers[[scales[peer]["scale"] == scales[guess.column]["scale"] for peer in peers.index]]
            if len(peers) and peers.max() >= HALO:
                score = scales[guess.column]
                why = f"{score.pop('why')}, and it moves with {peers.idxmax()} (r = {peers.max():.2f})"
                guess = replace(guess, role="score", why=why, **score)
        out.append(guess)
    return out


def _lone_eleven(guesses: list[Guess]) -> list[Guess]:
    """Where no name says NPS, the only question from 0 to 10 is taken for it, unless the question says something else."""
    from_zero = [guess for guess in guesses if guess.role == "score" and guess.scale == (0, 10)]
    if len(from_zero) != 1 or from_zero[0].kind == "nps" or len(from_zero[0].name) > QUESTION:
        return guesses
    return [replace(g, kind="nps", why="the only question from 0 to 10") if g is from_zero[0] else g for g in guesses]


def prefix(name: str) -> str:
    """What a battery's columns begin with: `Q7FOOD` gives Q7, `counter_csat` gives nothing, `rate_food` gives rate_."""
    found = re.match(r"^(q[_ .-]?\d+)(?=[_a-z. ])|^(rat(?:e|ing)|sat|csat|score)[_ .-]", name, re.I)
    return found[0] if found else ""


def _key_found(guess: Guess, table: pd.DataFrame) -> Guess:
    """A column without blanks or repeats whose name or values can be a key."""
    unique = guess.filled == 1 and guess.distinct == len(table) and len(table) > 1
    if not unique or guess.role in ("time", "comment", "personal", "sensitive", "weight", "input", "money", "score"):
        return guess
    whole = table[guess.column].str.fullmatch(r"[\w#/-]+").all()
    return replace(guess, role="key", why="no value stands twice") if whole else guess


def _only_one(guesses: list[Guess], role: str) -> list[Guess]:
    """Keeps the likeliest column of a role: a key by its name, else the first."""
    mine = [guess for guess in guesses if guess.role == role]
    best = next((guess for guess in mine if role == "key" and KEY.search(guess.column)), mine[0] if mine else None)
    second = f"{best.column} is taken for the {role} already" if best else ""
    return [replace(g, role="unused", why=second) if g.role == role and g is not best else g for g in guesses]
