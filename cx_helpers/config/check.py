"""What no single file can see: names that one file uses and another declares."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlglot

from cx_helpers.config.behaviours import behaviour_problems
from cx_helpers.config.yaml_lines import YamlFile

if TYPE_CHECKING:
    from cx_helpers.config.brand import Brand

TAKEN = {
    "answered_at", "asked_at", "customer", "customer_id", "customers", "detractors", "ended_at", "journey_id", "journey_month", "journeys", "metric", "month",
    "n", "name", "net_products", "net_squares", "points", "promoters", "response_id", "score", "started_at", "status", "total", "total_products",
    "total_squares", "touchpoint", "unit", "value", "weight", "weight_squares", "weighted",
}  # fmt: skip


def cross_problems(brand: Brand, files: dict[str, YamlFile]) -> list[str]:
    """Every problem between the files of a brand, one line each."""
    return [
        *_twice(brand, files["journey"]),
        *_states(brand, files["journey"]),
        *_promise(brand, files["journey"]),
        *_segments(brand, files["journey"]),
        *_weighting(brand, files["journey"]),
        *_passwords(brand, files["sources"]),
        *_complete(brand, files["sources"]),
        *_sql(brand),
        *_checks(brand, files["sources"]),
        *_solutions(brand, files.get("solutions")),
        *_audiences(brand, files.get("audiences")),
        *(behaviour_problems(brand.behaviours, brand.journey, files["audiences"]) if brand.behaviours else []),
    ]


def _unknown(word: str, known: Iterable[str], what: str) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(word, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}."
    return f"{word!r} is not {what}; {hint}"


def _twice(brand: Brand, file: YamlFile) -> list[str]:
    """Ids that must be told apart but are not."""
    journey = brand.journey
    groups = {
        "stages": [stage.id for stage in journey.stages],
        "touchpoints": [point.id for point in journey.touchpoints],
        "segments": [segment.id for segment in journey.segments],
        "states": [state.id for state in journey.states],
        "remembered": [metric.id for metric in journey.remembered],
    }
    for point in journey.touchpoints:
        groups[f"inputs and metrics of {point.id}"] = [item.id for item in (*point.inputs, *point.metrics)]
    return [
        file.problem(
            ("stages" if kind not in ("segments", "states", "remembered") else kind,),
            f"{name!r} stands {times} times among the {kind}; ids must differ.",
        )
        for kind, names in groups.items()
        for name, times in Counter(names).items()
        if times > 1
    ]


def _complete(brand: Brand, file: YamlFile) -> list[str]:
    """Tables called complete that no SELECT fills: every row would name somebody unknown."""
    return [
        file.problem(("complete",), f"{table!r} is called complete, and there is no sql/{table}.sql. Write it, or remove {table!r} from complete.")
        for table in brand.sources.complete
        if table not in brand.sql
    ]


def _passwords(brand: Brand, file: YamlFile) -> list[str]:
    """Passwords of databases that stand in a file that is shared; none of them is repeated."""
    return [
        file.problem(("sources", name, "url"), "a password stands in it. Write ${NAME} in its place, set NAME in the environment, and change the password if this file was shared.")
        for name, source in brand.sources.sources.items()
        if source.url and re.search(r"://[^/@:]*:(?!\$\{)[^@]+@|[?&](password|passwd|pwd|sslpassword)=(?!\$\{)", str(file.written(("sources", name, "url"))), re.I)
    ]


def _states(brand: Brand, file: YamlFile) -> list[str]:
    known = brand.journey.inputs
    return [
        file.problem(("states", index, "when", name), _unknown(name, known, "an input of this journey"))
        for index, state in enumerate(brand.journey.states)
        for name in state.when
        if name not in known
    ]


def _promise(brand: Brand, file: YamlFile) -> list[str]:
    known = brand.journey.inputs
    named = brand.journey.promise.inputs if brand.journey.promise else []
    return [file.problem(("promise",), _unknown(name, known, "an input of this journey")) for name in named if name not in known]


def _sql(brand: Brand) -> list[str]:
    """SQL that is not one SELECT, reads what no source gives, or fills no canonical table."""
    from cx_helpers.config.brand import TABLES

    folder, problems = brand.folder / "sql", []
    for path in sorted(folder.glob("*.sql")):
        place = f"{brand.name}/sql/{path.name}"
        if path.stem not in TABLES:
            problems.append(f"{place}:1: {_unknown(path.stem, TABLES, 'a canonical table')}")
            continue
        problems += [f"{place}:{line}: {text}" for line, text in _query(path.read_text(encoding="utf-8"), brand)]
    if not brand.sql:
        problems.append(f"{brand.name}/sql:1: no SQL file found. Write sql/journeys.sql or sql/responses.sql to begin.")
    return problems


def _query(sql: str, brand: Brand) -> list[tuple[int, str]]:
    """What is wrong with one SELECT over the raw tables, each with its line."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect="duckdb") if statement]
    except sqlglot.errors.ParseError as error:
        first = error.errors[0]
        near = f" near {first['highlight']!r}" if first["highlight"] else ""
        return [(first["line"], f"not valid SQL{near}. Mend it here.")]
    except sqlglot.errors.TokenError:
        return [(_unclosed(sql), "not valid SQL: a quote or comment is not closed. Close it.")]
    if len(statements) != 1 or not isinstance(statements[0], sqlglot.exp.Query):
        return [(1, f"expected one SELECT, found {_kinds(statements)}. Write one SELECT.")]
    named = {cte.alias.lower() for cte in statements[0].find_all(sqlglot.exp.CTE)}
    known = {name.lower() for name in brand.sources.sources}
    tables = dict.fromkeys(table.name for table in statements[0].find_all(sqlglot.exp.Table) if table.name)
    lines = sql.splitlines()
    return [
        (next((n for n, text in enumerate(lines, 1) if re.search(rf"\b{re.escape(table)}\b", text)), 1),
         _unknown(table, brand.sources.sources, "a source in sources.yaml"))
        for table in tables
        if table.lower() not in named | known
    ]  # fmt: skip


def _kinds(statements: list) -> str:
    return ", ".join(statement.key.upper() for statement in statements) or "nothing"


def _unclosed(sql: str) -> int:
    """The line in which the quote begins that is never closed."""
    marks = [match.start() for match in re.finditer("'", sql)]
    return sql[: marks[-1]].count("\n") + 1 if marks else 1


def _checks(brand: Brand, file: YamlFile) -> list[str]:
    return [
        file.problem(("checks", name, "sql"), text) for name, check in brand.sources.checks.items() for _, text in _query(check.sql, brand)
    ]


def _segments(brand: Brand, file: YamlFile) -> list[str]:
    """Segments whose name is taken by a column that every answer or journey has."""
    return [
        file.problem(("segments", index, "id"), f"{item.id!r} is a column that every frame has; map it under another name in sql/journeys.sql.")
        for index, item in enumerate(brand.journey.segments)
        if item.id in TAKEN
    ]


def _weighting(brand: Brand, file: YamlFile) -> list[str]:
    known = {"unit", *(segment.id for segment in brand.journey.segments)}
    declared = brand.journey.weighting
    return [
        file.problem(("weighting",), _unknown(column, known, "unit or a declared segment"))
        for column in (declared.columns if declared else ())
        if column not in known
    ]


def _solutions(brand: Brand, file: YamlFile | None) -> list[str]:
    if file is None:
        return []
    challenges = brand.solutions.challenges
    problems = [
        file.problem(("challenges", name, "inputs", index), _unknown(item, brand.journey.inputs, "an input"))
        for name, challenge in challenges.items()
        for index, item in enumerate(challenge.inputs)
        if item not in brand.journey.inputs
    ]
    return problems + [
        file.problem(("solutions", name, "solves", index), _unknown(item, challenges, "a challenge"))
        for name, solution in brand.solutions.solutions.items()
        for index, item in enumerate(solution.solves)
        if item not in challenges
    ]


def _audiences(brand: Brand, file: YamlFile | None) -> list[str]:
    if file is None:
        return []
    columns = {"unit", *(segment.id for segment in brand.journey.segments)}
    return [
        file.problem(("audiences", name, "scope", column), _unknown(column, columns, "unit or a declared segment"))
        for name, audience in brand.audiences.items()
        for column in audience.scope
        if column not in columns
    ]
