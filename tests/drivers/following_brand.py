"""Made-up journeys with what followed them, whose truth is known."""

import numpy as np
import pandas as pd

MONTHS = [str(p) for p in pd.period_range("2024-01", "2025-12", freq="M")]
FACTS = pd.DataFrame({
    "input": ["counter.wait", "return.dispute", "drive.walk"], "label": ["Wait", "Dispute", "Walk"], "touchpoint": ["counter", "return", "drive"],
    "better": "lower", "standard": [10.0, 0.05, 200.0], "statistic": ["median", "share", "median"], "unit_of_measure": ["minutes", "share", "metres"],
    "cost_to_move": [2.0, np.nan, 1.0],
})  # fmt: skip
WAIT_BACK, DISPUTE_BACK, SPENT, SERVED = -0.008, -0.25, 120.0, 70.0
WAIT_FELT, DISPUTE_FELT = -0.05, -1.0
STRENGTH = np.array([WAIT_BACK, DISPUTE_BACK])


def lived(seed, n=3000, customers=1000, strength=1.0, months=MONTHS[:18]):
    """Journeys of lasting customers: back with 0.65 less what waiting and disputes take; money where they come back, and an answer to a third."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, customers, n)
    loyal = rng.normal(0, 0.08, customers)[who]
    frame = pd.DataFrame({
        "journey_id": [f"j{i}" for i in range(n)], "customer_id": who.astype(str), "month": rng.choice(months, n), "unit": rng.choice(list("abcd"), n),
        "kind": rng.choice(["airport", "city"], n), "counter.wait": rng.gamma(2, 6, n), "return.dispute": (rng.random(n) < 0.15).astype(float),
        "drive.walk": rng.gamma(4, 40, n), "current": True,
    })  # fmt: skip
    frame["counter.wait"] += 5 * (frame["kind"] == "airport")
    chance = 0.65 + loyal + strength * (WAIT_BACK * (frame["counter.wait"] - 12) + DISPUTE_BACK * (frame["return.dispute"] - 0.15))
    frame["returned"] = (rng.random(n) < np.clip(chance, 0.01, 0.99)).astype(float)
    frame["revenue"] = frame["returned"] * rng.gamma(4, SPENT / 4, n)
    frame["cost"] = frame["revenue"] * SERVED / SPENT
    frame["first_counted"] = frame["month"].map(dict(zip(MONTHS, [*MONTHS[1:], "2026-01"], strict=True)))
    frame.attrs = {"horizon_months": 6, "discount_rate_a_year": 0.0}
    frame["score"] = 4 + loyal * 3 + strength * (WAIT_FELT * frame["counter.wait"] + DISPUTE_FELT * frame["return.dispute"]) + rng.normal(0, 0.8, n)
    answers = frame[rng.random(n) < 0.35].reset_index(drop=True)
    return frame.drop(columns="score"), answers


def true_moves(seed=12345):
    """Mean move of all journeys to standard, from a great many."""
    frame, _ = lived(seed, n=1_000_000, customers=1000)
    wait = -np.maximum(frame["counter.wait"] - 10, 0).mean()
    return {"counter.wait": float(wait), "return.dispute": -(0.15 - 0.05), "drive.walk": float(-np.maximum(frame["drive.walk"] - 200, 0).mean())}
