"""Times and numbers as text, in the ways that exports write them; what is not known is None."""

from __future__ import annotations

import numpy as np
import pandas as pd

_DAY_FIRST = [8, 9, 4, 5, 6, 4, 0, 1, 2, 3, *range(10, 19)]


def iso(times: pd.Series, between: str = " ", end: str = "") -> np.ndarray:
    """Times as ``2026-02-28 13:05:00``, whole seconds."""
    letters = _letters(times)
    letters[:, 10] = between
    return _text(letters, times, end)


def day_first(times: pd.Series) -> np.ndarray:
    """Times as ``28/02/2026 13:05:00``, whole seconds."""
    letters = _letters(times)[:, _DAY_FIRST]
    letters[:, [2, 5]] = "/"
    letters[:, 10] = " "
    return _text(letters, times)


def number(values: pd.Series, digits: int, decimal: str = ".") -> np.ndarray:
    """Numbers with `digits` after the decimal mark."""
    values = values.astype(float)
    form = f"{{:.{digits}f}}".format
    return np.array([None if value != value else form(value).replace(".", decimal) for value in values.tolist()], dtype=object)


def _letters(times: pd.Series) -> np.ndarray:
    """Nineteen letters a row; what stands for a time that is not known is overwritten later."""
    known = times.fillna(pd.Timestamp(0)).to_numpy("datetime64[s]")
    return np.datetime_as_string(known).astype("U19").view("U1").reshape(-1, 19).copy()


def _text(letters: np.ndarray, times: pd.Series, end: str = "") -> np.ndarray:
    text = np.ascontiguousarray(letters).view("U19").ravel().astype(object)
    if end:
        text = text + end
    text[times.isna().to_numpy()] = None
    return text
