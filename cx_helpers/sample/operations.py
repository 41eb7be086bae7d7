"""What the company did in each rental: waits, hand-overs, assistance, return checks, deposits; cut at the export."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.places import LOCATIONS, MONTHS
from cx_helpers.sample.rentals import month_index, seconds, to_local, to_utc

WAIT_MEDIAN = {"airport": 11.5, "city": 7.5, "rail": 9.0}
WALK_METRES = {"airport": 220.0, "city": 60.0, "rail": 120.0}


def sites(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What differs between locations and moves from month to month by itself; `engagement` begins a month earlier."""
    count = len(LOCATIONS)
    drift = drifting(rng, (count, MONTHS + 1), plan.CHECK_DRIFT_SD_MINUTES, plan.CHECK_DRIFT_MEMORY)
    return {
        "quality": rng.normal(0, 0.06, count),
        "log_wait": rng.normal(0, 0.15, count),
        "log_wait_month": rng.normal(0, 0.05, (count, MONTHS + 1)),
        "check": rng.normal(0, plan.CHECK_SITE_SD_MINUTES, count)[:, None] + drift,
        "engagement": rng.normal(0, 0.3, count)[:, None]
        + drifting(rng, (count, MONTHS + 2), plan.ENGAGEMENT_SD, plan.ENGAGEMENT_MEMORY),
    }


def drifting(rng: np.random.Generator, shape: tuple[int, int], sd: float, memory: float) -> np.ndarray:
    """A row a series that wanders around nothing: standard deviation `sd`, correlation `memory` from one to the next."""
    values = rng.normal(0, sd, shape)
    for place in range(1, shape[1]):
        values[:, place] = memory * values[:, place - 1] + np.sqrt(1 - memory**2) * values[:, place]
    return values


def acted(frame: pd.DataFrame, action: plan.Action, times: pd.Series) -> np.ndarray:
    """True for rentals at a location of `action` whose time is on or after its first day, by the local clock."""
    start = to_utc(np.array([action.start]))[0]
    return LOCATIONS["name"].isin(action.units).to_numpy()[frame["site"]] & (times >= start).to_numpy()


def operate(rng: np.random.Generator, booked: pd.DataFrame, site: dict, truths: frozenset[str]) -> pd.DataFrame:
    """`booked` with everything the company did, uncut; times in UTC.

    Returns
    -------
    DataFrame
        Beside the columns of `booked`: checkin_at, checkin_failed (0/1, NaN not tried), called_at, wait_minutes,
        served_at, handover_at, handover_minutes, inspection_done, walk_metres, car_as_booked, assist_called_at,
        arrival_minutes, assisted_at, returned_at, check_minutes, checked_at, dispute, settled_at, deposit_days,
        extra_charge (0/1: on the invoice, not expected).
    """
    frame = booked.copy()
    _check_in(rng, frame)
    _pick_up(rng, frame, site, truths)
    _drive(rng, frame)
    _return(rng, frame, site, truths)
    return frame


def _check_in(rng: np.random.Generator, frame: pd.DataFrame) -> None:
    rows = len(frame)
    early = frame["due_at"] - frame["booked_at"] > pd.Timedelta(hours=18)
    tried = early & (rng.random(rows) < np.where(frame["channel"] == "app", 0.6, 0.35))
    frame["checkin_at"] = (frame["due_at"] - seconds(rng.uniform(3, 16, rows) * 3600)).where(tried)
    frame["checkin_failed"] = np.where(tried, rng.random(rows) < 0.09, np.nan)


def _pick_up(rng: np.random.Generator, frame: pd.DataFrame, site: dict, truths: frozenset[str]) -> None:
    rows, place = len(frame), frame["site"].to_numpy()
    arrived = frame["due_at"] + seconds(rng.exponential(900, rows))
    local = to_local(arrived)
    busy = 0.18 * local.dt.month.isin([7, 8]) + 0.15 * local.dt.day_of_week.isin([4, 5])
    wait = frame["kind"].map(WAIT_MEDIAN) * np.exp(
        site["log_wait"][place] + site["log_wait_month"][place, month_index(local.to_numpy())] + busy
        + rng.normal(0, 0.5, rows)
    )  # fmt: skip
    for wave in plan.SECOND_LINE_WAVES:
        wait = np.where(acted(frame, wave, arrived) & ("second_line_works" in truths), wait * plan.SECOND_LINE_FACTOR, wait)
    locker = acted(frame, plan.LOCKERS, arrived) & ("locker_harms_later" in truths)
    frame["wait_minutes"] = np.round(np.where(locker, wait * plan.LOCKER_WAIT_FACTOR, wait) + 0.05, 1)
    frame["called_at"] = arrived + seconds(frame["wait_minutes"].to_numpy() * 60)
    frame["served_at"] = frame["called_at"] + seconds(rng.normal(8, 1.5, rows).clip(3) * 60)
    planted = "skipped_inspection" in truths
    quick = acted(frame, plan.QUICK_HANDOVER, arrived) & planted
    done = rng.random(rows) < np.where(quick, plan.INSPECTION_SHARE_QUICK, plan.INSPECTION_SHARE)
    frame["inspection_done"] = done.astype(int)
    minutes = rng.normal(14, 2.5, rows) - plan.SKIP_SAVES_MINUTES * (~done & planted)
    frame["handover_minutes"] = np.round(minutes.clip(2), 1)
    frame["walk_metres"] = np.round(frame["kind"].map(WALK_METRES) * rng.gamma(4, 0.25, rows))
    walk = seconds(frame["walk_metres"].to_numpy() / 1.3)
    frame["handover_at"] = frame["served_at"] + walk + seconds(frame["handover_minutes"].to_numpy() * 60)
    frame["car_as_booked"] = (rng.random(rows) < 0.88).astype(int)
    share = np.where(locker, plan.EXTRA_CHARGE_SHARE_LOCKER, plan.EXTRA_CHARGE_SHARE)
    frame["extra_charge"] = (rng.random(rows) < share).astype(int)


def _drive(rng: np.random.Generator, frame: pd.DataFrame) -> None:
    rows = len(frame)
    broke = rng.random(rows) < 0.035
    part = rng.uniform(0.1, 0.8, rows) * (frame["return_due_at"] - frame["handover_at"]).dt.total_seconds()
    frame["assist_called_at"] = (frame["handover_at"] + seconds(part.clip(600).to_numpy())).where(broke)
    arrival = np.round(42 * np.exp(rng.normal(0, 0.45, rows)), 1)
    frame["arrival_minutes"] = np.where(broke, arrival, np.nan)
    frame["assisted_at"] = frame["assist_called_at"] + seconds(arrival * 60)


def _return(rng: np.random.Generator, frame: pd.DataFrame, site: dict, truths: frozenset[str]) -> None:
    rows, place = len(frame), frame["site"].to_numpy()
    due = frame["return_due_at"] + seconds(rng.normal(0, 1800, rows))
    soonest = (frame["assisted_at"].fillna(frame["handover_at"])) + pd.Timedelta(hours=1)
    frame["returned_at"] = due.where(due > soonest, soonest)
    month = month_index(to_local(frame["returned_at"]).to_numpy())
    frame["check_minutes"] = np.round((rng.normal(9, 2.5, rows) + site["check"][place, month]).clip(1), 1)
    frame["checked_at"] = frame["returned_at"] + seconds(frame["check_minutes"].to_numpy() * 60)
    skipped = (frame["inspection_done"] == 0) & ("skipped_inspection" in truths)
    risk = plan.DISPUTE_SHARE + plan.SKIP_ADDS_DISPUTE * skipped
    for action, factor in ((plan.PHOTOS, plan.PHOTOS_FACTOR), (plan.TRAINING, plan.TRAINING_FACTOR)):
        helped = acted(frame, action, frame["returned_at"]) & ("two_overlap" in truths)
        risk = np.where(helped, risk * factor, risk)
    frame["dispute"] = (rng.random(rows) < risk).astype(int)
    days = rng.gamma(3.2, 1.25, rows) + 0.3
    frame["deposit_days"] = np.round(days, 1)
    frame["settled_at"] = frame["checked_at"] + seconds(days * 86_400)


def scanner_sites(rng: np.random.Generator, frame: pd.DataFrame, truths: frozenset[str]) -> tuple[str, ...]:
    """The locations given scanners: the slowest return checks just before, or any where the truth is off."""
    free = np.flatnonzero(~LOCATIONS["name"].isin(plan.FIXED_UNITS))
    by_chance = rng.permutation(free)
    start = pd.Timestamp(to_utc(np.array([plan.SCANNERS.start]))[0])
    since = start - pd.DateOffset(months=plan.SCANNER_BASELINE_MONTHS)
    seen = frame.loc[frame["returned_at"].between(since, start, inclusive="left") & ~frame["cancelled"]]
    slow = seen.groupby("site")["check_minutes"].mean().reindex(free).sort_values(ascending=False, kind="stable").index
    chosen = slow if "scanners_do_nothing" in truths else by_chance
    return tuple(LOCATIONS["name"].to_numpy()[sorted(chosen[: plan.SCANNER_SITES])])


STEPS = {
    "checkin_at": ["checkin_failed"],
    "called_at": ["wait_minutes"],
    "served_at": [],
    "handover_at": ["inspection_done", "handover_minutes", "walk_metres", "car_as_booked"],
    "assist_called_at": [],
    "assisted_at": ["arrival_minutes"],
    "returned_at": [],
    "checked_at": ["check_minutes", "dispute"],
    "settled_at": ["deposit_days", "extra_charge"],
}


def as_known(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` without what a cancelled rental never had and what lies after the export; adds status and ended_at."""
    frame = frame.copy()
    end = pd.Timestamp(to_utc(np.array([plan.CUT_OFF]))[0])
    for time, measures in STEPS.items():
        unknown = frame["cancelled"] | ~(frame[time] < end)
        frame.loc[unknown, time] = pd.NaT
        for name in measures:
            frame[name] = frame[name].astype(float).mask(unknown)
    settled = frame["settled_at"].notna()
    frame["status"] = np.select([frame["cancelled"], settled], ["cancelled", "completed"], "open")
    frame["ended_at"] = frame["settled_at"].fillna(frame["cancelled_at"])
    return frame
