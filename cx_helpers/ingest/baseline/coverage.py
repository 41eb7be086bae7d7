"""What the data cover: every touchpoint with its events, inputs and outputs, its gaps named; and what was set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.config.journey import OVERALL, Journey, label_in
from cx_helpers.findings import Finding
from cx_helpers.ingest.persons.permissions import WANTING

MANY_FAULTS = 0.05  # of all rows: then the faults come before anything else there is to say
FEW_FAULTS = 0.001  # of all rows: fewer are counted in their table, and are no finding


def coverage(
    journey: Journey, events: Mapping[str, int], inputs: Mapping[str, int], answers: Mapping[str, int], language: str = "en"
) -> pd.DataFrame:
    """The coverage matrix: a row a touchpoint, and one for the whole journey.

    Parameters
    ----------
    events : mapping of touchpoint to events seen
    inputs : mapping of full input name to rows measured
    answers : mapping of full metric name to answers

    Returns
    -------
    DataFrame: touchpoint, label, stage_label, moment_of_truth, moment (its message, or ""), asking (the step is the asking itself), n (events), inputs and outputs (lists of labels, empty
    is a gap), measurements (rows of its inputs, NaN where nothing is measured), answers (count, NaN where nobody was asked), gap: "blind" (neither input nor
    output), "no_output", "no_input" or "" (also where the step is the asking itself). attrs: measured, the full names of inputs that were.
    """
    rows = [
        _covered(journey, point.id, label_in(point.label, language), label_in(stage.label, language), events, inputs, answers, language)
        | {"moment_of_truth": point.moment_of_truth, "asking": point.asking} | ({"gap": ""} if point.asking else {})
        for stage in journey.stages
        for point in stage.touchpoints
    ]
    if journey.remembered:
        whole = _covered(journey, OVERALL, label_in(journey.journey.one, language), "", events, inputs, answers, language)
        gap = "" if whole["outputs"] else "no_output"
        rows.append(whole | {"label": "", "moment_of_truth": False, "asking": False, "n": np.nan, "gap": gap})
    frame = pd.DataFrame(rows)
    frame["moment"] = np.where(frame["moment_of_truth"], "map.moment_of_truth", "")
    frame.attrs["measured"] = tuple(name for name in journey.inputs if inputs.get(name))
    return frame


def _covered(journey, point, label, stage, events, inputs, answers, language) -> dict:
    measured = {name: n for name, n in inputs.items() if name.split(".")[0] == point and name in journey.inputs and n}
    asked = {name: n for name, n in answers.items() if name.split(".")[0] == point and name in journey.metrics and n}
    gap = "" if measured and asked else "blind" if not measured and not asked else "no_output" if measured else "no_input"
    return {
        "touchpoint": point, "label": label, "stage_label": stage, "n": events.get(point, 0),
        "inputs": [label_in(journey.inputs[name].label, language) for name in measured],
        "outputs": [label_in(journey.metrics[name].label, language) for name in asked],
        "measurements": sum(measured.values()) or np.nan, "answers": sum(asked.values()) or np.nan, "gap": gap,
    }  # fmt: skip


def gaps(covered: pd.DataFrame) -> dict[str, int]:
    """How many touchpoints lack an input, an output or both, of how many; a step that is the asking itself is none."""
    steps = covered[(covered["touchpoint"] != OVERALL) & ~covered["asking"]]
    return {"count": int((steps["gap"] != "").sum()), "of": len(steps)}


def asking(covered: pd.DataFrame) -> tuple[str, dict] | None:
    """Names the steps that are the asking itself, which nobody needs to be asked about; None where there is none."""
    labels = list(covered.loc[covered["asking"].astype(bool), "label"])
    return ("ingest.coverage_how", {"labels": labels, "count": len(labels)}) if labels else None


def by_source(ledger: pd.DataFrame) -> pd.DataFrame:
    """The reconciliation added up by source, most rows set aside first: source, rows_in, accepted, in_part, quarantined,
    not_permitted (of these; left out where no permission is wanting), superseded."""
    counts = ["rows_in", "accepted", "in_part", "quarantined", "not_permitted", "superseded"]
    sums = ledger.reindex(columns=["raw_source", *counts]).groupby("raw_source", sort=False)[counts].sum()
    sums = sums.drop(columns=[] if sums["not_permitted"].any() else "not_permitted")
    return sums.sort_values(["quarantined", "in_part"], ascending=False, kind="stable").rename_axis("source").reset_index()


def problems(quarantine: pd.DataFrame, journey: Journey | None = None, language: str = "en") -> pd.DataFrame:
    """What was set aside, a row a table and reason: faults first, then what is not permitted; most rows first.

    Parameters
    ----------
    journey : Journey, optional
        Its labels stand in the reasons for the full names of inputs and metrics.

    Returns
    -------
    DataFrame: table (canonical table, or the raw source), table_of (the same, as a message), reason, rows (raw rows it touches; a row may have several
    reasons), first (file and row), suggestion. attrs: raw_rows, all raw rows with a fault.
    """
    if quarantine.empty:
        return pd.DataFrame(columns=["table", "table_of", "reason", "rows", "first", "suggestion"])
    named = quarantine.assign(
        table=quarantine["table"].fillna(quarantine["raw_source"]),
        first=quarantine["file"] + ":" + quarantine["row"].astype(int).astype(str),
    )
    grouped = named.groupby(["table", "reason"], sort=False)
    counted = grouped.agg(rows=("first", "nunique"), first=("first", "first"), suggestion=("suggestion", "first")).reset_index()
    held = counted["reason"].str.startswith(WANTING)
    counted = counted.assign(held=held).sort_values(["held", "rows", "table", "reason"], ascending=[True, False, True, True], ignore_index=True)
    counted = counted.drop(columns="held").assign(table_of="table_of." + counted["table"].astype(str))
    counted["reason"] = [_labelled(reason, journey, language) for reason in counted["reason"]]
    counted.attrs["raw_rows"] = int(named.loc[~named["reason"].str.startswith(WANTING), "first"].nunique())
    return counted


def _labelled(reason: str, journey: Journey | None, language: str) -> str:
    """A reason with the brand's labels in place of the full names of inputs and metrics."""
    named = {**journey.inputs, **journey.metrics} if journey else {}
    return re.sub(r"\b[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*\b", lambda name: label_in(named[name[0]].label, language) if name[0] in named else name[0], reason)


def ingest_findings(ledger: pd.DataFrame, found: pd.DataFrame, covered: pd.DataFrame) -> list[Finding]:
    """What the ingest says: touchpoints and moments of truth that nobody looks at, and the commonest reason to set rows
    aside, where more than one in a thousand is. That all is well is no finding."""
    findings = _gap_findings(covered)
    touched, all_rows = found.attrs["raw_rows"] if len(found) else 0, ledger["rows_in"].sum()
    if touched > FEW_FAULTS * all_rows:
        first = found.iloc[0]
        part = estimates.share_from_counts(int(first["rows"]), touched)
        args = {"reason": first["reason"], "rows": int(first["rows"]), "all_rows": touched}
        findings.append(Finding("ingest.largest_problem", args, part.value, part.low, part.high, touched, part.method,
                                "described", weight=6 if touched > MANY_FAULTS * all_rows else 2, link="#what-was-set-aside"))  # fmt: skip
    return findings


def _gap_findings(covered: pd.DataFrame) -> list[Finding]:
    """Touchpoints without a measure, a question or both, each gap told once; a moment of truth comes first and weighs
    most. That most touchpoints are not measured is told by `questions.one_kind`, and not again here."""
    findings, steps = [], covered[(covered["touchpoint"] != OVERALL) & ~covered["asking"]]
    truths = steps[steps["moment_of_truth"]]
    for gap, weight, more in (("blind", 3.5, 1.5), ("no_output", 3, 0.7), ("no_input", 1.5, 1.0)):
        rows = steps[steps["gap"] == gap]
        late, others = list(rows.loc[rows["moment_of_truth"], "label"]), list(rows.loc[~rows["moment_of_truth"], "label"])
        if gap == "no_input" and 2 * (steps["inputs"].map(len) > 0).sum() < len(steps):
            others = []
        if late:
            message, heavy, labels, of = f"ingest.moment_{gap}{'_too' if others else ''}", more, late, len(truths)
        elif others:
            message, heavy, labels, of = f"ingest.{gap}", 0.0, others, len(steps)
        else:
            continue
        args = {"labels": labels, "count": len(labels), "of": of} | ({"others": others} if late and others else {})
        findings.append(Finding(message, args, len(labels) / of, np.nan, np.nan, 0, "count", "described", weight=weight + heavy,
                                link="#what-is-measured-where"))  # fmt: skip
    return findings


def foremost(findings: list[Finding]) -> Finding | None:
    """The finding of most consequence: the page's headline; None where nothing was found."""
    return max(findings, key=lambda finding: finding.weight, default=None)


def page_lede(sums: Mapping[str, int]) -> tuple[str, dict]:
    """What became of the rows, in one message; `sums` as the study's `data_line` gives them. What befell none is not said."""
    counts = {"not_permitted": sums["not_permitted"], "faulty": sums["quarantined"] - sums["not_permitted"], "in_part": sums["in_part"]}
    parts = [(f"ingest.lede_{name}", {"count": n}) for name, n in counts.items() if n]
    return ("ingest.lede" if parts else "ingest.lede_clean"), {**sums, "parts": parts}


def baseline_how(states: pd.DataFrame, answers: int) -> tuple[str, dict]:
    """How the baseline is to be read: hollow marks are explained where there are any."""
    return "ingest.baseline_how" + ("_naive" if states["naive"].any() else ""), {"n": answers}


def baseline_findings(states: pd.DataFrame) -> list[Finding]:
    """Where a comparison that forgets when customers answered misleads: the naive value against the one as known then.

    Parameters
    ----------
    states : DataFrame: state, label, value, low, high, n, method, naive, of `scores.by_state`
    """
    if states.empty:
        return []
    rows = states[~states["naive"]].merge(states[states["naive"]], on="state", suffixes=("", "_naive"))
    apart = rows[(rows["low"] > rows["high_naive"]) | (rows["high"] < rows["low_naive"])]
    return [
        Finding("baseline.naive_misleads",
                {"label": r.label, "naive": estimates.Estimate(r.value_naive, r.low_naive, r.high_naive, int(r.n_naive), r.method_naive)},
                r.value, r.low, r.high, int(r.n), r.method, "described", weight=3.8, link="#the-baseline")
        for r in apart.itertuples()
    ]  # fmt: skip
