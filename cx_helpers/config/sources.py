"""What `sources.yaml` says: raw files, how they are read, and why each field is held."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cx_helpers.config.journey import Label, Name, Part
from cx_helpers.config.reading import Reading, Texts
from cx_helpers.config.usage import FieldUse, SourceHeld, Use


class Source(Reading):
    """One kind of raw file, or a query of a database."""

    lookup: bool = Field(False, description="joined for its columns only; no canonical row comes from it")
    optional: bool = Field(False, description="a brand that lacks the file goes on without it")
    optional_columns: list[str] = Field([], description="columns that SQL reads and that some of its files may lack")
    label: Label | None = Field(None, description="what readers call it; its name when left out")
    empty_without: list[str] = Field([], description="columns without which a row says nothing, such as the answer of a row-an-answer export: it is accepted as empty")
    about: str | None = None
    known: dict[str, Texts] = Field({}, description="column, or * for all, to values that look like codes for no answer and are answers")
    held: SourceHeld = Field(SourceHeld(), description="what is true of every field that does not say otherwise")
    fields: dict[str, FieldUse] = {}


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
    complete: list[Literal["customers"]] = Field([], description="tables that hold everyone: a row that names nobody in them is set aside")
    use: Use | None = Field(None, description="the purpose that rows and fields must be permitted for")
