"""Header rows of survey platforms: which rows are headers, what each question is called, which answers are previews."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import available_timezones

import pyarrow as pa
import pyarrow.compute as pc

from cx_helpers.errors import DataError
from cx_helpers.ingest.readers.opened import ROW, Opened, set_aside, unique_names

_PREVIEW, _TEST, _SPAM = "a preview of the survey, not an answer", "a test of the survey, not an answer", "marked as spam by the survey tool"
NO_ANSWER = {
    "status": {**dict.fromkeys(("survey preview", "offline survey preview", "survey preview spam", "1", "9", "17"), _PREVIEW), "survey test": _TEST, "2": _TEST,
               **dict.fromkeys(("spam", "imported spam", "ex spam", "8", "12", "40"), _SPAM)},
    "distributionchannel": {"preview": _PREVIEW, "test": _TEST},
}  # fmt: skip
SURVEYMONKEY_ANSWERS = ("response", "open-ended response", "")
STAMPS = ("timestamp", "marca temporal", "carimbo de data/hora", "horodateur", "zeitstempel", "informazioni cronologiche", "tijdstempel")
DAY_FIRST = "day"
MONTH_FIRST = "month"


@dataclass
class Head:
    """What the header rows say: names of columns, their questions, how and where times are written."""

    names: list[str]
    rows: int = 1
    questions: dict[str, str] = field(default_factory=dict)
    dates: dict[str, list[str]] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    test_columns: tuple[str, ...] = ()

    def keep(self, batch: pa.RecordBatch, opened: Opened, name: str) -> pa.RecordBatch:
        """The batch without previews, tests and spam, which are set aside with their reason."""
        bad: dict[int, str] = {}
        for column in self.test_columns:
            known = NO_ANSWER[column.lower()]
            text = pc.utf8_lower(pc.utf8_trim_whitespace(batch[column]))
            hits = pc.indices_nonzero(pc.fill_null(pc.is_in(text, pa.array(list(known))), False)).to_pylist()
            for place in hits:
                bad.setdefault(place, known[text[place].as_py()])
        if not bad:
            return batch
        for place in sorted(bad):
            set_aside(opened.aside, batch[ROW][place].as_py(), bad[place], name)
        return batch.filter(pa.array([place not in bad for place in range(batch.num_rows)]))


def plain_heading(records: list[list[str]], name: str) -> Head:
    """One header row."""
    return Head(unique_names(records[0]))


def qualtrics_heading(records: list[list[str]], name: str) -> Head:
    """Three header rows: names, the questions in words, and their import ids as JSON; times in the zone the ids name."""
    ids = records[2] if len(records) > 2 else []
    if not any('"ImportId"' in cell for cell in ids):
        if any('"ImportId"' in cell for cell in (records[1] if len(records) > 1 else [])):
            raise DataError(f"{name}: one of the three header rows of Qualtrics is missing (import ids stand in row 2). Export it again.")
        raise DataError(f"{name}: no row of import ids below the questions, so not a Qualtrics export. Mend reader in sources.yaml.")
    if len({len(record) for record in records[:3]}) > 1:
        raise DataError(f"{name}: the three header rows of Qualtrics have different numbers of cells. The file is damaged; export it again.")
    head = Head(unique_names(records[0]), rows=3)
    head.questions = dict(zip(head.names, (one_line(text) for text in records[1]), strict=True))
    for column, cell in zip(head.names, ids, strict=True):
        try:
            zone = json.loads(cell).get("timeZone")
        except (json.JSONDecodeError, AttributeError):
            continue
        if zone in available_timezones():
            head.dates[column], head.zones[column] = ["ISO"], zone
    head.test_columns = tuple(column for column in head.names if column.lower() in NO_ANSWER)
    return head


def surveymonkey_heading(records: list[list[str]], name: str) -> Head:
    """Two header rows: a question stands over the first of its columns, its options below; a column is `question: option`."""
    if len(records) < 2 or len(records[0]) != len(records[1]):
        raise DataError(f"{name}: the two header rows of SurveyMonkey are missing or differ in length. Mend reader in sources.yaml.")
    names, questions, asked = [], [], ""
    for above, below in zip(records[0], records[1], strict=True):
        asked = one_line(above) or asked
        option = one_line(below)
        alone = option.lower() in SURVEYMONKEY_ANSWERS
        names.append(asked if alone else f"{asked}: {option}")
        questions.append(asked if alone else f"{asked} ({option})")
    head = Head(unique_names(names), rows=2)
    head.questions = dict(zip(head.names, questions, strict=True))
    head.dates = {column: [MONTH_FIRST] for column in head.names if column.lower() in ("start date", "end date", "date created", "date modified")}
    return head


def typeform_heading(records: list[list[str]], name: str) -> Head:
    """One header row of questions written in HTML, some of them the same; times in UTC."""
    texts = [one_line(cell) for cell in records[0]]
    head = Head(unique_names(texts))
    head.questions = dict(zip(head.names, texts, strict=True))
    for column in head.names:
        if re.fullmatch(r"(start|submit|stage) date \(utc\)", column.lower()):
            head.dates[column], head.zones[column] = [DAY_FIRST], "UTC"
    return head


def google_forms_heading(records: list[list[str]], name: str) -> Head:
    """One header row; the time stamp is written in the locale of the form."""
    texts = [one_line(cell) for cell in records[0]]
    head = Head(unique_names(texts))
    head.questions = dict(zip(head.names, texts, strict=True))
    stamp = head.names[0]
    if stamp.lower() not in STAMPS:
        raise DataError(
            f"{name}: the first column is {stamp!r}, not a time stamp of Google Forms ({', '.join(STAMPS[:3])} ...). Mend reader in sources.yaml."
        )
    head.dates[stamp] = ["either" if stamp.lower() == STAMPS[0] else DAY_FIRST]
    return head


HEADINGS: dict[str, Callable[[list[list[str]], str], Head]] = {
    "csv": plain_heading,
    "zendesk": plain_heading,
    "qualtrics": qualtrics_heading,
    "surveymonkey": surveymonkey_heading,
    "typeform": typeform_heading,
    "google_forms": google_forms_heading,
}


def one_line(text: str) -> str:
    """A question without its HTML, on one line."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^<>]*>", " ", text.replace("\0", "")))).strip()
