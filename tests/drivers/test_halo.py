"""The numbers told of a halo, against plain correlations."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers.halo import halo
from cx_helpers.errors import DataError

ITEMS = ["food", "shops", "wifi", "art"]


def questionnaire(seed=0, mood=1.0, n=600, gaps=0.3):
    rng = np.random.default_rng(seed)
    x = mood * rng.normal(size=(n, 1)) + rng.normal(size=(n, 6))
    frame = pd.DataFrame(x, columns=[*ITEMS, "nps", "marker"])
    return frame.mask(rng.random(frame.shape) < gaps)


def test_the_first_factor_is_the_largest_eigenvalue_of_the_pairwise_correlations():
    frame = questionnaire()
    found = halo(frame, ITEMS, "nps", bootstrap=50)
    plain = frame.corr()
    assert found.attrs["first_factor_share"] == pytest.approx(np.linalg.eigvalsh(plain.loc[ITEMS, ITEMS])[-1] / 4, abs=1e-9)
    assert found.set_index("item")["correlation"].to_dict() == pytest.approx(plain.loc[ITEMS, "nps"].to_dict(), abs=1e-9)
    assert found["n"].tolist() == [int((frame[item].notna() & frame["nps"].notna()).sum()) for item in ITEMS]
    assert found.attrs["first_factor_low"] < found.attrs["first_factor_share"] < found.attrs["first_factor_high"]


def test_a_mood_takes_more_than_unrelated_items_would_and_no_mood_does_not():
    with_mood, without = (halo(questionnaire(mood=mood), ITEMS, bootstrap=50).attrs for mood in (1.0, 0.0))
    assert with_mood["first_factor_low"] > with_mood["chance_share"] + 0.2
    assert without["first_factor_share"] < without["chance_share"] + 0.05


def test_a_marker_takes_out_what_it_shares():
    frame = questionnaire(gaps=0.0)
    found = halo(frame, ITEMS, "nps", marker="marker", bootstrap=50)
    shared = frame.corr().loc["marker", [*ITEMS, "nps"]].min()
    plain = frame.corr().loc[ITEMS, "nps"].to_numpy()
    assert found.attrs["marker_correlation"] == pytest.approx(shared)
    assert found["adjusted"].to_numpy() == pytest.approx((plain - shared) / (1 - shared))
    assert halo(frame, ITEMS, "nps", bootstrap=50)["adjusted"].isna().all(), "no marker is made up afterwards"


def test_weights_count():
    frame = questionnaire(gaps=0.0)
    twice = pd.concat([frame, frame.iloc[:100]])
    weighted = halo(frame, ITEMS, "nps", weights=np.where(frame.index < 100, 2.0, 1.0), bootstrap=50)
    assert weighted["correlation"].to_numpy() == pytest.approx(twice.corr().loc[ITEMS, "nps"].to_numpy())


def test_what_cannot_be_told_is_refused_in_one_line():
    frame = questionnaire()
    with pytest.raises(DataError, match="allowed are two items or more, each once, and a marker that is neither"):
        halo(frame, ["food"], "nps")
    with pytest.raises(DataError, match="marker 'food'"):
        halo(frame, ITEMS, marker="food")
    apart = frame.assign(food=frame["food"].where(frame.index < 300), shops=frame["shops"].where(frame.index >= 300))
    with pytest.raises(DataError, match="two items were never answered together"):
        halo(apart, ITEMS)
