"""Design, execution, both or fine: by hand, where nothing can be told, by unit, and on made-up journeys whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers import estimates
from cx_helpers.drivers.diagnosis import diagnosis
from cx_helpers.errors import DataError

INPUTS = pd.DataFrame({
    "input": ["desk.wait", "desk.kind"], "label": ["Wait", "Kind"], "touchpoint": "desk", "better": ["lower", "higher"], "standard": [10.0, 0.9],
    "statistic": ["median", "share"],
})  # fmt: skip
SCORES = pd.DataFrame({"measure": ["desk.csat"], "label": ["Desk"], "touchpoint": ["desk"], "standard": [4.0]})


def journeys(seed, wait=5.0, kind=0.97, level=4.5, n=800):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"who": np.arange(n) // 2, "place": np.array(["north", "south"])[np.arange(n) % 2]})
    frame["desk.wait"], frame["desk.kind"] = wait * rng.lognormal(0, 0.6, n), (rng.random(n) < kind) * 1.0
    frame["desk.csat"] = level - 0.05 * np.maximum(frame["desk.wait"] - 10, 0) - 1.5 * (1 - frame["desk.kind"]) + rng.normal(0, 0.8, n)
    frame.loc[rng.random(n) < 0.5, "desk.csat"] = np.nan
    return frame


def verdicts(frame, **options):
    return diagnosis(frame, INPUTS, SCORES, cluster="who", **options).set_index("input")["verdict"].to_dict()


def test_each_of_the_four_is_told_where_it_is_planted():
    assert verdicts(journeys(1)) == {"desk.wait": "fine", "desk.kind": "fine"}
    assert verdicts(journeys(1, wait=15.0)) == {"desk.wait": "execution", "desk.kind": "fine"}
    assert verdicts(journeys(1, level=3.5)) == {"desk.wait": "design", "desk.kind": "design"}
    assert verdicts(journeys(1, kind=0.7, level=3.5)) == {"desk.wait": "design", "desk.kind": "both"}


def test_a_failure_beside_it_does_not_pass_for_bad_design():
    """Unkind service lowers the score of those served in time as well; the design of the wait is judged where both were at standard."""
    frame = journeys(2, kind=0.4, level=4.4)
    naive = frame.loc[frame["desk.wait"] <= 10, "desk.csat"].mean()
    assert naive < 3.9 and verdicts(frame)["desk.wait"] == "fine"


def test_shares_and_scores_are_those_of_the_estimates():
    frame = journeys(3, wait=9.0)
    row = diagnosis(frame, INPUTS, SCORES, cluster="who").iloc[0]
    joint = 1 - 0.05 / 4
    off = estimates.share((frame["desk.wait"] > 10).astype(float), cluster=frame["who"], confidence=joint)
    assert (row["off_share"], row["off_low"], row["off_high"], row["n"]) == pytest.approx((off.value, off.low, off.high, 800))
    right = frame[(frame["desk.wait"] <= 10) & (frame["desk.kind"] == 1) & frame["desk.csat"].notna()]
    score = estimates.mean(right["desk.csat"], cluster=right["who"], confidence=joint)
    assert (row["score"], row["score_low"], row["score_high"], row["n_score"]) == pytest.approx((score.value, score.low, score.high, len(right)))
    assert (row["allowed_share"], row["target"]) == (0.5, 4.0)


def test_what_is_missing_is_named_and_few_are_not_judged():
    bare = SCORES.assign(standard=np.nan)
    assert diagnosis(journeys(1), INPUTS, bare)["missing"].tolist() == [["target"], ["target"]]
    found = diagnosis(journeys(1, wait=15.0), INPUTS.assign(standard=[10.0, np.nan]), SCORES.assign(touchpoint="other"))
    assert found["missing"].tolist() == [["score"], ["score", "standard"]] and found["verdict"].tolist() == ["execution", "not told"]
    few = diagnosis(journeys(1, n=9), INPUTS, SCORES)
    assert set(few["verdict"]) == {"not told"} and few["off_share"].isna().all() and few.attrs["looks"] == 0


def test_units_are_judged_apart():
    frame = journeys(4, n=3000)
    frame.loc[frame["place"] == "south", "desk.wait"] += 12
    found = diagnosis(frame, INPUTS, SCORES, by="place").set_index(["input", "unit"])["verdict"]
    assert found["desk.wait"].to_dict() == {"north": "fine", "south": "execution"}


def test_a_mean_is_held_to_its_own_standard():
    inputs = INPUTS.assign(statistic="mean")[:1]
    assert diagnosis(journeys(1, wait=7.5), inputs, SCORES)["kept"].tolist() == ["kept"], "a third is off, the mean is not"
    assert diagnosis(journeys(1, wait=11.0), inputs, SCORES)["kept"].tolist() == ["off"]


def test_wrong_descriptions_are_told_together():
    with pytest.raises(DataError, match="diagnosis: input 'desk.kind' is not a column of the journeys; better of 'desk.wait' is 'less', not lower or higher"):
        diagnosis(journeys(1).drop(columns="desk.kind"), INPUTS.replace({"better": {"lower": "less"}}), SCORES)


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_at_the_limit_a_fault_is_called_no_oftener_than_told(count):
    """Half the journeys off a median's standard, and scores at their target: neither is a fault."""
    wrong = sum(
        verdicts(journeys(seed, wait=10.0, kind=1.0, level=4.0))["desk.wait"] in ("execution", "design", "both") for seed in range(count)
    )  # fmt: skip
    assert wrong <= stats.binom.ppf(0.9995, count, 0.05)
