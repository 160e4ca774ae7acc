"""What RT's words mean in the hub: the statuses of tickets, and the values of the roadmap field. Pure.

Reading: the configured map, then well-known names. Writing: the one word that reads exactly so, the best known first; where none does, a
neighbour that promises no more.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pmsync.connect.errors import ConfigError
from pmsync.model.enums import Status
from pmsync.reconcile.lenses import EnumLens
from pmsync.reconcile.surface import DefaultTaken

ROADMAP_CHOICES = ("under review", "planned", "in progress", "shipped", "declined")
"""What the roadmap field is taken to offer where the account may not read what it does."""

_ROADMAP: Mapping[Status, tuple[str, ...]] = {
    Status.INBOX: ("inbox", "received", "under review", "under consideration", "considering", "new"),
    Status.BACKLOG: ("backlog", "accepted", "later"),
    Status.PLANNED: ("planned", "scheduled", "next"),
    Status.IN_PROGRESS: ("in progress", "started", "in development", "now"),
    Status.IN_REVIEW: ("in review", "in testing"),
    Status.DONE: ("done", "completed", "built"),
    Status.RELEASED: ("shipped", "released", "delivered", "live"),
    Status.DECLINED: ("declined", "rejected", "not planned", "won't do"),
    Status.DUPLICATE: ("duplicate",),
}
_TICKET: Mapping[Status, tuple[str, ...]] = {
    Status.INBOX: ("new",),
    Status.IN_PROGRESS: ("open", "stalled"),
    Status.DONE: ("resolved",),
    Status.DECLINED: ("rejected",),
}
_NEIGHBOURS: Mapping[Status, tuple[Status, ...]] = {
    Status.INBOX: (Status.BACKLOG,),
    Status.BACKLOG: (Status.INBOX,),
    Status.PLANNED: (Status.BACKLOG, Status.INBOX),
    Status.IN_PROGRESS: (Status.IN_REVIEW,),
    Status.IN_REVIEW: (Status.IN_PROGRESS,),
    Status.DONE: (Status.IN_REVIEW, Status.IN_PROGRESS),
    Status.RELEASED: (Status.DONE,),
    Status.DECLINED: (),
    Status.DUPLICATE: (Status.DECLINED,),
}
"""What stands for a status that no word means. What is built is not told to be shipped, and nothing is told to be planned that is not."""
_TICKET_NEIGHBOURS = {**_NEIGHBOURS, Status.DONE: (), Status.RELEASED: (Status.DONE,)}

_SPACE = re.compile(r"[\s_]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A lens over RT's words, and every assumption made on the way."""

    lens: EnumLens
    defaults: tuple[DefaultTaken, ...]


def name_key(name: str) -> str:
    """The identity of a word: case folded, white space and underscores as one space, straight apostrophes."""
    return _SPACE.sub(" ", name.replace("\u2019", "'")).strip().casefold()


def config_line(system: str, remote: str, hub: str) -> str:
    """The line of the config that decides what ``remote`` means."""
    return f'maps.status.{system}: {{"{remote}": {hub}}}'


def check_maps(system: str, maps: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse value maps that name what the hub does not have.

    Raises:
        ConfigError: an unknown hub value; the hint names the nearest one there is.
    """
    words = [str(status) for status in Status]
    for remote, hub in maps.get("status", {}).items():
        if hub not in words:
            near = difflib.get_close_matches(hub, words, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise ConfigError(
                f"maps.status.{system}: {remote!r} is mapped to {hub!r}, which pmsync does not know",
                hint=f"{meant}There are: {', '.join(words)}",
            )


def roadmap(choices: Sequence[str], maps: Mapping[str, str], system: str) -> Vocabulary:
    """The lens between the choices of the roadmap field and the hub's statuses."""
    return _vocabulary(choices, maps, system, (_ROADMAP, _NEIGHBOURS))


def tagged(prefix: str) -> EnumLens:
    """The lens between tags that begin with ``prefix`` and the hub's statuses: a tag can say any of them."""
    words = {status.value: f"{prefix}{status.value}" for status in Status}
    return EnumLens(
        {word: status for status, word in words.items()}, words, unmapped_hint=f"a tag that begins with {prefix} is pmsync's"
    )


def statuses(maps: Mapping[str, str], system: str) -> Vocabulary:
    """The lens between the statuses of tickets and the hub's. RT does not list them: its own five, and those that the config names."""
    known = [word for words in _TICKET.values() for word in words]
    others = [remote for remote in maps if name_key(remote) not in (*known, *map(name_key, ROADMAP_CHOICES))]
    return _vocabulary([*known, *others], maps, system, (_TICKET, _TICKET_NEIGHBOURS))


def _vocabulary(
    words: Sequence[str],
    maps: Mapping[str, str],
    system: str,
    meanings: tuple[Mapping[Status, tuple[str, ...]], Mapping[Status, tuple[Status, ...]]],
) -> Vocabulary:
    known, neighbours = meanings
    mapped = {name_key(remote): hub for remote, hub in maps.items()}
    usual = {name: status.value for status, names in known.items() for name in names}
    reads = {word: hub for word in words if (hub := mapped.get(name_key(word)) or usual.get(name_key(word), ""))}
    defaults = [
        DefaultTaken(word, hub, "a well-known name", config_line(system, word, hub))
        for word, hub in reads.items()
        if name_key(word) not in mapped
    ]
    own = {status: word for status in Status if (word := _best(status, reads, mapped, known))}
    writes, refused = {status.value: word for status, word in own.items()}, {"": "an item always has a status"}
    for status in Status:
        if status in own:
            continue
        stand_in = next((own[one] for one in neighbours[status] if one in own), "")
        if stand_in:
            writes[status.value] = stand_in
            why = f"nothing here reads as {status.value}, so it is written as {stand_in!r}"
            defaults.append(DefaultTaken(stand_in, status.value, why, config_line(system, "NAME", status.value)))
        else:
            refused[status.value] = (
                f"no value here means {status.value}; add one, or say it: {config_line(system, 'NAME', status.value)}"
            )
    hint = "say what it means: " + config_line(system, "{token}", "planned")
    return Vocabulary(EnumLens(reads, writes, refused, unmapped_hint=hint), tuple(defaults))


def _best(status: Status, reads: Mapping[str, str], mapped: Iterable[str], known: Mapping[Status, tuple[str, ...]]) -> str | None:
    """The word to write: one that the config maps, else the best known one."""
    order = known.get(status, ())
    rank = {name: place for place, name in enumerate(order)}
    words = [word for word, hub in reads.items() if hub == status.value]
    return min(words, key=lambda word: (name_key(word) not in mapped, rank.get(name_key(word), 0)), default=None)
