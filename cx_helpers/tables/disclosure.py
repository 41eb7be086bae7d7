"""Which cells may be shown: decided once, for every page and audience of a month.

A value that rests on fewer than the minimum of answers is hidden. Where one hidden cell could be worked out from its
group's total, the next smallest is hidden with it, until the hidden cells together hold the minimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

CELL = ("breakdown", "metric", "month", "level")
NUMBERS = ("value", "low", "high", "n")


def answer_cells(answers: ir.Table, segments: Sequence[str]) -> pd.DataFrame:
    """The cells that pages show of answers: each score by month, by unit and by segment, a month and over the window.

    Parameters
    ----------
    answers : Ibis table
        As `frames.answers` gives it, of every audience, in the window of the study.

    Returns
    -------
    DataFrame: breakdown, metric (full name), month (or "window"), level, n.
    """
    answers = answers.mutate(metric=answers.touchpoint + "." + answers.metric)
    cells = []
    for breakdown in ("unit", *segments):
        rows = answers.group_by(["metric", "month", breakdown]).aggregate(n=answers.score.count()).execute()
        whole = rows.groupby(["metric", breakdown], dropna=False)["n"].sum().reset_index().assign(month="window")
        cells += [part.assign(breakdown=breakdown, level=part[breakdown].astype(str)) for part in (rows, whole)]
    months = answers.group_by(["metric", "month"]).aggregate(n=answers.score.count()).execute()
    cells.append(months.assign(breakdown="month", level=months["month"], month="window"))
    return pd.concat(cells, ignore_index=True)[[*CELL, "n"]]


def decide(cells: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Which cells are shown.

    Parameters
    ----------
    cells : DataFrame
        breakdown (which column the levels come from), metric, month, level, n (answers, 0 or more). The levels of one
        breakdown, metric and month add up to a total that readers may know.
    minimum : int
        Fewest answers a shown cell rests on.

    Returns
    -------
    DataFrame
        `cells` with `shown` (bool). Cells without answers stay shown: nobody stands behind them.
    """
    cells = cells.sort_values([*CELL], ignore_index=True)
    groups = cells.groupby(list(CELL[:3]), dropna=False, sort=False)["n"]
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
    """

    cells: pd.DataFrame
    minimum: int
    few: int

    def hide(self, frame: pd.DataFrame, breakdown: str, *, numbers: Sequence[str] = NUMBERS) -> pd.DataFrame:
        """`frame` with its hidden numbers blank and a column `shown`.

        Parameters
        ----------
        frame : DataFrame
            metric (full name), month and a column named like `breakdown` (not for ``month``), n and the numbers.
        """
        level = "month" if breakdown == "month" else breakdown
        asked = frame.assign(_level=frame[level].astype(str), _month="window" if breakdown == "month" else frame["month"])
        mine = self.cells[self.cells["breakdown"] == breakdown]
        key = mine.set_index(["metric", "month", "level"])["shown"]
        index = pd.MultiIndex.from_frame(asked[["metric", "_month", "_level"]])
        decided = key.reindex(index).to_numpy()
        shown = np.where(pd.isna(decided), frame["n"].to_numpy() >= self.minimum, decided == True)  # noqa: E712
        return blank(frame, shown & (frame["n"].to_numpy() >= self.minimum), numbers)

    def small(self, frame: pd.DataFrame, *, within: Sequence[str] = (), numbers: Sequence[str] = NUMBERS) -> pd.DataFrame:
        """`frame` with small groups hidden, for a table whose groups no other page splits: the rows that share
        `within` add up to a known total."""
        if frame.empty:
            return frame.assign(shown=pd.Series(dtype=bool))
        n = frame["n"].fillna(0)
        keys = [frame[name] for name in within] or [pd.Series(0, frame.index)]
        shown = n.groupby(keys, dropna=False, sort=False).transform(lambda g: pd.Series(_shown(g.to_numpy(), self.minimum), g.index))
        return blank(frame, shown.astype(bool).to_numpy(), numbers)


def blank(frame: pd.DataFrame, shown: np.ndarray, numbers: Sequence[str]) -> pd.DataFrame:
    """`frame` with `numbers` empty where not shown, and the column `shown`."""
    out = frame.assign(shown=shown)
    for name in (name for name in numbers if name in out):
        out[name] = out[name].astype(float).where(out["shown"])
    return out
