"""What a reader would say is in the made-up comments: the labels that `cx label` would have left behind.

A comment is put together from phrases; which feelings each opening and closing of `phrases` says has been read once,
and is the same in every language.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cx_helpers.sample.phrases import CLOSINGS, OPENINGS
from cx_helpers.sample.plan import LANGUAGES

LABELS = 900
_OPENING_SAYS = (
    ("anger", "anger disappointment", "anger", "worry", "anger disappointment"),
    ("", "", "", "", ""),
    ("", "", "", "", ""),
    ("", "gratitude", "joy", "", "gratitude"),
    ("joy", "joy", "joy", "joy", "joy"),
)
_CLOSING_SAYS = (
    ("anger", "anger", "anger", "disappointment", "anger"),
    ("", "disappointment", "disappointment", "", ""),
    ("", "", "", "", ""),
    ("gratitude", "", "gratitude", "", ""),
    ("gratitude", "joy", "", "", ""),
)
_SEED = 20261103


def says(text: str) -> str:
    """The emotions that a made-up comment says, with blanks between, or ``none``.

    >>> says("Bien: la cola del mostrador no avanzaba. Gracias.")
    'gratitude'
    """
    code = max(range(len(LANGUAGES)), key=lambda i: len((_piece(text, OPENINGS[i], str.startswith) or ("",))[0]))
    opening = (_piece(text, OPENINGS[code], str.startswith) or ("",))[1:]
    closing = (_piece(text, CLOSINGS[code], str.endswith) or ("",))[1:]
    words = {*(_OPENING_SAYS[opening[0]][opening[1]] if opening else "").split(), *(_CLOSING_SAYS[closing[0]][closing[1]] if closing else "").split()}
    return " ".join(sorted(words)) or "none"


def _piece(text: str, pieces, fits) -> tuple[str, int, int] | None:
    """The longest piece that fits, its tone and its number."""
    found = [(piece, tone, i) for tone, row in enumerate(pieces) for i, piece in enumerate(row) if fits(text, piece)]
    return max(found, key=lambda piece: len(piece[0]), default=None)


def label_rows(frames: dict[str, pd.DataFrame], count: int = LABELS) -> pd.DataFrame:
    """Labels of comments, complaints and reviews drawn by lot.

    Parameters
    ----------
    frames : dict of DataFrame
        What `make` returns.

    Returns
    -------
    DataFrame: comment_id (as the brand's SQL names them), label, drawn ("random"), ordered by comment_id.
    """
    answers, reviews, tickets = frames["responses"], frames["reviews"], frames["tickets"]
    answers = answers[answers["comment"].notna()]
    said = pd.concat([
        pd.DataFrame({"comment_id": answers["response_id"] + ":comment", "text": answers["comment"]}),
        pd.DataFrame({"comment_id": reviews["review_id"], "text": reviews["text"]}),
        pd.DataFrame({"comment_id": tickets["ticket_id"] + ":text", "text": tickets["text"]}),
    ], ignore_index=True)  # fmt: skip
    said = said[said["text"].notna()].drop_duplicates("comment_id").sort_values("comment_id", ignore_index=True)
    drawn = said.loc[np.sort(np.random.default_rng(_SEED).permutation(len(said))[:count])]
    labels = [says(text) for text in drawn["text"]]
    return pd.DataFrame({"comment_id": drawn["comment_id"].to_numpy(), "label": labels, "drawn": "random"})
