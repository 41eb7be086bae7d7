"""Back on track: signals, what was done about them, how soon, and what followed."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from cx_helpers.config.journey import Journey
from cx_helpers.journeys import recovery, told_recovery
from cx_helpers.reports.sentences import Sentences
from cx_helpers.tables.results import keep_results

JOURNEY = Journey.model_validate({
    "label": "Shop",
    "stages": [{"id": "buy", "label": "Buy", "touchpoints": [{"id": "counter", "label": "Counter", "owner": "Operations", "metrics": [{"id": "csat", "kind": "csat", "label": "Satisfaction"}]}]}],
    "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
})  # fmt: skip
UNTIL = pd.Timestamp("2026-04-01", tz="UTC")


def at(*words: str) -> list:
    return [pd.Timestamp(word, tz="UTC") if word else pd.NaT for word in words]


ANSWERS = pd.DataFrame({"name": ["overall.nps", "overall.nps", "counter.csat", "counter.csat"], "journey_id": ["j1", "j2", "j3", "j4"], "customer_id": ["a", "b", "c", "d"],
                        "touchpoint": ["overall", "overall", "counter", "counter"], "score": [6.0, 7.0, 2.0, 3.0], "answered_at": at(*["2026-03-01"] * 4), "unit": "u"})  # fmt: skip
CASES = pd.DataFrame({"journey_id": ["j1", "j3", "j5", "j9"], "customer_id": ["a", "c", "e", "z"], "touchpoint": ["counter", None, "counter", "counter"],
                      "opened_at": at("2026-03-05", "2026-04-15", "2026-03-20", "2026-03-01"), "closed_at": at("2026-03-08", "", "2026-04-02", ""), "recovered": [True, None, True, None]})  # fmt: skip
JOURNEYS = pd.DataFrame({"journey_id": ["j1", "j2", "j3", "j4", "j5"], "customer_id": list("abcde"), "unit": "u"})


def found() -> pd.DataFrame:
    return recovery.signals(ANSWERS, CASES, JOURNEYS, JOURNEY.metrics, UNTIL)


def test_signals_are_low_scores_and_complaints_with_what_became_of_them():
    rows = found().set_index(["signal", "journey_id"])
    assert rows["state"].to_dict() == {("low_score", "j1"): "recovered", ("low_score", "j3"): "unanswered", ("complaint", "j1"): "recovered", ("complaint", "j5"): "open"}
    assert rows.loc[("low_score", "j1"), "responded_at"] == at("2026-03-05")[0] and rows.loc[("complaint", "j1"), "recovered_at"] == at("2026-03-08")[0]
    assert pd.isna(rows.loc[("complaint", "j5"), "closed_at"])  # closed after the month: open then


def test_low_is_a_detractor_or_the_lowest_quarter_of_the_scale():
    assert recovery.low_score(JOURNEY.metrics["overall.nps"]) == 6 and recovery.low_score(JOURNEY.metrics["counter.csat"]) == 2


def test_an_emotion_that_is_present_is_a_signal_too():
    felt = pd.DataFrame({"journey_id": ["j4"], "customer_id": ["d"], "touchpoint": ["counter"], "seen_at": at("2026-03-02")})
    rows = recovery.signals(ANSWERS, CASES, JOURNEYS, JOURNEY.metrics, UNTIL, felt)
    assert rows.loc[rows["signal"] == "emotion", ["journey_id", "state"]].to_numpy().tolist() == [["j4", "unanswered"]]


def test_where_no_cases_are_recorded_nothing_is_said_of_what_was_done():
    rows = recovery.signals(ANSWERS, CASES.iloc[:0], JOURNEYS, JOURNEY.metrics, UNTIL)
    assert set(rows["state"]) == {"unknown"} and np.isnan(recovery.how_many(rows)["answered_share"]).all() and recovery.how_many(rows)["n"].tolist() == [2]
    assert recovery.still_open(rows, JOURNEY, UNTIL).empty
    counts = recovery.how_many(rows).assign(shown=True)
    assert told_recovery.recovery_headline(counts, recovery.time_to_recovery(rows, UNTIL)) == ("recovery.headline_unknown", {"count": 2})
    assert told_recovery.recovery_findings(counts, pd.DataFrame(), recovery.still_open(rows, JOURNEY, UNTIL).assign(shown=True), 5) == []


def test_shares_put_right_by_kind_of_signal():
    rows = recovery.how_many(found()).set_index("signal")
    assert rows.loc["complaint", ["value", "n", "open"]].tolist() == [0.5, 2, 1] and rows.loc["low_score", "answered_share"] == 0.5


def complaints(seed: int = 1, n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    seen = UNTIL - pd.to_timedelta(np.round(rng.uniform(1, 90, n)), unit="D")
    took = pd.to_timedelta(np.ceil(rng.exponential(15, n)), unit="D")
    closed = pd.Series(seen + took).where(seen + took < UNTIL)
    state = np.where(closed.isna(), "open", np.where(rng.random(n) < 0.4, "recovered", "not_recovered"))
    return pd.DataFrame({"signal": "complaint", "journey_id": [f"j{i}" for i in range(n)], "customer_id": [f"c{i}" for i in range(n)], "touchpoint": "counter", "unit": "u", "seen_at": seen,
                         "closed_at": closed, "recovered_at": closed.where(state == "recovered"), "responded_at": closed, "state": state})  # fmt: skip


def test_time_to_recovery_is_the_incidence_beside_the_other_way_out():
    rows = complaints()
    took = (rows["closed_at"].fillna(UNTIL) - rows["seen_at"]).dt.total_seconds() / 86400
    status = rows["state"].map({"recovered": 1, "not_recovered": 2, "open": 0})
    known = CumIncidenceRight(took.to_numpy(), status.to_numpy())
    mine = recovery.time_to_recovery(rows, UNTIL, days=(3, 10, 30))
    for row in mine.itertuples():
        place = np.searchsorted(known.times, row.days, side="right") - 1
        assert row.value == pytest.approx(known.cinc[0][place])
        assert (row.high - row.low) / 2 / 1.96 == pytest.approx(known.cinc_se[0][place], rel=0.12)
    naive = (status == 1).mean()
    assert mine["value"].iloc[-1] > naive and mine["low"].iloc[-1] < mine["value"].iloc[-1] < mine["high"].iloc[-1]


def _followed(seed: int, lift: float, n: int = 1200):
    rng = np.random.default_rng(seed)
    unit = rng.choice(["good", "bad"], n)
    state = np.where(rng.random(n) < 0.6, "untouched", np.where(rng.random(n) < np.where(unit == "good", 0.8, 0.3), "recovered", "not_recovered"))
    ended = pd.Timestamp("2025-01-10", tz="UTC")
    journeys = pd.DataFrame({"journey_id": [f"j{i}" for i in range(n)], "customer_id": [f"c{i}" for i in range(n)], "unit": unit, "month": "2025-01", "started_at": ended - pd.Timedelta(days=3), "ended_at": ended})
    back = rng.random(n) < 0.3 + 0.3 * (unit == "good") + lift * (state == "recovered")
    again = journeys[back].assign(journey_id=lambda f: f["journey_id"] + "b", started_at=ended + pd.Timedelta(days=60), ended_at=pd.NaT)
    both = pd.concat([journeys, again], ignore_index=True)
    signals = journeys[state != "untouched"].assign(signal="complaint", state=state[state != "untouched"])
    answers = pd.DataFrame({"name": ["overall.nps"], "journey_id": ["none"], "points": [0.0]})
    return recovery.afterwards(signals, both, answers, "overall.nps", UNTIL).set_index(["outcome", "group"])


def test_who_was_put_right_where_all_goes_well_is_compared_within_the_place():
    rows = _followed(1, 0.0)
    gap = rows.loc[("back", "not_recovered")]
    assert rows.loc[("back", "recovered"), "value"] - gap["value"] > 0.08  # the trap: the good place puts right and is come back to
    assert gap["difference_low"] < 0 < gap["difference_high"] and set(rows["grade"]) == {"associated"}


def test_a_difference_that_is_there_is_found_and_told():
    rows = _followed(2, 0.25).reset_index().assign(shown=True)
    assert told_recovery.afterwards_headline(rows)[0] == "recovery.after_back_less"
    counts = pd.DataFrame({"signal": ["complaint"], "value": [0.4], "low": [0.35], "high": [0.45], "n": [300], "method": "x", "shown": True})
    waiting = recovery.still_open(complaints(), JOURNEY, UNTIL).assign(shown=True)
    findings = told_recovery.recovery_findings(counts, rows, waiting, 3000)
    assert [f.message for f in findings] == ["recovery.put_right", "recovery.found_back_less", "recovery.waiting"]
    assert [f.grade for f in findings] == ["described", "associated", "described"] and all(0 < f.weight < 0.2 for f in findings)
    assert "wait with Operations" in Sentences("en", "EUR").sentence(findings[2])


@pytest.mark.long
def test_nothing_is_said_of_what_followed_where_nothing_did(promised):
    called = 0
    for seed in range(400):
        rows = _followed(seed, 0.0, 600)
        called += bool(((rows["difference_low"] > 0) | (rows["difference_high"] < 0)).any())
    promised("what followed being put right, where nothing did", "false calls", called, 400)


def test_what_waits_is_told_by_owner_and_names_nobody():
    rows = recovery.still_open(complaints(), JOURNEY, UNTIL)
    assert rows.loc[0, ["label", "owner"]].tolist() == ["Counter", "Operations"] and rows["n"].sum() == complaints()["closed_at"].isna().sum()
    assert not {"journey_id", "customer_id"} & set(rows)


def test_signals_keep_their_contract():
    kept = keep_results({"signals": recovery.kept(found())}, {"month": "2026-03", "audience": "all", "notebook": "02_journeys"})["signals"]
    assert len(kept) == 4 and "customer_id" not in kept and set(kept["state"]) == {"recovered", "unanswered", "open"}
    assert not kept.duplicated(["month", "audience", "notebook", "signal", "journey_id", "touchpoint"]).any()


def test_only_a_negative_emotion_in_something_said_beside_a_ticket_is_a_signal():
    class Study:
        def table(self, name, span):
            import ibis

            return ibis.memtable(pd.DataFrame({"comment_id": list("klmno"), "written_at": at(*["2026-03-02"] * 5)}))

    said = pd.DataFrame({"comment_id": list("klmno"), "journey_id": ["j4", "j4", None, "j3", "j5"], "customer_id": "d", "touchpoint": "counter",
                         "origin": ["survey", "ticket", "review", "survey", "survey"], "negative": [1.0, 1.0, 1.0, 0.0, np.nan]})  # fmt: skip
    rows = recovery.felt(Study(), said)
    assert rows["journey_id"].tolist() == ["j4"] and rows["seen_at"].tolist() == at("2026-03-02")
