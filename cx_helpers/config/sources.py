"""What `sources.yaml` says: raw files, how they are read, and why each field is held."""

from __future__ import annotations

import codecs
from typing import Literal

from pydantic import Field, field_validator

from cx_helpers.config.journey import Name, Part
from cx_helpers.config.usage import FieldUse, SourceHeld, Use


class Source(Part):
    """One kind of raw file."""

    file: str = Field(description="name or pattern inside the raw folder, such as surveys_*.csv")
    reader: Literal["csv", "parquet", "excel"] | None = Field(None, description="by the file's ending when left out")
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    encoding: str | None = None
    quote: str | None = Field(None, min_length=1, max_length=1)
    sheet: str | int = 0
    header_row: int = Field(1, ge=1, description="the row that names the columns, counted from 1")
    columns: list[str] | None = Field(None, description="columns that must be there")
    lookup: bool = Field(False, description="joined for its columns only; no canonical row comes from it")
    optional: bool = Field(False, description="a brand that lacks the file goes on without it")
    about: str | None = None
    held: SourceHeld = Field(SourceHeld(), description="what is true of every field that does not say otherwise")
    fields: dict[str, FieldUse] = {}

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError:
            raise ValueError("is not an encoding, such as utf-8 or cp1252") from None

    @property
    def kind(self) -> str:
        """The reader to use: the one named, else by the ending of the file."""
        ending = self.file.rsplit(".", 1)[-1].lower()
        return self.reader or {"parquet": "parquet", "xlsx": "excel", "xls": "excel"}.get(ending, "csv")


class Check(Part):
    """A quality check of the brand: a query over the raw tables that returns `_source` of each row it finds."""

    label: str = Field(description="what it looks for, in a reader's words")
    sql: str
    handling: str = Field(description="what the workbench does about the rows found")


class Sources(Part):
    """The whole of `sources.yaml`."""

    raw: str = "raw"
    sources: dict[Name, Source] = Field(min_length=1)
    checks: dict[Name, Check] = {}
    use: Use | None = Field(None, description="the purpose that rows and fields must be permitted for")
