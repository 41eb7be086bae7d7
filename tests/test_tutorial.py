"""The tutorial of docs/your_data.md does what it says: every command runs, and its output is the one that is shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest

START, END = "<!-- tutorial: ", "<!-- end of tutorial -->"


@pytest.fixture
def tutorial(repo) -> str:
    text = (repo / "docs/your_data.md").read_text(encoding="utf-8")
    return text[text.index(START) : text.index(END)]


@pytest.fixture
def cx(repo, tmp_path):
    """Runs a line of the tutorial in folders of its own."""
    (tmp_path / "data").mkdir()
    own = {"CX_DATA": str(tmp_path / "data"), "CX_REPORTS": str(tmp_path / "reports"), "CX_NOTEBOOKS": str(repo / "notebooks")}

    def run(line: str) -> str:
        words = [sys.executable, "-c", "from cx_helpers.cli import main; main()", *shlex.split(line)[1:]]
        done = subprocess.run(words, capture_output=True, text=True, env=os.environ | own, cwd=repo, timeout=900)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout.replace(str(tmp_path / "data"), "data")

    return run


def steps(text: str) -> list[tuple[str, str]]:
    """(language, content) of each code block; commands have no language."""
    return re.findall(r"^```(\w*)\n(.*?)^```", text, re.S | re.M)


def go_through(text: str, cx, folder, skip: str) -> dict[str, str]:
    said = {}
    for language, block in steps(text):
        for line in block.splitlines():
            if language == "" and not line.startswith(skip):
                said[line] = cx(line)
        edited = re.match(r"- (\{id: (\w+), .*\})", block) if language == "text" else None
        if edited:
            path = folder / "data/wheels/journey.yaml"
            mended = re.sub(rf"\{{id: {edited[2]}, [^}}]*\}}", lambda _, new=edited[1]: new, path.read_text(encoding="utf-8"))
            path.write_text(mended, encoding="utf-8")
    return said


def test_every_command_of_the_tutorial_but_the_pages_runs_and_says_what_is_shown(tutorial, cx, tmp_path):
    said = go_through(tutorial, cx, tmp_path, skip="cx run")
    first = next(line for line in said if line.startswith("cx init"))
    shown = next(block for language, block in steps(tutorial) if language == "text")
    assert shown.strip() == said[first].strip()
    assert "standard: 10}" in (tmp_path / "data/wheels/journey.yaml").read_text(encoding="utf-8")
    assert "1,182 rows in 3 files = 1,182 accepted" in said["cx ingest wheels"]


@pytest.mark.long
def test_the_whole_tutorial_makes_its_pages(tutorial, cx, tmp_path):
    said = go_through(tutorial, cx, tmp_path, skip="#")
    assert "4 pages made" in said["cx run wheels"]
    pages = sorted(path.name for path in (tmp_path / "reports/wheels/2026-06/all").glob("*.html"))
    assert pages == ["01_ingest.html", "02_journeys.html", "03_drivers.html", "04_follow_up.html"]
    drawn = (tmp_path / "reports/wheels/2026-06/all/02_journeys.html").read_text(encoding="utf-8")
    assert "One of 2 standards is missed" in drawn
    assert "someone2@" not in drawn and "600 123 456" not in drawn


@pytest.mark.parametrize("picture", ["your_data_answers", "your_data_map", "your_data_drivers"])
def test_the_pictures_are_small_enough_to_load(repo, picture):
    assert 20_000 < (repo / f"docs/images/{picture}.png").stat().st_size < 200_000
