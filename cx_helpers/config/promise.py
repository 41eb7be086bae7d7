"""What was promised and when it came, as journey.yaml says: `promise: {days: placed.promised_days, late: delivered.days_late}`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Promise(BaseModel):
    """Inputs, by their full names, that tell lateness apart from the moment of asking."""

    days: str = Field(description="days from the start of the journey to the promised moment, known from the start")
    late: str = Field(description="days after the promised moment when it came, known once it came")
    parts: list[str] = Field([], description="days each hand took, in their order, each known once it passed on")

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def inputs(self) -> list[str]:
        """Every input it names."""
        return [self.days, self.late, *self.parts]
