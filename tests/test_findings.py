"""A finding is a message id with its arguments and its number, never a sentence, and survives being stored."""

import datetime as dt
import json

import numpy as np
import pytest

from cx_helpers.errors import DataError
from cx_helpers.estimates import Estimate
from cx_helpers.findings import Finding, findings_frame
from cx_helpers.tables.lake import to_contract
from cx_helpers.tables.result_contracts import RESULTS


def finding(**changes) -> Finding:
    given = {"message": "drivers.first", "args": {}, "value": 1.0, "low": 0.5, "high": 1.5, "n": 40, "method": "mean", "grade": "associated"}
    return Finding(**{**given, **changes})


def test_an_evidence_grade_that_is_none_is_refused():
    with pytest.raises(DataError, match="finding drivers.first: grade 'proven' is not one of described, associated, quasi-experimental, randomised."):
        finding(grade="proven")


def test_findings_keep_their_order_and_their_arguments():
    args = {"day": dt.date(2026, 3, 1), "count": np.int64(3), "score": Estimate(4.0, 3.5, 4.5, 12, "mean"), "label": "Wait – Málaga"}
    frame = findings_frame([finding(message="b", args=args), finding(message="a", value=np.nan, n=np.int64(2))])
    assert frame["position"].tolist() == [1, 2] and frame["message"].tolist() == ["b", "a"]
    stored = json.loads(frame.loc[0, "args"])
    assert stored["day"] == "2026-03-01" and stored["count"] == 3 and stored["label"] == "Wait – Málaga"
    assert stored["score"] == {"value": 4.0, "low": 3.5, "high": 4.5, "n": 12, "method": "mean"}


@pytest.mark.parametrize("findings", [[], [finding()]])
def test_they_fit_the_table_they_are_stored_in(findings):
    run = {"audience": "all", "notebook": "03_drivers", "month": "2026-03"}
    assert to_contract(findings_frame(findings).assign(**run), RESULTS["findings"], "test").num_rows == len(findings)


def test_a_link_is_no_part_of_what_was_found():
    assert finding(link="#a") == finding(link="#b") and finding(value=2.0) != finding()
