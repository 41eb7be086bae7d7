"""Each leak that a data set can hold is refused, and clean drivers are not."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers.design import screen
from cx_helpers.drivers.guards import allowed, auc_out_of_fold, guards, with_refused
from cx_helpers.errors import DataError


@pytest.fixture
def answers():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"wait": rng.gamma(2, 5, 600), "clean": rng.integers(0, 2, 600).astype(float)})
    frame["score"] = np.clip(np.round(4.5 - frame["wait"] / 10 + 0.5 * frame["clean"] + rng.normal(0, 0.8, 600)), 1, 5)
    return frame.assign(customer=rng.integers(0, 400, 600), answered=pd.Timestamp("2026-03-10 12:00", tz="UTC"))


def verdict(frame, driver, **options):
    row = guards(frame, "score", [driver], **options).iloc[0]
    return row["verdict"], row["reason"]


def test_clean_drivers_are_asked(answers):
    found = guards(answers, "score", ["wait", "clean"], cluster="customer")
    assert found[["verdict", "reason"]].to_numpy().tolist() == [["asked", ""]] * 2
    assert (found["n"] == 600).all() and (found["known_share"] == 1).all() and found["missing_gap"].isna().all()


@pytest.mark.parametrize(("leak", "reason"), [
    (lambda f: f["score"] * 20 - 7, "made_from_outcome"),
    (lambda f: f["score"] >= 4, "made_from_outcome"),
    (lambda f: f["score"].isin([1, 5]), "made_from_outcome"),
    (lambda f: f["score"] + np.random.default_rng(1).normal(0, 0.05, len(f)), "made_from_outcome"),
    (lambda f: (f["score"] - 3) ** 2 + np.random.default_rng(1).normal(0, 0.01, len(f)), "made_from_outcome"),
    (lambda f: np.where(np.random.default_rng(1).random(len(f)) < 0.96, f["score"] >= 4, f["score"] < 4), None),
    (lambda f: f["score"] + np.random.default_rng(1).normal(0, 0.35, len(f)), "tells_outcome"),
], ids=["rescaled", "a box", "both ends", "with a little noise", "folded", "a box with errors", "a close echo"])  # fmt: skip
def test_what_is_made_from_the_score_is_refused(answers, leak, reason):
    frame = answers.assign(leak=np.asarray(leak(answers), dtype=float))
    found = guards(frame, "score", ["wait", "leak"]).set_index("driver")
    assert found.loc["wait", "verdict"] == "asked"
    if reason:
        assert found.loc["leak", ["verdict", "reason"]].tolist() == ["refused", reason]
    else:
        assert found.loc["leak", "auc"] < 0.97, "four in a hundred wrong: below the limit, and asked"


def test_a_value_measured_after_the_answer_is_refused(answers):
    before = answers["answered"] - pd.Timedelta(hours=1)
    late = before.copy()
    late.iloc[3] += pd.Timedelta(hours=2)
    assert verdict(answers, "wait", answered_at="answered", measured_at={"wait": before}) == ("asked", "")
    assert verdict(answers, "wait", answered_at="answered", measured_at={"wait": answers["answered"]}) == ("asked", ""), "in the moment of the answer is not after it"
    assert verdict(answers, "wait", answered_at="answered", measured_at={"wait": late}) == ("refused", "measured_later")
    assert guards(answers, "score", ["wait"], answered_at="answered", measured_at={"wait": late})["later_share"].iloc[0] == 1 / 600


def test_an_input_mostly_known_only_after_the_answer_is_refused_for_that(answers):
    frame = answers.assign(wait=answers["wait"].where(answers.index < 250))
    stamps = answers["answered"] + pd.to_timedelta(np.where(answers.index < 250, -1, 1), unit="h")
    assert verdict(frame, "wait", answered_at="answered", measured_at={"wait": stamps}) == ("refused", "measured_later")


def test_a_later_step_and_the_same_question_are_refused(answers):
    assert verdict(answers, "wait", moments={"wait": 2, "score": 1}) == ("refused", "later_step")
    assert verdict(answers, "wait", moments={"wait": 1, "score": 1}) == ("asked", "")
    assert verdict(answers, "wait", same_question=["wait"]) == ("refused", "same_question")


def test_one_survey_and_one_voice_are_marked_and_a_leak_is_refused_first(answers):
    assert verdict(answers, "wait", same_survey=["wait"]) == ("marked", "same_survey")
    assert verdict(answers, "clean", same_voice=["clean"]) == ("marked", "same_voice")
    assert verdict(answers.assign(echo=answers["score"]), "echo", same_survey=["echo"])[0] == "refused"


def test_missingness_that_tells_the_score_is_refused_and_chance_is_not(answers):
    rng = np.random.default_rng(3)
    by_score = rng.random(600) < np.where(answers["score"] <= 2, 0.6, 0.05)
    by_chance = rng.random(600) < 0.2
    found = guards(answers.assign(told=answers["wait"].mask(by_score), lost=answers["wait"].mask(by_chance)), "score", ["told", "lost"], cluster="customer").set_index("driver")
    assert found["reason"].to_dict() == {"told": "missing_tells", "lost": ""}
    gap = answers.loc[by_score, "score"].mean() - answers.loc[~by_score, "score"].mean()
    assert found.loc["told", "missing_gap"] == pytest.approx(gap)
    assert found.loc["told", "missing_shift"] == pytest.approx(abs(answers.loc[~by_score, "score"].mean() - answers["score"].mean()) / answers["score"].std(ddof=0))


def test_gaps_that_the_model_bridges_are_not_judged_and_other_reasons_still_are(answers):
    frame = answers.assign(told=answers["wait"].mask(answers["score"] <= 2))
    assert verdict(frame, "told") == ("refused", "missing_tells")
    assert verdict(frame, "told", bridged=["told"]) == ("asked", "")
    assert verdict(frame, "told", bridged=["told"], same_survey=["told"]) == ("marked", "same_survey")


def test_a_few_unknown_with_other_scores_are_marked_not_refused(answers):
    few = np.zeros(600, dtype=bool)
    few[answers.index[answers["score"] <= 2][:14]] = True
    assert verdict(answers.assign(price=answers["wait"].mask(few)), "price") == ("marked", "missing_some")


def test_the_auc_is_that_of_sklearn_on_shares_out_of_fold():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    group, fold = rng.integers(0, 6, 500), rng.integers(0, 5, 500)
    event = rng.random(500) < 0.1 + 0.1 * group
    told = np.empty(500)
    for k in range(5):
        rest = fold != k
        for i in np.flatnonzero(~rest):
            mine = rest & (group == group[i])
            told[i] = (event[mine].sum() + event[rest].mean()) / (mine.sum() + 1)
    assert auc_out_of_fold(group, event, fold) == pytest.approx(roc_auc_score(event, told), abs=1e-12)
    assert np.isnan(auc_out_of_fold(group, np.arange(500) < 9, fold)), "nine are too few to judge by"


def test_the_refused_stand_beside_what_the_screen_leaves_out(answers):
    frame = answers.assign(echo=answers["score"], idle=1.0)
    found = guards(frame, "score", ["echo", "wait", "idle"])
    asked = with_refused(screen(frame, "score", allowed(found)), found)
    assert asked[["driver", "kept", "reason"]].to_numpy().tolist() == [["echo", False, "made_from_outcome"], ["wait", True, ""], ["idle", False, "constant"]]


def test_no_candidate_gives_no_row(answers):
    assert guards(answers, "score", []).empty and allowed(guards(answers, "score", [])) == []


def test_unknown_names_and_text_are_told_in_one_line(answers):
    with pytest.raises(DataError, match="column 'queue' is not in the data"):
        guards(answers, "score", ["queue"])
    with pytest.raises(DataError, match="'word' is not numeric"):
        guards(answers.assign(word="x"), "score", ["word"])
    with pytest.raises(DataError, match="column 'when' is not in the data"):
        guards(answers, "score", ["wait"], answered_at="when", measured_at={"wait": answers["answered"]})
