"""What the page says of opportunities: the table, what changed since last month, and the findings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cx_helpers.estimates.families import chance
from cx_helpers.findings import Finding

LINK = "#opportunities"
TOLD = 3
Message = tuple[str, dict]


def opportunity_findings(table: pd.DataFrame, importance: pd.DataFrame, outcome_label: str, span: tuple[float, float] = (0.0, 1.0)) -> list[Finding]:
    """What the opportunities say, in the order of their rank; weighed by the lift as a share of `span`.

    Returns
    -------
    Findings ``opportunities.first``, then ``opportunities.also`` for the next two; ``opportunities.none`` where no
    usable driver is off its standard, ``opportunities.none_standard`` where one has none (nothing at all where no driver could be asked); ``drivers.lowest_not_first``
    where the driver that is most often off its standard is not the one that would lift most; ``opportunities.no_standard`` for usable drivers without one. The
    argument `labels` names all that may be first.
    """
    if importance.empty:
        return []
    worth = table[table["reason"] == ""]
    level = list(worth.loc[worth["rank_low"] == 1, "label"])
    # Of the effect that the lift is made of, which may be the total one.
    p = {r.input: chance(r.effect, r.effect_low, r.effect_high, r.n, table.attrs.get("confidence", 0.95), looks=len(table)) for r in table.itertuples()}
    found = [
        Finding(("opportunities.first" if r.rank == 1 else "opportunities.also") + ("_share" if r.statistic == "share" else ""),
                {"input": r.label, "touchpoint": r.touchpoint, "outcome": outcome_label, "off_standard_share": float(r.off_standard_share),
                 "mean_gap": float(r.mean_gap), "unit_of_measure": r.unit_of_measure, "standard": float(r.standard), "challenge": r.challenge, "labels": level, "count": len(level)},
                r.lift, r.lift_low, r.lift_high, int(r.n), r.method, r.grade, weight=float(r.lift / (span[1] - span[0])), link=LINK, p=float(p[r.input]))
        for r in worth.head(TOLD).itertuples()
    ]  # fmt: skip
    if worth.empty:
        n = int(table["n"].max()) if len(table) else 0
        args = {"outcome": outcome_label, "drivers_tested": len(table), "usable": int(importance["usable"].sum())}
        kind = "_standard" if (table["reason"] == "no_standard").any() else ""
        found.append(Finding(f"opportunities.none{kind}", args, math.nan, math.nan, math.nan, n, "", "associated"))
    return found + _worst_is_not_first(table, worth, outcome_label) + _without_standard(table, outcome_label, p)


def leading(told: list[Finding], worth: list[Finding]) -> Finding:
    """The finding that may head a page: the first opportunity; but a leader whose rank is not settled is not crowned.

    Parameters
    ----------
    told : findings of `told_importance.importance_findings`
    worth : findings of `opportunity_findings`
    """
    tied = next((finding for finding in told if finding.message in ("drivers.alike", "drivers.tied")), None)
    return tied or next((finding for finding in worth if finding.message.startswith("opportunities.first")), told[0])


def page_lede(importance: pd.DataFrame, n: int, outcome_label: str) -> tuple[str, dict]:
    """How many inputs were asked, how many are beyond noise, and what they explain; or that none could be asked."""
    if importance.empty:
        return ("drivers.lede_none", {"n": n, "outcome": outcome_label})
    args = {"outcome": outcome_label, "r_squared": importance.attrs["r_squared"], "count": int(importance["usable"].sum())}
    return ("drivers.lede", {**args, "tested": len(importance), "n": n - importance.attrs["n_dropped"]})


def _worst_is_not_first(table: pd.DataFrame, worth: pd.DataFrame, outcome_label: str) -> list[Finding]:
    measured = table.dropna(subset=["off_standard_share"])
    if worth.empty or len(measured) < 2:
        return []
    lowest, first = measured.loc[measured["off_standard_share"].idxmax()], worth.iloc[0]
    # Shares whose intervals overlap do not say which is the lowest.
    others = measured[measured["input"] != lowest["input"]]
    if lowest["input"] == first["input"] or lowest["off_standard_low"] <= others["off_standard_high"].max():
        return []
    args = {"lowest": lowest["label"], "first": first["label"], "outcome": outcome_label,
            "first_off_standard_share": float(first["off_standard_share"]), "reason": lowest["reason"]}  # fmt: skip
    return [Finding("drivers.lowest_not_first", args, lowest["off_standard_share"], lowest["off_standard_low"],
                    lowest["off_standard_high"], int(lowest["n"]), "Wilson", "associated", link=LINK)]  # fmt: skip


def _without_standard(table: pd.DataFrame, outcome_label: str, p: dict[str, float]) -> list[Finding]:
    return [
        Finding("opportunities.no_standard",
                {"input": r.label, "touchpoint": r.touchpoint, "outcome": outcome_label, "unit_of_measure": r.unit_of_measure},
                r.effect, r.effect_low, r.effect_high, int(r.n), r.method, "associated", link=LINK, p=float(p[r.input]))
        for r in table[table["reason"] == "no_standard"].itertuples()
    ]  # fmt: skip


SINCE = ("new", "up", "down", "as before")
FLAGS = {"backfires": "opportunities.flag_backfires", "pays later": "opportunities.flag_pays_later", "harms later": "opportunities.flag_harms_later",
         "costs here, nothing later": "opportunities.flag_costs_here", "not told apart": "opportunities.flag_not_apart"}  # fmt: skip


def since_last(table: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Opportunities with what became of each since last month's list: new, up, down (beyond the intervals of both ranks) or as before.

    Parameters
    ----------
    table : DataFrame of `opportunities.opportunities`
    last : DataFrame
        The result table of the month before; empty where none was kept.

    Returns
    -------
    DataFrame: `table` with since ("" where there is no list to compare with) and last_rank. attrs: gone, labels of the opportunities of last month
    that are none now.

    >>> row = {"reason": "", "rank": 1.0, "rank_low": 1.0, "rank_high": 1.0}
    >>> now = pd.DataFrame([{"input": "a", "label": "A", **row}, {"input": "b", "label": "B", **row, "rank": 2.0, "rank_low": 2.0, "rank_high": 3.0}])
    >>> then = pd.DataFrame({"input": ["a", "c"], "label": ["A", "C"], "rank": [3.0, 1.0], "rank_low": [2.0, 1.0], "rank_high": [3.0, 1.0]})
    >>> told = since_last(now, then)
    >>> list(told["since"]), told.attrs["gone"]
    (['up', 'new'], ['C'])
    """
    before = last.drop_duplicates("input").set_index("input") if len(last) else pd.DataFrame(columns=["label", "rank", "rank_low", "rank_high"])
    table = table.assign(last_rank=table["input"].map(before["rank"]).astype(float))
    since = []
    for row in table.to_dict("records"):
        if before.empty or row["reason"]:
            since.append("")
            continue
        if row["input"] not in before.index:
            since.append("new")
            continue
        then = before.loc[row["input"]]
        low, high = (then[end] if pd.notna(then[end]) else then["rank"] for end in ("rank_low", "rank_high"))
        since.append("up" if row["rank_high"] < low else "down" if row["rank_low"] > high else "as before")
    here = set(table.loc[table["reason"] == "", "input"])
    out = table.assign(since=since)
    out.attrs = {**table.attrs, "gone": [str(label) for name, label in before["label"].items() if name not in here]}
    return out


def opportunity_rows(table: pd.DataFrame, worth: pd.DataFrame, diagnosed: pd.DataFrame, facts: pd.DataFrame, last: pd.DataFrame) -> pd.DataFrame:
    """Opportunities with their worth, their diagnosis and what changed since last month.

    Parameters
    ----------
    table : DataFrame of `opportunities.opportunities`
    worth : DataFrame of `value.worth`
    diagnosed : DataFrame of `diagnosis.diagnosis`
    facts : DataFrame of `tables.measures.measures`
    last : the result table of the month before

    Returns
    -------
    DataFrame: the columns of `table`, since and last_rank; revenue_a_year, revenue_a_year_low, revenue_a_year_high (currency, NaN where not told); diagnosis; touchpoint_label;
    aside and taking (messages: what else the move does, and what it takes).
    """
    table = since_last(table, last)
    money = ["revenue_a_year", "revenue_a_year_low", "revenue_a_year_high"]
    whole = worth[(worth["level"] == "") & worth["usable"].astype(bool)] if len(worth) else pd.DataFrame(columns=["input", *money])
    out = table.merge(whole.drop_duplicates("input").reindex(columns=["input", *money]), on="input", how="left")
    words = facts.dropna(subset=["input"]).set_index("input")
    out = out.assign(
        diagnosis=out["input"].map(diagnosed.set_index("input")["verdict"] if len(diagnosed) else {}), touchpoint_label=out["input"].map(words["touchpoint_label"]),
        aside=[FLAGS.get(flag, "") for flag in out["flag"]],
        taking=[("opportunities.cost", {"cost": row.cost_to_move}) if row.effort == "declared" else f"opportunities.cost_{row.effort.replace(' ', '_')}" for row in out.itertuples()],
    )  # fmt: skip
    if (out["since"] == "").all():
        out = out.drop(columns="since")
    out.attrs = table.attrs
    return out


def how_ranked(table: pd.DataFrame, outcome_label: str, window: Sequence[str]) -> Message:
    """What lift and rank are, and how the order is made."""
    declared = int((table.loc[table["reason"] == "", "effort"] != "not declared").sum())
    kind = "opportunities.how_effort" if table.attrs.get("ranked_by") == "effort" else "opportunities.how_lift"
    return (kind, {"outcome": outcome_label, "window": list(window), "count": declared, "of": int((table["reason"] == "").sum())})


def changed_said(table: pd.DataFrame, months_kept: bool) -> Message:
    """What changed since last month's list, or that there was none."""
    if not months_kept:
        return ("opportunities.no_last_month", {})
    now = table[table["reason"] == ""]
    parts = [(f"opportunities.since_{kind}", {"labels": labels}) for kind in ("new", "up", "down") if (labels := list(now.loc[now["since"] == kind, "label"]))]
    parts += [("opportunities.since_gone", {"labels": table.attrs["gone"]})] if table.attrs["gone"] else []
    return ("opportunities.since", {"parts": parts}) if parts else ("opportunities.since_nothing", {})


def map_rows(shares: pd.DataFrame, diagnosed: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Importance beside performance: a row a driver with a standard.

    Returns
    -------
    DataFrame: label, touchpoint_label, share, share_low, share_high (of what the drivers explain, 0-1), value, low, high (share of journeys at standard, 0-1), usable, n.
    """
    words = facts.dropna(subset=["input"]).set_index("input")
    kept = diagnosed[diagnosed["off_share"].notna()].set_index("input")
    rows = shares[shares["driver"].isin(kept.index)]
    off = kept.loc[rows["driver"]]
    return pd.DataFrame({
        "input": rows["driver"].to_numpy(), "label": words.loc[rows["driver"], "label"].to_numpy(), "touchpoint_label": words.loc[rows["driver"], "touchpoint_label"].to_numpy(),
        **{name: rows[name].to_numpy(dtype=float) for name in ("share", "share_low", "share_high")},
        "value": 1 - off["off_share"].to_numpy(), "low": 1 - off["off_high"].to_numpy(), "high": 1 - off["off_low"].to_numpy(),
        "usable": rows["usable"].to_numpy(dtype=bool), "n": off["n"].to_numpy(),
    })  # fmt: skip


def map_headline(rows: pd.DataFrame) -> Message:
    """What weighs and is often off standard; or that what weighs most is mostly at standard."""
    clear = rows[rows["usable"]]
    if clear.empty:
        return ("driver_map.none_clear", {"count": len(rows)})
    first, least = clear.sort_values("share", ascending=False).iloc[0], clear.sort_values("value").iloc[0]
    args = {"first": first["label"], "first_share": float(first["value"]), "least": least["label"], "least_share": float(least["value"])}
    return ("driver_map.same" if first["input"] == least["input"] else "driver_map.other", args)
