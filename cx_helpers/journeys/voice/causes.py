"""What customers speak of, by the brand's own taxonomy: whom it touches, and whether it grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import label_in
from cx_helpers.config.solutions import Challenge, Solutions
from cx_helpers.journeys.voice.heard import Heard
from cx_helpers.journeys.voice.lexicon import counted, fold, lexicon, pattern_of

RECENT_MONTHS = 3
NUMBERS = ("value", "low", "high", "n", "negative_share", "change", "change_low", "change_high")  # hidden where few spoke of it
NEVER_MIND = frozenset()


def spoken(heard: Heard, solutions: Solutions, cases: pd.DataFrame | None = None) -> pd.DataFrame:
    """Who spoke of which challenge, in which month.

    Parameters
    ----------
    solutions : Solutions
        Challenges with `words` (by language) or `causes` (as cases call them).
    cases : DataFrame, optional
        customer_id, cause, month.

    Returns
    -------
    DataFrame: customer (one that cannot be known stands alone), month, challenge, comment_id (None of a case), negative
    (1, 0 or NaN), and a row with challenge None for each comment or case that speaks of none of them.

    Notes
    -----
    A term with a negation close before it ("no queue", "sem atraso") does not count.
    """
    rows = []
    for language, part in heard.comments.groupby("language", sort=True):
        texts, whole = pd.factorize(part["text"].map(fold))
        words = lexicon(language)
        negations = words.negations if words else NEVER_MIND
        matched = {name: _matches(whole, challenge, language, negations)[texts] for name, challenge in solutions.challenges.items()}
        base = pd.DataFrame({"customer": alone(part["customer_id"], part["comment_id"]), "month": part["month"], "comment_id": part["comment_id"], "negative": part["negative"]})
        rows += [base[hit].assign(challenge=name) for name, hit in matched.items()]
        silent = ~np.logical_or.reduce(list(matched.values())) if matched else np.ones(len(part), bool)
        rows.append(base[silent].assign(challenge=None))
    rows += _cases(cases, solutions.challenges)
    columns = ["customer", "month", "challenge", "comment_id", "negative"]
    return pd.concat([row[columns] for row in rows], ignore_index=True) if rows else pd.DataFrame(columns=columns)


def alone(customers: pd.Series, otherwise: pd.Series) -> pd.Series:
    return customers.astype(object).where(customers.notna(), "\0" + otherwise.astype(str))


def _matches(texts: np.ndarray, challenge: Challenge, language: str, negations: frozenset[str]) -> np.ndarray:
    pattern = pattern_of(challenge.words.get(language, []))
    if pattern is None:
        return np.zeros(len(texts), bool)
    return np.array([counted(text, pattern, negations)[0] > 0 for text in texts], dtype=bool)


def _cases(cases: pd.DataFrame | None, challenges: Mapping[str, Challenge]) -> list[pd.DataFrame]:
    if cases is None or cases.empty:
        return []
    named = {cause.casefold(): name for name, challenge in challenges.items() for cause in challenge.causes}
    challenge = cases["cause"].map(lambda cause: named.get(cause.casefold()) if isinstance(cause, str) else None)
    numbers = pd.Series([f"case {i}" for i in range(len(cases))], index=cases.index)
    customer = alone(cases["customer_id"], numbers)
    return [pd.DataFrame({"customer": customer, "month": cases["month"], "challenge": challenge.astype(object), "comment_id": None, "negative": np.nan})]


def causes(said: pd.DataFrame, solutions: Solutions, language: str = "en", *, confidence: float = 0.95) -> pd.DataFrame:
    """How many customers each challenge touches, of those who said something, and whether more do of late.

    Parameters
    ----------
    said : DataFrame
        As `spoken` gives it.

    Returns
    -------
    DataFrame: challenge, label, value, low, high (0 to 1: share of the customers who said something), n (customers
    touched), of (customers who said something), negative_share (0 to 1, as read and not corrected: of the comments on
    it with a negative emotion present), change, change_low, change_high (share in the last three months of the window
    less that before; NaN in a shorter window), trend ("more", "fewer", "" where not beyond chance), method. Most
    customers first. Challenges that have neither words nor causes are left out.

    Notes
    -----
    Wilson's interval by customer; the change by Newcombe with customers of both periods matched, widened for the number
    of challenges (Bonferroni). Words find what they find: a cause that customers name otherwise is missed.
    """
    of, months = said["customer"].nunique(), sorted(said["month"].dropna().unique())
    recent = set(months[-RECENT_MONTHS:]) if len(months) > RECENT_MONTHS else set()
    spoken_of = [name for name, challenge in solutions.challenges.items() if challenge.words or challenge.causes]
    rows = []
    for name in spoken_of:
        mine = said[said["challenge"] == name]
        touched = mine["customer"].nunique()
        share = estimates.share_from_counts(touched, of, confidence) if of else estimates.Estimate(np.nan, np.nan, np.nan, 0, "Wilson")
        change = changed(said, name, recent, 1 - (1 - confidence) / max(len(spoken_of), 1))
        rows.append({"challenge": name, "label": label_in(solutions.challenges[name].label, language), "value": share.value, "low": share.low,
                     "high": share.high, "n": touched, "of": of, "negative_share": mine["negative"].mean(), "change": change.value,
                     "change_low": change.low, "change_high": change.high, "trend": way(change), "method": share.method})  # fmt: skip
    columns = ["challenge", "label", "value", "low", "high", "n", "of", "negative_share", "change", "change_low", "change_high", "trend", "method"]
    return pd.DataFrame(rows, columns=columns).sort_values(["n", "label"], ascending=[False, True], kind="stable", ignore_index=True)


def changed(said: pd.DataFrame, challenge: Any, recent: set[str], confidence: float) -> estimates.Estimate:
    unknown = estimates.Estimate(np.nan, np.nan, np.nan, 0, "Newcombe, by customer")
    if not recent:
        return unknown
    rows = said.assign(late=said["month"].isin(recent), hit=said["challenge"] == challenge)
    each = rows.groupby(["customer", "late"])["hit"].max().astype(float).reset_index()
    late, before = each[each["late"]], each[~each["late"]]
    if not len(late) or not len(before):
        return unknown
    return estimates.difference(late["hit"], before["hit"], "share", cluster=(late["customer"], before["customer"]), confidence=confidence)


def way(change: estimates.Estimate) -> str:
    return "more" if change.low > 0 else "fewer" if change.high < 0 else ""


def causes_by_month(said: pd.DataFrame, solutions: Solutions, language: str = "en", *, confidence: float = 0.95) -> pd.DataFrame:
    """`causes` month by month: challenge, label, month, value, low, high (0 to 1, of the customers who said something in
    the month), n (customers touched), of, method."""
    rows = []
    for month, part in said.groupby("month", sort=True):
        found = causes(part, solutions, language, confidence=confidence)
        rows.append(found.assign(month=month)[["challenge", "label", "month", "value", "low", "high", "n", "of", "method"]])
    columns = ["challenge", "label", "month", "value", "low", "high", "n", "of", "method"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
