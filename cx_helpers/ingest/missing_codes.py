"""Codes that stand for no answer: those declared and turned into missing, those seen and not declared."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from cx_helpers.config.sources import Source
from cx_helpers.config.usage import FieldUse
from cx_helpers.ingest.readers.opened import ROW

WORDS = ("-", "--", ".", "?", "n/a", "na", "n.a.", "null", "none", "nan", "#n/a", "blank", "unknown", "not applicable", "no answer",
         "offered", "unoffered", "1900-01-01", "1899-12-30", "1899-12-31", "9999-12-31")  # fmt: skip
DAYS = ("1900-01-01 ", "1899-12-31 ", "1899-12-30 ", "12/31/1899 ", "1/1/1900 ", "01/01/1900 ")
CODES = {-99, -98, -9, -8, -1, 0, 6, 8, 9, 11, 77, 88, 96, 97, 98, 99, 977, 988, 998, 999, 9999}
SCALES = ((0, 10), (1, 10), (1, 7), (1, 5))
LABELS = re.compile(r"do(n.?t| not) know|refused|no answer|not applicable|\bn/?a\b|missing|^dk\b|blank|never used|no opinion", re.I)
LOOKED_AT = 200_000
MOST_VALUES = 16


def seen_codes(path: Path, columns: list[str], answers: dict[str, dict[str, str]]) -> list[tuple[str, str, int]]:
    """(column, value, rows) of what looks like no answer in a staged file.

    A word such as ``-`` or ``n/a``, a day before anything happened, a number beside a whole scale (0, 6 or 99 beside
    1-5), a code whose label says so. They are only suggested: `missing` in sources.yaml declares them.
    """
    if not columns:
        return []
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(f"CREATE VIEW staged AS FROM read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')")
    cells = {name: f'trim("{name.replace(chr(34), chr(34) * 2)}")' for name in columns}
    distinct = ", ".join(f"approx_count_distinct({cell})" for cell in cells.values())
    values = connection.execute(f"SELECT {distinct} FROM (SELECT * FROM staged LIMIT {LOOKED_AT})").fetchone()
    rows = connection.execute("SELECT count(*) FROM staged").fetchone()[0]
    few = [name for name, count in zip(columns, values, strict=True) if count <= 2 * MOST_VALUES]
    many = [name for name in columns if name not in few]
    found: list[tuple[str, str, int]] = []
    for name in few:
        counts = dict(connection.execute(f"SELECT {cells[name]}, count(*) FROM staged WHERE {cells[name]} IS NOT NULL GROUP BY 1 ORDER BY 1").fetchall())
        wanted = beside_scale(list(counts)) | {code for code, label in answers.get(name, {}).items() if LABELS.search(label)}
        days = sum(n for value, n in counts.items() if value.startswith(DAYS))
        timeless = 2 * days >= sum(counts.values())  # times of day, as spreadsheets write them: no day is meant
        found += [(name, value, n) for value, n in counts.items() if value in wanted or (_is_word(value) and not (timeless and value.startswith(DAYS)))]
    if many:
        odd = {name: _odd(cells[name]) for name in many}
        looked = f"staged WHERE {ROW} % {1 + rows // LOOKED_AT} = 0"  # spread over the whole file; what is found is counted in all of it
        any_odd = connection.execute(f"SELECT {', '.join(f'bool_or({test})' for test in odd.values())} FROM {looked}").fetchone()
        for name in (name for name, one in zip(many, any_odd, strict=True) if one):
            codes = connection.execute(f"SELECT {cells[name]}, count(*) FROM staged WHERE {odd[name]} GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()
            days = sum(n for value, n in codes if value.startswith(DAYS))
            if 2 * days >= rows:  # as above
                codes = [code for code in codes if not code[0].startswith(DAYS)]
            found += [(name, *code) for code in codes[:3]]
    connection.close()
    return found


def _odd(cell: str) -> str:
    """SQL: a word for no answer, or a day before anything happened; cells are compared as they stand, for speed."""
    bare = cell.removeprefix("trim(").removesuffix(")")
    words = ", ".join(f"'{form}'" for word in WORDS for form in dict.fromkeys((word, word.upper(), word.capitalize(), word.title())))
    days = " OR ".join(f"starts_with({bare}, '{day}')" for day in DAYS)
    return f"({bare} IN ({words}) OR {days})"


def _is_word(value: str) -> bool:
    return value.lower() in WORDS or value.startswith(DAYS)


def beside_scale(values: list[str]) -> set[str]:
    """Of the values of a column, those beside a whole scale: 0 and 6 beside 1-5, 11 beside 0-10.

    >>> sorted(beside_scale(["1", "2", "3", "4", "5", "6", "0"]))
    ['0', '6']
    """
    numbers = {int(value): value for value in values if re.fullmatch(r"-?\d{1,4}", value)}
    if len(numbers) < len([value for value in values if not _is_word(value)]) or len(numbers) > MOST_VALUES:
        return set()
    for low, high in SCALES:
        whole = set(range(low, high + 1))
        if whole <= set(numbers):
            beside = set(numbers) - whole
            if high == 7:  # 8 and 9 after 1-7 are a list of nine kinds; 6 after 1-5 and 11 after 0-10 are not
                beside -= {8, 9} if 8 in beside else set()
            return {numbers[number] for number in beside} if beside <= CODES and len(beside) <= 4 else set()
    return set()


def _may_be_code(field: FieldUse | None, value: str) -> bool:
    if field is None:
        return True
    return field.personal != "free_text" and (field.kind in (None, "attitude") or not re.fullmatch(r"-?\d+", value))


def missing_rows(
    raw_source: str, file: str, declared: list[tuple[str, str, int]], suggested: list[tuple[str, str, int]], source: Source | None = None
) -> list[dict]:
    """Rows of the ledger `missing_codes` for one file: raw_source, file, column, value, rows, about.

    A number is not suggested where `source` declares a column that is no attitude (a list of kinds has no scale), and
    nothing is where it is free text (a dot is a comment), or where the brand says that the value is an answer (`known`).
    """
    fields, answers = (source.fields, source.known) if source else ({}, {})
    suggested = [code for code in suggested if _may_be_code(fields.get(code[0]), code[1]) and code[1] not in (*answers.get(code[0], ()), *answers.get("*", ()))]
    return [
        {"raw_source": raw_source, "file": file, "column": column, "value": value, "rows": rows, "about": about}
        for about, codes in (("declared", declared), ("suggested", suggested))
        for column, value, rows in codes
    ]
