"""JSON, JSON lines and ticket exports: one record an object, nested keys named with dots, lists as JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cx_helpers.config.sources import Source
from cx_helpers.errors import DataError
from cx_helpers.ingest.counting import count_json, count_lines
from cx_helpers.ingest.readers.csv_files import open_csv
from cx_helpers.ingest.readers.opened import Opened, batches_of_cells, cell_text, head_of, set_aside, unique_names

MOST_COLUMNS = 5_000
LARGEST = 1 << 30


def open_jsonl(path: Path, source: Source, kind: str, name: str) -> Opened:
    """One JSON object a line, read twice: for its keys, then for its rows; a line that is none is set aside."""
    opened = Opened([], iter(()), lambda: count_lines(path))
    keys: dict[str, None] = {}
    for _, record in _lines(path):
        if isinstance(record, dict):
            keys.update(dict.fromkeys(flat(record)))
            _few_enough(keys, name)
    if not keys:
        raise DataError(f"{name}: no line is a JSON object. Export it as JSON lines, or mend reader in sources.yaml.")

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        for number, record in _lines(path):
            if not isinstance(record, dict):
                set_aside(opened.aside, number, record if isinstance(record, str) else "not a JSON object", name)
            elif reason := _of_no_use(record, kind):
                set_aside(opened.aside, number, reason, name)
            else:
                cells = flat(record)
                yield number, [cells.get(key) for key in keys]

    opened.columns = unique_names(list(keys))
    opened.batches = batches_of_cells(opened.columns, rows())
    return opened


def _lines(path: Path) -> Iterator[tuple[int, dict | str | None]]:
    """Number and object of each line that is not blank; a text where it cannot be read, None where it is no object."""
    number = 0
    with path.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            number += 1
            try:
                found = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except (ValueError, RecursionError):
                yield number, "not readable as JSON"
                continue
            yield number, found if isinstance(found, dict) else None


def open_json(path: Path, source: Source, kind: str, name: str) -> Opened:
    """One JSON document: a list of objects, or an object that holds one under a key (`records` names it)."""
    if path.stat().st_size > LARGEST:
        raise DataError(f"{name}: a JSON document of over {LARGEST >> 30} GB. Export it as JSON lines (one object a line).")
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name}: not readable as JSON ({str(error).splitlines()[0][:120]}). It is damaged or cut off; export it again.") from None
    key, records = _records(document, source, name)
    opened = Opened([], iter(()), lambda: count_json(path, key))
    keys: dict[str, None] = {}
    for record in records:
        if isinstance(record, dict):
            keys.update(dict.fromkeys(flat(record)))
            _few_enough(keys, name)
    if not keys and records:
        raise DataError(f"{name}: its list holds no JSON objects. Name the list of records as records in sources.yaml.")

    def rows() -> Iterator[tuple[int, list[str | None]]]:
        for number, record in enumerate(records, start=1):
            reason = _of_no_use(record, kind) if isinstance(record, dict) else "not a JSON object"
            if reason:
                set_aside(opened.aside, number, reason, name)
                continue
            cells = flat(record)
            yield number, [cells.get(key) for key in keys]

    opened.columns = unique_names(list(keys) or source.columns or [])
    opened.batches = batches_of_cells(opened.columns, rows())
    return opened


def open_zendesk(path: Path, source: Source, kind: str, name: str) -> Opened:
    """Tickets as Zendesk exports them: JSON lines, a page of its API, or CSV; deleted tickets are set aside."""
    first = head_of(path, 256).lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if first == b"[":
        return open_json(path, source, kind, name)
    if first != b"{" and not path.name.lower().endswith((".json", ".jsonl", ".ndjson", ".part")):
        return open_csv(path, source, kind, name)
    return open_jsonl(path, source, kind, name) if _one_a_line(path) else open_json(path, source, kind, name)


def _one_a_line(path: Path) -> bool:
    """Whether lines are tickets: a ticket has an id, a page of tickets has a list of them."""
    with path.open("rb") as file:
        lines = list(islice((line for line in file if line.strip()), 2))
    for line in lines:
        try:
            found = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            continue
        return isinstance(found, dict) and "id" in found and "tickets" not in found
    return False


def _records(document: object, source: Source, name: str) -> tuple[str | None, list]:
    if source.records is not None:
        found = document
        for step in source.records.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, list):
            raise DataError(f"{name}: no list of records under {source.records!r}. Mend records in sources.yaml.")
        return source.records, found
    if isinstance(document, list):
        return None, document
    lists = [key for key, value in document.items() if isinstance(value, list)] if isinstance(document, dict) else []
    lists = [key for key in lists if '"' not in key and "." not in key]
    if len(lists) != 1:
        raise DataError(f"{name}: expected one list of records, found {', '.join(lists[:5]) or 'none'}. Name it as records in sources.yaml.")
    return lists[0], document[lists[0]]


def _of_no_use(record: dict, kind: str) -> str:
    return "a deleted ticket" if kind == "zendesk" and record.get("status") == "deleted" else ""


def _few_enough(keys: dict, name: str) -> None:
    if len(keys) > MOST_COLUMNS:
        raise DataError(f"{name}: over {MOST_COLUMNS:,} different keys; ids stand where names of columns should. Export one object a record.")


def flat(record: dict, above: str = "") -> dict[str, str | None]:
    """An object's cells: `{"via": {"channel": "web"}}` gives `via.channel`; Zendesk's custom fields are named by their id."""
    out: dict[str, str | None] = {}
    for key, value in record.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and value and above.count(".") < 4:
            out.update(flat(value, f"{name}."))
        elif key in ("custom_fields", "fields") and _by_id(value):
            out.update({f"{name}.{item['id']}": _text(item.get("value")) for item in value})
        else:
            out[name] = _text(value)
    return out


def _by_id(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and "id" in item for item in value)


def _text(value: object) -> str | None:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else None
    text = value or None if isinstance(value, str) else cell_text(value)
    return re.sub("[\ud800-\udfff]", "\ufffd", text) if text else None
