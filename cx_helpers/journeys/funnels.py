"""How many of all who set out reach each step. Three funnels, which differ: which one it is is always said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.errors import UsageError
from cx_helpers.journeys.steps_taken import known_steps, taken

Kind = Literal["open", "ordered", "first"]
DEFINITIONS: dict[str, str] = {
    "open": "reached the step at any time, whatever came before it",
    "ordered": "reached the step after each earlier step of the list in turn, other steps between allowed; steps at the same moment count as in order",
    "first": "reached the step for the first time no earlier than the first time at each earlier step of the list",
}


def funnel(
    events: pd.DataFrame | ir.Table, steps: Sequence[str], kind: Kind = "ordered", *,
    journeys: ir.Table | pd.DataFrame | None = None, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """How many journeys reach each of some steps, of all that set out.

    Parameters
    ----------
    events : pandas or Ibis with journey_id, touchpoint, started_at; customer_id where known
    steps : touchpoints, in order
    kind : {"open", "ordered", "first"}
        open: reached at any time. ordered: after each earlier step in turn (a later visit counts). first: by first
        visits only, so that who came to a step too early is out for good.
    journeys : with journey_id, optional
        All who set out, also those without any event; left out, all journeys in `events`, whether or not they took
        the first step.

    Returns
    -------
    DataFrame, a row a step: touchpoint, n (journeys that reached it), customers, share (0-1, of all entrants) with low
    and high (Wilson), of_previous_share (0-1, of those at the step before; of the first step: of all
    entrants; NaN in an open funnel, whose steps do not follow), entrants.
    ``attrs``: kind, definition (in words), entrants.

    Raises
    ------
    UsageError
        No step, a step twice, or an unknown kind.

    Notes
    -----
    Journeys still open stay in the denominator: they may yet arrive. Not for a rate among finishers only.

    >>> at = pd.to_datetime(["2026-03-01 10:00", "2026-03-01 12:00", "2026-03-02 09:00"])
    >>> found = funnel(pd.DataFrame({"journey_id": [1, 1, 2], "touchpoint": ["book", "pay", "pay"], "started_at": at}), ["book", "pay"])
    >>> found[["touchpoint", "n", "share"]].values.tolist()
    [['book', 1, 0.5], ['pay', 1, 0.5]]
    """
    names = known_steps(steps)
    if kind not in DEFINITIONS:
        raise UsageError(f"funnel: kind {kind!r} is unknown, allowed are {', '.join(DEFINITIONS)}.")
    visits = taken(events)
    everyone = visits if journeys is None else ibis.memtable(journeys) if isinstance(journeys, pd.DataFrame) else journeys
    entrants = int(everyone.journey_id.nunique().execute())
    if journeys is not None:
        visits = visits.semi_join(everyone, "journey_id")
    reached = _one_pass(visits, names, kind) if kind != "ordered" else _in_turn(visits, names)
    found = reached.execute().set_index("touchpoint").reindex(names).fillna(0).astype(int).reset_index()
    rows = [estimates.share_from_counts(n, entrants, confidence) for n in found["n"]]
    before = found["n"].shift(1, fill_value=entrants)
    found = found.assign(
        share=[e.value for e in rows], low=[e.low for e in rows], high=[e.high for e in rows],
        of_previous_share=found["n"] / before.where(before > 0) if kind != "open" else np.nan, entrants=entrants,
    )  # fmt: skip
    found.attrs = {"kind": kind, "definition": DEFINITIONS[kind], "entrants": entrants}
    return found


def _one_pass(visits: ir.Table, names: list[str], kind: str) -> ir.Table:
    """Open and first-visit funnels: one group-by of journeys."""
    columns = {f"at_{i}": visits.started_at.min(where=visits.touchpoint == name) for i, name in enumerate(names)}
    firsts = visits.filter(visits.touchpoint.isin(names)).group_by("journey_id").aggregate(customer_id=visits.customer_id.min(), **columns)
    rows, through = [], ibis.literal(True)
    for i, name in enumerate(names):
        inside = firsts[f"at_{i}"].notnull()
        if kind == "first":
            through = through & inside & ((firsts[f"at_{i}"] >= firsts[f"at_{i - 1}"]) if i else ibis.literal(True))
            inside = through
        inside = inside.fill_null(False)
        rows.append(
            firsts.aggregate(n=inside.cast("int64").sum(), customers=firsts.customer_id.nunique(where=inside)).mutate(touchpoint=ibis.literal(name))
        )
    return ibis.union(*rows) if len(rows) > 1 else rows[0]


def _in_turn(visits: ir.Table, names: list[str]) -> ir.Table:
    """The ordered funnel: of each step the earliest visit not before that of the step before."""
    rows, before = [], None
    for name in names:
        here = visits.filter(visits.touchpoint == name).select("journey_id", "customer_id", "started_at")
        if before is not None:
            here = here.inner_join(before.select("journey_id", since="at"), "journey_id")
            here = here.filter(here.started_at >= here.since)
        before = here.group_by("journey_id").aggregate(customer_id=here.customer_id.min(), at=here.started_at.min())
        rows.append(before.aggregate(n=before.journey_id.count(), customers=before.customer_id.nunique()).mutate(touchpoint=ibis.literal(name)))
    return ibis.union(*rows) if len(rows) > 1 else rows[0]
