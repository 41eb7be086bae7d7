"""The one family of errors: each message is a line that says what, where, found, allowed and what to do."""

from __future__ import annotations

from collections.abc import Iterable


class CxError(Exception):
    """Anything the workbench refuses, told in one line a person can act on."""


class UsageError(CxError):
    """A call that cannot be carried out as written: an unknown month, audience or parameter."""


class DataError(CxError):
    """Raw files or tables that cannot be used as they are."""


class ConfigError(CxError):
    """A brand's configuration is wrong; every problem is told at once.

    Parameters
    ----------
    problems : iterable of str
        One line each: file, line, what was found, what is allowed.
    """

    def __init__(self, problems: Iterable[str]):
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))

    def __reduce__(self):
        return (type(self), (self.problems,))
