"""What page 02 tells of how journeys run: ways by what sets them apart, waits against usual, and no order made up."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers.config.journey import Journey
from cx_helpers.journeys import maps, micro, running, told_discovery
from cx_helpers.reports.sentences import Sentences
from cx_helpers.reports.ways_chart import ways as ways_chart
from cx_helpers.reports.ways_chart import worded

NAMES = {"book": "Booking", "desk": "Desk", "drive": "Drive", "help": "Help"}
JOURNEY = Journey.model_validate({
    "label": "Cars", "remembered": [{"id": "csat", "kind": "csat", "label": "Satisfaction", "scale": [1, 7]}],
    "stages": [{"id": "s", "label": "S", "touchpoints": [{"id": i, "label": name} for i, name in NAMES.items()] + [{"id": "ask", "label": "Asked", "asking": True}]}],
})  # fmt: skip
UNTIL = pd.Timestamp("2026-05-01", tz="UTC")
SAY = Sentences("en")


def tables(slow: float = 1.0, tied: bool = False) -> tuple[ibis.Table, ibis.Table]:
    """240 journeys of March and April; after the desk two hours to the drive, times `slow` in April."""
    rows, journeys = [], []
    for i in range(240):
        start = pd.Timestamp("2026-03-01", tz="UTC") + pd.Timedelta(hours=6 * i)
        wait = 2.0 * (slow if start >= pd.Timestamp("2026-04-01", tz="UTC") else 1) * (0.8 + 0.4 * (i % 7) / 6)
        way = ["book", "help", "desk", "drive"] if i % 8 == 0 else ["book", "desk", "drive", "drive"] if i % 8 == 1 else ["book"] if i % 8 == 2 else ["book", "desk", "drive"]
        at = 0.0
        for k, step in enumerate(way):
            rows.append((f"e{i}-{k}", f"j{i}", f"c{i // 2}", step, start + pd.Timedelta(hours=0 if tied else at)))
            at += wait if step == "desk" else 1.0
        rows.append((f"e{i}-ask", f"j{i}", f"c{i // 2}", "ask", start + pd.Timedelta(hours=at)))
        journeys.append((f"j{i}", f"c{i // 2}", "cancelled" if i % 8 == 2 else "completed", "trip"))
    events = pd.DataFrame(rows, columns=["event_id", "journey_id", "customer_id", "touchpoint", "started_at"])
    events["started_at"] = events["started_at"].dt.round("s").astype("datetime64[us, UTC]")
    return ibis.memtable(events), ibis.memtable(pd.DataFrame(journeys, columns=["journey_id", "customer_id", "status", "intent"]))


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(shown=True)


@pytest.fixture(scope="module")
def main():
    events, journeys = tables()
    walked, lacks = running.lived_steps(events, journeys, JOURNEY)
    assert lacks == "" and "ask" not in set(walked.execute()["touchpoint"]), "the asking is no step"
    ways = shown(maps.variants(walked, journeys=journeys, order=list(NAMES)))
    scores = pd.DataFrame({"variant": ["book > desk > drive"], "score": [5.5], "score_low": [5.2], "score_high": [5.8], "score_n": [90]})
    return running.main_ways(ways, scores, JOURNEY)


def test_a_way_is_told_by_what_sets_it_apart_from_the_commonest(main):
    assert [worded(label, SAY) for label in main["label"]] == ["the commonest way", "only as far as Booking", "with Drive again", "with Help before Desk"]
    assert main["share"].tolist() == pytest.approx([5 / 8, 1 / 8, 1 / 8, 1 / 8]) and main.loc[0, "score"] == 5.5 and main.loc[1:, "score"].isna().all()
    assert SAY.say(*[told_discovery.ways_headline(main, "rides")[0]], **told_discovery.ways_headline(main, "rides")[1]) == "62% of rides run one way; the 4 commonest together cover 100%."


def test_the_figure_draws_every_way_wide_and_as_a_list_on_a_phone(main):
    html = ways_chart(main, NAMES, "Satisfaction").html(SAY, "ways")
    wide, narrow = html.replace("\N{NO-BREAK SPACE}", " ").split('class="narrow')
    assert all(name in wide for name in NAMES.values()) and "×2" in wide and "5.5 (5.2 to 5.8)" in wide
    assert "Only as far as Booking" in narrow and "With Help before Desk" in narrow


def steps(slow: float) -> pd.DataFrame:
    events, journeys = tables(slow)
    walked, _ = running.lived_steps(events, journeys, JOURNEY)
    return running.steps_run(walked, journeys, JOURNEY, "2026-04", UNTIL).set_index("touchpoint")


def test_a_step_that_keeps_customers_waiting_longer_than_usual_is_told_and_no_other():
    found = steps(2.0)
    assert found.loc["desk", "verdict"] == "slower" and found.loc["desk", "now"] == pytest.approx(2 * found.loc["desk", "usual"], rel=0.05)
    assert found["verdict"].drop("desk").isin(["no clear change", None, np.nan]).all() and steps(1.0).loc["desk", "verdict"] == "no clear change"
    said = told_discovery.steps_headline(found.reset_index())
    assert SAY.say(said[0], **said[1]) == "After Desk the next step takes longer than usual."
    findings = told_discovery.flow_findings(shown(found.reset_index()), pd.DataFrame(), JOURNEY, "overall.csat", "2026-04")
    assert [f.message for f in findings] == ["flow.slower", "flow.again"] and all(f.grade == "described" and f.n for f in findings)
    assert "longer than usual" in SAY.word(findings[0])


def test_volumes_and_order_have_all_entrants_below_the_line():
    found = steps(1.0)
    assert found["n"].to_dict() == {"book": 240, "desk": 210, "drive": 210, "help": 30}
    assert found.loc["desk", ["share", "in_order_share"]].tolist() == [0.875, 0.875] and np.isnan(found.loc["help", "in_order_share"])
    assert found.loc["drive", "again_share"] == pytest.approx(1 / 7) and np.isnan(found.loc["book", "again_share"])


def test_where_steps_share_their_moment_no_way_is_told():
    events, journeys = tables(tied=True)
    walked, lacks = running.lived_steps(events, journeys, JOURNEY)
    assert lacks == "flow.no_order" and walked.count().execute() == 0
    assert running.lived_steps(events.limit(0), journeys, JOURNEY)[1] == "flow.no_events"
    walked, lacks = running.lived_steps(events.filter(events.touchpoint == "book"), journeys, JOURNEY)
    assert lacks == "flow.one_step" and walked.count().execute() == 0, "of one step there is no way"
    assert len(running.steps_run(walked, journeys, JOURNEY, "2026-04", UNTIL)) == 0 and len(maps.variants(walked)) == 0
    none = running.stretches(micro.micro_journeys(pd.DataFrame({"journey_id": [], "variant": [], "points": []})), JOURNEY)
    assert told_discovery.flow_findings(shown(running.steps_run(walked, journeys, JOURNEY, "2026-04", UNTIL)), shown(none), JOURNEY, "overall.csat", "2026-04") == []
