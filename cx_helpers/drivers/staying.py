"""Who comes back: when it can be told at all, and what a point of each experienced score goes with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import OVERALL
from cx_helpers.drivers.carried import numbered, slopes
from cx_helpers.drivers.design import design, screen
from cx_helpers.drivers.robust import holm
from cx_helpers.errors import DataError

MONEY = ("returned", "revenue", "cost")
EVENTS_A_COLUMN = 10
HARDLY = 0.05
LARGEST_AUC = 0.97
SCORE_NUMBERS = ("returns", "returns_low", "returns_high", "revenue", "revenue_low", "revenue_high", "n")
SCORE_COLUMNS = (
    "score", "label", "touchpoint_label", "returns", "returns_low", "returns_high", "revenue", "revenue_low", "revenue_high", "usable", "n",
    "method", "grade", "reason",
)  # fmt: skip


def staying_problems(followed: pd.DataFrame, drivers: Sequence[str], controls: Sequence[str] = ()) -> list[str]:
    """Why no model of staying and money may be made of these rows; empty where one may.

    Parameters
    ----------
    followed : DataFrame
        A row a journey whose following months are known: returned (0/1), the drivers and controls; revenue, cost, month and
        first_counted where known.

    Returns
    -------
    One line a problem: leakage (money counted in the month of the journey or before it; a driver that is one of the money columns or
    all but equal to one); customers who hardly ever come back; too few journeys of the rarer kind for the columns of the model.

    Notes
    -----
    Ten events of the rarer kind a column (Peduzzi and others 1996, J. Clinical Epidemiology 49) keep slopes from being noise; a driver whose AUC
    for coming back exceeds 0.97 was made from it.
    """
    problems = []
    if {"month", "first_counted"} <= set(followed):
        early = (followed["first_counted"] <= followed["month"]).to_numpy()
        if early.any():
            row = followed[early].iloc[0]
            problems.append(
                f"leakage: {int(early.sum())} journeys count money from {row['first_counted']} on that ended in {row['month']}; "
                "count from the month after (tables.money.following does)"
            )
    problems += [f"leakage: input {name!r} {told}; leave it out" for name, told in leaks(followed, drivers).items()]
    y = followed["returned"].to_numpy(dtype=float)
    share, events = float(y.mean()) if len(y) else 0.0, int(min(y.sum(), len(y) - y.sum()))
    columns = len(list(drivers)) + sum(followed[name].nunique() - 1 for name in controls if name in followed)
    if events < EVENTS_A_COLUMN * columns:
        kind = "leavers" if share > 0.5 else "customers who come back"
        problems.append(f"{events} {kind} among {len(y)} journeys, {EVENTS_A_COLUMN * columns} are needed for {columns} columns; take more months or fewer inputs")
    elif share < HARDLY:
        problems.append(f"customers hardly come back ({share:.1%} of {len(y)} journeys, at least {HARDLY:.0%} is needed); staying is not how this brand earns")
    return problems


def leaks(followed: pd.DataFrame, drivers: Sequence[str]) -> dict[str, str]:
    """Drivers that give away what followed, with the reason in words: a column of the money itself, or all but equal to one."""
    found = {name: "is what is to be explained" for name in drivers if name in (*MONEY, "active")}
    for name in (name for name in drivers if name in followed and name not in found):
        told = _made_of(followed[name].to_numpy(dtype=float, na_value=np.nan), followed)
        found |= {name: f"tells {told}: it was made from what followed"} if told else {}
    return found


def _made_of(x: np.ndarray, followed: pd.DataFrame) -> str:
    """What a driver gives away of what followed, or "". A rank AUC of one variable needs no folds: nothing is fitted."""
    known = ~np.isnan(x)
    if known.sum() < 20 or np.ptp(x[known]) == 0:
        return ""
    auc = rank_auc(x[known], followed["returned"].to_numpy(dtype=float)[known])
    if max(auc, 1 - auc) > LARGEST_AUC:
        return f"who comes back too well (AUC {max(auc, 1 - auc):.3f})"
    for name in ("revenue", "cost"):
        y = followed[name].to_numpy(dtype=float)[known] if name in followed else np.zeros(1)
        if not np.isnan(y).any() and np.ptp(y) > 0 and abs(np.corrcoef(x[known], y)[0, 1]) > LARGEST_AUC:
            return f"{name} too well (correlation above {LARGEST_AUC})"
    return ""


def rank_auc(score: np.ndarray, event: np.ndarray) -> float:
    """Share of pairs of an event and a non-event in which the event has the higher score, ties half (Mann and Whitney 1947); NaN without both."""
    events = int(event.sum())
    if not 0 < events < len(event):
        return math.nan
    ranks = pd.Series(score).rank().to_numpy()
    return float((ranks[event == 1].sum() - events * (events + 1) / 2) / (events * (len(event) - events)))


def silence(journeys: pd.DataFrame, drivers: Sequence[str], controls: Sequence[str] = (), confidence: float = 0.95) -> tuple[str, dict] | None:
    """The one sentence that a page says where nothing can be told of staying and money; None where it can.

    Returns
    -------
    Message id and arguments: ``worth.no_input`` (nothing was measured), ``worth.no_customers`` (no journey names its customer), ``worth.no_later_months`` (none has the whole horizon
    behind it), ``worth.leaks`` (inputs made from what followed), ``worth.hardly_return`` (with the share that comes back), ``worth.few_leavers`` (how many, and how many are needed).
    """
    horizon = int(journeys.attrs.get("horizon_months", 0))
    if journeys["customer_id"].isna().all():
        return ("worth.no_customers", {})
    followed = journeys[journeys["returned"].notna()]
    if followed.empty:
        return ("worth.no_later_months", {"count": horizon})
    if not len(drivers):
        return ("worth.no_input", {})
    if leaked := leaks(followed, drivers):
        return ("worth.leaks", {"labels": list(leaked), "count": len(leaked)})
    back = estimates.share(followed["returned"].to_numpy(dtype=float), cluster=followed["customer_id"].to_numpy(), confidence=confidence)
    columns = len(list(drivers)) + sum(followed[name].nunique() - 1 for name in controls if name in followed)
    events = int(min(followed["returned"].sum(), (1 - followed["returned"]).sum()))
    if back.value < HARDLY:
        return ("worth.hardly_return", {"value": back, "n": back.n, "count": horizon})
    if events < EVENTS_A_COLUMN * columns:
        return ("worth.few_leavers", {"events": events, "needed": EVENTS_A_COLUMN * columns, "n": len(followed), "columns": columns})
    return None


def score_worth(
    answers: pd.DataFrame, scores: pd.DataFrame, *, controls: Sequence[str] = (), weights: str | None = None, cluster: str = "customer_id",
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """How coming back and revenue go with a point of each experienced score, one score at a time.

    Parameters
    ----------
    answers : DataFrame, a row an answer
        name (full name of the metric), score, returned and revenue (of `tables.money.answered_before`).
    scores : DataFrame
        metric (full name), label, touchpoint_label; kind where known.

    Returns
    -------
    DataFrame, a row a score, in the order given: score, label, touchpoint_label; returns (difference in the share that comes back a point of the
    score, -1 to 1) and revenue (currency over the horizon, a journey and point), with _low and _high; usable (bool: coming back is beyond noise,
    Holm over scores); n; method; grade ("associated"); reason ("" or "too_few_rows").

    Raises
    ------
    DataError
        A remembered score or an NPS is asked for: there is no such factor.

    Notes
    -----
    A remembered score is made of what was lived, of price and of need alike, and what a point of it goes with differs from brand to brand
    and year to year: one factor from NPS to money would be used for forecasts it cannot carry (Keiningham and others 2007, J. Marketing 71;
    Morgan and Rego 2006, Marketing Science 25). Ask for components, and for changes (`value.worth`).
    """
    kinds = scores["kind"] if "kind" in scores else pd.Series("", scores.index)
    refused = [name for name, kind in zip(scores["metric"], kinds, strict=True) if name.startswith(f"{OVERALL}.") or kind == "nps"]
    if refused:
        raise DataError(
            f"value: one factor from {', '.join(refused)} to money is refused: it mixes everything that was lived, and holds for no "
            "change in particular. Ask for touchpoint scores, or for changes with value.worth."
        )
    rows = [_of_score(answers[answers["name"] == score.metric], score, controls, weights, cluster, confidence) for score in scores.itertuples()]
    table = pd.DataFrame(rows, columns=[*SCORE_COLUMNS, "_p"])
    called = holm(table["_p"].to_numpy(dtype=float), 1 - confidence).astype(bool)
    return table.assign(usable=called)[list(SCORE_COLUMNS)]


def _of_score(mine: pd.DataFrame, score, controls, weights, cluster, confidence: float) -> dict:
    mine = mine[mine["returned"].notna() & mine["score"].notna()]
    row = {"score": score.metric, "label": score.label, "touchpoint_label": score.touchpoint_label, "n": len(mine), "grade": "associated",
           "method": "least squares, clustered" + (", weighted" if weights else ""), "reason": "too_few_rows"}  # fmt: skip
    if len(mine) < 30 or not screen(mine, "returned", ["score"], list(controls))["kept"].all():
        return row
    d = design(mine, "returned", ["score"], list(controls), weights, cluster)
    money = [name for name in ("returned", "revenue") if mine[name].notna().any()]
    (who,), _ = numbered(mine.loc[d.kept, cluster])
    steps = slopes(d, np.nan_to_num(mine.loc[d.kept, money].to_numpy(dtype=float)), who)
    for name, step in zip(("returns", "revenue"), steps, strict=False):
        low, high = step.interval(confidence)
        row |= {name: float(step.value[0]), f"{name}_low": float(low[0]), f"{name}_high": float(high[0])}
    return row | {"n": d.n, "reason": "", "_p": float(steps[0].p()[0])}
