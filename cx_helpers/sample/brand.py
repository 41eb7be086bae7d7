"""`make`: the whole brand as frames, from a seed, without touching disk."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from cx_helpers.errors import UsageError
from cx_helpers.sample import operations, perceptions, plan
from cx_helpers.sample.rentals import booked_rentals, to_local

FEWEST_RENTALS = 1_000


def make(seed: int = 1, rentals: int = 24_000, truths: frozenset[str] = plan.ALL) -> dict[str, pd.DataFrame]:
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
        ``locations`` (location_id, name, region, kind, size); ``rentals`` (one row a booking: times in UTC, inputs,
        segments, value in EUR, status; NaN where not met or after the export); ``responses`` (one row a question
        asked, score NaN where not answered); ``tickets``; ``finance`` (customer-months: revenue and cost in EUR);
        ``actions``; ``latent`` (what was lived at each touchpoint, 1-5, and remembered, 0-10, before answering).

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
    felt = perceptions.lived(rng(5), known, site["quality"], truths)
    answers = perceptions.responses(rng(6), known, felt)
    complaints = perceptions.tickets(rng(7), known, felt)
    known.insert(3, "unit", plan.LOCATIONS["name"].to_numpy()[known["site"]])
    known.insert(4, "region", plan.LOCATIONS["region"].to_numpy()[known["site"]])
    felt.insert(0, "booking_no", known["booking_no"])
    return {
        "locations": plan.LOCATIONS.copy(),
        "rentals": known.drop(columns=["site", "generous", "willing", "cancelled"]),
        "responses": answers,
        "tickets": complaints,
        "finance": _finance(known, complaints),
        "actions": _actions(chosen),
        "latent": felt,
    }


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
