"""Feelings by touchpoint, causes, topics, excerpts and search: what is told, and what is left untold."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.solutions import Solutions
from cx_helpers.journeys import voice
from cx_helpers.journeys.voice.excerpts import clauses_of
from cx_helpers.journeys.voice.heard import Heard
from cx_helpers.journeys.voice.lexicon import TOLD

JUDGED = {"positives": 60, "found": 54, "negatives": 240, "left": 235}
SOLUTIONS = Solutions.model_validate({"challenges": {
    "waiting": {"label": "Long waits", "words": {"en": ["queue", "wait*"]}, "causes": ["Queue"]},
    "damage": {"label": {"en": "Damage", "es": "Daños"}, "words": {"en": ["scratch"]}},
    "other": {"label": "Without words", "inputs": []},
}})  # fmt: skip


def said(n: int = 400, negative=None, **columns) -> Heard:
    rows = pd.DataFrame({
        "comment_id": [f"k{i:04}" for i in range(n)], "journey_id": None, "customer_id": [f"c{i}" for i in range(n)], "touchpoint": ["counter", "return"] * (n // 2),
        "origin": "survey", "directness": "direct", "month": [f"2026-{1 + i % 6:02}" for i in range(n)], "text": "the car was there", "language": "en",
    }).assign(**columns)  # fmt: skip
    rows = rows.assign(**{emotion: np.nan for emotion in TOLD})
    rows["negative"] = np.zeros(n) if negative is None else negative
    rows["positive"] = 1 - rows["negative"]
    judged = {("en", "negative"): JUDGED, ("en", "positive"): JUDGED}
    return Heard(rows, pd.DataFrame(), judged, pd.Series(0.0, index=rows["comment_id"]), 300)


def test_shares_are_corrected_and_the_worse_touchpoint_stands_apart():
    negative = np.tile([1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 40)  # two in five at the counter, none at return
    found = voice.emotions(said(negative=negative), ["touchpoint"], which=["negative"]).set_index("touchpoint")
    assert found.loc["counter", "value"] == pytest.approx((0.4 + 235 / 240 - 1) / (0.9 + 235 / 240 - 1)) and found.loc["return", "value"] == 0
    assert found["apart"].to_dict() == {"counter": "more", "return": "less"} and found["n"].tolist() == [200, 200] and (found["read_share"] == 1).all()


@pytest.mark.parametrize(("seeds", "most"), [(40, 7), pytest.param(1_000, 73, marks=pytest.mark.long)])
def test_where_nothing_differs_hardly_any_touchpoint_stands_apart(seeds, most, promised):
    called = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        touchpoint = rng.choice(["a", "b", "c", "d", "e"], 400)
        found = voice.emotions(said(negative=(rng.random(400) < 0.15).astype(float), touchpoint=touchpoint), ["touchpoint"], which=["negative"])
        called += (found["apart"] != "").any()
    assert called <= most
    if seeds == 1_000:
        promised("feeling at a touchpoint apart, in noise", "false calls", called, seeds)


def test_customers_who_wrote_often_do_not_make_a_touchpoint_stand_apart():
    rng = np.random.default_rng(2)
    customer = np.repeat(rng.permutation(40), 10)
    negative = np.repeat((rng.random(40) < 0.3).astype(float), 10)
    found = voice.emotions(said(negative=negative, customer_id=[f"c{i}" for i in customer], touchpoint=np.repeat(["a", "b"], 200)), ["touchpoint"], which=["negative"])
    whole = voice.emotions(said(negative=negative), which=["negative"]).iloc[0]
    assert (found["n"] == 20).all() and (found["high"] - found["low"]).min() > 2 * (whole["high"] - whole["low"])


def test_complaints_do_not_colour_a_touchpoint_where_anything_else_was_said(shop):
    journey = shop.load().journey
    heard = said(negative=np.tile([1.0, 0.0], 200), touchpoint="counter", origin=["ticket", "survey"] * 200)
    found = voice.by_touchpoint(heard, journey, which=["negative"])
    assert found["n"].tolist() == [200] and found["value"].tolist() == [0.0] and not found["complaints"].any()
    only = voice.by_touchpoint(said(negative=np.ones(400), touchpoint="counter", origin="ticket"), journey, which=["negative"])
    assert only["complaints"].all() and (only["apart"] == "").all() and only["label"].tolist() == ["Counter"]


def test_a_month_of_bad_feeling_stands_apart_and_complaints_do_not_make_one():
    late = np.array([f"2026-{1 + i % 6:02}" == "2026-06" for i in range(400)])
    found = voice.by_month(said(negative=np.where(late, np.arange(400) % 2, 0.0)), which=["negative"]).set_index("month")
    assert found.loc["2026-06", "apart"] == "more" and "more" not in set(found["apart"].drop("2026-06"))
    complaints = voice.by_month(said(negative=late.astype(float), origin=np.where(late, "ticket", "survey")), which=["negative"])
    assert "2026-06" not in set(complaints["month"])


def test_touchpoints_come_in_the_order_of_the_journey_and_the_whole_last(shop):
    found = voice.by_touchpoint(said(touchpoint=["overall", "counter", None, "elsewhere"] * 100), shop.load().journey, which=["negative"])
    assert found["label"].tolist() == ["Counter", "voice.whole"]


def test_bad_and_good_stand_side_by_side():
    rows = voice.side_by_side(voice.emotions(said(negative=np.tile([1.0, 0.0], 200)), ["touchpoint"]))
    assert list(rows["touchpoint"]) == ["counter", "return"] and rows["negative"].round().tolist() == [1, 0] and rows["positive"].round().tolist() == [0, 1]


def test_what_cannot_be_read_is_left_out_and_its_share_told():
    negative = np.where(np.arange(400) % 4 < 1, np.nan, 0.0)
    found = voice.emotions(said(negative=negative), which=["negative", "worry"])
    assert found["emotion"].tolist() == ["negative"] and found["read_share"].tolist() == [0.75]


def test_causes_count_customers_not_comments_and_negated_words_not_at_all():
    text = ["The queue was long", "No queue at all", "A scratch, and we waited"] + ["fine"] * 397
    heard = said(text=text, customer_id=["a", "a", "b", *[f"c{i}" for i in range(397)]])
    spoken = voice.spoken(heard, SOLUTIONS)
    found = voice.causes(spoken, SOLUTIONS).set_index("challenge")
    assert found["n"].to_dict() == {"waiting": 2, "damage": 1} and (found["of"] == 399).all() and found.loc["waiting", "value"] == pytest.approx(2 / 399)
    assert voice.causes(spoken, SOLUTIONS, "es")["label"].tolist() == ["Long waits", "Daños"]


def test_cases_count_by_the_name_of_their_cause():
    cases = pd.DataFrame({"customer_id": ["c0", "new", None], "cause": ["queue", "QUEUE", "weather"], "month": "2026-03"})
    found = voice.causes(voice.spoken(said(text="fine"), SOLUTIONS, cases), SOLUTIONS).set_index("challenge")
    assert found.loc["waiting", "n"] == 2 and found.loc["waiting", "of"] == 402


def test_a_cause_that_grows_is_told_and_one_that_does_not_is_not():
    months = np.array([f"2026-{1 + i % 6:02}" for i in range(600)])
    late = np.isin(months, ["2026-04", "2026-05", "2026-06"])
    text = np.where(late & (np.arange(600) % 12 < 6), "the queue", "fine")
    text = np.where(np.arange(600) % 25 == 7, "a scratch", text)
    found = voice.causes(voice.spoken(said(600, text=text), SOLUTIONS), SOLUTIONS).set_index("challenge")
    assert found["trend"].to_dict() == {"waiting": "more", "damage": ""} and found.loc["waiting", "change_low"] > 0
    called = 0
    for seed in range(60):
        noise = np.random.default_rng(seed).choice(["the queue", "a scratch", "fine"], 600, p=[0.1, 0.1, 0.8])
        called += (voice.causes(voice.spoken(said(600, text=noise), SOLUTIONS), SOLUTIONS)["trend"] != "").any()
    assert called <= 8


def test_causes_by_month_add_nobody():
    found = voice.causes_by_month(voice.spoken(said(text="the queue"), SOLUTIONS), SOLUTIONS)
    assert found[found["challenge"] == "waiting"]["value"].eq(1).all() and found["month"].nunique() == 6


def test_planted_topics_are_found_and_named_by_their_words():
    themes = ["deposit invoice refund money", "queue counter waiting desk", "scratch damage photo dent", "engine tyres brakes lights"]
    rng = np.random.default_rng(0)
    text = [" ".join(rng.permutation(themes[i % 4].split())[:3]) for i in range(800)]
    found = voice.topics(said(800, text=text, negative=[float(i % 4 == 0) for i in range(800)]))
    named = [set(topic.split(", ")) for topic in found["topic"]]
    assert all(any(len(words & set(theme.split())) >= 3 for words in named) for theme in themes)
    money = found[found["topic"].str.contains("refund")].iloc[0]
    assert money["n"] > 150 and money["negative_share"] > 0.9 and (found["stability"] >= 0.5).all()


def test_words_without_order_and_few_comments_give_no_topics():
    rng = np.random.default_rng(1)
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(300)]
    noise = [" ".join(rng.choice(words, 6)) for _ in range(600)]
    assert voice.topics(said(600, text=noise)).empty
    assert voice.topics(said(200, text="the queue at the counter")).empty


def test_an_excerpt_is_what_many_say_and_nobody_is_quoted_alone():
    text = ["I hated it. The queue at the counter did not move"] * 12 + ["I hated it. My neighbour works for the rival company"] + ["fine"] * 387
    heard = said(text=text, negative=[1.0] * 13 + [0.0] * 387, touchpoint="counter")
    found = voice.excerpts(heard).query("tone == 'negative'")
    assert found["text"].tolist() == ["The queue at the counter did not move"] and found["n"].tolist() == [12] and found["of"].tolist() == [13]
    assert voice.excerpts(heard, minimum_n=13).query("tone == 'negative'").empty


def test_one_customer_who_says_it_often_is_one():
    heard = said(text="I hated it. The queue at the counter did not move", negative=1.0, customer_id="c1", touchpoint="counter")
    assert voice.excerpts(heard).empty


@pytest.mark.parametrize("text", ["we met Anna at the counter", "call us on 555 today please", "[name] was at the counter today", "write to me @home or there please", "too short here"])
def test_what_may_name_somebody_is_no_excerpt(text):
    assert clauses_of(text) == []


def test_an_excerpt_that_says_only_the_feeling_tells_nothing():
    heard = said(text="such a pity, it is a pity", negative=1.0, touchpoint="counter")
    assert voice.excerpts(heard).empty


def test_search_finds_words_in_any_spelling_and_hides_what_few_said():
    text = ["The QUEUE was lóng"] * 12 + ["queues everywhere"] * 3 + ["fine"] * 385
    heard = said(text=text)
    found = voice.search(heard, "queue long")
    assert len(found) == 12 and found.attrs == {"customers": 12, "comments": 12, "hidden": False} and found["month"].is_monotonic_decreasing
    assert len(voice.search(heard, "queue*")) == 15 and len(voice.search(heard, '"queue was"')) == 12 and len(voice.search(heard, '"was queue"')) == 0
    few = voice.search(heard, "everywhere")
    assert few.empty and few.attrs["hidden"] and few.attrs["customers"] == 0
    assert voice.search(heard, "  ").empty and len(voice.search(heard, "everywhere", minimum_n=1)) == 3


def test_search_needs_no_reading(sample_data):
    from cx_helpers.study import Study

    found = voice.search(Study.open("sample", notebook="02_journeys"), "cola mostrador")
    assert len(found) >= 10 and found["text"].str.contains("cola").all() and "negative" not in found
