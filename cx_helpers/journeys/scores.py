"""Scores by touchpoint, month, unit or segment, from sums a customer; their changes; and what the customer had lived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import Metric, label_in
from cx_helpers.findings import Finding

FACTS = ("touchpoint", "metric", "kind", "label", "scale_min", "scale_max", "target")


def score(sums: pd.DataFrame, metric: Metric, confidence: float = 0.95) -> estimates.Estimate:
    """One score from sums a customer (see `frames.customer_sums`): NPS in points, other kinds as means."""
    if metric.kind == "nps":
        passives = sums["n"] - sums["promoters"] - sums["detractors"]
        return estimates.nps_from_cluster_counts(
            sums["promoters"].to_numpy(), passives.to_numpy(), sums["detractors"].to_numpy(), confidence
        )
    return estimates.mean_from_cluster_sums(sums["total"].to_numpy(), sums["n"].to_numpy(), confidence)


def scores(
    sums: pd.DataFrame, metrics: Mapping[str, Metric], by: Sequence[str] = (), *, language: str = "en", confidence: float = 0.95
) -> pd.DataFrame:
    """A row a metric and group.

    Parameters
    ----------
    sums : DataFrame
        touchpoint, metric, the columns `by`, n, total, promoters, detractors; a row a customer and group.
    metrics : mapping of full name to Metric

    Returns
    -------
    DataFrame: touchpoint, metric (full name), kind, label, scale_min, scale_max, target, `by`, value (NPS points, or
    the mean on its scale), low, high, n (answers), method. In the order of `metrics`, then of `by`.
    """
    rows = []
    names = sums["touchpoint"].astype(str) + "." + sums["metric"].astype(str)
    for name, metric in metrics.items():
        mine = sums[names == name]
        groups = mine.groupby(list(by), sort=True) if by else [((), mine)]
        for level, group in groups:
            if len(group):
                found = score(group, metric, confidence)
                place = dict(zip(by, level if isinstance(level, tuple) else (level,), strict=True))
                rows.append({**_facts(name, metric, language), **place, **_numbers(found)})
    return pd.DataFrame(rows, columns=[*FACTS, *by, "value", "low", "high", "n", "method"])


def _facts(name: str, metric: Metric, language: str) -> dict:
    low, high = metric.limits
    return {
        "touchpoint": name.split(".")[0], "metric": name, "kind": metric.kind, "label": label_in(metric.label, language),
        "scale_min": low, "scale_max": high, "target": np.nan if metric.target is None else metric.target,
    }  # fmt: skip


def _numbers(found: estimates.Estimate) -> dict:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "method": found.method}


def change(answers: pd.DataFrame, metric: Metric, now: str, before: str, confidence: float = 0.95) -> estimates.Estimate:
    """The score of one month less that of another, customers in both months counted as dependent.

    Parameters
    ----------
    answers : DataFrame
        Answers to one metric: score, month, customer_id, response_id, weight.
    """
    sides = [answers[answers["month"] == month] for month in (now, before)]
    kind = "nps" if metric.kind == "nps" else "mean"
    clusters = tuple(side["customer_id"].fillna(side["response_id"]).to_numpy() for side in sides)
    return estimates.difference(*(side["score"].to_numpy() for side in sides), kind, cluster=clusters, confidence=confidence)


def by_state(answers: pd.DataFrame, labels: Mapping[str, str], confidence: float = 0.95) -> pd.DataFrame:
    """Mean score by what the customer had lived when answering, and by how things ended (naive).

    Parameters
    ----------
    answers : DataFrame
        score, state, naive_state, customer_id, response_id.
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
                people = group["customer_id"].fillna(group["response_id"]).to_numpy()
                found = estimates.mean(group["score"].to_numpy(), cluster=people, confidence=confidence)
                rows.append({"state": state, "label": label, **_numbers(found), "naive": column != "state"})
    return pd.DataFrame(rows, columns=["state", "label", "value", "low", "high", "n", "method", "naive"])


def score_findings(latest: pd.DataFrame, changes: Mapping[str, estimates.Estimate]) -> list[Finding]:
    """The month's scores: each with its change since the month before, weighed by answers and size.

    Parameters
    ----------
    latest : DataFrame
        The rows of `scores` for the month, disclosed.
    changes : mapping of full metric name to its change
    """
    findings = []
    for row in latest[latest["shown"]].itertuples():
        moved = changes.get(row.metric)
        if moved is None or not np.isfinite(moved.low):
            continue
        kind = "unclear" if moved.low <= 0 <= moved.high else "up" if moved.value > 0 else "down"
        span = row.scale_max - row.scale_min if row.kind != "nps" else 200.0
        size = 0.0 if kind == "unclear" else abs(moved.value) / span
        args = {"label": row.label, "score": estimates.Estimate(row.value, row.low, row.high, int(row.n), row.method), "kind": row.kind}
        findings.append(Finding(f"scores.{kind}", args, moved.value, moved.low, moved.high, moved.n, moved.method, "described",
                                weight=size * row.n, link="#over-time"))  # fmt: skip
    return findings
