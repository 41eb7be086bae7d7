"""Where Sample Rentals rents: forty locations in six regions, and the months and the clock it is made in."""

from __future__ import annotations

import numpy as np
import pandas as pd

ZONE = "Europe/Madrid"
FIRST_DAY = np.datetime64("2024-11-01")
CUT_OFF = np.datetime64("2026-11-01")
MONTHS = 24
KINDS = ("airport", "city", "rail")

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
