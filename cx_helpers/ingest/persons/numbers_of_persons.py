"""Numbers in free text: which are phones, cards or accounts, and which are dates, amounts and the business's own numbers."""

from __future__ import annotations

import re

SEPARATORS = "\\s\u00a0\u2000-\u200a\u202f().\\-\u2010-\u2014\u2212/"
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
NUMBER = re.compile(rf"(?<!\w)\+?\(?\d(?:[{SEPARATORS}]{{0,3}}\d){{6,18}}(?!\w)")
_DAY = r"(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)\d\d)"
_TIME = r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?"
DATE = re.compile(rf"{_DAY}(?:[\s.T]+{_TIME}Z?)?$")
MOMENT = re.compile(rf"(?<![\w/.+:-])(?:{_DAY}(?:(?:T|\s+){_TIME}Z?)?|{_TIME})(?!\w|[-/.:]\d)")
AMOUNT = re.compile(r"\d{1,3}(?:[.]\d{3})+$")
_MONEY = re.compile(r"(?:[$€£¥]|\b(?:usd|eur|gbp|brl|mxn|cop|clp|ars|pesos?|reais|euros?|dollars?))\s*$", re.I)
_PAID = re.compile(r"\s*(?:[$€£¥]|(?:usd|eur|gbp|brl|mxn|cop|clp|ars|pesos?|reais|euros?|dollars?)\b)", re.I)
_BETWEEN = r"(?:\W+(?:me|us|him|her|back|at|on|is|are|was|to|under|now|no|nr|number|al|en|el|la|a|o|os|as|es|é|por|para|pelo|num|número|numero|whatsapp|my|mi|meu|favor|please|directly|later|today|tomorrow|hoy|mañana|amanhã))"
_PHONE = re.compile(
    r"\b(?:(?:tele|cell|smart)?phone|tel|call|ring|text|reach|contact|mobile|cell|whats|móvil|movil|teléfono|telefono|fono|llam|llám|telemóvel|telemovel|celular|lig|fone|"
    rf"(?:my|mi|meu|our|his|her|su|seu)\W+(?:number|número|numero|nr|no)\b)\w*(?:{_BETWEEN}{{0,5}}|\W+\w+)?\W*$",
    re.I,
)
_OWN = re.compile(
    r"(?:\b(?:order|booking|invoice|flight|reservation|reserva|reservación|pedido|orden|factura|fatura|vuelo|voo|ticket|reference|referencia|referência|ref|case|"
    r"contract|contrato|confirmation|confirmación|localizador|policy|póliza|account|expediente|processo|invoices|bookings|orders)"
    r"(?:\W+(?:number|numbers|no|nr|nº|n|num|número|numero|code|código|id|is|was|es|é))*\W*|\b[A-Z]{1,5}[-#_/]?)$",
    re.I,
)


def without_numbers(text: str) -> str:
    """`text` with its accounts, cards, phones and long numbers in brackets; dates, times and amounts stay.

    Examples
    --------
    >>> without_numbers("born 12.03.1980, 600123456, order number 4002938475")
    'born 12.03.1980, [phone], order number [number]'
    """
    text = IBAN.sub(lambda found: "[account]" if is_iban(found[0]) else found[0], text)
    parts, at = [], 0
    for moment in [*MOMENT.finditer(text), None]:
        end = moment.start() if moment else len(text)
        for found in NUMBER.finditer(text[:end], at):
            parts += [text[at : found.start()], _told(found, text)]
            at = found.end()
        parts.append(text[at : moment.end() if moment else end])
        at = moment.end() if moment else end
    return "".join(parts)


def _told(found: re.Match, text: str) -> str:
    number = found[0]
    groups = re.findall(r"\d+", number)
    digits = "".join(groups)
    if 13 <= len(digits) <= 19 and luhn(digits):
        return "[card]"
    before = text[max(0, found.start() - 45) : found.start()]
    own = _OWN.search(before)
    told = number.startswith(("+", "00", "(")) or (not own and _PHONE.search(before))
    if not told:
        money = _MONEY.search(before) or _PAID.match(text, found.end())
        if sum(len(group) == 1 for group in groups) >= 5 or (money and (len(groups) > 1 or len(digits) < 9)) or (AMOUNT.match(number) and len(digits) != 9):
            return number
    if own and not told and len(digits) >= 9:
        return "[number]"
    if 9 <= len(digits) <= 15 or (told and len(digits) >= 7):
        return "[phone]"
    return "[number]" if len(digits) > 15 else number


def luhn(digits: str) -> bool:
    """Whether a card number's check digit is right."""
    doubled = [int(d) if i % 2 == 0 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0 and len(set(digits)) > 1


def is_iban(text: str) -> bool:
    """Whether an account number's check digits are right (ISO 7064, remainder of 97)."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
