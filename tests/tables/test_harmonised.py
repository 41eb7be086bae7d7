"""Answers under several wordings or programmes: never pooled undeclared, put on one scale where declared, on both engines."""

import ibis
import pandas as pd
import pytest
from pydantic import ValidationError

from cx_helpers.config.journey import Journey
from cx_helpers.tables import harmonised

TIME = "timestamp('UTC', 6)"
SCHEMA = {
    "response_id": "string", "touchpoint": "string", "metric": "string", "score": "float64", "scale_min": "float64",
    "scale_max": "float64", "asked_at": TIME, "answered_at": TIME, "programme": "string", "question_version": "string", "month": "string",
}  # fmt: skip


def journey(**comparable) -> Journey:
    csat = {"id": "csat", "kind": "csat", "label": "Counter", "comparable": comparable}
    point = {"id": "counter", "label": "Counter", "metrics": [csat]}
    return Journey.model_validate({
        "label": "Shop", "stages": [{"id": "buy", "label": "Buy", "touchpoints": [point]}],
        "remembered": [{"id": "nps", "kind": "nps", "label": "Recommend"}],
    })  # fmt: skip


def answer(number: int, score: float | None, month: int, version: str | None, programme: str | None = None, day: int = 10, scale=(None, None)):
    asked = pd.Timestamp(2026, month, day, tz="UTC")
    answered = pd.NaT if score is None else asked + pd.Timedelta(hours=1)
    return (f"r{number}", "counter", "csat", score, *scale, asked, answered, programme, version, f"2026-{month:02}")


OLD, NEW = [answer(n, 2.0, 1, "v1") for n in range(4)], [answer(n, 5.0, 3, "v2") for n in range(4, 8)]
MIXED = [*(answer(n, 2.0, 2, "v1") for n in range(10, 13)), answer(13, 5.0, 2, "v2", day=20)]
STRAGGLER = [answer(20, 1.0, 3, "v1", day=25)]
ASKED = [answer(30, None, 3, "v2"), answer(31, None, 1, "v1")]


def rows(answers, engine: str = "duckdb"):
    frame = pd.DataFrame(answers, columns=list(SCHEMA))
    connection = getattr(ibis, engine).connect()
    return connection.create_table("responses", ibis.memtable(frame, schema=SCHEMA).to_pyarrow())


def scores(answers, journey, until=None, which="newest", engine="duckdb") -> dict[str, float]:
    table = rows(answers, engine)
    found = harmonised.harmonised(table, harmonised.versions(table, journey), until, which).execute()
    assert list(found.columns) == list(SCHEMA)
    return dict(zip(found["response_id"], found["score"], strict=True))


both = pytest.mark.parametrize("engine", ["duckdb", "polars"])


@both
def test_undeclared_wordings_are_not_pooled_and_the_newest_is_read(engine):
    found = scores(OLD + MIXED + NEW + STRAGGLER, journey(), engine=engine)
    assert set(found) == {"r4", "r5", "r6", "r7", "r13"}, "one answer more to the old wording, given last, changes nothing"
    assert set(found.values()) == {5.0}


@both
def test_declared_wordings_are_pooled(engine):
    found = scores(OLD + NEW, journey(wordings=[["v1", "v2"]]), engine=engine)
    assert len(found) == 8 and found["r0"] == 2.0 and found["r7"] == 5.0


@both
def test_a_declared_scale_is_carried_over_to_the_metrics_own(engine):
    old = [answer(0, 1.0, 1, "v1"), answer(1, 4.0, 1, "v1"), answer(2, 7.0, 1, "v1")]
    found = scores(old + NEW, journey(wordings=[["v1", "v2"]], scales={"v1": [1, 7]}), engine=engine)
    assert [found[f"r{n}"] for n in (0, 1, 2, 4)] == pytest.approx([1, 3, 5, 5])


@both
def test_a_scale_that_the_rows_name_is_carried_over_where_the_wordings_compare(engine):
    old = [answer(0, 0.0, 1, "v1", scale=(0.0, 100.0)), answer(1, 75.0, 1, "v1", scale=(0.0, 100.0))]
    pooled = scores(old + NEW, journey(wordings=[["v1", "v2"]]), engine=engine)
    assert [pooled["r0"], pooled["r1"]] == pytest.approx([1, 4])
    assert set(scores(old + NEW, journey(), engine=engine)) == {"r4", "r5", "r6", "r7"}


def test_one_wording_on_two_scales_is_two_wordings_unless_declared():
    twice = [answer(0, 90.0, 1, None, scale=(0.0, 100.0)), *NEW[:1], answer(9, 4.0, 3, None), answer(8, 4.0, 3, None, scale=(1.0, 5.0))]
    assert set(scores(twice, journey())) == {"r9", "r8"}


@both
def test_each_month_has_the_wording_then_in_force(engine):
    every = OLD + MIXED + NEW + STRAGGLER + ASKED
    assert set(scores(every, journey(), which="each_month", engine=engine)) == {
        "r0", "r1", "r2", "r3", "r31", "r10", "r11", "r12", "r4", "r5", "r6", "r7", "r30",
    }  # fmt: skip
    assert len(scores(every, journey(), which="all", engine=engine)) == len(every)


def test_what_came_later_is_not_known_yet():
    every = OLD + MIXED + NEW
    assert set(scores(every, journey(), "2026-01").values()) == {2.0}
    assert {"r0", "r10"} <= set(scores(every, journey(), "2026-02")) and "r13" not in scores(every, journey(), "2026-02")


def test_programmes_side_by_side_do_not_take_turns():
    """The larger one is read every month, whoever happened to be asked last."""
    side = [answer(100 * m + n, 4.0, m, None, "pulse", day=5 + n) for m in (1, 2, 3) for n in range(5)]
    side += [answer(1000 * m + n, 2.0, m, None, "app", day=20 + n) for m in (1, 2, 3) for n in range(3)]
    table = rows(side)
    found = harmonised.versions(table, journey())
    assert harmonised.changed(found).empty and set(harmonised.in_force(found)["wording"]) == {"pulse"}
    assert len(scores(side, journey(programmes=[["pulse", "app"]]))) == 24


def test_a_change_is_told_with_its_month_and_only_where_there_is_one():
    found = harmonised.versions(rows(OLD + MIXED + NEW), journey())
    assert harmonised.changed(found).to_dict("records") == [
        {"metric": "counter.csat", "month": "2026-03", "wording": "v2", "before": "v1"}
    ]
    assert harmonised.changed(found, "2026-02").empty
    assert harmonised.changed(harmonised.versions(rows(OLD + NEW), journey(wordings=[["v1", "v2"]]))).empty
    assert harmonised.changed(harmonised.versions(rows(OLD), journey())).empty


def test_responses_without_a_version_are_one_and_untouched():
    plain = [answer(n, 3.0, m, None) for n, m in enumerate((1, 2, 3))]
    table = rows(plain)
    found = harmonised.versions(table, journey())
    assert harmonised.harmonised(table, found) is table and harmonised.kept_apart(table, journey()).empty


def test_what_is_kept_apart_is_counted_with_its_time_and_what_it_compares_with():
    older = [answer(n, 3.0, 1, "v0") for n in (40, 41)]
    found = harmonised.kept_apart(rows(OLD + MIXED + NEW + older + ASKED), journey(wordings=[["v0", "v1"]]))
    assert found[["question_version", "rows", "pooled_with"]].to_numpy().tolist() == [["v0", 2, "v1"], ["v1", 7, "v0"]]
    assert found["since"].iloc[0] == pd.Timestamp(2026, 1, 10, tz="UTC") and found["until"].iloc[1] == pd.Timestamp(2026, 2, 10, tz="UTC")
    assert found["programme"].isna().all() and set(found["metric"]) == {"counter.csat"}


def test_an_nps_is_never_carried_over_from_another_scale():
    with pytest.raises(ValidationError, match="an NPS is not carried over"):
        Journey.model_validate({**journey().model_dump(), "remembered": [{"id": "nps", "kind": "nps", "label": "x", "comparable": {"scales": {"v1": [1, 5]}}}]})


@pytest.mark.parametrize(
    ("comparable", "said"),
    [({"wordings": [["v1", "v2"], ["v2", "v3"]]}, "'v2' stands twice"), ({"wordings": [["v1"]]}, "two names or more"),
     ({"scales": {"v1": [7, 1]}}, "must run from low to high"), ({"wording": []}, "Extra inputs")],
)  # fmt: skip
def test_a_wrong_declaration_is_refused(comparable, said):
    with pytest.raises(ValidationError, match=said):
        journey(**comparable)


def test_a_wording_may_be_a_number_in_yaml():
    assert len(scores([answer(0, 2.0, 1, "1"), answer(1, 4.0, 2, "2")], journey(wordings=[[1, 2]]))) == 2
