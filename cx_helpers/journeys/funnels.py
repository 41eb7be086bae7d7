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
    found = _reached(visits, names, kind)
    rows = [estimates.share_from_counts(n, entrants, confidence) for n in found["n"]]
    before = found["n"].shift(1, fill_value=entrants)
    found = found.assign(
        share=[e.value for e in rows], low=[e.low for e in rows], high=[e.high for e in rows],
        of_previous_share=found["n"] / before.where(before > 0) if kind != "open" else np.nan, entrants=entrants,
    )  # fmt: skip
    found.attrs = {"kind": kind, "definition": DEFINITIONS[kind], "entrants": entrants}
    return found


def _reached(visits: ir.Table, names: list[str], kind: str) -> pd.DataFrame:
    """Journeys and customers of each step: touchpoint, n, customers. One group-by of journeys; only those that came to a
    step too early, and may have come again, are followed step by step."""
    at = {f"at_{i}": visits.started_at.min(where=visits.touchpoint == name) for i, name in enumerate(names)}
    firsts = visits.filter(visits.touchpoint.isin(names)).group_by("journey_id").aggregate(customer_id=visits.customer_id.min(), **at)
    if kind == "open":
        return _open(firsts, names)
    firsts = _by_first_visits(firsts, len(names)).cache()
    if kind == "first" or not firsts.early.any().execute():
        found = _counted(firsts, names)
    else:
        back = _in_turn(visits, firsts.filter(firsts.early), names)
        found = _counted(ibis.union(firsts.filter(~firsts.early).select("customer_id", "depth"), back.select("customer_id", "depth")), names)
        back.release()
    firsts.release()
    return found


def _open(firsts: ir.Table, names: list[str]) -> pd.DataFrame:
    inside = [firsts[f"at_{i}"].notnull() for i in range(len(names))]
    row = firsts.aggregate(
        **{f"n_{i}": here.cast("int64").sum() for i, here in enumerate(inside)},
        **{f"customers_{i}": firsts.customer_id.nunique(where=here) for i, here in enumerate(inside)},
    ).fill_null(0).execute().iloc[0]  # fmt: skip
    return pd.DataFrame({"touchpoint": names, **{part: [int(row[f"{part}_{i}"]) for i in range(len(names))] for part in ("n", "customers")}})


def _by_first_visits(firsts: ir.Table, steps: int) -> ir.Table:
    """journey_id, customer_id, depth (steps in a row that were reached, by first visits) and early (the next one was
    visited, but before its turn)."""
    inside = firsts.at_0.notnull()
    depth, early = inside.cast("int64"), ibis.literal(False)
    for i in range(1, steps):
        here, before = firsts[f"at_{i}"], firsts[f"at_{i - 1}"]
        early = early | (inside & (here < before).fill_null(False))
        inside = inside & (here >= before).fill_null(False)
        depth = depth + inside.cast("int64")
    return firsts.select("journey_id", "customer_id", depth=depth, early=early)


def _in_turn(visits: ir.Table, whose: ir.Table, names: list[str]) -> ir.Table:
    """Some journeys followed from step to step, each at its earliest visit not before that of the step before:
    journey_id, customer_id, depth (steps in a row that were reached)."""
    none = ibis.null(visits.started_at.type())
    state = whose.select("journey_id", "customer_id", at=none, depth=ibis.literal(0, "int64")).cache()
    for i, name in enumerate(names):
        here = visits.filter(visits.touchpoint == name).select("journey_id", "started_at")
        here = here.inner_join(state.filter(state.depth == i).select("journey_id", since="at"), "journey_id")
        here = here.filter(here.started_at >= here.since) if i else here
        reached = here.group_by("journey_id").aggregate(reached=here.started_at.min())
        went = state.left_join(reached, "journey_id")
        went = went.select("journey_id", "customer_id", at="reached", depth=went.depth + went.reached.notnull().cast("int64")).cache()
        state.release()
        state = went
    return state


def _counted(depths: ir.Table, names: list[str]) -> pd.DataFrame:
    """How many journeys and customers came at least as far as each step."""
    people = depths.group_by("customer_id").aggregate(depth=depths.depth.max())
    far = {}
    for part, rows in (("n", depths), ("customers", people)):
        counted = rows.group_by("depth").aggregate(n=rows.customer_id.count()).execute().set_index("depth")["n"]
        far[part] = [int(counted[counted.index > i].sum()) for i in range(len(names))]
    return pd.DataFrame({"touchpoint": names, **far})
