"""Labels: read, kept, taken back; what to read next, by lot and by doubt."""

from dataclasses import replace

import pandas as pd
import pytest

from cx_helpers.errors import DataError, UsageError
from cx_helpers.journeys.voice import labels as labelled
from cx_helpers.journeys.voice.labelling import Sitting, converse
from cx_helpers.journeys.voice.lexicon import TOLD


@pytest.fixture
def brand(shop):
    return shop.load()


def comments(n: int = 300) -> pd.DataFrame:
    return pd.DataFrame({
        "comment_id": [f"k{i}" for i in range(n)], "text": [f"text {i}" for i in range(n)], "language": ["en" if i % 3 else "es" for i in range(n)],
        "month": [f"2026-0{1 + i % 3}" for i in range(n)], "origin": "survey", "touchpoint": "counter",
    })  # fmt: skip


def test_labels_are_read_as_they_were_kept(brand):
    labelled.keep(brand, "k1", ["joy", "gratitude"], "random", labelled_at="2026-03-01T10:00Z", who="a")
    labelled.keep(brand, "k2", [], "proposed")
    found = labelled.labels(brand).set_index("comment_id")
    assert list(found) == ["drawn", *TOLD] and found["drawn"].tolist() == ["random", "proposed"]
    assert found.loc["k1", ["positive", "joy", "gratitude", "negative"]].tolist() == [True, True, True, False] and not found.loc["k2", list(TOLD)].any()
    assert (brand.folder / "labels.csv").read_text().splitlines()[1] == "k1,joy gratitude,random,2026-03-01T10:00Z,a"


def test_a_brand_without_labels_has_none(brand):
    assert labelled.labels(brand).empty and labelled.forget_last(brand) is None


def test_of_a_comment_labelled_twice_the_last_counts_and_the_folder_wins_over_the_raw_files(brand):
    (brand.raw / "labels.csv").write_text("comment_id,label,drawn\nk1,anger,random\nk9,worry,random\n")
    labelled.keep(brand, "k1", [], "random")
    labelled.keep(brand, "k1", ["joy"], "random")
    found = labelled.labels(brand).set_index("comment_id")
    assert found.loc["k1", "joy"] and not found.loc["k1", "anger"] and found.loc["k9", "worry"] and len(found) == 2


def test_a_file_with_fewer_columns_is_gone_on_with(brand):
    (brand.folder / "labels.csv").write_text("comment_id,label,drawn\nk1,none,practice")
    labelled.keep(brand, "k2", ["worry"], "random")
    assert labelled.labels(brand)["drawn"].tolist() == ["practice", "random"] and labelled.forget_last(brand) == "k2"
    assert labelled.labels(brand)["comment_id"].tolist() == ["k1"]


def test_what_cannot_be_read_is_told_all_at_once_with_its_line(brand):
    (brand.folder / "labels.csv").write_text("comment_id,label,drawn\nk1,rage,random\nk2,none joy,random\nk3,joy,luck\n")
    with pytest.raises(DataError) as told:
        labelled.labels(brand)
    lines = str(told.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["labels.csv line 2", "labels.csv line 3", "labels.csv line 4"] and "'rage'" in lines[0]
    with pytest.raises(DataError, match="label rage"):
        labelled.keep(brand, "k1", ["rage"], "random")


def test_the_first_of_each_language_come_by_lot_the_same_on_every_machine():
    first = labelled.proposals(comments(), pd.DataFrame({"comment_id": [], "drawn": []}), count=60)
    assert (first["drawn"] == "random").all() and first["language"].value_counts().to_dict() == {"es": 30, "en": 30}
    again = labelled.proposals(comments().iloc[::-1], pd.DataFrame({"comment_id": [], "drawn": []}), count=60)
    assert first["comment_id"].tolist() == again["comment_id"].tolist()
    known = first.head(20)[["comment_id", "drawn"]]
    rest = labelled.proposals(comments(), known, count=40)
    assert rest["comment_id"].tolist() == first["comment_id"].tolist()[20:]


def test_after_a_hundred_by_lot_every_other_one_is_the_most_doubted_in_turn_of_months():
    rows = comments(700)
    en = rows[rows["language"] == "en"]["comment_id"]
    es = rows[rows["language"] == "es"]["comment_id"]
    known = pd.DataFrame({"comment_id": [*en[:120], *es[:120]], "drawn": "random"})
    left = rows[~rows["comment_id"].isin(known["comment_id"])]
    doubt = pd.Series(0.1, index=rows["comment_id"])
    doubted = left[left["language"] == "en"].groupby("month")["comment_id"].first()
    doubt[doubted] = 1.0
    found = labelled.proposals(rows, known, doubt, count=12)
    assert found["drawn"].tolist() == ["random", "proposed"] * 6
    assert set(doubted) <= set(found.loc[found["drawn"] == "proposed", "comment_id"].head(6))


def test_nothing_is_proposed_twice_and_it_ends():
    found = labelled.proposals(comments(7), pd.DataFrame({"comment_id": ["k0"], "drawn": ["random"]}), count=50)
    assert sorted(found["comment_id"]) == [f"k{i}" for i in range(1, 7)]


def test_a_sitting_goes_on_where_the_last_one_stopped(brand):
    sitting = Sitting(brand, comments(), count=5, who="a")
    ids = sitting.queue["comment_id"].tolist()
    sitting.label(["joy"])
    sitting.skip()
    sitting.label([])
    assert sitting.undo() and sitting.current["comment_id"] == ids[2] and labelled.labels(brand)["comment_id"].tolist() == [ids[0]]
    sitting.label(["anger", "worry"])
    later = Sitting(brand, comments(), count=5)
    assert ids[0] not in set(later.queue["comment_id"]) and ids[1] in set(later.queue["comment_id"])
    assert later.progress().set_index("language")["labels"].sum() == 2 and not later.undo()


def test_a_sitting_without_comments_says_what_to_do(brand):
    with pytest.raises(UsageError, match="no comments to label"):
        Sitting(brand, comments(4).assign(language="unknown"))


def test_in_a_terminal_letters_label_and_what_is_not_known_is_asked_again(brand):
    answers, told = iter(["dw", "?", "n", "u", "g", "s", "q"]), []
    kept = converse(Sitting(brand, comments(), count=9), lambda _: next(answers), told.append)
    found = labelled.labels(brand)
    assert kept == 2 and found["disappointment"].tolist() == [True, False] and found["gratitude"].tolist() == [False, True] and found["worry"].tolist() == [True, False]
    assert any("'?': allowed are a, d, w, j, g" in line for line in told)


def test_the_end_of_the_input_ends_the_sitting(brand):
    def ended(_):
        raise EOFError

    assert converse(Sitting(brand, comments(), count=2), ended, lambda _: None) == 0


def test_a_finished_sitting_takes_no_label(brand):
    sitting = Sitting(brand, comments(1), count=1)
    sitting.label([])
    assert sitting.current is None
    sitting.skip()
    with pytest.raises(UsageError, match="nothing is left"):
        sitting.label([])


def test_labels_hold_no_text(brand):
    sitting = Sitting(replace(brand), comments(), count=3)
    while sitting.current is not None:
        sitting.label(["joy"])
    assert "text" not in (brand.folder / "labels.csv").read_text()


def test_the_command_shows_what_to_read_and_keeps_nothing_of_who_quits(sample_data):
    from typer.testing import CliRunner

    from cx_helpers.cli import app

    done = CliRunner().invoke(app, ["label", "sample", "--count", "3"], input="q\n")
    assert done.exit_code == 0 and "[1 of 3]" in done.output and "sample: kept 0 labels" in done.output
    assert not (sample_data / "sample" / "labels.csv").exists()


def test_the_command_says_where_nothing_is_to_be_labelled(shop):
    from cx_helpers.journeys.voice.labelling import begin
    from cx_helpers.study import Study

    shop.ingest()
    with pytest.raises(UsageError, match="shop: found no comments to label"):
        begin(Study.open("shop", "2026-03", notebook="02_journeys"))
