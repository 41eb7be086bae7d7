"""Kinds of customers: found where they were planted, refused on noise, and named by what sets them apart."""

import ibis
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from cx_helpers.config.journey import Journey, Metric
from cx_helpers.errors import DataError
from cx_helpers.journeys import customers, told_segments
from cx_helpers.journeys.personas import TraitColumn, coded, personas, telling

TRAITS = [
    TraitColumn("age", "Age", "demographic"), TraitColumn("card", "Card", "transactional"), TraitColumn("attitude", "Attitude", "psychographic"),
    TraitColumn("rate", "Rate", "behavioural"), TraitColumn("app", "App", "behavioural"),
]  # fmt: skip
NPS = Metric.model_validate({"id": "nps", "kind": "nps", "label": "NPS"})


def noise(seed, size=300):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "age": rng.normal(45, 12, size), "card": rng.choice(["basic", "silver", "gold"], size, p=[0.6, 0.3, 0.1]),
        "attitude": rng.choice(["price", "comfort", "speed"], size), "rate": rng.pareto(2, size), "app": rng.choice(["yes", "no"], size),
    })  # fmt: skip


def planted(seed, size=300):
    """Three kinds in half, three and two tenths of customers, each trait telling in seven or eight of ten."""
    frame, rng = noise(seed, size), np.random.default_rng(seed + 10_000)
    kind = rng.choice(3, size, p=[0.5, 0.3, 0.2])
    for name, levels, share in (("attitude", ["price", "comfort", "speed"], 0.8), ("card", ["basic", "silver", "gold"], 0.7), ("app", ["yes", "no", "yes"], 0.7)):
        frame[name] = np.where(rng.random(size) < share, np.array(levels)[kind], frame[name])
    return frame.assign(age=frame["age"] + np.array([-12, 12, 0])[kind], rate=frame["rate"] * np.array([1, 1, 4])[kind]), kind


def test_every_trait_has_the_same_say_whatever_its_kind():
    blocks = coded(noise(1).assign(age=lambda rows: rows["age"] * 1000), TRAITS)
    assert {name: round(block.var(axis=0).sum(), 9) for name, block in blocks.items()} == dict.fromkeys(["age", "card", "attitude", "rate", "app"], 1.0)
    # the five who rent every day weigh no more than their rank
    assert abs(blocks["rate"]).max() < 2


def test_a_trait_nobody_differs_in_or_few_are_known_by_is_left_out():
    frame = noise(1).assign(app="yes", age=np.where(np.arange(300) < 200, np.nan, 40.0))
    assert set(coded(frame, TRAITS)) == {"card", "attitude", "rate"}


def test_planted_kinds_are_found_again():
    frame, kind = planted(3)
    found = personas(frame, TRAITS)
    assert found.verdict == "found" and found.chance <= 0.05
    assert found.member.nunique() == 3 and adjusted_rand_score(kind, found.member) > 0.6
    assert found.trials.set_index("groups").loc[3, "stability"] >= 0.75


def test_noise_is_refused_though_its_groups_may_be_stable():
    found = personas(noise(1), TRAITS)
    assert found.verdict == "no_groups" and found.member.empty
    assert told_segments.persona_headline(found, pd.DataFrame())[0] == "personas.no_groups"


def test_few_customers_or_traits_are_too_few():
    assert personas(noise(1, 99), TRAITS).verdict == "too_few"
    assert personas(noise(1), TRAITS[:1]).verdict == "too_few"


def test_a_trait_without_a_column_is_refused():
    with pytest.raises(DataError, match="no column for the traits shoe. Found: age, card"):
        personas(noise(1), [*TRAITS, TraitColumn("shoe", "Shoe", "demographic")])


def test_personas_are_named_by_what_sets_them_apart():
    frame, kind = planted(3)
    found = personas(frame, TRAITS)
    told = telling(frame, found)
    young = told[told["persona"] == found.member[kind == 0].mode()[0]].set_index("trait")
    assert young.loc["attitude", "level"] == "price" and young.loc["attitude", "inside"] > young.loc["attitude", "outside"] + 0.4
    assert (told.groupby("persona").size() == 3).all()
    worth = customers.persona_rows(frame.assign(customer_id=frame.index.astype(str), new=False), found, pd.DataFrame({"customer_id": [], "score": []}), NPS, None, [])
    names = told_segments.named(worth, told)
    first = names.loc[names["member"] == young["persona"].iloc[0], ["trait_1", "trait_2", "trait_3"]].iloc[0]
    assert ("personas.level", {"label": "Attitude", "level": "price", "share": young.loc["attitude", "inside"]}) in list(first)
    assert "revenue" not in names  # nobody knows the money


@pytest.mark.long
def test_noise_is_refused_in_nearly_every_data_set_and_planted_kinds_are_found(promised):
    promised("kinds of customers in noise", "false calls", sum(personas(noise(seed, 200), TRAITS, seed=seed).verdict == "found" for seed in range(400)), 400)
    promised("planted kinds of customers", "planted", sum(personas(planted(seed, 300)[0], TRAITS, seed=seed).verdict == "found" for seed in range(50)), 50)


JOURNEY = Journey.model_validate({
    "label": "Shop", "stages": [{"id": "buy", "label": "Buy", "touchpoints": [{"id": "till", "label": "Till"}]}],
    "remembered": [{"id": "nps", "kind": "nps", "label": "NPS"}], "segments": [{"id": "mood", "label": "Mood"}, {"id": "region", "label": "Region"}],
    "traits": [{"id": "card", "label": "Card", "kind": "transactional"}],
})  # fmt: skip


def lake():
    start = pd.Timestamp("2026-03-01", tz="UTC")
    rows = [("j1", "a", 0, 10.0, "2026-01"), ("j2", "a", 40, 30.0, "2026-02"), ("j3", "b", 45, 50.0, "2026-02"), ("j4", "c", -300, 5.0, "2025-03"), ("j5", None, 9, 5.0, "2026-01"),
            ("j0", "b", -400, 70.0, "2025-01")]  # fmt: skip
    journeys = pd.DataFrame(rows, columns=["journey_id", "customer_id", "day", "value", "month"])
    journeys["started_at"] = pd.Timestamp("2026-01-10", tz="UTC") + pd.to_timedelta(journeys.pop("day"), unit="D")
    events = pd.DataFrame({"journey_id": ["j1", "j1", "j2", "j3"], "channel": ["app", "shop", "phone", None], "started_at": [start, start + pd.Timedelta("1h"), start, start]})
    known = pd.DataFrame({"customer_id": ["a", "b"], "card": ["gold", "basic"], "mood": ["calm", None]})
    return {"journeys": ibis.memtable(journeys), "events": ibis.memtable(events), "customers": ibis.memtable(known)}


def test_traits_are_those_declared_and_those_of_the_journeys_in_the_window():
    frame, traits = customers.customer_traits(lake(), JOURNEY, ["2026-01", "2026-02"], pd.Timestamp("2026-03-01", tz="UTC").to_pydatetime())
    assert [(trait.id, trait.kind) for trait in traits] == [
        ("card", "transactional"), ("mood", "segment"), ("journeys_a_year", "behavioural"), ("days_since", "behavioural"), ("value_each", "transactional")
    ]  # fmt: skip
    rows = frame.set_index("customer_id")
    assert sorted(rows.index) == ["a", "b"]  # c began nothing in the window; who has no pseudonym is nobody
    assert rows.loc["a", ["journeys_a_year", "value_each", "new", "first_channel"]].tolist() == [12, 20, True, "app"]
    assert rows.loc["b", ["journeys_a_year", "value_each", "new"]].tolist() == [6, 50, False]
    assert rows.loc["b", "days_since"] == pytest.approx(5)


def test_money_is_that_of_outcomes_else_the_value_of_journeys():
    given = lake()
    assert customers.money(given).query("customer_id == 'a'")["revenue"].tolist() == [10, 30]
    outcomes = pd.DataFrame({"customer_id": ["a"], "month": ["2026-01"], "revenue": [7.0]})
    assert customers.money({**given, "outcomes": ibis.memtable(outcomes)})["revenue"].tolist() == [7]
    none = ibis.memtable(outcomes.assign(revenue=np.nan).astype({"revenue": "float"}))
    assert len(customers.money({**given, "outcomes": none})) == 5


def test_the_most_valuable_persona_comes_first_with_its_share_of_money_and_score():
    frame, kind = planted(3)
    found = personas(frame, TRAITS)
    frame = frame.assign(customer_id=frame.index.astype(str), new=kind == 2)
    revenue = pd.DataFrame({"customer_id": frame["customer_id"], "month": "2026-01", "revenue": np.where(found.member == 1, 50.0, 10.0) + kind})
    answers = pd.DataFrame({"customer_id": frame["customer_id"][:200], "score": np.where(found.member[:200] == 1, 10.0, 0.0)})
    public = pd.Series(True, frame.loc[found.member == 1, "customer_id"])
    rows = customers.persona_rows(frame, found, answers, NPS, revenue, ["2026-01"], public)
    assert rows["member"].iloc[0] == 1 and rows["persona"].tolist() == [1, 2, 3] and rows["n"].sum() == 300
    assert rows["revenue_share"].sum() == pytest.approx(1) and rows["revenue_share"].iloc[0] > rows["share"].iloc[0]
    assert rows["score"].tolist() == [100, -100, -100] and rows["influence_share"].tolist() == [1, 0, 0]
    (told,) = told_segments.persona_findings(found, rows)
    assert told.message == "personas.worth" and told.value == rows["revenue"].iloc[0]
