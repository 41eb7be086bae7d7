"""The rules of a table as SQL: what its contract and the brand's journey.yaml ask of every row, judged where rows lie.

The contract is declared once (`tables/contracts.py`); `contracts.pandera_schema` compiles the same declaration for
analysts, and a test holds both to the same verdict on made-up rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cx_helpers.config import Brand
from cx_helpers.config.journey import OVERALL, Metric
from cx_helpers.tables.contracts import FLAG, NUMBER, Column, Contract

MOST = 63  # rules a table: each is one bit of a row's verdict
TEXT_OF = "_text_"


@dataclass(frozen=True)
class Rule:
    """One rule of a table.

    Attributes
    ----------
    column : str
        The column the quarantine names.
    reason : str
        What is wrong, in words; an SQL expression where `worded` is False.
    broken : str
        SQL, true where the rule is broken; unknown is not broken.
    found : str
        The column whose content the quarantine shows.
    """

    column: str
    reason: str
    broken: str
    suggestion: str
    found: str = ""
    worded: bool = True


def table_rules(contract: Contract, brand: Brand, texts: Collection[str], parents: Mapping[str, str]) -> list[Rule]:
    """Every rule of one table.

    Parameters
    ----------
    texts : columns that were cast from text; where that failed, ``_text_<column>`` holds what stood there
    parents : mapping of column to the table whose accepted rows it must name; ``_no_<column>`` is true where it names none
    """
    rules = [*_uncastable(contract, texts), *_columns(contract, texts), *_order(contract)]
    if any(column.name == "touchpoint" for column in contract.columns):
        points = [OVERALL, *(point.id for point in brand.journey.touchpoints)]
        rules.append(
            Rule("touchpoint", "touchpoint is not in journey.yaml", f'"touchpoint" NOT IN ({_words(points)})',
                 "Declare it under stages, or map it in the SQL.")
        )  # fmt: skip
    if contract.table == "responses":
        rules += _scores(brand, texts)
    if contract.table == "inputs":
        rules += _measures(brand)
    for column, table in parents.items():
        one = table.removesuffix("s")
        rules.append(
            Rule(column, f"the {one} is not among the accepted {table}", f'"_no_{column}"', f"Load the {one}'s file, or mend the id.")
        )
    return rules


def verdict(rules: list[Rule]) -> str:
    """SQL of a row's verdict: bit i is set where rule i is broken, 0 keeps the contract."""
    bits = [f"CASE WHEN {rule.broken} THEN {1 << place}::UBIGINT ELSE 0::UBIGINT END" for place, rule in enumerate(rules)]
    return " | ".join(bits) or "0::UBIGINT"


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _words(values: Collection[str]) -> str:
    return ", ".join(quoted(value) for value in values) or "NULL"


def _uncastable(contract: Contract, texts: Collection[str]) -> list[Rule]:
    kinds = {NUMBER: "a number", FLAG: "true or false"}
    return [
        Rule(column.name, f"{column.name} is not {kinds.get(column.type, 'a time')}", f'"{TEXT_OF}{column.name}" IS NOT NULL',
             "Mend the cell in the export, or cast it in the SQL.", TEXT_OF + column.name)
        for column in contract.columns
        if column.name in texts
    ]  # fmt: skip


def _untold(name: str, texts: Collection[str]) -> str:
    """A cell that holds something uncastable is told as such, and as nothing else."""
    return f' AND "{TEXT_OF}{name}" IS NULL' if name in texts else ""


def _columns(contract: Contract, texts: Collection[str]) -> list[Rule]:
    rules = []
    for column in contract.columns:
        name = f'"{column.name}"'
        if column.required:
            rules.append(
                Rule(column.name, f"{column.name} is missing", f"{name} IS NULL{_untold(column.name, texts)}",
                     "Fill it in the export, or mend the SQL.")
            )  # fmt: skip
        if column.limited:
            rules.append(Rule(column.name, column.outside, _outside(name, column), "Mend the export."))
        if column.allowed:
            rules.append(Rule(column.name, column.not_allowed, f"{name} NOT IN ({_words(column.allowed)})", "Map it in the SQL."))
        if column.pattern:
            rules.append(
                Rule(column.name, column.not_matching, f"NOT regexp_full_match({name}, {quoted(column.pattern)})", "Write it so in the SQL.")
            )
    return rules


def _outside(name: str, column: Column) -> str:
    sides = [f"{name} < {column.low!r}"] * (column.low is not None) + [f"{name} > {column.high!r}"] * (column.high is not None)
    return f"({' OR '.join(sides)})"


def _order(contract: Contract) -> list[Rule]:
    return [
        Rule(later, f"{later} is before {earlier}", f'"{later}" < "{earlier}"', "Check the clocks of the export.")
        for earlier, later in contract.not_before
    ]


def _by_name(name: str, values: Mapping[str, float | str | None]) -> str:
    """A value by the full name of an input or metric; unknown for the others."""
    known = {key: value for key, value in values.items() if value is not None}
    if not known:
        return "NULL"
    cases = (f"WHEN {quoted(key)} THEN {quoted(v) if isinstance(v, str) else repr(float(v))}" for key, v in known.items())
    return f"CASE {name} {' '.join(cases)} END"


def _scores(brand: Brand, texts: Collection[str]) -> list[Rule]:
    metrics = brand.journey.metrics
    name = '("touchpoint" || \'.\' || "metric")'
    low, high = (
        f"coalesce({_by_version(name, metrics, side)}, \"{column}\", {_by_name(name, {key: metric.limits[side] for key, metric in metrics.items()})})"
        for side, column in enumerate(("scale_min", "scale_max"))
    )
    untold = _untold("answered_at", texts)
    return [
        Rule("metric", "metric is not in journey.yaml", f"{name} NOT IN ({_words(metrics)})", "Declare it at its touchpoint."),
        Rule("score", "score is outside its scale", f'("score" < {low} OR "score" > {high})', "Fix the export, or set the scale."),
        Rule("answered_at", "score has no time of answer", f'"score" IS NOT NULL AND "answered_at" IS NULL{untold}',
             "Map answered_at in the SQL."),
    ]  # fmt: skip


def _by_version(name: str, metrics: Mapping[str, Metric], side: int) -> str:
    """The end of the scale that journey.yaml declares for a wording or programme; unknown for the others."""
    cases = [
        f"WHEN {name} = {quoted(key)} AND {quoted(version)} IN ({column}) THEN {float(scale[side])!r}"
        for column in ('"question_version"', '"programme"')
        for key, metric in metrics.items()
        for version, scale in metric.comparable.scales.items()
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL"


def _measures(brand: Brand) -> list[Rule]:
    inputs = brand.journey.inputs
    name = '("touchpoint" || \'.\' || "input")'
    lows = {key: item.minimum for key, item in inputs.items() if item.minimum is not None}
    highs = {key: item.maximum for key, item in inputs.items() if item.maximum is not None}
    below = {key: f"{key} is below {low:g}" for key, low in lows.items()}
    above = {key: f"{key} is above {high:g}" for key, high in highs.items()}
    return [
        Rule("input", "input is not in journey.yaml", f"{name} NOT IN ({_words(inputs)})", "Declare it at its touchpoint."),
        Rule("value", _by_name(name, below), f'"value" < {_by_name(name, lows)}', "Check the clocks of the export.", worded=False),
        Rule("value", _by_name(name, above), f'"value" > {_by_name(name, highs)}', "Check the export.", worded=False),
    ]
