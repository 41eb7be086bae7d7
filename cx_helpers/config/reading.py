"""How a raw file or a database query is read: what `sources.yaml` declares and what a name's ending tells."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from cx_helpers.config.journey import Part

Reader = Literal[
    "csv", "parquet", "excel", "jsonl", "json", "qualtrics", "surveymonkey", "typeform", "google_forms", "spss", "zendesk", "sql"
]
ENDINGS: dict[str, Reader] = {
    "parquet": "parquet", "pq": "parquet", "xlsx": "excel", "xlsm": "excel", "xls": "excel", "jsonl": "jsonl", "ndjson": "jsonl",
    "json": "json", "sav": "spss", "zsav": "spss",
}  # fmt: skip
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".opdownload", ".filepart", ".tmp", "~")


def unfinished(name: str) -> bool:
    """Whether a name is that of a download under way, a spreadsheet's lock, an editor's copy or a hidden file."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def kind_of_name(name: str) -> Reader:
    """The reader that a file's ending asks for, `.gz` and `.zip` left aside: ``tickets.json.gz`` is json; else csv."""
    plain = re.sub(r"\.(gz|zip)$", "", name.lower())
    return ENDINGS.get(plain.rsplit(".", 1)[-1], "csv")


def _listed(given):
    return [str(item) for item in given] if isinstance(given, list) else [str(given)]


Texts = Annotated[list[str], BeforeValidator(_listed)]


class Numbers(Part):
    """How numbers are written. Without `columns`, every cell that is nothing but a number with a decimal mark is read so."""

    decimal: Literal[",", "."] = Field(",", description="the decimal mark")
    thousands: str | None = Field(None, min_length=1, max_length=1, description="the mark between thousands; only with columns")
    columns: list[str] | None = Field(None, description="columns of numbers; currency signs in them are left out")

    @model_validator(mode="after")
    def _thousands_need_columns(self):
        if self.thousands and not self.columns:
            raise ValueError("`thousands` needs `columns`: an id such as 1.234 would become a number")
        if self.thousands == self.decimal:
            raise ValueError("`thousands` and `decimal` are the same mark")
        return self


class Reading(Part):
    """Where the rows of a source come from and how they are read."""

    file: str = Field("", description="name or pattern inside the raw folder, such as surveys_*.csv")
    url: SecretStr | None = Field(None, description="a database, as SQLAlchemy writes it; passwords come as ${NAME} from the environment")
    query: str | None = Field(None, description="the SELECT whose rows are the source")
    reader: Reader | None = Field(None, description="by the file's ending when left out")
    member: str | None = Field(None, description="the file inside a zip archive of several")
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    encoding: str | None = None
    quote: str | None = Field(None, min_length=1, max_length=1)
    sheet: str | int = 0
    header_row: int | None = Field(None, ge=1, description="the row that names the columns, counted from 1; found when left out")
    records: str | None = Field(None, description="in JSON, the key of the list of records, such as tickets")
    columns: list[str] | None = Field(None, description="columns that must be there")
    numbers: Numbers | None = None
    dates: dict[str, Texts] = Field({}, description="column to the ways its times are written, such as %d/%m/%Y %H:%M, or ISO")
    zone: str | None = Field(None, description="the time zone of the columns in `dates`, such as Europe/Madrid; they become UTC")
    missing: dict[str, Texts] = Field({}, description="column, or * for all, to the values that stand for no answer")

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str | None) -> str | None:
        try:
            return value and codecs.lookup(value).name
        except LookupError:
            raise ValueError("is not an encoding, such as utf-8 or cp1252") from None

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        try:
            return value and ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is not a time zone, such as Europe/Madrid") from None

    @field_validator("dates")
    @classmethod
    def _dates_are_written_out(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        wrong = [form for forms in value.values() for form in forms if form != "ISO" and "%" not in form]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not a way to write times, such as %d/%m/%Y %H:%M, or ISO")
        return value

    @model_validator(mode="after")
    def _one_place(self):
        """Never tells the URL, which may hold a password."""
        if bool(self.file) == (self.url is not None):
            raise ValueError("a source needs `file` (a raw file) or `url` with `query` (a database), one of the two")
        if (self.url is not None) != (self.query is not None):
            raise ValueError("`url` and `query` belong together")
        if self.url is None and self.reader == "sql":
            raise ValueError("reader `sql` needs `url` and `query`")
        return self

    @property
    def kind(self) -> Reader:
        """The reader to use: the one named, else by the ending of the file."""
        return "sql" if self.url is not None else self.reader or kind_of_name(self.file)

    @property
    def reading(self) -> str:
        """What decides how a file is read, as JSON: changes in it make the file be read anew. Holds no password."""
        return self.model_dump_json(include=set(Reading.model_fields) - {"file", "url"})
