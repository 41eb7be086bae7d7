"""A broken promise and the moment of asking: is the score low because it came late, or because it was not there when asked?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey
from cx_helpers.config.promise import Promise
from cx_helpers.drivers.curves import thick
from cx_helpers.drivers.design import design
from cx_helpers.drivers.held_equal import held_equal
from cx_helpers.drivers.robust import by_cluster, freedom, holm, p_values, small_sample
from cx_helpers.errors import DataError
from cx_helpers.estimates.moments import quantile
from cx_helpers.tables.frames import AT_END

# Days after the promise at which groups begin; what is thinner than it may be is joined to its neighbour.
EDGES = (-21, -14, -7, -3, 0, 1, 2, 3, 4, 5, 6, 8, 11, 15, 22)
LEAST_IN_GROUP, LEAST_IN_COMPARISON, DRAWS = 20, 10, 1000
NEAR_BEFORE, NEAR_AFTER = -3, 3
COMPARISONS = ("all_late", "received_late", "step", "waiting", "asked_before", "day_more")


def promised(answers_of: Callable[..., pd.DataFrame], journey: Journey, primary: str | None, inputs: Sequence[str], held: Sequence[str]) -> pd.DataFrame:
    """The answers to `primary` as `lived` gives them; empty where the brand names no promise or does not measure it.

    Parameters
    ----------
    answers_of : callable
        `Study.answers`.
    inputs : full names
        Inputs that were measured.
    held : column names
        Unit, month and segments to hold equal; attrs["controls"] says which can be.
    """
    promise = journey.promise
    if promise is None or primary is None or not set(promise.inputs) <= set(inputs):
        return pd.DataFrame()
    answers = answers_of(primary, inputs=promise.inputs, at_end=[promise.late, *promise.parts])
    equal = held_equal(answers, list(held))
    frame = lived(answers.assign(**equal), promise, journey.time_zone)
    frame.attrs = {"controls": list(equal)}
    return frame


def lived(answers: pd.DataFrame, promise: Promise, zone: str = "UTC") -> pd.DataFrame:
    """Each answer with what the promise was worth when it was given.

    Parameters
    ----------
    answers : DataFrame
        started_at, asked_at, answered_at (UTC), and as of the answer the inputs that `promise` names, of `late` and the parts also as
        it stood in the end (``<name>@end``).
    promise : Promise
    zone : str
        The brand's clock: a promise is a day there.

    Returns
    -------
    `answers` whose promise is known, with promise_state ("received" or "waiting", when answering), promise_days (whole days by the
    calendar after the promised day: when it came, or when those still waiting answered; 0 is the promised day), promise_end_days
    (when it came in the end; NaN where it had not by the end of the month), promise_late (bool: received late, or waiting beyond the
    promise), promise_asked_before (bool: asked on a day before it came), promise_held_by (of those waiting: the part that had not
    passed it on; else empty).
    """
    local = {name: answers[name].dt.tz_convert(zone).dt.tz_localize(None) for name in ("started_at", "asked_at", "answered_at")}
    promised = (local["started_at"] + pd.to_timedelta(answers[promise.days], unit="D")).dt.round("s").dt.normalize()
    came = promised + pd.to_timedelta(np.floor(answers[promise.late + AT_END] + 1e-6), unit="D")

    def after(moments: pd.Series) -> pd.Series:
        return (moments.dt.normalize() - promised).dt.days.astype(float)

    received = answers[promise.late].notna()
    end_days = after(came)
    days = end_days.where(received, after(local["answered_at"]))
    holding = pd.Series("", answers.index, dtype=object)
    for part in reversed(promise.parts):
        holding[~received & answers[part].isna()] = part
    made = answers.assign(
        promise_state=np.where(received, "received", "waiting"), promise_days=days, promise_end_days=end_days, promise_late=days >= 1,
        promise_asked_before=(local["asked_at"].dt.normalize() < came) | came.isna(), promise_held_by=holding,
    )  # fmt: skip
    return made[promised.notna() & days.notna()]


def by_days(frame: pd.DataFrame, outcome: str, *, weights=None, cluster: str | None = None, confidence: float = 0.95) -> pd.DataFrame:
    """The mean outcome by days after the promise: of those who had it, of those still waiting, and naively of all by how it ended.

    Parameters
    ----------
    frame : as `lived` gives it
    outcome : column
    weights, cluster : column names, optional

    Returns
    -------
    DataFrame, a row a group, by state and days: state ("received", "waiting", "naive"), from_days, to_days (whole days, both
    within the group; NaN where it is open), days (mean of the group), value, low, high (outcome), n, method, grade ("described").
    In "naive" stand all answers by the day on which it came in the end, whatever was lived when answering: what a table of
    outcomes by lateness shows.
    """
    states = {"received": frame[frame["promise_state"] == "received"], "waiting": frame[(frame["promise_state"] == "waiting") & frame["promise_late"]],
              "naive": frame.assign(promise_days=frame["promise_end_days"]).dropna(subset=["promise_days"])}  # fmt: skip
    rows = []
    for state, part in states.items():
        days = part["promise_days"].to_numpy()
        edges = thick([float(edge) for edge in EDGES if len(days) and days.min() < edge <= days.max()], days, LEAST_IN_GROUP)
        member = np.searchsorted(edges, days, side="right")
        for code in range(len(edges) + 1 if len(days) else 0):
            group = part[member == code]
            mean = estimates.mean(group[outcome], weights=None if weights is None else group[weights], cluster=None if cluster is None else group[cluster], confidence=confidence)
            rows.append({"state": state, "from_days": edges[code - 1] if code else math.nan, "to_days": edges[code] - 1 if code < len(edges) else math.nan,
                         "days": float(group["promise_days"].mean()), "value": mean.value, "low": mean.low, "high": mean.high, "n": len(group),
                         "method": mean.method, "grade": "described"})  # fmt: skip
    return pd.DataFrame(rows, columns=["state", "from_days", "to_days", "days", "value", "low", "high", "n", "method", "grade"])


def compared(frame: pd.DataFrame, outcome: str, *, controls=(), weights=None, cluster: str | None = None, confidence: float = 0.95) -> pd.DataFrame:
    """Lateness and the moment of asking told apart by comparisons among answers that share everything else.

    Parameters
    ----------
    frame : as `lived` gives it
    outcome : column
    controls : column names
        Held equal in every comparison.

    Returns
    -------
    DataFrame, a row a comparison that these data allow: comparison; value, low, high (difference in the outcome); clear (bool: beyond noise after Holm's correction over the
    rows); n, n_with (answers of the kind named first); method; grade ("associated"). In order:

    all_late : came late or still waiting beyond the promise, against received in time. The fall at the promise.
    received_late : received after the promise, against received in time.
    step : received 1 to 3 days after the promised day, against up to 3 days before it. What the promise itself is worth.
    waiting : still waiting, against received, at the same day after the promise.
    asked_before : received late and asked before it came, against asked after, at the same day of arrival.
    day_more : a day more, among those received late.

    Notes
    -----
    Who was asked before it came and answers after is not drawn by lot: patience chooses. Least squares with robust or
    clustered errors; days enter as categories of whole days.
    """
    late, received = frame["promise_late"], frame["promise_state"] == "received"
    sets = {
        "all_late": (late | received, late, False),
        "received_late": (received, late, False),
        "step": (received & frame["promise_days"].between(NEAR_BEFORE, NEAR_AFTER), late, False),
        "waiting": (late, ~received, True),
        "asked_before": (received & late, frame["promise_asked_before"], True),
        "day_more": (received & late & (frame["promise_days"] <= 28), frame["promise_days"], False),
    }  # fmt: skip
    rows = []
    for name in COMPARISONS:
        inside, what, at_equal_days = sets[name]
        part = frame[inside].assign(_with=what[inside].astype(float))
        if at_equal_days:
            part = _shared_days(part)
        row = difference(part, outcome, list(controls), at_equal_days, weights, cluster, confidence)
        rows += [{"comparison": name, **row}] if row else []
    table = pd.DataFrame(rows, columns=["comparison", "value", "low", "high", "p_value", "n", "n_with", "method", "grade"])
    return table.assign(clear=holm(table["p_value"], 1 - confidence) if len(table) else pd.Series(dtype=bool))


def _shared_days(part: pd.DataFrame) -> pd.DataFrame:
    """Only days on which both kinds are there; the day as a category."""
    both = part.groupby("promise_days")["_with"].transform("nunique") == 2
    return part[both].assign(_day=part.loc[both, "promise_days"].astype(int).astype(str))


def difference(part: pd.DataFrame, outcome: str, controls: list[str], at_equal_days: bool, weights, cluster, confidence: float) -> dict | None:
    """The coefficient of the column `_with`, as a row of `compared`; none where there are too few on a side, or the controls leave nothing to compare."""
    kind = part["_with"].isin([0.0, 1.0]).all()
    least = min((part["_with"] == side).sum() for side in (0.0, 1.0)) if kind else len(part)
    if least < LEAST_IN_COMPARISON:
        return None
    held = [name for name in controls if part[name].nunique() > 1 and (pd.api.types.is_numeric_dtype(part[name]) or part[name].nunique() < len(part) / 5)]
    held += (["_day"] if at_equal_days and part["_day"].nunique() > 1 else [])
    try:
        d = design(part, outcome, ["_with"], held, weights, cluster)
    except DataError:
        return None
    root = np.sqrt(d.weights)[:, None]
    both = root * np.column_stack([d.y, d.x])
    both = both - root * d.controls @ np.linalg.lstsq(root * d.controls, both, rcond=None)[0]
    x, k = both[:, 1], np.linalg.matrix_rank(d.controls) + 1
    value = float(x @ both[:, 0] / (x @ x))
    sums = by_cluster((x * (both[:, 0] - value * x))[:, None], d)[:, 0] / (x @ x)
    error = math.sqrt(float(sums @ sums) * small_sample(d, k))
    half = quantile(confidence, freedom(d, k)) * error
    return {"value": value, "low": value - half, "high": value + half, "p_value": float(p_values(np.array([value / error]), freedom(d, k))[0]), "n": d.n,
            "n_with": int((d.x[:, 0] == 1).sum()) if kind else d.n, "method": "least squares, robust" + (", clustered" if d.clustered else ""), "grade": "associated"}  # fmt: skip


def split(frame: pd.DataFrame, outcome: str, *, cluster: str | None = None, weights: str | None = None, confidence: float = 0.95, seed: int = 0) -> pd.DataFrame:
    """Whose low scores make the fall at the promise: those who had received late, and those still waiting when they answered.

    Returns
    -------
    DataFrame, a row a part ("received_late", "waiting"): part; value, low, high (what the part adds to the fall from the mean of those
    received in time to that of all others whose promise was broken; outcome); share, share_low, share_high (of the fall); mean (of the
    part's answers), n, method, grade ("described"). The two values add up to the fall. Empty where fewer than 10 answers are in
    a part or in time.

    Notes
    -----
    value = share of the part among the late x (its mean - mean in time). Percentile bootstrap by cluster, 1,000 draws of sums.
    """
    received, late = (frame["promise_state"] == "received").to_numpy(), frame["promise_late"].to_numpy()
    masks = [received & ~late, received & late, ~received & late]
    if min(mask.sum() for mask in masks) < LEAST_IN_COMPARISON:
        return pd.DataFrame(columns=["part", "value", "low", "high", "share", "share_low", "share_high", "mean", "n", "method", "grade"])
    w = np.ones(len(frame)) if weights is None else frame[weights].to_numpy(dtype=float)
    y = frame[outcome].to_numpy(dtype=float)
    codes = np.arange(len(frame)) if cluster is None else pd.factorize(frame[cluster].fillna(frame["response_id"]) if "response_id" in frame else frame[cluster])[0]
    size = int(codes.max()) + 1
    sums = np.stack([np.bincount(codes, weights=w * mask * part, minlength=size) for mask in masks for part in (1.0, y)], axis=1)
    rng = np.random.default_rng(seed)
    drawn = np.stack([np.bincount(rng.integers(0, size, size), minlength=size) @ sums for _ in range(DRAWS)])
    value, draws = _parts(sums.sum(axis=0)[None])[0], _parts(drawn)
    tails = [50 * (1 - confidence), 50 * (1 + confidence)]
    low, high = np.nanpercentile(draws, tails, axis=0)
    rows = [
        {"part": part, "value": value[i], "low": low[i], "high": high[i], "share": value[i + 2], "share_low": low[i + 2], "share_high": high[i + 2],
         "mean": value[i + 4], "n": int(masks[i + 1].sum()), "method": f"percentile bootstrap, {DRAWS} draws" + (", clustered" if cluster else ""), "grade": "described"}
        for i, part in enumerate(("received_late", "waiting"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _parts(sums: np.ndarray) -> np.ndarray:
    """A row a draw: what each part adds, its share of the fall, its mean."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means = sums[:, 1::2] / sums[:, 0::2]
        weight = sums[:, 2::2] / sums[:, 2::2].sum(axis=1, keepdims=True)
        added = weight * (means[:, 1:] - means[:, :1])
        return np.column_stack([added, added / added.sum(axis=1, keepdims=True), means[:, 1:]])


def verdict(found: pd.DataFrame) -> str:
    """What the fall at the promise is: "timing" (lower while waiting at the same day, no clear step among those who had it), "lateness" (a
    step, no clear difference between waiting and received), "both", or "neither"."""
    low = {row.comparison: bool(row.clear and row.high < 0) for row in found.itertuples()}
    if "step" not in low or "waiting" not in low:
        return "not_told"
    return {(True, True): "both", (True, False): "lateness", (False, True): "timing", (False, False): "neither"}[low["step"], low["waiting"]]
