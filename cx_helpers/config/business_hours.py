"""When the brand works, as journey.yaml says: `business_hours: {days: mon-fri, from: "08:00", to: "18:00", holidays: public_holiday}`."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _clock(value: Any) -> Any:
    """YAML reads an unquoted 18:00 as 1080: minutes of the day."""
    return f"{value // 60:02d}:{value % 60:02d}" if type(value) is int and 0 <= value < 1440 else value


Clock = Annotated[time, BeforeValidator(_clock)]


class BusinessHours(BaseModel):
    """Hours within which waits are counted; left out, waits are counted by the calendar."""

    days: str = Field("mon-fri", description="days of the week, such as mon-fri or mon,wed,sat")
    opens: Clock = Field(alias="from", description="by the brand's clock")
    closes: Clock = Field(alias="to")
    holidays: str | None = Field(None, description="factor of `context` that is not 0 on days when nobody works")

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @field_validator("days")
    @classmethod
    def _days_of_the_week(cls, value: str) -> str:
        _weekdays(value)
        return value

    @model_validator(mode="after")
    def _opens_before_it_closes(self):
        if self.opens >= self.closes:
            raise ValueError(f"business hours from {self.opens:%H:%M} to {self.closes:%H:%M} must open before they close, on one day")
        return self

    @property
    def weekdays(self) -> list[int]:
        """Days of the week, Monday is 0."""
        return _weekdays(self.days)


def _weekdays(text: str) -> list[int]:
    days: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        ends = part.split("-")
        if len(ends) > 2 or not set(ends) <= set(WEEK) or WEEK.index(ends[0]) > WEEK.index(ends[-1]):
            raise ValueError(f"days {text!r} must be days of the week or spans of them, such as mon-fri or mon,wed,sat")
        days |= set(range(WEEK.index(ends[0]), WEEK.index(ends[-1]) + 1))
    return sorted(days)
