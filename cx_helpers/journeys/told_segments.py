"""What the page says of who lives the journey: segments that differ, behaviours, and personas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t

from cx_helpers.config.journey import Metric
from cx_helpers.estimates import Estimate
from cx_helpers.estimates.families import chance, several
from cx_helpers.findings import Finding
from cx_helpers.journeys.personas import SHUFFLES, Personas
from cx_helpers.journeys.segments import pull, smaller_side

LINK = "#who-lives-it"
CLEAR = 0.5  # standard deviations: less does not name a persona
Message = tuple[str, dict]


def segment_headline(rows: pd.DataFrame, label: str) -> Message:
    """Which level of which segment makes the largest difference."""
    clear = rows[rows["verdict"].isin(["higher", "lower"])]
    if clear.empty:
        return ("segments.none", {"label": label})
    row = clear.loc[pull(clear, rows).abs().idxmax()]
    return (f"segments.{row['verdict']}", {"label": label, "segment": row["segment_label"], "level": row["level"], "value": _others(row), "count": len(clear), "of": int(rows["shown"].sum())})


def segment_label(rows: pd.DataFrame, segment: str) -> str:
    """What readers call a segment."""
    return next(iter(rows.loc[rows["segment"] == segment, "segment_label"]), "")


def segment_findings(rows: pd.DataFrame, metric: Metric | None, label: str, confidence: float = 0.95) -> list[Finding]:
    """Levels whose score differs from all others, and those that moved otherwise, beyond noise of all levels looked at together.

    Of each segment the level that weighs most: levels of one segment are each other's others.
    """
    if metric is None:
        return []
    span = (metric.span[1] - metric.span[0]) / 10  # as far as places and months lie apart, seldom more
    found = []
    for _, part in rows[rows["shown"]].assign(smaller=smaller_side(rows)).groupby("segment", sort=False):
        clear = part[part["verdict"].isin(["higher", "lower"])]
        told = [(row["others"] * row["smaller"] / span, row, _others(row), f"segments.{row['verdict']}.finding") for _, row in clear.iterrows()]
        moved = part[part["moved"].isin(["up", "down"])]
        told += [(row["beside"] * row["smaller"] / span, row, Estimate(row["beside"], row["beside_low"], row["beside_high"], int(row["n"]), row["method"]),
                  f"segments.{row['moved']}.finding") for _, row in moved.iterrows()]  # fmt: skip
        if told:
            weight, row, apart, message = max(told, key=lambda one: abs(one[0]))
            args = {"label": label, "segment": row["segment_label"], "level": row["level"], "score": Estimate(row["value"], row["low"], row["high"], int(row["n"]), row["method"])}
            p = chance(apart.value, apart.low, apart.high, apart.n, several(confidence, len(rows)), looks=2 * len(rows))  # apart, and moved
            found.append(Finding(message, args, apart.value, apart.low, apart.high, int(row["n"]), f"{row['method']}, Bonferroni", "described", weight=float(abs(weight)), link=LINK, p=p))
    return found


def _others(row: pd.Series) -> Estimate:
    return Estimate(row["others"], row["others_low"], row["others_high"], int(row["n"]), row["method"])


def behaviour_headline(frames: Sequence[pd.DataFrame]) -> Message:
    """What became of those who took all steps but the last, against those who took only the first: of the behaviour
    where that differs most."""
    shown = [rows for rows in frames if rows["shown"].all() and rows["n"].iloc[0] > 0]
    if not shown:
        labels = [rows["label"].iloc[0] for rows in frames]
        return ("behaviours.few", {"labels": labels})
    rows = max(shown, key=lambda rows: rows.attrs["apart"].low)
    n = rows.set_index("group")["n"]
    args = {"label": rows["label"].iloc[0], "count": int(n["whole"]), "of": int(n["first"]), "value": rows.attrs["apart"]}
    return ("behaviours.apart" if rows.attrs["apart"].low > 0 else "behaviours.alike", args)


def behaviour_table(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The groups of every behaviour in one table, with name (a message) for readers; columns nobody knows left out, and
    the label of the behaviour where there is only one."""
    rows = pd.concat([part.assign(name=[_group_name(part, group) for group in part["group"]]) for part in frames], ignore_index=True)
    return (rows if len(frames) > 1 else rows.drop(columns="label")).dropna(axis=1, how="all")


def _group_name(rows: pd.DataFrame, group: str) -> Message:
    """The steps of a group in the brand's words, where every step has a label."""
    steps = rows.attrs["steps"]
    if len(steps) < 3:
        return (f"behaviours.group.{group}", {})
    count = {"first": 1, "only_first": 1, "until_last": len(steps) - 1, "whole": len(steps)}[group]
    return (f"behaviours.labelled.{'only' if group == 'only_first' else 'steps'}", {"labels": steps[:count], "next": steps[1]})


def behaviour_findings(frames: Sequence[pd.DataFrame], customers: int, confidence: float = 0.95) -> list[Finding]:
    """Behaviours whose last step follows the steps before it more than it follows the first alone.

    Parameters
    ----------
    frames : of `behaviours.behaviour_groups`, disclosed
    customers : int
        All customers of the window, of whom those who took every step are a share.
    """
    found = []
    for rows in frames:
        apart, change = rows.attrs.get("apart"), rows.attrs.get("change")
        if rows.empty or not rows["shown"].all() or apart is None or not apart.low > 0:
            continue
        group = rows.set_index("group")
        args = {"label": group["label"].iloc[0], "count": int(group.loc["whole", "n"]), "of": int(group.loc["first", "n"]),
                "last": float(group.loc["until_last", "last_share"]), "others": float(group.loc["only_first", "last_share"])}  # fmt: skip
        way = "more" if change.low > 0 else "fewer" if change.high < 0 else "same"
        p = chance(apart.value, apart.low, apart.high, apart.n, several(confidence, len(frames)), looks=len(frames))
        found.append(Finding(f"behaviours.finding.{way}", args, apart.value, apart.low, apart.high, apart.n, apart.method, "associated",
                             weight=float(group.loc["whole", "n"] / max(customers, 1) * apart.value), link=LINK, p=p))  # fmt: skip
    return found


def persona_headline(found: Personas, rows: pd.DataFrame) -> Message:
    """How many kinds of customers there are, and what the most valuable bring in; or why none are named."""
    if found.verdict == "too_few" and not (found.customers and len(found.traits)):
        return ("personas.no_traits" if found.customers else "personas.nobody", {})
    if found.verdict != "found":
        return (f"personas.{found.verdict}", {"n": found.customers, "count": len(found.traits)})
    first = rows.iloc[0]
    worth = pd.notna(first["revenue_share"])
    return ("personas.found_worth" if worth else "personas.found", {"count": len(rows), "share": first["share"], "worth": first["revenue_share"]})


def named(rows: pd.DataFrame, telling: pd.DataFrame) -> pd.DataFrame:
    """Personas with name and trait_1, trait_2, trait_3 (messages): what sets each apart, the most telling first; columns
    nobody knows left out."""
    words = {persona: [_word(row) for row in part.itertuples() if abs(row.size) >= CLEAR] for persona, part in telling.groupby("persona")}
    told = rows.assign(name=[("personas.name", {"number": number}) for number in rows["persona"]])
    for place in range(3):
        told[f"trait_{place + 1}"] = [(words.get(member, []) + [None] * 3)[place] for member in rows["member"]]
    return told.dropna(axis=1, how="all")


def _word(row) -> Message:
    if row.level:
        own = str(row.label).startswith("personas.")
        return (f"{row.label}.level" if own else "personas.level", {"label": row.label, "level": row.level, "share": row.inside})
    known = row.label if str(row.label).startswith("personas.") else "personas.number"
    return (f"{known}.{'more' if row.size > 0 else 'less'}", {"label": row.label, "mean": row.inside, "others": row.outside})


def persona_findings(found: Personas, rows: pd.DataFrame) -> list[Finding]:
    """What the most valuable persona brings in, where personas were found and money is known; weighed by its share of the
    customers times what it brings in beyond that share."""
    if found.verdict != "found" or rows.empty or rows["revenue_share"].isna().all():
        return []
    first, rest = rows.iloc[0], rows.iloc[1:]
    if not first["revenue_low"] > rest["revenue_high"].max():
        return []
    args = {"share": first["share"], "worth": first["revenue_share"], "count": len(rows)}
    return [Finding("personas.worth", args, first["revenue"], first["revenue_low"], first["revenue_high"], int(first["n"]), "Student's t", "described",
                    weight=0.5 * float(first["share"] * max(first["revenue_share"] - first["share"], 0.0)), link=LINK, p=_groupless(found))]  # fmt: skip


def _groupless(found: Personas) -> float:
    """The chance of kinds as clear where traits go together by chance: what is explained beyond shuffled traits, in their
    standard deviations (Student's t: so few shuffles say nothing below 1 in 40 by their ranks), over all numbers of groups."""
    beyond = float(found.trials["beyond"].max()) / np.sqrt(1 + 1 / SHUFFLES)
    return float(min(len(found.trials) * t.sf(beyond, SHUFFLES - 1), 1.0))
