"""Plants the defects of `plan.DEFECTS` in the raw tables: each in rows of its own, always the stated number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample.plan import DEFECTS

MESS_SEED = 20261101


def with_defects(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """`tables` with every planted defect, and the corrected file beside them; the input is left as it was."""
    rng = np.random.default_rng(MESS_SEED)
    messy = {name: table.copy() for name, table in tables.items()}
    messy["operations.csv"], messy["operations_corrected.csv"] = _late_correction(messy["operations.csv"])
    _bookings(rng, messy["bookings.csv"])
    _operations(rng, messy["operations.csv"])
    _surveys(rng, messy)
    _tickets(rng, messy["tickets.xlsx"])
    _finance(rng, messy["finance.parquet"])
    for name in ("bookings_twice", "surveys_twice", "finance_twice"):
        file = DEFECTS[name].file
        messy[file] = _twice(rng, messy[file], DEFECTS[name].rows)
    return messy


def _rows(rng: np.random.Generator, allowed: pd.Series, *names: str) -> list[np.ndarray]:
    """For each named defect, as many rows of `allowed` as it has; no row is taken twice."""
    counts = [DEFECTS[name].rows for name in names]
    taken = rng.choice(np.flatnonzero(allowed), sum(counts), replace=False)
    return np.split(taken, np.cumsum(counts)[:-1])


def _late_correction(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last rows got an hour too many on the queue clock; a later file has them right."""
    last = table.index[-DEFECTS["operations_corrected"].rows :]
    right = table.loc[last].reset_index(drop=True)
    wrong = table.loc[last, "wait_min"].str.replace(",", ".").astype(float) + 60
    table.loc[last, "wait_min"] = wrong.map("{:.1f}".format).str.replace(".", ",", regex=False)
    return table, right


def _bookings(rng: np.random.Generator, table: pd.DataFrame) -> None:
    """Cancelled bookings only, so that no other file points at a booking that is not there."""
    no_id, bad_date = _rows(rng, table["state"] == "cancelled", "bookings_no_id", "bookings_bad_date")
    table.loc[no_id, "booking_no"] = None
    table.loc[bad_date, "booked_at"] = "2026-02-30 10:00:00"


def _operations(rng: np.random.Generator, table: pd.DataFrame) -> None:
    allowed = table["deposit_back_at"].notna()
    allowed.iloc[-DEFECTS["operations_corrected"].rows :] = False
    no_id, no_number, back = _rows(rng, allowed, "operations_no_id", "operations_not_a_number", "operations_back_in_time")
    table.loc[no_id, "booking"] = None
    table.loc[no_number, "wait_min"] = "n/d"
    handed = pd.to_datetime(table.loc[back, "handover_at"], format="%d/%m/%Y %H:%M:%S")
    table.loc[back, "returned_at"] = (handed - pd.Timedelta(days=1)).dt.strftime("%d/%m/%Y %H:%M:%S")


def _surveys(rng: np.random.Generator, messy: dict[str, pd.DataFrame]) -> None:
    """Answers without a comment, so that the whole row falls with its response."""
    table = messy["surveys_2026.csv"]
    outside, early = _rows(rng, table["score"].notna() & table["comment"].isna(), "surveys_out_of_range", "surveys_before_asked")
    csat = np.where(np.arange(len(outside)) % 2, "0", "6")
    table.loc[outside, "score"] = np.where(table.loc[outside, "question"] == "nps", "11", csat)
    asked = pd.to_datetime(table.loc[early, "asked_at"], format="%Y-%m-%dT%H:%M:%SZ")
    table.loc[early, "answered_at"] = (asked - pd.Timedelta(hours=2)).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    table = messy["surveys_2024.csv"]
    (no_id,) = _rows(rng, table["score"].notna() & table["comment"].isna(), "surveys_no_id")
    table.loc[no_id, "response_id"] = None


def _tickets(rng: np.random.Generator, table: pd.DataFrame) -> None:
    back, no_id = _rows(rng, table["closed_at"].notna(), "tickets_back_in_time", "tickets_no_id")
    table.loc[back, "closed_at"] = table.loc[back, "opened_at"] - pd.Timedelta(hours=3)
    table["ticket_id"] = table["ticket_id"].astype(object)
    table.loc[no_id, "ticket_id"] = None


def _finance(rng: np.random.Generator, table: pd.DataFrame) -> None:
    (no_month,) = _rows(rng, table["month"].notna(), "finance_no_month")
    table["month"] = table["month"].astype(object)
    table.loc[no_month, "month"] = None


def _twice(rng: np.random.Generator, table: pd.DataFrame, count: int) -> pd.DataFrame:
    """Some rows follow themselves; rows with another defect (cancelled bookings, rows without a key) are left alone."""
    whole = table["state"] == "closed" if "state" in table else table.iloc[:, :2].notna().all(axis=1)
    again = rng.choice(np.flatnonzero(whole), count, replace=False)
    return pd.concat([table, table.iloc[again]]).sort_index(kind="stable").reset_index(drop=True)
