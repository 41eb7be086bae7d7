"""What the page says of how journeys run, as messages: headlines, and findings that are not noise."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cx_helpers.config.journey import Journey, label_in
from cx_helpers.estimates import Estimate
from cx_helpers.findings import Finding
from cx_helpers.journeys.flow import CALENDAR

LINK = "#how-it-runs"
MOST_STRETCHES = 2
NEARLY_ALL, MOST_REST = 0.995, 0.1
USUAL_WAY = 0.8  # a stretch that more live tells of the few who have not come so far, not of the stretch
Message = tuple[str, dict]


def ways_headline(ways: pd.DataFrame, many: str) -> Message:
    """How many ways cover how much."""
    if len(ways) == 1:
        return ("flow.one_way", {"journeys": many, "share": float(ways.iloc[0]["share"])})
    if len(ways) > 1 and ways.attrs["covered_share"] >= NEARLY_ALL and float(ways.iloc[0]["share"]) >= 1 - MOST_REST:
        return ("flow.ways_nearly", {"journeys": many, "count": len(ways) - 1, "most": float(ways.iloc[0]["share"])})
    return ("flow.ways", {"journeys": many, "count": len(ways), "share": ways.attrs["covered_share"], "most": float(ways.iloc[0]["share"])})


def ways_how(ways: pd.DataFrame, tested: dict[str, Any], label: str, many: str, confidence: float = 0.95) -> Message:
    """What the figure of ways counts, and whether the score differs between ways beyond noise."""
    p = tested.get("p", float("nan"))
    kind = "unknown" if not p == p else "differ" if p < 1 - confidence else "alike"
    return (f"flow.ways_{kind}", {"journeys": many, "n": int(ways.attrs["journeys"]), "open": int(ways.attrs["open"]), "outcome": label,
                                  "ways": int(tested.get("ways", 0))})  # fmt: skip


def steps_headline(steps: pd.DataFrame) -> Message:
    """Which steps take longer than usual before the next, else that none does, else that times are not known."""
    if not steps["usual"].notna().any():
        return ("flow.steps_untimed", {})
    changed = {word: list(steps.loc[steps["verdict"] == word, "label"]) for word in ("slower", "quicker")}
    if changed["slower"]:
        return ("flow.steps_slower", {"labels": changed["slower"], "count": len(changed["slower"])})
    if changed["quicker"]:
        return ("flow.steps_quicker", {"labels": changed["quicker"], "count": len(changed["quicker"])})
    return ("flow.steps_usual", {})


def steps_how(steps: pd.DataFrame, month: str, many: str) -> Message:
    """What the table of steps counts: which funnel, which clock, how many ties."""
    kind = "calendar" if steps.attrs["hours"] == CALENDAR else "working"
    return (f"flow.steps_how_{kind}", {"month": month, "journeys": many, "n": int(steps.attrs["entrants"]), "tied": float(steps.attrs["tied_share"] or 0)})


def steps_source(steps: pd.DataFrame) -> Message | None:
    """How many steps share their moment with another, where any do."""
    tied = float(steps.attrs["tied_share"] or 0)
    return ("flow.steps_source", {"tied": tied}) if tied >= 0.005 else None


def stretches_headline(found: pd.DataFrame, label: str) -> Message:
    """Which stretch goes with the score most, else that none does beyond noise."""
    clear = _told_stretches(found)
    if clear.empty:
        return ("flow.stretches_usual" if (found["clear"] & found["shown"]).any() else "flow.stretches_none", {"outcome": label, "tested": int(found.attrs["tested"])})
    row = clear.iloc[0]
    return (f"flow.stretch_{_way(row)}_head", {"label": row["label"], "outcome": label, "value": _estimate(row)})


def _told_stretches(found: pd.DataFrame) -> pd.DataFrame:
    """Stretches that go with the score beyond noise, tell it anew, and are not the way that nearly all take."""
    return found[found["clear"] & ~found["echo"] & found["shown"] & (found["share"] <= USUAL_WAY)]


def opened(found: pd.DataFrame) -> int:
    """How many rows of the stretches stand open: the clear ones, and two where there are fewer."""
    return max(int((found["clear"] & found["shown"]).sum()), 2)


def stretches_how(found: pd.DataFrame, label: str) -> Message:
    """What was compared, and how many were looked at."""
    return ("flow.stretches_how", {"outcome": label, "tested": int(found.attrs["tested"]), "n": int(found.attrs["answers"])})


def flow_findings(steps: pd.DataFrame, found: pd.DataFrame, journey: Journey, metric: str | None, month: str, language: str = "en") -> list[Finding]:
    """Stretches that go with the score, steps taken again, waits longer or shorter than usual.

    Parameters
    ----------
    steps : as `running.steps_run` gives it, disclosed
    found : as `running.stretches` gives it, disclosed; empty where nothing was asked
    """
    findings = _stretches(found, journey, metric, language) if metric and len(found) else []
    for row in steps[steps["shown"]].to_dict("records"):
        if row["verdict"] in ("slower", "quicker"):
            moved = abs(row["now"] / row["usual"] - 1)
            args = {"label": row["label"], "month": month, "unit_of_measure": row["unit_of_measure"], "usual": float(row["usual"])}
            findings.append(Finding(f"flow.{row['verdict']}", args, row["now"], row["now_low"], row["now_high"], int(row["now_n"]),
                                    "Kaplan-Meier, log-rank", "described", weight=float(row["share"] * min(moved, 1.0) * 0.5), link=LINK, p=_both(row["p_corrected"])))  # fmt: skip
    again = steps[steps["shown"] & (steps["again_low"] >= 0.02)]
    if len(again):
        row = again.sort_values("again_share", ascending=False, kind="stable").iloc[0]
        findings.append(Finding("flow.again", {"label": row["label"]}, row["again_share"], row["again_low"], row["again_high"], int(row["n"]),
                                "Wilson", "described", weight=float(row["share"] * row["again_share"]), link=LINK))  # fmt: skip
    return findings


def _stretches(found: pd.DataFrame, journey: Journey, metric: str, language: str) -> list[Finding]:
    low, high = journey.metrics[metric].span
    label = label_in(journey.metrics[metric].label, language)
    out = []
    for _, row in _told_stretches(found).head(MOST_STRETCHES).iterrows():
        args = {"label": row["label"], "outcome": label, "share": float(row["share"]), "tested": int(found.attrs["tested"])}
        out.append(Finding(f"flow.stretch_{_way(row)}", args, row["value"], row["low"], row["high"], int(row["n"]), row["method"], "associated",
                           weight=min(10 * float(abs(row["pull_points"])) / (high - low), 1.0), link=LINK, p=_both(row["p_corrected"])))  # fmt: skip
    return out


def completion_headline(found: pd.DataFrame, many: str) -> Message:
    """Whether completion differs between intents beyond noise."""
    seen = found[found["shown"]]
    if len(seen) < 2 or seen["low"].max() <= seen["high"].min():
        return ("flow.intents_alike", {"journeys": many, "count": len(seen)})
    worst, best = seen.loc[seen["share"].idxmin()], seen.loc[seen["share"].idxmax()]
    return ("flow.intents_differ", {"journeys": many, "worst": worst["intent"], "low": _share(worst), "best": best["intent"], "high": _share(best)})


def _both(p: float) -> float:
    """Stretches and waits are two looks at how journeys run."""
    return min(2 * float(p), 1.0)


def _way(row: pd.Series) -> str:
    return "lower" if row["value"] < 0 else "higher"


def _estimate(row: pd.Series) -> Estimate:
    return Estimate(row["value"], row["low"], row["high"], int(row["n"]), row["method"])


def _share(row: pd.Series) -> Estimate:
    return Estimate(row["share"], row["low"], row["high"], int(row["n"]), row["method"])
