"""`make`: the whole brand as frames, from a seed, without touching disk."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from cx_helpers.errors import UsageError
from cx_helpers.sample import care, leaving, operations, perceptions, plan, surroundings
from cx_helpers.sample.rentals import booked_rentals, to_local

RENTALS = 100_000
FEWEST_RENTALS = 1_000
RENTAL_COLUMNS = (
    "booking_no", "customer_no", "unit", "region", "kind", "channel", "trip", "language", "contactable", "tenure",
    "booked_at", "due_at", "return_due_at", "days", "value", "price_changed", "booking_minutes", "cancelled_at",
    "checkin_at", "checkin_failed", "called_at", "wait_minutes", "served_at", "handover_at", "handover_minutes",
    "inspection_done", "walk_metres", "car_as_booked", "assist_called_at", "arrival_minutes", "assisted_at",
    "returned_at", "check_minutes", "checked_at", "dispute", "settled_at", "deposit_days", "extra_charge", "status", "ended_at",
)  # fmt: skip


def make(seed: int = 1, rentals: int = RENTALS, truths: frozenset[str] = plan.ALL) -> dict[str, pd.DataFrame]:
    """Sample Rentals as its data would be without a single defect.

    The random numbers of each part do not depend on `truths`: two brands of one seed differ only by what a truth does.

    Parameters
    ----------
    seed : int
        The same seed gives the same frames.
    rentals : int
        Bookings over the 24 months, at least 1,000.
    truths : frozenset of str
        Planted truths that hold; see `plan.ALL` and the brand's `TRUTH.md`.

    Returns
    -------
    dict of DataFrame
        ``locations`` (location_id, name, region, kind, size); ``customers`` (see `surroundings.customers`); ``rentals``
        (one row a booking: times in UTC, inputs, segments, value in EUR, status; NaN where not met or after the
        export); ``responses`` (one row a question asked, score NaN where not answered); ``tickets``, ``calls`` and
        ``reviews`` (see `care`); ``finance`` (customer-months with a rental: revenue and cost in EUR); ``actions``;
        ``permissions``, ``unit_measures`` and ``context`` (see `surroundings`); ``latent`` (what was lived at each
        touchpoint, 1-5, and remembered, 0-10, before answering; nobody has this).

    Raises
    ------
    UsageError
        For an unknown truth or fewer than 1,000 rentals.

    Examples
    --------
    >>> frames = make(seed=1, rentals=1_000)
    >>> len(frames["rentals"])
    1000
    """
    _check(rentals, truths)

    def rng(part: int) -> np.random.Generator:
        return np.random.default_rng([seed, part])

    booked = booked_rentals(rng(1), rentals, truths)
    site = operations.sites(rng(2))
    full = operations.operate(rng(3), booked, site, truths)
    chosen = operations.scanner_sites(rng(4), full, truths)
    known = operations.as_known(full)
    known.insert(3, "unit", plan.LOCATIONS["name"].to_numpy()[known["site"]])
    known.insert(4, "region", plan.LOCATIONS["region"].to_numpy()[known["site"]])
    felt = perceptions.lived(rng(5), known, site, truths)
    complaints = care.tickets(rng(7), rng(17), known, felt)
    called = care.calls(rng(8), known, complaints, truths)
    known = known.join(leaving.numbered(known, leaving.left_at(rng(9), known, complaints, called, truths)))
    answers = perceptions.responses(rng(6), rng(16), known, felt, truths)
    reviews = care.posted(rng(10), rng(18), known, felt, perceptions.topics(felt)["overall"])
    felt.insert(0, "booking_no", known["booking_no"])
    return {
        "locations": plan.LOCATIONS.copy(),
        "customers": surroundings.customers(rng(11), known),
        "rentals": known[list(RENTAL_COLUMNS)],
        "responses": answers,
        "tickets": _of_customer(complaints, known).drop(columns=["language"]),
        "calls": _of_customer(called, known),
        "reviews": reviews,
        "finance": _finance(known, complaints),
        "actions": _actions(chosen),
        "permissions": surroundings.permissions(rng(12), known, truths),
        "unit_measures": surroundings.unit_measures(rng(13), site),
        "context": surroundings.context(rng(14)),
        "latent": felt,
    }


def _of_customer(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """`rows` of a rental with the number its customer has, after the booking's."""
    rows = rows.copy()
    place = pd.Index(known["booking_no"]).get_indexer(rows["booking_no"])
    rows.insert(rows.columns.get_loc("booking_no") + 1, "customer_no", known["customer_no"].to_numpy()[place])
    return rows


def _check(rentals: int, truths: frozenset[str]) -> None:
    problems = [f"truth {name!r} is not known; known: {', '.join(sorted(plan.ALL))}" for name in sorted(set(truths) - plan.ALL)]
    if rentals < FEWEST_RENTALS:
        problems.append(f"rentals={rentals}: the sample brand needs at least {FEWEST_RENTALS}")
    if problems:
        raise UsageError("sample: " + "; ".join(problems) + ".")


def _finance(known: pd.DataFrame, complaints: pd.DataFrame) -> pd.DataFrame:
    """Revenue and cost by customer and month of pick-up."""
    driven = known[known["called_at"].notna()]
    complained = driven["booking_no"].isin(complaints["booking_no"])
    cost = (
        0.62 * driven["value"]
        + 60 * driven["dispute"].fillna(0)
        + 90 * driven["arrival_minutes"].notna()
        + 18 * complained
    )
    month = to_local(driven["called_at"]).dt.strftime("%Y-%m")
    rows = driven.assign(month=month, revenue=driven["value"], cost=cost)
    sums = rows.groupby(["customer_no", "month"], as_index=False).agg(
        revenue=("revenue", "sum"), cost=("cost", "sum"), rentals=("booking_no", "size")
    )
    return sums.round({"revenue": 2, "cost": 2})


def _actions(chosen: tuple[str, ...]) -> pd.DataFrame:
    actions = [replace(action, units=chosen) if action is plan.SCANNERS else action for action in plan.ACTIONS]
    frame = pd.DataFrame([asdict(action) for action in actions])
    frame["units"] = frame["units"].map(";".join)
    order = "action_id solution challenge measure units effective_from owner status description"
    return frame[order.split()]
