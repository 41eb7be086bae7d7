"""The constants of Sample Rentals: how large each planted truth is, and what is remembered.

Every other file of this room, the generated `TRUTH.md` and the tests read these; nothing is written twice.
Places stand in `places.py`, actions in `deployed.py`.
"""

from __future__ import annotations

import numpy as np

from cx_helpers.sample.deployed import (
    ACTIONS,
    CALL_BACKS,
    FIXED_UNITS,
    LOCKERS,
    PHOTOS,
    QUICK_HANDOVER,
    SCANNERS,
    SECOND_LINE_WAVES,
    TRAINING,
    Action,
)
from cx_helpers.sample.places import CUT_OFF, FIRST_DAY, KINDS, LOCATIONS, MONTHS, ZONE

__all__ = [
    "ACTIONS", "ALL", "Action", "CALL_BACKS", "CUT_OFF", "FIRST_DAY", "FIXED_UNITS", "KINDS", "LOCATIONS", "LOCKERS", "MONTHS",
    "PHOTOS", "QUICK_HANDOVER", "SCANNERS", "SECOND_LINE_WAVES", "TRAINING", "ZONE",
]  # fmt: skip

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
        "peak_end",
        "locker_harms_later",
        "two_overlap",
        "nps_too_early",
        "over_surveyed",
        "complaint_call_leave",
        "employee_lead",
        "churn_components",
        "wording_change",
        "silent_differ",
        "missing_permissions",
    }
)

SCANNER_SITES = 5
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
# locker_harms_later: keys from a locker leave terms and fuel unexplained
LOCKER_WAIT_FACTOR = 0.60
EXTRA_CHARGE_SHARE = 0.06  # rentals with a charge on the invoice that the customer did not expect
EXTRA_CHARGE_SHARE_LOCKER = 0.40
EXTRA_CHARGE_FELT = -1.2  # points of the settlement
# two_overlap: what each leaves of the chance of a dispute; only their product can be recovered
PHOTOS_FACTOR = 0.45
TRAINING_FACTOR = 0.45
# employee_lead: points of counter, hand-over and return a point of the location's engagement (1-10) the month before
ENGAGEMENT_SLOPE = 0.12
ENGAGEMENT_USUAL = 7.0
ENGAGEMENT_SD = 0.8
ENGAGEMENT_MEMORY = 0.5
# wording_change
REWORDED_ON = np.datetime64("2025-10-01")
WORDING_LIFT = 0.40  # points of the answer about the return, no change of what was lived
# over_surveyed
REQUESTS_WITHIN_DAYS = 90
REQUESTS_ENOUGH = 6  # requests in the days before that do no harm yet
REQUEST_WEARIES = -0.10  # log odds of answering, a request beyond
REQUESTS_AT_MOST = 20  # requests beyond that weary
# silent_differ
SILENT_SHARE = {"price": 0.30, "comfort": 0.16, "speed": 0.20}  # customers who never answer, by attitude
SILENT_LIVED = -0.35  # points of every touchpoint
SILENT_LEAVES = 0.15  # chance to leave after a rental, beyond the others
VALUABLE_SHARE = 0.10
VALUABLE_ANSWERS = -1.1  # log odds of answering of the tenth that rents most
# nps_too_early
EARLY_BASE = 8.3
EARLY_SLOPE = 1.5  # points of 0-10 a point lived at the hand-over
EARLY_NOISE_SD = 1.4
EARLY_ASKED_SHARE = 0.6
# churn_components: chance to leave for good after a rental, by what happened in it
LEAVES_ANYWAY = 0.03
LONG_WAIT_MINUTES = 25.0
LATE_DEPOSIT_DAYS = 8.0
LEAVES_AFTER = {"dispute": 0.55, "long_wait": 0.35, "late_deposit": 0.35}
# complaint_call_leave
RESOLVED_WITHIN_DAYS = 7
STUCK_SHARE = 0.35  # complaints that lie for weeks
CALLS_UNRESOLVED = 0.70
CALLS_UNRESOLVED_IF_OFF = 0.10
LEAVES_AFTER_CALL = 0.80
# missing_permissions: customers who never gave it for improving the service, and who took it back later
NO_PERMISSION_SHARE = 0.09
WITHDRAWN_SHARE = 0.04

# What is remembered of what was lived: weights of the mean, of the worst moment and of the end.
MEMORY = {"mean": 0.30, "peak": 0.35, "end": 0.35}
MEMORY_IF_OFF = {"mean": 1.0, "peak": 0.0, "end": 0.0}
REMEMBERED_BASE = 9.65
REMEMBERED_NOISE_SD = 1.2
REMEMBERED_SLOPE = 2.2  # points of 0-10 a point lived (1-5)
REMEMBERED_KIND = {"airport": -0.35, "city": 0.15, "rail": 0.0}
# touchpoint: (usual experience on 1-5, weight in the remembered mean)
EXPERIENCES = {
    "booking": (4.3, 1.0), "checkin": (4.1, 0.5), "counter": (4.4, 2.0), "handover": (4.3, 1.0),
    "drive": (4.4, 1.5), "assistance": (4.0, 2.0), "return": (4.4, 2.0), "settle": (4.3, 1.0),
}  # fmt: skip
EXPERIENCED_SURVEYS = ("booking", "counter", "assistance", "return", "settle")
SURVEYS = (*EXPERIENCED_SURVEYS, "overall")  # and "handover" where the brand asks too early
OVERALL_AFTER_DAYS = 3
PANEL_SHARE = 0.07  # customers who have agreed to answer, and mostly do
PANEL_ANSWERS = 3.0  # log odds beyond the others'
ANSWERS_USUALLY = -1.15  # log odds
