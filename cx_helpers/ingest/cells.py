"""Cells made plain while a file is staged: codes for no answer become missing, numbers and times get one way of writing."""

from __future__ import annotations

import re
from collections import Counter

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers.opened import ROW, Opened
from cx_helpers.ingest.readers.surveys import DAY_FIRST, MONTH_FIRST

CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p")
DAYS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
MONTHS = ("%m/%d/%Y", "%m-%d-%Y")
YEARS = ("%Y/%m/%d", "%Y-%m-%d")
CURRENCY = "[\\s\u00a0\u202f€$£¥]|R\\$|EUR|USD|GBP|BRL"
OFFSET = r"(Z|[+-]\d\d(:?\d\d)?)$"
NEVER = "no time is written so"
_TEXT = r"trim(regexp_replace(cell, ' GMT([+-])(\d)$', ' GMT\10\2'))"
_ISO = "%Y-%m-%d %H:%M:%S.%f"


class Cells:
    """What `sources.yaml` and the file itself say of cells, applied batch by batch.

    Attributes
    ----------
    missing : Counter of (column, value)
        Codes turned into missing, and how many cells.
    """

    def __init__(self, source: Source, opened: Opened, name: str):
        self.missing: Counter = opened.missing
        self.source, self.name = source, name
        known = set(opened.columns)
        unknown = [column for column in {**source.dates, **source.missing, **dict.fromkeys((source.numbers and source.numbers.columns) or [])}
                   if column not in known and column != "*"]  # fmt: skip
        if unknown:
            raise DataError(
                f"{name}: no column {', '.join(unknown)} for dates, numbers or missing; it has {', '.join(opened.columns[:40])}. Mend sources.yaml."
            )
        everywhere = source.missing.get("*", [])
        self.codes = {
            column: pa.array(list(dict.fromkeys(code.strip() for code in [*everywhere, *source.missing.get(column, [])])))
            for column in opened.columns
            if everywhere or column in source.missing
        }
        self.zones = {column: source.zone or opened.zones.get(column) for column in {**opened.dates, **source.dates}}
        self.dates = {**opened.dates, **source.dates}
        self.connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
        self.connection.execute("SET TimeZone = 'UTC'; SET threads = 1")

    def clean(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its cells made plain; a cell that does not fit stays as it is, for the contract to tell."""
        columns = {name: batch[name] for name in batch.schema.names}
        for name in columns:
            if name == ROW:
                continue
            columns[name] = self._without_codes(name, columns[name])
            columns[name] = self._plain_numbers(name, columns[name])
            if name in self.dates:
                columns[name] = self._without_codes(name, self._plain_times(name, columns[name]))
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _without_codes(self, name: str, column: pa.Array) -> pa.Array:
        if name not in self.codes:
            return column
        text = pc.utf8_trim_whitespace(column)
        coded = pc.and_(pc.is_in(text, self.codes[name]), pc.is_valid(column))
        if not pc.any(coded).as_py():
            return column
        for found in pc.value_counts(text.filter(coded)).to_pylist():
            self.missing[name, found["values"]] += found["counts"]
        return pc.if_else(coded, pa.scalar(None, pa.string()), column)

    def _plain_numbers(self, name: str, column: pa.Array) -> pa.Array:
        numbers = self.source.numbers
        if numbers is None or numbers.columns is not None and name not in numbers.columns:
            return column
        mark = re.escape(numbers.decimal)
        if numbers.columns is None:
            written, text = rf"^\s*[+-]?\d+{mark}\d+\s*$", pc.utf8_trim_whitespace(column)
        else:
            text = pc.replace_substring_regex(column, CURRENCY, "")
            thousands = re.escape(numbers.thousands) if numbers.thousands else None
            whole = rf"(\d{{1,3}}({thousands}\d{{3}})+|\d+)" if thousands else r"\d+"
            written = rf"^[+-]?{whole}({mark}\d+)?$"
        fits = pc.fill_null(pc.match_substring_regex(text, written), False)  # numbers alone; the rest stays as it stood
        if numbers.thousands:
            text = pc.replace_substring(text, numbers.thousands, "")
        return pc.if_else(fits, pc.replace_substring(text, numbers.decimal, "."), column)

    def _plain_times(self, name: str, column: pa.Array) -> pa.Array:
        """ISO text: in UTC with a Z where zone or offset is known, else local as it stood."""
        forms, zone = self._forms(name, column), self.zones.get(name)
        self.connection.register("_cells", pa.table({"cell": column}))
        local = [form for form in forms if form != "ISO" and "%z" not in form] or [NEVER]
        offset = [form for form in forms if "%z" in form] or [NEVER]
        iso = f"TRY_CAST({_TEXT} AS TIMESTAMP)" if "ISO" in forms else "NULL"
        has_offset = f"regexp_matches({_TEXT}, '{OFFSET}') AND length({_TEXT}) > 10"
        try:
            found = self.connection.execute(
                f"""
                SELECT coalesce(written, cell) FROM (SELECT cell,
                    CASE WHEN {has_offset} THEN NULL ELSE coalesce({iso}, try_strptime({_TEXT}, $local)) END AS here,
                    coalesce(CASE WHEN $zone <> '' THEN timezone($zone, here) END, try_strptime({_TEXT}, $offset)) AS moment,
                    strftime(timezone('UTC', moment), '{_ISO}Z') AS utc,
                    regexp_replace(coalesce(utc, strftime(here, '{_ISO}')), '\\.000000(Z?)$', '\\1') AS written
                FROM _cells)
                """,
                {"local": local, "offset": offset, "zone": zone or ""},
            )
            return found.to_arrow_table().column(0).combine_chunks().cast(pa.string())
        except duckdb.Error as error:
            raise DataError(f"{self.name}: dates of column {name} are not understood ({str(error).splitlines()[0][:120]}). Mend dates.") from None

    def _forms(self, name: str, column: pa.Array) -> list[str]:
        """The ways a column's times are written; `day` and `month` stand for the usual ways with that part first."""
        forms = self.dates[name]
        if forms not in ([DAY_FIRST], [MONTH_FIRST], ["either"]):
            return forms
        first = forms[0]
        if forms == ["either"]:
            first = self._first_part(name, column)
            self.dates[name] = [first]
        zoned = [f"{day} {clock} GMT%z" for day in (*YEARS, *(DAYS if first == DAY_FIRST else MONTHS)) for clock in CLOCKS]
        return ["ISO", *(f"{day} {clock}" for day in (*YEARS, *(DAYS if first == DAY_FIRST else MONTHS)) for clock in CLOCKS), *zoned]

    def _first_part(self, name: str, column: pa.Array) -> str:
        """Whether the day or the month stands first, by the values beyond 12.

        Raises
        ------
        DataError
            Where both could be, or each stands first somewhere.
        """
        parts = [re.match(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}", cell) for cell in column.drop_null().to_pylist()]
        pairs = [(int(part[1]), int(part[2])) for part in parts if part]
        day, month = any(one > 12 for one, _ in pairs), any(two > 12 for _, two in pairs)
        if pairs and day == month:
            what = "both day and month stand first" if day else "day and month could be swapped"
            raise DataError(f"{self.name}: {what} in {name}. Say how it is written: dates: {{{name}: '%d/%m/%Y %H:%M:%S'}} in sources.yaml.")
        return DAY_FIRST if day else MONTH_FIRST

