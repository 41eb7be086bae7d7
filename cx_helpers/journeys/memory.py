"""What is remembered of a journey: its average, or also its worst moment and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import t

from cx_helpers import estimates
from cx_helpers.config.journey import OVERALL, Journey

FEWEST_STEPS = 3
FEWEST_JOURNEYS, FEWEST_CUSTOMERS = 200, 50
WORTH_TELLING = 0.01  # of the variance of what is remembered: imperfect answers leave about half of that to chance alone
FOLDS = 10
PARTS = ("mean", "worst", "end")
NUMBERS = ("value", "low", "high", "n", "method")
HELD = ("steps", "log_days")


@dataclass(frozen=True, eq=False)
class Memory:
    """What the answers of whole journeys say of remembering.

    Attributes
    ----------
    weights : DataFrame
        A row a part: part ("mean", "worst", "end"), value (share of what is remembered, the three add up to 1), low, high,
        effect (remembered, in shares of its scale, a whole scale lived), effect_low, effect_high, moves (shares of the scale: effect
        times one standard deviation of the part), n (journeys), customers, method.
    comparison : DataFrame
        A row a model: model ("mean", "worst", "end", "best"), explained (0-1, of the variance of journeys that the model had
        not seen), value (what it foretells beyond the model before, share of variance), low, high, n, method. Each model
        holds what those before it hold; "best" is tried on top of the other three.
    reliability : float
        0-1: of the mean of a journey's answers, what is not chance (Spearman-Brown from the intraclass correlation).
    journeys, customers : int
        Journeys, and customers, with the remembered score, the end and enough answers.
    verdict : {"peak_end", "worst", "end", "mean", "too_few"}
        What memory holds beyond the mean, beyond noise; "too_few": not enough experienced scores.
    """

    weights: pd.DataFrame
    comparison: pd.DataFrame
    reliability: float
    journeys: int
    customers: int
    verdict: str


def experienced(responses: ir.Table, journey: Journey, remembered: str | None, months: Sequence[str] = ()) -> ir.Table:
    """What was asked at touchpoints before a journey was remembered.

    Parameters
    ----------
    responses : Ibis table `responses`, each under its own wording
    remembered : full name of the remembered metric; of one asked at a touchpoint, or None, no journey is remembered
    months : months in which it was answered; all when left out

    Returns
    -------
    Ibis table, a row a request about a touchpoint: journey_id, customer_id, remembered (0-1, place on its scale),
    remembered_at, touchpoint, asked_at, lived (shares of the scale away from the usual answer to the same question in the
    same words; missing where it was not answered before the journey was remembered).

    Notes
    -----
    A recommendation asked on the way is no experience of a step: NPS at touchpoints is left out.
    """
    asked = responses.mutate(name=responses.touchpoint + "." + responses.metric, answered=responses.score.notnull() & responses.answered_at.notnull())
    lived = {name: metric.limits for name, metric in journey.metrics.items() if not name.startswith(f"{OVERALL}.") and metric.kind != "nps"}
    of_whole = remembered is not None and remembered.startswith(f"{OVERALL}.")
    low, high = journey.metrics[remembered].limits if of_whole else (0.0, 1.0)
    ends = asked.filter((asked.name == (remembered or "")) & asked.answered & asked.journey_id.notnull())
    ends = ends.filter(ends.month.isin(list(months))) if months else ends
    ends = ends if of_whole else ends.limit(0)
    ends = ends.group_by("journey_id").aggregate(
        remembered=(ends.score.argmin(ends.answered_at) - low) / (high - low), remembered_at=ends.answered_at.min(), customer=ends.customer_id.min()
    )
    steps = asked.filter(asked.name.isin(list(lived) or [""]))
    place = ibis.cases(*[(steps.name == name, (steps.score - bottom) / (top - bottom)) for name, (bottom, top) in lived.items()], else_=None) if lived else ibis.null("float64")
    steps = steps.mutate(place=place, programme=steps.programme.fill_null(""), question_version=steps.question_version.fill_null(""))
    words = ["name", "programme", "question_version"]
    usual = steps.filter(steps.answered).group_by(words).aggregate(usual=lambda rows: rows.place.mean())
    steps = steps.left_join(usual, words).drop(*[f"{name}_right" for name in words])
    rows = steps.inner_join(ends, "journey_id")
    moment = ibis.coalesce(rows.asked_at, rows.answered_at)
    rows = rows.mutate(moment=moment).filter(moment < rows.remembered_at)
    in_time = rows.answered & (rows.answered_at < rows.remembered_at)
    return rows.select(
        "journey_id", "remembered", "remembered_at", "touchpoint", customer_id=ibis.coalesce(rows.customer, rows.customer_id, rows.journey_id),
        asked_at=rows.moment, lived=ibis.ifelse(in_time, rows.place - rows.usual, None),
    )  # fmt: skip


def whole_journeys(rows: pd.DataFrame, units: pd.DataFrame | None = None, touchpoint_weights: dict[str, float] | None = None) -> pd.DataFrame:
    """One row a journey with its remembered score, its mean, worst, best and last experience.

    Parameters
    ----------
    rows : DataFrame
        As `experienced` gives it, executed.
    units : DataFrame with journey_id and unit, optional
    touchpoint_weights : mapping, optional
        How much each touchpoint counts in the mean; all alike when left out.

    Returns
    -------
    DataFrame: journey_id, customer_id, unit, remembered (0-1), mean, worst, best, end (shares of the scale from the
    usual answer; end: the answer about the last step asked, missing where that was not given), steps (answers), days
    (first to last request), spread (variance of the answers); in the order of remembering.
    """
    rows = rows.sort_values(["journey_id", "asked_at", "touchpoint"], kind="stable")
    each = rows.groupby("journey_id")
    frame = each[["customer_id", "remembered", "remembered_at"]].first()
    count = rows["touchpoint"].map(touchpoint_weights or {}).astype(float).fillna(1.0).where(rows["lived"].notna(), 0.0)
    frame["mean"] = (rows["lived"].fillna(0.0) * count).groupby(rows["journey_id"]).sum() / count.groupby(rows["journey_id"]).sum().where(lambda s: s > 0)
    frame["worst"], frame["best"], frame["steps"] = each["lived"].min(), each["lived"].max(), each["lived"].count()
    frame["spread"] = each["lived"].var()
    frame["end"] = rows.loc[~rows.duplicated("journey_id", keep="last")].set_index("journey_id")["lived"]
    frame["days"] = (each["asked_at"].max() - each["asked_at"].min()).dt.total_seconds() / 86400
    unit = None if units is None else units.drop_duplicates("journey_id").set_index("journey_id")["unit"]
    frame["unit"] = "" if unit is None else unit.reindex(frame.index).astype(object).fillna("")
    # Pseudonyms differ between machines: journeys are ordered by when and what was remembered, never by who they are.
    order = ["remembered_at", "remembered", "mean", "end", "days"]
    return frame.reset_index().sort_values(order, kind="stable", ignore_index=True).drop(columns="remembered_at")


def peak_end(journeys: pd.DataFrame, confidence: float = 0.95, *, fewest: int = FEWEST_STEPS, seed: int = 0) -> Memory:
    """Whether the worst moment and the end are remembered beyond the average.

    Least squares of the remembered score on the mean of what was lived, then also its worst, then also its end, within
    units, with the number of answers and the days held; intervals clustered by customer. Models are compared on customers they
    have not seen (ten folds of whole customers): the gain is the fall of the squared error as a share of the variance.

    Parameters
    ----------
    journeys : DataFrame
        As `whole_journeys` gives it.
    fewest : int
        Answers a journey must have: of fewer, mean, worst and end are nearly one thing.

    Returns
    -------
    Memory
        Something is said to be remembered beyond the mean where the gain of both together is above noise and at least one
        hundredth of the variance, and of the two that whose own share is above noise.

    Notes
    -----
    Source: Redelmeier and Kahneman (1996), Pain 66; Kahneman, Fredrickson, Schreiber and Redelmeier (1993), Psychological
    Science 4; clustering: Liang and Zeger (1986), Biometrika 73. An association: who remembers
    badly may also have answered badly. Where every journey ends at the same touchpoint, the end and that touchpoint's own
    weight are one thing. Answers are imperfect, so shares lean towards the mean.
    Not for scores asked in one survey at one time: they are remembered scores all.

    >>> peak_end(whole_journeys(experienced(responses, journey, "overall.nps").execute())).verdict  # doctest: +SKIP
    'peak_end'
    """
    whole = journeys[(journeys["steps"] >= fewest) & journeys[["mean", "end", "remembered"]].notna().all(axis=1)]
    whole = whole[whole.groupby("unit")["unit"].transform("size") > 1].reset_index(drop=True)
    people = int(whole["customer_id"].nunique())
    if len(whole) < FEWEST_JOURNEYS or people < FEWEST_CUSTOMERS or min(whole[["remembered", *PARTS]].std()) == 0:
        empty = pd.DataFrame(columns=["part", *NUMBERS]), pd.DataFrame(columns=["model", "explained", *NUMBERS])
        return Memory(*empty, _reliability(whole), len(whole), people, "too_few")
    weights = _weights(whole, confidence)
    comparison = _comparison(whole, confidence, seed)
    return Memory(weights, comparison, _reliability(whole), len(whole), people, _verdict(weights, comparison))


def _within(whole: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Columns less their mean in the unit: what a unit is like, and how it is remembered, is held."""
    frame = whole.assign(log_days=np.log1p(whole["days"]))
    return (frame[list(columns)] - frame.groupby("unit")[list(columns)].transform("mean")).to_numpy()


def _held(whole: pd.DataFrame) -> list[str]:
    moved = _within(whole, HELD).std(axis=0) > 1e-12
    return [name for name, moves in zip(HELD, moved, strict=True) if moves]


def _weights(whole: pd.DataFrame, confidence: float) -> pd.DataFrame:
    people = pd.factorize(whole["customer_id"])[0]
    fit = sm.OLS(_within(whole, ["remembered"])[:, 0], _within(whole, [*PARTS, *_held(whole)]))
    fit = fit.fit(cov_type="cluster", cov_kwds={"groups": people}, use_t=True)
    effect, spread = fit.params[:3], fit.cov_params()[:3, :3]
    customers = int(people.max()) + 1
    reach = t.ppf((1 + confidence) / 2, customers - 1)
    half = reach * np.sqrt(np.diag(spread))
    total = effect.sum()
    # Shares of a sum that may be nothing are no shares.
    told = total > reach * np.sqrt(spread.sum())
    turn = (np.eye(3) - (effect / total)[:, None]) / total if told else np.full((3, 3), np.nan)
    share = effect / total if told else np.full(3, np.nan)
    apart = reach * np.sqrt(np.diag(turn @ spread @ turn.T))
    return pd.DataFrame({
        "part": PARTS, "value": share, "low": share - apart, "high": share + apart, "effect": effect, "effect_low": effect - half,
        "effect_high": effect + half, "moves": effect * _within(whole, PARTS).std(axis=0), "n": len(whole), "customers": customers, "method": "least squares, clustered by customer",
    })  # fmt: skip


def _comparison(whole: pd.DataFrame, confidence: float, seed: int) -> pd.DataFrame:
    outcome, people = _within(whole, ["remembered"])[:, 0], pd.factorize(whole["customer_id"])[0]
    fold = np.random.default_rng(seed).permutation(people.max() + 1)[people] % FOLDS
    held, variance = _held(whole), outcome.var()
    missed = {"nothing": _missed(outcome, _within(whole, held), fold)}
    models = {"mean": ["mean"], "worst": ["mean", "worst"], "end": [*PARTS], "best": [*PARTS, "best"]}
    rows = []
    for (name, parts), before in zip(models.items(), ["nothing", *models], strict=False):
        missed[name] = _missed(outcome, _within(whole, [*parts, *held]), fold)
        gain = _gain(missed[before] - missed[name], people, variance, confidence)
        rows.append({"model": name, "explained": 1 - missed[name].mean() / variance, **gain})
    both = _gain(missed["mean"] - missed["end"], people, variance, confidence)
    frame = pd.DataFrame(rows)
    frame.attrs["both"] = both
    return frame


def _missed(outcome: np.ndarray, columns: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Squared error of each journey, foretold from the customers of the other folds."""
    missed = np.empty(len(outcome))
    for number in range(FOLDS):
        mine = fold == number
        known = columns[~mine]
        missed[mine] = (outcome[mine] - columns[mine] @ np.linalg.lstsq(known, outcome[~mine], rcond=None)[0]) ** 2 if columns.shape[1] else outcome[mine] ** 2
    return missed


def _gain(less: np.ndarray, people: np.ndarray, variance: float, confidence: float) -> dict:
    found = estimates.mean(less / variance, cluster=people, confidence=confidence)
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": "ten folds of customers"}


def _verdict(weights: pd.DataFrame, comparison: pd.DataFrame) -> str:
    both = comparison.attrs["both"]
    if not (both["low"] > 0 and both["value"] >= WORTH_TELLING):
        return "mean"
    above = dict(zip(weights["part"], weights["low"] > 0, strict=True))
    if above["worst"] and above["end"]:
        return "peak_end"
    return "worst" if above["worst"] else "end" if above["end"] else "mean"


def _reliability(whole: pd.DataFrame) -> float:
    """Of the mean of a journey's answers, the share that is not chance: 1 - within / (steps x between)."""
    if len(whole) < 2 or not whole["mean"].var() > 0:
        return float("nan")
    chance = (whole["spread"] / whole["steps"]).mean()
    return float(np.clip(1 - chance / whole["mean"].var(), 0, 1))
