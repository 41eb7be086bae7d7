"""What a perfect analyst, who knows where to look, recovers of each planted truth from `make`'s frames.

``python -m cx_helpers.sample.yardsticks [NAME ...]`` finds the figures of `TRUTH.md` anew (some minutes) and prints them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from cx_helpers.sample import plan, staying
from cx_helpers.sample.brand import make
from cx_helpers.sample.comparisons import Frames, Recovered, answered, change_where_done, month_of, slopes
from cx_helpers.sample.recoverable import Recoverable
from cx_helpers.sample.rentals import to_local


def _wait(frames: Frames, survey: str) -> list[Recovered]:
    rows, limit = answered(frames, survey), plan.WAIT_THRESHOLD_MINUTES
    wait = rows["wait_minutes"]
    return slopes(rows["score"], [(wait - limit).clip(lower=0), wait.clip(upper=limit)], rows["unit"], rows["customer_no"])


def _inspection(frames: Frames, outcome: str) -> Recovered:
    rows = answered(frames, "overall") if outcome == "score" else frames["rentals"].dropna(subset=[outcome])
    return slopes(rows[outcome], [1 - rows["inspection_done"]], rows["unit"], rows["customer_no"])[0]


def _overall_by(frames: Frames, column: str, scale: float = 1.0) -> Recovered:
    rows = answered(frames, "overall")
    return slopes(rows["score"], [rows[column] / scale], rows["unit"], rows["customer_no"])[0]


def _log_wait(frames: Frames, actions: tuple[plan.Action, ...]) -> Recovered:
    rows = frames["rentals"].dropna(subset=["wait_minutes"])
    return change_where_done(frames, rows, np.log(rows["wait_minutes"]), "called_at", actions)[0]


def _settlement(frames: Frames) -> Recovered:
    rows = answered(frames, "settle")
    return change_where_done(frames, rows, rows["score"], "called_at", (plan.LOCKERS,))[0]


def _disputes(frames: Frames, actions: tuple[plan.Action, ...]) -> list[Recovered]:
    """The weeks between the first and the last start belong to neither side where the actions are judged as one."""
    rows = frames["rentals"].dropna(subset=["dispute"])
    if len(actions) == 1:
        local = to_local(rows["returned_at"])
        rows = rows[(local < pd.Timestamp(plan.PHOTOS.start)) | (local >= pd.Timestamp(plan.TRAINING.start))]
    return change_where_done(frames, rows, rows["dispute"], "returned_at", actions)


def _scanners(frames: Frames, baseline: tuple[str, str]) -> Recovered:
    """Change of the check's minutes from `baseline` months to the months with scanners, against the free locations."""
    rows = frames["rentals"].dropna(subset=["check_minutes"])
    units = frames["actions"].set_index("action_id").loc[plan.SCANNERS.action_id, "units"].split(";")
    panel = rows["check_minutes"].groupby([rows["unit"], month_of(rows["returned_at"])]).mean().unstack()
    panel = panel.drop(index=plan.FIXED_UNITS)
    before = panel.loc[:, (panel.columns >= baseline[0]) & (panel.columns < baseline[1])].mean(axis=1)
    change = panel.loc[:, panel.columns >= plan.SCANNERS.effective_from[:7]].mean(axis=1) - before
    mine = change.index.isin(units)
    error = np.sqrt(change[mine].var() / mine.sum() + change[~mine].var() / (~mine).sum())
    return Recovered(float(change[mine].mean() - change[~mine].mean()), float(error), len(change) - 1)


def _mix(frames: Frames) -> Recovered:
    """Kitagawa's mix part of the change in NPS, first to last twelve months, by kind of location."""
    rows = answered(frames, "overall")
    points = 100.0 * ((rows["score"] >= 9).astype(int) - (rows["score"] <= 6).astype(int))
    late = (month_of(rows["booked_at"]) >= "2025-11").to_numpy()
    cells = points.groupby([rows["kind"], late]).agg(["mean", "var", "size"]).unstack()
    share = cells["size"] / cells["size"].sum()
    moved = share[True] - share[False]
    level = cells["mean"].mean(axis=1)
    noise = sum((cells["var"][when] / cells["size"][when] / 4 * moved**2).sum() for when in (False, True))
    for when in (False, True):
        spread = (share[when] * level**2).sum() - (share[when] * level).sum() ** 2
        noise += spread / cells["size"][when].sum()
    return Recovered(float((moved * level).sum()), float(np.sqrt(noise)), len(rows))


@dataclass(frozen=True)
class Yardstick:
    """How one figure of a truth is recovered.

    Attributes
    ----------
    truth, about : str
        The planted truth it belongs to, and what is measured in which unit.
    find : callable
        Frames to `Recovered`.
    kind : {"effect", "nothing", "hidden", "trap"}
        There to be found; not there; there, and beyond finding; not there, and found by a method that falls for it.
    """

    truth: str
    about: str
    find: Callable[[Frames], Recovered]
    kind: str = "effect"


LINE, LOCKERS, BOTH = plan.SECOND_LINE_WAVES, (plan.LOCKERS,), (plan.PHOTOS, plan.TRAINING)
YARDSTICKS: dict[str, Yardstick] = {
    "wait_counter_beyond": Yardstick("wait_threshold", "CSAT of the counter, points a minute beyond the threshold", lambda f: _wait(f, "counter")[0]),
    "wait_counter_below": Yardstick("wait_threshold", "CSAT of the counter, points a minute below it", lambda f: _wait(f, "counter")[1], "nothing"),
    "wait_overall_beyond": Yardstick("wait_threshold", "overall score (0-10), points a minute beyond it", lambda f: _wait(f, "overall")[0]),
    "skip_handover_minutes": Yardstick("skipped_inspection", "minutes of the hand-over, inspection skipped against done", lambda f: _inspection(f, "handover_minutes")),
    "skip_dispute_share": Yardstick("skipped_inspection", "share of disputes, inspection skipped against done", lambda f: _inspection(f, "dispute")),
    "dispute_overall": Yardstick("skipped_inspection", "overall score, dispute against none", lambda f: _overall_by(f, "dispute")),
    "skip_overall": Yardstick("skipped_inspection", "overall score, inspection skipped against done", lambda f: _inspection(f, "score")),
    "second_line_log_wait": Yardstick("second_line_works", "log of the wait, difference in differences over the three waves", lambda f: _log_wait(f, LINE)),
    "scanners_naive_minutes": Yardstick("scanners_do_nothing", "change of the return check, three months before against after", lambda f: _scanners(f, ("2025-09", "2025-12")), "trap"),
    "scanners_fair_minutes": Yardstick("scanners_do_nothing", "the same, against November 2024 to June 2025", lambda f: _scanners(f, ("2024-11", "2025-07")), "nothing"),
    "walk_overall": Yardstick("walk_without_effect", "overall score, points every 100 metres walked", lambda f: _overall_by(f, "walk_metres", 100), "nothing"),
    "mix_nps_points": Yardstick("mix_shift", "NPS, mix part of the change, first to last twelve months", _mix),
    "peak_remembered": Yardstick("peak_end", "overall score, points a point of the worst answer, mean and end held equal", lambda f: staying.remembered(f)[0]),
    "end_remembered": Yardstick("peak_end", "overall score, points a point of the last answer, mean and worst held equal", lambda f: staying.remembered(f)[1]),
    "locker_log_wait": Yardstick("locker_harms_later", "log of the wait, difference in differences", lambda f: _log_wait(f, LOCKERS)),
    "locker_settle_csat": Yardstick("locker_harms_later", "CSAT of the settlement, difference in differences", _settlement),
    "overlap_dispute_share": Yardstick("two_overlap", "share of disputes, both together, difference in differences", lambda f: _disputes(f, (plan.TRAINING,))[0]),
    "overlap_training_share": Yardstick("two_overlap", "share of disputes, the training alone with the photos held equal", lambda f: _disputes(f, BOTH)[1], "hidden"),
    "early_nps_returns": Yardstick("nps_too_early", "share that rents again, a point of the NPS at the hand-over", lambda f: staying.foretold(f, "handover"), "nothing"),
    "final_nps_returns": Yardstick("nps_too_early", "share that rents again, a point of the NPS at the end", lambda f: staying.foretold(f, "overall")),
    "weary_answers": Yardstick("over_surveyed", "share answered, a request beyond six in 90 days, within customers", lambda f: staying.answering(f)["weary"]),
    "unresolved_calls": Yardstick("complaint_call_leave", "share that calls, complaint unresolved after 7 days against resolved", lambda f: staying.complained(f)["calls"]),
    "unresolved_returns": Yardstick("complaint_call_leave", "share that rents again, unresolved and called against other complaints", lambda f: staying.complained(f)["returns"]),
    "engagement_before": Yardstick("employee_lead", "CSAT of counter and return, a point of engagement the month before", lambda f: staying.employees(f)[0]),
    "engagement_same_month": Yardstick("employee_lead", "the same, a point of engagement in the same month", lambda f: staying.employees(f)[1], "nothing"),
    "dispute_returns": Yardstick("churn_components", "share that rents again, dispute against none", lambda f: staying.left_after(f)[0]),
    "long_wait_returns": Yardstick("churn_components", "share that rents again, waited long against not", lambda f: staying.left_after(f)[1]),
    "late_deposit_returns": Yardstick("churn_components", "share that rents again, deposit late against not", lambda f: staying.left_after(f)[2]),
    "price_changed_returns": Yardstick("churn_components", "share that rents again, price changed against not", lambda f: staying.left_after(f)[3], "nothing"),
    "other_car_returns": Yardstick("churn_components", "share that rents again, another car than booked against the one", lambda f: staying.left_after(f)[4], "nothing"),
    "wording_csat": Yardstick("wording_change", "CSAT of the return, second wording less first", staying.reworded),
    "silent_lived": Yardstick("silent_differ", "what is remembered (latent, 0-10), never answering against answering", lambda f: staying.silent(f, "overall")),
    "silent_returns": Yardstick("silent_differ", "share that rents again, never answering against answering", lambda f: staying.silent(f, "again")),
    "valuable_answers": Yardstick("silent_differ", "share answered, the tenth with most revenue against the others", lambda f: staying.answering(f)["valuable"]),
    "unpermitted_share": Yardstick("missing_permissions", "share of customers without permission to improve the service", staying.unpermitted),
}  # fmt: skip

DRAWS, DRAWS_OFF, RENTALS = 30, 10, 100_000
FIRST_SEED = 1001


def draws(
    count: int, rentals: int = RENTALS, truths: frozenset[str] = plan.ALL, first_seed: int = FIRST_SEED, names: Iterable[str] = YARDSTICKS
) -> dict[str, list[Recovered]]:
    """What the named yardsticks find in `count` brands of that size, one seed after the other.

    The mean over 30 draws of 100,000 rentals stands for a draw of three million: each is a sample of the same brand.
    """
    found: dict[str, list[Recovered]] = {name: [] for name in names}
    for seed in range(first_seed, first_seed + count):
        frames = make(seed, rentals, truths)
        for name, each in found.items():
            each.append(YARDSTICKS[name].find(frames))
    return found


def summary(on: list[Recovered], off: list[Recovered], both: bool = False) -> Recoverable:
    """The draws of one yardstick in the figures that `TRUTH.md` shows; a find counts with either sign where `both`."""
    values = np.array([one.value for one in on])
    right = [one.found and (both or one.value * values.mean() > 0) for one in on]
    return Recoverable(
        float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))), float(values.std(ddof=1)), float(np.mean(right)),
        float(np.mean([one.value for one in off])),
    )  # fmt: skip


def main(names: list[str]) -> None:
    """Prints the lines of `recoverable.py` from fresh draws: of the yardsticks named, or of all."""
    names = names or list(YARDSTICKS)
    on, off = draws(DRAWS, names=names), draws(DRAWS_OFF, truths=frozenset(), names=names)
    for name in names:
        figures = summary(on[name], off[name], both=YARDSTICKS[name].kind == "nothing")
        print(f'    "{name}": Recoverable({", ".join(f"{value:.4g}" for value in astuple(figures))}),'.replace("nan", 'float("nan")'))


if __name__ == "__main__":
    main(sys.argv[1:])
