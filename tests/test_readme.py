"""What the README and the guide name exists, and the guide's tables are those of the contracts."""

from __future__ import annotations

import re
import shlex

import pytest
import typer.main

from cx_helpers.cli import app
from cx_helpers.config import load_brand
from cx_helpers.errors import ConfigError
from cx_helpers.tables.contracts import CANONICAL

PAGES = ("README.md", "docs/your_data.md", "docs/scheduling.md", "data/olist/README.md", "data/sfo_airport/README.md")
COMMANDS = typer.main.get_command(app).commands
START, END = "<!-- tables: ", "<!-- end of tables -->"


def commands_in(text: str, program: str) -> list[list[str]]:
    """Calls of a program in code blocks and in backticks, as words; comments and variables in front left out."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M)).splitlines()
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))
    calls = []
    for line in blocks + spans:
        found = re.match(rf"^\s*(?:\w+=\S+ )*(?:\.venv/bin/)?{program}(?= )(.*)", line)
        if found:
            calls.append(shlex.split(found[1], comments=True))
    return calls


@pytest.mark.parametrize("page", PAGES)
def test_every_cx_command_and_option_named_exists(repo, page):
    for words in commands_in((repo / page).read_text(encoding="utf-8"), "cx"):
        assert words[0] in COMMANDS, f"{page}: cx {' '.join(words)}"
        options = {name for parameter in COMMANDS[words[0]].params for name in parameter.opts} | {"--help"}
        given = {word.split("=")[0] for word in words if word.startswith("--")}
        assert given <= options, f"{page}: cx {' '.join(words)}: {given - options}"


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_named_exists(repo, page):
    targets = set(re.findall(r"^([a-z-]+):", (repo / "Makefile").read_text(encoding="utf-8"), re.M))
    named = {words[0] for words in commands_in((repo / page).read_text(encoding="utf-8"), "make") if words}
    assert named <= targets


def test_the_readme_names_the_two_commands_and_the_way_to_own_data(repo):
    text = (repo / "README.md").read_text(encoding="utf-8")
    assert ["reports"] in commands_in(text, "make") and ["test"] in commands_in(text, "make")
    assert [words[0] for words in commands_in(text, "cx") if "mybrand" in words][:3] == ["init", "check", "run"]


def test_options_that_pages_name_by_themselves_exist():
    options = {name for command in COMMANDS.values() for parameter in command.params for name in parameter.opts}
    assert {"--date", "--no-answer", "--as", "--link", "--label", "--from", "--month", "--audience"} <= options


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(repo, page):
    links = re.findall(r"\]\(([^)#]+)\)", (repo / page).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not ((repo / page).parent / link).exists()] == []


def test_the_picture_is_small_enough_to_load(repo):
    assert 20_000 < (repo / "docs/images/journeys.png").stat().st_size < 300_000


def tables_told() -> str:
    """The guide's part on tables, from the contracts."""
    lines = []
    for contract in CANONICAL.values():
        lines += [f"**{contract.table}**: a row is {contract.row}; its key is {', '.join(contract.key)}.", "", "| column | holds |", "|---|---|"]
        for column in contract.columns:
            low, high = column.low, column.high
            limits = f"; from {low:g}" if low is not None and high is None else f"; {low:g} to {high:g}" if low is not None else ""
            allowed = f": {', '.join(column.allowed)}" if column.allowed else ""
            kind = {"string": "text", "double": "number", "bool": "true or false"}.get(str(column.type), "time")
            lines.append(f"| {column.name}{'*' if column.required else ''} | {kind}; {column.about}{allowed}{limits} |")
        lines.append("")
    return "\n".join(lines)


def test_the_guide_has_the_columns_of_every_contract(repo):
    text = (repo / "docs/your_data.md").read_text(encoding="utf-8")
    part = text[text.index(START) : text.index(END)].split("\n", 1)[1].strip()
    assert part == tables_told().strip(), f"docs/your_data.md is out of step; put this between its marks:\n{tables_told()}"


def yaml_blocks(repo) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", (repo / "docs/your_data.md").read_text(encoding="utf-8"), re.S | re.M)


def test_the_guides_states_and_audiences_are_valid_configuration(repo, tmp_path, monkeypatch):
    blocks = [block for block in yaml_blocks(repo) if block.startswith(("states:", "audiences:"))]
    sql = re.search(r"^```sql\n(.*?)^```", (repo / "docs/your_data.md").read_text(encoding="utf-8"), re.S | re.M)[1]
    folder = tmp_path / "guide"
    (folder / "sql").mkdir(parents=True)
    (folder / "journey.yaml").write_text(JOURNEY + blocks[0])
    (folder / "audiences.yaml").write_text(blocks[1])
    (folder / "sources.yaml").write_text("sources:\n  tickets: {file: tickets.csv}\n")
    (folder / "sql" / "responses.sql").write_text(sql)
    monkeypatch.setenv("CX_DATA", str(tmp_path))
    assert [state.id for state in load_brand("guide").journey.states] == ["waiting", "long", "fine"]
    (folder / "audiences.yaml").write_text(blocks[1].replace("region:", "regoin:"))
    with pytest.raises(ConfigError, match="regoin"):
        load_brand("guide")


JOURNEY = """
label: Guide
stages:
  - id: all
    label: All
    touchpoints:
      - id: counter
        label: Counter
        inputs: [{id: wait_minutes, label: Wait, unit: minutes, better: lower}]
        metrics: [{id: csat, kind: csat, label: Satisfaction}]
      - id: delivered
        label: Delivered
        inputs: [{id: received, label: Received, unit: share, better: higher, statistic: share}]
segments: [{id: region, label: Region}]
"""


def test_the_guides_sources_databases_and_traits_are_valid_configuration(repo, tmp_path, monkeypatch):
    files, databases = (block for block in yaml_blocks(repo) if block.startswith("sources:"))
    traits = next(block for block in yaml_blocks(repo) if block.startswith("traits:"))
    folder = tmp_path / "guide"
    (folder / "sql").mkdir(parents=True)
    channel = JOURNEY.replace("segments: [", "segments: [{id: channel, label: Channel}, ")
    (folder / "journey.yaml").write_text(channel + traits)
    (folder / "sql/journeys.sql").write_text("SELECT 1 AS journey_id")
    monkeypatch.setenv("CX_DATA", str(tmp_path))
    monkeypatch.setenv("SHOP_PASSWORD", "open sesame")
    for text, names in ((files, {"visits", "stores", "calls"}), (databases, {"orders", "tickets"})):
        (folder / "sources.yaml").write_text(text)
        brand = load_brand("guide")
        assert brand.journey.weighting.columns == ["region", "channel"] and [trait.id for trait in brand.journey.traits] == ["loyalty"]
        assert set(brand.sources.sources) == names
