"""The small notations of a roadmap: amounts, words, dates, keys, links. Each reader takes a tree and raises ``WrongError`` in words for a person."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from pmsync.model.periods import FiscalYear, Granularity, Period
from pmsync.model.roadmap import Amount, Framework, Input, MetricInput
from pmsync.roadmap.tree import Mapping, Scalar, Sequence, Span, Tree
from pmsync.text.wording import nearest, quoted

LONGEST_KEY = 64
LONGEST_LINE = 255
"""Characters of a title or name: Jira's limit, the smallest."""

LARGEST = 1e12
"""The largest number."""

_KEY = re.compile(r"\w[\w.-]*")
_NEED = re.compile(r"(?:\w[\w.-]*/)?\w[\w.-]*")
_LINK = re.compile(r"\w[\w.-]*:\S+")
_NUMBER = r"([+-]?[0-9][0-9_]*(?:\.[0-9]+)?)\s*([kM](?![a-zA-Z]))?"
_AMOUNT = re.compile(_NUMBER + r"\s*(%|€|\$|£|[A-Za-z][A-Za-z-]*)?\s*(?:/\s*([a-z]+))?")
_TIMES = {"k": 1_000.0, "M": 1_000_000.0}
_UNITS = {
    "points": ("p", "pt", "pts", "sp", "point", "points"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "pd", "day", "days", "person-day", "person-days"),
    "weeks": ("w", "pw", "week", "weeks", "person-week", "person-weeks"),
    "months": ("pm", "month", "months", "person-month", "person-months"),
    "%": ("%",),
    "EUR": ("€", "EUR"),
    "USD": ("$", "USD"),
    "GBP": ("£", "GBP"),
}
_UNIT = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings}
_RATES = ("day", "week", "month", "quarter", "year")
_METRIC = re.compile(r"metric:([\w.-]+)")
_POSITIVE = {"effort", "size", "duration"}
_TENS = {Framework.ICE, Framework.OPPORTUNITY}

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class WrongError(Exception):
    """A value that cannot be used: where, what is wrong with it, and the remedy."""

    def __init__(self, span: Span, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.span, self.message, self.remedy = span, message, remedy


def described(tree: Tree) -> str:
    """What sort of thing stands there."""
    if isinstance(tree, Mapping):
        return "a mapping"
    if isinstance(tree, Sequence):
        return "a list"
    return {"null": "empty", "int": "a number", "float": "a number", "bool": "true or false"}.get(tree.kind, "a text")


def text(tree: Tree) -> str:
    """A text, or a number as it was written."""
    if not isinstance(tree, Scalar):
        raise WrongError(tree.span, f"is {described(tree)} where a text is wanted", "put it in quotes")
    if tree.kind == "null":
        raise WrongError(tree.span, "is empty", "give it a value or remove the line")
    return tree.text


def line(tree: Tree) -> str:
    """A text of one line, at most 255 characters."""
    found = " ".join(text(tree).split())
    if len(found) > LONGEST_LINE:
        raise WrongError(
            tree.span, f"has {len(found)} characters, at most {LONGEST_LINE} fit", "shorten it; description: takes the rest"
        )
    return found


def key(tree: Tree) -> str:
    """The name of something in this file."""
    found = text(tree).strip()
    refuse_key(found, tree.span)
    return found


def refuse_key(found: str, span: Span) -> None:
    """Keys are short and have no spaces.

    Raises:
        WrongError: it is no key.
    """
    if not _KEY.fullmatch(found) or len(found) > LONGEST_KEY:
        raise WrongError(
            span, f"{quoted(found)} cannot be a key", f"a key has letters, digits and . _ -, at most {LONGEST_KEY}: pay-sso"
        )


def need(tree: Tree) -> str:
    """The key of an item, of another line as ``line/key``."""
    found = text(tree).strip()
    if not _NEED.fullmatch(found):
        raise WrongError(
            tree.span, f"{quoted(found)} is no key of an item", "write  pay-tokens, or  mobile/app-tokens  of another line"
        )
    return found


def link(tree: Tree) -> str:
    """A record, ``system:key``."""
    found = text(tree).strip()
    if not _LINK.fullmatch(found):
        raise WrongError(
            tree.span, f"{quoted(found)} names no record", "write it as  jira:PAY-101  or  github:acme/api#812  in quotes"
        )
    return found


def many(one: Callable[[Tree], T]) -> Callable[[Tree], tuple[T, ...]]:
    """A list of what ``one`` reads; a single value stands for a list of one, nothing for an empty one."""

    def read(tree: Tree) -> tuple[T, ...]:
        if isinstance(tree, Sequence):
            return tuple(one(part) for part in tree.items)
        return () if isinstance(tree, Scalar) and tree.kind == "null" else (one(tree),)

    return read


def word(vocabulary: type[E]) -> Callable[[Tree], E]:
    """One of a closed set of words."""

    def read(tree: Tree) -> E:
        found = text(tree).strip()
        if found not in list(vocabulary):
            raise WrongError(tree.span, f"there is no {vocabulary.__name__.lower()} {quoted(found)}", nearest(found, vocabulary))
        return vocabulary(found)

    return read


def yes(tree: Tree) -> bool:
    """True or false."""
    if not isinstance(tree, Scalar) or tree.kind != "bool":
        raise WrongError(tree.span, f"is {described(tree)} where true or false is wanted", "write true or false, without quotes")
    return tree.text.casefold() == "true"


def number(tree: Tree) -> float:
    """A bare number; a per cent sign behind it is for people."""
    found = amount(tree)
    if found.unit not in ("", "%") or found.per:
        raise WrongError(tree.span, f"{quoted(found.text)} is no bare number", "leave the unit out")
    return found.value


def amount(tree: Tree) -> Amount:
    """A number with its unit and, where it is a rate, what it is over."""
    found = text(tree).strip()
    match = _AMOUNT.fullmatch(found)
    if match is None:
        raise WrongError(
            tree.span, f"{quoted(found)} is no amount", "write it as 13 points, 2.5pm, 80%, 4200/quarter or 10 EUR/week"
        )
    unit, per = match[3] or "", match[4] or ""
    if unit and unit not in _UNIT:
        raise WrongError(tree.span, f"there is no unit {quoted(unit)}", nearest(unit, [*_UNITS, "pm", "pd", "pw"]))
    if per and per not in _RATES:
        raise WrongError(tree.span, f"there is no rate per {quoted(per)}", nearest(per, _RATES))
    value = float(match[1].replace("_", "")) * _TIMES.get(match[2] or "", 1.0)
    if abs(value) > LARGEST:
        raise WrongError(tree.span, "is a number too large to mean anything", "check its digits")
    return Amount(value, _UNIT.get(unit, ""), per, found)


def effort(tree: Tree) -> Amount:
    """Work, more than nothing of it."""
    found = amount(tree)
    if found.value <= 0:
        raise WrongError(
            tree.span, f"an effort of {found.text} cannot be: nothing takes no work", "remove the line where it is not known yet"
        )
    if found.unit not in ("", "points", "hours", "days", "weeks", "months") or found.per:
        raise WrongError(tree.span, f"{quoted(found.text)} is no effort", "write it in points, hours, days, weeks or months")
    return found


def share(tree: Tree) -> float:
    """A part of one: ``20%`` or ``0.2``."""
    found = amount(tree)
    if not 0 <= found.share <= 1 or found.unit not in ("", "%") or found.per:
        raise WrongError(tree.span, f"{quoted(found.text)} is no share", "write it as 20%")
    return found.share


def scoring(framework: Framework, name: str) -> Callable[[Tree], Input]:
    """One input of a score, within the bounds of its framework."""

    def read(tree: Tree) -> Input:
        if metric := _METRIC.fullmatch(text(tree).strip()):
            return MetricInput(metric[1])
        found = amount(tree)
        if name in _POSITIVE and found.value <= 0:
            raise WrongError(
                tree.span,
                f"{name} is {found.text}: a score divides by it",
                "leave it out where it is not known: unscored is not 0",
            )
        if framework is Framework.RICE and name == "confidence" and not 0 < found.share <= 1:
            raise WrongError(tree.span, f"confidence is {found.text}: it goes from 0 to 100%", "write it as 80%")
        if (framework in _TENS and name != "confidence") or (framework is Framework.ICE and name == "confidence"):
            _within(tree, name, found, 10)
        if framework is not Framework.WEIGHTED and found.value < 0:
            raise WrongError(tree.span, f"{name} is {found.text}: less than nothing", "write a number from 0 on")
        return found

    return read


def _within(tree: Tree, name: str, found: Amount, most: int) -> None:
    if not 0 <= found.value <= most or found.unit:
        raise WrongError(
            tree.span, f"{name} is {found.text}: the scale goes from 0 to {most}", f"write a number from 0 to {most}"
        )


def period(fiscal: FiscalYear) -> Callable[[Tree], Period]:
    """A time, as exactly as it is said."""

    def read(tree: Tree) -> Period:
        found = text(tree).strip()
        try:
            return Period.parse(found, fiscal)
        except ValueError as error:
            raise WrongError(
                tree.span, f"{quoted(found)} is no time: {error}", "2026Q1, 2026-02 and 2026-02-15 are times"
            ) from None

    return read


def day(fiscal: FiscalYear) -> Callable[[Tree], date]:
    """A day; of anything longer, the last."""

    def read(tree: Tree) -> date:
        return period(fiscal)(tree).last

    return read


def is_exact(found: Period | None) -> bool:
    """Whether it is a single day."""
    return found is not None and found.granularity is Granularity.DAY
