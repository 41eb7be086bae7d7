"""`cx init`: a brand folder proposed from an export, that runs at once and says what was guessed."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field, replace
from datetime import date
from html import unescape
from pathlib import Path

import pandas as pd

from cx_helpers.config import data_folder, load_brand
from cx_helpers.config.journey import OVERALL
from cx_helpers.config.sources import Source
from cx_helpers.errors import UsageError
from cx_helpers.ingest.propose_kinds import Guess, as_numbers, guess_columns, prefix, scored
from cx_helpers.ingest.readers import LINEAGE, read_file

ROLES = ("score", "time", "key", "customer", "weight", "unit", "money", "input", "segment", "comment", "unused")
ANSWERED = re.compile(r"answer|respon|submit|complet|survey|interview|record|end.?date|review|feedback", re.I)
PROMISED = re.compile(r"estimat|expect|due|promis|limit|deadline|planned|scheduled", re.I)
WHOLE = ("", "all", "overall", "general", "total", "whole", "overall satisfaction", "experience")
SCORE_WORDS = re.compile(r"(^|[_ -])(csat|ces|nps|score|rating|rate|rated|satisfaction|satisfied|sat|stars?)(?=$|[_ -])", re.I)
TIME_WORDS = re.compile(r"(^|[_ -])(at|date|time|timestamp|datetime|utc)(?=$|[_ -]|\))", re.I)
TAKEN = {"journey_id", "customer_id", "intent", "started_at", "ended_at", "status", "unit", "value", "source", "month"}
SEGMENTS = 8


@dataclass(frozen=True)
class Asked:
    """A question, an input or a step: its column, and where on the journey it was put."""

    guess: Guess
    touchpoint: str
    id: str
    label: str


@dataclass
class Plan:
    """All that the files of a brand are written from."""

    name: str
    label: str
    files: list[Path]
    pattern: str
    lookups: list[Path]
    guesses: list[Guess]
    skip: int = 0
    day: date | None = None
    linked: str = ""
    touchpoints: dict[str, str] = field(default_factory=dict)
    scores: list[Asked] = field(default_factory=list)
    inputs: list[Asked] = field(default_factory=list)
    steps: list[Asked] = field(default_factory=list)
    segments: list[Asked] = field(default_factory=list)
    started: Guess | None = None
    answered: Guess | None = None

    def one(self, role: str) -> Guess | None:
        """The column of a role that only one can have."""
        return next((guess for guess in self.guesses if guess.role == role), None)


def propose(
    name: str, files: list[Path], *, label: str = "", day: date | None = None, no_answer: tuple[str, ...] = (),
    roles: dict[str, str] | None = None, link: bool = False,
) -> tuple[Path, list[str]]:  # fmt: skip
    """Writes ``data/<name>`` from one export or several.

    Parameters
    ----------
    files : CSV, Excel or Parquet; those with the columns of the first are read with it, others are kept as look-ups
    label : the brand's name as readers know it
    day : one date for all rows, where no column holds dates
    no_answer : values that mean no answer in every question
    roles : column to one of `ROLES`, against the guess
    link : read the files where they lie, instead of a copy in the brand's raw folder

    Returns
    -------
    The folder, and lines that say what was recognised and what to check.

    Raises
    ------
    UsageError
        One line: a folder that is there already, a file that is missing, no dates and no `day`, no score.
    DataError
        A file that cannot be read.
    """
    from cx_helpers.ingest.propose_texts import write_brand

    folder = data_folder() / name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(f"brand {name!r}: a name is small letters, digits and _, and begins with a letter.")
    if folder.exists():
        raise UsageError(f"brand {name!r}: {folder} is there already and is left as it is. Take another name, or remove it.")
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise UsageError(f"init {name}: no file {', '.join(missing)}. Mend --from.")
    plan = make_plan(name, files, label=label, day=day, no_answer=no_answer, roles=roles or {}, link=link)
    folder.mkdir(parents=True)
    try:
        write_brand(folder, plan)
        if not link:
            (folder / "raw").mkdir()
            for file in files:
                shutil.copy2(file, folder / "raw" / file.name)
        load_brand(name)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return folder, told(plan)


def make_plan(
    name: str, files: list[Path], *, label: str, day: date | None, no_answer: tuple[str, ...], roles: dict[str, str], link: bool
) -> Plan:  # fmt: skip
    """What each column is, and where on a journey it belongs."""
    table, skip = _read(files[0])
    same = [file for file in files if file == files[0] or list(_read(file)[0].columns) == list(table.columns)]
    guesses = _overruled(guess_columns(table, no_answer), table, roles, files[0].name)
    pattern = same[0].name if len(same) == 1 else f"*{same[0].suffix}"
    folders = {str(file.resolve().parent) for file in files}
    if link and len(folders) > 1:
        raise UsageError(f"init {name}: --link needs all files in one folder; they lie in {', '.join(sorted(folders))}.")
    plan = Plan(name, label or name.replace("_", " ").capitalize(), same, pattern, [f for f in files if f not in same], guesses, skip, day,
                folders.pop() if link else "")  # fmt: skip
    _times(plan, table)
    _questions(plan)
    _operations(plan)
    chosen = sorted((g for g in guesses if g.role == "segment"), key=lambda g: g.distinct > 7)[:SEGMENTS]
    for guess in (g for g in guesses if g in chosen):
        own = _unlike(slug(guess.column), TAKEN | {item.id for item in plan.segments})
        plan.segments.append(Asked(guess, "", own, wording(guess.column)))
    return plan


def _read(path: Path) -> tuple[pd.DataFrame, int]:
    """A file as text, and how many rows under its header only explain the columns (Qualtrics writes two)."""
    table = read_file(path, Source(file=path.name)).table.drop(list(LINEAGE)).to_pandas()
    explained = len(table) > 2 and table.iloc[1].astype(str).str.contains('"ImportId"').any()
    return (table.iloc[2:].reset_index(drop=True), 2) if explained else (table, 0)


def _overruled(guesses: list[Guess], table: pd.DataFrame, roles: dict[str, str], file: str) -> list[Guess]:
    unknown = [column for column in roles if column not in table.columns]
    wrong = [f"{column}={role}" for column, role in roles.items() if role not in ROLES]
    if unknown or wrong:
        raise UsageError(
            f"--as {', '.join(unknown + wrong)}: written COLUMN=ROLE with a column of {file} ({', '.join(table.columns)}) "
            f"and a role ({', '.join(ROLES)})."
        )
    out = []
    for guess in guesses:
        role = roles.get(guess.column)
        if role == "score" and guess.role != "score":
            numbers, reading, odd = as_numbers(table[guess.column].dropna().astype(object).str.strip())
            if numbers is None:
                raise UsageError(f"--as {guess.column}=score: its values in {file} are not numbers.")
            found = scored(numbers, guess.column, odd, ()) or {"kind": "rating", "scale": (int(numbers.min()), int(numbers.max())), "blanks": odd}
            guess = replace(guess, reading=reading, **{**found, "why": "declared by --as", "role": "score"})
        elif role and role != guess.role:
            guess = replace(guess, role=role, why="declared by --as", pattern=guess.pattern or ("ISO" if role == "time" else ""))
        elif not role and guess.role in {roles[column] for column in roles} & {"key", "customer", "weight", "unit", "money"}:
            guess = replace(guess, role="unused", why="another column was declared by --as")
        out.append(guess)
    return out


def _times(plan: Plan, table: pd.DataFrame) -> None:
    """Which time a journey starts at, which it is answered at, and which are steps in between."""
    times = [guess for guess in plan.guesses if guess.role == "time"]
    if not times:
        if plan.day is None:
            raise UsageError(
                f"init {plan.name}: no column of {plan.files[0].name} holds dates. Say when the answers were given, one date for "
                "all rows: --date 2017-05-01."
            )
        return
    form = {guess: None if guess.pattern == "ISO" else guess.pattern for guess in times}
    middle = {g: pd.to_datetime(table[g.column], format=form[g] or "ISO8601", errors="coerce", utc=True).median() for g in times}
    times.sort(key=lambda guess: (middle[guess] is pd.NaT, middle[guess]))
    lived = [guess for guess in times if not PROMISED.search(guess.column)] or times
    plan.answered = ([guess for guess in lived if ANSWERED.search(guess.column)] or lived)[-1]
    plan.started = next((guess for guess in lived if guess is not plan.answered), plan.answered)
    between = [guess for guess in lived if guess not in (plan.started, plan.answered) and not ANSWERED.search(guess.column)]
    for guess in [plan.started, *between] if between else []:
        thing = TIME_WORDS.sub("", guess.column).strip("_ -()") or guess.column
        plan.touchpoints.setdefault(slug(thing), wording(thing))
        plan.steps.append(Asked(guess, slug(thing), slug(guess.column), wording(guess.column)))


def _questions(plan: Plan) -> None:
    """Each rated thing is a touchpoint; NPS and what is asked of the whole are remembered."""
    rated = [guess for guess in plan.guesses if guess.role == "score"]
    if not rated:
        raise UsageError(
            f"init {plan.name}: no column of {plan.files[0].name} looks like a score (0-10, 1-5, 1-7 or 1-10). Name one: "
            f"--as COLUMN=score; it has {', '.join(guess.column for guess in plan.guesses)}."
        )
    places: dict[str, list[Guess]] = {}
    for guess in rated:
        thing = thing_rated(guess.column)
        whole = guess.kind == "nps" or thing.lower() in WHOLE or guess.column.lower().startswith("overall")
        place = OVERALL if whole else _unlike(slug(thing), {OVERALL})
        if not whole:
            plan.touchpoints.setdefault(place, wording(thing))
        places.setdefault(place, []).append(guess)
    words = [wording(thing_rated(guess.column) or guess.column) for guess in rated]
    for place, group in places.items():
        kinds = [guess.kind for guess in group]
        for guess in group:
            known = {item.id for item in plan.scores if item.touchpoint == place}
            own = _unlike(guess.kind if kinds.count(guess.kind) == 1 else slug(guess.column), known)
            text = wording(thing_rated(guess.column) or guess.column)
            label = "Willingness to recommend" if kinds == ["nps"] else f"{text} ({guess.column})" if words.count(text) > 1 else text
            plan.scores.append(Asked(guess, place, own, label if guess.kind != "nps" else "Willingness to recommend"))


def _operations(plan: Plan) -> None:
    """An input belongs to the touchpoint that its name holds, else to the visit as a whole."""
    for guess in (guess for guess in plan.guesses if guess.role == "input"):
        own = slug(guess.column)
        place = next((point for point in plan.touchpoints if len(point) > 2 and point in own), "visit")
        plan.touchpoints.setdefault(place, "Visit")
        plan.inputs.append(Asked(guess, place, own, wording(guess.column)))
    if not plan.touchpoints:
        plan.touchpoints["visit"] = "Visit"


def thing_rated(column: str) -> str:
    """What a question is about: `Q7FOOD` and `food_csat` are about food; a question in full stays whole."""
    if len(column.split()) > 4:
        return column
    return SCORE_WORDS.sub("", column.removeprefix(prefix(column))).strip("_ -.")


def slug(text: str) -> str:
    """A name that configuration files take: small letters, digits and _."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub(r"<[^>]+>", "", unescape(text)))
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_")
    return plain if plain[:1].isalpha() else f"c_{plain}".rstrip("_")


def wording(text: str) -> str:
    """A column's name as a label: `wait_minutes` gives Wait minutes."""
    clean = re.sub(r"\s+", " ", re.sub(r"[_-]+", " ", re.sub(r"<[^>]+>", "", unescape(text)))).strip() or text
    clean = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", clean)
    clean = clean.lower() if clean.isupper() or len(clean) <= 40 else clean
    clean = clean if len(clean) <= 80 else clean[:79].rsplit(" ", 1)[0] + "…"
    return clean[:1].upper() + clean[1:]


def _unlike(own: str, known: set[str]) -> str:
    number, name = 2, own
    while name in known:
        name, number = f"{own}_{number}", number + 1
    return name


def told(plan: Plan) -> list[str]:
    """What was recognised, a line a role, and what to check first."""
    lines = []
    for role in ROLES[:-1]:
        names = [guess.column for guess in plan.guesses if guess.role == role]
        if names:
            lines.append(f"  {role + ':':<10}{', '.join(names[:8])}{f' and {len(names) - 8} more' if len(names) > 8 else ''}")
    if plan.day:
        lines.append(f"  time:     {plan.day} for all rows, as given by --date")
    personal = [guess.column for guess in plan.guesses if guess.role == "personal"]
    if personal:
        lines.append(f"  personal, not used: {', '.join(personal)}; better leave them out of the export")
    blanks = sorted({blank for item in plan.scores for blank in item.guess.blanks})
    if blanks:
        lines.append(f"  check: {', '.join(blanks)} are taken for no answer (nullif in sql/responses.sql)")
    swapped = [guess.column for guess in plan.guesses if guess.ambiguous and guess.role == "time"]
    if swapped:
        lines.append(f"  check: day and month of {', '.join(swapped)} could be swapped (the format stands in the SQL)")
    return lines
