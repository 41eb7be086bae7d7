"""A finding: a message id with its arguments, its number, its interval, its n and its evidence grade; and the gate of a page."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any

import pandas as pd

from cx_helpers.errors import DataError

GRADES = ("described", "associated", "quasi-experimental", "randomised")


@dataclass(frozen=True)
class Finding:
    """What a room has learnt, without a sentence: `reports.sentences` words it in the reader's language.

    Attributes
    ----------
    message : str
        Message id in the catalogue, such as ``drivers.first``.
    args : dict
        Arguments of the message: text, numbers, dates or estimates.
    value, low, high : float
        The number the finding stands on, with its interval.
    n : int
        Answers or journeys behind it; 0 where it counts things such as touchpoints or columns: no n is told.
    method : str
        How the interval was made.
    grade : str
        One of `GRADES`.
    weight : float
        Consequence (customers affected times size), larger first.
    link : str
        Anchor of the section that shows it.
    p : float
        Chance (0-1) of a finding like this where nothing is, corrected for all that its family looked at; NaN where it
        tells what was counted and rests on no comparison.
    """

    message: str
    args: dict[str, Any]
    value: float
    low: float
    high: float
    n: int
    method: str
    grade: str
    weight: float = 0.0
    link: str = field(default="", compare=False)
    p: float = field(default=nan, compare=False)

    def __post_init__(self):
        if self.grade not in GRADES:
            raise DataError(f"finding {self.message}: grade {self.grade!r} is not one of {', '.join(GRADES)}.")

    @property
    def family(self) -> str:
        """What was looked at together with it: the first word of its message."""
        return self.message.partition(".")[0]


def beyond_chance(findings: Iterable[Finding], families: Collection[str], confidence: float = 0.95) -> list[Finding]:
    """The findings that a page as a whole can stand by: where nothing is there, a page says something falsely in at most 5 % of cases.

    Parameters
    ----------
    findings : of all sections of a page, each with its p corrected within its family
    families : names of all families that the page looks at, whether they found something or not

    Returns
    -------
    list of Finding, in the order given: those without a p; and of those with one, those of families that pass Holm's test
    (the family with the smallest p at a share of 1 / m of the error, the next at 1 / (m - 1), ...), with a p no larger than
    the share at which the last of these families passed.

    Raises
    ------
    DataError
        A finding with a p whose family the page does not name.

    Notes
    -----
    Source: Holm (1979), Scandinavian Journal of Statistics 6: no family in which nothing is gets a word in more than 5 % of pages,
    whatever is true of the others. Not for the tables of a section: what stands there is judged within its family alone.

    >>> mild, clear = (Finding(f"{name}.x", {}, 1.0, 0.5, 1.5, 40, "mean", "described", p=p) for name, p in (("a", 0.04), ("b", 0.001)))
    >>> [finding.message for finding in beyond_chance([mild, clear], ["a", "b", "c"])]
    ['b.x']
    """
    findings = list(findings)
    smallest: dict[str, float] = {}
    for finding in findings:
        if not isnan(finding.p):
            smallest[finding.family] = min(finding.p, smallest.get(finding.family, 1.0))
    unknown = sorted(set(smallest) - set(families))
    if unknown:
        raise DataError(f"findings of {', '.join(unknown)}: the page looks at {', '.join(families)}. Name every family that tests something.")
    share, passed = 0.0, set()
    for place, name in enumerate(sorted(smallest, key=smallest.get)):
        if not smallest[name] <= (1 - confidence) / (len(families) - place):
            break
        share = (1 - confidence) / (len(families) - place)
        passed.add(name)
    return [finding for finding in findings if isnan(finding.p) or (finding.family in passed and finding.p <= share)]


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row a finding, in the order given, ready for the `findings` result table.

    Returns
    -------
    DataFrame with columns position (1 first), message, args (JSON text), value, low, high, n, method, grade.
    """
    rows = [
        {
            "position": position,
            "message": f.message,
            "args": json.dumps(f.args, sort_keys=True, default=_plain),
            "value": float(f.value),
            "low": float(f.low),
            "high": float(f.high),
            "n": int(f.n),
            "method": f.method,
            "grade": f.grade,
        }
        for position, f in enumerate(findings, start=1)
    ]
    columns = ["position", "message", "args", "value", "low", "high", "n", "method", "grade"]
    return pd.DataFrame(rows, columns=columns)


def _plain(value: Any) -> Any:
    """Estimates become mappings and dates become text, so that arguments survive as JSON."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if hasattr(value, "item"):
        return value.item()
    return str(value)
