"""What a forgetting takes out, noted before the first file changes: one that is killed is finished by the next run."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cx_helpers.config import Brand, reports_folder
from cx_helpers.ingest.persons.forgotten import journey_columns, person_columns, same
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.raw_rows import RawFile
from cx_helpers.ingest.persons.rewriting import rewrite

NOTE = ".forgetting.json"
WORK = ".work"
FORGOTTEN = "[forgotten]"
SHORTEST_WORD = 5  # a shorter id could be any number of another row


@dataclass
class Person:
    """What one or several customers are known by in the raw files.

    Attributes
    ----------
    ids, journeys : raw ids, as the files write them
    addresses : e-mails, phones, cards, accounts, handles
    names : full names
    rows : raw file to the rows of theirs in it
    months : months of the tables they are in
    shared : ids in their rows that stand beside others too (an agent's), as "source.column: id": not theirs
    exact : those of the ids that another person's id is like but for capitals: nothing else is theirs
    comments : comment_id of what they said, in the tables
    """

    ids: set[str]
    journeys: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    months: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    exact: set[str] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)

    @property
    def words(self) -> list[str]:
        """What no file may say any more, in any case of letters but for `exact`."""
        ids = {word for word in self.ids if len(word) >= SHORTEST_WORD and any(c.isdigit() for c in word)}
        return sorted(ids | self.addresses | self.names, key=lambda word: (-len(word), word))


def write_note(folder: Path, person: Person) -> None:
    """Notes whom a forgetting takes out, whole or not at all; for its owner alone, and only until it is done."""
    content = {name: sorted(value) if isinstance(value, set) else value for name, value in asdict(person).items()}
    staged = folder / "tables" / WORK / "note"  # half a note goes with that folder
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staged, folder / NOTE)


def read_note(folder: Path) -> Person | None:
    """Whom a forgetting that was stopped was taking out; None where none was."""
    try:
        content = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Person(**{name: set(value) if isinstance(value, list) else value for name, value in content.items()})


def remove_note(folder: Path) -> None:
    """The last step: all is done."""
    (folder / NOTE).unlink(missing_ok=True)


def their_keys(guard: Guard, source: str, person: Person) -> dict[str, set[str]]:
    """Columns that say whose a row is, with the values that say it is theirs."""
    people = {c: person.ids if guard.personal(source, c) in ("id", None) else person.addresses for c in person_columns(guard, source)}
    keys = {**people, **dict.fromkeys(journey_columns(guard, source), person.journeys)}
    return {column: {same(value) for value in values} for column, values in keys.items() if values}


def rewritten(brand: Brand, raw: list[RawFile], person: Person, guard: Guard) -> list[str]:
    """Writes the brand's own raw files again without a person, and says what was done to each."""
    lines = []
    words = re.compile("|".join(rf"(?<!\w)(?{'' if word in person.exact else 'i'}:{re.escape(word)})(?!\w)" for word in person.words) or r"(?!)")
    for file in raw:
        source = brand.sources.sources[file.raw_source]
        if source.url:
            lines += [f"  {file.label}: a database; remove the rows there. They are not read again."] if file.label in person.rows else []
            continue
        path = brand.raw / file.key.split("/", 1)[1]
        if not path.resolve().is_relative_to(brand.folder.resolve()):
            lines += [f"  {file.label}: lies outside the brand's folder and stays as it is; its rows are not read again."] if file.label in person.rows else []
            continue
        keys = their_keys(guard, file.raw_source, person)
        gone = rewrite(path, source, file.label, brand.folder / "tables" / WORK, lambda row, keys=keys: any(same(row.get(c)) in v for c, v in keys.items()), lambda text: words.sub(FORGOTTEN, text))
        if gone is None:
            lines.append(f"  {file.label}: files of this kind are not rewritten; remove the rows there. They are not read again.")
        elif gone:
            lines.append(f"  {file.label}: {gone:,} rows taken out.")
    return lines


def without_labels(brand: Brand, comments: set[str]) -> list[str]:
    """Takes the labels of these comments out of the brand's own files of labels, and says so."""
    lines = []
    for path in (path for path in brand.label_files if path.is_file()):
        rows = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        stay = [row for row in rows if next(csv.reader([row]), [""])[0] not in comments]
        if len(stay) < len(rows) and path.resolve().is_relative_to(brand.folder.resolve()):
            beside = path.with_suffix(".csv.new")
            beside.write_text("".join(stay), encoding="utf-8")
            os.replace(beside, path)
            lines.append(f"  {path.name}: {len(rows) - len(stay):,} labels taken out.")
    return lines


def without_pages(brand: Brand, months: set[str]) -> list[str]:
    """Removes pages, logs and half-made pages of these months, and says so."""
    root = reports_folder()
    for folder in (root / ".logs" / brand.name, root / ".staging" / brand.name, *(root / brand.name / month for month in sorted(months))):
        shutil.rmtree(folder, ignore_errors=True)
    return [f"  pages of {len(months)} months removed; `cx run {brand.name}` makes them again."] if months else []
