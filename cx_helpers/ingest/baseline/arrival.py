"""What came and when: each source's files, rows, months, gaps, rows that came late, and whether it still arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cx_helpers.config.brand import Brand
from cx_helpers.config.journey import label_in
from cx_helpers.findings import Finding
from cx_helpers.tables.contracts import CANONICAL
from cx_helpers.tables.selection import Selection

PAST = 0.1  # of a usual month: what a file must hold of later months to have closed a month
FEW = 0.5  # of the usual rows of the months around it
AROUND = 3
MOST = 0.9  # of the rows of a source that feed its most-fed table
TELLING = ("journeys", "responses", "cases", "comments", "outcomes", "unit_measures", "context", "permissions", "events", "inputs", "customers")
DAYS = ("context",)  # their times are days, not moments: no zone moves them
_ROW = r":[0-9]+$"
LINK = "#what-came-and-how-fresh-it-is"


def arrivals(tables: Mapping[str, ir.Table], files: pd.DataFrame, zone: str = "UTC") -> pd.DataFrame:
    """Rows of each raw file by the month they speak of; a raw row speaks of its first time, whatever else came of it.

    Parameters
    ----------
    tables : mapping of canonical table to its rows; those without months are passed over
    files : DataFrame with raw_source and file, in the order in which files were read
    zone : the brand's time zone

    Returns
    -------
    DataFrame: source, file, place (of the file among its source's files, from 0), table (the canonical table that most
    rows of the source feed: its months are told), month, n (raw rows), first, last (local days such as "2018-03-31"; missing where a table keeps months only).
    """
    rows = pd.concat([_months(name, table, zone) for name, table in tables.items()] or [pd.DataFrame(columns=["file"])], ignore_index=True)
    placed = files[["raw_source", "file"]].rename(columns={"raw_source": "source"})
    placed = placed.assign(place=placed.groupby("source").cumcount())
    found = placed.merge(rows, on="file", how="inner")
    if found.empty:
        return pd.DataFrame(columns=["source", "file", "place", "table", "month", "n", "first", "last"])
    told = found[["source", "table"]].apply(tuple, axis=1).isin(_telling(found))
    return found[told].sort_values(["source", "place", "month"], ignore_index=True)[["source", "file", "place", "table", "month", "n", "first", "last"]]


def named(frame: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """A ledger with its raw sources under the names that readers know them by."""
    return frame.assign(raw_source=frame["raw_source"].map(names).fillna(frame["raw_source"])) if "raw_source" in frame else frame


def names(brand: Brand, language: str = "en") -> dict[str, str]:
    """Each raw source's label, where it has one."""
    return {name: label_in(source.label, language) for name, source in brand.sources.sources.items() if source.label}


def about(brand: Brand, called: Mapping[str, str]) -> dict[str, str]:
    """What each raw source is, in the brand's words, by the name that readers know it by."""
    return {called.get(name, name): source.about or "" for name, source in brand.sources.sources.items()}


def published(selection: Selection) -> dict[str, ir.Table]:
    """Every canonical table that has rows, of the whole brand and up to the month."""
    return {name: selection.table(name, "known", scoped=False) for name in CANONICAL if selection.lake.has(name)}


def _telling(found: pd.DataFrame) -> list[tuple[str, str]]:
    """Each source with the table that tells its months: of those that most of its rows feed, the first of `TELLING`."""
    whole = found.drop_duplicates(["source", "file", "table"]).groupby(["source", "table"])["whole"].sum()
    most = whole[whole >= MOST * whole.groupby("source").transform("max")].reset_index()
    most["order"] = most["table"].map({name: place for place, name in enumerate(TELLING)})
    return [tuple(row) for row in most.sort_values("order").drop_duplicates("source")[["source", "table"]].to_numpy()]


def _months(name: str, table: ir.Table, zone: str) -> pd.DataFrame:
    """Raw rows by file and month; a row that became several (a pick-up and a return) is counted once, by the first."""
    times = CANONICAL[name].month_of
    if "month" not in table.columns:
        return pd.DataFrame(columns=["file", "month", "n", "first", "last", "table", "whole"])
    when = ibis.coalesce(*(table[time] for time in times)) if times else ibis.null("timestamp('UTC', 6)")
    rows = table.filter(table.month.notnull()).mutate(when=when)
    rows = rows.group_by("source").aggregate(month=rows.month.min(), when=rows.when.min())
    rows = rows.mutate(file=rows.source.re_replace(_ROW, ""))
    found = rows.group_by(["file", "month"]).aggregate(n=rows.count(), first=rows.when.min(), last=rows.when.max()).execute()
    here = "UTC" if name in DAYS else zone
    days = {edge: pd.to_datetime(found[edge], utc=True).dt.tz_convert(here).dt.strftime("%Y-%m-%d") for edge in ("first", "last")}
    return found.assign(**days, table=name, whole=found.groupby("file")["n"].transform("sum"))


def by_month(arrived: pd.DataFrame) -> pd.DataFrame:
    """Each source's months, those without a row in between included.

    Returns
    -------
    DataFrame: source, month, n (raw rows), late (of these: came in a later file, after an earlier one had closed the
    month), usual (median of the months around it), gap (bool: clearly fewer than half the usual).
    """
    late = _late(arrived)
    parts = []
    for source, rows in late.groupby("source", sort=False):
        months = pd.period_range(rows["month"].min(), rows["month"].max(), freq="M").astype(str)
        sums = rows.groupby("month")[["n", "late"]].sum().reindex(months, fill_value=0)
        n = sums["n"].to_numpy(dtype=float)
        usual = np.array([_usual(n, at) for at in range(len(n))])
        few = (n < FEW * usual) & (n + 3 * np.sqrt(n) + 3 < usual)
        few[0] = False  # a first month is seldom whole
        parts.append(sums.rename_axis("month").reset_index().assign(source=source, usual=usual, gap=few))
    if not parts:
        return pd.DataFrame(columns=["source", "month", "n", "late", "usual", "gap"])
    return pd.concat(parts, ignore_index=True)[["source", "month", "n", "late", "usual", "gap"]]


def _usual(n: np.ndarray, at: int) -> float:
    around = np.r_[n[max(at - AROUND, 0) : at], n[at + 1 : at + 1 + AROUND]]
    return float(np.median(around)) if len(around) > 1 else np.nan


def _late(arrived: pd.DataFrame) -> pd.DataFrame:
    """`arrived` with late: the rows of months that an earlier file of the source had closed, by going on well past them."""
    late = np.zeros(len(arrived))
    for _, rows in arrived.groupby("source", sort=False):
        monthly, closed = rows.groupby("month")["n"].sum().sort_index(), ""
        for _, file in rows.groupby("place", sort=True):
            before = file["month"] <= closed
            late[arrived.index.get_indexer(file.index[before])] = file.loc[before, "n"]
            past = [month for month in monthly.index if file.loc[file["month"] > month, "n"].sum() >= PAST * monthly.median()]
            closed = max([closed, *past])
    return arrived.assign(late=late)


def sources(arrived: pd.DataFrame, ledger: pd.DataFrame, month: str, about: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A row a source: what came of it, from when to when, and whether it still comes.

    Parameters
    ----------
    ledger : DataFrame with raw_source, file, rows_in (the reconciliation)
    month : str
        The month reported on.
    about : mapping of source to what it is, in the brand's words

    Returns
    -------
    DataFrame: source, about, files, rows (records in the files), table, first, last (local days), last_month, months (with
    rows), behind (months from last_month to `month`, 0 where it reaches it, NaN without months), gaps (list of months
    with conspicuously few rows), late (rows that came after their month was closed), standing ("arriving", "behind" or
    "undated").
    """
    counted = ledger.groupby("raw_source", sort=False).agg(files=("file", "size"), rows=("rows_in", "sum"))
    months = by_month(arrived)
    rows = []
    for source, item in counted.iterrows():
        mine, seen = arrived[arrived["source"] == source], months[months["source"] == source]
        last = mine["month"].max() if len(mine) else None
        behind = max((pd.Period(month, "M") - pd.Period(last, "M")).n, 0) if last else np.nan
        rows.append({
            "source": source, "about": (about or {}).get(source, ""), "files": int(item["files"]), "rows": int(item["rows"]),
            "table": mine["table"].iloc[0] if len(mine) else None, "first": _edge(mine["first"], min),
            "last": _edge(mine["last"], max), "last_month": last, "months": int((seen["n"] > 0).sum()), "behind": behind,
            "gaps": list(seen.loc[seen["gap"], "month"]), "late": int(seen["late"].sum()),
            "standing": "undated" if last is None else "behind" if behind else "arriving",
        })  # fmt: skip
    return pd.DataFrame(rows)


def _edge(days: pd.Series, which: Callable) -> str | None:
    known = days.dropna()
    return which(known) if len(known) else None


def arrival_message(found: pd.DataFrame, month: str) -> tuple[str, dict]:
    """The figure's headline: what no longer arrives, else that everything does."""
    dated, behind = found[found["standing"] != "undated"], found[found["standing"] == "behind"]
    if len(behind):
        return "arrival.some_behind", {"labels": list(behind["source"]), "count": len(behind), "month": month}
    return ("arrival.both_here" if len(dated) == 2 else "arrival.all_here"), {"count": len(dated), "month": month}


def arrival_findings(found: pd.DataFrame, months: pd.DataFrame, window: Sequence[str]) -> list[Finding]:
    """Sources that stopped, a month reported on that is hardly there, and months of the window that are conspicuously thin."""
    month, findings = window[-1], []
    for row in found[found["standing"] == "behind"].itertuples():
        args = {"label": row.source, "last_month": row.last_month, "month": month, "count": int(row.behind)}
        findings.append(Finding("arrival.behind", args, row.behind, np.nan, np.nan, row.rows, "count", "described", weight=6, link=LINK))
    thin = months[months["gap"] & months["month"].isin(window)].sort_values(["usual", "source"], ascending=[False, True])
    for message, rows, weight in (("arrival.thin", thin[thin["month"] == month], 6.5), ("arrival.gap", thin[thin["month"] != month], 3.2)):
        if len(rows):
            first = rows.iloc[0]
            args = {"label": first["source"], "month": first["month"], "count": int(first["n"]) if message == "arrival.thin" else rows["month"].nunique(), "rows": int(first["n"]), "usual": int(first["usual"]),
                    "labels": list(dict.fromkeys(rows["source"])), "months": sorted(set(rows["month"]))}  # fmt: skip
            findings.append(Finding(message, args, float(first["n"]), np.nan, np.nan, int(months.loc[months["source"] == first["source"], "n"].sum()), "count", "described", weight=weight, link=LINK))
    return findings
