"""A notebook's parameters are checked by name, type and range; all that is wrong stands in one line."""

import pytest

from cx_helpers.config.parameters import check_parameters
from cx_helpers.errors import UsageError


def test_good_parameters_come_back_with_their_defaults():
    found = check_parameters("03_drivers", {"brand": "olist", "month": "2018-03"})
    assert (found.month, found.window_months, found.bootstrap, found.outcome) == ("2018-03", 12, 500, "")


def test_every_wrong_parameter_is_told_in_one_line():
    with pytest.raises(UsageError) as caught:
        check_parameters("02_journeys", {"windw_months": 6, "month": "March", "confidence": 95, "seed": "1"})
    said = str(caught.value)
    assert "\n" not in said and said.startswith("02_journeys: ")
    assert "parameter windw_months is not known (did you mean window_months?)" in said
    assert "parameter month: a month is written YYYY-MM, or latest (found 'March')" in said
    assert "parameter confidence: Input should be less than 1 (found 95)" in said
    assert "parameter seed: Input should be a valid integer (found '1')" in said


@pytest.mark.parametrize("month", ["2018-13", "2018-3", "18-03", "2018-03-01", "LATEST"])
def test_a_month_that_is_none_is_refused(month):
    with pytest.raises(UsageError, match="YYYY-MM, or latest"):
        check_parameters("01_ingest", {"month": month})


def test_an_unknown_notebook_names_those_there_are():
    with pytest.raises(UsageError, match="notebook '05_more' is not known; there are 01_ingest, 02_journeys, 03_drivers, 04_follow_up"):
        check_parameters("05_more", {})
