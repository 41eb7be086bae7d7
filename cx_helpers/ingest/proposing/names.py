"""Names for what an export calls otherwise: ids that configuration takes, labels that a reader takes, and what a question is about."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from cx_helpers.ingest.proposing.kinds import prefix

SCORE_WORDS = re.compile(r"(^|[_ -])(csat|ces|nps|score|rating|rate|rated|satisfaction|satisfied|sat|stars?)(?=$|[_ -])", re.I)
ABOUT = re.compile(
    r"(?:satisfied|happy|pleased|unhappy|dissatisfied)\b.{0,25}?\bwith (?:the |our |your |this )?(?P<a>[\w' -]{3,30}?)(?: today| overall)?\s*[?.:]?$|"
    r"\b(?:rate|evaluate|think of|find) (?:the |our |your )?(?P<b>[\w' -]{3,30}?)\s*[?.:]?$|"
    r"(?:how (?:easy|difficult|clean|friendly|helpful|fast) (?:was|is|were|are) (?:it to )?(?:the |our |your )?)(?P<c>[\w' -]{3,30}?)\s*[?.:]?$|"
    r"(?:satisfech[oa]s?|content[oa]s?)\b.{0,25}?\bcon (?:(?:el|la|los|las|su|sus|nuestr[oa]s?) )?(?P<d>[\w' -]{3,30}?)\s*[?.:]?$|"
    r"\b(?:valora|valorar[ií]a|califica|calificar[ií]a|evalúa|evaluar[ií]a|avalia|avaliaria) (?:(?:el|la|los|las|su|sus|o|a|os|as|seu|sua) )?(?P<e>[\w' -]{3,30}?)\s*[?.:]?$|"
    r"\bsatisfeit[oa]s?\b.{0,25}?\bcom (?:(?:o|a|os|as|seu|sua|nosso|nossa) )?(?P<f>[\w' -]{3,30}?)\s*[?.:]?$|"
    r"\bzufrieden\b.{0,25}?\bmit (?:(?:der|dem|den|unserer|unserem|unseren|ihrer|ihrem|ihren) )?(?P<g>[\w' -]{3,30}?)\s*[?.:]?$|"
    r"\b(?:bewerten|beurteilen) sie (?:(?:die|den|das|unsere|unseren|unser|ihre|ihren|ihr) )?(?P<h>[\w' -]{3,30}?)\s*[?.:]?$", re.I,
)  # fmt: skip
WHOLE = ("", "all", "overall", "general", "total", "whole", "overall satisfaction", "experience", "your experience", "us", "overall experience",
         "service overall", "visit overall", "your visit overall", "uns", "zufriedenheit", "gesamtzufriedenheit", "satisfacción", "satisfacción general",
         "satisfação", "satisfação geral", "nosotros", "su experiencia", "experiencia", "sua experiência")  # fmt: skip
SCALE_NOTE = re.compile(r"\s*[(\[]\s*(?:scale |escala |skala )?\d+\s*(?:-|–|—|to|bis|a|à|/|…|\.\.+)\s*\d+[^)\]]*[)\]]", re.I)
HOW_TO = re.compile(r"\s*[(\[](?:please )?(?:check|select|choose|tick|mark|pick)[^)\]]*[)\]]", re.I)


def plain(text: str) -> str:
    """A header without markup, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", unescape(text))).strip()


def unscaled(text: str) -> str:
    """A question without the note of its scale: `Speed (1-5)` is about Speed."""
    return SCALE_NOTE.sub("", text).strip() or text


def option_of(column: str, question: str) -> tuple[str, str]:
    """The question and the option of a column that stands for one of several, as SurveyMonkey names it; else ("", "")."""
    asked_, _, option = column.rpartition(": ")
    return (HOW_TO.sub("", asked_).strip(), option) if asked_ and question == f"{asked_} ({option})" else ("", "")


def thing_rated(column: str, question: str = "") -> str:
    """What a question is about: `Q7FOOD` and `food_csat` are about food; a question in full is about its last words."""
    option = option_of(column, question)[1]
    if option:
        return unscaled(option)
    text = unscaled(plain(question or column))
    column = unscaled(column)
    part = re.search(r" - ([^-]{2,40})$| \[([^\]]{2,40})\]$", text) if question or len(text.split()) > 4 else None
    if part:
        return (part[1] or part[2]).strip()
    if len(text.split()) > 4 or text.endswith("?"):
        found = ABOUT.search(text)
        return next(filter(None, found.groups())) if found else text
    if question:
        return SCORE_WORDS.sub("", text).strip("_ -.")
    return SCORE_WORDS.sub("", column.removeprefix(prefix(column))).strip("_ -.")


def slug(text: str) -> str:
    """A name that configuration files take: small letters, digits and _."""
    text = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", plain(text)))
    text = "".join(mark for mark in text if not unicodedata.combining(mark)).replace("ß", "ss")
    short = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_")
    return short if short[:1].isalpha() else f"c_{short}".rstrip("_")


def wording(text: str) -> str:
    """A column's name as a label: `wait_minutes` gives Wait minutes."""
    said = plain(text)
    written = " " in said and "_" not in said and not said.isupper()  # words of a person, and no name of a column
    clean = re.sub(r"\s+", " ", said if written else re.sub(r"[_.-]+", " ", said)).strip() or text
    if not written:
        clean = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", clean)
        clean = clean.lower() if clean.isupper() or (len(clean) <= 40 and not clean[1:].isupper()) else clean
    clean = clean if len(clean) <= 80 else clean[:79].rsplit(" ", 1)[0] + "…"
    return re.sub(r"^\W*\w", lambda first: first[0].upper(), clean)


def asked(column: str, question: str) -> str:
    """A question as a label: its own words without the interviewer's instructions, else the column."""
    about, option = option_of(column, question)
    if option:
        return wording(f"{about} {option}")
    text = re.sub(r"^\W*[A-Za-z]{0,4}\d+[a-z]?(?:\.\d+)?[.:)]\s+|^\W*[A-Za-z]{0,4}\d+[a-z]?\.?\s(?=[A-Z])", "", plain(question))
    text = re.sub(rf"^{re.escape(column)}\W*\s(?=[A-Z])", "", text, flags=re.I) if " " in text else text
    return wording(text.split(" ...")[0].strip() or column)


def unlike(own: str, known: set[str]) -> str:
    """`own`, or with a number where it is taken."""
    number, name = 2, own
    while name in known:
        name, number = f"{own}_{number}", number + 1
    return name


def asked_label(column: str, question: str, thing: str, kind: str) -> str:
    """What a score is called on a page: satisfaction with a thing, the thing, or the question in quotes."""
    text = unscaled(plain(question or column))
    if thing.lower() in ("all", "overall", "general", "total", "whole"):
        return "Overall"
    if len(text.split()) <= 4 and not question or option_of(column, question)[1]:
        return wording(thing or column)
    if thing and len(thing.split()) <= 5 and thing != text:
        article = "the " if re.search(rf"\b(the|our|your) {re.escape(thing)}", text, re.I) else ""
        return f"Satisfaction with {article}{thing}" if re.search(r"\b(dis)?satisfied\b|\bsatisfaction\b", text, re.I) else wording(thing)
    said = re.sub(r"^overall,? *", "", asked(unscaled(column), unscaled(question)), flags=re.I)
    return f"“{said[:1].upper()}{said[1:]}”" if len(said.split()) > 4 else said


def measure_label(column: str) -> str:
    """An input's column as a label, its unit left to the unit: `wait_minutes` gives Wait."""
    unit = r"[ _-]*\(?(in )?(minutes|minuten|minutos|mins?|hours|stunden|std|horas|seconds|sekunden|segundos|secs?|days|tage|d[ií]as|dias)\.?\)?$"
    return wording(re.sub(unit, "", plain(column), flags=re.I) or column)
