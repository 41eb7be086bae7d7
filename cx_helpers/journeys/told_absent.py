"""What the page says where data lack what a section needs, and where units stand: one line, and nothing else."""

from __future__ import annotations

import pandas as pd

from cx_helpers.config.journey import Metric
from cx_helpers.tables.disclosure import UNKNOWN

Message = tuple[str, dict]


def trend(metric: Metric | None) -> Message:
    """Why no score is drawn over the months: none is asked for, or there is one month only."""
    return ("trend.no_score" if metric is None else "trend.unknown", {})


def segments(metric: Metric | None, label: str, declared: list[str]) -> Message:
    """Why no segment stands beside another: no score, no segment, or none that differs.

    Parameters
    ----------
    metric : the score by which they would be compared
    declared : segments that the data hold
    """
    if metric is None:
        return ("segments.no_score", {})
    return ("segments.none", {"label": label}) if declared else ("segments.undeclared", {})


def units_headline(rows: pd.DataFrame, many: str) -> Message:
    """How many units differ from all together beyond noise, or that none does.

    Parameters
    ----------
    rows : DataFrame of `scores.apart`: apart, shown
    many : what the brand calls units
    """
    count, of = int(rows["apart"].sum()), int(rows["shown"].sum())
    return ("scores.units" if count else "scores.units_alike", {"count": count, "of": of, "units": many})


def units(metric: Metric | None, rows: pd.DataFrame) -> Message:
    """Why no unit stands beside another: no score, no unit recorded, or one only.

    Parameters
    ----------
    rows : DataFrame of `scores.apart`: unit
    """
    if metric is None:
        return ("scores.units_no_score", {})
    return ("scores.one_unit" if rows["unit"].ne(UNKNOWN).any() else "scores.no_unit", {})
