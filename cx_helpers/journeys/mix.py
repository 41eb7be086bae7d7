"""A change of a score, split: how much because scores moved within groups, how much because the groups' shares moved."""

from __future__ import annotations

from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.stats import t

from cx_helpers.errors import DataError

FEWEST = 10
OTHER = "other"
ALL = "all"
UNKNOWN = "\N{EM DASH}"
PARTS = ("rate", "mix", "change")


def mix_shift(
    before, after, score: str, by: str, *, customer: str | None = "customer_id", weight: str | None = "weight",
    fewest: int = FEWEST, confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Kitagawa's split of the change of a mean score into rates and mix.

    Parameters
    ----------
    before, after : DataFrame or Ibis table, a row an answer
        The column `score` (for an NPS: 100, 0 or -100 points), the column `by`, and where they are there `customer` and
        `weight`. Of Ibis tables only sums a customer and level leave the engine.
    fewest : int
        Levels with fewer answers in either period are one level, "other", joined by the next smallest until it has as many.

    Returns
    -------
    DataFrame, a row a level and last the row "all": level, before, after (mean score; NaN where nobody answered),
    before_share, after_share (0-1, of the answers), before_n, after_n, then rate, mix and change, each with
    ``_low`` and ``_high``, in points of the score, n (answers of both), method. rate: (after - before) times the mean of
    the two shares. mix: (after_share - before_share) times the level's mean score less that of all. change: their sum; that of "all" is the
    whole change, exactly. Shares and rates of the two periods are averaged: the choice of reference is the middle one.

    Raises
    ------
    DataError
        A column is missing, or a period has no known score.

    Notes
    -----
    Kitagawa (1955), JASA 50. Intervals: delta method, influences added up by customer over both periods, Student's t.
    With `fewest` 0 a level that one period lacks is kept, and all of its part is mix. Not an explanation: the level may stand for something else that moved with it.

    Examples
    --------
    >>> was = pd.DataFrame({"score": [10.0] * 80 + [0.0] * 20, "place": ["city"] * 80 + ["airport"] * 20})
    >>> now = pd.DataFrame({"score": [10.0] * 60 + [0.0] * 40, "place": ["city"] * 60 + ["airport"] * 40})
    >>> whole = mix_shift(was, now, "score", "place").iloc[-1]
    >>> float(round(whole["rate"], 6)), float(round(whole["mix"], 6))
    (0.0, -2.0)
    """
    sides = [_sums(side, score, by, customer, weight, name) for side, name in ((before, "before"), (after, "after"))]
    rows = pd.concat([side.assign(after=place == 1) for place, side in enumerate(sides)], ignore_index=True)
    rows["level"] = _levels(rows, fewest)
    rows = rows.groupby(["level", "after", "who"], as_index=False, sort=True)[["n", "weight", "total"]].sum()
    return _split(rows, confidence)


def _sums(side, score: str, by: str, customer: str | None, weight: str | None, name: str) -> pd.DataFrame:
    """Sums a customer and level; an answer without a customer stands alone."""
    missing = [column for column in (score, by) if column not in side.columns]
    if missing:
        raise DataError(f"mix_shift: {name} has no column {', '.join(missing)}; found {', '.join(side.columns)}. Name one it has.")
    held = {"customer": customer if customer in side.columns else None, "weight": weight if weight in side.columns else None}
    rows = _grouped(side, score, by, name, **held) if isinstance(side, ir.Table) else _framed(side, score, by, **held)
    if rows.empty:
        raise DataError(f"mix_shift: {name} has no known {score} of positive weight. Choose a period with answers.")
    alone = rows["who"].isna()
    rows["who"] = rows["who"].astype(object).where(~alone, [(name, place) for place in range(len(rows))])
    rows["level"] = rows["level"].astype(object).where(rows["level"].notna(), UNKNOWN).astype(str)
    return rows


def _framed(side: pd.DataFrame, score: str, by: str, customer: str | None, weight: str | None) -> pd.DataFrame:
    worth = side[weight].astype(float) if weight else pd.Series(1.0, side.index)
    points = side[score].astype(float)
    rows = pd.DataFrame({"level": side[by], "who": side[customer] if customer else None, "n": 1, "weight": worth, "total": worth * points})
    rows = rows[points.notna() & (worth > 0)]
    known = rows[rows["who"].notna()].groupby(["level", "who"], as_index=False, dropna=False)[["n", "weight", "total"]].sum()
    return pd.concat([known, rows[rows["who"].isna()]], ignore_index=True)


def _grouped(side: ir.Table, score: str, by: str, name: str, customer: str | None, weight: str | None) -> pd.DataFrame:
    worth = side[weight].cast("float64") if weight else ibis.literal(1.0)
    who = side[customer].cast("string") if customer else ibis.null("string")
    rows = side.select(level=side[by].cast("string"), points=side[score].cast("float64"), worth=worth, who=who)
    rows = rows.filter(rows.points.notnull() & (rows.worth > 0))
    rows = rows.mutate(who=rows.who.fill_null(ibis.literal(f"{name} {UNKNOWN} ") + ibis.row_number().cast("string")))
    found = rows.group_by(["level", "who"]).aggregate(n=rows.count(), weight=rows.worth.sum(), total=(rows.worth * rows.points).sum())
    return found.order_by(["level", "who"]).execute()


def _levels(rows: pd.DataFrame, fewest: int) -> pd.Series:
    """Levels with enough answers in both periods; the others are one, with the next smallest until it has enough too."""
    n = rows.groupby(["level", "after"])["n"].sum().unstack(fill_value=0).reindex(columns=[False, True], fill_value=0)
    n = n.loc[n.min(axis=1).sort_values(kind="stable").index]
    few = int((n < fewest).any(axis=1).sum())
    while 0 < few < len(n) and (n.iloc[:few].sum() < fewest).any():
        few += 1
    return rows["level"].where(~rows["level"].isin(n.index[:few]), OTHER)


def _split(rows: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The parts of every level, and their influences by customer."""
    who, names = pd.factorize(rows["who"])
    level, levels = pd.factorize(rows["level"])
    after = rows["after"].to_numpy(dtype=bool)
    n, weight, total = (np.zeros((2, len(levels))) for _ in range(3))
    for place, column in ((n, "n"), (weight, "weight"), (total, "total")):
        np.add.at(place, (after.astype(int), level), rows[column].to_numpy(dtype=float))
    share = weight / weight.sum(axis=1, keepdims=True)
    own = np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)
    score = np.where(np.isnan(own), own[::-1], own)
    whole = np.array([total[side].sum() / weight[side].sum() for side in (0, 1)])
    middle, usual = share.mean(axis=0), score.mean(axis=0) - whole.mean()
    parts = {"rate": (score[1] - score[0]) * middle, "mix": (share[1] - share[0]) * usual}
    parts["change"] = parts["rate"] + parts["mix"]
    frame = pd.DataFrame({"level": levels, "before": own[0], "after": own[1], "before_share": share[0], "after_share": share[1],
                          "before_n": n[0].astype(int), "after_n": n[1].astype(int), **parts})  # fmt: skip
    last = {"level": ALL, "before": whole[0], "after": whole[1], "before_share": 1.0, "after_share": 1.0,
            "before_n": int(n[0].sum()), "after_n": int(n[1].sum()), **{name: values.sum() for name, values in parts.items()}}  # fmt: skip
    frame = pd.concat([frame, pd.DataFrame([last])], ignore_index=True)
    influence = _influence(rows, who, level, after, weight, own, share, score, whole)
    return _bounds(frame, influence, len(names), confidence)


def _influence(rows, who, level, after, weight, own, share, score, whole) -> dict[str, np.ndarray]:
    """Each customer's influence on each part: customers x levels."""
    people, side = int(who.max()) + 1, after.astype(int)
    sign = np.where(after, 1.0, -1.0)
    w, total = rows["weight"].to_numpy(dtype=float), rows["total"].to_numpy(dtype=float)
    all_weight = weight.sum(axis=1)[side]
    # of the level's own mean, of the mean of all, and of the level's share
    on_score = np.where(np.isnan(own[1 - side, level]), 0.0, 1.0) * (total - own[side, level] * w) / weight[side, level]
    on_whole = (total - whole[side] * w) / all_weight
    count = len(share[0])
    middle, usual, moved = share.mean(axis=0), score.mean(axis=0) - whole.mean(), share[1] - share[0]
    gap = score[1] - score[0]
    once = np.isnan(own[1 - side, level])
    alone = np.where(once, (total - own[side, level] * w) / weight[side, level], 0.0)  # both means are then this one
    per_level = {name: np.zeros((people, count)) for name in ("rate", "mix")}
    np.add.at(per_level["rate"], (who, level), sign * middle[level] * on_score + gap[level] * w / all_weight / 2)
    np.add.at(per_level["mix"], (who, level), moved[level] * (on_score / 2 + alone) + sign * usual[level] * w / all_weight)
    # what a customer's answers take from the share of every level, and add to the mean of all
    takes = np.zeros((people, 2))
    np.add.at(takes, (who, side), w / all_weight)
    on_all = np.bincount(who, on_whole, people)
    per_level["rate"] -= (takes @ share) * gap / 2
    per_level["mix"] -= (takes[:, [1]] * share[1] - takes[:, [0]] * share[0]) * usual + np.outer(on_all / 2, moved)
    per_level["change"] = per_level["rate"] + per_level["mix"]
    return {name: np.column_stack([values, values.sum(axis=1)]) for name, values in per_level.items()}


def _bounds(frame: pd.DataFrame, influence: dict[str, np.ndarray], people: int, confidence: float) -> pd.DataFrame:
    times = t.ppf((1 + confidence) / 2, max(people - 1, 1)) * np.sqrt(people / max(people - 1, 1))
    for name in PARTS:
        half = times * np.sqrt((influence[name] ** 2).sum(axis=0))
        # Rounding alone leaves about 1e-17: it must not pass for knowledge.
        half = np.where((half > 1e-12) & (people > 1), half, np.nan)
        frame[f"{name}_low"], frame[f"{name}_high"] = frame[name] - half, frame[name] + half
    order = ["level", "before", "after", "before_share", "after_share", "before_n", "after_n"]
    order += [f"{name}{part}" for name in PARTS for part in ("", "_low", "_high")]
    return frame[order].assign(n=frame["before_n"] + frame["after_n"], method="Kitagawa, delta method by customer")
