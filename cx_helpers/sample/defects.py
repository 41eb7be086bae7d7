"""The planted mess: what is wrong in which raw file, in how many rows, and what must become of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """A kind of planted mess.

    Attributes
    ----------
    file : str
        The raw file that holds the rows.
    rows : int or None
        Raw rows of it in every export, whatever its size and seed; None is every row of the file.
    fate : str
        ``accepted``; ``quarantined``; ``quarantined in part`` (the facts named are set aside, the row's others are
        good and stay); ``superseded`` (a repeated row, or one that a later file replaces).
    reason : str
        What the quarantine says of it, its beginning; empty where nothing is set aside.
    """

    file: str
    what: str
    rows: int | None
    fate: str
    reason: str = ""


DEFECTS = {
    "bookings_twice": Defect("bookings_2025.csv", "the same row exported twice", 14, "superseded"),
    "bookings_no_id": Defect("bookings_2026.csv", "no booking number", 5, "quarantined", "journey_id is missing"),
    "bookings_bad_date": Defect(
        "bookings_2026.csv", "a booking date that does not exist (30 February)", 4, "quarantined", "started_at is not a time",
    ),
    "bookings_two_prices": Defect(
        "bookings_2026.csv", "one booking number, two prices, in one file", 6, "quarantined",
        "journey_id stands twice in one file with different content",
    ),
    "operations_no_id": Defect("operations_2026.csv", "no booking number", 4, "quarantined", "journey_id is missing"),
    "operations_not_a_number": Defect(
        "operations_2026.csv", "a wait written as `n/d`", 7, "quarantined in part", "value is not a number",
    ),
    "operations_back_in_time": Defect(
        "operations_2026.csv", "car returned before it was handed over", 9, "quarantined in part", "ended_at is before started_at",
    ),
    "operations_below_zero": Defect(
        "operations_2026.csv", "a hand-over of minus five minutes", 6, "quarantined in part", "handover.minutes is below 0",
    ),
    "operations_no_wait": Defect("operations_2026.csv", "a wait written as `-`: none was taken", 8, "accepted"),
    "operations_corrected": Defect(
        "operations_2026.csv", "waits an hour too long (queue clock after the clock change), mended in operations_2026_corrected.csv",
        11, "superseded",
    ),
    "operations_mended": Defect("operations_2026_corrected.csv", "the same rentals with the wait that is right", 11, "accepted"),
    "operations_late": Defect(
        "operations_2026_late.csv", "rentals of July 2026 that the yard of one location sent a month later", 12, "accepted",
    ),
    "pulse_twice": Defect("pulse_2025H2.csv", "the same row exported twice", 10, "superseded"),
    "pulse_out_of_range": Defect(
        "pulse_2026H2.csv", "a score outside its scale (0, 6)", 8, "quarantined", "score is outside its scale",
    ),
    "pulse_before_asked": Defect(
        "pulse_2026H2.csv", "answered before it was asked", 5, "quarantined", "answered_at is before asked_at",
    ),
    "pulse_no_answer": Defect("pulse_2026H1.csv", "99, the tool's code for a question passed over", 9, "accepted"),
    "pulse_no_id": Defect("pulse_2025H1.csv", "no invitation number", 3, "quarantined", "response_id is missing"),
    "pulse_previews": Defect("pulse_2025H1.csv", "a preview of the survey by its makers", 7, "quarantined", "a preview of the survey"),
    "pulse_tests": Defect("pulse_2025H1.csv", "a generated test answer", 4, "quarantined", "a test of the survey"),
    "pulse_orphan": Defect(
        "pulse_2026H1.csv", "an answer about a booking that does not exist", 6, "quarantined", "the journey is not among",
    ),
    "relationship_out_of_range": Defect(
        "relationship_2026H1.csv", "an NPS of 11", 5, "quarantined", "score is outside its scale",
    ),
    "invitations_answered_later": Defect(
        "invitations_2026.csv", "an invitation listed as unanswered whose answer came after the list was drawn", 9, "superseded",
    ),
    "tickets_back_in_time": Defect(
        "tickets.csv", "closed before it was opened", 3, "quarantined in part", "closed_at is before opened_at",
    ),
    "tickets_no_id": Defect("tickets.csv", "no ticket number", 2, "quarantined in part", "case_id is missing"),
    "calls_orphan": Defect("calls_2025.csv", "a call about a booking that does not exist", 4, "quarantined", "the journey is not among"),
    "calls_renamed": Defect("calls_2026.csv", "minutes exported as `duration_min` by the new release", None, "accepted"),
    "reviews_edited": Defect(
        "reviews_2025.jsonl", "a review that its writer edited, found again in reviews_2026.jsonl", 5, "superseded",
    ),
    "customers_no_number": Defect("customers.csv", "no customer number", 2, "quarantined", "customer_id is missing"),
    "customers_born_1900": Defect("customers.csv", "born in 1900: no birth year was given", 15, "accepted"),
    "customers_changed": Defect("customers.csv", "a customer who has moved, told in customers_changed.csv", 12, "superseded"),
    "permissions_back_in_time": Defect(
        "permissions.csv", "withdrawn before it was given", 3, "quarantined", "withdrawn_at is before granted_at",
    ),
    "finance_twice": Defect("finance.parquet", "the same customer-month twice", 6, "superseded"),
    "finance_no_month": Defect("finance.parquet", "no month", 3, "quarantined", "month is missing"),
    "measures_not_a_number": Defect(
        "locations_by_month.xlsx", "an engagement written as `n/d`", 2, "quarantined in part", "value is not a number",
    ),
    "context_bad_date": Defect("context.csv", "a day that does not exist (31 June)", 1, "quarantined", "date is not a time"),
}  # fmt: skip
