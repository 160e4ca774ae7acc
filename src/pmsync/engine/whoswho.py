"""Who is who: which accounts belong to a person of the config, and what suggests whose the others are. Pure.

Nothing is taken for granted from likeness: two people may share a name. What is suggested becomes true when it stands in the config.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pmsync.engine.roster import People, Roster
from pmsync.store.people import PersonRow

_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")
"""What may stand in YAML without quotes, and is neither a number nor a word of its own."""
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


@dataclass(frozen=True, slots=True)
class Known:
    """One account.

    Attributes:
        system, account, name: where it is, its id there, what it is called.
        person: whose it is by the config, "" for nobody's.
        suggestion: whose it may be, "" where nothing suggests that.
        reason: why that is suggested.
    """

    system: str
    account: str
    name: str
    person: str = ""
    suggestion: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WhosWho:
    """All accounts, those of nobody's first; ``lines``: what to write under ``people:`` for what is suggested."""

    accounts: tuple[Known, ...]
    lines: tuple[str, ...]


def who_is_who(people: People, rows: Sequence[PersonRow]) -> WhosWho:
    """Match every account seen against the config, and the rest against each other."""
    rosters = {system: Roster.of(people, system) for system in {row.system for row in rows}}
    owners = [rosters[row.system].item(row.account.id) or "" for row in rows]
    guesses = _guesses(people, rows, owners)
    found = [
        Known(row.system, row.account.id, row.account.name, owner, *guesses.get(index, ("", "")))
        for index, (row, owner) in enumerate(zip(rows, owners, strict=True))
    ]
    ordered = sorted(found, key=lambda one: (bool(one.person), not one.suggestion, one.suggestion, one.system, one.account))
    return WhosWho(tuple(ordered), tuple(_lines(people, ordered)))


# -- suggestions --------------------------------------------------------------------------------------------------------------


def _guesses(people: People, rows: Sequence[PersonRow], owners: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Index of an account of nobody's to the person it may belong to, and why. The strongest reason counts, and only where it is unique."""
    found: dict[int, tuple[str, str]] = {}
    taken = {(row.system, owner) for row, owner in zip(rows, owners, strict=True) if owner}
    for reason, trait in _TRAITS:
        holders = _holders(people, rows, owners, trait)
        for index, row in enumerate(rows):
            persons = holders.get(trait(row), frozenset()) if trait(row) else frozenset()
            if owners[index] or index in found or len(persons) != 1:
                continue
            [person] = persons
            twins = [one for one in rows if one.system == row.system and trait(one) == trait(row)]
            if len(twins) == 1 and (row.system, person) not in taken and row.system not in people.get(person, {}):
                found[index] = person, reason
                taken.add((row.system, person))
    return found


Trait = Callable[[PersonRow], str]
_TRAITS: tuple[tuple[str, Trait], ...] = (
    ("same e-mail", lambda row: row.account.email.casefold()),
    ("exact login", lambda row: row.account.id.casefold()),
    ("same name", lambda row: " ".join(row.account.name.split()).casefold()),
)


def _holders(people: People, rows: Sequence[PersonRow], owners: Sequence[str], trait: Trait) -> dict[str, frozenset[str]]:
    """What is known of persons by that trait; accounts of nobody's in several systems that share it are a person to be named."""
    found: dict[str, set[str]] = defaultdict(set)
    systems: dict[str, dict[str, str]] = defaultdict(dict)
    for name, said in people.items():
        for value in (said.get("email", ""), name):
            found[value.casefold()].add(name)
    for row, owner in zip(rows, owners, strict=True):
        if not (value := trait(row)):
            continue
        if owner:
            found[value].add(owner)
        else:
            systems[value][row.system] = _called(row)
    for value, by_system in systems.items():
        if len(by_system) > 1 and not found[value]:
            found[value].add(_fresh(min(by_system.values()), people))
    return {value: frozenset(persons) for value, persons in found.items() if value}


def _called(row: PersonRow) -> str:
    """A short name for a new person."""
    words = re.findall(r"\w+", row.account.name or row.account.id)
    return words[0].casefold() if words else row.account.id.casefold()


def _fresh(name: str, people: People) -> str:
    """The name, with a number behind it where it is somebody's."""
    taken = {one.casefold() for one in people}
    number = next(number for number in range(1, len(taken) + 2) if f"{name}{number if number > 1 else ''}" not in taken)
    return f"{name}{number if number > 1 else ''}"


# -- lines of the config ------------------------------------------------------------------------------------------------------


def _lines(people: People, found: Sequence[Known]) -> Iterator[str]:
    """A line per person for whom something is suggested, with what the config says of them already."""
    new: dict[str, dict[str, str]] = defaultdict(dict)
    for one in found:
        if one.suggestion:
            new[one.suggestion][one.system] = one.account
    for person in sorted(new):
        said: Mapping[str, str] = {**new[person], **people.get(person, {})}
        parts = ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in sorted(said.items()))
        yield f"{quoted(person)}: {{{parts}}}"


def quoted(text: str) -> str:
    """The text as it may stand in a line of YAML."""
    plain = _PLAIN.fullmatch(text) is not None and text.casefold() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
