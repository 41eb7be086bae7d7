"""Each estimator against other programs' numbers, by hand, and on samples that say nothing."""

from __future__ import annotations

import csv
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cx_helpers import estimates
from cx_helpers.errors import DataError


def interval(e):
    return [e.low, e.high]


def in_points(expected):
    return [100 * x for x in expected]


def test_nps_intervals_equal_the_reference(reference):
    _, expected = reference("nps_intervals")
    whuber = estimates.nps_from_counts(162, 108, 54)
    assert whuber.value == pytest.approx(100 * expected["whuber.nps"]["value"], abs=1e-9)
    for counts, case in [((50, 30, 20), "n100.adjusted_wald"), ((8, 1, 1), "n10.adjusted_wald")]:
        assert interval(estimates.nps_from_counts(*counts)) == pytest.approx(in_points(expected[case]["value"]), abs=1e-7)


def test_nps_difference_equals_the_reference_and_finds_fifteen_points_of_two_hundred_unproven(reference):
    folder, expected = reference("nps_intervals")
    waves = {row["case"]: [int(row[k]) for k in ("promoters", "passives", "detractors")]
             for row in csv.DictReader((folder / "data.csv").open())}
    e = estimates.difference_from_counts(waves["waveA"], waves["waveB"], "nps")
    known = expected["A_minus_B.adjusted_wald"]["value"]
    assert e.value == pytest.approx(15)
    assert interval(e) == pytest.approx(in_points(known["ci"]), abs=1e-7)
    assert e.low < 0 < e.high and e.n == 400


def test_nps_from_rows_counts_what_r_counts(reference):
    folder, expected = reference("nps_intervals")
    raw = pd.read_csv(folder / "raw_ltr_two_waves.csv")
    values = {}
    for wave, scores in raw.groupby("wave")["ltr"]:
        known = expected[f"raw.{wave}"]["value"]
        e = estimates.nps(scores)
        counts = estimates.nps_from_counts(known["pro"], known["pas"], known["det"])
        assert e == counts
        assert e.value == pytest.approx(100 * known["nps"], abs=1e-7) and e.n == known["n"]
        values[wave] = scores
    e = estimates.difference(values["A"], values["B"], "nps")
    known = expected["raw.diff"]["value"]
    # R's NPS package prints the unadjusted Wald interval: same estimate, interval within a point.
    assert e.value == pytest.approx(100 * known["delta"], abs=1e-7)
    assert interval(e) == pytest.approx(in_points(known["ci"]), abs=0.7)


@pytest.mark.parametrize("case", ["81/263", "15/148", "0/20", "1/29"])
def test_shares_equal_wilson_of_r(reference, case):
    _, expected = reference("csat_wilson")
    successes, n = map(int, case.split("/"))
    known = pytest.approx(expected[case]["value"], abs=expected[case]["tol"])
    assert interval(estimates.share_from_counts(successes, n)) == known
    assert interval(estimates.share([1] * successes + [0] * (n - successes))) == known
    assert interval(estimates.top_box([5] * successes + [3] * (n - successes), at_least=4)) == known


@pytest.mark.parametrize("a, b, case", [((56, 70), (48, 80), "newcombe_diff_56/70_48/80"), ((9, 10), (3, 10), "newcombe_diff_9/10_3/10")])
def test_differences_of_shares_equal_newcombe_of_r(reference, a, b, case):
    _, expected = reference("csat_wilson")
    e = estimates.difference_from_counts(a, b, "share")
    assert [e.value, e.low, e.high] == pytest.approx(expected[case]["value"], abs=expected[case]["tol"])


def test_kish_equals_the_reference(reference):
    _, expected = reference("rwa_mtcars")
    assert estimates.kish_n([0.8, 1.2, 1.5, 0.6] * 8) == pytest.approx(expected["kish_n_eff"]["value"], abs=5e-6)


@pytest.fixture
def repeated():
    rng = np.random.default_rng(1)
    customer = np.repeat(np.arange(80), rng.integers(1, 6, 80))
    score = np.clip(np.round(rng.normal(0, 1.5, 80)[customer] + rng.normal(8, 1.5, len(customer))), 0, 10)
    return pd.DataFrame({"customer": customer, "score": score, "weight": rng.uniform(0.5, 2, len(customer))})


@pytest.mark.parametrize("weighted", [False, True])
def test_clustered_mean_has_the_sandwich_of_statsmodels(repeated, weighted):
    weights = repeated["weight"] if weighted else np.ones(len(repeated))
    fit = sm.WLS(repeated["score"], np.ones(len(repeated)), weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": repeated["customer"], "use_correction": False}, use_t=True)
    half = fit.bse.iloc[0] * math.sqrt(80 / 79) * 1.990450210230130  # t with 79 degrees of freedom, from R's qt
    e = estimates.mean(repeated["score"], repeated["weight"] if weighted else None, repeated["customer"])
    assert e.value == pytest.approx(fit.params.iloc[0], rel=1e-12)
    assert e.high - e.value == pytest.approx(half, rel=1e-9)


def test_change_of_a_mean_across_periods_equals_a_stacked_regression_clustered_by_customer(repeated):
    rng = np.random.default_rng(2)
    after = repeated.assign(score=np.clip(repeated["score"] + rng.integers(-1, 2, len(repeated)), 0, 10))
    both = pd.concat([after.assign(post=1.0), repeated.assign(post=0.0)])
    fit = sm.OLS(both["score"], sm.add_constant(both["post"])).fit(
        cov_type="cluster", cov_kwds={"groups": both["customer"], "use_correction": False}, use_t=True)
    e = estimates.difference(after["score"], repeated["score"], "mean", cluster=(after["customer"], repeated["customer"]))
    assert e.value == pytest.approx(fit.params["post"], abs=1e-12)
    assert e.high - e.value == pytest.approx(fit.bse["post"] * math.sqrt(80 / 79) * 1.990450210230130, rel=1e-9)
    alone = estimates.difference(after["score"], repeated["score"], "mean")
    assert e.high - e.low < 0.5 * (alone.high - alone.low)


def test_welch_difference_of_means_by_hand():
    e = estimates.difference([4, 5, 6, 7], [1, 2, 3], "mean")
    # var/n: 5/12 and 1/3; se 0.8660254; Welch df 4.9591; qt(.975) 2.5774 by interpolation in R
    assert (e.value, e.n) == (3.5, 7)
    assert e.high - e.value == pytest.approx(sm.stats.CompareMeans.from_data([4, 5, 6, 7], [1, 2, 3]).tconfint_diff(usevar="unequal")[1] - 3.5)


@pytest.mark.parametrize("kind", ["nps", "share", "mean"])
def test_counts_sums_and_rows_agree(repeated, kind):
    y = (repeated["score"] >= 9).astype(float) if kind == "share" else repeated["score"]
    by = repeated.assign(y=y, one=1.0).groupby("customer")
    rows = getattr(estimates, kind)(y, cluster=repeated["customer"])
    if kind == "nps":
        grouped = estimates.nps_from_cluster_counts(
            *(by["y"].agg(lambda s, f=f: f(s).sum()) for f in (lambda s: s >= 9, lambda s: (s > 6) & (s < 9), lambda s: s <= 6)))
    else:
        form = estimates.share_from_cluster_counts if kind == "share" else estimates.mean_from_cluster_sums
        grouped = form(by["y"].sum(), by["one"].sum())
    assert (rows.n, rows.method) == (grouped.n, grouped.method)
    assert [rows.value, *interval(rows)] == pytest.approx([grouped.value, *interval(grouped)], rel=1e-12)


@pytest.mark.parametrize("kind", ["nps", "share", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("clustered", [False, True])
def test_sums_over_customers_give_the_level_of_the_rows(repeated, kind, weighted, clustered):
    score, customer = repeated["score"], repeated["customer"] if clustered else pd.Series(range(len(repeated)))
    y = (score >= 9).astype(float) if kind == "share" else score
    gives = (score >= 9).astype(float) - (score <= 6) if kind == "nps" else y
    w = repeated["weight"] if weighted else pd.Series(1.0, repeated.index)
    each = pd.DataFrame({"w": w, "y": w * gives}).groupby(customer.to_numpy()).sum()
    totals = estimates.Totals(
        len(y), int((each["w"] > 0).sum()), w.sum(), (w * gives).sum(), (w * gives**2).sum(),
        (each["w"] ** 2).sum(), (each["w"] * each["y"]).sum(), (each["y"] ** 2).sum(),
    )  # fmt: skip
    rows, found = getattr(estimates, kind)(y, weights=w, cluster=customer), estimates.level_from_totals(totals, kind)
    assert [found.value, *interval(found)] == pytest.approx([rows.value, *interval(rows)], rel=1e-12) and found.n == rows.n


@pytest.mark.parametrize(("kind", "gives"), [("nps", 1.0), ("share", 1.0), ("share", 0.0), ("mean", 4.2)])
def test_sums_of_answers_all_alike_know_as_little_as_the_answers(kind, gives):
    draws = np.random.default_rng(0)
    w = draws.uniform(0.2, 3, 500)
    y = {"nps": 10, "share": gives, "mean": gives}[kind]
    rows = getattr(estimates, kind)([y] * 500, weights=w, cluster=range(500))
    found = estimates.level_from_totals(estimates.Totals(500, 500, w.sum(), (w * gives).sum(), (w * gives**2).sum(), (w**2).sum(), (w * w * gives).sum(), (w * w * gives**2).sum()), kind)
    assert [found.value, *interval(found)] == pytest.approx([rows.value, *interval(rows)], nan_ok=True)
    assert math.isnan(found.low) == (kind == "mean")
    nobody = estimates.level_from_totals(estimates.Totals(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), kind)
    assert math.isnan(nobody.value) and math.isnan(nobody.low) and nobody.n == 0


def test_mean_from_sums_equals_mean():
    y = np.array([3.0, 4, 8, 9, 2])
    from_sums, from_rows = estimates.mean_from_sums(5, y.sum(), (y**2).sum()), estimates.mean(y)
    assert interval(from_sums) == pytest.approx(interval(from_rows))


def test_customers_counted_once_widen_the_interval_as_they_should():
    scores, twice = [10, 10, 9, 6, 8, 10, 3, 9] * 5, [10, 10, 9, 6, 8, 10, 3, 9] * 10
    customer = list(range(40))
    honest = estimates.nps(twice, cluster=customer + customer)
    one = estimates.nps(scores, cluster=customer)
    naive = estimates.nps(twice)
    assert honest.value == one.value
    assert honest.high - honest.low == pytest.approx(one.high - one.low, rel=0.02)
    assert naive.high - naive.low < 0.75 * (honest.high - honest.low)


def test_names_of_customers_change_nothing_but_their_rows_do(repeated):
    renamed = repeated["customer"].map(lambda c: f"{(c * 7919) % 104729:x}")
    assert estimates.nps(repeated["score"], cluster=repeated["customer"]) == estimates.nps(repeated["score"], cluster=renamed)
    boot = [estimates.bootstrap(np.mean, [repeated["score"]], cluster=c, draws=50) for c in (repeated["customer"], renamed)]
    assert boot[0] == boot[1]
    assert estimates.nps(repeated["score"], cluster=range(len(repeated))) != estimates.nps(repeated["score"], cluster=renamed)


def test_equal_weights_and_lone_customers_come_near_the_textbook_form():
    scores = [10, 9, 8, 7, 6, 3, 10, 9, 10, 5] * 20
    textbook = estimates.nps(scores)
    for other in (estimates.nps(scores, weights=[2.0] * 200), estimates.nps(scores, cluster=[None] * 200)):
        assert other.value == pytest.approx(textbook.value)
        assert interval(other) == pytest.approx(interval(textbook), abs=0.3)


def test_only_ratios_of_weights_matter(repeated):
    one = estimates.share(repeated["score"] > 8, weights=repeated["weight"])
    ten = estimates.share(repeated["score"] > 8, weights=10 * repeated["weight"])
    assert [one.value, *interval(one)] == pytest.approx([ten.value, *interval(ten)])


@pytest.mark.parametrize("kind, scores", [("nps", [10] * 12), ("nps", [8] * 12), ("nps", [0] * 12), ("share", [1] * 12), ("share", [0] * 12)])
@pytest.mark.parametrize("options", [{}, {"weights": [1, 2] * 6}, {"cluster": list("aabbccddeeff")}])
def test_answers_all_alike_are_not_certain(kind, scores, options):
    e = getattr(estimates, kind)(scores, **options)
    assert e.low < e.high and e.low <= e.value <= e.high
    assert e.high - e.low > (10 if kind == "nps" else 0.1)


def test_answers_all_alike_from_few_customers_know_less_than_from_many():
    few, many = (estimates.share([1] * 12, cluster=ids) for ids in (["a"] * 6 + ["b"] * 6, range(12)))
    assert few.low < many.low - 0.3


def test_clustered_share_is_wilson_at_the_effective_n_with_student_t():
    e = estimates.share_from_cluster_counts([2, 0, 1, 3, 0, 1], [2, 1, 2, 3, 2, 2])
    p, t = 7 / 12, 2.570581836  # 5 degrees of freedom
    variance = 6 / 5 * sum((s - p * n) ** 2 for s, n in zip([2, 0, 1, 3, 0, 1], [2, 1, 2, 3, 2, 2], strict=True)) / 144
    n = p * (1 - p) / variance
    assert n < 12
    low, high = sm.stats.proportion_confint(p * n, n, alpha=2 * 0.0050812, method="wilson")  # P(|Z| > 2.5706) = 0.0101624
    assert e.high - e.low == pytest.approx(high - low, rel=1e-3)
    centre, half = (p + t**2 / 2 / n) / (1 + t**2 / n), t / (1 + t**2 / n) * math.sqrt(p * (1 - p) / n + t**2 / 4 / n**2)
    assert interval(e) == pytest.approx([centre - half, centre + half], rel=1e-8)


def test_clustered_nps_is_adjusted_wald_at_the_effective_n_with_student_t():
    promoters, passives, detractors = [2, 0, 1, 3, 0, 1, 0], [0, 1, 0, 0, 0, 1, 1], [0, 0, 1, 0, 2, 0, 0]
    e = estimates.nps_from_cluster_counts(promoters, passives, detractors)
    t, total, net = 2.446911851, 13, (7 - 3) / 13  # 6 degrees of freedom
    variance = 7 / 6 * sum((p - d - net * (p + q + d)) ** 2 for p, q, d in zip(promoters, passives, detractors, strict=True)) / total**2
    n = (10 / 13 - net**2) / variance
    centre = n * net / (n + 3)
    half = t * math.sqrt(((n * 10 / 13 + 1.5) / (n + 3) - centre**2) / (n + 3))
    assert n < 13 and interval(e) == pytest.approx([max(-100, 100 * (centre - half)), min(100, 100 * (centre + half))], rel=1e-8)


def test_a_mean_without_spread_has_no_interval():
    for options in ({}, {"weights": [1, 2, 1]}, {"cluster": ["a", "b", "b"]}):
        e = estimates.mean([7.3, 7.3, 7.3], **options)
        assert e.value == pytest.approx(7.3) and math.isnan(e.low) and math.isnan(e.high)


@pytest.mark.parametrize("form", [estimates.nps, estimates.share, estimates.mean, estimates.median])
@pytest.mark.parametrize("scores, n", [([], 0), ([1], 1), ([np.nan, 1.0], 1), ([np.nan], 0)])
def test_none_or_one_answer_gives_no_interval(form, scores, n):
    e = form(scores)
    assert e.n == n and math.isnan(e.low) and math.isnan(e.high) and math.isnan(e.value) == (n == 0)


def test_one_customer_answering_often_gives_no_interval():
    e = estimates.nps([10, 3, 9, 8], cluster=["a"] * 4)
    assert (e.value, e.n) == (25, 4) and math.isnan(e.low)
    assert math.isnan(estimates.difference([10, 3], [5], "nps").low)
    assert math.isnan(estimates.difference([], [], "mean").value)


def test_unanswered_requests_are_left_out_of_n():
    assert estimates.nps([10, np.nan, 0, 9]).n == 3
    assert estimates.nps(pd.Series([10, pd.NA, 0, 9], dtype="Int64")).n == 3
    assert estimates.share(pd.Series([True, False, None], dtype="boolean")).n == 2


def test_nps_stays_within_its_scale():
    e = estimates.nps_from_counts(3, 0, 0)
    assert e.high == 100 and e.low < 50
    assert estimates.nps_from_counts(0, 0, 3).low == -100


@pytest.mark.parametrize("call, told", [
    (lambda: estimates.nps([10, 11, -1]), "nps: 2 scores are not whole numbers from 0 to 10 (first: row 1, value 11). Mend these rows"),
    (lambda: estimates.nps([8.5]), "not whole numbers"),
    (lambda: estimates.nps([10, 9], weights=[1, -1]), "1 weights are negative, missing or infinite (first: row 1, value -1)"),
    (lambda: estimates.nps([11], weights=[-1]), "value 11); 1 weights"),
    (lambda: estimates.mean([1, 2], weights=[1]), "lengths differ (scores 2, weights 1, cluster 2)"),
    (lambda: estimates.mean([1, 2], cluster=["a"]), "lengths differ"),
    (lambda: estimates.share([0, 2]), "1 values are not 0 or 1"),
    (lambda: estimates.mean(["good"]), "scores are not numbers"),
    (lambda: estimates.share_from_counts(3, 2), "more successes than answers"),
    (lambda: estimates.nps_from_counts(-1, 2, 3), "counts are negative"),
    (lambda: estimates.nps([1], confidence=95), "confidence: 95 is not between 0 and 1"),
    (lambda: estimates.difference([1], [1], "csat"), "kind 'csat' is unknown. Choose one of nps, share, mean"),
    (lambda: estimates.difference([1, 0], [1, 0], "share", cluster=(["a", "b"], None)), "for both samples or for neither"),
    (lambda: estimates.difference_from_counts(([1], [2]), ([1, 1], [2, 2]), "share"), "same customers in the same order"),
    (lambda: estimates.mean_from_cluster_sums(3, 2), "one entry a customer"),
    (lambda: estimates.level_from_totals(estimates.Totals(1, 1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0), "median"), "'median' is unknown"),
    (lambda: estimates.bootstrap(np.mean, [[1, 2], [1]]), "arrays differ in length ([1, 2])"),
])
def test_bad_input_is_refused_in_one_line(call, told):
    with pytest.raises(DataError) as refusal:
        call()
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_median_interval_is_two_order_statistics():
    e = estimates.median(range(1, 26))
    # n = 25: the binomial table gives the 8th and 18th value (coverage 95.7%).
    assert (e.value, e.low, e.high, e.n) == (13, 8, 18, 25)
    assert math.isnan(estimates.median([1, 2, 3, 4, 5]).low) and estimates.median([1, 2, 3, 4, 5, 6]).low == 1


def test_bootstrap_of_a_mean_agrees_with_its_formula_and_draws_whole_customers(repeated):
    formula = estimates.mean(repeated["score"], cluster=repeated["customer"])
    boot = estimates.bootstrap(np.mean, [repeated["score"]], cluster=repeated["customer"], draws=2000, seed=3)
    rows = estimates.bootstrap(np.mean, [repeated["score"]], draws=2000, seed=3)
    assert interval(boot) == pytest.approx(interval(formula), abs=0.08)
    assert rows.high - rows.low < 0.8 * (boot.high - boot.low)
    assert boot == estimates.bootstrap(np.mean, [repeated["score"]], cluster=repeated["customer"], draws=2000, seed=3)
    assert math.isnan(estimates.bootstrap(np.mean, [[1, 2]], cluster=["a", "a"]).low)
