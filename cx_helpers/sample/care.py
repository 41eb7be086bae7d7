"""What customers said unasked: complaints, calls to customer care, reviews."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.perceptions import export_end
from cx_helpers.sample.rentals import seconds
from cx_helpers.sample.words import complaints, reviews

REVIEW_SITES = ("MapStars", "TripTalk", "Chirper")
COMPLAINED_OF = {"counter": "waiting", "drive": "vehicle", "settle": "deposit"}
# reason of a call: (share of rentals, moment before or after which it comes, hours)
CALLED_ABOUT = {"booking change": (0.03, "booked_at", 20.0), "directions": (0.015, "called_at", -2.0), "invoice": (0.025, "settled_at", 60.0)}


def tickets(rng: np.random.Generator, wording: np.random.Generator, frame: pd.DataFrame, felt: pd.DataFrame) -> pd.DataFrame:
    """One row a complaint, to the day before the export. Times in UTC.

    Returns
    -------
    DataFrame
        ticket_id, booking_no, topic, opened_at, first_reply_at, closed_at (NaT while open), recovered (yes, no),
        language, tone (standard deviations from the usual, negative), text.
    """
    rows, end = len(frame), export_end()
    low = {name: (3.0 - felt[name]).clip(0, 2).fillna(0) for name in COMPLAINED_OF}
    chance = 0.01 + 0.36 * frame["dispute"].fillna(0) + 0.08 * sum(low.values())
    opened = frame["checked_at"] + seconds(3600 + rng.exponential(30, rows) * 3600)
    draw, late, stuck = rng.random(rows), rng.random(rows), rng.random(rows) < plan.STUCK_SHARE
    reply = opened + seconds(np.exp(rng.normal(2.7, 0.9, rows)) * 3600)
    closed = reply + seconds(np.minimum(rng.exponential(40, rows), 120) * 3600)
    closed = closed.where(~stuck, reply + seconds(rng.uniform(10, 40, rows) * 86_400))
    worst = pd.DataFrame(low).idxmax(axis=1).map(COMPLAINED_OF)
    quick = np.where(reply - opened <= pd.Timedelta(days=1), 0.65, 0.35)
    part = pd.DataFrame({
        "booking_no": frame["booking_no"], "topic": worst.where(frame["dispute"] != 1, "damage charge"), "opened_at": opened,
        "first_reply_at": reply.where(reply < end), "closed_at": closed.where(closed < end),
        "recovered": np.where(late < np.where(stuck, 0.05, quick), "yes", "no"), "language": frame["language"],
        "tone": -1.7 + 0.6 * rng.normal(0, 1, rows) - 0.5 * stuck,
    })  # fmt: skip
    part = part[(draw < chance) & (opened < end - pd.Timedelta(days=1))]
    part = part.sort_values(["opened_at", "booking_no"], ignore_index=True)
    part.loc[part["closed_at"].isna(), "recovered"] = None
    part.insert(0, "ticket_id", [f"T{number:06d}" for number in range(1, len(part) + 1)])
    part["text"] = complaints(part, wording)
    return part


def unresolved(complaint: pd.DataFrame) -> pd.Series:
    """True for complaints that were still open after the days within which one should be resolved."""
    return ~(complaint["closed_at"] - complaint["opened_at"] <= pd.Timedelta(days=plan.RESOLVED_WITHIN_DAYS))


def calls(rng: np.random.Generator, frame: pd.DataFrame, complaint: pd.DataFrame, truths: frozenset[str]) -> pd.DataFrame:
    """One row a call to customer care, in the order of calling. Times in UTC.

    Returns
    -------
    DataFrame
        call_id, booking_no, ticket_id (None where it is about no complaint), called_at, minutes, reason (booking
        change, directions, invoice, complaint).
    """
    rows, end = len(frame), export_end()
    parts = []
    for reason, (share, moment, hours) in CALLED_ABOUT.items():
        at = frame[moment] + seconds(hours * 3600 * rng.uniform(0.05, 1, rows))
        part = pd.DataFrame({"booking_no": frame["booking_no"], "ticket_id": None, "called_at": at, "reason": reason})
        parts.append(part[(rng.random(rows) < share) & ~frame["cancelled"]])
    place = pd.Index(frame["booking_no"]).get_indexer(complaint["booking_no"])
    draw, days = rng.random(rows)[place], rng.exponential(2.0, rows)[place]
    planted = "complaint_call_leave" in truths
    ringing = unresolved(complaint) & (draw < (plan.CALLS_UNRESOLVED if planted else plan.CALLS_UNRESOLVED_IF_OFF))
    at = complaint["opened_at"] + pd.Timedelta(days=plan.RESOLVED_WITHIN_DAYS) + seconds(days * 86_400)
    about = pd.DataFrame({"booking_no": complaint["booking_no"], "ticket_id": complaint["ticket_id"], "called_at": at, "reason": "complaint"})
    minutes = np.round(np.exp(rng.normal(1.6, 0.6, (len(CALLED_ABOUT) + 1, rows))) + 0.5, 1)
    whole = pd.concat([*parts, about[ringing]], ignore_index=True)
    row = pd.Index(frame["booking_no"]).get_indexer(whole["booking_no"])
    whole["minutes"] = minutes[pd.Categorical(whole["reason"], [*CALLED_ABOUT, "complaint"]).codes, row]
    whole = whole[whole["called_at"] < end].sort_values(["called_at", "booking_no"], ignore_index=True)
    whole.insert(0, "call_id", [f"K{number:06d}" for number in range(1, len(whole) + 1)])
    return whole


def posted(rng: np.random.Generator, wording: np.random.Generator, frame: pd.DataFrame, felt: pd.DataFrame, topic: np.ndarray) -> pd.DataFrame:
    """One row a review or post in public, in the order of posting. Times in UTC.

    Returns
    -------
    DataFrame
        review_id, site, author_handle, location_name, booking_no (mostly None), stars (1-5), language, posted_at, tone,
        topic, text.
    """
    rows = len(frame)
    tone = (felt["overall"] - 8.0) / 2.0
    number, site, known, draw = rng.integers(0, 1_000_000, rows), rng.integers(0, len(REVIEW_SITES), rows), rng.random(rows), rng.random(rows)
    at = frame["settled_at"] + seconds(rng.exponential(6, rows) * 86_400)
    stars = np.rint(felt["overall"] / 2 + rng.normal(0, 0.3, rows)).clip(1, 5)
    picked = ((draw < 0.008 + 0.02 * (tone.abs() > 1.2)) & (at < export_end())).to_numpy()
    part = pd.DataFrame({
        "site": np.array(REVIEW_SITES, object)[site], "author_handle": number, "location_name": frame["unit"],
        "booking_no": frame["booking_no"].astype(object).where(known < 0.12, None), "stars": stars, "language": frame["language"],
        "posted_at": at, "tone": tone, "topic": topic,
    })[picked].sort_values("posted_at", kind="stable", ignore_index=True)  # fmt: skip
    part["author_handle"] = [f"@traveller{one:06d}" for one in part["author_handle"]]
    part.insert(0, "review_id", [f"P{one:06d}" for one in range(1, len(part) + 1)])
    part["text"] = reviews(wording, part)
    return part
