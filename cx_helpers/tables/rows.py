"""The rows of a table on their way into the lake: read when they are written, a digest a month."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import ColumnProperties, WriterProperties

from cx_helpers.tables.contracts import CANONICAL, TEXT

GROUP_ROWS = 131_072  # a month's rows wait in memory until their group is full


@dataclass(frozen=True)
class Rows:
    """The rows of a table, to be read when they are written: no table is ever whole in memory.

    Attributes
    ----------
    months : mapping of month ("" for rows without one) to a digest of its rows
    read : gives the rows of these months, or all for None
    """

    schema: pa.Schema
    months: Mapping[str, str]
    rows: int
    read: Callable[[Sequence[str] | None], pa.RecordBatchReader]

    @classmethod
    def of(cls, name: str, table: pa.Table) -> Rows:
        """The rows of an Arrow table."""
        if name not in CANONICAL:
            return cls(table.schema, {"": _digest(table)}, table.num_rows, lambda months: table.combine_chunks().to_reader())
        month = pc.fill_null(table["month"], "")
        found = {key: _digest(table.filter(pc.equal(month, key))) for key in sorted(pc.unique(month).to_pylist())}
        return cls(table.schema, found, table.num_rows, lambda months: _only(table, month, months).combine_chunks().to_reader())

    def batches(self, months: Sequence[str] | None) -> pa.RecordBatchReader:
        """The rows in the types of `schema`; a value that does not fit its type is refused, never cut."""
        given = self.read(months)
        if given.schema.equals(self.schema):
            return given
        return pa.RecordBatchReader.from_batches(self.schema, (_cast(batch, self.schema) for batch in given))


def writing(schema: pa.Schema) -> WriterProperties:
    """How files are written: no dictionary where hardly a value comes twice, and no lowest and highest of what people said or are."""
    unlike = [field.name for field in schema if field.name == "source" or field.name.endswith("_id") or pa.types.is_timestamp(field.type)]
    plain = ColumnProperties(statistics_enabled="NONE")
    return WriterProperties(
        compression="SNAPPY", max_row_group_size=GROUP_ROWS, default_column_properties=plain,
        column_properties=dict.fromkeys(unlike, ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")),
    )  # fmt: skip


def _digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return f"{table.num_rows}-{hashlib.sha256(sink.getvalue()).hexdigest()[:32]}"


def _only(table: pa.Table, month: pa.ChunkedArray, months: Sequence[str] | None) -> pa.Table:
    return table if months is None else table.filter(pc.is_in(month, pa.array(months, TEXT)))


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [batch.column(field.name).cast(field.type, safe=True) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
