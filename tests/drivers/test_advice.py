"""Advice checked a year later: what was told is found where it is true, units that recover by themselves are no success, and little data says so."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers.drivers.advice import advice_checked
from cx_helpers.errors import DataError

TOLD = pd.DataFrame({"input": ["desk.wait"], "label": ["Wait"], "effect": [-1.0], "effect_low": [-1.1], "effect_high": [-0.9]})


def years(seed, effect=-1.0, cut=8.0, units=30, each=60, worst=False, noise=20.0, dip=0.0):
    """Answers of two years; in the second the wait is cut at a third of the units, chosen by lot or because they scored worst."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, 5, units)
    chance = rng.normal(0, dip, units)  # a bad year that passes by itself
    chosen = np.argsort(own + chance)[: units // 3] if worst else rng.choice(units, units // 3, replace=False)
    unit = np.repeat(np.arange(units), each)
    frames = []
    for year in (0, 1):
        wait = rng.gamma(4, 5, len(unit)) - (cut if year else 0) * np.isin(unit, chosen)
        points = 50 + own[unit] + (chance[unit] if not year else 0) + effect * wait + 3 * year + rng.normal(0, noise, len(unit))
        frames.append(pd.DataFrame({"unit": unit, "desk.wait": wait, "points": points}))
    return frames


def checked(seed, told=TOLD, **options):
    return advice_checked(told, *years(seed, **options), "points").iloc[0]


def test_each_verdict_is_told_where_it_is_true():
    assert checked(1)["verdict"] == "as told"
    assert checked(1, effect=-0.4, each=200)["verdict"] == "less than told"
    assert checked(1, effect=-2.0, each=200)["verdict"] == "more than told"
    assert checked(1, effect=0.0)["verdict"] == "not as told"
    assert checked(1, noise=300.0)["verdict"] == "cannot tell"
    assert checked(1, cut=0.0)["verdict"] == "did not move" and checked(1, units=6)["verdict"] == "too few units"


def test_what_moves_everywhere_alike_tells_nothing():
    before, now = years(2, cut=0.0)
    now = now.assign(**{"desk.wait": now["desk.wait"] - 5})
    row = advice_checked(TOLD, before, now, "points").iloc[0]
    assert row["verdict"] == "moved alike" and row["moved"] == pytest.approx(-5, abs=1) and row["expected"] == pytest.approx(-row["moved"])
    assert np.isnan(row["value"])


def test_units_that_recover_by_themselves_are_no_success():
    """The trap: the wait is cut where scores were worst by chance, and does nothing."""
    fooled, called = [], []
    for seed in range(60):
        before, now = years(seed, effect=0.0, worst=True, dip=8.0, noise=10.0)
        change = (now.groupby("unit").mean() - before.groupby("unit").mean())[["desk.wait", "points"]]
        fooled.append(stats.linregress(change["desk.wait"], change["points"]).pvalue < 0.05)
        called.append(advice_checked(TOLD, before, now, "points")["low"].iloc[0] > 0)
    assert np.mean(fooled) > 0.3 and sum(called) <= stats.binom.ppf(0.9995, 60, 0.05)


def test_another_input_that_moved_with_it_is_held_equal_unless_it_is_the_way():
    rng = np.random.default_rng(5)
    before, now = years(5, each=200)
    for frame, year in ((before, 0), (now, 1)):
        frame["bill.surprise"] = (rng.random(len(frame)) < 0.05 + 0.3 * year * (frame["unit"] % 3 == 0)) * 1.0
        frame["points"] -= 40 * frame["bill.surprise"]
    both = pd.concat([TOLD, TOLD.assign(input="bill.surprise", label="Surprise", effect=-40.0, effect_low=-42.0, effect_high=-38.0)])
    found = advice_checked(both, before, now, "points").set_index("input")
    assert found["held"].tolist() == [["bill.surprise"], ["desk.wait"]] and set(found["verdict"]) == {"as told"}
    way = advice_checked(both, before, now, "points", through={"desk.wait": ["bill.surprise"]}).set_index("input")
    assert way.loc["desk.wait", "held"] == []


def test_missing_columns_are_told_together():
    before, now = years(1)
    with pytest.raises(DataError, match="advice: before lacks the column 'unit'; now lacks the column 'desk.wait'"):
        advice_checked(TOLD, before.drop(columns="unit"), now.drop(columns="desk.wait"), "points")


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("truth", [1.0, 0.5, 0.0])
def test_the_share_of_what_was_told_is_covered(count, truth):
    rows = [checked(seed, effect=-truth) for seed in range(count)]
    held = sum(row["low"] <= truth <= row["high"] for row in rows)
    low, high = stats.binom.ppf([0.0005, 0.9995], count, 0.95)
    assert low <= held <= high
