"""`cx init`: a brand folder proposed from exports, that runs at once and says what was guessed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from cx_helpers.config import data_folder, load_brand
from cx_helpers.errors import UsageError
from cx_helpers.ingest.proposing.files import KIND_WORDS, Seen, kind_of, look
from cx_helpers.ingest.proposing.kinds import Guess
from cx_helpers.ingest.proposing.names import plain
from cx_helpers.ingest.proposing.parts import Asked, Part, parts_of
from cx_helpers.ingest.proposing.scales import as_numbers, scored

ROLES = ("score", "told", "time", "key", "customer", "weight", "unit", "money", "input", "segment", "comment", "personal", "unused")
PROPOSED = ".proposed.json"


@dataclass
class Plan:
    """All that the files of a brand are written from; `parts` begins with the one whose rows are journeys."""

    name: str
    label: str
    parts: list[Part]
    day: date | None = None
    day_why: str = ""
    linked: str = ""
    touchpoints: dict[str, str] = field(default_factory=dict)
    segments: list[Asked] = field(default_factory=list)

    @property
    def backbone(self) -> Part:
        """The source whose rows are journeys."""
        return self.parts[0]

    @property
    def scores(self) -> list[Asked]:
        return [item for part in self.parts for item in part.scores]

    @property
    def inputs(self) -> list[Asked]:
        return [item for part in self.parts for item in part.inputs]


def propose(
    name: str, files: list[Path], *, label: str = "", day: date | None = None, no_answer: tuple[str, ...] = (),
    roles: dict[str, str] | None = None, link: bool = False, again: bool = False,
) -> tuple[Path, list[str]]:  # fmt: skip
    """Writes ``data/<name>`` from one export or several.

    Parameters
    ----------
    files : exports; those with the same columns are one source, others are joined by the values they share
    label : the brand's name as readers know it
    day : one date for all rows, where no column holds dates
    no_answer : values that mean no answer in every question
    roles : column to one of `ROLES`, against the guess
    link : read the files where they lie, instead of a copy in the brand's raw folder
    again : write the configuration anew, where nobody has edited what was proposed before

    Returns
    -------
    The folder, and lines that say what was recognised and what to check.

    Raises
    ------
    UsageError
        One line: a folder that is there already, a file that is missing, a file whose rows are no journeys.
    DataError
        A file that cannot be read.
    """
    from cx_helpers.ingest.proposing.texts import write_brand

    folder = data_folder() / name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(f"brand {name!r}: a name is small letters, digits and _, and begins with a letter.")
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise UsageError(f"init {name}: no file {', '.join(missing)}. Mend --from.")
    _may_write(folder, name, again)
    plan = make_plan(name, files, label=label, day=day, no_answer=no_answer, roles=roles or {}, link=link)
    fresh = folder.with_name(f".{name}.proposed")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        write_brand(fresh, plan)
        written = {str(path.relative_to(fresh)): _hash(path) for path in sorted(fresh.rglob("*")) if path.is_file()}
        (fresh / PROPOSED).write_text(json.dumps(written, indent=1) + "\n")
        _take_over(folder, fresh, [] if link else files)
        load_brand(name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder, told(plan)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _may_write(folder: Path, name: str, again: bool) -> None:
    if not folder.exists():
        return
    if not again:
        raise UsageError(f"brand {name!r}: {folder} is there already and is left as it is. Take another name, or propose it --again.")
    listed = folder / PROPOSED
    written = json.loads(listed.read_text()) if listed.is_file() else {}
    edited = [part for part, digest in written.items() if not (folder / part).is_file() or _hash(folder / part) != digest]
    if edited or not written:
        raise UsageError(f"brand {name!r}: {', '.join(edited) or 'its configuration'} was edited by hand and is left as it is. Go on editing, or take another name.")


def _take_over(folder: Path, fresh: Path, files: list[Path]) -> None:
    """Configuration that was proposed before goes, raw files and tables stay."""
    listed = folder / PROPOSED
    for part in json.loads(listed.read_text()) if listed.is_file() else {}:
        (folder / part).unlink(missing_ok=True)
    for path in sorted(fresh.rglob("*")):
        target = folder / path.relative_to(fresh)
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    for file in files:
        (folder / "raw").mkdir(exist_ok=True)
        if not (folder / "raw" / file.name).exists() or not (folder / "raw" / file.name).samefile(file):
            shutil.copy2(file, folder / "raw" / file.name)


def make_plan(
    name: str, files: list[Path], *, label: str, day: date | None, no_answer: tuple[str, ...], roles: dict[str, str], link: bool
) -> Plan:  # fmt: skip
    """What each file and each column is, and where on a journey it belongs."""
    folders = {str(file.resolve().parent) for file in files}
    if link and len(folders) > 1:
        raise UsageError(f"init {name}: --link needs all files in one folder; they lie in {', '.join(sorted(folders))}.")
    twice = sorted({file.name for file in files if [other.name for other in files].count(file.name) > 1})
    if twice:
        raise UsageError(f"init {name}: {', '.join(twice)} is named twice. Name each file once, under a name of its own.")
    exports = look(files, no_answer)
    _overrule(exports, roles)
    plan = Plan(name, label or name.replace("_", " ").capitalize(), [], linked=folders.pop() if link else "")
    parts_of(plan, exports, files, day)
    return plan


def _overrule(exports: list[Seen], roles: dict[str, str]) -> None:
    """Puts the roles that were declared in the place of those that were guessed."""
    columns = list(dict.fromkeys(column for seen in exports for column in seen.table.columns))
    near = {column: get_close_matches(column, columns, 1) for column in roles if column not in columns}
    files = ", ".join(seen.files[0].name for seen in exports)
    wrong = [f"{column} is no column of {files}; {f'did you mean {found[0]}?' if found else 'they have ' + ', '.join(columns)}" for column, found in near.items()]
    wrong += [f"{role} is no role; the roles are {', '.join(ROLES)}" for role in dict.fromkeys(roles.values()) if role not in ROLES]
    if wrong:
        raise UsageError(f"--as COLUMN=ROLE: {'; '.join(wrong)}.")
    for seen in exports:
        given = {roles[column] for column in roles if column in seen.table.columns} & {"key", "customer", "weight", "unit", "money"}
        for place, guess in enumerate(seen.guesses):
            role = roles.get(guess.column)
            if role and role != guess.role:
                seen.guesses[place] = _declared(seen, guess, role)
            elif not role and guess.role in given:
                seen.guesses[place] = replace(guess, role="unused", why="another column was declared by --as")
        if seen.kind == "lookup":  # a score declared makes answers of it
            seen.kind = kind_of(seen)


def _declared(seen: Seen, guess: Guess, role: str) -> Guess:
    if role == "time":
        return replace(guess, role=role, why="declared by --as", pattern=guess.pattern or "ISO")
    if role not in ("score", "input", "told", "money", "weight") or guess.reading == "words":
        return replace(guess, role=role, why="declared by --as")
    numbers, reading, odd = as_numbers(seen.table[guess.column].dropna().astype(object).str.strip())
    if numbers is None:
        raise UsageError(f"--as {guess.column}={role}: its values in {seen.files[0].name} are not numbers.")
    found = {"blanks": odd}
    if role == "score":
        ends = (int(numbers.min()), int(max(numbers.max(), numbers.min() + 1)))
        found = scored(numbers, guess.column, odd, ()) or {"kind": "rating", "scale": ends, "blanks": odd}
    return replace(guess, reading=reading, **{**found, "why": "declared by --as", "role": role})


def told(plan: Plan) -> list[str]:
    """What each file was taken for, a line a role, and what to check first."""
    lines = []
    for part in plan.parts:
        seen = part.seen
        written = f" (written by {seen.platform.replace('_', ' ')})" if seen.platform not in ("", "json", "jsonl") else ""
        lines.append(f"{', '.join(path.name for path in seen.files)}: {KIND_WORDS[seen.kind]}{written}; {part.joined}")
        lines += [f"  {note}" for note in seen.notes]
        for role in (*ROLES, "sensitive", "consent"):
            names = [guess.column for guess in seen.guesses if guess.role == role]
            names += [item.only for item in part.scores if role == "score" and item.only] + [item.only for item in part.said if role == "comment"]
            if names and role != "unused":
                lines.append(f"  {role + ':':<11}{', '.join(short(name) for name in names[:8])}{f' and {len(names) - 8} more' if len(names) > 8 else ''}")
        left = [short(guess.column) for guess in seen.guesses if guess.role == "unused" and guess.column not in (part.link, part.customer)]
        if left:
            lines.append(f"  unused:    {', '.join(left[:8])}{f' and {len(left) - 8} more' if len(left) > 8 else ''} (why: README.md of the new folder)")
    return lines + checks(plan)


def short(name: str) -> str:
    """A column's name for one line among others."""
    name = " ".join(plain(name).split())
    return name if len(name) <= 44 else name[:43].rsplit(" ", 1)[0] + "…"


def checks(plan: Plan) -> list[str]:
    """What a person should look at before believing a page, most consequential first."""
    lines = []
    if plan.day:
        lines.append(f"check: no column holds dates, so every answer is dated {plan.day} ({plan.day_why}). To mend: add --again --date YYYY-MM-DD.")
    if not plan.scores:
        lines.append("check: no column is a score, so the pages tell who answered and what they told, not how good it was. To name one: add --again --as COLUMN=score.")
    if not any(part.customer for part in plan.parts):
        lines.append("check: no column names the customer, so nobody is known twice and a forgotten customer cannot be found. To name one: add --again --as COLUMN=customer.")
    blanks = sorted({blank for item in plan.scores for blank in item.guess.blanks})
    if blanks:
        lines.append(f"check: {', '.join(blanks)} {'is' if len(blanks) == 1 else 'are'} taken for no answer (`missing` in sources.yaml).")
    guesses = [guess for part in plan.parts for guess in part.seen.guesses]
    swapped = [guess.column for guess in guesses if guess.ambiguous and guess.role == "time"]
    if swapped:
        lines.append(f"check: day and month of {', '.join(swapped)} could be swapped (`dates` in sources.yaml).")
    halo = [guess.column for guess in guesses if guess.role == "score" and "it moves with" in guess.why]
    if halo:
        lines.append(f"check: {', '.join(halo)} are taken for scores because they rise and fall together; is more really better?")
    coded = [item.guess.column for item in plan.scores if not item.guess.text and re.fullmatch(r"[A-Za-z]{1,3}\d+\w*", item.guess.column)]
    if coded:
        lines.append(f"check: {len(coded)} scores are called as their columns are ({', '.join(coded[:3])}{', …' if len(coded) > 3 else ''}); write what was asked as their `label` in journey.yaml.")
    told_ = [guess.column for guess in guesses if guess.role == "told"]
    if told_:
        lines.append(f"check: told and not measured, yes or no or a number: {len(told_)} column(s), shown and never used to explain a score (`driver: false`).")
    unshown = len(told_) - sum(item.guess.role == "told" for item in plan.inputs)
    if unshown > 0:
        lines.append(f"check: {unshown} of them are answered by fewest and left out of the pages; add them to journey.yaml and sql/inputs.sql where they matter.")
    apart = [guess.column for guess in guesses if guess.role == "sensitive"]
    if apart:
        lines.append(f"check: kept out, since about health, origin or belief: {len(apart)} column(s). To use one: add --again --as COLUMN=segment, with a lawful reason.")
    damaged = [guess.column for part in plan.parts for guess in part.seen.guesses if guess.role == "segment" and _dated(part, guess)]
    if damaged:
        lines.append(f"check: {', '.join(map(short, damaged))} holds values such as Jun-25, ranges that a spreadsheet turned into dates; mend them in sql/journeys.sql.")
    return lines


def _dated(part: Part, guess: Guess) -> bool:
    values = part.seen.table[guess.column].dropna().astype(str)
    return bool(values.str.fullmatch(r"[A-Z][a-z]{2}-\d\d|\d\d-[A-Z][a-z]{2}").any()) and not values.str.fullmatch(r"[A-Z][a-z]{2}-\d\d").all()

