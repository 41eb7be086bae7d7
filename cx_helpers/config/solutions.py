"""What `solutions.yaml` says: the taxonomy of challenges, the library of solutions, and which solves which."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cx_helpers.config.journey import Label, Name, Part


class Challenge(Part):
    """A problem's name in the brand's taxonomy."""

    label: Label
    inputs: list[str] = Field([], description="inputs, as touchpoint.input, through which it shows")
    words: dict[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")], list[str]] = Field({}, description="by language, words in which customers speak of it")
    causes: list[str] = Field([], description="what cases call it")


class Solution(Part):
    """What is known to help."""

    label: Label
    kind: Literal["training", "procedure", "asset"]
    solves: list[Name] = Field(min_length=1)
    origin: str | None = None
    cost: float | None = Field(None, ge=0, description="money a unit a year")


class Solutions(Part):
    """The whole of `solutions.yaml`; many challenges to many solutions."""

    challenges: dict[Name, Challenge] = {}
    solutions: dict[Name, Solution] = {}
