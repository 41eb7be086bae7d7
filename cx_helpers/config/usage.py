"""The data-use ledger as `sources.yaml` declares it: what each field is, where it comes from, and what it may be used for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from cx_helpers.config.journey import Name, Part

KINDS = ("identity", "descriptive", "attitude", "behaviour")
DIRECT = ("name", "email", "phone", "card", "iban", "handle", "address")
"""Personal fields that no table may hold and no SQL can read: a SELECT sees a pseudonym in their place."""
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _listed(given):
    return [given] if isinstance(given, str) else given


Purposes = Annotated[list[Name], BeforeValidator(_listed)]


class Held(Part):
    """What is true of a field or, as `held`, of every field of a source that does not say otherwise.

    Attributes
    ----------
    permitted : list of purposes
        What the field may be used for; left out, it may be used for any purpose.
    keep_days : int
        Of a source: its older rows are dropped. Of a field: its older values are.
    """

    origin: Words | None = Field(None, description="the system or the moment it comes from")
    captured: Words | None = Field(None, description="how it was captured: asked, typed by staff, measured, bought")
    stored: Words | None = Field(None, description="where and how it is stored")
    permitted: Purposes | None = Field(None, description="purposes it may be used for, such as [service_improvement]")
    consent: Words | None = Field(None, description="the legal basis: consent, contract, legitimate interest")
    regulated: Words | None = Field(None, description="the rule it falls under, such as GDPR art. 6(1)(f)")
    keep_days: int | None = Field(None, ge=1, description="days after which it is dropped")


class SourceHeld(Held):
    """`held` of a source: defaults for its fields, and the column that its age counts from."""

    by: Words | None = Field(None, description="the column of times that `keep_days` count from")

    @model_validator(mode="after")
    def _age_counts_from_a_column(self):
        if self.keep_days and not self.by:
            raise ValueError("`keep_days` of a source needs `by`: the column of times that the days count from")
        return self


class FieldUse(Held):
    """The ledger's entry of one field.

    `insight` (which pages used it) and `destination` (who read them) are not declared: they are filled from what the
    notebooks really read.
    """

    kind: Literal["identity", "descriptive", "attitude", "behaviour"]
    personal: Literal["id", "name", "email", "phone", "card", "iban", "handle", "address", "free_text"] | None = Field(
        None, description="`id` leads to a person; `free_text` may name one; the others are kept out of every table"
    )
    purpose: Words | None = Field(None, description="what it is held for")
    result: Words | None = Field(None, description="what it becomes: a score, a wait, a segment")
    reason: Words | None = Field(None, description="why this identifier; asked of identity fields")

    @model_validator(mode="after")
    def _identifiers_have_a_reason(self):
        if self.kind == "identity" and not self.reason:
            raise ValueError("an identity field needs a `reason` (why this identifier)")
        if self.personal in (*DIRECT, "id") and self.kind != "identity":
            raise ValueError(f"a field that is personal ({self.personal}) is of kind identity")
        return self


class Use(Part):
    """What the workbench uses the brand's data for, and what holds for a customer who was never asked."""

    purpose: Name = Field(description="a purpose of the permissions table, such as service_improvement")
    default: Literal["allowed", "refused"] = Field(
        "allowed", description="of a customer without any permission on record for the purpose"
    )
