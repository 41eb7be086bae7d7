"""What silence may hide: late beside early, bounds by hand, weights beside none, and nothing said of noise."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers import estimates
from cx_helpers.config.journey import Journey
from cx_helpers.ingest.baseline import silence
from cx_helpers.ingest.baseline.responding import NOBODY
from cx_helpers.reports.sentences import Sentences

JOURNEY = Journey.model_validate({
    "label": "Shop", "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}, {"id": "sat", "kind": "csat", "label": "Satisfaction"}],
    "stages": [{"id": "s", "label": "S", "touchpoints": [{"id": "desk", "label": "Desk"}]}],
})  # fmt: skip
SAT, NPS = JOURNEY.metrics["overall.sat"], JOURNEY.metrics["overall.nps"]
ASKED = pd.Timestamp("2026-01-01", tz="UTC")


def answers(scores, days, name: str = "overall.sat", weight=1.0) -> pd.DataFrame:
    frame = pd.DataFrame({"score": np.asarray(scores, dtype=float), "answered_at": ASKED + pd.to_timedelta(days, unit="D"), "asked_at": ASKED})
    return frame.assign(weight=weight, name=name, response_id=[f"r{i}" for i in range(len(frame))], customer_id=[f"c{i}" for i in range(len(frame))])


def test_those_who_answered_last_are_set_beside_those_who_answered_first():
    draw = np.random.default_rng(0)
    days = draw.exponential(2, 900)
    scores = np.clip(4 - 0.4 * (days > np.quantile(days, 2 / 3)) + draw.normal(0, 0.5, 900), 1, 5)
    found = silence.by_delay(answers(scores, days), SAT)
    assert found["third"].tolist() == ["early", "middle", "late"] and found["n"].tolist() == [300, 300, 300]
    moved = found.attrs["difference"]
    assert moved.low < -0.4 < moved.high < 0 and moved.value == pytest.approx(found["value"].iloc[2] - found["value"].iloc[0])
    assert silence.delay_message(found)[0] == "responding.delays"
    told = silence.heard_findings(NOBODY, found, silence.UNWEIGHTED, "Satisfaction")
    assert [f.message for f in told] == ["responding.late_lower"]


def test_late_answers_that_are_like_early_ones_are_not_told():
    draw = np.random.default_rng(1)
    told = [silence.delay_message(silence.by_delay(answers(draw.integers(1, 6, 600), draw.exponential(2, 600)), SAT))[0] for _ in range(60)]
    assert told.count("responding.delays") <= 8


def lived(seed: int, within: float) -> pd.DataFrame:
    """Half of those who answered early still waited and score two lower, hardly any of the late: late answers look better
    by one point, though of those who lived the same the late score `within` higher."""
    draw = np.random.default_rng(seed)
    late = np.arange(1200) % 2
    waiting = draw.random(1200) < np.where(late, 0.05, 0.5)
    scores = np.clip(draw.normal(4.2, 0.4, 1200) - 2 * waiting + within * late, 1, 5)
    return answers(scores, draw.random(1200) + 5 * late).assign(state=np.where(waiting, "waiting", "came"))


def test_late_answers_that_are_better_only_by_what_was_lived_are_no_news():
    for within, messages in ((-0.2, {"responding.delays_unlike"}), (0.0, {"responding.delays_none", "responding.delays_unlike"})):
        found = silence.by_delay(lived(3, within), SAT)
        assert found["value"].iloc[2] > found["value"].iloc[0] + 0.4, "as they are, late answers are far better"
        assert found.attrs["difference"].low < within < found.attrs["difference"].high
        assert silence.delay_message(found)[0] in messages
        assert not silence.heard_findings(NOBODY, found, silence.UNWEIGHTED, "Satisfaction")
    told = silence.heard_findings(NOBODY, silence.by_delay(lived(3, 0.3), SAT), silence.UNWEIGHTED, "Satisfaction")
    assert [f.message for f in told] == ["responding.late_higher"] and told[0].weight < 1, "a hint is never the headline"


def test_late_and_early_of_other_months_only_are_not_compared():
    frame = lived(4, 0.5)
    late = frame["answered_at"] > frame["answered_at"].median()
    moved = pd.to_timedelta(np.where(late, 60, 0), unit="D")
    found = silence.by_delay(frame.assign(asked_at=frame["asked_at"] + moved, answered_at=frame["answered_at"] + moved), SAT)
    assert len(found) == 3 and silence.delay_message(found)[0] == "responding.delays_unlike"


@pytest.mark.parametrize("days", [np.zeros(300), np.repeat([1.0, 9.0], [290, 10]), np.full(300, np.nan)])
def test_where_delays_do_not_tell_answers_apart_nothing_is_said(days):
    assert silence.by_delay(answers(np.full(300, 4.0), days), SAT).empty
    assert silence.by_delay(None, None).empty


def test_bounds_hold_what_all_who_were_asked_could_say():
    frame = answers([5, 4, 3, 4] * 25, np.arange(100) / 10)
    found = silence.bounds(frame, silence.by_delay(frame, SAT), SAT, 0.25).set_index("supposed")
    assert found.loc["as_answered", "value"] == 4 and found.loc["worst", "value"] == pytest.approx(0.25 * 4 + 0.75 * 1)
    assert found.loc["best", "value"] == pytest.approx(0.25 * 4 + 0.75 * 5) and np.isnan(found.loc["best", "low"])
    late = frame[frame["answered_at"] > frame["answered_at"].quantile(2 / 3)]["score"].mean()
    assert found.loc["as_late", "value"] == pytest.approx(0.25 * 4 + 0.75 * late)
    nps = silence.bounds(answers([10, 0], [1, 2], "overall.nps"), pd.DataFrame(), NPS, 0.5).set_index("supposed")["value"]
    assert (nps["worst"], nps["best"]) == (-50, 50)
    assert silence.ends(found.reset_index(), "x")["low"] == pytest.approx(1.75)


def test_bounds_are_left_out_where_silence_was_not_recorded():
    frame = answers([5, 4], [1, 2])
    assert silence.bounds(frame, pd.DataFrame(), SAT, np.nan).empty and silence.bounds(frame, pd.DataFrame(), SAT, 1.0).empty


def test_a_weighted_score_stands_beside_the_plain_one_with_what_the_weights_cost():
    frame = answers([10] * 50 + [0] * 50, np.ones(100), "overall.nps", np.repeat([3.0, 1.0], 50))
    found = silence.weights_beside(frame, JOURNEY).iloc[0]
    assert found["plain"] == 0 and found["value"] == pytest.approx(50) and found["difference"] == pytest.approx(50) and found["n"] == 100
    assert found["n_effective"] == pytest.approx(estimates.kish_n(frame["weight"])) == pytest.approx(80) and found["design_effect"] == pytest.approx(1.25)
    told = silence.heard_findings(NOBODY, pd.DataFrame(), pd.DataFrame([found]), "NPS")
    assert [f.message for f in told] == ["weighting.beside"] and told[0].args["plain"] == 0
    same = pd.DataFrame([found.replace({})]).assign(difference=0.0)
    assert not silence.heard_findings(NOBODY, pd.DataFrame(), same, "NPS"), "weights that change nothing are no news"
    within = pd.DataFrame([found]).assign(difference=(found["high"] - found["low"]) / 4)
    assert not silence.heard_findings(NOBODY, pd.DataFrame(), within, "NPS"), "nor are weights that move a score within its interval"
    assert silence.weights_beside(frame.assign(weight=1.0), JOURNEY).empty


def test_only_groups_beyond_noise_are_told_and_those_of_the_same_people_once():
    rows = [("worth", "top_tenth", "answers less", -0.1, 0), ("kind", "old", "answers less", -0.2, 1), ("card", "gold", "answers less", -0.1, 0),
            ("kind", "new", "no clear difference", 0.01, -1), ("times_asked", "9\u201330", "answers less", -0.05, -1),
            ("times_asked", "1\u20138", "answers more", 0.05, -1), ("region", "N", "", -0.9, -1)]  # fmt: skip
    heard = pd.DataFrame(rows, columns=["trait", "level", "verdict", "difference", "lead"]).assign(
        value=[0.2, 0.2, 0.2, 0.2, 0.1, 0.3, 0.2], low=0.1, high=0.3, n=500, method="m", difference_low=-0.3, difference_high=-0.01,
        never_share=0.3, never_others=0.4, shown=[True] * 6 + [False])  # fmt: skip
    told = silence.heard_findings(heard, pd.DataFrame(), silence.UNWEIGHTED, "NPS", {"kind": "Kind of customer"})
    assert [f.message for f in told] == ["responding.valuable_less_also", "responding.less", "responding.asked_often"]
    assert told[0].args["count"] == 1 and told[0].args["heard"] == pytest.approx(0.7) and told[0].args["others"] == pytest.approx(0.6)
    assert told[1].args["trait"] == "Kind of customer" and told[1].args["gap"].value == -0.2
    say = Sentences("en")
    assert "largely the same customers" in say.sentence(told[0]) and "9" in say.sentence(told[2])
    middle = heard.assign(value=heard["value"].where(heard["level"] != "1\u20138", 0.05))
    told = silence.heard_findings(middle, pd.DataFrame(), silence.UNWEIGHTED, "NPS")
    assert "responding.asked_often" not in {f.message for f in told}, "those asked most often do not answer least"
