"""Every raw row accounted for: rows in = accepted + quarantined + superseded, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cx_helpers.errors import DataError
from cx_helpers.ingest.raw_rows import RawFile
from cx_helpers.ingest.readers.opened import ROW

ACCEPTED, QUARANTINED, SUPERSEDED, NOT_PERMITTED = 1, 2, 4, 8
BATCH_ROWS = 1_000_000


class Fates:
    """What became of each raw row of an ingest: one byte a row, whatever their number.

    Parameters
    ----------
    raw : the staged files; row r of a file is entry ``start + r``
    """

    def __init__(self, raw: Sequence[RawFile]):
        self.raw = raw
        self._fate = np.zeros(1 + sum(file.staged.rows_in for file in raw), dtype=np.uint8)

    def mark(self, connection: duckdb.DuckDBPyConnection, places: str, fate: int) -> None:
        """Marks the raw rows that a query names in `_place`."""
        for batch in connection.execute(f"SELECT _place FROM ({places})").to_arrow_reader(BATCH_ROWS):
            self._fate[batch.column(0).to_numpy()] |= fate

    def idle(self) -> Iterator[pa.Table]:
        """Raw rows that no canonical row names, in batches of `_place`; rows of lookups are used by what they are joined to."""
        for file in self.raw:
            if not file.repeated and not file.lookup:
                self._accept_empty(file)
                places = file.start + 1 + np.flatnonzero(self._of(file) == 0)
                for part in np.array_split(places, 1 + len(places) // BATCH_ROWS):
                    if len(part):
                        yield pa.table({"_place": part})

    def _accept_empty(self, file: RawFile) -> None:
        """Rows that say nothing, as the source declares, are no fault of the SQL that leaves them out."""
        known = [column for column in file.empty_without if column in file.staged.columns]
        if known:
            table = pq.read_table(file.staged.path, columns=[*known, ROW])
            empty = np.logical_and.reduce([pc.is_null(table[column]).to_numpy() for column in known])
            places = file.start + table[ROW].to_numpy()[empty]
            self._fate[places[self._fate[places] == 0]] |= ACCEPTED

    def _of(self, file: RawFile) -> np.ndarray:
        return self._fate[file.start + 1 : file.start + 1 + file.staged.rows_in]

    def reconciliation(self) -> pd.DataFrame:
        """What became of every row of every raw file.

        Returns
        -------
        DataFrame: raw_source, file, rows_in, accepted, in_part, quarantined, superseded, not_permitted. A raw row counts once:
        accepted if any of its canonical rows is (in_part where another was set aside), else quarantined (of these
        not_permitted: held out for want of permission), else superseded.

        Raises
        ------
        DataError
            Where a file's rows do not add up; nothing is then published.
        """
        rows, wrong = [], []
        for file in sorted(self.raw, key=lambda item: (item.raw_source, item.rank)):
            fate, rows_in = self._of(file), file.staged.rows_in
            if file.repeated:
                fate = np.full(rows_in, SUPERSEDED, dtype=np.uint8)
            set_aside = fate & QUARANTINED > 0
            accepted = fate & ACCEPTED > 0 if not file.lookup or file.repeated else ~set_aside
            superseded = (fate & SUPERSEDED > 0) & ~accepted & ~set_aside
            counts = [int(found.sum()) for found in (accepted, accepted & set_aside, set_aside & ~accepted, superseded)]
            refused = (fate & NOT_PERMITTED > 0) & set_aside & ~accepted
            rows.append((file.raw_source, file.label, rows_in, *counts, int(refused.sum())))
            if counts[0] + counts[2] + counts[3] != rows_in:
                wrong.append(f"{file.label}: {rows_in:,} rows in, {counts[0] + counts[2] + counts[3]:,} accounted for")
        if wrong:
            raise DataError(f"reconciliation fails: {'; '.join(wrong)}. The file is probably damaged; export it again.")
        return pd.DataFrame(rows, columns=["raw_source", "file", "rows_in", "accepted", "in_part", "quarantined", "superseded", "not_permitted"])
