"""What the map tells beside scores: the moments that stand out, and what customers speak of at each touchpoint."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import OVERALL, Journey, label_in
from cx_helpers.config.solutions import Solutions
from cx_helpers.journeys.voice.causes import alone

SPOKEN = ["touchpoint", "label", "value", "low", "high", "n", "of", "method"]


def moments(lived: pd.DataFrame, journey: Journey, reworded: Collection[str] = ()) -> pd.DataFrame:
    """The lowest and the highest score on the way, where each stands apart from all others, and the last one.

    Parameters
    ----------
    lived : DataFrame
        The rows of `scores.scores` over the window, disclosed.
    reworded : metrics asked in other words than before: they are compared with none

    Returns
    -------
    DataFrame: touchpoint, moment ("lowest", "highest", "end"), of scores on the scale that most of them share.
    """
    seen = lived[lived["shown"] & (lived["touchpoint"] != OVERALL) & lived["low"].notna()]
    if seen.empty:
        return pd.DataFrame(columns=["touchpoint", "moment"])
    scale = seen.groupby(["kind", "scale_min", "scale_max"]).size().idxmax()
    same = seen[(seen[["kind", "scale_min", "scale_max"]] == list(scale)).all(axis=1)]
    order = {point.id: place for place, point in enumerate(journey.touchpoints)}
    told = [(same.loc[same["touchpoint"].map(order).idxmax(), "touchpoint"], "end")] if len(same) > 1 else []
    fair = same[~same["metric"].isin(list(reworded))].sort_values("value")
    if len(fair) > 1:
        low, high = fair.iloc[0], fair.iloc[-1]
        told = [(low["touchpoint"], "lowest")] * bool(low["high"] < fair["low"].iloc[1:].min()) + told
        told = [(high["touchpoint"], "highest")] * bool(high["low"] > fair["high"].iloc[:-1].max()) + told
    return pd.DataFrame(told, columns=["touchpoint", "moment"])


def map_how(journeys: int, many: str, window: list[str], month: str, work: pd.DataFrame) -> tuple[str, dict]:
    """What the map counts; of standards only where there are any."""
    message = "map.how" if (work["standing"] != "no standard").any() else "map.how_plain"
    return (message, {"journeys": many, "window": window, "month": month, "n": journeys})


def map_source(steps: pd.DataFrame) -> str:
    """Where the map comes from; of journeys under way only where it is known who left."""
    return "map.source" if steps["drop_off_share"].notna().any() else "map.source_ended"


def spoken_at(spoken: pd.DataFrame, comments: pd.DataFrame, cases: pd.DataFrame, solutions: Solutions, language: str = "en", confidence: float = 0.95) -> pd.DataFrame:
    """What customers speak of at each touchpoint: causes of their complaints, and challenges in their comments.

    Parameters
    ----------
    spoken : DataFrame
        As `voice.spoken` gives it.
    comments : DataFrame
        comment_id, touchpoint; those of `Heard.comments`.
    cases : DataFrame
        case_id, customer_id, touchpoint, cause.

    Returns
    -------
    DataFrame, most customers first: touchpoint, label (the brand's word), value, low, high (0-1, Wilson: of the
    customers who spoke or complained there), n (customers who speak of it), of, method.
    """
    places = comments.set_index("comment_id")["touchpoint"]
    labels = {name: label_in(challenge.label, language) for name, challenge in solutions.challenges.items()}
    named = {cause.casefold(): labels[name] for name, challenge in solutions.challenges.items() for cause in challenge.causes}
    wrote = spoken[spoken["comment_id"].notna()]
    wrote = pd.DataFrame({"customer": wrote["customer"], "touchpoint": wrote["comment_id"].map(places), "label": wrote["challenge"].map(labels)})
    filed = pd.DataFrame({"customer": alone(cases["customer_id"], cases["case_id"]), "touchpoint": cases["touchpoint"], "label": _words(cases["cause"], named)})
    said = pd.concat([part for part in (wrote, filed) if len(part)] or [wrote]).dropna(subset=["touchpoint"])
    rows = []
    for touchpoint, part in said.groupby("touchpoint", sort=True):
        everyone = part["customer"].nunique()
        for label, mine in part.dropna(subset=["label"]).groupby("label", sort=True):
            found = estimates.share_from_counts(mine["customer"].nunique(), everyone, confidence)
            rows.append((touchpoint, label, found.value, found.low, found.high, mine["customer"].nunique(), everyone, found.method))
    return pd.DataFrame(rows, columns=SPOKEN).sort_values(["touchpoint", "n", "label"], ascending=[True, False, True], ignore_index=True)


def _words(causes: pd.Series, named: Mapping[str, str]) -> list[str | None]:
    return [named.get(cause.casefold(), cause) if isinstance(cause, str) else None for cause in causes]
