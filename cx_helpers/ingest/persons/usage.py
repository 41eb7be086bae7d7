"""The data-use ledger: field, kind, origin, purpose, result, insight, destination.

What a field is for is declared in `sources.yaml`; what it becomes is read from the SQL; which pages used it, and who reads them, is
what the notebooks really read (`tables/uses.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cx_helpers.config.usage import Held
from cx_helpers.ingest.lineage import RawField, Reads
from cx_helpers.ingest.persons.privacy import Guard
from cx_helpers.tables.result_contracts import LEDGERS
from cx_helpers.tables.uses import ANY, VALUES

COLUMNS = [column.name for column in LEDGERS["fields"].columns]
HELD = ("origin", "captured", "stored", "consent", "regulated")


def field_ledger(guard: Guard) -> pd.DataFrame:
    """A row a raw field: what is declared of it, and what the brand's SQL makes of it.

    Returns
    -------
    DataFrame, in the order of `sources.yaml`: raw_source, field, about ("declared", "undeclared": in a file and in no
    ledger entry, "absent": declared and in no file), kind, personal, looks_like (personal kind its cells look like), origin,
    captured, stored, permitted (purposes, by commas; missing is any), consent, regulated, keep_days, purpose, result, reason,
    seen_by_sql ("as it is", "as a pseudonym", "not at all"), used_in (table.column by commas; of values of inputs and
    scores of responses table.column[name]), joins_in (tables whose rows it joins or chooses).
    """
    rows = []
    for name, source in guard.brand.sources.sources.items():
        there = list(guard.columns.get(name, ()))
        hidden = guard.hidden(name)
        for column in dict.fromkeys([*there, *source.fields]):
            declared = source.fields.get(column)
            held = _held(declared, source.held)
            about = "declared" if declared and column in there else "absent" if declared else "undeclared"
            seen = "as it is" if column not in hidden else "as a pseudonym" if "cx_pseudonym" in hidden[column] else "not at all"
            used, joins = _used_in((name, column), guard.reads)
            rows.append({
                "raw_source": name, "field": column, "about": about, **held, "seen_by_sql": seen,
                "kind": declared.kind if declared else None, "personal": declared.personal if declared else None,
                "looks_like": guard.looks.get((name, column)), "purpose": declared.purpose if declared else None,
                "result": declared.result if declared else None, "reason": declared.reason if declared else None,
                "used_in": ", ".join(used) or None, "joins_in": ", ".join(joins) or None,
            })  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _held(declared: Held | None, source: Held) -> dict:
    given = {name: getattr(declared, name, None) or getattr(source, name) for name in HELD}
    permitted = declared.permitted if declared and declared.permitted is not None else source.permitted
    days = (declared.keep_days if declared else None) or source.keep_days
    return {**given, "permitted": None if permitted is None else ", ".join(permitted), "keep_days": float(days) if days else np.nan}


def _used_in(field: RawField, reads: dict[str, Reads]) -> tuple[list[str], list[str]]:
    used, joins = [], []
    for table, read in reads.items():
        for column in read.made_from({field}):
            value = VALUES.get(table, ("", ""))[1]
            names = sorted(name for name, made in read.named.items() if field in made) if column == value else []
            used += [f"{table}.{column}[{name}]" for name in names] or [f"{table}.{column}"]
        if field in read.other:
            joins.append(table)
    return used, joins


def field_uses(fields: pd.DataFrame, uses: pd.DataFrame, month: str) -> pd.DataFrame:
    """The ledger with insight and destination, from what pages really read.

    Parameters
    ----------
    fields : as `field_ledger` gives it
    uses : DataFrame with month, audience, notebook, table, column, name
        As the last runs noted them (`Study.ledger("uses")`).
    month : YYYY-MM
        Pages of later months do not count; of each page its newest month does.

    Returns
    -------
    DataFrame: the columns of `fields`, insight (notebooks that read what is made of the field, by commas; missing where no page has
    used it yet), destination (audiences that read those pages), pages (their number).

    Notes
    -----
    A field that only joins or chooses rows is used where its table is. A page that reads all inputs, or all metrics, uses each.
    """
    known = uses[uses["month"] <= month]
    newest = known[known["month"] == known.groupby(["audience", "notebook"])["month"].transform("max")]
    read: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    for row in newest.itertuples():
        page = (row.notebook, row.audience)
        for key in ((row.table, row.column, row.name or ""), (row.table, "", "")):
            read.setdefault(key, set()).add(page)
    pages = [
        set().union(*(_pages(part, read) for part in _listed(used)), *(read.get((table, "", ""), set()) for table in _listed(joins)))
        for used, joins in zip(fields["used_in"], fields["joins_in"], strict=True)
    ]
    return fields.assign(
        insight=[_words(notebook for notebook, _ in found) for found in pages],
        destination=[_words(audience for _, audience in found) for found in pages],
        pages=[len(found) for found in pages],
    )


def _pages(part: str, read: dict[tuple[str, str, str], set[tuple[str, str]]]) -> set[tuple[str, str]]:
    """Pages that read one ``table.column`` or ``table.column[name]``."""
    place, _, name = part.removesuffix("]").partition("[")
    table, column = place.split(".", 1)
    if table in VALUES and column == VALUES[table][1]:
        wanted = [key for key in read if key[:2] == (table, column) and (not name or key[2] in (name, ANY))]
        return set().union(*(read[key] for key in wanted))
    return read.get((table, column, ""), set())


def _listed(text) -> list[str]:
    return text.split(", ") if isinstance(text, str) and text else []


def _words(words: Iterable[str]) -> str | None:
    return ", ".join(sorted(set(words))) or None
