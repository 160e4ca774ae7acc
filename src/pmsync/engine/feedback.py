"""Feedback: what a customer said is about work, and shows where that stands, as far as its readers may know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pmsync.engine.context import Context
from pmsync.engine.route import forbidden
from pmsync.model.enums import Nature, Status
from pmsync.model.item import Item, Link, LinkState, Provenance
from pmsync.model.values import EMPTY, Known, members, raw
from pmsync.store import Transaction
from pmsync.store.journal import Entry

NOT_DONE = (Status.DECLINED, Status.DUPLICATE)


def told_to_feedback(tx: Transaction, item: str, field: str) -> None:
    """A field of the item was written: feedback about it may have to say so."""
    if field == "status":
        tx.dirty.mark([f"item:{uid}" for uid in tx.references.by("about", item)], None, "what it is about has moved on")


def derive(context: Context, tx: Transaction, items: Iterable[Item]) -> list[str]:
    """Bring the field ``roadmap`` of the feedback among ``items`` up to date; it follows from the status of the work it is about.

    Returns the uids of those whose field was written.
    """
    feedback = [item for item in items if item.kind.nature is Nature.FEEDBACK]
    if not feedback:
        return []
    works = tx.items.many({uid for item in feedback for uid in members(item.value("about"))})
    links = tx.links.of_items([*works, *(item.uid for item in feedback)])
    written = []
    for item in feedback:
        about = [works[uid] for uid in sorted(members(item.value("about"))) if uid in works]
        told = [work for work in about if _may_tell(context, tx, work, links, links.get(item.uid, []))]
        if _set(context, tx, item, told):
            written.append(item.uid)
    return written


def standing(statuses: Iterable[Status]) -> Status | None:
    """Where a wish stands that needs several things: as far as the last of them; what is not going to be done only counts where all is so.

    So nothing is told to be shipped while a part is missing.
    """
    known = list(statuses)
    going = [status for status in known if status not in NOT_DONE]
    order = list(Status)
    return min(going or known, key=order.index, default=None)


def _set(context: Context, tx: Transaction, item: Item, about: Sequence[Item]) -> bool:
    """Write where it stands; False where it is known already."""
    statuses = [Status(str(value)) for work in about if (value := raw(work.value("status"))) is not None]
    now = standing(statuses)
    before, after = item.value("roadmap"), EMPTY if now is None else Known(now.value)
    if before == after:
        return False
    titles = ", ".join(sorted(str(raw(work.value("title")) or work.uid) for work in about))
    why = f"it is about {titles}" if about else "it is about nothing that its readers may know of"
    tx.items.write(item.uid, "roadmap", after, Provenance("pmsync", at=context.clock.now(), why=why))
    entry = Entry(
        context.run,
        "hub",
        item.uid,
        field="roadmap",
        system="pmsync",
        before=before,
        after=after,
        why=why,
        at=context.clock.now(),
    )
    tx.journal.append([entry])
    context.tell("ingested", why, item=item.uid, field="roadmap")
    return True


def _may_tell(context: Context, tx: Transaction, work: Item, links: Mapping[str, Sequence[Link]], own: Sequence[Link]) -> bool:
    """Whether all who read the feedback may know of the work: its title stands in the reason, its status beside theirs."""
    alive = [link for link in links.get(work.uid, []) if link.state is LinkState.LINKED]
    records = tx.observations.many([link.ref for link in alive])
    places = {link.scope for link in own if link.state is LinkState.LINKED}
    return bool(alive) and all(forbidden(context, tx, alive, records, place) is None for place in places)
