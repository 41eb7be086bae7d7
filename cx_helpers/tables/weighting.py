"""Weights that bring the answers to the journeys they speak for: declared in journey.yaml, one factor a cell of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers.config.journey import OVERALL, Weighting
from cx_helpers.errors import DataError
from cx_helpers.estimates.raking import rake
from cx_helpers.tables import frames
from cx_helpers.tables.disclosure import UNKNOWN
from cx_helpers.tables.selection import Selection

KEY = ("touchpoint", "metric")


@dataclass(frozen=True, eq=False)
class Weights:
    """The declared weights of one month.

    Attributes
    ----------
    cells : DataFrame
        touchpoint, metric, a column a margin, n (answers), factor (what each of them counts; mean 1 over a metric).
    metrics : DataFrame
        metric (full name), n, n_effective, design_effect, trimmed (answers at a limit), met (bool), refused (why no
        weights could be made; then the metric stays as it is).
    margins : DataFrame
        metric, column, level, wanted, before, after, n: how far answers were from the margins, and are now.
    """

    cells: pd.DataFrame
    metrics: pd.DataFrame
    margins: pd.DataFrame
    by: tuple[str, ...] = field(default=())


def weights_of(declared: Weighting, answers: ir.Table, journeys: ir.Table, events: ir.Table) -> Weights:
    """Weights of every metric by raking.

    Parameters
    ----------
    answers : as `frames.answers` gives it, of the whole brand and the window
    journeys : of the window; an answer at a touchpoint speaks for the journeys that reached it, one about the whole for all
    events : which journey reached which touchpoint

    Notes
    -----
    The factors of the window serve every page and audience: the same answer counts the same everywhere. A metric that
    cannot be raked (a level of journeys without any answer) is left as it is, and `metrics` says why. Journeys and
    answers whose level is not known are left out of the fit; such answers keep their own weight.
    """
    by = declared.columns
    cells = _levels(answers.mutate(base=answers.weight), by).group_by([*KEY, *by]).aggregate(n=lambda t: t.score.count(), base=lambda t: t.base.mean())
    cells = cells.execute().sort_values([*KEY, *by], ignore_index=True)
    population = _population(declared, journeys, events) if declared.by else {}
    parts, told, fits = [], [], []
    for (touchpoint, metric), mine in cells.groupby(list(KEY), sort=True):
        name = f"{touchpoint}.{metric}"
        margins = {**population.get(touchpoint, population.get(OVERALL, {})), **{column: dict(shares) for column, shares in declared.margins.items()}}
        placed = mine[[UNKNOWN not in levels for levels in mine[by].to_numpy().tolist()]]
        try:
            found = rake(placed, {column: margins[column] for column in by}, "base", "n", trim=tuple(declared.trim))
        except DataError as error:
            told.append({"metric": name, "n": int(mine["n"].sum()), "refused": str(error).removeprefix("rake: ")})
            continue
        parts.append(placed.assign(factor=found.factors))
        fits.append(found.margins.assign(metric=name))
        told.append({"metric": name, "n": int(found.n), "n_effective": found.n_effective, "design_effect": found.design_effect,
                     "trimmed": found.trimmed, "met": found.converged, "refused": ""})  # fmt: skip
    empty = pd.DataFrame(columns=[*KEY, *by, "n", "factor"])
    return Weights(
        pd.concat(parts, ignore_index=True).drop(columns="base") if parts else empty,
        pd.DataFrame(told, columns=["metric", "n", "n_effective", "design_effect", "trimmed", "met", "refused"]),
        pd.concat(fits, ignore_index=True) if fits else pd.DataFrame(columns=["metric", "column", "level", "wanted", "before", "after", "n"]),
        tuple(by),
    )


def brand_weights(selection: Selection, segments: Sequence[str]) -> Weights | None:
    """The weights that the brand declares, of its whole and of the window, whatever the audience; None without any."""
    if selection.journey is None or selection.journey.weighting is None:
        return None
    whole = replace(selection, scope={})
    journeys = whole.table("journeys", "window")
    answers = frames.answers(whole.table("responses", "window"), whole.table("journeys"), segments)
    return weights_of(selection.journey.weighting, answers, journeys, whole.table("events"))


def weighted(answers: ir.Table, weights: Weights | None) -> ir.Table:
    """Answers whose weight is their own times the factor of their cell; a cell without a factor counts as it is."""
    if weights is None or weights.cells.empty:
        return answers
    keys = [*KEY, *weights.by]
    schema = {**dict.fromkeys(keys, "string"), "factor": "float64"}
    factors = ibis.memtable(weights.cells[[*keys, "factor"]].astype({key: str for key in keys}), schema=schema)
    named = factors.rename({f"{key}_cell": key for key in keys})
    level = {column: answers[column].cast("string").fill_null(UNKNOWN) for column in weights.by}
    match = [answers[key] == named[f"{key}_cell"] for key in KEY] + [level[column] == named[f"{column}_cell"] for column in weights.by]
    joined = answers.left_join(named, match)
    return joined.mutate(weight=joined.weight * joined.factor.fill_null(1.0)).select(answers.columns)


def _levels(rows: ir.Table, by: Sequence[str]) -> ir.Table:
    return rows.mutate(**{column: rows[column].cast("string").fill_null(UNKNOWN) for column in by})


def _population(declared: Weighting, journeys: ir.Table, events: ir.Table) -> Mapping[str, dict[str, dict[str, int]]]:
    """Journeys by level of each column: all of them, and those that reached each touchpoint."""
    rows = _levels(journeys, declared.by)
    reached = rows.inner_join(events.select("journey_id", "touchpoint").distinct(), "journey_id")
    found: dict[str, dict[str, dict[str, int]]] = {}
    for column in declared.by:
        known = rows.filter(rows[column] != UNKNOWN)
        whole = known.group_by(column).aggregate(n=known.count()).execute()
        found.setdefault(OVERALL, {})[column] = dict(zip(whole[column], whole["n"], strict=True))
        placed = reached.filter(reached[column] != UNKNOWN)
        each = placed.group_by(["touchpoint", column]).aggregate(n=placed.journey_id.nunique()).execute()
        for touchpoint, part in each.groupby("touchpoint"):
            found.setdefault(touchpoint, {})[column] = dict(zip(part[column], part["n"], strict=True))
    return found
