"""Comments read: which reading is trusted, what stays unknown, and real Portuguese against labels made by hand."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.journeys.voice import heard, model
from cx_helpers.journeys.voice.heard import read
from cx_helpers.journeys.voice.lexicon import EMOTIONS, NEGATIVE, POSITIVE, TOLD, lexicon
from cx_helpers.journeys.voice.quality import quality

GOOD, BAD, CALM = "I love this place and everybody in it", "I am furious about this place", "The car was at the counter on time"


def labelled(texts, said, drawn="random") -> pd.DataFrame:
    flags = {emotion: [emotion in words for words in said] for emotion in EMOTIONS}
    flags |= {"negative": [not words.isdisjoint(NEGATIVE) for words in said], "positive": [not words.isdisjoint(POSITIVE) for words in said]}
    return pd.DataFrame({"comment_id": [f"t{i}" for i in range(len(texts))], "text": list(texts), "drawn": drawn, **flags})


def lessons(n: int = 60, drawn: str = "random") -> pd.DataFrame:
    texts = [f"{[GOOD, BAD, CALM][i % 3]} {i}" for i in range(n)]
    return labelled(texts, [[{"joy"}, {"anger"}, set()][i % 3] for i in range(n)], drawn)


def rows(texts) -> pd.DataFrame:
    return pd.DataFrame({"comment_id": [f"k{i}" for i in range(len(texts))], "customer_id": [f"c{i}" for i in range(len(texts))], "touchpoint": "counter",
                         "origin": "survey", "directness": "direct", "month": "2026-03", "journey_id": None, "text": texts})  # fmt: skip


def test_a_reading_better_than_chance_tells_present_and_absent_and_nothing_between():
    found = read(rows([GOOD, BAD, CALM]), lessons(), ["en"])
    assert found.comments["positive"].tolist() == [1, 0, 0] and found.comments["negative"].tolist() == [0, 1, 0]
    assert found.comments["worry"].isna().all() and found.readable == ["negative", "positive", "anger", "joy"]
    verdicts = found.quality.set_index("emotion")["verdict"]
    assert verdicts["negative"] == "better than chance" and verdicts["worry"] == "too few labels"


@pytest.mark.parametrize("drawn", ["proposed", "practice"])
def test_without_labels_drawn_by_lot_everything_is_unknown(drawn):
    found = read(rows([GOOD, BAD]), lessons(drawn=drawn), ["en"])
    assert found.comments[list(TOLD)].isna().all(axis=None) and found.judged == {} and found.readable == []
    assert (found.quality["verdict"] == "too few labels").all()


def test_labels_that_contradict_the_reading_leave_it_unknown():
    mixed = lessons()
    for emotion in TOLD:
        mixed[emotion] = np.random.default_rng(3).permutation(mixed[emotion].to_numpy())
    found = read(rows([GOOD, BAD]), mixed, ["en"])
    assert found.comments["negative"].isna().all() and set(found.quality.loc[found.quality["emotion"] == "negative", "verdict"]) == {"no better than chance"}


def test_a_language_without_word_lists_is_not_read():
    texts = ["Das Auto war nicht da und niemand hat sich gemeldet", "Wir haben uns sehr über die Hilfe gefreut"]
    found = read(rows(texts), lessons().iloc[:0], ["de", "en"])
    assert found.comments["language"].tolist() == ["de", "de"] and set(found.quality["verdict"]) == {"not read"}


def test_no_comments_are_no_error():
    found = read(rows([]), lessons().iloc[:0], [])
    assert found.comments.empty and found.quality.empty and found.readable == []


def test_the_score_is_never_looked_at():
    """The same words are read the same whatever was given with them."""
    one = read(rows([GOOD, BAD]).assign(score=[0, 10]), lessons().assign(score=1), ["en"])
    other = read(rows([GOOD, BAD]).assign(score=[10, 0]), lessons().assign(score=9), ["en"])
    pd.testing.assert_frame_equal(one.comments, other.comments)


def taught(n: int, seed: int = 0, hidden: str = "zubi") -> tuple[list[str], np.ndarray]:
    """Texts in which one word that no list knows goes with the feeling."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    filler = ["car", "counter", "keys", "queue", "desk", "road", "invoice", "return"]
    return [" ".join(rng.choice(filler, 5)) + (f" {hidden}" if yes else "") for yes in truth], truth


def test_beyond_three_hundred_labels_a_model_learns_what_the_lists_do_not_know():
    texts, truth = taught(360)
    found = read(rows(["the car zubi", "the car counter"]), labelled(texts, [{"joy"} if yes else set() for yes in truth]), ["en"])
    of = found.quality[found.quality["emotion"] == "joy"].set_index("reading")
    assert bool(of.loc["model", "used"]) and of.loc["model", "mcc"] > 0.9 and not bool(of.loc["words", "used"])
    assert found.comments["joy"].tolist() == [1, 0]
    fewer = read(rows(["the car zubi"]), labelled(texts[:300], [{"joy"} if yes else set() for yes in truth[:300]]), ["en"])
    assert "model" not in set(fewer.quality["reading"]) and fewer.comments["joy"].isna().all()


def test_out_of_fold_a_model_of_nothing_is_no_better_than_chance():
    called = 0
    for seed in range(12):
        texts, truth = taught(320, seed, hidden="")
        matter = model.Words(texts).matter(texts, lexicon("en").hits(texts))
        score, present = model.out_of_fold(matter, truth, seed)
        called += quality(truth, present, score, draws=300)["better_than_chance"]
    assert called <= 2


def test_texts_that_are_the_same_never_teach_and_ask():
    texts = ["zubi keys"] * 40 + [f"desk {i}" for i in range(280)]
    truth = np.random.default_rng(0).random(320) < 0.4
    matter = model.Words(texts).matter(texts, lexicon("en").hits(texts))
    for learnt, asked in model._splits(matter, truth, 5, 0):
        assert set(matter.same[learnt]).isdisjoint(matter.same[asked]) and len(asked) > 20


def test_the_same_seed_gives_the_same_reading():
    texts, truth = taught(330)
    given = labelled(texts, [{"joy"} if yes else set() for yes in truth])
    first, again = (read(rows(["the car zubi"]), given, ["en"], seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(first.quality, again.quality)


def test_real_portuguese_is_read_better_than_chance_by_labels_made_by_hand(olist_data):
    """330 comments drawn by lot and labelled after the word list was written judge it; 360 read before only teach."""
    from cx_helpers.study import Study

    found = heard(Study.open("olist", "2018-03", notebook="02_journeys"))
    of = found.quality.set_index(["emotion", "reading"])
    assert found.taught == 690 and of.loc[("negative", "words"), "n"] >= 320
    assert {reading for emotion, reading in of.index if emotion == "negative"} == {"words", "model"}
    for emotion, least in (("negative", 0.6), ("positive", 0.8), ("joy", 0.8), ("gratitude", 0.8)):
        best = of.loc[emotion].loc[lambda rows: rows["used"].astype(bool)].iloc[0]
        assert best["mcc"] > least and best["mcc_low"] > 0.5 and best["auc"] > 0.8, emotion
    assert of.loc[("worry", "words"), "verdict"] == "too few labels" and found.comments["worry"].isna().all()
    assert (found.comments["language"] == "pt").mean() > 0.99


def test_the_made_up_brand_is_read_in_three_languages(sample_data):
    from cx_helpers.study import Study

    found = heard(Study.open("sample", notebook="02_journeys"))
    assert set(found.comments["language"]) <= {"en", "es", "pt", "unknown"} and "employee" not in set(found.comments["origin"])
    used = found.quality[found.quality["used"].astype(bool)]
    assert set(used.loc[used["emotion"] == "negative", "language"]) == {"en", "es", "pt"} and (used["mcc"] > 0.7).all()
