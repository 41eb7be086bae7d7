"""The brand is the same for a seed, is whole, and each truth can be switched off alone."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.errors import UsageError
from cx_helpers.sample import ALL, care, leaving, make, perceptions, plan


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
    kinds = [*plan.SECOND_LINE_WAVES, plan.QUICK_HANDOVER, plan.LOCKERS, plan.PHOTOS]
    assert [len(action.units) for action in kinds] == [6, 3, 3, 6, 6, 4] and len(plan.FIXED_UNITS) == 28
    assert plan.FIXED_UNITS <= set(plan.LOCATIONS["name"]) and plan.PHOTOS.units == plan.TRAINING.units


def test_scores_are_whole_and_in_range_and_a_sixth_to_a_fifth_answers(frames):
    responses = frames["responses"]
    for question, low, high in (("nps", 0, 10), ("csat", 1, 5)):
        scores = responses.query("question == @question")["score"].dropna()
        assert scores.between(low, high).all() and (scores == scores.round()).all()
    assert 0.15 < responses["score"].notna().mean() < 0.22
    assert (responses["score"].notna() == responses["answered_at"].notna()).all()


def test_two_rentals_in_a_hundred_have_three_experienced_scores_and_the_remembered_one(frames):
    given = frames["responses"].dropna(subset=["score"])
    experienced = given.query("question == 'csat'").groupby("booking_no").size()
    both = experienced[experienced >= 3].index.intersection(given.query("survey == 'overall'")["booking_no"])
    assert len(both) >= 0.02 * 6_000  # 2,000 of 100,000


def test_customers_come_back(frames):
    assert frames["rentals"].groupby("customer_no").size().max() >= 5


WHO = {"customer_no", "tenure"}  # leaving changes under whose number a later rental is made
PICK_UP = {"called_at", "wait_minutes", "served_at", "handover_at", "assist_called_at", "assisted_at"}
PLACE = {"unit", "region", "kind", "trip", "value", "handover_minutes", "inspection_done", "walk_metres", "check_minutes", "checked_at",
         "dispute", "settled_at", "extra_charge", "ended_at"}  # fmt: skip
EVERYWHERE = {*plan.EXPERIENCES, "overall"}
# truth: what of the rentals, and of what was lived, differs between two brands of one seed with and without it
DIFFERS = {
    "wait_threshold": (WHO, {"counter", "overall"}),
    "skipped_inspection": (
        WHO | {"handover_at", "handover_minutes", "inspection_done", "assist_called_at", "assisted_at", "dispute"},
        {"handover", "return", "settle", "overall"},
    ),
    "second_line_works": (WHO | PICK_UP, {"counter", "overall"}),
    "scanners_do_nothing": (set(), set()),
    "walk_without_effect": (set(), {"handover", "overall"}),
    "mix_shift": (WHO | PICK_UP | PLACE, EVERYWHERE),
    "peak_end": (set(), {"overall"}),
    "locker_harms_later": (WHO | PICK_UP | {"extra_charge"}, {"counter", "settle", "overall"}),
    "two_overlap": (WHO | {"dispute"}, {"return", "settle", "overall"}),
    "nps_too_early": (set(), set()),
    "over_surveyed": (set(), set()),
    "complaint_call_leave": (WHO, set()),
    "employee_lead": (set(), {"counter", "handover", "return", "overall"}),
    "churn_components": (WHO, set()),
    "wording_change": (set(), set()),
    "silent_differ": (WHO, EVERYWHERE),
    "missing_permissions": (set(), set()),
}
# truths that touch neither: the frames that differ, and the columns where both have the same rows
BESIDE = {
    "scanners_do_nothing": {"actions": {"units"}},
    "nps_too_early": {"responses": None},
    "over_surveyed": {"responses": {"score", "answered_at", "tone", "topic", "comment"}},
    "wording_change": {"responses": {"question_version", "score"}},
    "missing_permissions": {"permissions": None},
}


@pytest.fixture(scope="module")
def without():
    """The twin of `frames` without one truth."""
    made = {}

    def twin(truth):
        if truth not in made:
            made[truth] = make(seed=1, rentals=6_000, truths=ALL - {truth})
        return made[truth]

    return twin


def differing(one, other):
    return {name for name in one if not one[name].equals(other[name])}


@pytest.mark.parametrize("truth", sorted(ALL))
def test_a_truth_switched_off_changes_its_own_part_of_rentals_and_experience_alone(frames, without, truth):
    twin = without(truth)
    rentals, felt = DIFFERS[truth]
    assert differing(frames["rentals"], twin["rentals"]) == rentals
    assert differing(frames["latent"], twin["latent"]) == felt
    for name in ("locations", "unit_measures", "context"):
        pd.testing.assert_frame_equal(frames[name], twin[name])


@pytest.mark.parametrize("truth", sorted(BESIDE))
def test_a_truth_beside_the_rentals_changes_its_own_frame_alone(frames, without, truth):
    twin = without(truth)
    changed = {name for name in frames if not frames[name].equals(twin[name])}
    assert changed == set(BESIDE[truth])
    for name, columns in BESIDE[truth].items():
        if columns is None:
            assert len(frames[name]) != len(twin[name])
        else:
            assert differing(frames[name], twin[name]) == columns


def test_a_rental_is_at_the_same_time_and_for_the_same_price_whoever_leaves(frames):
    twin = make(seed=1, rentals=6_000, truths=ALL - {"churn_components", "silent_differ", "complaint_call_leave"})
    assert differing(frames["rentals"], twin["rentals"]) == WHO
    assert frames["rentals"]["customer_no"].nunique() > twin["rentals"]["customer_no"].nunique()


def test_who_left_for_good_books_no_more():
    known = pd.DataFrame({"person": [0, 0, 0, 1, 1], "before": [3, 3, 3, 0, 0],
                          "booked_at": pd.to_datetime(["2025-01-01", "2025-01-05", "2025-03-01", "2025-01-01", "2025-03-01"])})  # fmt: skip
    left = pd.Series([pd.Timestamp("2025-01-10"), pd.NaT, pd.NaT, pd.NaT, pd.NaT])
    found = leaving.numbered(known, left)
    assert found["customer_no"].tolist() == ["C000001", "C000001", "C000005", "C000002", "C000002"]
    assert found["tenure"].tolist() == ["returning", "returning", "new", "new", "returning"]
    assert found["newcomer"].tolist() == [0, 0, 1, 0, 0]


def test_a_lifted_wording_changes_no_answer_by_more_than_a_point(frames, without):
    mine, plain = frames["responses"], without("wording_change")["responses"]
    gap = (mine["score"] - plain["score"]).dropna()
    new = mine.loc[gap.index, "question_version"] == "v2"
    assert set(gap[new]) == {0.0, 1.0} and (gap[~new] == 0).all()
    assert set(mine.loc[mine["question_version"] == "v2", "survey"]) == {"return"}
    assert (mine.loc[mine["question_version"] == "v2", "asked_at"] >= pd.Timestamp("2025-09-30 22:00")).all()


def test_without_the_truth_nobody_lacks_a_permission(frames, without):
    def lacking(made):
        given = made["permissions"].query("purpose == 'service_improvement' and withdrawn_at.isna()")
        return 1 - made["customers"]["customer_no"].isin(given["customer_no"]).mean()

    assert 0.08 < lacking(frames) < 0.17 and lacking(without("missing_permissions")) == 0


def test_unresolved_complaints_are_called_about_and_not_without_the_truth(frames, without):
    def called(made):
        lay = made["tickets"][care.unresolved(made["tickets"]) & (made["tickets"]["opened_at"] < "2026-09-15")]
        return lay["ticket_id"].isin(made["calls"]["ticket_id"].dropna()).mean()

    assert called(frames) > 0.5 and called(without("complaint_call_leave")) < 0.25


def test_only_the_silent_never_answer_and_requests_are_counted_over_ninety_days():
    asked = pd.DataFrame({"customer_no": ["a", "a", "a", "b", "a"],
                          "asked_at": pd.to_datetime(["2025-01-01", "2025-01-02", "2025-03-31", "2025-01-01", "2025-04-02"])})  # fmt: skip
    assert perceptions.requests_before(asked).tolist() == [0, 1, 2, 0, 2]


def test_customers_are_listed_once_each_with_a_name_that_leaving_does_not_change(frames, without):
    people, plain = frames["customers"], without("churn_components")["customers"]
    assert people["customer_no"].is_unique and set(people["customer_no"]) == set(frames["rentals"]["customer_no"])
    assert people["email"].is_unique
    both = people.merge(plain, on="customer_no", suffixes=("", "_plain"))
    assert (both["email"] == both["email_plain"]).all() and len(both) > 1_000


def test_every_frame_points_at_rentals_and_customers_there_are(frames):
    rentals = set(frames["rentals"]["booking_no"])
    for name in ("responses", "tickets", "calls", "latent"):
        assert set(frames[name]["booking_no"]) <= rentals, name
    assert set(frames["reviews"]["booking_no"].dropna()) <= rentals
    assert set(frames["finance"]["customer_no"]) | set(frames["permissions"]["customer_no"]) <= set(frames["customers"]["customer_no"])
    assert (frames["permissions"]["withdrawn_at"].dropna() > frames["permissions"].loc[frames["permissions"]["withdrawn_at"].notna(), "granted_at"]).all()


def test_months_of_locations_and_days_of_regions_are_whole(frames):
    measures, days = frames["unit_measures"], frames["context"]
    assert len(measures) == 40 * 24 * 4 and measures.query("measure == 'employee_engagement'")["value"].between(1, 10).all()
    assert measures.query("measure == 'staff_turnover'")["value"].between(0, 1).all()
    assert len(days) == 730 * 6 * 4 and set(days.query("factor == 'public_holiday'")["value"]) == {0.0, 1.0}


def test_without_the_truths_waits_and_walks_are_felt_as_switched():
    on, off = make(rentals=6_000), make(rentals=6_000, truths=ALL - {"wait_threshold"})
    gap = on["latent"]["counter"] - off["latent"]["counter"]
    excess = (on["rentals"]["wait_minutes"] - 12).clip(lower=0)
    np.testing.assert_allclose(gap.dropna(), (-0.08 * excess).dropna(), atol=1e-9)


def test_unknown_truth_and_too_few_rentals_are_told_at_once():
    with pytest.raises(UsageError, match=r"truth 'nope' is not known; known: .*mix_shift.*rentals=10: .*at least 1000"):
        make(rentals=10, truths=frozenset({"nope"}))
