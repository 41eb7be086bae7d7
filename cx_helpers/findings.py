"""A finding: a message id with its arguments, its number, its interval, its n and its evidence grade."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
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

    def __post_init__(self):
        if self.grade not in GRADES:
            raise DataError(f"finding {self.message}: grade {self.grade!r} is not one of {', '.join(GRADES)}.")


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
