"""Each planted truth can be recovered from the data, and the page that tells them is the generated one."""

import pytest

from cx_helpers.sample import ALL, make
from cx_helpers.sample.truth import RECOVERABLE, truth_markdown
from cx_helpers.sample.yardsticks import YARDSTICKS

SEEDS = (1, 11, 22, 33, 44, 55)
POWERFUL = {
    "wait_counter_beyond", "wait_overall_beyond", "skip_handover_minutes", "skip_dispute_share", "dispute_overall",
    "second_line_log_wait", "mix_nps_points",
}  # fmt: skip


@pytest.fixture(scope="module")
def draws():
    return {seed: {name: find(frames) for name, find in YARDSTICKS.items()} for seed in SEEDS for frames in [make(seed)]}


@pytest.mark.parametrize("name", sorted(YARDSTICKS))
def test_every_draw_recovers_what_large_draws_say(draws, name):
    known = RECOVERABLE[name]
    for seed in SEEDS:
        value, error = draws[seed][name]
        assert abs(value - known.value) < 3.3 * max(error, known.one_draw), f"seed {seed}: {value} ± {error}"


@pytest.mark.parametrize("name", sorted(POWERFUL))
def test_a_truth_is_visible_in_every_single_draw(draws, name):
    for seed in SEEDS:
        value, error = draws[seed][name]
        assert value * RECOVERABLE[name].value > 0 and abs(value) > 2.5 * error, f"seed {seed}: {value} ± {error}"


def test_the_weaker_truths_are_visible_over_the_draws(draws):
    skips = [draws[seed]["skip_overall"][0] for seed in SEEDS]
    naive = [draws[seed]["scanners_naive_minutes"][0] for seed in SEEDS]
    assert max(skips) < 0 and sum(naive) / len(naive) < -0.7


OFF = {
    "wait_threshold": ("wait_counter_beyond", "wait_overall_beyond"),
    "skipped_inspection": ("skip_handover_minutes", "skip_dispute_share", "skip_overall"),
    "second_line_works": ("second_line_log_wait",),
    "mix_shift": ("mix_nps_points",),
}


@pytest.mark.parametrize("truth", sorted(OFF))
def test_a_truth_switched_off_is_not_found(truth):
    frames = make(seed=1, truths=ALL - {truth})
    for name in OFF[truth]:
        value, error = YARDSTICKS[name](frames)
        assert abs(value) < 3.3 * max(error, RECOVERABLE[name].one_draw), f"{name}: {value} ± {error}"


def test_a_walk_that_is_felt_is_found():
    value, error = YARDSTICKS["walk_overall"](make(seed=1, truths=ALL - {"walk_without_effect"}))
    assert value < -2.5 * error


def test_the_committed_page_is_the_generated_one(repo):
    assert (repo / "data/sample/TRUTH.md").read_text(encoding="utf-8") == truth_markdown()


@pytest.mark.long
def test_stated_values_are_those_of_large_draws():
    found = {name: [] for name in YARDSTICKS}
    for seed in range(1001, 1013):
        frames = make(seed, 200_000)
        for name, find in YARDSTICKS.items():
            found[name].append(find(frames)[0])
    for name, values in found.items():
        known = RECOVERABLE[name]
        assert sum(values) / len(values) == pytest.approx(known.value, abs=known.error), name
