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
    "wait_counter_beyond": Recoverable(-0.07532, 0.0004149, 0.002273, 1, 0.0004663),
    "wait_counter_below": Recoverable(-0.0008967, 0.0003406, 0.001865, 0.03333, -0.0009099),
    "wait_overall_beyond": Recoverable(-0.04406, 0.0005287, 0.002896, 1, -0.001111),
    "skip_handover_minutes": Recoverable(-5.996, 0.005741, 0.03144, 1, -0.003406),
    "skip_dispute_share": Recoverable(0.1792, 0.0007215, 0.003952, 1, -0.001201),
    "dispute_overall": Recoverable(-1.648, 0.009638, 0.05279, 1, -0.9028),
    "skip_overall": Recoverable(-0.301, 0.009157, 0.05016, 1, -0.0008879),
    "second_line_log_wait": Recoverable(-0.3543, 0.002695, 0.01476, 1, 2.201e-05),
    "scanners_naive_minutes": Recoverable(-1.283, 0.13, 0.7123, 0.3667, 0.5482),
    "scanners_fair_minutes": Recoverable(0.06211, 0.1264, 0.6921, 0.06667, 0.5208),
    "walk_overall": Recoverable(0.001405, 0.002789, 0.01528, 0.03333, -0.09756),
    "mix_nps_points": Recoverable(-1.907, 0.04439, 0.2432, 1, 0.04342),
    "peak_remembered": Recoverable(0.3555, 0.01263, 0.06917, 1, 0.004567),
    "end_remembered": Recoverable(0.5352, 0.007475, 0.04094, 1, 0.04546),
    "locker_log_wait": Recoverable(-0.5051, 0.003024, 0.01656, 1, 0.0009536),
    "locker_settle_csat": Recoverable(-0.4567, 0.009701, 0.05313, 1, 0.007855),
    "overlap_dispute_share": Recoverable(-0.03808, 0.001265, 0.006927, 1, 0.0001306),
    "overlap_training_share": Recoverable(-0.01192, 0.002894, 0.01585, 0.1667, -0.001657),
    "early_nps_returns": Recoverable(0.0002783, 0.0008764, 0.004801, 0.03333, float("nan")),
    "final_nps_returns": Recoverable(0.01473, 0.000744, 0.004075, 1, 0.001322),
    "weary_answers": Recoverable(-0.006825, 5.319e-05, 0.0002913, 1, 3.781e-05),
    "unresolved_calls": Recoverable(0.6981, 0.00235, 0.01287, 1, 0.0991),
    "unresolved_returns": Recoverable(-0.2646, 0.003017, 0.01652, 1, -0.02225),
    "engagement_before": Recoverable(0.09934, 0.001218, 0.006672, 1, -0.001229),
    "engagement_same_month": Recoverable(3.536e-05, 0.001306, 0.007156, 0, -0.0008484),
    "dispute_returns": Recoverable(-0.2948, 0.001381, 0.007563, 1, -0.005507),
    "long_wait_returns": Recoverable(-0.1826, 0.001843, 0.0101, 1, -0.002465),
    "late_deposit_returns": Recoverable(-0.1808, 0.0014, 0.007667, 1, -0.005884),
    "price_changed_returns": Recoverable(0.001222, 0.001483, 0.008122, 0.03333, 0.004899),
    "other_car_returns": Recoverable(-0.003219, 0.001138, 0.006236, 0.1, -0.002898),
    "wording_csat": Recoverable(0.2979, 0.005531, 0.03029, 1, 0.002471),
    "silent_lived": Recoverable(-0.4806, 0.008969, 0.04912, 1, -0.001515),
    "silent_returns": Recoverable(-0.0554, 0.003304, 0.0181, 1, 0.003984),
    "valuable_answers": Recoverable(-0.03366, 0.0007989, 0.004376, 1, 0.0001945),
    "unpermitted_share": Recoverable(0.1217, 0.0003392, 0.001858, 1, 0),
}
