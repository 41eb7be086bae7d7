"""Contents pages: for each audience its months, pages and their state; for a brand its audiences; for all, the brands."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from typing import Any

from cx_helpers.batch import publication
from cx_helpers.batch.plan import Task, notebooks_folder
from cx_helpers.config import Brand, reports_folder
from cx_helpers.config.journey import label_in
from cx_helpers.tables.lake import Lake


def navigation(pages: list[str], current: str, language: str) -> list[dict[str, Any]]:
    """The way from one page of a set to the others, for `html.render`."""
    return [{"label": page_label(page, language), "href": f"{page}.html", "current": page == current} for page in pages]


def page_label(notebook: str, language: str) -> str:
    """What a page is called in navigation and contents."""
    from cx_helpers.reports import html

    return html.page_name(notebooks_folder() / f"{notebook}.ipynb", language)


def write_portals(brand: Brand, published: str) -> None:
    """Renews ``<brand>/<audience>/index.html`` for every audience, ``<brand>/index.html`` and ``index.html``."""
    from cx_helpers.reports import html

    root = reports_folder()
    months = {audience: _months(brand, audience) for audience in brand.audiences}
    newest = max((month["month"] for found in months.values() for month in found), default=None)
    rows = []
    for name, found in months.items():
        context = _context(brand, name, published) | {"months": found, "expected": newest}
        _write(root / brand.name / name / "index.html", html.render_portal(context))
        rows.append(
            {
                "label": label_in(brand.audiences[name].label, _language(brand)),
                "href": f"{name}/index.html",
                "latest": max((month["month"] for month in found), default=None),
                "months": len(found),
                "failed": sum(page["status"] == "failed" for month in found for page in month["pages"]),
                "expected": newest,
            }
        )
    index = {"language": _language(brand), "brand": _brand_label(brand), "published": published}
    _write(root / brand.name / "index.html", html.render_portal({**index, "audiences": rows}))
    _write(root / "index.html", html.render_portal({**index, "brand": "CX", "audiences": _everyone(root)}))


def _everyone(root) -> list[dict[str, Any]]:
    """A row for every audience of every brand that has pages here, for the page over all."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path in sorted(root.glob(f"*/*/*/{publication.MANIFEST}")):
        record = publication.read_manifest(path.parent)
        if record:
            found.setdefault((record["brand"], record["audience"]), []).append(record)
    return [
        {
            "label": f"{records[0]['brand_label']}: {records[0]['audience_label']}",
            "href": f"{brand}/{audience}/index.html",
            "latest": max(record["month"] for record in records),
            "months": len(records),
            "failed": sum(page["status"] == "failed" for record in records for page in record["pages"].values()),
            "expected": None,
        }
        for (brand, audience), records in found.items()
    ]


def notice_page(
    brand: Brand, tasks: list[Task], records: Mapping[tuple, dict[str, Any]], task: Task, published: str
) -> str:
    """What stands in place of a page that was never made, so that no link leads nowhere: what there is instead."""
    from cx_helpers.reports import html

    pages = {other.notebook: records[other.key] for other in tasks}
    month = _month(task.month, published, brand, task.audience, pages, "")
    return html.render_portal(_context(brand, task.audience, published) | {"months": [month]})


def _context(brand: Brand, audience: str, published: str) -> dict[str, Any]:
    language = _reads(brand, audience)
    return {
        "language": language,
        "brand": _brand_label(brand),
        "audience": label_in(brand.audiences[audience].label, language),
        "published": published,
    }


def _reads(brand: Brand, audience: str) -> str:
    """The language an audience reads."""
    return brand.audiences[audience].language or _language(brand)


def _months(brand: Brand, audience: str) -> list[dict[str, Any]]:
    found, restated = [], Lake(brand.folder / "tables").current()["ingest"].get("restated", {})
    for manifest in (reports_folder() / brand.name).glob(f"*/{audience}/{publication.MANIFEST}"):
        record = publication.read_manifest(manifest.parent)
        if record:
            month = record["month"]
            entry = _month(month, record["published"], brand, audience, record["pages"], f"../{month}/{audience}/")
            found.append(entry | {"restated": month in restated})
    return sorted(found, key=lambda month: month["month"], reverse=True)


def _month(
    month: str, published: str, brand: Brand, audience: str, records: Mapping[str, dict[str, Any]], folder: str
) -> dict[str, Any]:
    last_day = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
    pages = []
    for notebook in brand.audiences[audience].pages:
        record = records.get(notebook)
        status = record["status"] if record else "missing"
        there = record and record.get("page")
        pages.append(
            {
                "label": page_label(notebook, _reads(brand, audience)),
                "href": f"{folder}{notebook}.html" if there else None,
                "status": status,
                "headline": record.get("headline") if there else None,
                "published": record.get("published") if there else None,
                "reason": record.get("reason") if status == "failed" else None,
            }
        )
    through = max((r["data_through"] for r in records.values() if r.get("data_through")), default=f"{month}-{last_day}")
    return {"month": month, "published": published, "data_through": through, "restated": False, "pages": pages}


def _brand_label(brand: Brand) -> str:
    return label_in(brand.journey.label, _language(brand))


def _language(brand: Brand) -> str:
    return brand.journey.language


def _write(path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    publication.write_through(path, text)
