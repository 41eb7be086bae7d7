"""Writes the brand's raw files, each in the format of the system it is said to come from."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from cx_helpers.sample.brand import make
from cx_helpers.sample.mess import with_defects
from cx_helpers.sample.raw import raw_tables

WINDOWS = {"sep": ";", "encoding": "cp1252", "lineterminator": "\r\n"}
QUOTED = {"quoting": csv.QUOTE_ALL}
STYLES = {"operations.csv": WINDOWS, "operations_corrected.csv": WINDOWS}


def export(frames: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Writes the raw files of `frames`, defects included, into `folder`, which is made where missing.

    Parameters
    ----------
    frames : dict of DataFrame
        What `make` returns.
    folder : Path
        The brand's raw folder, such as ``data/sample/raw``; files of the same names are replaced.

    Returns
    -------
    list of Path
        The files, in the order of their names. Text files are the same byte for byte for the same frames.

    Examples
    --------
    >>> import tempfile
    >>> [path.name for path in export(make(rentals=1_000), tempfile.mkdtemp())][:2]
    ['actions.csv', 'bookings.csv']
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tables = with_defects(raw_tables(frames))
    for name, table in tables.items():
        _write(table, folder / name)
    return [folder / name for name in sorted(tables)]


def _write(table: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    elif path.suffix == ".xlsx":
        table.to_excel(path, index=False, sheet_name="Tickets")
    else:
        style = QUOTED if path.name.startswith("surveys_") else STYLES.get(path.name, {})
        table.to_csv(path, index=False, **{"encoding": "utf-8", "lineterminator": "\n", **style})


def write(folder: Path, seed: int = 1, rentals: int = 24_000) -> list[Path]:
    """Makes the brand and writes its raw files into `folder`; returns the files.

    See `make` for the parameters and `export` for the files.
    """
    return export(make(seed=seed, rentals=rentals), folder)
