"""What else is there beside scores: comments by where they were said, measures of employees and places, the world outside."""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey

DIRECT = {"survey": "direct", "ticket": "direct", "employee": "indirect", "review": "indirect", "social": "indirect"}


def voices(comments: ir.Table) -> pd.DataFrame:
    """What was said, by where and how it reached us.

    Returns
    -------
    DataFrame: origin, directness ("direct": said to us, "indirect": said to others, "inferred": concluded by us; where
    rows do not say, by origin), n (comments), journey_share (0 to 1: of them with a known journey), customers (known
    ones), first and last (month).
    """
    rows = comments.mutate(directness=comments.directness.fill_null(""), known=comments.journey_id.notnull().cast("float64"))
    found = rows.group_by(["origin", "directness"]).aggregate(
        n=rows.count(), journey_share=rows.known.mean(), customers=rows.customer_id.nunique(), first=rows.month.min(), last=rows.month.max()
    )
    found = found.execute()
    found["directness"] = found["directness"].where(found["directness"] != "", found["origin"].map(DIRECT))
    return found.sort_values(["directness", "n"], ascending=[True, False], ignore_index=True)[["origin", "directness", "n", "journey_share", "customers", "first", "last"]]


def unit_measures(measures: ir.Table, units: int) -> pd.DataFrame:
    """Which measures of places there are, for which of them and which months.

    Parameters
    ----------
    units : int
        Places that the journeys know.

    Returns
    -------
    DataFrame: measure, units (with at least one value), of_units, months (with at least one value), first, last
    (month), filled_share (0 to 1: of all places and months from the first to the last), n (values).
    """
    rows = measures.filter(measures.value.notnull())
    found = rows.group_by("measure").aggregate(
        units=rows.unit.nunique(), months=rows.month.nunique(), first=rows.month.min(), last=rows.month.max(), n=rows.count()
    )
    found = found.order_by("measure").execute()
    span = [(pd.Period(last, "M") - pd.Period(first, "M")).n + 1 for first, last in zip(found["first"], found["last"], strict=True)]
    most = np.maximum(units, found["units"]) * np.array(span, dtype=float)
    return found.assign(of_units=np.maximum(units, found["units"]), filled_share=np.minimum(found["n"] / np.where(most > 0, most, np.nan), 1.0))


def called(found: pd.DataFrame, column: str, journey: Journey, language: str = "en") -> pd.DataFrame:
    """`found` with the label of each measure or factor."""
    return found.assign(label=[journey.called(str(name), language) for name in found[column]])


def what_is_there(found: pd.DataFrame) -> dict:
    """What is there, by name, and how many: arguments of its headline."""
    return {"count": len(found), "labels": list(found["label"])}


def outside(context: ir.Table) -> pd.DataFrame:
    """Which factors of the world outside there are, for which regions and days.

    Returns
    -------
    DataFrame: factor, regions, days (with a value), first_day, last_day (dates), filled_share (0 to 1: of all days from the first to
    the last, in every region), n (values).
    """
    rows = context.filter(context.value.notnull() & context.date.notnull()).mutate(region=context.region.fill_null(""))
    found = rows.group_by("factor").aggregate(
        regions=rows.region.nunique(), days=rows.date.nunique(), first_day=rows.date.min(), last_day=rows.date.max(), n=rows.count()
    )
    found = found.order_by("factor").execute()
    days = (found["last_day"] - found["first_day"]).dt.days + 1
    return found.assign(filled_share=np.minimum(found["n"] / (days * found["regions"]).astype(float), 1.0),
                        first_day=found["first_day"].dt.date.astype(str), last_day=found["last_day"].dt.date.astype(str))  # fmt: skip
