"""What a customer had lived when answering, as one of the brand's declared states."""

from __future__ import annotations

import pandas as pd

from cx_helpers.config.journey import Condition, State
from cx_helpers.tables.frames import AT_END


def needed_inputs(states: list[State]) -> tuple[list[str], list[str]]:
    """Inputs the states ask for: as of the answer, and (also for the naive reading) as they stood in the end."""
    rules = [(name, rule) for state in states for name, rule in state.when.items()]
    return sorted({name for name, rule in rules if rule.known == "at_answer"}), sorted({name for name, _ in rules})


def states(frame: pd.DataFrame, declared: list[State], *, naive: bool = False) -> pd.Series:
    """The id of the first state whose conditions all hold; empty where none does.

    Parameters
    ----------
    frame : DataFrame with a column an input, and ``<input>@end`` for conditions known at the end
    naive : bool
        Judge every condition by how things ended, as if the customer had known it when answering.
    """
    found = pd.Series(None, frame.index, dtype=object)
    for state in reversed(declared):
        holds = pd.Series(True, frame.index)
        for name, rule in state.when.items():
            holds &= _holds(frame[name + AT_END if naive or rule.known == "at_end" else name], rule)
        found[holds] = state.id
    return found


def _holds(values: pd.Series, rule: Condition) -> pd.Series:
    if rule.missing is not None:
        return values.isna() == rule.missing
    holds = values.notna()
    if rule.equals is not None:
        holds &= values == rule.equals
    if rule.min is not None:
        holds &= values >= rule.min
    if rule.max is not None:
        holds &= values <= rule.max
    return holds
