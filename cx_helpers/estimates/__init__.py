"""Every number with its low, high and n: NPS, shares, means, medians, differences, bootstrap.

Arithmetic on numbers and small arrays. Each estimator has a form from rows, a form from counts and a form
from per-customer sums; levels also one from sums over the customers, so that ten million answers are grouped where they lie.
Formulas, sources and limits: ``docs/methods.md``.
"""

from cx_helpers.estimates.differences import difference, difference_from_counts
from cx_helpers.estimates.levels import (
    level_from_totals,
    mean,
    mean_from_cluster_sums,
    mean_from_sums,
    median,
    nps,
    nps_from_cluster_counts,
    nps_from_counts,
    share,
    share_from_cluster_counts,
    share_from_counts,
    top_box,
)
from cx_helpers.estimates.moments import Estimate, Totals, kish_n
from cx_helpers.estimates.resampling import bootstrap

__all__ = [
    "Estimate",
    "Totals",
    "bootstrap",
    "difference",
    "difference_from_counts",
    "kish_n",
    "level_from_totals",
    "mean",
    "mean_from_cluster_sums",
    "mean_from_sums",
    "median",
    "nps",
    "nps_from_cluster_counts",
    "nps_from_counts",
    "share",
    "share_from_cluster_counts",
    "share_from_counts",
    "top_box",
]
