"""One row a journey with the value and the moment of everything in it, so that what came before can be told from what came after."""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from cx_helpers.errors import DataError

AT = "@time"
AT_ONCE = 8


def journeys_in_time(
    journeys: ir.Table, inputs: ir.Table, names: Sequence[str], answers: pd.DataFrame | None = None, *, ever: Sequence[str] = (), columns: Sequence[str] = ()
) -> pd.DataFrame:  # fmt: skip
    """Inputs as they stood in the end and scores as given, each with its moment.

    Parameters
    ----------
    journeys, inputs : Ibis tables of that name
    names : full names of inputs, ``touchpoint.input``
    answers : DataFrame, optional
        name (``touchpoint.metric``), journey_id, points, answered_at; weight where the survey has any. Of several to one
        metric the last counts.
    ever : inputs that count whether they ever were 1 (highest value, first moment at it)
    columns : further columns of `journeys`

    Returns
    -------
    DataFrame ordered by journey_id: journey_id, customer_id, unit, journey_month, `columns`; of each input and each
    metric answered a column of its name (float, NaN unknown; an NPS in points, -100 to 100) and ``<name>@time`` (UTC, NaT unknown); weight (mean of the
    journey's answers, 1 without any). The moment of an input that changes over a journey (received: 0, then 1) is missing
    where it is what it was from the start: it then came to be at no moment.

    Raises
    ------
    DataError
        A journey stands twice in `journeys`.
    """
    kept = ["journey_id", "customer_id", "unit", *[c for c in columns if c not in ("customer_id", "unit")]]
    frame = journeys.select(*kept, journey_month=journeys.month).order_by("journey_id").execute()
    at = pd.Index(frame["journey_id"])
    if at.has_duplicates:
        raise DataError(f"journeys: {at[at.duplicated()][0]!r} stands twice. Keep one row a journey.")
    parts = [frame, _inputs(inputs, names, ever, at)]
    if answers is not None:
        parts.append(_scores(answers, at))
    return pd.concat(parts, axis=1).assign(weight=_weights(answers, at))


def _inputs(inputs: ir.Table, names: Sequence[str], ever: Sequence[str], at: pd.Index) -> pd.DataFrame:
    """A column of values and one of moments for each input; a few at a time, for all at once would be a group a journey and input in memory."""
    parts = [_some(inputs, names[first : first + AT_ONCE], ever, at) for first in range(0, max(len(names), 1), AT_ONCE)]
    return pd.concat(parts, axis=1)


def _some(inputs: ir.Table, names: Sequence[str], ever: Sequence[str], at: pd.Index) -> pd.DataFrame:
    """Grouped where the rows lie, spread out here."""
    named = inputs.mutate(name=inputs.touchpoint + "." + inputs.input)
    named = named.filter(named.name.isin(list(names) or [""]))
    found = named.group_by(["name", "journey_id"]).aggregate(
        last=named.value.argmax(named.measured_at), at=named.measured_at.max(), highest=named.value.max(),
        reached=named.measured_at.min(where=named.value > 0), rows=named.value.count(),
    ).to_pyarrow()  # fmt: skip
    # Millions of names stay in Arrow: as Python text they would take longer than all the rest.
    row = _numbers(compute.index_in(found["journey_id"], value_set=pa.array(at, found["journey_id"].type)), -1)
    which = _numbers(compute.index_in(found["name"], value_set=pa.array(list(names), found["name"].type)), -1)
    last, highest, several = (_numbers(found[name]) for name in ("last", "highest", "rows"))
    moment, reached = (found[name].cast(pa.timestamp("us", "UTC")).to_numpy() for name in ("at", "reached"))
    out = {}
    for number, name in enumerate(names):
        mine = (which == number) & (row >= 0)
        begun = (several[mine] == 1) & bool((several[mine] > 1).any())
        time = reached[mine] if name in ever else np.where(begun, np.datetime64("NaT", "us"), moment[mine])
        out[name] = _spread((highest if name in ever else last)[mine], row[mine], len(at))
        out[name + AT] = _spread_times(time, row[mine], len(at))
    return pd.DataFrame(out, index=range(len(at)))


def _numbers(column: pa.ChunkedArray, unknown: float = np.nan) -> np.ndarray:
    return compute.fill_null(column.cast(pa.float64()), float(unknown)).to_numpy()


def _scores(answers: pd.DataFrame, at: pd.Index) -> pd.DataFrame:
    given = answers.dropna(subset=["journey_id", "points"]).sort_values(["answered_at", "response_id"] if "response_id" in answers else ["answered_at"], kind="stable")
    last = given.drop_duplicates(["name", "journey_id"], keep="last")
    out = {}
    for name, part in last.groupby("name", sort=True):
        where = at.get_indexer(part["journey_id"])
        inside = where >= 0
        moments = pd.to_datetime(part["answered_at"], utc=True).dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
        out[name] = _spread(part["points"].to_numpy(dtype=float)[inside], where[inside], len(at))
        out[name + AT] = _spread_times(moments[inside], where[inside], len(at))
    return pd.DataFrame(out, index=range(len(at)))


def _weights(answers: pd.DataFrame | None, at: pd.Index) -> np.ndarray:
    if answers is None or "weight" not in answers:
        return np.ones(len(at))
    return answers.groupby("journey_id")["weight"].mean().reindex(at).fillna(1.0).to_numpy()


def _spread(values: np.ndarray, where: np.ndarray, size: int) -> np.ndarray:
    out = np.full(size, np.nan)
    out[where.astype(int)] = values
    return out


def _spread_times(times: np.ndarray, where: np.ndarray, size: int) -> pd.Series:
    out = np.full(size, np.datetime64("NaT", "us"))
    out[where.astype(int)] = times
    return pd.Series(out).dt.tz_localize("UTC")
