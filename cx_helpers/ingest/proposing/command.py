"""The words of `cx init` as values: what was typed is checked before a file is read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cx_helpers.errors import UsageError
from cx_helpers.ingest.proposing.proposal import propose


def propose_from_words(
    name: str, files: list[str], *, label: str, day: str, no_answer: str, roles: list[str], link: bool, again: bool = False
) -> list[str]:
    """`propose.propose` from the texts of a command line.

    Returns
    -------
    The lines to print.

    Raises
    ------
    UsageError
        A date or a role that is not written as it should be; see `propose` for the rest.
    """
    try:
        when = date.fromisoformat(day) if day else None
    except ValueError:
        raise UsageError(f"--date {day}: a date is written YYYY-MM-DD, such as 2017-05-01.") from None
    wrong = [role for role in roles if "=" not in role]
    if wrong:
        raise UsageError(f"--as {', '.join(wrong)}: written COLUMN=ROLE, such as --as Q7ALL=score.")
    codes = tuple(code.strip() for code in no_answer.split(",") if code.strip())
    pairs = dict(role.rsplit("=", 1) for role in roles)
    folder, lines = propose(name, [Path(file) for file in files], label=label, day=when, no_answer=codes, roles=pairs, link=link, again=again)
    return [f"{name}: proposed {folder} from {', '.join(files)}.", *lines, f"Now: cx check {name} && cx run {name}. Then read {folder}/README.md."]
