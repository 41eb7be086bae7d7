"""Languages are told where the text tells them, and left unknown where it does not."""

import pytest

from cx_helpers.errors import ConfigError
from cx_helpers.journeys.voice.languages import agreement, identified

FOUR = ["en", "es", "pt", "ru"]


@pytest.mark.parametrize(
    ("text", "language"),
    [("The queue at the counter did not move at all", "en"), ("La cola del mostrador no avanzaba nada", "es"), ("A fila do balcão não andava de todo", "pt"),
     ("Очередь у стойки совсем не двигалась", "ru"), ("ok", "unknown"), ("10 / 10", "unknown"), ("", "unknown")],
)  # fmt: skip
def test_each_language_is_told_and_what_is_too_short_is_unknown(text, language):
    assert identified([text], FOUR).tolist() == [language]


def test_a_brand_of_one_language_needs_only_letters():
    assert identified(["ok", "...", "amei"], ["pt"]).tolist() == ["pt", "unknown", "pt"]


def test_the_declared_language_decides_only_where_the_text_does_not():
    texts = ["ok", "The queue at the counter did not move at all", "ok"]
    assert identified(texts, FOUR, ["PT-br", "es", None]).tolist() == ["pt", "en", "unknown"]


def test_what_cleaning_put_in_is_no_language():
    assert identified(["[name] [phone]"], FOUR).tolist() == ["unknown"]


def test_a_code_that_is_no_language_is_told():
    with pytest.raises(ConfigError, match="comment_languages: xq is no language"):
        identified(["The queue at the counter did not move"], ["en", "xq"])


def test_agreement_counts_what_is_told_and_what_is_not():
    texts = ["The queue at the counter did not move at all", "ok", "La cola del mostrador no avanzaba nada"]
    found = agreement(texts, ["en", "en", "en"], FOUR).iloc[0]
    assert (found["language"], found["value"], found["n"], found["of"]) == ("en", 0.5, 2, 3)
    assert found["unknown_share"] == pytest.approx(1 / 3)


def test_the_made_up_comments_are_told_in_their_language():
    import numpy as np

    from cx_helpers.sample.words import texts

    rng = np.random.default_rng(5)
    language = np.repeat(["en", "es", "pt"], 150)
    said = texts(rng, language, ["counter"] * 450, rng.normal(size=450))
    found = agreement(said, language, ["en", "es", "pt"])
    assert (found["value"] > 0.98).all() and (found["unknown_share"] < 0.02).all()
