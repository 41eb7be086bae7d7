"""Plants `defects.DEFECTS` in the raw tables: each in rows of its own, always the stated number.

Only rows of customers who permit the use of their data are touched, so that each fate has one cause.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.errors import UsageError
from cx_helpers.sample.defects import DEFECTS

MESS_SEED = 20261101
Tables = dict[str, pd.DataFrame]


def with_defects(tables: Tables, permitted: pd.Series) -> Tables:
    """`tables` with every planted defect, and the files that came later; the input is left as it was.

    Raises UsageError where a file has too few rows for its defects.

    Parameters
    ----------
    permitted : Series of str
        customer_no of those who permit `service_improvement`.
    """
    messy = {name: table.copy() for name, table in tables.items()}
    known = frozenset(permitted)
    for part, plant in enumerate((_bookings, _operations, _pulse, _surveys, _tickets, _calls, _reviews, _customers, _others)):
        plant(_Rows(np.random.default_rng([MESS_SEED, part]), known), messy)
    return messy


class _Rows:
    """Draws rows of a table for named defects; none is drawn twice from one table."""

    def __init__(self, rng: np.random.Generator, permitted: frozenset[str]):
        self.rng, self.permitted, self.taken = rng, permitted, {}

    def draw(
        self, messy: Tables, defect: str, allowed: pd.Series | None = None, customer: str = "customer_no", file: str = ""
    ) -> np.ndarray:
        """Positions of as many rows as the defect has, among the `allowed`; raises UsageError where there are fewer."""
        file, count = file or DEFECTS[defect].file, DEFECTS[defect].rows
        table, taken = messy[file], self.taken.setdefault(file, set())
        free = np.ones(len(table), bool) if allowed is None else allowed.to_numpy(bool, copy=True)
        if customer in table:
            free &= table[customer].isin(self.permitted).to_numpy()
        free[list(taken)] = False
        if free.sum() < count:
            raise UsageError(f"sample: {file} has {free.sum()} rows for the defect {defect!r}, which needs {count}; make at least 3,000 rentals.")
        chosen = self.rng.choice(np.flatnonzero(free), count, replace=False)
        taken.update(chosen.tolist())
        return chosen

    def twice(self, messy: Tables, defect: str, allowed: pd.Series) -> None:
        """Some rows follow themselves; call it last of a file, positions move."""
        chosen = self.draw(messy, defect, allowed)
        table = messy[DEFECTS[defect].file]
        messy[DEFECTS[defect].file] = pd.concat([table, table.iloc[chosen]]).sort_index(kind="stable").reset_index(drop=True)


def _bookings(rows: _Rows, messy: Tables) -> None:
    """Cancelled bookings only, so that no other file points at a booking that is not there."""
    file = DEFECTS["bookings_no_id"].file
    table = messy[file]
    cancelled = table["state"] == "cancelled"
    table.loc[rows.draw(messy, "bookings_no_id", cancelled), "booking_no"] = None
    table.loc[rows.draw(messy, "bookings_bad_date", cancelled), "booked_at"] = "2026-02-30 10:00:00"
    pairs = rows.draw(messy, "bookings_two_prices", cancelled)
    first, second = pairs[::2], pairs[1::2]
    table.loc[second] = table.loc[first].to_numpy()
    table.loc[second, "price_eur"] = "1.00"
    rows.twice(messy, "bookings_twice", messy["bookings_2025.csv"]["state"] == "closed")


def _operations(rows: _Rows, messy: Tables) -> None:
    """Corrected and late rows go to files of their own."""
    file = DEFECTS["operations_no_id"].file
    table = messy[file]

    def draw(defect: str) -> np.ndarray:
        return rows.draw(messy, defect, settled, "customer")

    settled = table["deposit_back_at"].notna() & table["called_at"].str.contains("/0[3-9]/")
    table.loc[draw("operations_no_id"), "booking"] = None
    table.loc[draw("operations_not_a_number"), "wait_min"] = "n/d"
    table.loc[draw("operations_no_wait"), "wait_min"] = "-"
    table.loc[draw("operations_below_zero"), "handover_min"] = "-5,0"
    back = draw("operations_back_in_time")
    handed = pd.to_datetime(table.loc[back, "handover_at"], format="%d/%m/%Y %H:%M:%S")
    table.loc[back, "returned_at"] = (handed - pd.Timedelta(days=1)).dt.strftime("%d/%m/%Y %H:%M:%S")
    wrong = draw("operations_corrected")
    messy[DEFECTS["operations_mended"].file] = table.loc[wrong].reset_index(drop=True)
    minutes = table.loc[wrong, "wait_min"].str.replace(",", ".").astype(float) + 60
    table.loc[wrong, "wait_min"] = minutes.map("{:.1f}".format).str.replace(".", ",", regex=False)
    late = DEFECTS["operations_late"].file
    chosen = np.sort(rows.draw(messy, "operations_late", settled & table["called_at"].str.contains("/07/"), "customer", file))
    messy[late] = table.loc[chosen].reset_index(drop=True)
    messy[file] = table.drop(index=chosen).reset_index(drop=True)


def _pulse(rows: _Rows, messy: Tables) -> None:
    """Answers without a comment, so that the whole row falls with its response."""
    table = messy["pulse_2026H2.csv"]
    plain = table["Q2"].notna() & table["Q_comment"].isna()
    outside = rows.draw(messy, "pulse_out_of_range", plain)
    table.loc[outside, "Q2"] = np.where(np.arange(len(outside)) % 2, "0", "6")
    early = rows.draw(messy, "pulse_before_asked", plain)
    before = pd.to_datetime(table.loc[early, "invited_at"]) - pd.Timedelta(hours=2)
    for column in ("StartDate", "EndDate", "RecordedDate"):
        table.loc[early, column] = before.dt.strftime("%Y-%m-%d %H:%M:%S")
    table = messy["pulse_2026H1.csv"]
    plain = table["Q2"].notna() & table["Q_comment"].isna()
    table.loc[rows.draw(messy, "pulse_no_answer", plain), "Q2"] = "99"
    orphan = rows.draw(messy, "pulse_orphan", plain)
    table.loc[orphan, "booking_no"] = [f"R99{number:05d}" for number in range(len(orphan))]
    _unasked(rows, messy)
    rows.twice(messy, "pulse_twice", messy["pulse_2025H2.csv"]["Q2"].notna())


def _unasked(rows: _Rows, messy: Tables) -> None:
    """Previews and tests by the survey's makers, and answers whose invitation number was lost."""
    file = DEFECTS["pulse_previews"].file
    table = messy[file]
    plain = table["Q2"].notna() & table["Q_comment"].isna()
    table.loc[rows.draw(messy, "pulse_no_id", plain), "invitation_no"] = None
    extra = []
    for defect, status in (("pulse_previews", "Survey Preview"), ("pulse_tests", "Survey Test")):
        part = table.iloc[rows.draw(messy, defect, plain)].copy()
        part["Status"] = status
        part["ResponseId"] = [f"R_{defect[6:]}{number:08d}"[:17] for number in range(len(part))]
        part[["invitation_no", "booking_no", "customer_no"]] = None
        extra.append(part)
    messy[file] = pd.concat([table, *extra]).sort_index(kind="stable").reset_index(drop=True)


def _surveys(rows: _Rows, messy: Tables) -> None:
    table = messy["relationship_2026H1.csv"]
    plain = table["Q1"].notna() & table["Q_comment"].isna()
    table.loc[rows.draw(messy, "relationship_out_of_range", plain), "Q1"] = "11"
    later = DEFECTS["invitations_answered_later"]
    answered = messy["pulse_2026H2.csv"]
    fine = answered["Q7"].notna() & answered["customer_no"].isin(rows.permitted) & (answered["invited_at"] >= "2026-02")
    chosen = answered.iloc[rows.rng.choice(np.flatnonzero(fine), later.rows, replace=False)]
    listed = pd.DataFrame({
        "Invitation": chosen["invitation_no"], "External Data Reference": chosen["customer_no"], "Booking": chosen["booking_no"],
        "Survey": chosen["survey"], "Wording": chosen["wording"], "Sent by": chosen["sent_by"], "Sent (UTC)": chosen["invited_at"],
        "Status": "Email Sent",
    })  # fmt: skip
    both = pd.concat([messy[later.file], listed])
    messy[later.file] = both.sort_values(["Sent (UTC)", "Invitation"], ignore_index=True)


def _tickets(rows: _Rows, messy: Tables) -> None:
    table = messy["tickets.csv"]
    solved = table["Status"] == "Solved"
    back = rows.draw(messy, "tickets_back_in_time", solved, "Requester id")
    opened = pd.to_datetime(table.loc[back, "Created at"])
    table.loc[back, "Solved at"] = (opened - pd.Timedelta(hours=3)).dt.strftime("%Y-%m-%d %H:%M:%S")
    table.loc[rows.draw(messy, "tickets_no_id", solved, "Requester id"), "Id"] = None


def _calls(rows: _Rows, messy: Tables) -> None:
    table = messy["calls_2025.csv"]
    orphan = rows.draw(messy, "calls_orphan", table["booking_no"].notna())
    table.loc[orphan, "booking_no"] = [f"R98{number:05d}" for number in range(len(orphan))]


def _reviews(rows: _Rows, messy: Tables) -> None:
    old = messy["reviews_2025.jsonl"]
    found = old.iloc[rows.draw(messy, "reviews_edited")].copy()
    found["text"] = found["text"] + " (edited)"
    messy["reviews_2026.jsonl"] = pd.concat([messy["reviews_2026.jsonl"], found], ignore_index=True)


def _customers(rows: _Rows, messy: Tables) -> None:
    """Customers without a booking on file are few: those without a number get a row of their own."""
    table = messy["customers.csv"]
    table.loc[rows.draw(messy, "customers_born_1900"), "birth_year"] = "1900"
    moved = table.iloc[rows.draw(messy, "customers_changed")].copy()
    moved["home_country"] = np.where(moved["home_country"] == "FR", "DE", "FR")
    messy["customers_changed.csv"] = moved.reset_index(drop=True)
    nobody = table.iloc[rows.draw(messy, "customers_no_number")].copy()
    nobody[["customer_no", "email", "phone"]] = None
    messy["customers.csv"] = pd.concat([table, nobody]).sort_index(kind="stable").reset_index(drop=True)


def _others(rows: _Rows, messy: Tables) -> None:
    table = messy["permissions.csv"]
    back = rows.draw(messy, "permissions_back_in_time", table["purpose"] == "marketing")
    given = pd.to_datetime(table.loc[back, "granted_at"])
    table.loc[back, "withdrawn_at"] = (given - pd.Timedelta(days=1)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table = messy["finance.parquet"]
    table["month"] = table["month"].astype(object)
    table.loc[rows.draw(messy, "finance_no_month"), "month"] = None
    rows.twice(messy, "finance_twice", table["month"].notna())
    table = messy["locations_by_month.xlsx"]
    table["Engagement (1-10)"] = table["Engagement (1-10)"].astype(object)
    table.loc[rows.draw(messy, "measures_not_a_number"), "Engagement (1-10)"] = "n/d"
    table = messy["context.csv"]
    day = table["date"] == "2026-06-30"
    table.loc[rows.draw(messy, "context_bad_date", day), "date"] = "2026-06-31"
