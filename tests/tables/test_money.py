"""What followed each journey: months after it only, unknown where not observed, discounted back to it."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import DataError
from cx_helpers import Study
from cx_helpers.tables.money import HISTORY, answered_before, following, lived_and_followed


def journeys(*rows):
    return pd.DataFrame(rows, columns=["journey_id", "customer_id", "month"])


def months(*rows):
    return pd.DataFrame(rows, columns=["customer_id", "month", "revenue", "cost", "active"])


MONTHS = months(
    ("a", "2025-12", 50, 30, True), ("a", "2026-01", 10, 6, True), ("a", "2026-02", 20, 12, True), ("a", "2026-04", 40, 24, True),
    ("b", "2026-01", 70, 42, True), ("c", "2026-06", 5, 3, True),
)  # fmt: skip


def test_only_the_months_after_the_journey_are_counted():
    found = following(journeys(("j1", "a", "2026-01"), ("j2", "b", "2026-01")), MONTHS, horizon_months=2)
    assert found[["first_counted", "last_counted"]].to_numpy().tolist() == [["2026-02", "2026-03"]] * 2
    assert found[["returned", "revenue", "cost"]].to_numpy().tolist() == [[1, 20, 12], [0, 0, 0]], "neither the month itself nor the one before"


def test_months_not_observed_yet_are_unknown_and_not_nought():
    found = following(journeys(("j1", "a", "2026-04"), ("j2", "a", "2026-05"), ("j3", "c", "2026-05")), MONTHS, horizon_months=2)
    assert found["returned"].tolist()[0] == 0 and np.isnan(found["returned"].tolist()[1:]).all()
    assert np.isnan(found[["revenue", "cost"]].to_numpy()[1:]).all()


def test_what_is_observed_can_be_told_where_the_last_months_brought_nothing():
    short = following(journeys(("j1", "b", "2026-05")), MONTHS, horizon_months=3)
    told = following(journeys(("j1", "b", "2026-05")), MONTHS, horizon_months=3, last="2026-08")
    assert np.isnan(short["returned"][0]) and told["returned"][0] == 0
    assert told.attrs == {"horizon_months": 3, "discount_rate_a_year": 0.0, "first": "2025-12", "last": "2026-08"}


@pytest.mark.parametrize(("customer", "month"), [(None, "2026-01"), ("stranger", "2026-01"), ("a", "2025-11"), ("a", None)],
                         ids=["no customer", "no money known of them", "before the first month observed", "no month"])  # fmt: skip
def test_what_nothing_is_known_of_is_unknown(customer, month):
    found = following(journeys(("j1", customer, month)), MONTHS, horizon_months=1)
    assert found[["returned", "revenue", "cost"]].isna().all(axis=None)


def test_money_is_discounted_by_how_many_months_after_the_journey_it_comes():
    found = following(journeys(("j1", "a", "2025-12"), ("j2", "a", "2026-01")), MONTHS, horizon_months=4, discount_rate_a_year=0.21)
    month = 1.21 ** (-1 / 12)
    assert found["revenue"].tolist() == pytest.approx([10 * month + 20 * month**2 + 40 * month**4, 20 * month + 40 * month**3])


def test_it_agrees_with_adding_up_row_by_row():
    rng = np.random.default_rng(0)
    names = [str(p) for p in pd.period_range("2024-01", "2025-12", freq="M")]
    money = pd.DataFrame({"customer_id": rng.integers(0, 30, 300).astype(str), "month": rng.choice(names, 300), "revenue": rng.gamma(2, 50, 300)})
    money = money.groupby(["customer_id", "month"], as_index=False).sum()
    mine = journeys(*[(f"j{i}", str(rng.integers(0, 30)), str(rng.choice(names))) for i in range(200)])
    found = following(mine, money, horizon_months=5, discount_rate_a_year=0.1, first="2024-01", last="2025-12")
    for row in found.itertuples():
        after = [str(pd.Period(row.month, "M") + j) for j in range(1, 6)]
        if after[-1] > "2025-12":
            assert np.isnan(row.revenue)
            continue
        own = money[money["customer_id"] == row.customer_id].set_index("month")["revenue"]
        assert row.revenue == pytest.approx(sum(own.get(m, 0.0) * 1.1 ** (-(j + 1) / 12) for j, m in enumerate(after)), abs=1e-9)
        assert row.returned == float(any(m in own.index for m in after))


def test_a_customer_is_active_as_told_and_else_where_they_brought_money():
    rows = journeys(("j1", "a", "2026-01"))
    quiet = months(("a", "2026-01", 1, 0, True), ("a", "2026-02", 9, 0, False))
    assert following(rows, quiet, horizon_months=1)["returned"].tolist() == [0]
    assert following(rows, quiet.drop(columns="active"), horizon_months=1)["returned"].tolist() == [1]
    assert np.isnan(following(rows, quiet.drop(columns="cost"), horizon_months=1)["cost"][0]), "a brand that knows no cost"


def test_answers_given_after_counting_began_are_left_out():
    ended = following(journeys(("j1", "a", "2026-01"), ("j2", "b", "2026-01")), MONTHS, horizon_months=1)
    given = pd.DataFrame({"journey_id": ["j1", "j2", "j1", "other"], "month": ["2026-01", "2026-02", "2025-12", "2026-01"], "score": [5, 4, 3, 2]})
    found = answered_before(given, ended)
    assert found["score"].tolist() == [5, 3] and found.attrs["late"] == 1
    assert found["returned"].tolist() == [1, 1]


def test_the_past_of_a_customer_is_counted_wherever_it_was_and_over_the_same_months_for_all(shop):
    header = (shop.raw / "orders.csv").read_text().splitlines()[0]
    rows = [f"{name},{who},2026-{day} 10:00,2026-{day} 11:00,{status},Soho,1,{region}" for name, who, day, status, region in [
        ("d1", "c9", "01-05", "completed", "north"), ("d2", "c9", "02-05", "completed", "north"), ("d3", "c9", "02-06", "completed", "north"),
        ("d4", "c9", "03-05", "completed", "south"), ("e1", "c8", "01-05", "cancelled", "north"), ("e2", "c8", "02-05", "completed", "north"),
        ("e3", "c8", "03-05", "completed", "south"), ("s1", "c7", "03-05", "completed", "south"), ("s2", "", "03-05", "completed", "south"),
    ]]  # fmt: skip
    shop.write("raw/orders_2.csv", "\n".join([header, *rows]) + "\n")
    shop.write("audiences.yaml", "audiences:\n  all: {label: All}\n  south: {label: South, scope: {region: [south]}}\n")
    shop.ingest()
    south = lived_and_followed(Study.open("shop", "2026-03", audience="south"), horizon_months=2, discount_rate_a_year=0.0)
    told = dict(zip(south["journey_id"], south[HISTORY].astype(object), strict=True))
    assert (told["d4"], told["e3"], told["s1"]) == ("in more months", "in one month", "in no month"), "what was cancelled is no past; what was elsewhere is"
    assert pd.isna(told["s2"]), "nobody is named"
    whole = lived_and_followed(Study.open("shop", "2026-03"), horizon_months=2, discount_rate_a_year=0.0)
    assert whole.loc[whole["month"] < "2026-03", HISTORY].isna().all(), "two months before were not observed"
    assert (whole.attrs["gone"], whole.attrs["open"]) == (1, 1)


def test_every_problem_is_told_in_one_line():
    with pytest.raises(DataError) as told:
        following(pd.DataFrame({"customer_id": []}), pd.DataFrame({"month": []}), horizon_months=0, discount_rate_a_year=8)
    line = str(told.value)
    assert "\n" not in line and all(part in line for part in ("journeys lack the column 'month'", "months lack the column 'customer_id'", "horizon_months is 0", "0.08 is 8 % a year"))
