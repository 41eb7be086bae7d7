"""How many comments hold an emotion, by touchpoint, month or place: shares corrected for the errors of the reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from cx_helpers.config.journey import OVERALL, Journey, label_in
from cx_helpers.estimates import Estimate
from cx_helpers.estimates.families import holm_adjusted
from cx_helpers.journeys.voice.heard import Heard
from cx_helpers.journeys.voice.quality import corrected_share, effective_n, weighted_together

TICKET = "ticket"
NUMBERS = ("value", "low", "high", "n", "comments", "read_share")  # hidden where few customers wrote
METHOD = "Rogan-Gladen, Lang-Reiczigel, by customer"


def emotions(heard: Heard, by: Sequence[str] = (), *, which: Sequence[str] | None = None) -> pd.DataFrame:
    """Share of comments with each emotion present, of all or by group.

    Parameters
    ----------
    by : columns of `heard.comments`, such as touchpoint, month or origin
    which : emotions; those that can be told when left out

    Returns
    -------
    DataFrame: emotion, `by`, value, low, high (0 to 1, corrected), n (customers; a comment without one counts alone),
    comments, read_share (0 to 1: of the comments in a language in which the emotion can be told), apart ("more" or
    "less" than in the other groups beyond chance, else ""; corrected by Holm over the groups), p (0 to 1, so corrected; NaN of one group), method. Groups without a
    comment that can be read are left out.

    Notes
    -----
    Each language is corrected by the errors of its own reading and weighs what it has among the comments read. Errors
    are taken to be the same in all groups: compare `apart`, which needs no more than that. Not a degree of emotion, and
    not the share of customers who feel so: most say nothing.
    """
    rows = []
    for emotion in heard.readable if which is None else [name for name in which if name in heard.readable]:
        known = heard.comments[heard.comments[emotion].notna()]
        total = heard.comments.groupby(list(by), dropna=False).size() if by else len(heard.comments)
        groups = [(level, part) for level, part in known.groupby(list(by), dropna=False, sort=True)] if by else [((), known)]
        apart = _apart([part for _, part in groups], emotion)
        for (level, part), (differs, p) in zip(groups, apart, strict=True):
            whole = total if not by else int(total[level if len(by) > 1 else level[0]])
            found = _corrected(heard, part, emotion)
            rows.append({"emotion": emotion, **dict(zip(by, level, strict=True)), "value": found.value, "low": found.low, "high": found.high,
                         "n": _customers(part), "comments": len(part), "read_share": len(part) / whole, "apart": differs, "p": p, "method": METHOD})  # fmt: skip
    return pd.DataFrame(rows, columns=["emotion", *by, "value", "low", "high", "n", "comments", "read_share", "apart", "p", "method"])


def _corrected(heard: Heard, part: pd.DataFrame, emotion: str) -> Estimate:
    parts = []
    for language, mine in part.groupby("language", sort=True):
        n = effective_n(mine[emotion], mine["customer_id"])
        parts.append((len(mine) / len(part), corrected_share(float(mine[emotion].mean()), n, heard.judged[language, emotion], heard.confidence)))
    return weighted_together(parts, METHOD)


def _customers(part: pd.DataFrame) -> int:
    return int(part["customer_id"].nunique() + part["customer_id"].isna().sum())


def _apart(parts: list[pd.DataFrame], emotion: str) -> list[tuple[str, float]]:
    """Which groups are read to hold the emotion more or less often than the others together, each with its p: the errors of
    the reading are the same on both sides, so that no correction is needed to tell."""
    if len(parts) < 2:
        return [("", np.nan)] * len(parts)
    sizes = np.array([effective_n(part[emotion], part["customer_id"]) for part in parts])
    shares = np.array([part[emotion].mean() for part in parts], dtype=float)
    rest_n = sizes.sum() - sizes
    rest = (sizes @ shares - sizes * shares) / rest_n
    pooled = (sizes @ shares) / sizes.sum()
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes + 1 / rest_n))
    z = np.divide(shares - rest, error, out=np.zeros(len(parts)), where=error > 0)
    p = holm_adjusted(2 * norm.sf(np.abs(z)))
    return [(("more" if up > 0 else "less") if chance <= 0.05 else "", float(chance)) for up, chance in zip(z, p, strict=True)]


def by_touchpoint(heard: Heard, journey: Journey, language: str = "en", *, which: Sequence[str] | None = None) -> pd.DataFrame:
    """`emotions` at each touchpoint, in the order of the journey: what was said of the whole comes last, and what was
    said where nobody knows is left out. Complaints are bad news by nature: where anything else was said, they do not count.

    Returns
    -------
    DataFrame: as `emotions`, with label (the touchpoint's) and complaints (bool: nothing else was said there).
    """
    complaint = heard.comments["origin"] == TICKET
    found = emotions(_only(heard, ~complaint), ["touchpoint"], which=which)
    only_complaints = complaint & ~heard.comments["touchpoint"].isin(found["touchpoint"])
    aside = emotions(_only(heard, only_complaints), ["touchpoint"], which=which).assign(apart="", complaints=True)
    found = pd.concat([found.assign(complaints=False), aside], ignore_index=True)
    labels = {point.id: label_in(point.label, language) for point in journey.touchpoints}
    order = {name: i for i, name in enumerate([*labels, OVERALL])}
    found = found[found["touchpoint"].isin(list(order))]
    found = found.assign(label=[labels.get(name, "voice.whole") for name in found["touchpoint"]], place=found["touchpoint"].map(order))
    return found.sort_values(["place", "emotion"], kind="stable", ignore_index=True).drop(columns="place")


def by_month(heard: Heard, *, which: Sequence[str] | None = None) -> pd.DataFrame:
    """`emotions` month by month, complaints aside: their number moves for reasons of its own.

    Returns
    -------
    DataFrame: as `emotions`, with month; `apart` sets a month against all others of the window.
    """
    return emotions(_only(heard, heard.comments["month"].notna() & (heard.comments["origin"] != TICKET)), ["month"], which=which)


def _only(heard: Heard, which: pd.Series) -> Heard:
    return replace(heard, comments=heard.comments[which])


def side_by_side(felt: pd.DataFrame, key: str = "touchpoint") -> pd.DataFrame:
    """One row a touchpoint (or month) with what is bad and what is good beside each other.

    Parameters
    ----------
    felt : DataFrame
        As `by_touchpoint` or `emotions` gives it, disclosed or not.

    Returns
    -------
    DataFrame: `key`, label where there is one, negative, negative_low, negative_high, negative_apart, positive,
    positive_low, positive_high, positive_apart (NaN where it cannot be told), n (customers), comments, shown.
    """
    names = [key, *(["label"] if "label" in felt else [])]
    parts = []
    for emotion in ("negative", "positive"):
        mine = felt[felt["emotion"] == emotion].set_index(key)
        parts.append(mine[["value", "low", "high", "apart"]].set_axis([emotion, f"{emotion}_low", f"{emotion}_high", f"{emotion}_apart"], axis=1))
    base = felt.drop_duplicates(key).set_index(key)
    columns = [name for name in [*names[1:], "n", "comments", "shown"] if name in base]
    return base[columns].join(parts).reset_index()
