"""What people who read the comments say is in them: `labels.csv` beside the brand's configuration, and what to read next."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cx_helpers.config import Brand
from cx_helpers.errors import DataError
from cx_helpers.journeys.voice.lexicon import EMOTIONS, NEGATIVE, POSITIVE, TOLD

COLUMNS = ("comment_id", "label", "drawn", "labelled_at", "who")
NONE = "none"
LOT, CHOSEN, PRACTICE = "random", "proposed", "practice"  # only those drawn by lot judge; all of them teach
FIRST_BY_LOT = 100  # labels a language before any is chosen for what it would teach
SPREAD = ["language", "month", "origin"]


def labels(brand: Brand) -> pd.DataFrame:
    """The labels of a brand: those of its folder, then those that came with its raw files.

    Returns
    -------
    DataFrame: comment_id, drawn (random, proposed or practice), then a column (bool) each for negative, positive and
    the five emotions. Of a comment labelled twice the last counts.

    Raises
    ------
    DataError
        A label or a way of drawing that is not known; each is told with its line.
    """
    files = [file for file in brand.label_files if file.is_file()]
    rows = pd.concat([pd.DataFrame(columns=list(COLUMNS[:3])), *map(read, files)], ignore_index=True)
    rows = rows.drop_duplicates("comment_id", keep="last", ignore_index=True)
    said = [frozenset(text.split()) for text in rows["label"]]
    flags = {emotion: [emotion in words for words in said] for emotion in EMOTIONS}
    flags["negative"] = [not words.isdisjoint(NEGATIVE) for words in said]
    flags["positive"] = [not words.isdisjoint(POSITIVE) for words in said]
    return rows[["comment_id", "drawn"]].assign(**{name: np.array(flags[name], dtype=bool) for name in TOLD})


def read(file: Path) -> pd.DataFrame:
    """One file of labels, checked: comment_id, label (emotions with blanks between, or ``none``), drawn."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    wrong = []
    for line, row in enumerate(rows, start=2):
        words = (row.get("label") or "").split()
        if not row.get("comment_id") or not words or set(words) - {*EMOTIONS, NONE} or (NONE in words and len(words) > 1):
            wrong.append(f"{file.name} line {line}: label {row.get('label')!r}: allowed are {', '.join(EMOTIONS)}, or {NONE} alone. Mend the line.")
        row["drawn"] = row.get("drawn") or CHOSEN
        if row["drawn"] not in (LOT, CHOSEN, PRACTICE):
            wrong.append(f"{file.name} line {line}: drawn {row['drawn']!r}: allowed are {LOT}, {CHOSEN}, {PRACTICE}. Mend the line.")
    if wrong:
        raise DataError("\n".join(wrong))
    return pd.DataFrame([{name: row[name] for name in COLUMNS[:3]} for row in rows], columns=list(COLUMNS[:3]))


def keep(brand: Brand, comment_id: str, said: Sequence[str], drawn: str, *, labelled_at: str = "", who: str = "") -> None:
    """Adds one label to the brand's `labels.csv`, at once, so that a session can end at any moment.

    Raises
    ------
    DataError
        An emotion that is not one of the five.
    """
    strange = sorted(set(said) - set(EMOTIONS))
    if strange:
        raise DataError(f"label {', '.join(strange)}: allowed are {', '.join(EMOTIONS)}; give none for no emotion.")
    words = " ".join(emotion for emotion in EMOTIONS if emotion in said) or NONE
    file = brand.label_files[-1]
    _with_all_columns(file)
    with file.open("a", encoding="utf-8", newline="") as opened:
        csv.writer(opened, lineterminator="\n").writerow([comment_id, words, drawn, labelled_at, who])


def forget_last(brand: Brand) -> str | None:
    """Takes the last label back; returns its comment_id, or None where there is none."""
    file = brand.label_files[-1]
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    if len(lines) < 2:
        return None
    _replace(file, lines[:-1])
    return next(csv.reader([lines[-1]]))[0]


def _with_all_columns(file: Path) -> None:
    """Makes the file where it is missing, and adds the columns that an older one lacks."""
    if not file.is_file():
        _replace(file, [",".join(COLUMNS)])
        return
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
        head = tuple(rows[0]) if rows else ()
    if rows and head != COLUMNS:
        _replace(file, [",".join(COLUMNS), *(",".join(row.get(name) or "" for name in COLUMNS) for row in rows)])
    elif not file.read_bytes().endswith(b"\n"):
        with file.open("ab") as opened:
            opened.write(b"\n")


def _replace(file: Path, lines: Sequence[str]) -> None:
    beside = file.with_suffix(".csv.new")
    beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.replace(beside, file)


def proposals(comments: pd.DataFrame, known: pd.DataFrame, doubt: pd.Series | None = None, count: int = 50) -> pd.DataFrame:
    """What to label next: of each language first by lot, then one by lot and one chosen in turn.

    The lot falls by the comment's own id, so that it is the same on every machine, goes on where it stopped, and owes
    nothing to what a text says: it alone judges quality and tells the base rate. The chosen ones are those whose
    emotion is doubted most, spread over languages, months and origins.

    Parameters
    ----------
    comments : DataFrame
        comment_id, language, month, origin.
    known : DataFrame
        What is labelled already, as `labels` gives it.
    doubt : Series, optional
        0 to 1 by comment_id: how undecided the reading is (see `Heard.doubt`).

    Returns
    -------
    DataFrame: the rows of `comments` to label, in order, with drawn ("random" or "proposed"); at most `count`.
    """
    left = comments[~comments["comment_id"].isin(set(known["comment_id"]))]
    left = left.assign(lot=[_lot(name) for name in left["comment_id"]]).sort_values("lot", kind="stable")
    done = comments[["comment_id", "language"]].merge(known[known["drawn"] == LOT][["comment_id"]], on="comment_id")["language"].value_counts()
    chosen = _spread(left.assign(doubt=left["comment_id"].map(doubt).fillna(0.0) if doubt is not None else 0.0))
    by_lot = {language: iter(rows.index) for language, rows in left.groupby("language", sort=True)}
    order, taken = [], set()
    by_choice, counts = iter(chosen.index), {language: int(done.get(language, 0)) for language in by_lot}
    while len(order) < min(count, len(left)):
        language = min(by_lot, key=lambda name: (counts[name] >= FIRST_BY_LOT, counts[name], name)) if by_lot else None
        lot_turn = language is not None and (counts[language] < FIRST_BY_LOT or len(order) % 2 == 0)
        found = next((i for i in (by_lot[language] if lot_turn else by_choice) if i not in taken), None)
        if found is None:
            if lot_turn:
                del by_lot[language]
                continue
            break
        if lot_turn:
            counts[language] += 1
        taken.add(found)
        order.append((found, LOT if lot_turn else CHOSEN))
    picked = left.loc[[index for index, _ in order]]
    return picked.drop(columns="lot").assign(drawn=[drawn for _, drawn in order]).reset_index(drop=True)


def _lot(comment_id: str) -> str:
    return hashlib.sha256(f"lot {comment_id}".encode()).hexdigest()


def _spread(left: pd.DataFrame) -> pd.DataFrame:
    """The most doubted first, in turn from every language, month and origin."""
    ranked = left.sort_values(["doubt", "lot"], ascending=[False, True], kind="stable")
    turn = ranked.groupby(SPREAD, dropna=False, sort=False).cumcount()
    return ranked.assign(turn=turn).sort_values(["turn", "doubt"], ascending=[True, False], kind="stable")
