"""Comments that cross: which of them become items, where each of them belongs, and what becomes of the copies of a deleted one.

A comment becomes an item only where the config lets comments go anywhere, and only on a record that has an item. It belongs wherever that
item shows, as far as the audience guard lets it. See ``docs/adr/021-comments-are-items.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pmsync.connect.capabilities import Unsupported
from pmsync.connect.comments import HEADER, ON, TEXT, writer
from pmsync.engine.absence import lately_missed
from pmsync.engine.context import Context
from pmsync.engine.crossing import written_at
from pmsync.engine.gather import Gathered
from pmsync.engine.protect import bearer, protected
from pmsync.model.enums import Nature
from pmsync.model.item import Item, Link, LinkState, Provenance
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import EMPTY, Known, Settled, Unobserved, raw
from pmsync.reconcile.routing import Create, Route
from pmsync.store import Transaction
from pmsync.store.journal import Entry

DELETED = Known("*This comment was deleted.*")
"""What the copies of a comment say, below their header, once it was deleted where it was written."""


def places_of(context: Context, tx: Transaction, item: Item, values: Mapping[str, Settled]) -> tuple[Route, ...]:
    """Where a comment belongs: wherever the item shows that it is on, in systems that take comments."""
    on = raw(values.get("on", EMPTY))
    if item.kind.nature is not Nature.COMMENT or on is None:
        return ()
    policy = context.setup.policy
    links = [link for link in tx.links.of_items([str(on)]).get(str(on), []) if link.state is LinkState.LINKED]
    scopes = {link.scope for link in links if policy.comments(link.scope.system).emits and takes_comments(context, link.scope)}
    return tuple(Route(scope, Create.AUTO) for scope in sorted(scopes, key=str))


def is_shielded(context: Context, tx: Transaction, values: Mapping[str, Settled], nature: Nature, scope: ScopeRef) -> bool:
    """Whether the record of ``scope`` that a comment is on is protected by the config: then nothing is said on it either."""
    on = raw(values.get("on", EMPTY))
    if nature is not Nature.COMMENT or on is None or not context.setup.policy.protect:
        return False
    item, links = tx.items.get(str(on)), tx.links.of_items([str(on)]).get(str(on), [])
    alive = [link for link in links if link.state is LinkState.LINKED]
    if item is None:
        return False
    of = bearer(item, alive, tx.observations.many([link.ref for link in alive]))
    return any(protected(context, of, link) is not None for link in alive if link.scope == scope)


def takes_comments(context: Context, scope: ScopeRef) -> bool:
    """Whether the system of ``scope`` can hold copies of comments. Where it cannot be asked now, it is asked later."""
    connector = context.setup.connectors.get(scope.system)
    return connector is not None and not isinstance(connector.capabilities.commenting, Unsupported)


def title_of(tx: Transaction, item: Item) -> str:
    """What people call a comment: ``comment by Ana on PAY-7``, by where it was written."""
    header, on = (str(raw(item.fields[name].value) or "") if name in item.fields else "" for name in ("attribution", "on"))
    who = writer(header)
    links = tx.links.of_items([on]).get(on, []) if on else []
    where = next((link.key for link in links if link.state is LinkState.LINKED and link.key in header), "")
    place = where or next((link.key for link in links if link.state is LinkState.LINKED), "")
    return f"comment{' by ' + who if who else ''}{' on ' + place if place else ''}"


def told(record: Record) -> str:
    """A comment in a few words: ``a comment by Ana``."""
    header = record.values.get(HEADER)
    who = writer(str(header.value)) if isinstance(header, Known) else ""
    return f"a comment by {who}" if who else "a comment"


def known_as(tx: Transaction, record: Record) -> Link | None:
    """The link of the comment that the record is, under the id that it had before its record was transferred.

    A transfer keeps the moment, the writer and the text of every comment on it, and leads to the same item; the ids are new.
    """
    on = _on(record)
    parent = tx.links.by_ref(RecordRef(record.ref.system, on)) if on is not None else None
    if parent is None:
        return None
    born = tx.observations.born(record.ref.system, record.created_at, before=0.0)
    links = tx.links.by_refs([ref for ref in born if ref != record.ref])
    seen = tx.observations.many(links)
    before = [link for ref, link in links.items() if ref in seen and _was(tx, seen[ref], record, parent)]
    return before[0] if len(before) == 1 else None


def _was(tx: Transaction, old: Record, new: Record, parent: Link) -> bool:
    on = _on(old)
    if old.kind is not new.kind or old.creator != new.creator or on is None or on == _on(new):
        return False
    home = [link for link in tx.links.of_items([parent.item]).get(parent.item, []) if link.ref.remote_id == on]
    link = tx.links.by_ref(old.ref)
    item = tx.items.get(link.item) if link else None
    held = item.fields.get("on") if item else None
    return not home and held is not None and held.value == Known(parent.item)


# -- deleted ones -----------------------------------------------------------------------------------------------------------------


def follow_deletions(context: Context, tx: Transaction, gathered: Iterable[Gathered]) -> list[str]:
    """Let the hub's text say that a comment was deleted where it was written; returns the items whose text was changed by that.

    What people wrote stays in the journal. A comment that went with its whole record says nothing: the copies stand as they are. One that can
    be read again says again what it says.
    """
    return [
        one.item.uid for one in gathered if one.item.kind.nature is Nature.COMMENT and _follow(context, tx, one.item, one.links)
    ]


def _follow(context: Context, tx: Transaction, item: Item, links: Sequence[Link]) -> bool:
    origin, held = written_at(context, links), item.fields.get("body")
    if origin is None or held is None:
        return False
    record = tx.observations.get(origin.ref)
    if origin.state is LinkState.GONE and held.value != DELETED and _has_copies(links) and _stands(context, tx, record):
        return _write(context, tx, item, DELETED, origin)
    shown = record.values.get(TEXT, Unobserved("not read")) if record else Unobserved("not read")
    if origin.state is LinkState.LINKED and held.value == DELETED and not isinstance(shown, Unobserved) and shown != DELETED:
        return _write(context, tx, item, shown, origin)
    return False


def _has_copies(links: Sequence[Link]) -> bool:
    return any(link.state is LinkState.LINKED for link in links)


def _stands(context: Context, tx: Transaction, record: Record | None) -> bool:
    """Whether the record that the comment was on is there still."""
    on = _on(record)
    link = None if on is None or record is None else tx.links.by_ref(RecordRef(record.ref.system, on))
    return link is not None and link.state is LinkState.LINKED and not lately_missed(context, tx, link)


def _on(record: Record | None) -> str | None:
    found = record.values.get(ON) if record else None
    return str(found.value) if isinstance(found, Known) else None


def _write(context: Context, tx: Transaction, item: Item, value: Settled, origin: Link) -> bool:
    now = context.clock.now()
    why = f"{origin.key} was deleted" if value == DELETED else f"{origin.key} is there again"
    before = item.fields["body"].value
    tx.items.write(item.uid, "body", value, Provenance(origin.ref.system, at=now, why=why))
    entry = Entry(
        context.run,
        "hub",
        item.uid,
        field="body",
        link=origin.uid,
        system=origin.ref.system,
        before=before,
        after=value,
        why=why,
        at=now,
    )
    tx.journal.append([entry])
    context.tell("ingested", why, item=item.uid, field="body")
    return True
