"""Back on track: from a detected negative to what was done about it, and to whether the customer came back to where they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from cx_helpers import estimates
from cx_helpers.config.journey import OVERALL, Journey, Metric, label_in
from cx_helpers.estimates.families import several
from cx_helpers.journeys.foretelling import came_back
from cx_helpers.journeys.held_equal import association, columns_held
from cx_helpers.tables import frames
from cx_helpers.tables.frames import Span
from cx_helpers.tables.states import needed_inputs, states

SIGNALS = ["signal", "journey_id", "customer_id", "touchpoint", "unit", "seen_at", "responded_at", "closed_at", "recovered_at", "state"]
ANSWERED_WITHIN_DAYS = 30
RECENT_DAYS = 90
TIMES = ["days", "value", "low", "high", "n"]
ENDED = ("recovered", "not_recovered", "untouched")
GROUPS = ("recovered", "not_recovered", "open", "untouched")
NUMBERS = ("value", "low", "high", "n", "method")
HIDDEN = ("value", "low", "high", "n", "answered_share", "answered_low", "answered_high", "open", "difference", "difference_low", "difference_high", "median_days", "oldest_days")
"""Numbers that go with a small group."""


def low_score(metric: Metric) -> float:
    """The highest score that is a signal: 6 of an NPS, else the lowest quarter of the scale (2 of 1 to 5)."""
    low, high = metric.limits
    return 6.0 if metric.kind == "nps" else low + (high - low) / 4


def signals(
    answers: pd.DataFrame, cases: pd.DataFrame, journeys: pd.DataFrame, metrics: Mapping[str, Metric], until: pd.Timestamp, emotions: pd.DataFrame | None = None
) -> pd.DataFrame:  # fmt: skip
    """Every detected negative of the journeys: a low score, a complaint, an emotion that is present.

    Parameters
    ----------
    answers : DataFrame with name, journey_id, customer_id, touchpoint, score, answered_at, unit
    cases : DataFrame with journey_id, customer_id, touchpoint, opened_at, closed_at, recovered
    journeys : DataFrame with journey_id, customer_id, unit; signals of other journeys are left out
    until : Timestamp
        What the study looks from: a case closed later was still open.
    emotions : DataFrame with journey_id, customer_id, touchpoint, seen_at, optional
        Comments in which a negative emotion is present; its degree plays no part.

    Returns
    -------
    DataFrame: signal ("low_score", "complaint", "emotion"), journey_id, customer_id, touchpoint, unit, seen_at, responded_at (UTC: of a complaint when it was
    closed, of another signal when a case about the journey was opened within 30 days), closed_at, recovered_at (when it was put right, by the brand's own rule; missing where not),
    state ("recovered", "not_recovered": closed and not put right; "open": a complaint not closed; "unanswered": another signal about which no case was opened; "unknown": the brand records no cases at all). One row a journey,
    signal and touchpoint, the first of each. Ordered by moment and journey.
    """
    limits = answers["name"].map({name: low_score(metric) for name, metric in metrics.items()}).astype(float)
    low = answers[answers["score"] <= limits].rename(columns={"answered_at": "seen_at"}).assign(signal="low_score")
    opened = cases.assign(closed_at=cases["closed_at"].where(cases["closed_at"] < until), seen_at=cases["opened_at"], signal="complaint")
    opened["recovered_at"] = opened["closed_at"].where(cases["recovered"].eq(True) & cases["recovered"].notna())
    opened["responded_at"] = opened["closed_at"]
    parts = [low[["signal", "journey_id", "customer_id", "touchpoint", "seen_at"]]]
    if emotions is not None and len(emotions):
        parts.append(emotions.assign(signal="emotion")[["signal", "journey_id", "customer_id", "touchpoint", "seen_at"]])
    other = _with_case(pd.concat(parts, ignore_index=True), opened)
    every = pd.concat([opened, other], ignore_index=True)
    lived = journeys.drop_duplicates("journey_id").set_index("journey_id")
    every = every[every["journey_id"].isin(lived.index) & (every["seen_at"] < until)]
    every = every.assign(unit=every["journey_id"].map(lived["unit"]), customer_id=every["customer_id"].fillna(every["journey_id"].map(lived["customer_id"])))
    asked = every["signal"].ne("complaint")
    unheard = "unanswered" if len(cases) else "unknown"
    state = np.select([every["recovered_at"].notna(), every["closed_at"].notna(), every["responded_at"].notna() | ~asked], ["recovered", "not_recovered", "open"], unheard)
    every = every.assign(state=state, touchpoint=every["touchpoint"].fillna("")).sort_values(["seen_at", "journey_id", "signal"], kind="stable")
    return every.drop_duplicates(["signal", "journey_id", "touchpoint"])[SIGNALS].reset_index(drop=True)


def _with_case(rows: pd.DataFrame, opened: pd.DataFrame) -> pd.DataFrame:
    """Signals with the first case about their journey that was opened in the 30 days after, and what became of it."""
    rows = rows.reset_index(names="row")
    both = rows[["row", "journey_id", "seen_at"]].merge(opened[["journey_id", "opened_at", "closed_at", "recovered_at"]], on="journey_id")
    since = both["opened_at"] - both["seen_at"]
    both = both[(since >= pd.Timedelta(0)) & (since <= pd.Timedelta(days=ANSWERED_WITHIN_DAYS))]
    first = both.sort_values(["row", "opened_at"], kind="stable").drop_duplicates("row").set_index("row")
    more = first[["opened_at", "closed_at", "recovered_at"]].rename(columns={"opened_at": "responded_at"})
    return rows.join(more, on="row").drop(columns="row")


def of_study(study: Any, emotions: pd.DataFrame | None = None, *, span: Span = "window") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Signals of a study's journeys, and these journeys: journey_id, customer_id, unit, month, started_at, ended_at, status, segments and as_lived (the declared state by how it ended)."""
    journeys, declared = study.table("journeys", span), study.brand.journey.states
    columns = ["journey_id", "customer_id", "unit", "month", "started_at", "ended_at", "status", *study.segments]
    journeys, (_, needed) = journeys.select(*columns), needed_inputs(declared)
    if needed:
        ends = frames.inputs_at_end(study.table("inputs"), needed).rename({f"{name}{frames.AT_END}": name for name in needed})
        journeys = journeys.left_join(ends, "journey_id").drop("journey_id_right")
    lived = journeys.order_by("journey_id").execute()
    lived = lived.assign(as_lived=states(lived, declared, naive=True) if declared else None)
    rows = study.table("cases").select("journey_id", "customer_id", "touchpoint", "opened_at", "closed_at", "recovered")
    cases = rows.order_by(["opened_at", "journey_id"]).execute()
    cases = cases.assign(**{name: pd.to_datetime(cases[name], utc=True) for name in ("opened_at", "closed_at")})
    return signals(study.answers(span=span), cases, lived[columns], study.brand.journey.metrics, study.until, emotions), lived[[*columns, "as_lived"]]


def felt(study: Any, comments: pd.DataFrame) -> pd.DataFrame:
    """Comments of a known journey in which a negative emotion is present, as `signals` takes them; a ticket's own text is its complaint and no second signal.

    Parameters
    ----------
    comments : DataFrame of `voice.heard`: comment_id, journey_id, customer_id, touchpoint, origin, negative (1 present, 0 absent, NaN unknown)
    """
    rows = comments[comments["negative"].eq(1) & comments["journey_id"].notna() & comments["origin"].ne("ticket")]
    written = study.table("comments", "window").select("comment_id", seen_at="written_at").execute()
    rows = rows[["comment_id", "journey_id", "customer_id", "touchpoint"]].merge(written, on="comment_id", how="left", validate="one_to_one")
    return rows.assign(seen_at=pd.to_datetime(rows["seen_at"], utc=True)).dropna(subset=["seen_at"]).drop(columns="comment_id")


def how_many(found: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """From signal to response to back on track, by kind of signal.

    Returns
    -------
    DataFrame: signal, n (signals), answered_share with answered_low and answered_high (0 to 1: of these, with a response; NaN where no cases are recorded), value (0 to 1: put right, of all), low, high, method, open (not yet closed); intervals by customer.
    """
    rows = []
    for kind, mine in found.groupby("signal", sort=True):
        who = mine["customer_id"].fillna(mine["journey_id"]).to_numpy()
        mine = mine.assign(responded=mine["responded_at"].notna().astype(float).where(mine["state"] != "unknown"))
        answered = estimates.share(mine["responded"].to_numpy(), cluster=who, confidence=confidence)
        right = estimates.share(mine["state"].eq("recovered").astype(float).where(mine["state"] != "unknown").to_numpy(), cluster=who, confidence=confidence)
        rows.append({"signal": kind, "answered_share": answered.value, "answered_low": answered.low, "answered_high": answered.high, "value": right.value, "low": right.low,
                     "high": right.high, "n": len(mine), "method": right.method, "open": int(mine["state"].isin(["open", "unanswered"]).sum())})  # fmt: skip
    return pd.DataFrame(rows, columns=["signal", "answered_share", "answered_low", "answered_high", *NUMBERS, "open"])


def time_to_recovery(found: pd.DataFrame, until: pd.Timestamp, days: Sequence[float] = (1, 3, 7, 14, 30, 60), confidence: float = 0.95) -> pd.DataFrame:
    """The share of complaints put right within so many days.

    Returns
    -------
    DataFrame: days, value (0 to 1), low, high, n (complaints still followed, or put right, by then), method. attrs: median (days until half are put right; NaN where that is not reached).

    Notes
    -----
    Aalen-Johansen: put right and closed without being put right are two ways out, and one shuts the other; open ones count for as long as they were seen. The complement of Kaplan-Meier would take what was closed unmended for still
    mendable and promise too much (Gooley et al. 1999, Statistics in Medicine 18). Log-log limits (Choudhury 2002) with Greenwood-type variance of counting-process form. Not for
    brands that note nothing of how a case ended.
    """
    rows = found[found["signal"] == "complaint"]
    end = rows["closed_at"].fillna(until)
    took = ((end - rows["seen_at"]).dt.total_seconds() / 86400).to_numpy()
    cause = np.select([rows["state"] == "recovered", rows["closed_at"].notna()], [1, 2], 0)
    times, share, variance = _incidence(took, cause)
    z = norm.ppf(0.5 + confidence / 2)
    out = []
    for limit in days:
        place = np.searchsorted(times, limit, side="right") - 1
        value, error = (share[place], np.sqrt(variance[place])) if place >= 0 else (0.0, 0.0)
        low = high = np.nan
        if 0 < value < 1:
            reach = z * error / (value * abs(np.log(value)))
            low, high = value ** np.exp(reach), value ** np.exp(-reach)
        out.append({"days": float(limit), "value": float(value), "low": low, "high": high, "n": int(len(took)), "method": "Aalen-Johansen"})
    frame = pd.DataFrame(out, columns=[*TIMES, "method"]) if len(rows) else pd.DataFrame(columns=[*TIMES, "method"])
    half = np.flatnonzero(share >= 0.5)
    frame.attrs["median"] = float(times[half[0]]) if len(half) else np.nan
    return frame


def _incidence(took: np.ndarray, cause: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, cumulative share of cause 1 and its variance (Gaynor et al. 1993), causes 0 being censored."""
    times = np.unique(took[cause > 0])
    if not len(times):
        return times, np.zeros(0), np.zeros(0)
    at_risk = len(took) - np.searchsorted(np.sort(took), times, side="left")
    ones, both = (np.array([((took == at) & chosen).sum() for at in times], float) for chosen in (cause == 1, cause > 0))
    surviving = np.concatenate([[1.0], np.cumprod(1 - both / at_risk)[:-1]])
    share = np.cumsum(surviving * ones / at_risk)
    left = np.maximum(at_risk - both, 1.0)
    a = both / (at_risk * left)  # of leaving at all
    first, second, third = (np.cumsum(part) for part in (a, share * a, share**2 * a))
    w = surviving**2 * ones * (at_risk - ones) / at_risk**3
    cross = surviving * ones / at_risk**2
    c1, c2 = np.cumsum(cross), np.cumsum(share * cross)
    variance = share**2 * first - 2 * share * second + third + np.cumsum(w) - 2 * (share * c1 - c2)
    return times, share, np.maximum(variance, 0.0)


def group_of(found: pd.DataFrame, journeys: pd.DataFrame) -> pd.Series:
    """Of each journey "recovered" (every complaint put right), "not_recovered", "open", or "untouched" (no complaint)."""
    complaints = found[found["signal"] == "complaint"]
    worst = complaints.assign(place=complaints["state"].map({"recovered": 0, "not_recovered": 1, "open": 2})).groupby("journey_id")["place"].max()
    return journeys["journey_id"].map(worst).map(dict(enumerate(GROUPS))).fillna("untouched")


def afterwards(
    found: pd.DataFrame, journeys: pd.DataFrame, answers: pd.DataFrame, primary: str | None, until: pd.Timestamp, held: Sequence[str] = (), confidence: float = 0.95
) -> pd.DataFrame:  # fmt: skip
    """What those put right remember and whether they come back, beside those not put right and those without a complaint.

    Parameters
    ----------
    journeys : DataFrame of `of_study`, longer than the window where it may be: who came back needs time
    answers : DataFrame with name, journey_id, points
    held : columns of `journeys` held equal beside unit and month, such as tenure and what was lived

    Returns
    -------
    DataFrame: outcome ("back": share that began another journey within half a year; "remembered": points of the remembered score), group, value (as it is), low, high, n (journeys),
    method, difference (from those put right, unit, month and `held` equal), difference_low, difference_high (Bonferroni over all), grade ("associated"). A group of fewer than
    30 journeys has no difference. statistic and unit_of_measure say how the numbers are printed.

    Notes
    -----
    No effect of putting right: what could be put right was the lesser harm to begin with (Maxham and Netemeyer 2002, J. Marketing 66, on the recovery paradox).
    """
    group = group_of(found, journeys)
    last = answers[answers["name"] == primary].drop_duplicates("journey_id", keep="last").set_index("journey_id")["points"]
    outcomes = {"back": came_back(journeys, until), "remembered": journeys["journey_id"].map(last)}
    outcomes = {name: y for name, y in outcomes.items() if y.notna().sum() >= 30 and y[group == "recovered"].notna().sum() >= 30 and (name != "back" or y.mean() >= 0.02)}
    looks = [(name, other) for name, y in outcomes.items() for other in ENDED[1:] if y[group == other].notna().sum() >= 30]
    rows = []
    for name, y in outcomes.items():
        for kind in ENDED:
            mine = y[(group == kind) & y.notna()]
            if mine.empty:
                continue
            who = journeys.loc[mine.index, "customer_id"].fillna(journeys.loc[mine.index, "journey_id"])
            level = (estimates.share if name == "back" else estimates.mean)(mine.to_numpy(float), cluster=who.to_numpy(), confidence=confidence)
            gap = _gap(y, group, kind, journeys, held, several(confidence, len(looks))) if (name, kind) in looks else None
            rows.append({"outcome": name, "group": kind, "value": level.value, "low": level.low, "high": level.high, "n": level.n, "method": level.method,
                         "difference": gap.value if gap else np.nan, "difference_low": gap.low if gap else np.nan, "difference_high": gap.high if gap else np.nan,
                         "grade": "associated",
                         "statistic": "share" if name == "back" else "mean", "unit_of_measure": "share" if name == "back" else ""})  # fmt: skip
    return pd.DataFrame(rows, columns=["outcome", "group", *NUMBERS, "difference", "difference_low", "difference_high", "grade", "statistic", "unit_of_measure"])


def _gap(y: pd.Series, group: pd.Series, kind: str, journeys: pd.DataFrame, held: Sequence[str], confidence: float) -> estimates.Estimate:
    both = group.isin([kind, "recovered"])
    rows = journeys[both]
    who = rows["customer_id"].fillna(rows["journey_id"])
    return association(y[both], group[both].eq(kind).astype(float), columns_held(rows, ["unit", "month", *held]), who, confidence=confidence)


def still_open(found: pd.DataFrame, journey: Journey, until: pd.Timestamp, language: str = "en") -> pd.DataFrame:
    """Signals that wait, by who owns them: complaints not closed, and other signals of the last 90 days that nobody took up.

    Returns
    -------
    DataFrame: signal, touchpoint, label, owner, n (waiting), median_days and oldest_days (age; the oldest is told to whole days), value (0 to 1: older than a week), low, high, method. Nobody's name, number or journey is in it.
    """
    waiting = found[(found["state"] == "open") & (found["signal"] == "complaint") | (found["state"] == "unanswered") & (found["seen_at"] >= until - pd.Timedelta(days=RECENT_DAYS))]
    points = {point.id: point for point in journey.touchpoints}
    rows = []
    for (kind, point), mine in waiting.groupby(["signal", "touchpoint"], sort=True):
        age = (until - mine["seen_at"]).dt.total_seconds() / 86400
        old = estimates.share_from_counts(int((age > 7).sum()), len(age))
        known = points.get(point)
        rows.append({"signal": kind, "touchpoint": point, "label": label_in(known.label, language) if known else ("recovery.whole", {}) if point == OVERALL else ("recovery.nowhere", {}),
                     "owner": known.owner if known else None, "median_days": float(age.median()), "oldest_days": float(np.floor(age.max())), "value": old.value, "low": old.low,
                     "high": old.high, "n": len(mine), "method": old.method})  # fmt: skip
    columns = ["signal", "touchpoint", "label", "owner", "median_days", "oldest_days", *NUMBERS]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["signal", "n"], ascending=[True, False], kind="stable", ignore_index=True)


def kept(found: pd.DataFrame) -> pd.DataFrame:
    """Signals as the result table `signals` keeps them: no customer, times as they are."""
    return found.drop(columns="customer_id")
