"""What a notebook really reads: the columns of the tables behind every expression it runs, inputs and metrics by name.

This fills "insight" and "destination" of the data-use ledger, so that nobody has to write by hand which page uses what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd

from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.results import keep_results
from cx_helpers.tables.selection import Selection

ANY = "*"
VALUES = {"inputs": ("input", "value"), "responses": ("metric", "score")}
"""Tables whose values belong to a named input or metric: the column of the name's last part, and that of the value."""

Wanted = dict[str, bool]  # column to whether its values are read, or only whether there are any


@dataclass
class Uses:
    """What was read so far.

    Attributes
    ----------
    run : mapping with month, audience, notebook
    found : set of (table, column, name)
        `name` is touchpoint.input or touchpoint.metric for values of inputs and scores of responses, ``*`` where the
        expression names none, else "".
    """

    run: Mapping[str, str]
    found: set[tuple[str, str, str]] = field(default_factory=set)

    def note(self, expression: ir.Expr) -> None:
        """Adds what an expression reads, and keeps it where the batch waits for results."""
        known = len(self.found)
        self.found |= columns_read(expression)
        if len(self.found) > known:
            keep_results({"uses": self.frame()}, self.run)

    def frame(self) -> pd.DataFrame:
        """A row a use: table, column, name; ordered."""
        return pd.DataFrame(sorted(self.found), columns=["table", "column", "name"])

    def beside(self, known: pd.DataFrame) -> pd.DataFrame:
        """What this page has read so far beside what other notebooks read when last run.

        What its own notebook read for others or in other months is left out: it may or may not have run yet, and the
        same page comes out either way.
        """
        return pd.concat([known[known["notebook"] != self.run["notebook"]], self.frame().assign(**self.run)], ignore_index=True)


def recorded(selection: Selection, uses: Uses) -> Selection:
    """`selection`, which from now on notes in `uses` what is read through it."""
    watch(selection.connection, uses.note)
    return selection


def watch(connection: ibis.BaseBackend, noticed: Callable[[ir.Expr], None]) -> None:
    """Calls ``noticed(expression)`` before anything is run on this connection."""
    for name in ("execute", "to_pyarrow", "to_pyarrow_batches"):
        setattr(connection, name, _noticing(getattr(connection, name), noticed))


def _noticing(run, noticed):
    def noticing(expression: ir.Expr, /, *args: Any, **kwargs: Any):
        noticed(expression)
        return run(expression, *args, **kwargs)

    return noticing


def columns_read(expression: ir.Expr) -> set[tuple[str, str, str]]:
    """(table, column, name) of every canonical column that an expression needs for its result.

    A column that is carried along and never asked for does not count; a score that is only counted is read as a column, and its
    value is not.
    """
    op = expression.op()
    reading = _Reading()
    if isinstance(op, ops.Relation):
        reading.follow(op, dict.fromkeys(op.schema.names, True))
    else:
        reading.note_names([op])
        for relation, wanted in _fields([op]).items():
            reading.follow(relation, wanted)
    read = set()
    for (table, column), valued in reading.found.items():
        if table not in VALUES or column != VALUES[table][1]:
            read.add((table, column, ""))
        elif valued:
            read |= {(table, column, name) for name in reading.names(VALUES[table][0]) or {ANY}}
    return read


@dataclass
class _Reading:
    """One walk from the columns wanted of a result down to the columns of tables."""

    found: dict[tuple[str, str], bool] = field(default_factory=dict)
    filters: list[tuple] = field(default_factory=list)
    asked: set[ops.And] = field(default_factory=set)
    seen: set = field(default_factory=set)

    def follow(self, relation: ops.Relation, wanted: Wanted) -> None:
        key = (relation, tuple(sorted(wanted.items())))
        if key in self.seen:
            return
        self.seen.add(key)
        if isinstance(relation, ops.PhysicalTable):
            table = _canonical(relation)
            for column, valued in wanted.items() if table else ():
                self.found[(table, column)] = self.found.get((table, column), False) or valued
            return
        if isinstance(relation, ops.Filter):
            self.filters.append(relation.predicates)
        elif isinstance(relation, ops.Aggregate | ops.Project):
            values = relation.values if isinstance(relation, ops.Project) else relation.metrics
            self.note_names([value for name, value in values.items() if name in wanted])
        for below, columns in _needed(relation, wanted).items():
            self.follow(below, columns)

    def note_names(self, values: list[ops.Value]) -> None:
        pending = list(values)
        while pending:
            node = pending.pop()
            if isinstance(node, ops.And):
                self.asked.add(node)
            if isinstance(node, ops.Value) and not isinstance(node, ops.Field):
                pending += _parts(node)

    def names(self, last: str) -> set[str]:
        """Full names asked for by touchpoint and `last`: of those asked for, the ones that every filter lets through."""
        filters = [{name} for predicates in self.filters if (name := _asked(predicates, last))]
        through = set.intersection(*filters) if filters else set()
        asked = {name for both in self.asked if (name := _asked([both], last))}
        return (asked & through or asked) if asked and through else asked or through


def _needed(relation: ops.Relation, wanted: Wanted) -> dict[ops.Relation, Wanted]:
    if isinstance(relation, ops.Project):
        return _fields([relation.values[name] for name in wanted], [wanted[name] for name in wanted])
    if isinstance(relation, ops.JoinChain):
        needed = _fields([relation.values[name] for name in wanted], [wanted[name] for name in wanted])
        return _merged(needed, _fields(predicate for link in relation.rest for predicate in link.predicates))
    if isinstance(relation, ops.Aggregate):
        values = {**relation.groups, **{name: value for name, value in relation.metrics.items() if name in wanted}}
        return _fields(list(values.values()), [wanted.get(name, True) for name in values])
    if isinstance(relation, ops.Reference | ops.DropColumns):
        return {relation.parent: wanted}
    if isinstance(relation, ops.Filter | ops.Sort | ops.Limit | ops.Sample):
        asked = _fields(getattr(relation, "predicates", None) or getattr(relation, "keys", None) or ())
        return _merged({relation.parent: wanted}, asked)
    below = [part for part in relation.__args__ if isinstance(part, ops.Relation)]
    parts = chain.from_iterable(part if isinstance(part, tuple) else [part] for part in relation.__args__)
    asked = _fields(part for part in parts if isinstance(part, ops.Value))
    return _merged(asked, {part: dict.fromkeys(part.schema.names, True) for part in below})


def _merged(one: dict[ops.Relation, Wanted], other: dict[ops.Relation, Wanted]) -> dict[ops.Relation, Wanted]:
    merged = {relation: dict(columns) for relation, columns in one.items()}
    for relation, columns in other.items():
        place = merged.setdefault(relation, {})
        for column, valued in columns.items():
            place[column] = place.get(column, False) or valued
    return merged


def _fields(values, valued: list[bool] | None = None) -> dict[ops.Relation, Wanted]:
    """The columns that values are made from, by their relation."""
    found: dict[ops.Relation, Wanted] = {}
    values = list(values)
    pending = list(zip(values, valued or [True] * len(values), strict=True))
    while pending:
        node, wants_value = pending.pop()
        if isinstance(node, ops.Field):
            place = found.setdefault(node.rel, {})
            place[node.name] = place.get(node.name, False) or wants_value
        elif isinstance(node, ops.Subquery):
            found = _merged(found, {node.rel: dict.fromkeys(node.rel.schema.names, True)})
        elif isinstance(node, ops.Node):
            only_whether = isinstance(node, ops.NotNull | ops.IsNull | ops.Count | ops.CountStar)
            pending += [(part, wants_value and not only_whether) for part in _parts(node)]
    return found


def _parts(node: ops.Node) -> Iterator[ops.Node]:
    for part in node.__args__:
        for each in part if isinstance(part, tuple) else [part]:
            if isinstance(each, ops.Value | ops.Relation):
                yield each


def _canonical(table: ops.PhysicalTable) -> str | None:
    """The table of which a connection's view is a version."""
    return next((name for name in CANONICAL if table.name == name or table.name.startswith(f"{name}_")), None)


def _asked(predicates, last: str) -> str | None:
    """The full name that predicates ask for together: touchpoint equals one word, and `last` another."""
    said: dict[str, str] = {}
    pending = list(predicates)
    while pending:
        node = pending.pop()
        if isinstance(node, ops.And):
            pending += [node.left, node.right]
        elif isinstance(node, ops.Equals) and isinstance(node.left, ops.Field) and isinstance(node.right, ops.Literal):
            said.setdefault(node.left.name, str(node.right.value))
    return f"{said['touchpoint']}.{said[last]}" if "touchpoint" in said and last in said else None
