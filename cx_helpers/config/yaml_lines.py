"""YAML with line numbers, so that a wrong value is told with the file and the line it stands in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from cx_helpers.errors import ConfigError

MOST_PARTS = 200_000
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class YamlFile:
    """One YAML file: its plain content and the line of every key.

    Parameters
    ----------
    path : Path
        The file. A file that is not YAML, or not a mapping, raises `ConfigError` with its line.

    Attributes
    ----------
    content : dict
        Plain Python values, ``${NAME:-default}`` in text already replaced from the environment.
    """

    def __init__(self, path: Path):
        self.path, self._parts = path, 0
        try:
            self._tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
        except MarkedYAMLError as error:
            line = (error.problem_mark or error.context_mark).line + 1
            raise ConfigError([f"{self._name}:{line}: not valid YAML ({error.problem}). Mend this line."]) from None
        except (YAMLError, UnicodeDecodeError) as error:
            raise ConfigError([f"{self._name}:1: not readable as UTF-8 YAML ({error}). Save it as UTF-8."]) from None
        if self._tree is None:
            self._tree = CommentedMap()
        if not isinstance(self._tree, CommentedMap):
            raise ConfigError([f"{self._name}:1: expected `key: value` lines, found a {type(self._tree).__name__}."])
        self.content = _plain(self._tree, self)

    @property
    def _name(self) -> str:
        """The file as a user names it: its brand folder and its name."""
        return f"{self.path.parent.name}/{self.path.name}"

    def line(self, location: tuple) -> int:
        """The line (from 1) of the deepest part of `location` that exists in the file."""
        node, line = self._tree, 1
        for step in location:
            try:
                if isinstance(node, CommentedMap):
                    line = node.lc.key(step)[0] + 1
                elif isinstance(node, CommentedSeq):
                    line = node.lc.item(step)[0] + 1
                else:
                    break
                node = node[step]
            except (KeyError, IndexError, TypeError):
                break
        return line

    def written(self, location: tuple) -> Any:
        """The value as it stands in the file, variables not yet replaced; None where there is none."""
        node = self._tree
        for step in location:
            if not isinstance(node, dict) or step not in node:
                return None
            node = node[step]
        return node

    def problem(self, location: tuple, text: str) -> str:
        """`text` with file, line and the dotted name of the place in front."""
        where = ".".join(str(step) for step in location)
        return f"{self._name}:{self.line(location)}: {where + ': ' if where else ''}{text}"


def expand(text: str) -> str:
    """`text` with each ``${NAME}`` or ``${NAME:-default}`` replaced from the environment."""
    return _VARIABLE.sub(lambda match: os.environ.get(match[1]) or match[2] or "", text)


def _plain(node: Any, file: YamlFile) -> Any:
    """Plain values; aliases of aliases, which a few lines can turn into more values than memory holds, are refused."""
    file._parts += 1
    if file._parts > MOST_PARTS:
        raise ConfigError([f"{file._name}:1: over {MOST_PARTS:,} values; aliases (*name) repeat one another. Write them out."])
    if isinstance(node, dict):
        return {str(key): _plain(value, file) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value, file) for value in node]
    return expand(str(node)) if isinstance(node, str) else node
