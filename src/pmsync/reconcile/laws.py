"""The lens laws, checked exhaustively for finite lenses. A violation carries its counterexample in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pmsync.model.enums import Priority, Status
from pmsync.model.values import EMPTY, Known, Settled, raw
from pmsync.reconcile.lens import Lens, Unmapped, Unrepresentable
from pmsync.reconcile.lenses.enum import EnumLens
from pmsync.reconcile.surface import Surface

_Maps = tuple[tuple[tuple[str, str], ...], ...]
_STATUSES = [str(value) for value in Status]
_VOCABULARIES = {"status": _STATUSES, "roadmap": _STATUSES, "priority": [str(value) for value in Priority]}


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken law. ``law`` is ``GetPut``, ``PutGet``, ``Canon``, ``Vocabulary`` or ``Monotone``."""

    law: str
    words: str

    def __str__(self) -> str:
        return f"{self.law}: {self.words}"


def check_surface(surface: Surface) -> list[Violation]:
    """The laws of a surface with a closed vocabulary, over all of the hub's values; its priorities must keep their order, too.

    Lenses over texts and sets hold by construction, which property tests watch over.
    """
    lens = surface.lens
    if not isinstance(lens, EnumLens) or surface.field not in _VOCABULARIES:
        return []
    maps = (tuple(lens.reads.items()), tuple(lens.writes.items()), tuple(lens.refused.items()))
    return list(_broken(surface.field, maps, lens.empties, lens.empty_token))


@lru_cache(256)
def _broken(name: str, maps: _Maps, empties: frozenset[str], empty_token: str | None) -> list[Violation]:
    """As ``check_surface``; every run asks it of the same few maps."""
    reads, writes, refused = map(dict, maps)
    lens = EnumLens(reads, writes, refused, empties=empties, empty_token=empty_token)
    found = check_enum(lens, _VOCABULARIES[name])
    if name == "priority":
        found += check_monotone(lens, lambda value: Priority(value).rank)
    return found


def check_enum(lens: EnumLens, hub_values: Iterable[str]) -> list[Violation]:
    """Every law over every token and every hub value, the empty value included."""
    values = list(hub_values)
    tokens = sorted({*lens.reads, *lens.writes.values(), *lens.empties})
    hubs: list[Settled] = [EMPTY, *(Known(value) for value in values)]
    remotes: list[Settled] = [EMPTY, *(Known(token) for token in tokens)]
    found = [*_vocabulary(lens, values), *check_finite(lens, remotes, hubs), *_default_members(lens)]
    return list(dict.fromkeys(found))


def check_finite(lens: Lens, remotes: Sequence[Settled], hubs: Sequence[Settled]) -> list[Violation]:
    """GetPut, PutGet up to the fibre, and Canon, for any lens over the given values."""
    return [violation for remote in remotes for hub in hubs for violation in _pair(lens, remote, hub)]


def check_monotone(lens: EnumLens, rank: Callable[[str], int], remote_order: Sequence[str] = ()) -> list[Violation]:
    """That the maps keep the order of a scale: what matters more on one side never matters less on the other.

    Args:
        lens: the map.
        rank: a hub value's place in the hub's scale (0 is the most important).
        remote_order: the remote's scale, most important first. Without it the order is judged by writing and reading back.
    """
    order = {token: place for place, token in enumerate(remote_order)}
    if order:
        written = [(v, t, order[t]) for v, t in lens.writes.items() if t in order]
        read = [(v, t, order[t]) for t, v in lens.reads.items() if t in order]
    else:
        written = [(v, t, rank(lens.reads[t])) for v, t in lens.writes.items() if t in lens.reads]
        read = []
    return [*_crossings(written, rank, "is written as"), *_crossings(read, rank, "is read from")]


def _crossings(pairs: list[tuple[str, str, int]], rank: Callable[[str], int], verb: str) -> list[Violation]:
    ordered = sorted(pairs, key=lambda pair: (rank(pair[0]), pair[2]))
    return [
        Violation("Monotone", f"{v1!r} {verb} {t1!r} and {v2!r} {verb} {t2!r}: {v1!r} matters more, but {t1!r} matters less")
        for (v1, t1, p1), (v2, t2, p2) in pairwise(ordered)
        if rank(v1) < rank(v2) and p1 > p2
    ]


def _pair(lens: Lens, remote: Settled, hub: Settled) -> Iterator[Violation]:
    meaning = lens.ingest(remote, hub)
    if not isinstance(meaning, Unmapped):
        again = lens.put(meaning, remote)
        if again != remote:
            words = f"{_say(remote)} is read as {_say(meaning)}, which would be written back as {_say(again)}"
            yield Violation("GetPut", words)
    target = lens.put(hub, remote)
    if not isinstance(target, Unrepresentable) and not lens.consistent(target, hub):
        yield Violation("PutGet", f"{_say(hub)} is written as {_say(target)}, which does not mean {_say(hub)}")
    canon = lens.canon(remote)
    if lens.canon(canon) != canon:
        yield Violation("Canon", f"the canonical form of {_say(remote)} is {_say(canon)}, whose own is {_say(lens.canon(canon))}")
    if lens.consistent(canon, hub) != lens.consistent(remote, hub):
        yield Violation("Canon", f"{_say(remote)} and its canonical form {_say(canon)} differ in whether they mean {_say(hub)}")


def _vocabulary(lens: EnumLens, values: list[str]) -> Iterator[Violation]:
    valid = ", ".join(values)
    for token, value in lens.reads.items():
        if value not in values:
            yield Violation("Vocabulary", f"{token!r} is read as {value!r}, which is none of {valid}")
    for value in [*lens.writes, *lens.refused]:
        if value and value not in values:
            yield Violation("Vocabulary", f"{value!r} is mapped for writing, but is none of {valid}")


def _default_members(lens: EnumLens) -> Iterator[Violation]:
    """A written token must be readable, and must read as a value that is itself written as this token."""
    for value, token in lens.writes.items():
        if token in lens.empties:
            continue
        default = lens.reads.get(token)
        if default is None:
            yield Violation("PutGet", f"{value!r} is written as {token!r}, which cannot be read back")
        elif lens.writes.get(default) != token:
            image = lens.writes.get(default)
            other = f"written as {image!r}" if image else "not written at all"
            yield Violation("PutGet", f"{value!r} is written as {token!r}, which reads back as {default!r}, which is {other}")


def _say(value: Settled | Unmapped | Unrepresentable) -> str:
    if isinstance(value, (Unmapped, Unrepresentable)):
        return f"nothing ({value.reason})"
    text = raw(value)
    return "empty" if text is None else repr(sorted(text) if isinstance(text, frozenset) else text)
