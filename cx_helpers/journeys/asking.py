"""How feedback is asked for: of whom, when, through which channel, how often, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import OVERALL, Journey, Metric, label_in

WITHIN_DAYS = 90
LONGEST_WAIT_DAYS = 30.0
NEARLY_ALL = 0.99
NUMBERS = ("value", "low", "high", "n", "method")


def requests(
    responses: ir.Table, everybodys: ir.Table, journeys: ir.Table, events: ir.Table, segments: Sequence[str], first: str, until: pd.Timestamp
) -> pd.DataFrame:  # fmt: skip
    """A row a request for feedback since the month `first`, with what the customer had been asked before.

    Parameters
    ----------
    responses : Ibis table, in scope, all wordings
    everybodys : Ibis table
        The requests of the whole brand: a customer is asked for other units too.
    journeys, events : Ibis tables, as known at `until`
    segments : columns of `journeys` to carry along
    until : Timestamp
        What the study looks from.

    Returns
    -------
    DataFrame: response_id, journey_id, customer (the customer, else the journey, else the request itself), person (bool:
    a customer is known), name (full metric name), asked_by (channel of the request), put and asked_at (UTC), answered (bool, by
    `until`), score (NaN where not), due (bool: as much time has passed as 99% of the answers took, at most 30 days), earlier (moments in the 90 days
    before at which the customer had been asked), lived (channel of the touchpoint's step), step_over (UTC: when that step ended,
    else began), ended_at (of the journey; missing while it is open), status, unit, month, each segment. Ordered by moment and request.
    """
    put = ibis.coalesce(responses.asked_at, responses.answered_at)
    rows = responses.mutate(put=put, name=responses.touchpoint + "." + responses.metric).filter(put.notnull())
    rows = rows.filter((rows.put < _moment(until)) & (rows.put >= _moment(pd.Timestamp(f"{first}-01", tz="UTC"))))
    known = _with_customer(rows, journeys).rename(asked_by="channel")
    lived = journeys.select("journey_id", "ended_at", "status", "unit", *segments)
    known = known.left_join(lived, "journey_id").drop("journey_id_right")
    known = known.left_join(_steps(events), ["journey_id", "touchpoint"]).drop("journey_id_right", "touchpoint_right")
    known = known.left_join(_earlier(everybodys, journeys), ["customer", "put"]).drop("customer_right", "put_right")
    frame = known.select(
        "response_id", "journey_id", "customer", "person", "name", "asked_by", "put", "asked_at", "answered_at", "score", "earlier",
        "lived", "step_over", "ended_at", "status", "unit", *segments,
    ).order_by(["put", "response_id"]).execute()  # fmt: skip
    times = ["put", "asked_at", "answered_at", "step_over", "ended_at"]
    frame = frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in times})
    answered = frame["score"].notna() & (frame["answered_at"] < until)
    waited = (frame["answered_at"] - frame["put"]).dt.total_seconds()[answered] / 86400
    longest = min(float(waited.quantile(NEARLY_ALL)) if len(waited) else 0.0, LONGEST_WAIT_DAYS)
    due = frame["put"] < until - pd.Timedelta(days=max(longest, 0.0))
    return frame.assign(answered=answered, score=frame["score"].where(answered), due=due, earlier=frame["earlier"].fillna(0.0), person=frame["person"].astype(bool),
                        month=frame["put"].dt.strftime("%Y-%m"))  # fmt: skip


def _moment(at: pd.Timestamp) -> ir.Value:
    return ibis.literal(at.to_pydatetime(), "timestamp('UTC', 6)")


def _with_customer(rows: ir.Table, journeys: ir.Table) -> ir.Table:
    """`rows` with customer and person."""
    whose = journeys.select("journey_id", whose=journeys.customer_id)
    rows = rows.left_join(whose, "journey_id").drop("journey_id_right")
    known = ibis.coalesce(rows.customer_id, rows.whose)
    return rows.mutate(customer=ibis.coalesce(known, rows.journey_id, rows.response_id), person=known.notnull()).drop("whose", "customer_id")


def _steps(events: ir.Table) -> ir.Table:
    """When each journey's step at each touchpoint was first over, and how it was lived."""
    over = ibis.coalesce(events.ended_at, events.started_at)
    return events.group_by(["journey_id", "touchpoint"]).aggregate(step_over=over.min(), lived=events.channel.argmin(over))


def _earlier(everybodys: ir.Table, journeys: ir.Table) -> ir.Table:
    """For each moment at which a customer was asked, the moments in the 90 days before; several questions at once are one."""
    rows = _with_customer(everybodys, journeys)
    moments = rows.select("customer", put=ibis.coalesce(rows.asked_at, rows.answered_at)).distinct()
    moments = moments.filter(moments.put.notnull()).mutate(second=moments.put.epoch_seconds())
    window = ibis.range_window(preceding=WITHIN_DAYS * 86_400, following=0, group_by=moments.customer, order_by=moments.second)
    return moments.mutate(earlier=(moments.second.count().over(window) - 1).cast("float64")).drop("second")


def questionnaires(asked: pd.DataFrame) -> pd.DataFrame:
    """A row a moment at which a customer was asked: the questions of one questionnaire together.

    Returns
    -------
    DataFrame: the columns of the first of its requests, `answered` (bool: any of them was) and `questions`. attrs: heard (bool: silence was
    recorded, so that less than 99% of the questionnaires were answered; else nothing can be said of who does not answer).
    """
    groups = asked[asked["due"]].groupby(["customer", "put"], sort=False)
    rows = groups.first().reset_index()
    rows["answered"] = groups["answered"].any().to_numpy()
    rows["questions"] = groups.size().to_numpy()
    rows.attrs["heard"] = bool(len(rows)) and bool(rows["answered"].mean() < NEARLY_ALL)
    return rows


def costs(asked: pd.DataFrame, journey: Journey, language: str = "en", confidence: float = 0.95) -> pd.DataFrame:
    """What an answer costs in requests, by metric.

    Returns
    -------
    DataFrame: metric (full name), touchpoint, label, touchpoint_label, value (share answered, 0 to 1), low, high, n (requests that had time to be
    answered), method, answers, per_answer (requests an answer), customers (asked); in the order of the journey. A metric that was never asked has no row.
    """
    points = {point.id: label_in(point.label, language) for point in journey.touchpoints}
    rows = []
    for name, metric in journey.metrics.items():
        mine = asked[(asked["name"] == name) & asked["due"]]
        if mine.empty:
            continue
        each = mine.groupby("customer")["answered"].agg(["sum", "size"])
        found = estimates.share_from_cluster_counts(each["sum"].to_numpy(float), each["size"].to_numpy(float), confidence)
        label, where = label_in(metric.label, language), points.get(name.split(".")[0], "")
        answers = int(mine["answered"].sum())
        rows.append({"metric": name, "touchpoint": name.split(".")[0], "label": label, "touchpoint_label": "" if where.lower() in label.lower() else where,
                     "value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method, "answers": answers,
                     "per_answer": len(mine) / answers if answers else np.nan, "customers": len(each)})  # fmt: skip
    columns = ["metric", "touchpoint", "label", "touchpoint_label", *NUMBERS, "answers", "per_answer", "customers"]
    return pd.DataFrame(rows, columns=columns)


def too_early(asked: pd.DataFrame, metrics: Mapping[str, Metric], zone: str, confidence: float = 0.95) -> pd.DataFrame:
    """How many requests were put before there was anything to judge: the whole journey, or the touchpoint's own step.

    Remembered scores are judged by the end of the journey, others by the end of their step. Where every question of a metric is put at
    midnight of the brand's zone, only the day is known: what ended on that day counts as ended.

    Returns
    -------
    DataFrame: metric, value (share put before the end, of those whose end is known), low, high, n, method, early (requests), early_score and later_score (Estimate of what was answered to those put before and after; NPS in points), by_day (bool), unended (requests
    about a journey that has not ended to this day, or was called off), hours (median hours from the end to the question, of those put after it; NaN where none).
    """
    rows = []
    for name, mine in asked[asked["asked_at"].notna() & asked["name"].isin(list(metrics))].groupby("name", sort=False):
        end = mine["ended_at"] if name.startswith(f"{OVERALL}.") else mine["step_over"]
        local = mine["asked_at"].dt.tz_convert(zone).dt.tz_localize(None)
        # Nearly all: a midnight that the change of the clocks leaves out is told as one o'clock.
        by_day = bool((local == local.dt.normalize()).mean() >= NEARLY_ALL)
        known = mine[end.notna()]
        over, at = end[end.notna()].dt.tz_convert(zone).dt.tz_localize(None), local[end.notna()]
        early = at.dt.normalize() < over.dt.normalize() if by_day else at < over
        found = estimates.share(early.to_numpy(float), cluster=known["customer"].to_numpy(), confidence=confidence)
        since = (known["asked_at"] - end[end.notna()]).dt.total_seconds()[~early] / 3600
        scores = [_score(known[side], metrics[name], confidence) for side in (early, ~early)]
        rows.append({"metric": name, "value": found.value, "low": found.low, "high": found.high, "n": len(known), "method": found.method,
                     "early_score": scores[0], "later_score": scores[1], "early": int(early.sum()),
                     "by_day": by_day, "unended": int(end.isna().sum()) if name.startswith(f"{OVERALL}.") else 0,
                     "hours": float(since.median()) if len(since) else np.nan})  # fmt: skip
    return pd.DataFrame(rows, columns=["metric", *NUMBERS, "early_score", "later_score", "early", "by_day", "unended", "hours"])


def _score(rows: pd.DataFrame, metric: Metric, confidence: float) -> estimates.Estimate:
    given = rows[rows["answered"]]
    return (estimates.nps if metric.kind == "nps" else estimates.mean)(given["score"].to_numpy(), cluster=given["customer"].to_numpy(), confidence=confidence)


def last_step(events: ir.Table, journeys: ir.Table, touchpoints: Sequence[str]) -> str | None:
    """The touchpoint whose step is the end of most journeys, of several the last of `touchpoints`; None where the end is no step."""
    over = ibis.coalesce(events.ended_at, events.started_at)
    rows = events.mutate(over=over).inner_join(journeys.select("journey_id", "ended_at"), "journey_id", rname="{name}_of_journey")
    ends = rows.filter(rows.over == rows.ended_at_of_journey).group_by("touchpoint").aggregate(n=lambda t: t.count()).execute()
    ended = int(journeys.filter(journeys.ended_at.notnull()).count().execute())
    last = set(ends.loc[ends["n"] > ended / 2, "touchpoint"])
    return next((point for point in reversed(touchpoints) if point in last), None)


def often(asked: pd.DataFrame, cap: float | None = None) -> dict[str, float]:
    """How often customers are asked: customers, most (the most moments in 90 days), typical (median of each customer's most), beyond (customers asked
    more than `cap` moments in 90 days), beyond_share (of requests). Empty where customers are not known."""
    known = asked[asked["person"]]
    if known.empty:
        return {}
    most = known.groupby("customer")["earlier"].max() + 1
    over = known["earlier"] + 1 > (cap if cap is not None else np.inf)
    return {"customers": len(most), "most": float(most.max()), "typical": float(most.median()), "beyond": int((most > (cap or np.inf)).sum()),
            "beyond_share": float(over.mean())}  # fmt: skip
