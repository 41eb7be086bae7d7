"""The brand's actions: which solution was put in place where, and from when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Action:
    """A solution put in place somewhere, from a date; `units` empty means that `make` chooses them."""

    action_id: str
    solution: str
    challenge: str
    measure: str
    effective_from: str
    owner: str
    status: str
    description: str
    units: tuple[str, ...] = ()

    @property
    def start(self) -> np.datetime64:
        return np.datetime64(self.effective_from)


def _line(action_id: str, wave: str, effective_from: str, units: tuple[str, ...]) -> Action:
    return Action(
        action_id, "second_counter_line", "waiting_at_counter", "counter.wait_minutes", effective_from, "Operations", "done",
        f"A second counter line at peak hours, {wave} wave", units,
    )  # fmt: skip


SECOND_LINE_WAVES = (
    _line("A001", "first", "2025-08-01",
          ("Madrid Atocha Rail", "Bilbao Airport", "Barcelona El Prat Airport", "Barcelona Gràcia", "Alicante Airport", "Palma Airport")),
    _line("A005", "second", "2025-12-01", ("Madrid Chamberí", "València Joaquín Sorolla Rail", "Sevilla Airport")),
    _line("A006", "third", "2026-03-01", ("Valladolid Airport", "Gijón Centre", "Córdoba Rail")),
)  # fmt: skip
QUICK_HANDOVER = Action(
    "A002", "quick_handover", "slow_handover", "handover.minutes", "2026-02-01", "Fleet", "running",
    "Keys handed over without walking round the car together",
    ("Madrid Barajas Airport", "Madrid Retiro", "Barcelona Sants Rail", "València Airport", "Sevilla Santa Justa Rail",
     "Eivissa Airport"),
)  # fmt: skip
SCANNERS = Action(
    "A003", "handheld_scanners", "slow_return", "return.check_minutes", "2025-12-01", "Fleet", "done",
    "Hand-held scanners for the return check at the locations with the slowest checks",
)  # fmt: skip
CALL_BACKS = Action(
    "A004", "call_back_desk", "unanswered_complaints", "care.answered_in_a_day", "2027-01-01", "Customer care",
    "planned", "A desk that calls complaining customers back the same day", ("Palma Centre", "Maó Airport"),
)  # fmt: skip
LOCKERS = Action(
    "A007", "express_lane", "waiting_at_counter", "counter.wait_minutes", "2025-11-01", "Operations", "running",
    "Keys from a locker after online check-in",
    ("Madrid Chamartín Rail", "Bilbao Abando Rail", "A Coruña Airport", "Girona Airport", "Murcia Centre", "Málaga Airport"),
)  # fmt: skip
_OVERLAP = ("Santander Airport", "Vigo Guixar Rail", "Donostia Centre", "València Russafa")
PHOTOS = Action(
    "A008", "photo_inspection", "damage_disputes", "return.dispute", "2026-01-01", "Fleet", "running",
    "Photos of the car taken together at hand-over and return", _OVERLAP,
)  # fmt: skip
TRAINING = Action(
    "A009", "dispute_training", "damage_disputes", "return.dispute", "2026-01-20", "People", "done",
    "Training in talking about damage", _OVERLAP,
)  # fmt: skip
ACTIONS = (*SECOND_LINE_WAVES[:1], QUICK_HANDOVER, SCANNERS, CALL_BACKS, *SECOND_LINE_WAVES[1:], LOCKERS, PHOTOS, TRAINING)
FIXED_UNITS = frozenset(unit for action in ACTIONS if action.status != "planned" for unit in action.units)
