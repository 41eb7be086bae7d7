"""What the page says of the months: what moved, what of it is who answered, and which inputs left their usual range."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.config.journey import OVERALL
from cx_helpers.estimates import Estimate
from cx_helpers.findings import Finding

LINK = "#over-time"
Message = tuple[str, dict]
FIRST = ("month", "year", "twelve")
SURE = 0.005  # passes the gate of a page of ten families (see findings.beyond_chance) whatever the others find


def _estimate(row: pd.Series, value: str = "value", low: str = "low", high: str = "high") -> Estimate:
    return Estimate(row[value], row[low], row[high], int(row["n"]), row["method"])


def _size(row: pd.Series, change: float | None = None) -> float:
    """How large a change of a score is, 0-1: a tenth of its scale is about the most that a score ever moves."""
    span = 200.0 if row["kind"] == "nps" else float(row["scale_max"] - row["scale_min"])
    return min(10 * abs(row["value"] if change is None else change) / span, 1.0)


def over_time_findings(moved: pd.DataFrame, mixed: pd.DataFrame, left: pd.DataFrame, latest: pd.DataFrame) -> list[Finding]:
    """Everything of the months that is beyond noise after correction for all that was compared.

    Parameters
    ----------
    moved, mixed : DataFrames of `moves.moves` and `moves.mixes`, judged together
    left : DataFrame
        As `delivery.left_usual` gives it.
    latest : DataFrame
        The month's scores, disclosed.
    """
    shifted = mix_findings(mixed)
    told = {(f.args["metric"], f.args["since"]) for f in shifted}
    pairs = zip(moved["metric"], moved["comparison"], strict=True)
    apart = moved[np.array([(metric, f"since_{comparison}") not in told for metric, comparison in pairs], dtype=bool)]
    return change_findings(apart, latest) + shifted + delivery_findings(left) + level_findings(latest, moved)


def change_findings(moved: pd.DataFrame, latest: pd.DataFrame) -> list[Finding]:
    """A score that moved, told once: its nearest comparison among those that any page stands by, else among the clear."""
    findings, now = [], latest[latest["shown"]].set_index("metric")
    clear = moved[moved["verdict"].isin(["up", "down"]) & moved["metric"].isin(now.index)]
    for metric, rows in clear.groupby("metric", sort=False):
        sure = rows[rows["p_adjusted"] <= SURE]
        rows = sure if len(sure) else rows
        row = rows.loc[rows["comparison"].map(FIRST.index).idxmin()]
        args = {"label": row["label"], "score": _estimate(now.loc[metric]), "tested": int(row["tested"])}
        findings.append(Finding(f"trends.{row['verdict']}_{row['comparison']}", args, row["value"], row["low"], row["high"], int(row["n"]),
                                row["method"], "described", weight=_size(row), link=LINK, p=float(row["p_adjusted"])))  # fmt: skip
    return findings


def mix_findings(mixed: pd.DataFrame) -> list[Finding]:
    """The clearest shift of who answered, where it moves the headline score by itself; it weighs what the whole change does."""
    clear = mixed[mixed["verdict"].isin(["up", "down"])]
    if clear.empty:
        return []
    row = clear.loc[clear["p"].idxmin()]
    rate = Estimate(row["rate"], row["rate_low"], row["rate_high"], int(row["n"]), row["method"])
    beside = "alone" if rate.low <= 0 <= rate.high else "and_up" if rate.low > 0 else "and_down"
    change = _estimate(row, "change", "change_low", "change_high")
    larger = change.value if change.low > 0 or change.high < 0 else row["value"]
    args = {
        "metric": row["metric"], "label": row["label"], "level": row["level"], "by": row["by_label"], "level_before": row["level_before"], "level_after": row["level_after"],
        "since": row["since"], "rate": rate, "change": change, "tested": int(row["tested"]),
    }  # fmt: skip
    return [Finding(f"trends.mix_{beside}", args, row["value"], row["low"], row["high"], int(row["n"]), row["method"], "described",
                    weight=max(_size(row), _size(row, larger)), link=LINK, p=float(row["p_adjusted"]))]  # fmt: skip


def delivery_findings(left: pd.DataFrame) -> list[Finding]:
    """What is delivered outside its usual range in the newest month: the worst of those on the bad side, and of those on the good."""
    findings = []
    clear = left[(left["signal"] == "beyond") & left["verdict"].isin(["up", "down"])]
    for worse, way in ((True, "worse"), (False, "better")):
        rows = clear[clear["worse"] == worse]
        if rows.empty:
            continue
        share = rows["measure"] != "median"
        size = ((rows["value"] - rows["usual"]).abs() / rows["usual"].abs().where(~share, 1.0)).clip(upper=1.0)
        weight = size * rows["share_of_all"]
        first = rows.loc[weight.idxmax()]
        others = [label for label in rows["label"] if label != first["label"]]
        args = {"label": first["label"], "month": first["month"], "unit_of_measure": first["unit_of_measure"], "usual_low": first["usual_low"],
                "usual_high": first["usual_high"], "count": len(others), "labels": others[:3]}  # fmt: skip
        also = "_also" if others else ""
        findings.append(Finding(f"trends.{first['measure']}_{way}{also}", args, first["value"], first["low"], first["high"], int(first["n"]),
                                first["method"], "described", weight=float(weight.max()), link=LINK, p=float(first["p_adjusted"])))  # fmt: skip
    return findings


def level_findings(latest: pd.DataFrame, moved: pd.DataFrame) -> list[Finding]:
    """A score that is asked otherwise since this month; and the remembered one where it has nothing to be compared with."""
    findings = []
    for _, row in latest[latest["shown"]].iterrows():
        anew = bool(row.get("reworded", False))
        first = row["touchpoint"] == OVERALL and not findings and row["metric"] not in set(moved["metric"])
        if anew or first:
            message = "scores.reworded" if anew else "scores.level"
            findings.append(Finding(message, {"label": row["label"]}, row["value"], row["low"], row["high"], int(row["n"]),
                                    row["method"], "described", weight=0.02 if anew else 0.01, link=LINK))  # fmt: skip
    return findings


def trend_headline(remembered: pd.DataFrame, month: str) -> Message:
    """Where the remembered score stands against its usual range and its target.

    Parameters
    ----------
    remembered : DataFrame
        The rows of one metric of `trends.with_usual`, disclosed.
    """
    rows = remembered[(remembered["month"] == month) & remembered["shown"]]
    if rows.empty or len(remembered) < 2:
        return ("trend.unknown", {})
    row = rows.iloc[0]
    args = {"label": row["label"], "month": month, "score": _estimate(row), "target": row["target"], "usual_low": row["usual_low"], "usual_high": row["usual_high"]}
    if row.get("reworded", False):
        return ("trend.reworded", {"label": row["label"]})
    if pd.isna(row["usual"]):
        return ("trend.short", args)
    if row["signal"]:
        way = "up" if row["value"] > row["usual"] else "down"
        since = _since(remembered, row)
        return (f"trend.{row['signal']}_{way}", {**args, "since": since})
    stand = "_below" if row["high"] < row["target"] else "_above" if row["low"] > row["target"] else ""
    return (f"trend.usual{stand}", args)


def _since(rows: pd.DataFrame, row: pd.Series) -> str:
    """The first month of the stretch, up to the row, on one side of the usual."""
    known = rows[rows["usual"].notna() & rows["value"].notna() & (rows["month"] <= row["month"])]
    same = (known["value"] > known["usual"]) == (row["value"] > row["usual"])
    return known["month"][::-1][same[::-1].cumprod().astype(bool)].iloc[-1]


def moved_headline(moved: pd.DataFrame, month: str) -> Message:
    """How many changes are clear, of those that were compared."""
    if moved.empty:
        return ("moves.alone", {"month": month})
    clear = moved[moved["verdict"].isin(["up", "down"])]
    labels = list(dict.fromkeys(clear["label"]))
    message = "moves.none" if not labels else "moves.only" if moved["metric"].nunique() == 1 else "moves.clear"
    return (message, {"month": month, "count": len(labels), "labels": labels[:3], "of": moved["metric"].nunique()})


def moved_how(moved: pd.DataFrame) -> Message:
    """How changes were judged."""
    return ("trends.moves_how", {"tested": int(moved["tested"].iloc[0])}) if len(moved) else ("trends.moves_how_alone", {})


def shifts(mixed: pd.DataFrame) -> pd.DataFrame:
    """The split of one change, a row a way of grouping: the change of the clearest shift, else over the longest time."""
    if mixed.empty:
        return mixed
    clear = mixed[mixed["verdict"].isin(["up", "down"])]
    chosen = clear.loc[clear["p"].idxmin(), "comparison"] if len(clear) else max(mixed["comparison"], key=FIRST.index)
    return mixed[mixed["comparison"] == chosen].sort_values("p", kind="stable", ignore_index=True)


def mix_how(mixed: pd.DataFrame) -> Message:
    """How the split was made."""
    return ("trends.mix_how", {"label": mixed["label"].iloc[0], "since": shifts(mixed)["since"].iloc[0], "tested": int(mixed["tested"].iloc[0])})


def scores_headline(experienced: pd.DataFrame, month: str) -> Message:
    """How many scores along the way are outside their usual range in the month."""
    now = experienced[(experienced["month"] == month) & experienced["shown"] & experienced["usual"].notna()]
    for signal in ("beyond", "run"):
        labels = list(now["label"][now["signal"] == signal])
        if labels:
            return (f"trends.scores_{signal}", {"count": len(labels), "of": len(now), "labels": labels[:3], "month": month})
    return ("trends.scores_usual" if len(now) else "trends.scores_short", {"of": len(now), "month": month})


def mix_headline(mixed: pd.DataFrame) -> Message:
    """Whether a shift of who answered moved the headline score."""
    told = mix_findings(mixed)
    args = {"label": mixed["label"].iloc[0], "count": len(mixed)}
    if not told:
        return ("mix.none", args)
    return (f"mix.{'down' if told[0].value < 0 else 'up'}", {**told[0].args, "value": _part(told[0])})


def _part(finding: Finding) -> Estimate:
    return Estimate(finding.value, finding.low, finding.high, finding.n, finding.method)


def delivery_headline(left: pd.DataFrame, charts: pd.DataFrame) -> Message:
    """How many inputs left their usual range, and which of them are outside now."""
    now = left[left["signal"] == "beyond"]
    args = {"count": len(left), "of": charts["metric"].nunique(), "labels": list(now["label"].head(3)), "now": len(now)}
    return ("delivery.now" if len(now) else "delivery.before" if len(left) else "delivery.none", args)
