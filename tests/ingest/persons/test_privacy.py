"""Personal data: what SQL may see, what tables may hold, who may read the key."""

import os
import time

import duckdb
import pyarrow as pa
import pytest

from cx_helpers.errors import ConfigError
from cx_helpers.ingest.persons.cleaning import Cleaner, name_words
from cx_helpers.ingest.lineage import reads, used
from cx_helpers.ingest.persons.numbers_of_persons import is_iban, luhn
from cx_helpers.ingest.persons.privacy import Guard, brand_key, pseudonym
from cx_helpers.ingest.persons.suspects import looks_like

CLEANER = Cleaner(name_words(["Ana Pérez", "João da Silva", "John Smith", "Maria de la Cruz", "Will Young", "Bo Li"]), ["Young driver fee"])


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Soy ana perez, llámame al +34 600 123 456", "Soy [name], llámame al [phone]"),
        ("write john.smith@example.com or 555-123-4567", "write [e-mail] or [phone]"),
        ("mail jo (at) example.org", "mail [e-mail]"),
        ("Card 4111 1111 1111 1111 was charged", "Card [card] was charged"),
        ("cuenta ES91 2100 0418 4502 0005 1332", "cuenta [account]"),
        ("see https://x.example/a?token=1 now", "see [link] now"),
        ("ask @fred_99 why", "ask [handle] why"),
        ("MARIA DE LA CRUZ was rude", "[name] was rude"),
        ("o senhor joao ajudou", "o senhor [name] ajudou"),
        ("Will Young helped me", "[name] helped me"),
        ("We met Bo Li there", "We met [name] there"),
        ("My name is piotr and I waited", "My name is [name] and I waited"),
        ("I'm Peter, from Leeds", "I'm [name], from Leeds"),
        ("Hello, this is Mary Major (order 12), call me", "Hello, this is [name] (order 12), call me"),
        ("Me llamo Íñigo Montoya y espero", "Me llamo [name] y espero"),
        ("Olá, meu nome é Tiago Souza", "Olá, meu nome é [name]"),
        ("Staff was rude. Regards, Tomasz Kowalski", "Staff was rude. Regards, [name]"),
        ("tel 600123456", "tel [phone]"),
    ],
)
def test_persons_leave_a_text(text, clean):
    assert CLEANER.clean_one(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "I will not pay 1.234.567 on 2024-03-01 10:30",
        "We waited 45 minutes for booking B2018001",
        "The young driver fee was a surprise",
        "I am Very angry",
        "My name is not on the list",
        "Muy bien todo, gracias",
        "Returned on 12/05/2024 at 10:30",
        "",
    ],
)
def test_what_is_not_personal_stays(text):
    assert CLEANER.clean_one(text) == text


def test_a_column_is_cleaned_as_its_texts_are_and_missing_stays_missing():
    texts = ["Ana Pérez called", None, "nothing here", "Ana Pérez called"]
    assert CLEANER.clean(pa.array(texts)).to_pylist() == ["[name] called", None, "nothing here", "[name] called"]


def test_a_name_that_these_texts_use_as_a_word_is_hidden_only_where_written_as_a_name():
    cleaner = Cleaner(name_words(["Anna Seat"]))
    texts = pa.array([f"the seat number {i} was broken" for i in range(30)] + ["Anna Seat was there", "i saw anna there"])
    cleaned = cleaner.clean(texts).to_pylist()
    assert cleaned[0] == "the seat number 0 was broken" and cleaned[-2:] == ["[name] was there", "i saw [name] there"]


def test_check_digits():
    assert luhn("4111111111111111") and not luhn("4111111111111112") and not luhn("0000000000000000")
    assert is_iban("GB82 WEST 1234 5698 7654 32") and not is_iban("GB82 WEST 1234 5698 7654 33")


def test_a_hundred_thousand_comments_are_cleaned_in_seconds():
    words = "the car was dirty and we waited for a long time at the counter nobody told us anything"
    texts = pa.array([f"{words} {i}" + (" Ana Pérez" if i % 20 == 0 else "") for i in range(100_000)])
    began = time.monotonic()
    cleaned = CLEANER.clean(texts)
    assert time.monotonic() - began < 15
    assert sum("[name]" in text for text in cleaned.to_pylist()) == 5_000


def raw(**columns) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.register("t", pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}))
    return connection


def test_columns_that_look_personal_are_found():
    found = looks_like(
        raw(
            contact=["a@x.org", "b@x.org", "c@x.org", None],
            mobile_phone=["600123456", "600123457", "600123458", "600123459"],
            who=["@ana_1", "@bea", "@carl", "@dora"],
            pan=["4111111111111111", "5500005555555559", "340000000000009", "4111 1111 1111 1111"],
            account=["GB82WEST12345698765432", "ES9121000418450200051332", "DE89370400440532013000", None],
        ),
        "t",
        ["contact", "mobile_phone", "who", "pan", "account"],
    )
    assert {name: kind for name, (kind, _, _) in found.items()} == {
        "contact": "email", "mobile_phone": "phone", "who": "handle", "pan": "card", "account": "iban",
    }  # fmt: skip
    assert found["contact"] == ("email", 3, 3)


def test_columns_of_numbers_dates_and_words_do_not_look_personal():
    connection = raw(
        order_no=["100200300", "100200301", "100200302"], day=["2024-03-01", "2024-03-02", "2024-03-03"],
        said=["write to a@x.org please", "fine", "good"], price=["10.50", "12.00", "9.99"],
    )  # fmt: skip
    assert looks_like(connection, "t", ["order_no", "day", "said", "price"]) == {}


PEOPLE = """
    fields:
      customer: {kind: identity, personal: id, reason: answers of one customer are not independent, purpose: join}
      email: {kind: identity, personal: email, reason: joins two systems, purpose: join}
      full_name: {kind: identity, personal: name, reason: named in comments, purpose: cleaning of comments}
      note: {kind: attitude, personal: free_text, purpose: what customers say}
"""


@pytest.fixture
def guarded(shop):
    def made(fields=PEOPLE, journeys=None, use=""):
        shop.change("sources.yaml", "    columns: [order_id, customer, started_at]\n", "    columns: [order_id, customer, started_at]\n" + fields)
        shop.write("sources.yaml", (shop.folder / "sources.yaml").read_text() + use)
        if journeys:
            shop.write("sql/journeys.sql", journeys)
        connection = raw(
            order_id=["o1", "o2"], customer=["c1", None], email=["Ana@x.org", "bo@x.org"], full_name=["Ana Pérez", "Bo Li"],
            note=["ana was here", "fine"], spare=["a@x.org", "b@x.org"],
        )  # fmt: skip
        columns = {"orders": ["order_id", "customer", "email", "full_name", "note", "spare"], "answers": [], "waits": []}
        return Guard.over(shop.load(), connection, {"orders": "t"}, columns)

    return made


JOURNEYS = """
SELECT order_id AS journey_id, customer AS customer_id, email AS reached_by, 'x-' || customer AS booker, note AS said, spare, started_at,
       'open' AS status, _source AS source FROM orders
"""


def test_sql_sees_a_pseudonym_where_a_name_or_address_stood_and_nothing_where_it_does_not_ask(guarded):
    guard = guarded(journeys=JOURNEYS)
    hidden = guard.hidden("orders")
    assert set(hidden) == {"email", "full_name"}
    assert hidden["full_name"] == "CAST(NULL AS VARCHAR)", "no SQL names it"
    seen = guard.connection.execute(f"SELECT {hidden['email']} FROM t").fetchall()
    assert seen == [(pseudonym("ana@x.org", guard.key),), (pseudonym("bo@x.org", guard.key),)]


def test_ids_of_persons_are_pseudonyms_in_every_column_and_free_text_is_clean(guarded):
    guard = guarded(journeys=JOURNEYS)
    guard.connection.execute("CREATE VIEW mapped AS SELECT customer AS customer_id, 'x-' || customer AS booker, note AS said, 'write a@b.org' AS spare FROM t")
    columns = ["journey_id", "customer_id", "booker", "said", "spare", "unit"]
    kept = guard.kept("journeys", columns)
    assert set(kept) == {"customer_id", "booker", "said", "spare"}
    guard.learn("journeys", "mapped", columns)
    row = guard.connection.execute(f"SELECT {', '.join(kept[name] for name in ('customer_id', 'booker', 'said', 'spare'))} FROM mapped").fetchone()
    assert row == (pseudonym("c1", guard.key), pseudonym("x-c1", guard.key), "[name] was here", "write [e-mail]")


def test_an_id_of_a_person_leaves_a_text_and_other_numbers_stay(guarded):
    guard = guarded(journeys=JOURNEYS)
    guard.connection.execute("CREATE VIEW ids AS SELECT unnest(['x', 'K-00017']) AS customer")
    guard._raw = {"orders": "ids"}
    guard.connection.execute("CREATE VIEW mapped AS SELECT 'like K-00017 and K-00018, booking B-12345' AS said")
    guard.learn("journeys", "mapped", ["said"])
    assert guard.connection.execute("SELECT cx_clean(said) FROM mapped").fetchone() == ("like [id] and K-00018, booking B-12345",)


def test_a_text_that_was_not_learnt_is_cleaned_all_the_same(guarded):
    guard = guarded()
    assert guard.connection.execute("SELECT cx_clean('ana was here'), cx_clean(NULL), cx_pseudonym(NULL)").fetchone() == ("[name] was here", None, None)


def test_quarantine_tells_no_personal_cell(guarded):
    guard = guarded(journeys=JOURNEYS)
    assert guard.told("journeys", "customer_id", "c1") == "[id]" and guard.told("journeys", "booker", "x-c1") == "[id]"
    assert guard.told("comments", "text", "anything") == "[text]" and guard.told("journeys", "value", None) is None
    assert guard.told("journeys", "started_at", "Ana Pérez a@x.org") == "[name] [e-mail]"
    assert guard.told("journeys", "started_at", "2026-13-45") == "2026-13-45"
    assert guard.told("journeys", "status", "canceled") == "canceled" and guard.told("journeys", "status", "Completed ") == "Completed "
    assert guard.told("journeys", "status", "nikola") == guard.told("comments", "origin", "Zoë Zander-Quist, flat 4") == "[text]", "like none of the words allowed"


def test_an_undeclared_column_of_addresses_is_hidden_and_told_in_one_line(guarded, monkeypatch):
    monkeypatch.setattr("cx_helpers.ingest.persons.suspects.FEWEST", 2)
    guard = guarded(journeys=JOURNEYS)
    assert "cx_pseudonym" in guard.hidden("orders")["spare"]
    assert guard.warnings == [
        "shop: orders.spare: 2 of 2 cells looked at are e-mail addresses, and it is not declared; SQL sees pseudonyms in its place. "
        "Declare it in sources.yaml (fields: spare: {kind: identity, personal: email, ...})."
    ]


def test_a_field_that_the_purpose_may_not_use_is_not_readable(guarded):
    fields = PEOPLE + "      spare: {kind: behaviour, permitted: marketing, purpose: campaigns}\n      order_id: {kind: behaviour, permitted: [marketing, care], purpose: care}\n"
    guard = guarded(fields, use="use: {purpose: care}\n")
    assert guard.hidden("orders")["spare"] == "CAST(NULL AS VARCHAR)" and "order_id" not in guard.hidden("orders")


def test_without_a_declared_use_every_field_is_readable(guarded):
    guard = guarded(PEOPLE + "      spare: {kind: behaviour, permitted: marketing, purpose: campaigns}\n")
    assert "spare" not in guard.hidden("orders")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    key = brand_key(tmp_path)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert brand_key(tmp_path) == key and len(key) == 32


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_a_key_that_others_can_read_is_refused(tmp_path):
    brand_key(tmp_path)
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(ConfigError, match=r"/key: its mode is 640, so others can read it; allowed is 600\. Run `chmod 600` on it\."):
        brand_key(tmp_path)


def test_a_damaged_key_is_refused_without_telling_it(tmp_path):
    (tmp_path / "key").write_text("oh dear, a secret")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(ConfigError, match="not a key") as error:
        brand_key(tmp_path)
    assert "secret" not in str(error.value)


def test_the_key_may_come_from_the_environment(tmp_path, monkeypatch):
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.setenv("CX_KEY_SHOP", "k" * 32)
    assert brand_key(folder) == b"k" * 32 and not (folder / "key").exists()
    monkeypatch.setenv("CX_KEY_SHOP", "short")
    with pytest.raises(ConfigError, match=r"CX_KEY_SHOP: 5 characters; a key has at least 32\."):
        brand_key(folder)


def test_pseudonyms_differ_by_key():
    assert pseudonym("a", b"k" * 32) != pseudonym("a", b"q" * 32) and len(pseudonym("a", b"k" * 32)) == 32


def test_a_word_in_the_sql_is_no_use_of_a_column_of_that_name(shop):
    """The channel 'phone' of an event is not the phone of a customer; a join by it is a use."""
    shop.change("sources.yaml", "  answers:\n", "    fields:\n      phone: {kind: identity, personal: phone, reason: in the export}\n  answers:\n")
    for old, new in (("value,region\n", "value,region,phone\n"), ("north\n", "north,\n"), ("south\n", "south,\n")):
        shop.change("raw/orders.csv", old, new)
    shop.change("sql/journeys.sql", "status, unit,", "status, 'phone' AS unit,")
    shop.ingest()
    seen = shop.lake.frame("fields").set_index(["raw_source", "field"])["seen_by_sql"]
    assert seen[("orders", "phone")] == "not at all"
    shop.change("sql/journeys.sql", "FROM orders", "FROM orders WHERE phone IS NULL")
    shop.ingest()
    assert shop.lake.frame("fields").set_index(["raw_source", "field"])["seen_by_sql"][("orders", "phone")] == "as a pseudonym"


def test_columns_that_are_turned_into_rows_are_read():
    columns = {"crm": ["customer", "email", "phone"]}
    assert used([reads("SELECT customer, value FROM (UNPIVOT crm ON email INTO NAME name VALUE value)", columns)]) == {("crm", "customer"), ("crm", "email")}
    assert used([reads("SELECT COLUMNS('.*mail') FROM crm", columns)]) == {("crm", name) for name in columns["crm"]}


def test_another_key_makes_the_tables_again(shop, monkeypatch):
    shop.ingest()
    before = set(shop.lake.frame("journeys")["customer_id"])
    monkeypatch.setenv("CX_KEY_SHOP", "k" * 40)
    again = shop.ingest()
    assert again.changed and not before & set(shop.lake.frame("journeys")["customer_id"])
    assert "  shop: another key than the last ingest had: every pseudonym is new." in again.lines
    assert not shop.ingest().changed


def test_a_sentence_in_a_column_that_nobody_declared_keeps_no_phone(shop):
    shop.change("raw/orders.csv", ",north\no2", ",call me at +34 600 111 200 or a@x.org\no2")
    shop.ingest()
    assert set(shop.lake.frame("journeys")["region"]) == {"call me at [phone] or [e-mail]", "north", "south"}


@pytest.mark.parametrize(("cell", "told"), [("Johanna Schmidt", "[text]"), ("12345678Z", "[text]"), ("johanna schmidt", "[text]"), ("12 EUR", "12 EUR"), ("n/a", "n/a")])
def test_the_quarantine_tells_no_name_where_a_number_should_be(shop, cell, told):
    shop.change("raw/orders.csv", "Soho,10,", f"Soho,{cell},")
    shop.ingest()
    assert told in set(shop.lake.frame("quarantine")["found"]), shop.lake.frame("quarantine")["found"].tolist()
