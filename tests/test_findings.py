"""A finding is a message id with its arguments and its number, never a sentence, and survives being stored."""

import datetime as dt
import json

import numpy as np
import pytest

from cx_helpers.errors import DataError
from cx_helpers.estimates import Estimate
from cx_helpers.findings import Finding, beyond_chance, findings_frame
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


def looked_at(**p):
    """Findings of families a, b, c ... with these p-values."""
    return [finding(message=f"{name}.told", p=value) for name, values in p.items() for value in np.atleast_1d(values)]


def told(found, families="abcd"):
    return [(one.family, one.p) for one in beyond_chance(found, list(families))]


def test_a_page_tells_what_passes_holms_test_over_all_that_it_looked_at():
    assert told(looked_at(a=0.012, b=0.0166, c=0.026)) == [("a", 0.012), ("b", 0.0166)], "0.05 / 4, then 0.05 / 3; a third would need 0.05 / 2"
    assert told(looked_at(a=0.02, b=0.03)) == [], "each below 5 % by itself, none below 0.05 / 4"
    assert told(looked_at(a=0.02, b=0.03), "ab") == [("a", 0.02), ("b", 0.03)]


def test_a_family_that_passed_tells_only_what_is_as_clear_as_the_share_at_which_the_last_one_passed():
    assert told(looked_at(a=[0.04, 0.001, 0.0125])) == [("a", 0.001), ("a", 0.0125)]
    assert told(looked_at(a=[0.016, 0.001], b=0.01)) == [("a", 0.016), ("a", 0.001), ("b", 0.01)]


def test_what_was_counted_passes_and_a_family_nobody_declared_is_refused():
    assert [one.message for one in beyond_chance([finding(message="z.count"), finding(message="a.told", p=0.2)], ["a"])] == ["z.count"]
    with pytest.raises(DataError, match="findings of z: the page looks at a. Name every family that tests something."):
        beyond_chance(looked_at(z=0.5), ["a"])


def test_at_a_lower_confidence_more_is_told():
    assert beyond_chance(looked_at(a=0.04), list("ab"), 0.95) == [] and len(beyond_chance(looked_at(a=0.04), list("ab"), 0.9)) == 1


def noise_told(seed, gate):
    """Whether a page of ten families of five comparisons each says something where nothing is."""
    p = np.random.default_rng(seed).random((10, 5))
    found = [finding(message=f"f{place}.told", p=min(5 * value, 1.0)) for place, row in enumerate(p) for value in row if 5 * value <= 0.05]
    return bool(beyond_chance(found, [f"f{place}" for place in range(10)]) if gate else found)


def test_a_page_of_noise_says_something_in_one_of_twenty_and_without_the_gate_in_two_of_five():
    assert np.mean([noise_told(seed, True) for seed in range(1000)]) <= 0.073
    assert np.mean([noise_told(seed, False) for seed in range(1000)]) >= 0.3
