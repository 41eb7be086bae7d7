"""Scenarios: total effects carried on, nothing counted twice, intervals that hold the truth, warnings where they are due."""

import json
import threading

import numpy as np
import pandas as pd
import pytest

from cx_helpers.drivers.lived import Lived
from cx_helpers.drivers.shocks import Move
from cx_helpers.drivers.side_effects import side_effects
from cx_helpers.drivers.told_what_if import beside
from cx_helpers.drivers.what_if import scenario
from cx_helpers.errors import DataError, UsageError
from cx_helpers.follow_up.actions import ActionLog
from cx_helpers.tables.scenarios import save_scenario, saved_scenarios

ORDER = list("defg")
FACTS = pd.DataFrame({
    "input": ["d.wait", "e.skipped", "f.minutes", "g.distance"], "better": ["lower", "lower", "lower", "higher"], "standard": [9.0, 0.1, 9.0, np.nan],
    "statistic": ["", "share", "", ""], "cost_to_move": [2.0, 1.0, np.nan, np.nan],
})  # fmt: skip
MEANS = {"d.wait": 10.0, "e.skipped": 0.3, "f.minutes": 9.3}


def made(seed: int, n: int = 1200, known: float = 0.6) -> pd.DataFrame:
    """Waits lengthen minutes, minutes shorten distance, all of them reach the score; two journeys a customer."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, n // 2, n)
    wait = 10 + 3 * rng.normal(size=n) + rng.normal(size=n // 2)[who]
    skipped = (rng.random(n) < 0.3).astype(float)
    minutes = 4 + 0.5 * wait + skipped + 2 * rng.normal(size=n)
    distance = 2 + 0.3 * wait - 0.5 * minutes + rng.normal(size=n)
    score = 50 - wait - 2 * minutes + 1.5 * distance - 3 * skipped + 8 * rng.normal(size=n) + 4 * rng.normal(size=n // 2)[who]
    frame = pd.DataFrame({"d.wait": wait, "e.skipped": skipped, "f.minutes": minutes, "g.distance": distance, "who": who})
    return frame.assign(**{"g.csat": 2 * distance + rng.normal(size=n), "nps": np.where(rng.random(n) < known, score, np.nan)})


def truth(wait=None, skipped=None, minutes=None) -> dict[str, float]:
    """Change of the score and of what is on the way when these means are brought about."""
    d_wait = 0.0 if wait is None else wait - MEANS["d.wait"]
    d_skipped = 0.0 if skipped is None else skipped - MEANS["e.skipped"]
    d_minutes = 0.5 * d_wait + d_skipped if minutes is None else minutes - MEANS["f.minutes"]
    d_distance = 0.3 * d_wait - 0.5 * d_minutes
    return {"nps": -d_wait - 2 * d_minutes + 1.5 * d_distance - 3 * d_skipped, "g.distance": d_distance, "g.csat": 2 * d_distance}


def lived(frame: pd.DataFrame, **more) -> Lived:
    return Lived(frame, FACTS, "nps", outputs=["g.csat"], order=ORDER, cluster="who", **more)


def value(found, measure: str) -> float:
    return float(found.table.set_index("measure").loc[measure, "value"])


SCENARIOS = [{"wait": 8.0}, {"wait": 8.0, "minutes": 8.0}, {"wait": 9.0, "skipped": 0.1, "minutes": 9.0}]
NAMES = {"wait": "d.wait", "skipped": "e.skipped", "minutes": "f.minutes"}


def held(seeds: int, moved: dict[str, float]) -> dict[str, int]:
    """In how many of so many brands the interval holds the truth."""
    true, hits = truth(**moved), dict.fromkeys(truth(), 0)
    for seed in range(seeds):
        found = scenario(lived(made(seed)), [Move(NAMES[name], to) for name, to in moved.items()]).table.set_index("measure")
        for name in hits:
            hits[name] += int(found.loc[name, "low"] <= true[name] <= found.loc[name, "high"])
    return hits


@pytest.mark.parametrize("moved", SCENARIOS, ids=lambda moved: "-".join(moved))
def test_the_interval_holds_the_true_change_in_a_few_brands(moved):
    assert min(held(40, moved).values()) >= 33


@pytest.mark.long
@pytest.mark.parametrize("moved", SCENARIOS, ids=lambda moved: "-".join(moved))
def test_the_interval_holds_the_true_change_of_several_moves(moved):
    assert all(364 <= hits <= 393 for hits in held(400, moved).values()), held(400, moved)


def test_one_move_is_the_total_effect_of_side_effects_times_its_way():
    frame = made(1)
    total = side_effects(frame, FACTS[["input", "better"]], ["g.csat"], total="nps", order=ORDER, cluster="who").summary.set_index("input").loc["d.wait"]
    found = scenario(lived(frame), [Move("d.wait", 8.0)])
    assert value(found, "nps") == pytest.approx(total["total"] * (frame["d.wait"].mean() - 8.0), rel=1e-9), "towards lower, a unit each"


def test_a_later_input_held_where_it_is_takes_its_part_of_the_way_out():
    """With minutes kept as they are, a shorter wait lifts the score by its direct path alone."""
    frame = made(2, n=20_000)
    model, kept = lived(frame), float(frame["f.minutes"].mean())
    alone, both = scenario(model, [Move("d.wait", 8.0)]), scenario(model, [Move("d.wait", 8.0), Move("f.minutes", kept)])
    assert value(alone, "nps") == pytest.approx(truth(wait=8.0)["nps"], abs=0.6) and value(both, "nps") == pytest.approx(truth(wait=8.0, minutes=9.3)["nps"], abs=0.6)
    assert value(alone, "nps") - value(both, "nps") > 1.5
    assert "f.minutes" in set(alone.table["measure"]) and "f.minutes" not in set(both.table["measure"])


def test_the_interval_of_two_moves_is_not_the_sum_of_theirs():
    model = lived(made(3))
    wide = [scenario(model, moves).table.iloc[0] for moves in ([Move("d.wait", 8.0)], [Move("f.minutes", 8.0)], [Move("d.wait", 8.0), Move("f.minutes", 8.0)])]
    halves = [row["high"] - row["value"] for row in wide]
    assert halves[2] < halves[0] + halves[1]


def test_two_inputs_of_one_moment_moved_together_are_held_equal_to_each_other():
    rng = np.random.default_rng(0)
    common = rng.normal(size=8000)
    frame = pd.DataFrame({"a.one": common + rng.normal(size=8000), "a.two": common + rng.normal(size=8000)})
    frame["nps"] = -frame["a.one"] - frame["a.two"] + rng.normal(size=8000)
    model = Lived(frame, pd.DataFrame({"input": ["a.one", "a.two"], "better": "lower"}), "nps", order=["a"])
    both = scenario(model, [Move("a.one", -1.0), Move("a.two", -1.0)])
    assert value(both, "nps") == pytest.approx(2.0, abs=0.12), "each alone goes with 1.5, together 3 would be told"


def test_to_standard_moves_only_what_is_off_it_and_a_share_down_to_it():
    frame = made(4)
    found = scenario(lived(frame), [Move("d.wait"), Move("e.skipped")]).moves.set_index("input")
    assert found.loc["d.wait", "moved"] == (frame["d.wait"] > 9).sum()
    assert found.loc["d.wait", "after"] == pytest.approx(frame["d.wait"].clip(upper=9).mean()) and found.loc["e.skipped", "after"] == pytest.approx(0.1)
    kept = scenario(lived(frame.assign(**{"e.skipped": (np.arange(len(frame)) % 20 == 0).astype(float)})), [Move("e.skipped")])
    assert kept.moves["moved"].tolist() == [0] and kept.warnings[-1][0] == "what_if.nothing_moves" and kept.table["value"].abs().max() == 0


def test_an_input_that_earlier_moves_bring_to_standard_is_not_pushed_back():
    model = lived(made(5))
    further = scenario(model, [Move("d.wait", 2.0)])
    both = scenario(model, [Move("d.wait", 2.0), Move("f.minutes")])
    assert value(both, "nps") == pytest.approx(value(further, "nps"))


def test_places_count_for_their_part_of_all_journeys():
    frame = made(6).assign(unit=["Soho", "Bow"] * 600)
    model = lived(frame)
    there = scenario(model, [Move("d.wait", 8.0, "unit", ("Soho",))])
    soho = frame["unit"] == "Soho"
    way = (8.0 - frame.loc[soho, "d.wait"].mean()) / 2
    assert value(there, "nps") == pytest.approx(model.effects("nps", ["d.wait"])[0][0] * way) and there.moves["n"].tolist() == [600]
    with pytest.raises(UsageError, match="no journey with 'd.wait' known in the places chosen"):
        scenario(model, [Move("d.wait", 8.0, "unit", ("Camden",))])


def test_it_warns_outside_what_was_seen_and_of_what_is_not_usable():
    rng = np.random.default_rng(7)
    model = Lived(
        made(7).assign(**{"d.noise": rng.normal(size=1200)}), pd.concat([FACTS, pd.DataFrame({"input": ["d.noise"], "better": "lower"})]), "nps", order=ORDER, cluster="who",
    )  # fmt: skip
    told = dict(scenario(model, [Move("d.wait", -5.0), Move("d.noise", 0.1)]).warnings)
    assert told["what_if.outside"]["input"] == "d.wait" and told["what_if.outside"]["target"] == -5.0 and told["what_if.not_usable"]["inputs"] == ["d.noise"]
    assert scenario(model, [Move("d.wait", 9.0)]).warnings == []


def followed(seed: int, n: int = 4000) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 1000)
    frame = made(seed, n)
    back = (rng.random(n) < np.clip(0.6 - 0.02 * (frame["d.wait"] - 10) - 0.03 * (frame["f.minutes"] - 9.3), 0, 1)).astype(float)
    return frame.assign(returned=back, revenue=100 * back, cost=40 * back)


def test_money_is_of_a_years_journeys_and_cost_holds_what_moving_costs():
    frame = followed(8)
    model = lived(frame, money=frame, a_year=2.0)
    found = scenario(model, [Move("d.wait")])
    table = found.table.set_index("kind")
    assert list(table.index[:5]) == ["experience", "returns", "revenue", "cost", "net"]
    assert table.loc["revenue", "value"] == pytest.approx(100 * table.loc["returns", "value"] * 4000 * 2)
    assert table.loc["cost", "value"] == pytest.approx(40 * table.loc["returns", "value"] * 4000 * 2 + 2.0 * 4000 * 2)
    assert table.loc["net", "value"] == pytest.approx(table.loc["revenue", "value"] - table.loc["cost", "value"])
    way = frame["d.wait"].clip(upper=9).mean() - frame["d.wait"].mean()
    assert table.loc["returns", "low"] < (-0.02 - 0.015) * way < table.loc["returns", "high"]
    half = scenario(model, [Move("d.wait", frame["d.wait"].mean() + way / 2)]).table.set_index("kind")
    assert half.loc["cost", "value"] == pytest.approx(table.loc["cost", "value"] / 2), "half the way, half the cost"


def test_a_cost_that_is_not_declared_is_told_as_such():
    frame = followed(9)
    found = scenario(lived(frame, money=frame), [Move("f.minutes", 8.0)])
    table = found.table.set_index("kind")
    assert np.isnan(table.loc["cost", "value"]) and np.isnan(table.loc["net", "value"]) and np.isfinite(table.loc["revenue", "value"])
    assert ("what_if.no_cost", {"inputs": ["f.minutes"], "count": 1}) in found.warnings
    dearer = scenario(lived(frame, money=frame), [Move("d.wait", 12.0)])
    assert dict(dearer.warnings)["what_if.no_cost"]["inputs"] == ["d.wait"], "the declared cost is of the way to the standard, not of the way back"


def test_nothing_asked_without_an_answer():
    found = scenario(lived(made(10, known=0.0)), [Move("d.wait", 8.0)])
    assert "experience" not in set(found.table["kind"]) and ("what_if.not_known", {}) in found.warnings


def test_what_is_wrong_stands_in_one_line():
    model = lived(made(11))
    with pytest.raises(UsageError, match="'x.y' cannot be moved.*'d.wait' is moved twice.*'g.distance' has no standard"):
        scenario(model, [Move("x.y", 1.0), Move("d.wait", 8.0), Move("d.wait", 9.0), Move("g.distance")])
    with pytest.raises(DataError, match="'nps' is not in the data"):
        lived(made(11).drop(columns="nps"))


def saved(folder, **more) -> str:
    given = {"name": "Fast", "author": "Ana", "moves": [{"input": "d.wait", "to": None, "where": "", "levels": []}], "month": "2026-02", "audience": "all"}
    return save_scenario(folder, **{**given, **more})


def test_scenarios_are_kept_beside_actions_and_none_is_lost_when_many_save_at_once(tmp_path):
    log = ActionLog.of(tmp_path)
    writers = [threading.Thread(target=lambda n=n: saved(tmp_path, name=f"s{n}")) for n in range(8)]
    for writer in writers:
        writer.start()
    log.record("a1", changed_by="x", solution="s", measure="d.wait", units=["u"], effective_from="2026-01-01")
    for writer in writers:
        writer.join()
    assert sorted(saved_scenarios(tmp_path, "2026-02", "all")["name"]) == [f"s{n}" for n in range(8)] and len(log.actions()) == 1


def test_a_scenario_stands_on_its_audiences_pages_from_its_month_on(tmp_path):
    assert saved_scenarios(tmp_path, "2026-02", "all").empty and not (tmp_path / "actions.db").exists()
    saved(tmp_path, note="two\nlines")
    rows = saved_scenarios(tmp_path, "2026-03", "all")
    assert rows["note"].tolist() == ["two lines"] and rows["moves"][0] == json.loads('[{"input": "d.wait", "to": null, "where": "", "levels": []}]')
    assert saved_scenarios(tmp_path, "2026-01", "all").empty and saved_scenarios(tmp_path, "2026-02", "south").empty


def test_a_scenario_without_name_author_or_move_is_refused_in_one_line(tmp_path):
    with pytest.raises(UsageError, match="name is missing; author has 81 characters, at most 80 are kept; nothing is moved"):
        saved(tmp_path, name=" ", author="x" * 81, moves=[])


def test_scenarios_stand_under_the_opportunities_marked_and_without_a_rank():
    chances = pd.DataFrame({"label": ["Wait"], "rank": [1.0], "aside": [""], "lift": [2.0], "lift_low": [1.0], "lift_high": [3.0], "grade": ["associated"], "n": [90]})
    numbers = {f"{name}{end}": [1.5, np.nan] for name in ("experience", "revenue") for end in ("", "_low", "_high")}
    scenarios = pd.DataFrame({"name": ["Fast", "Gone"], "author": "Ana", "grade": "associated", "n": [80, 0], **numbers})
    listed = beside(chances, scenarios)
    assert listed["label"].tolist() == ["Wait", "Fast"] and listed["lift"].tolist() == [2.0, 1.5] and np.isnan(listed["rank"][1])
    assert listed["aside"][1] == ("what_if.marked", {"author": "Ana"}) and "revenue_a_year" not in listed
    assert beside(chances, scenarios.iloc[1:]) is chances
