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


SURVEYS_ONLY = """
label: Voices
stages:
  - id: visit
    label: Visit
    touchpoints:
      - {id: visit, label: Visit, metrics: [{id: csat, kind: csat, label: Satisfaction with the visit}]}
remembered:
  - {id: nps, kind: nps, label: Would recommend}
"""
WORK_ONLY = """
label: Works
stages:
  - id: visit
    label: Visit
    touchpoints:
      - {id: visit, label: Visit, inputs: [{id: wait, label: Minutes waited, unit: minutes, better: lower, minimum: 0}]}
"""
SOURCES = "sources:\n  records: {file: records.csv}\n"
DAY = "TRY_CAST(day AS TIMESTAMP)"
ANSWERS_SQL = f"""SELECT id || '-' || metric AS response_id, touchpoint, metric, value AS score, {DAY} AS answered_at, _source AS source
FROM records UNPIVOT (value FOR metric IN (nps, csat)), (VALUES ('nps', 'overall'), ('csat', 'visit')) AS placed(name, touchpoint) WHERE metric = name"""
VISITS_SQL = f"SELECT id AS journey_id, {DAY} AS started_at, {DAY} AS ended_at, 'completed' AS status, unit, _source AS source FROM records"
WAITS_SQL = f"SELECT id AS journey_id, 'visit' AS touchpoint, 'wait' AS input, wait AS value, {DAY} AS measured_at, unit, _source AS source FROM records"
ROWS = [f"v{n},2026-0{1 + n % 3}-{1 + n % 28:02} 10:00,{n % 11},{1 + n % 5},{n % 30},{'Soho' if n % 2 else 'Bank'}" for n in range(90)]
BRANDS = {
    "surveys": (SURVEYS_ONLY, {"responses": ANSWERS_SQL}),
    "work": (WORK_ONLY, {"journeys": VISITS_SQL, "inputs": WAITS_SQL}),
}


@pytest.fixture
def bare(request, tmp_path, monkeypatch):
    """A brand that has answers alone, or work alone: its name."""
    journey, selects = BRANDS[request.param]
    folder = tmp_path / "data" / request.param
    for part in ("sql", "raw"):
        (folder / part).mkdir(parents=True)
    (folder / "journey.yaml").write_text(journey)
    (folder / "sources.yaml").write_text(SOURCES)
    for table, select in selects.items():
        (folder / "sql" / f"{table}.sql").write_text(select)
    (folder / "raw" / "records.csv").write_text("\n".join(["id,day,nps,csat,wait,unit", *ROWS]) + "\n")
    monkeypatch.setenv("CX_DATA", str(tmp_path / "data"))
    from cx_helpers.config import load_brand
    from cx_helpers.ingest import ingest

    ingest(load_brand(request.param))
    return request.param


PAGES = [(bare, name) for bare in BRANDS for name in NAMES if (bare, name) != ("work", "03_drivers")]


@pytest.mark.parametrize(("bare", "name"), PAGES, indirect=["bare"])
def test_a_brand_with_answers_alone_or_work_alone_gets_its_page(bare, repo, tmp_path, monkeypatch, name):
    monkeypatch.delenv("CX_RESULTS", raising=False)
    monkeypatch.chdir(repo / "notebooks")
    done = papermill.execute_notebook(f"{name}.ipynb", tmp_path / "out.ipynb", {"brand": bare} | ({"bootstrap": 100} if name == "03_drivers" else {}), kernel_name="python3", progress_bar=False)
    shown = [output["data"]["text/html"] for cell in done.cells if cell.cell_type == "code" for output in cell.outputs if "text/html" in output.get("data", {})]
    assert len(shown) >= 3 and not [text for text in shown if ">nan<" in text or ">None<" in text]
