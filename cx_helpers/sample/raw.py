"""The brand's frames in the shapes its vendors would export them: all text, each system with its own habits."""

from __future__ import annotations

import pandas as pd

from cx_helpers.sample.rentals import to_local

YES_NO = {1.0: "Y", 0.0: "N"}


def raw_tables(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """One frame a raw file, by file name, without defects; an empty cell is None."""
    tables = {
        "bookings.csv": _bookings(frames["rentals"], frames["locations"]),
        "operations.csv": _operations(frames["rentals"]),
        "tickets.xlsx": _tickets(frames["tickets"]),
        "finance.parquet": frames["finance"].copy(),
        "locations.csv": frames["locations"].drop(columns="size"),
        "actions.csv": frames["actions"].copy(),
    }
    surveys = _surveys(frames["responses"])
    for year, rows in surveys.groupby(surveys["asked_at"].str[:4]):
        tables[f"surveys_{year}.csv"] = rows.reset_index(drop=True)
    return tables


def _bookings(rentals: pd.DataFrame, locations: pd.DataFrame) -> pd.DataFrame:
    """The booking system: ISO local times, codes for locations."""
    code = locations.set_index("name")["location_id"]

    def local(column: str) -> pd.Series:
        return _text(to_local(rentals[column]), "%Y-%m-%d %H:%M:%S")

    return pd.DataFrame({
        "booking_no": rentals["booking_no"], "customer_no": rentals["customer_no"], "channel": rentals["channel"],
        "trip": rentals["trip"], "loyalty": rentals["tenure"], "location_id": rentals["unit"].map(code),
        "booked_at": local("booked_at"), "pickup_due": local("due_at"), "return_due": local("return_due_at"),
        "days": rentals["days"].astype(str), "price_eur": _number(rentals["value"], 2),
        "price_changed": rentals["price_changed"].astype(str), "booking_minutes": _number(rentals["booking_minutes"], 1),
        "state": rentals["status"].map({"completed": "closed", "open": "open", "cancelled": "cancelled"}),
        "ended_at": local("ended_at"), "checkin_at": local("checkin_at"),
        "checkin_result": rentals["checkin_failed"].map({0.0: "ok", 1.0: "failed"}),
    }).astype(object)  # fmt: skip


def _operations(rentals: pd.DataFrame) -> pd.DataFrame:
    """The counter and yard system: day first, decimal comma, names for locations; a row once the counter called."""
    rows = rentals[rentals["called_at"].notna()].sort_values(["called_at", "booking_no"], ignore_index=True)

    def local(column: str) -> pd.Series:
        return _text(to_local(rows[column]), "%d/%m/%Y %H:%M:%S")

    def number(column: str, digits: int = 1) -> pd.Series:
        return _number(rows[column], digits).str.replace(".", ",", regex=False)

    return pd.DataFrame({
        "booking": rows["booking_no"], "customer": rows["customer_no"], "office": rows["unit"],
        "called_at": local("called_at"), "wait_min": number("wait_minutes"), "served_at": local("served_at"),
        "handover_at": local("handover_at"), "handover_min": number("handover_minutes"),
        "inspection": rows["inspection_done"].map(YES_NO), "walk_m": number("walk_metres", 0),
        "as_booked": rows["car_as_booked"].map(YES_NO), "assist_called_at": local("assist_called_at"),
        "assist_arrived_at": local("assisted_at"), "assist_min": number("arrival_minutes"),
        "returned_at": local("returned_at"), "checked_at": local("checked_at"), "check_min": number("check_minutes"),
        "dispute": rows["dispute"].map(YES_NO), "deposit_back_at": local("settled_at"),
        "deposit_days": number("deposit_days"),
    }).astype(object)  # fmt: skip


def _surveys(responses: pd.DataFrame) -> pd.DataFrame:
    """The survey tool: UTC with a Z, a row an invitation, comments that break lines."""
    return pd.DataFrame({
        "response_id": responses["response_id"], "booking_no": responses["booking_no"],
        "customer_no": responses["customer_no"], "survey": responses["survey"], "question": responses["question"],
        "wording": "v1", "score": _number(responses["score"], 0),
        "asked_at": _text(responses["asked_at"], "%Y-%m-%dT%H:%M:%SZ"),
        "answered_at": _text(responses["answered_at"], "%Y-%m-%dT%H:%M:%SZ"),
        "channel": responses["channel"], "language": responses["language"], "comment": responses["comment"],
    }).astype(object)  # fmt: skip


def _tickets(tickets: pd.DataFrame) -> pd.DataFrame:
    """The help desk: a workbook with real dates in local time."""
    times = ["opened_at", "first_reply_at", "closed_at"]
    return tickets.assign(**{name: to_local(tickets[name]) for name in times})


def _text(times: pd.Series, form: str) -> pd.Series:
    return times.dt.strftime(form).astype(object).where(times.notna(), None)


def _number(values: pd.Series, digits: int) -> pd.Series:
    known = values.notna()
    written = values[known].map(f"{{:.{digits}f}}".format)
    return written.astype(object).reindex(values.index).astype(object).where(known, None)
