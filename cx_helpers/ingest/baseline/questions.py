"""What these data can and cannot answer: the questions of the four pages, each with what it would take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL
from cx_helpers.estimates import share_from_counts
from cx_helpers.findings import Finding
from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.selection import Selection

LINK = "#what-these-data-can-and-cannot-answer"
YES, PARTLY, THERE, NO = "yes", "partly", "there", "no"
NOWHERE = "none"
MONTHS_BEFORE_AND_AFTER = 7
ENOUGH_MONTHS = 12
OFTEN_ENOUGH = 0.05  # of customers, who must come back for staying or leaving to be seen
Verdict = tuple[str, str]


def holdings(selection: Selection, covered: pd.DataFrame, rates: pd.DataFrame, groups: int) -> dict[str, Any]:
    """What the published tables hold, as the rules of `questions` ask for it.

    Parameters
    ----------
    selection : Selection
        The tables of a study, in its audience's scope.
    covered : DataFrame of `coverage.coverage`
    rates : DataFrame of `responding.rates`
    groups : how many groups of customers can be told apart

    Returns
    -------
    dict: rows (canonical table to its rows), steps, asked, measured, both (touchpoints), unasked and unmeasured (their labels), drivers
    (inputs measured and offered as drivers), answers, silence (bool: requests that nobody answered are
    there), blanks (bool: all that is missing are items left blank), months (of the window with data), units, statuses,
    returning (bool: at least 5% of the customers, and as many as the brand's minimum, have several journeys), valued (bool: journeys
    have money), groups, origins (of comments).
    """
    journey = selection.journey
    steps = covered[(covered["touchpoint"] != OVERALL) & ~covered["asking"]]
    asked, measured = steps["outputs"].str.len() > 0, steps["inputs"].str.len() > 0
    journeys, perceived = selection.table("journeys"), selection.table("responses", "window")
    facts = journeys.aggregate(
        n=journeys.count(), units=journeys.unit.nunique(), statuses=journeys.status.nunique(), customers=journeys.customer_id.nunique(),
        known=journeys.customer_id.count(), value=journeys.value.count(),
    ).execute().iloc[0]  # fmt: skip
    months = max(int(rows.month.nunique().execute()) for rows in (perceived, selection.table("journeys", "window")))
    tables = {name: int(selection.table(name).count().execute()) for name in CANONICAL if selection.lake.has(name)}
    return {
        "rows": tables, "steps": len(steps), "asked": int(asked.sum()), "measured": int(measured.sum()), "both": int((asked & measured).sum()),
        "unasked": list(steps.loc[~asked, "label"]), "unmeasured": list(steps.loc[~measured, "label"]),
        "drivers": sum(journey.inputs[name].driver for name in covered.attrs["measured"]), "answers": int(np.nansum(covered["answers"])),
        "silence": rates.attrs["heard"], "blanks": rates.attrs["blanks"], "months": months, "units": int(facts["units"]), "statuses": int(facts["statuses"]),
        "returning": _come_back(journeys, int(facts["customers"]), journey.minimum_n), "valued": int(facts["value"]) > 0, "groups": groups,
        "origins": int(selection.table("comments").origin.nunique().execute()) if tables.get("comments") else 0,
    }  # fmt: skip


def _come_back(journeys: ir.Table, customers: int, minimum: int) -> bool:
    several = journeys.filter(journeys.customer_id.notnull()).group_by("customer_id").aggregate(n=lambda t: t.count()).filter(lambda t: t.n > 1)
    return int(several.count().execute()) >= max(minimum, OFTEN_ENOUGH * customers)


def questions(held: Mapping[str, Any]) -> pd.DataFrame:
    """Every question of the four pages, whether these data answer it, and what would.

    Returns
    -------
    DataFrame: question (message id), page (message id of the page that answers), answer ("yes", "partly", "there":
    the data are there and no page computes the answer yet, or "no"), missing and bring (message with its arguments, ""
    where there is nothing to bring). Rules look at what is published, never at what is configured alone.
    """
    rows = []
    for question, page, rule in RULES:
        answer, why = rule(held)
        if page == NOWHERE:
            answer, why = (THERE, "") if answer == YES else (NO, why)
        args = {"labels": held["unasked"] if why == "unasked" else held["unmeasured"] if why == "unmeasured" else [], "count": held["months"]}
        rows.append({"question": f"question.{question}", "page": f"page.{page}", "answer": answer,
                     "missing": (f"lacks.{why}", args) if why else "", "bring": (f"bring.{why}", args) if why else ""})  # fmt: skip
    return pd.DataFrame(rows)


def _steps(held: Mapping, have: str, lack: str) -> Verdict:
    return (YES, "") if held[have] == held["steps"] else (PARTLY, lack) if held[have] else (NO, lack)


def _perceived(held: Mapping) -> Verdict:
    return (NO, "responses") if not held["answers"] else _steps(held, "asked", "unasked") if held["asked"] else (NO, "unasked")


def _delivered(held: Mapping) -> Verdict:
    return _steps(held, "measured", "unmeasured") if held["measured"] else (NO, "inputs")


def _explained(held: Mapping) -> Verdict:
    if not held["answers"]:
        return NO, "responses"
    if not held["drivers"]:
        return NO, "inputs"
    return (YES, "") if 2 * held["measured"] >= held["steps"] else (PARTLY, "unmeasured")


def _worth(held: Mapping) -> Verdict:
    return (YES, "") if held["rows"].get("outcomes") else (PARTLY, "outcomes") if held["rows"].get("journeys") and held["valued"] else (NO, "outcomes")


def _leaves(held: Mapping) -> Verdict:
    if not held["returning"]:
        return NO, "returning"
    return (YES, "") if held["rows"].get("outcomes") else (PARTLY, "outcomes")


def _way(held: Mapping) -> Verdict:
    if not held["rows"].get("events"):
        return NO, "events"
    return (YES, "") if held["statuses"] > 1 else (PARTLY, "statuses")


def _change(held: Mapping) -> Verdict:
    return (YES, "") if held["months"] >= ENOUGH_MONTHS else (PARTLY, "months") if held["months"] > 1 else (NO, "months")


def _worked(held: Mapping) -> Verdict:
    return (NO, "units") if held["units"] < 2 else (NO, "months") if held["months"] < MONTHS_BEFORE_AND_AFTER else (YES, "")


def _heard(held: Mapping) -> Verdict:
    if not held["answers"]:
        return NO, "responses"
    if held["blanks"]:
        return NO, "refused"
    return (NO, "silence") if not held["silence"] else (PARTLY, "traits") if not held["groups"] else (YES, "")


def _words(held: Mapping) -> Verdict:
    return (NO, "comments") if not held["rows"].get("comments") else (YES, "")


def _there(table: str) -> Callable[[Mapping], Verdict]:
    return lambda held: (YES, "") if held["rows"].get(table) else (NO, table)


RULES: tuple[tuple[str, str, Callable[[Mapping], Verdict]], ...] = (
    ("perceived", "02_journeys", _perceived),
    ("delivered", "02_journeys", _delivered),
    ("way", "02_journeys", _way),
    ("change", "02_journeys", _change),
    ("places", "02_journeys", lambda held: (YES, "") if held["units"] > 1 else (NO, "units")),
    ("words", "02_journeys", _words),
    ("complaints", NOWHERE, _there("cases")),
    ("explained", "03_drivers", _explained),
    ("worth", NOWHERE, _worth),
    ("leaves", NOWHERE, _leaves),
    ("worked", "04_follow_up", _worked),
    ("heard", "01_ingest", _heard),
    ("employees", NOWHERE, _there("unit_measures")),
    ("outside", NOWHERE, _there("context")),
    ("permitted", "01_ingest", _there("permissions")),
)


def lacking(found: pd.DataFrame) -> pd.DataFrame:
    """The questions answered in part, then those not at all: the rows of `questions` that have something to bring."""
    return pd.concat([found[found["answer"] == answer] for answer in (PARTLY, NO)], ignore_index=True)


def answered(found: pd.DataFrame) -> pd.DataFrame:
    """Where the other questions are answered: a row a page, and one for those whose data are there while no page
    computes them: page (message), questions (list of messages), n (how many)."""
    full = found[found["answer"].isin((YES, THERE))]
    rows = [{"page": page, "questions": list(rows["question"]), "n": len(rows)} for page, rows in full.groupby("page", sort=False)]
    rows.sort(key=lambda row: row["page"] == f"page.{NOWHERE}")
    return pd.DataFrame(rows, columns=["page", "questions", "n"])


def tally(found: pd.DataFrame) -> tuple[str, dict]:
    """How many questions are answered in full, in part, not yet and not at all, as a message; what holds of none is not said."""
    counts = found["answer"].value_counts()
    parts = [(f"questions.{name}", {"count": int(counts[name]), "of": len(found)}) for name in (YES, PARTLY, THERE, NO) if counts.get(name, 0)]
    if not counts.get(YES, 0):
        parts.insert(0, ("questions.none", {"of": len(found)}))
    return "questions.tally", {"parts": parts}


def one_kind(held: Mapping[str, Any]) -> list[Finding]:
    """That a study stands on one leg: perceptions without operations, or the reverse."""
    steps = held["steps"]
    if held["answers"] and not held["measured"]:
        return [Finding("questions.surveys_only", {"of": steps}, 0.0, np.nan, np.nan, int(held["answers"]), "count", "described", weight=7, link=LINK)]
    if held["measured"] and not held["answers"]:
        return [Finding("questions.operations_only", {"of": steps}, float(held["measured"]), np.nan, np.nan, int(held["rows"].get("inputs", 0)), "count",
                        "described", weight=7, link=LINK)]  # fmt: skip
    if held["answers"] and held["measured"] * 2 < steps:
        part = share_from_counts(held["measured"], steps)
        return [Finding("questions.few_measured", {"measured": held["measured"], "count": steps}, part.value, np.nan, np.nan, 0, "count", "described",
                        weight=5.2, link="#what-is-measured-where")]  # fmt: skip
    return []
