"""How many cases an SPSS file holds, counted in its bytes (ReadStat reads them).

Layout: the PSPP project's "System File Format"; a .zsav is the packed data once more in blocks of zlib.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from cx_helpers.errors import DataError

HEADER = 176
END_OF_DICTIONARY = 999
PADDING, END, RAW = 0, 252, 253
"""Codes of packed data: nothing, no more cases, eight bytes as they are."""


def count_spss(path: Path, name: str) -> int:
    """Cases of a file.

    Raises
    ------
    DataError
        A dictionary that cannot be followed, a case that is cut off, or another number of cases than the header tells.
    """
    data = path.read_bytes()
    try:
        order = "<" if struct.unpack_from("<i", data, 64)[0] in (2, 3) else ">"
        width, packed, _, told = struct.unpack_from(f"{order}4i", data, 68)
        begins, slots = _dictionary(data, order)
        width = slots if width <= 0 else width
        if data[:4] == b"$FL3":
            elements = _packed_elements(_unzipped(data, begins, order), 0)
        else:
            elements = _packed_elements(data, begins) if packed else (len(data) - begins) / 8
        found, left = divmod(elements, width)
    except (struct.error, IndexError, ValueError, ZeroDivisionError, zlib.error):
        raise DataError(f"{name}: the dictionary of this SPSS file is damaged. Export it again.") from None
    if left or told not in (-1, found):
        said = f"its header tells {told:,} cases" if told >= 0 else "its last case should be whole"
        raise DataError(f"{name}: {said}, its data hold {found + left / width:,.10g}. The file is damaged; export it again.")
    return int(found)


def _dictionary(data: bytes, order: str) -> tuple[int, int]:
    """Where the data begin, and how many eight-byte slots a case takes."""
    place, slots = HEADER, 0
    while True:
        kind, first, second = struct.unpack_from(f"{order}3i", data, place)
        if kind == 2:  # a variable: 32 bytes, a label, missing values
            slots += 1
            missing = abs(struct.unpack_from(f"{order}i", data, place + 12)[0])
            labelled = second
            place += 32
            if labelled:
                place += 4 + -(-struct.unpack_from(f"{order}i", data, place)[0] // 4) * 4
            place += 8 * missing
        elif kind == 3:  # value labels, each a value and a text padded to eight bytes
            place += 8
            for _ in range(first):
                place += 8 + (data[place + 8] + 8) // 8 * 8
        elif kind == 4:
            place += 8 + 4 * first
        elif kind == 6:
            place += 8 + 80 * first
        elif kind == 7:
            size, count = struct.unpack_from(f"{order}2i", data, place + 8)
            place += 16 + size * count
        elif kind == END_OF_DICTIONARY:
            return place + 8, slots
        else:
            raise ValueError(f"record {kind}")
        if place <= HEADER or place > len(data) or first < 0 and kind != 2:  # a long text goes on in slots of type -1
            raise ValueError("record")


def _unzipped(data: bytes, place: int, order: str) -> bytes:
    """The blocks that the trailer names, one after another; a block that is shorter than named is damage."""
    _, trailer, _ = struct.unpack_from(f"{order}3q", data, place)
    blocks = struct.unpack_from(f"{order}i", data, trailer + 20)[0]
    parts = []
    for number in range(blocks):
        _, begins, long, short = struct.unpack_from(f"{order}2q2i", data, trailer + 24 + 24 * number)
        part = zlib.decompressobj().decompress(data[begins : begins + short], max_length=long + 1)
        if len(part) != long:
            raise ValueError("block")
        parts.append(part)
    return b"".join(parts)


def _packed_elements(data: bytes, place: int) -> int:
    """Eight-byte slots of packed data: eight codes, then the raw slots that they announce."""
    elements = 0
    while place < len(data):
        codes = data[place : place + 8]
        place += 8
        for code in codes:
            if code == END:
                return elements
            if code == RAW:
                if place + 8 > len(data):
                    raise ValueError("cut off")
                place += 8
            elements += code != PADDING
    return elements
