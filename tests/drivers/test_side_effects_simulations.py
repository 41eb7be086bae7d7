"""Made-up journeys whose truth is known: total effects are covered, noise is called no oftener than told, what backfires is found.

Seeds are 0, 1, 2, ... and never chosen; limits are the 99.9 % binomial limits around a correct method.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cx_helpers.drivers.side_effects import side_effects
from cx_helpers.sample import make, plan
from cx_helpers.sample.comparisons import month_of
from cx_helpers.sample.recoverable import RECOVERABLE

SOME, ALL = 40, 1000
STEPS = ["a", "b", "c", "d"]
NAMES = {f"{step}.{item}": "lower" for step in STEPS for item in ("done", "minutes")}


def seeds(count):
    return [pytest.param(SOME, id=f"{SOME} seeds"), pytest.param(count, marks=pytest.mark.long, id=f"{count} seeds")]


def journeys(seed, local=0.0, harm=0.0, n=600):
    """Four steps, two inputs and a score each; customers come twice with their own level, half the scores are not given.

    Doing ``b.done`` moves the score of its step by `local` and the minutes of the next step by `harm`; each minute there costs the end a point.
    """
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n // 2), 2)
    own = rng.normal(0, 0.5, n // 2)[who]
    data = pd.DataFrame({"customer": who})
    before = np.zeros(n)
    for step in STEPS:
        data[f"{step}.done"] = (rng.normal(size=n) + 0.4 * before > 0).astype(float)
        data[f"{step}.minutes"] = 0.5 * before + rng.normal(size=n) + (harm * data["b.done"] if step == "c" else 0)
        before = data[f"{step}.minutes"].to_numpy()
        data[f"{step}.csat"] = own + rng.normal(size=n) + (local * data["b.done"] if step == "b" else 0)
        data.loc[rng.random(n) < 0.5, f"{step}.csat"] = np.nan
    data["end"] = own + rng.normal(size=n) - (data["c.minutes"] if harm else 0)
    return data


def found(seed, **options):
    return side_effects(journeys(seed, **options), NAMES, [f"{step}.csat" for step in STEPS], total="end", order=STEPS, cluster="customer").summary.set_index("input")


def total_of_backfiring(seed):
    told = found(seed, local=0.8, harm=0.8).loc["b.done"]
    return told["total_low"] <= (-0.8 if told["towards"] == "higher" else 0.8) <= told["total_high"]


def total_with_the_later_step_held_equal(seed):
    """The trap: what the input does on its way taken out of its effect."""
    data = journeys(seed, local=0.8, harm=0.8)
    x = np.column_stack([np.ones(len(data)), data[["b.done", "c.minutes"]]])
    slope, *_ = np.linalg.lstsq(x, data["end"].to_numpy(), rcond=None)
    left = data["end"] - x @ slope
    error = np.sqrt(np.linalg.inv(x.T @ x)[1, 1] * left.var())
    return abs(slope[1] + 0.8) < 1.96 * error


def called_in_noise(seed):
    return not found(seed)["verdict"].isin(["no clear effect", "not told"]).all()


def detectable(seeds=60):
    """The effect on the end found with 80 % power at the method's own first threshold (Holm, all comparisons together)."""
    tested = found(0).attrs["tested"]
    error = np.median([(row["total_high"] - row["total_low"]) / 3.92 for row in (found(seed, harm=0.01).loc["b.done"] for seed in range(seeds))])
    return error * (stats.norm.ppf(1 - 0.025 / tested) + stats.norm.ppf(0.8))


@pytest.mark.parametrize("count", seeds(ALL))
def test_total_effects_are_covered(count, promised):
    promised("total effect of an input that backfires", "coverage", sum(total_of_backfiring(seed) for seed in range(count)), count)


def test_holding_the_later_step_equal_is_a_trap():
    assert sum(total_with_the_later_step_held_equal(seed) for seed in range(SOME)) < SOME / 10


@pytest.mark.parametrize("count", seeds(ALL))
def test_in_noise_no_input_of_the_table_is_called(count, promised):
    promised("side effects: any of eight inputs in noise", "false calls", sum(called_in_noise(seed) for seed in range(count)), count)


@pytest.mark.parametrize("count", seeds(400))
def test_what_backfires_is_found_at_one_and_a_half_times_the_detectable_effect(count, promised):
    size = 1.5 * detectable()
    # Half the scores of a step are missing, so the gain there needs to be larger to be as sure.
    hits = sum(found(seed, local=1.5 * size, harm=size).loc["b.done", "verdict"] == "backfires" for seed in range(count))
    promised("backfires at 1.5 times the detectable effect", "found", hits, count)


# --- the sample brand

COLUMNS = {
    "booking.minutes": ("booking_minutes", "lower", "booked_at"), "booking.price_changed": ("price_changed", "lower", "booked_at"),
    "checkin.failed": ("checkin_failed", "lower", "checkin_at"), "counter.wait_minutes": ("wait_minutes", "lower", "called_at"),
    "handover.minutes": ("handover_minutes", "lower", "handover_at"), "handover.inspection_done": ("inspection_done", "higher", "handover_at"),
    "handover.walk_metres": ("walk_metres", "lower", "handover_at"), "drive.car_as_booked": ("car_as_booked", "higher", "handover_at"),
    "return.check_minutes": ("check_minutes", "lower", "checked_at"), "return.dispute": ("dispute", "lower", "checked_at"),
    "settle.deposit_days": ("deposit_days", "lower", "settled_at"), "settle.extra_charge": ("extra_charge", "lower", "settled_at"),
}  # fmt: skip
ORDER = ["booking", "checkin", "counter", "handover", "drive", "assistance", "return", "settle"]
SAMPLE_SEEDS, RENTALS = range(2001, 2051), 60_000


def sample_journeys(seed, truths=plan.ALL, points=True):
    """The rentals of a made-up brand with the moment of each input and each score; an NPS in points, or as it was given."""
    frames = make(seed, RENTALS, truths)
    rentals = frames["rentals"].set_index("booking_no")
    out = pd.DataFrame({"customer": rentals["customer_no"], "unit": rentals["unit"], "month": month_of(rentals["booked_at"]), "tenure": rentals["tenure"]})
    for name, (column, _, time) in COLUMNS.items():
        out[name], out[f"{name}@time"] = rentals[column], rentals[time]
    given = frames["responses"].dropna(subset=["score"]).sort_values("answered_at")
    nps = 100.0 * ((given["score"] >= 9).astype(float) - (given["score"] <= 6))
    given = given.assign(name=given["survey"] + "." + given["question"], points=given["score"].where((given["question"] != "nps") | (not points), nps))
    for name, part in given.drop_duplicates(["name", "booking_no"], keep="last").groupby("name"):
        part = part.set_index("booking_no").reindex(out.index)
        out[name], out[f"{name}@time"] = part["points"], part["answered_at"]
    return out


def of_sample(seed, truths=plan.ALL, points=True):
    data = sample_journeys(seed, truths, points)
    outputs = [name for name in data if name.endswith((".csat", ".nps")) and name != "overall.nps"]
    found = side_effects(
        data, {name: better for name, (_, better, _) in COLUMNS.items()}, outputs, total="overall.nps", order=ORDER, controls=["unit", "month", "tenure"],
        times={name.removesuffix("@time"): name for name in data if name.endswith("@time")}, cluster="customer",
    )  # fmt: skip
    return found.summary.set_index("input")


def test_the_skipped_inspection_backfires_and_nothing_else_does():
    table = of_sample(SAMPLE_SEEDS[0])
    told = table.loc["handover.inspection_done"]
    assert list(table.index[table["verdict"] == "backfires"]) == ["handover.inspection_done"]
    assert (told["towards"], told["local_on"]) == ("lower", "handover.minutes") and "return.dispute" in told["harmed"]
    assert told["local_low"] <= -plan.SKIP_SAVES_MINUTES <= told["local_high"]
    assert table.loc["counter.wait_minutes", "verdict"] == table.loc["return.dispute", "verdict"] == "lifts throughout"


def test_without_the_truth_nothing_backfires():
    table = of_sample(SAMPLE_SEEDS[0], plan.ALL - {"skipped_inspection"})
    assert not (table["verdict"] == "backfires").any()


@pytest.mark.long
def test_the_planted_backfire_is_found_in_other_seeds(promised):
    told = [of_sample(seed, points=False) for seed in SAMPLE_SEEDS]
    mine = [table.loc["handover.inspection_done"] for table in told]
    promised("skipped inspection backfires, sample brand", "planted", sum(row["verdict"] == "backfires" for row in mine), len(told))
    others = sum(table["verdict"].drop("handover.inspection_done").eq("backfires").any() for table in told)
    promised("another input said to backfire, sample brand", "false calls", others, len(told))
    truth = RECOVERABLE["skip_overall"].value
    promised("total effect of the inspection, sample brand", "coverage", sum(row["total_low"] <= truth <= row["total_high"] for row in mine), len(told))


@pytest.mark.long
def test_with_the_truth_off_the_table_calls_no_backfire_beyond_the_limit(promised):
    calls = sum((of_sample(seed, plan.ALL - {"skipped_inspection"})["verdict"] == "backfires").any() for seed in SAMPLE_SEEDS)
    promised("an input said to backfire where none does, sample brand", "false calls", calls, len(SAMPLE_SEEDS))
