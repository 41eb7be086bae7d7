"""The constants of Sample Rentals: its places, its actions, how large each planted truth is, and the planted defects.

Every other file of this room, the generated `TRUTH.md` and the tests read these; nothing is written twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

ZONE = "Europe/Madrid"
FIRST_DAY = np.datetime64("2024-11-01")
CUT_OFF = np.datetime64("2026-11-01")
MONTHS = 24
KINDS = ("airport", "city", "rail")
CHANNELS = ("app", "web", "phone", "walk-in")
LANGUAGES = ("en", "es", "pt")

ALL = frozenset(
    {
        "wait_threshold",
        "skipped_inspection",
        "second_line_works",
        "scanners_do_nothing",
        "walk_without_effect",
        "mix_shift",
    }
)

# region: (name, kind, size among the locations of its kind)
_PLACES = {
    "Centre": (
        ("Madrid Barajas Airport", "airport", 4.0), ("Madrid Atocha Rail", "rail", 3.0),
        ("Madrid Chamartín Rail", "rail", 2.2), ("Madrid Chamberí", "city", 1.6), ("Madrid Retiro", "city", 1.4),
        ("Valladolid Airport", "airport", 0.7), ("León Centre", "city", 0.7), ("Cáceres Centre", "city", 0.6),
    ),
    "North": (
        ("Bilbao Airport", "airport", 1.5), ("Bilbao Abando Rail", "rail", 1.0), ("Santander Airport", "airport", 0.8),
        ("A Coruña Airport", "airport", 0.8), ("Gijón Centre", "city", 0.8), ("Logroño Centre", "city", 0.6),
        ("Vigo Guixar Rail", "rail", 0.8), ("Donostia Centre", "city", 1.0),
    ),
    "Catalonia": (
        ("Barcelona El Prat Airport", "airport", 3.6), ("Barcelona Sants Rail", "rail", 2.8),
        ("Barcelona Gràcia", "city", 1.6), ("Girona Airport", "airport", 1.0), ("Lleida Centre", "city", 0.7),
        ("Sabadell Centre", "city", 0.9),
    ),
    "Levant": (
        ("València Airport", "airport", 1.8), ("València Joaquín Sorolla Rail", "rail", 1.6),
        ("Alicante Airport", "airport", 2.0), ("Castelló Centre", "city", 0.7), ("Murcia Centre", "city", 0.9),
        ("València Russafa", "city", 1.1),
    ),
    "South": (
        ("Málaga Airport", "airport", 2.6), ("Sevilla Airport", "airport", 1.6), ("Sevilla Santa Justa Rail", "rail", 1.6),
        ("Cádiz Centre", "city", 0.8), ("Córdoba Rail", "rail", 1.0), ("Almería Centre", "city", 0.7),
        ("Jaén Centre", "city", 0.6),
    ),
    "Islands": (
        ("Palma Airport", "airport", 2.6), ("Palma Centre", "city", 1.0), ("Eivissa Airport", "airport", 1.4),
        ("Maó Airport", "airport", 0.9), ("Alcúdia Centre", "city", 0.7),
    ),
}  # fmt: skip

LOCATIONS = pd.DataFrame(
    [
        (f"L{number:02d}", name, region, kind, size)
        for number, (region, name, kind, size) in enumerate(
            ((region, *place) for region, places in _PLACES.items() for place in places), start=1
        )
    ],
    columns=["location_id", "name", "region", "kind", "size"],
)


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


SECOND_LINE = Action(
    "A001", "second_counter_line", "waiting_at_counter", "counter.wait_minutes", "2025-10-01", "Operations", "done",
    "A second counter line at peak hours",
    ("Madrid Atocha Rail", "Madrid Chamberí", "Valladolid Airport", "Bilbao Airport", "Gijón Centre",
     "Barcelona El Prat Airport", "Barcelona Gràcia", "Alicante Airport", "València Joaquín Sorolla Rail",
     "Sevilla Airport", "Córdoba Rail", "Palma Airport"),
)  # fmt: skip
QUICK_HANDOVER = Action(
    "A002", "quick_handover", "slow_handover", "handover.minutes", "2026-02-01", "Fleet", "running",
    "Keys handed over without walking round the car together",
    ("Madrid Barajas Airport", "Madrid Retiro", "A Coruña Airport", "Donostia Centre", "Barcelona Sants Rail",
     "València Airport", "Sevilla Santa Justa Rail", "Eivissa Airport"),
)  # fmt: skip
SCANNERS = Action(
    "A003", "handheld_scanners", "slow_return", "return.check_minutes", "2025-12-01", "Fleet", "done",
    "Hand-held scanners for the return check at the locations with the slowest checks",
)  # fmt: skip
CALL_BACKS = Action(
    "A004", "call_back_desk", "unanswered_complaints", "care.answered_in_a_day", "2027-01-01", "Customer care",
    "planned", "A desk that calls complaining customers back the same day", ("Palma Centre", "Maó Airport"),
)  # fmt: skip
ACTIONS = (SECOND_LINE, QUICK_HANDOVER, SCANNERS, CALL_BACKS)
SCANNER_SITES = 6
SCANNER_BASELINE_MONTHS = 3

# wait_threshold
WAIT_THRESHOLD_MINUTES = 12.0
WAIT_SLOPE = -0.08  # points of the counter experience (1-5) a minute beyond the threshold
# skipped_inspection
INSPECTION_SHARE = 0.96
INSPECTION_SHARE_QUICK = 0.30
SKIP_SAVES_MINUTES = 6.0
DISPUTE_SHARE = 0.04
SKIP_ADDS_DISPUTE = 0.18
# second_line_works
SECOND_LINE_FACTOR = 0.70  # what is left of a wait
# scanners_do_nothing: the return check moves up and down by itself, month by month
CHECK_SITE_SD_MINUTES = 0.8
CHECK_DRIFT_SD_MINUTES = 1.5
CHECK_DRIFT_MEMORY = 0.6
# walk_without_effect: switched off, a walk is felt
WALK_SLOPE_IF_OFF = -0.005  # points of the hand-over experience a metre
# mix_shift: airport's share of rentals, first and last month; switched off it stays at the first
AIRPORT_SHARE = (0.36, 0.56)

# What is remembered of what was lived: weights of the mean, of the worst moment and of the end.
MEMORY = {"mean": 0.5, "peak": 0.25, "end": 0.25}
REMEMBERED_BASE = 9.15
REMEMBERED_NOISE_SD = 1.2
REMEMBERED_SLOPE = 2.2  # points of 0-10 a point lived (1-5)
REMEMBERED_KIND = {"airport": -0.35, "city": 0.15, "rail": 0.0}
# touchpoint: (usual experience on 1-5, weight in the remembered mean)
EXPERIENCES = {
    "booking": (4.3, 1.0), "checkin": (4.1, 0.5), "counter": (4.4, 2.0), "handover": (4.3, 1.0),
    "drive": (4.4, 1.5), "assistance": (4.0, 2.0), "return": (4.4, 2.0), "settle": (4.3, 1.0),
}  # fmt: skip
SURVEYS = ("booking", "counter", "assistance", "return", "settle", "overall")
OVERALL_AFTER_DAYS = 3


@dataclass(frozen=True)
class Defect:
    """A kind of planted mess: where, what, how many raw rows, and what becomes of them."""

    file: str
    what: str
    rows: int
    fate: str


DEFECTS = {
    "bookings_twice": Defect("bookings.csv", "the same row exported twice", 14, "superseded"),
    "bookings_no_id": Defect("bookings.csv", "no booking number", 5, "quarantined"),
    "bookings_bad_date": Defect("bookings.csv", "a booking date that does not exist (30 February)", 4, "quarantined"),
    "operations_no_id": Defect("operations.csv", "no booking number", 4, "quarantined"),
    "operations_not_a_number": Defect("operations.csv", "a wait written as `n/d`", 7, "quarantined in part"),
    "operations_back_in_time": Defect("operations.csv", "car returned before it was handed over", 9, "quarantined in part"),
    "operations_corrected": Defect(
        "operations.csv", "waits an hour too long (queue clock after the clock change), mended in operations_corrected.csv",
        11, "superseded",
    ),
    "surveys_twice": Defect("surveys_2025.csv", "the same row exported twice", 10, "superseded"),
    "surveys_out_of_range": Defect("surveys_2026.csv", "a score outside its scale (NPS 11, CSAT 0 or 6)", 8, "quarantined"),
    "surveys_before_asked": Defect("surveys_2026.csv", "answered before it was asked", 5, "quarantined"),
    "surveys_no_id": Defect("surveys_2024.csv", "no response number", 3, "quarantined"),
    "tickets_back_in_time": Defect("tickets.xlsx", "closed before it was opened", 3, "quarantined in part"),
    "tickets_no_id": Defect("tickets.xlsx", "no ticket number", 2, "quarantined in part"),
    "finance_twice": Defect("finance.parquet", "the same customer-month twice", 6, "superseded"),
    "finance_no_month": Defect("finance.parquet", "no month", 3, "quarantined"),
}  # fmt: skip
