"""What a run makes, skips and records."""

from __future__ import annotations

import json

import nbformat
import pytest

from cx_helpers.batch.execution import checked
from cx_helpers.errors import DataError
from cx_helpers.tables.lake import Lake


def manifest(small, month="2018-03", audience="all"):
    return json.loads(small.pages(month, audience)["run.json"])


def statuses(small, **place):
    return {name: page["status"] for name, page in manifest(small, **place)["pages"].items()}


def test_a_run_publishes_every_page_with_its_manifest_and_contents(made):
    names = ["01_ingest.html", "02_journeys.html", "03_drivers.html", "04_follow_up.html"]
    assert sorted(made.pages()) == [*names, "run.json"]
    assert sorted(made.pages(audience="desk")) == ["01_ingest.html", "run.json"]
    assert b"All is well in 2018-03, over 12 months." in made.pages()["03_drivers.html"]
    record = manifest(made)
    page = record["pages"]["03_drivers"]
    assert (record["brand"], record["month"], record["audience"]) == ("tiny", "2018-03", "all")
    assert page["parameters"] == {"brand": "tiny", "month": "2018-03", "audience": "all"}
    assert page["tables"]["responses"] == record["tables"]["responses"] == 0
    assert page["versions"]["pandas"] and len(page["fingerprint"]) == 64 and page["seconds"] > 0
    assert page["headline"] == "All is well in 2018-03, over 12 months." and page["findings"] == 0
    portal = (made.reports / "tiny" / "all" / "index.html").read_text()
    assert 'href="../2018-03/all/02_journeys.html"' in portal and "31 March 2018" in portal.replace("\u00a0", " ")
    assert 'href="desk/index.html"' in (made.reports / "tiny" / "index.html").read_text()
    assert 'href="tiny/desk/index.html"' in (made.reports / "index.html").read_text()
    assert "2018-03/desk" not in portal, "an audience's contents lead to its own pages only"
    assert list((made.reports / ".staging").glob("*/*")) == []


def test_unchanged_pages_are_skipped_byte_for_byte_and_forced_ones_are_not(made):
    before = made.pages()
    again = made.cx("run", "tiny")
    assert (again.returncode, made.pages()) == (0, before)
    assert "0 pages made, 5 unchanged, 0 failed" in again.stdout
    forced = made.cx("run", "tiny", "--audience", "desk", "--force")
    assert "1 pages made, 0 unchanged, 0 failed" in forced.stdout


def test_only_what_changed_is_made_again(made):
    before = made.pages()
    path = made.root / "notebooks" / "02_journeys.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[3].source = notebook.cells[3].source.replace("All is well", "All is better")
    nbformat.write(notebook, path)
    done = made.cx("run", "tiny")
    assert "1 pages made, 4 unchanged, 0 failed" in done.stdout
    after = made.pages()
    assert b"All is better" in after["02_journeys.html"]
    assert {name for name in before if before[name] != after[name]} == {"02_journeys.html", "run.json"}
    assert statuses(made) == {
        "01_ingest": "unchanged", "02_journeys": "published", "03_drivers": "unchanged", "04_follow_up": "unchanged"
    }  # fmt: skip


def test_new_data_and_new_configuration_make_pages_again(made):
    with (made.folder / "raw" / "answers.csv").open("a") as file:
        file.write("late,2018-03-30 10:00:00,9\n")
    assert "5 pages made" in made.cx("run", "tiny").stdout
    path = made.folder / "audiences.yaml"
    path.write_text(path.read_text().replace("The desk", "The front desk"))
    assert "5 pages made" in made.cx("run", "tiny").stdout


def test_results_reach_the_next_notebook_the_lake_and_the_next_month(small):
    small.notebooks(p03_drivers="writes_opportunities", p04_follow_up="reads_opportunities")
    done = small.cx("run", "tiny", "--audience", "all", "--month", "2018-02..2018-03", "--set", "window_months=6")
    assert done.returncode == 0, done.stderr
    assert b"Rank 6 was read." in small.pages()["04_follow_up.html"]
    lake = Lake(small.folder / "tables")
    assert sorted(lake.frame("opportunities")["month"]) == ["2018-02", "2018-03"]
    assert list(lake.frame("effects")["notebook"]) == ["04_follow_up"] * 2
    again = small.cx("run", "tiny", "--audience", "all", "--month", "2018-02..2018-03", "--set", "window_months=6")
    assert "0 pages made, 8 unchanged" in again.stdout, "what a run writes must not make its own pages stale"
    other = small.cx("run", "tiny", "--audience", "all", "--month", "2018-03", "--set", "window_months=7")
    assert "4 pages made" in other.stdout
    frame = Lake(small.folder / "tables").frame("opportunities").set_index("month")["rank"]
    assert frame.to_dict() == {"2018-02": 6.0, "2018-03": 7.0}


def test_changed_opportunities_make_follow_up_stale_but_not_the_other_pages(small):
    small.notebooks(p03_drivers="writes_opportunities", p04_follow_up="reads_opportunities")
    assert small.cx("run", "tiny", "--audience", "all").returncode == 0
    path = small.root / "notebooks" / "03_drivers.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[5].source = notebook.cells[5].source.replace("float(window_months)", "3.0")
    nbformat.write(notebook, path)
    done = small.cx("run", "tiny", "--audience", "all")
    assert "2 pages made, 2 unchanged" in done.stdout, done.stdout
    assert b"Rank 3 was read." in small.pages()["04_follow_up.html"]


def executed(*cells):
    made = [nbformat.v4.new_code_cell(source, execution_count=count, outputs=outputs) for source, count, outputs in cells]
    return nbformat.v4.new_notebook(cells=made)


def shown(role, html="", items=()):
    data = {"application/vnd.cx+json": {"role": role, "html": html, "items": list(items), "page": {}}}
    return nbformat.v4.new_output("display_data", data=data)


GOOD = ("a", 1, [shown("headline", "<h1>Fish &amp; chips.</h1>"), shown("findings", items=[{}, {}]), shown("provenance")])


def test_a_checked_notebook_tells_its_headline_and_findings():
    assert checked(executed(GOOD)) == {"headline": "Fish & chips.", "findings": 2}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([GOOD, ("b", None, [])], "cell 2 was not executed"),
        ([GOOD, ("b", 2, [nbformat.v4.new_output("error", ename="KeyError", evalue="x", traceback=[])])], "cell 2: KeyError: x"),
        ([("a", 1, [shown("headline")])], "no provenance"),
        ([("a", 1, [shown("provenance")])], "says nothing"),
    ],
)
def test_a_page_that_is_not_whole_is_refused(cells, said):
    with pytest.raises(DataError, match=said):
        checked(executed(*cells))


def test_an_empty_code_cell_need_not_be_executed():
    assert checked(executed(GOOD, ("  ", None, [])))["findings"] == 2
