"""Ratings of touchpoints as drivers of the remembered score, where many rated only what they used or answered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.draws import drawn_products, moved_percentiles, ranks, to_shares
from cx_helpers.drivers.partial import partial_effects
from cx_helpers.drivers.shares import importance_shares
from cx_helpers.drivers.unanswered import foretold, moments
from cx_helpers.errors import DataError

MOST_EXACT = 10
FEWEST = 100
COLUMNS = ["driver", "importance", "low", "high", "share", "share_low", "share_high", "rank", "rank_low", "rank_high", "effect", "effect_low",
           "effect_high", "p", "usable", "not_used_share", "unanswered_share", "n", "method", "grade"]  # fmt: skip


def askable(data: pd.DataFrame, outcome: str, ratings: Sequence[str], *, fewest: int = FEWEST) -> pd.DataFrame:
    """Which ratings were given often enough, with enough difference, to be asked.

    Returns
    -------
    DataFrame, a row a rating: driver, kept (bool), reason ("", "too_few_rows", "constant" or "repeats"), known_share (0-1, of the
    answers), n (answers with both). A rating that goes with an earlier one at 0.999 or more repeats it.
    """
    answered = data[data[outcome].notna()]
    rows, before = [], []
    for name in ratings:
        known = answered[name].notna()
        values = answered.loc[known, name].astype(float)
        reason = "too_few_rows" if known.sum() < fewest else "constant" if values.nunique() < 2 else ""
        if not reason and any(abs(answered[name].astype(float).corr(answered[other].astype(float))) > 0.999 for other in before):
            reason = "repeats"
        before += [] if reason else [name]
        rows.append({"driver": name, "kept": not reason, "reason": reason, "known_share": float(known.mean()) if len(answered) else 0.0, "n": int(known.sum())})
    return pd.DataFrame(rows, columns=["driver", "kept", "reason", "known_share", "n"]).astype({"kept": bool})


def perceived_importance(
    data: pd.DataFrame, outcome: str, ratings: Sequence[str], *, not_used: pd.DataFrame | None = None, method: str = "auto", controls=(),
    weights=None, cluster=None, bootstrap: int = 200, confidence: float = 0.95, seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """What a remembered score goes with among ratings, without asking that everybody rated everything.

    Parameters
    ----------
    data : DataFrame
        A row an answer.
    outcome, ratings : column names
        NaN is not rated.
    not_used : DataFrame of bool with the ratings as columns and the rows of data, optional
        Where a rating is missing because there was nothing to rate. What is missing otherwise was not answered.
    method : {"auto", "lmg", "johnson"}
        auto: LMG up to 10 ratings, Johnson's relative weights beyond.
    controls, weights, cluster
        As `design.design`.
    bootstrap : int
        Draws of whole clusters; at least 50.

    Returns
    -------
    DataFrame, a row a rating, largest first: driver; importance, low, high (share of the outcome's variance, 0-1); share, share_low, share_high
    (of what the ratings explain, 0-1); rank, rank_low, rank_high; effect, effect_low, effect_high (outcome for one more point); p (0-1, of an effect of 0,
    after Holm's correction); usable (bool: beyond noise, p at most 1 - confidence); not_used_share, unanswered_share (0-1, of the rows); n (rows that rated it); method; grade ("associated").
    attrs: r_squared (of the ratings, beyond controls and use), n (rows), n_clusters, outcome, confidence.

    Raises
    ------
    DataError
        What `design.design` refuses; fewer than 50 draws; an unknown method.

    Notes
    -----
    Nobody is left out. What was not used is a state, not a gap: it gets an indicator among the controls, and the rating counts from the users'
    mean, so that its effect is that among users and needs no opinion of who had none (Cohen, Cohen, West, Aiken 2003, chapter 11). The same
    indicator for a rating that exists but was not given would bias the effects of all ratings it goes with (Jones 1996, JASA 91); those are
    bridged by what the row's other ratings foretell (see `unanswered.moments`; Little 1992, JASA 87), right where answering depends on chance
    and on what was answered. Intervals of shares and ranks draw whole customers, those of effects are robust to customers; what controls and other ratings foretell is not drawn anew.

    Ratings and score come from one mind: a good day lifts both. Not for a claim about operations; nor for what a change of a touchpoint would do.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame(rng.integers(1, 6, (400, 2)), columns=["food", "shops"]).astype(float)
    >>> frame["score"] = frame["food"] + rng.normal(size=400)
    >>> frame.loc[:99, "shops"] = np.nan
    >>> perceived_importance(frame, "score", ["food", "shops"], bootstrap=50)[["driver", "usable", "n"]].to_numpy().tolist()
    [['food', True, 400], ['shops', False, 300]]
    """
    if bootstrap < 50 or method not in ("auto", "lmg", "johnson"):
        raise DataError(f"perceived: found {bootstrap} draws and method {method!r}; allowed are 50 draws or more, and auto, lmg or johnson.")
    ratings = list(ratings)
    if not ratings:
        return _nothing(outcome, confidence)
    d, unused = _prepared(data, outcome, ratings, not_used, controls, weights, cluster)
    method = ("lmg" if len(ratings) <= MOST_EXACT else "johnson") if method == "auto" else method
    unanswered = np.isnan(d.x)
    columns, scale, left_out, bridged = _left_over(d, unused)
    mean = np.average(d.y, weights=d.weights)
    variance = float(np.average((d.y - mean) ** 2, weights=d.weights)) / scale[0] ** 2
    whole, drawn = _products(columns, d, left_out, bootstrap, seed)
    name = f"{method}, {bootstrap} bootstrap draws" + (", weighted" if d.weighted else "") + (", clustered" if d.clustered else "")
    table = _told(whole, drawn, variance, method, confidence).join(partial_effects(bridged, confidence)).assign(driver=ratings, method=name, grade="associated")
    table["n"] = (~unanswered & ~unused).sum(axis=0)
    table["not_used_share"], table["unanswered_share"] = unused.mean(axis=0), unanswered.mean(axis=0)
    table = table.sort_values("rank", kind="stable", ignore_index=True)[COLUMNS]
    table.attrs = {"r_squared": float(table["importance"].sum()), "n": d.n, "n_clusters": d.n_groups, "outcome": outcome, "confidence": confidence}
    return table


def _nothing(outcome: str, confidence: float) -> pd.DataFrame:
    table = pd.DataFrame(columns=COLUMNS)
    table.attrs = {"r_squared": math.nan, "n": 0, "n_clusters": 0, "outcome": outcome, "confidence": confidence}
    return table


def _prepared(data, outcome, ratings, not_used, controls, weights, cluster) -> tuple[Design, np.ndarray]:
    """The design of all rows with an outcome: use among the controls, ratings counted from the users' mean, the unanswered NaN."""
    raw = data[ratings].to_numpy(dtype=float, na_value=np.nan)
    unused = np.zeros(raw.shape, dtype=bool) if not_used is None else not_used[ratings].to_numpy(dtype=bool) & np.isnan(raw)
    table = controls.reset_index(drop=True) if isinstance(controls, pd.DataFrame) else data[[controls] if isinstance(controls, str) else list(controls)].reset_index(drop=True)
    used = pd.DataFrame(unused.astype(float), columns=[f"not used: {name}" for name in ratings])
    answered = data[outcome].notna().to_numpy()
    table = pd.concat([table, used.loc[:, unused[answered].any(axis=0)]], axis=1)
    centred = raw - np.nanmean(np.where(answered[:, None], raw, np.nan), axis=0)
    filled = data.assign(**dict(zip(ratings, np.nan_to_num(centred).T, strict=True)))
    made = design(filled, outcome, ratings, table, weights, cluster)
    made.x[(np.isnan(raw) & ~unused)[made.kept]] = np.nan
    return made, unused[made.kept]


def _left_over(d: Design, unused: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, Design]:
    """Outcome and ratings after the controls, scaled to a spread of 1; the scales; the covariance that bridging leaves out; the bridged rows.

    What was not answered is what controls and the row's other ratings foretell. What was not used foretells nothing.
    """
    known, fixed, root = ~np.isnan(d.x) & ~unused, np.empty(d.x.shape), np.sqrt(d.weights)
    for j in range(d.x.shape[1]):
        mine = known[:, j]
        slopes = np.linalg.lstsq(root[mine, None] * d.controls[mine], root[mine] * d.x[mine, j], rcond=None)[0]
        fixed[:, j] = d.controls @ slopes
    rest = np.where(known, d.x - fixed, np.nan)
    spread = np.nanstd(rest, axis=0)
    wanted = np.isnan(d.x)
    filled, left_out = foretold(rest / spread, moments(rest / spread, d.weights), wanted, d.weights) if wanted.any() else (rest, np.zeros((len(spread),) * 2))
    bridged = np.where(wanted, fixed + filled * spread, d.x)
    both = np.column_stack([d.y, bridged])
    both -= d.controls @ np.linalg.lstsq(root[:, None] * d.controls, root[:, None] * both, rcond=None)[0]
    scale = both.std(axis=0)
    return both / scale, scale, left_out * np.outer(spread / scale[1:], spread / scale[1:]), replace(d, x=bridged)


def _products(columns: np.ndarray, d: Design, left_out: np.ndarray, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Covariances of outcome and ratings, in the data and in draws of whole clusters.

    The slopes are those on what was bridged (Little 1992, JASA 87: consistent without the outcome's help); the spread that bridging takes
    from the ratings is put back, so that a rating weighs no less for having been answered by few.
    """
    drawn = drawn_products(np.column_stack([np.ones(d.n), columns]), d.weights, d.groups, d.n_groups, draws, seed)
    return _restored(((columns.T * d.weights) @ columns / d.weights.sum())[None], left_out), _restored(drawn[:, 1:, 1:] / drawn[:, :1, :1], left_out)


def _restored(products: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    slopes = _slopes(products)
    out = products.copy()
    out[:, 1:, 1:] += left_out
    out[:, 1:, 0] = out[:, 0, 1:] = np.einsum("bij,bj->bi", out[:, 1:, 1:], slopes)
    return out


def _told(whole, drawn, variance: float, method: str, confidence: float) -> pd.DataFrame:
    """Importance and rank with their intervals."""
    values = importance_shares(whole, np.array([variance]), method)[0]
    # Each draw is scored against the outcome's variance of the whole: what controls take out is not drawn anew.
    draws = importance_shares(drawn, np.full(len(drawn), variance), method)
    table = pd.DataFrame({"importance": values})
    table["low"], table["high"] = moved_percentiles(draws, values, confidence)
    table["share"] = share = to_shares(values[None])[0]
    table["share_low"], table["share_high"] = moved_percentiles(to_shares(draws), share, confidence)
    ends = ["low", "high", "share_low", "share_high"]
    table[ends] = table[ends].clip(0, 1)
    rank, drawn_ranks, tail = ranks(values[None])[0], ranks(draws), 50 * (1 - confidence)
    table["rank"] = rank.astype(int)
    table["rank_low"] = np.minimum(np.percentile(drawn_ranks, tail, axis=0, method="lower"), rank)
    table["rank_high"] = np.maximum(np.percentile(drawn_ranks, 100 - tail, axis=0, method="higher"), rank)
    return table


def _slopes(products: np.ndarray) -> np.ndarray:
    return np.linalg.solve(products[:, 1:, 1:], products[:, 1:, :1])[:, :, 0]
