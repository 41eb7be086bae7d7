"""Ids that a spreadsheet has spoilt: 1.23457E+12, or zeros after the fifteenth digit."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers.opened import ROW

ID = re.compile(
    r"(?:^|[^a-z])(id|ids|no|nr|num|number|key|ref|order|ticket|booking|customer|respondent|account|invoice|card|phone|tel|mobile|imei|ean|gtin)(?:[^a-z]|$)"
)
SCIENTIFIC = r"^[+-]?\d([.,]\d+)?[Ee]\+\d{1,2}$"
ROUNDED = r"^\d{15}0+$"
EXACT = 15
ENOUGH = 4
"""Zeros at the end of so many digits in all are no chance: one in ten thousand."""


class LostDigits:
    """Watches the columns of ids while a file is staged.

    An id column is one whose name says so (`order_no`, `customerId`) or whose ledger entry is of kind identity.
    """

    def __init__(self, source: Source, columns: list[str], name: str):
        declared = {field for field, use in source.fields.items() if use.kind == "identity"}
        self.columns = [column for column in columns if column in declared or ID.search(_words(column))]
        self.name = name
        self.rounded: dict[str, dict[str, int]] = {}
        self.whole: set[str] = set()

    def watch(self, batch: pa.RecordBatch) -> None:
        """Looks at one batch; a number in scientific notation ends the reading.

        Raises
        ------
        DataError
        """
        for column in self.columns:
            cells = batch[column]
            if pc.any(pc.match_substring(cells, "E+", ignore_case=False)).as_py():
                spoilt = pc.fill_null(pc.match_substring_regex(cells, SCIENTIFIC), False)
                if pc.any(spoilt).as_py():
                    self._refuse(column, cells.filter(spoilt)[0].as_py(), batch[ROW].filter(spoilt)[0].as_py())
            if column not in self.whole and (pc.max(pc.binary_length(cells)).as_py() or 0) > EXACT:
                self._watch_zeros(column, cells, batch[ROW])

    def _watch_zeros(self, column: str, cells: pa.Array, rows: pa.Array) -> None:
        long = pc.fill_null(pc.match_substring_regex(cells, rf"^\d{{{EXACT + 1},}}$"), False)
        values, places = cells.filter(long), rows.filter(long)
        if not pc.all(pc.match_substring_regex(values, ROUNDED)).as_py():
            self.whole.add(column)
            return
        seen = self.rounded.setdefault(column, {})
        for value, row in zip(values[:100].to_pylist(), places[:100].to_pylist(), strict=True):
            seen.setdefault(value, row)

    def refuse(self) -> None:
        """After the last batch: refuses a column whose long ids all end in zeros.

        Raises
        ------
        DataError
        """
        for column, seen in self.rounded.items():
            if column not in self.whole and sum(len(value) - EXACT for value in seen) >= ENOUGH:
                self._refuse(column, *next(iter(seen.items())))

    def _refuse(self, column: str, value: str, row: int) -> None:
        raise DataError(
            f"{self.name}: ids in {column} lost digits in a spreadsheet (record {row:,}: {value}). "
            "Export it from the system itself, or open it in the spreadsheet with that column as text."
        )


def _words(column: str) -> str:
    """`customerId` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).lower()
