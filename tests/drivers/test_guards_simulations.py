"""Guards and ratings on made-up data whose truth is known. Seeds are 0, 1, 2, ... and never chosen.

Limits are the 99.9 % binomial limits: of 1,000 seeds coverage of 95 % intervals from 92.6 % to 97.1 %, false calls at most
7.3 %; what is planted at 1.5 times the size found with 80 % power is found in 90 % at least.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers.drivers.guards import guards
from cx_helpers.drivers.perceived import perceived_importance

SOME, ALL = 20, 1000
NAMES = ["food", "shops", "security", "wifi"]


def seeds(count=ALL, some=SOME):
    return pytest.mark.parametrize("count", [pytest.param(some, id=f"{some} seeds"), pytest.param(count, marks=pytest.mark.long, id=f"{count} seeds")])


# --- guards: ten honest drivers, some strong, customers who answer often, gaps by chance


@lru_cache(maxsize=2 * SOME)
def honest(seed, gaps=0.15, n=500):
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, 250, n)
    x = rng.normal(size=(n, 10)) + 0.7 * rng.normal(size=(250, 10))[customer]
    x[:, 5:] = x[:, 5:] > 1
    latent = 7 + x[:, :3] @ [1.2, 0.8, -0.5] + 1.5 * x[:, 5] + rng.normal(0, 1.2, 250)[customer] + rng.normal(0, 1, n)
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(10)]).assign(score=np.clip(np.round(latent), 0, 10), customer=customer)
    lost = rng.random((n, 10)) < gaps
    return frame.mask(pd.DataFrame(lost, columns=[f"x{j}" for j in range(10)]).reindex(columns=frame.columns, fill_value=False))


DRIVERS = [f"x{j}" for j in range(10)]


@seeds()
def test_honest_drivers_are_refused_no_oftener_than_told(count, promised):
    found = [guards(honest(seed), "score", DRIVERS, cluster="customer", seed=seed) for seed in range(count)]
    promised("guards: any of ten honest drivers refused", "false calls", sum((table["verdict"] == "refused").any() for table in found), count)
    promised("guards: any of ten honest drivers marked", "false calls", sum((table["verdict"] != "asked").any() for table in found), count)


@seeds()
def test_the_gap_where_a_driver_is_unknown_by_chance_covers_none(count, promised):
    rows = [guards(honest(seed, n=500, gaps=0.15), "score", ["x8"], cluster="customer").iloc[0] for seed in range(count)]
    promised("guards: gap where a driver is unknown by chance", "coverage", sum(row["missing_gap_low"] <= 0 <= row["missing_gap_high"] for row in rows), count)


@seeds(400)
@pytest.mark.parametrize(("leak", "reason"), [
    (lambda f, rng: f["score"] >= 9, "made_from_outcome"),
    (lambda f, rng: f["score"] * -2 + rng.normal(0, 0.1, len(f)), None),
    (lambda f, rng: f["score"] + rng.normal(0, 0.25, len(f)), None),
    (lambda f, rng: f["x8"].fillna(0).mask(rng.random(len(f)) < np.where(f["score"] <= 6, 0.7, 0.1)), "missing_tells"),
], ids=["a box", "an echo", "a blurred echo", "unknown where scores are low"])  # fmt: skip
def test_each_planted_leak_is_refused(leak, reason, count, request, promised):
    hits = []
    for seed in range(count):
        frame = honest(seed)
        frame = frame.assign(leak=np.asarray(leak(frame, np.random.default_rng(seed)), dtype=float))
        row = guards(frame, "score", ["x0", "leak"], cluster="customer", seed=seed).set_index("driver").loc["leak"]
        hits.append(row["verdict"] == "refused" and reason in (None, row["reason"]))
    promised(f"guards: {request.node.callspec.id.partition('-')[0]} refused", "found", sum(hits), count, allowed=(0.99, 1.0))


# --- ratings: one mood, use that differs, a third of what was used unanswered

SLOPES = np.array([0.4, 0.2, 0.0, -0.15])
USE = np.array([0.4, 0.8, 1.0, 0.7])


@lru_cache(maxsize=4 * SOME)
def rated(seed, slopes=tuple(SLOPES), blank=0.35, n=800, mood=0.9):
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, n // 2, n)
    mood = mood / 0.9 * rng.normal(size=(n // 2, 1))[customer]
    x = 0.9 * mood + rng.normal(size=(n, 4))
    unused = rng.random((n, 4)) > USE
    score = np.where(unused, [0.2, -0.1, 0, 0], x * slopes).sum(axis=1) + rng.normal(0, 0.7, n // 2)[customer] + rng.normal(0, 1, n)
    frame = pd.DataFrame(x, columns=NAMES).assign(score=score, customer=customer)
    gone = unused | (rng.random((n, 4)) < blank)
    return frame.mask(pd.DataFrame(gone, columns=NAMES).reindex(columns=frame.columns, fill_value=False)), pd.DataFrame(unused, columns=NAMES)


@lru_cache(maxsize=2 * SOME)
def table(seed, slopes=tuple(SLOPES)):
    frame, unused = rated(seed, slopes)
    return perceived_importance(frame, "score", NAMES, not_used=unused, cluster="customer", bootstrap=100, seed=seed).set_index("driver")


@lru_cache(maxsize=1)
def true_shares():
    frame, unused = rated(10**6, blank=0.0, n=200_000)
    return perceived_importance(frame, "score", NAMES, not_used=unused, bootstrap=50).set_index("driver")["share"]


@seeds(400)
@pytest.mark.parametrize("name", NAMES)
def test_effects_of_ratings_are_covered_though_a_third_is_unanswered(name, count, promised):
    truth = dict(zip(NAMES, SLOPES, strict=True))[name]
    rows = [table(seed).loc[name] for seed in range(count)]
    promised(f"effect of the rating of {name}, a third unanswered", "coverage", sum(row["effect_low"] <= truth <= row["effect_high"] for row in rows), count)
    assert abs(np.mean([row["effect"] for row in rows]) - truth) < 3.5 * np.std([row["effect"] for row in rows]) / np.sqrt(count), "no bias"


@seeds(400)
def test_the_share_of_the_first_rating_is_covered(count, promised):
    rows = [table(seed).loc["food"] for seed in range(count)]
    promised("share of the first rating", "coverage", sum(row["share_low"] <= true_shares()["food"] <= row["share_high"] for row in rows), count)


def test_what_is_unanswered_taken_for_not_used_is_a_trap():
    """The trap: an indicator for ratings that exist but were not given leaves the mood in the ratings that were."""
    found = np.array([
        [perceived_importance(frame, "score", NAMES, not_used=states, bootstrap=50).set_index("driver").loc["security", "effect"] for states in (frame[NAMES].isna(), unused)]
        for frame, unused in (rated(seed, blank=0.6, n=4000, mood=1.5) for seed in range(16))
    ])  # fmt: skip
    error = found.std(axis=0, ddof=1) / 4
    assert found[:, 0].mean() > 3.5 * error[0], "an idle rating is given an effect"
    assert abs(found[:, 1].mean()) < 3.5 * error[1]


@seeds(400)
def test_ratings_with_nothing_in_them_are_called_no_oftener_than_told(count, promised):
    promised("any of four ratings of nothing", "false calls", sum(table(seed, (0.0,) * 4)["usable"].any() for seed in range(count)), count)


@seeds(400)
def test_a_planted_rating_is_found(count, promised):
    """Security at 1.5 times the effect that 80 % power would find after Holm over four."""
    error = np.mean([(row := table(seed).loc["security"])["effect_high"] - row["effect"] for seed in range(10)]) / 1.97
    size = 1.5 * (stats.norm.isf(0.05 / 8) + stats.norm.isf(0.2)) * error
    hits = [table(seed, (0.4, 0.2, float(round(size, 6)), -0.15)).loc["security", "usable"] for seed in range(count)]
    promised("rating at 1.5 times the detectable effect", "found", sum(hits), count)
