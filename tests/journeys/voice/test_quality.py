"""Quality against labels, and shares corrected for the errors of the reading."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from cx_helpers.errors import DataError
from cx_helpers.estimates import Estimate
from cx_helpers.journeys.voice.quality import corrected_share, counts, effective_n, quality, weighted_together

TRUTH = np.array([True] * 40 + [False] * 160)


def reading(sensitivity: float, specificity: float, truth=TRUTH, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(truth, rng.random(len(truth)) < sensitivity, rng.random(len(truth)) > specificity)


def test_measures_equal_those_of_scikit_learn():
    present = reading(0.7, 0.9)
    score = present + np.random.default_rng(1).random(len(TRUTH))
    found = quality(TRUTH, present, score)
    assert found["precision"] == pytest.approx(metrics.precision_score(TRUTH, present))
    assert found["recall"] == pytest.approx(metrics.recall_score(TRUTH, present))
    assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(TRUTH, present))
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(TRUTH, score))
    assert found["base_rate"] == 0.2 and found["n"] == 200 and found["positives"] == 40
    assert all(found[f"{name}_low"] <= found[name] <= found[f"{name}_high"] for name in ("precision", "recall", "mcc", "auc", "base_rate"))
    assert found["better_than_chance"]
    perfect = quality(TRUTH, TRUTH, TRUTH)
    assert perfect["precision"] == 1 and perfect["precision_low"] < 0.95 and perfect["recall_low"] < 0.95  # forty do not show more


def test_always_and_chance_are_no_better_than_chance():
    always = quality(TRUTH, np.ones(200, bool), np.ones(200))
    assert always["mcc"] == 0 and always["auc"] == 0.5 and not always["better_than_chance"]
    called = sum(quality(TRUTH, present, present, draws=300)["better_than_chance"] for present in (reading(0.3, 0.7, seed=seed) for seed in range(60)))
    assert called <= 6


@pytest.mark.parametrize(("truth", "why"), [(TRUTH[:29], "too few labels"), (np.array([True] * 4 + [False] * 96), "too few with it"), (np.ones(60, bool), "none without it")])
def test_nothing_is_said_of_too_few_labels(truth, why):
    found = quality(truth, truth, truth)
    assert np.isnan(found["mcc"]) and not found["better_than_chance"], why


def test_labels_and_readings_of_different_length_are_refused():
    with pytest.raises(DataError, match="3 labels, 2 readings"):
        quality([True] * 3, [True] * 2, [1.0] * 3)


def test_a_share_is_corrected_by_rogan_and_gladen():
    judged = {"positives": 50, "found": 40, "negatives": 250, "left": 225}
    found = corrected_share(0.24, 500, judged)
    assert found.value == pytest.approx((0.24 + 0.9 - 1) / (0.8 + 0.9 - 1)) and found.low < found.value < found.high
    assert corrected_share(0.02, 500, judged).value == 0.0
    assert np.isnan(corrected_share(0.24, 500, {"positives": 50, "found": 10, "negatives": 250, "left": 100}).value)
    assert np.isnan(corrected_share(0.24, 500, {"positives": 0, "found": 0, "negatives": 250, "left": 225}).value)
    # More labels tell more; more comments alone cannot.
    sure = corrected_share(0.24, 500, {name: 20 * n for name, n in judged.items()})
    assert sure.high - sure.low < 0.8 * (found.high - found.low)
    assert corrected_share(0.24, 10**9, judged).high - corrected_share(0.24, 10**9, judged).low > 0.05


def coverage(seeds: range, share: float = 0.12, sensitivity: float = 0.75, specificity: float = 0.95) -> int:
    covered = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        positives = rng.binomial(300, share)
        judged = {"positives": positives, "found": rng.binomial(positives, sensitivity), "negatives": 300 - positives, "left": rng.binomial(300 - positives, specificity)}
        observed = rng.binomial(1500, share * sensitivity + (1 - share) * (1 - specificity)) / 1500
        found = corrected_share(observed, 1500, judged)
        covered += found.low <= share <= found.high
    return covered


def test_corrected_shares_cover_the_truth():
    assert 364 <= coverage(range(400)) <= 400 * 0.9901


@pytest.mark.long
@pytest.mark.parametrize(("share", "sensitivity", "specificity"), [(0.12, 0.75, 0.95), (0.3, 0.6, 0.9), (0.2, 0.9, 0.97)])
def test_corrected_shares_cover_the_truth_in_the_long_run(share, sensitivity, specificity, promised):
    promised(f"corrected share of a feeling, {share:.0%} present", "coverage", coverage(range(1000), share, sensitivity, specificity), 1000)


def test_counts_are_those_of_the_labels():
    assert counts([True, True, False, False, False], [True, False, True, False, False]) == {"positives": 2, "found": 1, "negatives": 3, "left": 2}


def test_customers_who_repeat_themselves_count_less():
    present = pd.Series([1.0] * 50 + [0.0] * 50)
    alone, pairs = pd.Series([f"c{i}" for i in range(100)]), pd.Series([f"c{i // 2}" for i in range(100)])
    assert effective_n(present, alone) == 100 and effective_n(present, pd.Series([None] * 100)) == 100
    assert effective_n(present, pairs) == pytest.approx(49, abs=1.5)
    assert effective_n(pd.Series([0.0] * 100), pairs) == 50


def test_parts_are_put_together_by_their_weights():
    found = weighted_together([(0.25, Estimate(0.2, 0.1, 0.3, 40, "x")), (0.75, Estimate(0.4, 0.36, 0.44, 120, "x"))], "both")
    assert found.value == pytest.approx(0.35) and found.n == 160 and found.method == "both"
    assert found.low == pytest.approx(0.35 - np.hypot(0.025, 0.03)) and found.high == pytest.approx(0.35 + np.hypot(0.025, 0.03))
