"""What page 03 says of staying and of what a change is worth: rows to show, findings and headlines, as messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cx_helpers import estimates
from cx_helpers.drivers.leaving import Leaving
from cx_helpers.estimates.families import chance
from cx_helpers.findings import Finding
from cx_helpers.tables.disclosure import blank

LINK = "#worth"
LINK_LEAVING = "#leaving"
WORTH_SAYING = 0.02  # of a share that was told and the one that came
Message = tuple[str, dict[str, Any]]


def followed_note(journeys: pd.DataFrame, quiet: Message | None, confidence: float = 0.95) -> Message:
    """What was followed, over which months and at which discount; or why nothing is told.

    Parameters
    ----------
    journeys : DataFrame of `tables.money.lived_and_followed`
    quiet : of `staying.silence`
    """
    if quiet is not None:
        return quiet
    known = journeys[journeys["returned"].notna()]
    back = estimates.share(known["returned"].to_numpy(dtype=float), cluster=known["customer_id"].to_numpy(), confidence=confidence)
    message = "worth.followed" + ("_journeys" if journeys.attrs["money"] == "journeys" else "")
    return (message, {"value": back, "n": back.n, "months": sorted({known["month"].min(), known["month"].max()}), "count": journeys.attrs["horizon_months"],
                      "rate": journeys.attrs["discount_rate_a_year"], "gone": journeys.attrs["gone"], "open": journeys.attrs["open"]})  # fmt: skip


def worth_rows(worth: pd.DataFrame) -> pd.DataFrame:
    """The rows a reader sees: changes everywhere, those beyond noise first and by money, then by experience; then the levels of the first; with `not_told`, why a change has no clear worth."""
    whole = worth[(worth["level"] == "") & (worth["reason"] == "")]
    size = whole["revenue_a_year"].abs().where(whole["usable"], whole["experience"].abs())
    whole = whole.assign(_size=size).sort_values(["usable", "felt", "_size"], ascending=False, kind="stable")
    levels = worth[(worth["level"] != "") & (worth["reason"] == "") & worth["usable"]]
    place = {name: i for i, name in enumerate(whole["input"])}
    levels = levels.sort_values("input", key=lambda names: names.map(place), kind="stable")
    rows = pd.concat([whole.drop(columns="_size"), levels], ignore_index=True)
    return rows.assign(not_told=[None if usable else "small.staying_unclear" for usable in rows["usable"]])


def opened(rows: pd.DataFrame) -> int:
    """How many of `worth_rows` stand open: the changes made everywhere."""
    return max(int((rows["level"] == "").sum()), 1)


def worth_headline(rows: pd.DataFrame, outcome_label: str, horizon: int) -> Message:
    """The change that most money goes with, and what it costs; or that none is beyond noise."""
    told = rows[rows["usable"] & (rows["level"] == "") & (rows["revenue_a_year_low"] > 0)]
    if told.empty:
        return ("worth.headline_none", {"count": int((rows["level"] == "").sum())})
    row = told.iloc[0]
    args = {"label": row["label"], "value": _estimate(row, "revenue_a_year"), "count": horizon}
    if pd.isna(row["net_a_year"]):
        return ("worth.headline_no_cost", args)
    kind = "more" if row["net_a_year_low"] > 0 else "less" if row["net_a_year_high"] < 0 else "as_much"
    return (f"worth.headline_{kind}", args | {"net": _estimate(row, "net_a_year"), "cost": _estimate(row, "cost_a_year")})


def worth_how(worth: pd.DataFrame, outcome_label: str) -> Message:
    """What the columns of worth are, over which horizon, from how many answers and journeys."""
    args = {"count": worth.attrs["horizon_months"], "rate": worth.attrs["discount_rate_a_year"]} if "horizon_months" in worth.attrs else {"count": 0, "rate": 0.0}
    return ("worth.how", {"outcome": outcome_label, **args, **{name: int(worth[name].max()) if len(worth) else 0 for name in ("n_answers", "n_followed")}})


def worth_source(rows: pd.DataFrame, held: list[str], by: list[str]) -> Message:
    """What is held equal and supposed; and what is folded beneath.

    Parameters
    ----------
    held : words of the columns held equal
    by : what the levels are levels of, in words
    """
    if (rows["level"] == "").all():
        return ("worth.source_whole", {"controls": held})
    return ("worth.source", {"controls": held, "by": ", ".join(by)})


def leaving_rows(found: Leaving | None, disclosure: Any) -> pd.DataFrame:
    """Reasons asked, with the share of the journeys at highest risk whose main reason each is; n are the journeys that lived it.

    Parameters
    ----------
    found : of `leaving.leaving`; None where nothing is told
    disclosure : with a method `small` that hides small groups
    """
    if found is None:
        return pd.DataFrame(columns=["label", "adds", "adds_low", "adds_high", "usable", "lived_share", "value", "low", "high", "n"])
    # Journeys of each main reason add up to a tenth of a total that is known; those off a standard and those at it to another.
    risk = disclosure.small(found.at_risk, numbers=("value", "low", "high", "n", "everywhere"))
    asked = found.reasons[found.reasons["reason"] == ""].rename(columns={"n": "n_followed", "n_lived": "n"})
    rows = asked.merge(risk[["input", "value", "low", "high"]], on="input", how="left")
    apart = rows.assign(rest=rows["n_followed"] - rows["n"])
    hidden = (apart["n"].between(1, disclosure.minimum - 1) | apart["rest"].between(1, disclosure.minimum - 1)).to_numpy()
    return blank(rows.drop(columns="n_followed"), ~hidden, ("adds", "adds_low", "adds_high", "odds_ratio", "odds_low", "odds_high", "lived_share", "n"))


def leaving_headline(rows: pd.DataFrame, horizon: int) -> Message:
    """What goes with not coming back, most first."""
    told = _adding(rows)
    if told.empty:
        return ("leaving.headline_none", {"tested": len(rows)})
    return ("leaving.headline", {"labels": list(told["label"]), "count": len(told), "horizon": horizon})


def judged_headline(found: Leaving) -> Message:
    """Whether risks told from earlier months held in later ones, in their order and in their level."""
    if not found.foretells or len(found.calibration) < 2:
        return ("leaving.foretells_nothing", {})
    first, last = found.calibration.iloc[0], found.calibration.iloc[-1]
    level = found.judged.set_index("measure").loc["calibration_intercept"]
    told, came = (float(np.average(found.calibration[name], weights=found.calibration["n"])) for name in ("told", "value"))
    off = abs(came - told) >= WORTH_SAYING and (level["low"] > 0 or level["high"] < 0)
    kind = "" if not off else "_low" if came > told else "_high"
    return (f"leaving.foretells{kind}", {"first": _of(first), "last": _of(last), "told": told, "came": came})


def judged_how(found: Leaving) -> Message:
    """Months of fit and judgement, and the measures."""
    said = {row.measure: {"value": row.value, "low": row.low, "high": row.high} for row in found.judged.itertuples()}
    return ("leaving.judged_how", {**said, "n": int(found.judged["n"].iloc[0]), "fitted": list(found.months["fitted"]), "months": list(found.months["judged"])})


def judged_rows(found: Leaving) -> pd.DataFrame:
    """The measures with what each says."""
    return found.judged.assign(reading=[f"leaving.reading_{name}" for name in found.judged["measure"]])


def value_findings(rows: pd.DataFrame, reasons: pd.DataFrame, scores: pd.DataFrame, journeys: int, outcome_label: str, horizon: int, confidence: float = 0.95) -> list[Finding]:
    """The change that most goes with, the reason for leaving that touches most, the score that most goes with coming back; nothing that is noise.

    Parameters
    ----------
    rows, reasons : DataFrames of `worth_rows` and `leaving_rows`, disclosed
    scores : DataFrame of `staying.score_worth`, disclosed
    journeys : current journeys
    """
    findings, told_of = [], rows[rows["level"] == ""]
    told = rows[rows["usable"] & (rows["level"] == "") & (rows["revenue_a_year_low"] > 0)]
    for row in told.head(1).to_dict("records"):
        args = {"label": row["label"], "outcome": outcome_label, "count": horizon, "experience": _estimate(row, "experience"), "cost": _estimate(row, "cost_a_year")}
        message = "worth.found" + ("" if pd.notna(row["cost_a_year"]) else "_no_cost")
        findings.append(Finding(message, args, row["revenue_a_year"], row["revenue_a_year_low"], row["revenue_a_year_high"], int(row["n"]), row["method"],
                                "associated", abs(row["returns"]), LINK, _chance(row, "revenue_a_year", len(told_of), confidence)))  # fmt: skip
    for row in _adding(reasons).assign(_size=lambda f: f["adds"] * f["n"]).sort_values("_size", ascending=False, kind="stable").head(1).to_dict("records"):
        findings.append(Finding("leaving.found", {"label": row["label"], "lived_share": row["lived_share"], "count": horizon}, row["adds"], row["adds_low"],
                                row["adds_high"], int(row["n"]), row["method"], "associated", row["adds"] * row["lived_share"], LINK_LEAVING,
                                _chance(row, "adds", len(reasons), confidence)))  # fmt: skip
    clear = scores[scores["usable"] & (scores["returns_low"] > 0)] if len(scores) else scores
    for row in clear.nlargest(1, "returns").to_dict("records") if len(clear) else []:
        findings.append(Finding("worth.found_score", {"label": row["label"], "count": horizon}, row["returns"], row["returns_low"], row["returns_high"],
                                int(row["n"]), row["method"], "associated", row["returns"] * min(row["n"] / max(journeys, 1), 1.0), "#score-worth",
                                _chance(row, "returns", len(scores), confidence)))  # fmt: skip
    return findings


def scores_headline(scores: pd.DataFrame) -> Message:
    """Which experienced scores go with coming back."""
    told = scores[scores["usable"] & (scores["returns_low"] > 0)].sort_values("returns", ascending=False, kind="stable")
    return ("worth.scores", {"labels": list(told["label"]), "count": len(told)}) if len(told) else ("worth.scores_none", {"count": len(scores)})


def experienced(facts: pd.DataFrame, metrics: dict) -> pd.DataFrame:
    """Touchpoint scores as `staying.score_worth` takes them: no remembered one, no NPS."""
    scores = facts[(facts["role"] == "output") & (facts["touchpoint"] != "overall")].rename(columns={"measure": "metric"})
    return scores[scores["metric"].map(lambda name: metrics[name].kind != "nps").astype(bool)]


def _adding(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["usable"] & (rows["adds_low"] > 0)].sort_values("adds", ascending=False, kind="stable")


def _estimate(row, name: str) -> dict[str, float]:
    return {"value": float(row[name]), "low": float(row[f"{name}_low"]), "high": float(row[f"{name}_high"])}


def _chance(row, name: str, looks: int, confidence: float) -> float:
    return chance(row[name], row[f"{name}_low"], row[f"{name}_high"], row["n"], confidence, looks=looks)


def _of(row) -> dict[str, float]:
    return {"value": float(row["value"]), "low": float(row["low"]), "high": float(row["high"])}
