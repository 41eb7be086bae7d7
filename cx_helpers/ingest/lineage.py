"""Which raw field feeds which canonical column, read from the brand's SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope, traverse_scope

RawField = tuple[str, str]
LINEAGE = ("_source", "_file", "_row")


@dataclass(frozen=True)
class Reads:
    """What one canonical table reads.

    Attributes
    ----------
    feeds : dict of canonical column to the raw (source, field) it is made from
    other : raw (source, field) that only join, choose or order rows
    whole : sources of which nothing finer is known: every field may feed every column
    named : of `inputs` and `responses`: full name (``touchpoint.input``, ``touchpoint.metric``) to the raw fields its
        value is made from, where the SQL writes the name out
    """

    feeds: dict[str, frozenset[RawField]]
    other: frozenset[RawField]
    whole: frozenset[str] = frozenset()
    named: Mapping[str, frozenset[RawField]] = field(default_factory=dict)

    def made_from(self, fields: set[RawField]) -> list[str]:
        """Canonical columns made from any of `fields`."""
        return [column for column, made in self.feeds.items() if made & fields]


def reads(sql: str, columns: Mapping[str, Sequence[str]]) -> Reads:
    """What a SELECT reads of the raw tables.

    Parameters
    ----------
    sql : one SELECT in DuckDB's dialect
    columns : source to the columns of its files

    Returns
    -------
    Reads : where the SQL cannot be followed, its sources as a whole.
    """
    known = {name.lower(): {column.lower(): (name, column) for column in found} for name, found in columns.items()}
    try:
        tree = sqlglot.parse_one(sql.rstrip().rstrip(";"), dialect="duckdb")
        turned = _turned(tree, columns)
        schema = {name: {column: "text" for column in (*found, *LINEAGE)} for name, found in known.items()}
        tree = qualify(tree, schema=schema, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=False, identify=False)
        scope = build_scope(tree)
        feeds = {name: _leaves(name, tree, scope, known) for name in tree.named_selects if name != "*"}
        named = _named(scope, known)
        seen = _used(pushdown_projections(tree.copy()), known) | turned
    except (SqlglotError, ValueError, KeyError, AttributeError, RecursionError):
        return _whole(sql, columns)
    fed = frozenset().union(*feeds.values()) if feeds else frozenset()
    return Reads(feeds, frozenset(seen - fed), named=named)


def used(read: Iterable[Reads]) -> set[RawField]:
    """Raw (source, field) that is read at all, be it for a value, to join, to choose or to order."""
    return {field for part in read for fields in (part.other, *part.feeds.values()) for field in fields}


def _turned(tree: exp.Expression, columns: Mapping[str, Sequence[str]]) -> frozenset[RawField]:
    """Fields named in a query that turns columns into rows (UNPIVOT), or chooses them by a pattern (all then): no lineage sees these."""
    if not tree.find(exp.Pivot, exp.Columns):
        return frozenset()
    names = {part.name.lower() for part in tree.find_all(exp.Identifier)}
    every = _whole(tree.sql("duckdb"), columns).other
    return every if tree.find(exp.Columns) else frozenset(field for field in every if field[1].lower() in names)


def _leaves(name: str, tree: exp.Expression, scope: Scope, known: dict) -> frozenset[RawField]:
    root: Node = lineage(name, tree, dialect="duckdb", scope=scope, copy=False)
    found = set()
    for node in root.walk():
        if isinstance(node.expression, exp.Table):
            field = known.get(node.expression.name.lower(), {}).get(node.name.rsplit(".", 1)[-1].strip('"').lower())
            found |= {field} if field else set()
    return frozenset(found)


def _named(scope: Scope, known: dict) -> dict[str, frozenset[RawField]]:
    """Of each SELECT, or arm of a UNION, that writes out touchpoint and input (or metric): what its value is made from."""
    found: dict[str, frozenset[RawField]] = {}
    for part in scope.traverse():
        if not isinstance(part.expression, exp.Select):
            continue
        arms = part.expression
        while isinstance(arms.parent, exp.SetOperation):
            arms = arms.parent
        places = {name: place for place, name in enumerate(arms.named_selects)}
        what, value = ("input", "value") if "input" in places else ("metric", "score")
        if not {"touchpoint", what, value} <= places.keys() or len(part.expression.selects) < len(places):
            continue
        touchpoint, item, made = (part.expression.selects[places[name]] for name in ("touchpoint", what, value))
        touchpoint, item = touchpoint.unalias(), item.unalias()
        if isinstance(touchpoint, exp.Literal) and isinstance(item, exp.Literal):
            name = f"{touchpoint.name}.{item.name}"
            found[name] = found.get(name, frozenset()) | _leaves(made.alias_or_name, part.expression, part, known)
    return found


def _used(tree: exp.Expression, known: dict) -> set[RawField]:
    found = set()
    for scope in traverse_scope(tree):
        for column in scope.columns:
            source = scope.sources.get(column.table)
            if isinstance(source, exp.Table):
                field = known.get(source.name.lower(), {}).get(column.name.lower())
                found |= {field} if field else set()
    return found


def _whole(sql: str, columns: Mapping[str, Sequence[str]]) -> Reads:
    text = sql.lower()
    named = frozenset(name for name in columns if name.lower() in text)
    return Reads({}, frozenset((name, column) for name in named for column in columns[name]), named)
