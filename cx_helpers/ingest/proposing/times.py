"""In which format a column of an unknown export writes its times, and when a file without times was answered."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd

DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y",
        "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y%m%d")  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
ISO, SHORT = "ISO", ("%m%d%y", "%d%m%y", "%y%m%d")
MOSTLY = 0.95
DATE_LIKE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(\D.*)?|\d{1,2}[ -][A-Za-z]{3,}[ -]\d{2,4}.*|[A-Za-z]{3,} \d{1,2},? \d{4}.*|(19|20)\d{6}"
)
DATE_NAMED = re.compile(r"date|day of interview|fecha|datum", re.I)


def time_pattern(values: pd.Series, name: str = "") -> tuple[str, bool]:
    """The format that reads these texts as times after 1970, and whether day and month could be swapped; else ("", False).

    Dates written in six digits (61404 for 14 June 2004) are taken for dates only where the column's name says so.
    """
    some = values.drop_duplicates().head(2000)
    short = bool(DATE_NAMED.search(name)) and some.str.fullmatch(r"\d{5,6}").all()
    if some.str.fullmatch(DATE_LIKE).mean() < MOSTLY and not short:
        return "", False
    sane = "BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01'"
    formats = list(SHORT) if short else [day + clock for day in DAYS for clock in CLOCKS]
    read = ["TRY_CAST(v AS TIMESTAMP)", *(f"try_strptime({'lpad(v, 6, 0::VARCHAR)' if short else 'v'}, '{form}')" for form in formats)]
    counts = f"SELECT {', '.join(f'count(*) FILTER ({one} {sane})' for one in read)} FROM _some"
    with duckdb.connect(config={"autoload_known_extensions": "false", "autoinstall_known_extensions": "false"}) as connection:
        connection.register("_some", pd.DataFrame({"v": some.astype(object)}))
        found = dict(zip([ISO, *formats], connection.execute(counts).fetchone(), strict=True))
    best = max(found, key=found.get)
    if found[best] < MOSTLY * len(some):
        return "", False
    rivals = [form for form, count in found.items() if count == found[best]]
    american = [form for form in rivals if form.startswith("%m") and "%p" in form]
    swapped = any(r.startswith("%m") for r in rivals) and any(r.startswith("%d") for r in rivals)
    return (american or rivals)[0], swapped


def read_times(values: pd.Series, pattern: str) -> pd.Series:
    """The times of a column as pandas reads them, to put columns in order."""
    text = values.str.zfill(6) if pattern in SHORT else values
    return pd.to_datetime(text, format="ISO8601" if pattern == ISO else pattern, errors="coerce", utc=True)


def day_of(path: Path) -> tuple[date, str]:
    """A day for a file that holds no dates, and where it comes from: the file's name, else when the file was written."""
    found = re.search(r"(?<!\d)(19[89]\d|20\d\d)(?:[-_.]?(0[1-9]|1[0-2])(?!\d))?", path.stem)
    if found:
        return date(int(found[1]), int(found[2] or 1), 1), f"the {'month' if found[2] else 'year'} comes from the file's name"
    return datetime.fromtimestamp(path.stat().st_mtime).date(), "it is the day on which the file was written"
