"""Records and comments as last read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Executable, bindparam, or_, select

from pmsync.model.record import Comment, Record, RecordRef
from pmsync.store.codec import digest
from pmsync.store.documents import comment_of, comment_text, record_of, record_text
from pmsync.store.sql import Session, chunks
from pmsync.store.tables.hub import LINKS
from pmsync.store.tables.remote import COMMENTS, OBSERVATIONS

_O, _C = OBSERVATIONS.c, COMMENTS.c
_DIGESTS = select(_O.remote_id, _O.digest).where(_O.system == bindparam("of"), _O.remote_id.in_(bindparam("ids", expanding=True)))
_RECORDS = select(_O.record).where(_O.system == bindparam("of"), _O.remote_id.in_(bindparam("ids", expanding=True)))
_IS_TIED = select(LINKS.c.uid).where(LINKS.c.system == _O.system, LINKS.c.remote_id == _O.remote_id).exists()
_BORN = (
    select(_O.remote_id)
    .where(_O.system == bindparam("of"), _O.born_at == bindparam("at"), or_(_O.seen_at < bindparam("before"), _IS_TIED))
    .order_by(_O.remote_id)
)
_COMMENT_DIGESTS = select(_C.remote_id, _C.digest).where(
    _C.system == bindparam("of"), _C.remote_id.in_(bindparam("ids", expanding=True))
)
_OF_PARENT = (
    select(_C.comment).where(_C.system == bindparam("of"), _C.parent == bindparam("parent")).order_by(_C.made_at, _C.remote_id)
)


class Observations:
    """The latest whole sight of every record. A row is rewritten only when it differs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, records: Sequence[Record]) -> list[Record]:
        """Store what was read; returns those that are new or differ in anything from what was stored.

        Of two sights of one record in ``records`` the later one counts.
        """
        latest = {record.ref: record for record in records}
        texts = {ref: record_text(record) for ref, record in latest.items()}
        digests = {ref: digest(text) for ref, text in texts.items()}
        stored = self._stored(_DIGESTS, latest)
        differing = [record for ref, record in latest.items() if stored.get(ref) != digests[ref]]
        now = self._session.now()
        rows = [
            {
                "system": record.ref.system,
                "remote_id": record.ref.remote_id,
                "scope": str(record.scope),
                "record": texts[record.ref],
                "digest": digests[record.ref],
                "seen_at": now,
                "born_at": record.created_at,
            }
            for record in differing
        ]
        self._session.put(OBSERVATIONS, ("scope", "record", "digest", "seen_at", "born_at"), rows)
        return differing

    def get(self, ref: RecordRef) -> Record | None:
        """The record as last read."""
        return self.many([ref]).get(ref)

    def many(self, refs: Iterable[RecordRef]) -> dict[RecordRef, Record]:
        """Records as last read; those never seen are left out."""
        found: dict[RecordRef, Record] = {}
        for system, ids in _by_system(refs).items():
            for part in chunks(ids):
                for row in self._session.rows(_RECORDS, {"of": system, "ids": part}):
                    record = record_of(row.record)
                    found[record.ref] = record
        return found

    def born(self, system: str, at: float, before: float) -> list[RecordRef]:
        """The records of a system that say they were created at that moment (Unix seconds): a transfer to a new id keeps it.

        Of those that no item ever had, only what was stored before that time: at first contact a whole import may share one moment.
        """
        rows = self._session.rows(_BORN, {"of": system, "at": at, "before": before})
        return [RecordRef(system, row.remote_id) for row in rows]

    def put_comments(self, comments: Sequence[Comment]) -> int:
        """Store comments; how many are new or differ."""
        texts = {comment.ref: comment_text(comment) for comment in comments}
        latest = {comment.ref: comment for comment in comments}
        stored = self._stored(_COMMENT_DIGESTS, latest)
        rows = [
            {
                "system": ref.system,
                "remote_id": ref.remote_id,
                "parent": latest[ref].parent.remote_id,
                "comment": text,
                "digest": digest(text),
                "made_at": latest[ref].created_at,
            }
            for ref, text in texts.items()
            if stored.get(ref) != digest(text)
        ]
        self._session.put(COMMENTS, ("parent", "comment", "digest", "made_at"), rows)
        return len(rows)

    def comments(self, parent: RecordRef) -> list[Comment]:
        """The comments of a record, oldest first."""
        rows = self._session.rows(_OF_PARENT, {"of": parent.system, "parent": parent.remote_id})
        return [comment_of(row.comment) for row in rows]

    def _stored(self, statement: Executable, refs: Iterable[RecordRef]) -> dict[RecordRef, str]:
        found: dict[RecordRef, str] = {}
        for system, ids in _by_system(refs).items():
            for part in chunks(ids):
                for row in self._session.rows(statement, {"of": system, "ids": part}):
                    found[RecordRef(system, row.remote_id)] = row.digest
        return found


def _by_system(refs: Iterable[RecordRef]) -> dict[str, list[str]]:
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for ref in refs:
        ids[ref.system].append(ref.remote_id)
    return ids
