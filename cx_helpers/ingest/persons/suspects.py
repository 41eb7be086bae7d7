"""Raw columns whose cells look personal though nothing says so: e-mails, phones, cards, accounts, handles."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import duckdb

from cx_helpers.ingest.persons.numbers_of_persons import AMOUNT, DATE, is_iban, luhn

LOOKED_AT = 20_000
FEWEST = 3
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")
_HANDLE = re.compile(r"@[A-Za-z_]\w{1,29}")
_PHONE = re.compile(r"(\+|00)?[\d\s().\-/]{7,22}")
_SHAPED = (
    "count({}) > 0 AND 2 * count_if(contains({}, '@') OR (regexp_full_match({}, "
    r"'\s*([+(\d][\d\s().\-/]{6,}\d|[A-Z]{2}\d{2}[A-Z0-9 ]{11,})\s*') AND NOT regexp_matches({}, '^\d{4}-\d\d-\d\d'))) >= count({})"
)
_CALLED = re.compile(r"phone|tel[eé]?f|mobile|m[oó]vil|celular|whatsapp|^tel$", re.I)


def looks_like(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> dict[str, tuple[str, int, int]]:
    """Columns whose cells look personal.

    Parameters
    ----------
    table : SQL name of a raw table, all columns as text
    columns : the columns to look at, in the first 20,000 rows

    Returns
    -------
    dict : column to (email, phone, card, iban or handle; cells that look so; cells looked at). A column counts when
    half of its cells are e-mails, or nine tenths of them anything else; an order number of nine digits is no phone
    unless the column is called so.
    """
    found = {}
    for column in _worth_a_look(connection, table, columns):
        name = _quoted(column)
        rows = connection.execute(
            f"SELECT {name}, count(*) FROM (SELECT {name} FROM {table} LIMIT {LOOKED_AT}) WHERE {name} IS NOT NULL GROUP BY 1"
        ).fetchall()
        cells = sum(n for _, n in rows)
        if cells < FEWEST:
            continue
        for kind, holds, share in _kinds(column):
            hits = sum(n for value, n in rows if holds(value.strip()))
            if hits >= share * cells and hits >= FEWEST:
                found[column] = (kind, hits, cells)
                break
    return found


def _worth_a_look(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> list[str]:
    """Columns of which half the cells have the shape of something personal: judged where they lie, nearly all fall here."""
    if not columns:
        return []
    asked = ", ".join(_SHAPED.replace("{}", _quoted(column)) for column in columns)
    listed = ", ".join(map(_quoted, columns))
    seen = connection.execute(f"SELECT {asked} FROM (SELECT {listed} FROM {table} LIMIT {LOOKED_AT})").fetchone()
    return [column for column, worth in zip(columns, seen, strict=True) if worth]


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _kinds(column: str) -> list[tuple[str, Callable[[str], bool], float]]:
    called = bool(_CALLED.search(column))
    return [
        ("email", lambda value: bool(_EMAIL.fullmatch(value)), 0.5),
        ("handle", lambda value: bool(_HANDLE.fullmatch(value)), 0.9),
        ("iban", lambda value: value[:2].isalpha() and value.isascii() and value.replace(" ", "").isalnum() and is_iban(value), 0.9),
        ("card", _card, 0.9),
        ("phone", lambda value: _phone(value, called), 0.9),
    ]


def _card(value: str) -> bool:
    digits = re.sub(r"[ -]", "", value)
    return digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19 and luhn(digits)


def _phone(value: str, called: bool) -> bool:
    if not _PHONE.fullmatch(value) or DATE.match(value) or AMOUNT.match(value):
        return False
    digits = re.sub(r"\D", "", value)
    return 7 <= len(digits) <= 15 and (called or value.startswith("+"))
