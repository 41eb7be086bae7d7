"""What the page says of the measurement itself: its findings and its headlines, as messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.estimates import Estimate
from cx_helpers.findings import Finding
from cx_helpers.journeys.metric_fit import Asked, Message, called

LINK = "#is-it-measured-well"
WORTH = {"csat_of_whole": 0.1, "nothing_to_do": 0.3, "stale": 0.2, "costly": 0.3, "moment_unmeasured": 0.4, "blind": 0.3, "all_at_once": 0.1}
"""Size of what a rule finds where its number is no size of its own: how much worse, 0 to 1, than asking well."""


def audit_headline(audit: pd.DataFrame) -> Message:
    """How many questions should be asked otherwise, and what else is to be done first; where none is asked, that."""
    changes = called(audit)
    questions = audit[audit["requests"].notna()]
    if questions.empty:
        return ("audit.headline_none_asked", {})
    count, added = int(changes["requests"].notna().sum()), int((changes["verdict"].eq("add") & changes["subject"].ne("")).sum())
    programme = set(changes["rule"])
    start = ("one_" if len(questions) == 1 else "") + ("otherwise" if count else "well")
    rest = "often" if "asked_too_often" in programme else "together" if "all_at_once" in programme else "add" if added else "alone"
    return (f"audit.headline_{start}_{rest}", {"count": count, "of": len(questions), "added": added})


def rows(audit: pd.DataFrame) -> pd.DataFrame:
    """`metric_fit.audit` as a reader downloads it: without the arguments of its sentences."""
    return audit.drop(columns=["args", "variant", "rules", "touched", "p"])


def foretold(audit: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """What each question foretells, the strongest first: label, touchpoint_label, foretells, strength, strength_low, strength_high, n (answers that could be followed)."""
    rows = audit[audit["foretells"].ne("")][["subject", "label", "touchpoint_label", "foretells", "strength", "strength_low", "strength_high"]]
    followed = asked.foretold.set_index("metric")["n"]
    rows = rows.assign(n=[int(followed[name]) for name in rows["subject"]])
    return rows.sort_values("strength", ascending=False, kind="stable", ignore_index=True)


def foretold_headline(rows: pd.DataFrame) -> Message:
    """How many questions foretell what they are asked for, beyond noise."""
    count, of = int((rows["strength_low"] > 0).sum()), len(rows)
    message = "audit.foretold_none" if not count else "audit.foretold_one" if of == 1 else "audit.foretold_all" if count == of else "audit.foretold"
    return (message, {"count": count or of, "of": of})


def opened(audit: pd.DataFrame) -> int:
    """How many rows stand open: those that ask for a change or foretell something, three at least; the rest is folded."""
    return max(int((audit["verdict"].ne("keep") | audit["foretells"].ne("")).sum()), 3)


def audit_subtitle(audit: pd.DataFrame, asked: Asked, window: list[str]) -> Message:
    """What was looked at, and what an answer costs; where silence was not recorded, that its cost is not known."""
    requests, answers = audit["requests"].sum(), audit["answers"].sum()
    kind = "cost" if asked.heard and answers else "no_cost"
    return (f"audit.how_{kind}", {"window": window, "requests": int(requests), "per_answer": requests / answers if answers else np.nan})


def weary_headline(asked: Asked) -> Message:
    """From which request on the same customers answer less; or that no such number is seen."""
    if asked.weary.high < 0 and np.isnan(asked.cap):
        return ("audit.weary_falls", {})
    if np.isnan(asked.cap):
        return ("audit.weary_none", {"value": 1 - np.exp(asked.weary.value), "low": 1 - np.exp(asked.weary.high), "high": 1 - np.exp(asked.weary.low)})
    return ("audit.weary", {"cap": int(asked.cap)})


def bands(curve: pd.DataFrame) -> pd.DataFrame:
    """`fatigue.curve` with band, how often the customer had been asked, as a message."""
    told = []
    for row in curve.itertuples():
        first, last = int(row.earlier_from), row.earlier_to
        name = "open" if np.isinf(last) else "one" if first == last else "between"
        told.append((f"audit.band_{name}", {"first": first, "last": first if np.isinf(last) else int(last), "count": first}))
    return curve.assign(band=told)


def audit_findings(audit: pd.DataFrame) -> list[Finding]:
    """One finding a rule that speaks, the widest of its subjects told, weighed by the share of requests it touches and by its size."""
    changes = called(audit)
    findings = []
    for rule, mine in changes.groupby("rule", sort=False):
        row = next(mine.sort_values("touched", ascending=False, kind="stable").itertuples())
        args = {**row.args, "label": row.label if isinstance(row.label, str) else "", "count_of": len(mine),
                "labels": [label for label in mine["label"] if isinstance(label, str)]}  # fmt: skip
        found = Estimate(row.value, row.low, row.high, row.told_by, row.method)
        weight = min(float(mine["touched"].sum()), 1.0) * _size(rule, row)
        message = f"audit.found_{rule}" + (f"_{row.variant}" if row.variant else "")
        findings.append(Finding(message, args, found.value, found.low, found.high, found.n, found.method, row.grade, weight=weight, link=LINK, p=float(row.p)))
    return findings


def _size(rule: str, row: Any) -> float:
    """How far from good it is, 0 to 1."""
    args = row.args
    if rule == "nps_of_a_step":
        return float(args["early"])
    if rule == "asked_too_often":
        return float(args["share"] * (1 - args["last"] / args["first"])) if args["first"] > 0 and args["last"] == args["last"] else float(args["share"])
    if rule in ("asked_too_early", "wrong_channel", "late_differs", "valuable_unheard"):
        return abs(float(row.value))
    return WORTH.get(rule, 0.3)


def plan_message(plan: pd.DataFrame, until: pd.Timestamp) -> Message:
    """What the ask-plan holds, without anybody in it."""
    if plan.empty:
        return ("audit.plan_none", {})
    now = int((plan["ask_from"] <= until.strftime("%Y-%m-%d")).sum())
    if now == len(plan):
        return ("audit.plan", {"count": now, "parts": [("audit.plan_all", {})]})
    parts = [("audit.plan_now", {"count": now}), ("audit.plan_later", {"count": len(plan) - now, "cap": int(plan["cap"].iloc[0])})]
    return ("audit.plan", {"count": len(plan), "parts": [part for part in parts if part[1]["count"]]})
