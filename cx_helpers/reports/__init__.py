"""Draws and words results; computes none.

`Page` is what notebooks call; `html` renders an executed notebook; `sentences` holds every reader-facing word.
"""

from cx_helpers.reports.page import Page
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.cells import Column

__all__ = ["Column", "Page", "Sentences"]
