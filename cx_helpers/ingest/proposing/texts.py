"""The files of a proposed brand: commented YAML and SQL that a newcomer reads, mends and keeps."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cx_helpers.config.journey import OVERALL
from cx_helpers.ingest.proposing.files import KIND_WORDS, month_column, question_columns, step_columns
from cx_helpers.ingest.proposing.kinds import Guess
from cx_helpers.ingest.proposing.parts import Asked, Part
from cx_helpers.ingest.proposing.selects import short, sql_files
from cx_helpers.ingest.proposing.times import ISO, SHORT

LEDGER = {
    "score": ("attitude", "what customers perceive"), "comment": ("attitude", "what customers say"), "told": ("attitude", "what customers told had happened"),
    "segment": ("descriptive", "compare groups"), "weight": ("descriptive", "make the sample represent all customers"),
    "unit": ("behaviour", "compare places"), "input": ("behaviour", "what was delivered"), "money": ("behaviour", "what a journey is worth"),
    "time": ("behaviour", "when it happened"), "question": ("descriptive", "tell questions apart"), "answer": ("attitude", "what customers answered"), "consent": ("descriptive", "leave out who said no"),
}  # fmt: skip
PERSONAL = (("email", ("mail",)), ("phone", ("phone", "mobile", "number", "telef")), ("address", ("address", "street", "zip", "post", "latitude", "longitude", "ip")),
            ("card", ("card",)), ("iban", ("iban",)), ("handle", ("handle", "author", "twitter", "instagram")))  # fmt: skip
SAID_ELSEWHERE = {"auftrag": "order", "auftrags": "order", "bestell": "order", "bestellung": "order", "pedido": "order", "buchung": "booking", "buchungs": "booking", "reserva": "booking"}
LIVED = ("order", "visit", "booking", "rental", "stay", "trip", "claim", "reservation", "appointment", "flight", "repair", "delivery", "session")
WITHOUT_SCORE = "    pages: [01_ingest, 02_journeys]    # drivers and follow-up need a score; take this line out once there is one\n"
UNITS = (("minutes", ("min",)), ("hours", ("hour", "stund", "hora")), ("days", ("day", "tage", "dias")), ("seconds", ("sec", "sekund", "segund")), ("metres", ("distance", "metre")))


def write_brand(folder: Path, plan) -> None:
    """Writes every file of the brand but its raw ones."""
    (folder / "sql").mkdir()
    texts = {
        "journey.yaml": journey_yaml(plan), "sources.yaml": sources_yaml(plan), "README.md": readme(plan),
        "audiences.yaml": "# Who reads what. An audience may be a part of the brand: `scope: {unit: [North]}`, or a segment.\n"
                          f"audiences:\n  all:\n    label: Everyone\n{'' if plan.scores else WITHOUT_SCORE}",
    }  # fmt: skip
    texts |= {f"sql/{table}.sql": text for table, text in sql_files(plan).items()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def journey_yaml(plan) -> str:
    files = ", ".join(path.name for part in plan.parts for path in part.seen.files)
    lines = [
        f"# Proposed by `cx init` from {files}. Everything here may be changed; `cx check {plan.name}` tells what is wrong.",
        f"label: {quoted(plan.label)}", "language: en",
        f"time_zone: {plan.backbone.seen.zone}    # the zone in which the files write their times, and in which months begin, such as Europe/Madrid",
        "currency: EUR", f"journey: {_words(plan.backbone)}    # what your customers go through: a stay, an order, a claim",
    ]  # fmt: skip
    unit = plan.backbone.seen.one("unit")
    if unit:
        lines.append(f"unit: {{one: place, many: places}}    # from {short(unit.column)}")
    lines += ["", "# Put the touchpoints in the order in which customers meet them, and split them into stages.", "stages:",
              "  - id: journey", "    label: Journey", "    touchpoints:"]  # fmt: skip
    whole = [item for item in plan.scores if item.touchpoint == OVERALL]
    first = _first(whole or plan.scores)
    for point, label in plan.touchpoints.items():
        lines += [f"      - id: {point}", f"        label: {quoted(label)}"]
        inputs = [_input(item) for item in plan.inputs if item.touchpoint == point]
        metrics = [_metric(item, primary=item is first and len(plan.scores) > 1) for item in plan.scores if item.touchpoint == point]
        lines += ["        inputs:", *(f"          - {line}" for line in inputs)] if inputs else []
        lines += ["        metrics:", *(f"          - {line}" for line in metrics)] if metrics else []
    if whole:
        lines += ["", "# Asked of the whole journey. The one marked primary is what drivers explain.", "remembered:"]
        lines += [f"  - {_metric(item, primary=item is first)}" for item in whole]
    if plan.segments:
        lines += ["", "# Groups to compare. `control: true` holds one equal in the driver analysis.", "segments:"]
        lines += [f"  - {{id: {item.id}, label: {quoted(item.label)}}}    # {short(item.guess.column)}" for item in plan.segments]
    return "\n".join([*lines, "", "caveats:", *(f"  - {quoted(text)}" for text in caveats(plan, files))]) + "\n"


def _first(scores: list[Asked]) -> Asked | None:
    """The score that pages lead with: the willingness to recommend, else a satisfaction, else the one that most answered."""
    named = [item for item in scores if item.guess.kind == "nps"] or [item for item in scores if item.guess.kind == "csat" or "satisf" in item.guess.name.lower()]
    return max(named or scores, key=lambda item: item.guess.filled, default=None)


def _words(part: Part) -> str:
    thing = re.sub(r"[ _-]*(id|no|nr|num|number|nummer|key|code|ref)\.?$", "", part.link, flags=re.I).replace("_", " ").strip().lower()
    thing = SAID_ELSEWHERE.get(thing, thing)
    if thing in LIVED and part.kind in ("orders", "events", "survey"):
        return f"{{one: {thing}, many: {'deliveries' if thing == 'delivery' else thing + 's'}}}"
    if part.kind == "survey" and (part.steps or part.measured):
        return "{one: journey, many: journeys}"
    one = {"survey": "answer", "answers": "answer", "tickets": "ticket", "reviews": "review", "orders": "order"}.get(part.kind, "journey")
    return f"{{one: {one}, many: {one}s}}"


def caveats(plan, files: str) -> list[str]:
    """What a reader of every page must know of a brand that nobody has looked at yet."""
    lines = [f"The meaning of the columns was guessed from {files} and nobody has confirmed it yet."]
    if plan.day:
        lines.append(f"All answers are dated {plan.day}, since the file holds no dates ({plan.day_why}); nothing can be said about change.")
    if not plan.scores:
        lines.append("The files hold no score: nothing here says how good anything was, only who was there and what was told or recorded.")
    elif not any(item.guess.kind in ("nps", "csat", "ces") for item in plan.scores) and plan.backbone.kind in ("survey", "answers"):
        lines.append("The file holds neither a willingness to recommend nor a satisfaction: answers with an order, from little to much or from bad to good, stand in their place.")
    if any(item.guess.role == "told" for item in plan.inputs):
        lines.append("Yes-or-no answers and numbers were told in the survey itself. They are shown and explain no score: one mood colours all answers of a person.")
    return lines


def _metric(item: Asked, primary: bool = False) -> str:
    low, high = item.guess.scale
    scale = "" if item.guess.kind == "nps" else f", scale: [{low}, {high}]"
    return f"{{id: {item.id}, kind: {item.guess.kind}, label: {quoted(item.label)}{scale}{', primary: true' if primary else ''}}}    # {short(item.guess.column)}: {item.guess.why}"


def _input(item: Asked) -> str:
    head, told = f"{{id: {item.id}, label: {quoted(item.label)}", ", driver: false" if item.guess.role == "told" else ""
    if item.guess.kind == "share":
        better = "higher" if told else "lower"
        return f"{head}, unit: share, better: {better}, statistic: share{told}}}    # {short(item.guess.column)}: is {'more' if told else 'less'} really better? set a standard"
    if item.id == "hours_past_promise":
        return f"{head}, unit: hours, better: lower, statistic: mean, standard: 0}}    # {short(item.only)} against {short(item.guess.column)}: the promise is the standard"
    unit = next((unit for unit, words in UNITS if any(word in item.id for word in words)), "units")
    return f"{head}, unit: {unit}, better: lower{told}}}    # {short(item.guess.column)}: right unit? is less really better? set a standard"


def sources_yaml(plan) -> str:
    raw = quoted(f"${{{plan.name.upper()}_RAW:-{plan.linked}}}") if plan.linked else f"${{{plan.name.upper()}_RAW:-raw}}"
    lines = ["# Where the raw files are, how they are read, and why each column is held: the data-use ledger.", f"raw: {raw}", "", "sources:"]
    for part in plan.parts:
        lines += _source(plan, part)
    return "\n".join(lines) + "\n"


def reading(part: Part) -> dict:
    """What `sources.yaml` says of how the file is read, beside its name."""
    guesses = [guess for guess in part.seen.guesses if guess.role in (*LEDGER, "customer")]
    dates = {guess.column: guess.pattern for guess in guesses if guess.role == "time" and guess.pattern not in (ISO, *SHORT)}
    missing = {guess.column: list(guess.blanks) for guess in guesses if guess.blanks}
    marked = {mark: [guess.column for guess in guesses if guess.reading == reading] for reading, mark in (("comma", ","), ("point", "."))}
    decimal, columns = next(((mark, found) for mark, found in marked.items() if found), ("", []))
    thousands = "." if decimal == "," else ","
    grouped = any(part.seen.table[name].dropna().astype(str).str.contains(rf"\d{re.escape(thousands)}\d{{3}}").any() for name in columns)
    numbers = {"decimal": decimal, **({"thousands": thousands} if grouped else {}), "columns": columns}
    return part.seen.source | ({"dates": dates} if dates else {}) | ({"numbers": numbers} if columns else {}) | \
        ({"missing": missing} if missing else {})  # fmt: skip


def _source(plan, part: Part) -> list[str]:
    seen = part.seen
    lines = [f"  {part.name}:    # {KIND_WORDS[seen.kind]}; {part.joined}", f"    file: {quoted(part.pattern)}"]
    lines += [f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in reading(part).items()]
    if seen.kind == "lookup":
        return [*lines, "    lookup: true"]
    used = [guess for guess in seen.guesses if _used(plan, part, guess)]
    lines += [f"    columns: [{', '.join(quoted(guess.column) for guess in used if guess.role not in ('personal', 'comment', 'segment'))}]", "    fields:"]
    said = next((guess.column for guess in seen.guesses if guess.role == "answer" and guess.kind == "said"), "")
    lines[-1:] = [f"    empty_without: [{quoted(said)}]    # a question that was left open is a row with nothing in it", lines[-1]] if said else [lines[-1]]
    return lines + [f"      {quoted(guess.column)}: {{{_entry(part, guess)}}}" for guess in used]


def _used(plan, part: Part, guess: Guess) -> bool:
    structural = {part.link, part.customer, part.key, *(question_columns(part.seen) or ()), *(step_columns(part.seen) or ())}
    if part.kind == "money":
        structural.add(month_column(part.seen))
    if guess.column in structural or guess.role == "personal":
        return True
    return guess.role in LEDGER and (guess.role != "segment" or part is not plan.backbone or any(item.guess is guess for item in plan.segments))


def _entry(part: Part, guess: Guess) -> str:
    origin = f"origin: {quoted(part.seen.files[0].name)}"
    if guess.column in (part.link, part.customer, part.key) and guess.role != "score":
        who = guess.column == part.customer
        reason = "answers of one customer are not independent" if who else "it tells journeys apart and joins the files"
        return f"kind: identity, {'personal: id, ' if who else ''}{origin}, purpose: {'know whose answers hang together' if who else 'tell journeys apart'}, reason: {reason}"
    if guess.role == "personal":
        low = f"{guess.column} {guess.text}".lower()
        kind = next((kind for kind, words in PERSONAL if any(word in low for word in words)), "name")
        return f"kind: identity, personal: {kind}, {origin}, purpose: none; kept out of every table, reason: it came with the export"
    kind, purpose = LEDGER.get(guess.role, ("behaviour", "tell steps and questions apart"))
    return f"kind: {kind}, {'personal: free_text, ' if guess.role == 'comment' or guess.kind == 'said' else ''}{origin}, purpose: {purpose}"


def readme(plan) -> str:
    """The list of guesses, for the person who knows the data."""
    parts = []
    for part in plan.parts:
        rows = "\n".join(f"| {short(guess.column)} | {guess.role} | {guess.why} |" for guess in part.seen.guesses)
        parts.append(f"## {', '.join(path.name for path in part.seen.files)}\nTaken for {KIND_WORDS[part.kind]}, source `{part.name}`: {part.joined}.\n\n"
                     f"| column | taken for | because |\n|---|---|---|\n{rows}\n")  # fmt: skip
    return f"""# {plan.label}
Proposed by `cx init`. Check first: `cx check {plan.name}`, then `cx run {plan.name}`.

1. Are the scores on the right scale, and the no-answer codes right (`journey.yaml`, `sql/responses.sql`)?
2. Are the touchpoints in the order in which customers meet them (`journey.yaml`)?
3. Does each input have the right unit, direction and a standard (`journey.yaml`)?
4. Is the time zone right (`journey.yaml`)? Are dates read as day and month as you mean them (`sql/journeys.sql`)?
5. Do the files hang together by the right columns (below, and `sources.yaml`)?
6. Remove the caveat in `journey.yaml` once somebody has confirmed all this.

What each column was taken for; a wrong guess is put right by `--again --as COLUMN=ROLE`, or in the files.

{chr(10).join(parts)}"""


