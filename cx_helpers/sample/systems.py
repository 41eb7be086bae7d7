"""The brand's frames in the shapes its systems would export them: all text, each system with its own habits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample.formats import day_first, iso, number
from cx_helpers.sample.labelled import label_rows
from cx_helpers.sample.people import with_personal_data
from cx_helpers.sample.rentals import to_local
from cx_helpers.sample.surveys import survey_tables
from cx_helpers.sample.words import notes

YES_NO = {1.0: "Y", 0.0: "N"}
STATES = {"completed": "closed", "open": "open", "cancelled": "cancelled"}
MEASURE_COLUMNS = {
    "employee_engagement": "Engagement (1-10)", "staff_turnover": "Turnover", "staffed_hours": "Hours staffed", "sick_days": "Sick days",
}  # fmt: skip


def raw_tables(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """One frame a raw file, by file name, without defects; an empty cell is None.

    Comments, complaints and reviews hold the personal data of `people.with_personal_data`.
    """
    labels = label_rows(frames)
    frames = with_personal_data(frames)
    bookings, operations = _bookings(frames["rentals"], frames["locations"]), _operations(frames["rentals"])
    return {
        **_by_year("bookings", bookings, bookings["booked_at"].str[:4], {2024: "csv.gz"}),
        **_by_year("operations", operations, operations["called_at"].str[6:10]),
        **survey_tables(frames["responses"]),
        "tickets.csv": _tickets(frames["tickets"]),
        **_calls(frames["calls"]),
        **_reviews(frames["reviews"]),
        "customers.csv": _customers(frames["customers"]),
        "permissions.csv": _permissions(frames["permissions"]),
        "finance.parquet": frames["finance"].copy(),
        "locations_by_month.xlsx": _unit_measures(frames["unit_measures"]),
        "context.csv": _context(frames["context"]),
        "locations.csv": frames["locations"].drop(columns="size"),
        "actions.csv": frames["actions"].copy(),
        "labels.csv": labels,
    }


def _by_year(name: str, table: pd.DataFrame, year: pd.Series, endings: dict[int, str] = {}, ending: str = "csv"):  # noqa: B006
    """One table a year, in the order of its rows."""
    return {
        f"{name}_{one}.{endings.get(int(one), ending)}": rows.reset_index(drop=True) for one, rows in table.groupby(year.to_numpy(object))
    }


def _bookings(rentals: pd.DataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """The booking system: ISO local times, codes for locations."""
    code = locations.set_index("name")["location_id"]

    def local(column: str) -> np.ndarray:
        return iso(to_local(rentals[column]))

    return pd.DataFrame({
        "booking_no": rentals["booking_no"], "customer_no": rentals["customer_no"], "channel": rentals["channel"],
        "trip": rentals["trip"], "customer_history": rentals["tenure"], "location_id": rentals["unit"].map(code),
        "booked_at": local("booked_at"), "pickup_due": local("due_at"), "return_due": local("return_due_at"),
        "days": number(rentals["days"], 0), "price_eur": number(rentals["value"], 2),
        "price_changed": number(rentals["price_changed"], 0), "booking_minutes": number(rentals["booking_minutes"], 1),
        "state": rentals["status"].map(STATES), "ended_at": local("ended_at"), "checkin_at": local("checkin_at"),
        "checkin_result": rentals["checkin_failed"].map({0.0: "ok", 1.0: "failed"}),
    }).astype(object)  # fmt: skip


def _operations(rentals: pd.DataFrame) -> pd.DataFrame:
    """The counter and yard system: day first, decimal comma, names for locations; a row once the counter called.

    A car that is not back, or a deposit that is not, has the system's own "never": 01/01/1900.
    """
    rows = rentals[rentals["called_at"].notna()].sort_values(["called_at", "booking_no"], ignore_index=True)

    def local(column: str) -> np.ndarray:
        return day_first(to_local(rows[column]))

    def measure(column: str, digits: int = 1) -> np.ndarray:
        return number(rows[column], digits, ",")

    table = pd.DataFrame({
        "booking": rows["booking_no"], "customer": rows["customer_no"], "office": rows["unit"],
        "called_at": local("called_at"), "wait_min": measure("wait_minutes"), "served_at": local("served_at"),
        "handover_at": local("handover_at"), "handover_min": measure("handover_minutes"),
        "inspection": rows["inspection_done"].map(YES_NO), "walk_m": measure("walk_metres", 0),
        "as_booked": rows["car_as_booked"].map(YES_NO), "assist_called_at": local("assist_called_at"),
        "assist_arrived_at": local("assisted_at"), "assist_min": measure("arrival_minutes"),
        "returned_at": local("returned_at"), "checked_at": local("checked_at"), "check_min": measure("check_minutes"),
        "dispute": rows["dispute"].map(YES_NO), "deposit_back_at": local("settled_at"),
        "deposit_days": measure("deposit_days"), "extra_charge": rows["extra_charge"].map(YES_NO),
    }).astype(object)  # fmt: skip
    never = table["returned_at"].isna() & table["handover_at"].notna()
    table.loc[never, "returned_at"] = "01/01/1900 00:00:00"
    return table


def _tickets(tickets: pd.DataFrame) -> pd.DataFrame:
    """The help desk's list of tickets: a title a column, local times, `-` where there is nothing."""
    solved = tickets["closed_at"].notna()
    table = pd.DataFrame({
        "Id": tickets["ticket_id"], "Status": np.where(solved, "Solved", "Open"), "Channel": "Web form",
        "Requester id": tickets["customer_no"], "Booking no [txt]": tickets["booking_no"], "Topic [list]": tickets["topic"],
        "Created at": iso(to_local(tickets["opened_at"])), "First reply at": iso(to_local(tickets["first_reply_at"])),
        "Solved at": iso(to_local(tickets["closed_at"])), "Put right [list]": tickets["recovered"],
        "Description": tickets["text"],
    }).astype(object)  # fmt: skip
    return table.where(table.notna(), "-")


def _calls(calls: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The telephone exchange; the release of 2026 calls the minutes by another name."""
    called = to_local(calls["called_at"])
    table = pd.DataFrame({
        "call_id": calls["call_id"], "booking_no": calls["booking_no"], "customer_no": calls["customer_no"],
        "ticket_id": calls["ticket_id"], "called_at": iso(called), "minutes": number(calls["minutes"], 1),
        "reason": calls["reason"], "note": notes(calls["reason"]),
    }).astype(object)  # fmt: skip
    table = table.where(table.notna(), None)
    files = _by_year("calls", table, table["called_at"].str[:4])
    renamed = [name for name in files if name >= "calls_2026"]
    return {name: part.rename(columns={"minutes": "duration_min"}) if name in renamed else part for name, part in files.items()}


def _reviews(reviews: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What a listening service found in public: times in UTC, mostly without a booking; what it guessed is left out."""
    table = reviews[["review_id", "site", "author_handle", "location_name", "booking_no", "stars", "language"]].astype(object)
    table["posted_at"] = iso(reviews["posted_at"], "T", "Z")
    table["text"] = reviews["text"]
    table = table.where(table.notna(), None)
    return _by_year("reviews", table, table["posted_at"].str[:4], ending="jsonl")


def _customers(customers: pd.DataFrame) -> pd.DataFrame:
    """The customer file (CRM)."""
    columns = """customer_no first_name last_name email phone birth_year home_country language joined_on loyalty attitude
        app_user""".split()
    table = customers[columns].astype(object)
    table["birth_year"] = number(customers["birth_year"], 0)
    table["joined_on"] = _day(customers["joined_on"])
    table["loyalty"] = customers["loyalty"].replace("none", "basic").astype(object)
    table["app_user"] = number(customers["app_user"], 0)
    return table.where(table.notna(), None)


def _permissions(permissions: pd.DataFrame) -> pd.DataFrame:
    table = permissions[["customer_no", "purpose", "basis"]].astype(object)
    table["granted_at"] = iso(permissions["granted_at"], "T", "Z")
    table["withdrawn_at"] = iso(permissions["withdrawn_at"], "T", "Z")
    return table


def _unit_measures(measures: pd.DataFrame) -> pd.DataFrame:
    """Human resources' sheet: a row a location and month, a column a measure."""
    wide = measures.pivot(index=["location_id", "month"], columns="measure", values="value").reset_index()
    return wide.rename(columns={"location_id": "Location", "month": "Month", **MEASURE_COLUMNS}).rename_axis(columns=None)


def _context(context: pd.DataFrame) -> pd.DataFrame:
    """A row a day and region, a column a factor."""
    days = context.assign(date=_day(context["date"]))
    wide = days.pivot(index=["date", "region"], columns="factor", values="value").reset_index().rename_axis(columns=None)
    for factor in wide.columns[2:]:
        wide[factor] = number(wide[factor], 0 if factor == "public_holiday" else 2)
    return wide.astype(object)


def _day(days: pd.Series) -> np.ndarray:
    if not pd.api.types.is_datetime64_any_dtype(days):
        days = pd.to_datetime(days)
    return iso(days).astype("U10").astype(object)
