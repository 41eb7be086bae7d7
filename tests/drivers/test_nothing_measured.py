"""A brand without a single input: the driver analysis says so instead of stopping."""

import pandas as pd

from cx_helpers.drivers import design, opportunities
from cx_helpers.drivers.importance import importance_findings, relative_importance

FRAME = pd.DataFrame({"points": [100.0, 0.0, -100.0] * 20})
INPUTS = pd.DataFrame({"input": [], "label": [], "better": [], "standard": [], "touchpoint": []})


def test_no_input_gives_one_finding_and_no_opportunity():
    asked = design.screen(FRAME, "points", [])
    assert asked.empty and list(asked.loc[asked["kept"], "driver"]) == []
    shares = relative_importance(FRAME, "points", [])
    told = importance_findings(shares, INPUTS, "NPS")
    assert [finding.message for finding in told] == ["drivers.not_enough"] and told[0].n == 60
    assert opportunities.opportunity_findings(opportunities.opportunities(shares, FRAME, INPUTS), shares, "NPS") == []
    assert opportunities.leading(told, []) is told[0]
    assert opportunities.page_lede(shares, 60, "NPS")[0] == "drivers.lede_none"
