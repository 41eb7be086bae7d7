"""What kind of export each file is: who wrote it, what a row of it is, and which files hang together."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from glob import escape
from os.path import commonprefix
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from cx_helpers.config.reading import kind_of_name
from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError, UsageError
from cx_helpers.ingest.proposing.kinds import Guess, guess_columns
from cx_helpers.ingest.proposing.words import CUSTOMER, KEY
from cx_helpers.ingest.readers import file_hash
from cx_helpers.ingest.readers.dialects import dialect_of, heading_of
from cx_helpers.ingest.staging import stage

SURVEYS = ("qualtrics", "surveymonkey", "typeform", "google_forms", "spss")
KIND_WORDS = {
    "survey": "a survey, a row a questionnaire", "answers": "a survey, a row an answer", "orders": "orders, bookings or visits, a row each",
    "events": "a log of steps", "tickets": "tickets or complaints", "reviews": "reviews", "money": "money by customer and month",
    "permissions": "permissions of customers", "customers": "customers and their traits", "lookup": "a table to look things up in",
}  # fmt: skip
LOOKED_AT, FEW_STEPS = 200_000, 60
STEP = re.compile(r"^(step|stage|event|activity|action|status|touchpoint|milestone|event.?(type|name)|concept:name|phase|state)$", re.I)
QUESTION = re.compile(r"^(question|item|metric|measure|variable|field)(.?(id|code|name|text|key))?$", re.I)
ANSWER = re.compile(r"^(answer|score|value|response|rating|result)(.?(value|score|text|code))?$", re.I)
TICKET = re.compile(r"ticket|case|complaint|subject|priority|requester|assignee|solved|resolved|resolution|first.?(reply|response)|reopen|opened|escalat", re.I)
REVIEW = re.compile(r"review|author|handle|stars?$|posted|verified|helpful|site$|platform", re.I)


@dataclass
class Seen:
    """One export, looked at.

    Attributes
    ----------
    files : files with the same columns, read as one source
    table : up to 200,000 rows, as text
    source : what `sources.yaml` says of it, beside the file
    questions, answers : question text and value labels by column, where the file carries them
    platform : who wrote it, "" where nothing tells
    kind : one of `KIND_WORDS`
    notes : what was set aside on reading; zone: the time zone of its times, where it says so; opened: columns of open questions
    """

    files: list[Path]
    table: pd.DataFrame
    source: dict
    questions: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    platform: str = ""
    kind: str = "survey"
    guesses: list[Guess] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    zone: str = "UTC"
    opened: tuple[str, ...] = ()

    def one(self, role: str) -> Guess | None:
        """The column of a role that only one can have."""
        return next((guess for guess in self.guesses if guess.role == role), None)

    def named(self, pattern: re.Pattern, *roles: str) -> Guess | None:
        """The first column whose name says so, of these roles."""
        return next((guess for guess in self.guesses if pattern.search(guess.column) and (not roles or guess.role in roles)), None)


def look(files: list[Path], no_answer: tuple[str, ...]) -> list[Seen]:
    """Each group of files with the same columns, with what its columns and its rows are."""
    groups: list[Seen] = []
    for path in files:
        seen = _read(path)
        twin = next((group for group in groups if list(group.table.columns) == list(seen.table.columns) and group.source == seen.source), None)
        if twin:
            twin.files.append(path)
            twin.table = pd.concat([twin.table, seen.table], ignore_index=True).head(LOOKED_AT)
        else:
            groups.append(seen)
    for seen in groups:
        seen.guesses = guess_columns(seen.table, no_answer, seen.questions, seen.answers, survey=seen.platform in SURVEYS)
        seen.guesses = [_opened(guess, seen) for guess in seen.guesses]
        seen.kind = kind_of(seen)
        if seen.kind == "tickets":
            said = re.compile("subject|description|body|comment", re.I)
            seen.guesses = [replace(g, role="comment", why="what the customer wrote") if g.role in ("segment", "unused") and said.search(g.column) else g for g in seen.guesses]
    return groups


def _opened(guess: Guess, seen: Seen) -> Guess:
    """What stands under "Open-Ended Response" is a comment, unless it is one word or a number."""
    texts = seen.table[guess.column].dropna().astype(str).str.split().str.len() if guess.column in seen.opened else None
    wordy = texts is not None and len(texts) and texts.mean() >= 1.5
    return replace(guess, role="comment", why="an open-ended response") if wordy and guess.role in ("segment", "unused") else guess


def platform_of(path: Path) -> str:
    """The reader that an export needs, by its ending and its first lines; "" for one that needs none."""
    name = path.name.lower().removesuffix(".gz").removesuffix(".zip")
    if name.endswith((".sav", ".zsav", ".por")):
        return "spss"
    if name.endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if name.endswith(".json"):
        return "zendesk" if _zendesk(path) else "json"
    if path.name.lower().endswith((".parquet", ".xlsx", ".xls", ".gz", ".zip")):
        return ""
    rows = _first_lines(path)
    heads = [cell.strip() for cell in rows[0]] if rows else []
    if len(rows) > 2 and any('"ImportId"' in cell for cell in rows[2]):
        return "qualtrics"
    if {"respondent id", "collector id"} <= {head.lower() for head in heads} or (len(rows) > 1 and "Open-Ended Response" in rows[1]):
        return "surveymonkey"
    if heads[:1] == ["#"] and any(re.fullmatch(r"(Submit|Start) Date \(UTC\)", head) for head in heads):
        return "typeform"
    if heads[:1] and heads[0].lower() in ("timestamp", "marca temporal", "zeitstempel", "horodateur", "carimbo de data/hora") and \
            any(len(head.split()) > 2 for head in heads[1:]):  # fmt: skip
        return "google_forms"
    return ""


def _zendesk(path: Path) -> bool:
    head = path.read_text(encoding="utf-8", errors="replace")[:4000]
    return bool(re.match(r'\s*\{\s*"(tickets|count|next_page)"', head)) or '"requester_id"' in head


def _first_lines(path: Path) -> list[list[str]]:
    dialect = dialect_of(path, Source(file=path.name), path.name)
    return heading_of(path, dialect, path.name).records[:3]


def kind_of(seen: Seen) -> str:
    """What a row of the export is, one of `KIND_WORDS`."""
    guesses, key = seen.guesses, seen.one("key")
    names = " ".join(guess.column for guess in guesses)
    roles = [guess.role for guess in guesses]
    customer = seen.one("customer") or (key if key and CUSTOMER.search(key.column) else None)
    if customer and re.search(r"purpose|permission|consent", names, re.I) and re.search(r"grant|given|withdrawn|opt.?(in|out)|revoked", names, re.I):
        return "permissions"
    if customer and seen.one("money") and month_column(seen) and not (key and key.column == month_column(seen)):
        return "money"
    if question_columns(seen):
        return "answers"
    if seen.platform == "zendesk" or _words(TICKET, names) >= 3 and ("comment" in roles or "subject" in names.lower()):
        return "tickets"
    if seen.platform in SURVEYS:
        return "survey"
    if "comment" in roles and _words(REVIEW, names) >= 3 and roles.count("score") <= 1:
        return "reviews"
    if step_columns(seen):
        return "events"
    times = [guess for guess in guesses if guess.role == "time"]
    if "score" in roles or roles.count("told") >= 3:
        return "survey"
    if key and CUSTOMER.search(key.column) and len(times) <= 1:
        return "customers"
    return "orders" if times and key else "lookup" if not times else "orders"


def _words(pattern: re.Pattern, text: str) -> int:
    """How many different words of a kind of export stand in the names of its columns."""
    return len({found[0].lower() for found in pattern.finditer(text)})


def month_column(seen: Seen) -> str:
    """The column of months, such as 2026-03; "" where there is none."""
    for column in seen.table.columns:
        values = seen.table[column].dropna().head(1000).astype(str)
        if len(values) and values.str.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])(-01)?").all() and re.search(r"month|period|mes\b|monat|date", column, re.I):
            return column
    return ""


def question_columns(seen: Seen) -> tuple[str, str, str] | None:
    """Respondent, question and answer of an export with a row an answer; None of any other."""
    question = next((c for c in seen.table.columns if QUESTION.match(c) and 1 < seen.table[c].nunique() <= FEW_STEPS), None)
    answer = next((c for c in seen.table.columns if ANSWER.match(c) and c != question), None)
    if not question or not answer:
        return None
    for column in seen.table.columns:
        if column in (question, answer) or not KEY.search(column) or seen.table[column].isna().any():
            continue
        once = seen.table.groupby(column)[question].agg(["size", "nunique"])
        if once["size"].mean() > 1.2 and (once["size"] == once["nunique"]).mean() > 0.95:
            return column, question, answer
    return None


def step_columns(seen: Seen) -> tuple[str, str] | None:
    """Journey and step of a log with several rows a journey; None of any other."""
    step = next((c for c in seen.table.columns if STEP.match(c) and 1 < seen.table[c].nunique() <= FEW_STEPS), None)
    times = {guess.column for guess in seen.guesses if guess.role == "time"}
    if not step or not times:
        return None
    for column in seen.table.columns:
        if column != step and column not in times and KEY.search(column) and seen.table[column].notna().all() and not CUSTOMER.search(column):
            if seen.table.groupby(column).size().mean() > 1.3:
                return column, step
    return None


def pattern_for(seen: Seen, others: list[Path]) -> str:
    """The name under which next month's file will be found too, without taking in files of another kind."""
    names = [path.name for path in seen.files]
    start, end = commonprefix(names), commonprefix([name[::-1] for name in names])[::-1]
    if len(names) > 1:
        wide = escape(start.rstrip("0123456789")) + "*" + escape(end.lstrip("0123456789") if len(start) + len(end) < len(names[0]) + 1 else seen.files[0].suffix)
    else:
        wide = re.sub(r"\d[\d_.-]*(?=\.[A-Za-z])|\d{4,}[\d_-]*", "*", escape(names[0]))
    fits = [path.name for path in others if path not in seen.files and Path(path.name).match(wide)]
    if fits and len(names) > 1:
        raise UsageError(f"init: {', '.join(fits)} has other columns than {', '.join(names)} and a name like theirs. Rename it, such as {seen.kind}_{fits[0]}.")
    return names[0] if fits or len(names) == 1 and wide == "*" + seen.files[0].suffix else wide


def _read(path: Path) -> Seen:
    """A file through the reader that its platform needs."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"SQLite format 3") or head[8:12] == b"DUCK":
        raise UsageError(f"{path.name} is a database, and init reads exports. Export its tables as CSV, or name it by `url` and `query` in sources.yaml (docs/your_data.md, Databases).")
    platform = platform_of(path)
    own = kind_of_name(path.name)
    source = {"reader": platform} if platform not in ("", own) else {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            staged = stage(path, Source(file=path.name, **source), path.name, Path(folder), file_hash(path))
        except DataError:
            if platform != "google_forms":
                raise
            # Whether day or month stands first cannot be told from these rows: guessed below, and said.
            staged = stage(path, Source(file=path.name), path.name, Path(folder), file_hash(path))
        table = next(pq.ParquetFile(staged.path).iter_batches(LOOKED_AT, columns=staged.columns), None)
    frame = pd.DataFrame(columns=staged.columns, dtype=object) if table is None else table.to_pandas()
    notes = [*staged.notes]
    reasons = Counter(reason for _, reason in staged.aside)
    notes += [f"{count} of {staged.rows_in:,} rows set aside: {reason}" for reason, count in reasons.most_common(3)]
    return Seen([path], frame, source, staged.questions, staged.answers, platform, notes=notes, zone=_zone(path) if platform == "qualtrics" else "UTC",
                opened=_open_questions(path, staged.columns) if platform == "surveymonkey" else ())  # fmt: skip


def _open_questions(path: Path, columns: list[str]) -> tuple[str, ...]:
    below = _first_lines(path)[1]
    return tuple(name for name, option in zip(columns, below, strict=False) if option.strip().lower() == "open-ended response")


def _zone(path: Path) -> str:
    found = re.search(r'timeZone\W+([A-Z][A-Za-z_]+/[A-Za-z_/]+)', " ".join(_first_lines(path)[2]))
    return found[1] if found else "UTC"
