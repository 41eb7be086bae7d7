"""What SQL may see and what tables may hold of a person: pseudonyms by keyed HMAC, the key outside the tables."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cx_helpers.config import Brand
from cx_helpers.config.journey import label_in
from cx_helpers.config.usage import DIRECT
from cx_helpers.errors import ConfigError
from cx_helpers.ingest.persons.cleaning import Cleaner, name_words
from cx_helpers.ingest.lineage import RawField, Reads, reads, used
from cx_helpers.ingest.persons.suspects import looks_like
from cx_helpers.tables.contracts import CANONICAL, TEXT

SHORTEST_KEY = 32
LONGEST_FOUND = 60
_NUMBERED = re.compile(r"(?<![\w-])(?=[\w-]{5})[\w-]*\d[\w-]*")
WORDED = ("intent", "cause")  # of the contracts' texts, those that a system may fill with a sentence
_WORD = re.compile(r"[^\W\d_]{3,}")
_SAID = frozenset("none null nan true false yes unknown missing empty jan feb mar apr may jun jul aug sep oct nov dec utc gmt".split())


def key_variable(brand: str) -> str:
    """The environment variable that may hold a brand's key: ``CX_KEY_<BRAND>``."""
    return f"CX_KEY_{brand.upper()}"


def brand_key(folder: Path) -> bytes:
    """The brand's secret: ``CX_KEY_<BRAND>``, else ``<brand>/key``, made on first use and readable by its owner alone.

    Raises
    ------
    ConfigError
        A key file that others can read, or a key that is too short or no key at all.
    """
    variable, path = key_variable(folder.name), folder / "key"
    if given := os.environ.get(variable):
        if len(given) < SHORTEST_KEY:
            raise ConfigError([f"{variable}: {len(given)} characters; a key has at least {SHORTEST_KEY}. Set a longer one."])
        return given.encode()
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    mode = path.stat().st_mode & 0o777
    if os.name != "nt" and mode & 0o077:
        raise ConfigError([f"{folder.name}/key: its mode is {mode:o}, so others can read it; allowed is 600. Run `chmod 600` on it."])
    text = path.read_text(encoding="utf-8").strip()
    if not re.fullmatch(r"([0-9a-f]{2}){16,}", text):
        raise ConfigError([f"{folder.name}/key: not a key (hexadecimal digits, {SHORTEST_KEY} or more). Restore the file from a copy."])
    return bytes.fromhex(text)


def pseudonym(value: str, key: bytes) -> str:
    """HMAC-SHA256 of `value`, cut to 128 bits: 32 hexadecimal digits."""
    return hmac.digest(key, value.encode(), "sha256")[:16].hex()


@dataclass
class Guard:
    """Stands between raw files and SQL, and between SQL and tables.

    Attributes
    ----------
    columns : dict of source to the columns of its files
    looks : dict of (source, column) to the personal kind its cells look like, where nothing is declared
    warnings : list of str
        A line for each column that looks personal and is not declared.

    Notes
    -----
    `hidden` gives what stands in the place of a raw column in the view that SQL reads: a pseudonym for a name, an
    e-mail, a phone, a card, an account, a handle or an address (so that it can still join two systems), NULL for a field that may not
    be used for the brand's purpose. `kept` gives what stands in a canonical column: pseudonyms of ids of persons, and free
    text cleaned.
    """

    brand: Brand
    connection: duckdb.DuckDBPyConnection
    columns: Mapping[str, Sequence[str]]
    looks: dict[tuple[str, str], str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _cleaned: dict[str, str] = field(default_factory=dict)

    @classmethod
    def over(cls, brand: Brand, connection: duckdb.DuckDBPyConnection, raw: Mapping[str, str], columns: Mapping[str, Sequence[str]]):
        """A guard over raw tables.

        Parameters
        ----------
        connection : DuckDB
            Gets two functions: ``cx_pseudonym(text)`` and ``cx_clean(text)``.
        raw : dict of source to the SQL name of its unguarded table (all columns as text)
        columns : dict of source to the columns of its files
        """
        guard = cls(brand, connection, columns)
        for name, table in raw.items():
            declared = brand.sources.sources[name].fields
            free = [column for column in columns[name] if column not in declared or declared[column].personal is None]
            for column, (kind, cells, of) in looks_like(connection, table, free).items():
                guard.looks[(name, column)] = kind
                guard.warnings.append(
                    f"{brand.name}: {name}.{column}: {cells:,} of {of:,} cells looked at are {_WORDS[kind]}, and it is not declared; SQL sees "
                    f"pseudonyms in its place. Declare it in sources.yaml (fields: {column}: {{kind: identity, personal: {kind}, ...}})."
                )
        guard._raw = raw
        guard._names = guard._declared_names(raw)
        guard._register()
        return guard

    _names: frozenset[str] = frozenset()
    _raw: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> bytes:
        return brand_key(self.brand.folder)

    @cached_property
    def reads(self) -> dict[str, Reads]:
        """Canonical table to what its SQL reads of the raw tables."""
        return {name: reads(sql, self.columns) for name, sql in self.brand.sql.items()}

    @cached_property
    def used(self) -> set[RawField]:
        """Raw (source, field) that the SQL of a table or of a check reads."""
        return used([*self.reads.values(), *(reads(check.sql, self.columns) for check in self.brand.sources.checks.values())])

    def personal(self, source: str, column: str) -> str | None:
        """The personal kind of a raw column: declared, else what its cells look like."""
        declared = self.brand.sources.sources[source].fields.get(column)
        return (declared.personal if declared else None) or self.looks.get((source, column))

    def refused(self, source: str, column: str) -> bool:
        """Whether a raw column may not be used for the brand's purpose."""
        use, held = self.brand.sources.use, self.brand.sources.sources[source].held
        declared = self.brand.sources.sources[source].fields.get(column)
        permitted = declared.permitted if declared and declared.permitted is not None else held.permitted
        return use is not None and permitted is not None and use.purpose not in permitted

    def hidden(self, source: str) -> dict[str, str]:
        """Columns of a raw table that SQL does not see as they are, with the SQL that stands in their place.

        Use as ``SELECT * REPLACE (<sql> AS "<column>", ...)``.
        """
        found = {}
        for column in self.columns[source]:
            name = column.replace('"', '""')
            if self.refused(source, column):
                found[column] = "CAST(NULL AS VARCHAR)"
            elif self.personal(source, column) in DIRECT:
                wanted = (source, column) in self.used  # what no SQL reads need not be worked out
                found[column] = f'cx_pseudonym(lower(trim("{name}")))' if wanted else "CAST(NULL AS VARCHAR)"
        return found

    def kept(self, table: str, columns: Sequence[str]) -> dict[str, str]:
        """Columns of a canonical table that are stored otherwise than SQL gave them, with the SQL that stores them.

        Parameters
        ----------
        columns : text columns that the table's SQL gives
        """
        people, spoken = self._people, self._spoken(table)
        plain = {column.name for column in CANONICAL[table].columns} | {"source", "month"}
        found = {}
        for column in columns:
            name = f'"{column}"'
            if column in people:
                found[column] = f"cx_pseudonym({name})"
            elif column in spoken:
                found[column] = f"cx_clean({name})"
            elif column not in plain or column in WORDED:
                number = f"contains({name}, ' ') AND regexp_matches({name}, '\\d([\\s().\\-/]{{0,3}}\\d){{6}}')"
                found[column] = f"CASE WHEN contains({name}, '@') OR ({number}) THEN cx_clean({name}) ELSE {name} END"
        return found

    def learn(self, table: str, view: str, columns: Sequence[str]) -> None:
        """Cleans the free text of a mapped table, so that ``cx_clean`` knows it; call it before `kept` is used.

        Parameters
        ----------
        view : SQL name of the mapped rows
        columns : columns the view has
        """
        for column in self._spoken(table) & set(columns):
            texts = self.connection.execute(f'SELECT DISTINCT "{column}" FROM {view} WHERE "{column}" IS NOT NULL ORDER BY 1').to_arrow_table()
            given, cleaned = texts.column(0), self.cleaner.clean(texts.column(0)).to_pylist()
            named = self._ids_among({word for text in cleaned for word in _NUMBERED.findall(text)})
            if named:
                cleaned = [_NUMBERED.sub(lambda found: "[id]" if found[0] in named else found[0], text) for text in cleaned]
            self._cleaned |= dict(zip(given.to_pylist(), cleaned, strict=True))

    def told(self, table: str, column: str | None, found: str | None) -> str | None:
        """What a quarantine row may say of the cell it found: no id of a person, no free text, nothing personal."""
        if found is None or column is None:
            return None
        if column in self._people:
            return "[id]"
        if column in self._spoken(table):
            return "[text]"
        cleaned = self.cleaner.clean_one(found)
        allowed = next((part.allowed for part in CANONICAL[table].columns if part.name == column), ())
        if allowed and not get_close_matches(found.strip().lower(), allowed, 1, 0.5):
            return "[text]"  # what is like none of the words allowed may be anything, a name too
        if any(part.name == column and part.type != TEXT for part in CANONICAL[table].columns) and _worded(re.sub(r"\[[\w-]+\]", "", cleaned)):
            return "[text]"  # where cells are shifted by a column, a name stands where a number should
        return cleaned[:LONGEST_FOUND]

    @cached_property
    def cleaner(self) -> Cleaner:
        """Cleans free text of this brand's declared names; words of its own labels are names only where written so."""
        journey = self.brand.journey
        things = [*journey.stages, *journey.touchpoints, *journey.inputs.values(), *journey.metrics.values(), *journey.segments]
        return Cleaner(self._names, [label_in(thing.label, language) for thing in things for language in ("en", journey.language)])

    @cached_property
    def _people(self) -> set[str]:
        """Text columns that lead to a person, by name: one that is made from a person's id in any table is so in all."""
        ids = {(name, column) for name, found in self.columns.items() for column in found if self.personal(name, column) == "id"}
        made = {column for read in self.reads.values() for column in read.made_from(ids)}
        texts = {column.name for contract in CANONICAL.values() for column in contract.columns if column.type != TEXT}
        return {"customer_id"} | (made - texts - {"source", "month", "text"})

    def _spoken(self, table: str) -> set[str]:
        """Columns of free text: comments, and what is made from a declared one."""
        free = {(name, column) for name, found in self.columns.items() for column in found if self.personal(name, column) == "free_text"}
        read = self.reads.get(table)
        made = set(read.made_from(free)) if read else set()
        return ({"text"} if table == "comments" else set()) | made - {"source", "comment_id"}

    def _ids_among(self, words: set[str]) -> set[str]:
        """Those of `words` that are ids of persons in the raw files."""
        found: set[str] = set()
        self.connection.register("_words", pa.table({"word": pa.array(sorted(words), pa.string())}))
        for name, columns in self.columns.items():
            for column in columns if words and name in self._raw else ():
                if self.personal(name, column) == "id":
                    rows = self.connection.execute(f'SELECT word FROM _words SEMI JOIN {self._raw[name]} r ON word = trim(r."{column}")').fetchall()
                    found |= {word for (word,) in rows}
        return found

    def _declared_names(self, raw: Mapping[str, str]) -> frozenset[str]:
        found: set[str] = set()
        for name, table in raw.items():
            for column in self.columns[name]:
                if self.personal(name, column) == "name":
                    rows = self.connection.execute(f'SELECT DISTINCT "{column}" FROM {table} WHERE "{column}" IS NOT NULL').fetchall()
                    found |= name_words(value for (value,) in rows)
        return frozenset(found)

    def _register(self) -> None:
        known: dict[str, str] = {}

        def hide(values: pa.Array) -> pa.Array:
            coded = pc.dictionary_encode(values)
            coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
            made = [known.get(value) or known.setdefault(value, pseudonym(value, self.key)) for value in coded.dictionary.to_pylist()]
            return pa.array(made, pa.string()).take(coded.indices)

        def clean(values: pa.Array) -> pa.Array:
            told = self._cleaned
            made = (None if value is None else told[value] if value in told else self.cleaner.clean_one(value) for value in values.to_pylist())
            return pa.array(made, pa.string())

        for name, function in (("cx_pseudonym", hide), ("cx_clean", clean)):
            self.connection.create_function(name, function, ["VARCHAR"], "VARCHAR", type="arrow", null_handling="special")


def _worded(found: str) -> bool:
    """Whether a cell that should be a number or a time may hold a name or a person's number."""
    words = [word for word in _WORD.findall(found) if word.lower() not in _SAID]
    return len(words) > 1 or any(word[0].isupper() and not word.isupper() for word in words) or bool(re.search(r"\d{7,}[A-Za-z]", found))


_WORDS = {"email": "e-mail addresses", "phone": "phone numbers", "card": "card numbers", "iban": "account numbers", "handle": "handles"}


def fingerprint(key: bytes) -> str:
    """Tells whether a key is the one that something was made with, without telling the key."""
    return hashlib.sha256(b"cx-key" + hmac.digest(key, b"which key is this", "sha256")).hexdigest()[:16]
