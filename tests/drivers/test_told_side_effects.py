"""What the page says of side effects: the sentences, the table, the drawing, and what a brand without scores or operations reads."""

import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey
from cx_helpers.drivers import told_side_effects as told
from cx_helpers.reports import side_effect_chart
from cx_helpers.reports.cells import cell
from cx_helpers.reports.sentences import Sentences
from cx_helpers.tables.disclosure import Disclosure

SAY = Sentences("en")
JOURNEY = Journey.model_validate({
    "label": "Shop", "journey": {"one": "order", "many": "orders"}, "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    "stages": [
        {"id": "get", "label": "Get", "touchpoints": [{"id": "keys", "label": "Keys", "inputs": [
            {"id": "checked", "label": "Car checked", "unit": "share", "statistic": "share", "better": "higher"},
            {"id": "minutes", "label": "Minutes at the keys", "unit": "minutes", "better": "lower"}],
            "metrics": [{"id": "csat", "kind": "csat", "label": "Satisfaction with the keys"}]}]},
        {"id": "give", "label": "Give back", "touchpoints": [{"id": "back", "label": "Return", "inputs": [
            {"id": "dispute", "label": "Damage disputed", "unit": "share", "statistic": "share", "better": "lower"},
            {"id": "waiting", "label": "Still waiting", "ever": "Ever waited", "unit": "share", "statistic": "share", "better": "lower", "counts": "ever"}],
            "metrics": [{"id": "csat", "kind": "csat", "label": "Satisfaction with the return"}]}]},
    ],
})  # fmt: skip
FACTS = pd.DataFrame(
    [
        ("keys.checked", "keys.checked", "input", "Car checked", "keys", "Keys", "share", "higher", "share"), ("keys.minutes", "keys.minutes", "input", "Minutes at the keys", "keys", "Keys", "minutes", "lower", "median"),
        ("keys.csat", None, "output", "Satisfaction with the keys", "keys", "Keys", "points", "higher", ""), ("back.dispute", "back.dispute", "input", "Damage disputed", "back", "Return", "share", "lower", "share"),
        ("back.waiting", "back.waiting", "input", "Still waiting", "back", "Return", "share", "lower", "share"), ("back.csat", None, "output", "Satisfaction with the return", "back", "Return", "points", "higher", ""),
        ("overall.nps", None, "output", "NPS", "overall", "", "points", "higher", ""),
    ],
    columns=["measure", "input", "role", "label", "touchpoint", "touchpoint_label", "unit_of_measure", "better", "statistic"],
)  # fmt: skip
DRIVERS = ["keys.checked", "keys.minutes", "back.dispute"]


def lived(n=4000, harm=0.5, seed=0):
    rng = np.random.default_rng(seed)
    checked = (rng.random(n) < 0.7).astype(float)
    dispute = (rng.random(n) < 0.1 + harm * (1 - checked)).astype(float)
    return pd.DataFrame({
        "keys.checked": checked, "keys.minutes": 14 - 6 * (1 - checked) + rng.normal(size=n), "back.dispute": dispute, "back.waiting": 0.0,
        "back.csat": 4 - dispute + rng.normal(size=n), "overall.nps": 40 - 60 * dispute + 20 * rng.normal(size=n),
    })  # fmt: skip


def found(data=None, drivers=DRIVERS):
    return told.of_journeys(lived() if data is None else data, FACTS, JOURNEY, drivers, "overall.nps")


def test_what_backfires_is_one_finding_in_words():
    (finding,) = told.side_effect_findings(found(), FACTS, "NPS")
    assert finding.message == "side_effects.backfires_yes_no_less" and finding.grade == "associated" and finding.n == 4000
    assert SAY.sentence(finding).startswith("Where “Car checked” is left out: Minutes at the keys −6.0")
    assert SAY.sentence(finding).endswith("A gain at once, a loss in the end.") and "NPS −" in SAY.sentence(finding)
    assert finding.weight == pytest.approx(abs(finding.value) * (1 - finding.args["share"])), "what the others would lose"
    assert SAY.say(f"{finding.message}.headline", **finding.args) == "“Car checked” left out: a gain at once, a loss in the end."


def test_the_other_way_round_and_a_measured_input_are_worded_too():
    data = lived().assign(**{"keys.checked": lambda d: 1 - d["keys.checked"]})
    (finding,) = told.side_effect_findings(found(data), FACTS, "NPS")
    assert SAY.sentence(finding).startswith("Where “Car checked” holds: ")
    rng = np.random.default_rng(1)
    data["keys.minutes"] = rng.normal(10, 3, len(data))
    data["keys.csat"] = 4 - 0.2 * data["keys.minutes"] + rng.normal(size=len(data))
    data["overall.nps"] = 3 * data["keys.minutes"] + 10 * rng.normal(size=len(data))
    finding = told.side_effect_findings(found(data, ["keys.minutes"]), FACTS, "NPS")[0]
    assert SAY.sentence(finding).startswith("“Minutes at the keys”, 1 min less: Satisfaction with the keys +0.2")


def test_noise_is_no_finding():
    calm = found(lived(harm=0.0))
    assert told.side_effect_findings(calm, FACTS, "NPS") == []
    message, args = told.side_effect_headline(calm, "NPS")
    assert SAY.say(message, **args).startswith("None of the 2 inputs that can be judged")


def test_few_journeys_are_no_finding_and_are_not_drawn():
    assert told.side_effect_findings(found(), FACTS, "NPS", minimum=4001) == []
    assert told.told_paths(found(), FACTS, JOURNEY, minimum=4001).empty
    hidden = Disclosure(pd.DataFrame(columns=["shown"]), 4001, 30).small(told.told_table(found(), FACTS), within=["input"], numbers=told.NUMBERS)
    assert hidden[["local", "total", "n"]].isna().all(axis=None) and not hidden["shown"].any()


def test_the_table_puts_harm_first_with_its_unit_and_what_gets_worse():
    table = told.told_table(found(), FACTS)
    first = table.iloc[0]
    assert (first["label"], first["verdict"], first["local_label"], first["unit_of_measure"]) == ("Car checked", "backfires", "Minutes at the keys", "minutes")
    assert first["harmed_labels"] == ["Damage disputed", "Satisfaction with the return"]
    assert SAY.say(first["step"][0], **first["step"][1]) == "from yes to no"
    verdict = next(column for column in side_effect_chart.TABLE if column.id == "verdict")
    assert 'class="harm"' in cell(verdict, first.to_dict(), SAY)


def test_without_a_score_at_any_step_the_page_says_so_and_leaves_the_column_out():
    data = lived().drop(columns=["back.csat"])
    spread = found(data, ["keys.checked", "back.dispute"])
    assert set(spread.summary["verdict"]) == {"not told"}
    message, args = told.side_effect_headline(spread, "NPS")
    assert SAY.say(message, **args) == "No gain can be seen where these 2 inputs happen: their steps have no score of their own. Only what goes with them further on is told."
    assert "local" not in told.told_table(spread, FACTS)


def test_without_operations_or_without_answers_nothing_fails():
    none = found(drivers=[])
    assert told.told_table(none, FACTS).empty and told.told_paths(none, FACTS, JOURNEY).empty and told.side_effect_findings(none, FACTS, "NPS") == []
    assert SAY.say(told.side_effect_headline(none, "NPS")[0]).startswith("No operational measure is in these data")
    silent = found(lived().drop(columns=["overall.nps", "back.csat"]))
    assert SAY.say(*told.side_effect_headline(silent, "NPS")[:1], **told.side_effect_headline(silent, "NPS")[1]).startswith("Too few answers to NPS stand behind")
    assert silent.summary["total"].isna().all() and told.side_effect_findings(silent, FACTS, "NPS") == []


def test_the_drawing_shows_what_is_beyond_noise_and_lists_all():
    ways = told.told_paths(found(), FACTS, JOURNEY)
    assert set(ways["affected"]) == {"keys.minutes", "back.dispute", "back.csat", "overall.nps"} and set(ways["input"]) == {"keys.checked"}
    assert ways.set_index("affected")["says"].to_dict() == {"keys.minutes": "better", "back.dispute": "worse", "back.csat": "worse", "overall.nps": "worse"}
    drawing = side_effect_chart.side_effects(ways)
    page = drawing.html(SAY, "paths")
    assert page.count("<svg") == 2 and "Damage disputed" in page and "Give back" in page and "worse" in page
    assert "Minutes at the keys −6.0" in drawing.desc(SAY) and drawing.title(SAY) == "What Car checked moves along the journey"
    message, args = told.paths_headline(ways, [])
    assert SAY.say(message, **args) == "“Car checked” goes with 3 measures further on in the journey."
    assert told.paths_others(ways) is None


def test_what_is_noise_is_counted_and_not_drawn():
    rng = np.random.default_rng(3)
    data = lived().assign(**{"back.waiting": lambda d: (rng.random(len(d)) < 0.3).astype(float)})
    ways = told.told_paths(found(data), FACTS, JOURNEY)
    assert told.paths_others(ways) == ("side_effects.others", {"count": 1})
    drawn = side_effect_chart.side_effects(ways)
    assert "Still waiting" not in drawn.html(SAY, "paths") and "Still waiting" in set(drawn.tables[0][1]["label"])


def test_an_input_that_counts_whether_it_ever_was_is_called_so():
    assert told.counted_ever(JOURNEY) == ["back.waiting"]
    assert told.as_ended(FACTS, JOURNEY).set_index("measure")["label"]["back.waiting"] == "Ever waited"


def test_two_that_backfire_are_two_drawings_in_one():
    ways = told.told_paths(found(), FACTS, JOURNEY)
    two = pd.concat([ways, ways.assign(input="other", input_label="Another thing")], ignore_index=True)
    assert side_effect_chart.side_effects(two).html(SAY, "paths").count("Another thing") >= 2
