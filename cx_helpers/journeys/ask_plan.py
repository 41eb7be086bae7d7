"""Who should be asked what next: at which touchpoint, through which channel, how long after, and from which day, so that nobody is asked too often."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL, Journey, label_in
from cx_helpers.journeys.asking import WITHIN_DAYS
from cx_helpers.journeys.metric_fit import Asked

FILE = "ask_plan.csv"
CAREFUL_CAP = 4
SOON_HOURS, NEXT_DAY_HOURS = 1.0, 24.0
SHRINK = 10.0
PLAN = ["customer_id", "touchpoint", "metric", "channel", "delay_hours", "cap", "asked_in_90_days", "ask_from", "because"]


def permitted(study: Any) -> Collection[str] | None:
    """Customers whose permission for the brand's purpose holds at the end of the month; None where the brand asks for none.

    Who is not in the tables any more for want of permission is not asked either: rows are held out at ingest already.
    """
    use = study.brand.sources.use
    if use is None:
        return None
    rows = study.table("permissions", scoped=False)
    rows = rows.filter(rows.purpose == use.purpose).select("customer_id", "granted_at", "withdrawn_at").execute()
    granted, withdrawn = (pd.to_datetime(rows[name], utc=True) for name in ("granted_at", "withdrawn_at"))
    holds = (granted <= study.until) & (withdrawn.isna() | (withdrawn > study.until))
    holding = set(rows.loc[holds, "customer_id"])
    if use.default != "allowed":
        return holding
    refused = set(rows["customer_id"]) - holding
    return set(study.table("journeys").select("customer_id").distinct().execute()["customer_id"].dropna()) - refused


def ask_plan(asked: Asked, verdicts: pd.DataFrame, until: pd.Timestamp, allowed: Collection[str] | None = None, limit: float | None = None) -> pd.DataFrame:
    """One row a customer asked or met in the last 90 days: the question to put next.

    Parameters
    ----------
    verdicts : DataFrame of `metric_fit.audit`
    until : Timestamp
        What the plan looks from.
    allowed : customers who may be asked; None is all
    limit : the brand's own cap on requests in 90 days; else the one the data show, else 4

    Returns
    -------
    DataFrame: customer_id (pseudonym), touchpoint, metric (id, or "new" where the audit asks for another), channel (through which this customer answers most, shrunk to what
    the channel gives with all customers; of a question at a touchpoint among the channels it is put through), delay_hours (after the step; of the whole, after the journey),
    cap (moments in 90 days), asked_in_90_days, ask_from (day, brand-free UTC: today, or when the cap has room again), because (verdict). Ordered by customer. Questions to drop are
    in no row. Of the others a customer gets one that they meet and were put least often in the window; where several are level, each goes to as many customers.

    Notes
    -----
    A proposal for whoever sends the questions: nothing is sent. It holds pseudonyms and stays in the brand's folder.
    """
    rows = asked.requests[asked.requests["person"]]
    if allowed is not None:
        rows = rows[rows["customer"].isin(set(allowed))]
    recent = rows[rows["put"] >= until - pd.Timedelta(days=WITHIN_DAYS)]
    questions = _questions(asked, verdicts)
    if recent.empty or questions.empty:
        return pd.DataFrame(columns=PLAN)
    cap = int(limit or (asked.cap if not np.isnan(asked.cap) else CAREFUL_CAP))
    chosen = _least_often(rows[rows["customer"].isin(recent["customer"])], questions)
    used, free_from = _room(recent, cap, until)
    channel = _channels(rows, chosen)
    plan = chosen.merge(questions, on="name", how="left", validate="many_to_one")
    out = pd.DataFrame({
        "customer_id": plan["customer"], "touchpoint": plan["touchpoint"], "metric": plan["metric"], "channel": channel, "delay_hours": plan["delay_hours"],
        "cap": cap, "asked_in_90_days": plan["customer"].map(used).to_numpy(), "ask_from": plan["customer"].map(free_from).to_numpy(), "because": plan["verdict"],
    })  # fmt: skip
    return out.sort_values("customer_id", ignore_index=True)


def _questions(asked: Asked, verdicts: pd.DataFrame) -> pd.DataFrame:
    """The questions that may be put, best first: name, touchpoint, metric, delay_hours, verdict."""
    early = asked.early.set_index("metric")
    rows = []
    for row in verdicts[(verdicts["verdict"] != "drop") & (verdicts["subject"] != "")].itertuples():
        if row.verdict == "add" and "." not in row.subject:
            rows.append((f"{row.subject}.new", row.subject, "new", SOON_HOURS, row.verdict, np.inf))
            continue
        touchpoint, metric = row.subject.split(".", 1)
        told = early.loc[row.subject] if row.subject in early.index else None
        hours = float(told["hours"]) if told is not None and not np.isnan(told["hours"]) else SOON_HOURS
        delay = NEXT_DAY_HOURS if told is not None and told["by_day"] else SOON_HOURS if row.verdict == "replace" else hours
        rows.append((row.subject, touchpoint, "new" if row.verdict == "replace" else metric, delay, row.verdict, 0.0 if np.isnan(row.strength) else row.strength))
    frame = pd.DataFrame(rows, columns=["name", "touchpoint", "metric", "delay_hours", "verdict", "strength"])
    return frame.sort_values("strength", ascending=False, kind="stable", ignore_index=True).assign(place=lambda f: f.index)


def _least_often(rows: pd.DataFrame, questions: pd.DataFrame) -> pd.DataFrame:
    """customer and name of the question put least often among those the customer meets; of several, each to as many customers."""
    times = rows[rows["name"].isin(questions["name"])].groupby(["customer", "name"]).size().rename("times").reset_index()
    fresh = questions.loc[~questions["name"].isin(rows["name"]), "name"]
    never = pd.MultiIndex.from_product([rows["customer"].unique(), fresh], names=["customer", "name"]).to_frame(index=False)
    both = pd.concat([times, never], ignore_index=True).merge(questions[["name", "place"]], on="name")
    least = both.groupby("customer")["times"].transform("min")
    both = both[both["times"].isna() | (both["times"] == least)].sort_values(["customer", "place"])
    groups = both.groupby("customer")["name"]
    turn = pd.factorize(both["customer"])[0] % groups.transform("size")
    return both.loc[groups.cumcount() == turn, ["customer", "name"]].reset_index(drop=True)


def _room(recent: pd.DataFrame, cap: int, until: pd.Timestamp) -> tuple[pd.Series, pd.Series]:
    """Moments asked in the last 90 days, and the first day on which one more stays within the cap."""
    moments = recent[["customer", "put"]].drop_duplicates().sort_values(["customer", "put"], ascending=[True, False])
    used = moments.groupby("customer").size()
    at_cap = moments[moments.groupby("customer").cumcount() == cap - 1].set_index("customer")["put"] + pd.Timedelta(days=WITHIN_DAYS)
    free = at_cap.reindex(used.index)
    return used, free.where(free > until, until).dt.strftime("%Y-%m-%d")


def _channels(rows: pd.DataFrame, chosen: pd.DataFrame) -> np.ndarray:
    """The channel of each chosen question that its customer answers most."""
    due = rows[rows["due"] & rows["asked_by"].notna()]
    overall = due.groupby("asked_by")["answered"].mean()
    own = due.groupby(["customer", "asked_by"])["answered"].agg(["sum", "size"])
    own["rate"] = (own["sum"] + SHRINK * overall.reindex(own.index.get_level_values("asked_by")).to_numpy()) / (own["size"] + SHRINK)
    through = due.groupby("name")["asked_by"].unique()
    options = chosen.assign(asked_by=[list(through.get(name, overall.index)) for name in chosen["name"]]).explode("asked_by")
    rated = options.merge(own["rate"].reset_index(), on=["customer", "asked_by"], how="left")
    rated["rate"] = rated["rate"].fillna(rated["asked_by"].map(overall))
    best = rated.sort_values(["customer", "rate", "asked_by"], ascending=[True, False, True]).drop_duplicates("customer").set_index("customer")["asked_by"]
    return chosen["customer"].map(best).to_numpy()


def summary(plan: pd.DataFrame, until: pd.Timestamp, journey: Journey, language: str = "en") -> pd.DataFrame:
    """The plan without anybody in it: touchpoint, label, metric, channel, delay_hours, because, n (customers), value (0 to 1: of these, to be asked at once)."""
    labels = {point.id: label_in(point.label, language) for point in journey.touchpoints} | {OVERALL: ("recovery.whole", {})}
    today = until.strftime("%Y-%m-%d")
    groups = plan.assign(now=plan["ask_from"] <= today).groupby(["touchpoint", "metric", "channel", "delay_hours", "because"], dropna=False, sort=True)
    rows = groups.agg(n=("customer_id", "size"), value=("now", "mean")).reset_index()
    rows.insert(1, "label", [labels.get(point, point) for point in rows["touchpoint"]])
    return rows.sort_values("n", ascending=False, kind="stable", ignore_index=True)


def write(plan: pd.DataFrame, folder: Path) -> Path:
    """Writes the plan as ``ask_plan.csv`` in the brand's folder, readable by its owner alone, in the place of the one before; returns where it is."""
    path, part = folder / FILE, folder / f".{FILE}.part"
    part.touch(mode=0o600)
    part.write_text(plan.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    os.replace(part, path)
    return path
