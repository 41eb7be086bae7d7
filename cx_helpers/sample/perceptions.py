"""What customers lived, remembered, answered and complained of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.rentals import seconds, to_utc
from cx_helpers.sample.words import comments, complaints

ASKED_AFTER_HOURS = {"booking": 0.2, "counter": 0.5, "assistance": 2.0, "return": 0.5, "settle": 1.0}
MOMENT = {
    "booking": "booked_at", "counter": "served_at", "assistance": "assisted_at", "return": "checked_at",
    "settle": "settled_at", "overall": "settled_at",
}  # fmt: skip
SURVEY_CHANNEL = {"booking": "app", "counter": "sms", "assistance": "sms", "return": "sms", "settle": "email", "overall": "email"}


def lived(rng: np.random.Generator, frame: pd.DataFrame, quality: np.ndarray, truths: frozenset[str]) -> pd.DataFrame:
    """The experience of each touchpoint (1-5, unrounded; NaN where it was not met) and what is remembered (0-10)."""
    rows = len(frame)
    excess = (frame["wait_minutes"] - plan.WAIT_THRESHOLD_MINUTES).clip(lower=0)
    dispute = frame["dispute"].fillna(0)
    moved = {
        "booking": -0.5 * frame["price_changed"] - 0.03 * (frame["booking_minutes"] - 6),
        "checkin": -0.9 * frame["checkin_failed"],
        "counter": plan.WAIT_SLOPE * excess * ("wait_threshold" in truths) + 0 * frame["wait_minutes"],
        "handover": -0.02 * (frame["handover_minutes"] - 14)
        + plan.WALK_SLOPE_IF_OFF * frame["walk_metres"] * ("walk_without_effect" not in truths),
        "drive": -0.6 * (1 - frame["car_as_booked"]),
        "assistance": -0.02 * (frame["arrival_minutes"] - 45).clip(lower=0) + 0 * frame["arrival_minutes"],
        "return": -1.8 * frame["dispute"] - 0.02 * (frame["check_minutes"] - 9),
        "settle": -0.09 * (frame["deposit_days"] - 5).clip(lower=0) - 0.8 * dispute + 0 * frame["deposit_days"],
    }
    own = frame["generous"] + quality[frame["site"]]
    felt = pd.DataFrame({name: value + own + rng.normal(0, 0.5, rows) for name, value in moved.items()})
    weights = np.array([weight for _, weight in plan.EXPERIENCES.values()])
    met = felt.notna().to_numpy()
    mean = np.where(met, felt, 0) @ weights / np.maximum(met @ weights, 1)
    memory = plan.MEMORY
    remembered = memory["mean"] * mean + memory["peak"] * felt.min(axis=1) + memory["end"] * felt["settle"]
    result = felt + pd.Series({name: usual for name, (usual, _) in plan.EXPERIENCES.items()})
    result["overall"] = (
        plan.REMEMBERED_BASE
        + frame["kind"].map(plan.REMEMBERED_KIND)
        + plan.REMEMBERED_SLOPE * remembered
        + rng.normal(0, plan.REMEMBERED_NOISE_SD, rows)
    )
    return result


def responses(rng: np.random.Generator, frame: pd.DataFrame, felt: pd.DataFrame) -> pd.DataFrame:
    """One row a question asked; score is NaN where nobody answered. Times in UTC.

    Returns
    -------
    DataFrame
        response_id, booking_no, customer_no, survey (a touchpoint or overall), question (csat or nps), score,
        asked_at, answered_at, channel, language, comment.
    """
    end = pd.Timestamp(to_utc(np.array([plan.CUT_OFF]))[0])
    parts = [_asked(rng, frame, felt, survey, end) for survey in plan.SURVEYS]
    asked = pd.concat(parts, ignore_index=True).sort_values(["asked_at", "booking_no", "survey"], ignore_index=True)
    asked.insert(0, "response_id", [f"S{number:08d}" for number in range(1, len(asked) + 1)])
    asked["comment"] = comments(rng, asked)
    return asked.drop(columns="tone")


def _asked(rng: np.random.Generator, frame: pd.DataFrame, felt: pd.DataFrame, survey: str, end: pd.Timestamp) -> pd.DataFrame:
    rows, overall = len(frame), survey == "overall"
    score = np.rint(felt[survey] + rng.normal(0, 0.35, rows)).clip(*((0, 10) if overall else (1, 5)))
    tone = (felt[survey] - (8.0 if overall else 4.2)) / (2.0 if overall else 0.8)
    pull = -1.55 + frame["willing"] + 0.3 * (frame["tenure"] == "frequent") - 0.25 * (frame["channel"] == "phone")
    pull += 0.15 * tone.abs().clip(upper=3) - 0.1 * tone.clip(-3, 3)
    answers = rng.random(rows) < 1 / (1 + np.exp(-pull))
    delay = plan.OVERALL_AFTER_DAYS * 24 if overall else ASKED_AFTER_HOURS[survey]
    asked_at = frame[MOMENT[survey]] + pd.Timedelta(hours=delay)
    answered_at = asked_at + seconds(60 + rng.exponential(14 if overall else 5, rows) * 3600)
    answers &= answered_at < end
    part = pd.DataFrame({
        "booking_no": frame["booking_no"], "customer_no": frame["customer_no"], "survey": survey,
        "question": "nps" if overall else "csat", "score": score.where(answers), "asked_at": asked_at,
        "answered_at": answered_at.where(answers), "channel": SURVEY_CHANNEL[survey], "language": frame["language"],
        "tone": tone.where(answers),
    })  # fmt: skip
    return part[frame["contactable"] & (asked_at < end) & ~frame["cancelled"]]


def tickets(rng: np.random.Generator, frame: pd.DataFrame, felt: pd.DataFrame) -> pd.DataFrame:
    """One row a complaint, to the day before the export. Times in UTC.

    Returns
    -------
    DataFrame
        ticket_id, booking_no, customer_no, topic, opened_at, first_reply_at, closed_at, recovered (yes, no), text.
    """
    rows = len(frame)
    end = pd.Timestamp(to_utc(np.array([plan.CUT_OFF]))[0])
    low = {name: (3.0 - felt[name]).clip(0, 2).fillna(0) for name in ("counter", "drive", "settle")}
    chance = 0.006 + 0.32 * frame["dispute"].fillna(0) + 0.04 * sum(low.values())
    opened = frame["checked_at"] + seconds(3600 + rng.exponential(30, rows) * 3600)
    draw, late = rng.random(rows), rng.random(rows)
    reply = opened + seconds(np.exp(rng.normal(2.7, 0.9, rows)) * 3600)
    closed = reply + seconds(rng.exponential(40, rows) * 3600)
    worst = pd.DataFrame(low).idxmax(axis=1).map({"counter": "waiting", "drive": "vehicle", "settle": "deposit"})
    topic = worst.where(frame["dispute"] != 1, "damage charge")
    part = pd.DataFrame({
        "booking_no": frame["booking_no"], "customer_no": frame["customer_no"], "topic": topic, "opened_at": opened,
        "first_reply_at": reply.where(reply < end), "closed_at": closed.where(closed < end),
        "recovered": np.where(late < np.where(reply - opened <= pd.Timedelta(days=1), 0.65, 0.35), "yes", "no"),
        "language": frame["language"],
    })  # fmt: skip
    part = part[(draw < chance) & (opened < end - pd.Timedelta(days=1))]
    part = part.sort_values(["opened_at", "booking_no"], ignore_index=True)
    part.loc[part["closed_at"].isna(), "recovered"] = None
    part.insert(0, "ticket_id", [f"T{number:06d}" for number in range(1, len(part) + 1)])
    part["text"] = complaints(part)
    return part.drop(columns="language")
