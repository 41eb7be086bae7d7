"""Which cells may be shown: decided once, for every page and audience of a month.

A value that rests on fewer than the minimum of answers is hidden. Where one hidden cell could be worked out from its
group's total, the next smallest is hidden with it, until the hidden cells together hold the minimum.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey
from cx_helpers.tables import frames
from cx_helpers.tables.frames import in_scope
from cx_helpers.tables.selection import Selection

CELL = ("audience", "breakdown", "metric", "month", "level")
NUMBERS = ("value", "low", "high", "n")
UNKNOWN = "\u2014"


def answer_cells(answers: ir.Table, segments: Sequence[str], audience: str = "all") -> pd.DataFrame:
    """The cells that an audience's pages show of answers: each score by month, and by unit, by segment and by the channel
    it was asked in, a month and over the window.

    Parameters
    ----------
    answers : Ibis table
        As `frames.answers` gives it, in the audience's scope and the window of the study.

    Returns
    -------
    DataFrame: audience, breakdown, metric (full name), month (or "window"), level, n.
    """
    answers = answers.mutate(metric=answers.touchpoint + "." + answers.metric)
    breakdowns = ("unit", "asked_channel", *segments)
    counted = answers.group_by(["metric", "month", *breakdowns]).aggregate(n=answers.score.count()).cache()
    cells = []
    for breakdown in breakdowns:
        rows = counted.group_by(["metric", "month", breakdown]).aggregate(n=counted.n.sum()).execute()
        rows["level"] = rows[breakdown].astype(object).where(rows[breakdown].notna(), UNKNOWN).astype(str)
        whole = rows.groupby(["metric", "level"])["n"].sum().reset_index().assign(month="window")
        cells += [part.assign(breakdown=breakdown) for part in (rows, whole)]
    months = counted.group_by(["metric", "month"]).aggregate(n=counted.n.sum()).execute()
    counted.release()
    cells.append(months.assign(breakdown="month", level=months["month"], month="window"))
    return pd.concat(cells, ignore_index=True).assign(audience=audience)[[*CELL, "n"]]


def nested_cells(answers: ir.Table, scopes: Mapping[str, Mapping[str, Sequence[str]]], first: str = "") -> pd.DataFrame:
    """What one audience's total leaves over of another's that holds it: two pages together must not give it away.

    Parameters
    ----------
    answers : Ibis table
        Of the whole brand, in the window or, with its first month as `first`, also before it: charts look further back.
    scopes : mapping of audience to its scope

    Returns
    -------
    DataFrame: audience (the inner one), breakdown ("within <outer>"), metric, month (or "window"), level ("in" or
    "out"), n; a pair of audiences each way, where the inner one has no answer outside the outer one.
    """
    flags = {f"is_{name}": in_scope(answers, scope) for name, scope in scopes.items()}
    answers = answers.mutate(metric=answers.touchpoint + "." + answers.metric, **flags)
    rows = answers.group_by(["metric", "month", *flags]).aggregate(n=answers.score.count()).execute()
    cells = [pd.DataFrame(columns=[*CELL, "n"])]
    for inner, outer in itertools.permutations(scopes, 2):
        mine, theirs = rows[f"is_{inner}"].astype(bool), rows[f"is_{outer}"].astype(bool)
        if (mine & ~theirs).any() or (mine == theirs).all():
            continue
        part = rows[theirs].assign(level=np.where(mine[theirs], "in", "out"), audience=inner, breakdown=f"within {outer}")
        monthly = part.groupby(list(CELL))["n"].sum().reset_index()
        window = monthly[monthly["month"] >= first].assign(month="window")
        cells += [monthly, window.groupby(list(CELL))["n"].sum().reset_index()]
    return pd.concat(cells, ignore_index=True)


def decide(cells: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Which cells are shown.

    Parameters
    ----------
    cells : DataFrame
        audience, breakdown (which column the levels come from), metric, month, level, n (answers, 0 or more). The
        levels of one audience, breakdown, metric and month add up to a total that readers may know.
    minimum : int
        Fewest answers a shown cell rests on.

    Returns
    -------
    DataFrame
        `cells` with `shown` (bool). Cells without answers stay shown: nobody stands behind them.
    """
    cells = cells.sort_values([*CELL], ignore_index=True)
    groups = cells.groupby(list(CELL[:4]), dropna=False, sort=False)["n"]
    shown = groups.transform(lambda n: pd.Series(_shown(n.to_numpy(), minimum), n.index))
    return cells.assign(shown=shown.astype(bool) if len(cells) else pd.Series(dtype=bool))


def _shown(n: np.ndarray, minimum: int) -> np.ndarray:
    """Primary and complementary suppression of one group of cells."""
    shown = (n == 0) | (n >= minimum)
    while not shown.all():
        hidden = ~shown
        candidates = shown & (n > 0)
        if (hidden.sum() > 1 and n[hidden].sum() >= minimum) or not candidates.any():
            break
        shown[np.flatnonzero(candidates)[n[candidates].argmin()]] = False
    return shown


@dataclass(frozen=True, eq=False)
class Disclosure:
    """The decision of one brand and month, asked by every table and figure.

    Attributes
    ----------
    cells : DataFrame
        As `decide` gives it.
    minimum, few : int
        Below `minimum` a value is hidden, below `few` it is marked.
    audience : str
        Whose pages ask.
    """

    cells: pd.DataFrame
    minimum: int
    few: int
    audience: str = "all"

    def hide(self, frame: pd.DataFrame, breakdown: str, *, numbers: Sequence[str] = NUMBERS) -> pd.DataFrame:
        """`frame` with its hidden numbers blank and a column `shown`.

        Parameters
        ----------
        frame : DataFrame
            metric (full name), month and a column named like `breakdown` (not for ``month``), n and the numbers.
        """
        level = frame[breakdown].astype(object).where(frame[breakdown].notna(), UNKNOWN).astype(str)
        asked = pd.DataFrame({"metric": frame["metric"], "month": "window" if breakdown == "month" else frame["month"], "level": level})
        n = frame["n"].fillna(0).to_numpy()
        shown = (n >= self.minimum) & self._all(self.cells["breakdown"] == breakdown, asked)
        if breakdown == "month":
            inside = self.cells["breakdown"].str.startswith("within ") & (self.cells["level"] == "in")
            shown &= self._all(inside & (self.cells["audience"] == self.audience), asked.assign(month=frame["month"], level="in"))
        return blank(frame, shown, numbers)

    def _all(self, which: pd.Series, asked: pd.DataFrame) -> np.ndarray:
        """Whether every decision on a cell shows it: of this audience, and of a unit those of all audiences, for its
        number is the same on every page."""
        mine = which & ((self.cells["audience"] == self.audience) | (self.cells["breakdown"] == "unit"))
        decided = self.cells[mine].groupby(["metric", "month", "level"])["shown"].all()
        return decided.reindex(pd.MultiIndex.from_frame(asked)).fillna(True).to_numpy(dtype=bool)

    def small(self, frame: pd.DataFrame, *, within: Sequence[str] = (), numbers: Sequence[str] = NUMBERS) -> pd.DataFrame:
        """`frame` with small groups hidden, for a table whose groups no other page splits: the rows that share
        `within` add up to a known total."""
        if frame.empty:
            return frame.assign(shown=pd.Series(dtype=bool))
        n = frame["n"].fillna(0)
        keys = [frame[name] for name in within] or [pd.Series(0, frame.index)]
        shown = n.groupby(keys, dropna=False, sort=False).transform(lambda g: pd.Series(_shown(g.to_numpy(), self.minimum), g.index))
        return blank(frame, shown.astype(bool).to_numpy(), numbers)


def brand_disclosure(
    selection: Selection, journey: Journey, scopes: Mapping[str, Mapping[str, Sequence[str]]], segments: Sequence[str], audience: str
) -> Disclosure:
    """The decision of a brand and month: over all its audiences, and over every wording that a page shows.

    Months in which another wording was in force are decided apart, for what is shown of them adds up to a total of
    its own.

    Parameters
    ----------
    selection : Selection
        Of any scope.
    scopes : mapping of audience to its scope
    audience : str
        Whose pages ask.
    """
    decided = []
    for wordings in ("newest", "each_month") if len(selection.reworded) else ("newest",):
        cells = []
        for name, scope in {**scopes, "": {}}.items():
            seen = replace(selection, scope=scope)
            span = "window" if name else "known"
            given = frames.answers(seen.table("responses", span, wordings=wordings), seen.table("journeys"), segments)
            cells.append(answer_cells(given, segments, name) if name else nested_cells(given, scopes, selection.first))
        decided.append(decide(pd.concat(cells, ignore_index=True), journey.minimum_n))
    return Disclosure(pd.concat(decided, ignore_index=True), journey.minimum_n, journey.few_n, audience)


def without_naive(states: pd.DataFrame, numbers: Sequence[str] = NUMBERS) -> pd.DataFrame:
    """`states` with the naive readings hidden wherever a state as lived is: the two differ by what was hidden.

    Parameters
    ----------
    states : DataFrame with naive (bool) and shown, of `Disclosure.small`
    """
    if (states["naive"] | states["shown"]).all():
        return states
    return blank(states, (states["shown"] & ~states["naive"]).to_numpy(), numbers)


def blank(frame: pd.DataFrame, shown: np.ndarray, numbers: Sequence[str]) -> pd.DataFrame:
    """`frame` with `numbers` empty where not shown, and the column `shown`."""
    out = frame.assign(shown=shown)
    for name in (name for name in numbers if name in out):
        out[name] = out[name].astype(float).where(out["shown"])
    return out
