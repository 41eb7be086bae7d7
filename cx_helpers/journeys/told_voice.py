"""What the page on journeys says of what customers said: findings, headlines and what cannot be told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL
from cx_helpers.estimates.families import chance, several
from cx_helpers.findings import Finding
from cx_helpers.journeys.voice import Heard, side_by_side
from cx_helpers.journeys.voice.causes import RECENT_MONTHS
from cx_helpers.journeys.voice.heard import LANGUAGE_WORDS

SECTION = "#what-they-say"
Message = tuple[str, dict]
LOOKS = 5  # bad and good feeling by place and by month, and causes that grow: each corrected for itself
SHARE = 0.5  # how bad a comment with a bad feeling is, of the worst that can be
GOOD = 0.25


def felt_rows(felt: pd.DataFrame) -> pd.DataFrame:
    """What is felt at each touchpoint, bad and good side by side, with a word where it stands apart.

    Parameters
    ----------
    felt : DataFrame
        As `voice.by_touchpoint` gives it, disclosed.
    """
    rows = side_by_side(felt)
    bad, good = rows["negative_apart"].fillna(""), rows["positive_apart"].fillna("")
    says = np.select([bad == "more", good == "more", bad == "less", good == "less"], ["more bad feeling", "more good feeling", "less bad feeling", "less good feeling"], "")
    hidden = ~rows["shown"].astype(bool) if "shown" in rows else pd.Series(False, rows.index)
    rows = rows.assign(says=np.where(hidden, "", says))
    return rows if rows["says"].any() else rows.drop(columns="says")


def felt_headline(felt: pd.DataFrame) -> Message:
    """Where bad feeling is most often present; else how often it is."""
    worst = _apart(felt, "negative")
    if len(worst):
        row = worst.iloc[0]
        aside = bool(felt["complaints"].any())
        return ("voice.felt_worst_aside" if aside else "voice.felt_worst", {"label": row["label"], "share": _interval(row)})
    shown = felt[felt["shown"].astype(bool)] if len(felt) else felt
    bad, good = shown[shown["emotion"] == "negative"], shown[shown["emotion"] == "positive"]
    if len(bad) == 1 and len(good) == 1:
        return ("voice.felt_one", {"bad": _interval(bad.iloc[0]), "good": _interval(good.iloc[0])})
    return ("voice.felt_alike", {}) if len(bad) > 1 else ("voice.felt_some", {})


def _apart(felt: pd.DataFrame, emotion: str) -> pd.DataFrame:
    """Touchpoints where an emotion is present more often than elsewhere, most often first."""
    mine = felt[(felt["emotion"] == emotion) & felt["shown"].astype(bool) & (felt["touchpoint"] != OVERALL)]
    return mine[mine["apart"] == "more"].sort_values("value", ascending=False, kind="stable")


def _interval(row: pd.Series) -> dict[str, float]:
    return {name: float(row[name]) for name in ("value", "low", "high")}


def felt_how(heard: Heard, window: list[str]) -> Message:
    """What was read, and how it was corrected."""
    known = heard.comments[["negative", "positive"]].notna().any(axis=1)
    unread = float(1 - known.mean()) if len(known) else 0.0
    return ("voice.felt_how_unread" if unread >= 0.005 else "voice.felt_how", {"n": len(heard.comments), "unread": unread, "window": window})


def causes_headline(spoken_of: pd.DataFrame) -> Message:
    """What is spoken of most, and whether more customers do of late."""
    shown = spoken_of[spoken_of["shown"].astype(bool) & (spoken_of["n"] > 0)]
    if shown.empty:
        return ("voice.causes_none", {})
    first, growing = shown.iloc[0]["label"], list(shown.loc[shown["trend"] == "more", "label"])
    others = [label for label in growing if label != first]
    message = "voice.causes_first" + ("_more" if first in growing else "") + ("_others" if others else "")
    return (message, {"label": first, "share": _interval(shown.iloc[0]), "labels": others})


def absent(heard: Heard) -> str:
    """Why nothing is told of feelings: nobody wrote, or no reading has shown to be better than chance."""
    return "voice.none" if heard.comments.empty else "voice.unread" if heard.taught else "voice.unlabelled"


def quality_rows(heard: Heard) -> pd.DataFrame:
    """The quality of each reading, the languages with most comments first and those in use first within them."""
    many = heard.comments["language"].value_counts()
    rows = heard.quality.assign(many=heard.quality["language"].map(many).fillna(0), place=range(len(heard.quality)))
    rows = rows.sort_values(["many", "language", "place"], ascending=[False, True, True], kind="stable", ignore_index=True)
    names = rows["language"].map(lambda code: f"word.lang_{code}" if code in LANGUAGE_WORDS else code)
    return rows.assign(language=names, use=np.where(rows["used"].astype(bool), "yes", "no")).drop(columns=["many", "place", "used"])


def quality_headline(heard: Heard) -> Message:
    """How many emotions can be told, in how many languages, by how many labels drawn by lot."""
    languages = {language for language, _ in heard.judged}
    lot = heard.quality.groupby("language")["n"].max().sum() if len(heard.quality) else 0
    return ("voice.quality", {"count": len(heard.judged), "of": heard.quality.groupby(["language", "emotion"]).ngroups if len(heard.quality) else 0,
                              "languages": len(languages), "labels": int(lot)})  # fmt: skip


def topic_rows(topics: pd.DataFrame) -> pd.DataFrame:
    """Topics with their language in words."""
    return topics.assign(language=topics["language"].map(lambda code: f"word.lang_{code}" if code in LANGUAGE_WORDS else code))


def voice_findings(felt: pd.DataFrame, spoken_of: pd.DataFrame, confidence: float = 0.95) -> list[Finding]:
    """Where feeling is worst and best beyond chance, what more customers speak of than before, and what most speak of.

    Parameters
    ----------
    felt : DataFrame
        As `voice.by_touchpoint` gives it, disclosed.
    spoken_of : DataFrame
        As `voice.causes` gives it, disclosed.
    """
    everyone = max(int(felt.loc[felt["shown"].astype(bool), ["touchpoint", "n"]].drop_duplicates("touchpoint")["n"].sum()), 1) if len(felt) else 1
    found = [_felt("voice.worst", _apart(felt, "negative"), everyone, SHARE), _felt("voice.best", _apart(felt, "positive"), everyone, GOOD)]
    return [finding for finding in found if finding is not None] + _cause_findings(spoken_of, confidence)


def month_findings(months: pd.DataFrame, month: str) -> list[Finding]:
    """Whether bad or good feeling was present more or less often in the month than in the others of the window.

    Parameters
    ----------
    months : DataFrame
        As `voice.by_month` gives it, disclosed.
    """
    rows = months[(months["month"] == month) & months["shown"].astype(bool) & months["apart"].isin(["more", "less"]) & months["emotion"].isin(["negative", "positive"])]
    found = []
    for _, row in rows.iterrows():
        others = months[(months["emotion"] == row["emotion"]) & (months["month"] != month) & months["shown"].astype(bool)]
        usual = float((others["value"] * others["comments"]).sum() / others["comments"].sum())
        args = {"month": month, "usual": usual}
        found.append(Finding(f"voice.month_{row['emotion']}_{row['apart']}", args, row["value"], row["low"], row["high"], int(row["n"]), row["method"], "described",
                             weight=abs(float(row["value"]) - usual), link=SECTION, p=min(LOOKS * float(row["p"]), 1.0)))  # fmt: skip
    return found


def _felt(message: str, rows: pd.DataFrame, everyone: int, size: float) -> Finding | None:
    if rows.empty:
        return None
    row = rows.iloc[0]
    weight = size * float(row["value"]) * row["n"] / everyone
    return Finding(message, {"label": row["label"]}, row["value"], row["low"], row["high"], int(row["n"]), row["method"], "described", weight=weight, link=SECTION,
                   p=min(LOOKS * float(row["p"]), 1.0))  # fmt: skip


def _cause_findings(spoken_of: pd.DataFrame, confidence: float) -> list[Finding]:
    if spoken_of.empty:
        return []
    shown, found = spoken_of[spoken_of["shown"].astype(bool) & (spoken_of["n"] > 0)], []
    growing = shown[shown["trend"] == "more"].sort_values("change", ascending=False, kind="stable")
    for _, row in growing.head(1).iterrows():
        args: dict[str, Any] = {"label": row["label"], "share": _interval(row), "months": RECENT_MONTHS}
        p = chance(row["change"], row["change_low"], row["change_high"], row["of"], several(confidence, len(spoken_of)), looks=LOOKS * len(spoken_of))
        found.append(Finding("voice.cause_more", args, row["change"], row["change_low"], row["change_high"], int(row["n"]), "Newcombe, by customer",
                             "described", weight=SHARE * float(row["value"]) + float(row["change"]), link=SECTION, p=p))  # fmt: skip
    leads = len(shown) > 1 and shown.iloc[0]["low"] > shown.iloc[1]["high"]
    if leads and (growing.empty or growing.iloc[0]["challenge"] != shown.iloc[0]["challenge"]):
        row = shown.iloc[0]
        found.append(Finding("voice.cause_first", {"label": row["label"]}, row["value"], row["low"], row["high"], int(row["n"]), row["method"], "described",
                             weight=SHARE * float(row["value"]), link=SECTION))  # fmt: skip
    return found
