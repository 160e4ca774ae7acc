"""Transfers: a record that shows up under an id nobody knows may be one that we know, where a move gives a record another id.

A transfer keeps the moment at which the record was created. So before a stranger becomes an item, every record of that birth is read
directly; what can no longer be read is followed from its old key, and its link goes along. While that cannot be asked, the stranger waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pmsync.connect.capabilities import Unsupported
from pmsync.engine.absence import is_readable, note_missing, relink
from pmsync.engine.context import Context
from pmsync.engine.observe import observe, parse_ref
from pmsync.model.enums import Nature
from pmsync.model.item import Link, LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import Known
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow

Birth = tuple[str, float]
"""A system, and a moment (Unix seconds) at which it created something."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A known record that may go on as a stranger. ``scope`` is where it is asked for; ``link`` is None while no item has it."""

    ref: RecordRef
    scope: ScopeRef
    key: str
    birth: Birth
    link: Link | None


class Transfers:
    """What one reconciliation finds out. Each birth is asked about once; at first contact nothing is known yet, and nothing is asked."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[Birth, list[RecordRef]] = {}
        self._undecided: set[Birth] = set()
        self._left: set[RecordRef] = set()
        self._missing: set[RecordRef] = set()
        self._looks: dict[int, RecordRef] = {}

    def look(self, rows: Sequence[DirtyRow]) -> None:
        """Follow every known record that may go on as one of those that the dirty ``rows`` name. To be called outside of transactions."""
        with self._context.store.transaction() as tx:
            suspects = self._suspects(tx, strangers(tx, rows))
        by_scope: dict[ScopeRef, list[_Suspect]] = defaultdict(list)
        for suspect in suspects:
            by_scope[suspect.scope].append(suspect)
        for scope, group in by_scope.items():
            if not self._ask(scope, group):
                self._undecided |= {suspect.birth for suspect in group}

    def waits(self, record: Record) -> bool:
        """Whether it cannot be told yet if the stranger is a known record; told, for the next run tries again."""
        if record.kind.nature is Nature.COMMENT or birth_of(record) not in self._undecided:
            return False
        said = f"{record.key} waits: it cannot be told yet whether it is a known record that was transferred"
        self._context.tell("waiting", said, scope=record.scope)
        self._context.undecided.add(record.scope)
        return True

    def left(self, ref: RecordRef) -> bool:
        """Whether the record of no item goes on under another id, or was deleted."""
        return ref in self._left

    def missing(self, ref: RecordRef) -> bool:
        """Whether the record of no item could not be read when it was looked for."""
        return ref in self._missing

    def _suspects(self, tx: Transaction, found: Sequence[Record]) -> list[_Suspect]:
        homes: dict[RecordRef, Record] = {}
        for record in found:
            if record.kind.nature is Nature.COMMENT or not self._may_move(record.scope):
                continue
            twin = self._looks.setdefault(_looks(record), record.ref)
            if twin != record.ref:
                homes |= dict.fromkeys((twin, record.ref), record)
            known = self._of_birth(tx, birth_of(record))
            if known not in ([], [record.ref]):
                homes |= dict.fromkeys(known, record)
                known.clear()
        links = tx.links.by_refs(homes)
        seen = tx.observations.many([ref for ref in homes if ref not in links])
        places = [(ref, home, links.get(ref), seen.get(ref)) for ref, home in homes.items()]
        return [self._suspect(ref, home, link, record) for ref, home, link, record in places]

    def _may_move(self, scope: ScopeRef) -> bool:
        """Whether the scope is configured, and a move gives its records other ids."""
        if self._context.setup.product_of(scope) is None:
            return False
        return not isinstance(self._context.connector(scope).capabilities.relocate, Unsupported)

    def _of_birth(self, tx: Transaction, birth: Birth) -> list[RecordRef]:
        """The records of that birth that were not asked about yet."""
        if birth not in self._known:
            self._known[birth] = tx.observations.born(*birth, before=self._context.began)
        return self._known[birth]

    def _suspect(self, ref: RecordRef, stranger: Record, link: Link | None, seen: Record | None) -> _Suspect:
        known = link or seen or stranger
        scope = known.scope if self._context.setup.product_of(known.scope) else stranger.scope
        return _Suspect(ref, scope, known.key, birth_of(stranger), link)

    def _ask(self, scope: ScopeRef, suspects: Sequence[_Suspect]) -> bool:
        """Read the suspects and follow those that are gone; False when that could not be done."""
        context = self._context
        if not context.is_ready(scope) or context.is_parked(scope):
            return False
        size = context.connector(scope).capabilities.fetch_batch
        with context.isolated(scope, "looking whether new records are known ones that were moved"):
            return all(self._ask_some(scope, suspects[start : start + size]) for start in range(0, len(suspects), size))
        return False

    def _ask_some(self, scope: ScopeRef, suspects: Sequence[_Suspect]) -> bool:
        context = self._context
        context.keep_hold()
        fetched = context.connector(scope).fetch(scope, [suspect.ref for suspect in suspects])
        with context.store.transaction() as tx:
            observe(context, tx, scope, fetched.records)
        found = {record.ref for record in fetched.records}
        lost = [suspect for suspect in suspects if suspect.ref not in found]
        if lost and not is_readable(context, scope):
            return False
        for suspect in lost:
            self._follow(suspect, deleted=suspect.ref in fetched.deleted)
        return True

    def _follow(self, suspect: _Suspect, *, deleted: bool) -> None:
        context, link = self._context, suspect.link
        moved = context.connector(suspect.scope).relocate(suspect.scope, suspect.ref, suspect.key)
        if link is None:
            (self._left if deleted or moved is not None else self._missing).add(suspect.ref)
        elif moved is not None:
            relink(context, link, moved)
        elif link.state is LinkState.LINKED:
            note_missing(context, link, deleted=deleted)


def strangers(tx: Transaction, rows: Sequence[DirtyRow]) -> list[Record]:
    """The records among the dirty ``rows`` that no item has, oldest first."""
    refs = [parse_ref(row.target.removeprefix("record:")) for row in rows]
    linked = tx.links.by_refs(refs)
    records = tx.observations.many([ref for ref in refs if ref not in linked])
    return sorted(records.values(), key=lambda one: (one.created_at, str(one.ref)))


def birth_of(record: Record) -> Birth:
    """When and where the record was created."""
    return record.ref.system, record.created_at


def _looks(record: Record) -> int:
    """What two sights of one record have in common that was transferred between them, within one run."""
    title = record.values.get("title")
    return hash((birth_of(record), record.creator, title.value if isinstance(title, Known) else ""))
