"""Segments by behaviour: customers who took declared steps one after the other, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.behaviours import Behaviour, Step
from cx_helpers.config.journey import Metric, label_in
from cx_helpers.journeys.customers import money

TIME = "timestamp('UTC', 6)"
GROUPS = ("first", "only_first", "until_last", "whole")
VALUE_MONTHS = 12
METHOD = "Newcombe"


def chains(tables: Mapping[str, ir.Table], behaviour: Behaviour, until: datetime) -> ir.Table:
    """The steps of a behaviour, from every moment at which the first was taken.

    Parameters
    ----------
    tables : mapping of table name to Ibis table
        journeys, and of cases, events, responses, inputs, outcomes those the steps speak of.
    until : datetime
        Nothing later is known.

    Returns
    -------
    Ibis table: customer_id, journey_id (of the first step), at_1 ... at_k (UTC: when each step was known to be taken;
    missing where it was not), alone (when the last step was, had none between been taken: counted from the end of
    their time), depth (1 to k: steps taken). Only first steps so early that the time of all later ones has passed.

    Notes
    -----
    Each step is the first of its kind after the step before, within its days. *Left within d days*: nothing begun from
    d days after the step before until `quiet_days` later; begun are journeys, or active months where the brand
    records inactive ones. Customers without a pseudonym cannot be followed and are left out.
    """
    first, *later = behaviour.steps
    key = ["customer_id", "journey_id", "at_1"]
    rows = _taken(tables, first).rename(at_1="at").distinct()
    rows = rows.filter(rows.at_1 + _days(behaviour.days) <= ibis.literal(until, TIME))
    between = sum(step.within_days for step in later[:-1])
    rows = rows.mutate(between=rows.at_1 + _days(between))
    for number, step in enumerate(later, start=2):
        rows = _followed(rows, tables, step, behaviour, f"at_{number - 1}", f"at_{number}", key)
    rows = _followed(rows, tables, later[-1], behaviour, "between", "alone", key)
    depth = sum((rows[f"at_{number}"].notnull().cast("int64") for number in range(2, len(behaviour.steps) + 1)), ibis.literal(1))
    return rows.mutate(depth=depth).drop("between")


def _days(number: float) -> ir.IntervalScalar:
    return ibis.interval(seconds=round(number * 86400))


def _taken(tables: Mapping[str, ir.Table], step: Step) -> ir.Table:
    """Every time a step was taken: customer_id, journey_id, at; a case that was not resolved is known after its days."""
    rows = tables[{"case": "cases", "event": "events", "answer": "responses", "input": "inputs"}[step.kind]]
    if step.kind == "case":
        causes = [step.case] if isinstance(step.case, str) else step.case
        rows = rows if causes == ["any"] else rows.filter(rows.cause.isin(causes))
        at = rows.opened_at
        if step.denied == "resolved":
            at = rows.opened_at + _days(step.within_days)
            rows = rows.filter(rows.closed_at.isnull() | (rows.closed_at > at))
    elif step.kind == "event":
        rows = rows.filter(rows.touchpoint == step.event)
        if step.channel is not None:
            rows = rows.filter(rows.channel.isin([step.channel] if isinstance(step.channel, str) else step.channel))
        at = rows.started_at
    else:
        column, time, name = ("metric", "answered_at", "score") if step.kind == "answer" else ("input", "measured_at", "value")
        touchpoint, item = getattr(step, step.kind).split(".", 1)
        rows = rows.filter((rows.touchpoint == touchpoint) & (rows[column] == item) & rows[time].notnull() & rows[name].notnull())
        low, high = step.between.min, step.between.max
        rows = rows.filter(rows[name] >= low) if low is not None else rows
        rows = rows.filter(rows[name] <= high) if high is not None else rows
        at = rows[time]
    owner = ["customer_id"] if "customer_id" in rows.columns else []
    return _with_customer(rows.mutate(at=at).select("journey_id", "at", *owner), tables["journeys"])


def _with_customer(rows: ir.Table, journeys: ir.Table) -> ir.Table:
    owners = journeys.select("journey_id", owner=journeys.customer_id)
    rows = rows.left_join(owners, "journey_id")
    known = ibis.coalesce(rows.customer_id, rows.owner) if "customer_id" in rows.columns else rows.owner
    rows = rows.select("journey_id", "at", customer_id=known)
    return rows.filter(rows.customer_id.notnull())


def _followed(rows: ir.Table, tables: Mapping[str, ir.Table], step: Step, behaviour: Behaviour, before: str, name: str, key: list[str]) -> ir.Table:
    """`rows` with the column `name`: when the step was taken after the column `before`."""
    owner = "journey_id" if behaviour.same == "journey" and step.kind != "left" else "customer_id"
    starts = rows.filter(rows[before].notnull()).select(*key, since=rows[before])
    end = starts.since + _days(step.within_days)
    if step.kind == "left":
        starts = starts.mutate(opens=end, shuts=end + _days(behaviour.quiet_days))
        signs = _signs(tables)
    else:
        starts = starts.mutate(opens=starts.since, shuts=end)
        signs = _taken(tables, step)
    met = starts.inner_join(signs.select(owner, "at"), owner)
    met = met.filter((met["at"] > met.opens) & (met["at"] <= met.shuts)).group_by(key).aggregate(met=lambda joined: joined["at"].min())
    seen = starts.left_join(met, key).drop(*[f"{column}_right" for column in key])
    if step.kind == "left" or step.denied is True:
        found = seen.filter(seen.met.isnull()).select(*key, **{name: seen.since + _days(step.within_days)})
    else:
        found = seen.filter(seen.met.notnull()).select(*key, **{name: seen.met})
    return rows.left_join(found, key).drop(*[f"{column}_right" for column in key])


def _signs(tables: Mapping[str, ir.Table]) -> ir.Table:
    """When customers did something new: journeys begun, or active months where inactive ones are recorded too."""
    months = tables.get("outcomes")
    if months is not None and bool((~months.active).any().fill_null(False).execute()):
        return months.filter(months.active).select("customer_id", at=(months.month + "-01").cast("timestamp").cast(TIME))
    journeys = tables["journeys"].filter(tables["journeys"].customer_id.notnull())
    return journeys.select("customer_id", at=journeys.started_at)


def followed(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a customer: the first time at which most steps were taken.

    Parameters
    ----------
    rows : DataFrame
        As `chains` gives it, executed.

    Returns
    -------
    DataFrame: the columns of `rows`, in the order of the first step.
    """
    rows = rows.sort_values(["depth", "at_1"], ascending=[False, True], kind="stable")
    return rows.drop_duplicates("customer_id").sort_values(["at_1", "depth"], kind="stable", ignore_index=True)


def revenue_before(customers: pd.DataFrame, revenue: pd.DataFrame) -> pd.Series:
    """Money of each customer in the twelve months before the first step, 0 where there was none.

    Parameters
    ----------
    customers : DataFrame with customer_id and at_1
    revenue : DataFrame with customer_id, month and revenue, of outcomes or of journeys
    """
    month = (customers["at_1"].dt.year * 12 + customers["at_1"].dt.month).rename("until")
    spent = customers[["customer_id"]].assign(until=month).merge(revenue, on="customer_id")
    when = spent["month"].str[:4].astype(int) * 12 + spent["month"].str[5:7].astype(int)
    inside = (when < spent["until"]) & (when >= spent["until"] - VALUE_MONTHS)
    return customers["customer_id"].map(spent[inside].groupby("customer_id")["revenue"].sum()).fillna(0.0)


def group_rows(
    customers: pd.DataFrame, behaviour: Behaviour, answers: pd.DataFrame, metric: Metric | None, revenue: pd.DataFrame | None,
    language: str = "en", confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Who took the steps, and how they differ from those who took only the first.

    Parameters
    ----------
    customers : DataFrame
        As `followed` gives it.
    answers : DataFrame of the remembered metric: journey_id, customer_id, score
    revenue : DataFrame with customer_id, month and revenue; None where no money is known

    Returns
    -------
    DataFrame, a row a group ("first": everybody who took the first step; "only_first": not all that stand before the
    last; "until_last": all before the last; "whole"): behaviour, label, group, n (customers), share with low and high (0-1, of
    those who took the first step, Wilson; missing for "first"), last_share with last_low, last_high (0-1, of the group, who then took the last step; missing for "whole"),
    score with score_low, score_high, score_n (the remembered score of the journey in which it began), revenue with
    revenue_low, revenue_high (money a customer in the twelve months before), method.
    attrs: steps (labels of the steps, where all have one), apart (Estimate: last_share of until_last less that of only_first), change (Estimate: share that took all steps, later
    half of the first steps less the earlier half).
    """
    steps, count = len(behaviour.steps), len(customers)
    all_before = customers["depth"] >= steps - 1
    members = dict(zip(GROUPS, [all_before | True, ~all_before, all_before, customers["depth"] == steps], strict=True))
    took_last = (customers["depth"] == steps).where(all_before, customers["alone"].notna())
    money = None if revenue is None else revenue_before(customers, revenue)
    rows = []
    for group, mine in members.items():
        share, last = estimates.share_from_counts(int(mine.sum()), count, confidence), estimates.share_from_counts(int(took_last[mine].sum()), int(mine.sum()), confidence)
        given = answers[answers["journey_id"].isin(customers.loc[mine, "journey_id"])]
        score = _score(given, metric, confidence)
        spent = estimates.mean(money[mine].to_numpy() if money is not None else [], confidence=confidence)
        rows.append({"behaviour": behaviour.id, "label": label_in(behaviour.label, language), "group": group, "n": int(mine.sum()),
                     "share": share.value, "low": share.low, "high": share.high, "last_share": last.value, "last_low": last.low, "last_high": last.high,
                     "score": score.value, "score_low": score.low, "score_high": score.high, "score_n": score.n,
                     "revenue": spent.value, "revenue_low": spent.low, "revenue_high": spent.high, "method": "Wilson"})  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.loc[frame["group"] == "whole", ["last_share", "last_low", "last_high"]] = float("nan")
    frame.loc[frame["group"] == "first", ["share", "low", "high"]] = float("nan")
    sides = [(int(took_last[mine].sum()), int(mine.sum())) for mine in (members["until_last"], members["only_first"])]
    frame.attrs["steps"] = [label_in(step.label, language) for step in behaviour.steps if step.label]
    frame.attrs["apart"] = estimates.difference_from_counts(*sides, "share", confidence)
    half = customers["at_1"] > customers["at_1"].median()
    frame.attrs["change"] = estimates.difference_from_counts(*[(int(members["whole"][side].sum()), int(side.sum())) for side in (half, ~half)], "share", confidence)
    return frame


def _score(given: pd.DataFrame, metric: Metric | None, confidence: float) -> estimates.Estimate:
    estimator = estimates.nps if metric is not None and metric.kind == "nps" else estimates.mean
    return estimator(given["score"].to_numpy(), cluster=given["customer_id"].fillna(given["journey_id"]).to_numpy() if len(given) else None, confidence=confidence)


def behaviour_groups(study_tables: Mapping[str, ir.Table], behaviours: Sequence[Behaviour], until: datetime, answers: pd.DataFrame, metric: Metric | None,
                     language: str = "en", confidence: float = 0.95) -> list[pd.DataFrame]:  # fmt: skip
    """`group_rows` of every declared behaviour whose tables there are, each at a confidence corrected for their number.

    Behaviours are looked at together, so their `apart` and `change` are Bonferroni-corrected for how many are declared.
    """
    corrected = 1 - (1 - confidence) / max(len(behaviours), 1)
    revenue = money(study_tables)
    found = []
    for one in behaviours:
        customers = followed(chains(study_tables, one, until).execute())
        frame = group_rows(customers, one, answers, metric, revenue, language, confidence)
        if len(behaviours) > 1:
            frame.attrs |= group_rows(customers, one, answers, metric, None, language, corrected).attrs
        found.append(frame)
    return found
