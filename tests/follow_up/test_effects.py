"""Before and after with control: by hand, against regression, on planted effects and on traps."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cx_helpers.errors import DataError
from cx_helpers.follow_up.effects import before_after, effect_finding, result_row

MONTHS = [f"2018-{m:02d}" for m in range(1, 13)]


def made_panel(seed=0, effect=0.0, treated=8, control=12, trend=0.0, start=6, noise=1.0):
    """Units with their own level, a common season, and `effect` in the treated from month `start`."""
    rng = np.random.default_rng(seed)
    season, rows = rng.normal(0, 1, 12), []
    for u in range(treated + control):
        level, mine = rng.normal(50, 3), u < treated
        for m, month in enumerate(MONTHS):
            value = level + season[m] + rng.normal(0, noise) + mine * (trend * m + effect * (m >= start))
            rows.append((f"u{u:02d}", month, value, int(rng.integers(20, 200))))
    return pd.DataFrame(rows, columns=["unit", "month", "nps", "n"]), [f"u{u:02d}" for u in range(treated)]


def judged(panel, treated, start="2018-07", **options):
    return before_after(panel, "nps", "unit", "month", treated, start, **options)


def passed(effect):
    return dict(zip(effect.checks["check"], effect.checks["passed"], strict=True))


def test_the_banks_of_two_districts_give_the_published_difference(reference):
    folder, expected = reference("did_banks_2x2")
    wide = pd.read_csv(folder / "data.csv").astype({"year": str})
    banks = wide.melt("year", ["bib6", "bib8"], "district", "banks")
    two = before_after(banks[banks["year"].isin(["1930", "1931"])], "banks", "district", "year", ["bib6"], "1931")
    every = before_after(banks, "banks", "district", "year", ["bib6"], "1931")
    assert two.table["estimate"][0] == pytest.approx(expected["did_1930_1931"]["value"], abs=1e-9)
    assert every.table["estimate"][0] == pytest.approx(expected["did_all_years"]["value"], abs=1e-9)
    # Two districts have no spread between units: six years each are not twelve independent answers.
    assert math.isnan(every.table["low"][0]) and every.table["grade"][0] == "associated"


def test_estimate_and_weights_equal_the_regression_with_unit_effects():
    panel, treated = made_panel(3, effect=4)
    two = panel.assign(total=panel["nps"] * panel["n"], post=(panel["month"] >= "2018-07").astype(float))
    two = two.groupby(["unit", "post"], as_index=False)[["total", "n"]].sum().assign(nps=lambda f: f["total"] / f["n"])
    two["did"] = two["post"] * two["unit"].isin(treated)
    units = pd.get_dummies(two["unit"]).astype(float)
    fit = sm.WLS(two["nps"], units.join(two[["post", "did"]]), weights=two["n"]).fit()
    assert judged(panel, treated, weights="n").table["estimate"][0] == pytest.approx(fit.params["did"], abs=1e-9)
    unweighted = sm.OLS(two.assign(nps=panel.groupby(["unit", panel["month"] >= "2018-07"])["nps"].mean().to_numpy())["nps"],
                        units.join(two[["post", "did"]])).fit()
    assert judged(panel, treated).table["estimate"][0] == pytest.approx(unweighted.params["did"], abs=1e-9)


def test_interval_is_welch_on_unit_changes():
    panel, treated = made_panel(1, effect=2)
    late = panel["month"] >= "2018-07"
    change = panel[late].groupby("unit")["nps"].mean() - panel[~late].groupby("unit")["nps"].mean()
    welch = sm.stats.CompareMeans.from_data(change[treated], change.drop(treated)).tconfint_diff(usevar="unequal")
    row = judged(panel, treated).table.iloc[0]
    assert (row["low"], row["high"]) == pytest.approx(welch)
    assert (row["n"], row["units_treated"], row["units_control"], row["months_before"], row["months_after"]) == (240, 8, 12, 6, 6)
    assert row["treated_after"] - row["treated_before"] - (row["control_after"] - row["control_before"]) == pytest.approx(row["estimate"])


@pytest.mark.parametrize("effect, better, verdict", [(4, "higher", "works"), (-4, "higher", "backfires"), (-4, "lower", "works"), (0, "higher", "no clear effect")])
def test_a_planted_effect_is_found_and_none_is_not(effect, better, verdict):
    panel, treated = made_panel(11, effect=effect)
    judgement = judged(panel, treated, weights="n", better=better)
    row = judgement.table.iloc[0]
    assert row["verdict"] == verdict and row["grade"] == "quasi-experimental"
    assert row["low"] < effect < row["high"]
    assert all(passed(judgement)[c] is True for c in ("pre_trend", "placebo", "baseline_gap"))


def test_a_trend_of_its_own_is_flagged_and_lowers_the_grade():
    panel, treated = made_panel(2, trend=0.8)
    judgement = judged(panel, treated)
    assert passed(judgement)["pre_trend"] is False and passed(judgement)["placebo"] is False
    assert judgement.table["grade"][0] == "associated"
    slope = judgement.checks.set_index("check").loc["pre_trend"]
    assert slope["low"] < 0.8 < slope["high"]


def worst_by_chance(seed, effect=0.0):
    """All units alike; those with the worst months before are treated, as in practice."""
    panel, _ = made_panel(seed, treated=0, control=60)
    panel["nps"] = np.random.default_rng(seed).normal(50, 6, len(panel))
    before = panel[panel["month"] < "2018-07"].groupby("unit")["nps"].mean()
    treated = sorted(before.nsmallest(20).index)
    panel.loc[panel["unit"].isin(treated) & (panel["month"] >= "2018-07"), "nps"] += effect
    return panel, treated


def test_regression_to_the_mean_is_flagged_and_not_called_an_effect():
    panel, treated = worst_by_chance(0)
    judgement = judged(panel, treated)
    row, gap = judgement.table.iloc[0], judgement.checks.set_index("check").loc["baseline_gap"]
    assert row["low"] > 0, "the trap: plain differences see an improvement"
    assert gap["passed"] is False and gap["note"] == "regression_to_the_mean" and gap["high"] < 0
    assert (row["verdict"], row["grade"]) == ("no clear effect", "associated")


def test_an_effect_beyond_regression_to_the_mean_is_still_found():
    judgement = judged(*worst_by_chance(0, effect=12))
    assert judgement.table["verdict"][0] == "works" and judgement.table["grade"][0] == "associated"


def test_without_control_it_is_described_only():
    panel, treated = made_panel(5, effect=4)
    judgement = judged(panel[panel["unit"].isin(treated)], treated)
    row = judgement.table.iloc[0]
    assert (row["grade"], row["design"]) == ("described", "before and after")
    assert row["low"] < row["estimate"] < row["high"] and "pre_trend" not in passed(judgement)


@pytest.mark.parametrize("treated, control", [(5, 12), (8, 5), (1, 12)])
def test_few_units_are_graded_no_higher_than_associated(treated, control):
    panel, names = made_panel(6, effect=8, treated=treated, control=control)
    row = judged(panel, names).table.iloc[0]
    assert row["grade"] == "associated" and row["low"] < 8 < row["high"] and row["low"] > 0


def test_one_treated_unit_is_as_unsure_as_the_others_are_spread():
    panel, names = made_panel(6, treated=1, control=12)
    late = panel["month"] >= "2018-07"
    change = (panel[late].groupby("unit")["nps"].mean() - panel[~late].groupby("unit")["nps"].mean()).to_numpy()
    row = judged(panel, names).table.iloc[0]
    half = 2.200985160 * change[1:].std(ddof=1) * math.sqrt(1 + 1 / 12)  # t with 11 degrees of freedom
    assert row["high"] - row["estimate"] == pytest.approx(half, rel=1e-7)


def test_three_treated_units_take_the_wider_of_welch_and_pooled():
    kinds = set()
    for seed in range(12):
        panel, names = made_panel(seed, treated=3, control=12)
        late = panel["month"] >= "2018-07"
        change = panel[late].groupby("unit")["nps"].mean() - panel[~late].groupby("unit")["nps"].mean()
        compared = sm.stats.CompareMeans.from_data(change[names], change.drop(names))
        both = {usevar: compared.tconfint_diff(usevar=usevar) for usevar in ("unequal", "pooled")}
        wider = max(both, key=lambda kind: both[kind][1] - both[kind][0])
        row = judged(panel, names).table.iloc[0]
        assert (row["low"], row["high"]) == pytest.approx(both[wider])
        kinds.add(wider)
    assert kinds == {"unequal", "pooled"}


def test_an_action_of_last_month_is_too_early_to_judge():
    panel, treated = made_panel(0, effect=20)
    assert judged(panel, treated, start="2018-12").table["verdict"][0] == "too early"
    future = judged(panel, treated, start="2019-01").table.iloc[0]
    assert future["verdict"] == "too early" and math.isnan(future["estimate"])


def test_series_has_both_lines_with_intervals_and_n():
    panel, treated = made_panel(0)
    series = judged(panel, treated, weights="n").series
    assert list(series.columns) == ["period", "group", "value", "low", "high", "n", "units"] and len(series) == 24
    first = panel[(panel["month"] == "2018-01") & panel["unit"].isin(treated)]
    line = series[(series["period"] == "2018-01") & (series["group"] == "treated")].iloc[0]
    assert line["value"] == pytest.approx(np.average(first["nps"], weights=first["n"]))
    assert (line["n"], line["units"]) == (first["n"].sum(), 8) and line["low"] < line["value"] < line["high"]


def test_hidden_cells_and_units_without_a_time_before_are_left_out_and_told():
    panel, treated = made_panel(0)
    panel.loc[(panel["unit"] == "u19") & (panel["month"] < "2018-07"), "nps"] = np.nan
    panel.loc[0, "n"] = 0
    judgement = judged(panel, treated, weights="n")
    left_out = judgement.checks.set_index("check").loc["units_left_out"]
    assert (left_out["value"], left_out["passed"]) == (1, False) and judgement.table["units_control"][0] == 11


def test_names_and_order_of_units_do_not_matter():
    panel, treated = made_panel(0, effect=2)
    renamed = panel.assign(unit="x" + panel["unit"].str[::-1])
    one, two = judged(panel, treated, weights="n"), judged(renamed, ["x" + t[::-1] for t in treated], weights="n")
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.checks, two.checks)


@pytest.mark.parametrize("change, treated, start, told", [
    (lambda f: f, ["zz"], "2018-07", "treated unit 'zz' is not in the panel"),
    (lambda f: f, [], "2018-07", "no treated unit is named"),
    (lambda f: pd.concat([f, f.iloc[[3]]]), ["u00"], "2018-07", "1 cells are given twice (first: u00, 2018-04)"),
    (lambda f: f, ["u00"], "2018-01", "no month of the panel is before 2018-01"),
    (lambda f: f.drop(columns="nps"), ["u00"], "2018-07", "column 'nps' is not in the panel"),
    (lambda f: f.assign(n=-1), ["u00"], "2018-07", "weights 'n' are negative"),
])
def test_a_panel_that_cannot_be_judged_is_refused_in_one_line(change, treated, start, told):
    with pytest.raises(DataError) as refusal:
        judged(change(made_panel()[0]), treated, start, weights="n")
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_the_finding_carries_verdict_number_and_grade():
    judgement = judged(*made_panel(11, effect=4))
    finding = effect_finding(judgement, "Second desk at the airport", "NPS")
    assert (finding.message, finding.grade) == ("effects.works", "quasi-experimental")
    assert finding.low < finding.value < finding.high and finding.args["units_treated"] == 8 and finding.args["checks_failed"] == ""
    flagged = effect_finding(judged(*worst_by_chance(0)), "Training", "NPS")
    assert flagged.message == "effects.unclear" and flagged.args["checks_failed"] == "baseline_gap" and flagged.weight == 0
    row = result_row(judgement, "a1", "s1", "overall.nps").iloc[0]
    assert (row["value"], row["verdict"], row["action"], row["solution"]) == (finding.value, "works", "a1", "s1")


def test_pre_trend_compares_slopes_fitted_unit_by_unit():
    panel, treated = made_panel(4, trend=0.3)
    before = panel[panel["month"] < "2018-07"]
    slope = before.groupby("unit")["nps"].apply(lambda y: np.polyfit(range(6), y, 1)[0])
    welch = sm.stats.CompareMeans.from_data(slope[treated], slope.drop(treated)).tconfint_diff(usevar="unequal")
    check = judged(panel, treated).checks.set_index("check").loc["pre_trend"]
    assert (check["low"], check["high"]) == pytest.approx(welch) and check["n"] == 20


def test_placebo_is_the_same_comparison_at_the_middle_of_the_time_before():
    panel, treated = made_panel(4)
    earlier = judged(panel[panel["month"] < "2018-07"], treated, start="2018-04").table.iloc[0]
    check = judged(panel, treated).checks.set_index("check").loc["placebo"]
    assert (check["value"], check["low"], check["high"]) == pytest.approx((earlier["estimate"], earlier["low"], earlier["high"]))


def test_baseline_adjusted_is_the_analysis_of_covariance_with_hc3_errors():
    panel, treated = made_panel(4, effect=3)
    level = panel.assign(late=panel["month"] >= "2018-07").pivot_table(index="unit", columns="late", values="nps")
    x = sm.add_constant(pd.DataFrame({"treated": level.index.isin(treated).astype(float), "before": level[False]}, index=level.index))
    fit = sm.OLS(level[True], x).fit(cov_type="HC3", use_t=True)
    check = judged(panel, treated).checks.set_index("check").loc["baseline_adjusted"]
    assert (check["value"], check["low"], check["high"]) == pytest.approx((fit.params["treated"], *fit.conf_int().loc["treated"]))
