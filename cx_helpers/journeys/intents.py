"""Whether customers got what they set out for."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers import estimates

UNKNOWN = "unknown"


def completion(
    journeys: pd.DataFrame | ir.Table, events: pd.DataFrame | ir.Table | None = None, *, touchpoints: Collection[str] = (),
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """How many got done what they set out for, by their own intent.

    Parameters
    ----------
    journeys : pandas or Ibis with journey_id, status, intent; customer_id where known
    events : with journey_id and touchpoint, optional
        An intent that is itself one of `touchpoints` (such as refund_paid) is fulfilled when the journey reached it.
    touchpoints : names an intent may be
        All other intents are fulfilled when the journey is completed.

    Returns
    -------
    DataFrame, most journeys first: intent, n (journeys that are over, or have what they came for), customers, open
    (still under way, left out of the share), fulfilled, share (0-1, fulfilled of n) with low and high (Wilson,
    clustered by customer), method.

    Notes
    -----
    Journeys under way are neither done nor lost. Not for comparing intents as causes: who travels on business is
    another customer.

    >>> trips = pd.DataFrame({"journey_id": [1, 2, 3], "status": ["completed", "cancelled", "open"], "intent": ["leisure"] * 3})
    >>> completion(trips)[["intent", "n", "open", "fulfilled", "share"]].values.tolist()
    [['leisure', 2, 1, 1, 0.5]]
    """
    rows = journeys if isinstance(journeys, pd.DataFrame) else journeys.select(_columns(journeys)).execute()
    rows = rows.assign(intent=rows["intent"].astype(object).where(rows["intent"].notna(), UNKNOWN))
    done = rows["status"] == "completed"
    wanted = rows["intent"].isin(list(touchpoints))
    if events is not None and wanted.any():
        steps = ibis.memtable(events) if isinstance(events, pd.DataFrame) else events
        reached = steps.filter(steps.touchpoint.isin(sorted(set(rows.loc[wanted, "intent"])))).select("journey_id", "touchpoint").distinct().execute()
        pairs = pd.MultiIndex.from_frame(rows[["journey_id", "intent"]]).isin(pd.MultiIndex.from_frame(reached))
        done = done.where(~wanted, pairs)
    rows = rows.assign(fulfilled=done, over=done | (rows["status"] != "open"), customer=_customer(rows))
    found = [_row(intent, part, confidence) for intent, part in rows.groupby("intent", sort=True)]
    found = pd.DataFrame(found, columns=["intent", "n", "customers", "open", "fulfilled", "share", "low", "high", "method"])
    return found.sort_values("n", ascending=False, kind="stable", ignore_index=True)


def _columns(journeys: ir.Table) -> list[str]:
    return [name for name in ("journey_id", "status", "intent", "customer_id") if name in journeys.columns]


def _customer(rows: pd.DataFrame) -> pd.Series:
    return rows["customer_id"].fillna(rows["journey_id"]) if "customer_id" in rows else rows["journey_id"]


def _row(intent: str, part: pd.DataFrame, confidence: float) -> dict:
    over = part[part["over"]]
    sums = over.groupby("customer")["fulfilled"].agg(["sum", "count"]).to_numpy()
    found = estimates.share_from_cluster_counts(sums[:, 0], sums[:, 1], confidence)
    return {"intent": intent, "n": len(over), "customers": len(sums), "open": len(part) - len(over), "fulfilled": int(over["fulfilled"].sum()),
            "share": found.value, "low": found.low, "high": found.high, "method": found.method}  # fmt: skip
