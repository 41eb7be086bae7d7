"""What the made-up customers say of themselves in their texts, and who they are, stands in no table, page, log or notebook."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cx_helpers.sample import make
from cx_helpers.sample.people import KINDS, planted

RENTALS = 3_000  # as the fixture `ingested_sample` writes them
KEEP_WORK = """
import os, shutil
from types import SimpleNamespace
from cx_helpers.batch import runner

def rmtree(path, **options):
    if str(path).rpartition("/")[2].startswith("run-") and os.path.isdir(path):
        shutil.copytree(path, os.environ["KEPT"], dirs_exist_ok=True)
    shutil.rmtree(path, **options)

runner.shutil = SimpleNamespace(rmtree=rmtree)
from cx_helpers.cli import main
main()
"""


@pytest.fixture(scope="module")
def frames():
    return make(rentals=RENTALS)


@pytest.fixture(scope="module")
def workbench(ingested_sample, tmp_path_factory) -> Path:
    """A copy of the ingested sample with the pages of one audience, its logs, and all that the batch worked with."""
    root = tmp_path_factory.mktemp("personal")
    shutil.copytree(ingested_sample / "sample", root / "data" / "sample")
    places = {"CX_DATA": root / "data", "CX_REPORTS": root / "reports", "CX_NOTEBOOKS": Path(__file__).parents[2] / "notebooks", "KEPT": root / "kept"}
    environment = {**os.environ, "SAMPLE_RAW": "raw", **{name: str(place) for name, place in places.items()}}
    command = [sys.executable, "-c", KEEP_WORK, "run", "sample", "--audience", "all"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    (root / "kept" / "said.txt").write_text(done.stdout + done.stderr)
    return root


def text_of(path: Path) -> str:
    """All that a file holds as text; of Parquet every cell of text, wherever it is nested, and the statistics beside."""
    if path.suffix != ".parquet":
        return path.read_bytes().decode("utf-8", "replace")
    table = pq.read_table(path, partitioning=None)
    cells = [str(value) for column in table.columns if holds_text(column.type) for value in column.to_pylist() if value is not None]
    return "\n".join([*cells, path.read_bytes().decode("latin-1")])


def holds_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_nested(kind) or pa.types.is_dictionary(kind)


def written(root: Path, *, but: tuple[str, ...] = ("raw", ".parsed", "key")) -> dict[str, str]:
    """Every file that the workbench wrote to its text; the raw files and their parsed copies are the brand's own."""
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and not set(path.relative_to(root).parts) & set(but)]
    return {path.relative_to(root).as_posix(): text_of(path) for path in files}


def seen(strings: Iterable[str], texts: dict[str, str]) -> set[tuple[str, str]]:
    """(file, string) of every string that stands somewhere in a file; thousands are looked for in one reading of it."""
    wanted = sorted(set(strings))
    return {(name, string) for name, text in texts.items() for string in pl.Series([text]).str.extract_many(wanted)[0]}


@pytest.fixture(scope="module")
def everything(workbench) -> dict[str, str]:
    return written(workbench)


def test_the_search_reads_what_it_should(everything):
    """Tables with their logs, pages, run.json and executed notebooks are all among the files, and their text is read."""
    names = "\n".join(everything)
    for part in (r"tables/comments/.*\.parquet", r"_delta_log/.*\.json", r"01_ingest\.html", r"run\.json", r"kept/.*02_journeys\.ipynb", r"current\.json"):
        assert re.search(part, names), part
    comments = [text for name, text in everything.items() if "tables/comments/" in name and name.endswith(".parquet")]
    assert any("the" in text for text in comments) and sum(map(len, comments)) > 10_000


def test_the_search_finds_a_string_wherever_it_stands():
    texts = {"a": "call +34 600 or\nJosé Peña.", "b": "x\0Peña", "c": "Pena"}
    assert seen(["+34 600", "José Peña", "Peña", "nobody"], texts) == {("a", "+34 600"), ("a", "José Peña"), ("b", "Peña")}


def test_nothing_that_was_planted_in_texts_is_found(everything, frames):
    strings = planted(frames)
    assert {kind for kind, _ in strings} == set(KINDS)
    assert seen((string for _, string in strings), everything) == set()


def test_no_address_number_or_customer_of_the_files_is_found(everything, frames):
    people = frames["customers"]
    numbers, phones = set(people["customer_no"].astype(str)), set(people["phone"])
    addresses = set(people["email"])
    assert seen(phones, everything) == set()
    for name, text in everything.items():
        assert not addresses & set(re.findall(r"[\w.+-]+@[\w.-]+\w", text)), name
        if "/_delta_log/" in name or name.endswith((".parquet", ".html", ".ipynb", ".json")):
            assert not numbers & set(re.findall(r"\w+", text)), name


def test_what_is_parsed_can_be_read_by_its_owner_alone(workbench):
    parsed = workbench / "data" / "sample" / "tables" / ".parsed"
    assert not (parsed.parent / ".work").exists(), "what an ingest worked with is gone"
    if parsed.exists():
        assert stat.S_IMODE(parsed.stat().st_mode) & 0o077 == 0
