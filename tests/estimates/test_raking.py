"""Raking against another program, by hand, on made-up answers whose truth is known, and where it must refuse."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cx_helpers import estimates
from cx_helpers.errors import DataError
from cx_helpers.estimates.raking import rake

SEED = np.array([[40, 30, 20, 10], [35, 50, 100, 75], [30, 80, 70, 120], [20, 30, 40, 50]], dtype=float)
ROWS, COLUMNS = (150, 300, 400, 150), (200, 300, 400, 100)
CELLS = pd.DataFrame([(f"r{i}", f"c{j}", SEED[i, j]) for i in range(4) for j in range(4)], columns=["row", "column", "n"])
MARGINS = {"row": {f"r{i}": ROWS[i] for i in range(4)}, "column": {f"c{j}": COLUMNS[j] for j in range(4)}}


def test_a_table_is_fitted_as_a_loglinear_model_of_another_program_fits_it():
    found = rake(CELLS, MARGINS, count="n", trim=None)
    fitted = (CELLS["n"] * found.factors * 1000 / SEED.sum()).to_numpy()
    design = sm.add_constant(pd.get_dummies(CELLS[["row", "column"]], drop_first=True, dtype=float))
    wanted = np.outer(ROWS, COLUMNS).ravel() / 1000
    model = sm.GLM(wanted, design, family=sm.families.Poisson(), offset=np.log(CELLS["n"])).fit(tol=1e-14)
    assert fitted == pytest.approx(model.fittedvalues.to_numpy(), abs=1e-5)
    assert fitted[:4] == pytest.approx([64.56, 46.23, 35.38, 3.82], abs=0.01), "the first row, by the same algorithm elsewhere"
    assert found.converged and found.margins["after"].tolist() == pytest.approx(found.margins["wanted"].tolist(), abs=1e-8)


def test_one_margin_is_the_plain_ratio_and_its_effective_n_is_kishs():
    cells = pd.DataFrame({"tenure": ["new", "old"], "n": [20, 80]})
    found = rake(cells, {"tenure": {"new": 0.5, "old": 0.5}}, count="n")
    assert found.factors.tolist() == pytest.approx([2.5, 0.625])
    each = [2.5] * 20 + [0.625] * 80
    assert found.n_effective == pytest.approx(estimates.kish_n(each)) and found.design_effect == pytest.approx(100 / estimates.kish_n(each))
    rows = pd.DataFrame({"tenure": ["new"] * 20 + ["old"] * 80})
    assert rake(rows, {"tenure": {"new": 1, "old": 1}}).factors.tolist() == pytest.approx(each), "rows or cells, shares or numbers: the same"


def test_weights_to_begin_with_are_kept_in_proportion_within_a_level():
    rows = pd.DataFrame({"kind": ["a", "a", "b"], "design": [1.0, 3.0, 4.0]})
    found = rake(rows, {"kind": {"a": 0.75, "b": 0.25}}, "design", trim=None)
    after = rows["design"] * found.factors
    assert after[0] / after[1] == pytest.approx(1 / 3) and after[:2].sum() / after.sum() == pytest.approx(0.75)


def test_limits_hold_the_mean_stays_one_and_a_missed_margin_is_told():
    cells = pd.DataFrame({"kind": ["rare", "common"], "n": [1, 99]})
    found = rake(cells, {"kind": {"rare": 0.5, "common": 0.5}}, count="n", trim=(0.2, 5))
    assert found.factors.max() <= 5 + 1e-9 and found.factors.min() >= 0.2 - 1e-9
    assert (cells["n"] * found.factors).sum() == pytest.approx(100) and found.trimmed == 1 and not found.converged
    assert found.margins.set_index("level").loc["rare", "after"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("frame", "margins", "says"),
    [
        ({"kind": ["a", "a"]}, {"kind": {"a": 0.5, "b": 0.5}}, "kind: b has a share but no answer"),
        ({"kind": ["a", "c"]}, {"kind": {"a": 1.0}}, "kind: c has answers but no share"),
        ({"kind": ["a", None]}, {"kind": {"a": 1.0}}, "kind: 1 rows have no level"),
        ({"kind": ["a", "b"]}, {"kind": {"a": 1.0, "b": 0.0}}, "kind: shares are not above 0"),
        ({"kind": ["a", "b"]}, {"other": {"a": 1.0}}, "no column other"),
        ({"kind": ["a", "b"]}, {}, "no margin is given"),
        ({"x": ["a", "b"], "y": ["c", "d"]}, {"x": {"a": 0.9, "b": 0.1}, "y": {"c": 0.1, "d": 0.9}}, "cannot be met together"),
    ],
)
def test_what_no_weights_can_do_is_refused_in_one_line(frame, margins, says):
    with pytest.raises(DataError, match=says) as caught:
        rake(pd.DataFrame(frame), margins, trim=None)
    assert "\n" not in str(caught.value)


def answered(seed: int, by_score: bool) -> tuple[float, pd.DataFrame]:
    """The truth of 20,000 made-up customers of two kinds, and those who answer: by their kind, or by their score itself."""
    draw = np.random.default_rng(seed)
    kind = np.where(draw.random(20_000) < 0.5, "new", "old")
    score = np.where(kind == "new", 3.0, 4.0) + draw.normal(0, 1, 20_000)
    answers = draw.random(20_000) < (np.where(score > 3.5, 0.5, 0.2) if by_score else np.where(kind == "new", 0.1, 0.4))
    return score.mean(), pd.DataFrame({"kind": kind[answers], "score": score[answers]})


def test_where_the_margin_decides_who_answers_the_bias_is_gone():
    missed = []
    for seed in range(40):
        truth, frame = answered(seed, by_score=False)
        factors = rake(frame, {"kind": {"new": 0.5, "old": 0.5}}).factors
        found = estimates.mean(frame["score"], factors)
        missed.append(found.low > truth or found.high < truth)
        assert frame["score"].mean() - truth > 0.2, "unweighted it is far off"
    assert sum(missed) <= 6


def test_where_the_score_itself_decides_who_answers_weights_do_not_help():
    truth, frame = answered(0, by_score=True)
    factors = rake(frame, {"kind": {"new": 0.5, "old": 0.5}}).factors
    assert estimates.mean(frame["score"], factors).low > truth + 0.1


def test_with_nothing_to_mend_weights_change_next_to_nothing():
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"kind": draw.choice(["a", "b"], 4000), "score": draw.normal(0, 1, 4000)})
    found = rake(frame, {"kind": {"a": 0.5, "b": 0.5}})
    assert found.design_effect < 1.01 and abs(estimates.mean(frame["score"], found.factors).value - frame["score"].mean()) < 0.005
