"""What a run wrote, surface by surface, and which run wrote there since."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pmsync.model.fields import FIELDS, MergeType
from pmsync.model.item import Link
from pmsync.model.labels import by_key
from pmsync.model.values import EMPTY, Settled, members
from pmsync.reconcile.operation import OpKind
from pmsync.store import Transaction
from pmsync.store.journal import JournalRow
from pmsync.store.ops import OpRow

WRITES = ("write", "undo")
"""The kinds of journal entries that tell of a value that landed."""


@dataclass(slots=True)
class Written:
    """What all writes of one run come to on one surface of one record.

    Attributes:
        surface: its id.
        field: the hub field that shows there.
        before: what it showed before the first of the writes that follow upon each other.
        after: what it showed after the last.
        why: the last write's sentence.
        seq: the last write's place in the journal.
        undid: whether that write took another run's back.
        added: of a set, what was added, label key to spelling; ``removed`` likewise. What others changed beside it is in neither.
    """

    surface: str
    field: str
    before: Settled = EMPTY
    after: Settled = EMPTY
    why: str = ""
    seq: int = 0
    undid: bool = False
    added: dict[str, str] = dataclasses.field(default_factory=dict)
    removed: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def is_set(self) -> bool:
        """Whether sets show there."""
        return FIELDS[self.field].merge is MergeType.SET

    def then(self, entry: JournalRow) -> None:
        """Take the run's next write into account; one that does not go on from where the last ended stands for itself."""
        before, after = entry.before or EMPTY, entry.after or EMPTY
        if not self.seq or before != self.after:
            self.before = before
        self.after, self.why, self.seq, self.undid = after, entry.why, entry.seq, entry.kind == "undo"
        old, new = by_key(members(before)), by_key(members(after))
        _move({key: label for key, label in new.items() if key not in old}, self.added, self.removed)
        _move({key: label for key, label in old.items() if key not in new}, self.removed, self.added)


def _move(labels: Mapping[str, str], into: dict[str, str], out_of: dict[str, str]) -> None:
    for key, label in labels.items():
        if out_of.pop(key, None) is None:
            into[key] = label


@dataclass(frozen=True, slots=True)
class Done:
    """What one run did to records, by the uids of their links: what it wrote to known ones, and those that it created.

    ``created`` maps to the place in the journal of the last entry that the create caused.
    """

    links: Mapping[str, Link]
    writes: Mapping[str, Sequence[Written]]
    created: Mapping[str, int]


def done_by(tx: Transaction, run: str) -> Done:
    """What the writes of ``run`` left behind, whichever run learned that they had landed."""
    rows = {row.op.uid: row for row in tx.ops.of_run(run)}
    links = {link.uid: link for group in tx.links.of_items({row.op.item for row in rows.values()}).values() for link in group}
    by_ref = {link.ref: link.uid for link in links.values()}
    created = {by_ref[row.ref]: 0 for row in rows.values() if row.op.kind is OpKind.CREATE and row.ref in by_ref}
    writes: dict[str, dict[str, Written]] = {}
    for entry in tx.journal.of_ops(rows):
        if entry.kind not in WRITES or entry.link not in links:
            continue
        if rows[entry.op].op.kind is OpKind.CREATE:
            created[entry.link] = entry.seq
        else:
            places = writes.setdefault(entry.link, {})
            places.setdefault(entry.surface, Written(entry.surface, entry.field)).then(entry)
    for row in rows.values():
        if row.op.ends and row.ref in by_ref:
            writes.setdefault(by_ref[row.ref], {})
    known = {link: list(places.values()) for link, places in writes.items() if link not in created}
    return Done({uid: link for uid, link in links.items() if uid in known or uid in created}, known, created)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose write stands on a surface: that of ``run``; "" when the asking run's was taken back, by ``back``."""

    run: str
    back: str = ""


def standing(run: str, later: Sequence[JournalRow], ops: Mapping[str, OpRow]) -> Standing:
    """Whose write stands on a surface that ``run`` wrote. A later write and what took it back count for nothing.

    Args:
        run: the run in question.
        later: what was written there after its last write, oldest first.
        ops: the ops of ``later`` by their uid.
    """
    stack, back = [run], ""
    for row in (ops[entry.op] for entry in later):
        if stack and row.op.undoes == stack[-1]:
            stack.pop()
            back = row.run
        else:
            stack.append(row.run)
    return Standing(stack[-1]) if stack else Standing("", back)
