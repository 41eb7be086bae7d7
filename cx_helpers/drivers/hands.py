"""Whose hands a broken promise lay in: what each part of the way took of the days, and what a day in it goes with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from cx_helpers import estimates
from cx_helpers.drivers.lateness import LEAST_IN_COMPARISON, difference
from cx_helpers.tables.frames import AT_END

COLUMNS = ["part", "in_time_days", "late_days", "value", "low", "high", "share", "effect", "effect_low", "effect_high", "waiting_n", "waiting_share",
           "waiting", "waiting_low", "waiting_high", "n", "method", "grade"]  # fmt: skip


def hands(frame: pd.DataFrame, outcome: str, parts: Sequence[str], *, controls=(), weights=None, cluster: str | None = None, confidence: float = 0.95) -> pd.DataFrame:
    """Each hand's part in lateness: more days than when in time, the outcome a day, and those waiting for it.

    Parameters
    ----------
    frame : as `lateness.lived` gives it, with each part as of the answer and ``<part>@end``
    outcome : column
    parts : columns
        Days each hand took, in their order.

    Returns
    -------
    DataFrame, a row a part: part; in_time_days, late_days (means, of journeys that came in time and late in the end); value, low, high
    (their difference, days, controls held equal); share (of the days that all parts took more; NaN where one took fewer); effect,
    effect_low, effect_high (outcome a day of it among those who had received, the other parts and whether it was late held equal); waiting_n, waiting_share
    (0-1), waiting with low and high (answers of those still waiting beyond the promise while it lay there, their share and
    mean outcome); n; method; grade ("associated").

    Notes
    -----
    What had not come by the end of the month has no days yet: it stands in the waiting columns alone. That days of a hand
    are more does not say that its promise was fair.
    """
    rows = []
    came = frame[frame["promise_end_days"].notna()]
    late_in_the_end = (came["promise_end_days"] >= 1).astype(float)
    received = frame[frame["promise_state"] == "received"]
    waiting = frame[(frame["promise_state"] == "waiting") & frame["promise_late"]]
    for part in parts:
        days = part + AT_END
        more = difference(came.assign(_with=late_in_the_end), days, list(controls), False, weights, cluster, confidence)
        others = [other for other in parts if other != part and received[other].nunique() > 1]
        a_day = difference(received.assign(_with=received[part], _late=received["promise_late"].astype(float)), outcome, [*controls, *others, "_late"], False, weights, cluster, confidence)
        row = {"part": part, "in_time_days": came.loc[late_in_the_end == 0, days].mean(), "late_days": came.loc[late_in_the_end == 1, days].mean(),
               "grade": "associated", "waiting_share": (waiting["promise_held_by"] == part).mean() if len(waiting) else math.nan}  # fmt: skip
        row |= {name: more[name] for name in ("value", "low", "high", "n", "method")} if more else {"n": len(came), "method": ""}
        row |= {f"effect{end}": a_day[name] for end, name in (("", "value"), ("_low", "low"), ("_high", "high"))} if a_day else {}
        rows.append(row | _waiting(waiting[waiting["promise_held_by"] == part], outcome, weights, cluster, confidence))
    table = pd.DataFrame(rows, columns=COLUMNS)
    whole = table["value"].sum()
    return table.assign(share=table["value"] / whole if len(table) and (table["value"] > 0).all() else math.nan)


def _waiting(held: pd.DataFrame, outcome: str, weights, cluster, confidence: float) -> dict:
    if len(held) < LEAST_IN_COMPARISON:
        return {"waiting_n": len(held)}
    mean = estimates.mean(held[outcome], weights=None if weights is None else held[weights], cluster=None if cluster is None else held[cluster], confidence=confidence)
    return {"waiting_n": len(held), "waiting": mean.value, "waiting_low": mean.low, "waiting_high": mean.high}
