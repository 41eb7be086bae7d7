"""Scores by touchpoint, month, unit, segment or channel, from sums over customers; and by what the customer had lived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Journey, Metric, label_in
from cx_helpers.estimates.families import for_several
from cx_helpers.tables.disclosure import UNKNOWN

FACTS = ("touchpoint", "touchpoint_label", "metric", "kind", "label", "scale_min", "scale_max", "target")


def score(sums: pd.DataFrame, metric: Metric, confidence: float = 0.95) -> estimates.Estimate:
    """One score from sums a customer (see `frames.customer_sums`): NPS in points, other kinds as means.

    Weights are scaled to the number of answers; the interval is then the linearised one of the weighted ratio.
    """
    n, weight = sums["n"].sum(), sums["weight"]
    scale = n / weight.sum() if weight.sum() else np.nan
    promoters, detractors, total = (scale * sums[name].to_numpy() for name in ("promoters", "detractors", "total"))
    counts = scale * weight.to_numpy()
    if metric.kind == "nps":
        found = estimates.nps_from_cluster_counts(promoters, np.maximum(counts - promoters - detractors, 0), detractors, confidence)
    else:
        found = estimates.mean_from_cluster_sums(total, counts, confidence)
    label = "" if (weight == sums["n"]).all() else ", weighted"
    return replace(found, n=int(n), method=found.method + label)


def score_of_group(row: Mapping[str, float], metric: Metric, confidence: float = 0.95) -> estimates.Estimate:
    """`score` of one group, from its sums over customers (a row of `frames.group_sums`)."""
    nps = metric.kind == "nps"
    scale = row["n"] / row["weight"] if row["weight"] else np.nan
    first, of = (row["promoters"] - row["detractors"], "net") if nps else (row["total"], "total")
    squares = (scale**2 * float(row[name]) for name in ("weight_squares", f"{of}_products", f"{of}_squares"))
    second = scale * (row["promoters"] + row["detractors"]) if nps else np.nan
    totals = estimates.Totals(int(row["n"]), int(row["customers"]), float(row["n"]) if row["weight"] else 0.0, scale * first, second, *squares)
    found = estimates.level_from_totals(totals, "nps" if nps else "mean", confidence)
    return replace(found, n=int(row["n"]), method=found.method + (", weighted" if row["weighted"] else ""))


def scores(
    sums: pd.DataFrame, journey: Journey, by: Sequence[str] = (), *, metrics: Sequence[str] | None = None, language: str = "en",
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """A row a metric and group.

    Parameters
    ----------
    sums : DataFrame
        As `Study.group_sums` gives it by touchpoint, metric and the columns `by`: a row a metric and group.
    metrics : full names, ``touchpoint.metric``; all of the journey's when left out

    Returns
    -------
    DataFrame: touchpoint, touchpoint_label, metric (full name), kind, label, scale_min, scale_max, target, `by`, value
    (NPS points, or the mean on its scale), low, high, n (answers), method. In the order of the metrics, then of `by`.
    """
    rows = []
    names = sums["touchpoint"].astype(str) + "." + sums["metric"].astype(str)
    for name in journey.metrics if metrics is None else metrics:
        mine = sums[names == name]
        facts = _facts(name, journey, language) if len(mine) else {}
        for row in (mine.sort_values(list(by)) if by else mine).to_dict("records"):
            found = score_of_group(row, journey.metrics[name], confidence)
            rows.append({**facts, **{column: row[column] for column in by}, **_numbers(found)})
    return pd.DataFrame(rows, columns=[*FACTS, *by, "value", "low", "high", "n", "method"])


def _facts(name: str, journey: Journey, language: str) -> dict:
    metric, point = journey.metrics[name], name.split(".")[0]
    labels = {p.id: label_in(p.label, language) for p in journey.touchpoints}
    label = label_in(metric.label, language)
    where = labels.get(point, "")
    low, high = metric.limits
    return {
        "touchpoint": point, "touchpoint_label": "" if where.lower() in label.lower() else where, "metric": name, "kind": metric.kind,
        "label": label, "scale_min": low, "scale_max": high,
        "target": np.nan if metric.target is None else metric.target,
    }  # fmt: skip


def with_breaks(monthly: pd.DataFrame, reworded: pd.DataFrame) -> pd.DataFrame:
    """Months before which a metric was asked otherwise: no change is read across them.

    Parameters
    ----------
    monthly : DataFrame with metric and month, in the order of months
    reworded : DataFrame with metric and month, as `Study.reworded` gives it

    Returns
    -------
    DataFrame: `monthly` with reworded (bool): the wording or programme is another than in the row before of the metric.
    """
    era = pd.Series(0, monthly.index)
    for change in reworded.itertuples():
        era += (monthly["metric"] == change.metric) & (monthly["month"] >= change.month)
    return monthly.assign(reworded=era.groupby(monthly["metric"]).diff().fillna(0).ne(0))


def _numbers(found: estimates.Estimate) -> dict:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method}


def _people(answers: pd.DataFrame) -> np.ndarray:
    """Whose answer it is; an answer without a customer stands alone."""
    return answers["customer_id"].fillna(answers["response_id"]).to_numpy()


def _weights(answers: pd.DataFrame) -> np.ndarray | None:
    return None if (answers["weight"] == 1).all() else answers["weight"].to_numpy()


def apart(units: pd.DataFrame, average: float, confidence: float = 0.95) -> pd.DataFrame:
    """Units whose score differs from that of all together, corrected for looking at all of them at once.

    Parameters
    ----------
    units : DataFrame
        unit, value, low, high (at `confidence`), n, shown.
    average : float
        The score of all together, those too whose unit nobody recorded: they are no unit, and have no row.

    Returns
    -------
    DataFrame: `units` with difference from the average, with difference_low and difference_high (the unit's own interval, widened by Bonferroni for the number of units), apart
    (bool: that interval excludes zero) and verdict ("higher", "lower", "no clear difference", "" where hidden); those
    apart first, the rest by name: noise is not put in an order of merit.
    """
    units = units[units["unit"] != UNKNOWN]
    seen = units["shown"] & units["low"].notna()
    ends = for_several(units, int(seen.sum()), confidence) - average
    low, high = ends["low"], ends["high"]
    difference = units["value"] - average
    verdict = pd.Series("no clear difference", units.index).mask(low > 0, "higher").mask(high < 0, "lower").where(seen, "")
    out = units.assign(difference=difference, difference_low=low, difference_high=high, verdict=verdict)
    out["apart"] = out["verdict"].isin(["higher", "lower"])
    return out.sort_values(["apart", "shown", "unit"], ascending=[False, False, True], ignore_index=True)


def by_state(answers: pd.DataFrame, labels: Mapping[str, str], metric: Metric, confidence: float = 0.95) -> pd.DataFrame:
    """The score by what the customer had lived when answering, and by how things ended (naive).

    Parameters
    ----------
    answers : DataFrame
        Answers to `metric`: score, weight, state, naive_state, customer_id, response_id.
    labels : mapping of state id to its label, in the order to show

    Returns
    -------
    DataFrame: state, label, value, low, high, n, method, naive (bool: judged by how things ended, which the customer
    could not know when answering; only for states where that moves answers).
    """
    rows = []
    for column in ("state", "naive_state"):
        for state, label in labels.items():
            group = answers[answers[column] == state]
            if len(group) and (column == "state" or not (answers["state"] == state).equals(answers[column] == state)):
                estimator = estimates.nps if metric.kind == "nps" else estimates.mean
                found = estimator(group["score"].to_numpy(), _weights(group), _people(group), confidence)
                rows.append({"state": state, "label": label, **_numbers(found), "naive": column != "state"})
    return pd.DataFrame(rows, columns=["state", "label", "value", "low", "high", "n", "method", "naive"])
