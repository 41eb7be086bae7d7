"""Everything wrong about a run is told before the first notebook starts."""

from __future__ import annotations

import nbformat
import pytest
from small_brand import FIXTURES, MONTHS

from cx_helpers.batch.plan import cell_problems, check_run, make_plan, month_before, months_between, notebooks_folder, settings_from
from cx_helpers.config import load_brand
from cx_helpers.errors import UsageError


@pytest.fixture
def brand(small, monkeypatch):
    for name, value in small.environment.items():
        monkeypatch.setenv(name, value)
    return load_brand("tiny")


def known(month):
    if month == "latest":
        return MONTHS[-1]
    if month not in MONTHS:
        raise UsageError(f"tiny: month {month} has no data; there are months {MONTHS[0]} to {MONTHS[-1]}.")
    return month


def test_a_task_for_each_month_audience_and_page(brand):
    plan = make_plan(brand, ["2018-02", "2018-03"])
    assert len(plan.tasks) == 2 * (4 + 1)
    assert [task.notebook for task in plan.sets["2018-03", "desk"]] == ["01_ingest"]


def test_follow_up_waits_for_drivers_and_drivers_for_the_journeys_and_the_month_before(brand):
    tasks = {task.key: task for task in make_plan(brand, ["2018-02", "2018-03"], ["all"]).tasks}
    assert tasks["2018-03", "all", "04_follow_up"].after == (("2018-03", "all", "03_drivers"),)
    assert tasks["2018-03", "all", "03_drivers"].after == (("2018-03", "all", "02_journeys"), ("2018-02", "all", "04_follow_up"))
    assert tasks["2018-02", "all", "03_drivers"].after == (("2018-02", "all", "02_journeys"),)
    assert tasks["2018-03", "all", "02_journeys"].after == ()


def test_the_page_of_the_data_is_made_when_all_other_pages_of_its_month_have_told_what_they_read(brand):
    plan = make_plan(brand, ["2018-02", "2018-03"])
    tasks = {task.key: task for task in plan.tasks}
    others = {("2018-03", "all", page) for page in ("02_journeys", "03_drivers", "04_follow_up")}
    assert set(tasks["2018-03", "desk", "01_ingest"].after) == set(tasks["2018-03", "all", "01_ingest"].after) == others
    assert [task.notebook for task in plan.tasks if task.month == "2018-03"][-2:] == ["01_ingest", "01_ingest"]


def test_settings_reach_only_notebooks_that_take_them_with_their_types(brand):
    settings = settings_from(["bootstrap=200", "window_months=6", "outcome=2018"])
    tasks = {task.notebook: task.parameters for task in make_plan(brand, ["2018-03"], ["all"], settings=settings).tasks}
    assert tasks["03_drivers"] == {
        "brand": "tiny", "month": "2018-03", "audience": "all", "bootstrap": 200, "window_months": 6, "outcome": "2018"
    }  # fmt: skip
    assert "bootstrap" not in tasks["01_ingest"] and tasks["01_ingest"]["window_months"] == 6


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["windw_months=6"], "did you mean window_months?"),
        (["window_months=six"], "01_ingest: parameter window_months: Input should be a valid integer (found 'six')."),
        (["window_months=0"], "greater than or equal to 1"),
    ],
)
def test_wrong_settings_are_told_before_anything_runs(brand, texts, said):
    with pytest.raises(UsageError) as caught:
        check_run(brand, settings=settings_from(texts))
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["window_months", "=6", "month=2018-01", "brand=olist"])
def test_settings_are_name_and_value_of_what_no_other_option_sets(text):
    with pytest.raises(UsageError, match="--set"):
        settings_from([text])


def test_the_same_setting_twice_is_refused():
    with pytest.raises(UsageError, match="set twice"):
        settings_from(["seed=1", "seed=2"])


def test_unknown_audience_names_those_there_are(brand):
    with pytest.raises(UsageError, match=r"--audience 'dsk' .* Did you mean desk\? Audiences: all, desk\."):
        check_run(brand, ["dsk"])


def test_misspelt_parameter_in_a_notebook_is_told_with_its_neighbour(brand, small):
    small.notebooks(p02_journeys="misspelt_parameter")
    with pytest.raises(UsageError) as caught:
        check_run(brand)
    assert str(caught.value).splitlines() == [
        "02_journeys.ipynb: parameter window_months is missing in its parameters cell. Add it.",
        "02_journeys.ipynb: parameter windw_months is not in its model; did you mean window_months?",
    ]


def test_missing_notebook_is_told(brand, small):
    (small.root / "notebooks" / "03_drivers.ipynb").unlink()
    with pytest.raises(UsageError, match="03_drivers.ipynb: no such notebook"):
        check_run(brand)


def test_data_that_lie_elsewhere_are_read_by_the_notebooks_of_the_checkout(brand, tmp_path, monkeypatch, repo):
    monkeypatch.delenv("CX_NOTEBOOKS", raising=False)
    monkeypatch.setenv("CX_DATA", str(tmp_path / "elsewhere" / "data"))
    assert notebooks_folder() == repo / "notebooks" and check_run(brand) == list(brand.audiences)
    (tmp_path / "elsewhere" / "notebooks").mkdir(parents=True)
    assert notebooks_folder() == tmp_path / "elsewhere" / "notebooks"


def test_a_folder_without_notebooks_is_one_line(brand, tmp_path, monkeypatch):
    monkeypatch.setenv("CX_NOTEBOOKS", str(tmp_path / "none"))
    with pytest.raises(UsageError, match=r"^no notebooks: .*none is no folder. Set CX_NOTEBOOKS.*$") as caught:
        check_run(brand)
    assert "\n" not in str(caught.value)


def test_another_default_and_an_untagged_cell_are_told(tmp_path):
    notebook = nbformat.read(FIXTURES / "fine.ipynb", as_version=4)
    notebook.cells[1].source = notebook.cells[1].source.replace("= 12", "= 6")
    nbformat.write(notebook, tmp_path / "01_ingest.ipynb")
    assert cell_problems(tmp_path / "01_ingest.ipynb") == [
        "01_ingest.ipynb: parameter window_months is 6 in the cell, 12 in its model."
    ]
    notebook.cells[1].metadata.tags = []
    nbformat.write(notebook, tmp_path / "01_ingest.ipynb")
    assert cell_problems(tmp_path / "01_ingest.ipynb") == [
        "01_ingest.ipynb: 0 cells are tagged parameters; tag exactly the first code cell."
    ]


def test_another_default_of_a_number_is_told(tmp_path):
    notebook = nbformat.read(FIXTURES / "fine.ipynb", as_version=4)
    notebook.cells[1].source = notebook.cells[1].source.replace("seed: int = 0", "seed: int = 1")
    nbformat.write(notebook, tmp_path / "01_ingest.ipynb")
    assert "parameter seed is 1 in the cell, 0 in its model" in cell_problems(tmp_path / "01_ingest.ipynb")[0]


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("latest", ["2018-03"]),
        ("2018-02", ["2018-02"]),
        ("2018-01..2018-03", list(MONTHS)),
        ("2018-02..latest", ["2018-02", "2018-03"]),
    ],
)
def test_months_named_by_the_option(text, months):
    assert months_between(text, known) == months


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2018-13", "write YYYY-MM"),
        ("March", "write YYYY-MM"),
        ("2018-03..2018-01", "Write the earlier month first"),
        ("2018-03..2018-05", "month 2018-05 has no data; there are months 2018-01 to 2018-03"),
        ("2019-01", "month 2019-01 has no data"),
    ],
)
def test_months_that_cannot_be(text, said):
    with pytest.raises(UsageError) as caught:
        months_between(text, known)
    assert said in str(caught.value)


def test_month_before_crosses_the_year():
    assert (month_before("2018-01"), month_before("2018-11")) == ("2017-12", "2018-10")
