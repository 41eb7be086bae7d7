"""Word lists: what is felt and what is only judged, negation, loudness, four languages."""

import numpy as np
import pytest

from cx_helpers.journeys.voice.lexicon import EMOTIONS, TOLD, fold, languages, lexicon, pattern_of

SAID = {
    "en": {"anger": "I am furious about this", "disappointment": "So disappointed", "worry": "We were worried all night", "joy": "I love it", "gratitude": "Thank you all"},
    "es": {"anger": "Estoy indignada", "disappointment": "Qué decepción", "worry": "Me preocupa mucho", "joy": "Me encanta", "gratitude": "Muchas gracias"},
    "pt": {"anger": "Que vergonha", "disappointment": "Fiquei chateada", "worry": "Estou preocupado", "joy": "Adorei", "gratitude": "Obrigada a todos"},
    "ru": {"anger": "Я возмущён", "disappointment": "Очень разочарована", "worry": "Я беспокоюсь", "joy": "Мне понравилось", "gratitude": "Большое спасибо"},
}
JUDGED = {"en": "The car was good but slow", "es": "El coche era bueno pero lento", "pt": "Produto bom, entrega lenta", "ru": "Машина хорошая, но медленная"}


def present(language: str, text: str) -> set[str]:
    hits = lexicon(language).hits([text]).iloc[0]
    return {emotion for emotion in EMOTIONS if hits[emotion] > 0}


def test_there_are_lists_in_four_languages_and_none_elsewhere():
    assert languages() == ["en", "es", "pt", "ru"] and lexicon("fr") is None


@pytest.mark.parametrize("language", list(SAID))
def test_each_feeling_is_told_in_each_language(language):
    assert {emotion: present(language, text) for emotion, text in SAID[language].items()} == {emotion: {emotion} for emotion in EMOTIONS}


@pytest.mark.parametrize("language", list(JUDGED))
def test_a_judgement_of_quality_is_no_feeling(language):
    assert present(language, JUDGED[language]) == set()


@pytest.mark.parametrize(
    ("language", "text", "emotions"),
    [("en", "I was not happy", {"disappointment"}), ("en", "I couldn't be happier", {"joy"}), ("en", "We were not worried", set()), ("en", "No problem. Happy!", {"joy"}),
     ("es", "No me gustó", {"disappointment"}), ("es", "Compren sin miedo", set()), ("pt", "Não gostei", {"disappointment"}), ("pt", "Comprem sem medo", set()),
     ("ru", "Мне не понравилось", {"disappointment"}), ("es", "Vale la pena", set()), ("pt", "Vale a pena", set())],
)  # fmt: skip
def test_negation_turns_joy_and_silences_the_rest_within_its_clause(language, text, emotions):
    assert present(language, text) == emotions


def test_loud_praise_is_joy_loud_blame_is_anger_and_quiet_ones_are_neither():
    assert present("en", "Excellent!!") == {"joy"} and present("en", "Excellent!") == set()
    assert present("en", "Terrible!!") == {"anger"} and present("en", "Terrible.") == set()
    assert present("pt", "Muuuito bom") == {"joy"}


def test_signs_count_in_every_language():
    assert present("ru", "Ну вот 😡") == {"anger"} and present("pt", "Chegou 😍") == {"joy"} and present("en", "It came :(") == {"disappointment"}


def test_folding_makes_spellings_one():
    assert fold("AMEEEI!!") == fold("amei!") and fold("ÓTIMO") == "otimo" and fold("don’t") == "don't"


def test_a_star_stands_for_an_ending_and_a_term_without_one_for_itself():
    pattern = pattern_of(["scam*", "rip off"])
    assert [bool(pattern.search(fold(text))) for text in ("scammers", "rip  off", "ripoffs", "escam")] == [True, True, False, False]
    assert pattern_of([]) is None


def test_hits_of_the_same_text_are_the_same_wherever_it_stands():
    hits = lexicon("en").hits(["Thank you", "ok", "Thank you"])
    assert list(hits) == [*EMOTIONS, "negative", "positive"] and set(hits) == set(TOLD)
    assert hits["positive"].tolist() == [1, 0, 1] and hits["negative"].sum() == 0 and len(lexicon("en").hits([])) == 0


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_the_planted_extremes_are_heard_and_the_calm_left_alone(language):
    """In the made-up comments only the two extremes of tone name a feeling in their opening; the usual names none."""
    from cx_helpers.sample.words import texts

    rng = np.random.default_rng(11)
    said = {tone: texts(rng, [language] * 300, ["counter"] * 300, [tone] * 300) for tone in (-3.0, -0.1, 3.0)}
    hits = {tone: lexicon(language).hits(text) > 0 for tone, text in said.items()}
    assert hits[-3.0]["negative"].mean() > 0.97 and hits[3.0]["positive"].mean() > 0.97
    assert hits[-0.1][["negative", "positive"]].mean().max() < 0.03 and hits[3.0]["negative"].mean() < 0.03


def test_english_reviews_rated_by_twenty_people(reference):
    """Amazon sentences: people say how good or bad each sounds; ours says whether a feeling is present. Saying "always"
    beats a known word list by F1, which is why F1 is not shown."""
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    from cx_helpers.journeys.voice.quality import quality

    folder, expected = reference("text_vader_amazon_tweets")
    rows = pd.read_csv(folder / "data.csv")
    assert len(rows) == expected["amazon.n"]["value"]
    known = expected["amazon.emotional_abs_ge_1"]["value"]
    felt = rows["score"].abs() >= 1
    assert felt.mean() == pytest.approx(known["base"], abs=1e-4)
    assert 2 * known["base"] / (1 + known["base"]) > known["F1_at_.05"]
    hits = lexicon("en").hits(rows["text"])
    for truth, emotion, least in ((rows["score"] <= -1.5, "negative", 0.15), (rows["score"] >= 1.5, "positive", 0.2)):
        found = quality(truth, hits[emotion] > 0, hits[emotion], draws=200)
        assert found["better_than_chance"] and found["mcc"] > least, found
    apart = rows[felt]
    ours = (hits["positive"] - hits["negative"])[apart.index]
    # Below the 0.78 of a list that counts judgements too ("great", "poor"), which are no feelings here.
    assert 0.59 < roc_auc_score(apart["score"] > 0, ours) < expected["amazon.pos_vs_neg_auc"]["value"]


def test_english_reviews_have_their_share_corrected(reference):
    """The word list finds a fraction of what people call bad; with half the sentences as labels the other half's true
    share is told, which the plain share misses by far."""
    import pandas as pd

    from cx_helpers.journeys.voice.quality import corrected_share, counts

    folder, _ = reference("text_vader_amazon_tweets")
    rows = pd.read_csv(folder / "data.csv").sample(frac=1, random_state=0, ignore_index=True)
    truth, present = (rows["score"] <= -1.5).to_numpy(), (lexicon("en").hits(rows["text"])["negative"] > 0).to_numpy()
    half = len(rows) // 2
    found = corrected_share(present[half:].mean(), len(rows) - half, counts(truth[:half], present[:half]))
    assert found.low <= truth[half:].mean() <= found.high
    assert not found.low <= present[half:].mean() <= found.high
