"""The parameters of each notebook: checked by the batch before any run, and again when a study opens."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cx_helpers.errors import UsageError

MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


class Parameters(BaseModel):
    """What every notebook takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    brand: str = "sample"
    month: str = "latest"
    audience: str = "all"
    window_months: Annotated[int, Field(ge=1, le=120)] = 12
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0)] = 0

    @field_validator("month")
    @classmethod
    def _month_form(cls, value: str) -> str:
        if value != "latest" and not MONTH.match(value):
            raise ValueError("a month is written YYYY-MM, or latest")
        return value


class JourneysParameters(Parameters):
    """What 02_journeys takes beside the common ones."""

    interactive: bool = False


class DriversParameters(Parameters):
    """What 03_drivers takes beside the common ones."""

    outcome: str = ""
    bootstrap: Annotated[int, Field(ge=100, le=100_000)] = 500
    horizon_months: Annotated[int, Field(ge=1, le=60)] = 6
    discount_rate_a_year: Annotated[float, Field(ge=0, le=1)] = 0.08
    interactive: bool = False


class FollowUpParameters(Parameters):
    """What 04_follow_up takes beside the common ones."""

    outcome: str = ""


PARAMETERS: dict[str, type[Parameters]] = {
    "01_ingest": Parameters,
    "02_journeys": JourneysParameters,
    "03_drivers": DriversParameters,
    "04_follow_up": FollowUpParameters,
}


def check_parameters(notebook: str, given: dict[str, Any]) -> Parameters:
    """The notebook's parameters as a model.

    Raises
    ------
    UsageError
        One line that names the notebook, every parameter that is wrong, and what is allowed.
    """
    if notebook not in PARAMETERS:
        raise UsageError(f"notebook {notebook!r} is not known; there are {', '.join(PARAMETERS)}.")
    model = PARAMETERS[notebook]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(_say(item, model) for item in error.errors())
        raise UsageError(f"{notebook}: {wrong}.") from None


def _say(item: dict, model: type[Parameters]) -> str:
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, model.model_fields, 1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(model.model_fields)}"
        return f"parameter {name} is not known ({hint})"
    return f"parameter {name}: {item['msg'].removeprefix('Value error, ')} (found {item['input']!r})"
