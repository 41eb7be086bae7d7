"""Every reader-facing sentence, by message id, in the reader's language.

The catalogues are gettext files, `locale/<language>.po`, read as they are (nothing to compile). The msgid is
the message id, such as ``drivers.first``; a message with plural forms repeats its id as msgid_plural and is
chosen by the argument `count`, or else `n`. A language is added by adding its file; a message it lacks is
said in English.

A placeholder names an argument and how it is printed::

    {label}                 text, as the brand wrote it
    {value:number}          31 (28 to 34)              an estimate, or a number without interval
    {value:change}          −1 (−5 to +3)              with its sign
    {value:size}            14 (10 to 18)              without its sign, for "14 points lower"
    {value:share}           38% (36 to 40)             from 0 to 1
    {value:share_change}    +2 points (−2 to +6)       likewise {value:share_size}
    {value:money}           €310k (270k to 350k)       likewise {value:money_change}
    {value:measure}         17.0 min (16.6 to 17.5)    unit from the argument `unit_of_measure`
    {value:measure_change}  +2.6 min (+2.0 to +3.2)
    {n:count}               36,770
    {month:month}           October 2026               from 2026-10; {month:month_short} gives Oct 2026
    {day:date}              14 July 2026
    {labels:list}           A, B and C
    {parts:clauses}         a list of (message, arguments), each worded, joined likewise: zeros are left out by the caller
    {verdict:word}          the message word.<verdict>: works, backfires, no clear effect
    {months:period}         the first of a list of months to the last: May 2017 to March 2018
    {unit:per}              the message per.<unit>: a minute, yes or no

    {usual:number~score}    as bare text, with as many decimals as the interval of `score` gives it

`.bare` or `.interval` after a number's kind prints one part of it, so that words can stand between:
``{gap:size.bare} points lower {gap:size.interval}``. A finding's own number is `value`, with `n`, `grade`
and `method` beside it, unless its arguments use those names.
"""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from cx_helpers.errors import UsageError
from cx_helpers.findings import Finding
from cx_helpers.reports.numbers import NBSP, Numbers, known, parts

LOCALE = Path(__file__).parent / "locale"
NUMBER_KINDS = ("number", "change", "size", "share", "share_change", "share_size", "money", "money_change")


def languages() -> list[str]:
    """Languages that have a catalogue, in order."""
    return sorted(file.stem for file in LOCALE.glob("*.po"))


@lru_cache(maxsize=None)
def catalogue(language: str) -> Catalog:
    """The messages of one language; an empty catalogue for a language without a file."""
    file = LOCALE / f"{language}.po"
    if not file.is_file():
        return Catalog(locale=None)
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


class Sentences:
    """Words messages and findings in one language.

    Parameters
    ----------
    language : str
        Such as ``en``; one without a catalogue is told in English, with that language's numbers.
    currency : str, optional
        ISO code of the brand's money, for ``{x:money}``.

    Examples
    --------
    >>> Sentences("en").say("number.interval", low="28", high="34")
    '(28 to 34)'
    """

    def __init__(self, language: str = "en", currency: str | None = None):
        self.language = language
        self.numbers = Numbers(language, currency, self.say)
        self._formats: dict[str, Callable[[Any, dict], str]] = self._kinds()

    def say(self, message: str, **args: Any) -> str:
        """The message with its arguments, as plain text (escape it where it enters HTML).

        Raises
        ------
        UsageError
            The message is in no catalogue, or an argument it needs is missing.
        """
        template = self._template(message, args)
        out = []
        for literal, name, spec, _ in string.Formatter().parse(template):
            out.append(literal)
            if name is not None:
                out.append(self._field(message, name, spec or "text", args))
        return re.sub(r"\bn = (?=\d)", f"n{NBSP}={NBSP}", "".join(out).rstrip(" "))

    def sentence(self, finding: Finding) -> str:
        """The finding's sentence alone: the caller prints its grade and n beside it."""
        return self.say(finding.message, **self._own(finding))

    def word(self, finding: Finding) -> str:
        """The finding's sentence with its n and evidence grade behind it."""
        behind = self.say("finding.behind", n=finding.n, grade=finding.grade) if finding.n else self.term(finding.grade)
        return f"{self.sentence(finding)} ({behind})"

    def has(self, message: str) -> bool:
        """Whether this language, or English, has the message."""
        return any(catalogue(language).get(message) for language in (self.language, "en"))

    def needs(self, message: str) -> list[str]:
        """Names of the arguments a message needs."""
        return [name for _, name, _, _ in string.Formatter().parse(self._template(message, {})) if name]

    def missing(self) -> list[str]:
        """Message ids that English has and this language lacks, in order."""
        own = catalogue(self.language)
        ids = {_id(message) for message in catalogue("en") if message.id}
        return sorted(i for i in ids if not own.get(i) or not _texts(own.get(i)))

    def _own(self, finding: Finding) -> dict:
        number = {"value": finding.value, "low": finding.low, "high": finding.high}
        return {"value": number, "n": finding.n, "grade": finding.grade, "method": finding.method, **finding.args}

    def _template(self, message: str, args: Mapping) -> str:
        for language in (self.language, "en"):
            book = catalogue(language)
            found = book.get(message)
            texts = _texts(found) if found else []
            if len(texts) > 1:
                number = args.get("count", args.get("n", 2))
                return texts[gettext.c2py(book.plural_expr)(int(number))]
            if texts:
                return texts[0]
        raise UsageError(f"message {message!r} is not in locale/en.po: add it there, then in the other languages.")

    def _field(self, message: str, name: str, spec: str, args: Mapping) -> str:
        if name not in args:
            raise UsageError(f"message {message!r} needs {name!r}, found {sorted(args)}: pass it.")
        spec, _, like = spec.partition("~")
        kind, _, part = spec.partition(".")
        if kind not in self._formats:
            raise UsageError(f"message {message!r}: {{{name}:{spec}}} is unknown, allowed are {', '.join(self._formats)}.")
        if like:
            return self._formats[kind](_as_fine(args[name], like, args), {**args, "part": "bare"})
        return self._formats[kind](args[name], {"part": part, **args})

    def _kinds(self) -> dict[str, Callable[[Any, dict], str]]:
        numbers = self.numbers
        kinds: dict[str, Callable[[Any, dict], str]] = {
            kind: lambda value, more, call=getattr(numbers, kind): call(value, more["part"]) for kind in NUMBER_KINDS
        }
        kinds |= {
            "text": lambda value, more: str(value),
            "count": lambda value, more: numbers.count(value),
            "month": lambda value, more: numbers.month(value),
            "month_short": lambda value, more: numbers.month(value, short=True),
            "date": lambda value, more: numbers.date(value),
            "stamp": lambda value, more: numbers.stamp(value),
            "list": lambda value, more: format_list([str(v) for v in value], locale=self.language),
            "clauses": lambda value, more: format_list([self.say(message, **args) for message, args in value], locale=self.language),
            "word": lambda value, more: self.term(value),
            "period": lambda value, more: self._period(value),
            "per": lambda value, more: self._per(value),
            "measure": lambda value, more: numbers.measure(value, _unit(more), more["part"]),
            "measure_change": lambda value, more: numbers.measure(value, _unit(more), more["part"], True),
        }
        return kinds

    def term(self, word: Any) -> str:
        """A fixed word of ours (a verdict, a grade, a standing) in the reader's language; a brand's own is kept, its underscores as spaces."""
        key = "word." + str(word).replace(" ", "_").replace("-", "_")
        stem, _, number = key.rpartition("_")
        if number.isdigit() and self.has(stem):
            return self.say(stem, count=int(number))
        return self.say(key) if self.has(key) else re.sub(r"(?<=[a-z0-9])_(?=[a-z0-9])", " ", str(word))

    def _period(self, months: Sequence[str]) -> str:
        first, last = self.numbers.month(months[0]), self.numbers.month(months[-1])
        return last if first == last else self.say("period", first=first, last=last)

    def _per(self, unit: Any) -> str:
        """What one more of a unit is called: a minute, yes or no; nothing for a unit without a name."""
        if not unit:
            return ""
        return self.say(f"per.{unit}") if self.has(f"per.{unit}") else self.say("per.other", unit=self.numbers.one_of(str(unit)))

    def n(self, number: int) -> str:
        """``n = 9,340``, unbroken; nothing where there is none to tell."""
        return self.say("number.n", n=number) if number else ""


def _as_fine(number: Any, like: str, args: Mapping) -> Any:
    """A number with an interval as wide as that of the argument `like`, which may be an estimate, or a column beside its low and high."""
    given = args.get(like)
    given = given if given is None or not isinstance(given, (int, float)) else {"value": given, "low": args.get(f"{like}_low"), "high": args.get(f"{like}_high")}
    found, value = parts(given), parts(number).value
    half = (found.high - found.low) / 2
    return {"value": value, "low": value - half, "high": value + half} if known(half) else number


def _unit(args: Mapping) -> str:
    """The unit of a measure: a share where it is counted as one."""
    return "share" if args.get("statistic") == "share" else str(args.get("unit_of_measure") or "")


def _texts(message: Any) -> list[str]:
    texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return list(texts) if all(texts) else []


def _id(message: Any) -> str:
    return message.id[0] if isinstance(message.id, (tuple, list)) else message.id
