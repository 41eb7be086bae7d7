"""What comes before what: by the order of the journey, checked against the moments themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cx_helpers.errors import DataError

# Clocks of two systems differ: so many journeys in the wrong order do not make a step a later one.
TOLERATED = 0.01


def places(data: pd.DataFrame, touchpoints: Mapping[str, str], order: Sequence[str] | None, moments: Mapping[str, np.ndarray]) -> dict[str, int]:
    """The place of each variable in the journey, 0 first.

    Parameters
    ----------
    touchpoints : variable to its touchpoint
    order : touchpoints in order; None to take it from `moments`
    moments : variable to the moment of each row (seconds, NaN unknown)

    Raises
    ------
    DataError
        A touchpoint that `order` does not name; without an order, a variable without moments.
    """
    if order is not None:
        rank = {touchpoint: place for place, touchpoint in enumerate(order)}
        lost = [f"{name!r} (touchpoint {point!r})" for name, point in touchpoints.items() if point not in rank]
        if lost:
            raise DataError(f"side effects: {', '.join(lost)} has no place in the order {', '.join(order)}. Name every touchpoint in order.")
        return {name: rank[point] for name, point in touchpoints.items()}
    lost = [repr(name) for name in touchpoints if name not in moments or np.isnan(moments[name]).all()]
    if lost:
        raise DataError(f"side effects: nothing tells when {', '.join(lost)} came to be. Name the touchpoints in order, or a time column each.")
    every = np.column_stack([moments[name] for name in touchpoints])
    first = np.nanmin(np.where(np.isnan(every), np.inf, every), axis=1)
    usual = {name: float(np.nanmedian(every[:, i] - first)) for i, name in enumerate(touchpoints)}
    begins = {point: min(usual[n] for n, p in touchpoints.items() if p == point) for point in touchpoints.values()}
    rank = {point: place for place, point in enumerate(sorted(begins, key=begins.get))}
    return {name: rank[point] for name, point in touchpoints.items()}


def later_share(first: np.ndarray | None, second: np.ndarray | None) -> tuple[float, float, int]:
    """Share of rows in which `first` lies after `second`, and before it; of how many with both known."""
    if first is None or second is None:
        return 0.0, 0.0, 0
    gap = first - second
    n = int((~np.isnan(gap)).sum())
    return (float((gap > 0).sum()) / n, float((gap < 0).sum()) / n, n) if n else (0.0, 0.0, 0)


def precedence(names: Sequence[str], place: Mapping[str, int], moments: Mapping[str, np.ndarray], practices: set[str]) -> np.ndarray:
    """Whether the input of a row came before that of a column: only then may it be held equal, and only then can it act.

    Notes
    -----
    An earlier touchpoint comes before, unless the moments say otherwise. Within a touchpoint the moments decide; of two
    measured at the same moment, what was done (0/1) comes before how long it took.
    """
    before = np.zeros((len(names), len(names)), dtype=bool)
    for i, first in enumerate(names):
        for k, second in enumerate(names):
            if i == k or place[first] > place[second]:
                continue
            late, early, n = later_share(moments.get(first), moments.get(second))
            if place[first] < place[second]:
                before[i, k] = late <= TOLERATED
            elif n and early >= 1 - TOLERATED:
                before[i, k] = True
            elif late < 1 - TOLERATED or not n:
                before[i, k] = first in practices and second not in practices
    return before


def alike(names: Sequence[str], touchpoints: Mapping[str, str], before: np.ndarray, practices: set[str]) -> np.ndarray:
    """Whether two yes-or-no inputs are of one touchpoint and neither came before the other: then either may carry the other's effect."""
    point = np.array([touchpoints[name] for name in names], object)
    practice = np.array([name in practices for name in names])
    found = (point[:, None] == point[None, :]) & practice[:, None] & practice[None, :] & ~before & ~before.T
    np.fill_diagonal(found, False)
    return found


def refuse_later(controls: Sequence[str], names: Sequence[str], place: Mapping[str, int], touchpoints: Mapping[str, int], moments: Mapping[str, np.ndarray]) -> None:
    """Refuses to hold equal what came after an input: it may be what the input did.

    Parameters
    ----------
    touchpoints : touchpoint to its place, to know a control named ``touchpoint.something``

    Raises
    ------
    DataError
        One line with every control that lies after an input, by its touchpoint or by its moments.
    """
    problems = []
    for control in controls:
        for name in names:
            late, _, n = later_share(moments.get(control), moments.get(name))
            point = control.partition(".")[0]
            if n and late > TOLERATED:
                problems.append(f"{control!r} is measured after {name!r} in {late:.0%} of {n} journeys")
            elif not n and "." in control and touchpoints.get(point, -1) > place[name]:
                problems.append(f"{control!r} lies after {name!r} in the journey")
            else:
                continue
            break
    if problems:
        raise DataError(f"side effects: {'; '.join(problems)}. Hold equal only what came before: leave it out, or name it as an output.")
