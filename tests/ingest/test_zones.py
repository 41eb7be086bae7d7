"""Local times as arithmetic give what DuckDB's calendar gives, at every change of clocks."""

import duckdb
import pytest

from cx_helpers.ingest.zones import local_month, moment

ZONES = ("Europe/Madrid", "America/Sao_Paulo", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


@pytest.fixture
def connection():
    with duckdb.connect() as found:
        found.execute("SET TimeZone = 'UTC'")
        found.execute(  # every 20 minutes of eleven years, and far away
            "CREATE TABLE t AS SELECT make_timestamp(us) AS here, make_timestamptz(us) AS instant FROM "
            "(SELECT unnest(range(epoch_us(TIMESTAMP '2008-12-01'), epoch_us(TIMESTAMP '2020-01-01'), 1200000000)) + 1234567 AS us) "
            "UNION ALL SELECT v, make_timestamptz(epoch_us(v)) FROM (VALUES (TIMESTAMP '1899-12-31 10:00:00'), (TIMESTAMP '2060-07-01 00:00:00'), "
            "(TIMESTAMP '2044-12-31 23:59:59'), (TIMESTAMP '2045-01-01'), (TIMESTAMP '1990-01-01'), (NULL)) x(v)"
        )
        yield found


@pytest.mark.parametrize("zone", ZONES)
def test_arithmetic_gives_the_calendars_moments(connection, zone):
    wrong = connection.execute(f"SELECT count(*) FROM t WHERE {moment('here', zone)} IS DISTINCT FROM timezone('{zone}', here)").fetchone()[0]
    assert wrong == 0


@pytest.mark.parametrize("zone", ZONES)
def test_arithmetic_gives_the_calendars_months(connection, zone):
    wrong = connection.execute(
        f"SELECT count(*) FROM t WHERE {local_month('instant', zone)} IS DISTINCT FROM strftime(timezone('{zone}', instant), '%Y-%m')"
    ).fetchone()[0]
    assert wrong == 0
