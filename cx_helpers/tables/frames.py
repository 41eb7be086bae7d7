"""The frames every question starts from, as Ibis expressions that run where the data is.

A perception is explained only by what the customer had lived when answering: inputs are valued as of the answer. All
expressions keep to joins, filters and group-bys, so that they run alike on DuckDB, Polars and Spark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

Span = Literal["known", "window", "everything"]
AT_END = "@end"
JOURNEY_COLUMNS = ("unit", "status", "started_at", "ended_at", "value")


def answers(responses: ir.Table, journeys: ir.Table, segments: Sequence[str] = ()) -> ir.Table:
    """One row an answered request.

    Returns
    -------
    Ibis table: response_id, journey_id, customer_id, touchpoint, metric, score (on the metric's scale), weight
    (missing is 1), asked_channel, asked_at, answered_at, month (of the answer), and of its journey: journey_month, unit, status,
    started_at, ended_at, value, each segment. Order is by response_id once executed with `.order_by`.
    """
    given = responses.filter(responses.score.notnull() & responses.answered_at.notnull()).select(
        "response_id", "journey_id", "customer_id", "touchpoint", "metric", "score", "asked_at", "answered_at", "month",
        weight=responses.weight.fill_null(1.0), asked_channel=responses.channel,
    )  # fmt: skip
    lived = journeys.select(
        "journey_id",
        *JOURNEY_COLUMNS,
        *segments,
        journey_month=journeys.month,
        journey_customer=journeys.customer_id,
    )
    joined = given.left_join(lived, "journey_id").drop("journey_id_right")
    return joined.mutate(customer_id=ibis.coalesce(joined.customer_id, joined.journey_customer)).drop("journey_customer")


def inputs_as_of(inputs: ir.Table, moments: ir.Table, names: Sequence[str], key: str = "response_id") -> ir.Table:
    """Each input as it stood at a moment: its latest row with measured_at at or before it.

    Parameters
    ----------
    inputs : Ibis table `inputs`
    moments : Ibis table with `key`, journey_id and `at` (UTC)
    names : full names, ``touchpoint.input``

    Returns
    -------
    Ibis table: `key` and a float column for each name; missing where nothing had been measured yet. A key for which
    nothing had been measured has no row.
    """
    due = inputs.inner_join(moments.select(key, "journey_id", "at"), "journey_id")
    due = due.filter(due.measured_at <= due["at"])
    return due.group_by(key).aggregate(**{name: _latest(due, name) for name in names})


def inputs_at_end(inputs: ir.Table, names: Sequence[str], ever: Sequence[str] = ()) -> ir.Table:
    """Each input as it stood in the end, or its highest value where named in `ever`: journey_id and a column a name."""
    columns = {name: _highest(inputs, name) if name in ever else _latest(inputs, name) for name in names}
    return inputs.group_by("journey_id").aggregate(**columns)


def _latest(rows: ir.Table, name: str) -> ir.Value:
    touchpoint, item = name.split(".", 1)
    return rows.value.argmax(rows.measured_at, where=(rows.touchpoint == touchpoint) & (rows.input == item))


def _highest(rows: ir.Table, name: str) -> ir.Value:
    touchpoint, item = name.split(".", 1)
    return rows.value.max(where=(rows.touchpoint == touchpoint) & (rows.input == item))


def answers_with_inputs(given: ir.Table, inputs: ir.Table, names: Sequence[str], at_end: Sequence[str] = ()) -> ir.Table:
    """`answers` with what the customer had lived when answering.

    Parameters
    ----------
    given : as `answers` gives it
    names : inputs valued as of the answer, a column each under its full name
    at_end : inputs valued as they stood in the end, a column ``<name>@end`` each

    Returns
    -------
    Ibis table with the rows of `given`, no more and no fewer.
    """
    if names:
        as_of = inputs_as_of(inputs, given.select("response_id", "journey_id", at=given.answered_at), names)
        given = given.left_join(as_of, "response_id").drop("response_id_right")
    if at_end:
        last = inputs_at_end(inputs, at_end).rename({f"{name}{AT_END}": name for name in at_end})
        given = given.left_join(last, "journey_id").drop("journey_id_right")
    return given


def journeys_with_outputs(
    journeys: ir.Table, responses: ir.Table, inputs: ir.Table, metrics: Sequence[str], names: Sequence[str],
    primary: str | None, now,
) -> ir.Table:  # fmt: skip
    """One row a journey: what was delivered and what was perceived.

    Parameters
    ----------
    metrics : full names, ``touchpoint.metric``; each gives a column with the last answer's score
    names : full names of inputs, valued as of the last answer to `primary`, else as of `now`
    now : the moment the study looks from (UTC)

    Returns
    -------
    Ibis table: the columns of `journeys`, answered_at (of `primary`), a column a metric, a column an input.
    """
    given = _last_answers(responses)

    def asked(name: str) -> ir.BooleanValue:
        touchpoint, metric = name.split(".", 1)
        return (given.touchpoint == touchpoint) & (given.metric == metric)

    scores = {name: given.score.argmax(given.response_id, where=asked(name)) for name in metrics}
    if primary:
        scores["answered_at"] = given.answered_at.max(where=asked(primary))
    if scores:
        perceived = given.group_by("journey_id").aggregate(**scores)
        journeys = journeys.left_join(perceived, "journey_id").drop("journey_id_right")
    if "answered_at" not in journeys.columns:
        journeys = journeys.mutate(answered_at=ibis.null("timestamp('UTC', 6)"))
    if names:
        moments = journeys.select("journey_id", at=journeys.answered_at.fill_null(ibis.literal(now, "timestamp('UTC', 6)")))
        due = inputs.inner_join(moments, "journey_id")
        due = due.filter(due.measured_at <= due["at"])
        lived = due.group_by("journey_id").aggregate(**{name: _latest(due, name) for name in names})
        journeys = journeys.left_join(lived, "journey_id").drop("journey_id_right")
    return journeys


def _last_answers(responses: ir.Table) -> ir.Table:
    """The last answer of each journey to each metric; of two at the same instant both are left, told apart by their id."""
    given = responses.filter(responses.score.notnull() & responses.answered_at.notnull())
    key = ["journey_id", "touchpoint", "metric"]
    last = given.group_by(key).aggregate(answered_at=given.answered_at.max())
    return given.semi_join(last, [*key, "answered_at"])


def customer_sums(given: ir.Table, by: Sequence[str]) -> ir.Table:
    """Sums a customer within each group: what every clustered score is made from, and what periods are paired by.

    Parameters
    ----------
    given : as `answers` gives it
    by : columns that name the group

    Returns
    -------
    Ibis table: `by`, customer (the customer, else the response itself), n (answers), weight (sum of their weights),
    and sums of weight times: score (total), score of 9 or 10 (promoters), score of 6 or less (detractors).
    """
    given = given.mutate(customer=ibis.coalesce(given.customer_id, given.response_id))
    return given.group_by([*by, "customer"]).aggregate(
        n=given.score.count(),
        weight=given.weight.sum(),
        total=(given.weight * given.score).sum(),
        promoters=(given.weight * (given.score >= 9).cast("float64")).sum(),
        detractors=(given.weight * (given.score <= 6).cast("float64")).sum(),
    )


def group_sums(given: ir.Table, by: Sequence[str]) -> ir.Table:
    """Sums over the customers of each group, a row a group: all that the intervals of its scores need.

    Parameters
    ----------
    given, by : as `customer_sums` takes them

    Returns
    -------
    Ibis table: `by`, n (answers), customers (with any weight), weighted (of how many the weight is not the number of
    answers), and, of the sums a customer, the sum of: weight, total, promoters, detractors, weight squared
    (weight_squares), total times weight (total_products) and squared (total_squares), and promoters less detractors times
    weight (net_products) and squared (net_squares).
    """
    return over_customers(customer_sums(given, by), by)


def over_customers(each: ir.Table, by: Sequence[str]) -> ir.Table:
    """`group_sums` from sums a customer, as `customer_sums` gives them."""
    net = each.promoters - each.detractors
    return each.group_by(list(by)).aggregate(
        n=each.n.sum(), customers=(each.weight > 0).cast("int64").sum(), weighted=(each.weight != each.n).cast("int64").sum(),
        weight=each.weight.sum(), total=each.total.sum(), promoters=each.promoters.sum(), detractors=each.detractors.sum(),
        weight_squares=(each.weight * each.weight).sum(),
        total_products=(each.total * each.weight).sum(), total_squares=(each.total * each.total).sum(),
        net_products=(net * each.weight).sum(), net_squares=(net * net).sum(),
    )  # fmt: skip


def unit_scores(given: ir.Table, nps: Sequence[str] = ()) -> ir.Table:
    """Each score of each unit, by the month of answering.

    Parameters
    ----------
    given : as `answers` gives it
    nps : full names of metrics that are NPS, told in points

    Returns
    -------
    Ibis table: unit, month, name (full), value (weighted mean; NPS: points, -100 to 100), n (answers).
    """
    given = with_points(given.filter(given.unit.notnull()), nps)
    sums = given.mutate(name=given.touchpoint + "." + given.metric).group_by(["unit", "month", "name"])
    found = sums.aggregate(total=lambda t: (t.points * t.weight).sum(), weight=lambda t: t.weight.sum(), n=lambda t: t.score.count())
    return found.select("unit", "month", "name", value=found.total / found.weight, n=found.n)


def unit_inputs(inputs: ir.Table, journeys: ir.Table, ever: Sequence[str] = ()) -> ir.Table:
    """Each input of each unit, by the month in which it was measured: the month of the act, not of the booking.

    Returns
    -------
    Ibis table: unit, month (of the last row of the input in each journey), name (full), value (mean over journeys of
    the last value, or of the highest where named in `ever`), n (journeys).
    """
    rows = inputs.mutate(name=inputs.touchpoint + "." + inputs.input)
    each = rows.group_by(["journey_id", "name"]).aggregate(
        last=rows.value.argmax(rows.measured_at), highest=rows.value.max(), month=rows.month.max()
    )
    each = each.mutate(value=ibis.ifelse(each.name.isin(list(ever) or [""]), each.highest, each["last"]))
    lived = each.inner_join(journeys.filter(journeys.unit.notnull()).select("journey_id", "unit"), "journey_id")
    return lived.group_by(["unit", "month", "name"]).aggregate(value=lived.value.mean(), n=lived.value.count())


def unit_months(*parts: ir.Table) -> pd.DataFrame:
    """`unit_scores` and `unit_inputs` side by side: unit, month, and of each name its value and ``<name>.n``."""
    cells = pd.concat([part.execute() for part in parts], ignore_index=True)
    wide = cells.pivot(index=["unit", "month"], columns="name", values=["value", "n"]).sort_index()
    wide.columns = [f"{name}.n" if part == "n" else name for part, name in wide.columns]
    return wide.reset_index()


def with_points(given: ir.Table, nps: Sequence[str]) -> ir.Table:
    """Answers with `points`, what each gives to its metric: of those named in `nps` 100 for 9 and 10, -100 for 6 and
    less, else 0 (their mean is the NPS); of the others the score."""
    promoted = (given.score >= 9).cast("float64") - (given.score <= 6).cast("float64")
    told = (given.touchpoint + "." + given.metric).isin(list(nps) or [""])
    return given.mutate(points=ibis.ifelse(told, promoted * 100.0, given.score))


def in_scope(rows: ir.Table, scope: Mapping[str, Sequence[str]]) -> ir.BooleanValue:
    """Whether a row belongs to an audience: each column of its scope holds one of the values named."""
    inside = ibis.literal(True)
    for column, values in scope.items():
        inside = inside & rows[column].isin(list(values)).fill_null(False)
    return inside


def as_known(journeys: ir.Table, until: datetime) -> ir.Table:
    """Journeys as they stood at a moment: one that ended at or after it was still open, whatever a later export says."""
    late = journeys.ended_at.notnull() & (journeys.ended_at >= ibis.literal(until, "timestamp('UTC', 6)"))
    return journeys.mutate(
        status=ibis.ifelse(late, "open", journeys.status),
        ended_at=ibis.ifelse(late, ibis.null("timestamp('UTC', 6)"), journeys.ended_at),
    )


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers and flags as float64: nullable kinds break model formulas."""
    odd = [name for name in frame if pd.api.types.is_bool_dtype(frame[name]) or pd.api.types.is_integer_dtype(frame[name])]
    return frame.astype(dict.fromkeys(odd, "float64"))


def reach(span: Span) -> Span:
    """The span of what belongs to rows of `span`: it may be older than their window, but never later than the month."""
    return "everything" if span == "everything" else "known"
