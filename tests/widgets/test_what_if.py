"""The what-if: what is moved is what is shown, small places cannot be chosen, errors are seen, what is saved is listed."""

import re
import shutil

import pytest

from cx_helpers import Study
from cx_helpers.drivers import told_what_if
from cx_helpers.drivers.what_if import scenario
from cx_helpers.tables.scenarios import save_scenario, saved_scenarios
from cx_helpers.widgets.what_if import what_if

WAIT = "counter.wait_minutes"


@pytest.fixture(scope="module")
def study(tea, tmp_path_factory):
    root = tmp_path_factory.mktemp("what_if")
    shutil.copytree(tea.brand.folder, root / "tea")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CX_DATA", str(root))
        return Study.open("tea", "2026-02", notebook="03_drivers", interactive=True)


@pytest.fixture(scope="module")
def made(study):
    return what_if(study)


@pytest.fixture
def widget(made):
    made.where.value = ""
    made.none.click()
    made.name.value = made.author.value = made.note.value = ""
    return made


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r'href="data:[^"]*"', "", html)).replace("\u00a0", " "))


def test_nothing_is_moved_at_first_and_each_input_stands_at_its_mean(widget):
    assert widget.goals == {} and "Nothing is moved yet" in widget.shown.value and widget.problem.value == ""
    assert widget.sliders[WAIT].value == pytest.approx(widget.lived.data[WAIT].mean(), abs=0.1) and "now" in widget.nows[WAIT].value


def test_moving_a_slider_tells_what_it_would_go_with(widget):
    widget.sliders[WAIT].value = 8.0
    assert widget.goals == {WAIT: 8.0} and widget.problem.value == ""
    told = words(widget.shown.value)
    row = widget.result.table.iloc[0]
    assert "Minutes waited: " in told and "→ 8" in told and row["kind"] == "experience" and row["value"] > 0 and row["low"] < row["value"] < row["high"]
    before = row["value"]
    widget.sliders[WAIT].value = 6.0
    assert widget.result.table.iloc[0]["value"] > before and words(widget.shown.value) != told


def test_to_standard_and_back(widget):
    widget.standards[WAIT].click()
    assert widget.goals == {WAIT: None} and "to standard" in widget.shown.value
    assert widget.sliders[WAIT].value == pytest.approx(widget.lived.data[WAIT].clip(upper=12).mean(), abs=0.1), "the slider stands where it would be"
    widget.resets[WAIT].click()
    assert widget.goals == {} and "Nothing is moved yet" in widget.shown.value
    widget.every.click()
    assert widget.goals == {WAIT: None}


def test_places_that_are_too_small_cannot_be_chosen(study, widget):
    assert "island" not in widget.places["region"] and not [unit for unit in widget.places["unit"] if unit.startswith("island")]
    widget.where.value = "region"
    assert set(widget.levels.value) == set(widget.places["region"])
    widget.levels.value = ("north",)
    widget.standards[WAIT].click()
    assert "Minutes waited in north" in widget.shown.value and widget.moves[0].levels == ("north",) and widget.result.moves["n"].tolist() == [60]
    widget.levels.value = ()
    assert "No place is chosen" in widget.problem.value and widget.shown.value == ""


def test_a_saved_scenario_is_listed_and_one_without_an_author_is_not(study, widget):
    widget.every.click()
    widget.name.value, widget.note.value = "Fast <counter>", "for spring"
    widget.save.click()
    assert "author is missing" in widget.problem.value and "to standard" in widget.shown.value, "what was asked stays"
    widget.author.value = "Ana"
    widget.save.click()
    assert widget.problem.value == "" and "Fast &lt;counter&gt;" in widget.list.value and "scenario by Ana" in words(widget.list.value)
    rows = told_what_if.scenario_rows(study, saved_scenarios(study.brand.folder, study.month, "all"))
    now = scenario(widget.lived, widget.moves).table.iloc[0]
    assert rows["name"].tolist() == ["Fast <counter>"] and rows["experience"][0] == pytest.approx(now["value"]) and rows["experience_high"][0] == pytest.approx(now["high"])


def test_a_scenario_of_places_that_became_too_small_is_no_longer_told(study, widget):
    move = {"input": WAIT, "to": 8.0, "where": "region", "levels": ["island"]}
    save_scenario(study.brand.folder, name="Island", author="Ana", moves=[move], month=study.month, audience="all")
    rows = told_what_if.scenario_rows(study, saved_scenarios(study.brand.folder, study.month, "all"), widget.lived).set_index("name")
    assert rows.loc["Island", "reason"] == ("what_if.no_longer", {}) and rows["experience"].isna()["Island"]


def test_an_error_of_ours_is_not_swallowed(widget, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("one <by> nought")

    monkeypatch.setattr("cx_helpers.widgets.what_if.scenario", broken)
    widget.every.click()
    assert "ZeroDivisionError: one &lt;by&gt; nought" in widget.problem.value and widget.shown.value == ""
