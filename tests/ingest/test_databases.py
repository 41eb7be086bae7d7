"""Rows of a database: SQLite and a real PostgreSQL give the same text; the password stands in no message and no file."""

import datetime as dt
import re
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from cx_helpers.config.sources import Source
from cx_helpers.errors import ConfigError, DataError
from cx_helpers.ingest.staging import stage_query

TABLE = sa.Table(
    "calls", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("text", sa.String), sa.Column("at", sa.DateTime), sa.Column("day", sa.Date),
    sa.Column("minutes", sa.Float), sa.Column("cost", sa.Numeric(8, 2)), sa.Column("done", sa.Boolean),
)  # fmt: skip
ROWS = [
    {"id": 2, "text": "late: 'again', \"really\"\nyes", "at": dt.datetime(2026, 3, 1, 9, 30), "day": dt.date(2026, 3, 1), "minutes": 3.0, "cost": Decimal("12.50"), "done": True},
    {"id": 1, "text": "", "at": None, "day": None, "minutes": None, "cost": None, "done": False},
    {"id": 3, "text": "Málaga 🚗", "at": dt.datetime(2026, 3, 2, 0, 0, 1, 250000), "day": None, "minutes": 1.5, "cost": Decimal("-1.00"), "done": None},
]  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'calls.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        TABLE.drop(connection, checkfirst=True)
        TABLE.create(connection)
        connection.execute(TABLE.insert(), ROWS)
    return url


def staged(tmp_path, url, query="SELECT * FROM calls", **settings):
    return stage_query(Source(url=url, query=query, **settings), "calls", tmp_path / ".parsed")


def test_rows_of_a_database_are_text_as_a_csv_export_would_hold(tmp_path, url):
    found = staged(tmp_path, url)
    assert (found.rows, found.rows_in, found.aside) == (3, 3, [])
    table = pq.read_table(found.path)
    assert found.columns == ["id", "text", "at", "day", "minutes", "cost", "done"] and table["_row"].to_pylist() == [1, 2, 3]
    first, second, third = table.drop(["_row"]).to_pylist()
    yes, no, money = ("1", "0", "12.5") if url.startswith("sqlite") else ("true", "false", "12.50")  # SQLite has neither kind
    second["at"] = second["at"].removesuffix(".000000")
    assert first == {"id": "1", "text": None, "at": None, "day": None, "minutes": None, "cost": None, "done": no}
    assert second == {"id": "2", "text": "late: 'again', \"really\"\nyes", "at": "2026-03-01 09:30:00", "day": "2026-03-01", "minutes": "3",
                      "cost": money, "done": yes}  # fmt: skip
    assert third["text"] == "Málaga 🚗" and third["at"] == "2026-03-02 00:00:01.250000" and third["done"] is None


def test_the_same_rows_in_another_order_are_the_same_content_and_a_changed_row_is_not(tmp_path, url):
    first = staged(tmp_path, url)
    again = staged(tmp_path, url, "SELECT * FROM calls ORDER BY id DESC")
    assert (again.content, again.path) == (first.content, first.path)
    with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as connection:
        connection.execute(TABLE.update().where(TABLE.c.id == 1).values(text="now"))
    changed = staged(tmp_path, url)
    assert changed.content != first.content and not first.path.exists() and changed.path.exists()
    assert [path.name for path in (tmp_path / ".parsed").glob("*.part*")] == []


def test_colons_percents_and_a_last_semicolon_in_a_query_are_the_databases_own(tmp_path, url):
    query = "SELECT id, 'a:b' AS colon FROM calls WHERE text LIKE 'late: %' OR text = ':id';"
    found = staged(tmp_path, url, query)
    assert pq.read_table(found.path).drop(["_row"]).to_pylist() == [{"id": "2", "colon": "a:b"}]


def test_codes_and_times_are_made_plain_in_rows_of_a_database_too(tmp_path, url):
    found = staged(tmp_path, url, dates={"at": "ISO"}, zone="Europe/Madrid", missing={"minutes": [3]}, columns=["id", "at"])
    rows = pq.read_table(found.path).to_pylist()
    assert rows[1]["at"] == "2026-03-01 08:30:00Z" and rows[1]["minutes"] is None and found.missing == [("minutes", "3", 1)]


@pytest.mark.parametrize("query", ["DELETE FROM calls", "SELECT 1; SELECT 2", "DROP TABLE calls", "CREATE TABLE x AS SELECT 1", "SELECT * INTO y FROM calls"])
def test_a_query_that_writes_is_refused_before_the_database_sees_it(tmp_path, url, query):
    with pytest.raises(DataError, match="^calls: its query is not one SELECT. Write one SELECT in sources.yaml.$"):
        staged(tmp_path, url, query)
    assert staged(tmp_path, url).rows == 3


def test_a_database_that_refuses_is_one_line(tmp_path, url):
    with pytest.raises(DataError, match=r"^calls: the database .* refuses it \(.*nothing.*\). Mend url or query in sources.yaml.$") as caught:
        staged(tmp_path, url, "SELECT * FROM nothing")
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"^calls: column score is missing; it has id, text, "):
        staged(tmp_path, url, columns=["score"])


def test_the_password_is_in_no_message_no_file_and_no_fingerprint(tmp_path, postgres):
    password = re.search(r"analyst:(\w+)@", postgres)[1]
    wrong = postgres.replace(password, "not-the-password")
    for url, query in ((wrong, "SELECT 1"), (postgres, "SELECT nothing"), (postgres.replace("127.0.0.1", "nowhere.invalid"), "SELECT 1")):
        with pytest.raises(DataError) as caught:
            staged(tmp_path, url, query)
        assert password not in str(caught.value) and "not-the-password" not in str(caught.value) and "\n" not in str(caught.value)
    source = Source(url=postgres, query="SELECT 1 AS one")
    stage_query(source, "calls", tmp_path / ".parsed")
    assert password not in repr(source) + str(source) + source.model_dump_json() + source.reading
    assert not any(password.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("url", ["", "not a url", "nosuchdialect://u:secretword@h/d", "mssql+nosuch://u:secretword@h/d"])
def test_a_url_that_is_none_is_one_line_without_it(tmp_path, url):
    with pytest.raises(DataError, match=r"^calls: its url is not one of a database") as caught:
        staged(tmp_path, url)
    assert "secretword" not in str(caught.value)


def test_the_url_comes_from_the_environment_and_a_wrong_one_is_not_shown_by_the_configuration(shop, monkeypatch):
    monkeypatch.setenv("CALLS_URL", "sqlite:///secretword.db")
    shop.change("sources.yaml", "  waits:\n", "  calls:\n    url: ${CALLS_URL}\n    query: SELECT 1 AS id\n    lookup: true\n  waits:\n")
    source = shop.load().sources.sources["calls"]
    assert source.url.get_secret_value() == "sqlite:///secretword.db" and source.kind == "sql"
    shop.change("sources.yaml", "    query: SELECT 1 AS id\n", "")
    with pytest.raises(ConfigError, match="`url` and `query` belong together") as caught:
        shop.load()
    assert "secretword" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://reader:secretword@db/shop", "postgresql://db/shop?user=a&password=secretword", "mysql://:secretword@db/shop"])
def test_a_password_written_in_the_configuration_is_refused_in_one_line_without_it(shop, url):
    shop.change("sources.yaml", "  waits:\n", f"  calls:\n    url: {url}\n    query: SELECT 1 AS id\n    lookup: true\n  waits:\n")
    with pytest.raises(ConfigError, match=r"^shop/sources.yaml:\d+: sources.calls.url: a password stands in it. Write \$\{NAME\} in its place") as caught:
        shop.load()
    assert "secretword" not in str(caught.value) and len(caught.value.problems) == 1


@pytest.mark.parametrize("url", ["postgresql://reader:${SHOP_PASSWORD}@db/shop", "${SHOP_URL}", "postgresql://reader@db:5432/shop", "sqlite:////srv/a:b@c/shop.db"])
def test_a_password_from_the_environment_and_a_url_without_one_are_good(shop, url, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "secretword")
    monkeypatch.setenv("SHOP_URL", "postgresql://reader:secretword@db/shop")
    shop.change("sources.yaml", "  waits:\n", f"  calls:\n    url: {url}\n    query: SELECT 1 AS id\n    lookup: true\n  waits:\n")
    assert shop.load().sources.sources["calls"].kind == "sql"
