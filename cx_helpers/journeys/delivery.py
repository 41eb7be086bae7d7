"""What was delivered, month by month, and which months were unusual."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Input, Journey, label_in
from cx_helpers.journeys.control import BASELINE, control_chart

RUNNING = 0.1  # share of a month's journeys still under way beyond which the month is not judged


def by_month(inputs: ir.Table, journeys: ir.Table, journey: Journey, language: str = "en", confidence: float = 0.95) -> pd.DataFrame:
    """Each input by month: the share of journeys off its standard, else its own share or median.

    An input measured once a journey counts in the month in which it was measured. One that changes over a journey
    (still waiting, then received) counts as it stood last, or whether it ever was 1, in the month the journey began.

    Parameters
    ----------
    inputs : Ibis table with journey_id, touchpoint, input, value, measured_at, month
    journeys : Ibis table with journey_id, month, status

    Returns
    -------
    DataFrame, a row an input and month: touchpoint, metric (the input's full name), label, measure ("off_standard",
    "share" or "median"), clock ("measured" or "begun"), month, value (0-1 for the first two, else in the input's unit),
    low, high, n (journeys), method, unit_of_measure, better ("lower" or "higher", of `value`), share_of_all (0-1: n of
    the journeys of an average month). Months of which more than a tenth of the journeys are still under way are left out for inputs
    counted by their beginning: what will become of them is not known.
    """
    shown = {name: item for name, item in journey.inputs.items() if item.shown}
    each = _last_values(inputs, journeys, shown)
    found = each.group_by(["name", "clock", "month"]).aggregate(
        n=each.value.count(), total=each.value.sum(), off=each.off.sum(), running=(each.status == "open").mean()
    )
    found = found.order_by(["name", "month"]).execute()
    found = found[found["month"].notna() & ((found["clock"] == "measured") | (found["running"] <= RUNNING))]
    medians = _medians(each, [name for name, item in shown.items() if measure_of(item) == "median"], confidence)
    usual = max(float(journeys.count().execute()) / max(journeys.month.nunique().execute(), 1), 1.0)
    rows = [_row(row, shown[row.name], language, medians, confidence, usual) for row in found.itertuples(index=False)]
    columns = ["touchpoint", "metric", "label", "measure", "clock", "month", "value", "low", "high", "n", "method", "unit_of_measure", "better", "share_of_all"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["metric", "month"], key=lambda c: c.map(list(shown).index) if c.name == "metric" else c, ignore_index=True)


def measure_of(item: Input) -> str:
    """What is counted of an input: journeys off its standard where it has one, its share where it is one, else its median."""
    return "off_standard" if item.standard is not None else "share" if item.statistic == "share" else "median"


def _last_values(inputs: ir.Table, journeys: ir.Table, shown: dict[str, Input]) -> ir.Table:
    """A row a journey and input: value, month by its own clock, status, and whether it is off standard."""
    rows = inputs.mutate(name=inputs.touchpoint + "." + inputs.input)
    each = rows.filter(rows.name.isin(list(shown) or [""])).group_by(["journey_id", "name"]).aggregate(
        last=lambda t: t.value.argmax(t.measured_at), highest=lambda t: t.value.max(), measured=lambda t: t.month.max(), changes=lambda t: t.count()
    )
    most = each.group_by("name").aggregate(changes=each.changes.max()).execute()
    begun = [*most["name"][most["changes"] > 1]]
    ever = [name for name, item in shown.items() if item.counts == "ever"]
    each = each.inner_join(journeys.select("journey_id", "status", begun="month"), "journey_id")
    each = each.mutate(
        value=ibis.ifelse(each.name.isin(ever or [""]), each.highest, each["last"]),
        clock=ibis.ifelse(each.name.isin(begun or [""]), "begun", "measured"),
        month=ibis.ifelse(each.name.isin(begun or [""]), each.begun, each.measured),
    )
    off = ibis.literal(0)
    for name, item in shown.items():
        if item.standard is not None:
            beyond = each.value > item.standard if item.better == "lower" else each.value < item.standard
            off = ibis.ifelse(each.name == name, beyond.cast("int64"), off)
    return each.mutate(off=off).select("name", "clock", "month", "value", "status", "off")


def _medians(each: ir.Table, names: list[str], confidence: float) -> dict[tuple[str, str], estimates.Estimate]:
    """Medians by input and month, from how often each value occurs."""
    rows = each.filter(each.name.isin(names or [""]) & each.month.notnull())
    counts = rows.group_by(["name", "month", "value"]).aggregate(n=rows.count()).order_by(["name", "month", "value"]).execute()
    return {key: estimates.median(np.repeat(part["value"].to_numpy(), part["n"].to_numpy()), confidence) for key, part in counts.groupby(["name", "month"])}


def _row(row, item: Input, language: str, medians: dict, confidence: float, usual: float) -> dict:
    measure = measure_of(item)
    if measure == "median":
        found = medians[(row.name, row.month)]
    else:
        found = estimates.share_from_counts(int(row.off if measure == "off_standard" else round(row.total)), int(row.n), confidence)
    return {
        "touchpoint": row.name.split(".")[0], "metric": row.name, "label": label_in(item.ever or item.label, language), "measure": measure,
        "clock": row.clock, "month": row.month, "value": found.value, "low": found.low, "high": found.high, "n": int(row.n), "method": found.method,
        "unit_of_measure": item.unit if measure == "median" else "share", "better": "lower" if measure == "off_standard" else item.better,
        "share_of_all": min(row.n / usual, 1.0),
    }  # fmt: skip


def with_usual(work: pd.DataFrame, baseline: int = BASELINE) -> pd.DataFrame:
    """Each input by month against its usual range: a p-chart for shares (Laney's where they spread more than chance), XmR for medians.

    Parameters
    ----------
    work : DataFrame
        As `by_month` gives it; hidden numbers blank.

    Returns
    -------
    DataFrame: `work` with usual, usual_low, usual_high (in the unit of the value), signal ("beyond", "run" or ""), baseline (bool) and p.
    """
    parts = []
    for _, rows in work.groupby("metric", sort=False):
        kind = "xmr" if rows["measure"].iloc[0] == "median" else "p"
        chart = control_chart(rows["value"], kind, n=rows["n"].astype(float), baseline=baseline)
        parts.append(chart[["centre", "low", "high", "signal", "baseline", "p"]].rename(columns={"centre": "usual", "low": "usual_low", "high": "usual_high"}))
    return work.join(pd.concat(parts)) if parts else work.reindex(columns=[*work, "usual", "usual_low", "usual_high", "signal", "baseline", "p"])


def newest(charts: pd.DataFrame) -> pd.DataFrame:
    """The newest month of each input: what `moves.judged` corrects as part of the family."""
    return charts[charts["month"] == charts.groupby("metric")["month"].transform("max")].reset_index(drop=True)


def left_usual(charts: pd.DataFrame, judged: pd.DataFrame, window: list[str]) -> pd.DataFrame:
    """Inputs of which a month of the window lies outside the usual range.

    Parameters
    ----------
    charts : DataFrame
        As `with_usual` gives it.
    judged : DataFrame
        The rows of `newest`, as `moves.judged` returns them.

    Returns
    -------
    DataFrame: the rows of `judged` with outside (list of the window's months beyond the limits) and worse (bool: the
    last of them lies on the bad side); those outside in the newest month first, the worse before the better.
    """
    rows = charts[charts["month"].isin(window) & (charts["signal"] == "beyond")]
    outside = rows.groupby("metric")["month"].agg(list)
    last = rows.groupby("metric").tail(1).set_index("metric")
    worse = (last["value"] > last["usual"]) == (last["better"] == "lower")
    found = judged[judged["metric"].isin(outside.index)]
    found = found.assign(outside=found["metric"].map(outside), worse=found["metric"].map(worse).astype(bool))
    order = found.assign(now=found["signal"] == "beyond", last=[months[-1] for months in found["outside"]])
    return found.loc[order.sort_values(["now", "worse", "last"], ascending=False, kind="stable").index].reset_index(drop=True)
