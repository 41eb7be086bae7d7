"""A brand proposed from an export: what columns are taken for, and that it runs at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

from cx_helpers.config import load_brand
from cx_helpers.errors import UsageError
from cx_helpers.ingest import ingest
from cx_helpers.ingest.proposing.proposal import ROLES, propose
from cx_helpers.ingest.proposing.names import slug, wording
from cx_helpers.ingest.proposing.kinds import guess_columns
from cx_helpers.ingest.proposing.times import time_pattern
from cx_helpers.tables.lake import Lake


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("CX_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path


def branches(rows: int = 200) -> pd.DataFrame:
    """An export as a survey tool writes it, months and days in American order."""
    chance = random.Random(7)
    return pd.DataFrame(
        {
            "Ticket No": [f"T{i:04d}" for i in range(rows)],
            "Customer ID": [f"C{i % 150}" for i in range(rows)],
            "Branch": [("North", "South", "East")[i % 3] for i in range(rows)],
            "Visit time": [f"{9 + i % 2}/{1 + i % 28}/2026 {1 + i % 11}:{i % 60:02d} PM" for i in range(rows)],
            "wait_minutes": [f"{chance.uniform(0, 40):.1f}" for _ in range(rows)],
            "counter_csat": [str(i % 5 + 1) if i % 20 else "99" for i in range(rows)],
            "NPS": [str(i % 11) for i in range(rows)],
            "Amount paid": [f"{chance.uniform(5, 90):.2f}" for _ in range(rows)],
            "Weight": [("0.8", "1.2")[i % 2] for i in range(rows)],
            "Channel": [("app", "walk-in")[i % 2] for i in range(rows)],
            "Comment": [f"The wait of visit {i} was far too long for me" for i in range(rows)],
            "Email": [f"someone{i}@example.org" for i in range(rows)],
        }
    )


def written(folder, frame: pd.DataFrame, name: str = "branches.csv", **options):
    frame.to_csv(folder / name, index=False, **options)
    return folder / name


def table(brand: str, name: str) -> pd.DataFrame:
    return Lake(load_brand(brand).folder / "tables").frame(name)


def test_each_column_is_taken_for_what_it_is():
    guessed = {guess.column: guess.role for guess in guess_columns(branches())}
    assert guessed == {
        "Ticket No": "key", "Customer ID": "customer", "Branch": "unit", "Visit time": "time", "wait_minutes": "input",
        "counter_csat": "score", "NPS": "score", "Amount paid": "money", "Weight": "weight", "Channel": "segment",
        "Comment": "comment", "Email": "personal",
    }  # fmt: skip


def test_the_proposed_brand_is_ingested_whole_with_its_values(data):
    folder, lines = propose("branches", [written(data, branches())])
    assert (folder / "raw" / "branches.csv").is_file() and any("99" in line for line in lines)
    ingest(load_brand("branches"))
    journeys, responses, inputs = table("branches", "journeys"), table("branches", "responses"), table("branches", "inputs")
    assert len(journeys) == 200 and set(journeys["month"]) == {"2026-09", "2026-10"}
    first = journeys.set_index("journey_id").loc["T0000"]
    assert str(first["started_at"]) == "2026-09-01 13:00:00+00:00" and first["unit"] == "North"
    nps = responses[responses["metric"] == "nps"]
    assert len(nps) == 200 and nps["score"].sum() == sum(i % 11 for i in range(200)) and set(nps["weight"]) == {0.8, 1.2}
    counter = responses[responses["touchpoint"] == "counter"]
    assert counter["score"].isna().sum() == 10 and counter["score"].max() == 5
    assert len(inputs) == 200 and len(table("branches", "comments")) == 200 and len(table("branches", "quarantine")) == 0
    assert journeys["customer_id"].nunique() == 150 and "C0" not in set(journeys["customer_id"])


def test_the_command_line_goes_from_a_file_to_a_checked_brand(data):
    file = written(data, branches())

    def cx(*words):
        return subprocess.run([sys.executable, "-c", "from cx_helpers.cli import main; main()", *words], capture_output=True, text=True, env=os.environ)

    made = cx("init", "branches", "--from", str(file), "--label", "Our branches")
    assert made.returncode == 0 and "wait_minutes" in made.stdout, made.stderr
    assert cx("check", "branches").returncode == 0 and cx("ingest", "branches").returncode == 0
    assert load_brand("branches").label == "Our branches"
    again = cx("init", "branches", "--from", str(file))
    assert again.returncode == 2 and "is there already and is left as it is" in again.stderr and len(again.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("values", "pattern"),
    [
        (["13/05/2017", "01/06/2017"], "%d/%m/%Y"),
        (["5/13/2017 3:05 PM", "6/1/2017 11:00 AM"], "%m/%d/%Y %I:%M %p"),
        (["2017-05-13T10:00:00Z", "2017-06-01T10:00:00Z"], "ISO"),
        (["13.5.2017 09:00", "1.6.2017 10:30"], "%d.%m.%Y %H:%M"),
        (["May 13, 2017", "June 1, 2017"], "%B %d, %Y"),
        (["12/31/1899 09:30:00 AM", "12/31/1899 10:30:00 AM"], ""),
        (["6:30 AM", "7:00 AM"], ""),
        (["4155550100", "4155550101"], ""),
    ],
)
def test_a_time_is_known_by_its_format_and_a_clock_or_a_number_is_not_one(values, pattern):
    assert time_pattern(pd.Series(values, dtype=object))[0] == pattern


def test_days_that_could_be_months_are_told():
    assert time_pattern(pd.Series(["01/02/2026", "03/04/2026"], dtype=object)) == ("%d/%m/%Y", True)
    assert time_pattern(pd.Series(["01/02/2026", "13/04/2026"], dtype=object)) == ("%d/%m/%Y", False)


def test_a_file_without_dates_is_dated_by_its_name_or_by_hand_and_says_so_on_every_page(data):
    file = written(data, branches().drop(columns="Visit time"), "answers_2019-03.csv")
    _, lines = propose("branches", [file])
    assert any("every answer is dated 2019-03-01 (the month comes from the file's name)" in line and "--again --date" in line for line in lines)
    assert any("2019-03-01" in caveat for caveat in load_brand("branches").journey.caveats)
    propose("branches", [file], day=date(2017, 5, 1), again=True)
    ingest(load_brand("branches"))
    assert set(table("branches", "responses")["month"]) == {"2017-05"}
    unnamed = written(data, branches().drop(columns="Visit time"))
    os.utime(unnamed, (1_500_000_000, 1_500_000_000))
    assert any("2017-07-14 (it is the day on which the file was written)" in line for line in propose("unnamed", [unnamed])[1])


def test_a_file_without_a_score_is_shown_as_it_is_and_says_how_to_name_one(data):
    frame = branches()[["Ticket No", "Visit time", "Channel"]].assign(points=[str(i % 40) for i in range(200)])
    file = written(data, frame)
    _, lines = propose("branches", [file])
    brand = load_brand("branches")
    assert any("no column is a score" in line and "--again --as COLUMN=score" in line for line in lines)
    assert not brand.journey.metrics and list(brand.audiences["all"].pages) == ["01_ingest", "02_journeys"]
    propose("branches", [file], roles={"points": "score"}, again=True)
    assert load_brand("branches").journey.metrics["points.rating"].limits == (0, 39)
    assert len(load_brand("branches").audiences["all"].pages) > 2
    with pytest.raises(UsageError, match=r"--as COLUMN=ROLE: pionts is no column of branches.csv; did you mean points"):
        propose("other", [file], roles={"pionts": "score"})


def test_codes_in_a_table_without_dates_become_a_score_by_one_word(data):
    """As packages keep their data sets: no dates, no ids, codes under names that say nothing."""
    frame = pd.DataFrame({"x1": [str(1 + i % 5) for i in range(120)], "x2": [("a", "b", "c")[i % 3] for i in range(120)]})
    file = written(data, frame, "survey_2024-06.csv")
    propose("plain", [file], roles={"x1": "score"})
    ingest(load_brand("plain"))
    answers = table("plain", "responses")
    assert answers["score"].mean() == 3.0 and len(answers) == 120 and set(answers["month"]) == {"2024-06"}


def test_what_a_person_edited_is_never_written_over(data):
    file = written(data, branches())
    folder, _ = propose("branches", [file])
    (folder / "journey.yaml").write_text((folder / "journey.yaml").read_text() + "\n# mine\n")
    with pytest.raises(UsageError, match=r"journey\.yaml was edited by hand and is left as it is"):
        propose("branches", [file], again=True)
    assert "# mine" in (folder / "journey.yaml").read_text()


def test_codes_beside_a_scale_are_no_answer_and_so_are_declared_ones():
    frame = pd.DataFrame(
        {
            "Q7FOOD": list("123456051234") * 5, "Q7SHOP": list("543216005432") * 5, "Q1NETPRO": [str(i % 12) for i in range(60)],
            "rate_room": [str(i % 5 + 1) for i in range(60)], "Q5TIMES": [str(i % 7) for i in range(60)],
        }
    )  # fmt: skip
    guessed = {guess.column: guess for guess in guess_columns(frame)}
    assert (guessed["Q7FOOD"].scale, guessed["Q7FOOD"].blanks) == ((1, 5), ("0", "6"))
    assert (guessed["Q1NETPRO"].kind, guessed["Q1NETPRO"].scale, guessed["Q1NETPRO"].blanks) == ("nps", (0, 10), ("11",))
    assert guessed["rate_room"].blanks == () and guessed["Q5TIMES"].role == "segment"
    declared = {guess.column: guess for guess in guess_columns(frame, ("3",))}
    assert declared["rate_room"].blanks == ("3",) and "3" not in declared["Q1NETPRO"].blanks


def test_words_and_leading_numbers_are_scores(data):
    frame = pd.DataFrame(
        {
            "id": [str(i) for i in range(60)], "when": [f"2026-09-{1 + i % 28:02d}" for i in range(60)],
            "How satisfied were you with the delivery?": ["Very satisfied", "Satisfied", "Neutral", "Dissatisfied", "N/A"] * 12,
            "How likely are you to recommend us?": ["10 - Extremely likely", "9", "8", "7", "0 - Not at all likely"] * 12,
            "Speed (1-7)": [str(i % 7 + 1) for i in range(60)],
        }
    )  # fmt: skip
    propose("words", [written(data, frame)])
    ingest(load_brand("words"))
    sums = table("words", "responses").groupby("metric")["score"].agg(["sum", "count"])
    assert list(sums.loc["nps"]) == [34 * 12, 60]
    assert sorted(load_brand("words").journey.metrics) == ["delivery.csat", "overall.nps", "speed.rating"]
    assert len(table("words", "quarantine")) == 0


def test_semicolons_and_decimal_commas_and_excel_are_read(data):
    frame = branches().assign(wait_minutes=[f"{i % 40},5" for i in range(200)])
    propose("commas", [written(data, frame, sep=";")])
    ingest(load_brand("commas"))
    assert table("commas", "inputs")["value"].max() == 39.5
    branches().to_excel(data / "branches.xlsx", index=False)
    propose("sheets", [data / "branches.xlsx"])
    ingest(load_brand("sheets"))
    assert len(table("sheets", "journeys")) == 200


def test_files_of_the_same_columns_are_one_source_and_others_are_kept_for_joins(data):
    files = [written(data, branches().head(100), "a.csv"), written(data, branches().tail(100), "b.csv")]
    other = written(data, pd.DataFrame({"Branch": ["North"], "Region": ["up"]}), "regions.tsv", sep="\t")
    propose("branches", [*files, other])
    ingest(load_brand("branches"))
    assert len(table("branches", "journeys")) == 200 and load_brand("branches").sources.sources["regions"].lookup


def test_linked_files_are_read_where_they_lie(data):
    folder, _ = propose("branches", [written(data, branches())], link=True)
    assert not (folder / "raw").exists() and load_brand("branches").raw == data
    ingest(load_brand("branches"))


def test_the_folder_says_what_was_guessed_and_that_nobody_confirmed_it(data):
    folder, _ = propose("branches", [written(data, branches())])
    text = (folder / "README.md").read_text()
    assert all(f"| {name} |" in text for name in branches().columns)
    assert any("nobody has confirmed" in caveat for caveat in load_brand("branches").journey.caveats)
    fields = load_brand("branches").sources.sources["answers"].fields
    assert fields["Ticket No"].reason and fields["NPS"].kind == "attitude" and fields["Email"].personal == "email"


def test_headers_of_any_kind_are_quoted_and_explaining_rows_are_passed_over(data):
    frame = pd.DataFrame(
        {
            'He said "hi"; it\'s: #1 {a}, b|c': [str(i) for i in range(40)],
            "Recorded\nDate": [f"2026-09-{1 + i % 28:02d} 10:00:00" for i in range(40)],
            "score (1-5): how's the food?": [str(i % 5 + 1) for i in range(40)],
            "unit": ["A", "B"] * 20, "value": ["Open", "Shut"] * 20, "source": ["web", "app"] * 20,
        }
    )  # fmt: skip
    explained = pd.DataFrame([["what it is"] * 6, ['{"ImportId":"x"}'] * 6], columns=frame.columns)
    folder, _ = propose("odd", [written(data, pd.concat([explained, frame]))])
    ingest(load_brand("odd"))
    assert len(table("odd", "journeys")) == 40 and table("odd", "responses")["score"].sum() == 120
    assert {"value_2", "source_2"} <= set(table("odd", "journeys").columns)
    assert len(table("odd", "quarantine")) == 0


def test_more_than_one_time_makes_steps(data):
    day = pd.Timestamp("2026-09-01 08:00")
    times = {"ordered_at": 0, "shipped_at": 20, "delivered_at": 50, "estimated_delivery": 60, "review_date": 80}
    frame = pd.DataFrame({name: [str(day + pd.Timedelta(hours=start + i)) for i in range(60)] for name, start in times.items()})
    frame = frame.assign(order_id=[f"o{i}" for i in range(60)], rating=[str(i % 5 + 1) for i in range(60)])
    propose("orders", [written(data, frame)])
    ingest(load_brand("orders"))
    events = table("orders", "events").query("journey_id == 'o0'").sort_values("started_at")
    assert list(events["touchpoint"]) == ["ordered", "shipped", "delivered"]
    assert str(events["started_at"].iloc[1]) == "2026-09-02 04:00:00+00:00"
    assert list(load_brand("orders").journey.metrics) == ["overall.rating"]
    assert str(table("orders", "responses")["answered_at"].min()) == "2026-09-04 16:00:00+00:00"


@pytest.mark.long
def test_a_proposed_brand_makes_its_four_pages_at_once(data, monkeypatch, repo):
    monkeypatch.setenv("CX_REPORTS", str(data / "reports"))
    monkeypatch.setenv("CX_NOTEBOOKS", str(repo / "notebooks"))
    propose("branches", [written(data, branches())])
    cx = [sys.executable, "-c", "from cx_helpers.cli import main; main()", "run", "branches"]
    done = subprocess.run(cx, capture_output=True, text=True, env=os.environ, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted(path.name for path in (data / "reports/branches/2026-10/all").glob("*.html"))
    assert pages == ["01_ingest.html", "02_journeys.html", "03_drivers.html", "04_follow_up.html"]


def test_names_are_made_fit_for_configuration():
    assert slug("<strong>Are you?</strong>") == "are_you" and slug("7 days") == "c_7_days" and slug("#") == "c"
    assert wording("wait_minutes") == "Wait minutes" and len(wording("word " * 40)) <= 80
    assert "score" in ROLES


@pytest.mark.parametrize("name", ["Comentarios", "Bemerkung", "Any other comments?", "Commentaires", "Comentários", "why", "What could we do better?", "Open-ended answer"])
def test_a_column_that_says_comment_is_one_however_little_was_written(name):
    few = pd.DataFrame({"id": [str(i) for i in range(40)], name: ["", "too slow", "fine", ""] * 10})
    same = pd.DataFrame({"id": [str(i) for i in range(40)], name: ["", "", "too slow", ""] * 10})
    assert guess_columns(few)[1].role == guess_columns(same)[1].role == "comment"


@pytest.mark.parametrize("name", ["comment_type", "feedback_channel", "How often do you comment online?"])
def test_a_column_about_comments_is_not_one(name):
    assert guess_columns(pd.DataFrame({"id": [str(i) for i in range(40)], name: ["often", "now and then"] * 20}))[1].role == "segment"


@pytest.mark.parametrize("cells", [("1.444,40", "894,86"), ("$1,444.40", "$894.86"), ("1.444,40 €", "894,86 €")])
def test_money_is_read_as_it_is_written_in_its_country(data, cells):
    amounts = [cells[i % 2].replace("4", str(1 + i % 9)) for i in range(60)]
    frame = branches(60).drop(columns="Amount paid").assign(**{"Rechnung EUR": amounts})
    propose("money", [written(data, frame, sep=";")])
    ingest(load_brand("money"))
    values = table("money", "journeys").set_index("journey_id")["value"]
    assert values.notna().all() and (values["T0000"], values["T0001"], values["T0016"]) == (1111.1, 892.86, 1888.8)


def test_what_is_not_used_and_a_missing_customer_are_told(data):
    frame = branches().drop(columns="Customer ID").assign(odd=[f"x {i}" for i in range(200)])
    _, lines = propose("shop", [written(data, frame)])
    assert any(line.startswith("  unused:    odd") for line in lines) and any("no column names the customer" in line for line in lines)
    _, lines = propose("shop2", [written(data, frame.assign(cust=[f"C{i % 90:03d}" for i in range(200)]), "b.csv")])
    assert "  customer:  cust" in lines and not any("no column names the customer" in line for line in lines)


def test_a_draft_accuses_itself_of_no_field_without_a_purpose(data):
    propose("shop", [written(data, branches())])
    fields = load_brand("shop").sources.sources["answers"].fields
    assert fields["Email"].personal == "email" and [name for name, field in fields.items() if not field.purpose] == []


def test_a_wrong_as_says_which_half_is_wrong_and_what_was_meant(data):
    file = written(data, branches())
    with pytest.raises(UsageError, match=r"^--as COLUMN=ROLE: Brnach is no column of branches.csv; did you mean Branch\?; place is no role; the roles are score, told, .*unused\.$"):
        propose("shop", [file], roles={"Brnach": "unit", "Channel": "place"})
