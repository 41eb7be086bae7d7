"""Control charts, mix shift, stale metrics: against published numbers, and on rows typed by hand."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import DataError, UsageError
from cx_helpers.journeys import trends
from cx_helpers.journeys.trends import control_chart, mix_shift

FLAT = [10.0, 11, 10, 11, 10, 11, 10, 11, 10, 11, 10, 11]


def test_the_xmr_chart_gives_the_handbooks_limits(reference):
    folder, expected = reference("spc_xmr_nist")
    chart = control_chart(pd.read_csv(folder / "data.csv")["flow"])
    assert chart["centre"].iloc[0] == pytest.approx(expected["center"]["value"], abs=expected["center"]["tol"])
    assert chart["high"].iloc[0] == pytest.approx(expected["ucl"]["value"], abs=expected["ucl"]["tol"])
    assert chart["low"].iloc[0] == pytest.approx(expected["lcl"]["value"], abs=expected["lcl"]["tol"])
    assert (chart["signal"] == "").all()


def test_the_baseline_is_frozen_and_leaves_out_what_lies_outside_it():
    chart = control_chart([*FLAT, 30.0, 31, 32])
    assert chart["centre"].unique().tolist() == [10.5] and chart["signal"].tolist()[12:] == ["beyond"] * 3
    spoilt = control_chart([*FLAT[:6], 40.0, *FLAT[6:11]])
    assert spoilt["signal"].tolist()[6] == "beyond" and not spoilt["baseline"].iloc[6] and spoilt["baseline"].sum() == 11
    assert spoilt["high"].iloc[0] < 15


def test_the_eighth_in_a_row_on_one_side_is_a_signal():
    chart = control_chart([*FLAT, *[11.2] * 9])
    assert chart["signal"].tolist()[12:] == [""] * 6 + ["run"] * 3, "the last of the baseline is the first of the row"


def test_unknown_points_are_passed_over_and_few_points_have_no_usual_range():
    chart = control_chart([np.nan, *FLAT, np.nan, 30.0])
    assert chart["signal"].tolist()[-2:] == ["", "beyond"] and chart["baseline"].sum() == 12
    assert control_chart(FLAT[:5])[["centre", "low", "high", "p"]].isna().all(axis=None)
    assert control_chart([]).empty


def test_another_wording_has_a_chart_of_its_own():
    chart = control_chart([*FLAT, *[v + 20 for v in FLAT], 24.0], eras=[0] * 12 + [1] * 13)
    assert chart["centre"].iloc[[0, 12]].tolist() == [10.5, 30.5] and (chart["signal"].iloc[:24] == "").all()
    assert chart["signal"].iloc[24] == "beyond"


def test_months_may_be_declared_as_the_baseline():
    months = pd.Series([*[20.0, 21] * 3, *FLAT], [f"m{i:02}" for i in range(18)])
    assert control_chart(months, baseline=list(months.index[6:]))["centre"].iloc[0] == 10.5
    with pytest.raises(DataError, match="fewer than 6 of the points declared as baseline are known"):
        control_chart(months, baseline=["m00"])


def test_shares_have_limits_by_their_n_and_wider_ones_where_they_spread_more_than_chance():
    chart = control_chart([0.10, 0.11, 0.09, 0.10, 0.11, 0.10, 0.09, 0.10], "p", n=[400] * 7 + [100])
    centre, (few, many) = chart["centre"].iloc[0], (chart["high"].iloc[7], chart["high"].iloc[0])
    assert centre == pytest.approx((0.10 * 400 * 3 + 0.11 * 800 + 0.09 * 800 + 0.10 * 100) / 2900)
    assert many == pytest.approx(centre + 3 * np.sqrt(centre * (1 - centre) / 400), abs=2e-4) and few - centre == pytest.approx(2 * (many - centre), rel=1e-6)
    wild = control_chart([0.02, 0.2, 0.03, 0.18, 0.02, 0.2, 0.03, 0.19], "p", n=[400] * 8)
    assert wild["high"].iloc[0] > 0.5 and (wild["signal"] == "").all() and wild["low"].iloc[0] == 0
    assert control_chart([0.0] * 8 + [0.5], "p", n=[100] * 9)["signal"].iloc[-1] == "beyond", "nothing, then half"


def test_limits_follow_the_error_of_each_value():
    chart = control_chart(FLAT, error=[1.0] * 11 + [4.0])
    width = chart["high"] - chart["centre"]
    assert width.iloc[11] == pytest.approx(4 * width.iloc[0])


def test_an_ewma_sees_a_small_lasting_shift_that_single_values_do_not():
    shifted = [*FLAT, *[11.6, 11.4, 11.7, 11.5, 11.6, 11.7, 11.6, 11.5, 11.7, 11.6]]
    assert (control_chart(shifted)["signal"].iloc[12:] != "beyond").all()
    chart = control_chart(shifted, "ewma")
    assert chart["signal"].iloc[-1] == "beyond" and chart["smoothed"].iloc[0] == pytest.approx(0.2 * 10 + 0.8 * 10.5)


def test_a_chart_is_drawn_of_an_ibis_table_in_the_order_of_months():
    rows = pd.DataFrame({"month": [f"2026-{m:02}" for m in range(12, 0, -1)], "value": [30.0, *FLAT[:11]], "n": 50})
    chart = control_chart(ibis.memtable(rows))
    assert chart.index.tolist()[0] == "2026-01" and chart["signal"].iloc[-1] == "beyond" and chart["n"].iloc[0] == 50


@pytest.mark.parametrize(("given", "error", "said"), [
    ({"kind": "c"}, UsageError, "kind 'c' is unknown. Choose xmr, p or ewma"),
    ({"kind": "p"}, UsageError, "needs n, the number behind each share"),
    ({"kind": "p", "n": [9] * 12}, DataError, r"12 shares are outside 0-1 \(first: 10\)"),
    ({"error": [1.0], "eras": [1]}, DataError, "the series has 12 points, error has 1, eras has 1"),
])  # fmt: skip
def test_what_cannot_be_charted_is_told_in_one_line(given, error, said):
    with pytest.raises(error, match=said) as problem:
        control_chart(FLAT, **given)
    assert "\n" not in str(problem.value)


# --- mix shift


def admissions(folder) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts = pd.read_csv(folder / "data.csv")
    rows = counts.loc[counts.index.repeat(counts["Freq"])].reset_index(drop=True)
    rows["admitted"] = (rows["Admit"] == "Admitted").astype(float)
    return rows[rows["Gender"] == "Female"], rows[rows["Gender"] == "Male"]


def test_the_split_gives_kitagawas_parts_of_the_berkeley_admissions(reference):
    folder, expected = reference("ucb_mix_shift")
    women, men = admissions(folder)
    found = mix_shift(women, men, "admitted", "Dept").set_index("level")
    whole = found.loc["all"]
    for column, case in (("change", "gap"), ("rate", "kitagawa_rate_effect"), ("mix", "kitagawa_mix_effect")):
        assert whole[column] == pytest.approx(expected[case]["value"], abs=expected[case]["tol"])
    assert found["rate"].drop("all").to_dict() == pytest.approx(expected["rate_by_dept"]["value"], abs=1e-9)
    assert whole["rate"] + whole["mix"] == pytest.approx(whole["change"]) and whole["n"] == 4526
    assert whole["mix_low"] > 0.14 and whole["mix_high"] < 0.21


def test_rows_and_an_ibis_table_give_the_same_split(reference):
    folder, _ = reference("ucb_mix_shift")
    sides = admissions(folder)
    connection = ibis.duckdb.connect()
    tables = [connection.create_table(name, side.reset_index(drop=True)) for name, side in zip("ab", sides, strict=True)]
    pd.testing.assert_frame_equal(mix_shift(*sides, "admitted", "Dept"), mix_shift(*tables, "admitted", "Dept"), rtol=1e-9)


def answers(seed=0, number=600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    place = rng.choice(list("abc"), number)
    return pd.DataFrame({
        "customer_id": rng.integers(0, 200, number), "place": place, "later": rng.random(number) < 0.5, "weight": rng.uniform(0.5, 2, number),
        "score": rng.normal(0, 1, number) + 2 * (place == "a"),
    })  # fmt: skip


def test_intervals_agree_with_leaving_out_one_customer_at_a_time():
    rows = answers()
    found = mix_shift(rows[~rows["later"]], rows[rows["later"]], "score", "place", fewest=1)
    left = []
    for customer in sorted(set(rows["customer_id"])):
        rest = rows[rows["customer_id"] != customer]
        left.append(mix_shift(rest[~rest["later"]], rest[rest["later"]], "score", "place", fewest=1)[["rate", "mix", "change"]].to_numpy())
    spread = np.sqrt(((np.array(left) - np.mean(left, axis=0)) ** 2).sum(axis=0) * (len(left) - 1) / len(left))
    half = (found[["rate_high", "mix_high", "change_high"]].to_numpy() - found[["rate", "mix", "change"]].to_numpy()) / 1.972
    assert half == pytest.approx(spread, rel=0.03)


def test_customers_in_both_periods_are_counted_as_one():
    same = pd.DataFrame({"customer_id": range(100), "score": np.arange(100) % 7, "place": list("ab") * 50})
    found = mix_shift(same, same.assign(score=same["score"] + 1), "score", "place").iloc[-1]
    assert found["rate"] == pytest.approx(1) and np.isnan(found["rate_low"]), "every one of them rose by one: no spread at all"
    apart = mix_shift(same, same.assign(score=same["score"] + 1, customer_id=same["customer_id"] + 100), "score", "place").iloc[-1]
    assert apart["rate_high"] - apart["rate_low"] > 0.5


def test_levels_with_few_answers_are_counted_together():
    rows = pd.DataFrame({"score": 1.0, "place": ["a"] * 50 + ["b"] * 30 + ["c"] * 4 + ["d"] * 3 + [None] * 20})
    found = mix_shift(rows, rows, "score", "place")
    assert found["level"].tolist() == ["a", "b", "other", "all"], "7 of c and d are too few, so those without a place join them"
    assert found.set_index("level").loc["other", "before_n"] == 27


def test_a_level_that_one_period_lacks_is_all_mix():
    was = pd.DataFrame({"score": [5.0, 3] * 10, "place": "a"})
    now = pd.DataFrame({"score": [5.0, 3] * 10 + [1.0, 0] * 5, "place": ["a"] * 20 + ["b"] * 10})
    whole = mix_shift(was, now, "score", "place", fewest=0).iloc[-1]
    assert whole["rate"] == pytest.approx(0) and whole["mix"] == pytest.approx(whole["after"] - whole["before"])


def test_a_split_without_answers_or_columns_is_refused():
    rows = answers()
    with pytest.raises(DataError, match="mix_shift: before has no column town; found customer_id, place"):
        mix_shift(rows, rows, "score", "town")
    with pytest.raises(DataError, match="mix_shift: after has no known score of positive weight"):
        mix_shift(rows, rows.assign(score=np.nan), "score", "place")


# --- the same every month


def monthly(values, half=1.0, metric="counter.csat", **more) -> pd.DataFrame:
    months = [f"2026-{m:02}" for m in range(1, len(values) + 1)]
    rows = pd.DataFrame({"metric": metric, "month": months, "value": values, "n": 50}).assign(**more)
    return rows.assign(low=rows["value"] - half, high=rows["value"] + half)


def test_a_metric_without_change_beyond_noise_is_stale_and_says_what_it_could_have_seen():
    found = trends.stale(monthly([4.0, 4.1, 3.9, 4.0, 4.1, 4.0, 3.9])).iloc[0]
    assert found["stale"] and found["months"] == 6 and found["n"] == 300 and found["spread"] == pytest.approx(0.2)
    assert found["detectable"] == pytest.approx(np.sqrt(2)) and found["low"] == pytest.approx(found["value"] - 1 / np.sqrt(6))
    assert not trends.stale(monthly([1.0, 4.1, 3.9, 6.0, 4.1, 4.0, 1.0]))["stale"].any()


def test_too_short_a_history_or_another_wording_is_not_stale():
    assert not trends.stale(monthly([4.0] * 5))["stale"].any()
    anew = monthly([4.0] * 8, reworded=[False] * 4 + [True] + [False] * 3)
    assert trends.stale(anew)["months"].tolist() == [4] and not trends.stale(anew)["stale"].any()
    assert trends.stale(anew, months=4)["stale"].all()


def test_scores_have_their_usual_range_within_the_scale_and_anew_for_another_wording():
    rows = monthly([4.5, 4.9, 4.6, 4.9, 4.5, 4.8, 4.6, 4.9, 2.0], kind="csat", scale_min=1.0, scale_max=5.0)
    found = trends.with_usual(rows, baseline=8)
    assert found["usual_high"].max() == 5 and found["signal"].tolist() == [""] * 8 + ["beyond"]
    anew = trends.with_usual(rows.assign(reworded=[False] * 4 + [True] + [False] * 4))
    assert anew["usual"].isna().all(), "neither wording has six months"
    assert trends.with_usual(rows.iloc[:0]).empty


def test_what_is_most_often_unusual_comes_first():
    both = pd.concat([monthly([4.0, 4.0]).assign(signal=""), monthly([4.0, 4.0], metric="return.csat").assign(signal=["", "beyond"])])
    assert trends.unusual_first(both, ["2026-02"])["metric"].tolist() == ["return.csat"] * 2 + ["counter.csat"] * 2
    assert trends.unusual_first(both, ["2026-01"])["metric"].tolist()[0] == "counter.csat"
