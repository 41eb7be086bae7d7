"""What costs when it is bad and what pays when it is good: penalty-reward contrasts, and the classes made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import linalg, special

from cx_helpers.drivers.design import Design, design
from cx_helpers.drivers.robust import freedom, holm, leaving_out, p_values
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile

BANDS = ("low", "mid", "high")
POWER = 0.8
LEAST_BAND = 10
COLUMNS = {
    "driver": str, "kano": str, "penalty": float, "penalty_low": float, "penalty_high": float, "reward": float, "reward_low": float, "reward_high": float,
    "penalty_told": str, "reward_told": str, "low_until": float, "high_from": float, "n_low": int, "n_mid": int, "n_high": int, "n": int,
    "method": str, "grade": str,
}  # fmt: skip


def penalty_reward(
    data: pd.DataFrame, outcome: str, drivers: Sequence[str], *, better: Mapping[str, str] | None = None, low: Mapping[str, float] | None = None,
    high: Mapping[str, float] | None = None, controls=(), weights=None, cluster=None, confidence: float = 0.95, matters: float = 0.2,
) -> pd.DataFrame:  # fmt: skip
    """What the outcome loses where a driver is bad, and gains where it is good, against where it is neither.

    Parameters
    ----------
    data : DataFrame
        A row a journey.
    outcome : str
    drivers : column names
        Numbers, or the words low, mid and high. All are in one model.
    better : mapping of driver to "lower" or "higher", optional
        Which way a number is better; higher where a driver is not named.
    low, high : mapping of driver to number, optional
        Where bad begins (this value and worse) and where good begins (this value and better). A side that is not
        given is the worst or the best third of the rows: of a driver of few values, of those nearest to a third.
    controls, weights, cluster
        As `design.design`.
    matters : float
        Smallest contrast worth knowing of, in standard deviations of the outcome. A contrast within noise is called
        absent only where one of this size would have been found with 80 % power; otherwise it is not told.

    Returns
    -------
    DataFrame, a row a driver: driver; kano ("must_be": costs where bad, does not pay where good; "performance": both;
    "delighter": only pays; "indifferent": neither; "reversed": a contrast runs against `better`; "not_told"); penalty,
    reward with low and high (outcome, against the middle band; penalty is negative where bad costs); penalty_told,
    reward_told ("yes", "no", "unknown", "against"); low_until, high_from (the bands used; NaN for words); n_low, n_mid,
    n_high, n; method; grade ("associated"). attrs: confidence, outcome, matters (in the outcome's unit), r_squared, n_dropped.

    Raises
    ------
    DataError
        All that `design` refuses; a word that is none of low, mid, high; a band with fewer than 10 rows.

    Notes
    -----
    Regression on two dummies a driver (Brandt 1987; Matzler and Sauerwein 2002), errors HC3 or by cluster; a contrast is
    told after Holm's correction over all contrasts. Not for 0/1 inputs, which have no middle, nor for a scale whose
    middle is the usual good answer. Where drivers come from the same survey as the outcome, halo feeds both sides.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"clean": rng.choice(["low", "mid", "high"], 900)})
    >>> frame["score"] = 8 - 1.0 * (frame["clean"] == "low") + rng.normal(size=900)
    >>> penalty_reward(frame, "score", ["clean"])["kano"].tolist()
    ['must_be']
    """
    drivers, better = list(drivers), dict(better or {})
    odd = [f"{name!r} is {way!r}" for name, way in better.items() if name in drivers and way not in ("lower", "higher")]
    if odd:
        raise DataError(f"asymmetry: better of {', '.join(odd)}, allowed are lower and higher. Say which way is better.")
    if not drivers:
        return _table([], data, outcome, confidence, {})
    bands, ends = _bands(data, drivers, better, dict(low or {}), dict(high or {}))
    dummies = [f"{name}\n{band}" for name in drivers for band in ("low", "high")]
    made = pd.concat([data.drop(columns=drivers), bands], axis=1) if len(bands) else data
    d = design(made, outcome, dummies, controls, weights, cluster)
    counts = _counts(d, drivers)
    beta, error, df, r_squared = _fitted(d)
    spread = math.sqrt(float(np.average((d.y - np.average(d.y, weights=d.weights)) ** 2, weights=d.weights)))
    told = _told(beta, error, df, matters * spread, 1 - confidence)
    q = quantile(confidence, df)
    kind = "penalty-reward contrasts, " + ("clustered" if d.clustered else "HC3") + (", weighted" if d.weighted else "")
    rows = []
    for i, name in enumerate(drivers):
        row = {"driver": name, **ends[name], **counts[name], "n": d.n, "method": kind, "grade": "associated"}
        for side, at in (("penalty", 2 * i), ("reward", 2 * i + 1)):
            row |= {side: beta[at], f"{side}_low": beta[at] - q * error[at], f"{side}_high": beta[at] + q * error[at], f"{side}_told": told[at]}
        rows.append(row | {"kano": _kano(row["penalty_told"], row["reward_told"])})
    return _table(rows, data, outcome, confidence, {"matters": matters * spread, "r_squared": r_squared})


def _table(rows: list[dict], data: pd.DataFrame, outcome: str, confidence: float, more: dict) -> pd.DataFrame:
    table = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in COLUMNS.items()})
    table.attrs = {"confidence": confidence, "outcome": outcome, "n_dropped": len(data) - rows[0]["n"] if rows else 0, **more}
    return table


def _bands(data: pd.DataFrame, drivers: list[str], better: dict, low: dict, high: dict) -> tuple[pd.DataFrame, dict]:
    """Two columns a driver, 1 in its low and in its high band, NaN where it is not known; and where the bands end."""
    columns, ends, problems = {}, {}, []
    for name in drivers:
        if name not in data:
            problems.append(f"column {name!r} is not in the data")
            continue
        values = data[name]
        ends[name] = {"low_until": math.nan, "high_from": math.nan}
        if pd.api.types.is_numeric_dtype(values):
            x = values.to_numpy(dtype=float, na_value=np.nan)
            sign = -1.0 if better.get(name) == "lower" else 1.0
            bad, good = _cuts(sign * x[~np.isnan(x)])
            bad, good = sign * low[name] if name in low else bad, sign * high[name] if name in high else good
            ends[name] = {"low_until": sign * bad, "high_from": sign * good}
            if not bad < good:
                problems.append(f"{name!r} has no middle between {sign * bad:g} and {sign * good:g}")
            is_low, is_high, unknown = sign * x <= bad, sign * x >= good, np.isnan(x)
        else:
            words, unknown = values.astype(object), values.isna().to_numpy()
            strange = sorted({str(word) for word in words[~unknown].unique()} - set(BANDS))
            problems += [f"{name!r} holds {strange[0]!r}, allowed are numbers or low, mid and high"] if strange else []
            is_low, is_high = (words == "low").to_numpy(), (words == "high").to_numpy()
        for band, inside in (("low", is_low), ("high", is_high)):
            columns[f"{name}\n{band}"] = np.where(unknown, np.nan, inside.astype(float))
    if problems:
        raise DataError(f"asymmetry: {'; '.join(problems)}. Give bands that leave a middle, or leave these drivers out.")
    return pd.DataFrame(columns, index=data.index), ends


def _cuts(x: np.ndarray) -> tuple[float, float]:
    """The values nearest to a third of the rows from below and from above; up is better."""
    if not len(x):
        return math.nan, math.nan
    values, counts = np.unique(x, return_counts=True)
    below = np.cumsum(counts) / len(x)
    above = 1 - below + counts / len(x)
    return float(values[np.abs(below - 1 / 3).argmin()]), float(values[np.abs(above - 1 / 3).argmin()])


def _counts(d: Design, drivers: list[str]) -> dict[str, dict[str, int]]:
    """Rows in each band of each driver; a band of few cannot carry a contrast."""
    counts = {}
    for i, name in enumerate(drivers):
        low, high = (int(d.x[:, 2 * i + side].sum()) for side in (0, 1))
        counts[name] = {"n_low": low, "n_mid": d.n - low - high, "n_high": high}
    thin = [f"{name!r} has {number} rows in its {band[2:]} band" for name, each in counts.items() for band, number in each.items() if number < LEAST_BAND]
    if thin:
        raise DataError(f"asymmetry: {'; '.join(thin)}, at least {LEAST_BAND} are needed. Move the bands or leave these drivers out.")
    return counts


def _fitted(d: Design) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Contrasts, their errors (HC3; leaving out clusters, CV3), degrees of freedom and R2."""
    root = np.sqrt(d.weights)
    z, y = root[:, None] * np.column_stack([d.x, d.controls]), root * d.y
    # Controls may repeat one another: those that add nothing are left out.
    _, r, order = linalg.qr(z, mode="economic", pivoting=True)
    size = np.abs(np.diag(r))
    z = z[:, np.sort(order[: int((size > 1e-9 * size[0]).sum())])]
    p, k = d.x.shape[1], z.shape[1]
    inverse = np.linalg.inv(z.T @ z)
    beta = inverse @ (z.T @ y)
    rest = y - z @ beta
    reach = z @ inverse[:, :p]
    if d.clustered:
        sums = leaving_out(reach, rest, np.linalg.qr(z)[0], d)
        variance = (sums**2).sum(axis=0) * (d.n_groups - 1) / d.n_groups
    else:
        leverage = np.einsum("ij,ij->i", z @ inverse, z)
        variance = ((reach * (rest / (1 - np.minimum(leverage, 1 - 1e-9)))[:, None]) ** 2).sum(axis=0)
    centred = root * (d.y - np.average(d.y, weights=d.weights))
    return beta[:p], np.sqrt(variance), freedom(d, k), 1 - float(rest @ rest) / float(centred @ centred)


def _told(beta: np.ndarray, error: np.ndarray, df: int, matters: float, alpha: float) -> list[str]:
    """Of each contrast (low and high of each driver in turn): there, absent, beyond these data, or the wrong way round."""
    beyond = holm(p_values(beta / error, df), alpha)
    # What would be found four times in five by the strictest step of the correction.
    strictest = quantile(1 - alpha / len(beta), df)
    could = (strictest + special.ndtri(POWER)) * error <= matters
    expected = np.where(np.arange(len(beta)) % 2 == 0, -1.0, 1.0)
    return [
        ("yes" if effect * way > 0 else "against") if there else "no" if enough else "unknown"
        for effect, way, there, enough in zip(beta, expected, beyond, could, strict=True)
    ]


def _kano(penalty: str, reward: str) -> str:
    if "against" in (penalty, reward):
        return "reversed"
    if "unknown" in (penalty, reward):
        return "not_told"
    return {("yes", "no"): "must_be", ("yes", "yes"): "performance", ("no", "yes"): "delighter", ("no", "no"): "indifferent"}[penalty, reward]


def askable(data: pd.DataFrame, drivers: Sequence[str], better: Mapping[str, str], standards: Mapping[str, float]) -> tuple[list[str], dict, dict]:
    """The drivers with a middle to compare with, and their bands: bad is the standard missed, good the better half of what meets it.

    Returns
    -------
    (drivers, low, high) for `penalty_reward`. A driver without a standard is cut in thirds; one whose bands would hold
    fewer than 30 rows, or that has fewer than three values, is left out.
    """
    kept, low, high = [], {}, {}
    for name in drivers:
        x = data[name].to_numpy(dtype=float, na_value=np.nan)
        sign = -1.0 if better.get(name) == "lower" else 1.0
        x = sign * x[~np.isnan(x)]
        standard = sign * standards.get(name, math.nan)
        met = x[x >= standard]
        if len(np.unique(x)) < 3:
            continue
        bad, good = _cuts(x)
        if len(met) and len(met) < len(x):
            # The standard itself is met: bad begins at the first value beyond it.
            bad, good = float(x[x < standard].max()), float(np.median(met))
        sizes = ((x <= bad).sum(), ((x > bad) & (x < good)).sum(), (x >= good).sum())
        if bad < good and min(sizes) >= 30:
            kept.append(name)
            low[name], high[name] = sign * bad, sign * good
    return kept, low, high


def of_inputs(
    answers: pd.DataFrame, outcome: str, drivers: Sequence[str], facts: pd.DataFrame, *, controls=(), weights=None, cluster=None, confidence: float = 0.95
) -> pd.DataFrame:  # fmt: skip
    """`penalty_reward` of those inputs that have a middle, with the bands of `askable`; the other drivers are held equal.

    Parameters
    ----------
    facts : DataFrame
        input, better, standard.
    """
    known = facts.dropna(subset=["input"]).set_index("input")
    better, standards = known["better"].to_dict(), known["standard"].dropna().to_dict()
    asked, low, high = askable(answers, [name for name in drivers if name in better], better, standards)
    held = [*controls, *(name for name in drivers if name not in asked)]
    return penalty_reward(answers, outcome, asked, better=better, low=low, high=high, controls=held, weights=weights, cluster=cluster, confidence=confidence)
