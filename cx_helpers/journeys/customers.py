"""Who the customers are: what is known of each, and what each persona is worth, how it grows and how it scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, Metric, label_in
from cx_helpers.journeys.personas import Personas, TraitColumn

DERIVED = (
    TraitColumn("journeys_a_year", "personas.journeys_a_year", "behavioural"),
    TraitColumn("days_since", "personas.days_since", "behavioural"),
    TraitColumn("first_channel", "personas.first_channel", "behavioural"),
    TraitColumn("value_each", "personas.value_each", "transactional"),
)
PUBLIC = ("review", "social")


def customer_traits(
    tables: Mapping[str, ir.Table], journey: Journey, months: Sequence[str], until: datetime, language: str = "en"
) -> tuple[pd.DataFrame, list[TraitColumn]]:
    """What is known of every customer who began a journey in the window.

    Parameters
    ----------
    tables : mapping of table name to Ibis table
        journeys; customers and events where there are any.
    months : the months of the window

    Returns
    -------
    (DataFrame, traits). The frame: customer_id, a column a trait, new (bool: the first journey known of is in the window).
    Traits: those declared in journey.yaml and segments that `customers` holds; then journeys_a_year, days_since
    (the last journey began), first_channel (of most of the journeys' first steps) and value_each (money a journey), where known.
    In an order that pseudonyms do not decide.
    """
    rows = tables["journeys"]
    rows = rows.filter(rows.customer_id.notnull())
    since = ibis.literal(until, "timestamp('UTC', 6)").epoch_seconds()
    inside = rows.month.isin(list(months))
    lived = rows.group_by("customer_id").aggregate(
        began=inside.cast("int64").sum(), last=rows.started_at.max(), first=rows.month.min(), value_each=rows.value.mean(where=inside)
    )
    lived = lived.filter(lived.began > 0)
    frame = lived.select(
        "customer_id", "value_each", journeys_a_year=lived.began * (12 / max(len(months), 1)),
        days_since=(since - lived["last"].epoch_seconds()) / 86400.0, new=lived["first"] >= months[0],
    )  # fmt: skip
    declared = _declared(tables.get("customers"), journey, language)
    if declared:
        known = tables["customers"].select("customer_id", *[trait.id for trait in declared])
        frame = frame.left_join(known, "customer_id").drop("customer_id_right")
    found = frame.execute()
    if "events" in tables:
        found["first_channel"] = found["customer_id"].map(_channels(tables["events"], rows.filter(inside)))
    traits = [*declared, *(trait for trait in DERIVED if trait.id in found and found[trait.id].nunique() > 1)]
    found = found.sort_values([trait.id for trait in reversed(traits)], kind="stable", ignore_index=True) if traits else found
    return found, traits


def _declared(customers: ir.Table | None, journey: Journey, language: str) -> list[TraitColumn]:
    held = () if customers is None else customers.columns
    traits = [TraitColumn(one.id, label_in(one.label, language), one.kind) for one in journey.traits if one.id in held]
    also = [one for one in journey.segments if one.id in held and one.id not in {trait.id for trait in traits}]
    return [*traits, *(TraitColumn(one.id, label_in(one.label, language), "segment") for one in also)]


def _channels(events: ir.Table, journeys: ir.Table) -> pd.Series:
    """The channel of the first step of most of a customer's journeys; of equally many the first by name."""
    mine = events.filter(events.channel.notnull()).semi_join(journeys, "journey_id")
    firsts = mine.group_by("journey_id").aggregate(channel=mine.channel.argmin(mine.started_at))
    owned = firsts.inner_join(journeys.select("journey_id", "customer_id"), "journey_id")
    counts = owned.group_by(["customer_id", "channel"]).aggregate(n=owned.count()).execute()
    counts = counts.sort_values(["n", "channel"], ascending=[False, True], kind="stable")
    return counts.drop_duplicates("customer_id").set_index("customer_id")["channel"]


def spoke_in_public(comments: ir.Table) -> pd.Series | None:
    """Customers who wrote a review or a post, for the influence of personas: True by customer; None where none is known."""
    rows = comments.filter(comments.origin.isin(PUBLIC) & comments.customer_id.notnull())
    people = rows.select("customer_id").distinct().execute()["customer_id"]
    return pd.Series(True, people) if len(people) else None


def persona_rows(
    frame: pd.DataFrame, found: Personas, answers: pd.DataFrame, metric: Metric | None, revenue: pd.DataFrame | None, months: Sequence[str],
    influence: pd.Series | None = None, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """What each persona is worth, the most valuable customers first.

    Parameters
    ----------
    frame, found : of `customer_traits` and `personas.personas`
    answers : DataFrame of the remembered metric in the window: customer_id, score
    revenue : DataFrame with customer_id, month and revenue
    influence : Series of bool by customer, optional
        Who spoke in public, or referred others.

    Returns
    -------
    DataFrame: persona (number in the order of the rows, 1 first), member (of `found`), n (customers), share with low and high (0-1, of all),
    revenue, revenue_low, revenue_high (money a customer in the window; NaN where not known), revenue_share (0-1, of all money),
    new_share, new_low, new_high (0-1, of its customers whose first journey is in the window: how it grows), influence_share
    with influence_low, influence_high (0-1; NaN where not known), score, score_low, score_high, score_n, method.
    """
    spent = None
    if revenue is not None:
        inside = revenue[revenue["month"].isin(list(months))]
        spent = frame["customer_id"].map(inside.groupby("customer_id")["revenue"].sum()).fillna(0.0)
    persona = answers["customer_id"].map(dict(zip(frame["customer_id"], found.member, strict=False)))
    estimator = estimates.nps if metric is not None and metric.kind == "nps" else estimates.mean
    spoke = None if influence is None else frame["customer_id"].isin(influence.index[influence])
    rows = []
    for member in sorted(found.member.unique()):
        mine = (found.member == member).to_numpy()
        given = answers[(persona == member).to_numpy()]
        share = estimates.share_from_counts(int(mine.sum()), len(mine), confidence)
        paid = estimates.mean(spent[mine].to_numpy() if spent is not None else [], confidence=confidence)
        new = estimates.share(frame.loc[mine, "new"].to_numpy(dtype=float), confidence=confidence)
        heard = estimates.share(spoke[mine].to_numpy(dtype=float) if spoke is not None else [], confidence=confidence)
        score = estimator(given["score"].to_numpy(), cluster=given["customer_id"].to_numpy() if len(given) else None, confidence=confidence)
        rows.append({
            "member": member, "n": int(mine.sum()), "share": share.value, "low": share.low, "high": share.high,
            "revenue": paid.value, "revenue_low": paid.low, "revenue_high": paid.high,
            "revenue_share": float(spent[mine].sum() / spent.sum()) if spent is not None and spent.sum() > 0 else np.nan,
            "new_share": new.value, "new_low": new.low, "new_high": new.high,
            "influence_share": heard.value, "influence_low": heard.low, "influence_high": heard.high,
            "score": score.value, "score_low": score.low, "score_high": score.high, "score_n": score.n, "method": "Wilson, Student's t",
        })  # fmt: skip
    if not rows:
        return pd.DataFrame(columns=["persona", "member", "n", "share", "revenue_share", "score", "score_low", "score_high", "score_n"])
    order = ["revenue", "n"] if spent is not None else ["n"]
    table = pd.DataFrame(rows).sort_values(order, ascending=False, kind="stable", ignore_index=True)
    return table.assign(persona=np.arange(1, len(table) + 1))


def money(tables: Mapping[str, ir.Table]) -> pd.DataFrame | None:
    """A customer's money by month: of outcomes, else the value of journeys begun; None where neither is known."""
    for name, column in (("outcomes", "revenue"), ("journeys", "value")):
        rows = tables.get(name)
        if rows is not None and bool(rows[column].notnull().any().fill_null(False).execute()):
            sums = rows.filter(rows.customer_id.notnull()).group_by(["customer_id", "month"]).aggregate(revenue=rows[column].sum())
            return sums.order_by(["customer_id", "month"]).execute()
    return None
