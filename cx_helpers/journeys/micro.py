"""Whether the way a customer took goes with the score: tested for ways as wholes, and for short stretches of them.

The way is what had been lived when answering: a step taken afterwards cannot have moved the answer. What is found is
an association: customers who call twice may have had more to call about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy import special

from cx_helpers.errors import DataError
from cx_helpers.estimates.families import adjusted
from cx_helpers.journeys.flow import shape
from cx_helpers.journeys.steps_taken import ARROW, paths

SHORTEST, LONGEST = 2, 4
MINIMUM = 30
SAME, ECHO = 0.95, 0.5
REST = "(all other ways)"
STRETCH = ["micro_journey", "steps", "n", "customers", "share", "value", "low", "high", "p", "p_corrected", "clear", "echo", "pull_points", "method"]


def ways_lived(events: pd.DataFrame | ir.Table, answers: pd.DataFrame, *, order: Sequence[str] = ()) -> pd.DataFrame:
    """Answers with the way lived by then.

    Parameters
    ----------
    events : pandas or Ibis with journey_id, touchpoint, started_at; event_id where known
    answers : pandas with journey_id, answered_at, points; customer_id where known
        Of one metric; of a journey that answered more than once, the last answer counts.
    order : touchpoints in their declared order

    Returns
    -------
    DataFrame: the columns of `answers` of journeys with at least one step by then, variant (text "a > b"), shape.

    Raises
    ------
    DataError
        A needed column is missing.
    """
    lacking = [name for name in ("journey_id", "answered_at", "points") if name not in answers]
    if lacking:
        raise DataError(f"answers: columns {', '.join(lacking)} are missing, found {', '.join(map(str, answers))}.")
    known = answers[answers["answered_at"].notna() & answers["points"].notna()]
    last = known.sort_values("answered_at", kind="stable").drop_duplicates("journey_id", keep="last")
    at = pd.to_datetime(last["answered_at"], utc=True).dt.tz_localize(None).astype("datetime64[us]")
    moments = ibis.memtable(pd.DataFrame({"journey_id": last["journey_id"], "at": at}))
    if isinstance(events, pd.DataFrame):
        started = pd.to_datetime(events["started_at"], utc=True).dt.tz_localize(None)
        events = events.assign(started_at=started)
    else:
        events = events.mutate(started_at=events.started_at.cast("timestamp"))
    lived = paths(events, order=order, before=moments).select("journey_id", "variant").execute()
    found = last.merge(lived, on="journey_id", how="inner", validate="one_to_one").sort_values("journey_id", ignore_index=True)
    kinds = {variant: shape(variant, order) for variant in found["variant"].unique()}
    return found.assign(shape=found["variant"].map(kinds))


def way_scores(ways: pd.DataFrame, by: str = "variant", *, minimum: int = MINIMUM, confidence: float = 0.95) -> pd.DataFrame:
    """Scores by the way lived, and the test that the way makes no difference.

    Parameters
    ----------
    ways : as `ways_lived` gives them
    by : "variant" or "shape"
    minimum : customers below which ways are taken together, as "(all other ways)"

    Returns
    -------
    DataFrame, most answers first: `by`, n (answers), customers, value (mean points), low, high (Student's t, clustered
    by customer), method. ``attrs``: p (0-1, of no difference between ways; NaN with fewer than two), statistic (F),
    degrees (of freedom), ways (compared).

    Notes
    -----
    Wald test of equal means with the customers' own covariance between ways, as Hotelling's F (few customers a way
    would make a chi-square too eager). An association: ways are not dealt out by lot.
    """
    customers, codes = _customers(ways)
    sizes = ways.assign(_c=codes).groupby(by, observed=True)["_c"].nunique()
    label = ways[by].where(ways[by].map(sizes) >= minimum, REST)
    names = list(label.value_counts().sort_index().sort_values(ascending=False, kind="stable").index)
    names = [name for name in names if name != REST or sizes[sizes < minimum].sum() >= minimum]
    points = ways["points"].to_numpy(float)
    influence, rows = np.zeros((customers, len(names))), []
    for i, name in enumerate(names):
        inside = (label == name).to_numpy()
        mean = points[inside].mean()
        influence[:, i] = np.bincount(codes[inside], weights=points[inside] - mean, minlength=customers) / inside.sum()
        groups = len(np.unique(codes[inside]))
        influence[:, i] *= np.sqrt(groups / (groups - 1)) if groups > 1 else np.nan
        half = special.stdtrit(max(groups - 1, 1), (1 + confidence) / 2) * np.sqrt((influence[:, i] ** 2).sum())
        rows.append({by: name, "n": int(inside.sum()), "customers": groups, "value": mean, "low": mean - half, "high": mean + half,
                     "method": "Student's t, clustered"})  # fmt: skip
    found = pd.DataFrame(rows, columns=[by, "n", "customers", "value", "low", "high", "method"])
    found.attrs = _equal(found, influence, customers)
    return found


def _equal(found: pd.DataFrame, influence: np.ndarray, customers: int) -> dict[str, Any]:
    """Hotelling's F that all means are one."""
    k = len(found) - 1
    if k < 1 or customers <= k + 1:
        return {"p": np.nan, "statistic": np.nan, "degrees": (max(k, 0), 0), "ways": len(found)}
    contrast = np.hstack([-np.ones((k, 1)), np.eye(k)])
    apart = contrast @ found["value"].to_numpy()
    covariance = contrast @ (influence.T @ influence) @ contrast.T
    wald = float(apart @ np.linalg.pinv(covariance) @ apart)
    # Welch's: the more the smallest ways weigh, the fewer degrees of freedom there are
    spread = (influence**2).sum(axis=0)
    weight = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0)
    lost = ((1 - weight / weight.sum()) ** 2 / np.maximum(found["customers"] - 1, 1)).sum()
    below = (k**2 + 2 * k) / (3 * lost) if lost > 0 else customers - 1
    statistic = wald / k / (1 + 2 * (k - 1) * lost / (k**2 + 2 * k))
    return {"p": float(special.fdtrc(k, below, statistic)), "statistic": statistic, "degrees": (k, float(below)), "ways": k + 1}


def micro_journeys(
    ways: pd.DataFrame, *, shortest: int = SHORTEST, longest: int = LONGEST, minimum: int = MINIMUM, confidence: float = 0.95
) -> pd.DataFrame:
    """Stretches of two to four steps, one after the other, by how much the score differs where they were lived.

    Parameters
    ----------
    ways : as `ways_lived` gives them
    shortest, longest : steps of a stretch
    minimum : fewest customers with it, and without it, for a stretch to be looked at

    Returns
    -------
    DataFrame, clear ones first, largest pull first: micro_journey (text "a > b"), steps, n (answers with it), customers,
    share (0-1, of answers), value (mean points with it less mean points without), low, high (Welch's t, clustered by
    customer; widened for the number looked at, so that they exclude 0 just where it is clear), p, p_corrected (Benjamini
    and Hochberg over all that were looked at), clear (p_corrected below 1 - confidence), echo (clear, but divides the
    answers much like another that does so more clearly: correlation of 0.5 or more), pull_points (score effect x volume:
    what the rarer side, with it or without, moves the whole score by), method. ``attrs``: tested (number looked at),
    answers, called.

    Notes
    -----
    A stretch lived by the very same answers as a shorter one (or by all the others) says nothing more and is not
    tested again: 95 % in common is the same. Ranked by score effect x volume. False coverage rate intervals (Benjamini and
    Yekutieli 2005). An association, not an effect.
    """
    customers, codes = _customers(ways)
    points = ways["points"].to_numpy(float)
    variants, place = np.unique(ways["variant"].to_numpy(str), return_inverse=True)
    rows, kept = [], []
    for steps, name, held in _stretches(variants, shortest, longest):
        inside = held[place]
        few = min(len(np.unique(codes[inside])), len(np.unique(codes[~inside]))) if inside.any() and not inside.all() else 0
        if few < minimum or any(_alike(inside, other) for other in kept):
            continue
        kept.append(inside)
        rows.append({"micro_journey": name, "steps": steps, **_contrast(points, inside, codes, customers)})
    found = pd.DataFrame(rows, columns=["micro_journey", "steps", "n", "customers", "share", "value", "error", "degrees", "p", "method"])
    p = adjusted(found["p"])
    called = int((p < 1 - confidence).sum())
    alpha = max(called, 1) * (1 - confidence) / max(len(found), 1)
    half = special.stdtrit(found["degrees"].to_numpy(float), 1 - alpha / 2) * found["error"].to_numpy(float)
    rarer = found["share"].where(found["share"] <= 0.5, found["share"] - 1)
    found = found.assign(low=found["value"] - half, high=found["value"] + half, p_corrected=p, clear=p < 1 - confidence,
                         pull_points=rarer * found["value"], echo=_echoes(kept, found["p"].to_numpy(), p < 1 - confidence))  # fmt: skip
    found = found.assign(_size=-found["pull_points"].abs()).sort_values(["clear", "_size"], ascending=[False, True], kind="stable", ignore_index=True)[STRETCH]
    found.attrs = {"tested": len(found), "answers": len(ways), "called": called}
    return found


def _stretches(variants: np.ndarray, shortest: int, longest: int) -> list[tuple[int, str, np.ndarray]]:
    """Each stretch with the ways that hold it: short ones first, of equal ones the rarer, then by name."""
    held: dict[tuple[str, ...], set[int]] = {}
    for i, variant in enumerate(variants):
        steps = variant.split(ARROW)
        for length in range(shortest, longest + 1):
            for start in range(len(steps) - length + 1):
                held.setdefault(tuple(steps[start : start + length]), set()).add(i)
    order = sorted(held, key=lambda s: (len(s), len(held[s]), s))
    return [(len(s), ARROW.join(s), np.isin(np.arange(len(variants)), list(held[s]))) for s in order]


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two stretches divide the answers in the same way."""
    def common(a: np.ndarray, b: np.ndarray) -> float:
        return (a & b).sum() / max((a | b).sum(), 1)

    return min(common(one, other), common(~one, ~other)) >= SAME or min(common(one, ~other), common(~one, other)) >= SAME


def _echoes(inside: list[np.ndarray], p: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Of the clear ones, those that a clearer one has told already."""
    echo, told = np.zeros(len(inside), bool), []
    for i in np.argsort(p, kind="stable"):
        if clear[i]:
            echo[i] = any(abs(np.corrcoef(inside[i], other)[0, 1]) >= ECHO for other in told)
            told += [] if echo[i] else [inside[i]]
    return echo


def _contrast(points: np.ndarray, inside: np.ndarray, codes: np.ndarray, customers: int) -> dict[str, Any]:
    """Mean with less mean without, Welch's t with each customer's answers taken together."""
    parts, spread, groups = [], [], []
    for rows in (inside, ~inside):
        mean = points[rows].mean()
        own = np.bincount(codes[rows], weights=points[rows] - mean, minlength=customers) / rows.sum()
        groups.append(len(np.unique(codes[rows])))
        parts.append((mean, own * np.sqrt(groups[-1] / (groups[-1] - 1))))
        spread.append(float((parts[-1][1] ** 2).sum()))
    value = float(parts[0][0] - parts[1][0])
    error = float(np.sqrt(((parts[0][1] - parts[1][1]) ** 2).sum())) or np.nan
    below = sum(s**2 / (g - 1) for s, g in zip(spread, groups, strict=True))
    degrees = max(min(sum(spread) ** 2 / below, customers - 1), 1) if below > 0 else 1
    return {"n": int(inside.sum()), "customers": groups[0], "share": float(inside.mean()), "value": value, "error": error, "degrees": degrees,
            "p": float(2 * special.stdtr(degrees, -abs(value) / error)), "method": "Welch t, clustered"}  # fmt: skip


def _customers(ways: pd.DataFrame) -> tuple[int, np.ndarray]:
    """How many customers answered, and which gave each answer; an answer without a customer stands alone."""
    who = ways["customer_id"].fillna(ways["journey_id"]) if "customer_id" in ways else ways["journey_id"]
    codes, names = pd.factorize(who)
    return len(names), codes
