"""What a customer is known by in the raw files: ids followed from file to file, as far as they are theirs alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import duckdb

from cx_helpers.errors import UsageError
from cx_helpers.ingest.persons.erasing import Person, their_keys
from cx_helpers.ingest.persons.forgotten import journey_columns, person_columns, same
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.ingest.rules import named, quoted

ADDRESSES = ("email", "phone", "card", "iban", "handle")
TOLD = 5


def known_by(connection: duckdb.DuckDBPyConnection, guard: Guard, customers: Collection[str]) -> Person:
    """Follows ids from file to file; journeys, addresses and names are those of the rows found.

    An id in the same row is followed only where every customer it stands beside is known already: an agent who served
    forty customers is none of them.

    Raises
    ------
    UsageError
        An id that no raw file holds, or one that stands beside several customers (an agent's, a household's).
    """
    given = {customer.strip() for customer in customers}
    person = Person(set(given))
    ids = {name: _of_kind(guard, name, ("id", None), person_columns(guard, name)) for name in guard.columns}
    lost = [c for c in sorted(given) if not any(_values(connection, n, columns, _each(columns, {c})) for n, columns in ids.items())]
    if lost:
        raise UsageError(f"{guard.brand.name}: {', '.join(lost)}: no raw file holds this customer id. Write it as the export does; nothing was changed.")
    _follow(connection, guard, ids, person)
    _one_customer(connection, guard, person, given)
    person.exact = {twin for name, columns in ids.items() for twin in _with_twins(connection, name, columns, person.ids)}
    for name, columns in ids.items():
        _rows_of(connection, guard, name, _each(columns, person.ids), person)
    for name in guard.columns:
        _rows_of(connection, guard, name, _each(_of_kind(guard, name, ADDRESSES, person_columns(guard, name)), person.addresses), person)
    for name in guard.columns:
        where = their_keys(guard, name, person)
        if where:
            counted = connection.execute(f"SELECT _file, count(*) FROM {named('_raw_' + name)} WHERE {_any(where)} GROUP BY 1").fetchall()
            person.rows |= {file: rows + person.rows.get(file, 0) for file, rows in counted}
    return person


def _follow(connection: duckdb.DuckDBPyConnection, guard: Guard, ids: Mapping[str, list[str]], person: Person) -> None:
    """Adds to `person.ids` until nothing is new; ids of others that stand in their rows are `person.shared`."""
    used = {field for read in guard.reads.values() for field in (*read.feeds.get("customer_id", ()), *read.other)}
    known: set[str] = set()
    while known != person.ids:
        known, person.shared = set(person.ids), set()
        for name, columns in ids.items():
            for here in columns:
                for there in [c for c in columns if c != here and (name, c) in used]:
                    for value in _values(connection, name, [there], {here: known}) - known:
                        local = _values(connection, name, [here], {there: {value}}) <= known
                        if local and _customers_beside(connection, guard, ids, value) <= known:
                            person.ids.add(value)
                        else:
                            person.shared.add(f"{name}.{there}: {value}")


def _with_twins(connection: duckdb.DuckDBPyConnection, source: str, columns: Iterable[str], ids: set[str]) -> set[str]:
    """Those of `ids` that an id of somebody else differs from in capitals only."""
    small: dict[str, set[str]] = {}
    for word in ids:
        small.setdefault(word.lower(), set()).add(word)
    found: set[str] = set()
    for column in columns:
        cell = f"trim({named(column)})"
        rows = connection.execute(f"SELECT DISTINCT {cell} FROM {named('_raw_' + source)} WHERE lower({cell}) IN ({', '.join(map(quoted, sorted(small)))})").fetchall()
        found |= {word for (value,) in rows if value not in ids for word in small[value.lower()]}
    return found


def _fed(guard: Guard, source: str) -> list[str]:
    """Columns of a raw table that customer ids are made from."""
    fed = {field for read in guard.reads.values() for field in read.feeds.get("customer_id", ())}
    return [column for column in guard.columns[source] if (source, column) in fed]


def _customers_beside(connection: duckdb.DuckDBPyConnection, guard: Guard, ids: Mapping[str, list[str]], value: str) -> set[str]:
    """Customers in the same rows as an id, in any file."""
    found: set[str] = set()
    for name, columns in ids.items():
        for column in _of_kind(guard, name, ("id", None), _fed(guard, name)):
            found |= _values(connection, name, [column], _each([c for c in columns if c != column], {value}))
    return found


def _one_customer(connection: duckdb.DuckDBPyConnection, guard: Guard, person: Person, given: set[str]) -> None:
    """Refuses where what was given leads to several customers who were not."""
    for name in guard.columns:
        for column in _of_kind(guard, name, ("id", None), _fed(guard, name)):
            others = sorted(_values(connection, name, [column], {column: person.ids}) - given)
            if len(others) > len(given):
                more = f" and {len(others) - TOLD:,} more" if len(others) > TOLD else ""
                raise UsageError(
                    f"{guard.brand.name}: {', '.join(sorted(given))}: stands beside {len(others):,} customers in {name}.{column} "
                    f"({', '.join(others[:TOLD])}{more}). Name each customer to be forgotten; nothing was changed."
                )


def _rows_of(connection: duckdb.DuckDBPyConnection, guard: Guard, source: str, where: dict[str, set[str]], person: Person) -> None:
    if not any(where.values()):
        return
    person.journeys |= _values(connection, source, journey_columns(guard, source), where)
    person.addresses |= _values(connection, source, _of_kind(guard, source, ADDRESSES), where)
    names = _of_kind(guard, source, ("name",))
    if names:
        together = f"concat_ws(' ', {', '.join(named(column) for column in names)})"
        rows = connection.execute(f"SELECT DISTINCT {together} FROM {named('_raw_' + source)} WHERE {_any(where)}").fetchall()
        person.names |= {name for (name,) in rows if " " in name.strip()}


def _of_kind(guard: Guard, source: str, kinds: tuple[str | None, ...], columns: Iterable[str] | None = None) -> list[str]:
    return [column for column in (guard.columns[source] if columns is None else columns) if guard.personal(source, column) in kinds]


def _each(columns: Iterable[str], values: set[str]) -> dict[str, set[str]]:
    return dict.fromkeys(columns, values)


def _any(where: Mapping[str, Iterable[str]]) -> str:
    """SQL that is true of rows with one of the values, compared as `same` does."""
    parts = []
    for column, values in where.items():
        plain = sorted({same(value) for value in values})
        cell = f"trim({named(column)})"
        cell = f"CASE WHEN contains({cell}, '@') THEN lower({cell}) ELSE {cell} END"
        parts += [f"coalesce({cell} IN ({', '.join(map(quoted, plain))}), false)"] if plain else []
    return " OR ".join(parts) or "false"


def _values(connection: duckdb.DuckDBPyConnection, source: str, columns: Iterable[str], where: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    condition = _any(where)
    for column in columns if condition != "false" else ():
        rows = connection.execute(f"SELECT DISTINCT {named(column)} FROM {named('_raw_' + source)} WHERE {condition}").fetchall()
        found |= {value.strip() for (value,) in rows if value and value.strip()}
    return found
