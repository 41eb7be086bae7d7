"""Which inputs can be asked whether they move the outcome, why the others cannot, and what is held equal."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

LEAST_KNOWN = 0.8


def candidates(frame: pd.DataFrame, inputs: Sequence[str], least_known: float = LEAST_KNOWN) -> pd.DataFrame:
    """A row an input: kept as a driver, or the reason it is left out.

    Parameters
    ----------
    frame : DataFrame
        A row an answer with a column an input, valued as of answering.
    least_known : float
        An input known for a smaller share of answers would cost the model more answers than it explains.

    Returns
    -------
    DataFrame: driver, known_share (0-1), n (answers), kept (bool), reason ("", "rarely_known" or "constant").
    """
    rows = []
    for name in inputs:
        known = frame[name].notna()
        reason = "rarely_known" if known.mean() < least_known else "constant" if frame[name].nunique() < 2 else ""
        rows.append({"driver": name, "known_share": float(known.mean()), "n": len(frame), "kept": not reason, "reason": reason})
    return pd.DataFrame(rows, columns=["driver", "known_share", "n", "kept", "reason"])


def controls(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """What is held equal: unit, month and segments as categories, the unknown a category of its own.

    A control with one level, or with nearly as many levels as answers, is left out.
    """
    held = {name: frame[name].astype(object).where(frame[name].notna(), "unknown").astype(str) for name in names if name in frame}
    return pd.DataFrame({name: level for name, level in held.items() if 1 < level.nunique() < len(frame) / 5}, index=frame.index)
