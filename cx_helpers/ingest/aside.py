"""What was set aside beside rows: columns that changed, codes for no answer, personal fields, uses without permission, other wordings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey, label_in
from cx_helpers.findings import Finding

LINK = "#what-was-set-aside"
FEW = 3


def drift(columns: pd.DataFrame) -> pd.DataFrame:
    """Columns that are not what earlier files had: new, gone or renamed, in the order of the ledger."""
    return columns[columns["status"] != "known"].reset_index(drop=True) if len(columns) else columns


def kept_apart(apart: pd.DataFrame, journey: Journey, language: str = "en") -> pd.DataFrame:
    """The ledger of wordings kept apart, each score under its label."""
    if apart.empty:
        return apart
    labels = {name: label_in(metric.label, language) for name, metric in journey.metrics.items()}
    return apart.assign(label=[labels.get(name, name) for name in apart["metric"]])


def personal(fields: pd.DataFrame) -> pd.DataFrame:
    """Fields that name or reach a person: declared so, or found by their form; those a table does not hold as they are.

    Returns
    -------
    DataFrame: field, raw_source, personal (its kind), seen_by_sql ("as a pseudonym" or "not at all"), reason; those
    kept out altogether first.
    """
    if fields.empty:
        return fields
    found = fields[(fields["seen_by_sql"] != "as it is")]
    found = found.assign(personal=found["personal"].fillna(found["looks_like"]))
    return found.sort_values(["seen_by_sql", "raw_source", "field"], ascending=[False, True, True], ignore_index=True)


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
    """The ledger of `usage.field_uses`, its pages as messages: insight is a list of them."""
    return used.assign(insight=[[f"page.{page}" for page in cell.split(", ")] if isinstance(cell, str) else [] for cell in used["insight"]])


def fields_message(by_kind: pd.DataFrame) -> tuple[str, dict]:
    """How many fields there are, and how many nobody said what for."""
    return "fields.headline", {"count": int(by_kind["fields"].sum()), "without_purpose": int(by_kind["without_purpose"].sum())}


def aside_findings(refused: pd.DataFrame, changed: pd.DataFrame, fields: pd.DataFrame) -> list[Finding]:
    """Uses refused, columns that changed, and fields without a purpose."""
    findings = []
    rows = refused[refused["rows"] > 0] if len(refused) else refused
    if len(rows):
        row = rows.loc[rows["rows"].idxmax()]
        share = float(row["rows"] / row["of_rows"]) if row["of_rows"] else np.nan
        args = {"rows": int(row["rows"]), "of_rows": int(row["of_rows"]), "table": row["table"], "purpose": row["purpose"], "reason": row["reason"]}
        findings.append(Finding("ingest.refused_finding", args, share, np.nan, np.nan, int(row["of_rows"]), "count", "described", weight=2.8, link=LINK))
    if len(changed):
        labels = list(dict.fromkeys(changed["column"]))
        findings.append(Finding("ingest.schema_finding", {"labels": labels[:FEW], "count": len(labels)}, float(len(labels)), np.nan, np.nan, len(changed),
                                "count", "described", weight=2.5, link=LINK))  # fmt: skip
    there = fields[fields["about"] == "declared"] if len(fields) else fields
    lacking = there[there["purpose"].isna()] if len(there) else there
    if len(lacking):
        args = {"labels": list(lacking["field"].head(FEW)), "count": len(lacking), "of": len(there)}
        findings.append(Finding("fields.finding", args, len(lacking) / len(there), np.nan, np.nan, len(there), "count", "described", weight=1.2,
                                link="#what-each-field-is-for"))  # fmt: skip
    return findings
