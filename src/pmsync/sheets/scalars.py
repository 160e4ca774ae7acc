"""Amounts and dates as people write them. What can be read in two ways is refused."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_LAST = re.compile(r"[.,](\d+)$")
MONTHS = 12


def amount_of(text: str) -> tuple[Decimal, str]:
    """An amount, and the currency that its sign tells ("" without one): ``1,200.50``, ``1.200,50 €``, ``$1200``.

    Raises:
        ValueError: it is no amount, or could be two: ``1.200`` is twelve hundred to some and one point two to others.
    """
    sign = next((sign for sign in _SIGNS if sign in text), "")
    digits = re.sub(r"[\s' ]", "", text.replace(sign, ""))
    kinds = {mark for mark in ".," if mark in digits}
    last = _LAST.search(digits)
    if last is not None and len(kinds) == 1 and digits.count(last[0][0]) == 1 and len(last[1]) == len("000"):
        raise ValueError(f"{text!r} can be read in two ways")
    if last is not None and (len(kinds) == len(".,") or digits.count(last[0][0]) == 1):
        digits = re.sub(r"[.,]", "", digits[: last.start()]) + "." + last[1]
    else:
        digits = re.sub(r"[.,]", "", digits)
    try:
        return Decimal(digits), _SIGNS.get(sign, "")
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount") from None


def date_of(text: str) -> date:
    """A day: ``2026-02-15``, ``15.02.2026``, or with slashes where one of the two numbers is above twelve.

    Raises:
        ValueError: it is no day, or could be two.
    """
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DOTTED.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif found := _SLASHED.fullmatch(text):
        first, second, year = map(int, found.groups())
        if first <= MONTHS and second <= MONTHS and first != second:
            raise ValueError(f"{text!r} can be read in two ways")
        day, month = (first, second) if first > MONTHS else (second, first)
    else:
        raise ValueError(f"{text!r} is no day")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{text!r} is no day of the calendar") from None
