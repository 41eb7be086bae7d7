"""Ratings as drivers: against plain regressions where they apply, and nobody left out where they do not."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.perceived import askable, perceived_importance
from cx_helpers.errors import DataError

NAMES = ["food", "shops", "security", "wifi"]


def passengers(seed=0, n=500, blank=0.0):
    """Who used what, ratings with one mood, and a score of what was used."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(size=(n, 1))
    x = 4 + 0.6 * mood + rng.normal(size=(n, 4))
    unused = rng.random((n, 4)) < [0.5, 0.3, 0.0, 0.2]
    score = 5 + np.where(unused, [0.3, 0, 0, -0.4], (x - 4) * [0.8, 0.4, 0.0, -0.3]).sum(axis=1) + rng.normal(size=n)
    x[unused | (rng.random((n, 4)) < blank)] = np.nan
    frame = pd.DataFrame(x, columns=NAMES).assign(score=score, place=rng.choice(["a", "b"], n), weight=rng.uniform(0.5, 2, n), customer=rng.integers(0, n // 2, n))
    return frame, pd.DataFrame(unused, columns=NAMES)


def test_without_blanks_effects_are_those_of_a_weighted_regression_with_use_held_equal():
    frame, unused = passengers()
    found = perceived_importance(frame, "score", NAMES, not_used=unused, controls=["place"], weights="weight", cluster="customer", bootstrap=50).set_index("driver")
    x = pd.DataFrame({name: (frame[name] - frame[name].mean()).fillna(0) for name in NAMES})
    held = pd.DataFrame({"b": frame["place"] == "b", **{f"un {name}": unused[name] for name in NAMES if unused[name].any()}}).astype(float)
    plain = sm.WLS(frame["score"], sm.add_constant(pd.concat([x, held], axis=1)), weights=frame["weight"]).fit()
    assert found["effect"].to_dict() == pytest.approx(plain.params[NAMES].to_dict(), abs=1e-9)
    assert found["n"].to_dict() == frame[NAMES].notna().sum().to_dict()
    assert found["not_used_share"].to_dict() == pytest.approx(unused.mean().to_dict()) and (found["unanswered_share"] == 0).all()


@pytest.mark.parametrize("method", ["lmg", "johnson"])
def test_without_blanks_importances_are_those_of_the_driver_model(method):
    frame, unused = passengers()
    found = perceived_importance(frame, "score", NAMES, not_used=unused, weights="weight", method=method, bootstrap=50).set_index("driver")
    filled = frame.assign(**{name: (frame[name] - frame[name].mean()).fillna(0) for name in NAMES})
    held = unused.loc[:, unused.any()].astype(float).add_prefix("un ")
    same = relative_importance(filled, "score", NAMES, controls=held, weights="weight", method=method, bootstrap=0).set_index("driver")
    for column in ("importance", "share", "effect"):
        assert found[column].to_dict() == pytest.approx(same[column].to_dict(), abs=1e-9)


def test_nobody_is_left_out_where_complete_rows_are_few():
    frame, unused = passengers(n=800, blank=0.3)
    assert frame[NAMES].notna().all(axis=1).sum() < 100
    found = perceived_importance(frame, "score", NAMES, not_used=unused, bootstrap=50)
    assert found.attrs["n"] == 800 and found["driver"].iloc[0] == "food"
    row = found.set_index("driver").loc["food"]
    assert row["effect_low"] < 0.8 < row["effect_high"] and row["unanswered_share"] == pytest.approx(0.15, abs=0.03)


def test_the_method_follows_the_number_of_ratings():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 12)), columns=[f"r{i}" for i in range(12)]).assign(score=rng.normal(size=300))
    few = perceived_importance(frame, "score", ["r0", "r1"], bootstrap=50)
    many = perceived_importance(frame, "score", [f"r{i}" for i in range(12)], bootstrap=50)
    assert few["method"].iloc[0] == "lmg, 50 bootstrap draws" and many["method"].iloc[0].startswith("johnson")
    assert (few["grade"] == "associated").all()


def test_the_same_seed_gives_the_same_table():
    frame, unused = passengers(blank=0.2)
    one, two = (perceived_importance(frame, "score", NAMES, not_used=unused, bootstrap=50, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_ratings_given_by_few_the_same_for_all_or_twice_are_not_asked():
    frame, _ = passengers()
    frame = frame.assign(rare=frame["food"].where(frame.index < 60), flat=3.0, again=frame["security"] * 2)
    found = askable(frame, "score", ["food", "rare", "flat", "security", "again"]).set_index("driver")
    assert found["reason"].to_dict() == {"food": "", "rare": "too_few_rows", "flat": "constant", "security": "", "again": "repeats"}


def test_no_rating_gives_no_row_and_wrong_settings_are_told():
    frame, _ = passengers()
    assert perceived_importance(frame, "score", []).empty
    with pytest.raises(DataError, match="found 10 draws and method 'first'; allowed are 50 draws or more, and auto, lmg or johnson"):
        perceived_importance(frame, "score", NAMES, bootstrap=10, method="first")
