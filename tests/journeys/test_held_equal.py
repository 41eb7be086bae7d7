"""One thing's association with another, held equal: the numbers of another program, and nothing where nothing varies."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from cx_helpers.journeys.held_equal import association


def made(seed: int = 1, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"unit": rng.choice(list("abc"), n), "month": rng.choice(["1", "2"], n), "who": rng.integers(0, 90, n), "x": rng.normal(0, 1, n)})
    return frame.assign(y=0.4 * frame["x"] + frame["unit"].map({"a": 0, "b": 1, "c": 3}) + rng.normal(0, 1, n))


def test_it_is_least_squares_with_dummies_clustered_by_customer():
    frame = made()
    known = smf.ols("y ~ x + C(unit) + C(month)", frame).fit(cov_type="cluster", cov_kwds={"groups": frame["who"]}, use_t=True)
    found = association(frame["y"], frame["x"], frame[["unit", "month"]], frame["who"])
    assert found.value == pytest.approx(known.params["x"])
    assert (found.low, found.high) == pytest.approx(tuple(known.conf_int().loc["x"]), rel=1e-6)


def test_with_weights_it_is_weighted_least_squares():
    frame = made(2)
    weights = pd.Series(np.random.default_rng(1).uniform(0.5, 2, len(frame)))
    known = smf.wls("y ~ x + C(unit)", frame, weights=weights).fit()
    assert association(frame["y"], frame["x"], frame[["unit"]], frame["who"], weights=weights).value == pytest.approx(known.params["x"])


def test_what_differs_between_places_is_held_equal():
    frame = made(3).assign(x=lambda f: f["unit"].map({"a": 0.0, "b": 1.0, "c": 3.0}) + np.random.default_rng(4).normal(0, 0.1, len(f)))
    frame["y"] = frame["unit"].map({"a": 0, "b": 1, "c": 3}) + np.random.default_rng(5).normal(0, 1, len(frame))
    assert association(frame["y"], frame["x"], frame[[]], frame["who"]).low > 0.5  # the trap
    fair = association(frame["y"], frame["x"], frame[["unit"]], frame["who"])
    assert fair.low < 0 < fair.high


def test_where_nothing_varies_or_too_few_are_known_nothing_is_said():
    frame = made()
    assert np.isnan(association(frame["y"], frame["x"] * 0, frame[["unit"]], frame["who"]).low)
    assert np.isnan(association(frame["y"], frame["x"].where(frame.index < 29), frame[["unit"]], frame["who"]).low)
    assert np.isnan(association(frame["y"], frame["x"], frame[["unit"]], frame["who"] % 9).low)
