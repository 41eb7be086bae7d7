"""Which candidates may be asked as drivers at all: what leaks the outcome is refused, what shares its voice is marked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.drivers.columns import column, floats, names_known, numbered_groups
from cx_helpers.drivers.robust import holm
from cx_helpers.errors import DataError

MOST_AUC = 0.97
FUNCTION = 0.98
SHIFT = 0.05
FORETELLS = 0.6
FEWEST = 10
FOLDS = 5
COLUMNS = ["driver", "verdict", "reason", "known_share", "later_share", "function_share", "auc", "missing_gap", "missing_gap_low",
           "missing_gap_high", "missing_auc", "missing_shift", "n"]  # fmt: skip


def guards(
    data: pd.DataFrame, outcome: str, drivers: Sequence[str], *, cluster=None, answered_at: str | None = None,
    measured_at: Mapping[str, object] | pd.DataFrame | None = None, moments: Mapping[str, float] | None = None,
    same_question: Iterable[str] = (), same_survey: Iterable[str] = (), same_voice: Iterable[str] = (),
    bridged: Iterable[str] = (), confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Whether each candidate may stand as a driver of the outcome, and if not, why.

    Parameters
    ----------
    data : DataFrame
        A row an answer.
    outcome, drivers : column names
        Numbers or booleans; NaN is unknown.
    cluster : column name or array, optional
        The customer of each answer.
    answered_at : column name, optional
        When the outcome was given.
    measured_at : mapping of driver to its time stamps (a column or an array), or a DataFrame with a column a driver, optional
        When the value was measured; of one not yet known when answering, when it was measured first.
    moments : mapping of driver, and of the outcome, to its place in the journey, optional
    same_question : drivers that ask the outcome's own question again
    same_survey, same_voice : drivers told in the outcome's survey; drivers read from what the same person wrote
    bridged : drivers whose unknown values take no row out of the model (see `perceived.perceived_importance`); not judged by them
    confidence, seed : float, int

    Returns
    -------
    DataFrame, a row a driver in the order given: driver; verdict ("asked", "marked" or "refused"); reason ("" or the
    first that holds of measured_later, later_step, same_question, made_from_outcome, tells_outcome, missing_tells (refused);
    same_survey, same_voice, missing_some (marked)); known_share (0-1); later_share (0-1, of answers, measured only after);
    function_share (0-1, of the variance of one that the other determines, each row foretold by the others; the larger of both directions);
    auc (0-1, of the best of top and bottom box, out of fold); missing_gap, missing_gap_low, missing_gap_high (mean outcome
    where the driver is unknown, less where it is known); missing_auc (0-1); missing_shift (in standard deviations of the outcome, what leaving
    those rows out moves its mean by); n (answers).

    Raises
    ------
    DataError
        Names unknown or given twice, text among the drivers; one line.

    Notes
    -----
    Refused: one known value measured after the answer, or most values known only after it; a step that comes after the outcome's;
    98% of the variance of one determined by the other; an out-of-fold AUC above 0.97 for the top or the bottom box (Kaufman and others
    2012 on leakage); and missingness that tells the outcome: beyond noise (Holm over the drivers, by cluster), out-of-fold AUC of at
    least 0.6, and a mean outcome of the complete rows that lies 0.05 standard deviations or more from that of all. A smaller shift is
    marked: the model leaves those rows out, and the page says who they are. Zero-filling an unknown input would be a made-up
    measurement; whether something happened at all belongs into an input of its own, such as still waiting past the promise.

    Not a proof of cleanness: a variable that leaks a little, or with others together, passes. Weights do not enter: a leak is in every row.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"wait": rng.normal(size=300)})
    >>> frame["score"] = np.clip(np.round(3 - frame["wait"] + rng.normal(size=300)), 1, 5)
    >>> frame["happy"] = frame["score"] >= 4
    >>> guards(frame, "score", ["wait", "happy"])[["driver", "verdict", "reason"]].to_numpy().tolist()
    [['wait', 'asked', ''], ['happy', 'refused', 'made_from_outcome']]
    """
    drivers = list(drivers)
    if not drivers:
        return pd.DataFrame({name: pd.Series(dtype=object if name in ("driver", "verdict", "reason") else float) for name in COLUMNS})
    names_known(data, outcome, drivers, [])
    both = floats(data, [outcome, *drivers])
    y, x, ids = both[:, 0], both[:, 1:], column(data, cluster, "cluster")
    answered = ~np.isnan(y)
    groups = np.arange(len(y)) if ids is None else numbered_groups(ids)
    late = _later(data, drivers, answered_at, measured_at)[answered]
    y, x, groups = y[answered], x[answered], groups[answered]
    fold = np.random.default_rng(seed).permutation(int(groups.max(initial=-1)) + 1)[groups] % FOLDS
    found = pd.DataFrame([_figures(y, x[:, j], late[:, j], groups, fold, confidence) for j in range(len(drivers))]).assign(driver=drivers)
    beyond = holm(found["missing_p"].to_numpy(), 1 - confidence)
    place, (question, survey, voice, open_gaps) = dict(moments or {}), (set(named) for named in (same_question, same_survey, same_voice, bridged))
    declared = {
        "later_step": [place.get(d, -math.inf) > place.get(outcome, math.inf) for d in drivers], "same_question": [d in question for d in drivers],
        "same_survey": [d in survey for d in drivers], "same_voice": [d in voice for d in drivers],
    }  # fmt: skip
    rules = _rules(found, beyond & [d not in open_gaps for d in drivers], {name: np.array(flags) for name, flags in declared.items()})
    names = list(rules)
    first = np.where(np.any(list(rules.values()), axis=0), np.argmax(list(rules.values()), axis=0), len(names))
    reasons = [[*names, ""][k] for k in first]
    verdicts = ["asked" if reason == "" else "marked" if reason in ("same_survey", "same_voice", "missing_some") else "refused" for reason in reasons]
    return found.assign(verdict=verdicts, reason=reasons)[COLUMNS]


def allowed(guarded: pd.DataFrame) -> list[str]:
    """The drivers that are not refused, in their order."""
    return list(guarded.loc[guarded["verdict"] != "refused", "driver"])


def with_refused(screened: pd.DataFrame, guarded: pd.DataFrame) -> pd.DataFrame:
    """What `design.screen` says of the drivers allowed, and the refused ones with their reason, in the order of the guards."""
    refused = guarded[guarded["verdict"] == "refused"].assign(kept=False)
    both = pd.concat([screened, refused[["driver", "kept", "reason", "known_share", "n"]]], ignore_index=True) if len(refused) else screened
    order = {driver: place for place, driver in enumerate(guarded["driver"])}
    return both.sort_values("driver", key=lambda d: d.map(order), kind="stable", ignore_index=True)


def _later(data: pd.DataFrame, drivers: list[str], answered_at: str | None, measured_at) -> np.ndarray:
    """Whether each value was measured after the answer; what has no time stamp was not."""
    late = np.zeros((len(data), len(drivers)), dtype=bool)
    if answered_at is None or measured_at is None:
        return late
    if answered_at not in data:
        raise DataError(f"guards: column {answered_at!r} is not in the data. Name the column of when the outcome was given.")
    given = _utc(data[answered_at])
    for j, driver in enumerate(drivers):
        if driver in measured_at:
            stamps = measured_at[driver]
            late[:, j] = _utc(data[stamps] if isinstance(stamps, str) else stamps) > given
    return late


def _utc(stamps) -> np.ndarray:
    """Moments by the clock of UTC; with their zone numpy would make a Python object of each."""
    return pd.to_datetime(pd.Series(stamps), utc=True).dt.tz_localize(None).to_numpy()


def _figures(y, x, late, groups, fold, confidence: float) -> dict:
    known = ~np.isnan(x)
    gap = _missing_gap(y, known, groups, confidence)
    spread = y.std() if len(y) else 0.0
    share = float(known.mean()) if len(y) else 0.0
    some = min(known.sum(), (~known).sum()) >= FEWEST
    return {
        "known_share": share, "later_share": float(late.mean()) if len(y) else 0.0, "late_value": bool((late & known).any()),
        **_determined(y[known], x[known], fold[known]), **gap, "missing_auc": auc_out_of_fold(_bins(y), ~known, fold) if some else math.nan,
        "missing_shift": abs(gap["missing_gap"]) * (1 - share) / spread if spread else math.nan, "n": len(y),
    }  # fmt: skip


def _rules(found: pd.DataFrame, beyond: np.ndarray, declared: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Each reason, in order of weight, and for which drivers it holds."""
    tells = beyond & (found["missing_auc"] >= FORETELLS).to_numpy()
    large = (found["missing_shift"] >= SHIFT).to_numpy()
    return {
        "measured_later": (found["late_value"] | (found["later_share"] > 0.5)).to_numpy(),
        "later_step": declared["later_step"],
        "same_question": declared["same_question"],
        "made_from_outcome": (found["function_share"] >= FUNCTION).to_numpy(),
        "tells_outcome": (found["auc"] > MOST_AUC).to_numpy(),
        "missing_tells": tells & large,
        "same_survey": declared["same_survey"],
        "same_voice": declared["same_voice"],
        "missing_some": tells & ~large,
    }


def _bins(values: np.ndarray) -> np.ndarray:
    """Each distinct value by itself where they are few, else up to fifty groups of equal size."""
    codes, names = pd.factorize(values, sort=True)
    if len(names) <= 21:
        return codes
    return pd.factorize(pd.qcut(values, max(2, min(50, len(values) // 20)), labels=False, duplicates="drop"), sort=True)[0]


def _determined(y: np.ndarray, x: np.ndarray, fold: np.ndarray) -> dict:
    """How much of one the other determines, and how well the driver alone tells the top or the bottom box (quarters where there are no boxes)."""
    if len(y) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return {"function_share": math.nan, "auc": math.nan}
    group, boxes = _bins(x), _bins(y)
    few = boxes.max() < 12
    top, bottom = (y.max(), y.min()) if few else np.quantile(y, [0.75, 0.25])
    aucs = [auc_out_of_fold(group, y >= top, fold), auc_out_of_fold(group, y <= bottom, fold)]
    auc = math.nan if np.isnan(aucs).all() else float(np.nanmax(aucs))
    return {"function_share": max(_foretold(y, group), _foretold(x, boxes)), "auc": auc}


def _foretold(values: np.ndarray, group: np.ndarray) -> float:
    """Share of the variance that the group tells, each row foretold by the others of its group: a group of one tells nothing."""
    n = np.bincount(group)
    sums = np.bincount(group, weights=values)
    others = n[group] - 1
    mean = np.divide(sums[group] - values, others, out=np.full(len(values), values.mean()), where=others > 0)
    return max(0.0, 1 - float(((values - mean) ** 2).sum() / ((values - values.mean()) ** 2).sum()))


def auc_out_of_fold(group: np.ndarray, event: np.ndarray, fold: np.ndarray) -> float:
    """AUC of groups for a yes-or-no, each row judged by the share of yes in its group in the other folds.

    Parameters
    ----------
    group, fold : arrays of int from 0

    Returns
    -------
    float, 0 to 1; NaN where yes or no is rarer than ten. Of noise slightly below 0.5.
    """
    yes = int(event.sum())
    if min(yes, len(event) - yes) < FEWEST:
        return math.nan
    cell, cells = fold * (group.max() + 1) + group, FOLDS * (int(group.max()) + 1)
    n = np.bincount(cell, minlength=cells).reshape(FOLDS, -1)
    hits = np.bincount(cell[event], minlength=cells).reshape(FOLDS, -1)
    rest, rest_n = hits.sum(axis=0) - hits, n.sum(axis=0) - n
    base = rest.sum(axis=1, keepdims=True) / np.maximum(rest_n.sum(axis=1, keepdims=True), 1)
    # Rows of a cell are tied, so that the ranks of cells are the ranks of rows.
    told, level = np.unique(((rest + base) / (rest_n + 1)).ravel(), return_inverse=True)
    yeses = np.bincount(level.ravel(), weights=hits.ravel(), minlength=len(told))
    noes = np.bincount(level.ravel(), weights=(n - hits).ravel(), minlength=len(told))
    return float((yeses * (np.cumsum(noes) - noes / 2)).sum() / (yes * (len(event) - yes)))


def _missing_gap(y: np.ndarray, known: np.ndarray, groups: np.ndarray, confidence: float) -> dict:
    """Mean outcome where unknown, less where known, with its interval and p value by cluster."""
    n1, n0 = int((~known).sum()), int(known.sum())
    nothing = {"missing_gap": math.nan, "missing_gap_low": math.nan, "missing_gap_high": math.nan, "missing_p": math.nan}
    if min(n1, n0) < FEWEST:
        return nothing
    m1, m0 = y[~known].mean(), y[known].mean()
    influence = np.where(known, -(y - m0) / n0, (y - m1) / n1)
    sums = np.bincount(groups, weights=influence)
    smaller = min(len(np.unique(groups[~known])), len(np.unique(groups[known])))
    if smaller < 2:
        return nothing
    error = math.sqrt(float(sums @ sums) * smaller / (smaller - 1))
    gap, q = float(m1 - m0), float(special.stdtrit(smaller - 1, 0.5 + confidence / 2))
    p = 2 * float(special.stdtr(smaller - 1, -abs(gap) / error)) if error > 0 else float(gap == 0)
    return {"missing_gap": gap, "missing_gap_low": gap - q * error, "missing_gap_high": gap + q * error, "missing_p": p}
