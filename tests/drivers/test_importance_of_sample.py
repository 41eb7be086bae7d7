"""The sample brand drawn anew: its planted drivers are found, the one that does nothing is not, the yardstick tells them apart."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd
import pytest

from cx_helpers.drivers.ranking import ranking
from cx_helpers.sample import make
from cx_helpers.sample.comparisons import answered, month_of

DRIVERS = ["booking_minutes", "price_changed", "wait_minutes", "walk_metres", "car_as_booked", "check_minutes", "dispute", "deposit_days", "extra_charge"]
FIRST_SEED = 101


@lru_cache(maxsize=50)
def found(seed: int) -> pd.DataFrame:
    rows = answered(make(seed, 30_000), "overall").assign(month=lambda f: month_of(f["booked_at"]).to_numpy())
    return ranking(rows, "score", DRIVERS, controls=["unit", "month", "trip"], cluster="customer_no", bootstrap=100, seed=seed).table.set_index("driver")


def seeds():
    return [pytest.param(2, id="2 seeds"), pytest.param(50, marks=pytest.mark.long, id="50 seeds")]


@pytest.mark.parametrize("count", seeds())
@pytest.mark.parametrize("driver", ["wait_minutes", "dispute", "extra_charge"])
def test_a_planted_driver_is_found_with_its_sign(count, driver, promised):
    tables = [found(FIRST_SEED + i) for i in range(count)]
    hits = sum(bool(t.loc[driver, "usable"] and t.loc[driver, "effect"] < 0 and t.loc[driver, "beyond_yardstick"]) for t in tables)
    promised(f"driver {driver}, sample brand", "planted", hits, count)


@pytest.mark.parametrize("count", seeds())
def test_the_walk_that_does_nothing_is_not_found(count, promised):
    hits = sum(bool(found(FIRST_SEED + i).loc["walk_metres", "usable"]) for i in range(count))
    promised("driver walk_metres that does nothing, sample brand", "false calls", hits, count)
