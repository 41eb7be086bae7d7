"""A brand without a single input: the driver analysis says so instead of stopping."""

import pandas as pd
import pytest

from cx_helpers.drivers import design, opportunities, told_opportunities
from cx_helpers.drivers.importance import relative_importance
from cx_helpers.drivers.told_importance import importance_findings
from cx_helpers.errors import DataError, UsageError

FRAME = pd.DataFrame({"points": [100.0, 0.0, -100.0] * 20})
INPUTS = pd.DataFrame({"input": [], "label": [], "better": [], "standard": [], "touchpoint": []})


def test_no_input_gives_one_finding_and_no_opportunity():
    asked = design.screen(FRAME, "points", [])
    assert asked.empty and list(asked.loc[asked["kept"], "driver"]) == []
    shares = relative_importance(FRAME, "points", [])
    told = importance_findings(shares, INPUTS, "NPS")
    assert [finding.message for finding in told] == ["drivers.not_enough"] and told[0].n == 60
    assert told_opportunities.opportunity_findings(opportunities.opportunities(shares, FRAME, INPUTS), shares, "NPS") == []
    assert told_opportunities.leading(told, []) is told[0]
    assert told_opportunities.page_lede(shares, 60, "NPS")[0] == "drivers.lede_none"


def test_a_brand_that_asks_for_no_score_is_told_what_to_add(shop):
    shop.change("journey.yaml", "        metrics:\n          - {id: csat, kind: csat, label: Satisfaction with the counter}\n", "")
    shop.change("journey.yaml", "remembered:\n  - {id: nps, kind: nps, label: Would recommend}\n", "")
    brand = shop.load()
    with pytest.raises(DataError, match=r"^shop/journey\.yaml: no score is declared, and drivers explain one\. Add a metric to a touchpoint"):
        design.explained(brand, brand.journey.primary)


def test_a_score_that_is_not_asked_for_is_refused_with_those_that_are(shop):
    with pytest.raises(UsageError, match=r"^outcome 'overall\.npx': no metric of shop/journey\.yaml\. Known: overall\.nps, counter\.csat\.$"):
        design.explained(shop.load(), "overall.npx")
    assert design.explained(shop.load(), "counter.csat").kind == "csat"
