"""A study: one brand, month and audience. The first line of every notebook opens one."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from cx_helpers.config import Brand, load_brand
from cx_helpers.config.audiences import Audience
from cx_helpers.config.journey import label_in
from cx_helpers.config.parameters import Parameters, check_parameters
from cx_helpers.errors import UsageError
from cx_helpers.tables import frames
from cx_helpers.tables.frames import Span
from cx_helpers.tables.disclosure import UNKNOWN, Disclosure, brand_disclosure
from cx_helpers.tables.harmonised import Wordings
from cx_helpers.tables.lake import Lake
from cx_helpers.tables.months import months_back, resolve_month
from cx_helpers.tables.renewal import restated
from cx_helpers.tables.result_contracts import LEDGERS, RESULTS
from cx_helpers.tables.results import keep_results, learnt_results
from cx_helpers.tables.selection import Selection
from cx_helpers.tables.states import needed_inputs, states
from cx_helpers.tables.uses import Uses, recorded
from cx_helpers.tables.weighting import Weights, brand_weights, weighted

PACKAGES = ("cx-helpers", "pandas", "statsmodels", "duckdb", "ibis-framework", "deltalake", "seaborn")


@dataclass(eq=False)
class Study:
    """What a notebook asks its questions of.

    Attributes
    ----------
    brand : Brand
    month : str
        YYYY-MM, the month reported on; nothing later is seen.
    audience_name : str
    notebook : str
    parameters : Parameters
    lake : Lake
        Reads the versions that were current when the study opened.
    """

    brand: Brand
    month: str
    audience_name: str
    notebook: str
    parameters: Parameters
    lake: Lake
    results: dict[str, pd.DataFrame] = field(default_factory=dict)

    @classmethod
    def open(cls, brand: str, month: str = "latest", audience: str = "all", *, notebook: str = "01_ingest", **parameters: Any):
        """Opens a study on the published tables.

        Parameters
        ----------
        brand, month, audience : str
            A brand's folder name; YYYY-MM or latest; a name in audiences.yaml.
        notebook : str
            Which notebook asks: decides which parameters there are.

        Raises
        ------
        UsageError
            An unknown brand, month, audience or parameter; the line names what there is.
        DataError
            Nothing has been ingested yet.
        """
        checked = check_parameters(notebook, {"brand": brand, "month": month, "audience": audience, **parameters})
        loaded = load_brand(brand)
        if audience not in loaded.audiences:
            raise UsageError(f"audience {audience!r}: not in {brand}/audiences.yaml. Known: {', '.join(loaded.audiences)}.")
        lake = Lake(loaded.folder / "tables")
        lake = Lake(lake.folder, lake.versions)
        return cls(loaded, resolve_month(loaded, month, lake), audience, notebook, checked, lake)

    @property
    def audience(self) -> Audience:
        """Who reads: label, scope, pages, language."""
        return self.brand.audiences[self.audience_name]

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.audience.language or self.brand.journey.language

    def label(self, thing: Any) -> str:
        """The label of a part of the configuration (or a label itself) in the reader's language; of None no text."""
        return label_in(getattr(thing, "label", thing) or "", self.language)

    @cached_property
    def window(self) -> list[str]:
        """The months with data that the study looks back on, oldest first, `month` last."""
        return months_back(self.lake, self.month, self.parameters.window_months)

    @property
    def until(self) -> pd.Timestamp:
        """The first moment after the month, UTC: what the study looks from."""
        start = (pd.Period(self.month, "M") + 1).to_timestamp()
        return start.tz_localize(self.brand.journey.time_zone).tz_convert("UTC")

    @property
    def primary(self) -> str | None:
        """The metric that drivers explain: the notebook's `outcome`, else the brand's."""
        return getattr(self.parameters, "outcome", "") or self.brand.journey.primary

    @property
    def segments(self) -> list[str]:
        """Declared segments that the journeys table holds."""
        held = self.table("journeys").columns
        return [segment.id for segment in self.brand.journey.segments if segment.id in held]

    @property
    def controls(self) -> list[str]:
        """Segments that the driver analysis holds equal."""
        return [segment.id for segment in self.brand.journey.segments if segment.control and segment.id in self.segments]

    @property
    def caveats(self) -> list[tuple[str, dict[str, str]]]:
        """What a reader must know of these data, as messages: the brand's own words, and what weights do not reach."""
        own = [("text", {"text": self.label(caveat)}) for caveat in self.brand.journey.caveats]
        metrics, apart = self.brand.journey.metrics, self.selection.reworded_since
        own += [("wordings.apart", {"label": self.label(metrics[metric]), "month": month}) for metric, month in apart.items()]
        return own + restated(self.lake, self.month) + ([("weights.scores_only", {})] if self.weights else [])

    @cached_property
    def selection(self) -> Selection:
        """The tables, up to the month and in the audience's scope."""
        until = self.until.to_pydatetime()
        selected = Selection(self.lake, self.window[0], self.month, until, self.audience.scope, self.brand.journey)
        return recorded(selected, self._uses)

    def table(self, name: str, span: Span = "known", *, scoped: bool = True, wordings: Wordings = "newest") -> ir.Table:
        """A canonical table as an Ibis expression (see `Selection.table`)."""
        return self.selection.table(name, span, scoped=scoped, wordings=wordings)

    def counts(self, name: str, by: Sequence[str], span: Span = "everything") -> dict[str, int]:
        """Rows by the dotted values of some columns (see `Selection.counts`)."""
        return self.selection.counts(name, by, span)

    def inputs(self, *, drivers: bool = False) -> list[str]:
        """Full names of the brand's inputs that were measured; with `drivers` only those offered as drivers."""
        measured = self.counts("inputs", ["touchpoint", "input"], "known")
        return [
            name for name, item in self.brand.journey.inputs.items() if name in measured and (item.driver or not drivers)
        ]

    def journeys(self, columns: Sequence[str] | None = None, *, span: Span = "window") -> ir.Table | pd.DataFrame:
        """One row a journey: what was delivered, as of answering, and what was perceived.

        Parameters
        ----------
        columns : sequence of str, optional
            Named: a pandas frame with these. Left out: an Ibis expression that has not run yet.
        """
        expression = frames.journeys_with_outputs(
            self.table("journeys", span), self.table("responses", frames.reach(span)), self.table("inputs", frames.reach(span)),
            list(self.brand.journey.metrics), self.inputs(), self.primary, self.until.to_pydatetime(),
        )  # fmt: skip
        if columns is None:
            return expression
        return frames.plain(expression.order_by("journey_id").select("journey_id", *[c for c in columns if c != "journey_id"]).execute())

    def _answers(self, span: Span, wordings: Wordings = "newest") -> ir.Table:
        given = self.selection.table("responses", span, wordings=wordings)
        return weighted(frames.answers(given, self.table("journeys", frames.reach(span)), self.segments), self.weighting)

    def answers(
        self, metric: str | None = None, *, span: Span = "window", inputs: Sequence[str] = (), at_end: Sequence[str] = ()
    ) -> pd.DataFrame:
        """One row an answer, as pandas, ordered by response; inputs as of answering, and ``<input>@end``.

        `score` is as given; `points` is what it gives to its metric: -100, 0 or 100 for NPS, else the score.

        Parameters
        ----------
        metric : str, optional
            ``touchpoint.metric``; all metrics when left out.
        """
        given = self._answers(span)
        if metric:
            touchpoint, name = metric.split(".", 1)
            given = given.filter((given.touchpoint == touchpoint) & (given.metric == name))
        given = frames.answers_with_inputs(given, self.table("inputs", frames.reach(span)), list(inputs), list(at_end))
        given = frames.with_points(given, self._nps)
        frame = frames.plain(given.order_by("response_id").execute())
        return frame.assign(name=frame["touchpoint"].astype(str) + "." + frame["metric"].astype(str))

    def states(self, *, span: Span = "window", metric: str | None = None) -> pd.DataFrame:
        """Answers with `state`, the first declared one that held when answering, and `naive_state`, by how it ended."""
        now, end = needed_inputs(self.brand.journey.states)
        frame = self.answers(metric or self.primary, span=span, inputs=now, at_end=end)
        declared = self.brand.journey.states
        return frame.assign(state=states(frame, declared), naive_state=states(frame, declared, naive=True))

    def group_sums(self, by: Sequence[str], *, span: Span = "window", customers: bool = False) -> pd.DataFrame:
        """Sums of each group of answers (see `frames.group_sums`), in a fixed order; by month each month has the wording
        then in force (see `reworded`). With `customers` a row a customer and group (`frames.customer_sums`), to pair periods by."""
        given = self._answers(span, "each_month" if "month" in by else "newest")
        sums = (frames.customer_sums if customers else frames.group_sums)(given, by).execute()
        sums[list(by)] = sums[list(by)].astype(object).where(sums[list(by)].notna(), UNKNOWN)
        # Pseudonyms differ between machines: rows are ordered by what was answered, never by who answered.
        return sums.sort_values([*by, "n", "weight", "total", "promoters", "detractors"], ignore_index=True)

    @property
    def reworded(self) -> pd.DataFrame:
        """Months in which a metric came under another wording or programme (see `harmonised.changed`)."""
        return self.selection.reworded

    def journey_inputs(self) -> pd.DataFrame:
        """One row a journey of the window with each input as it stood at the end of the month (or whether it ever
        was 1, where the brand says so), ordered by journey."""
        names = self.inputs()
        ends = frames.inputs_at_end(self.table("inputs"), names, self._ever)
        journeys = self.table("journeys", "window").select("journey_id", "customer_id", "unit", "month", *self.segments)
        return frames.plain(journeys.left_join(ends, "journey_id").drop("journey_id_right").order_by("journey_id").execute())

    @property
    def _ever(self) -> list[str]:
        return [name for name, item in self.brand.journey.inputs.items() if item.counts == "ever"]

    def unit_panel(self) -> pd.DataFrame:
        """One row a unit and month, of the whole brand: each score and each input under its full name, and ``<name>.n``.

        Scores by the month of answering, inputs by the month in which they were measured. Units outside the
        audience's scope are there as comparison; a page shows them only together.
        """
        journeys = self.table("journeys", scoped=False)
        given = weighted(frames.answers(self.table("responses", scoped=False), journeys, self.segments), self.weighting)
        inputs = frames.unit_inputs(self.table("inputs", scoped=False), journeys, self._ever)
        return frames.unit_months(frames.unit_scores(given, self._nps), inputs)

    @property
    def _nps(self) -> list[str]:
        return [name for name, metric in self.brand.journey.metrics.items() if metric.kind == "nps"]

    @cached_property
    def weighting(self) -> Weights | None:
        """The weights that journey.yaml declares, of the whole brand and the window: the same on every page."""
        return brand_weights(self.selection, self.segments)

    @cached_property
    def weights(self) -> str | None:
        """The column of weights in `answers`, where the survey or the brand has any."""
        return "weight" if self.weighting or (self.table("responses").weight != 1).any().execute() else None

    @cached_property
    def disclosure(self) -> Disclosure:
        """Which cells may be shown: one decision for every page and audience of the month."""
        scopes = {name: audience.scope for name, audience in self.brand.audiences.items()}
        return brand_disclosure(self.selection, self.brand.journey, scopes, self.segments, self.audience_name)

    def ledger(self, name: str) -> pd.DataFrame:
        """A ledger of the last ingest, such as reconciliation, quarantine, fields; or `uses`, what pages read when last run."""
        if name not in (*LEDGERS, "uses"):
            raise UsageError(f"ledger {name!r} is not one of {', '.join(LEDGERS)}, uses.")
        return self._uses.beside(self.lake.frame(name)) if name == "uses" else self.lake.frame(name)

    @cached_property
    def _uses(self) -> Uses:
        return Uses(self._run)

    @property
    def _run(self) -> dict[str, str]:
        return {"month": self.month, "audience": self.audience_name, "notebook": self.notebook}

    def keep(self, **results: pd.DataFrame) -> None:
        """Keeps result tables for the batch, which commits them after its cell check; by hand they stay in `results`."""
        self.results |= keep_results(results, self._run)

    def learnt(self, name: str, notebook: str, *, months_back: int = 0) -> pd.DataFrame:
        """What another notebook wrote for this audience: in this very run where it did, else as last committed."""
        month = str(pd.Period(self.month, "M") - months_back)
        return learnt_results(self.lake, name, {**self._run, "notebook": notebook, "month": month}, this_run=not months_back)

    @property
    def data_line(self) -> dict[str, Any]:
        """What the masthead says of the data: tables with rows, of how many; rows in, accepted, set aside, replaced."""
        counts = ["rows_in", "accepted", "in_part", "quarantined", "superseded", "not_permitted"]
        sums = self.ledger("reconciliation").reindex(columns=counts).fillna(0).sum()
        return {"tables": sum(self.lake.has(name) for name in self.brand.sql), "of": len(self.brand.sql), **sums.astype(int).to_dict()}

    def provenance(self) -> dict[str, dict[str, Any]]:
        """What would reproduce the page: tables {name: version}, parameters, versions {package: version}."""
        canonical = {name: version for name, version in sorted(self.lake.versions.items()) if name not in RESULTS}
        versions = {"Python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}
        given = {name: value for name, value in self.parameters.model_dump().items() if value != ""}
        parameters = {**given, "month": self.month, "minimum_n": self.brand.journey.minimum_n}
        return {"tables": canonical, "parameters": parameters, "versions": versions}
