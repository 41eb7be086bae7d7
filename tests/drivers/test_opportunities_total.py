"""Opportunities through total effects: ranked by gain for effort, intervals of lift and rank, what else a move does, what changed since last month."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.opportunities import opportunities, result_rows
from cx_helpers.drivers.side_effects import side_effects
from cx_helpers.drivers.told_opportunities import changed_said, opportunity_rows

FACTS = pd.DataFrame({
    "input": ["desk.wait", "keys.checked", "back.dispute", "bill.days"], "label": ["Wait", "Checked", "Dispute", "Days"], "touchpoint_label": "",
    "better": ["lower", "higher", "lower", "lower"], "standard": [10.0, 0.95, 0.05, 4.0], "touchpoint": ["desk", "keys", "back", "bill"],
    "statistic": ["median", "share", "share", "median"], "cost_to_move": [2.5, 1.8, np.nan, 0.0],
})  # fmt: skip
NAMES = list(FACTS["input"])


def lived(seed, n=3000):
    """Checking the car spares disputes later; each dispute costs 30 points, each minute and each day one."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"who": np.repeat(np.arange(n // 2), 2), "keys.checked": rng.integers(0, 2, n) * 1.0, "desk.wait": rng.gamma(2, 6, n), "bill.days": rng.gamma(2, 2, n)})
    frame["keys.csat"] = -frame["keys.checked"] + rng.normal(size=n)
    frame["back.dispute"] = (rng.random(n) < 0.3 - 0.25 * frame["keys.checked"]) * 1.0
    own = rng.normal(0, 10, n // 2)[frame["who"]]
    frame["nps"] = 50 - 30 * frame["back.dispute"] - frame["desk.wait"] - frame["bill.days"] + own + rng.normal(0, 15, n)
    return frame


def found(seed, **options):
    frame = lived(seed)
    spread = side_effects(frame, FACTS, ["keys.csat"], total="nps", order=["desk", "keys", "back", "bill"], cluster="who")
    ranked = relative_importance(frame, "nps", NAMES, cluster="who", bootstrap=0)
    return opportunities(ranked, frame, FACTS, effects=spread, cluster="who", **options)


def test_gain_for_effort_orders_and_an_undeclared_cost_is_taken_as_the_middle_one():
    table = found(1, bootstrap=300).set_index("input")
    cost = pd.Series({"desk.wait": 2.5, "keys.checked": 1.8, "back.dispute": 2.15, "bill.days": 1e-3})
    expected = (table["lift"] / cost).sort_values(ascending=False)
    assert list(table.index) == list(expected.index) and table.index[0] == "bill.days"
    assert table["effort"].to_dict() == {"bill.days": "free", "back.dispute": "not declared", "keys.checked": "declared", "desk.wait": "declared"}
    assert table.loc["desk.wait", "for_effort"] == pytest.approx(table.loc["desk.wait", "lift"] / 2.5)
    assert (table["rank_low"] <= table["rank"]).all() and (table["rank"] <= table["rank_high"]).all() and table.loc["bill.days", "rank_high"] == 1


def test_what_works_through_a_later_input_is_an_opportunity_and_its_price_at_once_is_told():
    table = found(1, bootstrap=100).set_index("input")
    row = table.loc["keys.checked"]
    assert row["effect_kind"] == "total" and row["lift_low"] < 30 * 0.25 * 0.45 < row["lift_high"] and row["flag"] == "pays later"
    frame = lived(1)
    partial = opportunities(relative_importance(frame, "nps", NAMES, cluster="who", bootstrap=0), frame, FACTS, cluster="who").set_index("input")
    assert partial.loc["keys.checked", "reason"] == "not_usable", "the trap: with the dispute held equal nothing is left of it"


def test_what_changed_since_last_month_is_told_beyond_the_ranks_intervals_only():
    table = found(1, bootstrap=300)
    rows = result_rows(table, "nps")
    nothing = pd.DataFrame(columns=["input", "verdict"]), FACTS
    none = pd.DataFrame(columns=["input", "level", "usable"])
    assert changed_said(opportunity_rows(table, none, *nothing, rows), True)[0] == "opportunities.since_nothing"
    last = rows.assign(**{name: 9.0 for name in ("rank", "rank_low", "rank_high")}).drop(rows.index[-1])
    told = opportunity_rows(table, none, *nothing, last)
    assert list(told["since"]) == ["up"] * (len(rows) - 1) + ["new"]
    assert "since" not in opportunity_rows(table, none, *nothing, rows.head(0))


@pytest.mark.parametrize("count", [30, pytest.param(1000, marks=pytest.mark.long)])
def test_lifts_through_total_effects_are_covered(count):
    rows = [found(seed, bootstrap=1).set_index("input") for seed in range(count)]
    low, high = stats.binom.ppf([0.0005, 0.9995], count, 0.95)
    for name, truth in (("keys.checked", 30 * 0.25 * 0.45), ("back.dispute", 30 * (0.175 - 0.05)), ("desk.wait", stats.gamma(2, scale=6).expect(lambda x: x - 10, lb=10))):
        assert low <= sum(row.loc[name, "lift_low"] <= truth <= row.loc[name, "lift_high"] for row in rows) <= high
