"""Who answers: rates by question, groups heard less on made-up customers whose truth is known, and silence where nothing differs."""

import ibis
import numpy as np
import pandas as pd
import pytest

from cx_helpers import estimates
from cx_helpers.config.journey import Journey
from cx_helpers.ingest.baseline import responding

UNTIL = pd.Timestamp("2026-02-01", tz="UTC")
JOURNEY = Journey.model_validate({
    "label": "Shop", "segments": [{"id": "kind", "label": "Kind"}], "traits": [{"id": "attitude", "label": "Attitude", "kind": "psychographic"}],
    "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}],
    "stages": [{"id": "s", "label": "S", "touchpoints": [{"id": "desk", "label": "Desk", "metrics": [{"id": "csat", "kind": "csat", "label": "Satisfaction"}]}]}],
})  # fmt: skip


def tables(rows: list[dict]) -> tuple[ibis.Table, ibis.Table]:
    """Requests and the journeys they are about, typed out as they are."""
    frame = pd.DataFrame(rows)
    frame = frame.assign(
        response_id=[f"r{i}" for i in range(len(frame))], touchpoint=frame.get("touchpoint", "overall"), metric=frame.get("metric", "nps"),
        channel=frame.get("channel", "mail"), asked_at=pd.to_datetime(frame["asked"], utc=True), answered_at=pd.to_datetime(frame["answered"], utc=True),
    )  # fmt: skip
    frame["score"] = np.where(frame["answered_at"].notna(), 8.0, np.nan)
    journeys = frame.drop_duplicates("journey_id").assign(customer_id=lambda f: f["whose"], value=1.0)[["journey_id", "customer_id", "value", "kind"]]
    given = frame[["response_id", "journey_id", "touchpoint", "metric", "channel", "asked_at", "answered_at", "score"]].assign(customer_id=None)
    return ibis.memtable(given.astype({"customer_id": "str"}).assign(customer_id=None), schema={
        **dict.fromkeys(["response_id", "journey_id", "touchpoint", "metric", "channel"], "string"), "asked_at": "timestamp('UTC')",
        "answered_at": "timestamp('UTC')", "score": "float64", "customer_id": "string",
    }), ibis.memtable(journeys)  # fmt: skip


def request(j: int, asked: str, answered: str | None, **more) -> dict:
    return {"journey_id": f"j{j}", "whose": f"c{j % 2}", "kind": "new", "asked": asked, "answered": answered, **more}


def test_a_request_counts_once_it_had_time_and_an_answer_after_the_month_was_silence_then():
    rows = [request(1, "2026-01-05", "2026-01-06"), request(2, "2026-01-05", None), request(3, "2026-01-20", "2026-02-03"),
            request(4, "2026-01-31", None), request(5, "2024-01-05", "2024-01-06")]  # fmt: skip
    responses, journeys = tables(rows)
    assert responding.time_to_answer(responses.filter(responses.journey_id != "j3")) == pd.Timedelta(days=1)
    asked = responding.requests(responses.mutate(answered_at=responses.answered_at), journeys, ["kind"], 12, UNTIL).execute()
    assert asked.set_index("journey_id")["answered"].to_dict() == {"j1": 1.0, "j2": 0.0}, "j3 came within 14 days, which j3 and j4 had not"
    assert set(asked["customer"]) == {"c0", "c1"} and asked["silent"].sum() == 1


def test_rates_count_customers_and_say_where_silence_was_not_recorded():
    rows = [request(j, "2026-01-05", "2026-01-06" if j < 4 else None, whose="one" if j < 4 else f"c{j}") for j in range(12)]
    responses, journeys = tables(rows)
    asked = responding.requests(responses, journeys, ["kind"], 12, UNTIL)
    found = responding.rates(asked, JOURNEY).iloc[0]
    assert (found["label"], found["asked_by"], found["n"], found["value"]) == ("NPS", "mail", 12, pytest.approx(1 / 3))
    by_hand = estimates.share_from_cluster_counts([4] + [0] * 8, [4.0] + [1.0] * 8)
    assert (found["low"], found["high"]) == pytest.approx((by_hand.low, by_hand.high))
    assert found["high"] - found["low"] > (lambda e: e.high - e.low)(estimates.share_from_counts(4, 12)), "one customer gave all the answers"
    answered = responding.requests(responses.filter(responses.score.notnull()), journeys, ["kind"], 12, UNTIL)
    told = responding.rates(answered, JOURNEY)
    assert told.attrs["every_one"] and np.isnan(responding.share_of(told, "overall.nps"))
    never = responding.never_answered(responding.customers_asked(asked, ["kind"]))
    assert never.value == pytest.approx(8 / 9) and never.n == 9


def made_up(seed: int, effect: float, customers: int = 3000) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Customers asked two to six times; the most valuable tenth, and those of one attitude, answer less by `effect`."""
    draw = np.random.default_rng(seed)
    names = [f"c{i:04d}" for i in range(customers)]
    money, attitude = pd.Series(draw.gamma(2, 100, customers), index=names), draw.choice(["price", "speed", "comfort"], customers)
    chance = np.clip(draw.normal(0.4, 0.1, customers) - effect * ((money.rank(pct=True) > 0.9) | (attitude == "speed")).to_numpy(), 0.02, 0.98)
    times = draw.integers(2, 7, customers)
    sums = pd.DataFrame({"customer": names, "kind": draw.choice(["new", "old"], customers), "n": times, "answered": draw.binomial(times, chance), "times": times})
    return sums, pd.DataFrame({"customer_id": names, "attitude": attitude}), money


def looked_at(seed: int, effect: float) -> pd.DataFrame:
    sums, customers, money = made_up(seed, effect)
    groups, labels = responding.people(sums, customers, {"attitude": "Attitude"}, money)
    return responding.heard(sums, groups, {"kind": "Kind", **labels})


def test_who_answers_less_is_found_and_the_most_valuable_tenth_among_them():
    found = looked_at(1, 0.15).set_index(["trait", "level"])
    assert found["verdict"][("worth", "top_tenth")] == "answers less" and found["verdict"][("attitude", "speed")] == "answers less"
    assert found["verdict"][("kind", "new")] == "no clear difference" and found.loc[("worth", "top_tenth"), "customers"] == 300
    true = -0.15 * 2 / 3  # of the others two thirds answer at full chance
    assert found.loc[("worth", "top_tenth"), "difference_low"] < true < found.loc[("worth", "top_tenth"), "difference_high"]
    assert found.index[0][0] in ("attitude", "worth") and found.loc[("attitude", "speed"), "told"] == "speed"
    assert found.loc[("worth", "top_tenth"), "told"] == "level.top_tenth" and found.loc[("times_asked", "2–3"), "told"][1] == {"range": "2–3"}


def test_where_nothing_differs_nothing_is_said():
    said = [responding.clear(looked_at(seed, 0.0)) > 0 for seed in range(40)]
    assert sum(said) <= 5, "a family of eleven looks at 95%"


def asked_too_often(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """The most valuable, who mostly hold gold cards, are asked five times as often; all answer less the more they are asked, and for no other reason."""
    draw = np.random.default_rng(seed)
    names = [f"c{i:04d}" for i in range(4000)]
    money = pd.Series(draw.gamma(2, 100, 4000), index=names)
    top = (money.rank(pct=True) > 0.9).to_numpy()
    times = np.where(top, draw.integers(8, 30, 4000), np.where(draw.random(4000) < 0.15, draw.integers(8, 30, 4000), draw.integers(1, 8, 4000)))
    card = np.where(draw.random(4000) < np.where(top, 0.8, 0.05), "gold", "none")
    sums = pd.DataFrame({"customer": names, "n": times, "answered": draw.binomial(times, 0.45 / (1 + times / 10)), "times": times})
    return sums, pd.DataFrame({"customer_id": names, "card": card}), money


def test_who_is_asked_more_often_is_set_beside_others_asked_as_often():
    sums, customers, money = asked_too_often()
    found = responding.heard(sums, *responding.people(sums, customers, {"card": "Card"}, money)).set_index(["trait", "level"])
    rare = sums.merge(customers, left_on="customer", right_on="customer_id")
    plain = (lambda g: g["answered"].sum() / g["n"].sum())
    assert plain(rare[rare["card"] == "gold"]) < plain(rare[rare["card"] == "none"]) - 0.04, "as they are, gold cards answer less"
    for group in (("worth", "top_tenth"), ("card", "gold")):
        assert found["verdict"][group] == "no clear difference" and found.loc[group, "never_share"] < found.loc[group, "never_others"]
    times = found.loc["times_asked"]
    assert times.loc[times["value"].idxmin(), "verdict"] == "answers less"


def test_groups_of_the_same_people_lead_to_the_one_that_tells_most():
    sums, customers, money = made_up(3, 0.0)
    top = sums["customer"].map(money.rank(pct=True) > 0.9)
    sums["answered"] = np.where(top, 0, sums["answered"])
    customers = customers.assign(card=np.where(top ^ (np.arange(3000) % 100 == 0), "gold", "none"))
    found = responding.heard(sums, *responding.people(sums, customers, {"attitude": "Attitude", "card": "Card"}, money))
    rows = found.set_index(["trait", "level"])
    lead = rows.loc[("card", "gold"), "lead"]
    assert found.loc[lead, "level"] == "top_tenth" == found.loc[rows.loc[("worth", "top_tenth"), "lead"], "level"]
    assert (rows.loc["attitude", "lead"] == -1).all()


def test_a_customer_was_heard_by_any_answer_of_the_window():
    sums = pd.DataFrame({"customer": ["a", "a", "b", "c"], "kind": ["old", "new", "new", "old"], "n": 20, "answered": [0, 5, 0, 0], "times": 20})
    found = responding.heard(sums, pd.DataFrame(index=["a", "b", "c"]), {"kind": "Kind"}).set_index("level")
    assert found.loc["old", "never_share"] == 0.5, "a answered, though not there"


def test_items_left_blank_are_not_taken_for_silence():
    rows = [request(j, "2026-01-05", "2026-01-05" if (j + q) % 4 else None, whose=f"c{j}", metric=metric, touchpoint=touchpoint)
            for j in range(40) for q, (touchpoint, metric) in enumerate([("overall", "nps"), ("desk", "csat")])]  # fmt: skip
    responses, journeys = tables(rows)
    asked = responding.requests(responses, journeys, ["kind"], 12, UNTIL)
    told = responding.rates(asked, JOURNEY)
    assert told.attrs["blanks"] and not told.attrs["heard"] and np.isnan(responding.share_of(told, "overall.nps"))
    message, args = responding.rates_message(told, responding.overall(asked))
    assert message == "responding.blanks" and args["value"] == pytest.approx(0.25)
    silent = responding.requests(responses.filter(responses.metric == "nps"), journeys, ["kind"], 12, UNTIL)
    told = responding.rates(silent, JOURNEY)
    assert told.attrs["heard"] and not told.attrs["blanks"] and responding.share_of(told, "overall.nps") == 0.75


def test_a_group_too_small_or_of_unknown_level_is_not_judged():
    sums, customers, money = made_up(2, 0.2, 400)
    sums.loc[:2, "kind"] = "rare"
    sums.loc[3:50, "kind"] = None
    found = responding.heard(sums, *responding.people(sums, customers, {}, money), minimum=40)
    assert "kind" not in set(found["trait"])
    found = responding.heard(sums, pd.DataFrame(index=sums["customer"]), {"kind": "Kind"}, minimum=40).set_index("level")
    assert found.loc["rare", "verdict"] == "" and set(found.index) == {"new", "old", "rare"}


def test_money_is_revenue_where_known_else_what_journeys_are_worth():
    journeys = ibis.memtable(pd.DataFrame({"customer_id": ["a", "a", "b"], "value": [1.0, 2.0, 5.0]}))
    outcomes = ibis.memtable(pd.DataFrame({"customer_id": ["a", "b"], "revenue": [9.0, 4.0]}))
    assert responding.worth(outcomes, journeys).to_dict() == {"a": 9.0, "b": 4.0} and responding.worth(None, journeys).to_dict() == {"a": 3.0, "b": 5.0}
    assert responding.worth(None, journeys.mutate(value=ibis.null("float64"))) is None


def test_traits_are_those_declared_that_the_table_holds():
    frame, labels = responding.traits(ibis.memtable(pd.DataFrame({"customer_id": ["a"], "attitude": ["price"], "email": ["x"]})), JOURNEY)
    assert list(frame.columns) == ["customer_id", "attitude"] and labels == {"attitude": "Attitude"}
    frame, labels = responding.traits(ibis.memtable(pd.DataFrame({"customer_id": ["a"]})), JOURNEY)
    assert frame.empty and labels == {}
