"""Who rents, where, when and for how much: the rentals before anything is lived."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.places import CUT_OFF, FIRST_DAY, KINDS, LOCATIONS, MONTHS, ZONE
from cx_helpers.sample.plan import AIRPORT_SHARE, CHANNELS, LANGUAGES

PEOPLE_PER_RENTAL = 0.35
SEASON = np.array([0.85, 0.8, 0.9, 1.0, 1.0, 1.05, 1.2, 1.45, 1.5, 1.15, 1.0, 0.85])  # January first


def to_utc(local: np.ndarray) -> np.ndarray:
    """Local wall-clock times as UTC, both without a zone."""
    index = pd.DatetimeIndex(local.astype("datetime64[s]"))
    aware = index.tz_localize(ZONE, nonexistent="shift_forward", ambiguous=np.zeros(len(index), bool))
    return aware.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")


def to_local(utc: pd.Series) -> pd.Series:
    """UTC times as local wall-clock times, both without a zone."""
    return utc.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)


def seconds(amount: np.ndarray) -> np.ndarray:
    """A number of seconds as time spans that can be added to times."""
    return np.round(amount).astype("timedelta64[s]")


def month_index(times: np.ndarray) -> np.ndarray:
    """Months since the first, 0 to 24; times past the last month count as it."""
    months = (times.astype("datetime64[M]") - FIRST_DAY.astype("datetime64[M]")).astype(int)
    return np.clip(months, 0, MONTHS)


def booked_rentals(rng: np.random.Generator, rentals: int, truths: frozenset[str]) -> pd.DataFrame:
    """One row a booking, in the order of booking; times in UTC.

    Returns
    -------
    DataFrame
        booking_no, person (0 and up), site (row of LOCATIONS), kind, channel, trip, the person's traits (language,
        attitude, app_user, contactable, generous, willing, silent, panel, valuable, before), booked_at, due_at, return_due_at, days, value (EUR), price_changed (0/1),
        booking_minutes, cancelled (bool), cancelled_at.
    """
    booked = _booked_local(rng, rentals)
    person, people = _people(rng, rentals)
    frame = people.iloc[person].reset_index(drop=True)
    frame.insert(0, "person", person)
    frame.insert(0, "booking_no", [f"R{number:07d}" for number in range(1, rentals + 1)])
    frame["site"] = _sites(rng, booked, truths)
    frame["kind"] = LOCATIONS["kind"].to_numpy()[frame["site"]]
    frame["channel"] = np.array(CHANNELS, object)[np.searchsorted([0.34, 0.76, 0.88], rng.random(rentals))]
    frame["trip"] = np.where(rng.random(rentals) < np.where(frame["kind"] == "city", 0.25, 0.4), "business", "leisure")
    walk_in = (frame["channel"] == "walk-in").to_numpy()
    lead = np.where(walk_in, 0, 1 + rng.gamma(0.8, 5.0, rentals).astype(int))
    opening = rng.integers(8 * 3600, 21 * 3600, rentals)
    due = np.where(walk_in, booked + seconds(rng.uniform(300, 900, rentals)),
                   booked.astype("datetime64[D]") + lead.astype("timedelta64[D]") + seconds(opening))  # fmt: skip
    days = 1 + np.minimum(rng.gamma(1.3, 2.6, rentals).astype(int), 20)
    back = due.astype("datetime64[D]") + days.astype("timedelta64[D]") + seconds(rng.uniform(8, 20, rentals) * 3600)
    frame["booked_at"], frame["due_at"], frame["return_due_at"] = to_utc(booked), to_utc(due), to_utc(back)
    frame["days"] = days
    month = booked.astype("datetime64[M]").astype(int) % 12
    rate = 38 * SEASON[month] ** 0.6 * np.where(frame["kind"] == "airport", 1.15, 1.0)
    frame["value"] = np.round(rate * days**0.92 * np.exp(rng.normal(0, 0.25, rentals)), 2)
    frame["price_changed"] = (rng.random(rentals) < 0.07).astype(int)
    frame["booking_minutes"] = np.round(6 * np.exp(rng.normal(0, 0.45, rentals)), 1)
    dropped = rng.random(rentals) < 0.06
    when = frame["booked_at"] + rng.random(rentals) * (frame["due_at"] - frame["booked_at"])
    frame["cancelled"] = dropped & ~walk_in & (when < to_utc(np.array([CUT_OFF]))[0])
    frame["cancelled_at"] = when.dt.floor("s").where(frame["cancelled"])
    return frame


def _booked_local(rng: np.random.Generator, rentals: int) -> np.ndarray:
    days = np.arange(FIRST_DAY, CUT_OFF)
    month = days.astype("datetime64[M]").astype(int) % 12
    weekday = (days.astype(int) + 3) % 7
    weight = SEASON[month] * np.where(weekday >= 5, 0.85, 1.0) * np.linspace(0.95, 1.05, len(days))
    chosen = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(rentals))
    moment = days[np.minimum(chosen, len(days) - 1)] + seconds(rng.uniform(8, 21, rentals) * 3600)
    return np.sort(moment)


def _people(rng: np.random.Generator, rentals: int) -> tuple[np.ndarray, pd.DataFrame]:
    """The person of each rental, and the persons; a few rent often, some never answer, some have agreed to answer."""
    people = max(int(rentals * PEOPLE_PER_RENTAL), 1)
    appetite = rng.pareto(2.0, people) + 0.4
    reach = np.cumsum(appetite)
    person = np.searchsorted(reach / reach[-1], rng.random(rentals))
    attitude = np.array(["price", "comfort", "speed"], object)[np.searchsorted([0.40, 0.75], rng.random(people))]
    silent = rng.random(people) < pd.Series(attitude).map(plan.SILENT_SHARE).to_numpy()
    frame = pd.DataFrame({
        "language": np.array(LANGUAGES, object)[np.searchsorted([0.35, 0.85], rng.random(people))],
        "attitude": attitude,
        "app_user": (rng.random(people) < 0.4).astype(int),
        "contactable": rng.random(people) < 0.88,
        "generous": rng.normal(0, 0.30, people),
        "willing": rng.normal(0, 0.8, people),
        "silent": silent,
        "panel": (rng.random(people) < plan.PANEL_SHARE) & ~silent,
        "valuable": appetite >= np.quantile(appetite, 1 - plan.VALUABLE_SHARE),
        "before": np.where(rng.random(people) < 0.35, rng.poisson(2.0, people), 0),
    })  # fmt: skip
    return np.minimum(person, people - 1), frame


def _sites(rng: np.random.Generator, booked: np.ndarray, truths: frozenset[str]) -> np.ndarray:
    """The location of each rental; the share of airports rises over the months where `mix_shift` is on."""
    passed = (booked - FIRST_DAY.astype("datetime64[s]")) / (CUT_OFF - FIRST_DAY).astype("timedelta64[s]")
    first, last = AIRPORT_SHARE
    airport = first + (last - first) * passed * ("mix_shift" in truths)
    draw, within = rng.random(len(booked)), rng.random(len(booked))
    other = np.where((draw - airport) / (1 - airport) < 0.6, "city", "rail")
    kind = np.where(draw < airport, "airport", other)
    site = np.empty(len(booked), int)
    for name in KINDS:
        rows = np.flatnonzero(LOCATIONS["kind"] == name)
        size = np.cumsum(LOCATIONS["size"].to_numpy()[rows])
        mine = kind == name
        site[mine] = rows[np.searchsorted(size / size[-1], within[mine])]
    return site
