"""Moments with unanswered ratings against the closed form, and against plain moments where all was answered."""

import numpy as np
import pytest

from cx_helpers.drivers.unanswered import foretold, moments


def test_without_gaps_they_are_the_plain_weighted_moments():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(50, 3)), rng.random(50)
    rows = np.column_stack([np.ones(50), x])
    assert moments(x, w) == pytest.approx((rows.T * w) @ rows / w.sum(), abs=1e-12)


def test_with_one_rating_unanswered_they_are_the_closed_form_of_anderson():
    """Anderson (1957): the mean is carried over by the regression of those who answered."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    y = 2 + 0.7 * x + rng.normal(size=200)
    y[x > 0.5] = np.nan
    known = ~np.isnan(y)
    slope, intercept = np.polyfit(x[known], y[known], 1)
    left = ((y[known] - intercept - slope * x[known]) ** 2).mean()
    mean = intercept + slope * x.mean()
    found = moments(np.column_stack([x, y]), np.ones(200), close=1e-12, most=2000)
    assert found[0, 2] == pytest.approx(mean, abs=1e-6)
    assert found[2, 2] - found[0, 2] ** 2 == pytest.approx(left + slope**2 * x.var(), abs=1e-6)
    assert found[1, 2] - found[0, 1] * found[0, 2] == pytest.approx(slope * x.var(), abs=1e-6)
    assert abs(np.nanmean(y) - mean) > 0.2, "those who answered alone would miss the mean"


def test_a_row_drawn_twice_counts_twice():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 2))
    x[rng.random((40, 2)) < 0.3] = np.nan
    times = rng.integers(0, 3, 40)
    assert moments(x, times.astype(float), close=1e-12) == pytest.approx(moments(np.repeat(x, times, axis=0), np.ones(times.sum()), close=1e-12), abs=1e-6)


def test_what_is_foretold_is_the_regression_on_what_the_row_gave():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4000, 3)) + rng.normal(size=(4000, 1))
    gone = x.copy()
    gone[:1000, 0] = np.nan
    gone[:500, 1] = np.nan
    one = np.ones(4000)
    found = moments(gone, one, close=1e-12)
    wanted = np.isnan(gone)
    wanted[:500, 1] = False
    filled, left_out = foretold(gone, found, wanted, one)
    for rows, given in ((slice(0, 500), [2]), (slice(500, 1000), [1, 2])):
        inside = np.linalg.solve(found[np.ix_([0, *np.add(given, 1)], [0, *np.add(given, 1)])], found[[0, *np.add(given, 1)], 1])
        assert filled[rows, 0] == pytest.approx(inside[0] + x[rows][:, given] @ inside[1:], abs=1e-6)
    assert (filled[:500, 1] == 0).all() and (filled[1000:] == x[1000:]).all(), "what is not wanted is not filled, what was given stays"
    assert left_out[0, 0] == pytest.approx((500 * (2 - 1 / 2) + 500 * (2 - 2 / 3)) / 4000, abs=0.02) and left_out[1:].sum() == 0
