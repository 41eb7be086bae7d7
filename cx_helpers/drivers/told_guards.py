"""What the guards and the ratings say, as messages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.drivers.candidates import EMOTION
from cx_helpers.drivers.guards import FEWEST, MOST_AUC, SHIFT
from cx_helpers.findings import Finding

LINK = "#what-moves-the-score"
A_WORD = 0.25  # a word explains a word more easily than work does: what was done is told first


def named(table: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """`table` with label and touchpoint_label of each driver.

    Parameters
    ----------
    facts : DataFrame of `tables.measures.measures`
    """
    words = facts.rename(columns={"measure": "driver"})[["driver", "label", "touchpoint_label"]]
    words = pd.concat([words, pd.DataFrame({"driver": [EMOTION], "label": ["emotion_shown"], "touchpoint_label": [""]})], ignore_index=True)
    found = table.merge(words, on="driver", how="left", validate="many_to_one")
    return found.assign(label=found["label"].fillna(found["driver"]))


def guard_rows(parts: Sequence[pd.DataFrame], facts: pd.DataFrame, minimum: int = FEWEST) -> pd.DataFrame:
    """Every candidate with its verdict and figures, refused ones first; the gap of fewer than `minimum` unknown answers is hidden."""
    kept = [part for part in parts if len(part)]
    if not kept:
        return pd.DataFrame(columns=["driver", "label", "verdict", "reason", "n"])
    rows = named(pd.concat(kept, ignore_index=True), facts)
    few = (rows["n"] * (1 - rows["known_share"])).round() < minimum
    gaps = ["missing_gap", "missing_gap_low", "missing_gap_high", "missing_auc"]
    rows[gaps] = rows[gaps].mask(few)
    place = {"refused": 0, "marked": 1, "asked": 2}
    return rows.sort_values("verdict", key=lambda v: v.map(place), kind="stable", ignore_index=True)


def marked(table: pd.DataFrame, guarded: pd.DataFrame) -> pd.DataFrame:
    """`table` with `mark`, why a driver is marked (none where all are marked alike, for that is said once), and `step`, what its effect is for."""
    marks = guarded.loc[guarded["verdict"] == "marked"].set_index("driver")["reason"]
    mark = table["driver"].map(marks.to_dict())
    alike = mark.notna().all() and mark.nunique() == 1
    step = np.where(table["driver"] == EMOTION, "yes_instead_of_no", "for_one_more_point")
    return table.assign(mark=None if alike else mark, step=step)


def guards_headline(rows: pd.DataFrame) -> tuple[str, dict]:
    """How many candidates were refused and marked."""
    counts = rows["verdict"].value_counts()
    marked = int(counts.get("marked", 0))
    args = {"candidates": len(rows), "count": int(counts.get("refused", 0)), "marks": [("guards.marked", {"count": marked}) if marked else ("guards.unmarked", {})]}
    return ("guards.headline" if args["count"] else "guards.headline_clean", args)


def guards_how(rows: pd.DataFrame) -> tuple[str, dict]:
    """How a candidate is judged, with the limits."""
    return ("guards.how", {"auc": MOST_AUC, "shift": SHIFT, "fewest": FEWEST})


def before_model(guarded: pd.DataFrame, facts: pd.DataFrame) -> tuple[str, dict]:
    """One sentence before the model of operational inputs: what was refused or marked among them, and why."""
    if guarded.empty:
        return ("guards.none", {})
    rows = named(guarded, facts)
    for verdict, reason, message in (
        ("refused", None, "guards.inputs_refused"), ("marked", "same_survey", "guards.inputs_told"), ("marked", "missing_some", "guards.inputs_missing"),
    ):  # fmt: skip
        mine = rows[(rows["verdict"] == verdict) & (True if reason is None else rows["reason"] == reason)]
        if len(mine):
            missing = mine["missing_shift"].max()
            return (message, {"labels": list(mine["label"]), "count": len(mine), "candidates": len(rows), "shift": float(missing) if missing == missing else 0.0})
    return ("guards.inputs_clean", {"candidates": len(rows), "count": len(rows)})


def _verdict(table: pd.DataFrame, facts: pd.DataFrame, outcome: str, same_survey: Sequence[str]) -> Finding:
    rows = named(table, facts)
    usable = rows[rows["usable"]]
    args: dict[str, Any] = {"outcome": outcome, "tested": len(rows)}
    n, method = int(table.attrs["n"]), str(rows["method"].iloc[0])
    if usable.empty:
        return Finding("perceived.none", args, math.nan, math.nan, math.nan, n, method, "associated")
    first = usable.iloc[0]
    others = [r.label for r in usable.iloc[1:].itertuples() if r.rank_low <= first["rank"] and first["rank_high"] > first["rank"]]
    names = [("perceived.one", {"label": label}) for label in (first["label"], *others)]
    args |= {"driver": first["label"], "others": names[1:], "labels": names, "count": len(others)}
    if len(rows) == 1:
        return Finding("perceived.only", args, float(first["importance"]), float(first["low"]), float(first["high"]), n, method, "associated", weight=float(first["importance"]) * A_WORD, link=LINK, p=float(first["p"]))
    message = ("perceived.alike" if others else "perceived.first") + ("_together" if first["driver"] in same_survey else "")
    return Finding(message, args, float(first["share"]), float(first["share_low"]), float(first["share_high"]), n, method, "associated", weight=float(first["importance"]) * A_WORD, link=LINK, p=float(first["p"]))


def perceived_headline(table: pd.DataFrame, facts: pd.DataFrame, outcome: str, same_survey: Sequence[str] = ()) -> Finding:
    """Over the table of ratings: ``perceived.first`` or ``perceived.alike`` (others may carry as much), each with ``_together`` where
    score and rating come from one survey; ``perceived.only`` of a single one, with its share of the outcome's variance; ``perceived.none`` where no rating is beyond noise."""
    return _verdict(table, facts, outcome, same_survey)


def perceived_findings(table: pd.DataFrame, facts: pd.DataFrame, outcome: str, same_survey: Sequence[str] = ()) -> list[Finding]:
    """The headline as a finding, where it is one: nothing that is noise is."""
    found = [] if table.empty else [_verdict(table, facts, outcome, same_survey)]
    return [finding for finding in found if finding.message != "perceived.none"]


def perceived_how(table: pd.DataFrame, outcome: str, window: Sequence[str]) -> tuple[str, dict]:
    """What the table of ratings measures."""
    method = "johnson" if str(table["method"].iloc[0]).startswith("johnson") else "lmg"
    return (f"perceived.how_{method}", {"outcome": outcome, "count": len(table), "n": int(table.attrs["n"]), "r_squared": float(table.attrs["r_squared"]), "window": window})


def perceived_source(mood: Mapping[str, float]) -> tuple[str, dict]:
    """What to hold against it: one survey and its mood with numbers, or surveys of their own."""
    return ("perceived.halo", dict(mood)) if mood else ("perceived.apart", {})


def survey_alone(guarded: pd.DataFrame) -> bool:
    """Whether no input that may be asked comes from anywhere but the survey of the score."""
    free = guarded[guarded["verdict"] != "refused"]
    return bool((free["reason"] == "same_survey").all())


def leading(told: Finding, felt: Sequence[Finding], guarded: pd.DataFrame) -> Finding:
    """What heads a page: what inputs say; or what ratings say, where no input goes clearly with the score or none was measured outside its survey."""
    nothing = told.message in ("drivers.not_enough", "drivers.none_usable")
    return felt[0] if felt and (nothing or survey_alone(guarded)) else told


def lede(usual: tuple[str, dict], rated: pd.DataFrame, guarded: pd.DataFrame, outcome: str) -> tuple[str, dict]:
    """The paragraph under the headline: of inputs, or of ratings where these data are a survey alone."""
    if rated.empty or not survey_alone(guarded):
        return usual
    args = {"outcome": outcome, "tested": len(rated), "count": int(rated["usable"].sum()), "n": int(rated.attrs["n"]), "r_squared": float(rated.attrs["r_squared"])}
    return ("perceived.lede", args)
