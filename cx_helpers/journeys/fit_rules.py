"""The rules of the audit, each put to the evidence: what it is about, whether it speaks, and the number it stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL, Journey, Touchpoint, label_in
from cx_helpers.config.metric_rules import Rule
from cx_helpers.estimates import Estimate
from cx_helpers.estimates.families import chance, several
from cx_helpers.journeys import asking

IDLE = 0.1  # standard deviations: a small association after Cohen
NOTHING = Estimate(np.nan, np.nan, np.nan, 0, "")


@dataclass(frozen=True, eq=False)
class Put:
    """A rule put to one subject.

    Attributes
    ----------
    subject : full metric name, touchpoint id, or "" for all requests together
    called : whether the rule speaks
    found : the number it stands on
    args : of its sentences ``audit.<rule>.reason`` and ``audit.<rule>.instead``
    variant : of these: ``audit.<rule>.reason_<variant>``
    p : chance (0-1) that it speaks though what it speaks of is at its limit; NaN of plain counts
    """

    subject: str
    called: bool
    found: Estimate = NOTHING
    args: dict[str, Any] = field(default_factory=dict)
    grade: str = "described"
    variant: str = ""
    p: float = np.nan


def _chance(row: Any, asked, null: float = 0.0, looks: int = 1, above: bool = False) -> float:
    """The p of a row whose interval was made at the confidence of `asked` for `looks` rows together; 1 where it lies on the good side of `null`."""
    good = row.value < null if above else row.value > null
    return 1.0 if good else chance(row.value, row.low, row.high, row.n, several(asked.confidence, looks), null=null, looks=looks)


def estimate(row: Any) -> Estimate:
    """The five numbers of a row as an Estimate."""
    return Estimate(row.value, row.low, row.high, int(row.n), row.method)


def _points(journey: Journey) -> list[Touchpoint]:
    return [point for point in journey.touchpoints if not point.asking]


def _labels(journey: Journey, language: str) -> dict[str, str]:
    return {point.id: label_in(point.label, language) for point in journey.touchpoints}


def _of(frame: pd.DataFrame, journey: Journey) -> Iterator[tuple[str, Any, Any]]:
    """Metric, its declaration and its row."""
    for row in frame.itertuples():
        if row.metric in journey.metrics:
            yield row.metric, journey.metrics[row.metric], row


def nps_of_a_step(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """A recommendation is about the whole: asked at one step, it is asked before there is a whole."""
    found, whole = [], next((name for name, metric in journey.metrics.items() if name.startswith(f"{OVERALL}.") and metric.kind == "nps"), None)
    for name, metric, row in _of(asked.costs, journey):
        if metric.kind != "nps":
            continue
        touchpoint = name.split(".")[0]
        mine = asked.requests[asked.requests["name"] == name]
        before = (mine["ended_at"].isna() | (mine["asked_at"] < mine["ended_at"]))[mine["asked_at"].notna()]
        share = float(before.mean()) if len(before) else np.nan
        args = {"touchpoint": _labels(journey, language).get(touchpoint, ""), "early": share,
                "remembered": label_in(journey.metrics[whole].label, language) if whole else ""}  # fmt: skip
        found.append(Put(name, touchpoint != OVERALL, Estimate(share, np.nan, np.nan, len(before), "count"), args, variant="" if whole else "nowhere"))
    return found


def csat_of_whole(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Satisfaction is of a moment; of the whole, what is remembered is asked."""
    return [Put(name, name.startswith(f"{OVERALL}."), Estimate(np.nan, np.nan, np.nan, int(row.n), "count"))
            for name, metric, row in _of(asked.costs, journey) if metric.kind == "csat"]  # fmt: skip


def nothing_to_do(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Effort is no question where the customer has nothing to do; the brand says where that is."""
    labels = _labels(journey, language)
    return [Put(name, name.split(".")[0] in rule.touchpoints, Estimate(np.nan, np.nan, np.nan, int(row.n), "count"), {"touchpoint": labels.get(name.split(".")[0], "")})
            for name, metric, row in _of(asked.costs, journey) if metric.kind == "ces"]  # fmt: skip


def asked_too_early(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Asked before there was anything to judge, more often than the limit beyond noise."""
    found, labels = [], _labels(journey, language)
    for name, _metric, row in _of(asked.early, journey):
        whole = name.startswith(f"{OVERALL}.")
        end = labels.get(asked.ends_at or "", "") if whole else labels.get(name.split(".")[0], "")
        args = {"count": row.early, "of": int(row.n), "unended": row.unended, "end": end, "hours": row.hours, "early_score": row.early_score,
                "later_score": row.later_score, "unit_of_measure": "hours", "day": "day" if row.by_day else "moment"}  # fmt: skip
        variant = "day" if row.by_day else ""
        found.append(Put(name, bool(row.low > rule.limit), estimate(row), args, variant=variant if end else "end", p=_chance(row, asked, rule.limit, above=True)))
    return found


def _foretelling(kind: str) -> Callable:
    def put(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
        rows = asked.foretold[asked.foretold["foretells"] == kind]
        return [Put(name, bool(row.high < rule.limit), estimate(row), {"value": estimate(row), "limit": rule.limit}, "associated", p=_chance(row, asked, rule.limit))
                for name, _metric, row in _of(rows, journey)]  # fmt: skip

    return put


def stale(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """No change beyond noise for months, and it is known to go with next to nothing that it should foretell: few answers look steady too."""
    rows = asked.foretold[(asked.foretold["strength_high"] < IDLE) & (asked.foretold["strength_low"] <= 0)]
    idle = {row.metric: chance(row.strength, row.strength_low, row.strength_high, row.n, asked.confidence, null=IDLE) for row in rows.itertuples()}
    return [Put(name, months >= rule.limit and name in idle, Estimate(float(months), np.nan, np.nan, 0, "count"), {"months": int(months)}, p=idle.get(name, np.nan))
            for name, months in asked.stale.items() if name in journey.metrics]  # fmt: skip


def wrong_channel(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Answered less through its channel than through another, or by those who live the step elsewhere."""
    found = []
    for name, _metric, row in _of(asked.channels.sort_values("value").drop_duplicates("metric"), journey):
        args = {"channel": row.asked_by, "gap": -row.value, "value": estimate(row)}
        found.append(Put(name, bool(row.high < 0 and row.value < -rule.limit), estimate(row), args, "associated", "elsewhere" if row.beside == "lived elsewhere" else "",
                         _chance(row, asked, looks=len(asked.channels))))
    return found


def late_differs(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Answered less the later it is asked."""
    rows = asked.delays[asked.delays["what"] == "answered"]
    return [Put(name, bool(row.high < 0 and row.value < -rule.limit), estimate(row),
                {"late": row.hours_late, "early": row.hours_early, "unit_of_measure": "hours", "gap": -row.value}, "associated", p=_chance(row, asked, looks=len(asked.delays)))
            for name, _metric, row in _of(rows, journey)]  # fmt: skip


def costly(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """More requests an answer than the limit, beyond noise; not where silence was not recorded."""
    return [Put(name, bool(row.high < 1 / rule.limit), estimate(row), {"per_answer": row.per_answer}, p=_chance(row, asked, 1 / rule.limit))
            for name, _metric, row in _of(asked.costs, journey) if asked.heard]  # fmt: skip


def moment_unmeasured(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """A moment of truth at which nobody is asked."""
    scored = set(asked.costs["touchpoint"])
    measured = {name.split(".")[0] for name in asked.measured}
    return [Put(point.id, point.id not in scored, args={"measured": point.id in measured, "touchpoint": label_in(point.label, language)},
                variant="" if point.id in measured else "either")
            for point in _points(journey) if point.moment_of_truth]  # fmt: skip


def blind(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """A touchpoint of which neither an input nor a score is known."""
    seen = set(asked.costs["touchpoint"]) | {name.split(".")[0] for name in asked.measured}
    return [Put(point.id, point.id not in seen, args={"touchpoint": label_in(point.label, language)}) for point in _points(journey)]


def asked_too_often(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Customers are asked more often than they still answer; by the brand's own cap, or by the one that the data show."""
    if not asked.heard or np.isnan(asked.weary.low) and rule.limit is None:
        return []
    cap = rule.limit if rule.limit is not None else asked.cap
    if np.isnan(cap):
        return [Put("", False, asked.weary, grade="associated")]
    how = asking.often(asked.requests, cap)
    shown = asked.curve["alike"].notna().to_numpy().nonzero()[0]
    first, last = (asked.curve.iloc[place] for place in (0, shown[-1] if len(shown) else 0))
    args = {"cap": int(cap), "share": how["beyond_share"], "customers": how["beyond"], "first": float(first["alike"]), "last": float(last["alike"]),
            "from": int(last["earlier_from"]), "most": int(how["most"])}  # fmt: skip
    found, own = replace(asked.weary, n=int(asked.curve["n"].sum())), rule.limit is not None
    return [Put("", bool(how["beyond"] > 0), found, args, "associated", "own" if own else "", np.nan if own else _chance(asked.weary, asked))]


def all_at_once(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Most questionnaires put more questions than the limit, about steps and the whole in one breath."""
    sizes = asked.questionnaires["questions"]
    if sizes.empty:
        return []
    together = asked.requests.groupby(["customer", "put"])["name"].agg(lambda names: names.str.startswith(f"{OVERALL}.").nunique() == 2) if sizes.median() > rule.limit else None
    called = together is not None and bool(together.mean() > 0.5)
    points = len({name.split(".")[0] for name in asked.costs["metric"]} - {OVERALL})
    args = {"questions": int(sizes.median()), "points": points}
    return [Put("", called, Estimate(float(sizes.median()), np.nan, np.nan, len(sizes), "median"), args)]


def valuable_unheard(asked, journey: Journey, rule: Rule, language: str) -> list[Put]:
    """Of the most valuable tenth of customers fewer persons were heard at all than of the others."""
    if asked.worth.empty:
        return []
    gap, groups = asked.worth.attrs["difference"], asked.worth.set_index("group")["value"]
    args = {"heard": float(groups["top_tenth"]), "others": float(groups["others"]), "money": asked.worth.attrs["money_heard"]}
    return [Put("", bool(gap.high < 0 and gap.value < -rule.limit), gap, args, p=_chance(gap, asked))]


PUT: dict[str, Callable] = {
    "nps_of_a_step": nps_of_a_step, "csat_of_whole": csat_of_whole, "nothing_to_do": nothing_to_do, "asked_too_early": asked_too_early,
    "foretells_nothing": _foretelling("back"), "unlike_remembered": _foretelling("remembered"), "stale": stale, "wrong_channel": wrong_channel,
    "late_differs": late_differs, "costly": costly, "moment_unmeasured": moment_unmeasured, "blind": blind, "asked_too_often": asked_too_often,
    "all_at_once": all_at_once,
    "valuable_unheard": valuable_unheard,
}  # fmt: skip
