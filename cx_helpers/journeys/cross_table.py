"""A score split two ways, and by what it is filtered: what the explorer shows and a page prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey, label_in
from cx_helpers.errors import UsageError
from cx_helpers.estimates.families import for_several
from cx_helpers.journeys import scores
from cx_helpers.tables.crossed import crossed
from cx_helpers.tables.disclosure import UNKNOWN, Disclosure

MOST_CELLS = 400  # more can neither be read nor clicked
MOST_READ, MOST_ACROSS = 12, 4  # levels of the first look, down and across
WHOLE = ""  # the level of a row or column that holds all of them
WHOLE_LABEL = "explorer.all"
STATE = "state"
SUMS = ["n", "weight", "total", "promoters", "detractors"]
COLUMNS = ["metric", "label", "kind", "scale_min", "scale_max", "target", "row", "column", "row_label", "column_label", "value", "low", "high", "n", "method", "shown"]


@dataclass(frozen=True)
class Choice:
    """What is looked at.

    Attributes
    ----------
    metric : str
        ``touchpoint.metric``.
    rows, columns : str
        A column of `explored_answers`: unit, month, asked_channel, a segment, or state (what the customer had lived
        when answering). `columns` may be empty.
    segment, level : str
        Only answers with this level of this column; empty is all.
    month : str
        Only answers of this month; empty is the whole window.
    """

    metric: str
    rows: str
    columns: str = ""
    segment: str = ""
    level: str = ""
    month: str = ""

    def keeps(self, answers: pd.DataFrame, *, level: bool = True, month: bool = True) -> np.ndarray:
        """Which answers are chosen; without its level or its month, what they are chosen from."""
        kept = np.ones(len(answers), dtype=bool)
        if level and self.segment and self.level:
            kept &= (answers[self.segment] == self.level).to_numpy()
        if month and self.month:
            kept &= (answers["month"] == self.month).to_numpy()
        return kept

    def cell(self, answers: pd.DataFrame, row: str, column: str) -> pd.DataFrame:
        """The answers behind a cell; WHOLE is any row or column."""
        kept = self.keeps(answers)
        kept &= True if row == WHOLE else (answers[self.rows] == row).to_numpy()
        kept &= True if column == WHOLE else (answers[self.columns] == column).to_numpy()
        return answers[kept]


def dimensions(study: Any) -> dict[str, str]:
    """What a score of this brand can be split by: column of `explored_answers` to its label, the brand's in the reader's language or a word of the catalogue."""
    journey = study.brand.journey
    found = {segment.id: study.label(segment) for segment in journey.segments if segment.id in study.segments}
    if journey.states:
        found[STATE] = "dimension_state"
    if journey.unit:
        found["unit"] = study.label(journey.unit.one)
    return {**found, "month": "dimension_month", "asked_channel": "dimension_asked_channel"}


def starting_choice(study: Any) -> Choice | None:
    """What is looked at first: the score that drivers explain, by the first segment of few levels (else unit, else month)
    and by what customers had lived; None where nothing was asked. Of the two, the one of fewer levels goes across."""
    if not study.primary:
        return None
    names, answers = list(dimensions(study)), study.answers(study.primary)
    rows = next(name for name in names if name != STATE and (name == "month" or answers[name].nunique() <= MOST_READ))
    if STATE not in names:
        return Choice(study.primary, rows)
    turned = answers[rows].nunique() <= MOST_ACROSS < len(study.brand.journey.states)
    return Choice(study.primary, STATE, rows) if turned else Choice(study.primary, rows, STATE)


def headline(table: pd.DataFrame, choice: Choice, names: dict[str, str], confidence: float = 0.95) -> tuple[str, dict[str, Any]]:
    """What a cross table says, as a message: its lowest and highest cell where they are apart beyond what the number of
    cells brings about (Bonferroni), else only what it shows.

    Parameters
    ----------
    table : DataFrame
        Of `cross_table`.
    names : as `dimensions` gives them
    """
    cells = table[(table["row"] != WHOLE) & ((table["column"] != WHOLE) | (not choice.columns))]
    inside = cells[cells["shown"] & cells["low"].notna()]
    label = table["label"].iloc[0] if len(table) else choice.metric
    plain = {"label": label, "rows": names[choice.rows], "columns": names.get(choice.columns, "")}
    inside = inside[(inside["row"] != UNKNOWN) & (inside["column"] != UNKNOWN)]
    if set(inside["column"]) != set(cells["column"]) - {UNKNOWN}:  # the ends may lie where a whole column is hidden: rows as wholes then
        inside = table[(table["row"] != WHOLE) & (table["row"] != UNKNOWN) & (table["column"] == WHOLE) & table["shown"] & table["low"].notna()]
    if len(inside) > 1:
        low, high = inside.loc[inside["value"].idxmin()], inside.loc[inside["value"].idxmax()]
        ends = for_several(inside, len(inside), confidence)
        if ends["high"][low.name] < ends["low"][high.name]:
            ends = {name: {k: float(row[k]) for k in ("value", "low", "high")} for name, row in (("low", low), ("high", high))}
            places = {f"{name}_place": [part for part in (row["row_label"], row["column_label"]) if part] for name, row in (("low", low), ("high", high))}
            return ("explorer.headline_apart", {"label": label, **ends, **places})
    return ("explorer.headline_two" if choice.columns else "explorer.headline", plain)


def explored_answers(study: Any, metric: str) -> pd.DataFrame:
    """Answers to a metric in the window, with every column that `dimensions` names as text; unknown is a dash.

    Raises
    ------
    UsageError
        The brand has no such metric.
    """
    if metric not in study.brand.journey.metrics:
        raise UsageError(f"metric {metric!r}: not in journey.yaml of {study.brand.name}. Known: {', '.join(study.brand.journey.metrics)}.")
    frame = study.states(metric=metric) if study.brand.journey.states else study.answers(metric)
    for name in dimensions(study):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), UNKNOWN).astype(str)
    return frame


def cross_table(
    answers: pd.DataFrame, journey: Journey, choice: Choice, disclosure: Disclosure, *, language: str = "en", confidence: float = 0.95
) -> pd.DataFrame:
    """A score by the rows and columns chosen, with their totals.

    Parameters
    ----------
    answers : DataFrame
        As `explored_answers` gives it.
    disclosure : Disclosure
        Of the study: what its pages hide of one split is hidden here too.

    Returns
    -------
    DataFrame
        metric, label, kind, scale_min, scale_max, target, row, column (levels; "" is all of them), row_label
        (a message where it is all of them), column_label, value (NPS points, or the mean on its scale), low, high, n (answers), method, shown (bool). Rows
        and columns in the order of their levels (states as declared), totals last; cells without answers are left out.

    Raises
    ------
    UsageError
        Rows and columns are the same, a column is unknown, or there are more than 400 cells.

    Notes
    -----
    Hidden are cells of fewer answers than the minimum; cells that would tell as few by what a filter leaves over of the
    same cell; what the pages hide; and whatever totals would give away (see `tables.crossed`).

    Examples
    --------
    >>> cross_table(answers, journey, Choice("overall.nps", "region", "state"), study.disclosure)    # doctest: +SKIP
    """
    _check(answers, choice)
    rows, columns = _levels(answers, choice.rows, journey), _levels(answers, choice.columns, journey)
    if len(rows) * max(len(columns), 1) > MOST_CELLS:
        raise UsageError(f"explorer: {len(rows)} rows and {len(columns)} columns are more than {MOST_CELLS} cells. Choose a split with fewer levels.")
    kept = answers[choice.keeps(answers)]
    shown = _shown(answers, choice, rows, columns, disclosure)
    places = [(row, column) for row in [*rows, WHOLE] for column in [*columns, WHOLE]]
    sums = _sums(kept, choice, places)
    labels = {state.id: label_in(state.label, language) for state in journey.states}
    metric = journey.metrics[choice.metric]
    low, high = metric.limits
    facts = {
        "metric": choice.metric, "label": label_in(metric.label, language), "kind": metric.kind, "scale_min": low, "scale_max": high,
        "target": np.nan if metric.target is None else metric.target,
    }  # fmt: skip
    told = []
    for row, column in places:
        mine = sums[row, column]
        if not len(mine):
            continue
        place = {"row": row, "column": column, "row_label": WHOLE_LABEL if row == WHOLE else labels.get(row, row) if choice.rows == STATE else row}
        place["column_label"] = labels.get(column, column) if choice.columns == STATE else column
        if not shown[row, column]:
            told.append({**facts, **place, "value": np.nan, "low": np.nan, "high": np.nan, "n": np.nan, "method": "", "shown": False})
            continue
        found = scores.score(mine, metric, confidence)
        told.append({**facts, **place, "value": found.value, "low": found.low, "high": found.high, "n": float(found.n), "method": found.method, "shown": True})
    return pd.DataFrame(told, columns=COLUMNS)


def _check(answers: pd.DataFrame, choice: Choice) -> None:
    if choice.rows == choice.columns:
        raise UsageError(f"explorer: rows and columns are both {choice.rows!r}. Choose two different ones, or no columns.")
    for name in filter(None, (choice.rows, choice.columns, choice.segment)):
        if name not in answers:
            raise UsageError(f"explorer: {name!r} is no column of these answers. Choose one that `dimensions` names.")


def _levels(answers: pd.DataFrame, name: str, journey: Journey) -> list[str]:
    if not name:
        return []
    found = set(answers[name])
    declared = [state.id for state in journey.states] if name == STATE else []
    return [level for level in declared if level in found] + sorted(found - set(declared), key=lambda level: (level == UNKNOWN, level))


def _sums(kept: pd.DataFrame, choice: Choice, places: list[tuple[str, str]]) -> dict[tuple[str, str], pd.DataFrame]:
    """Sums a customer in each cell, as every score is made from."""
    weight, score = kept["weight"].to_numpy(), kept["score"].to_numpy()
    parts = pd.DataFrame({
        "customer": kept["customer_id"].fillna(kept["response_id"]).to_numpy(), "row": kept[choice.rows].to_numpy(),
        "column": kept[choice.columns].to_numpy() if choice.columns else WHOLE,
        "n": 1, "weight": weight, "total": weight * score, "promoters": weight * (score >= 9), "detractors": weight * (score <= 6),
    })  # fmt: skip
    found = {}
    for row, column in places:
        mine = parts[(row == WHOLE) | (parts["row"] == row)]
        mine = mine[(column == WHOLE) | (mine["column"] == column)]
        found[row, column] = mine.groupby("customer", sort=False)[SUMS].sum()
    return found


def _shown(answers: pd.DataFrame, choice: Choice, rows: list[str], columns: list[str], disclosure: Disclosure) -> dict[tuple[str, str], bool]:
    """The decision on every cell, totals included."""
    minimum = disclosure.minimum

    def grid(level: bool, month: bool) -> np.ndarray:
        part = answers[choice.keeps(answers, level=level, month=month)]
        across = part[choice.columns] if choice.columns else pd.Series(WHOLE, part.index)
        table = pd.crosstab(part[choice.rows], across).reindex(index=rows, columns=columns or [WHOLE], fill_value=0)
        return table.to_numpy(dtype=float)

    chosen, any_month, any_level = grid(True, True), grid(True, False), grid(False, True)

    def alone(n: np.ndarray, *wider: np.ndarray) -> np.ndarray:
        """Whether cells hold enough, and what each filter leaves over of them is nothing or enough."""
        left = [(more - n == 0) | (more - n >= minimum) for more in wider]
        return np.logical_and.reduce([(n == 0) | (n >= minimum), *left])

    totals = [[grid.sum(axis) for grid in (chosen, any_month, any_level)] for axis in (1, 0)]
    down = crossed(totals[0][0], minimum, alone(*totals[0]) & _paged(choice, choice.rows, rows, totals[0][0], disclosure))
    across = crossed(totals[1][0], minimum, alone(*totals[1]) & _paged(choice, choice.columns, columns, totals[1][0], disclosure))
    whole = bool(alone(*(np.array([grid.sum()]) for grid in (chosen, any_month, any_level)))[0])
    down, across = down & whole, across & whole
    inside = crossed(chosen, minimum, alone(chosen, any_month, any_level) & down[:, None] & across[None, :]) if columns else down[:, None]
    found = {(row, column): bool(inside[i, j]) for i, row in enumerate(rows) for j, column in enumerate(columns)}
    found |= {(row, WHOLE): bool(down[i]) for i, row in enumerate(rows)} | {(WHOLE, column): bool(across[j]) for j, column in enumerate(columns)}
    return {**found, (WHOLE, WHOLE): whole}


def _paged(choice: Choice, name: str, levels: list[str], n: np.ndarray, disclosure: Disclosure) -> np.ndarray:
    """What the pages show of the same split; they split nothing filtered by a level."""
    if not levels or choice.segment:
        return np.ones(len(n), dtype=bool)
    month = np.array(levels) if name == "month" else (choice.month or "window")
    frame = pd.DataFrame({"metric": choice.metric, "month": month, name: levels, "n": n})
    return disclosure.hide(frame, name)["shown"].to_numpy() | (n == 0)
