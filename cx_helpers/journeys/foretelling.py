"""Whether a score foretells what it is asked for: the remembered score from the touchpoints, and from a recommendation whether the customer comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL, Metric
from cx_helpers.journeys.held_equal import association, columns_held

AFTER_DAYS, WITHIN_DAYS = 21, 180
FEWEST_BACK = 0.02
COLUMNS = ["metric", "foretells", "value", "low", "high", "n", "method", "grade", "share", "strength", "strength_low", "strength_high"]


def came_back(journeys: pd.DataFrame, until: pd.Timestamp, *, after_days: float = AFTER_DAYS, within_days: float = WITHIN_DAYS) -> pd.Series:
    """Whether the customer of each journey began another one after it.

    Parameters
    ----------
    journeys : DataFrame with customer_id, started_at, ended_at (UTC)

    Returns
    -------
    Series like `journeys`: 1.0 where another journey of the customer began from `after_days` to `after_days` + `within_days` days after the end, 0.0 where none did,
    NaN where the customer or the end is not known or that time is not over: who has not had time to come back has not stayed away.
    """
    who = pd.factorize(journeys["customer_id"])[0].astype(np.int64) << 34
    began, ended = (journeys[name].astype("datetime64[us, UTC]").astype("int64") // 10**6 for name in ("started_at", "ended_at"))
    known = journeys["customer_id"].notna() & journeys["ended_at"].notna()
    known &= journeys["ended_at"] + pd.Timedelta(days=after_days + within_days) < until
    every = np.sort((who + began.to_numpy())[(journeys["customer_id"].notna() & journeys["started_at"].notna()).to_numpy()])
    start = who + ended.to_numpy() + int(after_days * 86_400)
    again = np.searchsorted(every, start + int(within_days * 86_400)) > np.searchsorted(every, start)
    return pd.Series(again.astype(float), journeys.index).where(known)


def foretelling(
    answers: pd.DataFrame, journeys: pd.DataFrame, metrics: Mapping[str, Metric], primary: str | None, until: pd.Timestamp,
    held: Sequence[str] = (), confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """What one standard deviation of each score goes with, of what the score is asked to foretell.

    A recommendation (NPS) is asked to foretell whether the customer comes back; any other score of a touchpoint, the remembered score.

    Parameters
    ----------
    answers : DataFrame
        Answers since the beginning: name, journey_id, customer_id, response_id, points, answered_at, journey_month, unit and the columns of `held`.
    journeys : DataFrame with journey_id, customer_id, started_at, ended_at
    primary : the remembered metric
    held : columns held equal beside the unit and the month of the journey

    Returns
    -------
    DataFrame: metric, foretells ("back", "remembered", or "" where it cannot be told), value (per standard deviation of the score: share that comes back, 0 to 1; or standard
    deviations of the remembered score), low, high, n (answers), method, grade ("associated"), share (of those answering who came back; NaN where not asked), strength with strength_low and
    strength_high (value in standard deviations of what is foretold, so that all are on one scale).
    "" with NaN where nobody can be followed (customers not known, hardly anybody ever comes back) or the remembered score is asked in the same questionnaire:
    what is said in one breath foretells nothing.

    Notes
    -----
    An association within unit and month, of those who answered: no effect. A touchpoint score and the remembered one share the customer's
    own way of scoring, so they go together a little whatever happened (common-method bias, Podsakoff et al. 2003, J. Applied Psychology 88).
    """
    back = came_back(journeys, until)
    back = pd.Series(back.to_numpy(), journeys["journey_id"].to_numpy())
    followed = len(back.dropna()) > 0 and back.mean() >= FEWEST_BACK
    last = answers[answers["name"] == primary].drop_duplicates("journey_id", keep="last").set_index("journey_id")
    rows = []
    for name, metric in metrics.items():
        mine = answers[answers["name"] == name]
        if mine.empty or (name == primary and metric.kind != "nps"):
            continue
        if metric.kind == "nps":
            kind = "back" if followed else ""
            outcome = mine["journey_id"].map(back) if followed else pd.Series(np.nan, mine.index)
        else:
            later = mine["journey_id"].map(last["answered_at"]) > mine["answered_at"]
            kind = "remembered" if later.any() and not name.startswith(f"{OVERALL}.") else ""
            outcome = mine["journey_id"].map(last["points"] / last["points"].std()).where(later) if kind else pd.Series(np.nan, mine.index)
        score = mine["score"] / mine["score"].std() if mine["score"].std() > 0 else mine["score"] * np.nan
        who = mine["customer_id"].fillna(mine["response_id"])
        found = association(outcome, score, columns_held(mine, ["unit", "journey_month", *held]), who, confidence=confidence)
        if np.isnan(found.low):
            kind = ""
        spread = float(outcome.std()) if kind == "back" else 1.0
        rows.append({"metric": name, "foretells": kind, **{f"strength{end}": of / spread for end, of in (("", found.value), ("_low", found.low), ("_high", found.high))},
                     "value": found.value, "low": found.low, "high": found.high, "n": found.n,
                     "method": found.method, "grade": "associated", "share": float(outcome.mean()) if kind == "back" else np.nan})  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
