"""What the yardsticks find on many draws; the lines are those that ``python -m cx_helpers.sample.yardsticks`` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recoverable:
    """The figures of a yardstick over 30 draws of 100,000 rentals (seeds 1001 to 1030).

    Attributes
    ----------
    value : float
        Mean of the draws, as good as one draw of three million rentals.
    error : float
        Standard error of that mean.
    one_draw : float
        Standard deviation from draw to draw.
    found : float
        Share of draws in which a two-sided test at 5 % finds it, with its sign: the power. Where there is nothing to
        find, with either sign: the false finds.
    off : float
        Mean of 10 draws without any planted truth; NaN where there is then nothing to measure.
    """

    value: float
    error: float
    one_draw: float
    found: float
    off: float


RECOVERABLE: dict[str, Recoverable] = {
}
