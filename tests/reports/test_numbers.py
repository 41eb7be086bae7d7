"""Numbers are printed by the width of their interval, in the reader's language."""

import math

import pytest

from cx_helpers.errors import UsageError
from cx_helpers.reports.sentences import Sentences

EN = Sentences("en", "EUR").numbers


def est(value, low=math.nan, high=math.nan):
    return {"value": value, "low": low, "high": high}


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (est(31.2, 28.1, 34.2), "31 (28 to 34)"),
        (est(3.84, 3.79, 3.89), "3.84 (3.79 to 3.89)"),
        (est(17.0, 16.6, 17.5), "17.0 (16.6 to 17.5)"),
        (est(-0.09, -0.15, -0.03), "−0.09 (−0.15 to −0.03)"),
        (est(-0.001, -0.4, 0.4), "0.0 (−0.4 to 0.4)"),
        (2.5, "2.5"),
        (12, "12"),
        (est(math.nan, 1, 2), "not known"),
    ],
)
def test_half_width_of_the_interval_decides_the_decimals(number, said):
    assert plain(EN.number(number)) == said


def test_nothing_breaks_inside_a_bracket():
    inside = EN.number(est(31.2, 28.1, 34.2), "interval")
    assert inside == "(28\u00a0to\u00a034)"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (est(0.912, 0.909, 0.915), "91.2% (90.9 to 91.5)"),
        (est(0.38, 0.36, 0.40), "38% (36 to 40)"),
        (0.05, "5%"),
        (0.013, "1.3%"),
        (est(0.0, 0.0, 0.004), "0.0% (0.0 to 0.4)"),
    ],
)
def test_shares_are_percent(number, said):
    assert plain(EN.share(number)) == said


def test_changes_carry_their_sign_and_shares_differ_in_points():
    assert plain(EN.change(est(-1.0, -5.0, 3.0))) == "−1 (−5 to +3)"
    assert plain(EN.share_change(est(0.02, -0.02, 0.06))) == "+2 points (−2 to +6)"
    assert plain(EN.share_change(0.01)) == "+1 point"
    assert plain(EN.size(est(-14.0, -18.0, -10.0))) == "14 (10 to 18)"


def test_money_is_short_above_ten_thousand():
    assert plain(EN.money(est(310_000, 270_000, 350_000))) == "€310k (270k to 350k)"
    assert plain(EN.money(3.1)) == "€3.1"
    assert plain(EN.money_change(est(-115_000, -215_000, -15_000))) == "−€115k (−215k to −15k)"
    assert plain(EN.money_change(est(-22_000, -47_000, -680.83))) == "−€22k (−47k to −700)", "hundreds beside thousands"
    assert plain(EN.money_change(est(-376.01, -10_000, 9_000))) == "−€400 (−10k to +9k)"


def test_money_without_a_currency_has_none():
    assert plain(Sentences("en").numbers.money(3)) == "3"


def test_units_follow_the_number_and_unknown_units_are_printed_as_written():
    assert plain(EN.measure(est(17.0, 16.6, 17.5), "minutes")) == "17.0 min (16.6 to 17.5)"
    assert plain(EN.measure(1.0, "days")) == "1 day"
    assert plain(EN.measure(2.0, "pallets")) == "2 pallets" and plain(EN.measure(1.0, "pallets")) == "1 pallet"
    assert [EN.one_of(unit) for unit in ("photos", "BRL", "glass")] == ["photo", "BRL", "glass"]
    assert plain(EN.measure(est(0.83, 0.82, 0.84), "share")) == "83% (82 to 84)"


def test_months_days_and_counts_are_in_the_readers_language():
    assert EN.month("2026-10") == "October 2026"
    assert Sentences("es").numbers.month("2026-10") == "octubre 2026"
    assert Sentences("es").numbers.count(36770) == "36.770"
    assert plain(EN.date("2018-03-31")) == "31 March 2018"
    assert EN.stamp("2026-11-04T06:10Z") == "4 November 2026, 06:10 UTC"


def test_a_month_that_is_none_is_refused_in_one_line():
    with pytest.raises(UsageError, match="found 'March', allowed is text such as 2018-03"):
        EN.month("March")
