"""The audit of the measurement: each metric at each touchpoint to keep, move, replace, add or drop, with the reason and its number.

The rules stand in one table (`config/metric_rules.yaml`); here each is put to the evidence. What cannot be told is no fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, label_in
from cx_helpers.config.metric_rules import KINDS, Rule
from cx_helpers.estimates.families import adjusted
from cx_helpers.journeys import asking, channels as ways, fatigue, fit_rules, foretelling

Message = tuple[str, dict]
EVIDENCE = ["rule", "subject", "called", "value", "low", "high", "n", "method", "grade", "args", "variant", "p"]
AUDIT = ["subject", "label", "touchpoint_label", "verdict", "reason", "also", "instead", "value", "low", "high", "told_by", "method", "grade", "rule", "args", "variant", "rules",
         "foretells", "strength", "strength_low", "strength_high", "n", "requests", "answers", "response", "per_answer", "touched", "p"]  # fmt: skip
HIDDEN = ("requests", "response", "answers", "per_answer", "strength", "strength_low", "strength_high")
"""Numbers that go with a question put to too few."""
ORDER = ("replace", "move", "drop", "add", "keep")


@dataclass(frozen=True, eq=False)
class Asked:
    """What is known of how a brand asks: the frames that every rule reads.

    Attributes
    ----------
    requests, questionnaires : DataFrames of `asking.requests` and `asking.questionnaires`
    costs, early, foretold, channels, delays, curve : DataFrames of `asking.costs`, `asking.too_early`, `foretelling.foretelling`,
        `channels.by_channel`, `channels.by_delay`, `fatigue.curve`
    weary : Estimate of `fatigue.weariness`
    heard : bool
        Whether silence was recorded.
    ends_at : touchpoint whose step ends the journey, or None
    persons : share of the requests whose customer is known, 0 to 1
    stale : metrics without a change beyond noise in the months that the rule names, to those months
    measured : full names of inputs that were measured
    worth : DataFrame of `persons_heard`
    confidence : of every interval
    """

    requests: pd.DataFrame
    questionnaires: pd.DataFrame
    costs: pd.DataFrame
    early: pd.DataFrame
    foretold: pd.DataFrame
    channels: pd.DataFrame
    delays: pd.DataFrame
    curve: pd.DataFrame
    weary: estimates.Estimate
    heard: bool
    ends_at: str | None
    persons: float
    stale: Mapping[str, int] = field(default_factory=dict)
    measured: Sequence[str] = ()
    worth: pd.DataFrame = field(default_factory=pd.DataFrame)
    confidence: float = 0.95

    @property
    def cap(self) -> float:
        """The most requests in 90 days before the same customers answer less; NaN where that is not seen."""
        return fatigue.cap(self.weary, self.curve) if len(self.curve) else np.nan


def how_asked(study: Any, *, stale: pd.DataFrame | None = None, confidence: float = 0.95) -> Asked:
    """Everything the audit reads, of a study (or anything that has its tables, window, until, segments, controls and brand).

    Parameters
    ----------
    stale : DataFrame of `trends.stale`: metric, months, stale (bool)
    """
    journey, everything = study.brand.journey, study.table("responses", scoped=False, wordings="all")
    rows = asking.requests(study.table("responses", wordings="all"), everything, study.table("journeys"), study.table("events"),
                           study.segments, study.window[0], study.until)  # fmt: skip
    put = asking.questionnaires(rows)
    heard, held = put.attrs["heard"], study.controls
    known = put[put["person"]]
    followed = heard and len(known) > 0
    journeys = study.table("journeys", scoped=False).select("journey_id", "customer_id", "started_at", "ended_at").order_by("journey_id").execute()
    answers = study.answers(span="known")
    lived = study.states() if journey.states and study.primary else answers
    points = [point.id for point in journey.touchpoints if not point.asking]
    return Asked(
        rows, put, asking.costs(rows, journey, study.language, confidence), asking.too_early(rows, journey.metrics, journey.time_zone, confidence),
        foretelling.foretelling(answers, journeys, journey.metrics, study.primary, study.until, held, confidence),
        ways.by_channel(rows, held, confidence) if heard else pd.DataFrame(columns=ways.CHANNELS),
        ways.by_delay(rows, lived, journey.metrics, held, heard=heard, confidence=confidence),
        fatigue.curve(known, held, minimum=journey.minimum_n, confidence=confidence) if followed else pd.DataFrame(columns=fatigue.CURVE),
        fatigue.weariness(known, held, confidence=confidence) if followed else estimates.Estimate(np.nan, np.nan, np.nan, 0, fatigue.METHOD),
        heard, asking.last_step(study.table("events"), study.table("journeys", "window"), points), float(rows["person"].mean()) if len(rows) else 0.0,
        {} if stale is None else {row.metric: int(row.months) for row in stale[stale["stale"]].itertuples()}, study.inputs(), persons_heard(put, journeys_worth(study), journey.minimum_n, confidence) if followed else pd.DataFrame(),
        confidence,
    )  # fmt: skip


def journeys_worth(study: Any) -> pd.Series:
    """Money of each customer in the window: revenue of table outcomes, else the value of their journeys; empty where neither is known."""
    for table, column in (("outcomes", "revenue"), ("journeys", "value")):
        rows = study.table(table, "window")
        found = rows.filter(rows.customer_id.notnull() & rows[column].notnull())
        found = found.group_by("customer_id").aggregate(total=found[column].sum()).execute()
        if len(found):
            return found.set_index("customer_id")["total"]
    return pd.Series(dtype=float)


def persons_heard(put: pd.DataFrame, worth: pd.Series, minimum: int = 10, confidence: float = 0.95) -> pd.DataFrame:
    """How many of the most valuable tenth of customers were heard at least once, beside the others: persons, not requests.

    Returns
    -------
    DataFrame: group ("top_tenth", "others"), value (share of those asked who answered at least once), low, high, n (customers asked), method, times (median moments asked);
    attrs: difference (Estimate, top tenth less others), money_heard (share of the money that is of customers heard). Empty where money is not known.
    """
    each = put.groupby("customer").agg(heard=("answered", "max"), times=("answered", "size"))
    money = worth.reindex(each.index)
    if money.notna().sum() < 10 * minimum:
        return pd.DataFrame()
    money = money.fillna(0.0)
    top = money.rank(pct=True, method="first") > 0.9
    rows, counts = [], {}
    for name, mine in (("top_tenth", each[top]), ("others", each[~top])):
        counts[name] = (int(mine["heard"].sum()), len(mine))
        found = estimates.share_from_counts(*counts[name], confidence)
        rows.append({"group": name, "value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method,
                     "times": float(mine["times"].median())})  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.attrs["difference"] = estimates.difference_from_counts(counts["top_tenth"], counts["others"], "share", confidence)
    frame.attrs["money_heard"] = float(money[each["heard"].astype(bool)].sum() / money.sum()) if money.sum() else np.nan
    return frame


def evidence(asked: Asked, journey: Journey, rules: Mapping[str, Rule], language: str = "en") -> pd.DataFrame:
    """Every rule put to everything it is about.

    Returns
    -------
    DataFrame: rule, subject (full metric name, touchpoint id, or "" for all requests together), called (bool: it speaks), value, low, high, n, method,
    grade, args (of its sentences), variant (of the sentence that says what to do instead), p (0-1, Benjamini and Hochberg over all rows: of speaking where what it speaks of is at its limit; NaN of plain counts); a row a rule and subject that it could be put to, in the order of the rules. What a rule lacks the data for has no row.
    """
    found = [(name, one) for name, rule in rules.items() if rule.on for one in fit_rules.PUT[name](asked, journey, rule, language)]
    rows = [{"rule": name, "subject": one.subject, "called": one.called, "value": one.found.value, "low": one.found.low, "high": one.found.high,
             "n": one.found.n, "method": one.found.method, "grade": one.grade, "args": one.args, "variant": one.variant, "p": one.p} for name, one in found]  # fmt: skip
    frame = pd.DataFrame(rows, columns=EVIDENCE)
    return frame.assign(p=adjusted(frame["p"]))


def audit(asked: Asked, journey: Journey, rules: Mapping[str, Rule], language: str = "en") -> pd.DataFrame:
    """The verdict on each metric, on each touchpoint that lacks one, and on all requests together.

    Returns
    -------
    DataFrame: subject, label, touchpoint_label, verdict (keep, move, replace, add, drop), reason, also and instead (messages; also is the next rule that
    speaks), value, low, high, told_by (its n), method, grade (of the reason), rule with args and variant (of its sentences), rules (how many speak), foretells ("back", "remembered" or ""), strength with strength_low and strength_high (see
    `foretelling.foretelling`), n and requests (that had time to be answered), response (share answered, 0 to 1; NaN where silence was not recorded), answers, per_answer (requests an answer), touched (0 to 1: share of requests, or of touchpoints, it is about), p (of the rule's evidence). Worst verdict first, then in the order of the journey.

    Notes
    -----
    A verdict is a proposal by declared rules, not a test of the metric's quality: reliability and wording are not judged. A metric that no
    rule speaks against is kept, also where little could be told of it.
    """
    spoken = evidence(asked, journey, rules, language)
    spoken = spoken[spoken["called"]]
    subjects = [*asked.costs["metric"], *[s for s in spoken["subject"].unique() if s not in set(asked.costs["metric"])]]
    costs, strength = asked.costs.set_index("metric"), asked.foretold.set_index("metric")
    total, labels = max(float(asked.costs["n"].sum()), 1.0), {point.id: label_in(point.label, language) for point in journey.touchpoints}
    rows = []
    for subject in subjects:
        mine = spoken[spoken["subject"] == subject]
        verdict = rules[mine["rule"].iloc[0]].verdict if len(mine) else "keep"
        metric = costs.loc[subject] if subject in costs.index else None
        told = strength.loc[subject] if subject in strength.index else None
        rows.append({
            "subject": subject, "label": metric["label"] if metric is not None else labels.get(subject) or (f"audit.{mine['rule'].iloc[0]}.subject", mine["args"].iloc[0]),
            "touchpoint_label": metric["touchpoint_label"] if metric is not None else "", "verdict": verdict,
            **_said(mine, told), "rules": len(mine), "foretells": told["foretells"] if told is not None else "",
            **{name: float(told[name]) if told is not None and told["foretells"] else np.nan for name in ("strength", "strength_low", "strength_high")},
            "n": int(metric["n"]) if metric is not None else 0, "requests": float(metric["n"]) if metric is not None else np.nan, "answers": float(metric["answers"]) if metric is not None else np.nan,
            "response": float(metric["value"]) if metric is not None and asked.heard else np.nan,
            "per_answer": float(metric["per_answer"]) if metric is not None and asked.heard else np.nan,
            "touched": float(metric["n"]) / total if metric is not None else 1.0 / max(len(labels), 1) if subject else 1.0,
        })  # fmt: skip
    frame = pd.DataFrame(rows, columns=AUDIT)
    return frame.sort_values("verdict", key=lambda v: v.map(ORDER.index), kind="stable", ignore_index=True)


def _said(mine: pd.DataFrame, told: pd.Series | None) -> dict[str, Any]:
    """Reason, what else, what instead, and the number of the reason."""
    if mine.empty:
        kind = "" if told is None or not told["foretells"] else f"_{told['foretells']}" if told["low"] > 0 else "_unclear"
        return {"reason": (f"audit.keep{kind}", {}), "also": None, "instead": None, "value": np.nan, "low": np.nan, "high": np.nan, "told_by": 0,
                "method": "", "grade": "described", "rule": "", "args": {}, "variant": "", "p": np.nan}  # fmt: skip
    first, more = mine.iloc[0], mine.iloc[1:]
    numbers = {name: first[name] for name in ("value", "low", "high", "method", "grade", "rule", "args", "variant", "p")} | {"told_by": int(first["n"])}
    also = _message("reason", more.iloc[0]) if len(more) else None
    return {"reason": _message("reason", first), "also": also, "instead": _message("instead", first), **numbers}


def _message(part: str, row: pd.Series) -> Message:
    return (f"audit.{row['rule']}.{part}" + (f"_{row['variant']}" if row["variant"] else ""), row["args"])


def rules_table(rules: Mapping[str, Rule], spoken: pd.DataFrame) -> pd.DataFrame:
    """The rules as a table: rule, verdict, limit (as a message; empty where there is none), looked_at (what it was put to), called (of these)."""
    rows = []
    for name, rule in rules.items():
        mine = spoken[spoken["rule"] == name]
        unit = KINDS[name].unit
        limit = (f"audit.limit_{unit}", {"value": rule.limit}) if unit and rule.limit is not None else None
        rows.append({"rule": f"audit.{name}", "verdict": rule.verdict, "limit": limit, "looked_at": len(mine), "called": int(mine["called"].sum()),
                     "on": rule.on})  # fmt: skip
    return pd.DataFrame(rows)


def called(frame: pd.DataFrame, verdicts: Iterable[str] = ("replace", "move", "drop", "add")) -> pd.DataFrame:
    """The rows of `audit` that ask for a change."""
    return frame[frame["verdict"].isin(list(verdicts))]
