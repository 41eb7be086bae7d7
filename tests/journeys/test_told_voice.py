"""What the page says of what customers say: nothing that is noise, nothing that is hidden."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.journeys import told_voice
from cx_helpers.journeys.voice.heard import COLUMNS, Heard
from cx_helpers.reports.sentences import Sentences

FELT = pd.DataFrame({
    "emotion": ["negative", "positive"] * 3, "touchpoint": ["counter", "counter", "return", "return", "overall", "overall"],
    "label": ["Counter", "Counter", "Return", "Return", "voice.whole", "voice.whole"], "value": [0.1, 0.4, 0.3, 0.2, 0.5, 0.6], "low": [0.08, 0.36, 0.25, 0.15, 0.4, 0.5],
    "high": [0.12, 0.44, 0.35, 0.25, 0.6, 0.7], "n": [400, 400, 200, 200, 100, 100], "comments": 1, "read_share": 1.0, "p": 0.0001, "apart": ["less", "more", "more", "less", "more", "more"],
    "method": "x", "complaints": False, "shown": True,
})  # fmt: skip
CAUSES = pd.DataFrame({
    "challenge": ["wait", "damage", "money"], "label": ["Waits", "Damage", "Money"], "value": [0.3, 0.1, 0.02], "low": [0.27, 0.08, 0.01], "high": [0.33, 0.12, 0.03],
    "n": [300, 100, 20], "of": 1000, "negative_share": 0.5, "change": [0.0, 0.05, 0.01], "change_low": [-0.02, 0.02, -0.01], "change_high": [0.02, 0.08, 0.03],
    "trend": ["", "more", ""], "method": "Wilson", "shown": True,
})  # fmt: skip


def said(findings) -> list[str]:
    say = Sentences("en")
    return [say.sentence(finding) for finding in findings]


def test_the_worst_and_the_best_touchpoint_the_growing_cause_and_the_first_are_told():
    findings = told_voice.voice_findings(FELT, CAUSES)
    assert [(f.message, f.args["label"]) for f in findings] == [("voice.worst", "Return"), ("voice.best", "Counter"), ("voice.cause_more", "Damage"), ("voice.cause_first", "Waits")]
    assert all(f.grade == "described" and f.link == "#what-they-say" and 0 < f.weight < 1 for f in findings)
    assert "30%" in said(findings)[0] and "5 points more in the last" in said(findings)[2]


def test_nothing_is_told_within_noise():
    causes = CAUSES.assign(trend="", low=[0.05] * 3, high=[0.4] * 3)
    assert told_voice.voice_findings(FELT.assign(apart=""), causes) == []


def test_nothing_hidden_is_told():
    blank = {name: np.nan for name in ("value", "low", "high", "n")}
    assert told_voice.voice_findings(FELT.assign(shown=False, **blank), CAUSES.assign(shown=False, **blank)) == []
    rows = told_voice.felt_rows(FELT.assign(shown=False, **blank))
    assert "says" not in rows and told_voice.causes_headline(CAUSES.assign(shown=False, **blank)) == ("voice.causes_none", {})


def test_a_growing_cause_that_is_also_the_first_is_told_once():
    findings = told_voice.voice_findings(FELT.iloc[:0], CAUSES.assign(trend=["more", "", ""], change=[0.05, 0, 0]))
    assert [f.message for f in findings] == ["voice.cause_more"]


@pytest.mark.parametrize(
    ("felt", "message"),
    [(FELT, "voice.felt_worst"), (FELT.assign(complaints=[True] + [False] * 5), "voice.felt_worst_aside"), (FELT.assign(apart=""), "voice.felt_alike"),
     (FELT.iloc[:2].assign(apart=""), "voice.felt_one"), (FELT.iloc[1:2].assign(apart=""), "voice.felt_some")],
)  # fmt: skip
def test_the_headline_says_where_it_is_worst_or_that_it_is_nowhere(felt, message):
    found = told_voice.felt_headline(felt)
    assert found[0] == message and Sentences("en").say(message, **found[1])


@pytest.mark.parametrize(
    ("trend", "message"),
    [(["", "", ""], "voice.causes_first"), (["more", "", ""], "voice.causes_first_more"), (["", "more", ""], "voice.causes_first_others"),
     (["more", "more", "fewer"], "voice.causes_first_more_others")],
)  # fmt: skip
def test_the_headline_on_causes_says_what_grows(trend, message):
    found = told_voice.causes_headline(CAUSES.assign(trend=trend))
    assert found[0] == message and Sentences("en").say(message, **found[1]) and found[1]["labels"] == (["Damage"] if trend[1] else [])


def test_verdicts_stand_beside_the_touchpoint_they_are_of():
    rows = told_voice.felt_rows(FELT).set_index("touchpoint")["says"]
    assert rows.to_dict() == {"counter": "more good feeling", "return": "more bad feeling", "overall": "more bad feeling"}


def heard(comments: int, taught: int) -> Heard:
    rows = pd.DataFrame({"comment_id": [f"k{i}" for i in range(comments)], "language": "pt", "negative": 1.0, "positive": np.nan})
    quality = pd.DataFrame([["pt", "negative", "words", True, "better than chance", 300, 40], ["de", "negative", "none", False, "not read", 0, 0]], columns=COLUMNS[:7]).reindex(columns=COLUMNS)
    return Heard(rows, quality, {("pt", "negative"): {}}, pd.Series(dtype=float), taught)


def test_comments_that_could_not_be_read_are_told_only_where_there_are_any():
    assert told_voice.felt_how(heard(3, 3), ["2026-01"])[0] == "voice.felt_how"
    some = heard(4, 3)
    some.comments.loc[0, "negative"] = np.nan
    message, args = told_voice.felt_how(some, ["2026-01"])
    assert message == "voice.felt_how_unread" and "25% could not be read" in Sentences("en").say(message, **args)


def test_why_nothing_is_told_is_said():
    assert [told_voice.absent(heard(*given)) for given in ((0, 5), (5, 0), (5, 5))] == ["voice.none", "voice.unlabelled", "voice.unread"]


def test_quality_comes_with_the_language_in_words_and_the_largest_first():
    rows = told_voice.quality_rows(heard(3, 3))
    assert rows["language"].tolist() == ["word.lang_pt", "word.lang_de"] and rows["use"].tolist() == ["yes", "no"]
    message, args = told_voice.quality_headline(heard(3, 3))
    assert (args["count"], args["of"], args["labels"]) == (1, 2, 300) and "1 of 2" in Sentences("en").say(message, **args)


def test_every_message_of_the_section_is_in_the_catalogue():
    say = Sentences("en")
    for message, args in (told_voice.felt_how(heard(3, 3), ["2026-01", "2026-02"]), told_voice.causes_headline(CAUSES), told_voice.causes_headline(CAUSES.assign(trend=""))):
        assert say.say(message, **args)
    for message in ("voice.none", "voice.unread", "voice.unlabelled", "voice.no_topics", "voice.no_causes", "voice.topics_how", "voice.quality_how", "voice.causes_how", "methods.voice"):
        assert say.has(message)


MONTHS = pd.DataFrame({
    "emotion": "negative", "month": ["2026-01", "2026-02", "2026-03"], "value": [0.1, 0.1, 0.25], "low": [0.05, 0.05, 0.2], "high": [0.15, 0.15, 0.3], "n": 100,
    "comments": 110, "apart": ["", "", "more"], "p": 0.0001, "method": "x", "shown": True,
})  # fmt: skip


@pytest.mark.parametrize(("apart", "word"), [("more", "more than"), ("less", "less than")])
@pytest.mark.parametrize("emotion", ["negative", "positive"])
def test_a_month_apart_from_the_others_is_told_with_what_is_usual(emotion, apart, word):
    finding, = told_voice.month_findings(MONTHS.assign(emotion=emotion, apart=["", "", apart]), "2026-03")
    assert finding.args["usual"] == pytest.approx(0.1) and finding.weight == pytest.approx(0.15)
    assert word in said([finding])[0] and "March 2026" in said([finding])[0] and "10%" in said([finding])[0]


def test_a_month_like_the_others_an_earlier_one_and_a_hidden_one_are_not_told():
    assert told_voice.month_findings(MONTHS, "2026-02") == [] and told_voice.month_findings(MONTHS.assign(apart=""), "2026-03") == []
    assert told_voice.month_findings(MONTHS.assign(shown=[True, True, False]), "2026-03") == []
