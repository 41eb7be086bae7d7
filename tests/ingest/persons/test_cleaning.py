"""Free text: what names a person goes, however it is typed; what is felt, dated, priced or numbered by the business stays."""

import unicodedata

import pyarrow as pa
import pytest

from cx_helpers.ingest.persons.cleaning import Cleaner, name_words

CLEANER = Cleaner(name_words(["Ana Pérez", "Łukasz Nowak"]), ["Hertz desk"])


def both(text: str) -> str:
    """Cleaned alone and as one text of a column: what a search over all texts passes over would differ."""
    alone, column = CLEANER.clean_one(text), CLEANER.clean(pa.array([text])).to_pylist()[0]
    assert alone == column
    return alone


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("12.03.1980 600123456", "12.03.1980 [phone]"),
        ("600123456, born 12.03.1980", "[phone], born 12.03.1980"),
        ("2026-03-04 10:11:12 600 123 456", "2026-03-04 10:11:12 [phone]"),
        ("call me at 555 1234", "call me at [phone]"),
        ("my number is 5551234", "my number is [phone]"),
        ("llámame por favor al 555 12 34", "llámame por favor al [phone]"),
        ("mi móvil es 600.123.456", "mi móvil es [phone]"),
        ("600.123.456 siempre", "[phone] siempre"),
        ("600\u00a0123\u00a0456", "[phone]"),
        ("600–123–456", "[phone]"),
        ("Order number 4002938475", "Order number [number]"),
        ("Booking 100023456789 was lost", "Booking [number] was lost"),
        ("Invoice 2026-0001-2345", "Invoice [number]"),
        ("RES-20260102-44 was lost", "RES-[number] was lost"),
        ("order 4002938475, phone 600123456", "order [number], phone [phone]"),
    ],
)
def test_phones_go_and_the_numbers_of_the_business_are_no_phones(text, clean):
    assert both(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "scores 1 2 3 4 5 6 7 8 9 10", "$ 1500 2000 2500", "2026-03-04 10:11:12 2026-03-05", "from 10:30 to 11:45 on 12/05/2024",
        "I paid 1.234.567 pesos", "we waited 45 minutes",
    ],
)  # fmt: skip
def test_dates_scores_and_amounts_are_no_phones(text):
    assert both(text) == text


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_however_its_accents_are_typed(form):
    assert both(unicodedata.normalize(form, "Hablé con Ana Pérez, nada")) == "Hablé con [name], nada"
    assert both("Hablé con P\u200bérez, nada") == "Hablé con [name], nada"
    assert Cleaner(name_words([unicodedata.normalize(form, "Añá Béjar")])).clean_one("vi a Añá Béjar ayer") == "vi a [name] ayer"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Bad. best wishes\nJohanna Schmidt", "Bad. best wishes\n[name]"),
        ("All fine. Best, Xavier", "All fine. Best, [name]"),
        ("Late again.\nBest\nXavier", "Late again.\nBest\n[name]"),
        ("Rude. Regards,\nJ. Schmidt", "Rude. Regards,\n[name]"),
        ("Mal. Atte. Ximena", "Mal. Atte. [name]"),
        ("Mal. Att, Ximena Solís", "Mal. Att, [name]"),
        ("Hello. This is Johanna Schmidt", "Hello. This is [name]"),
        ("Hello. I'm Johanna", "Hello. I'm [name]"),
        ("Hello. I’m Johanna. It rained", "Hello. I’m [name]. It rained"),
        ("I am Šárka, hello", "I am [name], hello"),
        ("Soy German Pereda y espero", "Soy [name] y espero"),
        ("My name is fred", "My name is [name]"),
        ("Thanks Maria", "Thanks [name]"),
        ("Kind regards,\nJohanna\nMunich", "Kind regards,\n[name]"),
    ],
)
def test_people_who_say_who_they_are_or_sign_leave_the_text(text, clean):
    assert both(text).startswith(clean)


@pytest.mark.parametrize(
    "text",
    [
        "My name is spelled wrong", "my name is misspelled", "Me llamo cada día", "Thanks Team", "Thank you Hertz", "Soy Cliente desde hace años",
        "Soy Español", "I am German, and", "I am Furious, very", "This is Terrible, really", "I am Disgusted.", "I'm Livid", "I AM NEVER COMING BACK",
        "I AM FURIOUS, NEVER AGAIN", "SOY CLIENTE DESDE HACE AÑOS", "Simply the best Car", "Estoy harta. Gracias", "This is Unacceptable!",
    ],
)  # fmt: skip
def test_what_is_felt_and_what_one_is_stays(text):
    assert both(text) == text
