"""Every reader-facing word is a message of the catalogue; a finding is worded with its grade."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from cx_helpers.errors import UsageError
from cx_helpers.findings import GRADES, Finding
from cx_helpers.reports import sentences as module
from cx_helpers.reports.sentences import Sentences, catalogue, languages

SAY = Sentences("en", "EUR")


def test_a_finding_is_worded_with_its_interval_its_n_and_its_grade():
    finding = Finding("trends.down_month", {"label": "NPS", "score": {"value": 31, "low": 28, "high": 34}}, -4.0, -7.0, -1.0, 4812, "t", "described")
    said = SAY.word(finding).replace("\u00a0", " ")
    assert said == "NPS is 31 (28 to 34), 4 lower (1 to 7) than the month before. (n = 4,812, described)"


def test_plural_follows_the_count():
    assert SAY.say("portal.index", count=1) == "Reports for one audience."
    assert SAY.say("portal.index", count=1200) == "Reports for 1,200 audiences."


def test_an_unknown_message_or_a_missing_argument_is_told_in_one_line():
    with pytest.raises(UsageError, match="message 'no.such' is not in locale/en.po"):
        SAY.say("no.such")
    with pytest.raises(UsageError, match="message 'number.n' needs 'n'"):
        SAY.say("number.n")


def test_an_unknown_kind_is_refused(monkeypatch):
    monkeypatch.setattr(SAY, "_template", lambda message, args: "{value:colour}")
    with pytest.raises(UsageError, match="value:colour} is unknown"):
        SAY.say("any", value=1)


def test_english_has_text_for_every_id():
    assert Sentences("en").missing() == []


def test_a_language_without_a_message_says_it_in_english(tmp_path, monkeypatch):
    (tmp_path / "en.po").write_text((module.LOCALE / "en.po").read_text("utf-8"), "utf-8")
    (tmp_path / "es.po").write_text('msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\nmsgid "number.interval"\nmsgstr "(de {low} a {high})"\n', "utf-8")
    monkeypatch.setattr(module, "LOCALE", tmp_path)
    catalogue.cache_clear()
    try:
        say = Sentences("es")
        assert say.numbers.number({"value": 3.5, "low": 3.4, "high": 3.6}).replace("\u00a0", " ") == "3,5 (de 3,4 a 3,6)"
        assert say.say("map.owner") == "Owner"
        assert "map.owner" in say.missing() and "number.interval" not in say.missing()
    finally:
        catalogue.cache_clear()


def test_every_message_a_room_or_a_drawing_names_is_in_the_catalogue(repo):
    """Ids in code: first argument of Finding(...) and say(...), and message tuples; f-strings are checked by their stem."""
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue("en") if m.id}
    missing = []
    for file in sorted((repo / "cx_helpers").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name not in ("Finding", "say"):
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value not in known:
                missing.append(f"{file.name}:{node.lineno} {first.value}")
            if isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                stem = first.values[0].value
                if not any(k.startswith(stem) for k in known):
                    missing.append(f"{file.name}:{node.lineno} {stem}…")
    assert missing == []


def test_every_column_heading_is_in_the_catalogue():
    from cx_helpers.reports.layouts import LAYOUTS

    wanted = {c.heading for columns in LAYOUTS.values() for c in columns} | {c.gap for columns in LAYOUTS.values() for c in columns if c.gap}
    assert [m for m in sorted(wanted) if not SAY.has(m)] == []


def test_every_grade_has_its_word():
    assert [SAY.term(g) for g in GRADES] == ["described", "associated", "quasi-experimental", "randomised"]


@pytest.mark.parametrize("language", languages())
def test_placeholders_are_the_same_in_every_language_and_form(language):
    file = Path(module.LOCALE / f"{language}.po")
    english = {m.id if isinstance(m.id, str) else m.id[0]: m for m in catalogue("en") if m.id}
    with file.open("rb") as stream:
        for message in read_po(stream):
            key = message.id if isinstance(message.id, str) else (message.id or [""])[0]
            if not key:
                continue
            names = [set(re.findall(r"{(\w+)", text)) for text in module._texts(message)]
            allowed = set().union(*(set(re.findall(r"{(\w+)", t)) for t in module._texts(english[key])))
            assert all(n <= allowed for n in names), key


def test_an_association_is_never_called_an_effect():
    for message in catalogue("en"):
        key = message.id if isinstance(message.id, str) else (message.id or [""])[0]
        if key.startswith(("drivers.", "opportunities.")):
            said = re.sub(r"\bnot (an )?effect", "", " ".join(module._texts(message)))
            assert not re.search(r"\b(effects?|causes?|leads? to|drives)\b", said, re.I), key


def test_no_message_is_written_twice():
    ids = re.findall(r'^msgid "(.+)"', Path(module.LOCALE / "en.po").read_text("utf-8"), re.M)
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


def test_a_number_beside_another_is_as_fine_as_it():
    score = {"value": 3.8, "low": 3.71, "high": 3.88}
    said = SAY.say("trend.beyond_down", label="Score", month="2018-03", score=score, usual_low=3.94, usual_high=4.3)
    assert said.endswith("usual is 3.94 to 4.30.")
    assert SAY.say("flow.usually", usual=56.61, now=58.0, now_low=54.0, now_high=63.0, unit_of_measure="hours") == "usually 57 hours"
    assert SAY.say("flow.usually", usual=56.61, now=58.0, unit_of_measure="hours").startswith("usually 56.6")
