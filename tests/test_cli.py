"""The command line answers fast, in one line, with the exit code a scheduler can act on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-c", "from cx_helpers.cli import main; main()"]
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


@pytest.fixture
def cx(tmp_path):
    folder = tmp_path / "data" / "tiny"
    (folder / "sql").mkdir(parents=True)
    (folder / "journey.yaml").write_text(JOURNEY)
    (folder / "sources.yaml").write_text("sources:\n  answers: {file: answers.csv}\n")
    (folder / "sql" / "responses.sql").write_text("SELECT id AS response_id, _source AS source FROM answers\n")

    def run(*arguments, **more):
        environment = {**os.environ, "CX_DATA": str(tmp_path / "data"), "CX_REPORTS": str(tmp_path / "reports"), **more}
        environment = {name: value for name, value in environment.items() if value is not None}
        return subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=120)

    run.folder = folder
    return run


def test_help_names_every_command(cx):
    done = cx("--help")
    assert done.returncode == 0
    for command in ("check", "ingest", "run", "sample", "doctor"):
        assert f"\n  {command} " in done.stdout


def test_help_imports_no_engine():
    code = (
        "import sys\nfrom cx_helpers import cli\n"
        "heavy = {'pandas', 'numpy', 'ibis', 'duckdb', 'deltalake', 'papermill', 'nbconvert', 'pydantic', 'matplotlib'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_version_is_that_of_the_package(cx):
    import importlib.metadata

    assert cx("--version").stdout.strip() == importlib.metadata.version("cx-helpers")


def test_check_says_what_a_good_brand_has(cx):
    done = cx("check", "tiny")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "tiny: good. 1 touchpoints, 0 inputs, 1 metrics, 1 sources, 1 tables, 1 audiences.\n"


def test_check_tells_every_problem_with_file_and_line_and_exits_2(cx):
    path = cx.folder / "journey.yaml"
    path.write_text(path.read_text().replace("kind: nps", "kind: npss").replace("label: Tiny", "lable: Tiny"))
    done = cx("check", "tiny")
    assert done.returncode == 2 and done.stdout == ""
    assert "tiny/journey.yaml:2:" in done.stderr and "tiny/journey.yaml:9:" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_brand_is_one_line_and_exit_2(cx):
    done = cx("run", "tinny")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "Did you mean tiny?" in done.stderr


def test_debug_shows_the_traceback(cx):
    assert "Traceback" in cx("check", "tinny", CX_DEBUG="1").stderr


def test_missing_raw_files_are_one_line_and_exit_1(cx):
    done = cx("ingest", "tiny")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "answers.csv" in done.stderr


@pytest.mark.parametrize("arguments", [("run",), ("run", "tiny", "--mnth", "latest"), ("rnu", "tiny"), ("run", "tiny", "--workers", "x")])
def test_a_misspelt_command_line_exits_2_without_traceback(cx, arguments):
    done = cx(*arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr


def test_doctor_tells_versions_folders_and_what_is_missing(cx):
    done = cx("doctor", CX_NOTEBOOKS=str(cx.folder / "none"))
    assert done.returncode == 1
    assert "ok    kernel python3 starts " + sys.executable in done.stdout
    assert "ok    brand tiny: its configuration is good" in done.stdout
    assert "MISS  03_drivers.ipynb: no such notebook" in done.stdout
