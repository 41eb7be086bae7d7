"""What a study sees of the tables: up to its month, in its audience's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import ibis
import ibis.expr.types as ir
import pandas as pd

from cx_helpers.config.journey import Journey
from cx_helpers.tables import harmonised
from cx_helpers.tables.frames import Span, as_known, in_scope
from cx_helpers.tables.harmonised import Wordings
from cx_helpers.tables.lake import Lake


@dataclass(frozen=True, eq=False)
class Selection:
    """The tables of one month and audience, as Ibis expressions.

    Attributes
    ----------
    lake : Lake
    first, month : str
        The window's months, YYYY-MM.
    until : datetime
        The first moment after the month: a journey that ended later was still open.
    scope : mapping of column of `journeys` (unit or a segment) to the values in scope; empty is all
    journey : Journey, optional
        Says which wordings of a metric compare; without it answers are given as they lie.
    """

    lake: Lake
    first: str
    month: str
    until: datetime
    scope: Mapping[str, Sequence[str]]
    journey: Journey | None = None

    @cached_property
    def connection(self) -> ibis.BaseBackend:
        """Where the expressions of this selection run."""
        return ibis.duckdb.connect(autoinstall_known_extensions=False)

    @cached_property
    def versions(self) -> pd.DataFrame:
        """Under what each metric was asked, month by month, of the whole brand (see `harmonised.versions`)."""
        return harmonised.versions(self.lake.table("responses", self.connection), self.journey)

    @cached_property
    def reworded(self) -> pd.DataFrame:
        """Months, up to the study's, in which another wording came into force (see `harmonised.changed`)."""
        return harmonised.changed(self.versions, self.month)

    @property
    def reworded_since(self) -> dict[str, str]:
        """Metric to the month since which it is asked as now, of those that were asked otherwise before."""
        return dict(zip(self.reworded["metric"], self.reworded["month"], strict=True))

    def table(self, name: str, span: Span = "known", *, scoped: bool = True, wordings: Wordings = "newest") -> ir.Table:
        """A canonical table.

        Parameters
        ----------
        span : {"known", "window", "everything"}
            Up to the month; only the months of the window; or all that was ingested, later months too.
        scoped : bool
            Only what belongs to the journeys in the audience's scope.
        wordings : {"newest", "each_month", "all"}
            Of responses: which wordings and programmes (see `harmonised.harmonised`).
        """
        found = everything = self.lake.table(name, self.connection)
        if "month" in found.columns and span != "everything":
            found = found.filter(everything.month.isnull() | (everything.month <= self.month))
            if span == "window":
                found = found.filter(found.month >= self.first)
            if name == "journeys":
                found = as_known(found, self.until)
        if name == "responses" and self.journey is not None:
            found = harmonised.harmonised(found, self.versions, None if span == "everything" else self.month, wordings)
        if not scoped or not self.scope:
            return found
        if name == "journeys":
            return found.filter(in_scope(found, self.scope))
        if "journey_id" not in found.columns:
            return found
        journeys = self.lake.table("journeys", self.connection)
        return found.semi_join(journeys.filter(in_scope(journeys, self.scope)), "journey_id")

    def counts(self, name: str, by: Sequence[str], span: Span) -> dict[str, int]:
        """Rows by the dotted values of some columns, such as touchpoint.metric; unanswered requests do not count."""
        rows = self.table(name, span, wordings="all")
        rows = rows.filter(rows.score.notnull()) if name == "responses" else rows
        found = rows.group_by(list(by)).aggregate(n=rows.count()).order_by(list(by)).execute()
        names = (".".join(row) for row in found[list(by)].astype(str).to_numpy())
        return dict(zip(names, found["n"].astype(int), strict=True))

    def units(self) -> list[str]:
        """The units in scope, in order."""
        rows = self.table("journeys").select("unit").distinct()
        return sorted(rows.filter(rows.unit.notnull()).execute()["unit"])
