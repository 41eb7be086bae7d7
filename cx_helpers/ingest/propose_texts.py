"""The files of a proposed brand: commented YAML and SQL that a newcomer reads, mends and keeps."""

from __future__ import annotations

import json
from pathlib import Path

from cx_helpers.config.journey import OVERALL
from cx_helpers.ingest.propose import Asked, Plan, slug
from cx_helpers.ingest.propose_kinds import ISO, Guess

SOURCE = "answers"
UNION = "\n    UNION ALL\n    "
KINDS = {
    "score": "attitude", "comment": "attitude", "segment": "descriptive", "unit": "behaviour", "input": "behaviour",
    "money": "behaviour", "time": "behaviour", "weight": "descriptive",
}  # fmt: skip
PURPOSES = {
    "score": "what customers perceive", "comment": "what customers say", "segment": "compare groups", "unit": "compare places",
    "input": "what was delivered", "money": "what a journey is worth", "time": "when it happened",
    "weight": "make the sample represent all customers", "key": "tell journeys apart", "customer": "know whose answers hang together",
}  # fmt: skip
UNITS = (("minutes", ("min",)), ("hours", ("hour",)), ("days", ("day",)), ("seconds", ("sec",)), ("metres", ("distance", "metre")))


def write_brand(folder: Path, plan: Plan) -> None:
    """Writes every file of the brand but its raw ones."""
    (folder / "sql").mkdir()
    texts = {
        "journey.yaml": journey_yaml(plan), "sources.yaml": sources_yaml(plan), "README.md": readme(plan),
        "audiences.yaml": "# Who reads what. An audience may be a part of the brand: `scope: {unit: [North]}`, or a segment.\n"
                          "audiences:\n  all:\n    label: Everyone\n",
        "sql/journeys.sql": journeys_sql(plan), "sql/responses.sql": responses_sql(plan), "sql/events.sql": events_sql(plan),
    }  # fmt: skip
    if plan.inputs:
        texts["sql/inputs.sql"] = inputs_sql(plan)
    if any(guess.role == "comment" for guess in plan.guesses):
        texts["sql/comments.sql"] = comments_sql(plan)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def short(text: str) -> str:
    """A column's name inside a comment or a table: one line, not too long."""
    return " ".join(text.replace("|", " ").split())[:80]


def column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def journey_yaml(plan: Plan) -> str:
    lines = [
        f"# Proposed by `cx init` from {plan.files[0].name}. Everything here may be changed; `cx check {plan.name}` tells what is wrong.",
        f"label: {quoted(plan.label)}", "language: en", "time_zone: UTC    # the zone in which the file writes its times, such as Europe/Madrid",
        "currency: EUR", "journey: {one: journey, many: journeys}    # what your customers go through: a stay, an order, a claim",
    ]  # fmt: skip
    unit = plan.one("unit")
    if unit:
        lines.append(f"unit: {{one: place, many: places}}    # from {short(unit.column)}")
    lines += ["", "# Put the touchpoints in the order in which customers meet them, and split them into stages.", "stages:",
              "  - id: journey", "    label: Journey", "    touchpoints:"]  # fmt: skip
    for point, label in plan.touchpoints.items():
        lines += [f"      - id: {point}", f"        label: {quoted(label)}"]
        inputs = [_input(item) for item in plan.inputs if item.touchpoint == point]
        metrics = [_metric(item) for item in plan.scores if item.touchpoint == point]
        lines += ["        inputs:", *(f"          - {line}" for line in inputs)] if inputs else []
        lines += ["        metrics:", *(f"          - {line}" for line in metrics)] if metrics else []
    whole = [item for item in plan.scores if item.touchpoint == OVERALL]
    if whole:
        first = next((item for item in whole if item.guess.kind == "nps"), whole[0])
        lines += ["", "# Asked of the whole journey. The one marked primary is what drivers explain.", "remembered:"]
        lines += [f"  - {_metric(item, primary=item is first)}" for item in whole]
    if plan.segments:
        lines += ["", "# Groups to compare. `control: true` holds one equal in the driver analysis.", "segments:"]
        lines += [f"  - {{id: {item.id}, label: {quoted(item.label)}}}    # {short(item.guess.column)}" for item in plan.segments]
    lines += ["", "caveats:", f"  - The meaning of the columns was guessed from {plan.files[0].name} and nobody has confirmed it yet."]
    lines += [f"  - All answers are dated {plan.day}, since the file holds no dates; nothing can be said about change."] if not plan.started else []
    return "\n".join(lines) + "\n"


def _metric(item: Asked, primary: bool = False) -> str:
    low, high = item.guess.scale
    scale = "" if item.guess.kind == "nps" else f", scale: [{low}, {high}]"
    return f"{{id: {item.id}, kind: {item.guess.kind}, label: {quoted(item.label)}{scale}{', primary: true' if primary else ''}}}    # {short(item.guess.column)}: {item.guess.why}"


def _input(item: Asked) -> str:
    own = item.id
    if item.guess.kind == "share":
        return f"{{id: {own}, label: {quoted(item.label)}, unit: share, better: lower, statistic: share}}    # {short(item.guess.column)}: is less really better? set a standard"
    unit = next((unit for unit, words in UNITS if any(word in own for word in words)), "units")
    return f"{{id: {own}, label: {quoted(item.label)}, unit: {unit}, better: lower}}    # {short(item.guess.column)}: right unit? is less really better? set a standard"


def sources_yaml(plan: Plan) -> str:
    raw = quoted(f"${{{plan.name.upper()}_RAW:-{plan.linked}}}") if plan.linked else f"${{{plan.name.upper()}_RAW:-raw}}"
    lines = ["# Where the raw files are, and why each column is held: the data-use ledger.", f"raw: {raw}", "", "sources:",
             f"  {SOURCE}:", f"    file: {quoted(plan.pattern)}"]  # fmt: skip
    used = [guess for guess in plan.guesses if guess.role in (*KINDS, "key", "customer") and (guess.role != "segment" or _chosen(plan, guess))]
    lines += [f"    columns: [{', '.join(quoted(guess.column) for guess in used)}]", "    fields:"]
    for guess in used:
        reason = {"key": "one row is one journey", "customer": "answers of one customer are not independent"}.get(guess.role)
        kind = f"identity, reason: {reason}" if reason else KINDS[guess.role]
        lines.append(f"      {quoted(guess.column)}: {{kind: {kind}, origin: {quoted(plan.files[0].name)}, purpose: {PURPOSES[guess.role]}}}")
    for path in plan.lookups:
        lines += [f"  {slug(path.stem)}:    # not used yet: join it in a SELECT of sql/", f"    file: {quoted(path.name)}", "    lookup: true"]
    codes = sorted({blank for item in plan.scores for blank in item.guess.blanks})
    if codes:
        lines += ["", "# Counted on the page about the data.", "checks:"]
    for number, code in enumerate(codes, start=1):
        asked = [item.guess.column for item in plan.scores if code in item.guess.blanks]
        lines += [f"  no_answer_{number}:", f"    label: {quoted(f'A question answered with {code} ({len(asked)} questions can hold it)')}",
                  f"    sql: {quoted(f'SELECT _source FROM {SOURCE} WHERE {literal(code)} IN (' + ', '.join(map(column, asked)) + ')')}",
                  "    handling: taken for no answer"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _chosen(plan: Plan, guess: Guess) -> bool:
    return any(item.guess is guess for item in plan.segments)


def _rows(plan: Plan) -> str:
    return f"(SELECT * FROM {SOURCE} WHERE _row > {plan.skip}) AS rows    -- the first {plan.skip} rows only explain the columns" if plan.skip else SOURCE


def _journey(plan: Plan) -> str:
    return column(plan.one("key").column) if plan.one("key") else "_source"


def moment(guess: Guess | None, plan: Plan) -> str:
    """A time, local, as text; a cell that cannot be read stays as it is, for the contract to tell."""
    if guess is None:
        return literal(str(plan.day))
    name = column(guess.column)
    return name if guess.pattern == ISO else f"coalesce(CAST(try_strptime({name}, {literal(guess.pattern)}) AS VARCHAR), {name})"


def number(guess: Guess) -> str:
    """A cell as a number: no-answer codes empty, decimal commas as points, words as their place on the scale."""
    name = column(guess.column)
    if guess.reading == "words":
        steps = " ".join(f"WHEN {literal(word)} THEN '{place}'" for place, word in enumerate(guess.words, start=1))
        blanks = "".join(f" WHEN {literal(blank.lower())} THEN NULL" for blank in guess.blanks)
        return f"CASE lower({name}) {steps}{blanks} ELSE {name} END"
    text = {"comma": f"replace({name}, ',', '.')", "leading": rf"regexp_replace({name}, '^(-?\d{{1,2}}).*$', '\1')"}.get(guess.reading, name)
    if not guess.blanks:
        return text
    if len(guess.blanks) == 1:
        return f"nullif({text}, {literal(guess.blanks[0])})"
    return f"CASE WHEN {text} IN ({', '.join(map(literal, guess.blanks))}) THEN NULL ELSE {text} END"


def journeys_sql(plan: Plan) -> str:
    head = "-- One row of the file is one journey.\n" + ("" if plan.one("key") else "-- No column tells the rows apart, so file and row stand for the id: give the export a key.\n")
    swapped = plan.started and plan.started.ambiguous
    columns = [
        (_journey(plan), "journey_id", ""),
        *([(column(plan.one("customer").column), "customer_id", "kept as a pseudonym")] if plan.one("customer") else []),
        (moment(plan.started, plan), "started_at", "day and month could be swapped: check" if swapped else "one date for all rows" if not plan.started else ""),
        ("'completed'", "status", "open, completed, cancelled or abandoned"),
        *([(column(plan.one("unit").column), "unit", "")] if plan.one("unit") else []),
        *([(number(plan.one("money")), "value", "")] if plan.one("money") else []),
        *((column(item.guess.column), item.id, "") for item in plan.segments),
        ("_source", "source", ""),
    ]
    body = ",\n       ".join(f"{what} AS {name}" + (f" /* {why} */" if why else "") for what, name, why in columns)
    return f"{head}SELECT {body}\nFROM {_rows(plan)}\n"


def _base(plan: Plan) -> str:
    customer, weight = plan.one("customer"), plan.one("weight")
    answered = moment(plan.answered, plan)
    if plan.answered is not plan.started:
        answered = f"coalesce({answered}, {moment(plan.started, plan)})"
    return f"""base AS (
    SELECT {_journey(plan)} AS _journey, {column(customer.column) if customer else "NULL"} AS _customer,
           {answered} AS _answered, {number(weight) if weight else "NULL"} AS _weight, *
    FROM {_rows(plan)}
)"""


def responses_sql(plan: Plan) -> str:
    parts = []
    for item in plan.scores:
        low, high = item.guess.scale
        why = f"  -- {', '.join(item.guess.blanks)}: outside {low} to {high}, taken for no answer" if item.guess.blanks else ""
        parts.append(f"SELECT _journey, _customer, _answered, _weight, _source, '{item.touchpoint}' AS touchpoint, '{item.id}' AS metric,\n"
                     f"           {number(item.guess)} AS score{why}\n    FROM base")  # fmt: skip
    return f"""-- One row a question put to a customer. A score that is not on its scale is set aside by the contract, with its row.
WITH {_base(plan)},
given AS (
    {UNION.join(parts)}
)
SELECT _journey || '-' || touchpoint || '.' || metric AS response_id,
       _journey AS journey_id,
       _customer AS customer_id,
       touchpoint,
       metric,
       score,
       _answered AS asked_at,
       CASE WHEN score IS NOT NULL THEN _answered END AS answered_at,
       _weight AS weight,
       _source AS source
FROM given
"""


def events_sql(plan: Plan) -> str:
    steps = {item.touchpoint: item.guess for item in plan.steps}
    parts = []
    for point in plan.touchpoints:
        rated = [column(item.guess.column) if item.guess.reading == "words" else number(item.guess) for item in plan.scores if item.touchpoint == point]
        when = moment(steps[point], plan) if point in steps else "_answered"
        where = f"{when} IS NOT NULL" if point in steps else f"coalesce({', '.join(rated)}) IS NOT NULL" if rated else "true"
        parts.append(f"SELECT _journey, '{point}' AS touchpoint, {when} AS started_at, _source FROM base\n    WHERE {where}")
    return f"""-- Who rates something has met it. Where the file has no time of a step, the time of the answer stands for it.
WITH {_base(plan)},
steps AS (
    {UNION.join(parts)}
)
SELECT _journey || '-' || touchpoint AS event_id, _journey AS journey_id, touchpoint, started_at, _source AS source
FROM steps
"""


def inputs_sql(plan: Plan) -> str:
    parts = [f"SELECT _journey, '{item.touchpoint}' AS touchpoint, '{item.id}' AS input, {number(item.guess)} AS value, _answered, _source FROM base" for item in plan.inputs]
    return f"""-- What was delivered, known by the time of the answer.
WITH {_base(plan)},
measured AS (
    {UNION.join(parts)}
)
SELECT _journey AS journey_id, touchpoint, input, value, _answered AS measured_at, _source AS source
FROM measured
WHERE value IS NOT NULL
"""


def comments_sql(plan: Plan) -> str:
    said = [guess.column for guess in plan.guesses if guess.role == "comment"]
    parts = [f"SELECT _journey, _customer, _answered, _source, {place} AS place, {column(name)} AS text FROM base" for place, name in enumerate(said, start=1)]
    return f"""-- What customers wrote: {", ".join(map(short, said))}.
WITH {_base(plan)},
said AS (
    {UNION.join(parts)}
)
SELECT _journey || '-comment-' || place AS comment_id, _journey AS journey_id, _customer AS customer_id, '{OVERALL}' AS touchpoint,
       'survey' AS origin, 'direct' AS directness, text, _answered AS written_at, _source AS source
FROM said
WHERE trim(text) <> ''
"""


def readme(plan: Plan) -> str:
    rows = "\n".join(f"| {short(guess.column)} | {guess.role} | {guess.why} |" for guess in plan.guesses)
    return f"""# {plan.label}
Proposed by `cx init` from {", ".join(path.name for path in plan.files)}. Check first: `cx check {plan.name}`, then `cx run {plan.name}`.

1. Are the scores on the right scale, and the no-answer codes right (`journey.yaml`, `sql/responses.sql`)?
2. Are the touchpoints in the order in which customers meet them (`journey.yaml`)?
3. Does each input have the right unit, direction and a standard (`journey.yaml`)?
4. Is the time zone right (`journey.yaml`)? Are dates read as day and month as you mean them (`sql/journeys.sql`)?
5. Remove the caveat in `journey.yaml` once somebody has confirmed all this.

What each column was taken for; a wrong guess is put right by `--as COLUMN=ROLE` on a new `cx init`, or in the files.

| column | taken for | because |
|---|---|---|
{rows}
"""
