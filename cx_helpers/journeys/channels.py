"""Through which channel and how long after the step a question is put, and whether another would be answered more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL, Metric
from cx_helpers.estimates import Estimate
from cx_helpers.estimates.families import several
from cx_helpers.journeys.held_equal import association, columns_held

FEWEST = 100
SPREAD_HOURS = 1.0
CHANNELS = ["metric", "asked_by", "beside", "answered_share", "other_share", "value", "low", "high", "n", "method"]
DELAYS = ["metric", "what", "hours_early", "hours_late", "value", "low", "high", "n", "method"]


def by_channel(asked: pd.DataFrame, held: Sequence[str] = (), confidence: float = 0.95) -> pd.DataFrame:
    """Whether a question is answered less through the channel it is asked by than through another, or by those who live the step elsewhere.

    Parameters
    ----------
    asked : DataFrame of `asking.requests`, of a study in which silence was recorded

    Returns
    -------
    DataFrame: metric, asked_by, beside ("other channels": the same question asked through others; "lived elsewhere": asked of customers who lived the step through
    another channel than they are asked by, beside those who lived it through the same, and beside how both answer every other question), answered_share and
    other_share (0 to 1, as they are), value (share answered less than there, unit, month and `held` equal: negative is worse), low, high (Bonferroni over all rows), n, method.
    A question asked through one channel of customers who all live the step alike has no row: nothing can be told.
    """
    due = asked[asked["due"]]
    looks = []
    for name, mine in due.groupby("name", sort=True):
        sizes = mine["asked_by"].value_counts()
        channels = sorted(sizes.index[sizes >= FEWEST])
        looks += [(name, channel, "other channels", mine["asked_by"].eq(channel), mine) for channel in channels if len(channels) > 1]
        for channel in channels:
            alike = mine["lived"].eq(channel).where(mine["lived"].notna() & mine["asked_by"].eq(channel))
            if alike.sum() >= FEWEST and alike.eq(0).sum() >= FEWEST:
                looks.append((name, channel, "lived elsewhere", alike.eq(0).where(alike.notna()), mine))
    rows = []
    for name, channel, beside, flag, mine in looks:
        confident = several(confidence, len(looks))
        flag = flag.astype(float)
        if beside == "other channels":
            found = association(mine["answered"].astype(float), flag, columns_held(mine, ["unit", "month", *held]), mine["customer"], confidence=confident)
            here, there = mine["answered"][flag == 1].mean(), mine["answered"][flag == 0].mean()
        else:
            found = _elsewhere(due, mine, flag, confident)
            here, there = mine["answered"][flag == 1].mean(), mine["answered"][flag == 0].mean()
        rows.append({"metric": name, "asked_by": channel, "beside": beside, "answered_share": float(here), "other_share": float(there), "value": found.value,
                     "low": found.low, "high": found.high, "n": found.n, "method": found.method})  # fmt: skip
    return pd.DataFrame(rows, columns=CHANNELS)


def _elsewhere(due: pd.DataFrame, mine: pd.DataFrame, flag: pd.Series, confidence: float) -> Estimate:
    """The gap between the two ways of living a step, at its own question less at all others of the same journeys."""
    lived = pd.Series(flag.to_numpy(), mine["journey_id"].to_numpy()).dropna()
    lived = lived[~lived.index.duplicated()]
    rows = due[due["journey_id"].isin(lived.index)]
    elsewhere = rows["journey_id"].map(lived)
    own = rows["name"].eq(mine["name"].iloc[0]).astype(float)
    held = pd.DataFrame({"name": rows["name"], "elsewhere": elsewhere.astype(str)}, index=rows.index)
    return association(rows["answered"].astype(float), own * elsewhere, held, rows["customer"], confidence=confidence)


def by_delay(
    asked: pd.DataFrame, answers: pd.DataFrame, metrics: Mapping[str, Metric], held: Sequence[str] = (), *, heard: bool = True, confidence: float = 0.95
) -> pd.DataFrame:  # fmt: skip
    """Whether questions put later after the step (of remembered scores: after the journey) are answered less, or answered otherwise.

    Parameters
    ----------
    answers : DataFrame
        response_id, score, and the columns of `held`, such as the state lived when answering.
    heard : whether silence was recorded

    Returns
    -------
    DataFrame: metric, what ("answered" or "score"), hours_early and hours_late (median hours from the end to the question, first and last third), value (last third less first: a share, or
    standard deviations of the score; unit, month and `held` equal), low, high (Bonferroni over all rows), n, method. A question always put about as long after has no row.
    """
    scored = answers.drop_duplicates("response_id").set_index("response_id")
    looks = []
    for name, mine in asked[asked["due"] & asked["asked_at"].notna()].groupby("name", sort=True):
        end = mine["ended_at"] if name.startswith(f"{OVERALL}.") else mine["step_over"]
        hours = ((mine["asked_at"] - end).dt.total_seconds() / 3600).where(lambda h: h >= 0)
        if name not in metrics or hours.notna().sum() < 3 * FEWEST:
            continue
        low, high = hours.quantile(1 / 3), hours.quantile(2 / 3)
        if high - low < max(SPREAD_HOURS, 0.1 * low):
            continue
        late = pd.Series(np.select([hours <= low, hours > high], [0.0, 1.0], np.nan), mine.index)
        around = (float(hours[late == 0].median()), float(hours[late == 1].median()))
        looks += [(name, what, mine, late, around) for what in ("answered", "score") if heard or what == "score"]
    rows = []
    for name, what, mine, late, around in looks:
        states = mine["response_id"].map(scored["state"]) if "state" in scored else None
        outcome = mine["answered"].astype(float) if what == "answered" else mine["response_id"].map(scored["score"] / scored.loc[scored["name"] == name, "score"].std())
        equal = columns_held(mine.assign(as_lived=states) if states is not None and what == "score" else mine, ["unit", "month", *held, "as_lived"])
        found = association(outcome, late, equal, mine["customer"], confidence=several(confidence, len(looks)))
        rows.append({"metric": name, "what": what, "hours_early": around[0], "hours_late": around[1], "value": found.value, "low": found.low, "high": found.high,
                     "n": found.n, "method": found.method})  # fmt: skip
    return pd.DataFrame(rows, columns=DELAYS)
