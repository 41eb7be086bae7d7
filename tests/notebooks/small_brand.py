"""A brand of 36 answers in three months and the fixture notebooks, for tests of the batch and the command line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from cx_helpers.config.parameters import PARAMETERS

FIXTURES = Path(__file__).parent / "fixtures"
MONTHS = ("2018-01", "2018-02", "2018-03")
JOURNEY = """
label: Tiny
stages:
  - id: counter
    label: Counter
    touchpoints:
      - {id: counter, label: Counter}
remembered:
  - {id: nps, kind: nps, label: Would recommend}
"""
SOURCES = """
sources:
  answers:
    file: answers.csv
    columns: [id, day, score]
"""
AUDIENCES = """
audiences:
  all: {label: Everyone}
  desk: {label: The desk, pages: [01_ingest]}
"""
JOURNEYS_SQL = """
SELECT id AS journey_id, 'c' || id AS customer_id, TRY_CAST(day AS TIMESTAMP) AS started_at,
       TRY_CAST(day AS TIMESTAMP) AS ended_at, 'completed' AS status, _source AS source
FROM answers
"""
RESPONSES_SQL = """
SELECT 'r' || id AS response_id, id AS journey_id, 'c' || id AS customer_id, 'overall' AS touchpoint, 'nps' AS metric,
       TRY_CAST(score AS DOUBLE) AS score, 0 AS scale_min, 10 AS scale_max, TRY_CAST(day AS TIMESTAMP) AS asked_at,
       TRY_CAST(day AS TIMESTAMP) AS answered_at, _source AS source
FROM answers
"""
FOUR_FINE = {name: "fine" for name in PARAMETERS}


@dataclass
class SmallBrand:
    """A workbench of its own in a temporary folder."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "data" / "tiny"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def environment(self) -> dict[str, str]:
        places = {"CX_DATA": "data", "CX_REPORTS": "reports", "CX_NOTEBOOKS": "notebooks"}
        return {**os.environ, **{name: str(self.root / place) for name, place in places.items()}}

    def notebooks(self, **bodies: str) -> None:
        """Puts fixture notebooks in place, such as ``p01_ingest="fine"``; the rest are fine."""
        folder = self.root / "notebooks"
        folder.mkdir(exist_ok=True)
        for name, body in {**FOUR_FINE, **{name[1:]: body for name, body in bodies.items()}}.items():
            notebook = nbformat.read(FIXTURES / f"{body}.ipynb", as_version=4)
            if body != "misspelt_parameter":
                notebook.cells[1].source = parameters_cell(name)
            nbformat.write(notebook, folder / f"{name}.ipynb")

    def cx(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Runs the command line to its end."""
        return subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=180, **options)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from cx_helpers.cli import main; main()", *arguments]

    def pages(self, month: str = "2018-03", audience: str = "all") -> dict[str, bytes]:
        """Published files of a set by name."""
        folder = self.reports / "tiny" / month / audience
        return {file.name: file.read_bytes() for file in sorted(folder.glob("*"))}


def parameters_cell(name: str) -> str:
    """A parameters cell that agrees with the notebook's model."""
    fields = PARAMETERS[name].model_fields
    return "\n".join(f"{field}: {type(info.default).__name__} = {info.default!r}" for field, info in fields.items())


@pytest.fixture(scope="session")
def ingested(tmp_path_factory) -> SmallBrand:
    """The small brand with its tables published; copied, never changed."""
    brand = SmallBrand(tmp_path_factory.mktemp("small"))
    (brand.folder / "sql").mkdir(parents=True)
    (brand.folder / "raw").mkdir()
    for name, text in (("journey", JOURNEY), ("sources", SOURCES), ("audiences", AUDIENCES)):
        (brand.folder / f"{name}.yaml").write_text(text)
    for name, text in (("journeys", JOURNEYS_SQL), ("responses", RESPONSES_SQL)):
        (brand.folder / "sql" / f"{name}.sql").write_text(text)
    rows = [f"{month}-{day},{month}-{day} 10:00:00,{day % 11}" for month in MONTHS for day in range(10, 22)]
    (brand.folder / "raw" / "answers.csv").write_text("id,day,score\n" + "\n".join(rows) + "\n")
    brand.notebooks()
    done = brand.cx("ingest", "tiny")
    if done.returncode:
        pytest.fail(f"the small brand cannot be ingested: {done.stderr}")
    return brand


@pytest.fixture
def small(ingested, tmp_path) -> SmallBrand:
    """A copy of the small brand, with four fine notebooks."""
    shutil.copytree(ingested.root, tmp_path / "small")
    return SmallBrand(tmp_path / "small")


@pytest.fixture(scope="session")
def made_once(ingested, tmp_path_factory) -> SmallBrand:
    """The small brand with the pages of all its audiences for 2018-03 published; copied, never changed."""
    brand = SmallBrand(tmp_path_factory.mktemp("made") / "small")
    shutil.copytree(ingested.root, brand.root)
    done = brand.cx("run", "tiny")
    if done.returncode:
        pytest.fail(f"the small brand's pages cannot be made: {done.stderr}")
    return brand


@pytest.fixture
def made(made_once, tmp_path) -> SmallBrand:
    """A copy of the small brand with its pages published."""
    shutil.copytree(made_once.root, tmp_path / "made")
    return SmallBrand(tmp_path / "made")
