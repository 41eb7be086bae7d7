"""Whether a touchpoint fails by its design or by its execution: is the standard kept, and are customers content where it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers.drivers.columns import checked_weights, column, floats, numbered_groups
from cx_helpers.errors import DataError
from cx_helpers.estimates.families import several
from cx_helpers.estimates.levels import level_from_totals
from cx_helpers.estimates.moments import Estimate, Totals

NEEDED = {"inputs": ("input", "label", "touchpoint", "better", "standard"), "scores": ("measure", "label", "touchpoint", "standard")}
VERDICTS = ("both", "execution", "design", "not told", "fine")
NUMBERS = ("off_share", "off_low", "off_high", "score", "score_low", "score_high", "n", "n_score")
COLUMNS = {
    "input": str, "label": str, "touchpoint": str, "unit": str, "unit_of_measure": str, "standard": float, "allowed_share": float, "off_share": float,
    "off_low": float, "off_high": float, "kept": str, "measure": str, "score_label": str, "target": float, "score": float, "score_low": float,
    "score_high": float, "content": str, "verdict": str, "missing": object, "n": int, "n_score": int, "method": str, "grade": str,
}  # fmt: skip


def diagnosis(
    data: pd.DataFrame, inputs: pd.DataFrame, scores: pd.DataFrame, *, by: str | None = None, weights=None, cluster=None, minimum: int = 10,
    confidence: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Design, execution, both or fine: a row an input, or with `by` an input and unit.

    Parameters
    ----------
    data : DataFrame
        A row a journey: a column an input, and a column a score (NaN where unknown or not asked).
    inputs : DataFrame
        input, label, touchpoint, better ("lower", "higher"), standard (NaN where none); where known statistic ("share": the input is 0/1
        and its standard a share of journeys; "mean" or "median": of what the standard is meant) and unit_of_measure.
    scores : DataFrame
        measure (column of data), label, touchpoint, standard (its target; NaN where none); higher is better. A touchpoint is judged by the
        first of its scores that has a target.
    by : column of data, optional
    weights : of the scores; cluster : of the journeys, such as the customer. Column names or arrays.
    minimum : int
        Journeys (or scores) below which nothing is told.

    Returns
    -------
    DataFrame, in the order of the inputs: input, label, touchpoint, unit (level of `by`, "" without), unit_of_measure, standard; allowed_share (0-1:
    the share of journeys that may be off standard; a half where the standard is of a median; NaN where it is of a mean), off_share, off_low, off_high (0-1); kept ("kept",
    "off", "not told"); measure, score_label, target, score, score_low, score_high (of the journeys that were at standard in every input of the touchpoint); content
    ("content", "below", "not told"); verdict ("design", "execution", "both", "fine", "not told"); missing (list of "standard", "score", "target"); n
    (journeys with the input known), n_score (scores at standard); method; grade ("associated"). attrs: looks (intervals looked at together), confidence.

    Raises
    ------
    DataError
        Columns missing, better neither lower nor higher. One line.

    Notes
    -----
    Execution is at fault where more journeys are off standard than the standard allows; design where the score of the journeys that
    were at standard, in every input of the touchpoint given, is below its target: what was promised was done, and customers are not content. Both by intervals so wide
    that all looked at hold together (Bonferroni); fine only where both are shown to be right. Wilson's interval for shares, Student's t for scores,
    by customer. Customers served at standard may differ from the others, so a verdict of design is an association too. Not where the input is the
    customer's choice.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"desk.wait": rng.uniform(0, 15, 900), "desk.csat": rng.integers(2, 5, 900)})
    >>> inputs = pd.DataFrame({"input": ["desk.wait"], "label": ["Wait"], "touchpoint": ["desk"], "better": ["lower"], "standard": [10.0]})
    >>> scores = pd.DataFrame({"measure": ["desk.csat"], "label": ["Desk"], "touchpoint": ["desk"], "standard": [4.0]})
    >>> diagnosis(frame, inputs, scores)[["kept", "content", "verdict"]].to_numpy().tolist()
    [['kept', 'below', 'design']]
    """
    _described(data, inputs, scores)
    units = _units(data, by)
    ids = column(data, cluster, "cluster")
    ids = np.arange(len(data)) if ids is None else numbered_groups(ids)
    w = column(data, weights, "weights")
    w = np.ones(len(data)) if w is None else checked_weights(w)
    asked = [_Asked(item, _score_of(item, scores), data) for item in inputs.to_dict("records")]
    right = {point: ~np.any([part.off for part in asked if part.item["touchpoint"] == point], axis=0) for point in inputs["touchpoint"].unique()}
    for part in asked:
        part.count(data, right[part.item["touchpoint"]], units[0], ids, w)
    looks = sum(part.looks(minimum) for part in asked)
    rows = [row for part in asked for row in part.rows(units[1], minimum, several(confidence, looks))]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({name: kind for name, kind in COLUMNS.items() if kind in (float, int)})
    table.attrs = {"looks": looks, "confidence": confidence}
    return table


def _described(data: pd.DataFrame, inputs: pd.DataFrame, scores: pd.DataFrame) -> None:
    problems = [f"{what} lack the column {name!r}" for what, frame in (("inputs", inputs), ("scores", scores)) for name in NEEDED[what] if name not in frame]
    if not problems:
        problems += [f"input {name!r} is not a column of the journeys" for name in inputs["input"] if name not in data]
        odd = inputs[~inputs["better"].isin(["lower", "higher"])]
        problems += [f"better of {row.input!r} is {row.better!r}, not lower or higher" for row in odd.itertuples()]
    if problems:
        raise DataError(f"diagnosis: {'; '.join(problems)}. Describe each input and score as journey.yaml does.")


def _units(data: pd.DataFrame, by: str | None) -> tuple[np.ndarray, list[str]]:
    """The unit of each row as a number (-1 where unknown), and their names in order."""
    if by is None:
        return np.zeros(len(data), dtype=int), [""]
    codes, names = pd.factorize(data[by], sort=True)
    return codes, [str(name) for name in names]


def _score_of(item: dict, scores: pd.DataFrame) -> dict:
    """The score by which the touchpoint of an input is judged; what is missing where there is none."""
    here = scores[scores["touchpoint"] == item["touchpoint"]]
    aimed = here[here["standard"].notna()]
    if len(aimed):
        return aimed.iloc[0].to_dict() | {"missing": []}
    label = str(here["label"].iloc[0]) if len(here) else ""
    return {"measure": "", "label": label, "standard": math.nan, "missing": ["target" if len(here) else "score"]}


class _Asked:
    """One input with its score: sums by unit, from which every level and its interval are made."""

    def __init__(self, item: dict, score: dict, data: pd.DataFrame):
        self.item, self.score, self.sums = item, score, {}
        self.missing = score["missing"] + (["standard"] if pd.isna(item["standard"]) else [])
        self.x = floats(data, [item["input"]])[:, 0]
        self.sign = -1.0 if item["better"] == "lower" else 1.0
        self.statistic = item.get("statistic") or "median"
        limit = (0.0 if self.sign < 0 else 1.0) if self.statistic == "share" else item["standard"]
        self.allowed = {"share": abs(item["standard"] - limit), "mean": math.nan}.get(self.statistic, 0.5)
        self.off = self.sign * (limit - self.x) > 0

    def count(self, data: pd.DataFrame, right: np.ndarray, units: np.ndarray, ids: np.ndarray, w: np.ndarray) -> None:
        """Sums by unit: of being off standard, and of the scores of journeys in which all of the touchpoint was at standard (`right`)."""
        if pd.isna(self.item["standard"]):
            return
        known, one = ~np.isnan(self.x) & (units >= 0), np.ones(len(self.x))
        self.sums["off"] = _totals(self.off.astype(float), known, units, ids, one)
        if self.statistic == "mean":
            self.sums["mean"] = _totals(self.sign * (self.item["standard"] - self.x), known, units, ids, one)
        if self.score["measure"] in data:
            y = floats(data, [self.score["measure"]])[:, 0]
            self.sums["score"] = _totals(y - self.score["standard"], known & right & ~np.isnan(y), units, ids, w)

    def looks(self, minimum: int) -> int:
        """How many intervals are looked at."""
        return sum(total.n >= minimum for kind in ("off", "score") for total in self.sums.get(kind, {}).values())

    def rows(self, names: Sequence[str], minimum: int, confidence: float) -> list[dict]:
        return [self._row(number, name, minimum, confidence) for number, name in enumerate(names)]

    def _row(self, unit: int, name: str, minimum: int, confidence: float) -> dict:
        item, score = self.item, self.score
        off, kept = self._execution(unit, minimum, confidence)
        found = self._level("score", "mean", unit, minimum, confidence)
        level = [end + score["standard"] for end in (found.value, found.low, found.high)]
        content = "not told" if math.isnan(found.low) else "below" if found.high < 0 else "content" if found.low >= 0 else "not told"
        return {
            "input": item["input"], "label": item["label"], "touchpoint": item["touchpoint"], "unit": name, "unit_of_measure": item.get("unit_of_measure", ""),
            "standard": item["standard"], "allowed_share": self.allowed, "off_share": off.value, "off_low": off.low, "off_high": off.high, "kept": kept,
            "measure": score["measure"], "score_label": score["label"], "target": score["standard"], "score": level[0], "score_low": level[1], "score_high": level[2],
            "content": content, "verdict": verdict(kept, content), "missing": self.missing, "n": off.n, "n_score": found.n,
            "method": "Wilson and t, clustered", "grade": "associated",
        }  # fmt: skip

    def _level(self, kind: str, how: str, unit: int, minimum: int, confidence: float) -> Estimate:
        total = self.sums.get(kind, {}).get(unit)
        if total is None or total.n < minimum:
            return Estimate(math.nan, math.nan, math.nan, 0 if total is None else total.n, "")
        return level_from_totals(total, how, confidence)

    def _execution(self, unit: int, minimum: int, confidence: float) -> tuple[Estimate, str]:
        off = self._level("off", "share", unit, minimum, confidence)
        if self.statistic == "mean":
            told, limit = self._level("mean", "mean", unit, minimum, confidence), 0.0
        else:
            told, limit = off, self.allowed
        if math.isnan(told.low):
            return off, "not told"
        # A standard that allows nobody off it is kept where nobody is.
        return off, "off" if told.low > limit else "kept" if told.high <= limit or (limit == 0 and told.value == 0 and self.statistic != "mean") else "not told"


def _totals(y: np.ndarray, kept: np.ndarray, units: np.ndarray, ids: np.ndarray, w: np.ndarray) -> dict[int, Totals]:
    """Sums over customers of each unit's rows."""
    y, unit, who, w = y[kept], units[kept], ids[kept], w[kept]
    if not len(y):
        return {}
    code, names = pd.factorize(unit.astype(np.int64) * (int(ids.max()) + 1) + who)
    weight, first = (np.bincount(code, weights=part) for part in (w, w * y))
    home = names // (int(ids.max()) + 1)
    size = int(home.max()) + 1
    n, people = np.bincount(unit, minlength=size), np.bincount(home, minlength=size)
    sums = [np.bincount(home, weights=part, minlength=size) for part in (weight, first)]
    second = np.bincount(unit, weights=w * y * y, minlength=size)
    squares = [np.bincount(home, weights=part, minlength=size) for part in (weight**2, weight * first, first**2)]
    return {
        u: Totals(int(n[u]), int(people[u]), *(float(part[u]) for part in (*sums, second, *squares))) for u in np.flatnonzero(n)
    }  # fmt: skip


def verdict(kept: str, content: str) -> str:
    """What is at fault: named is what is shown to be; fine needs both shown to be right.

    >>> [verdict("off", "below"), verdict("off", "not told"), verdict("kept", "below"), verdict("kept", "content"), verdict("kept", "not told")]
    ['both', 'execution', 'design', 'fine', 'not told']
    """
    if kept == "off":
        return "both" if content == "below" else "execution"
    if content == "below":
        return "design"
    return "fine" if (kept, content) == ("kept", "content") else "not told"
