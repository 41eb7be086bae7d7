"""Each notebook answers its question by plain papermill, as by hand, and is committed without outputs."""

import json

import nbformat
import papermill
import pytest

NAMES = ["01_ingest", "02_journeys", "03_drivers", "04_follow_up"]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_by_plain_papermill(sample_data, repo, tmp_path, monkeypatch, name):
    monkeypatch.delenv("CX_RESULTS", raising=False)
    monkeypatch.delenv("CX_UPSTREAM", raising=False)
    monkeypatch.chdir(repo / "notebooks")
    before = (sample_data / "sample" / "tables" / "current.json").read_bytes()
    parameters = {"bootstrap": 100} if name == "03_drivers" else {}
    done = papermill.execute_notebook(f"{name}.ipynb", tmp_path / "out.ipynb", parameters, kernel_name="python3", progress_bar=False)
    outputs = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output["text"] for output in outputs if output.get("name") == "stderr" and "Warning" in output["text"]]
    assert sum("text/html" in output.get("data", {}) for output in outputs) >= 3, "figures, tables and findings are shown"
    assert (sample_data / "sample" / "tables" / "current.json").read_bytes() == before, "nothing here writes to the tables"


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_committed_stripped_and_thin(repo, name):
    notebook = nbformat.read(repo / "notebooks" / f"{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert max(len(cell.source.splitlines()) for cell in code) <= 12
    assert code[0].metadata["tags"] == ["parameters"] and code[1].source.startswith("from cx_helpers import Study\n\nstudy = Study.open(")
    titles = [line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines() if line.startswith("# ")]
    assert len(titles) == 1 and titles[0].endswith("?")
    text = "\n".join(cell.source for cell in code)
    assert "def " not in text and "\nfor " not in text and "Path(" not in text
    assert "/home/" not in json.dumps(notebook)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebooks_parameters_are_those_of_its_model_with_type_and_help(repo, name):
    from cx_helpers.config.parameters import PARAMETERS

    found = papermill.inspect_notebook(str(repo / "notebooks" / f"{name}.ipynb"))
    fields = PARAMETERS[name].model_fields
    assert set(found) == set(fields)
    for key, field in fields.items():
        assert found[key]["inferred_type_name"] == field.annotation.__name__ and found[key]["help"], key
        assert found[key]["default"].strip('"') == str(field.default), key
