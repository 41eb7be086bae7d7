"""Do employees' months show in customers' scores: before them, with them, or after them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from cx_helpers.errors import DataError
from cx_helpers.estimates.families import adjusted

FEWEST_UNITS, FEWEST_MONTHS = 10, 6
SHIFTS = {"before": 1, "same": 0, "after": -1}
METHOD = "unit and month held equal, cluster jackknife by unit"
COLUMNS = {"measure": str, "score": str, "when": str, "value": float, "low": float, "high": float, "p": float, "units": int, "months": int,
           "cells": int, "n": int, "method": str, "grade": str, "reason": str}  # fmt: skip


def lead_lag(
    panel: pd.DataFrame, scores: Mapping[str, float] | Sequence[str], measures: Sequence[str], *, unit: str = "unit", month: str = "month",
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """How scores go with a measure of the same unit in the month before, in the same month, and in the month after.

    Parameters
    ----------
    panel : DataFrame
        A row a unit and month (text, YYYY-MM): each score and each measure in a column of its name, NaN where unknown,
        and ``<score>.n``, the answers behind a score (1 where there is no such column).
    scores : mapping of column name to the span of its scale, or a sequence of names
        Given spans, slopes are in hundredths of the scale, so that scores on different scales can be taken together;
        without, all scores must be in one unit, and slopes are in it.
    measures : column names
    confidence : float

    Returns
    -------
    DataFrame, for each measure the scores together (score "") and then each alone, and of each three rows:
    measure; score; when ("before": the measure of the month before the score, "same", "after": of the month after);
    value, low, high (change of the score a unit of the measure; before and same with each other held equal, after with both); p (two-sided, 0-1); units;
    months; cells (unit-months of a score); n (answers); method; grade ("associated"); reason ("" or why there is no
    estimate: "few_units", "few_months", "constant").

    Raises
    ------
    DataError
        Columns that the panel lacks, a unit's month given twice, months that are not YYYY-MM. One line.

    Notes
    -----
    Only what changes within a unit counts, beside what all units share in a month: each score has an effect of each unit
    and of each month, cells weigh by their answers, and scores taken together by one over the variance of an answer's
    residual. Intervals come from leaving out one unit after the other (CV3 of MacKinnon, Nielsen and Webb 2023, J. of
    Econometrics 232), with t of units - 1 degrees of freedom; they hold from about ten units. A measure that goes with the
    month *after* is one that follows the scores, not one that leads them; it is never held equal, for scores may have made it (Rosenbaum
    1984, JRSS A 147). One that goes with both months may do either. Not an effect: whatever moved measure and score
    of a unit in turn moves the slope.

    >>> rng = np.random.default_rng(0)
    >>> panel = pd.DataFrame([(f"u{u}", f"2026-{m:02d}") for u in range(20) for m in range(1, 13)], columns=["unit", "month"])
    >>> panel["mood"] = rng.normal(7, 1, len(panel))
    >>> panel["csat"] = 4 + 0.2 * panel.groupby("unit")["mood"].shift(1).fillna(7) + rng.normal(0, 0.1, len(panel))
    >>> table = lead_lag(panel, ["csat"], ["mood"])
    >>> table.loc[table["score"] == "csat", "value"].round(1).abs().tolist()
    [0.2, 0.0, 0.0]
    """
    spans = dict(scores) if isinstance(scores, Mapping) else dict.fromkeys(scores, 100.0)
    panel = _checked(panel, [*spans, *measures], unit, month)
    rows = []
    for measure in measures:
        cells = _cells(panel, spans, measure)
        for score in ["", *spans] if len(spans) > 1 else [*spans]:
            part = cells if score == "" else cells[cells["score"] == score]
            rows += [{"measure": measure, "score": score, **row} for row in _three(part, confidence)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({name: kind for name, kind in COLUMNS.items() if rows})


def _checked(panel: pd.DataFrame, names: list[str], unit: str, month: str) -> pd.DataFrame:
    problems = [f"column {name!r} is not in the panel" for name in dict.fromkeys([unit, month, *names]) if name not in panel]
    if not problems:
        problems += [f"month {value!r} is not YYYY-MM" for value in panel[month].dropna().unique() if not _is_month(value)][:3]
        twice = panel.duplicated([unit, month])
        problems += [f"{int(twice.sum())} rows repeat a unit's month (first: {panel.loc[twice, unit].iloc[0]}, {panel.loc[twice, month].iloc[0]})"] if twice.any() else []
    if problems:
        raise DataError(f"lead_lag: {'; '.join(problems)}. Give one row a unit and month.")
    return panel.rename(columns={unit: "unit", month: "month"}).dropna(subset=["unit", "month"])


def _is_month(value) -> bool:
    text = str(value)
    return len(text) == 7 and text[4] == "-" and text.replace("-", "").isdigit() and 1 <= int(text[5:]) <= 12


def _cells(panel: pd.DataFrame, spans: Mapping[str, float], measure: str) -> pd.DataFrame:
    """A row a unit-month of a score: y (hundredths of its scale), weight, and the measure before, same and after."""
    number = pd.PeriodIndex(panel["month"], freq="M").astype("int64")
    known = pd.Series(panel[measure].to_numpy(dtype=float, na_value=np.nan), index=pd.MultiIndex.from_arrays([panel["unit"], number])).dropna()
    parts = []
    for score, span in spans.items():
        answers = panel[f"{score}.n"] if f"{score}.n" in panel else pd.Series(1.0, index=panel.index)
        parts.append(pd.DataFrame({
            "score": score, "unit": panel["unit"], "month": number, "y": panel[score].to_numpy(dtype=float, na_value=np.nan) * 100 / span,
            "weight": answers.to_numpy(dtype=float, na_value=np.nan),
        }))  # fmt: skip
    cells = pd.concat(parts, ignore_index=True)
    for when, back in SHIFTS.items():
        cells[when] = known.reindex(pd.MultiIndex.from_arrays([cells["unit"], cells["month"] - back])).to_numpy()
    cells = cells.dropna()
    return cells[cells["weight"] > 0].reset_index(drop=True)


def _three(cells: pd.DataFrame, confidence: float) -> list[dict]:
    """The slopes on the measure before, same and after, or why there are none."""
    units, months = cells["unit"].nunique(), cells["month"].nunique()
    about = {"units": units, "months": months, "cells": len(cells), "n": int(cells["weight"].sum()), "method": METHOD, "grade": "associated"}
    nothing = {"value": np.nan, "low": np.nan, "high": np.nan, "p": np.nan}
    reason = "few_units" if units < FEWEST_UNITS else "few_months" if months < FEWEST_MONTHS else ""
    if not reason:
        slopes, spread = _jackknife(cells)
        reason = "" if np.isfinite(slopes).all() and (spread > 0).all() else "constant"
    if reason:
        return [{"when": when, **nothing, **about, "reason": reason} for when in SHIFTS]
    reach, df = stats.t.ppf((1 + confidence) / 2, units - 1), units - 1
    return [
        {"when": when, "value": value, "low": value - reach * error, "high": value + reach * error, "p": 2 * stats.t.sf(abs(value / error), df),
         **about, "reason": ""}
        for when, value, error in zip(SHIFTS, slopes, spread, strict=True)
    ]  # fmt: skip


def _jackknife(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the three, and their standard errors from leaving out one unit after the other."""
    weight = cells["weight"].to_numpy() / _noise(cells)
    own = pd.factorize(cells["score"] + "\n" + cells["unit"].astype(str))[0]
    shared = np.column_stack([_months_of(cells["score"] == score, cells["month"]) for score in cells["score"].unique()])
    table = np.column_stack([cells[["y", *SHIFTS]].to_numpy(), shared])
    # What a unit is like goes out cell by cell; it takes no part of another unit with it, so units can be left out after.
    total = np.bincount(own, weight)
    table = table - np.column_stack([np.bincount(own, weight * column) / total for column in table.T])[own]
    unit, names = pd.factorize(cells["unit"])
    each = np.stack([(table[unit == u] * weight[unit == u, None]).T @ table[unit == u] for u in range(len(names))])
    whole = each.sum(axis=0)
    slopes = _slopes(whole[None])[0]
    without = _slopes(whole - each)
    scatter = ((without - slopes) ** 2).sum(axis=0)
    return slopes, np.sqrt(scatter * (len(names) - 1) / len(names))


def _months_of(mine: pd.Series, month: pd.Series) -> np.ndarray:
    """A column for each month of a score but its first."""
    return np.column_stack([(mine & (month == number)).to_numpy(dtype=float) for number in sorted(month[mine].unique())[1:]])


def _slopes(products: np.ndarray) -> np.ndarray:
    """Slopes before and same without the month after, which is no cause of what came before it; and the slope after beside both."""
    return np.column_stack([_solved(products, 2), _solved(products, 3)[:, 2:]])


def _solved(products: np.ndarray, measures: int) -> np.ndarray:
    """Slopes of the first measures a matrix of cross-products (outcome first), what months share taken out; NaN where they do not vary."""
    first, rest = slice(0, 1 + measures), slice(4, None)
    shared = products[:, rest, rest]
    # A month that only the unit left out had is all zeros: the smallest of ridges lets it be.
    ridge = np.maximum(1e-10 * np.einsum("bii->b", shared) / max(shared.shape[1], 1), 1e-30)
    through = np.linalg.solve(shared + ridge[:, None, None] * np.eye(shared.shape[1]), products[:, rest, first])
    left = products[:, first, first] - products[:, first, rest] @ through
    x = left[:, 1:, 1:]
    size = np.sqrt(np.maximum(np.einsum("bii->bi", products[:, first, first])[:, 1:], 1e-300))
    flat = (np.linalg.eigvalsh(x / (size[:, :, None] * size[:, None, :]))[:, 0] < 1e-8)[:, None]
    return np.where(flat, np.nan, np.linalg.solve(np.where(flat[..., None], np.eye(measures), x), left[:, 1:, :1])[..., 0])


def _noise(cells: pd.DataFrame) -> np.ndarray:
    """The variance of one answer's residual, a number a score, so that sure scores weigh more when taken together."""
    kinds = cells["score"].unique()
    if len(kinds) == 1:
        return np.ones(len(cells))
    y, w = cells["y"], cells["weight"]
    sums = pd.DataFrame({"w": w, "wy": w * y})
    at_unit = sums.groupby([cells["score"], cells["unit"]]).transform("sum")
    left = y - at_unit["wy"] / at_unit["w"]
    sums = pd.DataFrame({"w": w, "wy": w * left})
    at_month = sums.groupby([cells["score"], cells["month"]]).transform("sum")
    left = left - at_month["wy"] / at_month["w"]
    variance = (w * left**2).groupby(cells["score"]).transform("mean")
    return np.maximum(variance.to_numpy(), 1e-12)


def beyond_noise(table: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Which measures lead or accompany the scores beyond chance.

    Parameters
    ----------
    table : DataFrame of `lead_lag`

    Returns
    -------
    The rows that take all scores together (or the only score), with `p_adjusted` (Benjamini and Hochberg over measures and
    the three times) and `clear` (bool).
    """
    together = table[table["score"] == ""] if (table["score"] == "").any() else table
    p = adjusted(together["p"].to_numpy(dtype=float))
    return together.assign(p_adjusted=p, clear=p <= 1 - confidence)
