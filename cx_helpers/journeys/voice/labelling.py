"""A sitting of labelling: which comment to read next, what was said of it, and how far one has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from cx_helpers.config import Brand
from cx_helpers.errors import UsageError
from cx_helpers.journeys.voice import labels as labelled
from cx_helpers.journeys.voice.heard import EMPLOYEE, read
from cx_helpers.journeys.voice.languages import UNKNOWN
from cx_helpers.journeys.voice.lexicon import EMOTIONS

KEYS = {emotion[0]: emotion for emotion in EMOTIONS}  # a, d, w, j, g
MOST_READ = 20_000  # comments, drawn by lot, that what to read next is chosen from
GUIDE = (
    "A feeling is present where the writer says it or unmistakably shows it. A judgement of quality alone (good, poor) and a",
    "fact alone (not delivered) are none. Several may be present. a anger · d disappointment · w worry · j joy · g gratitude,",
    "such as dw; n none · s skip · u undo · q quit. Each answer is kept at once.",
)


class Sitting:
    """One sitting; what it proposes goes on where the last one stopped.

    Parameters
    ----------
    brand : Brand
    comments : DataFrame
        comment_id, text, language, month, origin, touchpoint; those in no known language are left out.
    doubt : Series, optional
        How undecided the reading of each is (see `Heard.doubt`).
    count : int
        Most comments in this sitting.
    who : str
        Who labels; kept beside the label where given.

    Raises
    ------
    UsageError
        There is nothing to label.
    """

    def __init__(self, brand: Brand, comments: pd.DataFrame, doubt: pd.Series | None = None, *, count: int = 50, who: str = ""):
        comments = comments[comments["language"] != UNKNOWN]
        if comments.empty:
            raise UsageError(f"{brand.name}: found no comments to label. Map some in sql/comments.sql, then cx ingest {brand.name}.")
        self.brand, self.comments, self.who = brand, comments, who
        self.queue = labelled.proposals(comments, labelled.labels(brand), doubt, count)
        self.at, self.kept = 0, []

    @property
    def current(self) -> pd.Series | None:
        """The comment to read now, or None at the end."""
        return self.queue.iloc[self.at] if self.at < len(self.queue) else None

    def label(self, said: Sequence[str]) -> None:
        """Keeps what is present in the current comment (nothing: none), and goes on."""
        row = self.current
        if row is None:
            raise UsageError("label: nothing is left to label in this sitting. Begin another.")
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")
        labelled.keep(self.brand, row["comment_id"], said, row["drawn"], labelled_at=moment, who=self.who)
        self.kept.append(self.at)
        self.at += 1

    def skip(self) -> None:
        """Goes on without a label; the comment is proposed again another time."""
        self.at += self.current is not None

    def undo(self) -> bool:
        """Takes the last label of this sitting back and returns to its comment; False where there is none."""
        if not self.kept:
            return False
        labelled.forget_last(self.brand)
        self.at = self.kept.pop()
        return True

    def progress(self) -> pd.DataFrame:
        """Labels a language: language, labels, by_lot (of them drawn by lot; they judge), for_quality and for_model (how many
        are wanted for each)."""
        known = self.comments[["comment_id", "language"]].merge(labelled.labels(self.brand)[["comment_id", "drawn"]], on="comment_id")
        found = known.groupby("language").agg(labels=("comment_id", "size"), by_lot=("drawn", lambda drawn: int((drawn == labelled.LOT).sum())))
        languages = pd.Index(sorted(self.comments["language"].unique()), name="language")
        return found.reindex(languages, fill_value=0).reset_index().assign(for_quality=labelled.FIRST_BY_LOT, for_model=301)


def begin(study: Any, *, count: int = 50, who: str = "") -> Sitting:
    """A sitting on all the comments of a study's brand, notes of employees left out."""
    table = study.table("comments", "everything", scoped=False)
    rows = table.filter(table.text.notnull(), table.origin.fill_null("") != EMPLOYEE).order_by("comment_id").execute()
    known = labelled.labels(study.brand)
    if len(rows) > MOST_READ:
        some = rows.sample(MOST_READ, random_state=0)
        rows = pd.concat([some, rows[rows["comment_id"].isin(known["comment_id"]) & ~rows.index.isin(some.index)]]).sort_values("comment_id", ignore_index=True)
    taught = rows.merge(known, on="comment_id")
    heard = read(rows, taught, study.brand.journey.comment_languages, minimum=study.brand.journey.minimum_n)
    return Sitting(study.brand, heard.comments, heard.doubt, count=count, who=who)


def converse(sitting: Sitting, ask: Callable[[str], str], tell: Callable[[str], None]) -> int:
    """Labels in a terminal, until nothing is left or the reader quits; returns how many labels were kept.

    Parameters
    ----------
    ask : callable
        Puts a question and returns the answer, such as `input`; the end of the input quits.
    tell : callable
        Tells a line, such as `print`.
    """
    for line in GUIDE:
        tell(line)
    while (row := sitting.current) is not None:
        tell(f"\n[{sitting.at + 1} of {len(sitting.queue)}] {row['language']} · {row['month']} · {row['origin'] or 'unknown'}\n{row['text']}")
        try:
            answer = ask("> ").strip().lower()
        except EOFError:
            break
        if answer == "q":
            break
        _answered(sitting, answer, tell)
    for row in sitting.progress().itertuples():
        tell(f"{row.language}: {row.labels} labels, {row.by_lot} of them by lot ({row.for_quality} by lot judge well; a model is tried from {row.for_model} on)")
    return len(sitting.kept)


def _answered(sitting: Sitting, answer: str, tell: Callable[[str], None]) -> None:
    if answer == "s":
        sitting.skip()
    elif answer == "u":
        if not sitting.undo():
            tell("nothing of this sitting to take back")
    elif answer == "n":
        sitting.label([])
    elif answer and set(answer) <= set(KEYS):
        sitting.label([KEYS[key] for key in answer])
    else:
        tell(f"{answer!r}: allowed are {', '.join(KEYS)} (several together), n, s, u, q")
