"""What was set aside beside rows: columns that changed, codes for no answer, personal fields, uses without permission, other wordings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey, label_in
from cx_helpers.findings import Finding

LINK = "#what-was-set-aside"
FEW = 3
HELD = {"id": "as a pseudonym", "free_text": "cleaned"}  # what a table holds of what SQL sees as it is


def drift(columns: pd.DataFrame, fields: pd.DataFrame) -> pd.DataFrame:
    """Columns that are not what earlier files had: new, gone, renamed, or mapped (renamed, and the SQL reads the new
    name), in the order of the ledger."""
    if columns.empty:
        return columns
    changed = columns[columns["status"] != "known"].reset_index(drop=True)
    read = fields[fields["used_in"].notna() | fields["joins_in"].notna()] if len(fields) else pd.DataFrame(columns=["raw_source", "field"])
    by_sql = set(read[["raw_source", "field"]].itertuples(index=False, name=None))
    mapped = [status == "renamed" and place in by_sql for status, place in zip(changed["status"], zip(changed["raw_source"], changed["column"], strict=True), strict=True)]
    return changed.assign(status=changed["status"].mask(pd.Series(mapped, dtype=bool), "mapped"))


def codes_message(codes: pd.DataFrame) -> tuple[str, dict]:
    """In how many columns a declared code was turned into no answer, and in how many a value only looks like one."""
    places = [set(rows[["raw_source", "column"]].itertuples(index=False, name=None)) for rows in (codes[codes["about"] == "declared"], codes[codes["about"] != "declared"])]
    declared, suggested = map(len, places)
    name = "ingest.codes" if declared and suggested else "ingest.codes_declared" if declared else "ingest.codes_suggested"
    return name, {"count": declared or suggested, "suggested": suggested}


def kept_apart(apart: pd.DataFrame, journey: Journey, language: str = "en") -> pd.DataFrame:
    """The ledger of wordings kept apart, each score under its label."""
    if apart.empty:
        return apart
    labels = {name: label_in(metric.label, language) for name, metric in journey.metrics.items()}
    return apart.assign(label=[labels.get(name, name) for name in apart["metric"]])


def personal(fields: pd.DataFrame) -> pd.DataFrame:
    """Fields that name or reach a person: declared so, or found by their form; and what became of them.

    Returns
    -------
    DataFrame: field, raw_source, personal (its kind), became (what tables hold of it: "not at all", "as a pseudonym",
    "cleaned" of whom it names, "as it is"), reason; what tables hold comes first, as it is before disguised.
    """
    if fields.empty:
        return fields
    found = fields[(fields["about"] != "absent") & (fields["personal"].notna() | fields["looks_like"].notna() | (fields["seen_by_sql"] != "as it is"))]
    found = found.assign(personal=found["personal"].fillna(found["looks_like"]))
    found["became"] = found["seen_by_sql"].where(found["seen_by_sql"] != "as it is", found["personal"].map(HELD).fillna("as it is"))
    found.loc[found["used_in"].isna() & found["joins_in"].isna(), "became"] = "not at all"
    order = found["became"].map({"as it is": 0, "as a pseudonym": 1, "cleaned": 2}).fillna(3)
    return found.assign(order=order).sort_values(["order", "raw_source", "field"], ignore_index=True).drop(columns="order")


def personal_message(found: pd.DataFrame) -> tuple[str, dict]:
    """How many fields are about persons, and how many of them tables hold as they are."""
    bare = int((found["became"] == "as it is").sum())
    return ("ingest.personal_bare" if bare else "ingest.personal"), {"count": len(found), "bare": bare}


def telling_codes(codes: pd.DataFrame) -> pd.DataFrame:
    """The ledger of codes, those still to be decided first, the commonest first."""
    return codes.assign(sure=codes["about"] == "declared").sort_values(["sure", "rows"], ascending=[True, False], kind="stable", ignore_index=True).drop(columns="sure")


def telling_refusals(refused: pd.DataFrame) -> pd.DataFrame:
    """The ledger of refused uses with its tables as messages: persons first, then what they lived, then the rest by rows."""
    rank = refused["table"].map({"customers": 0, "journeys": 1}).fillna(2)
    told = refused.assign(rank=rank, table_of="table_of." + refused["table"].astype(str))
    return told.sort_values(["rank", "rows"], ascending=[True, False], kind="stable", ignore_index=True).drop(columns="rank")


def kinds(fields: pd.DataFrame) -> pd.DataFrame:
    """The data-use ledger by kind of field.

    Returns
    -------
    DataFrame: kind ("undeclared" where none is), fields, without_purpose, unused (no canonical column is made from
    them and no row is joined by them).
    """
    if fields.empty:
        return fields
    there = fields[fields["about"] != "absent"]
    marked = pd.DataFrame({
        "kind": there["kind"].fillna("undeclared"), "without_purpose": there["purpose"].isna().astype(int),
        "unused": (there["used_in"].fillna("") + there["joins_in"].fillna("") == "").astype(int),
    })  # fmt: skip
    sums = marked.groupby("kind").agg(fields=("kind", "size"), without_purpose=("without_purpose", "sum"), unused=("unused", "sum"))
    order = [kind for kind in ("identity", "descriptive", "attitude", "behaviour", "undeclared") if kind in sums.index]
    return sums.loc[order].reset_index()


def with_pages(used: pd.DataFrame) -> pd.DataFrame:
    """The ledger of `usage.field_uses`, fields without a purpose first, its pages as messages: insight is a list of
    them; unread: a word where no SQL reads the field, whatever is declared to become of it."""
    used = used.assign(known=used["purpose"].notna()).sort_values("known", kind="stable", ignore_index=True).drop(columns="known")
    unread = used["used_in"].isna() & used["joins_in"].isna() & used["result"].notna()
    return used.assign(unread=unread.map({True: "unread", False: None}), insight=[[f"page.{page}" for page in cell.split(", ")] if isinstance(cell, str) else [] for cell in used["insight"]])


def fields_message(by_kind: pd.DataFrame) -> tuple[str, dict]:
    """How many fields there are, and how many nobody said what for."""
    lacking = int(by_kind["without_purpose"].sum())
    return ("fields.headline" if lacking else "fields.headline_all"), {"count": int(by_kind["fields"].sum()), "without_purpose": lacking}


def refused_message(refused: pd.DataFrame, journeys: str = "journeys") -> tuple[str, dict]:
    """Whose use was refused, told in customers and journeys (in the brand's word for them) where the tables have them,
    else how many purposes."""
    rows = refused[refused["rows"] > 0].groupby("table").agg(rows=("rows", "sum"), of_rows=("of_rows", "max"))
    purposes = list(dict.fromkeys(refused["purpose"]))
    if len(purposes) != 1 or not {"customers", "journeys"} <= set(rows.index):
        return "ingest.refused", {"count": len(purposes), "labels": purposes}
    people, ways = rows.loc["customers"], rows.loc["journeys"]
    return "ingest.refused_customers", {
        "count": int(people["rows"]), "of": int(people["of_rows"]), "share": float(people["rows"] / people["of_rows"]),
        "rows": int(ways["rows"]), "of_rows": int(ways["of_rows"]), "purpose": purposes[0], "journeys": journeys,
    }  # fmt: skip


def aside_findings(refused: pd.DataFrame, changed: pd.DataFrame, fields: pd.DataFrame, journeys: str = "journeys") -> list[Finding]:
    """Uses refused, columns that changed and are not mapped, and fields without a purpose."""
    findings = []
    rows = refused[refused["rows"] > 0] if len(refused) else refused
    if len(rows):
        message, args = refused_message(rows, journeys)
        findings.append(Finding(message, args, args.get("share", float(args["count"])), np.nan, np.nan, args.get("of", 0), "count", "described", weight=2.8, link=LINK))
    changed = changed[changed["status"] != "mapped"] if len(changed) else changed
    if len(changed):
        labels = list(dict.fromkeys(changed["column"]))
        findings.append(Finding("ingest.schema_finding", {"labels": labels[:FEW], "count": len(labels)}, float(len(labels)), np.nan, np.nan, 0,
                                "count", "described", weight=2.5, link=LINK))  # fmt: skip
    there = fields[fields["about"] == "declared"] if len(fields) else fields
    lacking = there[there["purpose"].isna()] if len(there) else there
    if len(lacking):
        args = {"count": len(lacking), "of": len(there)}
        findings.append(Finding("fields.finding", args, len(lacking) / len(there), np.nan, np.nan, 0, "count", "described", weight=1.2,
                                link="#what-each-field-is-for"))  # fmt: skip
    return findings
