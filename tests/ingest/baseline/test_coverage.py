"""What the data cover, gap by gap, and what was set aside, most rows first."""

import numpy as np
import pandas as pd

from cx_helpers.config.journey import Journey
from cx_helpers.ingest.baseline.coverage import asking, baseline_how, coverage, foremost, gaps, ingest_findings, page_lede, problems
from cx_helpers.reports.sentences import Sentences

JOURNEY = Journey.model_validate({
    "label": "Shop", "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    "stages": [{"id": "s", "label": "S", "touchpoints": [
        {"id": "both", "label": "Both", "inputs": [{"id": "x", "label": "X", "unit": "u", "better": "lower"}], "metrics": [{"id": "csat", "kind": "csat", "label": "C"}]},
        {"id": "felt", "label": "Felt", "metrics": [{"id": "csat", "kind": "csat", "label": "C"}]},
        {"id": "done", "label": "Done", "inputs": [{"id": "x", "label": "X", "unit": "u", "better": "lower"}]},
        {"id": "asked", "label": "Asked in vain", "metrics": [{"id": "csat", "kind": "csat", "label": "C"}]},
    ]}],
})  # fmt: skip


def test_each_touchpoint_names_its_gap():
    found = coverage(JOURNEY, {"both": 9}, {"both.x": 9, "done.x": 2}, {"both.csat": 4, "felt.csat": 3, "asked.csat": 0, "overall.nps": 7}).set_index("touchpoint")
    assert found["gap"].to_dict() == {"both": "", "felt": "no_input", "done": "no_output", "asked": "blind", "overall": ""}
    assert found.loc["both", ["n", "inputs", "outputs", "measurements", "answers"]].tolist() == [9, ["X"], ["C"], 9, 4]
    assert np.isnan(found.loc["asked", "answers"]) and np.isnan(found.loc["felt", "measurements"])


def test_a_moment_of_truth_that_nobody_looks_at_is_the_foremost_finding():
    stages = JOURNEY.model_dump()["stages"]
    stages[0]["touchpoints"][3]["moment_of_truth"] = True
    journey = Journey.model_validate({**JOURNEY.model_dump(), "stages": stages})
    covered = coverage(journey, {}, {"both.x": 9, "done.x": 2}, {"both.csat": 4, "felt.csat": 3})
    ledger = pd.DataFrame({"rows_in": [10.0], "accepted": [10.0], "in_part": [0.0], "quarantined": [0.0], "superseded": [0.0]})
    told = ingest_findings(ledger, problems(pd.DataFrame()), covered)
    assert foremost(told).message == "ingest.moment_blind" and foremost(told).args["labels"] == ["Asked in vain"]
    assert [f.message for f in told if f.message.startswith("ingest.no_")] == ["ingest.no_output", "ingest.no_input"] and "ingest.blind" not in [f.message for f in told]
    assert gaps(covered) == {"count": 3, "of": 4} and covered.set_index("touchpoint").loc["asked", "moment"] == "map.moment_of_truth"


def test_the_step_of_asking_itself_is_no_gap():
    point = {"id": "poll", "label": "Poll", "asking": True}
    journey = Journey.model_validate({"label": "Shop", "stages": [{"id": "s", "label": "S", "touchpoints": [point]}]})
    covered = coverage(journey, {}, {}, {})
    assert covered["gap"].tolist() == [""] and gaps(covered) == {"count": 0, "of": 0}
    assert asking(covered) == ("ingest.coverage_how", {"labels": ["Poll"], "count": 1}) and asking(covered.assign(asking=False)) is None


def test_a_gap_is_told_once_with_its_moment_of_truth_first_and_counts_no_answers():
    points = [{"id": f"p{i}", "label": f"P{i}", "moment_of_truth": i == 2, "inputs": [{"id": "x", "label": "X", "unit": "u", "better": "lower"}]} for i in range(3)]
    journey = Journey.model_validate({"label": "Shop", "stages": [{"id": "s", "label": "S", "touchpoints": points}]})
    ledger = pd.DataFrame({"rows_in": [10.0], "accepted": [10.0], "in_part": [0.0], "quarantined": [0.0], "superseded": [0.0]})
    told = ingest_findings(ledger, problems(pd.DataFrame()), coverage(journey, {}, {"p0.x": 1, "p1.x": 1, "p2.x": 1}, {}))
    assert [(f.message, f.n) for f in told] == [("ingest.moment_no_output_too", 0)]
    assert told[0].args["labels"] == ["P2"] and told[0].args["others"] == ["P0", "P1"]


def test_that_most_touchpoints_are_not_measured_is_left_to_the_finding_that_says_so():
    points = [{"id": f"p{i}", "label": f"P{i}", "metrics": [{"id": "csat", "kind": "csat", "label": "C"}]} for i in range(3)]
    journey = Journey.model_validate({"label": "Shop", "stages": [{"id": "s", "label": "S", "touchpoints": points}]})
    ledger = pd.DataFrame({"rows_in": [10.0], "accepted": [10.0], "in_part": [0.0], "quarantined": [0.0], "superseded": [0.0]})
    told = ingest_findings(ledger, problems(pd.DataFrame()), coverage(journey, {}, {}, {f"p{i}.csat": 5 for i in range(3)}))
    assert told == [] and foremost(told) is None, "that all is well is no finding"


def test_the_lede_tells_rows_held_out_for_want_of_permission_from_faults():
    sums = {"tables": 3, "accepted": 90, "in_part": 1, "quarantined": 10, "not_permitted": 8}
    say = lambda said: Sentences("en").say(said[0], **said[1])  # noqa: E731
    assert "8 rows whose customers do not permit it, 2 rows that are faulty" in say(page_lede(sums)) and "impossible value in one row" in say(page_lede(sums))
    held = say(page_lede({**sums, "not_permitted": 0, "quarantined": 0}))
    assert "permit" not in held and "faulty" not in held and " 0 " not in held, "what befell none is not said"
    assert page_lede({**sums, "in_part": 0, "quarantined": 0, "not_permitted": 0})[0] == "ingest.lede_clean"


def test_reasons_speak_in_the_brands_labels_and_a_few_faults_are_no_finding():
    told = pd.DataFrame({"file": ["a.csv"] * 2, "row": [1.0, 2], "raw_source": "a", "table": "inputs", "reason": "both.x is below 0", "suggestion": "Mend."})
    label = JOURNEY.inputs["both.x"].label
    found = problems(told, JOURNEY)
    assert found["reason"].tolist() == [f"{label} is below 0"] and problems(told)["reason"].tolist() == ["both.x is below 0"]
    assert Sentences("en").say(found.loc[0, "table_of"]) == "what was delivered"
    covered = coverage(JOURNEY, {"both": 9}, {"both.x": 9, "done.x": 2}, {"both.csat": 4, "felt.csat": 3})
    ledger = lambda rows: pd.DataFrame({"rows_in": [rows], "accepted": [rows], "in_part": [0], "quarantined": [0], "superseded": [0]})  # noqa: E731
    messages = lambda rows: {f.message for f in ingest_findings(ledger(rows), found, covered)}  # noqa: E731
    assert "ingest.largest_problem" in messages(1_000) and "ingest.largest_problem" not in messages(10_000)


def test_hollow_marks_are_explained_only_where_they_are_drawn():
    assert [baseline_how(pd.DataFrame({"naive": [False, naive]}), 9)[0] for naive in (True, False)] == ["ingest.baseline_how_naive", "ingest.baseline_how"]


def test_problems_are_counted_by_table_and_reason_with_their_first_row():
    told = pd.DataFrame({
        "file": ["a.csv", "a.csv", "a.csv", "b.csv"], "row": [3.0, 2, 9, 1], "raw_source": ["a", "a", "a", "b"], "table": ["inputs", "inputs", None, "inputs"],
        "reason": ["bad", "worse", "ragged", "worse"], "suggestion": ["mend"] * 4,
    })  # fmt: skip
    found = problems(told)
    assert found[["table", "reason", "rows"]].to_numpy().tolist() == [["inputs", "worse", 2], ["a", "ragged", 1], ["inputs", "bad", 1]]
    assert found.loc[0, "first"] == "a.csv:2" and problems(told.iloc[:0]).empty


def test_what_is_not_permitted_is_no_fault_and_many_faults_lead_the_page():
    ledger = pd.DataFrame({"rows_in": [100], "accepted": [40], "in_part": [0], "quarantined": [60], "superseded": [0], "not_permitted": [50]})
    rows = [("no permission for service", n) for n in range(50)] + [("score is outside its scale", n) for n in range(50, 60)]
    quarantine = pd.DataFrame({"file": "a.csv", "row": [float(n) for _, n in rows], "raw_source": "a", "table": "responses",
                               "reason": [reason for reason, _ in rows], "column": None, "found": None, "suggestion": "Mend."})  # fmt: skip
    found = problems(quarantine)
    assert found["reason"].tolist() == ["score is outside its scale", "no permission for service"] and found.attrs["raw_rows"] == 10
    covered = coverage(JOURNEY, {"both": 9}, {"both.x": 9, "done.x": 2}, {"both.csat": 4, "felt.csat": 3})
    lead = foremost(ingest_findings(ledger, found, covered))
    assert lead.message == "ingest.largest_problem" and lead.args["rows"] == 10 and lead.args["all_rows"] == 10
    held = problems(quarantine[:50])
    assert "ingest.largest_problem" not in {finding.message for finding in ingest_findings(ledger, held, covered)}, "the twin"
