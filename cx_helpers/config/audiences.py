"""What `audiences.yaml` says: who reads what, about which part of the brand, in which language; segments by behaviour."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cx_helpers.config.behaviours import Behaviour
from cx_helpers.config.journey import Label, Name, Part

PAGES = ("01_ingest", "02_journeys", "03_drivers", "04_follow_up")
Page = Literal["01_ingest", "02_journeys", "03_drivers", "04_follow_up"]


class Audience(Part):
    """Who a report is for."""

    label: Label
    scope: dict[str, list[str]] = Field({}, description="unit or a segment, and the values in scope; empty is all")
    pages: list[Page] = Field(list(PAGES), min_length=1)
    language: str | None = None


class Audiences(Part):
    """The whole of `audiences.yaml`; a brand without the file has one audience, `all`."""

    audiences: dict[Name, Audience] = Field({"all": Audience(label="Everyone")}, min_length=1)
    behaviours: list[Behaviour] = Field([], description="segments by what customers did, one step after the other")
