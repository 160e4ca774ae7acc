"""What a config means beyond its shape: names that must exist, values that must not clash. Each check notes all it finds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pmsync.config.model import FieldRule, Root
from pmsync.config.problems import Path, Problems, kind_of, nearest, quoted
from pmsync.model.enums import Direction, Kind, Priority, Status
from pmsync.model.item import COMPUTED
from pmsync.reconcile.protect import PROPERTIES, Facet

STORE_HINT = "write sqlite:///pmsync.db or postgresql://user@host/database"

_RESERVED: dict[str, str] = {
    "mirror": "a product's mirror rules have that name",
    "email": "people's addresses have that name",
    "owner": "a key of fields: has that name",
    "all": "a key of fields: has that name",
    "respect_human": "a key of fields: has that name",
    "namespace": "a key of fields: has that name",
    "since": "a key of fields: has that name",
    **dict.fromkeys(PROPERTIES, "safety: protect: takes it for what records show"),
    "person": "it stands for people in the history of values",
    "pmsync": "it stands for the program in the history of values",
    "score": "it stands for the computed score among the owners of fields",
}
_SYSTEM = re.compile(r"\w[\w.-]{0,63}")
_PRODUCT = re.compile(r"\S(?:.{0,98}\S)?")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_VOCABULARIES: Mapping[str, Sequence[str]] = {
    Facet.STATUS: list(Status),
    Facet.PRIORITY: list(Priority),
    Facet.KIND: list(Kind),
}
_COMMENTS = (Direction.PULL, Direction.PUSH, Direction.BOTH, Direction.OFF)


def check_names(root: Root, document: Mapping[str, Any], problems: Problems) -> None:
    """Systems and products exist, and their names can stand where they are used: in ``system:container``, beside other keys."""
    for part in ("systems", "products"):
        if document.get(part) == {} and not problems.at((part,)):
            problems.add((part,), f"names no {part[:-1]}", "pmsync init writes an example")
    for name in root.systems:
        if name in _RESERVED:
            problems.add(("systems", name), f"a system cannot be called {name!r}: {_RESERVED[name]}", "choose another name")
        elif not _SYSTEM.fullmatch(name):
            problems.add(("systems", name), "a system's name has letters, digits and . _ -, at most 64", "choose another name")
    for name in root.products:
        if not _PRODUCT.fullmatch(name) or not name.isprintable():
            problems.add(("products", name), "a product's name is one line of at most 100 characters", "choose another name")


def check_store(root: Root, problems: Problems) -> None:
    """The store's URL names a kind of database that pmsync knows. Whether it can be opened is the store's to say."""
    url = root.store
    scheme, has_scheme, _ = url.partition("://")
    if problems.at(("store",)) or url.startswith(_POSTGRES):
        return
    if url.startswith("sqlite:///"):
        if url.endswith("/"):
            problems.add(("store",), "names no file", STORE_HINT)
    elif scheme == "sqlite":
        problems.add(("store",), "the file stands after three slashes", STORE_HINT)
    elif has_scheme:
        problems.add(("store",), f"pmsync cannot keep its store in {quoted(scheme)}", STORE_HINT)
    else:
        problems.add(("store",), "is not the URL of a database", STORE_HINT)


def check_fields(root: Root, systems: Sequence[str], problems: Problems) -> None:
    """Owners and directions name systems that exist; ``namespace`` stands with labels, ``since`` with comments."""
    for name, rule in root.fields.items():
        path: Path = ("fields", name)
        if rule.owner is not None and (name, rule.owner) != ("priority", COMPUTED):
            _known((*path, "owner"), rule.owner, systems, problems)
        if rule.namespace and name != "labels":
            problems.add((*path, "namespace"), "only labels have a namespace", "remove it here")
        if rule.since is not None and name != "comments":
            problems.add((*path, "since"), "only comments have a since", "remove it here")
        extra = rule.model_extra or {}
        for system, direction in extra.items():
            if system not in systems:
                keys = [*FieldRule.model_fields, *systems]
                problems.add((*path, system), f"unknown key {quoted(system)}", nearest(system, keys))
            elif direction not in list(Direction):
                _refuse_direction((*path, system), direction, problems)
        if name == "comments":
            _check_comments(path, rule, systems, problems)


def _refuse_direction(path: Path, given: Any, problems: Problems) -> None:
    if problems.at(path):
        return
    if isinstance(given, str):
        problems.add(path, f"unknown direction {quoted(given)}", nearest(given, list(Direction)))
    else:
        problems.add(path, f"is {kind_of(given)} where a direction is wanted", "valid here: " + ", ".join(Direction))


def _check_comments(path: Path, rule: FieldRule, systems: Sequence[str], problems: Problems) -> None:
    for key in sorted(rule.model_fields_set & {"owner", "respect_human", "namespace"}):
        problems.add((*path, key), f"comments have no {key}: what was written where it was written counts", "remove it here")
    named = {"all": rule.all, **{name: way for name, way in (rule.model_extra or {}).items() if name in systems}}
    for key, direction in named.items():
        if direction in list(Direction) and direction not in _COMMENTS:
            problems.add((*path, key), "comments follow later edits, or they are not copied", "valid here: pull, push, both, off")


def check_maps(root: Root, systems: Sequence[str], problems: Problems) -> None:
    """Maps are for systems that exist, and are functions: no remote name stands twice in two spellings."""
    for name, by_system in (("status", root.maps.status), ("priority", root.maps.priority)):
        for system, values in by_system.items():
            _known(("maps", name, system), system, systems, problems)
            _refuse_twins(("maps", name, system), values, problems)


def _refuse_twins(path: Path, values: Mapping[str, str], problems: Problems) -> None:
    """Trackers do not tell names apart by case, so two spellings are one name with two meanings."""
    first: dict[str, str] = {}
    for remote, hub in values.items():
        key = " ".join(remote.split()).casefold()
        if not key:
            problems.add((*path, remote), "the remote name is empty", "remove the line: what is not set needs no map")
        twin = first.setdefault(key, remote)
        if twin != remote:
            clash = "" if values[twin] == hub else f": it would mean both {values[twin]} and {hub}"
            problems.add((*path, remote), f"is the same name as {quoted(twin)}{clash}", "keep one of the two")


def check_people(root: Root, systems: Sequence[str], problems: Problems) -> None:
    """Accounts are in systems that exist, addresses look like some, and no account is two people's."""
    owners: dict[tuple[str, str], str] = {}
    for name, accounts in root.people.items():
        if not name.strip():
            problems.add(("people", name), "a person needs a name", "any short name of your choice")
        for system, account in accounts.items():
            path: Path = ("people", name, system)
            if problems.at(path):
                continue
            if system != "email":
                _known(path, system, [*systems, "email"], problems)
            elif not _EMAIL.fullmatch(account):
                problems.add(path, f"{quoted(account)} is no e-mail address", "write it as name@example.com")
            if not account.strip():
                problems.add(path, "the account is empty", "remove the line")
                continue
            holder = owners.setdefault((system, account.strip().casefold()), name)
            if holder != name:
                problems.add(path, f"this account is named already for {quoted(holder)}", "one account is one person's")


def check_protect(root: Root, systems: Sequence[str], problems: Problems) -> None:
    """Each selector begins with a property or a system, and says which. Whether there is such a record shows when it was read."""
    for index, text in enumerate(root.safety.protect):
        path: Path = ("safety", "protect", index)
        head, colon, rest = text.partition(":")
        if text in systems:
            continue
        if head not in (*PROPERTIES, *systems):
            said = f"there is no system {quoted(head)}" if text.strip() else "is empty"
            problems.add(path, said, nearest(head, [*PROPERTIES, *systems]))
        elif not colon or not rest.strip():
            problems.add(path, f"does not say which {head}", f"write it in quotes: '{head}:NAME'")
        elif (words := _VOCABULARIES.get(head)) is not None and rest.strip() not in words:
            problems.add(path, f"unknown {head} {quoted(rest.strip())}", nearest(rest.strip(), words))


def _known(path: Path, name: str, systems: Iterable[str], problems: Problems) -> None:
    if name not in systems and not problems.at(path):
        problems.add(path, f"there is no system {quoted(name)}", nearest(name, systems))
