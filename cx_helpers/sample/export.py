"""Writes the brand's raw files, each in the format of the system it is said to come from."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from cx_helpers.sample.brand import RENTALS, make
from cx_helpers.sample.mess import with_defects
from cx_helpers.sample.surveys import header_rows
from cx_helpers.sample.systems import raw_tables

QUALTRICS = ("pulse_", "relationship_")
PLAIN = ("bookings_", "context", "permissions", "locations")  # cells without a comma or quote, and so without quotes
BY_YEAR = ("bookings_*", "operations*.csv", "pulse_*.csv", "relationship_*.csv", "invitations_*.csv", "calls_*.csv", "reviews_*.jsonl")
SHEET_TITLE = ("Sample Rentals, people and locations", "Measures by location and month; internal")


def export(frames: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Writes the raw files of `frames`, defects included, into `folder`, which is made where missing.

    Parameters
    ----------
    frames : dict of DataFrame
        What `make` returns.
    folder : Path
        The brand's raw folder, such as ``data/sample/raw``. Files of an earlier export are replaced; those of years that
        this one does not have are removed, so that two exports are never read as one.

    Returns
    -------
    list of Path
        The files, in the order of their names. Text files are the same byte for byte for the same frames.

    Raises
    ------
    UsageError
        Too few rentals for every planted defect (3,000 are enough); nothing is written.

    Examples
    --------
    >>> import tempfile
    >>> [path.name for path in export(make(rentals=6_000), tempfile.mkdtemp())][:2]
    ['actions.csv', 'bookings_2024.csv.gz']
    """
    tables = with_defects(raw_tables(frames), permitted(frames["permissions"]))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for old in (path for pattern in BY_YEAR for path in folder.glob(pattern)):
        if old.name not in tables:
            old.unlink()
    for name, table in tables.items():
        _write(table, folder / name)
    return [folder / name for name in sorted(tables)]


def permitted(permissions: pd.DataFrame, purpose: str = "service_improvement") -> pd.Series:
    """customer_no of those who permit `purpose` and have not withdrawn it."""
    return permissions.loc[(permissions["purpose"] == purpose) & permissions["withdrawn_at"].isna(), "customer_no"]


def _write(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    elif path.suffix == ".xlsx":
        _write_sheet(table, path)
    elif path.suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True, force_ascii=False)
    else:
        path.write_bytes(_encoded(table, path.name))


def _encoded(table: pd.DataFrame, name: str) -> bytes:
    """The bytes of a text file in the manner of its system."""
    yard = name.startswith("operations_")
    plain = yard or name.startswith(PLAIN)
    style = pacsv.WriteOptions(
        include_header=False, delimiter=";" if yard else ",", eol="\r\n" if yard else "\n", quoting_style="none" if plain else "needed",
        batch_size=65_536,
    )  # fmt: skip
    head = [list(table), *(header_rows(table) if name.startswith(QUALTRICS) else [])]
    out = io.BytesIO()
    for part in (pd.DataFrame(head, columns=table.columns), table):
        columns = [pa.array(part[column].to_numpy(object), pa.string(), from_pandas=True) for column in part]
        pacsv.write_csv(pa.table(columns, names=list(table)), out, style)
    data = out.getvalue()
    if yard:
        return data.decode("utf-8").encode("cp1252")
    return gzip.compress(data, compresslevel=6, mtime=0) if name.endswith(".gz") else data


def _write_sheet(table: pd.DataFrame, path: Path) -> None:
    """A sheet with its title above the table, as people make them."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Measures"
    for line in (*([text] for text in SHEET_TITLE), [], list(table)):
        sheet.append(line)
    for row in table.itertuples(index=False):
        sheet.append([None if cell != cell else cell for cell in row])
    book.save(path)


def write(folder: Path, seed: int = 1, rentals: int = RENTALS) -> list[Path]:
    """Makes the brand and writes its raw files into `folder`; returns the files.

    See `make` for the parameters and `export` for the files.
    """
    return export(make(seed=seed, rentals=rentals), folder)
