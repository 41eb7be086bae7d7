"""Texts in one form, so that a name is found however it was typed."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = re.compile("[\u200b\u2060\ufeff\u00ad]|(?<=[A-Za-z0-9\u00c0-\u024f])[\u200c\u200d](?=[A-Za-z0-9\u00c0-\u024f])")


def composed(text: str) -> str:
    """Letters with their accents in one character (Unicode NFC), without characters that are not seen."""
    return text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFC", text))


def fold(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
