"""The ordinal model beside the linear one: odds of a better answer, and whether one number serves all steps of the scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import special, stats

from cx_helpers.drivers.cumulative import Cumulative, Fit, fitted
from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.robust import by_cluster, freedom, holm, p_values
from cx_helpers.errors import DataError
from cx_helpers.estimates.families import holm_adjusted
from cx_helpers.estimates.moments import quantile

LINKS = ("logit", "probit")
MOST_LEVELS, GROUPS, MOST_ROWS = 12, 10, 30_000
COLUMNS = (
    "driver", "value", "low", "high", "odds_ratio", "odds_low", "odds_high", "p", "usable", "p_proportional", "proportional", "n", "method", "grade",
)  # fmt: skip


def proportional_odds(
    data: pd.DataFrame, outcome: str, drivers: Sequence[str], *, controls=(), weights=None, cluster=None, confidence: float = 0.95,
    link: str = "logit", most_rows: int = MOST_ROWS, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Log odds of an answer above any step of the scale, per unit of each driver, and the test that one number serves all steps.

    Parameters
    ----------
    data, outcome, drivers, controls, weights, cluster
        As `importance.relative_importance`. The outcome's values are taken in their order only; with more than 12 values,
        as 10 ordered groups of about equal size.
    link : {"logit", "probit"}
        probit: the value is in standard deviations of a normal opinion, and there is no odds ratio.
    most_rows : int
        Beyond, whole clusters by lot (by `seed`) up to about this many rows: this model is a check beside the linear one.

    Returns
    -------
    DataFrame, a row a driver in the order given: driver; value, low, high (log odds per unit; above 0: better answers);
    odds_ratio, odds_low, odds_high (0 or more; 1 is no difference); p (0-1, of no difference, after Holm's correction),
    usable (bool); p_proportional (0-1, that the driver weighs alike at all steps; NaN with two levels), proportional (bool: not
    refuted after Holm's correction); n; method; grade ("associated").
    attrs: levels, cutpoints, log_likelihood, p_proportional (all drivers at once), n_dropped.

    Raises
    ------
    DataError
        As `design.design`; unknown link; a model that does not settle.

    Notes
    -----
    McCullagh (1980), J. Royal Statistical Society B 42. Independent, unweighted rows: errors from the information, and
    proportional odds by likelihood ratio against a model in which the driver has a coefficient a step (as R's
    ordinal::nominal_test). With weights or clusters: sandwich errors, and the generalised score test (Boos 1992, American
    Statistician 46), since a likelihood ratio would take customers' journeys for independent. With many answers a
    departure too small to matter is refuted: read it beside the linear model. Not for outcomes without an order.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"wait": rng.normal(size=500)})
    >>> frame["score"] = np.clip(np.round(4 - frame["wait"] + rng.logistic(size=500)), 1, 5)
    >>> table = proportional_odds(frame, "score", ["wait"])
    >>> bool(table["odds_high"].iloc[0] < 1), bool(table["proportional"].iloc[0])
    (True, True)
    """
    if link not in LINKS:
        raise DataError(f"drivers: link {link!r} is unknown. Choose one of {', '.join(LINKS)}.")
    if not len(drivers):
        return pd.DataFrame({name: [] for name in COLUMNS}).astype({"driver": str, "usable": bool, "proportional": bool})
    whole = design(data, outcome, drivers, controls, weights, cluster)
    d = _by_lot(whole, most_rows, seed)
    levels, names = _levels(d.y)
    scale = d.x.std(axis=0)
    x = np.column_stack([(d.x - d.x.mean(axis=0)) / scale, _apart(d)])
    model = Cumulative(levels, x, d.weights, link=link)
    fit, p, cuts = fitted(model), len(d.drivers), model.cuts
    covariance = _covariance(fit, d)[cuts : cuts + p, cuts : cuts + p]
    value, error = fit.beta[cuts : cuts + p] / scale, np.sqrt(np.diag(covariance)) / scale
    plain = not (d.clustered or d.weighted)
    df = np.inf if plain else freedom(d, x.shape[1] + cuts)
    chance = 2 * special.ndtr(-np.abs(value / error)) if plain else p_values(value / error, df)
    half = quantile(confidence, df) * error
    each, together = (_by_ratio if plain else _by_score)(model, fit, d, p)
    known = ~np.isnan(each)
    table = pd.DataFrame({"driver": d.drivers, "value": value, "low": value - half, "high": value + half})
    for name, column in (("odds_ratio", "value"), ("odds_low", "low"), ("odds_high", "high")):
        table[name] = np.exp(table[column]) if link == "logit" else np.nan
    table = table.assign(
        p=holm_adjusted(chance), usable=holm(chance, 1 - confidence), p_proportional=each, proportional=~holm(each, 1 - confidence),
        n=d.n, method=_method(d, link, len(names), whole), grade="associated",
    )[list(COLUMNS)]  # fmt: skip
    cutpoints = fit.beta[:cuts] + (d.x.mean(axis=0) / scale) @ fit.beta[cuts : cuts + p]
    table.attrs = {"levels": names, "cutpoints": cutpoints.tolist(), "log_likelihood": fit.log_likelihood,
                   "p_proportional": together if known.any() else float("nan"), "n_dropped": len(data) - whole.n}  # fmt: skip
    return table


def beside_linear(linear: pd.DataFrame, ordinal: pd.DataFrame) -> pd.DataFrame:
    """Both models side by side, a row a driver in the order of `linear` (a table of `importance.relative_importance`).

    Returns
    -------
    DataFrame: driver, effect, effect_low, effect_high, odds_ratio, odds_low, odds_high, usable (linear), usable_ordinal, agrees
    (bool: both usable with the same sign, or neither), p_proportional, proportional, n (ordinal), method, grade.
    """
    both = linear[["driver", "effect", "effect_low", "effect_high", "usable"]].merge(ordinal.rename(columns={"usable": "usable_ordinal"}), on="driver", validate="one_to_one")
    same = np.sign(both["effect"]) == np.sign(both["value"])
    both["agrees"] = (both["usable"] == both["usable_ordinal"]) & (same | ~both["usable"].astype(bool))
    names = ["driver", "effect", "effect_low", "effect_high", "odds_ratio", "odds_low", "odds_high", "usable", "usable_ordinal", "agrees"]
    return both[[*names, "p_proportional", "proportional", "n", "method", "grade"]]


def _levels(y: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The place of each answer on the scale, and the answers by place; the upper ends of groups where there are many."""
    names = np.unique(y)
    if len(names) > MOST_LEVELS:
        names = np.unique(np.quantile(y, np.arange(1, GROUPS + 1) / GROUPS, method="inverted_cdf"))
    return np.searchsorted(names, y), names.tolist()


def _apart(d: Design) -> np.ndarray:
    """The controls without their constant, as columns that do not repeat one another: cuts are constants already."""
    controls = d.controls[:, 1:]
    if not controls.shape[1]:
        return controls
    centred = controls - controls.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / d.n)
    kept = values > 1e-10 * max(values[-1], 1e-300)
    return centred @ (vectors[:, kept] / np.sqrt(values[kept]))


def _by_lot(d: Design, most: int, seed: int) -> Design:
    if d.n <= most:
        return d
    size = np.bincount(d.groups)
    order = np.random.default_rng(seed).permutation(d.n_groups)
    taken = np.zeros(d.n_groups, dtype=bool)
    taken[order[: int(np.searchsorted(np.cumsum(size[order]), most)) + 1]] = True
    rows = taken[d.groups]
    kept = d.kept.copy()
    kept[np.flatnonzero(kept)[~rows]] = False
    weights = d.weights[rows]
    return replace(d, y=d.y[rows], x=d.x[rows], controls=d.controls[rows], weights=weights / weights.mean(), groups=pd.factorize(d.groups[rows])[0], kept=kept)


def _covariance(fit: Fit, d: Design) -> np.ndarray:
    if not (d.clustered or d.weighted):
        return fit.inverse
    sums = by_cluster(fit.scores * d.weights[:, None], d)
    return fit.inverse @ (sums.T @ sums) @ fit.inverse * (d.n_groups / (d.n_groups - 1))


def _by_ratio(model: Cumulative, fit: Fit, d: Design, p: int) -> tuple[np.ndarray, float]:
    """Twice the gain in log-likelihood when a driver, or all of them, may weigh in its own way at each step."""
    if model.cuts < 2:
        return np.full(p, np.nan), np.nan
    gains = [2 * (fitted(replace(model, own=own)).log_likelihood - fit.log_likelihood) for own in [*((j,) for j in range(p)), tuple(range(p))]]
    found = stats.chi2.sf(gains, (model.cuts - 1) * np.array([*[1] * p, p]))
    return found[:p], float(found[p])


def _by_score(model: Cumulative, fit: Fit, d: Design, p: int) -> tuple[np.ndarray, float]:
    """The generalised score test of the same: slope of the likelihood towards such weights, against its spread by cluster."""
    if model.cuts < 2:
        return np.full(p, np.nan), np.nan
    wide = replace(model, own=tuple(range(p)))
    start = np.append(fit.beta, np.zeros((model.cuts - 1) * p))
    _, scores, information = wide.parts(start, wide.rows())
    small = len(fit.beta)
    carry = np.linalg.pinv(information[:small, :small], rcond=1e-12, hermitian=True) @ information[:small, small:]
    sums = by_cluster(scores * d.weights[:, None], d)
    left = sums[:, small:] - sums[:, :small] @ carry
    slope, spread = left.sum(axis=0), left.T @ left
    out = []
    for part in [*(slice(j * (model.cuts - 1), (j + 1) * (model.cuts - 1)) for j in range(p)), slice(None)]:
        size = slope[part] @ np.linalg.pinv(spread[part, part], hermitian=True) @ slope[part]
        out.append(stats.chi2.sf(size, len(slope[part])))
    return np.array(out[:p]), float(out[p])


def _method(d: Design, link: str, levels: int, whole: Design) -> str:
    kind = f"proportional odds ({link}), {levels} levels"
    kind += (", weighted" if d.weighted else "") + (", clustered" if d.clustered else "")
    return kind + (f", {d.n} of {whole.n} answers by lot" if d.n < whole.n else "")
