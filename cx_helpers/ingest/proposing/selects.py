"""The SELECTs of a proposed brand: one a canonical table, over every source that can fill it."""

from __future__ import annotations

import re

from cx_helpers.config.journey import OVERALL
from cx_helpers.ingest.proposing.files import month_column, question_columns
from cx_helpers.ingest.proposing.kinds import Guess
from cx_helpers.ingest.proposing.names import plain
from cx_helpers.ingest.proposing.parts import Asked, Part
from cx_helpers.ingest.proposing.times import SHORT

UNION = "\n    UNION ALL\n    "
BANDS = ((25, "under 25"), (35, "25 to 34"), (45, "35 to 44"), (55, "45 to 54"), (65, "55 to 64"))
ENDED = (("cancelled", re.compile(r"cancel|void|refund|rejected|unavailable", re.I)), ("abandoned", re.compile(r"abandon|no.?show|expired", re.I)),
         ("completed", re.compile(r"complet|deliver|closed|done|paid|return|finish|solved|shipped|fulfil", re.I)))  # fmt: skip


def short(text: str) -> str:
    """A column's name inside a comment or a table: one line, not too long."""
    return " ".join(plain(text).replace("|", " ").split())[:80]


def column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def moment(guess: Guess | None, plan) -> str:
    """A time, local, as text; a cell that cannot be read stays as it is, for the contract to tell."""
    if guess is None:
        return literal(str(plan.day)) if plan.day else "NULL"
    name = column(guess.column)
    if guess.pattern not in SHORT:
        return name
    return f"coalesce(CAST(try_strptime(lpad({name}, 6, '0'), {literal(guess.pattern)}) AS VARCHAR), {name})"


def number(guess: Guess, coded: bool = False) -> str:
    """A cell as a number: words as their place on the scale. Codes for no answer and decimal commas are gone when read, but for `coded`."""
    name = column(guess.column)
    if guess.reading == "ticked":
        return f"CASE WHEN {name} IS NULL THEN '0' ELSE '1' END"
    if guess.places:
        steps = " ".join(f"WHEN {literal(text)} THEN '{place}'" for text, place in guess.places)
        return f"CASE {name} {steps} ELSE {name} END"
    text = rf"regexp_replace({name}, '^(-?\d{{1,2}}).*$', '\1')" if guess.reading == "leading" else name
    return f"CASE WHEN {text} NOT IN ({', '.join(map(literal, guess.blanks))}) THEN {text} END" if coded and guess.blanks else text


def group(guess: Guess) -> str:
    """A cell as the name of a group: codes by their labels, ages by their band."""
    name = column(guess.column)
    if guess.kind == "age":
        bands = " ".join(f"WHEN TRY_CAST({name} AS DOUBLE) < {end} THEN {literal(label)}" for end, label in BANDS)
        return f"CASE {bands} WHEN TRY_CAST({name} AS DOUBLE) IS NOT NULL THEN '65 and older' END"
    if guess.labels:
        named = " ".join(f"WHEN {literal(code)} THEN {literal(label)}" for code, label in guess.labels)
        return f"CASE {name} {named} ELSE {name} END"
    return name


def rows_of(plan, part: Part) -> str:
    """The rows of a source with what leads to a journey and a customer: the first lines of every SELECT."""
    first = plan.backbone
    journey = column(part.link) if part.link else "_source" if part is first else "NULL"
    own = part.key and part is not first and part.key != part.link
    customer = column(part.customer) if part.customer else "NULL"
    if customer == "NULL" and part is not first and part.link and first.customer:
        customer = f"(SELECT any_value({column(first.customer)}) FROM {first.name} AS _j WHERE _j.{column(first.link)} = {part.name}.{column(part.link)})"
    known = list(dict.fromkeys(moment(guess, plan) for guess in (part.answered, part.asked, part.started) if guess)) or [moment(None, plan)]
    answered = f"coalesce({', '.join(known)})" if len(known) > 1 else known[0]
    asked = f"coalesce({moment(part.asked, plan)}, {answered})" if part.asked else answered
    weight = part.seen.one("weight")
    refused = [guess for guess in part.seen.guesses if guess.role == "consent"]
    where = "".join(f"\n    WHERE {column(g.column)} NOT IN ({', '.join(literal(text) for text, yes in g.places if not yes)})    -- who said no is not used" for g in refused[:1])
    return f"""{part.name}_rows AS (
    SELECT {column(part.key) if own else journey if part.key and part is first else "_source"} AS _id, {journey} AS _journey, {customer} AS _customer,
           {answered} AS _answered, {asked} AS _asked, {number(weight) if weight else "NULL"} AS _weight, *
    FROM {part.name}{where}
)"""


def _select(plan, table: str, comment: str, parts: list[tuple[Part, str]], outer: str) -> str:
    """A SELECT over the rows of several sources, put together by UNION ALL."""
    used = list({part.name: part for part, _ in parts}.values())
    heads = ",\n".join(rows_of(plan, part) for part in used)
    return f"-- {comment}\nWITH {heads},\n{table} AS (\n    {UNION.join(text for _, text in parts)}\n)\n{outer}\nFROM {table}\n"


def sql_files(plan) -> dict[str, str]:
    """Table name to its SELECT, for each table that the exports can fill."""
    made = {"journeys": journeys(plan), "responses": responses(plan), "events": events(plan), "inputs": inputs(plan), "comments": comments(plan),
            "cases": cases(plan), "outcomes": outcomes(plan), "permissions": permissions(plan), "customers": customers(plan)}  # fmt: skip
    return {table: text for table, text in made.items() if text}


def journeys(plan) -> str:
    part = plan.backbone
    one = (lambda text: f"any_value({text})") if part.grouped else (lambda text: text)
    start = moment(part.started, plan)
    why = "" if part.started else "one date for all rows"
    unit, money, end = part.seen.one("unit"), part.seen.one("money"), part.steps[-1].guess if part.steps and part.kind == "orders" else None
    columns = [
        ("_journey", "journey_id", ""), (one("_customer"), "customer_id", "kept as a pseudonym") if part.customer else None,
        (f"min({start})" if part.grouped else start, "started_at", why),
        (f"max({moment(part.answered, plan)})", "ended_at", "") if part.kind == "events" else (moment(end, plan), "ended_at", "") if end else None,
        (one(_status(part)), "status", "open, completed, cancelled or abandoned"),
        (one(column(unit.column)), "unit", "") if unit else None, (one(number(money)), "value", "") if money else None,
        *((one(group(item.guess)), item.id, "") for item in plan.segments), ("min(_source)" if part.grouped else "_source", "source", ""),
    ]  # fmt: skip
    body = ",\n       ".join(f"{what} AS {name}" + (f" /* {note} */" if note else "") for what, name, note in filter(None, columns))
    keyed = "" if part.link else "\n-- No column tells the rows apart, so file and row stand for the id: give the export a key."
    return f"-- {part.joined[0].upper()}{part.joined[1:]}.{keyed}\nWITH {rows_of(plan, part)}\nSELECT {body}\nFROM {part.name}_rows\n" + ("GROUP BY _journey\n" if part.grouped else "")


def _status(part: Part) -> str:
    found = next((g for g in part.seen.guesses if re.search(r"status$|^state$", g.column, re.I) and g.role in ("segment", "unused") and 1 < g.distinct <= 20), None)
    if found is None or part.kind not in ("orders", "survey", "tickets") or part.seen.platform and part.kind != "tickets":
        return "'completed'"
    cases = {text: next((status for status, rule in ENDED if rule.search(text)), "open") for text in sorted(part.seen.table[found.column].dropna().unique())}
    if "completed" not in cases.values():
        return "'completed'"
    return f"CASE {column(found.column)} {' '.join(f'WHEN {literal(text)} THEN {literal(status)}' for text, status in cases.items())} ELSE 'open' END"


def _of(part: Part, item: Asked) -> str:
    """The rows of one question in an export with a row an answer."""
    return f" WHERE {column(question_columns(part.seen)[1])} = {literal(item.only)}" if item.only and part.kind == "answers" else ""


def _requested(part: Part, item: Asked) -> str:
    """Where the export says when it asked, a row without that time and without an answer is no request."""
    if not part.asked or part.asked.filled == 1:
        return ""
    return f" WHERE {column(part.asked.column)} IS NOT NULL OR {column(item.guess.column)} IS NOT NULL"


def responses(plan) -> str:
    parts = []
    for part in plan.parts:
        for item in part.scores:
            low, high = item.guess.scale
            why = f"  -- {', '.join(item.guess.blanks)}: taken for no answer" if item.guess.blanks else ""
            parts.append((part, f"SELECT _id, _journey, _customer, _answered, _asked, _weight, _source, '{item.touchpoint}' AS touchpoint, '{item.id}' AS metric,\n"
                                f"           {number(item.guess, coded=bool(item.only))} AS score, {low} AS scale_min, {high} AS scale_max{why}\n    FROM {part.name}_rows{_of(part, item) or _requested(part, item)}"))  # fmt: skip
    if not parts:
        return ""
    return _select(plan, "given", "One row a question put to a customer. A score that is not on its scale is set aside by the contract, with its row.", parts,
                   """SELECT _id || '-' || touchpoint || '.' || metric AS response_id, _journey AS journey_id, _customer AS customer_id,
       touchpoint, metric, score, scale_min, scale_max, _asked AS asked_at, CASE WHEN score IS NOT NULL THEN _answered END AS answered_at,
       _weight AS weight, _source AS source""")  # fmt: skip


def events(plan) -> str:
    """Steps with a time of their own, then those that were measured; where there is neither, what was rated was met.

    Beside real steps, a touchpoint that is only rated has none: to have answered is not to have been there.
    """
    parts, timed = [], {item.touchpoint for part in plan.parts for item in part.steps}
    measured = {item.touchpoint for item in plan.inputs} - {OVERALL, "contact"} - timed
    for part in plan.parts:
        rows = f"FROM {part.name}_rows"
        head = "SELECT _id, _journey, _source,"
        for item in part.steps:
            when = moment(part.started if part.kind == "events" else item.guess, plan)
            chosen = f"{column(item.guess.column)} = {literal(item.only)}" if item.only else f"{column(item.guess.column)} IS NOT NULL"
            parts.append((part, f"{head} '{item.touchpoint}' AS touchpoint, {when} AS started_at {rows} WHERE {chosen}"))
        if part.kind == "tickets" and part.link:
            parts.append((part, f"{head} 'contact' AS touchpoint, {moment(part.started, plan)} AS started_at {rows}"))
        rated_only = [] if timed or measured or part.kind == "tickets" else part.scores
        mine = [item for item in rated_only if item.touchpoint != OVERALL]
        for point in dict.fromkeys(item.touchpoint for item in mine) if part.link or part is plan.backbone else ():
            rated = [item for item in mine if item.touchpoint == point]
            given = " OR ".join(f"({column(question_columns(part.seen)[1])} = {literal(item.only)})" if item.only else f"{column(item.guess.column)} IS NOT NULL" for item in rated)
            parts.append((part, f"{head} '{point}' AS touchpoint, _answered AS started_at {rows} WHERE {given}"))
    for point in sorted(measured) or ([] if parts else list(plan.touchpoints)):
        part = next((part for part in plan.parts if any(item.touchpoint == point for item in part.inputs)), plan.backbone)
        parts.append((part, f"SELECT _id, _journey, _source, '{point}' AS touchpoint, _answered AS started_at FROM {part.name}_rows"))
    return _select(plan, "steps", "Where the file has no time of a step, the time of its row stands for it.", parts,
                   "SELECT _source || '-' || touchpoint AS event_id, _journey AS journey_id, touchpoint, started_at, _source AS source")  # fmt: skip


def inputs(plan) -> str:
    parts = []
    for part in plan.parts:
        for item in part.inputs if part.link or part is plan.backbone else ():
            value = number(item.guess)
            known = "_answered"
            if item.only:
                value = f"date_diff('minute', TRY_CAST({column(item.only)} AS TIMESTAMP), TRY_CAST({column(item.guess.column)} AS TIMESTAMP)) / 60.0"
                value, known = f"greatest(0, {value})" if item.id == "hours_past_promise" else value, column(item.guess.column)
            parts.append((part, f"SELECT _journey, '{item.touchpoint}' AS touchpoint, '{item.id}' AS input, CAST({value} AS VARCHAR) AS value, {known} AS _known, _source FROM {part.name}_rows"))
    if not parts:
        return ""
    return _select(plan, "measured", "What was delivered or told, and since when it was known.", parts,
                   "SELECT _journey AS journey_id, touchpoint, input, value, _known AS measured_at, _source AS source") + "WHERE value IS NOT NULL\n"  # fmt: skip


def comments(plan) -> str:
    parts, names = [], []
    for part in plan.parts:
        origin = {"tickets": "ticket", "reviews": "review"}.get(part.kind, "survey")
        place = "contact" if part.kind == "tickets" else OVERALL
        said = [(guess, "", short(guess.column)) for guess in part.seen.guesses if guess.role == "comment"]
        said += [(item.guess, _of(part, item), short(item.label)) for item in part.said]
        for number_, (guess, rows, name) in enumerate(said, start=1):
            names.append(name)
            parts.append((part, f"SELECT _id || '-{part.name}-{number_}' AS comment_id, _journey, _customer, _answered, _source, '{origin}' AS origin, "
                                f"'{place}' AS touchpoint, {column(guess.column)} AS text FROM {part.name}_rows{rows}"))  # fmt: skip
    if not parts:
        return ""
    return _select(plan, "said", f"What customers wrote: {', '.join(names)}.", parts,
                   """SELECT comment_id, _journey AS journey_id, _customer AS customer_id, touchpoint, origin, 'direct' AS directness, text,
       _answered AS written_at, _source AS source""") + "WHERE trim(text) <> ''\n"  # fmt: skip


def cases(plan) -> str:
    part = next((part for part in plan.parts if part.kind == "tickets"), None)
    if not part:
        return ""
    closed = next((item.guess for item in part.inputs if item.id == "hours_to_close"), None)
    cause = part.seen.named(re.compile(r"reason|cause|categor|topic|^type$|subject.?type|contact.?reason", re.I), "segment", "unused")
    return f"""-- Tickets as cases. `recovered` is the brand's own rule and is left open.
WITH {rows_of(plan, part)}
SELECT _id AS case_id, _journey AS journey_id, _customer AS customer_id, 'contact' AS touchpoint,
       {column(cause.column) if cause else "NULL"} AS cause, {moment(part.started, plan)} AS opened_at, {moment(closed, plan) if closed else "NULL"} AS closed_at, _source AS source
FROM {part.name}_rows
"""


def outcomes(plan) -> str:
    part = next((part for part in plan.parts if part.kind == "money"), None)
    if not part:
        return ""
    revenue, cost = part.seen.one("money"), part.seen.named(re.compile(r"(^|_|\b)(costs?|kosten|costes?|custos?)($|_|\b)", re.I))
    return f"""-- A customer's month in money.
SELECT {column(part.customer)} AS customer_id, substr({column(month_column(part.seen))}, 1, 7) AS month,
       {number(revenue)} AS revenue, {number(cost) if cost else "NULL"} AS cost, TRY_CAST({number(revenue)} AS DOUBLE) > 0 AS active, _source AS source
FROM {part.name}
"""


def permissions(plan) -> str:
    part = next((part for part in plan.parts if part.kind == "permissions"), None)
    if not part:
        return ""
    withdrawn = part.seen.named(re.compile(r"withdr|revok|opt.?out|until|end", re.I))
    granted = part.seen.named(re.compile(r"grant|given|opt.?in|signed|since|from", re.I))
    purpose, basis = part.seen.named(re.compile("purpose", re.I)), part.seen.named(re.compile("basis|ground|source", re.I), "segment", "unused")
    return f"""-- Consents given and withdrawn.
SELECT {column(part.customer)} AS customer_id, {column(purpose.column) if purpose else "'service_improvement'"} AS purpose,
       {column(basis.column) if basis else "'consent'"} AS basis, {moment(granted, plan)} AS granted_at,
       {moment(withdrawn, plan) if withdrawn else "NULL"} AS withdrawn_at, _source AS source
FROM {part.name}
"""


def customers(plan) -> str:
    part = next((part for part in plan.parts if part.kind == "customers"), None)
    if not part:
        return ""
    traits = "".join(f"{group(guess)} AS {column(re.sub(r'[^a-z0-9]+', '_', guess.column.lower()).strip('_'))}, " for guess in part.seen.guesses if guess.role == "segment")
    return f"-- Customers and their traits.\nSELECT {column(part.customer)} AS customer_id, {traits}_source AS source\nFROM {part.name}\n"
