"""Made-up months whose truth is known: the parts of a split are covered, and noise is called no oftener than told.

Seeds are 0, 1, 2, ... and never chosen. Limits are the 99.9 % binomial limits around a correct method: of 1,000 seeds
coverage of 95 % intervals from 92.6 % to 97.1 %, false calls at most 7.3 %.
"""

from functools import lru_cache

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers.config.journey import Journey
from cx_helpers.journeys import moves, scores
from cx_helpers.journeys.trends import control_chart, mix_shift
from cx_helpers.tables import frames

SOME, ALL = 40, 1000
JOURNEY = Journey.model_validate({
    "label": "Shop", "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [
        {"id": f"t{i}", "label": f"T{i}", "metrics": [{"id": "csat", "kind": "csat", "label": f"Satisfaction {i}"}]} for i in range(5)]}],
})  # fmt: skip
MONTHS = [f"{2024 + m // 12}-{m % 12 + 1:02}" for m in range(13)]


def seeds(count):
    return [pytest.param(SOME, id=f"{SOME} seeds"), pytest.param(count, marks=pytest.mark.long, id=f"{count} seeds")]


def within(hits: int, count: int, rate: float, too_few: bool = False) -> bool:
    """Whether a count lies within the 99.9 % binomial limits of its rate; with `too_few` also from below."""
    low, high = stats.binom.ppf([0.0005, 0.9995], count, rate)
    return hits <= high and (hits >= low or not too_few)


# --- mix shift: shares 0.5/0.3/0.2 become 0.35/0.35/0.3, levels score 1, 0 and -1 (and level a rises by 0.3), customers answer often

SHARES = np.array([[0.5, 0.3, 0.2], [0.35, 0.35, 0.3]])
LEVELS = np.array([[1.0, 0.0, -1.0], [1.3, 0.0, -1.0]])
TRUE_RATE = ((LEVELS[1] - LEVELS[0]) * SHARES.mean(axis=0)).sum()
TRUE_MIX = ((SHARES[1] - SHARES[0]) * LEVELS.mean(axis=0)).sum()


def two_periods(seed, moved=True, number=400, customers=150):
    """Answers of two periods; customers differ, answer several times, and some in both."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, 0.8, customers)
    sides = []
    for period in (0, 1):
        who = rng.integers(0, customers, number)
        level = rng.choice(3, number, p=SHARES[period if moved else 0])
        score = LEVELS[period if moved else 0][level] + own[who] + rng.normal(0, 1, number)
        sides.append(pd.DataFrame({"customer_id": who, "place": np.array(list("abc"))[level], "score": score}))
    return mix_shift(*sides, "score", "place").iloc[-1]


@pytest.mark.parametrize("count", seeds(ALL))
def test_intervals_of_both_parts_hold_their_truth(count, promised):
    found = [two_periods(seed) for seed in range(count)]
    for part, truth in (("rate", TRUE_RATE), ("mix", TRUE_MIX), ("change", TRUE_RATE + TRUE_MIX)):
        held = sum(row[f"{part}_low"] <= truth <= row[f"{part}_high"] for row in found)
        assert within(held, count, 0.95, too_few=True), (part, held)
        if count == ALL:
            promised(f"a change split: the {part}", "coverage", held, count)


@pytest.mark.parametrize("count", seeds(ALL))
def test_a_mix_that_did_not_move_is_called_no_oftener_than_told(count, promised):
    found = [two_periods(seed, moved=False) for seed in range(count)]
    called = sum(not row["mix_low"] <= 0 <= row["mix_high"] for row in found)
    assert within(called, count, 0.05), called
    if count == ALL:
        promised("a mix that did not move", "false calls", called, count)


# --- control charts: twelve months of baseline, twelve months after it


def marked(seed, kind="xmr", shift=0.0) -> tuple[int, float]:
    """Months marked of the twelve after the baseline, and the p of the last."""
    rng = np.random.default_rng(seed)
    if kind == "p":
        n = rng.integers(200, 900, 24)
        chart = control_chart(rng.binomial(n, np.r_[np.full(12, 0.1), np.full(12, 0.1 + shift)]) / n, "p", n=n)
    else:
        chart = control_chart(rng.normal(0, 1, 24) + np.r_[np.zeros(12), np.full(12, shift)], kind)
    return int((chart["signal"].iloc[12:] != "").sum()), float(chart["p"].iloc[-1])


@pytest.mark.parametrize("count", seeds(ALL))
@pytest.mark.parametrize(("kind", "told"), [("xmr", 1 / 30), ("p", 1 / 50), ("ewma", 1 / 28)])
def test_noise_is_marked_about_as_often_as_told(kind, told, count):
    months = np.array([marked(seed, kind)[0] for seed in range(count)])
    share = months.mean() / 12
    error = months.std(ddof=1) / 12 / np.sqrt(count)
    assert abs(share - told) < 3.3 * error + 0.004, share


@pytest.mark.parametrize("count", seeds(ALL))
@pytest.mark.parametrize("kind", ["xmr", "p"])
def test_the_p_of_a_month_of_noise_is_small_no_oftener_than_it_says(kind, count, promised):
    called = sum(marked(seed, kind)[1] <= 0.05 for seed in range(count))
    assert within(called, count, 0.05), called
    if count == ALL:
        promised(f"a month of noise on a control chart ({kind})", "false calls", called, count)


def test_a_lasting_shift_is_seen():
    assert np.mean([marked(seed, "xmr", shift=4.0)[0] >= 6 for seed in range(SOME)]) > 0.9
    assert np.mean([marked(seed, "p", shift=0.08)[0] >= 10 for seed in range(SOME)]) > 0.9
    assert np.mean([marked(seed, "ewma", shift=2.0)[0] >= 4 for seed in range(SOME)]) > 0.8


# --- the family of changes: six scores, two comparisons each, customers in several months


@lru_cache(maxsize=2 * SOME)
def page(seed, fall=0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    own, parts = rng.normal(0, 0.7, 500), []
    for name in JOURNEY.metrics:
        for month in (MONTHS[0], MONTHS[-2], MONTHS[-1]):
            who = rng.integers(0, 500, 150)
            latent = own[who] + rng.normal(0, 1, 150) - fall * (month == MONTHS[-1] and name == "overall.nps")
            score = np.clip(np.round(8 + 1.8 * latent), 0, 10) if name == "overall.nps" else np.clip(np.round(4 + latent), 1, 5)
            parts.append(pd.DataFrame({"name": name, "month": month, "customer": who, "total": score, "promoters": score >= 9, "detractors": score <= 6}))
    rows = pd.concat(parts, ignore_index=True).assign(n=1, weight=1.0)
    rows[["touchpoint", "metric"]] = rows["name"].str.split(".", expand=True).to_numpy()
    sums = rows.groupby(["touchpoint", "metric", "month", "customer"], as_index=False)[["n", "weight", "total", "promoters", "detractors"]].sum()
    by_month = frames.over_customers(ibis.memtable(sums), ["touchpoint", "metric", "month"]).execute()
    monthly = scores.scores(by_month, JOURNEY, ["month"]).assign(shown=True)
    (found,) = moves.judged(moves.moves(sums, JOURNEY, MONTHS[-1], monthly))
    return found


@pytest.mark.parametrize("count", [pytest.param(SOME, id=f"{SOME} seeds"), pytest.param(400, marks=pytest.mark.long, id="400 seeds")])
def test_a_month_in_which_nothing_changed_seldom_has_a_change(count, promised):
    found = [page(seed) for seed in range(count)]
    assert {len(frame) for frame in found} == {12}
    called = sum(frame["verdict"].isin(["up", "down"]).any() for frame in found)
    assert within(called, count, 0.05), called
    if count > SOME:
        promised("twelve changes of a month in which nothing changed", "false calls", called, count)


def test_a_true_fall_is_found_and_little_else():
    found = [page(seed, fall=0.9).set_index(["metric", "comparison"])["verdict"] for seed in range(SOME)]
    assert np.mean([verdict["overall.nps", "month"] == "down" and verdict["overall.nps", "year"] == "down" for verdict in found]) > 0.9
    others = [(verdict.drop(index="overall.nps", level=0).isin(["up", "down"])).mean() for verdict in found]
    assert np.mean(others) < 0.05


def test_without_the_correction_noise_is_called_far_too_often():
    """The trap: twelve comparisons, each at 5 %."""
    raw = [(page(seed)["p"] <= 0.05).any() for seed in range(SOME)]
    assert np.mean(raw) > 0.2
