"""What a perfect analyst, who knows where to look, recovers of each planted truth from `make`'s frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.rentals import to_local

Frames = dict[str, pd.DataFrame]
Recovered = tuple[float, float]


def slopes(outcome, columns, groups, clusters) -> list[Recovered]:
    """Least-squares slopes within `groups`, with standard errors clustered (Liang and Zeger 1986, CR1)."""
    x, y = np.column_stack(columns).astype(float), np.asarray(outcome, float)
    codes = pd.factorize(groups)[0]
    count = np.bincount(codes)
    x = x - np.column_stack([np.bincount(codes, part) / count for part in x.T])[codes]
    y = y - (np.bincount(codes, y) / count)[codes]
    inverse = np.linalg.inv(x.T @ x)
    slope = inverse @ x.T @ y
    scores = pd.DataFrame(x * (y - x @ slope)[:, None]).groupby(pd.factorize(clusters)[0]).sum().to_numpy()
    g = len(scores)
    spread = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse) * g / (g - 1))
    return list(zip(slope.tolist(), spread.tolist(), strict=True))


def answered(frames: Frames, survey: str) -> pd.DataFrame:
    """The rentals whose `survey` was answered, with its score."""
    given = frames["responses"].query("survey == @survey").dropna(subset=["score"])
    return given[["booking_no", "score"]].merge(frames["rentals"], on="booking_no", validate="one_to_one")


def _wait(frames: Frames, survey: str) -> list[Recovered]:
    rows, limit = answered(frames, survey), plan.WAIT_THRESHOLD_MINUTES
    wait = rows["wait_minutes"]
    return slopes(rows["score"], [(wait - limit).clip(lower=0), wait.clip(upper=limit)], rows["unit"], rows["customer_no"])


def _inspection(frames: Frames, outcome: str) -> Recovered:
    rows = answered(frames, "overall") if outcome == "score" else frames["rentals"].dropna(subset=[outcome])
    return slopes(rows[outcome], [1 - rows["inspection_done"]], rows["unit"], rows["customer_no"])[0]


def _dispute(frames: Frames) -> Recovered:
    rows = answered(frames, "overall")
    return slopes(rows["score"], [rows["dispute"]], rows["unit"], rows["customer_no"])[0]


def _second_line(frames: Frames) -> Recovered:
    """Difference in differences of log waits, location and month taken out of a balanced panel of means."""
    rows = frames["rentals"].dropna(subset=["wait_minutes"])
    month = to_local(rows["called_at"]).dt.strftime("%Y-%m")
    panel = np.log(rows["wait_minutes"]).groupby([rows["unit"], month]).mean().unstack()
    treated = panel.index.isin(plan.SECOND_LINE.units)
    after = panel.columns >= plan.SECOND_LINE.effective_from[:7]
    change = panel.loc[:, after].mean(axis=1) - panel.loc[:, ~after].mean(axis=1)
    error = np.sqrt(change[treated].var() / treated.sum() + change[~treated].var() / (~treated).sum())
    return float(change[treated].mean() - change[~treated].mean()), float(error)


def _scanners(frames: Frames, baseline: tuple[str, str]) -> Recovered:
    """Change of the check's minutes from `baseline` months to the months with scanners, against the free locations."""
    rows = frames["rentals"].dropna(subset=["check_minutes"])
    units = frames["actions"].set_index("action_id").loc[plan.SCANNERS.action_id, "units"].split(";")
    month = to_local(rows["returned_at"]).dt.strftime("%Y-%m")
    panel = rows["check_minutes"].groupby([rows["unit"], month]).mean().unstack()
    panel = panel.drop(index=[*plan.SECOND_LINE.units, *plan.QUICK_HANDOVER.units])
    before = panel.loc[:, (panel.columns >= baseline[0]) & (panel.columns < baseline[1])].mean(axis=1)
    change = panel.loc[:, panel.columns >= plan.SCANNERS.effective_from[:7]].mean(axis=1) - before
    mine = change.index.isin(units)
    error = np.sqrt(change[mine].var() / mine.sum() + change[~mine].var() / (~mine).sum())
    return float(change[mine].mean() - change[~mine].mean()), float(error)


def _walk(frames: Frames) -> Recovered:
    rows = answered(frames, "overall")
    return slopes(rows["score"], [rows["walk_metres"] / 100], rows["unit"], rows["customer_no"])[0]


def _mix(frames: Frames) -> Recovered:
    """Kitagawa's mix part of the change in NPS, first to last twelve months, by kind of location."""
    rows = answered(frames, "overall")
    points = 100.0 * ((rows["score"] >= 9).astype(int) - (rows["score"] <= 6).astype(int))
    late = (to_local(rows["booked_at"]).dt.strftime("%Y-%m") >= "2025-11").to_numpy()
    cells = points.groupby([rows["kind"], late]).agg(["mean", "var", "size"]).unstack()
    share = cells["size"] / cells["size"].sum()
    moved = share[True] - share[False]
    level = cells["mean"].mean(axis=1)
    noise = sum((cells["var"][when] / cells["size"][when] / 4 * moved**2).sum() for when in (False, True))
    for when in (False, True):
        spread = (share[when] * level**2).sum() - (share[when] * level).sum() ** 2
        noise += spread / cells["size"][when].sum()
    return float((moved * level).sum()), float(np.sqrt(noise))


YARDSTICKS: dict[str, Callable[[Frames], Recovered]] = {
    "wait_counter_beyond": lambda frames: _wait(frames, "counter")[0],
    "wait_counter_below": lambda frames: _wait(frames, "counter")[1],
    "wait_overall_beyond": lambda frames: _wait(frames, "overall")[0],
    "skip_handover_minutes": lambda frames: _inspection(frames, "handover_minutes"),
    "skip_dispute_share": lambda frames: _inspection(frames, "dispute"),
    "dispute_overall": _dispute,
    "skip_overall": lambda frames: _inspection(frames, "score"),
    "second_line_log_wait": _second_line,
    "scanners_naive_minutes": lambda frames: _scanners(frames, ("2025-09", "2025-12")),
    "scanners_fair_minutes": lambda frames: _scanners(frames, ("2024-11", "2025-07")),
    "walk_overall": _walk,
    "mix_nps_points": _mix,
}
