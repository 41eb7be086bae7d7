"""What the page says of design and execution, and of advice that was checked."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cx_helpers.config.journey import Journey, label_in
from cx_helpers.drivers.diagnosis import NUMBERS, VERDICTS, diagnosis
from cx_helpers.estimates.families import chance, several
from cx_helpers.findings import Finding

LINK = "#design-or-execution"
LINK_ADVICE = "#advice"
WEIGHT = 0.02  # of advice checked, on the scale of 0 to 1 of a page: beside what it is about, not above
MOVED = ("as told", "less than told", "more than told", "not as told", "cannot tell")
Message = tuple[str, dict]


def of_brand(lived: pd.DataFrame, facts: pd.DataFrame, minimum: int, confidence: float = 0.95, by: str | None = None) -> pd.DataFrame:
    """`diagnosis.diagnosis` of a brand's inputs, its scores at touchpoints beside them.

    Parameters
    ----------
    lived : DataFrame of `tables.timed.journeys_in_time`
    facts : DataFrame of `tables.measures.measures`
    """
    inputs = facts[(facts["role"] == "input") & facts["input"].isin(lived.columns)]
    return diagnosis(lived, inputs, facts[facts["role"] == "output"], by=by, weights="weight", cluster="customer_id", minimum=minimum, confidence=confidence)


def diagnosis_rows(table: pd.DataFrame, facts: pd.DataFrame, disclosure: Any) -> pd.DataFrame:
    """Rows that say something, worst first, with what is missing in words; small groups hidden.

    Returns
    -------
    DataFrame: the columns of `diagnosis`, touchpoint_label, rule (message: what was judged against what), beside (message: the score's target and n) and lacks (message); without score
    and lacks where no touchpoint has a score.
    """
    labels = facts.drop_duplicates("touchpoint").set_index("touchpoint")["touchpoint_label"]
    rows = table[table["off_share"].notna()]
    rows = rows.assign(
        touchpoint_label=rows["touchpoint"].map(labels), rule=[_rule(row) for row in rows.to_dict("records")], lacks=[f"diagnosis.lacks_{lost[0]}" if lost else "" for lost in rows["missing"]],
    )  # fmt: skip
    rows = rows.sort_values("verdict", key=lambda part: part.map(VERDICTS.index), kind="stable", ignore_index=True)
    # Journeys off standard and at it add up to a total that is known.
    small = (rows["off_share"] * rows["n"]).between(0.5, disclosure.minimum - 0.5) | ((1 - rows["off_share"]) * rows["n"]).between(0.5, disclosure.minimum - 0.5)
    found = disclosure.small(rows, within=["input", "unit"], numbers=NUMBERS)
    hide = small & found["shown"]
    found = found.assign(shown=found["shown"] & ~small, **{name: found[name].astype(float).mask(hide) for name in NUMBERS})
    found = found.assign(beside=[_beside(row) for row in found.to_dict("records")])
    if len(found) and set(found["lacks"]) == {"diagnosis.lacks_score"}:
        return found.drop(columns=["score", "lacks"])
    return found


def diagnosis_source(rows: pd.DataFrame) -> Message | None:
    """That the design of nothing is judged, where no touchpoint has a score; else nothing."""
    return None if "score" in rows else ("diagnosis.no_scores", {})


def _rule(row: dict) -> Message:
    if pd.isna(row["allowed_share"]):
        return ("diagnosis.mean", {"standard": row["standard"], "unit_of_measure": row["unit_of_measure"]})
    return ("diagnosis.allowed", {"allowed": row["allowed_share"]})


def _beside(row: dict) -> Message | str:
    return "" if pd.isna(row["score"]) or pd.isna(row["target"]) else ("diagnosis.beside", {"target": row["target"], "n": row["n_score"]})


def diagnosis_headline(table: pd.DataFrame) -> Message:
    """How many fail by execution, by design, by both; or that none can be judged."""
    if not table["off_share"].notna().any():
        return ("diagnosis.none", {})
    named = {kind: list(table.loc[table["verdict"] == kind, "label"]) for kind in ("execution", "design", "both")}
    parts = [(f"diagnosis.part_{kind}", {"labels": labels, "count": len(labels)}) for kind, labels in named.items() if labels]
    return ("diagnosis.headline", {"parts": parts}) if parts else ("diagnosis.nothing_shown", {"count": int(table["off_share"].notna().sum())})


def by_unit(table: pd.DataFrame, disclosure: Any, facts: pd.DataFrame) -> pd.DataFrame:
    """Units and inputs with a verdict other than fine, the most off standard first; small groups hidden."""
    rows = diagnosis_rows(table, facts, disclosure)
    rows = rows[rows["shown"] & rows["verdict"].isin(("both", "execution", "design"))]
    often = rows["input"].map(rows["input"].value_counts())
    return rows.assign(often=often).sort_values(["often", "input", "off_share"], ascending=[False, True, False], kind="stable", ignore_index=True).drop(columns="often")


def by_unit_said(rows: pd.DataFrame, table: pd.DataFrame, journey: Journey, language: str = "en") -> Message:
    """In how many units an input is shown to be at fault."""
    counts = rows.groupby("label", sort=False)["unit"].nunique().sort_values(ascending=False, kind="stable")
    of = table["unit"].nunique()
    return ("diagnosis.units", {"label": str(counts.index[0]), "count": int(counts.iloc[0]), "of": int(of), "units": label_in(journey.unit.many, language) if journey.unit else "unit"})


def advice_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The advice with a message of what was found, those that could be judged first."""
    return table.assign(
        place=[0 if kind in MOVED else 1 for kind in table["verdict"]], says=[f"advice.{kind.replace(' ', '_')}" for kind in table["verdict"]]
    ).sort_values("place", kind="stable", ignore_index=True).drop(columns="place")  # fmt: skip


def advice_headline(table: pd.DataFrame) -> Message:
    """How often the score moved as told, of the advice whose input has moved."""
    if table.empty:
        return ("advice.none", {})
    month = table.attrs["month"]
    judged = table[table["verdict"].isin(MOVED)]
    if judged.empty:
        return ("advice.not_moved", {"month": month, "count": table["input"].nunique()})
    held = judged[judged["verdict"].isin(("as told", "more than told", "less than told"))]
    failed = judged[judged["verdict"] == "not as told"]
    if len(held):
        return ("advice.held", {"month": month, "labels": list(held["label"].unique()), "scores": list(held["outcome_label"].unique())})
    return ("advice.failed" if len(failed) else "advice.open", {"month": month, "labels": list((failed if len(failed) else judged)["label"].unique())})


def advice_how(table: pd.DataFrame) -> Message:
    """What is compared, and where the advice comes from."""
    return ("advice.how_kept" if table.attrs["kept"] else "advice.how_as_then", {"month": table.attrs["month"], "units": table["units"].max()})


def advice_findings(table: pd.DataFrame) -> list[Finding]:
    """Advice that held, and advice that did not, the most certain first; what cannot be told is no finding."""
    found = []
    for row in table[table["verdict"].isin(("as told", "less than told", "more than told", "not as told"))].to_dict("records"):
        args = {"label": row["label"], "outcome": row["outcome_label"], "month": table.attrs["month"]}
        looks, told = table.attrs["looks"], float(row["verdict"] == "not as told")
        p = chance(row["value"], row["low"], row["high"], row["units"], several(table.attrs["confidence"], looks), null=told, looks=looks)
        found.append(Finding(f"advice.found_{row['verdict'].replace(' ', '_')}", args, row["value"], row["low"], row["high"], int(row["n"]), row["method"], "associated",
                             weight=WEIGHT, link=LINK_ADVICE, p=p))  # fmt: skip
    return sorted(found, key=lambda finding: finding.high - finding.low)[:1]
