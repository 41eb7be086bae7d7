"""A brand's folder as one checked object; every problem of every file is told at once."""

from __future__ import annotations

import difflib
import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cx_helpers.config.audiences import Audience, Audiences
from cx_helpers.config.behaviours import Behaviour
from cx_helpers.config.journey import Journey
from cx_helpers.config.solutions import Solutions
from cx_helpers.config.sources import Sources
from cx_helpers.config.yaml_lines import YamlFile
from cx_helpers.errors import ConfigError, UsageError

Model = TypeVar("Model", bound=BaseModel)
TABLES = (
    "customers", "journeys", "permissions", "events", "inputs", "responses",
    "comments", "cases", "outcomes", "unit_measures", "context",
)  # fmt: skip

LABELS = "labels.csv"


@dataclass(frozen=True)
class Brand:
    """One programme: its folder and what its files say."""

    name: str
    folder: Path
    journey: Journey
    sources: Sources
    solutions: Solutions
    audiences: dict[str, Audience]
    behaviours: tuple[Behaviour, ...] = ()

    @property
    def label(self) -> str | dict[str, str]:
        """The brand's name as readers know it."""
        return self.journey.label

    @property
    def currency(self) -> str:
        """ISO code of the brand's money."""
        return self.journey.currency

    @property
    def raw(self) -> Path:
        """The folder of raw files; relative paths count from the brand's folder, then from where one stands."""
        path = Path(self.sources.raw)
        inside = self.folder / path
        return path if path.is_absolute() or (not inside.exists() and path.exists()) else inside

    @property
    def label_files(self) -> list[Path]:
        """Where labels of comments may stand: with the raw files, then beside the configuration (which the workbench writes)."""
        return [self.raw / LABELS, self.folder / LABELS]

    @cached_property
    def sql(self) -> dict[str, str]:
        """Canonical table to the SELECT that fills it, in the order of `TABLES`."""
        files = {file.stem: file for file in (self.folder / "sql").glob("*.sql")}
        return {table: files[table].read_text(encoding="utf-8") for table in TABLES if table in files}

    @property
    def fingerprint(self) -> str:
        """Changes whenever a file that decides the tables changes."""
        digest = hashlib.sha256()
        for part in (self.journey, self.sources):
            digest.update(part.model_dump_json(exclude={"raw", "caveats", "beside", "weighting", "traits", "comment_languages"}).encode())
        for table, text in self.sql.items():
            digest.update(f"{table}\0{text}\0".encode())
        return digest.hexdigest()


def data_folder() -> Path:
    """The folder that holds the brands: ``CX_DATA``, else `data` here or in a folder above."""
    if os.environ.get("CX_DATA"):
        return Path(os.environ["CX_DATA"])
    here = Path.cwd()
    found = (folder / "data" for folder in (here, *here.parents) if (folder / "data").is_dir())
    return next(found, here / "data")


def reports_folder() -> Path:
    """The folder that holds built pages: ``CX_REPORTS``, else `reports` beside the data."""
    return Path(os.environ.get("CX_REPORTS") or data_folder().parent / "reports")


def brand_folder(name: str) -> Path:
    """The folder of a brand; an unknown name raises with the names there are."""
    folder = data_folder() / name
    if not (folder / "journey.yaml").is_file():
        known = sorted(path.parent.name for path in data_folder().glob("*/journey.yaml"))
        near = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"brand {name!r}: no journey.yaml in {folder}. {hint}Brands here: {', '.join(known) or 'none'}. "
            "Begin one with `cx init NAME --from FILE`."
        )
    return folder


def load_brand(name: str) -> Brand:
    """Reads and checks a brand's folder.

    Raises
    ------
    ConfigError
        With every problem of every file, one line each: file, line, what was found, what is allowed.
    """
    from cx_helpers.config.check import cross_problems  # reads the models above

    folder = brand_folder(name)
    problems: list[str] = []
    files: dict[str, YamlFile] = {}
    parts = {
        stem: _read(folder / f"{stem}.yaml", model, problems, files)
        for stem, model in (
            ("journey", Journey),
            ("sources", Sources),
            ("solutions", Solutions),
            ("audiences", Audiences),
        )
    }
    if None not in parts.values():
        brand = Brand(
            name, folder, parts["journey"], parts["sources"], parts["solutions"], parts["audiences"].audiences,
            tuple(parts["audiences"].behaviours),
        )
        problems += cross_problems(brand, files)
    if problems:
        raise ConfigError(problems)
    return brand


def _read(path: Path, model: type[Model], problems: list[str], files: dict[str, YamlFile]) -> Model | None:
    required = path.stem in ("journey", "sources")
    if not path.is_file():
        if required:
            problems.append(f"{path.parent.name}/{path.name}:1: the file is missing. `cx init` writes one to begin with.")
            return None
        return model()
    try:
        file = files[path.stem] = YamlFile(path)
        return model.model_validate(file.content)
    except ConfigError as error:
        problems += error.problems
    except ValidationError as error:
        said: dict[tuple, str] = {}
        for item in error.errors():  # a value that fits neither of two kinds has an error for each
            said.setdefault(_place(item["loc"]), _say(item, model))
        problems += [file.problem(place, text) for place, text in said.items()]
    return None


def _place(location: tuple) -> tuple:
    """Pydantic's location without the names of union branches, which no user wrote."""
    branches = ("constrained-str", "str", "int") if len(location) > 1 else ()
    kept = location[:-1] if location and location[-1] in branches else location
    return tuple(step for step in kept if not str(step).endswith(("]", ")")))


def _say(item: dict, model: type[BaseModel]) -> str:
    """One of pydantic's errors in words that say what to do."""
    if item["type"] == "extra_forbidden":
        return f"{item['loc'][-1]!r} is not a known key here{_near(str(item['loc'][-1]), model)}. Mend or remove it."
    if item["type"] == "missing":
        return "is missing. Add it."
    text = item["msg"].removeprefix("Value error, ")
    given = item.get("input")
    return f"{text}" if isinstance(given, dict | list) else f"{text} (found {given!r})"


def _near(word: str, model: type[BaseModel]) -> str:
    names: set[str] = set()
    pending, seen = [model], set()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        for name, field in current.model_fields.items():
            names.add(name)
            pending += [kind for kind in _models(field.annotation)]
    near = difflib.get_close_matches(word, sorted(names), 1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _models(annotation) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
