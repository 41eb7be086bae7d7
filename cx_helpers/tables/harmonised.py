"""Answers to one metric under several wordings, programmes or scales: pooled only where the brand says they compare.

A wording is a pool of answers that may be read together. Of each metric one wording is in force in a month: the one
with most answers then, of equals the one begun last, so that neither a straggler's answer nor a small trial changes
what is reported. Answers under other wordings are kept apart, and a score is never compared across a change.
"""

from __future__ import annotations

from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers.config.journey import Journey

Wordings = Literal["newest", "each_month", "all"]
METRIC = ["touchpoint", "metric"]
VERSION = ["programme", "question_version", "scale_min", "scale_max"]
SCALES = ["asked_min", "asked_max", "own_min", "own_max"]
UNKNOWN_SCALE = (0.0, 1.0)
BLANK = {"programme": "", "question_version": "", "scale_min": 0.0, "scale_max": 0.0}


def versions(responses: ir.Table, journey: Journey) -> pd.DataFrame:
    """Under what each metric was asked, month by month.

    Returns
    -------
    DataFrame: touchpoint, metric, programme, question_version, scale_min, scale_max (as the rows have them; "" and 0
    where they say nothing), month, n (answers), since and until (UTC, when the question was put), wording (what its
    answers are pooled under), asked_min, asked_max, own_min, own_max (a score is carried from the scale it was asked on to
    the metric's own).
    """
    rows = _blanks_filled(responses).mutate(put=ibis.coalesce(responses.asked_at, responses.answered_at))
    answered = rows.score.notnull() & rows.answered_at.notnull()
    found = rows.group_by([*METRIC, *VERSION, "month"]).aggregate(
        n=answered.cast("int64").sum(), since=rows.put.min(where=answered), until=rows.put.max(where=answered)
    )
    found = found.execute().sort_values([*METRIC, *VERSION, "month"], ignore_index=True)
    pooled = pd.DataFrame([_pooled(row, journey) for row in found.itertuples()], columns=["wording", *SCALES])
    return pd.concat([found, pooled.astype(dict.fromkeys(SCALES, "float64"))], axis=1)


def _blanks_filled(responses: ir.Table) -> ir.Table:
    return responses.mutate(**{name: responses[name].fill_null(blank) for name, blank in BLANK.items()})


def _pooled(row, journey: Journey) -> tuple[str, float, float, float, float]:
    """The wording of one version, the scale it was asked on and the one its scores are told on."""
    metric = journey.metrics.get(f"{row.touchpoint}.{row.metric}")
    given = (row.scale_min, row.scale_max) if row.scale_max > row.scale_min else None
    if metric is None:
        return (_named(row.programme, row.question_version), *UNKNOWN_SCALE, *UNKNOWN_SCALE)
    said = metric.comparable
    low, high = metric.limits
    name = _named(said.group(row.programme, said.programmes), said.group(row.question_version, said.wordings))
    asked = said.scales.get(row.question_version) or said.scales.get(row.programme) or given or (low, high)
    if asked == (low, high):
        return (name, low, high, low, high)
    declared = row.question_version in said.scales or row.programme in said.scales
    declared |= any(row.question_version in group for group in said.wordings) or any(row.programme in group for group in said.programmes)
    if not declared:
        name = f"{name} {asked[0]:g}-{asked[1]:g}".strip()
    return (name, low, high, low, high) if metric.kind == "nps" else (name, *asked, low, high)


def _named(programme: str, version: str) -> str:
    return " / ".join(part for part in (programme, version) if part)


def in_force(found: pd.DataFrame, until: str | None = None) -> pd.DataFrame:
    """Which wording of each metric is in force in each month, up to `until`.

    Returns
    -------
    DataFrame: touchpoint, metric, month, wording, in the order of months; a month without answers keeps the wording
    of the month before it.
    """
    known = found[found["month"].notna() & ((found["month"] <= until) if until else True)]
    began = known.groupby([*METRIC, "wording"])["since"].min().rename("began").reset_index()
    each = known.groupby([*METRIC, "month", "wording"])["n"].sum().reset_index().merge(began, on=[*METRIC, "wording"])
    best = each.sort_values([*METRIC, "month", "n", "began", "wording"], kind="stable").drop_duplicates([*METRIC, "month"], keep="last")
    best["wording"] = best["wording"].where(best["n"] > 0)
    for fill in ("ffill", "bfill"):
        best["wording"] = getattr(best.groupby(METRIC)["wording"], fill)()
    return best.dropna(subset=["wording"])[[*METRIC, "month", "wording"]].reset_index(drop=True)


def harmonised(responses: ir.Table, found: pd.DataFrame, until: str | None = None, which: Wordings = "newest") -> ir.Table:
    """Responses that may be read together, their scores on the metric's own scale.

    Parameters
    ----------
    found : as `versions` gives it
    until : the month reported on; all months when left out
    which : {"newest", "each_month", "all"}
        Only what the wording in force in the last month gave; what the wording in force in the month of each answer
        gave (for series, which break where it changes); or everything, put on one scale and not fit for a score.

    Returns
    -------
    Ibis table: the columns and, where nothing is kept apart, the rows of `responses`.
    """
    alone = found.groupby(METRIC)["wording"].nunique().le(1).all()
    carried = (found["asked_min"] != found["own_min"]) | (found["asked_max"] != found["own_max"])
    if not carried.any() and (alone or which == "all"):
        return responses
    how = found.drop_duplicates([*METRIC, *VERSION])[[*METRIC, *VERSION, "wording", *SCALES]]
    keys = [f"_{name}" for name in VERSION]
    how = how.rename(columns=dict(zip(VERSION, keys, strict=True)))
    schema = ibis.schema({name: "float64" if how[name].dtype.kind == "f" else "string" for name in how})
    rows = responses.mutate(**{key: responses[name].fill_null(BLANK[name]) for key, name in zip(keys, VERSION, strict=True)})
    rows = rows.inner_join(ibis.memtable(how, schema=schema), [*METRIC, *keys])
    stretched = (rows.score - rows.asked_min) * (rows.own_max - rows.own_min) / (rows.asked_max - rows.asked_min)
    same = (rows.asked_min == rows.own_min) & (rows.asked_max == rows.own_max)
    rows = rows.mutate(score=ibis.ifelse(same, rows.score, rows.own_min + stretched))
    if which != "all":
        rows = _of(rows, in_force(found, until), which)
    return rows.select(*responses.columns)


def _of(rows: ir.Table, force: pd.DataFrame, which: Wordings) -> ir.Table:
    if which == "newest":
        force = force.drop_duplicates(METRIC, keep="last").drop(columns="month")
    keys = list(force.columns)
    return rows.semi_join(ibis.memtable(force, schema=ibis.schema(dict.fromkeys(keys, "string"))), keys)


def changed(found: pd.DataFrame, until: str | None = None) -> pd.DataFrame:
    """The months in which another wording came into force.

    Returns
    -------
    DataFrame: metric (full name), month, wording, before (the wording until then); no row where nothing changed.
    """
    force = in_force(found, until)
    force = force.assign(before=force.groupby(METRIC)["wording"].shift(), metric=force["touchpoint"] + "." + force["metric"])
    new = force["before"].notna() & (force["before"] != force["wording"])
    return force.loc[new, ["metric", "month", "wording", "before"]].reset_index(drop=True)


def kept_apart(responses: ir.Table, journey: Journey) -> pd.DataFrame:
    """Answers that no score of the latest month uses, for they were given under another wording or programme.

    Returns
    -------
    DataFrame: metric (full name), programme, question_version, rows (answers), since and until (UTC, when the question
    was put), pooled_with (other versions they may be read with, else empty). No row where all compare.
    """
    found = versions(responses, journey)
    newest = in_force(found).drop_duplicates(METRIC, keep="last")[[*METRIC, "wording"]]
    marked = found.merge(newest.rename(columns={"wording": "newest"}), on=METRIC, how="left")
    marked["metric"] = marked["touchpoint"] + "." + marked["metric"]
    marked["name"] = [_named(row.programme, row.question_version) for row in marked.itertuples()]
    apart = marked[(marked["wording"] != marked["newest"]) & (marked["n"] > 0)]
    rows = []
    for (metric, programme, version), part in apart.groupby(["metric", "programme", "question_version"], sort=True):
        pool = apart[(apart["metric"] == metric) & apart["wording"].isin(part["wording"])]
        others = sorted(set(pool["name"]) - set(part["name"]))
        rows.append({"metric": metric, "programme": programme or None, "question_version": version or None, "rows": float(part["n"].sum()),
                     "since": part["since"].min(), "until": part["until"].max(), "pooled_with": ", ".join(others) or None})  # fmt: skip
    columns = ["metric", "programme", "question_version", "rows", "since", "until", "pooled_with"]
    return pd.DataFrame(rows, columns=columns)
