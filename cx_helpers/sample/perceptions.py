"""What customers lived, remembered and answered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.rentals import month_index, seconds, to_local, to_utc
from cx_helpers.sample.words import comments

ASKED_AFTER_HOURS = {"booking": 0.2, "counter": 0.5, "handover": 0.1, "assistance": 2.0, "return": 0.5, "settle": 1.0}
MOMENT = {
    "booking": "booked_at", "counter": "served_at", "handover": "handover_at", "assistance": "assisted_at",
    "return": "checked_at", "settle": "settled_at", "overall": "settled_at",
}  # fmt: skip
SURVEY_CHANNEL = {"booking": "app", "settle": "email", "overall": "email"}
STAFFED = {"counter": "called_at", "handover": "called_at", "return": "returned_at"}
# What is spoken of, by where it was lived
TOPIC = {
    "booking": "booking", "checkin": "booking", "counter": "waiting", "handover": "handover", "drive": "vehicle",
    "assistance": "assistance", "return": "return", "settle": "deposit",
}  # fmt: skip


def export_end() -> pd.Timestamp:
    """The moment of the export, UTC."""
    return pd.Timestamp(to_utc(np.array([plan.CUT_OFF]))[0])


def lived(rng: np.random.Generator, frame: pd.DataFrame, site: dict, truths: frozenset[str]) -> pd.DataFrame:
    """The experience of each touchpoint (1-5, unrounded; NaN where it was not met) and what is remembered (0-10)."""
    rows, place = len(frame), frame["site"].to_numpy()
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
        "settle": -0.09 * (frame["deposit_days"] - 5).clip(lower=0) - 0.8 * dispute
        + plan.EXTRA_CHARGE_FELT * frame["extra_charge"],
    }  # fmt: skip
    if "employee_lead" in truths:
        for name, time in STAFFED.items():
            month = month_index(to_local(frame[time]).to_numpy())
            # column m of `engagement` is the month before month m of the brand
            moved[name] = moved[name] + plan.ENGAGEMENT_SLOPE * site["engagement"][place, month]
    own = frame["generous"] + site["quality"][place] + plan.SILENT_LIVED * (frame["silent"] & ("silent_differ" in truths))
    felt = pd.DataFrame({name: value + own + rng.normal(0, 0.5, rows) for name, value in moved.items()})
    result = felt + pd.Series({name: usual for name, (usual, _) in plan.EXPERIENCES.items()})
    result["overall"] = (
        plan.REMEMBERED_BASE
        + frame["kind"].map(plan.REMEMBERED_KIND)
        + plan.REMEMBERED_SLOPE * _remembered(felt, plan.MEMORY if "peak_end" in truths else plan.MEMORY_IF_OFF)
        + rng.normal(0, plan.REMEMBERED_NOISE_SD, rows)
    )
    return result


def _remembered(felt: pd.DataFrame, memory: dict[str, float]) -> pd.Series:
    """The mean, the worst and the last of what was lived, each from its usual level; unknown before the end."""
    weights = np.array([plan.EXPERIENCES[name][1] for name in felt])
    met = felt.notna().to_numpy()
    mean = np.where(met, felt, 0) @ weights / np.maximum(met @ weights, 1)
    return memory["mean"] * mean + memory["peak"] * felt.min(axis=1) + memory["end"] * felt["settle"]


def responses(
    rng: np.random.Generator, wording: np.random.Generator, frame: pd.DataFrame, felt: pd.DataFrame, truths: frozenset[str]
) -> pd.DataFrame:
    """One row a question asked; score is NaN where nobody answered. Times in UTC.

    Returns
    -------
    DataFrame
        response_id, booking_no, customer_no, survey (a touchpoint or overall), question (csat or nps; an nps at the
        hand-over is asked too early), question_version (v1, v2), score, asked_at, answered_at, channel, language,
        tone (standard deviations from the usual), topic, comment.
    """
    surveys = (*plan.SURVEYS, "handover")
    spoken = topics(felt)
    parts = [_asked(rng, frame, felt, spoken, survey, truths) for survey in surveys]
    asked = pd.concat(parts[: len(parts) - ("nps_too_early" not in truths)], ignore_index=True)
    asked = asked.sort_values(["asked_at", "booking_no", "survey"], ignore_index=True)
    pull = asked.pop("pull")
    if "over_surveyed" in truths:
        beyond = requests_before(asked) - plan.REQUESTS_ENOUGH
        pull = pull + plan.REQUEST_WEARIES * np.clip(beyond, 0, plan.REQUESTS_AT_MOST)
    silent = ~((asked.pop("draw") < 1 / (1 + np.exp(-pull))) & (asked["answered_at"] < export_end()))
    asked["score"] = asked["score"].mask(silent)
    asked["answered_at"] = asked["answered_at"].mask(silent)
    asked["tone"] = asked["tone"].mask(silent)
    asked["topic"] = asked["topic"].astype(object).mask(silent, None)
    asked.insert(0, "response_id", [f"S{number:08d}" for number in range(1, len(asked) + 1)])
    early = ((asked["survey"] == "handover") & (asked["question"] == "nps")).to_numpy()
    asked["comment"] = np.full(len(asked), None, object)
    asked.loc[~early, "comment"] = comments(wording, asked[~early])
    return asked


def requests_before(asked: pd.DataFrame) -> np.ndarray:
    """Requests that the customer of each row was sent in the 90 days before it, of the rows given."""
    code = pd.factorize(asked["customer_no"])[0].astype(np.int64) << 32
    key = code + asked["asked_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    every = np.sort(key)
    return np.searchsorted(every, key) - np.searchsorted(every, key - plan.REQUESTS_WITHIN_DAYS * 86_400)


def topics(felt: pd.DataFrame) -> dict[str, np.ndarray]:
    """What an answer to each survey is about: its touchpoint, at the end the worst (or best) that was lived."""
    names = list(plan.EXPERIENCES)
    usual = np.array([plan.EXPERIENCES[name][0] for name in names])
    away = felt[names].to_numpy() - usual
    least, most = np.nan_to_num(away, nan=9).argmin(axis=1), np.nan_to_num(away, nan=-9).argmax(axis=1)
    table = np.array([TOPIC[name] for name in names], object)
    rows = np.arange(len(felt))
    strongest = np.where(-away[rows, least] > away[rows, most], least, most)
    return {"overall": table[strongest], **{name: np.full(len(felt), TOPIC[name], object) for name in names}}


def _asked(
    rng: np.random.Generator, frame: pd.DataFrame, felt: pd.DataFrame, spoken: dict[str, np.ndarray], survey: str, truths: frozenset[str]
) -> pd.DataFrame:  # fmt: skip
    """Who is asked, what they would answer and how willing they are, before weariness."""
    rows, nps = len(frame), survey in ("overall", "handover")
    noise, draw, hours, chance = rng.normal(0, 1, rows), rng.random(rows), rng.exponential(1, rows), rng.random(rows)
    delay = plan.OVERALL_AFTER_DAYS * 24 if survey == "overall" else ASKED_AFTER_HOURS[survey]
    asked_at = frame[MOMENT[survey]] + pd.Timedelta(hours=delay)
    answered_at = asked_at + seconds(60 + hours * (14 if survey == "overall" else 5) * 3600)
    would, spread = felt[survey], 0.35
    if survey == "handover":
        would = plan.EARLY_BASE + plan.EARLY_SLOPE * (felt[survey] - plan.EXPERIENCES[survey][0])
        spread = plan.EARLY_NOISE_SD
    tone = (would - (8.0 if nps else 4.2)) / (2.0 if nps else 0.8)
    reworded = (asked_at >= to_utc(np.array([plan.REWORDED_ON]))[0]).to_numpy() & (survey == "return") & ("wording_change" in truths)
    score = np.rint(would + spread * noise + plan.WORDING_LIFT * reworded).clip(*((0, 10) if nps else (1, 5)))
    pull = plan.ANSWERS_USUALLY + frame["willing"] + 0.3 * (frame["tenure"] == "frequent") - 0.25 * (frame["channel"] == "phone")
    pull += 0.15 * tone.abs().clip(upper=3) - 0.1 * tone.clip(-3, 3) + plan.PANEL_ANSWERS * frame["panel"]
    pull += plan.VALUABLE_ANSWERS * (frame["valuable"] & ("silent_differ" in truths))
    part = pd.DataFrame({
        "booking_no": frame["booking_no"], "customer_no": frame["customer_no"], "survey": survey, "question": "nps" if nps else "csat",
        "question_version": np.where(reworded, "v2", "v1"), "score": score, "asked_at": asked_at, "answered_at": answered_at,
        "channel": SURVEY_CHANNEL.get(survey, "sms"), "language": frame["language"], "tone": tone, "topic": spoken[survey],
        "pull": pull.mask(frame["silent"], -99.0), "draw": draw,
    })  # fmt: skip
    sent = frame["contactable"] & (asked_at < export_end()) & ~frame["cancelled"]
    return part[sent & (chance < plan.EARLY_ASKED_SHARE)] if survey == "handover" else part[sent]
