"""How a number is printed: its interval beside it, decimals by the interval, signs, shares, money, months.

Nothing is rounded before it gets here. The half-width of the interval decides the decimals: 1 or more,
none; 0.1, one; 0.01, two. The minus is a true minus, changes carry their sign, and the spaces inside a
bracket do not break.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_currency, format_compact_decimal, format_currency, format_decimal, format_percent

from cx_helpers.errors import UsageError

MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"
MOST_DECIMALS = 4
MOST_OF_A_SHARE = 2  # 99.99% (99.97 to 100.00)


class Parts(NamedTuple):
    """A number with its interval; low and high are NaN where there is none."""

    value: float
    low: float
    high: float


def parts(number: Any) -> Parts:
    """An estimate, a mapping of one, or a plain number, as value, low and high."""
    if isinstance(number, Mapping):
        return Parts(*(_float(number.get(key)) for key in ("value", "low", "high")))
    if hasattr(number, "low") and hasattr(number, "high"):
        return Parts(_float(number.value), _float(number.low), _float(number.high))
    return Parts(_float(number), math.nan, math.nan)


def _float(number: Any) -> float:
    try:
        return math.nan if number is None else float(number)
    except (TypeError, ValueError):
        raise UsageError(f"number: found {number!r}, allowed is a number or an estimate; pass one.") from None


def known(number: float) -> bool:
    return number is not None and math.isfinite(number)


def decimals(number: Parts, scale: float = 1.0) -> int:
    """Decimals that the half-width of the interval warrants; without an interval, by the size of the value."""
    if known(number.low) and known(number.high) and number.high > number.low:
        half = (number.high - number.low) * scale / 2
        return min(MOST_DECIMALS, max(0, math.ceil(-math.log10(half) - 1e-9)))
    size = abs(number.value) * scale if known(number.value) else 0.0
    most = (2, 1, 0)[(size >= 10) + (size >= 100)]
    if scale == 100:
        most = 0 if size >= 10 else 1
    return next(d for d in range(most + 1) if d == most or abs(round(size, d) - round(size, most)) < 1e-9)


@dataclass(frozen=True)
class Numbers:
    """Prints numbers for one language and currency.

    Attributes
    ----------
    locale : str
        Such as ``en`` or ``es``.
    currency : str or None
        ISO code of the brand's money.
    phrase : callable
        ``phrase(message, **args)`` words the small pieces: interval, units, unknown.
    """

    locale: str
    currency: str | None
    phrase: Callable[..., str]

    def count(self, number: float) -> str:
        """36,770 in English, 36.770 in Spanish."""
        return self._decimal(_float(number), 0)

    def number(self, number: Any, part: str = "", signed: bool = False, scale: float = 1.0, places: int | None = None) -> str:
        """``31 (28 to 34)``; part ``bare`` gives 31, part ``interval`` gives (28 to 34)."""
        found = parts(number)
        places = decimals(found, scale) if places is None else places
        return self._join(found, lambda x: self._decimal(x * scale, places, signed), part)

    def change(self, number: Any, part: str = "") -> str:
        return self.number(number, part, signed=True)

    def size(self, number: Any, part: str = "") -> str:
        """A change without its sign, for sentences that say the direction in words."""
        return self.number(_size(parts(number)), part)

    def share(self, number: Any, part: str = "") -> str:
        """A share of 0 to 1 as ``38% (36 to 40)``."""
        found = parts(number)
        places = min(decimals(found, 100), MOST_OF_A_SHARE)
        percent = format_percent(0.5, locale=self.locale).replace("50", "{}")
        value = percent.format(self._decimal(found.value * 100, places)) if known(found.value) else ""
        return self._join(found, lambda x: self._decimal(x * 100, places), part, value)

    def share_change(self, number: Any, part: str = "", signed: bool = True) -> str:
        """A difference of two shares in points: ``+2 points (−2 to +6)``."""
        found = parts(number)
        places = min(decimals(found, 100), MOST_OF_A_SHARE)
        text = self._decimal(found.value * 100, places, signed)
        value = self.phrase("number.points", value=text, count=_plural(text)) if known(found.value) else ""
        return self._join(found, lambda x: self._decimal(x * 100, places, signed), part, value)

    def share_size(self, number: Any, part: str = "") -> str:
        return self.share_change(_size(parts(number)), part, signed=False)

    def money(self, number: Any, part: str = "", signed: bool = False) -> str:
        """``€310k (270k to 350k)``; below 10,000 in full."""
        found = parts(number)
        largest = max((abs(x) for x in found if known(x)), default=0.0)
        compact = largest >= 10_000

        def plain(x: float) -> str:
            text = self._compact(x) if compact else self._decimal(abs(x), decimals(found))
            return self._sign(x, signed) + text

        value = self._sign(found.value, signed) + self._currency(found, compact) if known(found.value) else ""
        return self._join(found, plain, part, value)

    def money_change(self, number: Any, part: str = "") -> str:
        return self.money(number, part, signed=True)

    def measure(self, number: Any, unit: str, part: str = "", signed: bool = False) -> str:
        """A number in its unit of measure: ``17.0 min (16.6 to 17.5)``; shares and money as such."""
        if unit in ("share", "yes_no"):
            return self.share_change(number, part) if signed else self.share(number, part)
        if unit in ("money", "currency"):
            return self.money(number, part, signed)
        found = parts(number)
        text = self.number(found, "bare", signed)
        value = text if unit in ("", "score", "count", "number", "rating") else self.unit(text, unit)
        places = decimals(found)
        return self._join(found, lambda x: self._decimal(x, places, signed), part, value)

    def unit(self, text: str, unit: str) -> str:
        """The printed number with its unit; a unit the catalogue does not know is printed as the brand wrote it."""
        try:
            return self.phrase(f"unit.{unit}", value=text, count=_plural(text))
        except UsageError:
            return f"{text}{NBSP}{self.one_of(unit) if _plural(text) == 1 else unit}"

    def one_of(self, unit: str) -> str:
        """A unit that the catalogue does not know, as one of it is called: in English without its s."""
        return unit[:-1] if self.locale.startswith("en") and unit.endswith("s") and not unit.endswith("ss") and len(unit) > 3 else unit

    def month(self, month: str, short: bool = False) -> str:
        """``2018-03`` as March 2018; a date or a stamp is printed as its day."""
        try:
            first = dt.date.fromisoformat(f"{month}-01")
        except ValueError:
            raise UsageError(f"month: found {month!r}, allowed is text such as 2018-03; pass that.") from None
        text = format_date(first, "LLL y" if short else "LLLL y", locale=self.locale)
        return text[:1].upper() + text[1:] if self.locale == "en" else text

    def date(self, day: Any) -> str:
        day = dt.date.fromisoformat(str(day)[:10]) if not isinstance(day, dt.date) else day
        return format_date(day, "d MMMM y", locale=self.locale).replace(" ", NBSP)

    def stamp(self, moment: str) -> str:
        """4 November 2026, 06:10 UTC."""
        when = dt.datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(dt.UTC)
        return format_datetime(when, "d MMMM y, HH:mm", locale=self.locale) + " UTC"

    def _join(self, found: Parts, bound: Callable[[float], str], part: str, value: str | None = None) -> str:
        if not known(found.value):
            return "" if part == "interval" else self.phrase("number.unknown")
        value = bound(found.value) if value is None else value
        if part == "bare" or not (known(found.low) and known(found.high)):
            return "" if part == "interval" else value
        inside = self.phrase("number.interval", low=bound(found.low), high=bound(found.high)).replace(" ", NBSP)
        if part == "interval":
            return inside
        if part == "":
            return f"{value} {inside}"
        raise UsageError(f"number part: found {part!r}, allowed are bare and interval; use one.")

    def _decimal(self, number: float, places: int, signed: bool = False) -> str:
        if not known(number):
            return self.phrase("number.unknown")
        shown = round(number, places)
        text = format_decimal(abs(shown), format="#,##0" + ("." + "0" * places if places else ""), locale=self.locale)
        return self._sign(shown, signed) + text

    def _compact(self, number: float) -> str:
        if (size := _in_full(number)) is not None:
            return self._decimal(size, 0)
        text = format_compact_decimal(abs(number), locale=self.locale, fraction_digits=_compact_places(number))
        return _low_thousands(text)

    def _currency(self, found: Parts, compact: bool) -> str:
        size = abs(found.value)
        if not self.currency:
            return self._compact(size) if compact else self._decimal(size, decimals(found))
        if compact and (whole := _in_full(size)) is not None:
            compact, size, found = False, whole, parts(whole)
        if compact:
            digits = _compact_places(size)
            return _low_thousands(format_compact_currency(size, self.currency, locale=self.locale, fraction_digits=digits))
        places = decimals(found)
        pattern = "¤#,##0" + ("." + "0" * places if places else "")
        if not self.locale.startswith("en"):
            pattern = pattern[1:] + NBSP + "¤"
        return format_currency(size, self.currency, format=pattern, locale=self.locale, currency_digits=False)

    @staticmethod
    def _sign(number: float, signed: bool) -> str:
        if not known(number) or number == 0:
            return ""
        return MINUS if number < 0 else ("+" if signed else "")


def _size(found: Parts) -> Parts:
    """The same number without its sign; the ends of the interval keep their side."""
    if known(found.value) and found.value < 0:
        return Parts(-found.value, -found.high, -found.low)
    return found


def _plural(text: str) -> int:
    """What decides the plural is what the reader sees."""
    return 1 if text.strip("+" + MINUS) == "1" else 2


def _compact_places(number: float) -> int:
    size = abs(number)
    while size >= 1000:
        size /= 1000
    return 1 if size < 10 and abs(number) >= 1_000_000 else 0


def _in_full(number: float) -> float | None:
    """Hundreds, of what is less than a thousand beside thousands."""
    return float(round(abs(number), -2)) if round(abs(number), -2) < 1000 else None


def _low_thousands(text: str) -> str:
    return text[:-1] + "k" if text.endswith("K") else text
