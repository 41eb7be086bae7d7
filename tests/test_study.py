"""A study sees one brand, month and audience, as known at the time; what it cannot open it says in one line."""

import pandas as pd
import pytest

from cx_helpers import Study
from cx_helpers.errors import DataError, UsageError
from cx_helpers.tables.result_contracts import LEDGERS


@pytest.fixture
def ready(shop):
    rows = (shop.raw / "answers.csv").read_text()
    shop.write("raw/answers.csv", rows + "".join(f"b{n},o1,{n % 11},2026-03-10 12:00,2026-03-10 13:{n:02}\n" for n in range(12)))
    shop.write("audiences.yaml", "audiences:\n  all: {label: All}\n  south: {label: South, scope: {region: [south]}, language: es}\n  bank: {label: Bank, scope: {unit: [Bank]}}\n")
    shop.ingest()
    return shop


def test_a_study_opens_on_the_newest_month_with_enough_answers(ready):
    study = Study.open("shop")
    assert (study.month, study.window, study.primary) == ("2026-03", ["2026-03"], "overall.nps")
    assert str(study.until) == "2026-03-31 22:00:00+00:00", "midnight in Madrid, in summer time"


WRONG = {
    "month": ({"month": "2026-09"}, "shop: month 2026-09 has no data; there are months 2026-03 to 2026-03."),
    "audience": ({"audience": "north"}, "audience 'north': not in shop/audiences.yaml. Known: all, south, bank."),
    "parameter": ({"window_month": 3}, r"01_ingest: parameter window_month is not known \(did you mean window_months\?\)."),
    "brand": ({"brand": "shopp"}, r"brand 'shopp': no journey.yaml in .*Did you mean shop\?"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_cannot_be_opened_is_one_line(ready, name):
    given, said = WRONG[name]
    with pytest.raises(UsageError, match=said) as caught:
        Study.open(**{"brand": "shop", **given})
    assert "\n" not in str(caught.value)


def test_before_the_first_ingest_it_says_what_to_run(shop):
    with pytest.raises(DataError, match="shop: no tables yet. Run `cx ingest shop` first."):
        Study.open("shop")


def test_too_few_answers_in_every_month_are_told(shop):
    shop.ingest()
    with pytest.raises(UsageError, match="shop: no month has 10 rows of responses yet; name one of 2026-03."):
        Study.open("shop")
    assert Study.open("shop", "2026-03").month == "2026-03"


def test_nothing_later_than_the_month_is_seen(ready):
    header = (ready.raw / "orders.csv").read_text().splitlines()[0]
    ready.write("raw/orders_2.csv", f"{header}\no4,c4,2026-04-05 10:00,,open,Soho,1,north\n")
    ready.write("raw/answers_2.csv", "id,order_id,score,asked_at,answered_at\nz1,o4,9,2026-04-06 10:00,2026-04-06 11:00\n")
    ready.ingest()
    march = Study.open("shop", "2026-03")
    assert set(march.journeys(["unit"])["journey_id"]) == {"o1", "o2", "o3"}
    assert "z1" not in set(march.answers("overall.nps")["response_id"]) and "z1" in set(march.answers(span="everything")["response_id"])
    assert "z1" in set(Study.open("shop", "2026-04").answers()["response_id"])


def test_an_audience_sees_its_scope_alone(ready):
    south = Study.open("shop", audience="south")
    assert set(south.journeys(["unit"])["journey_id"]) == {"o3"} and south.language == "es"
    assert south.answers().empty and south.table("inputs").count().execute() == 0
    assert set(Study.open("shop", audience="bank").journeys(["region"])["region"]) == {"south"}
    assert len(Study.open("shop").answers()) == 14


def test_the_decision_what_to_hide_is_the_same_for_every_audience(ready):
    whole, south = Study.open("shop").disclosure, Study.open("shop", audience="south").disclosure
    pd.testing.assert_frame_equal(whole.cells, south.cells)


def test_answers_come_with_what_was_lived_and_their_state(ready):
    study = Study.open("shop")
    found = study.states().set_index("response_id")
    assert found.loc["a1", "state"] == "smooth" and found.loc["a2", "state"] == "waited"
    assert found.loc["a1", ["score", "points"]].tolist() == [9, 100] and found.loc["a2", "points"] == -100
    with_input = study.answers("overall.nps", inputs=["counter.wait_minutes"]).set_index("response_id")
    assert with_input.loc["a2", "counter.wait_minutes"] == 40 and with_input["name"].eq("overall.nps").all()


def test_a_reader_keeps_its_publication_while_the_next_is_made(ready):
    study = Study.open("shop")
    ready.change("raw/orders.csv", "Soho,10,north", "Soho,999,north")
    ready.ingest()
    assert study.journeys(["value"]).set_index("journey_id").loc["o1", "value"] == 10
    assert Study.open("shop").journeys(["value"]).set_index("journey_id").loc["o1", "value"] == 999


def test_what_a_page_keeps_is_in_its_contract_and_reaches_the_next(ready, tmp_path, monkeypatch):
    study = Study.open("shop", notebook="03_drivers")
    row = {"input": ["counter.wait_minutes"], "outcome": ["overall.nps"], "grade": ["associated"], "value": [0.4]}
    upstream = tmp_path / "staged" / "03_drivers"
    upstream.mkdir(parents=True)
    monkeypatch.setenv("CX_RESULTS", str(upstream))
    study.keep(opportunities=pd.DataFrame(row))
    follow = Study.open("shop", notebook="04_follow_up")
    assert follow.learnt("opportunities", "03_drivers").empty, "not committed yet"
    monkeypatch.setenv("CX_UPSTREAM", str(tmp_path / "staged"))
    assert follow.learnt("opportunities", "03_drivers")["value"].tolist() == [0.4]
    monkeypatch.delenv("CX_UPSTREAM")
    follow.lake.commit_results({"opportunities": pd.DataFrame(row)}, month="2026-03", audience="all", notebook="03_drivers")
    assert Study.open("shop").learnt("opportunities", "03_drivers")["value"].tolist() == [0.4]
    with pytest.raises(UsageError, match="result table 'oportunities' is not one of findings, opportunities, effects, signals."):
        study.keep(oportunities=pd.DataFrame(row))


def test_the_page_can_be_reproduced_from_what_it_states(ready):
    study = Study.open("shop", seed=3)
    stated = study.provenance()
    assert stated["tables"] == {name: 0 for name in ("inputs", "journeys", "responses", *LEDGERS)}
    assert stated["parameters"]["month"] == "2026-03" and stated["parameters"]["seed"] == 3 and "duckdb" in stated["versions"]


def test_the_masthead_states_rows_and_tables(ready):
    line = Study.open("shop").data_line
    assert (line["tables"], line["of"], line["rows_in"], line["accepted"], line["quarantined"]) == (3, 3, 20, 20, 0)
