"""Employees' months beside customers' scores: what leads, what follows, and when nothing is told."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from cx_helpers.drivers.employees import beyond_noise, lead_lag
from cx_helpers.drivers.told_surroundings import employees_findings, employees_headline
from cx_helpers.errors import DataError
from cx_helpers.sample import ALL, make
from cx_helpers.sample.comparisons import answered, month_of

SPANS = {"counter": 4.0, "return": 4.0}


def panel(seed, before=0.0, after=0.0, units=20, months=14):
    """Units with a level of their own and months that all share; the measure wanders, the score follows it by a month."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0, 1, (units, months + 2)).cumsum(axis=1) * 0.5 + rng.normal(0, 1, (units, 1))
    score = 4 + before * mood[:, :-2] + after * mood[:, 2:] + rng.normal(0, 0.3, (units, 1)) + rng.normal(0, 0.2, (1, months))
    answers = rng.integers(5, 60, (units, months))
    score = score + rng.normal(0, 1, (units, months)) / np.sqrt(answers)
    at = [str(pd.Period("2025-01", "M") + m) for m in range(months)]
    return pd.DataFrame({
        "unit": np.repeat([f"u{u}" for u in range(units)], months), "month": at * units, "csat": score.ravel(),
        "csat.n": answers.ravel(), "mood": mood[:, 1:-1].ravel(),
    })  # fmt: skip


def slope(table, when="before", score="csat"):
    return table[(table["score"] == score) & (table["when"] == when)].iloc[0]


def test_slopes_are_those_of_least_squares_with_a_level_of_each_unit_and_month():
    given = panel(1, before=0.3)
    found = lead_lag(given, ["csat"], ["mood"])
    moved = given.sort_values(["unit", "month"])
    moved["before"], moved["after"] = moved.groupby("unit")["mood"].shift(1), moved.groupby("unit")["mood"].shift(-1)
    moved = moved.dropna()
    for when, name, held in (("before", "before", "mood"), ("same", "mood", "before"), ("after", "after", "mood + before")):
        plain = smf.wls(f"csat ~ {name} + {held} + C(unit) + C(month)", moved, weights=moved["csat.n"]).fit()
        assert slope(found, when)["value"] == pytest.approx(plain.params[name], abs=1e-7)


def test_leaving_out_a_unit_gives_the_error_of_fitting_without_it():
    given = panel(2, before=0.3, units=11)
    found = slope(lead_lag(given, ["csat"], ["mood"]))
    without = [slope(lead_lag(given[given["unit"] != unit], ["csat"], ["mood"]))["value"] for unit in given["unit"].unique()]
    error = np.sqrt(10 / 11 * ((np.array(without) - found["value"]) ** 2).sum())
    from scipy.stats import t

    assert found["high"] - found["value"] == pytest.approx(t.ppf(0.975, 10) * error, rel=1e-6)


def test_a_measure_that_follows_the_scores_is_not_said_to_lead_them():
    found = lead_lag(panel(3, after=0.4), ["csat"], ["mood"])
    clear = beyond_noise(found).set_index("when")["clear"]
    assert clear["after"] and not clear["before"]


def of_scores(seed, units=20, months=24):
    """A measure that scores make: it follows the score of the month before it."""
    rng = np.random.default_rng(seed)
    score, mood, rows = np.zeros(units), np.zeros(units), []
    for m in range(-12, months):
        mood = 0.5 * mood + 0.5 * score + rng.normal(size=units)
        score = rng.normal(size=units)
        rows += [(f"u{u}", str(pd.Period("2025-01", "M") + m), score[u], mood[u]) for u in range(units) if m >= 0]
    return pd.DataFrame(rows, columns=["unit", "month", "csat", "mood"])


def test_what_scores_make_afterwards_is_not_held_equal_and_turns_no_sign():
    same = [slope(lead_lag(of_scores(seed), ["csat"], ["mood"]), "same") for seed in range(12)]
    # Held equal, the month after makes a drop of 0.2 out of nothing, in every seed beyond noise.
    assert abs(np.mean([row["value"] for row in same])) < 0.06 and sum(row["high"] < 0 for row in same) <= 3


def test_a_measure_that_goes_before_and_after_is_not_said_to_lead():
    rows = pd.DataFrame([{"measure": "mood", "label": "mood", "reason": "", "before": 9.0, "before_low": 5.0, "before_high": 13.0, "before_clear": True,
                          "after_clear": True, "step": 1.0, "units": 60, "n": 900, "method": "m"}])  # fmt: skip
    assert employees_headline(rows) == ("teams.headline_both", {"labels": ["mood"], "count": 1}) and employees_findings(rows) == []
    alone = rows.assign(after_clear=False)
    assert employees_headline(alone)[0] == "teams.headline_higher" and employees_findings(alone)[0].message == "teams.found_higher"


def test_scores_on_two_scales_are_taken_together_in_hundredths():
    given = panel(4, before=0.3)
    given["nps"], given["nps.n"] = given["csat"] * 50 - 200, given["csat.n"]
    found = lead_lag(given, {"csat": 4.0, "nps": 200.0}, ["mood"])
    assert slope(found, score="")["value"] == pytest.approx(slope(found, score="csat")["value"])
    assert slope(found, score="csat")["value"] == pytest.approx(25 * slope(lead_lag(given, ["csat"], ["mood"]))["value"])


@pytest.mark.parametrize(("spoil", "reason"), [
    (lambda p: p[p["unit"].isin([f"u{u}" for u in range(9)])], "few_units"),
    (lambda p: p[p["month"] < "2025-06"], "few_months"),
    (lambda p: p.assign(mood=p.groupby("unit")["mood"].transform("first")), "constant"),
    (lambda p: p.assign(csat=p["csat"].where(p["month"].str[-2:].astype(int) == p["unit"].str[1:].astype(int) % 10 + 2)), "constant"),
])  # fmt: skip
def test_too_little_gives_the_reason_and_no_number(spoil, reason):
    found = lead_lag(spoil(panel(5, before=0.3)), ["csat"], ["mood"])
    assert set(found["reason"]) == {reason} and found["value"].isna().all()


def test_all_that_is_wrong_with_a_panel_is_told_in_one_line():
    given = pd.concat([panel(6), panel(6).head(1)])
    with pytest.raises(DataError, match="column 'price' is not in the panel"):
        lead_lag(given, ["csat"], ["price"])
    with pytest.raises(DataError, match="1 rows repeat a unit's month"):
        lead_lag(given, ["csat"], ["mood"])


COUNTS = [pytest.param(40, id="40 seeds"), pytest.param(1000, marks=pytest.mark.long, id="1000 seeds")]


@pytest.mark.parametrize("seeds", COUNTS)
@pytest.mark.parametrize("units", [12, 40])
def test_intervals_hold_the_truth_as_often_as_they_say(seeds, units, promised):
    held = sum(r["low"] <= 0.15 <= r["high"] for r in (slope(lead_lag(panel(seed, before=0.15, units=units), ["csat"], ["mood"])) for seed in range(seeds)))
    promised(f"employees' lead, {units} units", "coverage", held, seeds)


@pytest.mark.parametrize("seeds", COUNTS)
def test_where_employees_lead_nothing_hardly_anything_is_called_and_what_leads_is_found(seeds, promised):
    calls = sum(beyond_noise(lead_lag(panel(seed), ["csat"], ["mood"]))["clear"].any() for seed in range(seeds))
    promised("employees who lead nothing", "false calls", calls, seeds)
    found = sum(beyond_noise(lead_lag(panel(seed, before=0.15), ["csat"], ["mood"])).set_index("when")["clear"]["before"] for seed in range(seeds))
    promised("employees who lead", "found", found, seeds)


def planted(seed, truths=ALL, rentals=40_000):
    frames = make(seed, rentals, truths)
    parts = []
    for survey, time in (("counter", "called_at"), ("return", "returned_at")):
        rows = answered(frames, survey)
        score = rows["score"] - rows.groupby("question_version")["score"].transform("mean")
        cells = pd.DataFrame({"unit": rows["unit"], "month": month_of(rows[time]), "s": score}).groupby(["unit", "month"])["s"].agg(["mean", "size"])
        parts.append(cells.rename(columns={"mean": survey, "size": f"{survey}.n"}))
    names = frames["locations"].set_index("location_id")["name"]
    wide = frames["unit_measures"].assign(unit=lambda r: r["location_id"].map(names)).pivot(index=["unit", "month"], columns="measure", values="value")
    return pd.concat(parts, axis=1).join(wide).reset_index()


@pytest.mark.parametrize("seeds", [pytest.param(range(2, 4), id="2 seeds"), pytest.param(range(2, 52), marks=pytest.mark.long, id="50 seeds")])
def test_the_planted_lead_is_found_and_not_said_to_be_of_the_same_month(seeds, promised):
    told = [beyond_noise(lead_lag(planted(seed), SPANS, ["employee_engagement"])).set_index("when")["clear"] for seed in seeds]
    promised("planted employee lead", "planted", sum(t["before"] for t in told), len(seeds))
    same = sum(t["same"] or t["after"] for t in told)
    promised("planted employee lead, called of another month", "false calls", same, len(seeds))
