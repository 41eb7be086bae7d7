"""The brand is the same for a seed, is whole, and each truth can be switched off alone."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.sample import ALL, make, plan


@pytest.fixture(scope="module")
def frames():
    return make(seed=1, rentals=6_000)


def test_same_seed_same_frames_and_another_seed_others(frames):
    again, other = make(seed=1, rentals=6_000), make(seed=2, rentals=6_000)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, again[name])
    assert not frames["rentals"]["value"].equals(other["rentals"]["value"])


def test_months_run_from_november_2024_to_october_2026_and_nothing_is_later(frames):
    booked = frames["rentals"]["booked_at"].dt.tz_localize("UTC").dt.tz_convert(plan.ZONE)
    assert booked.dt.strftime("%Y-%m").nunique() == 24
    assert booked.min().strftime("%Y-%m") == "2024-11"
    end = pd.Timestamp("2026-10-31 23:00")
    for name in ("called_at", "returned_at", "settled_at", "ended_at", "cancelled_at"):
        assert frames["rentals"][name].max() < end
    assert frames["responses"]["answered_at"].max() < end


def test_steps_follow_one_another(frames):
    rentals = frames["rentals"]
    steps = ["booked_at", "called_at", "served_at", "handover_at", "returned_at", "checked_at", "settled_at"]
    for earlier, later in zip(steps, steps[1:], strict=False):
        both = rentals[[earlier, later]].dropna()
        assert (both[later] >= both[earlier]).all(), f"{later} before {earlier}"
    overall = frames["responses"].query("survey == 'overall'").merge(rentals, on="booking_no")
    assert (overall["asked_at"] - overall["ended_at"] == pd.Timedelta(days=3)).all()


def test_forty_locations_in_every_kind_and_actions_on_different_ones():
    assert len(plan.LOCATIONS) == 40 == plan.LOCATIONS["name"].nunique()
    assert set(plan.LOCATIONS["kind"]) == {"airport", "city", "rail"}
    line, quick = set(plan.SECOND_LINE.units), set(plan.QUICK_HANDOVER.units)
    assert len(line) == 12 and len(quick) == 8 and not line & quick
    assert line | quick <= set(plan.LOCATIONS["name"])


def test_scores_are_whole_and_in_range_and_a_fifth_to_a_quarter_answers(frames):
    responses = frames["responses"]
    for question, low, high in (("nps", 0, 10), ("csat", 1, 5)):
        scores = responses.query("question == @question")["score"].dropna()
        assert scores.between(low, high).all() and (scores == scores.round()).all()
    assert 0.18 < responses["score"].notna().mean() < 0.26
    assert (responses["score"].notna() == responses["answered_at"].notna()).all()


def test_customers_come_back(frames):
    assert frames["rentals"].groupby("customer_no").size().max() >= 5


CHANGED = {
    "wait_threshold": ("latent", "counter"),
    "skipped_inspection": ("rentals", "inspection_done"),
    "second_line_works": ("rentals", "wait_minutes"),
    "scanners_do_nothing": ("actions", "units"),
    "walk_without_effect": ("latent", "handover"),
    "mix_shift": ("rentals", "kind"),
}
UNTOUCHED = {
    "wait_threshold": ("rentals", ["wait_minutes", "dispute", "unit"]),
    "skipped_inspection": ("rentals", ["wait_minutes", "unit", "check_minutes"]),
    "second_line_works": ("rentals", ["unit", "dispute", "inspection_done", "handover_minutes"]),
    "scanners_do_nothing": ("rentals", ["check_minutes", "unit", "wait_minutes"]),
    "walk_without_effect": ("rentals", ["walk_metres", "unit"]),
    "mix_shift": ("rentals", ["customer_no", "channel", "booked_at"]),
}


@pytest.mark.parametrize("truth", sorted(ALL))
def test_a_truth_switched_off_changes_what_it_should_and_nothing_before_it(frames, truth):
    twin = make(seed=1, rentals=6_000, truths=ALL - {truth})
    name, column = CHANGED[truth]
    assert not frames[name][column].equals(twin[name][column])
    name, columns = UNTOUCHED[truth]
    pd.testing.assert_frame_equal(frames[name][columns], twin[name][columns])


def test_without_the_truths_waits_and_walks_are_felt_as_switched():
    on, off = make(rentals=6_000), make(rentals=6_000, truths=ALL - {"wait_threshold"})
    gap = on["latent"]["counter"] - off["latent"]["counter"]
    excess = (on["rentals"]["wait_minutes"] - 12).clip(lower=0)
    np.testing.assert_allclose(gap.dropna(), (-0.08 * excess).dropna(), atol=1e-9)


def test_unknown_truth_and_too_few_rentals_are_told_at_once():
    with pytest.raises(UsageError, match=r"truth 'nope' is not known; known: .*mix_shift.*rentals=10: .*at least 1000"):
        make(rentals=10, truths=frozenset({"nope"}))
