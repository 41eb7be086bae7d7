"""The arithmetic of the yardsticks: slopes within groups, and changes where something was done against where nothing was."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from cx_helpers.sample import plan
from cx_helpers.sample.rentals import to_local

Frames = dict[str, pd.DataFrame]


class Recovered(NamedTuple):
    """What a yardstick finds in one brand: the value, its standard error, and the clusters the error rests on."""

    value: float
    error: float
    clusters: int

    @property
    def found(self) -> bool:
        """Whether a two-sided test at 5 % (t with clusters - 1 degrees of freedom) tells the value from nothing."""
        from scipy.stats import t

        return bool(abs(self.value) > t.ppf(0.975, self.clusters - 1) * self.error)


def slopes(outcome, columns, groups, clusters) -> list[Recovered]:
    """Least-squares slopes within `groups`, with standard errors clustered (Liang and Zeger 1986, CR1)."""
    x, y = np.column_stack(columns).astype(float), np.asarray(outcome, float)
    codes = pd.factorize(pd.Series(groups))[0]
    count = np.bincount(codes)
    x = x - np.column_stack([np.bincount(codes, part) / count for part in x.T])[codes]
    y = y - (np.bincount(codes, y) / count)[codes]
    inverse = np.linalg.pinv(x.T @ x)
    slope = inverse @ x.T @ y
    code, names = pd.factorize(pd.Series(clusters))
    rest = x * (y - x @ slope)[:, None]
    scores = np.column_stack([np.bincount(code, part, len(names)) for part in rest.T])
    spread = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse) * len(names) / (len(names) - 1))
    return [Recovered(float(value), float(error), len(names)) for value, error in zip(slope, spread, strict=True)]


def month_of(times: pd.Series) -> pd.Series:
    """Months of UTC times by the brand's clock, as text."""
    local = to_local(times).to_numpy().astype("datetime64[M]")
    names, codes = np.unique(local, return_inverse=True)
    return pd.Series(names.astype(str).astype(object)[codes], index=times.index)


def untouched(frames: Frames) -> set[str]:
    """Locations where nothing was ever put in place, planned actions aside."""
    done = frames["actions"].query("status != 'planned'")["units"].str.split(";")
    return set(plan.LOCATIONS["name"]) - {unit for units in done for unit in units}


def change_where_done(
    frames: Frames, rows: pd.DataFrame, outcome: pd.Series, time: str, actions: tuple[plan.Action, ...]
) -> list[Recovered]:
    """Difference in differences of `outcome`: location and month taken out, against locations where nothing was done.

    One slope where the actions are at different locations (waves of one solution); one an action where they share them.
    """
    own = {unit: action for action in actions for unit in action.units}
    mine = rows["unit"].isin(set(own) | untouched(frames)).to_numpy()
    rows, outcome = rows[mine], outcome[mine]
    local = to_local(rows[time])
    since = [((local >= pd.Timestamp(action.start)) & rows["unit"].isin(action.units)).astype(float) for action in actions]
    done = since if len(own) < sum(len(action.units) for action in actions) else [sum(since)]
    months = pd.get_dummies(month_of(rows[time]), drop_first=True, dtype=float)
    return slopes(outcome, [*done, months], rows["unit"], rows["unit"])[: len(done)]


def answered(frames: Frames, survey: str) -> pd.DataFrame:
    """The rentals whose `survey` was answered, with its score and wording."""
    given = frames["responses"].query("survey == @survey").dropna(subset=["score"])
    return given[["booking_no", "score", "question_version"]].merge(frames["rentals"], on="booking_no", validate="one_to_one")


def ends(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """What is known to make customers leave, 0/1."""
    return {
        "dispute": (rows["dispute"] == 1).astype(float),
        "long_wait": (rows["wait_minutes"] > plan.LONG_WAIT_MINUTES).astype(float),
        "late_deposit": (rows["deposit_days"] > plan.LATE_DEPOSIT_DAYS).astype(float),
    }
