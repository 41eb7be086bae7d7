"""What people write together beside the tables: a small relational store in which nobody's row is lost."""

from __future__ import annotations

import sqlalchemy as sa

BUSY_SECONDS = 30


def opened(url: str, kept: sa.MetaData) -> sa.Engine:
    """The store at a URL, with the tables of `kept` in it; two who write at once wait for each other.

    Parameters
    ----------
    url : str
        SQLAlchemy URL: ``sqlite:///...``, or PostgreSQL where many people write.
    """
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _patient)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        kept.create_all(connection)
    return engine


def _patient(connection, _record) -> None:
    """Another writer is waited for; SQLAlchemy, not the driver, begins transactions."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
