"""Doubts: a create whose answer was lost may have made a record, and where no marker is kept, nothing on that record says so.

What our account made in the system while such a create was under way is not taken for a thing of its own, wherever it was moved since. It is
tied to the create's item when it is the only one that says what was sent; else it waits, until the create is looked up or a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pmsync.engine.context import Context
from pmsync.engine.transfers import strangers
from pmsync.model.item import LinkState
from pmsync.model.record import Record, RecordRef, ScopeRef
from pmsync.model.values import Unobserved
from pmsync.reconcile.operation import OpKind
from pmsync.store import Transaction
from pmsync.store.dirty import DirtyRow
from pmsync.store.ops import OpRow, OpState

UNCLAIMED = "unclaimed"
SLACK = 7200.0
"""Seconds by which a server's clock may differ from ours."""

PAGE = 200


class Doubts:
    """The creates in doubt, and what they may have made. One for each reconciliation; rows join it before any of them is placed."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ops: defaultdict[str, list[OpRow]] = defaultdict(list)
        self._makers: defaultdict[RecordRef, list[OpRow]] = defaultdict(list)
        self._made: defaultdict[str, list[RecordRef]] = defaultdict(list)
        self._waiting: set[RecordRef] = set()
        with context.store.transaction() as tx:
            for row in tx.ops.open():
                if row.op.kind is OpKind.CREATE and row.ref is None and context.is_ready(row.op.scope):
                    self._ops[row.op.scope.system].append(row)
            self._noted = {(row.scope, row.subject) for row in tx.notices.open() if row.code == UNCLAIMED}

    def join(self, rows: Sequence[DirtyRow]) -> None:
        """Hold the unlinked records that the dirty ``rows`` name against the creates in doubt."""
        if not self._ops:
            return
        with self._context.store.transaction() as tx:
            for record in strangers(tx, rows):
                if record.scope.system in self._ops and self._may_be_ours(record):
                    self._compare(record)

    def _compare(self, record: Record) -> None:
        for row in self._ops[record.scope.system]:
            if record.created_at < row.made_at - SLACK or record.kind.nature is not row.op.item_kind.nature:
                continue
            if self._shows(record, row, "title"):
                self._makers[record.ref].append(row)
                self._made[row.op.uid].append(record.ref)
            elif self._in_time(record, row) or self._shows(record, row, "body"):
                self._waiting.add(record.ref)

    def maker(self, record: Record) -> OpRow | None:
        """The create that made the record, where there is no doubt: each is the only one for the other."""
        makers = self._makers[record.ref]
        return makers[0] if len(makers) == 1 and len(self._made[makers[0].op.uid]) == 1 else None

    def waited(self, record: Record) -> bool:
        """Whether the record could have been what a create in doubt made that is settled now."""
        return (record.scope, record.key) in self._noted

    def waits(self, tx: Transaction, record: Record) -> bool:
        """Whether the record may be what a create in doubt made, and a person has to tell; said once."""
        if record.ref not in self._waiting and not self._makers[record.ref]:
            if self.waited(record):
                tx.notices.settle(record.scope, UNCLAIMED, record.key)
            return False
        rows = self._makers[record.ref] or self._ops[record.scope.system]
        reason = _question(tx, record, rows[0])
        if tx.notices.raise_(record.scope, UNCLAIMED, record.key, reason):
            self._context.tell("skipped", reason, scope=record.scope, code=UNCLAIMED)
        return True

    def _may_be_ours(self, record: Record) -> bool:
        return record.marker is None and record.creator == self._context.connector(record.scope).me()

    def _shows(self, record: Record, row: OpRow, field: str) -> bool:
        """Whether the record shows what the create sent for the field."""
        surfaces = self._context.surface_map(record.scope)
        for change in row.op.changes:
            shown = record.values.get(change.surface, Unobserved("not read"))
            if change.field == field and change.surface in surfaces and not isinstance(shown, Unobserved):
                lens = surfaces[change.surface].lens
                return lens.canon(shown) == lens.canon(change.after)
        return False

    def _in_time(self, record: Record, row: OpRow) -> bool:
        """Whether the record was created while the create may have arrived."""
        period = self._context.connector(record.scope).capabilities.quiet_period
        return record.created_at <= max(row.quiet_until or 0.0, row.made_at + period) + SLACK


def claim(context: Context, tx: Transaction, record: Record, row: OpRow) -> None:
    """The record is what the create made: the create is read back like any other that was answered."""
    tx.ops.advance(row.op.uid, OpState.SENT, ref=record.ref, reason="its record was found")
    tx.notices.settle(row.op.scope, "in_doubt", row.op.uid)
    tx.notices.settle(record.scope, UNCLAIMED, record.key)
    said = f"{record.key}: the create had landed"
    context.tell("resolved", said, scope=record.scope, item=row.op.item, op=row.op.uid)


def open_create(tx: Transaction, item: str, scope: ScopeRef) -> OpRow | None:
    """The create of a record of ``item`` that is in doubt and may have made one that stands in ``scope`` now, one for that very scope first."""
    rows = [row for row in tx.ops.open_for([item]).get(item, []) if row.op.kind is OpKind.CREATE and row.ref is None]
    there = [row for row in rows if row.op.scope.system == scope.system]
    return min(there, key=lambda row: row.op.scope != scope, default=None)


def unclaimed(context: Context, tx: Transaction, key: str) -> Record | None:
    """The record of that display key, while it waits for somebody to tell whether it is what a create in doubt made."""
    if not any(row.code == UNCLAIMED and row.subject == key for row in tx.notices.open()):
        return None
    after = "record:"
    while rows := [row for row in tx.dirty.take(context.clock.now(), PAGE, after) if row.target.startswith("record:")]:
        after = rows[-1].target
        found = next((record for record in strangers(tx, rows) if record.key == key), None)
        if found is not None:
            return found
    return None


def _question(tx: Transaction, record: Record, row: OpRow) -> str:
    links = tx.links.of_items([row.op.item]).get(row.op.item, [])
    source = next((link.key for link in links if link.state is LinkState.LINKED), "ITEM")
    return (
        f"{record.key} may be what a create in {row.op.scope} made whose answer was lost: if it is, "
        f"`pmsync link {source} {record.key}`; if not, `pmsync resolve {row.op.uid[:8]} --abandon`"
    )
