"""Which export says what a journey is, how the others hang on it, and where on the journey each column belongs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from cx_helpers.config.journey import OVERALL
from cx_helpers.errors import UsageError
from cx_helpers.ingest.proposing.files import SURVEYS, Seen, pattern_for, question_columns, step_columns
from cx_helpers.ingest.proposing.kinds import Guess, guess_columns, prefix
from cx_helpers.ingest.proposing.names import WHOLE, asked, asked_label, measure_label, option_of, plain, slug, thing_rated, unlike, wording
from cx_helpers.ingest.proposing.times import day_of, read_times
from cx_helpers.ingest.proposing.words import CUSTOMER

ANSWERED = re.compile(r"answer|respon|submit|complet|survey|interview|record|end.?date|review|feedback|posted", re.I)
PROMISED = re.compile(r"estimat|expect|due|promis|limit|deadline|planned|scheduled", re.I)
ASKED = re.compile(r"invit|(survey|question|form|feedback|review|nps|csat|umfrage|encuesta|pesquisa).{0,8}(sent|send|mailed|request|asked|enviad|versand|versch)|^asked", re.I)
SENT = re.compile(r"^(sent|send|mailed|enviad[oa]|versandt|verschickt)([ _-]?(at|on|date|time|am|el))?$", re.I)
TIME_WORDS = re.compile(r"(^|[_ -])(at|on|date|time|timestamp|datetime|utc)(?=$|[_ -]|\))", re.I)
OPENED, CLOSED = re.compile(r"creat|open|receiv|submit|raised", re.I), re.compile(r"solv|clos|resol|complet", re.I)
TAKEN = {"journey_id", "customer_id", "intent", "started_at", "ended_at", "status", "unit", "value", "source", "month"}
FIRST = ("orders", "survey", "answers", "events", "tickets", "reviews", "customers")
SEGMENTS, MANY_POINTS, MANY_TOLD, SHARED, LONG = 8, 24, 12, 0.3, 5
WHOLE_TIMES = 0.95  # of the rows that the fullest time has: a time with more gaps starts no journey
SURVEY = "Told in the survey"


@dataclass(frozen=True)
class Asked:
    """A question, an input or a step: its column, and where on the journey it was put; `only` picks its rows."""

    guess: Guess
    touchpoint: str
    id: str
    label: str
    only: str = ""


@dataclass
class Part:
    """One source of the brand: an export, how its rows lead to a journey, and what is taken from it."""

    name: str
    seen: Seen
    pattern: str
    link: str = ""
    joined: str = "each row is a journey"
    customer: str = ""
    scores: list[Asked] = field(default_factory=list)
    inputs: list[Asked] = field(default_factory=list)
    steps: list[Asked] = field(default_factory=list)
    started: Guess | None = None
    answered: Guess | None = None
    asked: Guess | None = None
    said: list[Asked] = field(default_factory=list)
    grouped: bool = False

    @property
    def kind(self) -> str:
        return self.seen.kind

    @property
    def measured(self) -> bool:
        """Whether something was measured, and not only told."""
        return any(item.guess.role != "told" for item in self.inputs)

    @property
    def key(self) -> str:
        """The column that tells the rows apart, "" where there is none."""
        found = self.seen.one("key")
        return found.column if found else ""


def parts_of(plan, exports: list[Seen], files: list[Path], day: date | None) -> None:
    """Fills a `propose.Plan` from the exports looked at."""
    ranked = sorted((seen for seen in exports if seen.kind in FIRST), key=lambda seen: FIRST.index(seen.kind))
    if not ranked or ranked[0].kind == "customers":
        held = ", ".join(f"{seen.files[0].name} ({seen.kind})" for seen in exports)
        raise UsageError(f"init {plan.name}: no file says what customers went through or answered: {held}. Add orders, answers, tickets or a log of steps to --from, or name the column of answers by --as COLUMN=score.")
    known: set[str] = set()
    for seen in [ranked[0], *(seen for seen in exports if seen is not ranked[0])]:
        wanted = "answers" if seen.kind in ("survey", "answers") else seen.kind if seen.kind != "lookup" else slug(seen.files[0].stem)
        name = unlike(wanted, known)
        known.add(name)
        plan.parts.append(Part(name, seen, pattern_for(seen, files)))
    first = plan.backbone
    if first.kind in ("answers", "events"):
        columns = question_columns(first.seen) if first.kind == "answers" else step_columns(first.seen)
        first.link, first.grouped = columns[0], True
        first.joined = f"the rows of one {columns[0]} are a journey"
    elif first.key:
        first.link = first.key
    for part in plan.parts:
        customer = part.seen.one("customer")
        own = part.seen.one("key")
        part.customer = customer.column if customer else own.column if own and CUSTOMER.search(own.column) and part is not first else ""
        if part is not first:
            _join(part, first)
        _times(part, plan, day)
    for part in plan.parts:
        {"events": _logged, "tickets": _tickets}.get(part.kind, lambda *_: None)(plan, part)
    for part in plan.parts:
        if part.kind in ("survey", "answers", "reviews", "orders", "tickets"):
            _questions(plan, part)
    _merge(plan)
    for part in plan.parts:
        _operations(plan, part)
    plan.touchpoints = plan.touchpoints or {"visit": "Visit"}
    chosen = sorted((g for g in first.seen.guesses if g.role == "segment"), key=lambda g: g.distinct > 7 and g.kind != "age")[:SEGMENTS]
    for guess in (g for g in first.seen.guesses if g in chosen):
        plan.segments.append(Asked(guess, "", unlike(slug(guess.column), TAKEN | {item.id for item in plan.segments}), asked(guess.column, guess.text)))


def _join(part: Part, first: Part) -> None:
    """Finds the column that shares most of its values with the journey's key, or at least with the customer's."""
    if part.kind in ("lookup", "money", "permissions", "customers"):
        part.joined = "not used yet: join it in a SELECT of sql/" if part.kind == "lookup" else f"by {part.customer}"
        return
    target = set(first.seen.table[first.link].dropna()) if first.link else set()
    found = {}
    for column in part.seen.table.columns if target else ():
        values = set(part.seen.table[column].dropna().head(50_000))
        if len(values) >= min(10, len(target)):
            found[column] = len(values & target) / len(values)
    best = max(found, key=lambda column: (found[column], column == first.link), default="")
    if best and found[best] >= SHARED:
        part.link = best
        part.joined = f"{best} is the {first.link} of {first.seen.files[0].name} ({found[best]:.0%} of its values are found there)"
    elif part.customer:
        part.joined = f"no column leads to a journey; rows are known by {part.customer}"
    else:
        part.joined = "no column leads to a journey or a customer"


def _times(part: Part, plan, day: date | None) -> None:
    """Which time a journey starts at, which it is asked and answered at, and which are steps in between.

    Order is told row by row: only some rows have a late time, and its own middle may lie before that of a full one.
    """
    times = [guess for guess in part.seen.guesses if guess.role == "time"]
    if not times:
        if part.kind in ("survey", "answers", "orders", "reviews", "tickets") and not plan.day:
            plan.day, plan.day_why = (day, "given by --date") if day else day_of(part.seen.files[0])
        return
    read = {guess: read_times(part.seen.table[guess.column].dropna().astype(str), guess.pattern) for guess in times}
    fullest = read[max(times, key=lambda guess: guess.filled)]
    middle = {guess: (when - fullest).median() for guess, when in read.items()}
    times.sort(key=lambda guess: (middle[guess] != middle[guess], middle[guess]))
    lived = [guess for guess in times if not PROMISED.search(guess.column)] or times
    part.asked = _asking(lived)
    lived = [guess for guess in lived if guess is not part.asked] or lived
    part.answered = ([guess for guess in lived if ANSWERED.search(guess.column)] or lived)[-1]
    rest = [guess for guess in lived if guess is not part.answered] or [part.asked or part.answered]
    part.started = next(guess for guess in rest if guess.filled >= WHOLE_TIMES * max(other.filled for other in rest))
    if part.kind not in ("survey", "orders") or part.seen.platform in SURVEYS:
        return
    between = [guess for guess in lived if guess not in (part.started, part.answered) and not ANSWERED.search(guess.column)]
    if part.kind == "orders" and part.started is not part.answered:
        between = [guess for guess in lived if guess is not part.started]
    _past_promise(part, lived, [guess for guess in times if guess not in lived], middle)
    for guess in [part.started, *between] if between else []:
        thing = TIME_WORDS.sub("", guess.column).strip("_ -()") or guess.column
        plan.touchpoints.setdefault(slug(thing), wording(thing))
        part.steps.append(Asked(guess, slug(thing), slug(guess.column), wording(guess.column)))


def _asking(lived: list[Guess]) -> Guess | None:
    """The time at which feedback was asked for, where there is one beside that of the answer."""
    named = next((guess for guess in lived if ASKED.search(guess.column)), None)
    alone = len(lived) == 2 and any(ANSWERED.search(guess.column) for guess in lived)
    found = named or next((guess for guess in lived if alone and SENT.match(guess.column)), None)
    return found if len(lived) > 1 else None


def _past_promise(part: Part, lived: list[Guess], promised: list[Guess], middle: dict) -> None:
    """A promised time and the time that came true: how late it was is an input. A promise is kept by the nearest time lived."""
    for promise in promised:
        kept = min((guess for guess in lived if guess is not part.started and not ANSWERED.search(guess.column)),
                   key=lambda guess: abs(middle[guess] - middle[promise]), default=None)  # fmt: skip
        if kept is not None:
            thing = TIME_WORDS.sub("", kept.column).strip("_ -()") or kept.column
            part.inputs.append(Asked(replace(kept, role="input"), slug(thing), "hours_past_promise", "Hours past the promise", only=promise.column))
            return


def _logged(plan, part: Part) -> None:
    """The steps of a log, in the order in which most journeys meet them."""
    columns = step_columns(part.seen)
    step, table = columns[1], part.seen.table
    when = read_times(table[part.started.column].fillna("").astype(str), part.started.pattern)
    begun = when.groupby(table[columns[0]]).transform("min")
    order = (when - begun).groupby(table[step]).median().sort_values().index
    for name in order:
        plan.touchpoints.setdefault(slug(name), wording(name))
        part.steps.append(Asked(Guess(step, "step", ""), slug(name), slug(name), wording(name), only=name))


def _tickets(plan, part: Part) -> None:
    """A ticket is a contact with customer care; from opened to closed is what the company did."""
    plan.touchpoints.setdefault("contact", "Contact with customer care")
    times = [guess for guess in part.seen.guesses if guess.role == "time"]
    part.started = next((guess for guess in times if OPENED.search(guess.column)), part.started)
    closed = next((guess for guess in times if CLOSED.search(guess.column) and guess is not part.started), None)
    part.answered = closed or part.started
    if closed:
        part.inputs.append(Asked(replace(closed, role="input"), "contact", "hours_to_close", "Hours until closed", only=part.started.column))


def _questions(plan, part: Part) -> None:
    """Each rated thing is a touchpoint; NPS and what is asked of the whole are remembered."""
    for guess, only, thing in _rated(part):
        whole = guess.kind == "nps" or thing.lower() in WHOLE or plain(guess.name).lower().startswith("overall")
        long = len(thing.split()) > LONG
        place = "contact" if part.kind == "tickets" else OVERALL if whole or part.kind == "reviews" else "survey" if long else unlike(slug(thing), {OVERALL})
        if place != OVERALL:
            plan.touchpoints.setdefault(place, SURVEY if place == "survey" else wording(thing))
        known = {item.id for item in plan.scores if item.touchpoint == place}
        kind_free = guess.kind not in known and (guess.kind != "rating" or not any(item.touchpoint == place for item in plan.scores))
        own = unlike(guess.kind if kind_free else slug(option_of(guess.column, guess.text)[1] or only or guess.column), known)
        text = "Tickets" if part.kind == "tickets" else asked_label(guess.column, guess.text, thing, guess.kind) or "Satisfaction"
        text = f"{text} (% {guess.good.lower()})" if guess.good else "Satisfaction" if text == "Tickets" else text
        taken = any(item.label == text for item in plan.scores)
        label = "Willingness to recommend" if guess.kind == "nps" and own == "nps" else f"{text} ({plain(guess.column)[:40]})" if taken else text
        part.scores.append(Asked(guess, place, own, label, only))


def _rated(part: Part) -> list[tuple[Guess, str, str]]:
    """Score columns, or of an export with a row an answer, the questions whose answers are scores."""
    if part.kind != "answers":
        return [(guess, "", thing_rated(guess.column, guess.text)) for guess in part.seen.guesses if guess.role == "score"]
    _, question, answer = question_columns(part.seen)
    wide = part.seen.table.pivot_table(index=question_columns(part.seen)[0], columns=question, values=answer, aggfunc="first")
    found = guess_columns(wide.rename_axis(columns=None))
    part.said = [Asked(_moved(guess, answer), "", "", guess.column, guess.column) for guess in found if guess.role == "comment"]
    scores = [guess for guess in found if guess.role == "score"]
    part.seen.guesses = [_answers(guess, question, answer, len(scores), len(part.said)) for guess in part.seen.guesses]
    return [(_moved(guess, answer), guess.column, thing_rated(guess.column)) for guess in scores]


def _answers(guess: Guess, question: str, answer: str, scores: int, said: int) -> Guess:
    """The columns of question and answer are no groups, whatever their values look like."""
    if guess.column == question:
        return replace(guess, role="question", why="each value is a question")
    if guess.column != answer:
        return guess
    return replace(guess, role="answer", why=f"answers: {scores} question(s) are scores, {said} are open and become comments", kind="said" if said else "",
                   blanks=(), reading="plain")  # fmt: skip


def _moved(guess: Guess, column: str) -> Guess:
    return replace(guess, column=column, text=guess.column)


def _merge(plan) -> None:
    """Where there are too many touchpoints for a page, the questions of a battery share one, and the rest share another."""
    if len(plan.touchpoints) <= MANY_POINTS:
        return
    batteries: dict[str, list[Asked]] = {}
    for part in plan.parts:
        for item in part.scores:
            if item.touchpoint != OVERALL:
                start = prefix(item.guess.column) or (re.match(r"^([A-Za-z]+\d+)", item.guess.column) or [""])[0]
                batteries.setdefault(start, []).append(item)
    big = sorted((start for start, items in batteries.items() if start and len(items) > 1), key=lambda start: -len(batteries[start]))[: MANY_POINTS - 3]
    steps = {item.touchpoint for part in plan.parts for item in part.steps} | {"contact"} & set(plan.touchpoints)
    plan.touchpoints = {point: label for point, label in plan.touchpoints.items() if point in steps}
    for part in plan.parts:
        for number, item in enumerate(part.scores):
            start = next((start for start in big if item in batteries[start]), "")
            if item.touchpoint == OVERALL:
                continue
            place = slug(start) if start else "questions"
            plan.touchpoints.setdefault(place, f"Questions {start.rstrip('_-. ')}" if start else "Further questions")
            known = {other.id for other in plan.scores if other.touchpoint == place and other is not item}
            part.scores[number] = replace(item, touchpoint=place, id=unlike(slug(item.guess.column), known))


def _operations(plan, part: Part) -> None:
    """An input belongs to the touchpoint that its name holds, else to the visit, or to the survey, as a whole."""
    own_points = list(plan.touchpoints)
    rest, label = ("survey", SURVEY) if part.seen.platform in SURVEYS else ("visit", "Visit")
    told = sorted((guess for guess in part.seen.guesses if guess.role == "told"), key=lambda guess: -guess.filled)[:MANY_TOLD]
    for guess in (guess for guess in part.seen.guesses if guess.role == "input" or guess in told):
        if part.kind in ("answers", "customers", "money", "permissions", "lookup"):
            continue
        own = unlike(slug(option_of(guess.column, guess.text)[1] or guess.column), {item.id for item in plan.inputs})
        place = next((point for point in own_points if len(point) > 2 and own.startswith(point + "_")), "")
        place = place or next((point for point in own_points if len(point) > 3 and point in own and guess.role == "input"), "")
        place = place or ("contact" if part.kind == "tickets" else rest)
        plan.touchpoints.setdefault(place, label)
        part.inputs.append(Asked(guess, place, own, asked(guess.column, guess.text) if guess.role == "told" else measure_label(guess.column)))

