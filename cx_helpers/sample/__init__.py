"""The car-rental brand Sample Rentals, made up from a seed, with the truth that was planted in it."""

from cx_helpers.sample.brand import make
from cx_helpers.sample.export import export, write
from cx_helpers.sample.plan import ALL

__all__ = ["ALL", "export", "make", "write"]
