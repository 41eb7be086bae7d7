"""Which notebook runs for which month and audience, all parameters checked before the first one starts."""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from cx_helpers.config import Brand, data_folder
from cx_helpers.config.parameters import MONTH, PARAMETERS, check_parameters
from cx_helpers.errors import UsageError

LEDGER_PAGE = "01_ingest"  # told last, read first
RESERVED = {"brand": "the BRAND argument", "month": "--month", "audience": "--audience"}


@dataclass(frozen=True)
class Task:
    """One page to make: a notebook for a month and an audience.

    Attributes
    ----------
    parameters : dict
        What papermill hands to the notebook; every other parameter keeps the notebook's default.
    after : tuple of tuple
        Keys of the tasks of the same run whose results this one reads.
    """

    brand: str
    month: str
    audience: str
    notebook: str
    path: Path
    parameters: dict[str, Any]
    after: tuple[tuple[str, str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.month, self.audience, self.notebook)

    def __str__(self) -> str:
        return f"{self.month} {self.audience} {self.notebook}"


@dataclass(frozen=True)
class Plan:
    """All tasks of one call of `cx run`, in the order in which they are best started."""

    brand: Brand
    tasks: tuple[Task, ...]

    @property
    def sets(self) -> dict[tuple[str, str], list[Task]]:
        """(month, audience) to the tasks whose pages are published together."""
        found: dict[tuple[str, str], list[Task]] = {}
        for task in self.tasks:
            found.setdefault((task.month, task.audience), []).append(task)
        return {place: sorted(tasks, key=lambda task: task.notebook) for place, tasks in sorted(found.items())}


def notebooks_folder() -> Path:
    """The folder of the four notebooks: ``CX_NOTEBOOKS``, else `notebooks` beside the data, else those of this checkout."""
    if os.environ.get("CX_NOTEBOOKS"):
        return Path(os.environ["CX_NOTEBOOKS"])
    beside, own = data_folder().parent / "notebooks", Path(__file__).parents[2] / "notebooks"
    return own if own.is_dir() and not beside.is_dir() else beside


def month_form(text: str) -> tuple[str, str, str]:
    """The two ends that `--month` names, and what stands between them; asked before anything is read.

    Raises
    ------
    UsageError
        When an end is neither ``YYYY-MM`` nor ``latest``.
    """
    first, dots, last = text.partition("..")
    for month in (first, last) if dots else (first,):
        if month != "latest" and not MONTH.match(month):
            raise UsageError(f"--month {text!r}: write YYYY-MM, latest, or a range such as 2018-01..2018-03.")
    return first, dots, last


def months_between(text: str, resolve: Callable[[str], str]) -> list[str]:
    """The months that ``YYYY-MM``, ``latest`` or ``A..B`` name, each confirmed by `resolve`.

    Raises
    ------
    UsageError
        When a month is misspelt, the range runs backwards, or `resolve` does not know a month.
    """
    first, dots, last = month_form(text)
    if not dots:
        return [resolve(first)]
    first, last = resolve(first), resolve(last)
    if first > last:
        raise UsageError(f"--month {text!r}: {first} comes after {last}. Write the earlier month first.")
    year, month = int(first[:4]), int(first[5:])
    months = []
    while f"{year:04d}-{month:02d}" <= last:
        months.append(resolve(f"{year:04d}-{month:02d}"))
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return months


def settings_from(texts: Iterable[str]) -> dict[str, str]:
    """``name=value`` texts of `--set` as a mapping; the notebooks' models give the types.

    Raises
    ------
    UsageError
        When a text has no ``=``, names a parameter that another option sets, or repeats one.
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"--set {text!r}: write name=value, such as --set window_months=6.")
        if name in RESERVED:
            raise UsageError(f"--set {text!r}: {name} is set by {RESERVED[name]}.")
        if name in settings:
            raise UsageError(f"--set {text!r}: {name} is set twice. Leave one.")
        settings[name] = value.strip()
    return settings


def check_run(brand: Brand, audiences: Iterable[str] = (), settings: dict[str, str] | None = None) -> list[str]:
    """The audiences of a run, once all that can be wrong about it is looked at; needs no tables, executes nothing.

    Raises
    ------
    UsageError
        With every problem of every notebook, one line each: an unknown audience, a misspelt or mistyped
        parameter, a notebook that is missing or whose parameters cell does not agree with its model.
    """
    settings = settings or {}
    chosen = _chosen(brand, audiences)
    pages = sorted({page for name in chosen for page in brand.audiences[name].pages})
    folder = notebooks_folder()
    if not folder.is_dir():
        raise UsageError(f"no notebooks: {folder} is no folder. Set CX_NOTEBOOKS to the folder of the notebooks.")
    problems = [problem for page in pages for problem in cell_problems(folder / f"{page}.ipynb")]
    problems += _unknown_settings(settings, pages)
    for page in pages:
        try:
            check_parameters(page, _typed(settings, page))
        except UsageError as error:
            problems.append(str(error))
    if problems:
        raise UsageError("\n".join(dict.fromkeys(problems)))
    return chosen


def make_plan(
    brand: Brand, months: list[str], audiences: Iterable[str] = (), *, settings: dict[str, str] | None = None
) -> Plan:
    """The tasks of a run; nothing is executed.

    Parameters
    ----------
    brand : Brand
    months : list of str
        As ``YYYY-MM``.
    audiences : iterable of str
        Names from `audiences.yaml`; none means all of them.
    settings : dict
        Parameters for every notebook that takes them, as text.

    Raises
    ------
    UsageError
        As `check_run`.
    """
    folder, tasks = notebooks_folder(), []
    for audience in check_run(brand, audiences, settings):
        pages = brand.audiences[audience].pages
        for month in sorted(months):
            for page in pages:
                given = {"brand": brand.name, "month": month, "audience": audience, **_typed(settings or {}, page)}
                check_parameters(page, given)
                after = _after(month, audience, page, months, pages)
                tasks.append(Task(brand.name, month, audience, page, folder / f"{page}.ipynb", given, after))
    tasks = [replace(task, after=_others(task, tasks)) if task.notebook == LEDGER_PAGE else task for task in tasks]
    # What others wait for goes first, so that no worker idles at the end.
    urgency = {"03_drivers": 0, "04_follow_up": 1, LEDGER_PAGE: 3}
    return Plan(brand, tuple(sorted(tasks, key=lambda t: (t.month, urgency.get(t.notebook, 2), t.audience, t.notebook))))


def _others(page: Task, tasks: list[Task]) -> tuple:
    """What each field is used for is told by what the other pages of the month read, whoever they are for."""
    return tuple(task.key for task in tasks if task.month == page.month and task.notebook != LEDGER_PAGE)


def _chosen(brand: Brand, audiences: Iterable[str]) -> list[str]:
    asked = list(dict.fromkeys(audiences))
    for name in asked:
        if name not in brand.audiences:
            near = difflib.get_close_matches(name, brand.audiences, 1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise UsageError(f"--audience {name!r} is not in {brand.name}/audiences.yaml. {hint}Audiences: {', '.join(sorted(brand.audiences))}.")
    return asked or list(brand.audiences)


def _unknown_settings(settings: dict[str, str], pages: list[str]) -> list[str]:
    known = {name for page in pages for name in PARAMETERS[page].model_fields} - set(RESERVED)
    problems = []
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}."
            problems.append(f"--set {name}: no notebook of this run takes the parameter {name}; {hint}")
    return problems


def _typed(settings: dict[str, str], page: str) -> dict[str, Any]:
    """The settings that `page` takes, read as numbers and booleans except where its model wants text."""
    fields = PARAMETERS[page].model_fields
    return {name: value if fields[name].annotation is str else _value(value) for name, value in settings.items() if name in fields}


def _value(text: str) -> Any:
    try:
        return json.loads(text.lower() if text.lower() in ("true", "false") else text)
    except json.JSONDecodeError:
        return text


def _after(month: str, audience: str, page: str, months: list[str], pages: list[str]) -> tuple:
    """04 reads the opportunities of its own month; 03 reads the signals of its own month and the effects of the month before."""
    needed = {"04_follow_up": [(month, "03_drivers")], "03_drivers": [(month, "02_journeys"), (month_before(month), "04_follow_up")]}
    return tuple((when, audience, name) for when, name in needed.get(page, ()) if when in months and name in pages)


def month_before(month: str) -> str:
    """The month before ``YYYY-MM``."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1:04d}-12" if number == 1 else f"{year:04d}-{number - 1:02d}"


def cell_problems(path: Path) -> list[str]:
    """Where a notebook's parameters cell does not agree with its model, one line each; empty when it does."""
    if not path.is_file():
        return [f"{path.name}: no such notebook in {path.parent}. Restore it, or set CX_NOTEBOOKS to its folder."]
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        return [f"{path.name}: not a notebook ({str(error).splitlines()[0]}). Restore it."]
    tagged = [c for c in notebook.cells if c.cell_type == "code" and "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        return [f"{path.name}: {len(tagged)} cells are tagged parameters; tag exactly the first code cell."]
    found, problems = _assigned(tagged[0].source)
    problems = [f"{path.name}: parameters cell: {problem}" for problem in problems]
    wanted = {name: field.default for name, field in PARAMETERS[path.stem].model_fields.items()}
    for name in found.keys() - wanted.keys():
        near = difflib.get_close_matches(name, wanted.keys() - found.keys(), 1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(wanted)}."
        problems.append(f"{path.name}: parameter {name} is not in its model; {hint}")
    for name in wanted.keys() - found.keys():
        problems.append(f"{path.name}: parameter {name} is missing in its parameters cell. Add it.")
    for name in wanted.keys() & found.keys():
        if (type(found[name]), found[name]) != (type(wanted[name]), wanted[name]):
            problems.append(f"{path.name}: parameter {name} is {found[name]!r} in the cell, {wanted[name]!r} in its model.")
    return sorted(problems)


def _assigned(source: str) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    problems: list[str] = []
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        return found, [f"line {error.lineno}: {error.msg}. Mend it."]
    for statement in statements:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        try:
            value = ast.literal_eval(statement.value)
        except (AttributeError, ValueError):
            value = ...
        if value is ... or len(targets) != 1 or not isinstance(targets[0], ast.Name):
            line = re.sub(r"\s+", " ", ast.unparse(statement))[:60]
            problems.append(f"{line!r} is not `name: type = plain value`.")
        else:
            found[targets[0].id] = value
    return found, problems
