"""What stands around the rentals: who the customers are, what they permit, the employees, the days."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.people import identities
from cx_helpers.sample.perceptions import export_end
from cx_helpers.sample.places import FIRST_DAY, LOCATIONS, MONTHS
from cx_helpers.sample.rentals import SEASON, seconds, to_local

COUNTRIES = {"en": ("GB", "IE", "DE", "NL", "FR", "US"), "es": ("ES", "ES", "ES", "ES", "MX", "AR"), "pt": ("PT", "PT", "PT", "BR", "BR", "AO")}
HOLIDAYS = ("01-01", "01-06", "05-01", "08-15", "10-12", "11-01", "12-06", "12-08", "12-25")
EASTER_FRIDAYS = ("2025-04-18", "2026-04-03")
# region: (warmest month's mean temperature above and coldest's below the year's, year's mean, share of days with rain)
CLIMATE = {"Centre": (10.5, 14.5, 0.18), "North": (6.5, 13.5, 0.42), "Catalonia": (8.0, 16.0, 0.22), "Levant": (7.5, 18.0, 0.14),
           "South": (8.5, 19.0, 0.14), "Islands": (7.0, 18.5, 0.17)}  # fmt: skip


def customers(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """One row a customer, in the order of their numbers.

    Returns
    -------
    DataFrame
        customer_no, first_name, last_name, email, phone, birth_year, home_country, language, joined_on (day),
        loyalty (none, silver, gold), attitude (price, comfort, speed), app_user (0/1).
    """
    people, rows = int(frame["person"].max()) + 1, len(frame)
    language = frame.drop_duplicates("person").set_index("person")["language"].reindex(range(people)).fillna("en")
    # a draw for everybody who may be a customer, so that who leaves does not change anybody's name
    everybody = identities(rng, np.concatenate([language, frame["language"]]))
    born, country = rng.integers(1946, 2006, people + rows), rng.integers(0, 6, people + rows)
    joined_before = rng.integers(30, 1500, people + rows)
    first = frame.drop_duplicates("customer_no")
    who = np.where(first["newcomer"] == 1, people + first.index.to_numpy(), first["person"])
    rented = frame.groupby("customer_no")["booking_no"].size().reindex(first["customer_no"]).to_numpy()
    old = ((first["newcomer"] == 0) & (first["before"] > 0)).to_numpy()
    since = to_local(first["booked_at"]).dt.normalize() - seconds(joined_before[who] * old * 86_400)
    table = np.array([COUNTRIES[language] for language in plan.LANGUAGES], object)
    result = pd.DataFrame({
        "customer_no": first["customer_no"].to_numpy(), **{name: column[who] for name, column in everybody.items()},
        "birth_year": born[who], "home_country": table[pd.Categorical(first["language"], plan.LANGUAGES).codes, country[who]],
        "language": first["language"].to_numpy(), "joined_on": since.dt.strftime("%Y-%m-%d").to_numpy(),
        "loyalty": np.array(["none", "silver", "gold"], object)[np.searchsorted([3.5, 7.5], rented + old * first["before"].to_numpy())],
        "attitude": first["attitude"].to_numpy(), "app_user": first["app_user"].to_numpy(),
    })  # fmt: skip
    return result.sort_values("customer_no", ignore_index=True)


def permissions(rng: np.random.Generator, frame: pd.DataFrame, truths: frozenset[str]) -> pd.DataFrame:
    """One row a permission given: customer_no, purpose, basis (contract, consent), granted_at, withdrawn_at (UTC; NaT in force)."""
    people, rows = int(frame["person"].max()) + 1, len(frame)
    first = frame.drop_duplicates("customer_no")
    who = np.where(first["newcomer"] == 1, people + first.index.to_numpy(), first["person"])
    parts = []
    for purpose, share in (("service_improvement", plan.NO_PERMISSION_SHARE), ("profiling", 0.35), ("marketing", 0.55)):
        refused, back, days = rng.random(people + rows)[who], rng.random(people + rows)[who], rng.exponential(120, people + rows)[who]
        planted = purpose != "service_improvement" or "missing_permissions" in truths
        part = pd.DataFrame({
            "customer_no": first["customer_no"], "purpose": purpose, "basis": "consent", "granted_at": first["booked_at"],
            "withdrawn_at": (first["booked_at"] + seconds((1 + days) * 86_400)).where((back < plan.WITHDRAWN_SHARE) & planted),
        })  # fmt: skip
        parts.append(part[(refused >= share) | (not planted)])
    whole = pd.concat(parts, ignore_index=True)
    whole["withdrawn_at"] = whole["withdrawn_at"].where(whole["withdrawn_at"] < export_end())
    return whole.sort_values(["granted_at", "customer_no", "purpose"], ignore_index=True)


def unit_measures(rng: np.random.Generator, site: dict) -> pd.DataFrame:
    """A location's month: location_id, month, measure (employee_engagement 1-10, staff_turnover 0-1, staffed_hours, sick_days), value."""
    mood = site["engagement"][:, 1 : MONTHS + 1]
    season = SEASON[(FIRST_DAY.astype("datetime64[M]").astype(int) + np.arange(MONTHS)) % 12]
    staff = (4 + 5 * LOCATIONS["size"].to_numpy())[:, None]
    month = pd.period_range(str(FIRST_DAY)[:7], periods=MONTHS, freq="M").astype(str)
    values = {
        "employee_engagement": (plan.ENGAGEMENT_USUAL + mood + rng.normal(0, 0.1, mood.shape)).clip(1, 10).round(1),
        "staff_turnover": (0.03 - 0.012 * mood + rng.normal(0, 0.01, mood.shape)).clip(0, 1).round(3),
        "staffed_hours": (staff * 150 * season**0.7 * np.exp(rng.normal(0, 0.03, mood.shape))).round(0),
        "sick_days": rng.poisson(np.clip(staff * (0.7 - 0.2 * mood), 0.1, None)).astype(float),
    }
    parts = [
        pd.DataFrame({"location_id": np.repeat(LOCATIONS["location_id"].to_numpy(), MONTHS), "month": np.tile(month, len(LOCATIONS)),
                      "measure": name, "value": value.ravel()})
        for name, value in values.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True).sort_values(["month", "location_id", "measure"], ignore_index=True)


def context(rng: np.random.Generator) -> pd.DataFrame:
    """A region's day: date, region, factor (public_holiday 0/1, rain_mm, temperature_c, fuel_price_eur), value. None moves anything."""
    days = pd.date_range(str(FIRST_DAY), str(plan.CUT_OFF), inclusive="left")
    count = len(days)
    warm = np.cos(2 * np.pi * (days.day_of_year.to_numpy() - 205) / 365.25)
    fuel = 1.52 + np.cumsum(rng.normal(0, 0.004, count))
    holiday = (days.strftime("%m-%d").isin(HOLIDAYS) | days.strftime("%Y-%m-%d").isin(EASTER_FRIDAYS)).astype(float)
    parts = []
    for region, (swing, mean, wet) in CLIMATE.items():
        rain = np.where(rng.random(count) < wet, rng.gamma(0.8, 7, count), 0).round(1)
        heat = (mean + swing * warm + rng.normal(0, 2.2, count)).round(1)
        price = (fuel + rng.normal(0, 0.003, count)).round(3)
        for factor, value in (("public_holiday", holiday), ("rain_mm", rain), ("temperature_c", heat), ("fuel_price_eur", price)):
            parts.append(pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "region": region, "factor": factor, "value": value}))
    return pd.concat(parts, ignore_index=True).sort_values(["date", "region", "factor"], ignore_index=True)
