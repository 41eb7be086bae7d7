"""Rows of a database by SQLAlchemy: one SELECT, read in blocks inside one transaction, counted by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import sqlglot
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.readers.opened import Opened, batches_of_cells, cell_text, first_line, unique_names

BLOCK = 20_000


@contextmanager
def opened_query(source: Source, name: str) -> Iterator[Opened]:
    """The rows of a source with `url` and `query`; the connection is read-only in use and closed afterwards.

    Raises
    ------
    DataError
        One line without the password: a URL that is none, a driver that is missing, a database that refuses.
    """
    url = _url(source, name)
    _one_select(source.query, name)
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield _opened(connection, source)
    except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        raise DataError(f"{name}: the database {_place(url)} refuses it ({_told(error, url)}). Mend url or query in sources.yaml.") from None


def _url(source: Source, name: str) -> sa.URL:
    try:
        url = sa.make_url(source.url.get_secret_value())
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError, ImportError):
        raise DataError(
            f"{name}: its url is not one of a database (dialect://user:password@host/database; is the variable in it set?). Mend url in sources.yaml."
        ) from None
    return url


def _one_select(query: str, name: str) -> None:
    """A source reads; a query that writes is refused before it reaches the database."""
    try:
        parts = [part for part in sqlglot.parse(query) if part]
    except sqlglot.errors.SqlglotError:
        return  # a dialect of its own: the database will tell
    writes = (sqlglot.exp.Insert, sqlglot.exp.Update, sqlglot.exp.Delete, sqlglot.exp.Create, sqlglot.exp.Drop, sqlglot.exp.Into)
    if len(parts) != 1 or not isinstance(parts[0], sqlglot.exp.Query) or parts[0].find(*writes):
        raise DataError(f"{name}: its query is not one SELECT. Write one SELECT in sources.yaml.")


def _opened(connection: sa.Connection, source: Source) -> Opened:
    query = source.query.strip().rstrip(";")
    counted = connection.execute(sa.text(f"SELECT count(*) FROM ({_plain(query)}) AS counted_rows")).scalar_one()
    result = connection.execution_options(stream_results=True, yield_per=BLOCK).execute(sa.text(_plain(query)))
    columns = unique_names([str(key) for key in result.keys()])
    rows = ((number, [_cell(value) for value in row]) for number, row in enumerate(result, start=1))
    return Opened(columns, batches_of_cells(columns, rows), lambda: counted)


def _plain(query: str) -> str:
    """A colon in a query is a colon, no parameter."""
    return query.replace("\\", "\\\\").replace(":", r"\:") if ":" in query else query


def _cell(value: object) -> str | None:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", errors="replace").replace("\0", "") or None
    return cell_text(value)


def _place(url: sa.URL) -> str:
    return url.set(password=None, username=None, query={}).render_as_string() if url.host else f"{url.get_backend_name()} file"


def _told(error: Exception, url: sa.URL) -> str:
    text = first_line(getattr(error, "orig", None) or error)
    for secret in (url.password, url.username):
        text = text.replace(str(secret), "***") if secret else text
    return text
