"""The frames every question starts from: right on hand-typed rows, and the same on DuckDB and on Polars."""

import ibis
import pandas as pd
import pytest

from cx_helpers.journeys import maps
from cx_helpers.tables import frames

NOW = pd.Timestamp("2026-04-01", tz="UTC")
WAIT, LATE = "counter.wait", "parcel.late"


def at(day: int, hour: int = 0) -> pd.Timestamp:
    return pd.Timestamp(2026, 3, day, hour, tz="UTC")


JOURNEYS = pd.DataFrame(
    [
        ("j1", "c1", "Soho", "completed", at(1), at(9), 10.0, "2026-03", "north"),
        ("j2", "c2", "Soho", "open", at(2), pd.NaT, 20.0, "2026-03", None),
        ("j3", "c1", "Bank", "cancelled", at(3), at(4), None, "2026-03", "south"),
        ("j4", None, None, "open", at(30), pd.NaT, 5.0, "2026-02", "south"),
    ],
    columns=["journey_id", "customer_id", "unit", "status", "started_at", "ended_at", "value", "month", "region"],
)
RESPONSES = pd.DataFrame(
    [
        ("r1", "j1", "c1", "overall", "nps", 9.0, at(5), at(5, 12), None, "2026-03"),
        ("r2", "j1", None, "overall", "nps", 2.0, at(8), at(8, 12), 2.0, "2026-03"),
        ("r3", "j2", "c2", "overall", "nps", 7.0, at(8), at(8, 12), 1.0, "2026-03"),
        ("r4", "j2", "c2", "counter", "csat", 4.0, at(2), at(2, 6), 1.0, "2026-03"),
        ("r5", "j3", "c1", "overall", "nps", None, at(9), pd.NaT, 1.0, "2026-03"),
        ("r6", None, None, "overall", "nps", 10.0, at(9), at(9, 1), 1.0, "2026-03"),
        ("r7", "j4", None, "overall", "nps", 0.0, at(31), at(31, 1), 1.0, "2026-03"),
    ],
    columns=["response_id", "journey_id", "customer_id", "touchpoint", "metric", "score", "asked_at", "answered_at", "weight", "month"],
).assign(channel=["email", "email", "sms", "sms", None, "email", None])
INPUTS = pd.DataFrame(
    [
        ("j1", "counter", "wait", 5.0, at(1)),
        ("j1", "parcel", "late", 0.0, at(1)),
        ("j1", "parcel", "late", 1.0, at(6)),
        ("j1", "parcel", "late", 0.0, at(8, 12)),
        ("j2", "counter", "wait", 40.0, at(2, 6)),
        ("j2", "parcel", "late", 0.0, at(2)),
        ("j2", "parcel", "late", 1.0, at(20)),
        ("j3", "counter", "wait", 12.0, at(3)),
    ],
    columns=["journey_id", "touchpoint", "input", "value", "measured_at"],
).assign(month="2026-03")
EVENTS = pd.DataFrame(
    [("j1", "counter", at(1, 2)), ("j1", "counter", at(1, 1)), ("j1", "parcel", at(1, 1)), ("j2", "counter", at(2)), ("j9", "counter", at(9))],
    columns=["journey_id", "touchpoint", "started_at"],
)
TIME, SCHEMAS = "timestamp('UTC', 6)", {}
FRAMES = {"journeys": JOURNEYS, "responses": RESPONSES, "inputs": INPUTS, "events": EVENTS}
for name, frame in FRAMES.items():
    SCHEMAS[name] = {
        column: TIME if column.endswith("_at") else "float64" if column in ("value", "score", "weight") else "string" for column in frame
    }


def tables(engine: str) -> dict:
    connection = getattr(ibis, engine).connect()
    return {name: connection.create_table(name, ibis.memtable(frame, schema=SCHEMAS[name]).to_pyarrow()) for name, frame in FRAMES.items()}


def answers(t):
    return frames.answers(t["responses"], t["journeys"], ["region"])


def ends(t):
    return frames.inputs_at_end(t["inputs"], [WAIT, LATE], [LATE])


def moments(t):
    given = answers(t)
    return given.select("response_id", "journey_id", at=given.answered_at)


EXPRESSIONS = {
    "answers": (answers, ["response_id"]),
    "inputs_as_of": (lambda t: frames.inputs_as_of(t["inputs"], moments(t), [WAIT, LATE]), ["response_id"]),
    "inputs_at_end": (lambda t: frames.inputs_at_end(t["inputs"], [WAIT, LATE]), ["journey_id"]),
    "inputs_ever": (ends, ["journey_id"]),
    "answers_with_inputs": (lambda t: frames.answers_with_inputs(answers(t), t["inputs"], [WAIT, LATE], [LATE]), ["response_id"]),
    "journeys_with_outputs": (
        lambda t: frames.journeys_with_outputs(
            t["journeys"], t["responses"], t["inputs"], ["overall.nps", "counter.csat"], [WAIT, LATE], "overall.nps", NOW.to_pydatetime()
        ),
        ["journey_id"],
    ),
    "journeys_without_outputs": (
        lambda t: frames.journeys_with_outputs(t["journeys"], t["responses"], t["inputs"], [], [LATE], None, NOW.to_pydatetime()),
        ["journey_id"],
    ),
    "customer_sums": (lambda t: frames.customer_sums(answers(t), ["touchpoint", "metric", "region"]), ["touchpoint", "region", "customer"]),
    "group_sums": (lambda t: frames.group_sums(answers(t), ["touchpoint", "metric", "region"]), ["touchpoint", "region"]),
    "with_points": (lambda t: frames.with_points(answers(t), ["overall.nps"]), ["response_id"]),
    "as_known": (lambda t: frames.as_known(t["journeys"], at(5).to_pydatetime()), ["journey_id"]),
    "in_scope": (lambda t: t["journeys"].filter(frames.in_scope(t["journeys"], {"unit": ["Soho"], "region": ["north", "south"]})), ["journey_id"]),
    "unit_scores": (lambda t: frames.unit_scores(answers(t), ["overall.nps"]), ["unit", "month", "name"]),
    "unit_inputs": (lambda t: frames.unit_inputs(t["inputs"], t["journeys"], [LATE]), ["unit", "month", "name"]),
    "first_times": (lambda t: maps.first_times(t["events"], t["journeys"], ["counter", "parcel"]), ["journey_id"]),
}


def run(name: str, engine: str) -> pd.DataFrame:
    expression, order = EXPRESSIONS[name]
    frame = expression(tables(engine)).execute()
    return frame.sort_values(order, ignore_index=True)


@pytest.mark.parametrize("name", sorted(EXPRESSIONS))
def test_every_expression_gives_the_same_on_a_second_engine(name):
    first, second = run(name, "duckdb"), run(name, "polars")
    assert list(first.columns) == list(second.columns) and len(first) == len(second) > 0
    for column in first:
        mine, theirs = (side[column].astype(object).where(side[column].notna(), None).tolist() for side in (first, second))
        assert mine == pytest.approx(theirs) if first[column].dtype == float else mine == theirs, column


def test_an_answer_takes_what_is_known_of_its_journey():
    found = run("answers", "duckdb").set_index("response_id")
    assert "r5" not in found.index, "not answered"
    assert found.loc["r2", "customer_id"] == "c1" and found.loc["r1", "weight"] == 1
    assert found.loc["r3", "asked_channel"] == "sms" and pd.isna(found.loc["r7", "asked_channel"])
    assert pd.isna(found.loc["r6", "unit"]) and found.loc["r7", "journey_month"] == "2026-02"


def test_inputs_are_valued_as_of_the_answer_where_the_end_would_mislead():
    """Customer of j1 answered twice: before the parcel was late, and at the very moment it came; j2 before it was late."""
    found = run("answers_with_inputs", "duckdb").set_index("response_id")
    assert found[LATE].drop("r6").to_dict() == pytest.approx({"r1": 0, "r2": 0, "r3": 0, "r4": 0, "r7": float("nan")}, nan_ok=True)
    assert found.loc["r3", LATE] == 0 and found.loc["r3", LATE + frames.AT_END] == 1, "late only twelve days after the answer"
    assert found.loc["r4", WAIT] == 40, "measured at the very moment of the answer"
    naive = found.loc[found[LATE + frames.AT_END] == 1, "score"].mean()
    lived = found.loc[found[LATE] == 1, "score"]
    assert naive == pytest.approx(5.5) and lived.empty, "nobody who answered had a late parcel; the naive reading blames it for 5.5"


def test_joining_inputs_neither_adds_nor_loses_answers():
    assert len(run("answers_with_inputs", "duckdb")) == len(run("answers", "duckdb")) == 6


def test_a_journey_has_its_last_answer_and_what_was_lived_by_then():
    found = run("journeys_with_outputs", "duckdb").set_index("journey_id")
    assert len(found) == 4
    assert found["overall.nps"].to_dict() == pytest.approx({"j1": 2, "j2": 7, "j3": float("nan"), "j4": 0}, nan_ok=True)
    assert found.loc["j1", LATE] == 0 and found.loc["j2", LATE] == 0
    assert found.loc["j3", WAIT] == 12, "not asked: as it stands now"
    assert run("journeys_without_outputs", "duckdb").set_index("journey_id").loc["j2", LATE] == 1


@pytest.mark.parametrize("turned", [False, True])
def test_two_answers_at_one_instant_are_told_apart_by_their_id_whatever_the_order_of_rows(turned):
    tied = RESPONSES[RESPONSES["response_id"].isin(["r1", "r2"])].assign(answered_at=at(8, 12))
    engine = ibis.duckdb.connect()
    given = {"journeys": JOURNEYS, "responses": tied.iloc[::-1] if turned else tied, "inputs": INPUTS}
    t = {name: engine.create_table(name, frame, schema=ibis.schema(SCHEMAS[name])) for name, frame in given.items()}
    found = frames.journeys_with_outputs(t["journeys"], t["responses"], t["inputs"], ["overall.nps"], [], "overall.nps", NOW.to_pydatetime())
    assert found.execute().set_index("journey_id").loc["j1", "overall.nps"] == 2


def test_an_input_counts_its_last_value_or_whether_it_ever_was():
    assert run("inputs_at_end", "duckdb").set_index("journey_id")[LATE].dropna().to_dict() == {"j1": 0, "j2": 1}
    assert run("inputs_ever", "duckdb").set_index("journey_id")[LATE].dropna().to_dict() == {"j1": 1, "j2": 1}


def test_sums_hold_each_customer_once_and_answers_without_one_stand_alone():
    found = run("customer_sums", "duckdb")
    nps = found[found["metric"] == "nps"].groupby("customer")[["n", "weight", "total", "promoters", "detractors"]].sum()
    assert nps.loc["c1"].tolist() == [2, 3, 13, 1, 2]
    assert nps.loc["r6"].tolist() == [1, 1, 10, 1, 0] and nps.loc["r7"].tolist() == [1, 1, 0, 0, 1]


def test_sums_over_customers_are_those_of_the_rows_a_customer():
    each = run("customer_sums", "duckdb").fillna({"region": "-"})
    found = run("group_sums", "duckdb").fillna({"region": "-"}).set_index(["touchpoint", "metric", "region"])
    assert len(found) == 4
    for place, row in found.iterrows():
        mine = each[(each[["touchpoint", "metric", "region"]] == list(place)).all(axis=1)]
        w, y, net = mine["weight"], mine["total"], mine["promoters"] - mine["detractors"]
        told = [mine["n"].sum(), len(mine), (w != mine["n"]).sum(), w.sum(), y.sum(), mine["promoters"].sum(), mine["detractors"].sum(),
                (w * w).sum(), (y * w).sum(), (y * y).sum(), (net * w).sum(), (net * net).sum()]  # fmt: skip
        assert row.tolist() == pytest.approx([float(one) for one in told]), place
    assert found.loc[("overall", "nps", "north"), ["n", "customers", "weighted", "weight_squares"]].tolist() == [2, 1, 1, 9]


def test_an_nps_answer_gives_points_and_another_its_score():
    found = run("with_points", "duckdb").set_index("response_id")["points"].to_dict()
    assert found == {"r1": 100, "r2": -100, "r3": 0, "r4": 4, "r6": 100, "r7": -100}


def test_scope_needs_every_column_and_leaves_out_the_unknown():
    assert list(run("in_scope", "duckdb")["journey_id"]) == ["j1"], "j2 has no region"


def test_units_are_told_by_the_month_of_the_act():
    scores = run("unit_scores", "duckdb").set_index(["unit", "name"])
    assert scores.loc[("Soho", "overall.nps"), ["value", "n"]].tolist() == pytest.approx([(100 - 2 * 100 + 0) / 4, 3])
    assert scores.loc[("Soho", "counter.csat"), "value"] == 4
    inputs = run("unit_inputs", "duckdb").set_index(["unit", "name"])
    assert inputs.loc[("Soho", WAIT), ["value", "n"]].tolist() == [22.5, 2]
    assert inputs.loc[("Soho", LATE), "value"] == 1, "late once is late, where the brand counts it so"
    assert set(inputs["month"]) == {"2026-03"}


def test_journeys_reach_a_touchpoint_when_they_first_do():
    found = run("first_times", "duckdb").set_index("journey_id")
    assert found.loc["j1", "counter"] == at(1, 1) and found.loc["j1", "parcel"] == at(1, 1)
    assert list(found.index) == ["j1", "j2", "j3", "j4"] and found.loc["j3", ["counter", "parcel"]].isna().all()
