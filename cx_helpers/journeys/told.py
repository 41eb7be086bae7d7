"""What the page on journeys says: its findings, its headline and its captions, as messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL
from cx_helpers.estimates import Estimate
from cx_helpers.estimates.families import chance
from cx_helpers.findings import Finding

MAP = "#the-journey-in-two-lanes"
MOST_OF_A_SECTION = 2
FAMILIES = ("scores", "trends", "flow", "memory", "segments", "behaviours", "personas", "voice", "recovery", "audit")
"""What page 02 looks at for something beyond chance: the families of its findings (see `findings.beyond_chance`)."""
Message = tuple[str, dict]


def _estimate(row: pd.Series) -> Estimate:
    return Estimate(row["value"], row["low"], row["high"], int(row["n"]), row["method"])


def missed(work: pd.DataFrame) -> pd.DataFrame:
    """Inputs that miss their standard beyond noise, the one with most journeys off standard first."""
    off = work[work["standing"] == "misses"]
    return off.assign(journeys_off=off["off_standard_share"] * off["n"]).sort_values("journeys_off", ascending=False, kind="stable")


def map_findings(steps: pd.DataFrame, work: pd.DataFrame) -> list[Finding]:
    """Standards that are missed and the touchpoint where most leave, weighed by the share of all journeys it touches."""
    findings, journeys = [], max(int(steps["volume"].fillna(0).max()), 1)
    for row in missed(work).itertuples():
        args = {"label": row.label, "standard": row.standard, "unit_of_measure": row.unit_of_measure, "off_standard_share": row.off_standard_share}
        findings.append(Finding(f"map.misses_{row.statistic}", args, row.value, row.low, row.high, int(row.n), row.method, "described",
                                weight=row.journeys_off / journeys, link=MAP))  # fmt: skip
    leavers = steps[steps["shown"] & (steps["drop_off_low"] > 0)]
    if len(leavers):
        row = leavers.loc[leavers["drop_off_share"].idxmax()]
        findings.append(Finding("map.leave", {"label": row["label"]}, row["drop_off_share"], row["drop_off_low"], row["drop_off_high"],
                                int(row["n"]), "Wilson", "described", weight=float(row["drop_off_share"] * row["n"] / journeys), link=MAP))  # fmt: skip
    return findings


def telling(findings: list[Finding]) -> list[Finding]:
    """The findings of the page by consequence: no measure twice, and at most two of a section, so that one does not drown the others."""
    chosen: list[Finding] = []
    for finding in sorted(findings, key=lambda f: -f.weight):
        measure = finding.args.get("label") if "unit_of_measure" in finding.args else None
        again = any(measure and measure in (f.args.get("label"), *f.args.get("labels", ())) for f in chosen)
        if not again and sum(f.link == finding.link for f in chosen) < MOST_OF_A_SECTION:
            chosen.append(finding)
    return chosen


def extremes_finding(lived: pd.DataFrame, reworded: Collection[str] = (), confidence: float = 0.95) -> list[Finding]:
    """The touchpoints that score lowest and highest, on the scale most of them share, where their intervals are apart;
    one that cannot be told from the lowest is named with it.

    Parameters
    ----------
    lived : DataFrame
        The rows of `scores.scores` over the window, disclosed.
    reworded : metrics that are asked in other words than before
        They are compared with none: a kinder question is no better touchpoint.
    """
    seen = lived[lived["shown"] & (lived["touchpoint"] != OVERALL) & lived["low"].notna() & ~lived["metric"].isin(list(reworded))]
    if len(seen) < 2:
        return []
    scale = seen.groupby(["kind", "scale_min", "scale_max"]).size().idxmax()
    same = seen[(seen[["kind", "scale_min", "scale_max"]] == list(scale)).all(axis=1)].sort_values("value", ignore_index=True)
    low, high = same.iloc[0], same.iloc[-1]
    if len(same) < 2 or low["high"] >= high["low"]:
        return []
    lowest, best = same[same["low"] <= low["high"]], same[same["high"] >= high["low"]]
    args = {"labels": list(lowest["label"]), "count": len(lowest), "best": list(best["label"])[::-1], "most": _estimate(high), "of": len(same)}
    pairs = len(same) * (len(same) - 1) // 2
    reach = np.hypot(low["high"] - low["low"], high["high"] - high["low"]) / 2
    p = chance(high["value"] - low["value"], high["value"] - low["value"] - reach, np.inf, low["n"] + high["n"], confidence, looks=pairs)
    return [Finding("scores.lowest", args, low["value"], low["low"], low["high"], int(low["n"]), low["method"], "described",
                    weight=0.05, link=MAP, p=p)]  # fmt: skip


def direction(moved: Estimate) -> str:
    """up, down, or unclear where the interval includes no change or is not known."""
    if moved.low > 0:
        return "up"
    return "down" if moved.high < 0 else "unclear"


def map_headline(work: pd.DataFrame, scores: pd.DataFrame) -> Message:
    """How many standards are missed, and which most; else that none is."""
    off = missed(work)
    with_standard = int((work["standing"] != "no standard").sum())
    args = {"count": len(off), "of": with_standard, "labels": list(off["label"].head(2)), "scored": int((scores["touchpoint"] != "overall").sum())}
    return ("map.headline_misses" if len(off) else "map.headline_meets" if with_standard else "map.headline_no_standard", args)


def page_headline(
    work: pd.DataFrame, latest: pd.DataFrame, lived: pd.DataFrame, changes: Mapping[str, Estimate], metric: str, month: str,
    reworded: Collection[str] = (), moved: pd.DataFrame | None = None,
) -> Message:  # fmt: skip
    """The month in one sentence: how the remembered score moved, and which standard is missed most; where neither is
    known, which touchpoint scores lowest. Where the month itself is unclear, the clear change over twelve months of
    `moved` (as `moves.moves` gives it) is told."""
    off, lowest = missed(work), extremes_finding(lived, reworded)
    if metric not in changes and off.empty and lowest:
        return ("journeys.headline_lowest", lowest[0].args)
    rows = latest[(latest["metric"] == metric) & latest["shown"]]
    way = direction(changes[metric]) if len(rows) and metric in changes else "unknown"
    args = {"label": rows.iloc[0]["label"] if len(rows) else "", "month": month, "input": off.iloc[0]["label"] if len(off) else ""}
    longer = _longer(moved, metric) if way == "unclear" else ""
    if longer:
        way, args["moved"] = "longer", longer
    judged = "misses" if len(off) else "meets" if (work["standing"] != "no standard").any() else "alone"
    return (f"journeys.headline_{way}_{judged}", args)


def _longer(moved: pd.DataFrame | None, metric: str) -> str:
    """higher or lower where the last twelve months differ from the twelve before beyond noise."""
    if moved is None or moved.empty:
        return ""
    rows = moved[(moved["metric"] == metric) & (moved["comparison"] == "twelve") & moved["verdict"].isin(["up", "down"])]
    return "" if rows.empty else {"up": "higher", "down": "lower"}[rows.iloc[0]["verdict"]]


def page_lede(times: pd.DataFrame, latest: pd.DataFrame, metric: str, journeys: str) -> list[Message]:
    """How many set out, how they stand, and the remembered score.

    Parameters
    ----------
    times : DataFrame with a row a journey and its status
    """
    share = times["status"].value_counts(normalize=True)
    parts = {"completed": share.get("completed", 0), "left": share.get("cancelled", 0) + share.get("abandoned", 0), "open": share.get("open", 0)}
    told = [(f"journeys.lede_{name}", {"share": float(part)}) for name, part in parts.items() if part > 0]
    args = {"count": len(times), "journeys": journeys, "parts": told}
    said: list[Message] = [("journeys.lede_volume" if len(share) > 1 else "journeys.lede_count", args)]
    rows = latest[(latest["metric"] == metric) & latest["shown"]]
    if len(rows):
        said.append(("journeys.lede_score", {"label": rows.iloc[0]["label"], "score": _estimate(rows.iloc[0]), "n": int(rows.iloc[0]["n"])}))
    return said


def state_headline(states: pd.DataFrame, label: str) -> Message:
    """The score where most customers are, against the state that scores lowest."""
    seen = states[states["shown"] & ~states["naive"]].reset_index(drop=True)
    if len(seen) < 2 or seen["n"].idxmax() == seen["value"].idxmin():
        return ("states.one", {"outcome": label})
    low, most = seen.loc[seen["value"].idxmin()], seen.loc[seen["n"].idxmax()]
    return ("states.apart", {"outcome": label, "low_label": low["label"], "low": _estimate(low), "most_label": most["label"], "most": _estimate(most)})
