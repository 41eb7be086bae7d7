"""Who leaves for good after a rental, and under which numbers the rentals are therefore made.

A customer who has left makes no more bookings. So that the number of rentals, and where and when they are, do not
depend on who leaves, a booking that somebody who left would have made is made by a newcomer of the same habits.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.care import unresolved


def reasons(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """What makes customers leave, by its name in `plan.LEAVES_AFTER`: True where it happened in the rental."""
    return {
        "dispute": frame["dispute"] == 1,
        "long_wait": frame["wait_minutes"] > plan.LONG_WAIT_MINUTES,
        "late_deposit": frame["deposit_days"] > plan.LATE_DEPOSIT_DAYS,
    }


def left_at(
    rng: np.random.Generator, frame: pd.DataFrame, complaint: pd.DataFrame, call: pd.DataFrame, truths: frozenset[str]
) -> pd.Series:
    """When the customer of each rental left for good because of it (UTC); NaT where they stayed."""
    rows = len(frame)
    stays = np.full(rows, 1 - plan.LEAVES_ANYWAY)
    if "churn_components" in truths:
        for name, happened in reasons(frame).items():
            stays = stays * (1 - plan.LEAVES_AFTER[name] * happened.to_numpy())
    if "silent_differ" in truths:
        stays = stays * (1 - plan.SILENT_LEAVES * frame["silent"].to_numpy())
    draw, by_call = rng.random(rows), rng.random(rows)
    left = frame["settled_at"].where(draw > stays)
    if "complaint_call_leave" in truths:
        about = call[call["ticket_id"].isin(complaint.loc[unresolved(complaint), "ticket_id"])]
        row = pd.Index(frame["booking_no"]).get_indexer(about["booking_no"])
        row, at = row[by_call[row] < plan.LEAVES_AFTER_CALL], about["called_at"].to_numpy()[by_call[row] < plan.LEAVES_AFTER_CALL]
        left.iloc[row] = left.iloc[row].fillna(pd.Series(at + np.timedelta64(1, "D"), left.index[row]))
    return left


def numbered(frame: pd.DataFrame, left: pd.Series) -> pd.DataFrame:
    """Who each rental is under: customer_no, newcomer (0/1: takes the place of one who left) and tenure."""
    person = frame["person"].to_numpy().astype(np.int64)
    booked = frame["booked_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    gone = left.notna().to_numpy()
    when = left.to_numpy()[gone].astype("datetime64[s]").astype(np.int64)
    leaving = np.sort((person[gone] << 32) + when)
    lives = np.searchsorted(leaving, (person << 32) + booked, side="right") - np.searchsorted(leaving, person << 32)
    _, first, which = np.unique((person << 12) + lives, return_index=True, return_inverse=True)
    newcomer = lives[first] > 0
    number = np.where(newcomer, person.max() + 2 + first, person[first] + 1)
    names = np.array([f"C{one:06d}" for one in number], object)
    earlier = pd.Series(which).groupby(which).cumcount().to_numpy() + np.where(lives > 0, 0, frame["before"])
    tenure = np.array(["new", "returning", "frequent"], object)[np.searchsorted([0.5, 4.5], earlier)]
    return pd.DataFrame({"customer_no": names[which], "newcomer": (lives > 0).astype(int), "tenure": tenure}, index=frame.index)
